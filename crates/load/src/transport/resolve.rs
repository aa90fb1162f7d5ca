//! From an address to the socket addresses behind it.

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};

use rustix::net::SocketAddrUnix;
use tokenometer_core::Endpoint;

/// Where a socket can be connected to.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    Internet(SocketAddr),
    Unix(SocketAddrUnix),
}

/// All the places behind an endpoint, in the order in which to try them. This
/// may ask a name server, so it is done before anything is measured.
pub(crate) fn resolve(endpoint: &Endpoint) -> io::Result<Vec<Place>> {
    match endpoint {
        Endpoint::Unix { path } => Ok(vec![Place::Unix(SocketAddrUnix::new(path)?)]),
        Endpoint::Tcp { host, port, .. } => {
            let places: Vec<_> =
                (host.as_str(), *port).to_socket_addrs()?.map(Place::Internet).collect();
            if places.is_empty() {
                let why = format!("`{host}` has no address");
                return Err(io::Error::new(io::ErrorKind::NotFound, why));
            }
            Ok(places)
        }
    }
}
