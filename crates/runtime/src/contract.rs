//! The numbers that the hooks' assembly uses, in a section of the object: see [`hb_detector::contract`].
//!
//! The section is not part of the packed runtime, since no function refers to it. The packer reads it.

use hb_detector::contract::{Constants, ENGINE};

use crate::{engine, layout};

/// Bytes of a name, filled up with zeros.
const NAME: usize = 32;

/// A name and its value, as `crates/hb/build/pack.rs` reads them.
#[repr(C)]
#[derive(Clone, Copy)]
struct Constant {
    name: [u8; NAME],
    value: u64,
}

const HERE: [Constants; 2] = [layout::FOR_ASSEMBLY, engine::FOR_ASSEMBLY];

const COUNT: usize = count(&ENGINE) + count(&HERE);

#[used]
#[unsafe(link_section = ".hb.contract")]
static CONTRACT: [Constant; COUNT] = {
    let mut all = [Constant { name: [0; NAME], value: 0 }; COUNT];
    let next = fill(&mut all, 0, &ENGINE);
    fill(&mut all, next, &HERE);
    all
};

const fn count(parts: &[Constants]) -> usize {
    let (mut sum, mut part) = (0, 0);
    while part < parts.len() {
        sum += parts[part].len();
        part += 1;
    }
    sum
}

/// Writes the constants of `parts` from the `at`th place on, and returns the place behind them.
const fn fill(all: &mut [Constant], mut at: usize, parts: &[Constants]) -> usize {
    let mut part = 0;
    while part < parts.len() {
        let mut i = 0;
        while i < parts[part].len() {
            let (name, value) = parts[part][i];
            let mut byte = 0;
            assert!(name.len() <= NAME, "the name is too long");
            while byte < name.len() {
                all[at].name[byte] = name.as_bytes()[byte];
                byte += 1;
            }
            all[at].value = value;
            at += 1;
            i += 1;
        }
        part += 1;
    }
    at
}
