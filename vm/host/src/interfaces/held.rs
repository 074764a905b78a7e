//! Objects that a plugin holds from one call to another, by number.

use osvm_core::oop::Oop;
use osvm_plugin_sdk::abi::PrimitiveError;

/// The most objects that a plugin may hold.
const MOST: usize = 1 << 20;

/// A plugin's held objects.
#[derive(Debug, Default)]
pub(super) struct Held {
    objects: Vec<Option<Oop>>,
    free: Vec<u32>,
}

impl Held {
    pub(super) fn hold(&mut self, oop: Oop) -> Result<u32, PrimitiveError> {
        if let Some(number) = self.free.pop() {
            self.objects[number as usize] = Some(oop);
            return Ok(number);
        }
        if self.objects.len() >= MOST {
            return Err(PrimitiveError::LimitExceeded);
        }
        self.objects.push(Some(oop));
        Ok((self.objects.len() - 1) as u32)
    }

    pub(super) fn get(&self, number: u32) -> Result<Oop, PrimitiveError> {
        self.objects.get(number as usize).copied().flatten().ok_or(PrimitiveError::BadArgument)
    }

    pub(super) fn release(&mut self, number: u32) -> Result<(), PrimitiveError> {
        self.objects.get_mut(number as usize).and_then(Option::take).ok_or(PrimitiveError::BadArgument)?;
        self.free.push(number);
        Ok(())
    }

    pub(super) fn visit(&mut self, visit: &mut dyn FnMut(&mut Oop)) {
        self.objects.iter_mut().flatten().filter(|oop| oop.is_pointer()).for_each(visit);
    }
}
