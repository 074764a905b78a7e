//! What a file is to a browser: its media type, its version, and itself with gzip.

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::UNIX_EPOCH;

/// Smaller files are sent as they are: the headers are more than what is gained.
const WORTH_IT: u64 = 1 << 10;
/// Larger files are sent as they are, since what was compressed is kept in memory.
const TOO_MUCH: u64 = 64 << 20;

/// Media types by the ending of names, and whether they are worth compressing.
const TYPES: [(&str, &str, bool); 16] = [
    ("wasm", "application/wasm", true),
    ("mjs", "text/javascript; charset=utf-8", true),
    ("js", "text/javascript; charset=utf-8", true),
    ("html", "text/html; charset=utf-8", true),
    ("css", "text/css; charset=utf-8", true),
    ("json", "application/json", true),
    ("map", "application/json", true),
    ("webmanifest", "application/manifest+json", true),
    ("svg", "image/svg+xml", true),
    ("png", "image/png", false),
    ("toml", "application/toml; charset=utf-8", true),
    ("ts", "text/plain; charset=utf-8", true),
    ("st", "text/plain; charset=utf-8", true),
    ("txt", "text/plain; charset=utf-8", true),
    ("md", "text/plain; charset=utf-8", true),
    ("image", "application/octet-stream", false),
];

/// The media type of a file by its name, and whether it is worth compressing.
pub fn media_type(name: &str) -> (&'static str, bool) {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
    let found = TYPES.iter().find(|(known, ..)| known.eq_ignore_ascii_case(ending));
    found.map_or(("application/octet-stream", false), |&(_, media_type, compressible)| (media_type, compressible))
}

/// An open file and what identifies its version.
#[derive(Debug)]
pub struct Opened {
    /// The file.
    pub file: File,
    /// Its size in bytes.
    pub size: u64,
    /// Text that is another one when the file has changed.
    pub version: String,
}

impl Opened {
    /// Opens a file; a folder is none.
    pub fn open(path: &Path) -> io::Result<Opened> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::ErrorKind::NotFound.into());
        }
        let changed = metadata.modified()?.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_nanos());
        Ok(Opened { file, size: metadata.len(), version: format!("{changed:x}-{:x}", metadata.len()) })
    }
}

type Packed = Arc<[u8]>;

/// What compressing files came to.
#[derive(Debug, Default)]
pub struct Compressed {
    /// With the version of the file that it was made of.
    by_path: Mutex<HashMap<PathBuf, (String, Packed)>>,
}

impl Compressed {
    /// The file with gzip, compressed once for each of its versions; `None` if that would not be worth it.
    pub fn gzip(&self, path: &Path, opened: &Opened) -> io::Result<Option<Arc<[u8]>>> {
        if !(WORTH_IT..=TOO_MUCH).contains(&opened.size) {
            return Ok(None);
        }
        // Held while the file is compressed: who asks for it meanwhile would only do the same work.
        let mut by_path = self.by_path.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((version, bytes)) = by_path.get(path)
            && *version == opened.version
        {
            return Ok(Some(Arc::clone(bytes)));
        }
        let mut plain = Vec::with_capacity(opened.size as usize);
        (&opened.file).read_to_end(&mut plain)?;
        let bytes: Arc<[u8]> = gzip(&plain).into();
        by_path.insert(path.to_path_buf(), (opened.version.clone(), Arc::clone(&bytes)));
        Ok(Some(bytes))
    }
}

/// The bytes in gzip's format (RFC 1952): a header without name and time, the deflated bytes, their checksum and their length.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    const HEADER: [u8; 10] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut packed = HEADER.to_vec();
    packed.extend(miniz_oxide::deflate::compress_to_vec(bytes, 6));
    packed.extend(crc32fast::hash(bytes).to_le_bytes());
    packed.extend((bytes.len() as u32).to_le_bytes());
    packed
}

/// True if a browser takes this encoding, by its header `accept-encoding`.
pub fn accepts(header: Option<&str>, encoding: &str) -> bool {
    header.unwrap_or_default().split(',').any(|item| {
        let mut words = item.split(';').map(str::trim);
        let refused = |word: &str| word.strip_prefix("q=").is_some_and(|q| q.parse() == Ok(0.0));
        words.next().is_some_and(|name| name.eq_ignore_ascii_case(encoding)) && !words.any(refused)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn types_by_name() {
        assert_eq!(media_type("osvm.wasm"), ("application/wasm", true));
        assert_eq!(media_type("CLIENT.MJS").0, "text/javascript; charset=utf-8");
        assert_eq!(media_type("Makefile"), ("application/octet-stream", false));
    }

    #[test]
    fn encodings() {
        for header in ["gzip", "br, gzip;q=0.5", "GZIP", "deflate,gzip"] {
            assert!(accepts(Some(header), "gzip"), "{header}");
        }
        for header in ["", "br", "gzip;q=0", "gzip; q=0.0", "xgzip"] {
            assert!(!accepts(Some(header), "gzip"), "{header}");
        }
        assert!(!accepts(None, "gzip"));
    }

    #[test]
    fn files_are_compressed_once_a_version() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.wasm");
        let text = "abcdefgh".repeat(1000);
        fs::write(&path, &text).unwrap();
        let compressed = Compressed::default();
        let packed = |path| compressed.gzip(path, &Opened::open(path).unwrap()).unwrap();
        let first = packed(&path).unwrap();
        assert!(first.len() < 200 && Arc::ptr_eq(&first, &packed(&path).unwrap()));
        let body = &first[10..first.len() - 8];
        assert_eq!(miniz_oxide::inflate::decompress_to_vec(body).unwrap(), text.as_bytes());
        assert_eq!(first[first.len() - 4..], (text.len() as u32).to_le_bytes());
        fs::write(&path, "other".repeat(1000)).unwrap();
        assert_ne!(first, packed(&path).unwrap());
        fs::write(&path, "small").unwrap();
        assert_eq!(packed(&path), None);
    }
}
