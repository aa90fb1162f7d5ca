//! The static pictures of a study: each of its charts, the summary table, and the pictures
//! of `llm_infra_bench` under its own names.
//!
//! A picture for which there is nothing to show isn't made; where someone may look for it by
//! its name, it is said why. Nothing is judged here: a word for an answer is the verdict's.

mod gpus;
mod llm_infra_bench;
mod loads;
mod stamps;
mod summary;

use crate::StudySeen;
use crate::chart::png::{PngError, png};
use crate::chart::{catalogue, svg};
use crate::digest::Digest;
use crate::measured::Measured;

/// The pictures of a study.
#[derive(Clone, Debug)]
pub struct Plots {
    /// Those that there are.
    pub plots: Vec<Plot>,
    /// Those that someone may look for and that there aren't: the file's name, and why.
    pub left_out: Vec<(String, String)>,
}

/// One picture.
#[derive(Clone, Debug)]
pub struct Plot {
    /// Its name in files, without an ending: `throughput-by-concurrency`.
    pub name: String,
    /// The picture.
    pub svg: String,
    /// Whether only a PNG is written: a name of another tool, which writes no SVG.
    pub png_only: bool,
}

/// Every picture of a study. Drawing them as PNG takes longer than all else, and is left to
/// [`Plot::files`].
pub fn plots(seen: &StudySeen<'_>, digest: &Digest) -> Plots {
    let measured = Measured::of(seen);
    let stamps = stamps::stamps(seen);
    let charts = catalogue::of_study(seen, &measured, digest);
    let mut plots: Vec<Plot> = charts
        .iter()
        .map(|chart| Plot {
            name: chart.id.clone(),
            svg: svg::picture(chart, &stamps).svg(),
            png_only: false,
        })
        .collect();
    let summary = summary::picture(seen, &measured, &stamps).svg();
    let name = "summary-table".to_owned();
    plots.push(Plot { name, svg: summary.clone(), png_only: false });
    let theirs = llm_infra_bench::pictures(&measured, digest, &stamps);
    let named = |(name, svg): (String, String)| Plot { name, svg, png_only: true };
    plots.extend(theirs.pictures.into_iter().map(named));
    plots.push(named(("summary_table".to_owned(), summary)));
    Plots { plots, left_out: theirs.left_out }
}

impl Plot {
    /// The picture as files: their names, and what is in them.
    pub fn files(&self) -> Result<Vec<(String, Vec<u8>)>, PngError> {
        let mut files = Vec::new();
        if !self.png_only {
            files.push((format!("{}.svg", self.name), self.svg.clone().into_bytes()));
        }
        files.push((format!("{}.png", self.name), png(&self.svg)?));
        Ok(files)
    }
}
