//! Figures of stacks with a calibration of their own that are further off than
//! their bound, one by one, and why.

use crate::compare::{Compared, Metric};

/// A figure, or several of a row, that may be further off.
pub struct Exception {
    /// What the row's name begins with.
    row: &'static str,
    metrics: &'static [Metric],
    /// Why.
    pub why: &'static str,
}

impl Exception {
    /// Which figures of which row.
    pub fn place(&self) -> String {
        let metrics: Vec<&str> = self.metrics.iter().map(|metric| metric.name()).collect();
        format!(
            "{} of {}",
            metrics.join(", "),
            self.row.replacen(" | ", " ", 1).replace(" | ", ", ")
        )
    }

    fn holds(&self, compared: &Compared, metric: Metric) -> bool {
        compared.row.name().starts_with(self.row) && self.metrics.contains(&metric)
    }
}

/// The number of the exception, from 0 on, that a figure is, if it is one.
pub fn of(compared: &Compared, metric: Metric) -> Option<usize> {
    EXCEPTIONS.iter().position(|exception| exception.holds(compared, metric))
}

/// All of them; the page numbers them from 1 on.
pub const EXCEPTIONS: &[Exception] = &[
    Exception {
        row: "vllm | 0.7.4 | h200x8 | 500 × 3200/800, 16 in flight",
        metrics: &[Metric::Throughput, Metric::Tpot, Metric::E2e],
        why: "the published time per token jumps from 31 to 50 ms between 8 and 16 in \
              flight, and hardly grows up to 32: no smooth formula does",
    },
    Exception {
        row: "vllm | 0.7.4 | h200x8 | 500 × 3200/6400, 128 in flight",
        metrics: &Metric::ALL,
        why: "the published throughput halves from outputs of 3200 to outputs of 6400, with \
              about as many requests running. The cache overflows there; computing again what \
              was given up explains a small part of it only",
    },
    Exception {
        row: "trtllm | 0.17 | h200x8 | 500 × 3200/800, 8 in flight",
        metrics: &[Metric::Ttft],
        why: "TensorRT-LLM's first tokens come later at few requests in flight, and earlier \
              at many, than the time that prompts take would have it",
    },
    Exception {
        row: "sglang | 0.4.5.post3 | h200x8 | 50 × 1000/2000, 10/s | Nebius | pass 1",
        metrics: &[Metric::Ttft],
        why: "the first pass after the start: kernels were still being compiled",
    },
    Exception {
        row: "sglang | 0.4.5.post3 | h200x8 | 200 × 1000/2000, 10/s | Nebius | pass 1",
        metrics: &[Metric::Ttft],
        why: "the first pass after the start: kernels were still being compiled",
    },
    Exception {
        row: "vllm | 0.8.4 | h200x8 | 50 × 1000/2000, 10/s | Nebius | first sweep 1",
        metrics: &[Metric::Ttft],
        why: "the first load after a start; the same load took half of it in a later sweep, and \
              less than a third by the other harness",
    },
];
