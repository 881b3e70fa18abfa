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

/// Where the present goroutine calls the hook. For another one, Go says so itself (see `explain`).
const LOCATION: &str = "\tCMPQ\tDI, g_racectx(R14)\n\tJNE\tcall\n\
                        \tMOVQ\tBP, DX\n\tLEAQ\t(g_stack+stack_lo)(R14), CX\n\
                        call:\n";

/// What our forms of some hooks are told besides what Go passes: assembly before the jump. R14 is the g whose code runs (that of the
/// scheduler, for hooks called from there), R8 its goid.
const MORE_ARGUMENTS: &[(&str, &str)] = &[
    ("__tsan_acquire", LOCATION),
    ("__tsan_release", LOCATION),
    ("__tsan_release_acquire", LOCATION),
    ("__tsan_release_merge", LOCATION),
    // A go statement is carried out on the scheduler's stack: whose it is, is the thread's current goroutine, which has left its frame
    // pointer behind when it switched.
    (
        "__tsan_go_start",
        "\tXORL\tR8, R8\n\tXORL\tCX, CX\n\
         \tMOVQ\tg_m(R14), R9\n\tMOVQ\tm_curg(R9), R9\n\tTESTQ\tR9, R9\n\tJEQ\tcall\n\
         \tCMPQ\tR9, R14\n\tJEQ\tcall\n\tCMPQ\tDI, g_racectx(R9)\n\tJNE\tcall\n\
         \tMOVQ\tg_goid(R9), R8\n\tMOVQ\t(g_sched+gobuf_bp)(R9), CX\n\tLEAQ\t(g_stack+stack_lo)(R9), R9\n\
         call:\n",
    ),
];

/// Assembly that defines each of `names`, exported functions, as a function of package `runtime`
/// that can be called from anywhere. (A `JMP` to the operand itself would lose the offset: Go's assembler keeps it
/// for `CALL` and `LEAQ` only.) Where there is a form of ours that is told more (`__tsan_hb_x` for `__tsan_x`), that is called.
pub fn entry_points<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let mut text = String::new();
    for name in names {
        let ours = name.strip_prefix("__tsan_").map(|rest| format!("__tsan_hb_{rest}"));
        let operand = ours.as_deref().filter(|ours| EXPORTS.contains_key(ours)).unwrap_or(name);
        let operand = operand.trim_start_matches('_');
        let arguments = MORE_ARGUMENTS.iter().find(|(hook, _)| *hook == name).map_or("", |(_, text)| text);
        let _ = write!(
            text,
            "\nTEXT\truntime·{name}(SB), NOSPLIT|NOFRAME, $0-0\n{arguments}\tLEAQ\t{operand}, R11\n\tJMP\tR11\n"
        );
    }
    text
}
