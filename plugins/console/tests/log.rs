//! ConsolePlugin.

use osvm_plugin_console::PLUGIN;
use osvm_plugin_sdk::PrimitiveError;
use osvm_plugin_sdk::testing::{Fake, Tester};

#[test]
fn lines_go_to_the_stream_of_their_level() {
    let mut tester = Tester::new(&PLUGIN);
    let mut log = |level: &str| tester.call_on(7, "primitiveLog:level:", (format!("a {level} message").as_str(), level));
    for level in ["log", "info", "debug", "warn", "error"] {
        assert_eq!(log(level), Ok(Fake::Int(7)), "the receiver");
    }
    assert_eq!(log("shout"), Err(PrimitiveError::BadArgument));
    assert_eq!(tester.world.files.stdout, b"a log message\na info message\na debug message\n");
    assert_eq!(tester.world.files.stderr, b"a warn message\na error message\n");
    tester.deny("console");
    assert_eq!(tester.call("primitiveLog:level:", ("x", "log")), Err(PrimitiveError::Unsupported));
}
