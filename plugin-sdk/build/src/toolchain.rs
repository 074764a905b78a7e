//! A Rust compiler for wasm: found, or set up.
//!
//! 1. The compiler in use has the target.
//! 2. A set-up of Debian's packages that was found in an earlier run and is still there.
//! 3. `rustup target add`.
//! 4. Debian's packages, installed if they are not (`debian.rs`).

use crate::command::output;
use crate::debian::DebianToolchain;
use crate::{Attempt, BuildError};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

/// The target that plugins are built for.
pub const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// The environment variable that restricts the choice: `rustup` or `debian`.
pub const CHOICE: &str = "OSVM_WASM_TOOLCHAIN";

/// How long rustup may take. Without a network it usually fails at once, but a network that swallows everything would hold it for minutes.
const RUSTUP_LIMIT: Duration = Duration::from_secs(120);

/// Whether software may be installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setup {
    /// What is missing is installed.
    Install,
    /// Only what is here is used.
    Find,
}

/// A Rust compiler for wasm.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WasmToolchain {
    /// The compiler in use has the target.
    Target,
    /// Debian's compiler, with a standard library that is built from source.
    Debian(DebianToolchain),
}

impl WasmToolchain {
    /// Finds one, or sets one up. `target` is the target folder, which remembers what was found; `say` is told what is being done.
    pub fn find(target: &Path, setup: Setup, say: &mut dyn FnMut(&str)) -> Result<WasmToolchain, BuildError> {
        let choice = std::env::var(CHOICE).unwrap_or_default();
        let (rustup, debian) = match choice.as_str() {
            "" => (true, true),
            "rustup" => (true, false),
            "debian" => (false, true),
            _ => return Err(BuildError::Choice { value: choice }),
        };
        let sysroot = sysroot()?;
        let memory = target.join("wasm").join("debian-toolchain.json");
        let mut tried = Vec::new();
        if rustup && has_target(&sysroot) {
            return Ok(WasmToolchain::Target);
        }
        if debian && let Some(found) = DebianToolchain::recall(&memory, &sysroot) {
            return Ok(WasmToolchain::Debian(found));
        }
        if rustup {
            match add_target(&sysroot, setup, say) {
                Ok(()) => return Ok(WasmToolchain::Target),
                Err(attempt) => tried.push(attempt),
            }
        }
        if debian {
            match DebianToolchain::find(&sysroot, setup, say) {
                Ok(found) => {
                    found.remember(&memory)?;
                    say("Rust's standard library is built along with the first plugin, which takes a minute");
                    return Ok(WasmToolchain::Debian(found));
                }
                Err(outcome) => tried.push(Attempt { way: "Debian's packages rustc-web and rust-web-src", outcome }),
            }
        }
        Err(BuildError::NoWasm { tried })
    }

    /// The compiler, if it is another than the one in use.
    pub(crate) fn other_rustc(&self) -> Option<&Path> {
        match self {
            WasmToolchain::Target => None,
            WasmToolchain::Debian(debian) => Some(&debian.rustc),
        }
    }

    /// Makes a cargo command for `WASM_TARGET` use this compiler.
    pub(crate) fn apply(&self, command: &mut Command) {
        if let WasmToolchain::Debian(debian) = self {
            debian.apply(command);
        }
    }
}

/// The folder of the compiler in use.
fn sysroot() -> Result<PathBuf, BuildError> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    Ok(output(Command::new(rustc).args(["--print", "sysroot"]), None)?.trim_end().into())
}

fn has_target(sysroot: &Path) -> bool {
    sysroot.join("lib/rustlib").join(WASM_TARGET).join("lib").is_dir()
}

fn add_target(sysroot: &Path, setup: Setup, say: &mut dyn FnMut(&str)) -> Result<(), Attempt> {
    let attempt = |outcome| Attempt { way: "the target by rustup", outcome };
    if setup == Setup::Find {
        return Err(attempt(format!("it is not installed in {}", sysroot.display())));
    }
    say(&format!("rustup target add {WASM_TARGET}"));
    let mut command = Command::new("rustup");
    command.args(["target", "add", WASM_TARGET]).env("RUSTUP_MAX_RETRIES", "0");
    output(&mut command, Some(RUSTUP_LIMIT)).map_err(|error| attempt(error.to_string()))?;
    if has_target(sysroot) {
        Ok(())
    } else {
        Err(attempt(format!("`rustup target add` succeeded, and {} has no such target: it is not rustup's", sysroot.display())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_a_folder_of_the_sysroot() {
        let folder = tempfile::tempdir().unwrap();
        assert!(!has_target(folder.path()));
        std::fs::create_dir_all(folder.path().join("lib/rustlib/wasm32-unknown-unknown/lib")).unwrap();
        assert!(has_target(folder.path()));
    }

    #[test]
    fn where_all_fails_the_message_says_what_was_tried_and_what_to_do() {
        let empty = Path::new("/nowhere");
        let tried = vec![add_target(empty, Setup::Find, &mut |_| panic!("nothing is done")).unwrap_err()];
        let text = BuildError::NoWasm { tried }.to_string();
        for part in ["it is not installed in /nowhere", "rustup target add wasm32-unknown-unknown", "rustc-web rust-web-src"] {
            assert!(text.contains(part), "{part} is not in: {text}");
        }
    }
}
