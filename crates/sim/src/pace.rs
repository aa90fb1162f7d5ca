//! When an answer's tokens leave: at deadlines that were settled when its
//! request came, or as a scheduler hands them out. No clock is read here, and
//! nothing is rendered.

use std::collections::VecDeque;

use rand_chacha::ChaCha8Rng;
use tokenometer_core::Nanos;

use crate::Delay;

/// The pace of an answer.
#[derive(Clone, Debug)]
pub(crate) enum Pace {
    /// It keeps to a script.
    Scripted(Box<Deadlines>),
    /// It is fed by a scheduler.
    Fed(Feed),
}

impl Pace {
    /// What feeds it, if anything does.
    pub(crate) fn feed(&mut self) -> Option<&mut Feed> {
        match self {
            Pace::Scripted(_) => None,
            Pace::Fed(feed) => Some(feed),
        }
    }

    /// Prompt tokens whose cache was there already, where that is known.
    pub(crate) fn cached(&self) -> Option<u32> {
        match self {
            Pace::Scripted(_) => None,
            Pace::Fed(feed) => feed.cached,
        }
    }
}

/// The deadlines of writes that keep to a script. They depend on the arrival
/// and on what was drawn, never on when anything happened, and are drawn one
/// after the other, so that a long answer needs no list of them.
#[derive(Clone, Debug)]
pub(crate) struct Deadlines {
    ttft: Nanos,
    gap: Delay,
    rng: ChaCha8Rng,
    /// The one before, counted from the arrival.
    before: Option<Nanos>,
}

impl Deadlines {
    /// The first after `ttft`, and then `gap` between them, drawn from `rng`.
    pub(crate) fn new(ttft: Nanos, gap: Delay, rng: ChaCha8Rng) -> Deadlines {
        Deadlines { ttft, gap, rng, before: None }
    }

    /// From the arrival to the next write.
    pub(crate) fn next(&mut self) -> Nanos {
        let next = self.before.map_or(self.ttft, |before| before + self.gap());
        self.before = Some(next);
        next
    }

    /// From the arrival to the last of so many writes, of which there is at
    /// least one, if none has been taken yet.
    pub(crate) fn last(&mut self, writes: u32) -> Nanos {
        let gaps = writes.saturating_sub(1);
        match self.gap.fixed() {
            Some(gap) => self.ttft + Nanos(gap.0.saturating_mul(i64::from(gaps))),
            None => (0..gaps).fold(self.ttft, |sum, _| sum + self.gap()),
        }
    }

    fn gap(&mut self) -> Nanos {
        self.gap.fixed().unwrap_or_else(|| self.gap.draw(&mut self.rng))
    }
}

/// Tokens that were handed out together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Portion {
    /// When they were ready.
    pub(crate) due: Nanos,
    pub(crate) tokens: u32,
    /// Whether they are the last of their answer.
    pub(crate) last: bool,
}

/// What a scheduler has handed out for one answer and hasn't been said yet.
#[derive(Clone, Debug, Default)]
pub(crate) struct Feed {
    portions: VecDeque<Portion>,
    /// When the last portion was ready, once there is one.
    over: Option<Nanos>,
    /// Prompt tokens that the prefix cache held, if there is one.
    cached: Option<u32>,
}

impl Feed {
    /// Takes in the next portion.
    pub(crate) fn push(&mut self, portion: Portion) {
        self.portions.push_back(portion);
        if portion.last {
            self.over = Some(portion.due);
        }
    }

    /// Notes how many tokens of the prompt the prefix cache held, if there is one.
    pub(crate) fn note_cached(&mut self, tokens: Option<u32>) {
        self.cached = tokens;
    }

    /// When the answer's last token was ready, once it is.
    pub(crate) fn over(&self) -> Option<Nanos> {
        self.over
    }

    /// The next portion: as it was handed out, or of exactly `wanted` tokens,
    /// or fewer where there won't be as many. `None` while it isn't there. After
    /// the last one there are empty ones, due with it, for what is to happen in
    /// place of tokens that are withheld.
    pub(crate) fn take(&mut self, wanted: Option<u32>) -> Option<Portion> {
        let Some(wanted) = wanted else {
            return self.portions.pop_front().or_else(|| self.nothing_more());
        };
        let here: u32 = self.portions.iter().map(|portion| portion.tokens).sum();
        if here < wanted && self.over.is_none() {
            return None;
        }
        let mut taken = self.portions.pop_front().or_else(|| self.nothing_more())?;
        while taken.tokens < wanted
            && let Some(next) = self.portions.pop_front()
        {
            taken = Portion { tokens: taken.tokens + next.tokens, ..next };
        }
        if taken.tokens > wanted {
            self.portions.push_front(Portion { tokens: taken.tokens - wanted, ..taken });
            taken = Portion { tokens: wanted, last: false, ..taken };
        }
        Some(taken)
    }

    fn nothing_more(&self) -> Option<Portion> {
        self.over.map(|due| Portion { due, tokens: 0, last: true })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn portion(due: i64, tokens: u32, last: bool) -> Portion {
        Portion { due: Nanos(due), tokens, last }
    }

    #[test]
    fn a_feed_gives_what_it_was_given_and_waits_for_more() {
        let mut feed = Feed::default();
        assert_eq!(feed.take(None), None);
        feed.push(portion(1, 2, false));
        assert_eq!((feed.take(None), feed.take(None)), (Some(portion(1, 2, false)), None));
        feed.push(portion(2, 1, true));
        assert_eq!((feed.take(None), feed.over()), (Some(portion(2, 1, true)), Some(Nanos(2))));
        assert_eq!(feed.take(None), Some(portion(2, 0, true)));
    }

    #[test]
    fn as_many_tokens_are_gathered_as_are_wanted() {
        let mut feed = Feed::default();
        feed.push(portion(1, 4, false));
        assert_eq!(feed.take(Some(6)), None);
        feed.push(portion(2, 4, false));
        assert_eq!(feed.take(Some(6)), Some(portion(2, 6, false)));
        assert_eq!(feed.take(None), Some(portion(2, 2, false)));
        feed.push(portion(3, 1, true));
        assert_eq!(feed.take(Some(6)), Some(portion(3, 1, true)), "there won't be more");
        assert_eq!(feed.take(Some(6)), Some(portion(3, 0, true)));
    }
}
