//! Whole processes: memory, goroutines, exit, builds.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use super::micro::programs;
use super::table::Table;
use super::{Options, WAYS, Way, process};

const LIMIT: Duration = Duration::from_secs(400);

/// The module whose tests are run whole.
const MODULE: &str = "github.com/hashicorp/golang-lru/v2@v2.0.7";

/// Measures what the options want.
pub fn measure(options: &Options, hb: &Path, work: &Path, table: &mut Table) {
    let parts: [(&str, &str, Part); 7] = [
        ("memory", "Memory: 4M tree nodes and a map of 2M entries, largest resident set (median of seven)", memory),
        ("goroutines", "Parked goroutines that each touched memory", goroutines),
        ("exit", "A test binary without races, from start to end, seconds", exit),
        ("wall", "`test` of a module with warm caches", wall),
        ("build", "Building a program that uses net/http", build),
        (
            "scale",
            "Nanoseconds beside parked goroutines: a goroutine's life, a mutex hand-over, a channel operation",
            scale,
        ),
        ("churn", "Churn", churn),
    ];
    let binaries: Vec<PathBuf> = WAYS.iter().map(|way| work.join(format!("whole.{way:?}"))).collect();
    let mut built = false;
    for (name, title, part) in parts {
        if !options.wants(name) {
            continue;
        }
        table.figures(title);
        if !built {
            for (way, binary) in WAYS.iter().zip(&binaries) {
                let mut command = way.command(hb, "build");
                if let Err(why) = process::done(command.arg("-o").arg(binary).arg("./whole"), &programs()) {
                    table.failed("whole", &why);
                    return;
                }
            }
            built = true;
        }
        if let Err(why) = part(options, hb, work, &binaries, table) {
            table.failed(name, &why);
        }
    }
}

type Part = fn(&Options, &Path, &Path, &[PathBuf], &mut Table) -> Result<(), String>;

/// Runs the three binaries with arguments, `rounds` times in turn; the least seconds of each (other work only adds to them) and the median of its
/// peaks (when the collector runs is chance, and goes both ways).
fn each(binaries: &[PathBuf], arguments: &[&str], rounds: u32) -> Result<[(f64, f64); 3], String> {
    let mut least = [f64::INFINITY; 3];
    let mut peaks = [const { Vec::new() }; 3];
    for _ in 0..rounds {
        for (nth, binary) in binaries.iter().enumerate() {
            let taken = process::run(Command::new(binary).args(arguments), None, LIMIT)?;
            least[nth] = least[nth].min(taken.seconds);
            peaks[nth].push(taken.peak);
        }
    }
    Ok(std::array::from_fn(|nth| {
        peaks[nth].sort_by(f64::total_cmp);
        (least[nth], peaks[nth][peaks[nth].len() / 2])
    }))
}

fn shown(values: [f64; 3], unit: &str) -> [String; 3] {
    values.map(|value| format!("{value:.2} {unit}"))
}

fn memory(options: &Options, _: &Path, _: &Path, binaries: &[PathBuf], table: &mut Table) -> Result<(), String> {
    let taken = each(binaries, &["tree"], if options.short { 1 } else { 7 })?;
    let [plain, stock, hb] = taken.map(|one| one.1);
    table.figure(
        "memory above plain",
        shown([plain, stock, hb], "MB"),
        Some((hb - plain) / (stock - plain)),
        Some(0.45),
    );
    let seconds = taken.map(|one| one.0);
    table.figure("time", shown(seconds, "s"), Some(seconds[2] / seconds[1]), None);
    Ok(())
}

fn goroutines(options: &Options, _: &Path, _: &Path, binaries: &[PathBuf], table: &mut Table) -> Result<(), String> {
    for count in if options.short { &["1000"][..] } else { &["100000", "500000"] } {
        let taken = each(binaries, &["parked", count], if options.short { 1 } else { 3 })?;
        let [plain, stock, hb] = taken.map(|one| one.1);
        table.figure(
            &format!("{count}: memory above plain"),
            shown([plain, stock, hb], "MB"),
            Some((hb - plain) / (stock - plain)),
            Some(0.25),
        );
        let seconds = taken.map(|one| one.0);
        table.figure(&format!("{count}: time"), shown(seconds, "s"), Some(seconds[2] / seconds[1]), Some(0.35));
    }
    if !options.short {
        let taken = process::run(Command::new(&binaries[2]).args(["parked", "1000000"]), None, LIMIT)?;
        let columns = [String::new(), String::new(), format!("{:.2} GB, {:.1} s", taken.peak / 1024.0, taken.seconds)];
        table.figure("1000000: memory (must: 10 GB)", columns, Some(taken.peak / 1024.0), Some(10.0));
    }
    Ok(())
}

fn exit(options: &Options, hb: &Path, work: &Path, _: &[PathBuf], table: &mut Table) -> Result<(), String> {
    let mut least = [f64::INFINITY; 3];
    let mut binaries = Vec::new();
    for way in WAYS {
        let binary = work.join(format!("exit.{way:?}"));
        process::done(way.command(hb, "test").args(["-c", "-o"]).arg(&binary).arg("./micro"), &programs())?;
        binaries.push(binary);
    }
    for _ in 0..if options.short { 1 } else { 5 } {
        for (binary, least) in binaries.iter().zip(&mut least) {
            // As a user runs it: without GORACE.
            let begin = Instant::now();
            let status = Command::new(binary).env_remove("GORACE").output().map_err(|e| e.to_string())?.status;
            if !status.success() {
                return Err(format!("{status}"));
            }
            *least = least.min(begin.elapsed().as_secs_f64());
        }
    }
    table.figure("start to end", shown(least, "s"), Some(least[2] / least[1]), None);
    Ok(())
}

fn wall(_: &Options, hb: &Path, work: &Path, _: &[PathBuf], table: &mut Table) -> Result<(), String> {
    let found = Command::new("go")
        .args(["mod", "download", "-json", MODULE])
        .current_dir(work)
        .output()
        .map_err(|e| e.to_string())?;
    let found: serde_json::Value = serde_json::from_slice(&found.stdout).map_err(|e| e.to_string())?;
    let dir = found["Dir"].as_str().ok_or("the module cannot be had")?;
    let mut least = [f64::INFINITY; 3];
    for round in 0..4 {
        for (way, least) in WAYS.iter().zip(&mut least) {
            let begin = Instant::now();
            process::done(way.command(hb, "test").args(["-count=1", "./..."]), Path::new(dir))?;
            // The first round fills the caches.
            if round > 0 {
                *least = least.min(begin.elapsed().as_secs_f64());
            }
        }
    }
    table.figure(MODULE, shown(least, "s"), Some(least[2] / least[1]), Some(0.6));
    Ok(())
}

fn build(options: &Options, hb: &Path, work: &Path, _: &[PathBuf], table: &mut Table) -> Result<(), String> {
    let dir = work.join("server");
    std::fs::create_dir_all(&dir).map_err(|e| e.to_string())?;
    let text = "package main\n\nimport \"net/http\"\n\nfunc main() { http.ListenAndServe(\":0\", nil) }\n";
    std::fs::write(dir.join("main.go"), text).map_err(|e| e.to_string())?;
    std::fs::write(dir.join("go.mod"), "module server\n\ngo 1.25\n").map_err(|e| e.to_string())?;
    let (mut cold, mut warm) = ([f64::INFINITY; 3], [f64::INFINITY; 3]);
    for round in 0..if options.short { 1 } else { 2 } {
        for (way, (cold, warm)) in WAYS.iter().zip(cold.iter_mut().zip(&mut warm)) {
            let cache = work.join(format!("cache.{way:?}.{round}"));
            for at in 0..3 {
                std::fs::write(dir.join("main.go"), format!("{text}\nvar _ = {at}\n")).map_err(|e| e.to_string())?;
                let begin = Instant::now();
                let mut command = way.command(hb, "build");
                process::done(command.args(["-o", "/dev/null", "."]).env("GOCACHE", &cache), &dir)?;
                let least = if at == 0 { &mut *cold } else { &mut *warm };
                *least = least.min(begin.elapsed().as_secs_f64());
            }
            let _ = std::fs::remove_dir_all(&cache);
        }
    }
    table.figure("cold cache", shown(cold, "s"), Some(cold[2] / cold[1]), Some(1.1));
    table.figure("warm cache, one file changed", shown(warm, "s"), Some(warm[2] / warm[1]), Some(1.1));
    Ok(())
}

fn scale(options: &Options, _: &Path, _: &Path, binaries: &[PathBuf], table: &mut Table) -> Result<(), String> {
    for count in if options.short { &["10"][..] } else { &["10", "1000", "100000"] } {
        let mut rows = Vec::new();
        for binary in binaries {
            let taken = process::run(Command::new(binary).args(["scale", count]), None, LIMIT)?;
            let line = taken.output.lines().find(|line| line.starts_with("scale ")).unwrap_or_default().to_owned();
            rows.push(line.split_whitespace().skip(1).map(str::to_owned).collect::<Vec<_>>());
        }
        for (at, what) in ["goroutine", "mutex", "channel"].iter().enumerate() {
            let cell = |way: Way| rows[way as usize].get(at).cloned().unwrap_or_default();
            let ratio = match (cell(Way::Hb).parse::<f64>(), cell(Way::Stock).parse::<f64>()) {
                (Ok(hb), Ok(stock)) => Some(hb / stock),
                _ => None,
            };
            table.figure(&format!("{what}, {count} parked"), WAYS.map(cell), ratio, None);
        }
    }
    Ok(())
}

fn churn(options: &Options, _: &Path, _: &Path, binaries: &[PathBuf], table: &mut Table) -> Result<(), String> {
    let seconds = if options.short { 2 } else { options.churn_seconds };
    let limit = Duration::from_secs(u64::from(seconds) + 120);
    let mut command = Command::new(&binaries[Way::Hb as usize]);
    let every = Duration::from_millis(u64::from(seconds) * 1000 / 20);
    let taken = process::run(command.args(["churn", &seconds.to_string()]), Some(every), limit)?;
    let course: Vec<String> = taken.course.iter().map(|(at, mb)| format!("{at:.0} s: {mb:.0} MB")).collect();
    let part = |from: usize, to: usize| {
        let values: Vec<f64> = taken.course.get(from..to).unwrap_or(&[]).iter().map(|one| one.1).collect();
        values.iter().sum::<f64>() / values.len().max(1) as f64
    };
    let last = taken.course.len();
    // From a fifth of the time on (minute 2 of 10): the mean of the first quarter of that against the last.
    let (early, late) = (part(last / 5, last / 5 + last / 5), part(last - last / 5, last));
    table.figure(
        &format!("resident set over {seconds} s, early {early:.0} MB and late {late:.0} MB"),
        [String::new(), String::new(), course.join(", ")],
        Some(late / early),
        Some(1.05),
    );
    Ok(())
}
