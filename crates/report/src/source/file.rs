//! One Go source file: lines, tokens, functions, declarations.

use super::lexer::{Kind, Token, lex};

/// A source file and what was found in it.
#[derive(Debug)]
pub struct SourceFile {
    /// The text.
    pub text: String,
    line_starts: Vec<usize>,
    tokens: Vec<Token>,
    functions: Vec<Function>,
}

/// A top-level function or method.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// Name without receiver.
    pub name: String,
    /// Receiver's name and type (no `*`), for a method.
    pub receiver: Option<(String, String)>,
    /// Lines of the `func` keyword and of the closing brace.
    pub lines: (u32, u32),
    /// Token range.
    tokens: (usize, usize),
}

/// Where and how a name is declared.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Declaration {
    /// Line, from 1.
    pub line: u32,
    /// The type as written, or empty if only an initial value is written.
    pub type_text: String,
    /// The initial value as written, or empty.
    pub value_text: String,
    /// Declared at package level.
    pub package_level: bool,
    /// Declared in a `for` clause.
    pub loop_variable: bool,
    /// The struct that a field belongs to.
    pub of_struct: Option<String>,
}

impl SourceFile {
    /// Reads `text`; broken Go gives fewer findings, not errors.
    pub fn new(text: String) -> SourceFile {
        let tokens = lex(&text);
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        let mut file = SourceFile { text, line_starts, tokens, functions: Vec::new() };
        file.functions = file.find_functions();
        file
    }

    /// The text of a line (from 1) without its end, or `None` past the end of the file.
    pub fn line(&self, line: u32) -> Option<&str> {
        let start = *self.line_starts.get(line.checked_sub(1)? as usize)?;
        let end = self.line_starts.get(line as usize).map_or(self.text.len(), |next| next - 1);
        Some(self.text.get(start..end)?.trim_end_matches('\r'))
    }

    /// The byte at which a line (from 1) starts.
    pub fn line_start(&self, line: u32) -> usize {
        self.line_starts.get(line.saturating_sub(1) as usize).copied().unwrap_or(self.text.len())
    }

    /// The tokens that start on a line.
    pub fn tokens_of_line(&self, line: u32) -> &[Token] {
        self.tokens_of_lines(line, line)
    }

    /// The tokens that start on lines `first` to `last`.
    pub fn tokens_of_lines(&self, first: u32, last: u32) -> &[Token] {
        let from = self.tokens.partition_point(|token| token.line < first);
        let to = self.tokens.partition_point(|token| token.line <= last);
        &self.tokens[from..to]
    }

    /// The text of a token.
    pub fn word(&self, token: &Token) -> &str {
        &self.text[token.start..token.end]
    }

    /// The top-level function around a line.
    pub fn function_at(&self, line: u32) -> Option<&Function> {
        self.functions.iter().find(|function| (function.lines.0..=function.lines.1).contains(&line))
    }

    /// The source of a line range (inclusive, from 1).
    pub fn lines_text(&self, from: u32, to: u32) -> &str {
        let start = self.line_start(from);
        let end = self.line_start(to + 1);
        self.text.get(start..end.max(start)).unwrap_or_default()
    }

    /// Local names of the imported packages.
    pub fn imports(&self) -> Vec<&str> {
        let mut names = Vec::new();
        let mut index = 0;
        while index < self.tokens.len() {
            if self.text_at(index) != "import" {
                if matches!(self.text_at(index), "func" | "var" | "type" | "const") {
                    break;
                }
                index += 1;
                continue;
            }
            let grouped = self.text_at(index + 1) == "(";
            index += if grouped { 2 } else { 1 };
            while index < self.tokens.len() && self.text_at(index) != ")" {
                let token = self.tokens[index];
                if token.kind == Kind::Ident {
                    names.push(self.word(&token));
                    index += 1;
                } else if token.kind == Kind::Literal {
                    names.push(package_name(self.word(&token).trim_matches(['"', '`'])));
                }
                index += 1;
                if !grouped {
                    break;
                }
            }
        }
        names
    }

    /// The declaration of a plain name as seen from `line`: the nearest above it in its function, else at package level.
    pub fn declaration(&self, name: &str, line: u32) -> Option<Declaration> {
        let local = self.function_at(line).and_then(|function| {
            (function.tokens.0..function.tokens.1)
                .filter(|&index| self.tokens[index].line <= line && self.text_at(index) == name)
                .filter_map(|index| self.local_declaration(index))
                .next_back()
        });
        local.or_else(|| self.package_declaration(name))
    }

    /// A package-level `var name`.
    pub fn package_declaration(&self, name: &str) -> Option<Declaration> {
        let mut depth = 0i32;
        let mut in_var_group = false;
        for index in 0..self.tokens.len() {
            match self.text_at(index) {
                "{" => depth += 1,
                "}" => depth -= 1,
                ")" if depth == 0 && self.starts_line(index) => in_var_group = false,
                "var" if depth == 0 => in_var_group = self.text_at(index + 1) == "(",
                word if depth == 0 && word == name => {
                    // `var a, b int`: from any of the names back to the first.
                    let mut first = index;
                    while first >= 2
                        && self.text_at(first - 1) == ","
                        && self.tokens[first - 2].kind == Kind::Ident
                        && !self.starts_line(first)
                    {
                        first -= 2;
                    }
                    let after_var = first > 0 && self.text_at(first - 1) == "var";
                    if after_var || (in_var_group && self.starts_line(first)) {
                        let mut declaration = self.read_declaration(index);
                        declaration.package_level = true;
                        return Some(declaration);
                    }
                }
                _ => {}
            }
        }
        None
    }

    /// Fields called `name` in the structs of this file.
    pub fn fields(&self, name: &str) -> Vec<Declaration> {
        let mut found = Vec::new();
        for index in 0..self.tokens.len() {
            if self.text_at(index) != "struct" || self.text_at(index + 1) != "{" {
                continue;
            }
            let struct_name = (index.saturating_sub(4)..index)
                .rev()
                .find(|&at| self.text_at(at) == "type" || self.text_at(at) == "(")
                .map(|at| self.text_at(at + 1).to_owned())
                .or_else(|| index.checked_sub(1).map(|at| self.text_at(at).to_owned()));
            let mut depth = 0;
            for at in index + 1..self.tokens.len() {
                match self.text_at(at) {
                    "{" => depth += 1,
                    "}" => depth -= 1,
                    word if depth == 1 && word == name && self.in_field_names(at) => {
                        let mut declaration = self.read_declaration(at);
                        declaration.of_struct = struct_name.clone();
                        found.push(declaration);
                    }
                    _ => {}
                }
                if depth == 0 {
                    break;
                }
            }
        }
        found
    }

    fn text_at(&self, index: usize) -> &str {
        self.tokens.get(index).map_or("", |token| self.word(token))
    }

    fn starts_line(&self, index: usize) -> bool {
        index == 0 || self.tokens[index - 1].line < self.tokens[index].line
    }

    /// True for `a`, `b` in the field line `a, b int`.
    fn in_field_names(&self, index: usize) -> bool {
        if self.text_at(index + 1).is_empty() || self.tokens[index].kind != Kind::Ident {
            return false;
        }
        let mut at = index;
        while !self.starts_line(at) && self.text_at(at - 1) == "," && at >= 2 {
            at -= 2;
        }
        (self.starts_line(at) || matches!(self.text_at(at - 1), "{" | ";"))
            && self.tokens.get(index + 1).is_some_and(|next| next.line == self.tokens[index].line)
    }

    /// Reads `a, b T = v` from the token of one of its names to the end of the line.
    fn read_declaration(&self, index: usize) -> Declaration {
        let line = self.tokens[index].line;
        let mut at = index + 1;
        while self.text_at(at) == "," && self.tokens.get(at + 1).is_some_and(|token| token.line == line) {
            at += 2;
        }
        let mut type_range = None;
        let mut value_range = None;
        let mut depth = 0i32;
        let mut target = &mut type_range;
        while let Some(token) = self.tokens.get(at).filter(|token| token.line == line) {
            match self.word(token) {
                "(" | "[" | "{" => depth += 1,
                ")" | "]" | "}" => {
                    depth -= 1;
                    if depth < 0 {
                        break;
                    }
                }
                "=" | ":=" if depth == 0 => {
                    target = &mut value_range;
                    at += 1;
                    continue;
                }
                ";" | "," if depth == 0 => break,
                _ if token.kind == Kind::Literal && self.word(token).starts_with('`') => break,
                _ => {}
            }
            let (start, _) = target.unwrap_or((token.start, 0));
            *target = Some((start, token.end));
            at += 1;
        }
        let cut = |range: Option<(usize, usize)>| {
            range.map_or(String::new(), |(start, end)| self.text[start..end].to_owned())
        };
        Declaration { line, type_text: cut(type_range), value_text: cut(value_range), ..Declaration::default() }
    }

    /// Whether the name at `index` is being declared there: `var x`, `x :=`, a parameter.
    fn local_declaration(&self, index: usize) -> Option<Declaration> {
        let previous = if index > 0 { self.text_at(index - 1) } else { "" };
        if previous == "." {
            return None;
        }
        if previous == "var" {
            return Some(self.read_declaration(index));
        }
        let line = self.tokens[index].line;
        // `a, x := …`: only names and commas up to `:=`.
        let mut at = index + 1;
        while self.text_at(at) == "," && self.tokens.get(at + 1).is_some_and(|token| token.kind == Kind::Ident) {
            at += 2;
        }
        if self.text_at(at) == ":=" {
            let mut declaration = self.read_declaration(index);
            let first = self.tokens_of_line(line).first().map_or("", |token| self.word(token));
            declaration.loop_variable = first == "for" && !declaration.value_text.starts_with("<-");
            return Some(declaration);
        }
        // A parameter: `(x T` or `, x T` with a type right after it, inside a func header.
        let next = self.tokens.get(index + 1)?;
        let typed =
            matches!(next.kind, Kind::Ident) || matches!(self.word(next), "*" | "[" | "map" | "chan" | "func" | "...");
        let in_header = self.tokens_of_line(line).iter().any(|token| self.word(token) == "func");
        if matches!(previous, "(" | ",") && typed && in_header && next.start > self.tokens[index].end {
            let mut declaration = self.read_declaration(index);
            declaration.value_text.clear();
            return Some(declaration);
        }
        None
    }

    fn find_functions(&self) -> Vec<Function> {
        let mut functions = Vec::new();
        let mut depth = 0i32;
        let mut index = 0;
        while index < self.tokens.len() {
            match self.text_at(index) {
                "{" => depth += 1,
                "}" => depth -= 1,
                "func" if depth == 0 && self.starts_line(index) => {
                    if let Some(function) = self.read_function(index) {
                        index = function.tokens.1;
                        functions.push(function);
                        continue;
                    }
                }
                _ => {}
            }
            index += 1;
        }
        functions
    }

    fn read_function(&self, index: usize) -> Option<Function> {
        let mut receiver = None;
        let mut name_at = index + 1;
        if self.text_at(name_at) == "(" {
            let close = (name_at..self.tokens.len()).find(|&at| self.text_at(at) == ")")?;
            let type_at = (name_at + 1..close).rev().find(|&at| {
                self.tokens[at].kind == Kind::Ident && self.text_at(at - 1) != "[" && self.text_at(at - 1) != ","
            })?;
            receiver = Some((self.text_at(name_at + 1).to_owned(), self.text_at(type_at).to_owned()));
            name_at = close + 1;
        }
        let mut depth = 0i32;
        let mut parens = 0i32;
        for at in name_at..self.tokens.len() {
            match self.text_at(at) {
                "(" => parens += 1,
                ")" => parens -= 1,
                "{" => depth += 1,
                "}" => {
                    depth -= 1;
                    // `interface{}` in the header closes at depth 0 too, but with the body still to come.
                    if depth == 0 && parens == 0 && !matches!(self.text_at(at + 1), "{" | ")" | ",") {
                        return Some(Function {
                            name: self.text_at(name_at).to_owned(),
                            receiver,
                            lines: (self.tokens[index].line, self.tokens[at].line),
                            tokens: (index, at + 1),
                        });
                    }
                }
                _ => {}
            }
        }
        None
    }
}

/// The usual package name of an import path: its last element, major version suffixes passed over.
fn package_name(path: &str) -> &str {
    let mut parts = path.rsplit('/');
    let last = parts.next().unwrap_or(path);
    let version =
        last.strip_prefix('v').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_digit()));
    let name = if version { parts.next().unwrap_or(last) } else { last };
    name.split('.').next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "package p\n\nimport (\n\t\"sync\"\n\tx \"a.b/c/v2\"\n)\n\nvar total int\n\nvar (\n\tready bool\n\tnames = []string{\"a\"}\n)\n\ntype Cache struct {\n\tmu    sync.Mutex\n\titems map[string]int `json:\"x\"`\n\ta, b  *int\n}\n\nfunc (c *Cache) Get(k string) int {\n\tv := c.items[k]\n\treturn v\n}\n\nfunc main() {\n\tfor i := 0; i < 3; i++ {\n\t\tgo func(n int) { _ = n + i }(i)\n\t}\n}\n";

    #[test]
    fn finds_declarations_and_functions() {
        let file = SourceFile::new(TEXT.to_owned());
        assert_eq!(file.imports(), ["sync", "x"]);
        assert_eq!(file.package_declaration("total").unwrap().type_text, "int");
        let several = SourceFile::new("package p\n\nvar x, y int\n\nvar (\n\ta, b = 1, 2\n)\n".to_owned());
        assert_eq!(several.package_declaration("y").unwrap().type_text, "int");
        assert!(several.package_declaration("b").is_some() && several.package_declaration("int").is_none());
        assert_eq!(file.package_declaration("ready").unwrap().type_text, "bool");
        assert_eq!(file.package_declaration("names").unwrap().value_text, "[]string{\"a\"}");
        let items = file.fields("items");
        assert_eq!(items[0].type_text, "map[string]int");
        assert_eq!(items[0].of_struct.as_deref(), Some("Cache"));
        assert_eq!(file.fields("a")[0].type_text, "*int");
        assert_eq!(file.fields("b")[0].type_text, "*int");
        let get = file.function_at(22).unwrap();
        assert_eq!((get.name.as_str(), get.receiver.clone().unwrap().1.as_str()), ("Get", "Cache"));
        assert_eq!(file.declaration("v", 23).unwrap().value_text, "c.items[k]");
        assert!(file.declaration("i", 28).unwrap().loop_variable);
        assert_eq!(file.declaration("n", 28).unwrap().type_text, "int");
        assert_eq!(file.declaration("k", 22).unwrap().type_text, "string");
        assert_eq!(file.line(8), Some("var total int"));
        assert_eq!(file.line(4000), None);
    }
}
