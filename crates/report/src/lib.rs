//! What a finding is, and its renderings.
