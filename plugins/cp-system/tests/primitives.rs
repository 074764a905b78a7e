//! CpSystemPlugin: what strings, numbers and symbols answer, and what is left to the image.

use osvm_plugin_cp_system::PLUGIN;
use osvm_plugin_sdk::PrimitiveError::{BadReceiver, Unsupported};
use osvm_plugin_sdk::testing::{Fake, Tester};

#[test]
fn strings_are_compared_with_everything() {
    let mut t = Tester::new(&PLUGIN);
    let mut compare = |a: &str, b: Fake| t.call_on(a, "primitiveStringAsciiCompare:", [b]);
    for (a, b, answer) in [("a", "b", 1), ("a", "a", 2), ("ab", "a", 3), ("z", "€", 1), ("", "", 2)] {
        assert_eq!(compare(a, b.into()), Ok(Fake::Int(answer)), "{a} {b}");
    }
    for other in [Fake::Nil, Fake::Int(5), Fake::array([])] {
        assert_eq!(compare("", other), Ok(Fake::Int(3)), "it is not equal, and nothing fails");
    }
}

#[test]
fn integers_are_exact_or_left_to_the_image() {
    let mut t = Tester::new(&PLUGIN);
    let big = (1_i64 << 53) + 1;
    assert_eq!(t.call_on(big, "primitiveNumberPrintString", ()), Ok("9007199254740993".into()));
    assert_eq!(t.call_on(i64::MIN, "primitiveNumberPrintStringBase:", (10,)), Ok("-9223372036854775808".into()));
    assert_eq!(t.call_on(1.5, "primitiveNumberPrintString", ()), Ok("1.5".into()));
    assert_eq!(t.call_on(Fake::large(false, [1; 9]), "primitiveNumberPrintString", ()), Err(BadReceiver));
    assert_eq!(t.call_on("5", "primitiveNumberPrintString", ()), Err(BadReceiver));
    assert_eq!(t.call_on(2, "primitiveNumberRaisedTo:", (10,)), Ok(Fake::Int(1024)));
    assert_eq!(t.call_on(2, "primitiveNumberRaisedTo:", (-1,)), Ok(Fake::Float(0.5)));
    assert_eq!(t.call_on(2.0, "primitiveNumberRaisedTo:", (0.5,)), Ok(Fake::Float(2_f64.sqrt())));
    assert_eq!(t.call_on(big, "primitiveNumberRaisedTo:", (2,)), Err(BadReceiver));
}

#[test]
fn symbols_are_unique() {
    let mut t = Tester::new(&PLUGIN);
    // A class of a test has its name in its first field; this one has instances of bytes.
    let class = Fake::instance("Symbol class", [Fake::string("ByteSymbol")]);
    let symbol = Fake::symbol("size");
    assert_eq!(t.call_on(&class, "primitiveSymbolRegister:", (&symbol,)), Ok(class.clone()));
    assert!(t.call_on(&class, "primitiveSymbolFromString:", ("size",)).unwrap().is_same(&symbol));
    let other = t.call_on(&class, "primitiveSymbolFromString:", ("other:",)).unwrap();
    assert_eq!(other, Fake::symbol("other:"));
    assert!(t.call_on(&class, "primitiveSymbolFromString:", ("other:",)).unwrap().is_same(&other));
    assert!(t.call_on(&class, "primitiveSymbolRegister:", (Fake::symbol("size"),)).is_err(), "there is one already");
}

#[test]
fn what_only_a_browser_has_is_unsupported() {
    let mut t = Tester::new(&PLUGIN);
    assert_eq!(t.call("primitiveEnvironmentConfirm:", ("really?",)), Err(Unsupported));
    assert_eq!(t.call("primitiveEnvironmentReload", ()), Err(Unsupported));
    t.call("primitiveEnvironmentAlert:", ("beware",)).unwrap();
    assert_eq!(t.world.stderr_text(), "beware\n");
}
