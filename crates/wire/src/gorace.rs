//! The `GORACE` environment variable.
//!
//! Its grammar is that of the sanitizers' option strings, found out by trials on Go's race detector: `name=value` pairs
//! between spaces, tabs, line ends, commas or colons; a value may stand in single or double quotes and then contain those;
//! of an option given twice the last counts; a pair without a name is passed over. Deviations: what the stock detector
//! answers by ending the process (a missing `=`, an open quote, a value of the wrong form), and what it passes over in
//! silence (an unknown option, a `history_size` out of range, an empty value), is reported to the caller as a [`Problem`]
//! and otherwise ignored.

/// What `GORACE` asks for. Strings are borrowed from it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Settings<'a> {
    /// `log_path`: `stdout`, `stderr` or the path of a file, to which `.<pid>` is added. Default: standard error.
    pub log_path: Option<&'a [u8]>,
    /// `exitcode`: the status with which a process that had races exits (its low 8 bits count). Default 66.
    pub exit_code: i32,
    /// `strip_path_prefix`: file names are printed from after the first occurrence of this. Default empty.
    pub strip_path_prefix: &'a [u8],
    /// `history_size`, 0 to 7: how much history is kept per goroutine, doubling with each step. `None`: not given.
    pub history_size: Option<u8>,
    /// `halt_on_error`: exit at the first race. Default no.
    pub halt_on_error: bool,
    /// `atexit_sleep_ms`: how long to wait at exit for races still to come. `None`: not given, so
    /// as long as goroutines can run (stock: 1000).
    pub atexit_sleep_ms: Option<u32>,
    /// `suppress_equal_stacks`: of races with the same two stacks report one. Default yes.
    pub suppress_equal_stacks: bool,
    /// `suppress_equal_addresses`: of races on the same address report one. Default no: the stock detector takes the
    /// option but shows no effect of it, so only an explicit request is honoured.
    pub suppress_equal_addresses: bool,
}

impl Default for Settings<'_> {
    fn default() -> Self {
        Settings {
            log_path: None,
            exit_code: 66,
            strip_path_prefix: b"",
            history_size: None,
            halt_on_error: false,
            atexit_sleep_ms: None,
            suppress_equal_stacks: true,
            suppress_equal_addresses: false,
        }
    }
}

/// Why a part of `GORACE` was ignored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Problem {
    /// No such option.
    Unknown,
    /// The value is not of the option's kind or out of its range.
    BadValue,
    /// A word without `=`.
    NoValue,
    /// A quote that is not closed.
    OpenQuote,
}

/// Reads a `GORACE` string. `say` gets each part that was ignored, `name=value` as it stands there.
pub fn parse<'a>(text: &'a [u8], say: &mut impl FnMut(Problem, &'a [u8])) -> Settings<'a> {
    let mut settings = Settings::default();
    let mut rest = text;
    loop {
        rest = after(rest, is_separator);
        if rest.is_empty() {
            return settings;
        }
        let start = rest;
        let name_end = position(rest, |byte| byte == b'=' || is_separator(byte));
        let (name, tail) = split(rest, name_end);
        let Some(tail) = tail.strip_prefix(b"=") else {
            say(Problem::NoValue, name);
            rest = tail;
            continue;
        };
        let value = match tail.split_first() {
            Some((quote @ (b'\'' | b'"'), quoted)) => {
                let end = position(quoted, |byte| byte == *quote);
                let (value, closing) = split(quoted, end);
                if closing.is_empty() {
                    say(Problem::OpenQuote, start);
                    return settings;
                }
                rest = split(closing, 1).1;
                value
            }
            _ => {
                let (value, after_value) = split(tail, position(tail, is_separator));
                rest = after_value;
                value
            }
        };
        let whole = split(start, start.len().saturating_sub(rest.len())).0;
        match set(&mut settings, name, value) {
            Ok(()) => {}
            Err(problem) => say(problem, whole),
        }
    }
}

/// Stores one option.
fn set<'a>(settings: &mut Settings<'a>, name: &[u8], value: &'a [u8]) -> Result<(), Problem> {
    // A chain of comparisons and not a `match`: see the crate's rules on tables.
    if name.is_empty() {
    } else if name == b"log_path" {
        if value.is_empty() || value.contains(&0) {
            return Err(Problem::BadValue);
        }
        settings.log_path = Some(value);
    } else if name == b"exitcode" {
        settings.exit_code = i32::try_from(integer(value)?).map_err(|_| Problem::BadValue)?;
    } else if name == b"strip_path_prefix" {
        settings.strip_path_prefix = value;
    } else if name == b"history_size" {
        let size = integer(value)?;
        if !(0..=7).contains(&size) {
            return Err(Problem::BadValue);
        }
        settings.history_size = Some(size as u8);
    } else if name == b"halt_on_error" {
        settings.halt_on_error = boolean(value)?;
    } else if name == b"atexit_sleep_ms" {
        settings.atexit_sleep_ms = Some(u32::try_from(integer(value)?).map_err(|_| Problem::BadValue)?);
    } else if name == b"suppress_equal_stacks" {
        settings.suppress_equal_stacks = boolean(value)?;
    } else if name == b"suppress_equal_addresses" {
        settings.suppress_equal_addresses = boolean(value)?;
    } else {
        return Err(Problem::Unknown);
    }
    Ok(())
}

/// A decimal number with an optional sign. One too large for `i64` is a bad value.
fn integer(text: &[u8]) -> Result<i64, Problem> {
    let (negative, digits) = match text.split_first() {
        Some((b'-', digits)) => (true, digits),
        Some((b'+', digits)) => (false, digits),
        _ => (false, text),
    };
    if digits.is_empty() {
        return Err(Problem::BadValue);
    }
    let mut number = 0i64;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return Err(Problem::BadValue);
        }
        number = number
            .checked_mul(10)
            .and_then(|number| number.checked_add(i64::from(digit - b'0')))
            .ok_or(Problem::BadValue)?;
    }
    Ok(if negative { -number } else { number })
}

fn boolean(text: &[u8]) -> Result<bool, Problem> {
    if text == b"1" || text == b"yes" || text == b"true" {
        Ok(true)
    } else if text == b"0" || text == b"no" || text == b"false" {
        Ok(false)
    } else {
        Err(Problem::BadValue)
    }
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b' ' | b',' | b':' | b'\n' | b'\t' | b'\r')
}

/// Where the first byte that `is` accepts stands, or the length.
fn position(text: &[u8], is: impl Fn(u8) -> bool) -> usize {
    text.iter().position(|byte| is(*byte)).unwrap_or(text.len())
}

/// `text` from the first byte on that `is` does not accept.
fn after(text: &[u8], is: impl Fn(u8) -> bool) -> &[u8] {
    split(text, position(text, |byte| !is(byte))).1
}

/// The first `at` bytes and the rest.
fn split(text: &[u8], at: usize) -> (&[u8], &[u8]) {
    text.split_at_checked(at).unwrap_or((text, &[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (Settings<'_>, Vec<(Problem, &str)>) {
        let mut problems = Vec::new();
        let settings = parse(text.as_bytes(), &mut |problem, part| {
            problems.push((problem, std::str::from_utf8(part).unwrap()));
        });
        (settings, problems)
    }

    #[test]
    fn every_option() {
        let (settings, problems) = read(
            "log_path=/tmp/x exitcode=13 strip_path_prefix=/main. history_size=7 halt_on_error=1 \
             atexit_sleep_ms=250 suppress_equal_stacks=0 suppress_equal_addresses=yes",
        );
        assert_eq!(problems, []);
        assert_eq!(
            settings,
            Settings {
                log_path: Some(b"/tmp/x"),
                exit_code: 13,
                strip_path_prefix: b"/main.",
                history_size: Some(7),
                halt_on_error: true,
                atexit_sleep_ms: Some(250),
                suppress_equal_stacks: false,
                suppress_equal_addresses: true,
            }
        );
    }

    #[test]
    fn nothing_means_the_defaults() {
        for text in ["", " ", ",:\n\t\r "] {
            assert_eq!(read(text), (Settings::default(), vec![]), "{text:?}");
        }
    }

    /// Each of these was tried on the stock detector, with this outcome.
    #[test]
    fn as_the_stock_parser() {
        for (text, code) in [
            ("atexit_sleep_ms=0,exitcode=3", 3),
            ("atexit_sleep_ms=0:exitcode=4", 4),
            ("atexit_sleep_ms=0\texitcode=5", 5),
            ("exitcode='6'", 6),
            ("exitcode=\"7\"", 7),
            ("exitcode=1 exitcode=2", 2),
            ("exitcode=-1", -1),
            ("exitcode=300", 300),
            ("=3", 66),
        ] {
            let (settings, problems) = read(text);
            assert_eq!((settings.exit_code, problems), (code, vec![]), "{text:?}");
        }
    }

    #[test]
    fn quotes_hold_separators() {
        let (settings, problems) = read("strip_path_prefix='a b:c,d' log_path=\"it's\"");
        assert_eq!(problems, []);
        assert_eq!(settings.strip_path_prefix, b"a b:c,d");
        assert_eq!(settings.log_path, Some(&b"it's"[..]));
    }

    #[test]
    fn what_is_wrong_is_named_and_the_rest_holds() {
        use Problem::*;
        for (text, problem, part) in [
            ("nosuch=1 exitcode=5", Unknown, "nosuch=1"),
            ("exitcode=5 history_size=8", BadValue, "history_size=8"),
            ("history_size=-1,exitcode=5", BadValue, "history_size=-1"),
            ("exitcode=5 exitcode=x", BadValue, "exitcode=x"),
            ("exitcode=5 exitcode=", BadValue, "exitcode="),
            ("exitcode=5 exitcode=0x10", BadValue, "exitcode=0x10"),
            ("exitcode=5 exitcode=99999999999999999999", BadValue, "exitcode=99999999999999999999"),
            ("exitcode=5 exitcode=4294967296", BadValue, "exitcode=4294967296"),
            ("exitcode=5 atexit_sleep_ms=-1", BadValue, "atexit_sleep_ms=-1"),
            ("halt_on_error=2 exitcode=5", BadValue, "halt_on_error=2"),
            ("log_path= exitcode=5", BadValue, "log_path="),
            ("exitcode exitcode=5", NoValue, "exitcode"),
            ("exitcode=5 exitcode", NoValue, "exitcode"),
            ("exitcode=5 strip_path_prefix='a b", OpenQuote, "strip_path_prefix='a b"),
            ("exitcode=5 exitcode='6'x=3", Unknown, "x=3"),
        ] {
            let (settings, problems) = read(text);
            assert_eq!(problems, [(problem, part)], "{text:?}");
            let expected = if text.contains("'6'") { 6 } else { 5 };
            assert_eq!(settings.exit_code, expected, "{text:?}");
        }
    }

    #[test]
    fn any_bytes_end() {
        // Every string of up to four of these bytes: the parser must come to an end without a panic.
        let bytes = *b"a= '\",\0\xff";
        for a in bytes {
            for b in bytes {
                for c in bytes {
                    for d in bytes {
                        parse(&[a, b, c, d], &mut |_, _| {});
                    }
                }
            }
        }
    }
}
