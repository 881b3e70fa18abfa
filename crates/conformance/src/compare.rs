//! One program on one engine: does it report exactly the racy locations that the model names?
//!
//! A location is a byte of one object; after its memory is given out anew the byte is another location. Every
//! report must be a pair of accesses that the model lists (the earlier one too, where the engine remembers it), and
//! every location with a pair must be reported at least once. An engine may leave out further pairs on a location
//! once it has reported one.

use crate::engine::{Engine, RaceSeen};
use crate::lower::{Hooks, Lowering};
use hb_model::{Event, Invalid, Op, Oracle, Race};
use std::collections::HashMap;
use std::fmt;

/// A valid execution and what the model says of it.
#[derive(Clone, Debug)]
pub struct Program {
    events: Vec<Event>,
    /// In the order of the later event.
    races: Vec<Race>,
}

impl Program {
    /// Asks the model about `events`.
    ///
    /// # Errors
    ///
    /// When some event cannot come where it stands.
    pub fn new(events: Vec<Event>) -> Result<Self, Invalid> {
        let mut oracle = Oracle::new();
        for event in &events {
            oracle.push(event)?;
        }
        Ok(Program::judged(events, oracle.races().to_vec()))
    }

    /// A program whose events were pushed to an oracle, which found `races`.
    pub(crate) fn judged(events: Vec<Event>, races: Vec<Race>) -> Self {
        debug_assert!(races.is_sorted_by_key(|race| race.second));
        Program { events, races }
    }

    /// The execution.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// All its races.
    pub fn races(&self) -> &[Race] {
        &self.races
    }
}

/// When a racy location must have been reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Promptness {
    /// At the first access that makes it racy.
    AtOnce,
    /// At any access that races there.
    Eventually,
}

/// How engine and model differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disagreement {
    /// The engine reported, at this event, accesses that the model finds ordered or not in conflict.
    FalseReport {
        /// Index of the event.
        event: usize,
        /// What was reported.
        seen: RaceSeen,
    },
    /// The engine did not report the byte `addr`, where this race is.
    Missed {
        /// The byte.
        addr: u64,
        /// The first race there.
        race: Race,
    },
}

impl fmt::Display for Disagreement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Disagreement::FalseReport { event, seen } => {
                write!(f, "false report at event {event}: {seen:x?}")
            }
            Disagreement::Missed { addr, race } => write!(
                f,
                "missed race at {addr:#x}: event {} ({:?}) against event {} ({:?})",
                race.first, race.first_kind, race.second, race.second_kind
            ),
        }
    }
}

/// The pc that stands for an event.
fn pc_of(event: usize) -> u64 {
    event as u64 + 1
}

/// Runs `program` on a fresh engine.
///
/// # Errors
///
/// The first disagreement.
pub fn compare<E: Engine>(program: &Program, hooks: Hooks, promptness: Promptness) -> Result<(), Box<Disagreement>> {
    let (mut engine, main) = E::init();
    let mut lowering = Lowering::new(hooks, main);
    let mut judge = Judge::new(program, promptness);
    let mut seen = Vec::new();
    for (index, event) in program.events.iter().enumerate() {
        judge.before()?;
        lowering.event(&mut engine, event, pc_of(index));
        seen.clear();
        engine.drain_races(&mut seen);
        judge.after(&seen, seen.len() >= E::MOST_REPORTS)?;
    }
    judge.end()
}

/// Goes through a program event by event, and is told what was reported in each.
pub(crate) struct Judge<'p> {
    program: &'p Program,
    promptness: Promptness,
    /// The event that comes next.
    index: usize,
    /// Races whose later event has not come.
    races: &'p [Race],
    /// Racy bytes so far: the first race there, and whether one was reported.
    racy: HashMap<u64, (Race, bool)>,
}

impl<'p> Judge<'p> {
    pub fn new(program: &'p Program, promptness: Promptness) -> Self {
        Judge { program, promptness, index: 0, races: &program.races, racy: HashMap::new() }
    }

    /// The races whose later access is of the next event.
    fn now(&self) -> &'p [Race] {
        self.races.split_at(self.races.partition_point(|race| race.second == self.index)).0
    }

    /// The next event begins: where it gives memory out anew, races there must have been reported.
    pub fn before(&mut self) -> Result<(), Box<Disagreement>> {
        if let Op::Malloc { addr, size } = self.program.events[self.index].op {
            missed(self.racy.extract_if(|byte, _| (addr..addr + size).contains(byte)))?;
        }
        Ok(())
    }

    /// The event is over, and `seen` was reported; `full` if there may have been no room for more.
    pub fn after(&mut self, seen: &[RaceSeen], full: bool) -> Result<(), Box<Disagreement>> {
        let now = self.now();
        self.races = &self.races[now.len()..];
        for race in now {
            for byte in race.addr..race.addr + race.size {
                self.racy.entry(byte).or_insert((*race, false));
            }
        }
        for seen in seen {
            for byte in seen.addr..seen.addr + seen.size {
                if !now.iter().any(|race| confirms(race, seen, byte)) {
                    return Err(Box::new(Disagreement::FalseReport { event: self.index, seen: *seen }));
                }
                self.racy.get_mut(&byte).expect("a race confirms the report of this byte").1 = true;
            }
        }
        if full {
            // Some locations of this event may have found no room.
            for race in now {
                self.racy.extend((race.addr..race.addr + race.size).map(|byte| (byte, (*race, true))));
            }
        }
        self.index += 1;
        if self.promptness == Promptness::AtOnce && !now.is_empty() {
            missed(self.racy.iter().map(|(byte, state)| (*byte, *state)))?;
        }
        Ok(())
    }

    /// All events have been.
    pub fn end(self) -> Result<(), Box<Disagreement>> {
        missed(self.racy.into_iter())
    }
}

/// Whether `race` is the race that `seen` reports for `byte`.
fn confirms(race: &Race, seen: &RaceSeen, byte: u64) -> bool {
    (race.addr..race.addr + race.size).contains(&byte)
        && race.first_kind == seen.first.kind
        && race.second_kind == seen.second.kind
        && seen.first.pc.is_none_or(|pc| pc == pc_of(race.first))
        && seen.second.pc.is_none_or(|pc| pc == pc_of(race.second))
}

/// An error for the lowest of these bytes that was not reported.
fn missed(racy: impl Iterator<Item = (u64, (Race, bool))>) -> Result<(), Box<Disagreement>> {
    let unreported = racy.filter(|(_, (_, reported))| !reported).min_by_key(|(byte, _)| *byte);
    match unreported {
        None => Ok(()),
        Some((addr, (race, _))) => Err(Box::new(Disagreement::Missed { addr, race })),
    }
}
