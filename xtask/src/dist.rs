//! The release: a static hb with completions and man pages in one archive, and its checksum. Two builds of one commit are equal byte for byte,
//! wherever they are made with the same Rust: nothing of the machine, its paths or its clock goes in.

use crate::paths::absolute;
use clap::Args;
use flate2::{Compression, GzBuilder};
use sha2::{Digest, Sha256};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What `dist` is told.
#[derive(Args)]
pub struct Options {
    /// Where the archive and the checksum go.
    #[arg(long, value_name = "DIR", default_value = "target/dist")]
    output: PathBuf,
    /// The target to build for. musl's is static and runs on any Linux; with gnu's the C library is linked in, too.
    #[arg(long, value_name = "TRIPLE", default_value = "x86_64-unknown-linux-musl")]
    target: String,
    /// Build a second time, in a copy of the tree in another directory, and compare the two byte for byte.
    #[arg(long)]
    twice: bool,
    /// Run the binary in an empty root, then beside nothing but a Go toolchain, where it is to find a race (as root).
    #[arg(long)]
    check: bool,
}

/// Builds, and checks what was asked for; false where a check failed.
pub fn run(options: &Options) -> Result<bool, String> {
    let here = absolute(Path::new("."))?;
    let output = absolute(&options.output)?;
    let built = build(&here, &here.join("target"), &output, &options.target)?;
    let mut good = true;
    if options.twice {
        let elsewhere = tempfile::Builder::new().prefix("hb another place ").tempdir().map_err(|e| e.to_string())?;
        copy_tree(&here, elsewhere.path())?;
        let again =
            build(elsewhere.path(), &elsewhere.path().join("target"), &elsewhere.path().join("dist"), &options.target)?;
        let same = fs::read(&built.archive).map_err(|e| e.to_string())?
            == fs::read(&again.archive).map_err(|e| e.to_string())?;
        println!("a second build elsewhere: {}", if same { "the same, byte for byte" } else { "DIFFERS" });
        good &= same;
    }
    if options.check {
        let text = crate::empty_root::check(&built.binary)?;
        print!("{text}");
    }
    Ok(good)
}

/// What a build left.
struct Built {
    binary: PathBuf,
    archive: PathBuf,
}

fn build(source: &Path, target_directory: &Path, output: &Path, target: &str) -> Result<Built, String> {
    let mut flags = vec![format!("--remap-path-prefix={}=hb", source.display())];
    for (variable, fallback, name) in [("CARGO_HOME", ".cargo", "cargo"), ("RUSTUP_HOME", ".rustup", "rustup")] {
        let home = std::env::var_os(variable).map(PathBuf::from);
        if let Some(home) = home.or_else(|| Some(std::env::home_dir()?.join(fallback))) {
            flags.push(format!("--remap-path-prefix={}={name}", home.display()));
        }
    }
    if target.ends_with("-gnu") {
        flags.push("-Ctarget-feature=+crt-static".to_owned());
    }
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.args(["build", "--locked", "--profile", "dist", "-p", "hb", "--target", target]);
    cargo.arg("--target-dir").arg(target_directory).current_dir(source);
    cargo.env("CARGO_ENCODED_RUSTFLAGS", flags.join("\x1f")).env_remove("RUSTFLAGS");
    let status = cargo.status().map_err(|e| format!("cargo: {e}"))?;
    if !status.success() {
        return Err(format!("hb does not build for {target}: is it there? rustup target add {target}"));
    }
    let binary = target_directory.join(target).join("dist/hb");
    let name = format!("hb-{}-linux-amd64", env!("CARGO_PKG_VERSION"));
    fs::create_dir_all(output).map_err(|e| format!("{}: {e}", output.display()))?;
    let archive = output.join(format!("{name}.tar.gz"));
    let bytes = pack(source, &binary, &name)?;
    fs::write(&archive, &bytes).map_err(|e| format!("{}: {e}", archive.display()))?;
    let sums = format!("{}  {name}.tar.gz\n", hex(&Sha256::digest(&bytes)));
    fs::write(output.join("SHA256SUMS"), &sums).map_err(|e| e.to_string())?;
    println!("{} bytes: hb; {} bytes: {}", size(&binary)?, bytes.len(), archive.display());
    Ok(Built { binary, archive })
}

/// The archive: the binary, what goes beside it, in the order of their names, without times and owners.
fn pack(source: &Path, binary: &Path, name: &str) -> Result<Vec<u8>, String> {
    let mut files: Vec<(String, Vec<u8>, u32)> = Vec::new();
    let read = |path: &Path| fs::read(path).map_err(|e| format!("{}: {e}", path.display()));
    files.push(("hb".to_owned(), read(binary)?, 0o755));
    for file in ["LICENSE", "README.md", "CHANGELOG.md"] {
        files.push((file.to_owned(), read(&source.join(file))?, 0o644));
    }
    for (shell, file) in [("bash", "hb.bash"), ("zsh", "_hb"), ("fish", "hb.fish")] {
        files.push((format!("completions/{file}"), said(Command::new(binary).args(["completions", shell]))?, 0o644));
    }
    let pages = tempfile::tempdir().map_err(|e| e.to_string())?;
    said(Command::new(binary).arg("man-pages").arg(pages.path()))?;
    for entry in fs::read_dir(pages.path()).map_err(|e| e.to_string())? {
        let path = entry.map_err(|e| e.to_string())?.path();
        let page = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        files.push((format!("man/man1/{page}"), read(&path)?, 0o644));
    }
    files.sort();
    let gzip = GzBuilder::new().mtime(0).write(Vec::new(), Compression::best());
    let mut tar = tar::Builder::new(gzip);
    for (path, bytes, mode) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(mode);
        tar.append_data(&mut header, format!("{name}/{path}"), bytes.as_slice()).map_err(|e| e.to_string())?;
    }
    let mut gzip = tar.into_inner().map_err(|e| e.to_string())?;
    gzip.flush().map_err(|e| e.to_string())?;
    gzip.finish().map_err(|e| e.to_string())
}

/// What a program prints.
fn said(command: &mut Command) -> Result<Vec<u8>, String> {
    let output =
        command.stdin(Stdio::null()).stderr(Stdio::inherit()).output().map_err(|e| format!("{command:?}: {e}"))?;
    if output.status.success() { Ok(output.stdout) } else { Err(format!("{command:?}: {}", output.status)) }
}

/// Copies what git knows of a tree, as it lies there.
fn copy_tree(from: &Path, to: &Path) -> Result<(), String> {
    let listed = said(Command::new("git").args(["ls-files", "-z"]).current_dir(from))?;
    for name in String::from_utf8_lossy(&listed).split('\0').filter(|name| !name.is_empty()) {
        let target = to.join(name);
        fs::create_dir_all(target.parent().unwrap_or(to)).map_err(|e| e.to_string())?;
        let source = from.join(name);
        if source.is_file() {
            fs::copy(&source, &target).map_err(|e| format!("{}: {e}", source.display()))?;
        }
    }
    Ok(())
}

fn size(path: &Path) -> Result<u64, String> {
    let found = fs::metadata(path).map_err(|e| format!("{}: {e}", path.display()))?;
    if found.permissions().mode() & 0o111 == 0 {
        return Err(format!("{} cannot be run", path.display()));
    }
    Ok(found.len())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
