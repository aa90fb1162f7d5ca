//! What people and programs see of a trial and of a study: the page for a terminal, the page
//! of HTML, charts and pictures, findings in words, Markdown, tables, JSON, and what another
//! tool would have shown.
//!
//! All are pure functions of what lies in the run folder, so that a report can
//! be had again at any time and is the same then. This room must never change
//! a number: it rounds for the eye where people look, and not at all in tables and JSON.
//! Nor may it rank anything: who is better stands in the verdict alone.

pub mod chart;
pub mod compare;
mod console;
mod date;
pub mod digest;
mod estimate;
pub mod export;
pub mod findings;
mod html;
mod json;
mod markdown;
pub mod measured;
mod number;
mod page;
mod plots;
mod sheet;
mod study;
mod style;
mod verdict;
mod view;
mod warning;

pub use console::console;
pub use estimate::estimate;
pub use findings::{Finding, Findings, Ground, findings};
pub use html::html;
pub use json::{Line, Said, json_line, line};
pub use markdown::markdown;
pub use plots::{Plot, Plots, plots};
pub use sheet::{csv_long, csv_wide};
pub use study::{
    ArmMeans, CellSeen, Ending, FigureMean, ScenarioMeans, StudyCell, StudyLine, StudySeen, study,
    study_json, study_line,
};
pub use style::Style;
pub use view::{Explained, Figure, Mode, ResultFile, Shown, View, ViewOptions, view};
pub use warning::{Warning, warnings};
