//! The experiments. Each prints what it does, its figures and the goal.

use crate::Failure;
use crate::client::{Engine, Seen, Task, Told, have};
use crate::join::Errors;
use crate::numbers::{distance, quantile, ratios, spread};
use crate::whole;

/// How often the two clients take turns.
const PAIRS: usize = 5;
/// How often they do in a burst. There the engine is the slower side, and how
/// fast it is depends on how often it has to wake the client up, so that the
/// same client may be half as fast a minute later.
const BURST_PAIRS: usize = 11;

/// Every experiment.
pub(crate) fn all() -> Result<(), Failure> {
    ["cost", "truth", "burst", "pace", "whole"].into_iter().try_for_each(one)
}

/// The experiment of this name.
pub(crate) fn one(name: &str) -> Result<(), Failure> {
    match name {
        "cost" => [64, 256, 1024].into_iter().try_for_each(cost),
        "truth" => truth(),
        "burst" => [16, 1].into_iter().try_for_each(burst),
        "pace" => pace(),
        "whole" => whole::run(),
        _ => {
            Err(format!("no experiment `{name}`; there are cost, truth, burst, pace, whole").into())
        }
    }
}

fn task(engine: &Engine, streams: usize, requests: usize, tokens: u32) -> Task {
    Task { port: engine.port, streams, requests, tokens, offsets: Vec::new(), tell: false }
}

/// Has the two clients take turns at a task, and gives what the bare loop and
/// what ours told. Who goes first alternates, so that a machine that grows
/// slower or faster favours neither.
fn take_turns(task: &Task, pairs: usize) -> Result<[Vec<Told>; 2], Failure> {
    let mut told = [Vec::new(), Vec::new()];
    for pair in 0..pairs {
        for at in [pair % 2, 1 - pair % 2] {
            told[at].push(have(["bare", "ours"][at], task)?);
        }
    }
    Ok(told)
}

fn each(told: &[Told], figure: impl Fn(&Told) -> f64) -> Vec<f64> {
    told.iter().map(figure).collect()
}

/// CPU a token event, ours over the bare loop's, a token each 20 ms in the
/// mean. The gaps are drawn: with equal ones the streams would stay in the
/// order of their sends, and whoever sends closer together would wake up less
/// often, for no merit of its reading.
fn cost(streams: usize) -> Result<(), Failure> {
    let engine = Engine::start("ttft=100ms gap=uniform:10ms:30ms")?;
    let [bare, ours] = take_turns(&task(&engine, streams, streams * 2, 128), PAIRS)?;
    let [bare, ours] = [&bare, &ours].map(|told| each(told, Told::cpu_of_token));
    println!(
        "cost, {streams} streams, {PAIRS} pairs: bare {} µs, ours {} µs an event; ratio {} \
         (goal: at most 1.3)",
        spread(&bare),
        spread(&ours),
        spread(&ratios(&ours, &bare))
    );
    Ok(())
}

/// What is said against what was true, 1024 streams at 50 tokens a second that
/// restart together.
fn truth() -> Result<(), Failure> {
    let engine = Engine::start("ttft=100ms gap=20ms")?;
    let task = Task { tell: true, ..task(&engine, 1024, 3072, 64) };
    let mut figures: [Vec<f64>; 4] = Default::default();
    let mut unstamped = 0;
    for _ in 0..PAIRS {
        for (at, client) in ["bare", "ours"].into_iter().enumerate() {
            let told = have(client, &task)?;
            let errors = Errors::of(&told, &engine.truth()?);
            if errors.unmatched > 0 {
                println!("  {client}: {} requests unmatched", errors.unmatched);
            }
            figures[at].push(Errors::p99(&errors.ttft));
            figures[2 + at].push(Errors::p99(&errors.itl));
            unstamped += told.unstamped;
        }
    }
    let [ttft_bare, ttft_ours, itl_bare, itl_ours] = figures;
    println!(
        "truth, 1024 streams, {PAIRS} pairs: p99 |said − true|: ITL bare {} ms, ours {} ms \
         (goal: under 0.05); reads without a stamp: {unstamped}",
        spread(&itl_bare),
        spread(&itl_ours)
    );
    let differences: Vec<f64> =
        ttft_ours.iter().zip(&ttft_bare).map(|(ours, bare)| ours - bare).collect();
    println!(
        "truth, 1024 streams, {PAIRS} pairs: TTFT bare {} ms, ours {} ms; ours − bare {} ms \
         (goal: at most 0.2)",
        spread(&ttft_bare),
        spread(&ttft_ours),
        spread(&differences)
    );
    Ok(())
}

/// The rate at which tokens are read and stamped when the engine never waits.
fn burst(per_write: u32) -> Result<(), Failure> {
    let engine = Engine::start(&format!("ttft=0 gap=0 chunks-per-write={per_write}"))?;
    let [bare, ours] = take_turns(&task(&engine, 64, 10_000, 128), BURST_PAIRS)?;
    println!("burst, {per_write} tokens a write, {BURST_PAIRS} pairs:");
    for (client, told) in [("bare", &bare), ("ours", &ours)] {
        println!(
            "  {client}: {} M tokens/s, {} µs of CPU a token, {} tokens a read",
            spread(&each(told, |told| told.rate() / 1e6)),
            spread(&each(told, Told::cpu_of_token)),
            spread(&each(told, Told::tokens_a_read))
        );
    }
    let [bare, ours] = [&bare, &ours].map(|told| each(told, Told::rate));
    println!(
        "  ratio of the rates: {} (goals: over 1 M tokens/s at 16, a ratio of at least 0.9 at 1)",
        spread(&ratios(&ours, &bare))
    );
    Ok(())
}

/// A Poisson process of 1000 requests a second: when they leave, and when they
/// arrive.
fn pace() -> Result<(), Failure> {
    let engine = Engine::start("ttft=20ms gap=5ms")?;
    let offsets = poisson(10_000, 1000.0);
    let span = *offsets.last().ok_or("no arrivals")? as f64 / 1e9;
    let task = Task { offsets: offsets.clone(), tell: true, ..task(&engine, 256, 10_000, 8) };
    let (mut rates, mut distances, mut p99s) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..PAIRS {
        let told = have("ours", &task)?;
        let mut arrivals: Vec<i64> = engine
            .truth()?
            .iter()
            .filter(|line| line.request.contains("-8002-"))
            .map(|line| line.arrival_ns)
            .collect();
        arrivals.sort_unstable();
        let asked = (task.requests - 1) as f64 / (span - offsets[0] as f64 / 1e9);
        let seen = (arrivals.len() - 1) as f64
            / ((arrivals[arrivals.len() - 1] - arrivals[0]) as f64 / 1e9);
        rates.push((seen / asked - 1.0) * 100.0);
        distances.push(distance(&mut gaps(&arrivals), &mut gaps(&offsets)));
        let late = |seen: &Seen| (seen.sent - seen.intended) as f64 / 1e6;
        let mut lateness: Vec<f64> = told.requests.iter().map(late).collect();
        p99s.push(quantile(&mut lateness, 0.99));
    }
    println!(
        "pace, Poisson 1000/s, {PAIRS} runs: rate off by {} % (goal: within 0.1), Kolmogorov distance {} \
         (goal: within 0.02), p99 lateness {} ms (goal: under 0.2)",
        spread(&rates),
        spread(&distances),
        spread(&p99s)
    );
    Ok(())
}

fn gaps(instants: &[i64]) -> Vec<f64> {
    instants.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect()
}

/// Offsets of a Poisson process, from a small generator of a fixed seed: what
/// is measured is how well a given schedule is kept, not the schedule.
fn poisson(count: usize, rate: f64) -> Vec<i64> {
    let mut state: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut at = 0.0;
    let mut offset = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        let uniform = ((state >> 11) as f64 + 0.5) / (1_u64 << 53) as f64;
        at += -uniform.ln() / rate;
        (at * 1e9) as i64
    };
    (0..count).map(|_| offset()).collect()
}
