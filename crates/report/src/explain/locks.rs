//! Which mutexes each side certainly holds: by the flow of the functions on its stack, else by the events next to the access.

use super::dossier::Side;
use super::frames;
use crate::finding::Place;
use crate::raw::{Access, Addr, Frame, LockMode};
use crate::source::SourceStore;
use crate::source::flow::{Flow, Held};
use crate::source::scope::{Binding, Kind, View};
use crate::source::syntax::{self, function_named};

/// A mutex that is held during an access.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SideLock {
    /// As a reader would call it: `c.mu`, or `mutex 0xc000…` where only its address is known.
    pub mutex: String,
    /// Which mutex it is, as far as the source tells: `Account.mu`, `mu` of the package; empty where it does not.
    pub key: String,
    /// `RLock`.
    pub shared: bool,
    /// Where it was taken.
    pub place: Option<Place>,
    /// Its address, where the runtime told.
    pub addr: Option<Addr>,
    /// The copy that a function has of a value with a mutex in it: the function.
    pub copied_by: Option<String>,
    /// It was taken by the function of the access itself.
    pub own: bool,
}

impl SideLock {
    /// The last name: `mu`.
    pub fn leaf(&self) -> &str {
        self.mutex.rsplit('.').next().unwrap_or(&self.mutex)
    }

    /// ` (x.go:3)`, if it is known where it was taken.
    pub fn at(&self) -> String {
        self.place.as_ref().map(|place| format!(" ({})", place.short())).unwrap_or_default()
    }
}

/// The locks of both sides, in the order of `race.accesses`.
#[derive(Clone, Debug, Default)]
pub struct Locks {
    /// Of each.
    pub sides: [Vec<SideLock>; 2],
}

impl Locks {
    /// Looks at the stacks.
    pub fn of(accesses: &[Access; 2], sides: &[Side; 2], store: &mut SourceStore) -> Locks {
        let sides = [0, 1].map(|index| of_side(&accesses[index], &sides[index], store));
        Locks { sides }
    }
}

fn of_side(access: &Access, side: &Side, store: &mut SourceStore) -> Vec<SideLock> {
    let mut found: Vec<SideLock> = Vec::new();
    let from = access.stack.iter().position(|frame| Some(frame) == side.site.as_ref()).unwrap_or(0);
    for (depth, frame) in
        access.stack.iter().skip(from).filter(|frame| !frames::is_standard(frame)).take(12).enumerate()
    {
        for lock in held_in(frame, if depth == 0 { Some(side) } else { None }, store) {
            if !found.iter().any(|known| known.mutex == lock.mutex && known.key == lock.key) {
                found.push(SideLock { own: depth == 0, ..lock });
            }
        }
    }
    // What the runtime recorded: it tells addresses, and of locks that no text near by takes.
    for lock in &access.locks {
        let place = frames::site(&lock.stack).map(Place::of);
        let known = found.iter_mut().find(|known| {
            known.place.as_ref().zip(place.as_ref()).is_some_and(|(a, b)| (&a.file, a.line) == (&b.file, b.line))
        });
        match known {
            Some(known) => known.addr = Some(lock.addr),
            None => {
                let object = access
                    .sync
                    .iter()
                    .find(|event| event.addr == Some(lock.addr))
                    .and_then(|event| event.object.clone());
                found.push(SideLock {
                    mutex: object.unwrap_or_else(|| format!("mutex {}", lock.addr)),
                    shared: lock.mode == LockMode::Read,
                    place,
                    addr: Some(lock.addr),
                    ..SideLock::default()
                });
            }
        }
    }
    found
}

/// What a frame's function holds where the frame is.
fn held_in(frame: &Frame, side: Option<&Side>, store: &mut SourceStore) -> Vec<SideLock> {
    let Some(package) = store.package(&frame.file) else { return Vec::new() };
    let Some(file) = package.files.first().map(|(_, file)| file.clone()) else { return Vec::new() };
    let Some(function) = function_named(&file, frame.line, frames::local_name(&frame.func)) else { return Vec::new() };
    if !file.text[function.byte_range()].contains("Lock()") {
        return Vec::new();
    }
    let flow = Flow::new(&file, function);
    let byte = match side {
        Some(side) => side.byte(&flow),
        None => flow.byte_at_line(frame.line),
    };
    let Some(byte) = byte else { return Vec::new() };
    let view = View { package: &package, file: &file };
    let held = flow.held(byte);
    held.into_iter().map(|lock| told(view, function, frame, lock)).collect()
}

/// A lock as it is told, with what the source says of which mutex it is.
fn told(view: View<'_>, function: tree_sitter::Node<'_>, frame: &Frame, lock: Held) -> SideLock {
    let place = Some(Place { line: lock.line, ..Place::of(frame) });
    let mut told = SideLock { mutex: lock.mutex.clone(), shared: lock.shared, place, ..SideLock::default() };
    // The expression in the call: `c.mu` of `c.mu.Lock()`.
    let Some(node) = function.named_descendant_for_byte_range(lock.at, lock.at + lock.mutex.len()) else { return told };
    let mut root = node;
    while root.kind() != "identifier" {
        let Some(next) = root.child_by_field_name("operand").or_else(|| root.child_by_field_name("function")) else {
            return told;
        };
        root = next;
    }
    let Some(binding) = view.resolve(root) else { return told };
    told.key = key(view, node, &binding);
    let of = view.type_of_binding(&binding);
    let value = !of.is_empty() && !of.starts_with(['*', '[']) && !of.starts_with("map[");
    let copies = matches!(binding.kind, Kind::Receiver | Kind::Parameter) && value && node.kind() != "call_expression";
    // An interface, such as sync.Locker, is no copy, and neither is a value with a pointer to the mutex in it.
    let through_pointer = node.kind() == "selector_expression" && view.type_of(node).starts_with('*');
    let is_mutex = matches!(of.as_str(), "sync.Mutex" | "sync.RWMutex") || view.package.struct_named(&of).is_some();
    if copies && !through_pointer && is_mutex {
        told.copied_by = Some(frames::local_name(&frame.func).to_owned());
    }
    told
}

fn key(view: View<'_>, node: tree_sitter::Node<'_>, root: &Binding<'_>) -> String {
    match node.kind() {
        "identifier" if root.kind == Kind::Package => root.name().to_owned(),
        "identifier" => {
            let of = view.type_of_binding(root);
            let bare = of.trim_start_matches('*');
            // An embedded mutex is its struct's.
            if view.package.struct_named(bare).is_some() {
                bare.to_owned()
            } else {
                format!("{}:{}", root.name(), root.line())
            }
        }
        "selector_expression" => {
            let operand = node.child_by_field_name("operand");
            let field =
                node.child_by_field_name("field").map(|field| syntax::text(view.file, field)).unwrap_or_default();
            let of = operand.map(|operand| view.type_of(operand)).unwrap_or_default();
            let bare = of.trim_start_matches('*');
            if bare.is_empty() { String::new() } else { format!("{bare}.{field}") }
        }
        _ => String::new(),
    }
}

/// Which mutex a lock of a function's flow is, as [`SideLock::key`] has it.
pub fn key_of(view: View<'_>, function: tree_sitter::Node<'_>, lock: &Held) -> String {
    told(view, function, &Frame::default(), lock.clone()).key
}
