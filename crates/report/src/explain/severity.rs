//! How bad a race is: what it can do to a Go program by the kind of value it is on, and whether the variable's name says that more depends on it.
//!
//! The memory model's section "Implementation Restrictions for Programs Containing Data Races" gives the kinds: values of several words can be seen
//! half changed, and then what they point to is not what they say; a word by itself is always one that was written.

use crate::explain::internals;
use crate::finding::{Severity, SeverityKind, Shape, Variable, VariableKind};
use crate::raw::Race;

/// What is guarded by a name, and the words that say so.
const GUARDS: &[(&str, &[&str])] = &[
    (
        "who may do what",
        &[
            "permission",
            "permissions",
            "perm",
            "perms",
            "role",
            "roles",
            "admin",
            "acl",
            "policy",
            "policies",
            "authorized",
            "allowed",
            "grant",
            "grants",
            "owner",
            "privileged",
        ],
    ),
    (
        "who somebody is",
        &[
            "token",
            "tokens",
            "session",
            "sessions",
            "auth",
            "user",
            "password",
            "credential",
            "credentials",
            "login",
            "identity",
            "cookie",
            "authenticated",
        ],
    ),
    (
        "what must stay secret",
        &["key", "keys", "secret", "secrets", "nonce", "salt", "cert", "certificate", "tls", "signature"],
    ),
    (
        "how the program is set up",
        &["config", "configuration", "settings", "options", "limit", "limits", "quota", "timeout"],
    ),
];

/// The severity of a race.
pub fn of(race: &Race, variable: &Variable, shape: Shape, update: bool) -> Severity {
    let (kind, text): (SeverityKind, &str) = if let Some(shape) = internals::shape(race) {
        match shape {
            Shape::ChannelClose => (SeverityKind::Stops, "the send panics where the close comes first"),
            _ => (SeverityKind::Stale, "Wait may return before the work that Add stands for"),
        }
    } else {
        of_value(variable, shape, update)
    };
    let guards = guarded(&variable.name);
    let mut text = text.to_owned();
    if let Some(what) = guards {
        text += &format!("; by its name it says {what}");
    }
    let score = kind.score() + if guards.is_some() { 10 } else { 0 };
    Severity { kind, score, text }
}

fn of_value(variable: &Variable, shape: Shape, update: bool) -> (SeverityKind, &'static str) {
    use SeverityKind::{Corruption, HalfBuilt, LostUpdate, Stale};
    let of = variable.type_text.as_str();
    let map_inside = variable.kind == VariableKind::MapInside;
    if map_inside {
        return (
            Corruption,
            "memory can be corrupted: a map's insides change in several steps, and the runtime stops the program where it notices",
        );
    }
    if !variable.torn.is_empty()
        || of.starts_with("[]")
        || of == "string"
        || of == "any"
        || of == "error"
        || of.starts_with("interface")
    {
        return (
            Corruption,
            "memory can be corrupted: its words can be seen from two different values, so that a length or a type does not fit what is pointed to",
        );
    }
    if of.starts_with("func") {
        return (
            Corruption,
            "memory can be corrupted: a function value can be called before what it consists of is written",
        );
    }
    if of.starts_with("map[")
        || of.starts_with("chan")
        || of.starts_with('*')
        || shape == Shape::PointerPublication
        || shape == Shape::LazyInit && of.is_empty()
    {
        return (HalfBuilt, "an object can be seen half built: the pointer may arrive before what it points to");
    }
    if update || shape == Shape::Counter {
        return (LostUpdate, "updates can be lost: two may start from the same value");
    }
    (Stale, "a stale value can be read, for as long as the program runs")
}

/// What depends on a variable by the words in its name.
fn guarded(name: &str) -> Option<&'static str> {
    let words = words(name);
    GUARDS.iter().find(|(_, all)| words.iter().any(|word| all.contains(&word.as_str()))).map(|(what, _)| *what)
}

/// `sessionToken`, `Session.token_id` as words in lower case; an index is no part of the name.
fn words(name: &str) -> Vec<String> {
    let name = name.split('[').next().unwrap_or_default();
    let mut words = vec![String::new()];
    let mut before = ' ';
    for c in name.chars() {
        if !c.is_alphanumeric() {
            words.push(String::new());
        } else {
            if c.is_uppercase() && before.is_lowercase() {
                words.push(String::new());
            }
            if let Some(word) = words.last_mut() {
                word.extend(c.to_lowercase());
            }
        }
        before = c;
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(type_text: &str, shape: Shape, update: bool) -> SeverityKind {
        let variable = Variable { name: "x".to_owned(), type_text: type_text.to_owned(), ..Variable::default() };
        of(&Race::default(), &variable, shape, update).kind
    }

    #[test]
    fn the_kind_of_value_decides() {
        use SeverityKind::{Corruption, HalfBuilt, LostUpdate, Stale};
        for (type_text, shape, update, want) in [
            ("string", Shape::Other, false, Corruption),
            ("[]int", Shape::SliceAppend, false, Corruption),
            ("error", Shape::Other, false, Corruption),
            ("func()", Shape::Other, false, Corruption),
            ("*Config", Shape::PointerPublication, false, HalfBuilt),
            ("map[string]int", Shape::ReadMostly, false, HalfBuilt),
            ("int", Shape::Counter, true, LostUpdate),
            ("bool", Shape::Flag, false, Stale),
        ] {
            assert_eq!(kind(type_text, shape, update), want, "{type_text}");
        }
    }

    #[test]
    fn a_name_says_what_depends_on_it() {
        assert_eq!(guarded("Store.sessionToken"), Some("who somebody is"));
        assert_eq!(guarded("api_key"), Some("what must stay secret"));
        assert_eq!(guarded("Server.cfg.Timeout"), Some("how the program is set up"));
        assert_eq!(guarded("isAdmin"), Some("who may do what"));
        for plain in ["keyboard", "total", "monkey", "counts[key]", ""] {
            assert_eq!(guarded(plain), None, "{plain}");
        }
    }
}
