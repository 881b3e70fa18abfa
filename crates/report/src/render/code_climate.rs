//! Code Climate's JSON, which GitLab shows beside a merge request's changes (`artifacts:reports:codequality`): an array of issues.

use super::{Level, Options};
use crate::Report;
use crate::clean;
use crate::finding::{AccessInfo, Finding};
use crate::rules;
use serde_json::{Value, json};
use std::io::{self, Write};

/// Writes the array; what is known or ignored is not in it, for the reader compares arrays.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let races = report.new_findings().map(|finding| issue(finding, options));
    let issues: Vec<Value> = races.chain(report.caveats().iter().map(|text| caveat(text))).collect();
    serde_json::to_writer_pretty(&mut *out, &issues)?;
    writeln!(out)
}

fn issue(finding: &Finding, options: &Options) -> Value {
    let rule = rules::of(finding);
    let [later, earlier] = &finding.accesses;
    let text = format!("{}. {}.", finding.title, finding.why.missing);
    json!({
        "type": "issue",
        "check_name": rule.id,
        "description": clean::line(&text),
        "categories": ["Bug Risk"],
        "severity": match options.level(finding) {
            Level::Error => "critical",
            Level::Warning => "minor",
            Level::Note => "info",
        },
        "fingerprint": finding.fingerprint,
        "location": location(later, options),
        "other_locations": [location(earlier, options)],
        "content": {"body": rule.page},
    })
}

/// What is to be said of the whole. There is no place for it but an issue, and an issue needs a file.
fn caveat(text: &str) -> Value {
    let text = clean::line(text);
    json!({
        "type": "issue",
        "check_name": "hb-caveat",
        "description": text,
        "categories": ["Bug Risk"],
        "severity": "major",
        "fingerprint": text,
        "location": {"path": "go.mod", "lines": {"begin": 1, "end": 1}},
    })
}

fn location(access: &AccessInfo, options: &Options) -> Value {
    // GitLab wants a line, and a path without `./` from the top of the repository.
    let line = access.site.line.max(1);
    json!({"path": clean::line(options.path(&access.site.file)), "lines": {"begin": line, "end": line}})
}
