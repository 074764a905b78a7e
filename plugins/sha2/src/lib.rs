//! SHA256Plugin: a hash in the steps that images take: a state of 32 bytes, and blocks of 64.
//!
//! The primitives and what they answer are those of the OpenSmalltalk VM's plugin, save that nothing is read or written outside an
//! object where that one trusts its arguments. A state is eight words in the machine's order, little endian; the hash has them in big endian.

#![forbid(unsafe_code)]

use osvm_plugin_sdk::prelude::*;
use sha2::block_api::compress256;

/// The state before the first block (FIPS 180-4, section 5.3.3).
const INITIAL: [u32; 8] = [0x6A09_E667, 0xBB67_AE85, 0x3C6E_F372, 0xA54F_F53A, 0x510E_527F, 0x9B05_688C, 0x1F83_D9AB, 0x5BE0_CD19];

/// The plugin.
#[plugin(name = "SHA256Plugin")]
mod sha256_plugin {
    use super::*;

    #[primitive]
    fn primitive_plugin_available() -> bool {
        true
    }

    /// Stores the state before the first block.
    #[primitive]
    fn primitive_initialize_state(cx: &Context, state: Object) -> Result<(), PrimitiveError> {
        state_of(cx, state)?;
        store(cx, state, INITIAL)
    }

    /// Goes on with a state by a block.
    #[primitive]
    fn primitive_process_buffer_with_state(cx: &Context, buffer: &[u8], state: Object) -> Result<(), PrimitiveError> {
        let block: &[u8; 64] = buffer.first_chunk().ok_or(PrimitiveError::BadArgument)?;
        let mut words = state_of(cx, state)?;
        compress256(&mut words, std::slice::from_ref(block));
        store(cx, state, words)
    }

    /// Stores the hash of the last state in another object of 32 bytes.
    #[primitive]
    fn primitive_final_hash_from_state(cx: &Context, hash: Object, state: Object) -> Result<(), PrimitiveError> {
        state_of(cx, hash)?;
        cx.write(hash, 0, &state_of(cx, state)?.map(u32::to_be_bytes).concat())
    }
}

/// The words of a state, an object of at least 32 bytes.
fn state_of(cx: &Context, state: Object) -> Result<[u32; 8], PrimitiveError> {
    let mut bytes = [0; 32];
    if cx.shape(state)? != Shape::Bytes || cx.read(state, 0, &mut bytes)? != bytes.len() {
        return Err(PrimitiveError::BadArgument);
    }
    let (words, _) = bytes.as_chunks();
    Ok(std::array::from_fn(|i| u32::from_le_bytes(words[i])))
}

fn store(cx: &Context, state: Object, words: [u32; 8]) -> Result<(), PrimitiveError> {
    cx.write(state, 0, &words.map(u32::to_le_bytes).concat())
}
