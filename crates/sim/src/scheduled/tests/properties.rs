//! What must hold of every load under every option.

use proptest::prelude::*;
use tokenometer_core::roofline::{Admission, Policy};

use super::super::{Emission, Scheduler, Sequence};
use super::*;
use crate::words;

/// A request of a random load.
#[derive(Clone, Debug)]
struct Wish {
    /// Since the one before, in microseconds; often none.
    after: i64,
    /// Prompts of the same family begin alike.
    family: u32,
    prompt: u32,
    output: u32,
    /// When it is given up, in microseconds since its arrival.
    given_up: Option<i64>,
}

/// Options as they may come together.
type Options = Vec<(&'static str, String)>;

fn options() -> impl Strategy<Value = Options> {
    let scheduling = (
        prop::sample::select(vec!["mixed", "prefill-first", "whole-prompt"]),
        prop::sample::select(vec!["prompt", "prompt-and-half", "prompt-and-output"]),
        prop::sample::select(vec!["on", "off"]),
        prop::sample::select(vec![1, 4, 16]),
        1..8_u32,
        prop_oneof![1..8_u32, 4..64_u32],
        128..400_u32,
    );
    let packing = (1..5_u32, 1..6_u32, 0..4_u32, 0.0..1.0_f64, any::<u64>());
    (scheduling, packing).prop_map(|(scheduling, packing)| {
        let (policy, admission, cache, block, sequences, budget, tokens) = scheduling;
        let (interval, steps, drafts, acceptance, seed) = packing;
        let mut options = vec![
            ("policy", policy.to_owned()),
            ("admission", admission.to_owned()),
            ("prefix-cache", cache.to_owned()),
            ("block-size", block.to_string()),
            ("max-num-seqs", sequences.to_string()),
            ("max-num-batched-tokens", budget.to_string()),
            ("kv-tokens", tokens.to_string()),
            ("stream-interval", interval.to_string()),
            ("seed", seed.to_string()),
        ];
        if drafts > 0 {
            options.push(("num-speculative-tokens", drafts.to_string()));
            options.push(("acceptance", acceptance.to_string()));
        } else {
            options.push(("decode-steps", steps.to_string()));
        }
        options
    })
}

fn wishes(aborts: bool) -> impl Strategy<Value = Vec<Wish>> {
    let given_up = prop::option::weighted(0.3, 0..200_000_i64);
    let given_up = given_up.prop_map(move |after| after.filter(|_| aborts));
    let after = prop_oneof![Just(0), 0..20_000_i64];
    let wish = (after, 0..3_u32, 1..60_u32, 1..40_u32, given_up).prop_map(
        |(after, family, prompt, output, given_up)| Wish {
            after,
            family,
            prompt,
            output,
            given_up,
        },
    );
    prop::collection::vec(wish, 1..30)
}

/// A scheduler under a load, watched at every instant at which something happens.
struct Watch {
    scheduler: Scheduler,
    wishes: Vec<Wish>,
    arrivals: Vec<Nanos>,
    out: Vec<Emission>,
    now: Nanos,
    /// The integrals of sequences in the system, and of those that run, over time,
    /// in nanoseconds.
    in_system: i128,
    running: i128,
    /// When each was admitted and when it left.
    admitted: Vec<Option<Nanos>>,
    left: Vec<Option<Nanos>>,
}

impl Watch {
    fn new(options: &Options, wishes: Vec<Wish>) -> Watch {
        let options: Vec<_> = options.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let mut arrivals = Vec::new();
        let mut now = Nanos::ZERO;
        for wish in &wishes {
            now += Nanos(1000 * wish.after);
            arrivals.push(now);
        }
        Watch {
            scheduler: Scheduler::new(&simulation(&options)).unwrap(),
            arrivals,
            out: Vec::new(),
            now: Nanos::ZERO,
            in_system: 0,
            running: 0,
            admitted: vec![None; wishes.len()],
            left: vec![None; wishes.len()],
            wishes,
        }
    }

    fn sequence(&self, id: usize) -> Sequence {
        let wish = &self.wishes[id];
        // Beyond the vocabulary, so that no generated token is taken for one of them.
        let first = words::VOCABULARY + 1000 * wish.family;
        let prompt = (first..first + wish.prompt).collect();
        Sequence { id: id as u64, prompt, key: id as u64, output: wish.output }
    }

    /// Goes from instant to instant until everything has ended.
    fn run(&mut self) {
        let gives_up =
            |id: usize| Some(self.arrivals[id] + Nanos(1000 * self.wishes[id].given_up?));
        let mut leaving: Vec<_> =
            (0..self.wishes.len()).filter_map(|id| Some((gives_up(id)?, id))).collect();
        leaving.sort();
        let mut leaving = leaving.into_iter().peekable();
        let mut next = 0;
        loop {
            let arrival = self.arrivals.get(next).copied();
            let leave = leaving.peek().map(|(at, _)| *at);
            let end = self.scheduler.next_end();
            let Some(at) = [arrival, leave, end].into_iter().flatten().min() else { break };
            self.pass(at);
            while self.arrivals.get(next) == Some(&at) {
                self.scheduler.submit(self.sequence(next), at).unwrap();
                next += 1;
            }
            while let Some((_, id)) = leaving.next_if(|(leave, _)| *leave == at) {
                if self.scheduler.abort(id as u64) {
                    self.left[id] = Some(at);
                }
            }
            let (before, preemptions) = (self.out.len(), self.scheduler.gauges().preemptions);
            self.scheduler.advance(at, &mut self.out);
            for emission in self.out[before..].iter().filter(|emission| emission.finished) {
                self.left[emission.id as usize] = Some(emission.due);
            }
            for id in 0..self.wishes.len() {
                if self.admitted[id].is_none() && self.scheduler.cached_tokens(id as u64).is_some()
                {
                    self.admitted[id] = Some(at);
                }
            }
            self.verify();
            if self.scheduler.gauges().preemptions > preemptions {
                let first = self.scheduler.waiting.front().unwrap();
                assert!(first.cached.is_some(), "who gave up its room waits for a step");
            }
        }
    }

    /// Lets time pass in which nothing happens.
    fn pass(&mut self, at: Nanos) {
        let gauges = self.scheduler.gauges();
        let length = i128::from((at - self.now).0);
        assert!(length >= 0, "time goes on");
        self.in_system += length * i128::from(gauges.running + gauges.waiting);
        self.running += length * i128::from(gauges.running);
        self.now = at;
    }

    /// What must hold at every instant.
    fn verify(&self) {
        let Scheduler { scheduling, pool, running, waiting, .. } = &self.scheduler;
        pool.verify(running.iter().flat_map(|live| live.block_numbers()).copied());
        // Whoever has to give up its room is the youngest and goes to the front of the
        // queue, so that nobody ever overtakes another.
        assert!(running.iter().chain(waiting).map(|live| live.asked.id).is_sorted());
        let gauges = self.scheduler.gauges();
        assert!(gauges.kv_used <= gauges.kv_capacity);
        assert!(gauges.running <= scheduling.max_num_seqs);
        let Some(step) = self.scheduler.step() else {
            assert_eq!((gauges.running, gauges.waiting), (0, 0), "it idles with work to do");
            return;
        };
        assert!(step.end > step.start && step.decode_tokens + step.prefill_tokens > 0);
        if gauges.aborted == 0 {
            let of = |decoding| {
                let live = running.iter().filter(move |live| live.decoding == decoding);
                live.map(|live| live.scheduled).filter(|tokens| *tokens > 0)
            };
            assert_eq!(of(true).count(), step.decoding as usize);
            assert_eq!(of(true).sum::<u32>(), step.decode_tokens);
            assert_eq!(of(false).sum::<u32>(), step.prefill_tokens);
        }
        let budget = scheduling.token_budget;
        match scheduling.policy {
            Policy::Mixed if step.inner > 1 => assert!(step.decoding <= budget),
            Policy::Mixed => assert!(step.decode_tokens + step.prefill_tokens <= budget),
            Policy::PrefillFirst => assert!(step.prefill_tokens <= budget),
            Policy::WholePrompt => {
                let prompts = running.iter().filter(|live| live.scheduled > 0).count();
                assert!(step.prefill_tokens <= budget || prompts <= 1);
            }
        }
        let apart = step.decode_tokens == 0 || step.prefill_tokens == 0;
        assert!(apart || scheduling.policy == Policy::Mixed);
        assert!(step.prefill_tokens == 0 || step.inner == 1);
    }

    /// Tokens that came of each sequence, and whether they were its last.
    fn came(&self) -> Vec<(u32, bool)> {
        let mut came = vec![(0, false); self.wishes.len()];
        let mut before = Nanos::ZERO;
        for emission in &self.out {
            let (tokens, finished) = &mut came[emission.id as usize];
            assert!(emission.tokens > 0 && emission.due >= before && !*finished);
            *tokens += emission.tokens;
            (*finished, before) = (emission.finished, emission.due);
        }
        came
    }
}

proptest! {
    #[test]
    fn no_block_leaks_and_no_token_is_lost_or_doubled(options in options(), wishes in wishes(true)) {
        let mut watch = Watch::new(&options, wishes);
        watch.run();
        let gauges = watch.scheduler.gauges();
        prop_assert_eq!((gauges.running, gauges.waiting, gauges.kv_used), (0, 0, 0));
        prop_assert_eq!((gauges.finished + gauges.aborted) as usize, watch.wishes.len());
        if watch.scheduler.scheduling.admission == Admission::PromptAndOutput {
            prop_assert_eq!(gauges.preemptions, 0);
        }
        for (wish, (tokens, finished)) in watch.wishes.iter().zip(watch.came()) {
            prop_assert_eq!(tokens == wish.output, finished);
            prop_assert!(finished || (wish.given_up.is_some() && tokens < wish.output));
        }
        prop_assert!(watch.scheduler.flush_cache());
        prop_assert_eq!(watch.scheduler.gauges().kv_cached, 0);
    }

    /// Little's law (1961), as an identity over the whole load.
    #[test]
    fn what_is_counted_over_time_is_the_time_that_sequences_spend(
        options in options(),
        wishes in wishes(true),
    ) {
        let mut watch = Watch::new(&options, wishes);
        watch.run();
        let spent = |from: &[Option<Nanos>]| -> i128 {
            let spans = from.iter().zip(&watch.left);
            spans.map(|(from, left)| from.map_or(0, |from| i128::from((left.unwrap() - from).0))).sum()
        };
        let arrivals: Vec<_> = watch.arrivals.iter().copied().map(Some).collect();
        prop_assert_eq!(watch.in_system, spent(&arrivals));
        if watch.scheduler.gauges().preemptions == 0 {
            prop_assert_eq!(watch.running, spent(&watch.admitted));
        }
    }

    #[test]
    fn a_late_caller_changes_nothing(options in options(), wishes in wishes(false)) {
        let mut watch = Watch::new(&options, wishes);
        watch.run();
        let mut late = Watch::new(&options, watch.wishes.clone());
        for id in 0..late.wishes.len() {
            late.scheduler.submit(late.sequence(id), late.arrivals[id]).unwrap();
        }
        late.scheduler.advance(Nanos::MAX, &mut late.out);
        prop_assert_eq!(&late.out, &watch.out);
        prop_assert_eq!(late.scheduler.gauges(), watch.scheduler.gauges());
    }

    #[test]
    fn first_tokens_come_in_the_order_of_arrival(mut options in options(), mut wishes in wishes(false)) {
        options[0].1 = "prefill-first".to_owned();
        for wish in &mut wishes {
            (wish.family, wish.prompt) = (0, 30);
        }
        let mut watch = Watch::new(&options, wishes);
        watch.run();
        let mut seen = Vec::new();
        for emission in &watch.out {
            if !seen.contains(&emission.id) {
                seen.push(emission.id);
            }
        }
        prop_assert!(seen.is_sorted(), "{:?}", seen);
    }

    #[test]
    fn a_load_is_foretold_as_it_comes(options in options(), wishes in wishes(false)) {
        let mut watch = Watch::new(&options, wishes);
        watch.run();
        let asked = |id: usize| Asked {
            prompt: Prompt::Tokens(watch.sequence(id).prompt),
            output: watch.wishes[id].output,
            due: Some(watch.arrivals[id]),
        };
        let course = Course { requests: (0..watch.wishes.len()).map(asked).collect(), in_flight: None };
        let words: Vec<_> = options.iter().map(|(key, value)| (*key, value.as_str())).collect();
        let told = told(&words, &course);
        for (id, told) in told.requests.iter().enumerate() {
            let came = watch.out.iter().filter(|emission| emission.id == id as u64);
            let came: Vec<_> = came.map(|emission| (emission.due, emission.tokens)).collect();
            prop_assert_eq!(&told.chunks, &came);
        }
    }
}
