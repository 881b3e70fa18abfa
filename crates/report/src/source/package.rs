//! The files of one package: what is declared in them at package level, and where.

use super::SourceFile;
use super::syntax::{all_of, children, text};
use std::path::PathBuf;
use std::rc::Rc;
use tree_sitter::Node;

/// A package as far as its directory has its files: those with the same package clause.
#[derive(Debug, Default)]
pub struct Package {
    /// Each with the name that it is recorded under, as far as known, else its path.
    pub files: Vec<(PathBuf, Rc<SourceFile>)>,
    /// The language version that go.mod asks for; none where there is no go.mod.
    pub language: Option<(u32, u32)>,
}

/// A field of a struct.
#[derive(Clone, Debug)]
pub struct Field<'a> {
    /// The file it stands in.
    pub file: &'a SourceFile,
    /// Its name in the declaration, or its type where it is embedded.
    pub node: Node<'a>,
    /// Its type as written.
    pub type_text: String,
    /// Whether it is embedded.
    pub embedded: bool,
    /// The struct that it was found in, through embedded ones.
    pub owner: String,
}

impl Package {
    /// What a file of the package is called.
    pub fn name_of(&self, file: &SourceFile) -> String {
        let found = self.files.iter().find(|(_, own)| std::ptr::eq(own.as_ref(), file));
        found.map(|(name, _)| name.display().to_string()).unwrap_or_default()
    }

    /// The language version of a file: a `//go:build go1.x` line may ask for another one than go.mod does.
    pub fn language_of(&self, file: &SourceFile) -> Option<(u32, u32)> {
        let own = file.text.lines().take_while(|line| !line.starts_with("package ")).find_map(|line| {
            let constraint = line.strip_prefix("//go:build ")?;
            version(constraint.trim().strip_prefix("go")?)
        });
        own.or(self.language)
    }

    /// Whether each round of a loop has variables of its own (Go 1.22).
    pub fn loops_are_new(&self, file: &SourceFile) -> bool {
        self.language_of(file).is_none_or(|version| version >= (1, 22))
    }

    /// The package-level names of a kind of declaration, with their specifications.
    fn specs(&self, name: &str, kind: &str) -> Vec<(&SourceFile, Node<'_>)> {
        let mut found = Vec::new();
        for (_, file) in self.files.iter().filter(|(_, file)| file.text.contains(name)) {
            for declaration in file.root().map(children).unwrap_or_default() {
                if declaration.kind() == kind {
                    let named = |spec: &Node<'_>| all_of(*spec, "name").iter().any(|node| text(file, *node) == name);
                    found.extend(specs_of(declaration).into_iter().filter(named).map(|spec| (file.as_ref(), spec)));
                }
            }
        }
        found
    }

    /// A package-level variable: its file, its specification and its own name in that.
    pub fn variable<'a>(&'a self, name: &str) -> Option<(&'a SourceFile, Node<'a>, Node<'a>)> {
        self.specs(name, "var_declaration").into_iter().find_map(|(file, spec)| {
            let own = all_of(spec, "name").into_iter().find(|node| text(file, *node) == name)?;
            Some((file, spec, own))
        })
    }

    /// Whether a package-level constant has this name.
    pub fn is_constant(&self, name: &str) -> bool {
        !self.specs(name, "const_declaration").is_empty()
    }

    /// A type: its file and its specification.
    pub fn type_named<'a>(&'a self, name: &str) -> Option<(&'a SourceFile, Node<'a>)> {
        self.specs(name, "type_declaration").into_iter().next()
    }

    /// A function.
    pub fn function<'a>(&'a self, name: &str) -> Option<(&'a SourceFile, Node<'a>)> {
        self.declared("function_declaration", name).into_iter().next()
    }

    /// The methods of this name, of whatever type.
    pub fn methods<'a>(&'a self, name: &str) -> Vec<(&'a SourceFile, Node<'a>)> {
        self.declared("method_declaration", name)
    }

    /// The method of a type.
    pub fn method<'a>(&'a self, of: &str, name: &str) -> Option<(&'a SourceFile, Node<'a>)> {
        self.methods(name)
            .into_iter()
            .find(|(file, node)| receiver_type(file, *node).is_some_and(|(type_name, _)| type_name == of))
    }

    fn declared<'a>(&'a self, kind: &str, name: &str) -> Vec<(&'a SourceFile, Node<'a>)> {
        let mut found = Vec::new();
        for (_, file) in self.files.iter().filter(|(_, file)| file.text.contains(name)) {
            for node in file.root().map(children).unwrap_or_default() {
                if node.kind() == kind && node.child_by_field_name("name").is_some_and(|own| text(file, own) == name) {
                    found.push((file.as_ref(), node));
                }
            }
        }
        found
    }

    /// The underlying type of a named type, as written, through names of names.
    pub fn underlying(&self, name: &str) -> String {
        let mut name = name.to_owned();
        for _ in 0..8 {
            let bare = name.split('[').next().unwrap_or_default().to_owned();
            if bare.is_empty() || bare.contains(['*', '.', ' ', '(', '{']) {
                break;
            }
            let Some((file, spec)) = self.type_named(&bare) else { break };
            let Some(node) = spec.child_by_field_name("type") else { break };
            let next = text(file, node).to_owned();
            if next == name {
                break;
            }
            name = next;
        }
        name
    }

    /// The struct type node behind a type's name.
    pub fn struct_named<'a>(&'a self, name: &str) -> Option<(&'a SourceFile, Node<'a>)> {
        let bare = name.split('[').next().unwrap_or_default();
        let (file, spec) = self.type_named(bare)?;
        let node = spec.child_by_field_name("type")?;
        match node.kind() {
            "struct_type" => Some((file, node)),
            "type_identifier" => {
                let next = text(file, node);
                (next != bare).then(|| self.struct_named(next)).flatten()
            }
            _ => None,
        }
    }

    /// A field of a struct, its own or one of what it embeds.
    pub fn field<'a>(&'a self, of: &str, name: &str) -> Option<Field<'a>> {
        self.field_at(of, name, 0)
    }

    fn field_at<'a>(&'a self, of: &str, name: &str, depth: usize) -> Option<Field<'a>> {
        let (file, node) = self.struct_named(of)?;
        let fields = fields_of(file, node);
        let owner = of.split('[').next().unwrap_or_default().to_owned();
        let own = fields.iter().find(|field| text(file, field.node).trim_start_matches('*') == name);
        if let Some(own) = own {
            return Some(Field { owner, ..own.clone() });
        }
        if depth > 4 {
            return None;
        }
        fields.iter().filter(|field| field.embedded).find_map(|field| {
            let embedded = text(field.file, field.node).trim_start_matches('*');
            self.field_at(embedded, name, depth + 1)
        })
    }

    /// All structs of the package that have a field of this name.
    pub fn owners_of(&self, name: &str) -> Vec<String> {
        let mut owners = Vec::new();
        for (_, file) in self.files.iter().filter(|(_, file)| file.text.contains(name)) {
            for declaration in file.root().map(children).unwrap_or_default() {
                if declaration.kind() != "type_declaration" {
                    continue;
                }
                for spec in specs_of(declaration) {
                    let Some(node) = spec.child_by_field_name("type").filter(|node| node.kind() == "struct_type")
                    else {
                        continue;
                    };
                    if fields_of(file, node).iter().any(|field| text(file, field.node) == name)
                        && let Some(own) = spec.child_by_field_name("name")
                    {
                        owners.push(text(file, own).to_owned());
                    }
                }
            }
        }
        owners
    }
}

/// `1.22` and `1.22.3` as (1, 22).
pub fn version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim().split('.');
    let (major, minor) = (parts.next()?, parts.next()?);
    let digits: String = minor.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, digits.parse().ok()?))
}

/// The fields of a struct type.
pub fn fields_of<'a>(file: &'a SourceFile, node: Node<'a>) -> Vec<Field<'a>> {
    let mut fields = Vec::new();
    let Some(list) = children(node).into_iter().find(|child| child.kind() == "field_declaration_list") else {
        return fields;
    };
    for declaration in children(list) {
        let Some(type_node) = declaration.child_by_field_name("type") else { continue };
        let names = all_of(declaration, "name");
        let written = text(file, type_node).to_owned();
        if names.is_empty() {
            // `*T` is written as a star before the type.
            let pointer = text(file, declaration).starts_with('*');
            let node = match type_node.kind() {
                "qualified_type" => type_node.child_by_field_name("name").unwrap_or(type_node),
                "generic_type" => type_node.child_by_field_name("type").unwrap_or(type_node),
                _ => type_node,
            };
            let type_text = if pointer { format!("*{written}") } else { written };
            fields.push(Field { file, node, type_text, embedded: true, owner: String::new() });
        } else {
            fields.extend(names.into_iter().map(|node| Field {
                file,
                node,
                type_text: written.clone(),
                embedded: false,
                owner: String::new(),
            }));
        }
    }
    fields
}

/// The specifications of a declaration, in a group or alone.
pub fn specs_of(declaration: Node<'_>) -> Vec<Node<'_>> {
    let mut specs = Vec::new();
    for child in children(declaration) {
        if matches!(child.kind(), "var_spec_list" | "const_spec_list" | "type_spec_list") {
            specs.extend(children(child));
        } else {
            specs.push(child);
        }
    }
    specs
}

/// A method's receiver: the name of its type, and whether it is a pointer.
pub fn receiver_type(file: &SourceFile, method: Node<'_>) -> Option<(String, bool)> {
    let receiver = children(method.child_by_field_name("receiver")?).into_iter().next()?;
    let written = text(file, receiver.child_by_field_name("type")?).trim();
    let pointer = written.starts_with('*');
    let bare = written.trim_start_matches('*').split('[').next().unwrap_or_default().trim();
    Some((bare.to_owned(), pointer))
}
