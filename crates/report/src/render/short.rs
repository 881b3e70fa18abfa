//! One line a finding, `file:line:column: level: message`, as compilers write them: what vim's `errorformat`, the problem matchers of editors and
//! CI servers, and `grep -n` read. A second line, a note, says where the other access is.

use super::Options;
use crate::Report;
use crate::clean;
use crate::explain::{goroutine, verb};
use crate::finding::{AccessInfo, Finding};
use std::io::{self, Write};

/// Writes the new findings, and what is to be said of the whole, which stands at no place.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    for finding in report.findings.iter().filter(|finding| finding.is_new() || options.show_known) {
        for (place, level, text) in lines(finding, options) {
            writeln!(out, "{place}: {level}: {text}")?;
        }
    }
    for caveat in report.caveats() {
        writeln!(out, "hb: {}", clean::line(&caveat))?;
    }
    Ok(())
}

/// Place, level and message of a finding's two lines.
fn lines(finding: &Finding, options: &Options) -> [(String, &'static str, String); 2] {
    let [later, earlier] = [0, 1].map(|side| (&finding.race.accesses[side], &finding.accesses[side]));
    let rule = crate::rules::of(finding).id;
    let said = format!("{}; {} here, {} at {}", finding.title, verb(later.0), verb(earlier.0), earlier.1.site.short());
    let other = format!("the other access: {} by {}", verb(earlier.0), goroutine(earlier.0));
    [
        (position(later.1, options), options.level(finding).name(), format!("{} [{rule}]", clean::line(&said))),
        (position(earlier.1, options), "note", clean::line(&other).into_owned()),
    ]
}

/// `file:line:column`; the column counts bytes from 1, as Go's own tools do, and is 1 where it is not known.
pub(super) fn position(access: &AccessInfo, options: &Options) -> String {
    let file = match access.site.file.as_str() {
        "" => "unknown",
        file => options.path(file),
    };
    format!("{}:{}:{}", clean::line(file), access.site.line.max(1), access.column())
}
