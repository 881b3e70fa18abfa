//! Builds the corpus with one go command per kind of package, so that the build cache and its parallelism do the work.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::program::{Program, Verdict};

/// The command that builds: `go` with `-race`, or hb, which takes the same arguments.
pub struct Tool {
    command: PathBuf,
    flags: &'static [&'static str],
}

impl Tool {
    /// Go's own race detector.
    pub fn stock() -> Tool {
        Tool { command: "go".into(), flags: &["-race"] }
    }

    /// The hb command at `path`, or else one that cargo builds now.
    pub fn hb(path: Option<&Path>) -> Result<Tool, String> {
        let command = match path {
            Some(path) => crate::paths::absolute(path)?,
            None => build_hb()?,
        };
        Ok(Tool { command, flags: &[] })
    }
}

/// Builds the `hb` package and returns the path of its executable, as cargo names it.
fn build_hb() -> Result<PathBuf, String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--release", "--package", "hb", "--bin", "hb", "--message-format=json-render-diagnostics"])
        .stderr(Stdio::inherit())
        .output()
        .map_err(|e| format!("cargo: {e}"))?;
    if !output.status.success() {
        return Err("cargo could not build hb".into());
    }
    String::from_utf8_lossy(&output.stdout)
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok())
        .find_map(|message| message.get("executable")?.as_str().map(PathBuf::from))
        .ok_or_else(|| "cargo named no executable for hb".into())
}

/// Where the binary of `program` stands after [`build_all`].
pub fn binary(program: &Program, bin_dir: &Path) -> PathBuf {
    let base = program.dir.file_name().expect("a program has a name").to_string_lossy();
    let file = if program.is_test { format!("{base}.test") } else { base.into_owned() };
    bin_dir.join(program.verdict.to_string()).join(file)
}

/// Builds all programs into `bin_dir/VERDICT/`.
pub fn build_all(tool: &Tool, root: &Path, programs: &[Program], bin_dir: &Path) -> Result<(), String> {
    for verdict in [Verdict::Clean, Verdict::Racy] {
        for is_test in [false, true] {
            let chosen = programs.iter().filter(|p| p.verdict == verdict && p.is_test == is_test);
            let packages: Vec<String> = chosen.map(|program| format!("./{}", program.name)).collect();
            if packages.is_empty() {
                continue;
            }
            let directory = bin_dir.join(verdict.to_string());
            std::fs::create_dir_all(&directory).map_err(|e| format!("{}: {e}", directory.display()))?;
            let subcommand: &[&str] = if is_test { &["test", "-c"] } else { &["build"] };
            let mut into = directory.into_os_string();
            into.push("/"); // a directory, even where it is to hold a single binary
            let status = Command::new(&tool.command)
                .args(subcommand)
                .args(tool.flags)
                .arg("-o")
                .arg(into)
                .args(&packages)
                .current_dir(root)
                .status()
                .map_err(|e| format!("{}: {e}", tool.command.display()))?;
            if !status.success() {
                return Err(format!("{} {} failed: {status}", tool.command.display(), subcommand.join(" ")));
            }
        }
    }
    Ok(())
}
