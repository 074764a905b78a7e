//! What a browser asks for, read from its connection.

use std::io::{self, Read};

/// A request's line and headers have at most so many bytes.
const MOST: usize = 16 << 10;
/// And so many headers.
const MOST_HEADERS: usize = 64;

/// A request without a body: no other is served.
#[derive(Debug, Default)]
pub struct Request {
    /// `GET`, and the like.
    pub method: String,
    /// The path of the URL, as it was sent.
    pub target: String,
    /// The connection can be used for another request afterwards.
    pub keep: bool,
    /// Names in lower case, and values.
    headers: Vec<(String, String)>,
}

/// Why a request cannot be answered as it was meant.
#[derive(Debug)]
pub enum Unread {
    /// The browser has closed the connection, or does not say anything.
    Closed,
    /// It is no HTTP, or has a body.
    Malformed,
    /// Its headers are too long.
    TooLong,
}

impl Request {
    /// The value of a header whose name is given in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.as_str())
    }

    /// Reads the next request. `buffer` holds what was read already, and what was read behind the request.
    pub fn read(connection: &mut impl Read, buffer: &mut Vec<u8>) -> Result<Request, Unread> {
        loop {
            if let Some((request, length)) = Request::parse(buffer)? {
                buffer.drain(..length);
                return Ok(request);
            }
            if buffer.len() >= MOST {
                return Err(Unread::TooLong);
            }
            let mut bytes = [0; 2048];
            match connection.read(&mut bytes) {
                Ok(0) => return Err(Unread::Closed),
                Ok(count) => buffer.extend_from_slice(&bytes[..count]),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(_) => return Err(Unread::Closed),
            }
        }
    }

    /// The request at the beginning of these bytes, with its length; `None` if it is not whole yet.
    fn parse(bytes: &[u8]) -> Result<Option<(Request, usize)>, Unread> {
        let mut headers = [httparse::EMPTY_HEADER; MOST_HEADERS];
        let mut parsed = httparse::Request::new(&mut headers);
        let length = match parsed.parse(bytes) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(httparse::Error::TooManyHeaders) => return Err(Unread::TooLong),
            Err(_) => return Err(Unread::Malformed),
        };
        let headers = parsed.headers.iter();
        let mut request = Request {
            method: parsed.method.unwrap_or_default().to_string(),
            target: parsed.path.unwrap_or_default().to_string(),
            keep: false,
            headers: headers.map(|h| (h.name.to_ascii_lowercase(), String::from_utf8_lossy(h.value).trim().to_string())).collect(),
        };
        let empty = request.header("transfer-encoding").is_none() && request.header("content-length").is_none_or(|n| n == "0");
        if !empty {
            return Err(Unread::Malformed);
        }
        let close = request.header("connection").is_some_and(|value| value.to_ascii_lowercase().contains("close"));
        request.keep = parsed.version == Some(1) && !close;
        Ok(Some((request, length)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_follow_each_other() {
        let bytes = b"GET /a HTTP/1.1\r\nHost: x\r\nAccept-Encoding: gzip\r\n\r\nHEAD /b HTTP/1.0\r\n\r\n";
        let (mut connection, mut buffer) = (&bytes[..], Vec::new());
        let first = Request::read(&mut connection, &mut buffer).unwrap();
        assert_eq!((first.method.as_str(), first.target.as_str(), first.keep), ("GET", "/a", true));
        assert_eq!(first.header("accept-encoding"), Some("gzip"));
        let second = Request::read(&mut connection, &mut buffer).unwrap();
        assert_eq!((second.method.as_str(), second.target.as_str(), second.keep), ("HEAD", "/b", false));
        assert!(matches!(Request::read(&mut connection, &mut buffer), Err(Unread::Closed)));
    }

    #[test]
    fn what_is_no_request_is_refused() {
        let read = |bytes: &[u8]| Request::read(&mut &bytes[..], &mut Vec::new());
        for bytes in [&b"\x16\x03\x01\x02\x00"[..], b"GET\r\n\r\n", b"PUT /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc"] {
            assert!(matches!(read(bytes), Err(Unread::Malformed)), "{bytes:?}");
        }
        assert!(matches!(read(format!("GET / HTTP/1.1\r\nX: {}", "y".repeat(MOST)).as_bytes()), Err(Unread::TooLong)));
        let many = "X: y\r\n".repeat(MOST_HEADERS + 1);
        assert!(matches!(read(format!("GET / HTTP/1.1\r\n{many}\r\n").as_bytes()), Err(Unread::TooLong)));
    }
}
