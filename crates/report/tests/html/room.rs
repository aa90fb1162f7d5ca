//! However large a study was, its page stays small, and says what it leaves out.

use crate::made::{Study, digest};
use crate::markup::contents;

/// What the page takes beside the charting library, in bytes.
fn beside_the_library(page: &str) -> usize {
    let scripts = contents(page, "script");
    let library = scripts.iter().find(|script| script.contains("plotly.js v3")).unwrap();
    page.len() - library.len()
}

fn names(prefix: &str, count: usize) -> Vec<String> {
    (1..=count).map(|number| format!("{prefix}{number}")).collect()
}

fn large(arms: usize, scenarios: usize, blocks: u32) -> Study {
    let (arms, scenarios) = (names("arm-", arms), names("chat-c", scenarios));
    let arms: Vec<&str> = arms.iter().map(String::as_str).collect();
    let scenarios: Vec<&str> = scenarios.iter().map(String::as_str).collect();
    let says = "All happy families are alike; each unhappy family is unhappy in its own way. ";
    Study::of(&arms, &scenarios, blocks).digested(|_| digest(200, &says.repeat(2)))
}

#[test]
fn two_hundred_trials_fit() {
    let page = large(4, 5, 10).page();
    let size = beside_the_library(&page);
    assert!(size <= 3_000_000, "{size}");
    // There is room for the charts of some, from the first block on, and of others it says so.
    assert!(page.contains("id=\"trial-1-1-1-requests\""));
    assert!(!page.contains("id=\"trial-10-4-5-requests\""));
    assert!(page.contains("trials stand here without their charts and requests"));
    assert_eq!(page.matches("<details class=\"trial\"").count(), 200);
}

#[test]
fn two_thousand_trials_fit() {
    let page = large(4, 10, 50).page();
    let size = beside_the_library(&page);
    assert!(size <= 3_000_000, "{size}");
    assert!(page.contains("in a line only"));
    assert!(page.contains("500 further trials are not listed"));
}

#[test]
fn a_small_study_leaves_nothing_out() {
    let page = large(2, 1, 3).page();
    assert!(!page.contains("So that this file stays small"));
    assert_eq!(page.matches("class=\"pack\"").count(), 6);
}
