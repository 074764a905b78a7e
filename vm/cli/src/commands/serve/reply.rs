//! Replies: status, headers and body.

use super::date;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::Arc;
use std::time::SystemTime;

/// What every reply says.
///
/// The first three isolate the page, so that it may share memory with its workers and measure time finely. The policy lets the page load and
/// reach what is served with it, compile wasm, open WebSockets for plugins (which `grants.net` names), and nothing else.
const EVERYWHERE: [(&str, &str); 7] = [
    ("Cross-Origin-Opener-Policy", "same-origin"),
    ("Cross-Origin-Embedder-Policy", "require-corp"),
    ("Cross-Origin-Resource-Policy", "same-origin"),
    (
        "Content-Security-Policy",
        "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'; img-src 'self' data:; \
         connect-src 'self' ws: wss:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ),
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    // A browser keeps what it was sent, and asks each time whether it still holds: the answer to that has no body.
    ("Cache-Control", "no-cache"),
];

/// What follows the headers.
#[derive(Debug)]
pub enum Body {
    /// Bytes.
    Bytes(Arc<[u8]>),
    /// So many bytes of a file, from a position on.
    File(File, u64, u64),
}

impl Body {
    /// How many bytes it has.
    pub fn len(&self) -> u64 {
        match self {
            Body::Bytes(bytes) => bytes.len() as u64,
            Body::File(_, _, length) => *length,
        }
    }
}

/// A reply.
#[derive(Debug)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Body,
}

impl Reply {
    /// One without headers of its own.
    pub fn new(status: u16, body: Body) -> Reply {
        Reply { status, headers: Vec::new(), body }
    }

    /// A line of text for people.
    pub fn text(status: u16, line: &str) -> Reply {
        Reply::new(status, Body::Bytes(format!("{line}\n").into_bytes().into())).with("Content-Type", "text/plain; charset=utf-8")
    }

    /// This with one more header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Reply {
        self.headers.push((name, value.into()));
        self
    }

    /// Writes it, with the body unless it was only asked for the headers.
    pub fn write(self, connection: &mut impl Write, head_only: bool, keep: bool) -> io::Result<()> {
        let mut head = format!("HTTP/1.1 {} {}\r\nDate: {}\r\n", self.status, reason(self.status), date::text(SystemTime::now()));
        for (name, value) in &EVERYWHERE {
            head += &format!("{name}: {value}\r\n");
        }
        for (name, value) in &self.headers {
            head += &format!("{name}: {value}\r\n");
        }
        // The reply that nothing has changed has no body, and so no length either.
        if self.status != 304 {
            head += &format!("Content-Length: {}\r\n", self.body.len());
        }
        head += if keep { "\r\n" } else { "Connection: close\r\n\r\n" };
        connection.write_all(head.as_bytes())?;
        match self.body {
            _ if head_only || self.status == 304 => {}
            Body::Bytes(bytes) => connection.write_all(&bytes)?,
            Body::File(mut file, from, length) => {
                file.seek(SeekFrom::Start(from))?;
                let sent = io::copy(&mut file.take(length), connection)?;
                if sent < length {
                    // The length was promised: the browser has to learn that this is not all.
                    return Err(io::Error::other("the file has become shorter"));
                }
            }
        }
        connection.flush()
    }
}

fn reason(status: u16) -> &'static str {
    match status {
        200 => "OK",
        206 => "Partial Content",
        302 => "Found",
        304 => "Not Modified",
        400 => "Bad Request",
        404 => "Not Found",
        405 => "Method Not Allowed",
        416 => "Range Not Satisfiable",
        421 => "Misdirected Request",
        431 => "Request Header Fields Too Large",
        _ => "Internal Server Error",
    }
}
