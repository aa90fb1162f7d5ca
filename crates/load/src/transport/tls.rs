//! TLS over a socket that doesn't block: bytes in, bytes out.

use std::io::{self, Read, Write};
use std::sync::Arc;

use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore};

use crate::Trust;

/// What every TLS connection to one target shares.
#[derive(Clone, Debug)]
pub(crate) struct TlsSettings {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl TlsSettings {
    /// For the server named `host`, trusting these roots. Certificates that
    /// can't be read are passed over, as the platform's own stores hold some.
    pub(crate) fn new(host: &str, trust: &Trust) -> io::Result<TlsSettings> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(
            trust.roots.iter().map(|der| CertificateDer::from(der.as_slice())),
        );
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        Ok(TlsSettings { config: Arc::new(config), name })
    }
}

/// One TLS connection's state.
#[derive(Debug)]
pub(crate) struct Tls {
    connection: ClientConnection,
    /// Encrypted bytes on their way out, and how many of them have left.
    outgoing: Vec<u8>,
    left: usize,
}

impl Tls {
    pub(crate) fn new(settings: &TlsSettings) -> io::Result<Tls> {
        let mut connection = ClientConnection::new(settings.config.clone(), settings.name.clone())
            .map_err(io::Error::other)?;
        connection.set_buffer_limit(None);
        Ok(Tls { connection, outgoing: Vec::new(), left: 0 })
    }

    pub(crate) fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    /// Takes in plain bytes to be sent.
    pub(crate) fn encrypt(&mut self, plain: &[u8]) -> io::Result<()> {
        self.connection.writer().write_all(plain)
    }

    /// The encrypted bytes that wait to be sent.
    pub(crate) fn waiting(&mut self) -> io::Result<&[u8]> {
        if self.left == self.outgoing.len() {
            self.outgoing.clear();
            self.left = 0;
        }
        while self.connection.wants_write() {
            self.connection.write_tls(&mut self.outgoing)?;
        }
        Ok(&self.outgoing[self.left..])
    }

    /// Takes notice that so many of the waiting bytes have left.
    pub(crate) fn sent(&mut self, bytes: usize) {
        self.left += bytes;
    }

    /// Takes in encrypted bytes, and adds what they hold to `plain`.
    pub(crate) fn decrypt(&mut self, mut encrypted: &[u8], plain: &mut Vec<u8>) -> io::Result<()> {
        while !encrypted.is_empty() {
            if self.connection.read_tls(&mut encrypted)? == 0 {
                // The peer has said that it is done; what follows counts for
                // nothing, and would never be taken.
                break;
            }
            let state = self.connection.process_new_packets().map_err(io::Error::other)?;
            let before = plain.len();
            plain.resize(before + state.plaintext_bytes_to_read(), 0);
            self.connection.reader().read_exact(&mut plain[before..])?;
        }
        Ok(())
    }
}
