//! What the variable is called. The runtime's object decides first: a symbol, the place of an allocation, a type and the fields in it. The lines of
//! both accesses say how it is reached, and only where nothing else is known, what it is; where they fit several, no name is given.

use super::dossier::{Anchor, Dossier, Known, Through, writes};
use super::frames::{self, local_name};
use super::memory;
use crate::finding::{Place, Variable, VariableKind};
use crate::raw::{ObjectKind, Race};
use crate::source::SourceStore;
use crate::source::operands::{Memory, Operand, Role};
use crate::source::scope::{element_type, normal};

pub use super::dossier::Side;

/// Both sides and the variable they share.
pub struct Named {
    /// In the order of `race.accesses`.
    pub sides: [Side; 2],
    /// The variable.
    pub variable: Variable,
    /// What the runtime knows of the memory.
    pub known: Known,
}

impl Named {
    /// The operand that the variable's name comes from, else any.
    pub fn operand(&self) -> Option<&Operand> {
        self.sides.iter().filter_map(|side| side.operand.as_ref()).next()
    }
}

/// Finds the operands of both accesses, and what is known of the memory.
pub fn sides(race: &Race, store: &mut SourceStore) -> ([Side; 2], Known) {
    let (dossier, _) = chosen(race, store);
    (dossier.sides, dossier.known)
}

fn chosen(race: &Race, store: &mut SourceStore) -> (Dossier, usize) {
    let mut dossier = Dossier::new(race, store);
    let scored: [Vec<(usize, i32)>; 2] = [0, 1].map(|index| {
        let side = &dossier.sides[index];
        let fits = |operand: &Operand| score(operand, writes(race, index), side.through, &dossier.known);
        let all = side.candidates.iter().enumerate();
        all.filter_map(|(at, operand)| Some((at, fits(operand)?))).filter(|(_, score)| *score > 0).collect()
    });
    let operand = |index: usize, at: usize| &dossier.sides[index].candidates[at];
    // The pair that fits best together. What both lines name alike is likely to be the one.
    let mut best: Option<(i32, [Option<usize>; 2])> = None;
    let mut rivals: Vec<(i32, String)> = Vec::new();
    let choices = |index: usize| -> Vec<Option<(usize, i32)>> {
        if scored[index].is_empty() { vec![None] } else { scored[index].iter().copied().map(Some).collect() }
    };
    for one in choices(0) {
        for other in choices(1) {
            let mut total = one.map_or(0, |(_, score)| score) + other.map_or(0, |(_, score)| score);
            if let (Some((a, _)), Some((b, _))) = (one, other) {
                total += together(operand(0, a), operand(1, b));
            }
            let name = one.map(|(at, _)| (0, at)).or(other.map(|(at, _)| (1, at)));
            if let Some((index, at)) = name {
                rivals.push((total, memory_name(operand(index, at))));
            }
            if best.as_ref().is_none_or(|(score, _)| total > *score) {
                best = Some((total, [one.map(|(at, _)| at), other.map(|(at, _)| at)]));
            }
        }
    }
    let Some((score, pair)) = best else { return (dossier, 0) };
    // Two different memories that fit as well as each other: the line does not tell.
    let mut equal: Vec<&String> = rivals.iter().filter(|(total, _)| *total == score).map(|(_, name)| name).collect();
    equal.sort();
    equal.dedup();
    if equal.len() > 1 {
        return (dossier, 0);
    }
    let strength = |index: usize| {
        let at = pair[index]?;
        scored[index].iter().find(|(own, _)| *own == at).map(|(_, score)| *score)
    };
    let strengths = [strength(0).unwrap_or(i32::MIN), strength(1).unwrap_or(i32::MIN)];
    let better = if strengths[0] > strengths[1] || (strengths[0] == strengths[1] && writes(race, 0)) { 0 } else { 1 };
    for (side, at) in dossier.sides.iter_mut().zip(pair) {
        side.operand = at.map(|at| side.candidates[at].clone());
    }
    (dossier, better)
}

/// What an operand means, as far as another could mean the same.
fn memory_name(operand: &Operand) -> String {
    format!("{:?} {}", operand.memory, operand.leaf)
}

/// What speaks for two operands being the same memory.
fn together(a: &Operand, b: &Operand) -> i32 {
    let mut score = 0;
    if a.leaf == b.leaf {
        score += if a.memory == b.memory { 60 } else { 30 };
    }
    let (one, other) = (normal(&a.type_text), normal(&b.type_text));
    if !one.is_empty() && !other.is_empty() && one == other {
        score += 5;
    }
    if a.owner == b.owner && !a.owner.is_empty() {
        score += 5;
    }
    score
}

/// How well an operand fits an access and what is known of the memory; none where it cannot be.
fn score(operand: &Operand, write: bool, through: Through, known: &Known) -> Option<i32> {
    use Role::{AddressTaken, Assigned, Header, InsidesWritten, LiteralKey, Ranged, Read, Receiver, Updated};
    let of = normal(&operand.type_text);
    let mut score = match (through, write, operand.role) {
        (Through::Plain, true, Assigned | Updated) => 60,
        (Through::Plain, true, InsidesWritten) => 40,
        // append writes behind the slice's end.
        (Through::Plain, true, Header) if of.starts_with("[]") && known.element == Some(true) => 40,
        (Through::Plain, true, Receiver | AddressTaken) => 15,
        (Through::Plain, true, LiteralKey) => 12,
        (Through::Plain, true, Read | Header | Ranged) => return None,
        (Through::Plain, false, LiteralKey) => return None,
        (Through::Plain, false, Updated) => 50,
        (Through::Plain, false, Read | Header | Ranged) => 40,
        (Through::Plain, false, Receiver) => 25,
        (Through::Plain, false, AddressTaken) => 10,
        (Through::Plain, false, InsidesWritten) => 30,
        (Through::Plain, false, Assigned) => return None,
        (Through::Map, true, InsidesWritten | Assigned | Updated) => 60,
        (Through::Map, true, _) => 5,
        (Through::Map, false, LiteralKey) => return None,
        (Through::Map, false, Ranged | Updated | Read | Header | Assigned | InsidesWritten) => 55,
        (Through::Map, ..) => 5,
        (Through::Atomic, _, AddressTaken | Receiver) => 60,
        (Through::Atomic, ..) => 5,
        (Through::Callee, _, AddressTaken | Receiver) => 50,
        (Through::Callee, _, InsidesWritten | Ranged | Header) => 40,
        (Through::Callee, _, LiteralKey | Assigned) => return None,
        (Through::Callee, ..) => 20,
    };
    let indirect = matches!(operand.role, Receiver | AddressTaken) || through == Through::Callee;
    if operand.prefix {
        score -= 6;
    }
    if operand.text.contains('(') && !operand.text.contains(".(") {
        score -= 4;
    }
    // A variable that no other goroutine can reach is not it; what it leads to may be.
    if !indirect && operand.root.as_ref().is_some_and(|root| !root.shared) && operand.memory != Memory::Map {
        let inside = matches!(operand.role, InsidesWritten | Ranged | Header) && operand.memory != Memory::Variable;
        if !inside {
            return None;
        }
    }
    if through == Through::Map && operand.memory != Memory::Map {
        return None;
    }
    if through == Through::Plain && operand.memory == Memory::Map && !indirect {
        return None;
    }
    score += fits_memory(operand, known, &of, indirect)?;
    Some(score)
}

/// What the runtime's knowledge says for or against an operand.
fn fits_memory(operand: &Operand, known: &Known, of: &str, indirect: bool) -> Option<i32> {
    let mut score = 0;
    match &known.anchor {
        Anchor::Map => return (operand.memory == Memory::Map || indirect).then_some(if indirect { 0 } else { 100 }),
        Anchor::Global(name) => match &operand.root {
            Some(root) if root.kind == crate::source::scope::Kind::Package && root.name == *name => score += 100,
            Some(_) if !indirect && operand.memory != Memory::Map => return None,
            // A variable of another package has its name after a dot.
            None if operand.leaf == *name && operand.memory == Memory::Variable => score += 100,
            _ => {}
        },
        Anchor::Local(name, file, line) => match &operand.root {
            Some(root) if root.name == *name && root.line == *line && root.file == *file => score += 100,
            Some(_) if !indirect && operand.memory != Memory::Map => return None,
            _ => {}
        },
        Anchor::Block => {
            let own = operand.root.as_ref().is_some_and(|_| operand.memory == Memory::Variable);
            let inside = matches!(operand.role, Role::InsidesWritten | Role::Ranged | Role::Header);
            if own && !indirect && !inside {
                return None;
            }
        }
        Anchor::None => {}
    }
    let typed = !known.whole.is_empty() || !known.part.is_empty();
    let part = normal(&known.part);
    let inside = matches!(operand.role, Role::InsidesWritten | Role::Ranged | Role::Header);
    if let Some(leaf) = known.fields.last() {
        match operand.memory {
            Memory::Field if operand.leaf == *leaf => score += 100,
            Memory::Field if known.fields.contains(&operand.leaf) => score += 40,
            Memory::Field if !indirect => return None,
            _ => {}
        }
    } else if typed && operand.memory == Memory::Field && !indirect && known.whole.len() > 1 && operand.root.is_none() {
        // The block has no fields.
        return None;
    }
    match known.element {
        Some(true) => match operand.memory {
            Memory::Element => score += 40,
            Memory::Variable if inside => score += 30,
            Memory::Field if inside => score += 30,
            Memory::Pointee | Memory::Field => {}
            _ if !indirect && operand.role != Role::Updated => score -= 30,
            _ => {}
        },
        Some(false) if operand.memory == Memory::Element && !operand.prefix && !indirect && known.fields.is_empty() => {
            return None;
        }
        _ => {}
    }
    if !part.is_empty() && !of.is_empty() && operand.memory != Memory::Map {
        let element = normal(&element_type(&operand.type_text));
        if of == part || (inside && element == part) {
            score += 30;
        } else if of == normal(&known.whole) || known.fields.contains(&operand.leaf) {
            // The whole of what the place is a part of: a copy of a struct, or a field that holds it.
            score += 10;
        } else if indirect || inside {
            score -= 10;
        } else if is_plain(&part) && is_plain(of) {
            return None;
        } else {
            score -= 40;
        }
    }
    Some(score)
}

/// Predeclared types, which nothing else is written as.
fn is_plain(of: &str) -> bool {
    crate::source::scope::is_basic(of) && !matches!(of, "any" | "error")
}

/// Finds the operands of both accesses and names the variable.
pub fn name(race: &Race, store: &mut SourceStore) -> Named {
    let (dossier, best) = chosen(race, store);
    let Dossier { sides, known } = dossier;
    let mut variable = describe(&sides[best], &sides[1 - best], &known);
    let mut typed = false;
    if let Some(object) = &race.object {
        typed = memory::describe(object, &mut variable);
        if object.kind == ObjectKind::Global
            && let Some(symbol) = memory::symbol(object)
        {
            if matches!(variable.kind, VariableKind::Field | VariableKind::Element) {
                variable.inside = frames::unescaped(symbol).into_owned();
            } else if variable.name.is_empty() {
                variable.name = local_name(symbol).to_owned();
                variable.kind = VariableKind::Package;
            }
        }
    }
    let package =
        sides.iter().find_map(|side| side.site.as_ref()).map(|site| frames::package_of(&site.func).to_owned());
    variable.type_text = shown_type(&variable.type_text, package.as_deref().unwrap_or_default());
    if !typed {
        variable.torn = memory::torn(&variable.type_text).to_owned();
        if variable.kind == VariableKind::Package
            && let Some(object) = race.object.as_ref().filter(|object| memory::symbol(object).is_some())
        {
            variable.word = memory::word_of(&variable.type_text, object).to_owned();
        }
    }
    Named { sides, variable, known }
}

/// A type as the package itself would write it: `Config` of `main.Config`.
fn shown_type(of: &str, package: &str) -> String {
    let last = package.rsplit('/').next().unwrap_or(package);
    if last.is_empty() {
        return of.to_owned();
    }
    let of = of.replace("interface {}", "any");
    let mut out = String::new();
    let mut rest = of.as_str();
    let name = format!("{last}.");
    while let Some(at) = rest.find(&name) {
        let before = rest[..at].chars().next_back();
        out.push_str(&rest[..at]);
        if before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '/')) {
            out.push_str(&name);
        }
        rest = &rest[at + name.len()..];
    }
    out.push_str(rest);
    out
}

fn describe(side: &Side, other: &Side, known: &Known) -> Variable {
    let operand = side.operand.as_ref().or(other.operand.as_ref());
    let mut variable = Variable::default();
    let place = |file: &str, line: u32| Some(Place { func: String::new(), file: file.to_owned(), line });
    if let Some(operand) = operand {
        let indirect = matches!(operand.role, Role::Receiver | Role::AddressTaken) && known.fields.is_empty();
        let callee = side.through == Through::Callee && side.operand.is_some();
        variable.kind = match operand.memory {
            Memory::Map => VariableKind::MapInside,
            Memory::Element => VariableKind::Element,
            Memory::Field => VariableKind::Field,
            Memory::Pointee => VariableKind::Memory,
            Memory::Variable => match &operand.root {
                Some(root) if root.kind == crate::source::scope::Kind::Package => VariableKind::Package,
                None => VariableKind::Package,
                _ => VariableKind::Local,
            },
        };
        variable.type_text.clone_from(&operand.type_text);
        let bare = operand.text.split('[').next().unwrap_or(&operand.text).to_owned();
        // `append(s, x)` writes an element behind the end of s.
        let behind = operand.role == Role::Header && known.element == Some(true) && operand.type_text.starts_with("[]");
        if behind {
            variable.kind = VariableKind::Element;
            variable.type_text = element_type(&operand.type_text);
        }
        variable.name = match operand.memory {
            Memory::Field if operand.owner.is_empty() => operand.text.clone(),
            Memory::Field => format!("{}.{}", operand.owner.rsplit('.').next().unwrap_or_default(), operand.leaf),
            Memory::Map if operand.text.contains('.') => match field_name(operand) {
                Some(name) => name,
                None => bare,
            },
            Memory::Map => bare,
            _ => operand.text.clone(),
        };
        if behind {
            variable.name = format!("{}{}", operand.text, known.index);
        }
        let direct =
            !behind && operand.memory != Memory::Pointee && (!operand.indexed || operand.memory == Memory::Map);
        if direct && let Some((file, line)) = &operand.declared {
            variable.declared = place(file, *line);
        }
        // Inside of a value whose methods a callee knows: only the value has a name here.
        if (indirect || callee)
            && matches!(known.anchor, Anchor::None | Anchor::Block)
            && !known.whole.is_empty()
            && normal(&operand.type_text).trim_start_matches('*') != normal(&known.whole)
        {
            variable = Variable::default();
        }
    }
    match &known.anchor {
        Anchor::Global(name)
            if !matches!(variable.kind, VariableKind::Field | VariableKind::Element) || variable.name.is_empty() =>
        {
            variable.name.clone_from(name);
            variable.kind = VariableKind::Package;
            let root = operand.and_then(|operand| operand.root.as_ref()).filter(|root| root.name == *name);
            if let Some(root) = root {
                variable.declared = place(&root.file, root.line);
            } else if let Some((file, line)) = side.view().or(other.view()).and_then(|view| {
                let binding = view.package_level(name)?;
                Some((view.package.name_of(binding.file), binding.line()))
            }) {
                variable.declared = place(&file, line);
            }
            if !known.whole.is_empty() {
                variable.type_text.clone_from(&known.whole);
            }
            if let Some(leaf) = known.fields.last() {
                variable.name = format!("{}.{leaf}", known.owner);
                variable.kind = VariableKind::Field;
                variable.type_text.clone_from(&known.part);
                variable.declared = None;
            }
        }
        Anchor::Local(name, file, line) if known.fields.is_empty() && known.element != Some(true) => {
            variable.name.clone_from(name);
            variable.kind = VariableKind::Local;
            variable.declared = place(file, *line);
            variable.type_text.clone_from(&known.part);
        }
        _ => {}
    }
    if !known.part.is_empty()
        && matches!(variable.kind, VariableKind::Field | VariableKind::Element | VariableKind::Memory)
    {
        let whole = operand
            .is_some_and(|operand| normal(&operand.type_text) == normal(&known.whole) && !known.fields.is_empty());
        if whole {
            // A copy of the whole: the runtime says which part.
            let leaf = known.fields.last().cloned().unwrap_or_default();
            let owner = normal(&known.whole);
            if operand.is_some_and(|operand| operand.memory != Memory::Field || operand.leaf != leaf) {
                variable.name = format!("{owner}.{}", known.fields.join("."));
                variable.kind = VariableKind::Field;
                variable.declared = None;
            }
        }
        variable.type_text.clone_from(&known.part);
    }
    variable
}

/// `Cache.items` of `c.items[k]`, where the struct is known.
fn field_name(operand: &Operand) -> Option<String> {
    (!operand.owner.is_empty()).then(|| format!("{}.{}", operand.owner, operand.leaf))
}
