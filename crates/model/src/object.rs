//! The synchronisation objects: what state decides whether an operation may take effect now, and which points of
//! the execution later operations are ordered after.
//!
//! Each object keeps *every* point that a rule of the memory model may name ("the n-th Unlock"), not a summary.

use crate::event::{Addr, Goroutine};
use crate::order::Node;
use std::collections::VecDeque;

/// One object.
#[derive(Clone, Debug)]
pub(crate) enum Object {
    Mutex(Mutex),
    ReadWrite(ReadWrite),
    Group(Group),
    Once(Once),
    Cond(Cond),
    Chan(Chan),
}

/// A `sync.Mutex`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Mutex {
    pub locked: bool,
    /// The n-th call of Unlock.
    pub unlocks: Vec<Node>,
}

/// A `sync.RWMutex`.
#[derive(Clone, Debug, Default)]
pub(crate) struct ReadWrite {
    pub writer: bool,
    pub readers: u32,
    pub unlocks: Vec<Node>,
    pub read_unlocks: Vec<Node>,
}

/// A `sync.WaitGroup`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Group {
    pub counter: i64,
    /// Every Add with a negative delta.
    pub dones: Vec<Node>,
    /// Goroutines blocked in Wait.
    pub waiters: Vec<Goroutine>,
    /// Goroutines that Done has unblocked and whose Wait has not returned yet.
    pub released: Vec<Goroutine>,
}

/// A `sync.Once`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Once {
    pub runner: Option<Goroutine>,
    /// Completion of `f`, and the index of that event.
    pub done: Option<(Node, usize)>,
}

/// A `sync.Cond`.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cond {
    /// Longest waiting first.
    pub waiters: VecDeque<Goroutine>,
}

/// A channel.
#[derive(Clone, Debug)]
pub(crate) struct Chan {
    pub capacity: usize,
    /// The start of the k-th send.
    pub sends: Vec<Node>,
    /// The start of the k-th receive.
    pub receives: Vec<Node>,
    pub closed: Option<Node>,
}

impl Chan {
    pub fn queued(&self) -> usize {
        self.sends.len() - self.receives.len()
    }
}

impl Object {
    /// Whether some goroutine holds it or waits for it, so that its memory cannot be garbage.
    fn in_use(&self) -> bool {
        match self {
            Object::Mutex(m) => m.locked,
            Object::ReadWrite(rw) => rw.writer || rw.readers > 0,
            Object::Group(w) => w.counter != 0 || !w.waiters.is_empty() || !w.released.is_empty(),
            Object::Once(o) => o.runner.is_some(),
            Object::Cond(c) => !c.waiters.is_empty(),
            Object::Chan(_) => false,
        }
    }
}

/// All objects by address. A lookup names the type it expects.
#[derive(Clone, Debug, Default)]
pub(crate) struct Objects {
    all: Vec<(Addr, Object)>,
}

/// Lookups of one type: by reference, or by mutable reference with the zero value made on first use.
macro_rules! lookup {
    ($get:ident, $make:ident, $variant:ident) => {
        /// The object at `addr`; `Ok(None)` when nothing is there yet, an error when it is of another type.
        pub fn $get(&self, addr: Addr) -> Result<Option<&$variant>, Mistyped> {
            match self.all.iter().find(|(at, _)| *at == addr) {
                None => Ok(None),
                Some((_, Object::$variant(object))) => Ok(Some(object)),
                Some(_) => Err(Mistyped),
            }
        }
        /// The object at `addr`, its zero value if nothing is there yet. The type was checked before.
        pub fn $make(&mut self, addr: Addr) -> &mut $variant {
            let at = self.all.iter().position(|(at, _)| *at == addr).unwrap_or_else(|| {
                self.all.push((addr, Object::$variant(Default::default())));
                self.all.len() - 1
            });
            match &mut self.all[at].1 {
                Object::$variant(object) => object,
                other => unreachable!("{other:?} was checked to be a {}", stringify!($variant)),
            }
        }
    };
}

/// The object at an address is not of the type that the operation needs.
pub(crate) struct Mistyped;

impl Default for Chan {
    /// Never used for an operation: a channel exists from its `MakeChan` on.
    fn default() -> Self {
        Chan { capacity: 0, sends: Vec::new(), receives: Vec::new(), closed: None }
    }
}

impl Objects {
    lookup!(mutex, mutex_mut, Mutex);
    lookup!(read_write, read_write_mut, ReadWrite);
    lookup!(group, group_mut, Group);
    lookup!(once, once_mut, Once);
    lookup!(cond, cond_mut, Cond);
    lookup!(chan, chan_mut, Chan);

    /// Whether an object starts at `addr`.
    pub fn occupied(&self, addr: Addr) -> bool {
        self.all.iter().any(|(at, _)| *at == addr)
    }

    /// Whether an object in `addr..addr+size` is held or waited for.
    pub fn in_use(&self, addr: Addr, size: u64) -> bool {
        self.all.iter().any(|(at, object)| (addr..addr + size).contains(at) && object.in_use())
    }

    /// Drops the objects in `addr..addr+size`.
    pub fn forget(&mut self, addr: Addr, size: u64) {
        self.all.retain(|(at, _)| !(addr..addr + size).contains(at));
    }
}
