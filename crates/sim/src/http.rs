//! Cuts requests out of the bytes that arrive, however they were cut on the
//! way, and says when each was complete. It opens no socket and gives no
//! answer.

use std::collections::VecDeque;

use thiserror::Error;
use tokenometer_core::Nanos;

/// The most bytes that a request's line and headers may have.
pub(crate) const HEAD_LIMIT: usize = 64 << 10;
/// The most bytes that a request's body may have.
pub(crate) const BODY_LIMIT: usize = 64 << 20;
/// The most headers in a request.
const HEADER_LIMIT: usize = 64;

/// When bytes arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Arrival {
    pub(crate) at: Nanos,
    /// Whether the kernel said so; otherwise it is the time at which they were
    /// read.
    pub(crate) stamped: bool,
}

/// A whole request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    /// The path without its query.
    pub(crate) path: String,
    /// The value of `x-request-id`.
    pub(crate) id: Option<String>,
    /// The value of `x-sim`; several are joined.
    pub(crate) sim: Option<String>,
    /// Whether the client goes on with this connection.
    pub(crate) keep_alive: bool,
    pub(crate) body: Vec<u8>,
    /// When its last byte arrived.
    pub(crate) arrival: Arrival,
}

/// Why the bytes are no request. After any of these the connection is of no
/// further use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum HttpError {
    #[error("the request isn't HTTP/1: {0}")]
    Malformed(httparse::Error),
    #[error("the request isn't HTTP/1.1, and a stream can't be told from its end in HTTP/1.0")]
    Version,
    #[error("the request's head has more than {HEAD_LIMIT} bytes")]
    HeadTooLong,
    #[error("the request's body has more than {BODY_LIMIT} bytes")]
    BodyTooLong,
    #[error("the request's content-length is no number, or given twice")]
    Length,
    #[error("the request's transfer-encoding isn't `chunked`")]
    Encoding,
    #[error("the request's body isn't properly chunked")]
    Chunk,
}

impl HttpError {
    /// The status with which it is answered.
    pub(crate) fn status(self) -> u16 {
        match self {
            HttpError::Malformed(_) | HttpError::Length | HttpError::Chunk => 400,
            HttpError::BodyTooLong => 413,
            HttpError::HeadTooLong => 431,
            HttpError::Encoding => 501,
            HttpError::Version => 505,
        }
    }
}

/// How a body's end is found.
#[derive(Clone, Debug)]
enum Framing {
    /// It has this many bytes.
    Length(usize),
    /// It comes in chunks; `next` is where in the bytes the next one begins.
    Chunked { next: usize, body: Vec<u8> },
}

/// A head that has been read while its body hasn't.
#[derive(Clone, Debug)]
struct Head {
    request: Request,
    bytes: usize,
    framing: Framing,
    /// Whether the client waits for leave to send the body.
    wants_leave: bool,
}

/// The bytes of one connection that belong to no answered request yet.
#[derive(Debug, Default)]
pub(crate) struct Reader {
    bytes: Vec<u8>,
    /// Up to which offset the bytes had come by when.
    arrivals: VecDeque<(usize, Arrival)>,
    head: Option<Head>,
}

impl Reader {
    /// Takes in bytes that were received together.
    pub(crate) fn push(&mut self, bytes: &[u8], arrival: Arrival) {
        self.bytes.extend_from_slice(bytes);
        self.arrivals.push_back((self.bytes.len(), arrival));
    }

    /// Whether nothing of a next request has come.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Whether more is waiting here than any one request can hold. A client
    /// that sends so much ahead of the answers isn't read any further.
    pub(crate) fn is_full(&self) -> bool {
        self.bytes.len() > HEAD_LIMIT + BODY_LIMIT
    }

    /// Whether the client wants to hear `100 Continue` before it sends the
    /// body. True once.
    pub(crate) fn take_leave(&mut self) -> bool {
        self.head.as_mut().is_some_and(|head| std::mem::take(&mut head.wants_leave))
    }

    /// The next whole request, if it is here.
    pub(crate) fn next(&mut self) -> Result<Option<Request>, HttpError> {
        let head = match self.head.take() {
            Some(head) => Some(head),
            None => read_head(&self.bytes)?,
        };
        let Some(mut head) = head else { return Ok(None) };
        let body_end = match &mut head.framing {
            Framing::Length(length) => Some(head.bytes + *length),
            Framing::Chunked { next, body } => read_chunks(&self.bytes, next, body)?,
        };
        let Some(end) = body_end.filter(|end| *end <= self.bytes.len()) else {
            self.head = Some(head);
            return Ok(None);
        };
        let mut request = head.request;
        request.body = match head.framing {
            Framing::Length(_) => self.bytes[head.bytes..end].to_vec(),
            Framing::Chunked { body, .. } => body,
        };
        request.arrival = self.consume(end);
        Ok(Some(request))
    }

    /// Drops the first bytes, and says when the last of them arrived.
    fn consume(&mut self, end: usize) -> Arrival {
        while self.arrivals.front().is_some_and(|(upto, _)| *upto < end) {
            self.arrivals.pop_front();
        }
        let (upto, arrival) = *self
            .arrivals
            .front()
            .expect("every byte came with an arrival, and none is dropped early");
        if upto == end {
            self.arrivals.pop_front();
        }
        for (upto, _) in &mut self.arrivals {
            *upto -= end;
        }
        self.bytes.drain(..end);
        arrival
    }
}

/// Reads a request's line and headers, if they are all here.
fn read_head(bytes: &[u8]) -> Result<Option<Head>, HttpError> {
    let mut headers = [httparse::EMPTY_HEADER; HEADER_LIMIT];
    let mut parsed = httparse::Request::new(&mut headers);
    let length = match parsed.parse(bytes).map_err(HttpError::Malformed)? {
        httparse::Status::Complete(length) if length <= HEAD_LIMIT => length,
        httparse::Status::Partial if bytes.len() <= HEAD_LIMIT => return Ok(None),
        _ => return Err(HttpError::HeadTooLong),
    };
    if parsed.version != Some(1) {
        return Err(HttpError::Version);
    }
    let path = parsed.path.unwrap_or("/");
    let path = path.split_once('?').map_or(path, |(path, _)| path);
    let mut head = Head {
        request: Request {
            method: parsed.method.unwrap_or_default().to_owned(),
            path: path.to_owned(),
            id: None,
            sim: None,
            keep_alive: true,
            body: Vec::new(),
            arrival: Arrival { at: Nanos::ZERO, stamped: false },
        },
        bytes: length,
        framing: Framing::Length(0),
        wants_leave: false,
    };
    let mut given_length = None;
    for header in parsed.headers.iter() {
        read_header(&mut head, &mut given_length, header)?;
    }
    if let (Framing::Length(length), Some(given)) = (&mut head.framing, given_length) {
        *length = given;
    }
    Ok(Some(head))
}

/// Notes what one header says, if it matters here.
fn read_header(
    head: &mut Head,
    given_length: &mut Option<usize>,
    header: &httparse::Header<'_>,
) -> Result<(), HttpError> {
    let value = String::from_utf8_lossy(header.value);
    let value = value.trim();
    let is = |name: &str| header.name.eq_ignore_ascii_case(name);
    if is("content-length") {
        let length: usize = value.parse().map_err(|_| HttpError::Length)?;
        if given_length.replace(length).is_some() {
            return Err(HttpError::Length);
        }
        if length > BODY_LIMIT {
            return Err(HttpError::BodyTooLong);
        }
    } else if is("transfer-encoding") {
        if !value.eq_ignore_ascii_case("chunked") {
            return Err(HttpError::Encoding);
        }
        head.framing = Framing::Chunked { next: head.bytes, body: Vec::new() };
    } else if is("connection") {
        head.request.keep_alive &=
            !value.split(',').any(|part| part.trim().eq_ignore_ascii_case("close"));
    } else if is("expect") {
        head.wants_leave = value.eq_ignore_ascii_case("100-continue");
    } else if is("x-request-id") {
        head.request.id = Some(value.to_owned()).filter(|id| !id.is_empty());
    } else if is("x-sim") {
        let before = head.request.sim.take().map(|before| before + ";").unwrap_or_default();
        head.request.sim = Some(before + value);
    }
    Ok(())
}

/// Goes on reading a chunked body from offset `next`; gives the offset after
/// it when it is all here.
fn read_chunks(
    bytes: &[u8],
    next: &mut usize,
    body: &mut Vec<u8>,
) -> Result<Option<usize>, HttpError> {
    loop {
        let rest = &bytes[*next..];
        let (line, length) = match httparse::parse_chunk_size(rest) {
            Ok(httparse::Status::Complete((line, length))) => (line, length),
            // A size line, its extensions included, has no business being as
            // long as a whole head.
            Ok(httparse::Status::Partial) if rest.len() <= HEAD_LIMIT => return Ok(None),
            _ => return Err(HttpError::Chunk),
        };
        if length > (BODY_LIMIT - body.len()) as u64 {
            return Err(HttpError::BodyTooLong);
        }
        if length == 0 {
            return Ok(trailers_end(&rest[line..])?.map(|end| *next + line + end));
        }
        let end = line + length as usize;
        match rest.get(end..end + 2) {
            None => return Ok(None),
            Some(b"\r\n") => body.extend_from_slice(&rest[line..end]),
            Some(_) => return Err(HttpError::Chunk),
        }
        *next += end + 2;
    }
}

/// Where the lines that may follow the last chunk end, the blank one included.
fn trailers_end(rest: &[u8]) -> Result<Option<usize>, HttpError> {
    if rest.starts_with(b"\r\n") {
        return Ok(Some(2));
    }
    if let Some(at) = rest.windows(4).position(|four| four == b"\r\n\r\n") {
        return Ok(Some(at + 4));
    }
    if rest.len() > HEAD_LIMIT { Err(HttpError::HeadTooLong) } else { Ok(None) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PIPELINE: &str = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n\
        POST /v1/completions?a=b HTTP/1.1\r\nHost: x\r\ncontent-length: 11\r\n\
        X-Request-Id: r-1\r\nx-sim: ttft=1ms\r\nx-sim: gap=2ms\r\n\r\nhello world\
        POST /generate HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n\
        5;note=1\r\nhello\r\n6\r\n world\r\n0\r\nx-late: 1\r\n\r\n";

    fn at(time: i64) -> Arrival {
        Arrival { at: Nanos(time), stamped: true }
    }

    fn all(reader: &mut Reader) -> Vec<Request> {
        std::iter::from_fn(|| reader.next().unwrap()).collect()
    }

    #[test]
    fn a_pipeline_is_read_whole() {
        let mut reader = Reader::default();
        reader.push(PIPELINE.as_bytes(), at(1));
        let read = all(&mut reader);
        assert_eq!(read.len(), 3);
        assert_eq!((&*read[0].method, &*read[0].path), ("GET", "/health"));
        assert_eq!(read[1].path, "/v1/completions");
        assert_eq!(read[1].body, b"hello world");
        assert_eq!(read[1].id.as_deref(), Some("r-1"));
        assert_eq!(read[1].sim.as_deref(), Some("ttft=1ms;gap=2ms"));
        assert!(read[1].keep_alive && !read[2].keep_alive);
        assert_eq!(read[2].body, b"hello world");
        assert!(reader.is_empty());
    }

    proptest! {
        /// Cut anywhere, the same requests come out, each with the arrival of
        /// the piece that held its last byte.
        #[test]
        fn cuts_change_nothing(mut cuts in prop::collection::vec(0..=PIPELINE.len(), 0..12)) {
            let mut whole = Reader::default();
            whole.push(PIPELINE.as_bytes(), at(0));
            let wanted = all(&mut whole);

            cuts.extend([0, PIPELINE.len()]);
            cuts.sort_unstable();
            let mut reader = Reader::default();
            let mut read = Vec::new();
            for pair in cuts.windows(2).filter(|pair| pair[0] < pair[1]) {
                reader.push(&PIPELINE.as_bytes()[pair[0]..pair[1]], at(pair[1] as i64));
                read.extend(all(&mut reader));
            }
            prop_assert_eq!(read.len(), wanted.len());
            let mut end = 0;
            for (request, wanted) in read.iter_mut().zip(wanted) {
                let marker = if wanted.path == "/generate" { "\r\nx-late: 1\r\n\r\n" }
                    else if wanted.path == "/health" { "Host: x\r\n\r\n" } else { "hello world" };
                end += PIPELINE[end..].find(marker).unwrap() + marker.len();
                let cut = cuts.iter().copied().find(|cut| *cut >= end).unwrap();
                prop_assert_eq!(request.arrival.at, Nanos(cut as i64));
                request.arrival = wanted.arrival;
                prop_assert_eq!(&*request, &wanted);
            }
            prop_assert!(reader.is_empty());
        }

        #[test]
        fn noise_is_refused_or_waited_for_but_never_crashes(noise: Vec<u8>) {
            let mut reader = Reader::default();
            reader.push(&noise, at(0));
            let _ = reader.next();
        }
    }

    #[test]
    fn limits_and_errors_are_told_apart() {
        let long_head = format!("GET / HTTP/1.1\r\nx: {}", "y".repeat(HEAD_LIMIT));
        let head = |headers: &str| format!("POST / HTTP/1.1\r\n{headers}\r\n\r\n");
        for (bytes, error, status) in [
            (long_head, HttpError::HeadTooLong, 431),
            ("GET / HTTP/1.0\r\n\r\n".into(), HttpError::Version, 505),
            (head("content-length: 67108865"), HttpError::BodyTooLong, 413),
            (head("content-length: many"), HttpError::Length, 400),
            (head("content-length: 1\r\ncontent-length: 2"), HttpError::Length, 400),
            (head("transfer-encoding: gzip"), HttpError::Encoding, 501),
            (head("transfer-encoding: chunked") + "zz\r\n", HttpError::Chunk, 400),
            (head("transfer-encoding: chunked") + "1\r\nabc", HttpError::Chunk, 400),
            (head("transfer-encoding: chunked") + "4000001\r\n", HttpError::BodyTooLong, 413),
            ("\0".into(), HttpError::Malformed(httparse::Error::Token), 400),
        ] {
            let mut reader = Reader::default();
            reader.push(bytes.as_bytes(), at(0));
            let said = reader.next().unwrap_err();
            assert_eq!((said, said.status()), (error, status));
        }
    }

    #[test]
    fn leave_is_asked_for_once() {
        let mut reader = Reader::default();
        reader.push(b"POST / HTTP/1.1\r\nexpect: 100-continue\r\ncontent-length: 2\r\n\r\n", at(0));
        assert!(!reader.take_leave(), "the head hasn't been read yet");
        assert_eq!(reader.next().unwrap(), None);
        assert!(reader.take_leave());
        assert!(!reader.take_leave());
    }
}
