//! A study as people and programs see it.

use tokenometer_core::Standing;
use tokenometer_report::{CellSeen, Ending, StudySeen, Style, study, study_line};
use tokenometer_results::Trial;

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
    insta::assert_snapshot!(study(&seen, Style::Plain));
    let line = serde_json::to_value(study_line(&seen)).unwrap();
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
    let page = study(&seen(cells), Style::Plain);
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
