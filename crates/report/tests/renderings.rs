//! Fixture programs, raced under stock `-race`, rendered every way; expected files are blessed with `INSTA_UPDATE=always`.

use hb_report::render::{Format, Options, render};
use hb_report::{CollectOptions, Collector, Report, classic};
use std::path::{Path, PathBuf};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

fn options() -> CollectOptions {
    CollectOptions { source_remaps: vec![("/fix/".to_owned(), fixtures())] }
}

fn shown() -> Options {
    Options { relative_to: Some("/fix".into()), ..Options::default() }
}

fn names() -> Vec<String> {
    let mut names: Vec<String> =
        std::fs::read_dir(fixtures()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn stock(name: &str) -> Report {
    let text = std::fs::read_to_string(fixtures().join(name).join("race.txt")).unwrap();
    let mut collector = Collector::new(&options());
    collector.take(classic::parse(&text));
    collector.finish()
}

fn text(report: &Report, format: Format, options: &Options) -> String {
    let mut out = Vec::new();
    render(report, format, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn explanations_of_stock_races() {
    for name in names() {
        insta::assert_snapshot!(format!("text_{name}"), text(&stock(&name), Format::Text, &shown()));
    }
}
