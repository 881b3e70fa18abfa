//! Channels and select.
//!
//! Rule 5: a send is synchronised before the completion of its receive. Rule 6: a receive from an unbuffered channel before
//! the completion of its send. Rule 7: a close before a receive that returns because of it. Rule 8: the k-th receive before
//! the completion of the (k+C)-th send.
//!
//! Goroutines that stand at an operation of an unbuffered channel are not parked there yet as far as others can tell: so a
//! select with a default may take it although a partner stands ready.

use crate::exec::case_registers;
use crate::machine::{Machine, Step, Trap};
use crate::program::{Case, Ins, TypeId};
use crate::state::{AccessKind, Body, Chan, Gor, State};
use crate::trace::What;
use crate::value::{ObjId, Value};
use std::rc::Rc;

/// A goroutine that stands at a send to a channel: its index, its case in a select, the value.
struct Sender {
    at: usize,
    case: Option<usize>,
    value: Value,
}

impl Machine<'_> {
    fn senders(&self, st: &State, g: usize, chan: ObjId) -> Vec<Sender> {
        let mut found: Vec<Sender> = Vec::new();
        let mut seen: Vec<(u64, &crate::view::View)> = Vec::new();
        for (at, gor) in st.gors.iter().enumerate() {
            let Some(frame) = gor.frames.last().filter(|_| at != g) else { continue };
            let ins = &self.program.funcs[frame.func as usize].code[frame.pc as usize];
            let is = |r: &u16| matches!(frame.regs[usize::from(*r)], Value::Chan(id) if id == chan);
            let value = |r: &u16| frame.regs[usize::from(*r)].clone();
            let mut here = Vec::new();
            match ins {
                Ins::Send(c, v) if is(c) => here.push(Sender { at, case: None, value: value(v) }),
                Ins::Select(_, cases, _) => {
                    for (i, case) in cases.iter().enumerate() {
                        match case {
                            Case::Send { chan, value: v } if is(chan) => {
                                here.push(Sender { at, case: Some(i), value: value(v) });
                            }
                            _ => {}
                        }
                    }
                }
                _ => {}
            }
            // Of goroutines that are in all the same, one will do.
            if !here.is_empty() && !seen.iter().any(|(e, v)| *e == gor.exact && **v == st.views[at]) {
                seen.push((gor.exact, &st.views[at]));
                found.extend(here);
            }
        }
        found
    }

    /// A value goes from the goroutine of `sender` to `g`, both at an unbuffered channel.
    fn rendezvous(&mut self, st: &mut State, g: usize, chan: ObjId, sender: &Sender) {
        let mut other = (*st.gors[sender.at]).clone();
        let frame = other.frames.last_mut().expect("it stands at a send");
        let ins = &self.program.funcs[frame.func as usize].code[frame.pc as usize];
        let here = self.gor;
        let pos = self.pos;
        let sent = self.position(&st.gors[sender.at]);
        self.pos = sent;
        if let Ins::Select(d, cases, _) = ins {
            frame.regs[usize::from(*d)] = Value::Int(sender.case.expect("it is a case") as i64);
            self.gor = other.id;
            self.look_at_sends(st, sender.at, cases, frame);
            self.gor = here;
        } else {
            self.send_access(st, sender.at, chan);
        }
        frame.pc += 1;
        st.ready.push(other.id);
        let both = {
            let mut v = st.views[g].clone();
            v.join(&st.views[sender.at]);
            v
        };
        st.views[g] = both.clone();
        st.views[sender.at] = both;
        let place = self.place(st, chan, 0);
        self.pos = pos;
        self.event(What::Recv { place, sender: Some((other.id, sent)), value: sender.value.clone() });
        st.gors[sender.at] = Rc::new(other);
    }

    /// A send must not run beside a close: it counts as a read of the channel.
    fn send_access(&mut self, st: &mut State, g: usize, chan: ObjId) {
        if self.program.closes {
            self.record(st, g, chan, 0, AccessKind::Read);
        }
    }

    fn look_at_sends(&mut self, st: &mut State, g: usize, cases: &[Case], frame: &crate::state::Frame) {
        let sends: Vec<ObjId> = cases
            .iter()
            .filter_map(|case| match case {
                // One that is ready counts where it is chosen.
                Case::Send { chan, .. } => match frame.regs[usize::from(*chan)] {
                    Value::Chan(id) => {
                        let state = st.chan(id);
                        (state.closed.is_none() && state.queue.len() == state.cap as usize).then_some(id)
                    }
                    _ => None,
                },
                Case::Recv { .. } => None,
            })
            .collect();
        for id in &sends {
            self.send_access(st, g, *id);
        }
        if self.tracing() && !sends.is_empty() {
            let sends = sends.iter().map(|id| self.place(st, *id, 0)).collect();
            self.event(What::SelectPoll { sends });
        }
    }

    fn send(&mut self, st: &mut State, g: usize, chan: ObjId, value: Value) -> Step<()> {
        self.send_access(st, g, chan);
        if st.chan(chan).closed.is_some() {
            if self.tracing() {
                let place = self.place(st, chan, 0);
                self.event(What::SendClosed { place });
            }
            return Err(Trap::Error("send on closed channel".into()));
        }
        let place = self.place(st, chan, 0);
        self.event(What::Send { place, receiver: None, value: value.clone() });
        let view = st.views[g].clone();
        let c = st.chan_mut(chan);
        let unused = c.cap as usize - c.queue.len() - c.frees.len();
        let after = if unused == 0 { Some(c.frees.remove(0)) } else { None };
        c.queue.push((value, view));
        if let Some(after) = after {
            st.views[g].join(&after);
        }
        Ok(())
    }

    /// Takes what is in the buffer, or what a closed channel gives.
    fn receive(&mut self, st: &mut State, g: usize, chan: ObjId, ty: TypeId) -> Step<(Value, bool)> {
        let before = st.views[g].clone();
        let place = self.place(st, chan, 0);
        let c = st.chan_mut(chan);
        if !c.queue.is_empty() {
            let (value, view) = c.queue.remove(0);
            c.frees.push(before);
            st.views[g].join(&view);
            self.event(What::Recv { place, sender: None, value: value.clone() });
            return Ok((value, true));
        }
        let Some(view) = c.closed.clone() else { return Err(Trap::Blocked) };
        st.views[g].join(&view);
        self.event(What::RecvClosed { place });
        Ok((self.zero(ty), false))
    }

    pub(crate) fn channel(&mut self, st: &mut State, g: usize, gor: &mut Gor, ins: &Ins) -> Step<()> {
        let frame = gor.frames.last_mut().expect("it stands in a call");
        let id_of = |r: &u16, frame: &crate::state::Frame| match frame.regs[usize::from(*r)] {
            Value::Chan(id) => Some(id),
            _ => None,
        };
        match ins {
            Ins::MakeChan(d, cap, site) => {
                let cap = frame.regs[usize::from(*cap)].int();
                if !(0..=1 << 20).contains(&cap) {
                    return Err(Trap::Error("makechan: size out of range".into()));
                }
                let id = self.allocate(st, *site, Body::Chan(Chan { cap: cap as u32, ..Chan::default() }));
                frame.regs[usize::from(*d)] = Value::Chan(id);
                let place = self.place(st, id, 0);
                self.event(What::MakeChan { place, cap: cap as u32 });
            }
            Ins::Send(c, v) => {
                let Some(chan) = id_of(c, frame) else { return Err(Trap::Blocked) };
                self.branching(st)?;
                let state = st.chan(chan);
                // An unbuffered send is made by its receiver.
                if state.closed.is_none() && state.queue.len() == state.cap as usize {
                    return Err(Trap::Blocked);
                }
                let value = frame.regs[usize::from(*v)].clone();
                self.send(st, g, chan, value)?;
            }
            Ins::Recv(d, ok, c, ty) => {
                let Some(chan) = id_of(c, frame) else { return Err(Trap::Blocked) };
                self.branching(st)?;
                let state = st.chan(chan);
                let (value, sent) = if state.cap == 0 && state.closed.is_none() {
                    let senders = self.senders(st, g, chan);
                    if senders.is_empty() {
                        return Err(Trap::Blocked);
                    }
                    let sender = &senders[self.choose(senders.len())?];
                    self.rendezvous(st, g, chan, sender);
                    (sender.value.clone(), true)
                } else {
                    self.receive(st, g, chan, *ty)?
                };
                frame.regs[usize::from(*d)] = value;
                frame.regs[usize::from(*ok)] = Value::bool(sent);
            }
            Ins::Close(c) => {
                let Some(chan) = id_of(c, frame) else { return Err(Trap::Error("close of nil channel".into())) };
                self.branching(st)?;
                if st.chan(chan).closed.is_some() {
                    return Err(Trap::Error("close of closed channel".into()));
                }
                self.record(st, g, chan, 0, AccessKind::Write);
                let place = self.place(st, chan, 0);
                self.event(What::Close { place });
                let view = st.views[g].clone();
                st.chan_mut(chan).closed = Some(view);
            }
            Ins::ChanLen(d, c, cap) => {
                let mut n = 0;
                if let Some(chan) = id_of(c, frame) {
                    if !cap {
                        self.branching(st)?;
                    }
                    let state = st.chan(chan);
                    n = if *cap { state.cap as usize } else { state.queue.len() };
                }
                frame.regs[usize::from(*d)] = Value::Int(n as i64);
            }
            Ins::Select(d, cases, default) => {
                self.branching(st)?;
                enum Way {
                    Send(usize),
                    Recv(usize),
                    Meet(usize, Sender),
                    Default,
                }
                let (mut ways, mut sure) = (Vec::new(), false);
                for (i, case) in cases.iter().enumerate() {
                    match case {
                        Case::Send { chan, .. } => {
                            let Some(chan) = id_of(chan, frame) else { continue };
                            let state = st.chan(chan);
                            if state.closed.is_some() || state.queue.len() < state.cap as usize {
                                ways.push(Way::Send(i));
                                sure = true;
                            }
                        }
                        Case::Recv { chan, .. } => {
                            let Some(chan) = id_of(chan, frame) else { continue };
                            let state = st.chan(chan);
                            if !state.queue.is_empty() || state.closed.is_some() {
                                ways.push(Way::Recv(i));
                                sure = true;
                            } else if state.cap == 0 {
                                ways.extend(self.senders(st, g, chan).into_iter().map(|s| Way::Meet(i, s)));
                            }
                        }
                    }
                }
                if *default && !sure {
                    ways.push(Way::Default);
                }
                if ways.is_empty() {
                    return Err(Trap::Blocked);
                }
                let chosen = self.choose(ways.len())?;
                self.look_at_sends(st, g, cases, frame);
                let number = match &ways[chosen] {
                    Way::Default => {
                        self.event(What::Default);
                        -1
                    }
                    Way::Send(i) => {
                        let Case::Send { chan, value } = &cases[*i] else { unreachable!("it is a send") };
                        let value = frame.regs[usize::from(*value)].clone();
                        let chan = id_of(chan, frame).expect("it was looked at");
                        self.send(st, g, chan, value)?;
                        *i as i64
                    }
                    Way::Recv(i) => {
                        let (dst, ok, ty) = case_registers(&cases[*i]).expect("it is a receive");
                        let Case::Recv { chan, .. } = &cases[*i] else { unreachable!("it is a receive") };
                        let chan = id_of(chan, frame).expect("it was looked at");
                        let (value, sent) = self.receive(st, g, chan, ty)?;
                        frame.regs[usize::from(dst)] = value;
                        frame.regs[usize::from(ok)] = Value::bool(sent);
                        *i as i64
                    }
                    Way::Meet(i, sender) => {
                        let (dst, ok, _) = case_registers(&cases[*i]).expect("it is a receive");
                        let Case::Recv { chan, .. } = &cases[*i] else { unreachable!("it is a receive") };
                        let chan = id_of(chan, frame).expect("it was looked at");
                        self.rendezvous(st, g, chan, sender);
                        frame.regs[usize::from(dst)] = sender.value.clone();
                        frame.regs[usize::from(ok)] = Value::bool(true);
                        *i as i64
                    }
                };
                frame.regs[usize::from(*d)] = Value::Int(number);
            }
            _ => unreachable!("an instruction on channels"),
        }
        frame.pc += 1;
        Ok(())
    }
}
