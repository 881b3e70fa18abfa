//! `cargo xtask delivered`: the files that an hb puts in the place of the toolchain's, and where they lie.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;
use serde_json::Value;

use crate::paths::Hb;

/// Options of `cargo xtask delivered`.
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    hb: Hb,
    /// Print this file, such as runtime/race_amd64.s, instead of the list.
    #[arg(value_name = "FILE")]
    file: Option<String>,
    /// Copy all of them into this directory.
    #[arg(long, value_name = "DIR")]
    copy: Option<PathBuf>,
}

/// Lists, prints or copies.
pub fn run(options: &Options) -> Result<bool, String> {
    let delivered = Delivered::by(&options.hb.path()?)?;
    let files = delivered.files()?;
    if let Some(name) = &options.file {
        print!("{}", read(files.get(name).ok_or_else(|| format!("no {name} among those that hb delivers"))?)?);
        return Ok(true);
    }
    for (name, path) in files {
        let text = read(&path)?;
        println!("{name}: {} lines", text.lines().count());
        if let Some(directory) = &options.copy {
            let to = directory.join(&name);
            let said = |e: std::io::Error| format!("{}: {e}", to.display());
            fs::create_dir_all(to.parent().expect("below the directory")).map_err(said)?;
            fs::write(&to, text).map_err(said)?;
        }
    }
    Ok(true)
}

/// What hb delivers with the toolchain on PATH.
pub struct Delivered {
    /// Holds a program, and hb's cache.
    pub directory: tempfile::TempDir,
    /// The file for the go command's `-overlay`.
    pub overlay: PathBuf,
}

impl Delivered {
    /// Has `hb` build an empty program.
    pub fn by(hb: &Path) -> Result<Self, String> {
        let directory = tempfile::tempdir().map_err(|e| e.to_string())?;
        let path = |name: &str| directory.path().join(name);
        let write = |name: &str, text: &str| fs::write(path(name), text).map_err(|e| e.to_string());
        write("go.mod", "module empty\n")?;
        write("main.go", "package main\n\nfunc main() {}\n")?;
        // hb writes its overlay into its cache: one of its own, so that there is one file.
        let mut build = Command::new(hb);
        build.args(["build", "-o", "empty"]).current_dir(directory.path()).env("HB_CACHE", path("cache"));
        output(&mut build)?;
        let overlay = fs::read_dir(path("cache/overlay"))
            .map_err(|e| format!("hb left no overlay: {e}"))?
            .find_map(|entry| entry.ok().map(|entry| entry.path()))
            .ok_or("hb left no overlay: is its delivery the fast one? (hb doctor)")?;
        Ok(Self { directory, overlay })
    }

    /// The files, by their names below `GOROOT/src`.
    pub fn files(&self) -> Result<BTreeMap<String, PathBuf>, String> {
        let overlay: Value = serde_json::from_str(&read(&self.overlay)?).map_err(|e| e.to_string())?;
        let files = overlay["Replace"].as_object().ok_or("the overlay has no Replace")?;
        let file = |(seen, path): (&String, &Value)| {
            Some((seen.split_once("/src/")?.1.to_owned(), PathBuf::from(path.as_str()?)))
        };
        Ok(files.iter().filter_map(file).collect())
    }

    /// The `#define`s that hb puts before the hooks: operands of the runtime's functions, and numbers.
    pub fn definitions(&self) -> Result<BTreeMap<String, String>, String> {
        let files = self.files()?;
        let text = read(files.get("runtime/race_amd64.s").ok_or("the overlay has no runtime/race_amd64.s")?)?;
        let define = |line: &str| {
            let (name, value) = line.strip_prefix("#define ")?.split_once(' ')?;
            Some((name.to_owned(), value.to_owned()))
        };
        // Those of the assembly itself stand behind.
        let definitions = text.split("\n#line ").next().unwrap_or_default();
        Ok(definitions.lines().filter_map(define).collect())
    }
}

/// Runs a command that has to succeed, and gives its output.
pub fn output(command: &mut Command) -> Result<String, String> {
    let output = command.output().map_err(|e| format!("{command:?}: {e}"))?;
    if !output.status.success() {
        return Err(format!("{command:?}: {}{}", output.status, String::from_utf8_lossy(&output.stderr)));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn read(path: &Path) -> Result<String, String> {
    fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}
