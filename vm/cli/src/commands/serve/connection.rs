//! Connections: a thread each, in which a browser's requests are answered one after the other.

use super::content::Compressed;
use super::reply::{Body, Reply};
use super::request::{Request, Unread};
use super::site::{Resource, Site};
use super::{file, path};
use std::io::{self, BufWriter, Read};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A browser that says nothing for so long has to connect again.
const PATIENCE: Duration = Duration::from_secs(60);
/// More connections than that are closed at once; browsers open about six to a server.
const MOST_CONNECTIONS: usize = 256;
/// Of a request that is refused, so many bytes are read.
const MOST_DRAINED: u64 = 1 << 20;

/// What is served, and to whom.
#[derive(Debug)]
pub struct Server {
    /// What is served.
    pub site: Site,
    /// By which names.
    pub hosts: Hosts,
    /// Files that were compressed.
    pub compressed: Compressed,
}

/// The names by which a browser may call the server.
///
/// A page from elsewhere whose name was made to point to this machine calls it by that name, and must not read what is served here (this is
/// known as DNS rebinding).
#[derive(Debug)]
pub enum Hosts {
    /// Any: it is meant for other machines.
    Any,
    /// Those of this machine, and this address.
    Local(String),
}

impl Hosts {
    /// The names for a server that listens at this address.
    pub fn of(address: SocketAddr) -> Hosts {
        if address.ip().is_loopback() { Hosts::Local(host(&address.to_string()).to_string()) } else { Hosts::Any }
    }

    fn includes(&self, header: Option<&str>) -> bool {
        match (self, header.map(host)) {
            (_, None) => false,
            (Hosts::Any, Some(_)) => true,
            (Hosts::Local(own), Some(name)) => {
                let name = name.to_ascii_lowercase();
                name == *own || ["localhost", "127.0.0.1", "[::1]"].contains(&&*name) || name.ends_with(".localhost")
            }
        }
    }
}

/// The host of `host:port`; an IPv6 address is in brackets.
fn host(header: &str) -> &str {
    let end = header.rfind(']').map_or(0, |bracket| bracket + 1);
    header[end..].find(':').map_or(header, |colon| &header[..end + colon])
}

/// Answers connections for ever.
pub fn accept(listener: &TcpListener, server: &Arc<Server>) {
    let open = Arc::new(AtomicUsize::new(0));
    for connection in listener.incoming() {
        let Ok(connection) = connection else {
            // Too many open files, for instance: the next one may find room.
            std::thread::sleep(Duration::from_millis(10));
            continue;
        };
        if open.fetch_add(1, Ordering::Relaxed) >= MOST_CONNECTIONS {
            open.fetch_sub(1, Ordering::Relaxed);
            continue;
        }
        let (server, open) = (Arc::clone(server), Arc::clone(&open));
        std::thread::spawn(move || {
            if let Err(error) = converse(connection, &server) {
                tracing::debug!(%error, "a connection has broken");
            }
            open.fetch_sub(1, Ordering::Relaxed);
        });
    }
}

fn converse(mut connection: TcpStream, server: &Server) -> io::Result<()> {
    connection.set_read_timeout(Some(PATIENCE))?;
    connection.set_write_timeout(Some(PATIENCE))?;
    connection.set_nodelay(true)?;
    let mut out = BufWriter::with_capacity(64 << 10, connection.try_clone()?);
    let mut buffer = Vec::new();
    let refusal = loop {
        let request = match Request::read(&mut connection, &mut buffer) {
            Ok(request) => request,
            Err(Unread::Closed) => return Ok(()),
            Err(Unread::Malformed) => break Reply::text(400, "this is no request that is understood here"),
            Err(Unread::TooLong) => break Reply::text(431, "the request is too long"),
        };
        let reply = server.answer(&request);
        tracing::debug!(method = request.method, target = request.target, "request");
        reply.write(&mut out, request.method == "HEAD", request.keep)?;
        if !request.keep {
            return Ok(());
        }
    };
    refusal.write(&mut out, false, false)?;
    drain(&mut connection)
}

/// Reads on for a moment before the connection is closed: closed with bytes unread, it would be reset, and the browser might not see the reply.
fn drain(connection: &mut TcpStream) -> io::Result<()> {
    connection.shutdown(Shutdown::Write)?;
    connection.set_read_timeout(Some(Duration::from_secs(1)))?;
    io::copy(&mut connection.take(MOST_DRAINED), &mut io::sink())?;
    Ok(())
}

impl Server {
    fn answer(&self, request: &Request) -> Reply {
        if !self.hosts.includes(request.header("host")) {
            return Reply::text(421, "this server is for its own machine, by the name localhost");
        }
        if !matches!(request.method.as_str(), "GET" | "HEAD") {
            return Reply::text(405, "files can be read here, and nothing else").with("Allow", "GET, HEAD");
        }
        let found = path::parts(&request.target).and_then(|parts| self.site.find(&parts));
        match found {
            None => Reply::text(404, "there is no such file"),
            Some(Resource::Elsewhere(url)) => Reply::text(302, url).with("Location", url),
            Some(Resource::Json(text)) => {
                Reply::new(200, Body::Bytes(text.into_bytes().into())).with("Content-Type", "application/json")
            }
            Some(Resource::File(path)) => match file::reply(request, &path, &self.compressed) {
                Ok(reply) => reply,
                Err(error) if error.kind() == io::ErrorKind::NotFound => Reply::text(404, "there is no such file"),
                Err(error) => {
                    tracing::warn!(file = %path.display(), %error, "a file cannot be served");
                    Reply::text(500, &format!("the file cannot be read: {error}"))
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_this_machine() {
        let local = Hosts::of("127.0.0.1:80".parse().unwrap());
        for name in ["localhost:8521", "127.0.0.1", "[::1]:80", "LOCALHOST", "osvm.localhost:1"] {
            assert!(local.includes(Some(name)), "{name}");
        }
        for name in ["example.org", "localhost.example.org", "127.0.0.2", "", "[::2]:80"] {
            assert!(!local.includes(Some(name)), "{name}");
        }
        assert!(!local.includes(None));
        assert!(Hosts::of("127.0.0.2:80".parse().unwrap()).includes(Some("127.0.0.2:80")));
        assert!(Hosts::of("0.0.0.0:80".parse().unwrap()).includes(Some("example.org")));
        assert!(Hosts::of("[::1]:80".parse().unwrap()).includes(Some("[::1]:80")));
    }
}
