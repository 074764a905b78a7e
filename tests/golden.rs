//! Runs the real images and compares exit status, standard output and standard error, byte for byte, with the files in
//! `golden/<image>/<case>/`: `args` (one a line), `status`, `stdout`, `stderr`, and where a case needs them `files`, paths from
//! the folder of the images.
//!
//! Each case runs with the default configuration, again under `--gc-stress 1000`, interpreted and in native code alone, and with all its plugins as native libraries and built in,
//! chosen by the configurations in `golden/`. `OSVM_BLESS=1 cargo test -p osvm-tests --test golden` writes what the VM
//! does now into those files. A case whose image or files are not here is ignored.

use libtest_mimic::{Arguments, Failed, Trial};
use osvm_tests::{PHARO, image, images, pharo_started, root, run};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

/// A folder of cases and the image that they run.
struct Group {
    folder: &'static str,
    file: &'static str,
    /// They run the image as it is after its first start.
    started: bool,
    /// Options of the VM that they need.
    options: &'static [&'static str],
    /// What else must hold when a case is over.
    afterwards: fn(&Path) -> Result<(), Failed>,
}

const GROUPS: &[Group] = &[
    Group { folder: "pharo8-first", file: PHARO, started: false, options: &[], afterwards: image_has_saved_itself },
    Group { folder: "pharo8-started", file: PHARO, started: true, options: &[], afterwards: |_| Ok(()) },
    Group { folder: "tiny-64", file: "tiny-64.image", started: false, options: SLOW, afterwards: log_has_a_result },
    Group { folder: "tiny-32", file: "tiny-32.image", started: false, options: &[], afterwards: |_| Ok(()) },
];

/// tiny-64 divides by the milliseconds that its benchmark took and goes astray if that was none, so it must not be too fast:
/// a trace slows it down, whose filter lets nothing through.
const SLOW: &[&str] = &["--trace", "sends", "--trace-filter", "nothing has this name"];

/// The ways in which each case is run, and their options. Configurations are in `golden/`.
const WAYS: &[(&str, &[&str])] = &[
    ("", &[]),
    (" under --gc-stress 1000", &["--gc-stress", "1000"]),
    (" interpreted", &["--jit-after", "0"]),
    (" in native code", &["--jit-after", "1"]),
    (" in native code, under --gc-stress 1000", &["--jit-after", "1", "--gc-stress", "1000"]),
    (" with wasm plugins", &["--config", "wasm.toml"]),
    (" with native plugins", &["--config", "native.toml"]),
    (" with builtin plugins", &["--config", "builtin.toml"]),
];

/// The time after which a case hangs. In debug builds and under stress everything is slower.
const LIMIT: Duration = Duration::from_secs(300);

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = Vec::new();
    for group in GROUPS {
        let here = image(group.file).is_some();
        for case in folders(&root().join("tests/golden").join(group.folder)) {
            let name = format!("{}/{}", group.folder, case.file_name().unwrap_or_default().to_string_lossy());
            let here = here && needed_files(&case).is_ok_and(|files| files.iter().all(|file| file.is_file()));
            for (how, options) in WAYS {
                let case = case.clone();
                trials.push(Trial::test(format!("{name}{how}"), move || check(group, &case, options)).with_ignored_flag(!here));
            }
        }
        if !here {
            eprintln!("{}: not here, so its tests are ignored; set OSVM_IMAGES to the folder that it is in", group.file);
        }
    }
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(of).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    folders.retain(|path| path.is_dir());
    folders.sort();
    folders
}

/// What a case needs beside its image: the paths in its file `files`, from the folder of the images.
fn needed_files(case: &Path) -> Result<Vec<PathBuf>, Failed> {
    let list = case.join("files");
    if !list.is_file() {
        return Ok(Vec::new());
    }
    let folder = images().ok_or("the images are not here")?;
    Ok(fs::read_to_string(list)?.lines().map(|path| folder.join(path)).collect())
}

fn check(group: &Group, case: &Path, options: &[&str]) -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let original = if group.started {
        pharo_started().ok_or("the image is not here")??.to_path_buf()
    } else {
        image(group.file).ok_or("the image is not here")?
    };
    fs::copy(original, folder.path().join(group.file))?;
    for file in needed_files(case)? {
        fs::copy(&file, folder.path().join(file.file_name().ok_or("a file has a name")?))?;
    }
    let arguments = fs::read_to_string(case.join("args"))?;
    let configurations = root().join("tests/golden");
    let options: Vec<String> = options
        .iter()
        .map(
            |option| if option.ends_with(".toml") { configurations.join(option).display().to_string() } else { option.to_string() },
        )
        .collect();
    let options = options.iter().map(String::as_str);
    let arguments: Vec<&str> = group.options.iter().copied().chain(options).chain([group.file]).chain(arguments.lines()).collect();
    let output = run(folder.path(), &arguments, LIMIT);
    if output.timed_out {
        return Err(format!("it did not end; standard error: {}", output.stderr_text()).into());
    }
    let status = output.status.map_or("a signal".to_string(), |status| status.to_string());
    // Stress checks the heap and reports what it finds; all else must be the same.
    compare(case, "status", format!("{status}\n").as_bytes())?;
    compare(case, "stderr", &output.stderr)?;
    compare(case, "stdout", &output.stdout)?;
    (group.afterwards)(folder.path())
}

/// Compares with a golden file, or writes it.
fn compare(case: &Path, file: &str, found: &[u8]) -> Result<(), Failed> {
    let path = case.join(file);
    if std::env::var_os("OSVM_BLESS").is_some() {
        return Ok(fs::write(path, found)?);
    }
    let expected = fs::read(&path)?;
    if expected == found {
        return Ok(());
    }
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string().replace("\\n", "\\n\n  ");
    Err(format!("{} differs\nexpected:\n  {}\nfound:\n  {}", path.display(), text(&expected), text(found)).into())
}

/// The first start of Pharo's bootstrap image saves it, and what it saves is sound. (The reference saves 2,581,336 bytes, free ones
/// among them.)
fn image_has_saved_itself(folder: &Path) -> Result<(), Failed> {
    let size = fs::metadata(folder.join(PHARO))?.len();
    if !(2_300_000..2_700_000).contains(&size) {
        return Err(format!("the saved image has {size} bytes").into());
    }
    let info = run(folder, &["info", "--verify", PHARO], LIMIT);
    if info.status != Some(0) {
        return Err(format!("the saved image is not sound: {}{}", info.stdout_text(), info.stderr_text()).into());
    }
    let names: Vec<String> = fs::read_dir(folder)?.flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    if names == [PHARO] { Ok(()) } else { Err(format!("something was left behind: {names:?}").into()) }
}

/// tiny-64 appends `N bytecodes/sec` to a file.
fn log_has_a_result(folder: &Path) -> Result<(), Failed> {
    let log = fs::read_to_string(folder.join("log1.txt"))?;
    match log.trim().strip_suffix(" bytecodes/sec").map(|n| n.trim().parse::<u64>()) {
        Some(Ok(rate)) if rate > 0 => Ok(()),
        _ => Err(format!("log1.txt says {log:?}").into()),
    }
}
