//! The renderings: one entry point, one file per format.

pub mod checkstyle;
pub mod classic;
pub mod code_climate;
pub mod github;
pub mod html;
pub mod jsonl;
pub mod junit;
pub(crate) mod layout;
mod level;
mod picture;
pub mod sarif;
pub mod short;
pub mod teamcity;
pub mod terminal;

pub use level::Level;
pub use terminal::write_findings as render_findings;

use crate::Report;
use crate::finding::{Place, Variable, VariableKind};
use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::str::FromStr;

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// For a person at a terminal.
    Text,
    /// Go's own text.
    Classic,
    /// The report as one JSON document.
    Json,
    /// The report in lines of JSON: one for each finding, one for the run.
    JsonLines,
    /// SARIF 2.1.0.
    Sarif,
    /// JUnit XML.
    Junit,
    /// GitHub Actions workflow commands.
    Github,
    /// Markdown, for GitHub's job summary.
    Markdown,
    /// One self-contained page.
    Html,
    /// One line a finding, as compilers write them.
    Short,
    /// Checkstyle's XML.
    Checkstyle,
    /// Code Climate's JSON, for GitLab.
    CodeClimate,
    /// TeamCity's service messages.
    Teamcity,
}

impl Format {
    /// All formats, in the order of the help text.
    pub const ALL: [Format; 13] = [
        Format::Text,
        Format::Classic,
        Format::Json,
        Format::JsonLines,
        Format::Sarif,
        Format::Junit,
        Format::Github,
        Format::Markdown,
        Format::Html,
        Format::Short,
        Format::Checkstyle,
        Format::CodeClimate,
        Format::Teamcity,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Format::Text => "text",
            Format::Classic => "classic",
            Format::Json => "json",
            Format::JsonLines => "jsonl",
            Format::Sarif => "sarif",
            Format::Junit => "junit",
            Format::Github => "github",
            Format::Markdown => "markdown",
            Format::Html => "html",
            Format::Short => "short",
            Format::Checkstyle => "checkstyle",
            Format::CodeClimate => "codeclimate",
            Format::Teamcity => "teamcity",
        }
    }
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Format, String> {
        Format::ALL.into_iter().find(|format| format.name() == name).ok_or_else(|| {
            let names: Vec<_> = Format::ALL.iter().map(|format| format.name()).collect();
            format!("unknown format {name:?}; one of {}", names.join(", "))
        })
    }
}

/// How to render.
#[derive(Clone, Debug)]
pub struct Options {
    /// Terminal colours.
    pub color: bool,
    /// Columns for [`Format::Text`].
    pub width: usize,
    /// A directory; file names below it are shown relative to it.
    pub relative_to: Option<PathBuf>,
    /// Most findings that [`Format::Text`] prints in full; the rest become one line each.
    pub max_full: usize,
    /// Print known and ignored findings in full too.
    pub show_known: bool,
    /// Levels by the ids of rules; the others are [`Level::Error`].
    pub levels: BTreeMap<String, Level>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            color: false,
            width: 100,
            relative_to: None,
            max_full: 20,
            show_known: false,
            levels: BTreeMap::new(),
        }
    }
}

impl Options {
    /// A file name as it is to be shown: relative if asked for and possible, unchanged otherwise.
    pub fn path<'a>(&self, file: &'a str) -> &'a str {
        let Some(base) = self.relative_to.as_ref().and_then(|base| base.to_str()) else { return file };
        let base = base.trim_end_matches('/');
        file.strip_prefix(base).and_then(|rest| rest.strip_prefix('/')).unwrap_or(file)
    }

    /// `file:line`, shown as [`Options::path`] says.
    pub fn place(&self, place: &Place) -> String {
        format!("{}:{}", self.path(&place.file), place.line)
    }
}

/// Renders a report.
///
/// # Errors
/// Those of the writer.
pub fn render(report: &Report, format: Format, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    match format {
        Format::Text => terminal::write(report, options, out),
        Format::Classic => classic::write(report, options, out),
        Format::Json => {
            let document =
                Document { report: &relative(report, options), whole: report.is_whole(), gaps: report.gaps() };
            serde_json::to_writer_pretty(&mut *out, &document)?;
            writeln!(out)
        }
        Format::JsonLines => jsonl::write(&relative(report, options), out),
        Format::Sarif => sarif::write(report, options, out),
        Format::Junit => junit::write(report, options, out),
        Format::Github => github::write_commands(report, options, out),
        Format::Markdown => github::write_summary(report, options, out),
        Format::Html => html::write(report, options, out),
        Format::Short => short::write(report, options, out),
        Format::Checkstyle => checkstyle::write(report, options, out),
        Format::CodeClimate => code_climate::write(report, options, out),
        Format::Teamcity => teamcity::write(report, options, out),
    }
}

/// A report with what follows from it, for readers that are no Rust.
#[derive(serde::Serialize)]
struct Document<'a> {
    #[serde(flatten)]
    report: &'a Report,
    /// [`Report::is_whole`].
    whole: bool,
    /// [`Report::gaps`].
    gaps: Vec<String>,
}

/// The report with its file names made relative, if asked for.
fn relative(report: &Report, options: &Options) -> Report {
    let mut report = report.clone();
    if options.relative_to.is_none() {
        return report;
    }
    let short = |file: &mut String| *file = options.path(file).to_owned();
    for finding in &mut report.findings {
        classic::make_relative(&mut finding.race, options);
        finding.also.iter_mut().flatten().for_each(|place| short(&mut place.file));
        for access in &mut finding.accesses {
            short(&mut access.site.file);
            access.started.iter_mut().for_each(|place| short(&mut place.file));
        }
        finding
            .variable
            .declared
            .iter_mut()
            .chain(&mut finding.variable.allocated)
            .for_each(|place| short(&mut place.file));
        for file in
            finding.suggestion.iter_mut().flat_map(|suggestion| &mut suggestion.fix).flat_map(|fix| &mut fix.files)
        {
            short(&mut file.file);
        }
        if let crate::finding::Status::Ignored { place, .. } = &mut finding.status {
            short(&mut place.file);
        }
    }
    report
}

/// A status in words; none for new findings.
fn status_words(status: &crate::finding::Status) -> Option<String> {
    match status {
        crate::finding::Status::New => None,
        crate::finding::Status::Known { reason } => Some(format!("known: {reason}")),
        crate::finding::Status::Ignored { reason, place } => Some(format!("ignored at {}: {reason}", place.short())),
    }
}

/// What a report without findings says in their place: `No data race was found in 3 processes.`
fn nothing_found(report: &Report) -> String {
    let found = report.none_found();
    let (first, rest) = found.split_at(1);
    let places = if report.is_whole() && report.totals.processes > 0 {
        format!(" in {}", processes(report.totals.processes))
    } else {
        String::new()
    };
    format!("{}{rest}{places}.", first.to_uppercase())
}

/// `1 process`, `2 processes`.
fn processes(count: u64) -> String {
    format!("{count} process{}", if count == 1 { "" } else { "es" })
}

fn bytes(count: u64) -> String {
    format!("{count} byte{}", if count == 1 { "" } else { "s" })
}

/// What is known of the memory that a race is on, one clause each.
pub(crate) fn memory_lines(variable: &Variable, options: &Options) -> Vec<String> {
    let mut lines = Vec::new();
    // A map's own bytes are its affair.
    if variable.object_size > 0 && variable.kind != VariableKind::MapInside {
        let inside = if variable.inside.is_empty() || variable.inside == variable.type_text {
            String::new()
        } else {
            format!("{}, ", variable.inside)
        };
        // Where a value of a word or less begins says nothing.
        let at = if (variable.offset, variable.object_size <= 8) == (0, true) {
            String::new()
        } else {
            format!("byte {} of ", variable.offset)
        };
        lines.push(format!("{inside}{at}{}", bytes(variable.object_size)));
    }
    if let Some(place) = &variable.allocated {
        let by =
            if variable.allocated_by.is_empty() { String::new() } else { format!(" by {}", variable.allocated_by) };
        lines.push(format!("allocated at {}{by}", options.place(place)));
    } else if variable.allocation_forgotten {
        lines.push("where it was allocated is not remembered".to_owned());
    }
    lines
}

/// What a half-seen value does, and which part of it the race is on.
pub(crate) fn torn_line(variable: &Variable) -> Option<String> {
    let word =
        if variable.word.is_empty() { String::new() } else { format!(" (here they meet in its {})", variable.word) };
    (!variable.torn.is_empty()).then(|| format!("{}{word}", variable.torn))
}
