//! Vector clocks of many lanes: a large tree that many share, and before it the few lanes that changed since.
//!
//! A clock that reaches beyond the lanes of one leaf is a *head*: one node with up to [`PAIRS`] lanes and their clocks, and a *base*,
//! the tree for all others. What goroutines learn of each other goes into the heads; the base stays what it was, and stays shared, by
//! all that descend from where it was made. So an exchange of clocks among a few goroutines costs the same whether a
//! hundred thousand others are parked or none: it looks at two heads, and where their bases are the same one, at nothing else.
//! Only a head that is full moves its pairs into a base of its own, once in [`PAIRS`] new lanes; others adopt that base when they
//! learn what it says.
//!
//! The clock of a lane is the larger of its pair's and the base's. A lane has at most one pair. Lane 0 is nobody's.

use crate::epoch::{Clock, Lane};
use crate::memory::Memory;
use crate::tree::{FAN, Node, Tree, Trees};

/// How many lanes a head has.
const PAIRS: usize = 14;
/// The words of a head: the base's bits, which [`MARK`] sets apart from any lane. Word 1 is 0: a free node has its link there.
const BASE: usize = 0;
/// The lanes, in use from the first on, then 0.
const LANES: usize = 2;
/// How many are in use.
const COUNT: usize = 16;
/// The bits of a base that was joined to this one last; what it says, this one says, too. 0 for none.
const LAST: usize = 17;
/// Their clocks, each across from its lane.
const CLOCKS: usize = LANES + HALF;
const HALF: usize = FAN / 2;
const MARK: u32 = 1 << 31;

const _: () = assert!(LANES + PAIRS == HALF && COUNT == HALF && LAST == HALF + 1 && CLOCKS + PAIRS == FAN);

/// What a head says, of the nodes that are one.
impl Node {
    fn head(base: Tree) -> Node {
        let mut node = Node([0; FAN]);
        node.set_base(base);
        node
    }

    /// The base, as a borrowed clock.
    #[inline]
    pub(crate) fn base(&self) -> Tree {
        Tree::from_bits(self.0[BASE] & !MARK)
    }

    #[inline]
    fn set_base(&mut self, base: Tree) {
        self.0[BASE] = base.into_bits() | MARK;
    }

    /// The base joined last, as a borrowed clock.
    #[inline]
    pub(crate) fn last(&self) -> Tree {
        Tree::from_bits(self.0[LAST])
    }

    #[inline]
    fn count(&self) -> usize {
        (self.0[COUNT] as usize).min(PAIRS)
    }

    #[inline]
    fn pairs(&self) -> impl Iterator<Item = (Lane, Clock)> + '_ {
        (0..self.count()).map(|i| (self.0[LANES + i], self.0[CLOCKS + i]))
    }

    /// The clock of a lane's pair, 0 without one. In one pass without branches, so that it becomes a few wide instructions.
    #[inline]
    fn pair(&self, lane: Lane) -> Clock {
        let mut found = 0;
        for i in 0..HALF {
            found |= if self.0[i] == lane { self.0[HALF + i] } else { 0 };
        }
        found
    }

    /// Whether both have the same lanes in the same places.
    #[inline]
    fn same_lanes(&self, other: &Node) -> bool {
        let mut difference = 0;
        for i in LANES..=COUNT {
            difference |= self.0[i] ^ other.0[i];
        }
        difference == 0
    }

    /// Raises the clock of a lane's pair. `false`: it has none, and there is no room for it.
    #[inline]
    fn raise_pair(&mut self, lane: Lane, clock: Clock) -> bool {
        let count = self.count();
        let at = (0..count).find(|i| self.0[LANES + i] == lane).unwrap_or(count);
        if at == PAIRS {
            return false;
        }
        self.0[LANES + at] = lane;
        self.0[CLOCKS + at] = self.0[CLOCKS + at].max(clock);
        self.0[COUNT] = self.count().max(at + 1) as u32;
        true
    }

    /// Takes away the pairs that are not wanted.
    fn retain(&mut self, wanted: impl Fn(Lane, Clock) -> bool) {
        let (mut i, mut count) = (0, self.count());
        while i < count {
            if wanted(self.0[LANES + i], self.0[CLOCKS + i]) {
                i += 1;
                continue;
            }
            count -= 1;
            for half in [LANES, CLOCKS] {
                self.0[half + i] = self.0[half + count];
                self.0[half + count] = 0;
            }
        }
        self.0[COUNT] = count as u32;
    }
}

impl Trees {
    /// The clock of a lane.
    #[inline]
    pub fn get(&self, tree: &Tree, lane: Lane) -> Clock {
        if !tree.is_head() {
            return self.get_plain(tree, lane);
        }
        let head = self.get_node(tree.root());
        head.pair(lane).max(self.get_plain(&head.base(), lane))
    }

    /// Whether the clock of a lane is at least `clock`. Cheaper than to get it, where a pair says so.
    #[inline]
    pub fn reaches(&self, tree: &Tree, lane: Lane, clock: Clock) -> bool {
        if !tree.is_head() {
            return self.get_plain(tree, lane) >= clock;
        }
        let head = self.get_node(tree.root());
        head.pair(lane) >= clock || self.get_plain(&head.base(), lane) >= clock
    }

    /// Raises the clock of a lane to at least `clock`.
    pub fn raise<M: Memory>(&self, shard: u32, tree: &mut Tree, lane: Lane, clock: Clock) {
        if self.reaches(tree, lane, clock) {
            return;
        }
        if !tree.is_head() {
            if (lane as usize) < FAN {
                return self.raise_plain::<M>(shard, tree, lane, clock);
            }
            let head = self.new_node::<M>(shard, Node::head(Tree::from_bits(tree.bits())));
            if head == 0 {
                return;
            }
            *tree = Tree::of_head(head);
        }
        if let Some(head) = self.own_head::<M>(shard, tree) {
            self.note::<M>(shard, head, lane, clock);
        }
    }

    /// The head that is `tree`'s alone, made so if need be. `None`: no node is left, and nothing has changed.
    #[inline]
    fn own_head<'a, M: Memory>(&'a self, shard: u32, tree: &'a mut Tree) -> Option<&'a mut Node> {
        let mine = self.make_mut::<M>(shard, tree.root(), Tree::HEAD);
        if mine == 0 {
            return None;
        }
        *tree = Tree::of_head(mine);
        // SAFETY: `mine` has one reference, which is `tree`'s.
        Some(unsafe { self.node_mut(mine) })
    }

    /// Raises a pair of a head of one's own; a full one's pairs go into its base first.
    fn note<M: Memory>(&self, shard: u32, head: &mut Node, lane: Lane, clock: Clock) {
        if head.raise_pair(lane, clock) {
            return;
        }
        let mut base = head.base();
        for (lane, clock) in head.pairs() {
            self.raise_plain::<M>(shard, &mut base, lane, clock);
        }
        let last = head.0[LAST];
        *head = Node::head(base);
        head.0[LAST] = last;
        head.raise_pair(lane, clock);
    }

    /// Raises every clock of `into` to at least that of `from`.
    pub fn join<M: Memory>(&self, shard: u32, into: &mut Tree, from: &Tree) {
        if into.bits() == from.bits() || from.is_empty() {
            return;
        }
        if into.is_empty() {
            *into = self.share(from);
            return;
        }
        match (into.is_head(), from.is_head()) {
            (false, false) => self.join_plain::<M>(shard, into, from, &Tree::EMPTY),
            (true, false) => self.add_leaf::<M>(shard, into, from),
            (false, true) => {
                let leaf = core::mem::replace(into, self.share(from));
                self.add_leaf::<M>(shard, into, &leaf);
                self.drop::<M>(shard, leaf);
            }
            (true, true) => self.join_heads::<M>(shard, into, from),
        }
    }

    /// Joins a clock of one leaf into a head.
    fn add_leaf<M: Memory>(&self, shard: u32, into: &mut Tree, leaf: &Tree) {
        let theirs = *self.get_node(leaf.root());
        let ours = self.first_leaf(&self.get_node(into.root()).base());
        let mut above = 0u32;
        for i in 0..FAN {
            above |= u32::from(theirs.0[i] > ours.0[i]) << i;
        }
        while above != 0 {
            let lane = above.trailing_zeros();
            above &= above - 1;
            self.raise::<M>(shard, into, lane, theirs.0[lane as usize % FAN]);
        }
    }

    fn join_heads<M: Memory>(&self, shard: u32, into: &mut Tree, from: &Tree) {
        let theirs = *self.get_node(from.root());
        let ours = self.get_node(into.root());
        let same_base = ours.base() == theirs.base();
        if !self.is_sole(into.root()) {
            // A copy has to be made of whichever it will be, unless it will be just one of the two.
            let mut base = self.share(&ours.base());
            if !same_base {
                self.join_plain::<M>(shard, &mut base, &theirs.base(), &ours.last());
            }
            let adopted = base == theirs.base() && ours.pairs().all(|(lane, clock)| self.reaches(from, lane, clock));
            let news = |(lane, clock): (Lane, Clock)| ours.pair(lane) < clock && self.get_plain(&base, lane) < clock;
            if adopted || base == ours.base() && !theirs.pairs().any(news) {
                self.drop::<M>(shard, base);
                if adopted {
                    let old = core::mem::replace(into, self.share(from));
                    self.drop::<M>(shard, old);
                }
                return;
            }
            let mut joined = *ours;
            joined.set_base(base);
            joined.0[LAST] = self.share(&ours.last()).into_bits();
            let head = self.new_node::<M>(shard, joined);
            if head == 0 {
                self.drop::<M>(shard, joined.base());
                self.drop::<M>(shard, joined.last());
                return;
            }
            let old = core::mem::replace(into, Tree::of_head(head));
            self.drop::<M>(shard, old);
        } else if !same_base {
            // SAFETY: one reference, which is `into`'s.
            let head = unsafe { self.node_mut(into.root()) };
            let mut base = head.base();
            self.join_plain::<M>(shard, &mut base, &theirs.base(), &head.last());
            head.set_base(base);
        }
        // SAFETY: one reference, which is `into`'s, by now.
        let head = unsafe { self.node_mut(into.root()) };
        if same_base && head.same_lanes(&theirs) {
            for i in CLOCKS..FAN {
                head.0[i] = head.0[i].max(theirs.0[i]);
            }
            return;
        }
        if !same_base {
            // What the base has come to say needs no pair.
            let base = head.base();
            // Whoever comes next from where this came from has changed little of it.
            let last = if base == theirs.base() { Tree::EMPTY } else { self.share(&theirs.base()) };
            let old = Tree::from_bits(core::mem::replace(&mut head.0[LAST], last.into_bits()));
            self.drop::<M>(shard, old);
            head.retain(|lane, clock| self.get_plain(&base, lane) < clock);
        }
        for (lane, clock) in theirs.pairs() {
            if head.pair(lane) < clock && (same_base || self.get_plain(&head.base(), lane) < clock) {
                self.note::<M>(shard, head, lane, clock);
            }
        }
    }
}
