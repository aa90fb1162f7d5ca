//! The page about fairness keeps its word: forty faults, each with what stands against it
//! and tests that exist; links that lead somewhere; and nothing that isn't caught left out
//! of the list of that.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// How many faults there are.
const FAULTS: usize = 40;
/// The words that say what happens to a fault.
const WORDS: [&str; 7] =
    ["Ruled out", "Refused", "Withheld", "Void", "Told", "Partly", "Not caught"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn page() -> String {
    fs::read_to_string(root().join("docs/fairness.md")).unwrap()
}

/// A fault of the page.
struct Fault<'p> {
    number: usize,
    title: &'p str,
    text: &'p str,
}

impl Fault<'_> {
    /// How its row of the table begins, up to where it was published.
    fn row(&self) -> String {
        let anchor = anchor(&format!("{}. {}", self.number, self.title));
        format!("| {} | [{}](#{anchor}) | ", self.number, self.title)
    }

    /// What is said of it, without its tests.
    fn said(&self) -> &str {
        self.text.split("\nTests: ").next().unwrap()
    }

    /// Whether the word in front of what is said of it is this one.
    fn is(&self, word: &str) -> bool {
        let starts = [format!("\n**{word}**"), format!("\n**{word}.**")];
        starts.iter().any(|start| self.said().contains(start))
    }
}

/// Every fault, in the order of the page.
fn faults(page: &str) -> Vec<Fault<'_>> {
    let sections = page.split("\n### ").skip(1);
    sections
        .map(|section| {
            let text = section.split("\n## ").next().unwrap();
            let (number, title) = text.lines().next().unwrap().split_once(". ").unwrap();
            Fault { number: number.parse().unwrap(), title, text }
        })
        .collect()
}

/// The tests that a text names: a file, and a function in it.
fn tests(text: &str) -> Vec<(&str, &str)> {
    let named = text.split("\n\n").filter_map(|part| part.trim_start().strip_prefix("Tests: "));
    let mut file = "";
    let mut found = Vec::new();
    for word in named.flat_map(quoted) {
        match word.ends_with(".rs") {
            true => file = word,
            false => found.push((file, word)),
        }
    }
    found
}

/// Whatever stands between backquotes.
fn quoted(text: &str) -> impl Iterator<Item = &str> {
    text.split('`').skip(1).step_by(2)
}

/// Where the links of a text lead, addresses of the web left out.
fn links(text: &str) -> impl Iterator<Item = &str> {
    let targets = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    targets.filter(|target| !target.starts_with("http"))
}

/// The anchor of a heading, as it is made of its words.
fn anchor(heading: &str) -> String {
    let words = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = words.chars().filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

/// The anchors of a page.
fn anchors(page: &str) -> BTreeSet<String> {
    page.lines().filter(|line| line.starts_with('#')).map(anchor).collect()
}

#[test]
fn every_fault_is_there_with_what_stands_against_it() {
    let page = page();
    let faults = faults(&page);
    let numbers: Vec<usize> = faults.iter().map(|fault| fault.number).collect();
    assert_eq!(numbers, (1..=FAULTS).collect::<Vec<_>>());
    for fault in &faults {
        let number = fault.number;
        assert!(WORDS.iter().any(|word| fault.is(word)), "{number} has no word in front");
        assert!(links(fault.said()).any(|link| link.contains(".md")), "{number} has no link");
        assert!(!tests(fault.text).is_empty(), "{number} has no test");
    }
}

#[test]
fn the_table_has_every_fault_in_order_with_its_word() {
    let page = page();
    let (_, table) = page.split_once("\n## The forty at a glance\n").unwrap();
    let rows = table.split("\n## ").next().unwrap().lines().filter(|line| line.starts_with("| "));
    // The first row is the head.
    let rows: Vec<&str> = rows.skip(1).collect();
    let faults = faults(&page);
    assert_eq!(rows.len(), faults.len());
    for (row, fault) in rows.iter().zip(&faults) {
        let rest = row.strip_prefix(&fault.row());
        let rest = rest.unwrap_or_else(|| panic!("{row}\nis no row of {}", fault.row()));
        let shown = rest.split(" | ").nth(1).unwrap();
        let word = shown.split(", ").next().unwrap();
        assert!(fault.is(word), "{row}\nsays another word than its section");
    }
}

#[test]
fn every_test_exists() {
    let page = page();
    for (file, test) in tests(&page) {
        let text = fs::read_to_string(root().join(file)).unwrap_or_default();
        let holds = text.contains(&format!("#[test]\nfn {test}("))
            || text.contains(&format!("#[test]\n    fn {test}("));
        assert!(holds, "there is no test `{test}` in `{file}`");
    }
}

#[test]
fn every_link_leads_somewhere() {
    let page = page();
    let docs = root().join("docs");
    for link in links(&page) {
        let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
        let target = match file {
            "" => page.clone(),
            file => fs::read_to_string(docs.join(file)).unwrap_or_else(|_| panic!("no {file}")),
        };
        assert!(anchor.is_empty() || anchors(&target).contains(anchor), "no anchor {link}");
    }
}

#[test]
fn what_is_not_caught_is_said_once_more() {
    let page = page();
    let (_, list) = page.split_once("\n## What is not caught\n").unwrap();
    let rows = list.lines().filter_map(|line| line.strip_prefix("| "));
    let listed: BTreeSet<usize> = rows
        .filter_map(|row| row.split(" |").next())
        .flat_map(|numbers| numbers.split(", "))
        .filter_map(|number| number.parse().ok())
        .collect();
    let open: BTreeSet<usize> = faults(&page)
        .iter()
        .filter(|fault| fault.is("Partly") || fault.is("Not caught"))
        .map(|fault| fault.number)
        .collect();
    assert!(open.len() >= 5, "{open:?}");
    assert!(listed.is_superset(&open), "{listed:?} lacks some of {open:?}");
}
