//! Answers of real engines, byte for byte, against the client as it is used.
//!
//! `fixtures/<engine>/<capture>.http` is what an engine sent, without HTTP's
//! chunked framing; `fixtures/cases.txt` says what the client must make of it.
//! A server of a few lines sends each capture again, over TCP and framed anew:
//! an event at a time, a byte at a time, and all at once. The record must be
//! the same, and so must that of a second request, since it goes out on the
//! connection that the first has left.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use tokenometer_core::{
    Chunk, Close, Dialect, Nanos, OutputLength, Pace, Phase, Prompt, Record, Request, Schedule,
    Target,
};
use tokenometer_load::{Client, Limits, Rendering, Stop, Trust, prepare};

/// Into which pieces an answer is cut: HTTP chunks, each written by itself.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Pieces {
    Events,
    Bytes,
    /// One piece, and one write for all of the answer.
    One,
}

#[test]
fn an_event_at_a_time() {
    replay_all(Pieces::Events);
}

#[test]
fn a_byte_at_a_time() {
    replay_all(Pieces::Bytes);
}

#[test]
fn all_at_once() {
    replay_all(Pieces::One);
}

#[test]
fn every_capture_is_a_case() {
    let mut captures = BTreeSet::new();
    for engine in fs::read_dir(fixtures()).unwrap().map(|entry| entry.unwrap().path()) {
        for file in fs::read_dir(&engine).into_iter().flatten() {
            let name = file.unwrap().path().with_extension("");
            captures.insert(name.strip_prefix(fixtures()).unwrap().to_str().unwrap().to_owned());
        }
    }
    let cases: BTreeSet<String> = cases().into_iter().map(|case| case.capture).collect();
    assert_eq!(captures, cases);
}

/// Sends every capture through the client, and collects what it gets wrong.
fn replay_all(pieces: Pieces) {
    let address = serve(pieces);
    let wrong: Vec<String> = cases().iter().flat_map(|case| replay(case, address)).collect();
    assert!(wrong.is_empty(), "{pieces:?}:\n{}", wrong.join("\n"));
}

/// What the client got wrong about a capture.
fn replay(case: &Case, address: SocketAddr) -> Vec<String> {
    let answer = Answer::of(&case.capture);
    let records = run(case, address);
    assert_eq!(records.len(), 2, "{}", case.capture);
    let mut wrong = Vec::new();
    for (number, (record, chunks)) in records.iter().enumerate() {
        let told = tell(record, chunks);
        if !agrees(&case.expected, &told) {
            let Case { capture, expected, .. } = case;
            wrong.push(format!("{capture}, request {number}\n  want {expected}\n  have {told}"));
        }
        check_the_rest(case, &answer, (number, record), chunks);
    }
    wrong
}

/// What holds of every capture, and needs no column.
fn check_the_rest(
    case: &Case,
    answer: &Answer,
    (number, record): (usize, &Record),
    chunks: &[Chunk],
) {
    let name = &case.capture;
    assert_eq!(record.status, Some(answer.status()), "{name}");
    if case.end == End::Whole {
        assert!(record.reused, "{name}, request {number}: on the connection that stood open");
    }
    assert_eq!(record.streamed, answer.is_stream() && !answer.body.is_empty(), "{name}");
    if !chunks.is_empty() {
        let bytes: u64 = chunks.iter().map(|chunk| u64::from(chunk.bytes)).sum();
        assert_eq!(bytes, answer.body.len() as u64, "{name}: every byte is in a chunk");
    }
    let text: usize = chunks.iter().map(|chunk| chunk.text_bytes as usize).sum();
    assert_eq!(text, record.text.len(), "{name}: the chunks cut the text");
    assert!(chunks.is_sorted_by_key(|chunk| (chunk.read, chunk.received)), "{name}");
}

/// Asks for the capture twice, one request after the other.
fn run(case: &Case, address: SocketAddr) -> Vec<(Record, Vec<Chunk>)> {
    let url = format!("http://{address}/{}/{}", case.end.name(), case.capture);
    let target =
        Target { address: url.parse().unwrap(), dialect: case.dialect, model: "tiny".to_owned() };
    let prepared = prepare(schedule(case.output), &target, &Rendering::default()).unwrap();
    // Silence is waited for, so it is kept short.
    let idle = Duration::from_millis(if case.end == End::Silent { 200 } else { 30_000 });
    let limits = Limits { idle, ..Limits::default() };
    let mut client = Client::connect(&target, &Trust::default(), limits, 1).unwrap();
    client.run(&prepared, Vec::new(), &(), &Stop::default()).unwrap().sink
}

fn schedule(output: OutputLength) -> Schedule {
    let prompt = Prompt::Text("The quick brown fox".to_owned());
    let request = Request::new(prompt, None, output);
    let pace = Pace::Closed {
        starts: vec![Nanos::ZERO],
        ramp_in: 0..0,
        measured: 0..2,
        drain: 2..2,
        close: Close::AllEnded,
        measured_as: Phase::Measure,
    };
    Schedule { requests: vec![request.clone(), request], pace }
}

// ── The table ───────────────────────────────────────────────────────────────

/// One line of the table.
struct Case {
    capture: String,
    dialect: Dialect,
    output: OutputLength,
    end: End,
    /// The rest of the line: what [`tell`] must say.
    expected: String,
}

/// What comes after an answer's last byte.
#[derive(Clone, Copy, Debug, PartialEq)]
enum End {
    /// The body's proper end.
    Whole,
    /// The end of the connection.
    Cut,
    /// Nothing, on an open connection.
    Silent,
}

impl End {
    const ALL: [End; 3] = [End::Whole, End::Cut, End::Silent];

    fn name(self) -> &'static str {
        match self {
            End::Whole => "whole",
            End::Cut => "cut",
            End::Silent => "silent",
        }
    }

    fn from_name(name: &str) -> End {
        End::ALL.into_iter().find(|end| end.name() == name).unwrap_or_else(|| panic!("{name}"))
    }
}

fn cases() -> Vec<Case> {
    let table = fs::read_to_string(fixtures().join("cases.txt")).unwrap();
    let lines = table.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(case).collect()
}

fn case(line: &str) -> Case {
    let mut fields = line.splitn(4, " | ");
    let mut field = || fields.next().unwrap_or_else(|| panic!("a field is missing: {line}"));
    let (capture, asked, end, expected) = (field().to_owned(), field(), field(), field());
    let (route, tokens) = asked.split_once(' ').unwrap();
    let output = OutputLength {
        tokens: tokens.trim_end_matches('!').parse().unwrap(),
        exact: tokens.ends_with('!'),
    };
    let dialect = Dialect::from_name(route).or(Dialect::from_name(&format!("openai-{route}")));
    let dialect = dialect.unwrap_or_else(|| panic!("no dialect: {line}"));
    Case { capture, dialect, output, end: End::from_name(end), expected: expected.to_owned() }
}

/// A record, in the words of the table.
fn tell(record: &Record, chunks: &[Chunk]) -> String {
    let count = |count: Option<u32>| count.map_or("-".to_owned(), |count| count.to_string());
    let tokens = [
        count(record.input.server),
        count(record.output.server),
        record.token_rule.name().to_owned(),
    ];
    let text = serde_json::to_string(&record.text).unwrap();
    let fields = [
        record.outcome.name().to_owned(),
        tell_chunks(chunks),
        tokens.join(" "),
        record.finish_reason.clone().unwrap_or("-".to_owned()),
        record.error.clone().unwrap_or(text),
    ];
    fields.join(" | ").replace(" |  | ", " | | ")
}

/// The kinds of chunks in their order, alike ones together.
fn tell_chunks(chunks: &[Chunk]) -> String {
    let word = |chunk: &Chunk| match chunk.tokens {
        Some(tokens) => format!("{}={tokens}", chunk.kind.name()),
        None => chunk.kind.name().to_owned(),
    };
    let alike = chunks.chunk_by(|one, next| word(one) == word(next));
    let words = alike.map(|alike| match alike.len() {
        1 => word(&alike[0]),
        times => format!("{}*{times}", word(&alike[0])),
    });
    words.collect::<Vec<_>>().join(" ")
}

/// Whether both are the same; an `…` at the end of what is expected stands for
/// any rest.
fn agrees(expected: &str, told: &str) -> bool {
    match expected.strip_suffix('…') {
        Some(start) => told.starts_with(start),
        None => told == expected,
    }
}

// ── The server ──────────────────────────────────────────────────────────────

/// A captured answer.
struct Answer {
    head: String,
    body: Vec<u8>,
}

impl Answer {
    fn of(capture: &str) -> Answer {
        let path = fixtures().join(format!("{capture}.http"));
        let bytes = fs::read(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
        let border = bytes.windows(4).position(|window| window == b"\r\n\r\n").unwrap() + 4;
        let head = String::from_utf8(bytes[..border].to_vec()).unwrap();
        Answer { head, body: bytes[border..].to_vec() }
    }

    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn has(&self, field: &str) -> bool {
        self.head.to_ascii_lowercase().contains(field)
    }

    fn is_stream(&self) -> bool {
        self.has("content-type: text/event-stream")
    }

    /// The body in pieces, framed where the engine framed it.
    fn framed(&self, pieces: Pieces) -> Vec<Vec<u8>> {
        let cut = match pieces {
            Pieces::Events => events(&self.body),
            Pieces::Bytes => self.body.chunks(1).collect(),
            Pieces::One => vec![&self.body[..]],
        };
        let is_chunked = self.has("transfer-encoding: chunked");
        let frame = |piece: &[u8]| match is_chunked {
            true => [format!("{:x}\r\n", piece.len()).as_bytes(), piece, b"\r\n"].concat(),
            false => piece.to_vec(),
        };
        cut.into_iter().filter(|piece| !piece.is_empty()).map(frame).collect()
    }
}

/// A body, cut after each empty line.
fn events(body: &[u8]) -> Vec<&[u8]> {
    let mut events = Vec::new();
    let mut rest = body;
    while let Some(border) = rest.windows(2).position(|window| window == b"\n\n") {
        let (event, after) = rest.split_at(border + 2);
        events.push(event);
        rest = after;
    }
    events.push(rest);
    events
}

/// Starts a server of all captures; the path of a request names the one that
/// it wants, and how it is to end. It lasts as long as the test's process.
fn serve(pieces: Pieces) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming() {
            let stream = stream.unwrap();
            // That the client leaves in the middle of an answer is its right.
            thread::spawn(move || converse(stream, pieces).unwrap_or_default());
        }
    });
    address
}

/// Answers the requests of one connection.
fn converse(mut stream: TcpStream, pieces: Pieces) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut input = BufReader::new(stream.try_clone()?);
    while let Some(path) = take_request(&mut input)? {
        // The client's first message, which has no part in what is measured.
        if path.ends_with("/v1/models") {
            stream.write_all(b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\n")?;
            continue;
        }
        let mut names = path.split('/').skip(1);
        let mut name = || names.next().unwrap();
        let end = End::from_name(name());
        let answer = Answer::of(&format!("{}/{}", name(), name()));
        send(&mut stream, &answer, pieces, end)?;
        match end {
            End::Whole => {}
            End::Cut => return Ok(()),
            End::Silent => return input.read_to_end(&mut Vec::new()).map(drop),
        }
    }
    Ok(())
}

/// Takes one request in, and gives its path; `None` if the client has left.
fn take_request(input: &mut impl BufRead) -> io::Result<Option<String>> {
    let mut line = String::new();
    input.read_line(&mut line)?;
    let Some(path) = line.split(' ').nth(1).map(str::to_owned) else { return Ok(None) };
    let mut length = 0;
    while line != "\r\n" {
        line.clear();
        input.read_line(&mut line)?;
        if let Some(value) = line.strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap();
        }
    }
    input.read_exact(&mut vec![0; length])?;
    Ok(Some(path))
}

fn send(stream: &mut TcpStream, answer: &Answer, pieces: Pieces, end: End) -> io::Result<()> {
    let mut writes = vec![answer.head.clone().into_bytes()];
    writes.extend(answer.framed(pieces));
    if answer.has("transfer-encoding: chunked") && end == End::Whole {
        writes.push(b"0\r\n\r\n".to_vec());
    }
    if pieces == Pieces::One {
        writes = vec![writes.concat()];
    }
    writes.iter().try_for_each(|bytes| stream.write_all(bytes))
}

fn fixtures() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}
