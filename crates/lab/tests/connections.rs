//! Connections that come, go, break and never speak: what the load client
//! makes of them. Nothing may be sent twice, nothing may be lost, and a
//! request must not suffer for the one before it.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use Outcome::{Censored, HttpError, Ok as Well, Refused, Reset, StreamError, Timeout, Truncated};
use support::crafted::{Crafted, EMPTY, LARGE, STREAM_HEAD, answer, events, framed};
use support::{
    Questions, Sim, bearing, carry, carry_watched, check_error, closed, connect, every, in_order,
    open, outcomes, patient, script, told,
};
use tokenometer_core::{Event, Nanos, Observer, Outcome, Phase};
use tokenometer_load::{Client, Limits, LoadError, Stop, Trust};
use tokenometer_sim::{Fault, Settings};

const SCRIPT: &str = "ttft=4ms gap=1ms";
/// Tokens of an answer that nothing befalls.
const TOKENS: u32 = 8;
/// How long a client waits where it is to lose patience.
const SHORT_WAIT: Duration = Duration::from_millis(300);
/// What is said of an answer that breaks off.
const CLOSED: &str = "the connection was closed inside the answer";

#[test]
fn connections_that_were_cut_are_replaced_outside_of_requests() {
    let faults = vec![(Fault::CutAfter(3), 1.0)];
    let sim = Sim::start(Settings { script: script(SCRIPT), faults, ..Settings::default() });
    let mut client = sim.client(2);
    let asked = Questions::default();
    let finished = carry(&mut client, &asked.prepare(&sim.address, open(&every(60, 6), None)));
    assert_eq!(sim.truths(6).len(), 6);
    for record in in_order(&finished.sink) {
        assert_eq!((record.outcome, record.reused, record.connect), (Truncated, true, None));
    }
    // The last may be cut when nothing more is to come.
    assert!((5..=6).contains(&finished.instrument.connections_opened));
}

#[test]
fn connections_that_idled_too_long_are_replaced_outside_of_requests() {
    // A request is due 100 ms after each close, and each close 200 ms after a
    // request, so that a busy machine doesn't make them meet.
    let keep_alive = Some(Duration::from_millis(200));
    let sim = Sim::start(Settings { script: script(SCRIPT), keep_alive, ..Settings::default() });
    let mut client = sim.client(1);
    let asked = Questions::default();
    let finished = carry(&mut client, &asked.prepare(&sim.address, open(&every(300, 3), None)));
    assert_eq!(sim.truths(3).len(), 3);
    for record in in_order(&finished.sink) {
        assert_eq!((record.outcome, record.reused, record.connect), (Well, true, None));
    }
    assert!(finished.instrument.connections_opened >= 2);
}

#[test]
fn connections_that_idled_too_long_between_loads_are_replaced_by_ensure() {
    let keep_alive = Some(Duration::from_millis(200));
    let sim = Sim::start(Settings { script: script(SCRIPT), keep_alive, ..Settings::default() });
    let mut client = sim.client(3);
    let prepared = Questions::default().prepare(&sim.address, closed(3, 3));
    std::thread::sleep(Duration::from_millis(400));
    client.ensure(3).unwrap();
    let finished = carry(&mut client, &prepared);
    for record in in_order(&finished.sink) {
        assert_eq!((record.outcome, record.reused), (Well, true), "{record:?}");
    }
}

#[test]
fn without_a_server_there_is_no_client() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let address = format!("http://{free}").parse().unwrap();
    let target = Questions::default().target(&address);
    let error = Client::connect(&target, &Trust::default(), patient(), 4).unwrap_err();
    assert!(matches!(error, LoadError::Connect { .. }));
    let error = told(&error);
    assert!(error.starts_with(&format!("failed to connect to http://{free}: ")), "{error}");
    assert!(error.contains("refused"), "{error}");
}

/// Waits until so many requests have ended.
struct Reached {
    done: u64,
    flag: AtomicBool,
}

impl Observer for Reached {
    fn notice(&self, event: Event) {
        if let Event::Progress(progress) = event
            && progress.done >= self.done
        {
            self.flag.store(true, Ordering::Relaxed);
        }
    }
}

#[test]
fn a_server_that_dies_leaves_a_record_of_every_request() {
    // Some are in the middle of their streams, some wait for their head.
    for (headers, ends) in [("early", Truncated), ("late", Reset)] {
        let ttft = if headers == "late" { "150ms" } else { "5ms" };
        let sim = Sim::scripted(&format!("ttft={ttft} gap=20ms headers={headers}"));
        let mut client = sim.client(4);
        let asked = Questions { tokens: 8, ..Questions::default() };
        let prepared = asked.prepare(&sim.address, closed(4, 16));
        let reached = Reached { done: 4, flag: AtomicBool::new(false) };
        let finished = std::thread::scope(|scope| {
            scope.spawn(|| {
                while !reached.flag.load(Ordering::Relaxed) {
                    std::thread::sleep(Duration::from_millis(1));
                }
                sim.kill();
            });
            carry_watched(&mut client, &prepared, &reached, &Stop::default())
        });
        let counts = outcomes(&finished.sink);
        assert_eq!(finished.sink.len(), 16, "{counts:?}");
        // Mostly all four; on a busy machine one may be elsewhere by then.
        assert!(counts[&ends] > 0 && counts[&Well] >= 4 && counts[&Refused] > 0, "{counts:?}");
        let known = [Well, Truncated, Reset, Refused];
        assert!(counts.keys().all(|outcome| known.contains(outcome)), "{counts:?}");
        for (record, _) in finished.sink.iter().filter(|(record, _)| record.outcome == Refused) {
            check_error(record, "connection refused");
            assert_eq!((record.reused, record.sent, record.connect), (false, None, None));
        }
    }
}

#[test]
fn a_server_that_keeps_no_connection_makes_each_request_open_one() {
    let close = b"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n";
    let server = Crafted::start(|peer| {
        peer.next_request_primed_by(close)?;
        peer.say(answer(TOKENS).replace("OK\r\n", "OK\r\nconnection: close\r\n").as_bytes())
    });
    let mut client = connect(&server.address, patient(), 2);
    let asked = Questions { tokens: TOKENS, ..Questions::default() };
    let finished = carry(&mut client, &asked.prepare(&server.address, closed(2, 6)));
    for record in in_order(&finished.sink) {
        assert_eq!((record.outcome, record.reused), (Well, false));
        let took = record.sent.unwrap() - record.intended;
        assert!(record.connect.unwrap() > Nanos::ZERO && record.connect.unwrap() <= took);
    }
    assert_eq!(server.asked().len(), 6);
}

#[test]
fn a_server_that_never_answers_is_no_server() {
    let server = Crafted::start(|peer| peer.await_close());
    let limits = Limits { connect: SHORT_WAIT, ..patient() };
    let target = Questions::default().target(&server.address);
    let error = Client::connect(&target, &Trust::default(), limits, 2).unwrap_err();
    assert!(told(&error).contains("no answer within 0.3 s (--connect-timeout)"), "{error}");
}

#[test]
fn a_request_that_is_never_answered_times_out_and_is_not_sent_again() {
    let server = Crafted::start(|peer| {
        peer.next_request()?;
        peer.await_close()
    });
    let limits = Limits { first: SHORT_WAIT, ..patient() };
    let mut client = connect(&server.address, limits, 2);
    let prepared = Questions::default().prepare(&server.address, closed(2, 4));
    let finished = carry(&mut client, &prepared);
    for record in in_order(&finished.sink) {
        assert_eq!((record.outcome, record.status), (Timeout, None));
        check_error(record, "no first byte within 0.3 s (--first-timeout)");
    }
    assert_eq!(ids(&server), 4);
}

#[test]
fn a_request_whose_connection_closes_without_an_answer_is_not_sent_again() {
    let server = Crafted::start(|peer| {
        peer.next_request()?;
        // Only the sending side: the client sees the end of a stream.
        peer.transport().shutdown(std::net::Shutdown::Write)?;
        peer.await_close()
    });
    let mut client = connect(&server.address, patient(), 2);
    let prepared = Questions::default().prepare(&server.address, closed(2, 6));
    let finished = carry(&mut client, &prepared);
    for record in in_order(&finished.sink) {
        assert_eq!(record.outcome, Reset);
        check_error(record, "the server closed the connection without an answer");
    }
    assert_eq!(ids(&server), 6);
}

/// How many requests came. None may have come twice.
fn ids(server: &Crafted) -> usize {
    let asked = server.asked();
    let mut ids: Vec<_> = asked.iter().map(|asked| &asked.id).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), asked.len(), "a request came twice");
    ids.len()
}

/// A server that says so many bytes of a healthy answer, and then closes, or
/// stays silent.
fn breaks_off(bytes: usize, closes: bool, stream: bool) -> Crafted {
    let body = r#"{"choices":[{"index":0,"text":" a b","finish_reason":"length"}]}"#;
    let whole = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
    let said = if stream { answer(TOKENS) } else { whole };
    Crafted::start(move |peer| {
        peer.next_request()?;
        peer.say(&said.as_bytes()[..bytes.min(said.len() - 1)])?;
        if closes { Ok(()) } else { peer.await_close() }
    })
}

#[test]
fn an_answer_that_is_cut_anywhere_is_truncated() {
    // Inside the head, an event's line, the chunk's own frame, the last chunk.
    let head = STREAM_HEAD.len();
    for (bytes, stream) in
        [(20, true), (head + 9, true), (head + 100, true), (9_999, true), (70, false)]
    {
        let server = breaks_off(bytes, true, stream);
        let mut client = connect(&server.address, patient(), 1);
        let asked = Questions { stream, tokens: TOKENS, ..Questions::default() };
        let finished = carry(&mut client, &asked.prepare(&server.address, closed(1, 1)));
        let record = in_order(&finished.sink)[0];
        assert_eq!(record.outcome, Truncated, "{bytes} bytes: {record:?}");
        check_error(record, CLOSED);
    }
}

#[test]
fn an_answer_that_runs_at_the_drain_limit_is_censored_wherever_it_stands() {
    let head = STREAM_HEAD.len();
    for (bytes, stream) in [(0, true), (head + 50, true), (head + 100, true), (70, false)] {
        let server = breaks_off(bytes, false, stream);
        let limits = Limits { drain: Duration::from_millis(100), ..patient() };
        let mut client = connect(&server.address, limits, 1);
        let asked = Questions { stream, tokens: TOKENS, ..Questions::default() };
        let finished = carry(&mut client, &asked.prepare(&server.address, closed(1, 1)));
        let record = in_order(&finished.sink)[0];
        assert_eq!(record.outcome, Censored, "{bytes} bytes: {record:?}");
        check_error(record, "--drain-limit");
    }
}

#[test]
fn an_answer_before_the_request_has_been_taken_whole_spoils_nothing() {
    let server = Crafted::start(|peer| {
        if peer.connection() > 0 {
            while peer.next_request()? {
                peer.say(answer(TOKENS).as_bytes())?;
            }
            return Ok(());
        }
        let head = peer.next_head(EMPTY)?.unwrap_or_default();
        peer.note(&head, 0);
        peer.say(b"HTTP/1.1 413 Too Large\r\ncontent-length: 9\r\n\r\ntoo large")?;
        std::thread::sleep(Duration::from_secs(5));
        Ok(())
    });
    let small = Questions { tokens: TOKENS, ..Questions::default() };
    let large = Questions { prompt: "x".repeat(LARGE), ..small.clone() };
    let large = large.prepare(&server.address, closed(1, 1));
    let mut client = connect(&server.address, patient(), 1);
    let refused = carry(&mut client, &large);
    let after = carry(&mut client, &small.prepare(&server.address, closed(1, 2)));
    let record = in_order(&refused.sink)[0];
    assert_eq!((record.outcome, record.status), (HttpError, Some(413)), "{record:?}");
    for record in in_order(&after.sink) {
        assert_eq!(record.outcome, Well, "{record:?}");
    }
    assert_eq!(ids(&server), 3);
}

#[test]
fn an_error_in_the_middle_of_a_stream_keeps_what_came_before() {
    let server = Crafted::start(|peer| {
        peer.next_request()?;
        let events = events(TOKENS);
        let said: String = events[..5].iter().map(|event| framed(event)).collect();
        peer.say(format!("{STREAM_HEAD}{said}zz\r\n").as_bytes())?;
        peer.await_close()
    });
    let mut client = connect(&server.address, patient(), 1);
    let prepared = Questions::default().prepare(&server.address, closed(1, 1));
    let finished = carry(&mut client, &prepared);
    let (record, chunks) = &finished.sink[0];
    assert_eq!((record.outcome, record.phase), (StreamError, Phase::Measure));
    check_error(record, "chunked framing is broken");
    assert_eq!((bearing(chunks).len(), record.text.as_str()), (5, " w0 w1 w2 w3 w4"));
}
