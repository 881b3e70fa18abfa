//! SARIF 2.1.0, for code scanning: both stacks as thread flows, one rule per shape, partial fingerprints.
//!
//! Within GitHub's limits: at most 5,000 results shown (a report has at most [`crate::finding::MAX_FINDINGS`]), at most
//! [`MAX_STEPS`] locations per thread flow, at most [`MAX_TEXT`] characters per message.

use super::Options;
use crate::Report;
use crate::clean;
use crate::explain::{frames, goroutine, verb};
use crate::finding::{AccessInfo, Finding, Fix, Place, Severity, SeverityKind, Shape, Status};
use crate::outcome::Run as GoRun;
use crate::raw::{Access, Frame};
use crate::rules::{self, Rule};
use serde_json::{Value, json};
use std::io::{self, Write};

/// Most locations of a thread flow.
pub const MAX_STEPS: usize = 100;
/// Longest message, in characters.
pub const MAX_TEXT: usize = 1000;

/// Shapes with their rule id, name and short description. Ids never change; new shapes get new ones.
pub const RULES: &[(Shape, &str, &str, &str)] = &[
    (
        Shape::Other,
        "go-data-race",
        "DataRace",
        "Two goroutines access the same memory, at least one writes, and nothing orders them",
    ),
    (Shape::Counter, "go-data-race-counter", "DataRaceCounter", "A counter is updated without synchronisation"),
    (Shape::Flag, "go-data-race-flag", "DataRaceFlag", "A flag is set and read without synchronisation"),
    (Shape::Map, "go-data-race-map", "DataRaceMap", "A map is used by several goroutines without a lock"),
    (
        Shape::SeveralFields,
        "go-data-race-fields",
        "DataRaceFields",
        "Fields that belong together change without a lock",
    ),
    (
        Shape::PointerPublication,
        "go-data-race-publication",
        "DataRacePublication",
        "A pointer is published without synchronisation",
    ),
    (
        Shape::GoroutineResult,
        "go-data-race-result",
        "DataRaceResult",
        "A goroutine's result is read without waiting for it",
    ),
    (
        Shape::LazyInit,
        "go-data-race-lazy-init",
        "DataRaceLazyInit",
        "A value is made on first use by several goroutines",
    ),
    (
        Shape::LoopVariable,
        "go-data-race-loop-variable",
        "DataRaceLoopVariable",
        "A loop variable is shared by the goroutines of its iterations",
    ),
    (Shape::ReadMostly, "go-data-race-read-mostly", "DataRaceReadMostly", "A value is replaced while others read it"),
    (Shape::SliceAppend, "go-data-race-slice", "DataRaceSlice", "A slice grows under several goroutines"),
    (
        Shape::LateWrite,
        "go-data-race-late-write",
        "DataRaceLateWrite",
        "A value is set only after the goroutine that reads it was started",
    ),
    (
        Shape::MixedAtomic,
        "go-data-race-mixed-atomic",
        "DataRaceMixedAtomic",
        "A word is accessed atomically on one side and plainly on the other",
    ),
    (Shape::WaitGroupAdd, "go-data-race-waitgroup", "DataRaceWaitGroup", "Add of a WaitGroup runs beside its Wait"),
    (
        Shape::ChannelClose,
        "go-data-race-close",
        "DataRaceClose",
        "A channel is closed while another goroutine sends on it",
    ),
    (
        Shape::SharedArray,
        "go-data-race-shared-array",
        "DataRaceSharedArray",
        "Slices that share an array are appended to by several goroutines",
    ),
];

/// The rule of a finding: its index in [`RULES`].
pub fn rule_index(finding: &Finding) -> usize {
    let shape = finding.suggestion.as_ref().map(|suggestion| suggestion.shape).unwrap_or_default();
    RULES.iter().position(|rule| rule.0 == shape).unwrap_or(0)
}

/// Writes the log.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|(shape, id, name, text)| {
            json!({
                "id": id,
                "name": name,
                "shortDescription": {"text": text},
                "fullDescription": {"text": format!("{text}. By the Go memory model the outcome of such accesses is not defined.")},
                "helpUri": rules::named(id).map(Rule::address),
                "help": rules::named(id).map(|rule| json!({"text": rule.text(|_, text| text.to_owned(), usize::MAX), "markdown": rule.page})),
                "defaultConfiguration": {"level": "error"},
                "properties": {"tags": ["concurrency", "data-race", "external/cwe/cwe-362"], "precision": "very-high", "problem.severity": "error", "security-severity": rule_severity(*shape)}
            })
        })
        .collect();
    let results: Vec<Value> = report.findings.iter().map(|finding| result(finding, options)).collect();
    let mut run = json!({
        "tool": {"driver": {"name": "hb", "version": report.hb_version, "informationUri": "https://go.dev/ref/mem", "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": results
    });
    if let Some(root) = options.relative_to.as_ref().and_then(|root| root.to_str()) {
        let root = format!("{}/", uri(root.trim_end_matches('/')));
        run["originalUriBaseIds"] = json!({"%SRCROOT%": {"uri": root}});
    }
    let notification = |level: &str, text: &String| json!({"level": level, "message": {"text": message(text)}});
    let mut notifications: Vec<Value> = report.failures().iter().map(|text| notification("error", text)).collect();
    let notes = report.lesser_gaps().into_iter().chain(report.nothing_ran()).chain(report.notes.iter().cloned());
    notifications.extend(notes.map(|text| notification("note", &text)));
    if !notifications.is_empty() || !report.runs.is_empty() {
        let mut invocation =
            json!({"executionSuccessful": report.is_whole(), "toolExecutionNotifications": notifications});
        if let [GoRun { status: Some(status), .. }] = report.runs.as_slice() {
            invocation["exitCode"] = json!(status);
        }
        if let [GoRun { signal: Some(signal), .. }] = report.runs.as_slice() {
            invocation["exitSignalName"] = json!(signal);
        }
        run["invocations"] = json!([invocation]);
    }
    let log = json!({"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0", "runs": [run]});
    serde_json::to_writer_pretty(&mut *out, &log)?;
    writeln!(out)
}

/// What a race of a shape does at its worst, on the scale that GitHub sorts by. Each result has its own besides.
fn rule_severity(shape: Shape) -> String {
    let kind = match shape {
        Shape::Map
        | Shape::SliceAppend
        | Shape::SharedArray
        | Shape::Other
        | Shape::GoroutineResult
        | Shape::ReadMostly
        | Shape::SeveralFields => SeverityKind::Corruption,
        Shape::ChannelClose => SeverityKind::Stops,
        Shape::PointerPublication | Shape::LazyInit | Shape::LateWrite | Shape::LoopVariable => SeverityKind::HalfBuilt,
        Shape::Counter | Shape::MixedAtomic => SeverityKind::LostUpdate,
        Shape::Flag | Shape::WaitGroupAdd => SeverityKind::Stale,
    };
    Severity { score: kind.score(), kind, text: String::new() }.number()
}

/// Plain text of bounded length; SARIF gives brackets a meaning, so they are escaped.
fn message(text: &str) -> String {
    let clean = clean::line(text)
        .replace('\\', "\\\\")
        .replace('[', "\\[")
        .replace(']', "\\]")
        .replace('{', "{{")
        .replace('}', "}}");
    match clean.char_indices().nth(MAX_TEXT) {
        Some((at, _)) => format!("{}…", &clean[..at]),
        None => clean,
    }
}

fn result(finding: &Finding, options: &Options) -> Value {
    let index = rule_index(finding);
    let mut text = format!("{}. {}.", finding.title, finding.why.missing);
    if let Some(suggestion) = &finding.suggestion {
        text += &format!(" Suggestion: {}.", suggestion.text);
    }
    let later = &finding.accesses[0];
    let earlier = &finding.accesses[1];
    let mut related = location(&earlier.site, Some(earlier), options);
    related["id"] = json!(0);
    related["message"] = json!({"text": message(&format!("the other access: {} by {}", verb(&finding.race.accesses[1]), goroutine(&finding.race.accesses[1])))});
    let mut result = json!({
        "ruleId": RULES[index].1,
        "ruleIndex": index,
        "level": options.level(finding).name(),
        "message": {"text": message(&text)},
        "locations": [location(&later.site, Some(later), options)],
        "relatedLocations": [related],
        "codeFlows": [{"message": {"text": "the two goroutines, neither waiting for the other"}, "threadFlows": flows(finding, options)}],
        "partialFingerprints": fingerprints(finding),
        "occurrenceCount": finding.counts.occurrences.max(1),
        "properties": {"tests": finding.counts.tests.iter().map(|test| clean::line(test).into_owned()).collect::<Vec<_>>()}
    });
    if !finding.severity.text.is_empty() {
        result["rank"] = json!(f64::from(finding.severity.score));
        result["properties"]["security-severity"] = json!(finding.severity.number());
        result["properties"]["severity"] = json!(finding.severity.text);
    }
    if let Some(suggestion) = &finding.suggestion {
        match &suggestion.fix {
            Some(fix) => result["fixes"] = json!([fixed(&suggestion.text, fix, options)]),
            None => result["properties"]["by-hand"] = json!(suggestion.by_hand),
        }
    }
    match &finding.status {
        Status::New => result["baselineState"] = json!("new"),
        Status::Known { reason } => {
            result["baselineState"] = json!("unchanged");
            result["suppressions"] =
                json!([{"kind": "external", "status": "accepted", "justification": message(reason)}]);
        }
        Status::Ignored { reason, .. } => {
            result["suppressions"] =
                json!([{"kind": "inSource", "status": "accepted", "justification": message(reason)}])
        }
    }
    result
}

/// By version; what matches results of an earlier upload finds them by the first.
fn fingerprints(finding: &Finding) -> Value {
    let mut fingerprints = json!({"hbFingerprint/v2": finding.fingerprint});
    if let Some(former) = finding.former_fingerprints.first() {
        fingerprints["hbFingerprint/v1"] = json!(former);
    }
    fingerprints
}

/// An edit, as editors and code scanning can make it.
fn fixed(text: &str, fix: &Fix, options: &Options) -> Value {
    let changes: Vec<Value> = fix
        .files
        .iter()
        .map(|file| {
            let place = Place { file: file.file.clone(), ..Place::default() };
            let replacements: Vec<Value> = file
                .edits
                .iter()
                .map(|edit| {
                    let region = json!({"startLine": edit.from.0, "startColumn": edit.from.1, "endLine": edit.to.0, "endColumn": edit.to.1});
                    json!({"deletedRegion": region, "insertedContent": {"text": edit.text}})
                })
                .collect();
            let artifact = location(&place, None, options)["physicalLocation"]["artifactLocation"].clone();
            json!({"artifactLocation": artifact, "replacements": replacements})
        })
        .collect();
    json!({"description": {"text": message(text)}, "artifactChanges": changes})
}

/// The way of each goroutine to its access: where it was started, then the calls from the outside in.
fn flows(finding: &Finding, options: &Options) -> Vec<Value> {
    finding
        .in_order()
        .iter()
        .enumerate()
        .map(|(order, (access, info))| {
            let mut steps = Vec::new();
            if let Some(started) = frames::site(&access.created) {
                steps.push(step(&Place::of(started), None, "starts the goroutine", options, order));
            }
            let calls: Vec<&Frame> = access.stack.iter().take(MAX_STEPS - 2).collect();
            for frame in calls.iter().rev() {
                let place = Place::of(frame);
                if place == info.site {
                    break;
                }
                steps.push(step(&place, None, &format!("in {}", frame.func), options, order));
            }
            steps.push(step(&info.site, Some(info), &label(access), options, order));
            json!({"id": format!("{} access: {}", if order == 0 { "earlier" } else { "later" }, goroutine(access)), "locations": steps})
        })
        .collect()
}

fn label(access: &Access) -> String {
    format!(
        "{}{} of {} by {}",
        if access.atomic { "atomic " } else { "" },
        verb(access),
        access.addr,
        goroutine(access)
    )
}

fn step(place: &Place, info: Option<&AccessInfo>, text: &str, options: &Options, order: usize) -> Value {
    let mut location = location(place, info, options);
    location["message"] = json!({"text": message(text)});
    let mut step = json!({"location": location});
    if info.is_some() {
        step["importance"] = json!("essential");
        step["executionOrder"] = json!(order + 1);
    }
    step
}

fn location(place: &Place, info: Option<&AccessInfo>, options: &Options) -> Value {
    let shown = options.path(&place.file);
    let mut artifact = json!({"uri": uri(shown)});
    if !shown.starts_with('/') && !shown.is_empty() && !shown.starts_with('<') {
        artifact["uriBaseId"] = json!("%SRCROOT%");
    }
    let mut physical = json!({"artifactLocation": artifact});
    if place.line > 0 {
        physical["region"] = json!({"startLine": place.line});
        if let Some(info) = info
            && let Some(expression) = &info.expression
            && let Some(line) = info.excerpt.iter().find(|line| line.line == place.line)
        {
            let column = |at: usize| line.text.get(..at).map_or(0, |before| before.chars().count()) + 1;
            physical["region"]["startColumn"] = json!(column(expression.columns.0));
            physical["region"]["endColumn"] = json!(column(expression.columns.1));
            physical["region"]["snippet"] = json!({"text": clean::line(&line.text)});
        }
    }
    let mut location = json!({"physicalLocation": physical});
    if !place.func.is_empty() {
        location["logicalLocations"] = json!([{"fullyQualifiedName": clean::line(&place.func), "kind": "function"}]);
    }
    location
}

/// A file name as a URI reference.
fn uri(path: &str) -> String {
    let mut out = String::new();
    if path.starts_with('/') {
        out.push_str("file://");
    }
    for byte in path.bytes() {
        match byte {
            b'/' | b'-' | b'.' | b'_' | b'~' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => out.push(char::from(byte)),
            _ => out.push_str(&format!("%{byte:02X}")),
        }
    }
    out
}
