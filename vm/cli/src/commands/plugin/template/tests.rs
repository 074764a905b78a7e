//! The primitives as an image sees them, without an image.

use {library}::PLUGIN;

use osvm_plugin_sdk::PrimitiveError;
use osvm_plugin_sdk::testing::{Fake, Tester};

#[test]
fn numbers() {
    let mut t = Tester::new(&PLUGIN);
    assert_eq!(t.call("primitiveGcd", (12, -18)), Ok(Fake::Int(6)));
    let failed = Err(PrimitiveError::BadArgument);
    assert_eq!(t.call("primitiveGcd", (i64::MIN, 0)), failed);
    // What does not match the signature never arrives.
    assert_eq!(t.call("primitiveGcd", ("twelve", 18)), failed);
}

#[test]
fn bytes() {
    let mut t = Tester::new(&PLUGIN);
    let hash = t.call("primitiveHash", ("hello", 0));
    assert_eq!(t.call("primitiveHash", (b"hello", 0)), hash);
    assert_ne!(t.call("primitiveHash", ("hello", 1)), hash);
}

#[test]
fn a_counter_lives_until_it_is_closed() {
    let mut t = Tester::new(&PLUGIN);
    let counter = t.call("primitiveCounterNew", (10, 5)).unwrap();
    for expected in [10, 15, 20] {
        let next = t.call("primitiveCounterNext", (&counter,));
        assert_eq!(next, Ok(Fake::Int(expected)));
    }
    t.call("primitiveCounterClose", (&counter,)).unwrap();
    let next = t.call("primitiveCounterNext", (&counter,));
    assert_eq!(next, Err(PrimitiveError::BadArgument));
}
