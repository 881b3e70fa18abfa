//! Races in memory that belongs to the runtime or the standard library: a WaitGroup's counter, a channel, a Cond. The hooks there tell of misuse
//! by the callers, so they are told in the callers' words.

use super::frames;
use crate::finding::{Shape, Variable, VariableKind};
use crate::raw::{Access, Race};
use crate::source::SourceStore;

/// What the user called on each side, if it is an operation whose own hook found the race.
pub struct Internal {
    /// The shape.
    pub shape: Shape,
    /// The user's name of the object: `wg`, empty if not known.
    pub name: String,
    /// Its type: `sync.WaitGroup`.
    pub type_text: &'static str,
    /// What each side calls, in the order of `race.accesses`.
    pub does: [&'static str; 2],
}

impl Internal {
    /// `data race: Add of wg beside its Wait`.
    pub fn title(&self) -> String {
        let name =
            if self.name.is_empty() { format!("a {}", self.noun()) } else { format!("{} {}", self.noun(), self.name) };
        let [later, earlier] = self.does;
        match self.shape {
            Shape::ChannelClose => format!("data race on {name}: a {earlier} and a later {later} in no order"),
            _ => format!("data race on {name}: {earlier} and a later {later} in no order"),
        }
    }

    /// A side's call: `wg.Wait`, `close(events)`.
    pub fn call(&self, index: usize) -> String {
        let name = if self.name.is_empty() { self.noun() } else { self.name.as_str() };
        match self.does[index] {
            "close" => format!("close({name})"),
            "send" => format!("a send on {name}"),
            method => format!("{name}.{method}"),
        }
    }

    fn noun(&self) -> &'static str {
        if self.shape == Shape::ChannelClose { "channel" } else { "WaitGroup" }
    }

    /// Says of the variable what it is to its user.
    pub fn describe(&self, variable: &mut Variable) {
        *variable = Variable {
            name: self.name.clone(),
            kind: VariableKind::Memory,
            type_text: if self.shape == Shape::ChannelClose { String::new() } else { self.type_text.to_owned() },
            allocated: variable.allocated.take(),
            allocated_by: std::mem::take(&mut variable.allocated_by),
            ..Variable::default()
        };
    }
}

/// The operation of the standard library or the runtime in which an access was made, if its hook is about the caller's use.
fn operation(access: &Access) -> Option<(&'static str, Shape, &'static str)> {
    let site = frames::site(&access.stack)?;
    let inner = access.stack.iter().take_while(|frame| *frame != site);
    // The outermost of the inner frames is what the user called.
    inner.filter_map(|frame| of_function(&frame.func)).last().or_else(|| of_function(&site.func))
}

fn of_function(func: &str) -> Option<(&'static str, Shape, &'static str)> {
    Some(match func {
        "sync.(*WaitGroup).Add" | "sync.(*WaitGroup).Done" | "sync.(*WaitGroup).Go" => {
            ("Add", Shape::WaitGroupAdd, "sync.WaitGroup")
        }
        "sync.(*WaitGroup).Wait" => ("Wait", Shape::WaitGroupAdd, "sync.WaitGroup"),
        "runtime.chansend" | "runtime.chansend1" | "runtime.selectnbsend" => ("send", Shape::ChannelClose, "chan"),
        "runtime.closechan" => ("close", Shape::ChannelClose, "chan"),
        "runtime.selectgo" => ("send", Shape::ChannelClose, "chan"),
        _ => return None,
    })
}

/// The shape of a race between two such operations.
pub fn shape(race: &Race) -> Option<Shape> {
    let [a, b] = [operation(&race.accesses[0])?, operation(&race.accesses[1])?];
    // A channel's element may be copied by the runtime too: then one side is the user's own access.
    (a.1 == b.1 && (a.1 != Shape::ChannelClose || a.0 == "close" || b.0 == "close")).then_some(a.1)
}

/// What both sides do in the user's words.
pub fn told(race: &Race, store: &mut SourceStore) -> Option<Internal> {
    let shape = shape(race)?;
    let operations = [operation(&race.accesses[0])?, operation(&race.accesses[1])?];
    let mut names = [0, 1].map(|index| {
        let site = frames::site(&race.accesses[index].stack)?;
        let file = store.file(&site.file)?;
        let op = match operations[index].0 {
            "Add" => "wg_done",
            "Wait" => "wg_wait",
            "send" => "chan_send",
            _ => "chan_close",
        };
        super::operations::object_on(op, file.line(site.line)?)
    });
    let name = names[0].take().or(names[1].take()).unwrap_or_default();
    Some(Internal { shape, name, type_text: operations[0].2, does: [operations[0].0, operations[1].0] })
}
