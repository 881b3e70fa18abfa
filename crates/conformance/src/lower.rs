//! From an event to the calls that Go's runtime and `sync` make for it in a race build.
//!
//! Mirrors the hooks of Go 1.26 with the edits that hb makes (`runtime/chan.go`, `runtime/select.go`, `runtime/race.go`, `internal/sync`, `sync`):
//! which object address each call names, in which order the calls come, and on whose context. [`Hooks`] says which
//! of the known differences between those hooks and the memory model are kept as they are and which are mended.

use crate::engine::{Context, Engine};
use hb_model::{Addr, Event, Goroutine, Op};
use std::collections::{HashMap, VecDeque};

/// Offset of the channel's buffer pointer, whose address the runtime uses for closing and for unbuffered transfers.
pub const CHAN_RACE_OFFSET: u64 = hb_model::event::CHAN_CONFLICT_OFFSET;
/// Offset of the first element when the buffer lies behind the channel's header.
pub const CHAN_SLOTS_OFFSET: u64 = 112;
/// Offset of `RWMutex.writerSem`, for Go's own hooks the place of what readers release.
const WRITER_SEM: u64 = 8;
/// Offset of `RWMutex.readerSem`, in the same 8-byte word.
const READER_SEM: u64 = 12;
/// Offset of `RWMutex.readerWait`, for hb's hooks the place of what readers release: in another word.
const READER_WAIT: u64 = 20;
/// Offset of the mutex in a `Once`.
const ONCE_MUTEX: u64 = 4;

/// Which hooks the Go side has. Each field is one difference listed in `EDGES.md`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Hooks {
    /// `Mutex` works on its state word through the instrumented `sync/atomic`, which synchronises by itself. Where it does not,
    /// locks are told by operations of their own.
    pub mutex_atomics: bool,
    /// `Mutex.Unlock` and `RWMutex.Unlock` add to what the mutex holds instead of replacing it.
    pub unlock_merges: bool,
    /// `Cond.Signal` and `Broadcast` come before the Wait they unblock.
    pub cond_edge: bool,
    /// The slots of a buffered channel of zero-size elements have an address each.
    pub zero_size_slots: bool,
    /// A `Once.Do` that waits takes and gives the inner mutex's edges.
    pub once_mutex: bool,
}

impl Hooks {
    /// As the toolchain has them.
    pub const STOCK: Hooks =
        Hooks { mutex_atomics: true, unlock_merges: false, cond_edge: false, zero_size_slots: false, once_mutex: true };
    /// As the memory model wants them.
    pub const MENDED: Hooks =
        Hooks { mutex_atomics: false, unlock_merges: true, cond_edge: true, zero_size_slots: true, once_mutex: false };

    /// Where in an `RWMutex` readers release to.
    fn readers_released(self) -> u64 {
        if self.mutex_atomics { WRITER_SEM } else { READER_WAIT }
    }
}

/// What the runtime knows of a channel.
#[derive(Clone, Copy, Debug)]
struct Chan {
    capacity: u64,
    element: u64,
    send_index: u64,
    receive_index: u64,
}

/// A lowering in progress: contexts of the goroutines, and the state that decides which calls are made.
#[derive(Debug)]
pub struct Lowering {
    hooks: Hooks,
    contexts: HashMap<Goroutine, Context>,
    chans: HashMap<Addr, Chan>,
    /// Counter, and whether a goroutine is blocked in Wait.
    groups: HashMap<Addr, (i64, bool)>,
    cond_waiters: HashMap<Addr, VecDeque<Goroutine>>,
}

/// The engine together with the place being executed.
struct Calls<'a, E> {
    engine: &'a mut E,
    pc: u64,
}

impl Lowering {
    /// Begins with the main goroutine, whose context is `main`.
    pub fn new(hooks: Hooks, main: Context) -> Self {
        Lowering {
            hooks,
            contexts: HashMap::from([(0, main)]),
            chans: HashMap::new(),
            groups: HashMap::new(),
            cond_waiters: HashMap::new(),
        }
    }

    /// The context of a goroutine that was started.
    fn context(&self, g: Goroutine) -> Context {
        self.contexts[&g]
    }

    /// Makes on `engine` the calls for `event`, a valid next event. `pc` names the event.
    pub fn event<E: Engine>(&mut self, engine: &mut E, event: &Event, pc: u64) {
        let g = event.goroutine;
        let c = self.context(g);
        let hooks = self.hooks;
        let mut on = Calls { engine, pc };
        match event.op {
            Op::Go { child } => {
                let context = on.engine.go_start(c);
                self.contexts.insert(child, context);
            }
            Op::End => {
                on.engine.go_end(c);
                self.contexts.remove(&g);
            }
            // A scalar hook names one byte. One-byte composites use the range hook; both forms must agree.
            Op::Read { addr, size: 1 } if !pc.is_multiple_of(4) => on.engine.read(c, addr, pc),
            Op::Write { addr, size: 1 } if !pc.is_multiple_of(4) => on.engine.write(c, addr, pc),
            Op::Read { addr, size } => on.engine.read_range(c, addr, size, pc),
            Op::Write { addr, size } => on.engine.write_range(c, addr, size, pc),
            Op::AtomicLoad { addr, size } => on.engine.atomic_load(c, addr, size, pc),
            Op::AtomicStore { addr, size } => on.engine.atomic_store(c, addr, size, pc),
            Op::AtomicRmw { addr, size } => on.engine.atomic_rmw(c, addr, size, pc),
            Op::AtomicCasFail { addr, size } => on.engine.atomic_cas_fail(c, addr, size, pc),
            Op::Lock { mutex } => on.lock(hooks, c, mutex),
            Op::Unlock { mutex } => on.unlock(hooks, c, mutex),
            Op::TryLockFail { .. } => {}
            Op::ReadLock { rw } if hooks.mutex_atomics => {
                on.engine.read(c, rw, pc);
                on.engine.acquire(c, rw + READER_SEM);
            }
            Op::ReadLock { rw } => on.engine.lock_shared(c, rw + READER_SEM, pc),
            Op::ReadUnlock { rw } => {
                if hooks.mutex_atomics {
                    on.engine.read(c, rw, pc);
                }
                on.engine.release_merge(c, rw + hooks.readers_released());
            }
            Op::WriteLock { rw } => {
                on.engine.acquire(c, rw + hooks.readers_released());
                if hooks.mutex_atomics {
                    on.engine.read(c, rw, pc);
                    on.engine.acquire(c, rw + READER_SEM);
                } else {
                    on.engine.lock(c, rw + READER_SEM, pc);
                }
            }
            Op::WriteUnlock { rw } => {
                if hooks.mutex_atomics {
                    on.engine.read(c, rw, pc);
                }
                on.give(hooks, c, rw + READER_SEM);
            }
            Op::TryReadLockFail { rw } | Op::TryWriteLockFail { rw } => {
                if hooks.mutex_atomics {
                    on.engine.read(c, rw, pc);
                }
            }
            Op::WaitGroupAdd { group, delta } => {
                let (counter, _) = self.groups.entry(group).or_default();
                let before = *counter;
                *counter += i64::from(delta);
                if *counter == 0 {
                    self.groups.insert(group, (0, false));
                }
                if delta < 0 && hooks.mutex_atomics {
                    on.engine.release_merge(c, group);
                } else if delta < 0 {
                    on.engine.unlock_shared(c, group, pc);
                } else if !hooks.mutex_atomics {
                    on.engine.touch_lock(c, group, pc);
                }
                if delta > 0 && before == 0 {
                    on.engine.read(c, group + hb_model::event::WAIT_GROUP_CONFLICT_OFFSET, pc);
                }
            }
            Op::WaitGroupWait { group } | Op::WaitGroupWake { group } if hooks.mutex_atomics => {
                on.engine.acquire(c, group);
            }
            Op::WaitGroupWait { group } | Op::WaitGroupWake { group } => on.engine.atomic_load(c, group, 4, pc),
            Op::WaitGroupBlock { group } => {
                let (_, blocked) = self.groups.entry(group).or_default();
                if !std::mem::replace(blocked, true) {
                    on.engine.write(c, group + hb_model::event::WAIT_GROUP_CONFLICT_OFFSET, pc);
                }
            }
            Op::OnceBegin { once } => {
                on.engine.atomic_load(c, once, 4, pc);
                if hooks.once_mutex {
                    on.lock(hooks, c, once + ONCE_MUTEX);
                }
                on.engine.atomic_load(c, once, 4, pc);
            }
            Op::OnceEnd { once } => {
                on.engine.atomic_store(c, once, 4, pc);
                if hooks.once_mutex {
                    on.unlock(hooks, c, once + ONCE_MUTEX);
                }
            }
            Op::OnceReturn { once, waited } => {
                if waited && hooks.once_mutex {
                    on.lock(hooks, c, once + ONCE_MUTEX);
                }
                on.engine.atomic_load(c, once, 4, pc);
                if waited && hooks.once_mutex {
                    on.unlock(hooks, c, once + ONCE_MUTEX);
                }
            }
            Op::CondWait { cond, mutex } => {
                on.unlock(hooks, c, mutex);
                self.cond_waiters.entry(cond).or_default().push_back(g);
            }
            Op::CondSignal { cond } => {
                let woken = self.cond_waiters.get_mut(&cond).and_then(VecDeque::pop_front);
                self.signal(&mut on, c, woken);
            }
            Op::CondBroadcast { cond } => {
                let woken = self.cond_waiters.remove(&cond).unwrap_or_default();
                self.signal(&mut on, c, woken);
            }
            Op::CondWake { mutex, .. } => on.lock(hooks, c, mutex),
            Op::MakeChan { chan, capacity, element } => {
                let (capacity, element) = (u64::from(capacity), u64::from(element));
                on.engine.malloc(chan, CHAN_SLOTS_OFFSET + capacity * element.max(1));
                self.chans.insert(chan, Chan { capacity, element, send_index: 0, receive_index: 0 });
            }
            Op::Send { chan, receiver } => {
                on.engine.read(c, chan + CHAN_RACE_OFFSET, pc);
                match receiver.map(|r| self.context(r)) {
                    Some(receiver) => self.hand_over(&mut on, chan, c, receiver),
                    None => {
                        let slot = self.chans[&chan].send_index;
                        self.notify(&mut on, chan, slot, c);
                        let state = self.chans.get_mut(&chan).expect("it was made");
                        state.send_index = (slot + 1) % state.capacity;
                    }
                }
            }
            Op::Recv { chan, sender } => match sender.map(|s| self.context(s)) {
                Some(sender) => {
                    on.engine.read(sender, chan + CHAN_RACE_OFFSET, pc);
                    self.hand_over(&mut on, chan, c, sender);
                }
                None => {
                    let slot = self.chans[&chan].receive_index;
                    self.notify(&mut on, chan, slot, c);
                    let state = self.chans.get_mut(&chan).expect("it was made");
                    state.receive_index = (slot + 1) % state.capacity;
                }
            },
            Op::RecvClosed { chan } => on.engine.acquire(c, chan + CHAN_RACE_OFFSET),
            Op::Close { chan, ref woken } => {
                on.engine.write(c, chan + CHAN_RACE_OFFSET, pc);
                on.engine.release(c, chan + CHAN_RACE_OFFSET);
                for receiver in woken {
                    on.engine.acquire(self.context(*receiver), chan + CHAN_RACE_OFFSET);
                }
            }
            Op::SelectPoll { ref sends } => {
                for chan in sends {
                    on.engine.read(c, chan + CHAN_RACE_OFFSET, pc);
                }
            }
            Op::Malloc { addr, size } => {
                let reused = addr..addr + size;
                self.chans.retain(|at, _| !reused.contains(at));
                self.groups.retain(|at, _| !reused.contains(at));
                self.cond_waiters.retain(|at, _| !reused.contains(at));
                on.engine.free(addr, size);
                on.engine.malloc(addr, size);
            }
        }
    }

    /// A transfer between the running goroutine and one that waits at the other end.
    fn hand_over<E: Engine>(&mut self, on: &mut Calls<E>, chan: Addr, running: Context, waiting: Context) {
        let state = self.chans[&chan];
        if state.capacity == 0 {
            let at = chan + CHAN_RACE_OFFSET;
            on.engine.meet(running, waiting, at);
            return;
        }
        // The value passes through the slot at the receive index, whichever side waited.
        let slot = state.receive_index;
        self.notify(on, chan, slot, running);
        self.notify(on, chan, slot, waiting);
        let state = self.chans.get_mut(&chan).expect("it was made");
        state.receive_index = (slot + 1) % state.capacity;
        state.send_index = state.receive_index;
    }

    /// A send to or a receive from a slot of the buffer.
    fn notify<E: Engine>(&self, on: &mut Calls<E>, chan: Addr, slot: u64, c: Context) {
        let state = self.chans[&chan];
        if state.element == 0 && !self.hooks.zero_size_slots {
            let shared = chan + CHAN_RACE_OFFSET;
            on.engine.acquire(c, shared);
            on.engine.release(c, shared);
        } else {
            on.engine.release_acquire(c, chan + CHAN_SLOTS_OFFSET + slot * state.element.max(1));
        }
    }

    fn signal<E: Engine>(&self, on: &mut Calls<E>, from: Context, woken: impl IntoIterator<Item = Goroutine>) {
        if self.hooks.cond_edge {
            for g in woken {
                on.engine.edge(from, self.context(g));
            }
        }
    }
}

impl<E: Engine> Calls<'_, E> {
    fn lock(&mut self, hooks: Hooks, c: Context, mutex: Addr) {
        if hooks.mutex_atomics {
            self.engine.atomic_rmw(c, mutex, 4, self.pc);
            self.engine.acquire(c, mutex);
        } else {
            self.engine.lock(c, mutex, self.pc);
        }
    }

    fn unlock(&mut self, hooks: Hooks, c: Context, mutex: Addr) {
        self.give(hooks, c, mutex);
        if hooks.mutex_atomics {
            self.engine.atomic_rmw(c, mutex, 4, self.pc);
        }
    }

    fn give(&mut self, hooks: Hooks, c: Context, addr: Addr) {
        match (hooks.unlock_merges, hooks.mutex_atomics) {
            (false, _) => self.engine.release(c, addr),
            (true, true) => self.engine.release_merge(c, addr),
            (true, false) => self.engine.unlock(c, addr, self.pc),
        }
    }
}
