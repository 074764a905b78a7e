//! What the tests that cross crates share: finding the images and the command, and running it.

mod elf;

pub use elf::empty_library;
use std::env::consts::{DLL_PREFIX, DLL_SUFFIX};
use std::ffi::OsStr;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

/// The workspace.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is a folder of the workspace")
}

/// The folder with the real images: `OSVM_IMAGES`, or `../shared/images` beside the workspace or one folder further up.
pub fn images() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os("OSVM_IMAGES") {
        return Some(PathBuf::from(folder));
    }
    root().ancestors().skip(1).take(2).map(|folder| folder.join("shared/images")).find(|folder| folder.is_dir())
}

/// A real image, if it is here.
pub fn image(name: &str) -> Option<PathBuf> {
    images().map(|folder| folder.join(name)).filter(|path| path.is_file())
}

/// The `osvm` command: the workspace's, or the one that `OSVM_COMMAND` names, such as an installed one.
pub fn osvm() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| std::env::var_os("OSVM_COMMAND").map_or_else(|| program("osvm"), PathBuf::from))
}

/// The folder of cargo's output, and in it that of the profile in which the tests are built.
fn target() -> (PathBuf, PathBuf) {
    // target/<profile>/deps/<test>, and with a target platform named another folder between the first two.
    let test = std::env::current_exe().expect("a running program has a path");
    let profile = test.parent().and_then(Path::parent).expect("tests are built in target/<profile>/deps");
    let above =
        if std::env::var_os("CARGO_BUILD_TARGET").is_some() || profile.ends_with("x86_64-unknown-linux-gnu/debug") { 2 } else { 1 };
    let target = profile.ancestors().nth(above).expect("tests are built in target/<profile>/deps");
    (target.to_path_buf(), profile.to_path_buf())
}

/// The folder with the workspace's plugins as files, where `cargo xtask test` puts them; `OSVM_PLUGINS` names another.
pub fn plugins() -> PathBuf {
    std::env::var_os("OSVM_PLUGINS").map_or_else(|| target().0.join("plugins"), PathBuf::from)
}

/// The folder with the browser build, where `cargo xtask test` puts it; `OSVM_WEB` names another.
pub fn web() -> PathBuf {
    std::env::var_os("OSVM_WEB").map_or_else(|| target().0.join("web"), PathBuf::from)
}

/// The file of a native plugin in a folder.
pub fn library(folder: &Path, name: &str) -> PathBuf {
    folder.join(format!("{DLL_PREFIX}{name}{DLL_SUFFIX}"))
}

/// A program of the workspace, in the profile that the tests are built in. It is built first, so that it is never an old one: as the tests of
/// the whole workspace are, which is nothing to do where those run.
pub fn program(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let profile = BUILT.get_or_init(|| {
        let (target, profile) = target();
        let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        build.args(["test", "--quiet", "--workspace", "--no-run", "--target-dir"]).arg(target).current_dir(root());
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        let built = build.stdout(Stdio::null()).status().expect("cargo can be run");
        assert!(built.success(), "the workspace does not build");
        profile
    });
    profile.join(name)
}

/// The names of browsers that are driven as Chromium is; `xtask/src/browser.rs` looks for the same.
const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// A browser: the one that `OSVM_BROWSER` names, or one that is installed.
pub fn browser() -> Option<PathBuf> {
    let named = std::env::var_os("OSVM_BROWSER").map(PathBuf::from);
    named.or_else(|| BROWSERS.iter().find_map(|name| installed(name)))
}

/// A program in the folders of `PATH`.
pub fn installed(name: &str) -> Option<PathBuf> {
    std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join(name)).find(|path| path.is_file())
}

/// How a command ended.
#[derive(Debug)]
pub struct Output {
    /// Its exit status; `None` if a signal ended it, or the time limit.
    pub status: Option<i32>,
    /// What it wrote to standard output.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error.
    pub stderr: Vec<u8>,
    /// It had to be killed.
    pub timed_out: bool,
}

impl Output {
    /// Standard error as text.
    pub fn stderr_text(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// Standard output as text.
    pub fn stdout_text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }
}

/// A command that runs `osvm` in `folder` with these arguments, with nothing on standard input, without `RUST_LOG` and without the
/// user's configuration.
pub fn command(folder: &Path, args: &[impl AsRef<OsStr>]) -> Command {
    let mut command = Command::new(osvm());
    command.args(args).current_dir(folder).env_remove("RUST_LOG").env("XDG_CONFIG_HOME", folder).stdin(Stdio::null());
    command.env("OSVM_PLUGINS", plugins());
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// Runs `osvm` to its end, or kills it after `limit`.
pub fn run(folder: &Path, args: &[impl AsRef<OsStr>], limit: Duration) -> Output {
    finish(command(folder, args).spawn().expect("osvm can be started"), limit)
}

/// Waits for a child whose output is piped, and kills it after `limit`.
pub fn finish(mut child: Child, limit: Duration) -> Output {
    let stdout = child.stdout.take().map(read_all);
    let stderr = child.stderr.take().map(read_all);
    let start = Instant::now();
    let mut timed_out = false;
    let status = loop {
        match child.try_wait().expect("the child can be waited for") {
            Some(status) => break status,
            None if start.elapsed() > limit => {
                timed_out = true;
                child.kill().expect("the child can be killed");
                break child.wait().expect("the child can be waited for");
            }
            None => std::thread::sleep(Duration::from_millis(1)),
        }
    };
    let join = |thread: Option<std::thread::JoinHandle<Vec<u8>>>| thread.map_or(Vec::new(), |t| t.join().expect("reading ends"));
    Output { status: status.code(), stdout: join(stdout), stderr: join(stderr), timed_out }
}

fn read_all(mut from: impl Read + Send + 'static) -> std::thread::JoinHandle<Vec<u8>> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        // A pipe that breaks has given what it had.
        let _ = from.read_to_end(&mut bytes);
        bytes
    })
}

/// Pharo's bootstrap image after its first start, in which it initialises and saves itself; made once for a test program.
/// `None` if the image is not here; an error says what went wrong.
pub fn pharo_started() -> Option<Result<&'static Path, String>> {
    static FOLDER: OnceLock<Result<tempfile::TempDir, String>> = OnceLock::new();
    let original = image(PHARO)?;
    let folder = FOLDER.get_or_init(|| {
        let folder = tempfile::tempdir().map_err(|e| e.to_string())?;
        let path = folder.path().join(PHARO);
        std::fs::copy(original, &path).map_err(|e| e.to_string())?;
        let output = run(folder.path(), &[PHARO], Duration::from_secs(60));
        if output.status == Some(0) { Ok(folder) } else { Err(format!("the first start failed: {output:?}")) }
    });
    Some(match folder {
        Ok(folder) => {
            static PATH: OnceLock<PathBuf> = OnceLock::new();
            Ok(PATH.get_or_init(|| folder.path().join(PHARO)))
        }
        Err(error) => Err(error.clone()),
    })
}

/// Benchmarks that the Pharo image can load, in the folder beside the images.
pub fn benchmarks() -> Option<PathBuf> {
    images().map(|folder| folder.join("../bench/peerbench.hermes")).filter(|path| path.is_file())
}

/// The Pharo image's file name.
pub const PHARO: &str = "pharo8-bootstrap-64.image";

/// Words of a shell line, with quotes of both kinds.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(end), _) if end == c => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, ' ') => words.extend(word.take()),
            _ => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
