//! Who is best in each scenario by each metric, and where nobody is.

use tokenometer_core::Verdict;

use super::question::Question;
use super::{Finding, Kind, joined};

/// One finding a question: its winner, or why it has none.
pub(super) fn best_by_scenario(questions: &[Question<'_>], verdict: &Verdict) -> Vec<Finding> {
    questions.iter().map(|question| finding(question, verdict.rule.blocks)).collect()
}

fn finding(question: &Question<'_>, blocks: u32) -> Finding {
    let Question { scenario, title, arms, .. } = question;
    let found = match question.winner() {
        Some(arm) => {
            let others: Vec<&str> = arms.iter().copied().filter(|other| *other != arm).collect();
            let sentence =
                format!("{scenario}: by {title}, {arm} is best, before {}.", joined(&others));
            Finding::new(Kind::Best, sentence).of_arms([arm])
        }
        None => {
            let why = question.why_open(blocks);
            let sentence = format!("{scenario}: by {title} there is no winner: {why}.");
            let compared = question.comparisons.iter();
            let arms = compared.flat_map(|one| [one.arm.as_str(), one.reference.as_str()]);
            Finding::new(Kind::NoWinner, sentence).of_arms(arms)
        }
    };
    found.of_scenarios([*scenario]).resting_on(question.grounds())
}
