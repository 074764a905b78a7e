//! SHA256Plugin: known hashes.

use osvm_plugin_sdk::PrimitiveError;
use osvm_plugin_sdk::testing::{Fake, Tester};
use osvm_plugin_sha2::PLUGIN;

#[test]
fn known_hashes() {
    for (message, expected) in [
        ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
    ] {
        let mut t = Tester::new(&PLUGIN);
        let mut block = [0; 64];
        block[..message.len()].copy_from_slice(message.as_bytes());
        block[message.len()] = 0x80;
        block[63] = (message.len() * 8) as u8;
        let (state, hash) = (Fake::bytes([9; 32]), Fake::bytes([9; 32]));
        assert_eq!(t.call_on(1, "primitiveInitializeState", (&state,)), Ok(Fake::Int(1)));
        t.call("primitiveProcessBufferWithState", (Fake::bytes(block), &state)).unwrap();
        t.call("primitiveFinalHashFromState", (&hash, &state)).unwrap();
        let hex: String = hash.data().iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, expected, "{message}");
    }
}

#[test]
fn what_is_too_short() {
    let mut t = Tester::new(&PLUGIN);
    assert_eq!(t.call("primitivePluginAvailable", ()), Ok(Fake::Bool(true)));
    let (short, state) = (Fake::bytes([0; 31]), Fake::bytes([0; 32]));
    assert_eq!(t.call("primitiveInitializeState", (&short,)), Err(PrimitiveError::BadArgument));
    assert_eq!(t.call("primitiveFinalHashFromState", (&short, &state)), Err(PrimitiveError::BadArgument));
    assert_eq!(t.call("primitiveProcessBufferWithState", ("short", &state)), Err(PrimitiveError::BadArgument));
}
