//! The differences of `EDGES.md` between Go's hooks and the memory model, each shown: a program on which the stock
//! hooks go wrong and the mended one does not.

use hb_conformance::compare::{Disagreement, Program, Promptness, compare};
use hb_conformance::generate::{DATA, OBJECTS};
use hb_conformance::lower::Hooks;
use hb_conformance::reference::Reference;
use hb_model::{Event, Op};

const MUTEX: u64 = OBJECTS;
const CHAN: u64 = OBJECTS + 0x5000;
const COND: u64 = OBJECTS + 0x4000;
const ONCE: u64 = OBJECTS + 0x3000;

fn at(goroutine: u32, op: Op) -> Event {
    Event { goroutine, op }
}

fn write(g: u32) -> Event {
    at(g, Op::Write { addr: DATA, size: 8 })
}

/// Goroutines 1 to 3, then the events.
fn program(events: &[Event]) -> Program {
    let all = (1..=3).map(|child| at(0, Op::Go { child })).chain(events.iter().cloned()).collect();
    Program::new(all).expect("a valid execution")
}

/// How the stock hooks with one difference go wrong. The mended ones must not.
fn fault_of(events: &[Event], stock: Hooks) -> Disagreement {
    let program = program(events);
    compare::<Reference>(&program, Hooks::MENDED, Promptness::AtOnce).expect("the mended hooks are exact");
    *compare::<Reference>(&program, stock, Promptness::AtOnce).expect_err("the stock hooks differ here")
}

#[test]
fn zero_size_elements_share_one_object() {
    let events = [
        at(0, Op::MakeChan { chan: CHAN, capacity: 2, element: 0 }),
        write(1),
        at(1, Op::Send { chan: CHAN, receiver: None }),
        at(2, Op::Send { chan: CHAN, receiver: None }),
        write(2),
    ];
    let fault = fault_of(&events, Hooks { zero_size_slots: false, ..Hooks::MENDED });
    assert!(matches!(fault, Disagreement::Missed { .. }), "{fault}");
}

#[test]
fn signal_is_not_ordered_before_the_wait_it_unblocks() {
    let events = [
        at(1, Op::Lock { mutex: MUTEX }),
        at(1, Op::CondWait { cond: COND, mutex: MUTEX }),
        write(2),
        at(2, Op::CondSignal { cond: COND }),
        at(1, Op::CondWake { cond: COND, mutex: MUTEX }),
        write(1),
    ];
    let fault = fault_of(&events, Hooks { cond_edge: false, ..Hooks::MENDED });
    assert!(matches!(fault, Disagreement::FalseReport { .. }), "{fault}");
}

#[test]
fn unlock_forgets_earlier_unlocks_that_it_is_not_ordered_after() {
    let events = [
        at(1, Op::Lock { mutex: MUTEX }),
        write(1),
        at(1, Op::Unlock { mutex: MUTEX }),
        at(2, Op::Lock { mutex: MUTEX }),
        at(3, Op::Unlock { mutex: MUTEX }),
        at(0, Op::Lock { mutex: MUTEX }),
        write(0),
    ];
    let fault = fault_of(&events, Hooks { unlock_merges: false, ..Hooks::MENDED });
    assert!(matches!(fault, Disagreement::FalseReport { .. }), "{fault}");
}

#[test]
fn two_calls_that_waited_for_once_are_ordered_by_its_mutex() {
    let events = [
        at(1, Op::OnceBegin { once: ONCE }),
        write(2),
        at(1, Op::OnceEnd { once: ONCE }),
        at(2, Op::OnceReturn { once: ONCE, waited: true }),
        at(3, Op::OnceReturn { once: ONCE, waited: true }),
        write(3),
    ];
    let fault = fault_of(&events, Hooks { once_mutex: true, ..Hooks::MENDED });
    assert!(matches!(fault, Disagreement::Missed { .. }), "{fault}");
}
