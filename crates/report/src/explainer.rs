//! Single races, while the program that found them waits for what they amount to.

use crate::baseline::{Baseline, is_called};
use crate::explain::{self, fingerprint, naming};
use crate::finding::{Finding, Status};
use crate::raw::Race;
use crate::source::SourceStore;
use crate::trimmed::FileNames;
use crate::{CollectOptions, ignore};
use std::cell::RefCell;
use std::collections::HashMap;

/// Judges and explains single races; sources that were read once are kept.
pub struct Explainer {
    store: SourceStore,
    names: FileNames,
    /// What the declaration of a variable said about races that are told apart by this key. Without it, declarations are not looked at.
    declared: Option<HashMap<u64, Option<Status>>>,
}

/// Most races whose declaration is remembered.
const MAX_DECLARED: usize = 1 << 16;

impl Explainer {
    /// One that has read nothing.
    pub fn new(options: &CollectOptions) -> Explainer {
        let store = SourceStore::new(options.source_remaps.clone());
        Explainer { store, names: FileNames::new(options), declared: None }
    }

    /// One that also looks for a comment at the declaration of a race's variable, which takes as long as to explain the race, once for each.
    pub fn with_declarations(self) -> Explainer {
        Explainer { declared: Some(HashMap::new()), ..self }
    }

    /// What the declaration of a race's variable says.
    fn declaration(&mut self, race: &Race) -> Option<Status> {
        let known = self.declared.as_mut()?;
        let key = fingerprint::quick_key(race);
        if let Some(status) = known.get(&key) {
            return status.clone();
        }
        let finding = explain::explain(race.clone(), &mut self.store);
        let status = ignore::declared(&finding, &mut self.store).0;
        if known.len() < MAX_DECLARED {
            known.insert(key, status.clone());
        }
        status
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
        if let Some(status) = self.declaration(race) {
            return status;
        }
        let Some(baseline) = baseline else { return Status::New };
        let store = RefCell::new(&mut self.store);
        let mut fingerprints = None;
        let mut is = |wanted: &str| {
            let own = || {
                let mut store = store.borrow_mut();
                let (sides, known) = naming::sides(race, &mut store);
                [fingerprint::of(race, &sides, &known, &mut store), fingerprint::former(race, &sides)]
            };
            fingerprints.get_or_insert_with(own).iter().any(|own| own == wanted)
        };
        let mut finding = None;
        let mut called = |wanted: &str| {
            let explained = || explain::explain(race.clone(), &mut store.borrow_mut());
            is_called(finding.get_or_insert_with(explained), wanted)
        };
        match baseline.covers(places.map(|(place, _)| place), &mut is, &mut called, today) {
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
