//! Checkstyle's XML, which reviewdog, Jenkins' Warnings plugin and many others read: an error at each access of a new finding, by file.

use super::Options;
use crate::Report;
use crate::clean::html;
use crate::explain::verb;
use crate::rules;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// Writes the document.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut files: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for finding in report.new_findings() {
        for (side, other) in [(0, 1), (1, 0)] {
            let (access, beside) = (&finding.accesses[side], &finding.accesses[other]);
            let text = format!(
                "{}: {} here, {} at {}. {}",
                finding.title,
                verb(&finding.race.accesses[side]),
                verb(&finding.race.accesses[other]),
                options.place(&beside.site),
                finding.why.missing
            );
            files.entry(options.path(&access.site.file)).or_default().push(format!(
                "    <error line=\"{}\" column=\"{}\" severity=\"{}\" message=\"{}\" source=\"hb.{}\"/>\n",
                access.site.line,
                access.column(),
                match options.level(finding) {
                    super::Level::Note => "info",
                    level => level.name(),
                },
                html(&text),
                rules::of(finding).id
            ));
        }
    }
    writeln!(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">")?;
    // There is no place for what concerns no file; an entry without a line is read by all.
    let caveats = report.caveats();
    if !caveats.is_empty() {
        writeln!(out, "  <file name=\"hb\">")?;
        for caveat in caveats {
            writeln!(out, "    <error line=\"0\" severity=\"warning\" message=\"{}\" source=\"hb\"/>", html(&caveat))?;
        }
        writeln!(out, "  </file>")?;
    }
    for (file, errors) in files {
        writeln!(out, "  <file name=\"{}\">\n{}  </file>", html(file), errors.concat())?;
    }
    writeln!(out, "</checkstyle>")
}
