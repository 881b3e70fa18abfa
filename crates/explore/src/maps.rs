//! Maps. A map is one location: a lookup, an iteration's step and `len` read it, everything else writes it.
//!
//! Two accesses that race may also make the runtime give up, as documented ("concurrent map writes"): where a map races,
//! that is one more outcome of the later access.

use crate::machine::{Machine, Step, Trap};
use crate::program::Ins;
use crate::state::{AccessKind, Body, End, Gor, State};
use crate::trace::What;
use crate::value::{ObjId, Value};
use std::rc::Rc;

fn entries(st: &State, id: ObjId) -> &Vec<(Value, Value)> {
    match &st.object(id).body {
        Body::Map(list) => list,
        _ => unreachable!("a map value leads to a map"),
    }
}

impl Machine<'_> {
    fn access_map(&mut self, st: &mut State, g: usize, id: ObjId, kind: AccessKind) -> Step<()> {
        if st.object(id).is_racy(0) {
            self.branching(st)?;
            let view = &st.views[g];
            let unordered = st.object(id).accesses.iter().any(|a| a.kind.conflicts(kind) && !view.has(a.slot));
            if unordered && self.choose(2)? == 1 {
                self.record(st, g, id, 0, kind);
                let place = self.place(st, id, 0);
                self.event(What::Access { place, kind, value: Value::Nil, from: None, note: "map" });
                let text = match kind {
                    AccessKind::Write => "concurrent map writes",
                    _ => "concurrent map read and map write",
                };
                return Err(Trap::End(End::Throw(text.into())));
            }
        }
        self.record(st, g, id, 0, kind);
        let place = self.place(st, id, 0);
        self.event(What::Access { place, kind, value: Value::Nil, from: None, note: "map" });
        Ok(())
    }

    pub(crate) fn map(&mut self, st: &mut State, g: usize, gor: &mut Gor, ins: &Ins) -> Step<()> {
        let frame = gor.frames.last_mut().expect("it stands in a call");
        let get = |r: &u16, frame: &crate::state::Frame| frame.regs[usize::from(*r)].clone();
        let id_of = |v: &Value| match v {
            Value::Map(id) => Some(*id),
            _ => None,
        };
        match ins {
            Ins::MakeMap(d, site) => {
                let id = self.allocate(st, *site, Body::Map(Vec::new()));
                frame.regs[usize::from(*d)] = Value::Map(id);
            }
            Ins::MapGet { dst, ok, map, key, ty } => {
                let key = get(key, frame);
                self.comparable(&key)?;
                let mut found = None;
                if let Some(id) = id_of(&get(map, frame)) {
                    self.access_map(st, g, id, AccessKind::Read)?;
                    let list = entries(st, id);
                    found = list.binary_search_by(|(k, _)| k.order(&key)).ok().map(|at| list[at].1.clone());
                }
                if let Some(ok) = ok {
                    frame.regs[usize::from(*ok)] = Value::bool(found.is_some());
                }
                frame.regs[usize::from(*dst)] = found.unwrap_or_else(|| self.zero(*ty));
            }
            Ins::MapSet(map, key, value) => {
                let (key, value) = (get(key, frame), get(value, frame));
                self.comparable(&key)?;
                let Some(id) = id_of(&get(map, frame)) else {
                    return Err(Trap::Error("assignment to entry in nil map".into()));
                };
                self.access_map(st, g, id, AccessKind::Write)?;
                if let Body::Map(list) = &mut st.object_mut(id).body {
                    match list.binary_search_by(|(k, _)| k.order(&key)) {
                        Ok(at) => list[at].1 = value,
                        Err(at) => list.insert(at, (key, value)),
                    }
                }
            }
            Ins::MapDelete(map, key) => {
                let key = get(key, frame);
                if let Some(id) = id_of(&get(map, frame)) {
                    self.access_map(st, g, id, AccessKind::Write)?;
                    if let Body::Map(list) = &mut st.object_mut(id).body {
                        list.retain(|(k, _)| !k.same(&key));
                    }
                }
            }
            Ins::MapClear(map) => {
                if let Some(id) = id_of(&get(map, frame)) {
                    self.access_map(st, g, id, AccessKind::Write)?;
                    st.object_mut(id).body = Body::Map(Vec::new());
                }
            }
            Ins::MapLen(d, map) => {
                let mut n = 0;
                if let Some(id) = id_of(&get(map, frame)) {
                    self.access_map(st, g, id, AccessKind::Read)?;
                    n = entries(st, id).len();
                }
                frame.regs[usize::from(*d)] = Value::Int(n as i64);
            }
            // The iterator is the set of keys that were given out.
            Ins::MapIter(d, _) => {
                frame.regs[usize::from(*d)] = Value::Tuple(Rc::new(Vec::new()));
            }
            Ins::MapNext { iter, map, ok, key, value, key_ty, value_ty } => {
                let Value::Tuple(given) = get(iter, frame) else { unreachable!("an iterator") };
                let mut next = None;
                if let Some(id) = id_of(&get(map, frame)) {
                    let left: Vec<usize> = entries(st, id)
                        .iter()
                        .enumerate()
                        .filter(|(_, (k, _))| given.binary_search_by(|g| g.order(k)).is_err())
                        .map(|(i, _)| i)
                        .collect();
                    if left.len() > 1 && self.chooser.is_none() {
                        return Err(Trap::Visible);
                    }
                    self.access_map(st, g, id, AccessKind::Read)?;
                    if !left.is_empty() {
                        let at = left[self.choose(left.len())?];
                        next = Some(entries(st, id)[at].clone());
                    }
                }
                frame.regs[usize::from(*ok)] = Value::bool(next.is_some());
                let (k, v) = next.unwrap_or_else(|| (self.zero(*key_ty), self.zero(*value_ty)));
                let mut list = (*given).clone();
                if frame.regs[usize::from(*ok)].int() != 0 {
                    let at = list.binary_search_by(|g| g.order(&k)).unwrap_or_else(|at| at);
                    list.insert(at, k.clone());
                }
                frame.regs[usize::from(*iter)] = Value::Tuple(Rc::new(list));
                frame.regs[usize::from(*key)] = k;
                frame.regs[usize::from(*value)] = v;
            }
            _ => unreachable!("an instruction on maps"),
        }
        frame.pc += 1;
        Ok(())
    }
}
