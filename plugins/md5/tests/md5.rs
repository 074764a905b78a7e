//! MD5Plugin: known hashes.

use osvm_plugin_md5::PLUGIN;
use osvm_plugin_sdk::PrimitiveError;
use osvm_plugin_sdk::testing::{Fake, Tester};

/// A message that fits in one block, padded.
fn block(message: &[u8]) -> [u8; 64] {
    let mut block = [0; 64];
    block[..message.len()].copy_from_slice(message);
    block[message.len()] = 0x80;
    block[56] = (message.len() * 8) as u8;
    block
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn known_hashes() {
    for (message, expected) in [
        ("", "d41d8cd98f00b204e9800998ecf8427e"),
        ("abc", "900150983cd24fb0d6963f7d28e17f72"),
        ("abcdefghijklmnopqrstuvwxyz", "c3fcd3d76192e4007dfb496cca67e13b"),
    ] {
        let mut t = Tester::new(&PLUGIN);
        let state = Fake::bytes([9; 16]);
        assert_eq!(t.call_on(1, "primitiveInitializeState", (&state,)), Ok(Fake::Int(1)));
        let done = t.call_on(1, "primitiveProcessBufferWithState", (Fake::bytes(block(message.as_bytes())), &state));
        assert_eq!(done, Ok(Fake::Int(1)));
        t.call("primitiveDecodeState", (&state,)).unwrap();
        assert_eq!(hex(&state.data()), expected, "{message}");
    }
}

#[test]
fn what_is_too_short_or_read_only() {
    let mut t = Tester::new(&PLUGIN);
    assert_eq!(t.call("primitivePluginAvailable", ()), Ok(Fake::Bool(true)));
    let short = Fake::bytes([0; 15]);
    for name in ["primitiveInitializeState", "primitiveDecodeState"] {
        assert_eq!(t.call(name, (&short,)), Err(PrimitiveError::BadArgument), "{name}");
    }
    let state = Fake::bytes([0; 16]);
    let process = "primitiveProcessBufferWithState";
    assert_eq!(t.call(process, (Fake::bytes([0; 63]), &state)), Err(PrimitiveError::BadArgument));
    assert_eq!(t.call(process, (Fake::bytes([0; 64]), state.read_only())), Err(PrimitiveError::NoModification));
}
