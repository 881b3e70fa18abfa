//! hb with the real go command: the outcome of `go … -race`, in the same words and with the same status.

mod common;

use common::{Place, Said, run, steady, without_notices};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

#[test]
fn the_same_words_and_status_as_go() {
    let place = Place::new();
    place.module();
    place.write("broken/broken.go", "package broken\n\nfunc f() { undefined() }\n");
    place.write(
        "fails/f_test.go",
        "package fails\n\nimport \"testing\"\n\nfunc TestF(t *testing.T) { t.Fatal(\"no\") }\n",
    );
    place.write(
        "vets/v_test.go",
        "package vets\n\nimport (\"fmt\"; \"testing\")\n\nfunc TestV(t *testing.T) { fmt.Printf(\"%d\", \"x\") }\n",
    );
    place.write(
        "panics/p_test.go",
        "package panics\n\nimport \"testing\"\n\nfunc TestP(t *testing.T) { panic(\"p\") }\n",
    );
    for line in [
        &["test", "./clean", "-count=1"][..],
        &["test", "-count=1", "./fails", "./clean"],
        &["test", "./vets"],
        &["test", "-vet=off", "-count=1", "./vets"],
        &["test", "./broken"],
        &["test", "./nosuch"],
        &["test", "-nosuchflag", "./clean"],
        &["test", "-run", "Nothing", "-count=1", "./clean"],
        &["test", "-list", ".", "./clean"],
        &["test", "-count=1", "-cover", "./clean"],
        &["test", "-count=1", "-covermode=set", "./clean"],
        &["test", "-C", "clean", "-count=1", "-v", "-cpu", "1,2", "."],
        &["build", "./broken"],
        &["build", "-nosuchflag"],
        &["build", "-o"],
        &["build", "./clean"],
        &["run", ".", "quiet", "5"],
        &["run", "-exec", "echo would run", "."],
        &["run", "./clean"],
        &["run", "-h"],
        &["run"],
    ] {
        let (subcommand, rest) = line.split_at(1);
        // `-C` has to be first.
        let after = if rest.first() == Some(&"-C") { 2 } else { 0 };
        let mut stock = subcommand.to_vec();
        stock.extend(&rest[..after]);
        stock.push("-race");
        stock.extend(&rest[after..]);
        let go = run(&mut place.go(&stock));
        let hb = run(&mut place.hb(line));
        assert_eq!(hb.status, go.status, "{line:?}: {hb:#?}");
        // The program that -exec names has a directory of its own in every run.
        if !line.contains(&"-exec") {
            assert_eq!(steady(&hb.stdout), steady(&go.stdout), "{line:?}");
        }
        assert_eq!(steady(&without_notices(&hb.stderr)), steady(&go.stderr), "{line:?}");
    }
    let go = run(place.go(["test", "-race", "./panics"]).env("GOTRACEBACK", "none"));
    let hb = run(place.hb(["test", "./panics"]).env("GOTRACEBACK", "none"));
    assert_eq!((hb.status, hb.stdout.contains("panic: p")), (go.status, true));
}

#[track_caller]
fn reports_a_race(said: &Said) {
    let all = said.all();
    assert!(all.contains("WARNING: DATA RACE"), "{said:#?}");
    assert!(all.contains("=================="), "{said:#?}");
}

#[test]
fn races_are_reported() {
    let place = Place::new();
    place.module();
    let said = run(&mut place.hb(["test", "./..."])).with_status(1);
    reports_a_race(&said);
    assert!(said.stdout.contains("race detected during execution of test"));
    assert!(said.stdout.contains("ok  \texample.com/m/clean"));

    let said = run(&mut place.hb(["run", ".", "race"])).with_status(1);
    reports_a_race(&said);
    assert!(said.stdout.starts_with("args 2 true\n"), "{said:#?}");
    let said = said.saying("exit status 66");
    assert!(said.stderr.contains("Found 1 data race(s)"), "{said:#?}");

    // The binary runs alone, from a directory and an environment that know nothing of hb or Go.
    run(&mut place.hb(["build", "-o", "a program", "."])).with_status(0);
    let alone =
        |arguments: &[&str]| run(Command::new(place.join("a program")).args(arguments).env_clear().current_dir("/"));
    reports_a_race(&alone(&["race"]).with_status(66));
    let said = alone(&["quiet", "3"]).with_status(3);
    assert_eq!(said.stderr, "");
}

#[test]
fn findings_are_collected() {
    let place = Place::new();
    place.module();
    place.write("racy2/racy_test.go", &fs::read_to_string(place.join("racy/racy_test.go")).unwrap());
    let line = ["--format", "raw", "--output", "races.jsonl", "test", "./..."];
    reports_a_race(&run(&mut place.hb(line)).with_status(1));
    let races = fs::read_to_string(place.join("races.jsonl")).unwrap();
    let races: Vec<serde_json::Value> = races.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let count = races.iter().filter(|record| record["t"] == "race").count();
    assert_eq!(count, 2, "{races:#?}");
}

#[test]
fn reports_of_every_form_and_a_baseline() {
    let place = Place::new();
    place.module();
    let forms = ["text", "classic", "json", "jsonl", "sarif", "junit", "github", "markdown", "html", "raw"];
    let mut line = Vec::new();
    for form in forms {
        line.extend(["--format", form, "--output", form]);
    }
    line.extend(["test", "./racy"]);
    let said = run(&mut place.hb(&line)).with_status(1).saying("hb: 1 race; 1 package; ");
    reports_a_race(&said);
    for form in forms {
        let report = fs::read_to_string(place.join(form)).unwrap();
        assert!(report.contains("racy_test.go"), "{form}: {report}");
    }
    let sarif: serde_json::Value = serde_json::from_str(&fs::read_to_string(place.join("sarif")).unwrap()).unwrap();
    assert_eq!(sarif["version"], "2.1.0");

    // Saved in two forms, it is the same race; once in the baseline it is known.
    let said = run(&mut place.hb(["report", "--format", "classic", "json", "raw"])).with_status(0);
    assert_eq!(said.stdout.matches("WARNING: DATA RACE").count(), 1, "{said:#?}");
    run(&mut place.hb(["baseline", "--reason", "for the test", "json"]))
        .with_status(0)
        .saying("1 added to hb-baseline");
    let known = ["--baseline", "hb-baseline.toml", "--fail", "all", "--format", "json", "test", "./racy"];
    let said = run(&mut place.hb(known));
    said.with_status(1).saying("hb: 1 race, 0 new, 1 known");

    // Nothing found is a report, too.
    run(&mut place.hb(["--format", "jsonl", "--output", "none", "test", "./clean"])).with_status(0);
    let none = fs::read_to_string(place.join("none")).unwrap();
    assert!(none.starts_with("{\"type\":\"run\"") && none.lines().count() == 1, "{none}");
    // What cannot be read is said, a malformed baseline before anything runs.
    run(&mut place.hb(["report", "nosuch"])).with_status(37).saying("nosuch");
    place.write("bad.toml", "[[known]\n");
    let said = run(&mut place.hb(["--baseline", "bad.toml", "--format", "text", "test", "./clean"])).with_status(37);
    assert!(said.stdout.is_empty() && said.stderr.contains("line 1"), "{said:#?}");
}

#[test]
fn caches_of_go_and_hb_stay_apart_and_warm() {
    let place = Place::new();
    place.module();
    let cached = |said: Said| said.with_status(0).stdout.contains("(cached)");
    let go = || run(&mut place.go(["test", "-race", "./clean"]));
    let hb = || run(&mut place.hb(["test", "./clean"]));
    assert!(!cached(go()));
    assert!(!cached(hb()), "hb took the result of go test -race");
    assert!(cached(go()) && cached(hb()) && cached(go()) && cached(hb()));
    // hb's cache may go away without anything being built again.
    fs::remove_dir_all(place.join("cache")).unwrap();
    assert!(cached(hb()));
}

#[test]
fn json_stays_a_stream_of_events() {
    let place = Place::new();
    place.module();
    let said = run(&mut place.hb(["test", "-json", "./..."])).with_status(1);
    let events: Vec<serde_json::Value> =
        said.stdout.lines().map(|line| serde_json::from_str(line).expect("an event")).collect();
    assert!(events.iter().any(|event| event["Action"] == "pass"));
    let output: String = events.iter().filter_map(|event| event["Output"].as_str()).collect();
    assert!(output.contains("WARNING: DATA RACE"), "{output}");
}

#[test]
fn flags_that_make_files() {
    let place = Place::new();
    place.module();
    run(&mut place.hb(["test", "-c", "-o", "my tests", "./racy"])).with_status(0);
    reports_a_race(&run(&mut Command::new(place.join("my tests"))).with_status(1));

    let line = ["test", "-coverprofile=my cover", "-coverpkg=./...", "-count=1", "./clean"];
    run(&mut place.hb(line)).with_status(0);
    let profile = fs::read_to_string(place.join("my cover")).unwrap();
    assert!(profile.starts_with("mode: atomic\n"), "{profile}");

    run(&mut place.hb(["test", "-cpuprofile", "cpu.out", "-o", "t.test", "./clean"])).with_status(0);
    assert!(place.join("cpu.out").is_file());

    let said = run(&mut place.hb(["build", "-n", "-o", "not made", "."])).with_status(0);
    assert!(said.stderr.contains("-race"), "{said:#?}");
    assert!(!place.join("not made").exists());
}

#[test]
fn modules_of_every_layout() {
    let place = Place::new();
    // A workspace of two modules, one using the other.
    place.write("ws/go.work", "go 1.25\n\nuse ./a\n\nuse ./b\n");
    place.write("ws/a/go.mod", "module example.com/a\n\ngo 1.25\n");
    place.write("ws/a/a.go", "package a\n\nfunc F() int { return 7 }\n");
    place.write("ws/b/go.mod", "module example.com/b\n\ngo 1.25\n");
    place.write("ws/b/main.go", "package main\n\nimport \"example.com/a\"\n\nfunc main() { println(a.F()) }\n");
    run(&mut place.hb(["run", "-C", "ws/b", "."])).with_status(0).saying("7");
    // Vendored, and with another name for go.mod.
    place.write(
        "v/other.mod",
        "module example.com/v\n\ngo 1.25\n\nrequire example.com/a v1.0.0\n\nreplace example.com/a => ../ws/a\n",
    );
    place.write("v/go.mod", "module example.com/v\n\ngo 1.25\n");
    place.write("v/main.go", "package main\n\nimport \"example.com/a\"\n\nfunc main() { println(a.F()) }\n");
    let line = ["run", "-C", "v", "-modfile=other.mod", "."];
    run(place.hb(line).env("GOWORK", "off")).with_status(0).saying("7");
    fs::rename(place.join("v/other.mod"), place.join("v/go.mod")).unwrap();
    run(&mut place.go(["-C", "v", "mod", "vendor"])).with_status(0);
    let line = ["run", "-C", "v", "-mod=vendor", "."];
    run(place.hb(line).env("GOWORK", "off")).with_status(0).saying("7");
}

#[test]
fn a_package_of_the_standard_library() {
    let place = Place::new();
    place.module();
    let said = run(&mut place.hb(["test", "-run", "TestNewEqual", "-v", "errors"])).with_status(0);
    assert!(said.stdout.contains("--- PASS: TestNewEqual"), "{said:#?}");
}

#[test]
fn the_users_overlay_and_wrapper_take_effect() {
    let place = Place::new();
    place.module();
    place.write("elsewhere/main file.go", "package main\n\nfunc main() { println(\"replaced\", raceTag) }\n");
    place.write("o.json", r#"{"Replace": {"main.go": "elsewhere/main file.go"}}"#);
    run(&mut place.hb(["run", "-overlay=o.json", "."])).with_status(0).saying("replaced true");
    let wrapper = place.script("wrap", "echo \"$1\" >> \"${0%/*}/wrapped\"; exec \"$@\"");
    let toolexec = format!("-toolexec=\"{}\"", wrapper.display());
    run(&mut place.hb(["build", "-o", "wrapped program", &toolexec, "."])).with_status(0);
    let tools = fs::read_to_string(place.join("wrapped")).unwrap();
    assert!(tools.contains("/compile") && tools.contains("/link"), "{tools}");
    reports_a_race(&run(Command::new(place.join("wrapped program")).arg("race")).with_status(66));
}

/// A file of the toolchain that hb edits can be the user's.
#[test]
fn the_users_files_of_the_toolchain_are_edited() {
    let place = Place::new();
    place.module();
    let main = fs::read_to_string(place.join("main.go")).unwrap();
    place.write(
        "main.go",
        &main.replace("\"strconv\"\n", "\"strconv\"\n\t\"sync\"\n").replace("raceTag)", "sync.Mine)"),
    );
    let replaced = |file: &str, change: &dyn Fn(String) -> String| {
        let seen = common::GOROOT.join("src").join(file);
        place.write("elsewhere/theirs.go", &change(fs::read_to_string(&seen).unwrap()));
        place.write("o.json", &format!(r#"{{"Replace": {{"{}": "elsewhere/theirs.go"}}}}"#, seen.display()));
    };
    let mine = "\n// Mine is not in Go's.\nconst Mine = \"mine\"\n";
    for cgo in ["1", "0"] {
        replaced("sync/once.go", &|text| text + mine);
        let said = run(place.hb(["run", "-overlay=o.json", ".", "race"]).env("CGO_ENABLED", cgo));
        assert!(said.stdout.contains("args 2 mine"), "{said:#?}");
        assert!(!said.stderr.contains("the overlay"), "{said:#?}");
        reports_a_race(&said);
        replaced("sync/once.go", &|text| text.replace("o.m.Lock()", "(&o.m).Lock()") + mine);
        let said = run(place.hb(["run", "-overlay=o.json", ".", "race"]).env("CGO_ENABLED", cgo));
        reports_a_race(&said);
        said.saying("hb: the overlay replaces sync/once.go, in a form that hb does not know");
    }
    // GOFLAGS say what holds where nothing else is said.
    for cgo in ["1", "0"] {
        let mut hb = place.hb(["run", "-overlay=o.json", ".", "race"]);
        reports_a_race(&run(hb.env("GOFLAGS", "-race=false -buildvcs=false").env("CGO_ENABLED", cgo)));
    }
}

/// The go command builds tools that it needs on the way without -race, but with the overlay.
#[test]
fn the_edited_files_build_without_race_detection() {
    let place = Place::new();
    place.module();
    run(&mut place.hb(["build", "-o", "program", "."])).with_status(0);
    let mut overlays = fs::read_dir(place.join("cache/overlay")).unwrap();
    let overlay = overlays.next().expect("an overlay").unwrap().path();
    let overlay = format!("-overlay={}", overlay.display());
    run(&mut place.go(["build", &overlay, "-o", "plain", "."])).with_status(0);
    run(&mut Command::new(place.join("plain"))).with_status(0);
}

#[test]
fn a_read_only_goroot_and_no_trace_in_it() {
    let place = Place::new();
    place.module();
    let goroot = place.linked_goroot("go root");
    // Its own directories, without the right to write where that means something.
    let own = ["", "src", "src/runtime"].map(|dir| goroot.join(dir));
    let listing = || {
        own.iter()
            .map(|dir| {
                let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
                names.sort();
                (names, fs::metadata(dir).unwrap().modified().unwrap())
            })
            .collect::<Vec<_>>()
    };
    let mode = |mode| {
        for dir in &own {
            fs::set_permissions(dir, fs::Permissions::from_mode(mode)).unwrap();
        }
    };
    mode(0o555);
    let before = listing();
    let said = run(place.hb(["run", ".", "race"]).env("GOROOT", &goroot));
    let after = listing();
    mode(0o755);
    reports_a_race(&said.with_status(1));
    assert_eq!(before, after);
}

#[test]
fn a_toolchain_in_the_module_cache() {
    let place = Place::new();
    place.module();
    // Where the go command puts toolchains that it downloads, and refuses overlays.
    let modules = place.join("modules");
    fs::create_dir_all(modules.join("golang.org")).unwrap();
    let goroot = place.linked_goroot("modules/golang.org/toolchain@v0.0.1-go1.linux-amd64");
    let hb = |line: &[&str]| {
        let mut command = place.hb(line);
        command.env("GOMODCACHE", &modules).env("GOROOT", &goroot);
        run(&mut command)
    };
    reports_a_race(&hb(&["run", ".", "race"]).with_status(1));
    assert!(hb(&["test", "./clean"]).with_status(0).stdout.contains("ok  \t"));
    assert!(hb(&["test", "./clean"]).with_status(0).stdout.contains("(cached)"));
    // The link is found again, or made again.
    let links = place.join("cache/goroot");
    let link = fs::read_dir(&links).unwrap().next().unwrap().unwrap().path();
    fs::remove_file(&link).unwrap();
    std::os::unix::fs::symlink(Path::new("/nowhere"), &link).unwrap();
    hb(&["test", "./clean"]).with_status(0);
    assert_eq!(fs::read_link(&link).unwrap(), goroot);
}

#[test]
fn a_damaged_cache_is_made_again() {
    let place = Place::new();
    place.module();
    let build = || run(&mut place.hb(["build", "-o", "program", "."])).with_status(0);
    let works = || reports_a_race(&run(Command::new(place.join("program")).arg("race")).with_status(66));
    build();
    works();
    let files = files_below(&place.join("cache"));
    assert!(!files.is_empty());
    for damage in [&b""[..], b"garbage"] {
        for file in &files {
            fs::write(file, damage).unwrap();
        }
        build();
        works();
    }
    for file in &files {
        fs::remove_file(file).unwrap();
    }
    build();
    works();
}

fn files_below(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files.extend(files_below(&path));
        } else {
            files.push(path);
        }
    }
    files
}

#[test]
fn many_at_once_and_some_killed() {
    let place = Place::new();
    place.module();
    // Killed at any moment, from before anything exists in the cache.
    for milliseconds in [1, 2, 4, 8, 15, 25, 40] {
        let mut child = place.hb(["test", "./clean"]).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(milliseconds));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    run(&mut place.hb(["test", "./clean"])).with_status(0);
    fs::remove_dir_all(place.join("cache")).unwrap();
    let children: Vec<_> = (0..6)
        .map(|_| {
            let mut command = place.hb(["test", "./clean"]);
            command.stdout(std::process::Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let unfinished: Vec<_> = files_below(&place.join("cache"))
        .into_iter()
        .filter(|file| file.file_name().unwrap().to_string_lossy().starts_with('.'))
        .collect();
    assert_eq!(unfinished, [""; 0].map(std::path::PathBuf::from));
}

#[test]
fn every_delivery_finds_the_race_and_keeps_its_cache() {
    let place = Place::new();
    place.module();
    for delivery in ["fast", "plain", "nocgo"] {
        let hb = |line: &[&str]| {
            let mut command = place.hb(line);
            run(command.env("HB_DELIVERY", delivery))
        };
        reports_a_race(&hb(&["run", ".", "race"]).with_status(1));
        reports_a_race(&hb(&["test", "-race", "./racy"]).with_status(1));
        hb(&["test", "./clean"]).with_status(0);
        let again = hb(&["test", "./clean"]).with_status(0);
        assert!(again.stdout.contains("(cached)"), "{delivery}: {again:#?}");
    }
    let mut plain = place.go(["test", "./clean"]);
    assert!(!run(&mut plain).with_status(0).stdout.contains("(cached)"), "go test took a result of hb");
}

#[test]
fn no_cgo_and_no_c_compiler() {
    let place = Place::new();
    place.module();
    fs::create_dir(place.join("bin")).unwrap();
    std::os::unix::fs::symlink(&*common::GO, place.join("bin/go")).unwrap();
    let hb = |line: &[&str]| {
        let mut command = place.hb(line);
        // Where the go command finds no C compiler it turns cgo off by itself.
        run(command.env("PATH", place.join("bin")))
    };
    hb(&["build", "-o", "static", "."]).with_status(0);
    reports_a_race(&run(Command::new(place.join("static")).arg("race").env_clear()).with_status(66));
    // It runs where there is nothing else. Only root may go there.
    fs::create_dir(place.join("empty root")).unwrap();
    fs::copy(place.join("static"), place.join("empty root/program")).unwrap();
    let alone = run(Command::new("chroot").arg(place.join("empty root")).args(["/program", "race"]));
    if alone.stderr.contains("Operation not permitted") {
        eprintln!("not tried: only root may change the root directory");
    } else {
        reports_a_race(&alone.with_status(66));
    }
    let file = fs::read(place.join("static")).unwrap();
    let dynamic = b"/lib64/ld-linux";
    assert!(!file.windows(dynamic.len()).any(|bytes| bytes == dynamic), "it needs a dynamic linker");
    // What -race changes in the go command is the same here: the tag, and atomic coverage counters.
    let said = hb(&["run", "-tags", "mine", "."]).with_status(0);
    assert_eq!(said.stdout, "args 1 true\n");
    hb(&["test", "-coverprofile=c.out", "./clean"]).with_status(0);
    assert!(fs::read_to_string(place.join("c.out")).unwrap().starts_with("mode: atomic\n"));
    hb(&["test", "-coverpkg=./...", "-coverprofile=all.out", "./clean"]).with_status(0);
    assert!(fs::read_to_string(place.join("all.out")).unwrap().lines().count() > 1);
    hb(&["test", "-covermode=set", "./clean"]).with_status(30).saying("must be \"atomic\"");
    // The user's wrapper runs under hb's own.
    let wrapper = place.script("wrap", "echo \"$1\" >> \"${0%/*}/wrapped\"; exec \"$@\"");
    let toolexec = format!("-toolexec=\"{}\"", wrapper.display());
    let mut command = place.hb(["build", "-o", "wrapped program", &toolexec, "."]);
    run(command.env("CGO_ENABLED", "0")).with_status(0);
    assert!(fs::read_to_string(place.join("wrapped")).unwrap().contains("/link"));
    reports_a_race(&run(Command::new(place.join("wrapped program")).arg("race")).with_status(66));
}
