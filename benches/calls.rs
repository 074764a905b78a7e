//! What one call of a primitive costs, by the form of its plugin, beside the bare engine: `cargo xtask plugins && cargo bench -p osvm-benches`.
//!
//! Each row is measured in an image: a loop of compiled Smalltalk sends a message whose method has the primitive; the time of the loop alone is
//! taken off. The bare engine is called from Rust, by wasmtime's typed function of a module that adds two numbers.

use osvm_benches::{Image, nanoseconds};
use osvm_core::oop::Oop;
use osvm_host::PluginOptions;
use osvm_host::config::{Config, Places};
use osvm_host::testing::{PluginTest, RealHost};
use osvm_plugin_sampler::PLUGIN;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::fs;
use std::path::Path;
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

    /// A line of a configuration that has a plugin in this form.
    fn source(self, plugin: &str) -> String {
        let (key, file) = match self {
            Form::Builtin => return "builtin = true".into(),
            Form::Native => ("native", format!("{DLL_PREFIX}{plugin}{DLL_SUFFIX}")),
            Form::Wasm => ("module", format!("{plugin}.wasm")),
        };
        format!("{key} = '{}'", osvm_tests::plugins().join(file).display())
    }

    /// An image with the sampler plugin.
    fn image(self) -> Image {
        let host = match self {
            Form::Builtin => PluginTest::linked(&PLUGIN).expect("the plugin is sound").into_host(),
            Form::Native | Form::Wasm => {
                let source = self.source("sampler");
                host(&format!("[plugins.SamplerPlugin]\n{source}\ngrants = {{ log = true, timers = true }}"), Path::new("."))
            }
        };
        Image::new(Box::new(host.plugins))
    }
}

/// A host with this configuration, as if it was in a file in `folder`.
fn host(plugins: &str, folder: &Path) -> RealHost {
    let text = format!("vm.defaults = false\n{plugins}\n");
    let config = Config::parse(&text, &folder.join("vm.toml"), None, &Places::of_process()).expect("a configuration");
    RealHost::new(&config, PluginOptions::default()).expect("the host")
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
    let source = form.source("file");
    let grants =
        format!("grants = {{ files = [{{ host = '{}' }}], clock = true, security = true, stdio = true }}", folder.path().display());
    let mut host = host(&format!("[plugins.FilePlugin]\n{source}\n{grants}"), folder.path());
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
