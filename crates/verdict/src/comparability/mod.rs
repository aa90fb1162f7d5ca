//! Are these two arms to be compared at all? A typed answer: yes, with what they differ
//! in, or no, because of which fields.
//!
//! What is known of an arm are [`Facts`] by the names of [`FIELDS`]. A field belongs to
//! one of three tiers. What has to be the same for the question to make sense is
//! *identity*; what one arm may not have more of, unless the study says so, is *budget*;
//! what is the engine's own business is *strategy*. A field that isn't known of both arms
//! is said to be so: it is never taken for alike.
//!
//! Nothing here looks at a metric: whether arms may be compared must not depend on how
//! the comparison would come out.

mod facts;
mod field;
mod pair;
mod study;

pub use facts::{Fact, Facts};
pub use field::{FIELDS, Field, Likeness, Tier, field};
pub use pair::{Comparability, Difference, Refusal, compare};
pub use study::{Declared, Rules, Track, idle_declarations};
