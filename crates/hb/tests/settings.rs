//! `hb.toml`: where it is found, what wins over it, what is said of a wrong one. And what a report looks like: colours, paths, levels.

mod common;

use common::{Place, run};
use std::fs;

/// A saved log with one race, of `cache/cache.go` in the place.
fn log(place: &Place) -> String {
    let file = fs::canonicalize(place.path()).unwrap().join("cache/cache.go");
    place.write(
        "cache/cache.go",
        "package cache\n\nvar hits int\n\nfunc Get() int { return hits }\nfunc Put() { hits = 1 }\n",
    );
    let file = file.display();
    let text = format!(
        "==================\nWARNING: DATA RACE\nWrite at 0x00c000012345 by goroutine 7:\n  m/cache.Put()\n      {file}:6 +0x30\n\n\
         Previous read at 0x00c000012345 by main goroutine:\n  m/cache.Get()\n      {file}:5 +0xbd\n\n\
         Goroutine 7 (running) created at:\n  m/cache.Start()\n      {file}:7 +0x99\n==================\n"
    );
    place.write("log", &text);
    "log".to_owned()
}

#[test]
fn flags_win_over_the_environment_and_that_over_the_file() {
    let place = Place::new();
    place.write(".git/HEAD", "");
    place.write(
        "hb.toml",
        "fail = \"never\"\ncolor = \"always\"\n[[report]]\nformat = \"short\"\noutput = \"races.txt\"\n",
    );
    place.write("sub/x", "");
    place.write("m/m.go", "package m\n");
    let go = place.fake_go("echo \"policy <$HB_POLICY>\"");
    let policy = |flags: &[&str], env: &[(&str, &str)]| {
        let mut line = flags.to_vec();
        line.extend(["-C", "sub", "test", "."]);
        let mut command = place.hb(line);
        command.env("HB_GO", &go).envs(env.iter().copied());
        run(&mut command).with_status(0).stdout
    };
    let from_file = policy(&[], &[]);
    assert!(from_file.starts_with("policy <") && !from_file.contains("<>"), "{from_file}");
    assert!(place.join("races.txt").is_file(), "the report lies where the file says, from its directory");
    // `all` needs no policy.
    assert_eq!(policy(&[], &[("HB_FAIL", "all")]), "policy <>\n");
    assert_eq!(policy(&["--fail", "all"], &[("HB_FAIL", "never")]), "policy <>\n");
    assert_eq!(policy(&["--fail", "never"], &[("HB_FAIL", "all")]), from_file);
    fs::remove_file(place.join("races.txt")).unwrap();
    policy(&["--format", "json", "--output", "other.json"], &[]);
    assert!(!place.join("races.txt").exists() && place.join("sub/other.json").exists());
    assert_eq!(policy(&["--config", "off"], &[]), "policy <>\n");
    assert_eq!(policy(&[], &[("HB_CONFIG", "off")]), "policy <>\n");
}

#[test]
fn packages_where_the_command_line_has_none() {
    let place = Place::new();
    place.write(".git/HEAD", "");
    place.write("hb.toml", "[test]\npackages = [\"./...\", \"std\"]\n");
    place.write("sub/x", "");
    let go = place.fake_go("");
    let top = fs::canonicalize(place.path()).unwrap();
    let tail = |line: &[&str]| -> Vec<String> {
        run(place.hb(line).env("HB_GO", &go)).with_status(0);
        let argv = place.argv();
        let from = argv.iter().rposition(|word| word.starts_with("-overlay") || word.starts_with("-toolexec")).unwrap();
        argv[from + 1..].to_vec()
    };
    let all = format!("{}/...", top.display());
    assert_eq!(tail(&["-C", "sub", "test", "-run", "X", "-mine"]), [&all, "std", "-run", "X", "-mine"]);
    assert_eq!(tail(&["test", "-v", "./sub"]), ["-v", "./sub"]);
    assert_eq!(tail(&["build"]), [""; 0]);
}

#[test]
fn a_wrong_file_is_said_with_line_and_column() {
    let place = Place::new();
    place.write(".git/HEAD", "");
    place.write("hb.toml", "color = \"auto\"\nfail = \"nwe\"\n");
    let wrong = "hb.toml: line 2, column 8: \"nwe\" is none of new, all, never";
    run(&mut place.hb(["test"])).with_status(30).saying(wrong);
    run(&mut place.hb(["report", "x"])).with_status(30).saying(wrong);
    let said = run(&mut place.hb(["doctor"])).with_status(30);
    assert!(said.stdout.contains("settings     WRONG: ") && said.stdout.contains(wrong), "{said:#?}");
    run(&mut place.hb(["version"])).with_status(0);
    run(&mut place.hb(["env", "GOOS"])).with_status(0);
    run(&mut place.hb(["--config", "no/such.toml", "test"])).with_status(30).saying("no/such.toml: No such file");
    place.write("hb.toml", "");
    let said = run(&mut place.hb(["doctor"])).with_status(0);
    let file = fs::canonicalize(place.join("hb.toml")).unwrap();
    assert!(said.stdout.contains(&format!("settings     {}\n", file.display())), "{said:#?}");
    fs::remove_file(place.join("hb.toml")).unwrap();
    let said = run(&mut place.hb(["doctor"])).with_status(0);
    assert!(said.stdout.contains("settings     none"), "{said:#?}");
}

#[test]
fn the_manual_and_the_schema_are_right() {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/");
    let manual = fs::read_to_string(format!("{docs}hb-toml.md")).unwrap();
    let example = manual.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let place = Place::new();
    place.write(".git/HEAD", "");
    place.write("hb.toml", example);
    let said = run(&mut place.hb(["doctor"])).with_status(0);
    assert!(!said.stdout.contains("WRONG"), "{said:#?}");
    let schema: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(format!("{docs}hb-toml.schema.json")).unwrap()).unwrap();
    let keys = |value: &serde_json::Value| -> Vec<String> { value.as_object().unwrap().keys().cloned().collect() };
    // Each key of the schema is one that hb takes, and hb's list of those that it takes has no other.
    place.write("hb.toml", "no-such-key = 1\n");
    let said = run(&mut place.hb(["test"])).with_status(30);
    for key in keys(&schema["properties"]) {
        assert!(said.stderr.contains(&format!("`{key}`")), "{key}: {said:#?}");
        assert!(manual.contains(&key), "{key}");
    }
    let known = said.stderr.split("expected one of ").nth(1).unwrap().lines().next().unwrap().split(", ").count();
    assert_eq!(known, keys(&schema["properties"]).len(), "{said:#?}");
    // Formats and rules of the schema are all that there are.
    let formats = schema["properties"]["report"]["items"]["properties"]["format"]["enum"].as_array().unwrap();
    place.write("hb.toml", "[[report]]\nformat = \"no\"\n");
    let said = run(&mut place.hb(["test"])).with_status(30);
    let names = said.stderr.split("one of ").nth(1).unwrap().lines().next().unwrap();
    assert_eq!(names, formats.iter().map(|name| name.as_str().unwrap()).collect::<Vec<_>>().join(", "));
    let listed = run(&mut place.hb(["explain"])).with_status(0).stdout;
    let mut ids: Vec<_> = listed.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    ids.sort();
    assert_eq!(ids, keys(&schema["properties"]["rules"]["properties"]));
}

#[test]
fn one_line_a_finding_and_levels() {
    let place = Place::new();
    let log = log(&place);
    let report = |flags: &[&str]| {
        let mut line = vec!["report"];
        line.extend(flags);
        line.push(&log);
        run(&mut place.hb(line)).with_status(0).stdout
    };
    let short = report(&["--format", "short"]);
    let lines: Vec<_> = short.lines().collect();
    assert!(
        lines[0].starts_with("cache/cache.go:6:14: error: data race on ") && lines[0].contains("[go-data-race"),
        "{short}"
    );
    assert!(lines[1].starts_with("cache/cache.go:5:25: note: the other access: read by the main goroutine"), "{short}");
    // From elsewhere: here, the repository's top, nothing.
    place.write(".git/HEAD", "");
    let from_cache = |paths: &str| {
        let line = ["-C", "cache", "--paths", paths, "report", "--format", "short", "../log"];
        run(&mut place.hb(line)).with_status(0).stdout
    };
    assert!(from_cache("here").starts_with("cache.go:6:14: "));
    assert!(from_cache("repository").starts_with("cache/cache.go:6:14: "));
    assert!(from_cache("absolute").starts_with("/"));
    assert!(from_cache("..").starts_with("cache/cache.go:6:14: "));
    run(&mut place.hb(["--paths", "no/such", "report", "log"])).with_status(30).saying("--paths no/such");

    let rule = lines[0].rsplit('[').next().unwrap().trim_end_matches(']').to_owned();
    place.write("hb.toml", &format!("[rules]\n{rule} = \"warning\"\n"));
    assert!(report(&["--format", "short"]).starts_with("cache/cache.go:6:14: warning: "));
    let sarif: serde_json::Value = serde_json::from_str(&report(&["--format", "sarif"])).unwrap();
    assert_eq!(sarif["runs"][0]["results"][0]["level"], "warning");
    let root = sarif["runs"][0]["originalUriBaseIds"]["%SRCROOT%"]["uri"].as_str().unwrap();
    assert!(root.starts_with("file:///") && root.ends_with('/'), "{root}");
    let climate: serde_json::Value = serde_json::from_str(&report(&["--format", "codeclimate"])).unwrap();
    assert_eq!(climate[0]["severity"], "minor");
    assert_eq!(climate[0]["location"]["path"], "cache/cache.go");
    assert!(report(&["--format", "github"]).starts_with("::warning file=cache/cache.go,line=6,"));
    assert!(report(&["--format", "checkstyle"]).contains("line=\"6\" column=\"14\" severity=\"warning\""));
    assert!(report(&["--format", "teamcity"]).contains("file='cache/cache.go' line='6' SEVERITY='WARNING'"));
}

#[test]
fn colours_as_asked_for() {
    let place = Place::new();
    let log = log(&place);
    let colored = |flags: &[&str], env: &[(&str, &str)]| {
        let mut line = vec!["report"];
        line.extend(flags);
        line.push(&log);
        let mut command = place.hb(line);
        command.env_remove("NO_COLOR").env_remove("FORCE_COLOR").envs(env.iter().copied());
        run(&mut command).with_status(0).stdout.contains('\u{1b}')
    };
    assert!(!colored(&[], &[]));
    assert!(colored(&["--color", "always"], &[("NO_COLOR", "1"), ("TERM", "dumb")]));
    assert!(colored(&[], &[("FORCE_COLOR", "1")]));
    assert!(!colored(&[], &[("FORCE_COLOR", "0")]));
    assert!(!colored(&[], &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    assert!(!colored(&["--color=never"], &[("FORCE_COLOR", "1")]));
    assert!(colored(&[], &[("HB_COLOR", "always")]));
}
