//! TeamCity's service messages, as inspections: each rule that occurs once, then each access of a new finding at its place.

use super::{Level, Options};
use crate::Report;
use crate::clean;
use crate::rules;
use std::collections::BTreeSet;
use std::io::{self, Write};

/// Most characters of a message, by TeamCity's manual.
const LONGEST: usize = 4000;

/// Writes the messages.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut told = BTreeSet::new();
    for finding in report.new_findings() {
        let rule = rules::of(finding);
        if told.insert(rule.id) {
            let name = quoted(rule.title());
            let what = quoted(rule.what());
            writeln!(
                out,
                "##teamcity[inspectionType id='{}' name='{name}' category='Data races' description='{what}']",
                rule.id
            )?;
        }
        let severity = match options.level(finding) {
            Level::Error => "ERROR",
            Level::Warning => "WARNING",
            Level::Note => "INFO",
        };
        for (side, access) in finding.accesses.iter().enumerate() {
            let text = format!(
                "{}: {} here. {}",
                finding.title,
                crate::explain::verb(&finding.race.accesses[side]),
                finding.why.missing
            );
            writeln!(
                out,
                "##teamcity[inspection typeId='{}' message='{}' file='{}' line='{}' SEVERITY='{severity}']",
                rule.id,
                quoted(&text),
                quoted(options.path(&access.site.file)),
                access.site.line
            )?;
        }
    }
    for caveat in report.caveats() {
        writeln!(out, "##teamcity[message text='{}' status='WARNING']", quoted(&format!("hb: {caveat}")))?;
    }
    if report.new_findings().next().is_some() {
        writeln!(out, "##teamcity[buildStatisticValue key='hb.newRaces' value='{}']", report.new_findings().count())?;
    }
    Ok(())
}

/// A value as the messages have it: `|` stands before what has a meaning, and before the number of what is not ASCII.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    for c in clean::line(text).chars().take(LONGEST) {
        match c {
            '\'' | '|' | '[' | ']' => out.extend(['|', c]),
            '\n' => out.push_str("|n"),
            '\r' => out.push_str("|r"),
            c if c.is_ascii() => out.push(c),
            c => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    out.push_str(&format!("|0x{unit:04X}"));
                }
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn what_has_a_meaning_is_escaped() {
        assert_eq!(super::quoted("a['b']|é😀"), "a|[|'b|'|]|||0x00E9|0xD83D|0xDE00");
    }
}
