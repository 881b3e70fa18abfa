//! Go's own text: byte for byte what `go -race` prints, for whatever parses that today. Other lines begin with `hb: `, as those that a process itself
//! prints among its reports: what reads Go's text skips what stands outside of them.

use super::Options;
use crate::Report;
use crate::clean;
use crate::raw::{Access, Frame, ObjectKind, Op, Race, StackState, State};
use std::io::{self, Write};

/// The line above and below each report.
pub const RULE: &str = "==================";

/// Writes the new findings, then why there may be more, and how many they are.
///
/// # Errors
/// Those of the writer.
pub fn write(report: &Report, options: &Options, out: &mut dyn Write) -> io::Result<()> {
    let mut count = 0;
    for finding in report.findings.iter().filter(|finding| finding.is_new() || options.show_known) {
        let mut race = finding.race.clone();
        make_relative(&mut race, options);
        write_race(&race, out)?;
        count += 1;
    }
    for caveat in report.caveats() {
        writeln!(out, "hb: {}", clean::line(&caveat))?;
    }
    if count > 0 { write_count(count, out) } else { Ok(()) }
}

/// Writes one report, from rule to rule.
///
/// # Errors
/// Those of the writer.
pub fn write_race(race: &Race, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{RULE}\nWARNING: DATA RACE")?;
    for (index, access) in race.accesses.iter().enumerate() {
        if index > 0 {
            writeln!(out)?;
        }
        let verb = match (index, access.op) {
            (0, Op::Read) => "Read",
            (0, Op::Write) => "Write",
            (_, Op::Read) => "Previous read",
            (_, Op::Write) => "Previous write",
        };
        writeln!(out, "{verb} at 0x{:012x} by {}:", access.addr.0, goroutine(access))?;
        write_stack(&access.stack, access.stack_state, out)?;
    }
    if let Some(object) = &race.object {
        match object.kind {
            ObjectKind::Heap if !object.alloc.is_empty() => {
                let by = match object.alloc_gid {
                    None | Some(1) => "main goroutine".to_owned(),
                    Some(gid) => format!("goroutine {gid}"),
                };
                writeln!(out, "\nHeap block of size {} at 0x{:012x} allocated by {by}:", object.size, object.start.0)?;
                write_stack(&object.alloc, StackState::Full, out)?;
            }
            ObjectKind::Global if object.file.is_some() => {
                writeln!(
                    out,
                    "\nGlobal var {} of size {} at 0x{:012x} declared at {}:{}",
                    object.name.as_deref().unwrap_or("?"),
                    object.size,
                    object.start.0,
                    object.file.as_deref().unwrap_or_default(),
                    object.line.unwrap_or_default()
                )?;
            }
            _ => {}
        }
    }
    let mut told: Option<u64> = None;
    for access in &race.accesses {
        if access.main || told == Some(access.gid) {
            continue;
        }
        told = Some(access.gid);
        let state = match access.state {
            State::Running => "running",
            State::Finished => "finished",
        };
        writeln!(out, "\nGoroutine {} ({state}) created at:", access.gid)?;
        write_stack(&access.created, StackState::Full, out)?;
    }
    writeln!(out, "{RULE}")
}

/// Writes the closing line of a process that reported `count` races.
///
/// # Errors
/// Those of the writer.
pub fn write_count(count: u64, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "Found {count} data race(s)")
}

fn goroutine(access: &Access) -> String {
    if access.main { "main goroutine".to_owned() } else { format!("goroutine {}", access.gid) }
}

fn write_stack(stack: &[Frame], state: StackState, out: &mut dyn Write) -> io::Result<()> {
    if stack.is_empty() || state == StackState::Lost {
        return writeln!(out, "  [failed to restore the stack]");
    }
    for frame in stack {
        let off = frame.off.unwrap_or_default();
        writeln!(out, "  {}()", clean::line(&frame.func))?;
        writeln!(out, "      {}:{} +0x{:x}", clean::line(&frame.file), frame.line, off.0)?;
    }
    Ok(())
}

/// Makes the file names of all stacks relative, as the options say.
pub fn make_relative(race: &mut Race, options: &Options) {
    race.each_frame(|frame| frame.file = options.path(&frame.file).to_owned());
}
