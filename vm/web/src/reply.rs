//! Answers of more than a number.

use serde_json::Value;

/// The last answer, for the host to read.
#[derive(Debug, Default)]
pub struct Reply(Vec<u8>);

impl Reply {
    /// Keeps an answer in place of the one before.
    pub fn set(&mut self, value: &Value) {
        self.0 = value.to_string().into_bytes();
    }

    /// Where it is.
    pub fn address(&self) -> *const u8 {
        self.0.as_ptr()
    }

    /// How many bytes it has.
    pub fn len(&self) -> usize {
        self.0.len()
    }
}
