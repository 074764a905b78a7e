//! The reader of FileTree: the properties of a class, of a trait or of an extension, and a method, of any text.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osvm_compiler::packages::filetree::{Entity, read_method, read_properties};
use osvm_compiler::packages::{Packages, SourceFile};
use osvm_compiler::source::Span;

fuzz_target!(|text: &str| {
    let mut packages = Packages::default();
    packages.files.push(SourceFile { path: "fuzz".into(), text: text.into(), is_chunks: false });
    for entity in [Entity::Class, Entity::Trait, Entity::Extension] {
        drop(read_properties(&mut packages, 0, entity));
    }
    read_method(&mut packages, 0, "Fuzz", false);
    for method in &packages.methods {
        for (offset, byte) in method.source.text.bytes().enumerate() {
            let span = method.source.place(Span::new(offset, offset + 1)).span;
            assert_eq!(text.as_bytes()[span.start as usize], byte);
        }
    }
    for (file, problem) in &packages.problems {
        assert!(problem.span.end as usize <= text.len());
        drop(packages.render(*file, problem));
    }
});
