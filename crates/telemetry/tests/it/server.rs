//! A server that says what it was told to, one thing a request, and then the
//! last thing again and again.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

use tokenometer_core::Address;
use tokenometer_engine::{Access, Control};

/// What a request gets.
#[derive(Clone, Copy, Debug)]
pub enum Said {
    /// A success with this text.
    Text(&'static str),
    /// Another status.
    Status(u16),
    /// Nothing.
    HangUp,
}

/// What it has seen.
#[derive(Debug, Default)]
struct Seen {
    connections: usize,
    routes: Vec<String>,
}

/// The server, on a port of its own. It lives as long as the test's process.
pub struct Server {
    address: Address,
    seen: Arc<(Mutex<Seen>, Condvar)>,
}

impl Server {
    pub fn new(said: Vec<Said>) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap()).parse().unwrap();
        let seen = Arc::<(Mutex<Seen>, Condvar)>::default();
        let log = Arc::clone(&seen);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                log.0.lock().unwrap().connections += 1;
                serve(stream, &said, &log);
            }
        });
        Server { address, seen }
    }

    pub fn address(&self) -> &Address {
        &self.address
    }

    pub fn control(&self) -> Control {
        Control::new(&self.address, Access::default()).unwrap()
    }

    pub fn connections(&self) -> usize {
        self.seen.0.lock().unwrap().connections
    }

    pub fn requests(&self) -> usize {
        self.routes().len()
    }

    pub fn routes(&self) -> Vec<String> {
        self.seen.0.lock().unwrap().routes.clone()
    }

    /// Waits until so many requests have come.
    pub fn wait_for(&self, requests: usize) {
        let (seen, changed) = &*self.seen;
        let seen = seen.lock().unwrap();
        drop(changed.wait_while(seen, |seen| seen.routes.len() < requests).unwrap());
    }
}

/// Answers the one request of a connection.
fn serve(mut stream: TcpStream, said: &[Said], log: &(Mutex<Seen>, Condvar)) {
    let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let Some(Ok(first)) = lines.next() else { return };
    while lines.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
    let number = {
        let mut seen = log.0.lock().unwrap();
        seen.routes.push(first.split(' ').nth(1).unwrap_or_default().to_owned());
        seen.routes.len() - 1
    };
    log.1.notify_all();
    let (status, text) = match said[number.min(said.len() - 1)] {
        Said::Text(text) => (200, text),
        Said::Status(status) => (status, "not now"),
        Said::HangUp => return,
    };
    let head = format!(
        "HTTP/1.1 {status} X\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
        text.len()
    );
    // A client that has gone away is none of the server's business.
    let _ = stream.write_all(format!("{head}{text}").as_bytes());
}
