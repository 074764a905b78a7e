//! Native code that calls a wasm plugin often, and so resides in it: whatever a call does there, it ends as it does elsewhere.

use crate::form::{Form, host, logged};
use crate::module::Module;
use crate::{Tests, same};
use libtest_mimic::Failed;
use osvm_core::bytecode::BytecodeSet;
use osvm_core::heap::HeapConfig;
use osvm_core::testing::{Asm, Machine, TestImage, arguments};
use osvm_host::{PluginOptions, Plugins};
use std::path::Path;
use std::time::{Duration, Instant};

pub const TESTS: Tests = &[
    ("a call that never ends, by native code that resides in its plugin", a_call_that_never_ends),
    ("time that native code takes where it resides", time_of_native_code),
    ("native code resides in a plugin that may have one page", one_page),
    ("native code that resides in a plugin calls another one", two_plugins),
    ("a plugin is unloaded in which native code resides", unloading),
];

/// Calls in a round: enough for native code to come back to where it resided.
const CALLS: i64 = 300;
/// Two calls that end after a tenth of a second take less, and much more if epochs only pass now and then.
const PATIENCE: Duration = Duration::from_secs(4);
/// What an image is told where a plugin breaks, or needs too much.
const INTERNAL_ERROR: &str = "internal error in named primitive machinery";
const LIMIT_EXCEEDED: &str = "resource limit exceeded";
/// Rounds until everything is compiled and native code resides somewhere.
const ROUNDS: i64 = 200;

/// An image with these plugins.
struct Image(Machine);

impl Image {
    fn new(plugins: Plugins) -> Image {
        let sizes = HeapConfig { eden_bytes: 4 << 20, survivor_bytes: 1 << 20 };
        Image(Machine::with_plugins(BytecodeSet::V3PlusClosures, 0, TestImage::with_sizes(64 << 20, sizes), Box::new(plugins)))
    }

    /// A method whose primitive is a plugin's. Where that fails it answers why.
    fn named(&mut self, selector: &str, module: &str, function: &str) {
        let args = arguments(selector);
        self.0.method("Object", selector, args.into(), 1, |a| {
            a.named_primitive(module, function, Some(args));
            a.push_temp(args);
            a.ret();
        });
    }

    /// The method `round:with:`, of which `body` is done after a number of times `each`. It answers what that leaves on the stack.
    fn round(&mut self, each: impl Fn(&mut Asm), body: impl Fn(&mut Asm)) {
        self.0.method("Object", "round:with:", 2, 1, |a| {
            times(a, "calls", 2, CALLS, &each);
            body(a);
            a.ret();
        });
    }

    /// What rounds with these arguments answer, as text, after many with the arguments 0 and 7; and what was logged.
    fn rounds(&mut self, arguments: &[(i64, i64)]) -> (String, String) {
        self.sets(&[arguments])
    }

    /// The same for sets of arguments, each after many with the arguments 0 and 7.
    fn sets(&mut self, sets: &[&[(i64, i64)]]) -> (String, String) {
        let round = |a: &mut Asm, (what, number): (i64, i64)| {
            a.push_nil();
            a.push(what);
            a.push(number);
            a.send("round:with:");
        };
        let answers = self.0.make("Array", sets.iter().map(|set| set.len()).sum());
        self.0.set_global("answers", answers);
        logged(|| {
            self.0.text(1, |a| {
                let mut index = 0;
                for (set, number) in sets.iter().zip(1..) {
                    times(a, &format!("rounds before set {number}"), 0, ROUNDS, |a| {
                        round(a, (0, 7));
                        a.pop();
                    });
                    for &arguments in *set {
                        index += 1;
                        a.push_global("answers");
                        a.push(index);
                        round(a, arguments);
                        a.send("at:put:");
                        a.pop();
                    }
                }
                a.push_global("answers");
            })
        })
    }
}

/// Does something so many times, counting in a temporary.
fn times(a: &mut Asm, what: &str, temp: u8, times: i64, body: impl Fn(&mut Asm)) {
    let (next, end) = (format!("next of {what}"), format!("end of {what}"));
    a.push(times);
    a.pop_temp(temp);
    a.label(&next);
    a.push_temp(temp);
    a.push(0);
    a.send(">");
    a.jump_if(false, &end);
    body(a);
    a.push_temp(temp);
    a.push(1);
    a.send("-");
    a.pop_temp(temp);
    a.jump(&next);
    a.label(&end);
}

/// Goes on elsewhere unless the first argument of the round is 5.
fn unless_five(a: &mut Asm, elsewhere: &str) {
    a.push_temp(0);
    a.push(5);
    a.send("=");
    a.jump_if(false, elsewhere);
}

/// Sends a message to nil with the arguments of the round.
fn with_arguments(selector: &str) -> impl Fn(&mut Asm) {
    move |a| {
        a.push_nil();
        a.push_temp(0);
        a.push_temp(1);
        a.send(selector);
    }
}

/// Sends a message without arguments to nil, and takes the answer off the stack.
fn alone(selector: &str) -> impl Fn(&mut Asm) {
    move |a| {
        a.push_nil();
        a.send(selector);
        a.pop();
    }
}

/// How often native code left a plugin in this way.
fn ended(log: &str, how: &str) -> usize {
    log.lines().filter(|line| line.contains("native code has resided") && line.contains(&format!("end={how}"))).count()
}

/// What a call can do that takes and answers Integers, in native code; only in a wasm module native code can reside.
pub fn acts(form: &Form) -> Result<(), Failed> {
    let mut image = Image::new(form.sampler()?.into_host().plugins);
    image.named("add:with:", "SamplerPlugin", "primitiveAdd");
    image.named("act:with:", "SamplerPlugin", "primitiveAct");
    let add = |a: &mut Asm| {
        a.push_nil();
        a.push(3);
        a.push(4);
        a.send("add:with:");
        a.pop();
    };
    image.round(add, with_arguments("act:with:"));
    let acts =
        [(0, 7), (0, 1 << 60), (0, (1 << 60) - 1), (7, 1 << 28), (1, 8), (2, 13), (4, 1 << 20), (4, 20 << 20), (5, -9), (6, 0)];
    // Twice, with a plugin that breaks at the end.
    let sets = [[&acts[..], &[(3, 0)]].concat(), vec![(0, 1), (3, 0)], acts.to_vec()];
    let (answers, log) = image.sets(&sets.each_ref().map(Vec::as_slice));
    // An Integer of eight bytes is written as they are.
    let (eight, max) = ("\0\0\0\0\0\0\0\x10", (1_i64 << 60) - 1);
    let once = format!("7 {eight} {max} {eight} 8 a PrimitiveError 1048576 20971520 -9 bad argument");
    same(answers, format!("({once} {INTERNAL_ERROR} 1 {INTERNAL_ERROR} {once})"), "what rounds answer")?;
    let resides = form.name() == "wasm" && cfg!(all(target_arch = "x86_64", unix));
    same(ended(&log, "Called"), if resides { 16 } else { 0 }, "calls that ended in an unusual way")?;
    same(ended(&log, "NotCalled"), if resides { 2 } else { 0 }, "calls that go the general way")
}

/// A plugin that counts (`next`), and whose `act` does by its first argument: 1 runs for ever, 2 traps, 3 asks for so many pages, 4 recurses without
/// end, 6 signals that semaphore; anything else answers the second argument.
fn module(name: &'static str) -> Module {
    Module {
        name,
        lines: "import semaphores 1.0\nprimitive next () -> int\nprimitive act (what: int, number: int) -> int\n\
            primitive last (a: int, b: int, c: int) -> int",
        imports: "(import \"osvm:semaphores/1\" \"signal\" (func $signal (param i32) (result i64)))",
        body: "(global $count (mut i64) (i64.const 0))
            (func $deep (param $depth i64) (result i64)
                (i64.add (call $deep (i64.add (local.get $depth) (i64.const 1))) (local.get $depth)))
            (func $answer (param $number i64) (result i32) (i64.store (i32.const 64) (local.get $number)) (i32.const 0))
            (func (export \"next\") (result i32)
                (global.set $count (i64.add (global.get $count) (i64.const 1)))
                (call $answer (global.get $count)))
            (func (export \"act\") (param $what i64) (param $number i64) (result i32)
                (if (i64.eq (local.get $what) (i64.const 1)) (then (loop $forever (br $forever))))
                (if (i64.eq (local.get $what) (i64.const 2)) (then unreachable))
                (if (i64.eq (local.get $what) (i64.const 3)) (then
                    (return (call $answer (i64.extend_i32_s (memory.grow (i32.wrap_i64 (local.get $number))))))))
                (if (i64.eq (local.get $what) (i64.const 4)) (then (return (call $answer (call $deep (i64.const 1))))))
                (if (i64.eq (local.get $what) (i64.const 6)) (then
                    (return (call $answer (call $signal (i32.wrap_i64 (local.get $number)))))))
                (call $answer (local.get $number)))
            (func (export \"last\") (param i64 i64 i64) (result i32) (call $answer (local.get 2)))"
            .into(),
    }
}

/// An image with such plugins, each with these limits, and the rounds of the first: `next`, and at the end `act:with:`.
fn image(folder: &Path, plugins: &[&'static str], limits: &str) -> Result<Image, Failed> {
    let mut text = String::new();
    for name in plugins {
        module(name).put(&folder.join(name))?;
        text += &format!("plugins.{name} = {{ module = '{name}', grants.semaphores = true, limits = {{ {limits} }} }}\n");
    }
    let mut image = Image::new(host(&text, &folder.join("vm.toml"), PluginOptions::default())?.plugins);
    image.named("next", plugins[0], "next");
    image.named("act:with:", plugins[0], "act");
    image.named("last:with:with:", plugins[0], "last");
    image.round(alone("next"), with_arguments("act:with:"));
    Ok(image)
}

/// Fails unless native code has resided somewhere, where there is native code.
fn has_resided(log: &str) -> Result<(), Failed> {
    let has = log.contains("native code has resided");
    same(has, cfg!(all(target_arch = "x86_64", unix)), "native code resides in the plugin")
}

fn a_call_that_never_ends() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut image = image(folder.path(), &["LodgePlugin"], "deadline = '100 ms', stack = '64 KiB'")?;
    let start = Instant::now();
    let (answers, log) = image.rounds(&[(1, 0), (0, 5), (2, 0), (0, 6), (4, 0), (0, 7), (6, 1), (1, 0)]);
    let expected = format!("({LIMIT_EXCEEDED} 5 {INTERNAL_ERROR} 6 {LIMIT_EXCEEDED} 7 0 {LIMIT_EXCEEDED})");
    same(answers, expected, "what rounds answer")?;
    same(start.elapsed() < PATIENCE, true, "the time that it takes")?;
    same(log.matches("it ran longer than `limits.deadline` allows").count(), 2, "the log says why")?;
    has_resided(&log)
}

fn time_of_native_code() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut image = image(folder.path(), &["LodgePlugin"], "deadline = '20 ms'")?;
    for name in ["from", "to"] {
        let bytes = image.0.make("ByteArray", 1 << 20);
        image.0.set_global(name, bytes);
    }
    image.0.method("ByteArray", "replaceFrom:to:with:startingAt:", 4, 0, |a| {
        a.primitive(105, None);
        a.push_nil();
        a.ret();
    });
    // A primitive of the VM that takes longer than a call of the plugin may, again and again, and then such a call.
    image.round(alone("next"), |a| {
        unless_five(a, "act");
        times(a, "copies", 2, 4000, |a| {
            a.push_global("to");
            a.push(1);
            a.push(1 << 20);
            a.push_global("from");
            a.push(1);
            a.send("replaceFrom:to:with:startingAt:");
            a.pop();
        });
        a.label("act");
        with_arguments("act:with:")(a);
    });
    let (answers, log) = image.rounds(&[(5, 1), (5, 2), (0, 3)]);
    same(answers.as_str(), "(1 2 3)", "what rounds answer")?;
    has_resided(&log)
}

fn one_page() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut image = image(folder.path(), &["LodgePlugin"], "memory = '64 KiB'")?;
    image.round(
        |a| {
            a.push_nil();
            (1..=3).for_each(|number| a.push(number));
            a.send("last:with:with:");
            a.pop();
        },
        with_arguments("act:with:"),
    );
    let (answers, log) = image.rounds(&[(3, 1), (0, 2), (3, 0), (0, 4)]);
    same(answers.as_str(), "(-1 2 1 4)", "what rounds answer")?;
    has_resided(&log)
}

fn two_plugins() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut image = image(folder.path(), &["LodgePlugin", "OtherPlugin"], "deadline = '100 ms'")?;
    image.named("other", "OtherPlugin", "next");
    image.named("other:with:", "OtherPlugin", "act");
    let each = |a: &mut Asm| {
        alone("other")(a);
        alone("next")(a);
    };
    image.round(each, |a| {
        with_arguments("other:with:")(a);
        with_arguments("act:with:")(a);
        a.pop_array(2);
    });
    let start = Instant::now();
    let (answers, log) = image.rounds(&[(0, 1), (6, 1), (2, 0), (0, 2), (1, 0), (6, 2), (0, 3)]);
    let expected =
        format!("((1 1) (0 0) ({INTERNAL_ERROR} {INTERNAL_ERROR}) (2 2) ({LIMIT_EXCEEDED} {LIMIT_EXCEEDED}) (0 0) (3 3))");
    same(answers, expected, "what rounds answer")?;
    same(start.elapsed() < PATIENCE, true, "the time that it takes")?;
    has_resided(&log)
}

fn unloading() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let mut image = image(folder.path(), &["LodgePlugin"], "")?;
    image.0.method("Object", "unload:", 1, 0, |a| {
        a.primitive(571, None);
        a.push_symbol("not loaded");
        a.ret();
    });
    image.round(alone("next"), |a| {
        unless_five(a, "act");
        a.push_nil();
        a.push_symbol("LodgePlugin");
        a.send("unload:");
        a.pop();
        a.push_nil();
        a.send("next");
        a.ret();
        a.label("act");
        with_arguments("act:with:")(a);
    });
    let (answers, log) = image.rounds(&[(5, 0), (0, 9), (5, 0), (0, 8)]);
    same(answers.as_str(), "(1 9 1 8)", "what rounds answer")?;
    let answer = image.0.text(0, |a| {
        a.push_nil();
        a.push_symbol("NoPlugin");
        a.send("unload:");
    });
    same(answer.as_str(), "not loaded", "the answer about a module that is not there")?;
    has_resided(&log)
}
