//! Statements.

use super::places::Place;
use super::{Fun, Lowered, Target, Var};
use crate::tree::{Expr, ExprKind, Pos, Stmt, TypeCase};
use crate::types::Ty;
use hb_explore::program::{BinOp, Callee, Case, Ins, Num, Reg, TypeId};
use hb_explore::value::Value;

impl<'t> Fun<'_, 't> {
    pub(crate) fn block(&mut self, list: &'t [Stmt]) -> Lowered<()> {
        list.iter().try_for_each(|s| self.stmt(s))
    }

    fn stmt(&mut self, s: &'t Stmt) -> Lowered<()> {
        match s {
            Stmt::Expr { p, x } => {
                self.go_to(*p);
                match &x.kind {
                    ExprKind::Call { .. } => {
                        self.call(x)?;
                    }
                    _ => {
                        self.expr(x)?;
                    }
                }
                Ok(())
            }
            Stmt::Send { p, ch, x } => {
                let t = self.ty(ch.t);
                let Ty::Chan(elem, _) = self.cx.types.under(t) else {
                    return Err(self.refuse("this is not a channel"));
                };
                let (c, v) = (self.expr(ch)?, self.expr_as(x, elem)?);
                self.go_to(*p);
                self.put(Ins::Send(c, v));
                Ok(())
            }
            Stmt::AssignOp { p, op, lhs, rhs } => {
                self.go_to(*p);
                let (place, ty) = self.place(Some(lhs))?;
                self.go_to(*p);
                let old = self.read(&place, ty);
                let by = match rhs {
                    Some(e) => self.expr(e)?,
                    None => match self.cx.types.num(ty) {
                        Num::Float(_) => self.value(Value::Float(1.0)),
                        _ => self.number(1),
                    },
                };
                self.go_to(*p);
                let d = self.reg();
                let num = self.cx.types.num(ty);
                let op = super::exprs::operator(op).ok_or_else(|| self.refuse("this operator is not supported"))?;
                self.put(Ins::Bin(d, op, num, old, by));
                self.assign(&place, d, ty);
                Ok(())
            }
            Stmt::Assign { p, lhs, rhs } => self.assignment(*p, lhs, rhs),
            Stmt::List { body } | Stmt::Block { body } => self.block(body),
            Stmt::Go { p, call } => {
                self.go_to(*p);
                if let ExprKind::Call { .. } = call.kind {
                    let ready = self.ready(call, false)?;
                    self.go_to(*p);
                    let system = self.pkg == "time";
                    self.put(Ins::Go(ready.callee, ready.args, system));
                    return Ok(());
                }
                Err(self.refuse("go with a built-in function is not supported"))
            }
            Stmt::Defer { p, call } => {
                self.go_to(*p);
                match &call.kind {
                    ExprKind::Call { .. } => {
                        let ready = self.ready(call, false)?;
                        self.go_to(*p);
                        self.put(Ins::Defer(ready.callee, ready.args));
                        Ok(())
                    }
                    ExprKind::Builtin { name, args, .. } => self.defer_builtin(*p, name, args),
                    _ => Err(self.refuse("this deferred call is not supported")),
                }
            }
            Stmt::Return { p, x } => self.return_values(*p, x),
            Stmt::Branch { p, tok, label } => self.branch(*p, tok, label.as_ref()),
            Stmt::If { p, init, cond, then, other } => {
                if let Some(init) = init {
                    self.stmt(init)?;
                }
                let c = self.expr(cond)?;
                self.go_to(*p);
                let split = self.put(Ins::Branch(c, u32::MAX, u32::MAX));
                let here = self.label();
                self.patch(split, here);
                self.block(then)?;
                if let Some(other) = other {
                    let over = self.jump();
                    let here = self.label();
                    self.patch(split, here);
                    self.stmt(other)?;
                    let here = self.label();
                    self.patch(over, here);
                } else {
                    let here = self.label();
                    self.patch(split, here);
                }
                Ok(())
            }
            Stmt::Labeled { label, body, .. } => {
                self.labels.insert(label.clone(), self.code.len());
                self.next_label = Some(label.clone());
                self.stmt(body)?;
                self.next_label = None;
                Ok(())
            }
            Stmt::For { p, init, cond, post, body, shared } => {
                self.for_loop(*p, init.as_deref(), cond.as_ref(), post.as_deref(), body, *shared)
            }
            Stmt::Range { p, x, key, value, body, shared, .. } => {
                self.range(*p, x, key.as_ref(), value.as_ref(), body, *shared)
            }
            Stmt::Switch { p, init, tag, cases } => {
                if let Some(init) = init {
                    self.stmt(init)?;
                }
                self.go_to(*p);
                let tag_value = match tag {
                    Some(e) => Some((self.expr(e)?, self.ty(e.t))),
                    None => None,
                };
                self.enter(false);
                let (mut bodies, mut default) = (Vec::new(), None);
                for (i, case) in cases.iter().enumerate() {
                    if case.default {
                        default = Some(i);
                    }
                    for e in &case.list {
                        let c = match tag_value {
                            None => self.expr(e)?,
                            Some((tag, ty)) => {
                                let v = self.expr_as(e, ty)?;
                                let d = self.reg();
                                let num = self.cx.types.num(ty);
                                self.go_to(e.p);
                                self.put(Ins::Bin(d, BinOp::Eq, num, tag, v));
                                d
                            }
                        };
                        let split = self.put(Ins::Branch(c, u32::MAX, u32::MAX));
                        bodies.push((split, i));
                        // What was written last is where the next comparison begins: the false side is set below.
                        let next = self.label();
                        self.set_false(split, next);
                    }
                }
                let none = self.jump();
                let mut ends = Vec::new();
                let mut starts = Vec::new();
                let mut falls: Vec<(usize, usize)> = Vec::new();
                for (i, case) in cases.iter().enumerate() {
                    starts.push(self.label());
                    self.block(&case.body)?;
                    for at in std::mem::take(&mut self.fallthrough) {
                        falls.push((at, i + 1));
                    }
                    ends.push(self.jump());
                }
                let end = self.label();
                for (split, i) in bodies {
                    self.set_true(split, starts[i]);
                }
                for (at, i) in falls {
                    self.patch(at, starts[i]);
                }
                self.patch(none, default.map_or(end, |i| starts[i]));
                self.patch_all(&ends, end);
                self.exit(end, None);
                Ok(())
            }
            Stmt::TypeSwitch { p, init, x, cases } => {
                if let Some(init) = init {
                    self.stmt(init)?;
                }
                self.go_to(*p);
                self.type_switch(x, cases)
            }
            Stmt::Select { p, cases } => self.select(*p, cases),
        }
    }

    fn set_true(&mut self, at: usize, to: u32) {
        if let Ins::Branch(_, t, _) = &mut self.code[at] {
            *t = to;
        }
    }

    fn set_false(&mut self, at: usize, to: u32) {
        if let Ins::Branch(_, _, e) = &mut self.code[at] {
            *e = to;
        }
    }

    fn assignment(&mut self, p: Pos, lhs: &'t [Option<Expr>], rhs: &'t [Expr]) -> Lowered<()> {
        self.go_to(p);
        if rhs.is_empty() {
            for e in lhs.iter().flatten() {
                if let ExprKind::Def { o } = e.kind {
                    self.declare(o, None);
                }
            }
            return Ok(());
        }
        // Operands of index expressions and pointer indirections on the left, then the right side, then left to right.
        let mut places = Vec::new();
        for e in lhs {
            places.push(match e {
                Some(Expr { kind: ExprKind::Def { o }, .. }) => (Place::Blank, self.object_type(*o)),
                other => self.place(other.as_ref())?,
            });
        }
        let mut values: Vec<(Reg, TypeId)> = Vec::new();
        if rhs.len() == lhs.len() {
            for ((e, (_, ty)), left) in rhs.iter().zip(&places).zip(lhs) {
                match left {
                    Some(_) => values.push((self.expr_as(e, *ty)?, *ty)),
                    None => {
                        let r = self.expr(e)?;
                        let t = self.ty(e.t);
                        values.push((r, t));
                    }
                }
            }
        } else {
            let list = self.multi(&rhs[0], lhs.len())?;
            for ((r, from), ((_, to), left)) in list.into_iter().zip(places.iter().zip(lhs)) {
                values.push(match left {
                    Some(_) => (self.convert_to(r, from, *to), *to),
                    None => (r, from),
                });
            }
        }
        self.go_to(p);
        for ((left, (place, ty)), (v, _)) in lhs.iter().zip(&places).zip(values) {
            match left {
                Some(Expr { kind: ExprKind::Def { o }, .. }) => self.declare(*o, Some(v)),
                _ => self.assign(place, v, *ty),
            }
        }
        Ok(())
    }

    fn defer_builtin(&mut self, p: Pos, name: &str, args: &'t [Expr]) -> Lowered<()> {
        // A function that does it, with the arguments that are evaluated now.
        let values: Vec<Reg> = match name {
            "close" => vec![self.expr(&args[0])?],
            "delete" => {
                let t = self.ty(args[0].t);
                let Ty::Map(key, _) = self.cx.types.under(t) else { return Err(self.refuse("this is not a map")) };
                vec![self.expr(&args[0])?, self.expr_as(&args[1], key)?]
            }
            "panic" => {
                let any = self.cx.types.intern(Ty::Interface(Vec::new()));
                vec![self.expr_as(&args[0], any)?]
            }
            _ => return Err(self.refuse(format!("defer {name} is not supported"))),
        };
        self.go_to(p);
        let id = self.cx.reserve();
        let (name, at) = (name.to_owned(), self.at);
        let supplied = self.supplied;
        let mut fun = Fun::new(self.cx, &format!("{}.{name}", self.name), "", supplied, crate::types::Env::new());
        fun.at = at;
        let params: Vec<Reg> = values.iter().map(|_| fun.reg()).collect();
        fun.put(match name.as_str() {
            "close" => Ins::Close(params[0]),
            "delete" => Ins::MapDelete(params[0], params[1]),
            _ => Ins::Panic(params[0]),
        });
        fun.put(Ins::Ret(Vec::new()));
        let func = fun.finish(params.len())?;
        self.cx.program.funcs[id as usize] = func;
        self.put(Ins::Defer(Callee::Static(id), values));
        Ok(())
    }

    fn return_values(&mut self, p: Pos, x: &'t [Expr]) -> Lowered<()> {
        let results = self.results.clone();
        let mut values = Vec::new();
        if x.len() == results.len() {
            for (e, (_, ty)) in x.iter().zip(&results) {
                values.push(self.expr_as(e, *ty)?);
            }
        } else if x.len() == 1 {
            let list = self.multi(&x[0], results.len())?;
            for ((r, from), (_, to)) in list.into_iter().zip(&results) {
                values.push(self.convert_to(r, from, *to));
            }
        }
        self.go_to(p);
        if !x.is_empty() {
            if self.named {
                for ((o, ty), v) in results.iter().zip(&values) {
                    match self.vars[o] {
                        Var::Reg(r) => self.put(Ins::Move(r, *v)),
                        Var::Box(b) => self.put(Ins::Store(b, *v, *ty)),
                    };
                }
            } else if self.defers {
                for (r, v) in self.result_regs.clone().into_iter().zip(&values) {
                    self.put(Ins::Move(r, *v));
                }
            } else {
                self.put(Ins::Ret(values));
                return Ok(());
            }
        }
        let at = self.jump();
        self.epilogues.push(at);
        Ok(())
    }

    fn branch(&mut self, p: Pos, tok: &str, label: Option<&String>) -> Lowered<()> {
        self.go_to(p);
        let at = self.jump();
        match tok {
            "goto" => self.gotos.push((at, label.cloned().unwrap_or_default(), p)),
            "fallthrough" => self.fallthrough.push(at),
            "break" => {
                let to = self.targets.iter_mut().rev().find(|t| label.is_none() || t.label.as_ref() == label);
                to.expect("the type checker has seen the label").breaks.push(at);
            }
            _ => {
                let to = self
                    .targets
                    .iter_mut()
                    .rev()
                    .find(|t| t.continues.is_some() && (label.is_none() || t.label.as_ref() == label));
                if let Some(list) = &mut to.expect("the type checker has seen the label").continues {
                    list.push(at);
                }
            }
        }
        Ok(())
    }

    fn enter(&mut self, loops: bool) {
        let label = self.next_label.take();
        self.targets.push(Target { label, breaks: Vec::new(), continues: loops.then(Vec::new) });
    }

    fn exit(&mut self, end: u32, next: Option<u32>) {
        let target = self.targets.pop().expect("it was entered");
        self.patch_all(&target.breaks, end);
        if let (Some(list), Some(next)) = (target.continues, next) {
            self.patch_all(&list, next);
        }
    }

    /// Where `continue` leads is known before the end of the loop's body is.
    fn continue_here(&mut self) {
        let here = self.label();
        let list = self.targets.last_mut().and_then(|t| t.continues.as_mut()).map(std::mem::take).unwrap_or_default();
        self.patch_all(&list, here);
    }

    fn for_loop(
        &mut self,
        p: Pos,
        init: Option<&'t Stmt>,
        cond: Option<&'t Expr>,
        post: Option<&'t Stmt>,
        body: &'t [Stmt],
        shared: bool,
    ) -> Lowered<()> {
        self.enter(true);
        if let Some(init) = init {
            self.stmt(init)?;
        }
        // Variables of the loop that lie in memory are new in each iteration.
        let mut fresh: Vec<(u32, TypeId)> = Vec::new();
        if let (Some(Stmt::Assign { lhs, .. }), false) = (init, shared) {
            for e in lhs.iter().flatten() {
                if let ExprKind::Def { o } = e.kind
                    && let Some(Var::Box(_)) = self.vars.get(&o)
                {
                    fresh.push((o, self.object_type(o)));
                }
            }
        }
        let top = self.label();
        let split = match cond {
            Some(e) => {
                let c = self.expr(e)?;
                self.go_to(p);
                let split = self.put(Ins::Branch(c, u32::MAX, u32::MAX));
                let here = self.label();
                self.patch(split, here);
                Some(split)
            }
            None => None,
        };
        self.block(body)?;
        self.continue_here();
        self.go_to(p);
        for (o, ty) in fresh {
            let Some(Var::Box(old)) = self.vars.get(&o).copied() else { continue };
            let name = self.cx.tree.objects[o as usize].name.clone();
            let at = self.at;
            let site = self.cx.site(&name, ty, at, false);
            let (v, new) = (self.reg(), self.reg());
            self.put(Ins::Load(v, old, ty));
            self.put(Ins::New(new, site));
            self.put(Ins::Store(new, v, ty));
            self.put(Ins::Move(old, new));
        }
        if let Some(post) = post {
            self.stmt(post)?;
        }
        self.go_to(p);
        self.put(Ins::Jump(top));
        let end = self.label();
        if let Some(split) = split {
            self.patch(split, end);
        }
        self.exit(end, None);
        Ok(())
    }

    /// Sets a variable of a range clause.
    fn iteration(&mut self, e: Option<&'t Expr>, v: Reg, from: TypeId, shared: bool, first: bool) -> Lowered<()> {
        let Some(e) = e else { return Ok(()) };
        match e.kind {
            ExprKind::Def { o } if shared => {
                if first {
                    self.declare(o, None);
                } else {
                    let ty = self.object_type(o);
                    match self.vars[&o] {
                        Var::Reg(r) => self.put(Ins::Move(r, v)),
                        Var::Box(p) => self.put(Ins::Store(p, v, ty)),
                    };
                }
                Ok(())
            }
            _ if first => Ok(()),
            ExprKind::Def { o } => {
                self.declare(o, Some(v));
                Ok(())
            }
            _ => {
                let (place, ty) = self.place(Some(e))?;
                let v = self.convert_to(v, from, ty);
                self.assign(&place, v, ty);
                Ok(())
            }
        }
    }

    fn range(
        &mut self,
        p: Pos,
        x: &'t Expr,
        key: Option<&'t Expr>,
        value: Option<&'t Expr>,
        body: &'t [Stmt],
        shared: bool,
    ) -> Lowered<()> {
        self.go_to(p);
        self.enter(true);
        let t = self.ty(x.t);
        let int = self.cx.types.basic("int");
        let none = 0;
        if shared {
            self.iteration(key, none, int, true, true)?;
            self.iteration(value, none, int, true, true)?;
        }
        let under = self.cx.types.under(t);
        match under {
            Ty::Func(..) => {
                self.go_to(p);
                return Err(self.refuse("range over a function is not supported"));
            }
            Ty::Chan(elem, _) => {
                let c = self.expr(x)?;
                let top = self.label();
                self.go_to(p);
                let (v, ok) = (self.reg(), self.reg());
                self.put(Ins::Recv(v, ok, c, elem));
                let split = self.put(Ins::Branch(ok, u32::MAX, u32::MAX));
                let here = self.label();
                self.patch(split, here);
                self.iteration(key, v, elem, shared, false)?;
                self.block(body)?;
                self.continue_here();
                self.put(Ins::Jump(top));
                let end = self.label();
                self.patch(split, end);
                self.exit(end, None);
            }
            Ty::Map(k_ty, v_ty) => {
                let m = self.expr(x)?;
                self.go_to(p);
                let iter = self.reg();
                self.put(Ins::MapIter(iter, m));
                let top = self.label();
                self.go_to(p);
                let (ok, k, v) = (self.reg(), self.reg(), self.reg());
                self.put(Ins::MapNext { iter, map: m, ok, key: k, value: v, key_ty: k_ty, value_ty: v_ty });
                let split = self.put(Ins::Branch(ok, u32::MAX, u32::MAX));
                let here = self.label();
                self.patch(split, here);
                self.iteration(key, k, k_ty, shared, false)?;
                self.iteration(value, v, v_ty, shared, false)?;
                self.block(body)?;
                self.continue_here();
                self.put(Ins::Jump(top));
                let end = self.label();
                self.patch(split, end);
                self.exit(end, None);
            }
            _ => {
                // Over numbers, slices, arrays and strings: by index.
                let string = matches!(self.cx.types.num(t), Num::Str);
                let integer = matches!(self.cx.types.num(t), Num::Int(..));
                let array_pointer = match under {
                    Ty::Pointer(a) => Some(a),
                    _ => None,
                };
                let is_array = matches!(under, Ty::Array(..));
                let memory_array = is_array && value.is_some() && self.in_memory(x);
                let base = if is_array && value.is_none() { self.number(0) } else { self.expr(x)? };
                let _ = memory_array;
                self.go_to(p);
                let n = self.reg();
                match (&under, array_pointer) {
                    (Ty::Array(_, len), _) => {
                        let c = self.number(i64::from(*len));
                        self.put(Ins::Move(n, c));
                    }
                    (_, Some(a)) => {
                        let Ty::Array(_, len) = self.cx.types.under(a) else {
                            return Err(self.refuse("range over this is not supported"));
                        };
                        let c = self.number(i64::from(len));
                        self.put(Ins::Move(n, c));
                    }
                    _ if integer => {
                        self.put(Ins::Move(n, base));
                    }
                    _ => {
                        self.put(Ins::Len(n, base));
                    }
                }
                let zero = self.number(0);
                let i = self.reg();
                self.put(Ins::Move(i, zero));
                let top = self.label();
                self.go_to(p);
                let less = self.reg();
                self.put(Ins::Bin(less, BinOp::Lt, Num::Int(64, true), i, n));
                let split = self.put(Ins::Branch(less, u32::MAX, u32::MAX));
                let here = self.label();
                self.patch(split, here);
                let width = self.reg();
                let one = self.number(1);
                self.put(Ins::Move(width, one));
                let elem = match &under {
                    Ty::Slice(e) | Ty::Array(e, _) => Some(*e),
                    Ty::Pointer(a) => match self.cx.types.under(*a) {
                        Ty::Array(e, _) => Some(e),
                        _ => None,
                    },
                    _ => None,
                };
                let mut v = i;
                let mut v_ty = int;
                if string {
                    let rune = self.reg();
                    self.put(Ins::StrRune(rune, width, base, i));
                    (v, v_ty) = (rune, self.cx.types.basic("int32"));
                } else if let (Some(elem), true) = (elem, value.is_some()) {
                    let size = self.cx.types.cells(elem);
                    let d = self.reg();
                    match &under {
                        Ty::Array(..) => {
                            self.put(Ins::Elem(d, base, i));
                        }
                        Ty::Pointer(_) => {
                            let at = self.reg();
                            self.put(Ins::ArrayAddr(at, base, i, u32::MAX, size));
                            self.put(Ins::Load(d, at, elem));
                        }
                        _ => {
                            let at = self.reg();
                            self.put(Ins::SliceAddr(at, base, i, size));
                            self.put(Ins::Load(d, at, elem));
                        }
                    }
                    (v, v_ty) = (d, elem);
                }
                self.iteration(key, i, if integer { t } else { int }, shared, false)?;
                self.iteration(value, v, v_ty, shared, false)?;
                self.block(body)?;
                self.continue_here();
                self.go_to(p);
                self.put(Ins::Bin(i, BinOp::Add, Num::Int(64, true), i, width));
                self.put(Ins::Jump(top));
                let end = self.label();
                self.patch(split, end);
                self.exit(end, None);
            }
        }
        Ok(())
    }

    fn type_switch(&mut self, x: &'t Expr, cases: &'t [TypeCase]) -> Lowered<()> {
        let v = self.expr(x)?;
        let from = self.ty(x.t);
        self.enter(false);
        let mut ends = Vec::new();
        let mut default = None;
        for case in cases {
            if case.default {
                default = Some(case);
                continue;
            }
            self.go_to(case.p);
            let (mut hits, value) = (Vec::new(), self.reg());
            for t in &case.types {
                let ok = self.reg();
                match t {
                    Some(t) => {
                        let (ty, d) = (self.ty(*t), self.reg());
                        self.put(Ins::Assert(d, Some(ok), v, ty));
                        self.put(Ins::Move(value, if case.types.len() == 1 { d } else { v }));
                    }
                    None => {
                        let nil = self.value(Value::Nil);
                        self.put(Ins::Bin(ok, BinOp::Eq, Num::Other, v, nil));
                        self.put(Ins::Move(value, v));
                    }
                }
                let split = self.put(Ins::Branch(ok, u32::MAX, u32::MAX));
                let next = self.label();
                self.set_false(split, next);
                hits.push(split);
            }
            let over = self.jump();
            let here = self.label();
            for split in hits {
                self.set_true(split, here);
            }
            if let Some(o) = case.o {
                self.declare(o, Some(value));
            }
            self.block(&case.body)?;
            ends.push(self.jump());
            let here = self.label();
            self.patch(over, here);
        }
        if let Some(case) = default {
            if let Some(o) = case.o {
                let ty = self.object_type(o);
                let r = self.convert_to(v, from, ty);
                self.declare(o, Some(r));
            }
            self.block(&case.body)?;
        }
        let end = self.label();
        self.patch_all(&ends, end);
        self.exit(end, None);
        Ok(())
    }

    fn select(&mut self, p: Pos, cases: &'t [crate::tree::CommCase]) -> Lowered<()> {
        self.go_to(p);
        self.enter(false);
        let (mut list, mut default) = (Vec::new(), None);
        let mut values: Vec<Option<(Reg, Reg, TypeId)>> = Vec::new();
        let mut numbers = Vec::new();
        for (i, case) in cases.iter().enumerate() {
            let Some(ch) = &case.ch else {
                default = Some(i);
                values.push(None);
                continue;
            };
            let t = self.ty(ch.t);
            let Ty::Chan(elem, _) = self.cx.types.under(t) else { return Err(self.refuse("this is not a channel")) };
            let chan = self.expr(ch)?;
            if case.op == "send" {
                let value = self.expr_as(case.x.as_ref().expect("a send has a value"), elem)?;
                list.push(Case::Send { chan, value });
                values.push(None);
            } else {
                // Only the chosen case writes these: what was there before must not look alive.
                let (dst, ok) = (self.value(Value::Nil), self.value(Value::Nil));
                list.push(Case::Recv { chan, ty: elem, dst, ok });
                values.push(Some((dst, ok, elem)));
            }
            numbers.push(i);
        }
        self.go_to(p);
        let chosen = self.reg();
        self.put(Ins::Select(chosen, list, default.is_some()));
        let truth = self.cx.types.basic("bool");
        let mut ends = Vec::new();
        for (n, i) in numbers.iter().enumerate() {
            let case = &cases[*i];
            let number = self.number(n as i64);
            let c = self.reg();
            self.put(Ins::Bin(c, BinOp::Eq, Num::Int(64, true), chosen, number));
            let split = self.put(Ins::Branch(c, u32::MAX, u32::MAX));
            let here = self.label();
            self.patch(split, here);
            self.go_to(case.p);
            if let Some((dst, ok, elem)) = values[*i] {
                for (e, (v, ty)) in case.lhs.iter().zip([(dst, elem), (ok, truth)]) {
                    let Some(e) = e else { continue };
                    if let ExprKind::Def { o } = e.kind {
                        self.declare(o, Some(v));
                    } else {
                        let (place, to) = self.place(Some(e))?;
                        let v = self.convert_to(v, ty, to);
                        self.assign(&place, v, to);
                    }
                }
            }
            self.block(&case.body)?;
            ends.push(self.jump());
            let here = self.label();
            self.patch(split, here);
        }
        if let Some(i) = default {
            self.block(&cases[i].body)?;
        }
        let end = self.label();
        self.patch_all(&ends, end);
        self.exit(end, None);
        Ok(())
    }
}
