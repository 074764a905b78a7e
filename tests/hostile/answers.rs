//! Modules whose answers are none.

use super::case::{Case, Fails};
use osvm_core::error::PrimError;

/// Stores two result slots and answers 0.
macro_rules! answers {
    ($first:literal, $second:literal) => {
        concat!(
            r#"(func (export "run") (result i32)
                (i64.store (i32.const 64) (i64.const "#,
            $first,
            ")) (i64.store (i32.const 72) (i64.const ",
            $second,
            ")) (i32.const 0))"
        )
    };
}

macro_rules! with_arena {
    ($address:literal) => {
        concat!(
            r#"module (memory (export "memory") 2) (global (export "osvm_results") i32 (i32.const 64))
            (func (export "osvm_arena") (param i32) (result i32) (i32.const "#,
            $address,
            r#")) (func (export "run") (param i32 i32) (result i32) (i32.const 0))
            (@custom "osvm.plugin" "osvm-plugin 1.0\nmodule HostilePlugin 1.0\nprimitive run (a: bytes) -> int\n")"#
        )
    };
}

pub const CASES: &[Case] = &[
    Case::new("a status that is none", r#"(func (export "run") (result i32) (i32.const 7))"#, Fails(PrimError::NAMED_INTERNAL)),
    Case::new("nil where there is none", r#"(func (export "run") (result i32) (i32.const 1))"#, Fails(PrimError::NAMED_INTERNAL)),
    Case::new("a failure that is none", r#"(func (export "run") (result i32) (i32.const -99))"#, Fails(PrimError::NAMED_INTERNAL)),
    Case::new("the least status", r#"(func (export "run") (result i32) (i32.const 0x80000000))"#, Fails(PrimError::NAMED_INTERNAL)),
    Case::new("bytes outside of memory", answers!("0x1FFFF", "2"), Fails(PrimError::NAMED_INTERNAL)).signature("() -> bytes"),
    Case::new("bytes without end", answers!("0", "-1"), Fails(PrimError::NAMED_INTERNAL)).signature("() -> bytes"),
    Case::new("bytes at a negative address", answers!("-8", "8"), Fails(PrimError::NAMED_INTERNAL)).signature("() -> bytes"),
    Case::new("words at an odd address", answers!("66", "1"), Fails(PrimError::NAMED_INTERNAL)).signature("() -> words"),
    Case::new("words without end", answers!("64", "0x4000000000000000"), Fails(PrimError::NAMED_INTERNAL)).signature("() -> words"),
    Case::new("floats outside of memory", answers!("131068", "2"), Fails(PrimError::NAMED_INTERNAL)).signature("() -> floats"),
    Case::new(
        "text that is no UTF-8",
        concat!(
            r#"(data (i32.const 2048) "\ff\fe")"#,
            r#"(func (export "run") (result i32)
                (i64.store (i32.const 64) (i64.const 2048)) (i64.store (i32.const 72) (i64.const 2)) (i32.const 0))"#
        ),
        Fails(PrimError::NAMED_INTERNAL),
    )
    .signature("() -> text"),
    Case::new("a character above all", answers!("0x110000", "0"), Fails(PrimError::NAMED_INTERNAL)).signature("() -> char"),
    Case::new("a handle of nothing", answers!("0x12345", "0"), Fails(PrimError::NAMED_INTERNAL)).signature("() -> oop"),
    Case::new("a handle behind the last", answers!("0", "0xFFFFFFFF"), Fails(PrimError::NAMED_INTERNAL))
        .signature("() -> (int, oop)"),
    Case::new(
        "a handle of the call before",
        r#"(global $old (mut i32) (i32.const 0x7FF00001))
           (func (export "run") (param $object i32) (result i32)
               (i64.store (i32.const 64) (i64.extend_i32_u (global.get $old)))
               (global.set $old (local.get $object)) (i32.const 0))"#,
        Fails(PrimError::NAMED_INTERNAL),
    )
    .signature("(object: oop) -> oop"),
    Case::new(
        "result slots outside of memory",
        r#"module (memory (export "memory") 1) (global (export "osvm_results") i32 (i32.const 65500))
           (func (export "osvm_arena") (param i32) (result i32) (i32.const 0)) (func (export "run") (result i32) (i32.const 0))
           (@custom "osvm.plugin" "osvm-plugin 1.0\nmodule HostilePlugin 1.0\nprimitive run () -> int\n")"#,
        Fails(PrimError::NAMED_INTERNAL),
    ),
    Case::new(
        "result slots at a negative address",
        r#"module (memory (export "memory") 1) (global (export "osvm_results") i32 (i32.const -8))
           (func (export "osvm_arena") (param i32) (result i32) (i32.const 0)) (func (export "run") (result i32) (i32.const 0))
           (@custom "osvm.plugin" "osvm-plugin 1.0\nmodule HostilePlugin 1.0\nprimitive run () -> int\n")"#,
        Fails(PrimError::NAMED_INTERNAL),
    ),
    Case::new("no room for arguments", with_arena!("0"), Fails(PrimError::LIMIT_EXCEEDED)).signature("(a: bytes) -> int"),
    Case::new("an arena outside of memory", with_arena!("0x7FFFFFF8"), Fails(PrimError::NAMED_INTERNAL))
        .signature("(a: bytes) -> int"),
    Case::new("an arena over the end of memory", with_arena!("131064"), Fails(PrimError::NAMED_INTERNAL))
        .signature("(a: bytes) -> int"),
    Case::new("an arena at an odd address", with_arena!("1027"), Fails(PrimError::NAMED_INTERNAL)).signature("(a: bytes) -> int"),
    Case::new(
        "more resources than there may be",
        r#"(global $n (mut i32) (i32.const 0))
           (func (export "run") (param i32) (result i32) (i32.const 0))"#,
        Fails(PrimError::BAD_ARGUMENT),
    )
    .signature("(a: resource) -> int"),
];
