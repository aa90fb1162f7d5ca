//! How punctual the server is under load, by its own account. A measurement,
//! not a test: run it on an otherwise idle machine with
//! `cargo test --release -p tokenometer-sim --test lateness -- --ignored --nocapture`.

// Clippy's leave to unwrap and print in tests covers test functions, but not
// what they call.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rustix::event::{Timespec, epoll};
use rustix::thread::{CpuSet, sched_setaffinity};
use tokenometer_core::Endpoint;
use tokenometer_sim::{Lateness, Script, Server, Settings, Simulation};

/// What one load showed.
struct Seen {
    lateness: Lateness,
    span: Duration,
    tokens: u64,
    /// Processor time of the serving thread.
    busy: Duration,
}

/// A server that keeps to a script, given in words.
fn scripted(words: &str) -> Settings {
    let mut script = Script::default();
    for (key, value) in words.split_whitespace().filter_map(|word| word.split_once('=')) {
        script.set(key, value).unwrap();
    }
    Settings { script, ..Settings::default() }
}

/// A server that simulates `llama-3.1-8b` on eight H100, with options in words.
fn simulated(words: &str) -> Settings {
    let mut simulation = Simulation::new("h100x8", "llama-3.1-8b", None).unwrap();
    for (key, value) in words.split_whitespace().filter_map(|word| word.split_once('=')) {
        simulation.set(key, value).unwrap();
    }
    Settings { simulation: Some(simulation), ..Settings::default() }
}

/// Sends the same request on every connection at once, as many times as said,
/// and throws the answers away as cheaply as can be: what ends in the last
/// chunk of a body ends an answer.
fn load(settings: Settings, streams: usize, rounds: usize, tokens: usize) -> Seen {
    let settings = Settings { cpu: Some(1), ..settings };
    let mut server = Server::bind(settings).unwrap();
    let Endpoint::Tcp { host, port, .. } = server.address().endpoint.clone() else { panic!() };
    let stop = Arc::new(AtomicBool::new(false));
    let stopped = stop.clone();
    let thread = std::thread::spawn(move || {
        server.run(&stopped).unwrap();
        (server.lateness(), thread_time())
    });
    let mut set = CpuSet::new();
    set.set(0);
    sched_setaffinity(None, &set).unwrap();
    let span = read_all(&host, port, streams, rounds, tokens);
    stop.store(true, Ordering::Relaxed);
    let (lateness, busy) = thread.join().unwrap();
    Seen { lateness, span, tokens: (streams * rounds * tokens) as u64, busy }
}

fn thread_time() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn read_all(host: &str, port: u16, streams: usize, rounds: usize, tokens: usize) -> Duration {
    let queue = epoll::create(epoll::CreateFlags::CLOEXEC).unwrap();
    let mut clients: Vec<(TcpStream, usize)> = Vec::new();
    for index in 0..streams {
        let client = TcpStream::connect((host, port)).unwrap();
        client.set_nodelay(true).unwrap();
        client.set_nonblocking(true).unwrap();
        let data = epoll::EventData::new_u64(index as u64);
        epoll::add(&queue, &client, data, epoll::EventFlags::IN).unwrap();
        clients.push((client, 0));
    }
    let body = format!(r#"{{"prompt":"w1 w2 w3","max_tokens":{tokens},"stream":true}}"#);
    let request = format!(
        "POST /v1/completions HTTP/1.1\r\nhost: sim\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let begun = Instant::now();
    for (client, _) in &mut clients {
        client.write_all(request.as_bytes()).unwrap();
    }
    let mut left = streams;
    let mut buffer = vec![0; 65536];
    let mut events: Vec<epoll::Event> = Vec::with_capacity(256);
    while left > 0 {
        let timeout = Timespec { tv_sec: 10, tv_nsec: 0 };
        epoll::wait(&queue, rustix::buffer::spare_capacity(&mut events), Some(&timeout)).unwrap();
        assert!(!events.is_empty(), "nothing came for 10 s");
        for event in events.drain(..) {
            let (client, done) = &mut clients[{ event.data }.u64() as usize];
            match client.read(&mut buffer) {
                Ok(count) if buffer[..count].ends_with(b"0\r\n\r\n") => {
                    *done += 1;
                    if *done == rounds {
                        left -= 1;
                    } else {
                        client.write_all(request.as_bytes()).unwrap();
                    }
                }
                Ok(0) => panic!("the server hung up"),
                Ok(_) => {}
                Err(error) => assert_eq!(error.kind(), ErrorKind::WouldBlock),
            }
        }
    }
    begun.elapsed()
}

/// Loads a server, and prints what that showed.
fn measure(name: &str, settings: Settings, streams: usize, rounds: usize, tokens: usize) {
    let Seen { lateness, span, tokens, busy } = load(settings, streams, rounds, tokens);
    let rate = tokens as f64 / span.as_secs_f64();
    let cost = busy.as_secs_f64() * 1e6 / tokens as f64;
    println!("{name}: {rate:.0} tokens/s, {cost:.2} µs of the server's processor a token");
    println!("  {lateness:?}");
}

#[test]
#[ignore = "a measurement, for an idle machine"]
fn punctuality_and_speed() {
    let by_16 = "ttft=0 gap=0 chunks-per-write=16";
    for (name, words, streams, rounds, tokens) in [
        ("64 streams, 100 tokens/s each", "ttft=100ms gap=10ms", 64, 2, 400),
        ("1024 streams, 50 tokens/s each", "ttft=100ms gap=20ms", 1024, 3, 128),
        ("burst, 64 streams, 1 token a write", "ttft=0 gap=0", 64, 20, 1000),
        ("burst, 64 streams, 16 tokens a write", by_16, 64, 40, 1000),
    ] {
        measure(name, scripted(words), streams, rounds, tokens);
    }
}

/// Eight H100 take about 20 ms for a step of a thousand sequences.
#[test]
#[ignore = "a measurement, for an idle machine"]
fn a_thousand_sequences_of_a_simulated_machine() {
    let machine = simulated("max-num-seqs=1000 step-noise=0 start-noise=0");
    measure("1000 sequences, 50 tokens/s each", machine, 1000, 1, 512);
}
