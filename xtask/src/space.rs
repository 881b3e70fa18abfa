//! Address space: under which limits a program runs, and what of it a program takes, beside `go
//! -race`.
//!
//! The program is that of `crates/hb/tests/address_space.rs`, built by each tool and in each of
//! hb's ways.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::evidence;

/// Sweep limits on address space; rewrite docs/evidence/address-space.md.
#[derive(clap::Args)]
pub struct Options {
    /// The hb command.
    #[arg(long)]
    hb: PathBuf,
    /// How often each is tried.
    #[arg(long, default_value_t = 3)]
    tries: u32,
}

const PROGRAM: &str = include_str!("../../crates/hb/tests/programs/space.go");

/// Limits of address space in MB.
const LIMITS: [u64; 20] = [
    600, 800, 1000, 1500, 2000, 3000, 4000, 8000, 12000, 16000, 20000, 24000, 28000, 32000, 36000, 40000, 50000, 60000,
    64000, 128_000,
];

/// Measures, and writes the page. `false`: hb failed under a limit under which stock did not.
pub fn run(options: &Options) -> Result<bool, String> {
    let hb = crate::paths::absolute(&options.hb)?;
    let place = tempfile::tempdir().map_err(|e| e.to_string())?;
    let write = |name: &str, text: &str| std::fs::write(place.path().join(name), text).map_err(|e| e.to_string());
    write("go.mod", "module space\n\ngo 1.25\n")?;
    write("main.go", PROGRAM)?;
    let ways = [
        ("stock", Path::new("go"), Some("-race"), None),
        ("hb", &hb, None, None),
        ("hb, plain", &hb, None, Some(("HB_DELIVERY", "plain"))),
        ("hb, no cgo", &hb, None, Some(("CGO_ENABLED", "0"))),
    ];
    let mut programs = Vec::new();
    for (nth, (name, tool, flag, variable)) in ways.into_iter().enumerate() {
        let program = place.path().join(format!("program{nth}"));
        let mut build = Command::new(tool);
        build.arg("build").args(flag).arg("-o").arg(&program).arg(".").envs(variable);
        let output = build.current_dir(place.path()).output().map_err(|e| format!("{}: {e}", tool.display()))?;
        if !output.status.success() {
            return Err(format!("{name}: {}", String::from_utf8_lossy(&output.stderr)));
        }
        programs.push((name, program));
    }

    let mut table = format!("hb {}, {} tries each.\n\n", evidence::commit(), options.tries);
    let names: Vec<_> = programs.iter().map(|(name, _)| *name).collect();
    let _ = writeln!(table, "| | {} |\n|---|{}", names.join(" | "), "---|".repeat(names.len()));
    let mut good = true;
    for limit in LIMITS {
        let runs: Vec<u32> = programs
            .iter()
            .map(|(_, program)| {
                let line = format!("ulimit -v {} && exec \"$0\" work", limit * 1000);
                (0..options.tries)
                    .filter(|_| output(Command::new("sh").args(["-c", &line]).arg(program)).status.success())
                    .count() as u32
            })
            .collect();
        good &= runs[0] != options.tries || runs.iter().all(|ran| *ran == options.tries);
        let cells: Vec<_> = runs.iter().map(u32::to_string).collect();
        let _ = writeln!(table, "| runs with `ulimit -v` of {limit} MB | {} |", cells.join(" | "));
    }
    for (what, mode) in [
        ("`mlockall`: MB resident with 8 MB in use", "lock"),
        ("MB of addresses at the start, and mappings with 256 MB in use", "size"),
        ("limits set by the program itself", "limit"),
        ("`make([]byte, 1<<40)`", "huge"),
    ] {
        let cells: Vec<_> =
            programs.iter().map(|(_, program)| said(&output(Command::new(program).arg(mode)))).collect();
        let _ = writeln!(table, "| {what} | {} |", cells.join(" | "));
    }
    print!("{table}");
    evidence::put_table("address-space.md", &table)?;
    Ok(good)
}

fn output(command: &mut Command) -> Output {
    command.env("GORACE", "atexit_sleep_ms=0").output().expect("a shell and a program that was built start")
}

/// The first line that a program printed.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(if output.stdout.is_empty() { &output.stderr } else { &output.stdout });
    text.lines().next().unwrap_or("nothing").replace('|', "/")
}
