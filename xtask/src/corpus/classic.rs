//! Reads the classic report text: just enough to know which two source lines each report is about.

use std::path::{Path, PathBuf};

use super::program::Site;

/// One `WARNING: DATA RACE` block.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// For each access of the report, in order, its frames from the innermost outward.
    pub accesses: Vec<Vec<Site>>,
}

impl Report {
    /// The innermost frame under `dir` of each access; `None` for an access without one.
    pub fn user_sites(&self, dir: &Path) -> Vec<Option<&Site>> {
        let innermost = |frames: &Vec<Site>| frames.iter().position(|site| site.file.starts_with(dir));
        self.accesses.iter().map(|frames| innermost(frames).map(|index| &frames[index])).collect()
    }
}

/// All reports in `text`, which may have other output around and between them.
pub fn parse(text: &str) -> Vec<Report> {
    let mut reports: Vec<Report> = Vec::new();
    let mut inside = false;
    let mut in_access = false;
    for line in text.lines() {
        if line.contains("WARNING: DATA RACE") {
            reports.push(Report::default());
            (inside, in_access) = (true, false);
        } else if line.starts_with("==================") {
            inside = false;
        } else if inside {
            let report = reports.last_mut().expect("inside a report");
            if is_access_header(line) {
                report.accesses.push(Vec::new());
                in_access = true;
            } else if line.trim().is_empty() {
                in_access = false;
            } else if in_access && let Some(site) = parse_frame(line) {
                report.accesses.last_mut().expect("an access was begun").push(site);
            }
        }
    }
    reports
}

/// `Read at 0x… by goroutine 7:`, `Previous atomic write at 0x… by main goroutine:` and the like.
fn is_access_header(line: &str) -> bool {
    let lower = line.to_ascii_lowercase();
    let rest = lower.strip_prefix("previous ").unwrap_or(&lower);
    let rest = rest.strip_prefix("atomic ").unwrap_or(rest);
    (rest.starts_with("read at 0x") || rest.starts_with("write at 0x")) && rest.contains(" by ")
}

/// `      /dir/main.go:12 +0x1c` below a function's line.
fn parse_frame(line: &str) -> Option<Site> {
    let line = line.trim();
    let place = line.rsplit_once(" +0x").map_or(line, |(place, _)| place);
    let (file, number) = place.rsplit_once(':')?;
    if !file.starts_with('/') {
        return None;
    }
    Some(Site { file: PathBuf::from(file), line: number.parse().ok()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "\
some output
==================
WARNING: DATA RACE
Read at 0x00c000014098 by main goroutine:
  runtime.mapaccess1_faststr()
      /go/src/internal/runtime/maps/runtime.go:103 +0x0
  main.main()
      /c/racy/x/main.go:20 +0x1a

Previous atomic write at 0x00c000014098 by goroutine 7:
  main.work()
      /c/racy/x/main.go:12 +0x2c
  main.main.gowrap1()
      /c/racy/x/main.go:17 +0x2c

Goroutine 7 (finished) created at:
  main.main()
      /c/racy/x/main.go:17 +0x104
==================
Found 1 data race(s)
";

    #[test]
    fn both_user_lines_are_found() {
        let reports = parse(TEXT);
        assert_eq!(reports.len(), 1);
        let lines: Vec<_> =
            reports[0].user_sites(Path::new("/c/racy/x")).into_iter().map(|s| s.map(|s| s.line)).collect();
        assert_eq!(lines, [Some(20), Some(12)]);
        let elsewhere = reports[0].user_sites(Path::new("/elsewhere"));
        assert_eq!(elsewhere, [None, None]);
    }

    #[test]
    fn other_text_has_no_reports() {
        assert!(parse("Read at 0x1 by hand\n==================\nnothing\n").is_empty());
    }
}
