//! What became of each package, read from what `go test` prints, as text or as events (`-json`).
//!
//! The go command tells it nowhere else: its exit status is the same for a race, a package that does not build and a binary that was killed.
//! A package's output comes in one piece before its result, on a line of its own; with `-json` each event names its package. What a test
//! prints may look like any of these lines, so a panic or a fatal error counts only where the package failed and its tests did not come to
//! their own end, which says `PASS` or `FAIL`.

use hb_report::outcome::{Unit, UnitState};
use serde::Deserialize;
use std::collections::{BTreeMap, HashMap};

/// Most bytes kept of what the go command says of one package.
const LONGEST_DETAIL: usize = 4 << 10;
/// Longest line that is looked at.
const LONGEST_LINE: usize = 64 << 10;
/// Most packages of which there is a list.
const MOST_UNITS: usize = 100_000;

/// Reads the two streams of `go test`.
#[derive(Debug, Default)]
pub struct GoOutput {
    units: Vec<Unit>,
    /// Of lines that are no events: the package whose result comes next.
    block: Block,
    /// Of events, by package.
    blocks: HashMap<String, (Block, Vec<u8>)>,
    /// What the compiler, the linker and vet said of packages.
    said: BTreeMap<String, String>,
    /// The package of which the go command speaks on standard error.
    about: Option<String>,
    out: Vec<u8>,
    err: Vec<u8>,
}

/// What was printed before a package's result.
#[derive(Debug, Default)]
struct Block {
    /// The tests came to their own end.
    ended: bool,
    panic: Option<String>,
    timed_out: Option<String>,
    fatal: Option<String>,
    signal: Option<String>,
    status: Option<String>,
    not_started: Option<String>,
}

/// An event of `go test -json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Event {
    action: String,
    #[serde(default)]
    package: String,
    #[serde(default)]
    import_path: String,
    #[serde(default)]
    output: String,
}

impl GoOutput {
    /// Takes a piece of standard output.
    pub fn stdout(&mut self, bytes: &[u8]) {
        let mut open = std::mem::take(&mut self.out);
        each_line(&mut open, bytes, |line| self.out_line(line));
        self.out = open;
    }

    /// Takes a piece of standard error.
    pub fn stderr(&mut self, bytes: &[u8]) {
        let mut open = std::mem::take(&mut self.err);
        each_line(&mut open, bytes, |line| self.err_line(line));
        self.err = open;
    }

    /// The packages whose results were printed.
    pub fn count(&self) -> usize {
        self.units.len()
    }

    /// What became of each package.
    pub fn finish(mut self) -> Vec<Unit> {
        self.stdout(b"\n");
        self.stderr(b"\n");
        // Of a package that began and has no result the run was ended.
        let mut begun: Vec<String> = self.blocks.into_keys().collect();
        begun.retain(|package| !self.units.iter().any(|unit| unit.package == *package));
        begun.sort();
        let of = |package| Unit { package, state: UnitState::Unfinished, ..Unit::default() };
        self.units.extend(begun.into_iter().map(of));
        for unit in &mut self.units {
            if let (UnitState::NotBuilt | UnitState::NotRun, Some(said)) = (unit.state, self.said.get(&unit.package)) {
                if said.lines().any(|line| line == format!("# [{}]", unit.package)) {
                    unit.state = UnitState::NotVetted;
                }
                unit.detail.clone_from(said);
            } else if unit.state == UnitState::NotBuilt {
                // A package that it imports is what does not build.
                unit.detail = self.said.values().next().cloned().unwrap_or_default();
            }
        }
        self.units
    }

    fn out_line(&mut self, line: &str) {
        if line.starts_with('{')
            && let Ok(event) = serde_json::from_str::<Event>(line)
        {
            return self.event(event);
        }
        let mut block = std::mem::take(&mut self.block);
        let unit = block.line(line);
        self.block = block;
        self.units.extend(unit.filter(|_| self.units.len() < MOST_UNITS));
    }

    fn event(&mut self, event: Event) {
        match event.action.as_str() {
            "build-output" => {
                self.about.get_or_insert_with(|| event.import_path.clone());
                event.output.lines().for_each(|line| self.err_line(line));
            }
            "output" | "start" => {
                let (mut block, mut open) = self.blocks.remove(&event.package).unwrap_or_default();
                let mut unit = None;
                each_line(&mut open, event.output.as_bytes(), |line| unit = block.line(line).or(unit.take()));
                self.units.extend(unit.filter(|_| self.units.len() < MOST_UNITS));
                if self.blocks.len() < MOST_UNITS {
                    self.blocks.insert(event.package, (block, open));
                }
            }
            _ => {}
        }
    }

    /// A line of the go command itself: `# example.com/p`, and what the compiler says of it.
    fn err_line(&mut self, line: &str) {
        if let Some(heading) = line.strip_prefix("# ") {
            // `p [p.test]` is the variant of p for its tests; `[p]` is what vet says of it.
            let name = heading.trim_matches(['[', ']']).split(' ').next().unwrap_or_default();
            self.about = Some(name.trim_end_matches("_test").trim_end_matches(".test").to_owned());
        }
        let Some(about) = &self.about else { return };
        if self.said.len() >= MOST_UNITS {
            return;
        }
        let said = self.said.entry(about.clone()).or_default();
        if said.len() + line.len() < LONGEST_DETAIL && !line.is_empty() {
            said.push_str(line);
            said.push('\n');
        }
    }
}

impl Block {
    /// Takes a line; gives the package if it is its result.
    fn line(&mut self, line: &str) -> Option<Unit> {
        // With -json and -v=test2json a byte stands before what the go command adds to a test's own output.
        let line = line.trim_end_matches('\r').trim_start_matches('\x16');
        let unit = self.result(line);
        if unit.is_some() {
            *self = Block::default();
            return unit;
        }
        let detail = || Some(line.to_owned());
        if line == "PASS" || line == "FAIL" {
            // What came before it ended nothing.
            *self = Block { ended: true, timed_out: self.timed_out.take(), ..Block::default() };
        } else if line.starts_with("panic: test timed out after ") || line.starts_with("*** Test killed") {
            self.timed_out = detail();
        } else if line.starts_with("panic: ") {
            self.panic = self.panic.take().or_else(detail);
        } else if line.starts_with("fatal error: ") || line.starts_with("unexpected fault address") {
            self.fatal = self.fatal.take().or_else(detail);
        } else if line.starts_with("signal: ") {
            self.signal = detail();
        } else if line.starts_with("exit status ") {
            self.status = detail();
        } else if line.starts_with("fork/exec ") || line.starts_with("exec: ") {
            self.not_started = detail();
        }
        None
    }

    fn result(&mut self, line: &str) -> Option<Unit> {
        let of = |package: &str, state| Some(Unit { package: package.to_owned(), state, ..Unit::default() });
        if let Some(rest) = line.strip_prefix("ok  \t") {
            let (package, rest) = rest.split_once('\t')?;
            let none = rest.contains("[no tests to run]") || rest.contains("[no fuzz tests to fuzz]");
            let state = if none { UnitState::NoTestsRan } else { UnitState::Passed };
            let cached = rest.starts_with("(cached)");
            return Some(Unit { cached, ..of(package, state)? });
        }
        if let Some(rest) = line.strip_prefix("?   \t") {
            return of(rest.split('\t').next()?, UnitState::NoTestFiles);
        }
        if let Some(rest) = line.strip_prefix("\t").filter(|rest| rest.contains("\t\tcoverage: ")) {
            return of(rest.split('\t').next()?, UnitState::NoTestFiles);
        }
        let rest = line.strip_prefix("FAIL\t")?;
        if let Some(package) = rest.strip_suffix(" [build failed]") {
            return of(package, UnitState::NotBuilt);
        }
        if let Some(package) = rest.strip_suffix(" [setup failed]") {
            return of(package, UnitState::NotRun);
        }
        let (package, time) = rest.split_once('\t')?;
        if !time.ends_with('s') {
            return None;
        }
        let (state, detail) = self.why();
        Some(Unit { detail: detail.unwrap_or_default(), ..of(package, state)? })
    }

    /// Why a package failed.
    fn why(&mut self) -> (UnitState, Option<String>) {
        // Go sends SIGQUIT, and later SIGKILL, to a binary that ran too long.
        if let Some(detail) = self.timed_out.take().filter(|_| !self.ended || self.signal.is_some()) {
            return (UnitState::TimedOut, Some(detail));
        }
        if let Some(signal) = self.signal.take() {
            let own = ["segmentation", "abort", "bus error", "illegal", "trap", "floating"];
            let crashed = own.iter().any(|word| signal.contains(word));
            return (if crashed { UnitState::Crashed } else { UnitState::Killed }, Some(signal));
        }
        if self.not_started.is_some() && !self.ended {
            return (UnitState::NotRun, self.not_started.take());
        }
        if let Some(fatal) = self.fatal.take() {
            return (UnitState::Crashed, Some(fatal));
        }
        if let Some(panic) = self.panic.take() {
            return (UnitState::Panicked, Some(panic));
        }
        if self.ended {
            return (UnitState::Failed, None);
        }
        (UnitState::Exited, self.status.take())
    }
}

/// Hands out whole lines; the rest of `bytes` stays in `open`.
fn each_line(open: &mut Vec<u8>, bytes: &[u8], mut each: impl FnMut(&str)) {
    for part in bytes.split_inclusive(|byte| *byte == b'\n') {
        if open.len() < LONGEST_LINE {
            open.extend_from_slice(part);
        }
        if part.ends_with(b"\n") {
            let line = String::from_utf8_lossy(open);
            each(line.trim_end_matches('\n'));
            open.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(out: &str, err: &str) -> Vec<(String, &'static str, String)> {
        let mut whole = Vec::new();
        for piece in [1, 7, 10_000] {
            let mut output = GoOutput::default();
            err.as_bytes().chunks(piece).for_each(|bytes| output.stderr(bytes));
            out.as_bytes().chunks(piece).for_each(|bytes| output.stdout(bytes));
            let units = output.finish();
            whole
                .push(units.into_iter().map(|unit| (unit.package, unit.state.word(), unit.detail)).collect::<Vec<_>>());
        }
        assert!(whole.windows(2).all(|two| two[0] == two[1]), "in whatever pieces it comes");
        whole.remove(0)
    }

    #[track_caller]
    fn is(out: &str, state: &str, detail: &str) {
        assert_eq!(
            read(out, ""),
            [("m/p".to_owned(), state, detail.to_owned())].map(|(p, s, d)| (
                p,
                UNIT_WORDS.iter().copied().find(|w| *w == s).unwrap(),
                d
            ))
        );
    }

    const UNIT_WORDS: &[&str] = &[
        "passed",
        "failed",
        "no_test_files",
        "no_tests_ran",
        "not_built",
        "not_vetted",
        "not_run",
        "panicked",
        "crashed",
        "timed_out",
        "killed",
        "exited",
        "unfinished",
    ];

    #[test]
    fn each_end_of_a_package_is_told_from_the_others() {
        is("ok  \tm/p\t0.003s\tcoverage: 1%\n", "passed", "");
        is("ok  \tm/p\t0.003s [no tests to run]\n", "no_tests_ran", "");
        is("?   \tm/p\t[no test files]\n", "no_test_files", "");
        is("\tm/p\t\tcoverage: 0.0% of statements\n", "no_test_files", "");
        is("FAIL\tm/p [build failed]\nFAIL\n", "not_built", "");
        is("FAIL\tm/p [setup failed]\n", "not_run", "");
        is("--- FAIL: TestF (0.00s)\n    f_test.go:5: no\nFAIL\nFAIL\tm/p\t0.002s\n", "failed", "");
        is("--- FAIL: TestF (0.00s)\nFAIL\nexit status 1\nFAIL\tm/p\t0.002s\n", "failed", "");
        is("PASS\nFound 1 data race(s)\nFAIL\tm/p\t0.002s\n", "failed", "");
        is(
            "--- FAIL: TestP (0.00s)\npanic: p [recovered]\n\tpanic: p\nFAIL\tm/p\t0.004s\n",
            "panicked",
            "panic: p [recovered]",
        );
        is(
            "panic: test timed out after 1s\n\trunning tests:\nFAIL\tm/p\t1.004s\n",
            "timed_out",
            "panic: test timed out after 1s",
        );
        is(
            "SIGQUIT: quit\n*** Test killed with quit: ran too long (11m0s).\nexit status 2\nFAIL\tm/p\t660.0s\n",
            "timed_out",
            "*** Test killed with quit: ran too long (11m0s).",
        );
        is(
            "fatal error: all goroutines are asleep - deadlock!\nFAIL\tm/p\t0.1s\n",
            "crashed",
            "fatal error: all goroutines are asleep - deadlock!",
        );
        is("signal: killed\nFAIL\tm/p\t0.1s\n", "killed", "signal: killed");
        is(
            "signal: segmentation fault (core dumped)\nFAIL\tm/p\t0.1s\n",
            "crashed",
            "signal: segmentation fault (core dumped)",
        );
        is("exit status 3\nFAIL\tm/p\t0.1s\n", "exited", "exit status 3");
        is("fork/exec /x: exec format error\nFAIL\tm/p\t0.0s\n", "not_run", "fork/exec /x: exec format error");
        // What a test prints on the way counts for nothing.
        is(
            "panic: only words\nfatal error: likewise\nok  \tno\nFAIL\tthis is prose\nPASS\nok  \tm/p\t0.1s\n",
            "passed",
            "",
        );
        is("panic: only words\n--- FAIL: TestF (0.00s)\nFAIL\nFAIL\tm/p\t0.002s\n", "failed", "");
        is("PASS\npanic: after the tests\nFAIL\tm/p\t0.002s\n", "panicked", "panic: after the tests");
    }

    #[test]
    fn what_the_compiler_says_belongs_to_its_package() {
        let err = "# m/a\na/a.go:3:12: undefined: f\n# m/b [m/b.test]\nb/b_test.go:1:1: no\n# m/v\n# [m/v]\nv/v_test.go:5:40: wrong\n";
        let out = "FAIL\tm/a [build failed]\nFAIL\tm/b [build failed]\nFAIL\tm/v [build failed]\nFAIL\tm/c [build failed]\nFAIL\n";
        let units = read(out, err);
        let states: Vec<_> = units.iter().map(|(package, state, _)| (package.as_str(), *state)).collect();
        assert_eq!(states, [("m/a", "not_built"), ("m/b", "not_built"), ("m/v", "not_vetted"), ("m/c", "not_built")]);
        assert!(
            units[0].2.contains("undefined: f") && units[1].2.contains("b_test.go") && units[2].2.contains("wrong")
        );
        // What it imports is to blame.
        assert!(units[3].2.contains("undefined: f"));
    }

    #[test]
    fn events_say_the_same_however_packages_mix() {
        let event = |package: &str, output: &str| {
            format!("{}\n", serde_json::json!({"Action": "output", "Package": package, "Output": output}))
        };
        let build = serde_json::json!({"ImportPath": "m/c", "Action": "build-output", "Output": "# m/c\nc.go:1: no\n"});
        let out = format!(
            "{build}\n{}{}{}{}{}{}{}",
            event("m/a", "panic: "),
            event("m/b", "FAIL\n"),
            event("m/a", "a\n"),
            event("m/b", "\x16FAIL\tm/b\t0.1s\n"),
            event("m/c", "FAIL\tm/c [build failed]\n"),
            event("m/a", "FAIL\tm/a\t0.1s\n"),
            event("m/d", "=== RUN TestD\n"),
        );
        let states: Vec<_> = read(&out, "")
            .into_iter()
            .map(|(package, state, detail)| format!("{package} {state} {}", detail.trim_end()))
            .collect();
        assert_eq!(
            states,
            ["m/b failed ", "m/c not_built # m/c\nc.go:1: no", "m/a panicked panic: a", "m/d unfinished "]
        );
    }
}
