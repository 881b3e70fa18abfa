//! What a race amounts to, decided while the program runs.
//!
//! A program under hb that finds a race shows its record to hb, over a socket, and waits for one byte: whether the race counts (towards the exit
//! status and `testing`'s "race detected") and whether the program is to print it. So what the baseline or a `//hb:ignore` comment
//! covers fails no test, and a terminal gets hb's own text in the place of Go's. When hb is gone or does not answer, the program goes on as
//! if it had never asked: the race counts and is printed.

use crate::error::HbError;
use crate::reports::{self, Output};
use hb_report::baseline::Baseline;
use hb_report::finding::Status;
use hb_report::raw::{Race, Record};
use hb_report::render::{Format, Options, render_findings};
use hb_report::{CollectOptions, Explainer, Finding};
use nix::sys::signal::{SigSet, SigmaskHow};
use sha2::{Digest, Sha256};
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The variable that names the socket to the runtime.
pub const VARIABLE: &str = "HB_ASK";
/// The variable by which `go test` tells results under one policy from those under another: see `go/testing_explain.go`.
pub const POLICY_VARIABLE: &str = "HB_POLICY";

/// Which races make a run fail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Fail {
    /// those that neither the baseline nor an ignore comment covers
    New,
    /// all
    All,
    /// none
    Never,
}

/// What is printed as races are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Live {
    /// text where standard error is a terminal, otherwise classic
    Auto,
    /// hb's own text: at once under `hb run`, after the run under `hb test`
    Text,
    /// Go's text, printed by the program itself
    Classic,
    /// nothing
    None,
}

/// How races are decided on.
#[derive(Clone, Debug)]
pub struct Policy {
    /// Which fail the run.
    pub fail: Fail,
    /// Whether the program prints those that count or are shown.
    pub classic: bool,
    /// Whether hb prints them in its own text, at once or after the run.
    pub text: bool,
    /// Whether hb prints each new one at once.
    pub at_once: bool,
    /// What is known.
    pub baseline: Option<Baseline>,
    /// The comments in the sources that say what is ignored, as `comments` tells them apart.
    pub comments: Option<String>,
}

/// Longest path of a socket.
const LONGEST_SOCKET: usize = 107;
/// Findings printed in full by one run; the others are left to the reports.
const PRINTED: usize = 20;

/// Answers the programs of a run for as long as hb lives.
pub struct Arbiter {
    path: PathBuf,
    /// Holds the socket where the findings directory's path is too long for one.
    _directory: Option<tempfile::TempDir>,
}

impl Arbiter {
    /// Listens on a socket in `directory`; races are explained as `options` say.
    ///
    /// # Errors
    /// No socket can be made.
    pub fn start(directory: &Path, policy: Policy, options: CollectOptions) -> Result<Self, HbError> {
        let error = |e: std::io::Error| HbError::Report(format!("cannot listen for races: {e}"));
        let (mut path, mut own) = (directory.join("ask"), None);
        if path.as_os_str().len() > LONGEST_SOCKET {
            let short = tempfile::Builder::new().prefix("hb-").tempdir_in("/tmp").map_err(error)?;
            path = short.path().join("ask");
            own = Some(short);
        }
        let listener = UnixListener::bind(&path).map_err(error)?;
        let judge = Arc::new(Judge { policy, printed: Mutex::default() });
        // Signals are for the main thread, which waits for them (`process`): the kernel must find no other that takes them.
        let before = SigSet::all().thread_swap_mask(SigmaskHow::SIG_SETMASK).map_err(|e| error(e.into()))?;
        std::thread::spawn(move || {
            // One at a time: a race is rare, and explaining one takes milliseconds.
            let mut explainer = Explainer::new(&options);
            if judge.policy.comments.is_some() {
                explainer = explainer.with_declarations();
            }
            for stream in listener.incoming().flatten() {
                let _ = judge.answer(&stream, &mut explainer);
            }
        });
        before.thread_set_mask().map_err(|e| error(e.into()))?;
        Ok(Self { path, _directory: own })
    }

    /// The socket.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

/// A text that differs where the policy may let another test pass; for the go command's cache of test results.
pub fn policy_key(policy: &Policy, today: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{:?}\n", policy.fail));
    if let Some(baseline) = &policy.baseline {
        hash.update(baseline.to_text());
        if baseline.known.iter().any(|entry| entry.expires.is_some()) {
            hash.update(today);
        }
    }
    hash.update(policy.comments.as_deref().unwrap_or_default());
    hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

struct Judge {
    policy: Policy,
    printed: Mutex<HashSet<String>>,
}

impl Judge {
    fn answer(&self, mut stream: &UnixStream, explainer: &mut Explainer) -> std::io::Result<()> {
        stream.set_read_timeout(Some(Duration::from_secs(5)))?;
        let mut line = Vec::new();
        BufReader::new(stream.take(hb_report::raw::MAX_LINE_BYTES)).read_until(b'\n', &mut line)?;
        let answer = match serde_json::from_slice(&line) {
            Ok(Record::Race(race)) if self.asks_what() => self.decide_on(*race, explainer),
            _ => self.decide(None),
        };
        stream.write_all(&[b'0' + answer])
    }

    /// Whether hb has not printed all yet that it prints.
    fn prints(&self) -> bool {
        self.policy.at_once && self.printed.lock().expect("no thread panics with it").len() < PRINTED
    }

    /// Whether the answer depends on what the race is, or somebody is to read of it.
    fn asks_what(&self) -> bool {
        match self.policy.fail {
            Fail::New => true,
            Fail::All => self.prints(),
            Fail::Never => self.prints() || self.policy.classic,
        }
    }

    /// What a race amounts to; it is explained where somebody reads that.
    fn decide_on(&self, mut race: Race, explainer: &mut Explainer) -> u8 {
        let status = explainer.judge(&mut race, self.policy.baseline.as_ref(), &reports::today());
        let answer = self.decide(Some(&status));
        if self.shows(Some(&status)) && self.prints() {
            self.print(&Finding { status, ..explainer.explain(race) });
        }
        answer
    }

    fn counts(&self, status: Option<&Status>) -> bool {
        match self.policy.fail {
            Fail::New => status.is_none_or(|status| *status == Status::New),
            Fail::All => true,
            Fail::Never => false,
        }
    }

    fn shows(&self, status: Option<&Status>) -> bool {
        self.counts(status) || status.is_none_or(|status| *status == Status::New)
    }

    /// Bit 0: it counts; bit 1: the program prints it.
    fn decide(&self, status: Option<&Status>) -> u8 {
        u8::from(self.counts(status)) | u8::from(self.shows(status) && self.policy.classic) << 1
    }

    fn print(&self, finding: &Finding) {
        let mut printed = self.printed.lock().expect("no thread panics with it");
        if printed.len() == PRINTED || !printed.insert(finding.fingerprint.clone()) {
            return;
        }
        let mut text = Vec::new();
        let options = Options { show_known: true, ..Output::Stderr.options() };
        let _ = render_findings(std::slice::from_ref(finding), &options, &mut text);
        if printed.len() == PRINTED {
            text.extend_from_slice(b"hb: further races are counted, but not printed; --format writes them all\n");
        }
        // Whoever reads standard error may have gone.
        let _ = Output::Stderr.write(&text);
    }
}

/// Whether the run prints hb's own text.
pub fn wants_text(live: Live, terminal: bool, gorace: Option<&str>, json: bool) -> bool {
    let elsewhere = gorace.is_some_and(|options| options.contains("log_path"));
    match live {
        Live::Auto => terminal && !elsewhere && !json,
        Live::Text => true,
        Live::Classic | Live::None => false,
    }
}

/// The format of what is printed after a run that wants hb's own text.
pub const AFTERWARDS: reports::Format = reports::Format::Rendered(Format::Text);

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(fail: Fail, classic: bool, baseline: Option<&str>) -> Judge {
        let baseline = baseline.map(|text| Baseline::parse(text).unwrap());
        Judge {
            policy: Policy { fail, classic, text: false, at_once: false, baseline, comments: None },
            printed: Mutex::default(),
        }
    }

    #[test]
    fn what_counts_and_what_is_printed() {
        let (new, known) = (Status::New, Status::Known { reason: "r".into() });
        for (fail, classic, of_new, of_known) in [
            (Fail::New, true, 3, 0),
            (Fail::New, false, 1, 0),
            (Fail::All, true, 3, 3),
            (Fail::Never, true, 2, 0),
            (Fail::Never, false, 0, 0),
        ] {
            let judge = judge(fail, classic, None);
            assert_eq!(
                (judge.decide(Some(&new)), judge.decide(Some(&known))),
                (of_new, of_known),
                "{fail:?} {classic}"
            );
        }
        // What cannot be read counts.
        assert_eq!(judge(Fail::New, true, None).decide(None), 3);
    }

    #[test]
    fn a_question_is_answered() {
        let directory = tempfile::tempdir().unwrap();
        let baseline = Some(Baseline::parse("[[known]]\nfunction = \"main.f\"\nreason = \"r\"\n").unwrap());
        let policy = Policy { fail: Fail::New, classic: true, text: false, at_once: false, baseline, comments: None };
        let arbiter = Arbiter::start(directory.path(), policy, CollectOptions::default()).unwrap();
        let ask = |line: &str| {
            let mut stream = UnixStream::connect(arbiter.path()).unwrap();
            stream.write_all(line.as_bytes()).unwrap();
            let mut answer = [0];
            stream.read_exact(&mut answer).unwrap();
            answer[0]
        };
        let race = |func: &str| {
            let access = format!(r#"{{"op":"write","gid":1,"stack":[{{"fn":"{func}","file":"/a.go","line":1}}]}}"#);
            format!("{{\"t\":\"race\",\"accesses\":[{access},{access}]}}\n")
        };
        assert_eq!(ask(&race("main.f")), b'0');
        assert_eq!(ask(&race("main.g")), b'3');
        assert_eq!(ask("{\n"), b'3');
    }

    #[test]
    fn a_long_path_is_no_obstacle() {
        let directory = tempfile::tempdir().unwrap();
        let long = directory.path().join("x".repeat(120));
        std::fs::create_dir(&long).unwrap();
        let arbiter = Arbiter::start(&long, judge(Fail::New, true, None).policy, CollectOptions::default()).unwrap();
        assert!(UnixStream::connect(arbiter.path()).is_ok());
    }

    #[test]
    fn another_baseline_is_another_policy() {
        let key = |fail, text: Option<&str>, today| policy_key(&judge(fail, true, text).policy, today);
        let entry = "[[known]]\nfunction = \"f\"\nreason = \"r\"\n";
        let expiring = format!("{entry}expires = \"2026-01-01\"\n");
        let base = key(Fail::New, Some(entry), "1");
        assert_eq!(base, key(Fail::New, Some(entry), "2"));
        for other in [key(Fail::All, Some(entry), "1"), key(Fail::New, None, "1"), key(Fail::New, Some(&expiring), "1")]
        {
            assert_ne!(base, other);
        }
        assert_ne!(key(Fail::New, Some(&expiring), "1"), key(Fail::New, Some(&expiring), "2"));
        let comments = Policy { comments: Some("x".to_owned()), ..judge(Fail::New, true, Some(entry)).policy };
        assert_ne!(base, policy_key(&comments, "1"));
    }
}
