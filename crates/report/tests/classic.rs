//! Go's text goes through the raw records and comes back the same, byte for byte.

use hb_report::{classic, raw::Record, render};
use std::path::Path;

/// The reports in `text`, from rule to rule, without what other output stands between.
fn reports_only(text: &str) -> String {
    let mut kept = String::new();
    let mut inside = false;
    for line in text.lines() {
        let rule = line == render::classic::RULE;
        if inside || rule || line.starts_with("Found ") {
            kept.push_str(line);
            kept.push('\n');
        }
        if rule {
            inside = !inside;
        }
    }
    kept
}

#[test]
fn stock_reports_survive_parsing_and_rendering() {
    let mut seen = 0;
    for entry in std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")).unwrap() {
        let path = entry.unwrap().path().join("race.txt");
        let Ok(text) = std::fs::read_to_string(&path) else {
            continue;
        };
        let mut out = Vec::new();
        for record in classic::parse(&text) {
            match record {
                Record::Race(race) => render::classic::write_race(&race, &mut out).unwrap(),
                Record::End(end) => render::classic::write_count(end.races, &mut out).unwrap(),
                other => panic!("{other:?}"),
            }
        }
        assert_eq!(String::from_utf8(out).unwrap(), reports_only(&text), "{}", path.display());
        seen += 1;
    }
    assert!(seen >= 11, "only {seen} fixtures");
}
