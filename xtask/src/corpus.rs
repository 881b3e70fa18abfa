//! `cargo xtask corpus`: every program of `corpus/` is built and run, and what it reports is held against its header.
//!
//! The contract is that of `corpus/README.md`. A racy program must report every marked pair of lines and nothing else, and
//! end with the race exit status; a clean one must report nothing and end with 0. With `--bin stock` the same is asked of
//! Go's own race detector, as a yardstick: there a program whose header has an `//hb:stock` line must differ in the way it
//! says, so that the remark cannot go stale.

mod build;
pub mod classic;
mod outcome;
mod program;
mod rate;

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::{Args, ValueEnum};

use crate::paths::absolute;

use outcome::{Execution, Judgement, judge};
use program::{End, Program, Remark, Verdict};

/// How long one program may run before it is killed and counted as failed.
const RUN_LIMIT: Duration = Duration::from_secs(60);

/// Rows of the memory model; each must have a clean program, and each but row 1 (program order) a racy one.
const MODEL_ROWS: std::ops::RangeInclusive<u32> = 1..=25;

/// Which detector builds the programs.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Detector {
    /// This workspace's command.
    Hb,
    /// Go's own `-race`.
    Stock,
}

impl Detector {
    /// What GORACE holds. Of stock's second at each end only the programs get it that need it.
    fn gorace(self, program: &Program) -> &'static str {
        match self {
            Detector::Stock if program.end != Some(End::Waits) => "atexit_sleep_ms=0",
            _ => "",
        }
    }
}

/// Options of `cargo xtask corpus`.
#[derive(Args)]
pub struct Options {
    /// The detector under test.
    #[arg(long = "bin", value_enum, default_value = "hb")]
    detector: Detector,
    /// A built hb command; without it `cargo build --release -p hb` makes one.
    #[arg(long, value_name = "PATH")]
    hb: Option<PathBuf>,
    /// Runs of each program at each GOMAXPROCS.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    runs: u32,
    /// GOMAXPROCS values, separated by commas.
    #[arg(long, value_delimiter = ',', default_value = "1,2,8")]
    procs: Vec<u32>,
    /// Only programs whose name (such as racy/channel-len) contains this.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// One run of each program, at GOMAXPROCS 2.
    #[arg(long)]
    short: bool,
    /// Programs run at the same time; as many as there are processors unless given.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,
    /// Keep the binaries in this directory instead of a temporary one.
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// Count how many of the runs caught the race, under hb and under stock, for
    /// docs/evidence/endings.md. Takes of stock a twentieth of the runs: each of its programs
    /// sleeps a second.
    #[arg(long)]
    rate: bool,
    /// Only print the table of the programs on which stock -race differs, as Markdown.
    #[arg(long)]
    stock_table: bool,
}

/// Runs the task. `Ok(false)` means that some program did not behave as its header says.
pub fn run(options: &Options) -> Result<bool, String> {
    let root = corpus_dir();
    let mut programs = program::load(&root)?;
    if options.stock_table {
        print!("{}", stock_table(&programs));
        return Ok(true);
    }
    match &options.filter {
        Some(text) => programs.retain(|program| program.name.contains(text.as_str())),
        None => check_coverage(&programs)?,
    }
    if programs.is_empty() {
        return Err("no program matches the filter".into());
    }

    let temporary = tempfile::tempdir().map_err(|e| format!("temporary directory: {e}"))?;
    let bin_dir = match &options.keep {
        Some(dir) => absolute(dir)?,
        None => temporary.path().to_owned(),
    };
    if options.rate {
        return rate::run(options, &root, &programs, &bin_dir);
    }
    let tool = match options.detector {
        Detector::Stock => build::Tool::stock(),
        Detector::Hb => build::Tool::hb(options.hb.as_deref())?,
    };
    let started = Instant::now();
    build::build_all(&tool, &root, &programs, &bin_dir)?;
    eprintln!("built {} programs in {:.1?}", programs.len(), started.elapsed());

    let (runs, procs) = if options.short { (1, vec![2]) } else { (options.runs, options.procs.clone()) };
    let jobs = options.jobs.unwrap_or_else(processors);
    let judgements = run_all(options.detector, &programs, &bin_dir, runs, &procs, jobs);
    Ok(print_table(options.detector, &programs, &judgements))
}

/// The corpus module, found from this crate's own place in the workspace.
fn corpus_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").join("corpus")
}

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Refuses a corpus that leaves a row of the memory model without a program.
fn check_coverage(programs: &[Program]) -> Result<(), String> {
    for row in MODEL_ROWS {
        let has = |verdict| programs.iter().any(|p| p.verdict == verdict && p.rows.contains(&row));
        if !has(Verdict::Clean) {
            return Err(format!("row {row} of the memory model has no clean program"));
        }
        if row != 1 && !has(Verdict::Racy) {
            return Err(format!("row {row} of the memory model has no racy program"));
        }
    }
    Ok(())
}

/// Runs every program `runs` times at each of `procs`, `jobs` at a time. The judgements of a program stand at its index.
fn run_all(
    detector: Detector,
    programs: &[Program],
    bin_dir: &Path,
    runs: u32,
    procs: &[u32],
    jobs: usize,
) -> Vec<Vec<Judgement>> {
    let mut queue = VecDeque::new();
    for _ in 0..runs {
        for &gomaxprocs in procs {
            queue.extend((0..programs.len()).map(|index| (index, gomaxprocs)));
        }
    }
    let queue = Mutex::new(queue);
    let judgements = Mutex::new(vec![Vec::new(); programs.len()]);
    std::thread::scope(|scope| {
        for _ in 0..jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let Some((index, gomaxprocs)) = queue.lock().expect("queue").pop_front() else {
                        break;
                    };
                    let program = &programs[index];
                    let judgement =
                        match Execution::of(program, bin_dir, gomaxprocs, detector.gorace(program), RUN_LIMIT) {
                            Ok(execution) => judge(program, &execution),
                            Err(message) => Judgement { reports: 0, wrong: Some(message) },
                        };
                    judgements.lock().expect("judgements")[index].push(judgement);
                }
            });
        }
    });
    judgements.into_inner().expect("judgements")
}

/// Prints a line per program and the closing counts; true when every program behaved as stated.
fn print_table(detector: Detector, programs: &[Program], judgements: &[Vec<Judgement>]) -> bool {
    let width = programs.iter().map(|p| p.name.len()).max().unwrap_or(0);
    let (mut passed, mut failed, mut differing) = (0, 0, 0);
    println!("{:width$}  {:<9} {:>4}  {:>7}  result", "program", "rows", "runs", "reports");
    for (program, judgements) in programs.iter().zip(judgements) {
        let remark = match detector {
            Detector::Stock => program.stock.as_ref(),
            Detector::Hb => program.gap.as_ref(),
        };
        let (ok, text) = summarise(judgements, remark);
        let rows = program.rows.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let fewest = judgements.iter().map(|j| j.reports).min().unwrap_or(0);
        let most = judgements.iter().map(|j| j.reports).max().unwrap_or(0);
        let reports = if fewest == most { most.to_string() } else { format!("{fewest}-{most}") };
        println!("{:width$}  {rows:<9} {:>4}  {reports:>7}  {text}", program.name, judgements.len());
        *(if ok { &mut passed } else { &mut failed }) += 1;
        differing += u32::from(ok && remark.is_some());
    }
    if differing > 0 {
        println!("{differing} of those passed differ from the model in the way their header states");
    }
    println!("{passed} passed, {failed} failed");
    failed == 0
}

/// What a program's runs amount to, given the remark (if any) that says how this detector differs on it.
fn summarise(judgements: &[Judgement], remark: Option<&Remark>) -> (bool, String) {
    let wrong: Vec<&str> = judgements.iter().filter_map(|j| j.wrong.as_deref()).collect();
    match (remark, wrong.first()) {
        (None, None) => (true, "ok".into()),
        (None, Some(first)) => (false, format!("FAILED in {} of {} runs: {first}", wrong.len(), judgements.len())),
        (Some(remark), Some(_)) => (true, format!("{} ({})", remark.kind, remark.reason)),
        (Some(remark), None) if remark.may_agree() => (true, format!("{} ({})", remark.kind, remark.reason)),
        (Some(remark), None) => {
            (false, format!("FAILED: behaves as the model asks, yet its header says: {}", remark.kind))
        }
    }
}

/// The programs on which stock `-race` differs, as the Markdown table that stands in `corpus/README.md`.
fn stock_table(programs: &[Program]) -> String {
    let mut table = String::from("| program | stock `-race` | reason |\n|---|---|---|\n");
    for program in programs {
        if let Some(remark) = &program.stock {
            table += &format!("| `{}` | {} | {} |\n", program.name, remark.kind, remark.reason);
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_header_parses_and_every_row_is_covered() {
        let programs = program::load(&corpus_dir()).expect("corpus headers");
        check_coverage(&programs).expect("coverage");
    }

    #[test]
    fn readme_has_the_present_table_of_stock_differences() {
        let programs = program::load(&corpus_dir()).expect("corpus headers");
        let readme = std::fs::read_to_string(corpus_dir().join("README.md")).expect("corpus/README.md");
        assert!(
            readme.contains(&stock_table(&programs)),
            "corpus/README.md is behind; put in what `cargo xtask corpus --stock-table` prints"
        );
    }

    #[test]
    fn a_stale_remark_fails() {
        let fine = Judgement { reports: 1, wrong: None };
        let bad = Judgement { reports: 0, wrong: Some("no report".into()) };
        let misses = Remark { kind: "misses".into(), reason: "x".into() };
        let varies = Remark { kind: "varies".into(), reason: "x".into() };
        assert!(summarise(std::slice::from_ref(&fine), None).0);
        assert!(!summarise(&[fine.clone(), bad.clone()], None).0);
        assert!(summarise(&[bad], Some(&misses)).0);
        assert!(!summarise(std::slice::from_ref(&fine), Some(&misses)).0);
        assert!(summarise(&[fine], Some(&varies)).0);
    }
}
