//! FloatArrayPlugin, primitive by primitive.

use osvm_plugin_float_array::PLUGIN;
use osvm_plugin_sdk::PrimitiveError;
use osvm_plugin_sdk::testing::{Fake, Tester};

#[test]
fn the_receiver_is_changed() {
    let mut t = Tester::new(&PLUGIN);
    for (name, expected) in [
        ("primitiveAddFloatArray", [3.0, 5.0]),
        ("primitiveSubFloatArray", [-1.0, -1.0]),
        ("primitiveMulFloatArray", [2.0, 6.0]),
        ("primitiveDivFloatArray", [0.5, 2.0 / 3.0]),
    ] {
        let (a, b) = (Fake::floats([1.0, 2.0]), Fake::floats([2.0, 3.0]));
        assert_eq!(t.call_on(&a, name, (&b,)).unwrap(), a, "{name}");
        assert_eq!(a, Fake::floats(expected), "{name}");
        let short = Fake::floats([1.0]);
        assert_eq!(t.call_on(&a, name, (&short,)), Err(PrimitiveError::Failed), "{name}");
        assert_eq!(t.call_on(&a, name, ("ab",)), Err(PrimitiveError::BadArgument), "{name}");
        assert_eq!(t.call_on("ab", name, (&b,)), Err(PrimitiveError::BadReceiver), "{name}");
        let frozen = Fake::floats([1.0, 2.0]).read_only();
        assert_eq!(t.call_on(&frozen, name, (&b,)), Err(PrimitiveError::NoModification), "{name}");
    }
    let zero = Fake::floats([1.0, -0.0]);
    assert_eq!(t.call_on(Fake::floats([1.0, 2.0]), "primitiveDivFloatArray", (&zero,)), Err(PrimitiveError::Failed));
    for (name, expected) in [
        ("primitiveAddScalar", [3.0, 4.0]),
        ("primitiveSubScalar", [-1.0, 0.0]),
        ("primitiveMulScalar", [2.0, 4.0]),
        ("primitiveDivScalar", [0.5, 1.0]),
    ] {
        let a = Fake::floats([1.0, 2.0]);
        t.call_on(&a, name, (2,)).unwrap();
        assert_eq!(a, Fake::floats(expected), "{name}");
    }
    let same = Fake::floats([1.0]);
    assert_eq!(t.call_on(&same, "primitiveAddFloatArray", (&same,)), Err(PrimitiveError::Inappropriate), "it is lent");
}

#[test]
fn elements_and_sums() {
    let mut t = Tester::new(&PLUGIN);
    let a = Fake::floats([3.0, 4.0]);
    assert_eq!(t.call_on(&a, "primitiveAt", (2,)), Ok(Fake::Float(4.0)));
    for index in [0, 3, -1, i64::MIN] {
        assert_eq!(t.call_on(&a, "primitiveAt", (index,)), Err(PrimitiveError::BadIndex));
        assert_eq!(t.call_on(&a, "primitiveAtPut", (index, 1)), Err(PrimitiveError::BadIndex));
    }
    assert_eq!(t.call_on(&a, "primitiveLength", ()), Ok(Fake::Float(5.0)));
    assert_eq!(t.call_on(&a, "primitiveSum", ()), Ok(Fake::Float(7.0)));
    assert_eq!(t.call_on(&a, "primitiveDotProduct", (Fake::floats([1.0, 2.0]),)), Ok(Fake::Float(11.0)));
    assert_eq!(t.call_on(&a, "primitiveEqual", (Fake::floats([3.0, 4.0]),)), Ok(Fake::Bool(true)));
    assert_eq!(t.call_on(&a, "primitiveEqual", (Fake::floats([3.0]),)), Ok(Fake::Bool(false)));
    let hash = (i64::from(3.0_f32.to_bits()) + i64::from(4.0_f32.to_bits())) & 0x1FFF_FFFF;
    assert_eq!(t.call_on(&a, "primitiveHashArray", ()), Ok(Fake::Int(hash)));
    assert_eq!(t.call_on(&a, "primitiveNormalize", ()).unwrap(), a);
    assert_eq!(a, Fake::floats([0.6, 0.8]));
    assert_eq!(t.call_on(&a, "primitiveAtPut", (1, 7)), Ok(Fake::Int(7)));
    assert_eq!(a, Fake::floats([7.0, 0.8]));
    assert_eq!(t.call_on(Fake::floats([0.0]), "primitiveNormalize", ()), Err(PrimitiveError::BadReceiver));
    assert_eq!(t.call_on(Fake::floats([]), "primitiveLength", ()), Err(PrimitiveError::BadReceiver));
}
