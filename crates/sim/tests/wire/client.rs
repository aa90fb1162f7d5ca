//! A server on a thread of its own, and a client that reads HTTP in the most
//! obvious way, so that nothing it finds is in doubt.

use std::io::{self, ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use tokenometer_core::{Address, Endpoint};
use tokenometer_sim::{Lateness, Script, Server, Settings, Simulation, Truth};

/// A running server, stopped when it is dropped.
pub struct Sim {
    pub address: Address,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<Lateness>>,
}

impl Sim {
    pub fn start(settings: Settings) -> Sim {
        let mut server = Server::bind(settings).unwrap();
        let address = server.address().clone();
        let stop = Arc::new(AtomicBool::new(false));
        let stopped = stop.clone();
        let thread = std::thread::spawn(move || {
            server.run(&stopped).unwrap();
            server.lateness()
        });
        Sim { address, stop, thread: Some(thread) }
    }

    /// A server whose script is set in words: `ttft=5ms gap=1ms`.
    pub fn scripted(words: &str) -> Sim {
        Sim::start(Settings { script: script(words), ..Settings::default() })
    }

    /// A server that simulates `llama-3.1-8b` on an H100, a thousand times as
    /// fast, with options set in words: `max-num-seqs=4 kv-tokens=1000`.
    pub fn simulated(words: &str) -> Sim {
        Sim::start(Settings { simulation: Some(simulation(words)), ..Settings::default() })
    }

    pub fn connect(&self) -> Client<TcpStream> {
        let Endpoint::Tcp { host, port, .. } = &self.address.endpoint else {
            panic!("{} isn't TCP", self.address)
        };
        let stream = TcpStream::connect((host.as_str(), *port)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        Client { stream, unread: Vec::new() }
    }

    /// Every account that is closed by now.
    pub fn truths(&self) -> Vec<Truth> {
        let response = self.connect().get("/truth");
        response.text().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// The account of this request, once it is closed.
    pub fn truth(&self, request: &str) -> Truth {
        for _ in 0..200 {
            let found = self.truths().into_iter().find(|truth| truth.request == request);
            if let Some(truth) = found {
                return truth;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("no account of {request} within 2 s")
    }

    pub fn stop(mut self) -> Lateness {
        self.end().unwrap()
    }

    fn end(&mut self) -> Option<Lateness> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread.take().map(|thread| thread.join().unwrap())
    }
}

impl Drop for Sim {
    fn drop(&mut self) {
        self.end();
    }
}

/// The default script, changed in words.
pub fn script(words: &str) -> Script {
    let mut script = Script::default();
    for word in words.split_whitespace() {
        let (key, value) = word.split_once('=').unwrap();
        script.set(key, value).unwrap();
    }
    script
}

/// An H100 with `llama-3.1-8b`, a thousand times as fast, changed in words.
pub fn simulation(words: &str) -> Simulation {
    let mut simulation = Simulation::new("h100", "llama-3.1-8b", None).unwrap();
    for word in ["time-scale=1000"].into_iter().chain(words.split_whitespace()) {
        let (key, value) = word.split_once('=').unwrap();
        simulation.set(key, value).unwrap();
    }
    simulation
}

/// How a body came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As its framing says.
    Proper,
    /// The connection was closed before that.
    Closed,
    /// The connection was reset.
    Reset,
    /// Nothing came for as long as the client waits.
    Silence,
}

/// What came back.
#[derive(Debug)]
pub struct Response {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
    pub ending: Ending,
    /// When each read returned, in nanoseconds since the Unix epoch, and how
    /// much of the body was there then.
    pub reads: Vec<(i64, usize)>,
}

impl Response {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| &**value)
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// The events of the stream, comments included, without their blank lines.
    pub fn frames(&self) -> Vec<&str> {
        let text = self.text();
        let blank = if text.contains("\r\n\r\n") { "\r\n\r\n" } else { "\n\n" };
        let (events, rest) = text.rsplit_once(blank).unwrap_or(("", text));
        assert_eq!(rest, "", "an event has no end");
        if text.is_empty() { Vec::new() } else { events.split(blank).collect() }
    }

    /// The JSON of the stream's events; `[DONE]` and comments are left out.
    pub fn events(&self) -> Vec<Value> {
        let payloads = self.frames().into_iter().filter_map(|frame| frame.strip_prefix("data: "));
        payloads
            .filter(|payload| *payload != "[DONE]")
            .map(|payload| serde_json::from_str(payload).unwrap())
            .collect()
    }

    pub fn is_done(&self) -> bool {
        self.frames().last() == Some(&"data: [DONE]")
    }

    /// The text of a stream in an OpenAI dialect.
    pub fn said(&self) -> String {
        self.events().iter().map(said).collect()
    }
}

/// The text of one event in an OpenAI dialect.
pub fn said(event: &Value) -> String {
    let choice = &event["choices"][0];
    let text = choice["text"].as_str().or_else(|| choice["delta"]["content"].as_str());
    text.unwrap_or_default().to_owned()
}

/// One connection.
pub struct Client<S> {
    pub stream: S,
    unread: Vec<u8>,
}

impl<S: Read + Write> Client<S> {
    pub fn new(stream: S) -> Client<S> {
        Client { stream, unread: Vec::new() }
    }

    pub fn get(&mut self, path: &str) -> Response {
        self.send("GET", path, &[], "");
        self.read()
    }

    pub fn post(&mut self, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
        self.send("POST", path, headers, body);
        self.read()
    }

    pub fn send(&mut self, method: &str, path: &str, headers: &[(&str, &str)], body: &str) {
        self.stream.write_all(request(method, path, headers, body).as_bytes()).unwrap();
    }

    /// Reads one response, to its end whatever that is.
    pub fn read(&mut self) -> Response {
        let mut response = Response {
            status: 0,
            headers: Vec::new(),
            body: Vec::new(),
            ending: Ending::Proper,
            reads: Vec::new(),
        };
        let head = loop {
            if let Some(end) = find(&self.unread, b"\r\n\r\n") {
                break self.unread.drain(..end + 4).collect::<Vec<u8>>();
            }
            if let Err(ending) = self.read_more() {
                response.ending = ending;
                return response;
            }
        };
        let head = String::from_utf8(head).unwrap();
        let mut lines = head.split("\r\n");
        response.status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        response.headers = lines
            .filter_map(|line| line.split_once(": "))
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .collect();
        self.read_body(&mut response);
        response
    }

    fn read_body(&mut self, response: &mut Response) {
        loop {
            let whole = match response.header("content-length") {
                Some(length) => self.take_length(length.parse().unwrap(), response),
                None => self.take_chunks(response),
            };
            response.reads.push((now(), response.body.len()));
            if whole {
                return;
            }
            if let Err(ending) = self.read_more() {
                response.ending = ending;
                return;
            }
        }
    }

    fn take_length(&mut self, length: usize, response: &mut Response) -> bool {
        let missing = (length - response.body.len()).min(self.unread.len());
        response.body.extend(self.unread.drain(..missing));
        response.body.len() == length
    }

    /// Takes the whole chunks that are here; true after the last one.
    fn take_chunks(&mut self, response: &mut Response) -> bool {
        while let Some(line) = find(&self.unread, b"\r\n") {
            let digits = std::str::from_utf8(&self.unread[..line]).unwrap();
            let length = usize::from_str_radix(digits, 16).unwrap();
            let end = line + 2 + length;
            if self.unread.len() < end + 2 {
                return false;
            }
            assert_eq!(&self.unread[end..end + 2], b"\r\n");
            response.body.extend_from_slice(&self.unread[line + 2..end]);
            self.unread.drain(..end + 2);
            if length == 0 {
                return true;
            }
        }
        false
    }

    fn read_more(&mut self) -> Result<(), Ending> {
        let mut buffer = [0; 65536];
        match self.stream.read(&mut buffer) {
            Ok(0) => Err(Ending::Closed),
            Ok(count) => {
                self.unread.extend_from_slice(&buffer[..count]);
                Ok(())
            }
            Err(error) => Err(ending_of(&error)),
        }
    }
}

fn ending_of(error: &io::Error) -> Ending {
    match error.kind() {
        ErrorKind::WouldBlock | ErrorKind::TimedOut => Ending::Silence,
        ErrorKind::ConnectionReset => Ending::Reset,
        _ => panic!("{error}"),
    }
}

/// The bytes of a request.
pub fn request(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> String {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: sim\r\n");
    for (name, value) in headers {
        head += &format!("{name}: {value}\r\n");
    }
    format!("{head}content-length: {}\r\n\r\n{body}", body.len())
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// Nanoseconds since the Unix epoch.
pub fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos() as i64
}
