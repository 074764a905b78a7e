//! The command itself. What it does is tested in `tests/`; that a test of this package is here has cargo build it for them.

use std::process::Command;

#[test]
fn it_tells_its_version() {
    let output = Command::new(env!("CARGO_BIN_EXE_osvm")).arg("--version").output().unwrap();
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("osvm {}\n", env!("CARGO_PKG_VERSION")));
    assert!(output.status.success());
}
