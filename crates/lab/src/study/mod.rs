//! A study: what people write, and the plan that follows from it. Nothing here
//! starts anything.

pub mod grammar;

pub use grammar::Study;
