//! Which accesses touched which bytes, and which pairs of them race.
//!
//! A data race: two accesses to the same location, at least one a write, not both atomic, neither ordered before
//! the other. Locations are bytes. Every access is kept for as long as its bytes belong to the same object; the
//! pairs are looked for by comparing each access with all before it.

use crate::event::Addr;
use crate::order::{Node, Order};

/// What kind of access it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Kind {
    /// It writes (an atomic read-modify-write does).
    pub write: bool,
    /// It is an atomic operation.
    pub atomic: bool,
}

impl Kind {
    /// A plain read.
    pub const READ: Kind = Kind { write: false, atomic: false };
    /// A plain write.
    pub const WRITE: Kind = Kind { write: true, atomic: false };
    /// An atomic operation that only observes.
    pub const ATOMIC_READ: Kind = Kind { write: false, atomic: true };
    /// An atomic operation that writes.
    pub const ATOMIC_WRITE: Kind = Kind { write: true, atomic: true };

    /// Whether two accesses of these kinds to one location need an order between them.
    pub fn conflicts(self, other: Kind) -> bool {
        (self.write || other.write) && !(self.atomic && other.atomic)
    }
}

/// Two conflicting accesses, neither ordered before the other, on `addr..addr+size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Race {
    /// First byte that both touch.
    pub addr: Addr,
    /// Number of bytes that both touch (in one piece; a pair may be listed for several pieces).
    pub size: u64,
    /// Index of the earlier event in the execution.
    pub first: usize,
    /// Kind of the earlier access.
    pub first_kind: Kind,
    /// Index of the later event.
    pub second: usize,
    /// Kind of the later access.
    pub second_kind: Kind,
}

/// A piece of a past access, `addr..end`, whose bytes have not been given out anew.
#[derive(Clone, Copy, Debug)]
struct Piece {
    addr: Addr,
    end: Addr,
    event: usize,
    node: Node,
    kind: Kind,
}

/// All accesses so far.
#[derive(Clone, Debug, Default)]
pub struct Accesses {
    pieces: Vec<Piece>,
}

impl Accesses {
    /// Records the access of `event` at `node`, and appends to `races` the pairs it forms with earlier ones.
    #[expect(clippy::too_many_arguments, reason = "an access has this many properties, and this is its one way in")]
    pub fn record(
        &mut self,
        order: &Order,
        races: &mut Vec<Race>,
        event: usize,
        node: Node,
        addr: Addr,
        size: u64,
        kind: Kind,
    ) {
        let end = addr + size;
        for old in &self.pieces {
            let (from, to) = (addr.max(old.addr), end.min(old.end));
            // The old node was added before this one, so only one direction is possible.
            if from < to && kind.conflicts(old.kind) && old.node != node && !order.happens_before(old.node, node) {
                races.push(Race {
                    addr: from,
                    size: to - from,
                    first: old.event,
                    first_kind: old.kind,
                    second: event,
                    second_kind: kind,
                });
            }
        }
        self.pieces.push(Piece { addr, end, event, node, kind });
    }

    /// Whether an access that came directly after the nodes `after` would race with an earlier one.
    pub fn would_race(&self, order: &Order, after: &[Node], addr: Addr, size: u64, kind: Kind) -> bool {
        let end = addr + size;
        self.pieces.iter().any(|old| {
            old.addr.max(addr) < old.end.min(end)
                && kind.conflicts(old.kind)
                && !after.iter().any(|&n| n == old.node || order.happens_before(old.node, n))
        })
    }

    /// Forgets what was known of `addr..addr+size`: it is now part of a new object, and no access to it conflicts
    /// with one to the old.
    pub fn forget(&mut self, addr: Addr, size: u64) {
        let end = addr + size;
        let mut kept = Vec::with_capacity(self.pieces.len());
        for piece in self.pieces.drain(..) {
            if piece.end <= addr || end <= piece.addr {
                kept.push(piece);
                continue;
            }
            if piece.addr < addr {
                kept.push(Piece { end: addr, ..piece });
            }
            if end < piece.end {
                kept.push(Piece { addr: end, ..piece });
            }
        }
        self.pieces = kept;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_one_plain_side_and_one_write_conflict() {
        use Kind as K;
        assert!(!K::READ.conflicts(K::READ) && !K::READ.conflicts(K::ATOMIC_READ));
        assert!(K::WRITE.conflicts(K::ATOMIC_READ) && K::READ.conflicts(K::ATOMIC_WRITE));
        assert!(!K::ATOMIC_WRITE.conflicts(K::ATOMIC_WRITE) && !K::ATOMIC_WRITE.conflicts(K::ATOMIC_READ));
    }

    #[test]
    fn reuse_forgets_the_middle_and_keeps_both_ends() {
        let mut order = Order::default();
        let (a, b) = (order.add([]), order.add([]));
        let (mut accesses, mut races) = (Accesses::default(), Vec::new());
        accesses.record(&order, &mut races, 0, a, 0, 24, Kind::WRITE);
        accesses.forget(8, 8);
        accesses.record(&order, &mut races, 1, b, 6, 12, Kind::READ);
        let pieces: Vec<_> = races.iter().map(|r| (r.addr, r.size)).collect();
        assert_eq!(pieces, [(6, 2), (16, 2)]);
    }
}
