//! Replacing the image file by a new one, so that a crash at any moment leaves one of the two whole.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// Writes a file beside `path`, syncs it, and renames it to `path`. Permissions stay; a symbolic link goes on to lead to the
/// file, which is replaced where it is.
pub fn replace_file(path: &Path, write: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let directory = target.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut name = target.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = Temporary::new(directory.join(name))?;
    let mut out = BufWriter::with_capacity(1 << 20, &temporary.file);
    write(&mut out)?;
    out.flush()?;
    drop(out);
    if let Ok(old) = fs::metadata(&target) {
        temporary.file.set_permissions(old.permissions())?;
    }
    temporary.file.sync_all()?;
    temporary.rename(&target)?;
    // The rename itself becomes durable with the directory. A directory that cannot be synced is no reason to say that the
    // image was not saved: it was.
    if let Ok(directory) = File::open(directory) {
        let _ = directory.sync_all();
    }
    Ok(())
}

/// A file that is deleted unless it was renamed.
struct Temporary {
    file: File,
    path: PathBuf,
    keep: bool,
}

impl Temporary {
    fn new(path: PathBuf) -> io::Result<Temporary> {
        // One that is left of a process of the same number, long ended, is in nobody's use.
        let _ = fs::remove_file(&path);
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        Ok(Temporary { file, path, keep: false })
    }

    fn rename(mut self, to: &Path) -> io::Result<()> {
        fs::rename(&self.path, to)?;
        self.keep = true;
        Ok(())
    }
}

impl Drop for Temporary {
    fn drop(&mut self) {
        if !self.keep {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn names(dir: &Path) -> Vec<String> {
        let mut names: Vec<String> =
            fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn contents_change_and_permissions_and_links_stay() {
        let dir = tempfile::tempdir().unwrap();
        let (file, link) = (dir.path().join("a.image"), dir.path().join("link.image"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&file, &link).unwrap();
        replace_file(&link, &mut |out| out.write_all(b"new")).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        assert_eq!(names(dir.path()), ["a.image", "link.image"]);
    }

    #[test]
    fn a_failure_leaves_the_old_file_and_nothing_else() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("a.image");
        fs::write(&file, "old").unwrap();
        let failed = replace_file(&file, &mut |out| {
            out.write_all(b"half of it")?;
            Err(io::Error::other("the heap is damaged"))
        });
        assert_eq!(failed.unwrap_err().to_string(), "the heap is damaged");
        assert_eq!(fs::read(&file).unwrap(), b"old");
        assert_eq!(names(dir.path()), ["a.image"]);
    }

    #[test]
    fn a_new_file_is_made() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("new.image");
        replace_file(&file, &mut |out| out.write_all(b"contents")).unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"contents");
    }
}
