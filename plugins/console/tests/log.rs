//! ConsolePlugin.

use osvm_plugin_sdk::classic::PrimitiveError;
use osvm_plugin_sdk::classic::testing::{Fake, Tester};

#[test]
fn lines_go_to_the_stream_of_their_level() {
    let mut tester = Tester::new(osvm_plugin_console::plugin());
    let mut log = |level: &str| {
        let mut args = [Fake::string(&format!("a {level} message")), Fake::string(level)];
        tester.call("primitiveLog:level:", Fake::Int(7), &mut args)
    };
    for level in ["log", "info", "debug", "warn", "error"] {
        assert_eq!(log(level), Ok(Fake::Int(7)), "the receiver");
    }
    assert_eq!(log("shout"), Err(PrimitiveError::BadArgument));
    assert_eq!(tester.world.stdout, b"a log message\na info message\na debug message\n");
    assert_eq!(tester.world.stderr, b"a warn message\na error message\n");
}
