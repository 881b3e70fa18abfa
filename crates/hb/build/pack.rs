//! Packs the runtime's object files into one position-independent run of bytes.
//!
//! The result, a [`Blob`], is code and read-only data with no relocation left: it works at any
//! address that is a multiple of [`ALIGNMENT`], in any kind of link, without a linker's help. That is
//! what lets hb deliver it as assembly text inside Go's own package `runtime`.
//!
//! Packing is linking in the small: begin at the exported functions, take every section reached
//! from there, lay them out, resolve the references. What would need a load address, a writable
//! page or somebody else's symbol is an error that names the place.

use object::read::archive::ArchiveFile;
use object::read::elf::ElfFile64;
use object::{
    Endianness, Object, ObjectSection, ObjectSymbol, RelocationFlags, RelocationTarget, SectionFlags, SectionIndex,
    SymbolIndex, elf,
};
use std::collections::{BTreeMap, HashMap};
use std::fmt::Write as _;

/// The blob must lie at a multiple of this many bytes.
pub const ALIGNMENT: u64 = 64;

/// Exported functions are those whose names begin so.
pub const EXPORT_PREFIX: &str = "__tsan_";

/// The packed runtime.
#[derive(Debug)]
pub struct Blob {
    /// Code first, then read-only data.
    pub bytes: Vec<u8>,
    /// The exported functions and their offsets in `bytes`.
    pub exports: BTreeMap<String, u64>,
    /// What the hooks' assembly knows of the objects: names and values, in the order in which they are stated.
    pub constants: Vec<(String, u64)>,
    /// Every section and its offset, by offset: for profiles, which see one symbol.
    pub sections: Vec<(u64, String)>,
}

/// The section in which the objects state what the hooks' assembly knows of them (`crates/runtime/src/contract.rs`): for
/// each constant its name, filled up with zeros, and its value.
pub const CONTRACT: &str = ".hb.contract";
/// Bytes of a name there.
const CONTRACT_NAME: usize = 32;

/// Why the objects cannot be packed: a sentence for the developer of the runtime.
pub type PackError = String;

type Elf<'a> = ElfFile64<'a, Endianness>;

/// A section of one of the archive's objects.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Place {
    object: usize,
    section: SectionIndex,
}

/// Where a reference leads: a section, and the distance from its start.
#[derive(Clone, Copy)]
struct Target {
    place: Place,
    offset: u64,
}

/// Packs the static library `archive`.
pub fn pack(archive: &[u8]) -> Result<Blob, PackError> {
    let objects = read_objects(archive)?;
    let linker = Linker { globals: global_definitions(&objects)?, objects };
    let reached = linker.reach()?;
    let (layout, mut bytes) = linker.lay_out(&reached)?;
    for &place in &reached {
        linker.resolve(place, &layout, &mut bytes)?;
    }
    let exports =
        linker.exports().map(|(name, target)| (name.to_owned(), layout[&target.place] + target.offset)).collect();
    let mut sections: Vec<_> = reached.iter().map(|place| (layout[place], linker.name(*place))).collect();
    sections.sort();
    let constants = linker.constants()?;
    Ok(Blob { bytes, exports, constants, sections })
}

fn read_objects(archive: &[u8]) -> Result<Vec<Elf<'_>>, PackError> {
    let mut objects = Vec::new();
    for member in ArchiveFile::parse(archive).map_err(|e| format!("not an archive: {e}"))?.members() {
        let member = member.map_err(|e| format!("damaged archive: {e}"))?;
        let data = member.data(archive).map_err(|e| format!("damaged archive: {e}"))?;
        // The archive also carries rustc's metadata, which is no object of this machine.
        if data.starts_with(&elf::ELFMAG) {
            objects.push(Elf::parse(data).map_err(|e| format!("damaged object: {e}"))?);
        }
    }
    Ok(objects)
}

/// All global definitions by name; a strong one before a weak one.
fn global_definitions(objects: &[Elf<'_>]) -> Result<BTreeMap<String, Target>, PackError> {
    let mut found: BTreeMap<String, (Target, bool)> = BTreeMap::new();
    for (object, file) in objects.iter().enumerate() {
        for symbol in file.symbols().filter(|s| s.is_global() && s.is_definition()) {
            let Some(section) = symbol.section_index() else {
                continue;
            };
            let name = symbol.name().map_err(|e| e.to_string())?;
            let target = Target { place: Place { object, section }, offset: symbol.address() };
            match found.get(name) {
                Some((_, false)) if !symbol.is_weak() => {
                    return Err(format!("{name} is defined twice"));
                }
                Some(_) if symbol.is_weak() => {}
                _ => {
                    found.insert(name.to_owned(), (target, symbol.is_weak()));
                }
            }
        }
    }
    Ok(found.into_iter().map(|(name, (target, _))| (name, target)).collect())
}

struct Linker<'a> {
    objects: Vec<Elf<'a>>,
    globals: BTreeMap<String, Target>,
}

impl<'a> Linker<'a> {
    fn exports(&self) -> impl Iterator<Item = (&str, Target)> {
        self.globals
            .iter()
            .filter(|(name, _)| name.starts_with(EXPORT_PREFIX))
            .map(|(name, target)| (name.as_str(), *target))
    }

    /// The constants of [`CONTRACT`]. The section is read, not packed.
    fn constants(&self) -> Result<Vec<(String, u64)>, PackError> {
        let mut constants: Vec<(String, u64)> = Vec::new();
        for section in self.objects.iter().filter_map(|object| object.section_by_name(CONTRACT)) {
            let data = section.data().map_err(|e| e.to_string())?;
            let (entries, rest) = data.as_chunks::<{ CONTRACT_NAME + 8 }>();
            if !rest.is_empty() {
                return Err(format!("{CONTRACT}: its size is not that of whole constants"));
            }
            for entry in entries {
                let (name, value) = entry.split_at(CONTRACT_NAME);
                let name = name.split(|&byte| byte == 0).next().unwrap_or_default();
                let name = String::from_utf8(name.to_vec()).map_err(|e| format!("{CONTRACT}: {e}"))?;
                if constants.iter().any(|(other, _)| *other == name) {
                    return Err(format!("{CONTRACT}: {name} is stated twice"));
                }
                constants.push((name, u64::from_le_bytes(value.try_into().expect("8 bytes"))));
            }
        }
        Ok(constants)
    }

    fn section(&self, place: Place) -> Result<object::read::elf::ElfSection64<'a, '_, Endianness>, PackError> {
        self.objects[place.object].section_by_index(place.section).map_err(|e| e.to_string())
    }

    fn name(&self, place: Place) -> String {
        self.section(place).ok().and_then(|s| s.name().map(str::to_owned).ok()).unwrap_or_default()
    }

    /// The sections needed by the exported functions, in the order in which they are met.
    fn reach(&self) -> Result<Vec<Place>, PackError> {
        let mut order: Vec<Place> = Vec::new();
        let mut seen = HashMap::new();
        let mut meet = |place: Place, from: Option<Place>, order: &mut Vec<Place>| {
            seen.entry(place).or_insert_with(|| {
                order.push(place);
                from
            });
        };
        for (_, target) in self.exports() {
            meet(target.place, None, &mut order);
        }
        if order.is_empty() {
            return Err(format!("no function is named {EXPORT_PREFIX}*"));
        }
        let mut next = 0;
        while let Some(&place) = order.get(next) {
            next += 1;
            self.admit(place)?;
            if self.is_panic_location(place)? {
                continue;
            }
            for (offset, relocation) in self.section(place)?.relocations() {
                let target = self.target(place, offset, relocation.target())?;
                meet(target.place, Some(place), &mut order);
            }
        }
        Ok(order)
    }

    /// Refuses sections that cannot be part of a read-only, position-independent blob.
    fn admit(&self, place: Place) -> Result<(), PackError> {
        let section = self.section(place)?;
        let name = section.name().map_err(|e| e.to_string())?;
        let SectionFlags::Elf { sh_flags } = section.flags() else {
            return Err(format!("{name}: not an ELF section"));
        };
        let flag = |mask: u32| sh_flags & u64::from(mask) != 0;
        if flag(elf::SHF_TLS) {
            return Err(format!("{name}: a thread-local variable"));
        }
        if !flag(elf::SHF_ALLOC) {
            return Err(format!("{name}: refers to a section that is not loaded"));
        }
        if flag(elf::SHF_WRITE) && !self.is_panic_location(place)? {
            let kind = if name.starts_with(".data.rel.ro") { "a table of addresses" } else { "a writable variable" };
            return Err(format!("{name}: {kind}"));
        }
        Ok(())
    }

    /// Whether the section is one `core::panic::Location`: file name's address and length, line,
    /// column. The runtime's panic handler never looks at it, so the address may be left out. It is
    /// told from other tables by the name that it points to, which ends in `.rs`.
    fn is_panic_location(&self, place: Place) -> Result<bool, PackError> {
        let section = self.section(place)?;
        let relocations: Vec<_> = section.relocations().collect();
        let [(0, relocation)] = relocations.as_slice() else {
            return Ok(false);
        };
        let data = section.data().map_err(|e| e.to_string())?;
        let (true, Ok(pointer)) = (
            data.len() == 24 && r_type(relocation.flags()) == elf::R_X86_64_64,
            self.target(place, 0, relocation.target()),
        ) else {
            return Ok(false);
        };
        let length = u64::from_le_bytes(data[8..16].try_into().expect("8 bytes"));
        let start = pointer.offset.wrapping_add_signed(relocation.addend());
        let text = self.section(pointer.place)?.data_range(start, length);
        Ok(matches!(text, Ok(Some(name)) if name.trim_ascii_end().ends_with(b".rs")
            || name.strip_suffix(b"\0").is_some_and(|n| n.ends_with(b".rs"))))
    }

    fn target(&self, from: Place, at: u64, target: RelocationTarget) -> Result<Target, PackError> {
        let file = &self.objects[from.object];
        let RelocationTarget::Symbol(SymbolIndex(index)) = target else {
            return Err(format!("{}+{at:#x}: refers to no symbol", self.name(from)));
        };
        let symbol = file.symbol_by_index(SymbolIndex(index)).map_err(|e| e.to_string())?;
        if let Some(section) = symbol.section_index() {
            return Ok(Target { place: Place { object: from.object, section }, offset: symbol.address() });
        }
        let name = symbol.name().map_err(|e| e.to_string())?;
        self.globals.get(name).copied().ok_or_else(|| format!("{}+{at:#x}: undefined symbol {name}", self.name(from)))
    }

    /// Places code first, then the rest, each section aligned as it asks.
    fn lay_out(&self, reached: &[Place]) -> Result<(HashMap<Place, u64>, Vec<u8>), PackError> {
        let mut layout = HashMap::new();
        let mut bytes = Vec::new();
        for code in [true, false] {
            // A trap between functions; and code and data never share a cache line.
            let filler = if code { 0xCC } else { 0 };
            bytes.resize(bytes.len().next_multiple_of(ALIGNMENT as usize), filler);
            for &place in reached {
                let section = self.section(place)?;
                if (section.kind() == object::SectionKind::Text) != code {
                    continue;
                }
                if section.align() > ALIGNMENT {
                    return Err(format!("{}: aligned to {}", self.name(place), section.align()));
                }
                let start = bytes.len().next_multiple_of(section.align().max(1) as usize);
                bytes.resize(start, filler);
                layout.insert(place, start as u64);
                bytes.extend(section.data().map_err(|e| e.to_string())?);
                // A section without contents in the file is zeros when loaded.
                bytes.resize(start + section.size() as usize, 0);
            }
        }
        bytes.resize(bytes.len().next_multiple_of(8), 0);
        Ok((layout, bytes))
    }

    fn resolve(&self, place: Place, layout: &HashMap<Place, u64>, bytes: &mut [u8]) -> Result<(), PackError> {
        if self.is_panic_location(place)? {
            return Ok(());
        }
        for (offset, relocation) in self.section(place)?.relocations() {
            let target = self.target(place, offset, relocation.target())?;
            let at = layout[&place] + offset;
            let to = (layout[&target.place] + target.offset).wrapping_add_signed(relocation.addend());
            let kind = r_type(relocation.flags());
            let fixed = match kind {
                elf::R_X86_64_PC32 | elf::R_X86_64_PLT32 => Some(at),
                elf::R_X86_64_GOTPCREL | elf::R_X86_64_GOTPCRELX | elf::R_X86_64_REX_GOTPCRELX => {
                    relax_got_load(bytes, at as usize).map(|at| at as u64)
                }
                _ => None,
            };
            let distance = fixed.and_then(|at| Some((at, i32::try_from(to as i64 - at as i64).ok()?)));
            let Some((at, distance)) = distance else {
                let mut message = format!("{}+{offset:#x}: ", self.name(place));
                let _ = match kind {
                    elf::R_X86_64_64 | elf::R_X86_64_32 | elf::R_X86_64_32S => write!(
                        message,
                        "the address of {} is stored, which needs a relocation when loaded",
                        self.name(target.place)
                    ),
                    other => write!(message, "relocation type {other} is not known here"),
                };
                return Err(message);
            };
            bytes[at as usize..at as usize + 4].copy_from_slice(&distance.to_le_bytes());
        }
        Ok(())
    }
}

fn r_type(flags: RelocationFlags) -> u32 {
    match flags {
        RelocationFlags::Elf { r_type } => r_type,
        _ => elf::R_X86_64_NONE,
    }
}

/// Turns an instruction that reaches its target through the global offset table into one that
/// reaches it directly. `at` is the place of the four-byte distance; the result is its new place.
/// `None` if the instruction is not one that can be turned.
fn relax_got_load(bytes: &mut [u8], at: usize) -> Option<usize> {
    let [opcode, modrm] = bytes.get_mut(at.checked_sub(2)?..at)? else {
        return None;
    };
    match (*opcode, *modrm) {
        // mov reg, [rip + distance]: becomes lea.
        (0x8B, modrm) if modrm & 0xC7 == 0x05 => {
            *opcode = 0x8D;
            Some(at)
        }
        // call [rip + distance]: becomes a call with a prefix that fills the byte saved.
        (0xFF, 0x15) => {
            (*opcode, *modrm) = (0x67, 0xE8);
            Some(at)
        }
        // jmp [rip + distance]: becomes a jump, one byte shorter, and a trap never reached.
        (0xFF, 0x25) => {
            *opcode = 0xE9;
            bytes[at + 3] = 0xCC;
            Some(at - 1)
        }
        _ => None,
    }
}
