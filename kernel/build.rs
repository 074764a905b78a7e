//! Makes the built-in image of the packages in this folder.

use osvm_compiler::bootstrap::{BootstrapError, Sources, bootstrap};
use osvm_core::bytecode::BytecodeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::exit;

fn main() {
    let folder = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the package is"));
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where to write"));
    println!("cargo::rerun-if-changed=build.rs");
    let packages = packages(&folder);
    for package in &packages {
        println!("cargo::rerun-if-changed={}", package.display());
    }
    let mut sources = Sources::default();
    for package in packages {
        match Sources::read(&package) {
            Ok(mut more) => sources.files.append(&mut more.files),
            Err((path, error)) => fail(&format!("{}: {error}", path.display())),
        }
    }
    let image = bootstrap(&sources, BytecodeSet::SistaV1).unwrap_or_else(|error| fail(&explain(&sources, &error)));
    let mut bytes = Vec::new();
    if let Err(error) = image.write(&mut bytes) {
        fail(&error.to_string());
    }
    if let Err(error) = fs::write(out.join("osvm.image"), bytes) {
        fail(&error.to_string());
    }
}

/// The folders beside this file that hold a package.
fn packages(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|error| fail(&format!("{}: {error}", folder.display())));
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    let mut packages: Vec<PathBuf> = paths.filter(|path| path.join("package.st").exists()).collect();
    packages.sort();
    packages
}

fn explain(sources: &Sources, error: &BootstrapError) -> String {
    let mut text = String::new();
    if let BootstrapError::Sources(problems) = error {
        problems.iter().for_each(|problem| text += &sources.render(problem).to_string());
    }
    text + &error.to_string()
}

fn fail(message: &str) -> ! {
    eprintln!("{message}");
    exit(1)
}
