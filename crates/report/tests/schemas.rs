//! SARIF, JUnit and the report's own JSON against their schemas.

mod common;

use common::{everything, fixture, hostile, recorded, render_to_string};
use hb_report::Report;
use hb_report::render::{Format, Options};
use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Stdio};

fn assert_valid(schema: &Value, document: &Value) {
    let validator = jsonschema::validator_for(schema).unwrap();
    let errors: Vec<String> =
        validator.iter_errors(document).map(|error| format!("{error} at {}", error.instance_path())).collect();
    assert!(errors.is_empty(), "{errors:#?}");
}

fn reports() -> Vec<Report> {
    vec![everything(), recorded(), hostile(), Report::default()]
}

#[test]
fn sarif_is_valid_by_the_official_schema() {
    // One pattern of the official file has a stray bracket that strict regular expressions refuse.
    let text = std::fs::read_to_string(fixture("tests/schemas/sarif-2.1.0.json")).unwrap();
    let schema: Value = serde_json::from_str(&text.replace("[a-zA-Z]{2}]?$", "[a-zA-Z]{2}$")).unwrap();
    for report in reports() {
        for options in [Options::default(), Options { relative_to: Some("/fix".into()), ..Options::default() }] {
            let document: Value = serde_json::from_str(&render_to_string(&report, Format::Sarif, &options)).unwrap();
            assert_valid(&schema, &document);
            for result in document["runs"][0]["results"].as_array().unwrap() {
                assert_eq!(result["codeFlows"][0]["threadFlows"].as_array().unwrap().len(), 2);
                assert!(result["partialFingerprints"]["hbFingerprint/v1"].is_string());
                assert!(result["message"]["text"].as_str().unwrap().chars().count() <= 1001);
            }
        }
    }
    // The check itself can fail.
    let mut broken: Value =
        serde_json::from_str(&render_to_string(&everything(), Format::Sarif, &Options::default())).unwrap();
    broken["runs"][0]["results"][0]["level"] = "terrible".into();
    assert!(!jsonschema::is_valid(&schema, &broken));
}

#[test]
fn rule_ids_are_stable() {
    let ids: Vec<&str> = hb_report::render::sarif::RULES.iter().map(|rule| rule.1).collect();
    assert_eq!(
        ids,
        [
            "go-data-race",
            "go-data-race-counter",
            "go-data-race-flag",
            "go-data-race-map",
            "go-data-race-fields",
            "go-data-race-publication",
            "go-data-race-result",
            "go-data-race-lazy-init",
            "go-data-race-loop-variable",
            "go-data-race-read-mostly",
            "go-data-race-slice",
            "go-data-race-late-write",
            "go-data-race-mixed-atomic",
            "go-data-race-waitgroup",
            "go-data-race-close",
            "go-data-race-shared-array"
        ]
    );
}

#[test]
fn the_report_is_valid_by_its_own_schema() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/findings-schema.json");
    let schema: Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    for report in reports() {
        let document: Value =
            serde_json::from_str(&render_to_string(&report, Format::Json, &Options::default())).unwrap();
        assert_valid(&schema, &document);
    }
    // A line of JSON lines has its own place there.
    let mut of_line = schema.clone();
    of_line["$ref"] = "#/$defs/line".into();
    for field in ["type", "properties", "required"] {
        of_line.as_object_mut().unwrap().remove(field);
    }
    for report in reports() {
        let lines = render_to_string(&report, Format::JsonLines, &Options::default());
        let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        lines.iter().for_each(|line| assert_valid(&of_line, line));
        assert_eq!(lines.last().unwrap()["type"], "run");
    }
    assert!(!jsonschema::is_valid(&of_line, &serde_json::json!({"type": "run"})));
    let mut broken: Value =
        serde_json::from_str(&render_to_string(&everything(), Format::Json, &Options::default())).unwrap();
    broken["findings"][0]["fingerprint"] = "short".into();
    assert!(!jsonschema::is_valid(&schema, &broken));
}

/// With xmllint (Debian's libxml2-utils) or lxml, which `test.sh` fetches, by the vendored schema; everywhere by the counts that the schema cannot check.
#[test]
fn junit_is_valid() {
    for report in reports() {
        let document = render_to_string(&report, Format::Junit, &Options::default());
        let parsed = quick_junit::Report::deserialize_from_str(&document).unwrap();
        let cases: usize = parsed.test_suites.iter().map(|suite| suite.test_cases.len()).sum();
        assert_eq!(cases, report.findings.len().max(1));
        assert_eq!(parsed.failures, report.new_findings().count());
        let Some(mut validator) = junit_validator(&fixture("tests/schemas/jenkins-junit.xsd")) else {
            eprintln!("neither xmllint nor lxml is there: the schema was not checked, only the structure");
            continue;
        };
        use std::io::Write as _;
        validator.stdin.take().unwrap().write_all(document.as_bytes()).unwrap();
        let output = validator.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
}

/// What reads a document from its input and fails if it is not one of the schema.
fn junit_validator(schema: &Path) -> Option<Child> {
    const LXML: &str = "import sys; from lxml import etree; \
        etree.XMLSchema(etree.parse(sys.argv[1])).assertValid(etree.parse(sys.stdin.buffer))";
    let mut xmllint = Command::new("xmllint");
    xmllint.args(["--nonet", "--noout", "--schema"]).arg(schema).arg("-");
    let python = |script: &str| {
        let mut python = Command::new("python3");
        if let Some(place) = std::env::var_os("HB_TEST_LXML") {
            python.env("PYTHONPATH", place);
        }
        python.args(["-c", script]).stderr(Stdio::null());
        python
    };
    let start = |command: &mut Command| command.stdin(Stdio::piped()).stderr(Stdio::piped()).spawn().ok();
    start(&mut xmllint).or_else(|| {
        let there = python("import lxml").status().is_ok_and(|status| status.success());
        if there { start(python(LXML).arg(schema)) } else { None }
    })
}
