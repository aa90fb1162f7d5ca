//! `tokenometer keep`, which only tokenometer itself calls: the process between
//! it and an engine.

use tokenometer_engine::process::keep as keep_engine;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::signals;

/// Keeps one engine until nothing of it is left.
pub(crate) fn keep() -> Result<Exit, Failure> {
    signals::outlive_terminal()?;
    keep_engine(std::io::stdin(), std::io::stdout())
        .map_err(|error| Failure::new(error, Exit::USAGE))?;
    Ok(Exit::DONE)
}
