//! The result: rows of three columns and their ratios.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// The rows so far.
pub struct Table {
    head: String,
    text: String,
    failures: Vec<String>,
    /// Ratios hb/stock and stock/plain, hb/plain of the benchmarks, for the means.
    ratios: Vec<(String, f64, f64, f64)>,
}

fn said(command: &str, arguments: &[&str]) -> String {
    Command::new(command)
        .args(arguments)
        .output()
        .ok()
        .map(|out| String::from_utf8_lossy(&out.stdout).trim().to_owned())
        .unwrap_or_default()
}

fn field(file: &str, name: &str) -> String {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let line = text.lines().find(|line| line.starts_with(name)).unwrap_or_default();
    line.split_once(':').map_or("?", |(_, value)| value).trim().to_owned()
}

impl Table {
    /// An empty table that names the machine and the versions.
    pub fn new(hb: &Path) -> Self {
        let cores = std::thread::available_parallelism().map_or(0, usize::from);
        let head = format!(
            "# What hb costs\n\nMachine: {}, {cores} cores, {} memory. {}. {}.\n\nWritten by `cargo xtask bench`; see \
             `docs/performance.md` for what the figures mean.\n",
            field("/proc/cpuinfo", "model name"),
            field("/proc/meminfo", "MemTotal"),
            said("go", &["version"]),
            said(&hb.to_string_lossy(), &["version"]).lines().next().unwrap_or_default(),
        );
        Self { head, text: String::new(), failures: Vec::new(), ratios: Vec::new() }
    }

    /// Begins a section of benchmarks.
    pub fn benchmarks(&mut self, title: &str) {
        let _ = write!(
            self.text,
            "\n## {title}\n\n| benchmark | plain, ns | `-race`, ns | hb, ns | hb / `-race` | `-race` / plain | hb / plain |\n\
             |---|---|---|---|---|---|---|\n"
        );
    }

    /// Begins a section of other figures.
    pub fn figures(&mut self, title: &str) {
        let _ = write!(
            self.text,
            "\n## {title}\n\n| what | plain | `-race` | hb | ratio | must | met |\n|---|---|---|---|---|---|---|\n"
        );
    }

    /// A benchmark's times.
    pub fn benchmark(&mut self, name: &str, times: [f64; 3]) {
        let [plain, stock, hb] = times;
        eprintln!("{name}: {:.2} of -race", hb / stock);
        let _ = writeln!(
            self.text,
            "| {name} | {plain:.1} | {stock:.1} | {hb:.1} | **{:.2}** | {:.1} | {:.1} |",
            hb / stock,
            stock / plain,
            hb / plain
        );
        self.ratios.push((name.to_owned(), hb / stock, stock / plain, hb / plain));
    }

    /// Some other figure; `ratio` must be at most `must` where one is asked.
    pub fn figure(&mut self, name: &str, columns: [String; 3], ratio: Option<f64>, must: Option<f64>) {
        let [plain, stock, hb] = columns;
        let shown = ratio.map_or(String::new(), |ratio| format!("{ratio:.2}"));
        eprintln!("{name}: plain {plain}, -race {stock}, hb {hb}, ratio {shown}");
        let met = match (ratio, must) {
            (Some(ratio), Some(must)) if ratio <= must => "yes",
            (Some(_), Some(_)) => "no",
            _ => "",
        };
        let must = must.map_or(String::new(), |must| format!("{must:.2}"));
        let _ = writeln!(self.text, "| {name} | {plain} | {stock} | {hb} | {shown} | {must} | {met} |");
    }

    /// Notes that something could not be measured.
    pub fn failed(&mut self, what: &str, why: &str) {
        eprintln!("{what}: {why}");
        self.failures.push(format!("{what}: {why}"));
    }

    /// Whether everything was measured.
    pub fn complete(&self) -> bool {
        self.failures.is_empty()
    }

    /// The whole text, with the means.
    pub fn finish(&self) -> String {
        let mut text = self.head.clone();
        if !self.ratios.is_empty() {
            let mean = |of: fn(&(String, f64, f64, f64)) -> f64| {
                (self.ratios.iter().map(|row| of(row).ln()).sum::<f64>() / self.ratios.len() as f64).exp()
            };
            let worst = self.ratios.iter().max_by(|a, b| a.1.total_cmp(&b.1));
            let _ = write!(
                text,
                "\nGeometric means over {} benchmarks: hb / `-race` **{:.2}** (must 0.55), `-race` / plain {:.1}, hb / plain {:.1}. \
                 Worst: {} with {:.2} (must 0.90).\n",
                self.ratios.len(),
                mean(|row| row.1),
                mean(|row| row.2),
                mean(|row| row.3),
                worst.map_or("", |row| row.0.as_str()),
                worst.map_or(0.0, |row| row.1),
            );
        }
        text.push_str(&self.text);
        if !self.failures.is_empty() {
            text.push_str("\nNot measured:\n\n");
            for failure in &self.failures {
                let _ = writeln!(text, "- {failure}");
            }
        }
        text
    }
}
