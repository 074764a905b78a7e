//! Calls that may use so much fuel (`--wasm-fuel`): they end at the same point wherever and however often they run.

use crate::form::host;
use crate::module::Module;
use crate::{Tests, same};
use libtest_mimic::Failed;
use osvm_core::error::PrimError;
use osvm_core::oop::Oop;
use osvm_core::platform::Event;
use osvm_host::PluginOptions;
use osvm_host::testing::RealHost;
use std::path::Path;

pub const TESTS: Tests =
    &[("a call without enough fuel ends at the same point", same_point), ("every call has its own fuel", own_fuel)];

/// A module that signals the semaphores 1, 2, 3 ... and works a hundred rounds between two of them, as often as its argument says.
fn module() -> Module {
    Module {
        name: "FuelPlugin",
        lines: "import semaphores 1.0\nprimitive run (times: int) -> int",
        imports: "(import \"osvm:semaphores/1\" \"signal\" (func $signal (param i32) (result i64)))",
        body: "(func (export \"run\") (param $times i64) (result i32) (local $at i32) (local $i i32)
            (loop $next
                (local.set $at (i32.add (local.get $at) (i32.const 1)))
                (drop (call $signal (local.get $at)))
                (local.set $i (i32.const 100))
                (loop $work (br_if $work (local.tee $i (i32.sub (local.get $i) (i32.const 1)))))
                (br_if $next (i64.lt_u (i64.extend_i32_u (local.get $at)) (local.get $times))))
            (i64.store (i32.const 64) (local.get $times)) (i32.const 0))"
            .into(),
    }
}

fn with_fuel(folder: &Path, fuel: Option<u64>) -> Result<RealHost, Failed> {
    module().put(&folder.join("fuel.wasm"))?;
    let text = "plugins.FuelPlugin = { module = 'fuel.wasm', grants.semaphores = true }";
    host(text, &folder.join("vm.toml"), PluginOptions { fuel, ..PluginOptions::default() })
}

fn run(host: &mut RealHost, times: i64) -> Result<i64, PrimError> {
    host.call("FuelPlugin", "run", Oop::ZERO, &[Oop::from_small_int(times)]).map(Oop::small_int)
}

/// How far calls since the last time came.
fn point(host: &mut RealHost) -> usize {
    let mut last = 0;
    while let Some(event) = host.next_event() {
        if let Event::Semaphore(index, _) = event {
            last = index;
        }
    }
    last
}

fn same_point() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut host = with_fuel(folder.path(), Some(20_000))?;
    same(run(&mut host, 1_000_000), Err(PrimError::LIMIT_EXCEEDED), "a call without enough")?;
    let first = point(&mut host);
    same((10..100).contains(&first), true, &format!("it came to {first}"))?;
    same(run(&mut host, 1_000_000), Err(PrimError::LIMIT_EXCEEDED), "the same call in a new instance")?;
    same(point(&mut host), first, "in the same host")?;
    let mut other = with_fuel(folder.path(), Some(20_000))?;
    same(run(&mut other, 1_000_000), Err(PrimError::LIMIT_EXCEEDED), "the same call elsewhere")?;
    same(point(&mut other), first, "in another host")?;
    let mut more = with_fuel(folder.path(), Some(40_000))?;
    same(run(&mut more, 1_000_000), Err(PrimError::LIMIT_EXCEEDED), "a call with more")?;
    same(point(&mut more).abs_diff(2 * first) <= 1, true, "twice the fuel leads twice as far")
}

fn own_fuel() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut host = with_fuel(folder.path(), Some(20_000))?;
    for _ in 0..100 {
        same(run(&mut host, 10), Ok(10), "a call with enough")?;
    }
    same(run(&mut host, 1_000_000), Err(PrimError::LIMIT_EXCEEDED), "a call without enough")?;
    same(run(&mut host, 10), Ok(10), "the next call")?;
    let mut unlimited = with_fuel(folder.path(), None)?;
    same(run(&mut unlimited, 1000), Ok(1000), "without a limit")
}
