//! What the program's exit codes mean. This is the one list of them.

use std::process::ExitCode;

/// How the program ended. Where several apply, [`Exit::INTERRUPTED`] goes
/// before [`Exit::TARGET`], that before [`Exit::INVALID`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exit(u8);

impl Exit {
    /// Everything that was asked for is done.
    pub(crate) const DONE: Exit = Exit(0);
    /// A limit that was set is surely crossed, whatever else can't be said.
    pub(crate) const LIMIT: Exit = Exit(1);
    /// An argument, a file or a setting can't be meant or can't be used.
    pub(crate) const USAGE: Exit = Exit(2);
    /// The target or the engine failed: it can't be reached or used, or no
    /// request to it, or too few of them, ended well.
    pub(crate) const TARGET: Exit = Exit(3);
    /// The trial is not valid: its numbers stand in the report, with the gates
    /// that say why they don't count. Or runs are not comparable, or whether they keep a
    /// limit can't be said.
    pub(crate) const INVALID: Exit = Exit(4);
    /// It was interrupted; what there was is in the run folder.
    pub(crate) const INTERRUPTED: Exit = Exit(5);
    /// A bug of ours.
    pub(crate) const BUG: Exit = Exit(70);

    /// Ends the program at once, without tidying up.
    pub(crate) fn now(self) -> ! {
        std::process::exit(self.0.into())
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.0)
    }
}
