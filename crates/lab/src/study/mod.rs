//! A study: what people write, and the plan that follows from it. Nothing here
//! starts anything.
//!
//! [`read`](fn@read) makes a [`Written`] study of a text, [`Plan::make`] its
//! plan: arms × cells × blocks, in their order. A *cell* is a scenario with one
//! value for everything that it gives several of.

pub mod grammar;

mod arms;
mod cells;
mod chance;
mod describe;
mod engines;
mod expected;
mod found;
mod lock;
mod names;
mod order;
mod origin;
mod plan;
mod read;
mod rehearse;
mod sense;
mod sent;
mod simulated;
mod trials;
mod world;

pub use arms::{Listen, PlannedArm};
pub use cells::Cell;
pub use describe::{ArmShown, BlockShown, CellShown, PlanShown};
pub use expected::Expected;
pub use grammar::Study;
pub use lock::StudyLock;
pub(crate) use names::ALL_DIFFERS;
pub use plan::{Block, Plan, Start, Step};
pub use read::{Written, read};
pub use rehearse::{Rehearsal, RehearsalOf};
pub use world::World;
