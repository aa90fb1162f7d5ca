//! Runs that were not one study, beside one another: run folders, and result files of
//! other tools. The first is the reference, and each other is compared with it.
//!
//! What was measured at different times differs for reasons that no interval knows, so
//! nothing here says better or worse; only a limit that somebody set is surely crossed,
//! surely kept, or neither. Everything is read from folders and files, and nothing is
//! measured.

mod arms;
mod definitions;
mod facts;
mod figures;
mod limit;
mod runs;
mod scenarios;
mod side;
mod tools;

use tokenometer_core::Mistake;
use tokenometer_report::compare::{Compared, How, PairSeen};
use tokenometer_results::SCHEMA_VERSION;
use tokenometer_verdict::answer::{METRICS, Metric};

use self::side::{Side, What};
use crate::LabError;

/// What is to be compared.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ToCompare {
    /// The metrics that are wanted, by name; all where there are none.
    pub metrics: Vec<String>,
    /// The scenarios that are wanted, by the reference's names; all where there are none.
    pub scenarios: Vec<String>,
    /// By which share a metric may lie on the wrong side of the reference's.
    pub limit: Option<f64>,
    /// Whether a ratio without an interval is enough for the limit.
    pub numbers_only: bool,
}

impl ToCompare {
    /// The metrics that are wanted.
    fn metrics(&self) -> impl Iterator<Item = &'static Metric> {
        let wanted = |metric: &&Metric| {
            self.metrics.is_empty() || self.metrics.iter().any(|name| name == metric.name)
        };
        METRICS.iter().filter(wanted)
    }

    /// Whether a metric is shown though no side has it: its name was given.
    fn names(&self, metric: &Metric) -> bool {
        self.metrics.iter().any(|name| name == metric.name)
    }

    fn wants(&self, scenario: &str) -> bool {
        self.scenarios.is_empty() || self.scenarios.iter().any(|name| name == scenario)
    }
}

/// Run folders and result files that were opened and read; the first is the reference.
pub struct Sides {
    reference: Side,
    others: Vec<Side>,
}

impl Sides {
    /// Opens what was named: run folders, each with or without `:ARM`, and result files,
    /// each with or without `:LINE`.
    ///
    /// # Errors
    ///
    /// Everything that is wrong with any of them.
    pub fn open(reference: &str, others: &[String]) -> Result<Sides, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let mut open = |named: &str| Side::open(named).map_err(|more| mistakes.extend(more)).ok();
        let reference = open(reference);
        let others: Vec<Option<Side>> = others.iter().map(|named| open(named)).collect();
        match (reference, others.into_iter().collect()) {
            (Some(reference), Some(others)) => Ok(Sides { reference, others }),
            _ => Err(mistakes),
        }
    }
}

/// Compares each side with the reference.
///
/// # Errors
///
/// [`LabError::Mistakes`] with everything because of which sides don't go together.
pub fn compare(sides: &Sides, asked: &ToCompare) -> Result<Compared, LabError> {
    let Sides { reference, others } = sides;
    let (mut pairs, mut mistakes) = (Vec::new(), Vec::new());
    for other in others {
        match beside(reference, other, asked) {
            Ok(more) => pairs.extend(more),
            Err(more) => mistakes.extend(more),
        }
    }
    if mistakes.is_empty() {
        mistakes.extend(unknown_scenarios(&pairs, asked));
    }
    if !mistakes.is_empty() {
        mistakes.dedup();
        return Err(LabError::Mistakes(mistakes));
    }
    let limit = asked.limit.map(|limit| limit::judge(&pairs, limit, asked));
    Ok(Compared {
        schema_version: SCHEMA_VERSION,
        tool: format!("tokenometer {}", env!("CARGO_PKG_VERSION")),
        pairs,
        limit,
    })
}

/// The arms of one side beside those of the reference.
fn beside(
    reference: &Side,
    other: &Side,
    asked: &ToCompare,
) -> Result<Vec<PairSeen>, Vec<Mistake>> {
    match (&reference.what, &other.what) {
        (What::Run(one), What::Run(two)) => runs::beside(one, two, asked),
        _ => tools::beside(reference, other, asked).map(|pair| vec![pair]),
    }
}

/// The scenarios that were asked for and that no side has.
fn unknown_scenarios(pairs: &[PairSeen], asked: &ToCompare) -> Vec<Mistake> {
    let known = |name: &String| {
        pairs.iter().any(|pair| {
            pair.scenarios.iter().any(|one| one.name == *name)
                || pair.only_reference.iter().any(|one| one.split(':').next() == Some(name))
        })
    };
    let unknown = asked.scenarios.iter().filter(|name| !known(name));
    unknown
        .map(|name| {
            let place = format!("--scenario {name}");
            let cure = "leave it out to see which scenarios there are";
            Mistake::new(place, "the reference has no scenario of this name", cure)
        })
        .collect()
}

/// Whether anything at all could be compared: whether any ratio or difference is given.
pub fn has_an_effect(compared: &Compared) -> bool {
    let figures = compared
        .pairs
        .iter()
        .flat_map(|pair| &pair.scenarios)
        .flat_map(|scenario| &scenario.figures);
    figures.into_iter().any(|figure| figure.effect.is_some())
}

/// The metrics that can be asked for, by name.
pub fn metric_names() -> Vec<&'static str> {
    METRICS.iter().map(|metric| metric.name).collect()
}

/// The heading under which a pair stands: that of one study, or of two.
fn how(is_one_study: bool) -> How {
    if is_one_study { How::OneStudy } else { How::Observational }
}
