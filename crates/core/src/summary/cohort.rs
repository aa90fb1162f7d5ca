//! What is kept of each request until all have been seen: its timeline, and
//! the gaps between its arrivals. No chunk outlives the call that brought it.

use std::collections::BTreeMap;

use crate::metric::{Absent, icl, itl};
use crate::stats::Value;
use crate::timeline::{Arrival, Bearing, Timeline, arrivals};
use crate::{Chunk, Nanos, Outcome, Record, TokenRule};

/// One request of the cohort.
#[derive(Debug)]
pub(super) struct Kept {
    pub request: u32,
    pub outcome: Outcome,
    pub connect: Option<Nanos>,
    timeline: Timeline,
    /// The same by text alone, where the server told of tokens without text,
    /// so that the two differ. Rare, hence out of line.
    by_text: Option<Box<Timeline>>,
}

impl Kept {
    /// Its timeline by the one rule for all.
    pub fn timeline(&self, bearing: Bearing) -> &Timeline {
        match (&self.by_text, bearing) {
            (Some(by_text), Bearing::Text) => by_text,
            _ => &self.timeline,
        }
    }

    /// How its chunks' tokens are known, if it was streamed, ended well and
    /// bore any.
    pub fn rule(&self) -> Option<TokenRule> {
        let counts = self.outcome.is_ok() && self.timeline.first.is_some();
        counts.then_some(self.timeline.rule)
    }
}

/// The gap before one arrival: 16 bytes, since a trial has millions.
#[derive(Clone, Copy, Debug)]
pub(super) struct Gap {
    span: Nanos,
    /// [`Gap::UNKNOWN`] where they are not known.
    tokens: u32,
    /// At first the place of its request in [`Cohort::kept`], at last that in
    /// the order of intended instants.
    request: u32,
}

impl Gap {
    const UNKNOWN: u32 = u32::MAX;

    /// As a value of ICL, in milliseconds.
    pub fn icl(&self) -> Value {
        Value::of_request(self.span.as_millis_f64(), self.request)
    }

    /// As values of ITL, in milliseconds.
    pub fn itl(&self) -> Value {
        let weight = self.known_tokens().unwrap_or(0);
        let value = itl::itl(self.span, weight).unwrap_or(0.0) / 1e6;
        Value { value, weight, request: self.request }
    }

    /// As a value of tokens an arrival.
    pub fn tokens(&self) -> Value {
        let tokens = self.known_tokens();
        let weight = u32::from(tokens.is_some());
        Value { value: f64::from(tokens.unwrap_or(0)), weight, request: self.request }
    }

    fn known_tokens(&self) -> Option<u32> {
        Some(self.tokens).filter(|&tokens| tokens != Gap::UNKNOWN)
    }
}

/// The arrivals of many requests, as far as they are needed at the end.
#[derive(Debug, Default)]
pub(super) struct Pool {
    pub gaps: Vec<Gap>,
    /// For each coalesced arrival, the time since the socket was last seen
    /// empty, in milliseconds. Single precision is good to a nanosecond here.
    pub blind: Vec<f32>,
}

impl Pool {
    fn keep(&mut self, request: u32, timeline: &Timeline, arrivals: &[Arrival]) {
        let known = timeline.rule != TokenRule::Unknown;
        self.gaps.extend(icl::gaps(arrivals).map(|(span, arrival)| Gap {
            span,
            tokens: arrival.tokens.filter(|_| known).unwrap_or(Gap::UNKNOWN),
            request,
        }));
        let coalesced = arrivals.iter().filter(|arrival| arrival.is_coalesced());
        self.blind.extend(coalesced.map(|a| (a.received - a.previous_read).as_millis_f64() as f32));
    }

    fn append(&mut self, mut other: Pool) {
        self.gaps.append(&mut other.gaps);
        self.blind.append(&mut other.blind);
    }
}

/// A request, read by whichever of the two rules of M1 may turn out to apply.
#[derive(Debug)]
pub(super) struct Reading {
    /// By its counts, if the server told them; else by its text.
    pub timeline: Timeline,
    pub arrivals: Vec<Arrival>,
    /// By its text alone, if that differs.
    by_text: Option<(Timeline, Vec<Arrival>)>,
}

impl Reading {
    pub fn of(record: &Record, chunks: &[Chunk]) -> Reading {
        let text = arrivals(chunks, Bearing::Text);
        let by_text = Timeline::of(record, &text);
        if record.token_rule == TokenRule::Told {
            let counted = arrivals(chunks, Bearing::Counted);
            let timeline = Timeline::of(record, &counted);
            if timeline.rule == TokenRule::Told {
                let differs = counted != text;
                let by_text = differs.then_some((by_text, text));
                return Reading { timeline, arrivals: counted, by_text };
            }
        }
        Reading { timeline: by_text, arrivals: text, by_text: None }
    }
}

/// Every request of the cohort, in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct Cohort {
    pub kept: Vec<Kept>,
    /// Arrivals that are the same by either rule; those by count; those by
    /// text. Only `ok` requests have any here.
    both: Pool,
    counted: Pool,
    text: Pool,
}

impl Cohort {
    /// Keeps one request.
    pub fn keep(&mut self, record: &Record, reading: &Reading) {
        let place = self.kept.len() as u32;
        if record.outcome.is_ok() && record.streamed {
            let counted =
                if reading.by_text.is_some() { &mut self.counted } else { &mut self.both };
            counted.keep(place, &reading.timeline, &reading.arrivals);
            if let Some((timeline, arrivals)) = &reading.by_text {
                self.text.keep(place, timeline, arrivals);
            }
        }
        self.kept.push(Kept {
            request: record.request,
            outcome: record.outcome,
            connect: record.connect,
            timeline: reading.timeline,
            by_text: reading.by_text.as_ref().map(|(timeline, _)| Box::new(*timeline)),
        });
    }

    /// Streamed `ok` requests by how the tokens of their chunks are known.
    pub fn rules(&self) -> BTreeMap<TokenRule, u64> {
        let mut counts = BTreeMap::new();
        for rule in self.kept.iter().filter_map(Kept::rule) {
            *counts.entry(rule).or_default() += 1;
        }
        counts
    }

    /// Of the `ok` requests with more than one arrival: how many don't tell
    /// the tokens of their chunks, and how many there are.
    pub fn unknown_among_paced(&self) -> (u64, u64) {
        let paced = self.kept.iter().filter(|kept| kept.timeline.arrivals > 1);
        let rules = paced.filter_map(Kept::rule);
        rules.fold((0, 0), |(unknown, all), rule| {
            (unknown + u64::from(rule == TokenRule::Unknown), all + 1)
        })
    }

    /// Forgets the tokens of chunks, but not n, as if nobody had told them.
    pub fn forget_tokens(&mut self) {
        for kept in &mut self.kept {
            kept.timeline.rule = TokenRule::Unknown;
            if let Some(by_text) = &mut kept.by_text {
                by_text.rule = TokenRule::Unknown;
            }
        }
        for pool in [&mut self.both, &mut self.counted, &mut self.text] {
            pool.gaps.iter_mut().for_each(|gap| gap.tokens = Gap::UNKNOWN);
        }
    }

    /// Sorts the cohort by intended instants, and settles on one rule of
    /// bearing for all.
    pub fn in_order(self, bearing: Bearing) -> Ordered {
        let mut order: Vec<u32> = (0..self.kept.len() as u32).collect();
        let key = |&place: &u32| {
            let kept = &self.kept[place as usize];
            (kept.timeline.intended, kept.request)
        };
        order.sort_unstable_by_key(key);
        let mut rank = vec![0_u32; order.len()];
        for (position, &place) in order.iter().enumerate() {
            rank[place as usize] = position as u32;
        }
        let mut pool = self.both;
        pool.append(match bearing {
            Bearing::Counted => self.counted,
            Bearing::Text => self.text,
        });
        for gap in &mut pool.gaps {
            gap.request = rank[gap.request as usize];
        }
        Ordered { kept: self.kept, order, bearing, pool }
    }
}

/// The cohort in the order of intended instants, read by one rule.
#[derive(Debug)]
pub(super) struct Ordered {
    kept: Vec<Kept>,
    order: Vec<u32>,
    bearing: Bearing,
    pub pool: Pool,
}

impl Ordered {
    /// How many requests.
    pub fn len(&self) -> usize {
        self.order.len()
    }

    /// Each request with its place in the order and its timeline.
    pub fn requests(&self) -> impl Iterator<Item = (u32, &Kept, &Timeline)> {
        self.order.iter().zip(0_u32..).map(|(&place, rank)| {
            let kept = &self.kept[place as usize];
            (rank, kept, kept.timeline(self.bearing))
        })
    }

    /// The timelines of the requests that ended well.
    pub fn ok(&self) -> impl Iterator<Item = (u32, &Timeline)> {
        self.requests()
            .filter(|(_, kept, _)| kept.outcome.is_ok())
            .map(|(rank, _, timeline)| (rank, timeline))
    }

    /// A metric of each `ok` request that has it, in milliseconds, and why the
    /// others lack it.
    pub fn values(&self, metric: impl Fn(&Timeline) -> Result<f64, Absent>) -> Values {
        Values::of(self.ok(), metric)
    }
}

/// The values of one metric over some requests.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub values: Vec<Value>,
    pub absent: Vec<Absent>,
}

impl Values {
    pub fn of<'a>(
        requests: impl Iterator<Item = (u32, &'a Timeline)>,
        metric: impl Fn(&Timeline) -> Result<f64, Absent>,
    ) -> Values {
        let mut values = Values::default();
        for (rank, timeline) in requests {
            match metric(timeline) {
                Ok(value) => values.values.push(Value::of_request(value, rank)),
                Err(why) => values.absent.push(why),
            }
        }
        values
    }
}
