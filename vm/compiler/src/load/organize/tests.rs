//! Tests on small heaps: groups, the arrays of a categorizer, and protocols in sets and in arrays.

use super::categorizer::Categorizer;
use super::sorting::Sorting;
use super::{Place, UNCLASSIFIED};
use crate::load::hashed::{Table, method_dictionary};
use crate::load::symbols::Symbols;
use crate::world::World;
use osvm_core::object::Format;
use osvm_core::oop::Oop;
use osvm_core::testing::TestImage;

fn class(image: &mut TestImage, name: &str, fields: &[&str]) -> Oop {
    image.new_class_with_names(name, Format::FIXED, fields)
}

/// A class with so many methods, called m0, m1 and so on, and the selectors.
fn class_with_methods(image: &mut TestImage, count: usize) -> (Oop, Vec<Oop>) {
    let dictionary = image.new_class("MethodDictionary", Format::INDEXABLE_FIXED, 2);
    let model = image.heap.instantiate(dictionary, 4).unwrap();
    let symbol = image.new_class_with_names("Symbol", Format::BYTES, &[]);
    let symbol = image.heap.class_table_index(symbol).unwrap();
    let selectors: Vec<Oop> =
        (0..count).map(|index| image.heap.byte_object(symbol, format!("m{index}").as_bytes()).unwrap()).collect();
    let pairs: Vec<(Oop, Oop)> = selectors.iter().map(|&selector| (selector, Oop::ZERO)).collect();
    let methods = method_dictionary(&mut image.heap, model, &pairs).unwrap();
    let class = class(image, "Thing", &[]);
    image.heap.store(class, 1, methods);
    (class, selectors)
}

/// What an image without a table of symbols has.
fn place(image: &mut TestImage) -> (Place, Symbols) {
    let world = World::read(&image.heap);
    (Place::read(&mut image.heap, &world).unwrap().unwrap(), Symbols::read(&image.heap, &world).unwrap())
}

/// Loads methods into protocols, twice with changes, and checks what the image tells afterwards.
fn check_classifying(image: &mut TestImage) {
    let (thing, selectors) = class_with_methods(image, 4);
    let (place, mut symbols) = place(image);
    let [m0, m1, m2, m3] = selectors[..] else { unreachable!("four were made") };
    place.classify(&mut image.heap, &mut symbols, thing, &[(m0, "accessing"), (m1, "testing"), (m2, "accessing")]).unwrap();
    let mut groups = place.sorting(&mut image.heap, thing).unwrap().groups;
    groups.sort();
    groups.iter_mut().for_each(|(_, selectors)| selectors.sort());
    let names = |names: &[&str]| names.iter().map(|&name| name.to_string()).collect::<Vec<_>>();
    let found = |groups: &[(String, Vec<Oop>)]| groups.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    assert_eq!(found(&groups), names(&["accessing", UNCLASSIFIED, "testing"]));
    let mut accessing = [m0, m2];
    accessing.sort();
    assert_eq!((&groups[0].1[..], &groups[1].1[..]), (&accessing[..], &[m3][..]));

    // The only one of a protocol goes elsewhere; one that says nothing stays where it is.
    place.classify(&mut image.heap, &mut symbols, thing, &[(m1, "private"), (m0, ""), (m3, "private")]).unwrap();
    let mut groups = place.sorting(&mut image.heap, thing).unwrap().groups;
    groups.sort();
    assert_eq!(found(&groups), names(&["accessing", "private"]));
    assert_eq!(groups.iter().map(|(_, selectors)| selectors.len()).collect::<Vec<_>>(), [2, 2]);
}

#[test]
fn an_element_is_in_one_group() {
    let [a, b] = [8, 16].map(Oop::from_small_int);
    let mut sorting = Sorting::default();
    sorting.classify(a, "");
    sorting.classify(b, "x");
    sorting.classify(a, "x");
    sorting.classify(b, UNCLASSIFIED);
    assert_eq!(sorting.groups, [("x".to_string(), vec![b, a])]);
}

#[test]
fn protocols_are_in_a_categorizer() {
    let mut image = TestImage::new();
    class(&mut image, "ClassDescription", &["superclass", "methodDict", "format", "instanceVariables", "organization"]);
    class(&mut image, "ClassOrganizer", &["subject", "categoryArray", "categoryStops", "elementArray"]);
    check_classifying(&mut image);
}

#[test]
fn protocols_are_in_sets() {
    let mut image = TestImage::new();
    class(&mut image, "ClassDescription", &["superclass", "methodDict", "format", "layout", "organization"]);
    class(&mut image, "ClassOrganization", &["protocolOrganizer", "organizedClass", "commentRemoteString"]);
    class(&mut image, "ProtocolOrganizer", &["allProtocol", "protocols"]);
    class(&mut image, "AllProtocol", &["name", "methodSelectors", "protocolOrganizer"]);
    class(&mut image, "Protocol", &["name", "methodSelectors"]);
    class(&mut image, "IdentitySet", &["tally", "array"]);
    check_classifying(&mut image);
    let all = image.heap.objects().find(|&oop| image.heap.class_name(image.heap.class_of(oop)) == "AllProtocol").unwrap();
    assert_eq!(image.heap.text(image.heap.fetch(all, 0)).as_deref(), Some("-- all --"));
    assert!(Table::is_table(&image.heap, image.heap.fetch(all, 1)));
}

#[test]
fn protocols_are_in_arrays() {
    let mut image = TestImage::new();
    class(&mut image, "ClassDescription", &["superclass", "methodDict", "format", "layout", "protocols"]);
    class(&mut image, "Protocol", &["name", "methodSelectors", "owningClass"]);
    check_classifying(&mut image);
}

#[test]
fn a_categorizer_whose_stops_are_wrong_is_read_as_far_as_it_goes() {
    let mut image = TestImage::new();
    let lists = class(&mut image, "Categorizer", &["categoryArray", "categoryStops", "elementArray"]);
    let (thing, selectors) = class_with_methods(&mut image, 3);
    let world = World::read(&image.heap);
    let lists = Categorizer::of_class(&image.heap, &world, lists).unwrap();
    let one = lists.make(&mut image.heap, thing).unwrap();
    let names: Vec<Oop> = ["a", "b", "c"].iter().map(|name| image.heap.string(name).unwrap()).collect();
    let stops: Vec<Oop> = [2, -5, 77].map(Oop::from_small_int).to_vec();
    for (field, array) in [names, stops, selectors.clone()].into_iter().enumerate() {
        let array = image.heap.array(&array).unwrap();
        image.heap.store(one, field, array);
    }
    let groups = lists.sorting(&image.heap, one).groups;
    assert_eq!(groups, [("a".to_string(), selectors[..2].to_vec()), ("c".to_string(), selectors[2..].to_vec())]);
    assert!(lists.is_one(&image.heap, one) && !lists.is_one(&image.heap, thing) && !lists.is_one(&image.heap, Oop::ZERO));
}
