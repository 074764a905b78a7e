//! `net`: connections to the hosts that were granted.

use super::{Host, done, length, number, resize};
use crate::PrimitiveError;
use crate::host::net as host;

/// Connections to the hosts that were granted.
#[derive(Clone, Copy)]
pub struct Net<'a> {
    pub(super) host: Host<'a>,
}

/// A WebSocket.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Socket(u32);

/// How far a connection is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum SocketState {
    /// It is being made.
    Connecting,
    /// Messages can be sent.
    Open,
    /// It is being closed.
    Closing,
    /// It ended.
    Closed,
    /// It could not be made, or broke.
    Failed,
}

/// A message to be sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Message<'m> {
    /// Text.
    Text(&'m str),
    /// Bytes.
    Bytes(&'m [u8]),
}

impl Net<'_> {
    /// Connects in the background. The external semaphore, if one is given, is signalled when the socket's state changes and when a
    /// message came.
    pub fn websocket_open(self, url: &str, semaphore: Option<u32>) -> Result<Socket, PrimitiveError> {
        number(host::websocket_open(self.host, url.as_bytes(), semaphore.unwrap_or(0))).map(Socket)
    }

    /// How far a connection is.
    pub fn websocket_state(self, socket: Socket) -> Result<SocketState, PrimitiveError> {
        Ok(match host::websocket_state(self.host, socket.0)? {
            0 => SocketState::Connecting,
            1 => SocketState::Open,
            2 => SocketState::Closing,
            3 => SocketState::Closed,
            4 => SocketState::Failed,
            _ => return Err(PrimitiveError::Internal),
        })
    }

    /// Sends a message.
    pub fn websocket_send(self, socket: Socket, message: Message<'_>) -> Result<(), PrimitiveError> {
        let (text, bytes) = match message {
            Message::Text(text) => (1, text.as_bytes()),
            Message::Bytes(bytes) => (0, bytes),
        };
        done(host::websocket_send(self.host, socket.0, text, bytes))
    }

    /// The oldest message that was not received yet, of text or bytes; nothing if there is none.
    pub fn websocket_receive(self, socket: Socket) -> Result<Option<Vec<u8>>, PrimitiveError> {
        // Without room the host answers only the size. A message that comes meanwhile is a later one.
        let Some(len) = host::websocket_receive(self.host, socket.0, &mut [])?.checked_sub(1) else { return Ok(None) };
        let mut message = Vec::new();
        // With a byte to spare, so that a message of no bytes is received too.
        resize(&mut message, length(len)? + 1)?;
        let Some(len) = host::websocket_receive(self.host, socket.0, &mut message)?.checked_sub(1) else { return Ok(None) };
        message.truncate(length(len)?);
        Ok(Some(message))
    }

    /// Closes a connection; messages that came before can still be received.
    pub fn websocket_close(self, socket: Socket) -> Result<(), PrimitiveError> {
        done(host::websocket_close(self.host, socket.0))
    }

    /// Forgets a socket.
    pub fn websocket_drop(self, socket: Socket) -> Result<(), PrimitiveError> {
        done(host::websocket_drop(self.host, socket.0))
    }
}
