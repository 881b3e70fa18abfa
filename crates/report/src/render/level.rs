//! How grave a finding is taken by what reads a format: an error, a warning or a note.

use super::Options;
use crate::finding::Finding;
use crate::rules;

/// The levels, as SARIF and most others have them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// What a new race is.
    Error,
    /// What the user takes less seriously.
    Warning,
    /// What is known or ignored.
    Note,
}

impl Level {
    /// All of them, the gravest first.
    pub const ALL: [Level; 3] = [Level::Error, Level::Warning, Level::Note];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Level::Error => "error",
            Level::Warning => "warning",
            Level::Note => "note",
        }
    }
}

impl Options {
    /// The level of a finding: that of its rule, by the user's word an error otherwise; of what is known or ignored, a note.
    pub fn level(&self, finding: &Finding) -> Level {
        if !finding.is_new() {
            return Level::Note;
        }
        self.levels.get(rules::of(finding).id).copied().unwrap_or(Level::Error)
    }
}
