//! Edits that mend a race: whole ones, which compile and leave no use of the variable out, or none, with the reason why.
//!
//! `hb fix` makes them; reports show them. What cannot be changed safely by looking at one package's text is said in words only.

mod atomic;
mod edit;
mod guard;
mod moves;
mod uses;

pub use edit::digest;

use super::locks::Locks;
use super::naming::Named;
use super::shape::is_number;
use crate::finding::{NearMiss, Shape, Suggestion};
use crate::raw::Race;
use crate::source::Package;
use edit::Edits;
use guard::Mutex;
use uses::Target;

/// Why there is no edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// In words.
    pub why: String,
}

impl Refused {
    /// With its reason.
    pub fn new(why: impl Into<String>) -> Refused {
        Refused { why: why.into() }
    }
}

/// Adds an edit to a suggestion, or why there is none.
pub fn add(suggestion: &mut Suggestion, race: &Race, named: &Named, locks: &Locks, near_misses: &[NearMiss]) {
    if named.sides.iter().any(|side| side.is_too_long()) {
        suggestion.by_hand = "a function in the race is too long to be looked through".to_owned();
        return;
    }
    let package = match package_of(named) {
        Ok(package) => package,
        Err(refused) => {
            suggestion.by_hand = refused.why;
            return;
        }
    };
    // All edits are to the files of one package.
    let same = named.sides.iter().filter_map(|side| side.package.as_deref()).all(|other| {
        let has = |name: &std::path::PathBuf| package.files.iter().any(|(own, _)| own == name);
        other.files.first().is_none_or(|(name, _)| has(name))
    });
    if !same {
        suggestion.by_hand = "the two sides are in different packages".to_owned();
        return;
    }
    let mut last = None;
    for way in ways(suggestion.shape, near_misses) {
        let mut edits = Edits::default();
        let made = way.make(race, named, locks, &mut edits);
        let done = made.and_then(|text| Ok((edits.finish(package)?, text)));
        match done {
            Ok(((fix, shown), text)) => {
                if let Some((text, reason)) = text {
                    suggestion.text = text;
                    reason.clone_into(&mut suggestion.reason);
                }
                suggestion.sketch = shown;
                suggestion.fix = Some(fix);
                suggestion.by_hand.clear();
                return;
            }
            Err(refused) => {
                last = Some(refused);
            }
        }
    }
    suggestion.by_hand =
        last.map_or_else(|| "what is right depends on what the program means".to_owned(), |refused| refused.why);
}

/// The package whose files edits are counted by. Both sides' have the same files, in another order.
fn package_of(named: &Named) -> Result<&Package, Refused> {
    named.sides.iter().find_map(|side| side.package.as_deref()).ok_or_else(|| Refused::new("the source is not here"))
}

/// A way to mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    AddBeforeGo,
    ByPointer,
    LockExclusively,
    Narrow,
    KnownLock,
    WriteEarlier,
    WriteBeforeGo,
    JoinAtomics,
    Atomic,
    Guard,
    WaitFor,
    Once,
    OwnVariable,
    Clip,
}

/// The ways that may fit, the nearest first.
fn ways(shape: Shape, near_misses: &[NearMiss]) -> Vec<Way> {
    let kind = |name: &str| near_misses.iter().any(|miss| miss.kind == name);
    for (name, ways) in [
        ("add_inside", vec![Way::AddBeforeGo]),
        ("copied_mutex", vec![Way::ByPointer]),
        ("write_under_rlock", vec![Way::LockExclusively]),
        ("different_mutexes", vec![]),
        ("failed_trylock", vec![]),
        ("semaphore_too_wide", vec![Way::Narrow]),
        ("once_on_one_side", vec![Way::Atomic]),
        ("lock_released_early", vec![]),
        ("double_checked", vec![Way::Once, Way::Atomic]),
        ("lock_on_one_side", vec![Way::KnownLock]),
    ] {
        if kind(name) {
            return ways;
        }
    }
    if kind("after_release")
        && matches!(shape, Shape::ReadMostly | Shape::Other | Shape::LateWrite | Shape::GoroutineResult)
    {
        return vec![Way::WriteEarlier];
    }
    match shape {
        Shape::Counter | Shape::Flag => vec![Way::Atomic, Way::Guard],
        Shape::PointerPublication => vec![Way::Atomic],
        Shape::MixedAtomic => vec![Way::JoinAtomics],
        Shape::ReadMostly => vec![Way::Atomic, Way::Guard],
        Shape::Map | Shape::SliceAppend | Shape::SeveralFields | Shape::Other => vec![Way::Guard],
        Shape::GoroutineResult => vec![Way::WaitFor],
        Shape::LazyInit => vec![Way::Once, Way::Guard],
        Shape::LoopVariable => vec![Way::OwnVariable],
        Shape::LateWrite => vec![Way::WriteBeforeGo],
        Shape::SharedArray => vec![Way::Clip],
        Shape::WaitGroupAdd | Shape::ChannelClose => vec![],
    }
}

type Text = Option<(String, &'static str)>;

impl Way {
    fn make(self, race: &Race, named: &Named, locks: &Locks, edits: &mut Edits) -> Result<Text, Refused> {
        match self {
            Way::AddBeforeGo => moves::add_before_go(race, named, edits).map(|()| None),
            Way::ByPointer => moves::by_pointer(named, edits).map(|()| None),
            Way::LockExclusively => moves::lock_exclusively(named, locks, race, edits).map(|()| None),
            Way::Narrow => moves::narrow(race, named, edits).map(|()| None),
            Way::WriteEarlier => moves::write_earlier(race, named, false, edits).map(|()| None),
            Way::WriteBeforeGo => moves::write_earlier(race, named, true, edits).map(|()| None),
            Way::WaitFor => moves::wait_for(race, named, edits).map(|()| {
                let text = named.operand().map(|operand| operand.text.clone()).unwrap_or_default();
                Some((
                    format!("wait for the goroutine before {text} is read"),
                    "the end of a goroutine orders nothing by itself: somebody has to wait for it, here for a channel that it closes",
                ))
            }),
            Way::Clip => moves::clip(named, edits).map(|()| None),
            Way::KnownLock => {
                let target = Target::of(named)?;
                let lock = moves::known(locks).ok_or_else(|| Refused::new("which mutex it is is not known for certain"))?;
                let mutex = Mutex::Known { key: lock.key.clone(), written: lock.mutex.clone() };
                guard::make(&target, &mutex, edits).map(|_| None)
            }
            Way::JoinAtomics => {
                let target = Target::of(named)?;
                atomic::join(&target, edits)?;
                Ok(Some((
                    format!("use atomic operations on {} everywhere", target.name),
                    "an atomic operation orders only against other atomic operations (a type such as atomic.Int64 leaves no way to forget one)",
                )))
            }
            Way::Atomic => {
                let target = Target::of(named)?;
                let fits = target.type_text == "bool" || is_number(&target.type_text) || target.type_text.starts_with('*');
                if !fits {
                    return Err(Refused::new("there is no atomic type for it"));
                }
                let made = atomic::make(&target, edits)?;
                Ok(Some((
                    format!("make {} an {made}", target.name),
                    "an atomic operation is one indivisible step, and what was done before a store is seen by who loads what it stored",
                )))
            }
            Way::Guard => {
                let target = Target::of(named)?;
                let mutex = guard::make(&target, &Mutex::New, edits)?;
                Ok(Some((
                    format!("guard {} by a mutex, {mutex}", target.name),
                    "every access, reads too, must hold the lock: then one of two always comes after the other",
                )))
            }
            Way::Once => {
                let target = Target::of(named)?;
                moves::once(&target, named, edits).map(|()| None)
            }
            Way::OwnVariable => {
                let target = Target::of(named)?;
                moves::own_variable(&target, edits).map(|()| None)
            }
        }
    }
}
