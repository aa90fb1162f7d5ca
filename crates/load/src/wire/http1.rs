//! Reads an HTTP/1.1 answer, whatever pieces it comes in, and gives its body
//! without the framing.
//!
//! Only what a measured request needs: no redirects, no decompression, no
//! trailers kept.

use memchr::memchr;
use thiserror::Error;

/// The longest head that is read.
const HEAD_LIMIT: usize = 64 * 1024;
/// The most header fields that are read.
const FIELD_LIMIT: usize = 128;
/// The longest line that gives a chunk's size; extensions may stand on it.
const SIZE_LINE_LIMIT: usize = 4096;

/// Why an answer can't be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum WireError {
    #[error("the answer is not HTTP: {0}")]
    NotHttp(String),
    #[error("the answer's head is longer than {HEAD_LIMIT} bytes")]
    HeadTooLong,
    #[error("the answer's chunked framing is broken at {0:?}")]
    BadChunk(String),
    #[error("the answer gives its length as `{0}`")]
    BadLength(String),
    #[error("the answer came with content-encoding {0}, which was not asked for")]
    Encoded(String),
    #[error("the server switched protocols")]
    Switched,
}

/// What an answer's head said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) status: u16,
    /// Whether the connection may carry another request.
    pub(crate) keeps_alive: bool,
    /// Whether the body calls itself a stream of events.
    pub(crate) is_event_stream: bool,
}

/// What the end of the connection means for the answer that was being read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AtEof {
    /// Not a byte of an answer had come.
    NoAnswer,
    /// The body had no other end.
    Complete,
    /// The body, or its head, was cut.
    Cut,
}

/// An answer that is being read. Reused from one answer to the next.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    state: State,
    /// The head, or a chunk's size line, where it came in pieces.
    partial: Vec<u8>,
    head: Option<Head>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum State {
    #[default]
    Head,
    /// This many bytes of the body are to come.
    Length(u64),
    /// A chunk's size line is to come.
    ChunkSize,
    /// This many bytes of the chunk are to come.
    ChunkData(u64),
    /// The line break after a chunk's data; how many of its bytes are left.
    ChunkEnd(u8),
    /// The lines after the last chunk, up to an empty one.
    Trailer,
    /// The body lasts until the connection is closed.
    UntilClose,
    Done,
}

impl Answer {
    /// Makes ready for the next answer on the same connection.
    pub(crate) fn reset(&mut self) {
        self.state = State::Head;
        self.partial.clear();
        self.head = None;
    }

    /// The head, once it has been read.
    pub(crate) fn head(&self) -> Option<Head> {
        self.head
    }

    /// Whether the whole answer has been read.
    pub(crate) fn is_done(&self) -> bool {
        self.state == State::Done
    }

    /// Whether nothing of an answer has come yet.
    pub(crate) fn is_untouched(&self) -> bool {
        self.state == State::Head && self.partial.is_empty() && self.head.is_none()
    }

    /// What it means that the connection ended here.
    pub(crate) fn at_eof(&self) -> AtEof {
        match self.state {
            State::UntilClose | State::Done => AtEof::Complete,
            State::Head if self.is_untouched() => AtEof::NoAnswer,
            _ => AtEof::Cut,
        }
    }

    /// Reads `input`, adds what is body to `body`, and gives how many bytes it
    /// took: all of them, unless the answer ended before.
    pub(crate) fn read(&mut self, input: &[u8], body: &mut Vec<u8>) -> Result<usize, WireError> {
        let mut at = 0;
        while at < input.len() && self.state != State::Done {
            at += self.step(&input[at..], body)?;
        }
        Ok(at)
    }

    /// Reads as much of `input` as the present state can; at least one byte.
    fn step(&mut self, input: &[u8], body: &mut Vec<u8>) -> Result<usize, WireError> {
        match self.state {
            State::Head => self.read_head(input),
            State::Length(left) => {
                let (taken, left) = take(input, left, body);
                self.state = if left == 0 { State::Done } else { State::Length(left) };
                Ok(taken)
            }
            State::ChunkSize => self.read_chunk_size(input),
            State::ChunkData(left) => {
                let (taken, left) = take(input, left, body);
                self.state = if left == 0 { State::ChunkEnd(2) } else { State::ChunkData(left) };
                Ok(taken)
            }
            State::ChunkEnd(left) => self.read_chunk_end(input, left),
            State::Trailer => self.read_trailer(input),
            State::UntilClose => {
                body.extend_from_slice(input);
                Ok(input.len())
            }
            State::Done => Ok(0),
        }
    }

    fn read_head(&mut self, input: &[u8]) -> Result<usize, WireError> {
        let before = self.partial.len();
        self.partial.extend_from_slice(input);
        let Some((head, length)) = parse_head(&self.partial)? else {
            if self.partial.len() > HEAD_LIMIT {
                return Err(WireError::HeadTooLong);
            }
            return Ok(input.len());
        };
        self.partial.clear();
        // An interim answer (100, 103) announces the real one.
        if let Some((head, state)) = head {
            self.head = Some(head);
            self.state = state;
        }
        Ok(length - before)
    }

    fn read_chunk_size(&mut self, input: &[u8]) -> Result<usize, WireError> {
        let Some(end) = memchr(b'\n', input) else {
            self.keep_partial_line(input)?;
            return Ok(input.len());
        };
        let size = if self.partial.is_empty() {
            parse_chunk_size(&input[..end])?
        } else {
            self.partial.extend_from_slice(&input[..end]);
            let size = parse_chunk_size(&self.partial)?;
            self.partial.clear();
            size
        };
        self.state = if size == 0 { State::Trailer } else { State::ChunkData(size) };
        Ok(end + 1)
    }

    /// After a chunk's data comes CR LF; a bare LF is let pass.
    fn read_chunk_end(&mut self, input: &[u8], left: u8) -> Result<usize, WireError> {
        match input[0] {
            b'\r' if left == 2 => self.state = State::ChunkEnd(1),
            b'\n' => self.state = State::ChunkSize,
            _ => return Err(WireError::BadChunk(shown(input))),
        }
        Ok(1)
    }

    fn read_trailer(&mut self, input: &[u8]) -> Result<usize, WireError> {
        let Some(end) = memchr(b'\n', input) else {
            self.keep_partial_line(input)?;
            return Ok(input.len());
        };
        self.partial.extend_from_slice(&input[..end]);
        if self.partial.is_empty() || self.partial == b"\r" {
            self.state = State::Done;
        }
        self.partial.clear();
        Ok(end + 1)
    }

    fn keep_partial_line(&mut self, input: &[u8]) -> Result<(), WireError> {
        self.partial.extend_from_slice(input);
        if self.partial.len() > SIZE_LINE_LIMIT {
            return Err(WireError::BadChunk(shown(&self.partial)));
        }
        Ok(())
    }
}

/// Moves up to `left` bytes of `input` to `body`; gives how many, and how many
/// are still to come.
fn take(input: &[u8], left: u64, body: &mut Vec<u8>) -> (usize, u64) {
    let taken = usize::try_from(left).map_or(input.len(), |left| left.min(input.len()));
    body.extend_from_slice(&input[..taken]);
    (taken, left - taken as u64)
}

/// The head at the front of `bytes` with its length; `None` while it is
/// incomplete. The inner `None` is an interim answer.
type ParsedHead = (Option<(Head, State)>, usize);

fn parse_head(bytes: &[u8]) -> Result<Option<ParsedHead>, WireError> {
    let mut fields = [httparse::EMPTY_HEADER; FIELD_LIMIT];
    let mut answer = httparse::Response::new(&mut fields);
    let length = match answer.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => length,
        Ok(httparse::Status::Partial) => return Ok(None),
        Err(why) => return Err(WireError::NotHttp(format!("{why}, in {:?}", shown(bytes)))),
    };
    let status = answer.code.unwrap_or(0);
    if status == 101 {
        return Err(WireError::Switched);
    }
    if (100..200).contains(&status) {
        return Ok(Some((None, length)));
    }
    let mut fields = Fields::new(answer.version == Some(1));
    for field in answer.headers.iter() {
        fields.notice(field)?;
    }
    let head =
        Head { status, keeps_alive: fields.keeps_alive, is_event_stream: fields.is_event_stream };
    Ok(Some((Some(fields.framing(head)), length)))
}

/// The header fields that decide how a body is framed.
struct Fields {
    keeps_alive: bool,
    is_event_stream: bool,
    is_chunked: bool,
    length: Option<u64>,
}

impl Fields {
    fn new(is_http_1_1: bool) -> Fields {
        Fields { keeps_alive: is_http_1_1, is_event_stream: false, is_chunked: false, length: None }
    }

    fn notice(&mut self, field: &httparse::Header<'_>) -> Result<(), WireError> {
        let value = String::from_utf8_lossy(field.value);
        let value = value.trim();
        let is = |name: &str| field.name.eq_ignore_ascii_case(name);
        if is("content-length") {
            let length = value.parse().map_err(|_| WireError::BadLength(value.to_owned()))?;
            self.length = Some(length);
        } else if is("transfer-encoding") {
            self.is_chunked |= names(value, "chunked");
        } else if is("connection") {
            if names(value, "close") {
                self.keeps_alive = false;
            } else if names(value, "keep-alive") {
                self.keeps_alive = true;
            }
        } else if is("content-type") {
            let media = value.split(';').next().unwrap_or("").trim();
            self.is_event_stream = media.eq_ignore_ascii_case("text/event-stream");
        } else if is("content-encoding") && !value.eq_ignore_ascii_case("identity") {
            return Err(WireError::Encoded(value.to_owned()));
        }
        Ok(())
    }

    /// RFC 9112, 6.3: chunked wins over a length; without either the body
    /// lasts until the connection closes, and so can't be followed by another.
    fn framing(&self, mut head: Head) -> (Head, State) {
        let state = match (self.is_chunked, self.length) {
            _ if matches!(head.status, 204 | 304) => State::Done,
            (true, _) => State::ChunkSize,
            (false, Some(0)) => State::Done,
            (false, Some(length)) => State::Length(length),
            (false, None) => {
                head.keeps_alive = false;
                State::UntilClose
            }
        };
        (head, state)
    }
}

/// Whether a list of tokens, separated by commas, holds this one.
fn names(list: &str, token: &str) -> bool {
    list.split(',').any(|item| item.trim().eq_ignore_ascii_case(token))
}

/// Reads `1a2b`, with or without an extension and a carriage return.
fn parse_chunk_size(line: &[u8]) -> Result<u64, WireError> {
    let broken = || WireError::BadChunk(shown(line));
    let mut size: u64 = 0;
    let mut digits = 0;
    for &byte in line {
        let digit = match byte {
            b'0'..=b'9' => byte - b'0',
            b'a'..=b'f' => byte - b'a' + 10,
            b'A'..=b'F' => byte - b'A' + 10,
            b';' | b'\r' | b' ' | b'\t' => break,
            _ => return Err(broken()),
        };
        digits += 1;
        if digits > 15 {
            return Err(broken());
        }
        size = size * 16 + u64::from(digit);
    }
    if digits == 0 { Err(broken()) } else { Ok(size) }
}

/// The beginning of some bytes, for a message.
fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(&bytes[..bytes.len().min(60)]).into_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const CHUNKED: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream; charset=utf-8\r\n\
        Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6;x=y\r\n world\r\n0\r\nA: b\r\n\r\n";

    fn read_all(answer: &mut Answer, pieces: &[&[u8]]) -> Result<(Vec<u8>, usize), WireError> {
        let (mut body, mut taken) = (Vec::new(), 0);
        for piece in pieces {
            taken += answer.read(piece, &mut body)?;
        }
        Ok((body, taken))
    }

    #[test]
    fn a_chunked_body_loses_its_framing() {
        let mut answer = Answer::default();
        let (body, taken) = read_all(&mut answer, &[CHUNKED]).unwrap();
        assert_eq!((body.as_slice(), taken), (&b"hello world"[..], CHUNKED.len()));
        let head = answer.head().unwrap();
        assert!(answer.is_done() && head.keeps_alive && head.is_event_stream);
    }

    #[test]
    fn what_follows_an_answer_is_left_alone() {
        let bytes = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nokHTTP/1.1";
        let mut answer = Answer::default();
        let (body, taken) = read_all(&mut answer, &[bytes]).unwrap();
        assert_eq!((body.as_slice(), taken), (&b"ok"[..], bytes.len() - 8));
    }

    #[test]
    fn without_a_length_the_body_lasts_until_the_close() {
        let mut answer = Answer::default();
        read_all(&mut answer, &[b"HTTP/1.0 200 OK\r\n\r\nabc"]).unwrap();
        assert!(!answer.is_done() && !answer.head().unwrap().keeps_alive);
        assert_eq!(answer.at_eof(), AtEof::Complete);
    }

    #[test]
    fn an_interim_answer_is_passed_over() {
        let bytes = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n";
        let mut answer = Answer::default();
        read_all(&mut answer, &[bytes]).unwrap();
        assert_eq!((answer.is_done(), answer.head().unwrap().status), (true, 204));
    }

    #[test]
    fn a_cut_is_told_from_no_answer() {
        let mut answer = Answer::default();
        assert_eq!(answer.at_eof(), AtEof::NoAnswer);
        read_all(&mut answer, &[&CHUNKED[..CHUNKED.len() - 3]]).unwrap();
        assert_eq!(answer.at_eof(), AtEof::Cut);
        answer.reset();
        read_all(&mut answer, &[b"HTTP/1.1 2"]).unwrap();
        assert_eq!(answer.at_eof(), AtEof::Cut);
    }

    #[test]
    fn broken_framing_is_named() {
        let head = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        for (tail, why) in [
            (&b"xyz\r\n"[..], WireError::BadChunk("xyz\r".into())),
            (b"2\r\nabc", WireError::BadChunk("c".into())),
            (b"\r\n", WireError::BadChunk("\r".into())),
        ] {
            let mut answer = Answer::default();
            assert_eq!(read_all(&mut answer, &[head, tail]).unwrap_err(), why);
        }
        let mut answer = Answer::default();
        let error = read_all(&mut answer, &[b"\x16\x03\x01 not http"]).unwrap_err();
        assert!(matches!(error, WireError::NotHttp(_)));
        let mut answer = Answer::default();
        let gzip = b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\n\r\n";
        assert_eq!(read_all(&mut answer, &[gzip]).unwrap_err(), WireError::Encoded("gzip".into()));
    }

    proptest! {
        /// However an answer is cut into reads, the same body comes out.
        #[test]
        fn cuts_do_not_matter(cuts in prop::collection::vec(0..CHUNKED.len(), 0..12)) {
            let mut cuts = cuts;
            cuts.sort_unstable();
            let mut pieces = Vec::new();
            let mut from = 0;
            for cut in cuts {
                pieces.push(&CHUNKED[from..cut]);
                from = cut;
            }
            pieces.push(&CHUNKED[from..]);
            let mut answer = Answer::default();
            let (body, taken) = read_all(&mut answer, &pieces).unwrap();
            prop_assert_eq!(body.as_slice(), b"hello world");
            prop_assert_eq!(taken, CHUNKED.len());
            prop_assert!(answer.is_done());
        }

        /// No bytes make it panic, or take more than there is.
        #[test]
        fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut answer = Answer::default();
            let mut body = Vec::new();
            let taken = answer.read(&bytes, &mut body);
            prop_assert!(taken.is_err() || taken.unwrap() <= bytes.len());
        }
    }
}
