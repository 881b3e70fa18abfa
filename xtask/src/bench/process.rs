//! Running a process and seeing what it took.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// What a process took.
pub struct Taken {
    /// From start to end, in seconds.
    pub seconds: f64,
    /// The largest resident set seen, in MB; 0 where the process was too short to be looked at.
    pub peak: f64,
    /// The resident set at each look: seconds since the start, and MB.
    pub course: Vec<(f64, f64)>,
    /// What it printed.
    pub output: String,
}

fn status(pid: u32, field: &str) -> Option<f64> {
    let text = std::fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = text.lines().find(|line| line.starts_with(field))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kb| kb / 1024.0)
}

/// Runs a command to its end, looking at its memory every few milliseconds (every `every` for the course).
pub fn run(command: &mut Command, every: Option<Duration>, limit: Duration) -> Result<Taken, String> {
    let begin = Instant::now();
    let mut child = command
        .env("GORACE", "atexit_sleep_ms=0")
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(|e| format!("{}: {e}", command.get_program().to_string_lossy()))?;
    let (mut peak, mut course) = (0.0f64, Vec::new());
    let ended = loop {
        if let Some(mb) = status(child.id(), "VmHWM:") {
            peak = peak.max(mb);
        }
        if let Some(every) = every
            && begin.elapsed() >= every * (course.len() as u32 + 1)
            && let Some(mb) = status(child.id(), "VmRSS:")
        {
            course.push((begin.elapsed().as_secs_f64(), mb));
        }
        match child.try_wait().map_err(|e| e.to_string())? {
            Some(ended) => break ended,
            None if begin.elapsed() > limit => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(format!("stopped after {} s", limit.as_secs()));
            }
            None => std::thread::sleep(Duration::from_millis(2)),
        }
    };
    let seconds = begin.elapsed().as_secs_f64();
    let mut output = String::new();
    if let Some(mut from) = child.stdout.take() {
        let _ = std::io::Read::read_to_string(&mut from, &mut output);
    }
    if ended.success() { Ok(Taken { seconds, peak, course, output }) } else { Err(format!("{ended}: {output}")) }
}

/// Runs a command that must succeed, in `dir`.
pub fn done(command: &mut Command, dir: &Path) -> Result<(), String> {
    let out = command.current_dir(dir).output().map_err(|e| e.to_string())?;
    if out.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&out.stderr).into_owned()) }
}
