//! The formats that name a place in a line each (short, checkstyle, codeclimate, teamcity): each in the form that its readers take, hostile names too.

mod common;

use common::{everything, hostile, render_to_string};
use hb_report::Report;
use hb_report::render::{Format, Level, Options};
use serde_json::Value;

fn both() -> [Report; 2] {
    [everything(), hostile()]
}

#[test]
fn short_is_what_an_errorformat_reads() {
    for report in both() {
        let text = render_to_string(&report, Format::Short, &Options::default());
        let lines: Vec<_> = text.lines().filter(|line| !line.starts_with("hb: ")).collect();
        assert_eq!(lines.len(), 2 * report.new_findings().count());
        for pair in lines.chunks(2) {
            for (line, level) in [(pair[0], "error"), (pair[1], "note")] {
                let (place, said) = line.split_once(&format!(": {level}: ")).unwrap_or_else(|| panic!("{line}"));
                let mut parts = place.rsplitn(3, ':');
                let numbers: Vec<usize> = parts.by_ref().take(2).map(|number| number.parse().unwrap()).collect();
                assert!(numbers.iter().all(|number| *number >= 1) && !parts.next().unwrap().is_empty(), "{line}");
                assert!(!said.is_empty() && !line.contains('\u{1b}'), "{line}");
            }
            assert!(pair[0].ends_with(']') && pair[0].contains(" [go-data-race"), "{}", pair[0]);
        }
    }
}

#[test]
fn checkstyle_has_an_error_at_each_access() {
    for report in both() {
        let text = render_to_string(&report, Format::Checkstyle, &Options::default());
        assert!(
            text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<checkstyle version=\"4.3\">\n"),
            "{text}"
        );
        let findings = text.matches(" source=\"hb.go-data-race").count();
        assert_eq!(findings, 2 * report.new_findings().count());
        assert_eq!(text.matches("<file ").count(), text.matches("</file>").count());
        // Each line is one element, whose quotes and angles are those of the form alone.
        for line in text.lines().skip(2) {
            let line = line.trim();
            assert!(line.starts_with('<') && line.ends_with('>'), "{line}");
            assert_eq!((line.matches('<').count(), line.matches('>').count()), (1, 1), "{line}");
            assert_eq!(line.matches('"').count() % 2, 0, "{line}");
        }
    }
}

#[test]
fn code_climate_has_what_gitlab_asks_for() {
    for report in both() {
        let text = render_to_string(&report, Format::CodeClimate, &Options::default());
        let mut issues: Vec<Value> = serde_json::from_str(&text).unwrap();
        let all = issues.len();
        issues.retain(|issue| issue["check_name"] != "hb-caveat");
        assert_eq!(all - issues.len(), report.caveats().len());
        assert_eq!(issues.len(), report.new_findings().count());
        let mut fingerprints: Vec<_> = issues.iter().map(|issue| issue["fingerprint"].as_str().unwrap()).collect();
        fingerprints.sort_unstable();
        fingerprints.dedup();
        assert_eq!(fingerprints.len(), issues.len());
        for issue in &issues {
            assert!(!issue["description"].as_str().unwrap().is_empty());
            assert!(issue["check_name"].as_str().unwrap().starts_with("go-data-race"));
            assert_eq!(issue["severity"], "critical");
            assert!(issue["location"]["path"].is_string());
            assert!(issue["location"]["lines"]["begin"].as_u64().unwrap() >= 1);
        }
    }
}

#[test]
fn teamcity_has_messages_of_one_line() {
    for report in both() {
        let text = render_to_string(&report, Format::Teamcity, &Options::default());
        assert!(text.is_ascii());
        let is = |kind: &str| text.lines().filter(|line| line.starts_with(&format!("##teamcity[{kind} "))).count();
        assert_eq!(is("inspection"), 2 * report.new_findings().count());
        let rules: std::collections::BTreeSet<_> =
            report.new_findings().map(|finding| hb_report::rules::of(finding).id).collect();
        assert_eq!(is("inspectionType"), rules.len());
        for line in text.lines() {
            assert!(line.starts_with("##teamcity[") && line.ends_with(']'), "{line}");
            // A quote that is not escaped ends a value: an even number of them.
            let plain = line.replace("||", "").replace("|'", "");
            assert_eq!(plain.matches('\'').count() % 2, 0, "{line}");
        }
    }
}

#[test]
fn levels_are_those_of_the_rules() {
    let report = everything();
    let rule = hb_report::rules::of(report.new_findings().next().unwrap()).id;
    let options = Options { levels: [(rule.to_owned(), Level::Note)].into_iter().collect(), ..Options::default() };
    for finding in report.new_findings() {
        let wanted = if hb_report::rules::of(finding).id == rule { Level::Note } else { Level::Error };
        assert_eq!(options.level(finding), wanted);
    }
    let text = render_to_string(&report, Format::Checkstyle, &options);
    assert!(text.contains("severity=\"info\"") && text.contains("severity=\"error\""), "{text}");
}
