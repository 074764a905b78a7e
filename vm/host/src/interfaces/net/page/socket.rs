//! A WebSocket in a page: the browser's, which the JavaScript host has with the queue of what came. The counterpart of `socket.rs` beside
//! this folder.

use super::address::Address;
use super::{Message, State};
use crate::signals::EventSender;
use osvm_plugin_sdk::abi::PrimitiveError;

#[allow(unsafe_code)]
mod js {
    #[link(wasm_import_module = "osvm_net")]
    unsafe extern "C" {
        /// Connects; the host signals the semaphore (0: none) when its state changes and when a message came. A socket, or minus the number of an error.
        pub unsafe fn open(url: *const u8, len: usize, semaphore: u32) -> i32;
        /// By the numbers of the interface.
        pub safe fn state(socket: i32) -> i32;
        /// Sends text (1) or bytes (0). 0; 1 if it is not open any more; 2 if too much waits to be sent.
        pub unsafe fn send(socket: i32, text: i32, from: *const u8, len: usize) -> i32;
        /// Bytes of the oldest message; -1 if there is none.
        pub safe fn oldest(socket: i32) -> i32;
        /// Stores the oldest message, which fits, and forgets it.
        pub unsafe fn take(socket: i32, into: *mut u8, len: usize);
        /// Begins to close.
        pub safe fn close(socket: i32);
        /// Closes, and forgets all about it.
        pub safe fn forget(socket: i32);
    }
}

/// The browser has TLS.
pub(super) const HAS_TLS: bool = true;

/// The plugin's side.
#[derive(Debug)]
pub(super) struct Socket(i32);

impl Socket {
    /// Connects in the background.
    #[allow(unsafe_code)]
    pub(super) fn connect(address: &Address, semaphore: u32, _events: &EventSender) -> Result<Socket, PrimitiveError> {
        let url = address.url();
        // SAFETY: the host reads these bytes and no others.
        match unsafe { js::open(url.as_ptr(), url.len(), semaphore) } {
            error @ ..0 => Err(PrimitiveError::OperatingSystem(-error)),
            socket => Ok(Socket(socket)),
        }
    }

    pub(super) fn state(&self) -> State {
        match js::state(self.0) {
            0 => State::Connecting,
            1 => State::Open,
            2 => State::Closing,
            3 => State::Closed,
            _ => State::Failed,
        }
    }

    #[allow(unsafe_code)]
    pub(super) fn send(&self, message: Message<'_>) -> Result<(), PrimitiveError> {
        let (text, bytes) = match message {
            Message::Text(text) => (1, text.as_bytes()),
            Message::Bytes(bytes) => (0, bytes),
        };
        // SAFETY: the host reads these bytes and no others.
        match unsafe { js::send(self.0, text, bytes.as_ptr(), bytes.len()) } {
            0 => Ok(()),
            1 => Err(PrimitiveError::Inappropriate),
            _ => Err(PrimitiveError::LimitExceeded),
        }
    }

    /// How long the oldest message is that came; none if there is none.
    pub(super) fn oldest(&self) -> Option<usize> {
        usize::try_from(js::oldest(self.0)).ok()
    }

    /// Takes the oldest message, which has this length.
    #[allow(unsafe_code)]
    pub(super) fn take(&self, into: &mut [u8]) {
        // SAFETY: the host stores so many bytes at the most.
        unsafe { js::take(self.0, into.as_mut_ptr(), into.len()) }
    }

    /// Begins to close.
    pub(super) fn close(&self) {
        js::close(self.0);
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        js::forget(self.0);
    }
}
