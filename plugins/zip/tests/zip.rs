//! ZipPlugin: checksums, and deflating and inflating with the fixed trees, beside another library.

use miniz_oxide::inflate::decompress_to_vec;
use osvm_plugin_sdk::PrimitiveError;
use osvm_plugin_sdk::testing::{Fake, Tester};
use osvm_plugin_zip::PLUGIN;
use proptest::prelude::*;

/// The lengths of the fixed tree for literals and lengths (RFC 1951, section 3.2.6).
fn fixed_length(value: usize) -> u32 {
    match value {
        0..=143 => 8,
        144..=255 => 9,
        256..=279 => 7,
        _ => 8,
    }
}

/// Canonical codes of some lengths, their bits turned round as they are written.
fn tree(lengths: &[u32]) -> Fake {
    let mut codes = vec![0; lengths.len()];
    let mut next = 0_u32;
    for length in 1..=15 {
        for (value, _) in lengths.iter().enumerate().filter(|(_, other)| **other == length) {
            codes[value] = next.reverse_bits() >> (32 - length);
            next += 1;
        }
        next <<= 1;
    }
    Fake::array([Fake::words(lengths), Fake::words(&codes)])
}

/// A table as the image makes it for inflating: 7 bits first, and tables for longer codes behind.
fn table(lengths: &[u32], value: impl Fn(usize) -> u32, first: u32) -> Fake {
    let tree = tree(lengths).elements();
    let codes: Vec<u32> = tree[1].data().as_chunks().0.iter().map(|bytes| u32::from_ne_bytes(*bytes)).collect();
    let mut table = vec![0; 1 + (1 << first)];
    table[0] = first << 24;
    for (symbol, (&length, &code)) in lengths.iter().zip(&codes).enumerate() {
        let more = length - first;
        let entry = 1 + (code & ((1 << first) - 1)) as usize;
        if more == 0 {
            table[entry] = value(symbol);
            continue;
        }
        if table[entry] == 0 {
            table[entry] = more << 24 | (table.len() as u32 + 1);
            table.resize(table.len() + (1 << more), 0);
        }
        let start = (table[entry] & 0xFFFF) as usize - 1;
        table[start + (code >> first) as usize] = value(symbol);
    }
    Fake::words(table)
}

fn length_value(symbol: usize) -> u32 {
    match symbol {
        0..=256 => symbol as u32,
        285 => 1 << 16 | 258,
        257..=264 => 1 << 16 | (symbol as u32 - 254),
        _ => {
            let (extra, step) = ((symbol as u32 - 261) / 4, (symbol as u32 - 261) % 4);
            (extra + 1) << 16 | (3 + ((4 + step) << extra))
        }
    }
}

fn distance_value(symbol: usize) -> u32 {
    match symbol as u32 {
        symbol @ 0..=3 => symbol + 1,
        symbol => {
            let extra = symbol / 2 - 1;
            extra << 16 | (1 + ((2 + symbol % 2) << extra))
        }
    }
}

fn literal_lengths() -> Vec<u32> {
    (0..288).map(fixed_length).collect()
}

/// Deflates with the primitives: one block with the fixed trees.
fn deflate(t: &mut Tester, text: &[u8]) -> Vec<u8> {
    // The image leaves room for a match behind what is there.
    let collection = Fake::bytes([text, &[0; 300]].concat());
    let int = |value: usize| Fake::Int(value as i64);
    let nil = Fake::Nil;
    let (head, tail) = (Fake::words(vec![0; 32_768]), Fake::words(vec![0; 32_768]));
    let (literals, distances) = (Fake::bytes(vec![0; 70_000]), Fake::words(vec![0; 70_000]));
    let stream = Fake::instance(
        "DeflateStream",
        [
            collection,
            int(text.len()),
            int(text.len()),
            int(text.len()),
            head,
            tail,
            int(0),
            int(0),
            nil.clone(),
            literals.clone(),
            distances.clone(),
            Fake::words([0; 286]),
            Fake::words([0; 30]),
            int(0),
            int(0),
        ],
    );
    let last = text.len() as i64 - 1;
    assert_eq!(t.call_on(&stream, "primitiveDeflateBlock", (last, 100, 200)), Ok(Fake::Bool(false)));
    let count = stream.elements()[13].int().unwrap();
    let of_stream = |data: &Fake| Fake::instance("ReadStream", [data.clone(), Fake::Int(0), Fake::Int(count)]);
    // A last block (1) with the fixed trees (01).
    let out = Fake::bytes(vec![0; text.len() * 2 + 64]);
    let encoder = Fake::instance("ZipEncoder", [out.clone(), int(0), int(0), nil.clone(), int(0b011), int(3), nil]);
    let trees = (tree(&literal_lengths()), tree(&[5; 30]));
    let send = "primitiveZipSendBlock";
    let sent = t.call_on(&encoder, send, (of_stream(&literals), of_stream(&distances), trees.0, trees.1));
    assert_eq!(sent, Ok(int(text.len())));
    let fields = encoder.elements();
    let (position, buffer) = (fields[1].int().unwrap() as usize, fields[4].int().unwrap() as u8);
    let mut bytes = out.data()[..position].to_vec();
    // The end of the block is seven bits of zero.
    bytes.extend([buffer, 0]);
    bytes
}

/// Inflates with the primitive, what comes behind a header of three bits.
fn inflate(t: &mut Tester, bytes: &[u8], size: usize) -> Result<Vec<u8>, PrimitiveError> {
    let int = |value: usize| Fake::Int(value as i64);
    let out = Fake::bytes(vec![0; size]);
    let stream = Fake::instance(
        "InflateStream",
        [
            out.clone(),
            int(0),
            int(0),
            int(3),
            int(usize::from(bytes[0] >> 3)),
            int(5),
            Fake::bytes(bytes),
            int(1),
            int(bytes.len()),
        ],
    );
    let tables = (table(&literal_lengths(), length_value, 7), table(&[5; 30], distance_value, 5));
    t.call_on(&stream, "primitiveInflateDecompressBlock", tables)?;
    let fields = stream.elements();
    assert!(fields[7].int().unwrap() as usize <= bytes.len(), "no more was read than there is");
    Ok(out.data()[..fields[2].int().unwrap() as usize].to_vec())
}

fn text() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..40),
        ("[a-d]{1,20}", 1..40_usize).prop_map(|(word, times)| word.repeat(times).into_bytes()),
    ];
    prop::collection::vec(piece, 1..12).prop_map(|pieces| pieces.concat()).prop_filter("not empty", |text| !text.is_empty())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn what_is_deflated_can_be_inflated(text in text()) {
        let mut t = Tester::new(&PLUGIN);
        let bytes = deflate(&mut t, &text);
        prop_assert_eq!(&decompress_to_vec(&bytes).unwrap(), &text);
        prop_assert_eq!(inflate(&mut t, &bytes, text.len() + 300).unwrap(), text);
    }

    #[test]
    fn no_bytes_lead_out_of_the_collection(bytes in prop::collection::vec(any::<u8>(), 2..200)) {
        let _ = inflate(&mut Tester::new(&PLUGIN), &bytes, 400);
    }
}

#[test]
fn repetitions_become_matches() {
    let mut t = Tester::new(&PLUGIN);
    let text = b"abcabcabc".repeat(1000);
    let bytes = deflate(&mut t, &text);
    assert!(bytes.len() < 100, "{}", bytes.len());
    assert_eq!(decompress_to_vec(&bytes).unwrap(), text);
}

#[test]
fn checksums() {
    let mut t = Tester::new(&PLUGIN);
    let text = "xWikipediax";
    assert_eq!(t.call("primitiveUpdateAdler32", (1, 2, 10, text)), Ok(Fake::Int(0x11E6_0398)));
    let crc = t.call("primitiveUpdateGZipCrc32", (0xFFFF_FFFF_i64, 1, 9, "123456789")).unwrap().int().unwrap();
    assert_eq!(crc ^ 0xFFFF_FFFF, 0xCBF4_3926);
    let half = t.call("primitiveUpdateGZipCrc32", (0xFFFF_FFFF_i64, 1, 4, "123456789")).unwrap();
    assert_eq!(t.call("primitiveUpdateGZipCrc32", (&half, 5, 9, "123456789")), Ok(Fake::Int(crc)));
    for (start, stop) in [(0, 3), (3, 2), (1, 12), (-1, 3), (1, -1)] {
        assert_eq!(t.call("primitiveUpdateAdler32", (1, start, stop, text)), Err(PrimitiveError::BadIndex));
    }
    assert_eq!(t.call("primitiveUpdateAdler32", (1_i64 << 32, 1, 2, text)), Err(PrimitiveError::BadArgument));
    assert_eq!(t.call("primitiveUpdateGZipCrc32", (-1, 1, 2, text)), Err(PrimitiveError::BadArgument));
}

#[test]
fn hash_tables_move() {
    let mut t = Tester::new(&PLUGIN);
    let table = Fake::words([5, 10, 15, 0]);
    assert_eq!(t.call_on(1, "primitiveDeflateUpdateHashTable", (&table, 10)), Ok(Fake::Int(1)));
    assert_eq!(table, Fake::words([0, 0, 5, 0]));
    assert_eq!(t.call("primitiveDeflateUpdateHashTable", ("abcd", 10)), Err(PrimitiveError::BadArgument));
}

#[test]
fn streams_of_another_shape_are_refused() {
    let mut t = Tester::new(&PLUGIN);
    let words = Fake::words([0; 4]);
    for receiver in [Fake::Nil, Fake::string("x"), Fake::array([]), Fake::instance("InflateStream", vec![Fake::Nil; 13])] {
        assert!(t.call_on(&receiver, "primitiveInflateDecompressBlock", (&words, &words)).is_err());
        assert!(t.call_on(&receiver, "primitiveDeflateBlock", (1, 1, 1)).is_err());
        assert!(t.call_on(&receiver, "primitiveZipSendBlock", (&words, &words, &words, &words)).is_err());
    }
}
