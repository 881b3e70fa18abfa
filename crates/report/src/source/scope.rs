//! Which declaration a name means (Go spec, "Declarations and scope"), and of what type an expression is as far as the package's own files say.
//!
//! Types are texts as they would be written: `*T`, `[]T`, `map[K]V`. What other packages declare is not looked up, beyond a few functions of the
//! standard library that are used everywhere; then the answer is the empty text, which fits everything.

use super::SourceFile;
use super::package::{Package, receiver_type};
use super::syntax::{all_of, children, function_of, is_function, listed, text};
use tree_sitter::Node;

/// A file of a package, to ask about its names.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The package.
    pub package: &'a Package,
    /// The file.
    pub file: &'a SourceFile,
}

/// How a name is declared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `var` at package level.
    Package,
    /// `var` or `:=` in a function.
    Local,
    /// A parameter.
    Parameter,
    /// A method's receiver.
    Receiver,
    /// A named result.
    Result,
    /// `for i := …`, `for k, v := range …`.
    Loop,
    /// `switch x := y.(type)`.
    TypeSwitch,
    /// A constant, function, type or package: no variable.
    NoVariable,
}

/// A name's declaration.
#[derive(Clone, Copy)]
pub struct Binding<'a> {
    /// How.
    pub kind: Kind,
    /// Where: a package-level name may stand in another file.
    pub file: &'a SourceFile,
    /// The name in its declaration.
    pub ident: Node<'a>,
    /// The specification, statement or parameter that declares it.
    pub owner: Node<'a>,
}

impl PartialEq for Binding<'_> {
    fn eq(&self, other: &Self) -> bool {
        std::ptr::eq(self.file, other.file) && self.ident.start_byte() == other.ident.start_byte()
    }
}

impl<'a> Binding<'a> {
    /// Line of the declaration.
    pub fn line(&self) -> u32 {
        super::syntax::line(self.ident)
    }

    /// The name.
    pub fn name(&self) -> &'a str {
        text(self.file, self.ident)
    }

    /// True for a variable of whatever kind.
    pub fn is_variable(&self) -> bool {
        self.kind != Kind::NoVariable
    }
}

impl<'a> View<'a> {
    /// The declaration that an identifier means.
    pub fn resolve(&self, node: Node<'a>) -> Option<Binding<'a>> {
        let name = text(self.file, node);
        if name == "_" || name.is_empty() {
            return None;
        }
        let mut child = node;
        while let Some(parent) = child.parent() {
            if let Some(found) = self.declared_in(parent, child, name) {
                return Some(found);
            }
            child = parent;
        }
        self.package_level(name)
    }

    /// A package-level name.
    pub fn package_level(&self, name: &str) -> Option<Binding<'a>> {
        if let Some((file, owner, ident)) = self.package.variable(name) {
            return Some(Binding { kind: Kind::Package, file, ident, owner });
        }
        let other = self.package.function(name).or_else(|| self.package.type_named(name));
        other.map(|(file, owner)| Binding {
            kind: Kind::NoVariable,
            file,
            ident: owner.child_by_field_name("name").unwrap_or(owner),
            owner,
        })
    }

    fn binding(&self, kind: Kind, ident: Node<'a>, owner: Node<'a>) -> Option<Binding<'a>> {
        Some(Binding { kind, file: self.file, ident, owner })
    }

    fn among(&self, names: Vec<Node<'a>>, name: &str) -> Option<Node<'a>> {
        names.into_iter().find(|node| text(self.file, *node) == name)
    }

    /// What `parent` declares for its part `child`.
    fn declared_in(&self, parent: Node<'a>, child: Node<'a>, name: &str) -> Option<Binding<'a>> {
        match parent.kind() {
            "statement_list" => self.before(parent, child, name),
            "if_statement" | "expression_switch_statement" | "type_switch_statement" => {
                let initializer = parent.child_by_field_name("initializer");
                if let Some(alias) = parent.child_by_field_name("alias")
                    && parent.child_by_field_name("value") != Some(child)
                    && initializer != Some(child)
                    && let Some(ident) = self.among(listed(parent, "alias"), name)
                {
                    return self.binding(Kind::TypeSwitch, ident, alias);
                }
                let initializer = initializer.filter(|node| *node != child)?;
                self.short(initializer, name, Kind::Local)
            }
            "for_clause" => {
                let initializer = parent.child_by_field_name("initializer").filter(|node| *node != child)?;
                self.short(initializer, name, Kind::Loop)
            }
            "for_statement" => {
                let clause = children(parent).into_iter().find(|node| node.kind().ends_with("_clause"))?;
                if clause == child {
                    return None;
                }
                if clause.kind() == "for_clause" {
                    return self.short(clause.child_by_field_name("initializer")?, name, Kind::Loop);
                }
                if !self.defines(clause) {
                    return None;
                }
                let ident = self.among(listed(clause, "left"), name)?;
                self.binding(Kind::Loop, ident, clause)
            }
            "communication_case" => {
                let communication = parent.child_by_field_name("communication").filter(|node| *node != child)?;
                if communication.kind() != "receive_statement" || !self.defines(communication) {
                    return None;
                }
                let ident = self.among(listed(communication, "left"), name)?;
                self.binding(Kind::Local, ident, communication)
            }
            _ if is_function(parent) => self.of_function(parent, name),
            _ => None,
        }
    }

    /// Whether a range clause or receive statement has `:=`.
    fn defines(&self, node: Node<'a>) -> bool {
        let mut cursor = node.walk();
        node.children(&mut cursor).any(|child| child.kind() == ":=")
    }

    fn short(&self, statement: Node<'a>, name: &str, kind: Kind) -> Option<Binding<'a>> {
        if statement.kind() != "short_var_declaration" {
            return None;
        }
        let ident = self.among(listed(statement, "left"), name)?;
        self.binding(kind, ident, statement)
    }

    /// The statements of a list before one of them.
    fn before(&self, list: Node<'a>, child: Node<'a>, name: &str) -> Option<Binding<'a>> {
        let mut found: Option<Binding<'a>> = None;
        for statement in children(list) {
            if statement.start_byte() >= child.start_byte() {
                // The names that a statement declares are the same where they stand.
                let own = statement == child && statement.kind() == "var_declaration";
                if !own {
                    break;
                }
            }
            let statement = unlabeled(statement);
            match statement.kind() {
                "short_var_declaration" => {
                    let known = found.is_some()
                        || (listed(statement, "left").len() > 1
                            && list
                                .parent()
                                .and_then(|block| block.parent())
                                .filter(|function| is_function(*function))
                                .is_some_and(|function| self.of_function(function, name).is_some()));
                    if !known {
                        found = self.short(statement, name, Kind::Local).or(found);
                    }
                }
                "var_declaration" => {
                    for spec in super::package::specs_of(statement) {
                        if let Some(ident) = self.among(all_of(spec, "name"), name) {
                            found = self.binding(Kind::Local, ident, spec);
                        }
                    }
                }
                "const_declaration" | "type_declaration" => {
                    for spec in super::package::specs_of(statement) {
                        if let Some(ident) = self.among(all_of(spec, "name"), name) {
                            found = self.binding(Kind::NoVariable, ident, spec);
                        }
                    }
                }
                _ => {}
            }
        }
        // A declaration's own name, asked at the name itself.
        if found.is_none() && unlabeled(child).kind() == "short_var_declaration" {
            return None;
        }
        found
    }

    fn of_function(&self, function: Node<'a>, name: &str) -> Option<Binding<'a>> {
        for (field, kind) in [("receiver", Kind::Receiver), ("parameters", Kind::Parameter), ("result", Kind::Result)] {
            let Some(list) = function.child_by_field_name(field).filter(|list| list.kind() == "parameter_list") else {
                continue;
            };
            for parameter in children(list) {
                if let Some(ident) = self.among(all_of(parameter, "name"), name) {
                    return self.binding(kind, ident, parameter);
                }
            }
        }
        None
    }

    /// The declaration of a name that stands on the left of `:=` itself: its own, or an earlier one that is only assigned to.
    pub fn resolve_left(&self, node: Node<'a>) -> Option<Binding<'a>> {
        let parent = node.parent()?;
        let (list, statement) =
            if parent.kind() == "expression_list" { (parent, parent.parent()?) } else { (node, parent) };
        if !matches!(statement.kind(), "short_var_declaration" | "range_clause" | "receive_statement")
            || statement.child_by_field_name("left") != Some(list)
        {
            return None;
        }
        if statement.kind() != "short_var_declaration" && !self.defines(statement) {
            return self.resolve(node);
        }
        let name = text(self.file, node);
        // Redeclared: an earlier one in the same list of statements.
        if statement.kind() == "short_var_declaration"
            && let Some(above) = statement.parent().filter(|above| above.kind() == "statement_list")
        {
            if let Some(earlier) = self.before(above, statement, name) {
                return Some(earlier);
            }
            let function = above.parent().and_then(|block| block.parent()).filter(|node| is_function(*node));
            if let Some(earlier) = function.and_then(|function| self.of_function(function, name)) {
                return Some(earlier);
            }
        }
        let kind = match statement.parent().map(|above| above.kind()) {
            Some("for_clause" | "for_statement") => Kind::Loop,
            _ => Kind::Local,
        };
        self.binding(kind, node, statement)
    }

    /// The function in which a variable is declared; none at package level.
    pub fn home(&self, binding: &Binding<'a>) -> Option<Node<'a>> {
        if binding.kind == Kind::Package {
            return None;
        }
        if matches!(binding.kind, Kind::Parameter | Kind::Receiver | Kind::Result) {
            return function_of(binding.ident);
        }
        function_of(binding.owner)
    }

    /// The type of a variable.
    pub fn type_of_binding(&self, binding: &Binding<'a>) -> String {
        self.type_of_binding_at(binding, 0)
    }

    fn type_of_binding_at(&self, binding: &Binding<'a>, depth: usize) -> String {
        let here = View { package: self.package, file: binding.file };
        let file = binding.file;
        if depth > 12 {
            return String::new();
        }
        match binding.kind {
            Kind::NoVariable => String::new(),
            Kind::Parameter | Kind::Receiver | Kind::Result => {
                let Some(written) = binding.owner.child_by_field_name("type") else { return String::new() };
                let written = text(file, written).to_owned();
                if binding.owner.kind() == "variadic_parameter_declaration" { format!("[]{written}") } else { written }
            }
            Kind::TypeSwitch => String::new(),
            Kind::Package | Kind::Local | Kind::Loop => match binding.owner.kind() {
                "var_spec" => {
                    if let Some(written) = binding.owner.child_by_field_name("type") {
                        return text(file, written).to_owned();
                    }
                    let names = all_of(binding.owner, "name");
                    let values = listed(binding.owner, "value");
                    here.value_type(binding, &names, &values, depth)
                }
                "short_var_declaration" => {
                    let names = listed(binding.owner, "left");
                    let values = listed(binding.owner, "right");
                    here.value_type(binding, &names, &values, depth)
                }
                "range_clause" => {
                    let names = listed(binding.owner, "left");
                    let position = names.iter().position(|node| *node == binding.ident).unwrap_or(0);
                    let Some(ranged) = binding.owner.child_by_field_name("right") else { return String::new() };
                    let of = here.underlying(&here.type_at(ranged, depth + 1));
                    ranged_type(&of, position)
                }
                "receive_statement" => {
                    let names = listed(binding.owner, "left");
                    let position = names.iter().position(|node| *node == binding.ident).unwrap_or(0);
                    match binding.owner.child_by_field_name("right") {
                        Some(value) if position == 0 => here.type_at(value, depth + 1),
                        _ => "bool".to_owned(),
                    }
                }
                _ => String::new(),
            },
        }
    }

    fn value_type(&self, binding: &Binding<'a>, names: &[Node<'a>], values: &[Node<'a>], depth: usize) -> String {
        let position = names.iter().position(|node| *node == binding.ident).unwrap_or(0);
        if names.len() == values.len() {
            return values.get(position).map(|value| self.type_at(*value, depth + 1)).unwrap_or_default();
        }
        let Some(value) = values.first() else { return String::new() };
        // `v, ok := m[k]`, `<-ch`, `x.(T)`; else a call with several results.
        if value.kind() != "call_expression" {
            return if position == 0 { self.type_at(*value, depth + 1) } else { "bool".to_owned() };
        }
        self.results_of(*value, depth + 1).into_iter().nth(position).unwrap_or_default()
    }

    /// The type of an expression.
    pub fn type_of(&self, node: Node<'a>) -> String {
        self.type_at(node, 0)
    }

    fn type_at(&self, node: Node<'a>, depth: usize) -> String {
        if depth > 12 {
            return String::new();
        }
        let part = |field: &str| node.child_by_field_name(field);
        let written = |node: Node<'a>| text(self.file, node).to_owned();
        match node.kind() {
            "identifier" => {
                let binding = self.resolve(node).or_else(|| self.resolve_left(node));
                binding.map(|binding| self.type_of_binding_at(&binding, depth + 1)).unwrap_or_default()
            }
            "parenthesized_expression" => {
                children(node).first().map(|inner| self.type_at(*inner, depth + 1)).unwrap_or_default()
            }
            "selector_expression" => {
                let (Some(operand), Some(field)) = (part("operand"), part("field")) else { return String::new() };
                let of = self.type_at(operand, depth + 1);
                let of = of.trim_start_matches('*');
                if of.is_empty() {
                    return String::new();
                }
                let type_text = self.field_type(of, text(self.file, field));
                if self.is_parameter(of, &type_text) { String::new() } else { type_text }
            }
            "index_expression" => {
                let Some(operand) = part("operand") else { return String::new() };
                element_type(&self.underlying(&self.type_at(operand, depth + 1)))
            }
            "slice_expression" => {
                let Some(operand) = part("operand") else { return String::new() };
                let of = self.type_at(operand, depth + 1);
                match of.trim_start_matches('*').strip_prefix('[').and_then(|rest| rest.split_once(']')) {
                    Some((_, element)) => format!("[]{element}"),
                    None => of,
                }
            }
            "unary_expression" => {
                let Some(operand) = part("operand") else { return String::new() };
                let of = self.type_at(operand, depth + 1);
                match part("operator").map(|node| text(self.file, node)).unwrap_or_default() {
                    "&" if of.is_empty() => of,
                    "&" => format!("*{of}"),
                    "*" => self.underlying(&of).strip_prefix('*').map(str::to_owned).unwrap_or_default(),
                    "<-" => element_type(&self.underlying(&of)),
                    "!" => "bool".to_owned(),
                    _ => of,
                }
            }
            "binary_expression" => {
                let operator = part("operator").map(|node| text(self.file, node)).unwrap_or_default();
                if matches!(operator, "==" | "!=" | "<" | "<=" | ">" | ">=" | "&&" | "||") {
                    return "bool".to_owned();
                }
                let left = part("left").map(|node| (node, self.type_at(node, depth + 1)));
                match left {
                    Some((node, of)) if !of.is_empty() && !node.kind().ends_with("_literal") => of,
                    other => {
                        let right = part("right").map(|node| self.type_at(node, depth + 1)).unwrap_or_default();
                        if right.is_empty() { other.map(|(_, of)| of).unwrap_or_default() } else { right }
                    }
                }
            }
            "call_expression" => {
                let results = self.results_of(node, depth + 1);
                if results.len() == 1 { results.into_iter().next().unwrap_or_default() } else { String::new() }
            }
            "composite_literal" => {
                let Some(of) = part("type") else { return String::new() };
                if of.kind() == "implicit_length_array_type" {
                    let elements = part("body").map(|body| children(body).len()).unwrap_or_default();
                    let element = of.child_by_field_name("element").map(written).unwrap_or_default();
                    return format!("[{elements}]{element}");
                }
                written(of)
            }
            "type_assertion_expression" | "type_conversion_expression" => part("type").map(written).unwrap_or_default(),
            "int_literal" => "int".to_owned(),
            "float_literal" => "float64".to_owned(),
            "rune_literal" => "rune".to_owned(),
            "interpreted_string_literal" | "raw_string_literal" => "string".to_owned(),
            "true" | "false" => "bool".to_owned(),
            "func_literal" => signature(self.file, node),
            _ => String::new(),
        }
    }

    /// The type of a field or the signature of a method, by the name of its type.
    fn field_type(&self, of: &str, name: &str) -> String {
        if let Some(field) = self.package.field(of, name) {
            return field.type_text;
        }
        String::new()
    }

    /// Whether a type is a parameter of a generic type, of which nothing is known.
    fn is_parameter(&self, of: &str, type_text: &str) -> bool {
        let bare = of.split('[').next().unwrap_or_default();
        let Some((file, spec)) = self.package.type_named(bare) else { return false };
        let Some(parameters) = spec.child_by_field_name("type_parameters") else { return false };
        let own = type_text.trim_start_matches(['*', '[', ']']);
        children(parameters)
            .into_iter()
            .any(|parameter| all_of(parameter, "name").iter().any(|node| text(file, *node) == own))
    }

    /// What stands behind a named type: `[]int` of `type list []int`. Other types stay.
    pub fn underlying(&self, of: &str) -> String {
        if of.starts_with(['*', '[']) || of.starts_with("map[") || of.starts_with("chan ") {
            return of.to_owned();
        }
        self.package.underlying(of)
    }

    /// The types of a call's results.
    fn results_of(&self, call: Node<'a>, depth: usize) -> Vec<String> {
        let Some(function) = call.child_by_field_name("function") else { return Vec::new() };
        let arguments = call.child_by_field_name("arguments").map(children).unwrap_or_default();
        let first = |node: &Vec<Node<'a>>| node.first().map(|node| text(self.file, *node).to_owned());
        match function.kind() {
            "identifier" => {
                let name = text(self.file, function);
                let local = self.resolve(function);
                if local.is_none() {
                    return match name {
                        "make" => first(&arguments).into_iter().collect(),
                        "new" => first(&arguments).map(|of| format!("*{of}")).into_iter().collect(),
                        "append" => arguments.first().map(|node| self.type_at(*node, depth + 1)).into_iter().collect(),
                        "len" | "cap" | "copy" => vec!["int".to_owned()],
                        "min" | "max" => {
                            arguments.first().map(|node| self.type_at(*node, depth + 1)).into_iter().collect()
                        }
                        "recover" => vec!["any".to_owned()],
                        _ if is_basic(name) => vec![name.to_owned()],
                        _ => Vec::new(),
                    };
                }
                let Some(binding) = local else { return Vec::new() };
                if binding.is_variable() {
                    return signature_results(&self.type_of_binding_at(&binding, depth + 1));
                }
                if binding.owner.kind() == "function_declaration" {
                    if binding.owner.child_by_field_name("type_parameters").is_some() {
                        return Vec::new();
                    }
                    return result_types(binding.file, binding.owner);
                }
                // A conversion.
                if matches!(binding.owner.kind(), "type_spec" | "type_alias") {
                    vec![name.to_owned()]
                } else {
                    Vec::new()
                }
            }
            "selector_expression" => {
                let (Some(operand), Some(field)) =
                    (function.child_by_field_name("operand"), function.child_by_field_name("field"))
                else {
                    return Vec::new();
                };
                let method = text(self.file, field);
                if operand.kind() == "identifier" && self.resolve(operand).is_none() {
                    let whole = text(self.file, function);
                    return standard_results(whole);
                }
                let of = self.type_at(operand, depth + 1);
                let bare = of.trim_start_matches('*').split('[').next().unwrap_or_default().to_owned();
                if let Some((file, node)) = self
                    .package
                    .methods(method)
                    .into_iter()
                    .find(|(file, node)| receiver_type(file, *node).is_some_and(|(own, _)| own == bare))
                {
                    return result_types(file, node);
                }
                match (bare.as_str(), method) {
                    ("atomic.Int64", "Load" | "Add") => vec!["int64".to_owned()],
                    ("atomic.Int32", "Load" | "Add") => vec!["int32".to_owned()],
                    ("atomic.Bool", "Load") => vec!["bool".to_owned()],
                    _ => signature_results(&self.field_type(&bare, method)),
                }
            }
            "func_literal" => result_types(self.file, function),
            "parenthesized_expression" | "type_conversion_expression" => Vec::new(),
            _ => Vec::new(),
        }
    }
}

/// A statement without its label.
fn unlabeled(statement: Node<'_>) -> Node<'_> {
    if statement.kind() == "labeled_statement" {
        children(statement).into_iter().next_back().unwrap_or(statement)
    } else {
        statement
    }
}

/// `func(int) error` of a literal.
fn signature(file: &SourceFile, function: Node<'_>) -> String {
    let part = |field: &str| function.child_by_field_name(field).map(|node| text(file, node)).unwrap_or_default();
    format!("func{} {}", part("parameters"), part("result")).trim_end().to_owned()
}

/// The results in a function type's text.
fn signature_results(of: &str) -> Vec<String> {
    let Some(rest) = of.strip_prefix("func(") else { return Vec::new() };
    let mut depth = 1;
    let Some(close) = rest.char_indices().find_map(|(at, c)| {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        (depth == 0).then_some(at)
    }) else {
        return Vec::new();
    };
    let results = rest[close + 1..].trim();
    if results.is_empty() || results.starts_with('(') { Vec::new() } else { vec![results.to_owned()] }
}

fn result_types(file: &SourceFile, function: Node<'_>) -> Vec<String> {
    let Some(result) = function.child_by_field_name("result") else { return Vec::new() };
    if result.kind() != "parameter_list" {
        return vec![text(file, result).to_owned()];
    }
    let mut types = Vec::new();
    for parameter in children(result) {
        let of = parameter.child_by_field_name("type").map(|node| text(file, node).to_owned()).unwrap_or_default();
        types.extend(std::iter::repeat_n(of, all_of(parameter, "name").len().max(1)));
    }
    types
}

/// What some functions of the standard library give.
fn standard_results(call: &str) -> Vec<String> {
    let results: &[&str] = match call {
        "errors.New" | "fmt.Errorf" | "errors.Join" | "os.Remove" | "os.Setenv" => &["error"],
        "fmt.Sprintf" | "fmt.Sprint" | "fmt.Sprintln" | "strings.Repeat" | "strings.ToUpper" | "strings.ToLower"
        | "strings.TrimSpace" | "strconv.Itoa" | "strings.Join" | "os.Getenv" => &["string"],
        "time.Now" => &["time.Time"],
        "time.Since" => &["time.Duration"],
        "strings.Split" | "strings.Fields" => &["[]string"],
        "strconv.Atoi" => &["int", "error"],
        "rand.Intn" | "rand.IntN" | "runtime.NumGoroutine" | "rand.Int" => &["int"],
        "context.WithCancel" => &["context.Context", "context.CancelFunc"],
        "context.Background" | "context.TODO" => &["context.Context"],
        "rand.New" => &["*rand.Rand"],
        "sync.NewCond" => &["*sync.Cond"],
        "time.NewTimer" => &["*time.Timer"],
        "time.NewTicker" => &["*time.Ticker"],
        "atomic.AddInt64" | "atomic.LoadInt64" => &["int64"],
        "atomic.AddInt32" | "atomic.LoadInt32" => &["int32"],
        _ => &[],
    };
    results.iter().map(|name| (*name).to_owned()).collect()
}

/// Whether a name is that of a predeclared type.
pub fn is_basic(name: &str) -> bool {
    const BASIC: [&str; 21] = [
        "bool",
        "string",
        "error",
        "any",
        "byte",
        "rune",
        "int",
        "int8",
        "int16",
        "int32",
        "int64",
        "uint",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "uintptr",
        "float32",
        "float64",
        "complex64",
        "complex128",
    ];
    BASIC.contains(&name)
}

/// The type of an element: of a slice, an array or a pointer to one, a map's value, what a channel carries.
pub fn element_type(of: &str) -> String {
    let of = if of.starts_with("*[") { &of[1..] } else { of };
    if let Some(rest) = of.strip_prefix("map[") {
        return after_bracket(rest).to_owned();
    }
    if let Some(rest) =
        of.strip_prefix("<-chan ").or_else(|| of.strip_prefix("chan<- ")).or_else(|| of.strip_prefix("chan "))
    {
        return rest.trim().to_owned();
    }
    if of == "string" {
        return "uint8".to_owned();
    }
    of.strip_prefix('[').map(|rest| after_bracket(rest).to_owned()).unwrap_or_default()
}

/// What stands behind the bracket that closes one that is open.
fn after_bracket(rest: &str) -> &str {
    let mut depth = 1;
    for (at, c) in rest.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return &rest[at + 1..];
        }
    }
    ""
}

fn ranged_type(of: &str, position: usize) -> String {
    if let Some(rest) = of.strip_prefix("map[") {
        let value = after_bracket(rest);
        let key = rest.get(..rest.len() - value.len() - 1).unwrap_or_default();
        return if position == 0 { key } else { value }.to_owned();
    }
    if of.contains("chan ") && !of.starts_with('[') {
        return element_type(of);
    }
    if of.starts_with("func(") {
        return String::new();
    }
    if of == "string" {
        return if position == 0 { "int" } else { "rune" }.to_owned();
    }
    if of.starts_with('[') || of.starts_with("*[") {
        return if position == 0 { "int".to_owned() } else { element_type(of) };
    }
    // Ranging over an integer gives its type.
    if position == 0 { of.to_owned() } else { String::new() }
}

/// A type's text in one form, to be compared: no package names, no spaces, no aliases.
pub fn normal(of: &str) -> String {
    let of = of.replace("interface {}", "any").replace("interface{}", "any");
    let mut out = String::with_capacity(of.len());
    let mut word = String::new();
    let flush = |word: &mut String, out: &mut String| {
        let last = word.rsplit(['.', '/']).next().unwrap_or_default();
        out.push_str(match last {
            "byte" => "uint8",
            "rune" => "int32",
            other => other,
        });
        word.clear();
    };
    for c in of.chars() {
        if c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '-' | '~') {
            word.push(c);
        } else {
            // `<-chan` keeps its arrow.
            flush(&mut word, &mut out);
            if c != ' ' {
                out.push(c);
            } else if out.ends_with("chan") || out.ends_with("func") {
                out.push(' ');
            }
        }
    }
    flush(&mut word, &mut out);
    // `Box[int]` is a Box.
    match out.find('[') {
        Some(at)
            if at > 0 && !out.starts_with("map[") && out[..at].chars().all(|c| c.is_alphanumeric() || c == '_') =>
        {
            out.truncate(at);
            out
        }
        _ => out,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    fn package(source: &str) -> Package {
        Package { files: vec![("a.go".into(), Rc::new(SourceFile::new(source.to_owned())))], language: None }
    }

    fn at<'a>(package: &'a Package, name: &str, line: u32) -> (View<'a>, Node<'a>) {
        let file = package.files[0].1.as_ref();
        let mut found = None;
        super::super::syntax::walk(file.root().unwrap(), &mut |node| {
            if node.kind() == "identifier" && text(file, node) == name && super::super::syntax::line(node) == line {
                found = Some(node);
            }
            true
        });
        (View { package, file }, found.unwrap())
    }

    #[test]
    fn names_mean_the_nearest_declaration() {
        let package = package(
            "package p\nvar x int\nfunc f(x string) (err error) {\n\tx = x\n\tif x := true; x {\n\t\t_ = x\n\t}\n\tfor x := range 3 {\n\t\t_ = x\n\t}\n\ta, err := g()\n\t_, _ = a, err\n\treturn\n}\nfunc g() (int, error) { return x, nil }\n",
        );
        let type_of = |name, line| {
            let (view, node) = at(&package, name, line);
            let binding = view.resolve(node).unwrap();
            (binding.line(), view.type_of_binding(&binding))
        };
        assert_eq!(type_of("x", 4), (3, "string".to_owned()));
        assert_eq!(type_of("x", 6), (5, "bool".to_owned()));
        assert_eq!(type_of("x", 9), (8, "int".to_owned()));
        assert_eq!(type_of("a", 12), (11, "int".to_owned()));
        assert_eq!(type_of("err", 12), (3, "error".to_owned()));
        assert_eq!(type_of("x", 15), (2, "int".to_owned()));
    }

    #[test]
    fn types_follow_fields_elements_and_calls() {
        let package = package(
            "package p\ntype T struct{ tags []string; m map[string][]int; E }\ntype E struct{ n *int }\nfunc (t *T) get() (*E, error) { return nil, nil }\nfunc f(p *T, c chan *T) {\n\ta := p.tags[0]\n\tb := p.m[a]\n\td := p.n\n\te, _ := p.get()\n\tg := (<-c).tags\n\tfor _, h := range b {\n\t\t_, _, _, _ = d, e, g, h\n\t}\n\ti := &T{}\n\tj := [...]int{1, 2}\n\t_, _ = i, j\n}\n",
        );
        let type_of = |name, line| {
            let (view, node) = at(&package, name, line);
            view.type_of(node)
        };
        assert_eq!(type_of("d", 12), "*int");
        assert_eq!(type_of("e", 12), "*E");
        assert_eq!(type_of("g", 12), "[]string");
        assert_eq!(type_of("h", 12), "int");
        assert_eq!((type_of("i", 16).as_str(), type_of("j", 16).as_str()), ("*T", "[2]int"));
    }

    #[test]
    fn types_are_compared_in_one_form() {
        for (a, b) in [
            ("main.Config", "Config"),
            ("[]byte", "[]uint8"),
            ("interface {}", "any"),
            ("*example.com/p.T", "*T"),
            ("func(int) int", "func(int) int"),
            ("map[string]main.T", "map[string]T"),
        ] {
            assert_eq!(normal(a), normal(b), "{a}");
        }
        assert_ne!(normal("*T"), normal("T"));
        assert_ne!(normal("[]T"), normal("T"));
    }
}
