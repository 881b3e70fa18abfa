//! Control flow inside of one function: what has always been done before a place is reached, and which locks are held there.
//!
//! A vertex is a statement without the statements in it: an `if` is its condition. Function literals are functions of their own, and what `go`
//! starts is another goroutine, so neither is followed. Dominance is computed by iteration over sets, as functions are small
//! (Cooper, Harvey, Kennedy, "A Simple, Fast Dominance Algorithm", section 2); a function beyond [`MAX_VERTICES`] has no flow, and then nothing
//! is said of it. Calls return, but for `panic`, `os.Exit`, `log.Fatal`, `runtime.Goexit` and a test's `Fatal`.

use super::SourceFile;
use super::syntax::{children, is_function, line, text, walk};
use std::collections::HashMap;
use tree_sitter::Node;

/// Most vertices of a function that is looked at.
pub const MAX_VERTICES: usize = 3000;

/// A mutex that is locked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The mutex as written: `c.mu`.
    pub mutex: String,
    /// `RLock`.
    pub shared: bool,
    /// Line of the call.
    pub line: u32,
    /// First byte of the call.
    pub at: usize,
}

/// The control flow of a function.
pub struct Flow<'a> {
    file: &'a SourceFile,
    vertices: Vec<Vertex<'a>>,
    /// Those that dominate each, a bit each.
    dominators: Vec<Vec<u64>>,
    held: Vec<Option<Vec<Held>>>,
    whole: bool,
}

struct Vertex<'a> {
    range: (usize, usize),
    lines: (u32, u32),
    before: Vec<usize>,
    /// What is evaluated there.
    nodes: Vec<Node<'a>>,
    /// A lock that this branch means: where `TryLock` gave true.
    taken: Option<Held>,
}

#[derive(Default)]
struct Loops {
    /// Label, the vertices that break out, the vertex that `continue` goes to.
    open: Vec<(Option<String>, Vec<usize>, Option<usize>)>,
    label: Option<String>,
    labels: HashMap<String, usize>,
    gotos: Vec<(usize, String)>,
    fallthrough: Vec<usize>,
}

impl<'a> Flow<'a> {
    /// The flow of a function; empty for one without a body.
    pub fn new(file: &'a SourceFile, function: Node<'a>) -> Flow<'a> {
        let mut flow = Flow { file, vertices: Vec::new(), dominators: Vec::new(), held: Vec::new(), whole: true };
        let entry = flow.vertex(function.start_byte(), function.start_byte(), line(function), Vec::new(), &[]);
        if let Some(body) = function.child_by_field_name("body") {
            let mut loops = Loops::default();
            flow.block(body, vec![entry], &mut loops, 0);
            for (from, label) in std::mem::take(&mut loops.gotos) {
                match loops.labels.get(&label) {
                    Some(&to) => flow.vertices[to].before.push(from),
                    None => flow.whole = false,
                }
            }
        }
        if flow.vertices.len() > MAX_VERTICES {
            flow.whole = false;
        }
        if flow.whole {
            flow.dominate();
            flow.hold();
        }
        flow
    }

    fn vertex(&mut self, start: usize, end: usize, at: u32, nodes: Vec<Node<'a>>, before: &[usize]) -> usize {
        let last = nodes.iter().map(|node| super::syntax::last_line(*node)).max().unwrap_or(at);
        self.vertices.push(Vertex {
            range: (start, end),
            lines: (at, last),
            before: before.to_vec(),
            nodes,
            taken: None,
        });
        self.vertices.len() - 1
    }

    fn of_node(&mut self, node: Node<'a>, before: &[usize]) -> usize {
        self.vertex(node.start_byte(), node.end_byte(), line(node), vec![node], before)
    }

    fn block(&mut self, node: Node<'a>, before: Vec<usize>, loops: &mut Loops, depth: usize) -> Vec<usize> {
        let mut at = before;
        for child in children(node) {
            at = if child.kind() == "statement_list" {
                self.block(child, at, loops, depth)
            } else {
                self.statement(child, at, loops, depth + 1)
            };
        }
        at
    }

    fn statement(&mut self, node: Node<'a>, before: Vec<usize>, loops: &mut Loops, depth: usize) -> Vec<usize> {
        if depth > super::syntax::MAX_DEPTH || self.vertices.len() > MAX_VERTICES {
            self.whole = false;
            return before;
        }
        let part = |field: &str| node.child_by_field_name(field);
        let label = loops.label.take();
        match node.kind() {
            "block" => {
                loops.open.push((label, Vec::new(), None));
                let mut after = self.block(node, before, loops, depth);
                let (_, breaks, _) = loops.open.pop().unwrap_or_default();
                after.extend(breaks);
                after
            }
            "labeled_statement" => {
                let name = part("label").map(|label| text(self.file, label).to_owned()).unwrap_or_default();
                let here = self.vertex(node.start_byte(), node.start_byte(), line(node), Vec::new(), &before);
                loops.labels.insert(name.clone(), here);
                let inner = children(node).into_iter().next_back().filter(|inner| Some(*inner) != part("label"));
                match inner {
                    Some(inner) => {
                        loops.label = Some(name);
                        let after = self.statement(inner, vec![here], loops, depth + 1);
                        loops.label = None;
                        after
                    }
                    None => vec![here],
                }
            }
            "if_statement" => {
                let mut at = before;
                if let Some(initializer) = part("initializer") {
                    at = vec![self.of_node(initializer, &at)];
                }
                let Some(condition) = part("condition") else { return at };
                let here = self.of_node(condition, &at);
                let (tried, negated) = self.tried(condition);
                let branch = |flow: &mut Self, node: Node<'a>, taken: Option<Held>| match taken {
                    Some(held) => {
                        let vertex = flow.vertex(node.start_byte(), node.start_byte(), line(node), Vec::new(), &[here]);
                        flow.vertices[vertex].taken = Some(held);
                        vec![vertex]
                    }
                    None => vec![here],
                };
                let mut after = Vec::new();
                if let Some(body) = part("consequence") {
                    let start = branch(self, body, tried.clone().filter(|_| !negated));
                    after.extend(self.block(body, start, loops, depth + 1));
                }
                match part("alternative") {
                    Some(other) => {
                        let start = branch(self, other, tried.filter(|_| negated));
                        after.extend(self.statement(other, start, loops, depth + 1));
                    }
                    None if tried.is_some() && negated => after.extend(branch(self, condition, tried)),
                    None => after.push(here),
                }
                after
            }
            "for_statement" => {
                let body = part("body");
                let clause = children(node).into_iter().find(|child| Some(*child) != body);
                let clause_part = |field: &str| {
                    clause
                        .filter(|clause| clause.kind() == "for_clause")
                        .and_then(|clause| clause.child_by_field_name(field))
                };
                let mut at = before;
                if let Some(initializer) = clause_part("initializer") {
                    at = vec![self.of_node(initializer, &at)];
                }
                let condition = match clause {
                    Some(clause) if clause.kind() == "for_clause" => clause_part("condition"),
                    other => other,
                };
                let head = match condition {
                    Some(condition) => self.of_node(condition, &at),
                    None => self.vertex(node.start_byte(), node.start_byte(), line(node), Vec::new(), &at),
                };
                let update = clause_part("update").map(|update| self.of_node(update, &[]));
                let next = update.unwrap_or(head);
                loops.open.push((label, Vec::new(), Some(next)));
                let ends = body.map(|body| self.block(body, vec![head], loops, depth + 1)).unwrap_or_default();
                let (_, breaks, _) = loops.open.pop().unwrap_or_default();
                self.vertices[next].before.extend(ends);
                if let Some(update) = update {
                    self.vertices[head].before.push(update);
                }
                let mut after = breaks;
                if condition.is_some() {
                    after.push(head);
                }
                after
            }
            "expression_switch_statement" | "type_switch_statement" | "select_statement" => {
                let mut at = before;
                if let Some(initializer) = part("initializer") {
                    at = vec![self.of_node(initializer, &at)];
                }
                let head = match part("value") {
                    Some(value) => self.of_node(value, &at),
                    None => self.vertex(node.start_byte(), node.start_byte(), line(node), Vec::new(), &at),
                };
                loops.open.push((label, Vec::new(), None));
                let (mut after, mut default, mut through) = (Vec::new(), false, Vec::new());
                for case in children(node) {
                    if !case.kind().ends_with("_case") {
                        continue;
                    }
                    default |= case.kind() == "default_case";
                    let mut start = vec![head];
                    for child in children(case) {
                        if matches!(child.kind(), "statement_list") {
                            continue;
                        }
                        start = vec![self.of_node(child, &start)];
                    }
                    start.append(&mut through);
                    let list: Vec<Node<'a>> =
                        children(case).into_iter().filter(|child| child.kind() == "statement_list").collect();
                    let mut ends = start;
                    for list in list {
                        ends = self.block(list, ends, loops, depth + 1);
                    }
                    through = std::mem::take(&mut loops.fallthrough);
                    after.extend(ends);
                }
                let (_, breaks, _) = loops.open.pop().unwrap_or_default();
                after.extend(breaks);
                if !default && node.kind() != "select_statement" {
                    after.push(head);
                }
                after
            }
            "return_statement" => {
                self.of_node(node, &before);
                Vec::new()
            }
            "break_statement" | "continue_statement" | "goto_statement" => {
                let here = self.of_node(node, &before);
                let wanted = children(node).first().map(|name| text(self.file, *name).to_owned());
                if node.kind() == "goto_statement" {
                    loops.gotos.push((here, wanted.unwrap_or_default()));
                    return Vec::new();
                }
                let continues = node.kind() == "continue_statement";
                let target = loops.open.iter_mut().rev().find(|(label, _, next)| match &wanted {
                    Some(wanted) => label.as_ref() == Some(wanted),
                    None => !continues || next.is_some(),
                });
                match target {
                    Some((_, _, Some(next))) if continues => {
                        let next = *next;
                        self.vertices[next].before.push(here);
                    }
                    Some((_, breaks, _)) if !continues => breaks.push(here),
                    _ => {}
                }
                Vec::new()
            }
            "fallthrough_statement" => {
                loops.fallthrough.push(self.of_node(node, &before));
                Vec::new()
            }
            _ => {
                let here = self.of_node(node, &before);
                if self.leaves(node) { Vec::new() } else { vec![here] }
            }
        }
    }

    /// A call that does not return.
    fn leaves(&self, node: Node<'a>) -> bool {
        let Some(call) = children(node).first().copied().filter(|_| node.kind() == "expression_statement") else {
            return false;
        };
        let called = call.child_by_field_name("function").map(|called| text(self.file, called)).unwrap_or_default();
        matches!(called, "panic" | "os.Exit" | "runtime.Goexit")
            || called.starts_with("log.Fatal")
            || matches!(
                called.split_once('.'),
                Some(("t" | "b" | "tb", "Fatal" | "Fatalf" | "FailNow" | "Skip" | "Skipf" | "SkipNow"))
            )
    }

    /// The mutex of `x.TryLock()` or `!x.TryLock()`, and which of the two it is.
    fn tried(&self, condition: Node<'a>) -> (Option<Held>, bool) {
        let written = text(self.file, condition);
        let negated = written.starts_with('!');
        let plain = written.trim_start_matches('!');
        let held = [("TryLock", false), ("TryRLock", true)].into_iter().find_map(|(method, shared)| {
            let mutex = plain.strip_suffix("()")?.strip_suffix(method)?.strip_suffix('.')?;
            let name = mutex.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.'));
            name.then(|| Held { mutex: mutex.to_owned(), shared, line: line(condition), at: condition.start_byte() })
        });
        (held, negated)
    }

    fn dominate(&mut self) {
        let count = self.vertices.len();
        let words = count.div_ceil(64);
        let mut sets = vec![vec![u64::MAX; words]; count];
        sets[0] = vec![0; words];
        sets[0][0] = 1;
        let mut changed = true;
        while changed {
            changed = false;
            for vertex in 1..count {
                let mut set = vec![u64::MAX; words];
                for &before in &self.vertices[vertex].before {
                    for (word, other) in set.iter_mut().zip(&sets[before]) {
                        *word &= other;
                    }
                }
                if !self.vertices[vertex].before.is_empty() {
                    set[vertex / 64] |= 1 << (vertex % 64);
                }
                if set != sets[vertex] {
                    sets[vertex] = set;
                    changed = true;
                }
            }
        }
        self.dominators = sets;
    }

    fn hold(&mut self) {
        let count = self.vertices.len();
        // None: not reached yet, which restricts nothing.
        let mut held: Vec<Option<Vec<Held>>> = vec![None; count];
        held[0] = Some(Vec::new());
        let mut changed = true;
        while changed {
            changed = false;
            for vertex in 1..count {
                let Some(into) = self.meet(vertex, &held) else { continue };
                let after = self.after(vertex, into);
                if held[vertex].as_ref() != Some(&after) {
                    held[vertex] = Some(after);
                    changed = true;
                }
            }
        }
        self.held = held;
    }

    fn meet(&self, vertex: usize, held: &[Option<Vec<Held>>]) -> Option<Vec<Held>> {
        let mut known = self.vertices[vertex].before.iter().filter_map(|&before| held[before].as_ref());
        let mut set = known.next()?.clone();
        for other in known {
            set.retain(|lock| other.iter().any(|theirs| theirs.mutex == lock.mutex && theirs.shared == lock.shared));
        }
        Some(set)
    }

    fn after(&self, vertex: usize, mut held: Vec<Held>) -> Vec<Held> {
        held.extend(self.vertices[vertex].taken.clone());
        for node in &self.vertices[vertex].nodes {
            // A deferred unlock runs at the end.
            if node.kind() == "defer_statement" {
                continue;
            }
            for call in lock_calls(self.file, *node) {
                apply(&mut held, call);
            }
        }
        held
    }

    /// The vertex at a byte of the function's own text.
    fn at(&self, byte: usize) -> Option<usize> {
        let covers = |vertex: &(usize, &Vertex<'a>)| {
            let (start, end) = vertex.1.range;
            start <= byte && byte < end.max(start + 1)
        };
        self.vertices
            .iter()
            .enumerate()
            .filter(covers)
            .min_by_key(|(_, vertex)| vertex.range.1 - vertex.range.0)
            .map(|(index, _)| index)
    }

    /// Whether what stands at byte `first` has been done whenever `then` is reached.
    pub fn dominates(&self, first: usize, then: usize) -> bool {
        if !self.whole {
            return false;
        }
        let (Some(a), Some(b)) = (self.at(first), self.at(then)) else { return false };
        if a == b {
            return first < then;
        }
        self.reachable(b) && self.dominators[b][a / 64] & (1 << (a % 64)) != 0
    }

    /// Whether a vertex can be reached at all.
    fn reachable(&self, vertex: usize) -> bool {
        vertex == 0 || self.dominators[vertex][0] & 1 != 0
    }

    /// Whether `then` can be reached after `first` was done.
    pub fn follows(&self, first: usize, then: usize) -> bool {
        let (Some(a), Some(b)) = (self.at(first), self.at(then)) else { return false };
        if a == b && first < then {
            return true;
        }
        let mut seen = vec![false; self.vertices.len()];
        let mut stack = self.vertices[b].before.clone();
        while let Some(vertex) = stack.pop() {
            if vertex == a {
                return true;
            }
            if !std::mem::replace(&mut seen[vertex], true) {
                stack.extend(&self.vertices[vertex].before);
            }
        }
        false
    }

    /// Whether what stands at a byte may be done several times in one call.
    pub fn repeats(&self, byte: usize) -> bool {
        let Some(vertex) = self.at(byte) else { return false };
        let mut seen = vec![false; self.vertices.len()];
        let mut stack = self.vertices[vertex].before.clone();
        while let Some(before) = stack.pop() {
            if before == vertex {
                return true;
            }
            if !std::mem::replace(&mut seen[before], true) {
                stack.extend(&self.vertices[before].before);
            }
        }
        false
    }

    /// The mutexes that are certainly held when a byte of the function's own text is reached, as far as the function itself takes them.
    pub fn held(&self, byte: usize) -> Vec<Held> {
        let Some(vertex) = self.at(byte).filter(|_| self.whole) else { return Vec::new() };
        let Some(mut held) = self.meet(vertex, &self.held) else { return Vec::new() };
        held.extend(self.vertices[vertex].taken.clone());
        for node in &self.vertices[vertex].nodes {
            if node.kind() == "defer_statement" {
                continue;
            }
            for call in lock_calls(self.file, *node).into_iter().filter(|call| call.0.at < byte) {
                apply(&mut held, call);
            }
        }
        held
    }

    /// The first byte of the function's own text at a line, such as that of a call on a stack.
    pub fn byte_at_line(&self, wanted: u32) -> Option<usize> {
        let covers =
            |vertex: &&Vertex<'_>| vertex.lines.0 <= wanted && wanted <= vertex.lines.1 && !vertex.nodes.is_empty();
        let vertex = self.vertices.iter().filter(covers).min_by_key(|vertex| vertex.range.1 - vertex.range.0)?;
        Some(vertex.range.0.max(self.file.line_start(wanted)).min(vertex.range.1.saturating_sub(1)))
    }
}

/// The calls that lock and unlock in a node, functions inside of it left out: the mutex, and whether it is let go.
fn lock_calls<'a>(file: &'a SourceFile, node: Node<'a>) -> Vec<(Held, bool)> {
    let mut calls = Vec::new();
    walk(node, &mut |inner| {
        if is_function(inner) || matches!(inner.kind(), "go_statement" | "defer_statement") {
            return false;
        }
        if inner.kind() == "call_expression"
            && let Some(called) =
                inner.child_by_field_name("function").filter(|called| called.kind() == "selector_expression")
            && let (Some(mutex), Some(method)) =
                (called.child_by_field_name("operand"), called.child_by_field_name("field"))
        {
            let (shared, gone) = match text(file, method) {
                "Lock" => (false, false),
                "RLock" => (true, false),
                "Unlock" => (false, true),
                "RUnlock" => (true, true),
                _ => return true,
            };
            let mutex = text(file, mutex).to_owned();
            calls.push((Held { mutex, shared, line: line(inner), at: inner.start_byte() }, gone));
        }
        true
    });
    calls.sort_by_key(|(held, _)| held.at);
    calls
}

fn apply(held: &mut Vec<Held>, (call, gone): (Held, bool)) {
    held.retain(|lock| lock.mutex != call.mutex);
    if !gone {
        held.push(call);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flow_of<T>(body: &str, ask: impl Fn(&Flow<'_>, &dyn Fn(&str) -> usize) -> T) -> T {
        let source = format!("package p\nfunc f() {{\n{body}\n}}\n");
        let file = SourceFile::new(source.clone());
        let function = super::super::syntax::functions_on(&file, 2)[0];
        let flow = Flow::new(&file, function);
        ask(&flow, &|mark: &str| source.find(mark).unwrap())
    }

    fn dominates(body: &str, first: &str, then: &str) -> bool {
        flow_of(body, |flow, at| flow.dominates(at(first), at(then)))
    }

    #[test]
    fn what_comes_before_on_every_way() {
        assert!(dominates("close(ch)\nx = 1", "close", "x ="));
        assert!(!dominates("if a {\nclose(ch)\n}\nx = 1", "close", "x ="));
        assert!(!dominates("if a {\nclose(ch)\n} else {\nx = 1\n}", "close", "x ="));
        assert!(dominates("if a {\nreturn\n} else {\nclose(ch)\n}\nx = 1", "close", "x ="));
        assert!(!dominates("for {\nx = 1\nclose(ch)\n}", "close", "x ="));
        assert!(!dominates("x = 1\nclose(ch)", "close", "x ="));
        assert!(dominates("for i := 0; i < 3; i++ {\nclose(ch)\nx = 1\n}", "close", "x ="));
        assert!(!dominates("switch a {\ncase 1:\nclose(ch)\ncase 2:\nx = 1\n}", "close", "x ="));
        assert!(dominates("switch a {\ncase 1:\nclose(ch)\nfallthrough\ndefault:\ny()\n}\nz()\nx = 1", "z()", "x ="));
        assert!(!dominates("select {\ncase <-a:\nclose(ch)\ncase b <- 1:\n}\nx = 1", "close", "x ="));
        assert!(dominates("select {\ncase <-a:\nclose(ch)\nx = 1\n}", "<-a", "x ="));
        assert!(!dominates("L:\nfor {\nfor {\nif a {\nbreak L\n}\nclose(ch)\n}\n}\nx = 1", "close", "x ="));
        assert!(dominates("if bad {\npanic(1)\n}\nx = 1", "bad", "x ="));
        assert!(dominates("if bad {\nlog.Fatal(1)\n} else {\nclose(ch)\n}\nx = 1", "close", "x ="));
        assert!(!dominates("if a {\ngoto end\n}\nclose(ch)\nend:\nx = 1", "close", "x ="));
    }

    #[test]
    fn locks_are_held_where_every_way_has_taken_them() {
        let held = |body: &str| {
            flow_of(body, |flow, at| {
                flow.held(at("n++"))
                    .into_iter()
                    .map(|lock| lock.mutex + if lock.shared { " r" } else { "" })
                    .collect::<Vec<_>>()
            })
        };
        assert_eq!(held("c.mu.Lock()\ndefer c.mu.Unlock()\nn++"), ["c.mu"]);
        assert_eq!(held("c.mu.RLock()\nn++"), ["c.mu r"]);
        assert!(held("c.mu.Lock()\nc.mu.Unlock()\nn++").is_empty());
        assert_eq!(held("c.mu.Lock()\nif x {\nc.mu.Unlock()\nreturn\n}\nn++"), ["c.mu"]);
        assert!(held("c.mu.Lock()\nif x {\nc.mu.Unlock()\n}\nn++").is_empty());
        assert!(held("if x {\nc.mu.Lock()\n}\nn++").is_empty());
        assert!(held("mu.Lock()\ngo func() { mu.Unlock() }()\nx()\nmu.Unlock()\nn++").is_empty());
        assert_eq!(held("mu.Lock()\ngo func() { mu.Unlock() }()\nn++"), ["mu"]);
        assert_eq!(held("if !mu.TryLock() {\nreturn\n}\nn++"), ["mu"]);
        assert_eq!(held("if mu.TryLock() {\nn++\n}"), ["mu"]);
        assert!(held("if mu.TryLock() {\ndefer mu.Unlock()\n}\nn++").is_empty());
        assert_eq!(held("for {\nmu.Lock()\nn++\nmu.Unlock()\n}"), ["mu"]);
    }

    #[test]
    fn what_may_happen_again() {
        let repeats = |body: &str| flow_of(body, |flow, at| flow.repeats(at("n++")));
        assert!(
            repeats("for {\nn++\n}")
                && repeats("again:\nn++\ngoto again")
                && repeats("for range c {\nif x {\ncontinue\n}\nn++\n}")
        );
        assert!(!repeats("n++") && !repeats("for {\nn++\nbreak\n}") && !repeats("for {\nif x {\nn++\nreturn\n}\n}"));
    }
}
