//! Cells: a scenario, with one value for everything that it gives several of.

use std::num::NonZeroU32;
use std::time::Duration;

use serde_json::{Map, Value};
use tokenometer_workload::{Extent, LoadSettings, Pattern, Ramp, RampShape};

use super::found::Found;
use super::grammar::{Count, OneOrMore, Rate, RiseShape, Scenario, Study, WarmUpSpec, Workload};
use crate::{Customs, WarmUp};

/// The window where nothing else is said: the shortest that the gates take for
/// long enough.
const WINDOW: Duration = Duration::from_secs(30);
/// The longest warm-up where its length is left to us.
const LONGEST_WARM_UP: Duration = Duration::from_secs(15 * 60);
/// The pace of an answer than which few engines have a better one, a token: what
/// a loop without an end is given prompts by.
const FASTEST_TOKEN: Duration = Duration::from_millis(5);
/// The shortest that a request is taken to last.
const FASTEST_REQUEST: Duration = Duration::from_millis(50);
/// How long a request is taken to last where nothing says how long answers are.
const ASSUMED_REQUEST: Duration = Duration::from_millis(250);
/// The fewest and the most prompts that such a loop goes round in.
const POOL: (f64, f64) = (64.0, 65_536.0);

/// One workload under one load, on every arm that has it: what trials of one
/// name have in common.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Its name: unique in the study, and fit for a folder.
    pub name: String,
    /// Its name without what only concerns the engines. Cells of one such name
    /// are sent the same bytes.
    pub sent_as: String,
    /// Which of the study's scenarios it belongs to, from zero.
    pub scenario: usize,
    /// The name of its workload.
    pub workload: String,
    /// What is sent, with the lengths of this cell.
    pub words: Workload,
    /// When it is sent, and how much of it.
    pub load: LoadSettings,
    /// What is sent before that.
    pub warm_up: WarmUp,
    /// Options of the engines that are this cell's own.
    pub vary: Map<String, Value>,
    /// The arms that it is measured on, by their place in the study.
    pub arms: Vec<usize>,
}

impl Cell {
    /// How many requests are measured, where that is known before.
    pub fn requests(&self) -> Option<u64> {
        let rate = match (self.load.extent, self.load.pattern) {
            (Extent::Requests(count), _) => return Some(count.into()),
            (Extent::Duration(_), Pattern::Open { rate, .. }) => rate,
            (Extent::Duration(_), Pattern::Closed { .. } | Pattern::Ramp(_)) => return None,
        };
        let Extent::Duration(length) = self.load.extent else { return None };
        Some((rate * length.as_secs_f64()).round().max(1.0) as u64)
    }

    /// Whether everything is due at once, so that what is measured is mostly how
    /// long requests wait for each other.
    pub fn is_burst(&self) -> bool {
        matches!(self.load.pattern, Pattern::Open { rate: f64::INFINITY, .. })
    }
}

/// All cells of a study, in the order in which they are written.
pub(super) fn expand(study: &Study, found: &mut Found<'_>) -> Vec<Cell> {
    let mut cells: Vec<Cell> = Vec::new();
    for (index, scenario) in study.scenarios.iter().enumerate() {
        // A workload that isn't there was told before.
        let Some(workload) = study.workloads.iter().find(|(name, _)| name.0 == scenario.workload)
        else {
            continue;
        };
        let at = index.to_string();
        let made = Expansion { study, scenario, index, workload: workload.1 }.cells(&at, found);
        if let Some(twice) =
            made.iter().find(|cell| cells.iter().any(|other| other.name == cell.name))
        {
            let problem = format!("makes a second `{}`", twice.name);
            found.add(&["scenarios", &at], problem, "give one of the two scenarios a `name`");
        }
        cells.extend(made);
    }
    cells
}

/// A scenario on the way to its cells.
struct Expansion<'a> {
    study: &'a Study,
    scenario: &'a Scenario,
    index: usize,
    workload: &'a Workload,
}

/// What is chosen for one cell.
#[derive(Clone, Debug, Default)]
struct Choice {
    input: Option<Count>,
    output: Option<Count>,
    prefix: Option<Count>,
    requests: Option<Count>,
    rate: Option<Rate>,
    concurrency: Option<Count>,
    vary: Map<String, Value>,
}

impl Expansion<'_> {
    fn cells(&self, at: &str, found: &mut Found<'_>) -> Vec<Cell> {
        self.contradictions(at, found);
        let arms = self.arms(at, found);
        let cells: Vec<Cell> =
            self.choices().into_iter().map(|choice| self.cell(choice, &arms)).collect();
        for cell in &cells {
            found.of_flags(&["scenarios", at], cell.load.mistakes());
        }
        cells
    }

    /// Keys that can't be meant together.
    fn contradictions(&self, at: &str, found: &mut Found<'_>) {
        let scenario = self.scenario;
        if scenario.requests.is_some() && scenario.duration.is_some() {
            found.add(
                &["scenarios", at, "duration"],
                "stands beside `requests`: a trial ends after so many requests or after so long",
                "leave one of them out",
            );
        }
        if scenario.ramp.is_some() && scenario.rate.is_some() {
            found.add(
                &["scenarios", at, "rate"],
                "stands beside `ramp`, which says the rate already",
                "leave one of them out",
            );
        }
        if scenario.burstiness.is_some() && scenario.ramp.is_none() && scenario.rate.is_none() {
            found.add(
                &["scenarios", at, "burstiness"],
                "shapes the gaps of a rate, and there is none",
                "give a `rate`, or leave it out",
            );
        }
        for (option, values) in &scenario.vary {
            if values.is_empty() {
                let path = ["scenarios", at, "vary", option];
                found.add(&path, "has no value", "write the values as a list");
            }
        }
    }

    /// The arms that the scenario is measured on.
    fn arms(&self, at: &str, found: &mut Found<'_>) -> Vec<usize> {
        let Scenario { arms: only, skip, .. } = self.scenario;
        let is_in = |list: &[String], name: &str| list.iter().any(|other| other == name);
        let names = self.study.arms.keys().enumerate();
        let arms: Vec<usize> = names
            .filter(|(_, name)| only.is_empty() || is_in(only, &name.0))
            .filter(|(_, name)| !is_in(skip, &name.0))
            .map(|(index, _)| index)
            .collect();
        if arms.is_empty() {
            found.add(
                &["scenarios", at],
                "has no arm left",
                "leave out `skip`, or name other arms",
            );
        }
        arms
    }

    /// Every combination of values, the later keys turning fastest.
    fn choices(&self) -> Vec<Choice> {
        let scenario = self.scenario;
        let mut choices = vec![Choice::default()];
        for (option, values) in &scenario.vary {
            choices = crossed(choices, values.clone(), |choice, value| {
                choice.vary.insert(option.clone(), value);
            });
        }
        choices =
            crossed(choices, several(&scenario.input_len), |choice, value| choice.input = value);
        choices =
            crossed(choices, several(&scenario.output_len), |choice, value| choice.output = value);
        choices =
            crossed(choices, several(&scenario.prefix_len), |choice, value| choice.prefix = value);
        choices =
            crossed(choices, several(&scenario.requests), |choice, value| choice.requests = value);
        choices = crossed(choices, several(&scenario.rate), |choice, value| choice.rate = value);
        crossed(choices, several(&scenario.concurrency), |choice, value| choice.concurrency = value)
    }

    fn cell(&self, choice: Choice, arms: &[usize]) -> Cell {
        let scenario = self.scenario;
        let mut words = self.workload.clone();
        words.input_len = choice.input.map(|count| count.0).or(words.input_len);
        words.output_len = choice.output.map(|count| count.0).or(words.output_len);
        words.prefix_len = choice.prefix.map(|count| count.0).or(words.prefix_len);
        let pattern = self.pattern(&choice);
        let extent = self.extent(&choice);
        let sent_as = self.name(&choice, pattern);
        let varied: String = choice
            .vary
            .iter()
            .map(|(option, value)| {
                format!("-{}-{}", folder_word(option), folder_word(&word(value)))
            })
            .collect();
        Cell {
            name: format!("{sent_as}{varied}"),
            sent_as,
            scenario: self.index,
            workload: scenario.workload.clone(),
            load: LoadSettings {
                pattern,
                extent,
                drain_limit: None,
                warm_up_requests: self.warm_up_requests(),
                pool: pool(pattern, extent, words.output_len),
            },
            warm_up: self.warm_up(extent),
            words,
            vary: choice.vary,
            arms: arms.to_vec(),
        }
    }

    /// The name of a cell: the scenario's, its load, and whatever it has several
    /// of.
    fn name(&self, choice: &Choice, pattern: Pattern) -> String {
        let scenario = self.scenario;
        let mut name = match &scenario.name {
            Some(name) => name.0.clone(),
            None => scenario.workload.clone(),
        };
        let mut add = |letter: &str, value: Option<Count>, given: &Option<OneOrMore<Count>>| {
            if let (Some(value), Some(OneOrMore::More(_))) = (value, given) {
                name.push_str(&format!("-{letter}{}", value.0));
            }
        };
        add("i", choice.input, &scenario.input_len);
        add("o", choice.output, &scenario.output_len);
        add("p", choice.prefix, &scenario.prefix_len);
        add("n", choice.requests, &scenario.requests);
        let is_swept = matches!(scenario.rate, Some(OneOrMore::More(_)))
            || matches!(scenario.concurrency, Some(OneOrMore::More(_)));
        if scenario.name.is_none() || is_swept {
            name.push_str(&load_word(pattern));
        }
        name
    }

    fn customs(&self) -> &'static Customs {
        Customs::of(self.workload.rules)
    }

    /// The rule by which requests become due.
    fn pattern(&self, choice: &Choice) -> Pattern {
        let customs = self.customs();
        let cap = choice.concurrency.map(|count| count.0);
        let burstiness = self.scenario.burstiness.map_or(1.0, |shape| shape.shape());
        if let Some(ramp) = self.scenario.ramp {
            let shape = match ramp.shape {
                RiseShape::Linear => RampShape::Linear,
                RiseShape::Exponential => RampShape::Exponential,
            };
            return Pattern::Ramp(Ramp { from: ramp.from, to: ramp.to, shape, burstiness, cap });
        }
        let rate = choice.rate.map(Rate::per_second);
        match (rate, cap) {
            (None | Some(f64::INFINITY), Some(concurrency)) => Pattern::Closed { concurrency },
            (None, None) => match customs.concurrency {
                Some(concurrency) => Pattern::Closed { concurrency },
                None => Pattern::Open { rate: f64::INFINITY, burstiness, cap: None },
            },
            (Some(rate), cap) => Pattern::Open { rate, burstiness, cap },
        }
    }

    /// How much is measured: what the scenario says, the workload, the followed
    /// tool, or we.
    fn extent(&self, choice: &Choice) -> Extent {
        let own = (choice.requests.map(|count| count.0), self.scenario.duration);
        let usual = (self.workload.requests, self.workload.duration);
        let given = if own == (None, None) { usual } else { own };
        match given {
            (Some(count), _) => Extent::Requests(count),
            (None, Some(length)) => Extent::Duration(length.0),
            (None, None) => match self.customs().num_prompts {
                Some(count) => Extent::Requests(count),
                None => Extent::Duration(WINDOW),
            },
        }
    }

    fn warm_up_spec(&self) -> Option<WarmUpSpec> {
        self.scenario.warm_up.or(self.workload.warm_up).or(self.study.warm_up)
    }

    fn warm_up_requests(&self) -> Option<u32> {
        match self.warm_up_spec() {
            Some(WarmUpSpec::Requests(count)) => Some(count),
            Some(_) => None,
            None => self.customs().warm_up,
        }
    }

    /// What is sent before anything is measured. Unlike a bench, a study warms up
    /// before counts of requests too: its arms are to be compared.
    fn warm_up(&self, extent: Extent) -> WarmUp {
        let settled = |at_most| WarmUp::UntilSettled { at_most };
        match (self.warm_up_spec(), self.customs().warm_up, extent) {
            (Some(WarmUpSpec::Requests(0)), _, _) | (None, Some(0), _) => WarmUp::None,
            (Some(WarmUpSpec::Requests(count)), _, _) | (None, Some(count), _) => {
                WarmUp::Requests(count)
            }
            (Some(WarmUpSpec::AtMost { at_most }), _, _) => settled(at_most.0),
            (Some(WarmUpSpec::Settled(_)) | None, _, _) => settled(LONGEST_WARM_UP),
        }
    }
}

/// How many different prompts a closed loop with a duration goes round in: half
/// as many again as it would send if the engine were as fast as few are. It is
/// one number for all arms, so that a faster one isn't sent others.
fn pool(pattern: Pattern, extent: Extent, output_tokens: Option<u32>) -> Option<NonZeroU32> {
    let (Pattern::Closed { concurrency }, Extent::Duration(length)) = (pattern, extent) else {
        return None;
    };
    let request = output_tokens
        .map_or(ASSUMED_REQUEST, |tokens| (FASTEST_TOKEN * tokens).max(FASTEST_REQUEST));
    let rounds = length.as_secs_f64() / request.as_secs_f64();
    let wanted = (rounds * f64::from(concurrency) * 1.5).ceil() + f64::from(concurrency);
    NonZeroU32::new(wanted.clamp(POOL.0, POOL.1) as u32)
}

/// What names a load.
fn load_word(pattern: Pattern) -> String {
    let capped = |cap: Option<u32>| cap.map(|cap| format!("-c{cap}")).unwrap_or_default();
    match pattern {
        Pattern::Closed { concurrency } => format!("-c{concurrency}"),
        Pattern::Open { rate, cap, .. } => format!("-r{rate}{}", capped(cap)),
        Pattern::Ramp(ramp) => format!("-r{}to{}{}", ramp.from, ramp.to, capped(ramp.cap)),
    }
}

/// The values that a key gives, or that it gives none.
fn several<T: Copy>(given: &Option<OneOrMore<T>>) -> Vec<Option<T>> {
    match given {
        Some(values) => values.all().into_iter().map(Some).collect(),
        None => vec![None],
    }
}

/// Each choice with each value.
fn crossed<T: Clone>(
    choices: Vec<Choice>,
    values: Vec<T>,
    set: impl Fn(&mut Choice, T),
) -> Vec<Choice> {
    let with = |choice: &Choice, value: &T| {
        let mut choice = choice.clone();
        set(&mut choice, value.clone());
        choice
    };
    choices.iter().flat_map(|choice| values.iter().map(move |value| with(choice, value))).collect()
}

/// A value as a word.
fn word(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A word that may be a part of a folder's name.
fn folder_word(word: &str) -> String {
    let fit =
        |char: char| if char.is_ascii_alphanumeric() || "._-".contains(char) { char } else { '-' };
    word.chars().take(32).map(fit).collect()
}
