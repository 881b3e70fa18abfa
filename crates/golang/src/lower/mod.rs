//! From the typed tree to the explorer's instructions.
//!
//! Functions are lowered as they are needed, once for each list of type arguments. Variables live in registers, or in an
//! object of their own where [`crate::scan`] says so.

mod calls;
mod exprs;
mod places;
mod stmts;

use crate::scan::{Uses, scan};
use crate::tree::{FuncDesc, Pos, Tree};
use crate::types::{Env, Ty, Types};
use hb_explore::program::{
    Callee, Func, FuncId, Ins, Native, Num, PosId, Position, Program, Reg, Site, SiteId, TypeId,
};
use hb_explore::value::{Ptr, Value};
use std::collections::{BTreeSet, HashMap, VecDeque};
use std::fmt;
use std::rc::Rc;

/// Why a program cannot be lowered, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// File.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// Column.
    pub column: u32,
    /// Why.
    pub text: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.text)
    }
}

impl std::error::Error for Refusal {}

pub(crate) type Lowered<T> = Result<T, Refusal>;

/// Constants of the program that are replaced by others, so that it becomes small: `1000=4`.
pub type Scale = HashMap<i64, i64>;

/// A program ready to be explored.
#[derive(Debug)]
pub struct Ready {
    /// The program.
    pub program: Program,
    /// Which constants were replaced, and how often each.
    pub scaled: HashMap<i64, usize>,
    /// Constants of at least 3 in the program's own code: candidates to scale down.
    pub constants: BTreeSet<i64>,
}

/// Lowers a program.
///
/// # Errors
/// It uses something that the explorer does not have.
pub fn lower(tree: &Tree, scale: &Scale) -> Lowered<Ready> {
    let mut cx = Cx {
        tree,
        types: Types::new(tree),
        program: Program::default(),
        instances: HashMap::new(),
        work: VecDeque::new(),
        positions: HashMap::new(),
        consts: HashMap::new(),
        globals: HashMap::new(),
        dynamic: Vec::new(),
        wrappers: HashMap::new(),
        scale,
        scaled: HashMap::new(),
        constants: BTreeSet::new(),
        own: HashMap::new(),
    };
    cx.run()?;
    Ok(Ready { program: cx.program, scaled: cx.scaled, constants: cx.constants })
}

enum Work<'t> {
    Declared(FuncId, &'t FuncDesc, Env),
    Closure(FuncId, Box<Closure<'t>>),
}

pub(crate) struct Closure<'t> {
    func: &'t FuncDesc,
    env: Env,
    captures: Vec<(u32, Var)>,
    uses: Rc<Uses>,
    name: String,
    supplied: bool,
    pkg: String,
}

pub(crate) struct Cx<'t> {
    tree: &'t Tree,
    pub types: Types<'t>,
    program: Program,
    instances: HashMap<(u32, Vec<TypeId>), FuncId>,
    work: VecDeque<Work<'t>>,
    positions: HashMap<Pos, PosId>,
    consts: HashMap<String, u32>,
    globals: HashMap<u32, u32>,
    /// Types of values in interfaces, in the order of their appearance.
    dynamic: Vec<TypeId>,
    wrappers: HashMap<String, FuncId>,
    scale: &'t Scale,
    scaled: HashMap<i64, usize>,
    constants: BTreeSet<i64>,
    /// Which packages belong to the library.
    own: HashMap<String, bool>,
}

/// Where a variable is.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Var {
    /// In a register.
    Reg(Reg),
    /// In an object that a register points to.
    Box(Reg),
}

/// Where `break` and `continue` lead, by label.
struct Target {
    label: Option<String>,
    breaks: Vec<usize>,
    continues: Option<Vec<usize>>,
}

/// A function being lowered.
pub(crate) struct Fun<'c, 't> {
    pub cx: &'c mut Cx<'t>,
    env: Env,
    code: Vec<Ins>,
    pos: Vec<PosId>,
    at: PosId,
    here: Pos,
    regs: u32,
    vars: HashMap<u32, Var>,
    uses: Rc<Uses>,
    targets: Vec<Target>,
    labels: HashMap<String, usize>,
    gotos: Vec<(usize, String, Pos)>,
    results: Vec<(u32, TypeId)>,
    result_regs: Vec<Reg>,
    named: bool,
    defers: bool,
    epilogues: Vec<usize>,
    name: String,
    pkg: String,
    supplied: bool,
    closures: u32,
    next_label: Option<String>,
    fallthrough: Vec<usize>,
}

impl<'t> Cx<'t> {
    fn run(&mut self) -> Lowered<()> {
        for p in &self.tree.packages {
            self.own.insert(p.path.clone(), p.prelude);
        }
        // Site 0 is for what the library makes.
        let any = self.types.intern(Ty::Interface(Vec::new()));
        self.types.basic("string");
        self.program.sites.push(Site { name: "keys".into(), ty: any, pos: 0, elements: true });
        self.program.positions.push(Position::default());
        self.program.files = self.tree.files.clone();
        self.program.funcs.push(Func { name: "start".into(), ..Func::default() });
        let tree = self.tree;
        let mut fun = Fun::new(self, "start", "runtime", true, Env::new());
        for package in &tree.packages {
            for init in &package.vars {
                fun.global_init(init)?;
            }
            for f in &package.inits {
                let id = fun.cx.instance(*f, Vec::new());
                fun.put(Ins::Call(Vec::new(), Callee::Static(id), Vec::new()));
            }
        }
        let last = tree.packages.last().expect("a program has a package");
        if let Some(main) = last.main {
            let id = fun.cx.instance(main, Vec::new());
            fun.put(Ins::Call(Vec::new(), Callee::Static(id), Vec::new()));
        } else {
            fun.tests(last)?;
        }
        fun.put(Ins::Ret(Vec::new()));
        let func = fun.finish(0)?;
        self.program.funcs[0] = func;
        self.program.entry = 0;
        loop {
            while let Some(work) = self.work.pop_front() {
                self.one(work)?;
            }
            if !self.method_tables()? {
                break;
            }
        }
        self.program.method_names = self.types.methods.clone();
        self.program.types = self.types.finish();
        self.program.error_method = self.types.methods.iter().position(|m| m == "Error").map(|m| m as u32);
        self.program.runtime_error =
            self.program.types.iter().position(|t| t.name == "runtime.errorString").map(|t| t as u32);
        self.program.finish();
        Ok(())
    }

    fn one(&mut self, work: Work<'t>) -> Lowered<()> {
        match work {
            Work::Declared(id, desc, env) => {
                let supplied = self.own.get(&desc.pkg).copied().unwrap_or(false);
                let name = match desc.pkg.as_str() {
                    "" => desc.name.clone(),
                    pkg => format!("{}.{}", pkg.rsplit('/').next().unwrap_or(pkg), desc.name),
                };
                let native = self.native(desc);
                let mut fun = Fun::new(self, &name, &desc.pkg, supplied, env);
                fun.here = desc.p;
                if desc.body.is_some() && native.is_none() {
                    fun.uses = Rc::new(scan(fun.cx.tree, desc));
                    fun.body(desc, Vec::new())?;
                } else {
                    let Some(native) = native else {
                        return Err(fun.refuse(format!("{name} has no body")));
                    };
                    fun.native_body(desc, native);
                }
                let func = fun.finish(desc.params.len())?;
                self.program.funcs[id as usize] = func;
            }
            Work::Closure(id, closure) => {
                let Closure { func, env, captures, uses, name, supplied, pkg } = *closure;
                let mut fun = Fun::new(self, &name, &pkg, supplied, env);
                fun.uses = uses;
                let n = captures.len();
                fun.body(func, captures)?;
                let func = fun.finish(func.params.len() + n)?;
                self.program.funcs[id as usize] = func;
            }
        }
        Ok(())
    }

    /// Makes the methods of types that occur in interfaces. Whether there was anything to make.
    fn method_tables(&mut self) -> Lowered<bool> {
        let mut any = false;
        let mut at = 0;
        while at < self.dynamic.len() {
            let ty = self.dynamic[at];
            at += 1;
            for name in self.types.method_names(ty) {
                let method = self.types.method_id(&name);
                if self.program.methods.contains_key(&(ty, method)) {
                    continue;
                }
                let Some(found) = self.types.find(ty, &name) else { continue };
                let is_pointer = matches!(self.types.get(ty), Ty::Pointer(_));
                // A value's method set has no methods with pointer receivers, unless a pointer is on the way.
                if found.ptr && !is_pointer && found.path.is_empty() {
                    continue;
                }
                any = true;
                let id = match (found.path.is_empty(), found.func) {
                    (true, Some(f)) if found.ptr == is_pointer => self.instance(f, found.targs.clone()),
                    _ => self.promoted(ty, &name, &found)?,
                };
                self.program.methods.insert((ty, method), id);
            }
        }
        Ok(any || !self.work.is_empty())
    }

    /// A function that calls a method through embedded fields or a pointer.
    fn promoted(&mut self, ty: TypeId, name: &str, found: &crate::types::Found) -> Lowered<FuncId> {
        let params = match found.func {
            Some(f) => self.tree.funcs[f as usize].params.len() - 1,
            None => match self.types.under(found.owner) {
                Ty::Interface(methods) => {
                    let m = methods.iter().find(|m| m.0 == name).map(|m| m.1).expect("it was found");
                    match self.types.under(m) {
                        Ty::Func(params, ..) => params.len(),
                        _ => 0,
                    }
                }
                _ => 0,
            },
        };
        let results = match found.func {
            Some(f) => self.tree.funcs[f as usize].results.len(),
            None => 4,
        };
        let id = self.reserve();
        let text = format!("{}.{name}", self.types.name(ty));
        let mut fun = Fun::new(self, &text, "", true, Env::new());
        let args: Vec<Reg> = (0..=params).map(|_| fun.reg()).collect();
        let (recv, at) = fun.walk(args[0], ty, &found.path);
        let dst: Vec<Reg> = (0..results).map(|_| fun.reg()).collect();
        let callee = fun.method_callee(recv, at, found, name);
        let mut all = Vec::new();
        let callee = match callee {
            (Callee::Static(f), Some(r)) => {
                all.push(r);
                Callee::Static(f)
            }
            (c, _) => c,
        };
        all.extend(&args[1..]);
        fun.put(Ins::Call(dst.clone(), callee, all));
        fun.put(Ins::Ret(dst));
        let func = fun.finish(params + 1)?;
        self.program.funcs[id as usize] = func;
        Ok(id)
    }

    /// What a function of the library stands for, if the language cannot express it.
    pub(crate) fn native(&self, desc: &FuncDesc) -> Option<Native> {
        let supplied = self.own.get(&desc.pkg).copied().unwrap_or(false);
        if supplied { Native::named(&format!("{}.{}", desc.pkg, desc.name)) } else { None }
    }

    fn reserve(&mut self) -> FuncId {
        self.program.funcs.push(Func::default());
        self.program.funcs.len() as FuncId - 1
    }

    /// The function of the tree with these type arguments.
    pub(crate) fn instance(&mut self, f: u32, targs: Vec<TypeId>) -> FuncId {
        if let Some(id) = self.instances.get(&(f, targs.clone())) {
            return *id;
        }
        let id = self.reserve();
        let tree = self.tree;
        let desc = &tree.funcs[f as usize];
        let env: Env = desc.tparams.iter().copied().zip(targs.iter().copied()).collect();
        self.instances.insert((f, targs), id);
        self.work.push_back(Work::Declared(id, desc, env));
        id
    }

    fn position(&mut self, p: Pos) -> PosId {
        if p == [0, 0, 0] {
            return 0;
        }
        if let Some(id) = self.positions.get(&p) {
            return *id;
        }
        let id = self.program.positions.len() as PosId;
        self.program.positions.push(Position { file: p[0], line: p[1], column: p[2] });
        self.positions.insert(p, id);
        id
    }

    fn constant(&mut self, value: Value) -> u32 {
        let key = format!("{value:?}");
        if let Some(id) = self.consts.get(&key) {
            return *id;
        }
        let id = self.program.consts.len() as u32;
        self.program.consts.push(value);
        self.consts.insert(key, id);
        id
    }

    pub(crate) fn site(&mut self, name: &str, ty: TypeId, pos: PosId, elements: bool) -> SiteId {
        self.program.sites.push(Site { name: name.to_owned(), ty, pos, elements });
        self.program.sites.len() as SiteId - 1
    }

    /// The number of a package's variable.
    fn global(&mut self, o: u32) -> u32 {
        if let Some(id) = self.globals.get(&o) {
            return *id;
        }
        let desc = &self.tree.objects[o as usize];
        let ty = self.types.resolve(desc.t, &Env::new());
        let pos = self.position(desc.p);
        let site = self.site(&desc.name, ty, pos, false);
        let id = self.program.globals.len() as u32;
        self.program.globals.push(site);
        self.globals.insert(o, id);
        id
    }

    /// A value of this type goes into an interface.
    pub(crate) fn in_interface(&mut self, ty: TypeId) {
        if !self.dynamic.contains(&ty) {
            self.dynamic.push(ty);
        }
    }
}

impl<'c, 't> Fun<'c, 't> {
    fn new(cx: &'c mut Cx<'t>, name: &str, pkg: &str, supplied: bool, env: Env) -> Self {
        Fun {
            cx,
            env,
            code: Vec::new(),
            pos: Vec::new(),
            at: 0,
            here: [0, 0, 0],
            regs: 0,
            vars: HashMap::new(),
            uses: Rc::default(),
            targets: Vec::new(),
            labels: HashMap::new(),
            gotos: Vec::new(),
            results: Vec::new(),
            result_regs: Vec::new(),
            named: false,
            defers: false,
            epilogues: Vec::new(),
            name: name.to_owned(),
            pkg: pkg.to_owned(),
            supplied,
            closures: 0,
            next_label: None,
            fallthrough: Vec::new(),
        }
    }

    pub(crate) fn refuse(&self, text: impl Into<String>) -> Refusal {
        let [file, line, column] = self.here;
        let file = self.cx.tree.files.get(file as usize).cloned().unwrap_or_default();
        Refusal { file, line, column, text: text.into() }
    }

    pub(crate) fn reg(&mut self) -> Reg {
        self.regs += 1;
        (self.regs - 1).min(u32::from(Reg::MAX)) as Reg
    }

    pub(crate) fn put(&mut self, ins: Ins) -> usize {
        self.code.push(ins);
        self.pos.push(self.at);
        self.code.len() - 1
    }

    pub(crate) fn go_to(&mut self, p: Pos) {
        self.here = p;
        self.at = self.cx.position(p);
    }

    pub(crate) fn ty(&mut self, t: u32) -> TypeId {
        let Fun { cx, env, .. } = self;
        cx.types.resolve(t, env)
    }

    pub(crate) fn value(&mut self, v: Value) -> Reg {
        let r = self.reg();
        let c = self.cx.constant(v);
        self.put(Ins::Const(r, c));
        r
    }

    pub(crate) fn number(&mut self, n: i64) -> Reg {
        self.value(Value::Int(n))
    }

    fn label(&self) -> u32 {
        self.code.len() as u32
    }

    fn patch(&mut self, at: usize, to: u32) {
        match &mut self.code[at] {
            Ins::Jump(t) => *t = to,
            Ins::Branch(_, t, e) => {
                if *t == u32::MAX {
                    *t = to;
                } else {
                    *e = to;
                }
            }
            _ => unreachable!("only jumps are patched"),
        }
    }

    fn patch_all(&mut self, list: &[usize], to: u32) {
        for at in list {
            self.patch(*at, to);
        }
    }

    fn jump(&mut self) -> usize {
        self.put(Ins::Jump(u32::MAX))
    }

    /// A variable of a type, with its zero value or this one.
    pub(crate) fn declare(&mut self, o: u32, value: Option<Reg>) {
        let desc = &self.cx.tree.objects[o as usize];
        let ty = self.ty(desc.t);
        let var = if self.uses.boxed(o) {
            let pos = self.cx.position(desc.p);
            let site = self.cx.site(&desc.name, ty, pos, false);
            let r = self.reg();
            self.put(Ins::New(r, site));
            if let Some(v) = value {
                self.put(Ins::Store(r, v, ty));
            }
            Var::Box(r)
        } else {
            let r = self.reg();
            match value {
                Some(v) => self.put(Ins::Move(r, v)),
                None => self.put(Ins::Zero(r, ty)),
            };
            Var::Reg(r)
        };
        self.vars.insert(o, var);
    }

    fn global_pointer(&mut self, o: u32) -> Reg {
        let obj = self.cx.global(o);
        self.value(Value::Ptr(Ptr { obj, off: 0 }))
    }

    fn global_init(&mut self, init: &'t crate::tree::Init) -> Lowered<()> {
        let uses = scan(self.cx.tree, &FuncDesc::default());
        self.uses = Rc::new(uses);
        self.scan_expr(&init.rhs);
        let values = if init.lhs.len() == 1 {
            let to = self.object_type(init.lhs[0]);
            vec![self.expr_as(&init.rhs, to)?]
        } else {
            self.multi(&init.rhs, init.lhs.len())?.into_iter().map(|(r, _)| r).collect()
        };
        for (o, v) in init.lhs.iter().zip(values) {
            if self.cx.tree.objects[*o as usize].name == "_" {
                continue;
            }
            let ty = self.object_type(*o);
            let p = self.global_pointer(*o);
            self.put(Ins::Store(p, v, ty));
        }
        Ok(())
    }

    /// Package initialisers have closures with variables of their own.
    fn scan_expr(&mut self, e: &'t crate::tree::Expr) {
        fn find<'t>(e: &'t crate::tree::Expr, out: &mut Vec<&'t FuncDesc>) {
            use crate::tree::ExprKind as E;
            match &e.kind {
                E::Lit { func } => out.push(func),
                E::Field { x, .. }
                | E::Method { x, .. }
                | E::Deref { x }
                | E::Unary { x, .. }
                | E::Assert { x }
                | E::Conv { x } => {
                    find(x, out);
                }
                E::Index { x, i } => {
                    find(x, out);
                    find(i, out);
                }
                E::Binary { x, y, .. } => {
                    find(x, out);
                    find(y, out);
                }
                E::Call { fun, args, .. } => {
                    find(fun, out);
                    args.iter().for_each(|a| find(a, out));
                }
                E::Builtin { args, .. } => args.iter().for_each(|a| find(a, out)),
                E::Composite { elts } => elts.iter().for_each(|e| {
                    e.key.iter().for_each(|k| find(k, out));
                    find(&e.x, out);
                }),
                _ => {}
            }
        }
        let mut found = Vec::new();
        find(e, &mut found);
        // With several closures in one initialiser each needs its own; they share no variables, so the first that has any
        // is taken together with the others by scanning a list of them.
        if !found.is_empty() {
            self.uses = Rc::new(crate::scan::scan_all(self.cx.tree, &found));
        }
    }

    pub(crate) fn object_type(&mut self, o: u32) -> TypeId {
        let t = self.cx.tree.objects[o as usize].t;
        self.ty(t)
    }

    /// Parameters, results, body.
    fn body(&mut self, desc: &'t FuncDesc, captures: Vec<(u32, Var)>) -> Lowered<()> {
        for (o, var) in captures {
            let r = self.reg();
            self.vars.insert(
                o,
                match var {
                    Var::Reg(_) => Var::Reg(r),
                    Var::Box(_) => Var::Box(r),
                },
            );
        }
        let params: Vec<Reg> = desc.params.iter().map(|_| self.reg()).collect();
        self.here = desc.end;
        for (o, r) in desc.params.iter().zip(params) {
            if self.uses.boxed(*o) {
                let p = self.cx.tree.objects[*o as usize].p;
                self.at = self.cx.position(p);
                self.declare(*o, Some(r));
            } else {
                self.vars.insert(*o, Var::Reg(r));
            }
        }
        self.named = desc.named;
        for o in &desc.results {
            let ty = self.object_type(*o);
            self.results.push((*o, ty));
            if desc.named {
                self.declare(*o, None);
            }
        }
        let body = desc.body.as_ref().expect("it has a body");
        self.defers = has_defer(body);
        if self.defers && !desc.named {
            for i in 0..self.results.len() {
                let r = self.reg();
                let ty = self.results[i].1;
                self.put(Ins::Zero(r, ty));
                self.result_regs.push(r);
            }
        }
        self.block(body)?;
        self.go_to(desc.end);
        self.leave();
        for (at, label, p) in std::mem::take(&mut self.gotos) {
            let Some(to) = self.labels.get(&label).copied() else {
                self.here = p;
                return Err(self.refuse(format!("label {label} is not defined")));
            };
            self.patch(at, to as u32);
        }
        Ok(())
    }

    /// The end of a function: deferred calls, results, return.
    fn leave(&mut self) {
        let here = self.label();
        for at in std::mem::take(&mut self.epilogues) {
            self.patch(at, here);
        }
        if self.defers {
            self.put(Ins::RunDefers);
            // A deferred call returns here, and the next one is looked for.
        }
        let regs = self.result_values();
        self.put(Ins::Ret(regs));
    }

    /// The current values of the results.
    fn result_values(&mut self) -> Vec<Reg> {
        if self.named {
            let list = self.results.clone();
            list.iter()
                .map(|(o, ty)| match self.vars[o] {
                    Var::Reg(r) => r,
                    Var::Box(p) => {
                        let r = self.reg();
                        self.put(Ins::Load(r, p, *ty));
                        r
                    }
                })
                .collect()
        } else if self.defers {
            self.result_regs.clone()
        } else {
            Vec::new()
        }
    }

    fn native_body(&mut self, desc: &FuncDesc, native: Native) {
        let args: Vec<Reg> = desc.params.iter().map(|_| self.reg()).collect();
        let dst: Vec<Reg> = desc.results.iter().map(|_| self.reg()).collect();
        let args = self.native_args(native, args, desc);
        self.put(Ins::Native(dst.clone(), native, args));
        self.put(Ins::Ret(dst));
    }

    /// Generic natives are told the width of what they work on, and whether only they can reach it.
    pub(crate) fn native_args(&mut self, native: Native, mut args: Vec<Reg>, desc: &FuncDesc) -> Vec<Reg> {
        if native.name().starts_with("sync/atomic.") {
            let ty = desc.tparams.first().and_then(|t| self.env.get(t)).copied();
            self.atomic_args(&mut args, ty);
        }
        args
    }

    pub(crate) fn atomic_args(&mut self, args: &mut Vec<Reg>, ty: Option<TypeId>) {
        let (bits, signed) = match ty.map(|t| self.cx.types.num(t)) {
            Some(Num::Int(bits, signed)) => (bits, signed),
            _ => (64, true),
        };
        let private = self.name.contains(".(*");
        for n in [i64::from(bits), i64::from(signed), i64::from(private)] {
            let r = self.number(n);
            args.push(r);
        }
    }

    fn finish(self, params: usize) -> Lowered<Func> {
        if self.regs > u32::from(Reg::MAX) {
            return Err(self.refuse("the function is too long"));
        }
        let epilogue = self.code.iter().rposition(|i| matches!(i, Ins::RunDefers)).map(|at| at as u32);
        Ok(Func {
            name: self.name,
            params: params as u16,
            regs: self.regs as u16,
            code: self.code,
            pos: self.pos,
            epilogue,
            supplied: self.supplied,
            ..Func::default()
        })
    }
}

fn has_defer(list: &[crate::tree::Stmt]) -> bool {
    use crate::tree::Stmt as S;
    let opt = |s: &Option<Box<S>>| s.as_ref().is_some_and(|s| has_defer(std::slice::from_ref(s)));
    list.iter().any(|s| match s {
        S::Defer { .. } => true,
        S::List { body } | S::Block { body } => has_defer(body),
        S::If { then, other, .. } => has_defer(then) || opt(other),
        S::Labeled { body, .. } => has_defer(std::slice::from_ref(&**body)),
        S::For { body, .. } | S::Range { body, .. } => has_defer(body),
        S::Switch { cases, .. } => cases.iter().any(|c| has_defer(&c.body)),
        S::TypeSwitch { cases, .. } => cases.iter().any(|c| has_defer(&c.body)),
        S::Select { cases, .. } => cases.iter().any(|c| has_defer(&c.body)),
        _ => false,
    })
}
