//! Generated programs that once showed a fault of the engine.

use hb_conformance::campaign::{Plan, run};
use hb_conformance::compare::Promptness;
use hb_conformance::detector_engine::{Fresh, Starved};
use hb_conformance::engine::Engine;
use hb_conformance::generate::{Features, Profile};
use hb_conformance::lower::Hooks;

fn agrees<E: Engine>(seed: u64) {
    let plan = Plan {
        seeds: seed..seed + 1,
        features: Features::ALL,
        profile: Profile::Mixed,
        hooks: Hooks::MENDED,
        promptness: Promptness::AtOnce,
    };
    if let Err(failure) = run::<E>(&plan) {
        panic!("{failure}");
    }
}

/// An atomic store took the place of its goroutine's atomic load in a word's table, which went on saying that it held
/// nothing that conflicts with a read.
#[test]
fn a_table_tells_of_kinds_that_came_in_the_place_of_others() {
    agrees::<Fresh>(52838);
    agrees::<Starved>(52838);
}
