//! From a raw race to a finding: names, reasons, near misses, suggestion, tests, identity.

pub mod advice;
pub mod attribution;
pub mod dossier;
pub mod events;
pub mod fingerprint;
pub mod frames;
pub mod internals;
pub mod locks;
pub mod memory;
pub mod mend;
pub mod naming;
pub mod near;
pub mod operations;
pub mod severity;
pub mod shape;
pub mod why;

use crate::finding::{AccessInfo, Counts, ExcerptLine, Expression, Finding, Place, Variable, VariableKind};
use crate::raw::{Access, Op, Race};
use crate::source::SourceStore;
use crate::source::operands::Role;
use locks::Locks;
use naming::Side;

/// Lines of source shown before the site and after it.
const EXCERPT: (u32, u32) = (2, 1);
/// Longest line kept in an excerpt, in bytes; the rest is cut.
const MAX_LINE: usize = 400;

/// `read` or `write`.
pub fn verb(access: &Access) -> &'static str {
    match access.op {
        Op::Read => "read",
        Op::Write => "write",
    }
}

/// `the main goroutine` or `goroutine 7`.
pub fn goroutine(access: &Access) -> String {
    if access.main { "the main goroutine".to_owned() } else { format!("goroutine {}", access.gid) }
}

/// Explains one race.
pub fn explain(mut race: Race, store: &mut SourceStore) -> Finding {
    for access in &mut race.accesses {
        operations::refine(access, store);
    }
    operations::refine_common(&mut race);
    let named = naming::name(&race, store);
    for access in &mut race.accesses {
        if access.locks.is_empty() {
            access.locks = operations::held(access);
        }
    }
    let locks = Locks::of(&race.accesses, &named.sides, store);
    let mut near_misses = near::find(&race, &named, &locks, store);
    near_misses.extend(events::find(&race, store));
    if let Some((channel, capacity)) = operations::buffered_between(&race, store)
        && near_misses.iter().all(|miss| !matches!(miss.kind.as_str(), "buffered_channel" | "semaphore_too_wide"))
    {
        near_misses.push(events::buffered(&channel, &capacity));
    }
    let told = internals::told(&race, store);
    let why = why::explain(&race, &named, told.as_ref());
    let shape = shape::shape_of(&race, &named, &near_misses);
    let mut suggestion = advice::suggest(shape, &race, &named, &locks, &near_misses);
    mend::add(&mut suggestion, &race, &named, &locks, &near_misses);
    let update =
        named.sides.iter().filter_map(|side| side.operand.as_ref()).any(|operand| operand.role == Role::Updated);
    let fingerprint = fingerprint::of(&race, &named.sides, &named.known, store);
    let former_fingerprints = vec![fingerprint::former(&race, &named.sides)];
    let mut variable = named.variable;
    if let Some(internal) = &told {
        internal.describe(&mut variable);
    }
    let severity = severity::of(&race, &variable, shape, update);
    let tests = [0, 1].map(|index| attribution::test_of(&race.accesses[index], store));
    let attribution = attribution::attribute(&race, [&tests[0], &tests[1]]);
    let mut accesses = [0, 1].map(|index| access_info(&race.accesses[index], &named.sides[index]));
    let mut counts = Counts { occurrences: 1, processes: 1, ..Counts::default() };
    for (index, access) in accesses.iter_mut().enumerate() {
        access.call = told.as_ref().map(|internal| internal.call(index)).unwrap_or_default();
    }
    for (access, test) in accesses.iter_mut().zip(tests) {
        counts.tests.extend(test.clone());
        if access.site_known {
            counts.packages.insert(frames::package_of(&access.site.func).to_owned());
        }
        access.test = test;
    }
    Finding {
        fingerprint,
        former_fingerprints,
        title: told.map_or_else(|| title(&race, &variable), |internal| internal.title()),
        variable,
        accesses,
        why,
        near_misses,
        suggestion: Some(suggestion),
        severity,
        tests: attribution,
        counts,
        also: Vec::new(),
        status: Default::default(),
        race,
    }
}

/// Where an access is said to be, and whether that is really known.
pub fn site(access: &Access) -> (Place, bool) {
    let frame = frames::site(&access.stack);
    (frame.map(Place::of).unwrap_or_default(), frame.is_some() && frames::site_known(&access.stack, access.stack_state))
}

fn access_info(access: &Access, side: &Side) -> AccessInfo {
    let (site, site_known) = site(access);
    let mut info = AccessInfo {
        op: access.op,
        atomic: access.atomic,
        site,
        site_known,
        started: frames::site(&access.created).map(Place::of),
        ..AccessInfo::default()
    };
    if let (Some(file), Some(site)) = (&side.file, &side.site) {
        let first = site.line.saturating_sub(EXCERPT.0).max(1);
        for number in first..=site.line.saturating_add(EXCERPT.1) {
            if let Some(text) = file.line(number) {
                let end = text.floor_char_boundary(MAX_LINE);
                info.excerpt.push(ExcerptLine { line: number, text: text[..end].to_owned() });
            }
        }
        let start = file.line_start(site.line);
        let length = file.line(site.line).map_or(0, |line| line.floor_char_boundary(MAX_LINE));
        info.expression = side.operand.as_ref().filter(|operand| operand.span.1 <= start + length).map(|operand| {
            Expression { text: operand.text.clone(), columns: (operand.span.0 - start, operand.span.1 - start) }
        });
    }
    info
}

fn title(race: &Race, variable: &Variable) -> String {
    let [later, earlier] = &race.accesses;
    let kinds = match (verb(earlier), verb(later)) {
        ("write", "write") => "two writes",
        ("write", _) => "a write and a later read",
        (_, "write") => "a read and a later write",
        _ => "two accesses",
    };
    if variable.name.is_empty() {
        return format!("data race: {kinds} of the same memory");
    }
    let kind = match variable.kind {
        VariableKind::Package => "package-level variable ",
        VariableKind::Field => "field ",
        VariableKind::Local => "shared variable ",
        VariableKind::MapInside => "the inside of map ",
        VariableKind::Element => "element ",
        VariableKind::Memory => "",
    };
    format!("data race on {kind}{}: {kinds}", variable.name)
}
