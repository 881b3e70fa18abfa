//! Near misses: synchronisation that is there and looks as if it should help, but orders nothing here. One is told only where the control flow of a
//! side's own functions makes it so; those that the recorded events tell are in [`super::events`].

use super::dossier::Side;
use super::frames;
use super::locks::{Locks, SideLock};
use super::naming::Named;
use super::verb;
use crate::finding::{NearMiss, Place};
use crate::raw::{Access, Op, Race};
use crate::source::flow::Flow;
use crate::source::operands::Role;
use crate::source::syntax::{self, children, function_named, is_function, line, text, walk};
use crate::source::{SourceFile, SourceStore};
use std::rc::Rc;
use tree_sitter::Node;

/// All near misses of a race that its functions' text tells.
pub fn find(race: &Race, named: &Named, locks: &Locks, store: &mut SourceStore) -> Vec<NearMiss> {
    let mut found = Vec::new();
    of_locks(race, named, locks, &mut found);
    sleeps(race, named, &mut found);
    add_inside(race, named, store, &mut found);
    after_release(race, named, locks, &mut found);
    if found.is_empty() {
        let_go_early(race, named, &mut found);
    }
    found
}

/// A near miss.
pub fn miss(kind: &str, text: String) -> NearMiss {
    NearMiss { kind: kind.to_owned(), text }
}

/// `read`, or `other read` where both sides do the same.
pub fn other_verb(mine: &Access, theirs: &Access) -> String {
    if mine.op == theirs.op { format!("other {}", verb(theirs)) } else { verb(theirs).to_owned() }
}

fn of_locks(race: &Race, named: &Named, locks: &Locks, found: &mut Vec<NearMiss>) {
    let copied = locks.sides.iter().flatten().find(|lock| lock.copied_by.is_some());
    if let Some(lock) = copied
        && let Some(function) = &lock.copied_by
    {
        found.push(miss(
            "copied_mutex",
            format!("{function} works on a copy of the value that holds {}{}, so it locks a mutex of its own and excludes nobody", lock.mutex, lock.at()),
        ));
        return;
    }
    let [mine, theirs] = &locks.sides;
    let same = |a: &SideLock, b: &SideLock| match (a.addr, b.addr) {
        (Some(one), Some(other)) => one == other,
        _ => !a.key.is_empty() && a.key == b.key,
    };
    let shared = mine.iter().find_map(|lock| Some((lock, theirs.iter().find(|other| same(lock, other))?)));
    if let Some((a, b)) = shared {
        for (access, lock) in race.accesses.iter().zip([a, b]) {
            if lock.shared && access.op == Op::Write {
                found.push(miss(
                    "write_under_rlock",
                    format!(
                        "{} is locked only for reading{} around the write; RLock does not keep other readers out",
                        lock.mutex,
                        lock.at()
                    ),
                ));
                found.dedup();
                return;
            }
        }
        // Both hold a mutex of one name: unless a side only reads under it, it must be two.
        let certain = a.addr.is_none() || b.addr.is_none();
        if certain && !(a.shared && b.shared) {
            found.push(miss(
                "different_mutexes",
                format!(
                    "both sides lock a mutex called {}{} and {}{}, so these must be two different mutexes",
                    a.mutex,
                    a.at(),
                    b.mutex,
                    b.at()
                ),
            ));
        }
        return;
    }
    if let ([a, ..], [b, ..]) = (mine.as_slice(), theirs.as_slice()) {
        found.push(miss(
            "different_mutexes",
            format!(
                "both hold a mutex, but different ones: {}{} during the {} and {}{} during the {}",
                a.mutex,
                a.at(),
                verb(&race.accesses[0]),
                b.mutex,
                b.at(),
                other_verb(&race.accesses[0], &race.accesses[1])
            ),
        ));
        return;
    }
    for (one, other) in [(0, 1), (1, 0)] {
        let Some(lock) = locks.sides[one].first().filter(|_| locks.sides[other].is_empty()) else { continue };
        let (mine, theirs) = (&race.accesses[one], &race.accesses[other]);
        let there = other_verb(mine, theirs);
        let held = format!("the {} is made with {} locked{}", verb(mine), lock.mutex, lock.at());
        // Without its text nothing is known of what the other side holds, unless the runtime tells of locks.
        let text_known = named.sides[other].file.is_some();
        if let Some((mutex, at)) = tried(&named.sides[other]) {
            found.push(miss(
                "failed_trylock",
                format!("{held}; the {there} goes on even where {mutex}.TryLock ({at}) fails"),
            ));
        } else if let Some(at) = checked_before(&named.sides[other], &lock.mutex) {
            found.push(miss(
                "double_checked",
                format!("{held}; the {there} looks before it takes {} ({at}): a lock taken afterwards does not order what was read before it", lock.mutex),
            ));
        } else if text_known || !theirs.sync.is_empty() || !theirs.locks.is_empty() || !mine.locks.is_empty() {
            found.push(miss("lock_on_one_side", format!("{held}; the {there} is made without it")));
        }
    }
}

/// The function of a side with its flow.
fn flow_of(side: &Side) -> Option<(Rc<SourceFile>, Node<'_>, Flow<'_>, usize)> {
    let file = side.file.as_ref()?;
    let function = side.function()?;
    let flow = Flow::new(file, function);
    let byte = side.byte(&flow)?;
    Some((file.clone(), function, flow, byte))
}

/// The `x.TryLock()` after which a side's access comes though it may have failed.
fn tried(side: &Side) -> Option<(String, String)> {
    let (file, function, flow, byte) = flow_of(side)?;
    let mut found = None;
    own_calls(function, &mut |call| {
        let (Some(mutex), "TryLock" | "TryRLock") = method_of(&file, call) else { return };
        if flow.follows(call.start_byte(), byte) {
            found = Some((text(&file, mutex).to_owned(), place(side, line(call))));
        }
    });
    found
}

/// A side that looks at the variable in a condition, and takes the lock after that.
fn checked_before(side: &Side, mutex: &str) -> Option<String> {
    let (file, function, flow, byte) = flow_of(side)?;
    let operand = side.operand.as_ref()?;
    if !matches!(operand.context.as_str(), "if" | "for" | "switch") {
        return None;
    }
    let leaf = mutex.rsplit('.').next().unwrap_or(mutex);
    let mut found = None;
    own_calls(function, &mut |call| {
        let (Some(own), "Lock" | "RLock") = method_of(&file, call) else { return };
        let same = text(&file, own).rsplit('.').next() == Some(leaf);
        if same && flow.dominates(byte, call.start_byte()) && found.is_none() {
            found = Some(place(side, line(call)));
        }
    });
    found
}

/// The calls of a function's own text: not those in functions inside of it, nor what it starts or defers.
fn own_calls<'a>(function: Node<'a>, each: &mut dyn FnMut(Node<'a>)) {
    walk(function, &mut |node| {
        if node != function && is_function(node) {
            return false;
        }
        if node.kind() == "call_expression"
            && node.parent().is_none_or(|parent| !matches!(parent.kind(), "go_statement" | "defer_statement"))
        {
            each(node);
        }
        true
    });
}

/// The receiver and the name of a method that is called, or the package and function.
pub fn method_of<'a, 'f>(file: &'f SourceFile, call: Node<'a>) -> (Option<Node<'a>>, &'f str) {
    let Some(called) = call.child_by_field_name("function").filter(|called| called.kind() == "selector_expression")
    else {
        return (None, "");
    };
    let name = called.child_by_field_name("field").map(|field| text(file, field)).unwrap_or_default();
    (called.child_by_field_name("operand"), name)
}

fn place(side: &Side, line: u32) -> String {
    let place = side.site.as_ref().map(Place::of).unwrap_or_default();
    Place { line, ..place }.short()
}

/// A sleep of the goroutine that started the other one, after that and before its own access.
fn sleeps(race: &Race, named: &Named, found: &mut Vec<NearMiss>) {
    for (started, starter) in [(0, 1), (1, 0)] {
        let side = &named.sides[starter];
        let (Some(start), Some(site)) = (frames::site(&race.accesses[started].created), &side.site) else { continue };
        if start.file != site.file || !super::why::started(&race.accesses[starter], &race.accesses[started]) {
            continue;
        }
        let Some((file, function, flow, byte)) = flow_of(side) else { continue };
        if !(line(function) <= start.line && start.line <= syntax::last_line(function)) {
            continue;
        }
        let Some(go) = flow.byte_at_line(start.line) else { continue };
        let mut sleep = None;
        own_calls(function, &mut |call| {
            let called = call.child_by_field_name("function").map(|called| text(&file, called)).unwrap_or_default();
            if matches!(called, "time.Sleep" | "runtime.Gosched")
                && flow.follows(go, call.start_byte())
                && flow.follows(call.start_byte(), byte)
            {
                sleep = Some((called.to_owned(), line(call)));
            }
        });
        if let Some((word, at)) = sleep {
            found.push(miss(
                "sleep",
                format!("{word} at {} gives the other goroutine time, but orders nothing", place(side, at)),
            ));
            return;
        }
    }
}

/// `Add` called by the goroutine that is to be waited for, with the starter's access after `Wait`.
fn add_inside(race: &Race, named: &Named, store: &mut SourceStore, found: &mut Vec<NearMiss>) {
    for (started, starter) in [(0, 1), (1, 0)] {
        let access = &race.accesses[started];
        // The outermost function of the user's is the one that `go` names.
        let Some(frame) = access.stack.iter().rev().find(|frame| !frames::is_standard(frame)) else { continue };
        let Some(file) = store.file(&frame.file) else { continue };
        let Some(function) = function_named(&file, frame.line, frames::local_name(&frame.func)) else { continue };
        let Some((other_file, other, flow, byte)) = flow_of(&named.sides[starter]) else { continue };
        let mut add = None;
        own_calls(function, &mut |call| {
            if let (Some(group), "Add") = method_of(&file, call) {
                add.get_or_insert((text(&file, group).to_owned(), line(call)));
            }
        });
        let Some((group, at)) = add else { continue };
        let leaf = group.rsplit('.').next().unwrap_or(&group);
        let mut waits = false;
        own_calls(other, &mut |call| {
            if let (Some(own), "Wait") = method_of(&other_file, call) {
                waits |=
                    text(&other_file, own).rsplit('.').next() == Some(leaf) && flow.dominates(call.start_byte(), byte);
            }
        });
        if waits {
            let place = Place { line: at, ..Place::of(frame) }.short();
            found.push(miss(
                "add_inside",
                format!("{group}.Add is called inside the goroutine ({place}): Wait can return before it, and then waits for nobody"),
            ));
            return;
        }
    }
}

/// A statement that hands something over, and by what: `close(ch)`, `ch <- v`, `x.Store(v)`, `mu.Unlock()`.
pub fn hands_over(file: &SourceFile, statement: Node<'_>) -> Option<String> {
    let last = |node: Node<'_>| text(file, node).rsplit('.').next().unwrap_or_default().to_owned();
    if statement.kind() == "send_statement" {
        return statement.child_by_field_name("channel").map(last);
    }
    if statement.kind() != "expression_statement" {
        return None;
    }
    let call = children(statement).into_iter().next().filter(|node| node.kind() == "call_expression")?;
    let called = call.child_by_field_name("function")?;
    let arguments = call.child_by_field_name("arguments").map(children).unwrap_or_default();
    match text(file, called) {
        "close" => return arguments.first().map(|channel| last(*channel)),
        "cancel" => return Some("cancel".to_owned()),
        _ => {}
    }
    let (Some(receiver), method) = method_of(file, call) else { return None };
    let named =
        matches!(method, "Store" | "Put" | "Done" | "Unlock" | "RUnlock" | "Broadcast" | "Signal" | "cancel" | "Swap");
    named.then(|| last(receiver))
}

/// Whether a statement hands over what a side accesses: by its name, as what is sent or stored.
fn gives(file: &SourceFile, statement: Node<'_>, side: &Side) -> bool {
    let Some(operand) = &side.operand else { return false };
    let given = match statement.kind() {
        "send_statement" => statement.child_by_field_name("value"),
        _ => children(statement).first().and_then(|call| call.child_by_field_name("arguments")),
    };
    let closes = text(file, statement).starts_with("close(");
    let names = |given: &str| given.split(|c: char| !c.is_alphanumeric() && c != '_').any(|name| name == operand.base);
    !closes && given.is_some_and(|given| names(text(file, given)))
}

/// Whether the other side, in a function on its stack, waits for or looks at what was handed over.
fn takes_over(
    race: &Race,
    index: usize,
    object: &str,
    statement: &str,
    store_text: &dyn Fn(&crate::raw::Frame) -> Option<String>,
) -> bool {
    let access = &race.accesses[index];
    let leaf = |name: &str| name.rsplit('.').next() == Some(object);
    if access.sync.iter().any(|event| event.object.as_deref().is_some_and(leaf)) {
        return true;
    }
    let words: &[&str] = if statement.starts_with("cancel") || statement.contains(".cancel(") {
        return access
            .stack
            .iter()
            .filter(|frame| !frames::is_standard(frame))
            .filter_map(store_text)
            .any(|body| body.contains(".Done()") || body.contains(".Err()") || body.contains("AfterFunc"));
    } else {
        &["<-", ".Load(", ".Lock(", ".RLock(", ".Wait(", ".Get(", "range ", ".LoadOrStore(", ".CompareAndSwap("]
    };
    access.stack.iter().filter(|frame| !frames::is_standard(frame)).filter_map(store_text).any(|body| {
        body.lines().any(|line| {
            words.iter().any(|word| line.contains(word))
                && line.split(|c: char| !c.is_alphanumeric() && c != '_').any(|name| name == object)
        })
    })
}

/// A write that comes after handing over on every way to it: the handing over orders only what came before.
fn after_release(race: &Race, named: &Named, locks: &Locks, found: &mut Vec<NearMiss>) {
    for (index, access) in race.accesses.iter().enumerate() {
        let side = &named.sides[index];
        if access.op != Op::Write || !locks.sides[index].is_empty() {
            continue;
        }
        // Counting after a handing over is ordinary; setting what was handed over is the mistake.
        if side.operand.as_ref().is_some_and(|operand| operand.role == Role::Updated) {
            continue;
        }
        let Some((file, function, flow, byte)) = flow_of(side) else { continue };
        let other_text = |frame: &crate::raw::Frame| -> Option<String> {
            let view = named.sides.iter().filter_map(Side::view).next()?;
            let file = view.package.files.iter().find(|(name, _)| name.display().to_string() == frame.file)?;
            let function = function_named(&file.1, frame.line, frames::local_name(&frame.func))?;
            Some(text(&file.1, function).to_owned())
        };
        // What comes before the other goroutine is started has nothing to do with what both do afterwards.
        let start = frames::site(&race.accesses[1 - index].created)
            .filter(|start| side.site.as_ref().is_some_and(|site| site.file == start.file && site.func == start.func))
            .and_then(|start| flow.byte_at_line(start.line));
        let mut nearest: Option<(usize, u32, String)> = None;
        walk(function, &mut |node| {
            if node != function && is_function(node) {
                return false;
            }
            if let Some(object) = hands_over(&file, node) {
                let written = text(&file, node).to_owned();
                let before_start = start.is_some_and(|start| flow.dominates(node.start_byte(), start));
                if (!before_start || gives(&file, node, side))
                    && flow.dominates(node.start_byte(), byte)
                    && takes_over(race, 1 - index, &object, &written, &other_text)
                {
                    nearest = Some((node.start_byte(), line(node), written));
                }
            }
            true
        });
        if let Some((_, at, word)) = nearest {
            let word = word.lines().next().unwrap_or_default();
            let what: String = word.chars().take(60).collect();
            found.push(miss(
                "after_release",
                format!(
                    "the write comes after `{what}` ({}), which orders only what was done before it",
                    place(side, at)
                ),
            ));
            return;
        }
    }
}

/// What an access is reached by was looked up under a lock that has been given back since.
fn let_go_early(race: &Race, named: &Named, found: &mut Vec<NearMiss>) {
    for index in [0, 1] {
        let side = &named.sides[index];
        let Some(operand) = side.operand.as_ref().filter(|operand| operand.base != operand.text) else { continue };
        let Some((_, function, flow, byte)) = flow_of(side) else { continue };
        let Some(view) = side.view() else { continue };
        if !flow.held(byte).is_empty() {
            continue;
        }
        // `e := c.m[k]`, where the access is `e.n++`.
        let base = function.named_descendant_for_byte_range(operand.span.0, operand.span.0 + operand.base.len());
        let Some(binding) = base.filter(|node| node.kind() == "identifier").and_then(|node| view.resolve(node)) else {
            continue;
        };
        let at = binding.owner.start_byte();
        if binding.owner.kind() != "short_var_declaration" || syntax::function_of(binding.owner) != Some(function) {
            continue;
        }
        let Some(lock) = flow.held(at).into_iter().next().filter(|_| flow.dominates(at, byte)) else { continue };
        found.push(miss(
            "lock_released_early",
            format!(
                "{} is looked up with {} locked ({}), but the lock is given back before the {} through it",
                operand.base,
                lock.mutex,
                place(side, lock.line),
                verb(&race.accesses[index])
            ),
        ));
        return;
    }
}
