//! `cargo xtask edits`: the edits to files of Go, made on each toolchain that is known.
//!
//! The checks are tests of hb (`crates/hb/src/inject/edits/golden.rs`); this fetches the toolchains for them.

use std::path::Path;
use std::process::Command;

use clap::Args;

/// Options of `cargo xtask edits`.
#[derive(Args)]
pub struct Options {
    /// Write the diffs in go/edits/golden anew.
    #[arg(long)]
    bless: bool,
}

/// Fetches and checks. `Ok(false)`: something is not as it should be.
pub fn run(options: &Options) -> Result<bool, String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let toolchains = match std::env::var_os("HB_TEST_TOOLCHAINS") {
        Some(toolchains) => toolchains,
        None => {
            let fetched =
                Command::new(root.join("setup.sh")).arg("all").output().map_err(|e| format!("setup.sh: {e}"))?;
            if !fetched.status.success() {
                return Err(String::from_utf8_lossy(&fetched.stderr).into_owned());
            }
            String::from_utf8_lossy(&fetched.stdout).lines().collect::<Vec<_>>().join(":").into()
        }
    };
    let mut tests = Command::new(env!("CARGO"));
    tests.args(["test", "--quiet", "-p", "hb", "--bin", "hb", "inject::edits"]).current_dir(root);
    tests.env("HB_TEST_TOOLCHAINS", toolchains).env("CI", "true");
    if options.bless {
        tests.env("HB_BLESS", "1");
    }
    Ok(tests.status().map_err(|e| e.to_string())?.success())
}
