//! The packer of the runtime (`build/pack.rs`), on objects made for the purpose.

#[path = "../build/pack.rs"]
mod pack;

use object::write::{Object, Relocation, SectionId, Symbol, SymbolId, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, RelocationFlags, SectionKind, SymbolFlags, SymbolKind, SymbolScope, elf,
};

/// An object under construction.
struct Maker(Object<'static>);

impl Maker {
    fn new() -> Self {
        Self(Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little))
    }

    fn section(&mut self, name: &str, kind: SectionKind, data: &[u8], align: u64) -> SectionId {
        let section = self.0.add_section(Vec::new(), name.into(), kind);
        if kind == SectionKind::UninitializedData {
            self.0.append_section_bss(section, data.len() as u64, align);
        } else {
            self.0.append_section_data(section, data, align);
        }
        section
    }

    fn symbol(&mut self, name: &str, section: SymbolSection) -> SymbolId {
        self.0.add_symbol(Symbol {
            name: name.into(),
            value: 0,
            size: 0,
            kind: if section == SymbolSection::Undefined { SymbolKind::Unknown } else { SymbolKind::Text },
            scope: SymbolScope::Dynamic,
            weak: false,
            section,
            flags: SymbolFlags::None,
        })
    }

    fn refer(&mut self, section: SectionId, offset: u64, symbol: SymbolId, r_type: u32, addend: i64) {
        let flags = RelocationFlags::Elf { r_type };
        self.0.add_relocation(section, Relocation { offset, symbol, addend, flags }).unwrap();
    }

    /// The object in a static library.
    fn archive(self) -> Vec<u8> {
        let object = self.0.write().unwrap();
        let mut archive = b"!<arch>\n".to_vec();
        let header =
            format!("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", "a.o/", "0", "0", "0", "644", object.len().to_string());
        archive.extend(header.bytes());
        archive.extend(&object);
        if object.len() % 2 == 1 {
            archive.push(b'\n');
        }
        archive
    }
}

/// An object whose one exported function ends in a four- or eight-byte reference to a section of the given kind.
fn referring(name: &str, kind: SectionKind, data: &[u8], r_type: u32) -> Vec<u8> {
    let mut maker = Maker::new();
    let text = maker.section(".text.f", SectionKind::Text, &[0x90; 16], 16);
    maker.symbol("__tsan_f", SymbolSection::Section(text));
    let other = maker.section(name, kind, data, 8);
    let symbol = maker.symbol("other", SymbolSection::Section(other));
    maker.refer(text, 8, symbol, r_type, -4);
    maker.archive()
}

fn i32_at(bytes: &[u8], at: usize) -> i64 {
    i32::from_le_bytes(bytes[at..at + 4].try_into().unwrap()).into()
}

#[test]
fn references_are_resolved_and_what_is_not_reached_stays_out() {
    let mut maker = Maker::new();
    // call g; mov rax, [rip + GOT of data]; call [GOT of g]; jmp [GOT of g]
    let code = [0xE8, 0, 0, 0, 0, 0x48, 0x8B, 0x05, 0, 0, 0, 0, 0xFF, 0x15, 0, 0, 0, 0, 0xFF, 0x25, 0, 0, 0, 0];
    let f = maker.section(".text.f", SectionKind::Text, &code, 16);
    let g = maker.section(".text.g", SectionKind::Text, &[0xC3], 64);
    let unused = maker.section(".data.unused", SectionKind::Data, b"unused", 8);
    let data = maker.section(".rodata.data", SectionKind::ReadOnlyData, b"constant", 8);
    maker.symbol("__tsan_f", SymbolSection::Section(f));
    maker.symbol("unused", SymbolSection::Section(unused));
    let g = maker.symbol("g", SymbolSection::Section(g));
    let data = maker.symbol("data", SymbolSection::Section(data));
    maker.refer(f, 1, g, elf::R_X86_64_PLT32, -4);
    maker.refer(f, 8, data, elf::R_X86_64_REX_GOTPCRELX, -4);
    maker.refer(f, 14, g, elf::R_X86_64_GOTPCRELX, -4);
    maker.refer(f, 20, g, elf::R_X86_64_GOTPCRELX, -4);
    let blob = pack::pack(&maker.archive()).unwrap();

    assert_eq!(blob.exports.iter().collect::<Vec<_>>(), [(&"__tsan_f".to_owned(), &0)]);
    assert!(blob.sections.iter().any(|(offset, _)| *offset == 0));
    let bytes = &blob.bytes;
    let g = 64;
    assert_eq!(bytes[g], 0xC3, "aligned as asked");
    let data = bytes.windows(8).position(|w| w == b"constant").unwrap() as i64;
    assert!(data >= 128 && data % 64 == 0, "data and code share no cache line");
    assert!(!bytes.windows(6).any(|w| w == b"unused"));
    assert_eq!(5 + i32_at(bytes, 1), g as i64, "call");
    assert_eq!(bytes[5..8], [0x48, 0x8D, 0x05], "a load becomes lea");
    assert_eq!(12 + i32_at(bytes, 8), data);
    assert_eq!(bytes[12..14], [0x67, 0xE8], "an indirect call becomes direct");
    assert_eq!(18 + i32_at(bytes, 14), g as i64);
    assert_eq!(bytes[18], 0xE9, "an indirect jump becomes direct");
    assert_eq!(23 + i32_at(bytes, 19), g as i64);
}

#[test]
fn what_cannot_be_packed_is_refused_by_name() {
    let refusal = |archive: Vec<u8>| pack::pack(&archive).unwrap_err();
    let pc32 = elf::R_X86_64_PC32;
    for (kind, name, why) in [
        (SectionKind::Data, ".data.x", "a writable variable"),
        (SectionKind::UninitializedData, ".bss.x", "a writable variable"),
        (SectionKind::Tls, ".tdata.x", "a thread-local variable"),
        (SectionKind::Other, ".comment.x", "not loaded"),
    ] {
        let message = refusal(referring(name, kind, &[1; 8], pc32));
        assert!(message.contains(name) && message.contains(why), "{message}");
    }
    for r_type in [elf::R_X86_64_64, elf::R_X86_64_32, elf::R_X86_64_32S] {
        let message = refusal(referring(".rodata.x", SectionKind::ReadOnlyData, &[1; 8], r_type));
        assert!(message.contains(".text.f+0x8: the address of .rodata.x is stored"), "{message}");
    }
    let message = refusal(referring(".rodata.x", SectionKind::ReadOnlyData, &[1; 8], elf::R_X86_64_GOTTPOFF));
    assert!(message.contains("is not known"), "{message}");
    // A use of the GOT that is neither a load, a call nor a jump.
    let message = refusal(referring(".rodata.x", SectionKind::ReadOnlyData, &[1; 8], elf::R_X86_64_GOTPCRELX));
    assert!(message.contains("is not known"), "{message}");

    let mut maker = Maker::new();
    let text = maker.section(".text.f", SectionKind::Text, &[0x90; 16], 16);
    maker.symbol("__tsan_f", SymbolSection::Section(text));
    let malloc = maker.symbol("malloc", SymbolSection::Undefined);
    maker.refer(text, 8, malloc, elf::R_X86_64_PLT32, -4);
    assert!(refusal(maker.archive()).contains("undefined symbol malloc"));

    let mut maker = Maker::new();
    let text = maker.section(".text.f", SectionKind::Text, &[0x90; 16], 16);
    maker.symbol("f", SymbolSection::Section(text));
    assert!(refusal(maker.archive()).contains("no function"));
}

/// An object with a table of 24 bytes whose first word is the address of `text`, as `core::panic::Location` has it.
fn with_location(text: &[u8], length: u64) -> Vec<u8> {
    let mut maker = Maker::new();
    let code = maker.section(".text.f", SectionKind::Text, &[0x90; 16], 16);
    maker.symbol("__tsan_f", SymbolSection::Section(code));
    let name = maker.section(".rodata.name", SectionKind::ReadOnlyData, text, 1);
    let name = maker.symbol("name", SymbolSection::Section(name));
    let mut table = [0; 24];
    table[8..16].copy_from_slice(&length.to_le_bytes());
    let location = maker.section(".data.rel.ro.location", SectionKind::ReadOnlyDataWithRel, &table, 8);
    maker.refer(location, 0, name, elf::R_X86_64_64, 0);
    let location = maker.symbol("location", SymbolSection::Section(location));
    maker.refer(code, 8, location, elf::R_X86_64_PC32, -4);
    maker.archive()
}

#[test]
fn only_the_location_of_a_panic_may_lack_its_address() {
    let blob = pack::pack(&with_location(b"src/lib.rs", 10)).unwrap();
    assert!(!blob.bytes.windows(6).any(|w| w == b"lib.rs"), "the name is not needed");
    for (text, length) in [(&b"src/lib.rs"[..], 9), (b"src/lib.rs", 11), (b"something", 9)] {
        let message = pack::pack(&with_location(text, length)).unwrap_err();
        assert!(message.contains("a table of addresses"), "{message}");
    }
}

/// A constant as the objects state it.
fn constant(name: &str, value: u64) -> Vec<u8> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(32, 0);
    bytes.extend(value.to_le_bytes());
    bytes
}

/// An object with one exported function and a section of constants.
fn with_constants(data: &[u8]) -> Vec<u8> {
    let mut maker = Maker::new();
    let code = maker.section(".text.f", SectionKind::Text, &[0xC3], 16);
    maker.symbol("__tsan_f", SymbolSection::Section(code));
    maker.section(pack::CONTRACT, SectionKind::ReadOnlyData, data, 8);
    maker.archive()
}

#[test]
fn constants_are_read_and_not_packed() {
    let (first, second) = (constant("FIRST", 7), constant("SECOND", 1 << 63));
    let blob = pack::pack(&with_constants(&[first.clone(), second].concat())).unwrap();
    assert_eq!(blob.constants, [("FIRST".to_owned(), 7), ("SECOND".to_owned(), 1 << 63)]);
    assert!(!blob.bytes.windows(5).any(|w| w == b"FIRST"));
    let twice = pack::pack(&with_constants(&[first.clone(), first.clone()].concat())).unwrap_err();
    assert!(twice.contains("FIRST is stated twice"), "{twice}");
    let half = pack::pack(&with_constants(&first[..20])).unwrap_err();
    assert!(half.contains("whole constants"), "{half}");
}
