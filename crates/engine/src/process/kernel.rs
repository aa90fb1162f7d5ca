//! The one thing about a new process that must be settled between its fork and
//! its program: that it dies with the keeper. All `unsafe` code of this crate
//! is here.

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::process::{Signal, getpid, getppid, set_parent_process_death_signal};

/// Has the kernel kill what this command starts when the thread ends that
/// starts it. It must be started by the thread that lives as long as the
/// keeper does.
pub(super) fn die_with_us(command: &mut Command) {
    let us = getpid();
    let settle = move || {
        set_parent_process_death_signal(Some(Signal::KILL))?;
        // Who started it may have ended before the kernel was asked.
        if getppid() == Some(us) { Ok(()) } else { Err(io::ErrorKind::BrokenPipe.into()) }
    };
    // SAFETY: between fork and exec only such calls are allowed as a signal
    // handler may make. The closure makes two system calls and compares two
    // numbers; it neither allocates nor takes a lock, and an error of a bare
    // kind allocates nothing either.
    unsafe { command.pre_exec(settle) };
}
