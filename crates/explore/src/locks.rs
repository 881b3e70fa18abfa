//! What the library cannot express in the language: locks, groups, atomics, timers, output.

use crate::exec::{pointer, wrap};
use crate::machine::{Machine, Step, Trap};
use crate::program::{Native, future};
use crate::state::{AccessKind, Body, End, Gor, State, Sync};
use crate::trace::{SyncOp, What};
use crate::value::{Ptr, Value};
use crate::view::View;
use std::rc::Rc;

/// Bit of an `RWMutex`'s cell: a writer waits, so that no more readers are let in.
const ANNOUNCED: i64 = 1 << 40;

fn word() -> Sync {
    Sync::Word(View::default())
}

impl Machine<'_> {
    fn cell(&self, st: &State, p: Ptr) -> Value {
        match &st.object(p.obj).body {
            Body::Cells(cells) => cells.get(p.off as usize).cloned().unwrap_or_default(),
            _ => Value::Nil,
        }
    }

    fn set_cell(&self, st: &mut State, p: Ptr, value: Value) {
        if let Body::Cells(cells) = &mut st.object_mut(p.obj).body {
            cells[p.off as usize] = value;
        }
    }

    /// Joins what the object's releases published.
    fn acquire(&self, st: &mut State, g: usize, p: Ptr) {
        if let Ok(at) = st.object(p.obj).syncs.binary_search_by_key(&p.off, |(o, _)| *o)
            && let Sync::Word(view) = &st.object(p.obj).syncs[at].1
        {
            let view = view.clone();
            st.views[g].join(&view);
        }
    }

    /// Publishes the goroutine's view; what was published before stays or not.
    fn release(&self, st: &mut State, g: usize, p: Ptr, keep: bool) {
        let view = st.views[g].clone();
        if let Sync::Word(old) = st.object_mut(p.obj).sync(p.off, word) {
            if keep {
                old.join(&view);
            } else {
                *old = view;
            }
        }
    }

    fn sync_event(&mut self, st: &State, op: SyncOp, p: Ptr, number: i64) {
        if self.tracing() {
            let place = self.place(st, p.obj, p.off);
            self.event(What::Sync { op, place, number });
        }
    }

    pub(crate) fn native(
        &mut self,
        st: &mut State,
        g: usize,
        gor: &mut Gor,
        native: Native,
        args: &[Value],
    ) -> Step<Vec<Value>> {
        use Native as N;
        let int = |i: usize| args.get(i).map_or(0, Value::int);
        let none = || Ok(Vec::new());
        let truth = |b: bool| Ok(vec![Value::bool(b)]);
        match native {
            N::MutexLock => {
                let p = pointer(&args[0])?;
                self.branching(st)?;
                if self.cell(st, p).int() != 0 {
                    return Err(Trap::Blocked);
                }
                self.set_cell(st, p, Value::Int(1));
                self.acquire(st, g, p);
                self.sync_event(st, SyncOp::Lock, p, 0);
                none()
            }
            N::MutexTryLock => {
                let p = pointer(&args[0])?;
                self.branching(st)?;
                // As far as the memory model goes, it may fail although the mutex is free.
                let free = self.cell(st, p).int() == 0;
                if !free || self.choose(2)? == 1 {
                    self.sync_event(st, SyncOp::TryLockFail, p, i64::from(free));
                    return truth(false);
                }
                self.set_cell(st, p, Value::Int(1));
                self.acquire(st, g, p);
                self.sync_event(st, SyncOp::Lock, p, 0);
                truth(true)
            }
            N::MutexUnlock => {
                let p = pointer(&args[0])?;
                if self.cell(st, p).int() == 0 {
                    self.branching(st)?;
                    return Err(Trap::End(End::Throw("sync: unlock of unlocked mutex".into())));
                }
                self.set_cell(st, p, Value::Int(0));
                self.release(st, g, p, true);
                self.sync_event(st, SyncOp::Unlock, p, 0);
                none()
            }
            N::RwLock | N::RwTryLock => {
                let p = pointer(&args[0])?;
                self.branching(st)?;
                let state = self.cell(st, p).int();
                let free = state == 0 || state == ANNOUNCED;
                if native == N::RwTryLock && (!free || self.choose(2)? == 1) {
                    self.sync_event(st, SyncOp::TryRwLockFail, p, i64::from(free));
                    return truth(false);
                }
                if !free {
                    if state > 0 && state & ANNOUNCED == 0 {
                        // It waits for the readers, and no more are let in. It stays at this step.
                        self.set_cell(st, p, Value::Int(state | ANNOUNCED));
                        let frame = gor.frames.last_mut().expect("it stands in a call");
                        frame.pc = frame.pc.wrapping_sub(1);
                        return none();
                    }
                    return Err(Trap::Blocked);
                }
                self.set_cell(st, p, Value::Int(-1));
                if let Sync::ReadWrite(a, b) = st.object_mut(p.obj).sync(p.off, read_write).clone() {
                    st.views[g].join(&a);
                    st.views[g].join(&b);
                }
                self.sync_event(st, SyncOp::RwLock, p, 0);
                truth(true)
            }
            N::RwUnlock => {
                let p = pointer(&args[0])?;
                if self.cell(st, p).int() != -1 {
                    self.branching(st)?;
                    return Err(Trap::End(End::Throw("sync: Unlock of unlocked RWMutex".into())));
                }
                self.set_cell(st, p, Value::Int(0));
                let view = st.views[g].clone();
                if let Sync::ReadWrite(a, _) = st.object_mut(p.obj).sync(p.off, read_write) {
                    a.join(&view);
                }
                self.sync_event(st, SyncOp::RwUnlock, p, 0);
                none()
            }
            N::RwRLock | N::RwTryRLock => {
                let p = pointer(&args[0])?;
                self.branching(st)?;
                let state = self.cell(st, p).int();
                let free = state >= 0 && state & ANNOUNCED == 0;
                if native == N::RwTryRLock && (!free || self.choose(2)? == 1) {
                    self.sync_event(st, SyncOp::TryRLockFail, p, i64::from(state >= 0));
                    return truth(false);
                }
                if !free {
                    return Err(Trap::Blocked);
                }
                self.set_cell(st, p, Value::Int(state + 1));
                if let Sync::ReadWrite(a, _) = st.object_mut(p.obj).sync(p.off, read_write).clone() {
                    st.views[g].join(&a);
                }
                self.sync_event(st, SyncOp::RLock, p, 0);
                truth(true)
            }
            N::RwRUnlock => {
                let p = pointer(&args[0])?;
                let state = self.cell(st, p).int();
                if state & (ANNOUNCED - 1) == 0 || state < 0 {
                    self.branching(st)?;
                    return Err(Trap::End(End::Throw("sync: RUnlock of unlocked RWMutex".into())));
                }
                self.set_cell(st, p, Value::Int(state - 1));
                let view = st.views[g].clone();
                if let Sync::ReadWrite(_, b) = st.object_mut(p.obj).sync(p.off, read_write) {
                    b.join(&view);
                }
                self.sync_event(st, SyncOp::RUnlock, p, 0);
                none()
            }
            N::WgAdd | N::WgDone => {
                let p = pointer(&args[0])?;
                let delta = if native == N::WgDone { -1 } else { int(1) };
                if delta > 0 && st.others_future(self.program, g) & future::WAIT != 0 {
                    self.branching(st)?;
                }
                let count = self.cell(st, p).int() + delta;
                if count < 0 {
                    self.branching(st)?;
                    let text = "sync: negative WaitGroup counter";
                    return Err(Trap::Panic(self.plain_panic(text), false));
                }
                self.set_cell(st, p, Value::Int(count));
                if delta < 0 {
                    self.release(st, g, p, true);
                }
                self.sync_event(st, SyncOp::WgAdd, p, delta);
                none()
            }
            N::WgWait => {
                let p = pointer(&args[0])?;
                self.branching(st)?;
                if self.cell(st, p).int() != 0 {
                    return Err(Trap::Blocked);
                }
                self.acquire(st, g, p);
                self.sync_event(st, SyncOp::WgWait, p, 0);
                none()
            }
            N::OnceEnter => {
                let p = pointer(&args[0])?;
                self.branching(st)?;
                match self.cell(st, p).int() {
                    0 => {
                        self.set_cell(st, p, Value::Int(1));
                        self.sync_event(st, SyncOp::OnceBegin, p, 0);
                        truth(true)
                    }
                    1 => Err(Trap::Blocked),
                    _ => {
                        self.acquire(st, g, p);
                        self.sync_event(st, SyncOp::OnceReturn, p, 0);
                        truth(false)
                    }
                }
            }
            N::OnceLeave => {
                let p = pointer(&args[0])?;
                self.set_cell(st, p, Value::Int(2));
                self.release(st, g, p, false);
                self.sync_event(st, SyncOp::OnceEnd, p, 0);
                none()
            }
            N::CondAdd => {
                let p = pointer(&args[0])?;
                self.branching(st)?;
                let mut ticket = 0;
                if let Sync::Cond(waiting, woken) = st.object_mut(p.obj).sync(p.off, cond) {
                    while waiting.contains(&ticket) || woken.iter().any(|(t, _)| *t == ticket) {
                        ticket += 1;
                    }
                    waiting.push(ticket);
                }
                self.sync_event(st, SyncOp::CondAdd, p, i64::from(ticket));
                Ok(vec![Value::Int(i64::from(ticket))])
            }
            N::CondPark => {
                let p = pointer(&args[0])?;
                self.branching(st)?;
                let ticket = int(1) as u32;
                let mut found = None;
                if let Sync::Cond(_, woken) = st.object_mut(p.obj).sync(p.off, cond)
                    && let Some(at) = woken.iter().position(|(t, _)| *t == ticket)
                {
                    found = Some(woken.remove(at).1);
                }
                let Some(view) = found else { return Err(Trap::Blocked) };
                st.views[g].join(&view);
                self.sync_event(st, SyncOp::CondPark, p, i64::from(ticket));
                none()
            }
            N::CondSignal | N::CondBroadcast => {
                let p = pointer(&args[0])?;
                self.branching(st)?;
                let view = st.views[g].clone();
                let all = native == N::CondBroadcast;
                let mut n = 0;
                if let Sync::Cond(waiting, woken) = st.object_mut(p.obj).sync(p.off, cond) {
                    // The runtime wakes those who wait in the order in which they began to.
                    n = if all { waiting.len() } else { waiting.len().min(1) };
                    woken.extend(waiting.drain(..n).map(|t| (t, view.clone())));
                }
                self.sync_event(st, if all { SyncOp::CondBroadcast } else { SyncOp::CondSignal }, p, n as i64);
                none()
            }
            N::PoolPut | N::PoolGet => {
                let p = pointer(&args[0])?;
                self.branching(st)?;
                let view = st.views[g].clone();
                let Sync::Pool(list) = st.object_mut(p.obj).sync(p.off, || Sync::Pool(Vec::new())).clone() else {
                    return none();
                };
                if native == N::PoolPut {
                    if let Sync::Pool(list) = st.object_mut(p.obj).sync(p.off, || Sync::Pool(Vec::new())) {
                        list.push((args[1].clone(), view));
                    }
                    self.sync_event(st, SyncOp::PoolPut, p, list.len() as i64);
                    return none();
                }
                // It may give any that was put, or none.
                let chosen = self.choose(list.len() + 1)?;
                let Some((value, view)) = list.get(chosen).cloned() else {
                    return Ok(vec![Value::Nil, Value::bool(false)]);
                };
                if let Sync::Pool(list) = st.object_mut(p.obj).sync(p.off, || Sync::Pool(Vec::new())) {
                    list.remove(chosen);
                }
                st.views[g].join(&view);
                self.sync_event(st, SyncOp::PoolGet, p, chosen as i64);
                Ok(vec![value, Value::bool(true)])
            }
            N::MapLoad | N::MapSwap | N::MapLoadOrStore | N::MapCas | N::MapTake | N::MapTakeIf => {
                self.sync_map(st, g, native, args)
            }
            N::MapKeys => {
                let p = pointer(&args[0])?;
                self.branching(st)?;
                let mut keys = Vec::new();
                if let Sync::Map(list) = st.object_mut(p.obj).sync(p.off, || Sync::Map(Vec::new())) {
                    keys.extend(list.iter().filter(|(_, v, _)| v.is_some()).map(|(k, _, _)| k.clone()));
                }
                let obj = self.allocate(st, 0, Body::Cells(keys.clone()));
                let len = keys.len() as u32;
                Ok(vec![if len == 0 { Value::Nil } else { Value::Slice { at: Ptr { obj, off: 0 }, len, cap: len } }])
            }
            N::AtomicLoad
            | N::AtomicStore
            | N::AtomicSwap
            | N::AtomicCas
            | N::AtomicAdd
            | N::AtomicAnd
            | N::AtomicOr
            | N::AtomicStoreSame => self.atomic(st, g, native, args),
            N::TimerFire => {
                let p = pointer(&args[0])?;
                let armed = self.cell(st, p).int() == int(1);
                if armed {
                    self.branching(st)?;
                    self.set_cell(st, p, Value::Int(if int(2) != 0 { int(1) } else { 0 }));
                    if int(2) == 0 {
                        gor.system = false;
                    }
                }
                truth(armed)
            }
            N::TimerSet => {
                let p = pointer(&args[0])?;
                self.branching(st)?;
                let old = self.cell(st, p);
                self.set_cell(st, p, args[1].clone());
                Ok(vec![old])
            }
            N::TimerState => {
                let p = pointer(&args[0])?;
                self.branching(st)?;
                Ok(vec![self.cell(st, p)])
            }
            N::Yield => none(),
            N::NumGoroutine => {
                self.branching(st)?;
                Ok(vec![Value::Int(st.counted() as i64)])
            }
            N::Goexit => Err(Trap::Panic(Value::Nil, true)),
            N::Choose => Ok(vec![Value::Int(self.choose(int(0).max(1) as usize)? as i64)]),
            N::Exit => {
                self.branching(st)?;
                Err(Trap::End(if int(0) == 0 { End::Normal } else { End::Exit(int(0)) }))
            }
            N::Throw => {
                self.branching(st)?;
                Err(Trap::End(End::Throw(String::from_utf8_lossy(args[0].bytes()).into_owned())))
            }
            N::WriteOut => {
                self.branching(st)?;
                Rc::make_mut(&mut st.output).extend(args[0].bytes());
                if st.output.len() > 1 << 16 {
                    return Err(Trap::Refuse("the program writes more than 64 KiB".into()));
                }
                self.event(What::Print(args[0].bytes().to_vec()));
                none()
            }
            N::WriteErr => none(),
            _ => self.text(st, g, native, args),
        }
    }

    fn sync_map(&mut self, st: &mut State, g: usize, native: Native, args: &[Value]) -> Step<Vec<Value>> {
        let (p, key) = (pointer(&args[0])?, args[1].clone());
        self.branching(st)?;
        self.comparable(&key)?;
        let fresh = || Sync::Map(Vec::new());
        let Sync::Map(list) = st.object_mut(p.obj).sync(p.off, fresh) else { return Ok(Vec::new()) };
        let found = list.binary_search_by(|(k, _, _)| k.order(&key));
        let (old, view) = match found {
            Ok(at) => (list[at].1.clone(), list[at].2.clone()),
            Err(_) => (None, View::default()),
        };
        let present = old.is_some();
        let value = old.clone().unwrap_or_default();
        let matches = |want: &Value| old.as_ref().is_some_and(|v| v.same(want));
        // What is stored: nothing changes, a value, or none.
        let (change, results): (Option<Option<Value>>, Vec<Value>) = match native {
            Native::MapLoad => (None, vec![value, Value::bool(present)]),
            Native::MapSwap => (Some(Some(args[2].clone())), vec![value, Value::bool(present)]),
            Native::MapLoadOrStore if present => (None, vec![value, Value::bool(true)]),
            Native::MapLoadOrStore => (Some(Some(args[2].clone())), vec![args[2].clone(), Value::bool(false)]),
            Native::MapCas if matches(&args[2]) => (Some(Some(args[3].clone())), vec![Value::bool(true)]),
            Native::MapTake if present => (Some(None), vec![value, Value::bool(true)]),
            Native::MapTake => (None, vec![value, Value::bool(false)]),
            Native::MapTakeIf if matches(&args[2]) => (Some(None), vec![Value::bool(true)]),
            _ => (None, vec![Value::bool(false)]),
        };
        st.views[g].join(&view);
        let number = i64::from(change.is_some());
        if let Some(new) = change {
            let view = st.views[g].clone();
            if let Sync::Map(list) = st.object_mut(p.obj).sync(p.off, fresh) {
                match found {
                    Ok(at) => (list[at].1, list[at].2) = (new, view),
                    Err(at) => list.insert(at, (key, new, view)),
                }
            }
        }
        self.sync_event(st, if number != 0 { SyncOp::MapUpdate } else { SyncOp::MapRead }, p, 0);
        Ok(results)
    }

    /// Arguments: the address, operands, then bits and sign of the word and whether only atomic operations reach it.
    fn atomic(&mut self, st: &mut State, g: usize, native: Native, args: &[Value]) -> Step<Vec<Value>> {
        use Native as N;
        let p = pointer(&args[0])?;
        self.branching(st)?;
        let n = args.len();
        let (bits, signed, private) = (args[n - 3].int() as u8, args[n - 2].int() != 0, args[n - 1].int() != 0);
        let racy = st.object(p.obj).is_racy(p.off);
        let loads = !matches!(native, N::AtomicStore | N::AtomicStoreSame);
        // Which value it observes; a store observes none.
        let old = if loads && racy && !private {
            let trace = self.trace.take();
            let value = self.read_cell(st, g, p, AccessKind::AtomicRead);
            self.trace = trace;
            value?
        } else {
            self.cell(st, p)
        };
        if loads {
            self.acquire(st, g, p);
        }
        let number = |v: i64| Value::Int(wrap(v, bits, signed));
        let (new, results) = match native {
            N::AtomicLoad => (None, vec![old.clone()]),
            N::AtomicStore => (Some(args[1].clone()), vec![]),
            N::AtomicStoreSame => {
                if let (Value::Iface(t, _), Value::Iface(u, _)) = (&old, &args[1])
                    && t != u
                {
                    let text = "sync/atomic: store of inconsistently typed value into Value";
                    return Err(Trap::Panic(self.plain_panic(text), false));
                }
                (Some(args[1].clone()), vec![old.clone()])
            }
            N::AtomicSwap => (Some(args[1].clone()), vec![old.clone()]),
            N::AtomicCas if old.same(&args[1]) => (Some(args[2].clone()), vec![Value::bool(true)]),
            N::AtomicCas => (None, vec![Value::bool(false)]),
            N::AtomicAdd => {
                let v = number(old.int().wrapping_add(args[1].int()));
                (Some(v.clone()), vec![v])
            }
            N::AtomicAnd => (Some(number(old.int() & args[1].int())), vec![old.clone()]),
            _ => (Some(number(old.int() | args[1].int())), vec![old.clone()]),
        };
        let kind = if new.is_some() { AccessKind::AtomicWrite } else { AccessKind::AtomicRead };
        let shown = new.clone().unwrap_or_else(|| old.clone());
        let note = match native {
            N::AtomicLoad => "load",
            N::AtomicStore | N::AtomicStoreSame => "store",
            N::AtomicCas if new.is_none() => "failed compare-and-swap",
            N::AtomicCas => "compare-and-swap",
            N::AtomicSwap => "swap",
            N::AtomicAdd => "add",
            N::AtomicAnd => "and",
            _ => "or",
        };
        match new {
            Some(value) if !private => {
                let trace = self.trace.take();
                self.write_cell(st, g, p, value, AccessKind::AtomicWrite)?;
                self.trace = trace;
            }
            Some(value) => self.set_cell(st, p, value),
            None if !private => {
                self.record(st, g, p.obj, p.off, kind);
            }
            None => {}
        }
        if kind == AccessKind::AtomicWrite {
            self.release(st, g, p, false);
        }
        if self.tracing() {
            let place = self.place(st, p.obj, p.off);
            self.event(What::Access { place, kind, value: shown, from: None, note });
        }
        Ok(results)
    }

    /// A panic of the library with a text.
    pub(crate) fn plain_panic(&self, text: &str) -> Value {
        match self.program.types.iter().position(|t| t.name == "string") {
            Some(ty) => Value::Iface(ty as u32, Rc::new(Value::str(text))),
            None => Value::Nil,
        }
    }
}

fn read_write() -> Sync {
    Sync::ReadWrite(View::default(), View::default())
}

fn cond() -> Sync {
    Sync::Cond(Vec::new(), Vec::new())
}
