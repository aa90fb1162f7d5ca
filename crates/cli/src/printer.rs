//! The only way out of the program: data to stdout, words to stderr.

use std::io::{self, ErrorKind, IsTerminal as _, Write};

use tokenometer_report::Style;

use crate::environment::Environment;
use crate::exit::Exit;
use crate::failure::Failure;

/// Writes to stdout and stderr.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Printer {
    no_colour: bool,
}

impl Printer {
    /// A printer that heeds `NO_COLOR`.
    pub(crate) fn new(environment: &Environment) -> Printer {
        Printer { no_colour: environment.no_colour }
    }

    /// How text for stdout is to look: coloured only on a terminal.
    pub(crate) fn style(self) -> Style {
        if self.no_colour || !io::stdout().is_terminal() { Style::Plain } else { Style::Coloured }
    }

    /// Writes data. A reader who has seen enough and hung up is no error.
    pub(crate) fn data(self, text: &str) -> Result<(), Failure> {
        let mut stdout = io::stdout().lock();
        match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() != ErrorKind::BrokenPipe => {
                let error = anyhow::Error::new(error)
                    .context("failed to write to stdout; check where it is led to");
                Err(Failure::new(error, Exit::USAGE))
            }
            _ => Ok(()),
        }
    }

    /// Writes words for people. Where nobody can read them, nobody misses them.
    pub(crate) fn say(self, text: &str) {
        let mut stderr = io::stderr().lock();
        let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.write_all(b"\n"));
    }

    /// Writes why a command failed.
    pub(crate) fn fail(self, failure: &Failure) {
        self.say(failure.to_string().trim_end());
    }
}
