//! The commands in README.md are the ones that work.

use osvm_tests::root;

#[test]
fn the_continuous_check_runs_the_readmes_test_command() {
    let readme = std::fs::read_to_string(root().join("README.md")).unwrap();
    let check = std::fs::read_to_string(root().join(".ci/run")).unwrap();
    let command = "cargo test --workspace";
    assert!(readme.contains(command) && check.contains(command));
}
