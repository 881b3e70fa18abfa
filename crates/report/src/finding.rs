//! The finding: everything a report knows about one race, as versioned plain data.
//!
//! This is what is saved, merged and rendered. Its JSON form is documented by `docs/findings-schema.json`; the version
//! there is [`SCHEMA_VERSION`]. Excerpts are part of it, so that a saved report reads the same on another machine.

use crate::outcome::Run;
use crate::raw;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Version of the report's JSON form. Readers accept this version and earlier ones, and refuse later ones. Since version 2 fingerprints name the
/// variable and the functions, not the lines, and `runs` say what became of each package.
pub const SCHEMA_VERSION: u32 = 2;

/// Most distinct findings a report keeps; races beyond are counted in [`Totals::findings_dropped`].
pub const MAX_FINDINGS: usize = 1000;
/// Most test names a finding keeps.
pub const MAX_TESTS: usize = 50;
/// Most other pairs of places, and earlier forms of its fingerprint, that a finding keeps.
pub const MAX_PLACES: usize = 20;
/// Most processes a report lists; totals go on counting.
pub const MAX_PROCESSES: usize = 1000;

/// Everything that a run, or several runs merged, found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of this form, [`SCHEMA_VERSION`].
    pub schema: u32,
    /// Version of hb that wrote it.
    pub hb_version: String,
    /// The findings, new ones first, then by how often they occurred.
    pub findings: Vec<Finding>,
    /// The processes that wrote records.
    pub processes: Vec<ProcessInfo>,
    /// Counts over everything.
    pub totals: Totals,
    /// How the runs went that it is of; none where it was made of raw records or Go's text.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub runs: Vec<Run>,
    /// Limits of the detector that were reached, and how often.
    #[serde(default)]
    pub limits: BTreeMap<String, u64>,
    /// Things about the report itself that its reader should know: damaged lines, stale baseline entries.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// Counts over a whole report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Totals {
    /// Reports by processes, repetitions included: what the processes' own `Found N data race(s)` add up to, where none of them was known or
    /// ignored.
    pub races: u64,
    /// Distinct races: the findings that the report keeps.
    pub findings: u64,
    /// Processes that wrote records.
    pub processes: u64,
    /// Of those, processes without an end record: killed, crashed, or still running.
    pub unfinished_processes: u64,
    /// Lines that were no record.
    pub damaged_lines: u64,
    /// Races left out because [`MAX_FINDINGS`] distinct findings were there already.
    pub findings_dropped: u64,
}

/// A process of the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ProcessInfo {
    /// Process id.
    pub pid: u32,
    /// Parent's process id.
    pub ppid: u32,
    /// File name of the executable, without its directory.
    pub exe: String,
    /// Go version.
    pub goversion: String,
    /// Races it reported.
    pub races: u64,
    /// Whether it wrote its end record.
    pub ended: bool,
    /// Whether it was still there when the report was made.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub still_running: bool,
}

/// One race, from however many goroutines, tests and processes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Finding {
    /// Identity, 16 hexadecimal digits: the variable, the named functions that access it, and how; no line, no closure's number.
    pub fingerprint: String,
    /// The fingerprints that hb gave these races until report version 1, at most [`MAX_PLACES`]: a baseline may name them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub former_fingerprints: Vec<String>,
    /// One line: `data race on total: write and read of a package-level variable`.
    pub title: String,
    /// The variable.
    pub variable: Variable,
    /// The accesses, the later one first.
    pub accesses: [AccessInfo; 2],
    /// Why nothing orders them.
    pub why: Why,
    /// Synchronisation that is there but does not order them.
    #[serde(default)]
    pub near_misses: Vec<NearMiss>,
    /// What would fit.
    #[serde(default)]
    pub suggestion: Option<Suggestion>,
    /// How bad it is.
    #[serde(default)]
    pub severity: Severity,
    /// Which tests are concerned.
    #[serde(default)]
    pub tests: Option<TestAttribution>,
    /// How often and where it was seen.
    pub counts: Counts,
    /// Further pairs of places in the same functions where it was seen, the later access first, at most [`MAX_PLACES`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub also: Vec<[Place; 2]>,
    /// New, known, or suppressed.
    #[serde(default)]
    pub status: Status,
    /// The first occurrence, as the runtime told it.
    pub race: raw::Race,
}

/// Whether a finding counts against the run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Status {
    /// In no baseline.
    #[default]
    New,
    /// In the baseline.
    Known {
        /// The entry's reason.
        reason: String,
    },
    /// Silenced by a `//hb:ignore` comment.
    Ignored {
        /// The comment's reason.
        reason: String,
        /// Where the comment is.
        place: Place,
    },
}

/// A place in the source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(default)]
pub struct Place {
    /// Function, as Go names it.
    pub func: String,
    /// File as the binary names it.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
}

impl Place {
    /// The place of a frame.
    pub fn of(frame: &raw::Frame) -> Place {
        Place { func: frame.func.clone(), file: frame.file.clone(), line: frame.line }
    }

    /// `main.go:12`: the file's name without directories.
    pub fn short(&self) -> String {
        format!("{}:{}", self.file.rsplit(['/', '\\']).next().unwrap_or_default(), self.line)
    }
}

/// What kind of variable races.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VariableKind {
    /// Package-level.
    Package,
    /// A struct's field.
    Field,
    /// A local variable that several goroutines share.
    Local,
    /// The inside of a map.
    MapInside,
    /// An element of a slice or array.
    Element,
    /// Memory reached through a pointer or a call.
    #[default]
    Memory,
}

/// The variable that the race is on.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Variable {
    /// Its name as a reader would say it: `total`, `Cache.items`, or empty if not found out.
    pub name: String,
    /// Kind.
    pub kind: VariableKind,
    /// Its type as written in the source, if found.
    pub type_text: String,
    /// Where it is declared, if found.
    pub declared: Option<Place>,
    /// Where in its block of memory it lies, by the block's type: `main.Cache.items`, `[]main.Entry[3].name`. Of a part of a package-level
    /// variable, that variable: `main.config`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub inside: String,
    /// Where its memory was allocated, if the runtime told.
    pub allocated: Option<Place>,
    /// The goroutine that allocated it: `goroutine 7`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub allocated_by: String,
    /// The runtime remembers allocations, but no longer this one.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub allocation_forgotten: bool,
    /// Bytes in the memory block or global, 0 if not known.
    pub object_size: u64,
    /// Offset of the access in it.
    pub offset: u64,
    /// What a half-seen value of this type does, if it has more than one word.
    pub torn: String,
    /// Which word of a value of several words the race is on: `length`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub word: String,
}

/// One access, explained.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct AccessInfo {
    /// Read or write.
    pub op: raw::Op,
    /// Done atomically.
    pub atomic: bool,
    /// What the user called, where the access is that of an operation on a WaitGroup or channel: `wg.Wait`.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub call: String,
    /// The innermost place in the user's own code, else the innermost of all.
    pub site: Place,
    /// Whether `site` is really known (false when the stack was lost).
    pub site_known: bool,
    /// The accessed expression, if it could be told from the source.
    pub expression: Option<Expression>,
    /// Lines around the site.
    pub excerpt: Vec<ExcerptLine>,
    /// The test to whose family the goroutine belongs.
    pub test: Option<String>,
    /// Where the goroutine was started (in the user's own code if possible); none for main.
    pub started: Option<Place>,
}

/// An expression on the site's line.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Expression {
    /// Its text.
    pub text: String,
    /// Bytes from the start of the line to its start and end.
    pub columns: (usize, usize),
}

/// A line of source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExcerptLine {
    /// Line number.
    pub line: u32,
    /// Its text, tabs kept.
    pub text: String,
}

/// Why nothing orders the accesses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Why {
    /// The missing edge in a sentence or two.
    pub missing: String,
    /// What is known besides, one sentence each: common ancestor, last synchronisations.
    pub facts: Vec<String>,
    /// True if the runtime told what the goroutines synchronised with.
    pub from_runtime: bool,
}

/// Synchronisation that looks like it should help and does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct NearMiss {
    /// Stable word: `different_mutexes`, `lock_on_one_side`, `write_under_rlock`, `mixed_atomic`, `add_inside`,
    /// `buffered_channel`, `semaphore_too_wide`, `sleep`, `copied_mutex`, `after_release`, `failed_trylock`, `once_on_one_side`,
    /// `unseen_store`, `lock_released_early`, `double_checked`.
    pub kind: String,
    /// In words.
    pub text: String,
}

/// The shape of a race, which decides what fits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shape {
    /// A number that goes up.
    Counter,
    /// A bool that says stop, done or ready.
    Flag,
    /// A map.
    Map,
    /// Several fields that belong together.
    SeveralFields,
    /// A pointer to something just built.
    PointerPublication,
    /// What a goroutine computed.
    GoroutineResult,
    /// Made on first use.
    LazyInit,
    /// A loop variable shared by the iterations.
    LoopVariable,
    /// Read often, written seldom.
    ReadMostly,
    /// A slice that grows.
    SliceAppend,
    /// Atomic on one side, plain on the other.
    MixedAtomic,
    /// Set by the starter only after the `go` statement.
    LateWrite,
    /// `Add` of a WaitGroup beside its `Wait`.
    WaitGroupAdd,
    /// A send on a channel beside its `close`.
    ChannelClose,
    /// Slices that were cut from one array are appended to.
    SharedArray,
    /// None of these.
    #[default]
    Other,
}

/// What would fit: a suggestion, not a verdict.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Suggestion {
    /// The shape it follows from.
    pub shape: Shape,
    /// What to do.
    pub text: String,
    /// Why that fits.
    pub reason: String,
    /// What the edit changes, lines with `- ` and `+ ` before them; empty where there is none.
    pub sketch: Vec<String>,
    /// The edit that does it, which `hb fix` makes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fix: Option<Fix>,
    /// Why there is none: somebody has to do it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub by_hand: String,
}

/// An edit of one or more files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Fix {
    /// The files.
    pub files: Vec<FileFix>,
}

/// The edits of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FileFix {
    /// The file, as the binary names it.
    pub file: String,
    /// What tells whether the file is still the one that the edits were made for.
    pub digest: String,
    /// The edits, in the order of the text; none overlaps another.
    pub edits: Vec<TextEdit>,
}

/// A range of a file's text and what takes its place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TextEdit {
    /// Bytes from the start of the file.
    pub bytes: (usize, usize),
    /// Line and column of the first character, both from 1; columns count characters.
    pub from: (u32, u32),
    /// The same of the one behind the last.
    pub to: (u32, u32),
    /// The new text.
    pub text: String,
}

impl FileFix {
    /// The file's text with the edits made; none where they do not fit it.
    pub fn apply(&self, text: &str) -> Option<String> {
        let mut out = String::with_capacity(text.len());
        let mut at = 0;
        for edit in &self.edits {
            out.push_str(text.get(at..edit.bytes.0)?);
            out.push_str(&edit.text);
            at = edit.bytes.1;
        }
        out.push_str(text.get(at..)?);
        Some(out)
    }
}

/// What a race can do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeverityKind {
    /// A stale value is read.
    #[default]
    Stale,
    /// An update is lost.
    LostUpdate,
    /// An object is seen half built.
    HalfBuilt,
    /// The program panics.
    Stops,
    /// Memory is corrupted.
    Corruption,
}

impl SeverityKind {
    /// All, the worst first.
    pub const ALL: [SeverityKind; 5] = [
        SeverityKind::Corruption,
        SeverityKind::Stops,
        SeverityKind::HalfBuilt,
        SeverityKind::LostUpdate,
        SeverityKind::Stale,
    ];

    /// In tenths of the scale from 0 to 10 on which SARIF's `security-severity` is.
    pub fn score(self) -> u8 {
        match self {
            SeverityKind::Corruption => 81,
            SeverityKind::Stops => 65,
            SeverityKind::HalfBuilt => 68,
            SeverityKind::LostUpdate => 53,
            SeverityKind::Stale => 41,
        }
    }

    /// As it is said: `memory`, `panic`, `half-built`, `lost-update`, `stale`.
    pub fn word(self) -> &'static str {
        match self {
            SeverityKind::Corruption => "memory",
            SeverityKind::Stops => "panic",
            SeverityKind::HalfBuilt => "half-built",
            SeverityKind::LostUpdate => "lost-update",
            SeverityKind::Stale => "stale",
        }
    }
}

/// How bad a race is.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Severity {
    /// What it can do.
    pub kind: SeverityKind,
    /// In tenths, 0 to 100: `security-severity` of SARIF times ten.
    pub score: u8,
    /// In words.
    pub text: String,
}

impl Severity {
    /// `critical`, `high`, `medium` or `low`, where GitHub draws the lines.
    pub fn level(&self) -> &'static str {
        match self.score {
            90.. => "critical",
            70.. => "high",
            40.. => "medium",
            _ => "low",
        }
    }

    /// `8.1`.
    pub fn number(&self) -> String {
        format!("{}.{}", self.score / 10, self.score % 10)
    }
}

/// Which tests a race belongs to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TestAttribution {
    /// `package.Test/sub` of either side, without repetition.
    pub names: Vec<String>,
    /// In words: `started by TestA, seen while TestB ran`.
    pub text: String,
}

/// How often a finding was seen.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Counts {
    /// Reports by processes.
    pub occurrences: u64,
    /// Processes.
    pub processes: u64,
    /// Tests, at most [`MAX_TESTS`].
    pub tests: BTreeSet<String>,
    /// Packages of the accesses' sites.
    pub packages: BTreeSet<String>,
}

impl AccessInfo {
    /// The column at which the access stands on its line, in bytes from 1, as Go counts; 1 where the source is not known.
    pub fn column(&self) -> usize {
        match &self.expression {
            Some(expression) => expression.columns.0 + 1,
            None => {
                let line = self.excerpt.iter().find(|line| line.line == self.site.line);
                line.map_or(1, |line| line.text.len() - line.text.trim_start().len() + 1)
            }
        }
    }
}

impl Finding {
    /// The two accesses in the order in which they ran.
    pub fn in_order(&self) -> [(&raw::Access, &AccessInfo); 2] {
        [(&self.race.accesses[1], &self.accesses[1]), (&self.race.accesses[0], &self.accesses[0])]
    }

    /// Whether it is called so, in the present form or an earlier one.
    pub fn has_fingerprint(&self, wanted: &str) -> bool {
        self.fingerprint == wanted || self.former_fingerprints.iter().any(|former| former == wanted)
    }

    /// True if it counts against the run.
    pub fn is_new(&self) -> bool {
        self.status == Status::New
    }
}

impl Report {
    /// Findings that are in no baseline and not ignored.
    pub fn new_findings(&self) -> impl Iterator<Item = &Finding> {
        self.findings.iter().filter(|finding| finding.is_new())
    }

    /// What the reader should know besides the findings: why there may be more, and notes.
    pub fn caveats(&self) -> Vec<String> {
        let mut caveats = self.gaps();
        caveats.extend(self.nothing_ran());
        caveats.extend(self.notes.iter().cloned());
        caveats
    }

    /// Why there may be more races than the findings tell of: packages that were not checked to their end, limits that were reached, processes
    /// that did not end, races that are not kept.
    pub fn gaps(&self) -> Vec<String> {
        let mut gaps = self.failures();
        gaps.extend(self.lesser_gaps());
        gaps
    }

    /// The gaps beside [`Report::failures`], which are errors of the run.
    pub fn lesser_gaps(&self) -> Vec<String> {
        let limit = |(name, count): (&String, &u64)| {
            let times = if *count == 1 { "once".to_owned() } else { format!("{count} times") };
            format!("the limit \"{name}\" was reached {times}; something may have been missed or told in part")
        };
        let mut gaps: Vec<String> = self.limits.iter().map(limit).collect();
        let Totals { processes, unfinished_processes, damaged_lines, findings_dropped, .. } = self.totals;
        if unfinished_processes > 0 {
            gaps.push(format!(
                "{unfinished_processes} of {processes} process{} wrote no closing record: {}",
                if processes == 1 { "" } else { "es" },
                self.unfinished().join("; ")
            ));
        }
        if damaged_lines > 0 {
            gaps.push(format!("damaged lines of the findings that were left out: {damaged_lines}"));
        }
        if findings_dropped > 0 {
            gaps.push(match findings_dropped {
                1 => "1 more race was counted but not kept".to_owned(),
                more => format!("{more} more races were counted but not kept"),
            });
        }
        gaps
    }

    /// `3 races, 1 new, 2 known (7 reports)`, for the closing line: distinct races, and how many reports of processes they are where that is
    /// another number.
    pub fn summary(&self) -> String {
        let count = |want: fn(&Status) -> bool| self.findings.iter().filter(|finding| want(&finding.status)).count();
        let new = count(|status| matches!(status, Status::New));
        let known = count(|status| matches!(status, Status::Known { .. }));
        let ignored = count(|status| matches!(status, Status::Ignored { .. }));
        let all = self.findings.len();
        let mut text = format!("{all} race{}", if all == 1 { "" } else { "s" });
        if known + ignored > 0 {
            text += &format!(", {new} new, {known} known");
        }
        if ignored > 0 {
            text += &format!(", {ignored} ignored");
        }
        let reports = self.totals.races;
        if reports != all as u64 && reports > 0 {
            text += &format!(" ({reports} report{})", if reports == 1 { "" } else { "s" });
        }
        if !self.is_whole() {
            text += "; not all was checked";
        }
        text
    }
}
