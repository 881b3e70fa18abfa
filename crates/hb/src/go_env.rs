//! Finding the go command and asking it which toolchain a build would use.
//!
//! One `go env` in the user's directory, with the user's environment and `-C`, answers after toolchain switching
//! (`toolchain` lines, `GOTOOLCHAIN`). Two cases need more than that:
//!
//! - `go run pkg@version` switches by the needs of that module, which `go env` cannot know. hb lets the go command
//!   choose by itself in a run that ends before it builds, reads its choice, and pins it.
//! - A toolchain that the go command downloaded lies in the module cache, and the go command refuses overlays of files
//!   there. Such a toolchain is used through a symbolic link in hb's cache, as `GOROOT`.

use crate::as_go;
use crate::cache;
use crate::error::HbError;
use crate::go_flags::{Scan, Subcommand, leading_chdir};
use serde::Deserialize;
use std::env;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

/// What `go env -json` says of the variables that matter here, named as there.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "UPPERCASE", default)]
pub struct GoEnv {
    /// Root of the toolchain that will build.
    pub goroot: PathBuf,
    /// Its version: `go1.26.8`, `go1.27rc1`, `devel go1.28-…`.
    pub goversion: String,
    /// Target operating system.
    pub goos: String,
    /// Target architecture.
    pub goarch: String,
    /// `1` or `0`; `0` also where no C compiler was found and the user did not say.
    pub cgo_enabled: String,
    /// `v1` to `v4`.
    pub goamd64: String,
    /// The flags from the environment or `go env -w`, still quoted.
    pub goflags: String,
    /// The module cache.
    pub gomodcache: PathBuf,
    /// The C compiler, quoted words.
    pub cc: String,
    /// The `go.work` file in use, or empty.
    pub gowork: String,
    /// The `go.mod` file in use, or empty.
    pub gomod: String,
    /// What the go command may switch to.
    pub gotoolchain: String,
    /// The build cache.
    pub gocache: PathBuf,
}

const VARIABLES: &[&str] = &[
    "GOROOT",
    "GOVERSION",
    "GOOS",
    "GOARCH",
    "CGO_ENABLED",
    "GOAMD64",
    "GOFLAGS",
    "GOMODCACHE",
    "CC",
    "GOWORK",
    "GOMOD",
    "GOTOOLCHAIN",
    "GOCACHE",
];

/// A go command, and the toolchain it will use for one command line.
#[derive(Clone, Debug)]
pub struct Go {
    /// The program to run.
    pub program: PathBuf,
    /// Its answers.
    pub env: GoEnv,
    /// What to set in its environment so that it uses the very toolchain that was asked about.
    pub pins: Vec<(String, OsString)>,
}

/// Finds the go command: `HB_GO`, else `go` on `PATH`.
///
/// # Errors
/// There is none.
pub fn find_program() -> Result<PathBuf, HbError> {
    if let Some(named) = env::var_os("HB_GO").filter(|v| !v.is_empty()) {
        let path = PathBuf::from(&named);
        let found = if path.components().count() > 1 { is_executable(&path).then_some(path) } else { on_path(&named) };
        let found = found
            .ok_or_else(|| HbError::NoGo(format!("HB_GO={} is not a program that can be run", named.display())))?;
        if as_go::is_hb(&found) {
            return Err(HbError::NoGo(format!("HB_GO={} is hb: name the real go command", named.display())));
        }
        return Ok(found);
    }
    // hb may stand there under that name itself (`hb env --shell`).
    all_on_path(OsStr::new("go"))
        .find(|path| !as_go::is_hb(path))
        .ok_or_else(|| HbError::NoGo("no go command on PATH".to_owned()))
}

/// The executable file `name` in the directories of `PATH`.
pub fn on_path(name: &OsStr) -> Option<PathBuf> {
    all_on_path(name).next()
}

fn all_on_path(name: &OsStr) -> impl Iterator<Item = PathBuf> {
    // An empty or relative element would mean the current directory, from which the go command, too, runs nothing.
    let directories: Vec<PathBuf> = env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect();
    directories
        .into_iter()
        .filter(|dir| dir.is_absolute())
        .map(move |dir| dir.join(name))
        .filter(|path| is_executable(path))
}

fn is_executable(path: &Path) -> bool {
    path.metadata().is_ok_and(|m| m.is_file() && m.permissions().mode() & 0o111 != 0)
}

impl Go {
    /// Finds the go command and what it would use for `go SUBCOMMAND ARGUMENTS`.
    ///
    /// # Errors
    /// No go command; it fails, having said why; or its toolchain is none that hb can use.
    pub fn for_command(subcommand: Subcommand, arguments: &[OsString]) -> Result<Self, HbError> {
        let program = find_program()?;
        let (skip, chdir) = leading_chdir(arguments);
        let mut pins = Vec::new();
        if matches!(subcommand, Subcommand::Run | Subcommand::Install)
            && let Some(operand) = Scan::of(subcommand, &arguments[skip..]).first_operand
            && is_package_at_version(&arguments[skip + operand])
            && let Some(name) = switched_toolchain(&program, subcommand, arguments, skip + operand)
        {
            pins.push(("GOTOOLCHAIN".to_owned(), name.into()));
        }
        let env = ask(&program, chdir.as_deref(), &pins)?;
        let mut go = Self { program, env, pins };
        go.check()?;
        go.leave_module_cache()?;
        Ok(go)
    }

    /// Refuses what hb has no runtime for.
    fn check(&self) -> Result<(), HbError> {
        let GoEnv { goroot, goversion, goos, goarch, .. } = &self.env;
        match language_version(goversion) {
            Some(version) if version < OLDEST => {
                return Err(HbError::GoTooOld { version: goversion.clone(), goroot: goroot.clone() });
            }
            Some(_) => {}
            None => {
                return Err(HbError::Toolchain(format!(
                    "cannot tell which Go {goversion:?} (in {}) is",
                    goroot.display()
                )));
            }
        }
        if (goos.as_str(), goarch.as_str()) != ("linux", "amd64") {
            return Err(HbError::UnsupportedPlatform { goos: goos.clone(), goarch: goarch.clone() });
        }
        if !goroot.join("src/runtime").is_dir() {
            return Err(HbError::Toolchain(format!(
                "{} has no src/runtime: the Go toolchain is incomplete; install it again",
                goroot.display()
            )));
        }
        Ok(())
    }

    /// Gives a toolchain inside the module cache another name outside it.
    ///
    /// The go command is then run from there as if it had just switched to itself, so that it does not look for a
    /// toolchain once more and come back to the first name.
    fn leave_module_cache(&mut self) -> Result<(), HbError> {
        let goroot = &self.env.goroot;
        if self.env.gomodcache.as_os_str().is_empty() || !goroot.starts_with(&self.env.gomodcache) {
            return Ok(());
        }
        let name = format!(
            "{}-{}",
            // The version alone: `go1.26.8 X:experiment` has a blank.
            self.env.goversion.split(' ').next().unwrap_or("go"),
            &cache::content_name(goroot.as_os_str().as_encoded_bytes())[..8]
        );
        let link = ensure_link(&cache::directory()?.join("goroot"), &name, goroot)?;
        self.program = link.join("bin/go");
        self.pins.push(("GOTOOLCHAIN_INTERNAL_SWITCH_VERSION".to_owned(), self.env.goversion.clone().into()));
        self.pins.push(("GOROOT".to_owned(), link.clone().into()));
        self.env.goroot = link;
        Ok(())
    }
}

/// The oldest version with the race ABI that hb speaks.
pub const OLDEST: (u32, u32) = (1, 25);

/// Major and minor number of a `GOVERSION`, as in `go1.26.8`, `go1.27rc1`, `devel go1.28-0123abc Mon …`.
pub fn language_version(goversion: &str) -> Option<(u32, u32)> {
    let (_, rest) = goversion.split_once("go1.")?;
    let digits = rest.split(|c: char| !c.is_ascii_digit()).next()?;
    Some((1, digits.parse().ok()?))
}

/// Asks `program` for the variables, in the directory `chdir` of the user's `-C`.
///
/// # Errors
/// It cannot be run, fails (standard error is the user's, so the reason has been said), or answers nonsense.
pub fn ask(program: &Path, chdir: Option<&OsStr>, pins: &[(String, OsString)]) -> Result<GoEnv, HbError> {
    let mut command = as_go::go(program);
    command.arg("env");
    if let Some(dir) = chdir {
        command.arg("-C").arg(dir);
    }
    command
        .arg("-json")
        .args(VARIABLES)
        .envs(pins.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stderr(Stdio::inherit());
    let output = command.output().map_err(|e| cannot_start(program, &e))?;
    if !output.status.success() {
        let code = output.status.code().and_then(|code| u8::try_from(code).ok());
        return Err(match code {
            Some(code) if code != 0 => HbError::GoFailed(code),
            _ => HbError::Toolchain(format!("{} env ended with {}", program.display(), output.status)),
        });
    }
    let env: GoEnv = serde_json::from_slice(&output.stdout).map_err(|e| {
        HbError::Toolchain(format!(
            "{} env -json gave something unexpected ({e}): is it a go command?",
            program.display()
        ))
    })?;
    if env.goroot.as_os_str().is_empty() || env.goversion.is_empty() {
        return Err(HbError::Toolchain(format!("{} does not know its GOROOT or its version", program.display())));
    }
    Ok(env)
}

/// `GOFLAGS` as the go command sees them: from the environment, or from its files of settings.
///
/// # Errors
/// As [`ask`].
pub fn flags_of_environment(chdir: Option<&OsStr>) -> Result<String, HbError> {
    match env::var_os("GOFLAGS").filter(|flags| !flags.is_empty()) {
        Some(flags) => Ok(flags.to_string_lossy().into_owned()),
        None => Ok(ask(&find_program()?, chdir, &[])?.goflags),
    }
}

/// The error for `program` not starting.
pub fn cannot_start(program: &Path, source: &io::Error) -> HbError {
    HbError::CannotStart(format!("cannot run {}: {source}", program.display()))
}

/// Whether `go run` and `go install` take this operand for a package of another module at a version.
fn is_package_at_version(operand: &OsStr) -> bool {
    let operand = operand.to_string_lossy();
    operand.contains('@') && !operand.ends_with(".go") && !operand.starts_with(['-', '.', '/'])
}

/// The toolchain that `go run … pkg@version` or `go install … pkg@version` switches to, if it does.
///
/// `-p=0` makes the go command give up where it checks its flags, after it has chosen; `toolchaintrace` makes it say
/// what it chose. Where that fails, the go command itself will fail in the same way a moment later.
fn switched_toolchain(
    program: &Path,
    subcommand: Subcommand,
    arguments: &[OsString],
    operand: usize,
) -> Option<String> {
    let godebug = match env::var("GODEBUG") {
        Ok(set) if !set.is_empty() => format!("{set},toolchaintrace=1"),
        _ => "toolchaintrace=1".to_owned(),
    };
    let output = as_go::go(program)
        .arg(subcommand.name())
        .args(&arguments[..operand])
        .arg("-p=0")
        .arg(&arguments[operand])
        .env("GODEBUG", godebug)
        .stdin(Stdio::null())
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let name = said
        .lines()
        .filter_map(|line| line.strip_prefix("go: using "))
        .filter_map(|line| line.split_once(" toolchain ").map(|(name, _)| name))
        .rfind(|name| name.starts_with("go1"))?;
    Some(name.to_owned())
}

/// Makes sure that `dir` has a symbolic link `name` to `target`, and gives its path.
///
/// # Errors
/// It cannot be made.
pub fn ensure_link(dir: &Path, name: &str, target: &Path) -> Result<PathBuf, HbError> {
    let link = dir.join(name);
    if std::fs::read_link(&link).is_ok_and(|found| found == target) {
        return Ok(link);
    }
    cache::make_directory(dir)?;
    // A link cannot be replaced in place: make it under a name of our own, then rename.
    let fresh = dir.join(format!(".new-{}-{name}", std::process::id()));
    let _ = std::fs::remove_file(&fresh);
    std::os::unix::fs::symlink(target, &fresh)
        .and_then(|()| std::fs::rename(&fresh, &link))
        .map_err(|e| cache::error("make the link", &link, &e))?;
    Ok(link)
}

#[cfg(test)]
mod tests {
    use super::{ensure_link, is_package_at_version, language_version};
    use std::ffi::OsStr;
    use std::path::Path;

    #[test]
    fn versions() {
        assert_eq!(language_version("go1.26.8"), Some((1, 26)));
        assert_eq!(language_version("go1.27rc1"), Some((1, 27)));
        assert_eq!(language_version("go1.25.5 X:nodwarf5"), Some((1, 25)));
        assert_eq!(language_version("devel go1.28-abc Mon"), Some((1, 28)));
        assert_eq!(language_version("unknown"), None);
    }

    #[test]
    fn operands_of_go_run() {
        for (operand, expected) in
            [("example.com/cmd@latest", true), ("./cmd@1", false), ("a@b.go", false), ("example.com/cmd", false)]
        {
            assert_eq!(is_package_at_version(OsStr::new(operand)), expected);
        }
    }

    #[test]
    fn a_wrong_link_is_replaced() {
        let dir = tempfile::tempdir().unwrap();
        ensure_link(dir.path(), "l", Path::new("/one")).unwrap();
        let link = ensure_link(dir.path(), "l", Path::new("/two")).unwrap();
        assert_eq!(std::fs::read_link(link).unwrap(), Path::new("/two"));
    }
}
