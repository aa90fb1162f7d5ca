//! The arguments of `tokenometer engines`.

use clap::Args;

/// List the engines that there are profiles of: in which ways each can be had on
/// this machine, and why not in the others. Nothing is changed, unless --prepare
/// is given.
#[derive(Debug, Args)]
pub(crate) struct EnginesArgs {
    /// One engine, with all that its profile says: a name from the list, or the path of a profile
    #[arg(value_name = "ENGINE")]
    pub(crate) engine: Option<String>,

    /// Which version of it [default: the one that its profile names]
    #[arg(long, value_name = "VERSION", requires = "engine")]
    pub(crate) version: Option<String>,

    /// Have it be there: make its environment or fetch its image, in the first way that is usable,
    /// and print what is in it
    #[arg(long, requires = "engine")]
    pub(crate) prepare: bool,

    /// Print one JSON object on one line instead of the page
    #[arg(long)]
    pub(crate) json: bool,
}
