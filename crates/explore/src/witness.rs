//! How an outcome comes about: a schedule replayed, with the edges between its steps.

use crate::machine::{Chooser, Guesses, Hit, Machine, RacySet};
use crate::program::{Case, Ins, Kind, Native, PosId, Program};
use crate::search::Choice;
use crate::state::{AccessKind, Stand, State};
use crate::trace::{Event, Place, SyncOp, What};
use crate::value::Value;
use std::collections::HashMap;
use std::rc::Rc;

/// A replayed schedule.
#[derive(Clone, Debug, Default)]
pub struct Witness {
    /// What happened.
    pub events: Vec<Event>,
    /// Edges of synchronisation between events of different goroutines, by index, with the rule.
    pub edges: Vec<(usize, usize, &'static str)>,
    /// Where the goroutines that have not ended stand: number, place, what they wait for.
    pub standing: Vec<(u32, PosId, String)>,
    /// The two accesses of a race, if one was asked for.
    pub race: Option<(usize, usize)>,
}

/// Replays a schedule, and finds in it the accesses of `hit`.
///
/// # Errors
/// The schedule is not one of this program.
pub fn replay(program: &Program, racy: &RacySet, schedule: &[Choice], hit: Option<&Hit>) -> Result<Witness, String> {
    replay_with(program, racy, None, schedule, hit)
}

/// The same for a schedule in which reads may observe later writes, of these values.
///
/// # Errors
/// The schedule is not one of this program.
pub fn replay_with(
    program: &Program,
    racy: &RacySet,
    guesses: Option<Rc<Guesses>>,
    schedule: &[Choice],
    hit: Option<&Hit>,
) -> Result<Witness, String> {
    let mut machine = Machine::new(program, racy.clone());
    machine.guesses = guesses;
    machine.trace = Some(Vec::new());
    let mut st = machine.start()?;
    for choice in schedule {
        // What a search drops between two steps does not change them, but the order in which goroutines are kept must agree.
        crate::canon::normalise(&mut st);
        let mut chooser = Chooser::replay(choice.taken.clone());
        if choice.gor as usize >= st.gors.len() || !machine.advance(&mut st, choice.gor as usize, &mut chooser)? {
            return Err("the schedule does not fit the program".into());
        }
    }
    let events = machine.trace.take().unwrap_or_default();
    let edges = edges(&events);
    let race = hit.and_then(|hit| racing(&events, hit));
    Ok(Witness { edges, race, standing: standing(program, &st), events })
}

fn racing(events: &[Event], hit: &Hit) -> Option<(usize, usize)> {
    let at = |e: &Event, pos, kind: AccessKind| match &e.what {
        What::Access { place, kind: k, .. } if e.pos == pos && *k == kind => Some(*place),
        _ => None,
    };
    let channel = |e: &Event, pos| match &e.what {
        What::Send { place, .. } | What::Close { place } | What::SendClosed { place } if e.pos == pos => Some(*place),
        What::Recv { place, sender: Some((_, sent)), .. } if *sent == pos => Some(*place),
        What::SelectPoll { sends } if e.pos == pos => sends.first().copied(),
        _ => None,
    };
    let second = events.iter().rposition(|e| {
        at(e, hit.second, hit.second_kind).or_else(|| channel(e, hit.second)).is_some_and(|p| p.site == hit.site)
    })?;
    let place = at(&events[second], hit.second, hit.second_kind).or_else(|| channel(&events[second], hit.second))?;
    let first = events[..second].iter().rposition(|e| {
        e.gor != events[second].gor
            && at(e, hit.first, hit.first_kind)
                .or_else(|| channel(e, hit.first))
                .is_some_and(|p| p.object == place.object)
    })?;
    Some((first, second))
}

/// Where goroutines stand that have not ended.
fn standing(program: &Program, st: &State) -> Vec<(u32, PosId, String)> {
    let mut out = Vec::new();
    for gor in &st.gors {
        let Some(top) = gor.frames.last().filter(|_| gor.stand == Stand::At) else { continue };
        let own = gor.frames.iter().rev().find(|f| !program.funcs[f.func as usize].supplied).unwrap_or(top);
        let pos = program.funcs[own.func as usize].pos.get(own.pc as usize).copied().unwrap_or(0);
        let chan = |r: u16| matches!(top.regs[usize::from(r)], Value::Chan(_));
        let text = match &program.funcs[top.func as usize].code[top.pc as usize] {
            Ins::Send(c, _) if chan(*c) => "waits to send".into(),
            Ins::Recv(_, _, c, _) if chan(*c) => "waits to receive".into(),
            Ins::Send(..) | Ins::Recv(..) => "waits at a nil channel, forever".into(),
            Ins::Select(_, cases, _) if cases.is_empty() => "waits in an empty select, forever".to_owned(),
            Ins::Select(_, cases, _) => {
                let sends = cases.iter().filter(|c| matches!(c, Case::Send { .. })).count();
                format!("waits in a select of {} sends and {} receives", sends, cases.len() - sends)
            }
            Ins::Native(_, n, _) => match n {
                Native::MutexLock | Native::RwLock => "waits for Lock".into(),
                Native::RwRLock => "waits for RLock".into(),
                Native::WgWait => "waits in WaitGroup.Wait".into(),
                Native::OnceEnter => "waits in Once.Do".into(),
                Native::CondPark => "waits in Cond.Wait".into(),
                _ => "runs".into(),
            },
            _ => "runs".into(),
        };
        out.push((gor.id, pos, text));
    }
    out.sort_by_key(|(g, ..)| *g);
    out
}

/// The synchronisation between events, by the rules, for showing: of several edges from one object the latest.
fn edges(events: &[Event]) -> Vec<(usize, usize, &'static str)> {
    let mut out: Vec<(usize, usize, &'static str)> = Vec::new();
    let mut first_of: HashMap<u32, usize> = HashMap::new();
    let mut release: HashMap<Place, usize> = HashMap::new();
    let mut releases: HashMap<Place, Vec<usize>> = HashMap::new();
    let mut sends: HashMap<Place, Vec<usize>> = HashMap::new();
    let mut receives: HashMap<Place, Vec<usize>> = HashMap::new();
    let mut caps: HashMap<Place, u32> = HashMap::new();
    let mut closes: HashMap<Place, usize> = HashMap::new();
    let mut last: HashMap<u32, usize> = HashMap::new();
    for (i, e) in events.iter().enumerate() {
        if let Some(go) = first_of.remove(&e.gor) {
            out.push((go, i, "go"));
        }
        let mut add = |from: Option<&usize>, rule| {
            if let Some(from) = from.filter(|f| events[**f].gor != e.gor) {
                out.push((*from, i, rule));
            }
        };
        match &e.what {
            What::Go { child } => {
                first_of.insert(*child, i);
            }
            What::Access { place, kind, .. } if kind.atomic() => {
                add(release.get(place), "atomic");
                if kind.writes() {
                    release.insert(*place, i);
                }
            }
            What::Sync { op, place, .. } => match op {
                SyncOp::Lock | SyncOp::RwLock | SyncOp::RLock => add(release.get(place), "lock"),
                SyncOp::Unlock | SyncOp::RwUnlock | SyncOp::RUnlock => {
                    release.insert(*place, i);
                }
                SyncOp::WgAdd => releases.entry(*place).or_default().push(i),
                SyncOp::WgWait => {
                    for from in releases.get(place).into_iter().flatten() {
                        add(Some(from), "wait");
                    }
                }
                SyncOp::OnceEnd | SyncOp::PoolPut | SyncOp::CondSignal | SyncOp::CondBroadcast | SyncOp::MapUpdate => {
                    if *op == SyncOp::MapUpdate {
                        add(release.get(place), "sync.Map");
                    }
                    release.insert(*place, i);
                }
                SyncOp::OnceReturn => add(release.get(place), "once"),
                SyncOp::PoolGet => add(release.get(place), "pool"),
                SyncOp::CondPark => add(release.get(place), "signal"),
                SyncOp::MapRead => add(release.get(place), "sync.Map"),
                _ => {}
            },
            What::MakeChan { place, cap } => {
                caps.insert(*place, *cap);
            }
            What::Send { place, .. } => {
                let list = sends.entry(*place).or_default();
                let cap = caps.get(place).copied().unwrap_or(0) as usize;
                if let Some(k) = list.len().checked_sub(cap) {
                    add(receives.get(place).and_then(|r| r.get(k)), "capacity");
                }
                list.push(i);
            }
            What::Recv { place, sender, .. } => {
                match sender {
                    Some((s, _)) => add(last.get(s), "channel"),
                    None => {
                        let k = receives.get(place).map_or(0, Vec::len);
                        add(sends.get(place).and_then(|s| s.get(k)), "channel");
                    }
                }
                receives.entry(*place).or_default().push(i);
            }
            What::RecvClosed { place } => add(closes.get(place), "close"),
            What::Close { place } => {
                closes.insert(*place, i);
            }
            _ => {}
        }
        last.insert(e.gor, i);
    }
    out
}

/// The name of a cell: the variable, its fields and its element.
pub fn place_name(program: &Program, site: u32, off: u32) -> String {
    let site = &program.sites[site as usize];
    let mut name = site.name.clone();
    let (mut ty, mut off) = (site.ty, off);
    if site.elements {
        let cells = program.types[ty as usize].cells.max(1);
        name = format!("{name}[{}]", off / cells);
        off %= cells;
    }
    loop {
        match &program.types[ty as usize].kind {
            Kind::Struct(fields) => {
                let Some(f) = fields.iter().rev().find(|f| f.offset <= off) else { return name };
                name = format!("{name}.{}", f.name);
                off -= f.offset;
                ty = f.ty;
            }
            Kind::Array(elem, _) => {
                let cells = program.types[*elem as usize].cells.max(1);
                name = format!("{name}[{}]", off / cells);
                off %= cells;
                ty = *elem;
            }
            _ => return name,
        }
    }
}

/// A value in a few characters.
pub fn short(program: &Program, v: &Value) -> String {
    match v {
        Value::Nil => "nil".into(),
        Value::Int(i) => i.to_string(),
        Value::Float(x) => crate::text::float_text(*x, 64),
        Value::Str(s) => {
            let text: String = String::from_utf8_lossy(s).chars().take(24).collect();
            format!("{text:?}")
        }
        Value::Ptr(p) => format!("&{}", p.obj),
        Value::Slice { len, .. } => format!("slice of {len}"),
        Value::Map(_) => "map".into(),
        Value::Chan(_) => "channel".into(),
        Value::Func(..) => "func".into(),
        Value::Iface(t, v) => match **v {
            Value::Int(_) | Value::Str(_) | Value::Float(_) => short(program, v),
            _ => program.types[*t as usize].name.clone(),
        },
        Value::Tuple(list) => {
            let list: Vec<String> = list.iter().take(4).map(|v| short(program, v)).collect();
            format!("{{{}}}", list.join(" "))
        }
    }
}

/// An event in words.
pub fn describe(program: &Program, e: &Event) -> String {
    let name = |p: &Place| place_name(program, p.site, p.off);
    let object = |p: &Place| {
        // A primitive is named by the variable that it is, without the word in it that holds its state.
        let full = place_name(program, p.site, p.off);
        for state in [".state", ".count", ".v", ".word"] {
            if let Some(short) = full.strip_suffix(state) {
                return short.to_owned();
            }
        }
        full
    };
    match &e.what {
        What::Go { child } => format!("go: starts goroutine {child}"),
        What::End => "ends".into(),
        What::Access { place, kind, note: "map", .. } => {
            format!(
                "{} {}",
                if kind.writes() { "writes map" } else { "reads map" },
                program.sites[place.site as usize].name
            )
        }
        What::Access { place, note: "torn", .. } => format!("reads {} torn: words of different writes", name(place)),
        What::Access { place, kind, value, from, note } => {
            let value = short(program, value);
            if kind.atomic() {
                return match (*note, kind.writes()) {
                    ("load", _) => format!("{}.Load() = {value}", object(place)),
                    ("store", _) => format!("{}.Store({value})", object(place)),
                    (note, _) => format!("{} {note}: {value}", object(place)),
                };
            }
            match (kind.writes(), from) {
                (true, _) => format!("{} = {value}", name(place)),
                (false, _) if *note == "promised" => format!("reads {} = {value}, which is written later", name(place)),
                (false, None) => format!("reads {} = {value}", name(place)),
                (false, Some(0)) => format!("reads {} = {value}, the initial value", name(place)),
                (false, Some(pos)) => {
                    format!("reads {} = {value}, of line {}", name(place), program.positions[*pos as usize].line)
                }
            }
        }
        What::Sync { op, place, number } => {
            let o = object(place);
            match op {
                SyncOp::Lock | SyncOp::RwLock => format!("{o}.Lock()"),
                SyncOp::Unlock | SyncOp::RwUnlock => format!("{o}.Unlock()"),
                SyncOp::TryLockFail | SyncOp::TryRwLockFail => format!("{o}.TryLock() fails"),
                SyncOp::TryRLockFail => format!("{o}.TryRLock() fails"),
                SyncOp::RLock => format!("{o}.RLock()"),
                SyncOp::RUnlock => format!("{o}.RUnlock()"),
                SyncOp::WgAdd if *number == -1 => format!("{o}.Done()"),
                SyncOp::WgAdd => format!("{o}.Add({number})"),
                SyncOp::WgWait => format!("{o}.Wait() returns"),
                SyncOp::OnceBegin => format!("{o}.Do: runs the function"),
                SyncOp::OnceEnd => format!("{o}.Do: the function is complete"),
                SyncOp::OnceReturn => format!("{o}.Do: it was done"),
                SyncOp::CondAdd => format!("{o}.Wait: begins to wait"),
                SyncOp::CondPark => format!("{o}.Wait: woken"),
                SyncOp::CondSignal => format!("{o}.Signal() wakes {number}"),
                SyncOp::CondBroadcast => format!("{o}.Broadcast() wakes {number}"),
                SyncOp::PoolPut => format!("{o}.Put"),
                SyncOp::PoolGet => format!("{o}.Get: one that was put"),
                SyncOp::MapRead => format!("{o}: looks up"),
                SyncOp::MapWrite | SyncOp::MapUpdate => format!("{o}: stores or deletes"),
                SyncOp::TimerFire => "timer fires".into(),
            }
        }
        What::MakeChan { cap: 0, .. } => "makes a channel".into(),
        What::MakeChan { cap, .. } => format!("makes a channel with room for {cap}"),
        What::Send { value, .. } => format!("sends {}", short(program, value)),
        What::SendClosed { .. } => "sends to a closed channel".into(),
        What::Recv { value, sender: Some((s, _)), .. } => {
            format!("receives {} from goroutine {s}", short(program, value))
        }
        What::Recv { value, .. } => format!("receives {}", short(program, value)),
        What::RecvClosed { .. } => "receives: the channel is closed".into(),
        What::Close { .. } => "closes the channel".into(),
        What::SelectPoll { .. } => "looks at a channel to send to".into(),
        What::Default => "select: default".into(),
        What::Print(text) => format!("prints {:?}", String::from_utf8_lossy(text)),
        What::Panic(text) => format!("panics: {text}"),
    }
}
