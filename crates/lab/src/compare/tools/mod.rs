//! Result files of other tools beside one another, or beside a run folder, which is then
//! seen through the eyes of the tool whose file it is.
//!
//! A file has one value and no blocks, and says nothing of prompts, client or engine. So
//! there are numbers only, and what can't be checked is said.

mod asked;
mod figures;
mod seen;

use tokenometer_core::Mistake;
use tokenometer_report::compare::{How, PairSeen, ScenarioPair, SideSeen};
use tokenometer_results::ForeignResult;
use tokenometer_verdict::comparability::{FIELDS, Tier};

use self::asked::{primary, refusals, sent};
use self::figures::figures;
use self::seen::{alike, arm};
use super::scenarios::refused;
use super::side::{Side, What};
use super::{ToCompare, definitions, runs};

/// What a result file doesn't hold, and so nobody can check.
const UNCHECKED: [&str; 6] = [
    "whether both were sent the same prompts: a file counts them and doesn't keep them",
    "whether answers are the same, and whose tokenizer has counted them",
    "whether the engine was alive and set up as it was meant to be, all the time",
    "whether the client was late, or busy",
    "whether caches were cold or warm, and of how many passes this was which",
    "how far the numbers would vary: another start of the same engine gives others",
];

/// Results that were made alike: one of a file, or those of a run's blocks as the tool
/// would have written them.
struct Alike {
    /// A scenario's name, or a line.
    name: String,
    /// Each with its block; there is one at least.
    results: Vec<(u32, ForeignResult)>,
    /// Why blocks don't count.
    left_out: Vec<String>,
}

impl Alike {
    /// The first of its results, by which it is seen how all were sent.
    fn first(&self) -> &ForeignResult {
        &self.results[0].1
    }
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
            Ok(Some(at)) if is_taken[at] => {
                let is_alike = |one: &&Alike| refusals(scenario.first(), one.first()).is_empty();
                let twice: Vec<String> =
                    one.iter().filter(is_alike).map(|one| one.name.clone()).collect();
                mistakes.push(several(reference, scenario, &twice));
            }
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
    let defined = both.first().map(|[one, two]| definitions::apart(one.first(), two.first()));
    Ok(PairSeen {
        reference: side(reference, &one),
        compared: side(other, &two),
        how: How::NumbersOnly,
        could_end_early: false,
        study_says: Vec::new(),
        only_reference,
        only_compared: only_compared.collect(),
        unchecked: UNCHECKED.map(str::to_owned).to_vec(),
        definitions: defined.unwrap_or_default(),
        scenarios: both.into_iter().map(|pair| scenario_pair(pair, asked)).collect(),
    })
}

/// The scenario of the other side that was sent alike; of two that stand alone, whatever
/// they are, so that it is said why they can't be compared.
fn partner(scenario: &Alike, others: &[Alike], count: usize) -> Result<Option<usize>, Vec<String>> {
    let is_alike = |other: &Alike| refusals(scenario.first(), other.first()).is_empty();
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

/// A side, in words.
fn side(side: &Side, scenarios: &[Alike]) -> SideSeen {
    let result = scenarios.first().map(Alike::first);
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
    let refusals = refusals(one.first(), two.first());
    let sides = [("reference", one), ("compared", two)];
    let left_out = sides
        .into_iter()
        .flat_map(|(side, alike)| alike.left_out.iter().map(move |why| format!("{side}: {why}")));
    let known = ["load", "model", "prompt-tokens"];
    let is_open = |name: &str| match name {
        "model" => one.first().asked.model.is_none() || two.first().asked.model.is_none(),
        "prompt-tokens" => definitions::may_be_the_same(one.first(), two.first()).is_none(),
        name => !known.contains(&name),
    };
    let unknown = FIELDS.iter().filter(|field| field.tier != Tier::Strategy && is_open(field.name));
    ScenarioPair {
        name: one.name.clone(),
        compared_name: two.name.clone(),
        load: None,
        asked: Some(sent(one)),
        primary: primary(&one.first().asked),
        figures: figures([one, two], refusals.is_empty(), asked),
        refusals: refusals.iter().map(refused).collect(),
        budget: Vec::new(),
        strategy: Vec::new(),
        unknown: unknown.map(|field| field.name.to_owned()).collect(),
        left_out: left_out.collect(),
    }
}
