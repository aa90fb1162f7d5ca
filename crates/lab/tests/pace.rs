//! When the load client sends what, held against its schedule and against the
//! embedded engine's own account: closed and open loops, their phases and
//! windows, and every way in which a load can end.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use std::time::Duration;

use Outcome::{Cancelled, Censored, Ok as Well, Unsent};
use support::{
    Kept, Questions, Sim, Truths, carry, carry_watched, check_error, closed, connect, every,
    in_order, median, most_at_once, object, open, outcomes, patient, spread,
};
use tokenometer_core::{Close, Event, Nanos, Observer, Outcome, Pace, Phase, Record, Window};
use tokenometer_load::{Finished, Limits, Stop};

const SCRIPT: &str = "ttft=6ms gap=1ms";

/// The records of a phase, in the order in which they were due.
fn of_phase(kept: &Kept, phase: Phase) -> Vec<&Record> {
    in_order(kept).into_iter().filter(|record| record.phase == phase).collect()
}

/// Every record's outcome must be what the engine concludes. Of a request that
/// was given up the engine may have seen nothing, and may have said everything.
fn agree(kept: &Kept, truths: &Truths, asked: &Questions) {
    for (record, _) in kept {
        match truths.get(&asked.id(record)) {
            Some(truth) if truth.outcome == record.outcome => {}
            Some(truth) => assert_eq!((record.outcome, truth.outcome), (Cancelled, Well)),
            None => assert_eq!(record.outcome, Cancelled, "{record:?}"),
        }
    }
}

#[test]
fn a_closed_loop_keeps_its_concurrency_and_never_exceeds_it() {
    let sim = Sim::scripted(SCRIPT);
    for slots in [1, 4, 9] {
        let asked = Questions::default().named(&format!("{slots}-"));
        sim.forget();
        let mut client = sim.client(slots);
        let count = 6 * slots;
        let prepared = asked.prepare(&sim.address, closed(slots, count as u32));
        let finished = carry(&mut client, &prepared);
        let truths = sim.truths(count);
        agree(&finished.sink, &truths, &asked);
        assert_eq!((finished.sink.len(), truths.len()), (count, count));
        assert_eq!(most_at_once(&truths), slots);
        let mut rows: Vec<u32> = finished.sink.iter().map(|(record, _)| record.row).collect();
        rows.sort_unstable();
        assert!(rows.into_iter().eq(0..count as u32), "each row is sent once");
        let last = finished.sink.iter().filter_map(|(record, _)| record.end).max().unwrap();
        let window = Window { opens: finished.started, closes: last + Nanos(1) };
        assert_eq!((finished.window, finished.interrupted), (Some(window), false));
    }
}

#[test]
fn a_slots_next_request_is_due_when_the_one_before_has_ended() {
    let sim = Sim::scripted(SCRIPT);
    let mut client = sim.client(1);
    let prepared = Questions::default().prepare(&sim.address, closed(1, 8));
    let finished = carry(&mut client, &prepared);
    for pair in in_order(&finished.sink).windows(2) {
        assert_eq!(Some(pair[1].intended), pair[0].end);
    }
}

#[test]
fn a_spread_start_ramps_in_measures_so_many_and_drains() {
    let sim = Sim::scripted(SCRIPT);
    let asked = Questions { tokens: 20, ..Questions::default() };
    let pace = spread(4, 12, (20..40, 0..20, 40..60), Close::AllEnded);
    let finished = carry(&mut sim.client(4), &asked.prepare(&sim.address, pace));
    let kept = &finished.sink;
    let truths = sim.truths(of_phase(kept, Phase::Measure).len());
    agree(kept, &truths, &asked);
    let Window { opens, closes } = finished.window.unwrap();
    assert_eq!(opens, finished.started + Nanos::from_millis(36));
    let [ramp_in, measured, drain] =
        [Phase::RampIn, Phase::Measure, Phase::Drain].map(|phase| of_phase(kept, phase));
    assert!(!ramp_in.is_empty() && !drain.is_empty());
    assert!(ramp_in.iter().all(|record| record.intended < opens && record.row >= 20));
    assert!(measured.iter().map(|record| record.row).eq(0..20), "each row is measured once");
    assert!(measured.iter().all(|record| record.intended >= opens && record.outcome == Well));
    assert_eq!(measured.iter().filter_map(|record| record.end).max(), Some(closes + Nanos(-1)));
    let last_due = measured.last().unwrap().intended;
    assert!(drain.iter().all(|record| record.intended >= last_due && record.row >= 40));
    // The load goes on until the last of the measured has ended; what runs
    // then is given up.
    let is_fine = |record: &&Record| matches!(record.outcome, Well | Cancelled);
    assert!(drain.iter().chain(&ramp_in).all(is_fine));
    assert!(most_at_once(&truths) <= 4);
    assert_eq!(finished.instrument.prompts_repeated, 0);
}

#[test]
fn a_duration_measures_what_is_due_inside_it_and_repeats_rows_if_it_must() {
    let sim = Sim::scripted(SCRIPT);
    let asked = Questions::default();
    let length = Duration::from_millis(160);
    let pace = spread(3, 10, (5..9, 0..5, 9..12), Close::After(length));
    let finished = carry(&mut sim.client(3), &asked.prepare(&sim.address, pace));
    let kept = &finished.sink;
    let window = finished.window.unwrap();
    assert_eq!(window.opens, finished.started + Nanos::from_millis(20));
    assert_eq!(window.length(), length.into());
    let measured = of_phase(kept, Phase::Measure);
    assert!(measured.iter().all(|record| window.contains(record.intended)));
    assert!(measured.iter().all(|record| record.outcome == Well));
    assert!(of_phase(kept, Phase::Drain).iter().all(|record| record.intended >= window.closes));
    assert!(of_phase(kept, Phase::RampIn).iter().all(|record| record.intended < window.opens));
    // The five rows are sent in turn, and again from the first.
    assert!(measured.len() > 5, "{}", measured.len());
    assert!(measured.iter().map(|record| record.row).eq((0..5).cycle().take(measured.len())));
    assert!(finished.instrument.prompts_repeated >= measured.len() as u64 - 5);
    let truths = sim.truths(measured.len());
    agree(kept, &truths, &asked);
    assert!(most_at_once(&truths) <= 3);
}

#[test]
fn a_whole_schedule_may_be_a_warm_up() {
    let sim = Sim::scripted(SCRIPT);
    let pace = Pace::Closed {
        starts: vec![Nanos::ZERO; 2],
        ramp_in: 0..0,
        measured: 0..4,
        drain: 4..4,
        close: Close::AllEnded,
        measured_as: Phase::WarmUp,
    };
    let asked = Questions::default();
    let finished = carry(&mut sim.client(2), &asked.prepare(&sim.address, pace));
    assert_eq!(of_phase(&finished.sink, Phase::WarmUp).len(), 4);
    assert!(sim.truths(4).keys().all(|id| id.contains("-8000-")));
}

/// Offsets of a Poisson process of 250 a second, as drawn once.
fn poisson() -> Vec<Nanos> {
    let gaps_us = [
        1_380, 9_410, 220, 4_870, 60, 2_950, 14_200, 710, 3_330, 30, 6_020, 1_190, 8_800, 450,
        2_010, 5_570, 90, 340, 11_650, 3_900, 1_720, 7_080, 610, 2_480, 4_290, 160, 9_930, 1_040,
        3_610, 820, 5_140, 2_260,
    ];
    let mut at = 0;
    let offset = |gap: i64| {
        at += gap;
        Nanos(at * 1_000)
    };
    gaps_us.into_iter().map(offset).collect()
}

#[test]
fn an_open_loop_sends_at_the_offsets_whatever_the_server_does() {
    let sim = Sim::scripted("ttft=60ms gap=1ms");
    let asked = Questions::default();
    for offsets in [every(4, 40), poisson()] {
        let mut client = sim.client(offsets.len());
        let prepared = asked.prepare(&sim.address, open(&offsets, None));
        let lateness = |_| {
            sim.forget();
            let finished = carry(&mut client, &prepared);
            on_schedule(&finished, &offsets);
            let truths = sim.truths(offsets.len());
            agree(&finished.sink, &truths, &asked);
            let until = |at: &dyn Fn(&Record) -> Nanos| {
                let records = in_order(&finished.sink);
                median(records.into_iter().map(|record| at(record) - record.intended).collect())
            };
            let arrival = |record: &Record| Nanos(truths[&asked.id(record)].arrival_ns);
            (until(&|record| record.sent.unwrap()), until(&arrival))
        };
        // What the client can do, not what other work on this machine lets it:
        // the best of a few tries.
        let (sent, arrived) = (0..5).map(lateness).min().unwrap();
        assert!(sent < Nanos::from_millis(1), "sent {sent} after it was due");
        assert!(arrived < Nanos::from_millis(5), "arrived {arrived} after it was due");
    }
}

/// Every request must have been due at start plus offset, and none sent early.
fn on_schedule(finished: &Finished<Kept>, offsets: &[Nanos]) {
    let records = in_order(&finished.sink);
    assert_eq!(records.len(), offsets.len());
    for (row, (record, offset)) in records.into_iter().zip(offsets).enumerate() {
        assert_eq!(record.intended, finished.started + *offset);
        assert_eq!(record.row as usize, row);
        assert!(record.sent.is_none_or(|sent| sent >= record.intended), "{record:?}");
    }
    let last = offsets.last().unwrap();
    let (opens, closes) = (finished.started, finished.started + *last + Nanos(1));
    assert_eq!(finished.window, Some(Window { opens, closes }));
}

#[test]
fn a_cap_queues_in_the_client_and_keeps_what_was_intended() {
    let sim = Sim::scripted("ttft=20ms gap=1ms");
    let asked = Questions::default();
    let offsets = every(5, 8);
    let prepared = asked.prepare(&sim.address, open(&offsets, Some(2)));
    assert_eq!(prepared.connections(), 2);
    let finished = carry(&mut sim.client(2), &prepared);
    on_schedule(&finished, &offsets);
    let truths = sim.truths(8);
    agree(&finished.sink, &truths, &asked);
    assert_eq!(most_at_once(&truths), 2);
    let records = in_order(&finished.sink);
    for (record, earlier) in records.iter().skip(2).zip(&records) {
        let late = record.sent.unwrap() - record.intended;
        let earlier = earlier.sent.unwrap() - earlier.intended;
        // Each pair takes 27 ms, in which only 10 ms of arrivals come.
        assert!(late - earlier >= Nanos::from_millis(12), "{late} after {earlier}");
        assert!(record.reused && record.outcome == Well);
    }
}

#[test]
fn a_burst_is_due_at_once_and_its_window_lasts_until_it_has_ended() {
    let sim = Sim::scripted("ttft=40ms gap=1ms");
    let asked = Questions::default();
    let prepared = asked.prepare(&sim.address, open(&[Nanos::ZERO; 16], None));
    assert_eq!(prepared.connections(), 16);
    let finished = carry(&mut sim.client(16), &prepared);
    let truths = sim.truths(16);
    agree(&finished.sink, &truths, &asked);
    assert_eq!(most_at_once(&truths), 16);
    let last = finished.sink.iter().filter_map(|(record, _)| record.end).max().unwrap();
    let window = Window { opens: finished.started, closes: last + Nanos(1) };
    assert_eq!(finished.window, Some(window));
}

#[test]
fn phases_of_an_open_loop_are_those_of_its_arrivals() {
    let sim = Sim::scripted("ttft=30ms gap=1ms");
    let mut pace = open(&every(10, 9), None);
    let Pace::Open { arrivals, window, .. } = &mut pace else { unreachable!() };
    for arrival in arrivals.iter_mut() {
        arrival.phase = match arrival.offset.0 / 10_000_000 {
            0..3 => Phase::RampIn,
            3..6 => Phase::Measure,
            _ => Phase::Drain,
        };
    }
    *window = Window { opens: Nanos::from_millis(30), closes: Nanos::from_millis(60) };
    let window = *window;
    let asked = Questions::default();
    let finished = carry(&mut sim.client(9), &asked.prepare(&sim.address, pace));
    let (opens, closes) = (finished.started + window.opens, finished.started + window.closes);
    assert_eq!(finished.window, Some(Window { opens, closes }));
    agree(&finished.sink, &sim.truths(6), &asked);
    assert_eq!(of_phase(&finished.sink, Phase::RampIn).len(), 3);
    let measured = of_phase(&finished.sink, Phase::Measure);
    assert!(measured.len() == 3 && measured.iter().all(|record| record.outcome == Well));
    // The third of the measured ends at 87 ms: the load went on until then.
    assert!(of_phase(&finished.sink, Phase::Drain).len() >= 2);
}

#[test]
fn what_runs_at_the_drain_limit_is_censored_and_what_waits_was_never_sent() {
    let sim = Sim::scripted("ttft=10s");
    let drain = Duration::from_millis(150);
    let mut client = connect(&sim.address, Limits { drain, ..patient() }, 2);
    let asked = Questions::default();
    let prepared = asked.prepare(&sim.address, open(&every(10, 5), Some(2)));
    let finished = carry(&mut client, &prepared);
    assert_eq!(outcomes(&finished.sink), [(Unsent, 3), (Censored, 2)].into());
    for record in in_order(&finished.sink) {
        let closes = finished.window.unwrap().closes;
        assert!(record.end.unwrap() - closes >= drain.into());
        check_error(record, if record.outcome == Censored { "--drain-limit" } else { "waited" });
        assert_eq!(record.sent.is_some(), record.outcome == Censored);
    }
    assert!(!finished.interrupted);
    assert!(sim.truths(2).values().all(|truth| truth.outcome == Cancelled));
}

/// Asks for a stop once so many measured requests have ended.
struct Stopper {
    after: u64,
    at_once: bool,
    stop: Stop,
}

impl Observer for Stopper {
    fn notice(&self, event: Event) {
        match event {
            Event::Progress(progress) if progress.done >= self.after => {
                if self.at_once {
                    self.stop.now()
                } else {
                    self.stop.ask()
                }
            }
            _ => {}
        }
    }
}

fn stopped(after: u64, at_once: bool, pace: Pace) -> (Finished<Kept>, Truths) {
    let sim = Sim::scripted("ttft=30ms gap=1ms");
    let asked = Questions::default();
    let observer = Stopper { after, at_once, stop: Stop::default() };
    let stop = observer.stop.child();
    let prepared = asked.prepare(&sim.address, pace);
    let finished = carry_watched(&mut sim.client(3), &prepared, &observer, &stop);
    let sent = finished.sink.iter().filter(|(record, _)| record.sent.is_some()).count();
    // One that was given up just after it was sent may never have been read.
    let truths = sim.truths(if at_once { sent - 3 } else { sent });
    agree(&finished.sink, &truths, &asked);
    assert!(finished.interrupted && !observer.stop.child().is_now() | at_once);
    (finished, truths)
}

#[test]
fn a_load_that_is_asked_to_stop_lets_what_runs_end() {
    let (finished, truths) = stopped(3, false, closed(3, 500));
    let records = in_order(&finished.sink);
    assert!((3..500).contains(&records.len()) && truths.len() == records.len());
    assert!(records.iter().all(|record| record.outcome == Well));
    let last = records.iter().filter_map(|record| record.end).max().unwrap();
    assert_eq!(finished.window.unwrap().closes, last + Nanos(1));
}

#[test]
fn a_capped_load_that_is_asked_to_stop_cancels_what_waits() {
    let (finished, truths) = stopped(3, false, open(&every(1, 4_000), Some(3)));
    let counts = outcomes(&finished.sink);
    assert!(counts[&Well] >= 3 && counts[&Cancelled] > 3, "{counts:?}");
    assert_eq!(truths.len(), counts[&Well]);
    let closes = finished.window.unwrap().closes;
    for (record, _) in finished.sink.iter().filter(|(record, _)| record.outcome == Cancelled) {
        assert!(record.sent.is_none() && record.intended <= closes, "{record:?}");
        check_error(record, "stopped before it was sent");
    }
}

#[test]
fn a_load_that_is_stopped_at_once_cancels_what_runs() {
    let (finished, _) = stopped(3, true, closed(3, 500));
    let counts = outcomes(&finished.sink);
    assert!(counts[&Well] >= 3 && (1..=3).contains(&counts[&Cancelled]), "{counts:?}");
    for (record, _) in finished.sink.iter().filter(|(record, _)| record.outcome == Cancelled) {
        check_error(record, "the run was stopped");
    }
}

#[test]
fn two_loads_of_one_client_share_connections_and_number_on() {
    let sim = Sim::scripted(SCRIPT);
    let mut client = sim.client(3);
    let asked = Questions::default();
    let paces = [closed(3, 7), open(&every(2, 5), Some(3)), closed(3, 4)];
    let mut numbers = Vec::new();
    for pace in paces {
        let finished = carry(&mut client, &asked.prepare(&sim.address, pace));
        numbers.extend(in_order(&finished.sink).iter().map(|record| record.request));
        assert!(finished.sink.iter().all(|(record, _)| record.reused));
        assert_eq!(finished.instrument.connections_opened, 0);
    }
    assert!(numbers.into_iter().eq(0..16));
    assert_eq!(sim.truths(16).len(), 16);
}

#[test]
fn each_phase_is_told_of_once_and_progress_adds_up() {
    #[derive(Default)]
    struct Log(std::sync::Mutex<Vec<Event>>);
    impl Observer for Log {
        fn notice(&self, event: Event) {
            self.0.lock().unwrap().push(event);
        }
    }
    let sim = Sim::scripted(SCRIPT);
    let asked = Questions::default().wishing(object(&[("gap", "2ms")]));
    let pace = spread(3, 8, (9..20, 0..9, 20..40), Close::AllEnded);
    let log = Log::default();
    let prepared = asked.prepare(&sim.address, pace);
    carry_watched(&mut sim.client(3), &prepared, &log, &Stop::default());
    let events = log.0.into_inner().unwrap();
    let phase = |event: &Event| match event {
        Event::PhaseBegan { phase, requests, .. } => Some((*phase, *requests)),
        _ => None,
    };
    let phases: Vec<_> = events.iter().filter_map(phase).collect();
    let expected = [(Phase::RampIn, None), (Phase::Measure, Some(9)), (Phase::Drain, None)];
    assert_eq!(phases, expected);
    let Some(Event::Progress(last)) = events.last() else { panic!("no progress at the end") };
    assert_eq!((last.done, last.failed, last.in_flight), (9, 0, 0));
    assert!(last.chunks > 0);
}
