//! What SecurityPlugin gives up, FilePlugin has no more, in each form.

use crate::form::{Form, host};
use crate::same;
use libtest_mimic::Failed;
use osvm_core::error::PrimError;
use osvm_core::oop::Oop;
use osvm_host::PluginOptions;
use osvm_host::testing::RealHost;
use std::fs;
use std::path::Path;

/// A host with both plugins, where all files are granted.
fn both(form: &Form) -> Result<RealHost, Failed> {
    let (file, security) = (form.key("file"), form.key("security"));
    let text = format!(
        "[plugins.FilePlugin]\n{file}\ngrants = {{ files = [{{ host = '/', write = true }}], stdio = true, clock = true, security = true }}
         [plugins.SecurityPlugin]\n{security}\ngrants.security = true"
    );
    host(&text, "test.toml".as_ref(), PluginOptions::default())
}

fn security(host: &mut RealHost, function: &str) -> Result<Oop, Failed> {
    host.call("SecurityPlugin", function, Oop::ZERO, &[]).map_err(|error| format!("{function}: {error:?}").into())
}

/// A call of FilePlugin with a path, and what comes after it.
fn file(host: &mut RealHost, function: &str, path: &Path, more: &[Oop]) -> Result<Oop, PrimError> {
    let path = host.heap().string(path.to_str().expect("a path that is text"))?;
    host.call("FilePlugin", function, Oop::ZERO, &[&[path], more].concat())
}

pub fn files_after_their_right_was_given_up(form: &Form) -> Result<(), Failed> {
    let mut host = both(form)?;
    let (true_, false_) = (host.heap().true_(), host.heap().false_());
    let outside = tempfile::tempdir()?;
    let there = outside.path().join("there");
    fs::write(&there, "12345")?;
    let directory = security(&mut host, "primitiveGetUntrustedUserDirectory")?;
    let untrusted = Path::new(std::str::from_utf8(host.heap().bytes(directory))?).to_path_buf();
    fs::create_dir_all(&untrusted)?;
    let inside = untrusted.join(form.name());

    same(security(&mut host, "primitiveHasFileAccess")?, true_, "before")?;
    for (path, writable) in [(&there, false_), (&there, true_), (&outside.path().join("made"), true_), (&inside, true_)] {
        same(file(&mut host, "primitiveFileOpen", path, &[writable]).map(|_| ()), Ok(()), "before")?;
    }
    fs::remove_file(&inside)?;

    security(&mut host, "primitiveDisableFileAccess")?;
    same(security(&mut host, "primitiveHasFileAccess")?, false_, "after")?;
    let refused = |found: Result<Oop, PrimError>, what: &str| {
        same(found.is_err_and(|error| error.system_number().is_some()), true, &format!("{what}: {found:?}"))
    };
    refused(file(&mut host, "primitiveFileOpen", &there, &[false_]), "reading outside")?;
    refused(file(&mut host, "primitiveFileOpen", &there, &[true_]), "writing outside")?;
    refused(file(&mut host, "primitiveFileOpen", &outside.path().join("new"), &[true_]), "making a file outside")?;
    refused(file(&mut host, "primitiveFileOpen", &untrusted.join("../outside"), &[true_]), "a way out by ..")?;
    refused(file(&mut host, "primitiveFileDelete", &there, &[]), "deleting outside")?;
    refused(file(&mut host, "primitiveDirectoryCreate", &outside.path().join("folder"), &[]), "a directory outside")?;
    same(fs::read_to_string(&there)?.as_str(), "12345", "what is outside")?;
    same(outside.path().join("new").exists() || outside.path().join("folder").exists(), false, "something was made outside")?;

    // The untrusted directory is left to it.
    let open = file(&mut host, "primitiveFileOpen", &inside, &[true_]).map_err(|error| format!("{error:?}"))?;
    let text = host.heap().string("within").map_err(|error| format!("{error:?}"))?;
    let args = [open, text, Oop::from_small_int(1), Oop::from_small_int(6)];
    same(host.call("FilePlugin", "primitiveFileWrite", Oop::ZERO, &args), Ok(Oop::from_small_int(6)), "writing inside")?;
    same(host.call("FilePlugin", "primitiveFileClose", Oop::ZERO, &[open]), Ok(Oop::ZERO), "closing")?;
    same(fs::read_to_string(&inside)?.as_str(), "within", "what is inside")?;
    refused(rename(&mut host, &inside, &outside.path().join("taken"))?, "taking a file out")?;
    refused(rename(&mut host, &there, &untrusted.join("taken"))?, "taking a file in")
}

fn rename(host: &mut RealHost, from: &Path, to: &Path) -> Result<Result<Oop, PrimError>, Failed> {
    let to = host.heap().string(to.to_str().ok_or("a path that is text")?).map_err(|error| format!("{error:?}"))?;
    Ok(file(host, "primitiveFileRename", from, &[to]))
}
