//! Which expressions of a function touch memory, in what way, and what memory that is.
//!
//! The detector knows a line and whether it read or wrote. This lists every operand of a function with the memory that it means: a variable, a field,
//! an element, a map's entry, or what a pointer points to. The caller chooses by the line, the kind of access and what is known of the memory.

use super::scope::{Binding, Kind, View};
use super::syntax::{MAX_DEPTH, children, is_function, line, listed, text, walk};
use tree_sitter::Node;

/// What a statement does to an operand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// `x = …`, `x := …`: written.
    Assigned,
    /// `x++`, `x += …`: read and written.
    Updated,
    /// Read.
    Read,
    /// `&x`: its address is taken; the access itself happens elsewhere, or atomically.
    AddressTaken,
    /// `x.Method()`: the receiver; a pointer method may touch it in either way.
    Receiver,
    /// `append(x, …)`, `len(x)`: header read.
    Header,
    /// `delete(x, …)`, `clear(x)`, `copy(x, …)`: the insides written.
    InsidesWritten,
    /// `range x`: read.
    Ranged,
    /// `T{x: …}`: the field `x` of a value being built; [`Operand::value`] is what the value is assigned to.
    LiteralKey,
}

/// What memory an operand means.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Memory {
    /// A variable itself.
    #[default]
    Variable,
    /// A field of a struct.
    Field,
    /// An element of a slice or array.
    Element,
    /// A map, its entries or its own bookkeeping.
    Map,
    /// What a pointer points to.
    Pointee,
}

/// The variable at the root of an operand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Root {
    /// How it is declared.
    pub kind: Kind,
    /// The name.
    pub name: String,
    /// Line of the declaration.
    pub line: u32,
    /// File of the declaration.
    pub file: String,
    /// Its type, as far as known.
    pub type_text: String,
    /// Whether other goroutines can reach the variable itself: it is one of the package's, or its address is kept, or a function literal that
    /// uses it shares it.
    pub shared: bool,
}

/// An operand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Operand {
    /// Its text: `c.items[k]`.
    pub text: String,
    /// Byte range in the file.
    pub span: (usize, usize),
    /// The last name in it, outside brackets: `items`.
    pub leaf: String,
    /// The first name: `c`.
    pub base: String,
    /// It ends in an index: `x[i]`.
    pub indexed: bool,
    /// What is done to it.
    pub role: Role,
    /// A shorter part of a longer operand (`c` of `c.items`): read on the way.
    pub prefix: bool,
    /// The text assigned to it, for [`Role::Assigned`].
    pub value: String,
    /// The operator or keyword: `=`, `+=`, `++`, `if`, `for`, `return`, …
    pub context: String,
    /// What memory it means.
    pub memory: Memory,
    /// The type of the value there, as far as known.
    pub type_text: String,
    /// The struct that a field belongs to, as far as known.
    pub owner: String,
    /// File and line where the field or variable is declared, as far as known.
    pub declared: Option<(String, u32)>,
    /// The variable that the memory is or is a part of; none where a pointer, slice or map lies between.
    pub root: Option<Root>,
    /// Lines at which the compiler may say that the access is.
    pub lines: (u32, u32),
}

/// The operands of one function, those of functions inside of it left out, that touch memory at a line.
pub fn operands<'a>(view: View<'a>, function: Node<'a>, at: u32) -> Vec<Operand> {
    let mut scan =
        Scan { view, found: Vec::new(), context: String::new(), value: String::new(), statement: 0, depth: 0, at };
    if let Some(body) = function.child_by_field_name("body") {
        scan.statement(body);
    }
    scan.found.retain(|operand| operand.lines.0 == at || operand.lines.1 == at);
    scan.found
}

/// Whether other goroutines can reach a variable itself.
pub fn is_shared<'a>(view: View<'a>, binding: &Binding<'a>) -> bool {
    if binding.kind == Kind::Package {
        return true;
    }
    let Some(home) = view.home(binding) else { return true };
    let name = binding.name();
    let (mut captured, mut assigned, mut address) = (false, false, false);
    walk(home, &mut |node| {
        if node.kind() != "identifier" || text(view.file, node) != name || node == binding.ident {
            return true;
        }
        let means = view.resolve_left(node).or_else(|| view.resolve(node));
        if means != Some(*binding) {
            return true;
        }
        captured |= super::syntax::function_of(node) != Some(home);
        let (mut at, mut part) = (node, false);
        while let Some(parent) = at.parent() {
            match parent.kind() {
                "parenthesized_expression" => {}
                "selector_expression" if parent.child_by_field_name("operand") == Some(at) => {
                    let called = parent.parent().is_some_and(|call| {
                        call.kind() == "call_expression" && call.child_by_field_name("function") == Some(parent)
                    });
                    let of = if part { String::new() } else { view.type_of_binding(binding) };
                    if called && !points(&of) {
                        address = true;
                    }
                    if points(&of) {
                        break;
                    }
                    part = true;
                }
                "index_expression" if parent.child_by_field_name("operand") == Some(at) => {
                    let of = view.underlying(&view.type_of(at));
                    if !of.is_empty() && (!of.starts_with('[') || of.starts_with("[]")) {
                        break;
                    }
                    part = true;
                }
                "slice_expression" => {
                    let of = view.underlying(&view.type_of(at));
                    address |= of.starts_with('[') && !of.starts_with("[]");
                    break;
                }
                "unary_expression" => {
                    let operator = parent.child_by_field_name("operator");
                    address |= operator.is_some_and(|node| text(view.file, node) == "&");
                    break;
                }
                "inc_statement" | "dec_statement" => {
                    assigned = true;
                    break;
                }
                "expression_list"
                | "assignment_statement"
                | "short_var_declaration"
                | "range_clause"
                | "receive_statement" => {
                    let list = if parent.kind() == "expression_list" { parent } else { at };
                    let above = if parent.kind() == "expression_list" { parent.parent() } else { Some(parent) };
                    assigned |= above.is_some_and(|above| {
                        matches!(
                            above.kind(),
                            "assignment_statement" | "short_var_declaration" | "range_clause" | "receive_statement"
                        ) && above.child_by_field_name("left") == Some(list)
                    });
                    break;
                }
                _ => break,
            }
            at = parent;
        }
        true
    });
    // What a literal only reads, and nobody else sets, it has a copy of; a named result is set by `return`, a loop's variable by the loop.
    let looped = binding.kind == Kind::Loop
        && (binding.owner.kind() == "short_var_declaration" || !view.package.loops_are_new(binding.file));
    address || (captured && (assigned || binding.kind == Kind::Result || looped))
}

/// Types whose values lead elsewhere: their methods and fields are not in the variable.
fn points(of: &str) -> bool {
    of.starts_with('*')
        || of.starts_with("map[")
        || of.starts_with("chan ")
        || of.starts_with("func")
        || of.starts_with("[]")
        || of.starts_with("interface")
        || matches!(of, "any" | "error" | "context.Context" | "context.CancelFunc")
}

struct Scan<'a> {
    view: View<'a>,
    found: Vec<Operand>,
    context: String,
    value: String,
    /// Line of the statement's operator: where the compiler says a write is.
    statement: u32,
    depth: usize,
    at: u32,
}

/// What an operand's path means.
struct Path<'a> {
    memory: Memory,
    type_text: String,
    owner: String,
    declared: Option<(String, u32)>,
    root: Option<Binding<'a>>,
    leaf: String,
    base: String,
    indexed: bool,
}

impl<'a> Scan<'a> {
    fn text(&self, node: Node<'a>) -> &'a str {
        text(self.view.file, node)
    }

    fn statement(&mut self, node: Node<'a>) {
        if self.depth > MAX_DEPTH || is_function(node) {
            return;
        }
        // Nothing of it is at the line.
        if line(node) > self.at || super::syntax::last_line(node) < self.at {
            return;
        }
        self.depth += 1;
        self.inner_statement(node);
        self.depth -= 1;
    }

    fn inner_statement(&mut self, node: Node<'a>) {
        let part = |field: &str| node.child_by_field_name(field);
        self.statement = line(node);
        match node.kind() {
            "assignment_statement" | "short_var_declaration" => {
                let operator = part("operator").map_or(":=", |operator| self.text(operator)).to_owned();
                let role = if matches!(operator.as_str(), "=" | ":=") { Role::Assigned } else { Role::Updated };
                let (left, right) = (listed(node, "left"), listed(node, "right"));
                self.context = operator;
                // The compiler gives the operator's place to the writes.
                let mut cursor = node.walk();
                let at = node.children(&mut cursor).find(|child| {
                    let word = text(self.view.file, *child);
                    word.ends_with('=') && !child.is_named() || part("operator") == Some(*child)
                });
                self.statement = at.map_or(line(node), line);
                for (index, target) in left.iter().enumerate() {
                    let value = if left.len() == right.len() { right.get(index) } else { right.first() };
                    self.value = value.map(|value| self.text(*value).to_owned()).unwrap_or_default();
                    self.place(*target, role);
                }
                self.value.clear();
                let target = left.first().map(|target| self.text(*target).to_owned()).unwrap_or_default();
                for value in right {
                    self.built(value, &target);
                    self.expression(value, Role::Read);
                }
            }
            "inc_statement" | "dec_statement" => {
                self.context = if node.kind() == "inc_statement" { "++" } else { "--" }.to_owned();
                if let Some(target) = children(node).first() {
                    self.place(*target, Role::Updated);
                }
            }
            "var_declaration" => {
                for spec in super::package::specs_of(node) {
                    self.context = "var".to_owned();
                    let values = listed(spec, "value");
                    self.statement = line(spec);
                    for (index, name) in super::syntax::all_of(spec, "name").into_iter().enumerate() {
                        self.value = values.get(index).map(|value| self.text(*value).to_owned()).unwrap_or_default();
                        self.place(name, Role::Assigned);
                    }
                    self.value.clear();
                    values.into_iter().for_each(|value| self.expression(value, Role::Read));
                }
            }
            "return_statement" => {
                self.context = "return".to_owned();
                let values: Vec<Node<'a>> = children(node)
                    .into_iter()
                    .flat_map(|list| if list.kind() == "expression_list" { children(list) } else { vec![list] })
                    .collect();
                self.results(node, &values);
                values.into_iter().for_each(|value| self.expression(value, Role::Read));
            }
            "if_statement"
            | "for_statement"
            | "expression_switch_statement"
            | "type_switch_statement"
            | "for_clause" => {
                let word = node.kind().split('_').next().unwrap_or_default();
                let word = match word {
                    "if" => "if",
                    "for" => "for",
                    _ => "switch",
                };
                for child in children(node) {
                    word.clone_into(&mut self.context);
                    let initializer = part("initializer") == Some(child) || part("update") == Some(child);
                    if is_statement(child) || initializer {
                        self.statement(child);
                    } else if part("alias") != Some(child) {
                        self.statement = line(child);
                        self.expression(child, Role::Read);
                    }
                }
            }
            "range_clause" => {
                self.context = "for".to_owned();
                self.value = "range".to_owned();
                listed(node, "left").into_iter().for_each(|target| self.place(target, Role::Assigned));
                self.value.clear();
                if let Some(of) = part("right") {
                    self.expression(of, Role::Ranged);
                }
            }
            "receive_statement" => {
                self.context = "=".to_owned();
                self.value = part("right").map(|value| self.text(value).to_owned()).unwrap_or_default();
                listed(node, "left").into_iter().for_each(|target| self.place(target, Role::Assigned));
                self.value.clear();
                if let Some(of) = part("right") {
                    self.expression(of, Role::Read);
                }
            }
            "expression_case" | "type_case" | "communication_case" | "default_case" => {
                for child in children(node) {
                    self.context = "case".to_owned();
                    if is_statement(child) { self.statement(child) } else { self.expression(child, Role::Read) }
                }
            }
            "go_statement"
            | "defer_statement"
            | "expression_statement"
            | "send_statement"
            | "labeled_statement"
            | "block"
            | "statement_list" => {
                for child in children(node) {
                    self.context = match node.kind() {
                        "go_statement" => "go",
                        "defer_statement" => "defer",
                        _ => "",
                    }
                    .to_owned();
                    if is_statement(child) { self.statement(child) } else { self.expression(child, Role::Read) }
                }
            }
            _ if is_statement(node) => children(node).into_iter().for_each(|child| self.statement(child)),
            _ => self.expression(node, Role::Read),
        }
    }

    /// `return x` sets the named results.
    fn results(&mut self, node: Node<'a>, values: &[Node<'a>]) {
        let Some(result) = super::syntax::function_of(node).and_then(|function| function.child_by_field_name("result"))
        else {
            return;
        };
        let names: Vec<Node<'a>> =
            children(result).into_iter().flat_map(|parameter| super::syntax::all_of(parameter, "name")).collect();
        if result.kind() != "parameter_list" || names.len() != values.len() {
            return;
        }
        for (name, value) in names.into_iter().zip(values) {
            self.value = self.text(*value).to_owned();
            let mut path = self.path(name);
            path.root = self.view.resolve(name).or(path.root);
            self.push(name, path, Role::Assigned, false);
            // It is not on the line: the value stands for it.
            if let Some(found) = self.found.last_mut() {
                found.span = (value.start_byte(), value.end_byte());
                found.lines = (line(node), line(*value));
            }
        }
        self.value.clear();
    }

    /// The keys of a literal that is assigned to `target`.
    fn built(&mut self, value: Node<'a>, target: &str) {
        let literal =
            if value.kind() == "unary_expression" { value.child_by_field_name("operand") } else { Some(value) };
        let Some(body) =
            literal.filter(|node| node.kind() == "composite_literal").and_then(|node| node.child_by_field_name("body"))
        else {
            return;
        };
        let of = literal.map(|node| self.view.type_of(node)).unwrap_or_default();
        for element in children(body) {
            let Some(key) = element.child_by_field_name("key").and_then(|key| children(key).into_iter().next()) else {
                continue;
            };
            if key.kind() != "identifier" {
                continue;
            }
            let name = self.text(key).to_owned();
            let field = self.view.package.field(&of, &name);
            if field.is_none() && self.view.resolve(key).is_some() {
                continue;
            }
            self.found.push(Operand {
                text: name.clone(),
                span: (key.start_byte(), key.end_byte()),
                leaf: name,
                base: String::new(),
                indexed: false,
                role: Role::LiteralKey,
                prefix: false,
                value: target.to_owned(),
                context: "literal".to_owned(),
                memory: Memory::Field,
                type_text: field.as_ref().map(|field| field.type_text.clone()).unwrap_or_default(),
                owner: of.clone(),
                declared: field.map(|field| (self.view.package.name_of(field.file), line(field.node))),
                root: None,
                lines: (line(key), line(element)),
            });
        }
    }

    /// An expression whose value is used.
    fn expression(&mut self, node: Node<'a>, role: Role) {
        if self.depth > MAX_DEPTH || is_function(node) {
            return;
        }
        self.depth += 1;
        match node.kind() {
            "identifier" | "selector_expression" | "index_expression" => self.place(node, role),
            "parenthesized_expression" => children(node).into_iter().for_each(|inner| self.expression(inner, role)),
            "unary_expression" => {
                let operator = node.child_by_field_name("operator").map(|node| self.text(node)).unwrap_or_default();
                let operand = node.child_by_field_name("operand");
                match (operator, operand) {
                    ("*", Some(_)) => self.place(node, role),
                    ("&", Some(operand)) if operand.kind() != "composite_literal" => {
                        self.place(operand, Role::AddressTaken)
                    }
                    (_, Some(operand)) => self.expression(operand, Role::Read),
                    _ => {}
                }
            }
            "call_expression" => self.call(node),
            "slice_expression" => {
                for child in children(node) {
                    let of = node.child_by_field_name("operand") == Some(child);
                    self.expression(child, if of { Role::Header } else { Role::Read });
                }
            }
            "composite_literal" => {
                if let Some(body) = node.child_by_field_name("body") {
                    self.literal(body);
                }
            }
            "type_assertion_expression" | "type_conversion_expression" => {
                if let Some(operand) = node.child_by_field_name("operand") {
                    self.expression(operand, Role::Read);
                }
            }
            kind if kind.ends_with("_type") || kind.ends_with("_identifier") => {}
            _ => children(node).into_iter().for_each(|child| {
                if is_statement(child) { self.statement(child) } else { self.expression(child, Role::Read) }
            }),
        }
        self.depth -= 1;
    }

    fn literal(&mut self, body: Node<'a>) {
        for element in children(body) {
            match element.kind() {
                "keyed_element" => {
                    let key = element.child_by_field_name("key").and_then(|key| children(key).into_iter().next());
                    let value = element.child_by_field_name("value");
                    if let Some(key) = key.filter(|key| key.kind() != "identifier") {
                        self.expression(key, Role::Read);
                    }
                    value.into_iter().flat_map(children).for_each(|value| self.element(value));
                }
                "literal_element" => children(element).into_iter().for_each(|value| self.element(value)),
                _ => {}
            }
        }
    }

    fn element(&mut self, value: Node<'a>) {
        if value.kind() == "literal_value" { self.literal(value) } else { self.expression(value, Role::Read) }
    }

    fn call(&mut self, node: Node<'a>) {
        let Some(function) = node.child_by_field_name("function") else { return };
        let arguments = node.child_by_field_name("arguments").map(children).unwrap_or_default();
        let name = self.text(function);
        let builtin = function.kind() == "identifier" && self.view.resolve(function).is_none();
        match name {
            "make" | "new" if builtin => {
                arguments.into_iter().skip(1).for_each(|argument| self.expression(argument, Role::Read));
                return;
            }
            "append" | "len" | "cap" | "delete" | "clear" | "copy" | "close" if builtin => {
                let role = match name {
                    "append" | "len" | "cap" => Role::Header,
                    "close" => Role::Read,
                    _ => Role::InsidesWritten,
                };
                for (index, argument) in arguments.into_iter().enumerate() {
                    let role = match (index, name) {
                        (0, _) => role,
                        (1, "copy") => Role::Ranged,
                        _ => Role::Read,
                    };
                    self.expression(argument, role);
                }
                return;
            }
            _ => {}
        }
        match function.kind() {
            "identifier" if builtin => {}
            "identifier" if !self.view.resolve(function).is_some_and(|binding| binding.is_variable()) => {}
            "selector_expression" => {
                let (operand, field) = (function.child_by_field_name("operand"), function.child_by_field_name("field"));
                if let (Some(operand), Some(field)) = (operand, field) {
                    let package = operand.kind() == "identifier" && self.view.resolve(operand).is_none();
                    let of = self.view.type_of(operand);
                    let of = of.trim_start_matches('*').split('[').next().unwrap_or_default().to_owned();
                    let method = self.text(field);
                    let is_field = !of.is_empty() && self.view.package.field(&of, method).is_some();
                    if package {
                    } else if is_field {
                        self.place(function, Role::Read);
                    } else if matches!(
                        operand.kind(),
                        "identifier"
                            | "selector_expression"
                            | "index_expression"
                            | "unary_expression"
                            | "parenthesized_expression"
                    ) {
                        self.place(operand, Role::Receiver);
                    } else {
                        self.expression(operand, Role::Read);
                    }
                }
            }
            _ => self.expression(function, Role::Read),
        }
        arguments.into_iter().for_each(|argument| self.expression(argument, Role::Read));
    }

    /// An operand that names memory, and what is read on the way to it.
    fn place(&mut self, node: Node<'a>, role: Role) {
        if self.depth > MAX_DEPTH {
            return;
        }
        self.depth += 1;
        self.inner_place(node, role, false);
        self.depth -= 1;
    }

    fn inner_place(&mut self, node: Node<'a>, role: Role, prefix: bool) {
        match node.kind() {
            "parenthesized_expression" => {
                children(node).into_iter().for_each(|inner| self.inner_place(inner, role, prefix));
            }
            "identifier" => {
                let name = self.text(node);
                if name == "_" || matches!(name, "nil" | "true" | "false" | "iota") {
                    return;
                }
                let path = self.path(node);
                if path.root.is_some_and(|root| root.is_variable()) {
                    self.push(node, path, role, prefix);
                }
            }
            "selector_expression" => {
                let Some(operand) = node.child_by_field_name("operand") else { return };
                let package = operand.kind() == "identifier" && self.view.resolve(operand).is_none();
                let path = self.path(node);
                self.push(node, path, role, prefix);
                if !package {
                    self.inner_prefix(operand);
                }
            }
            "index_expression" => {
                let path = self.path(node);
                self.push(node, path, role, prefix);
                if let Some(operand) = node.child_by_field_name("operand") {
                    self.inner_prefix(operand);
                }
                if let Some(index) = node.child_by_field_name("index") {
                    self.expression(index, Role::Read);
                }
            }
            "unary_expression" if node.child_by_field_name("operator").is_some_and(|node| self.text(node) == "*") => {
                let path = self.path(node);
                self.push(node, path, role, prefix);
                if let Some(operand) = node.child_by_field_name("operand") {
                    self.inner_prefix(operand);
                }
            }
            _ => self.expression(node, Role::Read),
        }
    }

    fn inner_prefix(&mut self, operand: Node<'a>) {
        match operand.kind() {
            "identifier"
            | "selector_expression"
            | "index_expression"
            | "parenthesized_expression"
            | "unary_expression" => {
                if self.depth < MAX_DEPTH {
                    self.depth += 1;
                    self.inner_place(operand, Role::Read, true);
                    self.depth -= 1;
                }
            }
            _ => self.expression(operand, Role::Read),
        }
    }

    fn path(&self, node: Node<'a>) -> Path<'a> {
        let plain = |binding: Option<Binding<'a>>, name: &str| Path {
            memory: Memory::Variable,
            type_text: binding.map(|binding| self.view.type_of_binding(&binding)).unwrap_or_default(),
            owner: String::new(),
            declared: binding.map(|binding| (self.view.package.name_of(binding.file), binding.line())),
            root: binding,
            leaf: name.to_owned(),
            base: name.to_owned(),
            indexed: false,
        };
        match node.kind() {
            "identifier" => {
                let binding = self.view.resolve_left(node).or_else(|| self.view.resolve(node));
                plain(binding, self.text(node))
            }
            "parenthesized_expression" => match children(node).first() {
                Some(inner) => self.path(*inner),
                None => plain(None, ""),
            },
            "selector_expression" => {
                let (Some(operand), Some(field)) =
                    (node.child_by_field_name("operand"), node.child_by_field_name("field"))
                else {
                    return plain(None, "");
                };
                let name = self.text(field);
                let inner = self.path(operand);
                if operand.kind() == "identifier" && inner.root.is_none() {
                    // A variable of another package.
                    return Path { base: inner.base, ..plain(None, name) };
                }
                let of = self.view.type_of(operand);
                let bare = of.trim_start_matches('*').split('[').next().unwrap_or_default().to_owned();
                let found = self.view.package.field(&bare, name);
                let owner = found.as_ref().map_or(bare, |field| field.owner.clone());
                // Of an unknown type it may be a pointer.
                let through = of.starts_with('*') || of.is_empty();
                Path {
                    memory: Memory::Field,
                    type_text: self.view.type_of(node),
                    owner,
                    declared: found.map(|field| (self.view.package.name_of(field.file), line(field.node))),
                    root: inner.root.filter(|_| {
                        !through && matches!(inner.memory, Memory::Variable | Memory::Field | Memory::Element)
                    }),
                    leaf: name.to_owned(),
                    base: inner.base,
                    indexed: false,
                }
            }
            "index_expression" => {
                let Some(operand) = node.child_by_field_name("operand") else { return plain(None, "") };
                let inner = self.path(operand);
                let of = self.view.underlying(&self.view.type_of(operand));
                let map = of.starts_with("map[");
                let array = of.starts_with('[') && !of.starts_with("[]");
                Path {
                    memory: if map { Memory::Map } else { Memory::Element },
                    type_text: if map { self.view.type_of(operand) } else { self.view.type_of(node) },
                    owner: inner.owner,
                    declared: inner.declared,
                    root: inner.root.filter(|_| array),
                    leaf: inner.leaf,
                    base: inner.base,
                    indexed: true,
                }
            }
            "unary_expression" => {
                let Some(operand) = node.child_by_field_name("operand") else { return plain(None, "") };
                let inner = self.path(operand);
                Path {
                    memory: Memory::Pointee,
                    type_text: self.view.type_of(node),
                    owner: String::new(),
                    declared: None,
                    root: None,
                    leaf: inner.leaf,
                    base: inner.base,
                    indexed: false,
                }
            }
            _ => {
                let type_text = self.view.type_of(node);
                Path { memory: Memory::Pointee, type_text, ..plain(None, "") }
            }
        }
    }

    fn push(&mut self, node: Node<'a>, path: Path<'a>, role: Role, prefix: bool) {
        let here = line(node);
        let writes = matches!(role, Role::Assigned | Role::Updated);
        let lines = if writes { (self.statement, here) } else { (here, here) };
        if lines.0 != self.at && lines.1 != self.at {
            return;
        }
        let of = self.view.underlying(&path.type_text);
        // What is done to a slice or map by name is done to what it leads to.
        let memory = match role {
            Role::InsidesWritten | Role::Ranged | Role::Header if of.starts_with("map[") => Memory::Map,
            Role::InsidesWritten | Role::Ranged if of.starts_with("[]") => Memory::Element,
            _ => path.memory,
        };
        let root = path.root.filter(Binding::is_variable).map(|binding| Root {
            kind: binding.kind,
            name: binding.name().to_owned(),
            line: binding.line(),
            file: self.view.package.name_of(binding.file),
            type_text: self.view.type_of_binding(&binding),
            shared: is_shared(View { file: binding.file, ..self.view }, &binding),
        });
        self.found.push(Operand {
            text: self.text(node).split_whitespace().collect::<Vec<_>>().join(" "),
            span: (node.start_byte(), node.end_byte()),
            leaf: path.leaf,
            base: path.base,
            indexed: path.indexed,
            role,
            prefix,
            value: if role == Role::Assigned { self.value.clone() } else { String::new() },
            context: self.context.clone(),
            memory,
            type_text: path.type_text,
            owner: path.owner,
            declared: path.declared,
            root,
            lines,
        });
    }
}

/// Whether a node is a statement rather than an expression.
pub fn is_statement(node: Node<'_>) -> bool {
    let kind = node.kind();
    kind.ends_with("_statement")
        || kind.ends_with("_declaration")
        || kind.ends_with("_case")
        || matches!(kind, "block" | "statement_list" | "for_clause" | "range_clause")
}

#[cfg(test)]
mod tests {
    use super::super::SourceFile;
    use super::super::package::Package;
    use super::*;
    use std::rc::Rc;

    /// What the operands at the lines with a mark `// !` are: text, role, memory, whether another goroutine can reach the variable itself.
    fn list(source: &str) -> Vec<String> {
        let file = Rc::new(SourceFile::new(source.to_owned()));
        let package = Package { files: vec![("a.go".into(), file.clone())], language: None };
        let at = source.lines().position(|line| line.contains("// !")).unwrap() as u32 + 1;
        let function = super::super::syntax::functions_on(&file, at).pop().unwrap();
        operands(View { package: &package, file: &file }, function, at)
            .into_iter()
            .filter(|operand| operand.root.as_ref().is_none_or(|root| root.shared))
            .map(|operand| format!("{} {:?} {:?} {}", operand.text, operand.role, operand.memory, operand.type_text))
            .collect()
    }

    #[test]
    fn a_copy_in_a_literal_is_not_shared_and_what_a_pointer_points_to_is_its_own() {
        let found = list(
            "package p\nfunc f(p *int) {\n\tdone := make(chan bool)\n\tgo func() { *p++; done <- true }() // !\n\t*p++\n\t<-done\n}\n",
        );
        assert_eq!(found, ["*p Updated Pointee int"]);
        let found = list(
            "package p\nimport \"sync\"\nfunc f(p *int) {\n\tvar wg sync.WaitGroup\n\twg.Go(func() {\n\t\t*p++ // !\n\t})\n\t*p++\n}\n",
        );
        assert_eq!(found, ["*p Updated Pointee int"]);
    }

    #[test]
    fn fields_elements_maps_and_multiple_assignments() {
        let found = list("package p\ntype T struct{ tags []string }\nfunc f(p *T) {\n\tp.tags[0] = \"y\" // !\n}\n");
        assert_eq!(found, ["p.tags[0] Assigned Element string", "p.tags Read Field []string"]);
        let found = list("package p\nvar a, b int\nfunc f() {\n\ta, b = b, a // !\n}\n");
        assert_eq!(
            found.iter().map(|line| line.split(' ').take(2).collect::<Vec<_>>().join(" ")).collect::<Vec<_>>(),
            ["a Assigned", "b Assigned", "b Read", "a Read"]
        );
        let found = list("package p\nvar m map[string]int\nfunc f(k string) {\n\tm[k]++ // !\n}\n");
        assert_eq!(found, ["m[k] Updated Map map[string]int", "m Read Variable map[string]int"]);
        let found = list("package p\nvar m map[string]int\nfunc f() {\n\tdelete(m, \"a\") // !\n}\n");
        assert_eq!(found, ["m InsidesWritten Map map[string]int"]);
        let found = list(
            "package p\ntype T struct{ a [3]int; n int }\nvar t T\nfunc f() int {\n\treturn t.a[1] + t.n // !\n}\n",
        );
        assert_eq!(
            found,
            [
                "t.a[1] Read Element int",
                "t.a Read Field [3]int",
                "t Read Variable T",
                "t.n Read Field int",
                "t Read Variable T"
            ]
        );
    }

    #[test]
    fn named_results_are_set_by_return() {
        let found = list(
            "package p\nfunc f() (err error) {\n\tgo func() { err = nil }()\n\treturn g() // !\n}\nfunc g() error { return nil }\n",
        );
        assert_eq!(found, ["err Assigned Variable error"]);
    }
}
