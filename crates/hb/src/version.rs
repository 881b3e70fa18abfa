//! `hb version`: what this binary is and what it knows.

use crate::cache::content_name;
use crate::go_env::OLDEST;

/// The runtime that this hb puts into programs.
const RUNTIME: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/runtime.blob"));

/// The page, for people or as one JSON object.
pub fn page(json: bool) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let (major, minor) = OLDEST;
    let oldest = format!("go{major}.{minor}");
    // Two builds of hb with the same number may carry different runtimes; the name tells them apart.
    let runtime = content_name(RUNTIME);
    if json {
        let object = serde_json::json!({
            "hb": version,
            "runtime": runtime,
            "runtime_bytes": RUNTIME.len(),
            "oldest_go": oldest,
            "targets": ["linux/amd64"],
        });
        format!("{object}\n")
    } else {
        format!(
            "hb {version}\n  runtime:  {runtime} ({} bytes)\n  Go:       {oldest} and newer\n  targets:  linux/amd64\n",
            RUNTIME.len()
        )
    }
}
