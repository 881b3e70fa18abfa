//! `cargo xtask suite`: the race detector's own suite of the Go distribution (`runtime/race`) with hb in the detector's place.
//!
//! The suite's binary starts `go test -race` and `go run -race` itself, so what `hb build` adds to a go command (taken from
//! `hb -v`) is given to those through `GOFLAGS`. In two things the suite is changed, by an overlay: where its table of output
//! cases stops at the first that fails, here it goes on; and the patterns of `external_cgo_thread`, which want a goroutine
//! number of one digit, take more ([`with_long_numbers`]).
//!
//! With `--stock` the same is run with nothing added, as a yardstick.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use serde_json::{Value, json};

use crate::paths::{Hb, absolute};

/// Options of `cargo xtask suite`.
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    hb: Hb,
    /// GOROOTs of the toolchains, separated by commas; the one on PATH unless given.
    #[arg(long, value_name = "DIRS", value_delimiter = ',')]
    goroot: Vec<PathBuf>,
    /// Ways in which the runtime is delivered.
    #[arg(long, value_delimiter = ',', default_value = "fast,plain")]
    delivery: Vec<String>,
    /// Runs of each.
    #[arg(long, default_value_t = 1)]
    runs: u32,
    /// Run the suite with Go's own detector instead.
    #[arg(long)]
    stock: bool,
    /// Where outputs are kept.
    #[arg(long, value_name = "DIR", default_value = "target/evidence/suite")]
    logs: PathBuf,
    /// Write `docs/evidence/suite.md`.
    #[arg(long)]
    write: bool,
}

/// What one run of the suite said.
#[derive(Debug, Default, PartialEq, Eq)]
struct SuiteRun {
    /// Tests of `testdata` whose outcome was the right one, and all of them.
    passed: u32,
    total: u32,
    /// Names of those with the wrong outcome; `+` behind a false report.
    wrong: Vec<String>,
    /// Output cases that did not match.
    outputs: Vec<String>,
    /// Top-level tests that failed, and whether the binary ended well.
    failed: Vec<String>,
}

impl SuiteRun {
    fn is_clean(&self) -> bool {
        self.total > 0 && self.passed == self.total && self.failed.is_empty() && self.outputs.is_empty()
    }
}

impl SuiteRun {
    /// How a run is called that did not come to all tests.
    fn early(&self) -> String {
        format!("{} of {} tests, and no more of them ran", self.passed, self.total)
    }
}

/// Runs the task. `Ok(false)` means that some test of the suite failed.
pub fn run(options: &Options) -> Result<bool, String> {
    let (hb, logs) = (options.hb.path()?, absolute(&options.logs)?);
    std::fs::create_dir_all(&logs).map_err(|e| format!("{}: {e}", logs.display()))?;
    let mut roots = options.goroot.clone();
    if roots.is_empty() {
        roots.push(crate::gotest::go_output(&["env", "GOROOT"])?.into());
    }
    let deliveries: Vec<Option<&str>> = match options.stock {
        true => vec![None],
        false => options.delivery.iter().map(|delivery| Some(delivery.as_str())).collect(),
    };
    let mut table = String::from(HEAD);
    let mut clean = true;
    for root in &roots {
        let go = Toolchain::at(root)?;
        for delivery in &deliveries {
            let added = delivery.map_or(Ok(Vec::new()), |delivery| go.flags_of_hb(&hb, delivery, &logs))?;
            let label = delivery.map_or("stock".to_owned(), |delivery| format!("hb, {delivery}"));
            // Without dots: what belongs to it has the same name with an extension.
            let binary = logs.join(format!("{}-{}", go.version, delivery.unwrap_or("stock")).replace('.', "_"));
            let (flags, cases) = go.build_suite(&added, &binary, &logs)?;
            let mut runs = Vec::new();
            for number in 1..=options.runs {
                eprintln!("{} {label}: run {number}", go.version);
                let text = go.run_suite(&binary, &flags)?;
                let log = binary.with_extension(format!("{number}.log"));
                std::fs::write(&log, &text).map_err(|e| format!("{}: {e}", log.display()))?;
                let run = parse(&text);
                clean &= run.is_clean();
                runs.push(run);
            }
            table += &row(&go.version, &label, cases, &runs);
        }
    }
    println!("{table}");
    if options.write {
        crate::evidence::put_table("suite.md", &format!("hb of commit {}.\n\n{table}", crate::evidence::commit()))?;
    }
    Ok(clean)
}

const HEAD: &str = "| Go | detector | runs | of them with nothing wrong | race_test.go | output cases | what failed (in how many runs) |
|---|---|---|---|---|---|---|
";

/// What the runs of one detector gave, the worst of each count.
fn row(version: &str, label: &str, cases: usize, runs: &[SuiteRun]) -> String {
    let total = runs.iter().map(|run| run.total).max().unwrap_or(0);
    let whole = |run: &&SuiteRun| run.total == total;
    let clean = runs.iter().filter(whole).filter(|run| run.is_clean()).count();
    let passed = runs.iter().filter(whole).map(|run| run.passed).min().unwrap_or(0);
    let matched = runs.iter().map(|run| cases.saturating_sub(run.outputs.len())).min().unwrap_or(0);
    let mut failed: BTreeMap<&str, usize> = BTreeMap::new();
    for name in runs.iter().flat_map(|run| run.wrong.iter().chain(&run.outputs).chain(&run.failed)) {
        *failed.entry(name).or_default() += 1;
    }
    // Go's own check of maps ends the program of some racy test now and then, and the suite then leaves the rest out.
    let early: Vec<String> = runs.iter().filter(|run| run.total < total).map(SuiteRun::early).collect();
    for name in &early {
        *failed.entry(name).or_default() += 1;
    }
    let failed: Vec<String> = failed.iter().map(|(name, count)| format!("{name} ({count})")).collect();
    let failed = if failed.is_empty() { "nothing".to_owned() } else { failed.join(", ") };
    let runs = runs.len();
    format!("| {version} | {label} | {runs} | {clean} | {passed} of {total} | {matched} of {cases} | {failed} |\n")
}

/// The source of the output cases, where those of `external_cgo_thread` take a goroutine number of any length. The goroutine
/// of a callback from a C thread is one that the runtime made early and kept; its number is 17 or so, which is what hb prints,
/// where Go's own detector counts goroutines by itself.
fn with_long_numbers(source: &str) -> String {
    let Some((before, rest)) = source.split_once("{\"external_cgo_thread\"") else { return source.to_owned() };
    let (case, after) = rest.split_at(rest.find("\n\t{\"").unwrap_or(rest.len()));
    let case = case.replace("oroutine [0-9]", "oroutine [0-9]+");
    format!("{before}{{\"external_cgo_thread\"{case}{after}")
}

/// A Go distribution.
struct Toolchain {
    root: PathBuf,
    version: String,
}

impl Toolchain {
    fn at(root: &Path) -> Result<Toolchain, String> {
        let mut toolchain = Toolchain { root: root.to_owned(), version: String::new() };
        let output = toolchain.go().args(["env", "GOVERSION"]).output().map_err(|e| format!("go: {e}"))?;
        toolchain.version = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if toolchain.version.is_empty() {
            return Err(format!("no working go in {}", root.display()));
        }
        Ok(toolchain)
    }

    /// This toolchain's go command, which also finds itself on PATH.
    fn go(&self) -> Command {
        self.command(&self.root.join("bin/go"))
    }

    fn command(&self, program: &Path) -> Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let with_go = std::iter::once(self.root.join("bin")).chain(std::env::split_paths(&path));
        let mut command = Command::new(program);
        command.env("PATH", std::env::join_paths(with_go).expect("PATH was split before"));
        command.env("GOROOT", &self.root).env("GOTOOLCHAIN", "local").env("GOWORK", "off").env_remove("GOFLAGS");
        command
    }

    /// The flags that hb adds to a go command beside `-race`, read from what `hb -v build` says.
    fn flags_of_hb(&self, hb: &Path, delivery: &str, logs: &Path) -> Result<Vec<String>, String> {
        let module = logs.join("probe");
        std::fs::create_dir_all(&module).map_err(|e| e.to_string())?;
        std::fs::write(module.join("go.mod"), "module probe\n").map_err(|e| e.to_string())?;
        std::fs::write(module.join("main.go"), "package main\n\nfunc main() {}\n").map_err(|e| e.to_string())?;
        let output = self
            .command(hb)
            .args(["-v", "--delivery", delivery, "build", "-o", "probe", "."])
            .current_dir(&module)
            .output()
            .map_err(|e| format!("{}: {e}", hb.display()))?;
        let text = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            return Err(format!("hb build: {text}"));
        }
        let line = text.lines().find_map(|line| line.strip_prefix("hb: ")).ok_or("hb -v said no command")?;
        Ok(added_flags(line))
    }

    /// Builds the suite's binary. Returns the flags for the go commands that it starts, and how many output cases it has.
    fn build_suite(&self, added: &[String], binary: &Path, logs: &Path) -> Result<(Vec<String>, usize), String> {
        let source = self.root.join("src/runtime/race/output_test.go");
        let text = std::fs::read_to_string(&source).map_err(|e| format!("{}: {e}", source.display()))?;
        let changed = logs.join(format!("output_test-{}.go", self.version));
        let cases = text.matches("\n\t{\"").count();
        let going_on = text.replace("t.Fatalf(\"failed test case", "t.Errorf(\"failed test case");
        std::fs::write(&changed, if added.is_empty() { going_on } else { with_long_numbers(&going_on) })
            .map_err(|e| format!("{}: {e}", changed.display()))?;
        let mut overlay = json!({ "Replace": {} });
        let mut flags = Vec::new();
        for flag in added {
            match flag.strip_prefix("-overlay=") {
                Some(path) => {
                    let bytes = std::fs::read(path).map_err(|e| format!("{path}: {e}"))?;
                    overlay = serde_json::from_slice(&bytes).map_err(|e| format!("{path}: {e}"))?;
                }
                None => flags.push(flag.clone()),
            }
        }
        overlay["Replace"][source.to_string_lossy().as_ref()] = Value::from(changed.to_string_lossy().as_ref());
        let file = binary.with_extension("overlay.json");
        std::fs::write(&file, overlay.to_string()).map_err(|e| format!("{}: {e}", file.display()))?;
        flags.push(format!("-overlay={}", file.display()));

        let status = self
            .go()
            .args(["test", "-c", "-race", "-o"])
            .arg(binary)
            .args(&flags)
            .arg(".")
            .current_dir(self.root.join("src/runtime/race"))
            .status()
            .map_err(|e| format!("go test -c: {e}"))?;
        if status.success() { Ok((flags, cases)) } else { Err(format!("go test -c: {status}")) }
    }

    /// Everything that the suite's binary prints.
    fn run_suite(&self, binary: &Path, flags: &[String]) -> Result<String, String> {
        let quoted: Vec<String> = flags.iter().map(|flag| format!("\"{flag}\"")).collect();
        let output = self
            .command(binary)
            .args(["-test.v", "-test.timeout=20m"])
            .env("GOFLAGS", quoted.join(" "))
            .current_dir(self.root.join("src/runtime/race"))
            .output()
            .map_err(|e| format!("{}: {e}", binary.display()))?;
        let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
        text += &String::from_utf8_lossy(&output.stderr);
        if !output.status.success() && !text.contains("--- FAIL: ") {
            let _ = writeln!(text, "--- FAIL: the binary: {}", output.status);
        }
        Ok(text)
    }
}

/// The `-overlay` and `-toolexec` flags of a command line as `hb -v` prints it, with an argument in single quotes where it
/// holds spaces.
fn added_flags(line: &str) -> Vec<String> {
    let mut flags = Vec::new();
    let mut rest = line;
    while !rest.is_empty() {
        let (argument, after) = match rest.strip_prefix('\'') {
            Some(quoted) => quoted.split_once('\'').unwrap_or((quoted, "")),
            None => rest.split_once(' ').unwrap_or((rest, "")),
        };
        if argument.starts_with("-overlay=") || argument.starts_with("-toolexec=") {
            flags.push(argument.to_owned());
        }
        rest = after.trim_start();
    }
    flags
}

/// Reads what the suite prints.
fn parse(text: &str) -> SuiteRun {
    let mut run = SuiteRun::default();
    for line in text.lines() {
        let trimmed = line.trim_start();
        if let Some(rest) = line.strip_prefix("Passed ") {
            let mut numbers = rest.split(' ').filter_map(|word| word.parse().ok());
            run.passed = numbers.next().unwrap_or(0);
            run.total = numbers.next().unwrap_or(0);
        } else if let Some(rest) = line.strip_prefix("--- FAIL: ") {
            run.failed.push(rest.split(" (").next().unwrap_or(rest).to_owned());
        } else if let Some((_, rest)) = trimmed.split_once("failed test case ") {
            run.outputs.push(rest.split(',').next().unwrap_or(rest).to_owned());
        } else if let Some(rest) = trimmed.strip_prefix("--- FAIL: TestOutput/") {
            run.outputs.push(rest.split(' ').next().unwrap_or(rest).to_owned());
        } else if (line.starts_with("Race") || line.starts_with("NoRace")) && line.contains(" FAILED") {
            let mark = if line.ends_with('+') { "+" } else { "" };
            run.wrong.push(format!("{}{mark}", line.split(' ').next().unwrap_or(line)));
        }
    }
    run.outputs.dedup();
    run
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_and_names_are_read() {
        let text = "RaceA                                    .\n\
                    RaceB                                    FAILED\n\
                    NoRaceC                                  FAILED+\n\n\
                    Passed 1 of 3 tests (33.33%, 1+, 1-)\n\
                    0 expected failures (0 has not fail)\n\
                    --- FAIL: TestRace (3.00s)\n\
                    \x20   output_test.go:81: failed test case simple, expect:\n\
                    --- FAIL: TestOutput (1.00s)\n";
        let run = parse(text);
        assert_eq!((run.passed, run.total), (1, 3));
        assert_eq!(run.wrong, ["RaceB", "NoRaceC+"]);
        assert_eq!(run.outputs, ["simple"]);
        assert_eq!(run.failed, ["TestRace", "TestOutput"]);
        assert!(!run.is_clean());
        assert!(parse("Passed 368 of 368 tests (100.00%, 0+, 0-)\n--- PASS: TestRace (9s)\n").is_clean());
        assert!(!parse("").is_clean());
    }

    #[test]
    fn a_row_names_what_failed_and_how_often() {
        let run = |passed, outputs: &[&str]| SuiteRun {
            passed,
            total: 3,
            outputs: outputs.iter().map(|&name| name.to_owned()).collect(),
            ..SuiteRun::default()
        };
        let runs = [run(3, &[]), run(3, &["simple"]), run(2, &["simple", "mutex"])];
        assert_eq!(
            row("go1.26", "hb", 14, &runs),
            "| go1.26 | hb | 3 | 1 | 2 of 3 | 12 of 14 | mutex (1), simple (2) |\n"
        );
        let mut cut = run(1, &[]);
        cut.total = 1;
        assert_eq!(
            row("go1.26", "hb", 14, &[run(3, &[]), cut]),
            "| go1.26 | hb | 2 | 1 | 3 of 3 | 14 of 14 | 1 of 1 tests, and no more of them ran (1) |\n"
        );
        assert!(row("go1.26", "hb", 14, &runs[..1]).ends_with("| 1 | 1 | 3 of 3 | 14 of 14 | nothing |\n"));
    }

    #[test]
    fn only_one_case_takes_longer_numbers() {
        let source = "\t{\"simple\", `goroutine [0-9]:`},\n\t{\"external_cgo_thread\", `goroutine [0-9]:\nGoroutine [0-9] `},\n\t{\"mutex\", `goroutine [0-9]:`}";
        let expected = "\t{\"simple\", `goroutine [0-9]:`},\n\t{\"external_cgo_thread\", `goroutine [0-9]+:\nGoroutine [0-9]+ `},\n\t{\"mutex\", `goroutine [0-9]:`}";
        assert_eq!(with_long_numbers(source), expected);
        assert_eq!(with_long_numbers("none"), "none");
    }

    #[test]
    fn flags_are_found_in_a_command_line() {
        let line = "/go/bin/go build -race '-toolexec=/hb toolexec object /go' -overlay=/c/o.json -o x .";
        assert_eq!(added_flags(line), ["-toolexec=/hb toolexec object /go", "-overlay=/c/o.json"]);
    }
}
