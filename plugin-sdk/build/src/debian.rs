//! Debian's way to wasm: the compiler of the package `rustc-web` builds the standard library from `rust-web-src` along with the plugin.
//! It needs no server but Debian's and crates.io, and it is another compiler than the one in use, perhaps an older one.

use crate::command::{line, output};
use crate::{BuildError, Setup};
use serde_json::{Value, json};
use std::fs;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::Command;

const PACKAGES: [&str; 2] = ["rustc-web", "rust-web-src"];
/// `--no-remove`: `rustc-web` takes the place of Debian's `rustc`, which somebody may want to keep.
const INSTALL: [&str; 5] = ["apt-get", "install", "--yes", "--no-install-recommends", "--no-remove"];

/// The parts of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DebianToolchain {
    /// The compiler.
    pub rustc: PathBuf,
    /// The folder of the standard library's source.
    pub library: PathBuf,
    /// `rust-lld` of the compiler in use, or `wasm-ld`.
    pub linker: PathBuf,
}

impl DebianToolchain {
    /// Finds the packages' files, after installing the packages if they are not and `setup` allows it.
    pub(crate) fn find(sysroot: &Path, setup: Setup, say: &mut dyn FnMut(&str)) -> Result<DebianToolchain, String> {
        let linker = linker(sysroot).ok_or_else(|| format!("there is no rust-lld in {} and no wasm-ld", sysroot.display()))?;
        let mut found = installed();
        if found.is_none() && setup == Setup::Install {
            install(say).map_err(|error| error.to_string())?;
            found = installed();
        }
        let (rustc, library) = found.ok_or("they are not installed")?;
        Ok(DebianToolchain { rustc, library, linker })
    }

    /// What an earlier run found, if it is still there and belongs to this compiler.
    pub(crate) fn recall(memory: &Path, sysroot: &Path) -> Option<DebianToolchain> {
        let value: Value = serde_json::from_str(&fs::read_to_string(memory).ok()?).ok()?;
        let path = |name| value[name].as_str().map(PathBuf::from).filter(|path| path.exists());
        let found = DebianToolchain { rustc: path("rustc")?, library: path("library")?, linker: path("linker")? };
        (Some(&found.linker) == linker(sysroot).as_ref()).then_some(found)
    }

    pub(crate) fn remember(&self, memory: &Path) -> Result<(), BuildError> {
        let text = json!({ "rustc": self.rustc, "library": self.library, "linker": self.linker }).to_string();
        let folder = memory.parent().unwrap_or(Path::new("."));
        let written = fs::create_dir_all(folder).and_then(|()| fs::write(memory, text));
        written.map_err(|error| BuildError::File { path: memory.into(), error })
    }

    /// `-Zbuild-std` is unstable, so the compiler and cargo are told to take it; cargo has no stable name for the place of the source.
    pub(crate) fn apply(&self, command: &mut Command) {
        command.args(["-Zbuild-std=std,panic_abort", "--ignore-rust-version"]);
        command.env("RUSTC", &self.rustc).env("RUSTC_BOOTSTRAP", "1");
        command.env("__CARGO_TESTS_ONLY_SRC_ROOT", &self.library);
        command.env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", &self.linker);
    }
}

/// How the packages are installed, as one would type it.
pub(crate) fn install_line() -> String {
    INSTALL.into_iter().chain(PACKAGES).collect::<Vec<_>>().join(" ")
}

fn linker(sysroot: &Path) -> Option<PathBuf> {
    let hosts = fs::read_dir(sysroot.join("lib/rustlib")).into_iter().flatten().flatten();
    let own = hosts.map(|host| host.path().join("bin/rust-lld")).find(|path| path.is_file());
    own.or_else(|| std::env::split_paths(&std::env::var_os("PATH")?).map(|f| f.join("wasm-ld")).find(|path| path.is_file()))
}

/// The compiler and the folder of the library's source.
fn installed() -> Option<(PathBuf, PathBuf)> {
    let files = |package| output(Command::new("dpkg").args(["-L", package]), None).ok();
    Some((rustc_in(&files(PACKAGES[0])?)?, library_in(&files(PACKAGES[1])?)?)).filter(|(rustc, _)| rustc.is_file())
}

fn rustc_in(files: &str) -> Option<PathBuf> {
    files.lines().find(|file| file.ends_with("/bin/rustc")).map(PathBuf::from)
}

/// The source has other folders of this name in cargo's tests, all further down.
fn library_in(files: &str) -> Option<PathBuf> {
    let manifests = files.lines().filter(|file| file.ends_with("/library/Cargo.toml"));
    Path::new(manifests.min_by_key(|file| file.len())?).parent().map(PathBuf::from)
}

/// Installs the packages. apt's lists are fetched first if they do not know them, and after a failure, which may come from old lists.
fn install(say: &mut dyn FnMut(&str)) -> Result<(), BuildError> {
    let known = output(Command::new("apt-cache").args(["show", PACKAGES[0]]), None).is_ok();
    let install = || as_root(INSTALL.into_iter().chain(PACKAGES));
    if known {
        match run(&mut install()?, say) {
            Ok(()) => return Ok(()),
            Err(error) => say(&format!("{error}; once more with new lists")),
        }
    }
    run(&mut as_root(["apt-get", "update"])?, say)?;
    run(&mut install()?, say)
}

fn run(command: &mut Command, say: &mut dyn FnMut(&str)) -> Result<(), BuildError> {
    say(&line(command));
    output(command.env("DEBIAN_FRONTEND", "noninteractive"), None).map(|_| ())
}

/// The command, by `sudo` for other users than root; only somebody at a terminal is asked for a password.
fn as_root(words: impl IntoIterator<Item = &'static str>) -> Result<Command, BuildError> {
    let root = output(Command::new("id").arg("-u"), None)?.trim() == "0";
    let sudo = if std::io::stdin().is_terminal() { vec!["sudo"] } else { vec!["sudo", "--non-interactive"] };
    let mut words = sudo.into_iter().filter(|_| !root).chain(words);
    let mut command = Command::new(words.next().unwrap_or_default());
    command.args(words);
    Ok(command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_files_are_found_in_the_lists_of_the_packages() {
        let files = "/.\n/usr/share/rustc/bin/wasi-node\n/usr/bin/rustc\n/usr/bin/rustdoc\n";
        assert_eq!(rustc_in(files), Some("/usr/bin/rustc".into()));
        let files = "/usr/src/rustc-1.85.0/src/tools/cargo/tests/testsuite/mock-std/library/Cargo.toml\n\
                     /usr/src/rustc-1.85.0/library/Cargo.lock\n/usr/src/rustc-1.85.0/library/Cargo.toml\n";
        assert_eq!(library_in(files), Some("/usr/src/rustc-1.85.0/library".into()));
        assert_eq!((rustc_in("/.\n"), library_in("/.\n")), (None, None));
    }

    #[test]
    fn what_was_found_is_remembered_while_it_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let part = |name: &str| {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, "").unwrap();
            path
        };
        let linker = part("sysroot/lib/rustlib/x86_64-unknown-linux-gnu/bin/rust-lld");
        let found = DebianToolchain { rustc: part("rustc"), library: part("library"), linker };
        let (memory, sysroot) = (folder.path().join("target/wasm/memory"), folder.path().join("sysroot"));
        assert_eq!(DebianToolchain::recall(&memory, &sysroot), None);
        found.remember(&memory).unwrap();
        assert_eq!(DebianToolchain::recall(&memory, &sysroot).as_ref(), Some(&found));
        assert_eq!(DebianToolchain::recall(&memory, folder.path()), None);
        fs::remove_file(&found.rustc).unwrap();
        assert_eq!(DebianToolchain::recall(&memory, &sysroot), None);
    }
}
