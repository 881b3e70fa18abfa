//! Edits of source files, what they look like to a reader, and imports.

use super::Refused;
use crate::explain::fingerprint::fnv;
use crate::finding::{FileFix, Fix, TextEdit};
use crate::source::syntax::{children, text};
use crate::source::{Package, SourceFile};
use std::collections::BTreeMap;

/// Most lines of a change that a report shows.
const SHOWN: usize = 12;

/// Edits being collected, by file.
#[derive(Default)]
pub struct Edits {
    files: BTreeMap<usize, Vec<(usize, usize, String)>>,
}

impl Edits {
    /// Replaces a range of a file of the package.
    pub fn replace(&mut self, file: usize, range: (usize, usize), text: impl Into<String>) {
        self.files.entry(file).or_default().push((range.0, range.1, text.into()));
    }

    /// Inserts before a byte.
    pub fn insert(&mut self, file: usize, at: usize, text: impl Into<String>) {
        self.replace(file, (at, at), text);
    }

    /// Sees to it that every file that is edited imports a package by its usual name.
    ///
    /// # Errors
    /// The name means something else in one of them.
    pub fn import(&mut self, package: &Package, path: &str) -> Result<(), Refused> {
        let files: Vec<usize> = self.files.keys().copied().collect();
        for file in files {
            self.import_into(package, file, path)?;
        }
        Ok(())
    }

    fn import_into(&mut self, package: &Package, index: usize, path: &str) -> Result<(), Refused> {
        let file = &package.files[index].1;
        let name = path.rsplit('/').next().unwrap_or(path);
        // Only where an edit speaks of it.
        let dotted = format!("{name}.");
        if !self.files[&index].iter().any(|(_, _, text)| text.contains(&dotted)) {
            return Ok(());
        }
        let Some(root) = file.root() else { return Err(Refused::new("the file cannot be read as Go")) };
        if package.variable(name).is_some() || package.function(name).is_some() || package.type_named(name).is_some() {
            return Err(Refused::new(format!("{name} means something else in the package")));
        }
        let mut shadowed = false;
        crate::source::syntax::walk(root, &mut |node| {
            if node.kind() == "identifier"
                && text(file, node) == name
                && node.parent().is_some_and(|parent| {
                    matches!(parent.kind(), "parameter_declaration" | "var_spec" | "const_spec")
                        || parent.parent().is_some_and(|above| {
                            matches!(above.kind(), "short_var_declaration" | "range_clause")
                                && above.child_by_field_name("left") == Some(parent)
                        })
                })
            {
                shadowed = true;
            }
            true
        });
        if shadowed {
            return Err(Refused::new(format!("{name} is also the name of a variable in the file")));
        }
        let declarations: Vec<_> =
            children(root).into_iter().filter(|node| node.kind() == "import_declaration").collect();
        let specs: Vec<_> = declarations
            .iter()
            .flat_map(|declaration| children(*declaration))
            .flat_map(|child| if child.kind() == "import_spec_list" { children(child) } else { vec![child] })
            .collect();
        let quoted = format!("\"{path}\"");
        for spec in &specs {
            if spec.child_by_field_name("path").is_some_and(|node| text(file, node) == quoted) {
                return match spec.child_by_field_name("name") {
                    None => Ok(()),
                    Some(_) => Err(Refused::new(format!("{path} is imported under another name"))),
                };
            }
        }
        let before = |spec: &&tree_sitter::Node<'_>| {
            spec.child_by_field_name("path")
                .is_some_and(|node| text(file, node) < quoted.as_str() && !text(file, node).contains('.'))
        };
        match (declarations.first(), specs.iter().rfind(before).or(specs.first())) {
            (Some(declaration), Some(spec)) => {
                let grouped = text(file, *declaration).contains('(');
                let first = !specs.iter().any(|spec| before(&spec));
                if grouped && first {
                    self.insert(index, spec.start_byte(), format!("{quoted}\n\t"));
                } else if grouped {
                    self.insert(index, spec.end_byte(), format!("\n\t{quoted}"));
                } else {
                    let own = text(file, *spec);
                    let (a, b) = if first { (quoted.as_str(), own) } else { (own, quoted.as_str()) };
                    let range = (declaration.start_byte(), declaration.end_byte());
                    self.replace(index, range, format!("import (\n\t{a}\n\t{b}\n)"));
                }
            }
            _ => {
                let clause = children(root).into_iter().find(|node| node.kind() == "package_clause");
                let Some(clause) = clause else { return Err(Refused::new("the file has no package clause")) };
                self.insert(index, clause.end_byte(), format!("\n\nimport {quoted}"));
            }
        }
        Ok(())
    }

    /// The edits in their order, if no two of them touch the same text.
    ///
    /// # Errors
    /// Two overlap, or there is none.
    pub fn finish(mut self, package: &Package) -> Result<(Fix, Vec<String>), Refused> {
        let mut fix = Fix::default();
        let mut shown = Vec::new();
        for (index, edits) in &mut self.files {
            let (name, file) = &package.files[*index];
            // What is inserted at one place stays in the order in which it was asked for.
            edits.sort_by_key(|edit| (edit.0, edit.1));
            edits.dedup();
            if edits.windows(2).any(|pair| pair[0].1 > pair[1].0) {
                return Err(Refused::new("two changes would touch the same text"));
            }
            shown.extend(lines(file, edits));
            let edits = edits.iter().map(|(start, end, text)| edit(file, *start, *end, text)).collect();
            fix.files.push(FileFix { file: name.display().to_string(), digest: digest(&file.text), edits });
        }
        if fix.files.is_empty() {
            return Err(Refused::new("nothing to change was found"));
        }
        if shown.len() > SHOWN {
            let more = shown.len() - SHOWN;
            shown.truncate(SHOWN);
            shown.push(format!("… and {more} more line{}", if more == 1 { "" } else { "s" }));
        }
        Ok((fix, shown))
    }
}

/// What tells whether a file is still the one that an edit was made for.
pub fn digest(text: &str) -> String {
    format!("{:016x}", fnv(text))
}

fn edit(file: &SourceFile, start: usize, end: usize, text: &str) -> TextEdit {
    let place = |byte: usize| {
        let line = file.line_of(byte);
        let before = file.text.get(file.line_start(line)..byte).unwrap_or_default();
        (line, before.chars().count() as u32 + 1)
    };
    TextEdit { bytes: (start, end), from: place(start), to: place(end), text: text.to_owned() }
}

/// The lines that edits take away and put in their place.
fn lines(file: &SourceFile, edits: &[(usize, usize, String)]) -> Vec<String> {
    let mut shown = Vec::new();
    let mut at = 0;
    while at < edits.len() {
        let first = file.line_of(edits[at].0);
        let mut last = file.line_of(edits[at].1);
        let mut end = at + 1;
        while end < edits.len() && file.line_of(edits[end].0) <= last {
            last = last.max(file.line_of(edits[end].1));
            end += 1;
        }
        let (from, to) = (file.line_start(first), file.line_start(last) + file.line(last).map_or(0, str::len));
        let old = file.text.get(from..to).unwrap_or_default();
        let mut new = old.to_owned();
        for (start, stop, text) in edits[at..end].iter().rev() {
            new.replace_range(start - from..stop - from, text);
        }
        let imports = old.contains("import") || new.lines().all(|line| line.trim().starts_with('"'));
        if !imports {
            let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
            let same = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
            let rest = old.len().min(new.len()) - same;
            let tail = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(a, b)| a == b).count();
            shown.extend(old[same..old.len() - tail].iter().map(|line| format!("- {}", line.trim())));
            shown.extend(new[same..new.len() - tail].iter().map(|line| format!("+ {}", line.trim())));
        }
        at = end;
    }
    shown.retain(|line| line.len() > 2);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::rc::Rc;

    fn imported(source: &str, path: &str) -> String {
        let file = Rc::new(SourceFile::new(source.to_owned()));
        let package = Package { files: vec![("a.go".into(), file)], language: None };
        let mut edits = Edits::default();
        edits.insert(0, source.len(), "var a sync.Mutex; var b atomic.Bool\n");
        if let Err(refused) = edits.import(&package, path) {
            return refused.why;
        }
        let (fix, _) = edits.finish(&package).unwrap();
        fix.files[0].apply(source).unwrap().replace("var a sync.Mutex; var b atomic.Bool\n", "")
    }

    #[test]
    fn imports_are_added_where_gofmt_wants_them() {
        assert_eq!(imported("package p\n", "sync"), "package p\n\nimport \"sync\"\n");
        assert_eq!(
            imported("package p\n\nimport \"fmt\"\n", "sync"),
            "package p\n\nimport (\n\t\"fmt\"\n\t\"sync\"\n)\n"
        );
        let group = "package p\n\nimport (\n\t\"fmt\"\n\t\"time\"\n)\n";
        assert_eq!(imported(group, "sync"), "package p\n\nimport (\n\t\"fmt\"\n\t\"sync\"\n\t\"time\"\n)\n");
        assert_eq!(
            imported(group, "bytes/sync"),
            "package p\n\nimport (\n\t\"bytes/sync\"\n\t\"fmt\"\n\t\"time\"\n)\n"
        );
        assert_eq!(imported("package p\n\nimport \"sync\"\n", "sync"), "package p\n\nimport \"sync\"\n");
        assert!(imported("package p\n\nimport s \"sync\"\n", "sync").contains("another name"));
        assert!(imported("package p\n\nfunc f() { sync := 1; _ = sync }\n", "sync").contains("name of a variable"));
    }
}
