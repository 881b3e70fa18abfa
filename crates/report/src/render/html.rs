//! One self-contained page: nothing is loaded, works from a file, by keyboard, and without scripts (but for the filters).
//!
//! Every piece of text that comes from the program goes through [`crate::clean::html`].

use super::{Options, picture, status_words};
use crate::Report;
use crate::clean::html as escape;
use crate::explain::{goroutine, verb};
use crate::finding::{AccessInfo, Finding, SeverityKind, Status};
use crate::raw::{Access, Frame, StackState, State};
use std::collections::BTreeSet;
use std::io::{self, Write};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");
/// Findings with a picture and source; the rest are listed in short, so that a page stays loadable.
const MAX_DETAILS: usize = 500;

/// Writes the page.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    writeln!(
        out,
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'\"><title>Data races: {}</title><style>{STYLE}</style></head><body>",
        escape(&report.summary())
    )?;
    writeln!(
        out,
        "<a class=\"skip\" href=\"#findings\">Skip to the findings</a><header><h1>Data races: {}</h1>",
        escape(&report.summary())
    )?;
    let totals = &report.totals;
    writeln!(
        out,
        "<p>{} report{} from {}. By hb {}.</p>",
        totals.races,
        if totals.races == 1 { "" } else { "s" },
        super::processes(totals.processes),
        escape(&report.hb_version)
    )?;
    write_notes(report, out)?;
    writeln!(out, "</header><main id=\"findings\" tabindex=\"-1\">")?;
    if report.findings.is_empty() {
        writeln!(out, "<p>{}</p></main></body></html>", escape(&super::nothing_found(report)))?;
        return Ok(());
    }
    let shapes: BTreeSet<&str> = report.findings.iter().map(shape).collect();
    writeln!(
        out,
        "<form class=\"filters\" role=\"search\" onsubmit=\"return false\"><label>Find<input id=\"find\" type=\"search\" placeholder=\"variable, function, file, test\"></label><label>Status<select id=\"status\"><option value=\"\">all</option><option>new</option><option>known</option><option>ignored</option></select></label><label>Severity<select id=\"severity\"><option value=\"\">all</option>"
    )?;
    for kind in SeverityKind::ALL
        .into_iter()
        .filter(|kind| report.findings.iter().any(|finding| finding.severity.kind == *kind))
    {
        writeln!(out, "<option value=\"{0}\">{0}</option>", kind.word())?;
    }
    writeln!(out, "</select></label><label>Shape<select id=\"shape\"><option value=\"\">all</option>")?;
    for shape in shapes {
        writeln!(out, "<option value=\"{shape}\">{}</option>", shape.replace('-', " "))?;
    }
    writeln!(
        out,
        "</select></label><button id=\"open\" type=\"button\">Open or close all</button><output id=\"shown\" aria-live=\"polite\"></output></form><ul class=\"list\">"
    )?;
    for (number, finding) in report.findings.iter().enumerate() {
        write_finding(number, finding, options, out)?;
    }
    writeln!(out, "</ul></main><script>{SCRIPT}</script></body></html>")
}

fn write_notes(report: &Report, out: &mut dyn Write) -> io::Result<()> {
    let notes = report.caveats();
    if notes.is_empty() {
        return Ok(());
    }
    writeln!(out, "<ul>")?;
    for note in notes {
        writeln!(out, "<li>{}</li>", escape(&note))?;
    }
    writeln!(out, "</ul>")
}

/// The rule id without its common start: a word for the filter.
fn shape(finding: &Finding) -> &'static str {
    let id = super::sarif::RULES[super::sarif::rule_index(finding)].1;
    id.strip_prefix("go-data-race-").unwrap_or("other")
}

fn write_finding(number: usize, finding: &Finding, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let status = match finding.status {
        Status::New => "new",
        Status::Known { .. } => "known",
        Status::Ignored { .. } => "ignored",
    };
    let mut text = format!("{} {}", finding.title, finding.fingerprint);
    for access in &finding.accesses {
        text += &format!(" {} {}", access.site.func, options.place(&access.site));
    }
    for test in &finding.counts.tests {
        text += &format!(" {test}");
    }
    let id = escape(&finding.fingerprint);
    writeln!(
        out,
        "<li id=\"{id}\" data-status=\"{status}\" data-severity=\"{}\" data-shape=\"{}\" data-text=\"{}\"><details{}><summary><h2>{}</h2> <span class=\"tag {status}\">{status}</span> <span class=\"tag\">{} ×</span><br><span class=\"meta\">{}</span></summary><div class=\"body\">",
        finding.severity.kind.word(),
        shape(finding),
        escape(&text.to_lowercase()),
        if number == 0 { " open" } else { "" },
        escape(&finding.title),
        finding.counts.occurrences,
        finding
            .in_order()
            .map(|(access, info)| format!("{} at {}", verb(access), escape(&options.place(&info.site))))
            .join(" · "),
    )?;
    if let Some(words) = status_words(&finding.status) {
        writeln!(out, "<p>{}</p>", escape(&words))?;
    }
    writeln!(out, "<h3>Why nothing orders them</h3><p>{}.</p>", escape(&finding.why.missing))?;
    write_list(&finding.why.facts, out)?;
    if number < MAX_DETAILS {
        writeln!(
            out,
            "<div class=\"picture\" tabindex=\"0\" role=\"group\" aria-label=\"Picture of the race, scrollable\">{}</div>",
            picture::svg(finding, options)
        )?;
        writeln!(out, "<div class=\"sides\">")?;
        for (position, (access, info)) in finding.in_order().into_iter().enumerate() {
            write_side(access, info, if position == 0 { "Earlier" } else { "Later" }, options, out)?;
        }
        writeln!(out, "</div>")?;
    }
    if !finding.near_misses.is_empty() {
        writeln!(out, "<h3>Near misses</h3>")?;
        write_list(finding.near_misses.iter().map(|near| near.text.as_str()), out)?;
    }
    write_variable(finding, options, out)?;
    if let Some(suggestion) = &finding.suggestion {
        writeln!(
            out,
            "<h3>Suggestion</h3><p>{}: {}.</p><pre>{}</pre>",
            escape(&suggestion.text),
            escape(&suggestion.reason),
            suggestion.sketch.iter().map(|line| escape(line)).collect::<Vec<_>>().join("\n")
        )?;
    }
    if let Some(tests) = &finding.tests {
        writeln!(out, "<h3>Test</h3><p>{}</p>", escape(&tests.text))?;
    }
    writeln!(
        out,
        "<p class=\"meta\">fingerprint <a href=\"#{id}\">{id}</a>; seen {} in {}</p></div></details></li>",
        if finding.counts.occurrences == 1 {
            "once".to_owned()
        } else {
            format!("{} times", finding.counts.occurrences)
        },
        super::processes(finding.counts.processes)
    )
}

fn write_list<T: AsRef<str>>(lines: impl IntoIterator<Item = T>, out: &mut dyn Write) -> io::Result<()> {
    let lines: Vec<String> = lines.into_iter().map(|line| format!("<li>{}</li>", escape(line.as_ref()))).collect();
    if lines.is_empty() { Ok(()) } else { writeln!(out, "<ul>{}</ul>", lines.concat()) }
}

fn write_side(
    access: &Access,
    info: &AccessInfo,
    order: &str,
    options: &Options,
    out: &mut dyn Write,
) -> io::Result<()> {
    let state = if access.state == State::Finished { ", finished since" } else { "" };
    writeln!(
        out,
        "<section class=\"side\"><h3>{order}: <span class=\"{0}\">{1}{0}</span> by {2}{state}</h3><div class=\"meta\">{3} in {4}</div>",
        verb(access),
        if access.atomic { "atomic " } else { "" },
        escape(&goroutine(access)),
        escape(&options.place(&info.site)),
        escape(&info.site.func),
    )?;
    if !info.excerpt.is_empty() {
        write!(out, "<pre tabindex=\"0\" aria-label=\"Source of the {} access\">", order.to_lowercase())?;
        for line in &info.excerpt {
            let number = format!("<span class=\"n\">{:>4} </span>", line.line);
            if line.line == info.site.line {
                let columns = info.expression.as_ref().map_or((0, 0), |expression| expression.columns);
                let part = |from: usize, to: usize| tabs(line.text.get(from..to).unwrap_or_default());
                let (from, to) = (columns.0.min(line.text.len()), columns.1.min(line.text.len()));
                let marked = if to > from { format!("<mark>{}</mark>", part(from, to)) } else { String::new() };
                writeln!(
                    out,
                    "<span class=\"hit\">{number}{}{marked}{}</span>",
                    part(0, from),
                    part(to.max(from), line.text.len())
                )?;
            } else {
                writeln!(out, "{number}{}", tabs(&line.text))?;
            }
        }
        writeln!(out, "</pre>")?;
    }
    match access.stack_state {
        StackState::Lost => writeln!(out, "<p>The stack is lost: the history limit was passed.</p>")?,
        _ => write_stack(
            &format!(
                "Stack, innermost first{}",
                if access.stack_state == StackState::Truncated { "; outer frames were dropped by a limit" } else { "" }
            ),
            &access.stack,
            options,
            out,
        )?,
    }
    if !access.main {
        write_stack("Started by", &access.created, options, out)?;
    }
    for ancestor in access
        .ancestry
        .iter()
        .filter(|ancestor| !ancestor.created.is_empty() && ancestor.gid > 1 && ancestor.gid != access.gid)
    {
        write_stack(&format!("Goroutine {} above it, started by", ancestor.gid), &ancestor.created, options, out)?;
    }
    writeln!(out, "</section>")
}

/// Source text for HTML, tabs kept.
fn tabs(text: &str) -> String {
    text.split('\t').map(escape).collect::<Vec<_>>().join("\t")
}

fn write_stack(title: &str, stack: &[Frame], options: &Options, out: &mut dyn Write) -> io::Result<()> {
    if stack.is_empty() {
        return Ok(());
    }
    write!(out, "<details><summary>{}</summary><ol class=\"stack\">", escape(title))?;
    for frame in stack {
        write!(
            out,
            "<li>{} <small>{}:{}{}</small></li>",
            escape(&frame.func),
            escape(options.path(&frame.file)),
            frame.line,
            if frame.inlined { ", inlined" } else { "" }
        )?;
    }
    writeln!(out, "</ol></details>")
}

fn write_variable(finding: &Finding, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let variable = &finding.variable;
    let mut lines = Vec::new();
    if !variable.name.is_empty() {
        let declared = variable
            .declared
            .as_ref()
            .map(|place| format!(", declared at {}", options.place(place)))
            .unwrap_or_default();
        lines.push(format!("{} {}{declared}", variable.name, variable.type_text));
    }
    lines.extend(super::memory_lines(variable, options));
    lines.extend(super::torn_line(variable));
    if lines.is_empty() {
        return Ok(());
    }
    writeln!(out, "<h3>Variable</h3>")?;
    write_list(lines, out)?;
    let object = finding.race.object.as_ref();
    write_stack("Allocated by, innermost first", object.map_or(&[], |object| &object.alloc), options, out)
}
