//! Expressions.

use super::{Closure, Fun, Lowered, Var, Work};
use crate::tree::{Elt, Expr, ExprKind};
use crate::types::Ty;
use hb_explore::program::{BinOp, Ins, Num, Reg, TypeId};
use hb_explore::value::Value;
use std::rc::Rc;

pub(crate) fn operator(op: &str) -> Option<BinOp> {
    Some(match op {
        "+" => BinOp::Add,
        "-" => BinOp::Sub,
        "*" => BinOp::Mul,
        "/" => BinOp::Div,
        "%" => BinOp::Rem,
        "&" => BinOp::And,
        "|" => BinOp::Or,
        "^" => BinOp::Xor,
        "&^" => BinOp::AndNot,
        "<<" => BinOp::Shl,
        ">>" => BinOp::Shr,
        "==" => BinOp::Eq,
        "!=" => BinOp::Ne,
        "<" => BinOp::Lt,
        "<=" => BinOp::Le,
        ">" => BinOp::Gt,
        ">=" => BinOp::Ge,
        _ => return None,
    })
}

impl<'t> Fun<'_, 't> {
    /// The value of an expression as a value of type `to`: put into an interface if that is one.
    pub(crate) fn expr_as(&mut self, e: &'t Expr, to: TypeId) -> Lowered<Reg> {
        if let ExprKind::Nil = e.kind {
            return Ok(self.value(Value::Nil));
        }
        let r = self.expr(e)?;
        let from = self.ty(e.t);
        Ok(self.convert_to(r, from, to))
    }

    /// A value as one of another type that it is assignable to.
    pub(crate) fn convert_to(&mut self, r: Reg, from: TypeId, to: TypeId) -> Reg {
        if !self.cx.types.is_interface(to) || self.cx.types.is_interface(from) {
            return r;
        }
        if self.cx.types.get(from) == Ty::Basic("untyped nil".into()) {
            return r;
        }
        self.cx.in_interface(from);
        let d = self.reg();
        self.put(Ins::Iface(d, from, r));
        d
    }

    /// The value of an expression.
    pub(crate) fn expr(&mut self, e: &'t Expr) -> Lowered<Reg> {
        self.go_to(e.p);
        match &e.kind {
            ExprKind::Const { i, s, f, b } => {
                let ty = self.ty(e.t);
                let num = self.cx.types.num(ty);
                if let Some(s) = s {
                    return Ok(self.value(Value::str(s)));
                }
                if let Some(b) = b {
                    return Ok(self.value(Value::bool(*b)));
                }
                if let Some(f) = f {
                    let x: f64 = f.parse().unwrap_or(f64::INFINITY);
                    return Ok(match num {
                        Num::Int(..) => self.number(x as i64),
                        _ => self.value(Value::Float(x)),
                    });
                }
                let text = i.as_deref().unwrap_or("0");
                let n: i128 = text.parse().unwrap_or(0);
                let n = if let Num::Float(_) = num {
                    return Ok(self.value(Value::Float(n as f64)));
                } else {
                    n as i64
                };
                Ok(self.scaled(n))
            }
            ExprKind::Nil => Ok(self.value(Value::Nil)),
            ExprKind::Def { o } | ExprKind::Var { o } => match self.vars.get(o).copied() {
                // A copy: the variable may change before the value is used.
                Some(Var::Reg(r)) => {
                    let d = self.reg();
                    self.put(Ins::Move(d, r));
                    Ok(d)
                }
                Some(Var::Box(p)) => {
                    let (ty, d) = (self.ty(e.t), self.reg());
                    self.put(Ins::Load(d, p, ty));
                    Ok(d)
                }
                None => {
                    let (ty, d) = (self.ty(e.t), self.reg());
                    let p = self.global_pointer(*o);
                    self.put(Ins::Load(d, p, ty));
                    Ok(d)
                }
            },
            ExprKind::Func { f, targs } => {
                let targs: Vec<TypeId> = targs.iter().map(|t| self.ty(*t)).collect();
                let id = self.cx.instance(*f, targs);
                let d = self.reg();
                self.put(Ins::Closure(d, id, Vec::new()));
                Ok(d)
            }
            ExprKind::Lit { func } => {
                let mut captures = Vec::new();
                let mut wanted: Vec<u32> = Vec::new();
                free(func, &mut wanted);
                for o in wanted {
                    if let Some(var) = self.vars.get(&o)
                        && !captures.iter().any(|(c, _)| *c == o)
                    {
                        captures.push((o, *var));
                    }
                }
                let regs: Vec<Reg> = captures
                    .iter()
                    .map(|(_, v)| match v {
                        Var::Reg(r) | Var::Box(r) => *r,
                    })
                    .collect();
                let id = self.cx.reserve();
                self.closures += 1;
                let name = format!("{}.func{}", self.name, self.closures);
                self.cx.work.push_back(Work::Closure(
                    id,
                    Box::new(Closure {
                        func,
                        env: self.env.clone(),
                        captures,
                        uses: Rc::clone(&self.uses),
                        name,
                        supplied: self.supplied,
                        pkg: self.pkg.clone(),
                    }),
                ));
                let d = self.reg();
                self.put(Ins::Closure(d, id, regs));
                Ok(d)
            }
            ExprKind::Field { x, path, sp } => {
                if self.in_memory(e) {
                    let p = self.address(e)?;
                    let (ty, d) = (self.ty(e.t), self.reg());
                    self.go_to(*sp);
                    self.put(Ins::Load(d, p, ty));
                    return Ok(d);
                }
                let mut v = self.expr(x)?;
                for i in path {
                    let d = self.reg();
                    self.put(Ins::Field(d, v, *i));
                    v = d;
                }
                Ok(v)
            }
            ExprKind::Method { .. } => self.method_value(e),
            ExprKind::MethodExpr { recv, name } => {
                let ty = self.ty(*recv);
                let found = self.cx.types.find(ty, name).ok_or_else(|| self.refuse("no such method"))?;
                let is_pointer = self.cx.types.elem(ty).is_some();
                let id = match found.func {
                    Some(f) if found.path.is_empty() && found.ptr == is_pointer => self.cx.instance(f, found.targs),
                    _ => self.cx.promoted(ty, name, &found)?,
                };
                let d = self.reg();
                self.put(Ins::Closure(d, id, Vec::new()));
                Ok(d)
            }
            ExprKind::Index { x, i } => {
                let t = self.ty(x.t);
                match self.cx.types.under(t) {
                    Ty::Map(key, elem) => {
                        let m = self.expr(x)?;
                        let k = self.expr_as(i, key)?;
                        self.go_to(e.p);
                        let d = self.reg();
                        self.put(Ins::MapGet { dst: d, ok: None, map: m, key: k, ty: elem });
                        Ok(d)
                    }
                    Ty::Basic(_) => {
                        let s = self.expr(x)?;
                        let i = self.expr(i)?;
                        let d = self.reg();
                        self.put(Ins::StrIndex(d, s, i));
                        Ok(d)
                    }
                    Ty::Array(..) if !self.in_memory(x) => {
                        let a = self.expr(x)?;
                        let i = self.expr(i)?;
                        let d = self.reg();
                        self.put(Ins::Elem(d, a, i));
                        Ok(d)
                    }
                    _ => {
                        let p = self.address(e)?;
                        let (ty, d) = (self.ty(e.t), self.reg());
                        self.put(Ins::Load(d, p, ty));
                        Ok(d)
                    }
                }
            }
            ExprKind::Slice { x, lo, hi, max } => {
                let t = self.ty(x.t);
                let (base, size, array) = match self.cx.types.under(t) {
                    Ty::Array(elem, n) => (self.address(x)?, self.cx.types.cells(elem), Some(n)),
                    Ty::Pointer(a) => {
                        let Ty::Array(elem, n) = self.cx.types.under(a) else {
                            return Err(self.refuse("this cannot be sliced"));
                        };
                        (self.expr(x)?, self.cx.types.cells(elem), Some(n))
                    }
                    Ty::Slice(elem) => (self.expr(x)?, self.cx.types.cells(elem), None),
                    _ => (self.expr(x)?, 0, None),
                };
                let mut bounds = [None; 3];
                for (to, e) in bounds.iter_mut().zip([lo, hi, max]) {
                    if let Some(e) = e {
                        *to = Some(self.expr(e)?);
                    }
                }
                self.go_to(e.p);
                let d = self.reg();
                self.put(Ins::Slice { dst: d, x: base, bounds, size, array });
                Ok(d)
            }
            ExprKind::Deref { x } => {
                let p = self.expr(x)?;
                let (ty, d) = (self.ty(e.t), self.reg());
                self.go_to(e.p);
                self.put(Ins::Load(d, p, ty));
                Ok(d)
            }
            ExprKind::Unary { op, x } => self.unary(e, op, x),
            ExprKind::Binary { op, x, y, op_p } => self.binary(e, op, x, y, *op_p),
            ExprKind::Assert { x } => {
                let v = self.expr(x)?;
                let (ty, d) = (self.ty(e.t), self.reg());
                self.put(Ins::Assert(d, None, v, ty));
                Ok(d)
            }
            ExprKind::Conv { x } => self.conversion(e, x),
            ExprKind::Call { .. } => {
                let list = self.call(e)?;
                Ok(list.first().map_or(0, |(r, _)| *r))
            }
            ExprKind::Builtin { name, args, of, ellipsis } => self.builtin(e, name, args, *of, *ellipsis),
            ExprKind::Composite { elts } => self.composite(e, elts),
        }
    }

    /// A number of the program, or what it is scaled to.
    fn scaled(&mut self, n: i64) -> Reg {
        if !self.supplied {
            if let Some(to) = self.cx.scale.get(&n).copied() {
                *self.cx.scaled.entry(n).or_default() += 1;
                return self.number(to);
            }
            if n >= 3 {
                self.cx.constants.insert(n);
            }
        }
        self.number(n)
    }

    fn unary(&mut self, e: &'t Expr, op: &str, x: &'t Expr) -> Lowered<Reg> {
        if op == "&" {
            return self.address(x);
        }
        if op == "<-" {
            return Ok(self.receive(x, e.p)?.0);
        }
        let a = self.expr(x)?;
        let ty = self.ty(e.t);
        let num = self.cx.types.num(ty);
        let d = self.reg();
        self.put(match op {
            "-" => Ins::Neg(d, num, a),
            "!" => Ins::Not(d, a),
            "^" => Ins::Compl(d, num, a),
            _ => Ins::Move(d, a),
        });
        Ok(d)
    }

    pub(crate) fn receive(&mut self, chan: &'t Expr, p: crate::tree::Pos) -> Lowered<(Reg, Reg)> {
        let t = self.ty(chan.t);
        let Ty::Chan(elem, _) = self.cx.types.under(t) else { return Err(self.refuse("this is not a channel")) };
        let c = self.expr(chan)?;
        self.go_to(p);
        let (d, ok) = (self.reg(), self.reg());
        self.put(Ins::Recv(d, ok, c, elem));
        Ok((d, ok))
    }

    fn binary(&mut self, e: &'t Expr, op: &str, x: &'t Expr, y: &'t Expr, op_p: crate::tree::Pos) -> Lowered<Reg> {
        if op == "&&" || op == "||" {
            let d = self.reg();
            let a = self.expr(x)?;
            self.put(Ins::Move(d, a));
            let split = self.put(Ins::Branch(d, u32::MAX, u32::MAX));
            let here = self.label();
            if op == "&&" {
                self.patch(split, here);
            }
            let b = self.expr(y)?;
            self.put(Ins::Move(d, b));
            let end = self.label();
            if op == "&&" {
                self.patch(split, end);
            } else {
                // The first target is the end, the second what was just written.
                self.patch(split, end);
                self.patch(split, here);
            }
            return Ok(d);
        }
        let (tx, ty) = (self.ty(x.t), self.ty(y.t));
        let compares = matches!(op, "==" | "!=");
        let (a, b) = if compares && self.cx.types.is_interface(tx) {
            (self.expr(x)?, self.expr_as(y, tx)?)
        } else if compares && self.cx.types.is_interface(ty) {
            (self.expr_as(x, ty)?, self.expr(y)?)
        } else {
            (self.expr(x)?, self.expr(y)?)
        };
        self.go_to(op_p);
        let _ = e;
        let nil = matches!(y.kind, ExprKind::Nil) || matches!(x.kind, ExprKind::Nil);
        let num = if nil { Num::Other } else { self.cx.types.num(tx) };
        let op = operator(op).ok_or_else(|| self.refuse(format!("operator {op} is not supported")))?;
        if nil {
            // Slices, maps, functions and pointers are compared with nil only, and are nil or not.
            let d = self.reg();
            self.put(Ins::Bin(d, op, Num::Other, a, b));
            return Ok(d);
        }
        let d = self.reg();
        self.put(Ins::Bin(d, op, num, a, b));
        Ok(d)
    }

    fn conversion(&mut self, e: &'t Expr, x: &'t Expr) -> Lowered<Reg> {
        let (from, to) = (self.ty(x.t), self.ty(e.t));
        if self.cx.types.is_interface(to) {
            return self.expr_as(x, to);
        }
        let v = self.expr(x)?;
        let (nf, nt) = (self.cx.types.num(from), self.cx.types.num(to));
        let d = self.reg();
        let elem = |f: &mut Self, t: TypeId| match f.cx.types.under(t) {
            Ty::Slice(e) => Some(f.cx.types.num(e)),
            _ => None,
        };
        let (ef, et) = (elem(self, from), elem(self, to));
        let ins = match (nf, nt) {
            (Num::Int(..), Num::Str) => Ins::StringOfRune(d, v),
            (Num::Str, Num::Str) => Ins::Move(d, v),
            (_, Num::Str) if ef.is_some() => Ins::StringOf(d, v, ef == Some(Num::Int(32, true))),
            (Num::Str, _) if et.is_some() => {
                let Ty::Slice(elem) = self.cx.types.under(to) else { unreachable!("it was looked at") };
                let at = self.at;
                let site = self.cx.site("bytes", elem, at, true);
                if et == Some(Num::Int(32, true)) { Ins::Runes(d, v, site) } else { Ins::Bytes(d, v, site) }
            }
            (Num::Other, _) | (_, Num::Other) => Ins::Move(d, v),
            _ => Ins::Convert(d, nf, nt, v),
        };
        self.put(ins);
        Ok(d)
    }

    fn composite(&mut self, e: &'t Expr, elts: &'t [Elt]) -> Lowered<Reg> {
        let mut ty = self.ty(e.t);
        // In a literal of pointers, `{...}` stands for `&T{...}`.
        let pointer = self.cx.types.elem(ty);
        if let Some(elem) = pointer {
            ty = elem;
        }
        let d = match self.cx.types.under(ty) {
            Ty::Struct(_) => {
                let d = self.reg();
                self.put(Ins::Zero(d, ty));
                for elt in elts {
                    let i = elt.i.unwrap_or(0);
                    let (_, ft) = self.cx.types.field(ty, i);
                    let v = self.expr_as(&elt.x, ft)?;
                    self.put(Ins::SetField(d, i, v));
                }
                d
            }
            Ty::Array(elem, _) => {
                let d = self.reg();
                self.put(Ins::Zero(d, ty));
                for elt in elts {
                    let v = self.expr_as(&elt.x, elem)?;
                    self.put(Ins::SetField(d, elt.i.unwrap_or(0), v));
                }
                d
            }
            Ty::Slice(elem) => {
                let n = elts.iter().map(|e| e.i.unwrap_or(0) + 1).max().unwrap_or(0);
                let at = self.at;
                let name = self.cx.types.short_name(ty);
                let site = self.cx.site(&name, elem, at, true);
                let len = self.number(i64::from(n));
                let d = self.reg();
                self.put(Ins::MakeSlice(d, site, len, len));
                let size = self.cx.types.cells(elem);
                for elt in elts {
                    let v = self.expr_as(&elt.x, elem)?;
                    let i = self.number(i64::from(elt.i.unwrap_or(0)));
                    let p = self.reg();
                    self.put(Ins::SliceAddr(p, d, i, size));
                    self.put(Ins::Store(p, v, elem));
                }
                d
            }
            Ty::Map(key, elem) => {
                let at = self.at;
                let name = self.cx.types.short_name(ty);
                let site = self.cx.site(&name, elem, at, false);
                let d = self.reg();
                self.put(Ins::MakeMap(d, site));
                for elt in elts {
                    let k = self.expr_as(elt.key.as_ref().expect("an element of a map has a key"), key)?;
                    let v = self.expr_as(&elt.x, elem)?;
                    self.put(Ins::MapSet(d, k, v));
                }
                d
            }
            _ => return Err(self.refuse("this kind of literal is not supported")),
        };
        Ok(if pointer.is_some() { self.boxed(d, ty, e.p) } else { d })
    }

    /// The results of an expression that gives `n` values: a call, or the form with `ok`.
    pub(crate) fn multi(&mut self, e: &'t Expr, n: usize) -> Lowered<Vec<(Reg, TypeId)>> {
        let truth = self.cx.types.basic("bool");
        let ty = self.ty(e.t);
        let first = |t: &Ty| match t {
            Ty::Tuple(list) if list.len() == 2 => list[0],
            _ => ty,
        };
        let ty = first(&self.cx.types.get(ty));
        self.go_to(e.p);
        match &e.kind {
            ExprKind::Index { x, i } if n == 2 => {
                let t = self.ty(x.t);
                let Ty::Map(key, elem) = self.cx.types.under(t) else { return Err(self.refuse("this is not a map")) };
                let m = self.expr(x)?;
                let k = self.expr_as(i, key)?;
                self.go_to(e.p);
                let (d, ok) = (self.reg(), self.reg());
                self.put(Ins::MapGet { dst: d, ok: Some(ok), map: m, key: k, ty: elem });
                Ok(vec![(d, elem), (ok, truth)])
            }
            ExprKind::Assert { x } if n == 2 => {
                let v = self.expr(x)?;
                let (d, ok) = (self.reg(), self.reg());
                self.put(Ins::Assert(d, Some(ok), v, ty));
                Ok(vec![(d, ty), (ok, truth)])
            }
            ExprKind::Unary { op, x } if op == "<-" && n == 2 => {
                let (d, ok) = self.receive(x, e.p)?;
                Ok(vec![(d, ty), (ok, truth)])
            }
            _ => self.call(e),
        }
    }
}

/// Variables that a function literal mentions.
fn free(f: &crate::tree::FuncDesc, out: &mut Vec<u32>) {
    crate::scan::mentioned(f, out);
}
