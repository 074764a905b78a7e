//! `osvm disasm`: the bytecodes of a method.

use crate::args::DisasmArgs;
use crate::failure::Failure;
use osvm_core::bytecode::disassemble;
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;

/// Room for the heap; nothing is made in it.
const ROOM: u64 = 1 << 30;

/// Slots of a class and of a method dictionary, which are the same in all images.
const CLASS_METHODS: usize = 1;
const DICTIONARY_VALUES: usize = 1;
const DICTIONARY_KEYS: usize = 2;

/// Prints the listing.
pub fn run(args: &DisasmArgs) -> Result<i32, Failure> {
    let Some((class, selector)) = args.method.split_once(">>") else {
        return Err(Failure::bad_input(&args.method, "expected a method as 'Class>>selector'"));
    };
    let image = osvm_host::load_image(&args.image, ROOM).map_err(Failure::load)?;
    let heap = &image.heap;
    let missing = |what: String| Failure::bad_input(args.image.display(), what);
    let class_oop = find_class(heap, class).ok_or_else(|| missing(format!("there is no class {class}")))?;
    let method = find_method(heap, class_oop, selector)
        .ok_or_else(|| missing(format!("{class} has no method #{selector}{}", similar(heap, class_oop, selector))))?;
    let listing = disassemble(heap, method).ok_or_else(|| missing(format!("{} is no compiled method", args.method)))?;
    print!("{}\n{listing}", args.method);
    Ok(0)
}

/// All classes of the class table, metaclasses included.
fn classes(heap: &Heap) -> impl Iterator<Item = (u32, Oop)> + '_ {
    let nil = heap.nil();
    let pages = heap.slots(heap.hidden_roots()).iter().copied().take_while(move |&page| page != nil).enumerate();
    pages.flat_map(move |(number, page)| {
        let page = heap.slots(page).iter().copied().enumerate();
        page.filter(move |&(_, class)| class != nil).map(move |(i, class)| ((number << 10 | i) as u32, class))
    })
}

fn find_class(heap: &Heap, name: &str) -> Option<Oop> {
    let plain = name.strip_suffix(" class").unwrap_or(name);
    let class = classes(heap).map(|(_, class)| class).find(|&class| heap.class_name(class) == plain)?;
    Some(if plain == name { class } else { heap.class_of(class) })
}

/// The methods of a class with their selectors.
fn methods(heap: &Heap, class: Oop) -> Vec<(String, Oop)> {
    let slots = |oop: Oop| if oop.is_pointer() { heap.slots(heap.follow(oop)) } else { &[] };
    let Some(&dictionary) = slots(class).get(CLASS_METHODS) else { return Vec::new() };
    let dictionary = slots(dictionary);
    let values = dictionary.get(DICTIONARY_VALUES).map_or(&[][..], |&values| slots(values));
    let keys = dictionary.get(DICTIONARY_KEYS..).unwrap_or_default();
    let pairs = keys.iter().zip(values).filter(|&(&key, _)| key != heap.nil());
    pairs.filter_map(|(&key, &value)| Some((heap.text(heap.follow(key))?, heap.follow(value)))).collect()
}

fn find_method(heap: &Heap, class: Oop, selector: &str) -> Option<Oop> {
    methods(heap, class).into_iter().find(|(name, _)| name == selector).map(|(_, method)| method)
}

/// A hint at selectors that contain what was asked for.
fn similar(heap: &Heap, class: Oop, selector: &str) -> String {
    let mut names: Vec<String> = methods(heap, class)
        .into_iter()
        .map(|(name, _)| name)
        .filter(|name| name.contains(selector.trim_end_matches(':')))
        .collect();
    names.sort();
    names.truncate(5);
    if names.is_empty() { String::new() } else { format!("; there is #{}", names.join(", #")) }
}
