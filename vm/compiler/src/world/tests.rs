//! Tests of what is read from an image: an image with two classes, of which one has variables of all kinds.

use super::{World, WorldLinker, class_binding};
use crate::codegen::{Options, compile_method};
use crate::install::install_method;
use crate::semantics::{Binding, Environment};
use crate::text::text;
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

#[test]
fn symbols_have_any_characters() {
    let mut image = image();
    let wide = image.new_class_with_names("WideSymbol", Format::WORDS_32, &[]);
    let interned = image.heap.instantiate(wide, 3).unwrap();
    for (word, c) in image.heap.bytes_mut(interned).chunks_exact_mut(4).zip("πx:".chars()) {
        word.copy_from_slice(&u32::from(c).to_le_bytes());
    }
    let world = World::read(&image.heap);
    assert_eq!(world.symbol(&image.heap, "πx:"), Some(interned));
    let made = world.make_symbol(&mut image.heap, "日本").unwrap();
    assert_eq!((image.heap.class_of(made), text(&image.heap, made).as_deref()), (wide, Some("日本")));
    let thing = class(&image, "Thing");
    let environment = world.environment(&image.heap, thing);
    let code = compile_method("x ^ self πx: #日本", &environment, &Options::PHARO_8).code.unwrap();
    let binding = class_binding(&world, &image.heap, thing).unwrap();
    let mut linker = WorldLinker { environment: &environment, class_binding: binding, symbols: HashMap::new() };
    let method = install_method(&mut image.heap, &code, &mut linker).unwrap();
    let literals = [1, 2].map(|index| image.heap.fetch(method, index));
    assert!(literals.contains(&interned));
    assert!(literals.iter().any(|&literal| text(&image.heap, literal).as_deref() == Some("日本")));
}

/// An image with its globals in an Environment, which imports the class `Imported`; entries of its bindings are the associations
/// themselves, or have them as values.
fn environment(are_values: bool) -> TestImage {
    let mut image = TestImage::new();
    let nil = image.heap.nil();
    let dictionary_class = image.new_class("IdentityDictionary", Format::FIXED, 2);
    let [thing, imported] = ["Thing", "Imported"].map(|name| image.new_class_with_names(name, Format::FIXED, &[]));
    let class = image.new_class_with_names("Environment", Format::FIXED, &["info", "declarations", "bindings", "undeclared"]);
    let smalltalk_class = image.new_class_with_names("SmalltalkImage", Format::FIXED, &["globals"]);
    let declarations = dictionary(&mut image, dictionary_class, &[("Thing", thing), ("Transcript", nil)]);
    let own = image.heap.slots(image.heap.fetch(declarations, 1)).to_vec();
    let foreign = association(&mut image, "Imported", imported);
    let visible: Vec<Oop> = own.into_iter().chain([foreign]).collect();
    let bindings = match are_values {
        true => {
            let names = ["Thing", "Transcript", "Imported"];
            let entries: Vec<(&str, Oop)> = names.into_iter().zip(visible).collect();
            dictionary(&mut image, dictionary_class, &entries)
        }
        false => {
            let bindings = dictionary(&mut image, dictionary_class, &[]);
            let array = image.heap.array(&visible).unwrap();
            image.heap.store(bindings, 1, array);
            bindings
        }
    };
    let undeclared = dictionary(&mut image, dictionary_class, &[("Gone", nil)]);
    let environment = image.heap.instantiate(class, 0).unwrap();
    for (field, value) in [(1, declarations), (2, bindings), (3, undeclared)] {
        image.heap.store(environment, field, value);
    }
    // Another one, with more in it, is not that of the system.
    let more = dictionary(&mut image, dictionary_class, &[("A", nil), ("B", nil), ("C", nil), ("Thing", nil)]);
    let other = image.heap.instantiate(class, 0).unwrap();
    image.heap.store(other, 1, more);
    let smalltalk = image.heap.instantiate(smalltalk_class, 0).unwrap();
    image.heap.store(smalltalk, 0, environment);
    let special = association(&mut image, "Smalltalk", smalltalk);
    let objects = image.heap.special_objects();
    image.heap.store(objects, 8, special);
    image
}

#[test]
fn globals_are_found_in_an_environment() {
    for are_values in [false, true] {
        let image = environment(are_values);
        let world = World::read(&image.heap);
        let globals = world.globals().expect("there are globals");
        assert_eq!(globals.bindings.map(|bindings| bindings.are_values), Some(are_values));
        let mut names: Vec<&str> = world.global_names().collect();
        names.sort_unstable();
        assert_eq!(names, ["Imported", "Thing", "Transcript"]);
        let environment = world.environment(&image.heap, world.class("Thing").unwrap());
        for name in ["Thing", "Imported"] {
            let Some(Binding::Constant(id)) = environment.lookup(name) else { panic!("{name} is no class") };
            assert_eq!(image.heap.fetch(environment.association(id), 1), world.class(name).unwrap());
        }
        assert!(environment.undeclared("Gone").is_some());
    }
}

#[test]
fn without_a_special_object_the_largest_environment_holds() {
    let mut image = environment(true);
    let (objects, nil) = (image.heap.special_objects(), image.heap.nil());
    image.heap.store(objects, 8, nil);
    let world = World::read(&image.heap);
    assert!(world.global("A").is_some() && world.global("Transcript").is_none());
}
