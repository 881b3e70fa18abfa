//! `cargo xtask inspect`: the shadow words and the clocks of a program under hb, read from outside.
//!
//! The program may run, wait, or stand in a debugger; its memory is read through `/proc/PID/mem`. The numbers that this
//! needs are those that hb gives the hooks' assembly (`crates/detector/src/contract.rs`), so they are those of the program
//! only if the same hb built it.

use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::fs::FileExt as _;

use clap::Args;

use crate::delivered::Delivered;
use crate::paths::Hb;

/// Options of `cargo xtask inspect`.
#[derive(Args)]
pub struct Options {
    #[command(flatten)]
    hb: Hb,
    /// The process.
    #[arg(long)]
    pid: u32,
    /// Addresses of variables, as Go prints pointers, whose shadow words are to be shown.
    #[arg(value_name = "ADDRESS", value_parser = number)]
    addresses: Vec<u64>,
}

fn number(text: &str) -> Result<u64, String> {
    let parsed = match text.strip_prefix("0x") {
        Some(digits) => u64::from_str_radix(digits, 16),
        None => text.parse(),
    };
    parsed.map_err(|e| e.to_string())
}

/// Prints the goroutines' clocks and the words.
pub fn run(options: &Options) -> Result<bool, String> {
    let mut numbers = BTreeMap::new();
    for (name, value) in Delivered::by(&options.hb.path()?)?.definitions()? {
        numbers.extend(number(&value).map(|value| (name, value)));
    }
    let path = format!("/proc/{}/mem", options.pid);
    let memory = File::open(&path).map_err(|e| format!("{path}: {e}"))?;
    let read = |address: u64| {
        let mut bytes = [0; 8];
        memory.read_exact_at(&mut bytes, address).ok().map(|()| u64::from_le_bytes(bytes))
    };
    let program = Program { numbers, read };
    program.goroutines().iter().for_each(|line| println!("{line}"));
    for &address in &options.addresses {
        program.word(address)?.iter().for_each(|line| println!("{line}"));
    }
    Ok(true)
}

/// A program's memory, and what is known of it.
struct Program<R> {
    numbers: BTreeMap<String, u64>,
    read: R,
}

impl<R: Fn(u64) -> Option<u64>> Program<R> {
    fn n(&self, name: &str) -> u64 {
        *self.numbers.get(name).unwrap_or_else(|| panic!("{name} is not stated for the assembly"))
    }

    /// Eight bytes; 0 where nothing is mapped.
    fn at(&self, address: u64) -> u64 {
        (self.read)(address).unwrap_or(0)
    }

    fn at32(&self, address: u64) -> u64 {
        self.at(address) & u64::from(u32::MAX)
    }

    /// A line for each goroutine that is alive.
    fn goroutines(&self) -> Vec<String> {
        let lane_info = |lane: u64| self.n("LANE_INFOS") + (lane << self.n("LANE_INFO_SHIFT"));
        let lanes = (1..=self.n("LANE_MASK")).take_while(|&lane| (self.read)(lane_info(lane)).is_some());
        let mut lines = Vec::new();
        for lane in lanes {
            let block = self.at32(lane_info(lane) + self.n("LANE_INFO_CONTEXT"));
            if block == 0 {
                continue;
            }
            let context = self.n("BLOCKS") + (block << self.n("BLOCK_SHIFT"));
            let field = |name: &str| self.at32(context + self.n(name));
            let mut line = format!(
                "lane {lane}: goroutine {}, clock {}{}, {}, context {context:#x}",
                self.at(context + self.n("CONTEXT_GOID")),
                field("CONTEXT_CLOCK"),
                if field("CONTEXT_USED") & 1 != 0 { " (used)" } else { "" },
                match field("CONTEXT_STAMP") {
                    none if none == self.n("NO_STAMP") => "no stamp".to_owned(),
                    stamp => format!("stamp {}", stamp >> self.n("CELL_STAMP_SHIFT")),
                },
            );
            // Epochs that were found in its vector clock: what the hooks look at.
            let known: Vec<String> = (0..=self.n("KNOWN_MASK"))
                .map(|i| self.at(context + self.n("CONTEXT_KNOWN") + i * 8))
                .filter(|&epoch| epoch != 0)
                .map(|epoch| self.epoch(epoch))
                .collect();
            if !known.is_empty() {
                line += &format!(", found to know {}", known.join(" "));
            }
            lines.push(line);
        }
        lines
    }

    fn epoch(&self, epoch: u64) -> String {
        format!("{}@{}", epoch & u64::from(u32::MAX), epoch >> self.n("ENTRY_LANE_SHIFT"))
    }

    /// What is known of the word around an address.
    fn word(&self, address: u64) -> Result<Vec<String>, String> {
        let granule = address & !7;
        let shadow = if (self.n("HEAP_START")..self.n("HEAP_END")).contains(&address) {
            granule | 1 << self.n("HEAP_SHADOW_BIT")
        } else {
            granule.wrapping_add(self.at(self.n("DATA_DISTANCE")))
        };
        let word =
            (self.read)(shadow).ok_or_else(|| format!("{address:#x} has no shadow: not in the heap or in data"))?;
        let tag = (word & u64::from(u32::MAX)) >> self.n("CELL_STAMP_SHIFT");
        let index = (word << self.n("INDEX_HIGH_SHIFT") | word >> self.n("INDEX_LOW_SHIFT")) & u64::from(u32::MAX);
        let mut lines = Vec::new();
        let head = |what: String| format!("{granule:#x}: {word:#018x} at {shadow:#x}: {what}");
        if tag == self.n("PRECISE_TAG") {
            let record = self.n("EXTS") + (index << self.n("RECORD_SHIFT"));
            let field = |name: &str| self.at32(record + self.n(name));
            let class = field("EXT_CLASS") & 0xff;
            lines.push(head(format!("precise record {index} at {record:#x}, version {}", field("EXT_LOCK"))));
            for i in 0..4 {
                let entry = self.at(record + self.n("EXT_ACCESSES") + i * 8);
                if entry != 0 {
                    lines.push(format!("  {}", self.entry(entry)));
                }
            }
            if class != 0 {
                let table = self.n("BLOCKS") + (field("EXT_LIST") << self.n("BLOCK_SHIFT"));
                lines.push(format!("  a table of more at {table:#x}, of {} bytes", 1u64 << class));
                let slots = 1..(1u64 << class) >> self.n("TABLE_SLOT_SHIFT");
                let entries = slots.map(|slot| self.at(table + slot * 8)).filter(|&entry| entry != 0);
                lines.extend(entries.map(|entry| format!("  {}", self.entry(entry))));
            }
            if field("EXT_SYNC_OFFSET") & 0xff != 0 {
                let (lane, clock) = (field("EXT_SYNC_LANE"), field("EXT_SYNC_CLOCK"));
                lines.push(format!("  a synchronisation object: last released at {clock}@{lane}"));
            }
        } else if tag == self.n("SPLIT_TAG") {
            let cells = self.n("SPLITS") + (index << self.n("RECORD_SHIFT"));
            lines.push(head(format!("cells for each byte, record {index} at {cells:#x}")));
            for byte in 0..8 {
                lines.push(format!("  byte {byte}: {}", self.cells(self.at(cells + byte * 8), true)));
            }
        } else {
            lines.push(head(self.cells(word, false)));
        }
        Ok(lines)
    }

    /// A write cell and a read cell.
    fn cells(&self, word: u64, of_byte: bool) -> String {
        let (low, high) = (word & u64::from(u32::MAX), word >> self.n("WORD_READ_SHIFT"));
        let other = 1 << self.n("CELL_OTHER_BIT");
        let upper = if !of_byte && high & other != 0 { "another write" } else { "read" };
        let cells = [("write", low), (upper, high & !other)];
        let said: Vec<_> =
            cells.iter().filter_map(|(kind, cell)| Some(format!("{kind} {}", self.cell(*cell, of_byte)?))).collect();
        if said.is_empty() { "nothing is known".to_owned() } else { said.join(", ") }
    }

    /// The epoch, or the set, of a cell.
    fn cell(&self, cell: u64, of_byte: bool) -> Option<String> {
        let stamp = cell >> self.n("CELL_STAMP_SHIFT");
        if stamp == 0 {
            return None;
        }
        let name = self.at(self.n("STAMPS") + stamp * 8);
        let mask = if of_byte { String::new() } else { format!(" of bytes {:08b}", cell & self.n("CELL_MASK")) };
        if name >> self.n("STAMP_SET_BIT") & 1 == 0 {
            return Some(format!("{}{mask} (stamp {stamp})", self.epoch(name)));
        }
        let members = name >> self.n("ENTRY_LANE_SHIFT") & self.n("STAMP_SET_MEMBERS");
        let block = self.n("BLOCKS") + ((name & u64::from(u32::MAX)) << self.n("BLOCK_SHIFT"));
        let members: Vec<_> = (0..members).map(|i| self.entry(self.at(block + i * 8))).collect();
        Some(format!("set of {}{mask} (stamp {stamp}): {}", members.len(), members.join("; ")))
    }

    fn entry(&self, entry: u64) -> String {
        let bit = |name: &str| entry >> self.n(name) & 1 != 0;
        let lane = entry >> self.n("ENTRY_LANE_SHIFT") & self.n("LANE_MASK");
        format!(
            "{}{} {}@{lane} of bytes {:08b}",
            if bit("ENTRY_ATOMIC_BIT") { "atomic " } else { "" },
            if bit("ENTRY_WRITES_BIT") { "write" } else { "read" },
            entry & u64::from(u32::MAX),
            entry >> self.n("ENTRY_MASK_SHIFT") & self.n("CELL_MASK"),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn program(memory: &'static [(u64, u64)]) -> Program<impl Fn(u64) -> Option<u64>> {
        let numbers = [
            ("HEAP_START", 0x1000),
            ("HEAP_END", 0x2000),
            ("HEAP_SHADOW_BIT", 16),
            ("DATA_DISTANCE", 0x9000),
            ("CELL_STAMP_SHIFT", 8),
            ("CELL_MASK", 255),
            ("CELL_OTHER_BIT", 31),
            ("WORD_READ_SHIFT", 32),
            ("PRECISE_TAG", 0xff_ffff),
            ("SPLIT_TAG", 0xff_fffd),
            ("INDEX_LOW_SHIFT", 40),
            ("INDEX_HIGH_SHIFT", 24),
            ("STAMPS", 0x5000),
            ("STAMP_SET_BIT", 63),
            ("STAMP_SET_MEMBERS", 127),
            ("BLOCKS", 0x6000),
            ("BLOCK_SHIFT", 5),
            ("ENTRY_LANE_SHIFT", 32),
            ("ENTRY_MASK_SHIFT", 54),
            ("ENTRY_WRITES_BIT", 62),
            ("ENTRY_ATOMIC_BIT", 63),
            ("LANE_MASK", (1 << 22) - 1),
            ("SPLITS", 0x7000),
            ("RECORD_SHIFT", 6),
        ];
        let numbers = numbers.map(|(name, value)| (name.to_owned(), value)).into();
        Program { numbers, read: |address| memory.iter().find(|(at, _)| *at == address).map(|(_, value)| *value) }
    }

    #[test]
    fn a_word_is_taken_apart() {
        let program = program(&[
            (0x1_1008, 0x0000_0201_0000_01f0),
            (0x5008, 3 << 32 | 7),
            (0x5010, 1 << 63 | 1 << 32 | 2),
            (0x6040, 1 << 62 | 0xff << 54 | 4 << 32 | 9),
        ]);
        let lines = program.word(0x100b).unwrap();
        assert!(lines[0].contains("write 7@3 of bytes 11110000 (stamp 1)"), "{lines:?}");
        assert!(
            lines[0].ends_with("read set of 1 of bytes 00000001 (stamp 2): write 9@4 of bytes 11111111"),
            "{lines:?}"
        );
        assert!(program.word(0x3000).is_err());
    }

    #[test]
    fn bytes_have_cells_of_their_own() {
        let program =
            program(&[(0x1_1000, 0xff_fffd00 | 1 << 40), (0x7040, 0x0000_0100_0000_0200), (0x5008, 3 << 32 | 7)]);
        let lines = program.word(0x1000).unwrap();
        assert!(lines[0].contains("cells for each byte, record 1"), "{lines:?}");
        assert!(lines[1].ends_with("byte 0: write 0@0 (stamp 2), read 7@3 (stamp 1)"), "{lines:?}");
        assert!(lines[2].ends_with("nothing is known"), "{lines:?}");
    }
}
