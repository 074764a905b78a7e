//! What can go wrong when a plugin is built.

use std::fmt;
use std::io;
use std::path::PathBuf;

/// A way to a compiler for wasm that did not lead there.
#[derive(Debug)]
pub struct Attempt {
    /// The way.
    pub way: &'static str,
    /// Why it ended.
    pub outcome: String,
}

/// Why a plugin could not be built.
#[derive(Debug)]
pub enum BuildError {
    /// A program is not here, or cannot be started.
    Start {
        /// Its name.
        program: String,
        /// What the system says.
        error: io::Error,
    },
    /// A program ended with a failure.
    Failed {
        /// The command, as one would type it.
        command: String,
        /// How it ended.
        status: String,
        /// The line of its standard error that says why, if that was read.
        message: String,
    },
    /// A plugin does not compile. Cargo has written why.
    Compile {
        /// The package.
        package: String,
        /// What it was built as.
        form: &'static str,
        /// The compiler, if it is another than the one in use.
        rustc: Option<PathBuf>,
    },
    /// `cargo metadata` wrote something else than expected.
    Metadata {
        /// The folder that it was asked about.
        folder: PathBuf,
        /// What is missing.
        missing: &'static str,
    },
    /// A plugin has no library target.
    NoLibrary {
        /// Its `Cargo.toml`.
        manifest: PathBuf,
    },
    /// A plugin has no feature `export`.
    NoExport {
        /// Its `Cargo.toml`.
        manifest: PathBuf,
    },
    /// Cargo succeeded, and named no file of the kind that was asked for.
    NoArtifact {
        /// The package.
        package: String,
        /// The end of the file's name.
        suffix: &'static str,
    },
    /// There is no compiler for wasm, and none could be set up.
    NoWasm {
        /// What was tried, in order.
        tried: Vec<Attempt>,
    },
    /// The variable that chooses the compiler for wasm has another value than those it can have.
    Choice {
        /// Its value.
        value: String,
    },
    /// A file or folder cannot be read or written.
    File {
        /// Which.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
}

impl fmt::Display for BuildError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            BuildError::Start { program, error } => write!(f, "`{program}` cannot be started: {error}"),
            BuildError::Failed { command, status, message } => {
                write!(f, "`{command}` ended with {status}")?;
                if message.is_empty() { Ok(()) } else { write!(f, ": {message}") }
            }
            BuildError::Compile { package, form, rustc } => {
                write!(f, "{package} does not build as {form}; cargo's messages are above")?;
                let Some(rustc) = rustc else { return Ok(()) };
                write!(f, ". The compiler is {}, which may be older than the one in use", rustc.display())
            }
            BuildError::Metadata { folder, missing } => {
                write!(f, "`cargo metadata` says nothing of {missing} for {}: is this cargo too old?", folder.display())
            }
            BuildError::NoLibrary { manifest } => {
                write!(f, "{}: says `plugin = true` and has no library target: add src/lib.rs", manifest.display())
            }
            BuildError::NoExport { manifest } => write!(
                f,
                "{}: says `plugin = true` and has no feature `export`, which emits what a host looks for: add `export = []` under [features]",
                manifest.display()
            ),
            BuildError::NoArtifact { package, suffix } => {
                write!(f, "cargo built {package} and named no file that ends in {suffix}")
            }
            BuildError::NoWasm { tried } => {
                writeln!(f, "no Rust compiler for {} was found or could be set up. Tried:", crate::WASM_TARGET)?;
                for Attempt { way, outcome } in tried {
                    writeln!(f, "  - {way}: {outcome}")?;
                }
                write!(
                    f,
                    "Do one of these and run this again:\n  \
                     - connect this machine to the network (rustup fetches from static.rust-lang.org, apt-get from your mirror)\n  \
                     - `rustup target add {}`, where rustup gets its files from elsewhere (RUSTUP_DIST_SERVER)\n  \
                     - on Debian 12: `{}` as root",
                    crate::WASM_TARGET,
                    crate::debian::install_line()
                )
            }
            BuildError::Choice { value } => {
                write!(f, "{} is `{value}`; it can be `rustup` or `debian`, or be left out to try both", crate::CHOICE)
            }
            BuildError::File { path, error } => write!(f, "{}: {error}", path.display()),
        }
    }
}

impl std::error::Error for BuildError {}
