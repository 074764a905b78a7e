//! What ended a call, as the engine of a browser tells it.

use super::host;
use super::running::{self, Ended};
use crate::plugins::wasm::Broken;
use osvm_plugin_sdk::abi::PrimitiveError;

/// What engines of browsers say of a trap, by a part of their messages, and what the engine of the desktop says.
const TRAPS: [(&str, &str); 17] = [
    ("unreachable", "wasm `unreachable` instruction executed"),
    ("nreachable code", "wasm `unreachable` instruction executed"),
    ("table index", "undefined element: out of bounds table access"),
    ("table access", "undefined element: out of bounds table access"),
    ("table or segment", "undefined element: out of bounds table access"),
    ("call_indirect to a null", "uninitialized element"),
    ("indirect call to null", "uninitialized element"),
    ("signature", "indirect call type mismatch"),
    ("call_indirect", "undefined element: out of bounds table access"),
    ("out of bounds", "out of bounds memory access"),
    ("by zero", "integer divide by zero"),
    ("ivision by", "integer divide by zero"),
    ("divide result", "integer overflow"),
    ("nteger overflow", "integer overflow"),
    ("unrepresentable", "invalid conversion to integer"),
    ("conversion to integer", "invalid conversion to integer"),
    ("out of range", "invalid conversion to integer"),
];

/// A text of the last fault.
pub(super) fn text(part: i32) -> String {
    #[allow(unsafe_code)]
    // SAFETY: the host writes as much as there is room for.
    let read = |room: &mut [u8]| unsafe { host::fault_text(part, room.as_mut_ptr(), room.len()) };
    let mut bytes = vec![0; read(&mut [])];
    read(&mut bytes);
    String::from_utf8_lossy(&bytes).into_owned()
}

/// What the fault means that has just come.
#[cold]
pub(super) fn broken(flags: i32) -> Box<Broken> {
    let limit = match running::ended() {
        Some(Ended::Deadline) => Some("it ran longer than `limits.deadline` allows"),
        Some(Ended::Fuel) => Some("it used up its fuel"),
        None if flags & host::STACK != 0 => Some("it used more stack than `limits.stack` allows"),
        None if flags & host::DENIED != 0 => Some("it asked for more memory or table than `limits` allow"),
        None => None,
    };
    let backtrace = Some(text(1)).filter(|text| !text.is_empty());
    let reason = match limit {
        Some(limit) => limit.into(),
        None if flags & host::TRAP != 0 => trap(&text(0)),
        None => text(0),
    };
    let error = if limit.is_some() { PrimitiveError::LimitExceeded } else { PrimitiveError::Internal };
    Box::new(Broken { error, reason, backtrace })
}

/// The message of a trap in the words of the desktop; one that is not known as it is.
fn trap(message: &str) -> String {
    let known = TRAPS.iter().find(|(part, _)| message.contains(part)).map(|(_, text)| *text);
    format!("wasm trap: {}", known.unwrap_or(message))
}
