//! Which test a goroutine belongs to, by its stack and the stacks of the `go` statements above it.

use super::frames::{is_standard, local_name};
use crate::finding::TestAttribution;
use crate::raw::{Access, Frame, Race};
use crate::source::SourceStore;

/// The full name of the test to whose family an access's goroutine belongs, or `None` outside tests.
pub fn test_of(access: &Access, store: &mut SourceStore) -> Option<String> {
    if let Some(test) = &access.test {
        return Some(test.clone());
    }
    let ancestors = access.ancestry.iter().map(|ancestor| ancestor.created.as_slice());
    let mut stacks: Vec<&[Frame]> = vec![&access.stack];
    if !access.created.is_empty() {
        stacks.push(&access.created);
    }
    stacks.extend(ancestors);
    // Ancestry may repeat the access's own `created` as its first element.
    stacks.dedup();
    for (index, stack) in stacks.iter().enumerate() {
        if let Some(at) = stack.iter().position(|frame| runs_tests(&frame.func)) {
            let test = stack[..at].last().filter(|frame| !is_standard(frame));
            if let Some(name) = test.map(|frame| name_from(frame, &stacks[index + 1..], store)) {
                return Some(name);
            }
        }
    }
    // Inlining can drop the test function's own frame; closures in it still carry its name.
    stacks.iter().flat_map(|stack| stack.iter()).find_map(|frame| Some(top_level(&frame.func)?.to_owned()))
}

/// Functions of `testing` that call a test's function.
fn runs_tests(func: &str) -> bool {
    matches!(func, "testing.tRunner" | "testing.fRunner" | "testing.(*B).runN" | "testing.runExample")
}

/// `TestX` of `pkg.TestX.func1.2`, if the function is in a test by its name.
fn top_level(func: &str) -> Option<&str> {
    let first = local_name(func).split('.').next()?;
    let rest = ["Test", "Benchmark", "Fuzz", "Example"].iter().find_map(|prefix| first.strip_prefix(prefix))?;
    rest.chars().next().is_none_or(|c| !c.is_lowercase()).then_some(first)
}

/// The name of the test whose function `frame` runs; `created` is where its goroutine came from, nearest first.
fn name_from(frame: &Frame, created: &[&[Frame]], store: &mut SourceStore) -> String {
    let function = local_name(&frame.func);
    let Some(stack) = created.first() else {
        return top_level(&frame.func).unwrap_or(function).to_owned();
    };
    let caller = stack
        .iter()
        .position(|frame| frame.func.starts_with("testing.(*T).Run") || frame.func.starts_with("testing.(*B).Run"));
    let parent = caller.and_then(|at| stack.get(at + 1)).filter(|frame| !frame.func.starts_with("testing."));
    let Some(parent) = parent else {
        return top_level(&frame.func).unwrap_or(function).to_owned();
    };
    // A subtest: its name is the literal in the Run call, where there is one.
    let above = top_level(&parent.func).or_else(|| top_level(&frame.func)).unwrap_or(function);
    match store.file(&parent.file).and_then(|file| run_literal(file.line(parent.line)?)) {
        Some(name) => format!("{above}/{name}"),
        None => format!("{above} (a subtest)"),
    }
}

/// `inner` of `t.Run("inner", func…`, with spaces as `testing` writes them.
fn run_literal(line: &str) -> Option<String> {
    let rest = line.split_once(".Run(\"")?.1;
    Some(rest.split_once('"')?.0.replace(' ', "_"))
}

/// What to say about both sides; `None` outside tests.
pub fn attribute(race: &Race, sides: [&Option<String>; 2]) -> Option<TestAttribution> {
    let mut names: Vec<String> = Vec::new();
    for name in sides.into_iter().flatten() {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    let text = match sides {
        [Some(later), Some(earlier)] if later == earlier => format!("in {later}"),
        [Some(later), Some(earlier)]
            if later.starts_with(&format!("{earlier}/"))
                || later.split([' ', '/']).next() == earlier.split([' ', '/']).next() =>
        {
            format!("between {earlier} and {later}")
        }
        [Some(later), Some(earlier)] => {
            // A goroutine left behind is not a test's own: its stack does not end in the test runner.
            let own = |access: &Access| access.stack.iter().any(|frame| runs_tests(&frame.func));
            match (own(&race.accesses[0]), own(&race.accesses[1])) {
                (true, false) => format!("started by {earlier}, seen while {later} ran"),
                (false, true) => format!("started by {later}, seen while {earlier} ran"),
                _ => format!("between goroutines of {earlier} and {later}"),
            }
        }
        [Some(one), None] | [None, Some(one)] => format!("one side in {one}"),
        [None, None] => {
            if race.tests_running.is_empty() {
                return None;
            }
            format!("seen while {} ran", race.tests_running.join(", "))
        }
    };
    Some(TestAttribution { names, text })
}
