//! hb's own command line, and its help.
//!
//! hb's flags stand before the command: `hb [flags of hb] test [everything go test takes]`. What follows `run`, `test`, `install`
//! and `build` is never looked at as hb's, so that no flag of hb can collide with one of the go command, of a test
//! binary or of a program; each flag that matters in a script also has an environment variable.

use crate::arbiter::{Fail, Live};
use crate::config::Config;
use crate::exit_codes;
use crate::go_flags;
use crate::inject::Delivery;
use crate::reports::{Format, Output, Request};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::ffi::OsString;
use std::path::PathBuf;

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "hb",
    version,
    about = "Finds data races in Go programs",
    long_about = LONG_ABOUT,
    help_template = template(),
    override_usage = "hb [HB FLAGS] run|test|build|install [everything the go command takes]\n       hb [HB FLAGS] COMMAND [ARGUMENTS]",
    disable_help_subcommand = true,
    arg_required_else_help = true,
    subcommand_required = true,
    allow_external_subcommands = true,
    args_override_self = true,
    max_term_width = 100,
    after_help = "`hb --help` says more: examples, environment variables, exit status.",
    after_long_help = after_long_help()
)]
pub struct Cli {
    /// What holds for every command.
    #[command(flatten)]
    pub options: Options,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// hb's flags, given before the command.
#[derive(Debug, Args)]
pub struct Options {
    /// Work in DIR, as if hb had been started there
    #[arg(short = 'C', value_name = "DIR")]
    pub directory: Option<PathBuf>,

    /// Write a report in this form after the run, besides what the run itself prints: text, classic, json, jsonl,
    /// sarif, junit, github, markdown, html, short (file:line:column: message), checkstyle, codeclimate, teamcity, raw. Repeatable; each takes the --output at its place
    #[arg(long, value_name = "FORMAT", global = true, value_parser = <Format as std::str::FromStr>::from_str)]
    pub format: Vec<Format>,

    /// The file for the --format at the same place; `-` is standard output. Without it a run's report goes to
    /// standard error, that of `hb report` to standard output
    #[arg(long, value_name = "FILE", global = true)]
    pub output: Vec<PathBuf>,

    /// The races named in this file are known: they fail no run and are not printed (see `hb baseline`, --fail)
    #[arg(long, value_name = "FILE", env = "HB_BASELINE", hide_env_values = true, global = true)]
    pub baseline: Option<PathBuf>,

    /// Which races make `hb run` and `hb test` fail. By default the new ones: those that neither --baseline nor a comment
    /// `//hb:ignore reason` in the source covers; without either, all
    #[arg(long, value_name = "WHICH", env = "HB_FAIL", hide_env_values = true)]
    pub fail: Option<Fail>,

    /// What is printed of each race as it is found
    #[arg(
        long,
        value_name = "WHAT",
        env = "HB_LIVE",
        hide_env_values = true,
        default_value = "auto",
        hide_default_value = true
    )]
    pub live: Live,

    /// Colours in text: by default where it goes to a terminal that has them
    #[arg(
        long,
        value_name = "WHEN",
        env = "HB_COLOR",
        hide_env_values = true,
        global = true,
        default_value = "auto",
        hide_default_value = true
    )]
    pub color: Color,

    /// What paths in reports are relative to: `here`, `repository` (the directory with .git), `absolute`, or a directory. By default here, and
    /// the repository for what is shown beside its source: codeclimate, and in GitHub Actions github and sarif
    #[arg(long, value_name = "WHERE", env = "HB_PATHS", hide_env_values = true, global = true)]
    pub paths: Option<PathBuf>,

    /// The file of settings, instead of the nearest hb.toml upwards; `off`: none. Flags and environment win over it
    #[arg(long, value_name = "FILE", env = "HB_CONFIG", hide_env_values = true, global = true)]
    pub config: Option<PathBuf>,

    /// What the file of settings says beyond the flags.
    #[arg(skip)]
    pub settings: Option<Config>,

    /// How the race runtime gets into the program; by default the fastest way that the toolchain allows
    #[arg(long, value_name = "WAY", env = "HB_DELIVERY", hide_env_values = true)]
    pub delivery: Option<Way>,

    /// Say nothing of one's own but errors
    #[arg(short, long, global = true, env = "HB_QUIET", hide_env_values = true, value_parser = clap::builder::FalseyValueParser::new())]
    pub quiet: bool,

    /// Print the go command line before it is run
    #[arg(short, long, conflicts_with = "quiet")]
    pub verbose: bool,
}

/// `--color`, by the names users see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Color {
    /// on a terminal, unless TERM is dumb or NO_COLOR is set; FORCE_COLOR: everywhere
    #[default]
    Auto,
    /// everywhere
    Always,
    /// nowhere
    Never,
}

/// `--delivery`, by the names users see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Way {
    /// assembly fast paths in Go's own runtime package
    Fast,
    /// behind the toolchain's unchanged runtime files
    Plain,
    /// without cgo and without a C compiler
    Nocgo,
}

impl From<Way> for Delivery {
    fn from(way: Way) -> Self {
        match way {
            Way::Fast => Self::Fast,
            Way::Plain => Self::Plain,
            Way::Nocgo => Self::NoCgo,
        }
    }
}

/// `--prune`, by the names users see.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Prune {
    /// entries by fingerprint, as hb writes them
    Fingerprints,
    /// those written by hand, too
    All,
}

impl From<Prune> for hb_report::baseline::Prune {
    fn from(prune: Prune) -> Self {
        match prune {
            Prune::Fingerprints => Self::Fingerprints,
            Prune::All => Self::All,
        }
    }
}

/// hb's commands. An entry here and an arm of `perform` are all that a command needs: the help pages, `hb help NAME` and "did you mean" follow.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say what hb finds on this machine, which way it would take, and what is wrong
    Doctor,
    /// Print hb's version, its runtime's, and the Go versions it knows
    Version {
        /// As one JSON object
        #[arg(long)]
        json: bool,
    },
    /// Render saved findings again, merging several files
    #[command(after_help = "FILE is a report saved by --format json, findings saved by --format raw, a findings \
                            directory, or a log with Go's own race reports.")]
    Report {
        /// Saved findings
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Write down the races that are known, or remove those that are gone (--prune)
    ///
    /// Adds the races in saved findings to the baseline, hb-baseline.toml or the file of --baseline, or removes from it what they no longer show.
    Baseline {
        /// Add the new ones: why they may stay
        #[arg(long, value_name = "TEXT", required_unless_present = "prune")]
        reason: Option<String>,
        /// Remove the entries that match none of them: those by fingerprint, or with --prune=all also those written by hand (by
        /// function, package or path). Findings of a part of the tests match a part of the entries: give those of a full run, or of several.
        /// The rest of the file stays as it is, comments too
        #[arg(long, value_name = "WHICH", num_args = 0..=1, require_equals = true, default_missing_value = "fingerprints")]
        prune: Option<Prune>,
        /// Saved findings, as for `hb report`
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
    },
    /// Say everything that a small program may do by the memory model, and which accesses race
    ///
    /// Every interleaving is explored, so that what is not in the table cannot happen, and "race-free" is a proof for this input. What
    /// the program can write, how it can end (deadlock, panic, a loop that need not end, a torn string) and each race come with an execution.
    Outcomes(crate::outcomes::Request),
    /// Show the changes that reports suggest, and make them (--apply)
    ///
    /// Prints a diff. Only files of this module are changed, and only those that are as they were when the report was made. What cannot be
    /// changed safely by looking at the text is listed to be done by hand.
    #[command(
        after_help = "FILE is a report saved by --format json. With `test` or `run` in its place, hb runs that first:\n  \
                            hb fix test ./...\n  hb fix --apply report.json"
    )]
    Fix {
        /// Write the changes into the files
        #[arg(long)]
        apply: bool,
        /// Saved findings, or `test` or `run` with what they take
        #[arg(required = true, value_name = "FILE", trailing_var_arg = true, allow_hyphen_values = true)]
        words: Vec<OsString>,
    },
    /// Say what a rule is about: why it matters, an example, the mend
    #[command(after_help = "RULE is what a report or a finding in SARIF names: go-data-race-map, or map for short.")]
    Explain {
        /// The rule; without one, all are listed
        rule: Option<String>,
    },
    /// Print what makes a shell complete hb's command lines: bash, zsh, fish
    #[command(
        after_help = "bash: hb completions bash >/etc/bash_completion.d/hb\nzsh:  hb completions zsh >~/.zfunc/_hb   (a directory of $fpath)\nfish: hb completions fish >~/.config/fish/completions/hb.fish"
    )]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the man pages into a directory
    #[command(hide = true)]
    ManPages {
        /// Which
        directory: PathBuf,
    },
    /// Print this page, or one on a command: `hb help test`, `hb help report`
    Help {
        /// A command
        topic: Option<String>,
    },
    /// `run`, `test`, `build`, `install`, the hidden `toolexec`, and the go command's own, with everything behind them as it was given.
    #[command(external_subcommand)]
    Other(Vec<OsString>),
}

impl Command {
    /// Whether the file of settings says something about it. One that is wrong must not keep from a page of help, or from what is the go command's.
    pub fn reads_settings(&self) -> bool {
        match self {
            Self::Report { .. } | Self::Baseline { .. } => true,
            Self::Other(words) => words.first().is_some_and(|word| go_flags::Subcommand::from_name(word).is_some()),
            _ => false,
        }
    }
}

impl Options {
    /// The reports asked for, by the command line, else by the file of settings. The n-th `--output` belongs to the n-th `--format`; `default` is where the others go.
    ///
    /// # Errors
    /// There are more outputs than formats.
    pub fn requests(&self, default: &Output) -> Result<Vec<Request>, String> {
        if self.format.is_empty() && self.output.is_empty() {
            return Ok(self.settings.as_ref().map(|settings| settings.requests(default)).unwrap_or_default());
        }
        if self.output.len() > self.format.len() {
            return Err(format!(
                "{} --output but {} --format: each --output needs its --format",
                self.output.len(),
                self.format.len()
            ));
        }
        let request = |(at, &format): (usize, &Format)| Request {
            format,
            output: self.output.get(at).map_or_else(|| default.clone(), |path: &PathBuf| Output::named(path)),
        };
        Ok(self.format.iter().enumerate().map(request).collect())
    }
}

/// What to say of flags that look like hb's behind the command, where they are the go command's or a test binary's, if there are any.
pub fn misplaced(command: &str, arguments: &[OsString]) -> Option<String> {
    const OURS: [&str; 6] = ["format", "output", "baseline", "fail", "live", "delivery"];
    let gos = arguments.iter().take_while(|word| *word != "-args" && *word != "--args" && *word != "--");
    // What `go run` starts has flags of its own.
    let gos = gos.take_while(|word| command == "test" || word.as_encoded_bytes().starts_with(b"-"));
    let name = gos.filter_map(|word| word.to_str()?.strip_prefix('-')).find_map(|word| {
        let word = word.strip_prefix('-').unwrap_or(word);
        OURS.into_iter()
            .find(|name| word.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with('=')))
    })?;
    Some(format!(
        "--{name} behind {command} is none of hb's: hb's flags stand before the command, as in hb --{name} … {command}"
    ))
}

const LONG_ABOUT: &str = "\
hb finds data races in Go programs: two goroutines use the same variable, at least one writes,
and nothing orders the two. Use it wherever you would use `go run -race`, `go test -race` or
`go build -race`; reports have the same form, and exit status, output and signals are those of
the go command.

  hb test ./...              test every package of the module, reporting data races
  hb run . -flag value       build the program in this directory and run it
  hb build -o server ./cmd   build a binary that reports races by itself, wherever it runs";

/// The commands that hb takes over from the go command.
pub const TAKEN_OVER: [(&str, &str); 4] = [
    ("run", "Build a program with race detection and run it"),
    ("test", "Test packages with race detection"),
    ("build", "Build programs that report their own races"),
    ("install", "Build such programs and install them"),
];

/// The help page. The commands of the go command are listed by hand, for clap does not know them.
fn template() -> String {
    let taken_over: String = TAKEN_OVER.iter().map(|(name, what)| format!("  {name:<9} {what}\n")).collect();
    [BEFORE_COMMANDS, &taken_over, AFTER_COMMANDS].concat()
}

const BEFORE_COMMANDS: &str = "\
{about-with-newline}
{usage-heading} {usage}

Commands, with everything behind them as for the go command:
";

const AFTER_COMMANDS: &str = "  env, vet, list, mod and the others go on to the go command as they are

Commands of hb:
{subcommands}

Flags of hb, before the command:
{options}{after-help}
";

/// The examples and tables under the flags.
fn after_long_help() -> String {
    let mut text = String::from(
        "\
Examples:
  hb test -run TestCache -count=10 ./cache
  hb test -json ./... | gotestsum --raw-command cat
  CGO_ENABLED=0 hb build -o app .     a static binary, made without a C compiler
  GORACE=halt_on_error=1 hb run .
  hb -C ../service test ./...
  hb --format text --format html --output - --output races.html test ./...
  hb --format github --output - --format markdown --output $GITHUB_STEP_SUMMARY test ./...
  hb --format json --output races.json test ./...     then:
  hb report --format sarif --output races.sarif races.json
  hb baseline --reason 'statistics only, see issue 12' races.json
  hb baseline --prune races.json                      what no longer races leaves the baseline
  eval \"$(hb env --shell)\"            from here on `go test -race` is `hb test` in this shell, whoever calls it:
                                      make, an editor, gotestsum (fish: hb env --shell=fish | source)

Environment:
  GORACE          options of the race runtime, as with -race, separated by blanks: log_path exitcode
                  strip_path_prefix history_size halt_on_error atexit_sleep_ms
                  suppress_equal_stacks suppress_equal_addresses. At its end a program lets
                  goroutines run that can, for a second at most; atexit_sleep_ms=N: N ms, 0: none
  HB_GO           the go command to use, instead of `go` on PATH
  HB_CACHE        the directory for what hb prepares; default $XDG_CACHE_HOME/hb or ~/.cache/hb.
                  It may be deleted at any time
  HB_DELIVERY     as --delivery
  HB_BASELINE     as --baseline
  HB_FAIL         as --fail
  HB_LIVE         as --live
  HB_QUIET        1: as --quiet
  HB_COLOR        as --color; NO_COLOR, FORCE_COLOR and TERM=dumb are understood, too
  HB_PATHS        as --paths
  HB_CONFIG       as --config
  HB_FINDINGS, HB_ASK, HB_POLICY   set by hb for the programs it runs
  GOFLAGS, GOTOOLCHAIN, CGO_ENABLED, CC and all others mean what they mean to the go command.

Exit status: that of the go command (66 from a program in which races were found, 1 from
`hb test` and `hb run` in that case), or, from hb itself:
",
    );
    for (code, meaning) in exit_codes::TABLE {
        text.push_str(&format!("  {code}  {meaning}\n"));
    }
    text.pop();
    text
}

/// The names of hb's own commands.
pub fn names() -> Vec<String> {
    use clap::CommandFactory;
    Cli::command().get_subcommands().map(|command| command.get_name().to_owned()).collect()
}

/// What `hb help run|test|build|install` says.
pub fn topic(name: &str) -> Option<String> {
    let (what, detail) = match name {
        "run" => (
            "builds the program with race detection and runs it",
            "`hb run` exits with 1 when the program ends with another status than 0, as `go run` does,\n\
             and prints \"exit status 66\" when the program reported races.",
        ),
        "test" => (
            "tests packages with race detection",
            "A test during which a race is found fails, unless --baseline or a comment //hb:ignore covers\n\
             the race. Results are cached as with `go test`, apart from those of `go test -race`: a second\n\
             run of unchanged packages says (cached).",
        ),
        "build" => (
            "builds programs that report their own races",
            "The binary needs nothing beside it. GORACE controls it where it runs, and it exits with 66\n\
             after a race.",
        ),
        "install" => (
            "builds programs that report their own races, and installs them",
            "They go where `go install` puts programs ($GOBIN, or bin below $GOPATH), in the place of what was\n\
             installed there without race detection.",
        ),
        _ => return None,
    };
    Some(format!(
        "hb {name} {what}.\n\n\
         usage: hb [HB FLAGS] {name} [everything go {name} takes]\n\n\
         {detail}\n\n\
         Behind {name}, every flag and argument is the go command's: see `go help {name}`. hb adds -race\n\
         and an -overlay, and -ldflags=-s=false where it is to report, for the names of variables; your own\n\
         -overlay, -toolexec, -tags and -ldflags are joined with these. These contradict\n\
         it and are refused: -race=false, -msan, -asan, -compiler=gccgo.\n\n\
         `hb --help` lists hb's own flags, environment variables and exit status."
    ))
}

#[cfg(test)]
mod tests {
    use super::{Cli, Command, Output};
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_definition_is_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn what_follows_a_go_command_is_left_alone() {
        let line = ["hb", "-q", "test", "--", "-C", "--format", "--help", "-V"];
        let cli = Cli::try_parse_from(line).unwrap();
        let Command::Other(words) = cli.command else { panic!("{:?}", cli.command) };
        assert_eq!(words, line[2..]);
        assert!(cli.options.quiet && cli.options.format.is_empty());
    }

    #[test]
    fn flags_of_hb_in_the_wrong_place_are_noticed() {
        let said = |line: &str| {
            let words: Vec<_> = line.split(' ').map(std::ffi::OsString::from).collect();
            super::misplaced(words[0].to_str().unwrap(), &words[1..])
        };
        for line in ["test --format json", "test ./... -fail=never -v", "run --baseline x ."] {
            assert!(said(line).is_some(), "{line}");
        }
        for line in ["test -v -formats x", "test . -args --format json", "run . --format json", "build -o output ."] {
            assert_eq!(said(line), None, "{line}");
        }
    }

    #[test]
    fn outputs_belong_to_formats_in_order() {
        let requests = |line: &str| {
            let cli = Cli::try_parse_from(line.split(' ')).unwrap();
            cli.options.requests(&Output::Stderr)
        };
        let asked = requests("hb --format raw --output a --format sarif test").unwrap();
        assert_eq!(asked[0].output, Output::File("a".into()));
        assert_eq!(asked[1].output, Output::Stderr);
        let asked = requests("hb report --format json --output - x").unwrap();
        assert_eq!(asked[0].output, Output::Stdout);
        assert!(requests("hb --output a test").is_err());
    }
}
