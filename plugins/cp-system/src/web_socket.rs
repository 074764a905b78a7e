//! WebSockets of channels. A channel is an object of the image; its socket is found by the object.

use osvm_plugin_sdk::interfaces::{Message, Socket, SocketState};
use osvm_plugin_sdk::{Context, Held, Object, PrimitiveError};

/// So many channels are kept before the oldest ones that ended are forgotten. An image that tries again and again to reach its server makes a new
/// one each time.
const KEPT: usize = 16;

/// The channels that were connected, with their sockets, the oldest first.
#[derive(Default)]
pub(crate) struct Channels(Vec<(Held, Socket)>);

impl Channels {
    /// Connects a channel. A socket that it had before is dropped.
    pub(crate) fn connect(&mut self, cx: &Context, channel: Object, url: &str, semaphore: u32) -> Result<(), PrimitiveError> {
        let socket = cx.net().websocket_open(url, (semaphore != 0).then_some(semaphore))?;
        match self.place(cx, channel)? {
            Some(place) => {
                let old = std::mem::replace(&mut self.0[place].1, socket);
                cx.net().websocket_drop(old)
            }
            None => {
                self.forget_ended(cx)?;
                self.0.push((cx.hold(channel)?, socket));
                Ok(())
            }
        }
    }

    /// Lets channels go whose connection ended, so that there is room for one more.
    fn forget_ended(&mut self, cx: &Context) -> Result<(), PrimitiveError> {
        let mut place = 0;
        while self.0.len() >= KEPT && place < self.0.len() {
            let socket = self.0[place].1;
            if matches!(cx.net().websocket_state(socket)?, SocketState::Closed | SocketState::Failed) {
                let (held, _) = self.0.remove(place);
                cx.release(held)?;
                cx.net().websocket_drop(socket)?;
            } else {
                place += 1;
            }
        }
        Ok(())
    }

    fn place(&self, cx: &Context, channel: Object) -> Result<Option<usize>, PrimitiveError> {
        for (place, (held, _)) in self.0.iter().enumerate() {
            if cx.same(cx.held(held)?, channel)? {
                return Ok(Some(place));
            }
        }
        Ok(None)
    }

    /// The socket of a channel that was connected.
    fn socket(&self, cx: &Context, channel: Object) -> Result<Socket, PrimitiveError> {
        self.place(cx, channel)?.map(|place| self.0[place].1).ok_or(PrimitiveError::BadReceiver)
    }

    pub(crate) fn ready_state(&self, cx: &Context, channel: Object) -> Result<i64, PrimitiveError> {
        Ok(match cx.net().websocket_state(self.socket(cx, channel)?)? {
            SocketState::Connecting => 0,
            SocketState::Open => 1,
            SocketState::Closing => 2,
            SocketState::Closed | SocketState::Failed => 3,
        })
    }

    pub(crate) fn receive(&self, cx: &Context, channel: Object) -> Result<Option<Vec<u8>>, PrimitiveError> {
        cx.net().websocket_receive(self.socket(cx, channel)?)
    }

    pub(crate) fn send(&self, cx: &Context, channel: Object, bytes: &[u8]) -> Result<bool, PrimitiveError> {
        let socket = self.socket(cx, channel)?;
        if cx.net().websocket_state(socket)? != SocketState::Open {
            return Ok(false);
        }
        Ok(cx.net().websocket_send(socket, Message::Bytes(bytes)).is_ok())
    }

    pub(crate) fn close(&mut self, cx: &Context, channel: Object) -> Result<bool, PrimitiveError> {
        Ok(cx.net().websocket_close(self.socket(cx, channel)?).is_ok())
    }
}
