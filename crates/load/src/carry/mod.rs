//! Carries a load: one thread that writes what is due and stamps what comes.
//!
//! In the window it must not look into an answer, take a lock, write a log
//! line or allocate for each chunk. It finds where an answer ends, keeps the
//! bytes with the stamps of their reads, and hands them over.

mod flight;
mod handover;
mod limits;
mod sockets;
mod watch;

use std::time::Duration;

use tokenometer_core::{Event, Instrument, Nanos, Observer, Outcome, Progress, Window};

pub(crate) use flight::Flight;
pub(crate) use handover::Handover;
use watch::Watch;

use crate::exchange::Ending;
use crate::pacer::{Job, Pacer};
use crate::prepare::Prepared;
use crate::transport::{Pool, now};
use crate::{Limits, LoadError, Stop};

/// How long before a request is due the thread stops sleeping and spins: a
/// wake-up from sleep is late by tens of microseconds, a spin by less than one.
const SPIN: Nanos = Nanos(80_000);
/// How often limits are looked at, the clocks compared and progress told.
const TICK: Nanos = Nanos::from_millis(50);
/// How long a slot of a closed loop waits after a connection was refused, so
/// that a server that is gone isn't asked as fast as it can refuse.
const AFTER_REFUSAL: Nanos = Nanos::from_millis(100);

/// A load that is being carried.
pub(crate) struct Carry<'a> {
    pool: &'a mut Pool<Box<Flight>>,
    prepared: &'a Prepared,
    limits: Limits,
    audience: Audience<'a>,
    pacer: Pacer,
    handover: Handover,
    watch: Watch,
    progress: Progress,
    started: Nanos,
    next_tick: Nanos,
    told: Option<tokenometer_core::Phase>,
    interrupted: bool,
    head: String,
    /// How many connections to keep: those that the server closes while idle
    /// are replaced.
    kept: usize,
}

/// Who is told of the load, and who may stop it.
#[derive(Clone, Copy)]
pub(crate) struct Audience<'a> {
    pub(crate) observer: &'a dyn Observer,
    pub(crate) stop: &'a Stop,
}

/// How a load went, as far as the thread that carried it can say.
pub(crate) struct Carried {
    pub(crate) started: Nanos,
    pub(crate) window: Option<Window>,
    pub(crate) interrupted: bool,
    pub(crate) instrument: Instrument,
    /// The number of the next load's first request.
    pub(crate) next_request: u32,
}

impl<'a> Carry<'a> {
    pub(crate) fn new(
        pool: &'a mut Pool<Box<Flight>>,
        (prepared, first_request): (&'a Prepared, u32),
        limits: Limits,
        audience: Audience<'a>,
        handover: Handover,
    ) -> Carry<'a> {
        let kept = pool.idle();
        let started = now();
        Carry {
            pool,
            prepared,
            limits,
            audience,
            pacer: Pacer::new(&prepared.pace, started, first_request),
            handover,
            watch: Watch::new(started),
            progress: Progress::default(),
            started,
            next_tick: started,
            told: None,
            interrupted: false,
            head: String::with_capacity(512),
            kept,
        }
    }

    /// Carries the load to its end.
    pub(crate) fn run(mut self) -> Result<Carried, LoadError> {
        self.pool.restart_counts();
        let system = |source| LoadError::System { what: "wait for the sockets", source };
        let mut ready = Vec::new();
        loop {
            let now = now();
            self.send_due(now);
            if now >= self.next_tick {
                self.tick(now);
            }
            if self.is_over(now) {
                break;
            }
            ready.clear();
            self.pool.wait(self.pause(now), &mut ready).map_err(system)?;
            for &(token, readiness) in &ready {
                let now = self.attend(token, readiness);
                // What is due leaves before the next socket is looked at.
                self.send_due(now);
            }
        }
        self.end()
    }

    /// How long there is nothing to do: until the next tick, or until shortly
    /// before the next request is due.
    fn pause(&self, now: Nanos) -> Nanos {
        let tick = self.next_tick - now;
        match self.pacer.next_due() {
            Some(due) => (due - now - SPIN).min(tick),
            None => tick,
        }
    }

    fn is_over(&self, now: Nanos) -> bool {
        let past_drain = || self.pacer.drain_deadline(self.limits.drain).is_some_and(|at| now > at);
        self.pacer.is_complete()
            || self.audience.stop.is_now()
            || self.handover.is_broken()
            || past_drain()
    }

    fn send_due(&mut self, now: Nanos) {
        while let Some(job) = self.pacer.take_due(now) {
            self.tell_phase(&job);
            self.progress.in_flight += 1;
            self.launch(job);
        }
    }

    /// Hands an ended request over, and frees its slot.
    fn conclude(&mut self, flight: Box<Flight>, ending: Ending, end: Nanos) {
        let job = flight.job;
        let is_refused = matches!(ending, Ending::Failed(Outcome::Refused, _));
        let free_at = if is_refused { end + AFTER_REFUSAL } else { end };
        self.pacer.ended(&job, end, free_at);
        self.progress.in_flight -= 1;
        if job.in_cohort {
            self.progress.done += 1;
            let is_success = flight.head.is_some_and(|head| head.status < 300);
            let is_well = is_success && ending == Ending::Whole;
            self.progress.failed += u64::from(!is_well);
        }
        self.handover.end(flight, ending, end);
    }

    fn tell_phase(&mut self, job: &Job) {
        if self.told != Some(job.phase) {
            self.told = Some(job.phase);
            let (requests, length) = self.prepared.extent(job.phase);
            self.audience.observer.notice(Event::PhaseBegan { phase: job.phase, requests, length });
        }
    }

    fn tick(&mut self, now: Nanos) {
        self.next_tick = now + TICK;
        if self.audience.stop.is_asked() && !self.interrupted {
            self.interrupted = true;
            self.pacer.stop(now);
        }
        self.watch.tick(now, self.pacer.opens(), self.pool.opened());
        self.enforce_limits(now);
        self.progress.elapsed = (now - self.started).as_duration();
        self.audience.observer.notice(Event::Progress(self.progress));
    }

    fn end(mut self) -> Result<Carried, LoadError> {
        let now = now();
        self.interrupted |= self.audience.stop.is_asked();
        // What closes from here on is not replaced.
        self.kept = 0;
        if self.audience.stop.is_now() {
            self.pacer.stop(now);
        }
        self.give_up_what_runs();
        self.give_up_what_waits(now);
        let window = self.pacer.window();
        let mut instrument = self.watch.finish(now, self.pool.opened());
        let segments = self.pool.segments();
        instrument.segments_sent = (segments.sent > 0).then_some(segments.sent);
        instrument.segments_retransmitted = (segments.sent > 0).then_some(segments.retransmitted);
        instrument.reader_waits = self.handover.waits();
        instrument.prompts_repeated = self.pacer.repeated();
        self.progress.elapsed = (now - self.started).as_duration();
        self.audience.observer.notice(Event::Progress(self.progress));
        Ok(Carried {
            started: self.started,
            window,
            interrupted: self.interrupted,
            instrument,
            next_request: self.pacer.next_request(),
        })
    }

    /// Ends what is in flight: the cohort's requests are censored, or were
    /// cancelled; the others have done their work.
    fn give_up_what_runs(&mut self) {
        let running: Vec<_> = self
            .pool
            .connections()
            .filter_map(|(token, connection)| Some((token, connection.cargo.as_ref()?.job)))
            .collect();
        for (token, job) in running {
            let (outcome, why) = match (job.in_cohort, self.audience.stop.is_now()) {
                (true, false) => (Outcome::Censored, still_running(self.limits.drain)),
                (true, true) => (Outcome::Cancelled, "the run was stopped".to_owned()),
                (false, _) => (Outcome::Cancelled, "the load had ended".to_owned()),
            };
            self.fail(token, outcome, why);
        }
    }

    /// Records what was due and never sent.
    fn give_up_what_waits(&mut self, now: Nanos) {
        let (outcome, why) = if self.interrupted {
            (Outcome::Cancelled, "the run was stopped before it was sent")
        } else {
            (Outcome::Unsent, "it waited in the client until the drain limit")
        };
        for job in self.pacer.take_unsent(now) {
            let flight = Flight::new(job, false);
            self.progress.done += 1;
            self.progress.failed += 1;
            self.handover.end(flight, Ending::Failed(outcome, why.to_owned()), now);
        }
    }
}

fn still_running(limit: Duration) -> String {
    format!(
        "still running {} s after the cohort's last was due (--drain-limit)",
        limit.as_secs_f64()
    )
}
