//! Text: what `fmt`, `strconv` and `strings` need beyond the language.

use crate::machine::{Machine, Step, Trap};
use crate::program::{Kind, Native, TypeId};
use crate::state::{AccessKind, Body, Panicking, State};
use crate::value::{Ptr, Value};
use std::rc::Rc;

/// A verb with its flags.
#[derive(Clone, Copy, Debug, Default)]
struct Verb {
    letter: char,
    plus: bool,
    minus: bool,
    sharp: bool,
    zero: bool,
    space: bool,
    width: Option<usize>,
    precision: Option<usize>,
}

/// The verbs of a format with the number of the argument of each.
fn verbs(format: &str) -> Vec<(String, Option<Verb>)> {
    let mut out = Vec::new();
    let mut text = String::new();
    let mut chars = format.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '%' {
            text.push(c);
            continue;
        }
        let mut verb = Verb::default();
        while let Some(&f) = chars.peek() {
            match f {
                '+' => verb.plus = true,
                '-' => verb.minus = true,
                '#' => verb.sharp = true,
                '0' => verb.zero = true,
                ' ' => verb.space = true,
                _ => break,
            }
            chars.next();
        }
        let number = |chars: &mut std::iter::Peekable<std::str::Chars<'_>>| {
            let mut n = None;
            while let Some(d) = chars.peek().and_then(|c| c.to_digit(10)) {
                n = Some(n.unwrap_or(0) * 10 + d as usize);
                chars.next();
            }
            n
        };
        verb.width = number(&mut chars);
        if chars.peek() == Some(&'.') {
            chars.next();
            verb.precision = Some(number(&mut chars).unwrap_or(0));
        }
        match chars.next() {
            None => {
                text.push_str("%!(NOVERB)");
                break;
            }
            Some('%') => text.push('%'),
            Some(letter) => {
                verb.letter = letter;
                out.push((std::mem::take(&mut text), Some(verb)));
            }
        }
    }
    out.push((text, None));
    out
}

/// A float as `%v` prints it.
pub(crate) fn float_text(x: f64, bits: u8) -> String {
    if x.is_nan() {
        return "NaN".into();
    }
    if x.is_infinite() {
        return if x > 0.0 { "+Inf".into() } else { "-Inf".into() };
    }
    let scientific = if bits == 32 { format!("{:e}", x as f32) } else { format!("{x:e}") };
    let (digits, exponent) = scientific.split_once('e').expect("it has an exponent");
    let exponent: i32 = exponent.parse().expect("it is a number");
    if (-4..21).contains(&exponent) {
        return if bits == 32 { format!("{}", x as f32) } else { format!("{x}") };
    }
    let sign = if exponent < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", exponent.abs())
}

fn quote(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if u32::from(c) < 0x20 || c == '\u{7f}' => out.push_str(&format!("\\x{:02x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn pad(text: String, verb: Verb) -> String {
    let Some(width) = verb.width else { return text };
    let missing = width.saturating_sub(text.chars().count());
    if missing == 0 {
        text
    } else if verb.minus {
        text + &" ".repeat(missing)
    } else if verb.zero && "dxXobeEfFgG".contains(verb.letter) {
        let signs = text.len() - text.trim_start_matches(['+', '-']).len();
        format!("{}{}{}", &text[..signs], "0".repeat(missing), &text[signs..])
    } else {
        " ".repeat(missing) + &text
    }
}

impl Machine<'_> {
    fn list(&mut self, st: &mut State, g: usize, v: &Value) -> Step<Vec<Value>> {
        let mut out = Vec::new();
        if let Value::Slice { at, len, .. } = v {
            for i in 0..*len {
                out.push(self.read_cell(st, g, Ptr { off: at.off + i, ..*at }, AccessKind::Read)?);
            }
        }
        Ok(out)
    }

    /// The text of a panic as the runtime prints it.
    pub(crate) fn panic_text(&mut self, st: &State, p: &Panicking) -> String {
        if let Some(text) = &p.error {
            return if matches!(&p.value, Value::Iface(ty, _) if Some(*ty) == self.program.runtime_error) {
                format!("runtime error: {text}")
            } else {
                text.to_string()
            };
        }
        let Value::Iface(ty, value) = &p.value else { return "nil".into() };
        let method = self.program.error_method.and_then(|m| self.program.methods.get(&(*ty, m)));
        if let Some(f) = method
            && let Some(text) = self.pure_call(st, *f, (**value).clone())
        {
            return text;
        }
        let name = self.program.types[*ty as usize].name.clone();
        match (&self.program.types[*ty as usize].kind, &**value) {
            (Kind::String, Value::Str(s)) if name == "string" => String::from_utf8_lossy(s).into_owned(),
            (Kind::String, Value::Str(s)) => format!("{name}({})", quote(&String::from_utf8_lossy(s))),
            (Kind::Int { signed, .. }, v) => {
                let number = if *signed { v.int().to_string() } else { (v.int() as u64).to_string() };
                if name.contains('.') { format!("{name}({number})") } else { number }
            }
            (Kind::Bool, v) => (v.int() != 0).to_string(),
            (Kind::Float { bits }, v) => float_text(v.float(), *bits),
            _ => format!("({name}) 0x..."),
        }
    }

    /// Calls a method that only computes, on a copy of the state.
    fn pure_call(&mut self, st: &State, func: u32, receiver: Value) -> Option<String> {
        let mut copy = State { gors: Vec::new(), views: Vec::new(), ready: Vec::new(), ..st.clone() };
        let mut inner = Machine::new(self.program, Default::default());
        inner.patience = 10_000;
        inner.pure(&mut copy, func, receiver)
    }

    fn pure(&mut self, st: &mut State, func: u32, receiver: Value) -> Option<String> {
        st.gors.clear();
        self.spawn(st, func, vec![receiver], false, Default::default());
        let mut gor = (*st.gors[0]).clone();
        for _ in 0..self.patience {
            let frame = gor.frames.last()?;
            if gor.frames.len() == 1
                && let crate::program::Ins::Ret(list) = &self.program.funcs[frame.func as usize].code[frame.pc as usize]
            {
                let value = list.first().map(|r| &frame.regs[usize::from(*r)])?;
                return Some(String::from_utf8_lossy(value.bytes()).into_owned());
            }
            self.execute(st, 0, &mut gor).ok()?;
        }
        None
    }

    pub(crate) fn text(&mut self, st: &mut State, g: usize, native: Native, args: &[Value]) -> Step<Vec<Value>> {
        use Native as N;
        let int = |i: usize| args.get(i).map_or(0, Value::int);
        let text = |i: usize| String::from_utf8_lossy(args.get(i).map_or(&[], Value::bytes)).into_owned();
        let string = |s: String| Ok(vec![Value::str(s)]);
        match native {
            N::Format => {
                let list = self.list(st, g, &args[1])?;
                let (mut out, mut next) = (String::new(), 0);
                for (before, verb) in verbs(&text(0)) {
                    out.push_str(&before);
                    let Some(verb) = verb else { continue };
                    let Some(value) = list.get(next) else {
                        out.push_str(&format!("%!{}(MISSING)", verb.letter));
                        continue;
                    };
                    next += 1;
                    let mut one = String::new();
                    self.format(st, g, &mut one, value, verb)?;
                    out.push_str(&pad(one, verb));
                }
                if next < list.len() {
                    out.push_str("%!(EXTRA ");
                    for (i, value) in list[next..].iter().enumerate() {
                        if i > 0 {
                            out.push_str(", ");
                        }
                        let name = match value {
                            Value::Iface(t, _) => self.program.types[*t as usize].name.clone(),
                            _ => "<nil>".into(),
                        };
                        out.push_str(&format!("{name}="));
                        self.format(st, g, &mut out, value, Verb { letter: 'v', ..Verb::default() })?;
                    }
                    out.push(')');
                }
                string(out)
            }
            N::FormatLine | N::FormatPlain => {
                let list = self.list(st, g, &args[0])?;
                let mut out = String::new();
                let is_string = |v: &Value, m: &Self| matches!(v, Value::Iface(t, _) if matches!(m.program.types[*t as usize].kind, Kind::String));
                for (i, value) in list.iter().enumerate() {
                    let spaced = native == N::FormatLine
                        || !(is_string(value, self) || is_string(&list[i - usize::from(i > 0)], self));
                    if i > 0 && spaced {
                        out.push(' ');
                    }
                    self.format(st, g, &mut out, value, Verb { letter: 'v', ..Verb::default() })?;
                }
                if native == N::FormatLine {
                    out.push('\n');
                }
                string(out)
            }
            N::NeedsString => {
                let found = verbs(&text(0)).into_iter().filter_map(|(_, v)| v).nth(int(1) as usize);
                Ok(vec![Value::bool(found.is_some_and(|v| "vsqw".contains(v.letter) && !v.sharp))])
            }
            N::WrapsVerb => {
                let all = verbs(&text(0));
                let at = all.iter().filter_map(|(_, v)| *v).position(|v| v.letter == 'w');
                Ok(vec![Value::Int(at.map_or(-1, |at| at as i64))])
            }
            N::TypeName => string(match &args[0] {
                Value::Iface(t, _) => self.program.types[*t as usize].name.clone(),
                _ => "<nil>".into(),
            }),
            N::Itoa => {
                let n = int(0);
                string(match int(1) {
                    16 => format!("{}{:x}", if n < 0 { "-" } else { "" }, n.unsigned_abs()),
                    2 => format!("{}{:b}", if n < 0 { "-" } else { "" }, n.unsigned_abs()),
                    8 => format!("{}{:o}", if n < 0 { "-" } else { "" }, n.unsigned_abs()),
                    _ => n.to_string(),
                })
            }
            N::ParseInt => {
                let parsed = i64::from_str_radix(&text(0), int(1).clamp(2, 36) as u32);
                Ok(vec![Value::Int(parsed.clone().unwrap_or(0)), Value::bool(parsed.is_ok())])
            }
            N::FormatFloat => string(match int(1) as u8 as char {
                'f' if int(2) >= 0 => format!("{:.*}", int(2) as usize, args[0].float()),
                _ => float_text(args[0].float(), 64),
            }),
            N::ParseFloat => {
                let parsed = text(0).parse::<f64>();
                Ok(vec![Value::Float(parsed.clone().unwrap_or(0.0)), Value::bool(parsed.is_ok())])
            }
            N::Quote => string(quote(&text(0))),
            N::ToUpper => string(text(0).to_uppercase()),
            N::ToLower => string(text(0).to_lowercase()),
            N::TrimSpace => string(text(0).trim().to_owned()),
            N::Index => {
                let (s, sub) = (args[0].bytes(), args[1].bytes());
                let at = if sub.is_empty() { Some(0) } else { s.windows(sub.len()).position(|w| w == sub) };
                Ok(vec![Value::Int(at.map_or(-1, |at| at as i64))])
            }
            N::Sqrt => Ok(vec![Value::Float(args[0].float().sqrt())]),
            N::Floor => Ok(vec![Value::Float(args[0].float().floor())]),
            N::Comparable => Ok(vec![Value::bool(self.comparable(&args[0]).is_ok())]),
            N::SameType => Ok(vec![Value::bool(match (&args[0], &args[1]) {
                (Value::Iface(t, _), Value::Iface(u, _)) => t == u,
                (a, b) => a.same(b),
            })]),
            // errors.As: whether the value can be stored through the pointer, by the pointer's element type.
            N::StoreAny | N::Deref => {
                let (Value::Iface(t, target), value) = (&args[0], &args[1]) else {
                    return Ok(vec![Value::bool(false)]);
                };
                let Kind::Pointer(elem) = self.program.types[*t as usize].kind else {
                    return Ok(vec![Value::bool(false)]);
                };
                let Some(inner) = self.assert(value, elem) else { return Ok(vec![Value::bool(false)]) };
                if native == N::Deref {
                    let Value::Ptr(p) = &**target else { return Ok(vec![Value::bool(false)]) };
                    self.store(st, g, *p, &inner, elem)?;
                }
                Ok(vec![Value::bool(true)])
            }
            other => Err(Trap::Refuse(format!("{} is not supported", other.name()))),
        }
    }

    fn format(&mut self, st: &mut State, g: usize, out: &mut String, v: &Value, verb: Verb) -> Step<()> {
        let Value::Iface(ty, inner) = v else {
            out.push_str(if verb.letter == 'v' { "<nil>" } else { "%!" });
            if verb.letter != 'v' {
                out.push_str(&format!("{}(<nil>)", verb.letter));
            }
            return Ok(());
        };
        match verb.letter {
            'T' => out.push_str(&self.program.types[*ty as usize].name.clone()),
            'p' => out.push_str("0xc000000000"),
            _ => self.value(st, g, out, inner, *ty, verb, 0)?,
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "a value, its type, how, where to and whose access it is")]
    fn value(
        &mut self,
        st: &mut State,
        g: usize,
        out: &mut String,
        v: &Value,
        ty: TypeId,
        verb: Verb,
        depth: usize,
    ) -> Step<()> {
        let program = self.program;
        let t = &program.types[ty as usize];
        let wrong = |out: &mut String, text: String| out.push_str(&format!("%!{}({}={text})", verb.letter, t.name));
        match (&t.kind, v) {
            (Kind::Bool, v) => match verb.letter {
                'v' | 't' => out.push_str(if v.int() != 0 { "true" } else { "false" }),
                _ => wrong(out, (v.int() != 0).to_string()),
            },
            (Kind::Int { signed, .. }, v) => {
                let i = v.int();
                let (negative, size) = if *signed { (i < 0, i.unsigned_abs()) } else { (false, i as u64) };
                let sign = if negative {
                    "-"
                } else if verb.plus {
                    "+"
                } else {
                    ""
                };
                let decimal = if negative { format!("-{size}") } else { size.to_string() };
                match verb.letter {
                    'v' | 'd' => out.push_str(&format!("{sign}{size}")),
                    'x' => out.push_str(&format!("{sign}{}{size:x}", if verb.sharp { "0x" } else { "" })),
                    'X' => out.push_str(&format!("{sign}{size:X}")),
                    'o' => out.push_str(&format!("{sign}{size:o}")),
                    'b' => out.push_str(&format!("{sign}{size:b}")),
                    'c' => out.push(u32::try_from(i).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')),
                    'q' => out.push_str(&format!(
                        "{:?}",
                        u32::try_from(i).ok().and_then(char::from_u32).unwrap_or('\u{fffd}')
                    )),
                    'U' => out.push_str(&format!("U+{i:04X}")),
                    _ => wrong(out, decimal),
                }
            }
            (Kind::Float { bits }, v) => match (verb.letter, verb.precision) {
                ('f' | 'F', p) => out.push_str(&format!("{:.*}", p.unwrap_or(6), v.float())),
                ('v' | 'g', Some(p)) => {
                    let short = format!("{:.*}", p.saturating_sub(1), v.float());
                    out.push_str(short.trim_end_matches('0').trim_end_matches('.'));
                }
                ('e', p) => {
                    let text = format!("{:.*e}", p.unwrap_or(6), v.float());
                    let (digits, exponent) = text.split_once('e').expect("it has an exponent");
                    let exponent: i32 = exponent.parse().unwrap_or(0);
                    out.push_str(&format!("{digits}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs()));
                }
                ('v' | 'g', None) => out.push_str(&float_text(v.float(), *bits)),
                _ => wrong(out, float_text(v.float(), *bits)),
            },
            (Kind::String, v) => {
                let text = String::from_utf8_lossy(v.bytes()).into_owned();
                match verb.letter {
                    'v' if verb.sharp => out.push_str(&quote(&text)),
                    'v' | 's' | 'w' => match verb.precision {
                        Some(p) => out.extend(text.chars().take(p)),
                        None => out.push_str(&text),
                    },
                    'q' => out.push_str(&quote(&text)),
                    'x' => v.bytes().iter().for_each(|b| out.push_str(&format!("{b:02x}"))),
                    _ => wrong(out, text),
                }
            }
            (Kind::Interface(_), Value::Iface(inner, v)) => self.value(st, g, out, v, *inner, verb, depth + 1)?,
            (Kind::Interface(_), _) => out.push_str("<nil>"),
            (Kind::Pointer(elem), Value::Ptr(p)) => {
                let shown = matches!(program.types[*elem as usize].kind, Kind::Struct(_) | Kind::Array(..));
                if depth == 0 && shown && matches!(verb.letter, 'v' | 's' | 'd') {
                    let inner = self.load(st, g, *p, *elem)?;
                    out.push('&');
                    self.value(st, g, out, &inner, *elem, verb, depth + 1)?;
                } else {
                    out.push_str("0xc000000000");
                }
            }
            (Kind::Struct(fields), Value::Tuple(list)) => {
                if verb.sharp {
                    out.push_str(&t.name);
                }
                out.push('{');
                for (i, (f, v)) in fields.iter().zip(list.iter()).enumerate() {
                    if i > 0 {
                        out.push_str(if verb.sharp { ", " } else { " " });
                    }
                    if verb.plus || verb.sharp {
                        out.push_str(&format!("{}:", f.name));
                    }
                    self.value(st, g, out, v, f.ty, verb, depth + 1)?;
                }
                out.push('}');
            }
            (Kind::Array(elem, _), Value::Tuple(list)) => {
                out.push('[');
                for (i, v) in list.iter().enumerate() {
                    if i > 0 {
                        out.push(' ');
                    }
                    self.value(st, g, out, v, *elem, verb, depth + 1)?;
                }
                out.push(']');
            }
            (Kind::Slice(elem), v) => {
                let size = program.types[*elem as usize].cells;
                let byte = matches!(program.types[*elem as usize].kind, Kind::Int { bits: 8, signed: false });
                let mut items = Vec::new();
                if let Value::Slice { at, len, .. } = v {
                    for i in 0..*len {
                        items.push(self.load(st, g, Ptr { off: at.off + i * size, ..*at }, *elem)?);
                    }
                }
                if byte && matches!(verb.letter, 's' | 'q' | 'x') {
                    let bytes: Vec<u8> = items.iter().map(|v| v.int() as u8).collect();
                    let string = Value::str(bytes);
                    let text = String::from_utf8_lossy(string.bytes()).into_owned();
                    match verb.letter {
                        's' => out.push_str(&text),
                        'q' => out.push_str(&quote(&text)),
                        _ => string.bytes().iter().for_each(|b| out.push_str(&format!("{b:02x}"))),
                    }
                    return Ok(());
                }
                if verb.sharp {
                    out.push_str(&t.name);
                }
                out.push(if verb.sharp { '{' } else { '[' });
                for (i, v) in items.iter().enumerate() {
                    if i > 0 {
                        out.push_str(if verb.sharp { ", " } else { " " });
                    }
                    self.value(st, g, out, v, *elem, verb, depth + 1)?;
                }
                out.push(if verb.sharp { '}' } else { ']' });
            }
            (Kind::Map(key, elem), v) => {
                let mut items = Vec::new();
                if let Value::Map(id) = v {
                    self.record(st, g, *id, 0, AccessKind::Read);
                    if let Body::Map(list) = &st.object(*id).body {
                        items.clone_from(list);
                    }
                }
                out.push_str("map[");
                for (i, (k, v)) in items.iter().enumerate() {
                    if i > 0 {
                        out.push(' ');
                    }
                    self.value(st, g, out, k, *key, verb, depth + 1)?;
                    out.push(':');
                    self.value(st, g, out, v, *elem, verb, depth + 1)?;
                }
                out.push(']');
            }
            (_, Value::Nil) => out.push_str("<nil>"),
            _ => out.push_str("0xc000000000"),
        }
        let _: Option<Rc<()>> = None;
        Ok(())
    }
}
