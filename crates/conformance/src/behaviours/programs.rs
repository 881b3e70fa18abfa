//! Small programs, generated: a few goroutines of a few operations each.

use crate::rng::Rng;
use hb_explore::program::{BinOp, Callee, Func, Ins, Kind, Native, Num, Position, Program, Reg, Site, Type, TypeId};
use hb_explore::value::{Ptr, Value};
use std::fmt;

/// An operation on variable, atomic, mutex, read-write mutex, once or channel number `n`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the operations by their own names")]
pub enum Op {
    Read(usize),
    Write(usize, i64),
    /// `x = what was read last + 1`, zero if nothing was.
    WriteNext(usize),
    Load(usize),
    Store(usize, i64),
    Add(usize, i64),
    Cas(usize, i64, i64),
    Lock(usize),
    Unlock(usize),
    RLock(usize),
    RUnlock(usize),
    WLock(usize),
    WUnlock(usize),
    /// `once.Do(func() { variable = 7 })`.
    Once(usize, usize),
    Send(usize, i64),
    Recv(usize),
    Close(usize),
}

/// A program: `main` starts the goroutines, does its own operations, and waits for them or not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Small {
    /// Operations of `main`, then of each goroutine.
    pub bodies: Vec<Vec<Op>>,
    /// Capacities of the channels.
    pub caps: Vec<u32>,
    /// Whether `main` waits for the goroutines in the end.
    pub joins: bool,
    /// Whether each goroutine prints what it read when it ends.
    pub prints: bool,
}

/// How many of each object there are.
pub const VARS: usize = 2;

impl Small {
    /// A program from a seed.
    pub fn generate(seed: u64) -> Small {
        let mut rng = Rng::new(seed ^ 0x5eed_0f0e);
        let goroutines = 2 + usize::from(rng.below(3) == 0);
        let caps = vec![rng.below(3) as u32, rng.below(2) as u32];
        // A theme keeps programs from being about nothing.
        let theme = rng.below(6);
        let mut bodies = Vec::new();
        for g in 0..=goroutines {
            let most = if g == 0 { 2 } else { 4 - usize::from(goroutines == 3) };
            let n = rng.below(most + 1).max(usize::from(g > 0));
            let mut body: Vec<Op> = Vec::new();
            while body.len() < n {
                let v = rng.below(VARS);
                let c = 1 + rng.below(2) as i64;
                let pick = if rng.below(3) == 0 { 9 } else { theme };
                match pick {
                    0 => body.push(if rng.below(2) == 0 { Op::Load(v) } else { Op::Store(v, c) }),
                    1 => body.extend([Op::Lock(v), plain(&mut rng), Op::Unlock(v)]),
                    2 => body.push(match rng.below(4) {
                        0 | 1 => Op::Send(v, c),
                        2 => Op::Recv(v),
                        _ => Op::Close(v),
                    }),
                    3 => body.push(match rng.below(3) {
                        0 => Op::Add(v, c),
                        1 => Op::Cas(v, c - 1, c),
                        _ => Op::Load(v),
                    }),
                    4 => body.push(Op::Once(v, rng.below(VARS))),
                    5 => {
                        if rng.below(2) == 0 {
                            body.extend([Op::RLock(v), plain(&mut rng), Op::RUnlock(v)]);
                        } else {
                            body.extend([Op::WLock(v), plain(&mut rng), Op::WUnlock(v)]);
                        }
                    }
                    _ => body.push(plain(&mut rng)),
                }
            }
            bodies.push(body);
        }
        Small { bodies, caps, joins: rng.below(4) != 0, prints: true }
    }

    /// The same program for the explorer. Positions are goroutine and operation: line and column.
    pub fn program(&self) -> Program {
        Lowering::default().lower(self)
    }
}

fn plain(rng: &mut Rng) -> Op {
    let v = rng.below(VARS);
    match rng.below(5) {
        0 | 1 => Op::Read(v),
        2 => Op::WriteNext(v),
        _ => Op::Write(v, 1 + rng.below(2) as i64),
    }
}

impl fmt::Display for Small {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "capacities {:?}, joins {}", self.caps, self.joins)?;
        for (g, body) in self.bodies.iter().enumerate() {
            writeln!(f, "goroutine {g}: {body:?}")?;
        }
        Ok(())
    }
}

/// Globals: variables, atomics, mutexes, read-write mutexes, onces, two each, then the group.
pub const GLOBALS: usize = 5 * VARS + 1;

#[derive(Default)]
struct Lowering {
    program: Program,
}

const INT: TypeId = 0;

struct Body<'a> {
    program: &'a mut Program,
    func: Func,
    pos: u32,
    regs: Reg,
}

impl Body<'_> {
    fn reg(&mut self) -> Reg {
        self.regs += 1;
        self.regs - 1
    }

    fn put(&mut self, ins: Ins) -> usize {
        self.func.code.push(ins);
        self.func.pos.push(self.pos);
        self.func.code.len() - 1
    }

    fn value(&mut self, v: Value) -> Reg {
        let c = self.program.consts.len() as u32;
        self.program.consts.push(v);
        let r = self.reg();
        self.put(Ins::Const(r, c));
        r
    }

    fn global(&mut self, kind: usize, n: usize) -> Reg {
        self.value(Value::Ptr(Ptr { obj: (kind * VARS + n) as u32, off: 0 }))
    }

    fn native(&mut self, n: Native, args: Vec<Reg>, results: usize) -> Vec<Reg> {
        let dst: Vec<Reg> = (0..results).map(|_| self.reg()).collect();
        self.put(Ins::Native(dst.clone(), n, args));
        dst
    }
}

impl Lowering {
    fn lower(mut self, small: &Small) -> Program {
        let ty = |name: &str, kind| Type { name: name.into(), kind, cells: 1, comparable: true };
        self.program.types = vec![ty("int", Kind::Int { bits: 64, signed: true }), ty("string", Kind::String)];
        self.program.positions.push(Position::default());
        for (i, name) in ["x", "a", "m", "rw", "once", "group"].iter().enumerate() {
            for n in 0..if i == 5 { 1 } else { VARS } {
                self.program.sites.push(Site { name: format!("{name}{n}"), ty: INT, pos: 0, elements: false });
                self.program.globals.push(self.program.sites.len() as u32 - 1);
            }
        }
        self.program.sites.push(Site { name: "chan".into(), ty: INT, pos: 0, elements: false });
        let chan_site = self.program.sites.len() as u32 - 1;
        self.program.funcs.push(Func { name: "main".into(), ..Func::default() });
        for g in 1..small.bodies.len() {
            let f = self.goroutine(small, g, chan_site);
            self.program.funcs.push(f);
        }
        self.program.funcs[0] = self.goroutine(small, 0, chan_site);
        self.program.entry = 0;
        self.program.finish();
        self.program
    }

    fn goroutine(&mut self, small: &Small, g: usize, chan_site: u32) -> Func {
        let channels = small.caps.len() as Reg;
        let mut b = Body { program: &mut self.program, func: Func::default(), pos: 0, regs: channels };
        if g == 0 {
            for (i, cap) in small.caps.iter().enumerate() {
                let cap = b.value(Value::Int(i64::from(*cap)));
                b.put(Ins::MakeChan(i as Reg, cap, chan_site));
            }
            let args: Vec<Reg> = (0..channels).collect();
            let group = b.global(5, 0);
            for child in 1..small.bodies.len() {
                let one = b.value(Value::Int(1));
                b.native(Native::WgAdd, vec![group, one], 0);
                b.put(Ins::Go(Callee::Static(child as u32), args.clone(), false));
            }
        }
        let line = b.value(Value::str(format!("{g}:")));
        let last = b.value(Value::Int(0));
        for (i, op) in small.bodies[g].iter().enumerate() {
            b.pos = b.program.positions.len() as u32;
            b.program.positions.push(Position { file: 0, line: g as u32 + 1, column: i as u32 + 1 });
            let mut read = None;
            match *op {
                Op::Read(v) => {
                    let (p, d) = (b.global(0, v), b.reg());
                    b.put(Ins::Load(d, p, INT));
                    read = Some(d);
                }
                Op::Write(v, n) => {
                    let (p, n) = (b.global(0, v), b.value(Value::Int(n)));
                    b.put(Ins::Store(p, n, INT));
                }
                Op::WriteNext(v) => {
                    let (p, one, d) = (b.global(0, v), b.value(Value::Int(1)), b.reg());
                    b.put(Ins::Bin(d, BinOp::Add, Num::Int(64, true), last, one));
                    b.put(Ins::Store(p, d, INT));
                }
                Op::Load(v) => {
                    let p = b.global(1, v);
                    let tail = tail(&mut b);
                    read = Some(b.native(Native::AtomicLoad, [vec![p], tail].concat(), 1)[0]);
                }
                Op::Store(v, n) => {
                    let (p, n) = (b.global(1, v), b.value(Value::Int(n)));
                    let tail = tail(&mut b);
                    b.native(Native::AtomicStore, [vec![p, n], tail].concat(), 0);
                }
                Op::Add(v, n) => {
                    let (p, n) = (b.global(1, v), b.value(Value::Int(n)));
                    let tail = tail(&mut b);
                    read = Some(b.native(Native::AtomicAdd, [vec![p, n], tail].concat(), 1)[0]);
                }
                Op::Cas(v, old, new) => {
                    let (p, old, new) = (b.global(1, v), b.value(Value::Int(old)), b.value(Value::Int(new)));
                    let tail = tail(&mut b);
                    read = Some(b.native(Native::AtomicCas, [vec![p, old, new], tail].concat(), 1)[0]);
                }
                Op::Lock(m) => {
                    let p = b.global(2, m);
                    b.native(Native::MutexLock, vec![p], 0);
                }
                Op::Unlock(m) => {
                    let p = b.global(2, m);
                    b.native(Native::MutexUnlock, vec![p], 0);
                }
                Op::RLock(m) => {
                    let p = b.global(3, m);
                    b.native(Native::RwRLock, vec![p], 0);
                }
                Op::RUnlock(m) => {
                    let p = b.global(3, m);
                    b.native(Native::RwRUnlock, vec![p], 0);
                }
                Op::WLock(m) => {
                    let p = b.global(3, m);
                    b.native(Native::RwLock, vec![p], 0);
                }
                Op::WUnlock(m) => {
                    let p = b.global(3, m);
                    b.native(Native::RwUnlock, vec![p], 0);
                }
                Op::Once(o, v) => {
                    let p = b.global(4, o);
                    let first = b.native(Native::OnceEnter, vec![p], 1)[0];
                    let split = b.put(Ins::Branch(first, 0, 0));
                    let then = b.func.code.len() as u32;
                    let (x, n) = (b.global(0, v), b.value(Value::Int(7)));
                    b.put(Ins::Store(x, n, INT));
                    b.native(Native::OnceLeave, vec![p], 0);
                    let end = b.func.code.len() as u32;
                    b.func.code[split] = Ins::Branch(first, then, end);
                }
                Op::Send(c, n) => {
                    let n = b.value(Value::Int(n));
                    b.put(Ins::Send(c as Reg, n));
                }
                Op::Recv(c) => {
                    let (d, ok) = (b.reg(), b.reg());
                    b.put(Ins::Recv(d, ok, c as Reg, INT));
                    read = Some(d);
                }
                Op::Close(c) => {
                    b.put(Ins::Close(c as Reg));
                }
            }
            if let Some(d) = read {
                b.put(Ins::Move(last, d));
                let ten = b.value(Value::Int(10));
                let text = b.native(Native::Itoa, vec![d, ten], 1)[0];
                b.put(Ins::Bin(line, BinOp::Add, Num::Str, line, text));
            }
        }
        b.pos = b.program.positions.len() as u32;
        b.program.positions.push(Position { file: 0, line: g as u32 + 1, column: 99 });
        if small.prints {
            let newline = b.value(Value::str("\n"));
            b.put(Ins::Bin(line, BinOp::Add, Num::Str, line, newline));
            b.native(Native::WriteOut, vec![line], 0);
        }
        let group = b.global(5, 0);
        if g > 0 {
            b.native(Native::WgDone, vec![group], 0);
        } else if small.joins {
            b.native(Native::WgWait, vec![group], 0);
        }
        b.put(Ins::Ret(Vec::new()));
        Func {
            name: format!("g{g}"),
            params: if g == 0 { 0 } else { channels },
            regs: b.regs,
            code: b.func.code,
            pos: b.func.pos,
            ..Func::default()
        }
    }
}

/// Width, sign and privacy of the atomic words.
fn tail(b: &mut Body<'_>) -> Vec<Reg> {
    vec![b.value(Value::Int(64)), b.value(Value::Int(1)), b.value(Value::Int(1))]
}
