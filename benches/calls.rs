//! What one call of a primitive costs, by the form of its plugin, beside the bare engine: `cargo xtask plugins --native && cargo bench -p osvm-benches`.
//!
//! Each row is measured in an image: a loop of compiled Smalltalk sends a message whose method has the primitive; the time of the loop alone is
//! taken off. The bare engine is called from Rust, by wasmtime's typed function of a module that adds two numbers.

use osvm_benches::{Image, nanoseconds};
use osvm_core::oop::Oop;
use osvm_host::PluginOptions;
use osvm_host::config::{FileGrant, Grants, PluginConfig, Source};
use osvm_host::testing::PluginTest;
use osvm_plugin_sampler::PLUGIN;
use osvm_tests::{library, plugins};
use std::fs;
use wasmtime::{Engine, Instance, Module, Store};

/// Sizes of byte objects, in bytes.
const SIZES: [(&str, usize); 3] = [("16 B", 16), ("4 KiB", 4 << 10), ("1 MiB", 1 << 20)];

fn main() {
    let bare = bare();
    let numbered = numbered();
    let forms = [Form::Builtin, Form::Native, Form::Wasm];
    println!("| | ns a call | times bare | times numbered |");
    println!("|---|---:|---:|---:|");
    let row = |name: &str, time: f64| println!("| {name} | {time:.1} | {:.2} | {:.2} |", time / bare, time / numbered);
    row("bare engine, from Rust: `(i64, i64) -> i64`", bare);
    row("numbered primitive, from an image", numbered);
    for form in forms {
        row(&format!("{}, from an image: `(int, int) -> int`", form.name()), add(form));
    }
    println!("\n| `(bytes) -> int`, from an image: ns a call | {} |", SIZES.map(|size| size.0).join(" | "));
    println!("|---|---:|---:|---:|");
    for form in forms {
        println!("| {} | {} |", form.name(), bytes(form).map(|time| format!("{time:.1}")).join(" | "));
    }
    let (native, wasm) = (file_read(Form::Native), file_read(Form::Wasm));
    println!("\n| 1 MiB read from a file: µs | | times native |\n|---|---:|---:|");
    println!("| native | {:.1} | 1 |\n| wasm | {:.1} | {:.2} |", native / 1e3, wasm / 1e3, wasm / native);
}

/// How a plugin is made part of the VM.
#[derive(Clone, Copy)]
enum Form {
    Builtin,
    Native,
    Wasm,
}

impl Form {
    fn name(self) -> &'static str {
        match self {
            Form::Builtin => "builtin",
            Form::Native => "native",
            Form::Wasm => "wasm",
        }
    }

    /// An image with the sampler plugin.
    fn image(self) -> Image {
        let plugin = match self {
            Form::Builtin => PluginTest::linked(&PLUGIN),
            Form::Native => PluginTest::file(&library(&plugins(), "sampler")),
            Form::Wasm => PluginTest::file(&plugins().join("sampler.wasm")),
        };
        Image::new(Box::new(plugin.expect("the plugin is sound").into_host().plugins))
    }
}

/// wasmtime's typed call of a function that adds.
fn bare() -> f64 {
    let engine = Engine::default();
    let wat = br#"(module (func (export "add") (param i64 i64) (result i64) (i64.add (local.get 0) (local.get 1))))"#;
    let module = Module::new(&engine, wat::parse_bytes(wat).expect("a module")).expect("a module");
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).expect("an instance");
    let add = instance.get_typed_func::<(i64, i64), i64>(&mut store, "add").expect("the function");
    nanoseconds(|times| {
        let mut sum = 0;
        for _ in 0..times {
            sum = add.call(&mut store, (sum, 3)).expect("the sum");
        }
        assert_eq!(sum, 3 * times as i64);
    })
}

/// `bitAnd:` as a message whose method has the primitive, not as the bytecode that most code has for it.
fn numbered() -> f64 {
    let mut image = Form::Builtin.image();
    image.numbered("and2:", 14);
    image.nanoseconds(|a| {
        a.push(12);
        a.push(10);
        a.send("and2:");
    })
}

fn add(form: Form) -> f64 {
    let mut image = form.image();
    image.named("add:with:", "SamplerPlugin", "primitiveAdd");
    image.nanoseconds(|a| {
        a.push_nil();
        a.push(12);
        a.push(10);
        a.send("add:with:");
    })
}

fn bytes(form: Form) -> [f64; 3] {
    let mut image = form.image();
    image.named("count:", "SamplerPlugin", "primitiveByteCount");
    SIZES.map(|(name, size)| {
        image.global_bytes(name, size);
        image.nanoseconds(|a| {
            a.push_nil();
            a.push_global(name);
            a.send("count:");
        })
    })
}

/// Reading a file that the system has in memory, from its begin.
fn file_read(form: Form) -> f64 {
    const SIZE: usize = 1 << 20;
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("data");
    fs::write(&path, vec![7; SIZE]).expect("a file");
    let source = match form {
        Form::Builtin => Source::Builtin,
        Form::Native => Source::Native(library(&plugins(), "file")),
        Form::Wasm => Source::Wasm(plugins().join("file.wasm")),
    };
    let granted = FileGrant { host: folder.path().into(), guest: folder.path().into(), write: false };
    let grants = Grants { files: vec![granted], ..Grants::all() };
    let plugin = PluginTest::configured(PluginConfig { grants, ..PluginConfig::new(source) }, PluginOptions::default());
    let mut host = plugin.expect("the plugin is sound").into_host();
    let name = host.heap().string(&path.display().to_string()).expect("memory");
    let no = host.heap().false_();
    let file = host.call("FilePlugin", "primitiveFileOpen", Oop::ZERO, &[name, no]).expect("the file is opened");
    let into = host.heap().byte_object(osvm_core::object::CLASS_INDEX_BYTE_ARRAY, &vec![0; SIZE]).expect("memory");
    let (one, size) = (Oop::from_small_int(1), Oop::from_small_int(SIZE as i64));
    nanoseconds(|times| {
        for _ in 0..times {
            host.call("FilePlugin", "primitiveFileSetPosition", Oop::ZERO, &[file, Oop::ZERO]).expect("the position is set");
            assert_eq!(host.call("FilePlugin", "primitiveFileRead", Oop::ZERO, &[file, into, one, size]), Ok(size));
        }
    })
}
