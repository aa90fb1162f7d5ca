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
  tokenometer sim --machine h100 --model llama-3.1-8b --max-num-seqs 64
      a serving engine on a simulated H100, as fast as arithmetic says it can be
  tokenometer sim --machine h200x8 --model deepseek-r1 --time-scale 50
      eight of them, with another model, and fifty times as fast

A time is fixed (`20ms`) or drawn: `uniform:LOW:HIGH`, `lognormal:MEDIAN:SIGMA` or
`exponential:MEAN`.

Faults: error-after:TOKENS, error-text-after:TOKENS, cut-after:TOKENS, reset-after:TOKENS,
silence-after:TOKENS, half-close, no-finish, no-done, slow-headers:TIME, status:CODE[:SHAPE],
bad-utf8:CHUNK, huge-event:BYTES, wrong-usage:DELTA, bundled-first:TOKENS, no-usage,
usage-in-finish, finish-apart, comments, crlf, split, empty:cut|bare|finished, stop-at:TOKENS,
overrun:TOKENS.

A machine, model or calibration that isn't known is answered with all that are.

Its own account of every answer is at /truth, as lines of JSON.";

/// Serve the embedded engine, which keeps to a script, or simulates a machine, and
/// can misbehave. Once it listens it prints one line, {\"listening\": ADDRESS}, and
/// serves until Ctrl-C.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, allow_negative_numbers = true)]
pub(crate) struct SimArgs {
    /// Where to listen: HOST:PORT in numbers, or unix:PATH; port 0 takes any free one [default:
    /// 127.0.0.1:8000]
    #[arg(long, value_name = "ADDRESS", help_heading = "Server")]
    pub(crate) listen: Option<String>,

    /// The model: with --machine the one that is simulated, else only a name [default: sim]
    #[arg(long, value_name = "NAME", help_heading = "Server")]
    pub(crate) model: Option<String>,

    /// What the model is called in requests [default: as --model says]
    #[arg(long, value_name = "NAME", help_heading = "Server")]
    pub(crate) served_name: Option<String>,

    /// Answer requests for any model, as SGLang does, instead of refusing all but its own
    #[arg(long, help_heading = "Server")]
    pub(crate) any_model: bool,

    /// The most tokens that prompt and answer may have together [default: what the simulated model
    /// takes, or 131072]
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

    /// From which texts, delays, faults and a simulated machine's noise are drawn [default: 0, but
    /// noise of its own for every start]
    #[arg(long, value_name = "NUMBER", help_heading = "Script")]
    pub(crate) seed: Option<String>,

    /// What goes wrong, and with what share of the requests, as in error-after:3=0.1; without a
    /// share, with all of them; may be repeated
    #[arg(long = "fault", value_name = "FAULT[=SHARE]", help_heading = "Script")]
    pub(crate) faults: Vec<String>,

    #[command(flatten)]
    pub(crate) simulated: SimulatedArgs,

    /// End when the process that started this one ends. Ctrl-C is left to it.
    #[arg(long, hide = true)]
    pub(crate) exit_with_parent: bool,
}

/// What is simulated, and how it schedules.
#[derive(Debug, Args)]
#[command(next_help_heading = "Simulated machine")]
pub(crate) struct SimulatedArgs {
    /// Simulate a serving engine on this machine, with a number of GPUs where it has several:
    /// h100, h100x8; it needs --model
    #[arg(long, value_name = "NAME[xGPUS]")]
    pub(crate) machine: Option<String>,

    /// How close to the hardware's peaks it comes, and what its host adds [default: ideal, which is
    /// fitted to no engine]
    #[arg(long, value_name = "NAME")]
    pub(crate) calibration: Option<String>,

    /// How many times as fast as the machine everything goes [default: 1]
    #[arg(long, value_name = "FACTOR")]
    pub(crate) time_scale: Option<String>,

    /// The most requests that run at once [default: the calibration's, as of all below]
    #[arg(long, value_name = "COUNT")]
    pub(crate) max_num_seqs: Option<String>,

    /// The most tokens that one step computes
    #[arg(long, value_name = "TOKENS")]
    pub(crate) max_num_batched_tokens: Option<String>,

    /// What goes into a step: what decodes and then chunks of prompts (`mixed`), prompts alone while
    /// there are any (`prefill-first`), or prompts that are never cut (`whole-prompt`)
    #[arg(long, value_name = "POLICY")]
    pub(crate) policy: Option<String>,

    /// What there must be room for before a request runs: its `prompt`, or also half of what it may
    /// generate (`prompt-and-half`), or all of it (`prompt-and-output`)
    #[arg(long, value_name = "RULE")]
    pub(crate) admission: Option<String>,

    /// Tokens in a block of the KV cache
    #[arg(long, value_name = "TOKENS")]
    pub(crate) block_size: Option<String>,

    /// Tokens that the KV cache holds [default: as many as memory has room for]
    #[arg(long, value_name = "TOKENS")]
    pub(crate) kv_tokens: Option<String>,

    /// The share of a GPU's memory that weights and KV cache may have
    #[arg(long, value_name = "SHARE")]
    pub(crate) memory_share: Option<String>,

    /// Whether prompts that begin alike are computed once: `on` or `off`
    #[arg(long, value_name = "WHICH")]
    pub(crate) prefix_cache: Option<String>,

    /// Tokens of a request that are sent together, after its first
    #[arg(long, value_name = "COUNT")]
    pub(crate) stream_interval: Option<String>,

    /// Steps that are scheduled at once while no prompt is to be computed
    #[arg(long, value_name = "COUNT")]
    pub(crate) decode_steps: Option<String>,

    /// Tokens that are drafted for each request and step, and then verified; it needs --acceptance
    /// [default: 0]
    #[arg(long, value_name = "COUNT")]
    pub(crate) num_speculative_tokens: Option<String>,

    /// With which probability a draft is accepted, if those before it were
    #[arg(long, value_name = "SHARE")]
    pub(crate) acceptance: Option<String>,

    /// How much the lengths of steps vary, as the standard deviation of their logarithm [default:
    /// 0.02]
    #[arg(long, value_name = "SIGMA")]
    pub(crate) step_noise: Option<String>,

    /// How much the speeds of starts vary, likewise [default: 0.01]
    #[arg(long, value_name = "SIGMA")]
    pub(crate) start_noise: Option<String>,
}

/// `tokenometer sim` alone, for arguments that are passed on to it.
#[derive(Debug, Parser)]
#[command(no_binary_name = true, disable_help_flag = true)]
pub(crate) struct SimOnly {
    #[command(flatten)]
    pub(crate) args: SimArgs,
}
