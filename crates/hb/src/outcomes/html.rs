//! The answer as a page that needs nothing else.

use super::Shown;
use super::text::{extent, place};
use hb_golang::answer::Columns;
use std::fmt::Write;

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

const STYLE: &str = "body{font:15px/1.5 system-ui,sans-serif;margin:2em auto;max-width:70em;padding:0 1em;color:#222;background:#fff}\
table{border-collapse:collapse;margin:.6em 0}td,th{border:1px solid #ccc;padding:.2em .6em;text-align:left;vertical-align:top}\
code,td.step{font-family:ui-monospace,monospace;font-size:13px}.race{background:#fdd}.edge{color:#467;font-size:12px}\
summary{cursor:pointer}@media(prefers-color-scheme:dark){body{background:#181818;color:#ddd}td,th{border-color:#555}.race{background:#622}.edge{color:#9bd}}";

/// The page.
pub fn page(shown: &Shown) -> String {
    let answer = &shown.answer;
    let title = format!("Outcomes of {}", escape(&shown.program));
    let mut out = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{STYLE}</style></head><body>\n<h1>{title}</h1>\n<p>{}</p>\n",
        escape(&extent(shown))
    );
    out.push_str("<table><tr><th></th><th>outcome</th><th>allowed</th>");
    if let Some(seen) = &shown.seen {
        let _ = write!(out, "<th>seen here ({} runs)</th>", seen.runs);
    }
    out.push_str("</tr>\n");
    for (i, o) in answer.outcomes.iter().enumerate() {
        let _ = write!(
            out,
            "<tr><td><a href=\"#o{n}\">{n}</a></td><td><code>{}</code></td><td>{}</td>",
            escape(if o.name.is_empty() { "(nothing)" } else { &o.name }),
            if o.verdict == "allowed" { "yes" } else { "undecided" },
            n = i + 1
        );
        if let Some(seen) = &shown.seen {
            let _ = write!(out, "<td>{}</td>", seen.counts.get(&o.name).map_or("-".to_owned(), u32::to_string));
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table>\n");
    for (i, race) in answer.races.iter().enumerate() {
        let _ = writeln!(
            out,
            "<h2>Race {}: {}</h2>\n<p>{} at {} and {} at {}: nothing orders the two.</p>",
            i + 1,
            escape(&race.variable),
            race.first,
            escape(&place(&race.first_at)),
            race.second,
            escape(&place(&race.second_at))
        );
        columns(&mut out, &race.witness);
    }
    for (i, o) in answer.outcomes.iter().enumerate() {
        let _ = writeln!(
            out,
            "<details id=\"o{}\"><summary>How outcome {} comes about: <code>{}</code></summary>",
            i + 1,
            i + 1,
            escape(&o.name)
        );
        columns(&mut out, &o.witness);
        out.push_str("</details>\n");
    }
    out.push_str("</body></html>\n");
    out
}

fn columns(out: &mut String, w: &Columns) {
    let used: Vec<u32> =
        w.goroutines.iter().map(|(g, _)| *g).filter(|g| w.steps.iter().any(|s| s.goroutine == *g)).collect();
    out.push_str("<table><tr>");
    for g in &used {
        let _ = write!(out, "<th>{}</th>", if *g == 0 { "main".to_owned() } else { format!("goroutine {g}") });
    }
    out.push_str("</tr>\n");
    for (i, s) in w.steps.iter().enumerate() {
        let racing = w.missing.is_some_and(|(a, b)| a == i || b == i);
        out.push_str("<tr>");
        for g in &used {
            if *g != s.goroutine {
                out.push_str("<td></td>");
                continue;
            }
            let _ = write!(
                out,
                "<td class=\"step{}\">{} {}",
                if racing { " race" } else { "" },
                s.at.line,
                escape(&s.text)
            );
            for (from, _, rule) in w.edges.iter().filter(|e| e.1 == i) {
                let from = &w.steps[*from];
                let _ = write!(out, "<div class=\"edge\">&larr; {rule}, line {}</div>", from.at.line);
            }
            out.push_str("</td>");
        }
        out.push_str("</tr>\n");
    }
    out.push_str("</table>\n");
    for (g, at, text) in &w.standing {
        if w.missing.is_none() && *text != "runs" {
            let _ = writeln!(out, "<p>goroutine {g} at line {} {}</p>", at.line, escape(text));
        }
    }
}
