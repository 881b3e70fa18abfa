//! `cargo xtask std`: the tests of packages of the standard library that the detector touches, under `go test -race` and
//! under `hb test`. Each test must end the same; what differs is run again, alone, several times under both. The table is
//! written into `docs/evidence/std.md`, between its two marker lines; its rows are kept in `std.json` beside it, so that
//! single packages can be run again.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use crate::evidence::{Rows, all_known, commit, put_table};
use crate::gotest::{self, Outcome, Request, Tool, Verdict};
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
    /// Only these packages, separated by commas; the other rows stay as they are.
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
    /// Write the table anew from the saved rows, without running anything.
    #[arg(long)]
    table: bool,
}

/// Runs the task. `Ok(false)` means that a test ended differently in all of its repetitions.
pub fn run(options: &Options) -> Result<bool, String> {
    let mut rows = Rows::load("std.json")?;
    if !options.table {
        all_known(&options.only, PACKAGES.iter().map(|&(package, _)| package))?;
        let (hb, logs) = (options.hb.path()?, absolute(&options.logs)?);
        std::fs::create_dir_all(&logs).map_err(|e| format!("{}: {e}", logs.display()))?;
        let tools = [Tool::Stock, Tool::Hb(hb)];
        for (package, flags) in PACKAGES {
            if options.only.is_empty() || options.only.iter().any(|only| only == package) {
                rows.put(package, measure(package, flags, &tools, &logs, options)?)?;
            }
        }
    }
    let text = table(&rows);
    println!("{text}");
    put_table("std.md", &text)?;
    Ok(PACKAGES.iter().filter_map(|(package, _)| rows.get(package)).all(|row| row["same"] == true))
}

/// Runs the tests of one package under both tools, and again those that differ.
fn measure(package: &str, flags: &[&str], tools: &[Tool; 2], logs: &Path, options: &Options) -> Result<Value, String> {
    let packages = [package.to_owned()];
    let flags: Vec<String> = flags.iter().map(|&flag| flag.to_owned()).collect();
    let limit = Duration::from_secs(options.limit);
    let mut outcomes = Vec::new();
    for tool in tools {
        let log = logs.join(format!("{}.{}.json", package.replace('/', "_"), tool.name()));
        eprintln!("{package}: {}", tool.name());
        let request = Request { dir: logs, packages: &packages, flags: &flags, env: &[], limit, log: &log };
        outcomes.push(gotest::run(tool, &request)?);
    }
    let log = logs.join("again.json");
    let request = Request { dir: logs, packages: &packages, flags: &flags, env: &[], limit, log: &log };
    let (ended, lost) = gotest::differing_and_lost(&outcomes, tools);
    let (mut differences, mut steady) = (lost, false);
    for id in ended {
        eprintln!("{package}: {} again", id.test);
        let difference = gotest::repeat(&id, tools, options.repeats, &request)?;
        steady |= difference.failures[0] != difference.failures[1];
        differences.push(difference.describe(tools));
    }
    let broken = outcomes[1].broken_packages() != outcomes[0].broken_packages();
    let tool_row = |outcome: &Outcome| {
        let count = |verdict| outcome.count(verdict);
        json!({
            "passed": count(Verdict::Pass),
            "failed": count(Verdict::Fail),
            "skipped": count(Verdict::Skip),
            "failing": outcome.ended(Verdict::Fail),
            "races": outcome.races.keys().map(|race| race.lines.join(" / ")).collect::<Vec<_>>(),
            "seconds": (outcome.seconds * 10.0).round() / 10.0,
        })
    };
    Ok(json!({
        "flags": flags.join(" "),
        "go": gotest::go_output(&["version"])?.replace("go version ", ""),
        "commit": commit(),
        "race": tool_row(&outcomes[0]),
        "hb": tool_row(&outcomes[1]),
        "differences": differences,
        "same": !broken && !steady,
    }))
}

/// The table of all rows, in Markdown.
fn table(rows: &Rows) -> String {
    let mut table = String::from(
        "| package | flags | `go test -race`: passed, failed, skipped | `hb test` | seconds, `-race` | `hb` | differences |\n\
         |---|---|---|---|---|---|---|\n",
    );
    let mut notes = String::new();
    let mut failing = String::new();
    let mut of: BTreeSet<String> = BTreeSet::new();
    for (package, _) in PACKAGES {
        let Some(row) = rows.get(package) else { continue };
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        of.insert(format!("{}, hb of commit {}", text(&row["go"]), text(&row["commit"])));
        let counts = |tool: &str| format!("{}, {}, {}", row[tool]["passed"], row[tool]["failed"], row[tool]["skipped"]);
        let differences = row["differences"].as_array().cloned().unwrap_or_default();
        let differing = match (differences.len(), row["same"] == true) {
            (0, true) => "none".to_owned(),
            (0, false) => "the package as a whole".to_owned(),
            (n, _) => format!("{n}, below"),
        };
        let _ = writeln!(
            table,
            "| `{package}` | {} | {} | {} | {} | {} | {differing} |",
            text(&row["flags"]),
            counts("race"),
            counts("hb"),
            row["race"]["seconds"],
            row["hb"]["seconds"],
        );
        for difference in &differences {
            let _ = writeln!(notes, "- {}", text(difference));
        }
        for test in row["race"]["failing"].as_array().into_iter().flatten() {
            if row["hb"]["failing"].as_array().is_some_and(|all| all.contains(test)) {
                let _ = writeln!(failing, "- `{}` of `{package}`", text(test));
            }
        }
    }
    let of = of.into_iter().collect::<Vec<_>>().join("; ");
    let mut page = format!("{of}.\n\n{table}");
    for (title, list) in [("Run again, because they differed:", notes), ("Failed under both:", failing)] {
        if !list.is_empty() {
            let _ = write!(page, "\n{title}\n\n{list}");
        }
    }
    page
}
