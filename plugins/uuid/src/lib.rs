//! UUIDPlugin: identifiers that are different everywhere.

#![forbid(unsafe_code)]

use osvm_plugin_sdk::prelude::*;

/// Bytes of a UUID.
const LEN: usize = 16;

/// The plugin.
#[plugin(name = "UUIDPlugin", imports(random))]
mod uuid_plugin {
    use super::*;

    /// Makes a UUID of the receiver's 16 bytes: a random one (version 4 of RFC 9562).
    #[primitive(name = "primitiveMakeUUID")]
    fn make_uuid(cx: &Context, receiver: Object) -> Result<(), PrimitiveError> {
        if cx.shape(receiver)? != Shape::Bytes || cx.byte_size(receiver)? != LEN {
            return Err(PrimitiveError::BadReceiver);
        }
        let mut bytes = [0; LEN];
        cx.random().fill(&mut bytes)?;
        bytes[6] = bytes[6] & 0x0F | 0x40;
        bytes[8] = bytes[8] & 0x3F | 0x80;
        cx.write(receiver, 0, &bytes)
    }
}
