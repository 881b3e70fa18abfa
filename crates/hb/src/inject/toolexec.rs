//! `hb toolexec`: what the go command runs in the place of each of its tools.
//!
//! ```text
//! hb toolexec MODE TOOLDIR [another wrapper and its arguments...] TOOLDIR/link arguments...
//! ```
//!
//! MODE is a [`Mode`]. Another wrapper is the user's own `-toolexec`; it runs under ours and sees the
//! arguments that we changed. The go command asks each tool for its version first and takes the
//! answer as a part of its cache keys, so a tool whose work we change must answer differently.

use super::edits::stacks;
use super::{archive, early, elf, store};
use sha2::{Digest, Sha256};
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Write;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Output, Stdio};

/// What the wrapper changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// The linker gets our object in the place of the Go distribution's.
    Object,
    /// The compiler gets `-race`, which the go command does not give without cgo, but for packages that run before there is a goroutine.
    /// The linker is as with [`Mode::Guard`].
    Race,
    /// The linker does not get `-race`. It would only look for package runtime/race, which is empty, and allow functions that may not
    /// grow the stack twice the room that the runtime leaves them. Where that is too little for a program, it is linked again with twice
    /// the room: see `edits::stacks`.
    Guard,
}

impl Mode {
    const ALL: [Self; 3] = [Self::Object, Self::Race, Self::Guard];

    /// The word on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Object => "object",
            Self::Race => "race",
            Self::Guard => "guard",
        }
    }

    /// Whether a tool's work is changed.
    fn changes(self, tool: Tool) -> bool {
        match tool {
            Tool::Compile => self == Self::Race,
            Tool::Link => true,
        }
    }

    /// What distinguishes the changed work from the tool's own, and from that of another hb.
    fn tag(self) -> String {
        match self {
            Self::Object => format!("hb-object-{}", &store::hex(&Sha256::digest(elf::object()))[..16]),
            // The number counts changes of what the wrapper does.
            Self::Race | Self::Guard => format!("hb-{}-2", self.word()),
        }
    }
}

/// The tools that we may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tool {
    Compile,
    Link,
}

/// Runs a tool: `args` are what follows `toolexec` on the command line.
pub fn run(args: &[OsString]) -> ExitCode {
    let [mode, tool_dir, command @ ..] = args else {
        return fail("toolexec is run by the go command: hb toolexec MODE TOOLDIR TOOL ARGUMENTS");
    };
    let Some(mode) = Mode::ALL.into_iter().find(|m| mode == m.word()) else {
        return fail(&format!("toolexec: {} is no mode", mode.display()));
    };
    let found = command.iter().enumerate().find_map(|(at, word)| {
        let path = Path::new(word);
        let tool = match path.file_name()?.to_str()? {
            "compile" => Tool::Compile,
            "link" => Tool::Link,
            _ => return None,
        };
        (path.parent()? == Path::new(tool_dir)).then_some((at, tool))
    });
    let Some((at, tool)) = found.filter(|&(_, tool)| mode.changes(tool)) else {
        return replace_process(command);
    };
    let (before, args) = command.split_at(at + 1);
    if args.iter().any(|arg| arg == "-V=full") {
        return print_version(command, &mode.tag());
    }
    let result = match (mode, tool) {
        (Mode::Race | Mode::Guard, Tool::Compile) => Ok(early::with_race_flag(args)),
        (Mode::Race | Mode::Guard, Tool::Link) => return link_with_usual_guard(before, args),
        (Mode::Object, _) => link_with_object(args),
    };
    match result {
        Ok(args) => replace_process(&[before, &args].concat()),
        Err(message) => fail(&message),
    }
}

fn fail(message: &str) -> ExitCode {
    crate::streams::say(format_args!("hb: {message}"));
    ExitCode::FAILURE
}

/// Becomes the command, so that signals and the exit status are its own. Returns only if that fails.
fn replace_process(command: &[OsString]) -> ExitCode {
    let [program, args @ ..] = command else {
        return fail("toolexec: no tool is named");
    };
    let error = Command::new(program).args(args).exec();
    fail(&format!("{}: {error}", program.display()))
}

/// Runs the tool for its version, and prints that with `tag` in it.
fn print_version(command: &[OsString], tag: &str) -> ExitCode {
    let [program, args @ ..] = command else {
        return fail("toolexec: no tool is named");
    };
    let output = match Command::new(program).args(args).stderr(Stdio::inherit()).output() {
        Ok(output) if output.status.success() => output,
        Ok(output) => return fail(&format!("{}: {}", program.display(), output.status)),
        Err(error) => return fail(&format!("{}: {error}", program.display())),
    };
    let line = format!("{}\n", tag_version(&String::from_utf8_lossy(&output.stdout), tag));
    // Where that fails the go command has gone.
    if std::io::stdout().write_all(line.as_bytes()).is_ok() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Puts `tag` in a version line. For a release the whole line counts:
/// `link version go1.26.8`; for a development version only what follows the last slash of the last
/// word: `link version devel ... buildID=a/b/c/d`.
fn tag_version(line: &str, tag: &str) -> String {
    let line = line.trim_end();
    match line.rsplit_once(' ') {
        Some((rest, last)) if last.starts_with("buildID=") => format!("{rest} {tag} {last}-{tag}"),
        _ => format!("{line} {tag}"),
    }
}

/// The arguments of a link with another `-importcfg`, made by `edit` from the text of the given one
/// and written beside it, in the go command's own temporary directory.
fn with_import_config(
    args: &[OsString],
    edit: impl FnOnce(&str, &Path) -> Result<String, String>,
) -> Result<Vec<OsString>, String> {
    let is_flag = |word: &OsStr| word == "-importcfg" || word == "--importcfg";
    let at = args.iter().position(|arg| is_flag(arg)).map(|at| at + 1);
    let Some((at, given)) = at.and_then(|at| Some((at, PathBuf::from(args.get(at)?)))) else {
        return Err("the linker is called without -importcfg, which hb has to change".to_owned());
    };
    let said = |path: &Path, error| format!("{}: {error}", path.display());
    let text = fs::read_to_string(&given).map_err(|e| said(&given, e))?;
    let ours = given.with_extension("hb");
    let edited = edit(&text, &ours)?;
    fs::write(&ours, edited).map_err(|e| said(&ours, e))?;
    let mut changed = args.to_vec();
    changed[at] = ours.into();
    Ok(changed)
}

/// What the linker says of a chain of functions that may not grow the stack and need more of it than there is.
const TOO_DEEP: &str = "nosplit stack over";

/// Links without `-race`; and where functions that may not grow the stack would not fit then, with it and twice the room for them.
fn link_with_usual_guard(before: &[OsString], args: &[OsString]) -> ExitCode {
    let [program, first @ ..] = before else {
        return fail("toolexec: no tool is named");
    };
    let args: Vec<&OsString> = args.iter().filter(|arg| *arg != "-race").collect();
    let link = |more: &[String]| {
        let output = Command::new(program).args(first).args(more).args(&args).output();
        output.map_err(|error| format!("{}: {error}", program.display()))
    };
    let first_try = match link(&[]) {
        Ok(output) => output,
        Err(message) => return fail(&message),
    };
    let too_deep = !first_try.status.success() && String::from_utf8_lossy(&first_try.stderr).contains(TOO_DEEP);
    if !too_deep {
        pass_on(&first_try, |_| true);
        // The go command makes no difference between codes.
        return if first_try.status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE };
    }
    let second_try = match link(&["-race".to_owned(), format!("-X={}=more", stacks::ROOM)]) {
        Ok(output) => output,
        Err(message) => return fail(&message),
    };
    // The linker looks for a package that these builds need not have.
    pass_on(&second_try, |line| line != "loadinternal: cannot find runtime/race");
    if second_try.status.success() {
        crate::streams::say(format_args!(
            "hb: functions of this program that may not grow the stack (//go:nosplit) need more of it than hb usually leaves, so new \
             goroutines start with larger stacks, as under go build -race"
        ));
        return ExitCode::SUCCESS;
    }
    ExitCode::FAILURE
}

/// Says what a tool said, without the lines of its standard output that `keep` does not want.
fn pass_on(output: &Output, keep: impl Fn(&str) -> bool) {
    let text = String::from_utf8_lossy(&output.stdout);
    let kept: String = text.split_inclusive('\n').filter(|line| keep(line.trim_end())).collect();
    // Where these fail the go command has gone.
    let _ = std::io::stdout().write_all(kept.as_bytes());
    let _ = std::io::stderr().write_all(&output.stderr);
}

/// The package whose archive carries the race runtime ends in the processor's level.
const RUNTIME_PACKAGE: &str = "packagefile runtime/race/internal/amd64v";

/// The archive that carries the Go distribution's race runtime is replaced by a copy with ours.
fn link_with_object(args: &[OsString]) -> Result<Vec<OsString>, String> {
    with_import_config(args, |text, beside| {
        let mut edited = String::with_capacity(text.len());
        for line in text.split_inclusive('\n') {
            let path = line.strip_prefix(RUNTIME_PACKAGE).and_then(|rest| rest.split_once('='));
            let Some((level, path)) = path else {
                edited.push_str(line);
                continue;
            };
            let path = Path::new(path.trim_end());
            let said = |what: String| format!("{}: {what}", path.display());
            let theirs = fs::read(path).map_err(|e| said(e.to_string()))?;
            let object = elf::object();
            let ours = archive::replace_member(&theirs, |name| name.ends_with(".syso"), &object).map_err(said)?;
            let copy = beside.with_extension(format!("v{level}.a"));
            fs::write(&copy, ours).map_err(|e| format!("{}: {e}", copy.display()))?;
            edited.push_str(&format!("{RUNTIME_PACKAGE}{level}={}\n", copy.display()));
        }
        Ok(edited)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_line_changes_where_it_counts() {
        assert_eq!(tag_version("link version go1.26.8\n", "x"), "link version go1.26.8 x");
        assert_eq!(
            tag_version("link version devel go1.28-abc buildID=a/b/c/d\n", "x"),
            "link version devel go1.28-abc x buildID=a/b/c/d-x"
        );
    }

    #[test]
    fn only_the_tools_whose_work_changes_are_changed() {
        for mode in Mode::ALL {
            assert_eq!(mode.changes(Tool::Compile), mode == Mode::Race);
            assert!(mode.changes(Tool::Link));
        }
        assert_ne!(Mode::Race.tag(), Mode::Guard.tag());
    }
}
