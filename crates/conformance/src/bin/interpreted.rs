//! Generated programs as real Go programs under hb: `interpreted --hb target/release/hb --programs 20000 --seed 1`.

use hb_conformance::generate::Features;
use hb_conformance::interpreted::campaign::{Plan, run};
use hb_conformance::interpreted::process::Interpreter;
use std::process::{Command, ExitCode};
use std::time::Instant;

const USAGE: &str = "\
usage: interpreted [--hb PATH] [--programs N] [--seed N] [--delivery fast|plain] [--script FILE]

Builds the interpreter with hb (default target/release/hb), has it run N generated programs (default 2000), half of them
mostly accesses, for the seeds SEED, SEED+1, ... (default 1), and compares what hb reports with the memory model. Exits with 1 and prints the
program when they differ; what the interpreter is to be given for that goes to FILE. With plain, Go's own hooks are used, and programs with what those are known to get wrong are left out.";

struct Options {
    hb: String,
    programs: u64,
    seed: u64,
    delivery: String,
    script: Option<String>,
}

fn options(mut arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let mut options =
        Options { hb: "target/release/hb".into(), programs: 2000, seed: 1, delivery: "fast".into(), script: None };
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|e| format!("{name} {value}: {e}"));
        match name.as_str() {
            "--hb" => options.hb = value,
            "--programs" => options.programs = number()?,
            "--seed" => options.seed = number()?,
            "--script" => options.script = Some(value),
            "--delivery" if value == "fast" || value == "plain" => options.delivery = value,
            _ => return Err(format!("unknown option {name} {value}")),
        }
    }
    Ok(options)
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("interpreted: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let hb = std::fs::canonicalize(&options.hb).unwrap_or_else(|_| options.hb.clone().into());
    let mut command = Command::new(hb);
    command.args(["--delivery", &options.delivery]);
    let interpreter = match Interpreter::build(command) {
        Ok(interpreter) => interpreter,
        Err(error) => {
            eprintln!("interpreted: {error}");
            return ExitCode::from(2);
        }
    };
    let start = Instant::now();
    let features = if options.delivery == "plain" { Features::STOCK } else { Features::ALL };
    let plan = Plan { seeds: options.seed..options.seed + options.programs / 2, features };
    match run(&interpreter, &plan) {
        Ok(tally) => {
            let seconds = start.elapsed().as_secs_f64();
            println!("{}: {tally}, no disagreement, {seconds:.1} s", options.delivery);
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("{}: {failure}", options.delivery);
            if let Some(file) = &options.script
                && let Err(error) = std::fs::write(file, &failure.script)
            {
                eprintln!("interpreted: {file}: {error}");
            }
            ExitCode::FAILURE
        }
    }
}
