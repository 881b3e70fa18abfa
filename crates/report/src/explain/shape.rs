//! The shape of a race: what kind of sharing it is, which decides what would mend it.

use super::dossier::Through;
use super::frames;
use super::naming::{Named, Side};
use crate::finding::{NearMiss, Shape, VariableKind};
use crate::raw::{Op, Race};
use crate::source::flow::Flow;
use crate::source::operands::{Operand, Role};
use crate::source::scope::{Kind, normal};
use crate::source::syntax::{self, text};

/// Index of the side that writes; the later one if both do.
pub fn writer(race: &Race) -> usize {
    if race.accesses[0].op == Op::Write { 0 } else { 1 }
}

/// The shape of a race.
pub fn shape_of(race: &Race, named: &Named, near_misses: &[NearMiss]) -> Shape {
    let [a, b] = &race.accesses;
    if let Some(shape) = super::internals::shape(race) {
        return shape;
    }
    let operands: Vec<&Operand> = named.sides.iter().filter_map(|side| side.operand.as_ref()).collect();
    let type_text = named.variable.type_text.as_str();
    if a.atomic != b.atomic {
        return Shape::MixedAtomic;
    }
    if loop_variable(named) {
        return Shape::LoopVariable;
    }
    if named.variable.kind == VariableKind::MapInside
        || named.sides.iter().any(|side| side.through == Through::Map)
        || (normal(type_text).starts_with("map[") && operands.iter().any(|operand| operand.indexed))
    {
        return Shape::Map;
    }
    if lazy_init(named) || near_misses.iter().any(|miss| miss.kind == "double_checked") {
        return Shape::LazyInit;
    }
    let appends = |operand: &&&Operand| operand.role == Role::Assigned && operand.value.starts_with("append(");
    let header = |operand: &&&Operand| operand.role == Role::Header;
    if operands.iter().any(|operand| appends(&operand))
        || (operands.iter().any(|operand| header(&operand)) && named.variable.kind == VariableKind::Element)
    {
        let array = named.variable.kind == VariableKind::Element;
        return if array { Shape::SharedArray } else { Shape::SliceAppend };
    }
    let written: Vec<&&Operand> =
        operands.iter().filter(|operand| matches!(operand.role, Role::Assigned | Role::Updated)).collect();
    let steps =
        |operand: &Operand| matches!(operand.context.as_str(), "++" | "--" | "+=" | "-=") || adds_to_itself(operand);
    let number = type_text.is_empty() || is_number(type_text) || type_text.contains("float");
    if !written.is_empty() && written.iter().all(|operand| steps(operand)) && number {
        return Shape::Counter;
    }
    let truth = |operand: &Operand| matches!(operand.value.as_str(), "true" | "false");
    let polled =
        operands.iter().any(|operand| operand.role == Role::Read && matches!(operand.context.as_str(), "for" | "if"));
    if type_text == "bool"
        || written.iter().any(|operand| truth(operand))
        || (polled && is_number(type_text) && written.iter().any(|operand| matches!(operand.value.as_str(), "1" | "0")))
    {
        return Shape::Flag;
    }
    if operands.iter().any(|operand| operand.role == Role::LiteralKey) {
        return Shape::PointerPublication;
    }
    let pointer = type_text.starts_with('*')
        || (type_text.is_empty()
            && written.iter().any(|operand| operand.value.starts_with('&') || operand.value.starts_with("new(")));
    if pointer && !written.is_empty() {
        return Shape::PointerPublication;
    }
    match beside_go(race, named) {
        Some(Beside::NextRound) => return Shape::LoopVariable,
        Some(Beside::After) => return Shape::LateWrite,
        None => {}
    }
    if result_of_goroutine(race, named) {
        return Shape::GoroutineResult;
    }
    if a.op != b.op && !written.is_empty() && matches!(named.variable.kind, VariableKind::Package | VariableKind::Field)
    {
        return Shape::ReadMostly;
    }
    Shape::Other
}

/// `x = x + 1`.
fn adds_to_itself(operand: &Operand) -> bool {
    operand.role == Role::Assigned
        && operand
            .value
            .strip_prefix(operand.text.as_str())
            .is_some_and(|rest| rest.trim_start().starts_with(['+', '-']))
}

/// A `for` clause sets the variable that both sides share.
fn loop_variable(named: &Named) -> bool {
    named.sides.iter().any(|side| {
        let Some(operand) = side.operand.as_ref().filter(|operand| operand.root.is_some()) else { return false };
        let set = matches!(operand.role, Role::Updated | Role::Assigned);
        let Some(function) = side.function() else { return false };
        let node = function.named_descendant_for_byte_range(operand.span.0, operand.span.1);
        let clause = node.and_then(|mut node| {
            for _ in 0..4 {
                if matches!(node.kind(), "for_clause" | "range_clause") {
                    return Some(node);
                }
                node = node.parent()?;
            }
            None
        });
        let declared_by_loop = operand.root.as_ref().is_some_and(|root| root.kind == Kind::Loop);
        set && clause
            .is_some_and(|clause| declared_by_loop || clause.kind() == "range_clause" || !operand.context.is_empty())
    })
}

/// A write in the body of an `if` that asks whether the same variable is unset, in a file that both sides are in.
fn lazy_init(named: &Named) -> bool {
    let same_function = match (&named.sides[0].site, &named.sides[1].site) {
        (Some(a), Some(b)) => a.func == b.func || a.file == b.file,
        _ => false,
    };
    same_function && named.sides.iter().any(|side| unset_check(side).is_some())
}

/// The `if` around a write that asks whether what is written is unset: its first byte.
pub fn unset_check(side: &Side) -> Option<usize> {
    let operand = side.operand.as_ref()?;
    let wanted = match operand.role {
        Role::Assigned => &operand.text,
        Role::LiteralKey if !operand.value.is_empty() => &operand.value,
        _ => return None,
    };
    let file = side.file.as_deref()?;
    let function = side.function()?;
    let mut node = function.named_descendant_for_byte_range(operand.span.0, operand.span.1)?;
    loop {
        let parent = node.parent()?;
        if syntax::is_function(parent) {
            return None;
        }
        if parent.kind() == "if_statement" && parent.child_by_field_name("consequence") == Some(node) {
            let condition = text(file, parent.child_by_field_name("condition")?);
            let asks = [
                format!("{wanted} == nil"),
                format!("!{wanted}"),
                format!("len({wanted}) == 0"),
                format!("{wanted} == \"\""),
                format!("{wanted} == 0"),
            ];
            if asks.iter().any(|ask| condition == ask) {
                return Some(parent.start_byte());
            }
        }
        node = parent;
    }
}

/// A goroutine assigns once, and the one that started it reads.
fn result_of_goroutine(race: &Race, named: &Named) -> bool {
    let writer = writer(race);
    let mine = &named.sides[writer];
    let assigned = mine.operand.as_ref().is_some_and(|operand| operand.role == Role::Assigned && !operand.indexed);
    assigned
        && race.accesses[1 - writer].op == Op::Read
        && super::why::started(&race.accesses[1 - writer], &race.accesses[writer])
        && !repeats(mine)
}

/// Whether a side's access may be made several times in one call of its function.
fn repeats(side: &Side) -> bool {
    let (Some(file), Some(function)) = (side.file.as_deref(), side.function()) else { return false };
    let flow = Flow::new(file, function);
    side.byte(&flow).is_some_and(|byte| flow.repeats(byte))
}

/// When the starter of a goroutine writes what that reads, in the function of the `go` statement.
enum Beside {
    /// After the statement.
    After,
    /// Before it, but after one of an earlier round of a loop.
    NextRound,
}

fn beside_go(race: &Race, named: &Named) -> Option<Beside> {
    let writer = writer(race);
    let side = &named.sides[writer];
    let (site, start) = (side.site.as_ref()?, frames::site(&race.accesses[1 - writer].created)?);
    let assigned = side.operand.as_ref().is_some_and(|operand| operand.role == Role::Assigned);
    if !assigned || site.func != start.func || site.file != start.file || race.accesses[1 - writer].op != Op::Read {
        return None;
    }
    let flow = Flow::new(side.file.as_deref()?, side.function()?);
    let (byte, go) = (side.byte(&flow)?, flow.byte_at_line(start.line)?);
    if flow.dominates(go, byte) && !flow.repeats(byte) {
        Some(Beside::After)
    } else if flow.dominates(byte, go) && flow.follows(go, byte) {
        Some(Beside::NextRound)
    } else {
        None
    }
}

/// Whether a type is one of the integers.
pub fn is_number(type_text: &str) -> bool {
    matches!(
        type_text,
        "int" | "int8" | "int16" | "int32" | "int64" | "uint" | "uint8" | "uint16" | "uint32" | "uint64" | "uintptr"
    )
}
