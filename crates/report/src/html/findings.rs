//! What the study has found, as `findings` says it: sentences with what each rests on.

use askama::Template;
use askama::filters::HtmlSafe;

use super::amount::{figure_of, title, titled, value};
use super::words::Words;
use crate::findings::{Findings, Ground, Kind};
use crate::number::short;

/// The kinds of findings under each heading.
const HEADINGS: [(&str, &[Kind]); 5] = [
    ("Who is best", &[Kind::Best, Kind::NoWinner]),
    ("For which use", &[Kind::Use, Kind::OpenUse]),
    ("Where the order turns round", &[Kind::Flip]),
    ("The most that was reached, as numbers", &[Kind::Peak]),
    ("What limits each arm", &[Kind::Limit, Kind::UnknownLimit]),
];

/// What was found.
#[derive(Debug, Template)]
#[template(path = "findings.html")]
pub(super) struct FindingsSection {
    groups: Vec<(&'static str, Vec<Found>)>,
}

/// Each part is escaped by its own template.
impl HtmlSafe for FindingsSection {}

/// One finding.
#[derive(Debug)]
struct Found {
    sentence: Words,
    rests_on: Vec<Words>,
}

impl FindingsSection {
    /// What was found; `None` where that is nothing.
    pub(super) fn of(findings: &Findings) -> Option<FindingsSection> {
        let group = |(heading, kinds): (&'static str, &[Kind])| {
            let found: Vec<Found> = findings
                .of_kinds(kinds)
                .map(|finding| Found {
                    sentence: Words::of(&finding.sentence),
                    rests_on: finding.rests_on.iter().map(ground).collect(),
                })
                .collect();
            (!found.is_empty()).then_some((heading, found))
        };
        let groups: Vec<_> = HEADINGS.into_iter().filter_map(group).collect();
        (!groups.is_empty()).then_some(FindingsSection { groups })
    }
}

/// What a finding rests on, in a line.
fn ground(ground: &Ground) -> Words {
    Words::of(&match ground {
        Ground::Comparison { scenario, metric, arm, reference } => {
            format!("the verdict on {} in {scenario}, {arm} against {reference}", title(metric))
        }
        Ground::Best { scenario, metric } => {
            format!("the arms than which none is better by {} in {scenario}", title(metric))
        }
        Ground::Figure { scenario, arm, figure, value: number, interval, blocks } => {
            measured(scenario, arm, figure, *number, *interval, *blocks)
        }
        Ground::Seen { scenario, arm, block, what, value } => {
            format!("{what} {} of {arm} in {scenario}, block {block}", short(*value))
        }
    })
}

fn measured(
    scenario: &str,
    arm: &str,
    name: &str,
    number: f64,
    interval: Option<[f64; 2]>,
    blocks: usize,
) -> String {
    let shown = |number: f64| match figure_of(name) {
        Some(figure) => value(figure, number),
        None => short(number),
    };
    let what = figure_of(name).map_or(name.to_owned(), titled);
    let around = interval
        .map(|[low, high]| format!(" [{}, {}]", shown(low), shown(high)))
        .unwrap_or_default();
    let blocks = super::amount::counted(blocks, "block");
    format!("{what} {}{around} of {arm} in {scenario}, over {blocks}", shown(number))
}
