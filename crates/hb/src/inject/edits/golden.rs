//! The edits on real toolchains: none is left out, no line gets another number, a text that is gone leaves out its group
//! and nothing else, and what becomes of each file is written in `go/edits/golden`.
//!
//! `HB_TEST_TOOLCHAINS` names their GOROOTs, separated by colons; `cargo xtask edits` sets it, and `--bless` writes the
//! diffs anew.

use super::*;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

/// The versions that are known, as `./setup.sh all` fetches them.
const VERSIONS: [&str; 3] = ["go1.25.5", "go1.26.6", "go1.27.3"];

/// A toolchain's version and the directory of its sources.
fn toolchains() -> Vec<(String, PathBuf)> {
    let named = env::var_os("HB_TEST_TOOLCHAINS").unwrap_or_default();
    let version = |goroot: &Path| {
        let text = fs::read_to_string(goroot.join("VERSION")).unwrap_or_default();
        text.lines().next().unwrap_or_default().to_owned()
    };
    let found: Vec<_> = env::split_paths(&named).map(|goroot| (version(&goroot), goroot.join("src"))).collect();
    let missing: Vec<_> = VERSIONS.iter().filter(|known| !found.iter().any(|(version, _)| version == *known)).collect();
    if !missing.is_empty() {
        assert!(env::var_os("CI").is_none(), "HB_TEST_TOOLCHAINS has no {missing:?}: ./setup.sh all fetches them");
        eprintln!("edits not tested on {missing:?}: cargo xtask edits fetches them");
    }
    found.into_iter().filter(|(version, _)| VERSIONS.contains(&version.as_str())).collect()
}

/// The files that edits are made to.
fn sources(src: &Path) -> Files {
    let edits = GROUPS.iter().flat_map(|group| group.edits);
    edits.filter_map(|edit| Some((edit.file, fs::read_to_string(src.join(edit.file)).ok()?))).collect()
}

/// The lines that differ. Edits leave as many as there were, so a line is compared with the one of its number.
fn diff(file: &str, before: &str, after: &str) -> String {
    let mut text = format!("--- a/src/{file}\n+++ b/src/{file}\n");
    let pairs: Vec<_> = before.lines().zip(after.lines()).collect();
    let mut at = 0;
    while at < pairs.len() {
        let changed = pairs[at..].iter().take_while(|(old, new)| old != new).count();
        if changed > 0 {
            let place = format!("{},{changed}", at + 1);
            text += &format!("@@ -{place} +{place} @@\n");
            pairs[at..at + changed].iter().for_each(|(old, _)| text += &format!("-{old}\n"));
            pairs[at..at + changed].iter().for_each(|(_, new)| text += &format!("+{new}\n"));
        }
        at += changed.max(1);
    }
    text
}

#[test]
fn every_group_fits_and_lines_keep_their_numbers() {
    for (version, src) in toolchains() {
        let whole = sources(&src);
        let edited = tests::apply_to(&whole);
        let left_out: Vec<_> = edited.left_out.iter().map(|(group, why)| format!("{}: {why}", group.name)).collect();
        assert!(left_out.is_empty(), "{version}: {left_out:?}");
        for (file, before) in &whole {
            let after = &edited.files[file];
            assert_eq!(before.lines().count(), after.lines().count(), "{version}: {file}");
        }
    }
}

#[test]
fn a_text_that_is_gone_leaves_out_its_group() {
    for (_, src) in toolchains() {
        tests::check_that_groups_are_left_out_as_a_whole(&sources(&src));
    }
}

#[test]
fn what_becomes_of_each_file_is_written_down() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../go/edits/golden");
    let bless = env::var_os("HB_BLESS").is_some();
    for (version, src) in toolchains() {
        let directory = golden.join(version.rsplit_once('.').expect("a patch release").0);
        if bless {
            let _ = fs::remove_dir_all(&directory);
        }
        let whole = sources(&src);
        let edited = tests::apply_to(&whole);
        for (file, before) in &whole {
            let text = format!("# {version}\n{}", diff(file, before, &edited.files[file]));
            let path = directory.join(format!("{file}.diff"));
            if bless {
                fs::create_dir_all(path.parent().expect("in the directory")).unwrap();
                fs::write(&path, &text).unwrap();
            }
            let written = fs::read_to_string(&path).unwrap_or_default();
            assert!(written == text, "{} is not what becomes of it: cargo xtask edits --bless", path.display());
        }
    }
}
