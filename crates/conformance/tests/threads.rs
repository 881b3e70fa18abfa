//! The engine under real threads. What is asked holds for every interleaving: what is ordered is
//! never reported, what nothing orders always is.

use hb_conformance::room::{Goroutine, engine};
use hb_detector::{Conflicts, Detector};
use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Barrier, Mutex};
use std::thread;

const THREADS: usize = 8;

fn goroutines(main: &mut Goroutine, count: usize) -> Vec<Goroutine> {
    (0..count).map(|_| main.start()).collect()
}

/// Reads or writes the word at `addr`; the number of races found.
fn touch(engine: &Detector<hb_conformance::room::Room>, of: &mut Goroutine, addr: usize, write: bool) -> usize {
    let mut out = Conflicts::new();
    engine.access(of.context(), addr, 8, write, 7, &mut out);
    out.as_slice().len()
}

/// Counters behind locks, one word each and all in a few cache lines: no report.
#[test]
fn what_locks_order_is_never_reported() {
    let engine = engine();
    let mut main = Goroutine::main(engine);
    let locks: Vec<Mutex<()>> = (0..4).map(|_| Mutex::new(())).collect();
    thread::scope(|scope| {
        for (nth, mut own) in goroutines(&mut main, THREADS).into_iter().enumerate() {
            let locks = &locks;
            scope.spawn(move || {
                for round in 0..60_000usize {
                    let which = (round * 7 + nth) % locks.len();
                    let (lock, counter) = (4096 + which * 8, 8192 + which * 8);
                    let held = locks[which].lock().expect("nobody panics with it");
                    let mut out = Conflicts::new();
                    engine.take_lock(own.context(), lock, 7, &mut out);
                    // All bytes, one of them, or a read: the word changes its form again and again.
                    engine.access(own.context(), counter + round % 3, 1 + round % 3, round % 5 != 0, 7, &mut out);
                    engine.access(own.context(), counter, 8, round % 2 == 0, 7, &mut out);
                    engine.give_lock(own.context(), lock, 7, &mut out);
                    assert!(out.is_empty());
                    drop(held);
                }
                own.end();
            });
        }
    });
}

/// Two goroutines write each word, in whatever order: whoever comes second is told, once for each
/// word.
#[test]
fn what_nothing_orders_is_always_reported() {
    const WORDS: usize = 20_000;
    let engine = engine();
    let mut main = Goroutine::main(engine);
    let mut pair = goroutines(&mut main, 2).into_iter();
    let found = AtomicUsize::new(0);
    let barrier = Barrier::new(2);
    thread::scope(|scope| {
        for nth in 0..2 {
            let mut own = pair.next().expect("two were made");
            let (found, barrier) = (&found, &barrier);
            scope.spawn(move || {
                for word in 0..WORDS {
                    if word % 500 == 0 {
                        barrier.wait();
                    }
                    // Releases that nobody acquires: epochs go on, and so do their names.
                    if word % 3 == nth {
                        engine.release(own.context(), 64 + nth * 8);
                    }
                    found.fetch_add(touch(engine, &mut own, PAGE + word * 8, true), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(found.into_inner(), WORDS);
}

const PAGE: usize = 1 << 16;

/// Many read a table in an order of their own, again and again in new epochs, while others use up
/// names; then somebody writes each word whom nothing orders after the readers.
#[test]
fn a_table_that_many_read_remembers_its_readers() {
    const WORDS: usize = 512;
    let engine = engine();
    let mut main = Goroutine::main(engine);
    for word in 0..WORDS {
        assert_eq!(touch(engine, &mut main, PAGE + word * 8, true), 0);
    }
    let mut writer = main.start();
    let lanes = Mutex::new(HashSet::new());
    thread::scope(|scope| {
        for (nth, mut own) in goroutines(&mut main, THREADS).into_iter().enumerate() {
            let lanes = &lanes;
            scope.spawn(move || {
                lanes.lock().expect("nobody panics with it").insert(own.context().lane);
                for round in 0..240 {
                    for word in 0..WORDS {
                        assert_eq!(touch(engine, &mut own, PAGE + (word + nth * 37) % WORDS * 8, false), 0);
                    }
                    if round % 3 == 0 {
                        engine.release(own.context(), 64 + nth * 8);
                    }
                    // Names for sixty million words would be needed to run out; epochs of private
                    // words will do.
                    for word in 0..3000 {
                        touch(engine, &mut own, (nth + 2) * (1 << 20) + word * 8, true);
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
        let seen: HashSet<u32> = out.as_slice().iter().map(|conflict| conflict.earlier.lane()).collect();
        assert_eq!(seen, lanes, "word {word}");
    }
}

/// Goroutines that start goroutines, and hand values over: nothing kept for those that ended, no
/// report.
#[test]
fn goroutines_come_and_go_on_all_threads() {
    let engine = engine();
    let mut main = Goroutine::main(engine);
    thread::scope(|scope| {
        for (nth, mut own) in goroutines(&mut main, THREADS).into_iter().enumerate() {
            scope.spawn(move || {
                let at = (nth + 1) * (1 << 20);
                for round in 0..10_000usize {
                    let mut child = own.start();
                    assert_eq!(touch(engine, &mut child, at + round % 64 * 8, true), 0);
                    engine.release(child.context(), at - 8);
                    child.end();
                    engine.acquire(own.context(), at - 8);
                    assert_eq!(touch(engine, &mut own, at + round % 64 * 8, true), 0);
                    if round % 100 == 0 {
                        engine.forget(nth as u32, at, 512);
                    }
                }
                own.end();
            });
        }
    });
    assert_eq!(engine.limits.lanes_forgotten.load(Ordering::Relaxed), 0);
    let (nodes, _, exts, _) = engine.usage();
    assert!(nodes < 20_000 && exts < 20_000, "{nodes} {exts}");
}

/// Nobody waits for any of them. Their accesses are all remembered where nothing covers them, and
/// their identities are used again where nothing is left of what they did.
#[test]
fn goroutines_that_nobody_waits_for_are_told_apart() {
    const EACH: usize = 30_000;
    let engine = engine();
    let mut main = Goroutine::main(engine);
    thread::scope(|scope| {
        for (nth, mut own) in goroutines(&mut main, THREADS).into_iter().enumerate() {
            scope.spawn(move || {
                let kept = (nth + 1) * (1 << 20);
                let forgotten = (nth + 1 + THREADS) * (1 << 20);
                for round in 0..EACH {
                    let mut child = own.start();
                    let word = forgotten + round % 64 * 8;
                    assert_eq!(touch(engine, &mut child, word, true), 0);
                    if round % 8 == 0 {
                        assert_eq!(touch(engine, &mut child, kept + round, true), 0);
                    }
                    child.end();
                    engine.forget(nth as u32, word, 8);
                }
                for round in (0..EACH).step_by(8) {
                    assert_eq!(touch(engine, &mut own, kept + round, false), 1, "{round}");
                }
                own.end();
            });
        }
    });
    assert_eq!(engine.limits.lanes_forgotten.load(Ordering::Relaxed), 0);
    assert!(engine.looks_for_unused_lanes() > 0);
    let lanes = engine.lanes_used() as usize;
    assert!(lanes > THREADS * EACH / 8 && lanes < THREADS * EACH / 2, "{lanes}");
}
