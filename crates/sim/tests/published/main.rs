//! Published figures of real engines against the simulated one, in virtual time and
//! without chance.
//!
//! Every figure of a stack that has a calibration must be within its bound, or stand
//! among the exceptions; those of other stacks are in the table all the same. The
//! tables of `docs/simulator.md` are made here: `UPDATE_DOCS=1 cargo test -p
//! tokenometer-sim --test published` writes them anew.

// Clippy's leave to unwrap in tests covers test functions, but not what they call.
#![allow(clippy::unwrap_used)]

mod compare;
mod exceptions;
mod load;
mod numpy;
mod page;
mod row;
mod shapes;
mod stack;

use std::path::Path;
use std::{env, fs};

use tokenometer_core::roofline::Calibration;

use compare::{COMPARED, Metric};

#[test]
fn every_figure_is_within_its_bound_or_named() {
    let mut wrong = Vec::new();
    let mut used = vec![false; exceptions::EXCEPTIONS.len()];
    for compared in COMPARED.iter().flat_map(|(_, rows)| rows) {
        for metric in Metric::ALL {
            let Some(error) = compared.error(metric) else { continue };
            let own = compared.stack.borrowed.is_none();
            let (far, exception) = (error.abs() > metric.bound(), exceptions::of(compared, metric));
            if let (true, true, Some(number)) = (own, far, exception) {
                used[number] = true;
            }
            if own && far != exception.is_some() {
                let percent = error * 100.0;
                wrong.push(format!("{}: {} {percent:+.1} %", compared.row.name(), metric.name()));
            }
        }
    }
    assert!(wrong.is_empty(), "not as named:\n{}", wrong.join("\n"));
    assert!(used.iter().all(|used| *used), "an exception is none any more: {used:?}");
}

#[test]
fn the_data_says_how_far_it_is_off() {
    let said = |one: &Calibration| (one.name.clone(), one.held_out.clone());
    let found = |one: &Calibration| (one.name.clone(), page::held_out(one));
    let (said, found): (Vec<_>, Vec<_>) =
        Calibration::all().iter().map(|one| (said(one), found(one))).unzip();
    assert_eq!(said, found, "mend `held_out` in calibrations.json");
}

#[test]
fn the_page_is_true() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/simulator.md");
    let kept = fs::read_to_string(&path).unwrap();
    let mut page = kept.clone();
    for (name, made) in page::parts() {
        let begin = format!("<!-- {name}: made by crates/sim/tests/published, do not edit -->\n");
        let from = page.find(&begin).unwrap_or_else(|| panic!("no {name}")) + begin.len();
        let until = page.find(&format!("<!-- end of {name} -->")).unwrap();
        page.replace_range(from..until, &made);
    }
    if env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, page).unwrap();
    } else {
        assert!(
            kept == page,
            "docs/simulator.md is stale; mend it with\n  \
             UPDATE_DOCS=1 cargo test -p tokenometer-sim --test published"
        );
    }
}
