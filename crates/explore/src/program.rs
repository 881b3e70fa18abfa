//! What is explored: programs of a small typed instruction set.
//!
//! A program is a list of functions over registers. Registers are private to a call; everything that goroutines can
//! share lies in objects, which are rows of cells of one word-sized or multiword value each. Nothing here knows the
//! syntax of a language: a front end lowers its programs to this.

use crate::value::Value;
use std::collections::HashMap;

/// A register of a call.
pub type Reg = u16;
/// Index of a function in [`Program::funcs`].
pub type FuncId = u32;
/// Index of a type in [`Program::types`].
pub type TypeId = u32;
/// Index of an allocation site in [`Program::sites`].
pub type SiteId = u32;
/// Index of a source position in [`Program::positions`].
pub type PosId = u32;
/// Index of a method's name in [`Program::methods`]'s keys.
pub type MethodId = u32;

/// A whole program.
#[derive(Clone, Debug, Default)]
pub struct Program {
    /// All functions.
    pub funcs: Vec<Func>,
    /// All types that values carry or objects are made of.
    pub types: Vec<Type>,
    /// Constants.
    pub consts: Vec<Value>,
    /// Where objects are made.
    pub sites: Vec<Site>,
    /// The objects that exist from the start, by site: object `i` is global `i`.
    pub globals: Vec<SiteId>,
    /// What runs first.
    pub entry: FuncId,
    /// The method of a dynamic type, by name.
    pub methods: HashMap<(TypeId, MethodId), FuncId>,
    /// Names of methods.
    pub method_names: Vec<String>,
    /// Source positions.
    pub positions: Vec<Position>,
    /// File names.
    pub files: Vec<String>,
    /// Dynamic type of runtime errors: a string type with a method Error.
    pub runtime_error: Option<TypeId>,
    /// The number of the method `Error`, if the program has one.
    pub error_method: Option<MethodId>,
    /// Some channel is closed somewhere; made by [`Program::finish`].
    pub closes: bool,
    /// Somewhere goroutines are counted; made by [`Program::finish`].
    pub counts: bool,
}

/// A place in a source file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Position {
    /// Index of the file.
    pub file: u32,
    /// Line, from 1; 0 is nowhere.
    pub line: u32,
    /// Column in bytes, from 1.
    pub column: u32,
}

/// A function.
#[derive(Clone, Debug, Default)]
pub struct Func {
    /// As a stack trace names it.
    pub name: String,
    /// Number of parameters: registers `0..params`.
    pub params: u16,
    /// Number of registers.
    pub regs: u16,
    /// The code.
    pub code: Vec<Ins>,
    /// The position of each instruction.
    pub pos: Vec<PosId>,
    /// Where a call goes on after a recovered panic: what runs the remaining deferred calls and returns.
    pub epilogue: Option<u32>,
    /// The function is part of the library that the front end brings along: accesses in it are its caller's.
    pub supplied: bool,
    /// By instruction, the registers that are read later (bits); made by [`Program::finish`].
    pub live: Vec<Box<[u64]>>,
    /// By instruction, what may still be done from there on; made by [`Program::finish`].
    pub future: Vec<u8>,
}

/// A type, as far as a value's form, its printing and its identity need it.
#[derive(Clone, Debug)]
pub struct Type {
    /// As `%T` prints it.
    pub name: String,
    /// Its form.
    pub kind: Kind,
    /// Number of cells of a variable of this type.
    pub cells: u32,
    /// Its values can be compared.
    pub comparable: bool,
}

/// The form of a type.
#[derive(Clone, Debug)]
pub enum Kind {
    /// `bool`.
    Bool,
    /// An integer of `bits`.
    Int {
        /// 8, 16, 32 or 64.
        bits: u8,
        /// Has a sign.
        signed: bool,
    },
    /// A floating-point number of 32 or 64 bits.
    Float {
        /// 32 or 64.
        bits: u8,
    },
    /// `string`.
    String,
    /// A pointer.
    Pointer(TypeId),
    /// A slice.
    Slice(TypeId),
    /// An array of so many elements.
    Array(TypeId, u32),
    /// A map.
    Map(TypeId, TypeId),
    /// A channel.
    Chan(TypeId),
    /// A function.
    Func,
    /// An interface with these methods.
    Interface(Vec<MethodId>),
    /// A struct.
    Struct(Vec<Field>),
}

/// A field of a struct.
#[derive(Clone, Debug)]
pub struct Field {
    /// Its name.
    pub name: String,
    /// Its type.
    pub ty: TypeId,
    /// First cell within the struct.
    pub offset: u32,
}

/// Where an object is made.
#[derive(Clone, Debug)]
pub struct Site {
    /// The variable, or the type of what is allocated.
    pub name: String,
    /// Type of the object's content (of an element, for slices).
    pub ty: TypeId,
    /// Where.
    pub pos: PosId,
    /// The object is made by `make([]T)`, `append` or the like: its elements are named by index.
    pub elements: bool,
}

/// A two-operand operation on numbers or strings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BinOp {
    /// Sum, or concatenation.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
    /// Quotient.
    Div,
    /// Remainder.
    Rem,
    /// Bits of both.
    And,
    /// Bits of either.
    Or,
    /// Bits of one.
    Xor,
    /// Bits of the left without those of the right.
    AndNot,
    /// Shift to the left.
    Shl,
    /// Shift to the right.
    Shr,
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
}

/// How the operands of an operation are to be taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Num {
    /// Integer of so many bits, signed or not.
    Int(u8, bool),
    /// Float of so many bits.
    Float(u8),
    /// String.
    Str,
    /// Anything else: only comparison for equality.
    Other,
}

/// What a call calls.
#[derive(Clone, Copy, Debug)]
pub enum Callee {
    /// A function.
    Static(FuncId),
    /// A function value.
    Value(Reg),
    /// A method of an interface value.
    Method(Reg, MethodId),
}

/// A case of a select.
#[derive(Clone, Debug)]
pub enum Case {
    /// Send a register's value.
    Send {
        /// The channel.
        chan: Reg,
        /// The value.
        value: Reg,
    },
    /// Receive.
    Recv {
        /// The channel.
        chan: Reg,
        /// Type of the elements.
        ty: TypeId,
        /// Where the value goes.
        dst: Reg,
        /// Where it goes whether a value was sent.
        ok: Reg,
    },
}

/// An instruction.
#[derive(Clone, Debug)]
pub enum Ins {
    /// A constant.
    Const(Reg, u32),
    /// A copy.
    Move(Reg, Reg),
    /// The zero value of a type.
    Zero(Reg, TypeId),
    /// `dst = a op b`.
    Bin(Reg, BinOp, Num, Reg, Reg),
    /// Negation.
    Neg(Reg, Num, Reg),
    /// Logical not.
    Not(Reg, Reg),
    /// Bitwise complement.
    Compl(Reg, Num, Reg),
    /// A number from one kind to another.
    Convert(Reg, Num, Num, Reg),
    /// Jump.
    Jump(u32),
    /// Jump to the first where true, else to the second.
    Branch(Reg, u32, u32),
    /// A call.
    Call(Vec<Reg>, Callee, Vec<Reg>),
    /// Starts a goroutine; `system` ones are timers, which `runtime.NumGoroutine` does not count.
    Go(Callee, Vec<Reg>, bool),
    /// Defers a call.
    Defer(Callee, Vec<Reg>),
    /// Runs the deferred calls.
    RunDefers,
    /// Returns.
    Ret(Vec<Reg>),
    /// Panics with an interface value.
    Panic(Reg),
    /// `recover()`.
    Recover(Reg),
    /// A new object.
    New(Reg, SiteId),
    /// Loads a value of a type.
    Load(Reg, Reg, TypeId),
    /// Stores.
    Store(Reg, Reg, TypeId),
    /// The address so many cells further (a field).
    Offset(Reg, Reg, u32),
    /// The address of a slice's element: `slice`, `index`, cells of an element.
    SliceAddr(Reg, Reg, Reg, u32),
    /// The address of an array's element: pointer, index, length, cells of an element.
    ArrayAddr(Reg, Reg, Reg, u32, u32),
    /// A field of a struct value.
    Field(Reg, Reg, u32),
    /// An element of an array value.
    Elem(Reg, Reg, Reg),
    /// Sets a field of a struct or a constant element of an array value, in place.
    SetField(Reg, u32, Reg),
    /// A byte of a string.
    StrIndex(Reg, Reg, Reg),
    /// A rune of a string: `rune`, `width`, string, byte index.
    StrRune(Reg, Reg, Reg, Reg),
    /// A slice of so many elements and capacity.
    MakeSlice(Reg, SiteId, Reg, Reg),
    /// `dst = x[lo:hi:max]`; the cells of an element, or 0 for a string; arrays by pointer with their length.
    Slice {
        /// Result.
        dst: Reg,
        /// Slice, string or pointer to an array.
        x: Reg,
        /// Bounds.
        bounds: [Option<Reg>; 3],
        /// Cells of an element.
        size: u32,
        /// Length, if `x` points to an array.
        array: Option<u32>,
    },
    /// Appends values.
    Append {
        /// Result.
        dst: Reg,
        /// The slice.
        slice: Reg,
        /// The new elements.
        values: Vec<Reg>,
        /// Or all elements of this slice (or bytes of this string).
        spread: Option<Reg>,
        /// Where a new backing array is made.
        site: SiteId,
    },
    /// `copy(to, from)` of elements of a type; the number copied.
    Copy(Reg, Reg, Reg, TypeId),
    /// Length of a string or slice.
    Len(Reg, Reg),
    /// Capacity of a slice.
    Cap(Reg, Reg),
    /// `[]byte(s)`.
    Bytes(Reg, Reg, SiteId),
    /// `[]rune(s)`.
    Runes(Reg, Reg, SiteId),
    /// `string(b)` of bytes or (true) runes.
    StringOf(Reg, Reg, bool),
    /// `string(r)`.
    StringOfRune(Reg, Reg),
    /// A new map.
    MakeMap(Reg, SiteId),
    /// Looks up.
    MapGet {
        /// Result.
        dst: Reg,
        /// Whether it is there.
        ok: Option<Reg>,
        /// The map.
        map: Reg,
        /// The key.
        key: Reg,
        /// Type of the values.
        ty: TypeId,
    },
    /// Sets.
    MapSet(Reg, Reg, Reg),
    /// Deletes.
    MapDelete(Reg, Reg),
    /// Empties.
    MapClear(Reg),
    /// Number of entries of a map.
    MapLen(Reg, Reg),
    /// An iterator over a map.
    MapIter(Reg, Reg),
    /// The next entry, in any order.
    MapNext {
        /// The iterator, which changes.
        iter: Reg,
        /// The map.
        map: Reg,
        /// Whether there was one.
        ok: Reg,
        /// Its key.
        key: Reg,
        /// Its value.
        value: Reg,
        /// Type of the keys.
        key_ty: TypeId,
        /// Type of the values.
        value_ty: TypeId,
    },
    /// An interface value of a dynamic type.
    Iface(Reg, TypeId, Reg),
    /// `dst, ok = x.(ty)`; without `ok` it panics.
    Assert(Reg, Option<Reg>, Reg, TypeId),
    /// A closure.
    Closure(Reg, FuncId, Vec<Reg>),
    /// A channel with the capacity of a register.
    MakeChan(Reg, Reg, SiteId),
    /// Sends.
    Send(Reg, Reg),
    /// `dst, ok = <-chan`.
    Recv(Reg, Reg, Reg, TypeId),
    /// Select: the chosen case's number goes to the first register, -1 for the default.
    Select(Reg, Vec<Case>, bool),
    /// Closes.
    Close(Reg),
    /// `len(ch)` (false) or `cap(ch)` (true).
    ChanLen(Reg, Reg, bool),
    /// Something that the library does not express in the language.
    Native(Vec<Reg>, Native, Vec<Reg>),
}

macro_rules! natives {
    ($($(#[$doc:meta])* $name:ident = $text:literal,)*) => {
        /// What the library cannot express in the language: each is named by the function that it is the body of.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each is named by the function that it is")]
        pub enum Native { $($(#[$doc])* $name,)* }
        impl Native {
            /// By package and function.
            pub fn named(name: &str) -> Option<Native> {
                match name { $($text => Some(Native::$name),)* _ => None }
            }
            /// Package and function.
            pub fn name(self) -> &'static str {
                match self { $(Native::$name => $text,)* }
            }
        }
    };
}

natives! {
    MutexLock = "sync.(*Mutex).Lock",
    MutexUnlock = "sync.(*Mutex).Unlock",
    MutexTryLock = "sync.(*Mutex).TryLock",
    RwLock = "sync.(*RWMutex).Lock",
    RwUnlock = "sync.(*RWMutex).Unlock",
    RwRLock = "sync.(*RWMutex).RLock",
    RwRUnlock = "sync.(*RWMutex).RUnlock",
    RwTryLock = "sync.(*RWMutex).TryLock",
    RwTryRLock = "sync.(*RWMutex).TryRLock",
    WgAdd = "sync.(*WaitGroup).Add",
    WgDone = "sync.(*WaitGroup).Done",
    WgWait = "sync.(*WaitGroup).Wait",
    OnceEnter = "sync.onceEnter",
    OnceLeave = "sync.onceLeave",
    CondAdd = "sync.condAdd",
    CondPark = "sync.condPark",
    CondSignal = "sync.condSignal",
    CondBroadcast = "sync.condBroadcast",
    PoolPut = "sync.poolPut",
    PoolGet = "sync.poolGet",
    MapLoad = "sync.mapLoad",
    MapSwap = "sync.mapSwap",
    MapLoadOrStore = "sync.mapLoadOrStore",
    MapCas = "sync.mapCompareAndSwap",
    MapTake = "sync.mapLoadAndDelete",
    MapTakeIf = "sync.mapCompareAndDelete",
    MapKeys = "sync.mapKeys",
    AtomicLoad = "sync/atomic.load",
    AtomicStore = "sync/atomic.store",
    AtomicSwap = "sync/atomic.swap",
    AtomicCas = "sync/atomic.cas",
    AtomicAdd = "sync/atomic.add",
    AtomicAnd = "sync/atomic.and",
    AtomicOr = "sync/atomic.or",
    AtomicStoreSame = "sync/atomic.storeSame",
    TimerFire = "time.fire",
    TimerSet = "time.set",
    TimerState = "time.state",
    Yield = "runtime.Gosched",
    NumGoroutine = "runtime.NumGoroutine",
    Goexit = "runtime.Goexit",
    Choose = "runtime.choose",
    Exit = "os.Exit",
    Throw = "runtime.throw",
    WriteOut = "fmt.writeOut",
    WriteErr = "fmt.writeErr",
    Format = "fmt.format",
    FormatLine = "fmt.formatLine",
    FormatPlain = "fmt.formatPlain",
    NeedsString = "fmt.needsString",
    WrapsVerb = "fmt.wrapsVerb",
    TypeName = "fmt.typeName",
    Itoa = "strconv.formatInt",
    ParseInt = "strconv.parseInt",
    FormatFloat = "strconv.formatFloat",
    ParseFloat = "strconv.parseFloat",
    Quote = "strconv.quote",
    ToUpper = "strings.ToUpper",
    ToLower = "strings.ToLower",
    Index = "strings.Index",
    TrimSpace = "strings.TrimSpace",
    Sqrt = "math.Sqrt",
    Floor = "math.Floor",
    Comparable = "errors.comparable",
    SameType = "errors.sameType",
    Deref = "errors.store",
    StoreAny = "errors.assignable",
}

/// What may still be done: bits of [`Func::future`].
pub mod future {
    /// `WaitGroup.Wait`.
    pub const WAIT: u8 = 1;
    /// `runtime.NumGoroutine`.
    pub const COUNT: u8 = 2;
    /// Output.
    pub const PRINT: u8 = 4;
}

impl Ins {
    /// Calls `f` with each register and whether it is written (registers that are both are given twice).
    pub fn registers(&self, f: &mut dyn FnMut(Reg, bool)) {
        let callee = |c: &Callee, f: &mut dyn FnMut(Reg, bool)| match c {
            Callee::Static(_) => {}
            Callee::Value(r) | Callee::Method(r, _) => f(*r, false),
        };
        let all = |list: &[Reg], f: &mut dyn FnMut(Reg, bool), write| list.iter().for_each(|r| f(*r, write));
        match self {
            Ins::Const(d, _) | Ins::Zero(d, _) | Ins::Recover(d) | Ins::New(d, _) | Ins::MakeMap(d, _) => f(*d, true),
            Ins::Move(d, a)
            | Ins::Neg(d, _, a)
            | Ins::Not(d, a)
            | Ins::Compl(d, _, a)
            | Ins::Convert(d, _, _, a)
            | Ins::Load(d, a, _)
            | Ins::Offset(d, a, _)
            | Ins::Field(d, a, _)
            | Ins::Len(d, a)
            | Ins::Cap(d, a)
            | Ins::Bytes(d, a, _)
            | Ins::Runes(d, a, _)
            | Ins::StringOf(d, a, _)
            | Ins::StringOfRune(d, a)
            | Ins::MapLen(d, a)
            | Ins::MapIter(d, a)
            | Ins::Iface(d, _, a)
            | Ins::MakeChan(d, a, _)
            | Ins::ChanLen(d, a, _) => {
                f(*a, false);
                f(*d, true);
            }
            Ins::Bin(d, _, _, a, b)
            | Ins::SliceAddr(d, a, b, _)
            | Ins::ArrayAddr(d, a, b, _, _)
            | Ins::Elem(d, a, b)
            | Ins::StrIndex(d, a, b)
            | Ins::MakeSlice(d, _, a, b)
            | Ins::Copy(d, a, b, _) => {
                f(*a, false);
                f(*b, false);
                f(*d, true);
            }
            Ins::StrRune(d, w, a, b) => {
                f(*a, false);
                f(*b, false);
                f(*d, true);
                f(*w, true);
            }
            Ins::Jump(_) | Ins::RunDefers => {}
            Ins::Branch(a, ..) | Ins::Panic(a) | Ins::MapClear(a) | Ins::Close(a) => f(*a, false),
            Ins::Call(d, c, args) => {
                callee(c, f);
                all(args, f, false);
                all(d, f, true);
            }
            Ins::Go(c, args, _) | Ins::Defer(c, args) => {
                callee(c, f);
                all(args, f, false);
            }
            Ins::Ret(list) => all(list, f, false),
            Ins::Store(a, b, _) | Ins::MapDelete(a, b) | Ins::Send(a, b) => {
                f(*a, false);
                f(*b, false);
            }
            Ins::SetField(d, _, a) => {
                f(*d, false);
                f(*a, false);
                f(*d, true);
            }
            Ins::Slice { dst, x, bounds, .. } => {
                f(*x, false);
                bounds.iter().flatten().for_each(|r| f(*r, false));
                f(*dst, true);
            }
            Ins::Append { dst, slice, values, spread, .. } => {
                f(*slice, false);
                all(values, f, false);
                spread.iter().for_each(|r| f(*r, false));
                f(*dst, true);
            }
            Ins::MapGet { dst, ok, map, key, .. } => {
                f(*map, false);
                f(*key, false);
                f(*dst, true);
                ok.iter().for_each(|r| f(*r, true));
            }
            Ins::MapSet(a, b, c) => {
                f(*a, false);
                f(*b, false);
                f(*c, false);
            }
            Ins::MapNext { iter, map, ok, key, value, .. } => {
                f(*iter, false);
                f(*map, false);
                for r in [iter, ok, key, value] {
                    f(*r, true);
                }
            }
            Ins::Assert(d, ok, a, _) => {
                f(*a, false);
                f(*d, true);
                ok.iter().for_each(|r| f(*r, true));
            }
            Ins::Closure(d, _, captures) => {
                all(captures, f, false);
                f(*d, true);
            }
            Ins::Recv(d, ok, c, _) => {
                f(*c, false);
                f(*d, true);
                f(*ok, true);
            }
            Ins::Select(d, cases, _) => {
                for case in cases {
                    match case {
                        Case::Send { chan, value } => {
                            f(*chan, false);
                            f(*value, false);
                        }
                        Case::Recv { chan, .. } => f(*chan, false),
                    }
                }
                // A case that is not chosen leaves its registers alone: they are not counted as written.
                f(*d, true);
            }
            Ins::Native(d, _, args) => {
                all(args, f, false);
                all(d, f, true);
            }
        }
    }

    fn successors(&self, at: usize) -> [Option<usize>; 2] {
        match self {
            Ins::Jump(t) => [Some(*t as usize), None],
            Ins::Branch(_, t, e) => [Some(*t as usize), Some(*e as usize)],
            Ins::Ret(_) | Ins::Panic(_) => [None, None],
            _ => [Some(at + 1), None],
        }
    }
}

impl Program {
    /// Computes what the explorer needs to know of each function. Call it once, after the last function is added.
    pub fn finish(&mut self) {
        let mut code = self.funcs.iter().flat_map(|f| &f.code);
        self.closes = code.clone().any(|ins| matches!(ins, Ins::Close(_)));
        self.counts = code.any(|ins| matches!(ins, Ins::Native(_, Native::NumGoroutine, _)));
        for func in &mut self.funcs {
            func.live = liveness(func);
        }
        self.futures();
    }

    /// By instruction, what may be done from there on, through calls and by goroutines started.
    fn futures(&mut self) {
        let own = |ins: &Ins| match ins {
            Ins::Native(_, Native::WgWait, _) => future::WAIT,
            Ins::Native(_, Native::NumGoroutine, _) => future::COUNT,
            Ins::Native(_, Native::WriteOut | Native::WriteErr, _) => future::PRINT,
            _ => 0,
        };
        // Functions whose value is taken, or that are methods, may be called by any call of a value.
        let mut taken = vec![false; self.funcs.len()];
        for func in &self.funcs {
            for ins in &func.code {
                if let Ins::Closure(_, f, _) = ins {
                    taken[*f as usize] = true;
                }
            }
        }
        let mut of = vec![0u8; self.funcs.len()];
        let methods: Vec<FuncId> = self.methods.values().copied().collect();
        loop {
            let any = taken.iter().zip(&of).filter(|(t, _)| **t).fold(0, |a, (_, b)| a | b);
            let method = methods.iter().fold(0, |a, f| a | of[*f as usize]);
            let call = |c: &Callee, of: &[u8]| match c {
                Callee::Static(f) => of[*f as usize],
                Callee::Value(_) => any,
                Callee::Method(..) => method,
            };
            let mut changed = false;
            for (i, func) in self.funcs.iter().enumerate() {
                let all = func.code.iter().fold(of[i], |a, ins| {
                    a | own(ins)
                        | match ins {
                            Ins::Call(_, c, _) | Ins::Go(c, ..) | Ins::Defer(c, _) => call(c, &of),
                            _ => 0,
                        }
                });
                changed |= all != of[i];
                of[i] = all;
            }
            if changed {
                continue;
            }
            for func in &mut self.funcs {
                let deferred = func.code.iter().fold(0, |a, ins| match ins {
                    Ins::Defer(c, _) => a | call(c, &of),
                    _ => a,
                });
                let mut from = vec![deferred; func.code.len()];
                loop {
                    let mut changed = false;
                    for at in (0..func.code.len()).rev() {
                        let ins = &func.code[at];
                        let mut bits = from[at] | own(ins);
                        if let Ins::Call(_, c, _) | Ins::Go(c, ..) = ins {
                            bits |= call(c, &of);
                        }
                        for next in ins.successors(at).into_iter().flatten() {
                            bits |= from.get(next).copied().unwrap_or(0);
                        }
                        changed |= bits != from[at];
                        from[at] = bits;
                    }
                    if !changed {
                        break;
                    }
                }
                from.push(deferred);
                func.future = from;
            }
            return;
        }
    }
}

fn liveness(func: &Func) -> Vec<Box<[u64]>> {
    let words = usize::from(func.regs).div_ceil(64).max(1);
    let mut live: Vec<Box<[u64]>> = vec![vec![0; words].into(); func.code.len() + 1];
    // A panic may lead to the epilogue from anywhere.
    let mut always = vec![0u64; words];
    loop {
        let mut changed = false;
        for at in (0..func.code.len()).rev() {
            let mut row = vec![0u64; words];
            for next in func.code[at].successors(at).into_iter().flatten() {
                for (a, b) in row.iter_mut().zip(live[next].iter()) {
                    *a |= b;
                }
            }
            func.code[at].registers(&mut |r, write| {
                if write {
                    row[usize::from(r) / 64] &= !(1 << (r % 64));
                }
            });
            func.code[at].registers(&mut |r, write| {
                if !write {
                    row[usize::from(r) / 64] |= 1 << (r % 64);
                }
            });
            for (a, b) in row.iter_mut().zip(&always) {
                *a |= b;
            }
            if *row != *live[at] {
                live[at] = row.into();
                changed = true;
            }
        }
        if let Some(at) = func.epilogue
            && *live[at as usize] != *always
        {
            always = live[at as usize].to_vec();
            changed = true;
        }
        if !changed {
            return live;
        }
    }
}
