//! `cargo xtask machine-code`: the machine code that Go's assembler makes of the hooks, held against that of another hb.
//!
//! What is compared is the bytes of each function and what its relocations refer to, so text that is only written in
//! another way compares equal: other names, labels, comments, files, macros. Operands inside of the runtime's blob are
//! compared by the function's name, since their offsets change with the Rust code.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use clap::Args;

use crate::delivered::{Delivered, output};
use crate::paths::{Hb, absolute};

/// Options of `cargo xtask machine-code`.
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    hb: Hb,
    /// The hb command to compare with, for example one built from the commit before.
    #[arg(long, value_name = "PATH")]
    against: Option<PathBuf>,
    /// Print the instructions of this function (`hbread`, `runtime.raceread`, ...).
    #[arg(long, value_name = "NAME")]
    print: Option<String>,
}

/// A function's instructions: bytes in hexadecimal digits and, if there is one, the relocation.
type Code = Vec<Instruction>;

#[derive(PartialEq, Eq)]
struct Instruction {
    /// What counts: the bytes and what their relocation refers to.
    bytes: String,
    /// As the disassembler shows it.
    text: String,
}

/// Compares, or says how much code there is. `Ok(false)`: it differs.
pub fn run(options: &Options) -> Result<bool, String> {
    let ours = functions(&options.hb.path()?)?;
    if let Some(name) = &options.print {
        let code = ours.get(name).ok_or_else(|| {
            format!("no function {name}: there are {}", ours.keys().cloned().collect::<Vec<_>>().join(", "))
        })?;
        code.iter().for_each(|instruction| println!("{:<24} {}", instruction.bytes, instruction.text));
        return Ok(true);
    }
    let count: usize = ours.values().map(Vec::len).sum();
    println!("{} functions, {count} instructions", ours.len());
    let Some(against) = &options.against else { return Ok(true) };
    let theirs = functions(&absolute(against)?)?;
    let mut same = true;
    for name in ours.keys().chain(theirs.keys().filter(|name| !ours.contains_key(*name))) {
        if let Some(what) = difference(theirs.get(name), ours.get(name)) {
            println!("{name}: {what}");
            same = false;
        }
    }
    println!("{}", if same { "the same machine code" } else { "the machine code DIFFERS" });
    Ok(same)
}

fn difference(before: Option<&Code>, after: Option<&Code>) -> Option<String> {
    let (Some(before), Some(after)) = (before, after) else {
        return Some(if before.is_none() { "new" } else { "gone" }.to_owned());
    };
    let at = (0..before.len().max(after.len())).find(|&i| {
        let bytes = |code: &Code| code.get(i).map(|instruction| instruction.bytes.clone());
        bytes(before) != bytes(after)
    })?;
    let show = |code: &Code| code.get(at).map_or("(the end)".to_owned(), |i| format!("{} ({})", i.text, i.bytes));
    Some(format!("instruction {at}: {} became {}", show(before), show(after)))
}

/// The functions that the assembly of `hb` defines in package `runtime`, as the present toolchain assembles them.
fn functions(hb: &Path) -> Result<BTreeMap<String, Code>, String> {
    let delivered = Delivered::by(hb)?;
    let flag = format!("-overlay={}", delivered.overlay.display());
    let go = |arguments: &[&str]| output(Command::new("go").args(arguments).current_dir(delivered.directory.path()));
    go(&["build", "-race", &flag, "-o", "runtime.a", "runtime"])?;
    go(&["tool", "pack", "x", "runtime.a", OBJECT])?;
    let listing = go(&["tool", "objdump", OBJECT])?;
    // What the assembly calls an operand of the blob, by how the listing shows it.
    let operand = |(name, operand): (String, String)| {
        let operand = operand.strip_suffix("(SB)")?.replace('·', ".");
        Some((operand.trim_end_matches("+0").to_owned(), name))
    };
    Ok(parse(&listing, &delivered.definitions()?.into_iter().filter_map(operand).collect()))
}

/// What Go's assembler makes of the hooks.
const OBJECT: &str = "race_amd64.o";

fn parse(listing: &str, entry_points: &BTreeMap<String, String>) -> BTreeMap<String, Code> {
    let mut functions = BTreeMap::new();
    let mut name = String::new();
    for line in listing.lines() {
        if let Some(rest) = line.strip_prefix("TEXT ") {
            name = rest.split(['(', '<']).next().unwrap_or_default().to_owned();
            functions.insert(name.clone(), Code::new());
            continue;
        }
        // FILE:LINE ADDRESS BYTES INSTRUCTION... [RELOCATION]...
        let mut words = line.split_whitespace();
        let (Some(bytes), Some(code)) = (words.nth(2), functions.get_mut(&name)) else { continue };
        let (mut bytes, mut text) = (bytes.to_owned(), String::new());
        for word in words {
            match word.split_once(":").filter(|_| word.starts_with('[') && word.contains("]R_")) {
                None => text = format!("{text} {word}").trim_start().to_owned(),
                Some(_) => {
                    let (place, target) = word.rsplit_once(':').unwrap_or((word, ""));
                    let target = entry_points.get(target).map_or(target, String::as_str);
                    bytes = format!("{bytes} {place}:{target}");
                }
            }
        }
        code.push(Instruction { bytes, text });
    }
    functions
}

#[cfg(test)]
mod tests {
    use super::*;

    const LISTING: &str = "TEXT hbslow<1>(SB) /go/src/runtime/race_amd64.s\n  \
        race_amd64.s:187\t0xe1d9\t\t\t498bbe38010000\t\tMOVQ 0x138(R14), DI\t\n  \
        race_amd64.s:203\t0xe22b\t\t\t488d1500000000\t\tLEAQ 0(IP), DX\t[3:7]R_PCREL:runtime.hbblob+64\t\n";

    #[test]
    fn a_function_is_its_bytes_and_what_they_refer_to() {
        let names = BTreeMap::from([("runtime.hbblob+64".to_owned(), "tsan_read".to_owned())]);
        let parsed = parse(LISTING, &names);
        let code = &parsed["hbslow"];
        assert_eq!(code[0].bytes, "498bbe38010000");
        assert_eq!(code[1].bytes, "488d1500000000 [3:7]R_PCREL:tsan_read");
        assert_eq!(code[1].text, "LEAQ 0(IP), DX");
    }

    #[test]
    fn only_bytes_make_a_difference() {
        let parsed = parse(LISTING, &BTreeMap::new());
        let moved = parse(&LISTING.replace(":187", ":9").replace("0xe1d9", "0x10"), &BTreeMap::new());
        assert_eq!(difference(parsed.get("hbslow"), moved.get("hbslow")), None);
        let other = parse(&LISTING.replace("498bbe", "498bbf"), &BTreeMap::new());
        let said = difference(parsed.get("hbslow"), other.get("hbslow")).unwrap();
        assert!(said.starts_with("instruction 0: MOVQ 0x138(R14), DI (498bbe38010000) became"), "{said}");
        assert_eq!(difference(parsed.get("hbslow"), None).as_deref(), Some("gone"));
    }
}
