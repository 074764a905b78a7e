//! `osvm test`, with a small SUnit.

use super::Case;
use super::support::{NEW, OLD, Place, has};
use libtest_mimic::Failed;

pub const CASES: &[Case] = &[("tests are run and reported", reported), ("tests that pass, and none", passing)];

/// As much of SUnit as the command asks for.
const SUNIT: &str = include_str!("sunit.st");

fn place(tests: &str) -> Result<Place, Failed> {
    let place = Place::new()?;
    place.write("sunit.st", SUNIT)?;
    place.write("tests.st", &format!("TestCase subclass: #OTest instanceVariableNames: '' classVariableNames: '' package: 'T'!\n!OTest methodsFor: 'x'!\n{tests}! !\n"))?;
    Ok(place)
}

fn reported() -> Result<(), Failed> {
    let place = place(
        "testGood\n\tself assert: 3 + 4 = 7!\ntestBad\n\tself assert: 3 + 4 = 8!\ntestError\n\tself error: 'a < b'!\ntestLoop\n\t[ true ] whileTrue: []!\ntestSkip\n\tself skip!\ntestQuit\n\tSmalltalk exit: 3!\ntestZLast\n\tself assert: true",
    )?;
    let output = place
        .must(1, &["test", "--image", OLD, "--load", "sunit.st", "--load", "tests.st", "--timeout", "1", "--junit", "out.xml"])?;
    let said = output.stdout_text();
    has(&said, "FAIL   OTest>>testBad: TestFailure: Assertion failed\n  OTest(TestCase)>>assert:\n  OTest>>testBad\n")?;
    has(&said, "ERROR  OTest>>testError: Error: a < b\n")?;
    has(&said, "TIME   OTest>>testLoop: not over after 1 seconds\n")?;
    has(&said, "ERROR  OTest>>testQuit: the image quit with status 3\n")?;
    has(&said, "7 run: 2 passed, 1 failed, 2 errors, 1 timed out, 1 skipped in ")?;
    let xml = std::fs::read_to_string(place.path("out.xml"))?;
    has(&xml, "<testsuite name=\"OTest\" tests=\"7\" failures=\"1\" errors=\"3\" skipped=\"1\"")?;
    has(&xml, "<error message=\"Error: a &lt; b\">")?;
    let output = place.must(0, &["test", "--image", OLD, "--load", "sunit.st", "--load", "tests.st", "-v", "*>>testGood"])?;
    has(&output.stdout_text(), "pass   OTest>>testGood (")?;
    has(&output.stdout_text(), "1 run: 1 passed, 0 failed, 0 errors, 0 timed out, 0 skipped in ")
}

fn passing() -> Result<(), Failed> {
    let place = place("testGood\n\tself assert: true")?;
    place.load(OLD, &["sunit.st", "tests.st"])?;
    place.must(0, &["test", "--image", NEW])?;
    let none = place.must(1, &["test", "--image", NEW, "Nothing*"])?;
    has(&none.stderr_text(), "no test of the image is called so\n")?;
    let without = place.must(2, &["test", "--image", OLD])?;
    has(&without.stderr_text(), "osvm: the image has no class TestCase: load SUnit with the tests")
}
