//! `osvm info`: what an image file contains.

use crate::args::InfoArgs;
use crate::failure::Failure;
use osvm_core::image::{self, ImageInfo};
use serde_json::json;

/// Room for the heap; nothing is made in it.
const ROOM: u64 = 1 << 30;
/// Classes that are printed with what their instances take.
const LARGEST: usize = 5;
/// Columns of a line of names, and the spaces before them.
const WIDTH: usize = 100;
const INDENT: &str = "             ";
/// Findings that are printed.
const FINDINGS: usize = 20;

/// Prints what the file contains; 1 if it was to be verified and something is wrong.
pub fn run(args: &InfoArgs) -> Result<i32, Failure> {
    let image = osvm_host::load_image(&args.image, ROOM).map_err(Failure::load)?;
    let info = ImageInfo::of(&image);
    let findings = if args.verify { image::verify(&image.heap) } else { Vec::new() };
    if args.json {
        print_json(args, &info, &findings);
    } else {
        print_text(args, &info, &findings);
    }
    Ok(i32::from(!findings.is_empty()))
}

fn print_json(args: &InfoArgs, info: &ImageInfo, findings: &[String]) {
    let (header, code) = (&info.header, &info.code);
    let mut value = json!({
        "file": args.image.to_string_lossy(),
        "format": header.version,
        "word_bytes": header.word_size.bytes(),
        "header": {
            "size": header.header_size,
            "data_size": header.data_size,
            "base_address": header.base_address,
            "special_objects": header.special_objects,
            "last_hash": header.last_hash,
            "screen_size": header.screen_size,
            "flags": header.flags,
            "extra_vm_memory": header.extra_vm_memory,
            "stack_pages": header.stack_pages,
            "code_kib": header.code_kib,
            "eden_bytes": header.eden_bytes,
            "max_external_semaphores": header.max_external_semaphores,
            "first_segment_size": header.first_segment_size,
            "free_old_space": header.free_old_space,
        },
        "objects": info.objects,
        "heap_bytes": info.heap_bytes,
        "free_bytes": info.free_bytes,
        "classes": info.classes,
        "metaclasses": info.metaclasses,
        "class_table_entries": info.class_table_entries,
        "contexts": info.contexts,
        "small_floats": info.small_floats,
        "code": {
            "v3_methods": code.v3_methods,
            "v3_blocks": code.v3_blocks,
            "sista_methods": code.sista_methods,
            "sista_blocks": code.sista_blocks,
        },
        "primitives": info.primitives.iter().map(|(number, count)| (number.to_string(), json!(count))).collect::<serde_json::Map<_, _>>(),
        "named_primitives": info.named_primitives,
        "largest_classes": info.largest_classes.iter().map(|class| {
            json!({ "name": class.name, "instances": class.instances, "bytes": class.bytes })
        }).collect::<Vec<_>>(),
    });
    if args.verify {
        value["findings"] = json!(findings);
    }
    println!("{value:#}");
}

/// Names in lines that fit a terminal, indented.
fn wrapped<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut text = String::new();
    let mut column = WIDTH;
    for name in names {
        if column + name.len() + 1 > WIDTH {
            if !text.is_empty() {
                text.push('\n');
            }
            text.push_str(INDENT);
            column = INDENT.len();
        } else {
            text.push(' ');
            column += 1;
        }
        text.push_str(name);
        column += name.len();
    }
    text + "\n"
}

fn print_text(args: &InfoArgs, info: &ImageInfo, findings: &[String]) {
    let (header, code) = (&info.header, &info.code);
    println!("{}", args.image.display());
    println!("  format     {}, header of {} bytes, flags {:#x}", info.format(), header.header_size, header.flags);
    println!("  segments   {} bytes, written at {:#x}", header.data_size, header.base_address);
    println!("  objects    {} in {} bytes, {} of them free", info.objects, info.heap_bytes, info.free_bytes);
    println!(
        "  classes    {}, {} metaclasses, at {} indices of the class table",
        info.classes, info.metaclasses, info.class_table_entries
    );
    println!(
        "  code       {}: {} methods, {} blocks",
        info.bytecode_sets(),
        code.v3_methods + code.sista_methods,
        code.v3_blocks + code.sista_blocks
    );
    println!("  contexts   {}", info.contexts);
    println!("  floats     {}", if info.small_floats { "immediate where they fit" } else { "always objects" });
    println!("  primitives {} different ones by number", info.primitives.len());
    for (module, functions) in &info.named_primitives {
        let module = if module.is_empty() { "(the VM's own)" } else { module };
        println!("  module     {module}, {} primitives", functions.len());
        print!("{}", wrapped(functions.keys().map(String::as_str)));
    }
    for class in info.largest_classes.iter().take(LARGEST) {
        println!("  largest    {} bytes in {} of class {}", class.bytes, class.instances, class.name);
    }
    if args.verify {
        let (shown, rest) = findings.split_at(findings.len().min(FINDINGS));
        shown.iter().for_each(|finding| println!("  wrong      {finding}"));
        match (findings.len(), rest.len()) {
            (0, _) => println!("  verified   nothing is wrong"),
            (_, 0) => {}
            (_, rest) => println!("  wrong      ... and {rest} more"),
        }
    }
}
