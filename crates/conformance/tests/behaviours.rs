//! The explorer against brute force, its witnesses against the model, and its schedules on the engine: a short form in every
//! test run. The long form is the `behaviours` binary.

use hb_conformance::behaviours::check::{Tally, engine, equal};
use hb_conformance::behaviours::programs::{Op, Small};

#[test]
fn the_explorer_finds_what_brute_force_finds_and_the_oracle_accepts_its_witnesses() {
    let mut tally = Tally::default();
    for seed in 0..400 {
        equal(&Small::generate(seed), 3_000, &mut tally).unwrap_or_else(|e| panic!("seed {seed}\n{e}"));
    }
    // Neither all racy nor none. Programs with more than 3,000 executions are left to the long form.
    assert!(tally.programs > 60 && tally.racy > 15 && tally.racy < tally.programs - 15, "{tally:?}");
    assert!(tally.deadlocks > 15 && tally.witnesses > tally.programs, "{tally:?}");
}

#[test]
fn the_engine_reports_on_every_schedule_what_the_explorer_says() {
    let mut tally = Tally::default();
    for seed in 0..60 {
        engine(&Small::generate(seed), 100, &mut tally).unwrap_or_else(|e| panic!("seed {seed}\n{e}"));
    }
    assert!(tally.schedules > 1_000, "{tally:?}");
}

#[test]
fn a_read_does_not_take_the_place_of_an_unordered_one() {
    let bodies = vec![vec![Op::Read(0)], vec![Op::Read(0), Op::Write(0, 1)]];
    let small = Small { bodies, caps: vec![0, 0], joins: true, prints: true };
    let mut tally = Tally::default();
    equal(&small, 20_000, &mut tally).unwrap_or_else(|e| panic!("{e}"));
    assert_eq!(tally.racy, 1);
}
