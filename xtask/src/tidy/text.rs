//! Width, and the head of each file.

use super::{File, Found};

/// The most columns of a line; a tab counts as four.
pub const WIDTH: usize = 100;

/// Checks every file.
pub fn check(files: &[File], found: &mut Found) {
    for file in files {
        let rule = if file.path.ends_with(".rs") { "wide" } else { "wide-text" };
        let wide = wide(file);
        if wide > 0 {
            found.count_of(rule, &file.path, wide);
        }
        if !has_head(file) {
            found.count("headless", &file.path);
        }
    }
}

/// How many lines of all files are too wide.
pub fn all_wide(files: &[File]) -> usize {
    files.iter().map(wide).sum()
}

/// How many lines of a file are too wide. Tables of Markdown cannot be broken, nor can links.
fn wide(file: &File) -> usize {
    let is_table = |line: &str| file.path.ends_with(".md") && line.starts_with('|');
    let columns = |line: &str| line.chars().map(|c| if c == '\t' { 4 } else { 1 }).sum::<usize>();
    let too_wide = |line: &&str| columns(line) > WIDTH && !is_table(line) && !line.contains("://");
    // What an edit replaces is on as many lines as before.
    let is_edit = |line: &&str| file.path.ends_with(".edit") && !line.starts_with("//");
    file.text.lines().filter(too_wide).filter(|line| !is_edit(line)).count()
}

/// Whether a file begins with a comment that says what it is. Markdown begins with a heading; what `Cargo.toml` is, is known.
fn has_head(file: &File) -> bool {
    let first = file.text.lines().find(|line| !line.is_empty() && !line.starts_with("#!")).unwrap_or_default();
    match file.path.rsplit('.').next() {
        Some("rs") => first.starts_with("//!"),
        Some("s" | "go" | "edit") => {
            // What holds without race detection is told by the file beside it.
            first.starts_with("// ") || file.path.ends_with("_none.go") || file.text.contains("\n// ")
        }
        Some("sh") => first.starts_with("# "),
        Some("md") => first.starts_with('#'),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File { path: path.to_owned(), text: text.to_owned() }
    }

    #[test]
    fn columns_count_as_they_are_seen() {
        assert_eq!(wide(&file("a.s", &format!("\t{}\n", "x".repeat(96)))), 0);
        assert_eq!(wide(&file("a.s", &format!("\t{}\n", "x".repeat(97)))), 1);
        assert_eq!(wide(&file("a.rs", &format!("{}\n", "é".repeat(100)))), 0);
        assert_eq!(wide(&file("a.md", &format!("| {} |\n", "x".repeat(200)))), 0);
    }

    #[test]
    fn a_file_says_what_it_is() {
        assert!(has_head(&file("a.rs", "//! What.\n")) && !has_head(&file("a.rs", "use x;\n//! What.\n")));
        assert!(has_head(&file("a.sh", "#!/bin/sh\n# What.\n")) && !has_head(&file("a.sh", "#!/bin/sh\nset -eu\n")));
        assert!(has_head(&file("a.s", "// What.\n")) && !has_head(&file("a.s", "TEXT f(SB)\n")));
    }
}
