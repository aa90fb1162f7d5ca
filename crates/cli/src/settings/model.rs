//! What `tokenometer model` was told.

use std::path::PathBuf;

use super::Mistakes;
use crate::args::MakeModelArgs;
use crate::failure::Mistake;

/// Which tiny model is to be made, and where.
#[derive(Clone, Debug)]
pub(crate) struct ModelToMake {
    /// The folder to make it in.
    pub(crate) folder: PathBuf,
    /// From which its weights follow.
    pub(crate) seed: u64,
    /// Whether its weights are also written as GGUF.
    pub(crate) gguf: bool,
}

/// Which tiny model is to be made, and where.
pub(crate) fn make_model(args: MakeModelArgs) -> Result<ModelToMake, Vec<Mistake>> {
    let mut mistakes = Mistakes::default();
    let MakeModelArgs { folder, seed, gguf, json: _ } = args;
    let seed = mistakes.take("--seed", Some(seed)).unwrap_or_default();
    mistakes.or(ModelToMake { folder, seed, gguf })
}
