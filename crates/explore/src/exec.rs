//! The instructions.

use crate::machine::{Machine, Step, Trap, nil_dereference};
use crate::program::{BinOp, Case, Ins, Kind, Num, TypeId};
use crate::state::{AccessKind, Body, Frame, Gor, State};
use crate::trace::What;
use crate::value::{Ptr, Value};
use std::cmp::Ordering;
use std::rc::Rc;

fn reg(frame: &Frame, r: u16) -> &Value {
    &frame.regs[usize::from(r)]
}

pub(crate) fn pointer(v: &Value) -> Step<Ptr> {
    match v {
        Value::Ptr(p) => Ok(*p),
        _ => Err(nil_dereference()),
    }
}

/// Wraps an integer to its width.
pub(crate) fn wrap(i: i64, bits: u8, signed: bool) -> i64 {
    match (bits, signed) {
        (8, true) => i64::from(i as i8),
        (8, false) => i64::from(i as u8),
        (16, true) => i64::from(i as i16),
        (16, false) => i64::from(i as u16),
        (32, true) => i64::from(i as i32),
        (32, false) => i64::from(i as u32),
        _ => i,
    }
}

impl Machine<'_> {
    /// Executes the instruction at which a goroutine stands.
    pub(crate) fn execute(&mut self, st: &mut State, g: usize, gor: &mut Gor) -> Step<()> {
        let program = self.program;
        let frame = gor.frames.last_mut().expect("a goroutine at an instruction has a call");
        let ins = &program.funcs[frame.func as usize].code[frame.pc as usize];
        macro_rules! set {
            ($r:expr, $v:expr) => {{
                let value = $v;
                frame.regs[usize::from(*$r)] = value;
            }};
        }
        match ins {
            Ins::Const(d, c) => set!(d, program.consts[*c as usize].clone()),
            Ins::Move(d, a) => set!(d, reg(frame, *a).clone()),
            Ins::Zero(d, ty) => set!(d, self.zero(*ty)),
            Ins::Bin(d, op, num, a, b) => set!(d, self.binary(*op, *num, reg(frame, *a), reg(frame, *b))?),
            Ins::Neg(d, num, a) => set!(
                d,
                match num {
                    Num::Float(_) => Value::Float(-reg(frame, *a).float()),
                    Num::Int(bits, signed) => Value::Int(wrap(reg(frame, *a).int().wrapping_neg(), *bits, *signed)),
                    _ => Value::Nil,
                }
            ),
            Ins::Not(d, a) => set!(d, Value::bool(reg(frame, *a).int() == 0)),
            Ins::Compl(d, num, a) => set!(
                d,
                match num {
                    Num::Int(bits, signed) => Value::Int(wrap(!reg(frame, *a).int(), *bits, *signed)),
                    _ => Value::Nil,
                }
            ),
            Ins::Convert(d, from, to, a) => set!(d, convert(*from, *to, reg(frame, *a))),
            Ins::Jump(t) => {
                frame.pc = *t;
                return Ok(());
            }
            Ins::Branch(a, t, e) => {
                frame.pc = if reg(frame, *a).int() != 0 { *t } else { *e };
                return Ok(());
            }
            Ins::Call(_, callee, args) => {
                let (func, values) = self.callee(frame, *callee, args)?;
                if gor.frames.len() > 2000 {
                    return Err(Trap::Refuse("more than 2000 nested calls".into()));
                }
                let next = self.frame(func, values);
                gor.frames.push(next);
                return Ok(());
            }
            Ins::Go(callee, args, system) => {
                if program.counts && st.others_future(program, g) & crate::program::future::COUNT != 0 {
                    self.branching(st)?;
                }
                let (func, values) = self.callee(frame, *callee, args)?;
                let view = st.views[g].clone();
                if st.gors.len() >= 20_000 {
                    return Err(Trap::Refuse("more than 20,000 goroutines at once".into()));
                }
                let child = self.spawn(st, func, values, *system, view);
                self.event(What::Go { child });
            }
            Ins::Defer(callee, args) => {
                let (func, values) = self.callee(frame, *callee, args)?;
                let deferred = self.deferred(func, values);
                frame.defers.push(deferred);
            }
            Ins::RunDefers => {
                if let Some(deferred) = frame.defers.pop() {
                    let next = self.frame(deferred.func, deferred.args);
                    gor.frames.push(next);
                    return Ok(());
                }
            }
            Ins::Ret(list) => {
                let values = list.iter().map(|r| reg(frame, *r).clone()).collect();
                self.returned(gor, values);
                return Ok(());
            }
            Ins::Panic(a) => {
                let value = reg(frame, *a).clone();
                if let Value::Nil = value {
                    return Err(Trap::Error(
                        "panic called with nil argument (use GODEBUG=panicnil=1 to disable)".into(),
                    ));
                }
                return Err(Trap::Panic(value, false));
            }
            Ins::Recover(d) => {
                let by_panic = frame.by_panic;
                let value = match gor.panics.last_mut() {
                    Some(p) if by_panic && !p.recovered && !p.exit => {
                        p.recovered = true;
                        p.value.clone()
                    }
                    _ => Value::Nil,
                };
                set!(d, value);
            }
            Ins::New(d, site) => {
                let mut cells = Vec::new();
                self.zero_cells(program.sites[*site as usize].ty, &mut cells);
                let obj = self.allocate(st, *site, Body::Cells(cells));
                set!(d, Value::Ptr(Ptr { obj, off: 0 }));
            }
            Ins::Load(d, p, ty) => {
                let p = pointer(reg(frame, *p))?;
                set!(d, self.load(st, g, p, *ty)?);
            }
            Ins::Store(p, v, ty) => {
                let p = pointer(reg(frame, *p))?;
                let value = reg(frame, *v).clone();
                self.store(st, g, p, &value, *ty)?;
            }
            Ins::Offset(d, p, off) => {
                let p = pointer(reg(frame, *p))?;
                set!(d, Value::Ptr(Ptr { off: p.off + off, ..p }));
            }
            Ins::SliceAddr(d, s, i, size) => {
                let (i, len, at) = (reg(frame, *i).int(), slice_len(reg(frame, *s)), slice_at(reg(frame, *s)));
                let (Some(at), true) = (at, i >= 0 && i < i64::from(len)) else { return Err(out_of_range(i, len)) };
                set!(d, Value::Ptr(Ptr { off: at.off + i as u32 * size, ..at }));
            }
            Ins::ArrayAddr(d, p, i, len, size) => {
                let (p, i) = (pointer(reg(frame, *p))?, reg(frame, *i).int());
                if i < 0 || i >= i64::from(*len) {
                    return Err(out_of_range(i, *len));
                }
                set!(d, Value::Ptr(Ptr { off: p.off + i as u32 * size, ..p }));
            }
            Ins::Field(d, a, i) => set!(
                d,
                match reg(frame, *a) {
                    Value::Tuple(list) => list[*i as usize].clone(),
                    _ => Value::Nil,
                }
            ),
            Ins::Elem(d, a, i) => {
                let i = reg(frame, *i).int();
                let Value::Tuple(list) = reg(frame, *a) else { return Err(nil_dereference()) };
                if i < 0 || i >= list.len() as i64 {
                    return Err(out_of_range(i, list.len() as u32));
                }
                set!(d, list[i as usize].clone());
            }
            Ins::SetField(d, i, v) => {
                let value = reg(frame, *v).clone();
                if let Value::Tuple(list) = &mut frame.regs[usize::from(*d)] {
                    Rc::make_mut(list)[*i as usize] = value;
                }
            }
            Ins::StrIndex(d, s, i) => {
                let (bytes, i) = (reg(frame, *s).bytes(), reg(frame, *i).int());
                if i < 0 || i >= bytes.len() as i64 {
                    return Err(out_of_range(i, bytes.len() as u32));
                }
                set!(d, Value::Int(i64::from(bytes[i as usize])));
            }
            Ins::StrRune(d, w, s, i) => {
                let (rune, width) = decode(&reg(frame, *s).bytes()[reg(frame, *i).int() as usize..]);
                set!(d, Value::Int(i64::from(rune)));
                set!(w, Value::Int(width as i64));
            }
            Ins::MakeSlice(d, site, len, cap) => {
                let (len, cap) = (reg(frame, *len).int(), reg(frame, *cap).int());
                if !(0..=1 << 22).contains(&len) {
                    return Err(Trap::Error("makeslice: len out of range".into()));
                }
                if cap < len || cap > 1 << 22 {
                    return Err(Trap::Error("makeslice: cap out of range".into()));
                }
                let value = self.make_slice(st, *site, len as u32, cap as u32);
                set!(d, value);
            }
            Ins::Slice { dst, x, bounds, size, array } => {
                let bound = |i: usize| bounds[i].map(|r| reg(frame, r).int());
                let value = slice_of(reg(frame, *x), [bound(0), bound(1), bound(2)], *size, *array)?;
                set!(dst, value);
            }
            Ins::Append { dst, slice, values, spread, site } => {
                let old = reg(frame, *slice).clone();
                let ty = program.sites[*site as usize].ty;
                let mut new: Vec<Value> = values.iter().map(|r| reg(frame, *r).clone()).collect();
                match spread.map(|r| reg(frame, r).clone()) {
                    Some(Value::Str(s)) => new.extend(s.iter().map(|b| Value::Int(i64::from(*b)))),
                    Some(Value::Slice { at, len, .. }) => {
                        let size = program.types[ty as usize].cells;
                        for i in 0..len {
                            new.push(self.load(st, g, Ptr { off: at.off + i * size, ..at }, ty)?);
                        }
                    }
                    _ => {}
                }
                let value = self.append(st, g, old, &new, *site, ty)?;
                let frame = gor.frames.last_mut().expect("it stands in a call");
                frame.regs[usize::from(*dst)] = value;
                frame.pc += 1;
                return Ok(());
            }
            Ins::Copy(d, to, from, ty) => {
                let size = program.types[*ty as usize].cells;
                let mut new = Vec::new();
                let room = slice_len(reg(frame, *to));
                match reg(frame, *from).clone() {
                    Value::Str(s) => new.extend(s.iter().take(room as usize).map(|b| Value::Int(i64::from(*b)))),
                    Value::Slice { at, len, .. } => {
                        for i in 0..len.min(room) {
                            new.push(self.load(st, g, Ptr { off: at.off + i * size, ..at }, *ty)?);
                        }
                    }
                    _ => {}
                }
                if let Value::Slice { at, .. } = reg(frame, *to).clone() {
                    for (i, v) in new.iter().enumerate() {
                        self.store(st, g, Ptr { off: at.off + i as u32 * size, ..at }, v, *ty)?;
                    }
                }
                set!(d, Value::Int(new.len() as i64));
            }
            Ins::Len(d, a) => set!(
                d,
                match reg(frame, *a) {
                    Value::Str(s) => Value::Int(s.len() as i64),
                    v => Value::Int(i64::from(slice_len(v))),
                }
            ),
            Ins::Cap(d, a) => set!(
                d,
                match reg(frame, *a) {
                    Value::Slice { cap, .. } => Value::Int(i64::from(*cap)),
                    _ => Value::Int(0),
                }
            ),
            Ins::Bytes(d, s, site) => {
                let cells: Vec<Value> = reg(frame, *s).bytes().iter().map(|b| Value::Int(i64::from(*b))).collect();
                let value = self.slice_from(st, *site, cells);
                set!(d, value);
            }
            Ins::Runes(d, s, site) => {
                let bytes = reg(frame, *s).bytes();
                let (mut cells, mut at) = (Vec::new(), 0);
                while at < bytes.len() {
                    let (rune, width) = decode(&bytes[at..]);
                    cells.push(Value::Int(i64::from(rune)));
                    at += width;
                }
                let value = self.slice_from(st, *site, cells);
                set!(d, value);
            }
            Ins::StringOf(d, s, runes) => {
                let mut bytes = Vec::new();
                if let Value::Slice { at, len, .. } = reg(frame, *s).clone() {
                    for i in 0..len {
                        let v = self.read_cell(st, g, Ptr { off: at.off + i, ..at }, AccessKind::Read)?.int();
                        if *runes {
                            push_rune(&mut bytes, v);
                        } else {
                            bytes.push(v as u8);
                        }
                    }
                }
                set!(d, Value::str(bytes));
            }
            Ins::StringOfRune(d, a) => {
                let mut bytes = Vec::new();
                push_rune(&mut bytes, reg(frame, *a).int());
                set!(d, Value::str(bytes));
            }
            Ins::Iface(d, ty, a) => set!(d, Value::Iface(*ty, Rc::new(reg(frame, *a).clone()))),
            Ins::Assert(d, ok, a, ty) => {
                let value = reg(frame, *a);
                let found = self.assert(value, *ty);
                match (found, ok) {
                    (Some(v), ok) => {
                        set!(d, v);
                        if let Some(ok) = ok {
                            set!(ok, Value::bool(true));
                        }
                    }
                    (None, Some(ok)) => {
                        set!(d, self.zero(*ty));
                        set!(ok, Value::bool(false));
                    }
                    (None, None) => {
                        let wanted = &program.types[*ty as usize].name;
                        let is = match value {
                            Value::Iface(t, _) => program.types[*t as usize].name.clone(),
                            _ => "nil".into(),
                        };
                        return Err(Trap::Error(format!("interface conversion: interface is {is}, not {wanted}")));
                    }
                }
            }
            Ins::Closure(d, func, captures) => {
                let list = captures.iter().map(|r| reg(frame, *r).clone()).collect();
                set!(d, Value::Func(*func, Rc::new(list)));
            }
            Ins::MakeMap(..)
            | Ins::MapGet { .. }
            | Ins::MapSet(..)
            | Ins::MapDelete(..)
            | Ins::MapClear(_)
            | Ins::MapLen(..)
            | Ins::MapIter(..)
            | Ins::MapNext { .. } => return self.map(st, g, gor, ins),
            Ins::MakeChan(..) | Ins::Send(..) | Ins::Recv(..) | Ins::Select(..) | Ins::Close(_) | Ins::ChanLen(..) => {
                return self.channel(st, g, gor, ins);
            }
            Ins::Native(dst, native, args) => {
                let values: Vec<Value> = args.iter().map(|r| reg(frame, *r).clone()).collect();
                let results = self.native(st, g, gor, *native, &values)?;
                let frame = gor.frames.last_mut().expect("it stands in a call");
                for (r, v) in dst.iter().zip(results) {
                    frame.regs[usize::from(*r)] = v;
                }
                frame.pc += 1;
                return Ok(());
            }
        }
        gor.frames.last_mut().expect("it stands in a call").pc += 1;
        Ok(())
    }

    fn binary(&self, op: BinOp, num: Num, a: &Value, b: &Value) -> Step<Value> {
        use BinOp as B;
        let compare = |o: Ordering| match op {
            B::Lt => Some(o.is_lt()),
            B::Le => Some(o.is_le()),
            B::Gt => Some(o.is_gt()),
            B::Ge => Some(o.is_ge()),
            B::Eq => Some(o.is_eq()),
            B::Ne => Some(o.is_ne()),
            _ => None,
        };
        match num {
            Num::Int(bits, signed) => {
                let (x, y) = (a.int(), b.int());
                let order = if signed { x.cmp(&y) } else { (x as u64).cmp(&(y as u64)) };
                if let Some(answer) = compare(order) {
                    return Ok(Value::bool(answer));
                }
                let wide = match op {
                    B::Add => x.wrapping_add(y),
                    B::Sub => x.wrapping_sub(y),
                    B::Mul => x.wrapping_mul(y),
                    B::Div | B::Rem if y == 0 => return Err(Trap::Error("integer divide by zero".into())),
                    B::Div if signed => x.wrapping_div(y),
                    B::Rem if signed => x.wrapping_rem(y),
                    B::Div => (x as u64 / y as u64) as i64,
                    B::Rem => (x as u64 % y as u64) as i64,
                    B::And => x & y,
                    B::Or => x | y,
                    B::Xor => x ^ y,
                    B::AndNot => x & !y,
                    B::Shl | B::Shr if y < 0 => return Err(Trap::Error("negative shift amount".into())),
                    B::Shl => {
                        if y >= 64 {
                            0
                        } else {
                            x << y
                        }
                    }
                    B::Shr if signed => x >> y.min(63),
                    B::Shr => {
                        if y >= 64 {
                            0
                        } else {
                            (x as u64 >> y) as i64
                        }
                    }
                    _ => 0,
                };
                Ok(Value::Int(wrap(wide, bits, signed)))
            }
            Num::Float(bits) => {
                let (x, y) = (a.float(), b.float());
                let answer = match op {
                    B::Lt => x < y,
                    B::Le => x <= y,
                    B::Gt => x > y,
                    B::Ge => x >= y,
                    B::Eq => x == y,
                    B::Ne => x != y,
                    _ => {
                        let r = match op {
                            B::Add => x + y,
                            B::Sub => x - y,
                            B::Mul => x * y,
                            _ => x / y,
                        };
                        return Ok(Value::Float(if bits == 32 { f64::from(r as f32) } else { r }));
                    }
                };
                Ok(Value::bool(answer))
            }
            Num::Str => {
                if let Some(answer) = compare(a.bytes().cmp(b.bytes())) {
                    return Ok(Value::bool(answer));
                }
                Ok(Value::str([a.bytes(), b.bytes()].concat()))
            }
            Num::Other => {
                if !matches!(a, Value::Nil) && !matches!(b, Value::Nil) {
                    self.comparable(a)?;
                    self.comparable(b)?;
                }
                Ok(Value::bool(a.same(b) == (op == B::Eq)))
            }
        }
    }

    /// Interfaces are compared only where their dynamic types can be.
    pub(crate) fn comparable(&self, v: &Value) -> Step<()> {
        match v {
            Value::Iface(ty, _) if !self.program.types[*ty as usize].comparable => {
                let name = &self.program.types[*ty as usize].name;
                Err(Trap::Error(format!("comparing uncomparable type {name}")))
            }
            Value::Tuple(list) => list.iter().try_for_each(|v| self.comparable(v)),
            _ => Ok(()),
        }
    }

    /// An interface value as another type: `None` where it is not.
    pub(crate) fn assert(&self, value: &Value, ty: TypeId) -> Option<Value> {
        let Value::Iface(dynamic, inner) = value else { return None };
        match &self.program.types[ty as usize].kind {
            Kind::Interface(methods) => {
                methods.iter().all(|m| self.program.methods.contains_key(&(*dynamic, *m))).then(|| value.clone())
            }
            _ => (*dynamic == ty).then(|| (**inner).clone()),
        }
    }

    pub(crate) fn make_slice(&mut self, st: &mut State, site: u32, len: u32, cap: u32) -> Value {
        let ty = self.program.sites[site as usize].ty;
        let mut one = Vec::new();
        self.zero_cells(ty, &mut one);
        let cells = (0..cap).flat_map(|_| one.iter().cloned()).collect();
        let obj = self.allocate(st, site, Body::Cells(cells));
        Value::Slice { at: Ptr { obj, off: 0 }, len, cap }
    }

    /// A new slice of one-cell elements.
    pub(crate) fn slice_from(&mut self, st: &mut State, site: u32, cells: Vec<Value>) -> Value {
        let len = cells.len() as u32;
        let obj = self.allocate(st, site, Body::Cells(cells));
        Value::Slice { at: Ptr { obj, off: 0 }, len, cap: len }
    }

    fn append(&mut self, st: &mut State, g: usize, old: Value, new: &[Value], site: u32, ty: TypeId) -> Step<Value> {
        let size = self.program.types[ty as usize].cells;
        let (len, cap) = match &old {
            Value::Slice { len, cap, .. } => (*len, *cap),
            _ => (0, 0),
        };
        if new.is_empty() {
            return Ok(old);
        }
        let total = len + new.len() as u32;
        let to = if total <= cap {
            slice_at(&old).expect("it has a capacity")
        } else {
            // As the runtime grows small slices; the exact capacity is not part of the language.
            let grown = total.max(if cap < 256 { cap * 2 } else { cap + cap / 4 + 192 });
            let from = slice_at(&old);
            let mut kept = Vec::new();
            for i in 0..len {
                let from = from.expect("it has elements");
                kept.push(self.load(st, g, Ptr { off: from.off + i * size, ..from }, ty)?);
            }
            let Value::Slice { at, .. } = self.make_slice(st, site, total, grown) else { unreachable!("a new slice") };
            for (i, v) in kept.iter().enumerate() {
                self.store(st, g, Ptr { off: at.off + i as u32 * size, ..at }, v, ty)?;
            }
            for (i, v) in new.iter().enumerate() {
                self.store(st, g, Ptr { off: at.off + (len + i as u32) * size, ..at }, v, ty)?;
            }
            return Ok(Value::Slice { at, len: total, cap: grown });
        };
        for (i, v) in new.iter().enumerate() {
            self.store(st, g, Ptr { off: to.off + (len + i as u32) * size, ..to }, v, ty)?;
        }
        Ok(Value::Slice { at: to, len: total, cap })
    }
}

pub(crate) fn slice_len(v: &Value) -> u32 {
    match v {
        Value::Slice { len, .. } => *len,
        _ => 0,
    }
}

pub(crate) fn slice_at(v: &Value) -> Option<Ptr> {
    match v {
        Value::Slice { at, .. } => Some(*at),
        _ => None,
    }
}

fn out_of_range(i: i64, len: u32) -> Trap {
    if i < 0 {
        return Trap::Error(format!("index out of range [{i}]"));
    }
    Trap::Error(format!("index out of range [{i}] with length {len}"))
}

fn slice_of(x: &Value, bounds: [Option<i64>; 3], size: u32, array: Option<u32>) -> Step<Value> {
    let (len, cap) = match (x, array) {
        (Value::Str(s), _) => (s.len() as i64, s.len() as i64),
        (_, Some(n)) => (i64::from(n), i64::from(n)),
        (Value::Slice { len, cap, .. }, None) => (i64::from(*len), i64::from(*cap)),
        _ => (0, 0),
    };
    let (lo, hi, max) = (bounds[0].unwrap_or(0), bounds[1].unwrap_or(len), bounds[2].unwrap_or(cap));
    if hi < 0 || hi > max || max > cap {
        let what = if matches!(x, Value::Str(_)) { "length" } else { "capacity" };
        return Err(Trap::Error(format!("slice bounds out of range [:{hi}] with {what} {cap}")));
    }
    if lo < 0 || lo > hi {
        return Err(Trap::Error(format!("slice bounds out of range [{lo}:{hi}]")));
    }
    let at = match x {
        Value::Str(s) => return Ok(Value::str(&s[lo as usize..hi as usize])),
        Value::Slice { at, .. } => *at,
        Value::Ptr(p) => *p,
        _ => return if array.is_some() { Err(nil_dereference()) } else { Ok(Value::Nil) },
    };
    Ok(Value::Slice { at: Ptr { off: at.off + lo as u32 * size, ..at }, len: (hi - lo) as u32, cap: (max - lo) as u32 })
}

/// The first rune of some bytes and its width, as the language decodes it.
pub(crate) fn decode(bytes: &[u8]) -> (u32, usize) {
    for width in 1..=bytes.len().min(4) {
        if let Ok(text) = std::str::from_utf8(&bytes[..width]) {
            return (text.chars().next().map_or(0, u32::from), width);
        }
    }
    (0xfffd, 1)
}

fn push_rune(bytes: &mut Vec<u8>, rune: i64) {
    let c = u32::try_from(rune).ok().and_then(char::from_u32).unwrap_or('\u{fffd}');
    bytes.extend(c.encode_utf8(&mut [0; 4]).bytes());
}

fn convert(from: Num, to: Num, v: &Value) -> Value {
    match (from, to) {
        (Num::Int(64, false), Num::Float(bits)) => float(v.int() as u64 as f64, bits),
        (Num::Int(..), Num::Float(bits)) => float(v.int() as f64, bits),
        (Num::Float(_), Num::Int(64, false)) => Value::Int(v.float() as u64 as i64),
        (Num::Float(_), Num::Int(bits, signed)) => Value::Int(wrap(v.float() as i64, bits, signed)),
        (Num::Float(_), Num::Float(bits)) => float(v.float(), bits),
        (_, Num::Int(bits, signed)) => Value::Int(wrap(v.int(), bits, signed)),
        _ => v.clone(),
    }
}

fn float(x: f64, bits: u8) -> Value {
    Value::Float(if bits == 32 { f64::from(x as f32) } else { x })
}

/// Registers of a case that a select writes.
pub(crate) fn case_registers(case: &Case) -> Option<(u16, u16, TypeId)> {
    match case {
        Case::Send { .. } => None,
        Case::Recv { dst, ok, ty, .. } => Some((*dst, *ok, *ty)),
    }
}
