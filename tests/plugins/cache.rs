//! Compiled modules that are kept on disk.

use crate::form::{config, logged};
use crate::module::Module;
use crate::{Tests, same};
use libtest_mimic::Failed;
use osvm_host::PluginOptions;
use osvm_host::check::check;
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

pub const TESTS: Tests = &[
    ("a module is compiled once", compiled_once),
    ("compiled code that is damaged is not used", damaged_code),
    ("other modules, and code that counts fuel, have entries of their own", entries_of_their_own),
    ("a folder that cannot be made costs a warning", no_folder),
    ("a folder that others can write to is not used", others_folder),
];

/// A folder with a plugin, and the cache's folder in it.
struct World {
    folder: tempfile::TempDir,
    options: PluginOptions,
}

impl World {
    fn new(cache: &str) -> Result<World, Failed> {
        let folder = tempfile::tempdir()?;
        module("run").put(&folder.path().join("kept.wasm"))?;
        let options = PluginOptions { cache: Some(folder.path().join(cache)), ..PluginOptions::default() };
        Ok(World { folder, options })
    }

    /// Loads the plugin, as the next start of a VM does; what the log says.
    fn load(&self) -> Result<String, Failed> {
        let text = "plugins.KeptPlugin = { module = 'kept.wasm' }";
        let config = config(text, &self.folder.path().join("vm.toml"))?;
        let (checked, log) = logged(|| check("KeptPlugin", &config.plugins["KeptPlugin"], &self.options));
        checked?;
        Ok(log)
    }

    fn entries(&self) -> Result<Vec<PathBuf>, Failed> {
        let folder = self.options.cache.as_deref().unwrap_or(Path::new("."));
        Ok(fs::read_dir(folder)?.flatten().map(|entry| entry.path()).collect())
    }

    fn entry(&self) -> Result<PathBuf, Failed> {
        let entries = self.entries()?;
        same(entries.len(), 1, "entries")?;
        Ok(entries[0].clone())
    }
}

/// A module with one function of this name.
fn module(function: &str) -> Module {
    let lines = if function == "run" { "primitive run () -> int" } else { "primitive go () -> int" };
    Module { name: "KeptPlugin", lines, imports: "", body: format!("(func (export \"{function}\") (result i32) (i32.const 0))") }
}

fn compilations(log: &str) -> usize {
    log.matches("engine: compiled plugin=").count()
}

fn compiled_once() -> Result<(), Failed> {
    let world = World::new("deep/cache")?;
    same(compilations(&world.load()?), 1, "the first time")?;
    let entry = world.entry()?;
    let written = fs::metadata(&entry)?.modified()?;
    same(compilations(&world.load()?), 0, "the second time")?;
    same(fs::metadata(&entry)?.modified()?, written, "the entry was not written again")?;
    let mode = fs::metadata(world.folder.path().join("deep/cache"))?.permissions().mode();
    same(mode & 0o777, 0o700, "the folder is the user's alone")
}

fn damaged_code() -> Result<(), Failed> {
    let world = World::new("cache")?;
    world.load()?;
    let entry = world.entry()?;
    let whole = fs::read(&entry)?;
    // The digest, the code at its beginning, in the middle and at its end; cut off; empty.
    let mut damaged: Vec<Vec<u8>> = [0, 40, whole.len() / 2, whole.len() - 1].map(|at| flipped(&whole, at)).to_vec();
    damaged.extend([whole[..whole.len() - 1].to_vec(), whole[..10].to_vec(), Vec::new()]);
    for bytes in damaged {
        fs::write(&entry, &bytes)?;
        let log = world.load()?;
        same(compilations(&log), 1, &log)?;
        if bytes.len() >= 32 {
            same(log.matches("WARN").count(), 1, &log)?;
            same(log.contains("a compiled module is damaged"), true, &log)?;
        }
        same(compilations(&world.load()?), 0, "the entry was mended")?;
    }
    Ok(())
}

fn flipped(bytes: &[u8], at: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[at] ^= 0x20;
    bytes
}

fn entries_of_their_own() -> Result<(), Failed> {
    let mut world = World::new("cache")?;
    world.load()?;
    module("go").put(&world.folder.path().join("kept.wasm"))?;
    same(compilations(&world.load()?), 1, "another module")?;
    same(world.entries()?.len(), 2, "entries")?;
    world.options.fuel = Some(1000);
    same(compilations(&world.load()?), 1, "code that counts fuel is other code")?;
    same(world.entries()?.len(), 3, "entries")
}

fn no_folder() -> Result<(), Failed> {
    let world = World::new("kept.wasm/cache")?;
    for _ in 0..2 {
        let log = world.load()?;
        same(compilations(&log), 1, &log)?;
        same(log.matches("WARN").count(), 1, &log)?;
        same(log.contains("compiled code cannot be kept"), true, &log)?;
    }
    Ok(())
}

fn others_folder() -> Result<(), Failed> {
    let world = World::new("cache")?;
    world.load()?;
    let folder = world.folder.path().join("cache");
    fs::set_permissions(&folder, Permissions::from_mode(0o777))?;
    let log = world.load()?;
    same(compilations(&log), 1, "what others may have written is not run")?;
    same(log.contains("others can write to the folder"), true, &log)?;
    fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
    same(compilations(&world.load()?), 0, "once it is the user's alone again")
}
