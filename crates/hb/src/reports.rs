//! Reports: from the findings of a run, or from files saved earlier, to the forms that were asked for.
//!
//! What a finding is and how it is rendered is `hb_report`'s; here is where it comes from and where it goes.

use crate::cli::{self, Color};
use crate::config;
use crate::error::HbError;
use crate::findings::Directory;
use crate::progress::plural;
use hb_report::baseline::Baseline;
use hb_report::outcome::Run;
use hb_report::render::{self, Level, render};
use hb_report::{CollectOptions, Report, collect};
use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// The file of GitHub Actions for a step's summary.
const STEP_SUMMARY: &str = "GITHUB_STEP_SUMMARY";
/// The directory of GitHub Actions to which the paths of annotations are relative.
const WORKSPACE: &str = "GITHUB_WORKSPACE";

/// How reports look, as the user wants them.
struct Looks {
    color: Color,
    paths: Paths,
    levels: BTreeMap<String, Level>,
}

/// What paths in reports are relative to.
enum Paths {
    /// The working directory, or the repository in formats that are shown beside its source.
    Auto,
    /// This directory.
    Directory(PathBuf),
    /// Nothing.
    Absolute,
}

/// Set once, when the command line is known.
static LOOKS: OnceLock<Looks> = OnceLock::new();

/// Settles how reports look.
///
/// # Errors
/// Paths are to be relative to what is not there.
pub fn look(options: &cli::Options) -> Result<(), HbError> {
    let here = env::current_dir().unwrap_or_default();
    let paths = match options.paths.as_deref().map(|path| (path, path.to_str())) {
        None => Paths::Auto,
        Some((_, Some("absolute"))) => Paths::Absolute,
        Some((_, Some("here"))) => Paths::Directory(here),
        Some((_, Some("repository"))) => match config::repository(&here) {
            Some(top) => Paths::Directory(top.to_owned()),
            None => Paths::Directory(here),
        },
        Some((directory, _)) => Paths::Directory(directory.canonicalize().map_err(|e| {
            HbError::Usage(format!("--paths {}: {e} (here, repository, absolute, or a directory)", directory.display()))
        })?),
    };
    let levels = options.settings.as_ref().map(config::Config::levels).unwrap_or_default();
    // A second word would be one of a second command line; there is one.
    let _ = LOOKS.set(Looks { color: options.color, paths, levels });
    Ok(())
}

/// Whether text for a place has colours.
fn colored(terminal: bool) -> bool {
    let set = |name: &str| env::var_os(name).is_some_and(|value| !value.is_empty());
    match LOOKS.get().map_or(Color::Auto, |looks| looks.color) {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if set("NO_COLOR") => false,
        Color::Auto if env::var_os("FORCE_COLOR").is_some_and(|value| !value.is_empty() && value != "0") => true,
        Color::Auto => terminal && env::var_os("TERM").is_none_or(|term| term != "dumb"),
    }
}

/// A form that findings can be written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// As the runtime wrote them: JSON lines, one process after another.
    Raw,
    /// Collected, explained and rendered.
    Rendered(render::Format),
}

impl FromStr for Format {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        match name {
            "raw" => Ok(Self::Raw),
            _ => name.parse().map(Self::Rendered).map_err(|e: String| format!("{e}, raw")),
        }
    }
}

/// One report that was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// In which form.
    pub format: Format,
    /// To which place.
    pub output: Output,
}

/// Where a report goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
    /// This file.
    File(PathBuf),
}

impl Output {
    /// The place called `path` on the command line: `-` is standard output.
    pub fn named(path: &Path) -> Self {
        if path == Path::new("-") { Self::Stdout } else { Self::File(path.to_owned()) }
    }

    /// Writes `content` there. A file is written whole or not at all; anything that is not a regular file (a pipe, a
    /// terminal) is written as it stands, and the summary of a step of GitHub Actions is added to.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, content: &[u8]) -> io::Result<()> {
        match self {
            Self::Stdout => io::stdout().write_all(content).and_then(|()| io::stdout().flush()),
            Self::Stderr => io::stderr().write_all(content),
            Self::File(path) => {
                // Other commands of the step write to that file, too.
                if env::var_os(STEP_SUMMARY).is_some_and(|summary| summary == path.as_os_str()) {
                    return fs::OpenOptions::new().append(true).create(true).open(path)?.write_all(content);
                }
                if fs::metadata(path).is_ok_and(|found| !found.is_file()) {
                    return fs::OpenOptions::new().write(true).open(path)?.write_all(content);
                }
                let mut file =
                    tempfile::Builder::new().prefix(".hb-").permissions(readable()).tempfile_in(directory_of(path))?;
                file.write_all(content)?;
                file.persist(path).map_err(|e| e.error)?;
                Ok(())
            }
        }
    }

    /// How to render for this place.
    pub fn options(&self) -> render::Options {
        let (terminal, width) = match self {
            Self::Stdout => (io::stdout().is_terminal(), terminal_size::terminal_size_of(io::stdout())),
            Self::Stderr => (io::stderr().is_terminal(), terminal_size::terminal_size_of(io::stderr())),
            Self::File(_) => (false, None),
        };
        let defaults = render::Options::default();
        let looks = LOOKS.get();
        render::Options {
            color: match self {
                // A file is for a tool, unless somebody says it is not.
                Self::File(_) => looks.is_some_and(|looks| looks.color == Color::Always),
                _ => colored(terminal),
            },
            width: width.map_or(defaults.width, |(columns, _)| usize::from(columns.0).max(40)),
            relative_to: match looks.map(|looks| &looks.paths) {
                None | Some(Paths::Auto) => env::current_dir().ok(),
                Some(Paths::Directory(directory)) => Some(directory.clone()),
                Some(Paths::Absolute) => None,
            },
            levels: looks.map(|looks| looks.levels.clone()).unwrap_or_default(),
            ..defaults
        }
    }

    /// How to render in a format for this place. What is shown beside the source in a repository has paths from its top.
    fn options_for(&self, format: render::Format) -> render::Options {
        let mut options = self.options();
        if !LOOKS.get().is_none_or(|looks| matches!(looks.paths, Paths::Auto)) {
            return options;
        }
        let Some(here) = &options.relative_to else { return options };
        let workspace = env::var_os(WORKSPACE).map(PathBuf::from).filter(|path| path.is_absolute());
        let top = match format {
            render::Format::Github | render::Format::Sarif => workspace.filter(|workspace| here.starts_with(workspace)),
            render::Format::CodeClimate => config::repository(here).map(Path::to_owned),
            _ => None,
        };
        options.relative_to = top.or(options.relative_to);
        options
    }

    /// Whether a report can be written there, found out before there is one, without a change to what is there.
    ///
    /// # Errors
    /// Why not.
    fn check(&self) -> io::Result<()> {
        let Self::File(path) = self else { return Ok(()) };
        let found = fs::metadata(path);
        if found.as_ref().is_ok_and(fs::Metadata::is_dir) {
            return Err(io::ErrorKind::IsADirectory.into());
        }
        let added = env::var_os(STEP_SUMMARY).is_some_and(|summary| summary == path.as_os_str());
        if found.is_ok_and(|found| added || !found.is_file()) {
            return Ok(nix::unistd::access(path, nix::unistd::AccessFlags::W_OK)?);
        }
        tempfile::Builder::new().prefix(".hb-").tempfile_in(directory_of(path)).map(drop)
    }

    fn name(&self) -> String {
        match self {
            Self::Stdout => "standard output".to_owned(),
            Self::Stderr => "standard error".to_owned(),
            Self::File(path) => path.display().to_string(),
        }
    }
}

fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Finds out before the run whether its reports can be written.
///
/// # Errors
/// One cannot.
pub fn check(requests: &[Request]) -> Result<(), HbError> {
    requests.iter().try_for_each(|request| request.output.check().map_err(|e| cannot_write(&request.output, &e)))
}

fn cannot_write(output: &Output, error: &io::Error) -> HbError {
    HbError::Report(format!("cannot write the report {}: {error}", output.name()))
}

/// A report is for others to read, too, as far as the user's umask lets them.
fn readable() -> fs::Permissions {
    use std::os::unix::fs::PermissionsExt;
    fs::Permissions::from_mode(0o666)
}

/// Reads the baseline, if one was named.
///
/// # Errors
/// It cannot be read or is malformed.
pub fn baseline(path: Option<&Path>) -> Result<Option<Baseline>, HbError> {
    path.map(|path| Baseline::load(path).map_err(|e| HbError::Report(format!("baseline {e}")))).transpose()
}

/// What a run amounts to, in a line.
pub struct Summary {
    /// `3 races, 1 new, 2 known`.
    pub races: String,
    /// Processes that have told of themselves.
    pub processes: u64,
    /// Packages whose results were seen.
    packages: usize,
    /// Something was not built, not run or cut short.
    pub cut_short: bool,
    /// The test binaries among them.
    test_binaries: usize,
    /// What else is to be said: of the baseline, of comments without a reason. Nothing where a report in text says it.
    pub notes: Vec<String>,
}

impl Summary {
    /// With the packages: those whose results were seen, otherwise the test binaries that ran, of which there are none for packages whose
    /// results the go command had in its cache.
    pub fn of_tests(&self) -> String {
        let packages = match Some(self.packages).filter(|packages| *packages > 0) {
            Some(packages) => plural(packages, "package"),
            None if self.test_binaries == 0 => "no test binary ran".to_owned(),
            None if self.test_binaries == 1 => "1 test binary".to_owned(),
            None => format!("{} test binaries", self.test_binaries),
        };
        format!("{}; {packages}", self.races)
    }
}

/// Writes the reports on a run, and gives its summary. A report without findings is written too: an empty
/// result is a result.
///
/// # Errors
/// The first report that could not be written; the others are written all the same.
pub fn of_run(
    findings: &Directory,
    requests: &[Request],
    baseline: Option<&Baseline>,
    options: &CollectOptions,
    went: impl FnOnce(&Report) -> Run,
) -> Result<Summary, HbError> {
    let mut report = collect(findings.path(), options).map_err(cannot_read)?;
    let run = went(&report);
    report.runs.push(run);
    apply(baseline, &mut report);
    let raw = || findings.raw();
    write_all(&report, requests, raw)?;
    let test_binaries = report.processes.iter().filter(|process| process.exe.ends_with(".test")).count();
    let said = requests.iter().any(|request| {
        request.format == Format::Rendered(render::Format::Text) && !matches!(request.output, Output::File(_))
    });
    // A baseline matches nothing where nothing ran.
    if report.totals.processes == 0 {
        report.notes.clear();
    }
    let notes = if said { Vec::new() } else { report.caveats() };
    let (packages, cut_short) = (report.units().count(), report.cut_short().next().is_some());
    Ok(Summary {
        races: report.summary(),
        processes: report.totals.processes,
        packages,
        cut_short,
        test_binaries,
        notes,
    })
}

/// `hb report`: writes the reports on saved files, merged.
///
/// # Errors
/// A file cannot be read, or a report cannot be written.
pub fn of_files(files: &[PathBuf], requests: &[Request], baseline: Option<&Baseline>) -> Result<(), HbError> {
    let mut report = load(files)?;
    apply(baseline, &mut report);
    let raw = || {
        Err(HbError::Usage("--format raw is what a run's processes wrote; saved files are already in a form".into()))
    };
    write_all(&report, requests, raw)
}

/// What saved files hold, merged.
///
/// # Errors
/// One cannot be read.
pub fn load(files: &[PathBuf]) -> Result<Report, HbError> {
    let options = CollectOptions::default();
    let mut merged: Option<Report> = None;
    for file in files {
        let report = if file.is_dir() { collect(file, &options) } else { Report::load(file, &options) };
        let report = report.map_err(cannot_read)?;
        if file.is_dir() && report.totals.processes == 0 {
            return Err(HbError::Report(format!(
                "cannot read findings: {}: no findings are in this directory",
                file.display()
            )));
        }
        match &mut merged {
            Some(merged) => merged.merge(report),
            None => merged = Some(report),
        }
    }
    Ok(merged.unwrap_or_default())
}

fn cannot_read(error: hb_report::Error) -> HbError {
    HbError::Report(format!("cannot read findings: {error}"))
}

/// Marks what the baseline knows, as of today.
pub fn apply(baseline: Option<&Baseline>, report: &mut Report) {
    if let Some(baseline) = baseline {
        baseline.apply(report, &today());
    }
}

/// Today's date in UTC.
pub fn today() -> String {
    date(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

fn write_all(report: &Report, requests: &[Request], raw: impl Fn() -> Result<Vec<u8>, HbError>) -> Result<(), HbError> {
    let mut result = Ok(());
    for request in requests {
        let content = match request.format {
            Format::Raw => raw(),
            Format::Rendered(format) => {
                let mut content = Vec::new();
                let rendered = render(report, format, &request.output.options_for(format), &mut content);
                rendered.map(|()| content).map_err(|e| HbError::Report(format!("cannot render a report: {e}")))
            }
        };
        let written =
            content.and_then(|content| request.output.write(&content).map_err(|e| cannot_write(&request.output, &e)));
        result = result.and(written);
    }
    result
}

/// The day of a time in seconds since 1970, in UTC, as `2026-12-31`.
///
/// By eras of 400 years, which all have the same number of days; a year is taken to begin in March, so that the leap
/// day is its last.
fn date(seconds: u64) -> String {
    const DAYS_PER_ERA: u64 = 146_097;
    // Days from the first of March of the year 0 to 1970.
    let days = seconds / 86_400 + 719_468;
    let (era, day_of_era) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    // Months from March have 153 days in every five.
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = 400 * era + year_of_era + u64::from(month <= 2);
    format!("{year:04}-{month:02}-{day:02}")
}

#[cfg(test)]
mod tests {
    use super::{CollectOptions, Format, Output, Request, Run, date, of_run};
    use crate::findings::Directory;
    use hb_report::render;
    use std::fs;
    use std::path::Path;

    #[test]
    fn dates() {
        for (seconds, expected) in [
            (0, "1970-01-01"),
            (951_782_399, "2000-02-28"),
            (951_782_400, "2000-02-29"),
            (951_868_800, "2000-03-01"),
            (1_798_761_599, "2026-12-31"),
            (4_107_542_400, "2100-03-01"),
        ] {
            assert_eq!(date(seconds), expected);
        }
    }

    #[test]
    fn formats_have_names() {
        assert_eq!("raw".parse(), Ok(Format::Raw));
        assert_eq!("sarif".parse(), Ok(Format::Rendered(render::Format::Sarif)));
        assert!("no".parse::<Format>().unwrap_err().contains("junit"));
    }

    #[test]
    fn one_report_that_cannot_be_written_does_not_stop_the_others() {
        let cache = tempfile::tempdir().unwrap();
        let findings = Directory::new(cache.path()).unwrap();
        let request = |name: &str| Request { format: Format::Raw, output: Output::File(cache.path().join(name)) };
        let requests = [request("no/such"), request("second")];
        assert!(of_run(&findings, &requests, None, &CollectOptions::default(), |_| Run::default()).is_err());
        assert!(cache.path().join("second").is_file());
    }

    #[test]
    fn a_device_is_not_replaced_by_a_file() {
        Output::File("/dev/null".into()).write(b"x").unwrap();
        assert!(!fs::metadata("/dev/null").unwrap().is_file());
        assert_eq!(Output::named(Path::new("-")), Output::Stdout);
    }
}
