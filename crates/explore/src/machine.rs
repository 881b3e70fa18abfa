//! Runs goroutines: one branching step with given choices, and all that follows from it without a choice.
//!
//! Which steps branch: those whose effect depends on when they take place among the steps of other goroutines
//! (locks, channels, atomics, output, the end of `main`), and reads of cells that race. Everything else is done at once.
//! Done at once are also steps that commute to the left of everything else (Lipton's left movers): starting a goroutine,
//! Unlock, Done, an Add that no Wait can see.

use crate::program::{Callee, FuncId, Ins, PosId, Program, SiteId, future};
use crate::state::{AccessKind, Deferred, End, Frame, Gor, Object, Panicking, Stand, State};
use crate::trace::{Event, What};
use crate::value::{ObjId, Value};
use std::collections::{BTreeMap, HashMap};
use std::hash::{Hash, Hasher};
use std::rc::Rc;

/// Why a step was not made, or what it led to instead of the next instruction.
#[derive(Clone, Debug)]
pub enum Trap {
    /// It branches, and no choice is at hand.
    Visible,
    /// It cannot be made now.
    Blocked,
    /// A runtime error.
    Error(String),
    /// A panic with a value.
    Panic(Value, bool),
    /// The program ends.
    End(End),
    /// The program cannot be explored: why.
    Refuse(String),
}

/// The result of a part of a step.
pub type Step<T> = Result<T, Trap>;

/// Choices of one step, and between how many each was.
#[derive(Clone, Debug, Default)]
pub struct Chooser {
    /// What was or is to be chosen.
    pub taken: Vec<u16>,
    limits: Vec<u16>,
    at: usize,
}

impl Chooser {
    /// The choices given, and the first where there are none.
    pub fn replay(taken: Vec<u16>) -> Self {
        Chooser { taken, limits: Vec::new(), at: 0 }
    }

    fn choose(&mut self, n: usize) -> usize {
        if self.at == self.taken.len() {
            self.taken.push(0);
        }
        self.limits.truncate(self.at);
        self.limits.push(u16::try_from(n).unwrap_or(u16::MAX));
        self.at += 1;
        usize::from(self.taken[self.at - 1])
    }

    /// The next combination, if there is one.
    pub fn advance(&mut self) -> bool {
        self.taken.truncate(self.limits.len());
        while let (Some(last), Some(limit)) = (self.taken.pop(), self.limits.pop()) {
            if last + 1 < limit {
                self.taken.push(last + 1);
                self.limits.clear();
                self.at = 0;
                return true;
            }
        }
        false
    }
}

/// Two accesses that nothing orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hit {
    /// Where the object was made.
    pub site: SiteId,
    /// The cell.
    pub off: u32,
    /// Place of the access that was first in the execution.
    pub first: PosId,
    /// What it was.
    pub first_kind: AccessKind,
    /// Place of the other.
    pub second: PosId,
    /// What it was.
    pub second_kind: AccessKind,
}

/// Which cells are taken to race: by site, bits of cells.
pub type RacySet = HashMap<SiteId, Rc<Vec<u64>>>;

/// Values by racy cell: its object's site and its number.
pub type Guesses = BTreeMap<(SiteId, u32), Vec<Value>>;

/// Runs steps.
pub struct Machine<'p> {
    /// The program.
    pub program: &'p Program,
    /// The cells that are taken to race.
    pub racy: RacySet,
    /// Races seen since it was emptied last.
    pub hits: Vec<Hit>,
    /// Values that were written to racy cells.
    pub written: Guesses,
    /// Values that a racy read may observe although they are written later.
    pub guesses: Option<Rc<Guesses>>,
    /// What happened, if that is to be kept.
    pub trace: Option<Vec<Event>>,
    /// Instructions executed.
    pub steps: u64,
    pub(crate) chooser: Option<Chooser>,
    /// The position that accesses are charged to, and the goroutine.
    pub(crate) pos: PosId,
    pub(crate) gor: u32,
    /// Instructions that a goroutine may do without a branching step before it is taken to loop.
    pub patience: u32,
}

/// How a run up to the next branching step ended.
enum Pause {
    /// At a step that branches or cannot be made.
    Step,
    /// The function of the goroutine returned.
    Done,
    Crash(String),
    Ended(End),
}

impl<'p> Machine<'p> {
    /// A machine for a program.
    pub fn new(program: &'p Program, racy: RacySet) -> Self {
        Machine {
            program,
            racy,
            hits: Vec::new(),
            written: Guesses::new(),
            guesses: None,
            trace: None,
            steps: 0,
            chooser: None,
            pos: 0,
            gor: 0,
            patience: 30_000,
        }
    }

    /// The state before the first branching step.
    ///
    /// # Errors
    /// The program does something that cannot be explored.
    pub fn start(&mut self) -> Result<State, String> {
        let mut st = State::default();
        for &site in &self.program.globals {
            let ty = self.program.sites[site as usize].ty;
            let mut cells = Vec::new();
            self.zero_cells(ty, &mut cells);
            self.allocate(&mut st, site, crate::state::Body::Cells(cells));
        }
        self.spawn(&mut st, self.program.entry, Vec::new(), false, Default::default());
        self.settle(&mut st)?;
        Ok(st)
    }

    pub(crate) fn event(&mut self, what: What) {
        if let Some(trace) = &mut self.trace {
            trace.push(Event { gor: self.gor, pos: self.pos, what });
        }
    }

    pub(crate) fn tracing(&self) -> bool {
        self.trace.is_some()
    }

    /// A choice between `n`.
    pub(crate) fn choose(&mut self, n: usize) -> Step<usize> {
        if n <= 1 {
            return Ok(0);
        }
        match &mut self.chooser {
            Some(chooser) => Ok(chooser.choose(n)),
            None => Err(Trap::Visible),
        }
    }

    /// Stops where a step branches unless it was chosen, or no other goroutine is there.
    pub(crate) fn branching(&self, st: &State) -> Step<()> {
        if self.chooser.is_some() || st.gors.len() == 1 { Ok(()) } else { Err(Trap::Visible) }
    }

    pub(crate) fn allocate(&mut self, st: &mut State, site: SiteId, body: crate::state::Body) -> ObjId {
        let object = Object {
            body,
            site,
            serial: st.made,
            ty: self.program.sites[site as usize].ty,
            accesses: Vec::new(),
            syncs: Vec::new(),
            racy: Vec::new(),
            races: self.racy.get(&site).cloned(),
        };
        st.made += 1;
        match st.free_objects.pop() {
            Some(id) => {
                st.heap[id as usize] = Some(Rc::new(object));
                id
            }
            None => {
                st.heap.push(Some(Rc::new(object)));
                st.heap.len() as u32 - 1
            }
        }
    }

    pub(crate) fn frame(&self, func: FuncId, mut args: Vec<Value>) -> Frame {
        args.resize(usize::from(self.program.funcs[func as usize].regs), Value::Nil);
        Frame { func, pc: 0, regs: args, defers: Vec::new(), by_panic: false }
    }

    pub(crate) fn spawn(
        &mut self,
        st: &mut State,
        func: FuncId,
        args: Vec<Value>,
        system: bool,
        view: crate::view::View,
    ) -> u32 {
        let id = st.started;
        st.started += 1;
        let frames = vec![self.frame(func, args)];
        st.gors.push(Rc::new(Gor { id, frames, panics: Vec::new(), stand: Stand::At, system, shape: 0, exact: 0 }));
        st.views.push(view);
        st.ready.push(id);
        id
    }

    /// Makes the branching step of goroutine `g` with the choices of `chooser`, and all that follows. `Ok(false)`: it
    /// cannot be made now.
    ///
    /// # Errors
    /// The program does something that cannot be explored.
    pub fn advance(&mut self, st: &mut State, g: usize, chooser: &mut Chooser) -> Result<bool, String> {
        let mut gor = (*st.gors[g]).clone();
        self.gor = gor.id;
        match &gor.stand {
            Stand::Done => {
                if gor.id == 0 {
                    st.ended = Some(End::Normal);
                } else {
                    self.event(What::End);
                    st.gors.remove(g);
                    st.views.remove(g);
                    self.settle(st)?;
                }
                return Ok(true);
            }
            Stand::Crash(text) => {
                st.ended = Some(End::Panic(text.clone()));
                return Ok(true);
            }
            Stand::At => {}
        }
        chooser.at = 0;
        self.chooser = Some(std::mem::take(chooser));
        let done = self.step(st, g, &mut gor);
        *chooser = self.chooser.take().unwrap_or_default();
        match done {
            Ok(()) => {
                st.ready.push(gor.id);
                st.gors[g] = Rc::new(gor);
                self.settle(st)?;
                Ok(true)
            }
            Err(Trap::Blocked | Trap::Visible) => Ok(false),
            Err(Trap::End(end)) => {
                st.ended = Some(end);
                Ok(true)
            }
            Err(Trap::Refuse(why)) => Err(why),
            Err(Trap::Error(_) | Trap::Panic(..)) => unreachable!("a step turns them into unwinding"),
        }
    }

    /// Runs all that are ready up to their next branching step.
    fn settle(&mut self, st: &mut State) -> Result<(), String> {
        while let Some(id) = st.ready.pop() {
            if st.ended.is_some() {
                st.ready.clear();
                return Ok(());
            }
            let Some(g) = st.gors.iter().position(|g| g.id == id) else { continue };
            let mut gor = (*st.gors[g]).clone();
            match self.run(st, g, &mut gor)? {
                Pause::Step => {}
                Pause::Done if gor.id != 0 && st.others_future(self.program, g) & future::COUNT == 0 => {
                    self.gor = gor.id;
                    self.event(What::End);
                    st.gors.remove(g);
                    st.views.remove(g);
                    continue;
                }
                Pause::Done => {
                    gor.frames.clear();
                    gor.stand = Stand::Done;
                }
                Pause::Crash(text) => {
                    gor.frames.clear();
                    gor.stand = Stand::Crash(text);
                }
                Pause::Ended(end) => {
                    st.ended = Some(end);
                    return Ok(());
                }
            }
            self.tidy(st, &mut gor);
            st.gors[g] = Rc::new(gor);
        }
        Ok(())
    }

    fn run(&mut self, st: &mut State, g: usize, gor: &mut Gor) -> Result<Pause, String> {
        let mut done = 0;
        // A yield is a branching step only where the goroutine comes by it again without having made one.
        let mut yielded: Vec<(FuncId, u32)> = Vec::new();
        loop {
            if gor.frames.is_empty() {
                return Ok(match gor.panics.pop() {
                    Some(p) if p.exit && gor.id == 0 => return Err("main calls runtime.Goexit".into()),
                    Some(p) if p.exit => Pause::Done,
                    Some(p) => Pause::Crash(self.panic_text(st, &p)),
                    None => Pause::Done,
                });
            }
            done += 1;
            self.steps += 1;
            if done > self.patience {
                return Ok(Pause::Step);
            }
            let frame = gor.frames.last().expect("there is one");
            let ins = &self.program.funcs[frame.func as usize].code[frame.pc as usize];
            if let Ins::Native(_, crate::program::Native::Yield, _) = ins {
                let here = (frame.func, frame.pc);
                if yielded.contains(&here) {
                    return Ok(Pause::Step);
                }
                yielded.push(here);
            }
            self.gor = gor.id;
            match self.step(st, g, gor) {
                Ok(()) => {}
                Err(Trap::Visible | Trap::Blocked) => return Ok(Pause::Step),
                Err(Trap::End(end)) => return Ok(Pause::Ended(end)),
                Err(Trap::Refuse(why)) => return Err(why),
                Err(Trap::Error(_) | Trap::Panic(..)) => unreachable!("a step turns them into unwinding"),
            }
        }
    }

    /// One instruction, with the unwinding that it may cause.
    fn step(&mut self, st: &mut State, g: usize, gor: &mut Gor) -> Step<()> {
        self.pos = self.position(gor);
        match self.execute(st, g, gor) {
            Err(Trap::Error(text)) => {
                let value = match self.program.runtime_error {
                    Some(ty) => Value::Iface(ty, Rc::new(Value::str(&text))),
                    None => Value::Nil,
                };
                self.event(What::Panic(text.clone()));
                gor.panics.push(Panicking { value, recovered: false, exit: false, error: Some(text.into()) });
                self.unwind(gor);
                Ok(())
            }
            Err(Trap::Panic(value, exit)) => {
                let mut panicking = Panicking { value, recovered: false, exit, error: None };
                if !exit {
                    let text = self.panic_text(st, &panicking);
                    self.event(What::Panic(text.clone()));
                    panicking.error = Some(text.into());
                }
                gor.panics.push(panicking);
                self.unwind(gor);
                Ok(())
            }
            other => other,
        }
    }

    /// The position that an access is charged to: the innermost call that is the program's own.
    pub(crate) fn position(&self, gor: &Gor) -> PosId {
        let mut at = 0;
        for frame in gor.frames.iter().rev() {
            let func = &self.program.funcs[frame.func as usize];
            at = func.pos.get(frame.pc as usize).copied().unwrap_or(0);
            if !func.supplied {
                break;
            }
        }
        at
    }

    /// Goes on with the panic on top: the next deferred call, or out of the function.
    pub(crate) fn unwind(&mut self, gor: &mut Gor) {
        while let Some(frame) = gor.frames.last_mut() {
            if let Some(deferred) = frame.defers.pop() {
                let mut next = self.frame(deferred.func, deferred.args);
                next.by_panic = true;
                gor.frames.push(next);
                return;
            }
            if frame.by_panic && gor.panics.len() > 1 {
                // The panic that called this function is replaced by the one that leaves it.
                let at = gor.panics.len() - 2;
                gor.panics.remove(at);
            }
            gor.frames.pop();
        }
    }

    /// A function returned.
    pub(crate) fn returned(&mut self, gor: &mut Gor, values: Vec<Value>) {
        let left = gor.frames.pop().expect("a call returns");
        if left.by_panic {
            if gor.panics.last().is_some_and(|p| p.recovered) {
                gor.panics.pop();
                if let Some(frame) = gor.frames.last_mut() {
                    let epilogue = self.program.funcs[frame.func as usize].epilogue;
                    frame.pc = epilogue.expect("a function that defers has an epilogue");
                }
            } else {
                self.unwind(gor);
            }
            return;
        }
        let Some(frame) = gor.frames.last_mut() else { return };
        let func = &self.program.funcs[frame.func as usize];
        // After a deferred call, RunDefers looks for the next.
        if let Ins::Call(dst, ..) = &func.code[frame.pc as usize] {
            for (r, v) in dst.iter().zip(values) {
                frame.regs[usize::from(*r)] = v;
            }
            frame.pc += 1;
        }
    }

    /// The function and its first arguments that a callee stands for.
    pub(crate) fn callee(&self, frame: &Frame, callee: Callee, args: &[u16]) -> Step<(FuncId, Vec<Value>)> {
        let mut values: Vec<Value> = Vec::with_capacity(args.len() + 2);
        let func = match callee {
            Callee::Static(f) => f,
            Callee::Value(r) => match &frame.regs[usize::from(r)] {
                Value::Func(f, captured) => {
                    values.extend(captured.iter().cloned());
                    *f
                }
                _ => return Err(nil_dereference()),
            },
            Callee::Method(r, method) => match &frame.regs[usize::from(r)] {
                Value::Iface(ty, value) => {
                    values.push((**value).clone());
                    match self.program.methods.get(&(*ty, method)) {
                        Some(f) => *f,
                        None => return Err(Trap::Refuse("a method that was not compiled".into())),
                    }
                }
                _ => return Err(nil_dereference()),
            },
        };
        values.extend(args.iter().map(|r| frame.regs[usize::from(*r)].clone()));
        Ok((func, values))
    }

    /// A deferred call is ready.
    pub(crate) fn deferred(&self, func: FuncId, args: Vec<Value>) -> Deferred {
        Deferred { func, args, pos: self.pos }
    }

    /// Drops what a goroutine will not look at again, and computes its hashes.
    fn tidy(&self, st: &State, gor: &mut Gor) {
        let mut shape = std::collections::hash_map::DefaultHasher::new();
        let mut exact = std::collections::hash_map::DefaultHasher::new();
        let top = gor.frames.len().wrapping_sub(1);
        for (i, frame) in gor.frames.iter_mut().enumerate() {
            let func = &self.program.funcs[frame.func as usize];
            let mut live = func.live[frame.pc as usize].clone();
            if i != top {
                // It waits in a call: what the call needed is gone, what comes after it stays.
                live = func.live.get(frame.pc as usize + 1).cloned().unwrap_or(live);
                if let Ins::Call(dst, ..) = &func.code[frame.pc as usize] {
                    for r in dst {
                        live[usize::from(*r) / 64] &= !(1 << (r % 64));
                    }
                } else {
                    live = func.live[frame.pc as usize].clone();
                }
                if let Some(at) = func.epilogue {
                    for (a, b) in live.iter_mut().zip(func.live[at as usize].iter()) {
                        *a |= b;
                    }
                }
            }
            (frame.func, frame.pc, frame.by_panic).hash(&mut shape);
            for (r, value) in frame.regs.iter_mut().enumerate() {
                if live[r / 64] >> (r % 64) & 1 == 0 {
                    *value = Value::Nil;
                } else {
                    hash_value(value, &mut shape, &mut exact, &|id| st.object(id).site);
                }
            }
            for d in &frame.defers {
                d.func.hash(&mut shape);
                for v in &d.args {
                    hash_value(v, &mut shape, &mut exact, &|id| st.object(id).site);
                }
            }
        }
        gor.stand.hash(&mut shape);
        (gor.id == 0, gor.system).hash(&mut shape);
        for p in &gor.panics {
            (p.recovered, p.exit).hash(&mut shape);
            hash_value(&p.value, &mut shape, &mut exact, &|id| st.object(id).site);
        }
        gor.shape = shape.finish();
        gor.shape.hash(&mut exact);
        gor.exact = exact.finish();
    }
}

pub(crate) fn nil_dereference() -> Trap {
    Trap::Error("invalid memory address or nil pointer dereference".into())
}

fn hash_value(v: &Value, shape: &mut impl Hasher, exact: &mut impl Hasher, site: &dyn Fn(ObjId) -> SiteId) {
    std::mem::discriminant(v).hash(shape);
    match v {
        Value::Nil => {}
        Value::Int(i) => i.hash(shape),
        Value::Float(x) => x.to_bits().hash(shape),
        Value::Str(s) => s.hash(shape),
        Value::Ptr(p) => {
            (site(p.obj), p.off).hash(shape);
            p.obj.hash(exact);
        }
        Value::Slice { at, len, cap } => {
            (site(at.obj), at.off, len, cap).hash(shape);
            at.obj.hash(exact);
        }
        Value::Map(id) | Value::Chan(id) => {
            site(*id).hash(shape);
            id.hash(exact);
        }
        Value::Func(f, captured) => {
            f.hash(shape);
            captured.iter().for_each(|v| hash_value(v, shape, exact, site));
        }
        Value::Iface(t, v) => {
            t.hash(shape);
            hash_value(v, shape, exact, site);
        }
        Value::Tuple(list) => {
            list.len().hash(shape);
            list.iter().for_each(|v| hash_value(v, shape, exact, site));
        }
    }
}
