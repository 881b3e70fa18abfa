//! `hb doctor`: what is there, what hb would do with it, what is wrong and what to do about it.

use crate::cli::Options;
use crate::command::{from_goflags, toolchain};
use crate::config::{self, Config};
use crate::error::HbError;
use crate::go_env::{self, Go, GoEnv};
use crate::go_flags::Subcommand;
use crate::inject::{self, Delivery, Replaced};
use crate::{cache, memory_limit, quoting, streams};
use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit};
use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::ExitCode;

/// Collects the page and the first problem's exit status.
#[derive(Default)]
struct Page {
    text: String,
    problem: Option<u8>,
}

impl Page {
    fn say(&mut self, name: &str, text: &str) {
        self.text += &format!("{name:<12} {text}\n");
    }

    fn wrong(&mut self, name: &str, error: &HbError) {
        self.problem.get_or_insert(error.exit_code());
        self.say(name, &format!("WRONG: {error}"));
        if let Some(hint) = error.hint() {
            self.say("", &format!("-> {hint}"));
        }
    }
}

/// Prints the page. The status is 0 when hb can be used here, else that of the first problem.
///
/// # Errors
/// It cannot be printed.
pub fn run(options: &Options) -> Result<ExitCode, HbError> {
    let mut page = Page::default();
    page.say("hb", env!("CARGO_PKG_VERSION"));
    settings_line(&mut page, options);
    let cache_directory = cache_line(&mut page);
    if let Some(go) = go_lines(&mut page) {
        compiler_line(&mut page, &go.env);
        if let Some(directory) = cache_directory {
            delivery_line(&mut page, &go, &directory, options);
        }
    }
    address_space_line(&mut page);
    page.text += match page.problem {
        None => "\nhb can be used here.\n",
        Some(_) => "\nhb cannot be used here: see WRONG above.\n",
    };
    streams::print(&page.text)?;
    Ok(page.problem.map_or(ExitCode::SUCCESS, ExitCode::from))
}

fn settings_line(page: &mut Page, options: &Options) {
    let here = std::env::current_dir().unwrap_or_default();
    match Config::find(options.config.as_deref(), &here) {
        Ok(Some(settings)) => page.say("settings", &settings.path.display().to_string()),
        Ok(None) => page.say("settings", &format!("none (no {} here or above, in this repository)", config::NAME)),
        Err(error) => page.wrong("settings", &error),
    }
}

fn cache_line(page: &mut Page) -> Option<PathBuf> {
    let checked = cache::directory().and_then(|directory| {
        cache::check_writable(&directory)?;
        Ok(directory)
    });
    match checked {
        Ok(directory) => {
            page.say("cache", &format!("{} (writable)", directory.display()));
            Some(directory)
        }
        Err(error) => {
            page.wrong("cache", &error);
            None
        }
    }
}

fn go_lines(page: &mut Page) -> Option<Go> {
    let program = match go_env::find_program() {
        Ok(program) => program,
        Err(error) => {
            page.wrong("go command", &error);
            return None;
        }
    };
    page.say("go command", &program.display().to_string());
    let go = match Go::for_command(Subcommand::Build, &[]) {
        Ok(go) => go,
        Err(error) => {
            page.wrong("toolchain", &error);
            return None;
        }
    };
    let GoEnv { goversion, goroot, .. } = &go.env;
    let mut toolchain = format!("{goversion} in {}", goroot.display());
    let local = [("GOTOOLCHAIN".to_owned(), "local".into())];
    if let Ok(local) = go_env::ask(&program, None, &local)
        && local.goversion != *goversion
    {
        let file =
            [&go.env.gowork, &go.env.gomod].into_iter().find(|file| !matches!(file.as_str(), "" | "off" | "/dev/null"));
        let by = match file {
            Some(file) => format!("{file} or GOTOOLCHAIN={}", go.env.gotoolchain),
            None => format!("GOTOOLCHAIN={}", go.env.gotoolchain),
        };
        toolchain.push_str(&format!(", switched from {} by {by}", local.goversion));
    }
    page.say("toolchain", &toolchain);
    page.say("target", &format!("{}/{} {}", go.env.goos, go.env.goarch, go.env.goamd64));
    Some(go)
}

fn compiler_line(page: &mut Page, env: &GoEnv) {
    let words = quoting::split(&env.cc).unwrap_or_default();
    let found = words.first().and_then(|word| {
        let path = PathBuf::from(word);
        if path.is_absolute() { path.is_file().then_some(path) } else { go_env::on_path(OsStr::new(word)) }
    });
    let cgo = if env.cgo_enabled == "1" { "cgo is on" } else { "cgo is off" };
    page.say(
        "C compiler",
        &match found {
            Some(path) => format!("{} ({cgo})", path.display()),
            None => format!("none ({cgo}); hb itself needs none"),
        },
    );
}

fn delivery_line(page: &mut Page, go: &Go, directory: &std::path::Path, options: &Options) {
    let want = options.delivery.map(Into::into);
    let replaced = from_goflags(go).unwrap_or_else(|error| {
        page.wrong("GOFLAGS", &error);
        Replaced::new()
    });
    match inject::prepare(&toolchain(go), directory, want, &replaced) {
        Ok(injection) => {
            let (name, why) = match injection.delivery {
                Delivery::Fast => ("fast", "the toolchain's runtime files are known"),
                Delivery::Plain => ("plain", "the fast way is not open to this toolchain"),
                Delivery::NoCgo => ("nocgo", "cgo is off"),
            };
            let why = if want.is_some() { "as asked" } else { why };
            page.say("delivery", &format!("{name}: {why}"));
            for notice in &injection.notices {
                page.say("", notice);
            }
            for edit in &injection.left_out {
                page.say("left out", edit);
            }
        }
        Err(error) => page.wrong("delivery", &error.into()),
    }
}

fn address_space_line(page: &mut Page) {
    let mut limited = false;
    for (resource, name) in [(Resource::RLIMIT_AS, "ulimit -v"), (Resource::RLIMIT_DATA, "ulimit -d")] {
        let soft = match getrlimit(resource) {
            Ok((RLIM_INFINITY, _)) | Err(_) => continue,
            Ok((soft, _)) => soft >> 20,
        };
        limited = true;
        page.say(
            "addresses",
            &format!(
                "LIMITED to {soft} MB ({name}): a program under hb needs twice as much for its heap as without,\n\
                 {:<12} and says so when it cannot have it; then run it under `{name} unlimited`",
                ""
            ),
        );
    }
    if !limited {
        page.say("addresses", "not limited");
    }
    if std::fs::read_to_string("/proc/sys/vm/overcommit_memory").is_ok_and(|mode| mode.trim() == "2") {
        page.say("", "the system does not overcommit memory (vm.overcommit_memory=2), so what is mapped counts, not what is used");
    }
    if let Some(bytes) = memory_limit::of_this_process() {
        page.say(
            "memory",
            &format!(
                "LIMITED to {} MB by a control group (a container, a service): a program under hb needs about twice\n\
                 {:<12} the memory that it needs without; beyond the limit the kernel kills it (`signal: killed`)",
                bytes >> 20,
                ""
            ),
        );
    }
}
