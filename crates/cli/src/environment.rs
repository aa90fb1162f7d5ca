//! The environment variables that mean something here; no other place reads
//! any. The libraries beneath read `SSL_CERT_FILE` and `SSL_CERT_DIR` (further
//! authorities to trust), `COLUMNS` and `TERM`.

use std::env;
use std::ffi::OsString;

/// What was found in the environment.
#[derive(Debug)]
pub(crate) struct Environment {
    /// `OPENAI_API_KEY`: sent to the target as a bearer token.
    pub(crate) api_key: Option<OsString>,
    /// `NO_COLOR`: whether it is set to anything, which forbids colour.
    pub(crate) no_colour: bool,
}

impl Environment {
    /// Reads it.
    pub(crate) fn read() -> Environment {
        let set = |name| env::var_os(name).filter(|value| !value.is_empty());
        Environment { api_key: set("OPENAI_API_KEY"), no_colour: set("NO_COLOR").is_some() }
    }
}
