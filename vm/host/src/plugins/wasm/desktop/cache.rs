//! Compiled modules on disk, so that a plugin is compiled once.
//!
//! An entry is a file named by the digest of the module's content and of everything that the engine's output depends on. It begins with
//! the digest of the compiled code, which is checked before the code is used: a damaged entry is compiled again. Whoever can write to
//! the folder can run code as the user, so it is made for the user alone, and one that others can write to is not used.

use sha2::{Digest, Sha256};
use std::fs::{self, DirBuilder};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use wasmtime::Engine;

const DIGEST: usize = 32;

/// Where a module's compiled code is kept.
pub(super) struct Entry {
    path: PathBuf,
}

impl Entry {
    /// The entry of a module in a folder.
    pub(super) fn new(folder: &Path, engine: &Engine, module: &[u8]) -> Entry {
        let mut compatibility = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut compatibility);
        let content = Sha256::new().chain_update(env!("CARGO_PKG_VERSION")).chain_update(module).finalize();
        let name: String = content.iter().take(16).map(|byte| format!("{byte:02x}")).collect();
        Entry { path: folder.join(format!("{name}-{:016x}.cwasm", compatibility.finish())) }
    }

    /// The compiled code, if it is there and whole.
    pub(super) fn read(&self) -> Option<Vec<u8>> {
        let folder = self.path.parent()?;
        if !private(folder) {
            return None;
        }
        let bytes = fs::read(&self.path).ok()?;
        let (digest, code) = bytes.split_at_checked(DIGEST)?;
        if Sha256::digest(code).as_slice() != digest {
            tracing::warn!(file = %self.path.display(), "a compiled module is damaged; the plugin is compiled again");
            return None;
        }
        Some(code.to_vec())
    }

    /// Keeps compiled code. A folder that cannot be written to costs time at the next start, and nothing else.
    pub(super) fn write(&self, code: &[u8]) -> io::Result<()> {
        let folder = self.path.parent().unwrap_or(Path::new("."));
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        if !private(folder) {
            return Err(io::Error::other("others can write to the folder"));
        }
        crate::snapshot::replace_file(&self.path, &mut |file: &mut dyn Write| {
            file.write_all(&Sha256::digest(code))?;
            file.write_all(code)
        })
    }
}

/// True for a folder that only its owner, the user, can write to.
fn private(folder: &Path) -> bool {
    fs::metadata(folder).is_ok_and(|about| about.mode() & 0o022 == 0 && about.uid() == rustix::process::geteuid().as_raw())
}
