//! What is asked of the record and of the source once, before anything is judged: where each side is, in which function, what its line touches,
//! and what is known of the memory that both meet in.

use super::{frames, memory};
use crate::raw::{Frame, Object, ObjectKind, Op, Race};
use crate::source::flow::Flow;
use crate::source::operands::{Operand, operands};
use crate::source::scope::{Binding, View};
use crate::source::syntax::{self, function_named};
use crate::source::{Package, SourceFile, SourceStore, sizes};
use std::rc::Rc;
use tree_sitter::Node;

/// How the machine touched memory at the line, as far as the innermost frames tell.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Through {
    /// A plain load or store.
    #[default]
    Plain,
    /// The runtime's map code.
    Map,
    /// An atomic operation.
    Atomic,
    /// Some other function of the standard library, called with the operand.
    Callee,
}

/// One side of a race.
#[derive(Default)]
pub struct Side {
    /// The frame shown first.
    pub site: Option<Frame>,
    /// Its file, if it is here.
    pub file: Option<Rc<SourceFile>>,
    /// The package of that file.
    pub package: Option<Rc<Package>>,
    /// How the memory was touched.
    pub through: Through,
    /// Everything on the line that could be meant.
    pub candidates: Vec<Operand>,
    /// The operand, if one fits.
    pub operand: Option<Operand>,
}

impl Side {
    /// The side's file as a part of its package.
    pub fn view(&self) -> Option<View<'_>> {
        let (package, file) = (self.package.as_deref()?, self.file.as_deref()?);
        Some(View { package, file })
    }

    /// The function that the access is in, unless it is too long to be followed.
    pub fn function(&self) -> Option<Node<'_>> {
        self.any_function().filter(|function| syntax::is_followed(*function))
    }

    /// Whether there is a function that is too long to be followed.
    pub fn is_too_long(&self) -> bool {
        self.any_function().is_some_and(|function| !syntax::is_followed(function))
    }

    fn any_function(&self) -> Option<Node<'_>> {
        let site = self.site.as_ref()?;
        function_named(self.file.as_deref()?, site.line, frames::local_name(&site.func))
    }

    /// Where the access is in the text: the operand, or the line's first statement.
    pub fn byte(&self, flow: &Flow<'_>) -> Option<usize> {
        match &self.operand {
            Some(operand) => Some(operand.span.0),
            None => flow.byte_at_line(self.site.as_ref()?.line),
        }
    }
}

/// What is known for certain of the memory.
#[derive(Clone, Debug, Default)]
pub enum Anchor {
    /// Nothing, beyond its type perhaps.
    #[default]
    None,
    /// A package-level variable, by the linker's name without its package.
    Global(String),
    /// A variable of a function that lives in the heap: its name, and file and line of its declaration.
    Local(String, String, u32),
    /// A block that an expression made: `&T{}`, `new(T)`, `make`.
    Block,
    /// A map's own memory.
    Map,
}

/// What is known of the memory.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What it belongs to.
    pub anchor: Anchor,
    /// Names of the fields on the way to it, outermost first.
    pub fields: Vec<String>,
    /// The struct that has the last of them, where that is known.
    pub owner: String,
    /// It is an element of an array, or of what a slice points to.
    pub element: Option<bool>,
    /// The last index on the way: `[3]`, or `[…]`.
    pub index: String,
    /// The type of the value there.
    pub part: String,
    /// The type of the whole block.
    pub whole: String,
}

/// What a pair of source lines and the runtime tell.
pub struct Dossier {
    /// In the order of `race.accesses`.
    pub sides: [Side; 2],
    /// The memory.
    pub known: Known,
}

impl Dossier {
    /// Asks once.
    pub fn new(race: &Race, store: &mut SourceStore) -> Dossier {
        let map = race.object.as_ref().is_some_and(memory::is_map);
        let sides = race.accesses.each_ref().map(|access| {
            let known = frames::site_known(&access.stack, access.stack_state);
            let site = frames::site(&access.stack).filter(|_| known).cloned();
            let file = site.as_ref().and_then(|frame| store.file(&frame.file));
            let package = site.as_ref().filter(|_| file.is_some()).and_then(|frame| store.package(&frame.file));
            let mut through = frames::through(&access.stack, access.atomic);
            // The compiler does some operations on maps in place, so that no function of the runtime is on the stack.
            if through == Through::Plain && map {
                through = Through::Map;
            }
            let mut side = Side { site, file, package, through, ..Side::default() };
            side.candidates = match (side.view(), side.function(), &side.site) {
                (Some(view), Some(function), Some(site)) => operands(view, function, site.line),
                _ => Vec::new(),
            };
            side
        });
        let known = race.object.as_ref().map(|object| known(object, &sides, store)).unwrap_or_default();
        Dossier { sides, known }
    }
}

/// What the runtime's object tells, with the source of its allocation.
fn known(object: &Object, sides: &[Side; 2], store: &mut SourceStore) -> Known {
    let mut known = Known::default();
    if memory::is_map(object) {
        known.anchor = Anchor::Map;
        return known;
    }
    known.fields = memory::fields(object).into_iter().map(str::to_owned).collect();
    let index = object
        .field
        .as_deref()
        .and_then(|field| Some(&field[field.rfind('[')?..]))
        .filter(|index| index.ends_with(']'));
    known.index = index.unwrap_or("[…]").to_owned();
    known.whole = object.type_name.clone().unwrap_or_default();
    known.part = object.part.clone().unwrap_or_default();
    if object.type_name.is_some() {
        known.element = Some(object.elements || object.field.as_deref().is_some_and(|field| field.ends_with(']')));
    }
    match object.kind {
        ObjectKind::Global => {
            let Some(symbol) = memory::symbol(object) else { return known };
            let name = frames::local_name(symbol).to_owned();
            known.anchor = Anchor::Global(name.clone());
            // A variable of the package of one of the sides: its declaration says what lies at the offset.
            let package = frames::package_of(symbol);
            let side = sides
                .iter()
                .find(|side| side.site.as_ref().is_some_and(|site| frames::package_of(&site.func) == package));
            if let Some(view) = side.and_then(Side::view)
                && let Some(binding) = view.package_level(&name).filter(Binding::is_variable)
            {
                let of = View { file: binding.file, ..view }.type_of_binding(&binding);
                known.whole.clone_from(&of);
                if let Some(part) = sizes::part_at(view.package, &of, object.offset).filter(|_| !of.is_empty()) {
                    known.fields = part.fields;
                    known.owner = part.owner;
                    known.element = Some(part.element);
                    known.part = part.type_text;
                }
            }
        }
        ObjectKind::Heap => {
            let Some(frame) = frames::site(&object.alloc).filter(|frame| !frames::is_standard(frame)) else {
                return known;
            };
            let made_by = object.alloc.first().map(|frame| frame.func.as_str()).unwrap_or_default();
            if made_by == "runtime.makeslice" || made_by == "runtime.growslice" {
                known.anchor = Anchor::Block;
                known.element = Some(true);
                return known;
            }
            // Small values without pointers share blocks of 16 bytes: where such a block was made says nothing of this one.
            if object.type_name.is_none() {
                return known;
            }
            if let Some(package) = store.package(&frame.file)
                && let Some(anchor) = allocated(&package, frame, &known.whole)
            {
                known.anchor = anchor;
            }
        }
        ObjectKind::Stack => {}
    }
    known
}

/// What is made at the line of an allocation: a variable that is declared there, or the block of an expression.
fn allocated(package: &Package, frame: &Frame, type_name: &str) -> Option<Anchor> {
    let file = package.files.first().map(|(_, file)| file.as_ref())?;
    let view = View { package, file };
    let function = function_named(file, frame.line, frames::local_name(&frame.func))?;
    let wanted = crate::source::scope::normal(type_name);
    let mut names: Vec<Binding<'_>> = Vec::new();
    let mut block = false;
    syntax::walk(function, &mut |node| {
        if node != function && syntax::is_function(node) {
            return false;
        }
        if syntax::line(node) > frame.line || syntax::last_line(node) < frame.line {
            return false;
        }
        if syntax::line(node) == frame.line {
            match node.kind() {
                "identifier" => {
                    let declared = view.resolve_left(node).or_else(|| view.resolve(node));
                    if let Some(binding) = declared.filter(|binding| binding.ident == node && binding.is_variable()) {
                        names.push(binding);
                    }
                }
                "composite_literal" => block = true,
                "call_expression" => {
                    let called = node.child_by_field_name("function").map(|called| syntax::text(file, called));
                    block |= called == Some("new");
                }
                _ => {}
            }
        }
        true
    });
    let fits = |binding: &Binding<'_>| {
        let of = crate::source::scope::normal(&view.type_of_binding(binding));
        of.is_empty() || wanted.is_empty() || of == wanted
    };
    names.retain(|binding| fits(binding) && crate::source::operands::is_shared(view, binding));
    let certain = |binding: &Binding<'_>| !view.type_of_binding(binding).is_empty();
    if names.len() > 1 && names.iter().filter(|binding| certain(binding)).count() == 1 {
        names.retain(certain);
    }
    match names.as_slice() {
        [one] => Some(Anchor::Local(one.name().to_owned(), package.name_of(one.file), one.line())),
        [] if block => Some(Anchor::Block),
        _ => None,
    }
}

/// Whether a side writes.
pub fn writes(race: &Race, index: usize) -> bool {
    race.accesses[index].op == Op::Write
}
