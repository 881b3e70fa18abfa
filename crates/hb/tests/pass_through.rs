//! What reaches the go command: every argument in its order, directories, streams, status, the environment. A stand-in
//! for the go command records it.

mod common;

use common::{Place, run};
use std::fs;
use std::io::Write;
use std::process::Stdio;

/// The arguments that hb added: those between the subcommand (with `-C`) and the user's own.
fn added(argv: &[String], users: &[&str]) -> Vec<String> {
    assert!(argv.len() > users.len(), "{argv:?}");
    let (front, tail) = argv.split_at(argv.len() - users.len());
    assert_eq!(tail, users);
    front[1..].to_vec()
}

/// The overlay file that hb has passed.
fn overlay(argv: &[String]) -> serde_json::Value {
    let files: Vec<_> = argv.iter().filter_map(|word| word.strip_prefix("-overlay=")).collect();
    assert_eq!(files.len(), 1, "{argv:?}");
    serde_json::from_slice(&fs::read(files[0]).unwrap()).unwrap()
}

#[test]
fn every_argument_in_its_order() {
    let place = Place::new();
    let go = place.fake_go("");
    for line in [
        &["test", "-run", "Test A$", "./x/...", "-v", "", "-args", "-race=false", "--", "-msan"][..],
        &["test", "-json", "-coverprofile=c.out", "-coverpkg=./...", "-vet=off", "-shuffle", "on"],
        &["test", "-fuzz=Fuzz", "-fuzztime", "10s", ".", "-mine", "x", "-exec", "wrap er"],
        &["run", "-tags=a,b", "-ldflags", "-X 'm.v=1 2'", "main.go", "--help", "-overlay=prog"],
        &["build", "-c", "-nosuchflag", "-toolexec"],
        &["build", "-o", "dir/", "-trimpath", "-mod", "vendor", "-n", "-x", "-p=3", "./..."],
        &["run", "--", "main.go"],
        &["test", "-h"],
        &["build"],
    ] {
        run(place.hb(line).env("HB_GO", &go)).with_status(0);
        let argv = place.argv();
        assert_eq!(argv[0], line[0]);
        added(&argv, &line[1..]);
    }
}

#[test]
fn chdir_stays_in_front() {
    let place = Place::new();
    place.write("sub dir/go.mod", "module m\n\ngo 1.25\n");
    let go = place.fake_go("");
    for flags in [&["-C", "sub dir"][..], &["--C=sub dir"]] {
        let mut line = vec!["test"];
        line.extend(flags);
        line.extend(["-v", "."]);
        run(place.hb(&line).env("HB_GO", &go)).with_status(0);
        let argv = place.argv();
        assert_eq!(argv[..=flags.len()], line[..=flags.len()]);
        added(&argv[flags.len()..], &["-v", "."]);
    }
    // hb's own -C changes the directory for everything.
    let pwd = place.fake_go("pwd > \"${0%/*}/pwd\"");
    run(place.hb(["-C", "sub dir", "build"]).env("HB_GO", pwd)).with_status(0);
    let pwd = fs::read_to_string(place.join("pwd")).unwrap();
    assert!(pwd.ends_with("/sub dir\n"), "{pwd}");
}

#[test]
fn race_is_accepted_once() {
    let place = Place::new();
    let go = place.fake_go("");
    run(place.hb(["test", "-race", ".", "--race=true", "-v"]).env("HB_GO", &go)).with_status(0);
    let added = added(&place.argv(), &[".", "-v"]);
    let ours = added.iter().filter(|word| word.starts_with("-race")).count();
    assert!(ours <= 1, "{added:?}");
}

#[test]
fn the_users_overlay_is_joined() {
    let place = Place::new();
    let go = place.fake_go("");
    place.write("my o.json", r#"{"Replace": {"a.go": "b.go", "gone.go": ""}}"#);
    let here = fs::canonicalize(place.path()).unwrap();
    let check = |argv: &[String]| {
        let overlay = overlay(argv);
        let (a, b) = (here.join("a.go"), here.join("b.go"));
        assert_eq!(overlay["Replace"][a.to_str().unwrap()], b.to_str().unwrap());
        assert_eq!(overlay["Replace"][here.join("gone.go").to_str().unwrap()], "");
    };
    run(place.hb(["test", "-overlay", "my o.json", "."]).env("HB_GO", &go)).with_status(0);
    added(&place.argv(), &["."]);
    check(&place.argv());
    run(place.hb(["test", "-v", "--overlay=my o.json"]).env("HB_GO", &go)).with_status(0);
    added(&place.argv(), &["-v"]);
    check(&place.argv());
    let mut command = place.hb(["test"]);
    run(command.env("HB_GO", &go).env("GOFLAGS", "-v '-overlay=my o.json' -count=1")).with_status(0);
    check(&place.argv());
    // From another directory, relative paths count from there.
    place.write("sub/o.json", r#"{"Replace": {"../a.go": "../b.go", "../gone.go": ""}}"#);
    run(place.hb(["build", "-C", "sub", "-overlay=o.json"]).env("HB_GO", &go)).with_status(0);
    check(&place.argv()[2..]);
}

#[test]
fn the_users_toolexec_stays_under_hbs() {
    let place = Place::new();
    let go = place.fake_go("");
    for line in [&["build", "-toolexec", "'my wrapper' -flag"][..], &["build", "-toolexec='my wrapper' -flag"]] {
        run(place.hb(line).env("HB_GO", &go)).with_status(0);
        let argv = place.argv();
        // Where hb needs no wrapper of its own the user's is passed on as it was.
        let joined = argv.join(" ");
        let at = joined.find("-toolexec").unwrap();
        assert!(joined[at..].contains("'my wrapper' -flag"), "{argv:?}");
        let mut command = place.hb(line);
        run(command.env("HB_GO", &go).env("HB_DELIVERY", "nocgo")).with_status(0);
        let argv = place.argv();
        let words: Vec<_> = argv.iter().filter(|word| word.starts_with("-toolexec")).collect();
        assert_eq!(words.len(), 1, "{argv:?}");
        assert!(words[0].contains(" toolexec "), "{words:?}");
        assert!(words[0].ends_with("'my wrapper' -flag"), "{words:?}");
    }
}

#[test]
fn tags_join_where_hb_sets_some() {
    let place = Place::new();
    let go = place.fake_go("");
    let mut command = place.hb(["build", "-tags", "mine", "."]);
    run(command.env("HB_GO", &go).env("HB_DELIVERY", "nocgo")).with_status(0);
    let argv = place.argv();
    let tags: Vec<_> = argv.iter().filter(|word| word.starts_with("-tags")).collect();
    assert_eq!(tags, ["-tags=mine,race"]);
}

#[test]
fn streams_status_and_death() {
    let place = Place::new();
    // With a report to write hb stays as the parent; without, it becomes the go command. Both must look the same.
    for flags in [&[][..], &["-q", "--format", "raw", "--output", "raw.jsonl"]] {
        let hb = |go| {
            let mut command = place.hb(flags.iter().chain(&["run", "."]));
            command.env("HB_GO", go);
            command
        };
        let go = place.fake_go("cat; echo to stderr >&2; exit 23");
        let mut child = hb(go).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"through\n").unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(23));
        assert_eq!(output.stdout, b"through\n");
        assert!(output.stderr.ends_with(b"to stderr\n"), "{output:?}");

        use std::os::unix::process::ExitStatusExt;
        for signal in ["TERM", "KILL", "SEGV", "PIPE"] {
            let go = place.fake_go(&format!("kill -{signal} $$"));
            let status = hb(go).stderr(Stdio::null()).status().unwrap();
            let name = nix::sys::signal::Signal::try_from(status.signal().unwrap()).unwrap();
            assert_eq!(name.as_str(), format!("SIG{signal}"));
        }
        // What is blocked and ignored is what hb was given.
        let go = place.fake_go("exec grep -E '^Sig(Blk|Ign)' /proc/self/status");
        let alone = run(std::process::Command::new(&go).current_dir(place.path()));
        let said = run(&mut hb(go)).with_status(0);
        assert_eq!(said.stdout, alone.stdout);
    }
}

#[test]
fn findings_go_to_a_private_directory_only_when_asked_for() {
    let place = Place::new();
    let go = place.fake_go("echo \"<$HB_FINDINGS>\"; [ -z \"$HB_FINDINGS\" ] || echo '{}' > \"$HB_FINDINGS/1.jsonl\"");
    let said = run(place.hb(["test"]).env("HB_GO", &go)).with_status(0);
    assert_eq!(said.stdout, "<>\n");
    let line = ["--format", "raw", "--output", "a b", "--format", "raw", "--output", "-", "test"];
    let said = run(place.hb(line).env("HB_GO", &go)).with_status(0);
    assert!(said.stdout.starts_with("</") && said.stdout.ends_with("\n{}\n"), "{said:?}");
    assert_eq!(fs::read_to_string(place.join("a b")).unwrap(), "{}\n");
    let directory = said.stdout[1..].split('>').next().unwrap().to_owned();
    assert!(!fs::exists(directory).unwrap());

    let line = ["--format", "raw", "--output", "no/such", "test"];
    run(place.hb(line).env("HB_GO", &go)).with_status(37).saying("cannot write the report no/such");
    // It is found before anything is built, so a run that would fail has the same status.
    let go = place.fake_go("exit 1");
    run(place.hb(line).env("HB_GO", &go)).with_status(37).saying("cannot write the report");
}

#[test]
fn verbose_prints_a_line_that_a_shell_takes() {
    let place = Place::new();
    let go = place.fake_go("");
    let said = run(place.hb(["-v", "test", "-run", "it's a $b"]).env("HB_GO", &go)).with_status(0);
    let line = said
        .stderr
        .lines()
        .filter_map(|line| line.strip_prefix("hb: "))
        .find(|line| line.contains("fake-go"))
        .unwrap()
        .to_owned();
    let first = place.argv();
    fs::remove_file(place.join("argv")).unwrap();
    run(std::process::Command::new("sh").args(["-c", &line]).current_dir(place.path())).with_status(0);
    assert_eq!(place.argv(), first);
    let said = run(place.hb(["-q", "test"]).env("HB_GO", &go)).with_status(0);
    assert_eq!(said.stderr, "");
}

#[test]
fn a_module_at_a_version_keeps_the_toolchain_it_switches_to() {
    let place = Place::new();
    // Says what the go command would say about its choice, when hb makes it give up early.
    let go = place.script(
        "switching-go",
        &format!(
            "if [ \"$1\" = env ]; then GOTOOLCHAIN=local exec '{}' \"$@\"; fi\n\
             case \" $* \" in *' -p=0 '*)\n\
             echo 'go: upgrading toolchain to go1.99.0 (required by m)' >&2\n\
             echo 'go: using go1.99.0 toolchain from cache located at /x/bin/go' >&2; exit 1;; esac\n\
             echo \"$GOTOOLCHAIN\"",
            common::GO.display()
        ),
    );
    let toolchain = |line: &[&str]| run(place.hb(line).env("HB_GO", &go)).with_status(0).stdout;
    assert_eq!(toolchain(&["run", "-v", "./local", "a@b"]), "local\n");
    assert_eq!(toolchain(&["run", "-v", "example.com/cmd@latest", "-p"]), "go1.99.0\n");
}
