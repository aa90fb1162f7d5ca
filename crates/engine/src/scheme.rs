//! Finds out whether a port speaks TLS or plain HTTP, after a question in the
//! one has failed. Only for the error message; nothing depends on it.

use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore};

/// The most a second look may take: the user is waiting for an error message.
const PATIENCE: Duration = Duration::from_secs(2);

/// What a port speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spoken {
    Tls,
    Plain,
}

/// Whether the port answers in what is asked.
pub(crate) fn speaks(host: &str, port: u16, what: Spoken, limit: Duration) -> bool {
    let limit = limit.min(PATIENCE);
    let question = match what {
        Spoken::Tls => client_hello(),
        Spoken::Plain => Some(b"GET / HTTP/1.0\r\n\r\n".to_vec()),
    };
    let answer = question.and_then(|question| first_bytes(host, port, &question, limit));
    match (what, answer) {
        // A TLS server opens with a handshake record (22) or an alert (21).
        (Spoken::Tls, Some(bytes)) => matches!(bytes[..2], [21 | 22, 3]),
        (Spoken::Plain, Some(bytes)) => bytes == *b"HTTP/",
        (_, None) => false,
    }
}

/// The first bytes of the answer to a question, if there are so many.
fn first_bytes(host: &str, port: u16, question: &[u8], limit: Duration) -> Option<[u8; 5]> {
    let address = (host, port).to_socket_addrs().ok()?.next()?;
    let mut stream = TcpStream::connect_timeout(&address, limit).ok()?;
    stream.set_read_timeout(Some(limit)).ok()?;
    stream.set_write_timeout(Some(limit)).ok()?;
    stream.write_all(question).ok()?;
    let mut bytes = [0; 5];
    stream.read_exact(&mut bytes).ok()?;
    Some(bytes)
}

/// What a TLS client says first. The name in it matters to no one here.
fn client_hello() -> Option<Vec<u8>> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .ok()?
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let name = ServerName::try_from("localhost").ok()?;
    let mut connection = ClientConnection::new(Arc::new(config), name).ok()?;
    let mut hello = Vec::new();
    connection.write_tls(&mut hello).ok()?;
    Some(hello)
}
