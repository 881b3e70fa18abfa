//! All behaviours: a breadth-first search over states, in rounds.
//!
//! The first round takes no cell to race. A race that it finds makes the cell racy for the next, in which reads of it branch
//! over all writes that they may observe; and so on, until a round finds no race on another cell. That round is
//! complete, and if it found no race at all, it is a proof that no interleaving has one.

use crate::canon::{Order, identify, normalise};
use crate::fair;
use crate::machine::{Chooser, Guesses, Hit, Machine, RacySet};
use crate::program::Program;
use crate::state::{End, State};
use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap, VecDeque};
use std::rc::Rc;

/// One branching step: the index of the goroutine in its state, and its choices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Index of the goroutine.
    pub gor: u32,
    /// Which of several possibilities, at each point of the step that had several.
    pub taken: Vec<u16>,
}

/// A path of branching steps from the start.
pub type Schedule = Vec<Choice>;

/// How far to go.
#[derive(Clone, Copy)]
pub struct Limits<'a> {
    /// States of one round.
    pub states: usize,
    /// Instructions of all rounds.
    pub steps: u64,
    /// Asked now and then: whether to stop.
    pub stop: &'a dyn Fn() -> bool,
}

impl std::fmt::Debug for Limits<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Limits {{ states: {}, steps: {} }}", self.states, self.steps)
    }
}

impl Default for Limits<'_> {
    fn default() -> Self {
        Limits { states: 300_000, steps: 2_000_000_000, stop: &|| false }
    }
}

/// How an execution ends and what it wrote.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Outcome {
    /// The end.
    pub end: End,
    /// What was written.
    pub output: Vec<u8>,
}

/// What a search found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// All outcomes, each with the first path that led to it.
    pub outcomes: BTreeMap<Outcome, Schedule>,
    /// Outcomes of executions in which a read observes a write that comes after it in every order: the text forbids results
    /// "out of thin air" without saying which these are.
    pub undecided: BTreeMap<Outcome, Schedule>,
    /// The values that such reads may take.
    pub guesses: Rc<Guesses>,
    /// All races, each with the first path on which it was seen.
    pub races: BTreeMap<Hit, Schedule>,
    /// The cells that were taken to race in the last round.
    pub racy: RacySet,
    /// Why the search is not complete, if it is not.
    pub incomplete: Option<String>,
    /// States of the last round.
    pub states: usize,
    /// Steps between them.
    pub edges: usize,
    /// Rounds.
    pub rounds: usize,
    /// Instructions executed.
    pub steps: u64,
}

struct Node {
    parent: u32,
    choice: Choice,
}

/// A step between two states, for the search for cycles.
pub(crate) struct Edge {
    pub from: u32,
    pub to: u32,
    /// Positions, in the first state's order, of the goroutines that moved.
    pub moved: Vec<u32>,
    /// For each position in the second state's order, that in the first; `u32::MAX` for a new goroutine.
    pub map: Option<Box<[u32]>>,
}

/// Explores all behaviours of a program.
///
/// # Errors
/// The program does something that cannot be explored: what.
pub fn explore(program: &Program, limits: Limits<'_>) -> Result<Found, String> {
    let mut racy = RacySet::new();
    let mut steps = 0;
    for round in 1.. {
        let mut search = Search::new(program, racy.clone(), limits, steps);
        search.run()?;
        let mut found = search.finish();
        steps += found.steps;
        found.steps = steps;
        found.rounds = round;
        let mut grown = false;
        for hit in found.races.keys() {
            let bits = racy.entry(hit.site).or_default();
            let mut list = (**bits).clone();
            let word = hit.off as usize / 64;
            if list.len() <= word {
                list.resize(word + 1, 0);
            }
            if list[word] >> (hit.off % 64) & 1 == 0 {
                list[word] |= 1 << (hit.off % 64);
                *bits = Rc::new(list);
                grown = true;
            }
        }
        if !grown || round > 40 {
            found.racy = racy;
            if !found.racy.is_empty() && found.incomplete.is_none() && found.states <= 20_000 {
                undecided(program, limits, &mut found)?;
            }
            return Ok(found);
        }
    }
    unreachable!("the rounds end")
}

/// Looks for what only reads of later writes can lead to.
fn undecided(program: &Program, limits: Limits<'_>, found: &mut Found) -> Result<(), String> {
    let limits = Limits { states: 40_000, ..limits };
    let mut search = Search::new(program, found.racy.clone(), limits, found.steps);
    search.machine.guesses = Some(Rc::clone(&found.guesses));
    search.run()?;
    let speculated = search.finish();
    found.steps += speculated.steps;
    found.undecided = speculated.outcomes.into_iter().filter(|(o, _)| !found.outcomes.contains_key(o)).collect();
    Ok(())
}

struct Search<'a> {
    machine: Machine<'a>,
    limits: Limits<'a>,
    before: u64,
    nodes: Vec<Node>,
    seen: HashMap<u128, u32>,
    frontier: VecDeque<(u32, State, Order)>,
    edges: Vec<Edge>,
    /// By node: positions that can move, and the group of each position.
    enabled: Vec<Box<[bool]>>,
    groups: Vec<Box<[u32]>>,
    outputs: Vec<Rc<Vec<u8>>>,
    found: Found,
    /// States at which the first race on a new cell was found.
    new_race: Option<usize>,
    known: RacySet,
}

impl<'a> Search<'a> {
    fn new(program: &'a Program, racy: RacySet, limits: Limits<'a>, before: u64) -> Self {
        Search {
            machine: Machine::new(program, racy.clone()),
            limits,
            before,
            nodes: Vec::new(),
            seen: HashMap::new(),
            frontier: VecDeque::new(),
            edges: Vec::new(),
            enabled: Vec::new(),
            groups: Vec::new(),
            outputs: Vec::new(),
            found: Found::default(),
            new_race: None,
            known: racy,
        }
    }

    fn schedule(&self, mut node: u32, last: Option<&Choice>) -> Schedule {
        let mut path: Schedule = last.into_iter().cloned().collect();
        while node != 0 {
            path.push(self.nodes[node as usize].choice.clone());
            node = self.nodes[node as usize].parent;
        }
        path.reverse();
        path
    }

    fn note_hits(&mut self, parent: u32, choice: Option<&Choice>) {
        for hit in std::mem::take(&mut self.machine.hits) {
            if !self.found.races.contains_key(&hit) {
                let schedule = self.schedule(parent, choice);
                let known = self
                    .known
                    .get(&hit.site)
                    .and_then(|bits| bits.get(hit.off as usize / 64))
                    .is_some_and(|w| w >> (hit.off % 64) & 1 != 0);
                if !known {
                    self.new_race.get_or_insert(self.nodes.len());
                }
                self.found.races.insert(hit, schedule);
            }
        }
    }

    /// Takes a state that was reached; the number of its node and its order, if it goes on.
    fn arrive(&mut self, mut st: State, parent: u32, choice: Choice) -> Option<(u32, Order)> {
        self.note_hits(parent, Some(&choice));
        if st.ended.is_some() && !st.promises.is_empty() {
            return None;
        }
        if let Some(end) = st.ended.take() {
            let outcome = Outcome { end, output: (*st.output).clone() };
            if !self.found.outcomes.contains_key(&outcome) {
                let schedule = self.schedule(parent, Some(&choice));
                self.found.outcomes.insert(outcome, schedule);
            }
            return None;
        }
        normalise(&mut st);
        // A read that every write to come knows of has observed none of them.
        if st.promises.iter().any(|p| st.slots[p.slot as usize].is_none()) {
            return None;
        }
        let (hash, order) = identify(&mut st, self.machine.program.globals.len());
        let node = match self.seen.entry(hash) {
            Entry::Occupied(known) => *known.get(),
            Entry::Vacant(free) => {
                let node = self.nodes.len() as u32;
                free.insert(node);
                self.nodes.push(Node { parent, choice });
                self.enabled.push(Box::from([]));
                self.groups.push(Box::from([]));
                self.outputs.push(st.output.clone());
                self.frontier.push_back((node, st, order.clone()));
                node
            }
        };
        Some((node, order))
    }

    fn run(&mut self) -> Result<(), String> {
        let st = self.machine.start()?;
        let root = Choice { gor: 0, taken: Vec::new() };
        self.nodes.clear();
        if st.ended.is_some() {
            // It ended without a single branching step.
            let end = st.ended.clone().expect("it was looked at");
            self.note_hits(0, None);
            self.found.outcomes.insert(Outcome { end, output: (*st.output).clone() }, Vec::new());
            return Ok(());
        }
        // What raced before the first branching step did so on the empty path.
        self.note_hits(0, None);
        self.arrive(st, 0, root);
        while let Some((node, st, order)) = self.frontier.pop_front() {
            let over = self.nodes.len() > self.limits.states
                || self.before + self.machine.steps > self.limits.steps
                || (node % 64 == 0 && (self.limits.stop)());
            if over {
                self.found.incomplete = Some(format!("the budget ended after {} states", self.nodes.len()));
                return Ok(());
            }
            // A new racy cell: the next round looks at all again.
            if self.new_race.is_some_and(|at| self.nodes.len() > at + 2000) {
                self.found.incomplete = Some("a race".into());
                return Ok(());
            }
            self.expand(node, &st, &order)?;
        }
        Ok(())
    }

    fn expand(&mut self, node: u32, st: &State, order: &Order) -> Result<(), String> {
        let count = order.gors.len();
        let mut enabled = vec![false; count];
        let small = count <= 64;
        for at in 0..count {
            if order.group[at] as usize != at {
                enabled[at] = enabled[order.group[at] as usize];
                continue;
            }
            let g = order.gors[at];
            let mut chooser = Chooser::default();
            loop {
                let mut next = st.clone();
                let done = self.machine.advance(&mut next, g as usize, &mut chooser)?;
                if !done {
                    break;
                }
                enabled[at] = true;
                let choice = Choice { gor: g, taken: chooser.taken.clone() };
                let ids: Vec<u32> = next.gors.iter().map(|g| g.id).collect();
                // Whoever is at another place than before has moved: a partner, besides the one that was chosen.
                let mut moved = vec![at as u32];
                if small {
                    for (p, &i) in order.gors.iter().enumerate() {
                        let old = &st.gors[i as usize];
                        let same = next.gors.iter().any(|n| n.id == old.id && Rc::ptr_eq(n, old));
                        if p != at && !same {
                            enabled[p] = true;
                            moved.push(p as u32);
                        }
                    }
                }
                if let Some((to, new)) = self.arrive(next, node, choice) {
                    let map = small.then(|| {
                        let from: HashMap<u32, u32> =
                            order.gors.iter().enumerate().map(|(p, &i)| (st.gors[i as usize].id, p as u32)).collect();
                        new.gors.iter().map(|&i| from.get(&ids[i as usize]).copied().unwrap_or(u32::MAX)).collect()
                    });
                    self.edges.push(Edge { from: node, to, moved, map });
                }
                if !chooser.advance() {
                    break;
                }
            }
        }
        if !enabled.iter().any(|e| *e) && st.promises.is_empty() {
            let outcome = Outcome { end: End::Deadlock, output: (*st.output).clone() };
            if !self.found.outcomes.contains_key(&outcome) {
                let schedule = self.schedule(node, None);
                self.found.outcomes.insert(outcome, schedule);
            }
        }
        self.enabled[node as usize] = enabled.into();
        self.groups[node as usize] = order.group.clone().into();
        Ok(())
    }

    fn finish(mut self) -> Found {
        self.found.states = self.nodes.len();
        self.found.edges = self.edges.len();
        self.found.steps = self.machine.steps;
        if self.machine.guesses.is_some() {
            // Loops are looked for among the executions that the text allows.
            return self.found;
        }
        self.found.guesses = Rc::new(std::mem::take(&mut self.machine.written));
        match fair::cycles(self.nodes.len(), &self.edges, &self.enabled, &self.groups) {
            Ok(nodes) => {
                for node in nodes {
                    let outcome = Outcome { end: End::Forever, output: (*self.outputs[node as usize]).clone() };
                    if !self.found.outcomes.contains_key(&outcome) {
                        let schedule = self.schedule(node, None);
                        self.found.outcomes.insert(outcome, schedule);
                    }
                }
            }
            Err(why) => {
                self.found.incomplete.get_or_insert(why);
            }
        }
        self.found
    }
}
