//! Handles that the image holds for what a plugin has open: ByteArrays that only the host can make.
//!
//! A handle is 24 bytes, as long as the reference's file record: the session, the plugin and the plugin's number for the
//! resource, and a number that cannot be guessed. An image that was saved with handles in it has another session when it
//! starts again, so they are told from live ones; a changed handle does not match its number.

use crate::world;
use osvm_plugin_sdk::abi::PrimitiveError;
use std::collections::BTreeMap;

/// Bytes of a handle.
pub(super) const HANDLE_BYTES: usize = 24;
/// The most live resources of a plugin.
const MOST: usize = 100_000;

/// What is wrong with a handle.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum BadHandle {
    /// It is none.
    NoHandle,
    /// It was made in an earlier session.
    Stale,
    /// It is another plugin's, its resource is closed, or its bytes were changed.
    Dead,
}

/// The live resources of a plugin.
pub(super) struct Resources {
    session: u64,
    plugin: u32,
    /// By the plugin's number: what is in the handle.
    secrets: BTreeMap<u32, u64>,
}

/// A number for this run of the VM.
pub(super) fn session() -> u64 {
    // Without a source of entropy the clock still tells one session from the next.
    world::random().unwrap_or_else(|_| world::unix_micros()) | 1
}

impl Resources {
    pub(super) fn new(session: u64, plugin: u32) -> Resources {
        Resources { session, plugin, secrets: BTreeMap::new() }
    }

    /// The handle of a resource; the same one while the resource lives.
    pub(super) fn handle(&mut self, number: u32) -> Result<[u8; HANDLE_BYTES], PrimitiveError> {
        let secret = match self.secrets.get(&number) {
            Some(&secret) => secret,
            None if self.secrets.len() >= MOST => return Err(PrimitiveError::LimitExceeded),
            None => {
                let secret = world::random().map_err(|_| PrimitiveError::LimitExceeded)?;
                self.secrets.insert(number, secret);
                secret
            }
        };
        let mut handle = [0; HANDLE_BYTES];
        handle[..8].copy_from_slice(&self.session.to_le_bytes());
        handle[8..12].copy_from_slice(&self.plugin.to_le_bytes());
        handle[12..16].copy_from_slice(&number.to_le_bytes());
        handle[16..].copy_from_slice(&secret.to_le_bytes());
        Ok(handle)
    }

    /// The number of the live resource that a handle stands for.
    pub(super) fn number(&self, handle: &[u8]) -> Result<u32, BadHandle> {
        let handle: &[u8; HANDLE_BYTES] = handle.try_into().map_err(|_| BadHandle::NoHandle)?;
        let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| handle[at + i]));
        if word(0) != self.session {
            return Err(BadHandle::Stale);
        }
        let (plugin, number) = (word(8) as u32, (word(8) >> 32) as u32);
        let alive = plugin == self.plugin && self.secrets.get(&number) == Some(&word(16));
        if alive { Ok(number) } else { Err(BadHandle::Dead) }
    }

    /// Makes the handles of a resource dead.
    pub(super) fn close(&mut self, number: u32) {
        self.secrets.remove(&number);
    }

    /// Makes all handles dead.
    pub(super) fn close_all(&mut self) {
        self.secrets.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_good_until_its_resource_is_closed() {
        let mut resources = Resources::new(7, 2);
        let handle = resources.handle(5).unwrap();
        assert_eq!(resources.handle(5).unwrap(), handle);
        assert_eq!(resources.number(&handle), Ok(5));
        resources.close(5);
        assert_eq!(resources.number(&handle), Err(BadHandle::Dead));
        let again = resources.handle(5).unwrap();
        assert_ne!(again, handle);
        assert_eq!(resources.number(&handle), Err(BadHandle::Dead));
        assert_eq!(resources.number(&again), Ok(5));
    }

    #[test]
    fn handles_cannot_be_changed_or_carried_over() {
        let mut resources = Resources::new(7, 2);
        let (handle, _) = (resources.handle(0).unwrap(), resources.handle(1).unwrap());
        for i in 0..HANDLE_BYTES {
            let mut forged = handle;
            forged[i] ^= 1;
            assert!(resources.number(&forged).is_err(), "byte {i}");
        }
        assert_eq!(Resources::new(8, 2).number(&handle), Err(BadHandle::Stale));
        assert_eq!(Resources::new(7, 3).number(&handle), Err(BadHandle::Dead));
        assert_eq!(resources.handle(u32::MAX).map(|handle| resources.number(&handle)), Ok(Ok(u32::MAX)));
        assert_eq!(resources.number(&handle[..23]), Err(BadHandle::NoHandle));
        assert_eq!(resources.number(&[0; 24]), Err(BadHandle::Stale));
    }
}
