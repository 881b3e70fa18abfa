//! What hb has to read: the pages of its rules; and beside the binary in a release, completions for shells and man pages, both from the definition of
//! the command line.

use crate::cli::{self, Cli};
use crate::error::HbError;
use crate::reports::Output;
use crate::streams;
use clap::{Arg, Command, CommandFactory};
use clap_complete::Shell;
use hb_report::render::Options;
use hb_report::rules::{self, Piece};
use std::ffi::OsString;
use std::fs;
use std::path::Path;

/// The command line with those commands that stand for the go command's, which clap does not know where it takes a line apart.
fn whole() -> Command {
    let taken_over = cli::TAKEN_OVER.iter().map(|(name, about)| (*name, *about));
    let go_on = crate::as_go::GO_COMMANDS.iter().filter(|name| cli::topic(name).is_none()).map(|name| (*name, ""));
    let mut all = Cli::command();
    let own = cli::names();
    for (name, about) in taken_over.chain(go_on).filter(|(name, _)| !own.iter().any(|own| own == name)) {
        let what = if about.is_empty() { format!("As go {name}") } else { about.to_owned() };
        let rest = Arg::new("arguments").num_args(0..).trailing_var_arg(true).allow_hyphen_values(true);
        let rest = rest.value_hint(clap::ValueHint::AnyPath).value_parser(clap::value_parser!(OsString));
        all = all.subcommand(Command::new(name).about(what).disable_help_flag(true).arg(rest));
    }
    all
}

/// The completions for a shell.
pub fn completions(shell: Shell) -> String {
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut whole(), "hb", &mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// Writes the man pages into `directory`: `hb.1`, and one for each command of hb's own.
///
/// # Errors
/// A file cannot be written.
pub fn write_man_pages(directory: &Path) -> Result<(), HbError> {
    let failed = |e: std::io::Error| HbError::Report(format!("cannot write man pages in {}: {e}", directory.display()));
    fs::create_dir_all(directory).map_err(failed)?;
    // The date of a page would differ from build to build.
    clap_mangen::generate_to(Cli::command(), directory).map_err(failed)
}

/// `hb explain`: the page of a rule, or the list of them.
///
/// # Errors
/// There is no such rule, or standard output takes nothing.
pub fn explain(rule: Option<&str>) -> Result<(), HbError> {
    let Some(id) = rule else {
        let line = |rule: &rules::Rule| format!("{:<28} {}\n", rule.id, rule.title());
        return streams::print(&rules::ALL.iter().map(line).collect::<String>());
    };
    let Some(rule) = rules::named(id) else {
        let nearest = rules::ALL
            .iter()
            .map(|rule| (strsim::damerau_levenshtein(rule.id, id), rule.id))
            .chain(rules::ALL.iter().map(|rule| {
                let short = rule.id.trim_start_matches("go-data-race-");
                (strsim::damerau_levenshtein(short, id), rule.id)
            }))
            .min()
            .filter(|(distance, _)| *distance <= (id.len() / 3).max(1));
        let proposal = nearest.map_or("`hb explain` lists them".to_owned(), |(_, id)| format!("did you mean {id}?"));
        return Err(HbError::Usage(format!("there is no rule {id}: {proposal}")));
    };
    let Options { color, width, .. } = Output::Stdout.options();
    let paint = |piece: Piece, text: &str| match (color, piece) {
        (false, _) => text.to_owned(),
        (true, Piece::Heading) => format!("\u{1b}[1m{text}\u{1b}[0m"),
        (true, Piece::Code) => format!("\u{1b}[36m{text}\u{1b}[0m"),
    };
    streams::print(&rule.text(paint, width.min(100)))
}
