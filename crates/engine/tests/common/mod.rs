//! A server that gives canned answers, and the recorded ones to give.

#![allow(dead_code, reason = "each test file uses its own part")]

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::thread;

use tokenometer_core::Address;
use tokenometer_engine::{Access, Control};

/// One request as the server saw it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub line: String,
    pub headers: Vec<String>,
    pub body: String,
}

/// A server on a port of its own, with one answer a route. It lives as long as
/// the test's process.
pub struct Canned {
    pub address: Address,
    seen: Arc<Mutex<Vec<Seen>>>,
}

impl Canned {
    /// Serves `answers` (route to bytes) on `127.0.0.1`.
    pub fn new(answers: HashMap<String, Vec<u8>>) -> Canned {
        Canned::at("127.0.0.1:0", answers)
    }

    /// As [`Canned::new`], at an address.
    pub fn at(bind: &str, answers: HashMap<String, Vec<u8>>) -> Canned {
        let listener = TcpListener::bind(bind).unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream.try_clone().unwrap(), stream, &answers, &log);
            }
        });
        Canned { address, seen }
    }

    /// As [`Canned::new`], on a unix socket.
    pub fn unix(path: &Path, answers: HashMap<String, Vec<u8>>) -> Canned {
        let listener = UnixListener::bind(path).unwrap();
        let address = format!("unix:{}", path.display()).parse().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                answer(stream.try_clone().unwrap(), stream, &answers, &log);
            }
        });
        Canned { address, seen }
    }

    /// A client of it.
    pub fn control(&self) -> Control {
        Control::new(&self.address, Access::default()).unwrap()
    }

    /// What it was asked so far.
    pub fn seen(&self) -> Vec<Seen> {
        self.seen.lock().unwrap().clone()
    }

    /// The request lines so far, as `GET /v1/models`.
    pub fn lines(&self) -> Vec<String> {
        self.seen().into_iter().map(|seen| seen.line.replace(" HTTP/1.1", "")).collect()
    }
}

/// Reads one request, gives its answer, and closes.
fn answer(
    from: impl Read,
    mut to: impl Write,
    answers: &HashMap<String, Vec<u8>>,
    log: &Mutex<Vec<Seen>>,
) {
    let mut from = BufReader::new(from);
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        match line.trim() {
            "" => break,
            line => lines.push(line.to_owned()),
        }
    }
    let length = lines
        .iter()
        .find_map(|line| line.to_lowercase().strip_prefix("content-length:")?.trim().parse().ok());
    let mut body = vec![0; length.unwrap_or(0)];
    from.read_exact(&mut body).unwrap();
    let line = lines.remove(0);
    let route = line.split(' ').nth(1).unwrap_or_default().to_owned();
    let body = String::from_utf8(body).unwrap();
    log.lock().unwrap().push(Seen { line, headers: lines, body });
    let missing = plain(404, r#"{"detail":"Not Found"}"#);
    let _ = to.write_all(answers.get(&route).unwrap_or(&missing));
}

/// An answer made up by a test.
pub fn plain(status: u16, body: &str) -> Vec<u8> {
    with_headers(status, "", body)
}

/// An answer made up by a test, with headers (each ends with a line break).
pub fn with_headers(status: u16, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status} Reason\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    )
    .into_bytes()
}

/// A recorded answer: its headers and body, framed as they were.
pub fn recorded(engine: &str, name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures").join(engine);
    let headers = std::fs::read_to_string(folder.join(format!("{name}.headers"))).unwrap();
    let body = std::fs::read(folder.join(format!("{name}.body"))).unwrap();
    let mut bytes = Vec::new();
    let mut is_chunked = false;
    for line in headers.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let lower = line.to_lowercase();
        is_chunked |= lower == "transfer-encoding: chunked";
        if !lower.starts_with("content-length") {
            bytes.extend_from_slice(format!("{line}\r\n").as_bytes());
        }
    }
    bytes.extend_from_slice(b"connection: close\r\n");
    if is_chunked {
        // An empty body was recorded where the connection was cut before the
        // first chunk, so not even the last one follows.
        bytes.extend_from_slice(b"\r\n");
        if !body.is_empty() {
            bytes.extend_from_slice(format!("{:x}\r\n", body.len()).as_bytes());
            bytes.extend_from_slice(&body);
            bytes.extend_from_slice(b"\r\n0\r\n\r\n");
        }
    } else {
        bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
        bytes.extend_from_slice(&body);
    }
    bytes
}

/// The recorded answers of an engine, by route.
pub fn recordings(engine: &str, routes: &[(&str, &str)]) -> HashMap<String, Vec<u8>> {
    routes.iter().map(|(route, name)| ((*route).to_owned(), recorded(engine, name))).collect()
}

/// Answers by route, made up.
pub fn answers(routes: &[(&str, Vec<u8>)]) -> HashMap<String, Vec<u8>> {
    routes.iter().map(|(route, bytes)| ((*route).to_owned(), bytes.clone())).collect()
}

/// A listener whose every connection is given to `serve`.
pub fn listen(serve: impl Fn(TcpStream) + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || listener.incoming().flatten().for_each(serve));
    port
}

/// An error with its causes, its port hidden.
pub fn told(error: &dyn std::error::Error, port: u16) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}\n  caused by: {error}");
        cause = error.source();
    }
    text.replace(&format!(":{port}"), ":PORT")
}
