//! JSON lines: one for each finding, and one for the run, which is the last.

use crate::Report;
use crate::finding::{Finding, Totals};
use crate::outcome::Run as GoRun;
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
        #[serde(skip_serializing_if = "<[GoRun]>::is_empty")]
        runs: &'a [GoRun],
        limits: &'a BTreeMap<String, u64>,
        notes: &'a [String],
        /// Whether all was built and ran to its end.
        whole: bool,
        /// In words, why there may be more races than the findings tell of.
        gaps: Vec<String>,
    },
}

/// Writes the lines.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let Report { schema, hb_version, totals, runs, limits, notes, .. } = report;
    let (whole, gaps) = (report.is_whole(), report.gaps());
    let run = Line::Run { schema: *schema, hb_version, totals, runs, limits, notes, whole, gaps };
    for line in report.findings.iter().map(Line::Finding).chain([run]) {
        serde_json::to_writer(&mut *out, &line)?;
        writeln!(out)?;
    }
    Ok(())
}
