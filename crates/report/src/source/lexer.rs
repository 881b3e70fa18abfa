//! A lexer for Go source, enough to find expressions and declarations; it accepts anything and never fails.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Identifier.
    Ident,
    /// Keyword.
    Keyword,
    /// Number, string or rune.
    Literal,
    /// Operator or punctuation.
    Op,
}

/// A token: a byte range of the text and the line (from 1) on which it starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: Kind,
    /// First byte.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
    /// Line of the first byte, from 1.
    pub line: u32,
}

const KEYWORDS: &[&str] = &[
    "break",
    "case",
    "chan",
    "const",
    "continue",
    "default",
    "defer",
    "else",
    "fallthrough",
    "for",
    "func",
    "go",
    "goto",
    "if",
    "import",
    "interface",
    "map",
    "package",
    "range",
    "return",
    "select",
    "struct",
    "switch",
    "type",
    "var",
];

const OPERATORS: &[&str] = &[
    "<<=", ">>=", "&^=", "...", "&&", "||", "<-", "++", "--", "==", "!=", "<=", ">=", ":=", "+=", "-=", "*=", "/=",
    "%=", "&=", "|=", "^=", "<<", ">>", "&^",
];

/// All tokens of `text`, comments and white space left out.
pub fn lex(text: &str) -> Vec<Token> {
    let bytes = text.as_bytes();
    let mut tokens = Vec::new();
    let mut at = 0;
    let mut line = 1;
    while at < bytes.len() {
        let start = at;
        let start_line = line;
        let rest = &bytes[at..];
        let kind = match bytes[at] {
            b'\n' => {
                line += 1;
                at += 1;
                continue;
            }
            b' ' | b'\t' | b'\r' => {
                at += 1;
                continue;
            }
            b'/' if rest.starts_with(b"//") => {
                at += rest.iter().position(|&b| b == b'\n').unwrap_or(rest.len());
                continue;
            }
            b'/' if rest.starts_with(b"/*") => {
                let length = text[at..].find("*/").map_or(rest.len(), |found| found + 2);
                line += newlines(&rest[..length]);
                at += length;
                continue;
            }
            b'`' => {
                let length = rest[1..].iter().position(|&b| b == b'`').map_or(rest.len(), |found| found + 2);
                line += newlines(&rest[..length]);
                at += length;
                Kind::Literal
            }
            quote @ (b'"' | b'\'') => {
                at += quoted_length(rest, quote);
                Kind::Literal
            }
            b'0'..=b'9' => {
                at += rest.iter().take_while(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_')).count();
                Kind::Literal
            }
            b if b == b'_' || b.is_ascii_alphabetic() || b >= 0x80 => {
                at += rest.iter().take_while(|&&b| b == b'_' || b.is_ascii_alphanumeric() || b >= 0x80).count();
                if KEYWORDS.contains(&&text[start..at]) { Kind::Keyword } else { Kind::Ident }
            }
            _ => {
                at += OPERATORS.iter().find(|op| rest.starts_with(op.as_bytes())).map_or(1, |op| op.len());
                Kind::Op
            }
        };
        tokens.push(Token { kind, start, end: at, line: start_line });
    }
    tokens
}

fn newlines(bytes: &[u8]) -> u32 {
    bytes.iter().filter(|&&b| b == b'\n').count() as u32
}

/// Length of a quoted literal with its quotes; an unterminated one ends before the end of its line.
fn quoted_length(rest: &[u8], quote: u8) -> usize {
    let mut at = 1;
    while at < rest.len() {
        match rest[at] {
            b'\n' => return at,
            b'\\' => at += 2,
            b if b == quote => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<&str> {
        lex(text).iter().map(|token| &text[token.start..token.end]).collect()
    }

    #[test]
    fn splits_go() {
        assert_eq!(words("x.f[i] += `a\nb` // c\ny--"), ["x", ".", "f", "[", "i", "]", "+=", "`a\nb`", "y", "--"]);
        assert_eq!(words(r#"s := "a\"b" + 'x' /* q */ <-ch"#), ["s", ":=", r#""a\"b""#, "+", "'x'", "<-", "ch"]);
    }

    #[test]
    fn survives_broken_text() {
        for text in ["\"abc", "`abc", "/* abc", "'\\", "\"\\", "é := 1", "\u{1b}[31m"] {
            let _ = words(text);
        }
        assert_eq!(lex("`a\n`\nx").last().unwrap().line, 3);
    }
}
