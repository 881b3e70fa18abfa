//! hb where the go command is expected.
//!
//! `hb vet`, `hb list` and whatever else hb has no command for go on to the go command as they are. And hb called by the name `go`, which is what
//! `hb env --shell` puts in front of `PATH`, is the go command to an unchanged Makefile, an editor or a test runner: it takes over what builds with
//! `-race`, and goes on to the go command with all else. It is quick about that: nothing is asked and nothing read that the question "is this a race
//! build?" does not need.

use crate::error::HbError;
use crate::go_env::{self, find_program};
use crate::go_flags::{Scan, Subcommand};
use crate::process::become_command;
use crate::{cache, quoting};
use std::env;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The go command's own commands, and those of hb that stand beside them.
pub const GO_COMMANDS: &[&str] = &[
    "build",
    "bug",
    "clean",
    "doc",
    "env",
    "fix",
    "fmt",
    "generate",
    "get",
    "install",
    "list",
    "mod",
    "run",
    "telemetry",
    "test",
    "tool",
    "vet",
    "work",
];

/// Counts how often hb has started what it took for the go command, one within the other.
const NESTED: &str = "HB_NESTED";
/// More of these than any build has: a script of the name `go` that starts hb again.
const TOO_DEEP: u32 = 20;

/// Whether hb was called by the name of the go command.
pub fn is_called_go(name: &OsStr) -> bool {
    Path::new(name).file_name() == Some(OsStr::new("go"))
}

/// What a go command line amounts to: the command of hb that takes it over, if it builds with the race detector.
///
/// # Errors
/// The go command cannot be asked for its flags.
pub fn turned(words: &[OsString]) -> Result<Option<Subcommand>, HbError> {
    let Some(subcommand) = words.first().and_then(|word| Subcommand::from_name(word)) else { return Ok(None) };
    let arguments = &words[1..];
    let (skip, chdir) = crate::go_flags::leading_chdir(arguments);
    let scan = Scan::of(subcommand, &arguments[skip..]);
    let races = match scan.last("race") {
        Some(flag) => flag.as_bool(),
        None => {
            let goflags = go_env::flags_of_environment(chdir.as_deref())?;
            // What is wrong with them the go command says better.
            let goflags = quoting::split(&goflags).unwrap_or_default();
            Scan::of_goflags(subcommand, &goflags).last("race").and_then(|flag| flag.as_bool())
        }
    };
    Ok((races == Some(true)).then_some(subcommand))
}

/// Becomes the go command with these arguments.
///
/// # Errors
/// There is none.
pub fn go_on(words: &[OsString]) -> HbError {
    let program = match find_program() {
        Ok(program) => program,
        Err(error) => return error,
    };
    let mut command = go(&program);
    command.args(words);
    match become_command(command) {
        Err(error) => error,
        Ok(never) => match never {},
    }
}

/// A process of the go command. Whoever starts one does it by this, so that a `go` that is hb again is found out.
pub fn go(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env(NESTED, (nested() + 1).to_string());
    command
}

fn nested() -> u32 {
    env::var(NESTED).ok().and_then(|depth| depth.parse().ok()).unwrap_or(0)
}

/// Refuses to go on where hb has started itself again and again.
///
/// # Errors
/// It has.
pub fn check_depth() -> Result<(), HbError> {
    if nested() < TOO_DEEP {
        return Ok(());
    }
    Err(HbError::NoGo(
        "the go command on PATH starts hb again, which starts it again: set HB_GO to the real one".to_owned(),
    ))
}

/// Whether a program is this one, by another name or not.
pub fn is_hb(program: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).ok();
    // Another hb than this one is told by its name, which a link of `hb env --shell` leads to.
    let Some(found) = real(program) else { return false };
    found.file_name() == Some(OsStr::new("hb")) || env::current_exe().ok().and_then(|own| real(&own)) == Some(found)
}

/// What `hb env --shell` prints: a line for the shell that puts hb in the place of the go command.
///
/// # Errors
/// The link cannot be made.
pub fn shell_line(shell: Option<&str>) -> Result<String, HbError> {
    let directory = cache::directory()?.join("shim");
    let own = env::current_exe().map_err(|e| HbError::Cache(format!("hb's own path is not known: {e}")))?;
    go_env::ensure_link(&directory, "go", &own)?;
    let named = shell.map(str::to_owned).or_else(|| {
        let path = PathBuf::from(env::var_os("SHELL")?);
        Some(path.file_name()?.to_string_lossy().into_owned())
    });
    let quoted = |escaped: &str| -> Result<String, HbError> {
        let text = directory
            .to_str()
            .filter(|text| !text.contains(':'))
            .ok_or_else(|| HbError::Cache(format!("{} cannot stand in PATH: set HB_CACHE", directory.display())))?;
        Ok(format!("'{}'", text.replace('\'', escaped)))
    };
    match named.as_deref() {
        Some("fish") => Ok(format!("set -gx PATH {} $PATH\n", quoted(r"\'")?)),
        // That of dash, bash, zsh, ksh and busybox.
        _ => Ok(format!("export PATH={}\":$PATH\"\n", quoted(r"'\''")?)),
    }
}

/// The `--shell` of `hb env --shell`, and the shell if one is named.
pub fn asks_for_shell(words: &[OsString]) -> Option<Option<String>> {
    let [word] = words else { return None };
    let word = word.to_str()?.strip_prefix("--shell").or_else(|| word.to_str()?.strip_prefix("-shell"))?;
    match word.strip_prefix('=') {
        Some(name) => Some(Some(name.to_owned())),
        None => word.is_empty().then_some(None),
    }
}

/// The error for a command that neither hb nor the go command has; `known` are those of hb.
pub fn unknown(name: &OsStr, known: &[String]) -> HbError {
    let text = name.to_string_lossy();
    let looks_like_a_package = text.starts_with('.') || text.contains('/') || text.ends_with(".go");
    if looks_like_a_package || name.as_bytes().is_empty() {
        let word = crate::command::shell_word(name);
        return HbError::Usage(format!("hb has no command {word}: did you mean `hb run {word}` or `hb test {word}`?"));
    }
    let names = known.iter().map(String::as_str).chain(GO_COMMANDS.iter().copied());
    let likeness = |other: &str| strsim::damerau_levenshtein(&text, other);
    let nearest = names.min_by_key(|other| likeness(other)).filter(|other| likeness(other) <= (text.len() / 3).max(1));
    HbError::Usage(match nearest {
        Some(nearest) => format!("hb has no command {text}: did you mean `hb {nearest}`?"),
        None => format!("hb has no command {text}, and the go command has none: `hb help` lists them"),
    })
}

#[cfg(test)]
mod tests {
    use super::{asks_for_shell, is_called_go, unknown};
    use std::ffi::{OsStr, OsString};

    #[test]
    fn the_name_decides() {
        assert!(is_called_go(OsStr::new("/a/go")) && is_called_go(OsStr::new("go")));
        assert!(!is_called_go(OsStr::new("/go/hb")) && !is_called_go(OsStr::new("hb-go")));
    }

    #[test]
    fn near_names_are_proposed() {
        let said = |name: &str| unknown(OsStr::new(name), &["report".to_owned(), "doctor".to_owned()]).to_string();
        for (name, wanted) in [
            ("tset", "`hb test`?"),
            ("reprot", "`hb report`?"),
            ("dcotor", "`hb doctor`?"),
            ("isntall", "`hb install`?"),
            ("./cmd", "`hb run ./cmd` or `hb test ./cmd`?"),
            ("main.go", "`hb run main.go`"),
        ] {
            assert!(said(name).ends_with(wanted) || said(name).contains(wanted), "{}", said(name));
        }
        assert!(!said("frobnicate").contains("did you mean"));
    }

    #[test]
    fn only_shell_is_hbs() {
        let asks = |line: &[&str]| asks_for_shell(&line.iter().map(OsString::from).collect::<Vec<_>>());
        assert_eq!(asks(&["--shell"]), Some(None));
        assert_eq!(asks(&["-shell=fish"]), Some(Some("fish".to_owned())));
        assert_eq!(asks(&["GOROOT"]), None);
        assert_eq!(asks(&["--shellfish"]), None);
        assert_eq!(asks(&[]), None);
    }
}
