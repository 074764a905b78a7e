//! Files that are no image, or a damaged one: always one clear line, exit status 2, no panic, no hang.
//!
//! `OSVM_FLIPS` is the number of images with flipped bits that are tried (100 if it is not set).

use libtest_mimic::{Arguments, Failed, Trial};
use osvm_tests::{Output, image, run};
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);
const IMAGES: [&str; 4] = ["tiny-32.image", "tiny-64.image", "codeparadise-sista-32.image", "pharo8-bootstrap-64.image"];
/// Format numbers that are recognised and refused.
const OLD_FORMATS: [u32; 8] = [6502, 6504, 6505, 68000, 68001, 68002, 68003, 68019];

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = vec![
        Trial::test("no such file", || refused_at(Path::new("/"), &["no-such-folder/x.image"], "No such file")),
        Trial::test("a folder", || refused_at(Path::new("/"), &["tmp"], "is a directory")),
        Trial::test("a device", || refused_at(Path::new("/"), &["dev/null"], "not a regular file")),
        Trial::test("an empty file", || refused(b"", "0 bytes")),
        Trial::test("text", || refused(b"Smalltalk at: #Transcript put: nil!\n", "no image")),
        Trial::test("a zip archive", || refused(b"PK\x03\x04\x14\0\0\0\x08\0 and so on", "unpack")),
        Trial::test("only zeros", || refused(&[0; 8192], "no image")),
        Trial::test("only ones", || refused(&[0xFF; 8192], "no image")),
        Trial::test("a format of the past", || {
            OLD_FORMATS.iter().try_for_each(|format| refused(&header(*format), &format.to_string()))
        }),
        Trial::test("a header and nothing else", || [6521, 68021].iter().try_for_each(|format| refused(&header(*format), ""))),
        Trial::test("a big-endian image", || refused(&68021u32.to_be_bytes().repeat(64), "endian")),
    ];
    for name in IMAGES {
        let here = image(name).is_some();
        if !here {
            eprintln!("{name}: not here, so its tests are ignored; set OSVM_IMAGES to the folder that it is in");
        }
        trials.push(Trial::test(format!("{name}, cut at every 4 KB"), || cut(name)).with_ignored_flag(!here));
        trials.push(Trial::test(format!("{name}, bits flipped"), || flipped(name)).with_ignored_flag(!here));
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

/// A header that says this format, and zeros.
fn header(format: u32) -> Vec<u8> {
    let mut bytes = vec![0; 256];
    bytes[..4].copy_from_slice(&format.to_le_bytes());
    bytes
}

/// Running a file with these bytes, and looking at it, must be refused with a line that contains `words`.
fn refused(bytes: &[u8], words: &str) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("bad.image"), bytes)?;
    refused_at(folder.path(), &["bad.image"], words)?;
    for command in ["info", "stack"] {
        refused_at(folder.path(), &[command, "bad.image"], words)?;
    }
    refused_at(folder.path(), &["disasm", "bad.image", "Object>>size"], words)
}

fn refused_at(folder: &Path, args: &[&str], words: &str) -> Result<(), Failed> {
    let output = run(folder, args, LIMIT);
    let line = one_line(&output)?;
    if !line.contains(words) {
        return Err(format!("{args:?}: the line does not speak of {words:?}: {line}").into());
    }
    Ok(())
}

/// Exit status 2, nothing on standard output, one line on standard error.
fn one_line(output: &Output) -> Result<String, Failed> {
    let text = output.stderr_text();
    let one_line = text.starts_with("osvm: ") && text.ends_with('\n') && text.matches('\n').count() == 1;
    if output.status == Some(2) && output.stdout.is_empty() && one_line { Ok(text) } else { Err(format!("{output:?}").into()) }
}

/// An image that ends early is refused wherever it ends.
fn cut(name: &str) -> Result<(), Failed> {
    let bytes = fs::read(image(name).ok_or("the image is not here")?)?;
    let folder = tempfile::tempdir()?;
    for len in (0..bytes.len()).step_by(4096) {
        fs::write(folder.path().join("cut.image"), &bytes[..len])?;
        one_line(&run(folder.path(), &["cut.image"], LIMIT)).map_err(|e| format!("cut at {len}: {e:?}"))?;
    }
    Ok(())
}

/// An image with flipped bits is refused with a line, or loads; it never crashes or hangs the VM.
fn flipped(name: &str) -> Result<(), Failed> {
    let original = fs::read(image(name).ok_or("the image is not here")?)?;
    let seeds: u64 = std::env::var("OSVM_FLIPS").ok().and_then(|text| text.parse().ok()).unwrap_or(100);
    let folder = tempfile::tempdir()?;
    for seed in 0..seeds {
        let mut random = Random(seed + 1);
        let mut bytes = original.clone();
        // Half of the flips hit the header and the first objects, on which everything depends.
        let range = if seed % 2 == 0 { bytes.len() as u64 } else { 4096 };
        for _ in 0..1 + random.below(8) {
            bytes[random.below(range) as usize] ^= 1 << random.below(8);
        }
        fs::write(folder.path().join("flipped.image"), &bytes)?;
        let output = run(folder.path(), &["info", "--verify", "flipped.image"], LIMIT);
        match output.status {
            Some(0 | 1) if output.stderr.is_empty() => {}
            _ => {
                one_line(&output).map_err(|e| format!("seed {seed}: {e:?}"))?;
            }
        }
    }
    Ok(())
}

/// Marsaglia's xorshift.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % limit
    }
}
