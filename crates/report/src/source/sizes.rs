//! Where the fields of a type lie, as the compiler of 64-bit targets lays them out, for types whose parts are all known.

use super::package::{Package, fields_of};
use super::scope::element_type;

/// Size and alignment of a type in bytes, if all of its parts are known.
fn size(package: &Package, of: &str, depth: usize) -> Option<(u64, u64)> {
    if depth > 8 {
        return None;
    }
    let word = Some((8, 8));
    match of {
        "bool" | "int8" | "uint8" | "byte" => return Some((1, 1)),
        "int16" | "uint16" => return Some((2, 2)),
        "int32" | "uint32" | "rune" | "float32" | "atomic.Bool" | "atomic.Int32" | "atomic.Uint32" => {
            return Some((4, 4));
        }
        "int" | "uint" | "int64" | "uint64" | "uintptr" | "float64" | "time.Duration" | "atomic.Int64"
        | "atomic.Uint64" => {
            return word;
        }
        "string" | "any" | "error" | "context.Context" | "complex128" => return Some((16, 8)),
        "sync.Mutex" => return Some((8, 4)),
        "sync.RWMutex" => return Some((24, 4)),
        "sync.Once" => return Some((12, 4)),
        "time.Time" => return Some((24, 8)),
        "context.CancelFunc" => return word,
        _ => {}
    }
    if of.starts_with('*')
        || of.starts_with("map[")
        || of.starts_with("func")
        || of.starts_with("chan")
        || of.starts_with("<-chan")
    {
        return word;
    }
    if of.starts_with("[]") {
        return Some((24, 8));
    }
    if of.starts_with("interface") {
        return Some((16, 8));
    }
    if let Some(count) = of.strip_prefix('[').and_then(|rest| rest.split(']').next()) {
        let (each, align) = size(package, &element_type(of), depth + 1)?;
        return Some((each * count.parse::<u64>().ok()?, align));
    }
    if package.struct_named(of).is_some() && !of.contains('[') {
        let mut end = 0u64;
        let mut widest = 1;
        for field in fields(package, of, depth)? {
            end = field.offset + field.bytes;
            widest = widest.max(field.align);
        }
        return Some((end.next_multiple_of(widest), widest));
    }
    let next = package.underlying(of);
    if next == of { None } else { size(package, &next, depth + 1) }
}

/// A field where it lies.
struct Placed {
    name: String,
    offset: u64,
    bytes: u64,
    align: u64,
    type_text: String,
}

/// The fields of a struct, in their order.
fn fields(package: &Package, of: &str, depth: usize) -> Option<Vec<Placed>> {
    let (file, node) = package.struct_named(of)?;
    let mut at = 0u64;
    let mut found = Vec::new();
    for field in fields_of(file, node) {
        let (bytes, align) = size(package, &field.type_text, depth + 1)?;
        at = at.next_multiple_of(align);
        let name = super::syntax::text(file, field.node).to_owned();
        found.push(Placed { name, offset: at, bytes, align, type_text: field.type_text });
        at += bytes;
    }
    Some(found)
}

/// The value at an offset of a type: the fields on the way to it, its type, where in it the offset is, and whether an array's element is on
/// the way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Part {
    /// Names of the fields, outermost first.
    pub fields: Vec<String>,
    /// The struct that has the last of them.
    pub owner: String,
    /// Type of the innermost value.
    pub type_text: String,
    /// Where in that value.
    pub offset: u64,
    /// An element of an array.
    pub element: bool,
}

/// What lies at an offset of a type; none where it cannot be told.
pub fn part_at(package: &Package, of: &str, offset: u64) -> Option<Part> {
    let mut part = Part { type_text: of.to_owned(), offset, ..Part::default() };
    for _ in 0..16 {
        let named = part.type_text.clone();
        let of = if named.starts_with(['*', '[']) { named.clone() } else { package.underlying(&named) };
        if of.starts_with('[') && !of.starts_with("[]") {
            let element = element_type(&of);
            let (each, _) = size(package, &element, 0)?;
            part.offset %= each.max(1);
            part.type_text = element;
            part.element = true;
        } else if package.struct_named(&named).is_some() {
            let all = fields(package, &named, 0)?;
            let inside = all
                .into_iter()
                .find(|field| field.offset <= part.offset && part.offset < field.offset + field.bytes)?;
            part.fields.push(inside.name);
            part.owner = named;
            part.offset -= inside.offset;
            part.type_text = inside.type_text;
            part.element = false;
        } else {
            break;
        }
    }
    Some(part)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceFile;
    use std::rc::Rc;

    #[test]
    fn fields_lie_where_the_compiler_puts_them() {
        let source = "package p\ntype T struct {\n\ta bool\n\tb int64\n\tc, d uint16\n\te string\n\tf [2]U\n\tg error\n}\ntype U struct{ x, y int32 }\ntype V struct{ m unknown.T; n int }\n";
        let package =
            Package { files: vec![("a.go".into(), Rc::new(SourceFile::new(source.to_owned())))], language: None };
        let at = |offset| {
            let part = part_at(&package, "T", offset).unwrap();
            (part.fields.join("."), part.type_text, part.offset)
        };
        let is = |path: &str, of: &str, offset: u64| (path.to_owned(), of.to_owned(), offset);
        assert_eq!(at(0), is("a", "bool", 0));
        assert_eq!(at(8), is("b", "int64", 0));
        assert_eq!(at(18), is("d", "uint16", 0));
        assert_eq!(at(32), is("e", "string", 8));
        assert_eq!(at(52), is("f.y", "int32", 0));
        assert_eq!(at(56), is("g", "error", 0));
        assert_eq!(part_at(&package, "V", 8), None);
        assert_eq!(part_at(&package, "int", 0).unwrap().type_text, "int");
    }
}
