//! The interface `net`: WebSockets to hosts that were granted.

mod socket;

use super::arguments::Arguments;
use super::security::Right;
use super::{Answer, HostCall, Memory};
use crate::config::Names;
use osvm_plugin_sdk::abi::PrimitiveError;
use osvm_plugin_sdk::abi::interfaces::op::net as op;
use socket::Socket;
use std::collections::BTreeMap;
use tungstenite::Message;
use tungstenite::http::Uri;

/// The most sockets of a plugin.
const MOST: usize = 64;
/// Permission denied: the host was not granted.
const EACCES: PrimitiveError = PrimitiveError::OperatingSystem(13);

/// A plugin's sockets.
#[derive(Debug)]
pub(crate) struct Sockets {
    granted: Names,
    sockets: BTreeMap<u32, Socket>,
    last: u32,
}

impl Sockets {
    pub(super) fn new(granted: Names) -> Sockets {
        Sockets { granted, sockets: BTreeMap::new(), last: 0 }
    }

    pub(super) fn close_all(&mut self) {
        self.sockets.clear();
    }

    fn socket(&mut self, number: u32) -> Result<&mut Socket, PrimitiveError> {
        self.sockets.get_mut(&number).ok_or(PrimitiveError::BadArgument)
    }
}

/// Host and port of a URL that can be connected to.
fn address(url: &str) -> Result<(Uri, String, u16), PrimitiveError> {
    let uri: Uri = url.parse().map_err(|_| PrimitiveError::BadArgument)?;
    match uri.scheme_str() {
        Some("ws") => {}
        Some("wss") => {
            tracing::warn!(
                url,
                "connections with TLS are not supported: use a `ws:` address, through a proxy if it must be encrypted"
            );
            return Err(PrimitiveError::Unsupported);
        }
        _ => return Err(PrimitiveError::BadArgument),
    }
    let host = uri.host().filter(|host| !host.is_empty()).ok_or(PrimitiveError::BadArgument)?.to_string();
    let port = uri.port_u16().unwrap_or(80);
    Ok((uri, host, port))
}

/// True if a list of hosts has this one, with this port or with none.
fn is_granted(granted: &Names, host: &str, port: u16) -> bool {
    let is_it = |name: &String| {
        let with_port = name.rsplit_once(':').filter(|(name, _)| !name.contains(':') || name.ends_with(']'));
        match with_port.and_then(|(name, port)| Some((name, port.parse::<u16>().ok()?))) {
            Some((name, granted)) => granted == port && name.eq_ignore_ascii_case(host),
            None => name.eq_ignore_ascii_case(host),
        }
    };
    match granted {
        Names::All => true,
        Names::Only(names) => names.iter().any(is_it),
    }
}

fn open(url: &[u8], semaphore: u32, cx: &mut HostCall<'_, '_>) -> Answer {
    let url = std::str::from_utf8(url).map_err(|_| PrimitiveError::BadArgument)?;
    let (uri, host, port) = address(url)?;
    let sockets = &mut cx.open.sockets;
    if !cx.shared.rights.has(Right::Sockets) || !is_granted(&sockets.granted, &host, port) {
        tracing::warn!(host, port, "a connection was refused: the host is not in `grants.net`");
        return Err(EACCES);
    }
    if sockets.sockets.len() >= MOST {
        return Err(PrimitiveError::LimitExceeded);
    }
    let socket = Socket::connect(uri, host, port, semaphore, cx.shared.events.clone())?;
    sockets.last = sockets.last.wrapping_add(1);
    sockets.sockets.insert(sockets.last, socket);
    Ok(u64::from(sockets.last))
}

pub(super) fn answer(function: u32, a: Arguments<'_>, memory: &mut dyn Memory, cx: &mut HostCall<'_, '_>) -> Answer {
    if function == op::websocket_open {
        return open(a.data(0, memory)?, a.u32(2), cx);
    }
    let sockets = &mut cx.open.sockets;
    match function {
        op::websocket_state => Ok(sockets.socket(a.u32(0))?.state() as u64),
        op::websocket_send => {
            let bytes = a.data(2, memory)?;
            let message = match a.u32(1) {
                0 => Message::binary(bytes.to_vec()),
                _ => Message::text(String::from_utf8(bytes.to_vec()).map_err(|_| PrimitiveError::BadArgument)?),
            };
            sockets.socket(a.u32(0))?.send(message).map(|()| 0)
        }
        op::websocket_receive => {
            let len = a.room_len(1);
            sockets.socket(a.u32(0))?.receive(|message| match message.len() as u64 {
                size if len == 0 => (false, Ok(1 + size)),
                size if size > len => (false, Err(PrimitiveError::BadIndex)),
                size => match a.store(1, message, memory) {
                    Ok(_) => (true, Ok(1 + size)),
                    Err(error) => (false, Err(error)),
                },
            })
        }
        op::websocket_close => {
            sockets.socket(a.u32(0))?.close();
            Ok(0)
        }
        op::websocket_drop => sockets.sockets.remove(&a.u32(0)).map(|_| 0).ok_or(PrimitiveError::BadArgument),
        _ => Err(PrimitiveError::Unsupported),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_are_granted_by_name_and_port() {
        let granted = Names::Only(vec!["localhost:8080".into(), "Example.org".into(), "[::1]:9".into()]);
        for (url, expected) in [
            ("ws://localhost:8080/x", true),
            ("ws://localhost/", false),
            ("ws://localhost:8081/", false),
            ("ws://example.org/", true),
            ("ws://example.org:1234/", true),
            ("ws://example.org.evil/", false),
            ("ws://[::1]:9/", true),
            ("ws://[::1]:10/", false),
            ("ws://localhost:8080@evil/", false),
        ] {
            let (_, host, port) = address(url).unwrap();
            assert_eq!(is_granted(&granted, &host, port), expected, "{url}");
        }
        assert!(is_granted(&Names::All, "anything", 1));
        assert!(!is_granted(&Names::default(), "localhost", 80));
        assert_eq!(address("wss://localhost/").unwrap_err(), PrimitiveError::Unsupported);
        for url in ["http://localhost/", "localhost", "ws:///x", "", "ws://a b/"] {
            assert_eq!(address(url).unwrap_err(), PrimitiveError::BadArgument, "{url}");
        }
    }
}
