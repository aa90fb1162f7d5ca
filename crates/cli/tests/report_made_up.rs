//! Reports of made-up runs, one of each kind that a study can end in: whatever the form, none
//! says more than the verdict, and what went wrong stands in each.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

mod support;

use serde_json::Value;
use support::Test;
use tokenometer_made_up::{HOSTILE, Kind, make};

/// A run's report in all its forms.
struct Reported {
    console: String,
    markdown: String,
    html: String,
    /// A row a value.
    long: Vec<Vec<String>>,
    /// A row a trial.
    wide: Vec<Vec<String>>,
    json: Value,
}

impl Reported {
    fn of(kind: Kind) -> Reported {
        let test = Test::new();
        make(kind, &test.path().join("run")).unwrap();
        Reported::in_folder(&test, kind)
    }

    fn in_folder(test: &Test, kind: Kind) -> Reported {
        let as_form = |flags: &str| {
            let ran = test.run(&format!("report run {flags}"));
            assert_eq!(ran.code(), 0, "{kind} {flags}: {ran}");
            ran.stdout
        };
        as_form("--format html --out page.html");
        Reported {
            console: flat(&as_form("")),
            markdown: as_form("--format markdown"),
            html: std::fs::read_to_string(test.path().join("page.html")).unwrap(),
            long: rows(&as_form("--format csv")),
            wide: rows(&as_form("--format csv-wide")),
            json: serde_json::from_str(&as_form("--format json")).unwrap(),
        }
    }

    /// The forms for people, as plain words: console, Markdown, HTML.
    fn for_people(&self) -> [(&'static str, String); 3] {
        let markdown = self.markdown.replace('\\', "");
        [
            ("console", self.console.clone()),
            ("markdown", flat(&markdown)),
            ("html", flat(&words_of(&self.html))),
        ]
    }

    /// Each form for people has these words.
    fn all_say(&self, words: &str) {
        for (form, text) in self.for_people() {
            assert!(text.contains(words), "{form} doesn't say `{words}`: {text}");
        }
    }

    /// What any form for people claims of an arm: sentences that rank it, once each. That *no
    /// other* is better than some ranks nobody.
    fn claims(&self) -> Vec<String> {
        let arms = self.json["arms"].as_array().unwrap();
        let mut claims = Vec::new();
        for (_, text) in self.for_people() {
            for claim in [" is better than ", " is worse than ", " is best"] {
                claims.extend(text.match_indices(claim).map(|(at, _)| around(&text, at, claim)));
            }
        }
        claims.retain(|claim| arms.iter().any(|arm| claim.split(' ').next() == arm.as_str()));
        claims.sort();
        claims.dedup();
        claims
    }

    /// A column of the rows of one arm in one scenario, of the table with a row a trial.
    fn column(&self, name: &str, arm: &str, scenario: &str) -> Vec<&str> {
        let place = |name: &str| self.wide[0].iter().position(|head| head == name).unwrap();
        let (arms, scenarios, wanted) = (place("arm"), place("scenario"), place(name));
        let ours = self.wide.iter().filter(|row| row[arms] == arm && row[scenarios] == scenario);
        ours.map(|row| row[wanted].as_str()).collect()
    }
}

/// A text on one line, without the stops of lines and tables.
fn flat(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The word before a claim, the claim, and the word after it.
fn around(text: &str, at: usize, claim: &str) -> String {
    let before = text[..at].rsplit(' ').next().unwrap();
    let after = text[at + claim.len()..].split([' ', '.', ':', ',']).next().unwrap();
    format!("{before}{claim}{after}").trim().to_owned()
}

/// What a reader of a page sees of it: no scripts, no styles, no markup.
fn words_of(html: &str) -> String {
    let mut words = String::new();
    let mut rest = html;
    while let Some((text, markup)) = rest.split_once('<') {
        words.push_str(text);
        let hidden = ["script", "style"].into_iter().find(|name| markup.starts_with(name));
        rest = match hidden {
            Some(name) => markup.split_once(&format!("</{name}>")).unwrap().1,
            None => markup.split_once('>').unwrap().1,
        };
    }
    words.push_str(rest);
    let plain = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    plain.into_iter().fold(words, |words, (code, character)| words.replace(code, character))
}

/// Markdown without its fenced blocks.
fn without_code(markdown: &str) -> String {
    let mut fence = None;
    let mut kept = String::new();
    for line in markdown.lines() {
        let ticks = line.chars().take_while(|c| *c == '`').count();
        match fence {
            None if ticks >= 3 => fence = Some(ticks),
            None => kept.extend([line, "\n"]),
            Some(opened) if ticks >= opened && line.len() == ticks => fence = None,
            Some(_) => {}
        }
    }
    assert_eq!(fence, None, "a block of code is never closed");
    kept
}

/// The fields of CSV, row by row.
fn rows(text: &str) -> Vec<Vec<String>> {
    let mut rows = vec![vec![String::new()]];
    let mut is_quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        let row = rows.last_mut().unwrap();
        match c {
            '"' if is_quoted && characters.next_if_eq(&'"').is_some() => {
                row.last_mut().unwrap().push('"');
            }
            '"' => is_quoted = !is_quoted,
            ',' if !is_quoted => row.push(String::new()),
            '\r' if !is_quoted => {}
            '\n' if !is_quoted => rows.push(vec![String::new()]),
            c => row.last_mut().unwrap().push(c),
        }
    }
    rows.retain(|row| row.len() > 1);
    assert!(rows.iter().all(|row| row.len() == rows[0].len()), "rows of different lengths");
    rows
}

#[test]
fn every_form_says_what_was_decided() {
    let reported = Reported::of(Kind::Decided);
    reported.all_say("made up: decided");
    reported.all_say("SIMULATED");
    reported.all_say("quick and steady are equivalent");
    reported.all_say("undecided between quick and steady");
    reported.all_say("quick is better than steady");
    reported.all_say("quick is worse than steady");
    assert_eq!(reported.claims(), expected_claims());
    let words = reported.json["verdict"]["comparisons"].as_array().unwrap();
    let words: Vec<&str> = words.iter().map(|c| c["answer"]["word"].as_str().unwrap()).collect();
    assert_eq!(words, ["equivalent", "undecided", "better", "worse"]);
    let throughputs = reported.column("output_throughput", "quick", "chat-c16");
    assert!(throughputs.iter().all(|value| value.parse::<f64>().unwrap() > 0.0));
}

/// What the verdict of the study that is decided allows to be said.
fn expected_claims() -> Vec<&'static str> {
    vec![
        "quick is best",
        "quick is better than steady",
        "quick is worse than steady",
        "steady is best",
    ]
}

#[test]
fn an_arm_that_failed_is_called_failed_and_nothing_better() {
    let reported = Reported::of(Kind::Failed);
    reported.all_say("stillborn failed in more than one block in five");
    reported.all_say("mortal failed in more than one block in five");
    reported.all_say("mortal and steady are equivalent");
    reported.all_say("the engine ended with status 1 before it was ready");
    reported.all_say("the engine was killed by SIGKILL while it was measured");
    assert_eq!(reported.claims(), Vec::<String>::new());
    assert_eq!(reported.column("standing", "stillborn", "chat-c1"), ["failed"; 5]);
    assert_eq!(reported.column("output_throughput", "stillborn", "chat-c1"), [""; 5]);
    let standings = reported.column("standing", "mortal", "chat-c16");
    assert_eq!(standings, ["valid", "failed", "valid", "failed", "failed"]);
}

#[test]
fn what_the_client_spoiled_is_void() {
    let reported = Reported::of(Kind::Invalid);
    reported.all_say("trials of quick are void");
    assert_eq!(reported.claims(), Vec::<String>::new());
    let standings = reported.column("standing", "quick", "chat-c16");
    assert_eq!(standings, ["invalid", "valid", "invalid", "invalid", "invalid"]);
    let (_, html) = reported.for_people()[2].clone();
    assert!(html.contains("client CPU") && html.contains("busiest second 97 %"), "{html}");
    // A value of a trial that doesn't count is in no table of values.
    let place = |name: &str| reported.long[0].iter().position(|head| head == name).unwrap();
    let (arm, scenario, block, metric, counts) =
        (place("arm"), place("scenario"), place("block"), place("metric"), place("counts"));
    let ours = |row: &&Vec<String>| {
        row[arm] == "quick" && row[scenario] == "chat-c16" && row[metric] == "output_throughput"
    };
    let counted: Vec<(&str, &str)> = reported
        .long
        .iter()
        .filter(ours)
        .map(|row| (row[block].as_str(), row[counts].as_str()))
        .collect();
    assert!(counted.contains(&("2", "true")), "{counted:?}");
    assert!(!counted.iter().any(|(block, counts)| *block != "2" && *counts == "true"));
}

#[test]
fn arms_that_are_not_comparable_are_not_ranked() {
    let reported = Reported::of(Kind::NotComparable);
    reported.all_say("quick and steady are not comparable: kv-capacity: 50000 against 400000");
    assert_eq!(reported.claims(), Vec::<String>::new());
    assert_eq!(reported.json["verdict"]["comparisons"][0]["answer"]["word"], "not_comparable");
}

#[test]
fn a_study_that_was_stopped_says_so() {
    let reported = Reported::of(Kind::Interrupted);
    reported.all_say("INTERRUPTED: the study was stopped before its end");
    reported.all_say("11 of 20 trials are missing");
    assert_eq!(reported.claims(), Vec::<String>::new());
    assert_eq!(reported.json["interrupted"], true);
}

#[test]
fn a_single_block_has_numbers_and_no_verdict() {
    let reported = Reported::of(Kind::SingleBlock);
    reported.all_say("a verdict needs 3 blocks at least, and one was planned");
    assert_eq!(reported.claims(), Vec::<String>::new());
    let (_, html) = reported.for_people()[2].clone();
    for word in ["▲ better", "▼ worse", "= equivalent", "? undecided"] {
        assert!(!html.contains(word), "the page says `{word}`");
    }
    assert_eq!(reported.column("standing", "quick", "chat-c16"), ["valid"]);
}

#[test]
fn sweeps_are_ranked_as_far_as_the_verdict_goes() {
    let reported = Reported::of(Kind::Sweeps);
    // Arms of different numbers of GPUs are ranked per GPU; the last rate was too much.
    reported.all_say("saturated");
    let best = reported.json["verdict"]["best"].as_array().unwrap();
    for claim in reported.claims() {
        let Some(arm) = claim.strip_suffix(" is best") else { continue };
        assert!(best.iter().any(|best| best["arms"] == serde_json::json!([arm])), "{claim}");
    }
}

#[test]
fn hostile_words_stay_words() {
    let test = Test::new();
    make(Kind::Hostile, &test.path().join("run")).unwrap();
    let reported = Reported::in_folder(&test, Kind::Hostile);
    let trials = test.run("report run --trials").stdout;
    // On the terminal nothing commands it, and nothing turns a line around.
    let commands = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    for text in [&reported.console, &trials, &reported.markdown] {
        let lines = text.lines().filter(|line| line.contains(commands));
        assert_eq!(lines.collect::<Vec<_>>(), Vec::<&str>::new());
    }
    // In Markdown nothing is markup but what stands in a block of code.
    let markdown = without_code(&reported.markdown);
    for alive in ["<script", "<img", "<svg", "<a ", "[click](", "![x]("] {
        assert!(!markdown.contains(alive), "{alive}");
    }
    // Nor on the page: what its script gets can't end its element either.
    let html = &reported.html;
    for alive in ["<script>alert", "<img", "<svg/onload", "<a href=\"javascript", "\u{202e}"] {
        assert!(!html.contains(alive), "{alive}");
    }
    reported.all_say("</script><script>alert(1)</script>");
    // In a spreadsheet no name begins a formula.
    for row in reported.long.iter().chain(&reported.wide) {
        for field in row {
            let is_number = field.parse::<f64>().is_ok();
            assert!(is_number || !field.starts_with(['=', '+', '-', '@', '\t']), "{field}");
        }
    }
    // For programs they are what they are.
    let name = reported.json["name"].as_str().unwrap();
    assert!(HOSTILE.iter().all(|word| name.contains(word)), "{name}");
}
