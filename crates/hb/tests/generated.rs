//! A few hundred generated programs as real Go programs, held against the memory model. The long form is the `interpreted` binary of hb-conformance.

mod common;

use common::Place;
use hb_conformance::generate::Features;
use hb_conformance::interpreted::campaign::{Plan, run};
use hb_conformance::interpreted::process::Interpreter;

#[track_caller]
fn agree(delivery: &str, features: Features) {
    let place = Place::new();
    let interpreter = Interpreter::build(place.hb(["--delivery", delivery])).unwrap();
    let tally = run(&interpreter, &Plan { seeds: 1..151, features }).unwrap_or_else(|failure| panic!("{failure}"));
    // A mixture: neither all clean nor all racy.
    assert!(tally.racy > tally.programs / 5 && tally.racy < tally.programs * 4 / 5, "{tally}");
    assert!(tally.events > tally.programs * 100, "{tally}");
}

#[test]
fn the_fast_paths_agree_with_the_model() {
    agree("fast", Features::ALL);
}

#[test]
fn the_engine_behind_go_s_own_hooks_agrees_where_those_are_exact() {
    agree("plain", Features::STOCK);
}
