//! What can go wrong between us and an engine's control plane, in words that
//! say what, where, why, and what to do.

use std::time::Duration;

use thiserror::Error;

use crate::MetricsError;

/// Why an engine could not be asked, or did not do what was asked. No variant
/// ever holds a header's value.
#[derive(Debug, Error)]
pub enum EngineError {
    /// A header that HTTP can't carry. Only its name is told.
    #[error(
        "the header `{name}` can't be sent: its name or value holds a character that HTTP forbids"
    )]
    Header {
        /// The header's name.
        name: String,
    },
    /// The host has no address.
    #[error(
        "failed to reach {address}: no address is known for its host; check the spelling, or give the address in numbers"
    )]
    UnknownHost {
        /// The target.
        address: String,
    },
    /// Nobody listens.
    #[error(
        "failed to reach {address}: nothing listens there; start the server, or check host and port"
    )]
    Refused {
        /// The target.
        address: String,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// There is no such unix socket.
    #[error(
        "failed to reach {address}: there is no such socket; start the server, or check the path"
    )]
    NoSocket {
        /// The target.
        address: String,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// The network, or the operating system, is in the way.
    #[error("failed to reach {address}")]
    Unreachable {
        /// The target.
        address: String,
        /// What the operating system said.
        #[source]
        source: std::io::Error,
    },
    /// It took too long.
    #[error(
        "no answer from {url} within {} s (while {step}); the server may still be loading its model, or hang",
        limit.as_secs_f64()
    )]
    Timeout {
        /// The URL asked.
        url: String,
        /// What was under way.
        step: &'static str,
        /// The time allowed.
        limit: Duration,
    },
    /// `http://` was given for a port that speaks TLS.
    #[error("{address} speaks TLS; give it as https://")]
    PlainToTls {
        /// The target.
        address: String,
    },
    /// `https://` was given for a port that doesn't speak TLS.
    #[error("{address} does not speak TLS; give it as http://")]
    TlsToPlain {
        /// The target.
        address: String,
    },
    /// The server's certificate is not to be trusted.
    #[error("{address} has a certificate that can't be trusted: {why}; {cure}")]
    Certificate {
        /// The target.
        address: String,
        /// What is wrong with it.
        why: String,
        /// What to do.
        cure: &'static str,
    },
    /// TLS failed for another reason.
    #[error("failed to agree on TLS with {address}: {why}")]
    Tls {
        /// The target.
        address: String,
        /// What TLS said.
        why: String,
    },
    /// Something answers, but not in HTTP.
    #[error("what listens at {address} does not speak HTTP/1.1; check host and port ({why})")]
    NotHttp {
        /// The target.
        address: String,
        /// What could not be understood.
        why: String,
    },
    /// The server hung up in the middle of an answer, or before it.
    #[error("{url} closed the connection without a whole answer; see the server's log")]
    HungUp {
        /// The URL asked.
        url: String,
    },
    /// The answer is larger than anything a control plane says.
    #[error("the answer of {url} is larger than {limit_mib} MiB; is this an inference server?")]
    TooLarge {
        /// The URL asked.
        url: String,
        /// The most that is read.
        limit_mib: u64,
    },
    /// The server points elsewhere. It is not followed: a redirect would hide
    /// an extra hop in every measured request.
    #[error("{url} redirects (HTTP {status}) to {to}; give the final address itself")]
    Redirected {
        /// The URL asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// Where it points, without any query.
        to: String,
    },
    /// A key is missing or wrong.
    #[error(
        "{url} refuses access (HTTP {status}): {text}; set OPENAI_API_KEY, or give --header 'Authorization: Bearer …'"
    )]
    Unauthorised {
        /// The URL asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The server's words.
        text: String,
    },
    /// Any other status that is no success.
    #[error("{url} answered HTTP {status}: {text}")]
    Http {
        /// The URL asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The server's words.
        text: String,
    },
    /// A success whose body is not what this route is for.
    #[error("{url} answered with something else than {expected}: {text}")]
    Unreadable {
        /// The URL asked.
        url: String,
        /// What a body of this route is.
        expected: &'static str,
        /// The beginning of the body.
        text: String,
    },
    /// Several models, and none was named.
    #[error("{address} serves {} models; choose one with --model: {}", served.len(), served.join(", "))]
    SeveralModels {
        /// The target.
        address: String,
        /// Their names.
        served: Vec<String>,
    },
    /// The server lists no model at all.
    #[error("{address} lists no model; is one loaded? If its list is wrong, name one with --model")]
    NoModels {
        /// The target.
        address: String,
    },
    /// The named model is not served.
    #[error("{address} does not serve `{model}`; it serves {}", served.join(", "))]
    ModelNotServed {
        /// The target.
        address: String,
        /// The model asked for.
        model: String,
        /// What is served, the most similar name first.
        served: Vec<String>,
    },
    /// The server can't say what it serves, and no model was named.
    #[error("{address} does not say which models it serves ({why}); name one with --model")]
    ModelsUnlisted {
        /// The target.
        address: String,
        /// Why not.
        why: String,
    },
    /// The server, asked for one token, refused the model's name.
    #[error("{url} refuses the model `{model}`: {text}; check --model")]
    ModelRefused {
        /// The URL asked.
        url: String,
        /// The model asked for.
        model: String,
        /// The server's words.
        text: String,
    },
    /// The route of the dialect does not exist there.
    #[error(
        "{url} does not exist on this server (HTTP {status}: {text}); choose another --backend, or check the path in --base-url"
    )]
    RouteMissing {
        /// The URL asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The server's words.
        text: String,
    },
    /// The server objects to fields of the body.
    #[error("{url} objects to {} (HTTP {status}): {text}; {cure}", quoted(fields))]
    FieldRefused {
        /// The URL asked.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The fields that it names, of those that were sent.
        fields: Vec<String>,
        /// The server's words.
        text: String,
        /// What to do.
        cure: String,
    },
    /// The route answers with success, but generates nothing.
    #[error("{url} accepted a request for one token and generated nothing: {text}")]
    NothingGenerated {
        /// The URL asked.
        url: String,
        /// The server's words, or the beginning of the body.
        text: String,
    },
    /// The server did not become ready.
    #[error("{url} was not ready within {} s; the last try said: {last}", limit.as_secs_f64())]
    NotReady {
        /// The URL asked.
        url: String,
        /// The time allowed.
        limit: Duration,
        /// What the last try said.
        last: String,
    },
    /// The caller saw that waiting is in vain.
    #[error("gave up waiting for {url}: {why}")]
    GaveUp {
        /// The URL asked.
        url: String,
        /// What the caller saw.
        why: String,
    },
    /// It can't be told to do something beside generating.
    #[error("the server at {address} did not {what} ({said}); {cure}")]
    NoSwitch {
        /// Where it is.
        address: String,
        /// What it was told to do.
        what: &'static str,
        /// What it said to each route.
        said: String,
        /// What to do about it.
        cure: &'static str,
    },
    /// The counters can't be read.
    #[error("failed to read the counters of {url}")]
    Metrics {
        /// The URL asked.
        url: String,
        /// Which line, and why.
        #[source]
        source: MetricsError,
    },
}

/// `` `a` and `b` `` for a message.
fn quoted(fields: &[String]) -> String {
    let quoted: Vec<String> = fields.iter().map(|field| format!("`{field}`")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
        None => "a field".to_owned(),
    }
}
