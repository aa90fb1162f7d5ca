//! One command each. A command is given settings, never arguments; it prints
//! what it found and says how it ended.

mod bench;
mod compare;
pub(crate) mod dataset;
mod doctor;
mod engines;
mod keep;
mod model;
mod report;
mod run;
mod sim;
mod studies;
mod views;

pub(crate) use bench::bench;
pub(crate) use compare::compare;
pub(crate) use doctor::doctor;
pub(crate) use engines::engines;
pub(crate) use keep::keep;
pub(crate) use model::make_model;
pub(crate) use report::report;
pub(crate) use run::run;
pub(crate) use sim::sim;

use std::path::PathBuf;

use tokenometer_core::{Address, Endpoint};
use tokenometer_lab::Host;

use crate::exit::Exit;
use crate::failure::Failure;

/// What the lab needs to know of this machine. Authorities to trust are only
/// looked up for a target that speaks TLS.
fn host(target: Option<&Address>) -> Result<Host, Failure> {
    let tls = matches!(target, Some(Address { endpoint: Endpoint::Tcp { tls: true, .. }, .. }));
    let roots = if tls { roots()? } else { Vec::new() };
    Ok(Host { executable: executable()?, roots })
}

/// This program's own file.
fn executable() -> Result<PathBuf, Failure> {
    std::env::current_exe().map_err(|error| {
        let error = anyhow::Error::new(error)
            .context("failed to find this program's own file, which is also the embedded engine");
        Failure::new(error, Exit::USAGE)
    })
}

/// The certificates that this machine trusts.
fn roots() -> Result<Vec<Vec<u8>>, Failure> {
    let found = rustls_native_certs::load_native_certs();
    if !found.certs.is_empty() {
        return Ok(found.certs.into_iter().map(|certificate| certificate.to_vec()).collect());
    }
    let nothing = "failed to find any certificate of an authority to trust, which https needs";
    let error = match found.errors.into_iter().next() {
        Some(why) => anyhow::Error::new(why).context(nothing),
        None => anyhow::Error::msg(nothing),
    };
    Err(Failure::new(error, Exit::USAGE)
        .hint("install the system's ca-certificates, or name a file of them in SSL_CERT_FILE"))
}
