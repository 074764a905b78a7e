//! Putting a built file where a host looks for it.

use crate::BuildError;
use std::fs;
use std::path::Path;

/// Copies a file so that whoever opens `to` sees the old content or the new one, never a part. Answers whether there was something to
/// do: a file with this content is left alone, and keeps its time. The folder is made if it is not there.
pub fn place(from: &Path, to: &Path) -> Result<bool, BuildError> {
    let content = fs::read(from).map_err(|error| BuildError::File { path: from.into(), error })?;
    if fs::read(to).is_ok_and(|old| old == content) {
        return Ok(false);
    }
    let folder = to.parent().unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(|error| BuildError::File { path: folder.into(), error })?;
    let name = to.file_name().unwrap_or_default().to_string_lossy();
    let part = folder.join(format!(".{name}.{}", std::process::id()));
    let placed = fs::write(&part, content).and_then(|()| fs::rename(&part, to));
    placed.map_err(|error| {
        // What could not be written whole is of no use; the error to report is the first one.
        let _ = fs::remove_file(&part);
        BuildError::File { path: to.into(), error }
    })?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_already_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("new/to"));
        fs::write(&from, "one").unwrap();
        assert!(place(&from, &to).unwrap());
        assert!(!place(&from, &to).unwrap());
        fs::write(&from, "two").unwrap();
        assert!(place(&from, &to).unwrap());
        assert_eq!(fs::read_to_string(&to).unwrap(), "two");
        assert_eq!(fs::read_dir(to.parent().unwrap()).unwrap().count(), 1);
    }

    #[test]
    fn a_failure_names_the_file_and_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("from"), folder.path().join("to"));
        assert!(place(&from, &to).unwrap_err().to_string().contains("from: "));
        fs::write(&from, "one").unwrap();
        fs::create_dir_all(to.join("occupied")).unwrap();
        assert!(place(&from, &to).unwrap_err().to_string().contains("to: "));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);
    }
}
