//! Every way in which a server can't be reached, and every way to reach one.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod common;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::time::{Duration, Instant};

use common::{Canned, answers, listen, plain, told, with_headers};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use tokenometer_engine::{Access, Control, EngineError, probe, wait_ready};

fn control(url: &str, access: Access) -> Control {
    Control::new(&url.parse().unwrap(), access).unwrap()
}

fn quick() -> Access {
    Access {
        connect: Duration::from_millis(500),
        total: Duration::from_millis(200),
        ..Access::default()
    }
}

/// What asking a port says.
fn error(scheme: &str, port: u16) -> String {
    let asked = control(&format!("{scheme}://127.0.0.1:{port}"), quick());
    told(&probe(&asked).unwrap_err(), port)
}

/// A TLS server for `localhost` that answers every request with a list of one
/// model; returns its port and its certificate.
fn tls_server(names: &[&str]) -> (u16, Vec<u8>) {
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![cert.der().clone()], key)
        .unwrap();
    let config = Arc::new(config);
    let port = listen(move |stream| {
        let connection = ServerConnection::new(Arc::clone(&config)).unwrap();
        let mut stream = StreamOwned::new(connection, stream);
        let mut request = [0; 4096];
        if stream.read(&mut request).is_ok_and(|length| length > 0) {
            let list = r#"{"data":[{"id":"tiny","owned_by":"tokenometer"}]}"#;
            let _ = stream.write_all(&plain(200, list));
            stream.conn.send_close_notify();
            let _ = stream.flush();
        } else {
            // What rustls has to say about a plain request is an alert.
            let _ = stream.conn.write_tls(&mut stream.sock);
        }
    });
    (port, cert.der().to_vec())
}

#[test]
fn what_keeps_an_answer_from_coming_is_told_apart() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let (tls, _) = tls_server(&["localhost"]);
    let silent = listen(std::mem::forget);
    let hangs_up = listen(drop::<TcpStream>);
    let babbles = listen(|mut stream| {
        let _ = stream.write_all(b"220 mail.example ESMTP\r\n");
        let _ = stream.read(&mut [0; 512]);
    });
    let cut = listen(|mut stream| {
        let _ = stream.read(&mut [0; 512]);
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{");
    });
    let moved = listen(|mut stream| {
        let _ = stream.read(&mut [0; 512]);
        let to = "location: https://elsewhere.example/v1/models?key=secret\r\n";
        let _ = stream.write_all(&with_headers(308, to, ""));
    });
    let locked = listen(|mut stream| {
        let _ = stream.read(&mut [0; 512]);
        let _ = stream.write_all(&plain(401, r#"{"error":{"message":"who are you?"}}"#));
    });
    let plain_http = listen(|mut stream| {
        let _ = stream.read(&mut [0; 512]);
        let _ = stream.write_all(&plain(400, "Invalid HTTP request received."));
    });
    let cases = [
        ("nobody listens", error("http", free)),
        ("plain to TLS", error("http", tls)),
        ("TLS to plain", error("https", plain_http)),
        ("unknown authority", error("https", tls)),
        ("silence", error("http", silent)),
        ("a server that hangs up", error("http", hangs_up)),
        ("no HTTP", error("http", babbles)),
        ("an answer that is cut", error("http", cut)),
        ("a redirect", error("http", moved)),
        ("no key", error("http", locked)),
    ];
    let lines: Vec<String> =
        cases.iter().map(|(case, error)| format!("{case}:\n  {error}")).collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn a_host_without_an_address_is_named() {
    // RFC 6761 keeps `.invalid` from ever having one.
    let asked = control("http://engine.invalid:8000", quick());
    let error = probe(&asked).unwrap_err();
    // A machine whose resolver takes its time says so instead; either names
    // the host.
    assert!(
        matches!(error, EngineError::UnknownHost { .. } | EngineError::Timeout { .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("engine.invalid"));
}

#[test]
fn a_trusted_certificate_works_for_its_names_alone() {
    let (port, root) = tls_server(&["localhost"]);
    let access = Access { roots: vec![root], ..Access::default() };
    let probed = probe(&control(&format!("https://localhost:{port}"), access.clone())).unwrap();
    assert_eq!(probed.choose(None).unwrap(), "tiny");
    let error = probe(&control(&format!("https://127.0.0.1:{port}"), access)).unwrap_err();
    assert!(matches!(&error, EngineError::Certificate { cure, .. } if cure.contains("name")));
}

#[test]
fn unix_sockets_ipv6_and_prefixes_are_reached() {
    let list = r#"{"data":[{"id":"tiny","owned_by":"tokenometer"}]}"#;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.sock");
    let server = Canned::unix(&path, answers(&[("/v1/models", plain(200, list))]));
    assert_eq!(probe(&server.control()).unwrap().choose(None).unwrap(), "tiny");
    assert!(server.seen()[0].headers.contains(&"host: localhost".to_owned()));

    let missing = folder.path().join("none.sock");
    let error = probe(&control(&format!("unix:{}", missing.display()), quick())).unwrap_err();
    assert!(matches!(error, EngineError::NoSocket { .. }), "{error:?}");

    let server = Canned::at("[::1]:0", answers(&[("/v1/models", plain(200, list))]));
    assert_eq!(probe(&server.control()).unwrap().choose(None).unwrap(), "tiny");

    let server = Canned::new(answers(&[("/llm/v1/models", plain(200, list))]));
    let asked = control(&format!("{}/llm/v1", server.address), Access::default());
    assert_eq!(probe(&asked).unwrap().choose(None).unwrap(), "tiny");
}

#[test]
fn a_silent_unix_socket_runs_out_of_time() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("engine.sock");
    let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
    let asked = control(&format!("unix:{}", path.display()), quick());
    let error = probe(&asked).unwrap_err();
    assert!(matches!(error, EngineError::Timeout { .. }), "{error:?}");
}

#[test]
fn a_connection_that_the_server_drops_after_its_answer_is_not_used_again() {
    let port = listen(|mut stream| {
        let _ = stream.read(&mut [0; 512]);
        let _ = stream.write_all(b"HTTP/1.1 500 Oh\r\ncontent-length: 2\r\n\r\nno");
        // What the race looks like if the server loses it: a second question
        // arrives, and finds nobody.
        let _ = stream.read(&mut [0; 512]);
    });
    let asked = control(&format!("http://127.0.0.1:{port}"), Access::default());
    for _ in 0..3 {
        assert_eq!(asked.get("/v1/models").unwrap().status, 500);
    }
}

#[test]
fn headers_are_sent_and_never_shown() {
    let secret = "sk-very-secret-indeed";
    let body = format!(r#"{{"error":{{"message":"wrong key: {secret}"}}}}"#);
    let server = Canned::new(answers(&[("/v1/models", plain(403, &body))]));
    let headers = vec![("Authorization".to_owned(), format!("Bearer {secret}"))];
    let asked = Control::new(&server.address, Access { headers, ..Access::default() }).unwrap();
    let error = probe(&asked).unwrap_err();
    let sent = format!("authorization: Bearer {secret}");
    assert!(server.seen()[0].headers.contains(&sent));
    for shown in [error.to_string(), format!("{error:?}"), format!("{asked:?}")] {
        assert!(!shown.contains(secret), "{shown}");
    }
    assert!(error.to_string().contains("wrong key: (hidden)"));
}

#[test]
fn a_header_that_can_not_be_sent_is_named_without_its_value() {
    let address = "http://host:1".parse().unwrap();
    for (name, value) in [("X-Key", "secret\nX-Other: 1"), ("X Key", "secret")] {
        let headers = vec![(name.to_owned(), value.to_owned())];
        let error = Control::new(&address, Access { headers, ..Access::default() }).unwrap_err();
        assert!(error.to_string().contains(name));
        assert!(!format!("{error:?}").contains("secret"));
    }
}

#[test]
fn waiting_ends_when_the_server_is_ready() {
    use std::sync::atomic::{AtomicU32, Ordering};
    let tries = Arc::new(AtomicU32::new(0));
    let counted = Arc::clone(&tries);
    let port = listen(move |mut stream| {
        let _ = stream.read(&mut [0; 512]);
        let status = if counted.fetch_add(1, Ordering::SeqCst) < 2 { 503 } else { 200 };
        let _ = stream.write_all(&plain(status, ""));
    });
    let asked = control(&format!("http://127.0.0.1:{port}"), Access::default());
    wait_ready(&asked, "/health", Duration::from_secs(20), &mut || None).unwrap();
    assert_eq!(tries.load(Ordering::SeqCst), 3);
}

#[test]
fn waiting_ends_at_its_limit_or_when_it_is_in_vain() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let asked = control(&format!("http://127.0.0.1:{free}"), Access::default());
    let began = Instant::now();
    let limit = Duration::from_millis(30);
    let error = wait_ready(&asked, "/health", limit, &mut || None).unwrap_err();
    assert!(began.elapsed() >= limit);
    assert!(
        matches!(&error, EngineError::NotReady { last, .. } if last.contains("nothing listens"))
    );

    let mut died = || Some("the engine exited with status 1".to_owned());
    let limit = Duration::from_secs(600);
    let error = wait_ready(&asked, "/health", limit, &mut died).unwrap_err();
    assert!(error.to_string().ends_with("the engine exited with status 1"));

    let (tls, _) = tls_server(&["localhost"]);
    let asked = control(&format!("https://127.0.0.1:{tls}"), Access::default());
    let error = wait_ready(&asked, "/health", limit, &mut || None).unwrap_err();
    assert!(matches!(error, EngineError::Certificate { .. }));
}
