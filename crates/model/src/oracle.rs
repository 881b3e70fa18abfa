//! The rules, one by one: which edges each operation adds, and when it may take effect at all.
//!
//! Rule numbers are those of the project's memory model table: 1 program order,
//! 3 go statement, 4 goroutine exit, 5 send, 6 unbuffered receive, 7 close, 8 buffered receive, 9 select,
//! 10 Mutex, 11 RWMutex, 12 Once, 13 WaitGroup, 14 Cond, 15 atomics.
//!
//! Where the official text leaves a choice, it is made and said at the operation: see `WaitGroupAdd`.
//! Deliberately outside: operations that panic, timers, finalizers, `sync.Pool`, `sync.Map` and the packages
//! above them (for their users they come down to the operations here).

use crate::access::{Accesses, Kind, Race};
use crate::event::{Addr, CHAN_CONFLICT_OFFSET, Event, Goroutine, Op, WAIT_GROUP_CONFLICT_OFFSET};
use crate::object::{Chan, Mistyped, Objects};
use crate::order::{Node, Order};
use std::fmt;

/// Why an event cannot come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Invalid(pub &'static str);

impl fmt::Display for Invalid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for Invalid {}

impl From<Mistyped> for Invalid {
    fn from(Mistyped: Mistyped) -> Self {
        Invalid("another kind of object is at this address")
    }
}

/// Where a goroutine stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Run {
    Running,
    /// In `WaitGroup.Wait`.
    Group(Addr),
    /// In `Cond.Wait`, and the signal that unblocked it, if it came.
    Cond {
        cond: Addr,
        mutex: Addr,
        signal: Option<Node>,
    },
    Ended,
}

/// A goroutine that was started.
#[derive(Clone, Copy, Debug)]
struct State {
    run: Run,
    /// Its latest node, or the `go` statement that started it.
    last: Option<Node>,
    /// Index of its latest event, or of that which started it.
    last_event: usize,
}

/// An execution so far, its order and its races. Events are pushed one by one.
#[derive(Clone, Debug)]
pub struct Oracle {
    order: Order,
    accesses: Accesses,
    races: Vec<Race>,
    objects: Objects,
    /// By goroutine number; `None` before its `go` statement.
    goroutines: Vec<Option<State>>,
    /// The latest atomic write of each byte.
    atomic_writes: Vec<(Addr, Node)>,
    /// Number of events pushed.
    events: usize,
}

impl Default for Oracle {
    fn default() -> Self {
        Self::new()
    }
}

impl Oracle {
    /// An execution in which only the main goroutine exists.
    pub fn new() -> Self {
        Oracle {
            order: Order::default(),
            accesses: Accesses::default(),
            races: Vec::new(),
            objects: Objects::default(),
            goroutines: vec![Some(State { run: Run::Running, last: None, last_event: 0 })],
            atomic_writes: Vec::new(),
            events: 0,
        }
    }

    /// All races so far, by their later event.
    pub fn races(&self) -> &[Race] {
        &self.races
    }

    /// Number of events so far: the index that the next one gets.
    pub fn len(&self) -> usize {
        self.events
    }

    /// Whether nothing happened yet.
    pub fn is_empty(&self) -> bool {
        self.events == 0
    }

    /// Whether `g` is started, not ended, and not waiting in a `WaitGroup` or `Cond`.
    pub fn is_running(&self, g: Goroutine) -> bool {
        self.run(g) == Some(Run::Running)
    }

    /// The event with which a goroutine that waits in a `WaitGroup` or `Cond` can go on, once it may.
    pub fn wake_of(&self, g: Goroutine) -> Option<Op> {
        match self.run(g)? {
            Run::Group(group) => Some(Op::WaitGroupWake { group }),
            Run::Cond { cond, mutex, .. } => Some(Op::CondWake { cond, mutex }),
            Run::Running | Run::Ended => None,
        }
    }

    /// Whether an access by `g` right now would race with one before it. Observed atomic writes order an atomic
    /// access as they would if it were pushed.
    pub fn would_race(&self, g: Goroutine, addr: Addr, size: u64, kind: Kind) -> bool {
        let Some(Some(state)) = self.goroutines.get(g as usize) else {
            return false;
        };
        let mut after: Vec<Node> = state.last.into_iter().collect();
        if kind.atomic {
            after.extend(self.observed(addr, size));
        }
        self.accesses.would_race(&self.order, &after, addr, size, kind)
    }

    fn run(&self, g: Goroutine) -> Option<Run> {
        Some(self.goroutines.get(g as usize)?.as_ref()?.run)
    }

    /// Whether `event` can come next.
    pub fn check(&self, event: &Event) -> Result<(), Invalid> {
        let ensure = |condition: bool, why: &'static str| if condition { Ok(()) } else { Err(Invalid(why)) };
        let g = event.goroutine;
        let objects = &self.objects;
        let run = self.run(g).ok_or(Invalid("the goroutine was never started"))?;
        let waking = matches!(event.op, Op::WaitGroupWake { .. } | Op::CondWake { .. });
        ensure(waking || run == Run::Running, "the goroutine is waiting or has ended")?;
        let partner = |p: Goroutine| ensure(p != g && self.is_running(p), "the partner cannot be waiting there");
        let open = |chan: Addr| -> Result<&Chan, Invalid> {
            let chan = objects.chan(chan)?.ok_or(Invalid("no such channel"))?;
            ensure(chan.closed.is_none(), "the channel is closed")?;
            Ok(chan)
        };
        let locked = |mutex: Addr| Ok::<_, Invalid>(objects.mutex(mutex)?.is_some_and(|m| m.locked));
        let read_write = |rw: Addr| -> Result<(bool, u32), Invalid> {
            Ok(objects.read_write(rw)?.map_or((false, 0), |rw| (rw.writer, rw.readers)))
        };
        match &event.op {
            Op::Go { child } => ensure(*child != 0 && self.run(*child).is_none(), "the goroutine was started before"),
            Op::End => Ok(()),
            Op::Read { size, .. } | Op::Write { size, .. } => ensure(*size > 0, "an access has a size"),
            Op::AtomicLoad { addr, size }
            | Op::AtomicStore { addr, size }
            | Op::AtomicRmw { addr, size }
            | Op::AtomicCasFail { addr, size } => {
                ensure((*size == 4 || *size == 8) && addr % size == 0, "an atomic has 4 or 8 aligned bytes")
            }
            Op::Lock { mutex } => ensure(!locked(*mutex)?, "the mutex is locked"),
            Op::Unlock { mutex } => ensure(locked(*mutex)?, "the mutex is not locked"),
            Op::TryLockFail { mutex } => ensure(locked(*mutex)?, "TryLock would succeed"),
            Op::ReadLock { rw } => ensure(!read_write(*rw)?.0, "a writer holds it"),
            Op::ReadUnlock { rw } => ensure(read_write(*rw)?.1 > 0, "no reader holds it"),
            Op::WriteLock { rw } => ensure(read_write(*rw)? == (false, 0), "it is held"),
            Op::WriteUnlock { rw } => ensure(read_write(*rw)?.0, "no writer holds it"),
            Op::TryReadLockFail { rw } => ensure(read_write(*rw)?.0, "TryRLock would succeed"),
            Op::TryWriteLockFail { rw } => ensure(read_write(*rw)? != (false, 0), "TryLock would succeed"),
            Op::WaitGroupAdd { group, delta } => {
                ensure(*delta != 0, "Add(0) does nothing")?;
                let Some(group) = objects.group(*group)? else {
                    return ensure(*delta > 0, "negative counter");
                };
                ensure(group.counter + i64::from(*delta) >= 0, "negative counter")?;
                ensure(group.released.is_empty(), "reused before the previous Wait has returned")?;
                ensure(
                    *delta < 0 || group.counter > 0 || group.waiters.is_empty(),
                    "Add beside Wait with the counter at zero",
                )
            }
            Op::WaitGroupWait { group } => {
                let group = objects.group(*group)?;
                ensure(group.is_none_or(|w| w.counter == 0), "Wait would block")
            }
            Op::WaitGroupBlock { group } => {
                let group = objects.group(*group)?;
                ensure(group.is_some_and(|w| w.counter > 0), "Wait would not block")
            }
            Op::WaitGroupWake { group } => {
                ensure(run == Run::Group(*group), "the goroutine is not in this Wait")?;
                ensure(objects.group(*group)?.is_some_and(|w| w.released.contains(&g)), "the counter is not zero")
            }
            Op::OnceBegin { once } => {
                let once = objects.once(*once)?;
                ensure(once.is_none_or(|o| o.runner.is_none() && o.done.is_none()), "Do has begun before")
            }
            Op::OnceEnd { once } => {
                ensure(objects.once(*once)?.is_some_and(|o| o.runner == Some(g)), "this goroutine does not run f")
            }
            Op::OnceReturn { once, waited } => {
                let done = objects.once(*once)?.and_then(|o| o.done).ok_or(Invalid("f is not complete"))?;
                let last_event = self.goroutines[g as usize].expect("it is running").last_event;
                ensure(!waited || last_event < done.1, "the goroutine was elsewhere while f ran")
            }
            Op::CondWait { cond, mutex } => {
                ensure(locked(*mutex)?, "Wait needs its locker")?;
                objects.cond(*cond)?;
                Ok(())
            }
            Op::CondSignal { cond } | Op::CondBroadcast { cond } => {
                objects.cond(*cond)?;
                Ok(())
            }
            Op::CondWake { cond, mutex } => {
                let Run::Cond { cond: c, mutex: m, signal } = run else {
                    return Err(Invalid("the goroutine is not in a Cond.Wait"));
                };
                ensure(c == *cond && m == *mutex, "the goroutine is not in this Cond.Wait")?;
                ensure(signal.is_some(), "no signal has come")?;
                ensure(!locked(*mutex)?, "the locker is held")
            }
            Op::MakeChan { chan, .. } => ensure(!objects.occupied(*chan), "something is at this address"),
            Op::Send { chan, receiver: None } => {
                let chan = open(*chan)?;
                ensure(chan.queued() < chan.capacity, "the send would block")
            }
            Op::Send { chan, receiver: Some(receiver) } => {
                partner(*receiver)?;
                ensure(open(*chan)?.queued() == 0, "a receiver would not be waiting")
            }
            Op::Recv { chan, sender: None } => {
                let chan = objects.chan(*chan)?.ok_or(Invalid("no such channel"))?;
                ensure(chan.queued() > 0, "the receive would block")
            }
            Op::Recv { chan, sender: Some(sender) } => {
                partner(*sender)?;
                let chan = open(*chan)?;
                ensure(chan.queued() == chan.capacity, "a sender would not be waiting")
            }
            Op::RecvClosed { chan } => {
                let chan = objects.chan(*chan)?.ok_or(Invalid("no such channel"))?;
                ensure(chan.closed.is_some() && chan.queued() == 0, "the channel is not closed and drained")
            }
            Op::Close { chan, woken } => {
                let chan = open(*chan)?;
                ensure(woken.is_empty() || chan.queued() == 0, "a receiver would not be waiting")?;
                for (i, receiver) in woken.iter().enumerate() {
                    partner(*receiver)?;
                    ensure(!woken[..i].contains(receiver), "a goroutine waits once")?;
                }
                Ok(())
            }
            Op::SelectPoll { sends } => {
                for chan in sends {
                    let chan = open(*chan)?;
                    ensure(chan.queued() == chan.capacity, "the case could be chosen")?;
                }
                Ok(())
            }
            Op::Malloc { addr, size } => ensure(*size > 0 && !objects.in_use(*addr, *size), "the memory is in use"),
        }
    }

    /// Appends an event. Its races with earlier accesses are at the end of [`Oracle::races`] afterwards.
    ///
    /// # Errors
    ///
    /// When it cannot come next, nothing changes and the reason is returned.
    pub fn push(&mut self, event: &Event) -> Result<(), Invalid> {
        self.check(event)?;
        self.apply(event.goroutine, &event.op);
        let index = self.events;
        for g in std::iter::once(event.goroutine).chain(partners(&event.op)) {
            self.goroutines[g as usize].as_mut().expect("it was checked").last_event = index;
        }
        self.events += 1;
        Ok(())
    }

    /// Adds the next point of `g`, after its previous one (rule 1) and after `synchronized`.
    fn step(&mut self, g: Goroutine, synchronized: &[Node]) -> Node {
        let state = self.goroutines[g as usize].as_mut().expect("only started goroutines take steps");
        let node = self.order.add(state.last.into_iter().chain(synchronized.iter().copied()));
        state.last = Some(node);
        node
    }

    fn access(&mut self, node: Node, addr: Addr, size: u64, kind: Kind) {
        self.accesses.record(&self.order, &mut self.races, self.events, node, addr, size, kind);
    }

    /// The atomic writes whose effect an atomic operation on these bytes observes now: the latest of each byte.
    fn observed(&self, addr: Addr, size: u64) -> Vec<Node> {
        let bytes = addr..addr + size;
        let mut nodes: Vec<Node> =
            self.atomic_writes.iter().filter(|(at, _)| bytes.contains(at)).map(|(_, node)| *node).collect();
        nodes.dedup();
        nodes
    }

    /// Rule 15: an operation whose effect is observed is ordered before the observer. A store observes nothing; a
    /// read-modify-write observes and is observed.
    fn atomic(&mut self, g: Goroutine, addr: Addr, size: u64, kind: Kind, observes: bool) {
        let observed = if observes { self.observed(addr, size) } else { Vec::new() };
        let node = self.step(g, &observed);
        self.access(node, addr, size, kind);
        if kind.write {
            let bytes = addr..addr + size;
            self.atomic_writes.retain(|(at, _)| !bytes.contains(at));
            self.atomic_writes.extend(bytes.map(|at| (at, node)));
        }
    }

    fn set_run(&mut self, g: Goroutine, run: Run) {
        self.goroutines[g as usize].as_mut().expect("it was checked").run = run;
    }

    /// Rule 10, second half: a Lock returns after every earlier Unlock.
    fn lock(&mut self, g: Goroutine, mutex: Addr, also: Option<Node>) {
        let mut after = self.objects.mutex_mut(mutex).unlocks.clone();
        after.extend(also);
        self.step(g, &after);
        self.objects.mutex_mut(mutex).locked = true;
    }

    /// Rule 10, first half.
    fn unlock(&mut self, g: Goroutine, mutex: Addr) {
        let node = self.step(g, &[]);
        let mutex = self.objects.mutex_mut(mutex);
        mutex.locked = false;
        mutex.unlocks.push(node);
    }

    /// Rules 5, 6 and 8 for one sent value. `sender` or `receiver` is absent when that side happens at another
    /// time, the value being in the buffer meanwhile. Each side has a start and a completion, because the rules
    /// name them apart: a send is before the *completion* of its receive, and the k-th receive is before the
    /// *completion* of the (k+C)-th send; so two receives are not ordered by the send between them.
    fn send_start(&mut self, g: Goroutine, chan: Addr) {
        let start = self.step(g, &[]);
        self.access(start, chan + CHAN_CONFLICT_OFFSET, 1, Kind::READ);
        self.objects.chan_mut(chan).sends.push(start);
    }

    fn receive_start(&mut self, g: Goroutine, chan: Addr) {
        let start = self.step(g, &[]);
        self.objects.chan_mut(chan).receives.push(start);
    }

    /// Completion of the latest send.
    fn send_complete(&mut self, g: Goroutine, chan: Addr) {
        let state = self.objects.chan_mut(chan);
        let k = state.sends.len() - 1;
        // Rule 8 for C > 0; rule 6 is the same with C = 0.
        let after: Vec<Node> = k.checked_sub(state.capacity).map(|r| state.receives[r]).into_iter().collect();
        self.step(g, &after);
    }

    /// Completion of the latest receive (rule 5).
    fn receive_complete(&mut self, g: Goroutine, chan: Addr) {
        let state = self.objects.chan_mut(chan);
        let after = state.sends[state.receives.len() - 1];
        self.step(g, &[after]);
    }

    fn apply(&mut self, g: Goroutine, op: &Op) {
        match *op {
            // Rule 3.
            Op::Go { child } => {
                let node = self.step(g, &[]);
                let child = child as usize;
                if self.goroutines.len() <= child {
                    self.goroutines.resize(child + 1, None);
                }
                self.goroutines[child] = Some(State { run: Run::Running, last: Some(node), last_event: self.events });
            }
            // Rule 4: no edge.
            Op::End => self.set_run(g, Run::Ended),
            Op::Read { addr, size } => {
                let node = self.step(g, &[]);
                self.access(node, addr, size, Kind::READ);
            }
            Op::Write { addr, size } => {
                let node = self.step(g, &[]);
                self.access(node, addr, size, Kind::WRITE);
            }
            Op::AtomicLoad { addr, size } | Op::AtomicCasFail { addr, size } => {
                self.atomic(g, addr, size, Kind::ATOMIC_READ, true);
            }
            Op::AtomicStore { addr, size } => self.atomic(g, addr, size, Kind::ATOMIC_WRITE, false),
            Op::AtomicRmw { addr, size } => self.atomic(g, addr, size, Kind::ATOMIC_WRITE, true),
            Op::Lock { mutex } => self.lock(g, mutex, None),
            Op::Unlock { mutex } => self.unlock(g, mutex),
            // Rules 10 and 11: a failed TryLock has no synchronizing effect at all.
            Op::TryLockFail { .. } | Op::TryReadLockFail { .. } | Op::TryWriteLockFail { .. } => {
                self.step(g, &[]);
            }
            // Rule 11: Unlock before a later RLock or Lock; RUnlock before a later Lock only.
            Op::ReadLock { rw } => {
                let after = self.objects.read_write_mut(rw).unlocks.clone();
                self.step(g, &after);
                self.objects.read_write_mut(rw).readers += 1;
            }
            Op::ReadUnlock { rw } => {
                let node = self.step(g, &[]);
                let rw = self.objects.read_write_mut(rw);
                rw.readers -= 1;
                rw.read_unlocks.push(node);
            }
            Op::WriteLock { rw } => {
                let state = self.objects.read_write_mut(rw);
                state.writer = true;
                let mut after = state.unlocks.clone();
                after.extend(&state.read_unlocks);
                self.step(g, &after);
            }
            Op::WriteUnlock { rw } => {
                let node = self.step(g, &[]);
                let rw = self.objects.read_write_mut(rw);
                rw.writer = false;
                rw.unlocks.push(node);
            }
            // Rule 13. "Done is synchronized before the return of any Wait that it unblocks" is read as: of any
            // Wait that returns after it. A program cannot know whether the counter passed zero in between (three
            // times Add(1) and `go` may or may not), so no correct program depends on a narrower reading, and the
            // ordinary use depends on this one.
            Op::WaitGroupAdd { group, delta } => {
                let node = self.step(g, &[]);
                let state = self.objects.group_mut(group);
                let before = state.counter;
                state.counter += i64::from(delta);
                if delta < 0 {
                    state.dones.push(node);
                    if state.counter == 0 {
                        state.released = std::mem::take(&mut state.waiters);
                    }
                } else if before == 0 {
                    // The documented misuse: an Add from zero must happen before the Wait.
                    self.access(node, group + WAIT_GROUP_CONFLICT_OFFSET, 1, Kind::READ);
                }
            }
            Op::WaitGroupWait { group } => {
                let after = self.objects.group_mut(group).dones.clone();
                self.step(g, &after);
            }
            Op::WaitGroupBlock { group } => {
                let node = self.step(g, &[]);
                let state = self.objects.group_mut(group);
                state.waiters.push(g);
                if state.waiters.len() == 1 {
                    self.access(node, group + WAIT_GROUP_CONFLICT_OFFSET, 1, Kind::WRITE);
                }
                self.set_run(g, Run::Group(group));
            }
            Op::WaitGroupWake { group } => {
                let state = self.objects.group_mut(group);
                state.released.retain(|w| *w != g);
                let after = state.dones.clone();
                self.step(g, &after);
                self.set_run(g, Run::Running);
            }
            // Rule 12: completion of f before the return of any Do.
            Op::OnceBegin { once } => {
                self.step(g, &[]);
                self.objects.once_mut(once).runner = Some(g);
            }
            Op::OnceEnd { once } => {
                let node = self.step(g, &[]);
                let event = self.events;
                let once = self.objects.once_mut(once);
                once.runner = None;
                once.done = Some((node, event));
            }
            Op::OnceReturn { once, .. } => {
                let (done, _) = self.objects.once_mut(once).done.expect("it was checked");
                self.step(g, &[done]);
            }
            // Rule 14: the call that unblocks a Wait is before its return, besides the locker's edges.
            Op::CondWait { cond, mutex } => {
                self.unlock(g, mutex);
                self.objects.cond_mut(cond).waiters.push_back(g);
                self.set_run(g, Run::Cond { cond, mutex, signal: None });
            }
            Op::CondSignal { cond } => {
                let node = self.step(g, &[]);
                let woken = self.objects.cond_mut(cond).waiters.pop_front();
                self.signal(node, woken);
            }
            Op::CondBroadcast { cond } => {
                let node = self.step(g, &[]);
                let woken = std::mem::take(&mut self.objects.cond_mut(cond).waiters);
                self.signal(node, woken);
            }
            Op::CondWake { mutex, .. } => {
                let Some(Run::Cond { signal, .. }) = self.run(g) else { unreachable!("it was checked") };
                self.lock(g, mutex, signal);
                self.set_run(g, Run::Running);
            }
            Op::MakeChan { chan, capacity, .. } => {
                self.step(g, &[]);
                self.objects.chan_mut(chan).capacity = capacity as usize;
            }
            Op::Send { chan, receiver } => {
                if let Some(receiver) = receiver {
                    self.receive_with_sender(chan, g, receiver);
                } else {
                    self.send_start(g, chan);
                    self.send_complete(g, chan);
                }
            }
            Op::Recv { chan, sender } => {
                if let Some(sender) = sender {
                    self.receive_with_sender(chan, sender, g);
                } else {
                    self.receive_start(g, chan);
                    self.receive_complete(g, chan);
                }
            }
            // Rule 7.
            Op::RecvClosed { chan } => {
                let closed = self.objects.chan_mut(chan).closed.expect("it was checked");
                self.step(g, &[closed]);
            }
            Op::Close { chan, ref woken } => {
                let node = self.step(g, &[]);
                self.access(node, chan + CHAN_CONFLICT_OFFSET, 1, Kind::WRITE);
                self.objects.chan_mut(chan).closed = Some(node);
                for receiver in woken {
                    self.step(*receiver, &[node]);
                }
            }
            // Rule 9: the chosen case is its operation, the others and the default are none. A send case that was
            // looked at must not run beside a close all the same: had it been chosen, it would panic.
            Op::SelectPoll { ref sends } => {
                let node = self.step(g, &[]);
                for chan in sends {
                    self.access(node, chan + CHAN_CONFLICT_OFFSET, 1, Kind::READ);
                }
            }
            Op::Malloc { addr, size } => {
                self.step(g, &[]);
                self.accesses.forget(addr, size);
                self.objects.forget(addr, size);
                self.atomic_writes.retain(|(at, _)| !(addr..addr + size).contains(at));
            }
        }
    }

    /// A send and a receive complete together: unbuffered, or past an empty or a full buffer.
    fn receive_with_sender(&mut self, chan: Addr, sender: Goroutine, receiver: Goroutine) {
        self.receive_start(receiver, chan);
        self.send_start(sender, chan);
        self.send_complete(sender, chan);
        self.receive_complete(receiver, chan);
    }

    fn signal(&mut self, signal: Node, woken: impl IntoIterator<Item = Goroutine>) {
        for g in woken {
            if let Some(Run::Cond { cond, mutex, .. }) = self.run(g) {
                self.set_run(g, Run::Cond { cond, mutex, signal: Some(signal) });
            }
        }
    }
}

/// The other goroutines that take a step in this event.
pub fn partners(op: &Op) -> Vec<Goroutine> {
    match op {
        Op::Send { receiver: Some(g), .. } | Op::Recv { sender: Some(g), .. } => vec![*g],
        Op::Close { woken, .. } => woken.clone(),
        _ => Vec::new(),
    }
}
