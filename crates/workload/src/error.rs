//! What can go wrong while a workload is made, said so that its user can mend
//! it.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;
use tokenometer_core::Mistake;

/// Why there is no workload.
#[derive(Debug, Error)]
pub enum WorkloadError {
    /// Settings that can't be meant, or lines of a file that can't be read: all
    /// of them at once.
    #[error("make the workload: {}", Listed(.0))]
    Mistakes(Vec<Mistake>),
    /// Where a tokenizer should be, there is none.
    #[error("find a tokenizer at `{}`: {problem}; {TOKENIZER_CURE}", path.display())]
    NoTokenizer {
        /// The path that was given.
        path: PathBuf,
        /// What is there instead.
        problem: &'static str,
    },
    /// Neither a path nor a cached model has this name.
    #[error("find the tokenizer `{name}`: there is none at {}; {UNKNOWN_CURE} {name}`", Places(.looked_at))]
    TokenizerNotFound {
        /// The name that was given.
        name: String,
        /// Every place that was looked at.
        looked_at: Vec<PathBuf>,
    },
    /// The tokenizer's file, or one beside it, can't be read.
    #[error("read the tokenizer `{}`", path.display())]
    TokenizerFile {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The tokenizer's file holds no tokenizer.
    #[error(
        "understand the tokenizer `{}`: it is no tokenizer.json of the Hugging Face tokenizers \
         library, or is damaged; download or save it again",
        path.display()
    )]
    TokenizerFormat {
        /// The file.
        path: PathBuf,
        /// What the library says.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The `tokenizer_config.json` beside the tokenizer is damaged.
    #[error("understand `{}`: it is no JSON object; download or save it again", path.display())]
    TokenizerConfig {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
    /// The model has no chat template.
    #[error(
        "find the chat template of `{}`: there is none in tokenizer_config.json or \
         chat_template.jinja beside it; put the model's own there, or send prompts as they are",
        path.display()
    )]
    NoChatTemplate {
        /// The tokenizer's file.
        path: PathBuf,
    },
    /// The chat template is faulty, or refuses a conversation.
    #[error("put a conversation into the chat template of `{}`", path.display())]
    ChatTemplate {
        /// The tokenizer's file.
        path: PathBuf,
        /// What the template's engine says.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
    /// The tokenizer refuses a text.
    #[error("turn a text into tokens with `{}`; check that it is the model's own", path.display())]
    Encode {
        /// The tokenizer's file.
        path: PathBuf,
        /// What the library says.
        #[source]
        source: Box<dyn Error + Send + Sync>,
    },
}

/// What to do where no tokenizer was found.
const TOKENIZER_CURE: &str = "give --tokenizer a tokenizer.json, a directory that holds one, or \
     a model's folder in the Hugging Face cache";

/// What to do where a name says nothing; the name follows.
const UNKNOWN_CURE: &str = "give --tokenizer the path of a tokenizer.json or of a directory that \
     holds one, or fetch it with `tokenometer dataset fetch --tokenizer";

/// Paths as a list, in the order in which they were looked at.
struct Places<'a>(&'a [PathBuf]);

impl fmt::Display for Places<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, path) in self.0.iter().enumerate() {
            let before = if place == 0 { "" } else { ", " };
            write!(f, "{before}`{}`", path.display())?;
        }
        Ok(())
    }
}

/// Mistakes as a list: one stands on the line, several below each other.
struct Listed<'a>(&'a [Mistake]);

impl fmt::Display for Listed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [only] => write!(f, "{only}"),
            several => {
                write!(f, "there are {} mistakes", several.len())?;
                several.iter().try_for_each(|mistake| write!(f, "\n  {mistake}"))
            }
        }
    }
}
