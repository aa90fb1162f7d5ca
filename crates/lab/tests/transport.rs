//! The ways that bytes can take: TLS, IPv6, unix sockets, with and without the
//! kernel's stamps; requests and events too large for one write or one read,
//! and streams that come in crumbs.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::io::{self, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::time::Duration;

use Outcome::{Ok as Well, Timeout};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, ServerConnection, StreamOwned, SupportedProtocolVersion};
use serde_json::json;
use support::crafted::{Crafted, EMPTY, LARGE, Peer, answer, events};
use support::{
    Questions, Sim, bearing, carry, check_error, closed, connect, in_order, object, patient,
    script, told,
};
use tokenometer_core::{Address, Endpoint, Nanos, Outcome, StampSource};
use tokenometer_load::{Client, Limits, LoadError, Prepared, Trust};
use tokenometer_sim::{Listen, Settings, words};

const SCRIPT: &str = "ttft=4ms gap=1ms";
const TOKENS: u32 = 8;

/// Two closed loads over whatever lies between, checked against the engine.
fn exchange(sim: &Sim, source: StampSource) {
    let mut client = sim.client(3);
    for prefix in ["first-", "second-"] {
        sim.forget();
        let asked = Questions { tokens: TOKENS, ..Questions::default() }.named(prefix);
        let finished = carry(&mut client, &asked.prepare(&sim.address, closed(3, 12)));
        let truths = sim.truths(12);
        assert_eq!((finished.sink.len(), truths.len()), (12, 12));
        for (record, chunks) in &finished.sink {
            let truth = &truths[&asked.id(record)];
            assert_eq!((record.outcome, truth.outcome, record.reused), (Well, Well, true));
            assert_eq!(record.output.server, Some(truth.output_tokens));
            assert_eq!(bearing(chunks).len(), truth.writes.len());
            assert!(chunks.iter().all(|chunk| chunk.stamp == source));
            assert!(record.sent.unwrap() <= Nanos(truth.arrival_ns));
        }
        let seen = &finished.instrument;
        match source {
            StampSource::Kernel => {
                assert_eq!(seen.reads_unstamped, 0);
                assert!(seen.reads_stamped >= 12 && seen.backlog_p99_ns.is_some());
                // What a load sends fits into one segment a request.
                assert!(seen.segments_sent >= Some(12));
            }
            StampSource::User => {
                assert_eq!((seen.reads_stamped, seen.backlog_p99_ns), (0, None));
                assert!(seen.reads_unstamped >= 12);
            }
        }
    }
}

#[test]
fn the_kernel_stamps_what_comes_over_ipv4() {
    exchange(&Sim::scripted(SCRIPT), StampSource::Kernel);
}

#[test]
fn the_kernel_stamps_what_comes_over_ipv6() {
    let listen = "[::1]:0".parse().unwrap();
    let sim = Sim::start(Settings { listen, script: script(SCRIPT), ..Settings::default() });
    assert!(sim.address.to_string().starts_with("http://[::1]:"));
    exchange(&sim, StampSource::Kernel);
}

#[test]
fn a_name_with_several_addresses_is_tried_until_one_answers() {
    // The engine listens at one of those that the name may stand for.
    let sim = Sim::scripted(SCRIPT);
    let Endpoint::Tcp { port, .. } = sim.address.endpoint else { panic!("not TCP") };
    let address: Address = format!("http://localhost:{port}").parse().unwrap();
    let mut client = connect(&address, patient(), 2);
    let prepared = Questions::default().prepare(&address, closed(2, 4));
    let finished = carry(&mut client, &prepared);
    assert!(finished.sink.iter().all(|(record, _)| record.outcome == Well && record.reused));
}

#[test]
fn our_own_clock_stamps_what_comes_over_a_unix_socket() {
    let folder = tempfile::tempdir().unwrap();
    let listen = Listen::Unix(folder.path().join("engine.sock"));
    let sim = Sim::start(Settings { listen, script: script(SCRIPT), ..Settings::default() });
    exchange(&sim, StampSource::User);
}

#[test]
fn a_unix_socket_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("none.sock");
    let address: Address = format!("unix:{}", path.display()).parse().unwrap();
    let target = Questions::default().target(&address);
    let error = Client::connect(&target, &Trust::default(), patient(), 1).unwrap_err();
    let error = told(&error);
    assert!(error.starts_with(&format!("failed to connect to {address}: ")), "{error}");
    assert!(error.contains("No such file"), "{error}");
}

/// An authority, and what a server needs that it vouches for as `localhost`.
struct Authority {
    root: Vec<u8>,
    config: Arc<ServerConfig>,
}

impl Authority {
    fn new(name: &str, version: &'static SupportedProtocolVersion) -> Authority {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[version])
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Authority { root: issuer.der().to_vec(), config: Arc::new(config) }
    }

    fn trust(&self) -> Trust {
        Trust { roots: vec![self.root.clone()] }
    }

    /// A server that does this on every connection.
    fn serve<F>(&self, converse: F) -> (Crafted, Address)
    where
        F: Fn(&mut Peer<Tls>) -> io::Result<()> + Send + Sync + 'static,
    {
        let config = self.config.clone();
        let wrap = move |stream| {
            let connection = ServerConnection::new(config.clone()).map_err(io::Error::other)?;
            Ok(StreamOwned::new(connection, stream))
        };
        let server = Crafted::with(wrap, converse);
        let Endpoint::Tcp { port, .. } = server.address.endpoint else { panic!("not TCP") };
        (server, format!("https://localhost:{port}").parse().unwrap())
    }
}

type Tls = StreamOwned<ServerConnection, TcpStream>;

fn connect_tls(address: &Address, trust: &Trust, connections: usize) -> Result<Client, LoadError> {
    let target = Questions::default().target(address);
    Client::connect(&target, trust, patient(), connections)
}

#[test]
fn requests_share_a_connection_over_tls() {
    // The kernel stamps for everybody as soon as somebody has waited for it.
    let _stamping = Sim::scripted(SCRIPT);
    for version in [&TLS12, &TLS13] {
        let authority = Authority::new("ours", version);
        let (server, address) = authority.serve(|peer| {
            while peer.next_request()? {
                peer.say(answer(TOKENS).as_bytes())?;
            }
            Ok(())
        });
        let mut client = connect_tls(&address, &authority.trust(), 2).unwrap();
        let asked = Questions { tokens: TOKENS, ..Questions::default() };
        let finished = carry(&mut client, &asked.prepare(&address, closed(2, 8)));
        for (record, chunks) in &finished.sink {
            assert_eq!((record.outcome, record.reused), (Well, true), "{record:?}");
            assert_eq!((bearing(chunks).len(), record.output.server), (8, Some(TOKENS)));
            assert!(chunks.iter().all(|chunk| chunk.stamp == StampSource::Kernel));
        }
        assert_eq!((server.accepted(), server.asked().len()), (2, 8));
    }
}

#[test]
fn a_handshake_is_part_of_connecting() {
    let authority = Authority::new("ours", &TLS13);
    let (_, address) = authority.serve(|peer| {
        let close = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
        peer.next_request_primed_by(close)?;
        peer.say(answer(TOKENS).replace("OK\r\n", "OK\r\nconnection: close\r\n").as_bytes())?;
        peer.transport().conn.send_close_notify();
        peer.transport().flush()
    });
    let mut client = connect_tls(&address, &authority.trust(), 1).unwrap();
    let asked = Questions { tokens: TOKENS, ..Questions::default() };
    let finished = carry(&mut client, &asked.prepare(&address, closed(2, 4)));
    for record in in_order(&finished.sink) {
        assert_eq!((record.outcome, record.reused), (Well, false), "{record:?}");
        assert!(record.connect.unwrap() > Nanos(100_000), "no handshake is that fast");
    }
}

#[test]
fn a_stream_that_ends_with_its_connection_ends_properly_over_tls() {
    let authority = Authority::new("ours", &TLS13);
    let (_, address) = authority.serve(|peer| {
        peer.next_request()?;
        let events = events(TOKENS).concat();
        let head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n\r\n";
        peer.say(format!("{head}{events}").as_bytes())?;
        peer.transport().conn.send_close_notify();
        peer.transport().flush()
    });
    let mut client = connect_tls(&address, &authority.trust(), 2).unwrap();
    let asked = Questions { tokens: TOKENS, ..Questions::default() };
    let finished = carry(&mut client, &asked.prepare(&address, closed(1, 3)));
    for record in in_order(&finished.sink) {
        assert_eq!((record.outcome, record.output.server), (Well, Some(TOKENS)), "{record:?}");
    }
}

#[test]
fn what_comes_after_the_end_of_tls_is_not_waited_for() {
    let authority = Authority::new("ours", &TLS13);
    let (_, address) = authority.serve(|peer| {
        peer.next_request()?;
        peer.transport().conn.send_close_notify();
        let mut last = Vec::new();
        peer.transport().conn.write_tls(&mut last)?;
        // Something more in the same segment, as a broken proxy may send.
        last.resize(last.len() + 50_000, b'x');
        peer.transport().sock.write_all(&last)
    });
    let mut client = connect_tls(&address, &authority.trust(), 1).unwrap();
    let asked = Questions { tokens: TOKENS, ..Questions::default() };
    let finished = carry(&mut client, &asked.prepare(&address, closed(1, 1)));
    assert_eq!(in_order(&finished.sink)[0].outcome, Outcome::Reset);
}

#[test]
fn an_authority_that_nobody_trusts_is_named() {
    let authority = Authority::new("ours", &TLS13);
    let other = Authority::new("another", &TLS13);
    let (_, address) = authority.serve(|peer| peer.await_close());
    for trust in [other.trust(), Trust::default()] {
        let error = connect_tls(&address, &trust, 2).unwrap_err();
        assert!(matches!(error, LoadError::Connect { .. }));
        let error = told(&error);
        assert!(error.contains("certificate") && error.contains("UnknownIssuer"), "{error}");
    }
    // The certificate speaks of `localhost`.
    let address = address.to_string().replace("localhost", "127.0.0.1").parse().unwrap();
    let error = connect_tls(&address, &authority.trust(), 2).unwrap_err();
    let error = told(&error);
    assert!(error.contains("certificate") && error.contains("127.0.0.1"), "{error}");
}

#[test]
fn tls_to_a_server_that_speaks_none_fails_to_connect() {
    let sim = Sim::scripted(SCRIPT);
    let address = sim.address.to_string().replace("http:", "https:").parse().unwrap();
    let error = connect_tls(&address, &Trust::default(), 2).unwrap_err();
    assert!(matches!(error, LoadError::Connect { .. }), "{error}");
}

#[test]
fn a_prompt_of_two_megabytes_arrives_whole() {
    let max_model_len = 1 << 20;
    let sim = Sim::start(Settings { max_model_len, script: script(SCRIPT), ..Settings::default() });
    let prompt = "word ".repeat(400_000);
    let asked = Questions { prompt, tokens: TOKENS, ..Questions::default() };
    let finished = carry(&mut sim.client(2), &asked.prepare(&sim.address, closed(2, 4)));
    let truths = sim.truths(4);
    for record in in_order(&finished.sink) {
        let truth = &truths[&asked.id(record)];
        assert_eq!((record.outcome, truth.outcome), (Well, Well), "{record:?}");
        // The words, and the row's number.
        assert_eq!((record.input.server, truth.prompt_tokens), (Some(400_001), Some(400_001)));
        assert!(record.send_start <= record.sent && record.sent <= record.written);
        assert!(record.sent.unwrap() <= Nanos(truth.arrival_ns), "{record:?}");
    }
}

/// A request too large for the kernel's buffers, rendered before anybody
/// waits.
fn large(server: &Crafted) -> Prepared {
    let prompt = "x".repeat(LARGE);
    let asked = Questions { prompt, tokens: TOKENS, ..Questions::default() };
    asked.prepare(&server.address, closed(1, 1))
}

/// Reads bodies only after a while, so that the kernel's buffers fill.
fn dawdle(peer: &mut Peer<TcpStream>, pause: Duration) -> io::Result<()> {
    while let Some(head) = peer.next_head(EMPTY)? {
        std::thread::sleep(pause);
        peer.body(&head)?;
        peer.say(answer(TOKENS).as_bytes())?;
    }
    Ok(())
}

#[test]
fn a_request_that_leaves_in_parts_is_sent_with_its_last() {
    let pause = Duration::from_millis(120);
    let server = Crafted::start(move |peer| dawdle(peer, pause));
    let prepared = large(&server);
    let mut client = connect(&server.address, patient(), 1);
    let [first, second] = [(); 2].map(|()| carry(&mut client, &prepared).sink);
    for record in [in_order(&first)[0], in_order(&second)[0]] {
        assert_eq!((record.outcome, record.reused), (Well, true), "{record:?}");
        assert!(record.send_start <= record.sent && record.sent <= record.written);
    }
    // Nothing that doesn't fit can leave before the pause has passed, and the
    // pause begins when the head has come. By the second request the kernel
    // may have made more room.
    let record = in_order(&first)[0];
    let spent = record.sent.unwrap() - record.send_start.unwrap();
    assert!(spent >= pause.into(), "{spent}");
    assert!(server.asked().iter().all(|asked| asked.bytes > LARGE && asked.connection == 0));
}

#[test]
fn a_server_that_takes_no_more_of_a_request_times_out() {
    let server = Crafted::start(|peer| {
        peer.next_head(EMPTY)?;
        std::thread::sleep(Duration::from_secs(5));
        Ok(())
    });
    let limits = Limits { idle: Duration::from_millis(200), ..patient() };
    let prepared = large(&server);
    let finished = carry(&mut connect(&server.address, limits, 1), &prepared);
    let record = in_order(&finished.sink)[0];
    assert_eq!((record.outcome, record.sent), (Timeout, None));
    check_error(record, "took no more of the request for 0.2 s (--idle-timeout)");
}

#[test]
fn events_of_a_megabyte_are_read_whole() {
    let sim = Sim::scripted(SCRIPT);
    let asked = Questions { tokens: TOKENS, ..Questions::default() };
    let huge = asked.wishing(json!({"fault": "huge-event:1000000"}));
    let finished = carry(&mut sim.client(2), &huge.prepare(&sim.address, closed(2, 4)));
    let truths = sim.truths(4);
    for (record, chunks) in &finished.sink {
        assert_eq!((record.outcome, truths[&huge.id(record)].outcome), (Well, Well));
        let bearing = bearing(chunks);
        assert_eq!(bearing.len(), TOKENS as usize);
        // Within the few bytes that frame the padding.
        assert!((999_000..1_001_000).contains(&bearing[0].bytes), "{}", bearing[0].bytes);
        assert!(bearing[0].received >= Nanos(truths[&huge.id(record)].writes[0].0));
    }
}

#[test]
fn a_stream_in_thousands_of_crumbs_is_read_whole() {
    let sim = Sim::scripted("ttft=4ms gap=0s");
    let asked =
        Questions { tokens: 700, ..Questions::default() }.wishing(object(&[("fault", "split")]));
    let finished = carry(&mut sim.client(2), &asked.prepare(&sim.address, closed(2, 2)));
    let truths = sim.truths(2);
    for (record, chunks) in &finished.sink {
        let truth = &truths[&asked.id(record)];
        assert_eq!((record.outcome, truth.outcome), (Well, Well), "{record:?}");
        assert_eq!(bearing(chunks).len(), truth.writes.len());
        assert_eq!(words::count(&record.text), 700);
        for (chunk, &(written, _)) in bearing(chunks).into_iter().zip(&truth.writes) {
            assert!(chunk.received >= Nanos(written), "it came before it was written");
        }
        // Mostly about 2,000; a busy machine joins many pieces, but never all.
        let reads = chunks.last().unwrap().read;
        assert!(reads > 100, "{reads} reads");
    }
}

#[test]
fn an_answer_that_comes_byte_by_byte_is_read_whole() {
    let server = Crafted::start(|peer| {
        while peer.next_request()? {
            for byte in answer(TOKENS).as_bytes() {
                peer.say(std::slice::from_ref(byte))?;
            }
        }
        Ok(())
    });
    let mut client = connect(&server.address, patient(), 2);
    let asked = Questions { tokens: TOKENS, ..Questions::default() };
    let finished = carry(&mut client, &asked.prepare(&server.address, closed(2, 6)));
    for (record, chunks) in &finished.sink {
        assert_eq!((record.outcome, record.reused), (Well, true), "{record:?}");
        assert_eq!((bearing(chunks).len(), record.output.server), (8, Some(TOKENS)));
    }
}
