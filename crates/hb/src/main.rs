//! The hb command: finds data races in Go programs by running the go command with a race runtime of its own.
//!
//! It finds the toolchain that a build would use ([`go_env`]), prepares what puts the runtime in its place
//! ([`inject`]), and runs the go command with it ([`command`], [`process`]). It never links the runtime: that is
//! carried as an object and becomes part of the user's program.

mod arbiter;
mod as_go;
mod cache;
mod cli;
mod command;
mod comments;
mod config;
mod doctor;
mod error;
mod exit_codes;
mod findings;
mod fix;
mod go_env;
mod go_flags;
mod go_output;
mod inject;
mod known;
mod memory_limit;
mod outcomes;
mod overlay;
mod pages;
mod process;
mod progress;
mod quoting;
mod reports;
mod run_state;
mod streams;
mod version;

use arbiter::{Arbiter, Fail, Live, Policy};
use clap::Parser;
use clap::error::ErrorKind;
use cli::{Cli, Command, Options};
use error::HbError;
use go_flags::{Scan, Subcommand};
use hb_report::CollectOptions;
use hb_report::baseline::Baseline;
use progress::Progress;
use reports::{Format, Output, Request};
use std::ffi::OsString;
use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    // The go command starts this for each tool it runs: nothing else is to happen then.
    let arguments: Vec<OsString> = std::env::args_os().collect();
    if arguments.get(1).is_some_and(|word| word == "toolexec") {
        return inject::toolexec(&arguments[2..]);
    }
    match begin(arguments) {
        Ok(code) => code,
        Err(error) => {
            // The go command has said why it failed.
            if !matches!(error, HbError::GoFailed(_)) {
                streams::say(format_args!("hb: {error}"));
                if let Some(hint) = error.hint() {
                    streams::say(format_args!("    {hint}"));
                }
            }
            ExitCode::from(error.exit_code())
        }
    }
}

fn begin(arguments: Vec<OsString>) -> Result<ExitCode, HbError> {
    as_go::check_depth()?;
    if arguments.first().is_some_and(|name| as_go::is_called_go(name)) {
        return in_the_place_of_go(&arguments[1..]);
    }
    parsed(&arguments, perform)
}

/// Takes hb's command line apart for what is to be done with it.
fn parsed(arguments: &[OsString], done: impl FnOnce(Cli) -> Result<ExitCode, HbError>) -> Result<ExitCode, HbError> {
    let cli = match Cli::try_parse_from(arguments) {
        Ok(cli) if cli.command.reads_settings() => settled(arguments, cli)?,
        parsed => parsed,
    };
    match cli {
        Ok(cli) => done(cli),
        Err(e) => {
            let printed = e.print();
            if !matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) {
                return Ok(ExitCode::from(exit_codes::USAGE));
            }
            streams::printed(printed).map(|()| ExitCode::SUCCESS)
        }
    }
}

/// The command line with the values of the file of settings where it says nothing itself, and nor does the environment.
fn settled(arguments: &[OsString], cli: Cli) -> Result<Result<Cli, clap::Error>, HbError> {
    use clap::{CommandFactory, FromArgMatches};
    let here =
        std::env::current_dir().map_err(|e| HbError::CannotStart(format!("there is no working directory: {e}")))?;
    let here = cli.options.directory.as_ref().map_or(here.clone(), |directory| here.join(directory));
    let named = cli.options.config.as_deref();
    let Some(settings) = config::Config::find(named, &here)? else { return Ok(Ok(cli)) };
    let mut command = Cli::command();
    for (name, value) in settings.defaults() {
        command = command.mut_arg(name, |flag| flag.default_value(value));
    }
    let parsed = command.try_get_matches_from(arguments).and_then(|matches| Cli::from_arg_matches(&matches));
    Ok(parsed.map(|mut cli| {
        cli.options.settings = Some(settings);
        cli
    }))
}

/// hb called by the name of the go command: takes over what builds with `-race`, and goes on with all else. hb's own flags come from the environment.
fn in_the_place_of_go(words: &[OsString]) -> Result<ExitCode, HbError> {
    let Some(subcommand) = as_go::turned(words)? else { return Err(as_go::go_on(words)) };
    let mut line = vec![OsString::from("hb")];
    line.extend_from_slice(words);
    match parsed(&line, |cli| run_go(subcommand, &words[1..], &cli.options)) {
        Err(error @ (HbError::UnsupportedPlatform { .. } | HbError::GoTooOld { .. })) => {
            streams::say(format_args!("hb: {error}; the go command does this with its own race runtime"));
            Err(as_go::go_on(words))
        }
        outcome => outcome,
    }
}

fn perform(cli: Cli) -> Result<ExitCode, HbError> {
    if let Some(directory) = &cli.options.directory {
        std::env::set_current_dir(directory).map_err(|e| HbError::Usage(format!("-C {}: {e}", directory.display())))?;
    }
    reports::look(&cli.options)?;
    match &cli.command {
        Command::Doctor => doctor::run(&cli.options),
        Command::Version { json } => {
            streams::print(&version::page(*json))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Report { files } => {
            let mut requests = cli.options.requests(&Output::Stdout).map_err(HbError::Usage)?;
            if requests.is_empty() {
                let format = Format::Rendered(hb_report::render::Format::Text);
                requests.push(Request { format, output: Output::Stdout });
            }
            let baseline = reports::baseline(cli.options.baseline.as_deref())?;
            reports::of_files(files, &requests, baseline.as_ref())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Baseline { reason, prune, files } => {
            let path = cli.options.baseline.as_deref().unwrap_or("hb-baseline.toml".as_ref());
            let said = known::change(path, reason.as_deref(), prune.map(Into::into), files)?;
            if !cli.options.quiet {
                say_notes(&said);
            }
            Ok(ExitCode::SUCCESS)
        }
        Command::Outcomes(request) => outcomes::run(request),
        Command::Fix { apply, words } => {
            fix::run(words, *apply, cli.options.quiet)?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Explain { rule } => pages::explain(rule.as_deref()).map(|()| ExitCode::SUCCESS),
        Command::Completions { shell } => {
            streams::print(&pages::completions(*shell))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::ManPages { directory } => pages::write_man_pages(directory).map(|()| ExitCode::SUCCESS),
        Command::Help { topic } => help(topic.as_deref()),
        Command::Other(words) => match Subcommand::from_name(&words[0]) {
            Some(subcommand) => {
                let arguments = with_packages(subcommand, &words[1..], &cli.options);
                run_go(subcommand, &arguments, &cli.options)
            }
            None => other(words, &cli.options),
        },
    }
}

/// The arguments of `hb test`, with the packages of the file of settings where they name none.
fn with_packages(subcommand: Subcommand, arguments: &[OsString], options: &Options) -> Vec<OsString> {
    let mut arguments = arguments.to_vec();
    let (skip, _) = go_flags::leading_chdir(&arguments);
    if let (Subcommand::Test, Some(settings)) = (subcommand, &options.settings)
        && Scan::of(subcommand, &arguments[skip..]).first_operand.is_none()
    {
        // In front of all flags, of which some may be the test binary's own.
        arguments.splice(skip..skip, settings.packages().into_iter().map(OsString::from));
    }
    arguments
}

/// `hb help`: a page on one command, wherever it is from, or on all.
fn help(topic: Option<&str>) -> Result<ExitCode, HbError> {
    use clap::CommandFactory;
    let Some(topic) = topic else {
        streams::printed(Cli::command().print_long_help())?;
        return Ok(ExitCode::SUCCESS);
    };
    if let Some(text) = cli::topic(topic) {
        streams::print(&format!("{text}\n"))?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut all = Cli::command();
    all.build();
    if let Some(command) = all.find_subcommand_mut(topic) {
        streams::printed(command.print_long_help())?;
        return Ok(ExitCode::SUCCESS);
    }
    if as_go::GO_COMMANDS.contains(&topic) {
        return Err(as_go::go_on(&["help".into(), topic.into()]));
    }
    Err(as_go::unknown(topic.as_ref(), &cli::names()))
}

/// A command that hb does not have.
fn other(words: &[OsString], options: &Options) -> Result<ExitCode, HbError> {
    let name = words[0].to_string_lossy();
    if !as_go::GO_COMMANDS.contains(&&*name) {
        return Err(as_go::unknown(&words[0], &cli::names()));
    }
    if !options.format.is_empty() {
        return Err(HbError::Usage(format!(
            "--format says how races are shown, and {name} is the go command's: it finds none"
        )));
    }
    match as_go::asks_for_shell(&words[1..]) {
        Some(shell) if name == "env" => {
            streams::print(&as_go::shell_line(shell.as_deref())?).map(|()| ExitCode::SUCCESS)
        }
        _ => Err(as_go::go_on(words)),
    }
}

/// How hb decides on races while the program runs; `None` where it has nothing to decide.
fn policy(
    subcommand: Subcommand,
    arguments: &[OsString],
    options: &Options,
    baseline: Option<Baseline>,
    comments: impl FnOnce() -> Option<String>,
) -> Option<Policy> {
    // Nobody looks at them where they do not count.
    let comments = if matches!(options.fail, None | Some(Fail::New)) { comments() } else { None };
    let gorace = std::env::var("GORACE").ok();
    let json = Scan::of(subcommand, arguments).last("json").and_then(|flag| flag.as_bool()) == Some(true);
    let text = arbiter::wants_text(options.live, std::io::stderr().is_terminal(), gorace.as_deref(), json);
    // What tests print goes to standard output: where that is no terminal, somebody keeps it, and Go's text is to be in it.
    let kept = subcommand == Subcommand::Test && options.live == Live::Auto && !std::io::stdout().is_terminal();
    let covers = baseline.is_some() || comments.is_some();
    if !covers && options.fail.is_none() && !text && options.live != Live::None {
        return None;
    }
    let fail = options.fail.unwrap_or(if covers { Fail::New } else { Fail::All });
    let classic = (!text || kept) && options.live != Live::None;
    Some(Policy { fail, classic, text, at_once: text && subcommand == Subcommand::Run, baseline, comments })
}

/// Says what there is to say about a report, with names from the program made harmless.
fn say_notes(notes: &[String]) {
    for note in notes {
        streams::say(format_args!("hb: {}", hb_report::clean::line(note)));
    }
}

/// `hb run`, `hb test`, `hb build`, `hb install`.
fn run_go(subcommand: Subcommand, arguments: &[OsString], options: &Options) -> Result<ExitCode, HbError> {
    let mut requests = options.requests(&Output::Stderr).map_err(HbError::Usage)?;
    if let Some(misplaced) = cli::misplaced(subcommand.name(), arguments).filter(|_| !options.quiet) {
        streams::say(format_args!("hb: {misplaced}"));
    }
    let runs = subcommand.runs();
    if !runs {
        // Nothing runs, so there is nothing to report.
        requests.clear();
    }
    // Read before the run: a malformed file should not be found out after an hour of tests.
    let baseline = reports::baseline(options.baseline.as_deref().filter(|_| runs))?;
    let cache_directory = cache::directory()?;
    let want = options.delivery.map(Into::into);
    let (mut decided, known) = (None, baseline.clone());
    let mut misspelt = Vec::new();
    let mut go = command::compose(subcommand, arguments, &cache_directory, want, |sources| {
        if runs {
            decided = policy(subcommand, arguments, options, known, || {
                let found = comments::Comments::find(sources);
                misspelt.clone_from(&found.misspelt);
                found.digest()
            });
        }
        !requests.is_empty() || decided.is_some()
    })?;
    reports::check(&requests)?;
    let asked = !requests.is_empty();
    let text = decided.as_ref().is_some_and(|policy| policy.text);
    if text && subcommand == Subcommand::Test {
        requests.push(Request { format: arbiter::AFTERWARDS, output: Output::Stderr });
    }
    let read = !requests.is_empty() || decided.is_some();
    let findings = if read {
        let directory = findings::Directory::new(&cache_directory)?;
        for left in directory.left.iter().filter(|_| !options.quiet) {
            streams::say(format_args!(
                "hb: a run was killed; its races are kept for a week: hb report {}",
                left.display()
            ));
        }
        go.env.push((findings::VARIABLE.to_owned(), directory.path().as_os_str().to_owned()));
        Some(directory)
    } else {
        None
    };
    let collecting = CollectOptions { trimmed: go.trimmed.clone(), ..CollectOptions::default() };
    let mut _arbiter = None;
    if let (Some(policy), Some(findings)) = (decided, &findings) {
        if policy.fail != Fail::All {
            go.env.push((arbiter::POLICY_VARIABLE.to_owned(), arbiter::policy_key(&policy, &reports::today()).into()));
        }
        let arbiter = Arbiter::start(findings.path(), policy, collecting.clone())?;
        go.env.push((arbiter::VARIABLE.to_owned(), arbiter.path().as_os_str().to_owned()));
        _arbiter = Some(arbiter);
    }
    if !options.quiet {
        for notice in &go.notices {
            streams::say(format_args!("hb: {notice}"));
        }
        say_notes(&misspelt);
    }
    if options.verbose {
        streams::say(format_args!("hb: {}", go.to_shell_line()));
    }

    let Some(findings) = findings else { match process::become_command(go.to_command())? {} };
    let mut command = go.to_command();
    let listing = go.listing();
    let shows = !options.quiet && progress::wanted(subcommand, arguments);
    let passes = progress::passes(subcommand, arguments, asked);
    if passes {
        Progress::prepare(&mut command);
    }
    let (mut watched, started) = (None, Instant::now());
    let ended = process::run_and_wait(command, |child| {
        if passes {
            watched = Some(Progress::watch(child, findings.path(), listing, shows));
        }
    })?;
    let units = watched.map(Progress::finish);
    let (ending, elapsed) = (ended.ending, started.elapsed());
    let reported = reports::of_run(&findings, &requests, baseline.as_ref(), &collecting, |report| match subcommand {
        Subcommand::Test => run_state::of_tests(units, ended, report),
        _ => run_state::of_program(&go, ended, report, &findings),
    });
    drop(findings);
    match reported {
        // A failing run says more than a report that could not be written, but both are said.
        Err(error) if ending == process::Ending::Status(0) => return Err(error),
        Err(error) => streams::say(format_args!("hb: {error}")),
        Ok(_) if options.quiet => {}
        // What could not be built or started says so itself; there are no races to count.
        Ok(summary) if summary.processes == 0 && ending != process::Ending::Status(0) => {
            if asked && summary.cut_short {
                say_notes(&summary.notes);
            }
        }
        Ok(summary) => {
            say_notes(&summary.notes);
            if subcommand == Subcommand::Test {
                streams::say(format_args!("hb: {}; {}", summary.of_tests(), progress::clock(elapsed)));
            } else {
                streams::say(format_args!("hb: {}", summary.races));
            }
        }
    }
    process::end_like(ending)
}
