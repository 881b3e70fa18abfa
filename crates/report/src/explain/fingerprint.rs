//! A finding's identity: functions and expressions, never absolute lines, addresses or goroutine numbers.

use super::frames;
use super::naming::Side;
use super::verb;
use crate::raw::{Access, Race};

/// 16 hexadecimal digits. Each side gives its function, the name it accesses, and which line of the function it is: by the
/// line's text where the source is here, else by its distance from the function's start where that is known, else by its
/// number. The two sides are sorted, so that it does not matter which came first; reads and writes count alike, so that
/// the read and the write of one `x++` are one finding.
pub fn of(race: &Race, named: &[Side; 2]) -> String {
    let mut sides = [0, 1].map(|index| side(&race.accesses[index], &named[index]));
    sides.sort();
    format!("{:016x}", fnv(&format!("v1\n{}\n{}", sides[0], sides[1])))
}

/// A cheap key that is the same for the same pair of code places in the same build, used before any source is read.
pub fn quick_key(race: &Race) -> u64 {
    let mut sides = race.accesses.each_ref().map(|access| {
        let mut text = format!("{} {}", verb(access), access.atomic);
        let site = frames::site(&access.stack);
        for frame in
            access.stack.first().into_iter().chain(site).chain(access.created.first().filter(|_| site.is_none()))
        {
            text += &format!("\n{} {}:{}", frame.func, frame.file, frame.line);
        }
        text
    });
    sides.sort();
    let object = race.object.as_ref().map(|object| (&object.name, &object.field));
    fnv(&format!("{}\n{}\n{object:?}", sides[0], sides[1]))
}

fn side(access: &Access, side: &Side) -> String {
    let Some(site) = &side.site else {
        // No stack: what is left is where the goroutine came from.
        let started = frames::site(&access.created).map(|frame| frame.func.as_str()).unwrap_or_default();
        return format!("? {started}");
    };
    let text = side.file.as_ref().and_then(|file| {
        let line = file.line(site.line)?.trim();
        let from = file.function_at(site.line).map_or(1, |function| function.lines.0);
        // The same text may stand in the function twice: count those above.
        let above =
            (from..site.line).filter(|&number| file.line(number).is_some_and(|other| other.trim() == line)).count();
        Some(format!("{line} #{above}"))
    });
    let place = text.unwrap_or_else(|| match site.fn_line {
        Some(start) if start <= site.line => format!("+{}", site.line - start),
        _ => format!("line {}", site.line),
    });
    let leaf = side.operand.as_ref().map(|operand| operand.leaf.as_str()).unwrap_or_default();
    format!("{} {leaf} {place}", site.func)
}

/// 64-bit FNV-1a: stable for ever, which the standard library's hasher does not promise.
pub fn fnv(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
}
