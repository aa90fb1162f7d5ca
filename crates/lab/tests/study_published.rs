//! The grids of published comparisons, as studies: each is read, planned, and
//! has as many cells as the comparison had.

#![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use tokenometer_lab::study::{Plan, World, read};

/// A comparison: its study, and what it measured, each as `input/output` or the
/// dataset's name, under every load. The figures are those of the sources that
/// each study names.
struct Published {
    study: &'static str,
    /// Shapes, each with the loads that it was measured under.
    grid: &'static [(&'static str, &'static [&'static str])],
}

const PUBLISHED: [Published; 7] = [
    Published {
        study: "skypilot",
        grid: &[
            ("1000/2000", &["r10 n50"]),
            ("5000/1000", &["r10 n50"]),
            ("10000/500", &["r10 n50"]),
            ("30000/100", &["r10 n50"]),
            ("sharegpt", &["r10 n500"]),
        ],
    },
    Published {
        study: "llm-infra-bench",
        grid: &[("custom/1024", &["c20 n100", "c50 n100", "c80 n100", "c100 n100"])],
    },
    Published {
        study: "sglang-0.3.0",
        grid: &[("sharegpt", &["r4 n1200", "r8 n2400", "rinf n5000"])],
    },
    Published { study: "sglang-0.2.14", grid: &[("4096/2048", &["rinf n1000"])] },
    Published {
        study: "sglang-0.2-recipe",
        grid: &[
            (
                "1024/1024",
                &["rinf n4000", "r1 n300", "r2 n600", "r4 n1200", "r8 n2400", "r16 n3200"],
            ),
            ("1024/512", &["rinf n5000"]),
            ("4096/2048", &["rinf n1000"]),
            ("4096/1024", &["rinf n2000"]),
            ("256/512", &["rinf n6000"]),
            ("sharegpt", &["rinf n3000"]),
        ],
    },
    Published {
        study: "dstack-online",
        grid: &[
            ("3200/800", &["c4 n500", "c8 n500", "c16 n500", "c32 n500", "c64 n500", "c128 n500"]),
            ("3200/1600", &["c128 n500"]),
            ("3200/3200", &["c128 n500"]),
            ("3200/6400", &["c128 n500"]),
            ("generated-shared-prefix/800", &["c32 n500", "c64 n500", "c128 n500"]),
        ],
    },
    Published {
        study: "dstack-offline",
        grid: &[
            (
                "3200/800",
                &["rinf n32", "rinf n64", "rinf n128", "rinf n256", "rinf n512", "rinf n1024"],
            ),
            ("3200/1600", &["rinf n256", "rinf n512", "rinf n1024"]),
            ("3200/3200", &["rinf n256", "rinf n512", "rinf n1024"]),
        ],
    },
];

/// The plan of a published study, on a machine that has the datasets' files.
fn plan(study: &str) -> Plan {
    let path =
        Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("../../studies/published/{study}.yaml"));
    let text = fs::read_to_string(&path).unwrap();
    let datasets = tempfile::tempdir().unwrap();
    // Only whether they are there is looked at.
    for file in ["ShareGPT_V3_unfiltered_cleaned_split.json", "sharegpt_data.json"] {
        fs::write(datasets.path().join(file), "[]").unwrap();
    }
    let world = World {
        folder: datasets.path(),
        datasets: Some(datasets.path()),
        hub_caches: &[],
        variable: &|_| None,
    };
    let made = read(study, &text, world.folder).and_then(|written| Plan::make(&written, &world));
    made.unwrap_or_else(|mistakes| {
        let told: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
        panic!("{study}:\n{}", told.join("\n"))
    })
}

/// What each cell of a plan measures, in the words of [`Published`].
fn measured(plan: &Plan) -> Vec<String> {
    let shape = |words: &tokenometer_lab::study::grammar::Workload| {
        let dataset = words.dataset.unwrap().name();
        match (words.input_len, words.output_len) {
            (Some(input), Some(output)) => format!("{input}/{output}"),
            (None, Some(output)) => format!("{dataset}/{output}"),
            _ => dataset.to_owned(),
        }
    };
    plan.shown()
        .cells
        .iter()
        .zip(&plan.cells)
        .map(|(shown, cell)| {
            let load = match shown.load.as_str() {
                "all at once" => "rinf".to_owned(),
                load => match load.split_once(' ').unwrap() {
                    (number, "in flight") => format!("c{number}"),
                    (number, _) => format!("r{number}"),
                },
            };
            format!("{} {load} n{}", shape(&cell.words), shown.requests.unwrap())
        })
        .collect()
}

#[test]
fn published_grids_can_be_written_and_have_all_of_their_cells() {
    for Published { study, grid } in &PUBLISHED {
        let plan = plan(study);
        let wanted: BTreeSet<String> = grid
            .iter()
            .flat_map(|(shape, loads)| loads.iter().map(move |load| format!("{shape} {load}")))
            .collect();
        let cells = measured(&plan);
        assert_eq!(cells.len(), wanted.len(), "{study}");
        assert_eq!(cells.into_iter().collect::<BTreeSet<_>>(), wanted, "{study}");
        let names: BTreeSet<&str> = plan.cells.iter().map(|cell| cell.name.as_str()).collect();
        assert_eq!(names.len(), plan.cells.len(), "{study}");
        let passes = plan.passes().run as usize;
        let trials = plan.cells.len() * plan.arms.len() * plan.blocks.len() * passes;
        assert_eq!(plan.trials(), trials, "{study}");
        let offline = study.ends_with("offline");
        assert_eq!(plan.unbuilt().is_empty(), !offline, "{study}");
    }
}

#[test]
fn a_published_plan_is_told_in_words() {
    insta::assert_snapshot!(plan("skypilot").describe());
    insta::assert_snapshot!(plan("dstack-offline").describe());
}
