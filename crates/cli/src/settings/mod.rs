//! From arguments to settings: what each value means, and which can't be meant
//! together. Every mistake is found before anything starts, and all of them are
//! told at once.

mod backend;
mod bench;
mod body;
mod compare;
mod dataset;
mod idle;
mod load;
mod model;
mod output;
mod report;
mod requests;
mod run;
mod sim;
mod workload;

use std::fmt;

pub(crate) use backend::backend;
use bench::new_folder;
pub(crate) use bench::{bench, foreign_flags};
pub(crate) use compare::{Compare, compare};
pub(crate) use dataset::{ToFetch, ToMake, fetch, make, sample, show};
#[cfg(test)]
pub(crate) use idle::UNDOING;
pub(crate) use model::{ModelToMake, make_model};
pub(crate) use output::Shown;
pub(crate) use report::{Report, ShownAs, Viewed, report};
pub(crate) use run::{ToRun, run};
pub(crate) use sim::sim;
pub(crate) use workload::workload;

use crate::args::Given;
use crate::failure::Mistake;

/// The mistakes found so far.
#[derive(Debug, Default)]
pub(crate) struct Mistakes(Vec<Mistake>);

impl Mistakes {
    /// Notes a mistake at `place`.
    fn add(&mut self, place: impl fmt::Display, problem: impl fmt::Display, cure: &str) {
        self.0.push(Mistake::new(place, problem, cure));
    }

    /// Notes what another room found.
    fn extend(&mut self, mistakes: Vec<tokenometer_workload::Mistake>) {
        self.0.extend(mistakes.into_iter().map(Mistake::from));
    }

    /// The value of a flag, if it was given and could be read.
    fn take<T>(&mut self, flag: &str, given: Option<Given<T>>) -> Option<T> {
        let Given { text, value } = given?;
        value
            .map_err(|wrong| self.add(format_args!("{flag} {text}"), wrong.problem, wrong.cure))
            .ok()
    }

    /// Notes that a flag was given where it would do nothing.
    fn idle<T>(&mut self, flag: &str, given: &Option<T>, problem: &str, cure: &str) {
        if given.is_some() {
            self.add(flag, problem, cure);
        }
    }

    /// What was made, unless there are mistakes.
    fn or<T>(self, made: T) -> Result<T, Vec<Mistake>> {
        if self.0.is_empty() { Ok(made) } else { Err(self.0) }
    }
}
