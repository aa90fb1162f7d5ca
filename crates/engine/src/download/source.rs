//! Asks for a file, follows its redirects, and hears what the servers on the
//! way state of it. A token goes to the host that it is for, and to no other.

use tokenometer_core::complaint::{error_text, shorten};
use ureq::Body;
use ureq::http::Response;

use super::error::DownloadError;
use super::place::Place;
use super::{Download, Network};
use crate::http::Opening;
use crate::{Access, Control, EngineError};

/// The most redirects that are followed.
const MOST_HOPS: usize = 8;

/// The most that is read of an error's body.
const COMPLAINT_LIMIT: u64 = 1 << 16;

/// What servers state of a file, before it comes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    /// The mark of this version of it.
    pub etag: Option<String>,
    /// Its size, in bytes.
    pub size: Option<u64>,
    /// Its SHA-256, in hexadecimal.
    pub sha256: Option<String>,
    /// The commit of the hub's repository that it is from.
    pub commit: Option<String>,
}

/// What is wanted of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Want<'a> {
    /// What is stated of it.
    Head,
    /// All of it.
    Whole,
    /// What comes after so many bytes, if it is still the version of this mark.
    From(u64, &'a str),
}

/// An answer, before its body.
#[derive(Debug)]
pub(super) struct Opened {
    /// The answer: 200, 206 or 416.
    pub response: Response<Body>,
    /// What it and the redirects before it state.
    pub stated: Stated,
}

/// Asks for it.
pub(super) fn open(
    order: &Download<'_>,
    network: &Network,
    want: Want<'_>,
) -> Result<Opened, DownloadError> {
    let start = Place::read(order.url)
        .map_err(|why| DownloadError::Url { url: shorten(order.url), why })?;
    let mut place = start.clone();
    let mut token = order.token;
    let mut stated = Stated::default();
    for _ in 0..MOST_HOPS {
        let response = ask(order, network, &place, token, want)?;
        let next = match response.status().as_u16() {
            301 | 302 | 303 | 307 | 308 => Some(redirected(&place, &response)?),
            _ => None,
        };
        hear(&mut stated, &response, next.is_some());
        let Some(next) = next else {
            return judge(order, &place, token.is_some(), response)
                .map(|response| Opened { response, stated });
        };
        if next.origin() != start.origin() {
            // What is stated is stated by the host that was asked. Where its
            // bytes lie is another's, who may not answer this question.
            if want == Want::Head && stated.etag.is_some() {
                return Ok(Opened { response, stated });
            }
            // For good: that other host could send us back to any page of the
            // first one.
            token = None;
        }
        place = next;
    }
    let why = format!("more than {MOST_HOPS} times");
    Err(DownloadError::Redirect { url: start.to_string(), why })
}

/// Sends the question to one place.
fn ask(
    order: &Download<'_>,
    network: &Network,
    place: &Place,
    token: Option<&str>,
    want: Want<'_>,
) -> Result<Response<Body>, DownloadError> {
    let unreachable = |source| DownloadError::Unreachable {
        url: place.to_string(),
        path: order.to.to_owned(),
        source: Box::new(source),
    };
    let bearer = token.map(|token| ("Authorization".to_owned(), format!("Bearer {token}")));
    let access = Access {
        roots: network.roots.clone(),
        headers: bearer.into_iter().collect(),
        connect: network.connect,
        total: network.idle,
    };
    let control = Control::new(place.origin(), access).map_err(unreachable)?;
    // A file packed on the way has another size and, unpacked, no place to go
    // on from.
    let mut headers = vec![("accept-encoding", "identity".to_owned())];
    if let Want::From(offset, etag) = want {
        headers.push(("range", format!("bytes={offset}-")));
        headers.push(("if-range", etag.to_owned()));
    }
    let head = want == Want::Head;
    let opening = Opening { path: place.path(), head, headers: &headers, idle: network.idle };
    control.open(&opening).map_err(unreachable)
}

/// Where a redirect leads, if it may be followed.
fn redirected(place: &Place, response: &Response<Body>) -> Result<Place, DownloadError> {
    let bad = |why: String| DownloadError::Redirect { url: place.to_string(), why };
    let location = header(response, "location").ok_or_else(|| bad("to nowhere".to_owned()))?;
    let next = place
        .redirected(location)
        .map_err(|why| bad(format!("to an address that can't be followed ({why})")))?;
    if place.is_tls() && !next.is_tls() {
        return Err(bad(format!("from https to {next}, where anybody could change the file")));
    }
    Ok(next)
}

/// Notes what an answer states. The first to state something is right, since a
/// redirect comes from who knows the file; but only the last knows the mark by
/// which its own version is told, unless a redirect gives the file's.
fn hear(stated: &mut Stated, response: &Response<Body>, is_redirect: bool) {
    let text = |name| header(response, name).map(|value| value.trim().to_owned());
    let unquoted = |value: String| value.trim_start_matches("W/").trim_matches('"').to_owned();
    let linked = text("x-linked-etag").map(unquoted);
    if let Some(hash) = linked.as_deref().filter(|etag| is_sha256(etag)) {
        stated.sha256.get_or_insert_with(|| hash.to_owned());
    }
    if let Some(size) = text("x-linked-size").and_then(|size| size.parse().ok()) {
        stated.size.get_or_insert(size);
    }
    if let Some(commit) = text("x-repo-commit") {
        stated.commit.get_or_insert(commit);
    }
    match (linked, text("etag")) {
        (Some(linked), _) if is_redirect => stated.etag = Some(format!("\"{linked}\"")),
        (_, Some(etag)) if !is_redirect => stated.etag = Some(etag),
        (_, None) if !is_redirect => stated.etag = None,
        _ => {}
    }
}

/// Turns away what is no answer to a download.
fn judge(
    order: &Download<'_>,
    place: &Place,
    had_token: bool,
    mut response: Response<Body>,
) -> Result<Response<Body>, DownloadError> {
    let (url, status) = (place.to_string(), response.status().as_u16());
    if matches!(status, 200 | 206 | 416) {
        return Ok(response);
    }
    let body = response.body_mut().with_config().limit(COMPLAINT_LIMIT).read_to_vec();
    let said = header(&response, "x-error-message").map(str::to_owned);
    let text = said.map_or_else(
        || error_text(&body.unwrap_or_default()),
        |said| shorten(said.trim_end_matches('.')),
    );
    let text = order.token.map_or(text.clone(), |token| text.replace(token, "(hidden)"));
    Err(match status {
        404 | 410 => DownloadError::Missing { url, status },
        401 | 403 => {
            let cure = match (had_token, order.token) {
                (true, _) => "the token that was sent may not read it: ask its owner for access",
                (false, Some(_)) => "no token is sent to the host that it was redirected to",
                (false, None) => "it needs a token, or the name is wrong",
            };
            DownloadError::Forbidden { url, status, text, cure }
        }
        _ => DownloadError::Http { url, status, text },
    })
}

/// Whether the same question may be answered a little later.
pub(super) fn may_pass(error: &DownloadError) -> bool {
    match error {
        DownloadError::Unreachable { source, .. } => matches!(
            **source,
            EngineError::Timeout { .. }
                | EngineError::HungUp { .. }
                | EngineError::Unreachable { .. }
        ),
        DownloadError::Http { status, .. } => {
            matches!(status, 408 | 425 | 429 | 500 | 502 | 503 | 504)
        }
        _ => false,
    }
}

/// The value of a header, if it is text.
pub(super) fn header<'r>(response: &'r Response<Body>, name: &str) -> Option<&'r str> {
    response.headers().get(name).and_then(|value| value.to_str().ok())
}

/// Whether a text is a SHA-256 in hexadecimal.
pub(super) fn is_sha256(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}
