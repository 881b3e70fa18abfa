//! Benchmarks of the standard library and our own: nanoseconds per operation.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::table::Table;
use super::{Options, WAYS, process};

/// Packages and the benchmarks of each.
const STD: &[(&str, &str)] = &[
    ("sort", "^Benchmark(SortString1K|SortInt1K|StableInt1K)$"),
    ("regexp", "^Benchmark(Literal|NotLiteral|OnePassShortA)$"),
    ("go/parser", "^Benchmark(Parse|ParseOnly)$"),
    ("compress/flate", "^Benchmark(Decode|Encode)$/^(Digits|Newton)$/^(Default|Speed)$/^1e5$"),
    ("encoding/json", "^Benchmark(CodeEncoder|CodeUnmarshal)$"),
    ("net/http", "^Benchmark(ClientServer|ServerFakeConnWithKeepAliveLite)$"),
    ("sync", "^Benchmark(MutexUncontended|Once|RWMutexUncontended|RWMutexWorkWrite10|MapLoadMostlyHits)$"),
    ("runtime", "^Benchmark(ChanUncontended|ChanProdCons10|ChanSync|SelectUncontended)$"),
    ("sync/atomic", "."),
];

/// Measures them.
pub fn measure(options: &Options, hb: &Path, work: &Path, table: &mut Table) {
    if options.wants("std") {
        table.benchmarks("Benchmarks of the standard library");
        for (package, pattern) in STD {
            if options.short && *package != "sort" {
                continue;
            }
            if let Err(why) = package_rows(options, hb, work, table, package, package, pattern) {
                table.failed(package, &why);
            }
        }
    }
    if options.wants("own") {
        table.benchmarks("Our own benchmarks (`benches/programs/micro`)");
        if let Err(why) = package_rows(options, hb, work, table, "./micro", "micro", ".") {
            table.failed("micro", &why);
        }
    }
}

/// Where our own programs are.
pub fn programs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../benches/programs")
}

fn package_rows(
    options: &Options,
    hb: &Path,
    work: &Path,
    table: &mut Table,
    package: &str,
    name: &str,
    pattern: &str,
) -> Result<(), String> {
    let found = Command::new("go")
        .args(["list", "-f", "{{.Dir}}", package])
        .current_dir(programs())
        .output()
        .map_err(|e| e.to_string())?;
    let dir = PathBuf::from(String::from_utf8_lossy(&found.stdout).trim());
    let mut binaries = Vec::new();
    for way in WAYS {
        let binary = work.join(format!("{}.{way:?}", name.replace('/', "_")));
        process::done(way.command(hb, "test").args(["-c", "-o"]).arg(&binary).arg(package), &programs())?;
        binaries.push(binary);
    }
    let mut order = Vec::new();
    let mut times: BTreeMap<String, [f64; 3]> = BTreeMap::new();
    for _ in 0..if options.short { 1 } else { options.rounds } {
        for (way, binary) in binaries.iter().enumerate() {
            let out = Command::new(binary)
                .args(["-test.run", "^$", "-test.bench", pattern, "-test.benchtime"])
                .arg(if options.short { "2x" } else { "200ms" })
                .env("GORACE", "atexit_sleep_ms=0")
                .current_dir(&dir)
                .output()
                .map_err(|e| e.to_string())?;
            for line in String::from_utf8_lossy(&out.stdout).lines() {
                if let Some((bench, time)) = parse(line)
                    && bench.contains(&options.filter)
                {
                    let row = times.entry(bench.clone()).or_insert_with(|| {
                        order.push(bench);
                        [f64::INFINITY; 3]
                    });
                    row[way] = row[way].min(time);
                }
            }
        }
    }
    if order.is_empty() && options.filter.is_empty() {
        return Err("no benchmark ran".to_owned());
    }
    for bench in order {
        let row = times[&bench];
        if row.iter().all(|time| time.is_finite()) {
            table.benchmark(&format!("{name} {bench}"), row);
        } else {
            table.failed(&format!("{name} {bench}"), "did not run in all three");
        }
    }
    Ok(())
}

/// The name and the nanoseconds per operation of a line of a benchmark's output.
fn parse(line: &str) -> Option<(String, f64)> {
    let mut words = line.split_whitespace();
    let name = words.next()?.strip_prefix("Benchmark")?;
    let words: Vec<_> = words.collect();
    let at = words.iter().position(|word| *word == "ns/op")?;
    let name = name.rsplit_once('-').filter(|(_, procs)| procs.parse::<u32>().is_ok()).map_or(name, |(name, _)| name);
    Some((name.to_owned(), words.get(at.checked_sub(1)?)?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_line_of_a_benchmark() {
        let line = "BenchmarkDecode/Digits/Default/1e5-2 \t 5\t 123.5 ns/op\t 10 MB/s";
        assert_eq!(super::parse(line), Some(("Decode/Digits/Default/1e5".to_owned(), 123.5)));
        assert_eq!(super::parse("PASS"), None);
        assert_eq!(super::parse("BenchmarkX-y"), None);
    }
}
