//! What the interpreter is told: steps and rounds, as numbers.
//!
//! The order of operations is that of `interpreter/objects.go`. An event is one step, but for somebody who has to wait already when an event takes
//! place: a step before it makes the call, and the interpreter goes on when that call blocks.

use crate::compare::Program;
use crate::generate::{DATA, Kept};
use crate::rng::Rng;
use hb_model::{Addr, Event, Goroutine, Op, Oracle};
use std::fmt::Write;

/// The operations by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Code {
    Go,
    End,
    Read,
    Write,
    AtomicLoad,
    AtomicStore,
    AtomicRmw,
    AtomicCasFail,
    Lock,
    Unlock,
    TryLockFail,
    ReadLock,
    ReadUnlock,
    WriteLock,
    WriteUnlock,
    TryReadLockFail,
    TryWriteLockFail,
    GroupAdd,
    GroupWait,
    GroupBlock,
    GroupWake,
    OnceBegin,
    OnceEnd,
    OnceReturn,
    CondWait,
    CondSignal,
    CondBroadcast,
    CondWake,
    MakeChan,
    Send,
    Recv,
    RecvClosed,
    Close,
    SelectPoll,
    MallocData,
    MallocObject,
    ArmSend,
    ArmRecv,
    ArmOnce,
}

/// Where a round's data lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Memory {
    /// In a heap block of its own.
    Fresh,
    /// In one that all such rounds use.
    Reused,
    /// Among the package's variables.
    Global,
}

/// One execution of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Round {
    /// Where its data lies.
    pub memory: Memory,
    /// Whether whoever plays the next round comes after all of this one. Reused memory needs it.
    pub join: bool,
    /// What used the memory before, in an order: see `warm` in `interpreter/access.go`.
    pub warm: u8,
    /// Whether goroutine 0 is the one that plays all rounds, or a new one.
    pub driver: bool,
    /// Of the data in its memory.
    pub offset: u64,
    /// Decides between ways of making the same event real.
    pub seed: u32,
}

/// The rounds of a program.
pub fn rounds(program: &Program, seed: u64) -> Vec<Round> {
    let mut rng = Rng::new(seed ^ 0x726f_756e_6473);
    // The runtime knows nothing of blocks among the package's variables.
    let given_out =
        program.events().iter().any(|event| matches!(event.op, Op::Malloc { addr, .. } if addr < Kept::START));
    let other = if given_out { Memory::Reused } else { Memory::Global };
    [Memory::Fresh, Memory::Reused, other, Memory::Fresh]
        .into_iter()
        .enumerate()
        .map(|(number, memory)| Round {
            memory,
            join: memory != Memory::Fresh || rng.chance(1, 2),
            warm: if number == 0 { 0 } else { rng.below(4) as u8 },
            driver: rng.chance(1, 2),
            offset: 8 * match memory {
                Memory::Fresh => rng.pick(&[0, 0, 1, 2, 500]),
                // At a page's boundary, or somewhere.
                _ if rng.chance(1, 2) => 512 - rng.below(8) as u64,
                _ => rng.below(3000) as u64,
            },
            seed: rng.bits() as u32,
        })
        .collect()
}

/// The program without what no real program does in this order: functions of `Once` that overlap in one goroutine, and a close that finds several
/// receivers.
pub fn playable(program: &Program) -> Program {
    let mut oracle = Oracle::new();
    let mut running: Vec<(Goroutine, Addr)> = Vec::new();
    let mut events = Vec::new();
    for event in program.events() {
        let g = event.goroutine;
        let can = match &event.op {
            Op::OnceEnd { once } => running.iter().rev().find(|(runner, _)| *runner == g) == Some(&(g, *once)),
            Op::Close { woken, .. } => woken.len() < 2,
            _ => true,
        };
        if !can || oracle.push(event).is_err() {
            continue;
        }
        match event.op {
            Op::OnceBegin { once } => running.push((g, once)),
            Op::OnceEnd { once } => running.retain(|one| *one != (g, once)),
            _ => {}
        }
        events.push(event.clone());
    }
    Program::judged(events, oracle.races().to_vec())
}

/// Who waits in `Once.Do` when the event `end` ends its function.
fn waiting(events: &[Event], end: usize, once: Addr) -> Vec<Goroutine> {
    let mut waiting = Vec::new();
    for event in &events[end + 1..] {
        match event.op {
            Op::OnceReturn { once: at, waited: true } if at == once => waiting.push(event.goroutine),
            Op::Malloc { addr, size } if (addr..addr + size).contains(&once) => break,
            _ => {}
        }
    }
    waiting
}

/// The number of an object.
fn index(addr: Addr) -> u64 {
    Kept::of(addr).expect("objects lie there").1
}

/// Writes the steps of one program and its rounds to `out`.
pub fn write(program: &Program, rounds: &[Round], out: &mut String) {
    let events = program.events();
    let mut steps = String::new();
    let mut count = 0;
    let mut goroutines = 1;
    let mut words = 1;
    for (at, event) in events.iter().enumerate() {
        let mut step = |g: Goroutine, code: Code, [a, b, c]: [i64; 3]| {
            writeln!(steps, "{g} {} {at} {a} {b} {c}", code as u8).expect("writing to a String cannot fail");
            count += 1;
        };
        let one = |addr: Addr| [index(addr) as i64, 0, 0];
        let bytes = |addr: Addr, size: u64| [(addr - DATA) as i64, size as i64, 0];
        let (code, arguments) = match event.op {
            Op::Go { child } => {
                goroutines = goroutines.max(child + 1);
                (Code::Go, [i64::from(child), 0, 0])
            }
            Op::End => (Code::End, [0; 3]),
            Op::Read { addr, size } => (Code::Read, bytes(addr, size)),
            Op::Write { addr, size } => (Code::Write, bytes(addr, size)),
            Op::AtomicLoad { addr, size } => (Code::AtomicLoad, bytes(addr, size)),
            Op::AtomicStore { addr, size } => (Code::AtomicStore, bytes(addr, size)),
            Op::AtomicRmw { addr, size } => (Code::AtomicRmw, bytes(addr, size)),
            Op::AtomicCasFail { addr, size } => (Code::AtomicCasFail, bytes(addr, size)),
            Op::Lock { mutex } => (Code::Lock, one(mutex)),
            Op::Unlock { mutex } => (Code::Unlock, one(mutex)),
            Op::TryLockFail { mutex } => (Code::TryLockFail, one(mutex)),
            Op::ReadLock { rw } => (Code::ReadLock, one(rw)),
            Op::ReadUnlock { rw } => (Code::ReadUnlock, one(rw)),
            Op::WriteLock { rw } => (Code::WriteLock, one(rw)),
            Op::WriteUnlock { rw } => (Code::WriteUnlock, one(rw)),
            Op::TryReadLockFail { rw } => (Code::TryReadLockFail, one(rw)),
            Op::TryWriteLockFail { rw } => (Code::TryWriteLockFail, one(rw)),
            Op::WaitGroupAdd { group, delta } => (Code::GroupAdd, [index(group) as i64, i64::from(delta), 0]),
            Op::WaitGroupWait { group } => (Code::GroupWait, one(group)),
            Op::WaitGroupBlock { group } => (Code::GroupBlock, one(group)),
            Op::WaitGroupWake { group } => (Code::GroupWake, one(group)),
            Op::OnceBegin { once } => (Code::OnceBegin, one(once)),
            Op::OnceEnd { once } => {
                for waiter in waiting(events, at, once) {
                    step(waiter, Code::ArmOnce, one(once));
                }
                (Code::OnceEnd, one(once))
            }
            Op::OnceReturn { once, waited } => (Code::OnceReturn, [index(once) as i64, i64::from(waited), 0]),
            Op::CondWait { cond, .. } => (Code::CondWait, one(cond)),
            Op::CondSignal { cond } => (Code::CondSignal, one(cond)),
            Op::CondBroadcast { cond } => (Code::CondBroadcast, one(cond)),
            Op::CondWake { cond, .. } => (Code::CondWake, one(cond)),
            Op::MakeChan { chan, capacity, element } => {
                (Code::MakeChan, [index(chan) as i64, i64::from(capacity), i64::from(element)])
            }
            Op::Send { chan, receiver } => {
                if let Some(receiver) = receiver {
                    step(receiver, Code::ArmRecv, one(chan));
                }
                (Code::Send, one(chan))
            }
            Op::Recv { chan, sender } => {
                if let Some(sender) = sender {
                    step(sender, Code::ArmSend, one(chan));
                }
                (Code::Recv, one(chan))
            }
            Op::RecvClosed { chan } => (Code::RecvClosed, one(chan)),
            Op::Close { chan, ref woken } => {
                for receiver in woken {
                    step(*receiver, Code::ArmRecv, one(chan));
                }
                (Code::Close, one(chan))
            }
            Op::SelectPoll { ref sends } => {
                let other = sends.get(1).map_or(-1, |chan| index(*chan) as i64);
                (Code::SelectPoll, [index(sends[0]) as i64, other, 0])
            }
            Op::Malloc { addr, size } => match Kept::of(addr) {
                Some((kind, number, _)) => (Code::MallocObject, [kind as i64, number as i64, 0]),
                None => (Code::MallocData, bytes(addr, size)),
            },
        };
        step(event.goroutine, code, arguments);
        if let Op::Read { addr, size }
        | Op::Write { addr, size }
        | Op::AtomicLoad { addr, size }
        | Op::AtomicStore { addr, size }
        | Op::AtomicRmw { addr, size }
        | Op::AtomicCasFail { addr, size }
        | Op::Malloc { addr, size } = event.op
            && addr < Kept::START
        {
            words = words.max((addr - DATA + size).div_ceil(8));
        }
    }
    write!(out, "{words} {goroutines} {count}\n{steps}{}\n", rounds.len()).expect("writing to a String cannot fail");
    for round in rounds {
        let Round { memory, join, warm, driver, offset, seed } = *round;
        writeln!(out, "{} {} {warm} {} {offset} {seed}", memory as u8, u8::from(join), u8::from(driver))
            .expect("writing to a String cannot fail");
    }
}
