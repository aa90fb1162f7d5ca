//! The arguments of `tokenometer bench`.

use clap::Args;

use super::{BodyArgs, LimitArgs, LoadArgs, OutputArgs, TargetArgs, WorkloadArgs};

const EXAMPLES: &str = "\
Examples:
  tokenometer bench --duration 5s --warmup-requests 0
      8 requests in flight against the embedded engine, for 5 s
  tokenometer bench --base-url http://localhost:8000 --request-rate 4 --duration 2m
      4 requests a second at random instants (Poisson), whatever the server does
  tokenometer bench --base-url http://localhost:8000 --tokenizer ~/models/llama \\
      --dataset-name random-ids --random-input-len 2048 --random-output-len 256 \\
      --ignore-eos --num-prompts 200 --max-concurrency 32
      200 requests of exactly these lengths, 32 at a time
  tokenometer bench --rules sglang-0.4.5 --backend sglang --dataset-name random \\
      --random-input 3200 --random-output 800 --random-range-ratio 1 --max-concurrency 128
      what SGLang's bench_serving would have sent, its numbers beside ours
  tokenometer bench --num-prompts 50 -- --ttft 200ms --gap 20ms --fault error-after:3=0.1
      the embedded engine, slower, and one answer in ten broken off

OPENAI_API_KEY from the environment is sent to a running server as a bearer token, and never
written down. Ctrl-C ends a run early and keeps what it has; pressed twice, it ends at once.";

/// Measure one target under one load: prints a report, and keeps everything it
/// rests on in a run folder.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES, infer_long_args = true, args_override_self = true, allow_negative_numbers = true)]
pub(crate) struct BenchArgs {
    #[command(flatten)]
    pub(crate) target: TargetArgs,

    #[command(flatten)]
    pub(crate) workload: WorkloadArgs,

    #[command(flatten)]
    pub(crate) body: BodyArgs,

    #[command(flatten)]
    pub(crate) load: LoadArgs,

    #[command(flatten)]
    pub(crate) limits: LimitArgs,

    #[command(flatten)]
    pub(crate) output: OutputArgs,

    /// What `tokenometer sim` takes, but its address and its processor [default: --ttft
    /// lognormal:40ms:0.25 --gap lognormal:2ms:0.2]
    #[arg(last = true, value_name = "ENGINE ARGUMENTS", help_heading = "Embedded engine")]
    pub(crate) engine: Vec<String>,
}
