//! MiscPrimitivePlugin, primitive by primitive.

use osvm_plugin_misc::PLUGIN;
use osvm_plugin_sdk::PrimitiveError;
use osvm_plugin_sdk::testing::{Fake, Tester};

type Answer = Result<Fake, PrimitiveError>;

fn call(name: &str, args: &mut [Fake]) -> Answer {
    Tester::new(&PLUGIN).call(name, &*args)
}

fn bytes(bytes: impl Iterator<Item = u8>) -> Fake {
    Fake::bytes(bytes.collect::<Vec<u8>>())
}

fn table() -> Fake {
    bytes(0..=255)
}

#[test]
fn strings() {
    let s = Fake::string;
    assert_eq!(call("primitiveStringHash", &mut [s(""), Fake::Int(17)]), Ok(Fake::Int(17)));
    assert_eq!(call("primitiveCompareString", &mut [s("a"), s("b"), table()]), Ok(Fake::Int(1)));
    assert_eq!(call("primitiveCompareString", &mut [s("a"), s("b"), s("short")]), Err(PrimitiveError::BadArgument));
    assert_eq!(call("primitiveIndexOfAsciiInString", &mut [Fake::Int(98), s("abab"), Fake::Int(3)]), Ok(Fake::Int(4)));
    assert_eq!(call("primitiveIndexOfAsciiInString", &mut [Fake::Int(300), s("abab"), Fake::Int(1)]), Ok(Fake::Int(0)));
    assert_eq!(call("primitiveIndexOfAsciiInString", &mut [Fake::Int(98), s("abab"), Fake::Int(9)]), Ok(Fake::Int(0)));
    assert_eq!(call("primitiveIndexOfAsciiInString", &mut [Fake::Int(98), s("abab"), Fake::Int(0)]), Err(PrimitiveError::BadIndex));
    assert_eq!(call("primitiveFindSubstring", &mut [s("ab"), s("xabab"), Fake::Int(3), table()]), Ok(Fake::Int(4)));
    assert_eq!(call("primitiveFindSubstring", &mut [s("ab"), s("ab"), Fake::Int(-9), table()]), Ok(Fake::Int(1)));
    assert_eq!(call("primitiveFindFirstInString", &mut [s("xyz"), s("no map"), Fake::Int(1)]), Ok(Fake::Int(0)));
    let vowels = bytes((0..=255).map(|b| u8::from(b"aeiou".contains(&b))));
    assert_eq!(call("primitiveFindFirstInString", &mut [s("xyza"), vowels, Fake::Int(2)]), Ok(Fake::Int(4)));
    assert_eq!(call("primitiveStringHash", &mut [Fake::Int(1), Fake::Int(1)]), Err(PrimitiveError::BadArgument));
}

#[test]
fn translation() {
    let upper = bytes((0..=255u8).map(|b| b.to_ascii_uppercase()));
    let mut args = [Fake::string("hello"), Fake::Int(2), Fake::Int(3), upper.clone()];
    assert_eq!(call("primitiveTranslateStringWithTable", &mut args), Ok(Fake::Nil));
    assert_eq!(args[0], Fake::string("hELlo"));
    for (start, stop, error) in [(0, 3, true), (2, 6, true), (4, 2, false), (9, 2, false)] {
        let mut args = [Fake::string("hello"), Fake::Int(start), Fake::Int(stop), upper.clone()];
        let expected = if error { Err(PrimitiveError::BadIndex) } else { Ok(Fake::Nil) };
        assert_eq!(call("primitiveTranslateStringWithTable", &mut args), expected, "{start} {stop}");
        assert_eq!(args[0], Fake::string("hello"));
    }
    let mut frozen = [Fake::string("hello").read_only(), Fake::Int(1), Fake::Int(5), upper];
    assert_eq!(call("primitiveTranslateStringWithTable", &mut frozen), Err(PrimitiveError::NoModification));
}

#[test]
fn bitmaps_and_sounds() {
    let bitmap = Fake::words([0x7070707; 10]);
    let mut args = [bitmap.clone(), Fake::bytes([0; 100])];
    assert_eq!(call("primitiveCompressToByteArray", &mut args), Ok(Fake::Int(3)));
    let mut back = [Fake::words([0x0; 10]), args[1].clone(), Fake::Int(2)];
    // What follows the run in the bytes are runs of nothing.
    assert_eq!(call("primitiveDecompressFromByteArray", &mut back), Ok(Fake::Nil));
    assert_eq!(back[0], bitmap);
    assert_eq!(call("primitiveCompressToByteArray", &mut [bitmap.clone(), Fake::bytes([0; 46])]), Err(PrimitiveError::Unsupported));
    let mut short = [Fake::words([0x0; 9]), args[1].clone(), Fake::Int(2)];
    assert_eq!(call("primitiveDecompressFromByteArray", &mut short), Err(PrimitiveError::BadIndex));
    let mut sound = [Fake::bytes([1, 255, 128]), Fake::shorts([0x909; 4])];
    assert_eq!(call("primitiveConvert8BitSigned", &mut sound), Ok(Fake::Nil));
    assert_eq!(sound[1], Fake::shorts([0x100, 0xFF00, 0x8000, 0x909]));
    let mut small = [Fake::bytes([1, 2, 3]), Fake::shorts([0; 2])];
    assert_eq!(call("primitiveConvert8BitSigned", &mut small), Err(PrimitiveError::BadArgument));
}
