//! A study in which every text that came from somebody else could be mistaken for something
//! else by a page, a table, a terminal or a template.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tokenometer_core::Outcome;
use tokenometer_results::{
    End, Environment, Failure, FailureSeen, Reading, SimulationSeen, Start, Step, Tool, Trial,
    TrialId,
};

use crate::kind::{quick, steady};
use crate::plan::{Arm, Plan, Scenario};
use crate::story::{Fate, Mishap, Story};
use crate::trial::{begins, tool};

/// What every text of the folder holds. Whatever shows a text must show these literally, or
/// say that it left something out; none of them may come to life.
pub const HOSTILE: [&str; 20] = [
    "</script><script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'><svg/onload=alert(1)>",
    "</style></textarea></title>",
    "<a href=\"javascript:alert(1)\">click</a>",
    "[click](javascript:alert(1))",
    "![x](http://127.0.0.1:9/pixel.png)",
    "| a | b |",
    "`` ` ``` ~~~",
    "${{7*7}}",
    "{{7*7}}{% raw %}<%= 7*7 %>",
    "=cmd|' /C calc'!A0",
    "@SUM(1,1) +1-1",
    "]]>",
    "<!-- --><!--",
    "&lt;b&gt; &#x3c;",
    "\u{1b}[31mred\u{1b}[0m\u{1b}]0;title\u{7}",
    "\u{202e}backwards\u{202c}\u{2066}",
    "\u{1}\u{8}\u{b}\u{7f}\r\n\t",
    "\u{2028}\u{2029}\u{feff}\\u0000 ../../etc",
];

/// Two arms whose names are words of their own to JavaScript.
const ARMS: [&str; 2] = ["__proto__", "constructor"];

/// How long the longest word is, in bytes.
const LONG: usize = 10_000;

/// Every hostile string, behind the name of the field that says it.
fn said(field: &str) -> String {
    format!("{field} {}", HOSTILE.join(" "))
}

/// The same, with a word behind it that is too long for any line.
fn said_at_length(field: &str) -> String {
    format!("{} {}", said(field), "x".repeat(LONG))
}

/// See [`Kind::Hostile`](super::Kind::Hostile).
pub(super) struct Hostile;

impl Story for Hostile {
    fn plan(&self) -> Plan {
        let [first, second] = ARMS;
        let named = |name: &str, mut arm: Arm| {
            arm.options.insert("policy".to_owned(), said(&format!("policy of {name}")).into());
            arm.options.insert(said("option"), said("value of an option").into());
            Arm { name: name.to_owned(), ..arm }
        };
        let load = |concurrency| Scenario {
            workload: said("workload"),
            name: format!("toString-c{concurrency}"),
            ..Scenario::closed("chat", concurrency)
        };
        Plan {
            name: said("hostile"),
            about: said_at_length("every text is hostile, every number made up"),
            seed: 19,
            blocks: 3,
            arms: vec![named(first, steady()), named(second, quick())],
            scenarios: vec![load(2), load(4), load(16)],
            differs: Vec::new(),
            primary: Vec::new(),
            ttft_objective_s: None,
        }
    }

    /// One cell has no numbers.
    fn fate(&self, id: &TrialId) -> Fate {
        match (id.block, id.arm.as_str(), id.scenario.as_str()) {
            (3, "constructor", "toString-c16") => Fate::Failed(Box::new(failure(id))),
            _ => Fate::Carried,
        }
    }

    /// A few requests of each trial go wrong, in too few trials for it to fail.
    fn mishap(&self, id: &TrialId, row: u32) -> Option<Mishap> {
        (id.block == 1 && row == 5).then(|| Mishap {
            outcome: Outcome::HttpError,
            status: Some(400),
            error: said_at_length("error"),
        })
    }

    fn text(&self, row: u32, _tokens: u32) -> String {
        match row % 50 {
            7 => said_at_length("answer"),
            _ => said("answer"),
        }
    }

    fn retell(&self, id: &TrialId, trial: &mut Trial) {
        retell_trial(trial);
        trial.failures.push(FailureSeen {
            outcome: Outcome::StreamError,
            status: None,
            error: Some(said(&format!("failure in block {}", id.block))),
            requests: 1,
            first_request: 1,
        });
    }

    fn add_readings(&self, readings: &mut Vec<Reading>) {
        let Some(first) = readings.first().cloned() else { return };
        readings.push(Reading {
            source: said("source"),
            device: Some(said("device")),
            name: said("reading"),
            unit: said("unit"),
            ..first
        });
    }

    fn restart(&self, arm: &str, start: &mut Start) {
        start.command.extend(["--name".to_owned(), said_at_length("command")]);
        start.environment.insert(said("variable"), Some(said("its value")));
        start.note = Some(said(&format!("note on {arm}")));
        start.error_lines = vec![said_at_length("error line")];
        start.cores = Some(said("cores"));
        for stage in &mut start.stages {
            stage.name = said(&stage.name);
        }
        if let Some(software) = &mut start.software {
            software.profile = said("profile");
            software.version = Some(said("version"));
            software.provision = said("provision");
            software.place = Some(said("place"));
        }
        start.end = Some(End { exit: None, signal: Some(said("signal")), how: said("end") });
    }

    fn log(&self, arm: &str) -> String {
        said_at_length(&format!("log of {arm}"))
    }

    fn move_house(&self, environment: &mut Environment) {
        environment.os = Some(said("os"));
        environment.kernel = Some(said("kernel"));
        environment.hostname = Some(said("host"));
        environment.cpu_model = Some(said("processor"));
        environment.governor = Some(said("governor"));
        environment.clocksource = Some(said("clock source"));
        environment.versions = BTreeMap::from([(said("library"), said("its version"))]);
    }

    fn void_tries(&self, id: &TrialId) -> u32 {
        u32::from(id.block == 2 && id.scenario == "toString-c2")
    }
}

/// Every text of `trial.json`.
fn retell_trial(trial: &mut Trial) {
    trial.tool =
        Tool { version: said("version of the tool"), build: Some(said("build")), ..tool() };
    trial.target.address = said("address");
    // Read as a formula by a spreadsheet, were it to stand in a cell as it is.
    trial.target.model = format!("=1+1 {}", said("served model"));
    if let Some(engine) = &mut trial.target.engine {
        engine.name = said("engine");
        engine.version = Some(said("version of the engine"));
    }
    trial.simulation = trial.simulation.take().map(|simulation| SimulationSeen {
        machine: said("machine"),
        model: said("simulated model"),
        calibration: Some(said("calibration")),
        ..simulation
    });
    trial.workload.dataset = format!("@SUM(1,1) {}", said("dataset"));
    trial.seeds.insert(said("seed"), 1);
    trial.tokenizer = Some(said("tokenizer"));
    trial.finish_reasons.insert(said("finish reason"), 3);
    trial.server_info = Some(json!({ said("key"): [said("information"), Value::Null] }));
    trial.warnings.push(said_at_length("warning"));
    retell_serving(trial);
    retell_gates(trial);
    let invocation = &mut trial.invocation;
    invocation.backend = said("backend");
    invocation.dataset_name = said("name of the dataset");
    invocation.dataset_path = Some(said("path of the dataset"));
    invocation.tag = Some(said("tag"));
    invocation.label = Some(said("label"));
    invocation.metadata = vec![(said("metadata"), said("its value"))];
}

fn retell_serving(trial: &mut Trial) {
    trial.serving.cache = Some(said("cache"));
    if let Some(watched) = &mut trial.serving.watched {
        watched.gaps = 1;
        watched.first_gap = Some(said("gap"));
    }
    for around in trial.serving.counters.values_mut() {
        around.after.failure = Some(said("counters"));
        around.after.values.insert(said("counter"), 1.0);
    }
}

/// What gates saw often quotes the engine.
fn retell_gates(trial: &mut Trial) {
    for gate in &mut trial.validity.gates {
        gate.saw = format!("{} {}", gate.saw, said(&gate.id));
        gate.advice = gate.advice.as_ref().map(|advice| format!("{advice} {}", said("advice")));
    }
    trial.summary.withheld.insert("littles_error".to_owned(), said("withheld"));
    trial.summary.ttfo_ms.withheld.insert("all".to_owned(), said("withheld from a metric"));
}

fn failure(id: &TrialId) -> Failure {
    let time = begins(id.block, 70).0;
    let mut failure = Failure::new(tool(), id, Step::WarmUp, time, said_at_length("why"));
    failure.causes = vec![said("cause")];
    failure.last_lines = vec![said_at_length("last line")];
    failure.error_lines = vec![said("line of an error")];
    failure
}
