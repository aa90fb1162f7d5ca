//! Whose rules a load follows: another tool, in one version.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A tool in one version, whose defaults, draws, bodies and meanings of flags
/// are followed, so that a server is sent what that tool would have sent it.
///
/// Nothing is followed in how a number is measured: that is done our way, and
/// shown their way by a view.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
pub enum Rules {
    /// SGLang's `bench_serving` of 0.2.14 and 0.3.0.
    #[serde(rename = "sglang-0.2.14")]
    Sglang0214,
    /// SGLang's `bench_serving` of 0.4.5, and dstack's fork of 0.4.3.
    #[serde(rename = "sglang-0.4.5")]
    Sglang045,
    /// SGLang's `bench_serving` of 0.5.23.
    #[serde(rename = "sglang-0.5.23")]
    Sglang0523,
    /// vLLM's `benchmark_serving.py` of 0.8.4.
    #[serde(rename = "vllm-0.8.4")]
    Vllm084,
    /// `vllm bench serve` of 0.33.
    #[serde(rename = "vllm-0.33")]
    Vllm033,
    /// dstack's fork of vLLM 0.7's `benchmark_throughput.py`.
    #[serde(rename = "vllm-throughput-0.7-dstack")]
    VllmThroughput07Dstack,
    /// `llm_infra_bench`.
    #[serde(rename = "llm-infra-bench")]
    LlmInfraBench,
}

impl Rules {
    /// All of them.
    pub const ALL: [Rules; 7] = [
        Rules::Sglang0214,
        Rules::Sglang045,
        Rules::Sglang0523,
        Rules::Vllm084,
        Rules::Vllm033,
        Rules::VllmThroughput07Dstack,
        Rules::LlmInfraBench,
    ];

    /// The name used in flags, files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Rules::Sglang0214 => "sglang-0.2.14",
            Rules::Sglang045 => "sglang-0.4.5",
            Rules::Sglang0523 => "sglang-0.5.23",
            Rules::Vllm084 => "vllm-0.8.4",
            Rules::Vllm033 => "vllm-0.33",
            Rules::VllmThroughput07Dstack => "vllm-throughput-0.7-dstack",
            Rules::LlmInfraBench => "llm-infra-bench",
        }
    }

    /// The rules of this name, if there are such.
    pub fn from_name(name: &str) -> Option<Rules> {
        Rules::ALL.into_iter().find(|rules| rules.name() == name)
    }

    /// Whether they are those of SGLang's `bench_serving`.
    pub const fn is_sglang(self) -> bool {
        matches!(self, Rules::Sglang0214 | Rules::Sglang045 | Rules::Sglang0523)
    }

    /// Whether they are those of vLLM's benchmark of a server.
    pub const fn is_vllm(self) -> bool {
        matches!(self, Rules::Vllm084 | Rules::Vllm033)
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_word_everywhere() {
        for rules in Rules::ALL {
            assert_eq!(Rules::from_name(rules.name()), Some(rules));
            assert_eq!(serde_json::to_value(rules).unwrap(), rules.name());
        }
        assert_eq!(Rules::from_name("sglang"), None);
    }
}
