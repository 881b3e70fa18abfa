//! Places: what can be assigned to, and addresses.

use super::{Fun, Lowered, Var};
use crate::tree::{Expr, ExprKind};
use crate::types::Ty;
use hb_explore::program::{Ins, Reg, TypeId};

/// What an assignment assigns to.
#[derive(Debug)]
pub(crate) enum Place {
    /// Nothing.
    Blank,
    /// A register.
    Reg(Reg),
    /// A field of a struct in a register: the fields on the way.
    Field(Reg, Vec<u32>, TypeId),
    /// Memory.
    Mem(Reg),
    /// An entry of a map.
    Entry(Reg, Reg),
}

impl<'t> Fun<'_, 't> {
    /// Whether an expression denotes a variable in memory.
    pub(crate) fn in_memory(&mut self, e: &Expr) -> bool {
        match &e.kind {
            ExprKind::Var { o } => match self.vars.get(o) {
                Some(Var::Reg(_)) => false,
                Some(Var::Box(_)) => true,
                None => true,
            },
            ExprKind::Deref { .. } => true,
            ExprKind::Field { x, .. } => {
                let t = self.ty(x.t);
                self.cx.types.elem(t).is_some() || self.in_memory(x) || self.path_has_pointer(e)
            }
            ExprKind::Index { x, .. } => {
                let t = self.ty(x.t);
                match self.cx.types.under(t) {
                    Ty::Slice(_) => true,
                    Ty::Array(..) => self.in_memory(x),
                    Ty::Pointer(_) => true,
                    _ => false,
                }
            }
            _ => false,
        }
    }

    /// Whether a selection goes through an embedded pointer.
    fn path_has_pointer(&mut self, e: &Expr) -> bool {
        let ExprKind::Field { x, path, .. } = &e.kind else { return false };
        let mut t = self.ty(x.t);
        for (n, i) in path.iter().enumerate() {
            if let Some(e) = self.cx.types.elem(t) {
                if n > 0 {
                    return true;
                }
                t = e;
            }
            t = self.cx.types.field(t, *i).1;
        }
        false
    }

    /// The address of a variable in memory.
    pub(crate) fn address(&mut self, e: &'t Expr) -> Lowered<Reg> {
        match &e.kind {
            ExprKind::Var { o } | ExprKind::Def { o } => match self.vars.get(o) {
                Some(Var::Box(p)) => Ok(*p),
                Some(Var::Reg(_)) => {
                    self.go_to(e.p);
                    Err(self.refuse("the address of this variable was not expected to be taken"))
                }
                None => Ok(self.global_pointer(*o)),
            },
            ExprKind::Deref { x } => self.expr(x),
            ExprKind::Field { x, path, sp } => {
                let t = self.ty(x.t);
                let (mut p, mut t) = match self.cx.types.elem(t) {
                    Some(elem) => (self.expr(x)?, elem),
                    None if self.in_memory(x) => (self.address(x)?, t),
                    None => {
                        // A struct value with an embedded pointer.
                        let v = self.expr(x)?;
                        let (v, t) = self.walk_value(v, t, path)?;
                        let elem = self.cx.types.elem(t).unwrap_or(t);
                        (v, elem)
                    }
                };
                let path: &[u32] = if self.cx.types.elem(t).is_some() { &[] } else { path };
                self.go_to(*sp);
                for i in path {
                    if let Some(elem) = self.cx.types.elem(t) {
                        let r = self.reg();
                        self.put(Ins::Load(r, p, t));
                        (p, t) = (r, elem);
                    }
                    let (off, ty) = self.cx.types.field(t, *i);
                    let r = self.reg();
                    self.put(Ins::Offset(r, p, off));
                    (p, t) = (r, ty);
                }
                Ok(p)
            }
            ExprKind::Index { x, i } => {
                let t = self.ty(x.t);
                match self.cx.types.under(t) {
                    Ty::Slice(elem) => {
                        let s = self.expr(x)?;
                        let i = self.expr(i)?;
                        self.go_to(e.p);
                        let size = self.cx.types.cells(elem);
                        let r = self.reg();
                        self.put(Ins::SliceAddr(r, s, i, size));
                        Ok(r)
                    }
                    Ty::Array(elem, n) => {
                        let p = self.address(x)?;
                        let i = self.expr(i)?;
                        self.go_to(e.p);
                        let size = self.cx.types.cells(elem);
                        let r = self.reg();
                        self.put(Ins::ArrayAddr(r, p, i, n, size));
                        Ok(r)
                    }
                    Ty::Pointer(array) => {
                        let Ty::Array(elem, n) = self.cx.types.under(array) else {
                            return Err(self.refuse("this cannot be indexed"));
                        };
                        let p = self.expr(x)?;
                        let i = self.expr(i)?;
                        self.go_to(e.p);
                        let size = self.cx.types.cells(elem);
                        let r = self.reg();
                        self.put(Ins::ArrayAddr(r, p, i, n, size));
                        Ok(r)
                    }
                    _ => Err(self.refuse("the address of this cannot be taken")),
                }
            }
            ExprKind::Composite { elts }
                if matches!(
                    {
                        let t = self.ty(e.t);
                        self.cx.types.under(t)
                    },
                    Ty::Struct(_)
                ) =>
            {
                // New memory is zero: only what the literal names is written.
                let ty = self.ty(e.t);
                let mut values = Vec::new();
                for elt in elts {
                    let (off, ft) = self.cx.types.field(ty, elt.i.unwrap_or(0));
                    values.push((off, ft, self.expr_as(&elt.x, ft)?));
                }
                self.go_to(e.p);
                let (name, at) = (self.cx.types.short_name(ty), self.at);
                let site = self.cx.site(&name, ty, at, false);
                let r = self.reg();
                self.put(Ins::New(r, site));
                for (off, ft, v) in values {
                    let p = self.reg();
                    self.put(Ins::Offset(p, r, off));
                    self.put(Ins::Store(p, v, ft));
                }
                Ok(r)
            }
            _ => {
                // A value that has no place yet gets one.
                let v = self.expr(e)?;
                let ty = self.ty(e.t);
                Ok(self.boxed(v, ty, e.p))
            }
        }
    }

    /// A new object with this value.
    pub(crate) fn boxed(&mut self, v: Reg, ty: TypeId, p: crate::tree::Pos) -> Reg {
        let name = self.cx.types.short_name(ty);
        let pos = self.cx.position(p);
        let site = self.cx.site(&name, ty, pos, false);
        let r = self.reg();
        self.put(Ins::New(r, site));
        self.put(Ins::Store(r, v, ty));
        r
    }

    /// Follows embedded fields of a value up to the first pointer in front of the last field.
    fn walk_value(&mut self, v: Reg, t: TypeId, path: &[u32]) -> Lowered<(Reg, TypeId)> {
        Ok(self.walk(v, t, &path[..path.len().saturating_sub(1)]))
    }

    /// A field of a field of ... of a value, through pointers.
    pub(crate) fn walk(&mut self, mut v: Reg, mut t: TypeId, path: &[u32]) -> (Reg, TypeId) {
        for (n, i) in path.iter().enumerate() {
            match self.cx.types.elem(t) {
                Some(elem) => {
                    let (off, ty) = self.cx.types.field(elem, *i);
                    let (p, r) = (self.reg(), self.reg());
                    self.put(Ins::Offset(p, v, off));
                    // A struct that is not the last stays where it is.
                    if n + 1 < path.len() && self.cx.types.elem(ty).is_none() && !self.cx.types.is_interface(ty) {
                        let pointer = self.cx.types.intern(Ty::Pointer(ty));
                        (v, t) = (p, pointer);
                        continue;
                    }
                    if n + 1 == path.len() && self.cx.types.elem(ty).is_none() && !self.cx.types.is_interface(ty) {
                        let pointer = self.cx.types.intern(Ty::Pointer(ty));
                        return (p, pointer);
                    }
                    self.put(Ins::Load(r, p, ty));
                    (v, t) = (r, ty);
                }
                None => {
                    let (_, ty) = self.cx.types.field(t, *i);
                    let r = self.reg();
                    self.put(Ins::Field(r, v, *i));
                    (v, t) = (r, ty);
                }
            }
        }
        (v, t)
    }

    /// What an expression on the left of an assignment denotes; its operands are evaluated now.
    pub(crate) fn place(&mut self, e: Option<&'t Expr>) -> Lowered<(Place, TypeId)> {
        let Some(e) = e else { return Ok((Place::Blank, 0)) };
        let ty = self.ty(e.t);
        let place = match &e.kind {
            ExprKind::Var { o } => match self.vars.get(o) {
                Some(Var::Reg(r)) => Place::Reg(*r),
                Some(Var::Box(p)) => Place::Mem(*p),
                None => Place::Mem(self.global_pointer(*o)),
            },
            ExprKind::Index { x, i } => {
                let t = self.ty(x.t);
                if let Ty::Map(key, _) = self.cx.types.under(t) {
                    let m = self.expr(x)?;
                    let k = self.expr_as(i, key)?;
                    Place::Entry(m, k)
                } else {
                    Place::Mem(self.address(e)?)
                }
            }
            ExprKind::Field { x, path, .. } if !self.in_memory(e) => match self.place(Some(x))?.0 {
                Place::Reg(r) => {
                    let t = self.ty(x.t);
                    Place::Field(r, path.clone(), t)
                }
                Place::Field(r, mut before, t) => {
                    before.extend(path);
                    Place::Field(r, before, t)
                }
                _ => return Err(self.refuse("this cannot be assigned to")),
            },
            _ => Place::Mem(self.address(e)?),
        };
        Ok((place, ty))
    }

    /// Assigns.
    pub(crate) fn assign(&mut self, place: &Place, v: Reg, ty: TypeId) {
        match place {
            Place::Blank => {}
            Place::Reg(r) => {
                self.put(Ins::Move(*r, v));
            }
            Place::Mem(p) => {
                self.put(Ins::Store(*p, v, ty));
            }
            Place::Entry(m, k) => {
                self.put(Ins::MapSet(*m, *k, v));
            }
            Place::Field(r, path, _) => self.set_field(*r, path, v),
        }
    }

    fn set_field(&mut self, r: Reg, path: &[u32], v: Reg) {
        if let [only] = path {
            self.put(Ins::SetField(r, *only, v));
            return;
        }
        let inner = self.reg();
        self.put(Ins::Field(inner, r, path[0]));
        self.set_field(inner, &path[1..], v);
        self.put(Ins::SetField(r, path[0], inner));
    }

    /// The value of a place.
    pub(crate) fn read(&mut self, place: &Place, ty: TypeId) -> Reg {
        let r = self.reg();
        match place {
            Place::Blank => {}
            Place::Reg(from) => {
                self.put(Ins::Move(r, *from));
            }
            Place::Mem(p) => {
                self.put(Ins::Load(r, *p, ty));
            }
            Place::Entry(m, k) => {
                self.put(Ins::MapGet { dst: r, ok: None, map: *m, key: *k, ty });
            }
            Place::Field(from, path, _) => {
                let mut at = *from;
                for i in path {
                    let next = self.reg();
                    self.put(Ins::Field(next, at, *i));
                    at = next;
                }
                self.put(Ins::Move(r, at));
            }
        }
        r
    }
}
