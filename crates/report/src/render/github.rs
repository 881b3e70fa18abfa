//! GitHub Actions: annotations as workflow commands on standard output, and a job summary in Markdown.

use super::{Level, Options, status_words};
use crate::Report;
use crate::clean::{line, markdown, markdown_code, workflow};
use crate::explain::{goroutine, verb};
use crate::finding::Finding;
use std::io::{self, Write};

/// GitHub shows ten annotations of a kind per step.
const MAX_ANNOTATIONS: usize = 10;
/// Findings with details in the summary, which may have 1 MiB.
const MAX_DETAILS: usize = 50;

/// Writes one `::error` (or what the level of its rule is) per new finding, up to the number that is shown, a `::warning` of why there may be more, and closing `::notice`s.
///
/// # Errors
/// Those of the writer.
pub fn write_commands(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let new: Vec<&Finding> = report.new_findings().collect();
    let shown = if report.is_whole() { MAX_ANNOTATIONS } else { MAX_ANNOTATIONS - 1 };
    for finding in new.iter().take(shown) {
        let access = &finding.accesses[0];
        let mut message = format!("{}.", finding.why.missing);
        if let Some(suggestion) = &finding.suggestion {
            message += &format!("\nSuggestion: {}.", suggestion.text);
        }
        writeln!(
            out,
            "::{} file={},line={},title={}::{}",
            match options.level(finding) {
                Level::Note => "notice",
                level => level.name(),
            },
            workflow(options.path(&access.site.file), true),
            access.site.line.max(1),
            workflow(&finding.title, true),
            workflow(&message, false)
        )?;
    }
    if new.len() > shown {
        writeln!(out, "::notice title=hb::{} more data races; see the job summary", new.len() - shown)?;
    }
    // One of each: what is shown is counted by kind.
    let notices: Vec<String> = report.nothing_ran().into_iter().chain(report.notes.iter().cloned()).collect();
    for (kind, lines) in [("error", report.failures()), ("warning", report.lesser_gaps()), ("notice", notices)] {
        if !lines.is_empty() {
            writeln!(out, "::{kind} title=hb::{}", workflow(&lines.join("\n"), false))?;
        }
    }
    Ok(())
}

/// Writes the summary.
///
/// # Errors
/// Those of the writer.
pub fn write_summary(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "## Data races: {}\n", report.summary())?;
    if report.findings.is_empty() {
        writeln!(out, "{}", super::nothing_found(report))?;
        return write_caveats(report, out);
    }
    writeln!(out, "| | race | where | seen | test |\n|---|---|---|---|---|")?;
    for finding in report.findings.iter().take(500) {
        let mark = if finding.is_new() { "new" } else { "known" };
        let sites = finding.in_order().map(|(_, info)| markdown_code(&options.place(&info.site))).join(" ");
        let tests = finding.tests.as_ref().map(|tests| markdown(&tests.text)).unwrap_or_default();
        writeln!(
            out,
            "| {mark} | {} | {sites} | {} | {tests} |",
            markdown(&finding.title),
            finding.counts.occurrences
        )?;
    }
    if report.findings.len() > 500 {
        writeln!(out, "\n… and {} more.", report.findings.len() - 500)?;
    }
    for finding in report.new_findings().take(MAX_DETAILS) {
        writeln!(out, "\n<details><summary>{}</summary>\n", crate::clean::html(&finding.title))?;
        for (access, info) in finding.in_order() {
            writeln!(
                out,
                "**{}** by {} at {}\n",
                verb(access),
                goroutine(access),
                markdown_code(&options.place(&info.site))
            )?;
            if !info.excerpt.is_empty() {
                let text: Vec<String> =
                    info.excerpt.iter().map(|source| format!("{:>5} {}", source.line, line(&source.text))).collect();
                let fence = "`".repeat(
                    3.max(1 + text.iter().flat_map(|text| text.split(|c| c != '`').map(str::len)).max().unwrap_or(0)),
                );
                writeln!(out, "{fence}go\n{}\n{fence}\n", text.join("\n"))?;
            }
        }
        writeln!(out, "**Why:** {}.\n", markdown(&finding.why.missing))?;
        for near in &finding.near_misses {
            writeln!(out, "**Near miss:** {}.\n", markdown(&near.text))?;
        }
        if let Some(suggestion) = &finding.suggestion {
            writeln!(out, "**Suggestion:** {}: {}.\n", markdown(&suggestion.text), markdown(&suggestion.reason))?;
        }
        if let Some(words) = status_words(&finding.status) {
            writeln!(out, "{}\n", markdown(&words))?;
        }
        writeln!(out, "Fingerprint {}\n\n</details>", markdown_code(&finding.fingerprint))?;
    }
    write_caveats(report, out)
}

fn write_caveats(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    for note in report.caveats() {
        writeln!(out, "\n> {}", markdown(&note))?;
    }
    Ok(())
}
