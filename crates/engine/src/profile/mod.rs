//! Engines as data: what a profile says, and the command that follows from it.
//!
//! [`ProfileFile::find`] reads a profile, built-in or a user's own, with all
//! that it extends; [`ProfileFile::at`] lays what changes with versions over it;
//! [`Profile::launch`] makes the command, the environment and the files of what
//! an arm wants.
//!
//! This is the one piece of code that reads profiles, and it knows no engine by
//! name. It must never start anything, nor write a file.

mod builtin;
mod common;
mod in_force;
mod launch;
mod merge;
mod option;
mod placeholder;
mod read;
mod schema;
mod sheet;
mod sound;
mod source;
mod told;
mod value;
mod version;

pub use builtin::builtin_names;
pub use common::{COMMON, CommonName, common_meaning};
pub use in_force::{Declared, Expected, InForce};
pub use launch::{Launch, LaunchFile, Wanted};
pub use option::{EngineOption, Shown};
pub use read::ProfileFile;
pub use schema::profile_schema;
pub use sheet::{Cache, Fixed, Listening, Log, Profile, Ready, Says, Stop, WrittenFile};
pub use sound::REQUEST_PARTS;
pub use source::Source;
pub use tokenometer_document::Length;
pub use value::OptionKind;
pub use version::Version;
