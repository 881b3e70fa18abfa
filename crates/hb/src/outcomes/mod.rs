//! `hb outcomes`: everything that the memory model allows a small program to do.
//!
//! The program is read by a helper that is built once with the user's Go ([`front`]), explored in this process, and shown as
//! text, JSON or a page ([`text`], [`html`]). With `--observe` it is also built and run ([`observe`]).

mod front;
mod html;
mod observe;
mod text;

use crate::error::HbError;
use crate::exit_codes;
use crate::streams;
use clap::Args;
use hb_explore::search::Limits;
use hb_golang::{Answer, Scale};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

/// The command's own flags.
#[derive(Clone, Debug, Args)]
pub struct Request {
    /// Files of one program, or the directory of one
    #[arg(required = true, value_name = "FILE.go|DIR")]
    pub files: Vec<PathBuf>,

    /// Run the program, too, and count which outcomes are seen here
    #[arg(long, value_name = "RUNS", num_args = 0..=1, require_equals = true, default_missing_value = "200")]
    pub observe: Option<u32>,

    /// Put another number in the place of a constant everywhere in the program: `1000=4`. Repeatable
    #[arg(long, value_name = "FROM=TO", value_parser = scale)]
    pub scale: Vec<(i64, i64)>,

    /// Show how an outcome comes about: its number in the table, or `all`. Repeatable
    #[arg(long, value_name = "N|all")]
    pub witness: Vec<String>,

    /// The outcomes must be these, separated by `|` and named as in the table; else the status is 44
    #[arg(long, value_name = "SET")]
    pub expect: Option<String>,

    /// Print everything as one JSON object
    #[arg(long)]
    pub json: bool,

    /// Write a page with the table and all witnesses
    #[arg(long, value_name = "FILE")]
    pub html: Option<PathBuf>,

    /// End the search after so many states of the program
    #[arg(long, value_name = "STATES", default_value_t = 300_000)]
    pub budget: usize,

    /// End the search after so many seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub timeout: u64,
}

fn scale(text: &str) -> Result<(i64, i64), String> {
    let (from, to) = text.split_once('=').ok_or("it has the form 1000=4")?;
    let number = |s: &str| s.trim().parse::<i64>().map_err(|e| format!("{s}: {e}"));
    Ok((number(from)?, number(to)?))
}

/// An answer, and what was seen in real runs.
struct Shown {
    answer: Answer,
    seen: Option<observe::Seen>,
    program: String,
}

/// Runs the command.
///
/// # Errors
/// There is no Go, the program is not one, or nothing could be written.
pub fn run(request: &Request) -> Result<ExitCode, HbError> {
    let program = request.files.iter().map(|f| f.display().to_string()).collect::<Vec<_>>().join(" ");
    let tree = match front::read(&request.files)? {
        Ok(tree) => tree,
        Err(failure) => {
            streams::say(format_args!("hb: {failure}"));
            return Ok(ExitCode::from(failure.exit_code()));
        }
    };
    let scale: Scale = request.scale.iter().copied().collect();
    let end = Instant::now() + Duration::from_secs(request.timeout);
    let stop = || Instant::now() >= end;
    let limits = Limits { states: request.budget, stop: &stop, ..Limits::default() };
    let answer = match hb_golang::answer(&tree, &scale, limits) {
        Ok(answer) => answer,
        Err(refusal) => {
            let place = if refusal.line == 0 {
                program
            } else {
                format!("{}:{}:{}", refusal.file, refusal.line, refusal.column)
            };
            streams::say(format_args!("hb: {place}: {}", refusal.text));
            return Ok(ExitCode::from(exit_codes::NOT_SUPPORTED));
        }
    };
    for (from, to) in &request.scale {
        if !answer.extent.scaled.iter().any(|s| s.0 == *from) {
            return Err(HbError::Usage(format!("--scale {from}={to}: the program has no constant {from}")));
        }
    }
    let seen = match request.observe {
        Some(runs) => Some(observe::observe(&request.files, runs)?),
        None => None,
    };
    let shown = Shown { answer, seen, program };
    if let Some(path) = &request.html {
        std::fs::write(path, html::page(&shown))
            .map_err(|e| HbError::Report(format!("cannot write {}: {e}", path.display())))?;
    }
    if request.json {
        streams::print(&text::json(&shown))?;
    } else {
        streams::print(&text::page(&shown, request).map_err(HbError::Usage)?)?;
    }
    Ok(ExitCode::from(status(&shown, request)))
}

/// The exit status: what is wrong first.
fn status(shown: &Shown, request: &Request) -> u8 {
    let answer = &shown.answer;
    if let Some(text) = &request.expect {
        let wanted = expected(text);
        let mut found: Vec<&str> =
            answer.outcomes.iter().filter(|o| o.verdict == "allowed").map(|o| o.name.as_str()).collect();
        found.sort_unstable();
        if answer.extent.kind == "out-of-budget" {
            return exit_codes::OUT_OF_BUDGET;
        }
        return if wanted == found { 0 } else { exit_codes::UNEXPECTED };
    }
    match answer.extent.kind {
        "out-of-budget" => exit_codes::OUT_OF_BUDGET,
        _ if !answer.races.is_empty() => exit_codes::RACES,
        "scaled" => exit_codes::SCALED,
        _ => 0,
    }
}

/// The names in an `--expect`, sorted.
fn expected(text: &str) -> Vec<&str> {
    let mut list: Vec<&str> =
        text.split('|').map(|name| if name.trim() == "(nothing)" { "" } else { name.trim() }).collect();
    list.sort_unstable();
    list.dedup();
    list
}
