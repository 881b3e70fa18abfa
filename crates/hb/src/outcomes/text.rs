//! The answer as text and as JSON.

use super::{Request, Shown, expected};
use hb_golang::answer::{Columns, Outcome, Spot};
use std::fmt::Write;

/// Everything as one JSON object.
pub fn json(shown: &Shown) -> String {
    let mut value = serde_json::to_value(&shown.answer).expect("an answer is plain data");
    if let Some(seen) = &shown.seen {
        value["observed"] = serde_json::json!({ "runs": seen.runs, "counts": seen.counts });
    }
    value["program"] = shown.program.clone().into();
    let mut text = serde_json::to_string_pretty(&value).expect("an answer is plain data");
    text.push('\n');
    text
}

/// The number of things in words.
fn count(n: usize, one: &str, many: &str) -> String {
    format!("{n} {}", if n == 1 { one } else { many })
}

/// The page.
///
/// # Errors
/// A witness was asked for that is not there.
pub fn page(shown: &Shown, request: &Request) -> Result<String, String> {
    let answer = &shown.answer;
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{}: {}, {}",
        shown.program,
        count(answer.outcomes.len(), "outcome", "outcomes"),
        match answer.races.len() {
            0 => "no race".into(),
            n => count(n, "race", "races"),
        }
    );
    let _ = writeln!(out, "{}\n", extent(shown));
    table(&mut out, shown, request.expect.as_deref());
    for (i, race) in answer.races.iter().enumerate() {
        let _ = writeln!(
            out,
            "\nrace {}: {} of {} at {} and {} at {}: nothing orders the two",
            i + 1,
            race.first,
            race.variable,
            place(&race.first_at),
            race.second,
            place(&race.second_at),
        );
        columns(&mut out, &race.witness);
    }
    let wanted = witnesses(&answer.outcomes, &request.witness)?;
    for i in &wanted {
        let o = &answer.outcomes[*i];
        let _ = writeln!(out, "\noutcome {}: {}", i + 1, o.name);
        columns(&mut out, &o.witness);
    }
    if answer.outcomes.iter().any(|o| o.verdict != "allowed") {
        out.push_str(
            "\nundecided: in such an execution a read observes a write that comes after it in every order. The text forbids results\n\
             \"out of thin air\" without saying which these are.\n",
        );
    }
    if wanted.is_empty() && answer.outcomes.len() > 1 {
        out.push_str(
            "\n--witness N shows how outcome N comes about; --observe runs the program to see which happen here.\n",
        );
    }
    Ok(out)
}

fn witnesses(outcomes: &[Outcome], wanted: &[String]) -> Result<Vec<usize>, String> {
    if wanted.iter().any(|w| w == "all") {
        return Ok((0..outcomes.len()).collect());
    }
    wanted
        .iter()
        .map(|w| {
            let n: usize = w.parse().map_err(|_| format!("--witness {w}: it is the number of an outcome, or all"))?;
            if n == 0 || n > outcomes.len() {
                return Err(format!("--witness {n}: there are {} outcomes", outcomes.len()));
            }
            Ok(n - 1)
        })
        .collect()
}

/// How far the search went, in a sentence.
pub fn extent(shown: &Shown) -> String {
    let answer = &shown.answer;
    let size = format!("{}, {}", count(answer.states, "state", "states"), count(answer.rounds, "round", "rounds"));
    let scaled: Vec<String> = answer
        .extent
        .scaled
        .iter()
        .map(|(from, to, n)| format!("{from}={to} in {}", count(*n, "place", "places")))
        .collect();
    let scaled = scaled.join(", ");
    match (answer.extent.kind, &answer.extent.why) {
        ("out-of-budget", Some(why)) => {
            let also = if scaled.is_empty() { String::new() } else { format!(" (scaled down: {scaled})") };
            format!("NOT COMPLETE{also}: {why}. There may be more outcomes and races.")
        }
        ("scaled", _) if answer.race_free => {
            format!("scaled down ({scaled}): complete and race-free in every interleaving of that input ({size})")
        }
        ("scaled", _) => format!("scaled down ({scaled}): complete for that input ({size})"),
        _ if answer.race_free => format!("complete: race-free in every interleaving of this input ({size})"),
        _ => format!("complete: every behaviour that go.dev/ref/mem allows for this input ({size})"),
    }
}

fn table(out: &mut String, shown: &Shown, expect: Option<&str>) {
    let outcomes = &shown.answer.outcomes;
    let wanted = expect.map(expected);
    let cut = |name: &str| -> String {
        if name.chars().count() > 70 { name.chars().take(69).chain(['…']).collect() } else { name.to_owned() }
    };
    let width = outcomes.iter().map(|o| cut(&o.name).chars().count()).max().unwrap_or(0).max(7);
    let mut head = format!("  {:>3}  {:width$}  allowed", "", "outcome");
    if let Some(seen) = &shown.seen {
        let _ = write!(head, "  seen here ({})", count(seen.runs as usize, "run", "runs"));
    }
    let _ = writeln!(out, "{head}");
    for (i, o) in outcomes.iter().enumerate() {
        let name = if o.name.is_empty() { "(nothing)".to_owned() } else { cut(&o.name) };
        let _ = write!(
            out,
            "  {:>3}  {name:width$}  {}",
            i + 1,
            if o.verdict == "allowed" { "yes    " } else { "undecided" }
        );
        if let Some(seen) = &shown.seen {
            match seen.counts.get(&o.name) {
                Some(n) => {
                    let _ = write!(out, "  {n}");
                }
                None => out.push_str("  -"),
            }
        }
        if wanted.as_ref().is_some_and(|w| !w.contains(&o.name.as_str())) {
            out.push_str("  not expected");
        }
        while out.ends_with(' ') {
            out.pop();
        }
        out.push('\n');
    }
    for name in wanted.iter().flatten() {
        if !outcomes.iter().any(|o| o.name == *name) {
            let _ = writeln!(out, "    -  {:width$}  no       expected", cut(name));
        }
    }
    if let Some(seen) = &shown.seen {
        for (name, n) in &seen.counts {
            if !outcomes.iter().any(|o| o.name == *name) {
                let why = if shown.answer.extent.kind == "complete" { "NO     " } else { "unknown" };
                let _ = writeln!(out, "    -  {:width$}  {why}  {n}", cut(name));
            }
        }
    }
}

pub(super) fn place(spot: &Spot) -> String {
    let file = spot.file.rsplit('/').next().unwrap_or(&spot.file);
    format!("{file}:{}", spot.line)
}

/// A witness: one column for each goroutine, time downwards.
fn columns(out: &mut String, w: &Columns) {
    let used: Vec<u32> = w
        .goroutines
        .iter()
        .map(|(g, _)| *g)
        .filter(|g| w.steps.iter().any(|s| s.goroutine == *g) || w.standing.iter().any(|s| s.0 == *g))
        .collect();
    if used.is_empty() {
        out.push_str("  (nothing happens before the end)\n");
        return;
    }
    if used.len() > 6 || w.steps.len() > 400 {
        return list(out, w);
    }
    let cell = |i: usize| {
        let s = &w.steps[i];
        let mark = match w.missing {
            Some((a, b)) if a == i || b == i => "! ",
            _ => "",
        };
        format!("{mark}{} {}", s.at.line, s.text)
    };
    let limit = (96 / used.len()).clamp(18, 60);
    let width = |g: u32| {
        let longest = (0..w.steps.len()).filter(|i| w.steps[*i].goroutine == g).map(|i| cell(i).chars().count()).max();
        longest.unwrap_or(0).clamp(12, limit)
    };
    let widths: Vec<usize> = used.iter().map(|g| width(*g)).collect();
    let mut line = String::from("    ");
    for (g, n) in used.iter().zip(&widths) {
        let name = if *g == 0 { "main".to_owned() } else { format!("goroutine {g}") };
        let _ = write!(line, "{name:n$}  ", n = *n);
    }
    let _ = writeln!(out, "{}", line.trim_end());
    for i in 0..w.steps.len() {
        let at = used.iter().position(|g| *g == w.steps[i].goroutine).unwrap_or(0);
        let before: usize = widths[..at].iter().map(|n| n + 2).sum();
        let text = cell(i);
        let after: Vec<String> =
            w.edges.iter().filter(|(_, to, _)| *to == i).map(|(from, _, rule)| edge(w, *from, rule)).collect();
        let after = if after.is_empty() { String::new() } else { format!("   <- {}", after.join(", ")) };
        let _ = writeln!(out, "    {:before$}{text}{after}", "");
    }
    tail(out, w);
}

fn edge(w: &Columns, from: usize, rule: &str) -> String {
    let s = &w.steps[from];
    let who = if s.goroutine == 0 { "main".to_owned() } else { format!("goroutine {}", s.goroutine) };
    format!("{rule} from {who} line {}", s.at.line)
}

/// A long witness: one line for each step.
fn list(out: &mut String, w: &Columns) {
    let shown = 60;
    for (i, s) in w.steps.iter().enumerate() {
        if w.steps.len() > 2 * shown && i == shown {
            let _ = writeln!(out, "    ... {} steps ...", w.steps.len() - 2 * shown);
        }
        let racing = w.missing.is_some_and(|(a, b)| a == i || b == i);
        if w.steps.len() > 2 * shown && (shown..w.steps.len() - shown).contains(&i) && !racing {
            continue;
        }
        let who = if s.goroutine == 0 { "main".to_owned() } else { format!("g{}", s.goroutine) };
        let _ = writeln!(out, "    {}{who:>6}  {} {}", if racing { "! " } else { "  " }, s.at.line, s.text);
    }
    tail(out, w);
}

fn tail(out: &mut String, w: &Columns) {
    for (g, at, text) in &w.standing {
        if w.missing.is_none() && (text != "runs" || *g != 0) {
            let who = if *g == 0 { "main".to_owned() } else { format!("goroutine {g}") };
            let _ = writeln!(out, "    {who} at line {} {text}", at.line);
        }
    }
    if let Some((a, b)) = w.missing {
        let (a, b) = (&w.steps[a], &w.steps[b]);
        let _ = writeln!(out, "    missing: an edge between line {} and line {} (marked !)", a.at.line, b.at.line);
    }
}
