//! What is changed, and above all what is not: an edit that deadlocks, does not compile or leaves a use out is worse than none.

use hb_report::finding::Suggestion;
use hb_report::raw::{Access, Frame, Op, Race, Record};
use hb_report::{CollectOptions, Collector};

/// The suggestion for a race between the lines that end in `// W function` and `// R function`.
fn suggestion(source: &str, gomod: &str) -> (Suggestion, String) {
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("go.mod"), gomod).unwrap();
    let file = directory.path().join("main.go");
    std::fs::write(&file, source).unwrap();
    let access = |op: Op, gid: u64, mark: &str| {
        let (line, func) = source
            .lines()
            .enumerate()
            .find_map(|(at, line)| Some((at as u32 + 1, line.split_once(mark)?.1.trim())))
            .unwrap();
        let frame = Frame { func: func.to_owned(), file: file.display().to_string(), line, ..Frame::default() };
        Access { op, gid, stack: vec![frame], ..Access::default() }
    };
    let race = Race { accesses: [access(Op::Write, 7, "// W "), access(Op::Read, 8, "// R ")], ..Race::default() };
    let mut collector = Collector::new(&CollectOptions::default());
    collector.take([Record::Race(Box::new(race))]);
    let suggestion = collector.finish().findings.remove(0).suggestion.unwrap();
    let changed = suggestion.fix.as_ref().map(|fix| fix.files[0].apply(source).unwrap()).unwrap_or_default();
    (suggestion, changed)
}

const GOMOD: &str = "module m\n\ngo 1.25\n";

/// Why nothing is changed.
fn refused(source: &str) -> String {
    let (suggestion, changed) = suggestion(source, GOMOD);
    assert!(suggestion.fix.is_none() && suggestion.sketch.is_empty(), "{changed}");
    suggestion.by_hand
}

fn changed(source: &str) -> String {
    let (suggestion, changed) = suggestion(source, GOMOD);
    assert!(suggestion.fix.is_some(), "by hand: {}", suggestion.by_hand);
    assert!(suggestion.by_hand.is_empty() && !suggestion.sketch.is_empty());
    changed
}

const COUNTER: &str = "package main\n\nimport \"sync\"\n\ntype C struct {\n\tmu sync.Mutex\n\tn  int\n}\n\nfunc (c *C) Add() {\n\tc.mu.Lock()\n\tc.n++ // W main.(*C).Add\n\tc.mu.Unlock()\n}\n";

#[test]
fn a_lock_is_taken_where_it_is_missing() {
    let changed = changed(&format!("{COUNTER}\nfunc (c *C) Sum() int {{\n\treturn c.n // R main.(*C).Sum\n}}\n"));
    assert!(changed.contains("\tc.mu.Lock()\n\tdefer c.mu.Unlock()\n\treturn c.n"), "{changed}");
    assert_eq!(changed.matches("c.mu.Lock()").count(), 2);
}

#[test]
fn no_lock_around_what_takes_it_or_waits() {
    let calls = "func (c *C) Sum() int {\n\treturn c.n + c.twice() // R main.(*C).Sum\n}\n\nfunc (c *C) twice() int {\n\tc.mu.Lock()\n\tdefer c.mu.Unlock()\n\treturn 2 * c.n\n}\n";
    let why = refused(&format!("{COUNTER}\n{calls}"));
    assert!(why.contains("twice") || why.contains("waited for"), "{why}");
    let waits = "func (c *C) Sum(ch chan int) int {\n\treturn c.n + <-ch // R main.(*C).Sum\n}\n";
    let why = refused(&format!("{COUNTER}\n{waits}"));
    assert!(why.contains("a channel is waited for"), "{why}");
    // Some callers hold it: to take it again would block for ever.
    let held = "func (c *C) sum() int {\n\treturn c.n // R main.(*C).sum\n}\n\nfunc (c *C) A() int {\n\tc.mu.Lock()\n\tdefer c.mu.Unlock()\n\treturn c.sum()\n}\n\nfunc (c *C) B() int { return c.sum() }\n";
    let why = refused(&format!("{COUNTER}\n{held}"));
    assert!(why.contains("some callers hold the mutex"), "{why}");
}

#[test]
fn an_atomic_is_one_at_every_use_or_at_none() {
    let all = changed(
        "package main\n\nvar n int\n\nfunc add(k int) { n += k } // W main.add\n\nfunc get() int { return n } // R main.get\n\nfunc reset() { n = 0 }\n",
    );
    for want in
        ["import \"sync/atomic\"", "var n atomic.Int64", "n.Add(int64(k))", "return int(n.Load())", "n.Store(0)"]
    {
        assert!(all.contains(want), "{all}");
    }
    let taken = "package main\n\nvar n int\n\nfunc add() { n++ } // W main.add\n\nfunc get() int { return n } // R main.get\n\nfunc give() *int { return &n }\n";
    assert!(refused(taken).contains("its address is taken"));
    let exported = "package counters\n\nvar Total int\n\nfunc add() { Total++ } // W counters.add\n\nfunc get() int { return Total } // R counters.get\n";
    assert!(refused(exported).contains("exported"));
    let local = "package main\n\nvar n int\n\nfunc add(atomic int) { n += atomic } // W main.add\n\nfunc get() int { return n } // R main.get\n";
    let (suggestion, text) = suggestion(local, GOMOD);
    assert!(suggestion.fix.is_none() || !text.contains("atomic.Int64"), "{text}");
}

#[test]
fn a_language_version_without_atomic_types_gets_a_mutex() {
    let source =
        "package main\n\nvar n int\n\nfunc add() { n++ } // W main.add\n\nfunc get() int { return n } // R main.get\n";
    let (_, text) = suggestion(source, "module m\n\ngo 1.18\n");
    assert!(text.contains("nMu.Lock(); n++; nMu.Unlock()") && !text.contains("atomic"), "{text}");
}

#[test]
fn a_map_that_is_given_away_is_not_guarded_in_part() {
    let map = "package main\n\nvar m = map[string]int{}\n\nfunc put(k string) {\n\tm[k] = 1 // W main.put\n}\n\nfunc get(k string) int {\n\treturn m[k] // R main.get\n}\n";
    let guarded = changed(map);
    for want in [
        "var mMu sync.Mutex",
        "\tmMu.Lock()\n\tm[k] = 1 // W main.put\n\tmMu.Unlock()",
        "defer mMu.Unlock()\n\treturn m[k]",
    ] {
        assert!(guarded.contains(want), "{guarded}");
    }
    let all = format!("{map}\nfunc all() map[string]int {{\n\treturn m\n}}\n");
    assert!(refused(&all).contains("given away"));
    let alias = format!("{map}\nfunc each() {{\n\tc := m\n\tc[\"x\"] = 2\n}}\n");
    assert!(refused(&alias).contains("given away"));
}

#[test]
fn literals_without_keys_allow_no_new_field() {
    let source = "package main\n\ntype T struct{ s string }\n\nvar one = &T{\"a\"}\n\nfunc set(t *T) {\n\tt.s = \"b\" // W main.set\n}\n\nfunc get(t *T) string {\n\treturn t.s // R main.get\n}\n";
    assert!(refused(source).contains("no keys"));
}

#[test]
fn add_goes_before_the_go_statement_unless_wait_could_then_wait_for_ever() {
    let program = |first: &str| {
        format!(
            "package main\n\nimport (\n\t\"sync\"\n\t\"time\"\n)\n\nfunc main() {{\n\tvar wg sync.WaitGroup\n\tn := 0\n\tgo func() {{\n\t\t{first}\n\t\twg.Add(1)\n\t\tdefer wg.Done()\n\t\tn = 1 // W main.main.func1\n\t}}()\n\twg.Wait()\n\tprintln(n) // R main.main\n}}\n"
        )
    };
    let moved = changed(&program("time.Sleep(1)"));
    assert!(moved.contains("\twg.Add(1)\n\tgo func() {\n\t\ttime.Sleep(1)\n\t\tdefer wg.Done()"), "{moved}");
    assert!(refused(&program("for !ready() { time.Sleep(1) }")).contains("polls"));
}
