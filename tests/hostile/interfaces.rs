//! Modules that call the host with what is no argument, or more often than they may.

use super::case::{Answers, Case, Fails, World, still_works};
use libtest_mimic::{Failed, Trial};
use osvm_core::error::PrimError;
use osvm_core::oop::Oop;
use osvm_host::testing::RealHost;

/// A call of a function of an interface, with its answer.
macro_rules! calls {
    ($module:literal, $name:literal, $params:literal, $call:literal) => {
        concat!(
            "(import \"",
            $module,
            "\" \"",
            $name,
            "\" (func $f (param ",
            $params,
            ") (result i64)))\n",
            r#"(func (export "run") (result i32) (call $answer (call $f "#,
            $call,
            ")))"
        )
    };
}

/// A loop that calls a function until it fails, or so many times.
macro_rules! until_it_fails {
    ($module:literal, $name:literal, $params:literal, $call:literal, $times:literal) => {
        concat!(
            "(import \"",
            $module,
            "\" \"",
            $name,
            "\" (func $f (param ",
            $params,
            ") (result i64)))\n",
            r#"(func (export "run") (result i32) (local $i i32) (local $a i64)
                (loop $l
                    (local.set $a (call $f "#,
            $call,
            r#"))
                    (local.set $i (i32.add (local.get $i) (i32.const 1)))
                    (br_if $l (i32.and (i64.ge_s (local.get $a) (i64.const 0)) (i32.lt_u (local.get $i) (i32.const "#,
            $times,
            r#")))))
                (if (i64.ge_s (local.get $a) (i64.const 0)) (then (local.set $a (i64.const 0))))
                (call $answer (local.get $a)))"#
        )
    };
}

pub const CASES: &[Case] = &[
    Case::new(
        "reading an object to outside of memory",
        calls!("osvm:objects/1", "class_name", "i32 i32 i32", "(i32.const 0) (i32.const 0x1FFFF) (i32.const 100)"),
        Fails(PrimError::BAD_ARGUMENT),
    ),
    Case::new(
        "room that wraps around",
        calls!("osvm:objects/1", "class_name", "i32 i32 i32", "(i32.const 0) (i32.const -1) (i32.const -1)"),
        Fails(PrimError::BAD_ARGUMENT),
    ),
    Case::new(
        "an object of bytes without end",
        calls!("osvm:objects/1", "new_bytes", "i32 i32", "(i32.const 0) (i32.const -1)"),
        Fails(PrimError::BAD_ARGUMENT),
    ),
    Case::new(
        "an Array of handles that are none",
        r#"(import "osvm:objects/1" "new_array" (func $f (param i32 i32) (result i64)))
           (data (i32.const 2048) "\45\23\01\00")
           (func (export "run") (result i32) (call $answer (call $f (i32.const 2048) (i32.const 4))))"#,
        Fails(PrimError::BAD_ARGUMENT),
    ),
    Case::new(
        "an object from far away",
        calls!("osvm:objects/1", "shape", "i32", "(i32.const 0x40000000)"),
        Fails(PrimError::BAD_ARGUMENT),
    ),
    Case::new(
        "a character that is none",
        calls!("osvm:objects/1", "new_char", "i32", "(i32.const 0x110000)"),
        Fails(PrimError::BAD_ARGUMENT),
    ),
    Case::new(
        "a slot that is none",
        calls!("osvm:objects/1", "fetch", "i32 i32", "(i32.const 0) (i32.const -1)"),
        Fails(PrimError::BAD_ARGUMENT),
    ),
    Case::new(
        "an instance of what is no class",
        calls!("osvm:objects/1", "new_instance", "i32 i64", "(i32.const 0) (i64.const 3)"),
        Fails(PrimError::BAD_ARGUMENT),
    ),
    Case::new(
        "a class without a name",
        calls!("osvm:objects/1", "class_named", "i32 i32", "(i32.const 4096) (i32.const 0)"),
        Fails(PrimError::NOT_FOUND),
    ),
    Case::new(
        "a held object that is none",
        calls!("osvm:objects/1", "held", "i32", "(i32.const 99)"),
        Fails(PrimError::BAD_ARGUMENT),
    ),
    Case::new(
        "random bytes without end",
        calls!("osvm:random/1", "fill", "i32 i32", "(i32.const 0) (i32.const -1)"),
        Fails(PrimError::BAD_ARGUMENT),
    )
    .lines("import random 1.0\\n")
    .grants("grants.random = true"),
    Case::new(
        "a semaphore that is none",
        calls!("osvm:semaphores/1", "signal", "i32", "(i32.const 0)"),
        Fails(PrimError::BAD_INDEX),
    )
    .lines("import semaphores 1.0\\n")
    .grants("grants.semaphores = true"),
    Case::new(
        "timers without end",
        until_it_fails!("osvm:timers/1", "start", "i64 i64 i32", "(i64.const 1000000000) (i64.const 0) (i32.const 1)", "100000"),
        Fails(PrimError::LIMIT_EXCEEDED),
    )
    .lines("import timers 1.0\\n")
    .grants("grants.timers = true"),
    Case::new(
        "a timer in the past",
        calls!("osvm:timers/1", "start", "i64 i64 i32", "(i64.const -5) (i64.const 0) (i32.const 0)"),
        Fails(PrimError::BAD_ARGUMENT),
    )
    .lines("import timers 1.0\\n")
    .grants("grants.timers = true"),
    Case::new(
        "a flood in the log",
        until_it_fails!("osvm:log/1", "write", "i32 i32 i32", "(i32.const 4) (i32.const 0) (i32.const 60000)", "2000"),
        Answers(0),
    )
    .lines("import log 1.0\\n")
    .grants("grants.log = true")
    .limits("memory = '1 MiB', deadline = '2 s'"),
    Case::new(
        "a level of the log that is none",
        calls!("osvm:log/1", "write", "i32 i32 i32", "(i32.const 5) (i32.const 0) (i32.const 1)"),
        Fails(PrimError::BAD_ARGUMENT),
    )
    .lines("import log 1.0\\n")
    .grants("grants.log = true"),
    Case::new(
        "an environment variable that is not granted",
        r#"(import "osvm:environment/1" "get" (func $f (param i32 i32 i32 i32) (result i64)))
           (data (i32.const 2048) "PATH")
           (func (export "run") (result i32)
               (call $answer (call $f (i32.const 2048) (i32.const 4) (i32.const 4096) (i32.const 100))))"#,
        Fails(PrimError::NOT_FOUND),
    )
    .lines("import environment 1.0\\n")
    .grants("grants.environment = ['LANG']"),
    Case::new(
        "a host that is not granted",
        r#"(import "osvm:net/1" "websocket_open" (func $f (param i32 i32 i32) (result i64)))
           (data (i32.const 2048) "ws://localhost:8081/")
           (func (export "run") (result i32) (call $answer (call $f (i32.const 2048) (i32.const 20) (i32.const 0))))"#,
        Fails(PrimError::system(0)),
    )
    .lines("import net 1.0\\n")
    .grants("grants.net = ['localhost:8080']"),
    Case::new("a right that is none", calls!("osvm:security/1", "give_up", "i32", "(i32.const 4)"), Fails(PrimError::BAD_ARGUMENT))
        .lines("import security 1.0\\n")
        .grants("grants.security = true"),
    Case::new(
        "standard streams without a grant for them",
        calls!("osvm:files/1", "write", "i32 i32 i32", "(i32.const 1) (i32.const 0) (i32.const 10)"),
        Fails(PrimError::system(0)),
    )
    .lines("import files 1.0\\n")
    .grants("grants.files = [{ host = '.' }]"),
    Case::new("a file that is none", calls!("osvm:files/1", "close", "i32", "(i32.const 77)"), Fails(PrimError::system(0)))
        .lines("import files 1.0\\n")
        .grants("grants.files = [{ host = '.' }]"),
    Case::new(
        "calling the host from a start function",
        r#"(import "osvm:objects/1" "constant" (func $f (param i32) (result i64)))
           (global $seen (mut i64) (i64.const 0))
           (func $s (global.set $seen (call $f (i32.const 0)))) (start $s)
           (func (export "run") (result i32) (call $answer (global.get $seen)))"#,
        Fails(PrimError::INAPPROPRIATE),
    ),
    Case::new(
        "objects in a hook",
        r#"(import "osvm:objects/1" "constant" (func $f (param i32) (result i64)))
           (global $seen (mut i64) (i64.const 0))
           (func (export "osvm_on_start") (result i32) (global.set $seen (call $f (i32.const 0))) (i32.const 0))
           (func (export "run") (result i32) (call $answer (global.get $seen)))"#,
        Fails(PrimError::INAPPROPRIATE),
    )
    .lines("hook start\\n"),
];

pub fn others() -> Vec<Trial> {
    vec![
        Trial::test("objects without end", objects_without_end),
        Trial::test("held objects without end", held_without_end),
        Trial::test("handles of resources that were forged", forged_resources),
        Trial::test("an interface that was taken away", taken_away),
    ]
}

/// A module of this body, whose `run` takes nothing, and its folder, which it is read from when it is first called.
fn host_of(body: &str, lines: &str, grants: &str) -> Result<(World, RealHost), Failed> {
    let imports: String = body.lines().filter(|line| line.trim_start().starts_with("(import")).collect();
    let rest: String = body.lines().filter(|line| !line.trim_start().starts_with("(import")).collect();
    let prelude = super::case::PRELUDE;
    let text = format!(
        "(module {imports} {prelude} {rest}
            (@custom \"osvm.plugin\" \"osvm-plugin 1.0\\nmodule HostilePlugin 1.0\\n{lines}primitive run () -> int\\n\"))"
    );
    let world = World::new(&wat::parse_str(text)?, grants)?;
    world.check().map_err(|refusal| refusal.to_string())?;
    let host = world.host()?;
    Ok((world, host))
}

/// Memory for objects ends, and the call fails.
fn objects_without_end() -> Result<(), Failed> {
    let body = until_it_fails!("osvm:objects/1", "new_bytes", "i32 i32", "(i32.const 0) (i32.const 65536)", "1000000");
    let (_world, mut host) = host_of(body, "", "")?;
    match host.call("HostilePlugin", "run", Oop::ZERO, &[]) {
        Err(PrimError::NO_MEMORY) => still_works(&mut host),
        other => Err(format!("it answers {other:?}").into()),
    }
}

fn held_without_end() -> Result<(), Failed> {
    let body = until_it_fails!("osvm:objects/1", "hold", "i32", "(i32.const 0)", "2000000");
    let (_world, mut host) = host_of(body, "", "")?;
    match host.call("HostilePlugin", "run", Oop::ZERO, &[]) {
        Err(PrimError::LIMIT_EXCEEDED) => still_works(&mut host),
        other => Err(format!("it answers {other:?}").into()),
    }
}

/// The image cannot make a handle: not by changing one, nor by taking another plugin's.
fn forged_resources() -> Result<(), Failed> {
    let text = format!(
        "(module {}
            (func (export \"make\") (result i32) (i64.store (i32.const 64) (i64.const 5)) (i32.const 0))
            (func (export \"run\") (param $r i32) (result i32)
                (i64.store (i32.const 64) (i64.extend_i32_u (local.get $r))) (i32.const 0))
            (@custom \"osvm.plugin\" \"osvm-plugin 1.0\\nmodule HostilePlugin 1.0\\nprimitive make () -> resource\\n\
             primitive run (r: resource) -> int\\n\"))",
        super::case::PRELUDE
    );
    let world = World::new(&wat::parse_str(text)?, "")?;
    let mut host = world.host()?;
    let handle = host.call("HostilePlugin", "make", Oop::ZERO, &[]).map_err(|error| format!("{error:?}"))?;
    let expect = |found: Result<Oop, PrimError>, expected| if found == expected { Ok(()) } else { Err(format!("{found:?}")) };
    expect(host.call("HostilePlugin", "run", Oop::ZERO, &[handle]), Ok(Oop::from_small_int(5)))?;
    for byte in 0..24 {
        host.heap().bytes_mut(handle)[byte] ^= 0x10;
        expect(host.call("HostilePlugin", "run", Oop::ZERO, &[handle]), Err(PrimError::BAD_ARGUMENT))?;
        host.heap().bytes_mut(handle)[byte] ^= 0x10;
    }
    expect(host.call("HostilePlugin", "run", Oop::ZERO, &[Oop::from_small_int(5)]), Err(PrimError::BAD_ARGUMENT))?;
    // It dies with the plugin's instance.
    osvm_core::plugin::PluginHost::unload(&mut host.plugins, "HostilePlugin");
    expect(host.call("HostilePlugin", "run", Oop::ZERO, &[handle]), Err(PrimError::BAD_ARGUMENT))?;
    still_works(&mut host)
}

/// `stdio` alone is a grant of the interface `files`, and opens no path.
fn taken_away() -> Result<(), Failed> {
    let body = r#"(import "osvm:files/1" "open" (func $f (param i32 i32 i32) (result i64)))
        (data (i32.const 2048) "/etc/passwd")
        (func (export "run") (result i32) (call $answer (call $f (i32.const 2048) (i32.const 11) (i32.const 1))))"#;
    let (_world, mut host) = host_of(body, "import files 1.0\\n", "grants.stdio = true")?;
    match host.call("HostilePlugin", "run", Oop::ZERO, &[]) {
        Err(error) if error == PrimError::UNSUPPORTED || error.system_number().is_some() => still_works(&mut host),
        other => Err(format!("it answers {other:?}").into()),
    }
}
