//! Files of plugins that change while an image runs (`--watch-plugins`).

use crate::form::{host, logged};
use crate::module::{Module, put};
use crate::{Tests, same};
use libtest_mimic::Failed;
use osvm_core::error::PrimError;
use osvm_core::oop::Oop;
use osvm_core::plugin::PluginHost;
use osvm_host::PluginOptions;
use osvm_host::testing::RealHost;
use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

pub const TESTS: Tests = &[
    ("a module that changes is loaded again", a_module_that_changes),
    ("a module that breaks is refused until it is mended", a_module_that_breaks),
    ("a module that is gone stays as it was loaded", a_module_that_is_gone),
    ("nothing is loaded again unasked", nothing_unasked),
];

/// How long a change is waited for.
const PATIENCE: Duration = Duration::from_secs(20);
/// In so long a change would be noticed.
const LONG: Duration = Duration::from_millis(1500);
const CONFIG: &str = "plugins.ReloadPlugin = { module = 'reload.wasm' }";

/// A plugin that answers its version, makes a resource of the number 5, and adds 100 times its version to the number of one.
fn version(number: i64) -> Module {
    let body = format!(
        "(func (export \"version\") (result i32) (i64.store (i32.const 64) (i64.const {number})) (i32.const 0))
         (func (export \"open\") (result i32) (i64.store (i32.const 64) (i64.const 5)) (i32.const 0))
         (func (export \"use\") (param i32) (result i32)
            (i64.store (i32.const 64) (i64.add (i64.const {}) (i64.extend_i32_u (local.get 0)))) (i32.const 0))",
        number * 100
    );
    let lines = "primitive version () -> int\nprimitive open () -> resource\nprimitive use (it: resource) -> int";
    Module { name: "ReloadPlugin", lines, imports: "", body }
}

fn watching(folder: &Path) -> Result<RealHost, Failed> {
    host(CONFIG, &folder.join("vm.toml"), PluginOptions { watch: true, ..PluginOptions::default() })
}

fn call(host: &mut RealHost, function: &str, args: &[Oop]) -> Result<Oop, PrimError> {
    host.call("ReloadPlugin", function, Oop::ZERO, args)
}

/// Goes on as an image does, until a call of `version` answers this.
fn until(host: &mut RealHost, expected: Result<i64, PrimError>) -> Result<(), Failed> {
    let start = Instant::now();
    loop {
        host.plugins.between_primitives();
        let found = call(host, "version", &[]).map(Oop::small_int);
        if found == expected {
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            return Err(format!("it still answers {found:?}, not {expected:?}").into());
        }
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// Goes on for a while.
fn go_on(host: &mut RealHost) {
    let start = Instant::now();
    while start.elapsed() < LONG {
        host.plugins.between_primitives();
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn a_module_that_changes() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("reload.wasm");
    version(1).put(&file)?;
    let mut host = watching(folder.path())?;
    until(&mut host, Ok(1))?;
    let old = call(&mut host, "open", &[]).map_err(|error| format!("{error:?}"))?;
    same(call(&mut host, "use", &[old]), Ok(Oop::from_small_int(105)), "the first version")?;
    let generation = host.plugins.generation();
    version(2).put(&file)?;
    until(&mut host, Ok(2))?;
    same(host.plugins.generation() == generation, false, "methods ask again")?;
    same(call(&mut host, "use", &[old]), Err(PrimError::BAD_ARGUMENT), "a handle of the version that is gone")?;
    let new = call(&mut host, "open", &[]).map_err(|error| format!("{error:?}"))?;
    same(call(&mut host, "use", &[new]), Ok(Oop::from_small_int(205)), "a handle of the new version")?;
    same(call(&mut host, "use", &[old]), Err(PrimError::BAD_ARGUMENT), "the old handle of a number that is used again")?;
    same(host.heap().check(3), Vec::<String>::new(), "the heap")
}

fn a_module_that_breaks() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("reload.wasm");
    version(1).put(&file)?;
    let mut host = watching(folder.path())?;
    until(&mut host, Ok(1))?;
    put(&file, b"half of a file")?;
    let (broken, log) = logged(|| until(&mut host, Err(PrimError::NOT_FOUND)).map(|()| go_on(&mut host)));
    broken?;
    same(call(&mut host, "version", &[]), Err(PrimError::NOT_FOUND), "what is refused stays so")?;
    let refusal = format!("the plugin ReloadPlugin ({}) is refused: the file is no wasm module", file.display());
    same(log.matches(&refusal).count(), 1, &log)?;
    let generation = host.plugins.generation();
    version(3).put(&file)?;
    until(&mut host, Ok(3))?;
    same(host.plugins.generation() == generation, false, "methods that found nothing ask again")
}

fn a_module_that_is_gone() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("reload.wasm");
    version(1).put(&file)?;
    let mut host = watching(folder.path())?;
    until(&mut host, Ok(1))?;
    let handle = call(&mut host, "open", &[]).map_err(|error| format!("{error:?}"))?;
    fs::remove_file(&file)?;
    go_on(&mut host);
    same(call(&mut host, "use", &[handle]), Ok(Oop::from_small_int(105)), "without its file")?;
    version(2).put(&file)?;
    until(&mut host, Ok(2))
}

fn nothing_unasked() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("reload.wasm");
    version(1).put(&file)?;
    let mut host = host(CONFIG, &folder.path().join("vm.toml"), PluginOptions::default())?;
    until(&mut host, Ok(1))?;
    version(2).put(&file)?;
    go_on(&mut host);
    until(&mut host, Ok(1))
}

/// A library is never unloaded: the log says that osvm must start again.
pub fn a_library_stays(library: &Path) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("libsampler.so");
    let bytes = fs::read(library)?;
    put(&file, &bytes)?;
    let text = "plugins.SamplerPlugin = { native = 'libsampler.so', grants = { log = true, timers = true } }";
    let options = PluginOptions { watch: true, ..PluginOptions::default() };
    let mut host = host(text, &folder.path().join("vm.toml"), options)?;
    let sum = host.call("SamplerPlugin", "primitiveSumNew", Oop::ZERO, &[Oop::from_small_int(3)]).map_err(|e| format!("{e:?}"))?;
    put(&file, &bytes)?;
    let ((), log) = logged(|| go_on(&mut host));
    same(log.matches("the library has changed; a native plugin is never unloaded").count(), 1, &log)?;
    let value = host.call("SamplerPlugin", "primitiveSumValue", Oop::ZERO, &[sum]);
    same(value, Ok(Oop::from_small_int(3)), "what it has open stays")
}
