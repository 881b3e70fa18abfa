//! Running the go command so that nobody can tell hb is in between.
//!
//! Where nothing is left to do afterwards hb becomes the go command (`execve`): streams, signals, job control and exit
//! status are then the go command's own. Otherwise hb stays as its parent in the same process group and mirrors it:
//!
//! - Signals that a terminal sends reach the whole group anyway, so hb only holds still. Those sent to hb alone (`kill
//!   PID`) are passed on. The kernel says which is which: `si_code` is positive for its own signals.
//! - When the go command stops, hb stops; when hb is continued, it continues the go command.
//! - hb ends as the go command ended, by status or by signal. If hb is killed outright, the go command is too, as it
//!   would have been in hb's place.

use crate::error::HbError;
use crate::go_env::cannot_start;
use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal, kill, raise};
use nix::sys::signalfd::SignalFd;
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid, getppid};
use std::convert::Infallible;
use std::io;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command};

/// Becomes `command`.
///
/// # Errors
/// It could not be started; otherwise there is no way back.
pub fn become_command(mut command: Command) -> Result<Infallible, HbError> {
    let error = command.exec();
    Err(cannot_start(command.get_program().as_ref(), &error))
}

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// With this exit status.
    Status(u8),
    /// By this signal.
    Signal(Signal),
}

/// How a command ended, and whether it was asked to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How.
    pub ending: Ending,
    /// The last signal that came meanwhile and that ends a program by default: from the terminal, or from whoever has sent it.
    pub asked: Option<Signal>,
}

/// What is passed on to the go command. `CONT` resumes it; the rest would end or stop it, or are its own affair.
const PASSED_ON: &[Signal] = &[
    Signal::SIGINT,
    Signal::SIGQUIT,
    Signal::SIGTERM,
    Signal::SIGHUP,
    Signal::SIGUSR1,
    Signal::SIGUSR2,
    Signal::SIGTSTP,
    Signal::SIGCONT,
];

/// Runs `command` as a child, mirrors its stops and passes signals on, until it has ended. `started` is called with the child; threads that
/// it starts leave the signals to this one.
///
/// # Errors
/// It could not be started, or waiting for it failed.
pub fn run_and_wait(mut command: Command, started: impl FnOnce(&mut Child)) -> Result<Ended, HbError> {
    let program = command.get_program().to_owned();
    let failed = |e: io::Error| cannot_start(program.as_ref(), &e);

    // Blocked before the child exists, so that no signal can fall between.
    let mut watched = SigSet::empty();
    watched.add(Signal::SIGCHLD);
    for &signal in PASSED_ON {
        watched.add(signal);
    }
    let before = SigSet::thread_get_mask().map_err(|e| failed(e.into()))?;
    watched.thread_block().map_err(|e| failed(e.into()))?;
    let signals = SignalFd::new(&watched).map_err(|e| failed(e.into()))?;

    let parent = getpid();
    // SAFETY: between fork and exec only plain system calls run: no memory is allocated and no lock taken.
    unsafe {
        command.pre_exec(move || {
            // The child inherits what is blocked; it is to have what hb was given.
            before.thread_set_mask()?;
            prctl::set_pdeathsig(Signal::SIGKILL)?;
            if getppid() == parent {
                Ok(())
            } else {
                // hb died before the line above took effect.
                Err(io::ErrorKind::Interrupted.into())
            }
        });
    }
    let mut child = command.spawn().map_err(failed)?;
    started(&mut child);
    let child = Pid::from_raw(child.id().cast_signed());

    let mut asked = None;
    loop {
        let Some(info) = signals.read_signal().map_err(|e| failed(e.into()))? else {
            continue;
        };
        let number = info.ssi_signo.cast_signed();
        if let Ok(signal @ (Signal::SIGINT | Signal::SIGQUIT | Signal::SIGTERM | Signal::SIGHUP)) =
            Signal::try_from(number)
        {
            asked = Some(signal);
        }
        match Signal::try_from(number) {
            Ok(Signal::SIGCHLD) => {
                if let Some(ending) = reap(child).map_err(|e| failed(e.into()))? {
                    return Ok(Ended { ending, asked });
                }
            }
            // A positive code is the kernel's: the terminal has sent it to the whole group.
            Ok(signal) if info.ssi_code <= 0 || signal == Signal::SIGCONT => {
                // The only failure is that the child has just ended, and then SIGCHLD is on its way.
                let _ = kill(child, signal);
            }
            _ => {}
        }
    }
}

/// Takes in what happened to the child: its end, or a stop, in which hb follows it.
fn reap(child: Pid) -> nix::Result<Option<Ending>> {
    loop {
        let flags = WaitPidFlag::WNOHANG | WaitPidFlag::WUNTRACED;
        match waitpid(child, Some(flags))? {
            WaitStatus::Exited(_, status) => {
                return Ok(Some(Ending::Status(u8::try_from(status & 0xff).expect("masked to a byte"))));
            }
            WaitStatus::Signaled(_, signal, _) => return Ok(Some(Ending::Signal(signal))),
            WaitStatus::Stopped(_, _) => {
                // SIGSTOP cannot be blocked: hb rests here until it is continued, by SIGCONT, which then waits in
                // the signal file and is passed on.
                raise(Signal::SIGSTOP)?;
            }
            _ => return Ok(None),
        }
    }
}

/// Ends this process as the command ended. A death by signal is died again, without a second core file.
pub fn end_like(ending: Ending) -> ! {
    if let Ending::Signal(signal) = ending {
        use nix::sys::resource::{Resource, setrlimit};
        use nix::sys::signal::{SaFlags, SigAction, SigHandler, sigaction};
        let _ = setrlimit(Resource::RLIMIT_CORE, 0, 0);
        let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
        // SAFETY: the default action replaces a handler; no code of ours is installed.
        let _ = unsafe { sigaction(signal, &default) };
        let _ = SigSet::from_iter([signal]).thread_unblock();
        let _ = raise(signal);
    }
    std::process::exit(match ending {
        Ending::Status(status) => i32::from(status),
        // Not reached for signals that end a process; a shell's convention for the rest.
        Ending::Signal(signal) => 128 + signal as i32,
    })
}
