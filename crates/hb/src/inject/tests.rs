//! Tests of the object that is delivered and of the choice between the ways of delivery.

use super::*;
use object::{Object as _, ObjectSection as _, ObjectSymbol as _, SymbolScope};
use std::process::Command;

/// The functions that the stock runtime files need from the object, told from the rest of the name.
const STOCK: [&str; 39] = [
    "init",
    "fini",
    "proc_create",
    "proc_destroy",
    "map_shadow",
    "finalizer_goroutine",
    "go_start",
    "go_end",
    "malloc",
    "free",
    "acquire",
    "release",
    "release_acquire",
    "release_merge",
    "go_ignore_sync_begin",
    "go_ignore_sync_end",
    "report_count",
    "read",
    "read_pc",
    "read_range",
    "write",
    "write_pc",
    "write_range",
    "func_enter",
    "func_exit",
    "go_atomic32_load",
    "go_atomic64_load",
    "go_atomic32_store",
    "go_atomic64_store",
    "go_atomic32_exchange",
    "go_atomic64_exchange",
    "go_atomic32_fetch_add",
    "go_atomic64_fetch_add",
    "go_atomic32_fetch_and",
    "go_atomic64_fetch_and",
    "go_atomic32_fetch_or",
    "go_atomic64_fetch_or",
    "go_atomic32_compare_exchange",
    "go_atomic64_compare_exchange",
];

#[test]
fn the_object_needs_nothing_and_shows_only_the_abi() {
    let bytes = elf::object();
    let object = object::File::parse(&*bytes).unwrap();
    for symbol in object.symbols() {
        let name = symbol.name().unwrap();
        if name.is_empty() || symbol.kind() == object::SymbolKind::Section {
            continue;
        }
        assert!(symbol.is_definition(), "{name} is undefined");
        assert!(name.starts_with("__tsan_"), "{name} may collide with a symbol of the program");
        assert_eq!(symbol.scope(), SymbolScope::Linkage, "{name} would be exported from a shared library");
    }
    for section in object.sections() {
        let name = section.name().unwrap();
        assert_eq!(section.relocations().count(), 0, "{name}");
        assert!(
            [".text", ".note.GNU-stack"].contains(&name) || section.kind() == object::SectionKind::Metadata,
            "{name}"
        );
    }
    for name in STOCK {
        let name = format!("__tsan_{name}");
        assert!(object.symbol_by_name(&name).is_some(), "{name} is missing");
        assert!(blob::EXPORTS[&*name] < blob::BYTES.len() as u64);
    }
}

/// The object works outside Go, too: linked to a C program that plays the Go runtime's part.
#[test]
fn a_c_program_links_the_object_and_finds_its_race() {
    const PROGRAM: &str = r#"
        #include <stdint.h>
        #include <stdio.h>
        #include <sys/mman.h>
        typedef uintptr_t W;
        void __tsan_init(W *, W *, void *, W), __tsan_map_shadow(W, W), __tsan_go_start(W, W *, W),
            __tsan_write(W, W, W), __tsan_read(W, W, W), __tsan_report_count(uint64_t *),
            __tsan_release_merge(W, W), __tsan_acquire(W, W), __tsan_malloc(W, W, W, W),
            __tsan_go_atomic64_fetch_add(W, W, W, void *), __tsan_fini(void);
        struct code { W pc; const char *fn, *file; W line, off, res; };
        static void callback(W command, void *context) {
            if (command == 1) {
                struct code *c = context;
                c->fn = "f", c->file = "f.c", c->line = 1, c->off = 0, c->res = 1;
            }
        }
        static uint64_t races(void) { uint64_t n; __tsan_report_count(&n); return n; }
        int main(void) {
            const W heap = 0xc000000000, size = 64 << 20;
            W g1, g2, p, word = heap + 64, lock = heap + 128;
            if (mmap((void *)heap, size, 3, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED, -1, 0) == MAP_FAILED)
                return 10;
            __tsan_init(&g1, &p, callback, 0);
            __tsan_map_shadow(heap, size);
            __tsan_malloc(0, 0, heap, 4096);
            __tsan_go_start(g1, &g2, 1);
            // Ordered by a lock: no race.
            __tsan_write(g1, word, 2);
            __tsan_release_merge(g1, lock);
            __tsan_acquire(g2, lock);
            __tsan_read(g2, word, 3);
            if (races() != 0) return 11;
            // Ordered by nothing.
            __tsan_write(g1, word + 8, 4);
            __tsan_read(g2, word + 8, 5);
            if (races() != 1) return 12;
            struct { uint64_t *word; uint64_t add, old; } block = { (uint64_t *)(word + 16), 5, 99 };
            *block.word = 7;
            __tsan_go_atomic64_fetch_add(g1, 6, 6, &block);
            if (*block.word != 12 || block.old != 7) return 13;
            __tsan_fini();
            return 14;
        }
    "#;
    if Command::new("cc").arg("--version").output().is_err() {
        eprintln!("not tested: there is no C compiler here");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let path = |name: &str| dir.path().join(name);
    fs::write(path("runtime.o"), elf::object()).unwrap();
    fs::write(path("main.c"), PROGRAM).unwrap();
    for extra in [&["-no-pie"][..], &["-pie", "-fPIE"]] {
        let built = Command::new("cc")
            .args(extra)
            .args(["-Wl,--fatal-warnings", "-o"])
            .args(["a.out", "main.c", "runtime.o"].map(path))
            .output()
            .unwrap();
        assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
        let ran = Command::new(path("a.out")).env_remove("GORACE").env_remove("HB_FINDINGS").output().unwrap();
        let stderr = String::from_utf8_lossy(&ran.stderr);
        assert_eq!(ran.status.code(), Some(66), "{stderr}");
        assert_eq!(stderr.matches("WARNING: DATA RACE").count(), 1, "{stderr}");
    }
}

#[test]
fn the_blob_is_written_out_whole() {
    let words: Vec<u8> = blob::assembly()
        .split("QUAD $0x")
        .skip(1)
        .flat_map(|rest| u64::from_str_radix(rest.split(';').next().unwrap(), 16).unwrap().to_le_bytes())
        .collect();
    assert_eq!(&words[..blob::BYTES.len()], blob::BYTES);
    assert!(words.len() < blob::BYTES.len() + 8);
}

/// A directory that looks like a GOROOT to [`prepare`], with the texts that the edits look for.
fn goroot() -> (tempfile::TempDir, Toolchain) {
    let dir = tempfile::tempdir().unwrap();
    let mut files = edits::tests::sources();
    files.insert("runtime/race_amd64.s", "TEXT\truntime·raceread(SB), NOSPLIT, $0-8\n".to_owned());
    for (name, text) in files {
        let path = dir.path().join("src").join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let toolchain = Toolchain {
        goroot: dir.path().to_owned(),
        version: "go1.26.0".to_owned(),
        goos: "linux".to_owned(),
        goarch: "amd64".to_owned(),
        cgo_enabled: true,
    };
    (dir, toolchain)
}

fn damage(toolchain: &Toolchain, file: &str) {
    let path = toolchain.goroot.join("src").join(file);
    fs::write(path, "package runtime\nTEXT\truntime·unheardof(SB), NOSPLIT, $0\n").unwrap();
}

#[test]
fn the_way_follows_from_cgo() {
    let cache = tempfile::tempdir().unwrap();
    let (_dir, mut toolchain) = goroot();
    let fast = prepare(&toolchain, cache.path(), None, &Replaced::new()).unwrap();
    assert_eq!(fast.delivery, Delivery::Fast);
    assert_eq!(fast.flags, ["-race"]);
    assert!(fast.toolexec.unwrap().iter().any(|word| word == "guard") && fast.notices.is_empty());
    assert!(fast.overlay.values().all(|file| file.exists()));
    toolchain.cgo_enabled = false;
    let nocgo = prepare(&toolchain, cache.path(), None, &Replaced::new()).unwrap();
    assert_eq!(nocgo.delivery, Delivery::NoCgo);
    assert_eq!(nocgo.tags, ["race"]);
    assert_eq!(nocgo.overlay, fast.overlay, "the same files, so that they are compiled once");
}

#[test]
fn an_unknown_toolchain_is_edited_for_the_end_of_programs_alone() {
    let cache = tempfile::tempdir().unwrap();
    for file in ["runtime/race.go", "runtime/race_amd64.s"] {
        let (_dir, mut toolchain) = goroot();
        damage(&toolchain, file);
        let plain = prepare(&toolchain, cache.path(), None, &Replaced::new()).unwrap();
        assert_eq!(plain.delivery, Delivery::Plain);
        let (edited, new): (Vec<_>, Vec<_>) = plain
            .overlay
            .keys()
            .map(|path| path.file_name().unwrap().to_str().unwrap())
            .partition(|name| !name.starts_with("zhb_"));
        assert_eq!(edited, ["panic.go", "proc.go"]);
        assert!(new.iter().all(|name| name.starts_with("zhb_ending")), "{new:?}");
        assert_eq!(plain.left_out, [""; 0]);
        assert_eq!(plain.notices.len(), 1);
        assert!(plain.notices[0].contains(file), "{}", plain.notices[0]);
        // Without cgo there is no plain way, nor where another way is asked for.
        let fast = prepare(&toolchain, cache.path(), Some(Delivery::Fast), &Replaced::new());
        assert!(matches!(fast, Err(InjectError::UnknownToolchain { .. })));
        toolchain.cgo_enabled = false;
        assert!(matches!(
            prepare(&toolchain, cache.path(), None, &Replaced::new()),
            Err(InjectError::UnknownToolchain { .. })
        ));
        // Where the end of programs is unknown, too, nothing is edited at all.
        toolchain.cgo_enabled = true;
        damage(&toolchain, "runtime/proc.go");
        let plain = prepare(&toolchain, cache.path(), None, &Replaced::new()).unwrap();
        assert!(plain.overlay.is_empty());
        assert!(plain.left_out[0].starts_with("ending: "), "{:?}", plain.left_out);
    }
}

/// What a user's overlay replaces is edited where it fits; else what was to be edited there is left out, and that is said.
#[test]
fn the_users_files_are_edited() {
    let cache = tempfile::tempdir().unwrap();
    let (dir, mut toolchain) = goroot();
    let replace = |file: &str, change: &dyn Fn(String) -> String| {
        let seen = toolchain.goroot.join("src").join(file);
        let theirs = dir.path().join("theirs");
        fs::write(&theirs, change(fs::read_to_string(&seen).unwrap())).unwrap();
        (seen.clone(), Replaced::from([(seen, theirs)]))
    };
    let (seen, mine) = replace("sync/once.go", &|text| text + "\n// mine\n");
    let fits = prepare(&toolchain, cache.path(), None, &mine).unwrap();
    let text = fs::read_to_string(&fits.overlay[&seen]).unwrap();
    assert!(text.contains("// mine") && text.contains("LockQuietly"), "{text}");
    assert!(fits.notices.is_empty());

    let (seen, mine) = replace("sync/once.go", &|text| text.replace("o.m.Lock()", "(&o.m).Lock()"));
    let left_out = prepare(&toolchain, cache.path(), None, &mine).unwrap();
    assert_eq!(left_out.delivery, Delivery::Fast);
    assert!(!left_out.overlay.contains_key(&seen));
    assert_eq!(left_out.notices.len(), 1);
    assert!(left_out.notices[0].contains("sync/once.go"), "{}", left_out.notices[0]);

    let (_, mine) = replace("runtime/race_amd64.s", &|text| text);
    assert_eq!(prepare(&toolchain, cache.path(), None, &mine).unwrap().delivery, Delivery::Plain);
    toolchain.cgo_enabled = false;
    let refused = prepare(&toolchain, cache.path(), None, &mine).unwrap_err();
    assert!(refused.to_string().contains("the overlay replaces runtime/race_amd64.s"), "{refused}");
}

#[test]
fn what_cannot_work_is_an_error_of_its_own() {
    let cache = tempfile::tempdir().unwrap();
    let (_dir, toolchain) = goroot();
    let with = |change: &dyn Fn(&mut Toolchain)| {
        let mut changed = toolchain.clone();
        change(&mut changed);
        prepare(&changed, cache.path(), None, &Replaced::new()).unwrap_err()
    };
    assert!(matches!(with(&|tc| tc.goarch = "arm64".into()), InjectError::Unsupported { .. }));
    assert!(matches!(with(&|tc| tc.goos = "darwin".into()), InjectError::Unsupported { .. }));
    assert!(matches!(with(&|tc| tc.version = "go1.24.11".into()), InjectError::TooOld { .. }));
    assert!(matches!(with(&|tc| tc.goroot = "/nonexistent".into()), InjectError::Damaged { .. }));
    fs::write(cache.path().join("file"), "").unwrap();
    let error = prepare(&toolchain, &cache.path().join("file"), None, &Replaced::new()).unwrap_err();
    assert!(matches!(error, InjectError::Cache { .. }), "{error}");
}

#[test]
fn versions() {
    assert_eq!(minor_version("go1.26.8"), Some(26));
    assert_eq!(minor_version("go1.27rc1"), Some(27));
    assert_eq!(minor_version("devel go1.28-abc"), None);
}
