//! `cargo xtask modules`: the test suites of well-known Go modules, newest versions from the module proxy, under plain
//! `go test`, `go test -race` and `hb test`.
//!
//! Of each module the source is copied out of the module cache, so that its tests may write beside it. A test that did not
//! end the same under the three is run again, alone, several times under each; so is the test in which a race was found by
//! only one detector. What remains different after that is for a human to explain, in `docs/evidence/modules.md` below the
//! table. Rows are kept in `docs/evidence/modules.json`, so that single modules can be run again.

mod list;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use clap::Args;
use serde_json::{Value, json};

use crate::evidence::{Rows, all_known, commit, put_table};
use crate::gotest::{self, Outcome, Race, Request, TestId, Tool, Verdict};
use crate::paths::{Hb, absolute};
use list::{MODULES, Module};

/// Options of `cargo xtask modules`.
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    hb: Hb,
    /// Only these modules, by name, separated by commas.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// How often a test that ended differently, or raced for one detector only, is run again under each tool.
    #[arg(long, default_value_t = 5)]
    repeats: u32,
    /// Limit for one package, in seconds.
    #[arg(long, default_value_t = 600)]
    limit: u64,
    /// Where sources and outputs are kept.
    #[arg(long, value_name = "DIR", default_value = "target/evidence/modules")]
    work: PathBuf,
    /// Write the table anew from the saved rows, without running anything.
    #[arg(long)]
    table: bool,
}

/// Runs the task. `Ok(false)` means that some module could not be fetched or run.
pub fn run(options: &Options) -> Result<bool, String> {
    let mut rows = Rows::load("modules.json")?;
    let mut well = true;
    if !options.table {
        let hb = options.hb.path()?;
        let work = absolute(&options.work)?;
        all_known(&options.only, MODULES.iter().map(|module| module.name))?;
        for module in MODULES {
            if !options.only.is_empty() && !options.only.iter().any(|name| name == module.name) {
                continue;
            }
            match measure(module, &hb, &work, options) {
                Ok(row) => {
                    rows.put(module.name, row)?;
                    put_table("modules.md", &table(&rows))?;
                }
                Err(message) => {
                    eprintln!("{}: {message}", module.name);
                    well = false;
                }
            }
        }
    }
    put_table("modules.md", &table(&rows))?;
    Ok(well)
}

/// Fetches a module and runs its suite under the three tools.
fn measure(module: &Module, hb: &Path, work: &Path, options: &Options) -> Result<Value, String> {
    let (version, dir) = fetch(module, work)?;
    let strings = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect::<Vec<String>>();
    let (packages, flags) = (strings(module.packages), strings(module.flags));
    let tools = [Tool::Plain, Tool::Stock, Tool::Hb(hb.to_owned())];
    let limit = Duration::from_secs(options.limit);
    let mut outcomes = Vec::new();
    for tool in &tools {
        eprintln!("{} {version}: {}", module.name, tool.name());
        let log = work.join(format!("{}.{}.json", module.name, tool.name()));
        let request = Request { dir: &dir, packages: &packages, flags: &flags, env: &[], limit, log: &log };
        let outcome = gotest::run(tool, &request)?;
        eprintln!("  {} of {:.1} s", describe(&outcome), outcome.seconds);
        outcomes.push(outcome);
    }

    let log = work.join(format!("{}.again.json", module.name));
    let request = Request { dir: &dir, packages: &[], flags: &flags, env: &[], limit, log: &log };
    let (ended, mut differences) = gotest::differing_and_lost(&outcomes, &tools);
    for id in ended {
        eprintln!("  again: {}", id.test);
        let difference = gotest::repeat(&id, &tools, options.repeats, &request)?;
        differences.push(difference.describe(&tools));
    }
    let mut one_sided = Vec::new();
    for (finder, other) in [(1, 2), (2, 1)] {
        for (race, tests) in &outcomes[finder].races {
            if !outcomes[other].races.contains_key(race) {
                let detectors = [tools[finder].clone(), tools[other].clone()];
                one_sided.push(look_again(race, tests.first(), &detectors, options.repeats, &request)?);
            }
        }
    }
    let tool_row = |outcome: &Outcome| {
        json!({
            "passed": outcome.count(Verdict::Pass),
            "failed": outcome.count(Verdict::Fail),
            "skipped": outcome.count(Verdict::Skip),
            "broken_packages": outcome.broken_packages(),
            "seconds": (outcome.seconds * 10.0).round() / 10.0,
            "races": outcome.races.keys().map(|race| race.lines.join(" / ")).collect::<Vec<_>>(),
            "reports": outcome.reports,
        })
    };
    Ok(json!({
        "kind": module.kind,
        "path": module.path,
        "version": version,
        "tests": format!("{} {}", module.flags.join(" "), module.packages.join(" ")).trim(),
        "packages": outcomes[0].packages.len(),
        "commit": commit(),
        "plain": tool_row(&outcomes[0]),
        "race": tool_row(&outcomes[1]),
        "hb": tool_row(&outcomes[2]),
        "differences": differences,
        "one_sided": one_sided,
    }))
}

fn describe(outcome: &Outcome) -> String {
    let (passed, failed) = (outcome.count(Verdict::Pass), outcome.count(Verdict::Fail));
    format!("{passed} passed, {failed} failed, {} races, {:?}", outcome.races.len(), outcome.broken_packages())
}

/// Runs the test in which only the first of `detectors` saw a race again, and says how often each sees it.
fn look_again(
    race: &Race,
    test: Option<&TestId>,
    detectors: &[Tool; 2],
    runs: u32,
    request: &Request,
) -> Result<String, String> {
    let mut text = format!("`{}` only by {}", race.lines.join("` / `"), detectors[0].name());
    let Some(id) = test else { return Ok(text) };
    let mut flags = request.flags.to_vec();
    if !id.test.is_empty() {
        let _ = write!(text, " in `{}`", id.test);
        flags.push(format!("-run=^{}$", id.test));
    }
    let packages = [id.package.clone()];
    let request = Request { packages: &packages, flags: &flags, ..*request };
    let _ = write!(text, "; in {runs} more runs: ");
    let mut counts = Vec::new();
    for tool in detectors {
        let mut seen = 0;
        for _ in 0..runs {
            seen += u32::from(gotest::run(tool, &request)?.races.contains_key(race));
        }
        counts.push(format!("{} {seen}", tool.name()));
    }
    Ok(text + &counts.join(", "))
}

/// Gets the newest version of a module and copies its source into `work`. Returns the version and the source directory.
fn fetch(module: &Module, work: &Path) -> Result<(String, PathBuf), String> {
    std::fs::create_dir_all(work).map_err(|e| format!("{}: {e}", work.display()))?;
    let output = Command::new("go")
        .args(["mod", "download", "-json", &format!("{}@latest", module.path)])
        .current_dir(work)
        .env("GOFLAGS", "-mod=mod")
        .env("GOWORK", "off")
        .env("GO111MODULE", "on")
        .output()
        .map_err(|e| format!("go mod download: {e}"))?;
    let info: Value = serde_json::from_slice(&output.stdout)
        .map_err(|e| format!("go mod download: {e}: {}", String::from_utf8_lossy(&output.stderr)))?;
    let text = |key: &str| info.get(key).and_then(Value::as_str).ok_or_else(|| format!("no {key}: {info}"));
    let (version, cached) = (text("Version")?.to_owned(), PathBuf::from(text("Dir")?));
    let dir = work.join(format!("{}-{version}", module.name));
    if !dir.exists() {
        let copied = Command::new("cp").arg("-r").arg(&cached).arg(&dir).status();
        let writable = Command::new("chmod").args(["-R", "u+w"]).arg(&dir).status();
        for status in [copied, writable] {
            if !status.map_err(|e| e.to_string())?.success() {
                return Err(format!("could not copy {}", cached.display()));
            }
        }
    }
    // What the tests need beyond the module's own go.sum (a module that is a workspace member may lack some).
    let tidy = Command::new("go").args(["mod", "tidy"]).current_dir(&dir).output();
    if let Ok(output) = tidy
        && !output.status.success()
    {
        eprintln!("{}: go mod tidy: {}", module.name, String::from_utf8_lossy(&output.stderr));
    }
    Ok((version, dir))
}

/// The table of all rows, in Markdown.
fn table(rows: &Rows) -> String {
    let mut table = String::from(
        "| module | kind | tests run | plain: passed, failed, s | `-race`: passed, failed, races, s | \
         `hb`: passed, failed, races, s | differences |\n|---|---|---|---|---|---|---|\n",
    );
    let mut notes = String::new();
    for module in MODULES {
        let Some(row) = rows.get(module.name) else { continue };
        let text = |key: &str| row[key].as_str().unwrap_or_default();
        let tool = |name: &str| {
            let tool = &row[name];
            let races = tool["races"].as_array().map_or(0, Vec::len);
            let races = if name == "plain" { String::new() } else { format!("{races}, ") };
            let broken = tool["broken_packages"].as_array().map_or(0, Vec::len);
            let broken = if broken == 0 { String::new() } else { format!(" (+{broken} packages)") };
            format!("{}, {}{broken}, {races}{}", tool["passed"], tool["failed"], tool["seconds"])
        };
        let list = |key: &str| row[key].as_array().cloned().unwrap_or_default();
        let remarks: Vec<Value> = list("differences").into_iter().chain(list("one_sided")).collect();
        let count = if remarks.is_empty() { "none".to_owned() } else { remarks.len().to_string() };
        let _ = writeln!(
            table,
            "| {} {} | {} | `{}` | {} | {} | {} | {count} |",
            text("path"),
            text("version"),
            text("kind"),
            text("tests"),
            tool("plain"),
            tool("race"),
            tool("hb"),
        );
        if !remarks.is_empty() {
            let _ = writeln!(notes, "\n{}:\n", module.name);
            for remark in remarks {
                let _ = writeln!(notes, "- {}", remark.as_str().unwrap_or_default());
            }
        }
    }
    let rows = MODULES.iter().filter_map(|module| rows.get(module.name));
    let commits: std::collections::BTreeSet<&str> = rows.filter_map(|row| row["commit"].as_str()).collect();
    let commits = commits.into_iter().collect::<Vec<_>>().join(", ");
    format!("{table}\nhb of commits: {commits}.\n\nRun again, because they differed:\n{notes}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modules_have_names_of_their_own() {
        let names: std::collections::BTreeSet<_> = MODULES.iter().map(|m| m.name).collect();
        assert_eq!(names.len(), MODULES.len());
    }
}
