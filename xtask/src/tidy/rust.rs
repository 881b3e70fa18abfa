//! Rust: who may import whom, between crates and inside of them, long functions, and reasons on lint exceptions.

use std::collections::{BTreeMap, BTreeSet};

use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};

use super::{File, Found};

/// The most lines of a function.
pub const LONG: usize = 70;

/// Folders, and what nothing in them may name: ARCHITECTURE.md says why.
const KNOWS_NOTHING_OF: &[(&str, &[&str])] = &[
    ("crates/detector/src/", &["std", "hb_wire", "hb_report", "hb_model"]),
    ("crates/wire/src/", &["hb_detector", "hb_report"]),
    ("crates/runtime/src/", &["std", "hb_report", "hb_model"]),
    ("crates/model/src/", &["hb_detector", "hb_wire", "hb_report"]),
    ("crates/report/src/", &["hb_detector", "hb_wire", "hb_model"]),
    ("crates/hb/src/", &["hb_detector", "hb_wire", "hb_model"]),
    ("xtask/src/", &["hb_detector", "hb_wire", "hb_report"]),
];

/// Modules of `crates/hb/src` and what they may not import: the delivery knows nothing of how hb is asked for it.
const MODULES: &[(&str, &[&str])] = &[
    ("inject", &["cli", "command", "reports", "findings", "doctor", "overlay"]),
    ("go_flags", &["inject", "reports"]),
    ("reports", &["inject"]),
];

/// Checks every Rust file.
pub fn check(files: &[File], found: &mut Found) {
    let mut imports: BTreeMap<&str, BTreeMap<String, BTreeSet<String>>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.path.ends_with(".rs")) {
        let syntax = match syn::parse_file(&file.text) {
            Ok(syntax) => syntax,
            Err(error) => {
                found.wrong(&file.path, &format!("does not parse: {error}"));
                continue;
            }
        };
        let mut seen = Seen::default();
        seen.visit_file(&syntax);
        if seen.long > 0 {
            found.count_of("long-function", &file.path, seen.long);
        }
        for (at, line) in file.text.lines().enumerate() {
            let is_exception =
                ["#[allow(", "#![allow(", "#[expect("].iter().any(|start| line.trim().starts_with(start));
            let before = file.text.lines().nth(at.wrapping_sub(1)).unwrap_or_default().trim();
            if is_exception && !line.contains("reason = ") && !before.starts_with("// ") {
                found.wrong(&format!("{}:{}", file.path, at + 1), "a lint exception without its reason");
            }
        }
        for (folder, strangers) in KNOWS_NOTHING_OF.iter().filter(|(folder, _)| file.path.starts_with(folder)) {
            for name in strangers.iter().filter(|name| seen.names.contains(**name)) {
                found.wrong(&file.path, &format!("{folder} knows nothing of {name} (ARCHITECTURE.md)"));
            }
        }
        if let Some((krate, module)) = place(&file.path) {
            let of_module = imports.entry(krate).or_default().entry(module.to_owned()).or_default();
            of_module.extend(seen.modules.into_iter().filter(|import| import != module));
        }
    }
    for (krate, imports) in &imports {
        for circle in circles(imports) {
            found.count("circle", krate);
            found.count_of("circle-modules", krate, circle.len());
            found.circles.push(format!("{krate}: {}", circle.into_iter().collect::<Vec<_>>().join(" ")));
        }
    }
    for (module, others) in MODULES {
        let imported = imports.get("crates/hb").and_then(|modules| modules.get(*module));
        for other in others.iter().filter(|other| imported.is_some_and(|imported| imported.contains(**other))) {
            found.wrong(&format!("crates/hb/src/{module}"), &format!("imports {other}"));
        }
    }
}

/// The type of the product that has the most methods, and how many.
pub fn largest_type(files: &[File]) -> Option<(String, usize)> {
    let mut methods: BTreeMap<String, usize> = BTreeMap::new();
    for file in files.iter().filter(|file| file.path.contains("/src/") && file.path.ends_with(".rs")) {
        let Ok(syntax) = syn::parse_file(&file.text) else { continue };
        let mut seen = Seen::default();
        seen.visit_file(&syntax);
        for (name, count) in seen.methods {
            *methods.entry(name).or_default() += count;
        }
    }
    methods.into_iter().max_by_key(|(_, count)| *count)
}

/// The crate and the module of a source file: files in a folder of a module are a part of it.
fn place(path: &str) -> Option<(&str, &str)> {
    let (krate, rest) = path.split_once("/src/")?;
    let module = rest.split('/').next()?.trim_end_matches(".rs");
    Some((krate, module)).filter(|(_, module)| !["lib", "main", "bin"].contains(module))
}

/// Sets of modules that import each other, in a circle.
fn circles(imports: &BTreeMap<String, BTreeSet<String>>) -> Vec<BTreeSet<&str>> {
    let reached = |from: &str| {
        let mut reached = BTreeSet::new();
        let mut next = vec![from];
        while let Some(module) = next.pop() {
            for import in imports.get(module).into_iter().flatten().filter(|import| imports.contains_key(*import)) {
                if reached.insert(import.as_str()) {
                    next.push(import);
                }
            }
        }
        reached
    };
    let all: BTreeMap<&str, BTreeSet<&str>> = imports.keys().map(|module| (module.as_str(), reached(module))).collect();
    let mut circles: Vec<BTreeSet<&str>> = Vec::new();
    for (module, reached) in &all {
        if reached.contains(module) && !circles.iter().any(|circle| circle.contains(module)) {
            circles.push(
                all.keys().copied().filter(|other| reached.contains(other) && all[other].contains(module)).collect(),
            );
        }
    }
    circles
}

/// What is seen in a file.
#[derive(Default)]
struct Seen {
    /// Functions that are too long.
    long: usize,
    /// First parts of paths: crates, among others.
    names: BTreeSet<String>,
    /// Modules of the own crate that are named.
    modules: BTreeSet<String>,
    /// Methods, by type.
    methods: BTreeMap<String, usize>,
}

impl Seen {
    fn function(&mut self, span: proc_macro2::Span) {
        if span.end().line + 1 - span.start().line > LONG {
            self.long += 1;
        }
    }

    fn path(&mut self, parts: &[String]) {
        if let Some(first) = parts.first() {
            self.names.insert(first.clone());
        }
        if let [first, module, ..] = parts
            && first == "crate"
        {
            self.modules.insert(module.clone());
        }
    }

    fn tree(&mut self, tree: &syn::UseTree, before: &[String]) {
        let with = |name: &syn::Ident| [before, &[name.to_string()]].concat();
        match tree {
            syn::UseTree::Path(path) => self.tree(&path.tree, &with(&path.ident)),
            syn::UseTree::Name(name) => self.path(&with(&name.ident)),
            syn::UseTree::Rename(name) => self.path(&with(&name.ident)),
            syn::UseTree::Glob(_) => self.path(before),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| self.tree(tree, before)),
        }
    }
}

fn is_test(attributes: &[syn::Attribute]) -> bool {
    attributes.iter().any(|attribute| match &attribute.meta {
        syn::Meta::List(list) => list.path.is_ident("cfg") && list.tokens.to_string() == "test",
        meta => meta.path().is_ident("test"),
    })
}

impl<'ast> Visit<'ast> for Seen {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        // Tests may import whom they test.
        if !is_test(&item.attrs) {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(item.span());
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(item.span());
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        if item.trait_.is_none()
            && let syn::Type::Path(path) = &*item.self_ty
            && let Some(last) = path.path.segments.last()
        {
            let functions = item.items.iter().filter(|item| matches!(item, syn::ImplItem::Fn(_))).count();
            *self.methods.entry(last.ident.to_string()).or_default() += functions;
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.tree(&item.tree, &[]);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let parts: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if parts.len() > 1 {
            self.path(&parts);
        }
        visit::visit_path(self, path);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(files: &[(&str, &str)]) -> Found {
        let files: Vec<File> =
            files.iter().map(|(path, text)| File { path: (*path).into(), text: (*text).into() }).collect();
        let mut found = Found::default();
        check(&files, &mut found);
        found
    }

    #[test]
    fn strangers_are_found_in_uses_and_in_paths() {
        let found = look(&[
            ("crates/detector/src/a.rs", "use {std::fs, core::mem};\n"),
            ("crates/detector/src/b.rs", "fn f() { hb_wire::x() }\n"),
            ("crates/detector/src/c.rs", "#[cfg(test)]\nmod tests { use std::fs; }\n"),
            ("crates/hb/src/inject/mod.rs", "use crate::reports::x;\n"),
        ]);
        assert_eq!(found.wrong.len(), 3, "{:?}", found.wrong);
        assert!(found.wrong[0].starts_with("crates/detector/src/a.rs") && found.wrong[0].contains("std"));
        assert!(found.wrong[1].starts_with("crates/detector/src/b.rs") && found.wrong[1].contains("hb_wire"));
        assert!(found.wrong[2].contains("imports reports"));
    }

    #[test]
    fn circles_are_counted_by_crate() {
        let found = look(&[
            ("crates/x/src/a.rs", "use crate::b::B;\n"),
            ("crates/x/src/b/mod.rs", "use crate::c;\n"),
            ("crates/x/src/b/part.rs", "fn f() { crate::a::g() }\n"),
            ("crates/x/src/c.rs", "use crate::d::D;\n"),
            ("crates/x/src/d.rs", ""),
        ]);
        assert_eq!(found.sum("circle"), 1);
        assert_eq!(found.sum("circle-modules"), 2);
    }

    #[test]
    fn functions_and_exceptions() {
        let long = format!("fn f() {{\n{}}}\n", "    g();\n".repeat(69));
        assert_eq!(look(&[("crates/x/src/a.rs", &long)]).sum("long-function"), 1);
        assert_eq!(look(&[("crates/x/src/a.rs", &long.replacen("    g();\n", "", 1))]).sum("long-function"), 0);
        let without = "#[allow(dead_code)]\nfn f() {}\n";
        assert!(look(&[("a.rs", without)]).wrong[0].contains("a.rs:1: a lint exception"));
        assert!(look(&[("a.rs", &format!("// Why.\n{without}"))]).wrong.is_empty());
    }
}
