//! Package-level variables that the runtime names, with their size, against what the source calls them.

use hb_report::finding::{Finding, VariableKind};
use hb_report::raw::{Access, Frame, Object, ObjectKind, Op, Race, Record};
use hb_report::render::{Format, Options, render};
use hb_report::{CollectOptions, Collector, Report};

const SOURCE: &str = r#"package main

type config struct {
	name  string
	limit int
}

type one struct{ n int }

var cfg config
var ptr *config
var list [4]config
var single one
var total int

func f() {
	cfg.limit = 3
	ptr.limit = 3
	list[2].limit = 3
	single.n = 3
	total = 3
	ptr = nil
}
"#;

/// A write at `line` and a read at `other` of the variable `name`.
fn report(name: &str, size: u64, offset: u64, line: u32, other: u32) -> Report {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("main.go");
    std::fs::write(&file, SOURCE).unwrap();
    let access = |op, gid, line| Access {
        op,
        gid,
        stack: vec![Frame { func: "main.f".to_owned(), file: file.display().to_string(), line, ..Frame::default() }],
        ..Access::default()
    };
    let object = Object {
        kind: ObjectKind::Global,
        name: Some(format!("example.com/p%2ev2.{name}")),
        size,
        offset,
        ..Object::default()
    };
    let race = Race {
        accesses: [access(Op::Write, 7, line), access(Op::Read, 8, other)],
        object: Some(object),
        ..Race::default()
    };
    let mut collector = Collector::new(&CollectOptions::default());
    collector.take([Record::Race(Box::new(race))]);
    collector.finish()
}

fn finding(name: &str, size: u64, offset: u64, line: u32, other: u32) -> Finding {
    report(name, size, offset, line, other).findings.remove(0)
}

#[test]
fn the_part_of_a_variable_is_named_where_the_source_has_a_word_for_it() {
    for (name, size, offset, line, want, kind) in [
        ("cfg", 24, 16, 17, "config.limit", VariableKind::Field),
        ("list", 96, 64, 19, "config.limit", VariableKind::Field),
        ("single", 8, 0, 20, "one.n", VariableKind::Field),
        ("total", 8, 0, 21, "total", VariableKind::Package),
    ] {
        let variable = finding(name, size, offset, line, line).variable;
        assert_eq!((variable.name.as_str(), variable.kind), (want, kind), "{name}: {variable:#?}");
        assert_eq!((variable.object_size, variable.offset), (size, offset), "{name}");
    }
}

#[test]
fn a_pointer_is_not_what_it_points_to() {
    let variable = finding("ptr", 8, 0, 22, 18).variable;
    assert_eq!((variable.name.as_str(), variable.kind), ("ptr", VariableKind::Package));
}

#[test]
fn what_the_compiler_made_has_no_name() {
    let variable = finding(".stmp_3", 24, 16, 18, 18).variable;
    assert_eq!((variable.name.as_str(), variable.kind), ("config.limit", VariableKind::Field));
    assert_eq!((variable.inside.as_str(), variable.object_size), ("", 24));
}

#[test]
fn a_part_says_of_which_variable_and_a_whole_says_its_size() {
    let text = |name, size, offset, line| {
        let mut out = Vec::new();
        let report = report(name, size, offset, line, line);
        render(&report, Format::Text, &Options { width: 200, ..Options::default() }, &mut out).unwrap();
        String::from_utf8(out).unwrap()
    };
    let part = text("cfg", 24, 16, 17);
    assert!(part.contains("; example.com/p.v2.cfg, byte 16 of 24 bytes"), "{part}");
    let whole = text("total", 8, 0, 21);
    assert!(whole.contains("; 8 bytes"), "{whole}");
}
