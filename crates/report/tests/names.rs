//! Names of variables on lines that name other things: what the runtime knows of the memory decides. The program is `tests/names/main.go`.

mod common;

use common::fixture;
use hb_report::finding::VariableKind;
use hb_report::{CollectOptions, Report};

fn named(kind: &str) -> (String, String, VariableKind, Option<u32>) {
    let options = CollectOptions {
        source_remaps: vec![("/names/".to_owned(), fixture("tests/names"))],
        ..CollectOptions::default()
    };
    let report = Report::load(&fixture(&format!("tests/names/{kind}.jsonl")), &options).unwrap();
    let variable = &report.findings[0].variable;
    (
        variable.name.clone(),
        variable.type_text.clone(),
        variable.kind,
        variable.declared.as_ref().map(|place| place.line),
    )
}

#[test]
fn memory_decides_and_the_line_says_how_it_is_reached() {
    use VariableKind::{Element, Field, Local, Memory, Package};
    for (kind, name, type_text, what) in [
        ("oneline", "x", "int", Package),
        ("waitgroup", "*p", "int", Memory),
        ("assigned", "s", "string", Local),
        ("pointer", "p", "*int", Local),
        ("receiver", "total", "count", Package),
        ("array", "s[0]", "uint8", Element),
        ("standard", "r", "*rand.Rand", Local),
        ("slice-of-field", "p.Tags[0]", "string", Element),
        ("embedded", "meta.views", "int", Field),
        ("multiple", "a", "int", Package),
        ("shadowed", "level", "int", Package),
        ("generic", "Box.value", "string", Field),
        ("named", "err", "error", Local),
    ] {
        let (found, of, is, _) = named(kind);
        assert_eq!((found.as_str(), of.as_str(), is), (name, type_text, what), "{kind}");
    }
}

#[test]
fn a_declaration_is_the_variables_own() {
    let source = std::fs::read_to_string(fixture("tests/names/main.go")).unwrap();
    for (kind, text) in [
        ("oneline", "x     int"),
        ("assigned", "s, k :="),
        ("pointer", "p := &n"),
        ("receiver", "total count"),
        ("embedded", "views int"),
        ("multiple", "a, b  ="),
        ("shadowed", "level = 3"),
        ("named", "(err error)"),
    ] {
        let line = named(kind).3.unwrap_or_else(|| panic!("{kind}: no declaration"));
        let declared = source.lines().nth(line as usize - 1).unwrap();
        assert!(declared.contains(text), "{kind}: {declared}");
    }
}
