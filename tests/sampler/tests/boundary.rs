//! Every type, failure and hook through the plugin's table, in a host of fakes.

use osvm_plugin_sampler::PLUGIN;
use osvm_plugin_sdk::PrimitiveError::{self, BadArgument, BadNumArgs, Inappropriate, Internal, NoModification, Unsupported};
use osvm_plugin_sdk::testing::{Fake, Tester};
use std::time::Duration;

mod lending {
    use osvm_plugin_sdk::prelude::*;

    #[plugin(name = "LendingPlugin")]
    mod lending_plugin {
        use super::*;

        #[primitive]
        fn primitive_clear(cx: &Context, _data: &[u8], object: Object) -> Result<(), PrimitiveError> {
            cx.write(object, 0, &[0])
        }
    }
}

fn tester() -> Tester {
    Tester::new(&PLUGIN)
}

#[test]
fn values_cross_in_both_directions() {
    let mut t = tester();
    for (a, b) in [(1, 2), (i64::MAX, 1), (-5, 3)] {
        assert_eq!(t.call("primitiveAdd", (a, b)), Ok(Fake::Int(a.wrapping_add(b))));
    }
    assert_eq!(t.call("primitiveHalf", (2.5,)), Ok(Fake::Float(1.25)));
    assert_eq!(t.call("primitiveHalf", (3,)), Ok(Fake::Float(1.5)));
    assert_eq!(t.call("primitiveNot", (true,)), Ok(false.into()));
    assert_eq!(t.call("primitiveNextChar", ('é',)), Ok('ê'.into()));
    assert_eq!(t.call("primitiveReverse", (b"abc",)), Ok(b"cba".into()));
    assert_eq!(t.call("primitiveReverse", ("abc",)), Ok(b"cba".into()));
    assert_eq!(t.call("primitiveReverse", (b"",)), Ok(Fake::bytes([])));
    assert_eq!(t.call("primitiveSumWords", [Fake::words([1, u32::MAX])]), Ok(Fake::Int(1 << 32)));
    assert_eq!(t.call("primitiveIota", (3,)), Ok(Fake::words([0, 1, 2])));
    assert_eq!(t.call("primitiveDoubleFloats", [Fake::floats([1.5])]), Ok(Fake::floats([3.0])));
    assert_eq!(t.call("primitiveShout", ("ße €",)), Ok("SSE €".into()));
    assert_eq!(t.call("primitiveSymbolSize", [Fake::symbol("größe")]), Ok(Fake::Int(5)));
    assert_eq!(t.call("primitiveGreeting", ()), Ok("¡hola!".into()));
    assert_eq!(t.call_on(5, "primitiveNothing", ()), Ok(Fake::Int(5)));
    assert_eq!(t.call_on(5, "primitiveNil", ()), Ok(Fake::Nil));
    let object = Fake::array([Fake::Nil]);
    assert!(t.call_on(object.clone(), "primitiveSame", [Fake::Int(1)]).unwrap().is_same(&Fake::Int(1)));
    assert!(t.call_on(5, "primitiveSame", [object.clone()]).unwrap().is_same(&object));
}

#[test]
fn what_may_be_nil_or_missing() {
    let mut t = tester();
    assert_eq!(t.call("primitivePositive", (5,)), Ok(Fake::Int(5)));
    assert_eq!(t.call("primitivePositive", (-5,)), Ok(Fake::Nil));
    assert_eq!(t.call("primitiveOr", (1, "a")), Ok(Fake::array([2.into(), "A".into()])));
    assert_eq!(t.call("primitiveOr", [Fake::Nil, "a".into()]), Ok(Fake::array([Fake::Nil, "A".into()])));
    assert_eq!(t.call("primitiveOr", [1.into(), Fake::Nil]), Ok(Fake::array([2.into(), Fake::Nil])));
    assert_eq!(t.call("primitiveDivide", (-7, 2)), Ok(Fake::array([(-4).into(), 1.into()])));
    assert_eq!(t.call("primitiveDivide", (7, 0)), Ok(Fake::Nil));
    for (arguments, count) in [(vec![], 0), (vec![1.into()], 1), (vec![1.into(), b"".into()], 2), (vec![Fake::Nil, b"".into()], 1)]
    {
        assert_eq!(t.call("primitiveCount", arguments), Ok(Fake::Int(count)));
    }
    assert_eq!(t.call("primitiveCount", (1, b"", 2)), Err(BadNumArgs));
}

#[test]
fn what_does_not_match_never_arrives() {
    let mut t = tester();
    for (name, argument) in [
        ("primitiveNot", Fake::Int(1)),
        ("primitiveHalf", Fake::string("1")),
        ("primitiveNextChar", Fake::Int(65)),
        ("primitiveNextChar", Fake::Char(0xD800)),
        ("primitiveNextChar", Fake::Char(1 << 29)),
        ("primitiveReverse", Fake::words([1])),
        ("primitiveReverse", Fake::Nil),
        ("primitiveSumWords", Fake::bytes([1, 2, 3, 4])),
        ("primitiveShout", Fake::bytes([65])),
        ("primitiveSymbolSize", Fake::string("no")),
        ("primitiveSumClose", Fake::bytes([0; 24])),
        ("primitiveIota", Fake::large(false, [0; 9])),
        ("primitiveIota", Fake::large(false, [0, 0, 0, 0, 0, 0, 0, 0, 1])),
    ] {
        let expected = if argument == Fake::large(false, [0; 9]) { Ok(Fake::words([])) } else { Err(BadArgument) };
        assert_eq!(t.call(name, [argument.clone()]), expected, "{name} {argument:?}");
    }
}

#[test]
fn objects_are_changed_and_made() {
    let mut t = tester();
    let buffer = Fake::bytes([1; 3]);
    assert_eq!(t.call_on(9, "primitiveFill:with:", (&buffer, 7)), Ok(Fake::Int(9)));
    assert_eq!(buffer, Fake::bytes([7; 3]));
    assert_eq!(t.call("primitiveFill:with:", (&buffer, 256)), Err(BadArgument));
    assert_eq!(t.call("primitiveFill:with:", (Fake::Nil, 1)), Err(BadArgument));
    assert_eq!(t.call("primitiveFill:with:", (buffer.read_only(), 1)), Err(NoModification));
    assert_eq!(t.call("primitiveArray", (2,)), Ok(Fake::array([0.into(), 1.into()])));
}

#[test]
fn resources_live_until_they_are_closed() {
    let mut t = tester();
    let a = t.call("primitiveSumNew", (1,)).unwrap();
    let b = t.call("primitiveSumNew", (10,)).unwrap();
    assert_ne!(a, b);
    assert_eq!(t.call("primitiveSumAdd", (&a, 2)), Ok(Fake::Int(3)));
    assert_eq!(t.call("primitiveSumBoth", (&a, &b)), Ok(Fake::Int(13)));
    assert_eq!(t.call("primitiveSumBoth", (&a, &a)), Ok(Fake::Int(6)), "both only read");
    t.call("primitiveSumMove", (&a, &b)).unwrap();
    assert_eq!(t.call("primitiveSumMove", (&b, &b)), Err(BadArgument), "both would change it");
    assert_eq!(t.call("primitiveSumValue", (&b,)), Ok(Fake::Int(13)));
    assert_eq!(t.call("primitiveSumValue", [Fake::Nil]), Ok(Fake::Nil));
    assert_eq!(t.call("primitiveSumSame", (&b,)), Ok(b.clone()));
    let Fake::Int(7) = t.call("primitiveOtherNew", ()).unwrap().elements()[1] else { panic!("no 7") };
    let other = t.call("primitiveOtherNew", ()).unwrap().elements()[0].clone();
    assert_eq!(t.call("primitiveSumAdd", (&other, 1)), Err(BadArgument), "that is no sum");
    assert_eq!(t.call("primitiveSumClose", (&other,)), Err(BadArgument));
    assert_eq!(t.call("primitiveSumClose", (&a,)), Ok(Fake::Int(0)));
    assert_eq!(t.call("primitiveSumClose", (&a,)), Err(BadArgument));
    let c = t.call("primitiveSumNew", (5,)).unwrap();
    assert_eq!(t.call("primitiveSumAdd", (&a, 1)), Err(BadArgument), "the number is used again, the handle is dead");
    assert_eq!(t.call("primitiveSumAdd", (&c, 1)), Ok(Fake::Int(6)));
    assert_eq!(t.open_resources(), 4);
}

#[test]
fn failures_have_their_codes() {
    let mut t = tester();
    for code in 1..=21 {
        let expected = PrimitiveError::from_code(code, 2).unwrap_or(PrimitiveError::Failed);
        assert_eq!(t.call("primitiveFail", (i64::from(code),)), Err(expected));
    }
}

#[test]
fn a_panic_fails_the_primitive_alone() {
    let mut t = tester();
    t.call("primitiveCounts", ()).unwrap();
    assert_eq!(t.call("primitivePanic", ("ouch",)), Err(Internal));
    assert_eq!(t.world.log.last().map(|(_, line)| line.as_str()), Some("the plugin panicked: ouch"));
    assert_eq!(t.call("primitiveCounts", ()), Ok(Fake::array([2.into(), 0.into(), 0.into()])));
}

#[test]
fn hooks_are_told() {
    let mut t = tester();
    t.start().unwrap();
    t.timer(5).unwrap();
    t.call("primitiveStartTimer", (1000, 7)).unwrap();
    t.advance(Duration::from_micros(999)).unwrap();
    assert_eq!(t.call("primitiveCounts", ()), Ok(Fake::array([1.into(), 1.into(), 5.into()])));
    t.advance(Duration::from_micros(1)).unwrap();
    assert_eq!(t.call("primitiveCounts", ()), Ok(Fake::array([2.into(), 1.into(), 12.into()])));
    t.call("primitiveSumNew", (4,)).unwrap();
    t.snapshot().unwrap();
    t.quit().unwrap();
    let lines: Vec<&str> = t.world.log.iter().map(|(_, line)| line.as_str()).collect();
    assert_eq!(lines, ["the image is saved", "a sum of 4 is left"]);
}

#[test]
fn what_was_not_granted_is_unsupported() {
    let mut t = tester();
    t.deny("timers");
    assert_eq!(t.call("primitiveStartTimer", (1, 1)), Err(Unsupported));
}

#[test]
fn an_object_that_the_call_reads_is_not_written() {
    let mut t = Tester::new(&lending::PLUGIN);
    let (a, b) = (Fake::bytes([1]), Fake::bytes([1]));
    assert_eq!(t.call("primitiveClear", (&a, &a)), Err(Inappropriate));
    assert_eq!(t.call("primitiveClear", (&a, &b)), Ok(Fake::Nil));
    assert_eq!((a, b), (Fake::bytes([1]), Fake::bytes([0])));
}
