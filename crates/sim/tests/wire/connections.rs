//! What a connection must put up with: reuse, pipelines, other address
//! families, limits, idling, and clients that don't read.

use std::io::{Read, Write};
use std::net::{Ipv6Addr, SocketAddr};
use std::os::unix::net::UnixStream;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

use tokenometer_core::Outcome;
use tokenometer_sim::{Listen, Server, Settings, SimError};

use crate::client::{Client, Ending, Sim, request, script};

const STREAM: &str = r#"{"prompt":"w1","max_tokens":3,"stream":true}"#;

#[test]
fn one_connection_serves_many_requests() {
    let sim = Sim::scripted("ttft=1ms gap=0");
    let mut client = sim.connect();
    for _ in 0..20 {
        let response = client.post("/v1/completions", &[], STREAM);
        assert_eq!((response.events().len(), response.ending), (3, Ending::Proper));
    }
    let response = client.post("/v1/completions", &[("connection", "close")], STREAM);
    assert_eq!(response.header("connection"), Some("close"));
    assert_eq!(client.stream.read(&mut [0]).unwrap(), 0, "the server closes");
}

#[test]
fn a_pipeline_is_answered_in_order() {
    let sim = Sim::scripted("ttft=5ms gap=1ms");
    let mut client = sim.connect();
    let mut sent = String::new();
    for id in ["a", "b", "c"] {
        sent += &request("POST", "/v1/completions", &[("x-request-id", id)], STREAM);
    }
    sent += &request("GET", "/health", &[], "");
    client.stream.write_all(sent.as_bytes()).unwrap();
    for id in ["a", "b", "c"] {
        let response = client.read();
        assert_eq!((response.header("x-request-id"), response.events().len()), (Some(id), 3));
    }
    assert_eq!(client.read().status, 200);
    assert!(sim.truths().iter().all(|truth| truth.outcome == Outcome::Ok));
}

#[test]
fn a_request_that_comes_in_drops_arrives_with_its_last_byte() {
    let sim = Sim::scripted("ttft=1ms gap=0");
    let mut client = sim.connect();
    let bytes = request("POST", "/v1/completions", &[("x-request-id", "slow")], STREAM);
    let (start, end) = bytes.split_at(bytes.len() - 1);
    for piece in start.as_bytes().chunks(40) {
        client.stream.write_all(piece).unwrap();
        std::thread::sleep(Duration::from_millis(2));
    }
    let before = crate::client::now();
    client.stream.write_all(end.as_bytes()).unwrap();
    assert_eq!(client.read().events().len(), 3);
    let truth = sim.truth("slow");
    assert!(truth.arrival_stamped, "the kernel stamps what arrives over TCP");
    assert!((0..5_000_000).contains(&(truth.arrival_ns - before)), "{}", truth.arrival_ns - before);
}

#[test]
fn ipv6_and_unix_sockets_work() {
    let listen = Listen::Tcp(SocketAddr::from((Ipv6Addr::LOCALHOST, 0)));
    let sim =
        Sim::start(Settings { listen, script: script("ttft=1ms gap=0"), ..Settings::default() });
    assert!(sim.address.to_string().starts_with("http://[::1]:"));
    assert_eq!(sim.connect().post("/v1/completions", &[], STREAM).events().len(), 3);
    assert!(sim.truths()[0].arrival_stamped);

    let path = std::env::temp_dir().join(format!("tokenometer-sim-{}.sock", std::process::id()));
    let listen: Listen = format!("unix:{}", path.display()).parse().unwrap();
    let settings = Settings { listen, script: script("ttft=1ms gap=0"), ..Settings::default() };
    let again = settings.clone();
    let sim = Sim::start(settings);
    let mut client = Client::new(UnixStream::connect(&path).unwrap());
    assert_eq!(client.post("/v1/completions", &[], STREAM).events().len(), 3);
    let truth: tokenometer_sim::Truth = serde_json::from_str(client.get("/truth").text()).unwrap();
    assert!(!truth.arrival_stamped, "the kernel never stamps what arrives on a unix socket");
    let refused = Server::bind(again).unwrap_err();
    assert!(matches!(refused, SimError::Listen { .. }), "{refused}");
    let lateness = sim.stop();
    assert_eq!((lateness.arrivals, lateness.unstamped), (1, 1));
    assert!(!path.exists(), "the server removes its socket");
}

#[test]
fn idle_connections_are_closed_when_told_so_and_only_then() {
    let keep_alive = Some(Duration::from_millis(60));
    let settings =
        Settings { keep_alive, script: script("ttft=150ms gap=0"), ..Settings::default() };
    let sim = Sim::start(settings);
    let mut client = sim.connect();
    assert_eq!(
        client.post("/v1/completions", &[], STREAM).events().len(),
        3,
        "a wait isn't idling"
    );
    let since = Instant::now();
    assert_eq!(client.stream.read(&mut [0]).unwrap(), 0);
    let idled = since.elapsed();
    assert!((55..2000).contains(&idled.as_millis()), "{idled:?}");
    let mut fresh = sim.connect();
    assert_eq!(fresh.stream.read(&mut [0]).unwrap(), 0, "it idles from the start");

    let patient = Sim::scripted("ttft=1ms gap=0");
    let mut client = patient.connect();
    client.stream.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    assert!(client.stream.read(&mut [0]).is_err(), "nothing comes, not even an end");
}

#[test]
fn what_is_no_request_is_answered_and_closed() {
    let sim = Sim::scripted("ttft=1ms gap=0");
    let long = format!("GET /health HTTP/1.1\r\nx-long: {}\r\n\r\n", "y".repeat(70_000));
    for (bytes, status, why) in [
        ("hello\r\n\r\n".to_owned(), 400, "isn't HTTP/1"),
        (long, 431, "65536 bytes"),
        ("POST / HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n".into(), 413, "67108864 bytes"),
        ("GET / HTTP/1.0\r\n\r\n".into(), 505, "HTTP/1.1"),
    ] {
        let mut client = sim.connect();
        client.stream.write_all(bytes.as_bytes()).unwrap();
        let response = client.read();
        assert_eq!(response.status, status);
        let said = response.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(said.contains(why), "{said}");
        assert_eq!(client.stream.read(&mut [0]).unwrap(), 0);
    }
}

#[test]
fn a_large_body_waits_for_leave_and_is_read() {
    let sim = Sim::scripted("ttft=1ms gap=0");
    let ids = vec!["1"; 100_000].join(",");
    let body = format!(r#"{{"prompt":[{ids}],"max_tokens":2}}"#);
    let head = request("POST", "/v1/completions", &[("expect", "100-continue")], &body);
    let head = &head[..head.len() - body.len()];
    let mut client = sim.connect();
    client.stream.write_all(head.as_bytes()).unwrap();
    let mut leave = [0; 25];
    client.stream.read_exact(&mut leave).unwrap();
    assert_eq!(&leave, b"HTTP/1.1 100 Continue\r\n\r\n");
    client.stream.write_all(body.as_bytes()).unwrap();
    assert_eq!(client.read().json()["usage"]["prompt_tokens"], 100_000);
}

#[test]
fn a_client_that_does_not_read_holds_up_only_itself() {
    let sim = Sim::scripted("ttft=0 gap=0 chunks-per-write=16");
    let mut slow = sim.connect();
    // About 15 MB, more than socket buffers hold.
    let body = r#"{"prompt":"a","max_tokens":60000,"stream":true}"#;
    slow.send("POST", "/v1/completions", &[("x-request-id", "slow")], body);
    std::thread::sleep(Duration::from_millis(50));
    assert_eq!(sim.connect().post("/v1/completions", &[], STREAM).events().len(), 3);
    let response = slow.read();
    assert_eq!((response.events().len(), response.ending), (60_000, Ending::Proper));
    let truth = sim.truth("slow");
    assert_eq!((truth.output_tokens, truth.outcome), (60_000, Outcome::Ok));
    assert!(truth.writes.is_sorted_by_key(|(at, _)| *at));
    assert!(sim.stop().stalled > 0);
}

#[test]
fn a_thousand_connections_are_served_at_once() {
    let sim = Sim::scripted("ttft=20ms gap=1ms");
    let mut clients: Vec<_> = (0..1000).map(|_| sim.connect()).collect();
    for client in &mut clients {
        client.send("POST", "/v1/completions", &[], STREAM);
    }
    for client in &mut clients {
        assert_eq!(client.read().events().len(), 3);
    }
    assert_eq!(sim.stop().arrivals, 1000);
}

#[test]
fn a_server_that_is_told_to_die_does_so_in_mid_answer() {
    let settings =
        Settings { die_after: Some(2), script: script("ttft=1ms gap=10m"), ..Settings::default() };
    let mut server = Server::bind(settings).unwrap();
    let tokenometer_core::Endpoint::Tcp { host, port, .. } = server.address().endpoint.clone()
    else {
        panic!("it listens on TCP");
    };
    let serving = std::thread::spawn(move || server.run(&AtomicBool::new(false)));
    let connect = || std::net::TcpStream::connect((host.as_str(), port)).unwrap();
    let mut one = connect();
    one.write_all(request("POST", "/v1/completions", &[], STREAM).as_bytes()).unwrap();
    assert_ne!(one.read(&mut [0; 4096]).unwrap(), 0, "the first is served");
    let mut two = connect();
    two.write_all(request("POST", "/v1/completions", &[], STREAM).as_bytes()).unwrap();
    let died = serving.join().unwrap();
    assert!(matches!(died, Err(SimError::Died { after: 2 })), "{died:?}");
}
