//! The plugin host over a real heap: conversion by signature, handles, modules.

use osvm_core::error::PrimError;
use osvm_core::heap::Heap;
use osvm_core::object::{self, Format};
use osvm_core::oop::Oop;
use osvm_core::plugin::{NotFound, PluginHost};
use osvm_host::PluginOptions;
use osvm_host::config::{Config, Places};
use osvm_host::testing::RealHost;

/// A configuration with all plugins that are linked in, and everything granted.
fn config() -> Config {
    let text = "
        vm.defaults = false
        plugins.ConsolePlugin = { builtin = true, grants.console = true }
        plugins.FilePlugin = { builtin = true, grants = { files = [{ host = '/', write = true }], stdio = true, clock = true, security = true } }
        plugins.LargeIntegers = { builtin = true }
        plugins.MiscPrimitivePlugin = { builtin = true }
    ";
    Config::parse(text, "test.toml".as_ref(), None, &Places::of_process()).expect("the configuration is right")
}

struct Fixture {
    host: RealHost,
}

impl Fixture {
    fn new() -> Fixture {
        Fixture { host: RealHost::new(&config(), PluginOptions::default()).expect("a host can be made") }
    }

    fn heap(&mut self) -> &mut Heap {
        self.host.heap()
    }

    fn call(&mut self, module: &str, function: &str, receiver: Oop, args: &[Oop]) -> Result<Oop, PrimError> {
        self.host.call(module, function, receiver, args)
    }

    fn string(&mut self, text: &str) -> Oop {
        self.heap().string(text).unwrap()
    }

    fn open(&mut self, path: &std::path::Path) -> Oop {
        let path = self.string(path.to_str().unwrap());
        let writable = self.heap().true_();
        self.call("FilePlugin", "primitiveFileOpen", Oop::ZERO, &[path, writable]).unwrap()
    }

    fn size(&mut self, file: Oop) -> Result<Oop, PrimError> {
        self.call("FilePlugin", "primitiveFileSize", Oop::ZERO, &[file])
    }
}

#[test]
fn what_is_not_there_is_not_found() {
    let host = &mut Fixture::new().host.plugins;
    assert_eq!(host.resolve("NoPlugin", "primitiveX"), Err(NotFound::Module));
    assert_eq!(host.resolve("FilePlugin", "primitiveX"), Err(NotFound::Function));
    assert_eq!(host.resolve("", "primitiveX"), Err(NotFound::Function));
    let twice = [host.resolve("FilePlugin", "primitiveFileOpen"), host.resolve("FilePlugin", "primitiveFileOpen")];
    assert!(twice[0].is_ok() && twice[0] == twice[1]);
}

#[test]
fn arguments_are_checked_before_the_plugin_runs() {
    let mut f = Fixture::new();
    let text = f.string("abc");
    let nil = f.heap().nil();
    let hash = |f: &mut Fixture, args: &[Oop]| f.call("MiscPrimitivePlugin", "primitiveStringHash", Oop::ZERO, args);
    assert_eq!(hash(&mut f, &[text, Oop::from_small_int(1)]).map(|o| o.is_small_int()), Ok(true));
    assert_eq!(hash(&mut f, &[text]), Err(PrimError::BAD_NUM_ARGS));
    assert_eq!(hash(&mut f, &[nil, Oop::ZERO]), Err(PrimError::BAD_ARGUMENT));
    assert_eq!(hash(&mut f, &[Oop::from_small_int(3), Oop::ZERO]), Err(PrimError::BAD_ARGUMENT));
    assert_eq!(hash(&mut f, &[text, Oop::from_character(65)]), Err(PrimError::BAD_ARGUMENT));
    let float = f.heap().float(1.5).unwrap();
    assert_eq!(hash(&mut f, &[text, float]), Err(PrimError::BAD_ARGUMENT));
    // Any Integer that fits in 64 bits is an int; larger ones are not.
    let large = f.heap().integer(i64::MIN).unwrap();
    assert_eq!(hash(&mut f, &[text, large]).map(|o| o.is_small_int()), Ok(true));
    let larger = f.heap().large_integer(false, &[0, 0, 0, 0, 0, 0, 0, 128]).unwrap();
    assert_eq!(hash(&mut f, &[text, larger]), Err(PrimError::BAD_ARGUMENT));
    // A receiver of the wrong type is a bad receiver.
    assert_eq!(f.call("LargeIntegers", "primDigitAdd", text, &[Oop::ZERO]), Err(PrimError::BAD_RECEIVER));
}

#[test]
fn read_only_objects_are_not_written() {
    let mut f = Fixture::new();
    let table = f.heap().byte_object(object::CLASS_INDEX_BYTE_ARRAY, &[b'!'; 256]).unwrap();
    let text = f.string("abc");
    let args = [text, Oop::from_small_int(1), Oop::from_small_int(2), table];
    let translate = "primitiveTranslateStringWithTable";
    assert_eq!(f.call("MiscPrimitivePlugin", translate, Oop::ZERO, &args), Ok(Oop::ZERO));
    assert_eq!(f.heap().bytes(text), b"!!c");
    f.heap().set_immutable(text, true);
    assert_eq!(f.call("MiscPrimitivePlugin", translate, Oop::ZERO, &args), Err(PrimError::NO_MODIFICATION));
}

#[test]
fn integers_of_any_size() {
    let mut f = Fixture::new();
    let max = Oop::from_small_int(Oop::MAX_SMALL_INTEGER);
    let sum = f.call("LargeIntegers", "primDigitAdd", max, &[Oop::from_small_int(1)]).unwrap();
    assert_eq!(f.heap().class_index(sum), object::CLASS_INDEX_LARGE_POSITIVE);
    assert_eq!(f.heap().bytes(sum), (1u64 << 60).to_le_bytes());
    let back = f.call("LargeIntegers", "primDigitSubtract", sum, &[Oop::from_small_int(1)]).unwrap();
    assert_eq!(back, max);
    let false_ = f.heap().false_();
    let square = f.call("LargeIntegers", "primDigitMultiplyNegative", sum, &[sum, false_]).unwrap();
    assert_eq!(f.heap().byte_size(square), 16);
    let pair = f.call("LargeIntegers", "primDigitDivNegative", square, &[sum, false_]).unwrap();
    let quotient = f.heap().fetch(pair, 0);
    let normal = f.call("LargeIntegers", "primNormalizePositive", quotient, &[]).unwrap();
    let sum = f.heap().bytes(sum).to_vec();
    assert_eq!(f.heap().bytes(normal), sum);
}

#[test]
fn files_by_handles_that_cannot_be_forged() {
    let folder = tempfile::tempdir().unwrap();
    let mut f = Fixture::new();
    let (one, two) = (f.open(&folder.path().join("one")), f.open(&folder.path().join("two")));
    assert_eq!(f.heap().byte_size(one), 24);
    let text = f.string("12345");
    let args = [one, text, Oop::from_small_int(2), Oop::from_small_int(3)];
    assert_eq!(f.call("FilePlugin", "primitiveFileWrite", Oop::ZERO, &args), Ok(Oop::from_small_int(3)));
    assert_eq!(f.size(one), Ok(Oop::from_small_int(3)));
    assert_eq!(std::fs::read(folder.path().join("one")).unwrap(), b"234");

    // A copy of a handle is as good as it; one with any byte changed is none.
    let bytes = f.heap().bytes(one).to_vec();
    let copy = f.heap().byte_object(object::CLASS_INDEX_BYTE_ARRAY, &bytes).unwrap();
    assert_eq!(f.size(copy), Ok(Oop::from_small_int(3)));
    for i in 0..bytes.len() {
        f.heap().bytes_mut(copy)[i] ^= 1;
        assert_eq!(f.size(copy), Err(PrimError::BAD_ARGUMENT), "byte {i}");
        f.heap().bytes_mut(copy)[i] ^= 1;
    }
    // A closed file's handle is dead, also if its number is used again.
    assert_eq!(f.call("FilePlugin", "primitiveFileClose", Oop::ZERO, &[one]), Ok(Oop::ZERO));
    let _three = f.open(&folder.path().join("three"));
    assert_eq!(f.size(one), Err(PrimError::BAD_ARGUMENT));
    assert_eq!(f.size(two), Ok(Oop::ZERO));
    // A handle of another session is stale.
    f.host.plugins = Fixture::new().host.plugins;
    assert_eq!(f.size(two), Err(PrimError::BAD_ARGUMENT));
}

#[test]
fn errors_of_the_system_keep_their_number() {
    let mut f = Fixture::new();
    let path = f.string("/no/such/folder");
    let false_ = f.heap().false_();
    let failed = f.call("FilePlugin", "primitiveFileOpen", Oop::ZERO, &[path, false_]);
    assert_eq!(failed, Err(PrimError::system(2)));
    let with_nul = f.string("a\0b");
    let failed = f.call("FilePlugin", "primitiveFileOpen", Oop::ZERO, &[with_nul, false_]);
    assert_eq!(failed, Err(PrimError::system(22)));
    let folder = f.string("/");
    let failed = f.call("FilePlugin", "primitiveFileOpen", Oop::ZERO, &[folder, false_]);
    assert_eq!(failed, Err(PrimError::system(21)));
}

#[test]
fn a_directory_entry_is_an_array() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), b"12345").unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("link")).unwrap();
    let mut f = Fixture::new();
    let path = f.string(folder.path().to_str().unwrap());
    let mut entry = |name: &str| {
        let name = f.string(name);
        let entry = f.call("FilePlugin", "primitiveDirectoryEntry", Oop::ZERO, &[path, name]).unwrap();
        (
            f.heap().slots(entry).to_vec(),
            {
                let name = f.heap().fetch(entry, 0);
                f.heap().bytes(name).to_vec()
            },
            f.heap().bool(true),
            f.heap().bool(false),
        )
    };
    let (file, name, true_, false_) = entry("file");
    assert_eq!((file.len(), name.as_slice(), file[3], file[4], file[6]), (7, &b"file"[..], false_, Oop::from_small_int(5), false_));
    let modified = file[2].small_int();
    assert!(modified > 3_900_000_000, "seconds since 1901: {modified}");
    let (link, ..) = entry("link");
    assert_eq!(link[6], true_, "a link that leads nowhere");
    let index = Oop::from_small_int(3);
    let end = f.call("FilePlugin", "primitiveDirectoryLookup", Oop::ZERO, &[path, index]);
    assert_eq!(end, Ok(f.heap().nil()));
}

#[test]
fn words_are_read_by_their_units() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("words"), [1, 0, 0, 0, 2, 0, 0, 0, 3]).unwrap();
    let mut f = Fixture::new();
    let file = f.open(&folder.path().join("words"));
    let (format, slots) = Format::for_units(Format::WORDS_32, 5, 2);
    let words = f.heap().alloc_bits(object::CLASS_INDEX_BYTE_ARRAY, format, slots as usize).unwrap();
    let read = |f: &mut Fixture, start: i64, count: i64| {
        let args = [file, words, Oop::from_small_int(start), Oop::from_small_int(count)];
        f.call("FilePlugin", "primitiveFileRead", Oop::ZERO, &args)
    };
    assert_eq!(read(&mut f, 2, 5), Err(PrimError::BAD_INDEX));
    assert_eq!(read(&mut f, 2, 4), Ok(Oop::from_small_int(2)));
    assert_eq!(f.heap().bytes(words)[..16], [0, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0]);
}

#[test]
fn modules_are_listed_unloaded_and_closed_off() {
    let mut f = Fixture::new();
    assert_eq!(f.host.plugins.builtin_module(1).as_deref(), Some("ConsolePlugin"));
    assert_eq!((f.host.plugins.builtin_module(0), f.host.plugins.builtin_module(99)), (None, None));
    assert_eq!(f.host.plugins.loaded_module(1), None);
    let folder = tempfile::tempdir().unwrap();
    let file = f.open(&folder.path().join("file"));
    assert_eq!(f.host.plugins.loaded_module(1).as_deref(), Some("FilePlugin"));
    let generation = f.host.plugins.generation();
    assert!(f.host.plugins.unload("FilePlugin") && !f.host.plugins.unload("FilePlugin") && !f.host.plugins.unload(""));
    assert_ne!(f.host.plugins.generation(), generation);
    assert_eq!(f.size(file), Err(PrimError::BAD_ARGUMENT), "its files are closed");
    assert_eq!(f.call("", "primitiveDisableModuleLoading", Oop::ZERO, &[]), Ok(Oop::ZERO));
    assert_eq!(f.host.plugins.resolve("ConsolePlugin", "primitiveLog:level:"), Err(NotFound::Module));
    assert!(f.host.plugins.resolve("FilePlugin", "primitiveFileOpen").is_ok(), "it was loaded before");
}

#[test]
fn the_working_directory() {
    let mut f = Fixture::new();
    let nil = f.heap().nil();
    let path = f.call("", "primitiveGetCurrentWorkingDirectory", Oop::ZERO, &[nil]).unwrap();
    assert_eq!(f.heap().text(path).unwrap(), std::env::current_dir().unwrap().to_str().unwrap());
}
