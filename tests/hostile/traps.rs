//! Modules that trap, run for ever, or use up what they can.

use super::case::{Case, Fails, Refused};
use osvm_core::error::PrimError;

pub const CASES: &[Case] = &[
    Case::new("unreachable", r#"(func (export "run") (result i32) unreachable)"#, Fails(PrimError::NAMED_INTERNAL))
        .says("wasm trap: wasm `unreachable` instruction executed"),
    Case::new(
        "a load outside of memory",
        r#"(func (export "run") (result i32) (i32.load (i32.const 0x7FFFFFFF)))"#,
        Fails(PrimError::NAMED_INTERNAL),
    )
    .says("wasm trap: out of bounds memory access"),
    Case::new(
        "a store outside of memory",
        r#"(func (export "run") (result i32) (i64.store (i32.const -4) (i64.const 1)) (i32.const 0))"#,
        Fails(PrimError::NAMED_INTERNAL),
    )
    .says("wasm trap: out of bounds memory access"),
    Case::new(
        "a fill over the end of memory",
        r#"(func (export "run") (result i32) (memory.fill (i32.const 0) (i32.const 1) (i32.const -1)) (i32.const 0))"#,
        Fails(PrimError::NAMED_INTERNAL),
    )
    .says("wasm trap: out of bounds memory access"),
    Case::new(
        "a division by zero",
        r#"(func (export "run") (result i32) (i32.div_s (i32.const 1) (i32.const 0)))"#,
        Fails(PrimError::NAMED_INTERNAL),
    )
    .says("wasm trap: integer divide by zero"),
    Case::new(
        "a division that overflows",
        r#"(func (export "run") (result i32) (i32.div_s (i32.const 0x80000000) (i32.const -1)))"#,
        Fails(PrimError::NAMED_INTERNAL),
    )
    .says("wasm trap: integer overflow"),
    Case::new(
        "a NaN as an integer",
        r#"(func (export "run") (result i32) (i32.trunc_f64_s (f64.const nan)))"#,
        Fails(PrimError::NAMED_INTERNAL),
    )
    .says("wasm trap: invalid conversion to integer"),
    Case::new(
        "a call of a null function",
        r#"(table 2 funcref) (type $t (func (result i32)))
           (func (export "run") (result i32) (call_indirect (type $t) (i32.const 1)))"#,
        Fails(PrimError::NAMED_INTERNAL),
    ),
    Case::new(
        "a call of a function of another type",
        r#"(table funcref (elem $f)) (type $t (func (result i32))) (func $f (param i64))
           (func (export "run") (result i32) (call_indirect (type $t) (i32.const 0)))"#,
        Fails(PrimError::NAMED_INTERNAL),
    ),
    Case::new(
        "a call outside of the table",
        r#"(table 2 funcref) (type $t (func (result i32)))
           (func (export "run") (result i32) (call_indirect (type $t) (i32.const 220)))"#,
        Fails(PrimError::NAMED_INTERNAL),
    )
    .says("out of bounds table access"),
    Case::new(
        "a table read outside of it",
        r#"(table $t 2 funcref)
           (func (export "run") (result i32) (ref.is_null (table.get $t (i32.const 5))))"#,
        Fails(PrimError::NAMED_INTERNAL),
    )
    .says("out of bounds table access"),
    Case::new(
        "a segment that was dropped",
        r#"(data $d "abc")
           (func (export "run") (result i32)
               (data.drop $d) (memory.init $d (i32.const 0) (i32.const 0) (i32.const 3)) (i32.const 0))"#,
        Fails(PrimError::NAMED_INTERNAL),
    ),
    Case::new(
        "a loop for ever",
        r#"(func (export "run") (result i32) (loop $l (br $l)) (i32.const 0))"#,
        Fails(PrimError::LIMIT_EXCEEDED),
    )
    .says("it ran longer than `limits.deadline` allows"),
    Case::new(
        "a recursion for ever",
        r#"(func $f (export "run") (result i32) (i32.add (call $f) (i32.const 1)))"#,
        Fails(PrimError::LIMIT_EXCEEDED),
    )
    .says("it used more stack than `limits.stack` allows"),
    Case::new(
        "a recursion between two functions",
        r#"(func $f (export "run") (result i32) (i32.add (call $g) (i32.const 1)))
           (func $g (result i32) (i32.mul (call $f) (i32.const 2)))"#,
        Fails(PrimError::LIMIT_EXCEEDED),
    )
    .says("it used more stack than `limits.stack` allows"),
    Case::new(
        "memory without end",
        r#"(func (export "run") (result i32)
               (loop $l (br_if $l (i32.ne (memory.grow (i32.const 1)) (i32.const -1)))) unreachable)"#,
        Fails(PrimError::LIMIT_EXCEEDED),
    )
    .says("it asked for more memory or table than `limits` allow"),
    Case::new(
        "asking for memory for ever",
        r#"(func (export "run") (result i32) (loop $l (drop (memory.grow (i32.const 100))) (br $l)) (i32.const 0))"#,
        Fails(PrimError::LIMIT_EXCEEDED),
    )
    .says("it ran longer than `limits.deadline` allows"),
    Case::new(
        "a table without end",
        r#"(table $t 1 funcref)
           (func (export "run") (result i32)
               (loop $l (br_if $l (i32.ne (table.grow $t (ref.null func) (i32.const 10)) (i32.const -1)))) unreachable)"#,
        Fails(PrimError::LIMIT_EXCEEDED),
    )
    .says("it asked for more memory or table than `limits` allow"),
    Case::new(
        "more memory from the start than is allowed",
        r#"module (memory (export "memory") 100) (global (export "osvm_results") i32 (i32.const 64))
           (func (export "osvm_arena") (param i32) (result i32) (i32.const 1024)) (func (export "run") (result i32) (i32.const 0))
           (@custom "osvm.plugin" "osvm-plugin 1.0\nmodule HostilePlugin 1.0\nprimitive run () -> int\n")"#,
        Refused("found: a memory of 6400 KiB"),
    ),
    Case::new(
        "larger tables from the start than are allowed",
        r#"(table 1000 funcref) (func (export "run") (result i32) (i32.const 0))"#,
        Refused("found: a table of 1000 elements"),
    ),
    Case::new(
        "a start function that loops",
        r#"(func $s (loop $l (br $l))) (start $s) (func (export "run") (result i32) (i32.const 0))"#,
        Fails(PrimError::LIMIT_EXCEEDED),
    )
    .says("it ran longer than `limits.deadline` allows"),
    Case::new(
        "a start function that traps",
        r#"(func $s unreachable) (start $s) (func (export "run") (result i32) (i32.const 0))"#,
        Fails(PrimError::NAMED_INTERNAL),
    )
    .says("wasm `unreachable` instruction executed"),
    Case::new(
        "an initialisation that traps",
        r#"(func (export "_initialize") unreachable) (func (export "run") (result i32) (i32.const 0))"#,
        Fails(PrimError::NAMED_INTERNAL),
    )
    .says("wasm `unreachable` instruction executed"),
    Case::new(
        "an arena that loops",
        r#"module (memory (export "memory") 1) (global (export "osvm_results") i32 (i32.const 64))
           (func (export "osvm_arena") (param i32) (result i32) (loop $l (br $l)) (i32.const 0))
           (func (export "run") (param i32 i32) (result i32) (i32.const 0))
           (@custom "osvm.plugin" "osvm-plugin 1.0\nmodule HostilePlugin 1.0\nprimitive run (a: bytes) -> int\n")"#,
        Fails(PrimError::LIMIT_EXCEEDED),
    )
    .says("it ran longer than `limits.deadline` allows")
    .signature("(a: bytes) -> int"),
    Case::new(
        "a hook at the start that loops",
        r#"(func (export "osvm_on_start") (result i32) (loop $l (br $l)) (i32.const 0))
           (func (export "run") (result i32) unreachable)"#,
        Fails(PrimError::NAMED_INTERNAL),
    )
    .lines("hook start\\n"),
];
