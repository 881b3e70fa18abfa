//! The end of a program: goroutines that can run do so before the verdict.
//!
//! No upper bound of time is asked for where a busy machine could break it: where something has
//! to be quick, one of several runs must be.

mod common;

use common::{Place, Said, run};
use std::process::Command;
use std::time::{Duration, Instant};

/// Programs, each the body of a main package with its imports. `x = 1` and `x = 2` are in no order.
const PROGRAMS: &[(&str, &str, &str)] = &[
    ("returns", "", "go func() { x = 1 }(); x = 2"),
    ("exits", "os", "go func() { x = 1 }(); x = 2; os.Exit(0)"),
    ("fails", "os", "go func() { x = 1 }(); x = 2; os.Exit(3)"),
    ("fatal", "log", "go func() { x = 1 }(); x = 2; log.Fatal(\"bye\")"),
    (
        "goexit",
        "os runtime time",
        "go func() { go func() { x = 1 }(); time.Sleep(time.Millisecond); os.Exit(0) }(); x = 2; runtime.Goexit()",
    ),
    // Ended beside a main goroutine that holds what others want.
    (
        "beside",
        "os sync",
        "var mu sync.Mutex; mu.Lock(); go mu.Lock(); go func() { go func() { x = 1 }(); os.Exit(0) }(); x = 2; select {}",
    ),
    // One goroutine starts the next, a hundred times.
    (
        "chain",
        "",
        "var next func(int); next = func(n int) { if n == 0 { x = 1 } else { go next(n - 1) } }; go next(100); x = 2",
    ),
    ("sleeps", "time", "go func() { time.Sleep(20 * time.Millisecond); x = 1 }(); x = 2"),
    ("fires", "time", "time.AfterFunc(20 * time.Millisecond, func() { x = 1 }); x = 2"),
    // What is written into a pipe wakes a reader.
    (
        "reads",
        "os time",
        "r, w, _ := os.Pipe(); go func() { time.Sleep(5 * time.Millisecond); w.Write([]byte{1}) }()\n\
         go func() { var b [1]byte; r.Read(b[:]); x = 1 }(); x = 2",
    ),
    // Never rests, in two ways.
    ("loops", "", "go func() { for { x++ } }()"),
    ("ticks", "time", "go func() { for range time.Tick(time.Millisecond) { x++ } }()"),
    // Nobody can run.
    (
        "rests",
        "os os/signal sync time",
        "var mu sync.Mutex; mu.Lock(); for range 100 { go mu.Lock() }; c := make(chan os.Signal); signal.Notify(c)\n\
         go func() { <-c }(); go func() { time.Sleep(time.Hour) }(); t := time.AfterFunc(100 * time.Millisecond, func() {}); t.Stop()\n\
         time.Sleep(30 * time.Millisecond)",
    ),
    // What others do after the end does not change the status.
    (
        "panics",
        "fmt time",
        "go func() { defer fmt.Println(\"deferred\"); time.Sleep(100 * time.Millisecond); panic(\"too late\") }()",
    ),
    (
        "unlocks",
        "fmt sync time",
        "go func() { time.Sleep(100 * time.Millisecond); fmt.Println(\"deferred\"); var mu sync.Mutex; mu.Unlock() }()",
    ),
    (
        "others",
        "fmt os time",
        "go func() { time.Sleep(100 * time.Millisecond); fmt.Println(\"deferred\"); os.Exit(3) }()",
    ),
    // What comes before it does.
    ("early", "fmt time", "go func() { panic(\"early\") }(); time.Sleep(time.Minute); fmt.Println(\"never\")"),
    ("sleeps-long", "time", "go func() { time.Sleep(5 * time.Second); x = 1 }(); x = 2"),
    ("sleeps-700", "time", "go func() { time.Sleep(700 * time.Millisecond); x = 1 }(); x = 2"),
];

const TESTS: &str = "package leaves\n\nimport \"testing\"\n\nvar x int\n\n\
    func TestLeaves(t *testing.T) {\n\tgo func() { x = 1 }()\n\tx = 2\n}\n";

/// The programs built by one way of delivery, in the directory `bin`.
fn built(delivery: &str) -> Place {
    let place = Place::new();
    place.write("go.mod", "module example.com/m\n\ngo 1.25\n");
    for (name, imports, body) in PROGRAMS {
        let imports: String = imports.split_whitespace().map(|import| format!("import \"{import}\"\n")).collect();
        place.write(
            &format!("cmd/{name}/main.go"),
            &format!("package main\n\n{imports}\nvar x int\n\nfunc main() {{\n{body}\n}}\n"),
        );
    }
    place.write("leaves/leaves_test.go", TESTS);
    std::fs::create_dir(place.join("bin")).unwrap();
    let build = |line: &[&str]| {
        run(place.hb(line).env("HB_DELIVERY", delivery)).with_status(0);
    };
    build(&["build", "-o", "bin/", "./cmd/..."]);
    build(&["test", "-c", "-o", "bin/leaves.test", "./leaves"]);
    place
}

/// Runs a program that was built.
fn execute(place: &Place, name: &str, processors: u32, gorace: &str) -> (Said, Duration) {
    let begin = Instant::now();
    let mut command = Command::new(place.join("bin").join(name));
    command.env("GOMAXPROCS", processors.to_string()).env("GORACE", gorace);
    (run(&mut command), begin.elapsed())
}

fn races(said: &Said) -> usize {
    said.stderr.matches("WARNING: DATA RACE").count()
}

/// Whether one of several runs took less than that.
fn once_within(limit: Duration, mut one: impl FnMut() -> Duration) -> bool {
    (0..10).any(|_| one() < limit)
}

fn ends_as_it_should(delivery: &str) {
    let place = built(delivery);
    for processors in [1, 2] {
        let of = |name: &str| execute(&place, name, processors, "").0;
        for name in ["returns", "exits", "goexit", "beside", "chain", "sleeps", "fires", "reads"] {
            let said = of(name);
            assert_eq!((said.status, races(&said)), (Some(66), 1), "{delivery}, {processors}, {name}: {said:#?}");
        }
        // The goroutine runs while the test does, and fails it, or afterwards.
        let said = of("leaves.test");
        assert!(matches!(said.status, Some(1 | 66)) && races(&said) == 1, "{delivery}, {processors}: {said:#?}");
        for (name, status) in [("fails", 3), ("fatal", 1)] {
            let said = of(name);
            assert_eq!((said.status, races(&said)), (Some(status), 1), "{delivery}, {processors}, {name}: {said:#?}");
        }
        for name in ["panics", "unlocks", "others"] {
            // Main has come to its end within 100 ms, in one of several runs.
            let said = (0..10).map(|_| of(name)).find(|said| said.status == Some(0));
            let said = said.unwrap_or_else(|| panic!("{delivery}, {processors}, {name}: never status 0"));
            assert_eq!(
                (said.stdout.as_str(), said.stderr.as_str()),
                ("deferred\n", ""),
                "{delivery}, {processors}, {name}"
            );
        }
        of("early").with_status(2).saying("panic: early");

        // The bound is a second.
        let second = Duration::from_secs(1);
        for name in ["loops", "ticks"] {
            let mut took = Duration::ZERO;
            let quick = once_within(2 * second, || {
                let (said, elapsed) = execute(&place, name, processors, "");
                assert_eq!((said.with_status(0).stderr.as_str(), elapsed >= second), ("", true), "{name}: {elapsed:?}");
                took = elapsed;
                elapsed
            });
            assert!(quick, "{delivery}, {processors}, {name}: {took:?}");
        }
        for (name, gorace) in
            [("rests", ""), ("sleeps-long", ""), ("loops", "atexit_sleep_ms=0"), ("ticks", "atexit_sleep_ms=0")]
        {
            let quick = once_within(Duration::from_millis(200), || {
                let (said, elapsed) = execute(&place, name, processors, gorace);
                assert_eq!(said.with_status(0).stderr, "");
                elapsed
            });
            assert!(quick, "{delivery}, {processors}, {name} {gorace}");
        }

        // A wish of the user's, either way.
        let said = execute(&place, "sleeps-long", processors, "atexit_sleep_ms=0").0.with_status(0);
        assert_eq!(races(&said), 0);
        let (said, elapsed) = execute(&place, "sleeps-700", processors, "atexit_sleep_ms=1500");
        assert_eq!(races(&said.with_status(66)), 1);
        assert!(elapsed >= Duration::from_millis(1500), "{elapsed:?}");
        let (_, elapsed) = execute(&place, "rests", processors, "atexit_sleep_ms=300");
        assert!(elapsed >= Duration::from_millis(300), "{elapsed:?}");
    }
}

#[test]
fn others_run_before_the_verdict() {
    ends_as_it_should("fast");
}

#[test]
fn others_run_before_the_verdict_on_the_plain_way() {
    ends_as_it_should("plain");
}

#[test]
fn others_run_before_the_verdict_without_cgo() {
    ends_as_it_should("nocgo");
}

#[test]
fn run_and_test_see_it_too() {
    let place = Place::new();
    place.write("go.mod", "module example.com/m\n\ngo 1.25\n");
    let first =
        "package main\n\nimport \"fmt\"\n\nfunc main() {\n\tvar x int\n\tgo func() { x = 42 }()\n\tfmt.Println(x)\n}\n";
    place.write("main.go", first);
    place.write("leaves/leaves_test.go", TESTS);
    let hb = |line: &[&str]| run(place.hb(line).env_remove("GORACE").env("GOMAXPROCS", "1"));
    hb(&["run", "."]).with_status(1).saying("WARNING: DATA RACE").saying("Found 1 data race(s)");
    let said = hb(&["test", "./leaves"]).with_status(1).all();
    assert!(said.contains("WARNING: DATA RACE") && said.contains("FAIL\texample.com/m/leaves"), "{said}");
    // Findings are closed at every end.
    let said = hb(&["--format", "json", "--output", "r.json", "test", "./leaves"]).with_status(1);
    let saved = std::fs::read_to_string(place.join("r.json")).unwrap();
    let saved: serde_json::Value = serde_json::from_str(&saved).unwrap();
    assert_eq!(saved["findings"].as_array().unwrap().len(), 1, "{said:#?}");
}
