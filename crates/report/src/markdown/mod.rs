//! A study as Markdown for a README or an issue: the verdict first, then what it found, the
//! tables, what doesn't count, the set-up, and how to repeat it.
//!
//! It holds nothing that the other forms don't; every sentence about who is better is the
//! verdict's or a finding's. Names and engines' words are escaped ([`words`]).

mod doubts;
mod results;
mod serving;
mod setup;
mod verdict;
mod words;

use self::words::{code, text};
use crate::digest::Digest;
use crate::findings::{Kind, findings};
use crate::measured::Measured;
use crate::study::banners;
use crate::{Ending, StudySeen};

/// The study as Markdown.
pub fn markdown(seen: &StudySeen<'_>, digest: &Digest) -> String {
    let measured = Measured::of(seen);
    let mut out = head(seen);
    verdict::write(&mut out, seen);
    found(&mut out, seen, &measured, digest);
    results::write(&mut out, seen, &measured);
    doubts::write(&mut out, seen, digest);
    setup::write(&mut out, seen, &measured, digest);
    serving::write(&mut out, &measured);
    repeat(&mut out, seen);
    out
}

/// A heading, with the blank lines that it needs.
fn heading(out: &mut String, title: &str) {
    out.push_str(&format!("\n## {title}\n\n"));
}

/// What it is, and what must be known before any number is read.
fn head(seen: &StudySeen<'_>) -> String {
    let mut out = format!("# {}\n", text(seen.name));
    for line in banners(seen) {
        out.push_str(&format!("\n> **{}**\n", text(&line)));
    }
    let tool = seen.cells.iter().find_map(|cell| match cell.ending {
        Ending::Carried(trial) => Some(format!("{} {}", trial.tool.name, trial.tool.version)),
        Ending::Failed { .. } | Ending::Missing => None,
    });
    let count = |number: usize, what: &str| {
        format!("{number} {what}{}", if number == 1 { "" } else { "s" })
    };
    out.push_str(&format!(
        "\n{} · {} · {} · {}{}\n",
        count(seen.arms.len(), "arm"),
        count(seen.scenarios.len(), "scenario"),
        count(seen.blocks as usize, "block"),
        count(seen.cells.len(), "trial"),
        tool.map(|tool| format!(" · measured by {}", text(&tool))).unwrap_or_default()
    ));
    out
}

/// What has been found, by kind. What the verdict's lines say already isn't said again.
fn found(out: &mut String, seen: &StudySeen<'_>, measured: &Measured<'_>, digest: &Digest) {
    let found = findings(seen, measured, digest);
    let parts: [(&str, &[Kind]); 5] = [
        ("Best, scenario by scenario", &[Kind::Best, Kind::NoWinner]),
        ("For which use", &[Kind::Use, Kind::OpenUse]),
        ("Where the order flips", &[Kind::Flip]),
        ("The most that was reached (numbers, which rank nobody)", &[Kind::Peak]),
        ("What limits each arm", &[Kind::Limit, Kind::UnknownLimit]),
    ];
    if found.all.is_empty() {
        return;
    }
    heading(out, "Findings");
    for (title, kinds) in parts {
        let mut some = found.of_kinds(kinds).peekable();
        if some.peek().is_none() {
            continue;
        }
        out.push_str(&format!("{title}:\n\n"));
        for finding in some {
            out.push_str(&format!("- {}\n", text(&finding.sentence)));
        }
        out.push('\n');
    }
    out.truncate(out.trim_end().len());
    out.push('\n');
}

/// How anybody may see it again, and do it again.
fn repeat(out: &mut String, seen: &StudySeen<'_>) {
    heading(out, "How to repeat it");
    let run = crate::console::shell_word(seen.run);
    out.push_str(&format!(
        "The settings, with every default made explicit, stand in {}; of a study its own words \
         stand there under `study`. Saved as `study.yaml` they can be carried out again:\n\n",
        code(&format!("{}/study.lock.yaml", seen.run))
    ));
    out.push_str(&words::block(
        "sh",
        &format!(
            "tokenometer run study.yaml --out runs/again\n\
             tokenometer compare {run} runs/again\n\
             tokenometer report {run} --format markdown   # this page"
        ),
    ));
}
