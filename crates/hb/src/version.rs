//! `hb version`: what this binary is and what it knows.

use crate::go_env::OLDEST;

/// Prints it, for people or as one JSON object.
pub fn print(json: bool) {
    let version = env!("CARGO_PKG_VERSION");
    let (major, minor) = OLDEST;
    let oldest = format!("go{major}.{minor}");
    if json {
        let object = serde_json::json!({
            "hb": version,
            "oldest_go": oldest,
            "targets": ["linux/amd64"],
        });
        println!("{object}");
    } else {
        println!("hb {version}");
        println!("  Go:       {oldest} and newer");
        println!("  targets:  linux/amd64");
    }
}
