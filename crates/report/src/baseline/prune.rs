//! Entries taken out of a baseline's file, which otherwise stays byte for byte as it is.

use super::{Baseline, Entry};
use crate::Error;
use crate::finding::Report;
use std::ops::Range;
use std::path::Path;
use toml::de::DeTable;

/// Which of the entries that match nothing go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Prune {
    /// Those by fingerprint alone, which `hb baseline` writes.
    Fingerprints,
    /// Also those by function, package, path or variable, which a person wrote and of which a run may meet nothing just now.
    All,
}

/// What became of the entries that match nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// Those that were taken out: what they name, and their title if they have one.
    pub removed: Vec<String>,
    /// Those that a person wrote and that stay.
    pub stay: Vec<String>,
}

impl Baseline {
    /// Takes the entries that match nothing in a report out of the file that this was read from.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Format`] where the report cannot tell what is dead, or an entry cannot be cut out of the file. The file stays
    /// as it is then.
    pub fn prune(&mut self, path: &Path, report: &Report, which: Prune) -> Result<Pruned, Error> {
        if let Some(reason) = tells_nothing(report) {
            return Err(Error::format(path, format!("nothing is removed: {reason}")));
        }
        let mut pruned = Pruned::default();
        let (mut gone, mut kept) = (Vec::new(), Vec::new());
        for (number, entry) in self.known.iter().enumerate() {
            let dead = !report.findings.iter().any(|finding| entry.matches(finding));
            if dead && (which == Prune::All || !entry.by_hand()) {
                let title = entry.title.as_ref().map(|title| format!(" ({title})")).unwrap_or_default();
                pruned.removed.push(entry.name() + &title);
                gone.push(number);
            } else {
                if dead {
                    pruned.stay.push(entry.name());
                }
                kept.push(entry.clone());
            }
        }
        if gone.is_empty() {
            return Ok(pruned);
        }
        let text = std::fs::read_to_string(path).map_err(|error| Error::io(path, error))?;
        let rest = Baseline { known: kept };
        let left = without(&text, &gone)
            .filter(|left| Baseline::parse(left).as_ref() == Ok(&rest))
            .ok_or_else(|| Error::format(path, "an entry cannot be removed: each must begin with a line [[known]]"))?;
        crate::write_whole(path, left.as_bytes())?;
        *self = rest;
        Ok(pruned)
    }
}

impl Entry {
    /// Whether it says more than a fingerprint, which nobody writes by hand.
    fn by_hand(&self) -> bool {
        self.function.is_some() || self.package.is_some() || self.path.is_some() || self.variable.is_some()
    }
}

/// Why a report does not tell whether an entry is dead, if it does not.
fn tells_nothing(report: &Report) -> Option<String> {
    let totals = &report.totals;
    if totals.processes == 0 {
        return Some("no program ran (results from the cache? -count=1 runs the tests again)".to_owned());
    }
    if let Some(failure) = report.failures().first() {
        return Some(format!("not all was checked: {failure}"));
    }
    let cached = report.units().filter(|unit| unit.cached).count();
    if cached > 0 {
        let packages = if cached == 1 { "of one package" } else { &format!("of {cached} packages") };
        return Some(format!(
            "the results {packages} came from the cache, without their races (-count=1 runs the tests again)"
        ));
    }
    if totals.unfinished_processes > 0 {
        return Some(format!("what did not end may have raced on: {}", report.unfinished().join("; ")));
    }
    let dropped = totals.findings_dropped;
    (dropped > 0).then(|| format!("{dropped} races were counted but not kept, and may be those of an entry"))
}

/// The text without some of its entries, by number; none where an entry is written in another way than with a header of its own.
fn without(text: &str, gone: &[usize]) -> Option<String> {
    let document = DeTable::parse(text).ok()?;
    let known = document.get_ref().get("known")?.get_ref().as_array()?;
    let mut left = text.to_owned();
    // From the last, so that the places of the others hold.
    for &number in gone.iter().rev() {
        let table = known.get(number)?.get_ref().as_table()?;
        let first = table.iter().map(|(key, _)| key.span().start).min()?;
        let last = table.iter().map(|(_, value)| value.span().end).max()?;
        left.replace_range(lines(text, first, last)?, "");
    }
    Some(left)
}

/// An entry's lines, from its header to the last of its values, and the empty line that sets it off. Comments above the header and below the
/// values may be about more than it, and stay.
fn lines(text: &str, first: usize, last: usize) -> Option<Range<usize>> {
    let above = |at: usize| text[..at].strip_suffix('\n').map(|rest| rest.rfind('\n').map_or(0, |end| end + 1));
    let mut start = text[..first].rfind('\n')? + 1;
    loop {
        start = above(start)?;
        let line = text[start..].trim_start();
        if line.starts_with("[[") {
            break;
        }
        if !line.starts_with('#') && !text[start..].lines().next()?.trim().is_empty() {
            return None;
        }
    }
    if let Some(before) = above(start).filter(|&before| text[before..start].trim().is_empty()) {
        start = before;
    }
    let end = text[last..].find('\n').map_or(text.len(), |end| last + end + 1);
    Some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Finding, Totals};
    use crate::outcome::{Run, Unit, UnitState};

    const FILE: &str = "\
# Ask Ann before you add to this.

[[known]]
fingerprint = \"aa\" # the first
title = \"data race on x\"
reason = \"r\"

# The cache:
[[known]]
# only statistics
reason = \"\"\"
[[known]]
of several lines\"\"\"
fingerprint = \"bb\"

  [[ known ]]
  package = \"example.com/old/...\"
  reason = 'being replaced' # issue 7
# nothing below

[[known]]
fingerprint = \"cc\"
reason = \"r\"";

    fn report(fingerprints: &[&str]) -> Report {
        let finding = |fingerprint: &&str| Finding { fingerprint: (*fingerprint).to_owned(), ..Finding::default() };
        let totals = Totals { processes: 1, ..Totals::default() };
        Report { findings: fingerprints.iter().map(finding).collect(), totals, ..Report::default() }
    }

    fn pruned(text: &str, report: &Report, which: Prune) -> (Result<Pruned, String>, String) {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("b.toml");
        std::fs::write(&path, text).unwrap();
        let mut baseline = Baseline::load(&path).unwrap();
        let pruned = baseline.prune(&path, report, which).map_err(|error| error.to_string());
        assert_eq!(Baseline::load(&path).unwrap(), baseline);
        (pruned, std::fs::read_to_string(&path).unwrap())
    }

    #[test]
    fn the_dead_go_and_all_else_stays() {
        let (said, text) = pruned(FILE, &report(&["cc"]), Prune::Fingerprints);
        let said = said.unwrap();
        assert_eq!(said.removed, ["fingerprint aa (data race on x)", "fingerprint bb"]);
        assert_eq!(said.stay, ["package example.com/old/..."]);
        let by_hand = FILE.find("  [[ known ]]").unwrap();
        assert_eq!(
            text,
            format!("# Ask Ann before you add to this.\n\n# The cache:\n\n{}", &FILE[by_hand..]),
            "only the lines of the two"
        );
        // Line ends are no matter.
        let (_, windows) = pruned(&FILE.replace('\n', "\r\n"), &report(&["cc"]), Prune::Fingerprints);
        assert_eq!(windows, text.replace('\n', "\r\n"));

        let (said, text) = pruned(FILE, &report(&["aa"]), Prune::All);
        assert_eq!(said.unwrap().removed.len(), 3);
        let second = FILE.find("[[known]]\n# only").unwrap();
        assert_eq!(text, format!("{}# nothing below\n", &FILE[..second]));
    }

    #[test]
    fn what_lives_is_not_touched() {
        let (said, text) = pruned(FILE, &report(&["aa", "bb", "cc"]), Prune::Fingerprints);
        assert!(said.unwrap().removed.is_empty());
        assert_eq!(text, FILE);
    }

    #[test]
    fn a_report_that_is_not_whole_tells_of_no_dead() {
        let mut nothing_ran = report(&[]);
        nothing_ran.totals.processes = 0;
        let mut too_many = report(&[]);
        too_many.totals.findings_dropped = 3;
        let with = |unit: Unit| {
            let mut report = report(&[]);
            report.runs.push(Run { units: vec![unit], ..Run::default() });
            report
        };
        let cached = with(Unit { cached: true, ..Unit::default() });
        let broken = with(Unit { package: "m/p".to_owned(), state: UnitState::NotBuilt, ..Unit::default() });
        let mut killed = report(&[]);
        killed.totals.unfinished_processes = 1;
        for (report, why) in [
            (nothing_ran, "no program ran"),
            (too_many, "3 races were counted but not kept"),
            (cached, "the results of one package came from the cache"),
            (broken, "not all was checked: m/p was not built"),
            (killed, "what did not end"),
        ] {
            let (said, text) = pruned(FILE, &report, Prune::All);
            let said = said.unwrap_err();
            assert!(said.contains("nothing is removed: ") && said.contains(why), "{said}");
            assert_eq!(text, FILE);
        }
    }

    #[test]
    fn what_cannot_be_cut_out_is_left() {
        let inline = "known = [\n{ fingerprint = \"aa\", reason = \"r\" },\n]\n";
        let (said, text) = pruned(inline, &report(&[]), Prune::All);
        assert!(said.unwrap_err().contains("an entry cannot be removed"));
        assert_eq!(text, inline);
    }
}
