//! What the explorer did, as the events of the model: so that the oracle can judge it and an engine can be given it.

use crate::generate::DATA;
use hb_explore::state::AccessKind;
use hb_explore::trace::{Event as Happened, Place, SyncOp, What};
use hb_model::event::CHAN_CONFLICT_OFFSET;
use hb_model::{Addr, Event, Op};

/// Bytes for each object: 32 cells, or a channel with a short buffer. The engine's test memory is a mebibyte.
const OBJECT: u64 = 512;

/// The address that stands for a cell.
fn address(place: Place) -> Addr {
    DATA + u64::from(place.object) * OBJECT + u64::from(place.off) * 8
}

/// The address that stands for a channel.
fn channel(place: Place) -> Addr {
    DATA + u64::from(place.object) * OBJECT
}

/// The events of a trace, each with the index of what it comes from.
///
/// # Errors
/// An operation that the model does not know, or an object that is too large.
pub fn of(trace: &[Happened]) -> Result<(Vec<Event>, Vec<usize>), &'static str> {
    let (mut events, mut from) = (Vec::new(), Vec::new());
    // A goroutine in Cond.Wait: its Unlock is part of the wait, its Lock that of waking up.
    let mut waiting: std::collections::HashMap<u32, (Place, bool)> = std::collections::HashMap::new();
    for (i, e) in trace.iter().enumerate() {
        let g = e.gor;
        if let What::Access { place, .. } | What::Sync { place, .. } | What::MakeChan { place, .. } = &e.what
            && (place.object > 2000 || place.off >= 32)
        {
            return Err("too many objects, or too large a one");
        }
        let op = match &e.what {
            What::Go { child } => Op::Go { child: *child },
            What::End => Op::End,
            What::Access { place, note: "map", kind, .. } => {
                let addr = address(*place);
                if kind.writes() { Op::Write { addr, size: 8 } } else { Op::Read { addr, size: 8 } }
            }
            What::Access { place, kind, note, .. } => {
                let (addr, size) = (address(*place), 8);
                match kind {
                    AccessKind::Read => Op::Read { addr, size },
                    AccessKind::Write => Op::Write { addr, size },
                    AccessKind::AtomicRead if note.starts_with("failed") => Op::AtomicCasFail { addr, size },
                    AccessKind::AtomicRead => Op::AtomicLoad { addr, size },
                    AccessKind::AtomicWrite if *note == "store" => Op::AtomicStore { addr, size },
                    AccessKind::AtomicWrite => Op::AtomicRmw { addr, size },
                }
            }
            What::Sync { op, place, number } => {
                let at = address(*place);
                match op {
                    SyncOp::Lock => match waiting.remove(&g) {
                        Some((cond, true)) => Op::CondWake { cond: address(cond), mutex: at },
                        _ => Op::Lock { mutex: at },
                    },
                    SyncOp::Unlock => match waiting.get(&g) {
                        Some((cond, false)) => Op::CondWait { cond: address(*cond), mutex: at },
                        _ => Op::Unlock { mutex: at },
                    },
                    // The model's TryLock fails only where the lock is held.
                    SyncOp::TryLockFail | SyncOp::TryRLockFail | SyncOp::TryRwLockFail if *number != 0 => continue,
                    SyncOp::TryLockFail => Op::TryLockFail { mutex: at },
                    SyncOp::TryRLockFail => Op::TryReadLockFail { rw: at },
                    SyncOp::TryRwLockFail => Op::TryWriteLockFail { rw: at },
                    SyncOp::RLock => Op::ReadLock { rw: at },
                    SyncOp::RUnlock => Op::ReadUnlock { rw: at },
                    SyncOp::RwLock => Op::WriteLock { rw: at },
                    SyncOp::RwUnlock => Op::WriteUnlock { rw: at },
                    SyncOp::WgAdd if *number == 0 => continue,
                    SyncOp::WgAdd => Op::WaitGroupAdd { group: at, delta: *number as i32 },
                    SyncOp::WgWait => Op::WaitGroupWait { group: at },
                    SyncOp::OnceBegin => Op::OnceBegin { once: at },
                    SyncOp::OnceEnd => Op::OnceEnd { once: at },
                    SyncOp::OnceReturn => Op::OnceReturn { once: at, waited: false },
                    SyncOp::CondAdd => {
                        waiting.insert(g, (*place, false));
                        continue;
                    }
                    SyncOp::CondPark => {
                        if let Some(w) = waiting.get_mut(&g) {
                            w.1 = true;
                        }
                        continue;
                    }
                    SyncOp::CondSignal => Op::CondSignal { cond: at },
                    SyncOp::CondBroadcast => Op::CondBroadcast { cond: at },
                    _ => return Err("the model does not have sync.Pool, sync.Map or timers"),
                }
            }
            What::MakeChan { place, cap } => Op::MakeChan { chan: channel(*place), capacity: *cap, element: 8 },
            What::Send { place, .. } => Op::Send { chan: channel(*place), receiver: None },
            What::Recv { place, sender, .. } => Op::Recv { chan: channel(*place), sender: sender.map(|s| s.0) },
            // It panics, and looked at the channel before as every send does.
            What::SendClosed { place } => Op::Read { addr: channel(*place) + CHAN_CONFLICT_OFFSET, size: 1 },
            What::RecvClosed { place } => Op::RecvClosed { chan: channel(*place) },
            What::Close { place } => Op::Close { chan: channel(*place), woken: Vec::new() },
            What::SelectPoll { sends } => Op::SelectPoll { sends: sends.iter().map(|p| channel(*p)).collect() },
            What::Default | What::Print(_) => continue,
            // What comes after a panic the model has no word for, but nothing in it is wrong.
            What::Panic(_) => continue,
        };
        events.push(Event { goroutine: g, op });
        from.push(i);
    }
    Ok((events, from))
}
