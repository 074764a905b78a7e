//! A folder with a copy of the image, and commands that run in it.

use libtest_mimic::Failed;
use osvm_tests::{Output, pharo_started, root, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(120);

/// The image in the folder before anything is loaded, and what is saved.
pub const OLD: &str = "old.image";
pub const NEW: &str = "new.image";

/// A folder to work in.
pub struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    /// A folder with a copy of the image.
    pub fn new() -> Result<Place, Failed> {
        let folder = tempfile::tempdir()?;
        fs::copy(pharo_started().ok_or("the image is not here")??, folder.path().join(OLD))?;
        Ok(Place { folder })
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file, and the folders that it is in.
    pub fn write(&self, name: &str, text: &str) -> Result<(), Failed> {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("")))?;
        Ok(fs::write(path, text)?)
    }

    pub fn osvm(&self, args: &[&str]) -> Output {
        run(self.folder.path(), args, LIMIT)
    }

    /// Runs a command that must end with this status.
    pub fn must(&self, status: i32, args: &[&str]) -> Result<Output, Failed> {
        let output = self.osvm(args);
        match output.status {
            Some(found) if found == status => Ok(output),
            found => Err(format!("{args:?} ended with {found:?}: {}{}", output.stdout_text(), output.stderr_text()).into()),
        }
    }

    /// Loads packages from `image` to NEW, and checks that the new file is sound and starts.
    pub fn load(&self, image: &str, packages: &[&str]) -> Result<String, Failed> {
        let output = self.must(0, &[&["load", "--image", image, "--save", NEW], packages].concat())?;
        self.must(0, &["info", "--verify", NEW])?;
        let started = self.must(0, &[NEW, "printVersion"])?;
        let golden = fs::read(root().join("tests/golden/pharo8-started/print-version/stdout"))?;
        if started.stdout != golden {
            return Err(format!("printVersion: {}{}", started.stdout_text(), started.stderr_text()).into());
        }
        Ok(output.stdout_text())
    }

    /// Checks what expressions answer in NEW.
    pub fn answers(&self, expected: &[(&str, &str)]) -> Result<(), Failed> {
        let expressions: Vec<&str> = expected.iter().map(|&(expression, _)| expression).collect();
        let output = self.must(0, &[&["eval", "--image", NEW], &expressions[..]].concat())?;
        let found = output.stdout_text();
        let wanted: String = expected.iter().map(|(_, answer)| format!("{answer}\n")).collect();
        if found == wanted { Ok(()) } else { Err(format!("expected:\n{wanted}found:\n{found}{}", output.stderr_text()).into()) }
    }
}

/// An error if a text does not have a part.
pub fn has(text: &str, part: &str) -> Result<(), Failed> {
    if text.contains(part) { Ok(()) } else { Err(format!("expected {part:?} in:\n{text}").into()) }
}
