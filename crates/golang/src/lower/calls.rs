//! Calls, and the functions that the language has built in.

use super::{Fun, Lowered};
use crate::tree::{Expr, ExprKind, Package};
use crate::types::{Found, Ty};
use hb_explore::program::{Callee, Ins, Native, Num, Reg, TypeId};
use hb_explore::value::Value;

/// A call whose callee and arguments are evaluated.
pub(crate) struct Ready {
    pub callee: Callee,
    pub args: Vec<Reg>,
    pub results: Vec<TypeId>,
    native: Option<(Native, u32, Vec<TypeId>)>,
}

impl<'t> Fun<'_, 't> {
    /// Calls; the results with their types.
    pub(crate) fn call(&mut self, e: &'t Expr) -> Lowered<Vec<(Reg, TypeId)>> {
        let ready = self.ready(e, true)?;
        let dst: Vec<Reg> = ready.results.iter().map(|_| self.reg()).collect();
        self.go_to(e.p);
        if let Some((native, _, targs)) = ready.native {
            let mut args = ready.args;
            if native.name().starts_with("sync/atomic.") {
                self.atomic_args(&mut args, targs.first().copied());
            }
            self.put(Ins::Native(dst.clone(), native, args));
        } else {
            self.put(Ins::Call(dst.clone(), ready.callee, ready.args));
        }
        Ok(dst.into_iter().zip(ready.results).collect())
    }

    /// Evaluates what is called and the arguments. `direct`: natives may be given as such.
    pub(crate) fn ready(&mut self, e: &'t Expr, direct: bool) -> Lowered<Ready> {
        let ExprKind::Call { fun, args, ellipsis } = &e.kind else {
            return Err(self.refuse("this call is not supported"));
        };
        let t = self.ty(fun.t);
        let Ty::Func(params, results, variadic) = self.cx.types.under(t) else {
            return Err(self.refuse("this is not a function"));
        };
        let (callee, first, native) = match &fun.kind {
            ExprKind::Func { f, targs } => {
                let targs: Vec<TypeId> = targs.iter().map(|t| self.ty(*t)).collect();
                let desc = &self.cx.tree.funcs[*f as usize];
                let native = self.cx.native(desc).map(|n| (n, *f, targs.clone()));
                match native {
                    Some(n) if direct => (Callee::Static(0), None, Some(n)),
                    _ => (Callee::Static(self.cx.instance(*f, targs)), None, None),
                }
            }
            ExprKind::Method { x, name, sp } => {
                self.go_to(fun.p);
                let (recv, found) = self.receiver(x, name)?;
                self.go_to(*sp);
                let native = found.func.and_then(|f| {
                    let desc = &self.cx.tree.funcs[f as usize];
                    self.cx.native(desc).map(|n| (n, f, found.targs.clone()))
                });
                match (native, found.func) {
                    (Some(n), _) if direct => (Callee::Static(0), Some(recv), Some(n)),
                    (_, Some(f)) => (Callee::Static(self.cx.instance(f, found.targs)), Some(recv), None),
                    (_, None) => (Callee::Method(recv, self.cx.types.method_id(name)), None, None),
                }
            }
            _ => (Callee::Value(self.expr(fun)?), None, None),
        };
        let mut list: Vec<Reg> = first.into_iter().collect();
        // f(g()) with several results.
        if let ([only], true) = (args.as_slice(), params.len() > 1 || variadic) {
            let ty = self.ty(only.t);
            if let Ty::Tuple(_) = self.cx.types.get(ty) {
                let values = self.call(only)?;
                list.extend(self.arguments(values, &params, variadic)?);
                return Ok(Ready { callee, args: list, results, native });
            }
        }
        if *ellipsis {
            for (a, p) in args.iter().zip(&params) {
                list.push(self.expr_as(a, *p)?);
            }
        } else {
            let mut values = Vec::new();
            for (i, a) in args.iter().enumerate() {
                let to = self.parameter(&params, variadic, i);
                values.push((self.expr_as(a, to)?, to));
            }
            list.extend(self.arguments(values, &params, variadic)?);
        }
        Ok(Ready { callee, args: list, results, native })
    }

    fn parameter(&mut self, params: &[TypeId], variadic: bool, i: usize) -> TypeId {
        if variadic && i + 1 >= params.len() {
            let last = *params.last().expect("a variadic function has a parameter");
            return match self.cx.types.under(last) {
                Ty::Slice(elem) => elem,
                _ => last,
            };
        }
        params[i]
    }

    /// Converts values to parameters; those of a variadic parameter go into a slice.
    fn arguments(&mut self, values: Vec<(Reg, TypeId)>, params: &[TypeId], variadic: bool) -> Lowered<Vec<Reg>> {
        let mut list = Vec::new();
        for (i, (r, from)) in values.iter().enumerate() {
            let to = self.parameter(params, variadic, i);
            list.push(self.convert_to(*r, *from, to));
        }
        if variadic {
            let fixed = params.len() - 1;
            let rest = list.split_off(fixed);
            let last = params[fixed];
            let Ty::Slice(elem) = self.cx.types.under(last) else { unreachable!("a variadic parameter is a slice") };
            list.push(if rest.is_empty() {
                self.value(Value::Nil)
            } else {
                let at = self.at;
                let site = self.cx.site("arguments", elem, at, true);
                let len = self.number(rest.len() as i64);
                let d = self.reg();
                self.put(Ins::MakeSlice(d, site, len, len));
                let size = self.cx.types.cells(elem);
                for (i, v) in rest.into_iter().enumerate() {
                    let i = self.number(i as i64);
                    let p = self.reg();
                    self.put(Ins::SliceAddr(p, d, i, size));
                    self.put(Ins::Store(p, v, elem));
                }
                d
            });
        }
        Ok(list)
    }

    /// The receiver of a method call, as the method wants it.
    fn receiver(&mut self, x: &'t Expr, name: &str) -> Lowered<(Reg, Found)> {
        let t = self.ty(x.t);
        let Some(found) = self.cx.types.find(t, name) else {
            return Err(self.refuse(format!("method {name} was not found")));
        };
        if found.func.is_none() && found.path.is_empty() {
            return Ok((self.expr(x)?, found));
        }
        let is_pointer = self.cx.types.elem(t).is_some();
        // By address where that is possible: then nothing is read that the call does not read.
        let (direct, wanted) = (found.path.is_empty(), found.ptr || !found.path.is_empty());
        let (v, t) = if !is_pointer && wanted && (direct || self.in_memory(x)) {
            let pointer = self.cx.types.intern(Ty::Pointer(t));
            (self.address(x)?, pointer)
        } else {
            (self.expr(x)?, t)
        };
        let (v, t) = self.walk(v, t, &found.path);
        let is_pointer = self.cx.types.elem(t);
        Ok(match (found.func.is_some(), found.ptr, is_pointer) {
            (true, false, Some(elem)) => {
                let d = self.reg();
                self.put(Ins::Load(d, v, elem));
                (d, found)
            }
            (false, _, Some(elem)) => {
                let d = self.reg();
                self.put(Ins::Load(d, v, elem));
                (d, found)
            }
            _ => (v, found),
        })
    }

    /// What to call for a method that was found, and the receiver if it is an argument.
    pub(crate) fn method_callee(&mut self, v: Reg, t: TypeId, found: &Found, name: &str) -> (Callee, Option<Reg>) {
        let pointer = self.cx.types.elem(t);
        match found.func {
            Some(f) => {
                let id = self.cx.instance(f, found.targs.clone());
                let r = match (found.ptr, pointer) {
                    (false, Some(elem)) => {
                        let d = self.reg();
                        self.put(Ins::Load(d, v, elem));
                        d
                    }
                    _ => v,
                };
                (Callee::Static(id), Some(r))
            }
            None => {
                let r = match pointer {
                    Some(elem) => {
                        let d = self.reg();
                        self.put(Ins::Load(d, v, elem));
                        d
                    }
                    None => v,
                };
                (Callee::Method(r, self.cx.types.method_id(name)), None)
            }
        }
    }

    /// `x.M` without a call: a function that remembers `x`.
    pub(crate) fn method_value(&mut self, e: &'t Expr) -> Lowered<Reg> {
        let ExprKind::Method { x, name, .. } = &e.kind else { unreachable!("it is a method value") };
        let (recv, found) = self.receiver(x, name)?;
        let d = self.reg();
        let id = match found.func {
            Some(f) => self.cx.instance(f, found.targs),
            None => {
                let t = self.ty(e.t);
                let Ty::Func(params, results, _) = self.cx.types.under(t) else { unreachable!("it is a function") };
                let key = format!("{name}/{}/{}", params.len(), results.len());
                match self.cx.wrappers.get(&key) {
                    Some(id) => *id,
                    None => {
                        let id = self.cx.reserve();
                        self.cx.wrappers.insert(key, id);
                        let method = self.cx.types.method_id(name);
                        let mut fun = Fun::new(self.cx, name, "", true, crate::types::Env::new());
                        let args: Vec<Reg> = (0..=params.len()).map(|_| fun.reg()).collect();
                        let dst: Vec<Reg> = results.iter().map(|_| fun.reg()).collect();
                        fun.put(Ins::Call(dst.clone(), Callee::Method(args[0], method), args[1..].to_vec()));
                        fun.put(Ins::Ret(dst));
                        let func = fun.finish(params.len() + 1)?;
                        self.cx.program.funcs[id as usize] = func;
                        id
                    }
                }
            }
        };
        self.put(Ins::Closure(d, id, vec![recv]));
        Ok(d)
    }

    pub(crate) fn builtin(
        &mut self,
        e: &'t Expr,
        name: &str,
        args: &'t [Expr],
        of: Option<u32>,
        ellipsis: bool,
    ) -> Lowered<Reg> {
        let ty = self.ty(e.t);
        let d = self.reg();
        match name {
            "len" | "cap" => {
                let t = self.ty(args[0].t);
                match self.cx.types.under(t) {
                    Ty::Map(..) => {
                        let m = self.expr(&args[0])?;
                        self.put(Ins::MapLen(d, m));
                    }
                    Ty::Chan(..) => {
                        let c = self.expr(&args[0])?;
                        self.put(Ins::ChanLen(d, c, name == "cap"));
                    }
                    Ty::Array(_, n) => return Ok(self.number(i64::from(n))),
                    Ty::Pointer(a) => {
                        let Ty::Array(_, n) = self.cx.types.under(a) else {
                            return Err(self.refuse("this has no length"));
                        };
                        return Ok(self.number(i64::from(n)));
                    }
                    _ => {
                        let v = self.expr(&args[0])?;
                        self.put(if name == "len" { Ins::Len(d, v) } else { Ins::Cap(d, v) });
                    }
                }
            }
            "append" => {
                let Ty::Slice(elem) = self.cx.types.under(ty) else { return Err(self.refuse("this is not a slice")) };
                let slice = self.expr(&args[0])?;
                let (mut values, mut spread) = (Vec::new(), None);
                for a in &args[1..] {
                    if ellipsis {
                        spread = Some(self.expr(a)?);
                    } else {
                        values.push(self.expr_as(a, elem)?);
                    }
                }
                self.go_to(e.p);
                let (name, at) = (self.cx.types.short_name(ty), self.at);
                let site = self.cx.site(&name, elem, at, true);
                self.put(Ins::Append { dst: d, slice, values, spread, site });
            }
            "copy" => {
                let t = self.ty(args[0].t);
                let Ty::Slice(elem) = self.cx.types.under(t) else { return Err(self.refuse("this is not a slice")) };
                let (to, from) = (self.expr(&args[0])?, self.expr(&args[1])?);
                self.go_to(e.p);
                self.put(Ins::Copy(d, to, from, elem));
            }
            "delete" => {
                let t = self.ty(args[0].t);
                let Ty::Map(key, _) = self.cx.types.under(t) else { return Err(self.refuse("this is not a map")) };
                let (m, k) = (self.expr(&args[0])?, self.expr_as(&args[1], key)?);
                self.go_to(e.p);
                self.put(Ins::MapDelete(m, k));
            }
            "clear" => {
                let t = self.ty(args[0].t);
                let v = self.expr(&args[0])?;
                match self.cx.types.under(t) {
                    Ty::Map(..) => {
                        self.put(Ins::MapClear(v));
                    }
                    _ => return Err(self.refuse("clear of a slice is not supported")),
                }
            }
            "make" => return self.make(e, of.expect("make has a type"), args),
            "new" => {
                let ty = self.ty(of.expect("new has a type"));
                let (name, at) = (self.cx.types.short_name(ty), self.at);
                let site = self.cx.site(&name, ty, at, false);
                self.put(Ins::New(d, site));
            }
            "panic" => {
                let any = self.cx.types.intern(Ty::Interface(Vec::new()));
                let v = self.expr_as(&args[0], any)?;
                self.go_to(e.p);
                self.put(Ins::Panic(v));
            }
            "recover" => {
                self.put(Ins::Recover(d));
            }
            "close" => {
                let c = self.expr(&args[0])?;
                self.go_to(e.p);
                self.put(Ins::Close(c));
            }
            "min" | "max" => {
                let num = self.cx.types.num(ty);
                let mut best = self.expr(&args[0])?;
                for a in &args[1..] {
                    let v = self.expr(a)?;
                    let (less, next) = (self.reg(), self.reg());
                    let op =
                        if name == "min" { hb_explore::program::BinOp::Le } else { hb_explore::program::BinOp::Ge };
                    self.put(Ins::Bin(less, op, num, best, v));
                    self.put(Ins::Move(next, best));
                    let split = self.put(Ins::Branch(less, u32::MAX, u32::MAX));
                    let other = self.label();
                    self.put(Ins::Move(next, v));
                    let end = self.label();
                    self.patch(split, end);
                    self.patch(split, other);
                    best = next;
                }
                return Ok(best);
            }
            "print" | "println" => {
                for a in args {
                    self.expr(a)?;
                }
            }
            _ => return Err(self.refuse(format!("{name} is not supported"))),
        }
        let _ = Num::Other;
        Ok(d)
    }

    fn make(&mut self, e: &'t Expr, of: u32, args: &'t [Expr]) -> Lowered<Reg> {
        let ty = self.ty(of);
        let (name, d) = (self.cx.types.short_name(ty), self.reg());
        let mut sizes = Vec::new();
        for a in args {
            sizes.push(self.expr(a)?);
        }
        self.go_to(e.p);
        let at = self.at;
        match self.cx.types.under(ty) {
            Ty::Slice(elem) => {
                let site = self.cx.site(&name, elem, at, true);
                let len = sizes[0];
                self.put(Ins::MakeSlice(d, site, len, sizes.get(1).copied().unwrap_or(len)));
            }
            Ty::Map(_, elem) => {
                let site = self.cx.site(&name, elem, at, false);
                self.put(Ins::MakeMap(d, site));
            }
            Ty::Chan(elem, _) => {
                let site = self.cx.site(&name, elem, at, false);
                let cap = match sizes.first() {
                    Some(r) => *r,
                    None => self.number(0),
                };
                self.put(Ins::MakeChan(d, cap, site));
            }
            _ => return Err(self.refuse("make of this type is not supported")),
        }
        Ok(d)
    }

    /// Runs the tests of a package as its `main` would: one after the other.
    pub(crate) fn tests(&mut self, package: &'t Package) -> Lowered<()> {
        let tree = self.cx.tree;
        let find = |name: &str| tree.funcs.iter().position(|f| f.pkg == "testing" && f.name == name).map(|f| f as u32);
        let (Some(one), Some(end)) = (find("runOne"), find("finish")) else {
            return Err(self.refuse("package testing was not imported"));
        };
        if package.testmain.is_some() {
            return Err(self.refuse("TestMain is not supported"));
        }
        for test in &package.tests {
            let name = self.value(Value::str(&test.name));
            let f = self.cx.instance(test.f, Vec::new());
            let r = self.reg();
            self.put(Ins::Closure(r, f, Vec::new()));
            let one = self.cx.instance(one, Vec::new());
            self.put(Ins::Call(Vec::new(), Callee::Static(one), vec![name, r]));
        }
        let end = self.cx.instance(end, Vec::new());
        self.put(Ins::Call(Vec::new(), Callee::Static(end), Vec::new()));
        Ok(())
    }
}
