//! Many programs through the interpreter, a few at a time, each round of each held against the model.

use super::directed;
use super::process::{Interpreter, MOST_REPORTS, Played};
use super::script::{self, Round};
use crate::campaign::Tally;
use crate::compare::{Disagreement, Judge, Program, Promptness};
use crate::engine::{AccessSeen, RaceSeen};
use crate::generate::{DATA, Features, Kept, OBJECTS, Profile, generate_with};
use crate::{print, shrink};
use hb_model::{Addr, Kind};
use hb_report::raw;
use std::collections::HashMap;
use std::fmt;
use std::ops::Range;

/// Events that one process plays at most, so that its notes have room.
const MOST_EVENTS: usize = 8000;

/// What is run.
#[derive(Clone, Debug)]
pub struct Plan {
    /// A program of each profile for each seed.
    pub seeds: Range<u64>,
    /// What the programs may contain.
    pub features: Features,
}

/// How a round went wrong.
#[derive(Clone, Debug)]
pub enum Trouble {
    /// A report that the model does not have, or none where it has a race.
    Disagreement(Box<Disagreement>),
    /// A report of memory that is not the program's.
    Elsewhere {
        /// Index of the event.
        event: usize,
        /// The address in the process.
        addr: u64,
    },
    /// The process.
    Process(String),
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Disagreement(disagreement) => disagreement.fmt(f),
            Trouble::Elsewhere { event, addr } => {
                write!(f, "a report at event {event} of {addr:#x}, which is not the program's")
            }
            Trouble::Process(text) => f.write_str(text),
        }
    }
}

/// A program that went wrong.
#[derive(Clone, Debug)]
pub struct Failure {
    /// Where it came from.
    pub name: String,
    /// The program, made small where it goes wrong alone, too.
    pub program: Program,
    /// All its rounds.
    pub rounds: Vec<Round>,
    /// The round that went wrong, unless the process did.
    pub round: Option<usize>,
    /// How.
    pub trouble: Trouble,
    /// Whether it goes wrong without the programs before it.
    pub alone: bool,
    /// What to give the interpreter to see it.
    pub script: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Failure { name, program, rounds, round, trouble, alone, .. } = self;
        writeln!(f, "{name}: {trouble}")?;
        let alone = if *alone { "alone, too" } else { "only after the programs before it" };
        writeln!(f, "goes wrong {alone}")?;
        if let Some(round) = round {
            writeln!(f, "round {round}: {:?}", rounds[*round])?;
        }
        f.write_str(&print::listing(program.events()))
    }
}

/// What the interpreter is given for some programs.
fn script(batch: &[Entry]) -> String {
    let mut script = format!("{}\n", batch.len());
    for entry in batch {
        script::write(&entry.program, &entry.rounds, &mut script);
    }
    script
}

/// A program that is to be run.
#[derive(Clone)]
struct Entry {
    name: String,
    program: Program,
    rounds: Vec<Round>,
}

/// The most reports that there can be: one for each pair in each word.
fn reports(program: &Program) -> u64 {
    program.races().iter().map(|race| (race.addr + race.size).div_ceil(8) - race.addr / 8).sum()
}

impl Entry {
    /// The program for a seed, or as much of its beginning as has no more races than can be told.
    fn new(seed: u64, profile: Profile, features: Features) -> Self {
        let mut program = script::playable(&generate_with(seed, features, profile));
        let rounds = script::rounds(&program, seed);
        let most = MOST_REPORTS / rounds.len() as u64;
        while reports(&program) > most {
            let events = program.events()[..program.events().len() * 9 / 10].to_vec();
            program = Program::new(events).expect("the beginning of an execution is one");
        }
        Entry { name: format!("seed {seed}, {profile:?}"), program, rounds }
    }

    /// Those that are the same in every run.
    fn directed() -> impl Iterator<Item = Self> {
        directed::programs().into_iter().enumerate().map(|(number, program)| {
            let rounds = script::rounds(&program, number as u64);
            Entry { name: format!("directed {number}"), program, rounds }
        })
    }
}

/// Runs the plan.
///
/// # Errors
///
/// The first program that goes wrong.
pub fn run(interpreter: &Interpreter, plan: &Plan) -> Result<Tally, Box<Failure>> {
    let mut tally = Tally::default();
    let mut batch: Vec<Entry> = Vec::new();
    let (mut expected, mut events) = (0, 0);
    let profiles = [Profile::Mixed, Profile::Accesses];
    let generated = plan
        .seeds
        .clone()
        .flat_map(|seed| profiles.map(|profile| (seed, profile)))
        .map(|(seed, profile)| Entry::new(seed, profile, plan.features));
    for entry in Entry::directed().chain(generated) {
        let rounds = entry.rounds.len();
        let (more, longer) = (reports(&entry.program) * rounds as u64, entry.program.events().len() * rounds);
        if expected + more > MOST_REPORTS || events + longer > MOST_EVENTS {
            play(interpreter, &batch)?;
            batch.clear();
            (expected, events) = (0, 0);
        }
        expected += more;
        events += longer;
        tally += Tally {
            programs: 1,
            events: longer as u64,
            racy: u64::from(!entry.program.races().is_empty()),
            pairs: (entry.program.races().len() * rounds) as u64,
        };
        batch.push(entry);
    }
    play(interpreter, &batch)?;
    Ok(tally)
}

/// Runs programs in one process.
fn play(interpreter: &Interpreter, batch: &[Entry]) -> Result<(), Box<Failure>> {
    let Err((at, round, trouble)) = try_play(interpreter, batch) else { return Ok(()) };
    // What goes wrong without a round, may be any of them.
    for entry in if round.is_none() { batch } else { &batch[at..=at] } {
        if let Err((_, round, trouble)) = try_play(interpreter, std::slice::from_ref(entry)) {
            return Err(Box::new(small(interpreter, entry, round, trouble)));
        }
    }
    let Entry { name, program, rounds } = batch[at].clone();
    let script = script(batch);
    Err(Box::new(Failure { name, program, rounds, round, trouble, alone: false, script }))
}

/// Makes a program small that goes wrong alone.
fn small(interpreter: &Interpreter, entry: &Entry, round: Option<usize>, trouble: Trouble) -> Failure {
    let fault = |program: &Program| {
        // Shrinking may find what cannot be played.
        let playable = script::playable(program);
        let entry = Entry { program: program.clone(), ..entry.clone() };
        if playable.events() != program.events() { None } else { try_play(interpreter, &[entry]).err() }
    };
    let kind = std::mem::discriminant(&trouble);
    let same = |program: &Program| fault(program).is_some_and(|(_, _, fault)| std::mem::discriminant(&fault) == kind);
    let program = if same(&entry.program) { shrink::shrink(&entry.program, same) } else { entry.program.clone() };
    let (round, trouble) = fault(&program).map_or((round, trouble), |(_, round, trouble)| (round, trouble));
    let entry = Entry { program, ..entry.clone() };
    let script = script(std::slice::from_ref(&entry));
    let Entry { name, program, rounds } = entry;
    Failure { name, program, rounds, round, trouble, alone: true, script }
}

/// The program and the round that went wrong.
type Wrong = (usize, Option<usize>, Trouble);

fn try_play(interpreter: &Interpreter, batch: &[Entry]) -> Result<(), Wrong> {
    let played = interpreter.run(&script(batch)).map_err(|text| (0, None, Trouble::Process(text)))?;
    let mut played = played.into_iter();
    for (at, entry) in batch.iter().enumerate() {
        for round in 0..entry.rounds.len() {
            let Some(played) = played.next() else {
                return Err((at, Some(round), Trouble::Process("the round was not played".into())));
            };
            judge(&entry.program, played).map_err(|trouble| (at, Some(round), trouble))?;
        }
    }
    Ok(())
}

/// Holds the reports of a round against the model.
fn judge(program: &Program, mut played: Played) -> Result<(), Trouble> {
    let mut judge = Judge::new(program, Promptness::AtOnce);
    let mut channels: HashMap<u64, u64> = HashMap::new();
    for index in 0..program.events().len() {
        judge.before().map_err(Trouble::Disagreement)?;
        channels.extend(played.channels.extract_if(.., |made| made.0 == index).map(|made| (made.1, made.2)));
        let reports: Vec<raw::Race> =
            played.reports.extract_if(.., |reported| reported.0 == index).flat_map(|reported| reported.1).collect();
        let mut seen = Vec::new();
        for report in &reports {
            let at = report.accesses[0].addr.0;
            let Some(addr) = modelled(at, &played.places, &channels) else {
                return Err(Trouble::Elsewhere { event: index, addr: at });
            };
            seen.extend(understand(report, addr));
        }
        judge.after(&seen, reports.len() >= hb_detector::CONFLICTS).map_err(Trouble::Disagreement)?;
    }
    match played.reports.first() {
        None => judge.end().map_err(Trouble::Disagreement),
        Some((event, _)) => Err(Trouble::Process(format!("reports at event {event}, which is not in the program"))),
    }
}

/// The model's address of what lies at `at` in the process.
fn modelled(at: u64, places: &[u64; 6], channels: &HashMap<u64, u64>) -> Option<Addr> {
    // As long as the longest data, or as a page of objects.
    let within = |start: u64, length: u64| at.checked_sub(start).filter(|offset| *offset < length);
    let objects = Kept::ALL
        .into_iter()
        .zip(&places[1..])
        .find_map(|(kind, start)| Some(kind.at(0) + within(*start, 4 * kind.size()).filter(|_| kind != Kept::Cond)?));
    objects
        .or_else(|| {
            channels.iter().find_map(|(number, start)| Some(Kept::Chan.at(*number as usize) + within(*start, 112)?))
        })
        .or_else(|| Some(DATA + within(places[0], OBJECTS - DATA).filter(|offset| *offset < 1024)?))
}

/// What a report says, as an engine would say it: a report for each byte. The model's address of its first byte is `addr`.
fn understand(report: &raw::Race, addr: Addr) -> impl Iterator<Item = RaceSeen> {
    let [second, first] = &report.accesses;
    let side = |access: &raw::Access| AccessSeen {
        kind: Kind { write: access.op == raw::Op::Write, atomic: access.atomic },
        pc: None,
    };
    let word = second.addr.0 & !7;
    let in_word = |access: &raw::Access| {
        let piece = access.addr.0..access.addr.0 + access.size;
        (0..8).filter(|bit| piece.contains(&(word + bit))).fold(0, |mask, bit| mask | 1 << bit)
    };
    let bytes = |access: &raw::Access| access.bytes.unwrap_or_else(|| in_word(access));
    let mut common = bytes(first) & bytes(second);
    if second.atomic && second.bytes.is_none() {
        // It is told with the first byte that both touched, but with its own size, to which it is aligned.
        common &= in_word(&raw::Access { addr: raw::Addr(second.addr.0 & !(second.size - 1)), ..second.clone() });
    }
    let seen = RaceSeen { addr, size: 1, first: side(first), second: side(second) };
    let start = addr - (second.addr.0 - word);
    (0..8).filter(move |bit| common & 1 << bit != 0).map(move |bit| RaceSeen { addr: start + bit, ..seen })
}
