//! From the files of a run's processes to one report, and from several reports to one.

use crate::explain::{self, advice, fingerprint};
use crate::finding::{
    Finding, MAX_FINDINGS, MAX_PLACES, MAX_PROCESSES, MAX_TESTS, Place, ProcessInfo, Report, SCHEMA_VERSION, Status,
    Totals,
};
use crate::raw::{self, Race, Record};
use crate::room::Room;
use crate::source::SourceStore;
use crate::trimmed::FileNames;
use crate::{Error, ignore};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::fs;
use std::io::BufReader;
use std::path::{Path, PathBuf};

/// How to collect.
#[derive(Clone, Debug, Default)]
pub struct CollectOptions {
    /// Prefixes of file names in the binaries and the directories where those files are on this machine.
    pub source_remaps: Vec<(String, PathBuf)>,
    /// Beginnings of the file names in binaries built with `-trimpath`, such as `example.com/m/`, and the directories where those files are: they
    /// are called by their real names then, as without that flag.
    pub trimmed: Vec<(String, PathBuf)>,
}

/// Reads every `*.jsonl` file of a findings directory. Files are read line by line and repeated races are only counted,
/// so memory is bounded by [`MAX_FINDINGS`] distinct findings.
///
/// # Errors
/// [`Error::Io`] when the directory cannot be read. A file that cannot be read is a note in the report.
pub fn collect(dir: &Path, options: &CollectOptions) -> Result<Report, Error> {
    let mut files: Vec<PathBuf> = fs::read_dir(dir)
        .map_err(|error| Error::io(dir, error))?
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|extension| extension == "jsonl"))
        .collect();
    files.sort();
    let mut collector = Collector::new(options);
    for path in files {
        match fs::File::open(&path) {
            Ok(file) => collector.read(BufReader::new(file)),
            Err(error) => collector.report.notes.push(format!("{}: {error}", path.display())),
        }
    }
    Ok(collector.finish())
}

/// Takes records from any number of processes.
pub struct Collector {
    store: SourceStore,
    names: FileNames,
    report: Report,
    /// Finding by the cheap key of a race, so that repetitions need no source.
    by_key: HashMap<u64, Option<usize>>,
    by_fingerprint: HashMap<String, usize>,
    room: Room,
    /// Which process last counted for a finding.
    last_process: Vec<u64>,
}

impl Collector {
    /// A collector with nothing in it.
    pub fn new(options: &CollectOptions) -> Collector {
        Collector {
            store: SourceStore::new(options.source_remaps.clone()),
            names: FileNames::new(options),
            report: Report {
                schema: SCHEMA_VERSION,
                hb_version: env!("CARGO_PKG_VERSION").to_owned(),
                ..Report::default()
            },
            by_key: HashMap::new(),
            by_fingerprint: HashMap::new(),
            room: Room::default(),
            last_process: Vec::new(),
        }
    }

    /// Reads the records of one process.
    pub fn read(&mut self, reader: impl std::io::BufRead) {
        let mut process = ProcessInfo::default();
        self.report.totals.processes += 1;
        let read = raw::read_records(reader, |record| {
            self.record(record, &mut process);
        });
        match read {
            Ok(note) => self.report.totals.damaged_lines += note.damaged_lines,
            Err(error) => self.report.notes.push(format!("a findings file could not be read to its end: {error}")),
        }
        self.close_process(process);
    }

    /// Takes records that are already parsed as those of one process.
    pub fn take(&mut self, records: impl IntoIterator<Item = Record>) {
        let mut process = ProcessInfo::default();
        self.report.totals.processes += 1;
        for record in records {
            self.record(record, &mut process);
        }
        // Go's text does not always say how many there were, so its end tells nothing.
        process.ended = true;
        self.close_process(process);
    }

    fn record(&mut self, record: Record, process: &mut ProcessInfo) {
        match record {
            Record::Process(first) => {
                if first.v > raw::VERSION {
                    self.report.notes.push(format!(
                        "process {} writes findings in format {}, this hb reads {}",
                        first.pid,
                        first.v,
                        raw::VERSION
                    ));
                }
                process.pid = first.pid;
                process.ppid = first.ppid;
                process.exe = first.exe.rsplit('/').next().unwrap_or_default().to_owned();
                process.goversion = first.goversion;
            }
            Record::Race(race) => {
                process.races += 1;
                self.race(*race);
            }
            Record::Limit(limit) => *self.report.limits.entry(limit.name).or_default() += limit.count,
            Record::End(end) => {
                process.ended = true;
                // A process writes out only so many races, and then counts.
                let unwritten = end.races.saturating_sub(process.races);
                process.races += unwritten;
                self.report.totals.races += unwritten;
                self.report.totals.findings_dropped += unwritten;
            }
            Record::Unknown => {}
        }
    }

    fn close_process(&mut self, mut process: ProcessInfo) {
        // One that wrote nothing at all has found no room for it, or was killed at once.
        if !process.ended {
            self.report.totals.unfinished_processes += 1;
            process.still_running = runs(&process);
        }
        if self.report.processes.len() < MAX_PROCESSES {
            self.report.processes.push(process);
        }
    }

    fn race(&mut self, mut race: Race) {
        self.names.restore(&mut race);
        self.report.totals.races += 1;
        let key = fingerprint::quick_key(&race);
        let index = match self.by_key.get(&key) {
            Some(Some(index)) => *index,
            Some(None) => {
                self.report.totals.findings_dropped += 1;
                return;
            }
            None => return self.first_of_key(key, race),
        };
        self.count(index);
        let tests = race.accesses.each_ref().map(|access| explain::attribution::test_of(access, &mut self.store));
        let finding = &mut self.report.findings[index];
        for test in tests.into_iter().flatten() {
            if finding.counts.tests.len() < MAX_TESTS {
                finding.counts.tests.insert(test);
            }
        }
    }

    fn first_of_key(&mut self, key: u64, race: Race) {
        // A run with endless distinct races must not grow this either: those that are not kept are explained again when they come again.
        if self.by_key.len() >= MAX_FINDINGS * 16 {
            self.by_key.retain(|_, index| index.is_some());
        }
        let finding = explain::explain(race, &mut self.store);
        let index = match self.by_fingerprint.get(&finding.fingerprint) {
            Some(&index) => {
                self.count(index);
                absorb(&mut self.report.findings[index], &finding);
                Some(index)
            }
            None => self.keep(finding),
        };
        self.by_key.insert(key, index);
    }

    /// Keeps a new finding, if there is room for it; gives its place.
    fn keep(&mut self, mut finding: Finding) -> Option<usize> {
        let Some(index) = self.room.place(&finding) else {
            self.report.totals.findings_dropped += 1;
            return None;
        };
        if let Some(note) = ignore::apply(&mut finding, &mut self.store)
            && !self.report.notes.contains(&note)
        {
            self.report.notes.push(note);
        }
        self.by_fingerprint.insert(finding.fingerprint.clone(), index);
        if index == self.report.findings.len() {
            self.report.findings.push(finding);
            self.last_process.push(self.report.totals.processes);
        } else {
            let gone = std::mem::replace(&mut self.report.findings[index], finding);
            self.last_process[index] = self.report.totals.processes;
            self.by_fingerprint.remove(&gone.fingerprint);
            self.by_key.values_mut().filter(|place| **place == Some(index)).for_each(|place| *place = None);
            self.report.totals.findings_dropped += gone.counts.occurrences;
        }
        Some(index)
    }

    fn count(&mut self, index: usize) {
        let counts = &mut self.report.findings[index].counts;
        counts.occurrences += 1;
        if self.last_process[index] != self.report.totals.processes {
            self.last_process[index] = self.report.totals.processes;
            counts.processes += 1;
        }
    }

    /// The report of everything taken so far.
    pub fn finish(self) -> Report {
        let mut report = self.report;
        relate_fields(&mut report.findings);
        report.totals.findings = report.findings.len() as u64;
        report.sort();
        report
    }
}

/// Whether a process is still there: its number may have been given to another since.
fn runs(process: &ProcessInfo) -> bool {
    let name = fs::read_link(format!("/proc/{}/exe", process.pid)).ok();
    process.pid != 0
        && name.is_some_and(|path| {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            name.trim_end_matches(" (deleted)") == process.exe
        })
}

/// Takes over what another occurrence of a finding has in its lists.
fn absorb(into: &mut Finding, from: &Finding) {
    for test in &from.counts.tests {
        if into.counts.tests.len() < MAX_TESTS {
            into.counts.tests.insert(test.clone());
        }
    }
    into.counts.packages.extend(from.counts.packages.iter().cloned());
    for former in &from.former_fingerprints {
        if into.former_fingerprints.len() < MAX_PLACES && !into.former_fingerprints.contains(former) {
            into.former_fingerprints.push(former.clone());
        }
    }
    let own = from.accesses.each_ref().map(|access| access.site.clone());
    for pair in std::iter::once(&own).chain(&from.also) {
        let same = |known: &[Place; 2]| known == pair || (&known[1], &known[0]) == (&pair[0], &pair[1]);
        let first = into.accesses.each_ref().map(|access| access.site.clone());
        if into.also.len() < MAX_PLACES && !same(&first) && !into.also.iter().any(same) {
            into.also.push(pair.clone());
        }
    }
}

/// Findings between the same two functions on different fields of one struct are one matter: one mutex fits them.
fn relate_fields(findings: &mut [Finding]) {
    let mut groups: HashMap<(String, String, String), Vec<usize>> = HashMap::new();
    for (index, finding) in findings.iter().enumerate() {
        if let Some((owner, _)) = finding.variable.name.rsplit_once('.') {
            let mut functions = [finding.accesses[0].site.func.clone(), finding.accesses[1].site.func.clone()];
            functions.sort();
            let [first, second] = functions;
            groups.entry((owner.to_owned(), first, second)).or_default().push(index);
        }
    }
    for ((owner, ..), members) in groups {
        let mut fields: Vec<String> = members
            .iter()
            .filter_map(|&index| Some(findings[index].variable.name.rsplit_once('.')?.1.to_owned()))
            .collect();
        fields.sort();
        fields.dedup();
        if fields.len() < 2 {
            continue;
        }
        for index in members {
            // A lock that is there already is the nearer advice.
            if findings[index].near_misses.iter().all(|miss| miss.kind == "sleep") {
                findings[index].suggestion = Some(advice::several_fields(&fields, &owner));
            }
        }
    }
}

impl Report {
    /// Puts new findings first, then the worst, then the most frequent; equals by fingerprint, so that the order never depends on luck.
    pub fn sort(&mut self) {
        let rank = |status: &Status| match status {
            Status::New => 0,
            Status::Known { .. } => 1,
            Status::Ignored { .. } => 2,
        };
        self.findings.sort_by(|a, b| {
            (
                rank(&a.status),
                Reverse(a.severity.score),
                Reverse(a.counts.occurrences),
                &a.accesses[0].site,
                &a.fingerprint,
            )
                .cmp(&(
                    rank(&b.status),
                    Reverse(b.severity.score),
                    Reverse(b.counts.occurrences),
                    &b.accesses[0].site,
                    &b.fingerprint,
                ))
        });
    }

    /// Adds another report's findings and counts to this one: the same fingerprint is one finding.
    pub fn merge(&mut self, other: Report) {
        self.schema = SCHEMA_VERSION;
        if self.hb_version.is_empty() {
            self.hb_version.clone_from(&other.hb_version);
        }
        let mut index: HashMap<String, usize> =
            self.findings.iter().enumerate().map(|(index, finding)| (finding.fingerprint.clone(), index)).collect();
        // A report of an earlier version knows no other fingerprints than those of its time.
        for (place, finding) in self.findings.iter().enumerate() {
            for former in &finding.former_fingerprints {
                index.entry(former.clone()).or_insert(place);
            }
        }
        let mut room = Room::of(&self.findings);
        for finding in other.findings {
            match index.get(&finding.fingerprint) {
                Some(&at) => {
                    let mine = &mut self.findings[at];
                    absorb(mine, &finding);
                    mine.counts.occurrences += finding.counts.occurrences;
                    mine.counts.processes += finding.counts.processes;
                    // A machine without the source says less; keep what says more.
                    if mine.accesses.iter().all(|access| access.excerpt.is_empty())
                        && finding.accesses.iter().any(|access| !access.excerpt.is_empty())
                    {
                        let counts = std::mem::take(&mut mine.counts);
                        *mine = Finding { counts, ..finding };
                    }
                }
                None => match room.place(&finding) {
                    None => self.totals.findings_dropped += finding.counts.occurrences,
                    Some(place) => {
                        index.insert(finding.fingerprint.clone(), place);
                        if place == self.findings.len() {
                            self.findings.push(finding);
                        } else {
                            let gone = std::mem::replace(&mut self.findings[place], finding);
                            index.remove(&gone.fingerprint);
                            self.totals.findings_dropped += gone.counts.occurrences;
                        }
                    }
                },
            }
        }
        let Totals { races, findings: _, processes, unfinished_processes, damaged_lines, findings_dropped } =
            other.totals;
        self.totals.races += races;
        self.totals.processes += processes;
        self.totals.unfinished_processes += unfinished_processes;
        self.totals.damaged_lines += damaged_lines;
        self.totals.findings_dropped += findings_dropped;
        for (name, count) in other.limits {
            *self.limits.entry(name).or_default() += count;
        }
        for note in other.notes {
            if !self.notes.contains(&note) {
                self.notes.push(note);
            }
        }
        let room = MAX_PROCESSES.saturating_sub(self.processes.len());
        self.processes.extend(other.processes.into_iter().take(room));
        self.runs.extend(other.runs);
        self.totals.findings = self.findings.len() as u64;
        self.sort();
    }

    /// Writes the report as one JSON document.
    ///
    /// # Errors
    /// [`Error::Io`] when the file cannot be written. It is written beside its place and moved there, so a failure leaves
    /// an earlier file whole.
    pub fn save(&self, path: &Path) -> Result<(), Error> {
        let mut text = serde_json::to_string(self).map_err(|error| Error::format(path, error))?;
        text.push('\n');
        crate::write_whole(path, text.as_bytes())
    }

    /// Reads a saved report, a raw findings file, or Go's own text: whatever the file holds.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read, [`Error::Format`] when it holds none of these or a later version.
    pub fn load(path: &Path, options: &CollectOptions) -> Result<Report, Error> {
        let bytes = fs::read(path).map_err(|error| Error::io(path, error))?;
        let text = String::from_utf8_lossy(&bytes);
        let first = text.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
        if first.trim_start().starts_with('{') {
            let head: serde_json::Value = match serde_json::from_str(first) {
                Ok(value) => value,
                // A report printed over several lines.
                Err(_) => serde_json::from_str(&text).map_err(|error| Error::format(path, error))?,
            };
            if head.get("t").is_some() {
                let mut collector = Collector::new(options);
                collector.read(text.as_bytes());
                return Ok(collector.finish());
            }
            let Some(schema) = head.get("schema").and_then(serde_json::Value::as_u64) else {
                return Err(Error::format(path, "no report: the field \"schema\" is missing"));
            };
            if schema > u64::from(SCHEMA_VERSION) {
                return Err(Error::format(
                    path,
                    format!("written by a later hb (schema {schema}, this one reads {SCHEMA_VERSION})"),
                ));
            }
            let mut report: Report = serde_json::from_str(&text).map_err(|error| Error::format(path, error))?;
            report.totals.findings = report.findings.len() as u64;
            return Ok(report);
        }
        let records = crate::classic::parse(&text);
        // Prose may speak of `Found N data race(s)`; a report is told by its own first line.
        if !records.iter().any(|record| matches!(record, Record::Race(_))) {
            return Err(Error::format(path, "neither a saved report, nor raw findings, nor Go race reports"));
        }
        let mut collector = Collector::new(options);
        collector.take(records);
        Ok(collector.finish())
    }
}
