//! The go command's quoting of word lists, as in `GOFLAGS`, `-toolexec` and `CC`.
//!
//! Words are separated by blanks. A word may begin with a single or double quote and then runs to the next quote of
//! the same kind; nothing is escaped inside, and quotes further inside a word are ordinary characters. A word with
//! blanks and both kinds of quotes therefore cannot be written at all.

/// Splits `text` into its words, as the go command does.
///
/// # Errors
/// A quote that is never closed, told in the go command's own terms.
pub fn split(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut rest = text.trim_start_matches(is_blank);
    while let Some(first) = rest.chars().next() {
        if first == '\'' || first == '"' {
            let inner = &rest[1..];
            let end = inner.find(first).ok_or_else(|| format!("unterminated {first} string"))?;
            words.push(inner[..end].to_owned());
            rest = &inner[end + 1..];
        } else {
            let end = rest.find(is_blank).unwrap_or(rest.len());
            words.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
        rest = rest.trim_start_matches(is_blank);
    }
    Ok(words)
}

/// Joins `words` so that [`split`] gives them back.
///
/// # Errors
/// A word that holds both kinds of quotes, which the format cannot express.
pub fn join<S: AsRef<str>>(words: &[S]) -> Result<String, String> {
    let mut text = String::new();
    for word in words {
        let word = word.as_ref();
        if !text.is_empty() {
            text.push(' ');
        }
        let single = word.contains('\'');
        let double = word.contains('"');
        if single && double {
            return Err(format!("{word:?} holds both kinds of quotes and cannot be passed to the go command"));
        }
        if word.is_empty() || word.contains(is_blank) || single || double {
            let quote = if single { '"' } else { '\'' };
            text.push(quote);
            text.push_str(word);
            text.push(quote);
        } else {
            text.push_str(word);
        }
    }
    Ok(text)
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r')
}

#[cfg(test)]
mod tests {
    use super::{join, split};

    #[test]
    fn words_quotes_and_blanks() {
        assert_eq!(split("").unwrap(), Vec::<String>::new());
        assert_eq!(split(" -x\t-tags=a,b \n").unwrap(), ["-x", "-tags=a,b"]);
        assert_eq!(
            split("'-overlay=/a b/o.json' \"-ldflags=-X 'm.v=1'\"").unwrap(),
            ["-overlay=/a b/o.json", "-ldflags=-X 'm.v=1'"]
        );
        // A quote inside a word is part of it, and a closed quote ends its word at once.
        assert_eq!(split("-ldflags='-s -w'").unwrap(), ["-ldflags='-s", "-w'"]);
        assert_eq!(split("'a'b").unwrap(), ["a", "b"]);
        assert!(split("'open").is_err());
    }

    #[test]
    fn join_is_undone_by_split() {
        let words = ["plain", "with blank", "it's", "say \"x\"", "", "-a=b"];
        assert_eq!(split(&join(&words).unwrap()).unwrap(), words);
        assert!(join(&["'\""]).is_err());
    }
}
