//! What an evaluator must know of an image: its language, which messages its objects understand, and its texts.

use crate::codegen::Options;
use crate::world::World;
use osvm_core::bytecode::{BytecodeSet, MethodHeader};
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;

/// Fields of classes and of method dictionaries.
pub(super) const SUPERCLASS: usize = 0;
pub(super) const METHODS: usize = 1;
pub(super) const SPEC: usize = 2;
pub(super) const DICTIONARY_TALLY: usize = 0;
pub(super) const DICTIONARY_VALUES: usize = 1;
pub(super) const DICTIONARY_FIRST_KEY: usize = 2;

/// More superclasses than any class has.
const MAX_SUPERCLASSES: usize = 1_000;

/// How source is read and compiled for an image: its dialect, by classes that only one of the systems has, and its bytecode set, by that
/// of its methods.
pub fn options_for(heap: &Heap, world: &World) -> Options {
    let has = |names: &[&str]| names.iter().any(|name| world.class(name).is_some());
    let options = if has(&["FeatureRequirement", "CodePackageFile"]) {
        Options::CUIS
    } else if has(&["ProjectLauncher", "MCMcmUpdater"]) {
        Options::SQUEAK
    } else if has(&["ConstantBlockClosure"]) {
        Options::PHARO_12
    } else {
        Options::PHARO_8
    };
    Options { set: bytecode_set(heap), ..options }.with_selectors_of(heap)
}

/// The bytecode set of the first methods that are found: an image may hold a few of another set that somebody loaded.
fn bytecode_set(heap: &Heap) -> BytecodeSet {
    let headers = heap.objects().filter(|&oop| heap.format(oop).is_compiled_method()).filter_map(|oop| MethodHeader::of(heap, oop));
    let sets: Vec<BytecodeSet> = headers.map(MethodHeader::set).take(101).collect();
    let v3 = sets.iter().filter(|&&set| set == BytecodeSet::V3PlusClosures).count();
    if 2 * v3 >= sets.len() { BytecodeSet::V3PlusClosures } else { BytecodeSet::SistaV1 }
}

/// A class and its superclasses.
pub(super) fn with_superclasses(heap: &Heap, class: Oop) -> impl Iterator<Item = Oop> + '_ {
    let is_class = |&class: &Oop| class.is_pointer() && class != heap.nil() && heap.instance_spec(class).is_some();
    std::iter::successors(Some(class).filter(is_class), move |&class| {
        Some(heap.follow(heap.fetch(class, SUPERCLASS))).filter(is_class)
    })
    .take(MAX_SUPERCLASSES)
}

/// The selectors of the methods that a class itself has; none of an object that is no class.
pub fn selectors_of(heap: &Heap, class: Oop) -> Vec<String> {
    if heap.instance_spec(class).is_none() {
        return Vec::new();
    }
    let methods = heap.follow(heap.fetch(class, METHODS));
    let slots = if methods.is_pointer() && heap.format(methods).is_pointers() { heap.slots(methods) } else { &[] };
    let keys = slots.get(DICTIONARY_FIRST_KEY..).unwrap_or_default();
    keys.iter().filter(|&&key| key != heap.nil()).filter_map(|&key| heap.text(heap.follow(key))).collect()
}

/// Whether instances of a class understand a message.
pub fn understands(heap: &Heap, class: Oop, selector: &str) -> bool {
    with_superclasses(heap, class).any(|class| selectors_of(heap, class).iter().any(|other| other == selector))
}
