//! The rules that findings are filed under, each with its page: what it is, why it matters, an example, the mend. The pages are
//! `docs/rules/ID.md`; `hb explain`, SARIF's help and the other formats take them from there.

use crate::finding::Finding;
use crate::render::sarif;

/// A rule and its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its id, which never changes: `go-data-race-map`.
    pub id: &'static str,
    /// Its page, in Markdown.
    pub page: &'static str,
}

macro_rules! rules {
    ($($id:literal),* $(,)?) => {
        /// Every rule, the general one first.
        pub const ALL: &[Rule] =
            &[$(Rule { id: $id, page: include_str!(concat!("../../../docs/rules/", $id, ".md")) }),*];
    };
}

rules![
    "go-data-race",
    "go-data-race-counter",
    "go-data-race-flag",
    "go-data-race-map",
    "go-data-race-fields",
    "go-data-race-publication",
    "go-data-race-result",
    "go-data-race-lazy-init",
    "go-data-race-loop-variable",
    "go-data-race-read-mostly",
    "go-data-race-slice",
    "go-data-race-late-write",
    "go-data-race-mixed-atomic",
    "go-data-race-waitgroup",
    "go-data-race-close",
    "go-data-race-shared-array",
];

/// The rule of this id; the part behind `go-data-race-` is enough.
pub fn named(id: &str) -> Option<&'static Rule> {
    ALL.iter().find(|rule| rule.id == id || rule.id.strip_prefix("go-data-race-") == Some(id))
}

/// The rule that a finding is filed under.
pub fn of(finding: &Finding) -> &'static Rule {
    named(sarif::RULES[sarif::rule_index(finding)].1).unwrap_or(&ALL[0])
}

impl Rule {
    /// Its name for people: the page's heading.
    pub fn title(&self) -> &'static str {
        self.page.lines().next().unwrap_or_default().trim_start_matches("# ")
    }

    /// The page's first paragraph: what it is.
    pub fn what(&self) -> &'static str {
        self.page.split("\n\n").nth(2).unwrap_or_default()
    }

    /// The page's address: in the project's repository where that is known, else the section of the memory model that the page names.
    pub fn address(&self) -> String {
        match env!("CARGO_PKG_REPOSITORY") {
            "" => {
                let (_, rest) = self.page.rsplit_once('<').unwrap_or_default();
                rest.split('>').next().unwrap_or_default().to_owned()
            }
            repository => format!("{repository}/blob/v{}/docs/rules/{}.md", env!("CARGO_PKG_VERSION"), self.id),
        }
    }

    /// The page as text for a terminal: headings, and Go code indented.
    pub fn text(&self, paint: impl Fn(Piece, &str) -> String, width: usize) -> String {
        let mut text = String::new();
        let mut code = false;
        for line in self.page.lines() {
            if line.starts_with("```") {
                code = !code;
            } else if code {
                text += &format!("    {}\n", paint(Piece::Code, &line.replace('\t', "    ")));
            } else if let Some(heading) = line.strip_prefix("## ").or_else(|| line.strip_prefix("# ")) {
                text += &format!("{}\n", paint(Piece::Heading, heading));
            } else {
                let plain = line.replace(['`', '<', '>'], "");
                crate::render::layout::wrap(&plain, width).iter().for_each(|line| text += &format!("{line}\n"));
            }
        }
        text
    }
}

/// What a part of a page is, for colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Piece {
    /// A heading.
    Heading,
    /// A line of Go.
    Code,
}

/// The list of the pages, `docs/rules/README.md`.
pub fn index() -> String {
    let mut text = String::from(
        "# Rules\n\nEach race that hb finds is filed under one of these. `hb explain RULE` prints the page; SARIF has it as the rule's help.\n\n",
    );
    for rule in ALL {
        text += &format!("- [`{0}`]({0}.md): {1}\n", rule.id, rule.title());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_page_of_the_same_shape() {
        for (_, id, ..) in sarif::RULES {
            assert!(named(id).is_some(), "{id} has no page");
        }
        for rule in ALL {
            assert!(
                rule.page.starts_with("# ") && rule.page.contains(&format!("\nRule `{}`.\n", rule.id)),
                "{}",
                rule.id
            );
            for part in ["\n## Why it matters\n", "\n## Example\n\n```go\npackage main\n", "\n## Mend\n"] {
                assert_eq!(rule.page.matches(part).count(), 1, "{}: {part:?}", rule.id);
            }
            assert_eq!(rule.page.matches("```go\n").count(), 2, "{}", rule.id);
            assert!(rule.what().len() > 40 && !rule.what().contains("##"), "{}", rule.id);
            assert!(rule.address().starts_with("https://"), "{}", rule.address());
        }
    }

    #[test]
    fn the_index_lists_all_pages() {
        let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rules");
        let stored = std::fs::read_to_string(format!("{docs}/README.md")).unwrap_or_default();
        assert_eq!(stored, index(), "write what index() gives to docs/rules/README.md");
        let mut pages: Vec<String> = std::fs::read_dir(docs)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .filter_map(|name| Some(name.strip_suffix(".md")?.to_owned()))
            .filter(|name| name != "README")
            .collect();
        pages.sort();
        let mut ids: Vec<_> = ALL.iter().map(|rule| rule.id.to_owned()).collect();
        ids.sort();
        assert_eq!(pages, ids);
    }

    #[test]
    fn short_names_are_enough() {
        assert_eq!(named("map"), named("go-data-race-map"));
        assert_eq!(named("go-data-race").unwrap().title(), "Data race");
        assert_eq!(named("no"), None);
        let text = named("map").unwrap().text(|_, text| text.to_owned(), 80);
        assert!(
            text.contains("\nMend\n") && !text.contains('`') && text.lines().all(|line| line.len() <= 100),
            "{text}"
        );
    }
}
