//! A finding's identity: the variable, the named functions on both sides and how they access it; never lines, addresses, closures' or
//! goroutines' numbers. So it survives what does not touch the race: code above, other closures, another expression around the variable.

use super::dossier::{Anchor, Known, Side};
use super::frames::{self, local_name, package_of, unescaped};
use super::memory;
use super::verb;
use crate::raw::{Access, Frame, Object, ObjectKind, Op, Race};
use crate::source::operands::{Operand, Role};
use crate::source::{SourceFile, SourceStore, lexer, syntax};

/// 16 hexadecimal digits. The two sides are sorted, so that it does not matter which came first; the read and the write of one `x++` count
/// alike, so that they are one finding.
pub fn of(race: &Race, named: &[Side; 2], known: &Known, store: &mut SourceStore) -> String {
    let variable = variable(race, named, known, store);
    let mut sides = [0, 1].map(|index| side(&race.accesses[index], &named[index]));
    sides.sort();
    format!("{:016x}", fnv(&format!("v2\n{variable}\n{}\n{}", sides[0], sides[1])))
}

/// The fingerprint that the same race had until report version 1, which went by the text of the lines: baselines may name it.
pub fn former(race: &Race, named: &[Side; 2]) -> String {
    let mut sides = [0, 1].map(|index| former_side(&race.accesses[index], &named[index]));
    sides.sort();
    format!("{:016x}", fnv(&format!("v1\n{}\n{}", sides[0], sides[1])))
}

/// A cheap key that is the same for the same pair of code places on the same variable in the same build, used before any source is read.
pub fn quick_key(race: &Race) -> u64 {
    let mut sides = race.accesses.each_ref().map(|access| {
        let mut text = format!("{} {}", verb(access), access.atomic);
        let site = frames::site(&access.stack);
        for frame in
            access.stack.first().into_iter().chain(site).chain(access.created.first().filter(|_| site.is_none()))
        {
            text += &format!("\n{} {}:{}", frame.func, frame.file, frame.line);
        }
        text
    });
    sides.sort();
    let object = race.object.as_ref().map(|object| {
        let offset = if object.kind == ObjectKind::Global { object.offset } else { 0 };
        let allocated = frames::site(&object.alloc).map(|frame| (&frame.file, frame.line, frame.off));
        (&object.name, &object.type_name, path(object), offset, allocated)
    });
    fnv(&format!("{}\n{}\n{object:?}", sides[0], sides[1]))
}

/// What the race is on: by what the runtime knows of the memory, and where that does not tell it, by the names that the source has.
fn variable(race: &Race, named: &[Side; 2], known: &Known, store: &mut SourceStore) -> String {
    let lines = named.each_ref().map(|side| side.candidates.as_slice());
    let leaf = || named.iter().find_map(|side| side.operand.as_ref()).map(|operand| operand.leaf.clone());
    let chosen = || {
        let written = |side: &&Side| side.operand.as_ref().is_some_and(|it| writes(it.role));
        let side = named.iter().find(written).and_then(|side| side.operand.as_ref());
        side.map(|operand| operand.leaf.clone()).or_else(leaf).unwrap_or_default()
    };
    let Some(object) = &race.object else {
        return format!("name {}", only(&common(&lines, |_| true)).unwrap_or_else(chosen));
    };
    if let Some(symbol) = memory::symbol(object).filter(|_| object.kind == ObjectKind::Global) {
        return format!("var {}{}", unescaped(symbol), global_part(object, local_name(symbol), known, &lines, chosen));
    }
    if memory::is_map(object) {
        return format!("map {}", chosen());
    }
    let Some(type_name) = &object.type_name else {
        return format!("name {}", only(&common(&lines, |_| true)).unwrap_or_else(chosen));
    };
    let path = path(object);
    // A field of a named type is the same in all of its values.
    let named_type = type_name.contains('.') && !type_name.contains(['{', ' ', '*', '(']);
    if named_type && path.contains('.') {
        return format!("field {}{path}", unescaped(type_name));
    }
    let Some(site) = frames::site(&object.alloc) else { return format!("type {type_name}{path} {}", chosen()) };
    let file = store.file(&site.file);
    let made_in = named_function(site, file.as_deref());
    if let Anchor::Local(name, ..) = &known.anchor {
        return format!("made {type_name}{path} in {made_in} {name}");
    }
    // Of the variables that the line declares, the one that both sides name.
    let there = file.as_deref().map(|file| words(file, site.line)).unwrap_or_default();
    let candidates = common(&lines, |name| there.iter().any(|word| word == name));
    let name = match candidates.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        // Two of one line: they are made one after the other.
        _ => format!("{}+{}", chosen(), site.off.unwrap_or_default()),
    };
    format!("made {type_name}{path} in {made_in} {name}")
}

/// Which part of a package-level variable the race is on, by its declaration where that is here, else as the lines name it.
fn global_part(
    object: &Object,
    symbol: &str,
    known: &Known,
    lines: &[&[Operand]; 2],
    chosen: impl Fn() -> String,
) -> String {
    if !known.fields.is_empty() {
        return format!(".{}", known.fields.join("."));
    }
    if object.size <= 8 && object.offset == 0 {
        return String::new();
    }
    let variable = symbol.rsplit('.').next().unwrap_or(symbol);
    let mentions =
        |operand: &Operand| operand.text.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == variable);
    let behind = |line: &&[Operand]| -> Vec<String> {
        let parts = line.iter().filter(|operand| operand.leaf != variable && mentions(operand));
        parts.map(|operand| operand.leaf.clone()).collect()
    };
    let sides = lines.each_ref().map(behind);
    let fields = |line: &&[Operand]| -> Vec<String> {
        line.iter().filter(|operand| operand.leaf != operand.base).map(|operand| operand.leaf.clone()).collect()
    };
    let mut parts = match sides.each_ref().map(Vec::is_empty) {
        [false, false] => both(&sides[0], &sides[1]),
        // One side has it through a pointer, or takes the whole.
        [false, true] => sides[0].clone(),
        [true, false] => sides[1].clone(),
        [true, true] => both(&fields(&lines[0]), &fields(&lines[1])),
    };
    parts.sort();
    parts.dedup();
    let elements = lines.iter().copied().flatten().any(|operand| operand.text.contains('['));
    match parts.as_slice() {
        [] => String::new(),
        [one] => format!(".{one}"),
        _ if elements => format!(".{}", chosen()),
        // Several fields on one line: where it lies tells them apart.
        _ => format!("+{}", object.offset),
    }
}

/// The names that stand on both lines and fit; where one line is not known, those of the other.
fn common(lines: &[&[Operand]; 2], fits: impl Fn(&str) -> bool) -> Vec<String> {
    let names = |line: &&[Operand]| -> Vec<String> {
        let mut names: Vec<String> =
            line.iter().map(|operand| operand.leaf.clone()).filter(|name| fits(name)).collect();
        names.sort();
        names.dedup();
        names
    };
    let [one, other] = lines.each_ref().map(names);
    match (lines[0].is_empty(), lines[1].is_empty()) {
        (true, _) => other,
        (_, true) => one,
        _ => both(&one, &other),
    }
}

fn both(one: &[String], other: &[String]) -> Vec<String> {
    one.iter().filter(|name| other.contains(name)).cloned().collect()
}

fn only(names: &[String]) -> Option<String> {
    if let [one] = names { Some(one.clone()) } else { None }
}

/// The identifiers of a line.
fn words(file: &SourceFile, line: u32) -> Vec<String> {
    let text = file.line(line).unwrap_or_default();
    lexer::lex(text).iter().map(|token| text[token.start..token.end].to_owned()).collect()
}

/// The path inside a type without the numbers of elements: `.entries[].name`.
fn path(object: &Object) -> String {
    let mut inside = false;
    let keep = |c: &char| {
        let shown = !inside || *c == ']';
        inside = (inside && *c != ']') || *c == '[';
        shown
    };
    object.field.as_deref().unwrap_or_default().chars().filter(keep).collect()
}

fn side(access: &Access, side: &Side) -> String {
    let Some(site) = &side.site else {
        // No stack: what is left is where the goroutine came from.
        let started = frames::site(&access.created).map(|frame| named_function(frame, None)).unwrap_or_default();
        return format!("? {started}");
    };
    let leaf = side.operand.as_ref().map(|operand| operand.leaf.as_str());
    let updates = leaf.is_some() && side.candidates.iter().any(|it| Some(it.leaf.as_str()) == leaf && writes(it.role));
    let kind = if access.op == Op::Write || updates { "write" } else { "read" };
    let atomic = if access.atomic { "atomic " } else { "" };
    format!("{} {atomic}{kind}", named_function(site, side.file.as_deref()))
}

fn writes(role: Role) -> bool {
    matches!(role, Role::Assigned | Role::Updated)
}

/// The declared function around a frame, with its package: `main.Cache.Get`, for a method of either kind of receiver and all closures in it.
fn named_function(frame: &Frame, file: Option<&SourceFile>) -> String {
    let package = unescaped(package_of(&frame.func));
    // Type arguments may hold dots, and differ between instances.
    let mut depth = 0;
    let plain: String = local_name(&frame.func)
        .chars()
        .filter(|c| {
            depth += i32::from(*c == '[');
            let outside = depth == 0;
            depth -= i32::from(*c == ']');
            outside && !matches!(c, '(' | ')' | '*')
        })
        .collect();
    let plain = plain.split('-').next().unwrap_or_default();
    let made = |part: &str| {
        let number =
            |start| part.strip_prefix(start).is_some_and(|rest: &str| rest.bytes().all(|b| b.is_ascii_digit()));
        ["func", "gowrap", "deferwrap", ""].into_iter().any(number)
    };
    let parts: Vec<&str> =
        plain.split('.').enumerate().take_while(|(at, part)| *at == 0 || !made(part)).map(|(_, part)| part).collect();
    // A closure of a function that was inlined is named after both: `main.Foo.func1`. The source tells that from a method's.
    let declared = || {
        let file = file.filter(|_| parts.len() > 1)?;
        syntax::go_name(file, *syntax::functions_on(file, frame.line).first()?)
    };
    match declared() {
        Some(name) => format!("{package}.{}", name.replace(['(', '*', ')'], "")),
        None => format!("{package}.{}", parts.join(".")),
    }
}

fn former_side(access: &Access, side: &Side) -> String {
    let Some(site) = &side.site else {
        let started = frames::site(&access.created).map(|frame| frame.func.as_str()).unwrap_or_default();
        return format!("? {started}");
    };
    let text = side.file.as_ref().and_then(|file| {
        let line = file.line(site.line)?.trim();
        let from = file.function_at(site.line).map_or(1, |function| function.lines.0);
        // The same text may stand in the function twice: count those above.
        let above =
            (from..site.line).filter(|&number| file.line(number).is_some_and(|other| other.trim() == line)).count();
        Some(format!("{line} #{above}"))
    });
    let place = text.unwrap_or_else(|| match site.fn_line {
        Some(start) if start <= site.line => format!("+{}", site.line - start),
        _ => format!("line {}", site.line),
    });
    let leaf = side.operand.as_ref().map(|operand| operand.leaf.as_str()).unwrap_or_default();
    format!("{} {leaf} {place}", site.func)
}

/// 64-bit FNV-1a: stable for ever, which the standard library's hasher does not promise.
pub fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_the_declared_ones() {
        for (func, named) in [
            ("main.main.func1", "main.main"),
            ("main.main.func1.2", "main.main"),
            ("main.(*Cache).Get.func3", "main.Cache.Get"),
            ("main.Cache.Get-fm", "main.Cache.Get"),
            ("main.init.0.func1", "main.init"),
            ("main.Map[go.shape.int,example.com/x.T].func1", "main.Map"),
            ("main.(*List[go.shape.string]).Push.gowrap2", "main.List.Push"),
            ("gopkg.in/yaml%2ev3.parse-range1", "gopkg.in/yaml.v3.parse"),
            ("main.function", "main.function"),
        ] {
            assert_eq!(named_function(&Frame { func: func.to_owned(), ..Frame::default() }, None), named);
        }
    }

    #[test]
    fn elements_have_no_numbers() {
        let object = |field: &str| Object { field: Some(field.to_owned()), ..Object::default() };
        assert_eq!(path(&object(".entries[12].name")), ".entries[].name");
        assert_eq!(path(&object("[3]")), "[]");
    }
}
