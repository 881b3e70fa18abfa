//! The engine under orders of its threads' steps that a scheduler chooses. What is asked holds for each of them: what is
//! ordered is never reported, what nothing orders always is, by whoever comes second.
//!
//! A failing order is printed; `shuttle::replay` runs it again. What this shows and what not: `docs/evidence/schedules.md`.

mod room;

use hb_detector_scheduled::atomic::AtomicU64;
use room::{Engine, Goroutine, NAMES, joined, try_preemptions, try_schedules};
use shuttle::sync::Mutex;
use shuttle::sync::atomic::{AtomicBool, Ordering};
use shuttle::thread;
use std::collections::HashSet;
use std::sync::Arc;

/// The words that tests race on; each granule is of eight bytes.
const X: usize = 64;
const FLAG: usize = 128;
const LOCK: usize = 192;
const SYNC: usize = 256;
const OWN: usize = 512;

fn goroutines(count: usize) -> (Arc<Engine>, Goroutine, Vec<Goroutine>) {
    let engine = Engine::new();
    let mut main = Goroutine::main(&engine);
    let others = (0..count).map(|_| main.start()).collect();
    (engine, main, others)
}

/// Three goroutines write one word, and each is told of those before it: three pairs.
#[test]
fn writes_in_no_order() {
    try_schedules(8000, || {
        let (_engine, _main, goroutines) = goroutines(3);
        let threads: Vec<_> = goroutines.into_iter().map(|mut own| thread::spawn(move || own.write(X).len())).collect();
        assert_eq!(threads.into_iter().map(joined).sum::<usize>(), 3);
    });
}

/// Accesses to some bytes each of a word, of both kinds, so that it is cells, split or a record, whichever comes first: pairs that
/// share a byte and of which one writes. Two that share several bytes may each come first at one of them, and are both told.
#[test]
fn parts_of_a_word() {
    const ACCESSES: [(usize, usize, bool); 4] = [(0, 8, false), (0, 4, true), (2, 4, true), (7, 1, true)];
    let conflict =
        |a: (usize, usize, bool), b: (usize, usize, bool)| a.0 < b.0 + b.1 && b.0 < a.0 + a.1 && (a.2 || b.2);
    try_schedules(8000, move || {
        let (_engine, _main, mut goroutines) = goroutines(ACCESSES.len());
        let lanes: Vec<_> = goroutines.iter_mut().map(Goroutine::lane).collect();
        let mut expected = HashSet::new();
        for (nth, a) in ACCESSES.into_iter().enumerate() {
            let racing = (nth + 1..ACCESSES.len()).filter(|&other| conflict(a, ACCESSES[other]));
            expected.extend(racing.map(|other| pair(lanes[nth], lanes[other])));
        }
        let threads: Vec<_> = goroutines
            .into_iter()
            .zip(ACCESSES)
            .map(|(mut own, (offset, size, write))| thread::spawn(move || own.access(X + offset, size, write)))
            .collect();
        let mut found = HashSet::new();
        for (thread, lane) in threads.into_iter().zip(lanes) {
            found.extend(joined(thread).into_iter().map(|other| pair(lane, other)));
        }
        assert_eq!(found, expected);
    });
}

/// Halves of a word, each written by one goroutine in one epoch after another: a word of two writes. A third one writes bytes of both, and a fourth one
/// reads there in the end, so that it is split or becomes a record.
#[test]
fn two_writes_of_a_word() {
    try_schedules(6000, || {
        let (_engine, mut main, mut all) = goroutines(3);
        let lanes: Vec<_> = all.iter_mut().map(Goroutine::lane).collect();
        let threads: Vec<_> = all
            .into_iter()
            .zip([(0, 4, 3), (4, 4, 3), (3, 2, 1)])
            .map(|(mut own, (offset, size, rounds))| {
                thread::spawn(move || {
                    let mut met = HashSet::new();
                    for _ in 0..rounds {
                        met.extend(own.access(X + offset, size, true));
                        own.release(SYNC + offset * 8);
                    }
                    met
                })
            })
            .collect();
        let mut found = HashSet::new();
        for (thread, lane) in threads.into_iter().zip(&lanes) {
            found.extend(joined(thread).into_iter().map(|other| pair(*lane, other)));
        }
        assert_eq!(found, HashSet::from([pair(lanes[0], lanes[2]), pair(lanes[1], lanes[2])]));
        assert_eq!(main.access(X, 1, false), [lanes[0]]);
        assert_eq!(main.access(X + 7, 1, false), [lanes[1]]);
        let mut met = main.access(X + 3, 2, true);
        met.sort_unstable();
        assert_eq!(met, lanes);
    });
}

fn pair(a: u32, b: u32) -> (u32, u32) {
    (a.min(b), a.max(b))
}

/// Bytes of a word, two for each goroutine, which it uses in one epoch after another, and one that all of them write: the word is
/// split and becomes a record, while the split words that each goroutine has for itself come and go.
#[test]
fn bytes_one_by_one() {
    try_schedules(6000, || {
        let (_engine, mut main, goroutines) = goroutines(3);
        let threads: Vec<_> = goroutines
            .into_iter()
            .enumerate()
            .map(|(nth, mut own)| {
                thread::spawn(move || {
                    let mut of_shared = 0;
                    let alone = OWN + nth * 64;
                    for round in 0..4 {
                        for byte in 0..2 {
                            assert!(own.access(X + nth * 2 + byte, 1, round != 2).is_empty());
                            assert!(own.access(alone + byte * 3, 1 + round, byte == 0).is_empty());
                            own.release(SYNC + nth * 8);
                        }
                        if round == nth {
                            of_shared += own.access(X + 7, 1, true).len();
                            own.forget(alone, 8);
                        }
                    }
                    (own.lane(), of_shared)
                })
            })
            .collect();
        let ended: Vec<_> = threads.into_iter().map(joined).collect();
        assert_eq!(ended.iter().map(|(_, races)| races).sum::<usize>(), 3);
        for (nth, (lane, _)) in ended.iter().enumerate() {
            for byte in 0..2 {
                assert_eq!(main.access(X + nth * 2 + byte, 1, false), [*lane], "byte {}", nth * 2 + byte);
            }
            assert_eq!(main.access(OWN + nth * 64, 1, false), [*lane]);
        }
        let met = main.access(X + 7, 1, true);
        let mut lanes: Vec<_> = ended.iter().map(|(lane, _)| *lane).collect();
        lanes.sort_unstable();
        assert_eq!(met, lanes);
    });
}

/// Two goroutines that a lock orders use the bytes of a word in turn, each in runs of its own, while a third one reads one of them.
#[test]
fn bytes_that_change_hands() {
    try_schedules(6000, || {
        let (_engine, mut main, mut all) = goroutines(3);
        assert!(main.access(X + 5, 1, true).is_empty());
        let mut reader = all.remove(0);
        let lock = Arc::new(Mutex::new(()));
        let threads: Vec<_> = all
            .into_iter()
            .enumerate()
            .map(|(nth, mut own)| {
                let lock = Arc::clone(&lock);
                thread::spawn(move || {
                    let mut of_shared = 0;
                    for round in 0..3 {
                        let held = lock.lock().expect("nobody panics with it");
                        assert!(own.take_lock(LOCK).is_empty());
                        for byte in [nth, 1, 3 - nth] {
                            assert!(own.access(X + byte, 1, (round + byte) % 2 == 0).is_empty());
                        }
                        if round == 1 && nth == 0 {
                            of_shared += own.access(X + 4, 1, true).len();
                        }
                        assert!(own.give_lock(LOCK).is_empty());
                        drop(held);
                    }
                    of_shared
                })
            })
            .collect();
        // Unordered with the write of byte 4, and with nothing else there; main's write of byte 5 comes after its start.
        let look = thread::spawn(move || {
            let of_four = reader.access(X + 4, 1, false).len();
            (of_four, reader.access(X + 5, 1, false).len(), reader.access(X + 4, 1, false).len())
        });
        let of_writers: usize = threads.into_iter().map(joined).sum();
        let (first, of_five, second) = joined(look);
        assert_eq!(of_five, 1);
        // Whoever comes second is told; the reader's second look is the same access once more, and may be told again.
        assert!(of_writers + first.max(second) >= 1, "{of_writers} {first} {second}");
        assert!(of_writers <= 1 && first <= 1 && second <= 1);
        assert!(first <= second || of_writers == 0);
    });
}

/// A word behind a lock: whole, in part, read and written.
#[test]
fn what_a_lock_orders() {
    try_schedules(4000, || {
        let (_engine, _main, goroutines) = goroutines(3);
        let lock = Arc::new(Mutex::new(()));
        let threads: Vec<_> = goroutines
            .into_iter()
            .enumerate()
            .map(|(nth, mut own)| {
                let lock = Arc::clone(&lock);
                thread::spawn(move || {
                    for round in 0..3 {
                        let held = lock.lock().expect("nobody panics with it");
                        assert!(own.take_lock(LOCK).is_empty());
                        assert!(own.access(X + round, 1 + nth, round != 1).is_empty());
                        assert!(own.access(X, 8, round == 1).is_empty());
                        assert!(own.give_lock(LOCK).is_empty());
                        drop(held);
                    }
                    own.end();
                })
            })
            .collect();
        threads.into_iter().for_each(joined);
    });
}

/// One sets a flag after it has written; the other looks a few times, which the engine answers from memory where it may. Who has
/// seen the flag is ordered, who has not is not, and then either of the two is told.
#[test]
fn a_flag_that_is_read_again() {
    try_schedules(12000, || {
        let (_engine, _main, mut both) = goroutines(2);
        let flag = Arc::new(AtomicU64::new(0));
        let (mut reader, mut writer) = (both.remove(0), both.remove(0));
        let set = {
            let flag = Arc::clone(&flag);
            thread::spawn(move || {
                let races = writer.write(X).len();
                assert!(writer.store(FLAG, &flag, 1).is_empty());
                races
            })
        };
        let look = thread::spawn(move || {
            let seen = (0..4).any(|_| reader.load(FLAG, &flag) == 1);
            (seen, reader.read(X).len())
        });
        let (of_writer, (seen, of_reader)) = (joined(set), joined(look));
        assert_eq!(of_writer + of_reader, usize::from(!seen));
    });
}

/// As above with two writers that count: what the reader has observed of the count says whose writes come before its reads.
#[test]
fn a_counter_that_is_read_again() {
    try_schedules(8000, || {
        let (_engine, _main, mut all) = goroutines(3);
        let counter = Arc::new(AtomicU64::new(0));
        let mut reader = all.remove(0);
        let writers: Vec<_> = all
            .into_iter()
            .enumerate()
            .map(|(nth, mut own)| {
                let counter = Arc::clone(&counter);
                thread::spawn(move || {
                    let races = own.write(OWN + nth * 8).len();
                    (own.add(FLAG, &counter), races)
                })
            })
            .collect();
        let look = thread::spawn(move || {
            let seen = (0..3).map(|_| reader.load(FLAG, &counter)).max().expect("three looks");
            (seen, [reader.read(OWN).len(), reader.read(OWN + 8).len()])
        });
        let writers: Vec<_> = writers.into_iter().map(joined).collect();
        let (seen, of_reader) = joined(look);
        for ((turn, of_writer), of_reader) in writers.into_iter().zip(of_reader) {
            assert_eq!(
                of_writer + of_reader,
                usize::from(turn >= seen),
                "the writer that came as number {turn}, of {seen} seen"
            );
        }
    });
}

/// Three goroutines that begin epoch after epoch use up the names for them, so that names are recycled while others are being
/// taken and written. Each word remembers who wrote it last, and nobody is taken for another.
#[test]
fn names_are_recycled_meanwhile() {
    const EPOCHS: usize = NAMES / 3 + 20;
    try_schedules(600, || {
        let (engine, mut main, goroutines) = goroutines(3);
        let threads: Vec<_> = goroutines
            .into_iter()
            .enumerate()
            .map(|(nth, mut own)| {
                thread::spawn(move || {
                    let mut of_shared = 0;
                    for round in 0..EPOCHS {
                        assert!(own.write(OWN + nth * 64 + round % 8 * 8).is_empty());
                        if round == EPOCHS / 2 + nth * 7 {
                            of_shared += own.write(X).len();
                        }
                        own.release(SYNC + nth * 8);
                    }
                    (own.lane(), of_shared)
                })
            })
            .collect();
        let ended: Vec<_> = threads.into_iter().map(joined).collect();
        assert!(engine.detector().usage().3 > 0, "names were recycled");
        assert_eq!(ended.iter().map(|(_, races)| races).sum::<usize>(), 3);
        for (nth, (lane, _)) in ended.iter().enumerate() {
            for word in 0..8 {
                assert_eq!(main.read(OWN + nth * 64 + word * 8), [*lane]);
            }
        }
        let writers = main.write(X);
        let mut lanes: Vec<_> = ended.iter().map(|(lane, _)| *lane).collect();
        lanes.sort_unstable();
        assert_eq!(writers, lanes);
    });
}

/// The fewest rounds of [`while_names_are_recycled`].
const ROUNDS: usize = 12;

/// Runs `step` of the first goroutine, with the round's number, while the second one uses names up.
fn while_names_are_recycled(
    mut slow: Goroutine,
    mut busy: Goroutine,
    mut step: impl FnMut(&mut Goroutine, usize) + Send + 'static,
) -> (Goroutine, Goroutine) {
    let going = Arc::new(AtomicBool::new(true));
    let goes_on = Arc::clone(&going);
    let slow = thread::spawn(move || {
        for round in 0.. {
            let last = !goes_on.load(Ordering::SeqCst);
            step(&mut slow, round);
            if last && round >= ROUNDS {
                break;
            }
            // Not to be favoured for ever by a scheduler of priorities.
            thread::yield_now();
        }
        slow
    });
    for _ in 0..NAMES * 3 {
        assert!(busy.write(X).is_empty());
        busy.release(SYNC);
    }
    going.store(false, Ordering::SeqCst);
    (joined(slow), busy)
}

/// A goroutine of few epochs beside one that uses names up: what it has written stays its own, though names are recycled before,
/// while and after it writes.
#[test]
fn a_slow_goroutine_keeps_its_names() {
    const WORDS: usize = ROUNDS;
    try_schedules(400, || {
        let (engine, mut main, mut both) = goroutines(2);
        let (slow, busy) = (both.remove(0), both.remove(0));
        let (mut slow, mut busy) = while_names_are_recycled(slow, busy, |slow, round| {
            assert!(slow.write(OWN + round % WORDS * 8).is_empty());
            slow.release(SYNC + 8);
        });
        assert!(engine.detector().usage().3 > 1, "names were recycled");
        for word in 0..WORDS {
            assert_eq!(main.read(OWN + word * 8), [slow.lane()]);
            assert_eq!(busy.read(OWN + word * 8), [slow.lane()]);
        }
    });
}

/// As above with words that are split, joined again and made records: names stand in no word for a moment then.
#[test]
fn split_words_keep_their_names() {
    const WORDS: usize = 6;
    try_schedules(400, || {
        let (engine, mut main, mut all) = goroutines(3);
        let (mut slow, busy, mut other) = (all.remove(0), all.remove(0), all.remove(0));
        let lane = slow.lane();
        let (mut slow, mut busy) = while_names_are_recycled(slow, busy, move |slow, round| {
            let at = OWN + round % WORDS * 8;
            // As if the memory had a new owner each time, or what is a record would stay one.
            slow.forget(at, 8);
            assert!(slow.access(at, 2, true).is_empty());
            slow.release(SYNC + 8);
            for byte in 0..8 {
                assert!(slow.access(at + byte, 1, true).is_empty());
            }
            slow.release(SYNC + 8);
            if round % 2 == 0 {
                // All of it: two cells can say it again.
                assert!(slow.read(at).is_empty());
            } else {
                // Somebody whom nothing orders: a record.
                assert_eq!(other.access(at + 3, 1, false), [lane]);
            }
        });
        assert!(engine.detector().usage().3 > 1, "names were recycled");
        for word in 0..WORDS {
            assert_eq!(main.read(OWN + word * 8), [slow.lane()]);
            assert_eq!(busy.read(OWN + word * 8), [slow.lane()]);
        }
    });
}

/// A word that is being joined again, or made a record, is left like that for as long as names are recycled more than once.
#[test]
fn a_goroutine_that_stops_while_it_holds_names() {
    for joins in [true, false] {
        try_preemptions(move || {
            let (engine, mut main, mut all) = goroutines(3);
            let (mut slow, mut busy, mut other) = (all.remove(0), all.remove(0), all.remove(0));
            let lane = slow.lane();
            assert!(slow.access(OWN, 2, true).is_empty());
            slow.release(SYNC + 8);
            for byte in 0..8 {
                assert!(slow.access(OWN + byte, 1, true).is_empty());
            }
            slow.release(SYNC + 8);
            let slow = thread::spawn(move || {
                if joins {
                    assert!(slow.read(OWN).is_empty());
                } else {
                    assert_eq!(other.access(OWN + 3, 1, false), [lane]);
                }
                slow
            });
            let busy = thread::spawn(move || {
                for _ in 0..NAMES * 2 {
                    assert!(busy.write(X).is_empty());
                    busy.release(SYNC);
                }
            });
            let mut slow = joined(slow);
            joined(busy);
            assert!(engine.detector().usage().3 > 0, "names were recycled");
            assert!(slow.read(OWN).is_empty());
            assert_eq!(main.read(OWN), [lane]);
        });
    }
}

/// Readers of a table, whose names are those of sets, while another goroutine uses names up; then a writer meets each of them.
#[test]
fn readers_of_a_table() {
    const WORDS: usize = 5;
    try_schedules(800, || {
        let (_engine, mut main, mut all) = goroutines(4);
        let mut busy = all.remove(0);
        let busy = thread::spawn(move || {
            for _ in 0..NAMES * 2 {
                assert!(busy.write(OWN).is_empty());
                busy.release(SYNC);
            }
        });
        let readers: Vec<_> = all
            .into_iter()
            .enumerate()
            .map(|(nth, mut own)| {
                thread::spawn(move || {
                    // Epoch after epoch, so that sets come and go.
                    for _ in 0..8 {
                        for word in 0..WORDS {
                            assert!(own.read(X + (word + nth) % WORDS * 8).is_empty());
                        }
                        own.release(SYNC + 8 + nth * 8);
                    }
                    own.lane()
                })
            })
            .collect();
        let mut lanes: Vec<_> = readers.into_iter().map(joined).collect();
        lanes.sort_unstable();
        joined(busy);
        for word in 0..WORDS {
            assert_eq!(main.write(X + word * 8), lanes);
        }
    });
}

/// Memory with synchronisation objects in it is freed and used again while records go round among goroutines: what a goroutine
/// remembers of the old object says nothing of the new one at the same address.
#[test]
fn objects_in_memory_that_is_used_again() {
    try_schedules(8000, || {
        let (_engine, _main, mut all) = goroutines(3);
        let flag = Arc::new(AtomicU64::new(0));
        let (mut reader, mut owner, mut other) = (all.remove(0), all.remove(0), all.remove(0));
        // The reader knows the old object, and has let go of it.
        assert_eq!(reader.load(FLAG, &flag), 0);
        assert_eq!(reader.load(FLAG, &flag), 0);
        let owner = {
            let flag = Arc::clone(&flag);
            thread::spawn(move || {
                owner.forget(FLAG, 8);
                let races = owner.write(X).len();
                assert!(owner.store(FLAG, &flag, 1).is_empty());
                races
            })
        };
        let other = thread::spawn(move || {
            // Takes the freed record for other objects, and gives it back.
            for nth in 0..3 {
                other.release_merge(OWN + nth * 8);
                other.forget(OWN + nth * 8, 8);
            }
        });
        let look = thread::spawn(move || {
            let seen = (0..3).any(|_| reader.load(FLAG, &flag) == 1);
            (seen, reader.read(X).len())
        });
        joined(other);
        let (of_owner, (seen, of_reader)) = (joined(owner), joined(look));
        assert_eq!(of_owner + of_reader, usize::from(!seen));
    });
}

/// Goroutines come and go on two threads, and take over the identities of those that ended, known to whoever waited for them.
#[test]
fn identities_are_used_again() {
    try_schedules(4000, || {
        let (_engine, _main, goroutines) = goroutines(2);
        let threads: Vec<_> = goroutines
            .into_iter()
            .enumerate()
            .map(|(nth, mut own)| {
                thread::spawn(move || {
                    let mut of_shared = 0;
                    for round in 0..3 {
                        let mut child = own.start();
                        assert!(child.write(OWN + nth * 64).is_empty());
                        if round == 1 {
                            of_shared += child.write(X).len();
                        }
                        child.release(SYNC + nth * 8);
                        child.end();
                        own.acquire(SYNC + nth * 8);
                        assert!(own.write(OWN + nth * 64).is_empty());
                    }
                    own.end();
                    of_shared
                })
            })
            .collect();
        assert_eq!(threads.into_iter().map(joined).sum::<usize>(), 1);
    });
}

/// No file of the engine goes past the types with the hook.
#[test]
fn all_atomic_types_are_the_scheduled_ones() {
    let mut directories = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../detector/src"))];
    while let Some(directory) = directories.pop() {
        for entry in std::fs::read_dir(directory).expect("the engine's sources lie beside this crate") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                directories.push(path);
            } else if !path.ends_with("atomic.rs") {
                let text = std::fs::read_to_string(&path).expect("a source file");
                assert!(!text.contains("core::sync::atomic"), "{}: use crate::atomic", path.display());
            }
        }
    }
}
