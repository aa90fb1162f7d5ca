//! The one control-plane client: probes, discovery, counters. Small questions
//! outside the measured window, or beside it; never a measured request.
//!
//! It reads no proxy from the environment, follows no redirect, and waits for
//! nothing without a limit. No error of its tells the value of a header.

use std::fmt;
use std::net::ToSocketAddrs;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokenometer_core::complaint::{error_text, shorten};
use tokenometer_core::{Address, Endpoint};
use ureq::http::{HeaderName, HeaderValue, Response};
use ureq::tls::{Certificate, RootCerts, TlsConfig};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::DefaultConnector;
use ureq::{Agent, Body, RequestBuilder, Timeout};

use crate::error::EngineError;
use crate::scheme::{self, Spoken};
use crate::unix::{NoResolver, UnixConnector};

/// The most that is read of one answer. A large engine's `/metrics` is about
/// 1 MiB; what is larger than this is no control plane.
const BODY_LIMIT_MIB: u64 = 16;

/// The shortest header value that is treated as a secret. Shorter ones (`1`,
/// `true`) occur in honest text too often to be blotted out of it.
const SECRET_LENGTH: usize = 8;

/// How a control plane may be spoken to.
#[derive(Clone)]
pub struct Access {
    /// Certificates of the authorities to trust, DER-encoded. None: no TLS
    /// server is trusted.
    pub roots: Vec<Vec<u8>>,
    /// Headers to send with every question, name and value.
    pub headers: Vec<(String, String)>,
    /// The longest to wait for a connection, TLS included.
    pub connect: Duration,
    /// The longest to wait for a whole answer.
    pub total: Duration,
}

impl Default for Access {
    fn default() -> Access {
        Access {
            roots: Vec::new(),
            headers: Vec::new(),
            connect: Duration::from_secs(10),
            total: Duration::from_secs(30),
        }
    }
}

impl fmt::Debug for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = self.headers.iter().map(|(name, _)| name.as_str()).collect();
        f.debug_struct("Access")
            .field("roots", &self.roots.len())
            .field("headers", &names)
            .field("connect", &self.connect)
            .field("total", &self.total)
            .finish()
    }
}

/// What a control plane answered, whatever its status.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The URL asked.
    pub url: String,
    /// The HTTP status.
    pub status: u16,
    /// The body, whole.
    pub body: Vec<u8>,
}

impl Answer {
    /// Whether the status is a success (2xx).
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// The body as JSON, if it is that.
    pub fn json(&self) -> Option<Value> {
        serde_json::from_slice(&self.body).ok()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }
}

/// A question whose answer is read by whoever asks it.
pub(crate) struct Opening<'a> {
    /// The path, with its query.
    pub path: &'a str,
    /// Whether only the head of the answer is wanted.
    pub head: bool,
    /// Headers beside those of every question.
    pub headers: &'a [(&'static str, String)],
    /// The longest to wait for the head of the answer, and for each part of
    /// its body.
    pub idle: Duration,
}

/// A client of one address's control plane.
pub struct Control {
    agent: Agent,
    address: Address,
    base: String,
    headers: Vec<(HeaderName, HeaderValue)>,
    access: Access,
}

impl Control {
    /// A client of `address`. Nothing is sent yet.
    pub fn new(address: &Address, access: Access) -> Result<Control, EngineError> {
        let headers = access
            .headers
            .iter()
            .map(|(name, value)| header(name, value))
            .collect::<Result<_, _>>()?;
        let scheme = match address.endpoint {
            Endpoint::Tcp { tls: true, .. } => "https",
            _ => "http",
        };
        let base = format!("{scheme}://{}{}", address.host_header(), address.prefix);
        let agent = agent(&address.endpoint, &access);
        Ok(Control { agent, address: address.clone(), base, headers, access })
    }

    /// Where it asks.
    pub fn address(&self) -> &Address {
        &self.address
    }

    /// The URL of a route, as people should read it.
    pub fn url(&self, route: &str) -> String {
        format!("{}{route}", self.address)
    }

    /// Asks for a route. An answer of any status is an answer; only a redirect
    /// is an error, and what keeps an answer from coming.
    pub fn get(&self, route: &str) -> Result<Answer, EngineError> {
        self.get_within(route, self.access.total)
    }

    /// As [`Control::get`], with a limit of its own.
    pub fn get_within(&self, route: &str, limit: Duration) -> Result<Answer, EngineError> {
        let request = self.dress(self.agent.get(format!("{}{route}", self.base)));
        let request = request.config().timeout_global(Some(limit)).build();
        self.finish(route, limit, request.call())
    }

    /// Posts a JSON body to a route, with a limit of its own.
    pub fn post(&self, route: &str, body: &Value, limit: Duration) -> Result<Answer, EngineError> {
        let request = self.dress(self.agent.post(format!("{}{route}", self.base)));
        let request = request.config().timeout_global(Some(limit)).build();
        let request = request.header("content-type", "application/json");
        self.finish(route, limit, request.send(body.to_string().as_bytes()))
    }

    /// Asks for something large, whose body the caller reads: with headers of
    /// its own, no limit on the whole, and one on each read.
    pub(crate) fn open(&self, opening: &Opening<'_>) -> Result<Response<Body>, EngineError> {
        let url = format!("{}{}", self.base, opening.path);
        let request = if opening.head { self.agent.head(url) } else { self.agent.get(url) };
        let request = opening
            .headers
            .iter()
            .fold(self.dress(request), |request, (name, value)| request.header(*name, value));
        let config = request.config().timeout_recv_response(Some(opening.idle));
        let answered = config.timeout_per_read(Some(opening.idle)).build().call();
        // The query of a signed address opens the file to anybody who reads it.
        let shown = opening.path.split('?').next().unwrap_or_default();
        answered.map_err(|error| self.explain(shown, opening.idle, error))
    }

    /// The server's own words in an answer, short, and without the secrets
    /// that were sent: some servers quote a wrong key back.
    pub fn complaint(&self, answer: &Answer) -> String {
        self.hide(&error_text(&answer.body))
    }

    /// An answer that is no success, as an error.
    pub fn refusal(&self, answer: &Answer) -> EngineError {
        let (url, status, text) = (answer.url.clone(), answer.status, self.complaint(answer));
        match status {
            401 | 403 => EngineError::Unauthorised { url, status, text },
            _ => EngineError::Http { url, status, text },
        }
    }

    /// Blots the values of the headers out of a text.
    pub(crate) fn hide(&self, text: &str) -> String {
        let values = self.access.headers.iter().map(|(_, value)| value.as_str());
        let words = values.clone().flat_map(str::split_whitespace);
        values
            .chain(words)
            .filter(|secret| secret.len() >= SECRET_LENGTH)
            .fold(text.to_owned(), |text, secret| text.replace(secret, "(hidden)"))
    }

    fn dress<B>(&self, request: RequestBuilder<B>) -> RequestBuilder<B> {
        self.headers.iter().fold(request, |request, (name, value)| request.header(name, value))
    }

    /// Reads an answer whole, or says why there is none.
    fn finish(
        &self,
        route: &str,
        limit: Duration,
        response: Result<Response<Body>, ureq::Error>,
    ) -> Result<Answer, EngineError> {
        let mut response = response.map_err(|error| self.explain(route, limit, error))?;
        let (url, status) = (self.url(route), response.status().as_u16());
        if matches!(status, 301 | 302 | 303 | 307 | 308) {
            let location = response.headers().get("location").and_then(|to| to.to_str().ok());
            let to = location.and_then(|to| to.split(['?', '#']).next()).unwrap_or("nowhere");
            let to = self.hide(&shorten(to));
            return Err(EngineError::Redirected { url, status, to });
        }
        let body = response
            .body_mut()
            .with_config()
            .limit(BODY_LIMIT_MIB << 20)
            .read_to_vec()
            .map_err(|error| self.explain(route, limit, error))?;
        Ok(Answer { url, status, body })
    }

    /// Finds out why there is no answer, with a second look where the first
    /// error could mean several things.
    fn explain(&self, route: &str, limit: Duration, error: ureq::Error) -> EngineError {
        let (address, url) = (self.address.to_string(), self.url(route));
        match error {
            ureq::Error::Timeout(step) => {
                let limit = match step {
                    Timeout::Connect | Timeout::Resolve => self.access.connect,
                    _ => limit,
                };
                EngineError::Timeout { url, step: step_name(step), limit }
            }
            ureq::Error::BodyExceedsLimit(_) => {
                EngineError::TooLarge { url, limit_mib: BODY_LIMIT_MIB }
            }
            ureq::Error::HostNotFound => EngineError::UnknownHost { address },
            ureq::Error::Rustls(error) => self.explain_tls(&error),
            ureq::Error::Io(error) => self.explain_io(url, error),
            error if self.speaks_tls_unasked() => {
                drop(error);
                EngineError::PlainToTls { address }
            }
            error => EngineError::NotHttp { address, why: self.hide(&shorten(&error.to_string())) },
        }
    }

    fn explain_io(&self, url: String, error: std::io::Error) -> EngineError {
        use std::io::ErrorKind;
        let address = self.address.to_string();
        if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref()) {
            return self.explain_tls(error);
        }
        match error.kind() {
            ErrorKind::ConnectionRefused => EngineError::Refused { address, source: error },
            ErrorKind::NotFound if matches!(self.address.endpoint, Endpoint::Unix { .. }) => {
                EngineError::NoSocket { address, source: error }
            }
            ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset | ErrorKind::BrokenPipe => {
                match self.other_scheme() {
                    Some(Spoken::Tls) => EngineError::PlainToTls { address },
                    Some(Spoken::Plain) => EngineError::TlsToPlain { address },
                    None => EngineError::HungUp { url },
                }
            }
            _ if self.has_unknown_host() => EngineError::UnknownHost { address },
            _ => EngineError::Unreachable { address, source: error },
        }
    }

    fn explain_tls(&self, error: &rustls::Error) -> EngineError {
        use rustls::CertificateError as Fault;
        let address = self.address.to_string();
        let (why, cure) = match error {
            // The first bytes were no TLS record: on a plain port they are
            // those of `HTTP/1.1 400 Bad Request`.
            rustls::Error::InvalidMessage(_) => return EngineError::TlsToPlain { address },
            rustls::Error::InvalidCertificate(Fault::UnknownIssuer) => (
                "no authority trusted here has issued it".to_owned(),
                "name the authority's PEM file in SSL_CERT_FILE, or add it to this system's store",
            ),
            rustls::Error::InvalidCertificate(
                fault @ (Fault::NotValidForName | Fault::NotValidForNameContext { .. }),
            ) => (fault.to_string(), "reach the server by a name that its certificate holds"),
            rustls::Error::InvalidCertificate(
                fault @ (Fault::Expired | Fault::ExpiredContext { .. }),
            ) => (fault.to_string(), "renew it, or check this machine's clock"),
            rustls::Error::InvalidCertificate(fault) => (
                fault.to_string(),
                "renew it, or name an authority that vouches for it in SSL_CERT_FILE",
            ),
            error => return EngineError::Tls { address, why: error.to_string() },
        };
        EngineError::Certificate { address, why, cure }
    }

    /// What the port speaks instead of what it was asked in, if it does.
    fn other_scheme(&self) -> Option<Spoken> {
        let Endpoint::Tcp { host, port, tls } = &self.address.endpoint else { return None };
        let wanted = if *tls { Spoken::Plain } else { Spoken::Tls };
        scheme::speaks(host, *port, wanted, self.access.connect).then_some(wanted)
    }

    fn speaks_tls_unasked(&self) -> bool {
        self.other_scheme() == Some(Spoken::Tls)
    }

    fn has_unknown_host(&self) -> bool {
        match &self.address.endpoint {
            Endpoint::Tcp { host, port, .. } => (host.as_str(), *port).to_socket_addrs().is_err(),
            Endpoint::Unix { .. } => false,
        }
    }
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control")
            .field("address", &self.address.to_string())
            .field("access", &self.access)
            .finish()
    }
}

/// The transport below: TCP with rustls, or a unix socket.
fn agent(endpoint: &Endpoint, access: &Access) -> Agent {
    let roots = access.roots.iter().map(|der| Certificate::from_der(der).to_owned());
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::from(roots))
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .build();
    let config = Agent::config_builder()
        .tls_config(tls)
        .proxy(None)
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent(concat!("tokenometer/", env!("CARGO_PKG_VERSION")))
        // No connection is used twice. Servers close them unannounced, uvicorn
        // after 5 s and after every exception, and one that is closed just
        // when it is used again looks like a server that hung up.
        .max_idle_connections(0)
        .timeout_connect(Some(access.connect))
        .timeout_resolve(Some(access.connect))
        .build();
    match endpoint {
        Endpoint::Tcp { .. } => {
            Agent::with_parts(config, DefaultConnector::default(), DefaultResolver::default())
        }
        Endpoint::Unix { path } => {
            Agent::with_parts(config, UnixConnector::new(path.clone()), NoResolver)
        }
    }
}

/// A header, checked; an error tells only its name.
fn header(name: &str, value: &str) -> Result<(HeaderName, HeaderValue), EngineError> {
    let bad = || EngineError::Header { name: shorten(name) };
    let checked = HeaderName::from_bytes(name.as_bytes()).map_err(|_| bad())?;
    let mut value = HeaderValue::from_str(value).map_err(|_| bad())?;
    value.set_sensitive(true);
    Ok((checked, value))
}

/// What was under way when the time was up, in words.
fn step_name(step: Timeout) -> &'static str {
    match step {
        Timeout::Resolve => "looking up the host",
        Timeout::Connect => "connecting",
        Timeout::SendRequest | Timeout::SendBody => "sending",
        Timeout::RecvBody => "reading the answer",
        _ => "waiting for the answer",
    }
}
