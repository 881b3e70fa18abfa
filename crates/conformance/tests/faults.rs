//! Can the comparison fail? Engines with one fault each: every fault must be found, and shrunk to a few lines.

use hb_conformance::campaign::{Plan, run};
use hb_conformance::compare::Promptness;
use hb_conformance::engine::{Context, Engine, RaceSeen};
use hb_conformance::generate::{Features, Profile};
use hb_conformance::lower::Hooks;
use hb_conformance::reference::Reference;

const ATOMIC_LOAD_IS_PLAIN: u8 = 0;
const RANGE_LOSES_ITS_LAST_BYTE: u8 = 1;
const RELEASE_ACQUIRE_MERGES: u8 = 2;
const MALLOC_KEEPS_EVERYTHING: u8 = 3;
const MERGE_REPLACES: u8 = 4;
const STORE_MERGES: u8 = 5;
const SYNC_BY_WORD: u8 = 6;
const CAS_FAIL_WRITES: u8 = 7;
const NO_EDGE: u8 = 8;
const END_ORDERS: u8 = 9;
const GO_ORDERS_NOTHING: u8 = 10;
const FAULTS: u8 = 11;

/// The reference engine with a fault.
struct Faulty<const FAULT: u8> {
    inner: Reference,
    ended: Option<Context>,
}

impl<const FAULT: u8> Faulty<FAULT> {
    fn object(addr: u64) -> u64 {
        if FAULT == SYNC_BY_WORD { addr & !7 } else { addr }
    }

    fn length(size: u64) -> u64 {
        if FAULT == RANGE_LOSES_ITS_LAST_BYTE && size > 1 { size - 1 } else { size }
    }
}

impl<const FAULT: u8> Engine for Faulty<FAULT> {
    fn init() -> (Self, Context) {
        let (inner, main) = Reference::init();
        (Faulty { inner, ended: None }, main)
    }
    fn go_start(&mut self, parent: Context) -> Context {
        let child = self.inner.go_start(if FAULT == GO_ORDERS_NOTHING { 0 } else { parent });
        if let Some(ended) = self.ended.take() {
            self.inner.edge(ended, child);
        }
        child
    }
    fn go_end(&mut self, c: Context) {
        if FAULT == END_ORDERS {
            self.ended = Some(c);
        }
        self.inner.go_end(c);
    }
    fn read(&mut self, c: Context, addr: u64, pc: u64) {
        self.inner.read(c, addr, pc);
    }
    fn write(&mut self, c: Context, addr: u64, pc: u64) {
        self.inner.write(c, addr, pc);
    }
    fn read_range(&mut self, c: Context, addr: u64, size: u64, pc: u64) {
        self.inner.read_range(c, addr, Self::length(size), pc);
    }
    fn write_range(&mut self, c: Context, addr: u64, size: u64, pc: u64) {
        self.inner.write_range(c, addr, Self::length(size), pc);
    }
    fn acquire(&mut self, c: Context, addr: u64) {
        self.inner.acquire(c, Self::object(addr));
    }
    fn release(&mut self, c: Context, addr: u64) {
        self.inner.release(c, Self::object(addr));
    }
    fn release_merge(&mut self, c: Context, addr: u64) {
        match FAULT {
            MERGE_REPLACES => self.inner.release(c, addr),
            _ => self.inner.release_merge(c, Self::object(addr)),
        }
    }
    fn release_acquire(&mut self, c: Context, addr: u64) {
        if FAULT == RELEASE_ACQUIRE_MERGES {
            self.inner.acquire(c, addr);
            self.inner.release(c, addr);
        } else {
            self.inner.release_acquire(c, Self::object(addr));
        }
    }
    fn atomic_load(&mut self, c: Context, addr: u64, size: u64, pc: u64) {
        match FAULT {
            ATOMIC_LOAD_IS_PLAIN => self.inner.read_range(c, addr, size, pc),
            _ => self.inner.atomic_load(c, addr, size, pc),
        }
    }
    fn atomic_store(&mut self, c: Context, addr: u64, size: u64, pc: u64) {
        match FAULT {
            STORE_MERGES => self.inner.atomic_rmw(c, addr, size, pc),
            _ => self.inner.atomic_store(c, addr, size, pc),
        }
    }
    fn atomic_rmw(&mut self, c: Context, addr: u64, size: u64, pc: u64) {
        self.inner.atomic_rmw(c, addr, size, pc);
    }
    fn atomic_cas_fail(&mut self, c: Context, addr: u64, size: u64, pc: u64) {
        match FAULT {
            CAS_FAIL_WRITES => self.inner.atomic_rmw(c, addr, size, pc),
            _ => self.inner.atomic_cas_fail(c, addr, size, pc),
        }
    }
    fn malloc(&mut self, addr: u64, size: u64) {
        if FAULT != MALLOC_KEEPS_EVERYTHING {
            self.inner.malloc(addr, size);
        }
    }
    fn free(&mut self, addr: u64, size: u64) {
        self.malloc(addr, size);
    }
    fn edge(&mut self, from: Context, to: Context) {
        if FAULT != NO_EDGE {
            self.inner.edge(from, to);
        }
    }
    fn drain_races(&mut self, sink: &mut Vec<RaceSeen>) {
        self.inner.drain_races(sink);
    }
}

fn found<const FAULT: u8>() {
    let plan = Plan {
        seeds: 0..20_000,
        features: Features::ALL,
        profile: Profile::Mixed,
        hooks: Hooks::MENDED,
        promptness: Promptness::Eventually,
    };
    let failure = run::<Faulty<FAULT>>(&plan).expect_err(&format!("fault {FAULT} was not found"));
    let lines = failure.program.events().len();
    assert!(lines <= 16, "fault {FAULT}: {lines} events are left:\n{failure}");
}

macro_rules! each_is_found {
    ($($fault:literal)*) => {
        assert_eq!([$($fault),*].len(), FAULTS as usize, "every fault is tried");
        $(found::<$fault>();)*
    };
}

#[test]
fn every_fault_is_found_and_shrunk() {
    each_is_found!(0 1 2 3 4 5 6 7 8 9 10);
}
