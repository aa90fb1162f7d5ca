//! What can go wrong before and around serving. A bad request is none of
//! these: it is answered on the wire.

use std::io;

use thiserror::Error;
use tokenometer_core::roofline::RooflineError;

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
    /// A key that says when tokens leave, where a simulated machine does.
    #[error("set {key} on a simulated machine, which keeps its own time: leave it out")]
    OwnPace {
        /// The key.
        key: String,
    },
    /// Machines, models or calibrations that don't exist.
    #[error("simulate {missing}")]
    NotSimulated {
        /// All of them, each with what there is.
        missing: String,
    },
    /// A model that can't be simulated on a machine.
    #[error("simulate the engine")]
    Unroofed(#[from] RooflineError),
    /// Options of a simulation that don't go together.
    #[error("simulate what contradicts itself: {problems}")]
    Contradiction {
        /// All that doesn't.
        problems: String,
    },
    /// A KV cache without a single block.
    #[error(
        "simulate a KV cache of {tokens} tokens in blocks of {block_size}: set kv-tokens or memory-share higher, or block-size lower"
    )]
    NoBlock {
        /// The tokens that it holds.
        tokens: u64,
        /// Tokens of a block.
        block_size: u32,
    },
    /// A sequence that the KV cache could never hold.
    #[error(
        "hold {tokens} tokens of prompt and output in a KV cache of {capacity}: ask for fewer, or set kv-tokens higher"
    )]
    NeverFits {
        /// Tokens of its prompt and those that it asks for.
        tokens: u64,
        /// Tokens that the cache holds.
        capacity: u64,
    },
    /// A sequence without a prompt, or one that asks for no token.
    #[error("generate from an empty prompt or no token at all: give and ask for at least one")]
    EmptySequence,
}
