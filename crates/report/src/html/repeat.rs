//! How to repeat what was measured, and how to read this page.

use askama::Template;
use askama::filters::HtmlSafe;

use super::words::Words;
use crate::StudySeen;
use crate::console::shell_word;

/// What the page's words mean.
const GLOSSARY: [(&str, &str); 15] = [
    ("arm", "One engine, set up one way."),
    ("scenario", "One workload under one load."),
    (
        "block",
        "One pass over all arms, each freshly started. All arms of a block are sent the same bytes \
         at the same times, so they are compared within blocks.",
    ),
    ("trial", "One scenario on one arm in one block."),
    (
        "interval",
        "Where the true value lies, as far as the blocks can tell: of a hundred such intervals \
         about five miss it.",
    ),
    ("margin", "How small a difference counts as none. It was fixed before anything was measured."),
    ("better, worse", "The difference is sure, over all comparisons of the study together."),
    ("equivalent", "The arms are surely closer to each other than the margin."),
    ("undecided", "Neither is sure. More blocks would tell; how many is said where it is known."),
    (
        "not comparable",
        "The arms differ in something that must be alike, so neither may be called better.",
    ),
    (
        "gate",
        "A rule that a trial must keep before it may count: about the client, the machine, the \
         engine, or the work.",
    ),
    ("saturated", "The engine could not keep up with the load, so its latencies say nothing."),
    ("TTFT", "From sending a request to its first token."),
    ("TPOT, ITL", "The pace of the tokens after the first: a request’s mean, and gap by gap."),
    ("E2E", "From sending a request to its last token."),
];

/// Where each of these is told in full.
const DOCS: [(&str, &str); 5] = [
    ("docs/verdict.md", "from numbers to a verdict"),
    ("docs/metrics.md", "every metric and its formula"),
    ("docs/validity.md", "every gate and its limit"),
    ("docs/fairness.md", "what makes a comparison unfair"),
    ("docs/run-folder.md", "every file of the run folder"),
];

/// How to repeat a study, and what its words mean.
#[derive(Debug, Template)]
#[template(path = "repeat.html")]
pub(super) struct Repeat {
    commands: Vec<(&'static str, Words)>,
    glossary: &'static [(&'static str, &'static str)],
    docs: &'static [(&'static str, &'static str)],
}

/// Each part is escaped by its own template.
impl HtmlSafe for Repeat {}

impl Repeat {
    /// How to repeat a study.
    pub(super) fn of(seen: &StudySeen<'_>) -> Repeat {
        let run = shell_word(seen.run);
        let command = |text: String| Words::of(&text);
        let mut commands = vec![
            (
                "See this again, from the run folder alone",
                command(format!("tokenometer report {run}")),
            ),
            ("See every trial", command(format!("tokenometer report {run} --trials"))),
        ];
        if seen.interrupted {
            let go_on = format!("tokenometer run STUDY.yaml --out {run} --resume");
            commands.insert(0, ("Go on where it was broken off", command(go_on)));
        }
        commands.push((
            "Hold another run against it",
            command(format!("tokenometer compare {run} OTHER")),
        ));
        Repeat { commands, glossary: &GLOSSARY, docs: &DOCS }
    }
}
