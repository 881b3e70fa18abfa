//! Loops that need not end: cycles in the graph of states along which every goroutine that can always go on does go on.
//!
//! Weak fairness: a goroutine that can go on at every state of a cycle, but does not on it, would go on in any real run, so
//! such a cycle is no behaviour. A strongly connected part has a fair cycle exactly if the walk through all
//! of it is fair. States are kept up to renaming of goroutines: who is who along a step is what `Edge::map` says, and a
//! goroutine's identity within the part is its class under all steps of it.

use crate::search::Edge;

/// For each part of the graph with a fair cycle, its first state.
///
/// # Errors
/// There are cycles among states with too many goroutines to tell.
pub(crate) fn cycles(
    nodes: usize,
    edges: &[Edge],
    enabled: &[Box<[bool]>],
    groups: &[Box<[u32]>],
) -> Result<Vec<u32>, String> {
    let component = components(nodes, edges);
    let mut inner: Vec<Vec<&Edge>> = Vec::new();
    let mut number = std::collections::HashMap::new();
    for e in edges.iter().filter(|e| component[e.from as usize] == component[e.to as usize]) {
        let n = *number.entry(component[e.from as usize]).or_insert_with(|| {
            inner.push(Vec::new());
            inner.len() - 1
        });
        inner[n].push(e);
    }
    let mut found = Vec::new();
    for part in inner {
        if part.iter().any(|e| e.map.is_none()) {
            return Err("a loop among more than 64 goroutines: whether it ends was not decided".into());
        }
        if fair(&part, enabled, groups) {
            found.push(part.iter().map(|e| e.from).min().expect("it has a step"));
        }
    }
    found.sort_unstable();
    Ok(found)
}

fn fair(part: &[&Edge], enabled: &[Box<[bool]>], groups: &[Box<[u32]>]) -> bool {
    let mut base = std::collections::HashMap::new();
    let mut parent: Vec<usize> = Vec::new();
    for e in part {
        for node in [e.from, e.to] {
            base.entry(node).or_insert_with(|| {
                let at = parent.len();
                // Goroutines that are equal in all can stand for each other.
                parent.extend(groups[node as usize].iter().map(|g| at + *g as usize));
                at
            });
        }
    }
    fn root(parent: &mut [usize], mut i: usize) -> usize {
        while parent[i] != i {
            parent[i] = parent[parent[i]];
            i = parent[i];
        }
        i
    }
    for e in part {
        for (to, from) in e.map.as_ref().expect("it was looked at").iter().enumerate() {
            if *from != u32::MAX {
                let a = root(&mut parent, base[&e.from] + *from as usize);
                let b = root(&mut parent, base[&e.to] + to);
                parent[a] = b;
            }
        }
    }
    let mut fine = vec![false; parent.len()];
    for e in part {
        for p in &e.moved {
            let r = root(&mut parent, base[&e.from] + *p as usize);
            fine[r] = true;
        }
    }
    for (node, at) in &base {
        for (p, e) in enabled[*node as usize].iter().enumerate() {
            if !e {
                let r = root(&mut parent, at + p);
                fine[r] = true;
            }
        }
    }
    (0..parent.len()).all(|i| {
        let r = root(&mut parent, i);
        fine[r]
    })
}

/// The strongly connected component of each node (Tarjan's algorithm, without recursion).
fn components(nodes: usize, edges: &[Edge]) -> Vec<u32> {
    let mut start = vec![0u32; nodes + 1];
    for e in edges {
        start[e.from as usize + 1] += 1;
    }
    for i in 0..nodes {
        start[i + 1] += start[i];
    }
    let mut fill = start.clone();
    let mut to = vec![0u32; edges.len()];
    for e in edges {
        to[fill[e.from as usize] as usize] = e.to;
        fill[e.from as usize] += 1;
    }
    let (mut index, mut low) = (vec![u32::MAX; nodes], vec![0u32; nodes]);
    let mut on_stack = vec![false; nodes];
    let mut component = vec![u32::MAX; nodes];
    let (mut stack, mut calls) = (Vec::new(), Vec::new());
    let mut next = 0;
    for first in 0..nodes as u32 {
        if index[first as usize] != u32::MAX {
            continue;
        }
        calls.push((first, start[first as usize]));
        while let Some((v, at)) = calls.pop() {
            let i = v as usize;
            if index[i] == u32::MAX {
                index[i] = next;
                low[i] = next;
                next += 1;
                stack.push(v);
                on_stack[i] = true;
            }
            if at < start[i + 1] {
                calls.push((v, at + 1));
                let w = to[at as usize];
                if index[w as usize] == u32::MAX {
                    calls.push((w, start[w as usize]));
                } else if on_stack[w as usize] {
                    low[i] = low[i].min(index[w as usize]);
                }
                continue;
            }
            if low[i] == index[i] {
                while let Some(w) = stack.pop() {
                    on_stack[w as usize] = false;
                    component[w as usize] = v;
                    if w == v {
                        break;
                    }
                }
            }
            if let Some((u, _)) = calls.last() {
                low[*u as usize] = low[*u as usize].min(low[i]);
            }
        }
    }
    component
}
