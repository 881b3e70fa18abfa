//! Prints what the go command has to be told, for a toolchain given by its go command:
//! `cargo run --example inject -- GO CACHE [fast|plain|nocgo]`. One argument a line.
#[path = "../src/inject/mod.rs"]
#[allow(dead_code)]
mod inject;

use std::{env, path::Path, process::Command};

fn main() {
    let args: Vec<String> = env::args().skip(1).collect();
    if args.first().is_some_and(|a| a == "toolexec") {
        let args: Vec<_> = args[1..].iter().map(Into::into).collect();
        std::process::exit(if inject::toolexec(&args) == std::process::ExitCode::SUCCESS { 0 } else { 1 });
    }
    let out = Command::new(&args[0])
        .args(["env", "GOROOT", "GOVERSION", "GOOS", "GOARCH", "CGO_ENABLED", "GOAMD64"])
        .output()
        .unwrap();
    let text = String::from_utf8(out.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let tc = inject::Toolchain {
        goroot: lines[0].into(),
        version: lines[1].into(),
        goos: lines[2].into(),
        goarch: lines[3].into(),
        cgo_enabled: lines[4] == "1",
        goamd64: lines[5].into(),
    };
    let want = match args.get(2).map(String::as_str) {
        Some("fast") => Some(inject::Delivery::Fast),
        Some("plain") => Some(inject::Delivery::Plain),
        Some("nocgo") => Some(inject::Delivery::NoCgo),
        _ => None,
    };
    let injection = inject::prepare(&tc, Path::new(&args[1]), want).unwrap();
    let json = serde_json::json!({ "Replace": injection.overlay });
    let file = Path::new(&args[1]).join(format!("overlay-{}.json", lines[1]));
    std::fs::write(&file, json.to_string()).unwrap();
    eprintln!("{:?} {:?}", injection.delivery, injection.notices);
    for flag in injection.flags {
        println!("{flag}");
    }
    if !injection.overlay.is_empty() {
        println!("-overlay={}", file.display());
    }
    if !injection.tags.is_empty() {
        println!("-tags={}", injection.tags.join(","));
    }
    if let Some(words) = injection.toolexec {
        println!("-toolexec={}", words.join(" "));
    }
}
