//! All uses of a variable or field in its package: an edit that leaves one out mends nothing, or does not compile.

use super::Refused;
use crate::explain::dossier::Anchor;
use crate::explain::naming::Named;
use crate::source::operands::{Memory, Root};
use crate::source::scope::{Binding, Kind, View};
use crate::source::syntax::{self, children, text, walk};
use crate::source::{Package, SourceFile};
use tree_sitter::Node;

/// What is to be guarded or made atomic.
pub struct Target<'a> {
    /// The package.
    pub package: &'a Package,
    /// What it is.
    pub what: What<'a>,
    /// Its name.
    pub name: String,
    /// Its type as written.
    pub type_text: String,
}

/// A variable or a field.
pub enum What<'a> {
    /// A variable.
    Variable(Binding<'a>),
    /// A field: the struct and the declaration of its name.
    Field {
        /// The struct.
        owner: String,
        /// The file of the struct.
        file: &'a SourceFile,
        /// The name in the struct.
        ident: Node<'a>,
    },
}

/// A use of the target.
#[derive(Clone, Copy)]
pub struct Use<'a> {
    /// The file's place in the package.
    pub file: usize,
    /// The whole expression: `x`, `c.items`.
    pub node: Node<'a>,
}

impl<'a> Target<'a> {
    /// What the race is on, if it is a variable or a field that the package declares.
    ///
    /// # Errors
    /// It is neither.
    pub fn of(named: &'a Named) -> Result<Target<'a>, Refused> {
        let side = named
            .sides
            .iter()
            .find(|side| side.operand.is_some())
            .ok_or_else(|| Refused::new("what is accessed is not known for certain"))?;
        let package = super::package_of(named)?;
        let Some(operand) = side.operand.as_ref() else {
            return Err(Refused::new("what is accessed is not known for certain"));
        };
        let root: Option<&Root> = named.sides.iter().filter_map(|side| side.operand.as_ref()?.root.as_ref()).next();
        let pointee = named
            .sides
            .iter()
            .filter_map(|side| side.operand.as_ref())
            .any(|operand| operand.memory == Memory::Pointee);
        if pointee {
            return Err(Refused::new("it is reached through a pointer, so other names for it may exist"));
        }
        let field = operand.memory == Memory::Field
            || (matches!(operand.memory, Memory::Map | Memory::Element) && !operand.owner.is_empty());
        if field {
            let (owner, leaf) = (operand.owner.clone(), operand.leaf.clone());
            let found = package.field(&owner, &leaf).filter(|field| !field.embedded);
            let found = found
                .ok_or_else(|| Refused::new(format!("the struct that {leaf} belongs to is not one of the package")))?;
            return Ok(Target {
                package,
                type_text: found.type_text,
                name: leaf,
                what: What::Field { owner: found.owner, file: found.file, ident: found.node },
            });
        }
        let (name, file, line) = match (&named.known.anchor, root) {
            (Anchor::Local(name, file, line), _) => (name.clone(), file.clone(), *line),
            (_, Some(root)) => (root.name.clone(), root.file.clone(), root.line),
            (_, None) => match &operand.declared {
                Some((file, line)) => (operand.leaf.clone(), file.clone(), *line),
                None => return Err(Refused::new("its declaration is not in the package")),
            },
        };
        let (_, source) = package
            .files
            .iter()
            .find(|(own, _)| own.display().to_string() == file)
            .ok_or_else(|| Refused::new("its declaration is not in the package"))?;
        let view = View { package, file: source };
        let mut found = None;
        if let Some(root) = source.root() {
            walk(root, &mut |node| {
                if node.kind() == "identifier"
                    && syntax::line(node) == line
                    && text(source, node) == name
                    && found.is_none()
                {
                    let binding = view
                        .resolve_left(node)
                        .or_else(|| view.resolve(node))
                        .filter(|binding| binding.ident == node && binding.is_variable());
                    found = found.or(binding);
                }
                true
            });
        }
        let binding = found.ok_or_else(|| Refused::new("its declaration was not found"))?;
        Ok(Target { package, type_text: view.type_of_binding(&binding), name, what: What::Variable(binding) })
    }

    /// The place of a file in the package.
    pub fn index(&self, file: &SourceFile) -> usize {
        self.package.files.iter().position(|(_, own)| std::ptr::eq(own.as_ref(), file)).unwrap_or(0)
    }

    /// Whether other packages could use it.
    pub fn is_exported(&self) -> bool {
        let local = matches!(&self.what, What::Variable(binding) if binding.kind != Kind::Package);
        let main = self.package.files.first().is_some_and(|(_, file)| file.package_name() == Some("main"));
        !local && !main && self.name.starts_with(|c: char| c.is_uppercase())
    }

    /// All uses but the declaration.
    ///
    /// # Errors
    /// A use may be one of this or of something else.
    pub fn uses(&self) -> Result<Vec<Use<'a>>, Refused> {
        let mut uses = Vec::new();
        let mut refused = None;
        for (index, (_, file)) in self.package.files.iter().enumerate() {
            if !file.text.contains(&self.name) {
                continue;
            }
            let Some(root) = file.root() else { continue };
            let view = View { package: self.package, file };
            walk(root, &mut |node| {
                match &self.what {
                    What::Variable(binding) if node.kind() == "identifier" && text(file, node) == self.name => {
                        let key = is_key(node);
                        if node != binding.ident && !(key && self.package.owners_of(&self.name).iter().any(|_| true)) {
                            let means = view.resolve_left(node).or_else(|| view.resolve(node));
                            if means == Some(*binding) {
                                uses.push(Use { file: index, node });
                            }
                        }
                    }
                    What::Field { owner, .. } if node.kind() == "selector_expression" => {
                        let named =
                            node.child_by_field_name("field").is_some_and(|field| text(file, field) == self.name);
                        if named && let Some(operand) = node.child_by_field_name("operand") {
                            match self.is_field_of(view, operand, owner) {
                                Some(true) => uses.push(Use { file: index, node }),
                                Some(false) => {}
                                None => {
                                    refused = Some(Refused::new(format!(
                                        "{} may be this field or another one of that name",
                                        text(file, node)
                                    )))
                                }
                            }
                        }
                    }
                    _ => {}
                }
                true
            });
        }
        match refused {
            Some(refused) => Err(refused),
            None => Ok(uses),
        }
    }

    /// Whether a selection of the field's name is of the field; none if that is not known.
    fn is_field_of(&self, view: View<'a>, operand: Node<'a>, owner: &str) -> Option<bool> {
        if operand.kind() == "identifier" && view.resolve(operand).is_none() {
            return Some(false);
        }
        let of = view.type_of(operand);
        let of = of.trim_start_matches('*').split('[').next().unwrap_or_default();
        if of.is_empty() {
            // One struct of the package has such a field, and so may others' types: they are written with a package's name.
            return None;
        }
        if of.contains('.') {
            return Some(false);
        }
        Some(self.package.field(of, &self.name).is_some_and(|field| field.owner == owner))
    }

    /// Literals of the struct: those with the field's key, and those without keys.
    pub fn literals(&self) -> (Vec<Use<'a>>, bool) {
        let What::Field { owner, .. } = &self.what else { return (Vec::new(), false) };
        let (mut keyed, mut unkeyed) = (Vec::new(), false);
        for (index, (_, file)) in self.package.files.iter().enumerate() {
            let Some(root) = file.root().filter(|_| file.text.contains('{')) else { continue };
            walk(root, &mut |node| {
                if node.kind() == "literal_value" {
                    let of = node
                        .parent()
                        .filter(|literal| literal.kind() == "composite_literal")
                        .and_then(|literal| literal.child_by_field_name("type"));
                    let of = of.map(|of| text(file, of).split('[').next().unwrap_or_default()).unwrap_or_default();
                    let elements = children(node);
                    let own = of == owner.as_str();
                    unkeyed |= own && elements.iter().any(|element| element.kind() == "literal_element");
                    for element in elements {
                        let key = element.child_by_field_name("key").filter(|key| text(file, *key) == self.name);
                        // In a slice or map of them the type is left out.
                        let inner = of.is_empty() || of.starts_with('[') || of.starts_with("map");
                        if key.is_some() && (own || inner) {
                            keyed.push(Use { file: index, node: element });
                        }
                    }
                    if !own && !of.is_empty() {
                        // `[]T{{1, 2}}`
                        let written = node
                            .parent()
                            .and_then(|literal| literal.child_by_field_name("type"))
                            .map(|of| text(file, of))
                            .unwrap_or_default();
                        if written.ends_with(&format!("]{owner}")) || written.ends_with(&format!("]*{owner}")) {
                            walk(node, &mut |inner| {
                                if inner.kind() == "literal_value" && inner != node {
                                    unkeyed |=
                                        children(inner).iter().any(|element| element.kind() == "literal_element");
                                }
                                true
                            });
                        }
                    }
                }
                true
            });
        }
        (keyed, unkeyed)
    }

    /// The declaration of the field or variable alone on its line, with its type: `total int`, `var total int`.
    pub fn declared_alone(&self) -> Option<Node<'a>> {
        match &self.what {
            What::Field { file, ident, .. } => {
                let declaration = ident.parent()?;
                (declaration.kind() == "field_declaration"
                    && syntax::all_of(declaration, "name").len() == 1
                    && text(file, *ident) == self.name)
                    .then_some(declaration)
            }
            What::Variable(binding) => match binding.owner.kind() {
                "var_spec" => (syntax::all_of(binding.owner, "name").len() == 1).then_some(binding.owner),
                "short_var_declaration" => (syntax::listed(binding.owner, "left").len() == 1).then_some(binding.owner),
                _ => None,
            },
        }
    }

    /// The file of the declaration.
    pub fn home(&self) -> &'a SourceFile {
        match &self.what {
            What::Field { file, .. } => file,
            What::Variable(binding) => binding.file,
        }
    }
}

/// Whether a name is the key of a literal: a field's name then, most often.
fn is_key(node: Node<'_>) -> bool {
    node.parent().is_some_and(|element| {
        element.kind() == "literal_element"
            && element.parent().is_some_and(|keyed| {
                keyed.kind() == "keyed_element" && keyed.child_by_field_name("key") == Some(element)
            })
    })
}

/// An expression without the parentheses around it.
pub fn unwrapped(node: Node<'_>) -> Node<'_> {
    let mut at = node;
    while let Some(parent) = at.parent().filter(|parent| parent.kind() == "parenthesized_expression") {
        at = parent;
    }
    at
}
