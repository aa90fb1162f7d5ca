//! The head of a request, which is the same for all of a schedule but for the
//! request's id and its body's length.

use std::fmt::Write as _;

use tokenometer_core::Target;

use crate::{PrepareError, Rendering};

/// Everything of a head but the request's number and the body's length.
pub(super) fn head(
    target: &Target,
    rendering: &Rendering,
    usual_route: &str,
) -> Result<String, PrepareError> {
    let route = rendering.route.as_deref().unwrap_or(usual_route);
    let is_path = route.starts_with('/') && route.chars().all(|c| c.is_ascii_graphic());
    if !is_path {
        return Err(PrepareError::Route(route.to_owned()));
    }
    let mut head = format!(
        "POST {}{route} HTTP/1.1\r\nhost: {}\r\n",
        target.address.prefix,
        target.address.host_header()
    );
    let ours = [
        ("user-agent", concat!("tokenometer/", env!("CARGO_PKG_VERSION"))),
        ("content-type", "application/json"),
        ("accept", "text/event-stream, application/json"),
    ];
    for header in &rendering.headers {
        check_header(&header.name, &header.value)?;
        write!(head, "{}: {}\r\n", header.name, header.value).expect("a string takes everything");
    }
    let given = |name: &str| rendering.headers.iter().any(|h| h.name.eq_ignore_ascii_case(name));
    for (name, value) in ours.into_iter().filter(|(name, _)| !given(name)) {
        write!(head, "{name}: {value}\r\n").expect("a string takes everything");
    }
    check_value("x-request-id", &rendering.id_prefix)?;
    write!(head, "x-request-id: {}", rendering.id_prefix).expect("a string takes everything");
    Ok(head)
}

fn check_value(name: &str, value: &str) -> Result<(), PrepareError> {
    match value.chars().any(char::is_control) {
        true => Err(PrepareError::Header(name.to_owned())),
        false => Ok(()),
    }
}

fn check_header(name: &str, value: &str) -> Result<(), PrepareError> {
    let is_token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c);
    if name.is_empty() || !name.chars().all(is_token) {
        return Err(PrepareError::Header(name.to_owned()));
    }
    check_value(name, value)?;
    let reserved = [
        "content-length",
        "transfer-encoding",
        "connection",
        "host",
        "accept-encoding",
        "x-request-id",
    ];
    if reserved.iter().any(|reserved| name.eq_ignore_ascii_case(reserved)) {
        return Err(PrepareError::ReservedHeader(name.to_owned()));
    }
    Ok(())
}
