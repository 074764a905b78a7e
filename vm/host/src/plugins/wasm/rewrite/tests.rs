//! Changed modules, run by the engine of the desktop.

use super::*;
use wasmtime::{Engine, Func, Instance, Ref, Store, Val};

const BUDGET: Budget = Budget { stack: 64 << 10, memory: 1 << 20, table: 100 };

/// A changed module that runs, with a host that says to stop after so many questions.
struct Running {
    store: Store<u32>,
    instance: Instance,
}

impl Running {
    fn new(text: &str, questions: u32) -> Running {
        let bytes = rewrite(&wat::parse_str(text).unwrap(), BUDGET, |_| true).unwrap_or_else(|error| panic!("{}", error.0));
        let engine = Engine::default();
        let module = wasmtime::Module::new(&engine, &bytes).unwrap_or_else(|error| panic!("{}", error.root_cause()));
        let mut store = Store::new(&engine, questions);
        let imports: Vec<_> = module.imports().map(|_| Func::wrap(&mut store, |value: i32| i64::from(value) * 2).into()).collect();
        let instance = Instance::new(&mut store, &module, &imports).unwrap();
        let ask = Func::wrap(&mut store, |mut caller: wasmtime::Caller<'_, u32>| {
            let left = caller.data().checked_sub(1);
            *caller.data_mut() = left.unwrap_or(0);
            i32::from(left.is_none())
        });
        let host = instance.get_table(&mut store, HOST).unwrap();
        host.set(&mut store, 0, Ref::Func(Some(ask))).unwrap();
        Running { store, instance }
    }

    fn call(&mut self, name: &str, argument: i32) -> Result<i32, String> {
        let function = self.instance.get_typed_func::<i32, i32>(&mut self.store, name).unwrap();
        function.call(&mut self.store, argument).map_err(|error| error.root_cause().to_string())
    }

    fn global(&mut self, name: &str) -> i32 {
        match self.instance.get_global(&mut self.store, name).unwrap().get(&mut self.store) {
            Val::I32(value) => value,
            other => panic!("{other:?}"),
        }
    }
}

/// Every way in which a function can end, and functions that are called in every way.
const RETURNS: &str = r#"(module
    (import "osvm:x/1" "double" (func $double (param i32) (result i64)))
    (memory (export "memory") 1)
    (type $unary (func (param i32) (result i32)))
    (type $host (func (param i32) (result i64)))
    (table funcref (elem $f $double))
    (table $typed_table 2 2 (ref $unary) (ref.func $f))
    (elem declare func $f)
    (global $g (mut funcref) (ref.func $double))
    (func $f (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func $pair (param i32) (result i32 i64)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 7) (i64.const 8))))
        (drop (call $f (local.get 0)))
        (local.get 0) (i64.const 9))
    (func $tail (param i32) (result i32) (return_call $f (local.get 0)))
    (func $typed (param i32) (result i32) (call_ref $unary (local.get 0) (ref.func $f)))
    (func $last (param i32) (result i32) (return_call_ref $unary (local.get 0) (table.get $typed_table (i32.const 1))))
    (func $chosen (param i32) (result (ref $unary) i32) (drop (call $f (local.get 0))) (ref.func $f) (local.get 0))
    (func $far (param i32) (result i32) (return_call_indirect (type $unary) (local.get 0) (i32.const 0)))
    (func (export "run") (param i32) (result i32) (local $sum i32)
        (block $a (block $b (br_table $a $b 1 (local.get 0))) (local.set $sum (i32.const 100)))
        (if (i32.eqz (local.get 0)) (then (return (call $f (i32.const 40)))))
        (drop (br_if 0 (i32.const 77) (i32.eq (local.get 0) (i32.const 99))))
        (call $pair (i32.const 0)) (drop) (drop)
        (call $pair (local.get 0)) (i32.wrap_i64) (i32.add) (i32.add (local.get $sum))
        (i32.add (i32.wrap_i64 (call_indirect (type $host) (local.get 0) (i32.const 1))))
        (i32.add (i32.wrap_i64 (call $double (local.get 0))))
        (i32.add (call $tail (local.get 0)))
        (i32.add (call $typed (local.get 0)))
        (i32.add (call $last (local.get 0)))
        (call $chosen (local.get 0)) (local.set $sum) (drop) (i32.add (local.get $sum))
        (i32.add (call $far (local.get 0)))))"#;

#[test]
fn what_a_module_computes_stays() {
    let engine = Engine::default();
    let module = wasmtime::Module::new(&engine, wat::parse_str(RETURNS).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    let double = Func::wrap(&mut store, |value: i32| i64::from(value) * 2);
    let original = Instance::new(&mut store, &module, &[double.into()]).unwrap();
    let run = original.get_typed_func::<i32, i32>(&mut store, "run").unwrap();
    let mut changed = Running::new(RETURNS, 0);
    for argument in [0, 1, 2, 3, -5, 99] {
        assert_eq!(changed.call("run", argument), Ok(run.call(&mut store, argument).unwrap()), "{argument}");
        assert_eq!(changed.global(STACK), BUDGET.stack, "the stack is given back");
    }
}

#[test]
fn loops_are_asked_about() {
    let text = r#"(module (memory (export "memory") 1) (func (export "run") (param i32) (result i32)
        (loop $l (local.set 0 (i32.sub (local.get 0) (i32.const 1))) (br_if $l (local.get 0))) (i32.const 5)))"#;
    let mut running = Running::new(text, 3);
    assert_eq!(running.call("run", 1000), Ok(5));
    assert_eq!(running.store.data(), &3, "a short loop needs no question");
    assert_eq!(running.call("run", 0), Err("wasm trap: wasm `unreachable` instruction executed".into()));
    assert!(running.global(STACK) >= 0);
}

#[test]
fn recursion_without_end_is_cut() {
    for text in [
        r#"(module (memory (export "memory") 1) (func $f (export "run") (param i32) (result i32) (i32.add (call $f (local.get 0)) (i32.const 1))))"#,
        r#"(module (memory (export "memory") 1) (func $f (export "run") (param i32) (result i32) (local i64 i64 i64)
            (i32.add (call $g (local.get 0)) (i32.const 1))) (func $g (param i32) (result i32) (i32.mul (call $f (i32.const 1)) (i32.const 3))))"#,
    ] {
        let mut running = Running::new(text, 0);
        assert!(running.call("run", 1).is_err());
        assert!(running.global(STACK) < 0);
    }
    let forever =
        r#"(module (memory (export "memory") 1) (func $f (export "run") (param i32) (result i32) (return_call $f (local.get 0))))"#;
    let mut running = Running::new(forever, 2);
    assert!(running.call("run", 1).is_err());
    assert!(running.global(STACK) >= 0, "time ends, not the stack");
}

#[test]
fn memory_and_tables_grow_to_their_limits() {
    let text = r#"(module (memory (export "memory") 1 2) (memory $large 1) (table $t 1 funcref)
        (func (export "own") (param i32) (result i32) (memory.grow 0 (local.get 0)))
        (func (export "large") (param i32) (result i32) (memory.grow $large (local.get 0)))
        (func (export "table") (param i32) (result i32) (table.grow $t (ref.null func) (local.get 0))))"#;
    let mut running = Running::new(text, 0);
    assert_eq!([running.call("own", 1), running.call("own", 1)], [Ok(1), Ok(-1)]);
    assert_eq!(running.global(DENIED), 0, "that is the module's own limit");
    assert_eq!([running.call("large", 15), running.call("table", 99)], [Ok(1), Ok(1)]);
    assert_eq!(running.global(DENIED), 0);
    assert_eq!(running.call("large", 1), Ok(-1));
    assert_eq!(running.global(DENIED), 1);
    let mut running = Running::new(text, 0);
    assert_eq!(running.call("table", 100), Ok(-1));
    assert_eq!(running.global(DENIED), 1);
}

#[test]
fn what_could_escape_is_refused() {
    for (text, reason) in [
        ("(module (tag $t) (func (throw $t)))", "exceptions"),
        ("(module (type $s (struct)) (func))", "garbage-collected"),
        (r#"(module (import "a" "b" (memory 1)))"#, "only functions"),
    ] {
        let error = rewrite(&wat::parse_str(text).unwrap(), BUDGET, |_| true).unwrap_err();
        assert!(error.0.contains(reason), "{}", error.0);
    }
}
