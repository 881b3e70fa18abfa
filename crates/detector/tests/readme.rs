//! The limits that the README names are those of the code.

use hb_detector::limits;

fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let groups: Vec<&str> =
        digits.as_bytes().rchunks(3).rev().map(|group| std::str::from_utf8(group).unwrap()).collect();
    groups.join(",")
}

#[test]
fn the_readme_has_the_numbers_of_the_code() {
    let readme = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
    for said in [
        format!("{} unordered accesses remembered", grouped(limits::ACCESSES_PER_WORD)),
        format!("{} ended goroutines that nobody waited for", grouped(limits::IDLE_LANES as usize)),
        format!("{} Ki events", limits::HISTORY_EVENTS >> 10),
        format!("{} MB in all (`HISTORY_BYTES`)", limits::HISTORY_BYTES >> 20),
    ] {
        assert!(readme.contains(&said), "{said}");
    }
}
