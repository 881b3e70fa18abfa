//! The syntax tree of a Go file: tree-sitter's, with the few questions that are asked of it everywhere.

use super::SourceFile;
use tree_sitter::{Node, Parser, Tree};

/// Deepest nesting that is followed; what lies deeper in generated or hostile text is not looked at.
pub const MAX_DEPTH: usize = 400;

/// Longest function, in bytes, whose flow is followed: generated ones are longer, and each of a thousand races would cost a walk over all of it.
pub const MAX_FUNCTION: usize = 64 << 10;

/// Whether a function is short enough to be looked through for each race in it.
pub fn is_followed(function: Node<'_>) -> bool {
    function.end_byte() - function.start_byte() <= MAX_FUNCTION
}

/// The tree of `text`; broken Go has error nodes in it.
pub fn parse(text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_go::LANGUAGE.into()).ok()?;
    parser.parse(text, None)
}

/// Line of a node's first byte, from 1.
pub fn line(node: Node<'_>) -> u32 {
    node.start_position().row as u32 + 1
}

/// Line of a node's last byte, from 1.
pub fn last_line(node: Node<'_>) -> u32 {
    node.end_position().row as u32 + 1
}

/// The text of a node.
pub fn text<'a>(file: &'a SourceFile, node: Node<'_>) -> &'a str {
    file.text.get(node.byte_range()).unwrap_or_default()
}

/// Named children, comments left out.
pub fn children(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|child| child.kind() != "comment").collect()
}

/// The children of a field, or all but comments of an expression list in it.
pub fn listed<'a>(node: Node<'a>, field: &str) -> Vec<Node<'a>> {
    match node.child_by_field_name(field) {
        Some(list) if list.kind() == "expression_list" => children(list),
        Some(one) => vec![one],
        None => Vec::new(),
    }
}

/// The children with a field name that may occur several times: `a, b` of `a, b int`.
pub fn all_of<'a>(node: Node<'a>, field: &str) -> Vec<Node<'a>> {
    let mut cursor = node.walk();
    node.children_by_field_name(field, &mut cursor).filter(Node::is_named).collect()
}

/// Whether a node is a function with a body of its own.
pub fn is_function(node: Node<'_>) -> bool {
    matches!(node.kind(), "func_literal" | "function_declaration" | "method_declaration")
}

/// The innermost function around a node.
pub fn function_of(node: Node<'_>) -> Option<Node<'_>> {
    let mut at = node;
    loop {
        at = at.parent()?;
        if is_function(at) {
            return Some(at);
        }
    }
}

/// The top-level declaration around a node, or itself.
pub fn top_level(node: Node<'_>) -> Option<Node<'_>> {
    let mut at = node;
    while let Some(parent) = at.parent() {
        if parent.kind() == "source_file" {
            return Some(at);
        }
        at = parent;
    }
    None
}

/// The statement that stands in a list of statements and holds a node.
pub fn statement_of(node: Node<'_>) -> Option<Node<'_>> {
    let mut at = node;
    while let Some(parent) = at.parent() {
        if parent.kind() == "statement_list" {
            return Some(at);
        }
        if is_function(at) {
            return None;
        }
        at = parent;
    }
    None
}

/// Hands out a node and all below it, functions inside of it included where `into` says so.
pub fn walk<'a>(node: Node<'a>, into: &mut dyn FnMut(Node<'a>) -> bool) {
    fn go<'a>(node: Node<'a>, depth: usize, into: &mut dyn FnMut(Node<'a>) -> bool) {
        if depth > MAX_DEPTH || !into(node) {
            return;
        }
        let mut cursor = node.walk();
        let below: Vec<Node<'a>> = node.named_children(&mut cursor).collect();
        below.into_iter().for_each(|child| go(child, depth + 1, into));
    }
    go(node, 0, into);
}

/// All functions whose text covers a line, outermost first.
pub fn functions_on(file: &SourceFile, wanted: u32) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    let Some(root) = file.root() else { return found };
    walk(root, &mut |node| {
        let covers = line(node) <= wanted && wanted <= last_line(node);
        if covers && is_function(node) {
            found.push(node);
        }
        covers
    });
    found
}

/// The name that Go gives a function, without its package: `(*T).M`, `f.func2`, `f.func2.1`. Literals are counted as the compiler does, in the
/// order of the text.
pub fn go_name(file: &SourceFile, function: Node<'_>) -> Option<String> {
    match function.kind() {
        "function_declaration" => Some(text(file, function.child_by_field_name("name")?).to_owned()),
        "method_declaration" => {
            let name = text(file, function.child_by_field_name("name")?);
            let receiver = children(function.child_by_field_name("receiver")?).into_iter().next()?;
            let type_node = receiver.child_by_field_name("type")?;
            let written = text(file, type_node).split('[').next().unwrap_or_default().trim();
            Some(match written.strip_prefix('*') {
                Some(base) => format!("(*{}).{name}", base.trim()),
                None => format!("{written}.{name}"),
            })
        }
        _ => {
            let outer = function_of(function);
            let mut number = 0;
            let mut mine = None;
            let from = match outer {
                Some(outer) => outer,
                None => top_level(function)?,
            };
            walk(from, &mut |node| {
                if node != from && node.kind() == "func_literal" {
                    number += 1;
                    if node == function {
                        mine = Some(number);
                    }
                    return false;
                }
                true
            });
            let number = mine?;
            match outer {
                None => Some(format!("init.func{number}")),
                Some(outer) if outer.kind() == "func_literal" => Some(format!("{}.{number}", go_name(file, outer)?)),
                Some(outer) => Some(format!("{}.func{number}", go_name(file, outer)?)),
            }
        }
    }
}

/// The function of a frame: the one at that line that the frame's name means. `local` is the name without its package.
pub fn function_named<'a>(file: &'a SourceFile, line: u32, local: &str) -> Option<Node<'a>> {
    let all = functions_on(file, line);
    let innermost = all.last().copied()?;
    if all.len() == 1 {
        return Some(innermost);
    }
    let plain: String = strip_type_arguments(local);
    // What a compiler wraps around a call of `go` or `defer` has the line of that statement.
    let plain = plain.split(".gowrap").next().unwrap_or_default().split(".deferwrap").next().unwrap_or_default();
    let plain = plain.split("-range").next().unwrap_or_default();
    let ends = |node: &Node<'_>| {
        go_name(file, *node).is_some_and(|name| {
            plain == name || plain.ends_with(&format!(".{name}")) || {
                // An inlined function's literals: `main.main.f.func1`, or `caller.func1.f.1`.
                let short = name.replacen(".func", ".", 1);
                plain.ends_with(&format!(".{short}"))
            }
        })
    };
    if let Some(found) = all.iter().rev().find(|node| ends(node)) {
        return Some(*found);
    }
    // A literal's name ends in its number.
    let last = plain.rsplit('.').next().unwrap_or_default();
    let literal = last.trim_start_matches("func").bytes().all(|byte| byte.is_ascii_digit()) && !last.is_empty();
    if literal {
        return Some(innermost);
    }
    let declared = all.iter().rev().find(|node| node.kind() != "func_literal").copied();
    declared.or(Some(innermost))
}

/// `Map[...].f` as `Map.f`.
pub fn strip_type_arguments(name: &str) -> String {
    let mut depth = 0;
    name.chars()
        .filter(|c| {
            match c {
                '[' => depth += 1,
                ']' => {
                    depth -= 1;
                    return false;
                }
                _ => {}
            }
            depth == 0
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_named_as_go_names_them() {
        let file = SourceFile::new(
            "package p\n\nfunc (t *T) m() {\n\tgo func() { func() { x++ }() }()\n\tgo func() { y++ }()\n}\n\nvar f = func() { z++ }\n".to_owned(),
        );
        let names = |line| -> Vec<String> {
            functions_on(&file, line).into_iter().map(|node| go_name(&file, node).unwrap()).collect()
        };
        assert_eq!(names(4), ["(*T).m", "(*T).m.func1", "(*T).m.func1.1"]);
        assert_eq!(names(5), ["(*T).m", "(*T).m.func2"]);
        assert_eq!(names(8), ["init.func1"]);
        let named = |line, name| text(&file, function_named(&file, line, name).unwrap()).len();
        assert_eq!(named(4, "(*T).m.func1.1"), "func() { x++ }".len());
        assert_eq!(named(4, "main.(*T).m.func1.1"), "func() { x++ }".len());
        assert!(named(4, "(*T).m") > 60);
    }
}
