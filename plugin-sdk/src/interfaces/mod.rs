//! The interfaces of the host with their types: what is done to objects by methods of [`Context`] itself, the others by a method that
//! answers the interface.
//!
//! Each function of an interface that was not granted fails with [`PrimitiveError::Unsupported`].

mod clock;
mod console;
mod environment;
mod files;
mod log;
mod net;
mod objects;
mod random;
mod security;
mod semaphores;
mod settings;
mod timers;
#[allow(unsafe_code)]
mod units;

use crate::host::Host;
use crate::{Context, PrimitiveError};
pub use clock::Clock;
pub use console::Console;
pub use environment::Environment;
pub use files::{File, FileKind, FileType, Files, Job, Listing, Metadata, Open, Seek, Stdio};
pub use log::{Level, Log};
pub use net::{Message, Net, Socket, SocketState};
pub use random::Random;
pub use security::{Right, Security, UserDirectory};
pub use semaphores::Semaphores;
pub use settings::Settings;
pub use timers::{Timer, Timers};
pub use units::Unit;

macro_rules! interfaces {
    ($($(#[$doc:meta])* $method:ident -> $type:ident;)*) => {
        impl Context {
            $(
                $(#[$doc])*
                #[inline]
                pub fn $method(&self) -> $type<'_> {
                    $type { host: self.host() }
                }
            )*
        }
    };
}

interfaces! {
    /// Files and directories that were granted, and standard streams.
    files -> Files;
    /// Time.
    clock -> Clock;
    /// Numbers that cannot be guessed.
    random -> Random;
    /// The log of the VM.
    log -> Log;
    /// The person who runs the VM.
    console -> Console;
    /// External semaphores of the image.
    semaphores -> Semaphores;
    /// Calls of the hook `timer` later.
    timers -> Timers;
    /// The environment variables that were granted.
    environment -> Environment;
    /// What the image may still do.
    security -> Security;
    /// The plugin's own settings from `vm.toml`.
    settings -> Settings;
    /// Connections to the hosts that were granted.
    net -> Net;
}

/// How much room an answer of unknown length gets at first.
const FIRST_ROOM: usize = 256;

/// Data of which the host stores as much as fits and answers the whole length: asked for again while it does not fit.
fn whole(mut ask: impl FnMut(&mut [u8]) -> Result<u64, PrimitiveError>) -> Result<Vec<u8>, PrimitiveError> {
    let mut room = vec![0; FIRST_ROOM];
    loop {
        let len = length(ask(&mut room)?)?;
        if len <= room.len() {
            room.truncate(len);
            return Ok(room);
        }
        resize(&mut room, len)?;
    }
}

/// Data that fails with `bad index` as long as it does not fit: asked for again with more room. Answers the data and what `ask` answered.
fn fitting(mut ask: impl FnMut(&mut [u8]) -> Result<u64, PrimitiveError>) -> Result<(Vec<u8>, u64), PrimitiveError> {
    /// No name of a file is longer.
    const MOST: usize = 1 << 20;
    let mut room = vec![0; FIRST_ROOM];
    loop {
        match ask(&mut room) {
            Err(PrimitiveError::BadIndex) if room.len() < MOST => {
                let more = room.len() * 4;
                resize(&mut room, more)?;
            }
            Err(error) => return Err(error),
            Ok(answer) => return Ok((room, answer)),
        }
    }
}

/// Makes room; what was in it is not needed any more.
fn resize(room: &mut Vec<u8>, len: usize) -> Result<(), PrimitiveError> {
    room.clear();
    room.try_reserve_exact(len).map_err(|_| PrimitiveError::NoPluginMemory)?;
    room.resize(len, 0);
    Ok(())
}

/// An answer that is a length.
fn length(answer: u64) -> Result<usize, PrimitiveError> {
    usize::try_from(answer).map_err(|_| PrimitiveError::Internal)
}

/// An answer that is a number of something.
fn number(answer: Result<u64, PrimitiveError>) -> Result<u32, PrimitiveError> {
    u32::try_from(answer?).map_err(|_| PrimitiveError::Internal)
}

/// An answer that says nothing.
fn done(answer: Result<u64, PrimitiveError>) -> Result<(), PrimitiveError> {
    answer.map(|_| ())
}

/// A length or an offset as the host takes it.
fn offset(value: usize) -> Result<i64, PrimitiveError> {
    i64::try_from(value).map_err(|_| PrimitiveError::BadIndex)
}

/// Text that the host made.
fn text(bytes: Vec<u8>) -> Result<String, PrimitiveError> {
    String::from_utf8(bytes).map_err(|_| PrimitiveError::Internal)
}

/// What is not there, as nothing.
fn found<T>(result: Result<T, PrimitiveError>) -> Result<Option<T>, PrimitiveError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(PrimitiveError::NotFound) => Ok(None),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_asked_for_again() {
        let data = vec![7; 1000];
        let mut asked = Vec::new();
        let got = whole(|room| {
            asked.push(room.len());
            let fits = room.len().min(data.len());
            room[..fits].copy_from_slice(&data[..fits]);
            Ok(data.len() as u64)
        });
        assert_eq!((got.unwrap(), asked), (data, vec![256, 1000]));
        assert_eq!(whole(|_| Err(PrimitiveError::NotFound)), Err(PrimitiveError::NotFound));
        let (room, answer) = fitting(|room| if room.len() < 2000 { Err(PrimitiveError::BadIndex) } else { Ok(5) }).unwrap();
        assert_eq!((room.len(), answer), (4096, 5));
        assert_eq!(fitting(|_| Err(PrimitiveError::BadIndex)), Err(PrimitiveError::BadIndex));
    }
}
