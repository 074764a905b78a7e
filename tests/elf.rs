//! A shared library with nothing in it: the system loads it, and it has no symbol.

/// How many bytes of an address space its one segment may be placed at: pages are not larger anywhere.
const ALIGNMENT: u64 = 1 << 16;
/// Where in the file its parts are.
const PROGRAM_HEADERS: u64 = 64;
const DYNAMIC: u64 = PROGRAM_HEADERS + 3 * 56;
const SYMBOLS: u64 = DYNAMIC + 6 * 16;
const HASH: u64 = SYMBOLS + 24;
const STRINGS: u64 = HASH + 16;
const END: u64 = STRINGS + 1;

/// The bytes of such a library for this machine: 64-bit ELF, as the System V ABI has it.
pub fn empty_library() -> Vec<u8> {
    let machine: u16 = if cfg!(target_arch = "aarch64") { 183 } else { 62 };
    let mut file = Vec::new();
    // 64 bits, little-endian, version 1.
    file.extend(b"\x7FELF\x02\x01\x01\0\0\0\0\0\0\0\0\0");
    // A shared object for the machine, of version 1.
    file.extend(3u16.to_le_bytes());
    file.extend(machine.to_le_bytes());
    file.extend(1u32.to_le_bytes());
    // No entry, where the program headers are, no section headers, no flags.
    words(&mut file, &[0, PROGRAM_HEADERS, 0]);
    file.extend(0u32.to_le_bytes());
    // Sizes of this header and of the program headers, and how many those are; no section headers.
    for half in [64u16, 56, 3, 64, 0, 0] {
        file.extend(half.to_le_bytes());
    }
    // All of it to be loaded, its dynamic section, and a stack that is not executable.
    program_header(&mut file, 1, 0, END, ALIGNMENT);
    program_header(&mut file, 2, DYNAMIC, SYMBOLS - DYNAMIC, 8);
    program_header(&mut file, 0x6474_E551, 0, 0, 16);
    // The hash table, the strings and how many bytes, the symbols and how large one is, the end.
    words(&mut file, &[4, HASH, 5, STRINGS, 10, 1, 6, SYMBOLS, 11, 24, 0, 0]);
    // The one symbol that stands for none; one bucket and one chain, both empty; the empty string.
    file.extend([0; 24]);
    for word in [1u32, 1, 0, 0] {
        file.extend(word.to_le_bytes());
    }
    file.push(0);
    file
}

fn words(file: &mut Vec<u8>, words: &[u64]) {
    words.iter().for_each(|word| file.extend(word.to_le_bytes()));
}

/// A segment, readable and writable.
fn program_header(file: &mut Vec<u8>, kind: u32, at: u64, size: u64, alignment: u64) {
    file.extend(kind.to_le_bytes());
    file.extend(6u32.to_le_bytes());
    words(file, &[at, at, at, size, size, alignment]);
}
