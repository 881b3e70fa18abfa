//! The runtime as an ELF object, for the way that needs no edits.

use super::blob;
use object::write::{Object, Symbol, SymbolSection};
use object::{
    Architecture, BinaryFormat, Endianness, SectionFlags, SectionKind, SymbolFlags, SymbolKind, SymbolScope, elf,
};

/// An object with one section, the blob, and the exported functions as its only global symbols.
///
/// They are hidden, so that a shared library made of the program does not export them. There is
/// nothing to relocate and nothing undefined, so the object links by Go's linker or any other.
pub fn object() -> Vec<u8> {
    let mut object = Object::new(BinaryFormat::Elf, Architecture::X86_64, Endianness::Little);
    let text = object.add_section(Vec::new(), b".text".to_vec(), SectionKind::Text);
    object.append_section_data(text, blob::BYTES, blob::ALIGNMENT);
    for (name, &offset) in blob::EXPORTS.iter() {
        object.add_symbol(Symbol {
            name: name.as_bytes().to_vec(),
            value: offset,
            size: 0,
            kind: SymbolKind::Text,
            scope: SymbolScope::Linkage,
            weak: false,
            section: SymbolSection::Section(text),
            flags: SymbolFlags::Elf { st_info: (elf::STB_GLOBAL << 4) | elf::STT_FUNC, st_other: elf::STV_HIDDEN },
        });
    }
    // Says to the system's linker that the stack need not be executable.
    let note = object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
    object.section_mut(note).flags = SectionFlags::Elf { sh_flags: 0 };
    object.write().expect("a well-formed object can be written")
}
