//! Tests of what is read from an image: an image with two classes, of which one has variables of all kinds.

use super::{World, WorldLinker, class_binding};
use crate::codegen::{Options, compile_method};
use crate::install::install_method;
use crate::semantics::{Binding, Environment};
use osvm_core::heap::Heap;
use osvm_core::object::Format;
use osvm_core::oop::Oop;
use osvm_core::testing::TestImage;
use std::collections::HashMap;

fn association(image: &mut TestImage, key: &str, value: Oop) -> Oop {
    let class = image.class("Association");
    let key = image.heap.string(key).unwrap();
    let association = image.heap.instantiate(class, 0).unwrap();
    image.heap.store(association, 0, key);
    image.heap.store(association, 1, value);
    association
}

fn dictionary(image: &mut TestImage, class: Oop, entries: &[(&str, Oop)]) -> Oop {
    let entries: Vec<Oop> = entries.iter().map(|&(key, value)| association(image, key, value)).collect();
    let array = image.heap.array(&entries).unwrap();
    let dictionary = image.heap.instantiate(class, 0).unwrap();
    image.heap.store(dictionary, 1, array);
    dictionary
}

/// `Thing` has the fields a and b and a class variable; `SubThing` has the field c.
fn image() -> TestImage {
    let mut image = TestImage::new();
    let nil = image.heap.nil();
    let dictionary_class = image.new_class("SystemDictionary", Format::FIXED, 2);
    let pool_class = image.new_class("Dictionary", Format::FIXED, 2);
    let [thing, sub] = ["Thing", "SubThing"].map(|name| image.new_class(name, Format::FIXED, 2));
    let names = |heap: &mut Heap, texts: &[&str]| {
        let texts: Vec<Oop> = texts.iter().map(|text| heap.string(text).unwrap()).collect();
        heap.array(&texts).unwrap()
    };
    let pool = dictionary(&mut image, pool_class, &[("Count", nil)]);
    let (fields, sub_fields) = (names(&mut image.heap, &["a", "b"]), names(&mut image.heap, &["c"]));
    for (class, index, value) in [(thing, 3, fields), (thing, 7, pool), (thing, 0, nil), (sub, 3, sub_fields), (sub, 0, thing)] {
        image.heap.store(class, index, value);
    }
    let undeclared = dictionary(&mut image, pool_class, &[("Gone", nil)]);
    dictionary(&mut image, dictionary_class, &[("Thing", thing), ("Transcript", nil), ("Undeclared", undeclared)]);
    image
}

fn class(image: &TestImage, name: &str) -> Oop {
    let is_class = |&oop: &Oop| image.heap.class_of(oop) == image.class("Class") && image.heap.class_name(oop) == name;
    image.heap.objects().find(is_class).expect("the class is in the image")
}

#[test]
fn names_are_found_from_the_class_outwards() {
    let image = image();
    let world = World::read(&image.heap);
    let environment = world.environment(&image.heap, class(&image, "SubThing"));
    for (name, index) in [("a", 0), ("b", 1), ("c", 2)] {
        assert_eq!(environment.lookup(name), Some(Binding::Field(index)));
    }
    let Some(Binding::Variable(count)) = environment.lookup("Count") else { panic!("Count is no variable") };
    assert_eq!(image.heap.text(image.heap.fetch(environment.association(count), 0)).as_deref(), Some("Count"));
    assert!(matches!(environment.lookup("Transcript"), Some(Binding::Variable(_))));
    assert_eq!(environment.lookup("Gone"), None);
    assert!(environment.undeclared("Gone").is_some() && environment.undeclared("Other").is_none());
    assert!(environment.names().iter().any(|name| name == "Count"));
    assert!(!environment.has_context_fields());
}

#[test]
fn a_method_refers_to_what_the_image_has() {
    let mut image = image();
    let thing = class(&image, "Thing");
    let world = World::read(&image.heap);
    let environment = world.environment(&image.heap, thing);
    let code = compile_method("x ^ Transcript", &environment, &Options::PHARO_8).code.unwrap();
    let binding = class_binding(&world, &image.heap, thing).unwrap();
    let mut linker = WorldLinker { environment: &environment, class_binding: binding, symbols: HashMap::new() };
    let method = install_method(&mut image.heap, &code, &mut linker).unwrap();
    let Some(Binding::Variable(transcript)) = environment.lookup("Transcript") else { panic!("Transcript is no variable") };
    assert_eq!(image.heap.fetch(method, 1), environment.association(transcript));
    assert_eq!(image.heap.fetch(method, 3), binding);
    assert_eq!(class_binding(&world, &image.heap, class(&image, "SubThing")), None);
}
