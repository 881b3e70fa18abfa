//! Which idle lanes nothing refers to any more.
//!
//! A goroutine that nobody waited for leaves a lane that no spawner knows the end of. But most of
//! what it recorded is soon covered by what others do, or forgotten with the memory it was in. When
//! nothing that it recorded is left, nothing can race with it, and the lane is anybody's: its next
//! owner goes on above its last clock, so nobody who learned of the old one knows anything of the
//! new one.
//!
//! To find such lanes all that is recorded is looked through, while the program runs. That is sound
//! as it is for stamps ([`crate::stamp`]): an access of a goroutine that has ended is nowhere but
//! in the word where it was recorded, or in what the word refers to. It cannot come to a word that
//! was looked at before it was there. Lanes that become idle meanwhile count as seen.

use crate::Detector;
use crate::atomic::Ordering;
use crate::epoch::Lane;
use crate::lane::LaneInfo;
use crate::memory::{Memory, PAGE};
use crate::scan::{Seen, each_word};
use crate::shadow::{Cell, Word};

/// For so many words that are looked through there must be a lane that has become idle.
const WORDS_PER_LANE: u32 = 16;

impl<M: Memory> Detector<M> {
    /// Marks the lanes that recorded accesses refer to with `look`. Returns how many lanes should
    /// have become idle before that is done again. The caller holds no lock.
    pub(crate) fn mark_used_lanes(&self, look: u32) -> u32 {
        let mut last = 0;
        let mut mark = |lane: Lane| {
            if lane != last {
                self.lane_info(lane).seen.store(look, Ordering::Relaxed);
                last = lane;
            }
        };
        // While names stand for what they do.
        self.stamps.hold::<M>();
        let pages = each_word(&self.memory, |addr, word| {
            let mut cell = |cell: Cell| self.reads(cell, |member| mark(member.lane()));
            match Word::unpack(word) {
                Word::Cells { write, read } => {
                    cell(write);
                    cell(read);
                    Seen::Whole
                }
                Word::Writes { write, other } => {
                    cell(write);
                    cell(other);
                    Seen::Whole
                }
                Word::Split(index) => {
                    let whole = self.stamps_in_split(index, &mut |stamp| cell(Cell::new(stamp, 0xff)));
                    if whole { Seen::WholeUnlessChanged } else { Seen::Part }
                }
                Word::Precise(_) => match self.locked(0, addr, false) {
                    Some(locked) => {
                        locked.each_access(&self.blocks, |entry| mark(entry.lane()));
                        self.unlock_unchanged(locked);
                        Seen::Whole
                    }
                    // It is cells by now.
                    None => Seen::WholeUnlessChanged,
                },
            }
        });
        self.stamps.let_go();
        pages.saturating_mul(PAGE as u32 / 8 / WORDS_PER_LANE)
    }

    /// Whether nothing referred to an idle lane at the look of that number, which has ended.
    pub(crate) fn is_unused(info: &LaneInfo, look: u32) -> bool {
        info.seen.load(Ordering::Relaxed) != look && info.last.load(Ordering::Relaxed) < u32::MAX / 2
    }
}
