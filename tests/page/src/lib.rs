//! The host of plugins over a small image, as a wasm module that a test in JavaScript drives: `tests/hostile/page.mjs`.
//!
//! Everything crosses as text: the test writes it to room that it asked for, and reads it where it is told.

#![cfg(target_family = "wasm")]

mod log;

use osvm_core::error::PrimError;
use osvm_core::oop::Oop;
use osvm_host::PluginOptions;
use osvm_host::check::check;
use osvm_host::config::{Config, Places};
use osvm_host::testing::RealHost;
use std::cell::RefCell;
use std::path::Path;

/// The host under test.
#[derive(Default)]
struct Test {
    config: Config,
    host: Option<RealHost>,
    /// What the test wrote, and what it shall read.
    text: String,
}

thread_local! {
    static TEST: RefCell<Test> = RefCell::default();
}

/// Does something with the text that the test wrote; the length of the text that it shall read then.
fn answer(work: impl FnOnce(&mut Test, &str) -> String) -> usize {
    TEST.with_borrow_mut(|test| {
        let text = std::mem::take(&mut test.text);
        test.text = work(test, &text);
        test.text.len()
    })
}

/// Room for a text of so many bytes, all of which must be written.
#[unsafe(no_mangle)]
extern "C" fn room(len: usize) -> *mut u8 {
    TEST.with_borrow_mut(|test| {
        test.text = " ".repeat(len);
        test.text.as_mut_ptr()
    })
}

/// Where the text is that shall be read.
#[unsafe(no_mangle)]
extern "C" fn text() -> *const u8 {
    TEST.with_borrow(|test| test.text.as_ptr())
}

/// Takes a configuration. The answer is empty, or says what is wrong with it.
#[unsafe(no_mangle)]
extern "C" fn configure() -> usize {
    log::start();
    answer(|test, text| {
        test.host = None;
        match Config::parse(text, Path::new("/vm.toml"), None, &Places::of_process()) {
            Ok(config) => {
                test.config = config;
                String::new()
            }
            Err(error) => error.to_string(),
        }
    })
}

/// The files of plugins that the configuration names, a line each.
#[unsafe(no_mangle)]
extern "C" fn files() -> usize {
    answer(|test, _| test.config.plugin_files().map(|path| format!("{}\n", path.display())).collect())
}

/// Why the plugin of a module is refused; empty if it is loaded.
#[unsafe(no_mangle)]
extern "C" fn refusal() -> usize {
    answer(|test, module| match check(module, &test.config.plugins[module], &PluginOptions::default()) {
        Ok(_) => String::new(),
        Err(refusal) => refusal.to_string(),
    })
}

/// Calls a primitive: its module, its name, and arguments that are Strings, a line each.
#[unsafe(no_mangle)]
extern "C" fn call() -> usize {
    answer(|test, text| {
        let mut lines = text.lines();
        let (module, primitive) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        let Test { config, host, .. } = test;
        let host = host.get_or_insert_with(|| RealHost::new(config, PluginOptions::default()).expect("events are to be had"));
        let args: Vec<Oop> = lines.map(|text| host.heap().string(text).expect("memory")).collect();
        let called = host.call(module, primitive, Oop::from_small_int(1), &args);
        let problems = host.heap().check(3);
        if problems.is_empty() { shown(host, called) } else { problems.join("; ") }
    })
}

/// Calls a primitive so many times, and answers nothing: for measurements.
#[unsafe(no_mangle)]
extern "C" fn call_often(times: u32) -> usize {
    answer(|test, text| {
        let mut lines = text.lines();
        let (module, primitive) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
        let Some(host) = &mut test.host else { return "call it once before".into() };
        let args: Vec<Oop> = lines
            .map(|text| match text.parse() {
                Ok(number) => Oop::from_small_int(number),
                Err(_) => host.heap().string(text).expect("memory"),
            })
            .collect();
        for _ in 0..times {
            if let Err(error) = host.call(module, primitive, Oop::from_small_int(1), &args) {
                return format!("fails {error:?}");
            }
        }
        String::new()
    })
}

/// What has been logged.
#[unsafe(no_mangle)]
extern "C" fn logged() -> usize {
    answer(|_, _| log::take())
}

fn shown(host: &mut RealHost, called: Result<Oop, PrimError>) -> String {
    match called {
        Err(error) => format!("fails {error:?}"),
        Ok(oop) if oop.is_small_int() => format!("answers {}", oop.small_int()),
        Ok(oop) if oop == host.heap().true_() => "answers true".into(),
        Ok(oop) if oop == host.heap().false_() => "answers false".into(),
        Ok(oop) if oop.is_pointer() && host.heap().format(oop).is_bytes() => {
            format!("answers {}", String::from_utf8_lossy(host.heap().bytes(oop)))
        }
        Ok(oop) => format!("answers {oop:?}"),
    }
}
