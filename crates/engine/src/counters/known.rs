//! The names of every engine that is known, for a server whose profile nobody
//! has named. An engine publishes under a prefix of its own, so they don't get
//! in each other's way.

use std::sync::LazyLock;

use super::{NamesByCounter, Series};

/// The union of all names.
pub(super) fn names() -> &'static NamesByCounter {
    static NAMES: LazyLock<NamesByCounter> = LazyLock::new(|| NamesByCounter {
        running: named(&["vllm:num_requests_running", "sglang:num_running_reqs"]),
        waiting: named(&["vllm:num_requests_waiting", "sglang:num_queue_reqs"]),
        prompt_tokens: named(&["vllm:prompt_tokens_total", "sglang:prompt_tokens_total"]),
        generation_tokens: named(&[
            "vllm:generation_tokens_total",
            "sglang:generation_tokens_total",
        ]),
        process_start_s: named(&["process_start_time_seconds"]),
        ..NamesByCounter::default()
    });
    &NAMES
}

fn named(names: &[&str]) -> Vec<Series> {
    names.iter().map(|&name| Series::Named(name.to_owned())).collect()
}
