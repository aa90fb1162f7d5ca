//! A document full of mistakes, and documents without any.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};
use tokenometer_core::Mistake;
use tokenometer_document::{Document, check, parse};

/// A garden.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[expect(dead_code, reason = "only read")]
struct Garden {
    /// What the gardener calls it. It has no other name.
    name: String,
    #[serde(default)]
    open: bool,
    area: Option<f64>,
    beds: BTreeMap<String, Bed>,
    #[serde(default)]
    #[schemars(length(min = 1))]
    paths: Vec<u32>,
    soil: Option<Soil>,
    water: Option<Water>,
    tool: Option<Tool>,
    since: Option<Year>,
}

/// A bed.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read")]
struct Bed {
    /// What grows in it.
    plant: String,
    #[schemars(range(min = 1, max = 500))]
    count: Option<u32>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Soil {
    Clay,
    Sand,
    Loam,
}

/// By the clock, or as it comes.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "only read")]
enum Water {
    /// Litres each day.
    Litres(u32),
    Clock(Clock),
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "only read")]
struct Clock {
    from: u32,
    to: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[expect(dead_code, reason = "only read")]
enum Tool {
    /// A spade.
    Spade,
    /// A hose of this length.
    Hose { metres: u32 },
}

/// A year that only the type itself can judge.
#[derive(Debug, JsonSchema)]
#[schemars(transparent)]
struct Year(#[expect(dead_code, reason = "only read")] String);

impl<'de> Deserialize<'de> for Year {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Year, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text.len() == 4 {
            return Ok(Year(text));
        }
        Err(serde::de::Error::custom(format!("`{text}` is no year; write four digits")))
    }
}

fn told(mistakes: &[Mistake]) -> String {
    mistakes.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

fn mistakes(text: &str) -> String {
    match parse("garden.yaml", text).and_then(|document| document.read::<Garden>()) {
        Ok(garden) => panic!("no mistake was found in {garden:?}"),
        Err(mistakes) => told(&mistakes),
    }
}

#[test]
fn all_mistakes_are_told_at_once() {
    let text = "\
nmae: Kew
open: yes
area: [1, 2]
beds:
  one: { plant: 7, count: 0 }
  two: { count: 501, colour: red }
  three:
paths: []
soil: loan
water: { from: 6, too: 8 }
tool: { hose: { meters: 3 } }
";
    insta::assert_snapshot!(mistakes(text));
}

#[test]
fn the_form_that_was_meant_is_judged() {
    let garden = |more: &str| format!("name: Kew\nbeds: {{}}\n{more}\n");
    let all = [
        "water: 3.5",
        "water: { form: 6 }",
        "water: [6, 8]",
        "water: 5000000000",
        "tool: spude",
        "tool: { hoes: { metres: 3 } }",
        "tool: 7",
        "soil: [clay]",
        "soil: granite",
        "paths: 3",
        "paths: [1, x]",
        "paths: [\"1\"]",
        "open: 1",
        "area: \"2.5\"",
        "since: last autumn",
        "since: 1984",
    ];
    let told: Vec<String> =
        all.iter().map(|more| format!("{more}\n    {}", mistakes(&garden(more)))).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn what_is_no_yaml_says_where() {
    let texts = [
        "name: Kew\n\tbeds: {}\n",
        "name: Kew\nbeds: {a: {plant: x}\n",
        "name: \"Kew\nbeds: {}\n",
        "name: Kew\nname: Wisley\nbeds: { a: {}, a: {} }\n",
        "name: Kew\n---\nname: Wisley\n",
        "name: !plant Kew\nbeds: !!python/object {}\n",
        "beds: &all { inner: *all }\n",
        "beds: *none\n",
        "[a]: b\nbeds: {}\n",
        "<<: 3\nname: Kew\n",
        "",
        "# nothing but words\n",
        "- a\n- b\n",
    ];
    let told: Vec<String> =
        texts.iter().map(|text| format!("{text:?}\n{}", mistakes(text))).collect();
    insta::assert_snapshot!(told.join("\n\n"));
}

#[test]
fn anchors_and_merges_are_followed() {
    let text = "
base: &base { plant: rose, count: 2 }
beds:
  one: *base
  two: { <<: *base, count: 3 }
  three: { count: 4, <<: [{ count: 5, shade: true }, *base] }
";
    let document = parse("garden.yaml", text).unwrap();
    assert_eq!(
        document.value["beds"],
        json!({
            "one": { "plant": "rose", "count": 2 },
            "two": { "count": 3, "plant": "rose" },
            "three": { "count": 4, "shade": true, "plant": "rose" },
        })
    );
    // What came out of an anchor stands where the anchor stands.
    assert_eq!(document.place(&["beds", "one"]), "garden.yaml:4:3");
    assert_eq!(document.place(&["beds", "two", "plant"]), "garden.yaml:2:15");
}

#[test]
fn aliases_of_aliases_dont_fill_the_memory() {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let inner = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{inner}]\n"));
    }
    insta::assert_snapshot!(told(&parse("bomb.yaml", &text).unwrap_err()));
    insta::assert_snapshot!(told(&parse("deep.yaml", &"[".repeat(5000)).unwrap_err()));
}

#[test]
fn places_are_those_of_the_text() {
    let document = parse("p.yaml", "a:\n  - x: 1\n    ü: { y: 2 }\n  - 3\n").unwrap();
    assert_eq!(document.place(&[]), "p.yaml:1:1");
    assert_eq!(document.place(&["a"]), "p.yaml:1:1");
    assert_eq!(document.place(&["a", "0", "ü", "y"]), "p.yaml:3:10");
    assert_eq!(document.place(&["a", "1"]), "p.yaml:4:5");
    assert_eq!(document.place(&["a", "7", "b"]), "p.yaml:1:1");
    assert_eq!(document.place(&["b"]), "p.yaml:1:1");
}

#[test]
fn keys_keep_their_order() {
    let document = parse("p.yaml", "z: 1\na: 2\nm: 3\n").unwrap();
    let keys: Vec<&str> = document.value.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(keys, ["z", "a", "m"]);
}

#[test]
fn words_in_quotes_are_texts() {
    let document = parse("p.yaml", "a: \"1\"\nb: '~'\nc: !!str 1\nd: 1_000\n").unwrap();
    assert_eq!(document.value, json!({ "a": "1", "b": "~", "c": "1", "d": "1_000" }));
}

#[test]
fn values_of_several_files_are_checked_too() {
    let value = json!({ "name": "Kew", "beds": { "one": {} } });
    let place = |path: &[&str]| format!("either file at {}", path.join("/"));
    let mistakes = check::<Garden>(&value, &place).unwrap_err();
    assert_eq!(
        told(&mistakes),
        "either file at beds/one: `beds.one` lacks `plant`; add it: what grows in it"
    );
}

/// Whatever is cut out of a document, it is read or refused with a place.
#[test]
fn no_cut_is_too_much() {
    let text = "name: Kew\nbeds: { one: &a { plant: \"x\", count: 1e2 } }\npaths:\n- 1\n- *a\n\
                water: |\n  much\n<<: { open: true }\n";
    for from in 0..text.len() {
        for to in from..text.len() {
            let cut = format!("{}{}", &text[..from], &text[to..]);
            let outcome = parse("c.yaml", &cut)
                .and_then(|document: Document| document.read::<Garden>().map(|_| Value::Null));
            for mistake in outcome.err().unwrap_or_default() {
                assert!(mistake.place.starts_with("c.yaml:"), "{mistake}");
            }
        }
    }
}
