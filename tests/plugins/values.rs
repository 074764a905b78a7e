//! Every type of parameters and results goes round, in each form.

use crate::{TestsOfForms, same};
use libtest_mimic::Failed;
use osvm_host::testing::PluginTest;
use osvm_plugin_sdk::PrimitiveError::{self, BadArgument, BadNumArgs};
use osvm_plugin_sdk::testing::{Arguments, Fake};

pub const TESTS: TestsOfForms = &[
    ("int", |form| ints(&mut form.sampler()?)),
    ("what a call with Integers alone does", |form| acts(&mut form.sampler()?)),
    ("float", |form| floats(&mut form.sampler()?)),
    ("bool and char", |form| bools_and_chars(&mut form.sampler()?)),
    ("bytes", |form| bytes(&mut form.sampler()?)),
    ("words and floats", |form| units(&mut form.sampler()?)),
    ("text and symbol", |form| texts(&mut form.sampler()?)),
    ("oop", |form| oops(&mut form.sampler()?)),
    ("resource", |form| resources(&mut form.sampler()?)),
    ("what may be nil or missing", |form| optional(&mut form.sampler()?)),
    ("tuples", |form| tuples(&mut form.sampler()?)),
    ("what answers nothing", |form| nothing(&mut form.sampler()?)),
];

/// 1 MiB, in bytes.
const LARGE: usize = 1 << 20;

/// That a call answers so.
#[track_caller]
fn answers(
    plugin: &mut PluginTest,
    name: &str,
    arguments: impl Arguments,
    expected: Result<Fake, PrimitiveError>,
) -> Result<(), Failed> {
    same(plugin.call(name, arguments), expected, name)
}

fn ints(t: &mut PluginTest) -> Result<(), Failed> {
    // The ends of 64 bits, and those of the image's SmallIntegers.
    for number in [0, -1, i64::MAX, i64::MIN, (1 << 60) - 1, 1 << 60, -(1 << 60), -(1 << 60) - 1, 1 << 31, 1 << 32] {
        answers(t, "primitiveAdd", (number, 0), Ok(Fake::Int(number)))?;
        answers(t, "primitiveAdd", (0, number), Ok(Fake::Int(number)))?;
    }
    answers(t, "primitiveAdd", (i64::MAX, 1), Ok(Fake::Int(i64::MIN)))?;
    // One more at both ends, and no Integers.
    let too_large = Fake::large(false, [0, 0, 0, 0, 0, 0, 0, 0x80]);
    let too_small = Fake::large(true, [1, 0, 0, 0, 0, 0, 0, 0x80]);
    for other in [too_large, too_small, Fake::Float(1.0), Fake::Nil, Fake::Char(1), Fake::string("1"), Fake::Bool(true)] {
        answers(t, "primitiveAdd", [Fake::Int(1), other], Err(BadArgument))?;
    }
    Ok(())
}

/// Such calls go a way of their own, which must end as the general one does.
fn acts(t: &mut PluginTest) -> Result<(), Failed> {
    let act = |t: &mut PluginTest, what: i64, number: i64, expected| answers(t, "primitiveAct", (what, number), expected);
    // Twice, since the first call of an instance is none of them.
    for _ in 0..2 {
        act(t, 0, 7, Ok(Fake::Int(7)))?;
        act(t, 0, i64::MIN, Ok(Fake::Int(i64::MIN)))?;
        act(t, 1, 8, Ok(Fake::Int(8)))?;
        act(t, 2, 13, Err(PrimitiveError::OperatingSystem(13)))?;
        // Memory that grows, and moves.
        act(t, 4, 1 << 20, Ok(Fake::Int(1 << 20)))?;
        act(t, 4, 20 << 20, Ok(Fake::Int(20 << 20)))?;
        act(t, 5, -9, Ok(Fake::Int(-9)))?;
        act(t, 6, 0, Err(BadArgument))?;
        act(t, 3, 0, Err(PrimitiveError::Internal))?;
        act(t, 0, (1 << 60) - 1, Ok(Fake::Int((1 << 60) - 1)))?;
    }
    // Other calls in between see nothing of them, nor they of these.
    answers(t, "primitiveReverse", (b"abc",), Ok(b"cba".into()))?;
    act(t, 0, -1, Ok(Fake::Int(-1)))
}

fn floats(t: &mut PluginTest) -> Result<(), Failed> {
    let cases = [
        (2.5, 1.25),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, f64::NEG_INFINITY),
        (f64::MAX, f64::MAX / 2.0),
        (f64::MIN_POSITIVE, f64::MIN_POSITIVE / 2.0),
        (5e-324, 0.0),
        (0.0, 0.0),
        (-0.0, -0.0),
    ];
    for (number, half) in cases {
        let found = t.call("primitiveHalf", (number,));
        let Ok(Fake::Float(found)) = found else { return Err(format!("half of {number} is {found:?}").into()) };
        same(found.to_bits(), half.to_bits(), &format!("half of {number}"))?;
    }
    let nan = t.call("primitiveHalf", (f64::NAN,));
    same(matches!(nan, Ok(Fake::Float(nan)) if nan.is_nan()), true, &format!("half of NaN is {nan:?}"))?;
    // An Integer is a float too.
    answers(t, "primitiveHalf", (3,), Ok(Fake::Float(1.5)))?;
    answers(t, "primitiveHalf", (i64::MAX,), Ok(Fake::Float(9_223_372_036_854_775_808.0 / 2.0)))?;
    answers(t, "primitiveHalf", [Fake::string("1.5")], Err(BadArgument))?;
    answers(t, "primitiveHalf", [Fake::Nil], Err(BadArgument))
}

fn bools_and_chars(t: &mut PluginTest) -> Result<(), Failed> {
    answers(t, "primitiveNot", (true,), Ok(false.into()))?;
    answers(t, "primitiveNot", (false,), Ok(true.into()))?;
    answers(t, "primitiveNot", [Fake::Nil], Err(BadArgument))?;
    answers(t, "primitiveNot", (1,), Err(BadArgument))?;
    for character in ['\0', 'a', 'é', 'ÿ', '€', '\u{D7FE}', '\u{FFFE}', '\u{FFFF}', '😀', '\u{10FFFE}'] {
        let next = char::from_u32(u32::from(character) + 1).ok_or("it has a next one")?;
        answers(t, "primitiveNextChar", (character,), Ok(next.into()))?;
    }
    // The last, the last before the surrogates, a surrogate, and what no text has.
    for code in [0x10_FFFF, 0xD7FF, 0xD800, 0x11_0000, 1 << 29] {
        answers(t, "primitiveNextChar", [Fake::Char(code)], Err(BadArgument))?;
    }
    answers(t, "primitiveNextChar", (65,), Err(BadArgument))
}

fn bytes(t: &mut PluginTest) -> Result<(), Failed> {
    answers(t, "primitiveReverse", (b"",), Ok(Fake::bytes([])))?;
    answers(t, "primitiveReverse", (b"\0\xFFa",), Ok(Fake::bytes(b"a\xFF\0")))?;
    answers(t, "primitiveReverse", ("abc",), Ok(Fake::bytes(b"cba")))?;
    answers(t, "primitiveReverse", [Fake::symbol("abc")], Ok(Fake::bytes(b"cba")))?;
    let large: Vec<u8> = (0..LARGE).map(|i| (i % 251) as u8).collect();
    let reversed: Vec<u8> = large.iter().rev().copied().collect();
    same(t.call("primitiveReverse", (Fake::bytes(&large),)) == Ok(Fake::bytes(&reversed)), true, "1 MiB, reversed")?;
    answers(t, "primitiveByteCount", (Fake::bytes(&large),), Ok(Fake::Int(LARGE as i64)))?;
    answers(t, "primitiveByteCount", (b"",), Ok(Fake::Int(0)))?;
    for other in [Fake::words([1]), Fake::array([]), Fake::Int(1), Fake::Nil] {
        answers(t, "primitiveReverse", [other], Err(BadArgument))?;
    }
    Ok(())
}

fn units(t: &mut PluginTest) -> Result<(), Failed> {
    answers(t, "primitiveSumWords", [Fake::words([])], Ok(Fake::Int(0)))?;
    answers(t, "primitiveSumWords", [Fake::words([1, u32::MAX])], Ok(Fake::Int(1 << 32)))?;
    answers(t, "primitiveSumWords", [Fake::bytes([1, 2, 3, 4])], Err(BadArgument))?;
    answers(t, "primitiveIota", (0,), Ok(Fake::words([])))?;
    answers(t, "primitiveIota", (3,), Ok(Fake::words([0, 1, 2])))?;
    let count = LARGE as u32 / 4;
    let many: Vec<u32> = (0..count).collect();
    same(t.call("primitiveIota", (i64::from(count),)) == Ok(Fake::words(&many)), true, "1 MiB of words")?;
    let sum = i64::from(count) * i64::from(count - 1) / 2;
    answers(t, "primitiveSumWords", (Fake::words(&many),), Ok(Fake::Int(sum)))?;
    answers(t, "primitiveDoubleFloats", [Fake::floats([])], Ok(Fake::floats([])))?;
    answers(t, "primitiveDoubleFloats", [Fake::floats([1.5, -2.0])], Ok(Fake::floats([3.0, -4.0])))?;
    // By their bits, as a NaN is not equal to itself.
    let odd = t.call("primitiveDoubleFloats", [Fake::floats([f32::INFINITY, -0.0, f32::MAX])]).map(|floats| floats.data());
    same(odd, Ok(Fake::floats([f32::INFINITY, -0.0, f32::INFINITY]).data()), "infinities and zeros")?;
    let nan = t.call("primitiveDoubleFloats", [Fake::floats([f32::NAN])]).map(|floats| floats.data());
    let nan = nan.map(|data| f32::from_le_bytes(data.try_into().unwrap_or_default()).is_nan());
    same(nan, Ok(true), "NaN stays NaN")
}

fn texts(t: &mut PluginTest) -> Result<(), Failed> {
    let cases = [
        ("", ""),
        ("abc", "ABC"),
        ("größe", "GRÖSSE"),
        // Its upper case is no byte.
        ("ÿ", "Ÿ"),
        ("žluť €", "ŽLUŤ €"),
        ("a𝄞😀\u{10FFFF}", "A𝄞😀\u{10FFFF}"),
        ("a\0b", "A\0B"),
    ];
    for (text, shouted) in cases {
        answers(t, "primitiveShout", (text,), Ok(shouted.into()))?;
    }
    answers(t, "primitiveGreeting", (), Ok("¡hola!".into()))?;
    answers(t, "primitiveSymbolSize", [Fake::symbol("größe")], Ok(Fake::Int(5)))?;
    answers(t, "primitiveSymbolSize", [Fake::symbol("größe:")], Ok(Fake::Int(6)))?;
    answers(t, "primitiveSymbolSize", [Fake::symbol("")], Ok(Fake::Int(0)))?;
    for character in ["x", "é", "€"] {
        let (long, upper) = (character.repeat(LARGE / 4), character.to_uppercase().repeat(LARGE / 4));
        same(t.call("primitiveShout", (long.as_str(),)) == Ok(upper.as_str().into()), true, "a long text")?;
    }
    for other in [Fake::bytes(b"abc"), Fake::Nil, Fake::Char(65), Fake::Int(1), Fake::array([])] {
        answers(t, "primitiveSymbolSize", [other], Err(BadArgument))?;
    }
    answers(t, "primitiveSymbolSize", [Fake::symbol("größe:")], Ok(Fake::Int(6)))?;
    answers(t, "primitiveSymbolSize", [Fake::symbol("")], Ok(Fake::Int(0)))?;
    answers(t, "primitiveSymbolSize", [Fake::string("größe")], Err(BadArgument))
}

fn oops(t: &mut PluginTest) -> Result<(), Failed> {
    let object = Fake::array([Fake::Nil, Fake::Int(1)]);
    let others = [Fake::Int(1), Fake::Nil, Fake::Float(1.5), Fake::Char(0x10_FFFF), Fake::Bool(true), Fake::instance("Thing", [])];
    for other in others {
        let answer = t.call_on(object.clone(), "primitiveSame", [other.clone()]);
        same(answer.as_ref().is_ok_and(|answer| answer.is_same(&other)), true, &format!("{answer:?} is {other:?}"))?;
    }
    let answer = t.call_on(object.clone(), "primitiveSame", [object.clone()]);
    same(answer.is_ok_and(|answer| answer.is_same(&object)), true, "the receiver itself")?;
    answers(t, "primitiveArray", (2,), Ok(Fake::array([0.into(), 1.into()])))
}

fn resources(t: &mut PluginTest) -> Result<(), Failed> {
    let sum = t.call("primitiveSumNew", (3,))?;
    let other = t.call("primitiveSumNew", (40,))?;
    same(sum == other, false, "two handles")?;
    answers(t, "primitiveSumSame", (&sum,), Ok(sum.clone()))?;
    answers(t, "primitiveSumBoth", (&sum, &other), Ok(Fake::Int(43)))?;
    for none in [Fake::bytes([0; 24]), Fake::bytes([0; 23]), Fake::Int(1), Fake::Nil, Fake::string("a string of 24 characters")] {
        answers(t, "primitiveSumAdd", [none, 1.into()], Err(BadArgument))?;
    }
    answers(t, "primitiveSumClose", (&sum,), Ok(Fake::Int(3)))?;
    answers(t, "primitiveSumAdd", (&sum, 1), Err(BadArgument))?;
    answers(t, "primitiveSumAdd", (&other, 2), Ok(Fake::Int(42)))
}

fn optional(t: &mut PluginTest) -> Result<(), Failed> {
    answers(t, "primitivePositive", (5,), Ok(Fake::Int(5)))?;
    answers(t, "primitivePositive", (-5,), Ok(Fake::Nil))?;
    let or = |first, second| Ok(Fake::array([first, second]));
    answers(t, "primitiveOr", (1, "é"), or(2.into(), "É".into()))?;
    answers(t, "primitiveOr", [Fake::Nil, "".into()], or(Fake::Nil, "".into()))?;
    answers(t, "primitiveOr", [1.into(), Fake::Nil], or(2.into(), Fake::Nil))?;
    answers(t, "primitiveOr", [Fake::Nil, Fake::Nil], or(Fake::Nil, Fake::Nil))?;
    answers(t, "primitiveOr", [Fake::Bool(false), Fake::Nil], Err(BadArgument))?;
    answers(t, "primitiveSumValue", [Fake::Nil], Ok(Fake::Nil))?;
    let sum = t.call("primitiveSumNew", (3,))?;
    answers(t, "primitiveSumValue", (&sum,), Ok(Fake::Int(3)))?;
    let calls =
        [(vec![], 0), (vec![1.into()], 1), (vec![Fake::Nil], 0), (vec![1.into(), b"".into()], 2), (vec![Fake::Nil, b"".into()], 1)];
    for (arguments, count) in calls {
        answers(t, "primitiveCount", arguments, Ok(Fake::Int(count)))?;
    }
    answers(t, "primitiveCount", (1, b"", 2), Err(BadNumArgs))?;
    answers(t, "primitiveAdd", (1,), Err(BadNumArgs))?;
    answers(t, "primitiveAdd", (), Err(BadNumArgs))
}

fn tuples(t: &mut PluginTest) -> Result<(), Failed> {
    answers(t, "primitiveDivide", (-7, 2), Ok(Fake::array([(-4).into(), 1.into()])))?;
    answers(t, "primitiveDivide", (7, 0), Ok(Fake::Nil))?;
    answers(t, "primitiveDivide", (i64::MAX, 1), Ok(Fake::array([i64::MAX.into(), 0.into()])))?;
    let pair = t.call("primitiveOtherNew", ())?.elements();
    same(pair.len(), 2, "elements")?;
    same(&pair[1], &Fake::Int(7), "the second")?;
    answers(t, "primitiveSumAdd", (&pair[0], 1), Err(BadArgument))
}

fn nothing(t: &mut PluginTest) -> Result<(), Failed> {
    for receiver in [Fake::Int(5), Fake::string("it"), Fake::Nil] {
        let answer = t.call_on(receiver.clone(), "primitiveNothing", ())?;
        same(answer == receiver || answer.is_same(&receiver), true, "the receiver")?;
        same(t.call_on(receiver, "primitiveNil", ()), Ok(Fake::Nil), "nil")?;
    }
    Ok(())
}
