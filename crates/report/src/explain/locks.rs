//! Which locks the source takes before a line: a guess from the text of one function, used where the runtime recorded none.

use crate::source::SourceFile;
use crate::source::lexer::Kind;

/// A lock that the source text takes before a line and has not given back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLock {
    /// The mutex as written: `c.mu`.
    pub mutex: String,
    /// `RLock`.
    pub shared: bool,
    /// Line of the call.
    pub line: u32,
}

impl SourceLock {
    /// The last name: `mu`.
    pub fn leaf(&self) -> &str {
        self.mutex.rsplit('.').next().unwrap_or(&self.mutex)
    }
}

/// The `x.TryLock()` above a line of the same function, with its line: a lock that may not have been taken.
pub fn tried_at(file: &SourceFile, line: u32) -> Option<(String, u32)> {
    let first = file.function_at(line)?.lines.0;
    (first..line).rev().find_map(|number| {
        let (before, _) = file.line(number)?.split_once(".TryLock()")?;
        let start = before.rfind(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.'))).map_or(0, |at| at + 1);
        Some((before[start..].to_owned(), number))
    })
}

/// Locks held at `line` as far as its own function's text tells. A function literal starts with none; an early
/// `Unlock` in a block that leaves does not count after the block.
pub fn held_at(file: &SourceFile, line: u32) -> Vec<SourceLock> {
    let Some(function) = file.function_at(line) else { return Vec::new() };
    let first = function.lines.0;
    let tokens = file.tokens_of_lines(first, line);
    let word = |index: usize| tokens.get(index).map_or("", |token| file.word(token));
    struct Block {
        held_outside: Vec<SourceLock>,
        literal: bool,
        leaves: bool,
    }
    let mut held: Vec<SourceLock> = Vec::new();
    let mut blocks: Vec<Block> = Vec::new();
    let mut literal_coming = false;
    for index in 0..tokens.len() {
        match word(index) {
            "func" if index > 0 => literal_coming = true,
            "{" => {
                let type_braces = index > 0 && matches!(word(index - 1), "interface" | "struct");
                let literal = literal_coming && !type_braces;
                blocks.push(Block { held_outside: held.clone(), literal, leaves: false });
                if literal {
                    literal_coming = false;
                    held.clear();
                }
            }
            "}" => {
                if let Some(block) = blocks.pop()
                    && (block.literal || block.leaves)
                {
                    // The line itself may end the literal that it stands in: `go func() { n++ }()`.
                    if tokens[index].line < line || !block.literal {
                        held = block.held_outside;
                    }
                }
            }
            "return" | "break" | "continue" | "goto" | "panic" => {
                if let Some(block) = blocks.last_mut() {
                    block.leaves = true;
                }
            }
            method @ ("Lock" | "RLock" | "Unlock" | "RUnlock")
                if index > 1 && word(index - 1) == "." && word(index + 1) == "(" =>
            {
                // Names joined by dots, backwards: a name before another name belongs to the line above.
                let mut start = index - 2;
                while start >= 2 && word(start - 1) == "." && tokens[start - 2].kind == Kind::Ident {
                    start -= 2;
                }
                let mutex = file.text[tokens[start].start..tokens[index - 1].start].to_owned();
                let deferred = start > 0 && word(start - 1) == "defer";
                if method.ends_with("nlock") {
                    if !deferred {
                        held.retain(|lock| lock.mutex != mutex);
                    }
                } else if !deferred {
                    held.push(SourceLock { mutex, shared: method == "RLock", line: tokens[index].line });
                }
            }
            _ => {}
        }
    }
    held
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(body: &str, line: u32) -> Vec<String> {
        let file = SourceFile::new(format!("package p\nfunc (c *C) f() {{\n{body}\n}}\n"));
        held_at(&file, line).into_iter().map(|lock| lock.mutex + if lock.shared { " r" } else { "" }).collect()
    }

    #[test]
    fn follows_locks_through_a_function() {
        assert_eq!(held("c.mu.Lock()\ndefer c.mu.Unlock()\nc.n++", 5), ["c.mu"]);
        assert_eq!(held("c.mu.RLock()\nc.n++", 4), ["c.mu r"]);
        assert!(held("c.mu.Lock()\nc.mu.Unlock()\nc.n++", 5).is_empty());
        assert!(held("c.mu.Lock()\ne := c.head\nc.mu.Unlock()\ne.n++", 6).is_empty());
        assert_eq!(held("c.mu.Lock()\nif x {\nc.mu.Unlock()\nreturn\n}\nc.n++", 8), ["c.mu"]);
        assert!(held("c.mu.Lock()\ngo func() {\nc.n++\n}()", 5).is_empty());
        assert_eq!(held("mu.Lock()\ngo func() {\nx()\n}()\nc.n++", 7), ["mu"]);
        assert!(held("mu.Lock()\ngo func() { c.n++ }()", 4).is_empty());
    }
}
