//! One Go source file: its lines, and its syntax tree when somebody asks for it.

use super::syntax;
use std::cell::OnceCell;
use tree_sitter::{Node, Tree};

/// A source file.
#[derive(Debug)]
pub struct SourceFile {
    /// The text.
    pub text: String,
    line_starts: Vec<usize>,
    tree: OnceCell<Option<Tree>>,
}

/// A top-level function or method.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Function {
    /// Name without receiver.
    pub name: String,
    /// Lines of the `func` keyword and of the closing brace.
    pub lines: (u32, u32),
}

impl SourceFile {
    /// Takes `text`; broken Go gives fewer findings, not errors.
    pub fn new(text: String) -> SourceFile {
        let line_starts = std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        SourceFile { text, line_starts, tree: OnceCell::new() }
    }

    /// The root of the syntax tree.
    pub fn root(&self) -> Option<Node<'_>> {
        self.tree.get_or_init(|| syntax::parse(&self.text)).as_ref().map(Tree::root_node)
    }

    /// The name in the package clause.
    pub fn package_name(&self) -> Option<&str> {
        let clause = syntax::children(self.root()?).into_iter().find(|node| node.kind() == "package_clause")?;
        syntax::children(clause).first().map(|name| syntax::text(self, *name))
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

    /// The line (from 1) that a byte is on.
    pub fn line_of(&self, byte: usize) -> u32 {
        self.line_starts.partition_point(|start| *start <= byte) as u32
    }

    /// The top-level function around a line.
    pub fn function_at(&self, line: u32) -> Option<Function> {
        let covers = |node: &Node<'_>| syntax::line(*node) <= line && line <= syntax::last_line(*node);
        let node =
            syntax::children(self.root()?).into_iter().find(|node| covers(node) && syntax::is_function(*node))?;
        let name = node.child_by_field_name("name").map(|name| syntax::text(self, name).to_owned());
        Some(Function { name: name.unwrap_or_default(), lines: (syntax::line(node), syntax::last_line(node)) })
    }

    /// The source of a line range (inclusive, from 1).
    pub fn lines_text(&self, from: u32, to: u32) -> &str {
        let start = self.line_start(from);
        let end = self.line_start(to + 1);
        self.text.get(start..end.max(start)).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_functions_are_found() {
        let file = SourceFile::new("package p\n\nfunc (c *C) Get(k string) int {\n\treturn 1\n}\r\n".to_owned());
        assert_eq!(file.package_name(), Some("p"));
        assert_eq!(file.function_at(4), Some(Function { name: "Get".to_owned(), lines: (3, 5) }));
        assert_eq!(file.function_at(1), None);
        assert_eq!((file.line(4), file.line(4000), file.line(5)), (Some("\treturn 1"), None, Some("}")));
        assert_eq!((file.line_of(0), file.line_of(10), file.line_of(11)), (1, 2, 3));
    }

    #[test]
    fn broken_text_is_survived() {
        for text in ["", "func", "package p\nfunc f( {\n\"", "\u{1b}[31m", "package p\nfunc f() { ((((((((", "/* "] {
            let file = SourceFile::new(text.to_owned());
            let _ = (file.function_at(1), file.package_name());
        }
    }
}
