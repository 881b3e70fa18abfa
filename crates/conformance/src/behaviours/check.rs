//! The comparisons, one program at a time.

use super::brute::{All, Pair, all};
use super::events;
use super::programs::Small;
use crate::compare::{Program as Linear, Promptness, compare};
use crate::detector_engine::Fresh;
use crate::lower::Hooks;
use hb_explore::machine::{Chooser, Hit, Machine, RacySet};
use hb_explore::program::Program;
use hb_explore::search::{Found, Limits, explore};
use hb_explore::state::{End, State};
use hb_explore::witness::{Witness, replay};
use std::collections::BTreeSet;
use std::fmt::Write;

/// What was compared. Many programs without races, or none but these, would show nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Programs compared.
    pub programs: u64,
    /// Left out: too many executions for brute force.
    pub skipped: u64,
    /// With a race.
    pub racy: u64,
    /// That can deadlock.
    pub deadlocks: u64,
    /// Outcomes.
    pub outcomes: u64,
    /// Executions of brute force.
    pub executions: u64,
    /// States of the explorer.
    pub states: u64,
    /// Witnesses that the oracle accepted.
    pub witnesses: u64,
    /// Schedules given to the engine.
    pub schedules: u64,
}

/// The explorer's answer in brute force's words.
fn in_words(program: &Program, found: &Found) -> (BTreeSet<(String, &'static str)>, BTreeSet<Pair>) {
    let outcomes = found
        .outcomes
        .keys()
        .map(|o| {
            let how = match &o.end {
                End::Normal => "end",
                End::Deadlock => "deadlock",
                End::Panic(text) if text.contains("send on closed") => "send on closed channel",
                End::Panic(text) if text.contains("close of closed") => "close of closed channel",
                _ => "something else",
            };
            (String::from_utf8_lossy(&o.output).into_owned(), how)
        })
        .collect();
    let races = found.races.keys().map(|hit| pair(program, hit)).collect();
    (outcomes, races)
}

fn pair(program: &Program, hit: &Hit) -> Pair {
    let op = |p: u32| {
        let p = program.positions[p as usize];
        (p.line as usize - 1, p.column as usize - 1)
    };
    let mut pair = [op(hit.first), op(hit.second)];
    pair.sort_unstable();
    pair
}

/// Explorer against brute force, and each witness against the oracle.
///
/// # Errors
/// How they differ.
pub fn equal(small: &Small, most: u64, tally: &mut Tally) -> Result<(), String> {
    let program = small.program();
    let Some(All { outcomes, races, executions }) = all(small, most) else {
        tally.skipped += 1;
        return Ok(());
    };
    let found = explore(&program, Limits::default())?;
    let (found_outcomes, found_races) = in_words(&program, &found);
    let mut text = String::new();
    for (what, brute, explored) in [("outcome", &outcomes, &found_outcomes)] {
        for o in brute.symmetric_difference(explored) {
            let _ =
                writeln!(text, "{what} {o:?}: brute force {}, explorer {}", brute.contains(o), explored.contains(o));
        }
    }
    for r in races.symmetric_difference(&found_races) {
        let _ = writeln!(text, "race {r:?}: brute force {}, explorer {}", races.contains(r), found_races.contains(r));
    }
    if let Some(why) = &found.incomplete {
        let _ = writeln!(text, "not complete: {why}");
    }
    if !text.is_empty() {
        return Err(format!("{small}{text}"));
    }
    tally.programs += 1;
    tally.racy += u64::from(!races.is_empty());
    tally.deadlocks += u64::from(outcomes.iter().any(|o| o.1 == "deadlock"));
    tally.outcomes += outcomes.len() as u64;
    tally.executions += executions;
    tally.states += found.states as u64;
    tally.witnesses += judged(&program, &found).map_err(|e| format!("{small}{e}"))?;
    Ok(())
}

/// Gives every witness to the oracle. How many there were.
///
/// # Errors
/// One is not a valid execution, or its race is none.
pub fn judged(program: &Program, found: &Found) -> Result<u64, String> {
    let mut n = 0;
    for schedule in found.outcomes.values() {
        let witness = replay(program, &found.racy, schedule, None)?;
        if let Ok((events, _)) = events::of(&witness.events) {
            Linear::new(events).map_err(|e| format!("a witness is not valid: {e}"))?;
            n += 1;
        }
    }
    for (hit, schedule) in &found.races {
        let witness = replay(program, &found.racy, schedule, Some(hit))?;
        let Witness { race, .. } = &witness;
        let (first, second) = race.ok_or_else(|| format!("a race is not in its witness: {hit:?}"))?;
        let Ok((events, from)) = events::of(&witness.events) else { continue };
        let linear = Linear::new(events).map_err(|e| format!("a witness is not valid: {e}"))?;
        let is = |event: usize, i: usize| from[event] == i;
        if !linear.races().iter().any(|r| is(r.first, first) && is(r.second, second)) {
            return Err(format!("the oracle does not see the race of a witness: {hit:?}"));
        }
        n += 1;
    }
    Ok(n)
}

/// Gives every schedule of a program, up to `most`, to the engine: on each it must report what the model says, and the model
/// must say what the explorer says.
///
/// # Errors
/// How they differ.
pub fn engine(small: &Small, most: u64, tally: &mut Tally) -> Result<(), String> {
    let program = small.program();
    let found = explore(&program, Limits::default())?;
    let mut machine = Machine::new(&program, found.racy.clone());
    machine.trace = Some(Vec::new());
    let st = machine.start()?;
    let mut walk = Walk { program: &program, racy: found.racy, left: most, tally };
    walk.from(&st, machine.trace.unwrap_or_default(), machine.hits).map_err(|e| format!("{small}{e}"))?;
    tally.programs += 1;
    Ok(())
}

struct Walk<'a> {
    program: &'a Program,
    racy: RacySet,
    left: u64,
    tally: &'a mut Tally,
}

impl Walk<'_> {
    /// All paths from a state, without merging any.
    fn from(&mut self, st: &State, trace: Vec<hb_explore::trace::Event>, hits: Vec<Hit>) -> Result<(), String> {
        let mut ended = st.ended.is_some();
        if !ended {
            ended = true;
            for g in 0..st.gors.len() {
                let mut chooser = Chooser::default();
                loop {
                    if self.left == 0 {
                        return Ok(());
                    }
                    let mut machine = Machine::new(self.program, self.racy.clone());
                    machine.trace = Some(trace.clone());
                    machine.hits.clone_from(&hits);
                    let mut next = st.clone();
                    if !machine.advance(&mut next, g, &mut chooser)? {
                        break;
                    }
                    ended = false;
                    self.from(&next, machine.trace.unwrap_or_default(), machine.hits)?;
                    if !chooser.advance() {
                        break;
                    }
                }
            }
        }
        if !ended {
            return Ok(());
        }
        self.left -= 1;
        self.tally.schedules += 1;
        let Ok((events, _)) = events::of(&trace) else { return Ok(()) };
        let linear = Linear::new(events).map_err(|e| format!("a schedule is not valid: {e}"))?;
        compare::<Fresh>(&linear, Hooks::MENDED, Promptness::AtOnce).map_err(|d| format!("engine and model: {d}"))?;
        // The explorer names a channel's send and close by the channel, the model by a byte of it.
        if linear.races().is_empty() != hits.is_empty() {
            return Err(format!("explorer {hits:?}, model {:?}", linear.races()));
        }
        Ok(())
    }
}
