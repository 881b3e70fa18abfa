//! What an operation of the engine costs when many threads work at once: the engine alone, without Go.
//!
//! Prints processor time per operation, in nanoseconds, for growing numbers of threads, each with a goroutine of its own. With
//! more threads than cores it shows what happens when one that holds a lock of the engine is not running.

use hb_conformance::room::{Goroutine, Room, engine};
use hb_detector::sync::AtomicEffect;
use hb_detector::{Conflicts, Detector};
use std::sync::{Barrier, Mutex};
use std::thread;
use std::time::{Duration, Instant};

type Engine = Detector<Room>;
/// One operation of the `nth` thread in its `round`-th round.
type Operation = fn(&Engine, &mut Goroutine, nth: usize, round: usize);

const THREADS: [usize; 7] = [1, 2, 4, 8, 16, 32, 64];
const TABLE: usize = 1 << 20;
const OWN: usize = 2 << 20;
const STEP: usize = 1 << 17;
/// A lock of the program that the operation `one lock` works under.
static HELD: Mutex<()> = Mutex::new(());

fn touch(engine: &Engine, own: &mut Goroutine, addr: usize, write: bool) {
    let mut out = Conflicts::new();
    engine.access(own.context(), addr, 8, write, 7, &mut out);
    assert!(out.is_empty());
}

fn private(engine: &Engine, own: &mut Goroutine, nth: usize, round: usize) {
    if round.is_multiple_of(64) {
        engine.release(own.context(), OWN + nth * STEP - 64);
    }
    touch(engine, own, OWN + nth * STEP + round % 4096 * 8, true);
}

fn table(engine: &Engine, own: &mut Goroutine, nth: usize, round: usize) {
    if round.is_multiple_of(1 << 16) {
        engine.release(own.context(), OWN + nth * STEP - 64);
        touch(engine, own, OWN + nth * STEP, true);
    }
    touch(engine, own, TABLE + round % 4096 * 8, false);
}

fn locked(engine: &Engine, own: &mut Goroutine, lock: usize, counter: usize) {
    let mut out = Conflicts::new();
    engine.take_lock(own.context(), lock, 7, &mut out);
    engine.access(own.context(), counter, 8, true, 7, &mut out);
    engine.give_lock(own.context(), lock, 7, &mut out);
    assert!(out.is_empty());
}

fn own_lock(engine: &Engine, own: &mut Goroutine, nth: usize, _: usize) {
    locked(engine, own, OWN + nth * STEP - 128, OWN + nth * STEP - 192);
}

fn one_lock(engine: &Engine, own: &mut Goroutine, _: usize, _: usize) {
    let held = HELD.lock();
    locked(engine, own, 4096, 8192);
    drop(held);
}

fn counter(engine: &Engine, own: &mut Goroutine, _: usize, _: usize) {
    let mut out = Conflicts::new();
    engine.atomic(own.context(), 4096 + 256, 8, 7, &mut out, || ((), AtomicEffect::ReadModifyWrite));
}

fn slot(engine: &Engine, own: &mut Goroutine, nth: usize, round: usize) {
    touch(engine, own, OWN + nth * STEP, true);
    engine.release_acquire(own.context(), 16384 + (nth / 2 * 8 + round % 8) * 64);
}

fn child(engine: &Engine, own: &mut Goroutine, nth: usize, _: usize) {
    let mut child = own.start();
    touch(engine, &mut child, OWN + nth * STEP + 4096, true);
    engine.release(child.context(), OWN + nth * STEP - 256);
    child.end();
    engine.acquire(own.context(), OWN + nth * STEP - 256);
}

const OPERATIONS: [(&str, Operation); 7] = [
    ("write of one's own word, an epoch for 64", private),
    ("read of a word that all read", table),
    ("lock of one's own, with a write", own_lock),
    ("one lock for all, with a write", one_lock),
    ("atomic add to one word", counter),
    ("channel slot of two, with a write", slot),
    ("start, end and join of a goroutine", child),
];

/// Nanoseconds of processor time per operation with so many threads.
fn cost(operation: Operation, threads: usize, time: Duration) -> f64 {
    let engine = engine();
    let mut main = Goroutine::main(engine);
    for word in 0..4096 {
        touch(engine, &mut main, TABLE + word * 8, true);
    }
    let barrier = Barrier::new(threads);
    let goroutines: Vec<Goroutine> = (0..threads).map(|_| main.start()).collect();
    let begin = Instant::now();
    let rounds: usize = thread::scope(|scope| {
        let workers: Vec<_> = goroutines
            .into_iter()
            .enumerate()
            .map(|(nth, mut own)| {
                let barrier = &barrier;
                scope.spawn(move || {
                    barrier.wait();
                    let begin = Instant::now();
                    let mut round = 0;
                    while begin.elapsed() < time {
                        for _ in 0..1000 {
                            operation(engine, &mut own, nth + 1, round);
                            round += 1;
                        }
                    }
                    round
                })
            })
            .collect();
        workers.into_iter().map(|worker| worker.join().unwrap_or(0)).sum()
    });
    let cores = thread::available_parallelism().map_or(1, usize::from).min(threads);
    begin.elapsed().as_nanos() as f64 * cores as f64 / rounds as f64
}

fn main() {
    let time = Duration::from_millis(
        std::env::args().nth(1).map_or(300, |argument| argument.parse().expect("usage: threads [MILLISECONDS]")),
    );
    let cores = thread::available_parallelism().map_or(1, usize::from);
    println!("Processor time per operation, ns; {cores} cores.\n");
    println!("| threads | {} |", THREADS.map(|count| count.to_string()).join(" | "));
    println!("|---{}|", "|---:".repeat(THREADS.len()));
    for (name, operation) in OPERATIONS {
        let costs = THREADS.map(|threads| format!("{:.0}", cost(operation, threads, time)));
        println!("| {name} | {} |", costs.join(" | "));
    }
}
