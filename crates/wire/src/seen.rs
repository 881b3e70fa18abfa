//! Which races were reported before, for `suppress_equal_stacks` and `suppress_equal_addresses`.
//!
//! A set of 64-bit keys in memory that was handed in. Two different races with the same key would be taken for one; with
//! n races reported that has probability about n² / 2⁶⁵, 3 in 10¹² for 10,000.

use crate::data::Content;

/// A set of keys; zero stands for an empty place, so zeroed memory is an empty set.
pub struct Seen<'m> {
    places: &'m mut [u64],
}

/// What [`Seen::insert`] found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inserted {
    /// The key is new and is kept.
    New,
    /// The key was there.
    Known,
    /// The key is not known to be there, and there is no room to keep it: it will be new again next time.
    NoRoom,
}

/// Places looked at for a key before the set counts as full.
const PROBES: usize = 64;

impl<'m> Seen<'m> {
    /// The set that lies in `places`. Zeroed memory is an empty set; any length is accepted, a power of two is not needed.
    pub fn new(places: &'m mut [u64]) -> Self {
        Seen { places }
    }

    /// Adds `key`.
    pub fn insert(&mut self, key: u64) -> Inserted {
        let key = key.max(1);
        // `checked_rem` is `None` for an empty set.
        let Some(home) = (key as usize).checked_rem(self.places.len()) else {
            return Inserted::NoRoom;
        };
        let (before, from_home) = match self.places.split_at_mut_checked(home) {
            Some(halves) => halves,
            None => return Inserted::NoRoom,
        };
        for place in from_home.iter_mut().chain(before).take(PROBES) {
            if *place == key {
                return Inserted::Known;
            }
            if *place == 0 {
                *place = key;
                return Inserted::New;
            }
        }
        Inserted::NoRoom
    }
}

/// The key of a race by its two stacks, whichever of the accesses came first.
pub fn stacks_key(one: &[usize], other: &[usize]) -> u64 {
    let (one, other) = (hash(one), hash(other));
    mix(mix(one.min(other)) ^ one.max(other)).max(1)
}

/// The key of a race by the source lines of its accesses and the stacks below them, whichever of the accesses came first.
pub fn lines_key(line: u64, outer: &[usize], other_line: u64, other_outer: &[usize]) -> u64 {
    let (one, other) = (mix(hash(outer) ^ line), mix(hash(other_outer) ^ other_line));
    mix(mix(one.min(other)) ^ one.max(other) ^ 0x006c_696e_6573).max(1)
}

/// The key of what another key tells, on one variable: 0 where it is not known on which.
pub fn on(key: u64, variable: u64) -> u64 {
    if variable == 0 { key } else { mix(key ^ mix(variable)).max(1) }
}

/// The key of a variable in a heap block, by what lies there and where the block was allocated: a field of a named type is one variable in all of
/// its values, all elements of a slice or array are one, and so is the inside of all maps, which their callers tell apart.
pub fn block_key(content: &Content<'_>, allocated: usize) -> u64 {
    let name = content.type_name.strip_prefix(b"noalg.").unwrap_or(content.type_name);
    if name.starts_with(b"maps.") || name.starts_with(b"map.") {
        return 1;
    }
    let literal = |byte: &u8| *byte == b'{' || *byte == b' ' || *byte == b'*' || *byte == b'(';
    let named = name.contains(&b'.') && !name.iter().any(literal);
    let mut key = hash_bytes(2, content.type_name);
    let (mut inside, mut field) = (false, false);
    for byte in content.path {
        field |= *byte == b'.';
        if !inside || *byte == b']' {
            key = mix(key ^ u64::from(*byte));
        }
        inside = (inside && *byte != b']') || *byte == b'[';
    }
    if named && field { key } else { mix(key ^ allocated as u64) }
}

/// Adds bytes to a hash that begins with 0.
pub(crate) fn hash_bytes(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(mix(hash ^ bytes.len() as u64), |hash, byte| mix(hash ^ u64::from(*byte)))
}

/// The key of a race by the address; never equal to a stack's key but by accident.
pub fn address_key(address: usize) -> u64 {
    mix(address as u64 ^ 0x6164_6472_6573_7300).max(1)
}

fn hash(pcs: &[usize]) -> u64 {
    pcs.iter().fold(pcs.len() as u64, |hash, pc| mix(hash ^ *pc as u64))
}

/// A bijection of 64-bit words that spreads every bit (the finalizer of SplitMix64 after its increment).
fn mix(word: u64) -> u64 {
    let word = word.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let word = (word ^ (word >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ (word >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ (word >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_key_is_new_once() {
        let mut memory = vec![0; 4096];
        let mut seen = Seen::new(&mut memory);
        for round in [Inserted::New, Inserted::Known] {
            for pc in 0..1000 {
                assert_eq!(seen.insert(stacks_key(&[pc], &[1, 2])), round, "{pc}");
            }
        }
    }

    #[test]
    fn a_full_set_says_so() {
        let mut memory = [0; 3];
        let mut seen = Seen::new(&mut memory);
        for key in [5, 6, 8] {
            assert_eq!(seen.insert(key), Inserted::New);
        }
        assert_eq!(seen.insert(9), Inserted::NoRoom);
        assert_eq!(seen.insert(8), Inserted::Known);
        assert_eq!(Seen::new(&mut []).insert(1), Inserted::NoRoom);
        let mut one = [0];
        assert_eq!(Seen::new(&mut one).insert(0), Inserted::New);
        assert_eq!(Seen::new(&mut one).insert(0), Inserted::Known);
    }

    #[test]
    fn keys_do_not_depend_on_the_order_of_the_accesses_only() {
        assert_eq!(stacks_key(&[1, 2], &[3]), stacks_key(&[3], &[1, 2]));
        assert_ne!(stacks_key(&[1, 2], &[3]), stacks_key(&[2, 1], &[3]));
        assert_ne!(stacks_key(&[1], &[2, 3]), stacks_key(&[1, 2], &[3]));
        assert_ne!(stacks_key(&[], &[0]), stacks_key(&[], &[]));
        assert_eq!(lines_key(1, &[2], 3, &[4]), lines_key(3, &[4], 1, &[2]));
        assert_ne!(lines_key(1, &[2], 3, &[4]), lines_key(3, &[2], 1, &[4]));
        assert_ne!(hash_bytes(0, b"ab"), hash_bytes(hash_bytes(0, b"a"), b"b"));
        assert_ne!(address_key(8), address_key(16));
        assert_eq!((on(7, 0), on(7, 1) == on(7, 2)), (7, false));
    }

    #[test]
    fn a_variable_is_a_field_or_an_allocation() {
        let key = |type_name: &str, path: &str, allocated| {
            let (part, part_kind) = (&b""[..], &b""[..]);
            let (type_name, path) = (type_name.as_bytes(), path.as_bytes());
            block_key(&Content { type_name, elements: false, path, part, part_kind, part_offset: 0 }, allocated)
        };
        // One field of many objects.
        assert_eq!(key("main.T", ".x", 1), key("main.T", ".x", 2));
        assert_ne!(key("main.T", ".x", 1), key("main.T", ".y", 1));
        // Elements of one slice, and fields of its elements.
        assert_eq!(key("int", "[3]", 1), key("int", "[42]", 1));
        assert_eq!(key("main.T", "[3].x", 1), key("main.T", "[42].x", 2));
        assert_ne!(key("main.T", "[3].x", 1), key("main.T", "[3].y", 1));
        // Captured variables have no name of their own.
        assert_ne!(key("int", "", 1), key("int", "", 2));
        assert_ne!(key("struct { a int }", ".a", 1), key("struct { a int }", ".a", 2));
        assert_eq!(key("maps.Map", ".used", 1), key("noalg.map.group[int]int", ".slots[1].elem", 2));
    }
}
