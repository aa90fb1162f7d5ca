//! What can go wrong before and around serving. A bad request is none of
//! these: it is answered on the wire.

use std::io;

use thiserror::Error;

/// Why the embedded engine couldn't do what was asked of it. Each message
/// completes "failed to …".
#[derive(Debug, Error)]
pub enum SimError {
    /// The listening socket couldn't be had.
    #[error("listen on {address}: choose another address, or end what uses this one")]
    Listen {
        /// The address as it was given.
        address: String,
        /// What the kernel said.
        source: io::Error,
    },
    /// An address that can't be read.
    #[error("read the address `{word}`: write HOST:PORT with a literal host, or unix:PATH")]
    Address {
        /// The address as it was given.
        word: String,
    },
    /// The thread couldn't be bound to the processor.
    #[error("run on cpu {cpu}: choose one that this process may use")]
    Cpu {
        /// The processor asked for.
        cpu: usize,
        /// What the kernel said.
        source: io::Error,
    },
    /// The event queue failed.
    #[error("wait for the sockets")]
    Wait(#[source] io::Error),
    /// It was told to end after so many requests.
    #[error("stay alive: it was told to die after {after} requests")]
    Died {
        /// How many.
        after: u64,
    },
    /// Shares of faults that are no probabilities.
    #[error(
        "draw faults with a share of {share} for `{fault}` ({sum} in all): each must lie in 0..=1, and so must their sum"
    )]
    Share {
        /// The fault at which the sum went wrong.
        fault: String,
        /// Its own share.
        share: f64,
        /// The sum up to and with it.
        sum: f64,
    },
    /// A length of time that can't be read.
    #[error("read the duration `{word}`: write a number and one of ns, us, ms, s, m, as in `20ms`")]
    Duration {
        /// The word as it was given.
        word: String,
    },
    /// A distribution that can't be read.
    #[error(
        "read the delay `{word}`: write a duration such as `20ms`, or one of \
         uniform:LOW:HIGH, lognormal:MEDIAN:SIGMA, exponential:MEAN"
    )]
    Delay {
        /// The word as it was given.
        word: String,
    },
    /// A fault that doesn't exist.
    #[error("find the fault `{word}`: there are {valid}")]
    UnknownFault {
        /// The word as it was given.
        word: String,
        /// Every form that a fault may take.
        valid: String,
    },
    /// A fault whose argument is missing, superfluous or unreadable.
    #[error("read the fault `{word}`: it is written {form}")]
    FaultArgument {
        /// The word as it was given.
        word: String,
        /// The form that this fault takes.
        form: &'static str,
    },
    /// A key of a script that doesn't exist.
    #[error("find the key `{key}`: there are {valid}")]
    UnknownKey {
        /// The key as it was given.
        key: String,
        /// Every key there is.
        valid: String,
    },
    /// A value that its key can't hold.
    #[error("read `{value}` as {key}: {wanted}")]
    Value {
        /// The key.
        key: String,
        /// The value as it was given.
        value: String,
        /// What would have done.
        wanted: &'static str,
    },
}
