//! Makes a failing program small.
//!
//! Parts are left out as long as the rest still fails: whole goroutines, then runs of events of halving length down
//! to single ones; then sizes are cut. Leaving out an event can make later ones impossible (an Unlock without its
//! Lock); those go too, so a candidate is always a valid execution and never rejected for a trifle.

use crate::compare::Program;
use hb_model::{Event, Op, Oracle};

/// The events of `events` that can happen, each in its turn.
fn possible(events: impl IntoIterator<Item = Event>) -> Program {
    let mut oracle = Oracle::new();
    let kept = events.into_iter().filter(|event| oracle.push(event).is_ok()).collect();
    let races = oracle.races().to_vec();
    Program::judged(kept, races)
}

/// A program, as small as this search gets it, for which `fails` holds as it does for `program`.
pub fn shrink(program: &Program, fails: impl Fn(&Program) -> bool) -> Program {
    debug_assert!(fails(program));
    let mut best = program.clone();
    loop {
        let before = best.events().to_vec();
        drop_goroutines(&mut best, &fails);
        drop_runs(&mut best, &fails);
        simplify(&mut best, &fails);
        if best.events() == before {
            return best;
        }
    }
}

/// Takes the candidate if it fails too and is no larger.
fn try_candidate(
    best: &mut Program,
    events: impl IntoIterator<Item = Event>,
    fails: &impl Fn(&Program) -> bool,
) -> bool {
    let candidate = possible(events);
    let smaller = candidate.events().len() <= best.events().len() && candidate.events() != best.events();
    let better = smaller && fails(&candidate);
    if better {
        *best = candidate;
    }
    better
}

fn drop_goroutines(best: &mut Program, fails: &impl Fn(&Program) -> bool) {
    let mut goroutines: Vec<_> = best.events().iter().map(|event| event.goroutine).collect();
    goroutines.sort_unstable();
    goroutines.dedup();
    for g in goroutines.into_iter().rev() {
        let rest: Vec<_> = best.events().iter().filter(|event| event.goroutine != g).cloned().collect();
        try_candidate(best, rest, fails);
    }
}

fn drop_runs(best: &mut Program, fails: &impl Fn(&Program) -> bool) {
    let mut run = best.events().len() / 2;
    while run > 0 {
        let mut from = 0;
        while from < best.events().len() {
            let to = (from + run).min(best.events().len());
            let rest: Vec<_> = best.events()[..from].iter().chain(&best.events()[to..]).cloned().collect();
            if !try_candidate(best, rest, fails) {
                from = to;
            }
        }
        run /= 2;
    }
}

fn simplify(best: &mut Program, fails: &impl Fn(&Program) -> bool) {
    let mut index = 0;
    while index < best.events().len() {
        for op in simpler(&best.events()[index].op) {
            let mut events = best.events().to_vec();
            events[index].op = op;
            if try_candidate(best, events, fails) {
                break;
            }
        }
        index += 1;
    }
}

/// Simpler forms of an operation, the simplest first.
fn simpler(op: &Op) -> Vec<Op> {
    match op {
        Op::Read { addr, size } if *size > 1 => {
            let mut forms: Vec<_> = (*addr..addr + size).map(|addr| Op::Read { addr, size: 1 }).collect();
            forms.push(Op::Read { addr: *addr, size: size / 2 });
            forms
        }
        Op::Write { addr, size } if *size > 1 => {
            let mut forms: Vec<_> = (*addr..addr + size).map(|addr| Op::Write { addr, size: 1 }).collect();
            forms.push(Op::Write { addr: *addr, size: size / 2 });
            forms
        }
        Op::WaitGroupAdd { group, delta } if *delta > 1 => vec![Op::WaitGroupAdd { group: *group, delta: 1 }],
        Op::MakeChan { chan, capacity, element } if *capacity > 0 => {
            vec![Op::MakeChan { chan: *chan, capacity: capacity - 1, element: *element }]
        }
        Op::SelectPoll { sends } if sends.len() > 1 => vec![Op::SelectPoll { sends: sends[..1].to_vec() }],
        _ => Vec::new(),
    }
}
