//! What a reader of the numbers should be warned of. Each warning names the
//! cause, what it does to the numbers, and what to do about it.
//!
//! Gates decide whether a trial counts; warnings only explain.

mod find;

use std::collections::BTreeMap;
use std::fmt;

pub use find::warnings;

use crate::number::{count, percent, short};

/// Something that a reader of the numbers should know.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Warning {
    /// The trial was stopped before its end.
    Interrupted {
        /// Requests of the cohort.
        requests: u64,
    },
    /// Some of the cohort did not end well.
    Failures {
        /// How many.
        failed: u64,
        /// Of how many.
        requests: u64,
    },
    /// Quantiles are withheld for want of requests.
    FewRequests {
        /// Which, of which metric: `p95 and p99 of TTFT`.
        quantiles: String,
    },
    /// All slots of a closed loop began at once, and that was measured.
    StartedTogether {
        /// The slots.
        concurrency: u32,
    },
    /// Requests of an open loop waited in the client.
    QueuedInClient {
        /// The most in flight.
        cap: u32,
        /// The longest wait, in milliseconds.
        longest_ms: f64,
    },
    /// Requests opened connections of their own.
    ConnectionsOpened {
        /// How many.
        requests: u64,
    },
    /// The server sent no count of the output.
    UsageMissing {
        /// With how many requests.
        requests: u64,
        /// Whether our own tokenizer counted instead.
        counted: bool,
    },
    /// Nobody knows the tokens of each chunk, and no tokenizer was given.
    ChunksNotCounted,
    /// Ours and the server's counts of the output differ.
    OutputCountsDisagree {
        /// In how many requests.
        requests: u64,
    },
    /// The server counts other prompt lengths than the workload holds.
    PromptCountsDisagree {
        /// In how many requests.
        requests: u64,
    },
    /// Tokens arrived that show no text.
    TextlessTokens {
        /// Their share.
        share: f64,
    },
    /// Prompts of the ramp-in or the drain were sent more than once.
    PromptsRepeated {
        /// How many requests.
        requests: u64,
    },
    /// The load had to wait for the thread that reads the answers.
    ReaderWaits {
        /// How often.
        times: u64,
    },
    /// Reads that the kernel did not stamp.
    StampsMissing {
        /// Their share.
        share: f64,
    },
    /// Answers ended for different reasons.
    MixedFinishReasons {
        /// How many for each reason.
        reasons: BTreeMap<String, u64>,
    },
    /// Something the run itself had to say.
    Said(String),
}

impl Warning {
    /// Its name, for programs.
    pub fn name(&self) -> &'static str {
        match self {
            Warning::Interrupted { .. } => "interrupted",
            Warning::Failures { .. } => "failures",
            Warning::FewRequests { .. } => "few_requests",
            Warning::StartedTogether { .. } => "started_together",
            Warning::QueuedInClient { .. } => "queued_in_client",
            Warning::ConnectionsOpened { .. } => "connections_opened",
            Warning::UsageMissing { .. } => "usage_missing",
            Warning::ChunksNotCounted => "chunks_not_counted",
            Warning::OutputCountsDisagree { .. } => "output_counts_disagree",
            Warning::PromptCountsDisagree { .. } => "prompt_counts_disagree",
            Warning::TextlessTokens { .. } => "textless_tokens",
            Warning::PromptsRepeated { .. } => "prompts_repeated",
            Warning::ReaderWaits { .. } => "reader_waits",
            Warning::StampsMissing { .. } => "stamps_missing",
            Warning::MixedFinishReasons { .. } => "mixed_finish_reasons",
            Warning::Said(_) => "said",
        }
    }

    /// What was seen.
    pub fn cause(&self) -> String {
        match self {
            Warning::Interrupted { requests } => {
                format!("The run was stopped before its end, after {}.", of_requests(*requests))
            }
            Warning::Failures { failed, requests } => {
                format!("{} of {} did not end well.", count(*failed), of_requests(*requests))
            }
            Warning::FewRequests { quantiles } => format!("Too few requests for {quantiles}."),
            Warning::StartedTogether { concurrency } => {
                format!(
                    "All {} slots sent their first request at once.",
                    count((*concurrency).into())
                )
            }
            Warning::QueuedInClient { cap, longest_ms } => format!(
                "Requests that were due waited in the client, up to {} ms, because {} were in \
                 flight.",
                short(*longest_ms),
                count((*cap).into())
            ),
            Warning::ConnectionsOpened { requests } => {
                let own = if *requests == 1 { "its" } else { "their" };
                format!("{} opened a connection of {own} own.", of_requests(*requests))
            }
            Warning::UsageMissing { requests, .. } => {
                format!("The server sent no count of the output with {}.", of_requests(*requests))
            }
            Warning::ChunksNotCounted => {
                "Chunks hold an unknown number of tokens, and no tokenizer was given.".to_owned()
            }
            Warning::OutputCountsDisagree { requests } => format!(
                "The server and our tokenizer count different output tokens in {}.",
                of_requests(*requests)
            ),
            Warning::PromptCountsDisagree { requests } => format!(
                "The server counts other prompt lengths than the workload has, in {}.",
                of_requests(*requests)
            ),
            Warning::TextlessTokens { share } => {
                format!("{} of the tokens that arrived show no text.", percent(*share))
            }
            Warning::PromptsRepeated { requests } => format!(
                "{} of the ramp-in or the drain sent a prompt that had been sent before.",
                of_requests(*requests)
            ),
            Warning::ReaderWaits { times } => format!(
                "The load had to wait {} for the thread that reads the answers.",
                if *times == 1 { "once".to_owned() } else { format!("{} times", count(*times)) }
            ),
            Warning::StampsMissing { share } => {
                format!("{} of the reads bear no stamp of the kernel's.", percent(*share))
            }
            Warning::MixedFinishReasons { reasons } => {
                format!("Answers ended for different reasons: {}.", listed(reasons))
            }
            Warning::Said(words) => words.clone(),
        }
    }

    /// What it does to the numbers; empty where the cause says it all.
    pub fn effect(&self) -> &'static str {
        match self {
            Warning::Interrupted { .. } => {
                "The window is shorter than asked for, and requests in flight were given up."
            }
            Warning::Failures { failed, requests } if failed == requests => {
                "There is no latency and no throughput to report."
            }
            Warning::Failures { .. } => {
                "Latencies are those of the requests that ended well, perhaps the easier ones; \
                 the tails count the others as endless."
            }
            Warning::FewRequests { .. } => "They are withheld rather than guessed.",
            Warning::StartedTogether { .. } => {
                "The engine saw a wave of prompts that no steady load has: TTFT is longer, and \
                 requests of equal length stay in step."
            }
            Warning::QueuedInClient { .. } => {
                "The load was less than asked for, and latencies from `sent` leave the wait out; \
                 those from `intended` hold it."
            }
            Warning::ConnectionsOpened { .. } => {
                "Opening lies between intended and sent: it makes lateness and the latencies from \
                 `intended` longer, not TTFT."
            }
            Warning::UsageMissing { counted: true, .. } => {
                "Their output tokens are counted by our tokenizer; such counts compare only with \
                 counts of the same kind."
            }
            Warning::UsageMissing { counted: false, .. } => {
                "Token counts, token rates, TPOT and ITL rest on nothing there, and are absent."
            }
            Warning::ChunksNotCounted => "ITL is absent, and TPOT has bounds at most.",
            Warning::OutputCountsDisagree { .. } => {
                "The server's count is used. Special tokens may not show in the text, or the \
                 tokenizer may be another model's."
            }
            Warning::PromptCountsDisagree { .. } => {
                "The server's count is used. A chat template or a special token adds to the \
                 prompt, or the lengths were taken with another tokenizer."
            }
            Warning::TextlessTokens { .. } => {
                "Such tokens move the first and the last arrival: TTFT and TPOT may be off by a \
                 token."
            }
            Warning::PromptsRepeated { .. } => {
                "An engine with a prefix cache may have answered them for little: the load beside \
                 the measured requests was lighter."
            }
            Warning::ReaderWaits { .. } => {
                "Requests may have left late meanwhile; lateness has it. Arrivals are not \
                 affected."
            }
            Warning::StampsMissing { .. } => {
                "Our own clock stands in: these arrivals are late by however busy the client was."
            }
            Warning::MixedFinishReasons { .. } => {
                "Lengths are the model's choice: E2E and requests a second compare only where mean \
                 lengths agree."
            }
            Warning::Said(_) => "",
        }
    }

    /// What to do about it; empty where nothing is to be done.
    pub fn cure(&self) -> &'static str {
        match self {
            Warning::Interrupted { .. } => {
                "Let it end, or ask for less with --num-prompts or --duration."
            }
            Warning::Failures { .. } => {
                "See what was said under Outcomes; if the server was overloaded, lower \
                 --max-concurrency or --request-rate."
            }
            Warning::FewRequests { .. } => {
                "Measure longer, with a larger --num-prompts or --duration."
            }
            Warning::StartedTogether { .. } => {
                "Let the load build up before it is measured, with --warmup-requests."
            }
            Warning::QueuedInClient { .. } => "Raise --max-concurrency, or lower --request-rate.",
            Warning::ConnectionsOpened { .. } => {
                "Raise the server's keep-alive time above the longest pause between requests."
            }
            Warning::UsageMissing { counted: true, .. } | Warning::TextlessTokens { .. } => {
                "If the server can send them, ask it to, with --extra-request-body."
            }
            Warning::UsageMissing { counted: false, .. } => {
                "Name the model's tokenizer with --tokenizer."
            }
            Warning::ChunksNotCounted => "Name the model's tokenizer with --tokenizer.",
            Warning::OutputCountsDisagree { .. } | Warning::PromptCountsDisagree { .. } => {
                "Check that --tokenizer names the served model's."
            }
            Warning::PromptsRepeated { .. } => {
                "Use a larger data set with --dataset-path, or a shorter --duration."
            }
            Warning::ReaderWaits { .. } => "Give the client another core, or lower the load.",
            Warning::StampsMissing { .. } => {
                "`tokenometer doctor` says why; a unix socket never has any, TCP does."
            }
            Warning::MixedFinishReasons { .. } => "Fix the lengths with --ignore-eos.",
            Warning::Said(_) => "",
        }
    }
}

impl fmt::Display for Warning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.cause())?;
        for part in [self.effect(), self.cure()] {
            if !part.is_empty() {
                write!(f, " {part}")?;
            }
        }
        Ok(())
    }
}

/// So many requests, in words: `1 request`, `12 requests`.
fn of_requests(requests: u64) -> String {
    let noun = if requests == 1 { "request" } else { "requests" };
    format!("{} {noun}", count(requests))
}

/// Reasons and how often each was given.
fn listed(reasons: &BTreeMap<String, u64>) -> String {
    let parts: Vec<String> =
        reasons.iter().map(|(reason, times)| format!("`{reason}` {}", count(*times))).collect();
    parts.join(", ")
}
