//! SecurityPlugin: what the image may still do. Rights can be given up, never taken back.
//!
//! The primitives of that name in the OpenSmalltalk VM are the first four; the others stand for what that plugin has for the VM's other
//! plugins (`secDisableFileAccess` and the like), so that an image can give up those rights as well. The host acts on all of them: files
//! and connections of every plugin, environment variables, and saving the image.

#![forbid(unsafe_code)]

use osvm_plugin_sdk::interfaces::{Right, UserDirectory};
use osvm_plugin_sdk::prelude::*;

/// The plugin.
#[plugin(name = "SecurityPlugin", imports(security))]
mod security_plugin {
    use super::*;

    /// True if the image may be saved.
    #[primitive]
    fn primitive_can_write_image(cx: &Context) -> Result<bool, PrimitiveError> {
        cx.security().allowed(Right::ImageWrite)
    }

    #[primitive]
    fn primitive_disable_image_write(cx: &Context) -> Result<(), PrimitiveError> {
        cx.security().give_up(Right::ImageWrite)
    }

    /// Where a user keeps what untrusted code shall not see.
    #[primitive]
    fn primitive_get_secure_user_directory(cx: &Context) -> Result<Object, PrimitiveError> {
        directory(cx, UserDirectory::Secure)
    }

    /// The one directory that is left when the right to files was given up.
    #[primitive]
    fn primitive_get_untrusted_user_directory(cx: &Context) -> Result<Object, PrimitiveError> {
        directory(cx, UserDirectory::Untrusted)
    }

    #[primitive]
    fn primitive_has_file_access(cx: &Context) -> Result<bool, PrimitiveError> {
        cx.security().allowed(Right::Files)
    }

    #[primitive]
    fn primitive_disable_file_access(cx: &Context) -> Result<(), PrimitiveError> {
        cx.security().give_up(Right::Files)
    }

    #[primitive]
    fn primitive_has_socket_access(cx: &Context) -> Result<bool, PrimitiveError> {
        cx.security().allowed(Right::Sockets)
    }

    #[primitive]
    fn primitive_disable_socket_access(cx: &Context) -> Result<(), PrimitiveError> {
        cx.security().give_up(Right::Sockets)
    }

    #[primitive]
    fn primitive_has_environment_access(cx: &Context) -> Result<bool, PrimitiveError> {
        cx.security().allowed(Right::Environment)
    }

    #[primitive]
    fn primitive_disable_environment_access(cx: &Context) -> Result<(), PrimitiveError> {
        cx.security().give_up(Right::Environment)
    }
}

fn directory(cx: &Context, which: UserDirectory) -> Result<Object, PrimitiveError> {
    cx.new_string(&cx.security().directory(which)?)
}
