//! What it costs to make a large workload that is not kept: time and peak
//! memory of 100,000 random prompts of 8,192 tokens, made one block after
//! another.
//!
//! `cargo run --release -p tokenometer-workload --example stream_cost --
//! [TOKENIZER [COUNT [TOKENS]]]`
//!
//! Every thousandth prompt is encoded, to see that it has exactly the tokens
//! that it says; that takes a part of the time, which is told. The peak is of
//! the resident set, as Linux tells it.

#![allow(clippy::print_stdout, reason = "an example prints")]

use std::error::Error;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokenometer_core::Prompt;
use tokenometer_workload::{
    DatasetSettings, PromptShape, RandomSettings, Tokenizer, Workload, WorkloadSettings,
};

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let tokenizer = arguments.next().unwrap_or_else(|| "builtin".to_owned());
    let count = arguments.next().map_or(Ok(100_000), |count| count.parse())?;
    let tokens = arguments.next().map_or(Ok(8192), |tokens| tokens.parse())?;

    let began = Instant::now();
    let tokenizer = Arc::new(Tokenizer::load(Path::new(&tokenizer))?);
    println!("{tokenizer:?}, loaded in {:.2?}", began.elapsed());

    let began = Instant::now();
    let dataset = DatasetSettings::Random(RandomSettings::fixed(tokens, 128));
    let settings = WorkloadSettings::new(dataset, PromptShape::Text);
    let workload = Workload::open(&settings, Some(tokenizer.clone()))?;
    println!("opened in {:.2?}", began.elapsed());

    let began = Instant::now();
    let (mut bytes, mut checked, mut checking) = (0, 0, Duration::ZERO);
    for (number, request) in workload.requests(count)?.enumerate() {
        let Prompt::Text(text) = request?.prompt else { return Err("text was asked for".into()) };
        bytes += text.len();
        if number % 1000 == 0 {
            let began = Instant::now();
            let counted = tokenizer.count(&text)? + tokenizer.added_tokens();
            if counted != tokens {
                return Err(format!("prompt {number} has {counted} tokens, not {tokens}").into());
            }
            checked += 1;
            checking += began.elapsed();
        }
    }
    let took = began.elapsed() - checking;
    let rate = f64::from(count) * f64::from(tokens) / took.as_secs_f64() / 1e6;
    println!(
        "{count} prompts of {tokens} tokens, {:.2} GB, made in {took:.2?}: {rate:.0} million \
         tokens a second; {checked} of them counted, exact, in {checking:.2?}; peak memory {} MB",
        bytes as f64 / 1e9,
        peak_kib().map_or("unknown".to_owned(), |kib| (kib / 1024).to_string())
    );
    Ok(())
}

/// The most memory that this process has held, where Linux tells it.
fn peak_kib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse().ok()
}
