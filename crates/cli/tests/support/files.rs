//! A server of files, as the hub is one: it states what it has, and sends what
//! is asked for.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What lies at a path.
#[derive(Clone, Default)]
pub struct Shelved {
    /// The status; 0 is 200.
    pub status: u16,
    /// Headers, each of which ends with a line break.
    pub headers: String,
    /// The content.
    pub content: Vec<u8>,
}

impl Shelved {
    /// A file, with its mark.
    pub fn file(etag: &str, content: &[u8]) -> Shelved {
        Shelved { status: 200, headers: format!("etag: \"{etag}\"\r\n"), content: content.to_vec() }
    }

    /// One header more.
    pub fn with(mut self, header: &str) -> Shelved {
        self.headers += &format!("{header}\r\n");
        self
    }
}

/// A server of files. It lives as long as the test's process.
pub struct Files {
    /// Where it is.
    pub address: String,
    /// The heads of the requests so far, in lower case.
    pub heads: Arc<Mutex<Vec<String>>>,
}

impl Files {
    /// Serves these, by path.
    pub fn serve(files: &[(&str, Shelved)]) -> Files {
        let files: HashMap<String, Shelved> =
            files.iter().map(|(path, file)| ((*path).to_owned(), file.clone())).collect();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let heads = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&heads);
        thread::spawn(move || {
            listener.incoming().flatten().for_each(|stream| answer(stream, &files, &log));
        });
        Files { address, heads }
    }

    /// The heads of the requests so far, in lower case.
    pub fn seen(&self) -> Vec<String> {
        self.heads.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, files: &HashMap<String, Shelved>, log: &Mutex<Vec<String>>) {
    let mut head = String::new();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap() == 0 {
            return;
        }
    }
    log.lock().unwrap().push(head.to_lowercase());
    let path = head.split(' ').nth(1).unwrap_or_default();
    let missing =
        Shelved { status: 404, content: b"Entry not found".to_vec(), ..Shelved::default() };
    let Shelved { status, headers, content } = files.get(path).unwrap_or(&missing);
    let status = if *status == 0 { 200 } else { *status };
    let length = content.len();
    let mut answer = format!(
        "HTTP/1.1 {status} Reason\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    )
    .into_bytes();
    if !head.starts_with("HEAD") {
        answer.extend_from_slice(content);
    }
    let _ = stream.write_all(&answer);
}
