//! The model itself, rule by rule, against verdicts worked out by hand: for each rule one execution that it makes
//! clean, and one in which what looks like the rule is none.

use hb_model::{Event, Kind, Op, Oracle};

const X: u64 = 0x1000;
const FLAG: u64 = 0x1010;
const A: u64 = 0x2000;
const B: u64 = 0x3000;

fn at(goroutine: u32, op: Op) -> Event {
    Event { goroutine, op }
}

fn write(g: u32) -> Event {
    at(g, Op::Write { addr: X, size: 8 })
}

fn read(g: u32) -> Event {
    at(g, Op::Read { addr: X, size: 8 })
}

/// Goroutines 1, 2 and 3 are started, then the events happen. Returns the pairs of events that race, numbered from
/// the first one given.
fn races(events: &[Event]) -> Vec<(usize, usize)> {
    let mut oracle = Oracle::new();
    for child in 1..=3 {
        oracle.push(&at(0, Op::Go { child })).unwrap();
    }
    for event in events {
        oracle.push(event).unwrap_or_else(|why| panic!("{event:?}: {why}"));
    }
    oracle.races().iter().map(|race| (race.first - 3, race.second - 3)).collect()
}

fn clean(events: &[Event]) {
    assert_eq!(races(events), []);
}

#[test]
fn rule_1_and_3_program_order_and_go() {
    clean(&[write(1), read(1), at(1, Op::Go { child: 4 }), write(4)]);
    assert_eq!(races(&[at(1, Op::Go { child: 4 }), write(1), write(4)]), [(1, 2)]);
}

#[test]
fn rule_4_the_end_of_a_goroutine_orders_nothing() {
    assert_eq!(races(&[write(1), at(1, Op::End), read(0)]), [(0, 2)]);
}

#[test]
fn rule_5_send_before_receive_and_rule_8_the_reverse_with_capacity() {
    let make = at(1, Op::MakeChan { chan: A, capacity: 1, element: 8 });
    let send = |g| at(g, Op::Send { chan: A, receiver: None });
    let receive = |g| at(g, Op::Recv { chan: A, sender: None });
    clean(&[make.clone(), write(1), send(1), receive(2), read(2)]);
    // The receive is not before its own send's completion, but before the next send's.
    let after_first = [make.clone(), send(1), write(2), receive(2), write(1)];
    assert_eq!(races(&after_first), [(2, 4)]);
    clean(&[make.clone(), send(1), write(2), receive(2), send(1), write(1)]);
    // Two receives are not ordered by the send that comes between them.
    let two_receives = [make, send(1), write(2), receive(2), send(1), receive(3), write(3)];
    assert_eq!(races(&two_receives), [(2, 6)]);
}

#[test]
fn rule_6_a_rendezvous_orders_both_ways() {
    let make = at(1, Op::MakeChan { chan: A, capacity: 0, element: 0 });
    clean(&[make.clone(), write(2), at(1, Op::Send { chan: A, receiver: Some(2) }), write(1)]);
    clean(&[make.clone(), write(1), at(2, Op::Recv { chan: A, sender: Some(1) }), write(2)]);
    assert_eq!(races(&[make, at(1, Op::Send { chan: A, receiver: Some(2) }), write(1), write(2)]), [(2, 3)]);
}

#[test]
fn rule_7_close_before_the_zero_value() {
    let make = at(0, Op::MakeChan { chan: A, capacity: 0, element: 0 });
    let close = at(1, Op::Close { chan: A, woken: vec![3] });
    clean(&[make, write(1), close, at(2, Op::RecvClosed { chan: A }), read(2), read(3)]);
}

#[test]
fn rule_9_a_case_that_is_not_chosen_orders_nothing() {
    let make = at(0, Op::MakeChan { chan: A, capacity: 0, element: 0 });
    let poll = at(2, Op::SelectPoll { sends: vec![A] });
    assert_eq!(races(&[make, write(1), poll, read(2)]), [(1, 3)]);
}

#[test]
fn rule_10_mutex() {
    let lock = |g, mutex| at(g, Op::Lock { mutex });
    let unlock = |g, mutex| at(g, Op::Unlock { mutex });
    clean(&[lock(1, A), write(1), unlock(1, A), lock(2, A), write(2), unlock(2, A)]);
    assert_eq!(races(&[lock(1, A), write(1), unlock(1, A), lock(2, B), write(2), unlock(2, B)]), [(1, 4)]);
    assert_eq!(races(&[write(1), lock(1, A), at(2, Op::TryLockFail { mutex: A }), write(2)]), [(0, 3)]);
    // The first Unlock is before the third Lock even if whoever unlocks in between knows nothing of it.
    let foreign = [lock(1, A), write(1), unlock(1, A), lock(2, A), unlock(3, A), lock(0, A), write(0), unlock(0, A)];
    clean(&foreign);
}

#[test]
fn rule_11_read_write_mutex() {
    let read_lock = |g| at(g, Op::ReadLock { rw: A });
    let read_unlock = |g| at(g, Op::ReadUnlock { rw: A });
    let lock = |g| at(g, Op::WriteLock { rw: A });
    let unlock = |g| at(g, Op::WriteUnlock { rw: A });
    clean(&[lock(1), write(1), unlock(1), read_lock(2), read(2), read_unlock(2), lock(3), write(3), unlock(3)]);
    let writes_under_read_lock = [read_lock(1), write(1), read_unlock(1), read_lock(2), write(2), read_unlock(2)];
    assert_eq!(races(&writes_under_read_lock), [(1, 4)]);
}

#[test]
fn rule_12_once() {
    let events = [
        at(1, Op::OnceBegin { once: A }),
        write(1),
        at(1, Op::OnceEnd { once: A }),
        at(2, Op::OnceReturn { once: A, waited: false }),
        read(2),
    ];
    clean(&events);
    let mut two_late = events.to_vec();
    two_late.insert(3, at(2, Op::Write { addr: FLAG, size: 1 }));
    two_late.push(at(3, Op::OnceReturn { once: A, waited: false }));
    two_late.push(at(3, Op::Read { addr: FLAG, size: 1 }));
    assert_eq!(races(&two_late), [(3, 7)], "returns of Do are not ordered among themselves");
}

#[test]
fn rule_13_wait_group() {
    let add = at(0, Op::WaitGroupAdd { group: A, delta: 2 });
    let done = |g| at(g, Op::WaitGroupAdd { group: A, delta: -1 });
    let wait = at(0, Op::WaitGroupBlock { group: A });
    let wake = at(0, Op::WaitGroupWake { group: A });
    clean(&[add.clone(), wait.clone(), write(1), done(1), done(2), wake.clone(), read(0)]);
    assert_eq!(races(&[add.clone(), wait, done(1), write(1), done(2), wake, read(0)]), [(3, 6)]);
    // An Add inside the goroutine, unordered with the Wait: the documented misuse is a race of its own.
    let inside = [at(1, Op::WaitGroupAdd { group: A, delta: 1 }), at(0, Op::WaitGroupBlock { group: A })];
    assert_eq!(races(&inside), [(0, 1)]);
}

#[test]
fn rule_14_cond() {
    let wait = [at(1, Op::Lock { mutex: B }), at(1, Op::CondWait { cond: A, mutex: B })];
    let wake = at(1, Op::CondWake { cond: A, mutex: B });
    let signal = at(2, Op::CondSignal { cond: A });
    let events = |tail: &[Event]| [&wait[..], tail].concat();
    clean(&events(&[write(2), signal.clone(), wake.clone(), read(1)]));
    assert_eq!(races(&events(&[signal.clone(), write(2), wake.clone(), read(1)])), [(3, 5)]);
    // A Signal that unblocks nobody orders nothing.
    let unheard =
        events(&[write(3), at(2, Op::CondSignal { cond: A }), at(3, Op::CondSignal { cond: A }), wake, read(1)]);
    assert_eq!(races(&unheard), [(2, 6)]);
}

#[test]
fn rule_15_atomics() {
    let store = |g| at(g, Op::AtomicStore { addr: FLAG, size: 4 });
    let load = |g| at(g, Op::AtomicLoad { addr: FLAG, size: 4 });
    let add = |g| at(g, Op::AtomicRmw { addr: FLAG, size: 4 });
    clean(&[write(1), store(1), load(2), read(2)]);
    clean(&[write(1), add(1), add(3), load(2), read(2)]);
    // A store that was overwritten before the load is not observed.
    assert_eq!(races(&[write(1), store(1), store(3), load(2), read(2)]), [(0, 4)]);
    // A load has no effect to observe.
    assert_eq!(races(&[write(1), load(1), store(2), read(2)]), [(0, 3)]);
    assert_eq!(races(&[store(1), at(2, Op::Read { addr: FLAG + 2, size: 1 })]), [(0, 1)]);
}

#[test]
fn reuse_makes_new_locations_and_new_objects() {
    clean(&[write(1), at(2, Op::Malloc { addr: X, size: 8 }), write(2)]);
    let events = [
        at(1, Op::Lock { mutex: A }),
        write(1),
        at(1, Op::Unlock { mutex: A }),
        at(2, Op::Malloc { addr: A, size: 8 }),
        at(2, Op::Lock { mutex: A }),
        write(2),
    ];
    assert_eq!(races(&events), [(1, 5)], "another mutex at the same address is another mutex");
}

#[test]
fn what_cannot_happen_is_refused_and_changes_nothing() {
    let mut oracle = Oracle::new();
    for impossible in [
        at(1, Op::End),
        at(0, Op::Unlock { mutex: A }),
        at(0, Op::Go { child: 0 }),
        at(0, Op::Send { chan: A, receiver: None }),
        at(0, Op::WaitGroupAdd { group: A, delta: -1 }),
        at(0, Op::AtomicLoad { addr: X + 1, size: 4 }),
    ] {
        assert!(oracle.push(&impossible).is_err(), "{impossible:?}");
        assert!(oracle.is_empty());
    }
    assert!(!oracle.would_race(0, X, 8, Kind::WRITE));
}
