//! The reader of chunks: whatever the text, each method has its place in it, and what is wrong has one, too.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osvm_compiler::packages::Packages;
use osvm_compiler::source::Span;

fuzz_target!(|text: &str| {
    let mut packages = Packages::default();
    packages.add_text("fuzz.st", text.into());
    let sources = packages.methods.iter().map(|method| &method.source);
    for source in sources.chain(&packages.expressions) {
        for (offset, byte) in source.text.bytes().enumerate() {
            let span = source.place(Span::new(offset, offset + 1)).span;
            assert_eq!(text.as_bytes()[span.start as usize], byte);
            assert!(span.end as usize <= text.len());
        }
    }
    for (file, problem) in &packages.problems {
        assert!(problem.span.end as usize <= text.len());
        drop(packages.render(*file, problem));
    }
});
