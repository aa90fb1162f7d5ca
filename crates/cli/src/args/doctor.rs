//! The arguments of `tokenometer doctor`.

use clap::Args;

/// Say how exactly this machine can measure, what that means, and what would
/// help: kernel stamps, clocks, limits, processors, and the client's own noise.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Print one JSON object on one line instead of the page
    #[arg(long)]
    pub(crate) json: bool,
}
