//! States: goroutines, objects, views.

use crate::program::{FuncId, PosId, Program, SiteId, TypeId};
use crate::value::{ObjId, Value};
use crate::view::View;
use std::rc::Rc;

/// A moment of an execution.
#[derive(Clone, Debug, Default)]
pub struct State {
    /// The goroutines that have not ended; main first, while it runs.
    pub gors: Vec<Rc<Gor>>,
    /// Their views.
    pub views: Vec<View>,
    /// The objects; `None` where there is none.
    pub heap: Vec<Option<Rc<Object>>>,
    /// Free places in `heap`.
    pub free_objects: Vec<ObjId>,
    /// The object whose access each slot is.
    pub slots: Vec<Option<ObjId>>,
    /// Free places in `slots`.
    pub free_slots: Vec<u32>,
    /// Slots whose access does not count any more, but which views may still name.
    pub dead: View,
    /// What was written.
    pub output: Rc<Vec<u8>>,
    /// Number of goroutines ever started.
    pub started: u32,
    /// Number of objects ever made.
    pub made: u32,
    /// How the program ended.
    pub ended: Option<End>,
    /// Goroutines to be run up to their next branching step.
    pub ready: Vec<u32>,
    /// Reads that observed a write still to come.
    pub promises: Vec<Promise>,
}

/// A read that observed a write which has not taken place yet: an execution in which each would come before the other.
#[derive(Clone, Debug)]
pub struct Promise {
    /// The object.
    pub obj: ObjId,
    /// The cell.
    pub off: u32,
    /// The value that is to be written.
    pub value: Value,
    /// The read's place in views: the write must not come after it.
    pub slot: u32,
}

/// How an execution ends.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum End {
    /// `main` returned.
    Normal,
    /// `os.Exit` with this status.
    Exit(i64),
    /// A panic that nobody recovered.
    Panic(String),
    /// The runtime gave up ("concurrent map writes").
    Throw(String),
    /// No goroutine can go on.
    Deadlock,
    /// It need not end.
    Forever,
    /// A value whose words come from different writes.
    Corrupt(String),
}

/// Where a goroutine stands.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Stand {
    /// At an instruction.
    At,
    /// At the end of its function.
    Done,
    /// In a panic that ends the program.
    Crash(String),
}

/// A goroutine.
#[derive(Clone, Debug)]
pub struct Gor {
    /// Number, counting from 0 for main in the order of starts. Not part of a state's identity.
    pub id: u32,
    /// Its calls, innermost last.
    pub frames: Vec<Frame>,
    /// Panics under way, latest last.
    pub panics: Vec<Panicking>,
    /// Where it stands.
    pub stand: Stand,
    /// It is a timer that waits.
    pub system: bool,
    /// Of its content without the numbers of objects.
    pub shape: u64,
    /// Of all its content.
    pub exact: u64,
}

/// A panic.
#[derive(Clone, Debug)]
pub struct Panicking {
    /// The value.
    pub value: Value,
    /// `recover` took it.
    pub recovered: bool,
    /// It is a `runtime.Goexit`.
    pub exit: bool,
    /// The value is a runtime error of this text.
    pub error: Option<Rc<str>>,
}

/// A call.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The function.
    pub func: FuncId,
    /// The next instruction.
    pub pc: u32,
    /// The registers.
    pub regs: Vec<Value>,
    /// Deferred calls, the next one last.
    pub defers: Vec<Deferred>,
    /// A panic called this function.
    pub by_panic: bool,
}

/// A deferred call.
#[derive(Clone, Debug)]
pub struct Deferred {
    /// The function.
    pub func: FuncId,
    /// What it captured, then its arguments.
    pub args: Vec<Value>,
    /// Where it was deferred.
    pub pos: PosId,
}

/// What kind of access it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AccessKind {
    /// Plain read.
    Read,
    /// Plain write.
    Write,
    /// Atomic operation that only observes.
    AtomicRead,
    /// Atomic operation that writes.
    AtomicWrite,
}

impl AccessKind {
    /// It writes.
    pub fn writes(self) -> bool {
        matches!(self, Self::Write | Self::AtomicWrite)
    }

    /// It is atomic.
    pub fn atomic(self) -> bool {
        matches!(self, Self::AtomicRead | Self::AtomicWrite)
    }

    /// Whether two of these need an order.
    pub fn conflicts(self, other: Self) -> bool {
        (self.writes() || other.writes()) && !(self.atomic() && other.atomic())
    }

    /// Whether all that conflicts with `old` conflicts with this.
    pub fn covers(self, old: Self) -> bool {
        self == Self::Write || self == old || (old == Self::AtomicRead)
    }
}

/// A live access to a cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Access {
    /// The cell.
    pub off: u32,
    /// What it is.
    pub kind: AccessKind,
    /// Where in the source.
    pub pos: PosId,
    /// Its place in views.
    pub slot: u32,
}

/// A write that a racy read may still observe.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The value written.
    pub value: Value,
    /// The access; `None` once all know it, and for the initial value.
    pub slot: Option<u32>,
    /// Which of the other writes in the list happen before it, by index.
    pub covers: u128,
    /// It is atomic.
    pub atomic: bool,
    /// Where in the source.
    pub pos: PosId,
}

/// The writes of a cell that races.
#[derive(Clone, Debug)]
pub struct Racy {
    /// The cell.
    pub off: u32,
    /// The writes, in the order of the execution.
    pub writes: Vec<Seen>,
}

/// What an object is.
#[derive(Clone, Debug)]
pub enum Body {
    /// Variables.
    Cells(Vec<Value>),
    /// A map, by key.
    Map(Vec<(Value, Value)>),
    /// A channel.
    Chan(Chan),
}

/// A channel.
#[derive(Clone, Debug, Default)]
pub struct Chan {
    /// Capacity.
    pub cap: u32,
    /// What is in the buffer, with the views of the sends.
    pub queue: Vec<(Value, View)>,
    /// The views of the receives that made the free places of the buffer, in order; fewer at the start.
    pub frees: Vec<View>,
    /// Closed, and the view of the close.
    pub closed: Option<View>,
}

/// What synchronises at a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sync {
    /// A mutex, a `WaitGroup`, an `Once`, an atomic word: what its last releases published.
    Word(View),
    /// An `RWMutex`: of the Unlocks, and of the RUnlocks.
    ReadWrite(View, View),
    /// A `Cond`: tickets of those who wait, oldest first; tickets of those who may go on, with the signal's view.
    Cond(Vec<u32>, Vec<(u32, View)>),
    /// A `Pool`: values with the views of their Put.
    Pool(Vec<(Value, View)>),
    /// A `sync.Map`: by key, the value (none: deleted) and the view of the write.
    Map(Vec<(Value, Option<Value>, View)>),
}

impl Sync {
    /// Its views.
    pub fn views(&self) -> Vec<&View> {
        match self {
            Sync::Word(v) => vec![v],
            Sync::ReadWrite(a, b) => vec![a, b],
            Sync::Cond(_, list) => list.iter().map(|(_, v)| v).collect(),
            Sync::Pool(list) => list.iter().map(|(_, v)| v).collect(),
            Sync::Map(list) => list.iter().map(|(_, _, v)| v).collect(),
        }
    }

    /// The same, to change.
    pub fn views_mut(&mut self) -> Vec<&mut View> {
        match self {
            Sync::Word(v) => vec![v],
            Sync::ReadWrite(a, b) => vec![a, b],
            Sync::Cond(_, list) => list.iter_mut().map(|(_, v)| v).collect(),
            Sync::Pool(list) => list.iter_mut().map(|(_, v)| v).collect(),
            Sync::Map(list) => list.iter_mut().map(|(_, _, v)| v).collect(),
        }
    }
}

impl PartialEq for Value {
    fn eq(&self, other: &Value) -> bool {
        self.same(other)
    }
}
impl Eq for Value {}

/// An object.
#[derive(Clone, Debug)]
pub struct Object {
    /// What it holds.
    pub body: Body,
    /// Where it was made.
    pub site: SiteId,
    /// Number in the order of making. Not part of a state's identity.
    pub serial: u32,
    /// Type of the content or of the elements.
    pub ty: TypeId,
    /// Live accesses.
    pub accesses: Vec<Access>,
    /// What synchronises at its cells.
    pub syncs: Vec<(u32, Sync)>,
    /// Writes of racy cells that more than one can be observed of.
    pub racy: Vec<Racy>,
    /// Which cells are taken to race; bits.
    pub races: Option<Rc<Vec<u64>>>,
}

impl Object {
    /// Whether accesses to the cell are taken to race.
    pub fn is_racy(&self, off: u32) -> bool {
        match &self.races {
            None => false,
            Some(bits) => bits.get(off as usize / 64).is_some_and(|w| w >> (off % 64) & 1 != 0),
        }
    }

    /// The synchronisation state at a cell, made by `new` where there is none.
    pub fn sync(&mut self, off: u32, new: impl FnOnce() -> Sync) -> &mut Sync {
        let at = match self.syncs.binary_search_by_key(&off, |(o, _)| *o) {
            Ok(at) => at,
            Err(at) => {
                self.syncs.insert(at, (off, new()));
                at
            }
        };
        &mut self.syncs[at].1
    }
}

impl State {
    /// An object.
    pub fn object(&self, id: ObjId) -> &Object {
        self.heap[id as usize].as_ref().expect("a pointer leads to an object")
    }

    /// An object, to change.
    pub fn object_mut(&mut self, id: ObjId) -> &mut Object {
        Rc::make_mut(self.heap[id as usize].as_mut().expect("a pointer leads to an object"))
    }

    /// A channel.
    pub fn chan(&self, id: ObjId) -> &Chan {
        match &self.object(id).body {
            Body::Chan(c) => c,
            _ => unreachable!("a channel value leads to a channel"),
        }
    }

    /// A channel, to change.
    pub fn chan_mut(&mut self, id: ObjId) -> &mut Chan {
        match &mut self.object_mut(id).body {
            Body::Chan(c) => c,
            _ => unreachable!("a channel value leads to a channel"),
        }
    }

    /// Number of goroutines that `runtime.NumGoroutine` counts.
    pub fn counted(&self) -> usize {
        self.gors.iter().filter(|g| !g.system).count()
    }

    /// What the other goroutines than `g` may still do.
    pub fn others_future(&self, program: &Program, g: usize) -> u8 {
        self.gors.iter().enumerate().filter(|(i, _)| *i != g).fold(0, |a, (_, other)| a | other.future(program))
    }
}

impl Gor {
    /// What it may still do.
    pub fn future(&self, program: &Program) -> u8 {
        self.frames.iter().fold(0, |a, f| a | program.funcs[f.func as usize].future[f.pc as usize])
    }
}
