//! Run-length packing of bitmaps, the format of `Bitmap>>compress:toByteArray:`.
//!
//! A packed bitmap is its size in words, then runs, each with a number `words * 4 + kind`: kind 1 a byte that fills all words,
//! kind 2 a word for all words, kind 3 the words themselves, most significant byte first. Numbers up to 223 take one byte, up to
//! 7935 two (the first from 224 to 254), larger ones 255 and four.

/// Packs 32-bit words.
pub(crate) fn compress(words: &[u32]) -> Vec<u8> {
    let mut out = Vec::with_capacity(words.len() * 4 + 16);
    number(&mut out, words.len());
    let mut at = 0;
    while at < words.len() {
        let word = words[at];
        let same = words[at..].iter().take_while(|&&w| w == word).count();
        let [byte, rest @ ..] = word.to_le_bytes();
        let one_byte = rest.iter().all(|&b| b == byte);
        if one_byte {
            number(&mut out, same * 4 + 1);
            out.push(byte);
            at += same;
        } else if same > 1 {
            number(&mut out, same * 4 + 2);
            out.extend_from_slice(&word.to_be_bytes());
            at += same;
        } else {
            // Up to where two equal words start, or to the end.
            let rest = &words[at..];
            let different = rest.windows(2).position(|w| w[0] == w[1]).unwrap_or(rest.len());
            number(&mut out, different * 4 + 3);
            for word in &rest[..different] {
                out.extend_from_slice(&word.to_be_bytes());
            }
            at += different;
        }
    }
    out
}

fn number(out: &mut Vec<u8>, value: usize) {
    match value {
        0..=223 => out.push(value as u8),
        224..=7935 => out.extend_from_slice(&[(value / 256 + 224) as u8, value as u8]),
        _ => {
            out.push(255);
            out.extend_from_slice(&(value as u32).to_be_bytes());
        }
    }
}

/// Unpacks runs (the size in front already skipped) into `words`; `None` if they are too long for it or end early.
pub(crate) fn decompress(packed: &[u8], words: &mut [u32]) -> Option<()> {
    let mut packed = packed.iter().copied();
    let mut out = words.iter_mut();
    while let Some(first) = packed.next() {
        let number = match first {
            0..=223 => u32::from(first),
            224..=254 => (u32::from(first) - 224) * 256 + u32::from(packed.next()?),
            255 => word(&mut packed)?,
        };
        let count = (number >> 2) as usize;
        if count > out.len() {
            return None;
        }
        let run = out.by_ref().take(count);
        match number & 3 {
            1 => {
                let byte = packed.next()?;
                run.for_each(|w| *w = u32::from_ne_bytes([byte; 4]));
            }
            2 => {
                let word = word(&mut packed)?;
                run.for_each(|w| *w = word);
            }
            3 => {
                for w in run {
                    *w = word(&mut packed)?;
                }
            }
            // A run of nothing: the place in the bitmap stays.
            _ => {}
        }
    }
    Some(())
}

fn word(bytes: &mut impl Iterator<Item = u8>) -> Option<u32> {
    Some(u32::from_be_bytes([bytes.next()?, bytes.next()?, bytes.next()?, bytes.next()?]))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unpack(packed: &[u8], words: usize) -> Option<Vec<u32>> {
        let mut out = vec![0xAAAA_AAAA; words];
        decompress(packed, &mut out).map(|()| out)
    }

    #[test]
    fn runs_of_each_kind() {
        let words = [0x0101_0101, 0x0101_0101, 0x1234_5678, 0x1234_5678, 1, 2, 3, 3];
        let packed = compress(&words);
        assert_eq!(packed, [8, 9, 1, 10, 0x12, 0x34, 0x56, 0x78, 11, 0, 0, 0, 1, 0, 0, 0, 2, 10, 0, 0, 0, 3]);
        assert_eq!(unpack(&packed[1..], 8).unwrap(), words);
    }

    #[test]
    fn long_bitmaps_come_back() {
        for len in [0, 1, 2, 55, 56, 223, 224, 1983, 1984, 7935, 7936, 20_000] {
            for step in [0, 1, 0x0101_0101] {
                let words: Vec<u32> = (0..len).map(|i| (i / 3 % 200) * step).collect();
                let packed = compress(&words);
                assert!(packed.len() <= words.len() * 4 + 7 + words.len() / 0x7C0 * 3);
                let skip = match packed[0] {
                    0..=223 => 1,
                    224..=254 => 2,
                    255 => 5,
                };
                assert_eq!(unpack(&packed[skip..], words.len()).unwrap(), words, "{len} words, step {step}");
            }
        }
    }

    #[test]
    fn nothing_is_written_past_the_bitmap_or_read_past_the_bytes() {
        assert_eq!(unpack(&[13, 7], 2), None);
        assert_eq!(unpack(&[9], 2), None);
        assert_eq!(unpack(&[11, 1, 2, 3, 4, 5], 2), None);
        assert_eq!(unpack(&[255, 255], 2), None);
        assert_eq!(unpack(&[255, 255, 255, 255, 255, 1], 2), None);
        assert_eq!(unpack(&[4, 9, 7], 2), Some(vec![0x0707_0707; 2]));
    }
}
