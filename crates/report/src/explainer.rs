//! Single races, while the program that found them waits for what they amount to.

use crate::baseline::Baseline;
use crate::explain::{self, fingerprint, naming};
use crate::finding::{Finding, Status};
use crate::raw::Race;
use crate::source::SourceStore;
use crate::trimmed::FileNames;
use crate::{CollectOptions, ignore};

/// Judges and explains single races; sources that were read once are kept.
pub struct Explainer {
    store: SourceStore,
    names: FileNames,
}

impl Explainer {
    /// One that has read nothing.
    pub fn new(options: &CollectOptions) -> Explainer {
        Explainer { store: SourceStore::new(options.source_remaps.clone()), names: FileNames::new(options) }
    }

    /// What the finding of a race would be, new or not, by its source and a baseline on the day `today`. That takes the places of the race, and its
    /// fingerprint where an entry names one; a program that races everywhere waits for no more than that.
    pub fn judge(&mut self, race: &mut Race, baseline: Option<&Baseline>, today: &str) -> Status {
        self.names.restore(race);
        let race = &*race;
        let sites = race.accesses.each_ref().map(explain::site);
        let places = sites.each_ref().map(|(place, known)| (place, *known));
        if let Some(status) = ignore::status(places, &mut self.store).0 {
            return status;
        }
        let Some(baseline) = baseline else { return Status::New };
        let mut fingerprints = None;
        let mut is = |wanted: &str| {
            let own = || {
                let (sides, known) = naming::sides(race, &mut self.store);
                [fingerprint::of(race, &sides, &known, &mut self.store), fingerprint::former(race, &sides)]
            };
            fingerprints.get_or_insert_with(own).iter().any(|own| own == wanted)
        };
        match baseline.covers(places.map(|(place, _)| place), &mut is, today) {
            Some(reason) => Status::Known { reason: reason.to_owned() },
            None => Status::New,
        }
    }

    /// The finding of a race, ignored where its source says so.
    pub fn explain(&mut self, mut race: Race) -> Finding {
        self.names.restore(&mut race);
        let mut finding = explain::explain(race, &mut self.store);
        let _ = ignore::apply(&mut finding, &mut self.store);
        finding
    }
}
