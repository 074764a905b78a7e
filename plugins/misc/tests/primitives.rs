//! MiscPrimitivePlugin, primitive by primitive.

use osvm_plugin_sdk::classic::PrimitiveError;
use osvm_plugin_sdk::classic::testing::{Fake, Tester};

type Answer = Result<Fake, PrimitiveError>;

fn call(name: &str, args: &mut [Fake]) -> Answer {
    Tester::new(osvm_plugin_misc::plugin()).call(name, Fake::Nil, args)
}

fn table() -> Fake {
    Fake::Bytes((0..=255).collect())
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
    let vowels = Fake::Bytes((0..=255).map(|b| u8::from(b"aeiou".contains(&b))).collect());
    assert_eq!(call("primitiveFindFirstInString", &mut [s("xyza"), vowels, Fake::Int(2)]), Ok(Fake::Int(4)));
    assert_eq!(call("primitiveStringHash", &mut [Fake::Int(1), Fake::Int(1)]), Err(PrimitiveError::BadArgument));
}

#[test]
fn translation() {
    let upper = Fake::Bytes((0..=255u8).map(|b| b.to_ascii_uppercase()).collect());
    let mut args = [Fake::string("hello"), Fake::Int(2), Fake::Int(3), upper.clone()];
    assert_eq!(call("primitiveTranslateStringWithTable", &mut args), Ok(Fake::Nil));
    assert_eq!(args[0], Fake::string("hELlo"));
    for (start, stop, error) in [(0, 3, true), (2, 6, true), (4, 2, false), (9, 2, false)] {
        let mut args = [Fake::string("hello"), Fake::Int(start), Fake::Int(stop), upper.clone()];
        let expected = if error { Err(PrimitiveError::BadIndex) } else { Ok(Fake::Nil) };
        assert_eq!(call("primitiveTranslateStringWithTable", &mut args), expected, "{start} {stop}");
        assert_eq!(args[0], Fake::string("hello"));
    }
    let mut frozen = [Fake::Frozen(b"hello".to_vec()), Fake::Int(1), Fake::Int(5), upper];
    assert_eq!(call("primitiveTranslateStringWithTable", &mut frozen), Err(PrimitiveError::NoModification));
}

#[test]
fn bitmaps_and_sounds() {
    let bitmap = Fake::Words(4, vec![7; 40]);
    let mut args = [bitmap.clone(), Fake::Bytes(vec![0; 100])];
    assert_eq!(call("primitiveCompressToByteArray", &mut args), Ok(Fake::Int(3)));
    let mut back = [Fake::Words(4, vec![0; 40]), args[1].clone(), Fake::Int(2)];
    // What follows the run in the bytes are runs of nothing.
    assert_eq!(call("primitiveDecompressFromByteArray", &mut back), Ok(Fake::Nil));
    assert_eq!(back[0], bitmap);
    assert_eq!(
        call("primitiveCompressToByteArray", &mut [bitmap.clone(), Fake::Bytes(vec![0; 46])]),
        Err(PrimitiveError::Unsupported)
    );
    let mut short = [Fake::Words(4, vec![0; 36]), args[1].clone(), Fake::Int(2)];
    assert_eq!(call("primitiveDecompressFromByteArray", &mut short), Err(PrimitiveError::BadIndex));
    let mut sound = [Fake::Bytes(vec![1, 255, 128]), Fake::Words(2, vec![9; 8])];
    assert_eq!(call("primitiveConvert8BitSigned", &mut sound), Ok(Fake::Nil));
    assert_eq!(sound[1], Fake::Words(2, vec![0, 1, 0, 255, 0, 128, 9, 9]));
    let mut small = [Fake::Bytes(vec![1, 2, 3]), Fake::Words(2, vec![0; 4])];
    assert_eq!(call("primitiveConvert8BitSigned", &mut small), Err(PrimitiveError::BadArgument));
}
