//! The compiler: any text is refused with diagnostics that have a place, or becomes code of whole instructions; and what was read
//! prints as source that reads the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osvm_compiler::codegen::Options;
use osvm_compiler::literal::Literal;
use osvm_compiler::semantics::{Binding, Environment, VariableId};
use osvm_compiler::syntax::{parse_method, print_method};
use osvm_compiler::{CompiledCode, compile_method};
use osvm_core::bytecode::{BytecodeSet, Instruction, decode};

struct World;

impl Environment for World {
    fn lookup(&self, name: &str) -> Option<Binding> {
        match name.len() {
            1 => Some(Binding::Field(u16::from(name.as_bytes()[0]) * 3)),
            2 => None,
            length => Some(Binding::Variable(VariableId(length as u32))),
        }
    }
}

fn check(code: &CompiledCode) {
    let mut pc = 0;
    while pc < code.bytecodes.len() {
        let (instruction, next) = decode(code.set, &code.bytecodes, pc).expect("the last instruction is whole");
        assert!(!matches!(instruction, Instruction::Unused(_)), "{:?}", code.bytecodes);
        pc = next;
    }
    for literal in &code.literals {
        if let Literal::Block(block) = literal {
            check(block);
        }
    }
}

fuzz_target!(|source: &str| {
    let parsed = parse_method(source, Options::PHARO_8.dialect);
    if parsed.diagnostics.is_empty() {
        let printed = print_method(&parsed.method);
        let again = parse_method(&printed, Options::PHARO_8.dialect);
        assert!(again.diagnostics.is_empty(), "{printed}");
        assert_eq!(print_method(&again.method), printed);
    }
    for options in [Options::PHARO_8, Options { set: BytecodeSet::SistaV1, ..Options::PHARO_8 }, Options::CUIS] {
        let compilation = compile_method(source, &World, &options);
        compilation.diagnostics.iter().for_each(|diagnostic| drop(diagnostic.render("fuzz", source).to_string()));
        assert!(compilation.code.is_some() || !compilation.diagnostics.is_empty());
        compilation.code.iter().for_each(check);
    }
});
