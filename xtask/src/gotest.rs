//! Runs `go test -json`, `go test -race -json` or `hb test -json` and reads what each says: the verdict of every test and
//! package, how long the packages ran, and which races were reported while which test ran.
//!
//! Only top-level tests are counted: names of subtests often hold addresses, times and other things that differ by run.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::corpus::classic;

/// What runs the tests.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Tool {
    /// `go test`
    Plain,
    /// `go test -race`
    Stock,
    /// `hb test`, by the command at this path.
    Hb(PathBuf),
}

impl Tool {
    /// A word for tables and file names.
    pub fn name(&self) -> &'static str {
        match self {
            Tool::Plain => "plain",
            Tool::Stock => "race",
            Tool::Hb(_) => "hb",
        }
    }

    fn command(&self) -> Command {
        match self {
            Tool::Plain | Tool::Stock => Command::new("go"),
            Tool::Hb(path) => Command::new(path),
        }
    }
}

/// How a test or a package ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    Pass,
    Fail,
    Skip,
}

impl Verdict {
    fn of(action: &str) -> Option<Verdict> {
        match action {
            "pass" => Some(Verdict::Pass),
            "fail" => Some(Verdict::Fail),
            "skip" => Some(Verdict::Skip),
            _ => None,
        }
    }
}

/// A top-level test of a package.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TestId {
    /// Import path.
    pub package: String,
    /// `TestX`, `ExampleX`, `FuzzX`
    pub test: String,
}

/// The two source lines of a race, in an order that does not depend on which access came first. Directories are left out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Race {
    /// `file.go:12` of both accesses: the innermost frames outside the standard library, where there are such.
    pub lines: [String; 2],
}

/// What one run of a tool over some packages gave.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The worst verdict of each test (with `-count` there are several).
    pub tests: BTreeMap<TestId, Verdict>,
    /// How often each test failed.
    pub failures: BTreeMap<TestId, u32>,
    /// Each package's verdict.
    pub packages: BTreeMap<String, Verdict>,
    /// Seconds that the packages' test binaries ran, in all.
    pub seconds: f64,
    /// Seconds of the whole command, builds included.
    pub wall: f64,
    /// Distinct races, each with the tests (or bare packages) under which it was reported.
    pub races: BTreeMap<Race, BTreeSet<TestId>>,
    /// All reports.
    pub reports: usize,
}

impl Outcome {
    /// Number of tests that ended with `verdict`.
    pub fn count(&self, verdict: Verdict) -> usize {
        self.tests.values().filter(|&&v| v == verdict).count()
    }

    /// Names of the tests that ended with `verdict`.
    pub fn ended(&self, verdict: Verdict) -> Vec<&str> {
        self.tests.iter().filter(|&(_, &v)| v == verdict).map(|(id, _)| id.test.as_str()).collect()
    }

    /// Packages that failed though none of their tests did: those that did not build, crashed, or had no test to blame.
    pub fn broken_packages(&self) -> Vec<&str> {
        let blamed = |package: &str| self.tests.iter().any(|(id, &v)| v == Verdict::Fail && id.package == package);
        let failed = self.packages.iter().filter(|&(package, &v)| v == Verdict::Fail && !blamed(package));
        failed.map(|(package, _)| package.as_str()).collect()
    }
}

/// What is to be run.
pub struct Request<'a> {
    /// Working directory.
    pub dir: &'a Path,
    /// Packages, as the go command takes them.
    pub packages: &'a [String],
    /// Further flags of `go test`.
    pub flags: &'a [String],
    /// Variables set for the command.
    pub env: &'a [(String, String)],
    /// Limit for each package, given as `-timeout`.
    pub limit: Duration,
    /// Where the command's whole output is kept.
    pub log: &'a Path,
}

/// Runs `tool` as asked.
pub fn run(tool: &Tool, request: &Request) -> Result<Outcome, String> {
    let mut command = tool.command();
    command.arg("test").args(["-json", "-p", "1", "-vet=off"]);
    if *tool == Tool::Stock {
        command.arg("-race");
    }
    if !request.flags.iter().any(|flag| flag.starts_with("-count")) {
        command.arg("-count=1");
    }
    command.arg(format!("-timeout={}s", request.limit.as_secs())).args(request.flags).args(request.packages);
    command.envs(request.env.iter().map(|(name, value)| (name, value)));
    let started = Instant::now();
    let output = command
        .current_dir(request.dir)
        .stdin(Stdio::null())
        .output()
        .map_err(|e| format!("{}: {e}", command.get_program().display()))?;
    let wall = started.elapsed().as_secs_f64();
    let mut kept = output.stdout.clone();
    kept.extend_from_slice(&output.stderr);
    std::fs::write(request.log, &kept).map_err(|e| format!("{}: {e}", request.log.display()))?;
    let mut outcome = parse(&String::from_utf8_lossy(&output.stdout));
    outcome.wall = wall;
    if outcome.packages.is_empty() {
        return Err(format!("{} test gave no results: {}", tool.name(), String::from_utf8_lossy(&output.stderr)));
    }
    Ok(outcome)
}

/// Reads the events of `go test -json`.
pub fn parse(events: &str) -> Outcome {
    let mut outcome = Outcome::default();
    let mut outputs: BTreeMap<String, PackageOutput> = BTreeMap::new();
    for event in events.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
        let package = text("Package");
        if package.is_empty() {
            continue;
        }
        let test = text("Test");
        let top = test.split('/').next().unwrap_or_default();
        let id = TestId { package: package.to_owned(), test: top.to_owned() };
        if text("Action") == "output" {
            outputs.entry(package.to_owned()).or_default().push(top, text("Output"));
        } else if let Some(verdict) = Verdict::of(text("Action")) {
            if test.is_empty() {
                outcome.packages.insert(package.to_owned(), verdict);
                outcome.seconds += event.get("Elapsed").and_then(Value::as_f64).unwrap_or(0.0);
            } else if test == top {
                if verdict == Verdict::Fail {
                    *outcome.failures.entry(id.clone()).or_default() += 1;
                }
                let worst = outcome.tests.entry(id).or_insert(verdict);
                if verdict == Verdict::Fail {
                    *worst = verdict;
                }
            }
        }
    }
    for (package, output) in &outputs {
        output.races(package, &mut outcome);
    }
    outcome
}

/// The output of one package, and under which test each report in it began.
#[derive(Default)]
struct PackageOutput {
    text: String,
    report_tests: Vec<String>,
}

impl PackageOutput {
    fn push(&mut self, test: &str, output: &str) {
        if output.contains("WARNING: DATA RACE") {
            self.report_tests.push(test.to_owned());
        }
        self.text.push_str(output);
    }

    fn races(&self, package: &str, outcome: &mut Outcome) {
        let root = go_root();
        let is_user = |file: &Path| !file.starts_with(&root) && !file.to_string_lossy().starts_with("_testmain");
        for (index, report) in classic::parse(&self.text).iter().enumerate() {
            let mut lines: Vec<String> = report
                .accesses
                .iter()
                .map(|frames| {
                    let frame = frames.iter().find(|site| is_user(&site.file)).or(frames.first());
                    frame.map_or("no stack".to_owned(), |site| {
                        let file = site.file.file_name().unwrap_or_default().to_string_lossy();
                        format!("{file}:{}", site.line)
                    })
                })
                .collect();
            lines.resize(2, "no stack".to_owned());
            lines.sort();
            let [first, second] = [lines.remove(0), lines.remove(0)];
            let test = self.report_tests.get(index).cloned().unwrap_or_default();
            let tests = outcome.races.entry(Race { lines: [first, second] }).or_default();
            tests.insert(TestId { package: package.to_owned(), test });
            outcome.reports += 1;
        }
    }
}

/// `go env GOROOT`, asked once.
fn go_root() -> PathBuf {
    static ROOT: std::sync::OnceLock<PathBuf> = std::sync::OnceLock::new();
    ROOT.get_or_init(|| go_output(&["env", "GOROOT"]).map(PathBuf::from).unwrap_or_default()).clone()
}

/// What the go command prints, trimmed.
pub fn go_output(args: &[&str]) -> Result<String, String> {
    let output = Command::new("go").args(args).output().map_err(|e| format!("go: {e}"))?;
    if !output.status.success() {
        return Err(format!("go {}: {}", args.join(" "), String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// A test whose end differs between tools, with the number of failures of each in a number of runs.
#[derive(Clone, Debug)]
pub struct Difference {
    pub test: TestId,
    /// For each tool in order: failures among the runs, or none where it did not run there.
    pub failures: Vec<u32>,
    pub runs: u32,
}

impl Difference {
    /// `TestX of p: plain 0, race 3, hb 0 of 5 failed`
    pub fn describe(&self, tools: &[Tool]) -> String {
        let mut text = format!("`{}` of `{}`: failed ", self.test.test, self.test.package);
        for (tool, count) in tools.iter().zip(&self.failures) {
            let _ = write!(text, "{} {count}, ", tool.name());
        }
        let _ = write!(text, "of {} runs each", self.runs);
        text
    }
}

/// Tests that did not end the same under all `outcomes`.
pub fn differing(outcomes: &[&Outcome]) -> BTreeSet<TestId> {
    let all: BTreeSet<&TestId> = outcomes.iter().flat_map(|o| o.tests.keys()).collect();
    let differs = |id: &&TestId| outcomes.iter().any(|o| o.tests.get(id) != outcomes[0].tests.get(id));
    all.into_iter().filter(differs).cloned().collect()
}

/// [`differing`], without the tests that have no verdict under a tool because their package did not come to its end there:
/// those are told of in one line for each such package and tool.
pub fn differing_and_lost(outcomes: &[Outcome], tools: &[Tool]) -> (BTreeSet<TestId>, Vec<String>) {
    let mut ended = differing(&outcomes.iter().collect::<Vec<_>>());
    let mut lost: BTreeMap<(String, &str), usize> = BTreeMap::new();
    ended.retain(|id| {
        let mut whole = true;
        for (outcome, tool) in outcomes.iter().zip(tools) {
            if !outcome.tests.contains_key(id) && outcome.packages.get(&id.package) == Some(&Verdict::Fail) {
                *lost.entry((id.package.clone(), tool.name())).or_default() += 1;
                whole = false;
            }
        }
        whole
    });
    let line = |((package, tool), count)| {
        format!("`{package}` did not come to its end under {tool}: {count} of its tests have no verdict there")
    };
    (ended, lost.into_iter().map(line).collect())
}

/// Runs one test alone, `runs` times, under each tool.
pub fn repeat(id: &TestId, tools: &[Tool], runs: u32, request: &Request) -> Result<Difference, String> {
    let mut flags = request.flags.to_vec();
    flags.extend([format!("-run=^{}$", id.test), format!("-count={runs}")]);
    let packages = [id.package.clone()];
    let request = Request { packages: &packages, flags: &flags, ..*request };
    let mut failures = Vec::new();
    for tool in tools {
        let outcome = run(tool, &request)?;
        failures.push(outcome.failures.get(id).copied().unwrap_or(0));
    }
    Ok(Difference { test: id.clone(), failures, runs })
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVENTS: &str = r#"{"Action":"start","Package":"p"}
{"Action":"run","Package":"p","Test":"TestA"}
{"Action":"output","Package":"p","Test":"TestA","Output":"==================\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"WARNING: DATA RACE\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"Write at 0x00c000014098 by goroutine 7:\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"  p.f()\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"      /m/p/f.go:20 +0x1a\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"Previous read at 0x00c000014098 by goroutine 6:\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"  p.g()\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"      /m/p/e.go:2 +0x1a\n"}
{"Action":"output","Package":"p","Test":"TestA","Output":"==================\n"}
{"Action":"fail","Package":"p","Test":"TestA/sub","Elapsed":0.5}
{"Action":"fail","Package":"p","Test":"TestA","Elapsed":0.5}
{"Action":"pass","Package":"p","Test":"TestB","Elapsed":0.5}
{"Action":"fail","Package":"p","Elapsed":1.25}
{"Action":"fail","Package":"q","Elapsed":0.25}
"#;

    fn id(test: &str) -> TestId {
        TestId { package: "p".into(), test: test.into() }
    }

    #[test]
    fn events_are_counted_by_top_level_test() {
        let outcome = parse(EVENTS);
        assert_eq!(outcome.count(Verdict::Fail), 1);
        assert_eq!(outcome.count(Verdict::Pass), 1);
        assert_eq!(outcome.broken_packages(), ["q"]);
        assert_eq!(outcome.seconds, 1.5);
    }

    #[test]
    fn a_race_is_its_two_lines_in_order() {
        let outcome = parse(EVENTS);
        let race = Race { lines: ["e.go:2".into(), "f.go:20".into()] };
        assert_eq!(outcome.races, BTreeMap::from([(race, BTreeSet::from([id("TestA")]))]));
        assert_eq!(outcome.reports, 1);
    }

    #[test]
    fn a_missing_test_is_a_difference() {
        let (full, mut less) = (parse(EVENTS), parse(EVENTS));
        assert!(differing(&[&full, &less]).is_empty());
        less.tests.remove(&id("TestB"));
        assert_eq!(differing(&[&full, &less]), BTreeSet::from([id("TestB")]));
    }

    #[test]
    fn tests_lost_with_their_package_are_told_of_once() {
        let (full, mut less) = (parse(EVENTS), parse(EVENTS));
        less.tests.clear();
        less.packages.insert("p".into(), Verdict::Fail);
        let (ended, lost) = differing_and_lost(&[full, less], &[Tool::Plain, Tool::Stock]);
        assert!(ended.is_empty());
        assert_eq!(lost, ["`p` did not come to its end under race: 2 of its tests have no verdict there"]);
    }
}
