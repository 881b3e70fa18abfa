//! What a developer runs: `cargo xtask <task>`. Each task is a module of its own; this file only dispatches.

mod bench;
mod contract;
mod corpus;
mod delivered;
mod dist;
mod edits;
mod empty_root;
mod evidence;
mod goker;
mod gotest;
mod inspect;
mod machine_code;
mod modules;
mod paths;
mod space;
mod stdlib;
mod suite;
mod tidy;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Developer tasks of the hb workspace.
#[derive(Parser)]
#[command(name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Measure what hb costs beside go -race and plain Go.
    Bench(bench::Options),
    /// Change numbers that Rust and the assembly share, in Rust alone, and see the assembly follow.
    Contract(contract::Options),
    /// Build and run every program of corpus/ and hold it against its expected verdict.
    Corpus(corpus::Options),
    /// List, print or copy the files that hb delivers into Go builds.
    Delivered(delivered::Options),
    /// Make the edits to files of Go on each toolchain that is known, and hold the result against go/edits/golden.
    Edits(edits::Options),
    /// Show shadow words and clocks of a program that runs or stands still.
    Inspect(inspect::Options),
    /// Compare the machine code of the hooks with that of another hb.
    MachineCode(machine_code::Options),
    /// Count how often the races of GoKer's non-blocking kernels are found.
    Goker(goker::Options),
    /// Make the release: a static hb with completions and man pages in an archive, and its checksum.
    Dist(dist::Options),
    /// Test well-known Go modules under go test, go test -race and hb test.
    Modules(modules::Options),
    /// Sweep limits on address space beside go -race.
    Space(space::Options),
    /// Run tests of the standard library under go test -race and hb test.
    Std(stdlib::Options),
    /// Run the race suite of the Go distribution with hb in the detector's place.
    Suite(suite::Options),
    /// Check what is agreed about the sources: layers, width, heads, names, limits.
    Tidy(tidy::Options),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Bench(options) => bench::run(&options),
        Task::Contract(options) => contract::run(&options),
        Task::Corpus(options) => corpus::run(&options),
        Task::Delivered(options) => delivered::run(&options),
        Task::Edits(options) => edits::run(&options),
        Task::Inspect(options) => inspect::run(&options),
        Task::MachineCode(options) => machine_code::run(&options),
        Task::Goker(options) => goker::run(&options),
        Task::Dist(options) => dist::run(&options),
        Task::Modules(options) => modules::run(&options),
        Task::Space(options) => space::run(&options),
        Task::Std(options) => stdlib::run(&options),
        Task::Suite(options) => suite::run(&options),
        Task::Tidy(options) => tidy::run(&options),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::from(2)
        }
    }
}
