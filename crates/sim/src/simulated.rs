//! The machine that is simulated, as the server sees it: which sequences its
//! scheduler has, to which connection their tokens go, and what is counted of
//! them. No socket, and no clock: every instant is given.

use std::collections::HashMap;

use tokenometer_core::Nanos;

use crate::metrics::{Readings, Tally};
use crate::pace::Portion;
use crate::scheduled::{Emission, Gauges, Scheduler, Sequence};
use crate::{SimError, Simulation};

/// What is to be generated for a request.
pub(crate) struct Order {
    /// The connection that the tokens go to, by its place.
    pub(crate) place: u32,
    pub(crate) prompt: Vec<u32>,
    /// The key of the answer's words.
    pub(crate) key: u64,
    /// Tokens to generate.
    pub(crate) output: u32,
    /// Whether the answer is streamed.
    pub(crate) streamed: bool,
    /// When the request arrived.
    pub(crate) arrival: Nanos,
}

/// Tokens for a connection.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Handed {
    /// The connection's place.
    pub(crate) place: u32,
    pub(crate) portion: Portion,
    /// Tokens of the prompt that were in the prefix cache; absent where there
    /// is none.
    pub(crate) cached: Option<u32>,
}

/// A sequence on its way.
struct Ordered {
    place: u32,
    prompt: u32,
    streamed: bool,
    arrival: Nanos,
    /// When its last tokens so far were due.
    before: Option<Nanos>,
}

/// A simulated machine at work.
pub(crate) struct Simulated {
    simulation: Simulation,
    scheduler: Scheduler,
    /// Sequences so far, to name them.
    named: u64,
    ordered: HashMap<u64, Ordered>,
    /// Sequences that the scheduler hasn't been given yet.
    new: Vec<(Nanos, Sequence)>,
    emissions: Vec<Emission>,
    tally: Tally,
}

impl Simulated {
    /// A machine that has just been started.
    pub(crate) fn new(simulation: &Simulation) -> Result<Simulated, SimError> {
        Ok(Simulated {
            simulation: simulation.clone(),
            scheduler: Scheduler::new(simulation)?,
            named: 0,
            ordered: HashMap::new(),
            new: Vec::new(),
            emissions: Vec::new(),
            tally: Tally::new(),
        })
    }

    /// Takes an order, and names its sequence. Fails where its tokens could
    /// never be held all together.
    pub(crate) fn order(&mut self, order: Order) -> Result<u64, SimError> {
        let tokens = order.prompt.len() as u64 + u64::from(order.output);
        let capacity = self.scheduler.gauges().kv_capacity;
        // The scheduler counts a sequence's tokens in 32 bits, however large the cache.
        if tokens > capacity.min(u64::from(u32::MAX)) {
            return Err(SimError::NeverFits { tokens, capacity });
        }
        let Order { place, prompt, key, output, streamed, arrival } = order;
        self.named += 1;
        let id = self.named;
        let length = prompt.len() as u32;
        let ordered = Ordered { place, prompt: length, streamed, arrival, before: None };
        self.ordered.insert(id, ordered);
        self.new.push((arrival, Sequence { id, prompt, key, output }));
        Ok(id)
    }

    /// Gives up a sequence, unless it has been handed its last token.
    pub(crate) fn leave(&mut self, id: u64) {
        let Some(ordered) = self.ordered.remove(&id) else { return };
        self.new.retain(|(_, sequence)| sequence.id != id);
        self.scheduler.abort(id);
        self.tally.gave_up(ordered.streamed);
    }

    /// When there is something to do: at the end of the step under way, or at
    /// once where none is and a sequence waits.
    pub(crate) fn next(&self) -> Option<Nanos> {
        let first = || self.new.iter().map(|(arrival, _)| *arrival).min();
        self.scheduler.next_end().or_else(first)
    }

    /// Ends the steps that end up to `now`, and gives what is due to whom. All
    /// that arrived up to then must have been ordered.
    pub(crate) fn advance(&mut self, now: Nanos) -> Vec<Handed> {
        // Connections are read in any order, but a queue is one of arrivals.
        self.new.sort_by_key(|(arrival, sequence)| (*arrival, sequence.id));
        for (arrival, sequence) in self.new.drain(..) {
            let submitted = self.scheduler.submit(sequence, arrival);
            submitted.expect("what asks for nothing, or never fits, is refused when it is ordered");
        }
        let mut emissions = std::mem::take(&mut self.emissions);
        self.scheduler.advance(now, &mut emissions);
        self.note_steps(&emissions);
        let handed = emissions.drain(..).filter_map(|emission| self.hand(emission)).collect();
        self.emissions = emissions;
        handed
    }

    /// Empties the prefix cache; false while there are sequences.
    pub(crate) fn flush(&mut self) -> bool {
        self.new.is_empty() && self.scheduler.flush_cache()
    }

    /// Where the machine stands.
    pub(crate) fn readings(&self) -> Readings<'_> {
        let gauges = self.scheduler.gauges();
        Readings {
            simulation: &self.simulation,
            scheduling: self.simulation.scheduling(),
            drafts: self.simulation.drafts() > 0,
            gauges: Gauges { waiting: gauges.waiting + self.new.len() as u32, ..gauges },
            tally: &self.tally,
        }
    }

    /// Finds out to whom tokens go, and counts them.
    fn hand(&mut self, emission: Emission) -> Option<Handed> {
        let Emission { id, due, tokens, cached, finished } = emission;
        let ordered = self.ordered.get_mut(&id)?;
        let Ordered { place, prompt, streamed, arrival, .. } = *ordered;
        let before = ordered.before.replace(due);
        if before.is_none() {
            self.tally.began(streamed, (prompt, cached), due - arrival);
        }
        self.tally.handed(streamed, tokens, before.map(|before| due - before));
        if finished {
            self.tally.finished(streamed, due - arrival);
            self.ordered.remove(&id);
        }
        let portion = Portion { due, tokens, last: finished };
        let has_cache = self.simulation.scheduling().prefix_cache;
        Some(Handed { place, portion, cached: has_cache.then_some(cached) })
    }

    /// Takes count of the steps that have ended.
    fn note_steps(&mut self, emissions: &[Emission]) {
        let began = || self.scheduler.step().map(|step| step.start);
        let ended = emissions.last().map(|emission| emission.due).or_else(began);
        if let Some(ended) = ended {
            let Gauges { steps, generation_tokens, .. } = self.scheduler.gauges();
            self.tally.stepped(steps, generation_tokens, ended);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(options: &str) -> Simulated {
        let mut simulation = Simulation::new("h100", "llama-3.1-8b", None).unwrap();
        for (key, value) in options.split_whitespace().filter_map(|word| word.split_once('=')) {
            simulation.set(key, value).unwrap();
        }
        Simulated::new(&simulation).unwrap()
    }

    /// An order for three tokens by the connection at `place`.
    fn order(place: u32, arrival: i64) -> Order {
        let (prompt, arrival) = (vec![7; 40], Nanos::from_millis(arrival));
        Order { place, prompt, key: 1, output: 3, streamed: true, arrival }
    }

    /// All that is handed out until nothing is left to do.
    fn run(machine: &mut Simulated) -> Vec<Handed> {
        std::iter::from_fn(|| machine.next().map(|now| machine.advance(now))).flatten().collect()
    }

    #[test]
    fn a_queue_is_one_of_arrivals_however_connections_are_read() {
        let mut machine = machine("max-num-seqs=1");
        for (place, arrival) in [(1, 2), (2, 1), (3, 3)] {
            machine.order(order(place, arrival)).unwrap();
        }
        let handed = run(&mut machine);
        let places: Vec<u32> = handed.iter().map(|handed| handed.place).collect();
        assert_eq!(places, [2, 2, 2, 1, 1, 1, 3, 3, 3]);
        assert!(handed.is_sorted_by_key(|handed| handed.portion.due));
        assert!(handed.iter().enumerate().all(|(at, one)| one.portion.last == (at % 3 == 2)));
    }

    #[test]
    fn whoever_leaves_is_handed_nothing_more_and_keeps_nothing() {
        let mut machine = machine("");
        let stays = machine.order(order(1, 0)).unwrap();
        let goes = machine.order(order(2, 0)).unwrap();
        let never = machine.order(order(3, 0)).unwrap();
        machine.leave(never);
        let first = machine.next().unwrap();
        assert!(machine.advance(first).is_empty(), "the step has only begun");
        machine.leave(goes);
        assert!(!machine.flush(), "one is left");
        assert!(run(&mut machine).iter().all(|handed| handed.place == 1));
        machine.leave(stays);
        let readings = machine.readings();
        assert_eq!((readings.gauges.kv_used, readings.gauges.waiting), (0, 0));
        assert_eq!(readings.gauges.finished, 1);
        assert!(machine.flush());
    }

    #[test]
    fn what_was_cached_is_told_where_there_is_a_cache() {
        for (options, told) in [("block-size=16", Some(32)), ("prefix-cache=off", None)] {
            let mut machine = machine(options);
            machine.order(order(1, 0)).unwrap();
            run(&mut machine);
            machine.order(order(1, 1000)).unwrap();
            assert!(run(&mut machine).iter().all(|handed| handed.cached == told), "{options}");
        }
    }
}
