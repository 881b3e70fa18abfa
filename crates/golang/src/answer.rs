//! The answer to "what may this program do?": what a command, a page and a course show.

use crate::lower::{Refusal, Scale, lower};
use crate::tree::Tree;
use hb_explore::machine::{Guesses, Hit};
use hb_explore::program::{PosId, Program};
use hb_explore::search::{Found, Limits, Schedule, explore};
use hb_explore::state::{AccessKind, End};
use hb_explore::witness::{Witness, describe, place_name, replay_with};
use serde::Serialize;
use std::collections::BTreeMap;
use std::rc::Rc;

/// Everything that was found out about a program.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Answer {
    /// Name and version of this form.
    pub schema: &'static str,
    /// How far the search went.
    pub extent: Extent,
    /// No interleaving of this input has a race, and the search was complete.
    pub race_free: bool,
    /// All outcomes, the ordinary ones first.
    pub outcomes: Vec<Outcome>,
    /// All pairs of accesses that race.
    pub races: Vec<Race>,
    /// States, steps between them, rounds.
    pub states: usize,
    /// Steps between states.
    pub edges: usize,
    /// Rounds of the search.
    pub rounds: usize,
}

/// How far the search went.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Extent {
    /// `complete`, `scaled` or `out-of-budget`.
    pub kind: &'static str,
    /// In words, where it is not complete.
    pub why: Option<String>,
    /// Constants that were replaced: from, to, how many places.
    pub scaled: Vec<(i64, i64, usize)>,
}

/// A place in the source.
#[derive(Clone, Debug, Default, Serialize, PartialEq, Eq)]
pub struct Spot {
    /// File as it was named.
    pub file: String,
    /// Line.
    pub line: u32,
    /// Column.
    pub column: u32,
}

/// One thing that the program may do.
#[derive(Clone, Debug, Serialize)]
pub struct Outcome {
    /// `output`, `exit`, `panic`, `throw`, `deadlock`, `forever` or `corrupt`.
    pub kind: &'static str,
    /// Whether the text allows it: `allowed`, or `undecided` where it does not say.
    pub verdict: &'static str,
    /// What it writes.
    pub output: String,
    /// The panic's text, the exit's status, what is corrupt.
    pub detail: String,
    /// One line that names it, as `--expect` takes it.
    pub name: String,
    /// How it comes about.
    pub witness: Columns,
}

/// Two accesses that nothing orders.
#[derive(Clone, Debug, Serialize)]
pub struct Race {
    /// The variable.
    pub variable: String,
    /// What the first access is, in the witness.
    pub first: &'static str,
    /// Where.
    pub first_at: Spot,
    /// What the second is.
    pub second: &'static str,
    /// Where.
    pub second_at: Spot,
    /// An execution that has it.
    pub witness: Columns,
}

/// A schedule as columns, one for each goroutine.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Columns {
    /// The goroutines: number, and where each was started.
    pub goroutines: Vec<(u32, Spot)>,
    /// What happened, in an order in which it may happen.
    pub steps: Vec<Step>,
    /// Edges between steps, by index, with their rule.
    pub edges: Vec<(usize, usize, &'static str)>,
    /// The two steps that no chain of edges joins.
    pub missing: Option<(usize, usize)>,
    /// Where the goroutines that have not ended stand.
    pub standing: Vec<(u32, Spot, String)>,
}

/// A step.
#[derive(Clone, Debug, Serialize)]
pub struct Step {
    /// The goroutine.
    pub goroutine: u32,
    /// Where.
    pub at: Spot,
    /// What.
    pub text: String,
}

/// Answers for a program.
///
/// # Errors
/// It uses something that cannot be explored.
pub fn answer(tree: &Tree, scale: &Scale, limits: Limits<'_>) -> Result<Answer, Refusal> {
    let ready = lower(tree, scale)?;
    let program = &ready.program;
    let refuse = |text: String| Refusal { file: String::new(), line: 0, column: 0, text };
    let found = explore(program, limits).map_err(refuse)?;
    let mut scaled: Vec<(i64, i64, usize)> = ready.scaled.iter().map(|(from, n)| (*from, scale[from], *n)).collect();
    scaled.sort_unstable();
    // Candidates to scale down are named where the search did not come to its end.
    let why = found.incomplete.as_ref().map(|why| {
        let largest = ready.constants.iter().next_back();
        match largest {
            Some(n) => format!("{why}; a smaller input may be complete: --scale {n}=3"),
            None => why.clone(),
        }
    });
    let kind = match (&why, scaled.is_empty()) {
        (Some(_), _) => "out-of-budget",
        (None, false) => "scaled",
        (None, true) => "complete",
    };
    Ok(Answer {
        schema: "hb-outcomes/1",
        race_free: found.races.is_empty() && why.is_none(),
        extent: Extent { kind, why, scaled },
        outcomes: outcomes(program, &found),
        races: races(program, &found),
        states: found.states,
        edges: found.edges,
        rounds: found.rounds,
    })
}

fn outcomes(program: &Program, found: &Found) -> Vec<Outcome> {
    let allowed = found.outcomes.iter().map(|o| (o, "allowed"));
    allowed
        .chain(found.undecided.iter().map(|o| (o, "undecided")))
        .map(|((o, schedule), verdict)| {
            let (kind, detail) = match &o.end {
                End::Normal => ("output", String::new()),
                End::Exit(n) => ("exit", n.to_string()),
                End::Panic(text) => ("panic", text.clone()),
                End::Throw(text) => ("throw", text.clone()),
                End::Deadlock => ("deadlock", String::new()),
                End::Forever => ("forever", String::new()),
                End::Corrupt(what) => ("corrupt", what.clone()),
            };
            let output = String::from_utf8_lossy(&o.output).into_owned();
            let mut name = output.trim_end_matches('\n').replace('\n', "\\n");
            let end = match kind {
                "output" => String::new(),
                "exit" => format!("exit {detail}"),
                "panic" => format!("panic: {detail}"),
                "throw" => format!("fatal error: {detail}"),
                "forever" => "never ends".into(),
                "corrupt" => format!("corrupt {detail}"),
                other => other.into(),
            };
            if !end.is_empty() {
                name = if name.is_empty() { end } else { format!("{name}\\n{end}") };
            }
            let guesses = (verdict == "undecided").then(|| Rc::clone(&found.guesses));
            Outcome { kind, verdict, output, detail, name, witness: columns(program, found, schedule, guesses, None) }
        })
        .collect()
}

fn races(program: &Program, found: &Found) -> Vec<Race> {
    // The same two places in the other order, or another kind of the same statement, is the same finding.
    type Pair = [(u32, u32); 2];
    let mut seen: BTreeMap<(String, Pair), (&Hit, &Schedule)> = BTreeMap::new();
    for (hit, schedule) in &found.races {
        let line = |p: PosId| {
            let p = program.positions[p as usize];
            (p.file, p.line)
        };
        let mut pair = [line(hit.first), line(hit.second)];
        pair.sort_unstable();
        let key = (variable(program, hit), pair);
        let better = |old: &Hit| {
            let writes = |h: &Hit| usize::from(h.first_kind.writes()) + usize::from(h.second_kind.writes());
            writes(hit) > writes(old)
        };
        match seen.get(&key) {
            Some((old, _)) if !better(old) => {}
            _ => {
                seen.insert(key, (hit, schedule));
            }
        }
    }
    seen.into_iter()
        .map(|((variable, _), (hit, schedule))| Race {
            variable,
            first: kind(hit.first_kind),
            first_at: spot(program, hit.first),
            second: kind(hit.second_kind),
            second_at: spot(program, hit.second),
            witness: columns(program, found, schedule, None, Some(hit)),
        })
        .collect()
}

fn variable(program: &Program, hit: &Hit) -> String {
    place_name(program, hit.site, hit.off)
}

fn kind(k: AccessKind) -> &'static str {
    match k {
        AccessKind::Read => "read",
        AccessKind::Write => "write",
        AccessKind::AtomicRead => "atomic read",
        AccessKind::AtomicWrite => "atomic write",
    }
}

fn spot(program: &Program, p: PosId) -> Spot {
    let p = program.positions[p as usize];
    Spot { file: program.files.get(p.file as usize).cloned().unwrap_or_default(), line: p.line, column: p.column }
}

fn columns(
    program: &Program,
    found: &Found,
    schedule: &Schedule,
    guesses: Option<Rc<Guesses>>,
    hit: Option<&Hit>,
) -> Columns {
    // The search ran with the cells racing that it names; the races of its last round, too.
    let Ok(w) = replay_with(program, &found.racy, guesses, schedule, hit) else { return Columns::default() };
    let Witness { events, edges, standing, race } = w;
    let mut goroutines = vec![(0, Spot::default())];
    for e in &events {
        if let hb_explore::trace::What::Go { child } = e.what {
            goroutines.push((child, spot(program, e.pos)));
        }
    }
    // What the library does inside is shown only where it synchronises.
    let shown = |i: usize| {
        // Slices made to pass arguments are nothing that the program names.
        if let hb_explore::trace::What::Access { place, .. } = events[i].what
            && program.sites[place.site as usize].name == "arguments"
        {
            return false;
        }
        let p = program.positions[events[i].pos as usize];
        !program.files.get(p.file as usize).is_some_and(|f| f.starts_with("$hb/"))
    };
    let mut number = vec![None; events.len()];
    let mut steps = Vec::new();
    for (i, e) in events.iter().enumerate().filter(|(i, _)| shown(*i)) {
        number[i] = Some(steps.len());
        steps.push(Step { goroutine: e.gor, at: spot(program, e.pos), text: describe(program, e) });
    }
    let both = |a: usize, b: usize| Some((number[a]?, number[b]?));
    Columns {
        goroutines,
        edges: edges.into_iter().filter_map(|(a, b, rule)| both(a, b).map(|(a, b)| (a, b, rule))).collect(),
        missing: race.and_then(|(a, b)| both(a, b)),
        standing: standing.into_iter().map(|(g, p, text)| (g, spot(program, p), text)).collect(),
        steps,
    }
}
