//! The happens-before relation as a graph and its transitive closure.
//!
//! "Happens before" is defined as the transitive closure of the union of "sequenced before" (program order) and
//! "synchronized before". This file is that sentence: nodes, edges, reachability. Nodes are added in an order in
//! which every edge points forward, so a node's ancestors are known when it is added: the union, over its direct
//! predecessors, of each of them and its ancestors. One bitset row per node holds them.

/// A point in one goroutine's execution. Numbers count up from 0 in the order of addition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(pub u32);

/// The graph, closed under reachability at every moment.
#[derive(Clone, Debug)]
pub struct Order {
    /// Row `n`, words `n*stride..(n+1)*stride`: bit `k` says that node `k` happens before node `n`.
    ancestors: Vec<u64>,
    /// Words per row.
    stride: usize,
    /// Number of nodes, at most `64 * stride`.
    count: usize,
}

impl Default for Order {
    fn default() -> Self {
        Order { ancestors: Vec::new(), stride: 4, count: 0 }
    }
}

impl Order {
    /// Adds a node that has an edge from each of `predecessors`.
    pub fn add(&mut self, predecessors: impl IntoIterator<Item = Node>) -> Node {
        if self.count == self.stride * 64 {
            self.widen();
        }
        let node = self.count;
        let row = node * self.stride;
        self.ancestors.resize(row + self.stride, 0);
        let (older, own) = self.ancestors.split_at_mut(row);
        for Node(p) in predecessors {
            let p = p as usize;
            assert!(p < node, "an edge must point from an older node to a newer one");
            for (mine, theirs) in own.iter_mut().zip(&older[p * self.stride..]) {
                *mine |= theirs;
            }
            own[p / 64] |= 1 << (p % 64);
        }
        self.count += 1;
        Node(node as u32)
    }

    /// Whether `a` happens before `b`. A node does not happen before itself.
    pub fn happens_before(&self, a: Node, b: Node) -> bool {
        let (a, b) = (a.0 as usize, b.0 as usize);
        assert!(a < self.count && b < self.count);
        self.ancestors[b * self.stride + a / 64] >> (a % 64) & 1 == 1
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.count
    }

    /// Whether there are no nodes.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// Doubles the row length.
    fn widen(&mut self) {
        let wider = self.stride * 2;
        let mut rows = vec![0; self.count * wider];
        for (new, old) in rows.chunks_exact_mut(wider).zip(self.ancestors.chunks_exact(self.stride)) {
            new[..old.len()].copy_from_slice(old);
        }
        self.ancestors = rows;
        self.stride = wider;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reachability_is_transitive_and_irreflexive() {
        let mut order = Order::default();
        let a = order.add([]);
        let b = order.add([a]);
        let c = order.add([b]);
        let lone = order.add([]);
        assert!(order.happens_before(a, c));
        assert!(!order.happens_before(c, a));
        assert!(!order.happens_before(a, a));
        assert!(!order.happens_before(lone, c) && !order.happens_before(c, lone));
    }

    #[test]
    fn rows_keep_their_bits_when_they_grow() {
        let mut order = Order::default();
        let mut chain = vec![order.add([])];
        for _ in 0..999 {
            let last = *chain.last().unwrap();
            chain.push(order.add([last]));
        }
        for (i, a) in chain.iter().enumerate().step_by(37) {
            for (j, b) in chain.iter().enumerate().step_by(41) {
                assert_eq!(order.happens_before(*a, *b), i < j);
            }
        }
    }
}
