//! {module}, a plugin for osvm.
//!
//! An image reaches a primitive by a method such as
//!
//! ```smalltalk
//! gcd: a with: b
//!     <primitive: 'primitiveGcd' module: '{module}' error: code>
//!     ^ self error: 'primitiveGcd failed: ', code printString
//! ```

#![forbid(unsafe_code)]

use osvm_plugin_sdk::prelude::*;

/// Something that stays here between calls; the image holds a handle to it. It goes when the image closes it, or with the plugin.
#[derive(Debug)]
pub struct Counter {
    next: i64,
    step: i64,
}

impl Resource for Counter {}

// Interfaces of the host that the plugin uses are named here, for example `imports(log, clock)`; a configuration has to grant them.
#[plugin(name = "{module}")]
mod primitives {
    use super::*;

    /// `(a: int, b: int) -> int`
    #[primitive]
    fn primitive_gcd(a: i64, b: i64) -> Result<i64, PrimitiveError> {
        let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        // The one result that is no i64 is 2^63.
        i64::try_from(a).map_err(|_| PrimitiveError::BadArgument)
    }

    /// `(bytes: bytes, seed: int) -> int`: FNV-1a. A String, a Symbol or a ByteArray can be the argument.
    #[primitive]
    fn primitive_hash(bytes: &[u8], seed: i64) -> i64 {
        let mut hash = 0xcbf2_9ce4_8422_2325 ^ seed as u64;
        for &byte in bytes {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3);
        }
        // A SmallInteger, also in images of 32 bits.
        (hash & 0x3fff_ffff) as i64
    }

    /// `(start: int, step: int) -> resource`
    #[primitive]
    fn primitive_counter_new(start: i64, step: i64) -> New<Counter> {
        New(Counter { next: start, step })
    }

    /// `(counter: resource) -> int`
    #[primitive]
    fn primitive_counter_next(counter: &mut Counter) -> Result<i64, PrimitiveError> {
        let next = counter.next;
        let after = next.checked_add(counter.step);
        counter.next = after.ok_or(PrimitiveError::BadArgument)?;
        Ok(next)
    }

    /// `(counter: resource) -> self`
    #[primitive]
    fn primitive_counter_close(_counter: Closing<Counter>) {}
}
