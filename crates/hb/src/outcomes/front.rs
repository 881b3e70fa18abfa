//! The front end: a small Go program, built once with the user's Go and kept in hb's cache, that type-checks the program by
//! Go's own rules and hands it over as a tree.

use crate::cache;
use crate::error::HbError;
use crate::exit_codes;
use crate::go_env::find_program;
use hb_golang::HELPER;
use hb_golang::tree::Tree;
use serde::Deserialize;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Why a program was not read.
#[derive(Debug, Deserialize)]
pub struct Failure {
    kind: String,
    #[serde(default)]
    file: String,
    #[serde(default)]
    line: u32,
    #[serde(default)]
    column: u32,
    text: String,
}

impl Failure {
    /// hb's exit status.
    pub fn exit_code(&self) -> u8 {
        if self.kind == "unsupported" { exit_codes::NOT_SUPPORTED } else { exit_codes::NOT_A_PROGRAM }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.file.as_str(), self.line) {
            ("", _) => f.write_str(&self.text),
            (file, 0) => write!(f, "{file}: {}", self.text),
            (file, line) => write!(f, "{file}:{line}:{}: {}", self.column, self.text),
        }
    }
}

#[derive(Deserialize)]
struct Refused {
    error: Failure,
}

/// The tree of a program.
///
/// # Errors
/// There is no Go, or it cannot build the helper.
pub fn read(files: &[PathBuf]) -> Result<Result<Tree, Failure>, HbError> {
    let helper = helper()?;
    let output = Command::new(&helper)
        .args(files)
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| HbError::CannotStart(format!("{}: {e}", helper.display())))?;
    if let Ok(refused) = serde_json::from_slice::<Refused>(&output.stdout) {
        return Ok(Err(refused.error));
    }
    serde_json::from_slice(&output.stdout)
        .map(Ok)
        .map_err(|e| HbError::Toolchain(format!("the front end's answer was not understood: {e}")))
}

/// The helper's path; it is built if this Go has not built this version of it.
fn helper() -> Result<PathBuf, HbError> {
    let go = find_program()?;
    let version = Command::new(&go)
        .args(["env", "GOVERSION", "GOROOT"])
        .output()
        .map_err(|e| HbError::CannotStart(format!("{}: {e}", go.display())))?;
    let mut identity = version.stdout;
    for (path, content) in HELPER {
        identity.extend(path.bytes());
        identity.extend(content.bytes());
    }
    let directory = cache::directory()?.join("outcomes").join(cache::content_name(&identity));
    let binary = directory.join("hbtree");
    if binary.is_file() {
        return Ok(binary);
    }
    cache::make_directory(&directory)?;
    let sources = tempfile::Builder::new()
        .prefix("build-")
        .tempdir_in(&directory)
        .map_err(|e| cache::error("write in", &directory, &e))?;
    for (path, content) in HELPER {
        let path = sources.path().join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(|e| cache::error("make the directory", parent, &e))?;
        }
        std::fs::write(&path, content).map_err(|e| cache::error("write", &path, &e))?;
    }
    build(&go, sources.path())?;
    // Whole or not at all: another run may be doing the same.
    std::fs::rename(sources.path().join("hbtree"), &binary).map_err(|e| cache::error("write", &binary, &e))?;
    Ok(binary)
}

fn build(go: &Path, directory: &Path) -> Result<(), HbError> {
    let output = Command::new(go)
        .args(["build", "-o", "hbtree", "."])
        .current_dir(directory)
        .env("CGO_ENABLED", "0")
        .env("GO111MODULE", "on")
        .env("GOWORK", "off")
        .env("GOFLAGS", "-mod=mod")
        .env("GOTOOLCHAIN", "local")
        .env_remove("GOOS")
        .env_remove("GOARCH")
        .output()
        .map_err(|e| HbError::CannotStart(format!("{}: {e}", go.display())))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said = said.trim();
    Err(HbError::Toolchain(format!("the front end of hb outcomes could not be built:\n{said}")))
}
