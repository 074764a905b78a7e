//! DSAPrims: known hashes, and arithmetic beside that of another library.

use num_bigint::BigUint;
use osvm_plugin_dsa::PLUGIN;
use osvm_plugin_sdk::PrimitiveError;
use osvm_plugin_sdk::testing::{Fake, Tester};
use proptest::prelude::*;

#[test]
fn the_hash_of_abc() {
    let mut t = Tester::new(&PLUGIN);
    let mut block = [0; 64];
    block[..4].copy_from_slice(b"abc\x80");
    block[63] = 24;
    let expanded = Fake::words([0; 80]);
    assert_eq!(t.call_on(1, "primitiveExpandBlock", (Fake::bytes(block), &expanded)), Ok(Fake::Int(1)));
    let state = Fake::words([0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]);
    assert_eq!(t.call_on(1, "primitiveHashBlock", (&expanded, &state)), Ok(Fake::Int(1)));
    assert_eq!(state, Fake::words([0xA999_3E36, 0x4706_816A, 0xBA3E_2571, 0x7850_C26C, 0x9CD0_D89D]));
    assert_eq!(t.call("primitiveHasSecureHashPrimitive", ()), Ok(Fake::Bool(true)));
    let short = Fake::words([0; 79]);
    assert_eq!(t.call("primitiveExpandBlock", (Fake::bytes(block), &short)), Err(PrimitiveError::BadArgument));
    assert_eq!(t.call("primitiveExpandBlock", ("short", &expanded)), Err(PrimitiveError::BadArgument));
    assert_eq!(t.call("primitiveHashBlock", (&short, &state)), Err(PrimitiveError::BadArgument));
}

#[test]
fn digits() {
    let mut t = Tester::new(&PLUGIN);
    let mut highest = |bytes: &[u8]| t.call("primitiveHighestNonZeroDigitIndex", (Fake::large(false, bytes),));
    assert_eq!(highest(&[1, 0, 5, 0]), Ok(Fake::Int(3)));
    assert_eq!(highest(&[0, 0]), Ok(Fake::Int(1)));
    assert_eq!(t.call("primitiveHighestNonZeroDigitIndex", (7,)), Err(PrimitiveError::BadArgument));
}

fn magnitude() -> impl Strategy<Value = Vec<u8>> {
    prop::collection::vec(prop_oneof![any::<u8>(), Just(0), Just(255), Just(128)], 1..40)
}

proptest! {
    #[test]
    fn products_and_quotients(a in magnitude(), mut b in magnitude()) {
        let mut t = Tester::new(&PLUGIN);
        let number = BigUint::from_bytes_le;
        let product = Fake::large(false, vec![0; a.len() + b.len()]);
        t.call("primitiveBigMultiply", (Fake::large(false, &a), Fake::large(false, &b), &product)).unwrap();
        prop_assert_eq!(number(&product.data()), number(&a) * number(&b));

        b.push(0x80 | b[0]);
        let (remainder, quotient) = (Fake::large(false, [&a[..], &[0]].concat()), Fake::large(false, vec![0; a.len() + 1]));
        t.call("primitiveBigDivide", (&remainder, Fake::large(false, &b), &quotient)).unwrap();
        prop_assert_eq!(number(&quotient.data()), number(&a) / number(&b));
        prop_assert_eq!(number(&remainder.data()), number(&a) % number(&b));
    }
}

#[test]
fn what_is_refused() {
    let mut t = Tester::new(&PLUGIN);
    let large = |bytes: &[u8]| Fake::large(false, bytes);
    let product = large(&[0; 3]);
    assert_eq!(t.call("primitiveBigMultiply", (large(&[1]), large(&[2]), &product)), Err(PrimitiveError::BadArgument));
    assert_eq!(t.call("primitiveBigMultiply", (1, large(&[2]), &product)), Err(PrimitiveError::BadArgument));
    for divisor in [&[0x80][..], &[1, 0x7F], &[]] {
        let failed = t.call("primitiveBigDivide", (large(&[0; 5]), large(divisor), large(&[0; 5])));
        assert_eq!(failed, Err(PrimitiveError::BadArgument), "{divisor:?}");
    }
    assert_eq!(t.call("primitiveBigDivide", (large(&[0; 5]), large(&[0, 0x80]), large(&[0; 2]))), Err(PrimitiveError::BadArgument));
}
