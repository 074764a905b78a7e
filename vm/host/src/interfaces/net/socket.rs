//! A WebSocket: a thread that connects, reads and writes, and the queues between it and the plugin. `page/socket.rs` has the same for a page.

use super::address::Address;
use super::{Message, State};
use crate::signals::EventSender;
use osvm_core::platform::Event;
use osvm_plugin_sdk::abi::PrimitiveError;
use rustix::event::{PollFd, PollFlags, poll};
use std::collections::VecDeque;
use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;
use tungstenite::protocol::WebSocketConfig;
use tungstenite::{ClientRequestBuilder, Error, WebSocket};

/// How long connecting, and each step of the handshake, may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// The longest message, and the most bytes that wait in either direction.
const MOST_BYTES: usize = 16 << 20;

/// There is no TLS on the desktop.
pub(super) const HAS_TLS: bool = false;

/// The plugin's side.
#[derive(Debug)]
pub(super) struct Socket {
    queues: Arc<Mutex<Queues>>,
    wake: UnixStream,
}

#[derive(Debug)]
struct Queues {
    state: State,
    incoming: VecDeque<Vec<u8>>,
    outgoing: VecDeque<tungstenite::Message>,
    incoming_bytes: usize,
    outgoing_bytes: usize,
    /// The plugin has no more use for it.
    dropped: bool,
}

/// The thread's side.
struct Worker {
    queues: Arc<Mutex<Queues>>,
    wake: UnixStream,
    semaphore: u32,
    events: EventSender,
}

fn lock(queues: &Mutex<Queues>) -> MutexGuard<'_, Queues> {
    queues.lock().unwrap_or_else(PoisonError::into_inner)
}

fn system(error: io::Error) -> PrimitiveError {
    PrimitiveError::OperatingSystem(error.raw_os_error().unwrap_or(5))
}

impl Socket {
    /// Connects in the background.
    pub(super) fn connect(address: &Address, semaphore: u32, events: &EventSender) -> Result<Socket, PrimitiveError> {
        let (wake, ring) = UnixStream::pair().map_err(system)?;
        wake.set_nonblocking(true).and_then(|()| ring.set_nonblocking(true)).map_err(system)?;
        let queues = Arc::new(Mutex::new(Queues {
            state: State::Connecting,
            incoming: VecDeque::new(),
            outgoing: VecDeque::new(),
            incoming_bytes: 0,
            outgoing_bytes: 0,
            dropped: false,
        }));
        let mut worker = Worker { queues: Arc::clone(&queues), wake: ring, semaphore, events: events.clone() };
        let address = address.clone();
        let run = move || {
            let end = match worker.run(&address) {
                Ok(()) => State::Closed,
                Err(error) => {
                    tracing::debug!(address.host, address.port, %error, "a WebSocket failed");
                    State::Failed
                }
            };
            worker.set_state(end);
        };
        thread::Builder::new().name("osvm-websocket".into()).spawn(run).map_err(system)?;
        Ok(Socket { queues, wake })
    }

    pub(super) fn state(&self) -> State {
        lock(&self.queues).state
    }

    fn wake(&self) {
        // A full pipe wakes as well as one more byte would.
        let _ = (&self.wake).write(&[0]);
    }

    pub(super) fn send(&self, message: Message<'_>) -> Result<(), PrimitiveError> {
        let message = match message {
            Message::Text(text) => tungstenite::Message::text(text),
            Message::Bytes(bytes) => tungstenite::Message::binary(bytes.to_vec()),
        };
        let mut queues = lock(&self.queues);
        if !matches!(queues.state, State::Connecting | State::Open) {
            return Err(PrimitiveError::Inappropriate);
        }
        if queues.outgoing_bytes + message.len() > MOST_BYTES {
            return Err(PrimitiveError::LimitExceeded);
        }
        queues.outgoing_bytes += message.len();
        queues.outgoing.push_back(message);
        drop(queues);
        self.wake();
        Ok(())
    }

    /// How long the oldest message is that came; none if there is none.
    pub(super) fn oldest(&self) -> Option<usize> {
        lock(&self.queues).incoming.front().map(Vec::len)
    }

    /// Takes the oldest message, which has this length.
    pub(super) fn take(&self, into: &mut [u8]) {
        let mut queues = lock(&self.queues);
        if let Some(message) = queues.incoming.pop_front() {
            into.copy_from_slice(&message);
            queues.incoming_bytes -= message.len();
        }
        drop(queues);
        self.wake();
    }

    /// Begins to close.
    pub(super) fn close(&self) {
        let mut queues = lock(&self.queues);
        if matches!(queues.state, State::Connecting | State::Open) {
            queues.state = State::Closing;
        }
        drop(queues);
        self.wake();
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        lock(&self.queues).dropped = true;
        self.wake();
    }
}

impl Worker {
    fn signal(&self) {
        if self.semaphore != 0 && !lock(&self.queues).dropped {
            self.events.send(Event::Semaphore(self.semaphore as usize, 1));
        }
    }

    fn set_state(&mut self, state: State) {
        lock(&self.queues).state = state;
        self.signal();
    }

    /// Connects, and carries messages until either side closes.
    fn run(&mut self, address: &Address) -> Result<(), Error> {
        let stream = connect(address.host.trim_start_matches('[').trim_end_matches(']'), address.port)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let config = WebSocketConfig::default().max_message_size(Some(MOST_BYTES)).max_frame_size(Some(MOST_BYTES));
        let shaken = tungstenite::client::client_with_config(ClientRequestBuilder::new(address.uri.clone()), stream, Some(config));
        let (mut socket, _) = shaken.map_err(|error| match error {
            tungstenite::HandshakeError::Failure(error) => error,
            tungstenite::HandshakeError::Interrupted(_) => Error::Io(io::ErrorKind::TimedOut.into()),
        })?;
        socket.get_ref().set_nonblocking(true)?;
        {
            let mut queues = lock(&self.queues);
            if queues.state == State::Connecting {
                queues.state = State::Open;
            }
        }
        self.signal();
        match self.carry(&mut socket) {
            Err(Error::ConnectionClosed | Error::AlreadyClosed) => Ok(()),
            other => other,
        }
    }

    fn carry(&mut self, socket: &mut WebSocket<TcpStream>) -> Result<(), Error> {
        let mut closing = false;
        loop {
            let (messages, close, full) = self.to_send();
            let mut blocked = false;
            for message in messages {
                blocked |= would_block(socket.write(message))?.is_none();
            }
            if close && !closing {
                closing = true;
                blocked |= would_block(socket.close(None))?.is_none();
            }
            blocked |= would_block(socket.flush())?.is_none();
            if !full {
                self.read_all(socket)?;
            }
            if lock(&self.queues).dropped && !blocked {
                return Ok(());
            }
            self.wait(socket, blocked, full)?;
        }
    }

    /// Messages to be sent, whether to close, and whether enough waits to be received.
    fn to_send(&self) -> (VecDeque<tungstenite::Message>, bool, bool) {
        let mut queues = lock(&self.queues);
        queues.outgoing_bytes = 0;
        let close = queues.dropped || queues.state == State::Closing;
        (std::mem::take(&mut queues.outgoing), close, queues.incoming_bytes >= MOST_BYTES)
    }

    fn read_all(&mut self, socket: &mut WebSocket<TcpStream>) -> Result<(), Error> {
        while let Some(message) = would_block(socket.read())? {
            if !message.is_text() && !message.is_binary() {
                continue;
            }
            let bytes = message.into_data().to_vec();
            let mut queues = lock(&self.queues);
            queues.incoming_bytes += bytes.len();
            queues.incoming.push_back(bytes);
            let full = queues.incoming_bytes >= MOST_BYTES;
            drop(queues);
            self.signal();
            if full {
                break;
            }
        }
        Ok(())
    }

    /// Sleeps until there is something to do.
    fn wait(&mut self, socket: &WebSocket<TcpStream>, blocked: bool, full: bool) -> Result<(), Error> {
        let mut interest = if full { PollFlags::empty() } else { PollFlags::IN };
        if blocked {
            interest |= PollFlags::OUT;
        }
        let mut fds = [PollFd::new(socket.get_ref(), interest), PollFd::new(&self.wake, PollFlags::IN)];
        match poll(&mut fds, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(Error::Io(error.into())),
        }
        let mut bytes = [0; 64];
        while matches!(self.wake.read(&mut bytes), Ok(64)) {}
        Ok(())
    }
}

/// The result, or none if it must wait.
fn would_block<T>(result: Result<T, Error>) -> Result<Option<T>, Error> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(None),
        Err(error) => Err(error),
    }
}

/// Connects to the first address of a host that answers.
fn connect(host: &str, port: u16) -> io::Result<TcpStream> {
    let mut last = io::Error::from(io::ErrorKind::NotFound);
    for address in (host, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => return Ok(stream),
            Err(error) => last = error,
        }
    }
    Err(last)
}
