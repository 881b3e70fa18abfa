//! JSON lines: one for each finding, and one for the run, which is the last.

use crate::Report;
use crate::finding::{Finding, Totals};
use serde::Serialize;
use std::collections::BTreeMap;
use std::io::{self, Write};

/// A line, told apart by its `type`.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Line<'a> {
    /// As in the report.
    Finding(&'a Finding),
    /// What else the report has, but the list of processes; without this line the file is not whole.
    Run {
        schema: u32,
        hb_version: &'a str,
        totals: &'a Totals,
        limits: &'a BTreeMap<String, u64>,
        notes: &'a [String],
        /// In words, why there may be more races than the findings tell of.
        gaps: Vec<String>,
    },
}

/// Writes the lines.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Report { schema, hb_version, totals, limits, notes, .. } = report;
    let run = Line::Run { schema: *schema, hb_version, totals, limits, notes, gaps: report.gaps() };
    for line in report.findings.iter().map(Line::Finding).chain([run]) {
        serde_json::to_writer(&mut *out, &line)?;
        writeln!(out)?;
    }
    Ok(())
}
