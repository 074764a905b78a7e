//! KedamaPlugin's array primitives.

use osvm_plugin_kedama::PLUGIN;
use osvm_plugin_sdk::PrimitiveError;
use osvm_plugin_sdk::testing::{Fake, Tester};

#[test]
fn words_floats_and_numbers() {
    let mut t = Tester::new(&PLUGIN);
    let (a, b) = (Fake::words([10, 20]), Fake::words([3, 5]));
    for (name, expected) in [
        ("primitiveAddArrays", [13, 25]),
        ("primitiveSubArrays", [7, 15]),
        ("primitiveMulArrays", [30, 100]),
        ("primitiveDivArrays", [3, 4]),
    ] {
        let into = Fake::words([0; 2]);
        assert_eq!(t.call(name, (&a, &b, &into)).unwrap(), into, "{name}");
        assert_eq!(into, Fake::words(expected), "{name}");
    }
    let into = Fake::floats([0.0; 2]);
    t.call("primitiveMulScalar", (&a, 0.5, &into)).unwrap();
    assert_eq!(into, Fake::floats([5.0, 10.0]));
    t.call("primitiveSubScalar", (&a, 11, &into)).unwrap();
    assert_eq!(into, Fake::floats([-1.0, 9.0]));
    let into = Fake::words([0; 2]);
    t.call("primitiveSubScalar", (&a, 11, &into)).unwrap();
    assert_eq!(into, Fake::words([u32::MAX, 9]));
    t.call("primitiveAddScalar", (Fake::floats([1.9, -1.9]), 1, &into)).unwrap();
    assert_eq!(into, Fake::words([2, 0]));
    t.call("primitiveAddArrays", (&into, &into, &into)).unwrap();
    assert_eq!(into, Fake::words([4, 0]), "an operand can be the result");
}

#[test]
fn what_does_not_go_together() {
    let mut t = Tester::new(&PLUGIN);
    let (a, into) = (Fake::words([1, 2]), Fake::words([7; 2]));
    assert_eq!(t.call("primitiveDivArrays", (&a, Fake::words([1, 0]), &into)), Err(PrimitiveError::Failed));
    assert_eq!(t.call("primitiveDivScalar", (&a, 0.0, &into)), Err(PrimitiveError::Failed));
    assert_eq!(t.call("primitiveAddArrays", (&a, Fake::words([1]), &into)), Err(PrimitiveError::Failed));
    assert_eq!(t.call("primitiveAddScalar", (1, 2, &into)), Err(PrimitiveError::Failed));
    assert_eq!(t.call("primitiveAddScalar", (&a, "x", &into)), Err(PrimitiveError::BadArgument));
    assert_eq!(t.call("primitiveAddScalar", (&a, 1, "xy")), Err(PrimitiveError::BadArgument));
    assert_eq!(into, Fake::words([7; 2]));
}
