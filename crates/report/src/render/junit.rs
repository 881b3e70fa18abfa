//! JUnit XML: each finding is a test case of its package's suite; new ones fail, known and ignored ones are skipped.
//! What is to be said of the whole run stands in the standard error of each suite, for there is no place above them.

use super::{Options, status_words};
use crate::Report;
use crate::clean;
use crate::explain::frames::package_of;
use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};
use std::collections::BTreeMap;
use std::io::{self, Write};

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
    if suites.is_empty() {
        let mut suite = TestSuite::new("data races");
        let mut case = TestCase::new("no data race was found", TestCaseStatus::success());
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
