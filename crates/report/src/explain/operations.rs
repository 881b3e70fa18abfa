//! What a synchronisation event was: the runtime tells the bare hook, the stack says who called it.

use super::frames::is_standard;
use crate::raw::{Access, Frame, Lock, LockMode, Race, SyncEvent, When};
use crate::source::SourceStore;

/// Events as their stacks and the source name them.
pub fn refine(access: &mut Access, store: &mut SourceStore) {
    for event in &mut access.sync {
        if let Some(word) = word(event) {
            event.op = word.to_owned();
        }
        let line = user_frame(&event.stack).and_then(|frame| Some((store.file(&frame.file)?, frame.line)));
        event.object = line.and_then(|(file, line)| object_on(&event.op, file.line(line)?));
    }
}

/// The locks that the events next to an access show to be held: the last thing done before it was to lock one, or the first thing after
/// it is to unlock one.
pub fn held(access: &Access) -> Vec<Lock> {
    let mut held: Vec<Lock> = Vec::new();
    for event in &access.sync {
        let mode = match (event.when, event.op.as_str()) {
            (When::Before, "mutex_lock" | "rwmutex_lock") | (When::After, "mutex_unlock" | "rwmutex_unlock") => {
                LockMode::Write
            }
            (When::Before, "rwmutex_rlock") | (When::After, "rwmutex_runlock") => LockMode::Read,
            _ => continue,
        };
        // An RWMutex tells of several of its words.
        let addr = event.addr.unwrap_or_default();
        if !held.iter().any(|lock| lock.addr.0.abs_diff(addr.0) < 24) {
            held.push(Lock { addr, mode, stack: event.stack.clone() });
        }
    }
    held
}

/// The channel, if both sides use one of a name that is made with a buffer: the earlier access comes before a receive, the later one after a
/// send.
pub fn buffered_between(race: &Race, store: &mut SourceStore) -> Option<(String, String)> {
    let [later, earlier] = &race.accesses;
    let find = |access: &Access, when: When, op: &str| {
        access.sync.iter().find(|event| event.when == when && event.op == op).cloned()
    };
    let leaf = |name: &str| name.rsplit('.').next().unwrap_or_default().to_owned();
    // The receive may still be to come, below the access that found the race.
    let received_below = |name: &str, store: &mut SourceStore| {
        let site = super::frames::site(&later.stack)?;
        let file = store.file(&site.file)?;
        let end = file.function_at(site.line)?.lines.1;
        file.lines_text(site.line, end)
            .lines()
            .any(|line| {
                object_on("chan_recv", line).is_some_and(|object| leaf(&object) == leaf(name)) && line.contains("<-")
            })
            .then_some(())
    };
    let receive = if let Some(receive) = find(earlier, When::After, "chan_recv") {
        let send = find(later, When::Before, "chan_send")?;
        let same = match (&receive.cap, &send.cap) {
            (Some(_), Some(_)) => receive.addr == send.addr,
            _ => leaf(receive.object.as_deref()?) == leaf(send.object.as_deref()?),
        };
        if !same {
            return None;
        }
        receive
    } else {
        let send = find(earlier, When::Before, "chan_send")?;
        received_below(send.object.as_deref()?, store)?;
        send
    };
    if let Some(capacity) = receive.cap {
        let name = receive.object.clone().or_else(|| receive.addr.map(|addr| addr.to_string()))?;
        return Some((name, capacity.to_string()));
    }
    let name = receive.object.as_deref()?;
    let file = store.file(&user_frame(&receive.stack)?.file)?;
    let capacity = file.text.lines().find_map(|line| {
        let (before, rest) = line.split_once("make(chan ")?;
        let words = before.trim_end().trim_end_matches([':', '=']).trim_end();
        let named = words.rsplit([' ', '.', '\t', ',', '{', '(']).next() == Some(&leaf(name))
            || words.ends_with(&format!("{}:", leaf(name)));
        let capacity = rest.split(')').next()?.split_once(',')?.1.trim();
        (named && capacity != "0").then(|| capacity.to_owned())
    })?;
    Some((name.to_owned(), capacity))
}

/// `c.mu` of `c.mu.Lock()`, `ch` of `x := <-ch` and of `ch <- x`.
pub fn object_on(op: &str, line: &str) -> Option<String> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.');
    let before = |method: &str| {
        let at = line.find(method)?;
        let start =
            line[..at].rfind(|c| !is_name(c)).map_or(0, |at| at + line[at..].chars().next().map_or(1, char::len_utf8));
        Some(line[start..at].to_owned())
    };
    let methods: &[&str] = match op {
        "mutex_lock" | "rwmutex_lock" => &[".Lock()", ".TryLock()"],
        "mutex_unlock" | "rwmutex_unlock" => &[".Unlock()"],
        "rwmutex_rlock" => &[".RLock()", ".TryRLock()"],
        "rwmutex_runlock" => &[".RUnlock()"],
        "wg_done" => &[".Done()", ".Add(", ".Go("],
        "wg_wait" | "cond_wait" => &[".Wait()"],
        "once" => &[".Do("],
        "cond_signal" => &[".Signal()", ".Broadcast()"],
        "atomic_load" => &[".Load()"],
        "atomic_store" => &[".Store("],
        "atomic_rmw" => &[".Add(", ".CompareAndSwap(", ".Swap(", ".Or(", ".And("],
        _ => &[],
    };
    let name = match op {
        "chan_recv" => {
            let rest = match line.split_once("<-") {
                Some((_, rest)) => rest.trim_start(),
                None => line.split_once("range ")?.1,
            };
            Some(rest.split(|c| !is_name(c)).next()?.to_owned())
        }
        "chan_send" => Some(line.split_once(" <- ")?.0.trim_end().rsplit(|c| !is_name(c)).next()?.to_owned()),
        "chan_close" => Some(line.split_once("close(")?.1.split(|c| !is_name(c)).next()?.to_owned()),
        _ => methods.iter().find_map(|method| before(method)),
    };
    name.filter(|name| !name.is_empty() && !name.starts_with('.'))
}

/// The last common event, as its stack names it.
pub fn refine_common(race: &mut Race) {
    if let Some(common) = &mut race.common {
        let event = SyncEvent { op: common.op.clone(), stack: common.stack.clone(), ..SyncEvent::default() };
        if let Some(word) = word(&event) {
            common.op = word.to_owned();
        }
    }
}

/// The better word for an event, from the function that the user's code called.
fn word(event: &SyncEvent) -> Option<&'static str> {
    let bare = matches!(event.op.as_str(), "acquire" | "release" | "release_merge" | "release_acquire")
        || event.op.starts_with("atomic_");
    if !bare {
        return None;
    }
    // The one that was parked is not told where.
    if event.op == "release_acquire" && event.addr.is_none() && event.stack.is_empty() {
        return Some("chan_meet");
    }
    // From the user's side inwards: what the user called decides, not what that used inside.
    event.stack.iter().rev().find_map(|frame| of_function(&frame.func, &event.op))
}

fn of_function(func: &str, op: &str) -> Option<&'static str> {
    let acquires = matches!(op, "acquire" | "atomic_load");
    Some(match func {
        "sync.(*Mutex).Lock" | "internal/sync.(*Mutex).Lock" => "mutex_lock",
        "sync.(*Mutex).TryLock" | "internal/sync.(*Mutex).TryLock" => "mutex_lock",
        "sync.(*Mutex).Unlock" | "internal/sync.(*Mutex).Unlock" => "mutex_unlock",
        "sync.(*RWMutex).Lock" | "sync.(*RWMutex).TryLock" => "rwmutex_lock",
        "sync.(*RWMutex).Unlock" => "rwmutex_unlock",
        "sync.(*RWMutex).RLock" | "sync.(*RWMutex).TryRLock" | "sync.(*rlocker).Lock" => "rwmutex_rlock",
        "sync.(*RWMutex).RUnlock" | "sync.(*rlocker).Unlock" => "rwmutex_runlock",
        "sync.(*WaitGroup).Done" | "sync.(*WaitGroup).Add" => "wg_done",
        "sync.(*WaitGroup).Wait" => "wg_wait",
        // The deferred Done of WaitGroup.Go.
        "sync.(*WaitGroup).Go.func1" | "sync.(*WaitGroup).Go.func1.1" => "wg_done",
        "sync.(*Once).Do" | "sync.(*Once).doSlow" => "once",
        "sync.(*Cond).Signal" | "sync.(*Cond).Broadcast" => "cond_signal",
        "sync.(*Cond).Wait" => "cond_wait",
        "runtime.chansend1" | "runtime.chansend" | "runtime.selectnbsend" => "chan_send",
        "runtime.chanrecv1" | "runtime.chanrecv2" | "runtime.chanrecv" | "runtime.selectnbrecv" => "chan_recv",
        "runtime.closechan" => "chan_close",
        "runtime.selectgo" => "select",
        _ if func.starts_with("sync.(*Map).") && acquires => "map_load",
        _ if func.starts_with("sync.(*Map).") => "map_store",
        "sync.(*Pool).Get" => "pool_get",
        "sync.(*Pool).Put" => "pool_put",
        _ => return None,
    })
}

/// The frame in the user's code.
fn user_frame(stack: &[Frame]) -> Option<&Frame> {
    stack.iter().find(|frame| !is_standard(frame))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(op: &str, funcs: &[&str]) -> SyncEvent {
        let stack = funcs.iter().map(|func| Frame { func: (*func).to_owned(), ..Frame::default() }).collect();
        SyncEvent { op: op.to_owned(), stack, ..SyncEvent::default() }
    }

    #[test]
    fn objects_are_named_by_the_line() {
        for (op, line, want) in [
            ("mutex_lock", "\tc.mu.Lock()", Some("c.mu")),
            ("rwmutex_runlock", "\tdefer s.RUnlock() // give back", Some("s")),
            ("chan_recv", "\tv, ok := <-done", Some("done")),
            ("chan_recv", "\tfor v := range p.jobs {", Some("p.jobs")),
            ("chan_send", "\tcase out <- v:", Some("out")),
            ("chan_close", "\tdefer close(p.quit)", Some("p.quit")),
            ("wg_wait", "\twg.Wait()", Some("wg")),
            ("atomic_load", "\tif ready.Load() {", Some("ready")),
            ("atomic_rmw", "\tatomic.AddInt64(&n, 1)", None),
            ("mutex_lock", "\tlocks()[0].Lock()", None),
            ("once", "", None),
        ] {
            assert_eq!(object_on(op, line).as_deref(), want, "{line}");
        }
    }

    #[test]
    fn what_is_held_follows_from_what_is_next_to_the_access() {
        let near =
            |when: When, op: &str, addr: u64| SyncEvent { when, addr: Some(crate::raw::Addr(addr)), ..event(op, &[]) };
        let access = |sync: Vec<SyncEvent>| Access { sync, ..Access::default() };
        let addrs = |access: Access| held(&access).iter().map(|lock| (lock.addr.0, lock.mode)).collect::<Vec<_>>();
        let both = access(vec![near(When::Before, "mutex_lock", 8), near(When::After, "mutex_unlock", 8)]);
        assert_eq!(addrs(both), [(8, LockMode::Write)]);
        let nested = access(vec![near(When::Before, "rwmutex_rlock", 100), near(When::After, "mutex_unlock", 8)]);
        assert_eq!(addrs(nested), [(100, LockMode::Read), (8, LockMode::Write)]);
        let none = access(vec![near(When::Before, "mutex_unlock", 8), near(When::After, "mutex_lock", 8)]);
        assert_eq!(addrs(none), []);
    }

    #[test]
    fn the_outermost_known_function_decides() {
        for (op, funcs, want) in [
            ("acquire", &["internal/sync.(*Mutex).Lock", "sync.(*Mutex).Lock", "main.f"][..], Some("mutex_lock")),
            ("release_merge", &["sync.(*WaitGroup).Add", "sync.(*WaitGroup).Done", "main.f"], Some("wg_done")),
            ("release", &["sync.(*Mutex).Unlock", "sync.(*Once).doSlow", "sync.(*Once).Do", "main.f"], Some("once")),
            ("release_acquire", &["runtime.chansend1", "main.f"], Some("chan_send")),
            (
                "atomic_load",
                &["sync/atomic.LoadUint32", "sync/atomic.(*Uint32).Load", "sync.(*Once).Do", "main.f"],
                Some("once"),
            ),
            ("atomic_rmw", &["sync/atomic.AddInt64", "main.f"], None),
            ("go", &["runtime.newproc", "main.f"], None),
        ] {
            assert_eq!(word(&event(op, funcs)), want, "{funcs:?}");
        }
    }
}
