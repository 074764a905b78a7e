//! The reader of Tonel: any text is refused with a place, or its methods have theirs in it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osvm_compiler::tonel;

fuzz_target!(|text: &str| match tonel::read(text) {
    Ok(definition) => {
        for method in &definition.methods {
            assert!((0..method.source.len()).all(|offset| method.file_offset(offset) < text.len()));
        }
    }
    Err(error) => {
        assert!(error.span.end as usize <= text.len());
        drop(error.render("fuzz", text).to_string());
    }
});
