//! `cargo xtask bench`: what hb costs, beside `go -race` and plain Go, measured side by side in one run.
//!
//! Times are the smallest of several rounds, in which the three binaries take turns: other work on the machine only ever adds time.
//! Memory is the largest resident set of a whole process. Every figure is a ratio of figures from the same run.

mod micro;
mod process;
mod table;
mod whole;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::paths::Hb;

use table::Table;

/// Options of `cargo xtask bench`.
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    hb: Hb,
    /// Only these parts, separated by commas: std, own, memory, goroutines, exit, wall, build, scale, churn.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// Only benchmarks whose name contains this.
    #[arg(long, default_value = "")]
    filter: String,
    /// Rounds of the benchmarks.
    #[arg(long, default_value_t = 5)]
    rounds: u32,
    /// Seconds of the churn; 600 for the full figure.
    #[arg(long, default_value_t = 600)]
    churn_seconds: u32,
    /// Everything once and briefly, to see that it works; the figures mean nothing.
    #[arg(long)]
    short: bool,
    /// Where the result is written, as Markdown.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

impl Options {
    fn wants(&self, part: &str) -> bool {
        if self.only.is_empty() { !self.short || part != "wall" } else { self.only.iter().any(|name| name == part) }
    }
}

/// One of the three ways to build a program.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Way {
    /// `go`
    Plain,
    /// `go -race`
    Stock,
    /// `hb`
    Hb,
}

/// All three, in the order of the columns.
pub const WAYS: [Way; 3] = [Way::Plain, Way::Stock, Way::Hb];

impl Way {
    /// The command and its first arguments for `go <verb>`.
    fn command(self, hb: &Path, verb: &str) -> std::process::Command {
        let mut command = match self {
            Way::Hb => std::process::Command::new(hb),
            Way::Plain | Way::Stock => std::process::Command::new("go"),
        };
        command.arg(verb);
        if self == Way::Stock {
            command.arg("-race");
        }
        command
    }
}

/// Runs the task. `Ok(false)`: something could not be measured.
pub fn run(options: &Options) -> Result<bool, String> {
    let hb = options.hb.path()?;
    let work = tempfile::tempdir().map_err(|e| format!("a temporary directory: {e}"))?;
    let mut table = Table::new(&hb);
    micro::measure(options, &hb, work.path(), &mut table);
    whole::measure(options, &hb, work.path(), &mut table);
    let text = table.finish();
    println!("{text}");
    if let Some(output) = &options.output {
        std::fs::write(output, &text).map_err(|e| format!("{}: {e}", output.display()))?;
    }
    Ok(table.complete())
}
