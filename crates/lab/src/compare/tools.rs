//! Result files of other tools beside one another, or beside a run folder, which is then
//! seen through the eyes of the tool whose file it is.
//!
//! A file has one value and no blocks, and says nothing of prompts, client or engine. So
//! there are numbers only, and what can't be checked is said.

use tokenometer_core::Mistake;
use tokenometer_report::compare::{BlockFigure, FigurePair, How, PairSeen, ScenarioPair, SideSeen};
use tokenometer_report::{View, ViewOptions, view};
use tokenometer_results::{ForeignAsked, ForeignResult, Trial, TrialId, parse_foreign};
use tokenometer_verdict::answer::{Metric, MetricClass};
use tokenometer_verdict::comparability::{Difference, FIELDS, Fact, Refusal, Tier, field};

use super::figures::{Beside, LeftOut, whole};
use super::scenarios::refused;
use super::side::{ArmRead, RunRead, ScenarioRead, Side, What};
use super::{ToCompare, definitions, runs};
use crate::LabError;

/// What a result file doesn't hold, and so nobody can check.
const UNCHECKED: [&str; 6] = [
    "whether both were sent the same prompts: a file counts them and doesn't keep them",
    "whether answers are the same, and whose tokenizer has counted them",
    "whether the engine was alive and set up as it was meant to be, all the time",
    "whether the client was late, or busy",
    "whether caches were cold or warm, and of how many passes this was which",
    "how far the numbers would vary: another start of the same engine gives others",
];

/// How much the lengths of answers may differ where a metric hangs on them.
const LENGTHS: f64 = 0.01;

/// Results that were made alike: one of a file, or those of a run's blocks as the tool
/// would have written them.
struct Alike {
    name: String,
    results: Vec<(u32, ForeignResult)>,
    left_out: Vec<String>,
}

/// Two sides of which one at least is a file.
pub(super) fn beside(
    reference: &Side,
    other: &Side,
    asked: &ToCompare,
) -> Result<PairSeen, Vec<Mistake>> {
    let one = alike(reference, other)?;
    let two = alike(other, reference)?;
    let mut mistakes = Vec::new();
    let (mut both, mut only_reference) = (Vec::new(), Vec::new());
    let mut is_taken = vec![false; two.len()];
    for scenario in one.iter().filter(|scenario| asked.wants(&scenario.name)) {
        match partner(scenario, &two, one.len()) {
            Ok(Some(at)) => {
                is_taken[at] = true;
                both.push([scenario, &two[at]]);
            }
            Ok(None) => only_reference.push(format!("{}: {}", scenario.name, sent(scenario))),
            Err(lines) => mistakes.push(several(other, scenario, &lines)),
        }
    }
    if !mistakes.is_empty() {
        return Err(mistakes);
    }
    let left = two.iter().zip(&is_taken).filter(|(_, taken)| !**taken);
    let only_compared = left.map(|(scenario, _)| format!("{}: {}", scenario.name, sent(scenario)));
    let defined = both.first().map(|[one, two]| definitions::apart(first(one), first(two)));
    Ok(PairSeen {
        reference: side(reference, &one),
        compared: side(other, &two),
        how: How::NumbersOnly,
        study_says: Vec::new(),
        only_reference,
        only_compared: only_compared.collect(),
        unchecked: UNCHECKED.map(str::to_owned).to_vec(),
        definitions: defined.unwrap_or_default(),
        scenarios: both.into_iter().map(|pair| scenario_pair(pair, asked)).collect(),
    })
}

/// The first result of a scenario, which has one at least.
fn first(scenario: &Alike) -> &ForeignResult {
    &scenario.results[0].1
}

/// The scenario of the other side that was sent alike; of two that stand alone, whatever
/// they are, so that it is said why they can't be compared.
fn partner(scenario: &Alike, others: &[Alike], count: usize) -> Result<Option<usize>, Vec<String>> {
    let is_alike = |other: &Alike| refusals(first(scenario), first(other)).is_empty();
    let found: Vec<usize> = (0..others.len()).filter(|&at| is_alike(&others[at])).collect();
    match found.as_slice() {
        [] if count == 1 && others.len() == 1 => Ok(Some(0)),
        [] => Ok(None),
        [at] => Ok(Some(*at)),
        several => Err(several.iter().map(|&at| others[at].name.clone()).collect()),
    }
}

fn several(other: &Side, scenario: &Alike, names: &[String]) -> Mistake {
    let problem = format!("{} were sent alike, as {} was", names.join(" and "), sent(scenario));
    let cure = match other.what {
        What::File(_) => {
            format!("name one of them, as in {}:{}", other.named, line_of(&names[0]))
        }
        What::Run(_) => "name one of them with --scenario".to_owned(),
    };
    Mistake::new(&other.named, problem, cure)
}

fn line_of(name: &str) -> &str {
    name.rsplit(' ').next().unwrap_or(name)
}

/// A side's scenarios as results of a tool.
fn alike(side: &Side, opposite: &Side) -> Result<Vec<Alike>, Vec<Mistake>> {
    match &side.what {
        What::File(results) => {
            let alike = |result: &ForeignResult| Alike {
                name: format!("line {}", result.line),
                results: vec![(1, result.clone())],
                left_out: Vec::new(),
            };
            Ok(results.iter().map(alike).collect())
        }
        What::Run(run) => {
            let (arm, tool) = (arm(run), eyes(opposite));
            match (arm, tool) {
                (Ok(arm), Ok(tool)) => seen(run, arm, tool),
                (arm, tool) => Err(arm.err().into_iter().chain(tool.err()).collect()),
            }
        }
    }
}

/// The one arm of a run that can be put beside a file.
fn arm(run: &RunRead) -> Result<&ArmRead, Mistake> {
    match (&run.arm, run.arms.as_slice()) {
        (None, [only]) => Ok(only),
        (Some(name), _) if run.arm_of(name).is_some() => {
            Ok(run.arm_of(name).expect("it was found just now"))
        }
        _ => {
            let cure = format!("name one of {}", run.choices());
            Err(Mistake::new(&run.named, "it has several arms, and the file one", cure))
        }
    }
}

/// The view that defines words as the tool of this file does.
fn eyes(side: &Side) -> Result<View, Mistake> {
    let What::File(results) = &side.what else { unreachable!("a run is only seen beside a file") };
    let rules = results[0].rules;
    if results.iter().any(|result| result.rules != rules) {
        let cure = format!("name one of its lines, as in {}:{}", side.named, results[0].line);
        return Err(Mistake::new(&side.named, "its lines are of different versions", cure));
    }
    rules.and_then(View::of_rules).ok_or_else(|| {
        let problem = format!(
            "a run can't be seen with its eyes: it is of a version of {} whose definitions \
             aren't known here",
            results[0].tool
        );
        let known = ["vllm-0.8.4", "vllm-0.33", "sglang-0.2.14", "sglang-0.4.5", "sglang-0.5.23"];
        Mistake::new(&side.named, problem, format!("known are {}", known.join(", ")))
    })
}

/// An arm's scenarios as a tool would have seen them.
fn seen(run: &RunRead, arm: &ArmRead, tool: View) -> Result<Vec<Alike>, Vec<Mistake>> {
    let (mut scenarios, mut mistakes) = (Vec::new(), Vec::new());
    for scenario in &arm.scenarios {
        match seen_scenario(run, scenario, tool) {
            // Of a scenario without any trial that counts nothing can be said.
            Ok(alike) if alike.results.is_empty() => {}
            Ok(alike) => scenarios.push(alike),
            Err(why) => mistakes.push(Mistake::new(
                &run.named,
                format!("{} can't be seen as {tool} would: {why}", scenario.name),
                "check that the run folder is whole",
            )),
        }
    }
    if scenarios.is_empty() && mistakes.is_empty() {
        let place = format!("{}:{}", run.named, arm.name);
        let cure = format!("see what became of them: tokenometer report {}", run.named);
        mistakes.push(Mistake::new(place, "no trial of it counts", cure));
    }
    if mistakes.is_empty() { Ok(scenarios) } else { Err(mistakes) }
}

fn seen_scenario(run: &RunRead, scenario: &ScenarioRead, tool: View) -> Result<Alike, LabError> {
    let (mut results, mut left_out) = (Vec::new(), LeftOut::default());
    for block in &scenario.blocks {
        let trial = block.came.as_ref().map(|came| &came.0).map_err(Clone::clone);
        let trial = trial.and_then(|trial| whole(trial).map(|()| trial));
        match trial {
            Ok(trial) => results.push((block.number, through(run, trial, tool)?)),
            Err(why) => left_out.note(block.number, why),
        }
    }
    Ok(Alike { name: scenario.name.clone(), results, left_out: left_out.told() })
}

/// A trial as the file that a tool would have written of it.
fn through(run: &RunRead, trial: &Trial, tool: View) -> Result<ForeignResult, LabError> {
    let id =
        TrialId { block: trial.block, arm: trial.arm.clone(), scenario: trial.scenario.clone() };
    let (mut failed, reader) = (None, run.run.trial(&id)?.records()?);
    let records = reader.map_while(|record| record.map_err(|error| failed = Some(error)).ok());
    let options = ViewOptions {
        percentile_metrics: Some(["ttft", "tpot", "itl", "e2el"].map(str::to_owned).to_vec()),
        percentiles: Some(vec![99.0]),
        ..ViewOptions::default()
    };
    let shown = view(tool, trial, records, &options);
    if let Some(error) = failed {
        return Err(error.into());
    }
    let mut results = parse_foreign(tool.name(), &shown.json).map_err(LabError::Mistakes)?;
    Ok(results.swap_remove(0))
}

/// A side, in words.
fn side(side: &Side, scenarios: &[Alike]) -> SideSeen {
    let result = scenarios.first().map(first);
    let version = result.and_then(|result| result.rules);
    match &side.what {
        What::Run(run) => {
            let arm = arm(run).expect("it was chosen before");
            let own = runs::side(run, arm);
            let eyes = version.map(|rules| format!(" · as {rules} would have seen it"));
            SideSeen { what: format!("{}{}", own.what, eyes.unwrap_or_default()), ..own }
        }
        What::File(results) => {
            let tool = match version {
                Some(rules) => format!("{}, in the layout of {rules}", results[0].tool),
                None => format!("{}, of a version between", results[0].tool),
            };
            let what = format!("{tool} · backend {}", results[0].asked.backend);
            let name = side.named.clone();
            SideSeen { name, what, simulated: false, began_ns: None }
        }
    }
}

/// Both sides of a scenario.
fn scenario_pair([one, two]: [&Alike; 2], asked: &ToCompare) -> ScenarioPair {
    let refusals = refusals(first(one), first(two));
    let sides = [("reference", one), ("compared", two)];
    let left_out = sides
        .into_iter()
        .flat_map(|(side, alike)| alike.left_out.iter().map(move |why| format!("{side}: {why}")));
    let known = ["load", "model", "prompt-tokens"];
    let is_open = |name: &str| match name {
        "model" => first(one).asked.model.is_none() || first(two).asked.model.is_none(),
        "prompt-tokens" => definitions::may_be_the_same(first(one), first(two)).is_none(),
        name => !known.contains(&name),
    };
    let unknown = FIELDS.iter().filter(|field| field.tier != Tier::Strategy && is_open(field.name));
    ScenarioPair {
        name: one.name.clone(),
        compared_name: two.name.clone(),
        load: None,
        asked: Some(sent(one)),
        primary: primary(&first(one).asked),
        figures: figures([one, two], refusals.is_empty(), asked),
        refusals: refusals.iter().map(refused).collect(),
        budget: Vec::new(),
        strategy: Vec::new(),
        unknown: unknown.map(|field| field.name.to_owned()).collect(),
        left_out: left_out.collect(),
    }
}

/// How requests were sent, as a file says.
fn sent(scenario: &Alike) -> String {
    let result = first(scenario);
    let requests = result.asked.prompts.unwrap_or(result.completed);
    format!("{} · {requests} requests", load(&result.asked))
}

fn load(asked: &ForeignAsked) -> String {
    let cap = asked.max_concurrency.map(|cap| format!(" · at most {cap} in flight"));
    let rate = match asked.rate {
        rate if rate.is_finite() => {
            let shape = asked.burstiness.filter(|shape| *shape != 1.0);
            let shape = shape.map(|shape| format!(", burstiness {shape}")).unwrap_or_default();
            format!("{rate} requests/s{shape}")
        }
        _ => "all requests due at once".to_owned(),
    };
    format!("{rate}{}", cap.unwrap_or_default())
}

/// What is known to differ of what must be the same. Two files that don't differ in any of
/// it may still differ in all that they don't hold.
fn refusals(one: &ForeignResult, two: &ForeignResult) -> Vec<Refusal> {
    let mut all = Vec::new();
    let mut note = |name: &str, [reference, arm]: [String; 2]| {
        if reference != arm {
            let field = field(name).expect("it is a field of arms");
            let [arm, reference] = [arm, reference].map(Fact::Word);
            all.push(Refusal::Differs(Difference { field, arm, reference }));
        }
    };
    // The layout of 0.2.14 is silent on the most requests in flight.
    let is_silent =
        |result: &ForeignResult| result.rules == Some(tokenometer_core::Rules::Sglang0214);
    let loads = [one, two].map(|result| {
        let mut asked = result.asked.clone();
        asked.max_concurrency =
            asked.max_concurrency.filter(|_| !is_silent(one) && !is_silent(two));
        load(&asked)
    });
    note("load", loads);
    note("workload", [one, two].map(requests));
    if let (Some(reference), Some(arm)) = (&one.asked.dataset, &two.asked.dataset) {
        note("workload", [reference, arm].map(|name| format!("dataset {name}")));
    }
    if one.asked.dataset.is_some() && two.asked.dataset.is_some() {
        note("workload", [one, two].map(|result| lengths_asked(&result.asked)));
    }
    if let (Some(reference), Some(arm)) = (&one.asked.model, &two.asked.model) {
        note("model", [reference, arm].map(Clone::clone));
    }
    if definitions::may_be_the_same(one, two) == Some(false) {
        note(
            "prompt-tokens",
            [one, two].map(|result| {
                result.figures.get("total_input_tokens").map(f64::to_string).unwrap_or_default()
            }),
        );
    }
    all
}

/// How many requests there were: what was asked for, else what came back.
fn requests(result: &ForeignResult) -> String {
    format!(
        "{} requests",
        result.asked.prompts.unwrap_or(result.completed + result.failed.unwrap_or(0))
    )
}

fn lengths_asked(asked: &ForeignAsked) -> String {
    let lengths: Vec<String> =
        asked.lengths.iter().map(|(key, value)| format!("{key} {value}")).collect();
    lengths.join(", ")
}

/// The metrics that a limit is of where none is named: of requests that are due at their
/// own times how long they take, else the throughput.
fn primary(asked: &ForeignAsked) -> Vec<String> {
    let names: &[&str] =
        if asked.rate.is_finite() { &["ttft_p50", "tpot_p50"] } else { &["output_throughput"] };
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// Every metric that one side has, or that was asked for by name.
fn figures(sides: [&Alike; 2], is_comparable: bool, asked: &ToCompare) -> Vec<FigurePair> {
    let mut figures = Vec::new();
    for metric in asked.metrics() {
        let [one, two] = sides.map(|side| values(side, metric));
        if one.is_empty() && two.is_empty() && !asked.names(metric) {
            continue;
        }
        let mut notes = Vec::new();
        for (side, values) in [("reference", &one), ("compared", &two)] {
            if values.is_empty() {
                notes.push(format!("{side}: it isn't there"));
            }
        }
        let lengths = lengths(sides, metric);
        let ranks = is_comparable && lengths.is_none();
        notes.extend(lengths);
        let beside = Beside { metric, how: How::NumbersOnly, ranks };
        let mut figure = beside.figure([one, two], notes);
        let [one, two] = sides.map(first);
        figure.defined_otherwise =
            figure.effect.is_some() && definitions::are_apart(metric.name, one, two);
        if figure.defined_otherwise {
            figure.notes.push("the two tools define it each in its way".to_owned());
        }
        figures.push(figure);
    }
    figures
}

fn values(side: &Alike, metric: &Metric) -> Vec<BlockFigure> {
    let value = |result: &ForeignResult| {
        keys(metric.name).iter().find_map(|key| result.figures.get(*key).copied())
    };
    let values = side
        .results
        .iter()
        .filter_map(|(block, result)| Some(BlockFigure { block: *block, value: value(result)? }));
    values.collect()
}

/// Whether answers are of different lengths, where that decides the metric: other tools
/// can't say whether these ended of themselves.
fn lengths([one, two]: [&Alike; 2], metric: &Metric) -> Option<String> {
    if metric.class != MetricClass::PerRequest {
        return None;
    }
    let length = |side: &Alike| {
        let result = first(side);
        let tokens = result.figures.get("total_output_tokens")?;
        (result.completed > 0).then(|| tokens / result.completed as f64)
    };
    let (one, two) = (length(one)?, length(two)?);
    let apart = (two / one).max(one / two) - 1.0;
    (apart > LENGTHS)
        .then(|| format!("no ratio: the answers of one side are {:.1} % longer", 100.0 * apart))
}

/// The keys under which tools write a metric.
fn keys(metric: &str) -> &'static [&'static str] {
    match metric {
        "output_throughput" => &["output_throughput"],
        "total_throughput" => &["total_token_throughput", "total_throughput"],
        "input_throughput" => &["input_throughput"],
        "request_throughput" => &["request_throughput"],
        "ttft_p50" => &["median_ttft_ms"],
        "ttft_p99" => &["p99_ttft_ms"],
        "ttft_mean" => &["mean_ttft_ms"],
        "tpot_p50" => &["median_tpot_ms"],
        "tpot_p99" => &["p99_tpot_ms"],
        "tpot_mean" => &["mean_tpot_ms"],
        "itl_mean" => &["mean_itl_ms"],
        "e2e_p50" => &["median_e2el_ms", "median_e2e_latency_ms"],
        "e2e_p99" => &["p99_e2el_ms", "p99_e2e_latency_ms"],
        "e2e_mean" => &["mean_e2el_ms", "mean_e2e_latency_ms"],
        "attainment" => &["slo_attainment"],
        _ => &[],
    }
}

#[cfg(test)]
mod tests {
    use tokenometer_verdict::answer::METRICS;

    use super::*;

    #[test]
    fn every_metric_has_its_keys() {
        for metric in METRICS {
            assert!(!keys(metric.name).is_empty(), "{}", metric.name);
        }
    }
}
