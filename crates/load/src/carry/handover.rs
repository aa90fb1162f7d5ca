//! From the thread that carries the load to the thread that reads the answers,
//! through a bounded queue. A full one makes the load wait, and is counted.

use std::sync::mpsc::{SyncSender, TrySendError};

use tokenometer_core::Nanos;

use super::Flight;
use crate::exchange::{Ended, Ending, Message};
use crate::wire::http1::Head;

/// How many bytes of an answer stay with a running request at most.
const SEGMENT_BYTES: usize = 32 * 1024;
/// How many reads do: a slow stream of tiny events fills reads, not bytes.
const SEGMENT_READS: usize = 1024;

/// The way to the reader.
pub(crate) struct Handover {
    messages: SyncSender<Message>,
    waits: u64,
    broken: bool,
}

impl Handover {
    pub(crate) fn new(messages: SyncSender<Message>) -> Handover {
        Handover { messages, waits: 0, broken: false }
    }

    /// How often the load had to wait.
    pub(super) fn waits(&self) -> u64 {
        self.waits
    }

    /// Whether the reader has given up: a record could not be kept.
    pub(super) fn is_broken(&self) -> bool {
        self.broken
    }

    /// Hands over what a running request has gathered, if that is much.
    pub(super) fn offer(&mut self, flight: &mut Flight, head: Option<Head>) {
        let segment = &flight.segment;
        if segment.bytes.len() < SEGMENT_BYTES && segment.reads.len() < SEGMENT_READS {
            return;
        }
        let segment = std::mem::take(&mut flight.segment);
        self.send(Message::Segment { request: flight.job.request, head, segment });
    }

    /// Hands an ended request over.
    pub(super) fn end(&mut self, flight: Box<Flight>, ending: Ending, end: Nanos) {
        let Flight { job, mut times, segment: rest, head, .. } = *flight;
        times.end = Some(end);
        self.send(Message::Ended(Box::new(Ended { job, times, head, ending, rest })));
    }

    fn send(&mut self, message: Message) {
        match self.messages.try_send(message) {
            Ok(()) => {}
            Err(TrySendError::Full(message)) => {
                self.waits += 1;
                self.broken |= self.messages.send(message).is_err();
            }
            Err(TrySendError::Disconnected(_)) => self.broken = true,
        }
    }
}
