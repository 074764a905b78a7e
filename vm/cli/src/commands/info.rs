//! `osvm info`: what an image file contains.

use super::disasm::classes;
use crate::args::InfoArgs;
use crate::failure::Failure;
use osvm_core::bytecode::{BytecodeSet, Instruction, MethodHeader, decode};
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};

/// Room for the heap; nothing is made in it.
const ROOM: u64 = 1 << 30;
/// Findings that are shown.
const FINDINGS: usize = 20;
/// The primitive number of a named primitive.
const NAMED: u16 = 117;

/// What was counted.
#[derive(Default)]
struct Contents {
    objects: u64,
    classes: usize,
    methods: BTreeMap<&'static str, u64>,
    named: BTreeMap<String, BTreeSet<String>>,
}

/// Prints what the file contains; 1 if it was to be verified and something is wrong.
pub fn run(args: &InfoArgs) -> Result<i32, Failure> {
    let size = std::fs::metadata(&args.image).map_or(0, |m| m.len());
    let image = osvm_host::load_image(&args.image, ROOM).map_err(Failure::load)?;
    let contents = count(&image.heap);
    let findings = if args.verify { image.heap.check(FINDINGS) } else { Vec::new() };
    if args.json {
        let mut value = json!({
            "file": args.image.to_string_lossy(),
            "file_bytes": size,
            "format": image.header.version,
            "object_bytes": image.heap.old_bytes(),
            "objects": contents.objects,
            "classes": contents.classes,
            "methods": contents.methods,
            "named_primitives": contents.named,
        });
        if args.verify {
            value["findings"] = json!(findings);
        }
        println!("{value:#}");
    } else {
        println!("file             {} ({size} bytes)", args.image.display());
        println!("format           {}", image.header.version);
        println!("objects          {} in {} bytes", contents.objects, image.heap.old_bytes());
        println!("classes          {}", contents.classes);
        for (set, methods) in &contents.methods {
            println!("methods          {methods} in {set}");
        }
        for (module, functions) in &contents.named {
            let module = if module.is_empty() { "(the VM)" } else { module };
            println!("named primitives {module}: {}", functions.iter().map(String::as_str).collect::<Vec<_>>().join(", "));
        }
        for finding in &findings {
            println!("wrong            {finding}");
        }
        if args.verify && findings.is_empty() {
            println!("verified         nothing is wrong");
        }
    }
    Ok(i32::from(!findings.is_empty()))
}

fn count(heap: &Heap) -> Contents {
    let mut contents = Contents::default();
    let distinct: BTreeSet<Oop> = classes(heap).map(|(_, class)| class).collect();
    // A class and its metaclass count as one, and so do the several indices that a class may have.
    contents.classes =
        distinct.iter().filter(|&&class| heap.class_name(class) != "an unnamed class" && !is_metaclass(heap, class)).count();
    for object in heap.objects() {
        contents.objects += 1;
        let Some(header) = MethodHeader::of(heap, object) else { continue };
        let set = match header.set() {
            BytecodeSet::V3PlusClosures => "V3PlusClosures",
            BytecodeSet::SistaV1 => "SistaV1",
        };
        *contents.methods.entry(set).or_default() += 1;
        let first = decode(header.set(), heap.bytes(object), header.initial_pc());
        if header.has_primitive()
            && matches!(first, Some((Instruction::CallPrimitive(NAMED), _)))
            && let Some((module, function)) = names(heap, object)
        {
            contents.named.entry(module).or_default().insert(function);
        }
    }
    contents
}

fn is_metaclass(heap: &Heap, class: Oop) -> bool {
    heap.class_name(class).ends_with(" class")
}

/// Module and function of a method with a named primitive: the first literal is an Array of them.
fn names(heap: &Heap, method: Oop) -> Option<(String, String)> {
    let literal = heap.follow(*heap.slots(method).get(1)?);
    if literal.is_immediate() {
        return None;
    }
    let [module, function, ..] = *heap.slots(literal) else { return None };
    Some((heap.text(heap.follow(module)).unwrap_or_default(), heap.text(heap.follow(function))?))
}
