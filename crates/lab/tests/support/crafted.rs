//! Servers that do on their connections what one test says, for what the
//! embedded engine doesn't do. They read HTTP in the most obvious way.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use std::net::TcpStream;

use tokenometer_core::Address;

/// A server on a port of 127.0.0.1. It lives as long as the test's process.
pub struct Crafted {
    pub address: Address,
    accepted: Arc<AtomicUsize>,
    asked: Arc<Mutex<Vec<Asked>>>,
}

/// A request for generation, as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its `x-request-id`.
    pub id: String,
    /// Which connection brought it, from 0.
    pub connection: usize,
    /// The length of its body.
    pub bytes: usize,
}

impl Crafted {
    /// Gives every connection to `converse`, on a thread of its own.
    pub fn start<F>(converse: F) -> Crafted
    where
        F: Fn(&mut Peer<TcpStream>) -> io::Result<()> + Send + Sync + 'static,
    {
        Crafted::with(Ok, converse)
    }

    /// As [`Crafted::start`], over what `wrap` makes of each connection.
    pub fn with<S, W, F>(wrap: W, converse: F) -> Crafted
    where
        S: Read + Write,
        W: Fn(TcpStream) -> io::Result<S> + Send + Sync + 'static,
        F: Fn(&mut Peer<S>) -> io::Result<()> + Send + Sync + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let accepted = Arc::new(AtomicUsize::new(0));
        let asked = Arc::new(Mutex::new(Vec::new()));
        let (counter, log, both) = (accepted.clone(), asked.clone(), Arc::new((wrap, converse)));
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let connection = counter.fetch_add(1, Ordering::Relaxed);
                let (log, both) = (log.clone(), both.clone());
                std::thread::spawn(move || {
                    stream.set_nodelay(true)?;
                    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
                    let stream = BufReader::new((both.0)(stream)?);
                    (both.1)(&mut Peer { stream, connection, log })
                });
            }
        });
        Crafted { address, accepted, asked }
    }

    /// How many connections came.
    pub fn accepted(&self) -> usize {
        self.accepted.load(Ordering::Relaxed)
    }

    /// The requests for generation that came, as far as they were read.
    pub fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// The client at the other end of a connection.
pub struct Peer<S: Read + Write> {
    stream: BufReader<S>,
    connection: usize,
    log: Arc<Mutex<Vec<Asked>>>,
}

impl<S: Read + Write> Peer<S> {
    /// Reads the next request for generation whole; `false` if the client has
    /// gone.
    pub fn next_request(&mut self) -> io::Result<bool> {
        self.next_request_primed_by(EMPTY)
    }

    /// As [`Peer::next_request`], with this answer to what primes.
    pub fn next_request_primed_by(&mut self, priming: &[u8]) -> io::Result<bool> {
        match self.next_head(priming)? {
            Some(head) => self.body(&head).map(|()| true),
            None => Ok(false),
        }
    }

    /// Reads the line and the fields of the next request for generation, and
    /// nothing of its body. What only primes the connection gets `priming` on
    /// the way.
    pub fn next_head(&mut self, priming: &[u8]) -> io::Result<Option<String>> {
        loop {
            match self.head()? {
                Some(head) if head.starts_with("GET ") => self.say(priming)?,
                other => return Ok(other),
            }
        }
    }

    /// Reads the body of the request with this head, and remembers it.
    pub fn body(&mut self, head: &str) -> io::Result<()> {
        let length = field(head, "content-length").parse().unwrap();
        let mut body = vec![0; length];
        self.stream.read_exact(&mut body)?;
        self.note(head, length);
        Ok(())
    }

    fn head(&mut self) -> io::Result<Option<String>> {
        let mut head = String::new();
        loop {
            let before = head.len();
            if self.stream.read_line(&mut head)? == 0 {
                return Ok(None);
            }
            if head[before..].trim().is_empty() {
                return Ok(Some(head));
            }
        }
    }

    /// Remembers a request by its head.
    pub fn note(&self, head: &str, bytes: usize) {
        let id = field(head, "x-request-id").to_owned();
        self.log.lock().unwrap().push(Asked { id, connection: self.connection, bytes });
    }

    /// Which connection this is, from 0.
    pub fn connection(&self) -> usize {
        self.connection
    }

    /// Writes, and sends it off.
    pub fn say(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.get_mut().write_all(bytes)?;
        self.stream.get_mut().flush()
    }

    /// What carries the bytes.
    pub fn transport(&mut self) -> &mut S {
        self.stream.get_mut()
    }

    /// Waits until the client closes, so that nothing is reset.
    pub fn await_close(&mut self) -> io::Result<()> {
        let mut rest = [0; 4096];
        while self.stream.read(&mut rest)? > 0 {}
        Ok(())
    }
}

/// The value of a field of a head.
fn field<'a>(head: &'a str, name: &str) -> &'a str {
    let value = |line: &'a str| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then_some(value.trim())
    };
    head.lines().find_map(value).unwrap_or_default()
}

/// An answer without a body, after which the connection goes on.
pub const EMPTY: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// The length of a prompt of which the kernel's buffers can't take all while
/// nobody reads it: they may grow to 4 MiB on the one side, and hardly grow on
/// the other.
pub const LARGE: usize = 16 << 20;

/// The head of a stream of events in chunks.
pub const STREAM_HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

/// The events of a whole completion: so many tokens, one an event, usage, and
/// `[DONE]`.
pub fn events(tokens: u32) -> Vec<String> {
    let token = |index: u32| {
        let finish = if index + 1 == tokens { "\"length\"" } else { "null" };
        format!(
            "data: {{\"choices\":[{{\"index\":0,\"text\":\" w{index}\",\"finish_reason\":{finish}}}]}}\n\n"
        )
    };
    let usage = format!(
        "data: {{\"choices\":[],\"usage\":{{\"prompt_tokens\":3,\"completion_tokens\":{tokens}}}}}\n\n"
    );
    (0..tokens).map(token).chain([usage, "data: [DONE]\n\n".to_owned()]).collect()
}

/// A piece of a body, framed as a chunk.
pub fn framed(piece: &str) -> String {
    format!("{:x}\r\n{piece}\r\n", piece.len())
}

/// A whole answer: head, events, last chunk.
pub fn answer(tokens: u32) -> String {
    let body: String = events(tokens).iter().map(|event| framed(event)).collect();
    format!("{STREAM_HEAD}{body}0\r\n\r\n")
}
