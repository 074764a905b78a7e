//! The same modules in the host of plugins as it is in a page: its wasm module, on the engine of Node, which is that of a browser.

use super::case::{Answers, Case, Expected, Fails, Refused, configuration};
use libtest_mimic::{Failed, Trial};
use osvm_core::error::PrimError;
use osvm_plugin_build::{Setup, WasmToolchain, Workspace, wasm_module};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The cases of these tables, as tests of their own. Where there is no Node or no target for wasm, they count as ignored.
pub fn of(tables: &'static [&'static [Case]]) -> Vec<Trial> {
    let cases = || tables.iter().flat_map(|cases| cases.iter());
    let missing = missing();
    if let Some(what) = &missing {
        eprintln!("hostile plugins in a page are not tested: {what}");
    }
    let trial = |(number, case): (usize, &'static Case)| {
        let test = move || match problems(tables)?.get(number) {
            Some(Value::Null) => Ok(()),
            Some(problem) => Err(problem.as_str().unwrap_or("no text").into()),
            None => Err("the test in JavaScript says nothing of it".into()),
        };
        Trial::test(format!("in a page: {}", case.name), test).with_ignored_flag(missing.is_some())
    };
    cases().enumerate().map(trial).collect()
}

/// What is missing for these tests.
fn missing() -> Option<String> {
    let node = Command::new("node").arg("--version").output();
    if !node.is_ok_and(|node| node.status.success()) {
        return Some("there is no `node`".into());
    }
    harness().err()
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

/// What was found, a problem or null for each case. They run once, together.
fn problems(tables: &[&[Case]]) -> Result<&'static [Value], Failed> {
    static FOUND: OnceLock<Result<Vec<Value>, String>> = OnceLock::new();
    let found = FOUND.get_or_init(|| run(tables).map_err(|failed| failed.message().unwrap_or("no message").to_string()));
    found.as_deref().map_err(|problem| problem.clone().into())
}

fn run(tables: &[&[Case]]) -> Result<Vec<Value>, Failed> {
    let harness = harness()?;
    let folder = tempfile::tempdir()?;
    fs::copy(osvm_tests::plugins().join("md5.wasm"), folder.path().join("md5.wasm"))?;
    let mut cases = Vec::new();
    for (number, case) in tables.iter().flat_map(|cases| cases.iter()).enumerate() {
        let module = format!("{number}.wasm");
        fs::write(folder.path().join(&module), wat::parse_str(case.text())?)?;
        cases.push(described(case, &module));
    }
    fs::write(folder.path().join("cases.json"), Value::Array(cases).to_string())?;
    let output = Command::new("node").arg(script()).arg(&harness).arg(folder.path()).output()?;
    let problems = String::from_utf8_lossy(&output.stderr);
    serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("the test in JavaScript ended early: {error}\n{problems}").into())
}

fn script() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("hostile/page.mjs")
}

/// A case for the test in JavaScript.
fn described(case: &Case, module: &str) -> Value {
    let config = configuration("module = 'hostile.wasm'", case.grants, Path::new("/md5.wasm"));
    let arguments = vec!["an argument"; case.argument_count()];
    let mut described = json!({ "name": case.name, "module": module, "config": config, "arguments": arguments });
    let (key, value): (&str, Value) = match case.expected {
        Refused(words) => ("refused", words.into()),
        Fails(error) => ("fails", format!("{error:?}").into()),
        Answers(value) => ("answers", value.into()),
    };
    described[key] = value;
    if matches!(case.expected, Expected::Fails(error) if error == PrimError::LIMIT_EXCEEDED) && !case.body.contains("call $f (i64")
    {
        // The log says which limit it was.
        described["reason"] = "limit|has no room".into();
    }
    described
}
