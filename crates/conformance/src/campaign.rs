//! Many programs, one after another, until one fails.

use crate::compare::{Disagreement, Program, Promptness, compare};
use crate::engine::Engine;
use crate::generate::{Features, Profile, generate_with};
use crate::lower::Hooks;
use crate::{print, shrink};
use std::fmt;
use std::ops::Range;

/// What is run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// One program for each seed.
    pub seeds: Range<u64>,
    /// What the programs may contain.
    pub features: Features,
    /// What they are made of most.
    pub profile: Profile,
    /// The hooks they are lowered to.
    pub hooks: Hooks,
    /// When a racy location must have been reported.
    pub promptness: Promptness,
}

/// What was run. A campaign that met no races, or nothing but races, would show nothing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Programs run.
    pub programs: u64,
    /// Events in them.
    pub events: u64,
    /// Programs with at least one race.
    pub racy: u64,
    /// Racing pairs of accesses that the model found.
    pub pairs: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.programs += other.programs;
        self.events += other.events;
        self.racy += other.racy;
        self.pairs += other.pairs;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Tally { programs, events, racy, pairs } = self;
        write!(f, "{programs} programs, {events} events, {racy} programs with races, {pairs} racing pairs")
    }
}

/// A program on which engine and model differ.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Where it came from.
    pub seed: u64,
    /// The program, made small.
    pub program: Program,
    /// How they differ on the small program.
    pub disagreement: Disagreement,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "seed {}: {}", self.seed, self.disagreement)?;
        f.write_str(&print::listing(self.program.events()))
    }
}

/// Runs the plan on fresh engines.
///
/// # Errors
///
/// The first failing program, shrunk.
pub fn run<E: Engine>(plan: &Plan) -> Result<Tally, Box<Failure>> {
    let mut tally = Tally::default();
    for seed in plan.seeds.clone() {
        let program = generate_with(seed, plan.features, plan.profile);
        tally += Tally {
            programs: 1,
            events: program.events().len() as u64,
            racy: u64::from(!program.races().is_empty()),
            pairs: program.races().len() as u64,
        };
        if let Err(disagreement) = compare::<E>(&program, plan.hooks, plan.promptness) {
            return Err(Box::new(explain::<E>(plan, seed, program, *disagreement)));
        }
    }
    Ok(tally)
}

/// Shrinks a failing program, keeping the kind of its failure. One that fails only on an engine with a past is left as
/// it is.
fn explain<E: Engine>(plan: &Plan, seed: u64, program: Program, disagreement: Disagreement) -> Failure {
    let kind = std::mem::discriminant(&disagreement);
    let fault = |program: &Program| compare::<E>(program, plan.hooks, plan.promptness).err();
    let fails = |program: &Program| fault(program).is_some_and(|fault| std::mem::discriminant(&*fault) == kind);
    if !fails(&program) {
        return Failure { seed, program, disagreement };
    }
    let program = shrink::shrink(&program, fails);
    let disagreement = fault(&program).map_or(disagreement, |fault| *fault);
    Failure { seed, program, disagreement }
}
