//! MD5Plugin: a hash in the steps that images take: a state of 16 bytes, and blocks of 64.
//!
//! The primitives and what they answer are those of the OpenSmalltalk VM's plugin, save that nothing is read or written outside an
//! object where that one trusts its arguments. MD5 is broken as a cryptographic hash; images use it for checksums.

#![forbid(unsafe_code)]

mod block;

use osvm_plugin_sdk::prelude::*;

/// The state before the first block (RFC 1321, section 3.3).
const INITIAL: [u32; 4] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476];

/// The plugin.
#[plugin(name = "MD5Plugin")]
mod md5_plugin {
    use super::*;

    #[primitive]
    fn primitive_plugin_available() -> bool {
        true
    }

    /// Stores the state before the first block.
    #[primitive]
    fn primitive_initialize_state(cx: &Context, state: Object) -> Result<(), PrimitiveError> {
        state_of(cx, state)?;
        cx.write(state, 0, &INITIAL.map(u32::to_le_bytes).concat())
    }

    /// Goes on with a state by a block.
    #[primitive]
    fn primitive_process_buffer_with_state(cx: &Context, buffer: &[u8], state: Object) -> Result<(), PrimitiveError> {
        let block = buffer.first_chunk().ok_or(PrimitiveError::BadArgument)?;
        let next = block::process(block, state_of(cx, state)?);
        cx.write(state, 0, &next.map(u32::to_le_bytes).concat())
    }

    /// Makes the hash of the last state: they are the same bytes.
    #[primitive]
    fn primitive_decode_state(cx: &Context, state: Object) -> Result<(), PrimitiveError> {
        state_of(cx, state).map(|_| ())
    }
}

/// The words of a state, an object of at least 16 bytes.
fn state_of(cx: &Context, state: Object) -> Result<[u32; 4], PrimitiveError> {
    let mut bytes = [0; 16];
    if cx.shape(state)? != Shape::Bytes || cx.read(state, 0, &mut bytes)? != bytes.len() {
        return Err(PrimitiveError::BadArgument);
    }
    let (words, _) = bytes.as_chunks();
    Ok(std::array::from_fn(|i| u32::from_le_bytes(words[i])))
}
