//! Words whose bytes have cells of their own, under real threads: they are made, changed byte by byte, joined and turned into precise records
//! at once, while names are recycled.

use hb_conformance::room::{Goroutine, engine};
use hb_detector::Conflicts;
use std::collections::HashSet;
use std::sync::Mutex;
use std::thread;

const THREADS: usize = 8;
const PAGE: usize = 1 << 16;
const WORDS: usize = 256;

/// Each thread reads or writes bytes that are its own of words that all share, in epochs of its own, until names were recycled.
/// Then somebody whom nothing orders after them writes all words: each byte's last owner is found, and nobody else.
#[test]
fn each_byte_remembers_who_had_it() {
    let engine = engine();
    let mut main = Goroutine::main(engine);
    let mut writer = main.start();
    let lanes = Mutex::new(vec![0; THREADS]);
    thread::scope(|scope| {
        for nth in 0..THREADS {
            let (mut own, lanes) = (main.start(), &lanes);
            scope.spawn(move || {
                lanes.lock().expect("nobody panics with it")[nth] = own.context().lane;
                for round in 0..600 {
                    for word in 0..WORDS {
                        let mut out = Conflicts::new();
                        let addr = PAGE + (word + nth * 37) % WORDS * 8 + nth;
                        engine.access(own.context(), addr, 1, (word + nth) % 3 == 0, 7, &mut out);
                        assert!(out.is_empty(), "nobody else touches this byte");
                        if (word + round) % 5 == 0 {
                            engine.release(own.context(), 64 + nth * 8);
                        }
                    }
                    for word in 0..1000 {
                        let mut out = Conflicts::new();
                        engine.access(own.context(), (nth + 2) * (1 << 20) + word * 8, 8, true, 7, &mut out);
                        engine.release(own.context(), 64 + nth * 8);
                    }
                }
            });
        }
    });
    let lanes = lanes.into_inner().expect("nobody panicked");
    assert!(engine.usage().3 > 0, "names were recycled meanwhile");
    for word in 0..WORDS {
        let mut out = Conflicts::new();
        engine.access(writer.context(), PAGE + word * 8, 8, true, 7, &mut out);
        let found: HashSet<_> = out.as_slice().iter().map(|c| (c.earlier.lane(), c.earlier.mask())).collect();
        let wanted: HashSet<_> = lanes.iter().enumerate().map(|(nth, &lane)| (lane, 1u8 << nth)).collect();
        assert_eq!(found, wanted, "word {word}");
    }
}

/// Bytes, runs and whole words behind a lock: words are split and joined again and again, and nothing is reported.
#[test]
fn what_a_lock_orders_is_never_reported() {
    let engine = engine();
    let mut main = Goroutine::main(engine);
    let lock = Mutex::new(());
    thread::scope(|scope| {
        for nth in 0..THREADS {
            let (mut own, lock) = (main.start(), &lock);
            scope.spawn(move || {
                for round in 0..40_000usize {
                    let held = lock.lock().expect("nobody panics with it");
                    let mut out = Conflicts::new();
                    engine.take_lock(own.context(), 4096, 7, &mut out);
                    let at = 8192 + (round + nth) % 3 * 8;
                    engine.access(own.context(), at + round % 8, 1, round % 3 == 0, 7, &mut out);
                    engine.access(own.context(), at + (round + nth) % 5, 1 + round % 4, round % 4 == 0, 7, &mut out);
                    if round % 11 == 0 {
                        engine.access(own.context(), 8192, 24, round % 2 == 0, 7, &mut out);
                    }
                    if round % 97 == 0 {
                        engine.forget(nth as u32, 8192 + round % 24, 1 + round % 9);
                    }
                    engine.give_lock(own.context(), 4096, 7, &mut out);
                    assert!(out.is_empty());
                    drop(held);
                }
                own.end();
            });
        }
    });
}
