//! The arguments of `tokenometer sim`.

use std::time::Duration;

use clap::{Args, Parser};

use super::Given;

const EXAMPLES: &str = "\
Examples:
  tokenometer sim --listen 127.0.0.1:8000 --ttft 200ms --gap 20ms
      the first token after 200 ms, then one every 20 ms
  tokenometer sim --ttft lognormal:100ms:0.5 --gap exponential:10ms --seed 7
      times that are drawn, the same ones at every start
  tokenometer sim --fault status:503=0.05 --fault cut-after:10=0.05
      one answer in twenty refused, and one in twenty cut off after 10 tokens

A time is fixed (`20ms`) or drawn: `uniform:LOW:HIGH`, `lognormal:MEDIAN:SIGMA` or
`exponential:MEAN`.

Faults: error-after:TOKENS, error-text-after:TOKENS, cut-after:TOKENS, reset-after:TOKENS,
silence-after:TOKENS, half-close, no-finish, no-done, slow-headers:TIME, status:CODE[:SHAPE],
bad-utf8:CHUNK, huge-event:BYTES, wrong-usage:DELTA, bundled-first:TOKENS, no-usage,
usage-in-finish, finish-apart, comments, crlf, split, empty:cut|bare|finished, stop-at:TOKENS,
overrun:TOKENS.

Its own account of every answer is at /truth, as lines of JSON.";

/// Serve the embedded engine, which keeps to a script and can misbehave. Once it
/// listens it prints one line, {\"listening\": ADDRESS}, and serves until Ctrl-C.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, allow_negative_numbers = true)]
pub(crate) struct SimArgs {
    /// Where to listen: HOST:PORT in numbers, or unix:PATH; port 0 takes any free one [default:
    /// 127.0.0.1:8000]
    #[arg(long, value_name = "ADDRESS", help_heading = "Server")]
    pub(crate) listen: Option<String>,

    /// The name of the model that it says it serves [default: sim]
    #[arg(long, value_name = "NAME", help_heading = "Server")]
    pub(crate) model: Option<String>,

    /// Answer requests for any model, as SGLang does, instead of refusing all but its own
    #[arg(long, help_heading = "Server")]
    pub(crate) any_model: bool,

    /// The most tokens that prompt and answer may have together [default: 131072]
    #[arg(long, value_name = "TOKENS", help_heading = "Server")]
    pub(crate) max_model_len: Option<Given<u32>>,

    /// Tokens to count before every prompt of text, as a server does that tokenises otherwise than
    /// its clients [default: 0]
    #[arg(long, value_name = "TOKENS", help_heading = "Server")]
    pub(crate) prompt_count_offset: Option<Given<u32>>,

    /// End with an error once so many requests for generation have come, as an engine that dies
    /// [default: never]
    #[arg(long, value_name = "REQUESTS", help_heading = "Server")]
    pub(crate) die_after: Option<Given<u64>>,

    /// Close connections that idle for so long [default: never]
    #[arg(long, value_name = "TIME", help_heading = "Server")]
    pub(crate) keep_alive: Option<Given<Duration>>,

    /// The processor to stay on [default: any]
    #[arg(long, value_name = "NUMBER", help_heading = "Server")]
    pub(crate) cpu: Option<Given<usize>>,

    /// How long before a deadline to poll instead of sleeping [default: 50us, or 0s where there is
    /// but one processor]
    #[arg(long, value_name = "TIME", help_heading = "Server")]
    pub(crate) spin: Option<Given<Duration>>,

    /// Keep no account of the answers for /truth, which needs memory for each
    #[arg(long, help_heading = "Server")]
    pub(crate) no_truth: bool,

    /// From a request's arrival to its first tokens [default: 50ms]
    #[arg(long, value_name = "DELAY", help_heading = "Script")]
    pub(crate) ttft: Option<String>,

    /// From one write with tokens to the next; 0 is a burst [default: 10ms]
    #[arg(long, value_name = "DELAY", help_heading = "Script")]
    pub(crate) gap: Option<String>,

    /// Tokens in an event of the stream [default: 1]
    #[arg(long, value_name = "COUNT", help_heading = "Script")]
    pub(crate) tokens_per_chunk: Option<String>,

    /// Events in a write to the socket [default: 1]
    #[arg(long, value_name = "COUNT", help_heading = "Script")]
    pub(crate) chunks_per_write: Option<String>,

    /// Tokens to generate where a request sets no limit [default: 128]
    #[arg(long, value_name = "COUNT", help_heading = "Script")]
    pub(crate) output_tokens: Option<String>,

    /// Pad events with tokens up to this size [default: their natural one]
    #[arg(long, value_name = "BYTES", help_heading = "Script")]
    pub(crate) event_bytes: Option<String>,

    /// Whether headers leave at once (`early`) or with the first token (`late`) [default: early]
    #[arg(long, value_name = "WHEN", help_heading = "Script")]
    pub(crate) headers: Option<String>,

    /// From which texts, delays and faults are drawn [default: 0]
    #[arg(long, value_name = "NUMBER", help_heading = "Script")]
    pub(crate) seed: Option<String>,

    /// What goes wrong, and with what share of the requests, as in error-after:3=0.1; without a
    /// share, with all of them; may be repeated
    #[arg(long = "fault", value_name = "FAULT[=SHARE]", help_heading = "Script")]
    pub(crate) faults: Vec<String>,

    /// End when the process that started this one ends. Ctrl-C is left to it.
    #[arg(long, hide = true)]
    pub(crate) exit_with_parent: bool,
}

/// `tokenometer sim` alone, for arguments that are passed on to it.
#[derive(Debug, Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
pub(crate) struct SimOnly {
    #[command(flatten)]
    pub(crate) args: SimArgs,
}
