//! What fits: a suggestion from the shape of a race.

use super::frames;
use super::locks::SourceLock;
use super::naming::{Named, Side};
use super::near::Locks;
use crate::finding::{NearMiss, Shape, Suggestion, VariableKind};
use crate::raw::{Op, Race};
use crate::source::marker::{Operand, Role, Through};

/// The suggestion for a race.
pub fn suggest(race: &Race, named: &Named, locks: &Locks, near_misses: &[NearMiss]) -> Suggestion {
    let shape = shape_of(race, named);
    let facts = Facts::new(race, named, shape);
    if let Some(suggestion) = use_the_lock(shape, race, locks, near_misses, &facts) {
        return suggestion;
    }
    for_shape(shape, &facts)
}

/// Names that sketches use.
struct Facts {
    /// The variable as written on the writing side: `c.items`.
    text: String,
    /// Its last name.
    leaf: String,
    /// The element or value type, where the source tells.
    type_text: String,
    /// What is written is an element of it.
    element: bool,
    reader_site: String,
}

impl Facts {
    fn new(race: &Race, named: &Named, shape: Shape) -> Facts {
        let writer = writer(race);
        let other = named.sides[1 - writer].operand.as_ref();
        let operand = named.sides[writer].operand.as_ref().or(other);
        let mut type_text = named.variable.type_text.clone();
        let mut text = operand.map(|operand| operand.text.split('[').next().unwrap_or_default().to_owned());
        if let Some(built) = operand.filter(|operand| operand.role == Role::LiteralKey) {
            // What is published is the whole value: under its own name, or what the reader reaches it by.
            let reached =
                other.and_then(|other| Some(other.text.strip_suffix(&built.leaf)?.strip_suffix('.')?.to_owned()));
            let plain = reached.filter(|reached| !reached.contains('('));
            text = if shape == Shape::LazyInit {
                Some(built.value.clone())
            } else {
                plain.or_else(|| Some(built.value.clone()))
            };
            let owner = named.declaration.as_ref().and_then(|declaration| declaration.of_struct.clone());
            type_text = owner.map(|owner| format!("*{owner}")).unwrap_or_default();
        }
        let known = Some(named.variable.name.clone());
        let text = text.or(known).filter(|text| !text.is_empty()).unwrap_or_else(|| "x".to_owned());
        let leaf = text.rsplit('.').next().unwrap_or(&text).trim_start_matches('*').to_owned();
        let reader = named.sides[1 - writer].site.as_ref();
        let reader_site =
            reader.map(|site| crate::finding::Place::of(site).short()).unwrap_or_else(|| "the other side".to_owned());
        let element = named.variable.kind == VariableKind::Element;
        Facts { text, leaf, type_text, element, reader_site }
    }
}

/// Index of the side that writes; the later one if both do.
fn writer(race: &Race) -> usize {
    if race.accesses[0].op == Op::Write { 0 } else { 1 }
}

/// The shape of a race.
pub fn shape_of(race: &Race, named: &Named) -> Shape {
    let [a, b] = &race.accesses;
    let operands: Vec<&Operand> = named.sides.iter().filter_map(|side| side.operand.as_ref()).collect();
    let type_text = named.variable.type_text.as_str();
    if a.atomic != b.atomic {
        return Shape::MixedAtomic;
    }
    if named.declaration.as_ref().is_some_and(|declaration| declaration.loop_variable) && on_for_line(named) {
        return Shape::LoopVariable;
    }
    if named.variable.kind == VariableKind::MapInside
        || type_text.starts_with("map[") && operands.iter().any(|operand| operand.indexed)
        || named.sides.iter().any(|side| side.through == Through::Map)
    {
        return Shape::Map;
    }
    if lazy_init(named) {
        return Shape::LazyInit;
    }
    let appended =
        operands.iter().any(|operand| operand.role == Role::Assigned && operand.value.starts_with("append("));
    if appended || operands.iter().any(|operand| operand.role == Role::Header && operand.indexed) {
        return Shape::SliceAppend;
    }
    let written: Vec<&&Operand> =
        operands.iter().filter(|operand| matches!(operand.role, Role::Assigned | Role::Updated)).collect();
    let steps =
        |operand: &Operand| matches!(operand.context.as_str(), "++" | "--" | "+=" | "-=") || adds_to_itself(operand);
    if written.iter().any(|operand| steps(operand))
        && written.iter().all(|operand| steps(operand))
        && !type_text.starts_with("string")
    {
        return Shape::Counter;
    }
    let truth = |operand: &Operand| matches!(operand.value.as_str(), "true" | "false");
    let polled =
        operands.iter().any(|operand| operand.role == Role::Read && matches!(operand.context.as_str(), "for" | "if"));
    if type_text == "bool"
        || written.iter().any(|operand| truth(operand))
        || (polled && type_text.is_empty() && written.iter().any(|operand| matches!(operand.value.as_str(), "1" | "0")))
    {
        return Shape::Flag;
    }
    if operands.iter().any(|operand| operand.role == Role::LiteralKey) {
        return Shape::PointerPublication;
    }
    let pointer = type_text.starts_with('*')
        || written.iter().any(|operand| operand.value.starts_with('&') || operand.value.starts_with("new("));
    let interface = matches!(type_text, "error" | "any") || type_text.starts_with("interface");
    if pointer && !interface && !written.is_empty() {
        return Shape::PointerPublication;
    }
    match written_by_starter(race, named) {
        // Above the go statement and yet not before it: the next round of a loop.
        Some((write, start)) if write < start => return Shape::LoopVariable,
        Some((write, start)) if write > start && !in_loop(&named.sides[writer(race)]) => return Shape::LateWrite,
        _ => {}
    }
    if result_of_goroutine(race, named) {
        return Shape::GoroutineResult;
    }
    if a.op != b.op && !written.is_empty() && matches!(named.variable.kind, VariableKind::Package | VariableKind::Field)
    {
        return Shape::ReadMostly;
    }
    Shape::Other
}

/// `x = x + 1`.
fn adds_to_itself(operand: &Operand) -> bool {
    operand.role == Role::Assigned
        && operand
            .value
            .strip_prefix(operand.text.as_str())
            .is_some_and(|rest| rest.trim_start().starts_with(['+', '-']))
}

fn on_for_line(named: &Named) -> bool {
    named.sides.iter().any(|side| {
        side.operand.as_ref().is_some_and(|operand| matches!(operand.role, Role::Updated | Role::Assigned))
            && line_of(side).is_some_and(|line| line.trim_start().starts_with("for "))
    })
}

fn line_of(side: &Side) -> Option<&str> {
    side.file.as_ref()?.line(side.site.as_ref()?.line)
}

/// A write a few lines below `if x == nil` or `if !x` about the same name, in a function that one side tests and both run.
fn lazy_init(named: &Named) -> bool {
    let same_function = match (&named.sides[0].site, &named.sides[1].site) {
        (Some(a), Some(b)) => a.func == b.func || a.file == b.file,
        _ => false,
    };
    same_function
        && named.sides.iter().any(|side| {
            let (Some(operand), Some(file), Some(site)) = (&side.operand, &side.file, &side.site) else { return false };
            let text = match operand.role {
                Role::Assigned => &operand.text,
                Role::LiteralKey if !operand.value.is_empty() => &operand.value,
                _ => return false,
            };
            let from =
                file.function_at(site.line).map_or(1, |function| function.lines.0).max(site.line.saturating_sub(4));
            let tests = [
                format!("{} == nil", text),
                format!("!{} ", text),
                format!("len({}) == 0", text),
                format!("{} == \"\"", text),
            ];
            (from..=site.line).filter_map(|number| file.line(number)).any(|line| {
                line.trim_start().starts_with("if ") && tests.iter().any(|test| line.contains(test.as_str()))
            })
        })
}

/// A goroutine assigns once, and the one that started it reads.
fn result_of_goroutine(race: &Race, named: &Named) -> bool {
    let writer = writer(race);
    let mine = &named.sides[writer];
    let assigned = mine.operand.as_ref().is_some_and(|operand| operand.role == Role::Assigned && !operand.indexed);
    assigned
        && race.accesses[1 - writer].op == Op::Read
        && super::why::started(&race.accesses[1 - writer], &race.accesses[writer])
        && !in_loop(mine)
}

/// Whether a line of the same function above the site, with less indentation, opens a loop around it.
fn in_loop(side: &Side) -> bool {
    let (Some(file), Some(site)) = (&side.file, &side.site) else { return false };
    let from = file.function_at(site.line).map_or(1, |function| function.lines.0);
    let mut indent = file.line(site.line).map_or(0, |line| line.len() - line.trim_start().len());
    for line in (from..site.line).rev().filter_map(|number| file.line(number)) {
        let own = line.len() - line.trim_start().len();
        if line.trim().is_empty() || own >= indent {
            continue;
        }
        indent = own;
        // A function literal ends what a loop outside it says about the goroutine's own work.
        if line.contains("func(") {
            return false;
        }
        if line.trim_start().starts_with("for ") {
            return true;
        }
    }
    false
}

/// The starter writes in the function of the `go` statement; gives the lines of the write and of the statement.
fn written_by_starter(race: &Race, named: &Named) -> Option<(u32, u32)> {
    let writer = writer(race);
    let (site, start) = (named.sides[writer].site.as_ref()?, frames::site(&race.accesses[1 - writer].created)?);
    let assigned = named.sides[writer].operand.as_ref().is_some_and(|operand| operand.role == Role::Assigned);
    let same = site.func == start.func && site.file == start.file;
    (assigned && same && race.accesses[1 - writer].op == Op::Read).then_some((site.line, start.line))
}

/// Where one side holds a lock already, the least change is to hold it on the other too.
fn use_the_lock(
    shape: Shape,
    race: &Race,
    locks: &Locks,
    near_misses: &[NearMiss],
    facts: &Facts,
) -> Option<Suggestion> {
    let kind = |name: &str| near_misses.iter().any(|miss| miss.kind == name);
    let lock = locks.source.iter().flatten().next();
    let name = lock.map_or("the mutex", |lock| lock.mutex.as_str());
    let written = lock.map_or("mu", |lock| lock.mutex.as_str());
    if kind("add_inside") {
        return Some(suggestion(
            shape,
            "call Add before the go statement, not inside the goroutine (or use WaitGroup.Go)".to_owned(),
            "Wait waits for what was added before it; a goroutine that has not run yet has added nothing".to_owned(),
            vec![
                "wg.Add(1)   // before: go func() { defer wg.Done(); … }()".to_owned(),
                "wg.Go(func() { … })   // since Go 1.25".to_owned(),
            ],
        ));
    }
    if kind("after_release")
        && matches!(shape, Shape::ReadMostly | Shape::Other | Shape::LateWrite | Shape::GoroutineResult)
    {
        let text = &facts.text;
        return Some(suggestion(
            shape,
            format!("move the write of {text} before the handing over, or write to a copy of your own"),
            "who receives sees what was done before the handing over, nothing later".to_owned(),
            vec![format!("{text} = …"), "// and only then close, send, store, unlock or Done".to_owned()],
        ));
    }
    if kind("failed_trylock") {
        return Some(suggestion(
            shape,
            "take the mutex with Lock, or leave the variable alone where TryLock fails".to_owned(),
            "a TryLock that fails has locked nothing and orders nothing".to_owned(),
            vec![format!("if !{written}.TryLock() {{ return }}"), format!("defer {written}.Unlock()")],
        ));
    }
    if kind("semaphore_too_wide") {
        return Some(suggestion(
            shape,
            "make the channel's capacity 1, or use a sync.Mutex".to_owned(),
            "a channel used as a lock admits as many goroutines as its buffer has room for".to_owned(),
            vec!["slots := make(chan struct{}, 1)".to_owned(), format!("mu.Lock(); … {} …; mu.Unlock()", facts.text)],
        ));
    }
    if kind("once_on_one_side") {
        let text = &facts.text;
        return Some(suggestion(
            shape,
            format!("call Do before every access to {text}, or make {text} atomic"),
            "Once makes those wait, and see what it did, who call Do themselves".to_owned(),
            vec![
                format!("once.Do(…)   // then {text}"),
                format!(
                    "{leaf} atomic.{atomic}   // in the declaration",
                    leaf = facts.leaf,
                    atomic = atomic_type(&facts.type_text)
                ),
            ],
        ));
    }
    if kind("lock_on_one_side") {
        let bare = if locks.source[0].is_empty() { 0 } else { 1 };
        let only_reads = race.accesses[bare].op == Op::Read;
        let place = if let Some(site) = frames::site(&race.accesses[bare].stack) {
            crate::finding::Place::of(site).short()
        } else {
            facts.reader_site.clone()
        };
        return Some(suggestion(
            shape,
            format!("hold {name} around the access at {place} too"),
            "a mutex orders only those who all lock it; one side does already".to_owned(),
            lock_sketch(lock, only_reads, &facts.text),
        ));
    }
    if kind("write_under_rlock") {
        return Some(suggestion(
            shape,
            format!("take {name} with Lock, not RLock, where {} is written", facts.text),
            "RLock admits other readers at the same time, so a write under it races with them".to_owned(),
            vec![format!("{written}.Lock()"), format!("defer {written}.Unlock()")],
        ));
    }
    if kind("copied_mutex") {
        return Some(suggestion(
            shape,
            "give the method a pointer receiver".to_owned(),
            "a value receiver copies the mutex, so each call locks its own".to_owned(),
            vec![
                format!("func (c *T) … {{ {written}.Lock(); defer {written}.Unlock()"),
                "// and pass *T, never T".to_owned(),
            ],
        ));
    }
    if kind("different_mutexes") {
        return Some(suggestion(
            shape,
            format!("guard {} by one mutex on both sides", facts.text),
            "two mutexes exclude nobody from each other".to_owned(),
            lock_sketch(lock, false, &facts.text),
        ));
    }
    None
}

fn lock_sketch(lock: Option<&SourceLock>, read: bool, text: &str) -> Vec<String> {
    let mutex = lock.map_or("mu", |lock| lock.mutex.as_str());
    let access = if read { format!("v := {text}") } else { format!("// … {text} …") };
    vec![format!("{mutex}.Lock()"), access, format!("{mutex}.Unlock()")]
}

fn suggestion(shape: Shape, text: String, reason: String, sketch: Vec<String>) -> Suggestion {
    Suggestion { shape, text, reason, sketch }
}

/// The suggestion for a shape when nothing nearer is known.
fn for_shape(shape: Shape, facts: &Facts) -> Suggestion {
    let (text, leaf) = (&facts.text, &facts.leaf);
    let pointed = facts.type_text.trim_start_matches('*');
    let pointed = if pointed.is_empty() { "T" } else { pointed };
    let whole = if facts.type_text.is_empty() { "T" } else { &facts.type_text };
    let atomic = atomic_type(&facts.type_text);
    let slice = if facts.type_text.starts_with("[]") { &facts.type_text } else { "[]T" };
    let (what, reason, sketch): (String, &str, Vec<String>) = match shape {
        Shape::Counter if facts.element => (
            format!("make the elements of {text} atomic, or guard {text} by a mutex"),
            "counts that stand alone need no lock: an atomic add is one indivisible step",
            vec![
                format!("{leaf} []atomic.Int64   // in the declaration"),
                format!("{text}[i].Add(1); n := {text}[i].Load()"),
            ],
        ),
        Shape::Counter => (
            format!("make {text} an atomic.{atomic}"),
            "a count that stands alone needs no lock: an atomic add is one indivisible step",
            vec![
                format!("{leaf} atomic.{atomic}   // in the declaration"),
                format!("{text}.Add(1); n := {text}.Load()"),
            ],
        ),
        Shape::Flag => (
            format!("make {text} an atomic.Bool, or close a channel"),
            "a done flag tells others that something happened: an atomic store, or a close that readers wait for, also makes what came before it visible",
            vec![
                format!("{leaf} atomic.Bool   // {text}.Store(true), {text}.Load()"),
                "done := make(chan struct{})   // close(done); <-done, or select".to_owned(),
            ],
        ),
        Shape::Map => (
            format!("guard {text} by a mutex"),
            "a map's insides change in several steps, even on a lookup's side: every access, reads too, must hold the lock (sync.Map fits keys written once and read often)",
            vec![
                "mu.Lock()".to_owned(),
                format!("v := {text}[k]   // likewise around every write"),
                "mu.Unlock()".to_owned(),
            ],
        ),
        Shape::SeveralFields => (
            "guard the fields by one mutex".to_owned(),
            "fields that belong together must change together; an atomic for each would let a reader see half of a change",
            vec![
                "mu sync.Mutex   // guards the fields below".to_owned(),
                format!("mu.Lock(); {text} = …; mu.Unlock()"),
            ],
        ),
        Shape::PointerPublication => (
            format!("make {text} an atomic.Pointer[{pointed}] and leave what it points to unchanged afterwards"),
            "without it a reader may see the new pointer before what it points to is built",
            vec![
                format!("{leaf} atomic.Pointer[{pointed}]   // in the declaration"),
                format!("{text}.Store(v); v := {text}.Load()"),
            ],
        ),
        Shape::GoroutineResult => (
            format!(
                "hand {text} back through a channel or wait with a WaitGroup before reading it; a mutex if both go on using it"
            ),
            "the end of a goroutine orders nothing by itself: somebody has to wait for it",
            vec![
                format!("result := make(chan {whole}, 1)   // in the goroutine: result <- …"),
                format!("{text} := <-result"),
            ],
        ),
        Shape::LazyInit => (
            format!("make {text} by sync.Once or sync.OnceValue"),
            "two goroutines may both find it unset; Once runs the initialisation one time and makes everybody see it",
            vec![
                format!(
                    "var get = sync.OnceValue(func() {} {{ return … }})",
                    if facts.type_text.is_empty() { "T" } else { &facts.type_text }
                ),
                format!("use get() instead of {text}"),
            ],
        ),
        Shape::LoopVariable => (
            format!("give each iteration its own {text}"),
            "all iterations share one variable (a loop's own variable below language version 1.22, any declared outside the loop always), and the loop goes on while goroutines read it",
            vec![
                format!("{text} := {text}   // first line of the loop's body"),
                "// or: go 1.22 (or later) in go.mod".to_owned(),
            ],
        ),
        Shape::ReadMostly if is_number(&facts.type_text) => (
            format!("make {text} an atomic.{atomic}"),
            "a number that stands alone needs no lock: atomic loads and stores order what they must",
            vec![
                format!("{leaf} atomic.{atomic}   // in the declaration"),
                format!("{text}.Store(v); v := {text}.Load()"),
            ],
        ),
        Shape::ReadMostly => (
            format!("guard {text} by a sync.RWMutex, or publish whole values by an atomic.Pointer"),
            "for a value that is read often and replaced seldom, readers need not exclude each other, only the writer",
            vec![format!("mu.RLock(); v := {text}; mu.RUnlock()"), format!("mu.Lock(); {text} = v; mu.Unlock()")],
        ),
        Shape::SliceAppend => (
            format!("guard {text} by a mutex, or give each goroutine its own element"),
            "append reads and writes the slice's header and its array: concurrent appends lose elements",
            vec![
                format!("mu.Lock(); {text} = append({text}, v); mu.Unlock()"),
                format!("{text} := make({slice}, n)   // then goroutine i writes {text}[i] only"),
            ],
        ),
        Shape::MixedAtomic => (
            format!("use atomic operations on {text} everywhere; best by its type, such as atomic.{atomic}"),
            "an atomic type leaves no way to access the word plainly by mistake",
            vec![
                format!("{leaf} atomic.{atomic}   // in the declaration"),
                format!("{text}.Load()   // and .Store, .Add"),
            ],
        ),
        Shape::LateWrite => (
            format!("set {text} before the go statement, or hand it over through a channel"),
            "the go statement orders what came before it; the goroutine may run at once",
            vec![format!("{text} = …"), "go …   // after everything that the goroutine reads".to_owned()],
        ),
        Shape::Other => (
            format!("guard {text} by a mutex, or hand it over through a channel"),
            "one of the two accesses has to wait for the other",
            vec!["mu.Lock()".to_owned(), format!("// … {text} …"), "mu.Unlock()".to_owned()],
        ),
    };
    suggestion(shape, what, reason.to_owned(), sketch)
}

/// The atomic type for values of a type: `Int32` of `int32`.
fn atomic_type(type_text: &str) -> &'static str {
    match type_text {
        "bool" => "Bool",
        "int32" | "int8" | "int16" => "Int32",
        "uint32" | "uint8" | "uint16" | "byte" => "Uint32",
        "uint64" | "uint" => "Uint64",
        "uintptr" => "Uintptr",
        _ => "Int64",
    }
}

fn is_number(type_text: &str) -> bool {
    matches!(
        type_text,
        "int" | "int8" | "int16" | "int32" | "int64" | "uint" | "uint8" | "uint16" | "uint32" | "uint64"
    )
}

/// The suggestion once several findings turned out to be about fields of one object.
pub fn several_fields(fields: &[String], owner: &str) -> Suggestion {
    let list = fields.join(", ");
    let facts = Facts {
        text: fields.first().cloned().unwrap_or_default(),
        leaf: String::new(),
        type_text: String::new(),
        element: false,
        reader_site: String::new(),
    };
    let mut made = for_shape(Shape::SeveralFields, &facts);
    made.text =
        format!("guard {list} by one mutex{}", if owner.is_empty() { String::new() } else { format!(" in {owner}") });
    made
}
