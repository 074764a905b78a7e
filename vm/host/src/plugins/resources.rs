//! Handles that the image holds for what a plugin has open: ByteArrays that only the host can make.
//!
//! A handle is 24 bytes, as long as the reference's file record: the session, the plugin and the plugin's number for the
//! resource, and a number that cannot be guessed. An image that was saved with handles in it has another session when it
//! starts again, so they are told from live ones; a changed handle does not match its number.

use osvm_plugin_sdk::classic::PrimitiveError;

/// Bytes of a handle.
pub(super) const HANDLE_BYTES: usize = 24;

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
    /// By the plugin's number: what is in the handle; 0 where there is none.
    secrets: Vec<u64>,
}

/// A number for this run of the VM.
pub(super) fn session() -> u64 {
    // Without a source of entropy the clock still tells one session from the next.
    getrandom::u64().unwrap_or_else(|_| crate::platform::DesktopPlatform::now()) | 1
}

impl Resources {
    pub(super) fn new(session: u64, plugin: u32) -> Resources {
        Resources { session, plugin, secrets: Vec::new() }
    }

    /// The handle of a resource; the same one while the resource lives.
    pub(super) fn handle(&mut self, number: u32) -> Result<[u8; HANDLE_BYTES], PrimitiveError> {
        let index = number as usize;
        if index >= self.secrets.len() {
            self.secrets.resize(index + 1, 0);
        }
        if self.secrets[index] == 0 {
            self.secrets[index] = getrandom::u64().map_err(|_| PrimitiveError::LimitExceeded)?.max(1);
        }
        let mut handle = [0; HANDLE_BYTES];
        handle[..8].copy_from_slice(&self.session.to_le_bytes());
        handle[8..12].copy_from_slice(&self.plugin.to_le_bytes());
        handle[12..16].copy_from_slice(&number.to_le_bytes());
        handle[16..].copy_from_slice(&self.secrets[index].to_le_bytes());
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
        let secret = self.secrets.get(number as usize).copied().unwrap_or(0);
        if plugin == self.plugin && secret != 0 && secret == word(16) { Ok(number) } else { Err(BadHandle::Dead) }
    }

    /// Makes the handles of a resource dead.
    pub(super) fn close(&mut self, number: u32) {
        if let Some(secret) = self.secrets.get_mut(number as usize) {
            *secret = 0;
        }
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
        assert_eq!(resources.number(&handle[..23]), Err(BadHandle::NoHandle));
        assert_eq!(resources.number(&[0; 24]), Err(BadHandle::Stale));
    }
}
