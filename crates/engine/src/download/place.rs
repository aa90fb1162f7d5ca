//! Where a file lies on the network: a URL taken apart, so that a redirect can
//! be judged before it is followed. It must never show the query, which may be
//! a signature that opens the file to anybody.

use std::fmt;

use tokenometer_core::{Address, AddressError, Endpoint};

/// An `http` or `https` URL.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Scheme, host and port.
    origin: Address,
    /// The path with its query, as it is sent.
    path: String,
}

impl Place {
    /// Reads a URL. An error says what is wrong with it.
    pub(crate) fn read(url: &str) -> Result<Place, String> {
        let url = url.split('#').next().unwrap_or_default();
        let scheme = ["http://", "https://"].into_iter().find(|scheme| url.starts_with(scheme));
        let scheme = scheme.ok_or("it must begin with http:// or https://")?;
        let authority = &url[scheme.len()..];
        let path_at = scheme.len() + authority.find(['/', '?']).unwrap_or(authority.len());
        let (origin, path) = url.split_at(path_at);
        let origin: Address = origin.parse().map_err(|why| match why {
            AddressError::Credentials => "it holds a user name or password".to_owned(),
            why => why.to_string(),
        })?;
        let slash = if path.starts_with('/') { "" } else { "/" };
        Ok(Place { origin, path: format!("{slash}{}", escaped(path)) })
    }

    /// Where a redirect from here points.
    pub(crate) fn redirected(&self, location: &str) -> Result<Place, String> {
        if location.contains("://") {
            return Place::read(location);
        }
        if let Some(rest) = location.strip_prefix("//") {
            let scheme = if self.is_tls() { "https" } else { "http" };
            return Place::read(&format!("{scheme}://{rest}"));
        }
        let location = escaped(location.split('#').next().unwrap_or_default());
        let path = if location.starts_with('/') {
            location
        } else {
            let own = self.path.split('?').next().unwrap_or_default();
            let folder = own.rfind('/').map_or("/", |slash| &own[..=slash]);
            format!("{folder}{location}")
        };
        Ok(Place { origin: self.origin.clone(), path })
    }

    /// Scheme, host and port: who hears what is sent there.
    pub(crate) fn origin(&self) -> &Address {
        &self.origin
    }

    /// The path with its query.
    pub(crate) fn path(&self) -> &str {
        &self.path
    }

    /// Whether it is spoken to in TLS.
    pub(crate) fn is_tls(&self) -> bool {
        matches!(self.origin.endpoint, Endpoint::Tcp { tls: true, .. })
    }
}

/// The URL without its query.
impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_tls() { "https" } else { "http" };
        let path = self.path.split('?').next().unwrap_or_default();
        write!(f, "{scheme}://{}{path}", self.origin.host_header())
    }
}

/// A path with everything escaped that no path may hold. What is escaped
/// already stays as it is.
fn escaped(path: &str) -> String {
    path.bytes().fold(String::new(), |mut text, byte| {
        match byte {
            b'"' | b'<' | b'>' | b'\\' | b'^' | b'`' | b'{' | b'|' | b'}' | 0..=b' ' | 0x7f.. => {
                text.push_str(&format!("%{byte:02X}"));
            }
            byte => text.push(char::from(byte)),
        }
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str) -> Place {
        Place::read(url).unwrap()
    }

    #[test]
    fn a_place_shows_no_query() {
        for (url, shown, path) in [
            ("https://host/a/b.json?sig=abc#x", "https://host/a/b.json", "/a/b.json?sig=abc"),
            ("http://host:81", "http://host:81/", "/"),
            ("http://host?a=b", "http://host/", "/?a=b"),
            ("https://host/a b/ü.json", "https://host/a%20b/%C3%BC.json", "/a%20b/%C3%BC.json"),
            ("https://host/a%20b", "https://host/a%20b", "/a%20b"),
        ] {
            assert_eq!((place(url).to_string().as_str(), place(url).path()), (shown, path));
        }
    }

    #[test]
    fn what_is_no_place_says_why() {
        for (url, why) in [
            ("ftp://host/a", "it must begin with http:// or https://"),
            ("unix:/run/x", "it must begin with http:// or https://"),
            ("https:///a", "it names no host"),
            ("https://me:secret@host/a", "it holds a user name or password"),
        ] {
            assert_eq!(Place::read(url).unwrap_err(), why, "{url}");
        }
    }

    #[test]
    fn redirects_are_taken_as_a_browser_takes_them() {
        let from = place("https://hub/org/name/resolve/main/a.json?download=true");
        for (location, to) in [
            ("https://cdn/x?sig=1", "https://cdn/x?sig=1"),
            ("//cdn/x", "https://cdn/x"),
            ("/api/cache/a.json", "https://hub/api/cache/a.json"),
            ("b.json", "https://hub/org/name/resolve/main/b.json"),
        ] {
            assert_eq!(from.redirected(location).unwrap(), place(to), "{location}");
        }
        assert!(from.redirected("ftp://cdn/x").is_err());
    }
}
