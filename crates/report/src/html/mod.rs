//! The page of a run: one file that needs nothing beside it, to be read on a screen, on a
//! phone and on paper, by eye or by ear, by someone who has only this.
//!
//! It opens with the verdict in words, then how much and how sure, what was wrong with the
//! runs, and, further down, whatever a reader may dig for, to a single request. Each part is
//! a module here with a template of the same name. A part must not change a number or find a
//! word such as *better* by itself, and must not put anything on the page that a template
//! has not escaped: names and answers of models are anyone's words.

mod amount;
mod budget;
mod charts;
mod differences;
mod embedded;
mod facts;
mod findings;
mod page;
mod places;
mod repeat;
mod results;
mod setup;
mod sign;
mod strip;
mod trial;
mod trials;
mod validity;
mod verdict;
mod words;

pub use page::html;
