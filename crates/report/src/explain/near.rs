//! Near misses: synchronisation that is there and looks as if it should help, but orders nothing here.

use super::locks::{SourceLock, held_at, tried_at};
use super::naming::Named;
use super::verb;
use crate::finding::{NearMiss, Place};
use crate::raw::{Access, LockMode, Op, Race, SyncEvent, When};
use crate::source::marker::Role;

/// What is known about the locks of both sides, in the order of `race.accesses`.
pub struct Locks {
    /// Locks that the source takes, where the runtime recorded none on either side.
    pub source: [Vec<SourceLock>; 2],
}

/// Locks from the source, unless the runtime told of any.
pub fn source_locks(race: &Race, named: &Named) -> Locks {
    let recorded = race.accesses.iter().any(|access| !access.locks.is_empty());
    let source = [0, 1].map(|index| match (&named.sides[index].file, &named.sides[index].site) {
        (Some(file), Some(site)) if !recorded => held_at(file, site.line),
        _ => Vec::new(),
    });
    Locks { source }
}

/// All near misses of a race.
pub fn find(race: &Race, named: &Named, locks: &Locks) -> Vec<NearMiss> {
    let mut found = Vec::new();
    recorded_locks(race, &mut found);
    written_locks(race, named, locks, &mut found);
    mixed_atomic(race, &mut found);
    buffered_channel(race, &mut found);
    from_source(race, named, &mut found);
    after_release(race, named, &mut found);
    unseen_store(race, &mut found);
    found
}

fn miss(kind: &str, text: String) -> NearMiss {
    NearMiss { kind: kind.to_owned(), text }
}

/// One side runs inside of a `Once`, the other does not pass it.
pub fn once_on_one_side(race: &Race, named: &Named) -> Option<NearMiss> {
    let once = |access: &Access| access.sync.iter().find(|event| event.op == "once").cloned();
    let inside = |index: usize| {
        let (access, side) = (&race.accesses[index], &named.sides[index]);
        let before = access.sync.first().filter(|event| event.op == "once" && event.when == When::Before)?;
        // Of the earlier access it is known what came after; of the later one the text tells whether Do has returned.
        let known = access
            .sync
            .iter()
            .any(|event| event.when == When::After && event.op == "once" && event.object == before.object);
        let open = || {
            let (file, site, call) = (side.file.as_ref()?, side.site.as_ref()?, super::frames::site(&before.stack)?);
            let text = file.lines_text(call.line, site.line);
            let within = call.file == site.file && call.line <= site.line && text.contains(".Do(func");
            Some(within && text.matches('{').count() > text.matches('}').count())
        };
        (known || open().unwrap_or(false)).then(|| before.clone())
    };
    let (index, event) = [0, 1].into_iter().find_map(|index| Some((index, inside(index)?)))?;
    let (mine, other) = (&race.accesses[index], &race.accesses[1 - index]);
    if once(other).is_some() {
        return None;
    }
    let name = event.object.clone().unwrap_or_else(|| "a Once".to_owned());
    Some(miss(
        "once_on_one_side",
        format!(
            "the {} is made inside {name}.Do{}; the {} does not call Do, so nothing makes it wait",
            verb(mine),
            at(&event.stack).replace("taken at ", ""),
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

fn at(stack: &[crate::raw::Frame]) -> String {
    super::frames::site(stack).map(|frame| format!(" (taken at {})", Place::of(frame).short())).unwrap_or_default()
}

fn recorded_locks(race: &Race, found: &mut Vec<NearMiss>) {
    let [a, b] = &race.accesses;
    let name = |access: &Access| super::goroutine(access);
    for (one, other) in [(a, b), (b, a)] {
        if let (Some(lock), true) = (one.locks.first(), other.locks.is_empty()) {
            found.push(miss(
                "lock_on_one_side",
                format!(
                    "{} holds mutex {}{} during its {}, but {} {}s without it",
                    name(one),
                    lock.addr,
                    at(&lock.stack),
                    verb(one),
                    name(other),
                    verb(other)
                ),
            ));
        }
    }
    let shared = a.locks.iter().find_map(|lock| Some((lock, b.locks.iter().find(|other| other.addr == lock.addr)?)));
    match shared {
        Some((mine, theirs)) => {
            for (access, lock) in [(a, mine), (b, theirs)] {
                if access.op == Op::Write && lock.mode == LockMode::Read {
                    found.push(miss(
                        "write_under_rlock",
                        format!("{} writes while it holds mutex {} only for reading{}; RLock does not keep other readers out", name(access), lock.addr, at(&lock.stack)),
                    ));
                }
            }
        }
        None => {
            if let (Some(mine), Some(theirs)) = (a.locks.first(), b.locks.first()) {
                found.push(miss(
                    "different_mutexes",
                    format!(
                        "both hold a mutex, but different ones: {} holds {}{}, {} holds {}{}",
                        name(a),
                        mine.addr,
                        at(&mine.stack),
                        name(b),
                        theirs.addr,
                        at(&theirs.stack)
                    ),
                ));
            }
        }
    }
}

fn written_locks(race: &Race, named: &Named, locks: &Locks, found: &mut Vec<NearMiss>) {
    let place = |index: usize, line: u32| {
        let site = named.sides[index].site.as_ref();
        Place { line, ..site.map(Place::of).unwrap_or_default() }.short()
    };
    for (one, other) in [(0, 1), (1, 0)] {
        let Some(lock) = locks.source[one].first() else { continue };
        let (mine, theirs) = (&race.accesses[one], &race.accesses[other]);
        if locks.source[other].is_empty()
            && let (Some(file), Some(site)) = (&named.sides[other].file, &named.sides[other].site)
        {
            let held = format!("the {} is made with {} locked ({})", verb(mine), lock.mutex, place(one, lock.line));
            let there = other_verb(mine, theirs);
            match tried_at(file, site.line) {
                Some((mutex, line)) => found.push(miss(
                    "failed_trylock",
                    format!("{held}; the {there} goes on even where {mutex}.TryLock ({}) fails", place(other, line)),
                )),
                None => found.push(miss("lock_on_one_side", format!("{held}; the {there}'s function takes no lock"))),
            }
        }
        if lock.shared && mine.op == Op::Write {
            found.push(miss(
                "write_under_rlock",
                format!(
                    "{} is locked only for reading ({}) around the write; RLock does not keep other readers out",
                    lock.mutex,
                    place(one, lock.line)
                ),
            ));
        }
        if let Some(func) = named.sides[one].site.as_ref().map(|site| super::frames::local_name(&site.func))
            && let Some((receiver, _)) = named.sides[one]
                .file
                .as_ref()
                .and_then(|file| file.function_at(named.sides[one].site.as_ref()?.line)?.receiver.clone())
            && !func.starts_with("(*")
            && func.contains('.')
            && lock.mutex.split('.').next() == Some(receiver.as_str())
        {
            found.push(miss(
                "copied_mutex",
                format!("{func} has a value receiver, so {} is a copy of the mutex and excludes nobody", lock.mutex),
            ));
        }
    }
    if let ([mine, ..], [theirs, ..]) = (locks.source[0].as_slice(), locks.source[1].as_slice())
        && !found.iter().any(|miss| miss.kind == "write_under_rlock" || miss.kind == "copied_mutex")
    {
        let text = if mine.leaf() == theirs.leaf() {
            format!(
                "both sides lock a mutex called {} ({}, {}), so these must be two different mutexes",
                mine.leaf(),
                place(0, mine.line),
                place(1, theirs.line)
            )
        } else {
            format!(
                "both hold a mutex, but different ones: {} ({}) and {} ({})",
                mine.mutex,
                place(0, mine.line),
                theirs.mutex,
                place(1, theirs.line)
            )
        };
        found.push(miss("different_mutexes", text));
    }
    found.dedup();
}

/// `read`, or `other read` where both sides do the same.
fn other_verb(mine: &Access, theirs: &Access) -> String {
    if mine.op == theirs.op { format!("other {}", verb(theirs)) } else { verb(theirs).to_owned() }
}

fn mixed_atomic(race: &Race, found: &mut Vec<NearMiss>) {
    let [a, b] = &race.accesses;
    if a.atomic == b.atomic {
        return;
    }
    let (atomic, plain) = if a.atomic { (a, b) } else { (b, a) };
    found.push(miss(
        "mixed_atomic",
        format!(
            "{} uses an atomic operation, but {} {}s the same word plainly: atomics order only against other atomic operations",
            super::goroutine(atomic), super::goroutine(plain), verb(plain)
        ),
    ));
}

/// What the earlier side stored after its access, the later one could have seen before its own, and has not.
fn unseen_store(race: &Race, found: &mut Vec<NearMiss>) {
    let [later, earlier] = &race.accesses;
    let writes = |op: &str| matches!(op, "atomic_store" | "atomic_rmw");
    let Some(store) = earlier.sync.iter().find(|event| event.when == When::After && writes(&event.op)) else { return };
    let load = later.sync.iter().rfind(|event| event.when == When::Before);
    let Some(load) = load.filter(|load| load.op == "atomic_load" && load.addr.is_some() && load.addr == store.addr)
    else {
        return;
    };
    let place = |event: &SyncEvent| super::frames::site(&event.stack).map(|frame| Place::of(frame).short());
    let name = load.object.clone().unwrap_or_else(|| load.addr.unwrap_or_default().to_string());
    found.push(miss(
        "unseen_store",
        format!(
            "{} stores to {name} ({}) after its {}, but what {} loads from it ({}) comes from elsewhere: only a load that sees the store comes after it",
            super::goroutine(earlier),
            place(store).unwrap_or_default(),
            verb(earlier),
            super::goroutine(later),
            place(load).unwrap_or_default(),
        ),
    ));
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

fn buffered_channel(race: &Race, found: &mut Vec<NearMiss>) {
    if let Some(miss) = semaphore(race) {
        found.push(miss);
        return;
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
            found.push(buffered(&name, &receive.cap.unwrap_or_default().to_string()));
            return;
        }
    }
}

/// What the text between a goroutine's start and the accesses shows: sleeps, and `Add` in the wrong place.
fn from_source(race: &Race, named: &Named, found: &mut Vec<NearMiss>) {
    for (index, access) in race.accesses.iter().enumerate() {
        let Some(start) = super::frames::site(&access.created) else { continue };
        let (mine, other) = (&named.sides[index], &named.sides[1 - index]);
        let started_in = |side: &super::naming::Side| -> Option<u32> {
            side.site.as_ref().filter(|site| site.file == start.file).map(|site| site.line)
        };
        // The other side, further down in the function that started this goroutine: what did it do in between?
        if let (Some(file), Some(line)) = (&other.file, started_in(other))
            && line > start.line
            && file
                .function_at(line)
                .is_some_and(|function| (function.lines.0..=function.lines.1).contains(&start.line))
        {
            let between = file.lines_text(start.line, line);
            for (what, word) in [("time.Sleep(", "time.Sleep"), ("runtime.Gosched(", "runtime.Gosched")] {
                if let Some(offset) = between.lines().position(|text| text.contains(what))
                    && !found.iter().any(|miss| miss.kind == "sleep")
                {
                    let place =
                        Place { func: String::new(), file: start.file.clone(), line: start.line + offset as u32 };
                    found.push(miss(
                        "sleep",
                        format!("{word} at {} gives the other goroutine time, but orders nothing", place.short()),
                    ));
                }
            }
        }
        if let (Some(file), Some(line)) = (&mine.file, started_in(mine))
            && line > start.line
        {
            let body = file.lines_text(start.line + 1, line);
            let add = body.lines().enumerate().find_map(|(offset, text)| {
                let (name, _) = text.trim().split_once(".Add(1)")?;
                let plain = name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
                (plain && file.text.contains(&format!("{name}.Wait()"))).then(|| (offset as u32, name.to_owned()))
            });
            if let Some((offset, name)) = add
                && !found.iter().any(|miss| miss.kind == "add_inside")
            {
                let place = Place { func: String::new(), file: start.file.clone(), line: start.line + 1 + offset };
                found.push(miss("add_inside", format!("{name}.Add is called inside the goroutine ({}): Wait can return before it, and then waits for nobody", place.short())));
            }
        }
    }
}

/// A write that the source makes just after handing over: the handing over orders only what came before it.
fn after_release(race: &Race, named: &Named, found: &mut Vec<NearMiss>) {
    for (access, side) in race.accesses.iter().zip(&named.sides) {
        let (Some(file), Some(site), Op::Write) = (&side.file, &side.site, access.op) else { continue };
        // Counting after a handing over is ordinary; setting what was handed over is the mistake.
        if side.operand.as_ref().is_some_and(|operand| operand.role == Role::Updated) {
            continue;
        }
        let Some(here) = file.line(site.line) else { continue };
        let indent = |line: &str| line.len() - line.trim_start().len();
        let from = file.function_at(site.line).map_or(1, |function| function.lines.0).max(site.line.saturating_sub(6));
        let release = (from..site.line).rev().find_map(|number| {
            let line = file.line(number)?;
            let word = line.trim();
            let call = |name: &str| word.contains(name) && !word.starts_with("defer ");
            // The send of a statement of its own: `ch <- v`.
            let sends = word.split_once(" <- ").is_some_and(|(channel, _)| !channel.contains([' ', '(']));
            let hands_over = sends
                || word.starts_with("close(")
                || [".Store(", ".Put(", ".Done()", ".Unlock()", ".Broadcast()", ".Signal()"]
                    .iter()
                    .any(|name| call(name))
                || word == "cancel()"
                || word.ends_with(".cancel()");
            (indent(line) == indent(here) && hands_over).then(|| (number, word.to_owned()))
        });
        if let Some((line, word)) = release {
            let place = Place { line, ..Place::of(site) };
            let what: String = word.chars().take(60).collect();
            found.push(miss(
                "after_release",
                format!(
                    "the write comes after `{what}` ({}), which orders only what was done before it",
                    place.short()
                ),
            ));
            return;
        }
    }
}
