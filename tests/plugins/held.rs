//! Objects that a plugin holds from call to call, while the collector works and objects become others.

use crate::form::host;
use crate::module::Module;
use crate::{Tests, same};
use libtest_mimic::Failed;
use osvm_core::error::PrimError;
use osvm_core::oop::Oop;
use osvm_core::plugin::PluginHost;
use osvm_host::PluginOptions;
use osvm_host::testing::RealHost;

pub const TESTS: Tests = &[
    ("a held object outlives collections", outlives_collections),
    ("a held object becomes another", becomes_another),
    ("what is no longer held is not kept", released),
];

/// A plugin that holds its argument, answers what it holds, and lets it go.
fn holder() -> Result<(tempfile::TempDir, RealHost), Failed> {
    let folder = tempfile::tempdir()?;
    let function = |name: &str, call: &str| {
        format!(
            "(func (export \"{name}\") (param i32) (result i32) (local $answer i64)
                (local.set $answer (call ${call} (local.get 0)))
                (if (i64.lt_s (local.get $answer) (i64.const 0)) (then (return (i32.wrap_i64 (local.get $answer)))))
                (i64.store (i32.const 64) (local.get $answer)) (i32.const 0))"
        )
    };
    // An Integer is a parameter of 64 bits.
    let by_number = |name: &str, call: &str| {
        function(name, call).replace("(param i32)", "(param i64)").replace("(local.get 0)", "(i32.wrap_i64 (local.get 0))")
    };
    let module = Module {
        name: "HoldPlugin",
        lines: "primitive hold (object: oop) -> int\nprimitive held (number: int) -> oop\nprimitive release (number: int) -> int",
        imports: "(import \"osvm:objects/1\" \"hold\" (func $hold (param i32) (result i64)))
            (import \"osvm:objects/1\" \"held\" (func $held (param i32) (result i64)))
            (import \"osvm:objects/1\" \"release\" (func $release (param i32) (result i64)))",
        body: function("hold", "hold") + &by_number("held", "held") + &by_number("release", "release"),
    };
    module.put(&folder.path().join("hold.wasm"))?;
    let host = host("plugins.HoldPlugin = { module = 'hold.wasm' }", &folder.path().join("vm.toml"), PluginOptions::default())?;
    Ok((folder, host))
}

fn call(host: &mut RealHost, function: &str, arg: Oop) -> Result<Oop, Failed> {
    host.call("HoldPlugin", function, Oop::ZERO, &[arg]).map_err(|error| format!("{function}: {error:?}").into())
}

fn string(host: &mut RealHost, text: &str) -> Result<Oop, Failed> {
    host.heap().string(text).map_err(|error| format!("{error:?}").into())
}

fn held_bytes(host: &mut RealHost, number: Oop) -> Result<Vec<u8>, Failed> {
    let held = call(host, "held", number)?;
    Ok(host.heap().bytes(held).to_vec())
}

fn outlives_collections() -> Result<(), Failed> {
    let (_folder, mut host) = holder()?;
    let original = string(&mut host, "a string that nobody else has")?;
    let number = call(&mut host, "hold", original)?;
    // Young objects move in the first collections, and then into old space.
    for round in 0..4 {
        host.collect();
        same(held_bytes(&mut host, number)?, b"a string that nobody else has".to_vec(), &format!("scavenge {round}"))?;
    }
    for round in 0..2 {
        host.collect_fully();
        same(held_bytes(&mut host, number)?, b"a string that nobody else has".to_vec(), &format!("full collection {round}"))?;
    }
    same(call(&mut host, "held", number)? == original, false, "it has moved")?;
    same(host.heap().check(3), Vec::<String>::new(), "the heap")
}

fn becomes_another() -> Result<(), Failed> {
    let (_folder, mut host) = holder()?;
    let (old, new) = (string(&mut host, "old")?, string(&mut host, "new, and longer than it was")?);
    let number = call(&mut host, "hold", old)?;
    let pairs = [host.heap().array(&[old]), host.heap().array(&[new])].map(|array| array.map_err(|error| format!("{error:?}")));
    let [from, to] = pairs;
    host.heap().become_one_way(from?, to?, false).map_err(|error| format!("{error:?}"))?;
    same(held_bytes(&mut host, number)?, b"new, and longer than it was".to_vec(), "at once")?;
    same(call(&mut host, "held", number)?, new, "it is that object")?;
    host.collect();
    same(held_bytes(&mut host, number)?, b"new, and longer than it was".to_vec(), "after a scavenge")?;
    host.collect_fully();
    same(held_bytes(&mut host, number)?, b"new, and longer than it was".to_vec(), "after a full collection")?;
    same(host.heap().check(3), Vec::<String>::new(), "the heap")
}

fn released() -> Result<(), Failed> {
    let (_folder, mut host) = holder()?;
    let object = host.heap().string(&"x".repeat(1 << 20)).map_err(|error| format!("{error:?}"))?;
    let number = call(&mut host, "hold", object)?;
    host.collect_fully();
    let with = host.heap().bytes_left();
    call(&mut host, "release", number)?;
    let gone = host.call("HoldPlugin", "held", Oop::ZERO, &[number]);
    same(gone, Err(PrimError::BAD_ARGUMENT), "its number stands for nothing")?;
    host.collect_fully();
    let without = host.heap().bytes_left();
    same(without - with >= 1 << 20, true, &format!("{with} bytes left before, {without} after"))?;
    // All is let go with the instance.
    let other = string(&mut host, "other")?;
    let number = call(&mut host, "hold", other)?;
    host.plugins.unload("HoldPlugin");
    same(host.call("HoldPlugin", "held", Oop::ZERO, &[number]), Err(PrimError::BAD_ARGUMENT), "of an instance that is gone")
}
