//! Reads Go's race reports back: existing logs of `go test -race` become raw records.
//!
//! The text may stand in the middle of any other output; lines outside reports are skipped. What the text does not say
//! (sizes, ancestry, synchronisation) is left out of the records.

use crate::raw::{Access, Addr, End, Frame, Object, ObjectKind, Op, Race, Record, StackState, State};

/// All reports in `text`, in their order, then an `end` record if a `Found N data race(s)` line was seen.
/// Text without reports gives no records; a report cut off in the middle is left out.
pub fn parse(text: &str) -> Vec<Record> {
    let mut records = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if line == "WARNING: DATA RACE" {
            let body: Vec<&str> = lines.by_ref().take_while(|line| !line.starts_with("=====")).collect();
            records.extend(parse_race(&body).map(|race| Record::Race(Box::new(race))));
        } else if let Some(count) = line.strip_prefix("Found ").and_then(|rest| rest.strip_suffix(" data race(s)"))
            && let Ok(races) = count.parse()
        {
            records.push(Record::End(End { races, exit: None }));
        }
    }
    records
}

/// Which stack the next frames belong to.
enum Section {
    Access(usize),
    Created(u64),
    Heap,
    Skip,
}

fn parse_race(body: &[&str]) -> Option<Race> {
    let mut race = Race::default();
    let mut seen = 0;
    let mut section = Section::Skip;
    let mut lines = body.iter().copied().peekable();
    while let Some(line) = lines.next() {
        if line.is_empty() {
            section = Section::Skip;
        } else if line == "  [failed to restore the stack]" {
            if let Section::Access(index) = section {
                race.accesses[index].stack_state = StackState::Lost;
            }
        } else if let Some(func) = line.strip_prefix("  ").and_then(|rest| rest.strip_suffix("()")) {
            let place = lines.next_if(|next| next.starts_with("      ")).unwrap_or_default();
            let frame = parse_frame(func, place.trim_start());
            match &section {
                Section::Access(index) => race.accesses[*index].stack.push(frame),
                Section::Created(gid) => {
                    for access in race.accesses.iter_mut().filter(|access| access.gid == *gid && !access.main) {
                        access.created.push(frame.clone());
                    }
                }
                Section::Heap => race.object.get_or_insert_default().alloc.push(frame),
                Section::Skip => {}
            }
        } else if let Some(access) = parse_access(line) {
            if seen == 2 {
                return None;
            }
            race.accesses[seen] = access;
            section = Section::Access(seen);
            seen += 1;
        } else if let Some((gid, state)) = parse_created(line) {
            for access in race.accesses.iter_mut().filter(|access| access.gid == gid && !access.main) {
                access.state = state;
            }
            section = Section::Created(gid);
        } else if let Some(object) = parse_heap(line) {
            race.object = Some(object);
            section = Section::Heap;
        }
    }
    if seen < 2 {
        return None;
    }
    // The text does not mark atomic accesses, but their innermost frame is the atomic function.
    for access in &mut race.accesses {
        let innermost = access.stack.first().map(|frame| frame.func.as_str()).unwrap_or_default();
        access.atomic |= innermost.starts_with("sync/atomic.") || innermost.starts_with("internal/runtime/atomic.");
    }
    if let Some(object) = &mut race.object {
        object.offset = race.accesses[0].addr.0.saturating_sub(object.start.0);
    }
    Some(race)
}

fn parse_access(line: &str) -> Option<Access> {
    let (verb, rest) = line.split_once(" at 0x")?;
    let (addr, who) = rest.split_once(" by ")?;
    let verb = verb.to_lowercase();
    let op = if verb.ends_with("write") {
        Op::Write
    } else if verb.ends_with("read") {
        Op::Read
    } else {
        return None;
    };
    let who = who.strip_suffix(':')?;
    let main = who == "main goroutine";
    let gid = if main { 1 } else { who.strip_prefix("goroutine ")?.parse().ok()? };
    let addr = Addr(u64::from_str_radix(addr, 16).ok()?);
    Some(Access { op, atomic: verb.contains("atomic"), addr, gid, main, ..Access::default() })
}

fn parse_created(line: &str) -> Option<(u64, State)> {
    let rest = line.strip_prefix("Goroutine ")?.strip_suffix(" created at:")?;
    let (gid, state) = rest.split_once(' ')?;
    let state = if state == "(finished)" { State::Finished } else { State::Running };
    Some((gid.parse().ok()?, state))
}

fn parse_heap(line: &str) -> Option<Object> {
    let rest = line.strip_prefix("Heap block of size ")?;
    let (size, rest) = rest.split_once(" at 0x")?;
    let (start, who) = rest.split_once(" allocated by ")?;
    let who = who.strip_suffix(':')?;
    Some(Object {
        kind: ObjectKind::Heap,
        size: size.parse().ok()?,
        start: Addr(u64::from_str_radix(start, 16).ok()?),
        alloc_gid: match who.strip_prefix("goroutine ") {
            Some(gid) => gid.parse().ok(),
            None => Some(1),
        },
        ..Object::default()
    })
}

fn parse_frame(func: &str, place: &str) -> Frame {
    let mut frame = Frame { func: func.to_owned(), ..Frame::default() };
    let place = match place.rsplit_once(" +0x") {
        Some((place, off)) => {
            frame.off = u64::from_str_radix(off, 16).ok().map(Addr);
            place
        }
        None => place,
    };
    match place.rsplit_once(':') {
        Some((file, line)) => {
            frame.file = file.to_owned();
            frame.line = line.parse().unwrap_or(0);
        }
        None => frame.file = place.to_owned(),
    }
    frame
}
