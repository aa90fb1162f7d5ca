//! A running endpoint: where it is, how it is spoken to, what it serves.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A running endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// Where it listens.
    pub address: Address,
    /// How it is spoken to.
    pub dialect: Dialect,
    /// The name under which it serves its model.
    pub model: String,
}

/// How a request is written and its stream read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// `POST /v1/completions`.
    OpenaiCompletions,
    /// `POST /v1/chat/completions`.
    OpenaiChat,
    /// SGLang's own `POST /generate`, whose frames hold everything so far.
    SglangGenerate,
    /// `POST /v2/models/ensemble/generate_stream` of a Triton server that runs
    /// TensorRT-LLM; `…/generate` where the answer is not streamed.
    TritonGenerateStream,
    /// `POST /generate_stream` of Text Generation Inference; `/generate` where
    /// the answer is not streamed.
    Tgi,
}

impl Dialect {
    /// Every dialect.
    pub const ALL: [Dialect; 5] = [
        Dialect::OpenaiCompletions,
        Dialect::OpenaiChat,
        Dialect::SglangGenerate,
        Dialect::TritonGenerateStream,
        Dialect::Tgi,
    ];

    /// The name used in flags, files and reports.
    pub const fn name(self) -> &'static str {
        match self {
            Dialect::OpenaiCompletions => "openai-completions",
            Dialect::OpenaiChat => "openai-chat",
            Dialect::SglangGenerate => "sglang-generate",
            Dialect::TritonGenerateStream => "triton-generate-stream",
            Dialect::Tgi => "tgi",
        }
    }

    /// The path of its route, without the target's prefix.
    pub const fn route(self, streamed: bool) -> &'static str {
        match (self, streamed) {
            (Dialect::OpenaiCompletions, _) => "/v1/completions",
            (Dialect::OpenaiChat, _) => "/v1/chat/completions",
            (Dialect::SglangGenerate, _) => "/generate",
            (Dialect::TritonGenerateStream, true) => "/v2/models/ensemble/generate_stream",
            (Dialect::TritonGenerateStream, false) => "/v2/models/ensemble/generate",
            (Dialect::Tgi, true) => "/generate_stream",
            (Dialect::Tgi, false) => "/generate",
        }
    }

    /// The dialect of this name, if there is one.
    pub fn from_name(name: &str) -> Option<Dialect> {
        Dialect::ALL.into_iter().find(|dialect| dialect.name() == name)
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Where a server listens, and the path under which its routes begin.
///
/// Written as a URL: `http://host:port/prefix`, `https://[::1]:8443`,
/// `unix:/run/engine.sock`. No secret may stand in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// The socket to connect to.
    pub endpoint: Endpoint,
    /// What comes before `/v1/…`: empty, or a path that begins with `/` and
    /// doesn't end with one.
    pub prefix: String,
}

/// A socket that a server listens on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Endpoint {
    /// TCP, IPv4 or IPv6.
    Tcp {
        /// A name or a literal address, without brackets.
        host: String,
        /// The port.
        port: u16,
        /// Whether to speak TLS.
        tls: bool,
    },
    /// A unix socket. The kernel never stamps what arrives on one.
    Unix {
        /// Where it lies.
        path: PathBuf,
    },
}

impl Address {
    /// The value of the `Host` header.
    pub fn host_header(&self) -> String {
        match &self.endpoint {
            Endpoint::Tcp { host, port, tls } => {
                let host = bracketed(host);
                match (tls, port) {
                    (false, 80) | (true, 443) => host,
                    _ => format!("{host}:{port}"),
                }
            }
            Endpoint::Unix { .. } => "localhost".to_owned(),
        }
    }
}

/// A host as it stands in a URL: IPv6 literals in brackets.
fn bracketed(host: &str) -> String {
    if host.contains(':') { format!("[{host}]") } else { host.to_owned() }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.endpoint {
            Endpoint::Tcp { host, port, tls } => {
                let scheme = if *tls { "https" } else { "http" };
                write!(f, "{scheme}://{}:{port}{}", bracketed(host), self.prefix)
            }
            Endpoint::Unix { path } => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Why a string is no address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressError {
    /// It begins with none of the known schemes.
    #[error("it must begin with http://, https:// or unix:")]
    Scheme,
    /// Nothing stands between the scheme and the path.
    #[error("it names no host")]
    NoHost,
    /// The port is no number from 1 to 65535.
    #[error("`{0}` is no port")]
    Port(String),
    /// It carries a user name or a password.
    #[error("it holds a user name or password; give credentials with --header or OPENAI_API_KEY")]
    Credentials,
    /// It carries a query or a fragment.
    #[error("it has a query or a fragment; only scheme, host, port and path may stand in it")]
    Query,
    /// A character that a host or a path can't hold.
    #[error("it holds a blank or a control character")]
    Character,
}

impl FromStr for Address {
    type Err = AddressError;

    /// Reads a URL; a trailing `/` and a trailing `/v1` are dropped, since
    /// routes bring their own.
    fn from_str(text: &str) -> Result<Address, AddressError> {
        if text.chars().any(|c| c.is_whitespace() || c.is_control()) {
            return Err(AddressError::Character);
        }
        if let Some(path) = text.strip_prefix("unix://").or_else(|| text.strip_prefix("unix:")) {
            if path.is_empty() {
                return Err(AddressError::NoHost);
            }
            let endpoint = Endpoint::Unix { path: path.into() };
            return Ok(Address { endpoint, prefix: String::new() });
        }
        let (tls, rest) = match (text.strip_prefix("http://"), text.strip_prefix("https://")) {
            (Some(rest), _) => (false, rest),
            (_, Some(rest)) => (true, rest),
            _ => return Err(AddressError::Scheme),
        };
        if rest.contains(['?', '#']) {
            return Err(AddressError::Query);
        }
        let (authority, path) = match rest.find('/') {
            Some(slash) => rest.split_at(slash),
            None => (rest, ""),
        };
        if authority.contains('@') {
            return Err(AddressError::Credentials);
        }
        let (host, port) = split_authority(authority, if tls { 443 } else { 80 })?;
        let path = path.trim_end_matches('/');
        let prefix = path.strip_suffix("/v1").unwrap_or(path).trim_end_matches('/').to_owned();
        Ok(Address { endpoint: Endpoint::Tcp { host, port, tls }, prefix })
    }
}

/// Splits `host:port`, `[v6]:port`, or either without a port.
fn split_authority(authority: &str, default_port: u16) -> Result<(String, u16), AddressError> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(rest) => {
            let (host, after) = rest.split_once(']').ok_or(AddressError::NoHost)?;
            (host, after.strip_prefix(':').unwrap_or(after))
        }
        None => authority.rsplit_once(':').unwrap_or((authority, "")),
    };
    if host.is_empty() {
        return Err(AddressError::NoHost);
    }
    let port = match port {
        "" => default_port,
        digits => match digits.parse() {
            Ok(port) if port > 0 => port,
            _ => return Err(AddressError::Port(digits.to_owned())),
        },
    };
    Ok((host.to_owned(), port))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> Address {
        text.parse().unwrap()
    }

    #[test]
    fn a_dialect_has_one_name_everywhere() {
        for dialect in Dialect::ALL {
            assert_eq!(Dialect::from_name(dialect.name()), Some(dialect));
            assert_eq!(serde_json::to_value(dialect).unwrap(), dialect.name());
        }
        assert_eq!(Dialect::from_name("sglang"), None);
    }

    #[test]
    fn urls_are_read_and_written_back() {
        for (given, shown, host) in [
            ("http://localhost:8000", "http://localhost:8000", "localhost:8000"),
            ("http://localhost:8000/v1/", "http://localhost:8000", "localhost:8000"),
            ("https://example.org/llm/v1", "https://example.org:443/llm", "example.org"),
            ("http://[::1]:8100", "http://[::1]:8100", "[::1]:8100"),
            ("http://10.0.0.1", "http://10.0.0.1:80", "10.0.0.1"),
            ("unix:/tmp/engine.sock", "unix:/tmp/engine.sock", "localhost"),
        ] {
            assert_eq!(address(given).to_string(), shown);
            assert_eq!(address(given).host_header(), host);
        }
    }

    #[test]
    fn what_is_no_address_says_why() {
        for (given, why) in [
            ("localhost:8000", AddressError::Scheme),
            ("http://", AddressError::NoHost),
            ("http://:8000", AddressError::NoHost),
            ("http://host:0", AddressError::Port("0".into())),
            ("http://host:eighty", AddressError::Port("eighty".into())),
            ("http://me:secret@host", AddressError::Credentials),
            ("http://host/?a=b", AddressError::Query),
            ("http://ho st", AddressError::Character),
        ] {
            assert_eq!(given.parse::<Address>().unwrap_err(), why, "{given}");
        }
    }
}
