//! What reaches hb's hooks by the kernel, or before Go's runtime does. Order through the kernel is also in `corpus/clean`.

mod common;

use common::{Place, run};
use std::process::Command;
use std::time::{Duration, Instant};

const FUSE: &str = include_str!("programs/fuse.go");
const EARLY: &str = include_str!("programs/early/early.go");
const EARLY_ASSEMBLY: &str = include_str!("programs/early/early_amd64.s");

/// Tested as root with `/dev/fuse`; elsewhere the program says why not.
#[test]
fn a_filesystem_in_the_program_itself() {
    let place = Place::new();
    place.module();
    place.write("main.go", FUSE);
    for cgo in ["1", "0"] {
        run(place.hb(["build", "-o", "fuse", "main.go"]).env("CGO_ENABLED", cgo)).with_status(0);
        let mut child = Command::new(place.join("fuse"))
            .stdout(std::process::Stdio::piped())
            .stderr(std::process::Stdio::piped())
            .spawn()
            .expect("the program starts");
        // Where it hangs it waits for itself, and only this ends it.
        let begin = Instant::now();
        while child.try_wait().expect("it can be waited for").is_none() {
            if begin.elapsed() > Duration::from_secs(120) {
                child.kill().expect("it can be killed");
                panic!("the program hangs");
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        let output = child.wait_with_output().expect("it has ended");
        let said = String::from_utf8_lossy(&output.stdout);
        assert!(output.status.success(), "{output:?}");
        match said.strip_prefix("not tried: ") {
            Some(why) => eprintln!("not tried: {why}"),
            None => assert_eq!(said, "served\n"),
        }
    }
}

#[test]
fn a_package_that_runs_before_there_is_a_goroutine() {
    let place = Place::new();
    place.module();
    place.write("early/early.go", EARLY);
    place.write("early/early_amd64.s", EARLY_ASSEMBLY);
    place.write(
        "main.go",
        "package main\n\nimport \"example.com/m/early\"\n\nvar shared int\n\nfunc main() {\n\tdone := make(chan bool, 1)\n\
         \tgo func() {\n\t\tshared++\n\t\tdone <- true\n\t}()\n\tshared++\n\t<-done\n\tprintln(\"seen\", early.Seen())\n}\n",
    );
    run(place.go(["build", "-o", "plain", "main.go"]).env("CGO_ENABLED", "0")).with_status(0);
    run(&mut Command::new(place.join("plain"))).with_status(0).saying("seen 6");
    run(place.hb(["build", "-o", "runs", "main.go"]).env("CGO_ENABLED", "0")).with_status(0);
    let said =
        run(Command::new(place.join("runs")).env("GORACE", "atexit_sleep_ms=0")).with_status(66).saying("seen 6");
    said.saying("Found 1 data race(s)");
}

/// The replacement of `runtime/cgo` that is used most. It has to be downloaded.
#[test]
fn calling_c_without_cgo() {
    let place = Place::new();
    place.write("go.mod", "module example.com/m\n\ngo 1.25\n\nrequire github.com/ebitengine/purego v0.9.0\n");
    place.write(
        "main.go",
        "package main\n\nimport \"github.com/ebitengine/purego\"\n\nfunc main() {\n\
         \tlibrary, err := purego.Dlopen(\"libc.so.6\", purego.RTLD_NOW|purego.RTLD_GLOBAL)\n\
         \tif err != nil {\n\t\tprintln(\"not tried:\", err.Error())\n\t\treturn\n\t}\n\
         \tvar abs func(int32) int32\n\tpurego.RegisterLibFunc(&abs, library, \"abs\")\n\tprintln(\"five\", abs(-5))\n}\n",
    );
    if run(place.go(["mod", "tidy"]).env("GOFLAGS", "-mod=mod")).status != Some(0) {
        eprintln!("not tried: the module github.com/ebitengine/purego is not to be had here");
        return;
    }
    run(place.hb(["build", "-o", "calls", "."]).env("CGO_ENABLED", "0")).with_status(0);
    let said = run(&mut Command::new(place.join("calls"))).with_status(0);
    assert!(said.stderr.contains("five 5") || said.stderr.contains("not tried"), "{said:#?}");
}
