//! The long form of `tests/behaviours.rs`.
//!
//! usage: `behaviours [--engine] [FIRST] COUNT`
//!
//! Explores so many generated programs and holds them against brute force and the oracle, or with `--engine` gives their
//! schedules to the engine. Status 1 at the first difference, which is printed.

use hb_conformance::behaviours::check::{Tally, engine, equal};
use hb_conformance::behaviours::programs::Small;
use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let on_engine = words.iter().any(|w| w == "--engine");
    let numbers: Vec<u64> = words.iter().filter_map(|w| w.parse().ok()).collect();
    let (first, count) = match numbers[..] {
        [count] => (0, count),
        [first, count] => (first, count),
        _ => {
            eprintln!("usage: behaviours [--engine] [FIRST] COUNT");
            return ExitCode::from(2);
        }
    };
    let mut tally = Tally::default();
    for seed in first..first + count {
        let small = Small::generate(seed);
        let done = if on_engine { engine(&small, 300, &mut tally) } else { equal(&small, 3_000, &mut tally) };
        if let Err(difference) = done {
            println!("seed {seed}\n{difference}");
            return ExitCode::FAILURE;
        }
        if (seed + 1) % 10_000 == 0 {
            println!("{tally:?}");
        }
    }
    println!("{tally:?}");
    ExitCode::SUCCESS
}
