//! A few thousand programs on every engine, in every test run. The long form is the `conformance` binary.

use hb_conformance::campaign::{Plan, Tally, run};
use hb_conformance::compare::Promptness;
use hb_conformance::detector_engine::{Fresh, Starved, Thrifty, Veteran};
use hb_conformance::engine::Engine;
use hb_conformance::generate::{Features, Profile};
use hb_conformance::lower::Hooks;
use hb_conformance::reference::Reference;

fn agree<E: Engine>(features: Features, hooks: Hooks) {
    let plan = Plan { seeds: 0..4000, features, profile: Profile::Mixed, hooks, promptness: Promptness::AtOnce };
    let tally: Tally = run::<E>(&plan).unwrap_or_else(|failure| panic!("{failure}"));
    // The programs are a mixture: neither all clean nor all racy.
    assert!(tally.racy > tally.programs / 5 && tally.racy < tally.programs * 4 / 5, "{tally}");
    assert!(tally.events > tally.programs * 30, "{tally}");
}

#[test]
fn the_reference_engine_agrees_with_the_model() {
    agree::<Reference>(Features::ALL, Hooks::MENDED);
}

#[test]
fn the_reference_engine_agrees_on_go_s_own_hooks_where_they_are_exact() {
    agree::<Reference>(Features::STOCK, Hooks::STOCK);
}

#[test]
fn the_detector_agrees_with_the_model() {
    agree::<Fresh>(Features::ALL, Hooks::MENDED);
}

#[test]
fn the_detector_agrees_on_go_s_own_hooks_where_they_are_exact() {
    agree::<Fresh>(Features::STOCK, Hooks::STOCK);
}

#[test]
fn the_detector_agrees_when_it_is_short_of_stamps() {
    agree::<Starved>(Features::ALL, Hooks::MENDED);
}

#[test]
fn the_detector_agrees_after_thousands_of_programs() {
    agree::<Veteran>(Features::ALL, Hooks::MENDED);
}

#[test]
fn the_detector_agrees_when_it_hands_on_each_lane_that_is_unused() {
    agree::<Thrifty>(Features::ALL, Hooks::MENDED);
}
