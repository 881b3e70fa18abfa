//! Which variables need memory: those whose address is taken, and those that closures share and that change.

use crate::tree::{Expr, ExprKind, FuncDesc, Stmt, Tree, TypeDesc};
use std::collections::{HashMap, HashSet};

/// What was seen of the variables of a function and of the closures in it.
#[derive(Debug, Default)]
pub struct Uses {
    depth: HashMap<u32, usize>,
    captured: HashSet<u32>,
    address: HashSet<u32>,
    assigned: HashMap<u32, usize>,
}

impl Uses {
    /// Whether the variable lies in memory.
    pub fn boxed(&self, object: u32) -> bool {
        self.address.contains(&object)
            || (self.captured.contains(&object) && self.assigned.get(&object).copied().unwrap_or(0) > 0)
    }
}

/// Looks through a function.
pub fn scan(tree: &Tree, func: &FuncDesc) -> Uses {
    let mut s = Scan { tree, uses: Uses::default(), depth: 0 };
    s.func(func);
    s.uses
}

struct Scan<'t> {
    tree: &'t Tree,
    uses: Uses,
    depth: usize,
}

impl Scan<'_> {
    fn func(&mut self, f: &FuncDesc) {
        for o in f.params.iter().chain(&f.results) {
            self.uses.depth.insert(*o, self.depth);
        }
        for o in &f.results {
            // A return assigns them.
            if f.named {
                self.assign(*o);
            }
        }
        if let Some(body) = &f.body {
            self.block(body);
        }
    }

    fn assign(&mut self, o: u32) {
        *self.uses.assigned.entry(o).or_default() += 1;
    }

    fn block(&mut self, list: &[Stmt]) {
        list.iter().for_each(|s| self.stmt(s));
    }

    fn define(&mut self, e: &Expr) {
        if let ExprKind::Def { o } = e.kind {
            self.uses.depth.insert(o, self.depth);
        } else {
            self.target(e);
        }
    }

    /// The variable that an assignment to `e` changes, if it is one that need not be memory.
    fn target(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Var { o } => {
                self.assign(*o);
                self.expr(e);
            }
            ExprKind::Def { o } => {
                self.uses.depth.insert(*o, self.depth);
            }
            ExprKind::Field { x, .. } if !self.pointer(x.t) => {
                self.target(x);
            }
            ExprKind::Index { x, i } if self.array(x.t) => {
                self.address_of(x);
                self.expr(x);
                self.expr(i);
            }
            _ => self.expr(e),
        }
    }

    fn pointer(&self, t: u32) -> bool {
        matches!(self.under(t), TypeDesc::Pointer { .. })
    }

    fn array(&self, t: u32) -> bool {
        matches!(self.under(t), TypeDesc::Array { .. })
    }

    fn under(&self, mut t: u32) -> &TypeDesc {
        loop {
            match &self.tree.types[t as usize] {
                TypeDesc::Named { underlying, .. } => t = *underlying,
                TypeDesc::Instance { origin, .. } => t = *origin,
                other => return other,
            }
        }
    }

    /// The address of `e` is needed.
    fn address_of(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Var { o } | ExprKind::Def { o } => {
                self.uses.address.insert(*o);
            }
            ExprKind::Field { x, .. } if !self.pointer(x.t) => self.address_of(x),
            ExprKind::Index { x, .. } if self.array(x.t) => self.address_of(x),
            _ => {}
        }
    }

    fn exprs(&mut self, list: &[Expr]) {
        list.iter().for_each(|e| self.expr(e));
    }

    fn expr(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Const { .. } | ExprKind::Nil | ExprKind::Func { .. } | ExprKind::MethodExpr { .. } => {}
            ExprKind::Def { .. } => {}
            ExprKind::Var { o } => {
                if self.uses.depth.get(o).is_some_and(|d| *d < self.depth) {
                    self.uses.captured.insert(*o);
                }
            }
            ExprKind::Lit { func } => {
                self.depth += 1;
                self.func(func);
                self.depth -= 1;
            }
            ExprKind::Method { x, .. } => {
                // A method with a pointer receiver takes the address of what it is called on.
                if !self.pointer(x.t) && !matches!(self.under(x.t), TypeDesc::Interface { .. }) {
                    self.address_of(x);
                }
                self.expr(x);
            }
            ExprKind::Field { x, .. } | ExprKind::Deref { x } | ExprKind::Assert { x } | ExprKind::Conv { x } => {
                self.expr(x)
            }
            ExprKind::Index { x, i } => {
                self.expr(x);
                self.expr(i);
            }
            ExprKind::Slice { x, lo, hi, max } => {
                if self.array(x.t) {
                    self.address_of(x);
                }
                self.expr(x);
                [lo, hi, max].into_iter().flatten().for_each(|e| self.expr(e));
            }
            ExprKind::Unary { op, x } => {
                if op == "&" {
                    self.address_of(x);
                }
                self.expr(x);
            }
            ExprKind::Binary { x, y, .. } => {
                self.expr(x);
                self.expr(y);
            }
            ExprKind::Call { fun, args, .. } => {
                self.expr(fun);
                self.exprs(args);
            }
            ExprKind::Builtin { args, .. } => self.exprs(args),
            ExprKind::Composite { elts } => {
                for e in elts {
                    e.key.iter().for_each(|k| self.expr(k));
                    self.expr(&e.x);
                }
            }
        }
    }

    fn stmt(&mut self, s: &Stmt) {
        match s {
            Stmt::Expr { x, .. } => self.expr(x),
            Stmt::Send { ch, x, .. } => {
                self.expr(ch);
                self.expr(x);
            }
            Stmt::AssignOp { lhs, rhs, .. } => {
                self.target(lhs);
                rhs.iter().for_each(|e| self.expr(e));
            }
            Stmt::Assign { lhs, rhs, .. } => {
                self.exprs(rhs);
                lhs.iter().flatten().for_each(|e| self.define(e));
            }
            Stmt::List { body } | Stmt::Block { body } => self.block(body),
            Stmt::Go { call, .. } | Stmt::Defer { call, .. } => self.expr(call),
            Stmt::Return { x, .. } => self.exprs(x),
            Stmt::Branch { .. } => {}
            Stmt::If { init, cond, then, other, .. } => {
                init.iter().for_each(|s| self.stmt(s));
                self.expr(cond);
                self.block(then);
                other.iter().for_each(|s| self.stmt(s));
            }
            Stmt::Labeled { body, .. } => self.stmt(body),
            Stmt::For { init, cond, post, body, .. } => {
                init.iter().for_each(|s| self.stmt(s));
                cond.iter().for_each(|e| self.expr(e));
                self.block(body);
                post.iter().for_each(|s| self.stmt(s));
            }
            Stmt::Range { x, key, value, body, shared, .. } => {
                self.expr(x);
                for e in [key, value].into_iter().flatten() {
                    self.define(e);
                    if let (ExprKind::Def { o }, true) = (&e.kind, *shared) {
                        self.assign(*o);
                    }
                }
                self.block(body);
            }
            Stmt::Switch { init, tag, cases, .. } => {
                init.iter().for_each(|s| self.stmt(s));
                tag.iter().for_each(|e| self.expr(e));
                for c in cases {
                    self.exprs(&c.list);
                    self.block(&c.body);
                }
            }
            Stmt::TypeSwitch { init, x, cases, .. } => {
                init.iter().for_each(|s| self.stmt(s));
                self.expr(x);
                for c in cases {
                    if let Some(o) = c.o {
                        self.uses.depth.insert(o, self.depth);
                    }
                    self.block(&c.body);
                }
            }
            Stmt::Select { cases, .. } => {
                for c in cases {
                    [&c.ch, &c.x].into_iter().flatten().for_each(|e| self.expr(e));
                    c.lhs.iter().flatten().for_each(|e| self.define(e));
                    self.block(&c.body);
                }
            }
        }
    }
}

/// Looks through several closures that share nothing.
pub fn scan_all(tree: &Tree, funcs: &[&FuncDesc]) -> Uses {
    let mut s = Scan { tree, uses: Uses::default(), depth: 1 };
    for f in funcs {
        s.func(f);
    }
    s.uses
}

/// The variables that a function mentions, in the order of mention.
pub fn mentioned(f: &FuncDesc, out: &mut Vec<u32>) {
    f.body.iter().flatten().for_each(|s| in_stmt(s, out));
}

fn in_expr(e: &Expr, out: &mut Vec<u32>) {
    match &e.kind {
        ExprKind::Var { o } => out.push(*o),
        ExprKind::Lit { func } => mentioned(func, out),
        ExprKind::Const { .. }
        | ExprKind::Nil
        | ExprKind::Def { .. }
        | ExprKind::Func { .. }
        | ExprKind::MethodExpr { .. } => {}
        ExprKind::Field { x, .. }
        | ExprKind::Method { x, .. }
        | ExprKind::Deref { x }
        | ExprKind::Unary { x, .. }
        | ExprKind::Assert { x }
        | ExprKind::Conv { x } => in_expr(x, out),
        ExprKind::Index { x, i } => {
            in_expr(x, out);
            in_expr(i, out);
        }
        ExprKind::Slice { x, lo, hi, max } => {
            in_expr(x, out);
            [lo, hi, max].into_iter().flatten().for_each(|e| in_expr(e, out));
        }
        ExprKind::Binary { x, y, .. } => {
            in_expr(x, out);
            in_expr(y, out);
        }
        ExprKind::Call { fun, args, .. } => {
            in_expr(fun, out);
            args.iter().for_each(|e| in_expr(e, out));
        }
        ExprKind::Builtin { args, .. } => args.iter().for_each(|e| in_expr(e, out)),
        ExprKind::Composite { elts } => {
            for e in elts {
                e.key.iter().for_each(|k| in_expr(k, out));
                in_expr(&e.x, out);
            }
        }
    }
}

fn in_stmt(s: &Stmt, out: &mut Vec<u32>) {
    let block = |list: &[Stmt], out: &mut Vec<u32>| list.iter().for_each(|s| in_stmt(s, out));
    match s {
        Stmt::Expr { x, .. } => in_expr(x, out),
        Stmt::Send { ch, x, .. } => {
            in_expr(ch, out);
            in_expr(x, out);
        }
        Stmt::AssignOp { lhs, rhs, .. } => {
            in_expr(lhs, out);
            rhs.iter().for_each(|e| in_expr(e, out));
        }
        Stmt::Assign { lhs, rhs, .. } => {
            lhs.iter().flatten().chain(rhs).for_each(|e| in_expr(e, out));
        }
        Stmt::List { body } | Stmt::Block { body } => block(body, out),
        Stmt::Go { call, .. } | Stmt::Defer { call, .. } => in_expr(call, out),
        Stmt::Return { x, .. } => x.iter().for_each(|e| in_expr(e, out)),
        Stmt::Branch { .. } => {}
        Stmt::If { init, cond, then, other, .. } => {
            init.iter().for_each(|s| in_stmt(s, out));
            in_expr(cond, out);
            block(then, out);
            other.iter().for_each(|s| in_stmt(s, out));
        }
        Stmt::Labeled { body, .. } => in_stmt(body, out),
        Stmt::For { init, cond, post, body, .. } => {
            init.iter().for_each(|s| in_stmt(s, out));
            cond.iter().for_each(|e| in_expr(e, out));
            block(body, out);
            post.iter().for_each(|s| in_stmt(s, out));
        }
        Stmt::Range { x, key, value, body, .. } => {
            in_expr(x, out);
            [key, value].into_iter().flatten().for_each(|e| in_expr(e, out));
            block(body, out);
        }
        Stmt::Switch { init, tag, cases, .. } => {
            init.iter().for_each(|s| in_stmt(s, out));
            tag.iter().for_each(|e| in_expr(e, out));
            for c in cases {
                c.list.iter().for_each(|e| in_expr(e, out));
                block(&c.body, out);
            }
        }
        Stmt::TypeSwitch { init, x, cases, .. } => {
            init.iter().for_each(|s| in_stmt(s, out));
            in_expr(x, out);
            cases.iter().for_each(|c| block(&c.body, out));
        }
        Stmt::Select { cases, .. } => {
            for c in cases {
                [&c.ch, &c.x].into_iter().flatten().for_each(|e| in_expr(e, out));
                c.lhs.iter().flatten().for_each(|e| in_expr(e, out));
                block(&c.body, out);
            }
        }
    }
}
