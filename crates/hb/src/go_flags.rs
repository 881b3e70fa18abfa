//! Reading the go command's command lines, without changing them.
//!
//! hb hands every argument on. It must still know a few flags by name and position: `-C` (which directory's toolchain
//! counts), `-overlay` and `-toolexec` (hb needs both for itself, so the user's are merged), `-tags`, and those that
//! contradict race detection. For that it has to know where flags end and which of them take the next argument as
//! their value, in the two dialects of the go command:
//!
//! - `build`, `install` and `run` stop at the first argument that is not a flag;
//! - `test` takes flags before and after the package list and keeps going over flags it does not know, because those
//!   belong to the test binary; it ends at `-args`, `--`, or an operand that cannot be the value of an unknown flag.
//!
//! A flag that hb does not know is never an error here: the go command says what is wrong with it.

use std::ffi::{OsStr, OsString};
use std::ops::Range;
use std::os::unix::ffi::{OsStrExt, OsStringExt};

/// The subcommands of the go command that hb takes over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subcommand {
    /// `go run`
    Run,
    /// `go test`
    Test,
    /// `go build`
    Build,
    /// `go install`
    Install,
}

impl Subcommand {
    /// The subcommand called `name`, if hb has it.
    pub fn from_name(name: &OsStr) -> Option<Self> {
        match name.to_str()? {
            "run" => Some(Self::Run),
            "test" => Some(Self::Test),
            "build" => Some(Self::Build),
            "install" => Some(Self::Install),
            _ => None,
        }
    }

    /// The name as given on a command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Test => "test",
            Self::Build => "build",
            Self::Install => "install",
        }
    }

    /// Whether the go command runs what it has built.
    pub fn runs(self) -> bool {
        matches!(self, Self::Run | Self::Test)
    }
}

/// Flags of `go build`, `go install`, `go run` and `go test` that take a value. All others that exist are boolean.
const TAKE_A_VALUE: &[&str] = &[
    "C",
    "asmflags",
    "buildmode",
    "compiler",
    "covermode",
    "coverpkg",
    "debug-actiongraph",
    "debug-runtime-trace",
    "debug-trace",
    "exec",
    "gccgoflags",
    "gcflags",
    "installsuffix",
    "ldflags",
    "mod",
    "modfile",
    "o",
    "overlay",
    "p",
    "pgo",
    "pkgdir",
    "tags",
    "toolexec",
];

/// Boolean flags shared by the subcommands.
const BOOLEAN: &[&str] = &[
    "a",
    "asan",
    "buildvcs",
    "cover",
    "json",
    "linkshared",
    "modcacherw",
    "msan",
    "n",
    "race",
    "trimpath",
    "v",
    "work",
    "x",
];

/// Flags of `go test` alone that take a value. `go test` also knows each as `-test.NAME`.
const TEST_TAKE_A_VALUE: &[&str] = &[
    "bench",
    "benchtime",
    "blockprofile",
    "blockprofilerate",
    "count",
    "coverprofile",
    "cpu",
    "cpuprofile",
    "fuzz",
    "fuzzminimizetime",
    "fuzztime",
    "list",
    "memprofile",
    "memprofilerate",
    "mutexprofile",
    "mutexprofilefraction",
    "outputdir",
    "parallel",
    "run",
    "shuffle",
    "skip",
    "timeout",
    "trace",
    "vet",
];

/// Boolean flags of `go test` alone.
const TEST_BOOLEAN: &[&str] = &["artifacts", "benchmem", "c", "failfast", "fullpath", "i", "short"];

/// How a flag reads its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Boolean,
    Value,
    Unknown,
}

fn kind(subcommand: Subcommand, name: &str) -> Kind {
    if TAKE_A_VALUE.contains(&name) {
        return Kind::Value;
    }
    if BOOLEAN.contains(&name) {
        return Kind::Boolean;
    }
    if subcommand == Subcommand::Test {
        let short = name.strip_prefix("test.").unwrap_or(name);
        if TEST_TAKE_A_VALUE.contains(&short) {
            return Kind::Value;
        }
        if TEST_BOOLEAN.contains(&short) || short == "v" {
            return Kind::Boolean;
        }
    }
    Kind::Unknown
}

/// One flag of the go command, where and how it was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// The name without dashes.
    pub name: String,
    /// The value, from `-name=value` or from the following argument; none for `-name` of a boolean flag.
    pub value: Option<OsString>,
    /// The one or two arguments it occupies.
    pub arguments: Range<usize>,
}

impl Flag {
    /// What a boolean flag is set to. Go's spellings of a boolean are accepted; `None` for anything else, which the
    /// go command will refuse.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value.as_ref().map(|v| v.as_bytes()) {
            None => Some(true),
            Some(b"1" | b"t" | b"T" | b"true" | b"TRUE" | b"True") => Some(true),
            Some(b"0" | b"f" | b"F" | b"false" | b"FALSE" | b"False") => Some(false),
            Some(_) => None,
        }
    }
}

/// The flags that the go command itself will read from a command line, and the first argument that is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scan {
    /// In the order given; a later one overrides an earlier one.
    pub flags: Vec<Flag>,
    /// The first operand (package, file), if there is one.
    pub first_operand: Option<usize>,
    /// The list of packages of `go test`.
    pub packages: Range<usize>,
}

impl Scan {
    /// Reads `arguments`, what follows `go SUBCOMMAND`.
    pub fn of(subcommand: Subcommand, arguments: &[OsString]) -> Self {
        let mut scan = Self::default();
        let mut at = 0;
        // The state of `go test` only: a package list has begun, it has ended, and the last argument was a flag
        // unknown to go that may own the next argument.
        let mut in_packages = false;
        let mut packages_closed = false;
        let mut may_be_value = false;
        while at < arguments.len() {
            let was_maybe_value = std::mem::take(&mut may_be_value);
            let Some((name, inline_value)) = split_flag(&arguments[at]) else {
                if arguments[at] == "--" {
                    break;
                }
                scan.first_operand.get_or_insert(at);
                if subcommand != Subcommand::Test {
                    break;
                }
                if packages_closed {
                    if !was_maybe_value {
                        break;
                    }
                } else {
                    in_packages = true;
                    scan.packages = scan.first_operand.unwrap_or(at)..at + 1;
                }
                at += 1;
                continue;
            };
            if in_packages {
                in_packages = false;
                packages_closed = true;
            }
            let start = at;
            at += 1;
            match kind(subcommand, &name) {
                Kind::Boolean => scan.flags.push(Flag { name, value: inline_value, arguments: start..at }),
                Kind::Value => {
                    let value = inline_value.or_else(|| {
                        let next = arguments.get(at).cloned();
                        at += usize::from(next.is_some());
                        next
                    });
                    scan.flags.push(Flag { name, value, arguments: start..at });
                }
                Kind::Unknown if subcommand == Subcommand::Test => {
                    if name == "args" {
                        break;
                    }
                    packages_closed = true;
                    may_be_value = inline_value.is_none();
                }
                // The go command stops here with an error of its own; nothing behind it will be read.
                Kind::Unknown => break,
            }
        }
        scan
    }

    /// Reads the words of `GOFLAGS`. A flag there is one word, and those that `subcommand` does not have are ignored.
    pub fn of_goflags(subcommand: Subcommand, words: &[String]) -> Self {
        let mut scan = Self::default();
        for (at, word) in words.iter().enumerate() {
            if let Some((name, value)) = split_flag(OsStr::new(word))
                && kind(subcommand, &name) != Kind::Unknown
            {
                scan.flags.push(Flag { name, value, arguments: at..at + 1 });
            }
        }
        scan
    }

    /// The use of the flag `name` that counts: the last.
    pub fn last(&self, name: &str) -> Option<&Flag> {
        self.flags.iter().rev().find(|flag| flag.name == name)
    }
}

/// How many leading arguments are `-C dir`, and the directory. The go command reads `-C` in first place only, before
/// it chooses a toolchain.
pub fn leading_chdir(arguments: &[OsString]) -> (usize, Option<OsString>) {
    let Some(first) = arguments.first() else {
        return (0, None);
    };
    match split_flag(first) {
        Some((name, Some(dir))) if name == "C" => (1, Some(dir)),
        Some((name, None)) if name == "C" && arguments.len() > 1 => (2, Some(arguments[1].clone())),
        _ => (0, None),
    }
}

/// Takes `-name`, `--name`, `-name=value` apart; `None` for what the go command does not take for a flag.
fn split_flag(argument: &OsStr) -> Option<(String, Option<OsString>)> {
    let bytes = argument.as_bytes();
    let body = bytes.strip_prefix(b"-")?;
    let body = body.strip_prefix(b"-").unwrap_or(body);
    if body.is_empty() || body[0] == b'-' || body[0] == b'=' {
        return None;
    }
    let (name, value) = match body.iter().position(|&b| b == b'=') {
        Some(equals) => (&body[..equals], Some(OsString::from_vec(body[equals + 1..].to_vec()))),
        None => (body, None),
    };
    Some((String::from_utf8_lossy(name).into_owned(), value))
}

#[cfg(test)]
mod tests {
    use super::{Scan, Subcommand, leading_chdir};
    use std::ffi::OsString;

    fn args(line: &str) -> Vec<OsString> {
        line.split_whitespace().map(OsString::from).collect()
    }

    fn names(subcommand: Subcommand, line: &str) -> Vec<String> {
        Scan::of(subcommand, &args(line)).flags.into_iter().map(|flag| flag.name).collect()
    }

    #[test]
    fn build_and_run_stop_at_the_first_operand() {
        assert_eq!(names(Subcommand::Run, "-race -tags x --work=true . -overlay y"), ["race", "tags", "work"]);
        assert_eq!(Scan::of(Subcommand::Run, &args("-tags x main.go -msan")).first_operand, Some(2));
        assert_eq!(names(Subcommand::Build, "-v -- -msan"), ["v"]);
        assert_eq!(names(Subcommand::Build, "-nosuch -msan"), [""; 0]);
    }

    #[test]
    fn a_value_is_not_a_flag() {
        assert_eq!(names(Subcommand::Test, "-run -msan ./... -count 1"), ["run", "count"]);
        assert_eq!(names(Subcommand::Build, "-o -asan ."), ["o"]);
    }

    #[test]
    fn test_reads_flags_behind_packages_and_unknown_flags() {
        assert_eq!(
            names(Subcommand::Test, "-v ./a ./b -mine 3 -test.run X -overlay=o.json rest -msan"),
            ["v", "test.run", "overlay"]
        );
        assert_eq!(names(Subcommand::Test, "-short -args -msan"), ["short"]);
        assert_eq!(names(Subcommand::Test, "-mine=1 -c -msan"), ["c", "msan"]);
        assert_eq!(names(Subcommand::Test, "-mine=1 x -msan"), [""; 0]);
    }

    #[test]
    fn packages_are_one_list() {
        let packages = |line: &str| Scan::of(Subcommand::Test, &args(line)).packages;
        assert_eq!(packages("-v ./a ./b -mine 3"), 1..3);
        assert_eq!(packages("-run X ./... -args ./c"), 2..3);
        assert_eq!(packages("-mine 3"), 0..0);
        assert_eq!(packages("-v"), 0..0);
    }

    #[test]
    fn booleans_as_go_spells_them() {
        let scan = Scan::of(Subcommand::Build, &args("-race=0 -msan -asan=True -x=maybe"));
        let values: Vec<_> = scan.flags.iter().map(|flag| flag.as_bool()).collect();
        assert_eq!(values, [Some(false), Some(true), Some(true), None]);
    }

    #[test]
    fn goflags_words() {
        let words = ["-race".to_owned(), "-overlay=/a b".to_owned(), "-run=X".to_owned()];
        assert_eq!(Scan::of_goflags(Subcommand::Test, &words).flags.len(), 3);
        assert_eq!(Scan::of_goflags(Subcommand::Build, &words).flags.len(), 2);
    }

    #[test]
    fn chdir_counts_only_in_front() {
        assert_eq!(leading_chdir(&args("-C d ./...")), (2, Some("d".into())));
        assert_eq!(leading_chdir(&args("--C=d ./...")), (1, Some("d".into())));
        assert_eq!(leading_chdir(&args("-v -C d")), (0, None));
    }
}
