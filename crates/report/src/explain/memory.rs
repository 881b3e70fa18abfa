//! What the runtime knows of the memory: in what block it lies, of what type that is, and where it was allocated.

use super::frames;
use crate::finding::{Place, Variable, VariableKind};
use crate::raw::{Object, ObjectKind, StackState};

/// Longest type that is shown; the literal types of closures say nothing to a reader.
const LONGEST_TYPE: usize = 60;

/// The names of the fields on the way to the race, outermost first: `arr`, `name` of `.arr[2].name`. None for the runtime's own types.
pub fn fields(object: &Object) -> Vec<&str> {
    let path = object.field.as_deref().filter(|_| !is_map(object)).unwrap_or_default();
    path.split('.').map(|step| step.split('[').next().unwrap_or_default()).filter(|name| !name.is_empty()).collect()
}

/// The linker's name of a package-level variable; none for what the compiler has made, such as the value behind a pointer.
pub fn symbol(object: &Object) -> Option<&str> {
    object.name.as_deref().filter(|name| !frames::local_name(name).is_empty() && !name.contains(".."))
}

/// Whether a package-level variable has parts that the source names behind it, rather than behind what it points to.
pub fn has_parts(object: &Object, type_text: &str) -> bool {
    const POINT: [&str; 6] = ["*", "&", "[]", "map[", "chan ", "func"];
    if type_text.is_empty() { object.size > 8 } else { !POINT.iter().any(|start| type_text.starts_with(start)) }
}

/// Whether the object is of the types that a map is made of.
pub fn is_map(object: &Object) -> bool {
    let of_map = |name: &str| {
        let name = name.trim_start_matches("noalg.");
        name.starts_with("maps.") || name.starts_with("map.")
    };
    object.type_name.as_deref().is_some_and(of_map)
}

/// Says in `variable` what is known of the memory. Whether it is known of what type the value there is.
pub fn describe(object: &Object, variable: &mut Variable) -> bool {
    variable.object_size = object.size;
    variable.offset = object.offset;
    variable.allocated = frames::site(&object.alloc).map(Place::of);
    variable.allocated_by = match object.alloc_gid {
        None | Some(0) => String::new(),
        Some(1) => "the main goroutine".to_owned(),
        Some(gid) => format!("goroutine {gid}"),
    };
    variable.allocation_forgotten =
        object.kind == ObjectKind::Heap && object.alloc.is_empty() && object.alloc_state == StackState::Lost;
    let Some(type_name) = object.type_name.as_deref() else { return false };
    if is_map(object) {
        if matches!(variable.kind, VariableKind::Memory | VariableKind::Local) {
            variable.kind = VariableKind::MapInside;
        }
        return false;
    }
    let field = object.field.as_deref().unwrap_or_default();
    if type_name.len() <= LONGEST_TYPE {
        variable.inside = format!("{}{type_name}{field}", if object.elements { "[]" } else { "" });
        let nameless = variable.name.is_empty() || variable.kind == VariableKind::Memory;
        let plain = type_name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | '/' | '-'));
        if nameless && plain && !field.is_empty() {
            variable.name = format!("{}{field}", frames::local_name(type_name));
            variable.kind = if field.ends_with(']') { VariableKind::Element } else { VariableKind::Field };
        }
    }
    let part = object.part.as_deref().unwrap_or_default();
    if variable.type_text.is_empty() && part.len() <= LONGEST_TYPE {
        variable.type_text = part.to_owned();
    }
    let Some(kind) = object.part_kind.as_deref() else { return false };
    variable.torn = torn_kind(kind).to_owned();
    variable.word = word(kind, object.part_offset).to_owned();
    true
}

/// Which word of a value of a kind lies at an offset; empty for values of one word.
fn word(kind: &str, offset: u64) -> &'static str {
    match (kind, offset) {
        ("string" | "slice", 0..8) => "pointer",
        ("string" | "slice", 8..16) => "length",
        ("slice", 16..24) => "capacity",
        ("interface", 0..8) => "type",
        ("interface", 8..16) => "data",
        _ => "",
    }
}

/// Which word of a package-level variable of a type the race is on, for types of several words.
pub fn word_of(type_text: &str, object: &Object) -> &'static str {
    match (type_text, object.size) {
        ("string", 16) => word("string", object.offset),
        ("any" | "error", 16) => word("interface", object.offset),
        (text, 16) if text.starts_with("interface") => word("interface", object.offset),
        (text, 24) if text.starts_with("[]") => word("slice", object.offset),
        _ => "",
    }
}

/// What a half-seen value of a kind does.
fn torn_kind(kind: &str) -> &'static str {
    match kind {
        "string" => torn("string"),
        "slice" => torn("[]"),
        "interface" => torn("any"),
        _ => "",
    }
}

/// What a half-seen value of a type does, for types of more than one word.
pub fn torn(type_text: &str) -> &'static str {
    match type_text {
        "string" => {
            "a string is a pointer and a length: a reader may see one string's pointer with another's length, and read past its end"
        }
        "any" | "error" => {
            "an interface is a type and a pointer: a reader may see one value's type with another's data"
        }
        t if t.starts_with("interface") => {
            "an interface is a type and a pointer: a reader may see one value's type with another's data"
        }
        t if t.starts_with("[]") => {
            "a slice is a pointer, a length and a capacity: a reader may see one array's pointer with another's length, and concurrent appends overwrite or lose elements"
        }
        t if t.starts_with("map[") => {
            "a map's insides change in several steps: a reader may see them half done, and the runtime may stop the program with \"concurrent map read and map write\""
        }
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(type_name: &str, field: &str, part: (&str, &str, u64)) -> Object {
        Object {
            type_name: Some(type_name.to_owned()),
            field: Some(field.to_owned()),
            part: Some(part.0.to_owned()),
            part_kind: Some(part.1.to_owned()),
            part_offset: part.2,
            ..Object::default()
        }
    }

    #[test]
    fn fields_are_those_of_the_program() {
        assert_eq!(fields(&object("main.Outer", ".arr[2].name", ("string", "string", 8))), ["arr", "name"]);
        assert_eq!(fields(&object("int", "[5]", ("int", "int", 0))), [""; 0]);
        assert_eq!(fields(&object("maps.Map", ".used", ("uint64", "uint64", 0))), [""; 0]);
        assert_eq!(fields(&object("noalg.map.group[string]int", ".slots[0].elem", ("int", "int", 0))), [""; 0]);
    }

    #[test]
    fn memory_names_what_the_source_does_not() {
        let mut variable = Variable::default();
        assert!(describe(&object("example.com/p.Outer", ".arr[2].name", ("string", "string", 8)), &mut variable));
        assert_eq!((variable.name.as_str(), variable.kind), ("Outer.arr[2].name", VariableKind::Field));
        assert_eq!((variable.inside.as_str(), variable.word), ("example.com/p.Outer.arr[2].name", "length".to_owned()));
        assert!(variable.torn.starts_with("a string"));

        // A name from the source stays; an element of one word tears nothing, though its slice would.
        let mut variable = Variable { name: "xs[i]".into(), kind: VariableKind::Element, ..Variable::default() };
        let element = Object { elements: true, ..object("int", "[5]", ("int", "int", 0)) };
        assert!(describe(&element, &mut variable));
        assert_eq!((variable.name.as_str(), variable.inside.as_str()), ("xs[i]", "[]int[5]"));
        assert_eq!((variable.torn.as_str(), variable.word.as_str()), ("", ""));

        // A map's insides are the map's.
        let mut variable = Variable { name: "m".into(), ..Variable::default() };
        assert!(!describe(&object("maps.Map", ".used", ("uint64", "uint64", 0)), &mut variable));
        assert_eq!((variable.kind, variable.inside.as_str()), (VariableKind::MapInside, ""));
    }

    #[test]
    fn what_is_forgotten_is_said_and_what_was_never_told_is_not() {
        for (alloc_state, forgotten) in [(StackState::Lost, true), (StackState::Full, false)] {
            let mut variable = Variable::default();
            describe(&Object { alloc_state, ..Object::default() }, &mut variable);
            assert_eq!(variable.allocation_forgotten, forgotten);
        }
    }
}
