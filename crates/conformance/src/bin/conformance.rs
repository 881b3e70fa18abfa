//! The long form: `conformance --programs 200000 --seed 1`.

use hb_conformance::campaign::{Failure, Plan, Tally, run};
use hb_conformance::compare::Promptness;
use hb_conformance::detector_engine;
use hb_conformance::engine::Engine;
use hb_conformance::generate::{Features, Profile};
use hb_conformance::lower::Hooks;
use hb_conformance::reference::Reference;
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "\
usage: conformance [--programs N] [--seed N] [--threads N] [--engine NAME] [--hooks mended|stock]
                   [--profile mixed|accesses]

Runs N generated programs (default 200000) from the seeds SEED, SEED+1, ... (default 1) on an engine and compares
its reports with the memory model. Exits with 1 and prints a small program when they differ.

Engines: fresh (default; the detector, made anew for each program), starved (the same with so few names for epochs
that it recycles them and runs out), veteran (one detector for many programs), thrifty (the same, which hands each
lane on as soon as nothing refers to it), reference (the plainest one).";

struct Options {
    programs: u64,
    seed: u64,
    threads: u64,
    engine: String,
    features: Features,
    profile: Profile,
    hooks: Hooks,
}

fn options(arguments: impl Iterator<Item = String>) -> Result<Options, String> {
    let cores = std::thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let mut options = Options {
        programs: 200_000,
        seed: 1,
        threads: cores,
        engine: "fresh".into(),
        features: Features::ALL,
        profile: Profile::Mixed,
        hooks: Hooks::MENDED,
    };
    let mut arguments = arguments;
    while let Some(name) = arguments.next() {
        let value = arguments.next().ok_or_else(|| format!("{name} needs a value"))?;
        let number = || value.parse::<u64>().map_err(|e| format!("{name} {value}: {e}"));
        match name.as_str() {
            "--programs" => options.programs = number()?,
            "--seed" => options.seed = number()?,
            "--threads" => options.threads = number()?.max(1),
            "--engine" => options.engine = value,
            "--profile" => {
                options.profile = match value.as_str() {
                    "mixed" => Profile::Mixed,
                    "accesses" => Profile::Accesses,
                    _ => return Err(format!("unknown profile {value}")),
                }
            }
            "--hooks" => {
                (options.features, options.hooks) = match value.as_str() {
                    "mended" => (Features::ALL, Hooks::MENDED),
                    "stock" => (Features::STOCK, Hooks::STOCK),
                    _ => return Err(format!("unknown hooks {value}")),
                }
            }
            _ => return Err(format!("unknown option {name}")),
        }
    }
    Ok(options)
}

/// Splits the seeds among threads, so that the same seeds are run whatever their number.
fn run_on_threads<E: Engine>(options: &Options) -> Result<Tally, Box<Failure>> {
    let plan = |thread: u64| {
        let at = |t: u64| options.seed.wrapping_add(options.programs * t / options.threads);
        Plan {
            seeds: at(thread)..at(thread + 1),
            features: options.features,
            profile: options.profile,
            hooks: options.hooks,
            promptness: Promptness::AtOnce,
        }
    };
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..options.threads).map(|t| scope.spawn(move || run::<E>(&plan(t)))).collect();
        let mut tally = Tally::default();
        for thread in threads {
            tally += thread.join().expect("a panic of the engine was printed")?;
        }
        Ok(tally)
    })
}

fn main() -> ExitCode {
    let options = match options(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(error) => {
            eprintln!("conformance: {error}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    let start = Instant::now();
    let outcome = match options.engine.as_str() {
        "fresh" => run_on_threads::<detector_engine::Fresh>(&options),
        "starved" => run_on_threads::<detector_engine::Starved>(&options),
        "veteran" => run_on_threads::<detector_engine::Veteran>(&options),
        "thrifty" => run_on_threads::<detector_engine::Thrifty>(&options),
        "reference" => run_on_threads::<Reference>(&options),
        other => {
            eprintln!("conformance: unknown engine {other}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match outcome {
        Ok(tally) => {
            println!("{}: {tally}, no disagreement, {:.1} s", options.engine, start.elapsed().as_secs_f64());
            ExitCode::SUCCESS
        }
        Err(failure) => {
            println!("{}: {failure}", options.engine);
            ExitCode::FAILURE
        }
    }
}
