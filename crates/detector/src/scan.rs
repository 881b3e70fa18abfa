//! A walk through all shadow words while the program runs.

use crate::atomic::Ordering;
use crate::memory::{Memory, PAGE};

/// What was seen of a word.
pub(crate) enum Seen {
    /// All that it said when it was read.
    Whole,
    /// All, if the word still is what it was: what it refers to was looked at, too.
    WholeUnlessChanged,
    /// Not all: somebody is about to change it, which takes a few dozen instructions.
    Part,
}

/// Gives each shadow word that says something to `look`, with its address, until it was seen whole.
/// The number of pages that were looked through.
pub(crate) fn each_word<M: Memory>(memory: &M, mut look: impl FnMut(usize, u64) -> Seen) -> u32 {
    let (mut pages, mut spins, mut nth) = (0, 0, 0);
    while let Some((start, end)) = memory.span(nth) {
        nth += 1;
        let mut page = start & !(PAGE - 1);
        while page < end {
            let (from, to) = (page.max(start), (page + PAGE).min(end));
            page += PAGE;
            if memory.touched(from).load(Ordering::Relaxed) == 0 {
                continue;
            }
            pages += 1;
            let mut at = from & !7;
            while at < to {
                let word = memory.word(at).load(Ordering::Acquire);
                let seen = if word == 0 { Seen::Whole } else { look(at, word) };
                // What stood in something else may have moved back into the word meanwhile: that is
                // looked at again.
                let changed = !matches!(seen, Seen::Whole) && memory.word(at).load(Ordering::Acquire) != word;
                if matches!(seen, Seen::Part) && !changed {
                    M::pause(spins);
                    spins += 1;
                }
                if !changed && !matches!(seen, Seen::Part) {
                    at += 8;
                }
            }
        }
    }
    pages
}
