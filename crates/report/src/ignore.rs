//! `//hb:ignore reason` in the source: on the access's line, on the line above it, or above the function; or on or above the declaration of the
//! variable, for all accesses to it.

use crate::finding::{Finding, Place, Status};
use crate::source::{SourceFile, SourceStore};

/// How the comment begins.
pub const MARK: &str = "//hb:ignore";

/// Marks a finding as ignored if either side's source says so. A comment without a reason does not count: it is
/// returned as a note.
pub(crate) fn apply(finding: &mut Finding, store: &mut SourceStore) -> Option<String> {
    let (found, note) = status(finding.accesses.each_ref().map(|access| (&access.site, access.site_known)), store);
    let (found, of_variable) = match found {
        Some(found) => (Some(found), None),
        None => declared(finding, store),
    };
    if let Some(found) = found {
        finding.status = found;
    }
    note.or(of_variable)
}

/// What stands at the declaration of a finding's variable.
pub(crate) fn declared(finding: &Finding, store: &mut SourceStore) -> (Option<Status>, Option<String>) {
    let Some(place) = &finding.variable.declared else { return (None, None) };
    match store.file(&place.file).and_then(|file| beside(&file, place.line)) {
        Some((line, reason)) => judged(Place { line, ..place.clone() }, reason),
        None => (None, None),
    }
}

/// What a comment at a place amounts to.
fn judged(place: Place, reason: String) -> (Option<Status>, Option<String>) {
    if reason.is_empty() {
        (None, Some(format!("{}: {MARK} needs a reason; it is not honoured without one", place.short())))
    } else {
        (Some(Status::Ignored { reason, place }), None)
    }
}

/// What the source says about a race at two places, each with whether it is really known; otherwise the note, if there is one.
pub(crate) fn status(sites: [(&Place, bool); 2], store: &mut SourceStore) -> (Option<Status>, Option<String>) {
    let mut note = None;
    for (site, _) in sites.into_iter().filter(|(_, known)| *known) {
        let Some(file) = store.file(&site.file) else { continue };
        if let Some((line, reason)) = comment_for(&file, site.line) {
            match judged(Place { line, ..site.clone() }, reason) {
                (None, without) => note = without,
                found => return found,
            }
        }
    }
    (None, note)
}

/// The comment that covers a line, with its line and reason.
fn comment_for(file: &SourceFile, line: u32) -> Option<(u32, String)> {
    beside(file, line).or_else(|| above(file, file.function_at(line)?.lines.0))
}

/// The comment on a line or directly above it.
fn beside(file: &SourceFile, line: u32) -> Option<(u32, String)> {
    match file.line(line).and_then(mark) {
        Some(reason) => Some((line, reason)),
        None => above(file, line),
    }
}

/// The comment in the comment lines directly above a line.
fn above(file: &SourceFile, line: u32) -> Option<(u32, String)> {
    let mut at = line.checked_sub(1)?;
    while let Some(text) = file.line(at).map(str::trim).filter(|text| text.starts_with("//")) {
        if let Some(reason) = mark(text) {
            return Some((at, reason));
        }
        at = at.checked_sub(1)?;
    }
    None
}

/// The reason after the mark. The mark must stand outside string literals, which the lexer would have kept as one token.
fn mark(text: &str) -> Option<String> {
    let rest = comment(text)?.strip_prefix(MARK)?;
    (rest.is_empty() || rest.starts_with([' ', '\t'])).then(|| rest.trim().to_owned())
}

/// The comment at the end of a line, outside of string literals, which the lexer keeps as one token.
fn comment(text: &str) -> Option<&str> {
    let tokens = crate::source::lexer::lex(text);
    let outside = |at: &usize| !tokens.iter().any(|token| (token.start..token.end).contains(at));
    let (at, _) = text.match_indices("//").find(|(at, _)| outside(at))?;
    Some(&text[at..])
}

/// Whether a line of source has the comment.
pub fn is_marked(text: &str) -> bool {
    mark(text).is_some_and(|reason| !reason.is_empty())
}

/// A comment that looks as if it was to be [`MARK`], and is not: `// hb:ignore`, `//hb:Ignore`, `//hb:ingore`, `//hb:ignored`, `//hbignore`.
pub fn misspelt(text: &str) -> Option<&str> {
    let comment = comment(text)?;
    if mark(text).is_some() {
        return None;
    }
    let inner = comment.trim_start_matches(['/', ' ', '\t']);
    let rest = inner.get(..2).filter(|start| start.eq_ignore_ascii_case("hb")).and_then(|_| inner.get(2..))?;
    let word = rest.trim_start_matches([':', '-', '_', '.', '/']);
    let blank = rest.starts_with(':') && word.starts_with([' ', '\t']);
    let word = word.trim_start_matches([' ', '\t']).split(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
    // `hb ignores this` is prose.
    let close = !rest.starts_with([' ', '\t']) && strsim::damerau_levenshtein(&word.to_lowercase(), "ignore") <= 2;
    let written = comment.split_whitespace().take(1 + usize::from(comment.starts_with("// ")) + usize::from(blank));
    let end = written.last().map(|last| last.as_ptr() as usize + last.len() - comment.as_ptr() as usize)?;
    close.then(|| &comment[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_cover_lines_and_functions() {
        let text = "package p\n\n//hb:ignore whole function, see #12\nfunc f() {\n\tx++\n}\n\nfunc g() {\n\ty++ //hb:ignore just a statistic\n\t//hb:ignore above\n\tz++\n\ts := \"//hb:ignore no\"\n\tw++ //hb:ignored\n\tv++ //hb:ignore\n}\n";
        let file = SourceFile::new(text.to_owned());
        let reason = |line| comment_for(&file, line).map(|(_, reason)| reason);
        assert_eq!(reason(5).as_deref(), Some("whole function, see #12"));
        assert_eq!(reason(9).as_deref(), Some("just a statistic"));
        assert_eq!(reason(11).as_deref(), Some("above"));
        assert_eq!(reason(12), None);
        assert_eq!(reason(13), None);
        assert_eq!(reason(14).as_deref(), Some(""));
    }

    #[test]
    fn what_was_meant_to_be_one() {
        for (line, written) in [
            ("x++ // hb:ignore reason", "// hb:ignore"),
            ("//hb:Ignore reason", "//hb:Ignore"),
            ("\t//hb:ingore reason", "//hb:ingore"),
            ("//hb:ignored: reason", "//hb:ignored:"),
            ("//hb:ignore: reason", "//hb:ignore:"),
            ("//hb: ignore reason", "//hb: ignore"),
            ("//hbignore", "//hbignore"),
            ("//HB-ignore x", "//HB-ignore"),
        ] {
            assert_eq!(misspelt(line), Some(written), "{line}");
            assert!(!is_marked(line));
        }
        for line in [
            "x++ //hb:ignore reason",
            "//hb:ignore",
            "// hb ignores this",
            "s := \"//hb:ingore\"",
            "// hb: a detector",
            "// x",
            "//hb:other",
        ] {
            assert_eq!(misspelt(line), None, "{line}");
        }
    }
}
