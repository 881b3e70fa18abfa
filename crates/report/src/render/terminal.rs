//! Text for a person at a terminal.
//!
//! ```text
//! data race on shared variable total: a write and a later read          #1f0c…
//!   --> main.go:12, in main.add
//!    |
//! 12 |         total++
//!    |         ^^^^^ read by goroutine 9
//! ```

use super::Options;
use super::layout::{clip, columns_of, expand, wrap};
use crate::Report;
use crate::clean;
use crate::explain::{frames, goroutine, verb};
use crate::finding::{AccessInfo, Finding};
use crate::raw::{Access, Frame, StackState, State};
use std::io::{self, Write};

/// Most frames of a stack that are printed.
const MAX_FRAMES: usize = 12;

/// Most further pairs of places of a finding that are printed.
const MAX_PLACES: usize = 4;

/// Styles; empty without colour.
struct Style {
    on: bool,
}

impl Style {
    fn paint(&self, code: &str, text: &str) -> String {
        if self.on && !text.is_empty() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
    }
    fn title(&self, text: &str) -> String {
        self.paint("1;31", text)
    }
    fn bold(&self, text: &str) -> String {
        self.paint("1", text)
    }
    fn frame(&self, text: &str) -> String {
        self.paint("1;34", text)
    }
    fn dim(&self, text: &str) -> String {
        self.paint("2", text)
    }
    fn write(&self, text: &str) -> String {
        self.paint("1;31", text)
    }
    fn read(&self, text: &str) -> String {
        self.paint("1;33", text)
    }
    fn help(&self, text: &str) -> String {
        self.paint("1;36", text)
    }
}

/// Writes the report: new findings in full, others in a line each, then the totals.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let style = Style { on: options.color };
    let shown = |finding: &&Finding| finding.is_new() || options.show_known;
    for finding in report.findings.iter().filter(shown).take(options.max_full) {
        write_finding(finding, options, &style, out)?;
        writeln!(out)?;
    }
    let rest: Vec<&Finding> = report.findings.iter().filter(shown).skip(options.max_full).collect();
    if !rest.is_empty() {
        writeln!(out, "{}", style.bold(&format!("and {} more, in short:", rest.len())))?;
        for finding in rest.iter().take(200) {
            writeln!(
                out,
                "  {} {} and {}  {}",
                finding.fingerprint,
                options_place(options, &finding.accesses[0]),
                options_place(options, &finding.accesses[1]),
                clean::line(&finding.title)
            )?;
        }
        if rest.len() > 200 {
            writeln!(out, "  … and {} more; see the JSON or HTML form", rest.len() - 200)?;
        }
    }
    for failure in report.failures() {
        writeln!(out, "{}: {}", style.title("not checked"), clean::line(&failure))?;
    }
    let notes = report.lesser_gaps().into_iter().chain(report.nothing_ran()).chain(report.notes.iter().cloned());
    for note in notes {
        writeln!(out, "{}: {}", style.bold("note"), clean::line(&note))?;
    }
    if !report.findings.is_empty() {
        writeln!(out, "{}", style.bold(&report.summary()))?;
    }
    Ok(())
}

/// Writes findings in full, and nothing else.
///
/// # Errors
/// Those of the writer.
pub fn write_findings(findings: &[Finding], options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let style = Style { on: options.color };
    for finding in findings {
        write_finding(finding, options, &style, out)?;
        writeln!(out)?;
    }
    Ok(())
}

fn options_place(options: &Options, access: &AccessInfo) -> String {
    clean::line(&options.place(&access.site)).into_owned()
}

fn write_finding(finding: &Finding, options: &Options, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let title = clean::line(&finding.title).into_owned();
    let identity = format!("[{}]", finding.fingerprint);
    let lines = wrap(&format!("{title} {identity}"), options.width);
    for line in lines {
        match line.strip_suffix(identity.as_str()) {
            Some(start) => writeln!(out, "{}{}", style.title(start), style.dim(&identity))?,
            None => writeln!(out, "{}", style.title(&line))?,
        }
    }
    if let Some(status) = super::status_words(&finding.status) {
        write_note(style, "status", &status, options, out)?;
    }
    // In the order in which they ran: the earlier one first.
    for (position, (access, info)) in finding.in_order().into_iter().enumerate() {
        write_access(access, info, position == 0, options, style, out)?;
    }
    let margin = "   ";
    writeln!(out, "{margin}{}", style.frame("|"))?;
    write_note(style, "why", &finding.why.missing, options, out)?;
    for fact in &finding.why.facts {
        write_note(style, "", fact, options, out)?;
    }
    for near in &finding.near_misses {
        write_note(style, "near miss", &near.text, options, out)?;
    }
    write_variable(finding, options, style, out)?;
    if !finding.severity.text.is_empty() {
        let severity = &finding.severity;
        let text = format!("{} ({}): {}", severity.level(), severity.number(), severity.text);
        write_note(style, "severity", &text, options, out)?;
    }
    if let Some(tests) = &finding.tests {
        write_note(style, "test", &tests.text, options, out)?;
    }
    let counts = &finding.counts;
    if counts.occurrences > 1 {
        let mut text = format!("{} times", counts.occurrences);
        if counts.processes > 1 {
            text += &format!(", in {} processes", counts.processes);
        }
        if counts.tests.len() > 1 {
            text += &format!(", in {} tests", counts.tests.len());
        }
        write_note(style, "seen", &text, options, out)?;
    }
    for [later, earlier] in finding.also.iter().take(MAX_PLACES) {
        let text = format!("between {} and {}", options.place(earlier), options.place(later));
        write_note(style, "also", &text, options, out)?;
    }
    if finding.also.len() > MAX_PLACES {
        write_note(
            style,
            "also",
            &format!("at {} more pairs of lines", finding.also.len() - MAX_PLACES),
            options,
            out,
        )?;
    }
    if let Some(suggestion) = &finding.suggestion {
        let text = format!("{}: {}", suggestion.text, suggestion.reason);
        write_block(&style.help("suggestion"), "suggestion", &text, options, out)?;
        if suggestion.fix.is_some() {
            write_note(style, "", "hb fix shows and makes this change:", options, out)?;
        } else if !suggestion.by_hand.is_empty() {
            write_note(style, "", &format!("by hand: {}", suggestion.by_hand), options, out)?;
        }
        for line in &suggestion.sketch {
            writeln!(out, "         {}", style.help(&clean::line(line)))?;
        }
    }
    Ok(())
}

fn write_note(style: &Style, label: &str, text: &str, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    write_block(&style.bold(label), label, text, options, out)
}

/// `   = label: text`, wrapped and indented.
fn write_block(painted: &str, label: &str, text: &str, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let lead = if label.is_empty() { "     - ".to_owned() } else { format!("   = {painted}: ") };
    let indent = 7;
    let first_room = if label.is_empty() { 0 } else { label.len() };
    let text = clean::line(text).into_owned();
    // The label takes room of the first line only; wrapping with a placeholder keeps the count simple.
    let placeholder = "\u{1}".repeat(first_room);
    let padded = if first_room > 0 { format!("{placeholder} {text}") } else { text };
    for (number, line) in wrap(&padded, options.width.saturating_sub(indent)).into_iter().enumerate() {
        if number == 0 {
            let line = line.trim_start_matches('\u{1}').trim_start();
            writeln!(out, "{lead}{line}")?;
        } else {
            writeln!(out, "       {line}")?;
        }
    }
    Ok(())
}

fn write_access(
    access: &Access,
    info: &AccessInfo,
    earlier: bool,
    options: &Options,
    style: &Style,
    out: &mut dyn Write,
) -> io::Result<()> {
    let place = clean::line(&options.place(&info.site)).into_owned();
    let func = clean::line(&info.site.func).into_owned();
    let gutter = info.excerpt.last().map_or(2, |line| line.line.to_string().len()).max(2);
    let bar = |number: &str| format!("{} {}", style.frame(&format!("{number:>gutter$}")), style.frame("|"));
    let arrow = style.frame("-->");
    let gap = " ".repeat(gutter);
    if info.site.file.is_empty() {
        writeln!(out, "{gap}{arrow} place not known")?;
    } else {
        writeln!(out, "{gap}{arrow} {place}, in {func}")?;
    }
    let state = match access.state {
        State::Running => "",
        State::Finished => " (finished since)",
    };
    let atomic = if access.atomic { "atomic " } else { "" };
    // One byte is what the compiler's hook for any scalar says, whatever its size.
    let size = if access.size > 1 {
        format!(" of {} byte{}", access.size, if access.size == 1 { "" } else { "s" })
    } else {
        String::new()
    };
    let order = if earlier { "earlier" } else { "later" };
    let what = if info.call.is_empty() {
        format!("{atomic}{}{size}", verb(access))
    } else {
        clean::line(&info.call).into_owned()
    };
    let label = format!("{order} {what} by {}{state}", goroutine(access));
    let paint = |text: &str| if verb(access) == "write" { style.write(text) } else { style.read(text) };
    if info.excerpt.is_empty() {
        writeln!(out, "{}  {}", bar(""), paint(&label))?;
    } else {
        writeln!(out, "{}", bar(""))?;
        let room = options.width.saturating_sub(gutter + 3);
        for line in &info.excerpt {
            let site = line.line == info.site.line;
            let range = info
                .expression
                .as_ref()
                .filter(|_| site)
                .map_or_else(|| trimmed(&line.text), |expression| expression.columns);
            let (text, columns) = expand(&line.text, range);
            let (text, (from, to)) = clip(&text, columns, room);
            writeln!(out, "{} {}", bar(&line.line.to_string()), text.trim_end())?;
            if site {
                let marks = "^".repeat(to.saturating_sub(from).max(1));
                let beside = from + marks.len() + 1 + columns_of(&label) <= room;
                if beside {
                    writeln!(out, "{} {}{} {}", bar(""), " ".repeat(from), paint(&marks), paint(&label))?;
                } else {
                    writeln!(out, "{} {}{}", bar(""), " ".repeat(from), paint(&marks))?;
                    writeln!(out, "{} {}", bar(""), paint(&label))?;
                }
            }
        }
    }
    write_stack(access, info, options, style, gutter, out)
}

/// The text of a line without its indentation and end.
fn trimmed(text: &str) -> (usize, usize) {
    (text.len() - text.trim_start().len(), text.trim_end().len())
}

fn write_stack(
    access: &Access,
    info: &AccessInfo,
    options: &Options,
    style: &Style,
    gutter: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let indent = " ".repeat(gutter);
    let show = |frame: &Frame| {
        format!("{} ({}:{})", clean::line(&frame.func), clean::line(options.path(&frame.file)), frame.line)
    };
    match access.stack_state {
        StackState::Lost => {
            writeln!(out, "{indent} {} the stack is lost: the history limit was passed", style.frame("="))?
        }
        _ => {
            // The site is shown already; what called it follows, without the test runner's own frames.
            let mut outer: Vec<&Frame> = access
                .stack
                .iter()
                .skip_while(|frame| !(frame.func == info.site.func && frame.line == info.site.line))
                .skip(1)
                .collect();
            while outer.last().is_some_and(|frame| frames::is_standard(frame)) {
                outer.pop();
            }
            let through: Vec<&Frame> = access
                .stack
                .iter()
                .take_while(|frame| !(frame.func == info.site.func && frame.line == info.site.line))
                .collect();
            if let Some(frame) = through.first().filter(|_| info.site_known) {
                writeln!(out, "{indent} {} through {}", style.frame("="), style.dim(&clean::line(&frame.func)))?;
            }
            for frame in outer.iter().take(MAX_FRAMES) {
                writeln!(out, "{indent} {} called by {}", style.frame("="), show(frame))?;
            }
            if outer.len() > MAX_FRAMES {
                writeln!(out, "{indent} {} … {} more frames", style.frame("="), outer.len() - MAX_FRAMES)?;
            }
            if access.stack_state == StackState::Truncated {
                writeln!(out, "{indent} {} … outer frames were dropped by a limit", style.frame("="))?;
            }
        }
    }
    if let Some(frame) = frames::site(&access.created).filter(|_| !access.main) {
        writeln!(out, "{indent} {} {} started by {}", style.frame("="), goroutine(access), show(frame))?;
    }
    for ancestor in &access.ancestry {
        if let Some(frame) = frames::site(&ancestor.created)
            .filter(|_| ancestor.created != access.created && ancestor.gid != access.gid && ancestor.gid > 1)
        {
            writeln!(
                out,
                "{indent} {} whose goroutine {} was started by {}",
                style.frame("="),
                ancestor.gid,
                show(frame)
            )?;
        }
    }
    Ok(())
}

fn write_variable(finding: &Finding, options: &Options, style: &Style, out: &mut dyn Write) -> io::Result<()> {
    let variable = &finding.variable;
    let mut parts = Vec::new();
    if !variable.name.is_empty() {
        let mut text = variable.name.clone();
        if !variable.type_text.is_empty() {
            text += &format!(" {}", variable.type_text);
        }
        if let Some(place) = &variable.declared {
            text += &format!(", declared at {}", options.place(place));
        }
        parts.push(text);
    }
    parts.extend(super::memory_lines(variable, options));
    if !parts.is_empty() {
        write_note(style, "variable", &parts.join("; "), options, out)?;
    }
    if let Some(torn) = super::torn_line(variable) {
        write_note(style, "", &torn, options, out)?;
    }
    Ok(())
}

/// Writes one finding in full.
///
/// # Errors
/// Those of the writer.
pub fn write_one(finding: &Finding, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    write_finding(finding, options, &Style { on: options.color }, out)
}
