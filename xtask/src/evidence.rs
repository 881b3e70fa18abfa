//! The committed tables in `docs/evidence`: rows in a JSON file, so that a single one can be measured anew, and a page on
//! which a table made of them stands between two marker lines, beside what people wrote.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// The rows of a table, by name, as a file in `docs/evidence` keeps them.
pub struct Rows {
    path: PathBuf,
    rows: BTreeMap<String, Value>,
}

impl Rows {
    /// The rows of `file`, none where there is no such file yet. An error names a file that is not readable as rows.
    pub fn load(file: &str) -> Result<Rows, String> {
        let path = directory().join(file);
        let rows = match std::fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|e| format!("{}: {e}", path.display()))?,
            Err(_) => BTreeMap::new(),
        };
        Ok(Rows { path, rows })
    }

    /// The row of this name.
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.rows.get(name)
    }

    /// Replaces a row, and writes the file.
    pub fn put(&mut self, name: &str, row: Value) -> Result<(), String> {
        self.rows.insert(name.to_owned(), row);
        let text = serde_json::to_string_pretty(&self.rows).expect("rows are plain values");
        write(&self.path, &(text + "\n"))
    }
}

/// The directory of the committed tables.
fn directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace").join("docs/evidence")
}

/// Fails if `--only` names something that is not among `names`.
pub fn all_known<'a>(only: &[String], names: impl IntoIterator<Item = &'a str>) -> Result<(), String> {
    let names: Vec<_> = names.into_iter().collect();
    match only.iter().find(|name| !names.contains(&name.as_str())) {
        Some(unknown) => Err(format!("--only: there is no {unknown} among {}", names.join(", "))),
        None => Ok(()),
    }
}

/// The abbreviated commit from which hb is taken to be built, or what `HB_COMMIT` says.
pub fn commit() -> String {
    if let Ok(commit) = std::env::var("HB_COMMIT") {
        return commit;
    }
    let output = Command::new("git").args(["rev-parse", "--short", "HEAD"]).output();
    output.map_or_else(|_| "unknown".to_owned(), |o| String::from_utf8_lossy(&o.stdout).trim().to_owned())
}

const BEGIN: &str = "<!-- table: written by xtask -->";
const END: &str = "<!-- end of table -->";

/// Puts `text` between the marker lines of a file in `docs/evidence`; what stands around them stays.
pub fn put_table(file: &str, text: &str) -> Result<(), String> {
    let path = directory().join(file);
    let page = std::fs::read_to_string(&path).unwrap_or_else(|_| format!("{BEGIN}\n{END}\n"));
    let page = replace_between(&page, text).ok_or_else(|| format!("{}: marker lines are missing", path.display()))?;
    write(&path, &page)
}

fn replace_between(page: &str, text: &str) -> Option<String> {
    let (before, rest) = page.split_once(BEGIN)?;
    let (_, after) = rest.split_once(END)?;
    Some(format!("{before}{BEGIN}\n\n{}\n\n{END}{after}", text.trim()))
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::create_dir_all(path.parent().expect("a file in a directory"))
        .and_then(|()| std::fs::write(path, text))
        .map_err(|e| format!("{}: {e}", path.display()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_replaces_only_what_stands_between_the_marks() {
        let page = format!("head\n{BEGIN}\nold\n{END}\ntail\n");
        let once = replace_between(&page, "new").expect("marks");
        assert_eq!(once, format!("head\n{BEGIN}\n\nnew\n\n{END}\ntail\n"));
        assert_eq!(replace_between(&once, "new").as_deref(), Some(once.as_str()));
        assert_eq!(replace_between("no marks", "new"), None);
    }
}
