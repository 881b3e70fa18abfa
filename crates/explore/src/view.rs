//! Views: which of the live accesses happen before a point of the execution.

/// A set of live accesses, by their slots. The last word is not zero, so that equal sets are equal.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub struct View {
    first: u64,
    rest: Vec<u64>,
}

impl View {
    fn trim(&mut self) {
        while self.rest.last() == Some(&0) {
            self.rest.pop();
        }
    }

    /// Whether it is empty.
    pub fn is_empty(&self) -> bool {
        self.first == 0 && self.rest.is_empty()
    }

    /// Whether `slot` is in it.
    pub fn has(&self, slot: u32) -> bool {
        let (word, bit) = (slot as usize / 64, slot % 64);
        let word = if word == 0 { self.first } else { self.rest.get(word - 1).copied().unwrap_or(0) };
        word >> bit & 1 != 0
    }

    /// Adds `slot`.
    pub fn add(&mut self, slot: u32) {
        let (word, bit) = (slot as usize / 64, slot % 64);
        if word == 0 {
            self.first |= 1 << bit;
            return;
        }
        if self.rest.len() < word {
            self.rest.resize(word, 0);
        }
        self.rest[word - 1] |= 1 << bit;
    }

    /// Adds all of `other`.
    pub fn join(&mut self, other: &View) {
        self.first |= other.first;
        if self.rest.len() < other.rest.len() {
            self.rest.resize(other.rest.len(), 0);
        }
        for (a, b) in self.rest.iter_mut().zip(&other.rest) {
            *a |= b;
        }
    }

    /// Removes all of `other`.
    pub fn subtract(&mut self, other: &View) {
        self.first &= !other.first;
        for (a, b) in self.rest.iter_mut().zip(&other.rest) {
            *a &= !b;
        }
        self.trim();
    }

    /// Keeps what is in `other`, too.
    pub fn keep(&mut self, other: &View) {
        self.first &= other.first;
        self.rest.truncate(other.rest.len());
        for (a, b) in self.rest.iter_mut().zip(&other.rest) {
            *a &= b;
        }
        self.trim();
    }

    /// Whether the two have something in common.
    pub fn meets(&self, other: &View) -> bool {
        self.first & other.first != 0 || self.rest.iter().zip(&other.rest).any(|(a, b)| a & b != 0)
    }

    /// The slots in it.
    pub fn iter(&self) -> impl Iterator<Item = u32> + '_ {
        std::iter::once(self.first).chain(self.rest.iter().copied()).enumerate().flat_map(|(i, mut word)| {
            std::iter::from_fn(move || {
                if word == 0 {
                    return None;
                }
                let bit = word.trailing_zeros();
                word &= word - 1;
                Some(i as u32 * 64 + bit)
            })
        })
    }

    /// How many are in it.
    pub fn len(&self) -> u32 {
        self.first.count_ones() + self.rest.iter().map(|w| w.count_ones()).sum::<u32>()
    }
}

#[cfg(test)]
mod tests {
    use super::View;

    #[test]
    fn sets_are_equal_whatever_was_in_them_before() {
        let mut a = View::default();
        for slot in [3, 64, 200] {
            a.add(slot);
        }
        assert_eq!(a.iter().collect::<Vec<_>>(), [3, 64, 200]);
        let mut b = a.clone();
        b.add(500);
        let mut only = View::default();
        only.add(500);
        assert!(b.meets(&only) && !a.meets(&only));
        b.subtract(&only);
        assert_eq!(a, b);
        b.keep(&only);
        assert!(b.is_empty() && b == View::default());
    }
}
