//! Programs for what generated ones hardly meet: long ranges of which all words but one are known, and flags that are read again.

use crate::compare::Program;
use crate::generate::DATA;
use hb_model::{Event, Goroutine, Op};

/// All of them.
pub fn programs() -> Vec<Program> {
    let mut programs = Vec::new();
    for words in [8, 9, 13, 16, 24] {
        for gap in 0..words {
            programs.extend([range(words, gap, false), range(words, gap, true)]);
        }
    }
    programs.extend([1, 2, 3].map(flag));
    programs
}

fn program(events: impl IntoIterator<Item = (Goroutine, Op)>) -> Program {
    let events = events.into_iter().map(|(goroutine, op)| Event { goroutine, op }).collect();
    Program::new(events).expect("it is a valid execution")
}

fn access(word: u64, words: u64, write: bool) -> Op {
    let (addr, size) = (DATA + word * 8, words * 8);
    if write { Op::Write { addr, size } } else { Op::Read { addr, size } }
}

/// The words but one are accessed one by one, then all in one go; so whoever writes that one races with the range.
fn range(words: u64, gap: u64, write: bool) -> Program {
    let others = (0..words).filter(|word| *word != gap).map(|word| (0, access(word, 1, write)));
    let mut events = vec![(0, Op::Go { child: 1 })];
    events.extend(others);
    events.push((0, access(0, words, write)));
    events.push((1, access(gap, 1, true)));
    program(events)
}

/// Some goroutines write, each a word of its own in each turn, and set a flag; one reads the flag again and again, without anything between that
/// begins an epoch of its own, and what was written.
fn flag(writers: u32) -> Program {
    let flag = |store: bool| {
        if store { Op::AtomicStore { addr: DATA, size: 8 } } else { Op::AtomicLoad { addr: DATA, size: 8 } }
    };
    let mut events: Vec<_> = (1..=writers).map(|child| (0, Op::Go { child })).collect();
    for turn in 0..24 {
        let writer = 1 + turn % writers;
        let word = 1 + u64::from(turn);
        events.extend([(writer, access(word, 1, true)), (writer, flag(true))]);
        events.extend([(0, flag(false)), (0, flag(false)), (0, access(word, 1, false))]);
    }
    program(events)
}
