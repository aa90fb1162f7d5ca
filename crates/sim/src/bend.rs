//! How faults bend an answer away from the straight one: the sum of a
//! request's faults, in the form in which a plan can use it.

use tokenometer_core::{Nanos, Outcome};

use crate::{Dialect, Empty, ErrorShape, Fault};

/// What happens in place of the tokens that a fault withholds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Departure {
    ErrorObject,
    ErrorText,
    Cut,
    Reset,
    Silence,
    /// A proper end of the body, with nothing said before it.
    Bare,
}

impl Departure {
    /// What a correct client must conclude from it.
    pub(crate) fn outcome(self) -> Outcome {
        match self {
            Departure::ErrorObject | Departure::ErrorText => Outcome::StreamError,
            Departure::Cut | Departure::Bare => Outcome::Truncated,
            Departure::Reset => Outcome::Reset,
            Departure::Silence => Outcome::Timeout,
        }
    }
}

/// Everything that is to be otherwise; the default bends nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Bends {
    /// An error status instead of an answer.
    pub(crate) status: Option<(u16, ErrorShape)>,
    /// From the arrival to the headers.
    pub(crate) headers_after: Nanos,
    /// What intervenes, and after how many tokens.
    pub(crate) departure: Option<(u32, Departure)>,
    /// Tokens at which the answer stops of itself.
    pub(crate) stop_at: Option<u32>,
    /// Tokens beyond the limit.
    pub(crate) overrun: u32,
    /// Tokens in the first event with tokens.
    pub(crate) bundled_first: Option<u32>,
    /// Bytes of the first event with tokens.
    pub(crate) huge_event: Option<u32>,
    /// The chunk, counted from 1, whose text is no UTF-8.
    pub(crate) bad_chunk: Option<u32>,
    /// Added to the final count of output tokens.
    pub(crate) usage_delta: i32,
    pub(crate) no_usage: bool,
    pub(crate) usage_in_finish: bool,
    pub(crate) no_finish: bool,
    pub(crate) finish_apart: bool,
    pub(crate) no_done: bool,
    /// Whether nothing is said before the first token, nor half a body.
    pub(crate) mute: bool,
    pub(crate) half_close: bool,
    pub(crate) comments: bool,
    pub(crate) crlf: bool,
    pub(crate) split: bool,
}

impl Bends {
    /// What these faults come to together, in a dialect.
    pub(crate) fn of(faults: &[Fault], dialect: Dialect) -> Bends {
        let mut bends = Bends::default();
        for fault in faults {
            bends.add(*fault);
        }
        bends.fit(dialect);
        bends
    }

    /// Leaves undone what a dialect has no form for.
    fn fit(&mut self, dialect: Dialect) {
        self.no_done |= !dialect.says_done();
        match dialect {
            Dialect::TritonGenerateStream => {
                // It gives no finish reason and no usage.
                (self.no_finish, self.usage_in_finish) = (false, false);
            }
            Dialect::Tgi => {
                // A frame is a token, and the last says the reason.
                (self.finish_apart, self.bundled_first) = (false, None);
            }
            _ => {}
        }
    }

    fn add(&mut self, fault: Fault) {
        match fault {
            Fault::ErrorAfter(after) => self.depart(after, Departure::ErrorObject),
            Fault::ErrorTextAfter(after) => self.depart(after, Departure::ErrorText),
            Fault::CutAfter(after) => self.depart(after, Departure::Cut),
            Fault::ResetAfter(after) => self.depart(after, Departure::Reset),
            Fault::SilenceAfter(after) => self.depart(after, Departure::Silence),
            Fault::HalfClose => self.half_close = true,
            Fault::NoFinish => self.no_finish = true,
            Fault::NoDone => self.no_done = true,
            Fault::SlowHeaders(length) => self.headers_after = length.into(),
            Fault::Status { code, shape } => self.status = Some((code, shape)),
            Fault::BadUtf8(chunk) => self.bad_chunk = Some(chunk),
            Fault::HugeEvent(bytes) => self.huge_event = Some(bytes),
            Fault::WrongUsage(delta) => self.usage_delta = delta,
            Fault::BundledFirst(tokens) => self.bundled_first = Some(tokens),
            Fault::NoUsage => self.no_usage = true,
            Fault::UsageInFinish => self.usage_in_finish = true,
            Fault::FinishApart => self.finish_apart = true,
            Fault::Comments => self.comments = true,
            Fault::Crlf => self.crlf = true,
            Fault::Split => self.split = true,
            Fault::Empty(empty) => self.empty(empty),
            Fault::StopAt(tokens) => self.stop_at = Some(tokens),
            Fault::Overrun(tokens) => self.overrun = tokens,
        }
    }

    /// The earliest departure is the one that happens.
    fn depart(&mut self, after: u32, kind: Departure) {
        if self.departure.is_none_or(|(earlier, _)| after < earlier) {
            self.departure = Some((after, kind));
        }
    }

    fn empty(&mut self, empty: Empty) {
        match empty {
            Empty::Cut => self.depart(0, Departure::Cut),
            Empty::Bare => self.depart(0, Departure::Bare),
            Empty::Finished => self.stop_at = Some(0),
        }
        self.mute = true;
    }
}
