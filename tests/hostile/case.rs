//! One hostile module: what it is, how it is called, and what must come of it.

use crate::log::Log;
use libtest_mimic::Failed;
use osvm_core::error::PrimError;
use osvm_core::oop::Oop;
use osvm_host::check::check;
use osvm_host::config::{Config, Places};
use osvm_host::testing::RealHost;
use osvm_host::{PluginOptions, Refusal};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A module of WebAssembly text with one primitive, `run`.
pub struct Case {
    pub name: &'static str,
    /// The signature in its description.
    pub signature: &'static str,
    /// More lines of its description.
    pub lines: &'static str,
    /// What it is granted.
    pub grants: &'static str,
    /// What is in it, besides memory, result slots and arena.
    pub body: &'static str,
    pub expected: Expected,
    /// What the log says, at least.
    pub says: &'static str,
    /// How much it may use.
    pub limits: &'static str,
}

/// Limits that are soon reached.
pub const NARROW: &str = "memory = '1 MiB', table = 100, stack = '64 KiB', deadline = '100 ms'";

/// What must come of it.
#[derive(Clone, Copy)]
pub enum Expected {
    /// It is not loaded, for a reason with these words.
    Refused(&'static str),
    /// Calls of `run` fail so.
    Fails(PrimError),
    /// Calls of `run` answer this Integer.
    Answers(i64),
}

pub use Expected::{Answers, Fails, Refused};

/// What a module needs that is called at all: memory, result slots at 64, an arena at 1024, and the way to answer what a host's function
/// answered: its value, or its failure without the system's number.
pub const PRELUDE: &str = r#"
    (memory (export "memory") 2)
    (global (export "osvm_results") i32 (i32.const 64))
    (func (export "osvm_arena") (param i32) (result i32) (i32.const 1024))
    (func $answer (param $answer i64) (result i32)
        (if (i64.lt_s (local.get $answer) (i64.const 0))
            (then (return (i32.wrap_i64 (i64.rem_s (local.get $answer) (i64.const 256))))))
        (i64.store (i32.const 64) (local.get $answer))
        (i32.const 0))
"#;

impl Case {
    /// A case with a primitive `() -> int` that has no imports and no grants.
    pub const fn new(name: &'static str, body: &'static str, expected: Expected) -> Case {
        Case { name, signature: "() -> int", lines: "", grants: "", body, expected, says: "", limits: NARROW }
    }

    pub const fn signature(mut self, signature: &'static str) -> Case {
        self.signature = signature;
        self
    }

    pub const fn lines(mut self, lines: &'static str) -> Case {
        self.lines = lines;
        self
    }

    pub const fn grants(mut self, grants: &'static str) -> Case {
        self.grants = grants;
        self
    }

    pub const fn says(mut self, says: &'static str) -> Case {
        self.says = says;
        self
    }

    pub const fn limits(mut self, limits: &'static str) -> Case {
        self.limits = limits;
        self
    }

    /// The module as text. A body that begins with `module` is all of it.
    pub fn text(&self) -> String {
        if let Some(body) = self.body.trim_start().strip_prefix("module") {
            return format!("(module {body})");
        }
        let (lines, signature) = (self.lines, self.signature);
        // Imports come first.
        let imports: String = self.body.lines().filter(|line| line.trim_start().starts_with("(import")).collect();
        let rest: String =
            self.body.lines().filter(|line| !line.trim_start().starts_with("(import")).map(|l| format!("{l}\n")).collect();
        format!(
            "(module {imports} {PRELUDE} {rest}
                (@custom \"osvm.plugin\" \"osvm-plugin 1.0\\nmodule HostilePlugin 1.0\\n{lines}primitive run {signature}\\n\"))"
        )
    }

    /// Checks it in this process.
    pub fn check(&self) -> Result<(), Failed> {
        let log = Log::default();
        tracing::subscriber::with_default(log.subscriber(), || self.comes_true())?;
        let said = log.text();
        if said.contains(self.says) { Ok(()) } else { Err(format!("the log does not say \"{}\": {said}", self.says).into()) }
    }

    fn comes_true(&self) -> Result<(), Failed> {
        let module = wat::parse_str(self.text())?;
        let world = World::limited(&module, self.grants, self.limits)?;
        if let Refused(words) = self.expected {
            return match world.check() {
                Ok(()) => Err("it is loaded".into()),
                Err(refusal) if refusal.to_string().contains(words) => world.good(),
                Err(refusal) => Err(format!("it is refused so: {refusal}").into()),
            };
        }
        let mut host = world.host()?;
        // What happened once happens again: an instance that broke was replaced.
        for _ in 0..2 {
            let args = self.arguments(&mut host);
            let found = host.call("HostilePlugin", "run", Oop::from_small_int(1), &args);
            let right = match self.expected {
                Fails(error) => found == Err(error),
                Answers(value) => found == Ok(Oop::from_small_int(value)),
                Refused(_) => false,
            };
            if !right {
                return Err(format!("it answers {found:?}").into());
            }
            still_works(&mut host)?;
        }
        Ok(())
    }

    /// As many arguments as the signature has, each a String.
    fn arguments(&self, host: &mut RealHost) -> Vec<Oop> {
        (0..self.argument_count()).map(|_| host.heap().string("an argument").expect("memory")).collect()
    }

    /// How many arguments the signature has.
    pub fn argument_count(&self) -> usize {
        self.signature.split("->").next().unwrap_or_default().matches(':').count()
    }
}

/// A configuration with the hostile plugin and a good one.
pub fn configuration(source: &str, grants: &str, limits: &str, good: &Path) -> String {
    format!(
        "vm.defaults = false
        [plugins.HostilePlugin]
        {source}
        {grants}
        limits = {{ {limits} }}
        [plugins.MD5Plugin]
        module = '{}'",
        good.display()
    )
}

/// A folder with a hostile module, and a configuration that has it and a good plugin.
pub struct World {
    pub folder: TempDir,
    pub config: Config,
}

impl World {
    pub fn new(module: &[u8], grants: &str) -> Result<World, Failed> {
        World::limited(module, grants, NARROW)
    }

    pub fn limited(module: &[u8], grants: &str, limits: &str) -> Result<World, Failed> {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("hostile.wasm"), module)?;
        World::in_folder(folder, "module = 'hostile.wasm'", grants, limits)
    }

    pub fn with_source(folder: TempDir, source: &str, grants: &str) -> Result<World, Failed> {
        World::in_folder(folder, source, grants, NARROW)
    }

    fn in_folder(folder: TempDir, source: &str, grants: &str, limits: &str) -> Result<World, Failed> {
        let text = configuration(source, grants, limits, &osvm_tests::plugins().join("md5.wasm"));
        let path = folder.path().join("vm.toml");
        let config = Config::parse(&text, Path::new(&path), None, &Places::of_process()).map_err(|error| error.to_string())?;
        Ok(World { folder, config })
    }

    /// Whether the hostile plugin is loaded.
    pub fn check(&self) -> Result<(), Box<Refusal>> {
        check("HostilePlugin", &self.config.plugins["HostilePlugin"], &PluginOptions::default()).map(|_| ())
    }

    pub fn host(&self) -> Result<RealHost, Failed> {
        Ok(RealHost::new(&self.config, PluginOptions::default())?)
    }

    /// A good plugin works in a host that has the hostile one too.
    fn good(&self) -> Result<(), Failed> {
        let mut host = self.host()?;
        if host.call("HostilePlugin", "run", Oop::ZERO, &[]) != Err(PrimError::NOT_FOUND) {
            return Err("a refused plugin can be called".into());
        }
        still_works(&mut host)
    }
}

/// The good plugin works, and the heap is sound.
pub fn still_works(host: &mut RealHost) -> Result<(), Failed> {
    let yes = host.heap().true_();
    let answer = host.call("MD5Plugin", "primitivePluginAvailable", Oop::ZERO, &[]);
    if answer != Ok(yes) {
        return Err(format!("the next call of a good plugin answers {answer:?}").into());
    }
    match host.heap().check(3).as_slice() {
        [] => Ok(()),
        problems => Err(problems.join("; ").into()),
    }
}
