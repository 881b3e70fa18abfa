//! `hb doctor`, `hb version` and the help pages.

mod common;

use common::{GO, GOROOT, Place, run};
use std::fs;
use std::process::Command;

#[test]
fn a_usable_machine() {
    let place = Place::new();
    place.module();
    let said = run(&mut place.hb(["doctor"])).with_status(0);
    let (go, goroot) = (GO.display().to_string(), GOROOT.display().to_string());
    let fixed = ["linux/amd64", "C compiler", "delivery", "hb can be used here."];
    for text in [go.as_str(), goroot.as_str()].into_iter().chain(fixed) {
        assert!(said.stdout.contains(text), "no {text} in {said:#?}");
    }
}

#[test]
fn each_problem_is_named_and_gives_its_status() {
    let place = Place::new();
    fs::create_dir(place.join("empty")).unwrap();
    let said = run(place.hb(["doctor"]).env("PATH", place.join("empty"))).with_status(31);
    assert!(said.stdout.contains("WRONG: no go command on PATH"), "{said:#?}");
    assert!(said.stdout.contains("cannot be used here"), "{said:#?}");

    let file = place.write("file", "");
    let said = run(place.hb(["doctor"]).env("HB_CACHE", file.join("x"))).with_status(35);
    assert!(said.stdout.contains("WRONG: cannot make the directory"), "{said:#?}");

    for (flags, text) in [
        ("-msan", "WRONG: -msan (from GOFLAGS) cannot be combined"),
        ("-compiler=gccgo", "WRONG: -compiler=gccgo (from GOFLAGS)"),
        ("-covermode=set", "WRONG: -covermode must be"),
        ("-overlay=nosuch.json", "WRONG: the overlay nosuch.json cannot be read"),
    ] {
        let said = run(place.hb(["doctor"]).env("GOFLAGS", flags)).with_status(30);
        assert!(said.stdout.contains(text), "{said:#?}");
    }
    run(place.hb(["doctor"]).env("GOFLAGS", "-race=false -trimpath")).with_status(0);

    let said = run(place.hb(["doctor"]).env("GOARCH", "arm64")).with_status(33);
    assert!(said.stdout.contains("WRONG: linux/arm64 is not supported"), "{said:#?}");
}

#[test]
fn circumstances_are_named() {
    let place = Place::new();
    let said = run(place.hb(["doctor"]).env("CC", "no-such-compiler")).with_status(0);
    assert!(said.stdout.contains("none (cgo is"), "{said:#?}");
    let said = run(place.hb(["doctor"]).env("CGO_ENABLED", "0")).with_status(0);
    assert!(said.stdout.contains("cgo is off"), "{said:#?}");

    let mut limited = Command::new("sh");
    limited.args(["-c", "ulimit -v 8000000; ulimit -d 6000000; exec \"$0\" doctor"]);
    let said = run(limited.arg(env!("CARGO_BIN_EXE_hb")).env("HB_CACHE", place.join("cache")));
    assert!(said.stdout.contains("LIMITED to 7812 MB (ulimit -v)"), "{said:#?}");
    assert!(said.stdout.contains("LIMITED to 5859 MB (ulimit -d)"), "{said:#?}");
}

#[test]
fn a_switch_by_the_module_is_named() {
    let place = Place::new();
    // A stand-in that is another version unless it is told to stay local.
    let go = place.script(
        "fake-go",
        &format!(
            "if [ \"$GOTOOLCHAIN\" = local ]; then\n\
             printf '{{\"GOROOT\":\"/old\",\"GOVERSION\":\"go1.25.0\"}}'; exit; fi\n\
             exec '{}' \"$@\"",
            GO.display()
        ),
    );
    let mut command = place.hb(["doctor"]);
    let said = run(command.env("HB_GO", go).env("GOTOOLCHAIN", "auto")).with_status(0);
    assert!(said.stdout.contains(", switched from go1.25.0 by "), "{said:#?}");
}

#[test]
fn version_and_help() {
    let place = Place::new();
    let said = run(&mut place.hb(["version"])).with_status(0);
    assert!(said.stdout.starts_with(&format!("hb {}\n", env!("CARGO_PKG_VERSION"))));
    let said_plain = said.stdout;
    let said = run(&mut place.hb(["version", "--json"])).with_status(0);
    let object: serde_json::Value = serde_json::from_str(&said.stdout).unwrap();
    assert_eq!(object["hb"], env!("CARGO_PKG_VERSION"));
    assert_eq!(object["oldest_go"], "go1.25");
    assert_eq!(object["runtime"].as_str().unwrap().len(), 24);
    assert!(said_plain.contains(object["runtime"].as_str().unwrap()));

    let help = run(&mut place.hb(["help"])).with_status(0);
    assert_eq!(help.stdout, run(&mut place.hb(["--help"])).with_status(0).stdout);
    // What scripts rely on is on the page.
    for text in ["GORACE", "HB_CACHE", "HB_GO", "HB_DELIVERY", "  31  no go command found", "hb build -o"] {
        assert!(help.stdout.contains(text), "no {text}");
    }
    for topic in ["run", "test", "build", "install"] {
        let said = run(&mut place.hb(["help", topic])).with_status(0);
        assert!(said.stdout.contains(&format!("go help {topic}")), "{said:#?}");
    }
}
