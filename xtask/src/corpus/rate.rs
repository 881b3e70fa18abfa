//! `cargo xtask corpus --rate`: in how many runs of a program its race is caught, as a table of
//! `docs/evidence/endings.md`.
//!
//! A run has caught the race if it reports every marked pair and nothing else. The programs are
//! built once and run many times.

use std::fmt::Write as _;
use std::path::Path;

use super::build::{self, Tool};
use super::program::{Program, Verdict};
use super::{Detector, Options, processors, run_all};
use crate::evidence;

/// Of a thousand runs, so many must have caught the race.
const WANTED: f64 = 0.999;

/// Of this many runs under hb, one is made under stock.
const STOCK_SHARE: u32 = 20;

/// Counts, and writes the table. `Ok(false)` means that hb was below [`WANTED`] where stock was
/// not.
pub fn run(options: &Options, root: &Path, programs: &[Program], bin_dir: &Path) -> Result<bool, String> {
    if let Some(clean) = programs.iter().find(|program| program.verdict == Verdict::Clean) {
        return Err(format!("--rate counts races, of which {} has none: --filter racy/...", clean.name));
    }
    let jobs = options.jobs.unwrap_or_else(processors);
    let mut counts = Vec::new();
    for (detector, tool, runs) in [
        (Detector::Hb, Tool::hb(options.hb.as_deref())?, options.runs),
        (Detector::Stock, Tool::stock(), options.runs.div_ceil(STOCK_SHARE)),
    ] {
        let bin_dir = bin_dir.join(if detector == Detector::Hb { "hb" } else { "stock" });
        build::build_all(&tool, root, programs, &bin_dir)?;
        for &procs in &options.procs {
            let judgements = run_all(detector, programs, &bin_dir, runs, &[procs], jobs);
            let caught = judgements.iter().map(|of| of.iter().filter(|judgement| judgement.wrong.is_none()).count());
            counts.push((detector, runs, procs, caught.collect::<Vec<_>>()));
            for (program, of) in programs.iter().zip(&judgements) {
                if let Some(wrong) = of.iter().find_map(|judgement| judgement.wrong.as_ref()) {
                    eprintln!("{}, GOMAXPROCS={procs}: {wrong}", program.name);
                }
            }
        }
    }

    let mut table = format!("hb of commit {}.\n\n| program |", evidence::commit());
    for (detector, runs, procs, _) in &counts {
        let name = if *detector == Detector::Hb { "hb" } else { "stock" };
        let _ = write!(table, " {name}, {procs} (of {runs}) |");
    }
    let _ = write!(table, "\n|---|{}", "---|".repeat(counts.len()));
    let mut good = true;
    for (index, program) in programs.iter().enumerate() {
        let _ = write!(table, "\n| `{}` |", program.name);
        for (_, _, _, caught) in &counts {
            let _ = write!(table, " {} |", caught[index]);
        }
        for (_, runs, procs, caught) in counts.iter().filter(|(detector, ..)| *detector == Detector::Hb) {
            let stock = counts.iter().find(|(other, _, p, _)| *other == Detector::Stock && p == procs);
            let stock_catches = stock.is_none_or(|(_, runs, _, caught)| caught[index] == *runs as usize);
            good &= !stock_catches || caught[index] as f64 >= WANTED * f64::from(*runs);
        }
    }
    println!("{table}");
    evidence::put_table("endings.md", &table)?;
    Ok(good)
}
