//! Finding the description in the bytes of a wasm module, without an engine.
//!
//! A module is a header of 8 bytes and sections: an id (a byte), a size (LEB128 of 32 bits), and as many bytes. A custom section has id
//! 0 and begins with its name: a size and UTF-8. (WebAssembly Core Specification 2.0, section 5.5.)

use crate::SECTION;
use std::fmt;

/// Why no description was found in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SectionError {
    /// The file is not wasm at all.
    NotWasm,
    /// It is a component, not a core module.
    Component,
    /// It is wasm of another version than 1.
    Version(u32),
    /// It ends within a section, or a section contradicts its own sizes; the byte where.
    Damaged(usize),
    /// It is a module without a description.
    Missing,
    /// It has more than one description.
    Several,
}

impl fmt::Display for SectionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SectionError::NotWasm => f.write_str("the file is no wasm module: it does not begin with `\\0asm`"),
            SectionError::Component => f.write_str(
                "the file is a wasm component, and plugins are core modules: build for wasm32-unknown-unknown, without `wasm-tools component`",
            ),
            SectionError::Version(version) => write!(f, "the file is wasm of version {version}, and plugins are of version 1"),
            SectionError::Damaged(at) => write!(f, "the wasm module is damaged or cut off: a section at byte {at} has no end"),
            SectionError::Missing => write!(
                f,
                "the wasm module has no section `{SECTION}`, so it is no plugin, or one that was built without the feature `export`"
            ),
            SectionError::Several => write!(f, "the wasm module has more than one section `{SECTION}`: it must be linked from one plugin"),
        }
    }
}

impl std::error::Error for SectionError {}

/// The bytes of the one description in a wasm module.
pub fn description_section(module: &[u8]) -> Result<&[u8], SectionError> {
    let header = module.first_chunk::<8>().filter(|header| header.starts_with(b"\0asm")).ok_or(SectionError::NotWasm)?;
    match u32::from_le_bytes([header[4], header[5], header[6], header[7]]) {
        1 => {}
        // A component has layer 1 in the upper half.
        version if version >> 16 == 1 => return Err(SectionError::Component),
        version => return Err(SectionError::Version(version)),
    }
    let mut found = None;
    let mut at = header.len();
    while at < module.len() {
        let damaged = SectionError::Damaged(at);
        let (id, rest) = (module[at], &module[at + 1..]);
        let (content, rest) = sized(rest).ok_or(damaged.clone())?;
        at = module.len() - rest.len();
        if id != 0 {
            continue;
        }
        let (name, content) = sized(content).ok_or(damaged)?;
        if name == SECTION.as_bytes() && found.replace(content).is_some() {
            return Err(SectionError::Several);
        }
    }
    found.ok_or(SectionError::Missing)
}

/// A size, as many bytes, and what follows.
fn sized(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut size = 0_u64;
    for (i, &byte) in bytes.iter().take(5).enumerate() {
        size |= u64::from(byte & 0x7F) << (7 * i);
        if byte & 0x80 == 0 {
            return bytes[i + 1..].split_at_checked(usize::try_from(size).ok()?);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEADER: &[u8] = b"\0asm\x01\0\0\0";

    fn custom(name: &str, content: &[u8]) -> Vec<u8> {
        let size = 1 + name.len() + content.len();
        // The size in two bytes, the second of which is 0 or 1: a LEB128 may be longer than it needs to be.
        let mut section = vec![0, (size & 0x7F) as u8 | 0x80, (size >> 7) as u8, name.len() as u8];
        section.extend(name.as_bytes());
        section.extend(content);
        section
    }

    #[test]
    fn the_description_is_found_among_other_sections() {
        let types = [1, 4, 1, 0x60, 0, 0];
        let description = b"osvm-plugin 1.0\n".repeat(9);
        let module = [HEADER, &types, &custom("name", &[1]), &custom(SECTION, &description), &custom("producers", &[])].concat();
        assert_eq!(description_section(&module), Ok(&description[..]));
    }

    #[test]
    fn what_has_none_is_told() {
        let one = custom(SECTION, b"x");
        for (module, error) in [
            (b"".to_vec(), SectionError::NotWasm),
            (b"\x7FELF\x02\x01\x01\0".to_vec(), SectionError::NotWasm),
            (b"\0asm\x0D\0\x01\0".to_vec(), SectionError::Component),
            (b"\0asm\x02\0\0\0".to_vec(), SectionError::Version(2)),
            (HEADER.to_vec(), SectionError::Missing),
            ([HEADER, &one, &one].concat(), SectionError::Several),
            ([HEADER, &one[..one.len() - 1]].concat(), SectionError::Damaged(8)),
            ([HEADER, &[1]].concat(), SectionError::Damaged(8)),
            ([HEADER, &[1, 0, 0, 1, 9]].concat(), SectionError::Damaged(10)),
            ([HEADER, &[1, 0x80, 0x80, 0x80, 0x80, 0x80, 0]].concat(), SectionError::Damaged(8)),
        ] {
            assert_eq!(description_section(&module), Err(error));
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(bytes: Vec<u8>) {
            let _ = description_section(&[HEADER, &bytes].concat());
        }
    }
}
