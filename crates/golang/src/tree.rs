//! The typed tree of a Go program: what a front end hands over.
//!
//! It is JSON, and independent of who makes it: names are resolved to numbers of objects and functions, every expression
//! has its type, constants are folded. `helper/` makes it with Go's own parser and type checker.

use serde::Deserialize;

/// File, line, column.
pub type Pos = [u32; 3];

/// A program.
#[derive(Debug, Default, Deserialize)]
pub struct Tree {
    /// File names; those of the library begin with `$hb/`.
    pub files: Vec<String>,
    /// Types, referred to by index.
    pub types: Vec<TypeDesc>,
    /// Variables, parameters and results, referred to by index.
    pub objects: Vec<Object>,
    /// Functions and methods, referred to by index.
    pub funcs: Vec<FuncDesc>,
    /// Packages, each after those it imports; the last one is the program.
    pub packages: Vec<Package>,
}

/// A package.
#[derive(Debug, Default, Deserialize)]
pub struct Package {
    /// Import path.
    pub path: String,
    /// It belongs to the library that hb brings along.
    #[serde(default)]
    pub prelude: bool,
    /// Its `main`.
    pub main: Option<u32>,
    /// Its `TestMain`.
    pub testmain: Option<u32>,
    /// Its `init` functions.
    #[serde(default)]
    pub inits: Vec<u32>,
    /// Its variables in the order of initialisation.
    #[serde(default)]
    pub vars: Vec<Init>,
    /// Its tests.
    #[serde(default)]
    pub tests: Vec<Test>,
}

/// Variables and what they are initialised with.
#[derive(Debug, Deserialize)]
pub struct Init {
    /// Objects.
    pub lhs: Vec<u32>,
    /// The value.
    pub rhs: Expr,
}

/// A test function.
#[derive(Debug, Deserialize)]
pub struct Test {
    /// Its name.
    pub name: String,
    /// The function.
    pub f: u32,
}

/// A type.
#[derive(Debug, Deserialize)]
#[serde(tag = "k", rename_all = "lowercase")]
#[expect(missing_docs, reason = "the types of the language by their own names")]
pub enum TypeDesc {
    Basic { name: String },
    Pointer { elem: u32 },
    Slice { elem: u32 },
    Array { elem: u32, len: u32 },
    Map { key: u32, elem: u32 },
    Chan { elem: u32, dir: u32 },
    Func { params: Vec<u32>, results: Vec<u32>, variadic: bool },
    Tuple { elems: Vec<u32> },
    Struct { fields: Vec<FieldDesc> },
    Interface { methods: Vec<MethodSig> },
    Param { name: String },
    Named { name: String, pkg: String, params: Vec<u32>, underlying: u32, methods: Vec<MethodDesc> },
    Instance { origin: u32, args: Vec<u32> },
}

/// A field.
#[derive(Debug, Deserialize)]
pub struct FieldDesc {
    /// Its name.
    pub name: String,
    /// Its type.
    pub t: u32,
    /// It is embedded.
    pub embedded: bool,
}

/// A method of an interface.
#[derive(Debug, Deserialize)]
pub struct MethodSig {
    /// Its name.
    pub name: String,
    /// Its type.
    pub t: u32,
}

/// A method of a named type.
#[derive(Debug, Deserialize)]
pub struct MethodDesc {
    /// Its name.
    pub name: String,
    /// The function.
    pub f: u32,
    /// Its receiver is a pointer.
    pub ptr: bool,
}

/// A variable.
#[derive(Debug, Deserialize)]
pub struct Object {
    /// Its name.
    pub name: String,
    /// Its type.
    pub t: u32,
    /// Where it is declared.
    pub p: Pos,
    /// It belongs to a package.
    #[serde(default)]
    pub global: bool,
}

/// A function.
#[derive(Debug, Default, Deserialize)]
pub struct FuncDesc {
    /// Its name, with its receiver's type.
    #[serde(default)]
    pub name: String,
    /// Its package.
    #[serde(default)]
    pub pkg: String,
    /// Where it is declared.
    #[serde(default)]
    pub p: Pos,
    /// Type parameters, those of the receiver's type for a method.
    #[serde(default)]
    pub tparams: Vec<u32>,
    /// Receiver and parameters.
    #[serde(default)]
    pub params: Vec<u32>,
    /// Results.
    #[serde(default)]
    pub results: Vec<u32>,
    /// The results have names.
    #[serde(default)]
    pub named: bool,
    /// The last parameter takes any number.
    #[serde(default)]
    pub variadic: bool,
    /// `None` for what is not written in the language.
    pub body: Option<Vec<Stmt>>,
    /// Its closing brace.
    #[serde(default)]
    pub end: Pos,
}

/// An expression.
#[derive(Debug, Deserialize)]
pub struct Expr {
    /// Where it begins.
    #[serde(default)]
    pub p: Pos,
    /// Its type.
    #[serde(default)]
    pub t: u32,
    /// What it is.
    #[serde(flatten)]
    pub kind: ExprKind,
}

/// What an expression is.
#[derive(Debug, Deserialize)]
#[serde(tag = "k", rename_all = "lowercase")]
#[expect(missing_docs, reason = "the expressions of the language by their own names")]
pub enum ExprKind {
    Const {
        i: Option<String>,
        s: Option<String>,
        f: Option<String>,
        b: Option<bool>,
    },
    Nil,
    Var {
        o: u32,
    },
    /// A new variable, left of `:=` or in a declaration.
    Def {
        o: u32,
    },
    Func {
        f: u32,
        targs: Vec<u32>,
    },
    Lit {
        #[serde(rename = "fn")]
        func: Box<FuncDesc>,
    },
    Field {
        x: Box<Expr>,
        path: Vec<u32>,
        sp: Pos,
    },
    Method {
        x: Box<Expr>,
        name: String,
        sp: Pos,
    },
    MethodExpr {
        recv: u32,
        name: String,
    },
    Index {
        x: Box<Expr>,
        i: Box<Expr>,
    },
    Slice {
        x: Box<Expr>,
        lo: Option<Box<Expr>>,
        hi: Option<Box<Expr>>,
        max: Option<Box<Expr>>,
    },
    Deref {
        x: Box<Expr>,
    },
    Unary {
        op: String,
        x: Box<Expr>,
    },
    Binary {
        op: String,
        x: Box<Expr>,
        y: Box<Expr>,
        op_p: Pos,
    },
    Assert {
        x: Box<Expr>,
    },
    Conv {
        x: Box<Expr>,
    },
    Call {
        fun: Box<Expr>,
        args: Vec<Expr>,
        ellipsis: bool,
    },
    Builtin {
        name: String,
        args: Vec<Expr>,
        of: Option<u32>,
        ellipsis: bool,
    },
    Composite {
        elts: Vec<Elt>,
    },
}

/// An element of a composite literal.
#[derive(Debug, Deserialize)]
pub struct Elt {
    /// Field or index.
    pub i: Option<u32>,
    /// Key of a map.
    pub key: Option<Expr>,
    /// The value.
    pub x: Expr,
}

/// A statement.
#[derive(Debug, Deserialize)]
#[serde(tag = "k", rename_all = "lowercase")]
#[expect(missing_docs, reason = "the statements of the language by their own names")]
pub enum Stmt {
    Expr {
        p: Pos,
        x: Expr,
    },
    Send {
        p: Pos,
        ch: Expr,
        x: Expr,
    },
    AssignOp {
        p: Pos,
        op: String,
        lhs: Expr,
        rhs: Option<Expr>,
    },
    Assign {
        p: Pos,
        lhs: Vec<Option<Expr>>,
        rhs: Vec<Expr>,
    },
    /// Statements of one scope.
    List {
        body: Vec<Stmt>,
    },
    Go {
        p: Pos,
        call: Expr,
    },
    Defer {
        p: Pos,
        call: Expr,
    },
    Return {
        p: Pos,
        x: Vec<Expr>,
    },
    Branch {
        p: Pos,
        tok: String,
        label: Option<String>,
    },
    Block {
        body: Vec<Stmt>,
    },
    If {
        p: Pos,
        init: Option<Box<Stmt>>,
        cond: Expr,
        then: Vec<Stmt>,
        #[serde(rename = "else")]
        other: Option<Box<Stmt>>,
    },
    Labeled {
        p: Pos,
        label: String,
        body: Box<Stmt>,
    },
    For {
        p: Pos,
        init: Option<Box<Stmt>>,
        cond: Option<Expr>,
        post: Option<Box<Stmt>>,
        body: Vec<Stmt>,
        shared: bool,
    },
    Range {
        p: Pos,
        x: Expr,
        key: Option<Expr>,
        value: Option<Expr>,
        body: Vec<Stmt>,
        shared: bool,
        define: bool,
    },
    Switch {
        p: Pos,
        init: Option<Box<Stmt>>,
        tag: Option<Expr>,
        cases: Vec<CaseDesc>,
    },
    TypeSwitch {
        p: Pos,
        init: Option<Box<Stmt>>,
        x: Expr,
        cases: Vec<TypeCase>,
    },
    Select {
        p: Pos,
        cases: Vec<CommCase>,
    },
}

/// A case of a switch.
#[derive(Debug, Deserialize)]
pub struct CaseDesc {
    /// Where.
    pub p: Pos,
    /// Values.
    pub list: Vec<Expr>,
    /// It is the default.
    pub default: bool,
    /// What is done.
    pub body: Vec<Stmt>,
}

/// A case of a type switch.
#[derive(Debug, Deserialize)]
pub struct TypeCase {
    /// Where.
    pub p: Pos,
    /// Types, `None` for nil.
    pub types: Vec<Option<u32>>,
    /// It is the default.
    pub default: bool,
    /// The variable of this case.
    pub o: Option<u32>,
    /// What is done.
    pub body: Vec<Stmt>,
}

/// A case of a select.
#[derive(Debug, Deserialize)]
pub struct CommCase {
    /// Where.
    pub p: Pos,
    /// `send`, `recv` or `default`.
    pub op: String,
    /// The channel.
    pub ch: Option<Expr>,
    /// What is sent.
    pub x: Option<Expr>,
    /// What a receive assigns to.
    #[serde(default)]
    pub lhs: Vec<Option<Expr>>,
    /// What is done.
    pub body: Vec<Stmt>,
}
