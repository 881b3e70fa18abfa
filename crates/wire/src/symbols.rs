//! Package-level variables, by the symbol table of the program's own file.
//!
//! Go's callback tells of heap blocks and of code, and nothing keeps the names of variables in memory. The file has them, unless it was linked
//! without (`-s`). Only ELF of 64 bits is read, low byte first. A file that is cut off or lies about itself gives no symbol, or a wrong name,
//! and nothing worse: every access is checked.

/// A variable's symbol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Symbol<'a> {
    /// The linker's name: `main.total`.
    pub name: &'a [u8],
    /// Where the variable begins in memory.
    pub start: usize,
    /// Its number of bytes.
    pub size: usize,
}

/// A section of symbols.
const SHT_SYMTAB: u32 = 2;
/// Bytes of a symbol.
const SYMBOL_BYTES: usize = 24;
/// The type of a symbol for data.
const STT_OBJECT: u8 = 1;

/// The variable that `address` lies in, in a process that runs `file` and whose program was entered at `entry`: the smallest, if several cover
/// the address.
pub fn find(file: &[u8], entry: usize, address: usize) -> Option<Symbol<'_>> {
    let header = file.get(..64)?;
    // The class and the byte order.
    if header.get(..6)? != b"\x7fELF\x02\x01" {
        return None;
    }
    // A position-independent program lies elsewhere than its file says.
    let moved = entry.wrapping_sub(word(header, 24)?);
    let wanted = address.wrapping_sub(moved);
    let sections = part(file, word(header, 40)?, half(header, 58)?.checked_mul(half(header, 60)?)?)?;
    let section_bytes = half(header, 58)?;
    let table = sections.chunks_exact(section_bytes.max(1)).find(|section| four(section, 4) == Some(SHT_SYMTAB))?;
    let names = sections.chunks_exact(section_bytes.max(1)).nth(four(table, 40)? as usize)?;
    let names = part(file, word(names, 24)?, word(names, 32)?)?;
    let symbols = part(file, word(table, 24)?, word(table, 32)?)?;
    let (symbols, _) = symbols.as_chunks::<SYMBOL_BYTES>();
    let covers = |symbol: &[u8; SYMBOL_BYTES]| {
        let (Some(start), Some(size)) = (word(symbol, 8), word(symbol, 16)) else { return false };
        symbol.get(4).is_some_and(|info| info & 0xf == STT_OBJECT) && wanted.wrapping_sub(start) < size
    };
    let symbol = symbols.iter().filter(|symbol| covers(symbol)).min_by_key(|symbol| word(*symbol, 16))?;
    let name = names.get(four(symbol, 0)? as usize..)?;
    let name = name.split(|byte| *byte == 0).next()?;
    Some(Symbol { name, start: word(symbol, 8)?.wrapping_add(moved), size: word(symbol, 16)? })
}

fn part(file: &[u8], at: usize, length: usize) -> Option<&[u8]> {
    file.get(at..)?.get(..length)
}

fn word(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.first_chunk().map(|bytes| u64::from_le_bytes(*bytes) as usize)
}

fn four(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..)?.first_chunk().map(|bytes| u32::from_le_bytes(*bytes))
}

fn half(bytes: &[u8], at: usize) -> Option<usize> {
    bytes.get(at..)?.first_chunk().map(|bytes| u16::from_le_bytes(*bytes) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A program of two variables, one around the other, and a function, entered at 0x1000.
    fn file() -> Vec<u8> {
        let names = b"\0main.outer\0main.inner\0main.main\0";
        let symbol = |name: u32, info: u8, value: u64, size: u64| {
            let mut bytes = name.to_le_bytes().to_vec();
            bytes.extend([info, 0, 1, 0]);
            bytes.extend(value.to_le_bytes());
            bytes.extend(size.to_le_bytes());
            bytes
        };
        let symbols = [
            symbol(0, 0, 0, 0),
            symbol(23, 0x12, 0x1000, 0x3000),
            symbol(1, 0x11, 0x2000, 64),
            symbol(12, 0x11, 0x2010, 8),
        ]
        .concat();
        let section = |kind: u32, offset: u64, size: u64, link: u32| {
            let mut bytes = [0; 64];
            bytes[4..8].copy_from_slice(&kind.to_le_bytes());
            bytes[24..32].copy_from_slice(&offset.to_le_bytes());
            bytes[32..40].copy_from_slice(&size.to_le_bytes());
            bytes[40..44].copy_from_slice(&link.to_le_bytes());
            bytes
        };
        let mut file = vec![0; 64];
        file[..6].copy_from_slice(b"\x7fELF\x02\x01");
        file[24..32].copy_from_slice(&0x1000_u64.to_le_bytes());
        let at = file.len() as u64;
        file.extend_from_slice(&symbols);
        let names_at = file.len() as u64;
        file.extend_from_slice(names);
        let sections_at = file.len() as u64;
        file[40..48].copy_from_slice(&sections_at.to_le_bytes());
        file[58..60].copy_from_slice(&64_u16.to_le_bytes());
        file[60..62].copy_from_slice(&3_u16.to_le_bytes());
        file.extend_from_slice(&section(0, 0, 0, 0));
        file.extend_from_slice(&section(SHT_SYMTAB, at, symbols.len() as u64, 2));
        file.extend_from_slice(&section(3, names_at, names.len() as u64, 0));
        file
    }

    fn name(address: usize) -> Option<(Vec<u8>, usize, usize)> {
        find(&file(), 0x1000, address).map(|symbol| (symbol.name.to_vec(), symbol.start, symbol.size))
    }

    #[test]
    fn the_smallest_variable_around_an_address_is_found() {
        assert_eq!(name(0x2000), Some((b"main.outer".to_vec(), 0x2000, 64)));
        assert_eq!(name(0x2017), Some((b"main.inner".to_vec(), 0x2010, 8)));
        assert_eq!(name(0x203f).unwrap().0, b"main.outer");
        assert_eq!(name(0x2040), None);
        // A function is no variable.
        assert_eq!(name(0x1000), None);
    }

    #[test]
    fn a_program_that_was_moved_is_looked_up_where_it_is() {
        let file = file();
        let symbol = find(&file, 0x7f00_0000_1000, 0x7f00_0000_2008).unwrap();
        assert_eq!((symbol.name, symbol.start), (&b"main.outer"[..], 0x7f00_0000_2000));
    }

    #[test]
    fn damaged_files_give_nothing_bad() {
        let file = file();
        for length in 0..file.len() {
            let _ = find(&file[..length], 0x1000, 0x2000);
        }
        for at in 0..file.len() {
            for value in [0, 1, 0x7f, 0xff] {
                let mut file = file.clone();
                file[at] = value;
                let _ = find(&file, 0x1000, 0x2000);
            }
        }
    }

    static OF_THIS_TEST: [u64; 3] = [1, 2, 3];

    #[test]
    fn this_very_program_is_read() {
        const AT_ENTRY: usize = 9;
        let auxiliary = std::fs::read("/proc/self/auxv").unwrap();
        let entry = auxiliary.chunks_exact(16).find(|pair| word(pair, 0) == Some(AT_ENTRY)).unwrap();
        let file = std::fs::read("/proc/self/exe").unwrap();
        let at = &raw const OF_THIS_TEST as usize;
        let symbol = find(&file, word(entry, 8).unwrap(), at + 17).unwrap();
        assert!(String::from_utf8_lossy(symbol.name).contains("OF_THIS_TEST"));
        assert_eq!((symbol.start, symbol.size), (at, 24));
    }
}
