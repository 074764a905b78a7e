//! Tests on small heaps: hashed collections of both kinds of rules, code that follows its fields, the order of classes.

mod kernel;

use super::hashed::{Rule, Table, method_dictionary, methods, rule_of};
use super::rewrite::{Failure, Rewritten, rewrite};
use super::{LoadOptions, Report, plan::Plan};
use crate::codegen::{CompiledCode, Options, compile_method};
use crate::packages::Packages;
use crate::semantics::{Binding, Environment};
use crate::world::World;
use osvm_core::bytecode::{BytecodeSet, MethodHeader, disassemble};
use osvm_core::object::Format;
use osvm_core::oop::Oop;
use osvm_core::testing::TestImage;

fn symbol(image: &mut TestImage, text: &str) -> Oop {
    let class = image.class("ByteSymbol");
    let index = image.heap.class_table_index(class).unwrap();
    image.heap.byte_object(index, text.as_bytes()).unwrap()
}

/// A dictionary, or a set with a flag, with room for five.
fn collection(image: &mut TestImage, fields: usize) -> Oop {
    let class = image.new_class("Collection", Format::FIXED, fields);
    let oop = image.heap.instantiate(class, 0).unwrap();
    let flag = if fields > 2 { image.heap.string("flag").unwrap() } else { image.heap.nil() };
    let array = image.heap.array(&[flag; 5]).unwrap();
    image.heap.store(oop, 0, Oop::ZERO);
    image.heap.store(oop, 1, array);
    if fields > 2 {
        image.heap.store(oop, 2, flag);
    }
    oop
}

fn association(image: &mut TestImage, key: Oop) -> Oop {
    let class = image.class("Association");
    let association = image.heap.instantiate(class, 0).unwrap();
    image.heap.store(association, 0, key);
    association
}

#[test]
fn dictionaries_grow_and_tell_their_rule() {
    for rule in [Rule::Identity(8), Rule::Identity(0), Rule::Text(52 << 8), Rule::Text(0)] {
        let mut image = TestImage::new();
        let table = Table::dictionary(collection(&mut image, 2));
        for index in 0..100 {
            let key = symbol(&mut image, &format!("key{index}"));
            let element = association(&mut image, key);
            table.add_all(&mut image.heap, rule, &[element]).unwrap();
        }
        assert_eq!((table.elements(&image.heap).len(), image.heap.fetch(table.oop, 0)), (100, Oop::from_small_int(100)));
        assert_eq!(rule_of(&image.heap, &[table]), rule);
        table.keep(&mut image.heap, rule, |heap, element| heap.text(heap.fetch(element, 0)).unwrap().ends_with('7')).unwrap();
        assert_eq!((table.elements(&image.heap).len(), rule_of(&image.heap, &[table])), (10, rule));
    }
}

#[test]
fn a_set_of_symbols_has_a_flag_in_its_empty_places() {
    let mut image = TestImage::new();
    let table = Table::set(collection(&mut image, 3));
    let symbols: Vec<Oop> = (0..40).map(|index| symbol(&mut image, &format!("s{index}"))).collect();
    table.add_all(&mut image.heap, Rule::Text(52 << 8), &symbols).unwrap();
    let (array, flag) = (image.heap.fetch(table.oop, 1), image.heap.fetch(table.oop, 2));
    let empty = image.heap.slots(array).iter().filter(|&&slot| slot == flag).count();
    assert_eq!(empty + 40, image.heap.num_slots(array));
    assert_eq!(rule_of(&image.heap, &[table]), Rule::Text(52 << 8));
}

#[test]
fn method_dictionaries_are_found_in_by_identity() {
    let mut image = TestImage::new();
    let class = image.new_class("MethodDictionary", Format::INDEXABLE_FIXED, 2);
    let model = image.heap.instantiate(class, 32).unwrap();
    let pairs: Vec<(Oop, Oop)> =
        (0..50).map(|index| (symbol(&mut image, &format!("m{index}")), Oop::from_small_int(index))).collect();
    let dictionary = method_dictionary(&mut image.heap, model, &pairs).unwrap();
    let heap = &mut image.heap;
    let capacity = heap.num_slots(dictionary) - 2;
    assert!(capacity.is_power_of_two() && capacity >= 75);
    assert_eq!(methods(heap, dictionary).len(), 50);
    for (selector, value) in pairs {
        let start = heap.identity_hash(selector) as usize % capacity;
        let probes = (0..capacity).map(|step| (start + step) % capacity);
        let found = probes
            .take_while(|&i| heap.fetch(dictionary, 2 + i) != heap.nil())
            .find(|&i| heap.fetch(dictionary, 2 + i) == selector);
        assert_eq!(heap.fetch(heap.fetch(dictionary, 1), found.unwrap()), value);
    }
}

/// Instances with so many fields, called f0, f1 and so on from a first number.
struct Numbered {
    fields: Vec<String>,
}

impl Numbered {
    fn new(first: usize, count: usize) -> Numbered {
        Numbered { fields: (first..first + count).map(|index| format!("f{index}")).collect() }
    }
}

impl Environment for Numbered {
    fn lookup(&self, name: &str) -> Option<Binding> {
        self.fields.iter().position(|field| field == name).map(|index| Binding::Field(index as u16))
    }
}

fn compile(source: &str, environment: &Numbered, set: BytecodeSet) -> CompiledCode {
    compile_method(source, environment, &Options { set, ..Options::PHARO_8 }).code.expect("the source is right")
}

/// A method in the heap, without literals that mean anything.
fn install(image: &mut TestImage, code: &CompiledCode) -> Oop {
    let literals = vec![image.heap.nil(); code.literals.len()];
    let bytes = [&code.bytecodes[..], &[0; 4]].concat();
    let method = image.method(&literals, &bytes);
    image.heap.store(method, 0, Oop::from_small_int(code.header()));
    method
}

const SOURCES: [&str; 5] = [
    "x ^ f3",
    "x: a f3 := a. ^ f3 > 2 ifTrue: [ f4 := f3 + f5 ] ifFalse: [ f3 ]",
    "x [ f3 > 0 ] whileTrue: [ f3 := f3 - 1. f4 := f5 ]",
    "x ^ #(1 2) collect: [ :each | [ f3 := each + f4 ] value. f5 ]",
    "x f3 == f4 ifTrue: [ ^ f3 ]. f5 := f3",
];

#[test]
fn code_follows_its_fields_as_if_it_was_compiled_again() {
    for source in SOURCES {
        for before in [1, 5, 14] {
            // The fields are moved by as many as come before them.
            let code = compile(source, &Numbered::new(0, 6), BytecodeSet::V3PlusClosures);
            let mut shifted = Numbered::new(0, 6);
            shifted.fields.splice(0..0, (0..before).map(|index| format!("new{index}")));
            let expected = compile(source, &shifted, BytecodeSet::V3PlusClosures);
            let mut image = TestImage::new();
            let method = install(&mut image, &code);
            let expected = install(&mut image, &expected);
            let found = match rewrite(&mut image.heap, method, &|index| Some(index + before)).unwrap() {
                Rewritten::Replaced(new) => new,
                _ => method,
            };
            assert_eq!(disassemble(&image.heap, found), disassemble(&image.heap, expected), "{source} by {before}");
            let header = MethodHeader::of(&image.heap, found).unwrap();
            assert_eq!(image.heap.bytes(found)[header.initial_pc()..], image.heap.bytes(expected)[header.initial_pc()..]);
        }
    }
}

#[test]
fn code_in_sista_follows_too() {
    let source = "x: a f3 := a. ^ f3 > 2 ifTrue: [ f4 := f3 ] ifFalse: [ f3 ]";
    let code = compile(source, &Numbered::new(0, 6), BytecodeSet::SistaV1);
    let mut shifted = Numbered::new(0, 6);
    shifted.fields.splice(0..0, (0..14).map(|index| format!("new{index}")));
    let mut image = TestImage::new();
    let method = install(&mut image, &code);
    let expected = install(&mut image, &compile(source, &shifted, BytecodeSet::SistaV1));
    let Rewritten::Replaced(found) = rewrite(&mut image.heap, method, &|index| Some(index + 14)).unwrap() else {
        panic!("it needs more bytes")
    };
    assert_eq!(disassemble(&image.heap, found), disassemble(&image.heap, expected));
}

#[test]
fn a_field_that_is_gone_is_told() {
    let mut image = TestImage::new();
    let code = compile("x ^ f2 + 1", &Numbered::new(0, 4), BytecodeSet::V3PlusClosures);
    let method = install(&mut image, &code);
    assert_eq!(rewrite(&mut image.heap, method, &|index| (index != 2).then_some(index)), Err(Failure::Gone(2)));
    assert_eq!(rewrite(&mut image.heap, method, &Some), Ok(Rewritten::Same));
}

/// The plan of some chunks for an image without classes, and the messages of its problems.
fn plan(chunks: &str, check: impl FnOnce(&Plan<'_>, Vec<String>)) {
    let image = TestImage::new();
    let mut packages = Packages::default();
    packages.add_text("f.st", chunks.into());
    let mut report = Report::new(&packages, true);
    let options = LoadOptions { compile: Options::PHARO_8, keep_going: true };
    let plan = Plan::new(&packages, &options, &image.heap, &World::read(&image.heap), &mut report);
    let messages = report.problems.iter().map(|(_, problem)| problem.message.clone()).collect();
    check(&plan, messages);
}

#[test]
fn superclasses_come_first_and_loops_are_told() {
    plan("A subclass: #B!\nnil subclass: #A!\nB subclass: #C!\nE subclass: #D!\nD subclass: #E!\n", |plan, messages| {
        assert_eq!(plan.classes.iter().map(|class| class.name.as_str()).collect::<Vec<_>>(), ["A", "B", "C"]);
        assert_eq!(messages, ["D is a superclass of itself"]);
    });
}

#[test]
fn the_last_of_two_methods_holds_and_traits_give_way() {
    let chunks = "Trait named: #T uses: {} category: 'x'!\nTrait named: #U uses: {} category: 'x'!\n\
        nil subclass: #A uses: T + U instanceVariableNames: '' category: 'x'!\n\
        !T methodsFor: 'x'!\na\n\t^ 1!\nb\n\t^ 1!\nc\n\t^ self explicitRequirement! !\n\
        !U methodsFor: 'x'!\nb\n\t^ 2!\nc\n\t^ 3! !\n!A methodsFor: 'x'!\na\n\t^ 4!\na\n\t^ 5! !\n";
    plan(chunks, |plan, messages| {
        let mut methods: Vec<(&str, &str)> =
            plan.methods.iter().map(|method| (method.selector.as_str(), method.definition.source.text.as_str())).collect();
        methods.sort_unstable();
        assert_eq!(methods, [("a", "a\n\t^ 5"), ("b", "b\n\t^ 1"), ("c", "c\n\t^ 3")]);
        assert_eq!(messages, ["A gets b from T and from U"]);
    });
}

#[test]
fn what_is_required_is_seen_from_what_a_method_does() {
    let chunks = "Trait named: #T uses: {} category: 'x'!\nTrait named: #U uses: {} category: 'x'!\n\
        nil subclass: #A uses: T + U instanceVariableNames: '' category: 'x'!\n\
        !T methodsFor: 'x'!\na\n\t\"Others say self explicitRequirement\"\n\t^ 1!\n\
        b\n\tself\n\t\texplicitRequirement!\nc\n\t^ 'self explicitRequirement'! !\n\
        !U methodsFor: 'x'!\na\n\tself explicitRequirement!\nb\n\t^ 2!\nc\n\t^ self explicitRequirement! !\n";
    plan(chunks, |plan, messages| {
        let mut methods: Vec<(&str, &str)> =
            plan.methods.iter().map(|method| (method.selector.as_str(), method.definition.class_name.as_str())).collect();
        methods.sort_unstable();
        assert_eq!((methods, messages), (vec![("a", "T"), ("b", "U"), ("c", "T")], Vec::new()));
    });
}

#[test]
fn traits_that_use_themselves_are_told() {
    let chunks = "Trait named: #T uses: U + U category: 'x'!\nTrait named: #U uses: T + T category: 'x'!\n\
        Trait named: #V uses: T category: 'x'!\nnil subclass: #A uses: V + T instanceVariableNames: '' category: 'x'!\n\
        !U methodsFor: 'x'!\na\n\t^ 1! !\n";
    plan(chunks, |_, messages| assert_eq!(messages, ["the trait T uses itself", "the trait U uses itself"]));
}

#[test]
fn a_copy_of_a_method_follows_with_its_blocks() {
    let mut image = TestImage::new();
    let source = "x ^ [:k | f3 := k. [f4] value] value: f5";
    let before = compile(source, &Numbered::new(0, 6), BytecodeSet::SistaV1);
    let mut shifted = Numbered::new(0, 6);
    shifted.fields.insert(0, "new".into());
    let after = compile(source, &shifted, BytecodeSet::SistaV1);
    // The block of the block has the outer code as its last literal, as images have it.
    fn make(image: &mut TestImage, code: &CompiledCode, outer: Option<Oop>) -> Oop {
        let method = install(image, code);
        let count = code.literals.len();
        if let Some(outer) = outer {
            image.heap.store(method, count, outer);
        }
        for (index, literal) in code.literals.iter().enumerate() {
            if let crate::literal::Literal::Block(block) = literal {
                let block = make(image, block, Some(method));
                image.heap.store(method, 1 + index, block);
            }
        }
        method
    }
    let method = make(&mut image, &before, None);
    let expected = make(&mut image, &after, None);
    let original = disassemble(&image.heap, method);
    let copy = super::followed(&mut image.heap, method, &|index| Some(index + 1)).unwrap();
    let block_of = |code: Oop| {
        let literals = 1..image.heap.literal_count(code);
        let found = literals.map(|index| image.heap.fetch(code, index));
        found.into_iter().find(|&oop| oop.is_pointer() && image.heap.format(oop).is_compiled_method()).unwrap()
    };
    let chain = |method: Oop| [method, block_of(method), block_of(block_of(method))];
    for (copied, compiled) in chain(copy).into_iter().zip(chain(expected)) {
        assert_eq!(disassemble(&image.heap, copied), disassemble(&image.heap, compiled));
    }
    let [outer, block, inner] = chain(copy);
    let last = |code: Oop| image.heap.fetch(code, image.heap.literal_count(code));
    assert_eq!((last(block), last(inner)), (outer, block));
    // What it is a copy of stays as it was.
    assert_eq!((disassemble(&image.heap, method), last(block_of(method))), (original, method));
    assert_eq!(super::followed(&mut image.heap, method, &|index| (index != 4).then_some(index)), Err(Failure::Gone(4)));
}
