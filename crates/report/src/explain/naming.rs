//! What the variable is called: from the runtime's object, the source lines of both accesses, and declarations.

use super::frames::{self, local_name};
use super::memory;
use crate::finding::{Place, Variable, VariableKind};
use crate::raw::{Frame, ObjectKind, Op, Race};
use crate::source::marker::{self, Operand, Role, Through};
use crate::source::{Declaration, SourceFile, SourceStore};
use std::rc::Rc;

/// What was found out about one side's source line.
pub struct Side {
    /// The frame shown first.
    pub site: Option<Frame>,
    /// Its file, if it is here.
    pub file: Option<Rc<SourceFile>>,
    /// How the memory was touched.
    pub through: Through,
    /// The operand, if one fits.
    pub operand: Option<Operand>,
}

/// Both sides and the variable they share.
pub struct Named {
    /// In the order of `race.accesses`.
    pub sides: [Side; 2],
    /// The variable.
    pub variable: Variable,
    /// Its declaration, if found.
    pub declaration: Option<Declaration>,
}

/// Finds the operands of both accesses, and which side names the variable best.
pub fn sides(race: &Race, store: &mut SourceStore) -> ([Side; 2], usize) {
    let mut sides = [0, 1].map(|index| {
        let access = &race.accesses[index];
        let site =
            frames::site(&access.stack).filter(|_| frames::site_known(&access.stack, access.stack_state)).cloned();
        let file = site.as_ref().and_then(|frame| store.file(&frame.file));
        let mut through = frames::through(&access.stack, access.atomic);
        // The compiler does some operations on maps in place, so that no function of the runtime is on the stack.
        if through == Through::Plain && race.object.as_ref().is_some_and(memory::is_map) {
            through = Through::Map;
        }
        Side { site, file, through, operand: None }
    });
    let all: [Vec<Operand>; 2] = [0, 1].map(|index| match (&sides[index].file, &sides[index].site) {
        (Some(file), Some(site)) => marker::operands(file, site.line),
        _ => Vec::new(),
    });
    let write = |index: usize| race.accesses[index].op == Op::Write;
    let pick =
        |index: usize, wanted: Option<&str>| marker::choose(&all[index], write(index), sides[index].through, wanted);

    let path = race.object.as_ref().map(memory::fields).unwrap_or_default();
    let symbol = race.object.as_ref().and_then(memory::symbol).map(local_name);
    // Names that either side could mean; the best pair wins, and a name on both sides counts on both.
    let leaves: Vec<&str> = all.iter().flatten().map(|operand| operand.leaf.as_str()).collect();
    let best_of = |leaves: &[&'_ str]| -> Option<usize> {
        let score = |leaf| [0, 1].into_iter().filter_map(|index| pick(index, Some(leaf))).map(|(_, score)| score).sum();
        let scored = leaves.iter().map(|leaf| score(leaf)).enumerate();
        let better = |best: Option<(usize, i32)>, next: (usize, i32)| match best {
            Some(best) if best.1 >= next.1 => Some(best),
            _ => Some(next),
        };
        scored.fold(None, better).map(|(at, _)| at)
    };
    let paired = best_of(&leaves).map(|at| leaves[at]);
    // What stands behind the name of a package-level variable says which part of it.
    let parts: Vec<&str> = match (symbol, &race.object) {
        (Some(symbol), Some(object)) if memory::has_parts(object, &declared_symbol(symbol, &sides, store)) => {
            let behind = |operand: &&Operand| operand.base == symbol && operand.leaf != symbol;
            all.iter().flatten().filter(behind).map(|operand| operand.leaf.as_str()).collect()
        }
        _ => Vec::new(),
    };
    let part = best_of(&parts).map(|at| parts[at]);
    // The innermost field that the source has a word for; what holds it may be reached by other names.
    let told = path.iter().rev().copied().chain(part).chain(symbol.and_then(|name| name.rsplit('.').next()));
    let wanted = told.into_iter().find(|name| leaves.contains(name)).or(paired);
    let mut chosen = [0, 1].map(|index| pick(index, wanted).map(|(operand, score)| (operand.clone(), score)));
    elements_together(&mut chosen, &all);
    // A call's result has no name of its own.
    let called = |operand: &Operand| if operand.text.contains('(') { 200 } else { 0 };
    let scores =
        [0, 1].map(|index| chosen[index].as_ref().map_or(i32::MIN, |(operand, score)| *score - called(operand)));
    for (side, choice) in sides.iter_mut().zip(chosen) {
        side.operand = choice.map(|(operand, _)| operand);
    }

    // The side that names the variable best: the higher score, then the write.
    let best = if scores[0] > scores[1] || (scores[0] == scores[1] && write(0)) { 0 } else { 1 };
    (sides, best)
}

/// Finds the operands of both accesses and names the variable.
pub fn name(race: &Race, store: &mut SourceStore) -> Named {
    let (sides, best) = sides(race, store);
    let declaration = declaration_of(&sides[best], store);
    let mut variable = describe(&sides[best], declaration.as_ref());
    let mut typed = false;
    if let Some(object) = &race.object {
        typed = memory::describe(object, &mut variable);
        if object.kind == ObjectKind::Global && variable.kind == VariableKind::Local {
            variable.kind = VariableKind::Package;
        }
        if object.kind == ObjectKind::Global
            && let Some(symbol) = memory::symbol(object)
        {
            // A map or slice that a global points to is in the heap, so a global symbol names the variable itself.
            if variable.name.is_empty() || variable.kind == VariableKind::Memory {
                variable.name = local_name(symbol).to_owned();
            }
            if matches!(variable.kind, VariableKind::Field | VariableKind::Element) {
                variable.inside = frames::unescaped(symbol).into_owned();
            } else {
                variable.kind = VariableKind::Package;
            }
        }
    }
    if !typed {
        variable.torn = memory::torn(&variable.type_text).to_owned();
        if variable.kind == VariableKind::Package
            && let Some(object) = race.object.as_ref().filter(|object| memory::symbol(object).is_some())
        {
            variable.word = memory::word_of(&variable.type_text, object).to_owned();
        }
    }
    Named { sides, variable, declaration }
}

/// The type of the package-level variable `name`, as far as the source of either side says it.
fn declared_symbol(name: &str, sides: &[Side; 2], store: &mut SourceStore) -> String {
    let mut sites = sides.iter().filter_map(|side| side.site.as_ref());
    let declaration = sites.find_map(|site| store.package_variable(&site.file, name));
    declaration.as_ref().map(declared_type).unwrap_or_default()
}

/// Where the names differ (an element reached through a parameter), a written element and a plain read on the other side
/// do not go together: an element read on that line does.
fn elements_together(chosen: &mut [Option<(Operand, i32)>; 2], all: &[Vec<Operand>; 2]) {
    let [Some((a, _)), Some((b, _))] = &*chosen else { return };
    if a.leaf == b.leaf || a.indexed == b.indexed {
        return;
    }
    let plain = if a.indexed { 1 } else { 0 };
    let written = matches!(if a.indexed { a.role } else { b.role }, Role::Assigned | Role::Updated);
    let element = all[plain].iter().find(|operand| operand.indexed && operand.role == Role::Read);
    if let (true, Some(element)) = (written, element) {
        // Lower than the written side: that one gives the name.
        chosen[plain] = Some((element.clone(), 1));
    }
}

/// The declaration of the operand's last name, with its place's file left to the caller.
fn declaration_of(side: &Side, store: &mut SourceStore) -> Option<Declaration> {
    let (operand, file, site) = (side.operand.as_ref()?, side.file.as_ref()?, side.site.as_ref()?);
    if operand.leaf == operand.base {
        return file
            .declaration(&operand.base, site.line)
            .or_else(|| store.package_variable(&site.file, &operand.base));
    }
    let owner = base_type(operand, file, site, store);
    // Only `base.leaf` is of the base's type; longer chains are of a type that the source line does not tell.
    let direct = operand.text.matches('.').count() == 1;
    store.field(&site.file, &operand.leaf, owner.as_deref().filter(|_| direct))
}

/// The named type of an operand's first name, without `*`.
fn base_type(operand: &Operand, file: &SourceFile, site: &Frame, store: &mut SourceStore) -> Option<String> {
    if let Some((name, type_name)) = file.function_at(site.line).and_then(|function| function.receiver.clone())
        && name == operand.base
    {
        return Some(type_name);
    }
    let declaration =
        file.declaration(&operand.base, site.line).or_else(|| store.package_variable(&site.file, &operand.base))?;
    let text = if declaration.type_text.is_empty() { &declaration.value_text } else { &declaration.type_text };
    let text = text.trim_start_matches(['*', '&', '[', ']']);
    let text = text.strip_prefix("new(").unwrap_or(text);
    let name: String = text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
    (!name.is_empty()).then_some(name)
}

fn describe(side: &Side, declaration: Option<&Declaration>) -> Variable {
    let Some(operand) = &side.operand else { return Variable::default() };
    let type_text = declaration.map(declared_type).unwrap_or_default();
    let bare = operand.text.split('[').next().unwrap_or(&operand.text);
    let plain_name = match declaration.and_then(|declaration| declaration.of_struct.as_ref()) {
        Some(owner) => format!("{owner}.{}", operand.leaf),
        None => bare.to_owned(),
    };
    let map = side.through == Through::Map || (operand.indexed && type_text.starts_with("map["));
    let kind = if map {
        VariableKind::MapInside
    } else if operand.indexed {
        VariableKind::Element
    } else if operand.leaf != operand.base {
        VariableKind::Field
    } else if operand.text.starts_with('*') || operand.text.contains('(') {
        VariableKind::Memory
    } else if declaration.is_some_and(|declaration| declaration.package_level) {
        VariableKind::Package
    } else {
        VariableKind::Local
    };
    let name = if kind == VariableKind::Element { operand.text.clone() } else { plain_name };
    let declared =
        declaration.filter(|_| operand.leaf == operand.base || declaration.is_some_and(|d| d.of_struct.is_some()));
    let declared = declared.map(|declaration| Place {
        func: String::new(),
        file: side.site.as_ref().map(|site| site.file.clone()).unwrap_or_default(),
        line: declaration.line,
    });
    // The declaration may stand in a sibling file; then only this file's line would be wrong, so leave it out.
    let declared = declared.filter(|place| {
        side.file.as_ref().and_then(|file| file.line(place.line)).is_some_and(|line| line.contains(&operand.leaf))
    });
    Variable { name, kind, type_text, declared, ..Variable::default() }
}

/// The type of a declaration: as written, or from a literal's look.
pub fn declared_type(declaration: &Declaration) -> String {
    if !declaration.type_text.is_empty() {
        return declaration.type_text.clone();
    }
    let value = declaration.value_text.as_str();
    let made = value.strip_prefix("make(").map(|rest| rest.split([',', ')']).next().unwrap_or_default());
    if let Some(type_text) = made {
        return type_text.to_owned();
    }
    if let Some(rest) = value.strip_prefix("new(") {
        return format!("*{}", rest.trim_end_matches(')'));
    }
    match value {
        "true" | "false" => return "bool".to_owned(),
        _ if value.starts_with(['"', '`']) => return "string".to_owned(),
        _ if !value.is_empty() && value.bytes().all(|b| b.is_ascii_digit()) => return "int".to_owned(),
        _ => {}
    }
    let literal = value.split_once('{').map(|(before, _)| before.trim());
    match literal {
        Some(name) if name.starts_with('&') => format!("*{}", &name[1..]),
        Some(name) if !name.is_empty() && !name.starts_with("func") && !name.contains('(') => name.to_owned(),
        _ => String::new(),
    }
}
