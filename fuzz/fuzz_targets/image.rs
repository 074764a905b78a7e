//! The image reader on bytes as they come. Copies of small real images in `fuzz/corpus/image` make good seeds.
#![no_main]

mod survive;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| survive::survive(bytes));
