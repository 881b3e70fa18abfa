//! Explores a tree that the helper wrote: `hbtree FILE.go | try`.
use std::io::Read;
fn main() {
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).unwrap();
    let t = std::time::Instant::now();
    let tree: hb_golang::tree::Tree = match serde_json::from_str(&text) {
        Ok(t) => t,
        Err(e) => { println!("{e}: {}", &text[..text.len().min(300)]); return; }
    };
    let parsed = t.elapsed();
    let mut scale = hb_golang::Scale::new();
    for a in std::env::args().skip(1) { let (f, to) = a.split_once('=').unwrap(); scale.insert(f.parse().unwrap(), to.parse().unwrap()); }
    let ready = match hb_golang::lower(&tree, &scale) { Ok(r) => r, Err(e) => { println!("REFUSED {e}"); return; } };
    let lowered = t.elapsed();
    if std::env::var("DUMP").is_ok() { for f in &ready.program.funcs { println!("== {}", f.name); for (i, ins) in f.code.iter().enumerate() { println!("{i:3} {ins:?}"); } } }
    let states = std::env::var("STATES").ok().map_or(100_000, |s| s.parse().unwrap());
    let found = match hb_explore::search::explore(&ready.program, hb_explore::search::Limits { states, ..Default::default() }) { Ok(f) => f, Err(e) => { println!("REFUSED {e}"); return; } };
    for (o, s) in &found.outcomes { println!("{:?} {:?} ({} steps)", o.end, String::from_utf8_lossy(&o.output), s.len()); }
    let pos = |p: u32| { let p = ready.program.positions[p as usize]; format!("{}:{}", ready.program.files.get(p.file as usize).cloned().unwrap_or_default().rsplit('/').next().unwrap().to_owned(), p.line) };
    for h in found.races.keys() { println!("RACE {} +{} {:?} {} / {:?} {}", ready.program.sites[h.site as usize].name, h.off, h.first_kind, pos(h.first), h.second_kind, pos(h.second)); }
    println!("states {} edges {} rounds {} steps {} incomplete {:?} parse {parsed:?} lower {lowered:?} total {:?}", found.states, found.edges, found.rounds, found.steps, found.incomplete, t.elapsed());
}
