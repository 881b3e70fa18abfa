//! Which findings a report keeps when there are more than it has room for: about as many of each package, so that one that races everywhere
//! does not hide the others.

use crate::explain::frames::package_of;
use crate::finding::{Finding, MAX_FINDINGS};
use std::collections::BTreeMap;

/// The places of a report's findings, by package.
#[derive(Default)]
pub(crate) struct Room {
    by_package: BTreeMap<String, Vec<usize>>,
    taken: usize,
}

impl Room {
    /// The places that are taken, the most important first.
    pub(crate) fn of(findings: &[Finding]) -> Room {
        let mut room = Room::default();
        for finding in findings {
            room.place(finding);
        }
        room
    }

    /// The place for a new finding: one behind the last, that of another one, which goes, or none.
    pub(crate) fn place(&mut self, finding: &Finding) -> Option<usize> {
        let package = package_of(&finding.accesses[0].site.func);
        let own = self.by_package.get(package).map_or(0, Vec::len);
        let place = if self.taken < MAX_FINDINGS {
            self.taken += 1;
            self.taken - 1
        } else {
            let largest = self.by_package.values_mut().max_by_key(|places| places.len())?;
            if largest.len() <= own + 1 {
                return None;
            }
            largest.pop()?
        };
        self.by_package.entry(package.to_owned()).or_default().push(place);
        Some(place)
    }
}
