//! Near misses that the recorded events tell: what each goroutine did next to its access.

use super::near::{miss, other_verb};
use super::{frames, goroutine, verb};
use crate::finding::{NearMiss, Place};
use crate::raw::{Access, Race, SyncEvent, When};
use crate::source::SourceStore;
use crate::source::syntax::{self, function_named};

/// All of them.
pub fn find(race: &Race, store: &mut SourceStore) -> Vec<NearMiss> {
    let mut found = Vec::new();
    found.extend(mixed_atomic(race));
    found.extend(buffered_channel(race));
    found.extend(unseen_store(race));
    found.extend(once_on_one_side(race, store));
    found
}

/// One side runs inside of a `Once`, the other does not pass it.
fn once_on_one_side(race: &Race, store: &mut SourceStore) -> Option<NearMiss> {
    let inside = |index: usize, store: &mut SourceStore| -> Option<(String, Option<Place>)> {
        let access = &race.accesses[index];
        // The function that is passed to Do is on the stack, called by the Once.
        let at = access.stack.iter().position(|frame| frame.func.starts_with("sync.(*Once)."))?;
        let caller = access.stack[at..].iter().find(|frame| !frames::is_standard(frame))?;
        let file = store.file(&caller.file)?;
        let name = super::operations::object_on("once", file.line(caller.line)?);
        Some((name.unwrap_or_else(|| "a Once".to_owned()), Some(Place::of(caller))))
    };
    // Inlined: the function's text stands in the call of Do.
    let written = |index: usize, store: &mut SourceStore| -> Option<(String, Option<Place>)> {
        let access = &race.accesses[index];
        let site = frames::site(&access.stack)?;
        let file = store.file(&site.file)?;
        let function = function_named(&file, site.line, frames::local_name(&site.func))?;
        let call = function.parent()?.parent().filter(|call| call.kind() == "call_expression")?;
        let (once, "Do") = super::near::method_of(&file, call) else { return None };
        let line = syntax::line(call);
        Some((syntax::text(&file, once?).to_owned(), Some(Place { line, ..Place::of(site) })))
    };
    let (index, (name, place)) =
        [0, 1].into_iter().find_map(|index| Some((index, inside(index, store).or_else(|| written(index, store))?)))?;
    let (mine, other) = (&race.accesses[index], &race.accesses[1 - index]);
    if other.sync.iter().any(|event| event.op == "once")
        || inside(1 - index, store).is_some()
        || written(1 - index, store).is_some()
    {
        return None;
    }
    let at = place.map(|place| format!(" ({})", place.short())).unwrap_or_default();
    Some(miss(
        "once_on_one_side",
        format!(
            "the {} is made inside {name}.Do{at}; the {} does not call Do, so nothing makes it wait",
            verb(mine),
            other_verb(mine, other)
        ),
    ))
}

/// The channel that both sides use has a buffer.
pub fn buffered(channel: &str, capacity: &str) -> NearMiss {
    miss(
        "buffered_channel",
        format!(
            "channel {channel} is buffered (capacity {capacity}), so its receive does not order the send: a send may complete long before it is received"
        ),
    )
}

fn mixed_atomic(race: &Race) -> Option<NearMiss> {
    let [a, b] = &race.accesses;
    if a.atomic == b.atomic {
        return None;
    }
    let (atomic, plain) = if a.atomic { (a, b) } else { (b, a) };
    Some(miss(
        "mixed_atomic",
        format!(
            "{} uses an atomic operation, but {} {}s the same word plainly: atomics order only against other atomic operations",
            goroutine(atomic),
            goroutine(plain),
            verb(plain)
        ),
    ))
}

/// What the earlier side stored after its access, the later one could have seen before its own, and has not.
fn unseen_store(race: &Race) -> Option<NearMiss> {
    let [later, earlier] = &race.accesses;
    let writes = |op: &str| matches!(op, "atomic_store" | "atomic_rmw");
    let store = earlier.sync.iter().find(|event| event.when == When::After && writes(&event.op))?;
    let load = later.sync.iter().rfind(|event| event.when == When::Before);
    let load = load.filter(|load| load.op == "atomic_load" && load.addr.is_some() && load.addr == store.addr)?;
    let place = |event: &SyncEvent| frames::site(&event.stack).map(|frame| Place::of(frame).short());
    let name = load.object.clone().unwrap_or_else(|| load.addr.unwrap_or_default().to_string());
    Some(miss(
        "unseen_store",
        format!(
            "{} stores to {name} ({}) after its {}, but what {} loads from it ({}) comes from elsewhere: only a load that sees the store comes after it",
            goroutine(earlier),
            place(store).unwrap_or_default(),
            verb(earlier),
            goroutine(later),
            place(load).unwrap_or_default(),
        ),
    ))
}

/// A channel that both sides use as a lock, sending before their accesses and receiving after.
fn semaphore(race: &Race) -> Option<NearMiss> {
    let [later, earlier] = &race.accesses;
    let find = |access: &Access, when: When, op: &str| {
        access.sync.iter().find(|event| event.when == when && event.op == op).cloned()
    };
    let taken = find(earlier, When::Before, "chan_send")?;
    let (given, other) = (find(earlier, When::After, "chan_recv")?, find(later, When::Before, "chan_send")?);
    let capacity = taken.cap.filter(|capacity| *capacity > 1)?;
    let one = taken.addr.is_some() && taken.addr == given.addr && taken.addr == other.addr;
    let name = taken.object.clone().unwrap_or_else(|| taken.addr.unwrap_or_default().to_string());
    one.then(|| {
        miss(
            "semaphore_too_wide",
            format!(
                "both send on channel {name} before and receive from it afterwards, as if it were a lock, but it is buffered (capacity {capacity}), so {capacity} goroutines may be inside at a time"
            ),
        )
    })
}

fn buffered_channel(race: &Race) -> Option<NearMiss> {
    if let Some(miss) = semaphore(race) {
        return Some(miss);
    }
    let [a, b] = &race.accesses;
    let channel = |access: &Access, op: &str| {
        access
            .sync
            .iter()
            .filter(|event| event.op == op && event.cap.is_some_and(|cap| cap > 0))
            .cloned()
            .collect::<Vec<_>>()
    };
    for (sender, receiver) in [(a, b), (b, a)] {
        let sends = channel(sender, "chan_send");
        let sent = |event: &SyncEvent| sends.iter().find(|send| send.addr.is_some() && send.addr == event.addr);
        if let Some((receive, send)) =
            channel(receiver, "chan_recv").iter().find_map(|receive| Some((receive.clone(), sent(receive)?)))
        {
            let name = receive.object.or(send.object.clone());
            let name = name.unwrap_or_else(|| receive.addr.unwrap_or_default().to_string());
            return Some(buffered(&name, &receive.cap.unwrap_or_default().to_string()));
        }
    }
    None
}
