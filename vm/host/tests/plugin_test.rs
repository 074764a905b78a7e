//! `PluginTest` does what the SDK's `Tester` does: the same calls, in the real host and among fakes.

use osvm_host::config::Grants;
use osvm_host::testing::{PluginTest, TestError};
use osvm_plugin_sampler::PLUGIN;
use osvm_plugin_sdk::PrimitiveError::{self, BadArgument, BadNumArgs, Internal, NoModification, OperatingSystem};
use osvm_plugin_sdk::testing::{Arguments, Fake, Tester};

/// What both do.
trait Host {
    fn on(&mut self, receiver: Fake, name: &str, arguments: Vec<Fake>) -> Result<Fake, PrimitiveError>;

    fn call(&mut self, name: &str, arguments: impl Arguments) -> Result<Fake, PrimitiveError>
    where
        Self: Sized,
    {
        self.on(Fake::Nil, name, arguments.into_fakes())
    }
}

impl Host for Tester {
    fn on(&mut self, receiver: Fake, name: &str, arguments: Vec<Fake>) -> Result<Fake, PrimitiveError> {
        self.call_on(receiver, name, arguments)
    }
}

impl Host for PluginTest {
    fn on(&mut self, receiver: Fake, name: &str, arguments: Vec<Fake>) -> Result<Fake, PrimitiveError> {
        self.call_on(receiver, name, arguments)
    }
}

/// A test that runs in both.
macro_rules! in_both {
    ($($name:ident: |$host:ident| $body:block)*) => {
        $(
            mod $name {
                use super::*;

                fn test($host: &mut impl Host) $body

                #[test]
                fn among_fakes() {
                    test(&mut Tester::new(&PLUGIN));
                }

                #[test]
                fn in_the_real_host() {
                    test(&mut PluginTest::linked(&PLUGIN).unwrap());
                }
            }
        )*
    };
}

in_both! {
    values_cross: |t| {
        for (a, b) in [(1, 2), (i64::MAX, 1), (i64::MIN, 0), (-5, 3), (1 << 60, 0)] {
            assert_eq!(t.call("primitiveAdd", (a, b)), Ok(Fake::Int(a.wrapping_add(b))));
        }
        assert_eq!(t.call("primitiveHalf", (2.5,)), Ok(Fake::Float(1.25)));
        assert_eq!(t.call("primitiveHalf", (1e-300,)), Ok(Fake::Float(5e-301)));
        assert_eq!(t.call("primitiveNot", (true,)), Ok(false.into()));
        assert_eq!(t.call("primitiveNextChar", ('é',)), Ok('ê'.into()));
        assert_eq!(t.call("primitiveReverse", ("abc",)), Ok(b"cba".into()));
        assert_eq!(t.call("primitiveReverse", (b"",)), Ok(Fake::bytes([])));
        assert_eq!(t.call("primitiveSumWords", [Fake::words([1, u32::MAX])]), Ok(Fake::Int(1 << 32)));
        assert_eq!(t.call("primitiveIota", (3,)), Ok(Fake::words([0, 1, 2])));
        assert_eq!(t.call("primitiveDoubleFloats", [Fake::floats([1.5])]), Ok(Fake::floats([3.0])));
        assert_eq!(t.call("primitiveShout", ("ße €",)), Ok("SSE €".into()));
        assert_eq!(t.call("primitiveSymbolSize", [Fake::symbol("größe")]), Ok(Fake::Int(5)));
        assert_eq!(t.call("primitiveOr", [1.into(), Fake::Nil]), Ok(Fake::array([2.into(), Fake::Nil])));
        assert_eq!(t.call("primitiveDivide", (7, 0)), Ok(Fake::Nil));
        assert_eq!(t.call("primitiveCount", (1, b"", 2)), Err(BadNumArgs));
        assert_eq!(t.call("primitiveIota", [Fake::large(false, [0; 9])]), Ok(Fake::words([])));
        for argument in [Fake::large(false, [0, 0, 0, 0, 0, 0, 0, 0, 1]), Fake::string("3"), Fake::Char(1 << 29)] {
            assert_eq!(t.call("primitiveIota", [argument]), Err(BadArgument));
        }
    }

    objects_keep_their_identity: |t| {
        let point = Fake::instance("Point", [1.into(), Fake::array([])]);
        for object in [Fake::array([Fake::Nil, point.clone()]), point, Fake::instance("Thing", []), Fake::doubles([1]), Fake::shorts([1])] {
            assert!(t.on(Fake::Int(5), "primitiveSame", vec![object.clone()]).unwrap().is_same(&object));
        }
        let buffer = Fake::bytes([1; 3]);
        assert_eq!(t.on(Fake::Int(9), "primitiveFill:with:", (&buffer, 7).into_fakes()), Ok(Fake::Int(9)));
        assert_eq!(buffer, Fake::bytes([7; 3]));
        assert_eq!(t.call("primitiveFill:with:", (buffer.clone().read_only(), 1)), Err(NoModification));
        assert_eq!(buffer, Fake::bytes([7; 3]));
        assert_eq!(t.call("primitiveArray", (2,)), Ok(Fake::array([0.into(), 1.into()])));
    }

    resources_live_until_they_are_closed: |t| {
        let a = t.call("primitiveSumNew", (1,)).unwrap();
        let b = t.call("primitiveSumNew", (10,)).unwrap();
        assert_ne!(a, b);
        assert_eq!(t.call("primitiveSumAdd", (&a, 2)), Ok(Fake::Int(3)));
        assert_eq!(t.call("primitiveSumBoth", (&a, &b)), Ok(Fake::Int(13)));
        assert_eq!(t.call("primitiveSumSame", (&b,)), Ok(b.clone()));
        assert_eq!(t.call("primitiveSumMove", (&b, &b)), Err(BadArgument));
        let other = t.call("primitiveOtherNew", ()).unwrap().elements()[0].clone();
        assert_eq!(t.call("primitiveSumAdd", (&other, 1)), Err(BadArgument));
        assert_eq!(t.call("primitiveSumClose", (&a,)), Ok(Fake::Int(3)));
        let c = t.call("primitiveSumNew", (5,)).unwrap();
        assert_ne!(a, c);
        assert_eq!(t.call("primitiveSumAdd", (&a, 1)), Err(BadArgument));
        assert_eq!(t.call("primitiveSumValue", [Fake::Nil]), Ok(Fake::Nil));
    }

    failures_have_their_codes: |t| {
        for code in 1..=21 {
            let expected = PrimitiveError::from_code(code, 2).unwrap_or(PrimitiveError::Failed);
            assert_eq!(t.call("primitiveFail", (i64::from(code),)), Err(expected));
        }
        assert_eq!(t.call("primitiveFail", (21,)), Err(OperatingSystem(2)));
        assert_eq!(t.call("primitivePanic", ("ouch",)), Err(Internal));
    }
}

#[test]
fn hooks_and_the_end() {
    let mut t = PluginTest::linked(&PLUGIN).unwrap();
    let counts = |calls: i64, started: i64, tokens: i64| Ok(Fake::array([calls.into(), started.into(), tokens.into()]));
    assert_eq!(t.call("primitiveCounts", ()), counts(1, 1, 0));
    t.timer(7);
    t.snapshot();
    assert_eq!(t.call("primitiveCounts", ()), counts(2, 1, 7));
}

#[test]
fn what_was_not_granted_is_refused() {
    let Err(TestError::Refused(refusal)) = PluginTest::linked_with(&PLUGIN, Grants::default()) else { panic!("it is loaded") };
    assert!(refusal.to_string().contains("it imports the interface `log`, which is not granted"), "{refusal}");
}

#[test]
fn objects_are_freed_between_calls() {
    let mut t = PluginTest::linked(&PLUGIN).unwrap();
    let data = Fake::bytes(vec![1; 1 << 20]);
    for _ in 0..200 {
        // Not `assert_eq`: it would print a megabyte.
        assert!(t.call("primitiveReverse", (&data,)).as_ref() == Ok(&data));
    }
    assert_eq!(t.repeat(&Fake::Nil, "primitiveReverse", &[data], 200), Ok(()));
}
