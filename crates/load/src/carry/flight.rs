//! A request in flight: what is known of it until it is handed over.

use tokenometer_core::{Nanos, StampSource};

use crate::exchange::{Read, Segment, Times};
use crate::pacer::Job;
use crate::wire::http1::Head;

/// A request in flight.
#[derive(Debug)]
pub(crate) struct Flight {
    pub(crate) job: Job,
    pub(crate) times: Times,
    /// What has come of its answer's body and was not handed over yet.
    pub(crate) segment: Segment,
    /// The head of its answer, once it has ended.
    pub(crate) head: Option<Head>,
    /// Whether the kernel's buffer was full in the middle of its write.
    pub(super) waits_to_write: bool,
    /// When the last byte came, by our own clock.
    pub(super) last_read: Option<Nanos>,
    reads: u32,
    connecting_since: Option<Nanos>,
}

impl Flight {
    pub(super) fn new(job: Job, reused: bool) -> Box<Flight> {
        Box::new(Flight {
            job,
            times: Times { reused, ..Times::default() },
            segment: Segment::default(),
            head: None,
            waits_to_write: false,
            last_read: None,
            reads: 0,
            connecting_since: None,
        })
    }

    /// A connection is being opened for it.
    pub(super) fn wait_for_connection(&mut self, began: Nanos) {
        self.times.reused = false;
        self.connecting_since = Some(began);
    }

    /// Its own connection is open.
    pub(super) fn connected(&mut self, now: Nanos) {
        if let Some(began) = self.connecting_since {
            self.times.connect.get_or_insert(now - began);
        }
    }

    /// All of it has been written, by a call that began at `before`.
    pub(super) fn wrote(&mut self, before: Nanos, after: Nanos) {
        self.times.sent = Some(before);
        self.times.written = Some(after);
    }

    /// A read has added to its segment; `now` is the clock after it.
    pub(super) fn note_read(&mut self, stamp: Option<Nanos>, now: Nanos) {
        let (received, source) = match stamp {
            Some(stamp) => (stamp, StampSource::Kernel),
            None => (now, StampSource::User),
        };
        let previous = self.last_read.or(self.times.written).unwrap_or(received);
        // A segment is handed over long before it could outgrow 32 bits.
        let end = self.segment.bytes.len() as u32;
        let number = self.reads;
        self.segment.reads.push(Read { end, number, received, stamp: source, previous });
        self.reads += 1;
        self.last_read = Some(now);
    }
}
