//! A race as a picture: the goroutines' time lines from top to bottom, the edges that exist, and the gap where one is
//! missing. An SVG with text alternatives, colours from the page's style sheet.

use super::Options;
use crate::clean;
use crate::explain::why::{Kinship, kinship};
use crate::explain::{frames, goroutine, verb};
use crate::finding::{Finding, Place};
use crate::raw::{Access, When};
use std::fmt::Write as _;

const LANE: i32 = 250;
const ROW: i32 = 46;
const TOP: i32 = 58;

struct Event {
    lane: usize,
    text: String,
    detail: String,
    class: &'static str,
}

/// The SVG element.
pub fn svg(finding: &Finding, options: &Options) -> String {
    let race = &finding.race;
    let [later, earlier] = &race.accesses;
    let kin = kinship(race);
    // Lanes: who started whom stands further left; a starter that is neither gets a lane of its own.
    let mut lanes: Vec<String> = Vec::new();
    let (early_lane, late_lane, starter) = match kin {
        Kinship::LaterStartedEarlier => {
            lanes.extend([goroutine(later), goroutine(earlier)]);
            (1, 0, Some(0))
        }
        Kinship::EarlierStartedLater => {
            lanes.extend([goroutine(earlier), goroutine(later)]);
            (0, 1, Some(0))
        }
        Kinship::SamePlace | Kinship::SameStarter => {
            let name = match earlier.ancestry.first().map(|ancestor| ancestor.gid) {
                Some(1) => "the main goroutine".to_owned(),
                Some(gid) if gid > 1 => format!("goroutine {gid}"),
                _ => "their starter".to_owned(),
            };
            lanes.extend([name, goroutine(earlier), goroutine(later)]);
            (1, 2, Some(0))
        }
        Kinship::Other => {
            lanes.extend([goroutine(earlier), goroutine(later)]);
            (0, 1, None)
        }
    };
    let mut events: Vec<Event> = Vec::new();
    // (row of the go statement, lane it starts)
    let mut starts: Vec<(usize, usize)> = Vec::new();
    let place =
        |stack: &[crate::raw::Frame]| frames::site(stack).map(|frame| Place::of(frame).short()).unwrap_or_default();
    for (access, lane) in [(earlier, early_lane), (later, late_lane)] {
        let child = match kin {
            Kinship::SamePlace | Kinship::SameStarter => true,
            Kinship::LaterStartedEarlier => lane == early_lane,
            Kinship::EarlierStartedLater => lane == late_lane,
            Kinship::Other => false,
        };
        if let Some(starter) = starter.filter(|_| child) {
            starts.push((events.len(), lane));
            events.push(Event {
                lane: starter,
                text: "go statement".to_owned(),
                detail: place(&access.created),
                class: "sync",
            });
        } else if kin == Kinship::Other && !access.main {
            events.push(Event { lane, text: "started".to_owned(), detail: place(&access.created), class: "sync" });
        }
    }
    let mut rows = [0, 0];
    for (index, (access, lane)) in [(earlier, early_lane), (later, late_lane)].into_iter().enumerate() {
        push_sync(&mut events, access, lane, When::Before);
        rows[index] = events.len();
        let info = &finding.accesses[1 - index];
        let what = info
            .expression
            .as_ref()
            .map(|expression| expression.text.clone())
            .unwrap_or_else(|| finding.variable.name.clone());
        events.push(Event {
            lane,
            text: format!("{} {}", verb(access), clip(&what)),
            detail: options.place(&info.site).rsplit('/').next().unwrap_or_default().to_owned(),
            class: if verb(access) == "write" { "write" } else { "read" },
        });
        push_sync(&mut events, access, lane, When::After);
    }
    draw(finding, &lanes, &events, &starts, rows)
}

fn push_sync(events: &mut Vec<Event>, access: &Access, lane: usize, when: When) {
    let mut matching = access.sync.iter().filter(|event| event.when == when && event.op != "start");
    let event = if when == When::Before { matching.next_back() } else { matching.next() };
    if let Some(event) = event {
        let name = event.object.clone().or_else(|| event.addr.map(|addr| addr.to_string()));
        let addr = name.map(|name| format!(" {}", clip(&name))).unwrap_or_default();
        let detail = frames::site(&event.stack).map(|frame| Place::of(frame).short()).unwrap_or_default();
        events.push(Event { lane, text: format!("{}{addr}", event.op.replace('_', " ")), detail, class: "sync" });
    }
}

/// Room in a lane is for some 24 characters.
fn clip(text: &str) -> String {
    if text.chars().count() <= 22 { text.to_owned() } else { text.chars().take(21).chain(['…']).collect() }
}

fn draw(finding: &Finding, lanes: &[String], events: &[Event], starts: &[(usize, usize)], rows: [usize; 2]) -> String {
    let width = LANE * lanes.len() as i32;
    let bottom = TOP + ROW * events.len() as i32;
    let x = |lane: usize| 24 + LANE * lane as i32;
    let y = |row: usize| TOP + ROW * row as i32 + 10;
    let id = &finding.fingerprint;
    let mut svg = String::new();
    let told: Vec<String> =
        events.iter().map(|event| format!("{}: {} {}", lanes[event.lane], event.text, event.detail)).collect();
    let _ = write!(
        svg,
        "<svg viewBox=\"0 0 {width} {}\" width=\"{width}\" role=\"img\" aria-labelledby=\"t{id} d{id}\" xmlns=\"http://www.w3.org/2000/svg\"><title id=\"t{id}\">Time lines of the goroutines</title><desc id=\"d{id}\">From top to bottom. {}. No edge orders the {} before the {}.</desc>",
        bottom + 24,
        clean::html(&told.join("; ")),
        verb(&finding.race.accesses[1]),
        verb(&finding.race.accesses[0]),
    );
    let _ = write!(
        svg,
        "<defs><marker id=\"m{id}\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\"><path d=\"M0 0 8 4 0 8z\" class=\"head\"/></marker></defs>"
    );
    for (lane, name) in lanes.iter().enumerate() {
        // A started goroutine's line begins where it was started.
        let from = starts.iter().find(|start| start.1 == lane).map_or(TOP - 22, |start| y(start.0) + ROW / 2);
        let _ = write!(
            svg,
            "<text x=\"{}\" y=\"20\" class=\"lane\">{}</text><line x1=\"{2}\" y1=\"{from}\" x2=\"{2}\" y2=\"{bottom}\" class=\"life\"/>",
            x(lane) - 10,
            clean::html(name),
            x(lane)
        );
    }
    for (row, lane) in starts {
        let _ = write!(
            svg,
            "<path d=\"M{} {} L{} {}\" class=\"edge\" marker-end=\"url(#m{id})\"/>",
            x(events[*row].lane),
            y(*row),
            x(*lane),
            y(*row) + ROW / 2
        );
    }
    let (from, to) = (&events[rows[0]], &events[rows[1]]);
    let (x1, y1, x2, y2) = (x(from.lane), y(rows[0]), x(to.lane), y(rows[1]));
    let _ = write!(svg, "<path d=\"M{x1} {y1} L{x2} {y2}\" class=\"gap\"/>");
    for (row, event) in events.iter().enumerate() {
        let (cx, cy) = (x(event.lane), y(row));
        let radius = if event.class == "sync" { 4 } else { 7 };
        let _ = write!(
            svg,
            "<circle cx=\"{cx}\" cy=\"{cy}\" r=\"{radius}\" class=\"{}\"/><text x=\"{}\" y=\"{}\" class=\"what\">{}</text><text x=\"{}\" y=\"{}\" class=\"at\">{}</text>",
            event.class,
            cx + 14,
            cy + 1,
            clean::html(&event.text),
            cx + 14,
            cy + 16,
            clean::html(&event.detail)
        );
    }
    // Beside the right-hand lane, where no event of the left one has its words.
    let mx = x1.max(x2) - 72;
    let my = if x1 == x2 { (y1 + y2) / 2 } else { y1 + (y2 - y1) * (mx - x1) / (x2 - x1) };
    let _ = write!(
        svg,
        "<rect x=\"{}\" y=\"{}\" width=\"104\" height=\"20\" rx=\"4\" class=\"gapbox\"/><text x=\"{mx}\" y=\"{}\" text-anchor=\"middle\" class=\"gaptext\">no edge here</text></svg>",
        mx - 52,
        my - 10,
        my + 5
    );
    svg
}
