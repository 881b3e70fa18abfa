//! Brute force: every interleaving of every operation, happens-before as reachability, reads by the sentence of the text.
//!
//! Nothing is shared with the explorer: no views, no merging of states, no operation is taken together with another, no step
//! is thought to commute. Each operation is a node; a node's ancestors are a set of bits.

use super::programs::{Op, Small, VARS};
use std::collections::BTreeSet;

/// Two operations, each by goroutine and number, that race; the smaller first.
pub type Pair = [(usize, usize); 2];

/// Everything that a program can do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct All {
    /// What was written, and how it ended.
    pub outcomes: BTreeSet<(String, &'static str)>,
    /// Racing pairs of operations.
    pub races: BTreeSet<Pair>,
    /// Executions looked at.
    pub executions: u64,
}

type Set = u128;

#[derive(Clone)]
struct Write {
    node: Option<u32>,
    value: i64,
}

#[derive(Clone, Default)]
struct Chan {
    cap: usize,
    /// Value, node of the send with what was before it.
    sends: Vec<(i64, Set)>,
    /// What was before each receive, with its node.
    receives: Vec<Set>,
    closed: Option<Set>,
}

#[derive(Clone)]
struct World {
    pcs: Vec<usize>,
    /// Of each goroutine: its ancestors up to now, its own latest node included.
    past: Vec<Set>,
    started: Vec<bool>,
    ended: Vec<bool>,
    last: Vec<i64>,
    lines: Vec<String>,
    /// Ancestors of each node.
    before: Vec<Set>,
    /// Writes of each variable.
    writes: Vec<Vec<Write>>,
    /// Variable (or channel, after the variables), node, whether it writes, which operation.
    accesses: Vec<(usize, u32, bool, (usize, usize))>,
    atomics: Vec<(i64, Set)>,
    /// Held, and what all unlocks had before them.
    mutexes: Vec<(bool, Set)>,
    /// Writer, readers, unlocks, read unlocks.
    rws: Vec<(bool, usize, Set, Set)>,
    /// 0 none, 1 runs (by whom), 2 done.
    onces: Vec<(u8, usize, Set)>,
    chans: Vec<Chan>,
    group: (i64, Set),
    output: String,
}

/// All that the program can do; `None` where that is more than `most` executions.
pub fn all(small: &Small, most: u64) -> Option<All> {
    let n = small.bodies.len();
    let world = World {
        pcs: vec![0; n],
        past: vec![0; n],
        started: vec![false; n],
        ended: vec![false; n],
        last: vec![0; n],
        lines: (0..n).map(|g| format!("{g}:")).collect(),
        before: Vec::new(),
        writes: vec![vec![Write { node: None, value: 0 }]; VARS],
        accesses: Vec::new(),
        atomics: vec![(0, 0); VARS],
        mutexes: vec![(false, 0); VARS],
        rws: vec![(false, 0, 0, 0); VARS],
        onces: vec![(0, 0, 0); VARS],
        chans: small.caps.iter().map(|c| Chan { cap: *c as usize, ..Chan::default() }).collect(),
        group: (0, 0),
        output: String::new(),
    };
    let mut search = Search { small, most, all: All::default() };
    let mut world = world;
    world.started[0] = true;
    search.go(&world)?;
    Some(search.all)
}

struct Search<'a> {
    small: &'a Small,
    most: u64,
    all: All,
}

/// What the steps of a goroutine are: its starts (main), operations, print, end, wait.
#[derive(Clone, Copy)]
enum Step {
    Start(usize),
    Op(usize),
    OnceBody(usize),
    Print,
    Finish,
    Exit,
}

impl Search<'_> {
    fn steps(&self, g: usize) -> Vec<Step> {
        let mut list = Vec::new();
        if g == 0 {
            list.extend((1..self.small.bodies.len()).map(Step::Start));
        }
        for (i, op) in self.small.bodies[g].iter().enumerate() {
            list.push(Step::Op(i));
            if let Op::Once(..) = op {
                list.push(Step::OnceBody(i));
                list.push(Step::OnceBody(i));
            }
        }
        if self.small.prints {
            list.push(Step::Print);
        }
        list.push(Step::Finish);
        if g == 0 {
            list.push(Step::Exit);
        }
        list
    }

    fn end(&mut self, world: &World, how: &'static str) {
        self.all.outcomes.insert((world.output.clone(), how));
        self.all.executions += 1;
    }

    fn go(&mut self, world: &World) -> Option<()> {
        if self.all.executions > self.most {
            return None;
        }
        let mut moved = false;
        for g in 0..world.pcs.len() {
            if !world.started[g] || world.ended[g] {
                continue;
            }
            let steps = self.steps(g);
            let Some(step) = steps.get(world.pcs[g]).copied() else { continue };
            for next in self.successors(world, g, step) {
                moved = true;
                match next {
                    Ok(w) => self.go(&w)?,
                    Err((w, how)) => self.end(&w, how),
                }
            }
        }
        if !moved {
            self.end(world, "deadlock");
        }
        Some(())
    }

    /// All ways in which the next step of `g` can take place now.
    fn successors(&mut self, world: &World, g: usize, step: Step) -> Vec<Result<World, (World, &'static str)>> {
        let mut w = world.clone();
        w.pcs[g] += 1;
        match step {
            Step::Start(child) => {
                w.group.0 += 1;
                let node = w.node(g, 0);
                let _ = node;
                w.started[child] = true;
                w.past[child] = w.past[g];
                vec![Ok(w)]
            }
            Step::Print => {
                let line = w.lines[g].clone() + "\n";
                w.output += &line;
                w.node(g, 0);
                vec![Ok(w)]
            }
            Step::Finish if g == 0 => {
                if self.small.joins {
                    if w.group.0 != 0 {
                        return Vec::new();
                    }
                    let dones = w.group.1;
                    w.node(g, dones);
                }
                vec![Ok(w)]
            }
            Step::Finish => {
                w.node(g, 0);
                w.group.0 -= 1;
                w.group.1 |= w.past[g];
                w.ended[g] = true;
                vec![Ok(w)]
            }
            Step::Exit => vec![Err((w, "end"))],
            Step::OnceBody(i) => self.once_body(w, g, i),
            Step::Op(i) => self.operation(w, g, i),
        }
    }

    fn once_body(&mut self, mut w: World, g: usize, i: usize) -> Vec<Result<World, (World, &'static str)>> {
        let Op::Once(o, v) = self.small.bodies[g][i] else { unreachable!("it is a once") };
        if w.onces[o].0 != 1 || w.onces[o].1 != g {
            // Another one did it: nothing is to be done here.
            return vec![Ok(w)];
        }
        let first = matches!(self.steps(g).get(w.pcs[g]), Some(Step::OnceBody(j)) if *j == i);
        if first {
            let node = w.node(g, 0);
            w.access(v, node, true, (g, i), &mut self.all.races);
            w.writes[v].push(Write { node: Some(node), value: 7 });
        } else {
            w.node(g, 0);
            w.onces[o] = (2, g, w.past[g]);
        }
        vec![Ok(w)]
    }

    fn operation(&mut self, mut w: World, g: usize, i: usize) -> Vec<Result<World, (World, &'static str)>> {
        let op = self.small.bodies[g][i];
        let races = &mut self.all.races;
        match op {
            Op::Read(v) => {
                let node = w.node(g, 0);
                w.access(v, node, false, (g, i), races);
                let mut out: Vec<Result<World, _>> = Vec::new();
                let mut values = BTreeSet::new();
                for (a, write) in w.writes[v].iter().enumerate() {
                    // Hidden: another write lies between it and the read.
                    let hidden = w.writes[v].iter().enumerate().any(|(b, other)| {
                        let Some(o) = other.node else { return false };
                        let after = match write.node {
                            None => true,
                            Some(n) => w.before[o as usize] >> n & 1 != 0,
                        };
                        a != b && after && w.before[node as usize] >> o & 1 != 0
                    });
                    if !hidden {
                        values.insert(write.value);
                    }
                }
                for value in values {
                    let mut w = w.clone();
                    w.read(g, value);
                    out.push(Ok(w));
                }
                out
            }
            Op::Write(v, n) => {
                let node = w.node(g, 0);
                w.access(v, node, true, (g, i), races);
                w.writes[v].push(Write { node: Some(node), value: n });
                vec![Ok(w)]
            }
            Op::WriteNext(v) => {
                let node = w.node(g, 0);
                w.access(v, node, true, (g, i), races);
                let value = w.last[g] + 1;
                w.writes[v].push(Write { node: Some(node), value });
                vec![Ok(w)]
            }
            Op::Load(a) => {
                let (value, seen) = w.atomics[a];
                w.node(g, seen);
                w.read(g, value);
                vec![Ok(w)]
            }
            Op::Store(a, n) => {
                w.node(g, 0);
                w.atomics[a] = (n, w.past[g]);
                vec![Ok(w)]
            }
            Op::Add(a, n) => {
                let (value, seen) = w.atomics[a];
                w.node(g, seen);
                w.atomics[a] = (value + n, w.past[g]);
                w.read(g, value + n);
                vec![Ok(w)]
            }
            Op::Cas(a, old, new) => {
                let (value, seen) = w.atomics[a];
                w.node(g, seen);
                if value == old {
                    w.atomics[a] = (new, w.past[g]);
                }
                w.read(g, i64::from(value == old));
                vec![Ok(w)]
            }
            Op::Lock(m) => {
                if w.mutexes[m].0 {
                    return Vec::new();
                }
                let unlocks = w.mutexes[m].1;
                w.node(g, unlocks);
                w.mutexes[m].0 = true;
                vec![Ok(w)]
            }
            Op::Unlock(m) => {
                w.node(g, 0);
                w.mutexes[m].0 = false;
                w.mutexes[m].1 |= w.past[g];
                vec![Ok(w)]
            }
            Op::RLock(m) => {
                if w.rws[m].0 {
                    return Vec::new();
                }
                let unlocks = w.rws[m].2;
                w.node(g, unlocks);
                w.rws[m].1 += 1;
                vec![Ok(w)]
            }
            Op::RUnlock(m) => {
                w.node(g, 0);
                w.rws[m].1 -= 1;
                w.rws[m].3 |= w.past[g];
                vec![Ok(w)]
            }
            Op::WLock(m) => {
                if w.rws[m].0 || w.rws[m].1 > 0 {
                    return Vec::new();
                }
                let both = w.rws[m].2 | w.rws[m].3;
                w.node(g, both);
                w.rws[m].0 = true;
                vec![Ok(w)]
            }
            Op::WUnlock(m) => {
                w.node(g, 0);
                w.rws[m].0 = false;
                w.rws[m].2 |= w.past[g];
                vec![Ok(w)]
            }
            Op::Once(o, _) => match w.onces[o].0 {
                0 => {
                    w.node(g, 0);
                    w.onces[o] = (1, g, 0);
                    vec![Ok(w)]
                }
                1 => Vec::new(),
                _ => {
                    let done = w.onces[o].2;
                    w.node(g, done);
                    // What comes of the function is not done again.
                    w.pcs[g] += 2;
                    vec![Ok(w)]
                }
            },
            Op::Send(c, n) => {
                if w.chans[c].closed.is_some() {
                    let node = w.node(g, 0);
                    w.access(VARS + c, node, false, (g, i), races);
                    return vec![Err((w, "send on closed channel"))];
                }
                let queued = w.chans[c].sends.len() - w.chans[c].receives.len();
                if queued >= w.chans[c].cap {
                    return Vec::new();
                }
                let node = w.node(g, 0);
                w.access(VARS + c, node, false, (g, i), races);
                let sent = w.past[g];
                let chan = &mut w.chans[c];
                let after = chan.sends.len().checked_sub(chan.cap).map_or(0, |k| chan.receives[k]);
                chan.sends.push((n, sent));
                w.node(g, after);
                vec![Ok(w)]
            }
            Op::Recv(c) => self.receive(&w, g, c),
            Op::Close(c) => {
                let node = w.node(g, 0);
                if w.chans[c].closed.is_some() {
                    return vec![Err((w, "close of closed channel"))];
                }
                w.access(VARS + c, node, true, (g, i), races);
                w.chans[c].closed = Some(w.past[g]);
                vec![Ok(w)]
            }
        }
    }

    fn receive(&mut self, w: &World, g: usize, c: usize) -> Vec<Result<World, (World, &'static str)>> {
        let chan = &w.chans[c];
        if chan.sends.len() > chan.receives.len() {
            let mut w = w.clone();
            w.node(g, 0);
            let start = w.past[g];
            let (value, sent) = w.chans[c].sends[w.chans[c].receives.len()];
            w.chans[c].receives.push(start);
            w.node(g, sent);
            w.read(g, value);
            return vec![Ok(w)];
        }
        if let Some(closed) = chan.closed {
            let mut w = w.clone();
            w.node(g, closed);
            w.read(g, 0);
            return vec![Ok(w)];
        }
        if chan.cap > 0 {
            return Vec::new();
        }
        // With each goroutine that stands at a send.
        let mut out = Vec::new();
        for s in 0..w.pcs.len() {
            if s == g || !w.started[s] || w.ended[s] {
                continue;
            }
            let Some(Step::Op(i)) = self.steps(s).get(w.pcs[s]).copied() else { continue };
            let Op::Send(to, value) = self.small.bodies[s][i] else { continue };
            if to != c {
                continue;
            }
            let mut w = w.clone();
            w.pcs[s] += 1;
            w.node(g, 0);
            let node = w.node(s, 0);
            w.access(VARS + c, node, false, (s, i), &mut self.all.races);
            let (received, sent) = (w.past[g], w.past[s]);
            w.chans[c].sends.push((value, sent));
            w.chans[c].receives.push(received);
            w.node(s, received);
            w.node(g, sent);
            w.read(g, value);
            out.push(Ok(w));
        }
        out
    }
}

impl World {
    /// A new node of `g` that comes after its past and after `also`.
    fn node(&mut self, g: usize, also: Set) -> u32 {
        let node = self.before.len() as u32;
        assert!(node < 128, "a small program has few operations");
        let past = self.past[g] | also;
        self.before.push(past);
        self.past[g] = past | 1 << node;
        node
    }

    fn read(&mut self, g: usize, value: i64) {
        self.last[g] = value;
        self.lines[g] += &value.to_string();
    }

    fn access(&mut self, place: usize, node: u32, writes: bool, op: (usize, usize), races: &mut BTreeSet<Pair>) {
        for (other, old, wrote, who) in &self.accesses {
            if *other == place && (writes || *wrote) && self.before[node as usize] >> old & 1 == 0 {
                let mut pair = [*who, op];
                pair.sort_unstable();
                races.insert(pair);
            }
        }
        self.accesses.push((place, node, writes, op));
    }
}
