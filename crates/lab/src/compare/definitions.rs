//! What other tools mean by the words that they share: facts of their sources, in a few
//! words each, so that it can be said where two files don't mean the same. `docs/views.md`
//! has them in full.

use tokenometer_core::Rules;
use tokenometer_report::compare::DefinitionPair;
use tokenometer_results::{ForeignResult, ForeignTool};

/// A word that tools define each in its way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Word {
    Duration,
    Input,
    Output,
    Ttft,
    Tpot,
    Itl,
    E2e,
}

impl Word {
    const ALL: [Word; 7] =
        [Word::Duration, Word::Input, Word::Output, Word::Ttft, Word::Tpot, Word::Itl, Word::E2e];

    const fn name(self) -> &'static str {
        match self {
            Word::Duration => "duration",
            Word::Input => "input tokens",
            Word::Output => "output tokens",
            Word::Ttft => "TTFT",
            Word::Tpot => "TPOT",
            Word::Itl => "ITL",
            Word::E2e => "E2E",
        }
    }
}

/// Where two results mean different things by the same word.
pub(super) fn apart(reference: &ForeignResult, compared: &ForeignResult) -> Vec<DefinitionPair> {
    let pair = |word: Word| {
        let [one, two] = [reference, compared].map(|result| definition(word, result));
        (one != two).then(|| DefinitionPair {
            what: word.name().to_owned(),
            reference: one.to_owned(),
            compared: two.to_owned(),
        })
    };
    Word::ALL.into_iter().filter_map(pair).collect()
}

/// What a tool means by a word.
fn definition(word: Word, result: &ForeignResult) -> &'static str {
    match (result.tool, result.rules) {
        (ForeignTool::Vllm, None) => "as vLLM has it in a version between those known here",
        (ForeignTool::Sglang, None) => "as SGLang has it in a version between those known here",
        (tool, Some(_)) if is_of_a_stream(word) && !is_known_route(tool, &result.asked.backend) => {
            "as the tool's client of this backend has it"
        }
        (ForeignTool::Vllm, Some(rules)) => of_vllm(word, rules, result),
        (ForeignTool::Sglang, Some(rules)) => of_sglang(word, rules, result),
    }
}

/// Whether a word is about one answer, and so about the route that it came by.
fn is_of_a_stream(word: Word) -> bool {
    !matches!(word, Word::Duration | Word::Input)
}

/// Whether a backend is asked over OpenAI's routes or SGLang's own: of these the
/// definitions are below.
fn is_known_route(tool: ForeignTool, backend: &str) -> bool {
    let known: &[&str] = match tool {
        ForeignTool::Vllm => &["vllm", "openai", "openai-chat", "vllm-chat"],
        ForeignTool::Sglang => {
            &["sglang", "sglang-native", "sglang-oai", "sglang-oai-chat", "vllm", "vllm-chat"]
        }
    };
    known.contains(&backend)
}

/// What the duration is with most.
const TO_THE_LAST_END: &str = "from the start of the load to the end of the last request";

fn of_vllm(word: Word, rules: Rules, result: &ForeignResult) -> &'static str {
    let is_old_chat = rules == Rules::Vllm084 && result.asked.backend.contains("chat");
    match word {
        Word::Duration => TO_THE_LAST_END,
        Word::Input if rules == Rules::Vllm033 => "as the server counts the prompts",
        Word::Input => "as the tool's tokenizer counts the prompts",
        Word::Output => "as the server counts the answers, else their text counted again",
        Word::Ttft => "to the first event of an answer, even one without text",
        Word::Tpot if is_old_chat => "(E2E − TTFT) / (tokens − 1), to the last frame",
        Word::Tpot => "(E2E − TTFT) / (tokens − 1), to the last event of an answer",
        Word::Itl => "the gap between two events, however many tokens they hold",
        Word::E2e if is_old_chat => "to the last frame, that with the counts included",
        Word::E2e => "to the last event of an answer",
    }
}

fn of_sglang(word: Word, rules: Rules, result: &ForeignResult) -> &'static str {
    // The first versions asked SGLang, too, on OpenAI's route.
    let is_own_route = rules != Rules::Sglang0214
        && ["sglang", "sglang-native"].contains(&result.asked.backend.as_str());
    match word {
        Word::Duration if rules == Rules::Sglang0214 => TO_THE_LAST_END,
        Word::Duration => "from the start of the load to the end of a call after the last request",
        Word::Input => "as the tool's tokenizer counts the prompts",
        Word::Output if is_own_route => "as the server counts the answers",
        Word::Output if rules == Rules::Sglang0214 => "as were asked for, whatever came",
        Word::Output => "as were asked for, unless the server sends its counts with a text",
        Word::Ttft => "to the first event with text; an answer without any counts as 0",
        Word::Tpot => "(E2E − TTFT) / (tokens − 1), to the last line",
        Word::Itl if is_own_route => "the gap between two events shared out over their tokens",
        Word::Itl => "the gap between two events, however many tokens they hold",
        Word::E2e => "to the last line, [DONE] included",
    }
}

/// Whether two results mean different things by a metric, given by its name.
pub(super) fn are_apart(metric: &str, reference: &ForeignResult, compared: &ForeignResult) -> bool {
    let words: &[Word] = match metric.split('_').next() {
        Some("output") => &[Word::Duration, Word::Output],
        Some("input") => &[Word::Duration, Word::Input],
        Some("total") => &[Word::Duration, Word::Input, Word::Output],
        Some("request") => &[Word::Duration],
        Some("ttft") => &[Word::Ttft],
        Some("tpot") => &[Word::Tpot],
        Some("itl") => &[Word::Itl],
        Some("e2e") => &[Word::E2e],
        _ => &[],
    };
    words.iter().any(|word| definition(*word, reference) != definition(*word, compared))
}

/// How much a tool's counts of prompts may differ from another's for each request: what
/// it puts before and around a prompt (a template, a first token).
const AROUND_A_PROMPT: f64 = 16.0;

/// Whether two counts of all prompts may be of the same prompts.
pub(super) fn may_be_the_same(reference: &ForeignResult, compared: &ForeignResult) -> Option<bool> {
    const KEY: &str = "total_input_tokens";
    let (one, two) = (reference.figures.get(KEY)?, compared.figures.get(KEY)?);
    let is_same_count = definition(Word::Input, reference) == definition(Word::Input, compared)
        && reference.tool == compared.tool;
    let allowed = if is_same_count {
        0.0
    } else {
        AROUND_A_PROMPT * reference.completed.max(compared.completed) as f64
    };
    Some((one - two).abs() <= allowed)
}
