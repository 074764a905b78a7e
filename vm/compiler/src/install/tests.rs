//! Tests of methods as objects.

use super::{InstallError, Linker, install_method};
use crate::codegen::{Options, compile_method};
use crate::load::{Rule, Table, method_dictionary};
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

    fn has_foreign_calls(&self) -> bool {
        true
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

#[test]
fn constant_blocks_are_closures() {
    let (mut image, mut linker) = image(&CLASSES);
    let fields = ["outerContext", "compiledBlock", "numArgs", "literal"];
    let class = image.new_class_with_names("ConstantBlockClosure2Arg", Format::INDEXABLE_FIXED, &fields);
    linker.classes.insert("ConstantBlockClosure2Arg", class);
    let compiled = |source: &str| compile_method(source, &World, &Options::PHARO_12).code.unwrap();
    let method = install_method(&mut image.heap, &compiled("x ^ [:a :b | #foo]"), &mut linker).unwrap();
    let closure = image.heap.fetch(method, 1);
    assert_eq!((image.heap.class_of(closure), image.heap.num_slots(closure)), (class, 4));
    let code = image.heap.fetch(closure, 1);
    assert_eq!(image.heap.class_of(code), linker.classes["CompiledBlock"]);
    assert_eq!(image.heap.fetch(code, image.heap.literal_count(code)), method);
    let expected = [image.heap.nil(), code, Oop::from_small_int(2), linker.symbols["foo"]];
    assert_eq!(image.heap.slots(closure), expected);
    let error = install_method(&mut image.heap, &compiled("x ^ [3]"), &mut linker).unwrap_err();
    assert_eq!(error.to_string(), "the image has no class ConstantBlockClosure, of which a literal is an instance");
}

/// A dictionary with these keys and values, of which a class variable is the only reference.
fn class_variable(image: &mut TestImage, class: Oop, variables: &[(&str, &[(&str, Oop)])]) {
    let association_class = image.class("Association");
    let dictionary_class = image.new_class("Dictionary", Format::FIXED, 2);
    let association = |image: &mut TestImage, key: &str, value: Oop| {
        let association = image.heap.instantiate(association_class, 0).unwrap();
        let key = image.heap.string(key).unwrap();
        image.heap.store(association, 0, key);
        image.heap.store(association, 1, value);
        association
    };
    let dictionary = |image: &mut TestImage, elements: &[Oop]| {
        let dictionary = image.heap.instantiate(dictionary_class, 0).unwrap();
        let empty = image.heap.array(&[image.heap.nil(); 11]).unwrap();
        image.heap.store(dictionary, 0, Oop::ZERO);
        image.heap.store(dictionary, 1, empty);
        Table::dictionary(dictionary).add_all(&mut image.heap, Rule::Text(52 << 8), elements).unwrap();
        dictionary
    };
    let mut of_class = Vec::new();
    for (name, entries) in variables {
        let entries: Vec<Oop> = entries.iter().map(|&(key, value)| association(image, key, value)).collect();
        let value = dictionary(image, &entries);
        of_class.push(association(image, name, value));
    }
    let pool = dictionary(image, &of_class);
    image.heap.store(class, 7, pool);
}

#[test]
fn functions_of_libraries_know_their_types() {
    let (mut image, mut linker) = image(&[("WordArray", Format::WORDS_32, 0), ("WeakValueAssociation", Format::FIXED, 2)]);
    let fields = ["handle", "flags", "argTypes", "name", "module", "errorCodeName"];
    let function = image.new_class_with_names("ExternalLibraryFunction", Format::FIXED, &fields);
    let type_fields = ["compiledSpec", "referentClass", "referencedType"];
    let types = image.new_class_with_names("ExternalType", Format::FIXED, &type_fields);
    let made: Vec<Oop> = (0..4).map(|_| image.heap.instantiate(types, 0).unwrap()).collect();
    let [long, long_pointer, char, char_pointer] = made[..] else { unreachable!("four were made") };
    image.heap.store(long, 2, long_pointer);
    image.heap.store(char, 2, char_pointer);
    // Cuis calls a long int32.
    class_variable(&mut image, types, &[("AtomicTypes", &[("int32", long), ("char", char)]), ("StructTypes", &[])]);
    linker.classes.extend([("ExternalLibraryFunction", function), ("ExternalType", types)]);

    let source = "x <apicall: threaded long 'f' (char* Thing* Thing) module: 'm' error: ec>";
    let method = install(source, BytecodeSet::V3PlusClosures, &mut image, &mut linker).unwrap();
    let heap = &image.heap;
    let literal = heap.fetch(method, 1);
    assert_eq!(heap.class_of(literal), function);
    let field = |index: usize| heap.fetch(literal, index);
    assert_eq!((field(0), field(1)), (heap.nil(), Oop::from_small_int(257)));
    assert_eq!([field(3), field(4)], [linker.symbols["f"], linker.symbols["m"]]);
    assert_eq!(heap.text(field(5)).as_deref(), Some("ec"));
    let arguments = heap.slots(field(2)).to_vec();
    assert_eq!(arguments[..2], [long, char_pointer]);
    // A type that nobody knows is a structure, and known from then on.
    assert_eq!(heap.fetch(arguments[3], 2), arguments[2]);
    assert_eq!(heap.fetch(arguments[2], 2), arguments[3]);
    let spec = |oop: Oop| u32::from_le_bytes(heap.bytes(heap.fetch(oop, 0))[..4].try_into().unwrap());
    assert_eq!((spec(arguments[3]), spec(arguments[2])), (0x1_0000, 0x2_0008));
    let again = install("y <cdecl: Thing 'g' ()>", BytecodeSet::SistaV1, &mut image, &mut linker).unwrap();
    let literal = image.heap.fetch(again, 1);
    assert_eq!(image.heap.slots(image.heap.fetch(literal, 2)), [arguments[3]]);
}

#[test]
fn arrays_of_floats_are_of_the_class_that_prints_them() {
    let source = "x ^ #[1.5 2]";
    let compilation = compile_method(source, &World, &Options::CUIS);
    let code = compilation.code.unwrap();
    let (mut image, mut linker) = image(&[("Float64Array", Format::WORDS_64, 0), ("Float32Array", Format::WORDS_32, 0)]);
    let dictionary = image.new_class("MethodDictionary", Format::INDEXABLE_FIXED, 2);
    let model = image.heap.instantiate(dictionary, 2).unwrap();
    let selector = image.heap.string("isLiteral").unwrap();
    let methods = method_dictionary(&mut image.heap, model, &[(selector, Oop::ZERO)]).unwrap();
    let narrow: Vec<u8> = [1.5f32, 2.0].iter().flat_map(|float| float.to_le_bytes()).collect();
    let wide: Vec<u8> = [1.5f64, 2.0].iter().flat_map(|float| float.to_le_bytes()).collect();
    for (name, bytes) in [("Float32Array", narrow), ("Float64Array", wide)] {
        let nil = image.heap.nil();
        linker.classes.values().for_each(|&class| image.heap.store(class, 1, nil));
        image.heap.store(linker.classes[name], 1, methods);
        let method = install_method(&mut image.heap, &code, &mut linker).unwrap();
        let array = image.heap.fetch(method, 1);
        assert_eq!(image.heap.class_of(array), linker.classes[name]);
        assert_eq!(image.heap.bytes(array), bytes);
    }
    linker.classes.clear();
    let error = install_method(&mut image.heap, &code, &mut linker).unwrap_err();
    assert_eq!(error.to_string(), "the image has no class Float32Array, of which a literal is an instance");
}
