//! What it costs to make a workload: time and memory of 10,000 built-in
//! prompts, and of a Poisson schedule of 100,000 requests.
//!
//! `cargo run --release -p tokenometer-workload --example make_cost [TOKENIZER]`
//!
//! With a tokenizer the prompts are exact to the token, and how many of them
//! are is printed too. Memory is the growth of the resident set, as Linux
//! tells it.

#![allow(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

use tokenometer_core::{Prompt, Schedule};
use tokenometer_workload::{
    DatasetSettings, Extent, LoadSettings, Pattern, PromptShape, RandomSettings, Tokenizer,
    Workload, WorkloadSettings, workload_sha256,
};

fn main() -> Result<(), Box<dyn Error>> {
    let tokenizer = match std::env::args().nth(1) {
        Some(path) => Some(Arc::new(Tokenizer::load(Path::new(&path))?)),
        None => None,
    };
    let closed = Pattern::Closed { concurrency: 64 };
    let builtin = made("built-in", DatasetSettings::Builtin, closed, 10_000, tokenizer.clone())?;
    if let Some(tokenizer) = &tokenizer {
        report_lengths(&builtin, tokenizer)?;
    }
    let ids = DatasetSettings::RandomIds(RandomSettings {
        vocabulary_size: Some(32_000),
        ..RandomSettings::fixed(8, 8)
    });
    let poisson = Pattern::Open { rate: 1000.0, burstiness: 1.0, cap: None };
    made("Poisson, 8 ids each", ids, poisson, 100_000, None)?;
    Ok(())
}

/// Makes a schedule and tells what it took.
fn made(
    name: &str,
    dataset: DatasetSettings,
    pattern: Pattern,
    count: u32,
    tokenizer: Option<Arc<Tokenizer>>,
) -> Result<Schedule, Box<dyn Error>> {
    let prompt_shape = match dataset {
        DatasetSettings::RandomIds(_) => PromptShape::TokenIds,
        _ => PromptShape::Text,
    };
    let settings = WorkloadSettings { exact: true, ..WorkloadSettings::new(dataset, prompt_shape) };
    let load = LoadSettings {
        pattern,
        extent: Extent::Requests(count),
        drain_limit: None,
        warm_up_requests: None,
        pool: None,
    };
    let before = resident_bytes();
    let began = Instant::now();
    let schedule = Workload::open(&settings, tokenizer)?.schedule(&load, None)?;
    let took = began.elapsed();
    let grown = resident_bytes() - before;
    let began = Instant::now();
    let hash = workload_sha256(&schedule);
    println!(
        "{name}: {} requests, {} bytes of prompts, made in {took:.1?}, resident {grown} bytes \
         more, hashed in {:.1?} ({hash})",
        schedule.requests.len(),
        prompt_bytes(&schedule),
        began.elapsed()
    );
    Ok(schedule)
}

/// How exact the lengths of prompts are, by a count of the finished texts.
fn report_lengths(schedule: &Schedule, tokenizer: &Tokenizer) -> Result<(), Box<dyn Error>> {
    let (mut exact, mut tokens, mut bytes) = (0, 0, 0);
    for request in &schedule.requests {
        let Prompt::Text(text) = &request.prompt else { continue };
        let counted = tokenizer.count(text)? + tokenizer.added_tokens();
        exact += u32::from(request.input_tokens == Some(counted));
        tokens += counted;
        bytes += text.len();
    }
    println!(
        "  {exact} of {} have exactly the tokens they say; {:.2} bytes a token",
        schedule.requests.len(),
        bytes as f64 / f64::from(tokens)
    );
    Ok(())
}

fn prompt_bytes(schedule: &Schedule) -> usize {
    let bytes = schedule.requests.iter().map(|request| match &request.prompt {
        Prompt::Text(text) => text.len(),
        Prompt::Messages(turns) => turns.iter().map(|turn| turn.content.len()).sum(),
        Prompt::TokenIds(ids) => ids.len() * 4,
    });
    bytes.sum()
}

/// The memory that this process holds, where Linux tells it; else 0.
fn resident_bytes() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()?.parse::<i64>().ok());
    kib.map_or(0, |kib| kib * 1024)
}
