//! Native libraries that are broken.

use super::case::{World, still_works};
use libtest_mimic::{Failed, Trial};
use osvm_core::error::PrimError;
use osvm_core::oop::Oop;
use std::fs;

pub fn others() -> Vec<Trial> {
    vec![
        Trial::test("a native plugin that panics", panics),
        Trial::test("a library that is no plugin", no_plugin),
        Trial::test("a library that is none", no_library),
    ]
}

fn library(name: &str) -> String {
    osvm_tests::library(&osvm_tests::plugins(), name).display().to_string()
}

/// The panic fails the primitive, the log has its text, and the plugin goes on.
fn panics() -> Result<(), Failed> {
    let source = format!(
        "enabled = false\nbuiltin = true\n[plugins.SamplerPlugin]\nnative = '{}'\ngrants.log = true\ngrants.timers = true",
        library("sampler")
    );
    let world = World::with_source(tempfile::tempdir()?, &source, "")?;
    let mut host = world.host()?;
    let (one, two) = (Oop::from_small_int(1), Oop::from_small_int(2));
    for _ in 0..3 {
        let text = host.heap().string("on purpose").map_err(|error| format!("{error:?}"))?;
        let panicked = host.call("SamplerPlugin", "primitivePanic", Oop::ZERO, &[text]);
        let added = host.call("SamplerPlugin", "primitiveAdd", Oop::ZERO, &[one, two]);
        if panicked != Err(PrimError::NAMED_INTERNAL) || added != Ok(Oop::from_small_int(3)) {
            return Err(format!("it answers {panicked:?} and then {added:?}").into());
        }
        still_works(&mut host)?;
    }
    Ok(())
}

fn refused(source: &str, words: &str) -> Result<(), Failed> {
    let world = World::with_source(tempfile::tempdir()?, source, "")?;
    match world.check() {
        Ok(_) => Err("it is loaded".into()),
        Err(refusal) if refusal.to_string().contains(words) => still_works(&mut world.host()?),
        Err(refusal) => Err(refusal.to_string().into()),
    }
}

fn no_plugin() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("libhostile.so");
    fs::write(&file, osvm_tests::empty_library())?;
    refused(&format!("native = '{}'", file.display()), "has no symbol `osvm_plugin`")
}

fn no_library() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("libhostile.so");
    fs::write(&file, "no library at all")?;
    refused(&format!("native = '{}'", file.display()), "cannot load it as a library")
}
