//! A variable guarded by a mutex, a new one or one that a side holds already: every use of it in the package is locked, or nothing is changed.
//!
//! Locks are taken around statements, or for a whole function where the statements do not allow that. Nothing is locked that waits for somebody
//! (channels, other locks, sleeps) or that calls back what takes the same lock: that would deadlock.

use super::Refused;
use super::atomic::indent_at;
use super::edit::Edits;
use super::uses::{Target, Use, What, unwrapped};
use crate::explain::locks;
use crate::source::SourceFile;
use crate::source::flow::Flow;
use crate::source::scope::{Kind, View};
use crate::source::syntax::{self, children, function_of, is_function, listed, statement_of, text, walk};
use std::collections::BTreeMap;
use tree_sitter::Node;

/// Which mutex.
pub enum Mutex {
    /// One that is added beside the variable.
    New,
    /// One that is there: `Account.mu`, or the name of a variable.
    Known {
        /// As [`locks::SideLock::key`] has it.
        key: String,
        /// As one side writes it.
        written: String,
    },
}

/// Edits that guard every use.
///
/// # Errors
/// A use cannot be guarded safely.
pub fn make(target: &Target<'_>, mutex: &Mutex, edits: &mut Edits) -> Result<String, Refused> {
    if matches!(mutex, Mutex::New) && target.is_exported() {
        return Err(Refused::new(format!("{} is exported: other packages may use it", target.name)));
    }
    let (_, unkeyed) = target.literals();
    if unkeyed && matches!(mutex, Mutex::New) {
        return Err(Refused::new("literals of the struct have no keys, so no field can be added to it"));
    }
    let uses = target.uses()?;
    let name = match mutex {
        Mutex::New => fresh(target)?,
        Mutex::Known { written, .. } => written.clone(),
    };
    let guard = Guard { target, mutex, name, uses };
    guard.keeps_to_itself()?;
    // The functions with uses that are not guarded yet.
    let mut by_function: BTreeMap<(usize, usize), Vec<Use<'_>>> = BTreeMap::new();
    for one in &guard.uses {
        let file = &target.package.files[one.file].1;
        let Some(function) = function_of(one.node) else {
            return Err(Refused::new("it is used outside of functions"));
        };
        if guard.is_initial(file, function, *one) || guard.is_held(file, function, *one)? {
            continue;
        }
        by_function.entry((one.file, function.start_byte())).or_default().push(*one);
    }
    if by_function.is_empty() {
        return Err(Refused::new("every use holds the mutex already, as far as the text tells"));
    }
    for ((file, _), uses) in by_function {
        guard.function(file, &uses, edits)?;
    }
    if let Mutex::New = mutex {
        guard.declare(edits)?;
        edits.import(target.package, "sync")?;
    }
    Ok(guard.name)
}

/// A name for a new mutex that the package has not.
fn fresh(target: &Target<'_>) -> Result<String, Refused> {
    let mut base = target.name.clone();
    // An exported one would be a part of the package's interface.
    if let Some(first) = base.chars().next().filter(char::is_ascii_uppercase) {
        base.replace_range(..1, &first.to_ascii_lowercase().to_string());
    }
    let taken = |name: &str| {
        target
            .package
            .files
            .iter()
            .any(|(_, file)| file.text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name))
    };
    let names = [format!("{base}Mu"), format!("{base}Mutex"), format!("{base}Guard")];
    names.into_iter().find(|name| !taken(name)).ok_or_else(|| Refused::new("no name for a mutex is free"))
}

struct Guard<'t, 'a> {
    target: &'t Target<'a>,
    mutex: &'t Mutex,
    name: String,
    uses: Vec<Use<'a>>,
}

fn refuse<T>(node: Node<'_>, why: &str) -> Result<T, Refused> {
    Err(Refused::new(format!("line {}: {why}", syntax::line(node))))
}

impl<'a> Guard<'_, 'a> {
    fn file(&self, index: usize) -> &'a SourceFile {
        &self.target.package.files[index].1
    }

    /// How a use's own mutex is written.
    fn written(&self, one: Use<'a>) -> Result<String, Refused> {
        let file = self.file(one.file);
        let field = match self.mutex {
            Mutex::New => self.name.clone(),
            Mutex::Known { key, written } => match (&self.target.what, key.split_once('.')) {
                (What::Field { owner, .. }, Some((of, field))) if of == owner => field.to_owned(),
                (_, None) if !key.is_empty() && !written.contains('.') => return self.visible(file, one, written),
                _ => return Err(Refused::new(format!("{written} is not a mutex of the same value"))),
            },
        };
        match &self.target.what {
            What::Variable(_) => Ok(self.name.clone()),
            What::Field { .. } => {
                let operand =
                    one.node.child_by_field_name("operand").map(|operand| text(file, operand)).unwrap_or_default();
                if operand.is_empty() || operand.contains(['(', '[']) {
                    return refuse(one.node, "it is reached through a call or an index");
                }
                Ok(format!("{operand}.{field}"))
            }
        }
    }

    /// A mutex that is a variable, where it means the same.
    fn visible(&self, file: &'a SourceFile, one: Use<'a>, written: &str) -> Result<String, Refused> {
        let view = View { package: self.target.package, file };
        let package_level = view.package_level(written).is_some();
        let mut local = None;
        if !package_level {
            // A variable of the function around both.
            let Some(outer) = syntax::top_level(one.node) else {
                return refuse(one.node, "the mutex is not known here");
            };
            walk(outer, &mut |node| {
                if node.kind() == "identifier"
                    && text(file, node) == written
                    && node.start_byte() < one.node.start_byte()
                {
                    local = view.resolve_left(node).or_else(|| view.resolve(node)).or(local);
                }
                true
            });
            if local.is_none() {
                return refuse(one.node, "the mutex is not known here");
            }
        }
        Ok(written.to_owned())
    }

    /// Nothing else leads to the same memory.
    fn keeps_to_itself(&self) -> Result<(), Refused> {
        let of = self.target.type_text.as_str();
        let leads = of.starts_with("map[") || of.starts_with("[]");
        for one in &self.uses {
            let file = self.file(one.file);
            let outer = unwrapped(one.node);
            let Some(parent) = outer.parent() else { continue };
            match parent.kind() {
                "unary_expression"
                    if parent.child_by_field_name("operator").is_some_and(|node| text(file, node) == "&") =>
                {
                    return refuse(one.node, "its address is taken, so it may be used elsewhere");
                }
                "selector_expression"
                    if parent.child_by_field_name("operand") == Some(outer) && !of.starts_with('*') =>
                {
                    let called =
                        parent.parent().is_some_and(|call| call.child_by_field_name("function") == Some(parent));
                    if called {
                        return refuse(one.node, "a method is called on it, which may keep its address");
                    }
                }
                "index_expression" | "range_clause" => {}
                "slice_expression" if leads => return refuse(one.node, "a part of it is given away"),
                "argument_list" if leads => {
                    let called = parent.parent().and_then(|call| call.child_by_field_name("function"));
                    let called = called.map(|called| text(file, called)).unwrap_or_default();
                    let kept = matches!(called, "len" | "cap" | "delete" | "clear" | "append" | "copy")
                        || called.starts_with("fmt.")
                        || called.starts_with("slices.Sort")
                        || called.starts_with("sort.")
                        || matches!(
                            called,
                            "slices.Contains" | "slices.Clone" | "maps.Clone" | "strings.Join" | "slices.Equal"
                        );
                    if !kept {
                        return refuse(one.node, "it is passed on, so it may be used elsewhere");
                    }
                }
                "expression_list" if leads => {
                    let statement = parent.parent();
                    let left = statement.is_some_and(|statement| statement.child_by_field_name("left") == Some(parent));
                    if !left {
                        return refuse(one.node, "it is given away, so it may be used elsewhere");
                    }
                }
                "literal_element" if leads => return refuse(one.node, "it is given away, so it may be used elsewhere"),
                _ => {}
            }
        }
        Ok(())
    }

    /// A use that comes before the function has shared anything: the first statements after the declaration, or a fresh value's own.
    fn is_initial(&self, file: &'a SourceFile, function: Node<'a>, one: Use<'a>) -> bool {
        if let What::Variable(binding) = &self.target.what {
            // No literal that uses it is made before, so no other goroutine can have it yet.
            let home = View { package: self.target.package, file }.home(binding);
            if home != Some(function) {
                return false;
            }
            let flow = Flow::new(file, function);
            return self.uses.iter().all(|other| {
                let mut outermost = None;
                let mut at = other.node;
                while let Some(inner) = function_of(at).filter(|inner| *inner != function) {
                    outermost = Some(inner);
                    at = inner;
                }
                outermost.is_none_or(|literal| !flow.follows(literal.start_byte(), one.node.start_byte()))
            });
        }
        // `t := &T{}; t.x = 1`, before any go statement of the function.
        let Some(operand) = one.node.child_by_field_name("operand").filter(|node| node.kind() == "identifier") else {
            return false;
        };
        let view = View { package: self.target.package, file };
        let Some(binding) = view.resolve(operand).filter(|binding| binding.owner.kind() == "short_var_declaration")
        else {
            return false;
        };
        let value = listed(binding.owner, "right").first().map(|value| text(file, *value)).unwrap_or_default();
        if !value.contains('{') || function_of(binding.owner) != Some(function) {
            return false;
        }
        let mut shared = false;
        walk(function, &mut |node| {
            let between = node.start_byte() > binding.owner.end_byte() && node.start_byte() < one.node.start_byte();
            if between && node.kind() == "identifier" && text(file, node) == text(file, operand) {
                let plain = node.parent().is_some_and(|parent| parent.kind() == "selector_expression");
                shared |= !plain;
            }
            if between && matches!(node.kind(), "go_statement" | "func_literal" | "for_statement") {
                shared = true;
            }
            true
        });
        !shared && !Flow::new(file, function).repeats(one.node.start_byte())
    }

    /// Whether a use holds the known mutex already.
    fn is_held(&self, file: &'a SourceFile, function: Node<'a>, one: Use<'a>) -> Result<bool, Refused> {
        let Mutex::Known { key, .. } = self.mutex else { return Ok(false) };
        let flow = Flow::new(file, function);
        let view = View { package: self.target.package, file };
        for lock in flow.held(one.node.start_byte()) {
            if locks::key_of(view, function, &lock) == *key {
                if lock.shared && is_written(one.node) {
                    return refuse(one.node, "it is written with the lock held for reading only");
                }
                return Ok(true);
            }
        }
        // Held by whoever calls the function: then it must not be taken again.
        let mut called = (false, false);
        if let Some(name) = function.child_by_field_name("name") {
            let name = text(file, name);
            for (_, other) in &self.target.package.files {
                let Some(root) = other.root().filter(|_| other.text.contains(name)) else { continue };
                let view = View { package: self.target.package, file: other };
                walk(root, &mut |node| {
                    if node.kind() == "call_expression"
                        && let Some(callee) = node.child_by_field_name("function")
                        && text(other, callee).rsplit('.').next() == Some(name)
                        && let Some(caller) = function_of(node)
                    {
                        let held = Flow::new(other, caller).held(node.start_byte());
                        if held.iter().any(|lock| locks::key_of(view, caller, lock) == *key) {
                            called.0 = true
                        } else {
                            called.1 = true
                        }
                    }
                    true
                });
            }
        }
        match called {
            (true, false) => Ok(true),
            (true, true) => refuse(function, "some callers hold the mutex and some do not"),
            _ => Ok(false),
        }
    }

    fn function(&self, file: usize, uses: &[Use<'a>], edits: &mut Edits) -> Result<(), Refused> {
        let source = self.file(file);
        let Some(function) = uses.first().and_then(|one| function_of(one.node)) else { return Ok(()) };
        let mut statements = BTreeMap::new();
        let mut trouble = None;
        for one in uses {
            match self.place(source, *one) {
                Ok((statement, how)) => {
                    statements.entry(statement.start_byte()).or_insert((statement, how, *one));
                }
                Err(refused) => trouble = Some(refused),
            }
        }
        let several = statements.len() > 2 || statements.values().any(|(_, how, _)| !matches!(how, How::Around));
        let declared =
            function.kind() != "func_literal" && !matches!(syntax::go_name(source, function).as_deref(), Some("main"));
        if declared && (trouble.is_some() || several) && self.is_brief(source, function).is_ok() {
            return self.whole(file, function, uses, edits);
        }
        if let Some(refused) = trouble {
            return Err(refused);
        }
        // What stands in a statement that is locked as a whole is locked with it.
        let whole: Vec<(usize, usize)> = statements
            .values()
            .filter(|(_, how, _)| matches!(how, How::Around))
            .map(|(statement, ..)| (statement.start_byte(), statement.end_byte()))
            .collect();
        let inside = |node: &Node<'a>| {
            whole.iter().any(|(from, to)| {
                *from <= node.start_byte()
                    && node.end_byte() <= *to
                    && (*from, *to) != (node.start_byte(), node.end_byte())
            })
        };
        // Neighbours that both use it are locked together.
        let list: Vec<(Node<'a>, How<'a>, Use<'a>)> =
            statements.into_values().filter(|(statement, ..)| !inside(statement)).collect();
        let mut at = 0;
        while at < list.len() {
            let (first, how, one) = &list[at];
            let mutex = self.written(*one)?;
            let mut last = *first;
            let mut end = at + 1;
            if matches!(how, How::Around) {
                while end < list.len()
                    && matches!(list[end].1, How::Around)
                    && last.next_named_sibling().is_some_and(|next| next == list[end].0)
                    && self.written(list[end].2)? == mutex
                {
                    last = list[end].0;
                    end += 1;
                }
            }
            self.apply(file, *first, last, how, &mutex, edits)?;
            at = end;
        }
        Ok(())
    }

    /// Where a lock goes for a use.
    fn place(&self, file: &'a SourceFile, one: Use<'a>) -> Result<(Node<'a>, How<'a>), Refused> {
        let Some(statement) = statement_of(one.node) else {
            return refuse(one.node, "it stands outside of a list of statements");
        };
        match statement.kind() {
            "expression_statement"
            | "assignment_statement"
            | "inc_statement"
            | "dec_statement"
            | "var_declaration"
            | "short_var_declaration"
            | "go_statement"
            | "defer_statement" => {
                self.is_brief(file, statement)?;
                Ok((statement, if ends(file, statement) { How::Deferred } else { How::Around }))
            }
            "return_statement" => {
                self.is_brief(file, statement)?;
                Ok((statement, How::Deferred))
            }
            "send_statement" => {
                let value = statement.child_by_field_name("value");
                match value.filter(|value| value.start_byte() <= one.node.start_byte()) {
                    Some(value) => {
                        self.is_brief(file, value)?;
                        Ok((statement, How::Hoisted(value)))
                    }
                    None => refuse(one.node, "it is the channel of a send"),
                }
            }
            "if_statement" => {
                let body = statement.child_by_field_name("consequence");
                let condition = statement.child_by_field_name("condition");
                let inside = |node: Node<'a>| {
                    node.start_byte() <= one.node.start_byte() && one.node.end_byte() <= node.end_byte()
                };
                let in_body = |own: &Use<'a>| {
                    body.is_some_and(|body| {
                        body.start_byte() < own.node.start_byte() && own.node.end_byte() < body.end_byte()
                    })
                };
                let leaves = [body, statement.child_by_field_name("alternative")]
                    .into_iter()
                    .flatten()
                    .any(|part| leaves(file, part));
                if self.uses.iter().filter(|own| std::ptr::eq(self.file(own.file), file)).any(in_body)
                    && !leaves
                    && self.is_brief(file, statement).is_ok()
                {
                    return Ok((statement, How::Around));
                }
                match condition {
                    Some(condition) if inside(condition) && statement.child_by_field_name("initializer").is_none() => {
                        self.is_brief(file, condition)?;
                        Ok((statement, How::Hoisted(condition)))
                    }
                    _ if !leaves && self.is_brief(file, statement).is_ok() => Ok((statement, How::Around)),
                    _ => refuse(one.node, "it is used in the head of an if statement"),
                }
            }
            "for_statement" => {
                let ranged = children(statement).into_iter().find(|node| node.kind() == "range_clause");
                let of = ranged
                    .and_then(|clause| clause.child_by_field_name("right"))
                    .is_some_and(|right| right.start_byte() <= one.node.start_byte());
                if of && !leaves(file, statement) {
                    self.is_brief(file, statement)?;
                    return Ok((statement, How::Around));
                }
                refuse(one.node, "it is used in the head of a loop")
            }
            _ => refuse(one.node, "it is used in the head of a statement"),
        }
    }

    fn apply(
        &self,
        file: usize,
        first: Node<'a>,
        last: Node<'a>,
        how: &How<'a>,
        mutex: &str,
        edits: &mut Edits,
    ) -> Result<(), Refused> {
        let source = self.file(file);
        let indent = indent_at(source, first.start_byte());
        let alone = source.text[source.line_start(syntax::line(first))..first.start_byte()].trim().is_empty();
        let between = if alone { format!("\n{indent}") } else { "; ".to_owned() };
        match how {
            How::Around => {
                edits.insert(file, first.start_byte(), format!("{mutex}.Lock(){between}"));
                // A comment behind the statement stays with it.
                let line = source.line_of(last.end_byte());
                let end_of_line = source.line_start(line) + source.line(line).map_or(0, str::len);
                let rest = source.text.get(last.end_byte()..end_of_line).unwrap_or_default();
                let at = if alone && rest.trim_start().starts_with("//") { end_of_line } else { last.end_byte() };
                edits.insert(file, at, format!("{between}{mutex}.Unlock()"));
            }
            How::Deferred => {
                edits.insert(
                    file,
                    first.start_byte(),
                    format!("{mutex}.Lock(){between}defer {mutex}.Unlock(){between}"),
                );
            }
            How::Hoisted(value) => {
                let function = function_of(first).map(|function| text(source, function)).unwrap_or_default();
                let free =
                    |name: &&str| !function.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == *name);
                let names = if first.kind() == "if_statement" {
                    ["found", "now", "state"]
                } else {
                    ["value", "current", "sent"]
                };
                let Some(name) = names.into_iter().find(free) else {
                    return refuse(first, "no name for its value is free");
                };
                edits.insert(
                    file,
                    first.start_byte(),
                    format!(
                        "{mutex}.Lock(){between}{name} := {}{between}{mutex}.Unlock(){between}",
                        text(source, *value)
                    ),
                );
                edits.replace(file, (value.start_byte(), value.end_byte()), name);
            }
        }
        Ok(())
    }

    /// The whole function under the lock.
    fn whole(&self, file: usize, function: Node<'a>, uses: &[Use<'a>], edits: &mut Edits) -> Result<(), Refused> {
        let source = self.file(file);
        let mutex = self.written(uses[0])?;
        for one in uses {
            if self.written(*one)? != mutex {
                return refuse(one.node, "several values are used in one function");
            }
        }
        // What the lock is reached by must be there when the function begins.
        let root = mutex.split('.').next().unwrap_or_default();
        let mut declared_inside = false;
        walk(function, &mut |node| {
            if matches!(node.kind(), "short_var_declaration" | "range_clause")
                && listed(node, "left").iter().any(|left| text(source, *left) == root)
            {
                declared_inside = true;
            }
            true
        });
        let Some(body) = function.child_by_field_name("body").filter(|_| !declared_inside) else {
            return refuse(function, "the value is only found inside of the function");
        };
        let Some(first) = children(body).into_iter().next().and_then(|list| children(list).into_iter().next()) else {
            return refuse(function, "the function is empty");
        };
        let indent = indent_at(source, first.start_byte());
        edits.insert(file, first.start_byte(), format!("{mutex}.Lock()\n{indent}defer {mutex}.Unlock()\n{indent}"));
        Ok(())
    }

    fn declare(&self, edits: &mut Edits) -> Result<(), Refused> {
        let file = self.target.home();
        let index = self.target.index(file);
        let name = &self.name;
        match &self.target.what {
            What::Field { ident, .. } => {
                let declaration = ident.parent().filter(|node| node.kind() == "field_declaration");
                let Some(declaration) = declaration else {
                    return Err(Refused::new("the field's declaration was not understood"));
                };
                let indent = indent_at(file, declaration.start_byte());
                let alone =
                    file.text[file.line_start(syntax::line(declaration))..declaration.start_byte()].trim().is_empty();
                let between = if alone { format!("\n{indent}") } else { "; ".to_owned() };
                edits.insert(index, declaration.start_byte(), format!("{name} sync.Mutex{between}"));
            }
            What::Variable(binding) if binding.kind == Kind::Package => {
                let Some(declaration) = syntax::top_level(binding.owner) else {
                    return Err(Refused::new("its declaration was not understood"));
                };
                edits.insert(index, declaration.start_byte(), format!("var {name} sync.Mutex\n\n"));
            }
            What::Variable(binding) => match binding.kind {
                Kind::Local => {
                    let statement =
                        if binding.owner.kind() == "var_spec" { binding.owner.parent() } else { Some(binding.owner) };
                    let statement = statement
                        .and_then(|node| if node.kind() == "var_spec_list" { node.parent() } else { Some(node) });
                    let listed =
                        statement.filter(|node| node.parent().is_some_and(|parent| parent.kind() == "statement_list"));
                    let Some(statement) = listed else {
                        return Err(Refused::new("it is declared in the head of a statement"));
                    };
                    let indent = indent_at(file, statement.start_byte());
                    edits.insert(index, statement.start_byte(), format!("var {name} sync.Mutex\n{indent}"));
                }
                Kind::Result => {
                    return Err(Refused::new("it is a result: whoever returns reads it when no lock is held any more"));
                }
                Kind::Parameter => {
                    let body = function_of(binding.ident).and_then(|function| function.child_by_field_name("body"));
                    let first = body
                        .and_then(|body| children(body).into_iter().next())
                        .and_then(|list| children(list).into_iter().next());
                    let Some(first) = first else { return Err(Refused::new("its function is empty")) };
                    let indent = indent_at(file, first.start_byte());
                    edits.insert(index, first.start_byte(), format!("var {name} sync.Mutex\n{indent}"));
                }
                _ => return Err(Refused::new("it is a loop's variable")),
            },
        }
        Ok(())
    }

    /// Whether what is locked waits for nobody and does not come back to the lock.
    fn is_brief(&self, file: &'a SourceFile, node: Node<'a>) -> Result<(), Refused> {
        let mut trouble = None;
        walk(node, &mut |inner| {
            if inner != node && is_function(inner) {
                return false;
            }
            let why = match inner.kind() {
                "send_statement" | "select_statement" | "receive_statement" => {
                    Some("a channel is waited for in the same statement")
                }
                "unary_expression"
                    if inner.child_by_field_name("operator").is_some_and(|node| text(file, node) == "<-") =>
                {
                    Some("a channel is waited for in the same statement")
                }
                "call_expression" => self.calls_back(file, inner, 0),
                _ => None,
            };
            if let Some(why) = why {
                trouble.get_or_insert((inner, why));
            }
            true
        });
        match trouble {
            Some((inner, why)) => refuse(inner, why),
            None => Ok(()),
        }
    }

    fn calls_back(&self, file: &'a SourceFile, call: Node<'a>, depth: usize) -> Option<&'static str> {
        let view = View { package: self.target.package, file };
        let called = call.child_by_field_name("function")?;
        // `go f(x)` and `defer f(x)` only look at the arguments now.
        if call.parent().is_some_and(|parent| matches!(parent.kind(), "go_statement" | "defer_statement")) {
            return None;
        }
        match called.kind() {
            "identifier" => {
                let binding = view.resolve(called)?;
                if binding.is_variable() {
                    return Some("a function that is not known is called");
                }
                if binding.owner.kind() == "function_declaration" {
                    return self.function_comes_back(binding.file, binding.owner, depth);
                }
                None
            }
            "selector_expression" => {
                let (operand, field) = (called.child_by_field_name("operand")?, called.child_by_field_name("field")?);
                let name = text(file, field);
                if matches!(text(file, called), "time.Sleep" | "runtime.Gosched") {
                    return Some("it would be locked during a sleep");
                }
                let package = operand.kind() == "identifier" && view.resolve(operand).is_none();
                if package {
                    return None;
                }
                if matches!(name, "Lock" | "RLock" | "Wait" | "Do") {
                    return Some("something is waited for in the same place");
                }
                let of = view.type_of(operand);
                let of = of.trim_start_matches('*').split('[').next().unwrap_or_default().to_owned();
                if self.target.package.field(&of, name).is_some() {
                    return Some("a function that is not known is called");
                }
                let methods = self.target.package.methods(name);
                methods.into_iter().find_map(|(file, method)| self.function_comes_back(file, method, depth))
            }
            "func_literal" => Some("a function literal is called in the same place"),
            _ => None,
        }
    }

    /// Whether a function uses the target, or calls one that does, or waits.
    fn function_comes_back(&self, file: &'a SourceFile, function: Node<'a>, depth: usize) -> Option<&'static str> {
        if depth > 4 {
            return Some("what is called goes too deep to be followed");
        }
        let own = |one: &Use<'a>| {
            std::ptr::eq(self.file(one.file), file)
                && function.start_byte() <= one.node.start_byte()
                && one.node.end_byte() <= function.end_byte()
        };
        if self.uses.iter().any(own) {
            return Some("what is called uses it, too, and would lock it twice");
        }
        let mut why = None;
        walk(function, &mut |inner| {
            if why.is_none() {
                why = match inner.kind() {
                    "send_statement" | "select_statement" => Some("what is called waits for a channel"),
                    "unary_expression" if text(file, inner).starts_with("<-") => {
                        Some("what is called waits for a channel")
                    }
                    "call_expression" => self.calls_back(file, inner, depth + 1),
                    _ => None,
                };
            }
            true
        });
        why
    }
}

/// How a statement is locked.
enum How<'a> {
    /// Before and after it.
    Around,
    /// Before it, until the function returns.
    Deferred,
    /// A part of it is computed before, under the lock.
    Hoisted(Node<'a>),
}

/// Whether control may leave a node other than by its end: the lock would stay.
fn leaves(file: &SourceFile, node: Node<'_>) -> bool {
    let mut found = false;
    walk(node, &mut |inner| {
        if inner != node && is_function(inner) {
            return false;
        }
        found |= ends(file, inner)
            || matches!(inner.kind(), "return_statement" | "goto_statement" | "go_statement")
            || (matches!(inner.kind(), "break_statement" | "continue_statement") && node.kind() != "for_statement");
        true
    });
    found
}

/// A statement behind which nothing is done: `panic(…)`.
fn ends(file: &SourceFile, statement: Node<'_>) -> bool {
    let call = children(statement).into_iter().next().filter(|_| statement.kind() == "expression_statement");
    let called =
        call.and_then(|call| call.child_by_field_name("function")).map(|called| text(file, called)).unwrap_or_default();
    matches!(called, "panic" | "os.Exit" | "runtime.Goexit")
        || called.starts_with("log.Fatal")
        || called.ends_with(".Fatal")
        || called.ends_with(".Fatalf")
}

/// Whether an expression is written where it stands.
fn is_written(node: Node<'_>) -> bool {
    let mut at = unwrapped(node);
    while let Some(parent) = at.parent() {
        match parent.kind() {
            "index_expression" | "selector_expression" if parent.child_by_field_name("operand") == Some(at) => {
                at = parent
            }
            "inc_statement" | "dec_statement" => return true,
            "expression_list" => {
                return parent.parent().is_some_and(|statement| statement.child_by_field_name("left") == Some(parent));
            }
            _ => return false,
        }
    }
    false
}
