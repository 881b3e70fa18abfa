//! Values: what a register or a cell holds.

use crate::program::{FuncId, TypeId};
use std::cmp::Ordering;
use std::rc::Rc;

/// Number of an object of the heap.
pub type ObjId = u32;

/// A pointer: an object and a cell of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ptr {
    /// The object.
    pub obj: ObjId,
    /// The cell.
    pub off: u32,
}

/// A value. Booleans are `Int(0)` and `Int(1)`; integers are kept wrapped to their own width.
#[derive(Clone, Debug, Default)]
pub enum Value {
    /// A nil pointer, slice, map, channel, function or interface.
    #[default]
    Nil,
    /// An integer or boolean.
    Int(i64),
    /// A floating-point number.
    Float(f64),
    /// A string.
    Str(Rc<[u8]>),
    /// A pointer.
    Ptr(Ptr),
    /// A slice: backing object, first cell, length and capacity in elements.
    Slice {
        /// First element.
        at: Ptr,
        /// Length in elements.
        len: u32,
        /// Capacity in elements.
        cap: u32,
    },
    /// A map.
    Map(ObjId),
    /// A channel.
    Chan(ObjId),
    /// A function and what it captured.
    Func(FuncId, Rc<Vec<Value>>),
    /// A value with its dynamic type.
    Iface(TypeId, Rc<Value>),
    /// The fields of a struct or elements of an array.
    Tuple(Rc<Vec<Value>>),
}

impl Value {
    /// A string.
    pub fn str(text: impl AsRef<[u8]>) -> Value {
        Value::Str(Rc::from(text.as_ref()))
    }

    /// A boolean.
    pub fn bool(b: bool) -> Value {
        Value::Int(i64::from(b))
    }

    /// As a boolean or integer; 0 where it is neither.
    pub fn int(&self) -> i64 {
        match self {
            Value::Int(i) => *i,
            _ => 0,
        }
    }

    /// As a float.
    pub fn float(&self) -> f64 {
        match self {
            Value::Float(x) => *x,
            Value::Int(i) => *i as f64,
            _ => 0.0,
        }
    }

    /// As the bytes of a string.
    pub fn bytes(&self) -> &[u8] {
        match self {
            Value::Str(s) => s,
            _ => &[],
        }
    }

    fn rank(&self) -> u8 {
        match self {
            Value::Nil => 0,
            Value::Int(_) => 1,
            Value::Float(_) => 2,
            Value::Str(_) => 3,
            Value::Ptr(_) => 4,
            Value::Slice { .. } => 5,
            Value::Map(_) => 6,
            Value::Chan(_) => 7,
            Value::Func(..) => 8,
            Value::Iface(..) => 9,
            Value::Tuple(_) => 10,
        }
    }

    /// A total order, which agrees with the language's `==` on what can be compared (but for NaN).
    pub fn order(&self, other: &Value) -> Ordering {
        match (self, other) {
            (Value::Int(a), Value::Int(b)) => a.cmp(b),
            (Value::Float(a), Value::Float(b)) => {
                if a == b {
                    Ordering::Equal
                } else {
                    a.total_cmp(b)
                }
            }
            (Value::Str(a), Value::Str(b)) => a.cmp(b),
            (Value::Ptr(a), Value::Ptr(b)) => a.cmp(b),
            (Value::Slice { at: a, len: l, cap: c }, Value::Slice { at, len, cap }) => (a, l, c).cmp(&(at, len, cap)),
            (Value::Map(a), Value::Map(b)) | (Value::Chan(a), Value::Chan(b)) => a.cmp(b),
            (Value::Func(f, a), Value::Func(g, b)) => f.cmp(g).then_with(|| list(a, b)),
            (Value::Iface(t, a), Value::Iface(u, b)) => t.cmp(u).then_with(|| a.order(b)),
            (Value::Tuple(a), Value::Tuple(b)) => list(a, b),
            _ => self.rank().cmp(&other.rank()),
        }
    }

    /// Whether two values are the same.
    pub fn same(&self, other: &Value) -> bool {
        self.order(other) == Ordering::Equal
    }
}

fn list(a: &[Value], b: &[Value]) -> Ordering {
    for (x, y) in a.iter().zip(b) {
        let o = x.order(y);
        if o != Ordering::Equal {
            return o;
        }
    }
    a.len().cmp(&b.len())
}
