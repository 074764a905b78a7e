//! Tests of methods as objects.

use super::{InstallError, Linker, install_method};
use crate::codegen::{Options, compile_method};
use crate::semantics::{Binding, Environment, VariableId};
use osvm_core::bytecode::{BytecodeSet, MethodHeader};
use osvm_core::heap::Heap;
use osvm_core::object::Format;
use osvm_core::oop::Oop;
use osvm_core::testing::TestImage;
use std::collections::HashMap;

struct World;

impl Environment for World {
    fn lookup(&self, name: &str) -> Option<Binding> {
        (name == "Global").then_some(Binding::Variable(VariableId(0)))
    }
}

/// Symbols by their texts, classes by their names.
struct TestLinker {
    symbols: HashMap<String, Oop>,
    classes: HashMap<&'static str, Oop>,
    variable: Oop,
    class_binding: Oop,
}

impl Linker for TestLinker {
    fn symbol(&mut self, heap: &mut Heap, text: &str) -> Result<Oop, InstallError> {
        let symbol = heap.string(text)?;
        Ok(*self.symbols.entry(text.into()).or_insert(symbol))
    }

    fn variable(&mut self, _: VariableId) -> Oop {
        self.variable
    }

    fn class_binding(&mut self) -> Oop {
        self.class_binding
    }

    fn class(&mut self, _: &Heap, name: &str) -> Option<Oop> {
        self.classes.get(name).copied()
    }
}

fn image(names: &[(&'static str, Format, usize)]) -> (TestImage, TestLinker) {
    let mut image = TestImage::new();
    let classes = names.iter().map(|&(name, format, fields)| (name, image.new_class(name, format, fields))).collect();
    let association = image.class("Association");
    let variable = image.heap.instantiate(association, 0).unwrap();
    let class_binding = image.heap.instantiate(association, 0).unwrap();
    (image, TestLinker { symbols: HashMap::new(), classes, variable, class_binding })
}

fn install(source: &str, set: BytecodeSet, image: &mut TestImage, linker: &mut TestLinker) -> Result<Oop, InstallError> {
    let compilation = compile_method(source, &World, &Options { set, ..Options::PHARO_8 });
    install_method(&mut image.heap, &compilation.code.expect("the source is right"), linker)
}

const CLASSES: [(&str, Format, usize); 5] = [
    ("CompiledBlock", Format::COMPILED_METHOD, 0),
    ("ScaledDecimal", Format::FIXED, 3),
    ("WideString", Format::WORDS_32, 0),
    ("AdditionalMethodState", Format::INDEXABLE_FIXED, 2),
    ("Pragma", Format::FIXED, 3),
];

#[test]
fn literals_are_objects() {
    let (mut image, mut linker) = image(&CLASSES);
    let source = "x ^ {100. 1e30. 1.5. 3.25s2. $a. 'é'. 'λ'. #foo. #(1 #b). #[1 2]. Global}";
    let method = install(source, BytecodeSet::V3PlusClosures, &mut image, &mut linker).unwrap();
    let heap = &image.heap;
    let literals: Vec<Oop> = heap.slots(method)[1..].to_vec();
    let [small, large, float, scaled, character, latin, wide, symbol, array, bytes, variable, selector, class] = literals[..]
    else {
        panic!("{}", literals.len())
    };
    assert_eq!((small.as_small_int(), heap.class_name(heap.class_of(large)).as_str()), (Some(100), "LargePositiveInteger"));
    assert_eq!((heap.float_value(float), character.as_character()), (Some(1.5), Some(97)));
    assert_eq!(heap.slots(scaled).iter().map(|part| part.as_small_int()).collect::<Vec<_>>(), [Some(13), Some(4), Some(2)]);
    assert_eq!((heap.bytes(latin), heap.bytes(wide), heap.bytes(bytes)), (&[233][..], &[0xBB, 3, 0, 0][..], &[1, 2][..]));
    assert_eq!((symbol, heap.fetch(array, 1)), (linker.symbols["foo"], linker.symbols["b"]));
    assert_eq!((variable, selector, class), (linker.variable, linker.symbols["x"], linker.class_binding));
}

#[test]
fn a_method_is_what_was_compiled() {
    let (mut image, mut linker) = image(&CLASSES);
    let source = "x: y ^ y foo";
    let code = compile_method(source, &World, &Options::PHARO_8).code.unwrap();
    let method = install(source, BytecodeSet::V3PlusClosures, &mut image, &mut linker).unwrap();
    let header = MethodHeader::of(&image.heap, method).unwrap();
    assert_eq!((header.args(), header.temps(), header.literals()), (1, 1, 3));
    let bytes = &image.heap.bytes(method)[header.initial_pc()..];
    assert_eq!(bytes, [&code.bytecodes[..], &[0; 4]].concat());
}

#[test]
fn blocks_know_their_method() {
    let (mut image, mut linker) = image(&CLASSES);
    let method = install("x ^ [[3 foo]]", BytecodeSet::SistaV1, &mut image, &mut linker).unwrap();
    let outer = image.heap.fetch(method, 1);
    let inner = image.heap.fetch(outer, 1);
    for (block, code) in [(outer, method), (inner, outer)] {
        assert_eq!(image.heap.class_of(block), linker.classes["CompiledBlock"]);
        assert_eq!(image.heap.fetch(block, image.heap.literal_count(block)), code);
        assert_eq!(MethodHeader::of(&image.heap, block).unwrap().set(), BytecodeSet::SistaV1);
    }
}

#[test]
fn pragmas_are_kept_where_the_image_has_them() {
    let (mut image, mut linker) = image(&CLASSES);
    let method = install("x <foo: 3> <bar>", BytecodeSet::V3PlusClosures, &mut image, &mut linker).unwrap();
    let state = image.heap.fetch(method, 1);
    assert_eq!(image.heap.slots(state)[..2], [method, linker.symbols["x"]]);
    let pragma = image.heap.fetch(state, 2);
    assert_eq!(image.heap.fetch(pragma, 2), linker.symbols["foo:"]);
    assert_eq!(image.heap.fetch(image.heap.fetch(pragma, 1), 0), Oop::from_small_int(3));
}

#[test]
fn a_class_that_is_missing_is_named() {
    let (mut image, mut linker) = image(&[]);
    let error = install("x ^ 1.5s", BytecodeSet::V3PlusClosures, &mut image, &mut linker).unwrap_err();
    assert_eq!(error.to_string(), "the image has no class ScaledDecimal, of which a literal is an instance");
    let plain = install("x <foo>", BytecodeSet::V3PlusClosures, &mut image, &mut linker).unwrap();
    assert_eq!(image.heap.fetch(plain, 1), linker.symbols["x"]);
}
