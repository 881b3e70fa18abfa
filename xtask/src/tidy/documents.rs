//! What documents say of the sources: limits, versions.

use super::{File, Found};

/// Where the constants of README's limits stand.
const LIMITS: [&str; 2] = ["crates/detector/src/limits.rs", "crates/runtime/src/limits.rs"];

/// Checks the documents.
pub fn check(files: &[File], found: &mut Found) {
    let text = |path: &str| files.iter().find(|file| file.path == path).map_or("", |file| file.text.as_str());
    let rust: String = files.iter().filter(|f| f.path.contains("/src/")).map(|f| f.text.as_str()).collect();
    limits(text("README.md"), &LIMITS.map(text).concat(), &rust, found);
    let manifests = ["Cargo.toml", "crates/runtime/Cargo.toml"].map(text);
    for key in ["rust-version", "edition", "version", "license"] {
        let values = manifests.map(|manifest| value(manifest, key));
        if values[0] != values[1] {
            found.wrong("crates/runtime/Cargo.toml", &format!("{key} is not that of the workspace: {values:?}"));
        }
    }
}

/// Each item of README's section on limits names a public constant in backquotes, and each of those in [`LIMITS`] is
/// named there.
fn limits(readme: &str, sources: &str, rust: &str, found: &mut Found) {
    let section = readme.split("\n## Limits\n").nth(1).unwrap_or_default().split("\n## ").next().unwrap_or_default();
    for item in section.split("\n- ").skip(1) {
        let first = item.lines().next().unwrap_or_default();
        // What hb does not do has no number, and what was measured has evidence.
        if !item.contains(|c: char| c.is_ascii_digit()) || item.contains("](docs/evidence/") {
            continue;
        }
        let named: Vec<&str> = item.split('`').skip(1).step_by(2).filter(|name| is_constant(name)).collect();
        if named.is_empty() {
            found.wrong("README.md", &format!("the limit {first:?} names no constant"));
        }
        for name in named.iter().filter(|name| !rust.contains(&format!("pub const {name}: "))) {
            found.wrong("README.md", &format!("the limit {name} is no public constant"));
        }
    }
    for name in sources.split("pub const ").skip(1).filter_map(|rest| rest.split(':').next()) {
        if !section.contains(&format!("`{name}`")) {
            found.wrong("README.md", &format!("its section on limits does not name {name}"));
        }
    }
}

fn is_constant(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

fn value<'a>(manifest: &'a str, key: &str) -> Option<&'a str> {
    manifest.lines().find_map(|line| line.strip_prefix(key)?.trim_start().strip_prefix('=')).map(str::trim)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_named_on_both_sides() {
        let sources = "pub const MOST: usize = 4;\n";
        let wrong = |readme: &str| {
            let mut found = Found::default();
            limits(readme, sources, sources, &mut found);
            found.wrong
        };
        assert!(wrong("\n## Limits\n\n- 4 of them (`MOST`).\n\n## Next\n").is_empty());
        assert!(wrong("\n## Limits\n\n- 4 of them.\n")[0].contains("names no constant"));
        assert!(wrong("\n## Limits\n\n- 4 (`MOST`, `LEAST`).\n")[0].contains("LEAST is no public constant"));
        assert!(wrong("\n## Limits\n\n- Plugins are not watched.\n")[0].contains("does not name MOST"));
    }
}
