//! A variable made atomic: its declaration and every use, or nothing.

use super::Refused;
use super::edit::Edits;
use super::uses::{Target, Use, What, unwrapped};
use crate::explain::advice::atomic_type;
use crate::explain::shape::is_number;
use crate::source::scope::Kind;
use crate::source::syntax::{self, listed, text};
use tree_sitter::Node;

/// How values go in and come out.
struct Form {
    /// `atomic.Int64`, `atomic.Pointer[T]`.
    type_text: String,
    /// What the type's methods take and give: `int64`.
    inner: String,
    /// The variable's own type: `int`.
    own: String,
    number: bool,
}

impl Form {
    fn of(target: &Target<'_>) -> Result<Form, Refused> {
        let own = target.type_text.clone();
        if let Some(pointed) = own.strip_prefix('*') {
            return Ok(Form {
                type_text: format!("atomic.Pointer[{pointed}]"),
                inner: own.clone(),
                own,
                number: false,
            });
        }
        if own != "bool" && !is_number(&own) {
            return Err(Refused::new(format!(
                "there is no atomic type for {}",
                if own.is_empty() { "its type" } else { &own }
            )));
        }
        if matches!(own.as_str(), "int8" | "int16" | "uint8" | "uint16") {
            return Err(Refused::new(format!("an atomic of another size would not wrap around as a {own} does")));
        }
        let name = atomic_type(&own);
        Ok(Form { type_text: format!("atomic.{name}"), inner: name.to_lowercase(), number: own != "bool", own })
    }

    /// A value on its way in.
    fn put(&self, value: &str, literal: bool) -> String {
        if self.inner == self.own || literal || !self.number {
            value.to_owned()
        } else {
            format!("{}({value})", self.inner)
        }
    }

    /// A value on its way out.
    fn get(&self, name: &str) -> String {
        if self.inner == self.own || !self.number {
            format!("{name}.Load()")
        } else {
            format!("{}({name}.Load())", self.own)
        }
    }
}

/// Edits that make the target atomic.
///
/// # Errors
/// A use does not let it be changed safely.
pub fn make(target: &Target<'_>, edits: &mut Edits) -> Result<String, Refused> {
    if target.package.language_of(target.home()).is_some_and(|version| version < (1, 19)) {
        return Err(Refused::new("the module's language version has no atomic types yet (Go 1.19)"));
    }
    if target.is_exported() {
        return Err(Refused::new(format!("{} is exported: other packages may use it", target.name)));
    }
    let form = Form::of(target)?;
    let (keyed, unkeyed) = target.literals();
    if unkeyed || !keyed.is_empty() {
        return Err(Refused::new("literals of the struct set it"));
    }
    let uses = target.uses()?;
    declare(target, &form, edits)?;
    for one in &uses {
        change(target, &form, *one, edits)?;
    }
    edits.import(target.package, "sync/atomic")?;
    Ok(form.type_text)
}

fn declare(target: &Target<'_>, form: &Form, edits: &mut Edits) -> Result<(), Refused> {
    let file = target.home();
    let index = target.index(file);
    let declaration = target.declared_alone().ok_or_else(|| Refused::new("it is declared together with others"))?;
    let replace_type = |edits: &mut Edits, node: Node<'_>| {
        edits.replace(index, (node.start_byte(), node.end_byte()), form.type_text.clone())
    };
    match declaration.kind() {
        "field_declaration" => {
            let node =
                declaration.child_by_field_name("type").ok_or_else(|| Refused::new("its declaration has no type"))?;
            replace_type(edits, node);
            Ok(())
        }
        "var_spec" => {
            let value = listed(declaration, "value").into_iter().next();
            let zero = value.is_none_or(|value| is_zero(text(file, value)));
            let name = text(file, syntax::all_of(declaration, "name")[0]);
            let mut new = format!("{name} {}", form.type_text);
            if !zero {
                let local = matches!(&target.what, What::Variable(binding) if binding.kind == Kind::Local);
                let value = value.map(|value| text(file, value)).unwrap_or_default();
                if !local {
                    return initialise(target, form, declaration, value, edits);
                }
                let indent = indent_at(file, declaration.start_byte());
                new += &format!("\n{indent}{name}.Store({})", form.put(value, is_literal(value)));
            }
            edits.replace(index, (declaration.start_byte(), declaration.end_byte()), new);
            Ok(())
        }
        "short_var_declaration" => {
            if declaration.parent().is_none_or(|parent| parent.kind() != "statement_list") {
                return Err(Refused::new("it is declared in the head of a statement"));
            }
            let value = listed(declaration, "right").first().map(|value| text(file, *value)).unwrap_or_default();
            let mut new = format!("var {} {}", target.name, form.type_text);
            if !is_zero(value) {
                let indent = indent_at(file, declaration.start_byte());
                new += &format!("\n{indent}{}.Store({})", target.name, form.put(value, is_literal(value)));
            }
            edits.replace(index, (declaration.start_byte(), declaration.end_byte()), new);
            Ok(())
        }
        _ => Err(Refused::new("it is a parameter, a result or a loop's variable")),
    }
}

/// A package-level variable with a value of its own: set before anything else of the package is run, as by its declaration.
fn initialise(
    target: &Target<'_>,
    form: &Form,
    declaration: Node<'_>,
    value: &str,
    edits: &mut Edits,
) -> Result<(), Refused> {
    let early = target.uses()?.into_iter().any(|one| {
        let function = syntax::top_level(one.node).filter(|node| node.kind() != "var_declaration");
        let file = &target.package.files[one.file].1;
        function
            .is_none_or(|function| function.child_by_field_name("name").is_some_and(|name| text(file, name) == "init"))
    });
    if early || !(is_literal(value) || value == "true") {
        return Err(Refused::new("it is declared with a value other than zero, which other initialisations may need"));
    }
    let file = target.home();
    let index = target.index(file);
    let Some(whole) = syntax::top_level(declaration) else {
        return Err(Refused::new("its declaration was not understood"));
    };
    let name = &target.name;
    edits.replace(index, (declaration.start_byte(), declaration.end_byte()), format!("{name} {}", form.type_text));
    // Behind a comment on the same line.
    let line = file.line_of(whole.end_byte());
    let end = file.line_start(line) + file.line(line).map_or(0, str::len);
    edits.insert(index, end, format!("\n\nfunc init() {{\n\t{name}.Store({value})\n}}"));
    Ok(())
}

fn change(target: &Target<'_>, form: &Form, one: Use<'_>, edits: &mut Edits) -> Result<(), Refused> {
    let file = &target.package.files[one.file].1;
    let name = text(file, one.node);
    let outer = unwrapped(one.node);
    let Some(parent) = outer.parent() else { return Err(Refused::new("a use was not understood")) };
    let at = |why: &str| Refused::new(format!("line {}: {why}", syntax::line(one.node)));
    let range = |node: Node<'_>| (node.start_byte(), node.end_byte());
    match parent.kind() {
        "inc_statement" | "dec_statement" if form.number => {
            let step = match (parent.kind(), form.inner.starts_with('u')) {
                ("inc_statement", _) => "1".to_owned(),
                (_, false) => "-1".to_owned(),
                (_, true) => format!("^{}(0)", form.inner),
            };
            edits.replace(one.file, range(parent), format!("{name}.Add({step})"));
            return Ok(());
        }
        "unary_expression" if parent.child_by_field_name("operator").is_some_and(|node| text(file, node) == "&") => {
            return Err(at("its address is taken"));
        }
        "expression_list" => {
            let statement = parent.parent().ok_or_else(|| at("not understood"))?;
            let left = statement.child_by_field_name("left") == Some(parent);
            if left {
                return assign(form, one, name, statement, file, edits);
            }
        }
        "selector_expression" if parent.child_by_field_name("operand") == Some(outer) && !form.own.starts_with('*') => {
            return Err(at("it has methods or fields"));
        }
        "range_clause" | "receive_statement" => return Err(at("it is set by a statement's head")),
        _ => {}
    }
    if let Some(check) = checked_and_set(one, file) {
        return Err(at(&format!("it is looked at and then set (line {check}), which only a lock does in one step")));
    }
    edits.replace(one.file, range(outer), form.get(name));
    Ok(())
}

fn assign(
    form: &Form,
    one: Use<'_>,
    name: &str,
    statement: Node<'_>,
    file: &crate::source::SourceFile,
    edits: &mut Edits,
) -> Result<(), Refused> {
    let at = |why: &str| Refused::new(format!("line {}: {why}", syntax::line(one.node)));
    let (left, right) = (listed(statement, "left"), listed(statement, "right"));
    if statement.kind() != "assignment_statement" || left.len() != 1 || right.len() != 1 {
        return Err(at("it is set together with others"));
    }
    let in_list = statement.parent().is_some_and(|parent| matches!(parent.kind(), "statement_list"));
    if !in_list {
        return Err(at("it is set in the head of a statement"));
    }
    let value = text(file, right[0]);
    let literal = is_literal(value);
    let operator = statement.child_by_field_name("operator").map(|node| text(file, node)).unwrap_or_default();
    let mentions =
        |value: &str| value.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '.').any(|word| word == name);
    let whole = (statement.start_byte(), statement.end_byte());
    let new = match operator {
        "=" => {
            let step =
                value.strip_prefix(name).map(str::trim_start).and_then(|rest| rest.strip_prefix('+')).map(str::trim);
            match step {
                Some(step) if form.number && !mentions(step) => {
                    format!("{name}.Add({})", form.put(step, is_literal(step)))
                }
                _ if mentions(value) => return Err(at("its new value is made from its old one")),
                _ => format!("{name}.Store({})", form.put(value, literal)),
            }
        }
        "+=" if form.number && !mentions(value) => format!("{name}.Add({})", form.put(value, literal)),
        "-=" if form.number && !mentions(value) && !form.inner.starts_with('u') => {
            format!("{name}.Add(-{})", if literal { value.to_owned() } else { format!("{}({value})", form.inner) })
        }
        _ => return Err(at("there is no atomic operation for it")),
    };
    edits.replace(one.file, whole, new);
    Ok(())
}

/// `if !x { x = true }`: the line where it is set.
fn checked_and_set(one: Use<'_>, file: &crate::source::SourceFile) -> Option<u32> {
    let mut at = one.node;
    while let Some(parent) = at.parent() {
        if parent.kind() == "if_statement" && parent.child_by_field_name("condition") == Some(at) {
            let body = parent.child_by_field_name("consequence")?;
            let mut set = None;
            syntax::walk(body, &mut |node| {
                if node.kind() == "assignment_statement"
                    && listed(node, "left").iter().any(|left| text(file, *left) == text(file, one.node))
                {
                    set = Some(syntax::line(node));
                }
                true
            });
            return set;
        }
        if syntax::is_function(parent) || parent.kind() == "statement_list" {
            return None;
        }
        at = parent;
    }
    None
}

fn is_zero(value: &str) -> bool {
    matches!(value, "0" | "false" | "nil" | "int64(0)" | "int32(0)" | "uint64(0)" | "uint32(0)")
}

/// A value that fits every number type.
fn is_literal(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'_')
}

/// The white space before a line's first word.
pub fn indent_at(file: &crate::source::SourceFile, byte: usize) -> String {
    let line = file.line(file.line_of(byte)).unwrap_or_default();
    line[..line.len() - line.trim_start().len()].to_owned()
}

/// Makes plain uses of a word atomic that is used by functions of sync/atomic already.
///
/// # Errors
/// A plain use has no atomic operation.
pub fn join(target: &Target<'_>, edits: &mut Edits) -> Result<(), Refused> {
    let suffix = match target.type_text.as_str() {
        "int32" => "Int32",
        "int64" => "Int64",
        "uint32" => "Uint32",
        "uint64" => "Uint64",
        "uintptr" => "Uintptr",
        _ => return Err(Refused::new("it has an atomic type already, or none that sync/atomic's functions take")),
    };
    for one in target.uses()? {
        let file = &target.package.files[one.file].1;
        let name = text(file, one.node);
        let outer = unwrapped(one.node);
        let Some(parent) = outer.parent() else { continue };
        let at = |why: &str| Refused::new(format!("line {}: {why}", syntax::line(one.node)));
        let range = |node: Node<'_>| (node.start_byte(), node.end_byte());
        match parent.kind() {
            "unary_expression"
                if parent.child_by_field_name("operator").is_some_and(|node| text(file, node) == "&") =>
            {
                let atomic = parent
                    .parent()
                    .and_then(|list| list.parent())
                    .and_then(|call| call.child_by_field_name("function"));
                if !atomic.is_some_and(|called| text(file, called).starts_with("atomic.")) {
                    return Err(at("its address is taken"));
                }
            }
            "inc_statement" => edits.replace(one.file, range(parent), format!("atomic.Add{suffix}(&{name}, 1)")),
            "expression_list"
                if parent.parent().is_some_and(|statement| statement.child_by_field_name("left") == Some(parent)) =>
            {
                let statement = parent.parent().ok_or_else(|| at("not understood"))?;
                let (left, right) = (listed(statement, "left"), listed(statement, "right"));
                let operator =
                    statement.child_by_field_name("operator").map(|node| text(file, node)).unwrap_or_default();
                if left.len() != 1 || right.len() != 1 {
                    return Err(at("it is set together with others"));
                }
                let value = text(file, right[0]);
                let operation = match operator {
                    "=" => "Store",
                    "+=" => "Add",
                    _ => return Err(at("there is no atomic operation for it")),
                };
                if value.contains(name) {
                    return Err(at("its new value is made from its old one"));
                }
                edits.replace(one.file, range(statement), format!("atomic.{operation}{suffix}(&{name}, {value})"));
            }
            "dec_statement" | "range_clause" | "receive_statement" => {
                return Err(at("there is no atomic operation for it"));
            }
            _ => edits.replace(one.file, range(outer), format!("atomic.Load{suffix}(&{name})")),
        }
    }
    edits.import(target.package, "sync/atomic")
}
