//! Cells: plain accesses, the races they make, and what a racy read may observe.
//!
//! A cell that is not taken to race has one current value, and keeps the last write and the reads since: the first race of a
//! cell is found by these. A cell that is taken to race (a race on it was found in an earlier round) keeps every write that
//! some goroutine may still observe. A read may observe any write that does not happen after it, unless another write lies
//! between the two; as the order of steps is an order that extends happens-before and reads-from, writes that come later
//! in it need not be looked at.

use crate::machine::{Hit, Machine, Step, Trap, nil_dereference};
use crate::program::{Kind, TypeId};
use crate::state::{Access, AccessKind, Body, End, Promise, Racy, Seen, State};
use crate::trace::{Place, What};
use crate::value::{ObjId, Ptr, Value};
use std::rc::Rc;

impl Machine<'_> {
    /// The zero value of a type.
    pub(crate) fn zero(&self, ty: TypeId) -> Value {
        match &self.program.types[ty as usize].kind {
            Kind::Bool | Kind::Int { .. } => Value::Int(0),
            Kind::Float { .. } => Value::Float(0.0),
            Kind::String => Value::Str(Rc::from([])),
            Kind::Struct(fields) => Value::Tuple(Rc::new(fields.iter().map(|f| self.zero(f.ty)).collect())),
            Kind::Array(elem, n) => Value::Tuple(Rc::new(vec![self.zero(*elem); *n as usize])),
            _ => Value::Nil,
        }
    }

    /// The cells of a zero value.
    pub(crate) fn zero_cells(&self, ty: TypeId, out: &mut Vec<Value>) {
        match &self.program.types[ty as usize].kind {
            Kind::Struct(fields) => fields.iter().for_each(|f| self.zero_cells(f.ty, out)),
            Kind::Array(elem, n) => (0..*n).for_each(|_| self.zero_cells(*elem, out)),
            _ => out.push(self.zero(ty)),
        }
    }

    pub(crate) fn place(&self, st: &State, obj: ObjId, off: u32) -> Place {
        let object = st.object(obj);
        Place { object: object.serial, off, site: object.site }
    }

    /// Records an access by the goroutine at index `g`, and the races that it makes.
    pub(crate) fn record(&mut self, st: &mut State, g: usize, obj: ObjId, off: u32, kind: AccessKind) -> Option<u32> {
        let alone = st.gors.len() == 1;
        let pos = self.pos;
        let object = st.object(obj);
        if alone && object.accesses.is_empty() {
            return None;
        }
        let racy = object.is_racy(off);
        let (view, mut drop) = (&st.views[g], Vec::new());
        for (i, old) in object.accesses.iter().enumerate().filter(|(_, a)| a.off == off) {
            let known = view.has(old.slot);
            if !known && kind.conflicts(old.kind) {
                let hit = Hit {
                    site: object.site,
                    off,
                    first: old.pos,
                    first_kind: old.kind,
                    second: pos,
                    second_kind: kind,
                };
                if !self.hits.contains(&hit) {
                    self.hits.push(hit);
                }
            }
            // What all later conflicts with this access make of the old one, they make of this one; but of two unordered
            // reads each counts.
            let covered = if racy {
                known && old.kind == kind && old.pos == pos
            } else {
                (known || kind.conflicts(old.kind)) && kind.covers(old.kind)
            };
            if covered && !(racy && kind.writes()) {
                drop.push(i);
            }
        }
        let slot = (!alone).then(|| match st.free_slots.pop() {
            Some(slot) => slot,
            None => {
                st.slots.push(None);
                st.slots.len() as u32 - 1
            }
        });
        let object = Rc::make_mut(st.heap[obj as usize].as_mut().expect("it was looked at"));
        for i in drop.into_iter().rev() {
            let old = object.accesses.remove(i);
            st.slots[old.slot as usize] = None;
            st.dead.add(old.slot);
        }
        if let Some(slot) = slot {
            st.slots[slot as usize] = Some(obj);
            object.accesses.push(Access { off, kind, pos, slot });
            st.views[g].add(slot);
        }
        slot
    }

    /// Reads one cell.
    pub(crate) fn read_cell(&mut self, st: &mut State, g: usize, at: Ptr, kind: AccessKind) -> Step<Value> {
        let object = st.object(at.obj);
        let Body::Cells(cells) = &object.body else { return Err(nil_dereference()) };
        let Some(value) = cells.get(at.off as usize) else { return Err(nil_dereference()) };
        let mut value = value.clone();
        let (mut from, mut promised) = (None, false);
        if object.is_racy(at.off) {
            // Others may write yet: when the read takes place matters.
            self.branching(st)?;
            let racy = object.racy.iter().find(|r| r.off == at.off);
            let guesses = self.guesses_for(st, at, kind);
            if racy.is_some() || !guesses.is_empty() {
                let writes = racy.map_or(&[][..], |r| &r.writes);
                let last_atomic = writes.iter().rposition(|w| w.atomic);
                let view = &st.views[g];
                let current = value.clone();
                let mut values: Vec<(&Value, crate::program::PosId)> = Vec::new();
                if racy.is_none() {
                    values.push((&current, 0));
                }
                for (i, w) in writes.iter().enumerate().rev() {
                    let hidden = writes
                        .iter()
                        .enumerate()
                        .any(|(j, v)| j != i && v.covers >> i & 1 != 0 && v.slot.is_none_or(|slot| view.has(slot)));
                    let passed = kind.atomic() && w.atomic && Some(i) != last_atomic;
                    if !hidden && !passed && !values.iter().any(|(v, _)| v.same(&w.value)) {
                        values.push((&w.value, w.pos));
                    }
                }
                let torn = torn(&values);
                let told = values.len() + usize::from(torn.is_some());
                let guesses: Vec<Value> =
                    guesses.into_iter().filter(|v| !values.iter().any(|(w, _)| w.same(v))).collect();
                let n = told + guesses.len();
                let chosen = self.choose(n)?;
                if chosen >= told {
                    value = guesses[chosen - told].clone();
                    promised = true;
                } else if chosen >= values.len() {
                    let text = torn.expect("it is the last choice").to_owned();
                    self.record(st, g, at.obj, at.off, kind);
                    let place = self.place(st, at.obj, at.off);
                    self.event(What::Access { place, kind, value: Value::Nil, from: None, note: "torn" });
                    return Err(Trap::End(End::Corrupt(text)));
                }
                if !promised {
                    if n > 1 && racy.is_some() {
                        from = Some(values[chosen].1);
                    }
                    value = values[chosen].0.clone();
                }
            }
        }
        let slot = self.record(st, g, at.obj, at.off, kind);
        if let (true, Some(slot)) = (promised, slot) {
            st.promises.push(Promise { obj: at.obj, off: at.off, value: value.clone(), slot });
        }
        if self.tracing() {
            let place = self.place(st, at.obj, at.off);
            let note = if promised { "promised" } else { "" };
            self.event(What::Access { place, kind, value: value.clone(), from, note });
        }
        Ok(value)
    }

    /// Values that a read of this cell may take from writes still to come.
    fn guesses_for(&self, st: &State, at: Ptr, kind: AccessKind) -> Vec<Value> {
        let Some(guesses) = self.guesses.as_ref().filter(|_| kind == AccessKind::Read && st.gors.len() > 1) else {
            return Vec::new();
        };
        // Two cycles at once are enough for a litmus test.
        if st.promises.len() >= 2 {
            return Vec::new();
        }
        guesses.get(&(st.object(at.obj).site, at.off)).cloned().unwrap_or_default()
    }

    /// Writes one cell.
    pub(crate) fn write_cell(&mut self, st: &mut State, g: usize, at: Ptr, value: Value, kind: AccessKind) -> Step<()> {
        let object = st.object(at.obj);
        let Body::Cells(cells) = &object.body else { return Err(nil_dereference()) };
        let Some(old) = cells.get(at.off as usize).cloned() else { return Err(nil_dereference()) };
        let racy = object.is_racy(at.off);
        let slot = self.record(st, g, at.obj, at.off, kind);
        let (pos, view) = (self.pos, st.views[g].clone());
        st.promises.retain(|p| p.obj != at.obj || p.off != at.off || !p.value.same(&value) || view.has(p.slot));
        if self.tracing() {
            let place = self.place(st, at.obj, at.off);
            self.event(What::Access { place, kind, value: value.clone(), from: None, note: "" });
        }
        let object = st.object_mut(at.obj);
        let Body::Cells(cells) = &mut object.body else { unreachable!("it was looked at") };
        cells[at.off as usize] = value.clone();
        if !racy {
            return Ok(());
        }
        let known = self.written.entry((object.site, at.off)).or_default();
        // A value that refers to an object means nothing in another execution.
        let plain = matches!(value, Value::Nil | Value::Int(_) | Value::Float(_) | Value::Str(_));
        if plain && known.len() < 8 && !known.iter().any(|v| v.same(&value)) {
            known.push(value.clone());
        }
        let list = match object.racy.iter().position(|r| r.off == at.off) {
            Some(i) => &mut object.racy[i],
            None => {
                let first = Seen { value: old, slot: None, covers: 0, atomic: kind.atomic(), pos: 0 };
                object.racy.push(Racy { off: at.off, writes: vec![first] });
                object.racy.sort_by_key(|r| r.off);
                let i = object.racy.iter().position(|r| r.off == at.off).expect("it was added");
                &mut object.racy[i]
            }
        };
        let mut covers = 0u128;
        for (i, w) in list.writes.iter().enumerate() {
            if w.slot.is_none_or(|s| view.has(s)) {
                covers |= 1 << i;
            }
        }
        list.writes.push(Seen { value, slot, covers, atomic: kind.atomic(), pos });
        if slot.is_none() {
            // Nobody else is there: what it covers is hidden at once.
            forget(&mut list.writes, covers);
        }
        if list.writes.len() > 120 {
            return Err(Trap::Refuse("more than 120 unordered writes of one variable can be observed".into()));
        }
        Ok(())
    }

    /// Loads a value of a type.
    pub(crate) fn load(&mut self, st: &mut State, g: usize, at: Ptr, ty: TypeId) -> Step<Value> {
        let program = self.program;
        match &program.types[ty as usize].kind {
            Kind::Struct(fields) => {
                let mut list = Vec::with_capacity(fields.len());
                for f in fields {
                    list.push(self.load(st, g, Ptr { off: at.off + f.offset, ..at }, f.ty)?);
                }
                Ok(Value::Tuple(Rc::new(list)))
            }
            Kind::Array(elem, n) => {
                let size = program.types[*elem as usize].cells;
                let mut list = Vec::with_capacity(*n as usize);
                for i in 0..*n {
                    list.push(self.load(st, g, Ptr { off: at.off + i * size, ..at }, *elem)?);
                }
                Ok(Value::Tuple(Rc::new(list)))
            }
            _ => self.read_cell(st, g, at, AccessKind::Read),
        }
    }

    /// Stores a value of a type.
    pub(crate) fn store(&mut self, st: &mut State, g: usize, at: Ptr, value: &Value, ty: TypeId) -> Step<()> {
        let program = self.program;
        match (&program.types[ty as usize].kind, value) {
            (Kind::Struct(fields), Value::Tuple(list)) => {
                for (f, v) in fields.iter().zip(list.iter()) {
                    self.store(st, g, Ptr { off: at.off + f.offset, ..at }, v, f.ty)?;
                }
                Ok(())
            }
            (Kind::Array(elem, _), Value::Tuple(list)) => {
                let size = program.types[*elem as usize].cells;
                for (i, v) in list.iter().enumerate() {
                    self.store(st, g, Ptr { off: at.off + i as u32 * size, ..at }, v, *elem)?;
                }
                Ok(())
            }
            _ => self.write_cell(st, g, at, value.clone(), AccessKind::Write),
        }
    }
}

/// Removes the writes at these indices.
pub(crate) fn forget(writes: &mut Vec<Seen>, gone: u128) {
    let kept: Vec<usize> = (0..writes.len()).filter(|i| gone >> i & 1 == 0).collect();
    let pack = |old: u128| kept.iter().enumerate().fold(0u128, |new, (to, from)| new | ((old >> from & 1) << to));
    let mut i = 0;
    writes.retain(|_| {
        i += 1;
        gone >> (i - 1) & 1 == 0
    });
    for w in writes.iter_mut() {
        w.covers = pack(w.covers);
    }
}

/// Whether a value of several words can be read with words of different writes, so that it is none of them.
fn torn(values: &[(&Value, crate::program::PosId)]) -> Option<&'static str> {
    let pairs = || values.iter().enumerate().flat_map(|(i, a)| values[i + 1..].iter().map(move |b| (a.0, b.0)));
    pairs().find_map(|(a, b)| match (a, b) {
        // With equal lengths, any pointer with any length is one of the two.
        (Value::Str(a), Value::Str(b)) if a.len() != b.len() => Some("string"),
        (Value::Iface(t, _), Value::Iface(u, _)) if t != u => Some("interface"),
        (Value::Iface(..), Value::Nil) | (Value::Nil, Value::Iface(..)) => Some("interface"),
        (Value::Slice { at, len, cap }, Value::Slice { at: a, len: l, cap: c }) => {
            let differing = [at != a, len != l, cap != c].iter().filter(|d| **d).count();
            (differing > 1).then_some("slice")
        }
        (Value::Slice { cap, .. }, Value::Nil) | (Value::Nil, Value::Slice { cap, .. }) if *cap > 0 => Some("slice"),
        _ => None,
    })
}
