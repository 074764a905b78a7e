//! A small plugin without the SDK, built in each form, and what a host looks for in its files. Nothing is installed: without a compiler for wasm that
//! is here already the wasm test counts as ignored, and says so.

use libtest_mimic::{Arguments, Failed, Trial};
use osvm_plugin_build::{Built, Plugin, Setup, WasmToolchain, Workspace, builtin, native, wasm};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const MANIFEST: &str = r#"
[package]
name = "osvm-plugin-adder"
version = "0.1.0"
edition = "2024"

[workspace]

[package.metadata.osvm]
plugin = true

[features]
export = []
"#;

const SOURCE: &str = r#"
#[cfg(feature = "export")]
mod export {
    #[used]
    #[cfg_attr(target_arch = "wasm32", unsafe(link_section = "osvm.plugin"))]
    static DESCRIPTION: [u8; 16] = *b"osvm-plugin 1.0\n";

    #[unsafe(no_mangle)]
    pub static osvm_results: [u64; 32] = [0; 32];

    #[cfg(target_arch = "wasm32")]
    #[link(wasm_import_module = "osvm:log/1")]
    unsafe extern "C" {
        safe fn write(level: i32) -> i64;
    }

    #[unsafe(no_mangle)]
    pub extern "C" fn add(a: i64, b: i64) -> i64 {
        #[cfg(target_arch = "wasm32")]
        write(a as i32);
        named_in_backtraces(a).wrapping_add(b)
    }

    #[inline(never)]
    fn named_in_backtraces(a: i64) -> i64 {
        assert!(a != 77, "not seventy-seven");
        a
    }
}
"#;

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let own = Workspace::read(env!("CARGO_MANIFEST_DIR").as_ref()).expect("this is a workspace");
    let toolchain = WasmToolchain::find(&own.target, Setup::Find, &mut |_| {});
    if let Err(error) = &toolchain {
        eprintln!("not built as wasm: {error}");
    }
    let here = toolchain.is_ok();
    let trials = vec![
        Trial::test("wasm", move || as_wasm(own.target, &toolchain?)).with_ignored_flag(!here),
        Trial::test("native", as_native),
        Trial::test("builtin", as_builtin),
    ];
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

/// The plugin, in a folder of its own. It is written anew, so that cargo has something to do.
fn adder(form: &str, source: &str) -> Result<(Workspace, Plugin), Failed> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("forms").join(form);
    fs::create_dir_all(folder.join("src"))?;
    fs::write(folder.join("Cargo.toml"), MANIFEST)?;
    fs::write(folder.join("src/lib.rs"), source)?;
    let mut workspace = Workspace::read(&folder)?;
    workspace.target = folder.join("target");
    let plugin = workspace.plugins.first().ok_or("there is a plugin")?.clone();
    Ok((workspace, plugin))
}

fn holds(built: &Built, parts: &[&str]) -> Result<(), Failed> {
    let bytes = fs::read(&built.file)?;
    for part in parts {
        if !bytes.windows(part.len()).any(|window| window == part.as_bytes()) {
            return Err(format!("{} has no `{part}`", built.file.display()).into());
        }
    }
    Ok(())
}

fn as_wasm(target: PathBuf, toolchain: &WasmToolchain) -> Result<(), Failed> {
    let (mut workspace, plugin) = adder("wasm", SOURCE)?;
    // A standard library that was built there for the workspace's own plugins serves here too.
    workspace.target = target;
    let built = wasm(&workspace, &plugin, toolchain)?;
    assert!(!built.fresh);
    let parts = ["\0asm", "osvm.plugin", "osvm-plugin 1.0\n", "add", "osvm_results", "osvm:log/1", "named_in_backtraces"];
    holds(&built, &parts)?;
    assert!(wasm(&workspace, &plugin, toolchain)?.fresh);
    assert_eq!(plugin.wasm_name(), "adder.wasm");
    Ok(())
}

fn as_native() -> Result<(), Failed> {
    let (workspace, plugin) = adder("native", SOURCE)?;
    let built = native(&workspace, &plugin)?;
    assert!(!built.fresh);
    holds(&built, &["add", "osvm_results"])?;
    assert!(native(&workspace, &plugin)?.fresh);
    Ok(())
}

fn as_builtin() -> Result<(), Failed> {
    let (workspace, plugin) = adder("builtin", SOURCE)?;
    builtin(&workspace, &plugin)?;
    let (workspace, plugin) = adder("broken", "pub fn broken() -> i64 { true }")?;
    eprintln!("the error that follows is wanted");
    let error = builtin(&workspace, &plugin).unwrap_err().to_string();
    assert!(error.starts_with("osvm-plugin-adder does not build as a part of osvm"), "{error}");
    Ok(())
}
