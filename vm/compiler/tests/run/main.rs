//! What compiled code does: expressions with known values, in both bytecode sets and with all inlining and none, run by a small
//! machine that knows numbers, booleans, arrays and closures.

mod machine;

use machine::Machine;
use osvm_compiler::codegen::Options;
use osvm_compiler::compile_expression;
use osvm_compiler::semantics::{Binding, Environment, Inlining, VariableId};
use osvm_core::bytecode::BytecodeSet;

/// Two fields of the receiver, and one variable outside.
struct World;

impl Environment for World {
    fn lookup(&self, name: &str) -> Option<Binding> {
        match name {
            "a" => Some(Binding::Field(0)),
            "b" => Some(Binding::Field(1)),
            "Global" => Some(Binding::Variable(VariableId(0))),
            _ => None,
        }
    }
}

/// All ways to compile that must come to the same.
fn options() -> Vec<Options> {
    let inlinings = [Inlining::PHARO_8, Inlining::SQUEAK, Inlining { enabled: false, ..Inlining::PHARO_8 }];
    let sets = [BytecodeSet::V3PlusClosures, BytecodeSet::SistaV1];
    let all = inlinings.into_iter().flat_map(|inlining| sets.map(|set| Options { inlining, set, ..Options::PHARO_8 }));
    all.flat_map(|options| [false, true].map(|long_fields| Options { long_fields, ..options })).collect()
}

fn check(source: &str, expected: &str) {
    for options in options() {
        let compilation = compile_expression(source, &World, &options);
        let code = compilation.code.unwrap_or_else(|| panic!("{source}: {:?}", compilation.diagnostics));
        assert_eq!(Machine::default().run(&code), expected, "{source} with {options:?}");
    }
}

#[test]
fn numbers_and_branches() {
    check("3 + 4 * 2", "14");
    check("1 < 2 ifTrue: ['yes'] ifFalse: ['no']", "yes");
    check("1 > 2 ifTrue: ['yes']", "nil");
    check("1 > 2 ifFalse: ['yes']", "yes");
    check("(1 < 2 and: [2 < 3]) -> (1 > 2 or: [2 > 3])", "true->false");
    check("| x | x := nil ifNil: [5]. x + (3 ifNil: [4])", "8");
    check("(nil ifNotNil: [:x | x]) -> (3 ifNotNil: [:x | x + 1])", "nil->4");
    check("(nil ifNil: [1] ifNotNil: [:x | x]) -> (3 ifNotNil: [:x | x] ifNil: [2])", "1->3");
    check("1 < 2 ifTrue: [^ 10]. 20", "10");
    check("-3 abs - -2", "5");
}

#[test]
fn variables() {
    check("| x y | x := y := 7. x + y", "14");
    check("a := 3. b := a + 1. {a. b}", "(3 4)");
    check("Global := 3. Global := Global + 1. Global", "4");
    check("| x | x := 1. true ifTrue: [| x | x := 2]. x", "1");
    check("self foo; bar; yourself", "self");
    check("{1. {2}. nil}", "(1 (2) nil)");
    check("#(1 a #(2) nil) size", "4");
    check("3 foo: 4 bar: 5", "foo:bar: 3 4 5");
    check("super foo: 1", "super foo: self 1");
    check("[super foo: 1] value", "super foo: self 1");
}

#[test]
fn loops() {
    check("| sum | sum := 0. 1 to: 10 do: [:i | sum := sum + i]. sum", "55");
    check("| sum | sum := 0. 10 to: 1 by: -3 do: [:i | sum := sum + i]. sum", "22");
    check("| i | i := 0. [i < 5] whileTrue: [i := i + 1]. i", "5");
    check("| i | i := 0. [i := i + 1. i >= 5] whileFalse. i", "5");
    check("| i | i := 0. [i := i + 1. i > 6 ifTrue: [^ i]] repeat", "7");
    check("| n | n := 0. 4 timesRepeat: [n := n + 2]. n", "8");
    check("1 to: 3 do: [:i | i]", "1");
    check("| n | n := 0. 1 to: 3 do: [:i | | t | t ifNil: [n := n + 1]. t := i]. n", "3");
    check("2 caseOf: {[1] -> ['one']. [2] -> ['two']} otherwise: ['many']", "two");
    check("9 caseOf: {[1] -> ['one']. [2] -> ['two']} otherwise: ['many']", "many");
}

#[test]
fn closures() {
    check("[:x :y | x - y] value: 5 value: 3", "2");
    check("| n | n := 0. #(1 2 3) do: [:e | n := n + e]. n", "6");
    check("| counter | counter := [| n | n := 0. [n := n + 1]] value. counter value. counter value", "2");
    check(
        "| blocks | blocks := {nil. nil}. 1 to: 2 do: [:i | blocks at: i put: [i * 10]]. (blocks at: 1) value + (blocks at: 2) value",
        "30",
    );
    check(
        "| blocks j | blocks := {nil. nil}. 1 to: 2 do: [:i | | t | t := i. blocks at: i put: [t := t + 1]]. j := (blocks at: 1) value. (blocks at: 1) value -> (blocks at: 2) value",
        "3->3",
    );
    check("#(1 2 3) do: [:e | e = 2 ifTrue: [^ e * 100]]. 0", "200");
    check("| fact | fact := nil. fact := [:n | n < 2 ifTrue: [1] ifFalse: [n * (fact value: n - 1)]]. fact value: 10", "3628800");
    check("| x | x := 1. [:y | [:z | x + y + z] value: 3] value: 2", "6");
    check("| x | x := 1. [[x := x + 1] value] value. [x := x * 5] value. x", "10");
    check("[] value", "nil");
    check("[:x | ] value: 3", "nil");
    check("| a1 a2 | a1 := 1. a2 := 2. [[| q | q := a2. a1 := q + 5]] value value. a1 + a2", "9");
}
