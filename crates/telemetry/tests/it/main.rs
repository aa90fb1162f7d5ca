//! Watching a server that answers as it was told to. Nothing here depends on
//! how fast anything is: a test waits for what it needs.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod server;

use std::time::Duration;

use server::{Said, Server};
use tokenometer_engine::{Counter, CounterNames, EngineCounters, NamesByCounter, Series};
use tokenometer_telemetry::{
    Keep, KeepError, Scrape, Watch, WatchError, WatchSettings, counters, readings, scrape,
};

const TEXT: &str = "vllm:num_requests_running 3\nvllm:num_requests_waiting NaN\n";

/// A watch that makes its first scrape and then has an hour to the next.
fn settings(server: &Server, interval: Duration) -> WatchSettings {
    WatchSettings { control: server.control(), names: None, interval }
}

const HOUR: Duration = Duration::from_secs(3600);

#[test]
fn snapshots_stand_among_the_scrapes_with_their_moments() {
    let server = Server::new(vec![Said::Text(TEXT)]);
    let watch = Watch::start(settings(&server, HOUR), Vec::new()).unwrap();
    let before = watch.snapshot("measure before").unwrap();
    let after = watch.snapshot("measure after").unwrap();
    let watched = watch.stop().unwrap();
    assert_eq!(before.text.as_deref(), Ok(TEXT));
    assert!(before.asked <= before.answered && before.answered <= after.asked);
    assert!(before.asked <= before.time() && before.time() <= before.answered);
    // Its turn comes at once, so a snapshot finds it done or goes before it.
    let moments: Vec<_> = watched.keep.iter().filter_map(|s| s.moment.as_deref()).collect();
    assert_eq!(moments, ["measure before", "measure after"]);
    assert_eq!(watched.scrapes, watched.keep.len() as u64);
    assert_eq!((watched.gaps, watched.first_gap.as_deref()), (0, None));
    assert!(watched.unkept.is_none());
}

#[test]
fn scrapes_are_made_on_connections_of_their_own() {
    let server = Server::new(vec![Said::Text(TEXT)]);
    let interval = Duration::from_millis(10);
    let watch = Watch::start(settings(&server, interval), Vec::new()).unwrap();
    server.wait_for(3);
    let watched = watch.stop().unwrap();
    assert!(watched.scrapes >= 3);
    assert_eq!(server.connections(), server.requests());
    for pair in watched.keep.windows(2) {
        assert!(pair[0].answered <= pair[1].asked, "{pair:?}");
    }
}

#[test]
fn a_scrape_that_failed_is_a_gap_with_its_reason() {
    let said = [
        Said::Status(503),
        Said::HangUp,
        Said::Status(404),
        Said::Text("<html>"),
        Said::Text(TEXT),
    ];
    let server = Server::new(said.to_vec());
    let mut told = Vec::new();
    for _ in 0..said.len() {
        let scrape = scrape(&server.control(), None, None);
        let numbers = readings(&scrape, None);
        let shown = match (&scrape.text, &numbers) {
            (Err(why), Ok(numbers)) => format!("gap: {why}; {} numbers", numbers.len()),
            (Ok(_), Ok(numbers)) => format!("{} numbers", numbers.len()),
            (_, Err(error)) => format!("not read: {error}"),
        };
        told.push(shown.replace(&server.address().to_string(), "SERVER"));
    }
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn gaps_are_counted_and_the_first_is_told() {
    let server = Server::new(vec![Said::Text(TEXT), Said::Status(500), Said::Status(503)]);
    let watch = Watch::start(settings(&server, Duration::from_millis(10)), Vec::new()).unwrap();
    server.wait_for(5);
    let watched = watch.stop().unwrap();
    let gaps = watched.keep.iter().filter(|scrape| scrape.text.is_err()).count() as u64;
    assert!(gaps >= 4);
    assert_eq!(watched.gaps, gaps);
    assert!(watched.first_gap.unwrap().contains("HTTP 500"));
}

/// A disk that is full from the second scrape on.
struct Full(usize);

impl Keep for Full {
    fn keep(&mut self, _: &Scrape) -> Result<(), KeepError> {
        self.0 += 1;
        if self.0 > 1 { Err(KeepError("the disk is full".into())) } else { Ok(()) }
    }
}

#[test]
fn a_scrape_that_can_not_be_kept_ends_the_keeping_alone() {
    let server = Server::new(vec![Said::Text(TEXT)]);
    let watch = Watch::start(settings(&server, Duration::from_millis(10)), Full(0)).unwrap();
    server.wait_for(4);
    let last = watch.snapshot("after").unwrap();
    assert_eq!(last.text.as_deref(), Ok(TEXT));
    let watched = watch.stop().unwrap();
    assert_eq!(watched.keep.0, 2);
    assert!(watched.scrapes >= 5);
    assert!(watched.unkept.is_some());
}

#[test]
fn a_watch_without_pauses_is_refused() {
    let server = Server::new(vec![Said::Text(TEXT)]);
    let error = Watch::start(settings(&server, Duration::ZERO), Vec::new()).unwrap_err();
    assert!(matches!(error, WatchError::TooOften { .. }), "{error}");
    assert_eq!(server.requests(), 0);
}

#[test]
fn numbers_are_read_under_the_names_of_a_profile() {
    let names =
        NamesByCounter { running: vec![Series::Named("busy".into())], ..NamesByCounter::default() };
    let names = CounterNames { route: "/stats".into(), names };
    let server = Server::new(vec![Said::Text("busy 2\nvllm:num_requests_waiting 9\n")]);
    let scrape = scrape(&server.control(), Some(&names), None);
    assert_eq!(server.routes(), ["/stats"]);
    let read = readings(&scrape, Some(&names)).unwrap();
    assert_eq!(read.len(), 1);
    assert_eq!((read[0].counter, read[0].value), (Counter::Running, 2.0));
    assert_eq!(read[0].time, scrape.time());
    let expected = EngineCounters { running: Some(2.0), ..EngineCounters::default() };
    assert_eq!(counters(scrape.text.as_ref().unwrap(), Some(&names)).unwrap(), expected);
}
