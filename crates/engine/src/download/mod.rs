//! Fetches one file: gone on with where a connection was cut, hashed while it
//! comes, and in its place only when it is whole and right.
//!
//! It must never put a file in its place that is not the one wanted, and never
//! tell a token to anybody but the host that the token is for.

mod error;
mod hub;
mod part;
mod place;
mod source;

use std::io::{ErrorKind, Read};
use std::path::Path;
use std::thread::sleep;
use std::time::Duration;

use tokenometer_core::complaint::shorten;

pub use error::{DownloadError, HashSource};
pub use hub::{HubFile, is_repository};
pub use source::Stated;

use part::{Origin, Part};
use source::{Opened, Want, header, may_pass};

/// What is read of an answer at a time, in bytes.
const BLOCK: usize = 1 << 17;

/// A file to fetch.
#[derive(Clone, Copy)]
pub struct Download<'a> {
    /// Where it lies: `http` or `https`.
    pub url: &'a str,
    /// Where it is to lie. Folders are made.
    pub to: &'a Path,
    /// The SHA-256 that it must have, in hexadecimal, if one is known.
    pub sha256: Option<&'a str>,
    /// A bearer token. It is sent to the host of [`Download::url`], and to no
    /// other, wherever that redirects.
    pub token: Option<&'a str>,
}

/// How the network is reached.
#[derive(Clone, Debug)]
pub struct Network {
    /// Certificates of the authorities to trust, DER-encoded.
    pub roots: Vec<Vec<u8>>,
    /// The longest to wait for a connection, TLS included.
    pub connect: Duration,
    /// The longest to wait for the next bytes.
    pub idle: Duration,
    /// How often in a row to try without getting any further.
    pub tries: u32,
    /// How long to wait before the second try; before the third twice as long,
    /// and so on.
    pub pause: Duration,
}

impl Default for Network {
    fn default() -> Network {
        Network {
            roots: Vec::new(),
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(60),
            tries: 5,
            pause: Duration::from_secs(1),
        }
    }
}

/// What happens while a file is fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// So much of it is there, in bytes, of so much, if that is known.
    Progress {
        /// What is there, in bytes.
        bytes: u64,
        /// The whole, in bytes.
        size: Option<u64>,
    },
    /// It goes on from what an earlier attempt had brought.
    Resumed {
        /// What was there, in bytes.
        bytes: u64,
    },
    /// The server has another version than the one that was begun, or can't go
    /// on in the middle; it begins again.
    BegunAgain,
    /// The connection broke, and another try follows.
    Broken {
        /// What broke it.
        why: String,
    },
}

/// What was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Downloaded {
    /// Its size, in bytes.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
    /// Whether somebody said what its SHA-256 should be.
    pub is_checked: bool,
    /// Whether it was there already, and nothing came.
    pub was_there: bool,
}

/// What one try came to, where it did not come to the end.
enum Failed {
    /// Another try may do better.
    Passing(Box<dyn std::error::Error + Send + Sync>),
    /// None would.
    Final(DownloadError),
}

impl From<DownloadError> for Failed {
    fn from(error: DownloadError) -> Failed {
        if may_pass(&error) { Failed::Passing(error.into()) } else { Failed::Final(error) }
    }
}

/// Fetches a file. What is there already is left alone, if it is the one
/// wanted.
///
/// # Errors
///
/// [`DownloadError::Exists`] where another file, or one of which nothing is
/// known, has the place; else whatever keeps the file from coming.
pub fn download(
    order: &Download<'_>,
    network: &Network,
    notice: &mut dyn FnMut(Notice),
) -> Result<Downloaded, DownloadError> {
    if order.to.exists() {
        return what_is_there(order, network);
    }
    let mut part = Part::open(order.to, order.url)?;
    let resumed = part.resumable().is_some() || part.is_whole();
    if resumed {
        notice(Notice::Resumed { bytes: part.bytes() });
    }
    let (mut furthest, mut tries) = (part.bytes(), 0);
    loop {
        let why = match fetch(order, network, &mut part, notice) {
            Ok(()) => return finish(order, network, part, resumed, notice),
            Err(Failed::Final(error)) => {
                if part.bytes() == 0 {
                    part.discard();
                }
                return Err(error);
            }
            Err(Failed::Passing(why)) => why,
        };
        if part.bytes() > furthest {
            (furthest, tries) = (part.bytes(), 0);
        }
        tries += 1;
        if tries == network.tries {
            let (url, bytes) = (shown(order.url), part.bytes());
            return Err(DownloadError::Cut { url, tries, bytes, source: why });
        }
        notice(Notice::Broken { why: why.to_string() });
        sleep(network.pause * tries);
    }
}

/// What a server states of a file, without fetching it.
///
/// # Errors
///
/// Whatever keeps it from being asked.
pub fn look(order: &Download<'_>, network: &Network) -> Result<Stated, DownloadError> {
    source::open(order, network, Want::Head).map(|opened| opened.stated)
}

/// The end of a download whose place is taken.
fn what_is_there(order: &Download<'_>, network: &Network) -> Result<Downloaded, DownloadError> {
    let path = order.to.to_owned();
    let failed = |source| DownloadError::file("read", order.to, source);
    let sha256 = part::sha256_of(&path).map_err(failed)?;
    let expected = match order.sha256 {
        Some(expected) => Some(expected.to_owned()),
        None => look(order, network)?.sha256,
    };
    if !expected.as_ref().is_some_and(|expected| expected.eq_ignore_ascii_case(&sha256)) {
        return Err(DownloadError::Exists { path, sha256, expected });
    }
    let bytes = path.metadata().map_err(failed)?.len();
    Ok(Downloaded { bytes, sha256, is_checked: true, was_there: true })
}

/// One try: asks for what is missing, and adds what comes.
fn fetch(
    order: &Download<'_>,
    network: &Network,
    part: &mut Part,
    notice: &mut dyn FnMut(Notice),
) -> Result<(), Failed> {
    if part.is_whole() {
        return Ok(());
    }
    let offset = part.bytes();
    let etag = part.resumable().map(str::to_owned);
    let want = etag.as_ref().map_or(Want::Whole, |etag| Want::From(offset, etag));
    let opened = source::open(order, network, want)?;
    turn_away(order, &opened)?;
    if !goes_on(&opened, offset, etag.as_deref()) {
        if offset > 0 {
            notice(Notice::BegunAgain);
        }
        part.begin(origin(order, &opened))?;
        if opened.response.status() != 200 {
            // It has less than we have, or another part than was asked for.
            part.begin(Origin { url: order.url.to_owned(), ..Origin::default() })?;
            return Err(Failed::Passing("the server can't go on with what had come".into()));
        }
    }
    receive(opened, part, notice)
}

/// Turns away what can't be the file wanted.
fn turn_away(order: &Download<'_>, opened: &Opened) -> Result<(), DownloadError> {
    let url = shown(order.url);
    if let (Some(expected), Some(stated)) = (order.sha256, &opened.stated.sha256)
        && !expected.eq_ignore_ascii_case(stated)
    {
        let (stated, expected) = (stated.clone(), expected.to_owned());
        return Err(DownloadError::OtherFile { url, stated, expected });
    }
    let is_page = header(&opened.response, "content-type")
        .is_some_and(|kind| kind.trim_start().starts_with("text/html"));
    if is_page && ![".html", ".htm"].iter().any(|end| url.ends_with(end)) {
        return Err(DownloadError::Page { url });
    }
    match header(&opened.response, "content-encoding") {
        None | Some("identity") => Ok(()),
        Some(encoding) => Err(DownloadError::Packed { url, encoding: encoding.to_owned() }),
    }
}

/// Whether an answer goes on where we are.
fn goes_on(opened: &Opened, offset: u64, etag: Option<&str>) -> bool {
    let range = header(&opened.response, "content-range");
    let from =
        range.and_then(|range| range.strip_prefix("bytes ")?.split('-').next()?.parse().ok());
    let same = opened.stated.etag.as_deref().is_none_or(|stated| Some(stated) == etag);
    opened.response.status() == 206 && offset > 0 && from == Some(offset) && same
}

/// What a whole answer is the beginning of.
fn origin(order: &Download<'_>, opened: &Opened) -> Origin {
    let length = header(&opened.response, "content-length").and_then(|length| length.parse().ok());
    let etag = opened.stated.etag.clone();
    Origin {
        url: order.url.to_owned(),
        // A weak mark doesn't promise the same bytes.
        etag: etag.filter(|etag| etag.starts_with('"')),
        size: opened.stated.size.or(length),
        sha256: opened.stated.sha256.clone(),
    }
}

/// Adds a body to what is there.
fn receive(opened: Opened, part: &mut Part, notice: &mut dyn FnMut(Notice)) -> Result<(), Failed> {
    let mut body = opened.response.into_body().into_with_config().limit(u64::MAX).reader();
    let mut block = vec![0; BLOCK];
    loop {
        let length = match body.read(&mut block) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(Failed::Passing(error.into())),
        };
        part.push(&block[..length])?;
        notice(Notice::Progress { bytes: part.bytes(), size: part.size() });
    }
    match part.size() {
        Some(size) if part.bytes() < size => {
            Err(Failed::Passing("the connection was closed in the middle of the file".into()))
        }
        _ => Ok(()),
    }
}

/// Checks what has come, and puts it in its place.
fn finish(
    order: &Download<'_>,
    network: &Network,
    part: Part,
    resumed: bool,
    notice: &mut dyn FnMut(Notice),
) -> Result<Downloaded, DownloadError> {
    let (url, found, bytes) = (shown(order.url), part.sha256(), part.bytes());
    let size = part.size();
    let by_order = order.sha256.map(|expected| (HashSource::Order, expected.to_owned()));
    let by_server = part.stated_sha256().map(|stated| (HashSource::Server, stated.to_owned()));
    let expected = by_order.or(by_server);
    let wrong = match (size, &expected) {
        (Some(size), _) if bytes != size => {
            Some(DownloadError::Size { url, stated: size, found: bytes })
        }
        (_, Some((by, expected))) if !expected.eq_ignore_ascii_case(&found) => {
            let (by, expected, found) = (*by, expected.to_lowercase(), found.clone());
            Some(DownloadError::Hash { url, found, expected, by })
        }
        _ => None,
    };
    match wrong {
        None => {
            part.publish()?;
            let is_checked = expected.is_some();
            Ok(Downloaded { bytes, sha256: found, is_checked, was_there: false })
        }
        Some(error) => {
            part.discard();
            if !resumed {
                return Err(error);
            }
            // What an earlier attempt left may be what is wrong.
            notice(Notice::BegunAgain);
            download(order, network, notice)
        }
    }
}

/// A URL as it may be shown: without its query.
fn shown(url: &str) -> String {
    shorten(url.split(['?', '#']).next().unwrap_or_default())
}
