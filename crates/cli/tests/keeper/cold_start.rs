//! From the start of an engine to where it is ready, or why it is not.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::ops::ControlFlow;
use std::thread;
use std::time::Duration;

use tokenometer_engine::process::{
    ColdStart, ColdStartStage, Ended, LogPatterns, LogWatch, Ready, StartError, StartFailure,
    bring_up, free_port,
};
use tokenometer_engine::{Access, Control};

use crate::fake::Fake;

/// Waits for an engine that is to answer at this port.
fn wait_for(fake: &Fake, port: u16, within: Duration) -> Result<ColdStart, Box<StartError>> {
    let patterns =
        LogPatterns::new(&["engine is dead".to_owned()], &[r"\bERROR\b".to_owned()]).unwrap();
    let mut log = LogWatch::new(&fake.job.log, patterns);
    let process = fake.start();
    let address = format!("http://127.0.0.1:{port}").parse().unwrap();
    let control = Control::new(&address, Access::default()).unwrap();
    let ready = Ready { route: "/health".to_owned(), within };
    bring_up(&process, &control, &ready, &mut log, &mut |_| ControlFlow::Continue(()))
}

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_millis(200);

/// A server in this process, which answers with these statuses in turn, and
/// with the last of them from then on. A connection without a question counts
/// for nothing.
fn server(statuses: &'static [u16]) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    thread::spawn(move || {
        let mut answered = 0;
        for connection in listener.incoming() {
            let mut connection = connection.unwrap();
            if connection.read(&mut [0; 4096]).unwrap_or(0) == 0 {
                continue;
            }
            let status = statuses[answered.min(statuses.len() - 1)];
            answered += 1;
            let answer = format!("HTTP/1.1 {status} Said\r\nContent-Length: 0\r\n\r\n");
            let _ = connection.write_all(answer.as_bytes());
        }
    });
    port
}

#[test]
fn its_stages_are_timed() {
    let fake = Fake::new("echo ERROR but not a bad one; up; sleep 1000");
    let start = wait_for(&fake, server(&[404, 503, 200]), LONG).unwrap();
    let stages: Vec<_> = start.stages.iter().map(|(stage, _)| stage.name()).collect();
    assert_eq!(stages, ["listening", "healthy"]);
    assert!(start.stages[1].1 > Duration::ZERO);
    assert_eq!(start.errors[0].text, "ERROR but not a bad one");
}

#[test]
fn one_that_dies_says_how_with_its_last_words() {
    let fake = Fake::new(
        "up; for i in $(seq 40); do echo line $i; done; echo ERROR: no memory; printf '\\033[31mbye'; exit 1",
    );
    let error = wait_for(&fake, free_port("127.0.0.1").unwrap(), LONG).unwrap_err();
    assert!(
        matches!(error.why, StartFailure::Died { ended: Ended::Code(1), port: None }),
        "{error}"
    );
    assert_eq!(error.stage, ColdStartStage::Listening);
    assert_eq!(error.last_lines.len(), 15);
    assert_eq!(error.last_lines[13..], ["ERROR: no memory", "bye"]);
    assert_eq!(error.errors, ["ERROR: no memory"]);
    assert_eq!(error.log, fake.job.log);
    assert!(error.to_string().contains("not listening after"), "{error}");
    assert!(error.to_string().ends_with("it ended (exit code 1)"), "{error}");
}

#[test]
fn one_that_dies_of_a_taken_port_says_who_has_it() {
    // Somebody else listens there but never answers with success.
    let fake = Fake::new("up; sleep 0.3; exit 98");
    let error = wait_for(&fake, server(&[503]), LONG).unwrap_err();
    let taken = match &error.why {
        StartFailure::Died { ended: Ended::Code(98), port: Some(taken) } => taken,
        why => panic!("{why}"),
    };
    assert_eq!(taken.holder.pid, Some(std::process::id()));
    assert_eq!(error.stage, ColdStartStage::Healthy);
}

#[test]
fn one_whose_log_says_that_it_is_lost_is_not_waited_for() {
    let fake = Fake::new("up; echo engine is dead; sleep 1000");
    let error = wait_for(&fake, free_port("127.0.0.1").unwrap(), LONG).unwrap_err();
    assert!(matches!(&error.why, StartFailure::FatalLine { line } if line == "engine is dead"));
    assert_eq!(error.errors, ["engine is dead"]);
}

#[test]
fn one_that_takes_too_long_says_at_which_stage() {
    let fake = Fake::new("echo loading; up; sleep 1000");
    let error = wait_for(&fake, free_port("127.0.0.1").unwrap(), SHORT).unwrap_err();
    assert!(matches!(error.why, StartFailure::TimedOut { last: None, .. }), "{error}");
    assert_eq!(error.stage, ColdStartStage::Listening);
    assert_eq!(error.last_lines, ["loading"]);

    let fake = Fake::new("up; sleep 1000");
    let error = wait_for(&fake, server(&[503]), SHORT).unwrap_err();
    assert_eq!(error.stage, ColdStartStage::Healthy);
    let StartFailure::TimedOut { last: Some(last), .. } = &error.why else { panic!("{error}") };
    assert!(last.contains("503"), "{last}");
}

#[test]
fn whoever_waits_may_give_up() {
    let fake = Fake::new("echo loading; up; sleep 1000");
    let process = fake.start();
    let port = free_port("127.0.0.1").unwrap();
    let address = format!("http://127.0.0.1:{port}").parse().unwrap();
    let control = Control::new(&address, Access::default()).unwrap();
    let ready = Ready { route: "/health".to_owned(), within: LONG };
    let mut log = LogWatch::new(&fake.job.log, LogPatterns::none());
    let mut seen = Vec::new();
    let error = bring_up(&process, &control, &ready, &mut log, &mut |progress| {
        seen.push(progress.stage);
        if seen.len() < 3 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break("enough".to_owned())
        }
    })
    .unwrap_err();
    assert!(error.to_string().ends_with("enough"), "{error}");
    assert_eq!(seen, [ColdStartStage::Listening; 3]);
}
