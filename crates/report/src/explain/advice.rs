//! What would mend a race, in words.

use super::locks::Locks;
use super::naming::Named;
use super::shape::{is_number, writer};
use crate::finding::{NearMiss, Place, Shape, Suggestion, VariableKind};
use crate::raw::{Op, Race};
use crate::source::operands::Role;

/// The suggestion for a race.
pub fn suggest(shape: Shape, race: &Race, named: &Named, locks: &Locks, near_misses: &[NearMiss]) -> Suggestion {
    let facts = Facts::new(race, named, shape);
    by_near_miss(shape, race, named, locks, near_misses, &facts).unwrap_or_else(|| for_shape(shape, &facts))
}

/// Names that sentences use.
struct Facts {
    /// The variable as written on the writing side: `c.items`.
    text: String,
    type_text: String,
    /// What is written is an element of it.
    element: bool,
}

impl Facts {
    fn new(race: &Race, named: &Named, shape: Shape) -> Facts {
        let writer = writer(race);
        let other = named.sides[1 - writer].operand.as_ref();
        let operand = named.sides[writer].operand.as_ref().or(other);
        let mut type_text = named.variable.type_text.clone();
        let mut text = operand.map(|operand| operand.text.split('[').next().unwrap_or_default().to_owned());
        if let Some(built) = operand.filter(|operand| operand.role == Role::LiteralKey) {
            // What is published is the whole value: under its own name, or what the reader reaches it by.
            let reached =
                other.and_then(|other| Some(other.text.strip_suffix(&built.leaf)?.strip_suffix('.')?.to_owned()));
            let plain = reached.filter(|reached| !reached.contains('('));
            text = if shape == Shape::LazyInit {
                Some(built.value.clone())
            } else {
                plain.or_else(|| Some(built.value.clone()))
            };
            type_text = format!("*{}", built.owner);
        }
        let name = &named.variable.name;
        let text = text.or_else(|| (!name.is_empty()).then(|| name.clone())).unwrap_or_else(|| "the value".to_owned());
        // `*p` is one way to reach what has a name, or what has none.
        let text = match text.strip_prefix('*') {
            Some(_) if !name.is_empty() && !name.starts_with('*') => name.clone(),
            Some(pointer) => format!("what {pointer} points to"),
            None => text,
        };
        Facts { text, type_text, element: named.variable.kind == VariableKind::Element }
    }
}

fn suggestion(shape: Shape, text: String, reason: &str) -> Suggestion {
    Suggestion { shape, text, reason: reason.to_owned(), ..Suggestion::default() }
}

/// Where synchronisation is there already, the least change is to use it on the other side too.
fn by_near_miss(
    shape: Shape,
    race: &Race,
    named: &Named,
    locks: &Locks,
    near_misses: &[NearMiss],
    facts: &Facts,
) -> Option<Suggestion> {
    let kind = |name: &str| near_misses.iter().any(|miss| miss.kind == name);
    let text = &facts.text;
    let lock = locks.sides.iter().flatten().next();
    let mutex = lock
        .map_or("the mutex", |lock| if lock.mutex.starts_with("mutex 0x") { "the mutex" } else { lock.mutex.as_str() });
    let at = |index: usize| {
        let site = named.sides[index].site.as_ref();
        site.map_or_else(|| "the other side".to_owned(), |site| Place::of(site).short())
    };
    if kind("add_inside") {
        return Some(suggestion(
            shape,
            "call Add before the go statement, not inside the goroutine (or use WaitGroup.Go)".to_owned(),
            "Wait waits for what was added before it; a goroutine that has not run yet has added nothing",
        ));
    }
    if kind("copied_mutex") {
        return Some(suggestion(
            shape,
            "give the method a pointer receiver, or pass a pointer: never copy a value that has a mutex in it"
                .to_owned(),
            "each copy has a mutex of its own, so each call locks another one",
        ));
    }
    if kind("write_under_rlock") {
        return Some(suggestion(
            shape,
            format!("take {mutex} with Lock, not RLock, where {text} is written"),
            "RLock admits other readers at the same time, so a write under it races with them",
        ));
    }
    if kind("different_mutexes") {
        return Some(suggestion(
            shape,
            format!("guard {text} by one mutex on both sides"),
            "two mutexes exclude nobody from each other",
        ));
    }
    if kind("failed_trylock") {
        return Some(suggestion(
            shape,
            "take the mutex with Lock, or leave the variable alone where TryLock fails".to_owned(),
            "a TryLock that fails has locked nothing and orders nothing",
        ));
    }
    if kind("semaphore_too_wide") {
        return Some(suggestion(
            shape,
            "make the channel's capacity 1, or use a sync.Mutex".to_owned(),
            "a channel used as a lock admits as many goroutines as its buffer has room for",
        ));
    }
    if kind("once_on_one_side") {
        return Some(suggestion(
            shape,
            format!("call Do before every access to {text}, or make {text} atomic.{}", atomic_type(&facts.type_text)),
            "Once makes those wait, and see what it did, who call Do themselves",
        ));
    }
    if kind("after_release")
        && matches!(shape, Shape::ReadMostly | Shape::Other | Shape::LateWrite | Shape::GoroutineResult)
    {
        return Some(suggestion(
            shape,
            format!("move the write of {text} before the handing over, or write to a copy of your own"),
            "who receives sees what was done before the handing over, nothing later",
        ));
    }
    if kind("lock_released_early") {
        return Some(suggestion(
            shape,
            format!("keep the mutex locked until {text} is no longer used, or give every value a mutex of its own"),
            "a lock orders what is done while it is held, not what is done afterwards with what was found under it",
        ));
    }
    if kind("double_checked") {
        return Some(suggestion(
            shape,
            format!("use sync.Once or sync.OnceValue for {text}, or make it atomic"),
            "the look without the lock is not ordered after the write under it",
        ));
    }
    if kind("lock_on_one_side") {
        let bare = if locks.sides[0].is_empty() { 0 } else { 1 };
        return Some(suggestion(
            shape,
            format!(
                "hold {mutex} around the {} at {} too",
                if race.accesses[bare].op == Op::Read { "read" } else { "write" },
                at(bare)
            ),
            "a mutex orders only those who all lock it; one side does already",
        ));
    }
    None
}

/// The suggestion for a shape when nothing nearer is known.
fn for_shape(shape: Shape, facts: &Facts) -> Suggestion {
    let text = &facts.text;
    let pointed = facts.type_text.trim_start_matches('*');
    let pointed = if pointed.is_empty() { "T" } else { pointed };
    let atomic = atomic_type(&facts.type_text);
    let (what, reason): (String, &str) = match shape {
        Shape::Counter if facts.element => (
            format!("make the elements of {text} atomic, or guard {text} by a mutex"),
            "counts that stand alone need no lock: an atomic add is one indivisible step",
        ),
        Shape::Counter if facts.type_text.starts_with("float") => {
            (format!("guard {text} by a mutex"), "there is no atomic addition of floating-point numbers")
        }
        Shape::Counter => (
            format!("make {text} an atomic.{atomic}"),
            "a count that stands alone needs no lock: an atomic add is one indivisible step",
        ),
        Shape::Flag => (
            format!("make {text} an atomic.{atomic}, or close a channel"),
            "a done flag tells others that something happened: an atomic store, or a close that readers wait for, also makes what came before it visible",
        ),
        Shape::Map => (
            format!("guard {text} by a mutex"),
            "a map's insides change in several steps, even on a lookup's side: every access, reads too, must hold the lock (sync.Map fits keys written once and read often)",
        ),
        Shape::SeveralFields => (
            "guard the fields by one mutex".to_owned(),
            "fields that belong together must change together; an atomic for each would let a reader see half of a change",
        ),
        Shape::PointerPublication => (
            format!("make {text} an atomic.Pointer[{pointed}] and leave what it points to unchanged afterwards"),
            "without it a reader may see the new pointer before what it points to is built",
        ),
        Shape::GoroutineResult => (
            format!(
                "hand {text} back through a channel or wait with a WaitGroup before reading it; a mutex if both go on using it"
            ),
            "the end of a goroutine orders nothing by itself: somebody has to wait for it",
        ),
        Shape::LazyInit => (
            format!("make {text} by sync.Once or sync.OnceValue"),
            "two goroutines may both find it unset; Once runs the initialisation one time and makes everybody see it",
        ),
        Shape::LoopVariable => (
            format!("give each iteration its own {text}"),
            "all iterations share one variable (a loop's own variable below language version 1.22, any declared outside the loop always), and the loop goes on while goroutines read it",
        ),
        Shape::ReadMostly if is_number(&facts.type_text) => (
            format!("make {text} an atomic.{atomic}"),
            "a number that stands alone needs no lock: atomic loads and stores order what they must",
        ),
        Shape::ReadMostly => (
            format!("guard {text} by a sync.RWMutex, or publish whole values by an atomic.Pointer"),
            "for a value that is read often and replaced seldom, readers need not exclude each other, only the writer",
        ),
        Shape::SliceAppend => (
            format!("guard {text} by a mutex, or give each goroutine its own element"),
            "append reads and writes the slice's header and its array: concurrent appends lose elements",
        ),
        Shape::SharedArray => (
            format!("give each goroutine an array of its own: slices.Clone, or a capacity without room ({}[:n:n]), before it appends", text.split('[').next().unwrap_or(text)),
            "append writes behind the end of a slice where its array has room, and slices cut from one array share that room",
        ),
        Shape::MixedAtomic => (
            format!("use atomic operations on {text} everywhere; best by its type, such as atomic.{atomic}"),
            "an atomic type leaves no way to access the word plainly by mistake",
        ),
        Shape::LateWrite => (
            format!("set {text} before the go statement, or hand it over through a channel"),
            "the go statement orders what came before it; the goroutine may run at once",
        ),
        Shape::WaitGroupAdd => (
            "call Add before Wait can be reached: in the goroutine that waits, before its go statements".to_owned(),
            "an Add from zero that runs beside Wait may come too late: then Wait does not wait for it",
        ),
        Shape::ChannelClose => (
            "let the sender close the channel, after its last send; with several senders, one goroutine that has waited for all of them".to_owned(),
            "a send to a closed channel panics, and here nothing keeps the close from coming first",
        ),
        Shape::Other => (
            format!("guard {text} by a mutex, or hand it over through a channel"),
            "one of the two accesses has to wait for the other",
        ),
    };
    suggestion(shape, what, reason)
}

/// The atomic type for values of a type: `Int32` of `int32`.
pub fn atomic_type(type_text: &str) -> &'static str {
    match type_text {
        "bool" => "Bool",
        "int32" | "int8" | "int16" | "rune" => "Int32",
        "uint32" | "uint8" | "uint16" | "byte" => "Uint32",
        "uint64" | "uint" => "Uint64",
        "uintptr" => "Uintptr",
        _ => "Int64",
    }
}

/// The suggestion once several findings turned out to be about fields of one object.
pub fn several_fields(fields: &[String], owner: &str) -> Suggestion {
    let facts = Facts { text: fields.first().cloned().unwrap_or_default(), type_text: String::new(), element: false };
    let mut made = for_shape(Shape::SeveralFields, &facts);
    let whose = if owner.is_empty() { String::new() } else { format!(" in {owner}") };
    made.text = format!("guard {} by one mutex{whose}", fields.join(", "));
    made.by_hand = "which fields belong together is not in the text".to_owned();
    made
}
