//! JUnit XML: each finding is a test case of its package's suite; new ones fail, known and ignored ones are skipped. A package that was not
//! built, not run or cut short is an error in its suite; one that ran no test is skipped.
//! What is to be said of the whole run stands in the standard error of each suite, for there is no place above them.

use super::{Options, status_words};
use crate::Report;
use crate::clean;
use crate::explain::frames::package_of;
use crate::outcome::{Run, UnitState};
use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;
use std::io::{self, Write};

/// A test case that stands for what could not be checked.
fn error(name: String, class: String, kind: &str, message: &str, detail: &str) -> TestCase {
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Error);
    status.set_message(clean::line(message).into_owned());
    status.set_type(kind);
    let detail: Vec<_> = detail.lines().map(clean::line).collect();
    status.set_description(if detail.is_empty() { clean::line(message).into_owned() } else { detail.join("\n") });
    let mut case = TestCase::new(name, status);
    case.set_classname(class);
    case
}

/// Writes the document.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut junit = Junit::new("hb");
    let mut suites: BTreeMap<String, TestSuite> = BTreeMap::new();
    for finding in &report.findings {
        let package = match package_of(&finding.accesses[0].site.func) {
            "" => "(unknown)".to_owned(),
            package => clean::line(package).into_owned(),
        };
        let status = match status_words(&finding.status) {
            None => {
                let mut text = Vec::new();
                super::terminal::write_one(finding, &Options { color: false, ..options.clone() }, &mut text)?;
                let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
                status.set_message(clean::line(&finding.why.missing).into_owned());
                status.set_type("data race");
                status.set_description(String::from_utf8_lossy(&text).into_owned());
                status
            }
            Some(words) => {
                let mut status = TestCaseStatus::skipped();
                status.set_message(clean::line(&words).into_owned());
                status
            }
        };
        let mut case = TestCase::new(format!("{} [{}]", clean::line(&finding.title), finding.fingerprint), status);
        let test = finding.counts.tests.first().map(|test| clean::line(test).into_owned());
        case.set_classname(test.map_or(package.clone(), |test| format!("{package}.{test}")));
        suites.entry(package.clone()).or_insert_with(|| TestSuite::new(package)).add_test_case(case);
    }
    for unit in report.cut_short() {
        let package = clean::line(&unit.package).into_owned();
        let suite = suites.entry(package.clone()).or_insert_with(|| TestSuite::new(package.clone()));
        suite.add_test_case(error(
            format!("{package} {}", unit.state.words()),
            package,
            unit.state.word(),
            &unit.line(),
            &unit.detail,
        ));
    }
    for failure in report.runs.iter().filter_map(Run::failure) {
        let suite = suites.entry("hb".to_owned()).or_insert_with(|| TestSuite::new("hb"));
        suite.add_test_case(error(clean::line(&failure).into_owned(), "hb".to_owned(), "not_run", &failure, ""));
    }
    for unit in report.units().filter(|unit| unit.state == UnitState::NoTestsRan) {
        let package = clean::line(&unit.package).into_owned();
        let mut case = TestCase::new(format!("{package} {}", unit.state.words()), TestCaseStatus::skipped());
        case.set_classname(package.clone());
        suites.entry(package.clone()).or_insert_with(|| TestSuite::new(package)).add_test_case(case);
    }
    if suites.is_empty() {
        let mut suite = TestSuite::new("data races");
        let mut case = TestCase::new(report.none_found(), TestCaseStatus::success());
        case.set_classname("hb");
        suite.add_test_case(case);
        suites.insert(String::new(), suite);
    }
    let caveats: Vec<String> = report.caveats().iter().map(|caveat| format!("hb: {}\n", clean::line(caveat))).collect();
    for mut suite in suites.into_values() {
        if !caveats.is_empty() {
            suite.set_system_err(caveats.concat());
        }
        junit.add_test_suite(suite);
    }
    // The schema that most servers follow knows `skipped` on suites only, not on the whole.
    let text = junit.to_string().map_err(io::Error::other)?;
    let skipped: usize = junit.test_suites.iter().map(|suite| suite.skipped).sum();
    let whole = format!(" skipped=\"{skipped}\"");
    out.write_all(text.replacen(&whole, "", 1).as_bytes())
}
