//! Turning a command line of hb into one of the go command.
//!
//! Everything the user gave is handed on in its order, behind what hb adds: the flags of the chosen delivery,
//! `-overlay` and `-toolexec`. Taken out are only the flags that hb sets itself and that a later one would override:
//! `-race`, and those of `-overlay`, `-toolexec`, `-tags` and the like that were joined with hb's own.

use crate::error::HbError;
use crate::go_env::Go;
use crate::go_flags::{Scan, Subcommand, leading_chdir};
use crate::inject::{self, Delivery, Injection, Replaced, Toolchain};
use crate::{as_go, comments, overlay, quoting};
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A go command line, ready to be run.
#[derive(Debug)]
pub struct GoCommand {
    /// The go command.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// What is added to the environment.
    pub env: Vec<(String, OsString)>,
    /// What names of source files begin with under `-trimpath`, and where those files are.
    pub trimmed: Vec<(String, PathBuf)>,
    /// Lines to be said to the user before the run.
    pub notices: Vec<String>,
}

impl GoCommand {
    /// As a process to be started.
    pub fn to_command(&self) -> Command {
        let mut command = as_go::go(&self.program);
        command.args(&self.arguments).envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// A command that lists the packages that this `go test` is about, a line each; none where it was given no list of packages.
    pub fn listing(&self) -> Option<Command> {
        const WHICH_PACKAGES: [&str; 8] =
            ["mod", "modfile", "overlay", "tags", "installsuffix", "race", "compiler", "C"];
        let (subcommand, words) = self.arguments.split_first()?;
        let (chdir, words) = words.split_at(leading_chdir(words).0);
        let scan = Scan::of(Subcommand::from_name(subcommand)?, words);
        if scan.packages.is_empty() {
            return None;
        }
        let mut command = as_go::go(&self.program);
        command.arg("list").args(chdir).arg("-e").envs(self.env.iter().map(|(name, value)| (name, value)));
        for flag in scan.flags.iter().filter(|flag| WHICH_PACKAGES.contains(&flag.name.as_str())) {
            command.args(&words[flag.arguments.clone()]);
        }
        command.args(&words[scan.packages]);
        Some(command)
    }

    /// What a `go run` was given to run: a package or files.
    pub fn operand(&self) -> String {
        let words = &self.arguments[self.operands()];
        words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    /// A command that builds the program of this `go run` into the file `to`; none where it was given nothing to run.
    pub fn building(&self, to: &Path) -> Option<Command> {
        let operands = self.operands();
        let words = self.arguments.get(1..operands.start)?;
        let (chdir, words) = words.split_at(leading_chdir(words).0);
        if operands.is_empty() {
            return None;
        }
        let mut command = Command::new(&self.program);
        command.arg("build").args(chdir).arg("-o").arg(to);
        let mut kept = words.to_vec();
        for flag in Scan::of(Subcommand::Run, words).flags.iter().rev().filter(|flag| flag.name == "exec") {
            kept.drain(flag.arguments.clone());
        }
        command.args(kept).args(&self.arguments[operands]).envs(self.env.iter().map(|(name, value)| (name, value)));
        Some(command)
    }

    /// Where a `go run` has what it runs: files, or one package.
    fn operands(&self) -> std::ops::Range<usize> {
        let words = self.arguments.get(1..).unwrap_or_default();
        let skip = leading_chdir(words).0;
        let Some(first) = Scan::of(Subcommand::Run, &words[skip..]).first_operand else { return 0..0 };
        let first = 1 + skip + first;
        let files = self.arguments[first..].iter().take_while(|word| word.as_encoded_bytes().ends_with(b".go")).count();
        first..first + files.max(1)
    }

    /// As a line for a shell.
    pub fn to_shell_line(&self) -> String {
        let assignments = self.env.iter().map(|(name, value)| format!("{name}={}", shell_word(value)));
        let words = self.arguments.iter().map(|word| shell_word(word));
        assignments.chain([shell_word(self.program.as_os_str())]).chain(words).collect::<Vec<_>>().join(" ")
    }
}

/// A word as a shell takes it.
pub fn shell_word(word: &OsStr) -> String {
    let word = word.to_string_lossy();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./=:,@+%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        word.into_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

/// The toolchain as the delivery wants to know it.
pub fn toolchain(go: &Go) -> Toolchain {
    Toolchain {
        goroot: go.env.goroot.clone(),
        version: go.env.goversion.clone(),
        goos: go.env.goos.clone(),
        goarch: go.env.goarch.clone(),
        cgo_enabled: go.env.cgo_enabled == "1",
    }
}

/// Makes the go command line for `hb SUBCOMMAND ARGUMENTS`. Programs are linked with the names of variables in them where findings will be read,
/// which `read` says when it is told where the sources are.
///
/// # Errors
/// There is no usable toolchain, the flags contradict race detection, or the cache cannot be used.
pub fn compose(
    subcommand: Subcommand,
    arguments: &[OsString],
    cache_directory: &Path,
    want: Option<Delivery>,
    read: impl FnOnce(&[PathBuf]) -> bool,
) -> Result<GoCommand, HbError> {
    let (skip, chdir) = leading_chdir(arguments);
    let (chdir_arguments, arguments) = arguments.split_at(skip);
    let given = Scan::of(subcommand, arguments);
    refuse_contradictions(&given, None)?;

    let mut all_arguments = chdir_arguments.to_vec();
    all_arguments.extend_from_slice(arguments);
    let go = Go::for_command(subcommand, &all_arguments)?;
    let goflags = quoting::split(&go.env.goflags).map_err(|e| HbError::Usage(format!("GOFLAGS: {e}")))?;
    let from_goflags = Scan::of_goflags(subcommand, &goflags);
    refuse_contradictions(&from_goflags, Some(&given))?;

    let working_directory = working_directory(chdir.as_deref())?;
    let users = Users { given: &given, goflags: &from_goflags };
    let users_overlay = users.overlay();
    let replaced = match &users_overlay {
        Some(file) => overlay::read(file, &working_directory)?,
        None => Replaced::new(),
    };
    let injection = inject::prepare(&toolchain(&go), cache_directory, want, &replaced)?;
    let mut added = users.join_flags(&injection)?;
    let sources =
        comments::places(&go.env, &working_directory, &arguments[given.first_operand.unwrap_or(arguments.len())..]);
    if read(&sources) && subcommand.runs() {
        added.extend(users.ldflags());
    }
    if users_overlay.is_some() || !injection.overlay.is_empty() {
        let theirs = users_overlay.as_deref().map(|file| (file, replaced));
        let file = overlay::write(&injection.overlay, theirs, cache_directory)?;
        added.push(flag("overlay", file.as_os_str()));
    }
    if let Some(ours) = &injection.toolexec {
        let mut words = ours.clone();
        if let Some(theirs) = users.value("toolexec") {
            let theirs =
                quoting::split(&theirs.to_string_lossy()).map_err(|e| HbError::Usage(format!("-toolexec: {e}")))?;
            words.extend(theirs);
        }
        let joined = quoting::join(&words).map_err(HbError::Toolchain)?;
        added.push(flag("toolexec", OsStr::new(&joined)));
    }

    let replaced: Vec<&str> = added.iter().filter_map(|word| flag_name(word)).collect();
    let mut kept = arguments.to_vec();
    for use_ in given.flags.iter().rev() {
        // `-toolexec` stays as it is where hb needs none; `-race` never, because the delivery decides on it.
        if use_.name == "race" || replaced.contains(&use_.name.as_str()) {
            kept.drain(use_.arguments.clone());
        }
    }

    let mut words = vec![OsString::from(subcommand.name())];
    words.extend_from_slice(chdir_arguments);
    words.extend(added);
    words.extend(kept);
    let mut env = go.pins;
    env.extend(injection.env.into_iter().map(|(name, value)| (name, value.into())));
    let trimmed = trimmed(&go.env.gomod, &go.env.gomodcache);
    Ok(GoCommand { program: go.program, arguments: words, env, trimmed, notices: injection.notices })
}

/// What the user's `GOFLAGS` alone say of files to be replaced.
///
/// # Errors
/// They contradict race detection, or the overlay that they name cannot be read.
pub fn from_goflags(go: &Go) -> Result<Replaced, HbError> {
    let words = quoting::split(&go.env.goflags).map_err(|e| HbError::Usage(format!("GOFLAGS: {e}")))?;
    let (given, goflags) = (Scan::default(), Scan::of_goflags(Subcommand::Test, &words));
    refuse_contradictions(&goflags, Some(&given))?;
    let users = Users { given: &given, goflags: &goflags };
    users.coverage_mode()?;
    match users.overlay() {
        Some(file) => overlay::read(&file, &working_directory(None)?),
        None => Ok(Replaced::new()),
    }
}

/// What the names of the main module's files and of those in the module cache begin with under `-trimpath`, and their directories.
fn trimmed(gomod: &str, gomodcache: &Path) -> Vec<(String, PathBuf)> {
    let mut trimmed = Vec::new();
    let text = fs::read_to_string(gomod).unwrap_or_default();
    let module = text.lines().find_map(|line| line.trim().strip_prefix("module")?.split("//").next());
    let module = module.map(|name| name.trim().trim_matches(['"', '`'])).filter(|name| !name.is_empty());
    if let (Some(module), Some(directory)) = (module, Path::new(gomod).parent()) {
        trimmed.push((format!("{module}/"), directory.to_owned()));
    }
    if !gomodcache.as_os_str().is_empty() {
        trimmed.push((String::new(), gomodcache.to_owned()));
    }
    trimmed
}

/// Refuses flags that ask for another sanitizer, for none, or for another compiler. Those of `GOFLAGS` count only
/// where the command line (`overridden_by`) does not say otherwise.
fn refuse_contradictions(scan: &Scan, overridden_by: Option<&Scan>) -> Result<(), HbError> {
    let from = if overridden_by.is_some() { " (from GOFLAGS)" } else { "" };
    let counts = |name: &str| {
        let overridden = overridden_by.is_some_and(|scan| scan.last(name).is_some());
        scan.last(name).filter(|_| !overridden)
    };
    for name in ["msan", "asan"] {
        if counts(name).and_then(|flag| flag.as_bool()) == Some(true) {
            return Err(HbError::Usage(format!(
                "-{name}{from} cannot be combined with race detection: use one at a time"
            )));
        }
    }
    // In GOFLAGS it is what the go command does where nothing else is said, as hb's name does.
    if overridden_by.is_none() && counts("race").and_then(|flag| flag.as_bool()) == Some(false) {
        return Err(HbError::Usage(
            "-race=false contradicts hb, which detects races: use the go command for that".to_owned(),
        ));
    }
    if let Some(flag) = counts("compiler")
        && flag.value.as_deref() == Some(OsStr::new("gccgo"))
    {
        return Err(HbError::Usage(format!("-compiler=gccgo{from} has no race detection: hb needs the gc compiler")));
    }
    Ok(())
}

/// The flags of a user, from both places they can stand.
struct Users<'a> {
    given: &'a Scan,
    goflags: &'a Scan,
}

impl Users<'_> {
    /// The value of a flag that counts.
    fn value(&self, name: &str) -> Option<OsString> {
        self.given.last(name).or_else(|| self.goflags.last(name)).and_then(|flag| flag.value.clone())
    }

    /// The overlay file.
    fn overlay(&self) -> Option<PathBuf> {
        self.value("overlay").filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    /// The flags of the delivery, joined with the user's own use of them where both can hold.
    fn join_flags(&self, injection: &Injection) -> Result<Vec<OsString>, HbError> {
        let mut joined: Vec<OsString> = Vec::new();
        let theirs = |name| {
            let value = self.value(name).unwrap_or_default();
            value.to_string_lossy().into_owned()
        };
        for word in &injection.flags {
            joined.push(match word.strip_prefix("-installsuffix=") {
                Some(ours) if !theirs("installsuffix").is_empty() => {
                    format!("-installsuffix={}_{ours}", theirs("installsuffix")).into()
                }
                _ => word.into(),
            });
        }
        if !injection.tags.is_empty() {
            let theirs = theirs("tags");
            // The old form of the list is separated by blanks.
            let theirs = theirs.split([',', ' ']).filter(|tag| !tag.is_empty());
            let tags: Vec<&str> = theirs.chain(injection.tags.iter().map(String::as_str)).collect();
            joined.push(format!("-tags={}", tags.join(",")).into());
        }
        if injection.delivery == Delivery::NoCgo {
            joined.extend(self.coverage_mode()?);
            if self.goflags.last("race").is_some() {
                // The go command would refuse it without cgo; the delivery does what it stands for.
                joined.push("-race=false".into());
            }
        }
        Ok(joined)
    }

    /// Keeps the symbol table, which the go command leaves out of what it runs only once, for reports find the names and sizes of package-level
    /// variables there. The user's own flags come behind, so that a `-s` of theirs counts; where they name packages, those have only theirs.
    fn ldflags(&self) -> Vec<OsString> {
        let values = |scan: &Scan| -> Vec<OsString> {
            scan.flags.iter().filter(|flag| flag.name == "ldflags").filter_map(|flag| flag.value.clone()).collect()
        };
        let mut theirs = values(self.given);
        if theirs.is_empty() {
            theirs = values(self.goflags);
        }
        let ours = "-ldflags=-s=false";
        let mut words = vec![OsString::from(ours)];
        for value in theirs.iter().filter(|value| !value.is_empty()) {
            let names_packages = !value.as_encoded_bytes().trim_ascii_start().starts_with(b"-");
            let mut word = OsString::from(if names_packages { "-ldflags=" } else { ours });
            if !names_packages {
                word.push(" ");
            }
            word.push(value);
            words.push(word);
        }
        words
    }

    /// What `-race` does to coverage: counters must be atomic, because plain ones would race.
    fn coverage_mode(&self) -> Result<Option<OsString>, HbError> {
        if let Some(mode) = self.value("covermode") {
            return if mode == "atomic" {
                Ok(None)
            } else {
                Err(HbError::Usage(format!("-covermode must be \"atomic\", not {mode:?}, when races are detected")))
            };
        }
        let covers = ["cover", "coverpkg", "coverprofile"].iter().any(|name| {
            let flag = self.given.last(name).or_else(|| self.goflags.last(name));
            flag.is_some_and(|flag| flag.as_bool() != Some(false))
        });
        Ok(covers.then(|| "-covermode=atomic".into()))
    }
}

fn flag(name: &str, value: &OsStr) -> OsString {
    let mut word = OsString::from(format!("-{name}="));
    word.push(value);
    word
}

/// The name of a flag that hb made.
fn flag_name(word: &OsStr) -> Option<&str> {
    let bytes = word.as_encoded_bytes().strip_prefix(b"-")?;
    let end = bytes.iter().position(|&b| b == b'=').unwrap_or(bytes.len());
    std::str::from_utf8(&bytes[..end]).ok()
}

/// The directory that the go command will work in.
fn working_directory(chdir: Option<&OsStr>) -> Result<PathBuf, HbError> {
    let here = env::current_dir().map_err(|e| HbError::CannotStart(format!("there is no working directory: {e}")))?;
    Ok(match chdir {
        Some(dir) => here.join(dir),
        None => here,
    })
}

#[cfg(test)]
mod tests {
    use super::{GoCommand, Users, refuse_contradictions, shell_word};
    use crate::go_flags::{Scan, Subcommand};
    use crate::inject::{Delivery, Injection};
    use std::collections::BTreeMap;
    use std::ffi::{OsStr, OsString};

    fn scan(line: &str) -> Scan {
        let words: Vec<OsString> = line.split_whitespace().map(OsString::from).collect();
        Scan::of(Subcommand::Test, &words)
    }

    fn goflags(line: &str) -> Scan {
        let words: Vec<String> = line.split_whitespace().map(String::from).collect();
        Scan::of_goflags(Subcommand::Test, &words)
    }

    fn joined(given: &str, from_goflags: &str) -> Vec<String> {
        let injection = Injection {
            delivery: Delivery::NoCgo,
            overlay: BTreeMap::new(),
            toolexec: None,
            flags: vec!["-installsuffix=race".into()],
            tags: vec!["race".into()],
            env: Vec::new(),
            notices: Vec::new(),
            left_out: Vec::new(),
        };
        let (given, from_goflags) = (scan(given), goflags(from_goflags));
        let users = Users { given: &given, goflags: &from_goflags };
        match users.join_flags(&injection) {
            Ok(words) => words.into_iter().map(|w| w.into_string().unwrap()).collect(),
            Err(e) => vec![e.to_string()],
        }
    }

    #[test]
    fn the_last_use_of_a_flag_counts() {
        let refused = |line: &str| refuse_contradictions(&scan(line), None).is_err();
        assert!(refused("-msan") && refused("-asan=1") && refused("-race=false"));
        assert!(refused("-compiler gccgo"));
        assert!(!refused("-race=false -race") && !refused("-msan=false") && !refused("-race"));
        let given = scan("-race");
        assert!(refuse_contradictions(&goflags("-race=false"), Some(&given)).is_ok());
        assert!(refuse_contradictions(&goflags("-race=false"), Some(&scan(""))).is_ok());
        assert!(refuse_contradictions(&goflags("-msan"), Some(&given)).is_err());
    }

    #[test]
    fn tags_and_suffixes_join() {
        assert_eq!(joined("", ""), ["-installsuffix=race", "-tags=race"]);
        assert_eq!(joined("-tags a,b -installsuffix=x", ""), ["-installsuffix=x_race", "-tags=a,b,race"]);
        assert_eq!(joined("", "-tags=c")[1], "-tags=c,race");
        assert_eq!(joined("-tags=d", "-tags=c")[1], "-tags=d,race");
    }

    #[test]
    fn without_cgo_coverage_is_atomic_and_goflags_race_is_off() {
        assert_eq!(joined("-coverprofile=c.out", "")[2], "-covermode=atomic");
        assert_eq!(joined("-cover=false", "").len(), 2);
        assert!(joined("-covermode=set", "")[0].contains("must be \"atomic\""));
        assert_eq!(joined("-covermode=atomic", "").len(), 2);
        assert_eq!(joined("", "-race")[2], "-race=false");
    }

    #[test]
    fn symbols_are_kept_beside_the_users_flags() {
        let words = |given: &[&str], from_goflags: &str| {
            let given: Vec<OsString> = given.iter().map(OsString::from).collect();
            let (given, from_goflags) = (Scan::of(Subcommand::Test, &given), goflags(from_goflags));
            Users { given: &given, goflags: &from_goflags }.ldflags()
        };
        assert_eq!(words(&[], ""), ["-ldflags=-s=false"]);
        assert_eq!(words(&["-ldflags", "-X 'a.b=c d'"], "-ldflags=-w")[1..], ["-ldflags=-s=false -X 'a.b=c d'"]);
        assert_eq!(words(&[], "-ldflags=-w")[1..], ["-ldflags=-s=false -w"]);
        assert_eq!(words(&["-ldflags=all=-s", "-ldflags= -s"], "")[1..], ["-ldflags=all=-s", "-ldflags=-s=false  -s"]);
        assert_eq!(words(&["-ldflags="], "").len(), 1);
    }

    #[test]
    fn packages_are_listed_as_they_are_tested() {
        let listed = |line: &str| {
            let arguments = line.split(' ').map(OsString::from).collect();
            let go = GoCommand {
                program: "go".into(),
                arguments,
                env: Vec::new(),
                trimmed: Vec::new(),
                notices: Vec::new(),
            };
            let words: Vec<String> = go.listing()?.get_args().map(|word| word.to_str().unwrap().to_owned()).collect();
            Some(words.join(" "))
        };
        let line = "test -C d -race -overlay=o.json -tags x -v -run T ./a ./b -mine -count 1 -args ./c";
        assert_eq!(listed(line).unwrap(), "list -C d -e -race -overlay=o.json -tags x ./a ./b");
        assert_eq!(listed("test -race"), None);
    }

    #[test]
    fn what_was_to_run_can_be_built() {
        let built = |line: &str| {
            let arguments = line.split(' ').map(OsString::from).collect();
            let go = GoCommand {
                program: "go".into(),
                arguments,
                env: Vec::new(),
                trimmed: Vec::new(),
                notices: Vec::new(),
            };
            let words = go.building("to".as_ref())?;
            let words: Vec<String> = words.get_args().map(|word| word.to_str().unwrap().to_owned()).collect();
            Some((words.join(" "), go.operand()))
        };
        let all = built("run -C d -race -exec env -tags x a.go b.go -v c.go").unwrap();
        assert_eq!(all, ("build -C d -o to -race -tags x a.go b.go".to_owned(), "a.go b.go".to_owned()));
        assert_eq!(built("run ./cmd x.go").unwrap().0, "build -o to ./cmd");
        assert_eq!(built("run -race"), None);
    }

    #[test]
    fn shell_words() {
        assert_eq!(shell_word(OsStr::new("-tags=a,b")), "-tags=a,b");
        assert_eq!(shell_word(OsStr::new("a b'c")), r"'a b'\''c'");
        assert_eq!(shell_word(OsStr::new("")), "''");
    }
}
