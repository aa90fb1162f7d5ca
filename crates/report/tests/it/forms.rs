//! The forms of a study beside its page: Markdown, tables, another tool's folders.

use tokenometer_core::verdict::{Agreement, Answer, FieldDifference};
use tokenometer_core::{Gate, GateClass, GateStatus, Standing};
use tokenometer_report::{
    CellSeen, Ending, StudySeen, csv_long, csv_wide, export, markdown, study_json,
};
use tokenometer_results::{EngineSeen, Traffic};

use crate::two_arms::{Study, answered, best};

/// A study with something of everything: verdicts, a trial that doesn't count, one that
/// failed, one that is missing.
fn whole() -> Study {
    let mut compared = answered("chat-c64", "output_throughput", Answer::Better);
    compared.agreement = Some(Agreement { same: 2990, of: 3000 });
    compared.declared = vec![FieldDifference {
        field: "precision".to_owned(),
        arm: "fp8".to_owned(),
        reference: "bf16".to_owned(),
    }];
    compared.unverified = vec!["kv-capacity".to_owned()];
    let study = Study::concluded(
        vec![compared, answered("chat-c1", "output_throughput", Answer::Undecided)],
        vec![best("chat-c64", "output_throughput", &["sglang"])],
    );
    study.waiting("sglang", "chat-c64", 3.5).change("vllm", "chat-c1", |trial| {
        if trial.block == 2 {
            trial.validity.standing = Standing::Invalid;
            trial.validity.gates.push(Gate {
                id: "I2".to_owned(),
                name: "client CPU".to_owned(),
                class: GateClass::Instrument,
                status: GateStatus::Failed,
                saw: "busiest second 93.1 % (limit 70.0 %)".to_owned(),
                advice: None,
                withholds: Vec::new(),
            });
        }
    })
}

/// The same with two more planned trials that have no numbers.
fn with_failures(study: &Study) -> StudySeen<'_> {
    let mut seen = study.seen();
    let cell = |block, arm, ending| CellSeen { block, arm, scenario: "chat-c64", ending };
    let why = "the engine ended with code 1\nits last words: no such device";
    seen.cells.push(cell(4, "vllm", Ending::Failed { phase: "start", why }));
    seen.cells.push(cell(4, "sglang", Ending::Missing));
    seen
}

#[test]
fn markdown_tells_the_whole_study() {
    let study = whole();
    insta::assert_snapshot!(markdown(&with_failures(&study), &study.digest));
}

#[test]
fn markdown_of_one_trial_says_that_nothing_was_compared() {
    let mut study = Study::new();
    study.trials.truncate(1);
    let mut seen = study.seen();
    (seen.arms, seen.scenarios, seen.blocks) = (vec!["vllm"], vec!["chat-c1"], 1);
    let text = markdown(&seen, &study.digest);
    assert!(text.contains("\nNone: nothing was compared."), "{text}");
    assert!(!text.contains("gap"), "{text}");
}

/// Markdown as GitHub renders it, with what it would link of itself.
fn rendered(markdown: &str) -> String {
    let mut options = comrak::Options::default();
    options.extension.autolink = true;
    options.extension.table = true;
    options.extension.strikethrough = true;
    options.render.r#unsafe = true;
    comrak::markdown_to_html(markdown, &options)
}

/// What would be markup, a mention, a link, HTML or a formula.
const HOSTILE: &str = "=x|`y`<script>alert(1)</script> @octocat #1 [a](https://x.org) **b**\n# c";

#[test]
fn hostile_names_stay_text() {
    let mut study = whole();
    for trial in &mut study.trials {
        trial.target.model = HOSTILE.to_owned();
        trial.target.engine =
            Some(EngineSeen { name: HOSTILE.to_owned(), version: Some(HOSTILE.to_owned()) });
        trial.workload.dataset = HOSTILE.to_owned();
    }
    for comparison in &mut study.verdict.as_mut().unwrap().comparisons {
        comparison.sentence = HOSTILE.to_owned();
        comparison.remarks = vec![HOSTILE.to_owned()];
    }
    let mut seen = study.seen();
    (seen.name, seen.run) = (HOSTILE, HOSTILE);
    seen.notes = vec![("vllm", HOSTILE)];
    let text = markdown(&seen, &study.digest);
    let html = rendered(&text);
    let allowed = [
        "h1",
        "h2",
        "h3",
        "p",
        "ul",
        "li",
        "table",
        "thead",
        "tbody",
        "tr",
        "th",
        "td",
        "pre",
        "code",
        "blockquote",
        "strong",
        "em",
        "br",
        "details",
        "summary",
        "!--",
    ];
    for tag in html.split('<').skip(1) {
        let end = tag.find(|c: char| c.is_whitespace() || "/>".contains(c));
        let name = tag.strip_prefix('/').unwrap_or(&tag[..end.unwrap_or(tag.len())]);
        let name = name.split(['>', ' ']).next().unwrap();
        assert!(allowed.contains(&name), "<{tag}");
    }
    // Whoever is named is not told of it: the name stands apart from its mark.
    for prose in html.split("<code").map(|part| part.split("</code>").last().unwrap()) {
        assert!(!prose.contains("@octocat") && !prose.contains("#1"), "{prose}");
    }
    // Each row of each table has as many cells as its head.
    let bars = |line: &str| line.replace("\\|", "").matches('|').count();
    let lines: Vec<&str> = text.lines().collect();
    let tables = lines.chunk_by(|one, other| one.starts_with('|') == other.starts_with('|'));
    let tables: Vec<&[&str]> = tables.filter(|table| table[0].starts_with('|')).collect();
    assert!(tables.len() >= 4, "{text}");
    for row in tables.iter().flat_map(|table| table.iter().map(|row| (row, bars(table[0])))) {
        assert_eq!(bars(row.0), row.1, "{}", row.0);
    }
    for line in csv_long(&seen).lines().chain(csv_wide(&seen).lines()) {
        assert!(line.starts_with("study,") || line.starts_with("'=x|"), "{line}");
    }
}

#[test]
fn the_long_table_has_a_row_a_value() {
    let study = whole();
    let seen = with_failures(&study);
    let text = csv_long(&seen);
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let header = rows.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    assert_eq!(rows.len() % seen.cells.len(), 0, "as many for each planned trial");
    let at = |row: &csv::StringRecord, name: &str| -> String {
        row[header.iter().position(|column| column == name).unwrap()].to_owned()
    };
    let of = |arm: &str, scenario: &str, block: &str, metric: &str| {
        let found = rows.iter().find(|row| {
            (at(row, "arm"), at(row, "scenario"), at(row, "block"), at(row, "metric"))
                == (arm.into(), scenario.into(), block.into(), metric.into())
        });
        let row = found.unwrap();
        (at(row, "standing"), at(row, "value"), at(row, "counts"))
    };
    let (standing, value, counts) = of("vllm", "chat-c1", "2", "output_throughput");
    assert_eq!((standing.as_str(), counts.as_str()), ("invalid", "false"));
    assert!(value.parse::<f64>().unwrap() > 0.0, "what was measured is there all the same");
    let (_, value, counts) = of("sglang", "chat-c64", "1", "ttft_p50_ms");
    assert_eq!(counts, "true");
    let exact = study.seen().cells.iter().find_map(|cell| match cell.ending {
        Ending::Carried(trial)
            if (cell.block, cell.arm, cell.scenario) == (1, "sglang", "chat-c64") =>
        {
            trial.summary.ttft_ms.p50
        }
        _ => None,
    });
    assert_eq!(value.parse::<f64>().unwrap(), exact.unwrap(), "and is not rounded");
    let failed = of("vllm", "chat-c64", "4", "output_throughput");
    assert_eq!(failed, ("failed".to_owned(), String::new(), "false".to_owned()));
    assert_eq!(of("sglang", "chat-c64", "4", "attainment").0, "missing");
    insta::assert_snapshot!(text.lines().take(4).collect::<Vec<_>>().join("\n"));
}

#[test]
fn the_wide_table_has_a_row_a_trial_and_only_what_counts() {
    let study = whole();
    let study = study.change("sglang", "chat-c1", |trial| {
        trial.validity.standing = Standing::Saturated;
    });
    let seen = with_failures(&study);
    let text = csv_wide(&seen);
    let mut rows = csv::Reader::from_reader(text.as_bytes());
    let header = rows.headers().unwrap().clone();
    let rows: Vec<csv::StringRecord> = rows.records().map(Result::unwrap).collect();
    assert_eq!(rows.len(), seen.cells.len());
    let column = |name: &str| header.iter().position(|one| one == name).unwrap();
    for row in &rows {
        let has = |name: &str| !row[column(name)].is_empty();
        let expected = match &row[column("standing")] {
            "valid" => (true, true, true),
            "saturated" => (true, false, true),
            "invalid" => (false, false, true),
            _ => (false, false, false),
        };
        assert_eq!((has("output_throughput"), has("ttft_p50_ms"), has("duration_s")), expected);
    }
    insta::assert_snapshot!(text.lines().take(2).collect::<Vec<_>>().join("\n"));
}

#[test]
fn json_has_findings_and_means() {
    let study = whole();
    let line: serde_json::Value =
        serde_json::from_str(&study_json(&study.seen(), &study.digest)).unwrap();
    let kinds: Vec<&str> = line["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["kind"].as_str().unwrap())
        .collect();
    assert_eq!(&kinds[..2], ["best", "no_winner"]);
    let vllm = &line["measured"][0]["arms"][0];
    assert_eq!(
        (&vllm["arm"], &vllm["figures"]["output_throughput"]["blocks"]),
        (&"vllm".into(), &2.into())
    );
    assert!(vllm["figures"]["output_throughput"].get("interval").is_none(), "two blocks tell none");
    assert!(vllm["figures"].get("attainment").is_none(), "no objective was stated");
}

#[test]
fn another_tools_folders_take_closed_loops_that_count() {
    let study = whole().change("sglang", "chat-c1", |trial| {
        trial.load.traffic = Traffic::Open { rate: Some(4.0), burstiness: None, cap: None };
    });
    let seen = with_failures(&study);
    let exported = export::llm_infra_bench(&seen);
    assert_eq!(exported.trials.len(), 8, "{exported:#?}");
    let why = |which: &str| {
        let found = exported.left_out.iter().find(|(name, _)| name == which);
        found.map(|(_, why)| why.as_str())
    };
    assert_eq!(
        why("sglang, chat-c1, block 1"),
        Some("it is no closed loop, and that tool knows nothing else")
    );
    assert_eq!(
        why("vllm, chat-c1, block 2"),
        Some("it is invalid, and its files know no such word")
    );
    assert_eq!(why("sglang, chat-c64, block 4"), Some("it is missing"));
    assert_eq!(exported.left_out.len(), 6);
    // Both arms are of one engine in the sample, so that they would share a folder.
    assert!(exported.trials.iter().all(|one| one.below == one.trial.arm));
    let apart = study.change("sglang", "chat-c64", |trial| {
        trial.target.engine = Some(EngineSeen { name: "sglang".to_owned(), version: None });
    });
    let seen = apart.seen();
    assert!(export::llm_infra_bench(&seen).trials.iter().all(|one| one.below.is_empty()));
    let alike = apart.change("vllm", "chat-c1", |trial| {
        trial.load.traffic = Traffic::Closed { concurrency: 64 };
    });
    let seen = alike.seen();
    let exported = export::llm_infra_bench(&seen);
    assert!(exported.trials.iter().all(|one| one.below == one.trial.scenario), "{exported:#?}");
}
