//! What a step computes: which sequences decode, which prompts go on, which
//! begin, and which must give up their room.

use tokenometer_core::Nanos;
use tokenometer_core::roofline::{Admission, Policy};

use super::live::Live;
use super::scheduler::{Scheduler, Step};

impl Scheduler {
    /// Chooses what the step that begins at `start` computes, and puts it into the
    /// batch, which stays empty where there is nothing to do.
    pub(super) fn fill(&mut self, start: Nanos) -> Step {
        self.batch.clear();
        let mut step =
            Step { start, end: start, decoding: 0, decode_tokens: 0, prefill_tokens: 0, inner: 1 };
        let mut budget = self.scheduling.token_budget;
        match self.scheduling.policy {
            Policy::Mixed => {
                let before = self.counts.preemptions;
                self.decode(&mut step, &mut budget);
                self.go_on(&mut step, &mut budget);
                // Whoever has just given up its room would take it back.
                if self.counts.preemptions == before {
                    self.admit(&mut step, &mut budget);
                }
            }
            Policy::PrefillFirst | Policy::WholePrompt => {
                self.go_on(&mut step, &mut budget);
                self.admit(&mut step, &mut budget);
                if step.prefill_tokens == 0 {
                    // Engines that keep prompts apart bound only these.
                    let mut unbounded = u32::MAX;
                    self.decode(&mut step, &mut unbounded);
                }
            }
        }
        if self.scheduling.decode_steps > 1 && step.prefill_tokens == 0 {
            self.prolong(&mut step);
        }
        step
    }

    /// Lets sequences decode, the oldest first, as far as the budget goes. Where
    /// one gets no block, the youngest gives up its room.
    fn decode(&mut self, step: &mut Step, budget: &mut u32) {
        let drafts = self.speculation.map_or(0, |speculation| speculation.drafts);
        let mut at = 0;
        while at < self.running.len() && *budget > 0 {
            let live = &mut self.running[at];
            if !live.decoding {
                at += 1;
                continue;
            }
            // Never more than are owed, so that the last steps verify fewer.
            let tokens = 1 + drafts.min(live.owed() - 1).min(*budget - 1);
            if !live.reserve(live.computed + tokens, &mut self.pool) {
                self.preempt();
                continue;
            }
            live.scheduled = tokens;
            self.batch.decode(live.computed, tokens);
            step.decoding += 1;
            step.decode_tokens += tokens;
            *budget -= tokens;
            at += 1;
        }
    }

    /// Takes all room from the youngest sequence, which goes to the front of the
    /// queue: its prompt and what it has generated will be computed again.
    fn preempt(&mut self) {
        let mut youngest = self.running.pop().expect("the sequence without a block runs");
        youngest.release(&mut self.pool);
        self.waiting.push_front(youngest);
        self.counts.preemptions += 1;
    }

    /// Goes on with prompts that were begun.
    fn go_on(&mut self, step: &mut Step, budget: &mut u32) {
        for live in self.running.iter_mut().filter(|live| !live.decoding) {
            let tokens = (live.length() - live.computed).min(*budget);
            if tokens == 0 {
                return;
            }
            live.scheduled = tokens;
            self.batch.prefill(tokens, live.computed, live.computed + tokens == live.length());
            step.prefill_tokens += tokens;
            *budget -= tokens;
        }
    }

    /// Admits sequences in the order of the queue, as long as there is room and
    /// budget for the first one.
    fn admit(&mut self, step: &mut Step, budget: &mut u32) {
        let mut promised = None;
        while *budget > 0 && (self.running.len() as u32) < self.scheduling.max_num_seqs {
            let state = self.pool.changes();
            let Some(first) = self.waiting.front_mut() else { return };
            let name = Some((first.asked.id, state));
            if first.arrived > step.start || self.turned_away == name {
                return;
            }
            let (hits, unused) =
                if self.scheduling.prefix_cache { first.hits(&self.pool) } else { (0, 0) };
            let tokens = first.length() - hits * self.pool.block_size();
            let whole = self.scheduling.policy == Policy::WholePrompt;
            if whole && tokens > *budget && step.prefill_tokens > 0 {
                return;
            }
            let promised = promised.get_or_insert_with(|| self.promised());
            let first = &self.waiting[0];
            let claim = self.claim(first);
            if u64::from(claim - hits) + *promised > u64::from(self.pool.free() - unused) {
                self.turned_away = name;
                return;
            }
            *promised += u64::from(claim - self.pool.blocks_for(first.length()));
            let tokens = if whole { tokens } else { tokens.min(*budget) };
            self.begin_prompt(hits, tokens);
            step.prefill_tokens += tokens;
            *budget = budget.saturating_sub(tokens);
        }
    }

    /// Lets the first sequence of the queue run, with so many blocks from the cache
    /// and so many tokens in this step.
    fn begin_prompt(&mut self, hits: u32, tokens: u32) {
        let mut live = self.waiting.pop_front().expect("there is a first one, it was looked at");
        live.share(hits, &mut self.pool);
        let got = live.reserve(live.length(), &mut self.pool);
        debug_assert!(got, "the room was counted before");
        if live.cached.is_none() {
            live.cached = Some(live.computed);
            if self.scheduling.prefix_cache {
                self.counts.prefix_queries += u64::from(live.prompt());
                self.counts.prefix_hits += u64::from(live.computed);
            }
        }
        live.scheduled = tokens;
        self.batch.prefill(tokens, live.computed, live.computed + tokens == live.length());
        self.running.push(live);
    }

    /// How many blocks must be there for a sequence to be admitted: for what it
    /// consists of, and, where the rule says so, for half or all of what it asked for.
    fn claim(&self, live: &Live) -> u32 {
        let generated = match self.scheduling.admission {
            Admission::Prompt => live.generated,
            Admission::PromptAndHalf => live.generated.max(live.asked.output.div_ceil(2)),
            Admission::PromptAndOutput => live.asked.output,
        };
        self.pool.blocks_for(live.prompt() + generated)
    }

    /// How many blocks those that run may still claim by the same rule.
    fn promised(&self) -> u64 {
        match self.scheduling.admission {
            Admission::Prompt => 0,
            Admission::PromptAndHalf | Admission::PromptAndOutput => {
                let missing = |live: &Live| self.claim(live).saturating_sub(live.blocks());
                self.running.iter().map(|live| u64::from(missing(live))).sum()
            }
        }
    }

    /// Makes a step without prompts a run of several, if there is room for what all
    /// of them generate.
    fn prolong(&mut self, step: &mut Step) {
        // Runs and drafts exclude each other, and without drafts a sequence is admitted
        // only where the budget goes beyond those that decode.
        debug_assert_eq!(step.decoding as usize, self.running.len());
        let steps = self.scheduling.decode_steps;
        let missing = |live: &Live| {
            let blocks = self.pool.blocks_for(live.computed + steps.min(live.owed()));
            u64::from(blocks.saturating_sub(live.blocks()))
        };
        if self.running.iter().map(missing).sum::<u64>() > u64::from(self.pool.free()) {
            return;
        }
        step.inner = steps;
        step.decode_tokens = 0;
        for live in &mut self.running {
            live.scheduled = steps.min(live.owed());
            step.decode_tokens += live.scheduled;
            let got = live.reserve(live.computed + live.scheduled, &mut self.pool);
            debug_assert!(got, "the room was counted before");
        }
    }
}
