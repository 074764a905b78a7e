//! Modules that try to leave the directory that they were granted.

use super::case::{Case, PRELUDE, World, still_works};
use libtest_mimic::{Failed, Trial};
use osvm_core::error::PrimError;
use osvm_core::oop::Oop;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub const CASES: &[Case] = &[];

/// What is in the file that no plugin may read.
const SECRET: &str = "a secret";

/// How long a race is waited for.
const PATIENCE: Duration = Duration::from_secs(30);

/// Makes a path for a world in this folder.
type PathIn = fn(&Path) -> String;

pub fn others() -> Vec<Trial> {
    let paths: [(&str, PathIn); 6] = [
        ("a way out by ..", |_| "/data/../secret".into()),
        ("a way out by .. from a folder", |_| "/data/folder/../../secret".into()),
        ("an absolute path", |folder| folder.join("secret").display().to_string()),
        ("a symbolic link to a file outside", |_| "/data/link".into()),
        ("a symbolic link to a folder outside", |_| "/data/up/secret".into()),
        ("a path with a zero byte", |_| "/data/file\0/../../secret".into()),
    ];
    let mut trials: Vec<Trial> = paths.into_iter().map(|(name, path)| Trial::test(name, move || stays_out(path))).collect();
    trials.push(Trial::test("a symbolic link that comes and goes", race));
    trials.push(Trial::test("writing where only reading is granted", read_only));
    trials.push(Trial::test("files without end", files_without_end));
    trials.push(Trial::test("the right to files given up", given_up));
    trials
}

/// A module that opens the path that it is given by the flags 1 or 7, reads, and answers what it read.
fn module() -> String {
    format!(
        "(module
            (import \"osvm:files/1\" \"open\" (func $open (param i32 i32 i32) (result i64)))
            (import \"osvm:files/1\" \"read\" (func $read (param i32 i32 i32) (result i64)))
            (import \"osvm:files/1\" \"close\" (func $close (param i32) (result i64)))
            (import \"osvm:security/1\" \"give_up\" (func $give_up (param i32) (result i64)))
            {PRELUDE}
            (func (export \"run\") (param $path i32) (param $len i32) (param $flags i64) (result i32)
                (local $file i64) (local $read i64)
                (local.set $file (call $open (local.get $path) (local.get $len) (i32.wrap_i64 (local.get $flags))))
                (if (i64.lt_s (local.get $file) (i64.const 0)) (then (return (call $answer (local.get $file)))))
                (local.set $read (call $read (i32.wrap_i64 (local.get $file)) (i32.const 8192) (i32.const 100)))
                (drop (call $close (i32.wrap_i64 (local.get $file))))
                (if (i64.lt_s (local.get $read) (i64.const 0)) (then (return (call $answer (local.get $read)))))
                (i64.store (i32.const 64) (i64.const 8192)) (i64.store (i32.const 72) (local.get $read)) (i32.const 0))
            (func (export \"keep\") (param $path i32) (param $len i32) (result i32)
                (call $answer (call $open (local.get $path) (local.get $len) (i32.const 1))))
            (func (export \"give\") (result i32) (call $answer (call $give_up (i32.const 0))))
            (@custom \"osvm.plugin\" \"osvm-plugin 1.0\\nmodule HostilePlugin 1.0\\nimport files 1.0\\nimport security 1.0\\n\
             primitive run (path: bytes, flags: int) -> bytes\\nprimitive keep (path: bytes) -> int\\nprimitive give () -> int\\n\"))"
    )
}

/// A folder `data` that is granted, as `/data`, with a file and links in it, beside a secret.
fn world(write: bool) -> Result<World, Failed> {
    let grants = format!("grants = {{ files = [{{ host = 'data', guest = '/data', write = {write} }}], security = true }}");
    let folder = tempfile::tempdir()?;
    let data = folder.path().join("data");
    fs::create_dir_all(data.join("folder"))?;
    fs::write(folder.path().join("secret"), SECRET)?;
    fs::write(data.join("file"), "no secret")?;
    symlink("../secret", data.join("link"))?;
    symlink(folder.path(), data.join("up"))?;
    fs::write(folder.path().join("hostile.wasm"), wat::parse_str(module())?)?;
    World::with_source(folder, "module = 'hostile.wasm'", &grants)
}

fn run(host: &mut osvm_host::testing::RealHost, path: &str, flags: i64) -> Result<String, PrimError> {
    let path = host.heap().string(path).expect("memory");
    let answer = host.call("HostilePlugin", "run", Oop::ZERO, &[path, Oop::from_small_int(flags)])?;
    Ok(String::from_utf8_lossy(host.heap().bytes(answer)).into_owned())
}

fn stays_out(path: fn(&Path) -> String) -> Result<(), Failed> {
    let world = world(true)?;
    let mut host = world.host()?;
    if run(&mut host, "/data/file", 1).as_deref() != Ok("no secret") {
        return Err("the file that was granted cannot be read".into());
    }
    for flags in [1, 3, 7, 23] {
        match run(&mut host, &path(world.folder.path()), flags) {
            Err(error) if error.system_number().is_some() => {}
            other => return Err(format!("it answers {other:?}").into()),
        }
    }
    if fs::read_to_string(world.folder.path().join("secret"))? != SECRET {
        return Err("the secret was changed".into());
    }
    still_works(&mut host)
}

/// While the module opens `swap/secret`, `swap` is now a folder in the grant and now a link out of it.
fn race() -> Result<(), Failed> {
    let world = world(true)?;
    let data = world.folder.path().join("data");
    fs::create_dir(data.join("inside"))?;
    fs::write(data.join("inside/secret"), "harmless")?;
    let (stop, swapping) = (Arc::new(AtomicBool::new(false)), data.clone());
    let swapper = std::thread::spawn({
        let stop = Arc::clone(&stop);
        move || {
            let (swap, inside, link) = (swapping.join("swap"), swapping.join("inside"), swapping.join("out"));
            while !stop.load(Ordering::Relaxed) {
                // Each step may find what the other left.
                let _ = fs::rename(&inside, &swap);
                let _ = fs::rename(&swap, &inside);
                let _ = symlink("..", &link);
                let _ = fs::rename(&link, &swap);
                let _ = fs::remove_file(&swap);
            }
        }
    });
    let mut host = world.host()?;
    let mut seen = [0; 2];
    // At least so often, and until each of the two was met often, or the time is over.
    let begin = Instant::now();
    while seen.iter().sum::<i32>() < 3000 || (seen.iter().any(|&times| times < 100) && begin.elapsed() < PATIENCE) {
        match run(&mut host, "/data/swap/secret", 1).as_deref() {
            Ok(SECRET) => return Err("the secret was read".into()),
            Ok(_) => seen[0] += 1,
            Err(_) => seen[1] += 1,
        }
    }
    stop.store(true, Ordering::Relaxed);
    swapper.join().map_err(|_| "the other thread failed")?;
    if seen.contains(&0) {
        return Err(format!("there was no race: {seen:?}").into());
    }
    still_works(&mut host)
}

fn read_only() -> Result<(), Failed> {
    let world = world(false)?;
    let mut host = world.host()?;
    for (path, flags) in [("/data/file", 3), ("/data/new", 7), ("/data/file", 18), ("/data/file", 34)] {
        match run(&mut host, path, flags) {
            Err(error) if error.system_number().is_some() => {}
            other => return Err(format!("{path} with {flags} answers {other:?}").into()),
        }
    }
    let contents = fs::read_to_string(world.folder.path().join("data/file"))?;
    if contents == "no secret" && !world.folder.path().join("data/new").exists() { Ok(()) } else { Err("it was written".into()) }
}

fn files_without_end() -> Result<(), Failed> {
    let world = world(false)?;
    let mut host = world.host()?;
    let path = host.heap().string("/data/file").expect("memory");
    for _ in 0..2000 {
        match host.call("HostilePlugin", "keep", Oop::ZERO, &[path]) {
            Ok(_) => {}
            Err(PrimError::LIMIT_EXCEEDED) => return still_works(&mut host),
            Err(error) => return Err(format!("{error:?}").into()),
        }
    }
    Err("2000 files were opened".into())
}

fn given_up() -> Result<(), Failed> {
    let world = world(true)?;
    let mut host = world.host()?;
    host.call("HostilePlugin", "give", Oop::ZERO, &[]).map_err(|error| format!("{error:?}"))?;
    match run(&mut host, "/data/file", 1) {
        Err(error) if error.system_number().is_some() => still_works(&mut host),
        other => Err(format!("it answers {other:?}").into()),
    }
}
