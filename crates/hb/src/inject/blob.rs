//! The runtime that hb carries, and its rendering as Go assembly.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::LazyLock;

/// The runtime's code and data, packed by hb's build script: see `build/pack.rs`.
pub const BYTES: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runtime.blob"));

/// Where the blob must lie: at a multiple of this many bytes.
pub const ALIGNMENT: u64 = 64;

/// The exported functions and their offsets in [`BYTES`].
pub static EXPORTS: LazyLock<BTreeMap<&'static str, u64>> = LazyLock::new(|| {
    const LINES: &str = include_str!(concat!(env!("OUT_DIR"), "/runtime.exports"));
    LINES
        .lines()
        .filter_map(|line| line.split_once(' '))
        .map(|(offset, name)| (name, offset.parse().expect("written by the build script")))
        .collect()
});

/// The symbol that holds the blob in Go's package `runtime`.
const SYMBOL: &str = "runtime·hbblob";

/// How many words stand on one line of assembly. Every line costs an entry in the line table.
const WORDS_PER_LINE: usize = 256;

/// The blob as a Go assembly file of package `runtime`: one function that is never called from its
/// start.
///
/// It is marked as the outermost frame, because a profiling signal may come while it runs and Go's
/// unwinder knows nothing of the stack below.
pub fn assembly() -> String {
    let mut text = format!(
        "// The runtime of hb. Generated: see crates/hb/src/inject/blob.rs.\n\n\
         //go:build race\n\n\
         #include \"textflag.h\"\n\n\
         TEXT\t{SYMBOL}(SB), NOSPLIT|NOFRAME|TOPFRAME, $0-0\n\
         \tPCALIGN\t${ALIGNMENT}\n"
    );
    let mut words = BYTES.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    loop {
        let line: Vec<_> = words.by_ref().take(WORDS_PER_LINE).collect();
        if line.is_empty() {
            return text;
        }
        for word in line {
            let _ = write!(text, "\tQUAD ${word:#x};");
        }
        text.push('\n');
    }
}

/// What the hooks' assembly knows of the runtime: names and values (`crates/detector/src/contract.rs`).
pub fn constants() -> impl Iterator<Item = (&'static str, u64)> {
    const LINES: &str = include_str!(concat!(env!("OUT_DIR"), "/runtime.constants"));
    LINES.lines().filter_map(|line| {
        let (value, name) = line.split_once(' ')?;
        Some((name, value.parse().expect("written by the build script")))
    })
}

/// The `#define` lines for the hooks: of the constants, and of the exported functions as assembly operands: `__tsan_read`
/// is called `tsan_read`.
pub fn definitions() -> String {
    let mut text = String::new();
    for (name, value) in constants() {
        let _ = writeln!(text, "#define {name} {value:#x}");
    }
    for (name, offset) in EXPORTS.iter() {
        let name = name.trim_start_matches('_');
        let _ = writeln!(text, "#define {name} {SYMBOL}+{offset}(SB)");
    }
    text
}
