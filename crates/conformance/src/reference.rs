//! The plainest engine that could be right: vector clocks in hash maps, and every access kept.
//!
//! It shows that the lowering and the model agree before any other engine is put to the test, and that a
//! disagreement of another engine is that engine's. Nothing is packed, shared or forgotten.

use crate::engine::{AccessSeen, Context, Engine, RaceSeen};
use hb_model::Kind;
use std::collections::HashMap;

/// Component `c` is the latest epoch of context `c` that is known.
type Clock = Vec<u32>;

fn join(into: &mut Clock, from: &Clock) {
    if into.len() < from.len() {
        into.resize(from.len(), 0);
    }
    for (mine, theirs) in into.iter_mut().zip(from) {
        *mine = (*mine).max(*theirs);
    }
}

/// A past access of one byte.
#[derive(Clone, Copy, Debug)]
struct Past {
    context: usize,
    epoch: u32,
    kind: Kind,
    pc: u64,
}

/// The engine. Contexts are indices of `clocks` and never reused.
#[derive(Debug, Default)]
pub struct Reference {
    clocks: Vec<Clock>,
    released: HashMap<u64, Clock>,
    past: HashMap<u64, Vec<Past>>,
    races: Vec<RaceSeen>,
}

impl Reference {
    fn tick(&mut self, c: Context) {
        self.clocks[c as usize][c as usize] += 1;
    }

    fn access(&mut self, c: Context, addr: u64, size: u64, kind: Kind, pc: u64) {
        let clock = &self.clocks[c as usize];
        for byte in addr..addr + size {
            let past = self.past.entry(byte).or_default();
            for old in past.iter() {
                if kind.conflicts(old.kind) && clock.get(old.context).is_none_or(|seen| *seen < old.epoch) {
                    self.races.push(RaceSeen {
                        addr: byte,
                        size: 1,
                        first: AccessSeen { kind: old.kind, pc: Some(old.pc) },
                        second: AccessSeen { kind, pc: Some(pc) },
                    });
                }
            }
            past.push(Past { context: c as usize, epoch: clock[c as usize], kind, pc });
        }
    }
}

impl Engine for Reference {
    fn init() -> (Self, Context) {
        (Reference { clocks: vec![vec![1]], ..Reference::default() }, 0)
    }

    fn go_start(&mut self, parent: Context) -> Context {
        let child = self.clocks.len();
        let mut clock = self.clocks[parent as usize].clone();
        clock.resize(child + 1, 0);
        clock[child] = 1;
        self.clocks.push(clock);
        self.tick(parent);
        child as Context
    }

    fn go_end(&mut self, _: Context) {}

    fn read(&mut self, c: Context, addr: u64, pc: u64) {
        self.access(c, addr, 1, Kind::READ, pc);
    }

    fn write(&mut self, c: Context, addr: u64, pc: u64) {
        self.access(c, addr, 1, Kind::WRITE, pc);
    }

    fn read_range(&mut self, c: Context, addr: u64, size: u64, pc: u64) {
        self.access(c, addr, size, Kind::READ, pc);
    }

    fn write_range(&mut self, c: Context, addr: u64, size: u64, pc: u64) {
        self.access(c, addr, size, Kind::WRITE, pc);
    }

    fn acquire(&mut self, c: Context, addr: u64) {
        if let Some(released) = self.released.get(&addr) {
            join(&mut self.clocks[c as usize], released);
        }
    }

    fn release(&mut self, c: Context, addr: u64) {
        self.released.insert(addr, self.clocks[c as usize].clone());
        self.tick(c);
    }

    fn release_merge(&mut self, c: Context, addr: u64) {
        join(self.released.entry(addr).or_default(), &self.clocks[c as usize]);
        self.tick(c);
    }

    fn release_acquire(&mut self, c: Context, addr: u64) {
        let own = self.clocks[c as usize].clone();
        if let Some(held) = self.released.insert(addr, own) {
            join(&mut self.clocks[c as usize], &held);
        }
        self.tick(c);
    }

    fn atomic_load(&mut self, c: Context, addr: u64, size: u64, pc: u64) {
        self.acquire(c, addr);
        self.access(c, addr, size, Kind::ATOMIC_READ, pc);
    }

    fn atomic_store(&mut self, c: Context, addr: u64, size: u64, pc: u64) {
        self.access(c, addr, size, Kind::ATOMIC_WRITE, pc);
        self.release(c, addr);
    }

    fn atomic_rmw(&mut self, c: Context, addr: u64, size: u64, pc: u64) {
        self.acquire(c, addr);
        self.access(c, addr, size, Kind::ATOMIC_WRITE, pc);
        self.release(c, addr);
    }

    fn atomic_cas_fail(&mut self, c: Context, addr: u64, size: u64, pc: u64) {
        self.atomic_load(c, addr, size, pc);
    }

    fn malloc(&mut self, addr: u64, size: u64) {
        self.free(addr, size);
    }

    fn free(&mut self, addr: u64, size: u64) {
        for byte in addr..addr + size {
            self.past.remove(&byte);
            self.released.remove(&byte);
        }
    }

    fn edge(&mut self, from: Context, to: Context) {
        let own = self.clocks[from as usize].clone();
        join(&mut self.clocks[to as usize], &own);
        self.tick(from);
    }

    fn drain_races(&mut self, sink: &mut Vec<RaceSeen>) {
        sink.append(&mut self.races);
    }
}
