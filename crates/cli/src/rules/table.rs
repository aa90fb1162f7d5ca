//! The table of all rules in `docs/rules.md`, made from the data itself. A test
//! fails when it is stale; `UPDATE_DOCS=1 cargo test -p tokenometer-cli` writes
//! it anew.

use std::fmt::Write as _;
use std::{env, fs};

use tokenometer_core::Rules;

use super::{Backend, Customs, EndOfSequence, lacks};
use crate::settings::UNDOING;

/// Where the table stands in the document.
const BEGIN: &str = "<!-- rules: made from crates/cli/src/rules, do not edit -->\n";
const END: &str = "<!-- end of rules -->";

/// Every column: ours first.
fn columns() -> Vec<Option<Rules>> {
    std::iter::once(None).chain(Rules::ALL.map(Some)).collect()
}

/// One cell of a row.
type Cell = fn(Option<Rules>) -> String;

fn customs(rules: Option<Rules>) -> &'static Customs {
    Customs::of(rules)
}

fn or_none<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "–".to_owned(), |value| value.to_string())
}

/// The length of what is drawn, where the tool has a usual one.
fn length(rules: Option<Rules>, usual: u32) -> String {
    match rules {
        Some(Rules::VllmThroughput07Dstack | Rules::LlmInfraBench) => "–".to_owned(),
        _ => usual.to_string(),
    }
}

const ROWS: [(&str, Cell); 16] = [
    ("`--backend`", |rules| customs(rules).backend.to_owned()),
    ("host", |rules| or_none(customs(rules).host)),
    ("`--dataset-name`", |rules| customs(rules).dataset.name().to_owned()),
    ("`--num-prompts`", |rules| match (rules, customs(rules).num_prompts) {
        (Some(Rules::LlmInfraBench), _) => "all in the file".to_owned(),
        (_, None) => "– (30 s)".to_owned(),
        (_, Some(count)) => count.to_string(),
    }),
    ("`--seed`", |rules| match rules {
        Some(Rules::LlmInfraBench) => "draws nothing".to_owned(),
        _ => customs(rules).seed.to_string(),
    }),
    ("`--random-input-len`", |rules| length(rules, customs(rules).input_tokens)),
    ("`--random-output-len`", |rules| length(rules, customs(rules).output_tokens)),
    ("`--random-range-ratio`", |rules| {
        let usual = customs(rules).range_ratio;
        match rules {
            Some(rules) if rules.is_sglang() => format!("{usual}: from r·L to L"),
            Some(Rules::VllmThroughput07Dstack | Rules::LlmInfraBench) => "–".to_owned(),
            _ => format!("{usual}: from (1−r)·L to (1+r)·L"),
        }
    }),
    ("least output length", |rules| match rules {
        Some(Rules::Sglang0214 | Rules::Sglang045) => "0, and sent so".to_owned(),
        _ => "1".to_owned(),
    }),
    ("`--request-rate`", |rules| match rules {
        None => "–".to_owned(),
        Some(_) => "inf".to_owned(),
    }),
    ("`--max-concurrency`", |rules| or_none(customs(rules).concurrency)),
    ("gaps between requests", |rules| match rules {
        None => "gamma, filling the window exactly".to_owned(),
        Some(Rules::Vllm033) => "gamma, rescaled to n ÷ rate; one before the first".to_owned(),
        Some(Rules::Vllm084) => "gamma; the first at once".to_owned(),
        Some(rules) if rules.is_sglang() => "exponential; the first at once".to_owned(),
        Some(_) => "–".to_owned(),
    }),
    ("temperature", |rules| or_none(customs(rules).temperature)),
    ("end of sequence", |rules| match (customs(rules).end_of_sequence, rules) {
        (EndOfSequence::Ignored, Some(Rules::VllmThroughput07Dstack)) => "ignored".to_owned(),
        (EndOfSequence::Ignored, _) => "ignored, unless `--disable-ignore-eos`".to_owned(),
        (EndOfSequence::Heeded, Some(Rules::LlmInfraBench)) => "heeded".to_owned(),
        (EndOfSequence::Heeded, _) => "heeded, unless `--ignore-eos`".to_owned(),
        (EndOfSequence::IgnoredWhereDrawn, _) => "ignored for `random`".to_owned(),
    }),
    ("warm-up", |rules| match rules {
        None => "until settled; none with `--num-prompts`".to_owned(),
        Some(Rules::Sglang045 | Rules::Sglang0523) => "1 request of at most 32 tokens".to_owned(),
        Some(_) if customs(rules).warm_up == Some(1) => "1 request, the first".to_owned(),
        Some(_) => "none".to_owned(),
    }),
    ("waits for the server", |rules| match customs(rules).ready_check_seconds {
        0 => "no".to_owned(),
        seconds => format!("{seconds} s"),
    }),
];

/// The whole of what stands between the two marks.
fn made() -> String {
    let names: Vec<String> = columns()
        .into_iter()
        .map(|rules| rules.map_or_else(|| "ours".to_owned(), |rules| rules.to_string()))
        .collect();
    let mut text = format!("\n| | {} |\n|---|{}\n", names.join(" | "), "---|".repeat(names.len()));
    for (title, cell) in ROWS {
        let cells: Vec<String> = columns().into_iter().map(cell).collect();
        let _ = writeln!(text, "| {title} | {} |", cells.join(" | "));
    }
    text.push_str(
        "\nWhat each name of `--backend` means, and where such a server is looked for:\n\n",
    );
    for rules in columns() {
        let name = rules.map_or_else(|| "ours".to_owned(), |rules| rules.to_string());
        let backends: Vec<String> = Backend::all(rules)
            .iter()
            .map(|Backend { name, dialect, port }| match port {
                Some(port) => format!("`{name}` {dialect} :{port}"),
                None => format!("`{name}` {dialect}"),
            })
            .collect();
        let _ = writeln!(text, "- **{name}**: {}", backends.join(", "));
    }
    let [one, other] = UNDOING.map(|(flag, ..)| flag);
    let _ = writeln!(
        text,
        "\nFlags that say what is sent, and the rules under which they are known (by our own, all \
         but `{one}` and `{other}` are):\n\n| flag | known under |\n|---|---|",
    );
    for flag in super::flags::of_some() {
        let known: Vec<&str> =
            Rules::ALL.into_iter().filter(|rules| !lacks(*rules, flag)).map(Rules::name).collect();
        let _ = writeln!(text, "| `--{flag}` | {} |", known.join(", "));
    }
    text.push('\n');
    text
}

#[test]
fn the_table_in_the_documentation_is_the_one_made_here() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rules.md");
    let document = fs::read_to_string(path).unwrap();
    let (before, rest) = document.split_once(BEGIN).unwrap();
    let (stands, after) = rest.split_once(END).unwrap();
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, format!("{before}{BEGIN}{}{END}{after}", made())).unwrap();
        return;
    }
    assert_eq!(stands, made(), "docs/rules.md is stale: UPDATE_DOCS=1 cargo test");
}
