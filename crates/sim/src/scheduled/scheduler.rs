//! The scheduler: takes sequences, begins and ends steps, and says which tokens
//! are due at which instant.
//!
//! It lives in the time of its caller and never asks for it. A step begins at
//! the end of the one before, or, after idling, at the arrival of the first
//! sequence, and not at the instant at which the caller says so: a caller that
//! is late doesn't make the engine slower.

use std::collections::VecDeque;

use tokenometer_core::Nanos;
use tokenometer_core::roofline::{Batch, Roofline, Scheduling};

use super::gauges::Gauges;
use super::live::Live;
use super::noise::Noise;
use super::pool::Pool;
use super::simulation::{Simulation, Speculation};
use crate::SimError;

/// What is asked of the engine: a request inside the scheduler.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sequence {
    /// Its name; no two that haven't ended may have the same.
    pub id: u64,
    /// The ids of the prompt's tokens; at least one.
    pub prompt: Vec<u32>,
    /// The key of its generated words: the `i`th is [`crate::words`]' generated
    /// token `i` of this key.
    pub key: u64,
    /// How many tokens to generate; at least one.
    pub output: u32,
}

/// Tokens that are due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Emission {
    /// The sequence that they belong to.
    pub id: u64,
    /// When they leave: the end of a step.
    pub due: Nanos,
    /// How many, at least one. They go on where the sequence's last ones ended.
    pub tokens: u32,
    /// Tokens of the sequence's prompt that the prefix cache held.
    pub cached: u32,
    /// Whether they are its last.
    pub finished: bool,
}

/// A step under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// When it began.
    pub start: Nanos,
    /// When it ends.
    pub end: Nanos,
    /// Sequences that decode in it.
    pub decoding: u32,
    /// Tokens that it computes for them, drafts included.
    pub decode_tokens: u32,
    /// Tokens of prompts that it computes.
    pub prefill_tokens: u32,
    /// How many steps these are that were scheduled at once; mostly one.
    pub inner: u32,
}

/// A simulated engine in virtual time.
#[derive(Debug)]
pub struct Scheduler {
    pub(super) scheduling: Scheduling,
    pub(super) speculation: Option<Speculation>,
    pub(super) pool: Pool,
    /// In the order of their admission: the youngest is the last.
    pub(super) running: Vec<Live>,
    pub(super) waiting: VecDeque<Live>,
    /// The sequence at the front of the queue for which there was no room, and
    /// the state of the pool that this was found in.
    pub(super) turned_away: Option<(u64, u64)>,
    pub(super) counts: Gauges,
    pub(super) batch: Batch,
    roofline: Roofline,
    noise: Noise,
    time_scale: f64,
    step: Option<Step>,
    /// The end of the last step.
    free: Nanos,
}

impl Scheduler {
    /// An engine that has just started.
    ///
    /// # Errors
    ///
    /// Where the simulation contradicts itself or its model doesn't fit.
    pub fn new(simulation: &Simulation) -> Result<Scheduler, SimError> {
        simulation.check()?;
        let scheduling = simulation.scheduling();
        let block_size = scheduling.block_size;
        // A number of blocks beyond 32 bits would hold some petabytes.
        let blocks = simulation.kv_tokens()? / u64::from(block_size);
        let blocks = u32::try_from(blocks).unwrap_or(u32::MAX - 1);
        Ok(Scheduler {
            scheduling,
            speculation: simulation.speculation(),
            pool: Pool::new(blocks, block_size, scheduling.prefix_cache),
            running: Vec::new(),
            waiting: VecDeque::new(),
            turned_away: None,
            counts: Gauges::default(),
            batch: Batch::default(),
            roofline: simulation.roofline()?,
            noise: simulation.noise(),
            time_scale: simulation.time_scale(),
            step: None,
            free: Nanos(i64::MIN),
        })
    }

    /// Takes in a sequence that arrived at `at`. Submit in the order of arrival;
    /// [`Scheduler::advance`] afterwards, so that an idle engine begins.
    ///
    /// # Errors
    ///
    /// Where it asks for nothing or the cache could never hold all of it; then
    /// nothing is changed.
    pub fn submit(&mut self, sequence: Sequence, at: Nanos) -> Result<(), SimError> {
        if sequence.prompt.is_empty() || sequence.output == 0 {
            return Err(SimError::EmptySequence);
        }
        let tokens = sequence.prompt.len() as u64 + u64::from(sequence.output);
        let capacity = self.gauges().kv_capacity;
        if tokens > capacity.min(u64::from(u32::MAX)) {
            return Err(SimError::NeverFits { tokens, capacity });
        }
        self.waiting.push_back(Live::new(sequence, at));
        Ok(())
    }

    /// Gives up a sequence at once, wherever it is. False where there is none of
    /// this name, as after its end.
    pub fn abort(&mut self, id: u64) -> bool {
        let of = |live: &Live| live.asked.id == id;
        if let Some(at) = self.running.iter().position(of) {
            self.running.remove(at).release(&mut self.pool);
        } else if let Some(at) = self.waiting.iter().position(of) {
            self.waiting.remove(at);
        } else {
            return false;
        }
        self.counts.aborted += 1;
        true
    }

    /// When the step under way ends; `None` while there is none.
    pub fn next_end(&self) -> Option<Nanos> {
        self.step.map(|step| step.end)
    }

    /// The step under way.
    pub fn step(&self) -> Option<Step> {
        self.step
    }

    /// Ends every step that ends up to `now`, begins the next, and appends what is
    /// due to `out`, in the order of time.
    pub fn advance(&mut self, now: Nanos, out: &mut Vec<Emission>) {
        loop {
            match self.step {
                Some(step) if step.end <= now => {
                    self.end(step, out);
                    self.begin();
                }
                Some(_) => return,
                None => {
                    self.begin();
                    if self.step.is_none() {
                        return;
                    }
                }
            }
        }
    }

    /// Where the engine stands.
    pub fn gauges(&self) -> Gauges {
        let tokens = |blocks: u32| u64::from(blocks) * u64::from(self.pool.block_size());
        Gauges {
            running: self.running.len() as u32,
            waiting: self.waiting.len() as u32,
            kv_used: tokens(self.pool.used()),
            kv_cached: tokens(self.pool.cached()),
            kv_capacity: tokens(self.pool.capacity()),
            ..self.counts
        }
    }

    /// How many tokens of its prompt the prefix cache held when the sequence was
    /// admitted; `None` before that and after its end.
    pub fn cached_tokens(&self, id: u64) -> Option<u32> {
        let mut all = self.running.iter().chain(&self.waiting);
        all.find(|live| live.asked.id == id)?.cached
    }

    /// Forgets what the prefix cache holds. Refused, with false, while sequences
    /// run or wait, as engines do.
    pub fn flush_cache(&mut self) -> bool {
        let idle = self.running.is_empty() && self.waiting.is_empty();
        if idle {
            self.pool.flush();
        }
        idle
    }

    /// Begins a step, if there is anything to compute.
    fn begin(&mut self) {
        let start = match self.waiting.front() {
            Some(first) if self.running.is_empty() => self.free.max(first.arrived),
            _ => self.free,
        };
        let mut step = self.fill(start);
        if self.batch.is_empty() {
            return;
        }
        let mut length = self.roofline.step(&self.batch) * self.noise.step();
        for inner in 1..step.inner {
            self.batch.clear();
            for live in &self.running {
                self.batch.decode(live.computed + inner, 1);
            }
            length += self.roofline.inner_step(&self.batch) * self.noise.step();
        }
        // An instant that never moves on would make two steps one.
        let length = Nanos::from_secs_f64(length / self.time_scale).max(Nanos(1));
        step.end = start + length;
        self.step = Some(step);
    }

    /// Ends a step: what it computed is there.
    fn end(&mut self, step: Step, out: &mut Vec<Emission>) {
        self.step = None;
        self.free = step.end;
        self.counts.steps += u64::from(step.inner);
        let Scheduler { running, pool, counts, noise, speculation, scheduling, .. } = self;
        running.retain_mut(|live| {
            if live.scheduled == 0 {
                return true;
            }
            let tokens = match (live.decoding, &speculation) {
                (false, _) => prefilled(live, pool, counts),
                (true, None) => live.scheduled,
                (true, Some(speculation)) => verified(live, speculation.acceptance, noise, counts),
            };
            if live.decoding {
                live.computed += tokens;
            }
            live.generated += tokens;
            live.decoding = live.decoding || tokens > 0;
            live.scheduled = 0;
            counts.generation_tokens += u64::from(tokens);
            if scheduling.prefix_cache {
                live.publish(pool);
            }
            emit(live, step.end, scheduling.stream_interval, out);
            let finished = live.owed() == 0;
            if finished {
                counts.finished += 1;
                live.release(pool);
            }
            !finished
        });
    }
}

/// Takes note of a chunk of a prompt. Gives the tokens that were generated with
/// it: one where the prompt ends.
fn prefilled(live: &mut Live, pool: &mut Pool, counts: &mut Gauges) -> u32 {
    live.computed += live.scheduled;
    counts.computed_tokens += u64::from(live.scheduled);
    if live.computed < live.length() {
        return 0;
    }
    pool.note_prompt();
    if live.generated == 0 {
        counts.prompt_tokens += u64::from(live.prompt());
    }
    1
}

/// Decides how many drafts are accepted. Gives the tokens that were generated:
/// these, and the one that follows them.
fn verified(live: &Live, acceptance: f64, noise: &mut Noise, counts: &mut Gauges) -> u32 {
    let drafts = live.scheduled - 1;
    let accepted = noise.accepted(drafts, acceptance);
    counts.drafts += u64::from(drafts > 0);
    counts.draft_tokens += u64::from(drafts);
    counts.accepted_tokens += u64::from(accepted);
    1 + accepted
}

/// Sends what is to be sent: the first token at once, then so many together, and
/// the rest at the end.
fn emit(live: &mut Live, due: Nanos, interval: u32, out: &mut Vec<Emission>) {
    let tokens = live.generated - live.sent;
    let finished = live.owed() == 0;
    if tokens > 0 && (live.sent == 0 || tokens >= interval || finished) {
        let cached = live.cached.unwrap_or(0);
        out.push(Emission { id: live.asked.id, due, tokens, cached, finished });
        live.sent = live.generated;
    }
}
