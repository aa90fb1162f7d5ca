//! One answer that is being understood.

use tokenometer_core::complaint::shorten;
use tokenometer_core::{Chunk, ChunkKind, Dialect};

use super::text::Gathered;
use crate::dialect::{Frames, Piece, Usage, read_frame};
use crate::exchange::{Read, Segment};
use crate::wire::http1::Head;
use crate::wire::sse::Events;

/// The largest body of an answer that is not streamed.
const BODY_LIMIT: usize = 256 * 1024 * 1024;

/// What an answer has said so far.
#[derive(Debug)]
pub(super) struct Stream {
    dialect: Dialect,
    form: Option<Form>,
    frames: Frames,
    /// The events of the stream, or the one chunk of an answer that is none.
    pub(super) chunks: Vec<Chunk>,
    /// Everything generated.
    text: Gathered,
    /// The last count that the server gave.
    pub(super) usage: Option<Usage>,
    /// Why it stopped.
    pub(super) finish_reason: Option<String>,
    /// Whether anything came with which the answer may properly end.
    pub(super) may_end: bool,
    /// The first thing that went wrong in the stream.
    pub(super) error: Option<String>,
    /// What every chunk with text told of its tokens.
    pub(super) evidence: Evidence,
    /// The last read of the answer.
    last_read: Option<Read>,
}

/// The form of an answer's body.
#[derive(Debug)]
enum Form {
    /// A stream of events.
    Events(Events),
    /// One body.
    Body(Vec<u8>),
}

/// Whether all chunks that bear text told how many tokens they hold (M5a).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Evidence {
    /// Each gave its token ids.
    pub(super) ids: bool,
    /// Each gave the running count.
    pub(super) running_count: bool,
}

impl Stream {
    pub(super) fn new(dialect: Dialect) -> Stream {
        Stream {
            dialect,
            form: None,
            frames: Frames::new(dialect),
            chunks: Vec::new(),
            text: Gathered::default(),
            usage: None,
            finish_reason: None,
            may_end: false,
            error: None,
            evidence: Evidence { ids: true, running_count: true },
            last_read: None,
        }
    }

    /// Whether the answer is a stream of events.
    pub(super) fn is_events(&self) -> bool {
        matches!(self.form, Some(Form::Events(_)))
    }

    /// The body of an answer that is no stream.
    pub(super) fn body(&self) -> &[u8] {
        match &self.form {
            Some(Form::Body(body)) => body,
            _ => &[],
        }
    }

    /// Takes in the next segment.
    pub(super) fn take(&mut self, head: Option<Head>, segment: &Segment) {
        // What ends the framing may come in a read of its own, later.
        let brought_the_last = |read: &&Read| read.end as usize == segment.bytes.len();
        self.last_read = segment
            .reads
            .iter()
            .find(brought_the_last)
            .filter(|read| read.end > 0)
            .copied()
            .or(self.last_read);
        if segment.bytes.is_empty() {
            return;
        }
        let form = self.form.take().unwrap_or_else(|| form_of(head, &segment.bytes));
        self.form = Some(match form {
            Form::Events(mut events) => {
                self.take_events(&mut events, segment);
                Form::Events(events)
            }
            Form::Body(mut body) => {
                let room = BODY_LIMIT.saturating_sub(body.len()).min(segment.bytes.len());
                body.extend_from_slice(&segment.bytes[..room]);
                Form::Body(body)
            }
        });
    }

    fn take_events(&mut self, events: &mut Events, segment: &Segment) {
        let (mut from, mut read) = (0, 0);
        while let Some(event) = events.next(&segment.bytes, from) {
            from = event.end;
            while (segment.reads[read].end as usize) < event.end {
                read += 1;
            }
            self.take_event(event.data.as_deref(), event.bytes, segment.reads[read]);
        }
    }

    fn take_event(&mut self, data: Option<&[u8]>, bytes: usize, read: Read) {
        let chunk = blank_chunk(bytes, read);
        let Some(data) = data else {
            self.chunks.push(Chunk { kind: ChunkKind::Comment, ..chunk });
            return;
        };
        if data.trim_ascii() == b"[DONE]" {
            self.chunks.push(Chunk { kind: ChunkKind::Done, ..chunk });
            return;
        }
        match self.frames.read(data) {
            Ok(piece) => self.take_piece(piece, chunk),
            Err(why) => {
                self.error.get_or_insert_with(|| {
                    format!("{why}, in {:?}", shorten(&String::from_utf8_lossy(data)))
                });
                self.chunks.push(Chunk { kind: ChunkKind::Unreadable, ..chunk });
            }
        }
    }

    fn take_piece(&mut self, mut piece: Piece<'_>, blank: Chunk) {
        self.chunks.push(blank);
        let added = self.text.take(&piece.text, piece.portion, &mut self.chunks);
        if added == 0 {
            piece.text_kind = None;
        }
        let running_count = piece.usage.and_then(|usage| usage.completion);
        if added > 0 {
            self.evidence.ids &= piece.token_ids.is_some();
            self.evidence.running_count &= running_count.is_some();
        }
        // Where text comes with its ids, a count that stands without any, as
        // in the usage at the end, is no chunk's own.
        let counts_by_ids = self.evidence.ids && self.text.has_any();
        if let Some(chunk) = self.chunks.last_mut() {
            chunk.kind = piece.kind();
            // Ids where they stand, else the running count, to be turned into
            // differences once it is known that every chunk has one.
            chunk.tokens = piece.token_ids.or(running_count.filter(|_| !counts_by_ids));
            chunk.has_choices = piece.has_choices;
        }
        if piece.usage.is_some() {
            self.usage = piece.usage;
        }
        if let Some(reason) = piece.finish_reason {
            self.finish_reason = Some(reason.into_owned());
        }
        self.may_end |= piece.may_end;
        if let Some(error) = piece.error {
            self.error.get_or_insert(error);
        }
    }

    /// Takes notice that nothing more will come: reads what has no border
    /// after it, or the whole body of an answer that is no stream. `is_whole`
    /// says whether the answer came to its proper end.
    pub(super) fn finish(&mut self, is_success: bool, is_whole: bool) {
        match self.form.take() {
            Some(Form::Events(mut events)) => {
                if let (Some((data, bytes)), Some(read)) = (events.remainder(), self.last_read) {
                    self.take_rest(&data, bytes, read, is_whole);
                }
                self.form = Some(Form::Events(events));
            }
            Some(Form::Body(body)) => {
                if let (true, Some(read)) = (is_success, self.last_read) {
                    self.take_rest(&body, body.len(), read, is_whole);
                }
                self.form = Some(Form::Body(body));
            }
            None => {}
        }
        self.text.settle(&mut self.chunks);
    }

    /// Everything generated, which is then no longer here.
    pub(super) fn take_text(&mut self) -> String {
        self.text.finish()
    }

    /// What kind of frames it is made of.
    pub(super) fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// Takes what came last. Where the answer broke off, that may be a piece
    /// of a frame, which is no fault of the frame's.
    fn take_rest(&mut self, data: &[u8], bytes: usize, read: Read, is_whole: bool) {
        let is_done = data.trim_ascii() == b"[DONE]";
        if is_whole || is_done || read_frame(self.dialect, data).is_ok() {
            self.take_event(Some(data), bytes, read);
        }
    }
}

/// An answer is a stream if it says so, or begins like one: some servers give
/// their streams another name.
fn form_of(head: Option<Head>, bytes: &[u8]) -> Form {
    let is_success = head.is_some_and(|head| (200..300).contains(&head.status));
    let says_so = head.is_some_and(|head| head.is_event_stream);
    let begins_so = [&b"data:"[..], b"event:", b":"].iter().any(|word| bytes.starts_with(word));
    if is_success && (says_so || begins_so) {
        Form::Events(Events::default())
    } else {
        Form::Body(Vec::new())
    }
}

fn blank_chunk(bytes: usize, read: Read) -> Chunk {
    Chunk {
        kind: ChunkKind::Empty,
        received: read.received,
        stamp: read.stamp,
        read: read.number,
        previous_read: read.previous,
        bytes: u32::try_from(bytes).unwrap_or(u32::MAX),
        tokens: None,
        text_bytes: 0,
        has_choices: false,
    }
}

/// A read with no time, for tests of what doesn't depend on it.
#[cfg(test)]
pub(super) fn read_at(end: usize, number: u32, received: i64) -> Read {
    use tokenometer_core::{Nanos, StampSource};
    Read {
        end: end as u32,
        number,
        received: Nanos(received),
        stamp: StampSource::Kernel,
        previous: Nanos(received - 1),
    }
}
