//! A run never looks cleaner than it was: what is not built, not run or cut short is told apart, and no race hides in the go command's cache.

mod common;

use common::{Place, run};
use serde_json::{Value, json};
use std::fs;

fn module() -> Place {
    let place = Place::new();
    place.module();
    place
}

fn read(place: &Place, name: &str) -> Value {
    serde_json::from_slice(&fs::read(place.join(name)).unwrap()).unwrap()
}

fn test(body: &str) -> String {
    format!(
        "package p\n\nimport (\n\t\"os\"\n\t\"syscall\"\n\t\"testing\"\n\t\"time\"\n)\n\nvar _ = os.Exit\nvar _ = syscall.Kill\nvar _ = time.Now\n\nfunc TestP(t *testing.T) {{ {body} }}\n"
    )
}

#[test]
fn every_package_has_its_own_end() {
    let place = module();
    place.write("broken/b.go", "package broken\n\nfunc f() { undefined() }\n");
    place.write("missing/m.go", "package missing\n\nimport _ \"example.com/m/nowhere\"\n");
    place.write(
        "vets/v_test.go",
        "package vets\n\nimport (\"fmt\"; \"testing\")\n\nfunc TestV(t *testing.T) { fmt.Printf(\"%d\", \"x\") }\n",
    );
    for (name, body) in [
        ("panics", "panic(\"oh\")"),
        ("slow", "time.Sleep(time.Hour)"),
        ("killed", "println(1); syscall.Kill(os.Getpid(), syscall.SIGKILL)"),
        ("exits", "println(1); os.Exit(3)"),
        ("fails", "t.Fatal(\"no\")"),
        ("passes", ""),
    ] {
        place.write(&format!("{name}/p_test.go"), &test(body));
    }
    let mut expected = [
        ("broken", "not_built"),
        ("clean", "passed"),
        ("exits", "exited"),
        ("fails", "failed"),
        ("killed", "killed"),
        ("missing", "not_run"),
        ("panics", "panicked"),
        ("passes", "passed"),
        ("racy", "failed"),
        ("slow", "timed_out"),
        ("vets", "not_vetted"),
    ]
    .map(|(name, state)| json!([format!("example.com/m/{name}"), state]))
    .to_vec();
    expected.insert(0, json!(["example.com/m", "no_test_files"]));
    for more in [&[][..], &["-json"]] {
        let mut line = vec!["--format", "json", "--output", "r.json", "--format", "sarif", "--output", "s.json"];
        line.extend(["--format", "junit", "--output", "j.xml", "test", "-timeout=5s"]);
        line.extend(more);
        line.push("./...");
        // Where hb's cache lies in the module, the go command takes what is in it for packages.
        let cache = tempfile::tempdir().unwrap();
        let said = run(place.hb(&line).env("HB_CACHE", cache.path())).with_status(1);
        let report = read(&place, "r.json");
        let units = report["runs"][0]["units"].as_array().unwrap();
        let mut got: Vec<Value> = units.iter().map(|unit| json!([unit["package"], unit["state"]])).collect();
        got.sort_by_key(|unit| unit[0].as_str().unwrap().to_owned());
        assert_eq!(got, expected, "{more:?} {said:#?}");
        assert_eq!(report["whole"], false);
        let sarif = read(&place, "s.json");
        assert_eq!(sarif["runs"][0]["invocations"][0]["executionSuccessful"], false);
        let junit = fs::read_to_string(place.join("j.xml")).unwrap();
        assert_eq!(junit.matches("<error").count(), 7, "{junit}");
        assert!(junit.contains("undefined: undefined"), "{junit}");
        assert!(said.stderr.contains("; not all was checked; 12 packages; "), "{said:#?}");
        // Each process without an end is told by name and reason.
        assert!(said.stderr.contains("panics.test (process "), "{said:#?}");
    }
}

#[test]
fn a_program_that_does_not_build_or_end_is_no_clean_run() {
    let place = module();
    let state = |words: &[&str]| {
        let mut line = vec!["--format", "json", "--output", "r.json", "run"];
        line.extend(words);
        run(&mut place.hb(line));
        let report = read(&place, "r.json");
        let unit = &report["runs"][0]["units"][0];
        (
            unit["state"].as_str().unwrap_or_default().to_owned(),
            report["whole"].as_bool().unwrap(),
            unit["detail"].clone(),
        )
    };
    assert_eq!(state(&[".", "quiet"]).0, "passed");
    assert_eq!(state(&[".", "race"]).0, "failed");
    assert_eq!(state(&[".", "quiet", "5"]).0, "failed");
    place.write("crash/c.go", "package main\n\nfunc main() { panic(1) }\n");
    let crash = state(&["./crash"]);
    assert_eq!((crash.0.as_str(), crash.1), ("unfinished", false));
    place.write("broken/b.go", "package main\n\nfunc main() { undefined() }\n");
    let (state, whole, detail) = state(&["./broken"]);
    assert_eq!((state.as_str(), whole), ("not_built", false));
    assert!(detail.as_str().unwrap().contains("undefined: undefined"), "{detail}");
}

/// A result in which races were seen that do not count is not handed out again as if there were none.
#[test]
fn races_do_not_hide_in_the_cache() {
    let place = module();
    for delivery in ["fast", "plain"] {
        for _ in 0..2 {
            let line = [
                "--delivery",
                delivery,
                "--fail",
                "never",
                "--format",
                "json",
                "--output",
                "r.json",
                "test",
                "./racy",
                "./clean",
            ];
            let said = run(&mut place.hb(line)).with_status(0);
            let report = read(&place, "r.json");
            assert_eq!(report["totals"]["findings"], 1, "{said:#?}");
            let racy = report["runs"][0]["units"]
                .as_array()
                .unwrap()
                .iter()
                .find(|unit| unit["package"] == "example.com/m/racy");
            assert_eq!(racy.unwrap()["cached"], false, "{said:#?}");
        }
        let units = read(&place, "r.json")["runs"][0]["units"].clone();
        let clean =
            units.as_array().unwrap().iter().find(|unit| unit["package"] == "example.com/m/clean").unwrap().clone();
        assert_eq!(clean["cached"], true);
    }
    run(&mut place.hb(["baseline", "--reason", "r", "r.json"])).with_status(0);
    // What came from the cache shows nothing to be gone.
    run(&mut place.hb(["baseline", "--prune", "r.json"])).with_status(37).saying("came from the cache");
    assert!(fs::read_to_string(place.join("hb-baseline.toml")).unwrap().contains("fingerprint"));
}

#[test]
fn what_is_no_report_and_what_cannot_be_written_are_errors_at_once() {
    let place = module();
    place.write("README.md", "# hb\n\nIt prints `Found N data race(s)`:\n\nFound 2 data race(s)\n");
    run(&mut place.hb(["report", "README.md"])).with_status(37).saying("neither a saved report");
    run(&mut place.hb(["report", "."])).with_status(37).saying("no findings are in this directory");
    fs::create_dir(place.join("directory")).unwrap();
    place.write("kept.json", "as it was");
    for output in ["no/such/dir/r.json", "directory", "/dev/null/r.json"] {
        let line =
            ["--format", "json", "--output", "kept.json", "--format", "json", "--output", output, "test", "./clean"];
        let said = run(&mut place.hb(line)).with_status(37).saying("cannot write the report");
        assert_eq!(said.stdout, "", "no test ran");
        assert_eq!(fs::read_to_string(place.join("kept.json")).unwrap(), "as it was");
    }
}

/// Without a home, hb finds another place; a cache that takes nothing more is no obstacle.
#[test]
fn no_home_is_no_obstacle() {
    let place = module();
    fs::create_dir(place.join("tmp")).unwrap();
    let hb = |home: Option<&str>, gocache: Option<&str>| {
        let mut hb = place.hb(["--format", "json", "--output", "r.json", "run", ".", "race"]);
        hb.env_remove("HB_CACHE").env_remove("XDG_CACHE_HOME").env_remove("HOME").env("TMPDIR", place.join("tmp"));
        hb.env("GOCACHE", place.join(gocache.unwrap_or("go-cache"))).env("GOPATH", place.join("gopath"));
        if let Some(home) = home {
            hb.env("HOME", home);
        }
        let said = run(&mut hb).with_status(1);
        assert!(said.stderr.contains("hb: 1 race"), "{said:#?}");
    };
    hb(None, None);
    assert!(place.join("hb").is_dir(), "beside the go command's");
    hb(Some("/dev/null"), None);
    fs::remove_dir_all(place.join("hb")).unwrap();
    place.write("hb", "no directory");
    hb(None, None);
    let own = fs::read_dir(place.join("tmp"))
        .unwrap()
        .any(|entry| entry.unwrap().file_name().to_string_lossy().starts_with("hb-"));
    assert!(own, "in the temporary directory");
}

/// Whatever is no terminal gets the reports.
#[test]
fn a_log_beside_a_terminal_has_the_reports() {
    let place = module();
    let pty = nix::pty::openpty(None, None).unwrap();
    let log = fs::File::create(place.join("log")).unwrap();
    let mut hb = place.hb(["test", "./racy"]);
    hb.stdout(log).stderr(std::process::Stdio::from(pty.slave.try_clone().unwrap())).env("TERM", "xterm");
    let mut child = hb.spawn().unwrap();
    drop((hb, pty.slave));
    let mut seen = Vec::new();
    let mut terminal = fs::File::from(pty.master);
    let mut buffer = [0; 4096];
    while let Ok(n) = std::io::Read::read(&mut terminal, &mut buffer) {
        if n == 0 {
            break;
        }
        seen.extend_from_slice(&buffer[..n]);
    }
    assert_eq!(child.wait().unwrap().code(), Some(1));
    let log = fs::read_to_string(place.join("log")).unwrap();
    assert_eq!(log.matches("WARNING: DATA RACE").count(), 1, "{log}");
    assert!(String::from_utf8_lossy(&seen).contains("data race on package-level variable counter"));
}
