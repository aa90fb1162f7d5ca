//! Mistakes that are found while a plan is made, each with its line.

use tokenometer_core::Mistake;
use tokenometer_document::Document;

/// The mistakes found so far.
pub(super) struct Found<'a> {
    document: &'a Document,
    mistakes: Vec<Mistake>,
}

impl<'a> Found<'a> {
    pub(super) fn new(document: &'a Document) -> Found<'a> {
        Found { document, mistakes: Vec::new() }
    }

    /// Where something stands.
    pub(super) fn place(&self, path: &[&str]) -> String {
        self.document.place(path)
    }

    /// Notes a mistake in what stands at `path`.
    pub(super) fn add(&mut self, path: &[&str], problem: impl AsRef<str>, cure: impl Into<String>) {
        let place = self.document.place(path);
        let problem = format!("`{}` {}", path.join("."), problem.as_ref());
        self.mistakes.push(Mistake::new(place, problem, cure));
    }

    /// Notes what another room found in what stands at `path`. It speaks of a
    /// bench's flags; here they are keys.
    pub(super) fn of_flags(&mut self, path: &[&str], mistakes: Vec<Mistake>) {
        for mistake in mistakes {
            let flag = mistake.place.split_whitespace().next().unwrap_or_default();
            let key = key_of(flag);
            let whole: Vec<&str> = path.iter().copied().chain(key).collect();
            let place = self.document.place(&whole);
            let value = mistake.place.strip_prefix(flag).unwrap_or_default().trim();
            let subject = match key {
                Some(key) => format!("`{}.{key}`", path.join(".")),
                None => format!("`{}`", path.join(".")),
            };
            let value = if value.is_empty() { String::new() } else { format!(" {value}") };
            self.mistakes.push(Mistake::new(
                place,
                format!("{subject}{value}: {}", with_keys(&mistake.problem)),
                with_keys(&mistake.cure),
            ));
        }
    }

    /// Notes mistakes that have their place already.
    pub(super) fn extend(&mut self, mistakes: Vec<Mistake>) {
        self.mistakes.extend(mistakes);
    }

    /// All of them, in the order of the text.
    pub(super) fn all(self) -> Vec<Mistake> {
        let mut once: Vec<Mistake> = Vec::new();
        for mistake in self.mistakes {
            if !once.contains(&mistake) {
                once.push(mistake);
            }
        }
        super::read::in_order(once)
    }
}

/// The flags of a bench, each with the key of a study that means the same. A
/// flag stands before every other that it begins with.
const FLAGS: [(&str, &str); 32] = [
    ("--apply-chat-template", "apply-chat-template"),
    ("--burstiness", "burstiness"),
    ("--dataset-name", "dataset"),
    ("--dataset-path", "path"),
    ("--duration", "duration"),
    ("--gsp-group-distribution", "gsp-group-distribution"),
    ("--gsp-num-groups", "gsp-num-groups"),
    ("--gsp-output-len", "output-len"),
    ("--gsp-prompts-per-group", "gsp-prompts-per-group"),
    ("--gsp-question-len", "gsp-question-len"),
    ("--gsp-range-ratio", "range-ratio"),
    ("--gsp-system-prompt-len", "gsp-system-prompt-len"),
    ("--gsp-zipf-alpha", "gsp-zipf-alpha"),
    ("--max-concurrency", "concurrency"),
    ("--num-prompts", "requests"),
    ("--prefix-repetition-num-prefixes", "num-prefixes"),
    ("--prefix-repetition-output-len", "output-len"),
    ("--prefix-repetition-prefix-len", "prefix-len"),
    ("--prefix-repetition-suffix-len", "suffix-len"),
    ("--prompt-suffix", "prompt-suffix"),
    ("--ramp-up-end-rps", "ramp"),
    ("--ramp-up-start-rps", "ramp"),
    ("--random-input-len", "input-len"),
    ("--random-output-len", "output-len"),
    ("--random-prefix-len", "prefix-len"),
    ("--random-range-ratio", "range-ratio"),
    ("--request-rate", "rate"),
    ("--sharegpt-context-len", "context-len"),
    ("--sonnet-input-len", "input-len"),
    ("--sonnet-output-len", "output-len"),
    ("--sonnet-prefix-len", "prefix-len"),
    ("--tokenizer", "tokenizer"),
];

fn key_of(flag: &str) -> Option<&'static str> {
    FLAGS.iter().find(|(known, _)| *known == flag).map(|(_, key)| *key)
}

/// A sentence about flags, about keys.
fn with_keys(text: &str) -> String {
    let text = FLAGS
        .iter()
        .fold(text.to_owned(), |text, (flag, key)| text.replace(flag, &format!("`{key}`")));
    text.replace("--backend openai-chat", "`dialect: openai-chat`")
        .replace("--backend openai-completions", "`dialect: openai-completions`")
        .replace("the flag", "the key")
}
