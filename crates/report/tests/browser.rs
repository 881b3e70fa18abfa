//! The page in a real browser, where one is installed (Debian's chromium): its script runs, filters filter, a link opens
//! its finding, and hostile names run nothing.

mod common;

use common::{everything, hostile, render_to_string};
use hb_report::render::{Format, Options};
use std::path::Path;
use std::process::{Command, Stdio};

/// The page as the browser sees it after its scripts ran, or `None` without a browser.
fn browse(page: &str, fragment: &str) -> Option<String> {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("page.html");
    std::fs::write(&file, page).unwrap();
    let profile = format!("--user-data-dir={}", dir.path().join("profile").display());
    let output = Command::new("chromium")
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"])
        .args(["--disable-component-update", "--disable-sync", "--virtual-time-budget=3000", "--dump-dom", &profile])
        .arg(format!("file://{}{fragment}", Path::new(&file).display()))
        .stderr(Stdio::null())
        .output();
    match output {
        Ok(output) => Some(String::from_utf8(output.stdout).unwrap()),
        Err(error) => {
            eprintln!("chromium is not there ({error}): the page was not driven");
            None
        }
    }
}

#[test]
fn the_page_works() {
    let report = everything();
    let page = render_to_string(&report, Format::Html, &Options::default());
    let drive = "<script>find.value='Cache.items get';find.dispatchEvent(new Event('input'));document.title='found '+shown.textContent;\
        find.value='';shape.value='counter';shape.dispatchEvent(new Event('input'));document.title+=', counters '+shown.textContent;\
        document.getElementById('open').click();document.title+=', open '+document.querySelectorAll('li:not([hidden])>details[open]').length</script></body>";
    let last = report.findings.last().unwrap().fingerprint.clone();
    let Some(seen) = browse(&page.replace("</body>", drive), &format!("#{last}")) else { return };
    let total = report.findings.len();
    let counters = page.matches("data-shape=\"counter\"").count();
    let title = seen.split_once("<title>").unwrap().1.split_once("</title>").unwrap().0;
    assert_eq!(title, format!("found 1 of {total} shown, counters {counters} of {total} shown, open {counters}"));
    let opened = seen.split_once(&format!("<li id=\"{last}\"")).unwrap().1;
    assert!(opened.split_once("<details").unwrap().1.starts_with(" open"), "the link did not open its finding");
}

#[test]
fn hostile_names_run_nothing() {
    let page = render_to_string(&hostile(), Format::Html, &Options::default());
    let watch = "<head><script>window.alert=function(x){document.documentElement.dataset.alerted=x}</script>";
    let Some(seen) = browse(&page.replacen("<head>", watch, 1), "") else { return };
    assert!(seen.contains("1 of 1 shown"), "the page's own script did not run");
    assert!(!seen.contains("data-alerted") && !seen.contains("<img"), "{seen}");
}
