//! What `osvm eval` does with sources, errors, limits, interrupts and saved images.

use super::{LIMIT, Test, ends, eval, eval_in, expect, pharo};
use libtest_mimic::Failed;
use osvm_tests::{PHARO, command, finish, image, run};
use rustix::process::{Pid, Signal, kill_process};
use std::fs;
use std::io::Write;
use std::process::Stdio;
use std::time::{Duration, Instant};

const CODEPARADISE: &str = "codeparadise-sista-32.image";
const TINY_32: &str = "tiny-32.image";
const TINY_64: &str = "tiny-64.image";

pub(super) const TESTS: &[Test] = &[
    (PHARO, "answers are lines", || ends(&eval(&["1 + 3", "'two'"])?, 0, "4\n'two'\n", "")),
    (PHARO, "options behind expressions, and expressions like options", || {
        ends(&eval(&["3", "--timeout", "60", "--", "-5 abs"])?, 0, "3\n5\n", "")
    }),
    (PHARO, "the first error ends it", || {
        let stack = "ZeroDivide\n  SmallInteger>>/\n  UndefinedObject>>DoIt  expression-2:1:2\n      1/0\n       ^\n";
        ends(&eval(&["1", "1/0", "3"])?, 1, "1\n", stack)
    }),
    (PHARO, "an undefined message", undefined_message),
    (PHARO, "what does not compile", what_does_not_compile),
    (PHARO, "sources from files and standard input", sources),
    (PHARO, "quits and their statuses", || ends(&eval(&["3", "Smalltalk exit: 7", "4"])?, 7, "3\n", "")),
    (PHARO, "blocks that ensure something run after an error", unwinding),
    (PHARO, "a process that terminates itself", || {
        let output = eval(&["--keep-going", "Processor activeProcess terminate", "5"])?;
        ends(&output, 1, "5\n", "the expression's process was terminated, or suspended and nothing resumes it\n")
    }),
    (PHARO, "the time limit", time_limit),
    (PHARO, "an interrupt", interrupt),
    (PHARO, "a recursion without end", recursion),
    (PHARO, "JSON", json),
    (PHARO, "a saved image", saved),
    (PHARO, "an image that cannot be saved", not_saved),
    (PHARO, "an image that saves itself", || {
        let folder = pharo()?;
        ends(&eval_in(&folder, &["Smalltalk at: #Kept put: 9. Smalltalk snapshot: true andQuit: false"])?, 0, "false\n", "")?;
        ends(&eval_in(&folder, &["Smalltalk at: #Kept"])?, 0, "9\n", "")
    }),
    (PHARO, "the first start of an image, which quits", || {
        let folder = tempfile::tempdir()?;
        fs::copy(image(PHARO).ok_or("the image is not here")?, folder.path().join(PHARO))?;
        ends(&eval_in(&folder, &["3 + 4"])?, 0, "7\n", "")
    }),
    (CODEPARADISE, "an image of 32 bits in Sista V1, without a compiler", || {
        let output = small(CODEPARADISE, &["(1 to: 5) inject: 0 into: [:a :b | a + b]", "x := 'new'. x , 'er'", "3 foo"])?;
        let (stdout, stderr) = (output.stdout_text(), output.stderr_text());
        expect(output.status == Some(1) && stdout.starts_with("15\n'newer'\n"), "answers", (output.status, &stdout))?;
        expect((stdout + &stderr).contains("MessageNotUnderstood(#foo by 3)"), "its own report of the error", stderr)
    }),
    (TINY_32, "an image that quits while it starts", || {
        let output = small(TINY_32, &["3 + 4"])?;
        expect((output.status, output.stdout_text()) == (Some(0), "7\n".into()), "its own output is elsewhere", &output)?;
        expect(output.stderr_text().contains("Smalltalk image fired up!"), "on standard error", output)
    }),
    (TINY_64, "an image without printString", || {
        // The image goes astray if its benchmark takes less than a millisecond, so it must not be too fast.
        let output = small(TINY_64, &["--gc-stress", "1", "3 + 4"])?;
        let told = output.stderr_text().contains("it has no symbol #printString");
        expect(output.status == Some(2) && told && output.stdout.is_empty(), "it is told", output)
    }),
    ("", "packages are loaded first", || {
        let folder = tempfile::tempdir()?;
        let package = folder.path().join("Greetings");
        fs::create_dir(&package)?;
        fs::write(package.join("package.st"), "Package { #name : #Greetings }")?;
        let class = "Class { #name : #GreetingTest, #superclass : #TestCase, #category : #Greetings }\n\n\
            GreetingTest >> testGood [\n\tself assert: 3 + 4 equals: 7\n]\n\n\
            GreetingTest >> testBad [\n\tself assert: 3 + 4 equals: 8\n]\n";
        fs::write(package.join("GreetingTest.class.st"), class)?;
        let output = run(folder.path(), &["eval", "--load", "Greetings", "GreetingTest testSelectors size"], LIMIT);
        expect((output.status, output.stdout_text()) == (Some(0), "2\n".into()), "eval", output)?;
        let output = run(folder.path(), &["test", "--load", "Greetings"], LIMIT);
        let text = output.stdout_text();
        let told = text.contains("FAIL   GreetingTest>>testBad") && text.contains("2 run: 1 passed, 1 failed");
        expect(output.status == Some(1) && told, "test", output)
    }),
    ("", "an image that asks for the compiler", || {
        let folder = tempfile::tempdir()?;
        let lines = [
            ("Compiler evaluate: '3 + 4'", "7"),
            ("Compiler evaluate: 'x + y' for: 2 @ 3", "5"),
            (
                "[Compiler evaluate: '3 +'] on: SyntaxError do: [:e | e messageText lines first]",
                "'source:1:4: error: expected an expression, and the source ends'",
            ),
            ("[Compiler evaluate: 3] on: Error do: [:e | #refused]", "#refused"),
            ("Object subclass: #Thing instanceVariableNames: 'a' classVariableNames: 'B' package: 'Things'", "Thing"),
            ("(Smalltalk at: #Thing) compile: 'a: x ^ a := B := x'", "#a:"),
            ("(Smalltalk at: #Thing) class compile: 'b ^ B'", "#b"),
            ("((Smalltalk at: #Thing) new a: 5) + (Smalltalk at: #Thing) b", "10"),
            ("(Compiler evaluate: '#aSymbolThatIsNew') == ('aSymbolThatIs' , 'New') asSymbol", "true"),
            ("(1 to: 2000) inject: 0 into: [:sum :each | sum + (Compiler evaluate: each printString)]", "2001000"),
        ];
        let arguments: Vec<&str> = ["eval"].into_iter().chain(lines.iter().map(|line| line.0)).collect();
        let output = run(folder.path(), &arguments, LIMIT);
        let expected: String = lines.iter().map(|line| format!("{}\n", line.1)).collect();
        expect((output.status, output.stdout_text()) == (Some(0), expected), "the answers", output)
    }),
    ("", "a compiler that is switched off", || {
        let folder = tempfile::tempdir()?;
        fs::write(folder.path().join("vm.toml"), "[plugins.CompilerPlugin]\nbuiltin = true\nenabled = false\n")?;
        let asks = "[Compiler evaluate: '3 + 4'] on: Error do: [:e | e class name]";
        let output = run(folder.path(), &["eval", "--config", "vm.toml", asks, "5"], LIMIT);
        let told = output.stderr_text().contains("that is disabled by");
        expect((output.status, output.stdout_text(), told) == (Some(0), "#PrimitiveFailed\n5\n".into(), true), "it is told", output)
    }),
    ("", "an image that cannot be saved goes on", || {
        let folder = tempfile::tempdir()?;
        let output = run(folder.path(), &["eval", "--save", "missing/new.image", "3"], LIMIT);
        let told = output.stderr_text().contains("missing/new.image was not saved: Error: the image was not saved");
        expect(output.status == Some(1) && told && output.stdout_text() == "3\n", "it is told", output)
    }),
    ("", "what is no variable is not assigned", || {
        let folder = tempfile::tempdir()?;
        let output = run(folder.path(), &["eval", "true := 3"], LIMIT);
        let told = output.stderr_text().contains("true is no variable that can be assigned");
        expect(output.status == Some(2) && told && output.stdout.is_empty(), "it is told", output)
    }),
    ("", "a report of tests needs its folder", || {
        let folder = tempfile::tempdir()?;
        let output = run(folder.path(), &["test", "--junit", "missing/report.xml"], LIMIT);
        expect(output.status == Some(2) && output.stderr_text().contains("missing/report.xml: "), "it is told", output)
    }),
    ("", "the image that comes with osvm", || {
        let folder = tempfile::tempdir()?;
        let output = run(folder.path(), &["eval", "3"], LIMIT);
        expect((output.status, output.stdout_text()) == (Some(0), "3\n".into()), "it answers", output)
    }),
];

/// Expressions in one of the small images.
fn small(name: &str, expressions: &[&str]) -> Result<osvm_tests::Output, Failed> {
    let folder = tempfile::tempdir()?;
    fs::copy(image(name).ok_or("the image is not here")?, folder.path().join(name))?;
    let arguments = [&["eval", "--timeout", "20", "--max-heap", "256M", "--image", name], expressions].concat();
    Ok(run(folder.path(), &arguments, LIMIT))
}

fn undefined_message() -> Result<(), Failed> {
    let stack = "MessageNotUnderstood: SmallInteger>> #foo\n  SmallInteger(Object)>>doesNotUnderstand:\n  [] in UndefinedObject>>DoIt  \
                 expression:1:9\n      [:x | x foo ] value: 3\n              ^\n  UndefinedObject>>DoIt  expression:1:15\n      \
                 [:x | x foo ] value: 3\n                    ^\n";
    ends(&eval(&["[:x | x foo ] value: 3"])?, 1, "", stack)
}

fn what_does_not_compile() -> Result<(), Failed> {
    ends(
        &eval(&["3 + (4 "])?,
        2,
        "",
        "expression:1:8: error: expected ) for the ( before, and the source ends\n  3 + (4 \n         ^\n",
    )?;
    let near = "expression:1:1: error: Trancsript is not declared\n  Trancsript cr\n  ^^^^^^^^^^\n  did you mean Transcript?\n";
    ends(&eval(&["Trancsript cr"])?, 2, "", near)
}

fn sources() -> Result<(), Failed> {
    let folder = pharo()?;
    fs::write(folder.path().join("a.st"), "| a |\na := 3.\na + 1")?;
    ends(&eval_in(&folder, &["-f", "a.st", "7"])?, 0, "4\n7\n", "")?;
    fs::write(folder.path().join("b.st"), "| b |\nb := 3.\n\tb foo")?;
    let output = eval_in(&folder, &["-f", "b.st"])?;
    let place = "  UndefinedObject>>DoIt  b.st:3:4\n       b foo\n         ^\n";
    expect(output.status == Some(1) && output.stderr_text().ends_with(place), "the place in the file", output)?;
    let mut child = command(folder.path(), &["eval", "--image", PHARO]).stdin(Stdio::piped()).spawn()?;
    child.stdin.take().ok_or("a pipe")?.write_all(b"| x |\nx := 5.\nx * x\n")?;
    ends(&finish(child, LIMIT), 0, "25\n", "")?;
    let missing = eval_in(&folder, &["-f", "c.st"])?;
    expect(missing.status == Some(2) && missing.stderr_text().contains("c.st"), "a file that is not there", missing)
}

fn unwinding() -> Result<(), Failed> {
    let output = eval(&["--keep-going", "Done := 0. [1/0] ensure: [Done := Done + 1]", "Done"])?;
    expect((output.status, output.stdout_text()) == (Some(1), "1\n".into()), "it ran once", output)
}

fn time_limit() -> Result<(), Failed> {
    let start = Instant::now();
    let output = eval(&["--timeout", "1", "--keep-going", "[true] whileTrue", "(Delay forSeconds: 900) wait", "[3] value"])?;
    expect(start.elapsed() < LIMIT, "it is soon over", start.elapsed())?;
    expect((output.status, output.stdout_text()) == (Some(1), "3\n".into()), "the others run", &output)?;
    let errors = output.stderr_text();
    let loops = errors.starts_with("the time is over\n  UndefinedObject>>DoIt  expression-1:1:2\n");
    expect(loops && errors.contains("Delay>>wait\n  UndefinedObject>>DoIt  expression-2:1:25\n"), "stacks", errors)
}

fn interrupt() -> Result<(), Failed> {
    for expression in ["[true] whileTrue", "(Delay forSeconds: 900) wait"] {
        let folder = pharo()?;
        let child = command(folder.path(), &["eval", "--image", PHARO, "1", expression]).spawn()?;
        std::thread::sleep(Duration::from_secs(2));
        kill_process(Pid::from_child(&child), Signal::INT)?;
        let output = finish(child, LIMIT);
        expect(output.status == Some(130), "the status", &output)?;
        let errors = output.stderr_text();
        expect(errors.starts_with("interrupted\n") && errors.contains("expression-2:1:"), "the stack", errors)?;
    }
    Ok(())
}

fn recursion() -> Result<(), Failed> {
    let output = eval(&["--max-heap", "48M", "| r | r := nil. r := [:n | (r value: n + 1) + 1]. r value: 1"])?;
    let errors = output.stderr_text();
    expect(output.status == Some(70) && errors.contains("out of memory: "), "memory is short", &errors)?;
    expect(errors.contains(" times)") && errors.contains("... "), "a stack that can be read", errors)
}

fn json() -> Result<(), Failed> {
    let output = eval(&["--json", "--keep-going", "#a -> 1", "1/0", "foo", "Smalltalk exit: 3"])?;
    let lines = output.stdout_text();
    let lines: Result<Vec<serde_json::Value>, _> = lines.lines().map(serde_json::from_str).collect();
    let lines = lines?;
    expect(output.status == Some(1) && output.stderr.is_empty(), "the first error's status", &output)?;
    expect(lines[0] == serde_json::json!({ "expression": "#a -> 1", "answer": "#a->1" }), "an answer", &lines)?;
    expect(lines[1]["error"]["class"] == "ZeroDivide" && lines[1]["error"]["stack"][1]["column"] == 2, "an error", &lines)?;
    expect(lines[2]["error"]["kind"] == "syntax" && lines[2]["error"]["diagnostics"][0]["line"] == 1, "no expression", &lines)?;
    expect(lines[3]["error"]["kind"] == "quit" && lines[3]["error"]["status"] == 3, "a quit", &lines)
}

fn saved() -> Result<(), Failed> {
    let folder = pharo()?;
    let before = fs::read(folder.path().join(PHARO))?;
    ends(&eval_in(&folder, &["--save", "new.image", "Smalltalk at: #Kept put: 42"])?, 0, "42\n", "")?;
    expect(fs::read(folder.path().join(PHARO))? == before, "the image that was started is as it was", PHARO)?;
    ends(&run(folder.path(), &["eval", "--image", "new.image", "Smalltalk at: #Kept"], LIMIT), 0, "42\n", "")?;
    let version = run(folder.path(), &["new.image", "printVersion"], LIMIT);
    expect(version.status == Some(0) && version.stdout.starts_with(b"[version] 'Pharo8.0.0'"), "it starts", version)?;
    let verified = run(folder.path(), &["info", "--verify", "new.image"], LIMIT);
    expect(verified.status == Some(0), "it is sound", verified)?;
    let failed = eval_in(&folder, &["--save", "other.image", "1/0"])?;
    expect(failed.status == Some(1) && !folder.path().join("other.image").exists(), "nothing is saved after an error", failed)
}

fn not_saved() -> Result<(), Failed> {
    let output = eval(&["--save", "no/such/folder/x.image", "3"])?;
    let told = output.stderr_text().contains("osvm: no/such/folder/x.image was not saved");
    expect((output.status, output.stdout_text(), told) == (Some(1), "3\n".into(), true), "it is told", output)
}
