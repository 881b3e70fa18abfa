//! `//hb:ignore reason` in the source: on the access's line, on the line above it, or above the function.

use crate::finding::{Finding, Place, Status};
use crate::source::{SourceFile, SourceStore};

/// How the comment begins.
pub const MARK: &str = "//hb:ignore";

/// Marks a finding as ignored if either side's source says so. A comment without a reason does not count: it is
/// returned as a note.
pub(crate) fn apply(finding: &mut Finding, store: &mut SourceStore) -> Option<String> {
    let (status, note) = status(finding.accesses.each_ref().map(|access| (&access.site, access.site_known)), store);
    if let Some(status) = status {
        finding.status = status;
    }
    note
}

/// What the source says about a race at two places, each with whether it is really known; otherwise the note, if there is one.
pub(crate) fn status(sites: [(&Place, bool); 2], store: &mut SourceStore) -> (Option<Status>, Option<String>) {
    let mut note = None;
    for (site, _) in sites.into_iter().filter(|(_, known)| *known) {
        let Some(file) = store.file(&site.file) else { continue };
        if let Some((line, reason)) = comment_for(&file, site.line) {
            let place = Place { line, ..site.clone() };
            if reason.is_empty() {
                note = Some(format!("{}: {MARK} needs a reason; it is not honoured without one", place.short()));
            } else {
                return (Some(Status::Ignored { reason, place }), None);
            }
        }
    }
    (None, note)
}

/// The comment that covers a line, with its line and reason.
fn comment_for(file: &SourceFile, line: u32) -> Option<(u32, String)> {
    if let Some(reason) = file.line(line).and_then(mark) {
        return Some((line, reason));
    }
    let above = |number: u32| -> Option<(u32, String)> {
        // Only comment lines directly above.
        let mut at = number.checked_sub(1)?;
        while let Some(text) = file.line(at).map(str::trim).filter(|text| text.starts_with("//")) {
            if let Some(reason) = mark(text) {
                return Some((at, reason));
            }
            at = at.checked_sub(1)?;
        }
        None
    };
    above(line).or_else(|| above(file.function_at(line)?.lines.0))
}

/// The reason after the mark. The mark must stand outside string literals, which the lexer would have kept as one token.
fn mark(text: &str) -> Option<String> {
    let at = text.find(MARK)?;
    let inside_literal = crate::source::lexer::lex(text).iter().any(|token| (token.start..token.end).contains(&at));
    let rest = &text[at + MARK.len()..];
    (!inside_literal && (rest.is_empty() || rest.starts_with([' ', '\t']))).then(|| rest.trim().to_owned())
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
}
