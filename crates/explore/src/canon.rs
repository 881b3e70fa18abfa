//! When two states are the same: dead accesses are dropped, objects renamed, equal goroutines sorted.
//!
//! A state's identity is the hash of a full description of it in canonical names, so two states with one hash are isomorphic
//! (up to a collision of 128 bits) and have the same futures. Goroutines that differ only in which objects they
//! refer to are sorted by a hash that does not see that, and ties are broken arbitrarily: then a pair of isomorphic
//! states may be kept twice, which costs time and nothing else.

use crate::memory::forget;
use crate::state::{Body, Gor, State, Sync};
use crate::value::{ObjId, Value};
use crate::view::View;
use std::rc::Rc;
use xxhash_rust::xxh3::xxh3_128;

/// The order of the goroutines in a state's canonical form, and which of them are equal in all.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// Indices of goroutines.
    pub gors: Vec<u32>,
    /// For each of these, the position of the first that is equal to it.
    pub group: Vec<u32>,
}

/// Drops what cannot make a difference any more.
pub fn normalise(st: &mut State) {
    let mut all = match st.views.first() {
        Some(v) => v.clone(),
        None => View::default(),
    };
    for v in &st.views[st.views.len().min(1)..] {
        if all.is_empty() {
            break;
        }
        all.keep(v);
    }
    // What every goroutine knows, every goroutine to come knows, too: no access can race with it.
    for slot in all.iter().collect::<Vec<_>>() {
        let Some(obj) = st.slots[slot as usize].take() else { continue };
        st.dead.add(slot);
        let object = st.object_mut(obj);
        object.accesses.retain(|a| a.slot != slot);
        for w in object.racy.iter_mut().flat_map(|r| &mut r.writes) {
            if w.slot == Some(slot) {
                w.slot = None;
            }
        }
    }
    let State { heap, views, .. } = st;
    for object in heap.iter_mut().flatten() {
        if object.racy.is_empty() {
            continue;
        }
        let object = Rc::make_mut(object);
        for r in &mut object.racy {
            loop {
                let mut gone = 0u128;
                for (i, w) in r.writes.iter().enumerate() {
                    let hidden = |view: &View| {
                        r.writes.iter().any(|v| v.covers >> i & 1 != 0 && v.slot.is_none_or(|s| view.has(s)))
                    };
                    // The same value written again hides nothing that this one does not, once all who know this know that.
                    let repeated = || {
                        r.writes.iter().any(|v| {
                            v.covers >> i & 1 != 0
                                && v.value.same(&w.value)
                                && v.atomic == w.atomic
                                && views.iter().all(|view| {
                                    w.slot.is_some_and(|s| !view.has(s)) || v.slot.is_none_or(|s| view.has(s))
                                })
                        })
                    };
                    if views.iter().all(hidden) || repeated() {
                        gone |= 1 << i;
                        break;
                    }
                }
                if gone == 0 {
                    break;
                }
                forget(&mut r.writes, gone);
            }
        }
        object.racy.retain(|r| r.writes.len() > 1 || r.writes[0].slot.is_some());
    }
    if !st.dead.is_empty() {
        sweep(st);
    }
    for object in st.heap.iter_mut().flatten() {
        if let Body::Chan(c) = &object.body
            && c.frees.first().is_some_and(View::is_empty)
            && let Body::Chan(c) = &mut Rc::make_mut(object).body
        {
            let n = c.frees.iter().take_while(|v| v.is_empty()).count();
            c.frees.drain(..n);
        }
    }
}

/// Takes the dead slots out of all views.
fn sweep(st: &mut State) {
    let dead = std::mem::take(&mut st.dead);
    for v in &mut st.views {
        if v.meets(&dead) {
            v.subtract(&dead);
        }
    }
    for object in st.heap.iter_mut().flatten() {
        let touched = object.syncs.iter().any(|(_, s)| s.views().iter().any(|v| v.meets(&dead)))
            || matches!(&object.body, Body::Chan(c) if c.queue.iter().map(|(_, v)| v).chain(&c.frees).chain(&c.closed).any(|v| v.meets(&dead)))
            || object.racy.iter().any(|r| r.writes.iter().any(|w| w.slot.is_some_and(|s| dead.has(s))));
        if !touched {
            continue;
        }
        let object = Rc::make_mut(object);
        for (_, s) in &mut object.syncs {
            s.views_mut().into_iter().for_each(|v| v.subtract(&dead));
        }
        if let Body::Chan(c) = &mut object.body {
            c.queue.iter_mut().map(|(_, v)| v).chain(&mut c.frees).chain(&mut c.closed).for_each(|v| v.subtract(&dead));
        }
    }
    st.free_slots.extend(dead.iter());
}

struct Writer<'s> {
    st: &'s State,
    out: Vec<u8>,
    names: Vec<u32>,
    queue: Vec<ObjId>,
    /// For each slot, a hash of who knows it.
    known: Vec<u64>,
    holders: u64,
}

const UNSEEN: u32 = u32::MAX;

impl Writer<'_> {
    fn num(&mut self, n: u64) {
        let mut n = n;
        loop {
            let byte = (n & 0x7f) as u8;
            n >>= 7;
            if n == 0 {
                self.out.push(byte);
                return;
            }
            self.out.push(byte | 0x80);
        }
    }

    fn name(&mut self, id: ObjId) {
        let known = self.names[id as usize];
        let name = if known == UNSEEN {
            let new = self.queue.len() as u32;
            self.names[id as usize] = new;
            self.queue.push(id);
            new
        } else {
            known
        };
        self.num(u64::from(name));
    }

    fn value(&mut self, v: &Value) {
        match v {
            Value::Nil => self.out.push(0),
            Value::Int(i) => {
                self.out.push(1);
                self.num(((i << 1) ^ (i >> 63)) as u64);
            }
            Value::Float(x) => {
                self.out.push(2);
                self.out.extend(x.to_bits().to_le_bytes());
            }
            Value::Str(s) => {
                self.out.push(3);
                self.num(s.len() as u64);
                self.out.extend_from_slice(s);
            }
            Value::Ptr(p) => {
                self.out.push(4);
                self.name(p.obj);
                self.num(u64::from(p.off));
            }
            Value::Slice { at, len, cap } => {
                self.out.push(5);
                self.name(at.obj);
                for n in [at.off, *len, *cap] {
                    self.num(u64::from(n));
                }
            }
            Value::Map(id) => {
                self.out.push(6);
                self.name(*id);
            }
            Value::Chan(id) => {
                self.out.push(7);
                self.name(*id);
            }
            Value::Func(f, captured) => {
                self.out.push(8);
                self.num(u64::from(*f));
                self.values(captured);
            }
            Value::Iface(t, v) => {
                self.out.push(9);
                self.num(u64::from(*t));
                self.value(v);
            }
            Value::Tuple(list) => {
                self.out.push(10);
                self.values(list);
            }
        }
    }

    fn values(&mut self, list: &[Value]) {
        self.num(list.len() as u64);
        list.iter().for_each(|v| self.value(v));
    }

    fn holder(&mut self, view: &View) {
        self.holders += 1;
        for slot in view.iter() {
            let k = &mut self.known[slot as usize];
            *k = (*k ^ self.holders).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
        }
    }

    fn gor(&mut self, gor: &Gor) {
        match &gor.stand {
            crate::state::Stand::At => self.out.push(0),
            crate::state::Stand::Done => self.out.push(1),
            crate::state::Stand::Crash(text) => {
                self.out.push(2);
                self.out.extend(text.bytes());
            }
        }
        self.num(u64::from(gor.system) | u64::from(gor.id == 0) << 1);
        self.num(gor.frames.len() as u64);
        for frame in &gor.frames {
            self.num(u64::from(frame.func));
            self.num(u64::from(frame.pc) << 1 | u64::from(frame.by_panic));
            frame.regs.iter().for_each(|v| self.value(v));
            self.num(frame.defers.len() as u64);
            for d in &frame.defers {
                self.num(u64::from(d.func));
                self.values(&d.args);
            }
        }
        self.num(gor.panics.len() as u64);
        for p in &gor.panics {
            self.num(u64::from(p.recovered) << 1 | u64::from(p.exit));
            self.value(&p.value);
        }
    }

    fn object(&mut self, id: ObjId) {
        let object = self.st.object(id);
        self.num(u64::from(object.site));
        match &object.body {
            Body::Cells(cells) => {
                self.num(cells.len() as u64);
                for (off, v) in cells.iter().enumerate() {
                    // With several writes to observe, the latest in the execution is one of them.
                    if !object.racy.iter().any(|r| r.off as usize == off) {
                        self.value(v);
                    }
                }
            }
            Body::Map(list) => {
                self.num(list.len() as u64);
                for (k, v) in list {
                    self.value(k);
                    self.value(v);
                }
            }
            Body::Chan(c) => {
                self.num(u64::from(c.cap));
                self.num(c.queue.len() as u64);
                for (v, view) in &c.queue {
                    self.value(v);
                    self.holder(view);
                }
                self.num(c.frees.len() as u64);
                c.frees.iter().for_each(|v| self.holder(v));
                self.out.push(u8::from(c.closed.is_some()));
                c.closed.iter().for_each(|v| self.holder(v));
            }
        }
        self.num(object.syncs.len() as u64);
        for (off, s) in &object.syncs {
            self.num(u64::from(*off));
            match s {
                Sync::Word(_) | Sync::ReadWrite(..) => {}
                Sync::Cond(waiting, woken) => {
                    self.num(waiting.len() as u64);
                    waiting.iter().for_each(|t| self.num(u64::from(*t)));
                    self.num(woken.len() as u64);
                    woken.iter().for_each(|(t, _)| self.num(u64::from(*t)));
                }
                Sync::Pool(list) => {
                    self.num(list.len() as u64);
                    list.iter().for_each(|(v, _)| self.value(v));
                }
                Sync::Map(list) => {
                    self.num(list.len() as u64);
                    for (k, v, _) in list {
                        self.value(k);
                        self.value(v.as_ref().unwrap_or(&Value::Nil));
                        self.out.push(u8::from(v.is_some()));
                    }
                }
            }
            s.views().into_iter().for_each(|v| self.holder(v));
        }
    }

    /// The live accesses of an object, by what they are and who knows them.
    fn accesses(&mut self, id: ObjId) {
        let object = self.st.object(id);
        let mut list: Vec<_> =
            object.accesses.iter().map(|a| (a.off, a.kind as u8, a.pos, self.known[a.slot as usize])).collect();
        list.sort_unstable();
        self.num(list.len() as u64);
        for (off, kind, pos, known) in list {
            self.num(u64::from(off));
            self.out.push(kind);
            self.num(u64::from(pos));
            self.out.extend(known.to_le_bytes());
        }
        for r in &object.racy {
            let known = |slot: Option<u32>| slot.map_or(0, |s| self.known[s as usize]);
            let mut order: Vec<usize> = (0..r.writes.len()).collect();
            order.sort_by(|a, b| {
                let (x, y) = (&r.writes[*a], &r.writes[*b]);
                x.value.order(&y.value).then_with(|| {
                    (x.slot.is_none(), known(x.slot), x.pos).cmp(&(y.slot.is_none(), known(y.slot), y.pos))
                })
            });
            let last_atomic = r.writes.iter().rposition(|w| w.atomic);
            self.num(u64::from(r.off));
            self.num(order.len() as u64);
            for &i in &order {
                let w = &r.writes[i];
                self.value(&w.value);
                let mask = order.iter().enumerate().fold(0u128, |m, (to, from)| m | (w.covers >> from & 1) << to);
                self.out.extend(mask.to_le_bytes());
                self.out
                    .push(u8::from(w.atomic) | u8::from(last_atomic == Some(i)) << 1 | u8::from(w.slot.is_some()) << 2);
                self.num(w.slot.map_or(0, |s| self.known[s as usize]));
            }
        }
    }
}

/// The hash of a normalised state's canonical description, and the order of its goroutines there. Objects that nothing
/// refers to are dropped.
pub fn identify(st: &mut State, globals: usize) -> (u128, Order) {
    let mut order: Vec<u32> = (0..st.gors.len() as u32).collect();
    order.sort_by_key(|&i| {
        let gor = &st.gors[i as usize];
        (gor.id != 0, gor.shape, st.views[i as usize].len(), gor.exact, i)
    });
    let mut writer = Writer {
        st,
        out: Vec::with_capacity(1024),
        names: vec![UNSEEN; st.heap.len()],
        queue: Vec::new(),
        known: vec![0; st.slots.len()],
        holders: 0,
    };
    for id in 0..globals {
        writer.name(id as ObjId);
    }
    let mut group: Vec<u32> = Vec::with_capacity(order.len());
    for (at, &i) in order.iter().enumerate() {
        let gor = &st.gors[i as usize];
        if at > 0 {
            let before = order[at - 1] as usize;
            if st.gors[before].exact == gor.exact
                && st.views[before] == st.views[i as usize]
                && gor.id != 0
                && st.gors[before].id != 0
            {
                group.push(group[at - 1]);
                writer.out.push(0xfe);
                continue;
            }
        }
        group.push(at as u32);
        writer.out.push(0xfd);
        writer.gor(gor);
        writer.holder(&st.views[i as usize]);
    }
    writer.out.push(0xff);
    let mut at = 0;
    while at < writer.queue.len() {
        let id = writer.queue[at];
        writer.object(id);
        at += 1;
    }
    let mut at = 0;
    while at < writer.queue.len() {
        // Values that only a racy read can observe are reached here for the first time.
        let before = writer.queue.len();
        let id = writer.queue[at];
        writer.accesses(id);
        let mut new = before;
        while new < writer.queue.len() {
            let id = writer.queue[new];
            writer.object(id);
            new += 1;
        }
        at += 1;
    }
    for p in &writer.st.promises {
        writer.name(p.obj);
        writer.num(u64::from(p.off));
        writer.value(&p.value);
        let known = writer.known[p.slot as usize];
        writer.num(known);
    }
    let end = writer.out.len();
    writer.num(end as u64);
    writer.out.extend_from_slice(&st.output);
    let (hash, names) = (xxh3_128(&writer.out), writer.names);
    for (id, name) in names.iter().enumerate() {
        if *name != UNSEEN {
            continue;
        }
        if let Some(object) = st.heap[id].take() {
            for a in &object.accesses {
                st.slots[a.slot as usize] = None;
                st.dead.add(a.slot);
            }
            st.free_objects.push(id as ObjId);
        }
    }
    (hash, Order { gors: order, group })
}
