//! `hb baseline`: what is added to the file of known races, and what leaves it.

use crate::comments::{self, Comments};
use crate::error::HbError;
use crate::go_env::GoEnv;
use crate::reports;
use hb_report::Report;
use hb_report::baseline::{Baseline, Prune};
use hb_report::finding::Status;
use std::env;
use std::path::{Path, PathBuf};

/// Removes from the baseline at `path` what matches nothing in saved files, if that is asked for, and adds everything new in them where there is
/// a reason; the baseline need not exist yet then. Gives what there is to say.
///
/// # Errors
/// A file cannot be read, or the baseline cannot be read or written.
pub fn change(
    path: &Path,
    reason: Option<&str>,
    prune: Option<Prune>,
    files: &[PathBuf],
) -> Result<Vec<String>, HbError> {
    if reason.is_some_and(|reason| reason.trim().is_empty()) {
        return Err(HbError::Usage("--reason is empty: an entry of a baseline says why a race may stay".to_owned()));
    }
    let mut present = if path.exists() || reason.is_none() { reports::baseline(Some(path))? } else { None };
    let mut report = reports::load(files)?;
    let mut said = Vec::new();
    if let (Some(which), Some(baseline)) = (prune, &mut present) {
        said = remove(baseline, path, &report, which)?;
    }
    let Some(reason) = reason else { return Ok(said) };
    reports::apply(present.as_ref(), &mut report);
    let added = Baseline::of_new(&report, reason);
    added.append_to(path).map_err(|e| HbError::Report(format!("cannot write {e}")))?;
    if prune.is_none() {
        said = report.notes;
    }
    said.push(format!("{} added to {}", added.known.len(), path.display()));
    Ok(said)
}

fn remove(baseline: &mut Baseline, path: &Path, report: &Report, which: Prune) -> Result<Vec<String>, HbError> {
    let pruned = baseline.prune(path, report, which).map_err(|e| HbError::Report(format!("baseline {e}")))?;
    // What was killed or cannot be read may be what an entry is there for.
    let mut said = report.caveats();
    said.extend(pruned.removed.iter().map(|name| format!("removed: {name}")));
    said.extend(pruned.stay.iter().map(|name| format!("matches nothing, but was written by hand: {name}")));
    let more = if pruned.stay.is_empty() { "" } else { "; --prune=all removes those written by hand, too" };
    said.push(format!("{} removed from {}{more}", pruned.removed.len(), path.display()));
    said.extend(unused_comments(report));
    Ok(said)
}

/// What is to be said of comments in the sources of this module that none of the findings met.
fn unused_comments(report: &Report) -> Option<String> {
    let here = env::current_dir().ok()?;
    let nearest = |name: &str| here.ancestors().map(|above| above.join(name)).find(|file| file.is_file());
    let text =
        |file: Option<PathBuf>| file.and_then(|file| file.into_os_string().into_string().ok()).unwrap_or_default();
    let env = GoEnv { gomod: text(nearest("go.mod")), gowork: text(nearest("go.work")), ..GoEnv::default() };
    let used: Vec<(&str, u32)> = report
        .findings
        .iter()
        .filter_map(|finding| match &finding.status {
            Status::Ignored { place, .. } => Some((place.file.as_str(), place.line)),
            _ => None,
        })
        .collect();
    let unused = Comments::find(&comments::places(&env, &here, &[])).unused(&used);
    (!unused.is_empty()).then(|| format!("//hb:ignore comments that these findings do not need: {}", unused.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::change;
    use crate::reports::{self, Format, Output, Request};
    use hb_report::render;
    use std::fs;

    #[test]
    fn a_baseline_grows_by_what_is_new() {
        let dir = tempfile::tempdir().unwrap();
        let text = dir.path().join("log");
        fs::write(&text, GO_TEXT).unwrap();
        let baseline = dir.path().join("b.toml");
        let add = |reason| change(&baseline, Some(reason), None, std::slice::from_ref(&text));
        assert_eq!(add("known").unwrap(), [format!("1 added to {}", baseline.display())]);
        assert_eq!(add("known").unwrap(), [format!("0 added to {}", baseline.display())]);
        assert!(add(" ").is_err());
        let output = dir.path().join("out");
        let request = Request { format: Format::Rendered(render::Format::Json), output: Output::File(output.clone()) };
        let known = reports::baseline(Some(&baseline)).unwrap();
        reports::of_files(&[text], &[request], known.as_ref()).unwrap();
        assert!(fs::read_to_string(output).unwrap().contains("known"));
    }

    const GO_TEXT: &str = "\
==================
WARNING: DATA RACE
Write at 0x00c000012345 by goroutine 7:
  main.main.func1()
      /m/main.go:8 +0x30

Previous write at 0x00c000012345 by main goroutine:
  main.main()
      /m/main.go:11 +0xbd

Goroutine 7 (running) created at:
  main.main()
      /m/main.go:7 +0x99
==================
";
}
