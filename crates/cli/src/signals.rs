//! Ctrl-C and SIGTERM, turned into requests to stop.

use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::thread;

use signal_hook::consts::{SIGHUP, SIGINT, SIGQUIT, SIGTERM};
use signal_hook::iterator::Signals;
use tokenometer_load::Stop;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Notes;

/// From here on the first signal asks `stop` to let what is in flight end, the
/// second to end at once, and the third ends the program. What is said about it
/// goes to `notes`.
pub(crate) fn ask_to_stop(stop: &Stop, notes: Notes) -> Result<(), Failure> {
    let mut signals = Signals::new([SIGINT, SIGTERM]).map_err(unheard)?;
    let stop = stop.clone();
    let listen = move || {
        for (count, _signal) in (1_u32..).zip(signals.forever()) {
            match count {
                1 => {
                    stop.ask();
                    notes.say("finishing what is in flight; press Ctrl-C again to stop at once");
                }
                2 => {
                    stop.now();
                    notes.say("stopping at once, and keeping what there is");
                }
                _ => Exit::INTERRUPTED.now(),
            }
        }
    };
    thread::Builder::new().name("tokenometer-signals".into()).spawn(listen).map_err(unheard)?;
    Ok(())
}

/// A flag that the first signal sets. Without `heed_interrupt` only SIGTERM
/// does, and Ctrl-C is left to whoever started this process.
pub(crate) fn stop_flag(heed_interrupt: bool) -> Result<Arc<AtomicBool>, Failure> {
    let stop = Arc::new(AtomicBool::new(false));
    let unheeded = Arc::new(AtomicBool::new(false));
    let interrupt = if heed_interrupt { Arc::clone(&stop) } else { unheeded };
    for (signal, flag) in [(SIGTERM, Arc::clone(&stop)), (SIGINT, interrupt)] {
        signal_hook::flag::register(signal, flag).map_err(unheard)?;
    }
    Ok(stop)
}

/// From here on nothing that a terminal sends ends this process. The signals are
/// heard and not ignored, since what is ignored would be ignored by every program
/// that is started from here, too.
pub(crate) fn outlive_terminal() -> Result<(), Failure> {
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGQUIT] {
        signal_hook::flag::register(signal, Arc::new(AtomicBool::new(false))).map_err(unheard)?;
    }
    Ok(())
}

fn unheard(error: io::Error) -> Failure {
    Failure::new(anyhow::Error::new(error).context("failed to listen for signals"), Exit::USAGE)
}
