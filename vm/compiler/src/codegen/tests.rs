//! Tests of the code that is made: listings of both bytecode sets, encodings against the decoder, positions, limits, and sources
//! that make no sense.

use super::{Compilation, CompiledCode, Options, compile_expression, compile_method, sista, v3};
use crate::literal::Literal;
use crate::semantics::{Binding, Environment, VariableId};
use crate::syntax::print_literal;
use osvm_core::bytecode::{Answer, BytecodeSet, Instruction, Variable, decode};

/// Two fields, and some globals.
struct World;

impl Environment for World {
    fn lookup(&self, name: &str) -> Option<Binding> {
        match name {
            "a" => Some(Binding::Field(0)),
            "b" => Some(Binding::Field(1)),
            "Array" => Some(Binding::Constant(VariableId(0))),
            "Transcript" => Some(Binding::Variable(VariableId(1))),
            _ => None,
        }
    }

    fn names(&self) -> Vec<String> {
        vec!["a".into(), "b".into(), "Array".into(), "Transcript".into()]
    }
}

const SISTA: Options = Options { set: BytecodeSet::SistaV1, ..Options::PHARO_8 };

fn code(source: &str, options: &Options) -> CompiledCode {
    let Compilation { code, diagnostics, .. } = compile_method(source, &World, options);
    code.unwrap_or_else(|| panic!("{source}: {diagnostics:?}"))
}

/// Instructions in short, with literals where they are used.
fn listing(code: &CompiledCode) -> Vec<String> {
    let mut lines = Vec::new();
    let mut pc = 0;
    while pc < code.bytecodes.len() {
        let (instruction, next) = decode(code.set, &code.bytecodes, pc).expect("code ends with an instruction");
        assert!(!matches!(instruction, Instruction::Unused(_)), "{:?}", code.bytecodes);
        lines.push(line(code, instruction));
        pc = next;
    }
    lines
}

fn line(code: &CompiledCode, instruction: Instruction) -> String {
    let literal = |index: u16| match &code.literals[index as usize] {
        Literal::Block(block) => format!("[{}]", listing(block).join("; ")),
        literal => print_literal(literal),
    };
    match instruction {
        Instruction::Send { selector, .. } => format!("send {}", literal(selector)),
        Instruction::PushLiteral(index) => format!("push {}", literal(index)),
        Instruction::PushFullClosure { literal: index, copied, .. } => format!("closure {copied} {}", literal(index)),
        Instruction::SpecialSend(index) => format!("send {}", osvm_core::bytecode::SPECIAL_SELECTORS[index as usize].0),
        Instruction::Push(Variable::Temporary(index)) => format!("push t{index}"),
        Instruction::Push(Variable::Receiver(index)) => format!("push f{index}"),
        Instruction::Store { to: Variable::Temporary(index), pop } => {
            format!("{} t{index}", if pop { "pop into" } else { "store" })
        }
        Instruction::JumpIf(condition, distance) => format!("if {condition} {distance}"),
        Instruction::Jump(distance) => format!("jump {distance}"),
        other => format!("{other:?}"),
    }
}

fn v3_listing(source: &str) -> String {
    listing(&code(source, &Options::PHARO_8)).join("; ")
}

fn sista_listing(source: &str) -> String {
    listing(&code(source, &SISTA)).join("; ")
}

#[test]
fn methods_that_only_answer_something_are_primitives() {
    for (source, primitive) in [("x", 256), ("x ^ self", 256), ("x ^ true", 257), ("x ^ nil", 259), ("x ^ 2", 263), ("x ^ b", 265)]
    {
        assert_eq!(code(source, &Options::PHARO_8).primitive, Some(primitive), "{source}");
        assert_eq!(code(source, &SISTA).primitive, Some(primitive), "{source}");
    }
    for source in ["x ^ 3", "x: y ^ y", "x ^ Transcript", "x: y ^ self"] {
        assert_eq!(code(source, &Options::PHARO_8).primitive, None, "{source}");
    }
    let named = code("x <primitive: 'f' module: 'M' error: ec> ^ ec", &Options::PHARO_8);
    assert_eq!(print_literal(&named.literals[0]), "#(#M #f 0 0)");
    assert_eq!(listing(&named)[..2], ["CallPrimitive(117)", "store t0"]);
}

#[test]
fn branches_and_loops_are_jumps() {
    assert_eq!(
        v3_listing("x ^ a ifTrue: [1] ifFalse: [2]"),
        "push f0; if false 2; PushInteger(1); jump 1; PushInteger(2); Return(Top)"
    );
    assert_eq!(
        v3_listing("x a ifNil: [^ 1]. b := 3"),
        "push f0; PushNil; send ==; if false 2; PushInteger(1); Return(Top); push 3; Store { to: Receiver(1), pop: true }; Return(Receiver)"
    );
    assert_eq!(
        v3_listing("x [a] whileTrue: [self go]"),
        "push f0; if false 5; PushReceiver; send #go; Pop; jump -7; Return(Receiver)"
    );
    assert_eq!(
        v3_listing("x 1 to: a do: [:i | self go: i]"),
        "push f0; pop into t0; PushInteger(1); pop into t1; push t1; push t0; send <=; if false 10; PushReceiver; push t1; send #go:; Pop; push t1; PushInteger(1); send +; pop into t1; jump -15; Return(Receiver)"
    );
    let case = v3_listing("x ^ a caseOf: {[1]->[2]. [3]->[4]} otherwise: [5]");
    assert_eq!(
        case,
        "push f0; Duplicate; PushInteger(1); send =; if false 3; Pop; PushInteger(2); jump 6; push 3; send =; if false 2; push 4; jump 1; push 5; Return(Top)"
    );
    assert!(v3_listing("x 3 timesRepeat: [self go]").contains("send #timesRepeat:"));
    assert!(listing(&code("x 3 timesRepeat: [self go]", &Options::PHARO_12)).iter().any(|line| line.starts_with("jump -")));
    assert!(v3_listing("x <compilerOptions: #(+ optionInlineTimesRepeat)> 3 timesRepeat: [self go]").contains("jump -"));
}

#[test]
fn closures_copy_what_they_read_and_share_what_they_write() {
    assert_eq!(
        v3_listing("x: y ^ [y]"),
        "push t0; PushClosure { args: 0, copied: 1, size: 2 }; push t0; BlockReturn(Top); Return(Top)"
    );
    assert_eq!(sista_listing("x: y ^ [y]"), "push t0; closure 1 [push t0; BlockReturn(Top)]; Return(Top)");
    let shared = "x | n | n := 0. self do: [:e | n := n + e]. ^ n";
    let remote = "Push(Remote { index: 0, vector: 1 })";
    assert!(v3_listing(shared).contains(remote) && sista_listing(shared).contains(remote), "{}", v3_listing(shared));
    assert!(v3_listing("x | n | n := 0. ^ [n]").starts_with("PushInteger(0); pop into t0; push t0"));
    assert!(v3_listing("x ^ [^ 1]").contains("PushInteger(1); Return(Top); Return(Top)"));
    assert!(sista_listing("x ^ [super x]").contains("DirectedSuperSend"));
}

#[test]
fn a_hidden_variable_keeps_its_value() {
    let source = "x | t | t := 1. a ifTrue: [| t | t := 2]. ^ t";
    assert_eq!(
        v3_listing(source),
        "PushInteger(1); pop into t0; push f0; if false 2; PushInteger(2); pop into t1; push t0; Return(Top)"
    );
}

#[test]
fn every_byte_of_code_has_its_place_in_the_source() {
    let source = "x\n\t^ a foo: [b bar] baz: 1";
    for options in [Options::PHARO_8, SISTA] {
        let code = code(source, &options);
        let send = code.bytecodes.len() - 2;
        assert_eq!(&source[code.source_offset(send).unwrap()..][..4], "foo:");
        assert_eq!(&source[code.source_offset(0).unwrap()..][..1], "a");
        assert_eq!(code.source_position(source, send), Some(crate::source::Position { line: 2, column: 6 }));
        assert!(code.positions.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}

#[test]
fn what_is_wrong_is_said() {
    let first = |source: &str| {
        let compilation = compile_method(source, &World, &Options::PHARO_8);
        assert!(compilation.code.is_none(), "{source}");
        compilation.diagnostics[0].render("Foo>>x", source).to_string()
    };
    assert_eq!(
        first("x ^ Trancsript"),
        "Foo>>x:1:5: error: Trancsript is not declared\n  x ^ Trancsript\n      ^^^^^^^^^^\n  did you mean Transcript?\n"
    );
    assert!(first("x: y y := 3").contains("y is an argument: it cannot be assigned"));
    assert!(first("x Array := 3").contains("Array is the name of a class"));
    assert!(first("x | t t | ^ t").contains("t is declared twice"));
    assert!(first("x self := 3").contains("self is no variable"));
    assert!(first("x ^ thisProcess").contains("thisProcess is not declared"));
    let many: String = (0..300).map(|i| format!("self foo{i}. ")).collect();
    assert!(first(&format!("x {many}")).contains("too many literals"));
    assert!(first(&format!("x {}", "a ifTrue: [".to_string() + &"self y. ".repeat(600) + "]")).contains("a block is too long"));
}

#[test]
fn expressions_answer_their_last_value() {
    let code = compile_expression("| x | x := 3. x + 4", &World, &Options::PHARO_8).code.unwrap();
    assert_eq!(listing(&code).join("; "), "push 3; pop into t0; push t0; push 4; send +; Return(Top)");
    let header = osvm_core::bytecode::MethodHeader(code.header());
    assert_eq!(
        (header.literals(), header.temps(), header.args(), header.has_primitive(), header.set()),
        (4, 1, 0, false, code.set)
    );
    let sista = compile_expression("3", &World, &SISTA).code.unwrap();
    assert_eq!(osvm_core::bytecode::MethodHeader(sista.header()).set(), BytecodeSet::SistaV1);
}

#[test]
fn the_image_says_which_selectors_are_special() {
    let mut image = osvm_core::testing::TestImage::new();
    assert!(!Options { class_is_special: true, ..SISTA }.with_selectors_of(&image.heap).class_is_special);
    let class = image.heap.string("class").unwrap();
    let mut selectors = vec![image.heap.nil(); 64];
    selectors[46] = class;
    let selectors = image.heap.array(&selectors).unwrap();
    image.heap.set_special(osvm_core::special::Special::SpecialSelectors, selectors);
    let options = Options::SQUEAK.with_selectors_of(&image.heap);
    assert_eq!(listing(&code("x ^ a class", &options)).join("; "), "push f0; send class; Return(Top)");
    assert_eq!(v3_listing("x ^ a class"), "push f0; send #class; Return(Top)");
}

/// Instructions at the edges of their encodings.
fn instructions() -> Vec<Instruction> {
    use Instruction as I;
    let mut all = vec![
        I::PushReceiver,
        I::PushTrue,
        I::PushFalse,
        I::PushNil,
        I::PushThisContext,
        I::Duplicate,
        I::Pop,
        I::CallPrimitive(264),
        I::BlockReturn(Answer::Top),
    ];
    all.extend([Answer::Receiver, Answer::True, Answer::False, Answer::Nil, Answer::Top].map(I::Return));
    all.extend((0..32).map(I::SpecialSend));
    for index in [0, 7, 8, 11, 12, 15, 16, 31, 32, 63, 64, 200, 255] {
        let variables = [Variable::Receiver(index), Variable::Literal(index), Variable::Remote { index: index as u8, vector: 3 }];
        let temporary = (index < 64).then_some(Variable::Temporary(index));
        for variable in variables.into_iter().chain(temporary) {
            all.extend([I::Push(variable), I::Store { to: variable, pop: false }]);
            if index < 64 {
                all.push(I::Store { to: variable, pop: true });
            }
        }
        all.push(I::PushLiteral(index));
        for args in [0, 1, 2, 3, 4, 7, 8, 15] {
            all.extend([I::Send { selector: index, args }, I::SuperSend { selector: index, args }]);
        }
    }
    all.extend([1, 8, 9, 255, 256, 1023].map(I::Jump));
    all.extend([-4, -255, -257, -1000].map(I::Jump));
    all.extend(
        [true, false].into_iter().flat_map(|condition| [1, 8, 9, 255, 256, 1023].map(|distance| I::JumpIf(condition, distance))),
    );
    all.extend([0, 1, 127].into_iter().flat_map(|size| [true, false].map(|pop| I::PushNewArray { size, pop })));
    all
}

#[test]
fn what_is_encoded_is_decoded() {
    let check = |set, encode: fn(Instruction, &mut Vec<u8>) -> Result<(), super::Limit>, instruction| {
        let mut bytes = Vec::new();
        encode(instruction, &mut bytes).unwrap_or_else(|limit| panic!("{instruction:?}: {limit}"));
        assert_eq!(decode(set, &bytes, 0), Some((instruction, bytes.len())), "{bytes:?}");
    };
    use Instruction as I;
    let v3_only = [I::PushInteger(-1), I::PushInteger(2), I::PushClosure { args: 15, copied: 15, size: 65535 }];
    let sista_only = [
        I::PushInteger(-32768),
        I::PushInteger(32767),
        I::PushCharacter(65),
        I::PushThisProcess,
        I::PushFullClosure { literal: 300, copied: 5, receiver_on_stack: true, no_outer: false },
        I::DirectedSuperSend { selector: 40, args: 9 },
        I::Send { selector: 9000, args: 3 },
        I::JumpIf(true, 32767),
        I::Nop,
    ];
    instructions().into_iter().chain(v3_only).for_each(|instruction| check(BytecodeSet::V3PlusClosures, v3::encode, instruction));
    instructions().into_iter().chain(sista_only).for_each(|instruction| check(BytecodeSet::SistaV1, sista::encode, instruction));
}

#[test]
fn blocks_that_only_answer_a_literal_are_literals() {
    let constants = "x ^ {[]. [3]. [:p | 'abc']. [:p :q :r | #(1)]. [nil]. [(true)]}";
    let code = code(constants, &Options::PHARO_12);
    let blocks: Vec<(u8, String)> = code
        .literals
        .iter()
        .filter_map(|literal| match literal {
            Literal::ConstantBlock(block) => Some((block.code.arguments, print_literal(&block.value))),
            _ => None,
        })
        .collect();
    let expected = [(0, "nil"), (0, "3"), (1, "'abc'"), (3, "#(1)"), (0, "nil"), (0, "true")];
    assert_eq!(blocks, expected.map(|(arguments, value)| (arguments, value.to_string())));
    assert!(!code.literals.iter().any(|literal| matches!(literal, Literal::Block(_))));
    // They are code too, which answers the same.
    let Literal::ConstantBlock(text) = &code.literals[2] else { panic!("{:?}", code.literals[2]) };
    assert_eq!(listing(&text.code), ["push 'abc'", "BlockReturn(Top)"]);
    assert_eq!(text.code.literals.last(), Some(&Literal::OuterCode));

    let others = "x: t ^ {[:p | p]. [t]. [self]. [^ 3]. [3. 4]. [:p :q :r :s | 3]. [{}]. [[3]]}";
    let full = |options: &Options| {
        let code = compile_method(others, &World, options).code.unwrap();
        code.literals.iter().filter(|literal| matches!(literal, Literal::Block(_))).count()
    };
    assert_eq!(full(&Options::PHARO_12), 8);
    let off = format!("x <compilerOptions: #(- optionConstantBlockClosure)> {}", &constants[1..]);
    for (source, options) in [(constants, &Options::PHARO_10), (&*off, &Options::PHARO_12)] {
        let code = compile_method(source, &World, options).code.unwrap();
        assert!(!code.literals.iter().any(|literal| matches!(literal, Literal::ConstantBlock(_))), "{source}");
    }
}

/// An image that can call functions of libraries.
struct Foreign;

impl Environment for Foreign {
    fn lookup(&self, name: &str) -> Option<Binding> {
        World.lookup(name)
    }

    fn has_foreign_calls(&self) -> bool {
        true
    }
}

#[test]
fn functions_of_libraries_are_primitive_120_with_the_function_first() {
    let source = "x: i <cdecl: void 'f' (long) module: 'm' error: ec> ^ 'abc' , ec";
    for options in [&Options::PHARO_8, &SISTA] {
        let code = compile_method(source, &Foreign, options).code.unwrap();
        assert_eq!((code.primitive, code.temporaries), (Some(120), 2));
        let Literal::Foreign(function) = &code.literals[0] else { panic!("{:?}", code.literals[0]) };
        assert_eq!((function.symbols().collect::<Vec<_>>(), function.error.as_deref()), (vec!["f", "m"], Some("ec")));
    }
    let refused = compile_method(source, &World, &Options::CUIS);
    assert!(refused.code.is_none());
    let told = refused.diagnostics[0].render("x", source).to_string();
    assert!(told.starts_with("x:1:6: error: this image cannot call functions of libraries"), "{told}");
}

/// Sources that use most of the language.
const SOURCES: [&str; 5] = [
    "x: i <cdecl: threaded void* 'f' (long char* ... Foo*) module: 'm' error: ec> ^ #[1.5 2 -3e2] , #(#[1.0])",
    "at: i put: v <primitive: 60 error: ec> <foo: #(1 $a)> | t u | t := [:x :y | | z | z := x + y. u := z. ^ z]. i to: v by: -2 do: [:k | [t value: k] value]. ^ {t. u. ec} , #(1 #[2] (a b: #c 'd')) ; yourself",
    "x [a notNil and: [b isNil or: [^ nil]]] whileFalse: [a := [:n | n ifNil: [3] ifNotNil: [:m | [m] value]]]. ^ thisContext",
    "+ other ^ other caseOf: {[1] -> [16rFF]. [2] -> [1.5e-3s2]} otherwise: [super + 3.14s2; - 1]",
    "do: b \"comment\" | c | 1 to: 10 do: [:i | | j | j := i. c := [j := j + 1]. [:k | k ifTrue: [c] ifFalse: [j]] value: true]. ^ [:w | c value: w value: $' value: #+]",
];

#[test]
fn no_mutation_of_a_source_panics() {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut random = move |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % below as u64) as usize
    };
    let snippets: Vec<char> = "[](){}|^:=;.#$'\"<>` -0r9esaxAé_\n".chars().collect();
    for round in 0..10_000 {
        let mut source: Vec<char> = SOURCES[round % SOURCES.len()].chars().collect();
        for _ in 0..=random(4) {
            let at = random(source.len());
            match random(3) {
                0 => drop(source.remove(at)),
                1 => source.insert(at, snippets[random(snippets.len())]),
                _ => source[at] = snippets[random(snippets.len())],
            }
        }
        let source: String = source.into_iter().collect();
        for options in [&Options::PHARO_8, &SISTA, &Options::CUIS] {
            let compilation = compile_method(&source, &Foreign, options);
            if let Some(code) = compilation.code {
                listing(&code);
            }
            compilation.diagnostics.iter().for_each(|diagnostic| drop(diagnostic.render("test", &source).to_string()));
        }
    }
}
