//! Tests on the image that `kernel/` makes: what is loaded into it, and what is refused.

use crate::bootstrap::{Sources, bootstrap};
use crate::codegen::Options;
use crate::load::{LoadOptions, Table, Tally, load};
use crate::packages::Packages;
use crate::world::World;
use osvm_core::bytecode::BytecodeSet;
use osvm_core::heap::{AllocRegion, Heap};
use osvm_core::image;
use osvm_core::oop::Oop;
use std::path::Path;
use std::sync::OnceLock;

/// The image of the class library, which has not run.
fn kernel() -> Heap {
    static BYTES: OnceLock<Vec<u8>> = OnceLock::new();
    let bytes = BYTES.get_or_init(|| {
        let sources =
            Sources::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel")).expect("the class library is there");
        let image = bootstrap(&sources, BytecodeSet::SistaV1).unwrap_or_else(|error| panic!("{error}"));
        let mut bytes = Vec::new();
        image.write(&mut bytes).unwrap();
        bytes
    });
    let region = AllocRegion::new(64 << 20).unwrap();
    image::load(&mut &bytes[..], Box::new(region), Default::default()).unwrap().heap
}

fn options(keep_going: bool) -> LoadOptions {
    LoadOptions { compile: Options { set: BytecodeSet::SistaV1, class_is_special: true, ..Options::PHARO_8 }, keep_going }
}

/// What files have in them.
fn packages(files: &[&str]) -> Packages {
    let mut packages = Packages::default();
    for (index, text) in files.iter().enumerate() {
        packages.add_text(format!("{index}.st"), (*text).into());
    }
    packages
}

/// Loads files into a heap, and what is right of them if `keep_going`; answers the messages of what is wrong.
fn load_into(heap: &mut Heap, files: &[&str], keep_going: bool) -> Vec<String> {
    let packages = packages(files);
    let report = load(heap, &packages, &options(keep_going), &mut |_| {}).unwrap();
    assert_eq!(image::verify(heap), Vec::<String>::new());
    report.problems.iter().map(|(_, problem)| problem.message.clone()).collect()
}

/// What is wrong with files for the image of the class library.
fn problems(files: &[&str]) -> Vec<String> {
    load_into(&mut kernel(), files, false)
}

/// A class in Tonel with more in its header.
fn class(name: &str, superclass: &str, more: &str) -> String {
    format!("Class {{\n\t#name : #{name},\n\t#superclass : #{superclass},\n{more}\t#category : #X\n}}\n")
}

/// All classes of this name in a heap, in their order.
fn classes_named(heap: &Heap, name: &str) -> Vec<Oop> {
    World::read(heap).classes().filter(|&class| heap.class_name(class) == name).collect()
}

/// The names of the superclasses of a class.
fn superclasses(heap: &Heap, name: &str) -> Vec<String> {
    let class = World::read(heap).class(name).unwrap();
    let up = |&class: &Oop| Some(heap.follow(heap.fetch(class, 0))).filter(|&class| class != heap.nil());
    std::iter::successors(Some(class), up).skip(1).map(|class| heap.class_name(class)).collect()
}

#[test]
fn loops_through_classes_of_the_image_are_told() {
    let told = |name: &str| vec![format!("{name} is a superclass of itself")];
    assert_eq!(problems(&[&class("Magnitude", "Integer", "")]), told("Magnitude"));
    assert_eq!(problems(&[&class("Object", "Array", "")]), told("Object"));
    assert_eq!(problems(&[&class("OA", "OB", ""), &class("OB", "OA", "")]), told("OA"));
    assert_eq!(problems(&[&class("Number", "OA", ""), &class("OA", "Integer", "")]), told("Number"));
}

#[test]
fn classes_of_the_image_change_their_places() {
    let mut heap = kernel();
    let chain = [class("OA", "Object", ""), class("OB", "OA", ""), class("OC", "OB", "")];
    assert_eq!(load_into(&mut heap, &[&chain[0], &chain[1], &chain[2]], false), Vec::<String>::new());
    // OA goes below OC, which the packages do not have, and OB away from OA.
    assert_eq!(load_into(&mut heap, &[&class("OA", "OC", ""), &class("OB", "Object", "")], false), Vec::<String>::new());
    assert_eq!(superclasses(&heap, "OA"), ["OC", "OB", "Object"]);
}

#[test]
fn a_class_that_is_left_out_stays_among_superclasses() {
    let mut heap = kernel();
    let chain = [class("OA", "Object", ""), class("OB", "OA", ""), class("OC", "OB", "")];
    load_into(&mut heap, &[&chain[0], &chain[1], &chain[2]], false);
    let bytes = class("OB", "Object", "\t#type : #bytes,\n\t#instVars : [ 'a' ],\n");
    let said = load_into(&mut heap, &[&class("OA", "OC", ""), &bytes], true);
    assert_eq!(
        said,
        ["OB has bytes or words in its instances, and cannot have instance variables", "OA is a superclass of itself"]
    );
    assert_eq!(superclasses(&heap, "OC"), ["OB", "OA", "Object"]);
}

#[test]
fn a_class_that_is_no_global_is_not_loaded_into() {
    let mut heap = kernel();
    let (old, new) = (class("OA", "Object", "\t#instVars : [ 'old' ],\n"), class("OA", "Object", "\t#instVars : [ 'new' ],\n"));
    load_into(&mut heap, &[&old], false);
    let association = World::read(&heap).global("OA").unwrap();
    let nil = heap.nil();
    heap.store(association, 1, nil);
    load_into(&mut heap, &[&new], false);
    let world = World::read(&heap);
    let fields = classes_named(&heap, "OA").into_iter().map(|class| world.field_names(&heap, class).concat());
    assert_eq!(fields.collect::<Vec<_>>(), ["old", "new"]);
    assert_eq!(world.field_names(&heap, world.class("OA").unwrap()), ["new"]);
    // The global decides, and not which of the two comes last.
    let association = world.global("OA").unwrap();
    let first = classes_named(&heap, "OA")[0];
    heap.store(association, 1, first);
    assert_eq!(World::read(&heap).class("OA"), Some(first));
    // Subclasses that no name leads to get the fields of their superclasses all the same.
    load_into(&mut heap, &[&class("OB", "OA", "")], false);
    let association = World::read(&heap).global("OB").unwrap();
    heap.store(association, 1, nil);
    load_into(&mut heap, &[&class("OB", "Object", ""), &new], false);
    let world = World::read(&heap);
    let fields = classes_named(&heap, "OB").into_iter().map(|class| world.field_names(&heap, class).concat());
    assert_eq!(fields.collect::<Vec<_>>(), ["new", ""]);
    assert_eq!(heap.instance_spec(classes_named(&heap, "OB")[0]).unwrap().0, 1);
}

#[test]
fn a_global_that_is_no_class_does_not_become_one() {
    assert_eq!(problems(&[&class("Smalltalk", "Object", "")]), ["Smalltalk is a global of the image that is no class"]);
    // A variable that is nil does.
    let mut heap = kernel();
    let transcript = World::read(&heap).global("Transcript").unwrap();
    let nil = heap.nil();
    heap.store(transcript, 1, nil);
    assert_eq!(load_into(&mut heap, &[&class("Transcript", "Object", "")], false), Vec::<String>::new());
    let world = World::read(&heap);
    assert_eq!(world.class("Transcript"), Some(heap.fetch(world.global("Transcript").unwrap(), 1)));
    let globals = Table::dictionary(world.globals().unwrap().dictionary).elements(&heap);
    let keys = globals.into_iter().map(|association| heap.text(heap.fetch(association, 0)));
    assert_eq!(keys.filter(|key| key.as_deref() == Some("Transcript")).count(), 1);
}

/// Names of the fields of a class's instances, and of the class itself behind those that every class has.
fn variables(heap: &Heap, name: &str) -> [Vec<String>; 2] {
    let world = World::read(heap);
    let class = world.class(name).unwrap();
    let of_all = world.field_names(heap, world.class("Class").unwrap()).len();
    [world.field_names(heap, class), world.field_names(heap, heap.class_of(class)).split_off(of_all)]
}

#[test]
fn variables_of_traits_are_those_of_both_sides() {
    let variables_in = |text: &str| format!("Trait {{\n\t#name : #{text},\n\t#category : #X\n}}\n");
    let traits = [
        variables_in("TA,\n\t#instVars : [ 'a' ],\n\t#classInstVars : [ 'classA' ]"),
        variables_in("TB,\n\t#traits : 'TA',\n\t#instVars : [ 'b' ],\n\t#classInstVars : [ 'classB', 'classA' ]"),
    ];
    let classes = [
        class("OA", "Object", "\t#traits : 'TA',\n\t#classTraits : 'TA classTrait',\n\t#classInstVars : [ 'own' ],\n"),
        // What is inherited is not had again.
        class("OB", "OA", "\t#traits : 'TB',\n\t#classTraits : 'TB classTrait',\n\t#instVars : [ 'own' ],\n"),
    ];
    let mut heap = kernel();
    assert_eq!(load_into(&mut heap, &[&traits[0], &traits[1], &classes[0], &classes[1]], false), Vec::<String>::new());
    assert_eq!(variables(&heap, "OA"), [vec!["a"], vec!["classA", "own"]]);
    assert_eq!(variables(&heap, "OB"), [vec!["a", "b", "own"], vec!["classA", "own", "classB"]]);
    // A definition in chunks does not speak of the class side.
    let chunk = "OA subclass: #OC uses: TB instanceVariableNames: '' classVariableNames: '' category: 'X'!";
    assert_eq!(load_into(&mut heap, &[&traits[0], &traits[1], chunk], false), Vec::<String>::new());
    assert_eq!(variables(&heap, "OC"), [vec!["a", "b"], vec!["classA", "own", "classB"]]);
}

#[test]
fn definitions_that_cannot_be_right_are_told() {
    let with = |more: &str| problems(&[&class("OA", "Association", more)]);
    assert_eq!(with("\t#instVars : [ #a, #a ],\n"), ["OA has two instance variables a"]);
    assert_eq!(with("\t#instVars : [ 'key' ],\n"), ["OA has an instance variable key, and inherits one"]);
    assert_eq!(with("\t#classInstVars : [ 'name' ],\n"), ["OA has an instance variable name, and inherits one"]);
    let no_name = |name: &str| format!("OA has a variable {name}, which is no name of a variable");
    assert_eq!(with("\t#instVars : [ #self, #true, 'a b', '' ],\n"), ["self", "true", "a b", ""].map(no_name));
    assert_eq!(with("\t#classVars : [ #nil ],\n"), [no_name("nil")]);
    for name in ["lowerName", "'a b'", "'nil'", "'3A'", "_A"] {
        let told = problems(&[&class(name, "Object", "")]);
        assert!(told.len() == 1 && told[0].contains(" is no name of a class: "), "{told:?}");
    }
    assert_eq!(problems(&["Object subclass: #lower!"]).len(), 1);
    assert_eq!(problems(&["Class {\n\t#name : #OA,\n\t#superClass : #Object\n}\n"]), ["there is no #superclass in the header"]);
    assert_eq!(problems(&["Class {\n\t#name : #OA,\n\t#superclass : nil\n}\n"]), Vec::<String>::new());
    assert_eq!(with("\t#instVars : 'a b',\n"), ["#instVars is no list of names, such as [ 'a', 'b' ]"]);
    assert_eq!(with("\t#pools : [ 3 ],\n"), ["#pools is no list of names, such as [ 'a', 'b' ]"]);
}

#[test]
fn a_variable_that_subclasses_have_already_is_told() {
    let (above, below) = (class("OA", "Object", ""), class("OB", "OA", "\t#instVars : [ 'a' ],\n"));
    let mut heap = kernel();
    load_into(&mut heap, &[&above, &below], false);
    let said = load_into(&mut heap, &[&class("OA", "Object", "\t#instVars : [ 'a' ],\n")], true);
    assert_eq!(said, ["OB has an instance variable a already, which it would inherit now"]);
    // A variable moves up.
    let mut heap = kernel();
    load_into(&mut heap, &[&above, &below], false);
    let moved = [class("OA", "Object", "\t#instVars : [ 'a' ],\n"), class("OB", "OA", "")];
    assert_eq!(load_into(&mut heap, &[&moved[0], &moved[1]], false), Vec::<String>::new());
    assert_eq!(variables(&heap, "OB")[0], ["a"]);
}

#[test]
fn the_class_library_is_loaded_into_its_own_image() {
    let mut heap = kernel();
    let packages = Packages::read(&[Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel")]).unwrap();
    let report = load(&mut heap, &packages, &options(false), &mut |_| {}).unwrap();
    assert_eq!(report.rendered().collect::<Vec<_>>(), Vec::<String>::new());
    assert!(report.new_classes.is_empty() && report.changed_classes.is_empty() && report.new_methods == 0);
}

#[test]
fn comments_of_classes_that_no_file_defines_before_are_kept() {
    let chunks = "Object comment: 'I am above all.'!\n!Array commentStamp: 'me' prior: 0!\nI have places.!\n\
        Array comment: ''!\n!OA commentStamp: 'me' prior: 0!\nI come later.!\nObject subclass: #OA!\nONone comment: 'I am not here.'!\n";
    let (mut heap, packages) = (kernel(), packages(&[chunks]));
    let report = load(&mut heap, &packages, &options(false), &mut |_| {}).unwrap();
    assert_eq!(report.comments, Tally { given: 4, kept: 3 });
    let world = World::read(&heap);
    let field = world.field_names(&heap, world.class("Class").unwrap()).iter().position(|name| name == "comment").unwrap();
    let comment = |name: &str| heap.text(heap.fetch(world.class(name).unwrap(), field)).unwrap();
    assert_eq!(["Object", "Array", "OA"].map(comment), ["I am above all.", "I have places.", "I come later."]);
}
