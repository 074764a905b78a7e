//! Modules that are not what they say, or ask for what they may not have.

use super::case::{Case, Refused};

const RUN: &str = r#"(func (export "run") (result i32) (i32.const 0))"#;

pub const CASES: &[Case] = &[
    Case::new("a primitive that is not exported", r#"(func $run (result i32) (i32.const 0))"#, Refused("is not exported")),
    Case::new(
        "a primitive with other parameters",
        r#"(func (export "run") (param f64) (result i32) (i32.const 0))"#,
        Refused("found: (f64) -> (i32)"),
    ),
    Case::new("a primitive without a status", r#"(func (export "run"))"#, Refused("expected: () -> (i32)")),
    Case::new(
        "a primitive that answers a float",
        r#"(func (export "run") (result f64) (f64.const 0))"#,
        Refused("with another type"),
    ),
    Case::new("a primitive of a signature with more", RUN, Refused("expected: (i64, i32, i32) -> (i32)"))
        .signature("(a: int, b: bytes) -> int"),
    Case::new("a primitive that is a global", r#"(global (export "run") i32 (i32.const 220))"#, Refused("found: a global")),
    Case::new(
        "one function more",
        r#"(func (export "run") (result i32) (i32.const 0)) (func (export "backdoor") (result i32) (i32.const 0))"#,
        Refused("function: backdoor"),
    ),
    Case::new("a hook that is not exported", RUN, Refused("osvm_on_quit, the hook `quit`")).lines("hook quit\\n"),
    Case::new("a signature that is none", RUN, Refused("expected a type")).signature("(a: integer) -> int"),
    Case::new(
        "a description of another version",
        r#"module (@custom "osvm.plugin" "osvm-plugin 9.0\nmodule HostilePlugin 1.0\n")"#,
        Refused("osvm is the older side"),
    ),
    Case::new(
        "the description of another plugin",
        r#"module (@custom "osvm.plugin" "osvm-plugin 1.0\nmodule FilePlugin 1.0\n")"#,
        Refused("serves another module"),
    ),
    Case::new(
        "two descriptions",
        r#"module (@custom "osvm.plugin" "osvm-plugin 1.0\n") (@custom "osvm.plugin" "osvm-plugin 1.0\n")"#,
        Refused("more than one section"),
    ),
    Case::new("no description", "module", Refused("has no section")),
    Case::new("a description that is no text", r#"module (@custom "osvm.plugin" "osvm-plugin 1.0\ff\n")"#, Refused("not UTF-8")),
    Case::new(
        "WASI",
        r#"(import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))
           (func (export "run") (result i32) (i32.const 0))"#,
        Refused("proc_exit of wasi_snapshot_preview1"),
    ),
    Case::new("an interface that is none", RUN, Refused("which this osvm does not have")).lines("import teleport 1.0\\n"),
    Case::new("an interface of a later version", RUN, Refused("another version of the interface")).lines("import log 1.9\\n"),
    Case::new("an interface that is not granted", RUN, Refused("`grants.net = [\"host:port\"]`")).lines("import net 1.0\\n"),
    Case::new(
        "an interface that is not described",
        r#"(import "osvm:random/1" "fill" (func (param i32 i32) (result i64)))
           (func (export "run") (result i32) (i32.const 0))"#,
        Refused("which its description does not have"),
    )
    .grants("grants.random = true"),
    Case::new(
        "a function that the interface does not have",
        r#"(import "osvm:log/1" "erase" (func (result i64)))
           (func (export "run") (result i32) (i32.const 0))"#,
        Refused("no such function"),
    )
    .lines("import log 1.0\\n")
    .grants("grants.log = true"),
    Case::new(
        "an import of another type",
        r#"(import "osvm:log/1" "write" (func (param i64) (result i64)))
           (func (export "run") (result i32) (i32.const 0))"#,
        Refused("found: (i64) -> (i64)"),
    )
    .lines("import log 1.0\\n")
    .grants("grants.log = true"),
    Case::new(
        "an imported memory",
        r#"module (import "osvm:objects/1" "memory" (memory 1)) (@custom "osvm.plugin" "osvm-plugin 1.0\nmodule HostilePlugin 1.0\n")
           (export "memory" (memory 0)) (global (export "osvm_results") i32 (i32.const 64))
           (func (export "osvm_arena") (param i32) (result i32) (i32.const 1024))"#,
        Refused("function: memory of osvm:objects/1"),
    ),
    Case::new(
        "no memory",
        r#"module (global (export "osvm_results") i32 (i32.const 64)) (func (export "osvm_arena") (param i32) (result i32) (i32.const 0))
           (@custom "osvm.plugin" "osvm-plugin 1.0\nmodule HostilePlugin 1.0\n")"#,
        Refused("function: memory"),
    ),
    Case::new(
        "a memory of 64-bit addresses",
        r#"module (memory (export "memory") i64 1) (global (export "osvm_results") i32 (i32.const 64))
           (func (export "osvm_arena") (param i32) (result i32) (i32.const 0))
           (@custom "osvm.plugin" "osvm-plugin 1.0\nmodule HostilePlugin 1.0\n")"#,
        Refused("64-bit addresses"),
    ),
    Case::new(
        "results that can move",
        r#"module (memory (export "memory") 1) (global (export "osvm_results") (mut i32) (i32.const 64))
           (func (export "osvm_arena") (param i32) (result i32) (i32.const 0))
           (@custom "osvm.plugin" "osvm-plugin 1.0\nmodule HostilePlugin 1.0\n")"#,
        Refused("a mutable global of type i32"),
    ),
    Case::new(
        "an arena of another type",
        r#"module (memory (export "memory") 1) (global (export "osvm_results") i32 (i32.const 64))
           (func (export "osvm_arena") (param i64) (result i32) (i32.const 0))
           (@custom "osvm.plugin" "osvm-plugin 1.0\nmodule HostilePlugin 1.0\n")"#,
        Refused("function: osvm_arena"),
    ),
    Case::new(
        "exceptions",
        r#"(tag $t) (func (export "run") (result i32) (throw $t))"#,
        Refused("is not valid, or uses what osvm does not allow"),
    ),
    Case::new(
        "garbage-collected types",
        r#"(type $s (struct (field i32))) (func (export "run") (result i32) (struct.get $s 0 (struct.new $s (i32.const 1))))"#,
        Refused("is not valid, or uses what osvm does not allow"),
    ),
    Case::new(
        "a function that is not valid",
        r#"(func (export "run") (result i32) (i64.const 0))"#,
        Refused("is not valid, or uses what osvm does not allow"),
    ),
];
