//! Files that are fetched, and everything that keeps one from coming.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod common;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use common::{listen, told};
use sha2::{Digest, Sha256};
use tempfile::TempDir;
use tokenometer_engine::{
    Download, DownloadError, Downloaded, Network, Notice, Stated, download, look,
};

/// A file on a server, and how that misbehaves.
#[derive(Clone, Default)]
struct Shelf {
    content: Vec<u8>,
    etag: Option<&'static str>,
    /// Headers of every answer; each ends with a line break.
    headers: String,
    /// A status instead of the file, for so many answers.
    refusals: (u32, u16),
    /// Bytes after which the answers are cut off, one after the other; those
    /// after the last are whole.
    cuts: Vec<usize>,
    no_ranges: bool,
}

/// A server with one file at every path. It lives as long as the test's
/// process.
struct Server {
    port: u16,
    shelf: Arc<Mutex<Shelf>>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(shelf: Shelf) -> Server {
        let shelf = Arc::new(Mutex::new(shelf));
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (serving, log) = (Arc::clone(&shelf), Arc::clone(&seen));
        let port = listen(move |stream| serve(stream, &serving, &log));
        Server { port, shelf, seen }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}/{path}", self.port)
    }

    /// The heads of the requests so far, in lower case.
    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    fn change(&self, change: impl FnOnce(&mut Shelf)) {
        change(&mut self.shelf.lock().unwrap());
    }
}

fn serve(mut stream: TcpStream, shelf: &Mutex<Shelf>, log: &Mutex<Vec<String>>) {
    let mut head = String::new();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    while !head.ends_with("\r\n\r\n") {
        if reader.read_line(&mut head).unwrap() == 0 {
            return;
        }
    }
    let head = head.to_lowercase();
    log.lock().unwrap().push(head.clone());
    let mut shelf = shelf.lock().unwrap();
    let value = |name: &str| {
        head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": ")).map(str::to_owned)
    };
    let mut status = (shelf.refusals.0 > 0).then_some(shelf.refusals.1);
    shelf.refusals.0 = shelf.refusals.0.saturating_sub(1);
    let from = value("range").and_then(|range| range[6..].trim_end_matches('-').parse().ok());
    let still = value("if-range").is_none_or(|mark| Some(mark.as_str()) == shelf.etag);
    let size = shelf.content.len();
    let (mut offset, mut headers) = (0, shelf.headers.clone());
    if let (Some(from), true, false, None) = (from, still, shelf.no_ranges, status) {
        (status, offset) = (Some(206), usize::min(from, size));
        if from >= size {
            (status, offset) = (Some(416), size);
        }
        headers += &format!("content-range: bytes {from}-{}/{size}\r\n", size - 1);
    }
    if let Some(etag) = shelf.etag {
        headers += &format!("etag: {etag}\r\n");
    }
    let status = status.unwrap_or(200);
    let content = if status < 300 { &shelf.content[offset..] } else { b"no" };
    let cut = if head.starts_with("head") { 0 } else { content.len() };
    let length = content.len();
    let answer = format!(
        "HTTP/1.1 {status} Reason\r\nconnection: close\r\ncontent-length: {length}\r\n{headers}\r\n"
    );
    let mut answer = answer.into_bytes();
    answer.extend_from_slice(&content[..cut]);
    let end = if cut > 0 && !shelf.cuts.is_empty() { shelf.cuts.remove(0) } else { cut };
    let kept = answer.len() - cut + end.min(cut);
    let _ = stream.write_all(&answer[..kept]);
}

/// A folder to fetch into.
struct Place {
    folder: TempDir,
    notices: Vec<Notice>,
}

impl Place {
    fn new() -> Place {
        Place { folder: tempfile::tempdir().unwrap(), notices: Vec::new() }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("data/file.json")
    }

    fn part(&self) -> PathBuf {
        self.folder.path().join("data/file.json.part")
    }

    /// The names of all files that lie there.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path().join("data")).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.sort();
        names
    }

    fn fetch(&mut self, url: &str, sha256: Option<&str>) -> Result<Downloaded, DownloadError> {
        self.fetch_with(url, sha256, None)
    }

    fn fetch_with(
        &mut self,
        url: &str,
        sha256: Option<&str>,
        token: Option<&str>,
    ) -> Result<Downloaded, DownloadError> {
        let to = self.file();
        let order = Download { url, to: &to, sha256, token };
        self.notices.clear();
        download(&order, &network(), &mut |notice| {
            if !matches!(notice, Notice::Progress { .. }) {
                self.notices.push(notice);
            }
        })
    }

    /// What is said of a failure, without the folder and the port.
    fn told(&self, error: &DownloadError, port: u16) -> String {
        told(error, port).replace(self.folder.path().to_str().unwrap(), "HOME")
    }
}

fn network() -> Network {
    Network { tries: 3, pause: Duration::from_millis(1), ..Network::default() }
}

fn content() -> Vec<u8> {
    (0..300_000_u32).flat_map(u32::to_le_bytes).collect()
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn shelf() -> Shelf {
    Shelf { content: content(), etag: Some("\"one\""), ..Shelf::default() }
}

#[test]
fn a_file_comes_whole_and_is_hashed() {
    let server = Server::new(shelf());
    let mut place = Place::new();
    let expected = sha256(&content());
    let done = place.fetch(&server.url("f?sig=secret"), Some(&expected.to_uppercase())).unwrap();
    assert_eq!(fs::read(place.file()).unwrap(), content());
    let bytes = content().len() as u64;
    let is = |is_checked, was_there| Downloaded {
        bytes,
        sha256: expected.clone(),
        is_checked,
        was_there,
    };
    assert_eq!(done, is(true, false));
    assert_eq!(place.names(), ["file.json"]);
    // The second time nothing is asked.
    assert_eq!(place.fetch(&server.url("f"), Some(&expected)).unwrap(), is(true, true));
    assert_eq!(server.seen().len(), 1);
    assert!(server.seen()[0].contains("accept-encoding: identity"));
    assert!(!server.seen()[0].contains("authorization"));
    fs::remove_file(place.file()).unwrap();
    assert_eq!(place.fetch(&server.url("f"), None).unwrap(), is(false, false));
}

#[test]
fn a_cut_connection_goes_on_where_it_was() {
    let server = Server::new(Shelf { cuts: vec![1000, 200_000, 77], ..shelf() });
    let mut place = Place::new();
    place.fetch(&server.url("f"), Some(&sha256(&content()))).unwrap();
    assert_eq!(fs::read(place.file()).unwrap(), content());
    let ranges: Vec<_> = server
        .seen()
        .iter()
        .map(|head| head.lines().find(|line| line.starts_with("range")).map(str::to_owned))
        .collect();
    let from = |bytes| Some(format!("range: bytes={bytes}-"));
    assert_eq!(ranges, [None, from(1000), from(201_000), from(201_077)]);
    assert!(matches!(place.notices[..], [Notice::Broken { .. }, _, _]), "{:?}", place.notices);
    assert!(server.seen()[3].contains("if-range: \"one\""));
}

#[test]
fn a_file_that_was_begun_goes_on_in_another_run() {
    let server = Server::new(Shelf { cuts: vec![1000, 0, 0, 0], ..shelf() });
    let mut place = Place::new();
    let error = place.fetch(&server.url("f"), None).unwrap_err();
    assert!(matches!(error, DownloadError::Cut { tries: 3, bytes: 1000, .. }), "{error}");
    insta::assert_snapshot!(place.told(&error, server.port));
    assert_eq!(place.names(), ["file.json.part", "file.json.part.json"]);
    server.change(|shelf| shelf.cuts.clear());
    place.fetch(&server.url("f"), Some(&sha256(&content()))).unwrap();
    assert_eq!(place.notices, [Notice::Resumed { bytes: 1000 }]);
    assert_eq!(place.names(), ["file.json"]);
    // What was begun of another URL is nothing to go on from.
    fs::remove_file(place.file()).unwrap();
    server.change(|shelf| shelf.cuts = vec![1000, 0, 0]);
    place.fetch(&server.url("f"), None).unwrap_err();
    place.fetch(&server.url("g"), Some(&sha256(&content()))).unwrap();
    assert_eq!(place.notices, []);
}

#[test]
fn another_version_begins_again() {
    let server = Server::new(Shelf { cuts: vec![1000, 0, 0], ..shelf() });
    let mut place = Place::new();
    place.fetch(&server.url("f"), None).unwrap_err();
    let newer = b"shorter, and another".to_vec();
    server.change(|shelf| {
        *shelf = Shelf { content: newer.clone(), etag: Some("\"two\""), ..Shelf::default() };
    });
    place.fetch(&server.url("f"), Some(&sha256(&newer))).unwrap();
    assert_eq!(place.notices, [Notice::Resumed { bytes: 1000 }, Notice::BegunAgain]);
    assert_eq!(fs::read(place.file()).unwrap(), newer);
}

#[test]
fn a_server_without_ranges_begins_again() {
    for change in [
        |shelf: &mut Shelf| shelf.no_ranges = true,
        |shelf: &mut Shelf| shelf.etag = Some("W/\"weak\""),
        |shelf: &mut Shelf| shelf.etag = None,
    ] {
        let mut shelf = Shelf { cuts: vec![1000], ..shelf() };
        change(&mut shelf);
        let server = Server::new(shelf);
        let mut place = Place::new();
        place.fetch(&server.url("f"), Some(&sha256(&content()))).unwrap();
        assert!(place.notices.contains(&Notice::BegunAgain), "{:?}", place.notices);
    }
}

#[test]
fn what_an_earlier_run_left_damaged_is_fetched_anew() {
    let server = Server::new(Shelf { cuts: vec![1000, 0, 0], ..shelf() });
    let mut place = Place::new();
    place.fetch(&server.url("f"), None).unwrap_err();
    fs::write(place.part(), [7; 1000]).unwrap();
    place.fetch(&server.url("f"), Some(&sha256(&content()))).unwrap();
    assert_eq!(place.notices, [Notice::Resumed { bytes: 1000 }, Notice::BegunAgain]);
    assert_eq!(fs::read(place.file()).unwrap(), content());
}

#[test]
fn a_server_that_is_busy_is_asked_again() {
    let server = Server::new(Shelf { refusals: (2, 503), ..shelf() });
    let mut place = Place::new();
    place.fetch(&server.url("f"), None).unwrap();
    assert_eq!(server.seen().len(), 3);
}

#[test]
fn what_is_not_the_file_is_not_kept() {
    let server = Server::new(shelf());
    let mut place = Place::new();
    let wrong = "0".repeat(64);
    let mut told = Vec::new();
    let mut fails = |place: &mut Place, sha256: Option<&str>| {
        let error = place.fetch(&server.url("f?sig=secret"), sha256).unwrap_err();
        assert_eq!(place.names(), [""; 0], "{error}");
        told.push(place.told(&error, server.port));
    };
    fails(&mut place, Some(&wrong));
    server.change(|shelf| shelf.headers = format!("x-linked-etag: \"{wrong}\"\r\n"));
    fails(&mut place, None);
    fails(&mut place, Some(&sha256(&content())));
    server.change(|shelf| shelf.headers = "x-linked-size: 17\r\n".to_owned());
    fails(&mut place, None);
    server.change(|shelf| shelf.headers = "content-type: text/html; charset=utf-8\r\n".to_owned());
    fails(&mut place, None);
    server.change(|shelf| shelf.headers = "content-encoding: gzip\r\n".to_owned());
    fails(&mut place, None);
    server.change(|shelf| shelf.refusals = (1, 404));
    fails(&mut place, None);
    server.change(|shelf| shelf.refusals = (1, 401));
    fails(&mut place, None);
    server.change(|shelf| shelf.refusals = (1, 418));
    fails(&mut place, None);
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn a_place_that_is_taken_stays_as_it_is() {
    let server = Server::new(shelf());
    let mut place = Place::new();
    fs::create_dir(place.folder.path().join("data")).unwrap();
    fs::write(place.file(), "mine").unwrap();
    let unknown = place.fetch(&server.url("f"), None).unwrap_err();
    let other = place.fetch(&server.url("f"), Some(&sha256(&content()))).unwrap_err();
    assert_eq!(fs::read(place.file()).unwrap(), b"mine");
    insta::assert_snapshot!(
        [unknown, other].map(|error| place.told(&error, server.port)).join("\n\n")
    );
    // Where the server says that it is the same, it is the same.
    let headers = format!("x-linked-etag: \"{}\"\r\n", sha256(b"mine"));
    server.change(|shelf| shelf.headers = headers);
    assert!(place.fetch(&server.url("f"), None).unwrap().was_there);
}

#[test]
fn a_token_goes_to_its_own_host_alone() {
    let store = Server::new(shelf());
    let to_store = |path: &str| format!("location: {}\r\n", store.url(path));
    let hub = Server::new(Shelf { refusals: (1, 302), headers: to_store("x?sig=1"), ..shelf() });
    let mut place = Place::new();
    place.fetch_with(&hub.url("f"), None, Some("hf_tulip")).unwrap();
    assert!(hub.seen()[0].contains("authorization: bearer hf_tulip"));
    assert!(!store.seen()[0].contains("tulip"), "{}", store.seen()[0]);

    // Nor back to the first one, once another has had a say in where.
    let back = Server::new(Shelf { refusals: (1, 302), ..shelf() });
    back.change(|shelf| shelf.headers = format!("location: {}\r\n", hub.url("else")));
    hub.change(|shelf| {
        shelf.headers = format!("location: {}\r\n", back.url("x"));
        shelf.refusals = (1, 302);
    });
    fs::remove_file(place.file()).unwrap();
    place.fetch_with(&hub.url("f"), None, Some("hf_tulip")).unwrap();
    assert!(hub.seen()[1].contains("tulip"));
    assert!(!hub.seen()[2].contains("tulip"), "{}", hub.seen()[2]);
    assert!(!back.seen()[0].contains("tulip"));

    // On the same host it is still needed.
    hub.change(|shelf| {
        shelf.headers = "location: /api/cache/f\r\n".to_owned();
        shelf.refusals = (1, 307);
    });
    fs::remove_file(place.file()).unwrap();
    place.fetch_with(&hub.url("f"), None, Some("hf_tulip")).unwrap();
    assert!(hub.seen()[4].starts_with("get /api/cache/f ") && hub.seen()[4].contains("tulip"));
}

#[test]
fn a_refusal_does_not_quote_the_token() {
    let headers = "x-error-message: hf_tulip may not read this\r\n".to_owned();
    let server = Server::new(Shelf { refusals: (1, 403), headers, ..shelf() });
    let place = &mut Place::new();
    let error = place.fetch_with(&server.url("f"), None, Some("hf_tulip")).unwrap_err();
    insta::assert_snapshot!(place.told(&error, server.port));
}

#[test]
fn redirects_that_lead_nowhere_are_told() {
    let mut told = Vec::new();
    for (count, location) in [(99, "location: /again\r\n"), (1, ""), (1, "location: ftp://x/y\r\n")]
    {
        let headers = location.to_owned();
        let server = Server::new(Shelf { refusals: (count, 302), headers, ..shelf() });
        let mut place = Place::new();
        let error = place.fetch(&server.url("f"), None).unwrap_err();
        told.push(place.told(&error, server.port));
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn where_nobody_listens_another_way_is_named() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut place = Place::new();
    let refused = place.fetch(&format!("http://127.0.0.1:{port}/f?sig=secret"), None).unwrap_err();
    let unknown = place.fetch("https://no-such-host.invalid/f", None).unwrap_err();
    let no_url = place.fetch("ftp://host/f", None).unwrap_err();
    let told = [refused, unknown, no_url].map(|error| place.told(&error, port));
    assert_eq!(place.names(), [""; 0]);
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn a_full_disk_keeps_what_came() {
    let server = Server::new(shelf());
    let mut place = Place::new();
    fs::create_dir(place.folder.path().join("data")).unwrap();
    std::os::unix::fs::symlink("/dev/full", place.part()).unwrap();
    let error = place.fetch(&server.url("f"), None).unwrap_err();
    insta::assert_snapshot!(place.told(&error, server.port));
}

#[test]
fn what_is_stated_can_be_heard_without_fetching() {
    let store = Server::new(shelf());
    let headers = format!(
        "location: {}\r\nx-repo-commit: abc\r\nx-linked-size: 5\r\nx-linked-etag: \"{}\"\r\n",
        store.url("x"),
        "a".repeat(64)
    );
    let hub = Server::new(Shelf { refusals: (1, 302), headers, ..shelf() });
    let place = Place::new();
    let (url, to) = (hub.url("f"), place.file());
    let order = Download { url: &url, to: &to, sha256: None, token: None };
    let stated = look(&order, &network()).unwrap();
    let sha256 = "a".repeat(64);
    let expected = Stated {
        etag: Some(format!("\"{sha256}\"")),
        size: Some(5),
        sha256: Some(sha256),
        commit: Some("abc".to_owned()),
    };
    assert_eq!(stated, expected);
    assert!(store.seen().is_empty() && !place.file().exists());
}

#[test]
fn two_at_once_do_not_mix() {
    let mut place = Place::new();
    fs::create_dir(place.folder.path().join("data")).unwrap();
    let other = fs::File::create(place.part()).unwrap();
    other.lock().unwrap();
    let error = place.fetch("http://127.0.0.1:1/f", None).unwrap_err();
    assert!(matches!(error, DownloadError::Busy { .. }), "{error}");
}
