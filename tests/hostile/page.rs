//! The same modules in the host of plugins as it is in a page: its wasm module, in Node and in a browser.

use super::case::{Answers, Case, Fails, Refused, configuration};
use libtest_mimic::{Failed, Trial};
use osvm_core::error::PrimError;
use osvm_plugin_build::{Setup, WasmToolchain, Workspace, wasm_module};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, OnceLock};

/// More stack than an engine in a page has, and time to use it up.
const DEEP: &str = "memory = '1 MiB', stack = '4 MiB', deadline = '10 s'";

/// Calls the host: what the receiver's class is like.
macro_rules! calling {
    ($functions:literal) => {
        concat!("(import \"osvm:objects/1\" \"shape\" (func $host (param i32) (result i64)))\n", $functions)
    };
}

/// What could be the end of a host that has its stack in common with plugins.
pub const CASES: &[Case] = &[
    Case::new(
        "a recursion to the end of the engine's stack",
        r#"(func $f (export "run") (result i32) (i32.add (call $f) (i32.const 1)))"#,
        Fails(PrimError::LIMIT_EXCEEDED),
    )
    .limits(DEEP)
    .says("it used more stack than `limits.stack` allows"),
    Case::new(
        "calls of the host down to the end of the engine's stack",
        calling!(
            r#"(func $f (export "run") (result i32)
                (drop (call $host (i32.const 0))) (i32.add (call $f) (i32.const 1)))"#
        ),
        Fails(PrimError::LIMIT_EXCEEDED),
    )
    .limits(DEEP)
    .says("it used more stack than `limits.stack` allows"),
    Case::new(
        "a call of the host at every depth",
        calling!(
            r#"(func $down (param i32) (result i64)
                (if (result i64) (local.get 0)
                    (then (i64.add (call $down (i32.sub (local.get 0) (i32.const 1))) (i64.const 1)))
                    (else (call $host (i32.const 0)))))
               (func (export "run") (result i32) (local i32)
                (loop $deeper
                    (drop (call $down (local.get 0)))
                    (local.set 0 (i32.add (local.get 0) (i32.const 37)))
                    (br $deeper))
                (i32.const 0))"#
        ),
        Fails(PrimError::LIMIT_EXCEEDED),
    )
    .limits(DEEP)
    .says("it used more stack than `limits.stack` allows"),
    Case::new(
        "calls of the host from large frames, by way of a table",
        calling!(
            r#"(type $t (func (param i32) (result i64))) (table funcref (elem $host))
               (func $f (export "run") (result i32) (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
                (local.set 0 (call_indirect (type $t) (i32.const 0) (i32.const 0)))
                (local.set 9 (call_indirect (type $t) (i32.const 0) (i32.const 0)))
                (i32.add (i32.add (call $f) (i32.wrap_i64 (local.get 0))) (i32.wrap_i64 (local.get 9))))"#
        ),
        Fails(PrimError::LIMIT_EXCEEDED),
    )
    .limits(DEEP)
    .says("it used more stack than `limits.stack` allows"),
    Case::new(
        "a loop of calls that take long",
        r#"(import "osvm:random/1" "fill" (func $fill (param i32 i32) (result i64)))
           (func (export "run") (result i32)
                (loop $l (drop (call $fill (i32.const 4096) (i32.const 65536))) (br $l)) (i32.const 0))"#,
        Fails(PrimError::LIMIT_EXCEEDED),
    )
    .lines("import random 1.0\\n")
    .grants("grants.random = true")
    .says("it ran longer than `limits.deadline` allows"),
    Case::new(
        "a recursion that doubles",
        r#"(func $f (param i32) (result i32)
                (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
                (i32.add (call $f (i32.sub (local.get 0) (i32.const 1))) (call $f (i32.sub (local.get 0) (i32.const 1)))))
           (func (export "run") (result i32) (call $f (i32.const 60)))"#,
        Fails(PrimError::LIMIT_EXCEEDED),
    )
    .says("it ran longer than `limits.deadline` allows"),
    Case::new(
        "names of the host's own",
        r#"(global (export "osvm:stack") (mut i32) (i32.const -1)) (global (export "osvm:denied") (mut i32) (i32.const 1))
           (table (export "osvm:host") 1 1 funcref)
           (func (export "run") (result i32) (i64.store (i32.const 64) (i64.const 7)) (i32.const 0))"#,
        Answers(7),
    ),
];

/// An engine that runs the cases.
struct Engine {
    /// Its name.
    name: &'static str,
    /// The script in the folder `page` that runs all cases, and what it is given besides their folder.
    script: &'static str,
    argument: Option<PathBuf>,
    /// What is missing for it.
    missing: Option<String>,
    /// What was found, a problem or null for each case. They run once, together.
    found: OnceLock<Result<Vec<Value>, String>>,
}

/// The cases of these tables, as tests of their own, for each engine. Where there is no engine, or no target for wasm, they count as ignored.
pub fn of(tables: &'static [&'static [Case]]) -> Vec<Trial> {
    let missing = no_node().or_else(|| harness().err());
    let browser = osvm_tests::browser();
    let no_browser = browser.is_none().then(|| "there is no browser; install chromium, or name one with OSVM_BROWSER".into());
    let engine = |name, script, argument, missing| Arc::new(Engine { name, script, argument, missing, found: OnceLock::new() });
    let engines =
        [engine("Node", "node.mjs", None, missing.clone()), engine("a browser", "browser.mjs", browser, missing.or(no_browser))];
    for engine in &engines {
        if let Some(missing) = &engine.missing {
            eprintln!("the hostile plugins in {} are IGNORED: {missing}", engine.name);
        }
    }
    engines.iter().flat_map(|engine| engine.trials(tables)).collect()
}

fn no_node() -> Option<String> {
    let node = Command::new("node").arg("--version").output();
    if node.is_ok_and(|node| node.status.success()) { None } else { Some("there is no Node; install version 20 or later".into()) }
}

/// The host of plugins as a wasm module (`tests/page`), which is built first. An error says why it cannot be.
fn harness() -> Result<PathBuf, String> {
    static BUILT: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    let built = BUILT.get_or_init(|| {
        let workspace = Workspace::read(osvm_tests::root()).map_err(|error| error.to_string())?;
        let toolchain = WasmToolchain::find(&workspace.target, Setup::Find, &mut |_| {}).map_err(|error| error.to_string())?;
        let built = wasm_module(&workspace, "osvm-tests-page", ("release", &["profile.release.panic='abort'"]), &toolchain);
        built.map(|built| built.file).map_err(|error| error.to_string())
    });
    built.clone()
}

impl Engine {
    fn trials(self: &Arc<Engine>, tables: &'static [&'static [Case]]) -> Vec<Trial> {
        let trial = |(number, case): (usize, &'static Case)| {
            let engine = Arc::clone(self);
            let test = move || match engine.problems(tables)?.get(number) {
                Some(Value::Null) => Ok(()),
                Some(problem) => Err(problem.as_str().unwrap_or("no text").into()),
                None => Err("the test in JavaScript says nothing of it".into()),
            };
            Trial::test(format!("in {}: {}", self.name, case.name), test).with_ignored_flag(self.missing.is_some())
        };
        tables.iter().flat_map(|cases| cases.iter()).enumerate().map(trial).collect()
    }

    fn problems(&self, tables: &[&[Case]]) -> Result<&[Value], Failed> {
        let run = || self.run(tables).map_err(|failed| failed.message().unwrap_or("no message").to_string());
        self.found.get_or_init(run).as_deref().map_err(|problem| problem.clone().into())
    }

    fn run(&self, tables: &[&[Case]]) -> Result<Vec<Value>, Failed> {
        let folder = tempfile::tempdir()?;
        fs::copy(harness()?, folder.path().join("harness.wasm"))?;
        fs::copy(osvm_tests::plugins().join("md5.wasm"), folder.path().join("md5.wasm"))?;
        let mut cases = Vec::new();
        for (number, case) in tables.iter().flat_map(|cases| cases.iter()).enumerate() {
            let module = format!("{number}.wasm");
            fs::write(folder.path().join(&module), wat::parse_str(case.text())?)?;
            cases.push(described(case, &module));
        }
        fs::write(folder.path().join("cases.json"), Value::Array(cases).to_string())?;
        let script = osvm_tests::root().join("tests/hostile/page").join(self.script);
        let output = Command::new("node").arg(script).arg(folder.path()).args(&self.argument).output()?;
        let told = || [&output.stdout[..], &output.stderr].concat();
        serde_json::from_slice(&output.stdout)
            .map_err(|error| format!("it ended early: {error}\n{}", String::from_utf8_lossy(&told())).into())
    }
}

/// A case for the test in JavaScript.
fn described(case: &Case, module: &str) -> Value {
    let config = configuration("module = 'hostile.wasm'", case.grants, case.limits, Path::new("/md5.wasm"));
    let arguments = vec!["an argument"; case.argument_count()];
    let mut described = json!({ "module": module, "config": config, "arguments": arguments });
    let (key, value): (&str, Value) = match case.expected {
        Refused(words) => ("refused", words.into()),
        Fails(error) => ("fails", format!("{error:?}").into()),
        Answers(value) => ("answers", value.into()),
    };
    described[key] = value;
    if !case.says.is_empty() {
        described["reason"] = case.says.into();
    }
    described
}
