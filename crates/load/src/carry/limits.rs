//! The limits of waiting, looked at once a tick.

use std::time::Duration;

use tokenometer_core::{Nanos, Outcome};

use super::{Carry, Flight};
use crate::Limits;
use crate::transport::Stage;

impl Carry<'_> {
    /// Ends every request that has waited longer than a limit allows.
    pub(super) fn enforce_limits(&mut self, now: Nanos) {
        let limits = self.limits;
        let late: Vec<_> = self
            .pool
            .connections()
            .filter_map(|(token, connection)| match (&connection.cargo, connection.stage) {
                (Some(flight), Stage::Busy) => Some((token, overdue(flight, limits, now)?)),
                (Some(_), _) => Some((token, connecting_too_long(connection.began, limits, now)?)),
                (None, Stage::Idle) => None,
                (None, _) => Some((token, connecting_too_long(connection.began, limits, now)?)),
            })
            .collect();
        for (token, why) in late {
            self.fail(token, Outcome::Timeout, why);
        }
    }
}

fn connecting_too_long(began: Nanos, limits: Limits, now: Nanos) -> Option<String> {
    let text = || said("no connection within", limits.connect, "--connect-timeout");
    passed(began, limits.connect, now).then(text)
}

/// Which limit a request has passed, in words.
fn overdue(flight: &Flight, limits: Limits, now: Nanos) -> Option<String> {
    let started = flight.times.send_start?;
    if passed(started, limits.total, now) {
        return Some(said("not ended within", limits.total, "--total-timeout"));
    }
    match (flight.last_read, flight.times.written) {
        (Some(last), _) if passed(last, limits.idle, now) => {
            Some(said("not a byte for", limits.idle, "--idle-timeout"))
        }
        (None, Some(written)) if passed(written, limits.first, now) => {
            Some(said("no first byte within", limits.first, "--first-timeout"))
        }
        (None, None) if passed(started, limits.idle, now) => {
            Some(said("the server took no more of the request for", limits.idle, "--idle-timeout"))
        }
        _ => None,
    }
}

fn passed(since: Nanos, limit: Duration, now: Nanos) -> bool {
    now - since > limit.into()
}

fn said(what: &str, limit: Duration, flag: &str) -> String {
    format!("{what} {} s ({flag})", limit.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use tokenometer_core::Phase;

    use super::*;
    use crate::pacer::Job;

    fn flight() -> Box<Flight> {
        let job =
            Job { request: 0, row: 0, phase: Phase::Measure, intended: Nanos(0), in_cohort: true };
        let mut flight = Flight::new(job, true);
        flight.times.send_start = Some(Nanos(0));
        flight
    }

    fn limits() -> Limits {
        let seconds = Duration::from_secs;
        Limits {
            connect: seconds(1),
            first: seconds(20),
            idle: seconds(5),
            total: seconds(60),
            drain: seconds(1),
        }
    }

    #[test]
    fn each_limit_names_its_flag() {
        let at = |seconds: i64| Nanos(seconds * 1_000_000_000);
        let mut flight = flight();
        assert!(overdue(&flight, limits(), at(6)).unwrap().contains("took no more"));
        flight.wrote(at(0), at(0));
        assert_eq!(overdue(&flight, limits(), at(19)), None);
        assert!(overdue(&flight, limits(), at(21)).unwrap().contains("--first-timeout"));
        flight.note_read(None, at(22));
        assert_eq!(overdue(&flight, limits(), at(26)), None);
        assert!(overdue(&flight, limits(), at(28)).unwrap().contains("--idle-timeout"));
        assert!(overdue(&flight, limits(), at(61)).unwrap().contains("--total-timeout"));
        assert!(connecting_too_long(at(0), limits(), at(2)).unwrap().contains("--connect-timeout"));
    }
}
