//! The sockets' side of a load: writing requests, reading answers, and what
//! becomes of connections. What is due, and when it is over, is decided beside.

use std::io;

use tokenometer_core::{Nanos, Outcome};

use super::{Carry, Flight};
use crate::exchange::Ending;
use crate::pacer::Job;
use crate::transport::{Advance, Readiness, Stage, now};
use crate::wire::http1::AtEof;

impl Carry<'_> {
    /// Sends a request on an idle connection, or opens one for it.
    pub(super) fn launch(&mut self, job: Job) {
        match self.pool.engage(Flight::new(job, true)) {
            Ok(token) => self.write(token),
            Err(mut flight) => {
                let began = now();
                flight.wait_for_connection(began);
                if let Err((why, Some(flight))) = self.pool.open(0, Some(flight), began) {
                    let ending = Ending::Failed(Outcome::Refused, why.to_string());
                    self.conclude(flight, ending, began);
                }
            }
        }
    }

    /// Writes a request, or the rest of one.
    pub(super) fn write(&mut self, token: usize) {
        let Some((connection, _)) = self.pool.parts(token) else { return };
        let Some(flight) = connection.cargo.as_mut() else { return };
        let job = flight.job;
        self.prepared.write_head(&mut self.head, job.row, job.request, job.phase);
        let body = self.prepared.body(job.row);
        loop {
            let before = now();
            flight.times.send_start.get_or_insert(before);
            match connection.socket.send(self.head.as_bytes(), body) {
                Ok(true) => {
                    flight.wrote(before, now());
                    let waited = std::mem::take(&mut flight.waits_to_write);
                    if waited && let Err(why) = self.pool.watch_writable(token, false) {
                        self.fail(token, Outcome::Reset, why.to_string());
                    }
                    return;
                }
                Ok(false) => {}
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => {
                    flight.waits_to_write = true;
                    if let Err(why) = self.pool.watch_writable(token, true) {
                        self.fail(token, Outcome::Reset, why.to_string());
                    }
                    return;
                }
                Err(why) => {
                    // A server that refuses a long request may have said why
                    // before it hung up.
                    self.read(token);
                    if self.carries(token, job.request) {
                        let why = format!("the request was not taken: {why}");
                        self.fail(token, Outcome::Reset, why);
                    }
                    return;
                }
            }
        }
    }

    /// Whether a connection still carries this request.
    fn carries(&mut self, token: usize, request: u32) -> bool {
        let flight = self.pool.connection(token).and_then(|connection| connection.cargo.as_ref());
        flight.is_some_and(|flight| flight.job.request == request)
    }

    /// Does what a ready socket allows, and gives the clock after it.
    pub(super) fn attend(&mut self, token: usize, readiness: Readiness) -> Nanos {
        match self.pool.connection(token).map(|connection| connection.stage) {
            None => now(),
            Some(Stage::Busy) => {
                let is_writing = |flight: &Flight| flight.times.written.is_none();
                let cargo = self.pool.connection(token).and_then(|c| c.cargo.as_deref());
                if readiness.writable && cargo.is_some_and(is_writing) {
                    self.write(token);
                }
                if readiness.readable { self.read(token) } else { now() }
            }
            Some(stage) => {
                let advance = self.pool.advance(token);
                self.settle(token, stage, advance);
                now()
            }
        }
    }

    /// Acts on what became of a connection that was not busy.
    fn settle(&mut self, token: usize, stage: Stage, advance: Advance) {
        match advance {
            Advance::Pending | Advance::Idle => {}
            Advance::Ready => {
                if let Some(flight) = self.pool.connection(token).and_then(|c| c.cargo.as_mut()) {
                    flight.connected(now());
                }
                self.write(token);
            }
            Advance::Failed(why) => match self.pool.close(token) {
                Some(flight) => {
                    let ending = Ending::Failed(Outcome::Refused, why.to_string());
                    self.conclude(flight, ending, now());
                }
                // A spare that can't be had is no request's concern.
                None => self.kept = self.kept.saturating_sub(1),
            },
            Advance::Closed => {
                self.pool.close(token);
                if stage == Stage::Idle {
                    self.replace();
                } else {
                    self.kept = self.kept.saturating_sub(1);
                }
            }
        }
    }

    /// Opens a connection in the place of one that is gone, outside any
    /// request.
    fn replace(&mut self) {
        if self.pool.idle() < self.kept && self.pool.open(0, None, now()).is_err() {
            self.kept = self.kept.saturating_sub(1);
        }
    }

    /// Reads what has arrived for a request, and gives the clock after it.
    fn read(&mut self, token: usize) -> Nanos {
        loop {
            let Some((connection, scratch)) = self.pool.parts(token) else { return now() };
            let Some(flight) = connection.cargo.as_mut() else { return now() };
            let received = match connection.socket.receive(scratch) {
                Ok(received) => received,
                Err(why) if why.kind() == io::ErrorKind::WouldBlock => return now(),
                Err(why) => return self.fail(token, Outcome::Reset, why.to_string()),
            };
            let now = now();
            if received.is_end {
                let at_eof = connection.answer.at_eof();
                return self.meet_end(token, at_eof, now);
            }
            self.watch.read(received.stamp, now);
            let read = connection.answer.read(received.data, &mut flight.segment.bytes);
            flight.note_read(received.stamp, now);
            self.progress.chunks += 1;
            let (is_done, may_have_more) = (connection.answer.is_done(), received.may_have_more);
            match read {
                Err(why) => {
                    let ending = Ending::Unreadable(why.to_string());
                    self.finish(token, ending, now);
                    return now;
                }
                Ok(taken) if is_done => {
                    let is_clean = taken == received.data.len();
                    let end = received.stamp.unwrap_or(now);
                    self.complete(token, is_clean, end);
                    return now;
                }
                Ok(_) => {
                    let head = connection.answer.head();
                    self.handover.offer(flight, head);
                }
            }
            if !may_have_more {
                return now;
            }
        }
    }

    /// An answer has come whole: the connection is free for the next request,
    /// unless the server won't have it, said more than was asked, or answered
    /// before it had taken the whole request: the rest would still be owed.
    fn complete(&mut self, token: usize, is_clean: bool, end: Nanos) {
        let Some(connection) = self.pool.connection(token) else { return };
        let head = connection.answer.head();
        let is_written = |flight: &Flight| flight.times.written.is_some();
        let keeps = is_clean
            && connection.cargo.as_ref().is_some_and(|flight| is_written(flight))
            && head.is_some_and(|head| head.keeps_alive);
        if !keeps {
            self.finish(token, Ending::Whole, end);
            return;
        }
        let Some(mut flight) = connection.cargo.take() else { return };
        flight.head = head;
        self.pool.give_back(token);
        self.conclude(flight, Ending::Whole, end);
    }

    /// The peer has closed its side.
    fn meet_end(&mut self, token: usize, at_eof: AtEof, now: Nanos) -> Nanos {
        let ending = match at_eof {
            AtEof::Complete => Ending::Whole,
            AtEof::Cut => Ending::Cut,
            AtEof::NoAnswer => {
                let why = "the server closed the connection without an answer";
                Ending::Failed(Outcome::Reset, why.to_owned())
            }
        };
        self.finish(token, ending, now);
        now
    }

    pub(super) fn fail(&mut self, token: usize, outcome: Outcome, why: String) -> Nanos {
        let now = now();
        self.finish(token, Ending::Failed(outcome, why), now);
        now
    }

    /// Ends a request whose connection can't be used again.
    fn finish(&mut self, token: usize, ending: Ending, end: Nanos) {
        let head = self.pool.connection(token).and_then(|connection| connection.answer.head());
        let Some(mut flight) = self.pool.close(token) else { return };
        flight.head = head;
        self.conclude(flight, ending, end);
        self.replace();
    }
}
