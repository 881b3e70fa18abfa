//! Programs out of a seed.
//!
//! A program is grown event by event: a running goroutine is picked, an event proposed, and kept if the model says
//! that it can come next. So every program is a valid execution, whatever is proposed. Most programs are made of
//! accesses that do *not* race, with a few exceptions or none: where everything races, a detector that reports
//! everything would pass.

use crate::compare::Program;
use crate::rng::Rng;
use hb_model::event::{CHAN_CONFLICT_OFFSET, WAIT_GROUP_CONFLICT_OFFSET};
use hb_model::{Addr, Event, Goroutine, Kind, Op, Oracle};

/// First byte of the plain data.
pub const DATA: Addr = 0xc0_0010_0000;
/// Longest data of a program, in 8-byte words.
pub const MAX_WORDS: u64 = 40;
/// Words that have atomics, and with [`Profile::Mixed`] all words.
const FEW_WORDS: u64 = 6;
/// First byte of the memory of synchronisation objects: one page for each kind.
pub const OBJECTS: Addr = 0xc0_0020_0000;
/// One past the last byte of the objects.
pub const OBJECTS_END: Addr = OBJECTS + 6 * PAGE;
/// Bytes for the objects of one kind.
const PAGE: u64 = 0x1000;

/// What the programs may contain. Each `false` avoids one difference between some hooks and the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Features {
    /// A mutex is unlocked by another goroutine than the one that locked it.
    pub foreign_unlock: bool,
    /// `sync.Cond`.
    pub cond: bool,
    /// Buffered channels of zero-size elements.
    pub zero_size_elements: bool,
    /// Calls of `Once.Do` that wait for a running one.
    pub once_waits: bool,
}

impl Features {
    /// Everything.
    pub const ALL: Features = Features { foreign_unlock: true, cond: true, zero_size_elements: true, once_waits: true };
    /// What the toolchain's own hooks order as the model does.
    pub const STOCK: Features =
        Features { foreign_unlock: false, cond: false, zero_size_elements: false, once_waits: false };
}

/// What programs are made of most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Of everything.
    Mixed,
    /// Accesses: many to the same bytes, in one epoch and in later ones, and ranges of any length and alignment.
    Accesses,
}

/// The kinds of object, in the order of their pages, with the size of one. Neighbours share 8-byte words where Go's
/// arrays of them do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kept {
    Mutex,
    ReadWrite,
    Group,
    Once,
    Cond,
    Chan,
}

impl Kept {
    pub(crate) fn size(self) -> u64 {
        match self {
            Kept::Mutex => 8,
            Kept::ReadWrite => 24,
            Kept::Group => 16,
            Kept::Once => 12,
            Kept::Cond => 64,
            Kept::Chan => 0x100,
        }
    }

    pub(crate) fn at(self, index: usize) -> Addr {
        OBJECTS + self as u64 * PAGE + index as u64 * self.size()
    }

    /// In the order of their pages.
    pub(crate) const ALL: [Kept; 6] = [Kept::Mutex, Kept::ReadWrite, Kept::Group, Kept::Once, Kept::Cond, Kept::Chan];

    /// Where they begin.
    pub(crate) const START: Addr = OBJECTS;

    /// The object that the byte at `addr` belongs to: its kind, which one of those, and the offset.
    pub(crate) fn of(addr: Addr) -> Option<(Kept, u64, u64)> {
        let from = addr.checked_sub(OBJECTS)?;
        let kind = *Kept::ALL.get((from / PAGE) as usize)?;
        Some((kind, from % PAGE / kind.size(), from % PAGE % kind.size()))
    }
}

/// What an event may be, before its details are chosen.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Topic {
    Access,
    Atomic,
    Mutex,
    ReadWrite,
    Group,
    Once,
    Cond,
    Chan,
    Select,
    Malloc,
    Go,
    End,
}

/// The choices that hold for a whole program.
struct Style {
    features: Features,
    /// Topics with their weights.
    weights: Vec<(Topic, usize)>,
    /// Most goroutines alive at a time.
    alive: usize,
    /// Events to generate.
    length: usize,
    /// Data in 8-byte words.
    words: u64,
    /// Objects of each kind.
    objects: usize,
    /// An access that would race is let through this many times in 240.
    reckless: usize,
    /// Size of the atomics on each of the first words, 0 for none.
    atomic_size: [u64; FEW_WORDS as usize],
    /// Whether half of the accesses are to bytes that were accessed shortly before, and the others of any length.
    echo: bool,
}

impl Style {
    fn choose(rng: &mut Rng, features: Features) -> Self {
        let mut weight = |most: usize| {
            if rng.chance(1, 3) { 0 } else { 1 + rng.below(most) }
        };
        let mut weights = vec![
            (Topic::Access, 10 + weight(20)),
            (Topic::Atomic, weight(10)),
            (Topic::Mutex, weight(16)),
            (Topic::ReadWrite, weight(12)),
            (Topic::Group, weight(8)),
            (Topic::Once, weight(4)),
            (Topic::Cond, if features.cond { weight(8) } else { 0 }),
            (Topic::Chan, weight(16)),
            (Topic::Select, weight(3)),
            (Topic::Malloc, weight(2)),
            (Topic::Go, 4),
            (Topic::End, 1),
        ];
        let many = rng.chance(1, 150);
        if many {
            // Hundreds of short goroutines: identities are reused over and over.
            for (topic, weight) in &mut weights {
                match topic {
                    Topic::Go => *weight = 30,
                    Topic::End => *weight = 25,
                    _ => {}
                }
            }
        }
        Style {
            features,
            weights,
            alive: if many { 8 } else { 2 + rng.below(11) },
            length: if many { 1000 + rng.below(1000) } else { 20 + rng.below(130) },
            words: 1 + rng.below(FEW_WORDS as usize) as u64,
            objects: 1 + rng.below(3),
            reckless: rng.pick(&[0, 0, 1, 4, 16, 60, 240]),
            atomic_size: std::array::from_fn(|_| rng.pick(&[0, 0, 4, 8])),
            echo: false,
        }
    }

    /// The choices for [`Profile::Accesses`], from those for the other.
    fn with_accesses(mut self, rng: &mut Rng) -> Self {
        for (topic, weight) in &mut self.weights {
            match topic {
                Topic::Access => *weight += 60,
                Topic::Atomic => *weight /= 2,
                _ => {}
            }
        }
        self.echo = true;
        self.length += rng.below(200);
        self.words = if rng.chance(1, 4) { 8 + rng.below(MAX_WORDS as usize - 7) as u64 } else { self.words };
        self
    }
}

/// A program in the making.
struct Growth {
    rng: Rng,
    style: Style,
    oracle: Oracle,
    events: Vec<Event>,
    /// Started and not ended.
    alive: Vec<Goroutine>,
    next: Goroutine,
    /// Who locked each mutex and holds each reader's and writer's lock, with its address.
    holders: Vec<(Addr, Goroutine)>,
    /// The latest accesses that were proposed afresh, in a ring.
    recent: [(Addr, u64); 4],
    fresh: usize,
}

/// The program for `seed`.
pub fn generate(seed: u64, features: Features) -> Program {
    generate_with(seed, features, Profile::Mixed)
}

/// The program of that profile for `seed`.
pub fn generate_with(seed: u64, features: Features, profile: Profile) -> Program {
    let mut rng = Rng::new(seed);
    let mut style = Style::choose(&mut rng, features);
    if profile == Profile::Accesses {
        style = style.with_accesses(&mut rng);
    }
    let mut growth = Growth {
        rng,
        style,
        oracle: Oracle::new(),
        events: Vec::new(),
        alive: vec![0],
        next: 1,
        holders: Vec::new(),
        recent: [(DATA, 1); 4],
        fresh: 0,
    };
    growth.grow();
    Program::judged(growth.events, growth.oracle.races().to_vec())
}

impl Growth {
    fn grow(&mut self) {
        let mut current = 0;
        // The bound on attempts ends programs in which everyone waits for someone else.
        for _ in 0..self.style.length * 8 {
            if self.events.len() >= self.style.length {
                break;
            }
            // Steps of one goroutine come in runs, so that critical sections get contents.
            if !self.rng.chance(2, 3) || !self.alive.contains(&current) {
                current = self.rng.pick(&self.alive);
            }
            let op = self.oracle.wake_of(current).or_else(|| self.propose(current));
            if let Some(op) = op {
                self.take(Event { goroutine: current, op });
            }
        }
    }

    /// Keeps `event` if it can come next and is as careful as the program is.
    fn take(&mut self, event: Event) {
        if self.oracle.check(&event).is_err() {
            return;
        }
        let g = event.goroutine;
        let races = |(g, addr, size, kind)| self.oracle.would_race(g, addr, size, kind);
        if declared(&event).into_iter().any(races) && !self.rng.chance(self.style.reckless, 240) {
            return;
        }
        self.oracle.push(&event).expect("it was checked");
        match event.op {
            Op::Go { child } => {
                self.alive.push(child);
                self.next += 1;
            }
            Op::End => self.alive.retain(|alive| *alive != g),
            Op::Lock { mutex: at }
            | Op::CondWake { mutex: at, .. }
            | Op::ReadLock { rw: at }
            | Op::WriteLock { rw: at } => {
                self.holders.push((at, g));
            }
            Op::Unlock { mutex: at }
            | Op::CondWait { mutex: at, .. }
            | Op::ReadUnlock { rw: at }
            | Op::WriteUnlock { rw: at } => {
                // Its own hold if it has one, and otherwise somebody's.
                let own = self.holders.iter().position(|hold| *hold == (at, g));
                let held = own.or_else(|| self.holders.iter().position(|hold| hold.0 == at));
                self.holders.swap_remove(held.expect("whoever unlocks, somebody locked"));
            }
            _ => {}
        }
        self.events.push(event);
    }

    fn propose(&mut self, g: Goroutine) -> Option<Op> {
        let total = self.style.weights.iter().map(|(_, weight)| weight).sum();
        let mut at = self.rng.below(total);
        let topic = self.style.weights.iter().find_map(|(topic, weight)| {
            let here = at < *weight;
            at = at.wrapping_sub(if here { 0 } else { *weight });
            here.then_some(*topic)
        })?;
        match topic {
            Topic::Access => self.propose_access(),
            Topic::Atomic => self.propose_atomic(),
            Topic::Mutex => self.propose_mutex(g),
            Topic::ReadWrite => self.propose_read_write(g),
            Topic::Group => self.propose_group(),
            Topic::Once => self.propose_once(),
            Topic::Cond => self.propose_cond(g),
            Topic::Chan => self.propose_chan(g),
            Topic::Select => self.propose_select(),
            Topic::Malloc => self.propose_malloc(),
            Topic::Go => (self.alive.len() < self.style.alive).then_some(Op::Go { child: self.next }),
            Topic::End => {
                let holds = self.holders.iter().any(|(_, holder)| *holder == g);
                (g != 0 && !holds).then_some(Op::End)
            }
        }
    }

    fn object(&mut self, kind: Kept) -> Addr {
        kind.at(self.rng.below(self.style.objects))
    }

    fn propose_access(&mut self) -> Option<Op> {
        let end = self.style.words * 8;
        if self.style.echo {
            return Some(self.propose_echo(end));
        }
        let size = self.rng.pick(&[1, 1, 1, 1, 2, 4, 8, 16, 24]).min(end);
        let room = (end - size) as usize + 1;
        // Half of the accesses are aligned, so that the same bytes meet again.
        let offset = self.rng.below(room) as u64;
        let offset = if self.rng.chance(1, 2) { offset & !7 } else { offset };
        let addr = DATA + offset;
        Some(if self.rng.chance(2, 5) { Op::Write { addr, size } } else { Op::Read { addr, size } })
    }

    /// An access of the same bytes as a late one, or of a part of those; or of others.
    fn propose_echo(&mut self, end: u64) -> Op {
        let (mut addr, mut size) = self.rng.pick(&self.recent);
        match self.rng.below(8) {
            0..4 => {}
            4 => {
                addr += self.rng.below(size as usize) as u64;
                size = 1;
            }
            _ => {
                let long = 1 + self.rng.below(end as usize) as u64;
                size = self.rng.pick(&[1, 2, 3, 4, 8, 8, 16, 24, long]).min(end);
                let offset = self.rng.below((end - size) as usize + 1) as u64;
                addr = DATA + if self.rng.chance(1, 2) { offset & !7 } else { offset };
                self.recent[self.fresh % self.recent.len()] = (addr, size);
                self.fresh += 1;
            }
        }
        if self.rng.chance(1, 3) { Op::Write { addr, size } } else { Op::Read { addr, size } }
    }

    fn propose_atomic(&mut self) -> Option<Op> {
        let word = self.rng.below(self.style.words.min(FEW_WORDS) as usize);
        let size = self.style.atomic_size[word];
        let half = if size == 4 { 4 * self.rng.below(2) as u64 } else { 0 };
        let addr = DATA + word as u64 * 8 + half;
        (size != 0).then(|| match self.rng.below(8) {
            0..3 => Op::AtomicLoad { addr, size },
            3..5 => Op::AtomicStore { addr, size },
            5..7 => Op::AtomicRmw { addr, size },
            _ => Op::AtomicCasFail { addr, size },
        })
    }

    fn propose_mutex(&mut self, g: Goroutine) -> Option<Op> {
        let mutex = self.object(Kept::Mutex);
        let holder = self.holders.iter().find(|(at, _)| *at == mutex).map(|(_, holder)| *holder);
        match holder {
            None => Some(Op::Lock { mutex }),
            Some(holder) if holder == g => Some(Op::Unlock { mutex }),
            Some(_) if self.style.features.foreign_unlock && self.rng.chance(1, 12) => Some(Op::Unlock { mutex }),
            Some(_) => self.rng.chance(1, 3).then_some(Op::TryLockFail { mutex }),
        }
    }

    fn propose_read_write(&mut self, g: Goroutine) -> Option<Op> {
        let rw = self.object(Kept::ReadWrite);
        let own = self.holders.contains(&(rw, g));
        let foreign = self.style.features.foreign_unlock && self.rng.chance(1, 20);
        Some(match self.rng.below(12) {
            0..4 => Op::ReadLock { rw },
            4..6 => Op::WriteLock { rw },
            6..8 if own || foreign => Op::ReadUnlock { rw },
            8..10 if own || foreign => Op::WriteUnlock { rw },
            10 => Op::TryReadLockFail { rw },
            11 => Op::TryWriteLockFail { rw },
            _ => return None,
        })
    }

    fn propose_group(&mut self) -> Option<Op> {
        let group = self.object(Kept::Group);
        Some(match self.rng.below(10) {
            0..3 => Op::WaitGroupAdd { group, delta: 1 + self.rng.below(2) as i32 },
            3..8 => Op::WaitGroupAdd { group, delta: -1 },
            8 => Op::WaitGroupWait { group },
            _ => Op::WaitGroupBlock { group },
        })
    }

    fn propose_once(&mut self) -> Option<Op> {
        let once = self.object(Kept::Once);
        Some(match self.rng.below(4) {
            0 => Op::OnceBegin { once },
            1 => Op::OnceEnd { once },
            2 if self.style.features.once_waits => Op::OnceReturn { once, waited: true },
            _ => Op::OnceReturn { once, waited: false },
        })
    }

    /// The locker of condition variable `i` is mutex `i`.
    fn propose_cond(&mut self, g: Goroutine) -> Option<Op> {
        let index = self.rng.below(self.style.objects);
        let (cond, mutex) = (Kept::Cond.at(index), Kept::Mutex.at(index));
        Some(match self.rng.below(5) {
            0..2 if self.holders.contains(&(mutex, g)) => Op::CondWait { cond, mutex },
            0..4 => Op::CondSignal { cond },
            _ => Op::CondBroadcast { cond },
        })
    }

    fn propose_chan(&mut self, g: Goroutine) -> Option<Op> {
        let chan = self.object(Kept::Chan);
        let other = self.rng.pick(&self.alive);
        let partner = (other != g && self.rng.chance(1, 2)).then_some(other);
        Some(match self.rng.below(24) {
            0..3 => {
                let capacity = self.rng.below(5) as u32;
                let zero = capacity == 0 || self.style.features.zero_size_elements;
                let element = self.rng.pick(if zero { &[0, 1, 8, 16][..] } else { &[1, 8, 16][..] });
                Op::MakeChan { chan, capacity, element }
            }
            3..12 => Op::Send { chan, receiver: partner },
            12..21 => Op::Recv { chan, sender: partner },
            21..23 => Op::RecvClosed { chan },
            _ => Op::Close { chan, woken: partner.into_iter().collect() },
        })
    }

    fn propose_select(&mut self) -> Option<Op> {
        let count = 1 + self.rng.below(2);
        Some(Op::SelectPoll { sends: (0..count).map(|_| self.object(Kept::Chan)).collect() })
    }

    fn propose_malloc(&mut self) -> Option<Op> {
        let kind = self.rng.pick(&[Kept::Mutex, Kept::ReadWrite, Kept::Group, Kept::Once, Kept::Cond, Kept::Chan]);
        if self.rng.chance(1, 2) {
            return Some(Op::Malloc { addr: self.object(kind), size: kind.size() });
        }
        let from = self.rng.below(self.style.words as usize) as u64;
        let words = 1 + self.rng.below((self.style.words - from) as usize) as u64;
        Some(Op::Malloc { addr: DATA + from * 8, size: words * 8 })
    }
}

/// The accesses that an event makes, with the goroutine that makes each.
fn declared(event: &Event) -> Vec<(Goroutine, Addr, u64, Kind)> {
    let g = event.goroutine;
    match &event.op {
        Op::Read { addr, size } => vec![(g, *addr, *size, Kind::READ)],
        Op::Write { addr, size } => vec![(g, *addr, *size, Kind::WRITE)],
        Op::AtomicLoad { addr, size } | Op::AtomicCasFail { addr, size } => {
            vec![(g, *addr, *size, Kind::ATOMIC_READ)]
        }
        // A store observes nothing; taking it for an observer here only makes the program less careful.
        Op::AtomicStore { addr, size } | Op::AtomicRmw { addr, size } => {
            vec![(g, *addr, *size, Kind::ATOMIC_WRITE)]
        }
        Op::WaitGroupAdd { group, delta: 1.. } => {
            vec![(g, group + WAIT_GROUP_CONFLICT_OFFSET, 1, Kind::READ)]
        }
        Op::WaitGroupBlock { group } => {
            vec![(g, group + WAIT_GROUP_CONFLICT_OFFSET, 1, Kind::WRITE)]
        }
        Op::Send { chan, .. } => vec![(g, chan + CHAN_CONFLICT_OFFSET, 1, Kind::READ)],
        Op::Recv { chan, sender: Some(sender) } => vec![(*sender, chan + CHAN_CONFLICT_OFFSET, 1, Kind::READ)],
        Op::Close { chan, .. } => vec![(g, chan + CHAN_CONFLICT_OFFSET, 1, Kind::WRITE)],
        Op::SelectPoll { sends } => sends.iter().map(|chan| (g, chan + CHAN_CONFLICT_OFFSET, 1, Kind::READ)).collect(),
        _ => Vec::new(),
    }
}
