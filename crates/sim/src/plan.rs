//! Settles an answer before its first byte leaves: every draw of chance that
//! doesn't wait for its turn, how many tokens there will be, what goes wrong,
//! and what a correct client must conclude.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use tokenometer_core::{Nanos, Outcome};

use crate::ask::{Ask, UsageWish};
use crate::bend::Bends;
use crate::pace::{Deadlines, Feed, Pace};
use crate::render::{Finish, Usage};
use crate::{Dialect, Fault, Script, Settings, words};

/// An answer, settled.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) dialect: Dialect,
    pub(crate) streamed: bool,
    /// How tokens are packed. Its delays and its seed have been drawn from.
    pub(crate) script: Script,
    /// When they leave.
    pub(crate) pace: Pace,
    /// The key of the answer's words.
    pub(crate) key: u64,
    /// Tokens of the prompt.
    pub(crate) prompt: u32,
    /// Tokens that would be generated if nothing intervened.
    pub(crate) total: u32,
    /// The number of tokens that was asked for exactly.
    exact: Option<u32>,
    /// The finish reason, where one is given.
    pub(crate) finish: Option<Finish>,
    pub(crate) usage: UsageWish,
    pub(crate) ids: bool,
    pub(crate) faults: Vec<Fault>,
    pub(crate) bends: Bends,
    /// What a correct client must conclude.
    pub(crate) outcome: Outcome,
}

impl Plan {
    /// Settles what is asked. `before` says how many times this prompt has
    /// been asked already: together with the seed it decides every draw, so
    /// that the order in which different requests arrive changes nothing.
    pub(crate) fn new(ask: &Ask, settings: &Settings, before: u32) -> Plan {
        let fed = settings.simulation.is_some();
        let script = packed(ask, fed);
        let key = key_of(&ask.prompt, script.seed);
        let mut rng = ChaCha8Rng::seed_from_u64(words::mix(key ^ words::mix(u64::from(before))));
        // Drawn even where it isn't needed, so that adding a fault to a server
        // leaves the delays of the other requests as they were.
        let chance: f64 = rng.random();
        let drawn = || settings.fault_at(chance).into_iter().collect();
        let faults: Vec<Fault> = ask.faults.clone().unwrap_or_else(drawn);
        let bends = Bends::of(&faults, ask.dialect);
        let ttft = script.ttft.draw(&mut rng);
        let prompt = ask.prompt.len() as u32;
        let room = settings.max_model_len.saturating_sub(prompt);
        let limit = ask.limit.unwrap_or_else(|| script.output_tokens.min(room));
        let stop = bends.stop_at.filter(|at| *at < limit);
        let finish = if stop.is_some() { Finish::Stop } else { Finish::Length };
        let mut plan = Plan {
            dialect: ask.dialect,
            streamed: ask.stream,
            script,
            pace: if fed {
                Pace::Fed(Feed::default())
            } else {
                Pace::Scripted(Box::new(Deadlines::new(ttft, script.gap, rng)))
            },
            key,
            prompt,
            total: stop.unwrap_or(limit.saturating_add(bends.overrun)),
            exact: ask.limit.filter(|_| ask.exact),
            finish: (!bends.no_finish).then_some(finish),
            usage: if bends.no_usage { UsageWish::Never } else { ask.usage },
            ids: ask.ids,
            faults,
            bends,
            outcome: Outcome::Ok,
        };
        // What comes after the last token intervenes in nothing.
        let total = plan.total;
        plan.bends.departure = plan.bends.departure.filter(|(after, _)| *after < total);
        plan.outcome = plan.conclude(plan.chunks());
        plan
    }

    /// What a correct client must conclude of an answer that came in so many
    /// chunks: of everything that can be said about it, the first by the order
    /// of outcomes.
    pub(crate) fn conclude(&self, chunks: u32) -> Outcome {
        if self.bends.status.is_some() {
            return Outcome::HttpError;
        }
        let departure = self.bends.departure;
        let mut said = vec![departure.map_or(Outcome::Ok, |(_, kind)| kind.outcome())];
        if self.bends.bad_chunk.is_some_and(|chunk| chunk <= chunks) {
            said.push(Outcome::StreamError);
        }
        // Whether there is a proper end matters only where the end is reached.
        if departure.is_none() {
            if self.bends.half_close || self.finish.is_none() {
                said.push(Outcome::Truncated);
            }
            if self.total == 0 {
                said.push(Outcome::Empty);
            }
            said.push(self.length_outcome());
        }
        said.into_iter().min().unwrap_or(Outcome::Ok)
    }

    /// Whether the answer is too short or too long for a client that counts by
    /// token ids first and by the server's word second.
    fn length_outcome(&self) -> Outcome {
        if self.dialect == Dialect::TritonGenerateStream {
            // Nothing that it says can be counted.
            return Outcome::Ok;
        }
        let counted = if self.says_usage() && !self.ids { self.told() } else { self.total };
        match self.exact {
            Some(limit) if counted < limit => Outcome::Short,
            Some(limit) if counted > limit => Outcome::Long,
            _ => Outcome::Ok,
        }
    }

    /// Whether the usage rides on the event with the finish reason.
    pub(crate) fn finishes_with_usage(&self) -> bool {
        self.bends.usage_in_finish && !self.bends.no_usage
    }

    /// Whether the final count of tokens is told at all.
    pub(crate) fn says_usage(&self) -> bool {
        self.usage != UsageWish::Never || self.finishes_with_usage()
    }

    /// The final count of tokens as the server tells it.
    fn told(&self) -> u32 {
        self.total.saturating_add_signed(self.bends.usage_delta)
    }

    /// The final usage as the server tells it.
    pub(crate) fn final_usage(&self) -> Usage {
        Usage { prompt: self.prompt, output: self.told(), cached: self.pace.cached() }
    }

    /// How many tokens leave.
    pub(crate) fn leaving(&self) -> u32 {
        self.bends.departure.map_or(self.total, |(after, _)| after)
    }

    /// How many tokens an event holds at most; `first` says whether it is the
    /// first one that holds any.
    pub(crate) fn chunk(&self, first: bool) -> u32 {
        let bundled = self.bends.bundled_first.filter(|_| first);
        bundled.unwrap_or(self.script.tokens_per_chunk)
    }

    /// How many tokens a write holds at most, by the script.
    pub(crate) fn write(&self, first: bool) -> u32 {
        let more = self.script.tokens_per_chunk.saturating_mul(self.script.chunks_per_write - 1);
        self.chunk(first).saturating_add(more)
    }

    /// How many chunks hold the tokens that leave; at most, where a scheduler
    /// says how many it hands out together.
    fn chunks(&self) -> u32 {
        match &self.pace {
            _ if !self.streamed => u32::from(self.bends.departure.is_none()),
            Pace::Scripted(_) => self.chunks_of(self.leaving()),
            Pace::Fed(_) => self.leaving(),
        }
    }

    fn chunks_of(&self, tokens: u32) -> u32 {
        let later = tokens.saturating_sub(self.chunk(true));
        u32::from(tokens > 0) + later.div_ceil(self.script.tokens_per_chunk)
    }

    /// How many writes hold the tokens that leave; at most, where a scheduler
    /// says it.
    pub(crate) fn writes(&self) -> u32 {
        match &self.pace {
            Pace::Scripted(_) => self.chunks().div_ceil(self.script.chunks_per_write),
            Pace::Fed(_) => self.chunks(),
        }
    }

    /// When an answer to a request of `arrival` that isn't streamed is ready:
    /// when the last token would have left in a stream. `None` until that is
    /// known.
    pub(crate) fn ready(&mut self, arrival: Nanos) -> Option<Nanos> {
        let writes = self.chunks_of(self.total).div_ceil(self.script.chunks_per_write);
        match &mut self.pace {
            Pace::Scripted(deadlines) => Some(arrival + deadlines.last(writes)),
            Pace::Fed(feed) => feed.over(),
        }
    }
}

/// The script of an answer, with its tokens packed as its dialect can. What a
/// scheduler hands out together is one event.
fn packed(ask: &Ask, fed: bool) -> Script {
    let mut script = ask.script;
    if fed {
        (script.tokens_per_chunk, script.chunks_per_write) = (u32::MAX, 1);
    }
    if ask.dialect == Dialect::Tgi {
        // A frame is a token, so a write holds as many more of them.
        script.chunks_per_write = script.chunks_per_write.saturating_mul(script.tokens_per_chunk);
        script.tokens_per_chunk = 1;
    }
    script
}

/// The key of an answer's words: the same prompt and seed give the same text.
pub(crate) fn key_of(prompt: &[u32], seed: u64) -> u64 {
    let hash =
        prompt.iter().fold(words::FNV_OFFSET, |hash, id| words::hash(hash, &id.to_le_bytes()));
    words::mix(seed) ^ hash
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(exact: bool, faults: &str) -> Ask {
        let list = faults.split(',').filter(|word| !word.is_empty());
        Ask {
            dialect: Dialect::OpenaiCompletions,
            prompt: vec![1, 2],
            limit: Some(8),
            exact,
            stream: true,
            usage: UsageWish::AtEnd,
            ids: false,
            faults: Some(list.map(|word| word.parse().unwrap()).collect()),
            script: Script::default(),
        }
    }

    fn outcome(exact: bool, faults: &str) -> Outcome {
        Plan::new(&ask(exact, faults), &Settings::default(), 0).outcome
    }

    #[test]
    fn outcomes_are_those_of_the_first_rule_that_applies() {
        use Outcome::*;
        for (faults, loose, exact) in [
            ("", Ok, Ok),
            ("error-after:3", StreamError, StreamError),
            ("error-after:8", Ok, Ok),
            ("error-text-after:0", StreamError, StreamError),
            ("cut-after:7", Truncated, Truncated),
            ("reset-after:3", Reset, Reset),
            ("silence-after:3", Timeout, Timeout),
            ("half-close", Truncated, Truncated),
            ("no-finish", Truncated, Truncated),
            ("no-done", Ok, Ok),
            ("slow-headers:1ms", Ok, Ok),
            ("status:503", HttpError, HttpError),
            ("bad-utf8:8", StreamError, StreamError),
            ("bad-utf8:9", Ok, Ok),
            ("huge-event:70000", Ok, Ok),
            ("wrong-usage:+1", Ok, Long),
            ("wrong-usage:-1", Ok, Short),
            ("wrong-usage:-1,no-usage", Ok, Ok),
            ("wrong-usage:-1,usage-in-finish", Ok, Short),
            ("wrong-usage:-1,no-usage,usage-in-finish", Ok, Ok),
            ("bundled-first:4", Ok, Ok),
            ("usage-in-finish,finish-apart,comments,crlf,split", Ok, Ok),
            ("empty:cut", Truncated, Truncated),
            ("empty:bare", Truncated, Truncated),
            ("empty:finished", Empty, Empty),
            ("stop-at:3", Ok, Short),
            ("stop-at:0", Empty, Empty),
            ("overrun:1", Ok, Long),
            // Together, the earlier event and then the earlier rule wins.
            ("error-after:3,cut-after:2", Truncated, Truncated),
            ("bad-utf8:4,cut-after:3", Truncated, Truncated),
            ("bad-utf8:3,cut-after:3", StreamError, StreamError),
            ("stop-at:3,error-after:3", Ok, Short),
            ("no-finish,wrong-usage:-1", Truncated, Truncated),
            ("error-after:3,no-finish", StreamError, StreamError),
        ] {
            assert_eq!((outcome(false, faults), outcome(true, faults)), (loose, exact), "{faults}");
        }
    }

    #[test]
    fn a_dialect_bends_only_as_it_can() {
        use Outcome::*;
        let outcome = |dialect, ids, faults| {
            let ask = Ask { dialect, ids, ..ask(true, faults) };
            Plan::new(&ask, &Settings::default(), 0).outcome
        };
        for (faults, triton, tgi) in [
            ("no-finish", Ok, Truncated),
            ("wrong-usage:+1", Ok, Ok),
            ("stop-at:3", Ok, Short),
            ("finish-apart", Ok, Ok),
            ("empty:bare", Truncated, Truncated),
            ("empty:finished", Empty, Empty),
        ] {
            let got = (
                outcome(Dialect::TritonGenerateStream, false, faults),
                outcome(Dialect::Tgi, true, faults),
            );
            assert_eq!(got, (triton, tgi), "{faults}");
        }
        let mut ask = Ask { dialect: Dialect::Tgi, ..ask(false, "bundled-first:4") };
        (ask.script.tokens_per_chunk, ask.script.chunks_per_write) = (3, 2);
        let plan = Plan::new(&ask, &Settings::default(), 0);
        assert_eq!((plan.chunk(true), plan.script.chunks_per_write, plan.writes()), (1, 6, 2));
    }

    #[test]
    fn ids_outweigh_a_wrong_usage() {
        let ask = Ask { ids: true, ..ask(true, "wrong-usage:-1") };
        assert_eq!(Plan::new(&ask, &Settings::default(), 0).outcome, Outcome::Ok);
    }

    #[test]
    fn draws_depend_on_seed_prompt_and_how_often_it_was_asked() {
        let with = |seed, prompt: &[u32], before| {
            let mut ask = Ask { prompt: prompt.to_vec(), ..ask(false, "") };
            ask.script.ttft = "uniform:1ms:100ms".parse().unwrap();
            ask.script.gap = "exponential:10ms".parse().unwrap();
            ask.script.seed = seed;
            let mut plan = Plan::new(&ask, &Settings::default(), before);
            let Pace::Scripted(deadlines) = &mut plan.pace else { panic!("{plan:?}") };
            (plan.key, deadlines.clone().next(), deadlines.last(8))
        };
        let first = with(1, &[1, 2], 0);
        assert_eq!(with(1, &[1, 2], 0), first);
        let again = with(1, &[1, 2], 1);
        assert_eq!(again.0, first.0, "the text stays");
        assert!(again.1 != first.1 && again.2 != first.2);
        assert_ne!(with(2, &[1, 2], 0).0, first.0);
        assert_ne!(with(1, &[1, 3], 0).0, first.0);
    }

    #[test]
    fn shares_of_faults_are_met() {
        let settings = Settings { faults: vec![(Fault::NoDone, 0.3)], ..Settings::default() };
        let hit = (0..10_000)
            .filter(|before| {
                let ask = Ask { faults: None, ..ask(false, "") };
                !Plan::new(&ask, &settings, *before).faults.is_empty()
            })
            .count();
        // Binomial(10,000, 0.3) has a standard deviation of 46.
        assert!((2800..3200).contains(&hit), "{hit}");
    }
}
