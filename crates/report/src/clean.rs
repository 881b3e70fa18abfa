//! Makes text from the program harmless for where it is shown.
//!
//! Names come from the checked program: functions, files, tests, source lines. None of them may move a terminal's cursor,
//! reorder what is read, or break out of HTML, Markdown or a workflow command.

use std::borrow::Cow;
use std::fmt::Write as _;

/// True for characters that change how others are shown: controls, those that reorder or hide text, and noncharacters,
/// which XML forbids.
pub(crate) fn is_hostile(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}')
}

/// One line of text with control and reordering characters written as `\u{1b}`; tabs become four spaces.
pub fn line(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_hostile) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '\t' => clean.push_str("    "),
            c if is_hostile(c) => {
                let _ = write!(clean, "\\u{{{:x}}}", u32::from(c));
            }
            c => clean.push(c),
        }
    }
    Cow::Owned(clean)
}

/// As [`line()`], for HTML text and attribute values in either quotes.
pub fn html(text: &str) -> String {
    let clean = line(text);
    let mut out = String::with_capacity(clean.len() + 16);
    for c in clean.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
    out
}

/// As [`line()`], for Markdown text: every punctuation mark that means something is escaped, HTML included.
pub fn markdown(text: &str) -> String {
    let clean = line(text);
    let mut out = String::with_capacity(clean.len() + 16);
    for c in clean.chars() {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '|' | '#' | '~' | '!' | '@' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    out
}

/// As [`line()`], between backquotes longer than any in the text; `|` is kept out for the sake of tables.
pub fn markdown_code(text: &str) -> String {
    let clean = line(text).replace('|', "\u{2502}");
    let longest = clean.split(|c| c != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    let pad = if longest > 0 { " " } else { "" };
    format!("{fence}{pad}{clean}{pad}{fence}")
}

/// The message of a GitHub workflow command; `property` also escapes what ends a property.
pub fn workflow(text: &str, property: bool) -> String {
    let mut out = text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A");
    if property {
        out = out.replace(':', "%3A").replace(',', "%2C");
    }
    out.chars().map(|c| if is_hostile(c) { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hostile_survives() {
        let bad = "a\u{1b}[31m\u{202e}b\n<script>'\"&`|";
        assert_eq!(line(bad), "a\\u{1b}[31m\\u{202e}b\\u{a}<script>'\"&`|");
        assert_eq!(html("<a b='\"&\u{7}"), "&lt;a b=&#39;&quot;&amp;\\u{7}");
        assert_eq!(markdown("<b>*_[x](y)"), "&lt;b&gt;\\*\\_\\[x\\](y)");
        assert_eq!(markdown_code("a``b"), "``` a``b ```");
        assert_eq!(workflow("a:b,\n%::error::x", true), "a%3Ab%2C%0A%25%3A%3Aerror%3A%3Ax");
    }
}
