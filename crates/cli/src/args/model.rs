//! The arguments of `tokenometer model`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::Given;

const MAKE_EXAMPLES: &str = "\
Examples:
  tokenometer model make tiny-model
  vllm serve ./tiny-model
      a model for vLLM, SGLang, transformers and whatever else loads a Hugging Face folder
  tokenometer model make tiny-model --gguf
      the same, and its weights as model.gguf for llama.cpp

It is a Llama of 4 million parameters, with our own tokenizer and a chat template. Nothing is
fetched. The same seed gives the same files, byte by byte; files that are there already are left
as they are, and one with other contents is an error. What the model answers is a list of words,
the same in every engine: it is for trying engines out, and says nothing of how fast they serve a
real one.";

/// What to do with a model.
#[derive(Debug, Subcommand)]
pub(crate) enum ModelCommand {
    /// Make a tiny model of random weights, to try engines with
    Make(MakeModelArgs),
}

/// Make a tiny model of random weights, to try engines with. Prints its folder.
#[derive(Debug, Args)]
#[command(after_help = MAKE_EXAMPLES)]
pub(crate) struct MakeModelArgs {
    /// The folder to make it in
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,

    /// From which all weights follow
    #[arg(long, value_name = "NUMBER", default_value = "0")]
    pub(crate) seed: Given<u64>,

    /// Also write the weights as GGUF, for llama.cpp
    #[arg(long)]
    pub(crate) gguf: bool,

    /// Print one JSON object on one line instead of the folder
    #[arg(long)]
    pub(crate) json: bool,
}
