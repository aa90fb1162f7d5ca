//! A whole load in virtual time: the scheduler, and a client that answers at
//! once.
//!
//! The client is as fast as can be: what the engine sends arrives at the same
//! instant, and so does what the client sends. A step that begins at the end of
//! another is begun before the client can answer that one's tokens, as on a real
//! engine, so that a request sent at that instant waits for the next.

use std::collections::VecDeque;

use tokenometer_core::Nanos;

use super::gauges::Gauges;
use super::scheduler::{Emission, Scheduler, Sequence};
use super::simulation::Simulation;
use crate::{SimError, words};

/// What a prompt consists of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Prompt {
    /// These token ids.
    Tokens(Vec<u32>),
    /// So many tokens that no other prompt begins with.
    Unique(u32),
}

/// A request of a load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// What it asks.
    pub prompt: Prompt,
    /// How many tokens it wants.
    pub output: u32,
    /// When it is due, from the beginning of the load; `None` as soon as it is its
    /// turn.
    pub due: Option<Nanos>,
}

/// A load: requests in the order in which they are sent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Course {
    /// The requests.
    pub requests: Vec<Asked>,
    /// The most that may be under way, at least one; any number by default. One
    /// that is due while so many are waits for its turn.
    pub in_flight: Option<u32>,
}

/// What became of a request.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// When it was sent.
    pub sent: Nanos,
    /// When its tokens came, and how many: in the order of time, none where the
    /// request was refused.
    pub chunks: Vec<(Nanos, u32)>,
    /// Tokens of its prompt that the prefix cache held.
    pub cached: u32,
    /// Why it was refused; absent where it was answered.
    pub refused: Option<String>,
}

impl Told {
    /// When its first token came.
    pub fn first(&self) -> Option<Nanos> {
        Some(self.chunks.first()?.0)
    }

    /// When its last token came, which ends it.
    pub fn last(&self) -> Option<Nanos> {
        Some(self.chunks.last()?.0)
    }

    /// How many tokens came.
    pub fn tokens(&self) -> u32 {
        self.chunks.iter().map(|(_, tokens)| tokens).sum()
    }
}

/// What a load comes to. All instants are those that a client would see, so that
/// they are nearer to each other where the simulation has a time scale.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Foretold {
    /// One for each request, in the order of the course.
    pub requests: Vec<Told>,
    /// From the beginning of the load, which is instant 0, to the last token.
    pub duration: Nanos,
    /// The state of the engine at the end, and all that it has counted.
    pub gauges: Gauges,
    /// The most sequences that ran at once.
    pub max_running: u32,
    /// The most sequences that waited at once.
    pub max_waiting: u32,
    /// The most room in the KV cache that was used, in tokens.
    pub max_kv_used: u64,
}

/// Carries a load out in virtual time. The same simulation and the same course
/// give the same answer.
///
/// # Errors
///
/// Where the simulation contradicts itself or its model doesn't fit, or no request
/// may be under way. A request that is refused is told of in its place.
pub fn foretell(simulation: &Simulation, course: &Course) -> Result<Foretold, SimError> {
    if course.in_flight == Some(0) {
        let problems = "a load needs at least one request under way".to_owned();
        return Err(SimError::Contradiction { problems });
    }
    let mut client = Client {
        scheduler: Scheduler::new(simulation)?,
        course,
        next: 0,
        under_way: 0,
        seats: VecDeque::new(),
        told: Foretold::default(),
    };
    client.run();
    Ok(client.told)
}

/// The client of a scheduler in virtual time.
struct Client<'a> {
    scheduler: Scheduler,
    course: &'a Course,
    /// The first request that hasn't been sent.
    next: usize,
    under_way: u32,
    /// When each place became free that a request has left and none has taken, in
    /// the order of time.
    seats: VecDeque<Nanos>,
    told: Foretold,
}

impl Client<'_> {
    fn run(&mut self) {
        let mut out = Vec::new();
        loop {
            // Between two ends of steps nothing can happen but that something falls
            // due; an engine that idles begins with the first of them.
            let until = match self.scheduler.next_end() {
                Some(end) => end,
                None => match self.turn() {
                    Some(at) => at,
                    None => break,
                },
            };
            self.send(until);
            self.scheduler.advance(until, &mut out);
            self.look();
            for emission in out.drain(..) {
                self.receive(emission);
            }
        }
        self.told.gauges = self.scheduler.gauges();
    }

    /// When the next request is sent, as far as that is settled.
    fn turn(&self) -> Option<Nanos> {
        let due = self.course.requests.get(self.next)?.due.unwrap_or(Nanos::ZERO);
        let before = self.told.requests.last().map_or(Nanos::ZERO, |told| told.sent);
        let seat = match self.course.in_flight {
            None => Nanos::ZERO,
            Some(most) if self.under_way + (self.seats.len() as u32) < most => Nanos::ZERO,
            Some(_) => *self.seats.front()?,
        };
        Some(due.max(before).max(seat))
    }

    /// Sends all whose turn comes up to `until`.
    fn send(&mut self, until: Nanos) {
        while let Some(at) = self.turn().filter(|at| *at <= until) {
            let full = |most| self.under_way + self.seats.len() as u32 >= most;
            if self.course.in_flight.is_some_and(full) {
                self.seats.pop_front();
            }
            let asked = &self.course.requests[self.next];
            let id = self.next as u64;
            let prompt = match &asked.prompt {
                Prompt::Tokens(tokens) => tokens.clone(),
                Prompt::Unique(length) => {
                    let key = words::mix(!id);
                    (0..*length).map(|index| words::mix(key ^ u64::from(index)) as u32).collect()
                }
            };
            let sequence = Sequence { id, prompt, key: words::mix(id), output: asked.output };
            let mut told = Told { sent: at, ..Told::default() };
            match self.scheduler.submit(sequence, at) {
                Ok(()) => self.under_way += 1,
                Err(error) => told.refused = Some(error.to_string()),
            }
            self.told.requests.push(told);
            self.next += 1;
        }
    }

    fn receive(&mut self, emission: Emission) {
        let told = &mut self.told.requests[emission.id as usize];
        told.chunks.push((emission.due, emission.tokens));
        told.cached = emission.cached;
        self.told.duration = emission.due;
        if emission.finished {
            self.under_way -= 1;
            self.seats.push_back(emission.due);
        }
    }

    /// Takes note of the extremes.
    fn look(&mut self) {
        let gauges = self.scheduler.gauges();
        let told = &mut self.told;
        told.max_running = told.max_running.max(gauges.running);
        told.max_waiting = told.max_waiting.max(gauges.waiting);
        told.max_kv_used = told.max_kv_used.max(gauges.kv_used);
    }
}
