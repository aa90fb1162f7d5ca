//! What another tool would have printed and written of a trial: its layout,
//! its keys, its figures by its own formulas.
//!
//! A view is a pure function of what lies in the run folder. Nothing is
//! measured for it, and nothing is made up: what that tool would have known
//! and we don't is `n/a` on its page and `null` in its file.
//!
//! One module for each step, and none of them knows two tools' steps:
//! [`eyes`] says what a tool takes for what, [`reading`] what it so notes of one
//! request, [`figures`] what it works out of all of them with the statistics in
//! [`numpy`]; [`sglang`], [`vllm`] and [`llm_infra_bench`] lay that out in the
//! words of [`python`]; [`explain`] says where and why it is not ours.

mod asked;
mod bench_serving;
mod explain;
mod eyes;
mod figures;
#[cfg(test)]
mod golden;
mod llm_infra_bench;
mod numpy;
mod python;
mod reading;
mod sglang;
mod sheet;
mod stamp;
mod vllm;

use std::fmt;

use tokenometer_core::{Chunk, Nanos, Phase, Record, Rules};
use tokenometer_results::Trial;

pub use explain::{Explained, Figure};

use asked::Asked;
use explain::Reasons;
use eyes::{Eyes, Route};
use figures::Figures;
use python::{Value, csv_line};
use reading::{Output, Reading};
use stamp::Stamp;

/// A tool in one version, through whose eyes a trial is seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum View {
    /// vLLM's `benchmark_serving.py` of 0.8.4.
    Vllm084,
    /// `vllm bench serve` of 0.33.
    Vllm033,
    /// SGLang's `bench_serving` of 0.2.14 and 0.3.0.
    Sglang0214,
    /// SGLang's `bench_serving` of 0.4.5.
    Sglang045,
    /// SGLang's `bench_serving` of 0.5.23.
    Sglang0523,
    /// `llm_infra_bench`.
    LlmInfraBench,
}

/// Whose tool it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Family {
    Sglang,
    Vllm,
    LlmInfraBench,
}

impl View {
    /// All of them.
    pub const ALL: [View; 6] = [
        View::Vllm084,
        View::Vllm033,
        View::Sglang0214,
        View::Sglang045,
        View::Sglang0523,
        View::LlmInfraBench,
    ];

    /// The rules that this tool follows.
    pub const fn rules(self) -> Rules {
        match self {
            View::Vllm084 => Rules::Vllm084,
            View::Vllm033 => Rules::Vllm033,
            View::Sglang0214 => Rules::Sglang0214,
            View::Sglang045 => Rules::Sglang045,
            View::Sglang0523 => Rules::Sglang0523,
            View::LlmInfraBench => Rules::LlmInfraBench,
        }
    }

    /// The tool whose rules these are, if it has a view: what never speaks to a
    /// server has none.
    pub fn of_rules(rules: Rules) -> Option<View> {
        View::ALL.into_iter().find(|view| view.rules() == rules)
    }

    /// The name used in flags.
    pub const fn name(self) -> &'static str {
        self.rules().name()
    }

    /// The view of this name, if there is one.
    pub fn from_name(name: &str) -> Option<View> {
        View::ALL.into_iter().find(|view| view.name() == name)
    }

    const fn family(self) -> Family {
        match self {
            View::Sglang0214 | View::Sglang045 | View::Sglang0523 => Family::Sglang,
            View::Vllm084 | View::Vllm033 => Family::Vllm,
            View::LlmInfraBench => Family::LlmInfraBench,
        }
    }

    /// Whether the rules are those of this tool in any version, so that what
    /// was asked of the server is what it would have asked.
    fn is_kin_of(self, rules: Rules) -> bool {
        View::of_rules(rules).is_some_and(|view| view.family() == self.family())
    }
}

impl fmt::Display for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// What the tool would have been told beside what the run was.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ViewOptions {
    /// Whether its file has the lists of single requests: SGLang's
    /// `--output-details`, vLLM's `--save-detailed`.
    pub details: bool,
    /// Whether its file is a line of one that may be there already: vLLM's
    /// `--append-result`. SGLang's always is.
    pub append: bool,
    /// vLLM's `--percentile-metrics`, if not those of the run.
    pub percentile_metrics: Option<Vec<String>>,
    /// vLLM's `--metric-percentiles`, if not those of the run.
    pub percentiles: Option<Vec<f64>>,
}

/// What a tool would have shown.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    /// What it prints of the run, from its report's first line to its last.
    pub console: String,
    /// The files that it writes.
    pub files: Vec<ResultFile>,
    /// The object that it writes, on one line without the line's end. It may
    /// hold `Infinity` and `NaN`, which are no JSON.
    pub json: String,
    /// The same as a table of two lines, the names and the figures, without
    /// what is itself a list.
    pub csv: String,
    /// What is not as it is with us, and why.
    pub explained: Vec<Explained>,
}

/// A file that a tool writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResultFile {
    /// Its path below the folder that the tool runs in, `/` between the parts.
    pub name: String,
    /// Whether it replaces what is there.
    pub mode: Mode,
    /// What is written.
    pub bytes: Vec<u8>,
}

/// How a file is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// What is there is replaced.
    Create,
    /// It is added to what is there.
    Append {
        /// What comes first where the file is new or empty.
        to_new: Vec<u8>,
        /// What comes first where it is not.
        to_old: Vec<u8>,
    },
}

impl Mode {
    /// Added as it is.
    const APPEND: Mode = Mode::Append { to_new: Vec::new(), to_old: Vec::new() };
}

/// What the tool would have shown of `trial`, whose records are read in one
/// pass, in any order.
///
/// Only requests that were due in the measured window count, which under a
/// tool's own rules are all that it would have sent. Memory grows with the gaps
/// between chunks, as the tools' own does; texts are held only where the tool
/// writes them.
pub fn view(
    view: View,
    trial: &Trial,
    records: impl Iterator<Item = (Record, Vec<Chunk>)>,
    options: &ViewOptions,
) -> Shown {
    // The older vLLM takes the lists out of its file before it puts them in.
    let details = options.details || view == View::Vllm084;
    let reading = Reading::of(view, trial, details && view != View::LlmInfraBench);
    let mut last_end = reading::began(trial);
    let mut outputs = Vec::new();
    for (record, chunks) in records {
        if record.phase == Phase::Measure {
            last_end = last_end.max(record.end.unwrap_or(last_end));
            outputs.push(reading.read(&record, &chunks));
        }
    }
    outputs.sort_unstable_by_key(|output: &Output| output.request);
    let asked = Asked::of(view, trial, options, outputs.len() as u64);
    let seen = Seen { trial, reading, asked, outputs, last_end, details };
    match view.family() {
        Family::LlmInfraBench => seen.llm_infra_bench(),
        Family::Sglang | Family::Vllm => seen.bench_serving(options),
    }
}

/// The folder into which `llm_infra_bench` would have written its files of a trial.
pub(crate) fn llm_infra_bench_folder(trial: &Trial) -> String {
    let options = ViewOptions::default();
    llm_infra_bench::folder(&Asked::of(View::LlmInfraBench, trial, &options, 0))
}

/// All that a tool noted of a trial.
struct Seen<'a> {
    trial: &'a Trial,
    reading: Reading,
    asked: Asked,
    outputs: Vec<Output>,
    last_end: Nanos,
    details: bool,
}

impl Seen<'_> {
    fn duration(&self) -> f64 {
        self.reading.seconds(self.last_end)
    }

    fn stamp(&self) -> Stamp {
        Stamp::new(reading::began(self.trial), self.last_end)
    }

    /// What is not ours, of the tool's keys.
    fn explained(&self, figures: &Figures, keys: &[&str]) -> Vec<Explained> {
        let reasons = Reasons {
            view: self.reading.view,
            eyes: self.reading.eyes,
            figures,
            summary: &self.trial.summary,
            outputs: &self.outputs,
        };
        let mut explained = self.of_the_route();
        explained.extend(reasons.explain(keys.iter().copied()));
        explained
    }

    /// What must be known of a route that the tool can't speak, and of a whole
    /// answer where it always asks for a stream.
    fn of_the_route(&self) -> Vec<Explained> {
        let (view, dialect) = (self.reading.view, self.trial.target.dialect);
        let mut known = Vec::new();
        let mut say = |ours: &str, why: &str| {
            known.push(Explained {
                key: "backend".to_owned(),
                theirs: Figure::Text(self.asked.backend.clone()),
                ours: Some(Figure::Text(ours.to_owned())),
                why: why.to_owned(),
            });
        };
        if !Eyes::speak(view, Route::of(dialect)) {
            say(
                dialect.name(),
                "it can't speak this route; frames are read as if they were its own",
            );
        }
        if !self.trial.load.streamed && view.family() != Family::Sglang {
            say("not streamed", "it always asks for a stream; a whole answer is read as one event");
        }
        known
    }

    /// What SGLang's and vLLM's tools would have shown.
    fn bench_serving(&self, options: &ViewOptions) -> Shown {
        let run = bench_serving::Run {
            view: self.reading.view,
            asked: &self.asked,
            outputs: &self.outputs,
            duration: self.duration(),
            at: self.stamp(),
            server_info: self.trial.server_info.as_ref(),
            details: self.details,
            append: options.append,
        };
        let page = run.show();
        let keys: Vec<&str> = page.keys.iter().map(String::as_str).collect();
        Shown {
            console: page.console,
            files: vec![page.file],
            json: page.object.dumps(),
            csv: csv_of(&page.object),
            explained: self.explained(&page.figures, &keys),
        }
    }

    /// What `llm_infra_bench` would have shown.
    fn llm_infra_bench(mut self) -> Shown {
        let figures = self.as_llm_infra_bench().figures();
        // It lists every request, but no gaps; of a million requests those are heavy.
        self.outputs.iter_mut().for_each(|output| output.itl = Vec::new());
        let run = self.as_llm_infra_bench();
        let object = Value::Dict(run.object(&figures));
        Shown {
            console: run.console(&figures),
            files: run.files(&figures, &object),
            json: object.dumps(),
            csv: run.csv(&figures),
            explained: self.explained(&figures, llm_infra_bench::EXPLAINED),
        }
    }

    /// The run as `llm_infra_bench` has it.
    fn as_llm_infra_bench(&self) -> llm_infra_bench::Run<'_> {
        llm_infra_bench::Run {
            asked: &self.asked,
            outputs: self.outputs.iter().filter(|output| output.success).collect(),
            duration: self.duration(),
            url: &self.trial.target.address,
            at: self.stamp(),
        }
    }
}

/// The plain figures of an object as a table of one row.
fn csv_of(object: &Value) -> String {
    let Value::Dict(entries) = object else { return String::new() };
    let plain = |value: &Value| !matches!(value, Value::List(_) | Value::Dict(_) | Value::Rows(..));
    let plain = || entries.iter().filter(|(_, value)| plain(value));
    let names = csv_line(plain().map(|(key, _)| Value::text(key)));
    names + &csv_line(plain().map(|(_, value)| value.clone()))
}
