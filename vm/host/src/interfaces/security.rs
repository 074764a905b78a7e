//! The interface `security`: what the image may still do. A right that was given up does not come back in the session.

use super::arguments::Arguments;
use super::{Answer, Memory, Shared};
use crate::world;
use osvm_plugin_sdk::abi::PrimitiveError;
use osvm_plugin_sdk::abi::interfaces::op::security as op;
use std::cell::Cell;
use std::path::PathBuf;
use std::rc::Rc;

/// What can be given up.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Right {
    /// Files wherever they are granted. Without it only the untrusted user directory is left.
    Files = 0,
    /// Saving the image.
    ImageWrite = 1,
    /// Connections.
    Sockets = 2,
    /// Environment variables.
    Environment = 3,
}

/// The rights of an image, shared by all who ask.
#[derive(Clone, Debug, Default)]
pub struct Rights {
    given_up: Rc<Cell<u8>>,
}

impl Rights {
    /// True if it was not given up.
    pub fn has(&self, right: Right) -> bool {
        self.given_up.get() & (1 << right as u8) == 0
    }

    fn give_up(&self, right: Right) {
        self.given_up.set(self.given_up.get() | 1 << right as u8);
    }
}

fn right(number: u32) -> Result<Right, PrimitiveError> {
    let all = [Right::Files, Right::ImageWrite, Right::Sockets, Right::Environment];
    all.get(number as usize).copied().ok_or(PrimitiveError::BadArgument)
}

/// The secure user directory: what `SQUEAK_SECUREDIR` says, or `secure` in the image's folder.
fn secure_directory(shared: &Shared) -> PathBuf {
    world::var_os("SQUEAK_SECUREDIR").map_or_else(|| shared.image_dir.join("secure"), PathBuf::from)
}

/// The untrusted user directory: what `SQUEAK_USERDIR` says, or `My Squeak` in the image's folder.
pub(super) fn untrusted_directory(shared: &Shared) -> PathBuf {
    world::var_os("SQUEAK_USERDIR").map_or_else(|| shared.image_dir.join("My Squeak"), PathBuf::from)
}

pub(super) fn answer(function: u32, a: Arguments<'_>, memory: &mut dyn Memory, shared: &mut Shared) -> Answer {
    match function {
        op::allowed => Ok(u64::from(shared.rights.has(right(a.u32(0))?))),
        op::give_up => {
            let right = right(a.u32(0))?;
            if shared.rights.has(right) {
                tracing::info!(?right, "the image gave up a right");
            }
            shared.rights.give_up(right);
            Ok(0)
        }
        op::directory => {
            let directory = match a.u32(0) {
                0 => secure_directory(shared),
                1 => untrusted_directory(shared),
                _ => return Err(PrimitiveError::BadArgument),
            };
            a.store(1, directory.as_os_str().as_encoded_bytes(), memory)
        }
        _ => Err(PrimitiveError::Unsupported),
    }
}
