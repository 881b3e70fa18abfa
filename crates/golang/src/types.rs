//! Types without type parameters: interned, with their cells, their methods and their names.

use crate::tree::{Tree, TypeDesc};
use hb_explore::program::{Field, Kind, MethodId, Num, Type, TypeId};
use std::collections::HashMap;

/// A type.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ty {
    /// A predeclared type by name.
    Basic(String),
    /// A named type: the tree's number and type arguments.
    Named(u32, Vec<TypeId>),
    /// Pointer.
    Pointer(TypeId),
    /// Slice.
    Slice(TypeId),
    /// Array.
    Array(TypeId, u32),
    /// Map.
    Map(TypeId, TypeId),
    /// Channel.
    Chan(TypeId, u32),
    /// Function.
    Func(Vec<TypeId>, Vec<TypeId>, bool),
    /// Results of a call.
    Tuple(Vec<TypeId>),
    /// Struct: names, types, embedded.
    Struct(Vec<(String, TypeId, bool)>),
    /// Interface: names and types of methods.
    Interface(Vec<(String, TypeId)>),
}

/// What type parameters stand for.
pub type Env = HashMap<u32, TypeId>;

/// How a method is found in a type.
#[derive(Clone, Debug)]
pub struct Found {
    /// Embedded fields to go through, each with whether a pointer is followed before it.
    pub path: Vec<u32>,
    /// The function in the tree, or none for a method of an embedded interface.
    pub func: Option<u32>,
    /// Its receiver is a pointer.
    pub ptr: bool,
    /// Type arguments of the receiver.
    pub targs: Vec<TypeId>,
    /// The type that has the method.
    pub owner: TypeId,
}

/// All types of a program.
#[derive(Debug)]
pub struct Types<'t> {
    tree: &'t Tree,
    list: Vec<Ty>,
    ids: HashMap<Ty, TypeId>,
    cells: HashMap<TypeId, u32>,
    /// Names of methods.
    pub methods: Vec<String>,
}

impl<'t> Types<'t> {
    /// Those of a tree.
    pub fn new(tree: &'t Tree) -> Self {
        Types { tree, list: Vec::new(), ids: HashMap::new(), cells: HashMap::new(), methods: Vec::new() }
    }

    /// The number of a type.
    pub fn intern(&mut self, ty: Ty) -> TypeId {
        if let Some(id) = self.ids.get(&ty) {
            return *id;
        }
        let id = self.list.len() as TypeId;
        self.list.push(ty.clone());
        self.ids.insert(ty, id);
        id
    }

    /// A predeclared type.
    pub fn basic(&mut self, name: &str) -> TypeId {
        self.intern(Ty::Basic(name.to_owned()))
    }

    /// A type of the tree, with what its type parameters stand for.
    pub fn resolve(&mut self, t: u32, env: &Env) -> TypeId {
        let tree = self.tree;
        let ty = match &tree.types[t as usize] {
            TypeDesc::Basic { name } => {
                let name = match name.as_str() {
                    "byte" => "uint8",
                    "rune" | "untyped rune" => "int32",
                    "untyped bool" => "bool",
                    "untyped int" => "int",
                    "untyped float" => "float64",
                    "untyped string" => "string",
                    other => other,
                };
                Ty::Basic(name.to_owned())
            }
            TypeDesc::Pointer { elem } => Ty::Pointer(self.resolve(*elem, env)),
            TypeDesc::Slice { elem } => Ty::Slice(self.resolve(*elem, env)),
            TypeDesc::Array { elem, len } => Ty::Array(self.resolve(*elem, env), *len),
            TypeDesc::Map { key, elem } => Ty::Map(self.resolve(*key, env), self.resolve(*elem, env)),
            TypeDesc::Chan { elem, dir } => Ty::Chan(self.resolve(*elem, env), *dir),
            TypeDesc::Func { params, results, variadic } => {
                Ty::Func(self.resolve_all(params, env), self.resolve_all(results, env), *variadic)
            }
            TypeDesc::Tuple { elems } => Ty::Tuple(self.resolve_all(elems, env)),
            TypeDesc::Struct { fields } => {
                Ty::Struct(fields.iter().map(|f| (f.name.clone(), self.resolve(f.t, env), f.embedded)).collect())
            }
            TypeDesc::Interface { methods } => {
                Ty::Interface(methods.iter().map(|m| (m.name.clone(), self.resolve(m.t, env))).collect())
            }
            TypeDesc::Param { .. } => return env.get(&t).copied().unwrap_or_else(|| self.basic("int")),
            // Inside of a generic type's methods, the type stands for itself with its parameters.
            TypeDesc::Named { params, .. } => Ty::Named(t, self.resolve_all(params, env)),
            TypeDesc::Instance { origin, args } => Ty::Named(*origin, self.resolve_all(args, env)),
        };
        self.intern(ty)
    }

    /// Several types.
    pub fn resolve_all(&mut self, list: &[u32], env: &Env) -> Vec<TypeId> {
        list.iter().map(|t| self.resolve(*t, env)).collect()
    }

    /// The type itself.
    pub fn get(&self, id: TypeId) -> Ty {
        self.list[id as usize].clone()
    }

    /// The underlying type.
    pub fn under(&mut self, mut id: TypeId) -> Ty {
        loop {
            match self.get(id) {
                Ty::Named(origin, args) => {
                    let TypeDesc::Named { params, underlying, .. } = &self.tree.types[origin as usize] else {
                        unreachable!("an origin is a named type")
                    };
                    let env: Env = params.iter().copied().zip(args).collect();
                    id = self.resolve(*underlying, &env);
                }
                other => return other,
            }
        }
    }

    /// Whether it is an interface.
    pub fn is_interface(&mut self, id: TypeId) -> bool {
        matches!(self.under(id), Ty::Interface(_))
    }

    /// What a pointer points to.
    pub fn elem(&mut self, id: TypeId) -> Option<TypeId> {
        match self.under(id) {
            Ty::Pointer(e) => Some(e),
            _ => None,
        }
    }

    /// Number of cells.
    pub fn cells(&mut self, id: TypeId) -> u32 {
        if let Some(n) = self.cells.get(&id) {
            return *n;
        }
        let n = match self.under(id) {
            Ty::Struct(fields) => fields.iter().map(|f| self.cells(f.1)).sum(),
            Ty::Array(elem, n) => self.cells(elem) * n,
            _ => 1,
        };
        self.cells.insert(id, n);
        n
    }

    /// A field's first cell and type.
    pub fn field(&mut self, id: TypeId, i: u32) -> (u32, TypeId) {
        let Ty::Struct(fields) = self.under(id) else { unreachable!("a field is one of a struct") };
        let offset = fields[..i as usize].iter().map(|f| self.cells(f.1)).sum();
        (offset, fields[i as usize].1)
    }

    /// How to calculate with it.
    pub fn num(&mut self, id: TypeId) -> Num {
        let Ty::Basic(name) = self.under(id) else { return Num::Other };
        match name.as_str() {
            "int" | "int64" => Num::Int(64, true),
            "uint" | "uint64" | "uintptr" => Num::Int(64, false),
            "int8" => Num::Int(8, true),
            "int16" => Num::Int(16, true),
            "int32" => Num::Int(32, true),
            "uint8" => Num::Int(8, false),
            "uint16" => Num::Int(16, false),
            "uint32" => Num::Int(32, false),
            "float32" => Num::Float(32),
            "float64" => Num::Float(64),
            "string" => Num::Str,
            _ => Num::Other,
        }
    }

    /// The number of a method's name.
    pub fn method_id(&mut self, name: &str) -> MethodId {
        if let Some(at) = self.methods.iter().position(|m| m == name) {
            return at as MethodId;
        }
        self.methods.push(name.to_owned());
        self.methods.len() as MethodId - 1
    }

    /// Looks for a method, through embedded fields.
    pub fn find(&mut self, id: TypeId, name: &str) -> Option<Found> {
        let mut level = vec![(id, Vec::new())];
        for _ in 0..8 {
            let mut next = Vec::new();
            for (ty, path) in level {
                let ty = match self.get(ty) {
                    Ty::Pointer(e) => e,
                    _ => ty,
                };
                if let Ty::Named(origin, args) = self.get(ty) {
                    let TypeDesc::Named { methods, .. } = &self.tree.types[origin as usize] else { continue };
                    if let Some(m) = methods.iter().find(|m| m.name == name) {
                        return Some(Found { path, func: Some(m.f), ptr: m.ptr, targs: args, owner: ty });
                    }
                }
                match self.under(ty) {
                    Ty::Interface(methods) if methods.iter().any(|m| m.0 == name) => {
                        return Some(Found { path, func: None, ptr: false, targs: Vec::new(), owner: ty });
                    }
                    Ty::Struct(fields) => {
                        for (i, f) in fields.iter().enumerate().filter(|(_, f)| f.2) {
                            let mut path = path.clone();
                            path.push(i as u32);
                            next.push((f.1, path));
                        }
                    }
                    _ => {}
                }
            }
            level = next;
        }
        None
    }

    /// Names of all methods of a type, promoted ones included.
    pub fn method_names(&mut self, id: TypeId) -> Vec<String> {
        let (mut names, mut level) = (Vec::new(), vec![id]);
        for _ in 0..8 {
            let mut next = Vec::new();
            for ty in level {
                let ty = match self.get(ty) {
                    Ty::Pointer(e) => e,
                    _ => ty,
                };
                if let Ty::Named(origin, _) = self.get(ty)
                    && let TypeDesc::Named { methods, .. } = &self.tree.types[origin as usize]
                {
                    names.extend(methods.iter().map(|m| m.name.clone()));
                }
                match self.under(ty) {
                    Ty::Interface(methods) => names.extend(methods.iter().map(|m| m.0.clone())),
                    Ty::Struct(fields) => next.extend(fields.iter().filter(|f| f.2).map(|f| f.1)),
                    _ => {}
                }
            }
            level = next;
        }
        names.sort();
        names.dedup();
        names
    }

    /// As `%T` and the source name it.
    pub fn name(&mut self, id: TypeId) -> String {
        let join = |list: &[TypeId], this: &mut Self| -> String {
            list.iter().map(|t| this.name(*t)).collect::<Vec<_>>().join(", ")
        };
        match self.get(id) {
            Ty::Basic(name) => name,
            Ty::Named(origin, args) => {
                let TypeDesc::Named { name, pkg, .. } = &self.tree.types[origin as usize] else {
                    unreachable!("an origin is a named type")
                };
                let pkg = pkg.rsplit('/').next().unwrap_or_default();
                let dot = if pkg.is_empty() { "" } else { "." };
                let args = if args.is_empty() {
                    String::new()
                } else {
                    format!("[{}]", args.iter().map(|t| self.name(*t)).collect::<Vec<_>>().join(","))
                };
                format!("{pkg}{dot}{name}{args}")
            }
            Ty::Pointer(e) => format!("*{}", self.name(e)),
            Ty::Slice(e) => format!("[]{}", self.name(e)),
            Ty::Array(e, n) => format!("[{n}]{}", self.name(e)),
            Ty::Map(k, e) => format!("map[{}]{}", self.name(k), self.name(e)),
            Ty::Chan(e, 1) => format!("chan<- {}", self.name(e)),
            Ty::Chan(e, 2) => format!("<-chan {}", self.name(e)),
            Ty::Chan(e, _) => format!("chan {}", self.name(e)),
            Ty::Func(params, results, _) => {
                let (p, r) = (join(&params, self), join(&results, self));
                match results.len() {
                    0 => format!("func({p})"),
                    1 => format!("func({p}) {r}"),
                    _ => format!("func({p}) ({r})"),
                }
            }
            Ty::Tuple(list) => join(&list, self),
            Ty::Struct(fields) if fields.is_empty() => "struct {}".into(),
            Ty::Struct(fields) => {
                let list: Vec<String> = fields.iter().map(|f| format!("{} {}", f.0, self.name(f.1))).collect();
                format!("struct {{ {} }}", list.join("; "))
            }
            Ty::Interface(methods) if methods.is_empty() => "interface {}".into(),
            Ty::Interface(methods) => {
                let list: Vec<String> = methods.iter().map(|m| format!("{}()", m.0)).collect();
                format!("interface {{ {} }}", list.join("; "))
            }
        }
    }

    /// As a reader of the source would name it: without its package where that is the program's own.
    pub fn short_name(&mut self, id: TypeId) -> String {
        self.name(id).replace("main.", "")
    }

    fn comparable(&mut self, id: TypeId) -> bool {
        match self.under(id) {
            Ty::Slice(_) | Ty::Map(..) | Ty::Func(..) => false,
            Ty::Array(e, _) => self.comparable(e),
            Ty::Struct(fields) => fields.iter().all(|f| self.comparable(f.1)),
            _ => true,
        }
    }

    /// All of them, as the explorer needs them.
    pub fn finish(&mut self) -> Vec<Type> {
        let mut out = Vec::new();
        let mut id = 0;
        // Describing one may intern others.
        while (id as usize) < self.list.len() {
            let kind = match self.under(id) {
                Ty::Basic(name) => match self.num(id) {
                    Num::Int(bits, signed) => Kind::Int { bits, signed },
                    Num::Float(bits) => Kind::Float { bits },
                    Num::Str => Kind::String,
                    Num::Other if name == "bool" => Kind::Bool,
                    Num::Other => Kind::Func,
                },
                Ty::Pointer(e) => Kind::Pointer(e),
                Ty::Slice(e) => Kind::Slice(e),
                Ty::Array(e, n) => Kind::Array(e, n),
                Ty::Map(k, e) => Kind::Map(k, e),
                Ty::Chan(e, _) => Kind::Chan(e),
                Ty::Func(..) | Ty::Tuple(_) | Ty::Named(..) => Kind::Func,
                Ty::Interface(methods) => Kind::Interface(methods.iter().map(|m| self.method_id(&m.0)).collect()),
                Ty::Struct(fields) => Kind::Struct(
                    fields
                        .iter()
                        .enumerate()
                        .map(|(i, f)| Field { name: f.0.clone(), ty: f.1, offset: self.field(id, i as u32).0 })
                        .collect(),
                ),
            };
            out.push(Type { name: self.name(id), kind, cells: self.cells(id), comparable: self.comparable(id) });
            id += 1;
        }
        out
    }
}
