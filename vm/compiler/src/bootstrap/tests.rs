//! Tests of bootstraps: of the class library in `kernel/`, and of small sources.

use super::known::{KNOWN, Known};
use super::*;
use osvm_core::heap::AllocRegion;
use osvm_core::image::{load, verify};
use osvm_core::oop::Oop;
use std::path::Path;

const SETS: [BytecodeSet; 2] = [BytecodeSet::V3PlusClosures, BytecodeSet::SistaV1];

fn kernel() -> Sources {
    Sources::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../../kernel")).expect("the class library is there")
}

/// The classes that a VM needs and nothing else, all below Object, with a method for the start. Classes know their names.
fn smallest() -> Sources {
    let file = |known: &Known| {
        let more: &[&str] = match known.name {
            "Class" => &["name", "classPool"],
            "Metaclass" => &["thisClass"],
            _ => &[],
        };
        let fields: Vec<String> = known.fields.iter().chain(more).map(|field| format!("'{field}'")).collect();
        let superclass = if known.name == "Object" { "nil" } else { "#Object" };
        let (name, kind) = (known.name, known.kind.name());
        let start = if name == "SystemDictionary" { "\nSystemDictionary >> start [\n\t^ 3\n]\n" } else { "" };
        let text = format!(
            "Class {{\n\t#name : #{name},\n\t#superclass : {superclass},\n\t#type : #{kind},\n\t#instVars : [ {} ],\n\t#category : #Base\n}}\n{start}",
            fields.join(", ")
        );
        SourceFile { name: format!("{name}.class.st"), text }
    };
    Sources { files: KNOWN.iter().map(file).collect() }
}

/// These with one file more.
fn with(name: &str, text: &str) -> Sources {
    let mut sources = smallest();
    sources.files.push(SourceFile { name: name.into(), text: text.into() });
    sources
}

fn class(name: &str, superclass: &str, rest: &str) -> String {
    format!("Class {{\n\t#name : #{name},\n\t#superclass : #{superclass}{rest}\n}}\n")
}

fn image(sources: &Sources, set: BytecodeSet) -> Result<Image, String> {
    bootstrap(sources, set).map_err(|error| match &error {
        BootstrapError::Sources(problems) => problems.iter().map(|problem| sources.render(problem).to_string()).collect(),
        BootstrapError::Memory => error.to_string(),
    })
}

fn bytes(sources: &Sources, set: BytecodeSet) -> Vec<u8> {
    let mut bytes = Vec::new();
    image(sources, set).unwrap().write(&mut bytes).unwrap();
    bytes
}

/// What is wrong with the smallest sources and a file `X.st` with this text.
fn problems(text: &str) -> String {
    image(&with("X.st", text), BytecodeSet::SistaV1).err().unwrap_or_else(|| panic!("nothing is wrong with {text}"))
}

/// A heap that was loaded from the image's bytes.
fn loaded(sources: &Sources, set: BytecodeSet) -> Heap {
    let bytes = bytes(sources, set);
    let region = AllocRegion::new(64 << 20).unwrap();
    let heap = load(&mut &bytes[..], Box::new(region), Default::default()).unwrap().heap;
    assert_eq!(verify(&heap), Vec::<String>::new());
    heap
}

fn class_named(heap: &Heap, name: &str) -> Oop {
    (1..2048).map(|index| heap.class_at(index)).find(|&class| class != heap.nil() && heap.class_name(class) == name).unwrap()
}

#[test]
fn the_class_library_becomes_an_image_of_either_set() {
    for set in SETS {
        loaded(&kernel(), set);
        assert_eq!(bytes(&kernel(), set), bytes(&kernel(), set), "the same sources give the same image");
    }
}

#[test]
fn the_smallest_sources_become_an_image_of_either_set() {
    for set in SETS {
        let heap = loaded(&smallest(), set);
        let object = class_named(&heap, "Object");
        assert_eq!(heap.fetch(class_named(&heap, "Message"), 0), object);
        assert_eq!(heap.fetch(object, 0), heap.nil());
        assert_eq!(heap.fetch(class_named(&heap, "Object class"), 0), class_named(&heap, "Class"));
        assert_eq!(heap.class_name(heap.class_of(heap.class_of(object))), "Metaclass");
    }
}

#[test]
fn superclasses_may_come_later_and_fields_are_inherited() {
    let mut sources = with("A.st", &class("Below", "Above", ",\n\t#instVars : [ 'b' ]"));
    let above = class("Above", "Object", ",\n\t#instVars : [ 'a' ],\n\t#classVars : [ 'Count' ]") + "Above >> get [ ^ Count ]\n";
    sources.files.push(SourceFile { name: "B.st".into(), text: above });
    let get = "Extension { #name : #Below }\nBelow >> sum: x [ ^ { a. b. x. Count. Above } ]\nBelow class >> make [ ^ self ]\n";
    sources.files.push(SourceFile { name: "C.st".into(), text: get.into() });
    let heap = loaded(&sources, BytecodeSet::V3PlusClosures);
    let below = class_named(&heap, "Below");
    assert_eq!(heap.class_name(heap.fetch(below, 0)), "Above");
    assert_eq!(heap.instance_spec(below).map(|(fields, _)| fields), Some(2));
    assert_eq!(heap.slots(heap.fetch(below, 1))[0].as_small_int(), Some(1), "one method on the instance side");
}

#[test]
fn classes_that_do_not_fit_together() {
    let text = problems(&class("Thing", "Objekt", ""));
    assert_eq!(
        text,
        "X.st:3:17: error: there is no class Objekt, the superclass of Thing\n   #superclass : #Objekt\n                  ^^^^^^\n  did you mean Object?\n"
    );
    assert!(
        problems(&class("Process", "Object", ""))
            .starts_with("X.st:2:11: error: Process is defined already, in Process.class.st\n")
    );
    assert!(problems(&class("Thing", "Thing", "")).contains("X.st:3:17: error: Thing is among its own superclasses"));
    assert!(
        problems(&class("Thing", "Point", ",\n\t#instVars : [ 'x' ]")).contains("X.st:4:17: error: Thing has a field x already")
    );
    assert!(
        problems(&class("Thing", "Object", ",\n\t#type : #byte"))
            .contains("X.st:4:11: error: byte is no type of instances: normal,")
    );
    assert!(
        problems(&class("Thing", "ByteArray", ",\n\t#instVars : [ 'x' ]")).contains("instances of Thing have bits and no fields")
    );
    assert!(
        problems(&class("Thing", "Object", ",\n\t#pools : [ 'Gone' ]"))
            .contains("X.st:4:14: error: there is no class Gone whose variables")
    );
    assert!(problems("Extension { #name : #Pont }\n").contains("X.st:1:22: error: there is no class Pont that could be extended"));
    assert!(problems("Trait { #name : #TThing }\n").contains("TThing is a trait"));
}

#[test]
fn variables_of_pools_are_seen() {
    let pool = class("Pool", "Object", ",\n\t#classVars : [ 'Limit' ]");
    let user = class("User", "Object", ",\n\t#pools : [ 'Pool' ]") + "User >> limit [ ^ Limit ]\n";
    let mut sources = with("Pool.st", &pool);
    sources.files.push(SourceFile { name: "User.st".into(), text: user });
    let heap = loaded(&sources, BytecodeSet::SistaV1);
    let method = heap.fetch(heap.fetch(class_named(&heap, "User"), 1), 1);
    let method = heap.slots(method).iter().copied().find(|&method| method != heap.nil()).unwrap();
    assert_eq!(heap.text(heap.fetch(heap.fetch(method, 1), 0)).as_deref(), Some("Limit"));
}

#[test]
fn all_errors_are_told_with_their_places() {
    let methods =
        "Thing >> one [\n\t^ self foo: ]\n\nThing >> two [\n\t\"why\"\n\t^ Thng\n]\n\nThing >> two [ ^ 2 ]\nThing >> two [ ^ 3 ]\n";
    let text = problems(&(class("Thing", "Object", "") + methods));
    let lines: Vec<&str> = text.lines().filter(|line| line.contains("error:")).collect();
    assert_eq!(lines.len(), 3, "{text}");
    assert!(lines[0].starts_with("X.st:6:13: error: "), "{text}");
    assert_eq!(lines[1], "X.st:10:4: error: Thng is not declared");
    assert_eq!(lines[2], "X.st:14:10: error: Thing>>two is defined twice");
    assert!(text.contains("did you mean Thing?"));
    let wrong = problems(&class("X", "Object", ",\n\t#instVars : 'a b'"));
    assert!(wrong.starts_with("X.st:4:3: error: #instVars is no list of names"), "{wrong}");
    assert!(problems("Class { #name : }\n").starts_with("X.st:1:17: error: "));
}

#[test]
fn what_a_vm_needs_must_be_there() {
    let mut sources = smallest();
    let (context, start) = (|file: &SourceFile| file.name == "Context.class.st", "SystemDictionary >> start");
    sources.files.retain(|file| !context(file));
    let text = image(&sources, BytecodeSet::SistaV1).err().unwrap();
    assert_eq!(
        text,
        "error: the sources define no class Context, which a VM needs: of type variable with the fields sender, pc, stackp, method, closureOrNil, receiver\n"
    );
    let mut sources = smallest();
    let context = sources.files.iter_mut().find(|file| context(file)).unwrap();
    context.text = context.text.replace("'pc', ", "");
    assert!(
        image(&sources, BytecodeSet::SistaV1).err().unwrap().contains("a VM needs the first fields of Context to be sender, pc")
    );
    let mut sources = smallest();
    for file in &mut sources.files {
        file.text = file.text.replace(start, "SystemDictionary >> stop");
    }
    assert!(image(&sources, BytecodeSet::SistaV1).err().unwrap().contains("SystemDictionary has no method start"));
}
