//! HTTP's own part of an answer: status lines, headers, and the framing of
//! bodies.

/// What ends a chunked body.
pub(crate) const LAST_CHUNK: &[u8] = b"0\r\n\r\n";

/// An answer that is known as a whole.
#[derive(Clone, Debug)]
pub(crate) struct Response<'a> {
    pub(crate) status: u16,
    pub(crate) content_type: &'a str,
    /// The value of `x-request-id`, where the request is one of those that
    /// `/truth` knows.
    pub(crate) id: Option<&'a str>,
    /// Whether the connection is closed after it.
    pub(crate) close: bool,
    pub(crate) body: &'a [u8],
}

impl Response<'_> {
    /// The bytes of status line, headers and body.
    pub(crate) fn render(&self) -> Vec<u8> {
        let mut out = head(self.status, self.content_type, self.id, self.close);
        out.extend_from_slice(format!("content-length: {}\r\n\r\n", self.body.len()).as_bytes());
        out.extend_from_slice(self.body);
        out
    }
}

/// The head of a stream of events.
pub(crate) fn stream_head(id: &str, close: bool) -> Vec<u8> {
    let mut out = head(200, "text/event-stream; charset=utf-8", Some(id), close);
    out.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
    out
}

fn head(status: u16, content_type: &str, id: Option<&str>, close: bool) -> Vec<u8> {
    let mut out = format!(
        "HTTP/1.1 {status} {}\r\nserver: tokenometer-sim\r\ncontent-type: {content_type}\r\n",
        reason(status)
    );
    if let Some(id) = id {
        out += &format!("x-request-id: {id}\r\n");
    }
    if close {
        out += "connection: close\r\n";
    }
    out.into_bytes()
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        413 => "Content Too Large",
        422 => "Unprocessable Content",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        501 => "Not Implemented",
        502 => "Bad Gateway",
        503 => "Service Unavailable",
        504 => "Gateway Timeout",
        505 => "HTTP Version Not Supported",
        // A reason may be left out, and clients must not rely on it.
        _ => "",
    }
}

/// Appends `payload` as one chunk of a chunked body. It must not be empty,
/// since an empty chunk is the last.
pub(crate) fn push_http_chunk(out: &mut Vec<u8>, payload: &[u8]) {
    debug_assert!(!payload.is_empty());
    // 2^64 has 16 hexadecimal digits.
    let mut digits = [0_u8; 16];
    let mut start = digits.len();
    let mut length = payload.len();
    while length > 0 {
        start -= 1;
        digits[start] = b"0123456789abcdef"[length & 15];
        length >>= 4;
    }
    out.extend_from_slice(&digits[start..]);
    out.extend_from_slice(b"\r\n");
    out.extend_from_slice(payload);
    out.extend_from_slice(b"\r\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chunks_carry_their_length_in_hexadecimal() {
        for length in [1, 15, 16, 255, 4096] {
            let payload = vec![b'x'; length];
            let mut out = Vec::new();
            push_http_chunk(&mut out, &payload);
            let mut wanted = format!("{length:x}\r\n").into_bytes();
            wanted.extend_from_slice(&payload);
            wanted.extend_from_slice(b"\r\n");
            assert_eq!(out, wanted);
        }
    }

    #[test]
    fn a_whole_response_is_framed_by_its_length() {
        let response = Response {
            status: 429,
            content_type: "text/plain",
            id: Some("r-1"),
            close: true,
            body: b"no",
        };
        assert_eq!(
            String::from_utf8(response.render()).unwrap(),
            "HTTP/1.1 429 Too Many Requests\r\nserver: tokenometer-sim\r\n\
             content-type: text/plain\r\nx-request-id: r-1\r\nconnection: close\r\n\
             content-length: 2\r\n\r\nno"
        );
    }
}
