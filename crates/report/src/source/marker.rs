//! Which expression of a source line is being read or written.
//!
//! The detector knows the line and the kind of access, not the expression. The marker lists the operands of the line with
//! what the statement does to each, and the caller chooses by the kind of access and by what the other access names.

use super::file::SourceFile;
use super::lexer::{Kind, Token};

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

/// An operand of a line.
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
}

const SKIPPED: &[&str] = &[
    "nil",
    "true",
    "false",
    "iota",
    "_",
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
    "string",
    "bool",
    "byte",
    "rune",
    "error",
    "any",
    "make",
    "new",
    "panic",
    "print",
    "println",
    "recover",
    "min",
    "max",
];
const ASSIGNMENTS: &[&str] = &["=", ":=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>=", "&^="];

/// All operands of a line, outermost statements in their order.
pub fn operands(file: &SourceFile, line: u32) -> Vec<Operand> {
    let tokens = file.tokens_of_line(line);
    let mut scan =
        Scan { file, imports: file.imports(), found: Vec::new(), context: String::new(), value: String::new() };
    let mut start = 0;
    for (index, token) in tokens.iter().enumerate() {
        if matches!(file.word(token), ";" | "{" | "}") {
            scan.segment(&tokens[start..index]);
            start = index + 1;
        }
    }
    scan.segment(&tokens[start..]);
    scan.literal_keys(tokens);
    scan.found
}

struct Scan<'a> {
    file: &'a SourceFile,
    imports: Vec<&'a str>,
    found: Vec<Operand>,
    context: String,
    value: String,
}

impl Scan<'_> {
    fn word(&self, tokens: &[Token], index: usize) -> &str {
        tokens.get(index).map_or("", |token| self.file.word(token))
    }

    /// Names before a colon inside braces: fields of a composite literal that the line builds.
    fn literal_keys(&mut self, tokens: &[Token]) {
        let target =
            self.found.iter().find(|operand| operand.role == Role::Assigned).map(|operand| operand.text.clone());
        for (index, token) in tokens.iter().enumerate() {
            let after_break = index == 0 || matches!(self.word(tokens, index - 1), "{" | ",");
            let case = tokens.iter().any(|token| matches!(self.file.word(token), "case" | "default"));
            if token.kind == Kind::Ident && after_break && !case && self.word(tokens, index + 1) == ":" {
                let name = self.file.word(token).to_owned();
                self.found.push(Operand {
                    text: name.clone(),
                    span: (token.start, token.end),
                    leaf: name.clone(),
                    base: String::new(),
                    indexed: false,
                    role: Role::LiteralKey,
                    prefix: false,
                    value: target.clone().unwrap_or_default(),
                    context: "literal".to_owned(),
                });
            }
        }
    }

    /// One statement, or the part of one up to a brace.
    fn segment(&mut self, mut tokens: &[Token]) {
        self.context.clear();
        self.value.clear();
        while let Some(token) = tokens.first() {
            let word = self.file.word(token);
            if !matches!(
                word,
                "if" | "for" | "switch" | "return" | "case" | "go" | "defer" | "else" | "var" | "select" | ")" | ","
            ) {
                break;
            }
            if token.kind == Kind::Keyword {
                self.context = word.to_owned();
            }
            tokens = &tokens[1..];
        }
        let mut depth = 0i32;
        for (index, token) in tokens.iter().enumerate() {
            let word = self.file.word(token);
            match word {
                "(" | "[" => depth += 1,
                ")" | "]" => depth -= 1,
                "++" | "--" if depth == 0 => {
                    word.clone_into(&mut self.context);
                    self.list(&tokens[..index], Role::Updated);
                    return;
                }
                _ if depth == 0 && ASSIGNMENTS.contains(&word) => {
                    let role = if matches!(word, "=" | ":=") { Role::Assigned } else { Role::Updated };
                    let context = std::mem::replace(&mut self.context, word.to_owned());
                    if let (Some(first), Some(last)) = (tokens.get(index + 1), tokens.last()) {
                        // The value may go on in braces on the same line: take the rest of the line.
                        let line_end = self.file.line_start(last.line) + self.file.line(last.line).map_or(0, str::len);
                        self.value = self
                            .file
                            .text
                            .get(first.start..line_end.max(last.end))
                            .unwrap_or_default()
                            .trim()
                            .to_owned();
                    }
                    self.list(&tokens[..index], role);
                    self.value.clear();
                    self.context = if context.is_empty() { word.to_owned() } else { context };
                    let rest = &tokens[index + 1..];
                    if self.word(rest, 0) == "range" {
                        self.list(&rest[1..], Role::Ranged);
                    } else {
                        self.list(rest, Role::Read);
                    }
                    return;
                }
                _ => {}
            }
        }
        if self.context == "var" {
            if let Some(first) = tokens.first() {
                self.list(std::slice::from_ref(first), Role::Assigned);
            }
            return;
        }
        if self.word(tokens, 0) == "range" {
            self.list(&tokens[1..], Role::Ranged);
        } else {
            self.list(tokens, Role::Read);
        }
    }

    /// All operands in a run of tokens; those at its top level get `role`, those inside calls and brackets are read.
    fn list(&mut self, tokens: &[Token], role: Role) {
        let mut index = 0;
        while index < tokens.len() {
            let token = &tokens[index];
            let word = self.file.word(token);
            if word == "func" {
                // Parameters and results of a function literal are not operands.
                index = tokens.len();
            } else if matches!(word, "map" | "chan" | "interface" | "struct")
                || (word == "[" && !self.follows_operand(tokens, index))
            {
                // A type: `[]int`, `map[string]int`; skip to what could be its value.
                index += 1;
                while index < tokens.len() && !matches!(self.file.word(&tokens[index]), "(" | ",") {
                    index += 1;
                }
            } else if token.kind == Kind::Ident && self.word(tokens, index + 1) != ":" {
                index = self.operand(tokens, index, role);
            } else {
                index += 1;
            }
        }
    }

    fn follows_operand(&self, tokens: &[Token], index: usize) -> bool {
        index > 0 && (tokens[index - 1].kind == Kind::Ident || matches!(self.file.word(&tokens[index - 1]), ")" | "]"))
    }

    /// Reads one operand chain from its first name; returns the index after it.
    fn operand(&mut self, tokens: &[Token], first: usize, role: Role) -> usize {
        let base = self.file.word(&tokens[first]).to_owned();
        let unary = if first > 0 { self.word(tokens, first - 1) } else { "" };
        let unary_position = first < 2
            || matches!(
                self.word(tokens, first - 2),
                "(" | ","
                    | "="
                    | ":="
                    | "return"
                    | "["
                    | "+"
                    | "-"
                    | "*"
                    | "/"
                    | "=="
                    | "!="
                    | "&&"
                    | "||"
                    | "<"
                    | ">"
                    | "!"
                    | "<-"
                    | ":"
            );
        let address = unary == "&" && unary_position;
        let deref = unary == "*" && unary_position;
        let role = if address { Role::AddressTaken } else { role };
        let package = self.imports.contains(&base.as_str()) && self.word(tokens, first + 1) == ".";
        let span_start = if deref { tokens[first - 1].start } else { tokens[first].start };
        let mut parts: Vec<(usize, String, bool)> = vec![(first + 1, base.clone(), false)];
        let mut leaf = base.clone();
        let mut index = first + 1;
        let mut called = false;
        loop {
            match self.word(tokens, index) {
                "." if tokens.get(index + 1).is_some_and(|token| token.kind == Kind::Ident) => {
                    leaf = self.file.word(&tokens[index + 1]).to_owned();
                    index += 2;
                    parts.push((index, leaf.clone(), false));
                    called = false;
                }
                // A type assertion: the chain goes on behind it.
                "." if self.word(tokens, index + 1) == "(" => {
                    index = (self.close(tokens, index + 1) + 1).min(tokens.len())
                }
                "[" => {
                    let close = self.close(tokens, index);
                    let inner = tokens.get(index + 1..close).unwrap_or_default().to_vec();
                    self.list(&inner, Role::Read);
                    index = (close + 1).min(tokens.len());
                    parts.push((index, leaf.clone(), true));
                    called = false;
                }
                "(" => {
                    let close = self.close(tokens, index);
                    let inner = tokens.get(index + 1..close).unwrap_or_default().to_vec();
                    self.arguments(&base, &parts, &inner);
                    // The callee is no operand: what was before the method name is its receiver.
                    parts.pop();
                    if let Some(receiver) = parts.last().filter(|_| !package).cloned() {
                        self.push(tokens, span_start, &base, receiver, Role::Receiver, false);
                        self.prefixes(tokens, span_start, &base, &parts[..parts.len() - 1]);
                    }
                    parts.clear();
                    called = true;
                    index = (close + 1).min(tokens.len());
                }
                _ => break,
            }
        }
        if SKIPPED.contains(&base.as_str()) || called || parts.is_empty() || (package && parts.len() < 2) {
            return index.max(first + 1);
        }
        let from = usize::from(package);
        let last = parts.len() - 1;
        let full = parts[last].clone();
        self.push(tokens, span_start, &base, full, role, false);
        if last > from {
            self.prefixes(tokens, span_start, &base, &parts[from..last]);
        }
        index
    }

    fn prefixes(&mut self, tokens: &[Token], start: usize, base: &str, parts: &[(usize, String, bool)]) {
        for part in parts.iter().rev() {
            self.push(tokens, start, base, part.clone(), Role::Read, true);
        }
    }

    fn push(
        &mut self,
        tokens: &[Token],
        start: usize,
        base: &str,
        part: (usize, String, bool),
        role: Role,
        prefix: bool,
    ) {
        let (end_index, leaf, indexed) = part;
        let Some(end) = tokens.get(end_index - 1).map(|token| token.end) else {
            return;
        };
        if SKIPPED.contains(&leaf.as_str()) {
            return;
        }
        self.found.push(Operand {
            text: self.file.text[start..end].split_whitespace().collect::<Vec<_>>().join(" "),
            span: (start, end),
            leaf,
            base: base.to_owned(),
            indexed,
            role,
            prefix,
            value: if role == Role::Assigned { self.value.clone() } else { String::new() },
            context: self.context.clone(),
        });
    }

    /// The arguments of a call: builtins say what they do to the first one.
    fn arguments(&mut self, base: &str, callee: &[(usize, String, bool)], inner: &[Token]) {
        if callee.len() == 1 && matches!(base, "make" | "new") {
            return;
        }
        let first_role = match base {
            _ if callee.len() != 1 => Role::Read,
            "append" | "len" | "cap" => Role::Header,
            "delete" | "clear" | "copy" => Role::InsidesWritten,
            _ => Role::Read,
        };
        let mut depth = 0i32;
        let comma = inner.iter().position(|token| {
            match self.file.word(token) {
                "(" | "[" => depth += 1,
                ")" | "]" => depth -= 1,
                "," => return depth == 0,
                _ => {}
            }
            false
        });
        let split = comma.unwrap_or(inner.len());
        self.list(&inner[..split], first_role);
        self.list(&inner[split..], Role::Read);
    }

    /// Index of the bracket that closes the one at `open`, or of the end of the line.
    fn close(&self, tokens: &[Token], open: usize) -> usize {
        let mut depth = 0i32;
        for (index, token) in tokens.iter().enumerate().skip(open) {
            match self.file.word(token) {
                "(" | "[" => depth += 1,
                ")" | "]" => {
                    depth -= 1;
                    if depth == 0 {
                        return index;
                    }
                }
                _ => {}
            }
        }
        tokens.len()
    }
}

/// How the machine touched memory at the line, as far as the innermost frames tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Through {
    /// A plain load or store.
    Plain,
    /// The runtime's map code.
    Map,
    /// An atomic operation.
    Atomic,
    /// Some other function of the standard library, called with the operand.
    Callee,
}

/// The operand that fits an access best, with a score; `other_leaf` and `symbol` are names that would confirm it.
pub fn choose<'a>(
    operands: &'a [Operand],
    write: bool,
    through: Through,
    wanted: Option<&str>,
) -> Option<(&'a Operand, i32)> {
    operands
        .iter()
        .map(|operand| (operand, score(operand, write, through, wanted)))
        .filter(|(_, score)| *score > 0)
        // The first of equals: statements are read from left to right.
        .fold(None, |best: Option<(&Operand, i32)>, next| match best {
            Some(best) if best.1 >= next.1 => Some(best),
            _ => Some(next),
        })
}

fn score(operand: &Operand, write: bool, through: Through, wanted: Option<&str>) -> i32 {
    use Role::{AddressTaken, Assigned, Header, InsidesWritten, LiteralKey, Ranged, Read, Receiver, Updated};
    let mut score = match (through, write, operand.role) {
        (Through::Plain, true, Assigned | Updated) => 60,
        (Through::Plain, true, InsidesWritten) => 40,
        (Through::Plain, true, Receiver | AddressTaken) => 15,
        // Only a name from the other side can single out a field of a literal.
        (Through::Plain, true, LiteralKey) => 1,
        (Through::Plain, false, LiteralKey) => -200,
        (Through::Plain, true, Read | Header | Ranged) => 4,
        (Through::Plain, false, Updated) => 50,
        (Through::Plain, false, Read | Header | Ranged) => 40,
        (Through::Plain, false, Receiver) => 25,
        (Through::Plain, false, AddressTaken) => 10,
        (Through::Plain, false, InsidesWritten) => 30,
        (Through::Plain, false, Assigned) if operand.indexed => 10,
        (Through::Plain, false, Assigned) => 3,
        (Through::Map, true, InsidesWritten) => 60,
        (Through::Map, true, Assigned | Updated) if operand.indexed => 60,
        (Through::Map, false, Ranged) => 60,
        (Through::Map, _, Header) => 30,
        (Through::Map, false, Updated | Read) if operand.indexed => 60,
        (Through::Map, ..) => 5,
        (Through::Atomic, _, AddressTaken) => 60,
        (Through::Atomic, _, Receiver) => 60,
        (Through::Atomic, ..) => 5,
        (Through::Callee, _, AddressTaken | Receiver) => 50,
        (Through::Callee, ..) => 20,
    };
    if operand.prefix {
        score -= 12;
    }
    if operand.text.contains('(') && !operand.text.contains(".(") || operand.text.contains(")[") {
        score -= 2;
    }
    if wanted.is_some_and(|name| name == operand.leaf) {
        // `*x` is all that x points to: a field that the other side names says more.
        score += if operand.text.starts_with('*') { 10 } else { 100 };
    }
    score
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(line: &str, write: bool, through: Through) -> String {
        let file =
            SourceFile::new(format!("package p\nimport \"fmt\"\nimport \"sync/atomic\"\nfunc f() {{\n{line}\n}}\n"));
        let operands = operands(&file, 5);
        choose(&operands, write, through, None).map_or("-".to_owned(), |(operand, _)| operand.text.clone())
    }

    #[test]
    fn marks_what_is_accessed() {
        let plain = [
            ("x++", true, "x"),
            ("x++", false, "x"),
            ("s.n += f(y)", true, "s.n"),
            ("v, ok := c.items[k]", false, "k"),
            ("a.history = append(a.history, why)", true, "a.history"),
            ("a.history = append(a.history, why)", false, "a.history"),
            ("fmt.Println(\"answer:\", answer)", false, "answer"),
            ("for !w.stop {", false, "w.stop"),
            ("if config == nil {", false, "config"),
            ("config = &Config{Name: name, Port: 80}", true, "config"),
            ("for i := 0; i < n; i++ {", false, "i"),
            ("go func() { n++ }()", true, "n"),
            ("wg.Go(func() { n++ })", true, "n"),
            ("*p = 3", true, "*p"),
            ("return c.cache.size", false, "c.cache.size"),
            ("x, y = y, x", true, "x"),
            ("results[i] = i * i", true, "results[i]"),
            ("ch <- value", false, "ch"),
            ("_ = fmt.Sprint(Get().Port)", false, "Get().Port"),
            ("var total int", true, "total"),
            ("v.(*session).views++", true, "v.(*session).views"),
        ];
        for (line, write, want) in plain {
            assert_eq!(best(line, write, Through::Plain), want, "{line}");
        }
        assert_eq!(best("v, ok := c.items[k]", false, Through::Map), "c.items[k]");
        assert_eq!(best("c.items[k] = v", true, Through::Map), "c.items[k]");
        assert_eq!(best("delete(c.items, k)", true, Through::Map), "c.items");
        assert_eq!(best("for k := range c.items {", false, Through::Map), "c.items");
        assert_eq!(best("m[k]++", true, Through::Map), "m[k]");
        assert_eq!(best("atomic.AddInt64(&s.requests, 1)", true, Through::Atomic), "s.requests");
    }

    #[test]
    fn the_other_side_decides_between_equals() {
        let file = SourceFile::new("package p\nfunc f() {\n\tx := a.limit + a.used\n}\n".to_owned());
        let operands = operands(&file, 3);
        assert_eq!(choose(&operands, false, Through::Plain, Some("used")).unwrap().0.text, "a.used");
    }
}
