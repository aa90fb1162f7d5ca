//! What can go wrong while a workload is made, said so that its user can mend
//! it.

use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use thiserror::Error;

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
    /// The tokenizer's file can't be read.
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
     a model's folder in the Hugging Face cache (names are not looked up and nothing is downloaded)";

/// One mistake of whoever asked for the workload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Where it is: a flag with its value, or a line of a file.
    pub place: String,
    /// What is wrong.
    pub problem: String,
    /// What to do about it.
    pub cure: String,
}

impl Mistake {
    /// A mistake at `place`.
    pub(crate) fn new(
        place: impl Into<String>,
        problem: impl Into<String>,
        cure: impl Into<String>,
    ) -> Mistake {
        Mistake { place: place.into(), problem: problem.into(), cure: cure.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.place, self.problem, self.cure)
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
