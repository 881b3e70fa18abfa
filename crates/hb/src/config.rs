//! `hb.toml`: what a repository has settled for all who run hb in it. Its schema is `docs/hb-toml.schema.json`, its manual `docs/hb-toml.md`.
//!
//! The nearest one counts, from the working directory upwards to the top of the repository (the directory with `.git`); outside of one, to the root.
//! Flags and environment win over it: its values take the place of hb's own defaults.

use crate::arbiter::{Fail, Live};
use crate::cli::{Color, Way};
use crate::error::HbError;
use crate::reports::{Format, Output, Request};
use clap::ValueEnum;
use hb_report::render::Level;
use hb_report::rules;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// The file's name.
pub const NAME: &str = "hb.toml";

/// What a file says.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, rename_all = "kebab-case")]
pub struct Config {
    /// Where it stands.
    #[serde(skip)]
    pub path: PathBuf,
    /// Which races fail a run.
    #[serde(deserialize_with = "named")]
    pub fail: Option<Named<Fail>>,
    /// What is printed as races are found.
    #[serde(deserialize_with = "named")]
    pub live: Option<Named<Live>>,
    /// How the runtime gets into programs.
    #[serde(deserialize_with = "named")]
    pub delivery: Option<Named<Way>>,
    /// Whether text has colours.
    #[serde(deserialize_with = "named")]
    pub color: Option<Named<Color>>,
    /// The races that are known; from the file's directory.
    pub baseline: Option<PathBuf>,
    /// What paths in reports are relative to.
    pub paths: Option<String>,
    /// The reports of each run.
    pub report: Vec<Report>,
    /// How grave a race is taken, by rule.
    pub rules: BTreeMap<Rule, RuleLevel>,
    /// Of `hb test`.
    pub test: Test,
}

/// A report that each run writes.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Report {
    /// In which form.
    pub format: FormatName,
    /// To which file, from this one's directory; `-` is standard output. Without it, standard error.
    pub output: Option<PathBuf>,
}

/// What `hb test` does where its command line does not say.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Test {
    /// The packages; those that begin with `./` from this file's directory.
    pub packages: Vec<String>,
}

/// A word of a list, with the value that it stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named<T>(pub T, pub String);

impl<'de, T: ValueEnum> Deserialize<'de> for Named<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        match T::from_str(&name, false) {
            Ok(value) => Ok(Self(value, name)),
            Err(_) => {
                let names = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
                let names: Vec<String> = names.map(|value| value.get_name().to_owned()).collect();
                Err(D::Error::custom(format!("{name:?} is none of {}", names.join(", "))))
            }
        }
    }
}

fn named<'de, D: Deserializer<'de>, T: ValueEnum>(deserializer: D) -> Result<Option<Named<T>>, D::Error> {
    Named::deserialize(deserializer).map(Some)
}

/// A format by its name.
#[derive(Clone, Copy, Debug)]
pub struct FormatName(pub Format);

impl<'de> Deserialize<'de> for FormatName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Format::from_str(&name).map(Self).map_err(D::Error::custom)
    }
}

/// A level by its name.
#[derive(Clone, Copy, Debug)]
pub struct RuleLevel(pub Level);

impl<'de> Deserialize<'de> for RuleLevel {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        let names = Level::ALL.map(Level::name).join(", ");
        let level = Level::ALL.into_iter().find(|level| level.name() == name);
        level.map(Self).ok_or_else(|| D::Error::custom(format!("{name:?} is none of {names}")))
    }
}

/// The id of a rule that there is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rule(pub String);

impl<'de> Deserialize<'de> for Rule {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let id = String::deserialize(deserializer)?;
        match rules::named(&id) {
            Some(rule) => Ok(Self(rule.id.to_owned())),
            None => Err(D::Error::custom(format!("there is no rule {id:?}: `hb explain` lists them"))),
        }
    }
}

impl Config {
    /// The file that counts: the one named, none where that is `off`, else the nearest `hb.toml` from `here` upwards.
    ///
    /// # Errors
    /// It cannot be read, or does not say what such a file can say; the message has line and column.
    pub fn find(named: Option<&Path>, here: &Path) -> Result<Option<Self>, HbError> {
        let path = match named {
            Some(path) if path == Path::new("off") => return Ok(None),
            Some(path) => path.to_owned(),
            None => match nearest(here) {
                Some(path) => path,
                None => return Ok(None),
            },
        };
        let wrong = |problem: String| HbError::Usage(format!("{}: {problem}", path.display()));
        let text = fs::read_to_string(&path).map_err(|e| wrong(e.to_string()))?;
        let mut config = Self::parse(&text).map_err(wrong)?;
        config.path = std::path::absolute(&path).map_err(|e| wrong(e.to_string()))?;
        Ok(Some(config))
    }

    fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start);
            format!("{}: {}", hb_report::baseline::position(text, at), error.message())
        })
    }

    /// The directory from which its paths count.
    fn directory(&self) -> &Path {
        self.path.parent().unwrap_or(Path::new("/"))
    }

    /// The baseline's path.
    pub fn baseline(&self) -> Option<PathBuf> {
        Some(self.directory().join(self.baseline.as_ref()?))
    }

    /// The reports asked for; `default` is where those without an output go.
    pub fn requests(&self, default: &Output) -> Vec<Request> {
        let request = |report: &Report| Request {
            format: report.format.0,
            output: match &report.output {
                None => default.clone(),
                Some(path) if path == Path::new("-") => Output::Stdout,
                Some(path) => Output::File(self.directory().join(path)),
            },
        };
        self.report.iter().map(request).collect()
    }

    /// The packages that `hb test` is about where it is given none.
    pub fn packages(&self) -> Vec<String> {
        let from_here = |pattern: &String| match pattern.strip_prefix("./") {
            Some(rest) => format!("{}/{rest}", self.directory().display()),
            None => pattern.clone(),
        };
        self.test.packages.iter().map(from_here).collect()
    }

    /// Flags of hb with the values of the file, by name, for those to take the place of hb's defaults.
    pub fn defaults(&self) -> Vec<(&'static str, String)> {
        let word = |name, value: Option<&String>| value.map(|value| (name, value.clone()));
        let baseline = self.baseline().map(|path| path.to_string_lossy().into_owned());
        // A directory counts from the file; the words for places do not.
        let paths = self.paths.as_ref().map(|paths| match paths.as_str() {
            "here" | "repository" | "absolute" => paths.clone(),
            directory => self.directory().join(directory).to_string_lossy().into_owned(),
        });
        [
            word("fail", self.fail.as_ref().map(|named| &named.1)),
            word("live", self.live.as_ref().map(|named| &named.1)),
            word("delivery", self.delivery.as_ref().map(|named| &named.1)),
            word("color", self.color.as_ref().map(|named| &named.1)),
            word("baseline", baseline.as_ref()),
            word("paths", paths.as_ref()),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// The levels by rule.
    pub fn levels(&self) -> BTreeMap<String, Level> {
        self.rules.iter().map(|(rule, level)| (rule.0.clone(), level.0)).collect()
    }
}

/// The nearest file from `here` upwards.
fn nearest(here: &Path) -> Option<PathBuf> {
    for directory in here.ancestors() {
        let path = directory.join(NAME);
        if path.is_file() {
            return Some(path);
        }
        if is_top(directory) {
            break;
        }
    }
    None
}

/// The top of the repository that `here` is in.
pub fn repository(here: &Path) -> Option<&Path> {
    here.ancestors().find(|directory| is_top(directory))
}

fn is_top(directory: &Path) -> bool {
    [".git", ".hg", ".jj"].iter().any(|name| directory.join(name).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_have_line_and_column() {
        for (text, wanted) in [
            ("fail = \"maybe\"\n", "line 1, column 8: \"maybe\" is none of new, all, never"),
            ("\nfial = \"new\"\n", "line 2, column 1: unknown field `fial`"),
            ("[[report]]\nformat = \"sarf\"\n", "line 2, column 10: unknown format \"sarf\"; one of text"),
            ("[[report]]\noutput = \"x\"\n", "line 1, column 1: missing field `format`"),
            ("[rules]\ngo-data-race-no = \"error\"\n", "line 2, column 1: there is no rule \"go-data-race-no\""),
            ("[rules]\ngo-data-race-map = \"fatal\"\n", "line 2, column 20: \"fatal\" is none of error, warning, note"),
            ("[test]\npackages = \"./...\"\n", "line 2, column 12: invalid type"),
            ("fail = new\n", "line 1, column 8"),
        ] {
            let error = Config::parse(text).unwrap_err();
            assert!(error.starts_with(wanted), "{text:?}: {error}");
        }
    }

    #[test]
    fn the_nearest_file_below_the_top_of_the_repository_counts() {
        let root = tempfile::tempdir().unwrap();
        let deep = root.path().join("r/a/b");
        fs::create_dir_all(&deep).unwrap();
        fs::write(root.path().join(NAME), "").unwrap();
        assert_eq!(nearest(&deep), Some(root.path().join(NAME)));
        fs::create_dir(root.path().join("r/.git")).unwrap();
        assert_eq!(nearest(&deep), None);
        fs::write(
            root.path().join("r").join(NAME),
            "baseline = \"known.toml\"\n[test]\npackages = [\"./a/...\", \"std\"]\n",
        )
        .unwrap();
        let config = Config::find(None, &deep).unwrap().unwrap();
        let top = root.path().join("r");
        assert_eq!(config.baseline(), Some(top.join("known.toml")));
        assert_eq!(config.packages(), [format!("{}/a/...", top.display()), "std".to_owned()]);
        assert!(Config::find(Some(Path::new("off")), &deep).unwrap().is_none());
        assert!(Config::find(Some(Path::new("no/such")), &deep).is_err());
    }
}
