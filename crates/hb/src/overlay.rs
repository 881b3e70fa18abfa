//! The file for the go command's `-overlay` flag: hb's replacements, joined with the user's own.
//!
//! The format is one JSON object, `{"Replace": {"/path/seen": "/path/read"}}`, where an empty path deletes a file and
//! relative paths count from the directory the go command works in.

use crate::cache;
use crate::error::HbError;
use crate::inject::Replaced;
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Writes the overlay `ours`, joined with the user's, and gives the file's path. A file that both replace is taken from `ours`, which was made
/// from the user's.
///
/// # Errors
/// The user's overlay replaces a directory that hb replaces files of, or the other way round; or the cache cannot be written.
pub fn write(
    ours: &BTreeMap<PathBuf, PathBuf>,
    users: Option<(&Path, Replaced)>,
    cache_directory: &Path,
) -> Result<PathBuf, HbError> {
    let (file, mut joined) = users.unwrap_or((Path::new(""), Replaced::new()));
    for (seen, read) in ours {
        // A file replaced by the user above or below one of ours would hide it just as well.
        let hides = |theirs: &&PathBuf| *theirs != seen && (theirs.starts_with(seen) || seen.starts_with(theirs));
        if let Some(clash) = joined.keys().find(hides) {
            return Err(HbError::Usage(format!(
                "the overlay {} replaces {}, which hb has to replace itself to detect races",
                file.display(),
                clash.display()
            )));
        }
        joined.insert(seen.clone(), read.clone());
    }
    let text = |path: PathBuf| {
        path.into_os_string().into_string().map_err(|path| {
            HbError::Toolchain(format!("{} is not UTF-8, so it cannot stand in an overlay file", path.display()))
        })
    };
    let mut replace = Map::new();
    for (seen, read) in joined {
        replace.insert(text(seen)?, Value::String(text(read)?));
    }
    // Of the user's file only this member is taken over. Go knows no other; one that it may add later would not be
    // joined by copying it.
    let file = serde_json::json!({ "Replace": replace });
    let content = serde_json::to_vec_pretty(&file).expect("a tree of strings can be written");
    let name = format!("{}.json", cache::content_name(&content));
    cache::ensure_file(&cache_directory.join("overlay"), &name, &content)
}

/// The replacements of a user's overlay file with absolute, clean paths; an empty path stays empty. `working_directory` is the one the go
/// command will work in.
///
/// # Errors
/// The file cannot be read, or is no overlay.
pub fn read(file: &Path, working_directory: &Path) -> Result<Replaced, HbError> {
    let say = |what: String| HbError::Usage(format!("the overlay {} {what}", file.display()));
    let content = fs::read(working_directory.join(file)).map_err(|e| say(format!("cannot be read: {e}")))?;
    let wrong = |e: serde_json::Error| say(format!("is not as it should be: {e}"));
    let mut members: Map<String, Value> = serde_json::from_slice(&content).map_err(wrong)?;
    // Go takes the member's name in any case, and null for nothing.
    let replace = members
        .iter_mut()
        .find(|(name, _)| name.eq_ignore_ascii_case("Replace"))
        .map_or(Value::Null, |(_, value)| value.take());
    let replace: Option<BTreeMap<String, String>> = serde_json::from_value(replace).map_err(wrong)?;
    let mut clean = BTreeMap::new();
    for (seen, read) in replace.unwrap_or_default() {
        if seen.is_empty() {
            return Err(say("replaces a file without a name".into()));
        }
        let read = if read.is_empty() { PathBuf::new() } else { absolute(working_directory, &read) };
        if clean.insert(absolute(working_directory, &seen), read).is_some() {
            return Err(say(format!("names {seen} twice")));
        }
    }
    Ok(clean)
}

/// `path` seen from `base`, without `.` and `..`, by the letters of the path alone: as the go command does it.
fn absolute(base: &Path, path: &str) -> PathBuf {
    let mut clean = PathBuf::new();
    for component in base.join(path).components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                clean.pop();
            }
            other => clean.push(other),
        }
    }
    clean
}

#[cfg(test)]
mod tests {
    use super::{absolute, read, write};
    use crate::error::HbError;
    use std::collections::BTreeMap;
    use std::fs;
    use std::path::{Path, PathBuf};

    fn ours() -> BTreeMap<PathBuf, PathBuf> {
        BTreeMap::from([("/go/src/runtime/race.go".into(), "/c/race.go".into())])
    }

    fn join(file: &str, dir: &Path) -> Result<PathBuf, HbError> {
        let file = Path::new(file);
        write(&ours(), Some((file, read(file, dir)?)), dir)
    }

    #[test]
    fn the_users_paths_count_from_the_working_directory() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("o.json"), r#"{"replace": {"../x.go": "./y z.go", "/gone.go": ""}}"#).unwrap();
        let path = join("o.json", dir.path()).unwrap();
        let joined: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let replace = joined["Replace"].as_object().unwrap();
        let parent = dir.path().parent().unwrap();
        assert_eq!(replace.len(), 3);
        assert_eq!(replace[parent.join("x.go").to_str().unwrap()], dir.path().join("y z.go").to_str().unwrap());
        assert_eq!(replace["/gone.go"], "");
        assert_eq!(replace["/go/src/runtime/race.go"], "/c/race.go");
    }

    #[test]
    fn what_is_not_an_overlay_and_what_clashes_is_said() {
        let dir = tempfile::tempdir().unwrap();
        let say = |content: &str| {
            fs::write(dir.path().join("o"), content).unwrap();
            join("o", dir.path()).unwrap_err().to_string()
        };
        assert!(say("{").contains("is not as it should be"));
        assert!(say("[]").contains("is not as it should be"));
        assert!(say(r#"{"Replace": 1}"#).contains("is not as it should be"));
        assert!(say(r#"{"Replace": {"": "x"}}"#).contains("without a name"));
        assert!(say(r#"{"Replace": {"a": "x", "./a": "y"}}"#).contains("twice"));
        assert!(say(r#"{"Replace": {"/go/src/runtime": "/x"}}"#).contains("has to replace"));
        fs::remove_file(dir.path().join("o")).unwrap();
        let missing = join("o", dir.path());
        assert!(missing.unwrap_err().to_string().contains("cannot be read"));
    }

    #[test]
    fn what_was_made_from_the_users_file_takes_its_place() {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join("o"), r#"{"Replace": {"/go/src/runtime/race.go": "/mine.go"}}"#).unwrap();
        let joined = fs::read_to_string(join("o", dir.path()).unwrap()).unwrap();
        assert!(joined.contains("/c/race.go") && !joined.contains("/mine.go"), "{joined}");
    }

    #[test]
    fn cleaning_is_by_letters() {
        assert_eq!(absolute(Path::new("/a/b"), "./../c/./d"), Path::new("/a/c/d"));
        assert_eq!(absolute(Path::new("/a"), "/x/../.."), Path::new("/"));
    }
}
