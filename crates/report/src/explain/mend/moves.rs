//! Small edits that put synchronisation that is there into its right place.

use super::Refused;
use super::atomic::indent_at;
use super::edit::Edits;
use super::uses::{Target, What};
use crate::explain::dossier::Side;
use crate::explain::frames;
use crate::explain::locks::{Locks, SideLock};
use crate::explain::naming::Named;
use crate::explain::near::{hands_over, method_of};
use crate::explain::shape::{unset_check, writer};
use crate::raw::{Race, When};
use crate::source::flow::Flow;
use crate::source::operands::Role;
use crate::source::package::receiver_type;
use crate::source::scope::{Kind, View};
use crate::source::syntax::{
    self, children, function_named, function_of, is_function, line, listed, statement_of, text, walk,
};
use crate::source::{Package, SourceFile};
use tree_sitter::Node;

type Made = Result<(), Refused>;

fn no<T>(why: &str) -> Result<T, Refused> {
    Err(Refused::new(why))
}

/// The package and the place in it of a side's file.
fn place<'a>(named: &'a Named, side: &'a Side) -> Result<(&'a Package, usize, &'a SourceFile), Refused> {
    let (package, Some(file)) = (super::package_of(named)?, side.file.as_deref()) else {
        return no("the source is not here");
    };
    let index = package.files.iter().position(|(_, own)| std::ptr::eq(own.as_ref(), file)).unwrap_or(0);
    Ok((package, index, file))
}

/// Bytes of a statement with its line, where it stands alone on it.
fn whole_line(file: &SourceFile, statement: Node<'_>) -> Result<(usize, usize), Refused> {
    let first = line(statement);
    let (start, last) = (file.line_start(first), syntax::last_line(statement));
    let end = file.line_start(last) + file.line(last).map_or(0, str::len);
    let before = file.text.get(start..statement.start_byte()).unwrap_or("x");
    let behind = file.text.get(statement.end_byte()..end).unwrap_or("x").trim();
    if !before.trim().is_empty() || !(behind.is_empty() || behind.starts_with("//")) {
        return no("the statement shares its line with others");
    }
    Ok((start, (end + 1).min(file.text.len())))
}

/// Moves a statement with its line to stand before another one.
fn move_before(index: usize, file: &SourceFile, moved: Node<'_>, before: Node<'_>, edits: &mut Edits) -> Made {
    let whole = whole_line(file, moved)?;
    let start = file.line_start(line(before));
    if !file.text.get(start..before.start_byte()).unwrap_or("x").trim().is_empty() {
        return no("the statement shares its line with others");
    }
    let written = file.text.get(whole.0..whole.1).unwrap_or_default();
    let mut written = written.trim_start().trim_end_matches('\n').to_owned();
    written.push('\n');
    edits.replace(index, whole, "");
    edits.insert(index, start, format!("{}{written}", indent_at(file, before.start_byte())));
    Ok(())
}

/// `wg.Add(1)` out of the goroutine, to stand before its `go` statement.
pub fn add_before_go(race: &Race, named: &Named, edits: &mut Edits) -> Made {
    for (index, access) in race.accesses.iter().enumerate() {
        let Some(frame) = access.stack.iter().rev().find(|frame| !frames::is_standard(frame)) else { continue };
        let side = &named.sides[index];
        let (_, at, file) = place(named, side)?;
        if side.site.as_ref().is_none_or(|site| site.file != frame.file) {
            continue;
        }
        let Some(function) = function_named(file, frame.line, frames::local_name(&frame.func)) else { continue };
        let mut add = None;
        walk(function, &mut |node| {
            if node != function && is_function(node) {
                return false;
            }
            if node.kind() == "expression_statement"
                && let Some(call) = children(node).first().filter(|call| call.kind() == "call_expression")
                && method_of(file, *call).1 == "Add"
            {
                add = add.or(Some(node));
            }
            true
        });
        let Some(add) = add else { continue };
        let go = function.parent().and_then(|call| call.parent()).filter(|go| go.kind() == "go_statement");
        let Some(go) = go else { return no("the goroutine's function is not written at its go statement") };
        if let Some(why) = waits(file, function) {
            return no(why);
        }
        return move_before(at, file, add, go, edits);
    }
    no("the call of Add was not found")
}

/// A write before what hands over what it writes, or before the `go` statement.
pub fn write_earlier(race: &Race, named: &Named, before_go: bool, edits: &mut Edits) -> Made {
    let index = writer(race);
    let side = &named.sides[index];
    let (package, at, file) = place(named, side)?;
    let (Some(operand), Some(function)) = (&side.operand, side.function()) else {
        return no("the write was not found");
    };
    let node = function.named_descendant_for_byte_range(operand.span.0, operand.span.1);
    let Some(write) = node.and_then(statement_of).filter(|node| node.kind() == "assignment_statement") else {
        return no("the write is no statement of its own");
    };
    let flow = Flow::new(file, function);
    let mut anchor = None;
    walk(function, &mut |node| {
        if node != function && is_function(node) {
            return false;
        }
        let wanted = if before_go { node.kind() == "go_statement" } else { hands_over(file, node).is_some() };
        if wanted && node.parent() == write.parent() && flow.dominates(node.start_byte(), write.start_byte()) {
            anchor = if before_go { anchor.or(Some(node)) } else { Some(node) };
        }
        true
    });
    let Some(anchor) = anchor else {
        return no("the write stands in another block than what it would have to come before");
    };
    // Whoever else uses it may be running already where the write would come to stand.
    let own = [0, 1].map(|index| named.sides[index].function());
    let stranger = |one: &super::uses::Use<'_>| !own.contains(&function_of(one.node));
    if let Some(other) = Target::of(named)?.uses()?.iter().find(|one| stranger(one)) {
        return no(&format!("line {}: another function uses it, too", line(other.node)));
    }
    // Nothing between may matter to it.
    let view = View { package, file };
    let mut names = Vec::new();
    let mut calls = false;
    walk(write, &mut |node| {
        // A function that is only made runs later.
        let runs = function_of(node) == Some(function);
        calls |= runs && (node.kind() == "call_expression" || text(file, node).starts_with("<-"));
        if node.kind() == "identifier" {
            names.push(node);
        }
        true
    });
    if calls {
        return no("its value comes from a call, whose place matters");
    }
    for name in &names {
        let declared = view.resolve(*name).filter(|binding| binding.is_variable() && binding.kind == Kind::Local);
        if declared.is_some_and(|binding| binding.ident.start_byte() > anchor.start_byte()) {
            return no("it needs a variable that is declared later");
        }
    }
    let mut sibling = anchor.next_named_sibling();
    let written: Vec<&str> = names.iter().map(|node| text(file, *node)).collect();
    while let Some(between) = sibling.filter(|node| *node != write) {
        let mut touched = false;
        walk(between, &mut |node| {
            touched |= node.kind() == "identifier" && written.contains(&text(file, node));
            true
        });
        if touched {
            return no("a statement between uses the same variables");
        }
        sibling = between.next_named_sibling();
    }
    move_before(at, file, write, anchor, edits)
}

/// `RLock` of a mutex as `Lock`, in the function that writes under it.
pub fn lock_exclusively(named: &Named, locks: &Locks, race: &Race, edits: &mut Edits) -> Made {
    let mut changed = false;
    for (index, side) in named.sides.iter().enumerate() {
        if race.accesses[index].op != crate::raw::Op::Write {
            continue;
        }
        let Some(lock) = locks.sides[index].iter().find(|lock| lock.shared && lock.own) else {
            return no("the lock is taken by another function than writes");
        };
        let (_, at, file) = place(named, side)?;
        let Some(function) = side.function() else { return no("the function was not found") };
        walk(function, &mut |node| {
            if node.kind() == "call_expression"
                && let (Some(mutex), method @ ("RLock" | "RUnlock")) = method_of(file, node)
                && text(file, mutex) == lock.mutex
                && let Some(name) =
                    node.child_by_field_name("function").and_then(|called| called.child_by_field_name("field"))
            {
                edits.replace(at, (name.start_byte(), name.end_byte()), &method[1..]);
                changed = true;
            }
            true
        });
    }
    if changed { Ok(()) } else { no("the lock was not found") }
}

/// A method with a value receiver that has a mutex in it, given a pointer.
pub fn by_pointer(named: &Named, edits: &mut Edits) -> Made {
    let side = named.sides.iter().find(|side| side.function().is_some());
    let Some(side) = side else { return no("the function was not found") };
    let (package, _, file) = place(named, side)?;
    let Some(method) = side.function().and_then(syntax::top_level).filter(|node| node.kind() == "method_declaration")
    else {
        return no("the value is not a receiver");
    };
    let Some((name, false)) = receiver_type(file, method) else { return no("the receiver is a pointer already") };
    let mut refused = None;
    for (index, (_, file)) in package.files.iter().enumerate() {
        let Some(root) = file.root().filter(|_| file.text.contains(&name)) else { continue };
        walk(root, &mut |node| {
            if node.kind() == "type_identifier" && text(file, node) == name {
                let parent = node.parent();
                let kind = parent.map(|parent| parent.kind()).unwrap_or_default();
                let receiver =
                    parent.and_then(|parent| parent.parent()).and_then(|list| list.parent()).filter(|method| {
                        method.kind() == "method_declaration"
                            && method.child_by_field_name("receiver") == parent.and_then(|parent| parent.parent())
                    });
                if receiver.is_some() && kind == "parameter_declaration" {
                    edits.insert(index, node.start_byte(), "*");
                } else if !matches!(
                    kind,
                    "type_spec" | "composite_literal" | "pointer_type" | "var_spec" | "field_declaration"
                ) {
                    refused =
                        Some(Refused::new(format!("line {}: values of {name} are copied elsewhere, too", line(node))));
                }
            }
            true
        });
    }
    match refused {
        Some(refused) => Err(refused),
        None => Ok(()),
    }
}

/// The capacity of a channel that is used as a lock.
pub fn narrow(race: &Race, named: &Named, edits: &mut Edits) -> Made {
    let event = race
        .accesses
        .iter()
        .flat_map(|access| &access.sync)
        .find(|event| event.when == When::Before && event.op == "chan_send");
    let Some(name) = event.and_then(|event| event.object.as_deref()) else {
        return no("the channel's name is not known");
    };
    let leaf = name.rsplit('.').next().unwrap_or(name);
    let package = super::package_of(named)?;
    let mut found = Vec::new();
    for (index, (_, file)) in package.files.iter().enumerate() {
        let Some(root) = file.root().filter(|_| file.text.contains("make(")) else { continue };
        walk(root, &mut |node| {
            if node.kind() == "call_expression"
                && node.child_by_field_name("function").is_some_and(|called| text(file, called) == "make")
            {
                let arguments = node.child_by_field_name("arguments").map(children).unwrap_or_default();
                let to = assigned_to(file, node).is_some_and(|target| target.rsplit('.').next() == Some(leaf));
                if let [of, capacity] = arguments.as_slice()
                    && to
                    && text(file, *of).starts_with("chan")
                {
                    found.push((index, (capacity.start_byte(), capacity.end_byte())));
                }
            }
            true
        });
    }
    match found.as_slice() {
        [(index, range)] => {
            edits.replace(*index, *range, "1");
            Ok(())
        }
        _ => no("where the channel is made was not found"),
    }
}

/// What a value is assigned to, as written: a variable, a field, the key of a literal.
fn assigned_to(file: &SourceFile, value: Node<'_>) -> Option<String> {
    let parent = value.parent()?;
    match parent.kind() {
        "expression_list" => {
            let statement = parent.parent()?;
            let position = children(parent).iter().position(|node| *node == value)?;
            let left = if statement.kind() == "var_spec" {
                syntax::all_of(statement, "name")
            } else {
                listed(statement, "left")
            };
            left.get(position).map(|node| text(file, *node).to_owned())
        }
        "literal_element" => {
            let key = parent.parent()?.child_by_field_name("key")?;
            Some(text(file, key).to_owned())
        }
        _ => None,
    }
}

/// The variable of a loop made one of each round's own.
pub fn own_variable(target: &Target<'_>, edits: &mut Edits) -> Made {
    let What::Variable(binding) = &target.what else { return no("it is a field") };
    let file = binding.file;
    let index = target.index(file);
    let uses = target.uses()?;
    let copy = |edits: &mut Edits, body: Node<'_>| -> Made {
        let first = children(body).into_iter().next().and_then(|list| children(list).into_iter().next());
        let Some(first) = first else { return no("the loop is empty") };
        let indent = indent_at(file, first.start_byte());
        edits.insert(index, first.start_byte(), format!("{0} := {0}\n{indent}", target.name));
        Ok(())
    };
    if binding.kind == Kind::Loop {
        if target.package.loops_are_new(file) {
            return no("each round has a variable of its own already: a literal in the loop's head shares it");
        }
        let body = binding.owner.parent().and_then(|above| {
            above.child_by_field_name("body").or_else(|| above.parent()?.child_by_field_name("body"))
        });
        let Some(body) = body else { return no("the loop was not found") };
        // A write inside of the body would go to the copy.
        let written = uses.iter().any(|one| {
            body.start_byte() <= one.node.start_byte()
                && one.node.end_byte() <= body.end_byte()
                && one.node.parent().is_some_and(|parent| matches!(parent.kind(), "inc_statement" | "dec_statement"))
        });
        if written {
            return no("the loop's body sets its variable");
        }
        return copy(edits, body);
    }
    // Declared outside: the loop's head takes it over.
    let clause = uses.iter().find_map(|one| {
        let list = one.node.parent()?;
        let clause = if list.kind() == "expression_list" { list.parent()? } else { list };
        let clause = if clause.kind() == "assignment_statement" { clause.parent()? } else { clause };
        matches!(clause.kind(), "range_clause" | "for_clause").then_some(clause)
    });
    let Some(clause) = clause else { return set_in_body(target, &uses, edits) };
    let Some(whole) = clause.parent() else { return no("the loop was not found") };
    if uses.iter().any(|one| one.node.start_byte() < whole.start_byte() || one.node.end_byte() > whole.end_byte()) {
        return no("it is used outside of the loop as well");
    }
    let head = if clause.kind() == "range_clause" { Some(clause) } else { clause.child_by_field_name("initializer") };
    let Some(head) = head else { return no("the loop does not set it first") };
    let mut cursor = head.walk();
    let sign = head.children(&mut cursor).find(|child| text(file, *child) == "=");
    let Some(sign) = sign.filter(|_| listed(head, "left").len() == 1 || clause.kind() == "range_clause") else {
        return no("the loop sets others with it");
    };
    if listed(head, "left").iter().any(|left| text(file, *left) != target.name && text(file, *left) != "_") {
        return no("the loop sets others with it");
    }
    let declaration = if binding.owner.kind() == "var_spec" { binding.owner.parent() } else { Some(binding.owner) };
    let Some(declaration) =
        declaration.filter(|node| node.parent().is_some_and(|parent| parent.kind() == "statement_list"))
    else {
        return no("its declaration is not a statement of its own");
    };
    if target.declared_alone().is_none() {
        return no("it is declared together with others");
    }
    edits.replace(index, whole_line(file, declaration)?, "");
    edits.replace(index, (sign.start_byte(), sign.end_byte()), ":=");
    if !target.package.loops_are_new(file)
        && let Some(body) = whole.child_by_field_name("body")
    {
        copy(edits, body)?;
    }
    Ok(())
}

/// A variable of the function that the loop's body sets first, made the body's own.
fn set_in_body(target: &Target<'_>, uses: &[super::uses::Use<'_>], edits: &mut Edits) -> Made {
    let What::Variable(binding) = &target.what else { return no("it is a field") };
    let file = binding.file;
    let index = target.index(file);
    let Some(first) = uses.first().and_then(|one| statement_of(one.node)) else { return no("the loop was not found") };
    let (left, right) = (listed(first, "left"), listed(first, "right"));
    let sign = first.child_by_field_name("operator").filter(|sign| text(file, *sign) == "=");
    let Some(sign) = sign.filter(|_| left.len() == 1 && right.len() == 1 && text(file, left[0]) == target.name) else {
        return no("the loop does not set it first");
    };
    let body = first.parent().and_then(|list| list.parent());
    let whole = body.and_then(|body| body.parent()).filter(|whole| whole.kind() == "for_statement");
    let Some(body) = body.filter(|_| whole.is_some()) else { return no("the loop was not found") };
    let inside = |node: Node<'_>| body.start_byte() <= node.start_byte() && node.end_byte() <= body.end_byte();
    let itself = |node: Node<'_>| right[0].start_byte() <= node.start_byte() && node.end_byte() <= right[0].end_byte();
    if uses.iter().any(|one| !inside(one.node) || itself(one.node)) {
        return no("it is used outside of the loop as well");
    }
    let declaration = if binding.owner.kind() == "var_spec" { binding.owner.parent() } else { Some(binding.owner) };
    let listed_in = declaration.filter(|node| node.parent().is_some_and(|parent| parent.kind() == "statement_list"));
    let Some(declaration) = listed_in.filter(|_| target.declared_alone().is_some()) else {
        return no("its declaration is not a statement of its own");
    };
    edits.replace(index, whole_line(file, declaration)?, "");
    edits.replace(index, (sign.start_byte(), sign.end_byte()), ":=");
    Ok(())
}

/// The initialisation of what is made on first use, in a `sync.Once`.
pub fn once(target: &Target<'_>, named: &Named, edits: &mut Edits) -> Made {
    let side = named.sides.iter().find(|side| unset_check(side).is_some());
    let Some(side) = side else { return no("the check was not found") };
    let (_, index, file) = place(named, side)?;
    let (Some(start), Some(function)) = (unset_check(side), side.function()) else {
        return no("the check was not found");
    };
    let Some(check) = function.named_descendant_for_byte_range(start, start + 2).and_then(|mut node| {
        while node.kind() != "if_statement" {
            node = node.parent()?;
        }
        Some(node)
    }) else {
        return no("the check was not found");
    };
    if check.child_by_field_name("alternative").is_some() || check.child_by_field_name("initializer").is_some() {
        return no("the check does more than to initialise");
    }
    let mut leaves = false;
    walk(check, &mut |node| {
        leaves |=
            matches!(node.kind(), "return_statement" | "break_statement" | "continue_statement" | "goto_statement");
        true
    });
    if leaves || check.parent().is_none_or(|parent| parent.kind() != "statement_list") {
        return no("the function is left inside of the check");
    }
    let flow = Flow::new(file, function);
    for one in target.uses()? {
        let inside = check.start_byte() <= one.node.start_byte() && one.node.end_byte() <= check.end_byte();
        let after = one.file == index
            && function_of(one.node) == Some(function)
            && flow.dominates(check.start_byte() + 3, one.node.start_byte());
        if !inside && !after {
            return no("it is used where the initialisation may not have been run");
        }
    }
    let name = format!("{}Once", target.name);
    if target.package.files.iter().any(|(_, file)| file.text.contains(&name)) {
        return no("no name for a Once is free");
    }
    let indent = indent_at(file, check.start_byte());
    let (written, declared): (String, Node<'_>) = match &target.what {
        What::Field { ident, .. } => {
            let operand = side
                .operand
                .as_ref()
                .map(|operand| {
                    if operand.value.is_empty() || operand.role != Role::LiteralKey {
                        operand.text.clone()
                    } else {
                        operand.value.clone()
                    }
                })
                .unwrap_or_default();
            let Some(owner) = operand.strip_suffix(&target.name) else { return no("the value was not found") };
            let Some(declaration) = ident.parent() else { return no("the declaration was not found") };
            (format!("{owner}{name}"), declaration)
        }
        What::Variable(binding) if binding.kind == Kind::Package => {
            let Some(declaration) = syntax::top_level(binding.owner) else {
                return no("the declaration was not found");
            };
            (name.clone(), declaration)
        }
        What::Variable(_) => return no("it is a local variable"),
    };
    let home = target.home();
    let home_index = target.index(home);
    match &target.what {
        What::Field { .. } => {
            let own = indent_at(home, declared.start_byte());
            edits.insert(home_index, declared.start_byte(), format!("{name} sync.Once\n{own}"));
        }
        What::Variable(_) => edits.insert(home_index, declared.start_byte(), format!("var {name} sync.Once\n\n")),
    }
    let body: String = text(file, check)
        .lines()
        .enumerate()
        .map(|(number, line)| if number == 0 || line.is_empty() { format!("{line}\n") } else { format!("\t{line}\n") })
        .collect();
    edits.replace(
        index,
        (check.start_byte(), check.end_byte()),
        format!("{written}.Do(func() {{\n{indent}\t{}\n{indent}}})", body.trim_end()),
    );
    edits.import(target.package, "sync")
}

/// Why a goroutine may not come to its end by itself: then whoever waits for that may wait for ever.
fn waits(file: &SourceFile, body: Node<'_>) -> Option<&'static str> {
    let mut found = None;
    walk(body, &mut |node| {
        let written = || text(file, node);
        let why = match node.kind() {
            "send_statement" | "select_statement" | "receive_statement" => {
                Some("the goroutine waits for a channel, so to wait for its end might wait for ever")
            }
            "unary_expression" if written().starts_with("<-") => {
                Some("the goroutine waits for a channel, so to wait for its end might wait for ever")
            }
            "for_statement" if children(node).len() == 1 => Some("the goroutine may run for ever"),
            "for_statement" if written().contains("time.Sleep(") || written().contains("runtime.Gosched(") => {
                Some("the goroutine polls for something, so to wait for its end might wait for ever")
            }
            "call_expression" if matches!(method_of(file, node).1, "Wait" | "Lock" | "RLock") => {
                Some("the goroutine waits for something, so to wait for its end might wait for ever")
            }
            _ => None,
        };
        found = found.or(why);
        true
    });
    found
}

/// A wait for the goroutine that computes what is read after its `go` statement.
pub fn wait_for(race: &Race, named: &Named, edits: &mut Edits) -> Made {
    let writer = writer(race);
    let reader = &named.sides[1 - writer];
    let (_, index, file) = place(named, reader)?;
    let Some(function) = reader.function() else { return no("the function was not found") };
    let flow = Flow::new(file, function);
    let start = frames::site(&race.accesses[writer].created)
        .filter(|start| reader.site.as_ref().is_some_and(|site| site.file == start.file));
    let Some(start) = start else { return no("the goroutine is started in another file") };
    let mut go = None;
    walk(function, &mut |node| {
        if node != function && is_function(node) {
            return false;
        }
        if node.kind() == "go_statement" && line(node) == start.line {
            go = Some(node);
        }
        true
    });
    let Some(go) = go else { return no("the goroutine is not started by the function that reads") };
    let Some(byte) = reader.byte(&flow) else { return no("the read was not found") };
    if !flow.dominates(go.start_byte(), byte) || flow.repeats(go.start_byte()) {
        return no("the go statement and the read are not done once each, in this order");
    }
    let literal = children(go)
        .into_iter()
        .next()
        .and_then(|call| call.child_by_field_name("function"))
        .filter(|called| called.kind() == "func_literal");
    let Some(literal) = literal else { return no("the goroutine's function is not written at its go statement") };
    let Some(body) = literal.child_by_field_name("body") else { return no("the goroutine does nothing") };
    if let Some(why) = waits(file, body) {
        return no(why);
    }
    // Whatever has been waiting for it in the function stays.
    let Some(read) = function.named_descendant_for_byte_range(byte, byte + 1).and_then(statement_of) else {
        return no("the read was not found");
    };
    let mut first = read;
    // The read may stand in a block below: wait before the outermost statement that is a neighbour of the go statement, if that comes after it.
    while first.parent() != go.parent() {
        let Some(above) = first.parent().and_then(statement_of) else {
            return no("the read stands in another block than the go statement");
        };
        if function_of(above) != Some(function) {
            return no("the read stands in another block than the go statement");
        }
        first = above;
    }
    if first.kind() == "for_statement" {
        return no("the read is polled in a loop");
    }
    let taken =
        |name: &str| text(file, function).split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
    let Some(name) = ["done", "finished", "ready"].into_iter().find(|name| !taken(name)) else {
        return no("no name for a channel is free");
    };
    let Some(inside) = children(body).into_iter().next().and_then(|list| children(list).into_iter().next()) else {
        return no("the goroutine does nothing");
    };
    let alone = |node: Node<'_>| file.text[file.line_start(line(node))..node.start_byte()].trim().is_empty();
    if !alone(go) || !alone(first) {
        return no("the statements share their lines with others");
    }
    edits.insert(
        index,
        go.start_byte(),
        format!("{name} := make(chan struct{{}})\n{}", indent_at(file, go.start_byte())),
    );
    let between = if alone(inside) { format!("\n{}", indent_at(file, inside.start_byte())) } else { "; ".to_owned() };
    edits.insert(index, inside.start_byte(), format!("defer close({name}){between}"));
    edits.insert(index, first.start_byte(), format!("<-{name}\n{}", indent_at(file, first.start_byte())));
    Ok(())
}

/// `append(s, x)` on a slice whose array others share: on one without room.
pub fn clip(named: &Named, edits: &mut Edits) -> Made {
    let mut changed = false;
    let mut package = None;
    for side in &named.sides {
        let Some(operand) = side.operand.as_ref().filter(|operand| operand.role == Role::Header) else { continue };
        let (own, index, file) = place(named, side)?;
        if own.language_of(file).is_some_and(|version| version < (1, 21)) {
            return no("the module's language version has no package slices yet (Go 1.21)");
        }
        let written = file.text.get(operand.span.0..operand.span.1).unwrap_or_default();
        edits.replace(index, operand.span, format!("slices.Clip({written})"));
        (changed, package) = (true, Some(own));
    }
    match package.filter(|_| changed) {
        Some(package) => edits.import(package, "slices"),
        None => no("the call of append was not found"),
    }
}

/// The lock that the other side needs, by its key and as it is written.
pub fn known(locks: &Locks) -> Option<&SideLock> {
    locks.sides.iter().flatten().find(|lock| !lock.key.is_empty())
}
