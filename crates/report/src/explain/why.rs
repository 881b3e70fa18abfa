//! Why nothing orders the two accesses, in words.

use super::internals::Internal;
use super::naming::Named;
use super::{frames, goroutine, verb};
use crate::finding::{Place, Why};
use crate::raw::{Access, Race, SyncEvent, When};

/// How the two goroutines are related.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kinship {
    /// The later access's goroutine started the earlier one's.
    LaterStartedEarlier,
    /// The earlier access's goroutine started the later one's.
    EarlierStartedLater,
    /// Both were started at the same place.
    SamePlace,
    /// One goroutine started both, at different places.
    SameStarter,
    /// None of these is known.
    Other,
}

/// How the goroutines of a race are related, as far as its record tells.
pub(crate) fn kinship(race: &Race) -> Kinship {
    let [later, earlier] = &race.accesses;
    if started(later, earlier) {
        Kinship::LaterStartedEarlier
    } else if started(earlier, later) {
        Kinship::EarlierStartedLater
    } else if !later.main
        && !earlier.main
        && !later.created.is_empty()
        && place(&later.created) == place(&earlier.created)
    {
        Kinship::SamePlace
    } else if starter(later).is_some() && starter(later) == starter(earlier) {
        Kinship::SameStarter
    } else {
        Kinship::Other
    }
}

/// The goroutine that started another one, as sentences name it.
fn starter(access: &Access) -> Option<String> {
    match access.ancestry.first()?.gid {
        0 => None,
        1 => Some("the main goroutine".to_owned()),
        gid => Some(format!("goroutine {gid}")),
    }
    .filter(|_| !access.main)
}

/// True if `parent` started `child`: by the recorded ancestry, else by the outermost frames of the stacks.
pub(crate) fn started(parent: &Access, child: &Access) -> bool {
    if child.main || child.created.is_empty() {
        return false;
    }
    // The first ancestor is the parent itself, or the goroutine's own creation where the runtime repeats it.
    // An ancestor without a goid tells nothing; then the stacks decide.
    if let Some(first) = child.ancestry.first().filter(|ancestor| ancestor.gid != 0) {
        return first.gid == parent.gid;
    }
    let root = |stack: &[crate::raw::Frame]| {
        stack.iter().rev().find(|frame| !frames::is_standard(frame)).map(|frame| frame.func.clone())
    };
    if parent.main {
        return root(&child.created).is_some_and(|func| func == "main.main" || func.starts_with("main.init"));
    }
    // A goroutine's outermost function is the same in both stacks; a test's is run by one goroutine only.
    root(&child.created) == root(&parent.stack)
        && !parent.stack.is_empty()
        && parent.stack.iter().any(|frame| frame.func == "testing.tRunner")
}

/// How `ancestor` came to start `child`, where goroutines lie between the two: `was started at b.go:2 by goroutine 20, which goroutine 19
/// started at a.go:1`.
fn descent(ancestor: &Access, child: &Access) -> Option<String> {
    let step = child.ancestry.iter().position(|above| above.gid != 0 && above.gid == ancestor.gid)?;
    let (between, parent) = (child.ancestry.get(step.checked_sub(1)?)?, child.ancestry.first()?);
    let named = |gid: u64| if gid == 0 { "another goroutine".to_owned() } else { format!("goroutine {gid}") };
    let parent = named(parent.gid);
    // `between` is the one that the ancestor itself started.
    let first =
        if step == 1 { "which".to_owned() } else { format!("which descends from {}, which", named(between.gid)) };
    Some(format!(
        "was started{} by {parent}, {first} {} started{}",
        at(&child.created),
        goroutine(ancestor),
        at(&between.created)
    ))
}

/// Whether goroutines lie between the two.
fn below(ancestor: &Access, child: &Access) -> bool {
    descent(ancestor, child).is_some()
}

fn place(stack: &[crate::raw::Frame]) -> Option<Place> {
    frames::site(stack).map(Place::of)
}

fn at(stack: &[crate::raw::Frame]) -> String {
    place(stack).map(|place| format!(" at {}", place.short())).unwrap_or_default()
}

/// What of the runtime's own runs a goroutine's function: a timer, or what cares for finalizers.
fn runner(access: &Access) -> Option<&'static str> {
    match access.created.first()?.func.as_str() {
        "time.goFunc" => Some("a timer"),
        "runtime.createfing" | "runtime.(*cleanupQueue).createGs" => Some("the garbage collector's finalizers"),
        _ => None,
    }
}

/// The sentence where the runtime runs one of the sides.
fn run_by_the_runtime(race: &Race, did: impl Fn(usize) -> String, doing: impl Fn(usize) -> String) -> Option<String> {
    let [later, earlier] = &race.accesses;
    let by = [later, earlier].map(runner);
    let own =
        |index: usize| by[index].map(|by| format!(", run by {by} in a goroutine of its own,")).unwrap_or_default();
    if by[0].is_some() && later.gid == earlier.gid {
        return Some(format!(
            "{}{} {} in one call and {} in another; such calls are not ordered among each other, though one goroutine makes both",
            goroutine(earlier),
            own(1),
            did(1),
            doing(0)
        ));
    }
    let calls = match by {
        [None, None] => return None,
        [Some(_), Some(_)] => "what each of the two did when it was started orders nothing that they do afterwards",
        _ => "setting it up orders what came before that; nothing waits for what it does",
    };
    Some(format!(
        "{}{} {} and {}{} {}; {calls}",
        goroutine(earlier),
        own(1),
        did(1),
        goroutine(later),
        own(0),
        doing(0)
    ))
}

/// The sentences.
pub fn explain(race: &Race, named: &Named, internal: Option<&Internal>) -> Why {
    let [later, earlier] = &race.accesses;
    let what = |index: usize| {
        named.sides[index].operand.as_ref().map(|operand| format!(" {}", operand.text)).unwrap_or_default()
    };
    let site = |index: usize| {
        named.sides[index].site.as_ref().map(|site| format!(" at {}", Place::of(site).short())).unwrap_or_default()
    };
    // What the user called, where the access is that of an operation.
    let called = |index: usize| internal.map(|internal| format!("{}{}", internal.call(index), site(index)));
    let doing = |index: usize| match called(index) {
        Some(call) => format!("calls {call}"),
        None => format!("{}s{}{}", verb(&race.accesses[index]), what(index), site(index)),
    };
    let did = |index: usize| {
        if let Some(call) = called(index) {
            return format!("called {call}");
        }
        let past = if verb(&race.accesses[index]) == "write" { "wrote" } else { "read" };
        if named.sides[index].site.is_none() {
            let how = if race.accesses[index].atomic { " it atomically" } else { " it" };
            return format!("{past}{how} (where is not known)");
        }
        format!("{past}{}{}", what(index), site(index))
    };
    let (late, early) = (goroutine(later), goroutine(earlier));
    let run = run_by_the_runtime(race, did, doing);
    let missing = match kinship(race) {
        _ if run.is_some() => run.unwrap_or_default(),
        Kinship::SameStarter => format!(
            "{} started {early}{} and {late}{}, which run side by side; {early} {} and {late} {} with nothing between them that makes one wait for the other",
            starter(later).unwrap_or_default(),
            at(&earlier.created),
            at(&later.created),
            did(1),
            doing(0)
        ),
        Kinship::Other if below(later, earlier) => {
            let descent = descent(later, earlier).unwrap_or_default();
            format!("{early} {descent}, and {}; {late} {} without waiting for it", did(1), doing(0))
        }
        Kinship::Other if below(earlier, later) => format!(
            "{late} {}; {early} {} and {late} {} with nothing between them that makes one wait for the other",
            descent(earlier, later).unwrap_or_default(),
            did(1),
            doing(0)
        ),
        Kinship::LaterStartedEarlier => {
            let since = if earlier.knows_sync() && earlier.sync.iter().all(|event| event.when == When::Before) {
                " and has not synchronised with anyone since"
            } else {
                ""
            };
            format!(
                "{early} was started{}{} {}{since}; {late} {} without waiting for it",
                at(&earlier.created),
                if since.is_empty() { " and" } else { "," },
                did(1),
                doing(0)
            )
        }
        Kinship::EarlierStartedLater => format!(
            "{late} was started{}, and {early} {} only after that: the go statement orders what came before it, not what comes after; {late} {}",
            at(&later.created),
            did(1),
            doing(0)
        ),
        Kinship::SamePlace => format!(
            "{early} and {late} were both started{} and run side by side; {early} {} and {late} {} with nothing between them that makes one wait for the other",
            at(&later.created),
            did(1),
            doing(0)
        ),
        Kinship::Other => format!(
            "{early} {} and {late} {}; no chain of synchronisation leads from the one to the other",
            did(1),
            doing(0)
        ),
    };
    let mut facts = Vec::new();
    if let Some(common) = &race.common {
        let who = if common.gid == 1 { "the main goroutine".to_owned() } else { format!("goroutine {}", common.gid) };
        let whose = inside(&common.stack).map(|function| format!(" inside of {function}")).unwrap_or_default();
        let place = if whose.is_empty() || stack_has_user(&common.stack) { at(&common.stack) } else { String::new() };
        facts.push(format!("the last event before both is {}{whose}{place} by {who}", event_noun(&common.op)));
    }
    for access in [earlier, later] {
        let name = goroutine(access);
        for when in [When::Before, When::After] {
            // The event nearest to the access: the last before it, the first after it.
            let mut events = access.sync.iter().filter(|event| event.when == when);
            let event = if when == When::Before { events.next_back() } else { events.next() };
            if let Some(event) = event {
                let side = if when == When::Before { "before" } else { "after" };
                facts.push(format!("{side} its {}, {name} {}", verb(access), event_sentence(event)));
            } else if access.knows_sync() && when == When::After && std::ptr::eq(access, earlier) {
                // The later access has only just been made.
                facts.push(format!("after its {}, {name} has not synchronised with anyone", verb(access)));
            }
        }
    }
    let kin = kinship(race);
    if race.common.is_none() && kin == Kinship::Other && !below(later, earlier) && !below(earlier, later) {
        for access in [earlier, later] {
            if !access.main && !access.created.is_empty() && runner(access).is_none() {
                facts.push(format!("{} was started{}", goroutine(access), at(&access.created)));
            }
        }
    }
    Why { missing, facts, from_runtime: later.knows_sync() || earlier.knows_sync() }
}

fn stack_has_user(stack: &[crate::raw::Frame]) -> bool {
    stack.iter().any(|frame| !frames::is_standard(frame))
}

/// The function of the standard library, called by the user or run for them, in which something was done that is its own affair: `log.Printf`,
/// whose lock nobody asked for. None for what the user called by its name, such as `sync.(*Mutex).Lock`.
fn inside(stack: &[crate::raw::Frame]) -> Option<&str> {
    let users = stack.iter().position(|frame| !frames::is_standard(frame)).unwrap_or(stack.len());
    let outermost = &stack[..users].iter().rev().find(|frame| frame.file != "<autogenerated>")?.func;
    let own = matches!(
        frames::package_of(outermost),
        "sync" | "sync/atomic" | "internal/sync" | "internal/race" | "runtime" | "context"
    );
    // Where no line of the user's is known, at least whose affair it was.
    (!own || users == stack.len() && !outermost.starts_with("runtime.")).then_some(outermost)
}

/// `the go statement`, `an unlock of a mutex`.
fn event_noun(op: &str) -> String {
    match op {
        "go" => "the go statement".to_owned(),
        "release" | "release_merge" | "release_acquire" => "a release".to_owned(),
        "atomic_store" => "an atomic store".to_owned(),
        "atomic_rmw" => "an atomic update".to_owned(),
        "rwmutex_unlock" | "rwmutex_runlock" => "an unlock of an RWMutex".to_owned(),
        "wg_done" => "a call of WaitGroup.Done".to_owned(),
        "once" => "a call of Once.Do".to_owned(),
        "mutex_unlock" => "an unlock of a mutex".to_owned(),
        "chan_send" => "a channel send".to_owned(),
        "chan_recv" => "a channel receive".to_owned(),
        "chan_close" => "the close of a channel".to_owned(),
        "mutex_lock" | "rwmutex_lock" | "rwmutex_rlock" => "a lock of a mutex".to_owned(),
        "map_store" => "a store to a sync.Map".to_owned(),
        "pool_put" => "a Put into a Pool".to_owned(),
        "cond_signal" => "a signal of a Cond".to_owned(),
        other => format!("an event of the kind {}", other.replace('_', " ")),
    }
}

/// `last locked mutex 0xc000… at x.go:3`.
fn event_sentence(event: &SyncEvent) -> String {
    let (verb, noun) = match event.op.as_str() {
        "mutex_lock" => ("locked", "mutex"),
        "mutex_unlock" => ("unlocked", "mutex"),
        "rwmutex_lock" => ("locked", "rwmutex"),
        "rwmutex_unlock" => ("unlocked", "rwmutex"),
        "rwmutex_rlock" => ("locked for reading", "rwmutex"),
        "rwmutex_runlock" => ("gave back for reading", "rwmutex"),
        "chan_send" => ("sent on", "channel"),
        "chan_recv" => ("received from", "channel"),
        "chan_close" => ("closed", "channel"),
        "wg_done" => ("called Done of", "WaitGroup"),
        "wg_wait" => ("waited for", "WaitGroup"),
        "once" => ("passed", "Once"),
        "cond_signal" => ("signalled", "Cond"),
        "cond_wait" => ("was woken by", "Cond"),
        "atomic_load" => ("loaded atomically from", "word"),
        "atomic_store" => ("stored atomically to", "word"),
        "atomic_rmw" => ("updated atomically", "word"),
        "select" => ("selected on", "channel"),
        "map_load" => ("loaded from", "sync.Map"),
        "map_store" => ("stored to", "sync.Map"),
        "pool_get" => ("got from", "Pool"),
        "pool_put" => ("put into", "Pool"),
        "acquire" => ("acquired from", "object"),
        "release" | "release_merge" => ("released to", "object"),
        "release_acquire" => ("released to and acquired from", "object"),
        "chan_meet" => return "last met another goroutine at an unbuffered channel".to_owned(),
        "go" => return format!("started a goroutine{}", at(&event.stack)),
        "start" => return format!("was started{}", at(&event.stack)),
        other => (other, "on object"),
    };
    if let Some(function) = inside(&event.stack) {
        let last = if event.when == When::Before { "last " } else { "first " };
        if function.starts_with("sync.(*WaitGroup).Go") {
            return format!("{last}told the WaitGroup whose Go started it that it was done");
        }
        let article = if noun.starts_with(['a', 'e', 'i', 'o', 'u', 'O']) { "an" } else { "a" };
        let users = stack_has_user(&event.stack);
        let place = if users { at(&event.stack) } else { String::new() };
        return format!("{last}{verb} {article} {noun} inside of {function}{place}");
    }
    let name = event.object.clone().or_else(|| event.addr.map(|addr| addr.to_string()));
    let addr = name.map(|name| format!(" {name}")).unwrap_or_default();
    let last = if event.when == When::Before { "last " } else { "first " };
    let capacity = event.cap.map(|capacity| format!(" (capacity {capacity})")).unwrap_or_default();
    format!("{last}{verb} {noun}{addr}{capacity}{}", at(&event.stack))
}
