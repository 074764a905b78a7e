//! The images of other people that stand beside the workspace (`OSVM_IMAGES`, or `../shared/images`): what is in them, that
//! they survive being written, and that no cut and no damage to them gets past the loader. Tests of an image that is not
//! there are ignored.
//!
//! With `OSVM_REFERENCE_VM`, the command of an OpenSmalltalk VM for 64-bit Spur, it must run what was written here.

#[allow(dead_code)]
#[path = "image/support.rs"]
mod support;

use libtest_mimic::{Arguments, Trial};
use osvm_core::heap::NoRoots;
use osvm_core::image::{self, CodeInfo, ImageInfo};
use osvm_core::primitives::{NAMED, QUICK, TABLE};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// File, what must be in it, and the seeds of damage to it.
type Image = (&'static str, fn(&ImageInfo), Range<u64>);

const IMAGES: [Image; 4] = [
    ("tiny-32.image", tiny_32, 0..10_000),
    ("tiny-64.image", tiny_64, 0..10_000),
    ("codeparadise-sista-32.image", codeparadise, 0..10_000),
    ("pharo8-bootstrap-64.image", pharo8, 0..1_000),
];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    let mut add = |name: &str, here: bool, test: Box<dyn FnOnce() + Send>| {
        let test = || {
            test();
            Ok(())
        };
        trials.push(Trial::test(name, test).with_ignored_flag(!here));
    };
    let reference = std::env::var_os("OSVM_REFERENCE_VM").is_some();
    for (name, check, seeds) in IMAGES {
        let path = folder().join(name);
        let here = path.is_file();
        if !here {
            eprintln!("{} is not here, so its tests are ignored", path.display());
        }
        let bytes = move || std::fs::read(&path).expect("the image can be read");
        let (whole, saved, collected, cut, damaged, run) =
            (bytes.clone(), bytes.clone(), bytes.clone(), bytes.clone(), bytes.clone(), bytes);
        add(
            &format!("{name}: contents"),
            here,
            Box::new(move || {
                let info = ImageInfo::of(&support::load(&whole()));
                check(&info);
                every_primitive_is_known(&info);
            }),
        );
        add(&format!("{name}: written and read again"), here, Box::new(move || support::check_round_trip(&saved())));
        add(
            &format!("{name}: collected, written and read again"),
            here,
            Box::new(move || check_collected_round_trip(&collected())),
        );
        add(&format!("{name}: truncated"), here, Box::new(move || support::check_truncations(&cut())));
        add(&format!("{name}: damaged"), here, Box::new(move || support::check_damaged(damaged(), seeds)));
        // The others need plugins, or a faster clock, to end.
        if name.starts_with("pharo8") || name.starts_with("tiny-32") {
            add(&format!("{name}: run by a reference VM"), here && reference, Box::new(move || run_by_reference_vm(name, &run())));
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

/// The folder of the images: beside the workspace, or one folder further up.
fn folder() -> PathBuf {
    if let Some(folder) = std::env::var_os("OSVM_IMAGES") {
        return folder.into();
    }
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this crate is vm/core of a workspace");
    let mut folders = workspace.ancestors().skip(1).take(2).map(|folder| folder.join("shared/images"));
    folders.find(|folder| folder.is_dir()).unwrap_or_else(|| workspace.join("../shared/images"))
}

/// Each number that a method of the image names has a row, if only one that says why it fails; and so has each name without a
/// module, but for those that need the world and are the host's.
fn every_primitive_is_known(info: &ImageInfo) {
    for &number in info.primitives.keys() {
        let known = TABLE.iter().any(|row| row.number == number) || QUICK.iter().any(|row| (row.0..=row.1).contains(&number));
        assert!(known, "primitive {number}");
    }
    for name in info.named_primitives.get("").into_iter().flat_map(|names| names.keys()) {
        let hosts = ["primitiveDisableModuleLoading", "primitiveGetCurrentWorkingDirectory"].contains(&name.as_str());
        assert!(hosts || NAMED.iter().any(|row| row.name == name), "{name}");
    }
}

fn pharo8(info: &ImageInfo) {
    assert_eq!((info.objects, info.classes, info.metaclasses, info.class_table_entries), (29904, 553, 553, 1676));
    assert_eq!(info.code, CodeInfo { v3_methods: 10391, ..CodeInfo::default() });
    assert_eq!((info.format().as_str(), info.bytecode_sets()), ("68021, Spur 64-bit", "V3PlusClosures"));
    assert_eq!((info.header.screen(), info.contexts, info.free_bytes), ((650, 443), 1, 0));
    assert_eq!((info.primitives.len(), info.primitives[&1]), (195, 1));
    assert_eq!(info.named_primitives["FileAttributesPlugin"].len(), 16);
    assert_eq!(info.largest_classes[0].name, "CompiledMethod");
    assert!(info.small_floats);
}

fn tiny_64(info: &ImageInfo) {
    assert_eq!((info.objects, info.classes, info.small_floats), (2472, 51, false));
    assert_eq!(info.bytecode_sets(), "V3PlusClosures");
}

/// Its 44 forwarders do not go into memory.
fn tiny_32(info: &ImageInfo) {
    assert_eq!((info.objects, info.classes, info.small_floats), (2493 - 44, 50, false));
    assert_eq!((info.format().as_str(), info.bytecode_sets()), ("6521, Spur 32-bit", "V3PlusClosures"));
    assert!(info.named_primitives["ConsolePlugin"].contains_key("primitiveLog:level:"));
}

/// Its 48 free chunks do not go into memory, and its 9 large integers become small.
fn codeparadise(info: &ImageInfo) {
    assert_eq!((info.objects, info.classes, info.free_bytes, info.small_floats), (4843 - 48 - 9, 94, 0, false));
    assert_eq!(info.code, CodeInfo { sista_methods: 1688, sista_blocks: 234, ..CodeInfo::default() });
    assert_eq!(info.named_primitives["CpSystemPlugin"].values().sum::<usize>(), 46);
}

/// What a running VM writes: the image after a collection.
fn save_collected(bytes: &[u8]) -> Vec<u8> {
    let mut image = support::load(bytes);
    image.heap.prepare_snapshot(&mut NoRoots).expect("a loaded image has no young objects");
    assert_eq!(image::verify(&image.heap), Vec::<String>::new());
    support::save(&image).0
}

/// Collects, writes, and reads again, twice: the second time nothing is left to collect.
fn check_collected_round_trip(bytes: &[u8]) {
    let once = save_collected(bytes);
    let twice = save_collected(&once);
    support::assert_same_graph(&support::load(&once).heap, &support::load(&twice).heap);
}

/// Writes the image anew and has it run: it must end with 0, and if it saves itself, what it saves must load.
fn run_by_reference_vm(name: &str, bytes: &[u8]) {
    let vm = std::env::var_os("OSVM_REFERENCE_VM").expect("the test is ignored without one");
    let path = std::env::temp_dir().join(format!("osvm-{}-{name}", std::process::id()));
    std::fs::write(&path, save_collected(bytes)).expect("a temporary file can be written");
    let status = Command::new(vm).arg(&path).status().expect("the reference VM can be started");
    let saved = std::fs::read(&path).expect("the image is still there");
    std::fs::remove_file(&path).expect("a temporary file can be removed");
    assert_eq!(status.code(), Some(0));
    support::load(&saved);
}
