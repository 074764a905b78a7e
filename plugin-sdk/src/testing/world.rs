//! What a plugin can reach in a test, apart from objects.

use super::fake::Fake;
use super::files::MemoryFiles;
use super::host::{Answer, HostArguments};
use super::others::{FakeSocket, FakeTimer};
use crate::PrimitiveError;
use crate::abi::interfaces::op;
use crate::interfaces::Level;
use std::collections::{BTreeMap, VecDeque};

/// What a plugin can reach. A test sets what the plugin will find, and looks at what it did.
#[derive(Debug)]
pub struct World {
    /// Files, folders and standard streams.
    pub files: MemoryFiles,
    /// Microseconds since 1970, UTC.
    pub utc_micros: i64,
    /// Microseconds of the clock that never goes back. [`Tester::advance`](super::Tester::advance) moves both.
    pub monotonic_micros: u64,
    /// Seconds that local time is ahead of UTC.
    pub local_offset: i64,
    /// The name of the time zone.
    pub zone_name: String,
    /// Where the random numbers start; they are always the same ones after it.
    pub seed: u64,
    /// The lines of the log.
    pub log: Vec<(Level, String)>,
    /// The external semaphores that were signalled.
    pub signals: Vec<u32>,
    /// The timers that run.
    pub timers: Vec<FakeTimer>,
    /// The environment variables that were granted.
    pub environment: BTreeMap<String, String>,
    /// What the image may still do, by the number of the right.
    pub rights: [bool; 4],
    /// The secure and the untrusted user directory.
    pub user_directories: [String; 2],
    /// The plugin's settings.
    pub settings: BTreeMap<String, String>,
    /// The WebSockets that are open.
    pub sockets: Vec<FakeSocket>,
    /// The parts of the URLs that may be connected to.
    pub hosts: Vec<String>,
    /// The objects that the plugin holds, by number; nothing where one was released.
    pub held: Vec<Option<Fake>>,
    last_number: u32,
}

impl Default for World {
    fn default() -> Self {
        World {
            files: MemoryFiles::default(),
            // The first second of 2026.
            utc_micros: 1_767_225_600_000_000,
            monotonic_micros: 1_000_000,
            local_offset: 3600,
            zone_name: "Europe/Berlin".into(),
            seed: 1,
            log: Vec::new(),
            signals: Vec::new(),
            timers: Vec::new(),
            environment: BTreeMap::new(),
            rights: [true; 4],
            user_directories: ["/secure".into(), "/untrusted".into()],
            settings: BTreeMap::new(),
            sockets: Vec::new(),
            hosts: vec!["ws://localhost".into()],
            held: Vec::new(),
            last_number: 0,
        }
    }
}

impl World {
    /// What came out of standard output, as text.
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.files.stdout).into_owned()
    }

    /// What came out of standard error, as text.
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.files.stderr).into_owned()
    }

    /// The other side of a socket accepts, closes or fails: its state changes, and its semaphore is signalled.
    ///
    /// # Panics
    /// If there is no socket of this index in `sockets`.
    pub fn set_socket_state(&mut self, index: usize, state: u32) {
        self.sockets[index].state = state;
        self.signal(self.sockets[index].semaphore);
    }

    /// The other side of a socket sends a message.
    ///
    /// # Panics
    /// If there is no socket of this index in `sockets`.
    pub fn deliver(&mut self, index: usize, message: impl AsRef<[u8]>) {
        self.sockets[index].incoming.push_back(message.as_ref().to_vec());
        self.signal(self.sockets[index].semaphore);
    }

    fn signal(&mut self, semaphore: u32) {
        if semaphore != 0 {
            self.signals.push(semaphore);
        }
    }

    fn number(&mut self) -> u32 {
        self.last_number += 1;
        self.last_number
    }

    pub(super) fn answer(&mut self, op: u32, a: HostArguments<'_>) -> Answer {
        let text = |index| String::from_utf8_lossy(a.data(index)).into_owned();
        match op {
            op::clock::utc_micros => Ok(self.utc_micros as u64),
            op::clock::local_offset => Ok((self.local_offset + 86_400) as u64),
            op::clock::monotonic_micros => Ok(self.monotonic_micros),
            op::clock::zone_name => a.store(0, self.zone_name.as_bytes()),
            op::random::fill => {
                a.room(0).iter_mut().for_each(|byte| *byte = random(&mut self.seed));
                Ok(0)
            }
            op::log::write => {
                let levels = [Level::Error, Level::Warning, Level::Info, Level::Debug, Level::Trace];
                let level = *levels.get(a.u32(0) as usize).ok_or(PrimitiveError::BadArgument)?;
                self.log.push((level, text(1)));
                Ok(0)
            }
            op::console::print => {
                let stream = match a.u32(0) {
                    1 => &mut self.files.stdout,
                    2 => &mut self.files.stderr,
                    _ => return Err(PrimitiveError::BadArgument),
                };
                stream.extend_from_slice(a.data(1));
                stream.push(b'\n');
                Ok(0)
            }
            op::semaphores::signal if a.u32(0) == 0 => Err(PrimitiveError::BadArgument),
            op::semaphores::signal => {
                self.signal(a.u32(0));
                Ok(0)
            }
            op::timers::start => {
                let micros = u64::try_from(a.i64(0)).map_err(|_| PrimitiveError::BadArgument)?;
                let period = (a.u32(2) != 0).then_some(micros.max(1));
                let number = self.number();
                self.timers.push(FakeTimer { number, due: self.monotonic_micros + micros, period, token: a.i64(1) });
                Ok(u64::from(number))
            }
            op::timers::cancel => {
                let at = self.timers.iter().position(|timer| timer.number == a.u32(0)).ok_or(PrimitiveError::NotFound)?;
                self.timers.remove(at);
                Ok(0)
            }
            op::environment::get => a.store(2, self.environment.get(&text(0)).ok_or(PrimitiveError::NotFound)?.as_bytes()),
            op::environment::list => {
                a.store(0, &self.environment.keys().flat_map(|name| [name.as_bytes(), b"\0"].concat()).collect::<Vec<u8>>())
            }
            op::security::allowed => {
                self.rights.get(a.u32(0) as usize).map(|&right| u64::from(right)).ok_or(PrimitiveError::BadArgument)
            }
            op::security::give_up => {
                *self.rights.get_mut(a.u32(0) as usize).ok_or(PrimitiveError::BadArgument)? = false;
                Ok(0)
            }
            op::security::directory => {
                a.store(1, self.user_directories.get(a.u32(0) as usize).ok_or(PrimitiveError::BadArgument)?.as_bytes())
            }
            op::settings::get => a.store(2, self.settings.get(&text(0)).ok_or(PrimitiveError::NotFound)?.as_bytes()),
            _ => self.net(op, a),
        }
    }

    fn net(&mut self, op: u32, a: HostArguments<'_>) -> Answer {
        if op == op::net::websocket_open {
            let url = String::from_utf8_lossy(a.data(0)).into_owned();
            if !self.hosts.iter().any(|host| url.starts_with(host.as_str())) {
                return Err(PrimitiveError::Unsupported);
            }
            let number = self.number();
            let socket = FakeSocket { number, url, semaphore: a.u32(2), state: 0, sent: Vec::new(), incoming: VecDeque::new() };
            self.sockets.push(socket);
            return Ok(u64::from(number));
        }
        let at = self.sockets.iter().position(|socket| socket.number == a.u32(0)).ok_or(PrimitiveError::BadArgument)?;
        let socket = &mut self.sockets[at];
        match op {
            op::net::websocket_state => Ok(u64::from(socket.state)),
            op::net::websocket_send if socket.state != 1 => Err(PrimitiveError::Inappropriate),
            op::net::websocket_send => {
                socket.sent.push((a.u32(1) != 0, a.data(2).to_vec()));
                Ok(0)
            }
            op::net::websocket_receive => match socket.incoming.front().map(Vec::len) {
                None => Ok(0),
                Some(len) if a.u32(2) == 0 => Ok(1 + len as u64),
                Some(len) if len > a.u32(2) as usize => Err(PrimitiveError::BadIndex),
                Some(_) => a.store(1, &socket.incoming.pop_front().unwrap_or_default()).map(|len| 1 + len),
            },
            op::net::websocket_close => {
                socket.state = 3;
                Ok(0)
            }
            op::net::websocket_drop => {
                self.sockets.remove(at);
                Ok(0)
            }
            _ => Err(PrimitiveError::Unsupported),
        }
    }
}

/// The next byte of a sequence (xorshift64*, Vigna 2016).
fn random(seed: &mut u64) -> u8 {
    let mut x = (*seed).max(1);
    x ^= x >> 12;
    x ^= x << 25;
    x ^= x >> 27;
    *seed = x;
    (x.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 56) as u8
}
