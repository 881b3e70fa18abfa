//! The baseline: what is known and may stay for now, in one TOML file.
//!
//! ```toml
//! [[known]]
//! fingerprint = "0123456789abcdef"
//! title = "data race on shared variable total"   # for readers; not compared
//! reason = "statistics only; issue 12"
//! expires = 2027-01-31                           # optional, the last day (in UTC) on which it holds
//!
//! [[known]]
//! package = "example.com/legacy/..."             # or function = "main.(*Cache).Get", path = "gen/*.go", variable = "Cache.hits"
//! reason = "being replaced"
//! ```
//!
//! An entry matches when everything that it names matches. A finding matches by function, package or path when either of
//! its accesses' sites does. An entry that matches nothing, or has expired, is reported as a note. What `hb baseline` adds goes to the end of
//! the file; what a person wrote there stays as it is, comments too.

mod prune;

pub use prune::{Prune, Pruned};

use crate::Error;
use crate::explain::frames::{package_of, unescaped};
use crate::finding::{Finding, Place, Report, Status};
use serde::{Deserialize, Serialize};
use std::fmt::Write as _;
use std::path::Path;

/// How a new file begins.
const HEAD: &str = "\
# Data races that are known and may stay for now. A run fails only on others.
# Each [[known]] names what it covers by fingerprint, function, package, path or variable, and says why.
# Optional: expires = YYYY-MM-DD, the last day on which the entry holds.
";

/// How a note about entries begins.
const NOTE: &str = "baseline: ";
/// Entries without a match that are named.
const STALE_NAMED: usize = 5;

/// A baseline file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The entries, in the file's order.
    #[serde(default)]
    pub known: Vec<Entry>,
}

/// One entry.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// A finding's fingerprint.
    pub fingerprint: Option<String>,
    /// A function's full name, its import path as in the source; a final `*` stands for any rest.
    pub function: Option<String>,
    /// An import path; a final `/...` stands for everything below too.
    pub package: Option<String>,
    /// A file, as its path's end; `*` stands for any characters but `/`.
    pub path: Option<String>,
    /// The variable, as reports name it: `Cache.items`, with or without its package (`example.com/m.Cache.items`); a final `*` stands for any rest.
    pub variable: Option<String>,
    /// Why it may stay. Required.
    pub reason: String,
    /// The last day on which the entry holds: `2027-01-31`, as a date of TOML or a string.
    #[serde(default, deserialize_with = "date")]
    pub expires: Option<String>,
    /// What the finding is called, for the file's readers.
    pub title: Option<String>,
}

/// What applying a baseline came to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Applied {
    /// Findings that became known.
    pub known: usize,
    /// Entries that match nothing any more.
    pub stale: Vec<String>,
    /// Entries whose day has passed.
    pub expired: Vec<String>,
}

impl Applied {
    /// One line on all entries without a match. A run of a part of the tests matches a part of them.
    pub fn stale_note(&self) -> Option<String> {
        let more = self.stale.len().saturating_sub(STALE_NAMED);
        let names = self.stale.iter().take(STALE_NAMED).map(String::as_str).collect::<Vec<_>>().join("; ");
        let more = if more == 0 { String::new() } else { format!("; and {more} more") };
        match self.stale.len() {
            0 => None,
            1 => Some(format!(
                "{NOTE}one entry matches nothing here, and can go if that was a full run (hb baseline --prune): {names}"
            )),
            n => Some(format!(
                "{NOTE}{n} entries match nothing here, and can go if that was a full run (hb baseline --prune): {names}{more}"
            )),
        }
    }
}

impl Baseline {
    /// Reads a baseline.
    ///
    /// # Errors
    /// [`Error::Io`] when it cannot be read; [`Error::Format`] with line and column when it is malformed, an entry names
    /// nothing to match, has an empty reason, or an impossible date.
    pub fn load(path: &Path) -> Result<Baseline, Error> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::io(path, error))?;
        Baseline::parse(&text).map_err(|problem| Error::format(path, problem))
    }

    /// Reads a baseline from its text; the error says `line L, column C: …`.
    ///
    /// # Errors
    /// As [`Baseline::load`].
    pub fn parse(text: &str) -> Result<Baseline, String> {
        let baseline: Baseline = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            format!("{}: {}", position(text, at), error.message().trim())
        })?;
        for (number, entry) in baseline.known.iter().enumerate() {
            if let Err(problem) = entry.check() {
                return Err(format!("{}: {problem}", position(text, nth_entry(text, number))));
            }
        }
        Ok(baseline)
    }

    /// Why a race at two places may stay, if an entry covers it today; `fingerprint` says whether its fingerprint is this one, and `variable` whether
    /// its variable goes by this name, which are not asked where the places do not fit.
    pub fn covers(
        &self,
        sites: [&Place; 2],
        fingerprint: &mut dyn FnMut(&str) -> bool,
        variable: &mut dyn FnMut(&str) -> bool,
        today: &str,
    ) -> Option<&str> {
        let fits = |entry: &&Entry| !entry.expired(today) && entry.fits(sites, fingerprint, variable);
        let entry = self.known.iter().find(fits)?;
        Some(&entry.reason)
    }

    /// Marks the findings that an entry matches as known, in the place of what an earlier baseline said. `today` is a date as `2026-12-31`, from which expiry is told.
    pub fn apply(&self, report: &mut Report, today: &str) -> Applied {
        let mut applied = Applied::default();
        report.notes.retain(|note| !note.starts_with(NOTE));
        for finding in &mut report.findings {
            if matches!(finding.status, Status::Known { .. }) {
                finding.status = Status::New;
            }
        }
        for entry in &self.known {
            let matching: Vec<usize> =
                (0..report.findings.len()).filter(|&index| entry.matches(&report.findings[index])).collect();
            if matching.is_empty() {
                applied.stale.push(entry.name());
            } else if entry.expired(today) {
                applied.expired.push(entry.name());
            } else {
                for index in matching {
                    if !self.names_all(entry, &report.findings[index], today) {
                        continue;
                    }
                    let status = &mut report.findings[index].status;
                    if *status == Status::New {
                        *status = Status::Known { reason: entry.reason.clone() };
                        applied.known += 1;
                    }
                }
            }
        }
        report.notes.extend(applied.stale_note());
        for name in &applied.expired {
            report.notes.push(format!("{NOTE}the entry for {name} has expired"));
        }
        report.sort();
        applied
    }

    /// Whether an entry that matches covers all of a finding. A fingerprint of an earlier form is that of one pair of lines, of which a finding
    /// may have more: it is known where each is.
    fn names_all(&self, entry: &Entry, finding: &Finding, today: &str) -> bool {
        let former = |wanted: &String| *wanted != finding.fingerprint && finding.former_fingerprints.contains(wanted);
        let named = |old: &String| {
            self.known.iter().any(|entry| entry.fingerprint.as_ref() == Some(old) && !entry.expired(today))
        };
        !entry.fingerprint.as_ref().is_some_and(former) || finding.former_fingerprints.iter().all(named)
    }

    /// A baseline of everything new in a report.
    pub fn of_new(report: &Report, reason: &str) -> Baseline {
        let entry = |finding: &Finding| Entry {
            fingerprint: Some(finding.fingerprint.clone()),
            title: Some(finding.title.clone()),
            reason: reason.to_owned(),
            ..Entry::default()
        };
        Baseline { known: report.new_findings().map(entry).collect() }
    }

    /// Writes the entries behind those of a file, which stays as it is otherwise, comments too; without one, a new file that begins with a
    /// comment on how to read it.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::Format`] where nothing can be written behind what the file has. An earlier file stays whole then.
    pub fn append_to(&self, path: &Path) -> Result<(), Error> {
        let mut text = match std::fs::read_to_string(path) {
            Ok(text) if self.known.is_empty() => {
                return Baseline::parse(&text).map(drop).map_err(|e| Error::format(path, e));
            }
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => HEAD.to_owned(),
            Err(error) => return Err(Error::io(path, error)),
        };
        if !text.is_empty() && !text.ends_with('\n') {
            text.push('\n');
        }
        text.push_str(&self.to_text());
        // `known = [{…}]` is a baseline, but nothing can be added to it from behind.
        Baseline::parse(&text)
            .map_err(|problem| Error::format(path, format!("an entry cannot be added: {problem}")))?;
        crate::write_whole(path, text.as_bytes())
    }

    /// The entries, as they stand in a file.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for entry in &self.known {
            text.push_str("\n[[known]]\n");
            let fields = [
                ("fingerprint", &entry.fingerprint),
                ("function", &entry.function),
                ("package", &entry.package),
                ("path", &entry.path),
                ("variable", &entry.variable),
                ("title", &entry.title),
                ("reason", &Some(entry.reason.clone())),
                ("expires", &entry.expires),
            ];
            for (key, value) in fields {
                if let Some(value) = value {
                    let _ = writeln!(text, "{key} = {}", quoted(value));
                }
            }
        }
        text
    }
}

impl Entry {
    fn check(&self) -> Result<(), String> {
        let named =
            [&self.fingerprint, &self.function, &self.package, &self.path, &self.variable].map(Option::as_deref);
        if named == [None; 5] {
            return Err("an entry needs a fingerprint, function, package, path or variable".to_owned());
        }
        if named.contains(&Some("")) {
            return Err("a fingerprint, function, package, path or variable is empty and matches nothing".to_owned());
        }
        if self.reason.trim().is_empty() {
            return Err("an entry needs a reason".to_owned());
        }
        if let Some(day) = &self.expires
            && !is_date(day)
        {
            return Err(format!("expires must be a date such as 2027-01-31, not {day:?}"));
        }
        Ok(())
    }

    fn expired(&self, today: &str) -> bool {
        self.expires.as_deref().is_some_and(|last| last < today)
    }

    /// Whether all that the entry names matches.
    pub fn matches(&self, finding: &Finding) -> bool {
        let sites = finding.accesses.each_ref().map(|access| &access.site);
        self.fits(sites, &mut |wanted| finding.has_fingerprint(wanted), &mut |name| is_called(finding, name))
    }

    fn fits(
        &self,
        sites: [&Place; 2],
        fingerprint: &mut dyn FnMut(&str) -> bool,
        variable: &mut dyn FnMut(&str) -> bool,
    ) -> bool {
        let any_site = |test: &dyn Fn(&Place) -> bool| sites.into_iter().any(test);
        self.function.as_ref().is_none_or(|pattern| {
            let pattern = unescaped(pattern);
            any_site(&|site| match pattern.strip_suffix('*') {
                Some(start) if !pattern.ends_with("(*") => unescaped(&site.func).starts_with(start),
                _ => unescaped(&site.func) == pattern,
            })
        }) && self.package.as_ref().is_none_or(|pattern| {
            let pattern = unescaped(pattern);
            any_site(&|site| {
                let package = unescaped(package_of(&site.func));
                match pattern.strip_suffix("/...") {
                    Some(root) => {
                        package == root || package.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'))
                    }
                    None => package == pattern,
                }
            })
        }) && self.path.as_ref().is_none_or(|pattern| any_site(&|site| path_matches(pattern, &site.file)))
            && self.fingerprint.as_ref().is_none_or(|wanted| fingerprint(wanted))
            && self.variable.as_ref().is_none_or(|wanted| variable(wanted))
    }

    fn name(&self) -> String {
        let parts = [
            ("fingerprint", &self.fingerprint),
            ("function", &self.function),
            ("package", &self.package),
            ("path", &self.path),
            ("variable", &self.variable),
        ];
        let named: Vec<String> =
            parts.iter().filter_map(|(key, value)| Some(format!("{key} {}", value.as_ref()?))).collect();
        named.join(", ")
    }
}

/// Whether a finding's variable goes by a name, alone or with the package of an access.
pub(crate) fn is_called(finding: &Finding, wanted: &str) -> bool {
    let own = [&finding.variable.name, &finding.variable.inside].into_iter().filter(|name| !name.is_empty());
    let packages = finding.accesses.each_ref().map(|access| unescaped(package_of(&access.site.func)));
    let names = own.flat_map(|name| {
        let full = packages.iter().map(move |package| format!("{package}.{name}"));
        full.chain([name.clone()])
    });
    let wanted = unescaped(wanted);
    names.into_iter().any(|name| match wanted.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == wanted,
    })
}

/// Whether the last elements of `file` match the elements of `pattern`.
fn path_matches(pattern: &str, file: &str) -> bool {
    let wanted: Vec<&str> = pattern.split('/').collect();
    let have: Vec<&str> = file.split('/').collect();
    have.len() >= wanted.len()
        && wanted.iter().rev().zip(have.iter().rev()).all(|(want, have)| glob(want.as_bytes(), have.as_bytes()))
}

/// `*` stands for any characters; in time proportional to the product of the lengths.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    let (mut at, mut from, mut star) = (0, 0, None);
    while from < text.len() {
        if at < pattern.len() && pattern[at] == b'*' {
            star = Some((at, from));
            at += 1;
        } else if at < pattern.len() && pattern[at] == text[from] {
            at += 1;
            from += 1;
        } else if let Some((star_at, star_from)) = star {
            at = star_at + 1;
            from = star_from + 1;
            star = Some((star_at, star_from + 1));
        } else {
            return false;
        }
    }
    pattern[at..].iter().all(|&b| b == b'*')
}

/// A date as TOML has it, or as a string.
fn date<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Date {
        Text(String),
        Date(toml::value::Datetime),
    }
    // An error of the untagged form has no word about what is wanted.
    let date = Date::deserialize(deserializer)
        .map_err(|_| serde::de::Error::custom("expires must be a date such as 2027-01-31"))?;
    Ok(Some(match date {
        Date::Text(text) => text,
        Date::Date(date) => date.to_string(),
    }))
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let number = |part: &str, length: usize| {
        (part.len() == length && part.bytes().all(|b| b.is_ascii_digit())).then(|| part.parse::<u32>().unwrap_or(0))
    };
    match parts.as_slice() {
        [year, month, day] => {
            let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
                return false;
            };
            let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
            let days = match month {
                4 | 6 | 9 | 11 => 30,
                2 if leap => 29,
                2 => 28,
                1..=12 => 31,
                _ => 0,
            };
            (1..=days).contains(&day)
        }
        _ => false,
    }
}

/// Byte offset of the n-th `[[known]]` header.
fn nth_entry(text: &str, number: usize) -> usize {
    let mut offset = 0;
    let mut seen = 0;
    for line in text.split_inclusive('\n') {
        let header = line.trim_start();
        if header.starts_with("[[") && header.replace(' ', "").starts_with("[[known]]") {
            if seen == number {
                return offset;
            }
            seen += 1;
        }
        offset += line.len();
    }
    0
}

/// Where the byte `at` of a text is, for a message: `line 2, column 8`.
pub fn position(text: &str, at: usize) -> String {
    let before = &text[..text.floor_char_boundary(at)];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    format!("line {line}, column {column}")
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if crate::clean::is_hostile(c) => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_line_and_column() {
        for (text, want) in [
            ("[[known]]\nfingerprint = 3\nreason = \"x\"\n", "line 2, column 15"),
            ("[[known]]\nfingerprint = \"a\"\n", "line 1, column 1"),
            ("# c\n[[known]]\nreason = \"x\"\n", "line 2, column 1: an entry needs a fingerprint"),
            (
                "[[known]]\npath = \"a\"\nreason = \"x\"\n[[known]]\npath = \"b\"\nreason = \" \"\n",
                "line 4, column 1: an entry needs a reason",
            ),
            ("[[known]]\npath = \"a\"\nreason = \"x\"\nexpires = \"2027-02-29\"\n", "expires must be a date"),
            ("[[known]]\npath = \"a\"\nreason = \"x\"\nexpires = 7\n", "line 4, column 11: expires must be a date"),
            ("[[known]]\npath = \"a\"\nreason = \"x\"\nexpires = 2027-01-31T10:00:00Z\n", "expires must be a date"),
            (
                "[[known]]\npath = \"\"\nreason = \"x\"\n",
                "line 1, column 1: a fingerprint, function, package, path or variable is empty",
            ),
            ("[[known]]\npath = \"a\"\nreson = \"x\"\n", "line 3, column 1"),
            ("[[known\n", "line 1, column"),
        ] {
            let error = Baseline::parse(text).unwrap_err();
            assert!(error.contains(want), "{text:?}: {error}");
        }
    }

    #[test]
    fn text_comes_back() {
        let baseline = Baseline {
            known: vec![Entry {
                fingerprint: Some("ab".into()),
                reason: "a \"b\" \\ \u{1b}[0m \u{202e}".into(),
                expires: Some("2028-02-29".into()),
                ..Entry::default()
            }],
        };
        let text = baseline.to_text();
        assert_eq!(Baseline::parse(&text).unwrap(), baseline);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text:?}");
        let as_date = text.replace("\"2028-02-29\"", "2028-02-29");
        assert_eq!(Baseline::parse(&as_date).unwrap(), baseline);
    }

    #[test]
    fn what_a_person_wrote_stays() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("b.toml");
        let added =
            Baseline { known: vec![Entry { path: Some("b.go".into()), reason: "r".into(), ..Entry::default() }] };
        let written = "# ask Ann\n[[known]]\npath = \"a.go\"\nreason = \"x\" # issue 7";
        std::fs::write(&path, written).unwrap();
        Baseline::default().append_to(&path).unwrap();
        assert_eq!(std::fs::read_to_string(&path).unwrap(), written);
        added.append_to(&path).unwrap();
        let text = std::fs::read_to_string(&path).unwrap();
        assert_eq!(text, format!("{written}\n\n[[known]]\npath = \"b.go\"\nreason = \"r\"\n"));

        let inline = "known = [{ path = \"a.go\", reason = \"x\" }]\n";
        std::fs::write(&path, inline).unwrap();
        let error = added.append_to(&path).unwrap_err().to_string();
        assert!(error.contains("an entry cannot be added: line "), "{error}");
        assert_eq!(std::fs::read_to_string(&path).unwrap(), inline);
    }

    #[test]
    fn import_paths_are_written_as_in_the_source() {
        let mut finding = Finding::default();
        finding.accesses[0].site.func = "gopkg.in/yaml%2ev3.(*T).F".to_owned();
        for (package, function, want) in [
            (Some("gopkg.in/yaml.v3"), None, true),
            (Some("gopkg.in/yaml%2ev3"), None, true),
            (Some("gopkg.in/..."), None, true),
            (Some("gopkg.in/yaml"), None, false),
            (None, Some("gopkg.in/yaml.v3.(*T).F"), true),
            (None, Some("gopkg.in/yaml%2ev3.(*T).F"), true),
            (None, Some("gopkg.in/yaml.v3.(*T)*"), true),
            (None, Some("gopkg.in/yaml.v3.(*"), false),
        ] {
            let entry =
                Entry { package: package.map(Into::into), function: function.map(Into::into), ..Entry::default() };
            assert_eq!(entry.matches(&finding), want, "{entry:?}");
        }
    }

    #[test]
    fn paths_and_globs() {
        assert!(path_matches("gen/*.go", "/a/gen/x.go"));
        assert!(!path_matches("gen/*.go", "/a/gen/b/x.go"));
        assert!(path_matches("x.go", "x.go"));
        assert!(!path_matches("a/x.go", "x.go"));
        assert!(glob(b"*a*b*", b"xaxbx") && !glob(b"*a*b", b"xaxbx"));
    }
}
