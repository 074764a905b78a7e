//! The command line itself: help, completions, the man page, statistics, signals, closed pipes, sleeping.

use libtest_mimic::{Arguments, Failed, Trial};
use osvm_tests::{Output, PHARO, command, finish, image, pharo_started, plugins, program, root, run};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::path::Path;
use std::process::{Child, Command, ExitCode};
use std::time::{Duration, Instant};

const LIMIT: Duration = Duration::from_secs(60);
const TINY: &str = "tiny-32.image";
const CODE_PARADISE: &str = "codeparadise-sista-32.image";

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let mut trials = vec![
        Trial::test("help, version, completions and man page", help),
        Trial::test("a wrong command line has status 2", wrong_command_line),
        Trial::test("the built-in image says what there is", no_image),
        Trial::test("a closed pipe ends quietly", closed_pipe),
    ];
    let mut with_image = |name: &str, file: &str, test: fn() -> Result<(), Failed>| {
        let here = image(file).is_some();
        if !here {
            eprintln!("{file}: not here, so `{name}` is ignored; set OSVM_IMAGES to the folder that it is in");
        }
        trials.push(Trial::test(name, test).with_ignored_flag(!here));
    };
    with_image("counts as text and as JSON", TINY, stats);
    with_image("info as JSON", TINY, info_json);
    with_image("disassembly", PHARO, disasm);
    with_image("disassembly of blocks", CODE_PARADISE, disasm_blocks);
    with_image("SIGTERM", PHARO, terminate);
    with_image("the example that embeds a VM", TINY, embed);
    with_image("stacks of a saved image", PHARO, stack);
    with_image("a missing module is named", CODE_PARADISE, missing_module);
    with_image("SIGUSR1 and Ctrl-C", CODE_PARADISE, signals);
    with_image("an idle image sleeps", PHARO, idle);
    with_image("a plugin that changes while an image is idle", PHARO, watch);
    with_image("traces", TINY, traces);
    let conclusion = libtest_mimic::run(&arguments, trials);
    if conclusion.has_failed() { ExitCode::from(101) } else { ExitCode::SUCCESS }
}

/// Fails with what was found unless `holds`.
fn expect(holds: bool, what: &str, found: impl std::fmt::Debug) -> Result<(), Failed> {
    if holds { Ok(()) } else { Err(format!("{what}: {found:?}").into()) }
}

/// A folder with a copy of an image.
fn folder_with(file: &str) -> Result<tempfile::TempDir, Failed> {
    let folder = tempfile::tempdir()?;
    fs::copy(image(file).ok_or("the image is not here")?, folder.path().join(file))?;
    Ok(folder)
}

fn anywhere(args: &[&str]) -> Output {
    run(Path::new("/"), args, LIMIT)
}

fn help() -> Result<(), Failed> {
    let help = anywhere(&["--help"]);
    expect(help.status == Some(0) && help.stderr.is_empty(), "help", &help)?;
    for word in
        ["IMAGE", "--max-heap", "--trace", "--gc-stress", "--stats", "info", "disasm", "stack", "serve", "completions", "man"]
    {
        expect(help.stdout_text().contains(word), word, help.stdout_text())?;
    }
    expect(anywhere(&["--version"]).stdout_text().starts_with("osvm "), "version", ())?;
    for shell in ["bash", "zsh", "fish"] {
        expect(anywhere(&["completions", shell]).stdout_text().contains("max-heap"), shell, ())?;
    }
    let page = anywhere(&["man"]).stdout_text();
    expect(page.contains(".TH osvm") && page.contains("gc\\-stress"), "man", page)
}

fn wrong_command_line() -> Result<(), Failed> {
    for args in [&["--frobnicate", "x.image"][..], &["info"], &["eval", "--image"], &["--max-heap", "12 parsecs", "x.image"]] {
        let output = anywhere(args);
        let refused = output.status == Some(2) && output.stdout.is_empty() && !output.stderr.is_empty();
        expect(refused, &format!("{args:?}"), output)?;
    }
    Ok(())
}

/// Without an image the built-in one runs, which says what there is.
fn no_image() -> Result<(), Failed> {
    for args in [&[][..], &["run"]] {
        let output = anywhere(args);
        let told = output.status == Some(0) && String::from_utf8_lossy(&output.stdout).contains("osvm eval");
        expect(told && output.stderr.is_empty(), &format!("{args:?}"), output)?;
    }
    Ok(())
}

/// As with other programs, SIGPIPE ends it, and nothing is printed.
fn closed_pipe() -> Result<(), Failed> {
    let (reader, writer) = std::io::pipe()?;
    drop(reader);
    let child = command(Path::new("/"), &["completions", "bash"]).stdout(writer).spawn()?;
    let output = finish(child, LIMIT);
    expect(output.status.is_none() && !output.timed_out && output.stderr.is_empty(), "a closed pipe", output)
}

fn stats() -> Result<(), Failed> {
    let folder = folder_with(TINY)?;
    let json = run(folder.path(), &["--stats=json", TINY], LIMIT);
    let counts: serde_json::Value = serde_json::from_slice(&json.stderr)?;
    for count in ["sends", "inline_cache_hits", "primitives", "translations"] {
        expect(counts[count].as_u64() > Some(1), count, &counts)?;
    }
    let text = run(folder.path(), &["--stats", TINY], LIMIT).stderr_text();
    expect(text.contains(" translations\n"), "counts", text)
}

fn info_json() -> Result<(), Failed> {
    let folder = folder_with(TINY)?;
    let output = run(folder.path(), &["info", "--json", "--verify", TINY], LIMIT);
    let info: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    expect(info["format"] == 6521 && info["classes"] == 50, "info", &info)?;
    expect(info["findings"] == serde_json::json!([]), "findings", &info)?;
    let console = serde_json::json!({ "ConsolePlugin": { "primitiveLog:level:": 1 } });
    expect(info["named_primitives"] == console, "named primitives", &info)
}

fn disasm() -> Result<(), Failed> {
    let folder = folder_with(PHARO)?;
    let listing = run(folder.path(), &["disasm", PHARO, "Integer>>digitAdd:"], LIMIT);
    expect(listing.status == Some(0) && listing.stdout_text().contains("Integer>>digitAdd:"), "listing", &listing)?;
    for (method, words) in
        [("Integer>>frobnicate", "no method #frobnicate"), ("Nope>>x", "no class Nope"), ("x", "Class>>selector")]
    {
        let refused = run(folder.path(), &["disasm", PHARO, method], LIMIT);
        expect(refused.status == Some(2) && refused.stderr_text().contains(words), method, refused)?;
    }
    Ok(())
}

/// Code of blocks is listed where their closures are made.
fn disasm_blocks() -> Result<(), Failed> {
    let folder = folder_with(CODE_PARADISE)?;
    let listing = run(folder.path(), &["disasm", CODE_PARADISE, "Collection>>inject:into:"], LIMIT).stdout_text();
    let lines: Vec<&str> = listing.lines().map(|line| line.get(20..).unwrap_or(line)).collect();
    for found in
        ["push closure of 1 arguments, 2 copied", "  send value:value: with 2", "  return top from the block", "return top"]
    {
        expect(lines.contains(&found), found, &listing)?;
    }
    Ok(())
}

/// It ends quietly; the status is that of the signal.
fn terminate() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    fs::copy(pharo_started().ok_or("the image is not here")??, folder.path().join(PHARO))?;
    let child = command(folder.path(), &[PHARO, "--no-quit"]).spawn()?;
    std::thread::sleep(Duration::from_millis(1000));
    kill_process(Pid::from_child(&child), Signal::TERM)?;
    let output = finish(child, LIMIT);
    expect(output.status == Some(143) && output.stderr.is_empty(), "it ends", output)
}

fn stack() -> Result<(), Failed> {
    let folder = folder_with(PHARO)?;
    let stacks = run(folder.path(), &["stack", PHARO], LIMIT);
    expect(stacks.status == Some(0) && stacks.stdout_text().contains("UndefinedObject>>DoIt"), "stacks", stacks)?;
    let started = pharo_started().ok_or("the image is not here")??;
    let stacks = run(started.parent().ok_or("it is in a folder")?, &["stack", PHARO], LIMIT).stdout_text();
    let headings: Vec<&str> = stacks.lines().filter(|line| line.contains(", priority ")).collect();
    expect(headings[0] == "active process, priority 79", "the active process comes first", &headings)?;
    expect(headings.contains(&"process on a Semaphore, priority 60, 'Low Space Watcher'"), "processes have names", &headings)
}

/// Without its plugin the image recurses in the error that it raises, until the memory that it was given is used up.
fn missing_module() -> Result<(), Failed> {
    let folder = folder_with(CODE_PARADISE)?;
    fs::write(folder.path().join("vm.toml"), "[plugins.CpSystemPlugin]\nenabled = false\n")?;
    let output = run(folder.path(), &["--max-heap", "32M", CODE_PARADISE], LIMIT);
    let text = output.stderr_text();
    let lines: Vec<&str> = text.lines().collect();
    let named: Vec<usize> = (0..lines.len()).filter(|&i| lines[i].contains("CpSystemPlugin")).collect();
    expect(named == [0, lines.len() - 1], "the module is named when it is asked for, and at the end", &text)?;
    expect(output.status == Some(70) && text.contains("out of memory"), "it stops with a reason", &text)?;
    expect(text.contains("looks like a recursion without end"), "and with what led to it", &text)
}

fn signals() -> Result<(), Failed> {
    let folder = folder_with(CODE_PARADISE)?;
    let child = command(folder.path(), &[CODE_PARADISE]).spawn()?;
    let signal = |signal| kill_process(Pid::from_child(&child), signal);
    std::thread::sleep(Duration::from_millis(300));
    signal(Signal::USR1)?;
    std::thread::sleep(Duration::from_millis(300));
    signal(Signal::INT)?;
    std::thread::sleep(Duration::from_millis(300));
    signal(Signal::INT)?;
    let output = finish(child, LIMIT);
    let text = output.stderr_text();
    expect(output.status == Some(130), "the second Ctrl-C ends it", &text)?;
    expect(text.matches("active process, priority").count() == 2, "stacks are printed for SIGUSR1 and at the end", &text)?;
    expect(text.contains("the image does not handle interrupts"), "what the first one does", &text)?;
    expect(text.contains("Object>>primitiveFailed"), "stacks have methods", &text)
}

/// With `--no-quit` Pharo starts and has nothing to do.
fn idle() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    fs::copy(pharo_started().ok_or("the image is not here")??, folder.path().join(PHARO))?;
    let mut child = command(folder.path(), &[PHARO, "--no-quit"]).spawn()?;
    std::thread::sleep(Duration::from_millis(1500));
    let (start, before) = (Instant::now(), ticks(&child)?);
    std::thread::sleep(Duration::from_millis(3000));
    let used = ticks(&child)? - before;
    let elapsed = start.elapsed();
    let running = child.try_wait()?.is_none();
    child.kill()?;
    let output = finish(child, LIMIT);
    expect(running, "it goes on running", &output)?;
    // A tick is a hundredth of a second.
    let share = used as f64 / 100.0 / elapsed.as_secs_f64();
    expect(share < 0.01, "it uses less than 1% of a core", share)
}

/// With `--watch-plugins` the log tells of a plugin whose file was replaced, and the image goes on.
fn watch() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    fs::copy(pharo_started().ok_or("the image is not here")??, folder.path().join(PHARO))?;
    fs::write(folder.path().join("vm.toml"), "[plugins.FilePlugin]\nmodule = 'file.wasm'\n")?;
    let (plugin, log) = (folder.path().join("file.wasm"), folder.path().join("log"));
    let original = fs::read(plugins().join("file.wasm"))?;
    fs::write(&plugin, &original)?;
    let mut osvm = command(folder.path(), &["--watch-plugins", PHARO, "--no-quit"]);
    let mut child = osvm.env("RUST_LOG", "osvm_host=debug").stderr(fs::File::create(&log)?).spawn()?;
    let loaded = waits_for(&log, "plugin loaded plugin=\"FilePlugin\"");
    // As a linker does: under another name first.
    fs::write(folder.path().join("new.wasm"), &original)?;
    fs::rename(folder.path().join("new.wasm"), &plugin)?;
    let told = waits_for(&log, "the plugin has changed and is loaded again");
    std::thread::sleep(Duration::from_millis(500));
    let running = child.try_wait()?.is_none();
    child.kill()?;
    let output = finish(child, LIMIT);
    let log = fs::read_to_string(log)?;
    expect(loaded && told, "the plugin is loaded, and the log tells of the change", &log)?;
    expect(running, "the image goes on", (output, log))
}

/// True once a log has these words; false if it does not come to that.
fn waits_for(log: &Path, words: &str) -> bool {
    let start = Instant::now();
    while start.elapsed() < LIMIT {
        if fs::read_to_string(log).is_ok_and(|log| log.contains(words)) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    false
}

/// Processor time of a child, in hundredths of a second.
fn ticks(child: &Child) -> Result<u64, Failed> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", child.id()))?;
    // The name, in parentheses, may contain anything; behind it the times are fields 12 and 13.
    let fields: Vec<&str> = stat.rsplit(')').next().unwrap_or_default().split_whitespace().collect();
    Ok(fields[11].parse::<u64>()? + fields[12].parse::<u64>()?)
}

/// The lines of a trace, and that it changes nothing else.
fn trace(kind: &str, filter: Option<&str>) -> Result<Vec<String>, Failed> {
    let folder = folder_with(TINY)?;
    let plain = run(folder.path(), &[TINY], LIMIT);
    let mut args = vec!["--trace", kind];
    args.extend(filter.iter().flat_map(|f| ["--trace-filter", f]));
    args.push(TINY);
    let traced = run(folder.path(), &args, LIMIT);
    expect((traced.status, &traced.stdout) == (plain.status, &plain.stdout), "a trace changes nothing", &traced)?;
    let lines: Vec<String> = traced.stderr_text().lines().map(str::to_string).collect();
    expect(!lines.is_empty(), "something is traced", &args)?;
    Ok(lines)
}

/// A program of twenty lines that runs an image.
fn embed() -> Result<(), Failed> {
    let source = fs::read_to_string(root().join("vm/host/examples/embed.rs"))?;
    expect(source.lines().count() <= 20, "it is short", source)?;
    let example = program("examples/embed");
    let refused = Command::new(&example).arg("no.image").output()?;
    expect(refused.status.code() == Some(1) && refused.stdout.is_empty(), "no image", refused)?;
    let folder = folder_with(TINY)?;
    let output = Command::new(&example).arg(TINY).current_dir(folder.path()).output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    let last = text.lines().last();
    expect(last == Some("the image quit with 0 after 0 process switches") && output.status.success(), "tiny-32", &output)
}

fn traces() -> Result<(), Failed> {
    let sends = trace("sends", None)?;
    expect(sends.iter().any(|l| l == "System class>>primLog:level:"), "sends", &sends[..9])?;
    for line in trace("sends", Some("System class>>log*"))? {
        expect(line == "System class>>log:" || line == "System class>>log:level:", "sends by method", line)?;
    }
    for line in trace("primitives", Some("ConsolePlugin"))? {
        let wanted = "primitive ConsolePlugin.primitiveLog:level: of System class>>primLog:level:: ok";
        expect(line == wanted, "primitives by plugin", line)?;
    }
    let all = trace("bytecodes", None)?;
    expect(!all.iter().any(|l| l.starts_with("primitive ")), "one kind of trace at a time", &all)?;
    let found = trace("bytecodes", Some("System class>>log:"))?;
    for line in &found {
        expect(line.starts_with("System class>>log: "), "bytecodes by method", line)?;
        expect(all.contains(line), "the whole trace has it too", line)?;
    }
    expect(found.iter().any(|l| l.ends_with("> push self")), "instructions are readable", &found)?;
    expect(found.iter().any(|l| l.contains("> send primLog:level: with 2")), "operands are readable", &found)
}
