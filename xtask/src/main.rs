//! What a developer runs: `cargo xtask <task>`. Each task is a module of its own; this file only dispatches.

mod corpus;

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
    /// Build and run every program of corpus/ and hold it against its expected verdict.
    Corpus(corpus::Options),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().task {
        Task::Corpus(options) => corpus::run(&options),
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
