//! Why a schedule can't be rendered.

use thiserror::Error;
use tokenometer_core::Rules;

/// Why a schedule can't be rendered.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum PrepareError {
    /// The body asks for several choices, which no metric here is made for.
    #[error(
        "`n` asks for {0} choices a request, but one choice is what is measured; \
         drop it from --extra-request-body"
    )]
    SeveralChoices(String),
    /// The dialect can't carry this shape of prompt.
    #[error("{dialect} can't carry a prompt as {shape}; {cure}")]
    Prompt {
        /// The dialect.
        dialect: &'static str,
        /// The prompt's shape.
        shape: &'static str,
        /// What to do.
        cure: &'static str,
    },
    /// The tool whose rules are followed doesn't know the dialect.
    #[error("{rules} sends nothing as {dialect}; choose one of its own --backend names")]
    Dialect {
        /// The tool.
        rules: Rules,
        /// The dialect.
        dialect: &'static str,
    },
    /// A flag that changes nothing in what the tool sends.
    #[error("{flag} changes nothing in what {rules} sends as {dialect}; leave it out")]
    Idle {
        /// The flag.
        flag: &'static str,
        /// The tool.
        rules: Rules,
        /// The dialect.
        dialect: &'static str,
    },
    /// A path that no request can go to.
    #[error("`{0}` is no path for --endpoint; it begins with a slash and holds no blank")]
    Route(String),
    /// A header holds what no header may.
    #[error("the header `{0}` holds a character that no HTTP header may hold")]
    Header(String),
    /// A header that the client must write itself.
    #[error("the header `{0}` is written by the client and can't be set with --header")]
    ReservedHeader(String),
}
