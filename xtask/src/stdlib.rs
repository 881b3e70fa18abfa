//! `cargo xtask std`: the tests of packages of the standard library that the detector touches, under `go test -race` and
//! under `hb test`. Each test must end the same; what differs is run again, alone, several times under both. The table is
//! written into `docs/evidence/std.md`, between its two marker lines.

use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use crate::gotest::{self, Difference, Outcome, Request, Tool, Verdict};
use crate::paths::{Hb, absolute};

/// The packages, each with flags of its own.
const PACKAGES: &[(&str, &[&str])] = &[
    ("context", &[]),
    ("internal/sync", &[]),
    ("iter", &[]),
    ("net", &["-short"]),
    ("net/http", &["-short"]),
    ("os/signal", &["-short"]),
    ("runtime", &["-short"]),
    ("sync", &[]),
    ("sync/atomic", &["-short"]),
    ("testing", &["-short"]),
    ("testing/synctest", &[]),
    ("time", &["-short"]),
    ("unique", &[]),
    ("weak", &[]),
];

/// Options of `cargo xtask std`.
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    hb: Hb,
    /// Only these packages, separated by commas; the table is then only printed.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// How often a test that ended differently is run again under each tool.
    #[arg(long, default_value_t = 5)]
    repeats: u32,
    /// Limit for one package, in seconds.
    #[arg(long, default_value_t = 900)]
    limit: u64,
    /// Where the outputs of the tests are kept.
    #[arg(long, value_name = "DIR", default_value = "target/evidence/std")]
    logs: PathBuf,
}

/// Runs the task. `Ok(false)` means that a test ended differently in all of its repetitions.
pub fn run(options: &Options) -> Result<bool, String> {
    let (hb, logs) = (options.hb.path()?, absolute(&options.logs)?);
    std::fs::create_dir_all(&logs).map_err(|e| format!("{}: {e}", logs.display()))?;
    let tools = [Tool::Stock, Tool::Hb(hb)];
    let mut table = String::from(
        "| package | flags | `go test -race`: passed, failed, skipped | `hb test` | seconds, `-race` | `hb` | differences |\n\
         |---|---|---|---|---|---|---|\n",
    );
    let mut same = true;
    let mut notes = String::new();
    for (package, flags) in PACKAGES {
        if !options.only.is_empty() && !options.only.iter().any(|only| only == package) {
            continue;
        }
        let packages = [(*package).to_owned()];
        let flags: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
        let request = |log: &str, limit| (logs.join(log), limit);
        let mut outcomes = Vec::new();
        for tool in &tools {
            let (log, limit) = request(
                &format!("{}.{}.json", package.replace('/', "_"), tool.name()),
                Duration::from_secs(options.limit),
            );
            eprintln!("{package}: {}", tool.name());
            let request = Request { dir: &logs, packages: &packages, flags: &flags, env: &[], limit, log: &log };
            outcomes.push(gotest::run(tool, &request)?);
        }
        let references: Vec<&Outcome> = outcomes.iter().collect();
        let mut differences = Vec::new();
        for id in gotest::differing(&references) {
            eprintln!("{package}: {} again", id.test);
            let (log, limit) = request("again.json", Duration::from_secs(options.limit));
            let request = Request { dir: &logs, packages: &packages, flags: &flags, env: &[], limit, log: &log };
            differences.push(gotest::repeat(&id, &tools, options.repeats, &request)?);
        }
        let broken = outcomes[1].broken_packages() != outcomes[0].broken_packages();
        same &= !broken && !differences.iter().any(|d| d.failures[0] != d.failures[1]);
        write_row(&mut table, package, &flags, &outcomes, &differences, broken);
        for difference in &differences {
            let _ = writeln!(notes, "- {}", difference.describe(&tools));
        }
    }
    println!("{table}\n{notes}");
    if options.only.is_empty() {
        let version = gotest::go_output(&["version"])?.replace("go version ", "");
        let text = format!("{version}, hb of commit {}\n\n{table}\n{notes}", crate::modules::commit());
        crate::modules::put_table("std.md", &text)?;
    }
    Ok(same)
}

fn write_row(
    table: &mut String,
    package: &str,
    flags: &[String],
    outcomes: &[Outcome],
    differences: &[Difference],
    broken: bool,
) {
    let counts = |outcome: &Outcome| {
        let count = |verdict| outcome.count(verdict);
        format!("{}, {}, {}", count(Verdict::Pass), count(Verdict::Fail), count(Verdict::Skip))
    };
    let differing = match (differences.len(), broken) {
        (0, false) => "none".to_owned(),
        (0, true) => "the package as a whole".to_owned(),
        (n, _) => format!("{n}, below"),
    };
    let _ = writeln!(
        table,
        "| `{package}` | {} | {} | {} | {:.0} | {:.0} | {differing} |",
        flags.join(" "),
        counts(&outcomes[0]),
        counts(&outcomes[1]),
        outcomes[0].seconds,
        outcomes[1].seconds,
    );
}
