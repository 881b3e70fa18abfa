//! Vector clocks as persistent radix trees with shared subtrees.
//!
//! A vector clock maps lanes to clocks. It is a tree of 128-byte nodes with 32 4-byte slots each: leaves hold clocks,
//! inner nodes hold node indices; index 0 is the empty subtree (all clocks 0). Nodes are counted references. A node with one
//! reference belongs to one clock and is changed in place; a node with more is immutable and copied first. So
//! handing a clock to a lock, a channel slot or a new goroutine shares it in O(1), and a join walks only what the
//! two do not share: its cost is what changed since, not how many goroutines exist. The result of a join shares the
//! node of whichever side already was the maximum, so that clocks that have met keep meeting cheaply.
//!
//! Clocks that reach beyond one leaf have a head before their tree: `head`. What is here knows of it only how it is counted.
//!
//! Compared with tree clocks (Mathur et al., ASPLOS 2022): those prune by causality within one clock but copy O(threads) memory
//! per clock; with hundreds of thousands of parked goroutines sharing matters more than pruning.

use crate::atomic::{AtomicU32, Ordering};
use crate::epoch::{Clock, Lane};
use crate::memory::{Memory, Slab};

const FAN_BITS: u32 = 5;
/// Slots of a node.
pub const FAN: usize = 1 << FAN_BITS;
/// The height of a tree that reaches every lane.
const MAX_HEIGHT: u32 = crate::epoch::LANE_BITS.div_ceil(FAN_BITS) - 1;

/// 32 clocks (leaf) or child indices (inner node).
#[derive(Clone, Copy)]
#[repr(C, align(64))]
pub struct Node(pub(crate) [u32; FAN]);

impl Node {
    /// Whether all slots are the same. Without a branch for each, so that it becomes a few wide instructions.
    #[inline]
    fn same(&self, other: &Node) -> bool {
        let mut difference = 0;
        for i in 0..FAN {
            difference |= self.0[i] ^ other.0[i];
        }
        difference == 0
    }
}

/// A vector clock: root node and height. The value 0 is the empty clock. Height in bits 28..32, root in bits 0..28. The height
/// `Tree::HEAD` says that the root is a head (`head`); a clock that engines hold is a head or one leaf.
///
/// A `Tree` owns one reference to its root; it is moved, or shared with [`Trees::share`], and ended with [`Trees::drop`].
#[derive(PartialEq, Eq, Debug)]
#[repr(transparent)]
pub struct Tree(u32);

const ROOT_BITS: u32 = 28;

impl Tree {
    /// The clock that is 0 everywhere.
    pub const EMPTY: Tree = Tree(0);
    /// In the place of a height.
    pub(crate) const HEAD: u32 = 8;

    #[inline]
    fn new(root: u32, height: u32) -> Self {
        if root == 0 { Self(0) } else { Self(root | height << ROOT_BITS) }
    }
    /// The clock that is the head in node `root`.
    #[inline]
    pub(crate) fn of_head(root: u32) -> Self {
        Self(root | Self::HEAD << ROOT_BITS)
    }
    #[inline]
    pub(crate) fn is_head(&self) -> bool {
        self.height() == Self::HEAD
    }
    #[inline]
    pub(crate) fn root(&self) -> u32 {
        self.0 & ((1 << ROOT_BITS) - 1)
    }
    #[inline]
    fn height(&self) -> u32 {
        self.0 >> ROOT_BITS
    }
    /// Whether this is the empty clock.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.0 == 0
    }
    /// Takes the clock out, leaving the empty one.
    #[inline]
    pub fn take(&mut self) -> Tree {
        Tree(core::mem::replace(&mut self.0, 0))
    }
    /// The bits; ownership goes with them.
    #[inline]
    pub(crate) fn into_bits(self) -> u32 {
        self.0
    }
    /// The bits, to be compared.
    #[inline]
    pub(crate) fn bits(&self) -> u32 {
        self.0
    }
    /// The reverse of [`Tree::into_bits`].
    #[inline]
    pub(crate) fn from_bits(bits: u32) -> Tree {
        Tree(bits)
    }
}

/// The nodes of all vector clocks.
#[repr(C)]
pub struct Trees {
    nodes: Slab<Node>,
    refs: *mut AtomicU32,
    /// How many times a node was wanted and none was left.
    pub exhausted: AtomicU32,
}

impl Trees {
    /// Takes over the regions of nodes and their reference counts.
    pub fn init(&mut self, nodes: (*mut u8, usize), refs: (*mut u8, usize)) {
        let by_refs = refs.1 / 4 * size_of::<Node>();
        let bytes = if nodes.1 < by_refs { nodes.1 } else { by_refs };
        let cap = size_of::<Node>() << ROOT_BITS;
        self.nodes.init(nodes.0, if bytes < cap { bytes } else { cap });
        self.nodes.init_beside(refs.0, refs.1, 4);
        self.refs = refs.0.cast();
        self.exhausted = AtomicU32::new(0);
    }

    /// Nodes ever in use.
    pub fn used(&self) -> u32 {
        self.nodes.used()
    }

    #[inline]
    fn refs(&self, node: u32) -> &AtomicU32 {
        // SAFETY: the refs region has a slot for every node index that `nodes` hands out.
        unsafe { &*self.refs.wrapping_add(node as usize) }
    }

    #[inline]
    pub(crate) fn get_node(&self, node: u32) -> &Node {
        // SAFETY: a node with a reference held by the caller is initialised, and only changed by an owner who holds its sole
        // reference, so nobody changes it while we look.
        unsafe { &*self.nodes.at(node) }
    }

    #[inline]
    fn hold(&self, node: u32) {
        if node != 0 {
            self.refs(node).fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A node of one's own for changing.
    ///
    /// # Safety
    /// The caller holds its sole reference, and nothing else refers to it meanwhile.
    #[inline]
    #[expect(clippy::mut_from_ref, reason = "the node is the caller's alone, by contract")]
    pub(crate) unsafe fn node_mut(&self, node: u32) -> &mut Node {
        // SAFETY: by contract.
        unsafe { &mut *self.nodes.at(node) }
    }

    /// Whether a node has one reference.
    #[inline]
    pub(crate) fn is_sole(&self, node: u32) -> bool {
        self.refs(node).load(Ordering::Acquire) == 1
    }

    pub(crate) fn new_node<M: Memory>(&self, shard: u32, content: Node) -> u32 {
        let node = self.nodes.alloc::<M>(shard);
        if node == 0 {
            self.exhausted.fetch_add(1, Ordering::Relaxed);
            return 0;
        }
        // SAFETY: `node` is ours alone until we hand it out.
        unsafe { *self.nodes.at(node) = content };
        self.refs(node).store(1, Ordering::Relaxed);
        node
    }

    fn drop_node<M: Memory>(&self, shard: u32, node: u32, height: u32) {
        if node == 0 {
            return;
        }
        let refs = self.refs(node);
        // One owner: nobody else can add a reference meanwhile, since only holders can.
        if refs.load(Ordering::Acquire) != 1 && refs.fetch_sub(1, Ordering::AcqRel) != 1 {
            return;
        }
        if height == Tree::HEAD {
            let (base, last) = (self.get_node(node).base(), self.get_node(node).last());
            self.drop_node::<M>(shard, base.root(), base.height());
            self.drop_node::<M>(shard, last.root(), last.height());
        } else if height > 0 {
            let children = *self.get_node(node);
            for child in children.0 {
                self.drop_node::<M>(shard, child, height - 1);
            }
        }
        // SAFETY: that was the last reference.
        unsafe { self.nodes.free::<M>(shard, node) };
    }

    /// Makes `node` (owned) changeable: itself, or a copy when it is shared. 0 when no node is left (the reference is kept).
    pub(crate) fn make_mut<M: Memory>(&self, shard: u32, node: u32, height: u32) -> u32 {
        if self.refs(node).load(Ordering::Acquire) == 1 {
            return node;
        }
        let content = *self.get_node(node);
        let copy = self.new_node::<M>(shard, content);
        if copy == 0 {
            return 0;
        }
        if height == Tree::HEAD {
            self.hold(content.base().root());
            self.hold(content.last().root());
        } else if height > 0 {
            for child in content.0 {
                self.hold(child);
            }
        }
        self.drop_node::<M>(shard, node, height);
        copy
    }

    /// Another owner of the same clock, in O(1).
    #[inline]
    pub fn share(&self, tree: &Tree) -> Tree {
        self.hold(tree.root());
        Tree(tree.0)
    }

    /// Ends an owner.
    pub fn drop<M: Memory>(&self, shard: u32, tree: Tree) {
        self.drop_node::<M>(shard, tree.root(), tree.height());
    }

    /// The clock of a lane, in a tree without a head.
    #[inline]
    pub(crate) fn get_plain(&self, tree: &Tree, lane: Lane) -> Clock {
        let mut height = tree.height();
        let mut node = tree.root();
        if lane >> (FAN_BITS * height) >= FAN as u32 {
            return 0;
        }
        while node != 0 {
            let slot = (lane >> (FAN_BITS * height)) as usize % FAN;
            let value = self.get_node(node).0[slot];
            if height == 0 {
                return value;
            }
            node = value;
            height -= 1;
        }
        0
    }

    fn grow<M: Memory>(&self, shard: u32, tree: &mut Tree, height: u32) {
        while tree.height() < height && !tree.is_empty() {
            let mut content = Node([0; FAN]);
            content.0[0] = tree.root();
            let up = self.new_node::<M>(shard, content);
            if up == 0 {
                return;
            }
            *tree = Tree::new(up, tree.height() + 1);
        }
    }

    /// The leaf of the lowest lanes, in a tree without a head.
    pub(crate) fn first_leaf(&self, tree: &Tree) -> Node {
        let mut node = tree.root();
        for _ in 0..tree.height() {
            node = if node == 0 { 0 } else { self.get_node(node).0[0] };
        }
        if node == 0 { Node([0; FAN]) } else { *self.get_node(node) }
    }

    /// Raises the clock of a lane to at least `clock`, in a tree without a head.
    pub(crate) fn raise_plain<M: Memory>(&self, shard: u32, tree: &mut Tree, lane: Lane, clock: Clock) {
        if clock == 0 || self.get_plain(tree, lane) >= clock {
            return;
        }
        let mut height = tree.height();
        while lane >> (FAN_BITS * height) >= FAN as u32 && height < MAX_HEIGHT {
            height += 1;
        }
        self.grow::<M>(shard, tree, height);
        let height = if tree.is_empty() { height } else { tree.height() };
        let root = self.raise_node::<M>(shard, tree.root(), height, lane, clock);
        *tree = Tree::new(root, height);
    }

    /// `node` is owned; so is the result.
    fn raise_node<M: Memory>(&self, shard: u32, node: u32, height: u32, lane: Lane, clock: Clock) -> u32 {
        let mine =
            if node == 0 { self.new_node::<M>(shard, Node([0; FAN])) } else { self.make_mut::<M>(shard, node, height) };
        if mine == 0 {
            return node;
        }
        let slot = (lane >> (FAN_BITS * height)) as usize % FAN;
        // SAFETY: `mine` has one reference, ours.
        let at = unsafe { &mut (*self.nodes.at(mine)).0[slot] };
        *at = if height == 0 { clock } else { self.raise_node::<M>(shard, *at, height - 1, lane, clock) };
        mine
    }

    /// Raises every clock of `into` to at least that of `from`. Both are trees without heads. `into` has all that `last` has, which is
    /// another such tree, often an earlier state of `from`: what those two share is passed over.
    pub(crate) fn join_plain<M: Memory>(&self, shard: u32, into: &mut Tree, from: &Tree, last: &Tree) {
        if into.0 == from.0 || from.is_empty() {
            return;
        }
        if into.is_empty() {
            *into = self.share(from);
            return;
        }
        if into.height() < from.height() {
            self.grow::<M>(shard, into, from.height());
            if into.height() < from.height() {
                return; // no node left: said at exit through `exhausted`
            }
        }
        let (top, low) = (into.height(), from.height());
        let last = if last.height() == low { last.root() } else { 0 };
        let root = self.join_node::<M>(shard, into.root(), top, from.root(), low, last);
        *into = Tree::new(root, top);
    }

    /// Joins `from` of height `low` into the owned `node` of height `height >= low`; the result is owned. `from` is borrowed; so is `last`, of
    /// the same height, whose clocks `node` has already.
    fn join_node<M: Memory>(&self, shard: u32, node: u32, height: u32, from: u32, low: u32, last: u32) -> u32 {
        if height > low {
            // `from` covers only the lanes of the first slot.
            if node == 0 {
                let mut content = Node([0; FAN]);
                content.0[0] = self.join_node::<M>(shard, 0, height - 1, from, low, last);
                return self.new_node::<M>(shard, content);
            }
            let first = self.get_node(node).0[0];
            self.hold(first);
            let joined = self.join_node::<M>(shard, first, height - 1, from, low, last);
            if joined == first {
                self.drop_node::<M>(shard, first, height - 1);
                return node;
            }
            let mine = self.make_mut::<M>(shard, node, height);
            if mine == 0 {
                self.drop_node::<M>(shard, joined, height - 1);
                return node;
            }
            // SAFETY: `mine` has one reference, ours.
            let slot = unsafe { &mut (*self.nodes.at(mine)).0[0] };
            let old = core::mem::replace(slot, joined);
            self.drop_node::<M>(shard, old, height - 1);
            return mine;
        }
        if node == from || from == 0 || from == last {
            return node;
        }
        if node == 0 {
            self.hold(from);
            return from;
        }
        if height == 0 {
            self.join_leaf::<M>(shard, node, from)
        } else {
            self.join_inner::<M>(shard, node, height, from, last)
        }
    }

    fn join_leaf<M: Memory>(&self, shard: u32, node: u32, from: u32) -> u32 {
        let (a, b) = (self.get_node(node), self.get_node(from));
        // In one pass without branches, so that it becomes a few wide instructions.
        let mut max = Node([0; FAN]);
        let (mut above_a, mut above_b) = (0, 0);
        for ((max, a), b) in max.0.iter_mut().zip(&a.0).zip(&b.0) {
            *max = if a > b { *a } else { *b };
            above_a |= *max ^ a;
            above_b |= *max ^ b;
        }
        if above_a == 0 {
            return node;
        }
        if above_b == 0 {
            self.hold(from);
            self.drop_node::<M>(shard, node, 0);
            return from;
        }
        let mine = self.make_mut::<M>(shard, node, 0);
        if mine == 0 {
            return node;
        }
        // SAFETY: `mine` has one reference, ours.
        unsafe { *self.nodes.at(mine) = max };
        mine
    }

    fn join_inner<M: Memory>(&self, shard: u32, node: u32, height: u32, from: u32, last: u32) -> u32 {
        let passed = if last == 0 { Node([0; FAN]) } else { *self.get_node(last) };
        let theirs = *self.get_node(from);
        let ours = *self.get_node(node);
        let alone = self.refs(node).load(Ordering::Acquire) == 1;
        let mut result = ours;
        // Found without a branch for each, so that it becomes a few wide instructions.
        let mut differ = 0u32;
        for i in 0..FAN {
            differ |= u32::from(ours.0[i] != theirs.0[i] && theirs.0[i] != passed.0[i] && theirs.0[i] != 0) << i;
        }
        while differ != 0 {
            let i = differ.trailing_zeros() as usize % FAN;
            differ &= differ - 1;
            let (a, b) = (ours.0[i], theirs.0[i]);
            // Alone, the child's reference moves into the join; else the join works on one of its own.
            if !alone {
                self.hold(a);
            }
            let joined = self.join_node::<M>(shard, a, height - 1, b, height - 1, passed.0[i]);
            if !alone && joined == a {
                self.drop_node::<M>(shard, a, height - 1);
            }
            result.0[i] = joined;
        }
        if result.same(&ours) {
            return node;
        }
        if alone {
            // SAFETY: one reference, ours.
            unsafe { *self.nodes.at(node) = result };
            if result.same(&theirs) {
                self.hold(from);
                self.drop_node::<M>(shard, node, height);
                return from;
            }
            return node;
        }
        // `result` holds references of its own for the children that changed, borrowed ones for the others.
        if result.same(&theirs) {
            for i in 0..FAN {
                if result.0[i] != ours.0[i] {
                    self.drop_node::<M>(shard, result.0[i], height - 1);
                }
            }
            self.hold(from);
            self.drop_node::<M>(shard, node, height);
            return from;
        }
        let copy = self.new_node::<M>(shard, result);
        for i in 0..FAN {
            if copy == 0 && result.0[i] != ours.0[i] {
                self.drop_node::<M>(shard, result.0[i], height - 1);
            } else if copy != 0 && result.0[i] == ours.0[i] {
                self.hold(result.0[i]);
            }
        }
        if copy == 0 {
            return node;
        }
        self.drop_node::<M>(shard, node, height);
        copy
    }
}
