//! What the JavaScript host calls.
//!
//! `js/osvm.mjs` is the only caller, and these are the rules between the two: a buffer that the host passes was made by
//! [`osvm_alloc`] and is lent for the call; a `web` is what [`osvm_start`] answered and [`osvm_end`] has not had; no export is called while
//! another one runs, but for those that plugins' imports lead to.

use crate::machine::Step;
use crate::reply::Reply;
use crate::runner::Runner;
use crate::start::Start;
use crate::{log, world};
use osvm_core::platform::Event;
use serde_json::{Value, json};
use std::alloc::Layout;

/// A VM with what the host has not read yet.
pub struct Web {
    runner: Runner,
    reply: Reply,
}

/// The layout of buffers that cross.
fn layout(len: usize) -> Layout {
    Layout::from_size_align(len.max(1), 8).expect("no module has so much memory")
}

/// A buffer of `len` bytes; 0 if there is no memory.
#[unsafe(no_mangle)]
pub extern "C" fn osvm_alloc(len: usize) -> *mut u8 {
    // SAFETY: the layout is not of size zero.
    unsafe { std::alloc::alloc(layout(len)) }
}

/// Gives a buffer back.
///
/// # Safety
/// It is one of [`osvm_alloc`] with the same length.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn osvm_free(buffer: *mut u8, len: usize) {
    // SAFETY: the caller's promise.
    unsafe { std::alloc::dealloc(buffer, layout(len)) }
}

/// The bytes of a buffer.
///
/// # Safety
/// The buffer is as this module's rules say; the answer is not used after the call.
unsafe fn bytes<'a>(address: *const u8, len: usize) -> &'a [u8] {
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(address, len) }
}

/// The text of a buffer.
///
/// # Safety
/// As for [`bytes`].
unsafe fn text(address: *const u8, len: usize) -> String {
    // SAFETY: the caller's promise.
    String::from_utf8_lossy(unsafe { bytes(address, len) }).into_owned()
}

/// Replies with the `files` of plugins that options ([`Start::read`]) ask for, or with an `error`; [`osvm_end`] ends what this answers.
///
/// # Safety
/// This module's rules.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn osvm_plugin_files(options: *const u8, len: usize) -> *mut Web {
    // SAFETY: this module's rules.
    let options = unsafe { text(options, len) };
    let mut reply = Reply::default();
    reply.set(&match Start::read(&options) {
        Ok(start) => json!({ "files": start.config.plugin_files().collect::<Vec<_>>() }),
        Err(error) => json!({ "error": error }),
    });
    Box::into_raw(Box::new(Web { runner: Runner::Over, reply }))
}

/// Starts a VM with options (a text of JSON, see [`Start::read`]) and an image, or with address 0 the built-in one. If that fails, the reply
/// has an `error`.
///
/// # Safety
/// This module's rules.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn osvm_start(options: *const u8, options_len: usize, image: *const u8, image_len: usize) -> *mut Web {
    std::panic::set_hook(Box::new(|panic| world::tell_panic(&panic.to_string())));
    log::install();
    // SAFETY: this module's rules.
    let options = unsafe { text(options, options_len) };
    // SAFETY: this module's rules.
    let image = (!image.is_null()).then(|| unsafe { bytes(image, image_len) });
    let mut reply = Reply::default();
    let runner = match Start::read(&options).and_then(|start| start.start(image)) {
        Ok(machine) => Runner::Machine(Box::new(machine)),
        Err(error) => {
            reply.set(&json!({ "error": error }));
            Runner::Over
        }
    };
    Box::into_raw(Box::new(Web { runner, reply }))
}

/// Ends a VM without another word.
///
/// # Safety
/// This module's rules.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn osvm_end(web: *mut Web) {
    // SAFETY: this module's rules; `osvm_start` made it by `Box::into_raw`.
    drop(unsafe { Box::from_raw(web) });
}

/// The VM of a handle.
///
/// # Safety
/// This module's rules; the answer is not used after the call.
unsafe fn vm<'a>(web: *mut Web) -> &'a mut Web {
    // SAFETY: the caller's promise.
    unsafe { &mut *web }
}

/// Where the last reply is, as UTF-8.
///
/// # Safety
/// This module's rules.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn osvm_reply(web: *mut Web) -> *const u8 {
    // SAFETY: this module's rules.
    unsafe { vm(web) }.reply.address()
}

/// How many bytes the last reply has.
///
/// # Safety
/// This module's rules.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn osvm_reply_len(web: *mut Web) -> usize {
    // SAFETY: this module's rules.
    unsafe { vm(web) }.reply.len()
}

/// Lets a VM run for so many milliseconds at most. Answers 0 if there is more to do; 1 if there is nothing to do, and the reply says for
/// how many milliseconds, or null; 2 if the image has quit, and the reply is its status; 3 if the VM had to stop, and the reply says why;
/// 4 if an evaluation is over, and the reply is its result.
///
/// # Safety
/// This module's rules.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn osvm_step(web: *mut Web, milliseconds: f64) -> i32 {
    // SAFETY: this module's rules.
    let web = unsafe { vm(web) };
    let (number, reply) = match web.runner.step(milliseconds) {
        Step::Running => return 0,
        Step::Idle(pause) => (1, pause.into()),
        Step::Quit(status) => (2, status.into()),
        Step::Failed(message) => (3, message.into()),
        Step::Evaluated(result) => (4, result),
    };
    web.reply.set(&reply);
    number
}

/// Begins to evaluate statements: 1. If they cannot be, 0, and the reply is the result.
///
/// # Safety
/// This module's rules.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn osvm_evaluate(web: *mut Web, source: *const u8, len: usize) -> i32 {
    // SAFETY: this module's rules.
    let (web, source) = unsafe { (vm(web), text(source, len)) };
    match web.runner.begin(&source) {
        Ok(()) => 1,
        Err(result) => {
            web.reply.set(&result);
            0
        }
    }
}

/// The user wants what runs to be interrupted.
///
/// # Safety
/// This module's rules.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn osvm_interrupt(web: *mut Web) {
    // SAFETY: this module's rules.
    unsafe { vm(web) }.runner.event(Event::UserInterrupt);
}

/// Signals the image's external semaphore of this index, from 1.
///
/// # Safety
/// This module's rules.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn osvm_signal(web: *mut Web, semaphore: u32) {
    // SAFETY: this module's rules.
    unsafe { vm(web) }.runner.event(Event::Semaphore(semaphore as usize, 1));
}

/// Replies with the stacks of all processes.
///
/// # Safety
/// This module's rules.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn osvm_stacks(web: *mut Web) {
    // SAFETY: this module's rules.
    let web = unsafe { vm(web) };
    let stacks = web.runner.vm().map(|vm| vm.all_stacks());
    web.reply.set(&stacks.into());
}

/// Replies with the path of the image's file.
///
/// # Safety
/// This module's rules.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn osvm_image_name(web: *mut Web) {
    // SAFETY: this module's rules.
    let web = unsafe { vm(web) };
    let name = web.runner.vm().map(|vm| vm.platform.image_name());
    web.reply.set(&name.into());
}

/// Replies with the plugins, as [`crate::listing::plugins`].
///
/// # Safety
/// This module's rules.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn osvm_plugins(web: *mut Web) {
    // SAFETY: this module's rules.
    let web = unsafe { vm(web) };
    let plugins = web.runner.machine().map(|machine| machine.plugins());
    web.reply.set(&plugins.into());
}

/// Replies with figures of memory and collections.
///
/// # Safety
/// This module's rules.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn osvm_statistics(web: *mut Web) {
    // SAFETY: this module's rules.
    let web = unsafe { vm(web) };
    let figures = web.runner.vm().map_or(Value::Null, |vm| crate::figures::figures(vm));
    web.reply.set(&figures);
}
