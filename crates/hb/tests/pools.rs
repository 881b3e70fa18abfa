//! `sync.Pool`: it keeps what a goroutine puts there for itself, and orders no more than a race build of Go does.

mod common;

use common::{Place, run};

#[test]
fn a_goroutine_gets_back_what_is_laid_aside_and_nobody_else_does() {
    let place = Place::new();
    place.module();
    place.write("pool/pool.go", include_str!("programs/pool.go"));
    let mut hb = place.hb(["run", "./pool"]);
    hb.env("GORACE", "suppress_equal_stacks=0 suppress_equal_addresses=0 exitcode=0");
    let said = run(&mut hb).with_status(0);
    // -race drops one of four: some 250 are made.
    assert!(said.stdout.starts_with("made 1\n"), "{said:#?}");
    assert!(said.stdout.contains("as it should be 200 some of each true true"), "{said:#?}");
}
