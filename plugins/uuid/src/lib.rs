//! UUIDPlugin: identifiers that are different everywhere.

#![forbid(unsafe_code)]

use osvm_plugin_sdk::prelude::*;

/// Bytes of a UUID.
const LEN: usize = 16;

/// The plugin.
#[plugin(name = "UUIDPlugin", imports(random))]
mod uuid_plugin {
    use super::*;

    /// Makes a UUID of the object's 16 bytes: a random one (version 4 of RFC 9562).
    #[primitive(name = "primitiveMakeUUID")]
    fn make_uuid(cx: &Context, uuid: Object) -> Result<Object, PrimitiveError> {
        if cx.shape(uuid)? != Shape::Bytes || cx.byte_size(uuid)? != LEN {
            return Err(PrimitiveError::BadArgument);
        }
        let mut bytes = [0; LEN];
        cx.random().fill(&mut bytes)?;
        bytes[6] = bytes[6] & 0x0F | 0x40;
        bytes[8] = bytes[8] & 0x3F | 0x80;
        cx.write(uuid, 0, &bytes)?;
        Ok(uuid)
    }
}
