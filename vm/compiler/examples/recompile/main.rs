//! Replaces the methods of an image by ones compiled again, in either bytecode set: `recompile IMAGE SOURCEDIR NEW v3|sista`.
//!
//! An image that starts afterwards, and does what it did before, shows that the compiled code does what the source says.

#[path = "../parity/image.rs"]
mod image;
#[path = "../parity/sources.rs"]
mod sources;

use osvm_compiler::codegen::Options;
use osvm_compiler::compile_method;
use osvm_compiler::install::install_method;
use osvm_compiler::world::{World, WorldLinker};
use osvm_core::bytecode::BytecodeSet;
use osvm_core::heap::NoRoots;
use osvm_core::oop::Oop;
use std::collections::HashMap;
use std::process::ExitCode;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [image, directory, new, set] = &arguments[..] else {
        eprintln!("usage: recompile IMAGE SOURCEDIR NEW v3|sista");
        return ExitCode::from(2);
    };
    let set = if set == "sista" { BytecodeSet::SistaV1 } else { BytecodeSet::V3PlusClosures };
    match run(image, directory, new, set) {
        Ok(count) => {
            println!("{count} methods compiled for {}", set.name());
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("recompile: {message}");
            ExitCode::FAILURE
        }
    }
}

fn run(path: &str, directory: &str, new: &str, set: BytecodeSet) -> Result<usize, String> {
    let (mut image, header) = image::Image::load(path)?;
    let sources = sources::Sources::read(directory)?;
    let options = Options { set, ..Options::PHARO_8 };
    let world = World::read(&image.heap);
    let mut symbols = HashMap::new();
    let mut replaced: HashMap<u64, Oop> = HashMap::new();
    for method in image.methods() {
        let environment = world.environment(&image.heap, method.class);
        let found = sources.of(&method.class_name, method.class_side, &method.selector);
        let Some(code) = found.last().and_then(|source| compile_method(source, &environment, &options).code) else { continue };
        let class_binding = image.heap.fetch(method.oop, method.header.literals());
        let mut linker = WorldLinker { environment: &environment, class_binding, symbols };
        let compiled = install_method(&mut image.heap, &code, &mut linker)
            .map_err(|error| format!("{}>>{}: {error}", method.class_name, method.selector))?;
        symbols = linker.symbols;
        replaced.insert(method.oop.bits(), compiled);
    }
    replace(&mut image, &replaced);
    image.heap.prepare_snapshot(&mut NoRoots).map_err(|_| "there is no memory for a snapshot")?;
    let mut bytes = Vec::new();
    osvm_core::image::write(&image.heap, &header, &mut bytes).map_err(|error| error.to_string())?;
    std::fs::write(new, bytes).map_err(|error| format!("{new}: {error}"))?;
    Ok(replaced.len())
}

/// Puts the new methods where the old ones are: in the arrays of method dictionaries.
fn replace(image: &mut image::Image, replaced: &HashMap<u64, Oop>) {
    let dictionaries: Vec<Oop> = image.heap.objects().filter(|&oop| image.class_of(oop) == "MethodDictionary").collect();
    let arrays: Vec<Oop> = dictionaries.iter().filter_map(|&dictionary| image.field(dictionary, 1)).collect();
    for array in arrays {
        for index in 0..image.heap.num_slots(array) {
            let old = image.heap.fetch(array, index);
            if let Some(&new) = replaced.get(&old.bits()) {
                image.heap.store(array, index, new);
            }
        }
    }
}
