//! A study as people and programs see it.

use tokenometer_core::Standing;
use tokenometer_report::digest::Digest;
use tokenometer_report::{CellSeen, Ending, StudySeen, Style, estimate, study, study_line};
use tokenometer_results::{ArmEstimate, BlockEstimate, Estimate, Rehearsed, Taken, Trial};

use crate::sample::{all_failed, healthy, on_a_machine, simulated};

/// A trial of an arm in a block, that much faster than the sample.
fn trial(factor: f64, standing: Standing) -> Trial {
    let mut trial = healthy();
    trial.blocks = 3;
    trial.summary.output_throughput = trial.summary.output_throughput.map(|rate| rate * factor);
    trial.summary.ttft_ms.p50 = trial.summary.ttft_ms.p50.map(|time| time / factor);
    trial.validity.standing = standing;
    trial
}

fn cell<'a>(block: u32, arm: &'a str, ending: Ending<'a>) -> CellSeen<'a> {
    CellSeen { block, arm, scenario: "chat-c8", ending }
}

fn seen(cells: Vec<CellSeen<'_>>) -> StudySeen<'_> {
    StudySeen {
        name: "two\u{1b}[31m engines",
        run: "runs/two",
        arms: vec!["vllm", "sglang"],
        scenarios: vec!["chat-c8", "chat-c64"],
        blocks: 3,
        interrupted: true,
        report: None,
        rehearsal_of: None,
        estimate: None,
        verdict: None,
        cells,
        notes: vec![("sglang", "its kernels are a stand-in")],
    }
}

#[test]
fn a_study_is_shown_whole_with_what_failed_and_what_does_not_count() {
    let fast = trial(1.1, Standing::Valid);
    let slow = trial(0.9, Standing::Valid);
    let doubtful = trial(50.0, Standing::Invalid);
    let saturated = trial(2.0, Standing::Saturated);
    let failed = all_failed();
    let simulated = Trial { simulated: true, ..trial(1.0, Standing::Valid) };
    let died = || Ending::Failed {
        phase: "start",
        why: "the engine ended with code 1\nits last words: no such \u{7}device",
    };
    let seen = seen(vec![
        cell(1, "vllm", Ending::Carried(&fast)),
        cell(2, "vllm", Ending::Carried(&slow)),
        cell(3, "vllm", Ending::Carried(&doubtful)),
        cell(1, "sglang", died()),
        cell(2, "sglang", died()),
        cell(3, "sglang", Ending::Carried(&saturated)),
        CellSeen { scenario: "chat-c64", ..cell(1, "vllm", Ending::Carried(&simulated)) },
        CellSeen { scenario: "chat-c64", ..cell(1, "sglang", Ending::Missing) },
        CellSeen { scenario: "chat-c64", ..cell(2, "sglang", Ending::Carried(&failed)) },
    ]);
    insta::assert_snapshot!(study(&seen, &Digest::default(), Style::Plain));
    let line = serde_json::to_value(study_line(&seen, &Digest::default())).unwrap();
    let standings: Vec<&str> = line["trials"]
        .as_array()
        .unwrap()
        .iter()
        .map(|cell| cell["standing"].as_str().unwrap())
        .collect();
    assert_eq!(
        standings,
        [
            "valid",
            "valid",
            "invalid",
            "failed",
            "failed",
            "saturated",
            "valid",
            "missing",
            "failed"
        ]
    );
    assert_eq!(line["trials"][3]["failed_in"], "start");
    assert!(line["trials"][3]["summary"].is_null());
}

/// The lines of a study's page that say what was simulated.
fn banner(cells: Vec<CellSeen<'_>>) -> String {
    let page = study(&seen(cells), &Digest::default(), Style::Plain);
    let lines = page.lines().skip(1).take_while(|line| !line.starts_with("sglang: its kernels"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_was_simulated_is_said_before_any_number() {
    let (script, machine) = (simulated(), on_a_machine());
    let real = trial(1.0, Standing::Valid);
    let mut larger = on_a_machine();
    larger.simulation.as_mut().unwrap().gpus = Some(8);
    let one = |arm| cell(1, arm, Ending::Carried(&machine));
    let told = [
        banner(vec![one("vllm"), one("sglang")]),
        banner(vec![one("vllm"), cell(1, "sglang", Ending::Carried(&script))]),
        banner(vec![one("vllm"), cell(1, "sglang", Ending::Carried(&real))]),
        banner(vec![
            one("vllm"),
            cell(2, "vllm", Ending::Carried(&larger)),
            cell(1, "sglang", Ending::Carried(&real)),
        ]),
        banner(vec![cell(1, "sglang", Ending::Carried(&real))]),
    ];
    insta::assert_snapshot!(told.join("\n--\n"));
}

#[test]
fn a_rehearsal_says_so_before_any_number() {
    let machine = on_a_machine();
    let rehearsed = Rehearsed {
        study: "two engines".to_owned(),
        notes: vec![
            "one block, at most 8 requests a scenario".to_owned(),
            "vllm is played by llama-3.1-8b on a100, uncalibrated".to_owned(),
        ],
    };
    let cells = vec![cell(1, "vllm", Ending::Carried(&machine))];
    let seen = StudySeen { rehearsal_of: Some(&rehearsed), interrupted: false, ..seen(cells) };
    let page = study(&seen, &Digest::default(), Style::Plain);
    let head: Vec<&str> = page.lines().take_while(|line| !line.starts_with("chat")).collect();
    insta::assert_snapshot!(head.join("\n"));
    let line = serde_json::to_value(study_line(&seen, &Digest::default())).unwrap();
    assert_eq!(line["rehearsal_of"]["study"], "two engines");
}

/// What an arm would take.
fn arm_estimate(arm: &str, factor: f64) -> ArmEstimate {
    let block = BlockEstimate {
        starts: 2,
        trials: 12,
        starts_s: 210.0 * factor,
        warm_ups_s: 120.0,
        loads_s: 1800.0 * factor,
        pauses_s: 6.0,
    };
    let taken = |blocks: u32| {
        let duration_s = f64::from(blocks) * block.total_s();
        let gpu_hours = 8.0 * duration_s / 3600.0;
        Taken { blocks, duration_s, gpu_hours, cost: Some(2.5 * gpu_hours) }
    };
    ArmEstimate {
        arm: arm.to_owned(),
        simulated: Some("deepseek-r1 on h200x8, uncalibrated".to_owned()),
        gpus: Some(8),
        block: Some(block),
        why_not: None,
        least: Some(taken(3)),
        most: Some(taken(10)),
    }
}

#[test]
fn what_a_study_would_take_is_told_as_an_estimate() {
    let (fast, slow) = (arm_estimate("sglang", 1.0), arm_estimate("vllm", 1.25));
    let both = |of: fn(&ArmEstimate) -> Option<Taken>| {
        let (one, other) = (of(&fast).unwrap(), of(&slow).unwrap());
        Taken {
            blocks: one.blocks,
            duration_s: one.duration_s + other.duration_s,
            gpu_hours: one.gpu_hours + other.gpu_hours,
            cost: one.cost.zip(other.cost).map(|(one, other)| one + other),
        }
    };
    let (least, most) = (both(|arm| arm.least), both(|arm| arm.most));
    let script = ArmEstimate {
        simulated: None,
        gpus: None,
        block: None,
        why_not: Some("it keeps to a script".to_owned()),
        least: None,
        most: None,
        ..arm_estimate("sim", 1.0)
    };
    let whole = Estimate {
        schema_version: 1,
        study: "two\u{1b}[31m engines".to_owned(),
        arms: vec![fast, slow, script],
        least,
        most: Some(most),
        currency: Some("USD".to_owned()),
        notes: vec!["one block, at most 8 requests a scenario".to_owned()],
        assumed: vec!["weights are read at 2 GB a second".to_owned()],
    };
    let free = Estimate { currency: None, most: None, ..whole.clone() };
    let told = [estimate(&whole, Style::Plain), estimate(&free, Style::Plain)];
    insta::assert_snapshot!(told.join("--\n"));
}
