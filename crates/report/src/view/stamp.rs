//! The instant that a tool writes into its files and their names, in its own
//! ways. The tools take the local time; a view, which must come out the same on
//! every machine, takes UTC.

use tokenometer_core::Nanos;

use crate::date::{Civil, civil_time};

/// When a load began, and an instant of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    began: Nanos,
    at: Nanos,
}

impl Stamp {
    /// An instant of a load that began at `began`.
    pub(super) fn new(began: Nanos, at: Nanos) -> Stamp {
        Stamp { began, at }
    }

    /// So many seconds after the load began.
    pub(super) fn began_plus(self, seconds: f64) -> Stamp {
        Stamp { at: self.began + Nanos::from_secs_f64(seconds), ..self }
    }

    /// `%m%d`.
    pub(super) fn month_day(self) -> String {
        let Civil { month, day, .. } = civil_time(self.at.0);
        format!("{month:02}{day:02}")
    }

    /// `%Y%m%d`, a character, `%H%M%S`.
    pub(super) fn date_time(self, between: char) -> String {
        let Civil { year, month, day, hour, minute, second, .. } = civil_time(self.at.0);
        format!("{year:04}{month:02}{day:02}{between}{hour:02}{minute:02}{second:02}")
    }

    /// As `isoformat` has it: with microseconds, where there are any.
    pub(super) fn iso(self) -> String {
        let Civil { year, month, day, hour, minute, second, nanos } = civil_time(self.at.0);
        let whole = format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}");
        match nanos / 1000 {
            0 => whole,
            micros => format!("{whole}.{micros:06}"),
        }
    }
}
