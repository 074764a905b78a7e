//! The interface `net`: WebSockets to hosts that were granted.

mod address;
#[cfg_attr(target_family = "wasm", path = "page/socket.rs")]
mod socket;

use super::arguments::Arguments;
use super::security::Right;
use super::{Answer, HostCall, Memory};
use crate::config::Names;
use address::Address;
use osvm_plugin_sdk::abi::PrimitiveError;
use osvm_plugin_sdk::abi::interfaces::op::net as op;
use socket::Socket;
use std::collections::BTreeMap;

/// What a socket is doing, by the numbers of the interface.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum State {
    Connecting = 0,
    Open = 1,
    Closing = 2,
    Closed = 3,
    Failed = 4,
}

/// What is sent.
#[derive(Clone, Copy, Debug)]
enum Message<'a> {
    Text(&'a str),
    Bytes(&'a [u8]),
}

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

fn open(url: &[u8], semaphore: u32, cx: &mut HostCall<'_, '_>) -> Answer {
    let url = std::str::from_utf8(url).map_err(|_| PrimitiveError::BadArgument)?;
    let address = Address::of(url)?;
    let sockets = &mut cx.open.sockets;
    if !cx.shared.rights.has(Right::Sockets) || !address.is_granted(&sockets.granted) {
        tracing::warn!(address.host, address.port, "a connection was refused: the host is not in `grants.net`");
        return Err(EACCES);
    }
    if sockets.sockets.len() >= MOST {
        return Err(PrimitiveError::LimitExceeded);
    }
    let socket = Socket::connect(&address, semaphore, &cx.shared.events)?;
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
                0 => Message::Bytes(bytes),
                _ => Message::Text(std::str::from_utf8(bytes).map_err(|_| PrimitiveError::BadArgument)?),
            };
            sockets.socket(a.u32(0))?.send(message).map(|()| 0)
        }
        op::websocket_receive => {
            let socket = sockets.socket(a.u32(0))?;
            let Some(size) = socket.oldest() else { return Ok(0) };
            match a.room_len(1) {
                0 => {}
                len if len < size as u64 => return Err(PrimitiveError::BadIndex),
                _ => socket.take(&mut a.room(1, memory)?[..size]),
            }
            Ok(1 + size as u64)
        }
        op::websocket_close => {
            sockets.socket(a.u32(0))?.close();
            Ok(0)
        }
        op::websocket_drop => sockets.sockets.remove(&a.u32(0)).map(|_| 0).ok_or(PrimitiveError::BadArgument),
        _ => Err(PrimitiveError::Unsupported),
    }
}
