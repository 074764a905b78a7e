//! The parser of signatures: any text is refused at a column that it has, or prints as a signature that reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osvm_plugin_abi::{ARGUMENT_SLOTS, RESULT_SLOTS, Signature};

fuzz_target!(|text: &str| match text.parse::<Signature>() {
    Ok(signature) => {
        assert_eq!(signature.to_string().parse::<Signature>().as_ref(), Ok(&signature));
        assert!(signature.argument_slots().count() <= ARGUMENT_SLOTS && signature.result_slots().len() <= RESULT_SLOTS);
        assert!(signature.arg_count().end() <= &signature.params.len());
    }
    Err(error) => assert!((1..=text.chars().count() + 1).contains(&error.column), "{error}"),
});
