//! The programs of the corpus and what their headers state. The format is documented in `corpus/README.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

/// What an expectation may name as the place in memory that races.
const WHATS: &[&str] = &["variable", "field", "element", "map", "interface", "string", "slice"];

/// Why no edge joins the accesses; each word is explained in `corpus/README.md`.
const MISSING: &[&str] = &[
    "add-inside",
    "after-release",
    "buffered-receive",
    "callback",
    "copied-lock",
    "different-locks",
    "failed-trylock",
    "not-held",
    "observed-nothing",
    "plain-beside-atomic",
    "polling",
    "semaphore-too-wide",
    "siblings",
    "unjoined",
    "write-under-rlock",
];

/// The remedies an explanation may suggest; `|` in a header separates equally good ones.
const FITS: &[&str] = &[
    "atomic",
    "atomic-pointer",
    "before-go",
    "before-release",
    "channel",
    "close-channel",
    "loop-variable",
    "mutex",
    "once",
    "own-copy",
    "rwmutex",
    "same-lock",
    "waitgroup",
];

/// The stated verdict of a program, also the name of the directory it lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Two unordered conflicting accesses happen in every run.
    Racy,
    /// No such accesses exist.
    Clean,
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Verdict::Racy => "racy",
            Verdict::Clean => "clean",
        })
    }
}

/// How a program ends: the word `end=` of an `//hb:case` line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// Goroutines of its own are about to run, which the race needs.
    Waits,
    /// Go's own check of maps may end it.
    Maps,
}

/// A place in a program's source.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Site {
    /// File, absolute.
    pub file: PathBuf,
    /// Line, counted from 1.
    pub line: u32,
}

impl fmt::Display for Site {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.file.file_name().unwrap_or_default().to_string_lossy();
        write!(f, "{name}:{}", self.line)
    }
}

/// A marked pair: some line of `a` races with some line of `b`. Usually each side is one line.
#[derive(Clone, Debug, Default)]
pub struct Pair {
    /// Lines marked `a`.
    pub a: BTreeSet<Site>,
    /// Lines marked `b`.
    pub b: BTreeSet<Site>,
}

impl Pair {
    /// Whether two racing lines, in either order, are this pair.
    pub fn covers(&self, one: &Site, other: &Site) -> bool {
        (self.a.contains(one) && self.b.contains(other)) || (self.a.contains(other) && self.b.contains(one))
    }
}

/// How a detector is known to differ from the model on a program: an `//hb:stock` or `//hb:gap` line.
#[derive(Clone, Debug)]
pub struct Remark {
    /// `misses`, `reports`, `varies` (differs in some runs only) or `gap`.
    pub kind: String,
    /// Why.
    pub reason: String,
}

impl Remark {
    /// Whether runs that agree with the model are consistent with the remark.
    pub fn may_agree(&self) -> bool {
        self.kind == "varies"
    }
}

/// One program: a directory with a `main` package or with nothing but tests.
#[derive(Debug)]
pub struct Program {
    /// `racy/NAME` or `clean/NAME`.
    pub name: String,
    /// The program's directory, absolute.
    pub dir: PathBuf,
    /// From the directory, confirmed by the header.
    pub verdict: Verdict,
    /// Whether it is a package of tests.
    pub is_test: bool,
    /// Rows of the memory model it stands for.
    pub rows: Vec<u32>,
    /// How it ends, where that is not as other programs do.
    pub end: Option<End>,
    /// The marked pairs by number (0 where the marks have none); empty in a clean program.
    pub pairs: BTreeMap<u32, Pair>,
    /// How Go's own detector differs on it.
    pub stock: Option<Remark>,
    /// Why hb does not yet do as the model asks.
    pub gap: Option<Remark>,
}

/// Loads every program under `racy/` and `clean/` of the corpus module at `root`, sorted by name.
pub fn load(root: &Path) -> Result<Vec<Program>, String> {
    let mut programs = Vec::new();
    for verdict in [Verdict::Clean, Verdict::Racy] {
        let parent = root.join(verdict.to_string());
        let mut dirs = directories(&parent)?;
        dirs.sort();
        for dir in dirs {
            programs.push(load_program(&dir, verdict)?);
        }
    }
    Ok(programs)
}

fn directories(parent: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(parent).map_err(|e| format!("{}: {e}", parent.display()))?;
    Ok(entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect())
}

fn load_program(dir: &Path, verdict: Verdict) -> Result<Program, String> {
    let base = dir.file_name().unwrap_or_default().to_string_lossy();
    let name = format!("{verdict}/{base}");
    let main = dir.join("main.go");
    let is_test = !main.exists();
    let first = if is_test { dir.join(format!("{}_test.go", base.replace('-', "_"))) } else { main };
    let text = std::fs::read_to_string(&first).map_err(|e| format!("{}: {e}", first.display()))?;
    let mut program = Program {
        name,
        dir: dir.to_owned(),
        verdict,
        is_test,
        rows: Vec::new(),
        end: None,
        pairs: BTreeMap::new(),
        stock: None,
        gap: None,
    };
    let expectations = read_header(&text, &mut program).map_err(|e| format!("{}: {e}", first.display()))?;
    for file in go_files(dir)? {
        let text = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
        read_marks(&text, &file, &mut program.pairs)?;
    }
    check_pairs(&program, expectations).map_err(|e| format!("{}: {e}", first.display()))?;
    Ok(program)
}

/// Go files directly in `dir` and in the packages beneath it.
fn go_files(dir: &Path) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))?.flatten() {
        let path = entry.path();
        if path.is_dir() {
            files.extend(go_files(&path)?);
        } else if path.extension().is_some_and(|e| e == "go") {
            files.push(path);
        }
    }
    Ok(files)
}

/// Reads the `//hb:` lines before the package clause; the number of `//hb:expect` lines comes back.
fn read_header(text: &str, program: &mut Program) -> Result<usize, String> {
    let (mut cases, mut expectations) = (0, 0);
    for line in text.lines().take_while(|line| !line.starts_with("package ")) {
        let Some(directive) = line.strip_prefix("//hb:") else {
            continue;
        };
        let (key, value) = directive.split_once(' ').ok_or(format!("no value in {line:?}"))?;
        match key {
            "case" => {
                cases += 1;
                read_case(value, program)?;
            }
            "expect" => {
                expectations += 1;
                read_expectation(value)?;
            }
            "stock" => {
                let (kind, reason) = value.split_once(' ').ok_or("hb:stock needs a kind and a reason")?;
                if !["misses", "reports", "varies"].contains(&kind) {
                    return Err(format!("hb:stock {kind}: not one of misses, reports, varies"));
                }
                program.stock = Some(Remark { kind: kind.into(), reason: reason.into() });
            }
            "gap" => program.gap = Some(Remark { kind: "gap".into(), reason: value.into() }),
            other => return Err(format!("unknown directive hb:{other}")),
        }
    }
    if cases != 1 { Err("one //hb:case line is needed".into()) } else { Ok(expectations) }
}

fn read_case(value: &str, program: &mut Program) -> Result<(), String> {
    let mut words = value.split_whitespace();
    if words.next() != Some(program.verdict.to_string().as_str()) {
        return Err(format!("hb:case must begin with {}, as the directory says", program.verdict));
    }
    for word in words {
        match word.split_once('=') {
            Some(("row", rows)) => {
                for row in rows.split(',') {
                    program.rows.push(row.parse().map_err(|_| format!("row {row:?} is no number"))?);
                }
            }
            Some(("pattern", pattern)) if !pattern.is_empty() => {}
            Some(("end", "waits")) => program.end = Some(End::Waits),
            Some(("end", "maps")) => program.end = Some(End::Maps),
            _ => return Err(format!("hb:case: {word:?} is none of row=, pattern=, end=waits, end=maps")),
        }
    }
    if program.rows.is_empty() { Err("hb:case has no row=".into()) } else { Ok(()) }
}

/// Checks one expectation: `variable= what= missing= fits=`, each once, the last three from their vocabularies.
fn read_expectation(value: &str) -> Result<(), String> {
    let mut seen = BTreeSet::new();
    for word in value.split_whitespace() {
        let (key, value) = word.split_once('=').ok_or(format!("hb:expect: {word:?} is not key=value"))?;
        let known = match key {
            "variable" => !value.is_empty(),
            "what" => WHATS.contains(&value),
            "missing" => MISSING.contains(&value),
            "fits" => value.split('|').all(|fit| FITS.contains(&fit)),
            _ => false,
        };
        if !known {
            return Err(format!("hb:expect: {word:?} is not in the vocabulary"));
        }
        if !seen.insert(key) {
            return Err(format!("hb:expect: {key} stands twice"));
        }
    }
    if seen.len() == 4 { Ok(()) } else { Err("hb:expect needs variable, what, missing and fits".into()) }
}

/// Adds the lines with a trailing `// race: ...` mark to the pairs they name.
fn read_marks(text: &str, file: &Path, pairs: &mut BTreeMap<u32, Pair>) -> Result<(), String> {
    for (number, line) in (1..).zip(text.lines()) {
        let Some((_, marks)) = line.split_once("// race: ") else {
            continue;
        };
        for mark in marks.split_whitespace() {
            let wrong = || format!("{}:{number}: mark {mark:?} is not a or b with an optional number", file.display());
            let (side, id) = mark.split_at_checked(1).ok_or_else(wrong)?;
            let id = if id.is_empty() { 0 } else { id.parse().map_err(|_| wrong())? };
            let pair = pairs.entry(id).or_default();
            let site = Site { file: file.to_owned(), line: number };
            match side {
                "a" => pair.a.insert(site),
                "b" => pair.b.insert(site),
                _ => return Err(wrong()),
            };
        }
    }
    Ok(())
}

fn check_pairs(program: &Program, expectations: usize) -> Result<(), String> {
    if let Some((id, _)) = program.pairs.iter().find(|(_, pair)| pair.a.is_empty() || pair.b.is_empty()) {
        return Err(format!("pair {id} has only one side marked"));
    }
    if program.pairs.len() != expectations {
        return Err(format!("{} marked pairs but {expectations} //hb:expect lines", program.pairs.len()));
    }
    match program.verdict {
        Verdict::Racy if program.pairs.is_empty() => Err("a racy program needs marked lines".into()),
        Verdict::Clean if !program.pairs.is_empty() => Err("a clean program has no marked lines".into()),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blank(verdict: Verdict) -> Program {
        Program {
            name: String::new(),
            dir: PathBuf::new(),
            verdict,
            is_test: false,
            rows: Vec::new(),
            end: None,
            pairs: BTreeMap::new(),
            stock: None,
            gap: None,
        }
    }

    #[test]
    fn header_is_read() {
        let mut program = blank(Verdict::Racy);
        let text = "// Prose.\n//\n//hb:case racy row=4,15 pattern=counter\n//hb:expect variable=n what=variable missing=unjoined fits=atomic|mutex\n//hb:stock misses its reason\npackage main\n//hb:nonsense x\n";
        assert_eq!(read_header(text, &mut program), Ok(1));
        assert_eq!(program.rows, [4, 15]);
        assert_eq!(program.stock.unwrap().reason, "its reason");
    }

    #[test]
    fn header_mistakes_are_refused() {
        for text in [
            "package main",
            "//hb:case clean row=1\n",
            "//hb:case racy\n",
            "//hb:case racy row=x\n",
            "//hb:case racy row=1\n//hb:expect variable=n\n",
            "//hb:case racy row=1\n//hb:expect variable=n what=variable missing=luck fits=atomic\n",
            "//hb:case racy row=1\n//hb:stock sleeps often\n",
            "//hb:case racy row=1\n//hb:other x\n",
        ] {
            assert!(read_header(text, &mut blank(Verdict::Racy)).is_err(), "{text:?}");
        }
    }

    #[test]
    fn marks_make_pairs() {
        let mut pairs = BTreeMap::new();
        let file = Path::new("main.go");
        read_marks("x++ // race: a b\ny = 1 // race: a2\n_ = y // race: b2\n", file, &mut pairs).unwrap();
        let site = |line| Site { file: file.to_owned(), line };
        assert!(pairs[&0].covers(&site(1), &site(1)));
        assert!(pairs[&2].covers(&site(3), &site(2)));
        assert!(!pairs[&2].covers(&site(2), &site(2)));
        assert!(read_marks("x++ // race: c\n", file, &mut pairs).is_err());
    }
}
