//! A program as lines that look like Go, one for each event.

use hb_model::event::{Addr, Event, Op};
use std::collections::BTreeMap;
use std::fmt::Write;

/// Short names for addresses, given out in the order of first use: `mu0`, `mu1`, `ch0`.
#[derive(Default)]
struct Names {
    given: BTreeMap<(&'static str, Addr), usize>,
    counts: BTreeMap<&'static str, usize>,
}

impl Names {
    fn of(&mut self, kind: &'static str, addr: Addr) -> String {
        let next = self.counts.entry(kind).or_default();
        let number = *self.given.entry((kind, addr)).or_insert_with(|| {
            *next += 1;
            *next - 1
        });
        format!("{kind}{number}")
    }
}

/// Bytes `addr..addr+size` of the data.
fn bytes(addr: Addr, size: u64) -> String {
    let from = addr.wrapping_sub(crate::generate::DATA);
    if from < 0x1_0000 { format!("x[{from}:{}]", from + size) } else { format!("mem[{addr:#x}:{:#x}]", addr + size) }
}

/// The program in lines: number, goroutine, what it does.
pub fn listing(events: &[Event]) -> String {
    let mut names = Names::default();
    let mut out = String::new();
    for (index, event) in events.iter().enumerate() {
        let text = line(&event.op, &mut names);
        writeln!(out, "{index:4}  g{:<3}  {text}", event.goroutine).expect("writing to a String cannot fail");
    }
    out
}

fn line(op: &Op, names: &mut Names) -> String {
    match op {
        Op::Go { child } => format!("go g{child}()"),
        Op::End => "return".into(),
        Op::Read { addr, size } => format!("_ = {}", bytes(*addr, *size)),
        Op::Write { addr, size } => format!("{} = v", bytes(*addr, *size)),
        Op::AtomicLoad { addr, size } => format!("atomic.Load(&{})", bytes(*addr, *size)),
        Op::AtomicStore { addr, size } => format!("atomic.Store(&{}, v)", bytes(*addr, *size)),
        Op::AtomicRmw { addr, size } => format!("atomic.Add(&{}, v)", bytes(*addr, *size)),
        Op::AtomicCasFail { addr, size } => {
            format!("atomic.CompareAndSwap(&{}, old, v) // fails", bytes(*addr, *size))
        }
        Op::Lock { mutex } => format!("{}.Lock()", names.of("mu", *mutex)),
        Op::Unlock { mutex } => format!("{}.Unlock()", names.of("mu", *mutex)),
        Op::TryLockFail { mutex } => format!("{}.TryLock() // fails", names.of("mu", *mutex)),
        Op::ReadLock { rw } => format!("{}.RLock()", names.of("rw", *rw)),
        Op::ReadUnlock { rw } => format!("{}.RUnlock()", names.of("rw", *rw)),
        Op::WriteLock { rw } => format!("{}.Lock()", names.of("rw", *rw)),
        Op::WriteUnlock { rw } => format!("{}.Unlock()", names.of("rw", *rw)),
        Op::TryReadLockFail { rw } => format!("{}.TryRLock() // fails", names.of("rw", *rw)),
        Op::TryWriteLockFail { rw } => format!("{}.TryLock() // fails", names.of("rw", *rw)),
        Op::WaitGroupAdd { group, delta: -1 } => format!("{}.Done()", names.of("wg", *group)),
        Op::WaitGroupAdd { group, delta } => format!("{}.Add({delta})", names.of("wg", *group)),
        Op::WaitGroupWait { group } => format!("{}.Wait()", names.of("wg", *group)),
        Op::WaitGroupBlock { group } => format!("{}.Wait() // blocks", names.of("wg", *group)),
        Op::WaitGroupWake { group } => format!("// {}.Wait() returns", names.of("wg", *group)),
        Op::OnceBegin { once } => format!("{}.Do(func() {{", names.of("once", *once)),
        Op::OnceEnd { once } => format!("}}) // end of {}", names.of("once", *once)),
        Op::OnceReturn { once, waited } => {
            let how = if *waited { "waited" } else { "was done" };
            format!("{}.Do(f) // {how}", names.of("once", *once))
        }
        Op::CondWait { cond, mutex } => {
            format!("{}.Wait() // unlocks {}", names.of("cond", *cond), names.of("mu", *mutex))
        }
        Op::CondSignal { cond } => format!("{}.Signal()", names.of("cond", *cond)),
        Op::CondBroadcast { cond } => format!("{}.Broadcast()", names.of("cond", *cond)),
        Op::CondWake { cond, mutex } => {
            format!("// {}.Wait() returns with {}", names.of("cond", *cond), names.of("mu", *mutex))
        }
        Op::MakeChan { chan, capacity, element } => {
            format!("{} := make(chan [{element}]byte, {capacity})", names.of("ch", *chan))
        }
        Op::Send { chan, receiver: None } => format!("{} <- v", names.of("ch", *chan)),
        Op::Send { chan, receiver: Some(r) } => format!("{} <- v // g{r} was waiting: <-", names.of("ch", *chan)),
        Op::Recv { chan, sender: None } => format!("<-{}", names.of("ch", *chan)),
        Op::Recv { chan, sender: Some(s) } => format!("<-{0} // g{s} was waiting: {0} <- v", names.of("ch", *chan)),
        Op::RecvClosed { chan } => format!("<-{} // closed", names.of("ch", *chan)),
        Op::Close { chan, woken } if woken.is_empty() => {
            format!("close({})", names.of("ch", *chan))
        }
        Op::Close { chan, woken } => {
            let woken: Vec<_> = woken.iter().map(|g| format!("g{g}")).collect();
            format!("close({}) // {} waited to receive", names.of("ch", *chan), woken.join(", "))
        }
        Op::SelectPoll { sends } => {
            let cases: Vec<_> = sends.iter().map(|chan| format!("case {} <- v", names.of("ch", *chan))).collect();
            format!("select {{ {} }} // none ready", cases.join("; "))
        }
        Op::Malloc { addr, size } => format!("// {} are given out anew", bytes(*addr, *size)),
    }
}
