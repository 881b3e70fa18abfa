//! `hb explain`, and the examples of its pages as real programs: each races, and its mended form does not.

mod common;

use common::{Place, run};

fn page(rule: &str) -> String {
    let file = format!("{}/../../docs/rules/{rule}.md", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(&file).unwrap_or_else(|e| panic!("{file}: {e}"))
}

fn rules() -> Vec<String> {
    let place = Place::new();
    let listed = run(&mut place.hb(["explain"])).with_status(0).stdout;
    listed.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn pages_are_printed() {
    let place = Place::new();
    let said = run(&mut place.hb(["explain", "map"])).with_status(0);
    assert!(said.stdout.starts_with("Map used by several goroutines without a lock\n"), "{said:#?}");
    assert!(said.stdout.contains("\nMend\n") && said.stdout.contains("    squares[i] = i * i\n"), "{said:#?}");
    run(&mut place.hb(["explain", "mpa"])).with_status(30).saying("did you mean go-data-race-map?");
    run(&mut place.hb(["explain", "frobnicate"])).with_status(30).saying("`hb explain` lists them");
}

#[test]
fn every_example_races_and_its_mend_does_not() {
    let place = Place::new();
    place.write("m/go.mod", "module example.com/rules\n\ngo 1.25\n");
    let rules = rules();
    for rule in &rules {
        let page = page(rule);
        let programs: Vec<_> = page.split("```go\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect();
        assert_eq!(programs.len(), 2, "{rule}");
        place.write(&format!("m/{rule}-racy/main.go"), programs[0]);
        place.write(&format!("m/{rule}-mended/main.go"), programs[1]);
    }
    run(place.hb(["-C", "m", "build", "-o", "../bin/", "./..."]).env("GOFLAGS", "")).with_status(0);
    let ends = |name: String| {
        let mut program = std::process::Command::new(place.join(&format!("bin/{name}")));
        run(program.env("GORACE", "atexit_sleep_ms=0")).status
    };
    for rule in &rules {
        // Some of them race by chance alone where goroutines end with the program.
        let racy = (0..10).any(|_| ends(format!("{rule}-racy")) == Some(66));
        assert!(racy, "{rule}: the example does not race");
        for _ in 0..3 {
            assert_eq!(ends(format!("{rule}-mended")), Some(0), "{rule}: the mended example");
        }
    }
}
