//! A streamed answer, rendered write by write. It takes its portions of tokens
//! in turn and keeps one write in memory, however long the answer is; it knows
//! no socket and no clock, so what it says can be tested to the byte.

use tokenometer_core::{Nanos, Outcome};

use crate::answer::{End, Next, Write};
use crate::ask::UsageWish;
use crate::bend::Departure;
use crate::pace::{Feed, Pace, Portion};
use crate::plan::Plan;
use crate::render::{
    Finish, Frames, LAST_CHUNK, Said, Usage, error_frame, push_http_chunk, stream_head,
};
use crate::{Headers, words};

/// Between the pieces of a split write. Long enough for a client that waits
/// for the socket to read each piece by itself.
const BETWEEN_PIECES: Nanos = Nanos(100_000);
/// The most bytes in a piece of a split write.
const PIECE: usize = 97;
/// What the comments say.
const PING: &[u8] = b": ping";
/// What padding costs before its first byte.
const PADDING: &[u8] = br#","padding":""#;

/// How far a stream has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Head,
    Tokens,
    Over,
}

/// A streamed answer.
pub(crate) struct Stream {
    plan: Plan,
    frames: Box<dyn Frames>,
    /// Status line and headers, until they have been said.
    head: Vec<u8>,
    arrival: Nanos,
    stage: Stage,
    end: End,
    /// Tokens and chunks said so far.
    tokens: u32,
    chunks: u32,
    /// The deadline of the last write.
    due: Nanos,
    /// Where the events of the write being rendered end, and their tokens.
    marks: Vec<(usize, u32)>,
    /// A write that is to leave in pieces, and how much of it has.
    whole: Vec<u8>,
    split_at: usize,
    /// Room for the text, the ids, the JSON and the event being rendered.
    text: Vec<u8>,
    ids: Vec<u32>,
    json: Vec<u8>,
    event: Vec<u8>,
}

impl Stream {
    /// The answer to a request that arrived at `arrival`; `close` says whether
    /// the client wants the connection closed after it.
    pub(crate) fn new(
        plan: Plan,
        frames: Box<dyn Frames>,
        request: &str,
        arrival: Nanos,
        close: bool,
    ) -> Stream {
        Stream {
            plan,
            frames,
            head: stream_head(request, close),
            arrival,
            stage: Stage::Head,
            end: End::proper(close),
            tokens: 0,
            chunks: 0,
            due: Nanos(i64::MIN),
            marks: Vec::new(),
            whole: Vec::new(),
            split_at: 0,
            text: Vec::new(),
            ids: Vec::new(),
            json: Vec::new(),
            event: Vec::new(),
        }
    }

    /// See [`crate::answer::Answer::next`].
    pub(crate) fn next(&mut self, out: &mut Vec<u8>) -> Next {
        if self.split_at < self.whole.len() {
            return Next::Write(self.next_piece(out, self.due + BETWEEN_PIECES));
        }
        self.marks.clear();
        let due = match self.stage {
            Stage::Head => self.first_write(out),
            Stage::Tokens => self.token_write(out),
            Stage::Over => return Next::Over,
        };
        let Some(due) = due else { return Next::Later };
        // A write never overtakes the one before it.
        let due = due.max(self.due);
        if self.plan.bends.split && !out.is_empty() {
            self.whole.clear();
            self.whole.append(out);
            self.split_at = 0;
            return Next::Write(self.next_piece(out, due));
        }
        let tokens = self.marks.iter().map(|(_, tokens)| tokens).sum();
        Next::Write(self.write(due, tokens))
    }

    /// See [`crate::answer::Answer::feed`].
    pub(crate) fn feed(&mut self) -> Option<&mut Feed> {
        self.plan.pace.feed()
    }

    /// See [`crate::answer::Answer::outcome`].
    pub(crate) fn outcome(&self, planned: Outcome) -> Outcome {
        match &self.plan.pace {
            Pace::Scripted(_) => planned,
            Pace::Fed(_) => self.plan.conclude(self.chunks),
        }
    }

    /// See [`crate::answer::Answer::end`].
    pub(crate) fn end(&self) -> End {
        self.end
    }

    /// See [`crate::answer::Answer::abandoned`].
    pub(crate) fn abandoned(&self, planned: Outcome) -> Outcome {
        let waits = !self.head.is_empty() || self.stage == Stage::Tokens && self.chunks == 0;
        if self.plan.bends.bad_chunk.is_some_and(|chunk| self.chunks >= chunk) {
            // The client was right to go.
            planned
        } else if waits && self.plan.bends.headers_after > Nanos::ZERO {
            Outcome::Timeout
        } else {
            Outcome::Cancelled
        }
    }

    fn write(&mut self, due: Nanos, tokens: u32) -> Write {
        let timed = due > self.due;
        self.due = due;
        Write { due, tokens, timed }
    }

    /// The next piece of a split write: it ends inside the next character of
    /// two bytes, or at the latest after [`PIECE`] bytes.
    fn next_piece(&mut self, out: &mut Vec<u8>, due: Nanos) -> Write {
        let rest = &self.whole[self.split_at..];
        let rest = &rest[..rest.len().min(PIECE)];
        let accent = "é".as_bytes()[0];
        let length = rest.iter().position(|byte| *byte == accent).map_or(rest.len(), |at| at + 1);
        out.extend_from_slice(&rest[..length]);
        let piece = self.split_at + 1..=self.split_at + length;
        let inside = self.marks.iter().filter(|(end, _)| piece.contains(end));
        let tokens = inside.map(|(_, tokens)| tokens).sum();
        self.split_at += length;
        self.write(due, tokens)
    }

    /// The write that comes first: headers that don't wait, or tokens. Gives
    /// its deadline, as [`Stream::token_write`] does.
    fn first_write(&mut self, out: &mut Vec<u8>) -> Option<Nanos> {
        self.stage = Stage::Tokens;
        if self.plan.script.headers == Headers::Late {
            return self.token_write(out);
        }
        self.push_head(out);
        Some(self.arrival + self.plan.bends.headers_after)
    }

    /// Says the headers and the event that opens a stream, if they are still
    /// to be said.
    fn push_head(&mut self, out: &mut Vec<u8>) {
        if self.head.is_empty() {
            return;
        }
        out.append(&mut self.head);
        self.json.clear();
        if !self.plan.bends.mute && self.frames.opening(&mut self.json) {
            self.push_json(out);
        }
    }

    /// A write with tokens, or what happens in their place. Gives its deadline;
    /// `None`, and nothing is said, while there are no tokens.
    fn token_write(&mut self, out: &mut Vec<u8>) -> Option<Nanos> {
        let Portion { due, tokens, .. } = self.next_portion()?;
        self.push_head(out);
        let leaving = self.plan.leaving() - self.tokens;
        if let Some((after, departure)) = self.plan.bends.departure
            && self.tokens == after
        {
            self.depart(departure, out);
            return Some(due);
        }
        let mut left = tokens.min(leaving);
        while left > 0 {
            let count = self.plan.chunk(self.chunks == 0).min(left);
            self.push_chunk(count, out);
            left -= count;
        }
        if self.tokens == self.plan.total {
            self.finish(out);
        }
        Some(due)
    }

    /// The tokens that are to leave next, and their deadline.
    fn next_portion(&mut self) -> Option<Portion> {
        let first = self.chunks == 0;
        let portion = match &mut self.plan.pace {
            Pace::Scripted(deadlines) => {
                let due = self.arrival + deadlines.next();
                Portion { due, tokens: self.plan.write(first), last: false }
            }
            Pace::Fed(feed) => feed.take(self.plan.bends.bundled_first.filter(|_| first))?,
        };
        let earliest = self.arrival + self.plan.bends.headers_after;
        Some(Portion { due: portion.due.max(earliest), ..portion })
    }

    /// The next event with tokens, of which it holds `count`.
    fn push_chunk(&mut self, count: u32, out: &mut Vec<u8>) {
        self.text.clear();
        self.ids.clear();
        for index in self.tokens..self.tokens + count {
            let id = words::generated(self.plan.key, index);
            words::push(&mut self.text, id, self.plan.bends.split);
            self.ids.push(id);
        }
        self.tokens += count;
        self.chunks += 1;
        if self.plan.bends.bad_chunk == Some(self.chunks) {
            // The first byte of a character of two, without its second.
            self.text.extend_from_slice(b"\xc3(");
        }
        let last = self.tokens == self.plan.total;
        let finish = self.plan.finish.filter(|_| last && !self.plan.bends.finish_apart);
        self.push_said(finish, last && !self.plan.bends.finish_apart, out);
        let end = out.len() - b"\r\n".len();
        self.marks.push((end, count));
    }

    /// An event with the text and the ids at hand.
    fn push_said(&mut self, finish: Option<Finish>, last: bool, out: &mut Vec<u8>) {
        let usage = if last && self.plan.finishes_with_usage() {
            Some(self.plan.final_usage())
        } else if self.plan.usage == UsageWish::Always {
            let usage = self.plan.final_usage();
            Some(if last { usage } else { Usage { output: self.tokens, ..usage } })
        } else {
            None
        };
        self.json.clear();
        let said = Said { text: &self.text, ids: &self.ids, finish, usage };
        self.frames.event(said, &mut self.json);
        if !self.ids.is_empty() {
            let huge = self.plan.bends.huge_event.filter(|_| self.chunks == 1);
            self.pad(huge.or(self.plan.script.event_bytes));
        }
        self.push_json(out);
    }

    /// Everything after the last token.
    fn finish(&mut self, out: &mut Vec<u8>) {
        self.stage = Stage::Over;
        if self.plan.finish.is_some() && (self.plan.bends.finish_apart || self.plan.total == 0) {
            self.text.clear();
            self.ids.clear();
            self.push_said(self.plan.finish, true, out);
        }
        if self.plan.usage != UsageWish::Never && !self.plan.finishes_with_usage() {
            let usage = self.plan.final_usage();
            self.json.clear();
            if self.frames.usage(usage, &mut self.json) {
                self.push_json(out);
            }
        }
        if !self.plan.bends.no_done {
            self.push_event(b"data: [DONE]", out);
        }
        if self.plan.bends.half_close {
            self.end = End::Shut;
        } else {
            out.extend_from_slice(LAST_CHUNK);
        }
    }

    /// What happens in place of the tokens that are withheld.
    fn depart(&mut self, departure: Departure, out: &mut Vec<u8>) {
        self.stage = Stage::Over;
        match departure {
            Departure::ErrorObject | Departure::ErrorText => {
                let as_text = departure == Departure::ErrorText;
                let message = format!("the engine failed after {} tokens, as asked", self.tokens);
                let frame = error_frame(self.plan.dialect, as_text, &message);
                self.push_event(format!("data: {frame}").as_bytes(), out);
                if !as_text && !self.plan.bends.no_done {
                    self.push_event(b"data: [DONE]", out);
                }
                out.extend_from_slice(LAST_CHUNK);
            }
            Departure::Bare => out.extend_from_slice(LAST_CHUNK),
            Departure::Cut => self.end = End::Close,
            Departure::Reset => self.end = End::Reset,
            Departure::Silence => self.end = End::Silence,
        }
    }

    /// Pads the JSON at hand so that its event has at least this many bytes.
    fn pad(&mut self, wanted: Option<u32>) {
        let line_ends = if self.plan.bends.crlf { 4 } else { 2 };
        let length = b"data: ".len() + self.json.len() + line_ends;
        let missing = wanted.map_or(0, |wanted| (wanted as usize).saturating_sub(length));
        if missing > 0 {
            self.json.pop();
            self.json.extend_from_slice(PADDING);
            let padding = missing.saturating_sub(PADDING.len() + 1);
            self.json.resize(self.json.len() + padding, b'x');
            self.json.extend_from_slice(b"\"}");
        }
    }

    /// Makes an event of the JSON at hand.
    fn push_json(&mut self, out: &mut Vec<u8>) {
        let json = std::mem::take(&mut self.json);
        self.event.clear();
        self.event.extend_from_slice(b"data: ");
        self.event.extend_from_slice(&json);
        self.json = json;
        self.push_line(out);
    }

    fn push_event(&mut self, line: &[u8], out: &mut Vec<u8>) {
        self.event.clear();
        self.event.extend_from_slice(line);
        self.push_line(out);
    }

    /// Ends the line in `self.event` with a blank one, and appends it as a
    /// chunk of the body, after a comment where those are wanted.
    fn push_line(&mut self, out: &mut Vec<u8>) {
        let blank: &[u8] = if self.plan.bends.crlf { b"\r\n\r\n" } else { b"\n\n" };
        if self.plan.bends.comments {
            push_http_chunk(out, &[PING, blank].concat());
        }
        self.event.extend_from_slice(blank);
        push_http_chunk(out, &self.event);
    }
}

#[cfg(test)]
mod tests;
