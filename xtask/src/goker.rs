//! `cargo xtask goker --checkout DIR`: how often the races of GoKer's non-blocking kernels are
//! found, by hb and by Go's own detector.
//!
//! GoKer (Yuan et al., "GoBench: a benchmark suite of real-world Go concurrency bugs", CGO 2021)
//! has 35 small programs made of bugs of large ones, each a test; its sources are not ours to
//! keep, so a checkout of `github.com/timmyyuan/gobench` is needed. A run has found the bug if it
//! prints a race; a kernel's rate is the part of its runs that did, and what counts is the mean
//! of the rates. Some of the bugs are no data races, or need luck.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Mutex;

use clap::Args;

use crate::paths::{Hb, absolute};

/// Options of `cargo xtask goker`.
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    hb: Hb,
    /// A checkout of gobench.
    #[arg(long, value_name = "DIR")]
    checkout: PathBuf,
    /// Runs of each kernel by each detector.
    #[arg(long, default_value_t = 20)]
    runs: usize,
    /// Kernels that run at the same time.
    #[arg(long, default_value_t = 2)]
    jobs: usize,
}

/// Where the kernels lie in a checkout.
const KERNELS: &str = "gobench/goker/nonblocking";

/// What a test binary is given: some kernels may hang.
const TIMEOUT: &str = "-test.timeout=20s";

/// Runs the task. `Ok(false)` means that hb's mean was below stock's.
pub fn run(options: &Options) -> Result<bool, String> {
    let kernels = kernels(&absolute(&options.checkout)?.join(KERNELS))?;
    let hb = options.hb.path()?;
    let place = tempfile::tempdir().map_err(|e| format!("temporary directory: {e}"))?;
    let io = |e: std::io::Error| format!("{}: {e}", place.path().display());
    fs::write(place.path().join("go.mod"), "module goker\n\ngo 1.25\n").map_err(io)?;
    let mut built = Vec::new();
    for (name, file) in &kernels {
        let package = name.replace('/', "_");
        let dir = place.path().join(&package);
        fs::create_dir(&dir).and_then(|()| fs::copy(file, dir.join("kernel_test.go"))).map_err(io)?;
        let build = |tool: &Path, kind: &str, flags: &[&str]| {
            let out = place.path().join(format!("{package}.{kind}"));
            let status = Command::new(tool)
                .args(["test", "-vet=off"])
                .args(flags)
                .args(["-c", "-o"])
                .args([&out, &dir])
                .current_dir(place.path())
                .status();
            matches!(status, Ok(status) if status.success()).then_some(out)
        };
        match (build(&hb, "hb", &[]), build(Path::new("go"), "stock", &["-race"])) {
            (Some(hb), Some(stock)) => built.push((name, [hb, stock])),
            _ => println!("{name}: not built"),
        }
    }

    // Run by run, so that both see the same machine.
    let work: Vec<_> = (0..options.runs).flat_map(|_| (0..built.len()).flat_map(|k| [(k, 0), (k, 1)])).collect();
    let work = Mutex::new(work.into_iter());
    let found = Mutex::new(vec![[0_usize; 2]; built.len()]);
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.max(1) {
            scope.spawn(|| {
                loop {
                    let Some((kernel, detector)) = work.lock().expect("work").next() else { break };
                    if finds(&built[kernel].1[detector]) {
                        found.lock().expect("found")[kernel][detector] += 1;
                    }
                }
            });
        }
    });

    let found = found.into_inner().expect("found");
    let rate = |count: usize| count as f64 / options.runs as f64;
    println!("| kernel | hb | stock |\n|---|---|---|");
    for ((name, _), [hb, stock]) in built.iter().zip(&found) {
        println!("| {name} | {:.2} | {:.2} |", rate(*hb), rate(*stock));
    }
    let mean = |detector: usize| found.iter().map(|f| rate(f[detector])).sum::<f64>() / built.len().max(1) as f64;
    let (hb, stock) = (mean(0), mean(1));
    println!("mean of {} kernels, {} runs each: hb {hb:.3}, stock {stock:.3}", built.len(), options.runs);
    Ok(hb >= stock)
}

/// The kernels' names and files.
fn kernels(root: &Path) -> Result<Vec<(String, PathBuf)>, String> {
    let entries = |dir: &Path| -> Result<Vec<PathBuf>, String> {
        let entries = fs::read_dir(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
        paths.sort();
        Ok(paths)
    };
    let mut kernels = Vec::new();
    for project in entries(root)? {
        for bug in entries(&project)? {
            for file in entries(&bug)?.into_iter().filter(|file| file.to_string_lossy().ends_with("_test.go")) {
                let name = bug.strip_prefix(root).expect("below it").to_string_lossy().into_owned();
                kernels.push((name, file));
            }
        }
    }
    Ok(kernels)
}

/// Whether a run of the test binary prints a race.
fn finds(binary: &Path) -> bool {
    let output = Command::new(binary).arg(TIMEOUT).env_remove("GORACE").stdin(Stdio::null()).output();
    output.is_ok_and(|output| {
        [output.stdout, output.stderr].iter().any(|text| String::from_utf8_lossy(text).contains("WARNING: DATA RACE"))
    })
}
