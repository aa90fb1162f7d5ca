//! What keeping records costs: CPU time a chunk while load runs, and wall time
//! and peak memory of turning them into Parquet afterwards.
//!
//! ```text
//! cargo run --release -p tokenometer-results --example keep_cost
//! ```

#![allow(clippy::print_stdout, reason = "an example prints")]

use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::time::Instant;

use tokenometer_core::{
    Chunk, ChunkKind, Counts, Nanos, Outcome, Phase, Record, Sink, StampSource, TokenRule,
};
use tokenometer_results::{Run, TrialId};

/// Requests, and chunks in each: 1.28 million chunks.
const REQUESTS: u32 = 10_000;
const CHUNKS: u32 = 128;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let run = Run::create(folder.path(), &BTreeMap::from([("name", "keep_cost")]))?;
    let id = TrialId { block: 1, arm: "arm".into(), scenario: "scenario".into() };
    let trial = run.create_trial(&id)?;
    let records: Vec<_> = (0..64).map(record).collect();
    let all = f64::from(REQUESTS) * f64::from(CHUNKS);

    let mut writer = trial.writer()?;
    let (began, cpu) = (Instant::now(), cpu_ns()?);
    for request in 0..REQUESTS {
        let (record, chunks) = &records[(request % 64) as usize];
        writer.keep(&Record { request, ..record.clone() }, chunks)?;
    }
    let cpu = cpu_ns()?.zip(cpu).map(|(now, then)| (now - then) / all);
    println!("keep: {:.1} ns wall a chunk", began.elapsed().as_nanos() as f64 / all);
    match cpu {
        Some(cpu) => println!("      {cpu:.1} ns CPU a chunk"),
        None => println!("      CPU time is not told here"),
    }

    let began = Instant::now();
    let files = writer.finish(|_, _| ())?;
    println!("finish: {:.3} s, {:.0} ns a chunk", began.elapsed().as_secs_f64(), {
        began.elapsed().as_nanos() as f64 / all
    });
    for (name, kept) in files {
        println!("        {name}: {} rows", kept.rows);
    }
    let began = Instant::now();
    let read = trial.records()?.filter(Result::is_ok).count();
    println!("read: {read} requests in {:.3} s", began.elapsed().as_secs_f64());
    if let Some(peak) = status("VmHWM:")? {
        println!("peak memory of it all: {peak}");
    }
    Ok(())
}

/// The CPU time of this process so far, where the kernel tells it.
fn cpu_ns() -> std::io::Result<Option<f64>> {
    let text = fs::read_to_string("/proc/self/schedstat")?;
    Ok(text.split(' ').next().and_then(|cpu| cpu.parse().ok()))
}

/// A line of this process's status.
fn status(name: &str) -> std::io::Result<Option<String>> {
    let text = fs::read_to_string("/proc/self/status")?;
    Ok(text.lines().find_map(|line| line.strip_prefix(name)).map(|rest| rest.trim().to_owned()))
}

/// A request of 128 tokens, streamed one by one.
fn record(request: u32) -> (Record, Vec<Chunk>) {
    let start = 1_700_000_000_000_000_000 + i64::from(request) * 1_234_567;
    let chunks: Vec<Chunk> = (0..CHUNKS)
        .map(|seq| {
            // Gaps of about 20 ms, with the noise that a clock has.
            let noise = i64::from(seq.wrapping_mul(2_654_435_761).wrapping_add(request) >> 13);
            let received = Nanos(start + 50_000_000 + i64::from(seq) * 20_000_000 + noise);
            Chunk {
                kind: ChunkKind::Text,
                received,
                stamp: StampSource::Kernel,
                read: seq,
                previous_read: Nanos(received.0 - 19_900_000),
                bytes: 190 + seq % 7,
                tokens: Some(1),
                text_bytes: 3 + seq % 5,
                has_choices: true,
            }
        })
        .collect();
    let at = |nanos| Some(Nanos(start + nanos));
    let record = Record {
        request,
        row: request,
        phase: Phase::Measure,
        outcome: Outcome::Ok,
        error: None,
        intended: Nanos(start),
        send_start: at(10_000),
        sent: at(20_000),
        written: at(30_000),
        first: chunks.first().map(|chunk| chunk.received),
        first_answer: chunks.first().map(|chunk| chunk.received),
        last: chunks.last().map(|chunk| chunk.received),
        end: at(3_000_000_000),
        connect: None,
        reused: true,
        streamed: true,
        status: Some(200),
        input: Counts { asked: Some(128), server: Some(128), counted: None },
        output: Counts { asked: Some(CHUNKS), server: Some(CHUNKS), counted: None },
        exact: true,
        cached_tokens: None,
        reasoning_tokens: None,
        token_rule: TokenRule::OneEach,
        finish_reason: Some("length".into()),
        text: "word ".repeat(CHUNKS as usize),
    };
    (record, chunks)
}
