//! What a plugin says of itself, as the bytes of the text and as a wasm module that has it somewhere.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osvm_plugin_abi::{Description, description_section};

fuzz_target!(|bytes: &[u8]| {
    // Half of the inputs are modules, since few would begin like one.
    let (module, text) = match bytes.split_first() {
        Some((first, rest)) if first % 2 == 0 => (Some([b"\0asm\x01\0\0\0", rest].concat()), None),
        _ => (None, Some(bytes.get(1..).unwrap_or_default())),
    };
    let section = module.as_deref().and_then(|module| description_section(module).ok());
    let Some(text) = section.or(text) else { return };
    match Description::read(text) {
        Ok(description) => assert_eq!(Description::read(description.to_string().as_bytes()), Ok(description)),
        Err(error) => {
            let line = String::from_utf8_lossy(text).split('\n').nth(error.line.max(1) - 1).map_or(0, |line| line.chars().count());
            assert!(error.column <= line + 1, "{error}");
        }
    }
});
