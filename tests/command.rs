//! The command line itself: help, completions, the man page, signals, closed pipes, statistics.

use osvm_tests::run;
use std::path::Path;
use std::time::Duration;

const LIMIT: Duration = Duration::from_secs(60);
const HERE: &str = env!("CARGO_MANIFEST_DIR");

#[test]
fn help_version_completions_and_man_page() {
    let here = Path::new(HERE);
    let help = run(here, &["--help"], LIMIT);
    assert_eq!((help.status, help.stderr_text().as_str()), (Some(0), ""));
    for word in ["IMAGE", "--max-heap", "--trace", "--gc-stress", "--stats", "info", "disasm", "stack"] {
        assert!(help.stdout_text().contains(word), "{word} is not in the help:\n{}", help.stdout_text());
    }
    assert!(run(here, &["--version"], LIMIT).stdout_text().starts_with("osvm "));
    for shell in ["bash", "zsh", "fish"] {
        assert!(run(here, &["completions", shell], LIMIT).stdout_text().contains("osvm"));
    }
    assert!(run(here, &["man"], LIMIT).stdout_text().contains(".TH osvm"));
}

#[test]
fn a_wrong_command_line_has_status_2() {
    for args in [&[][..], &["--frobnicate", "x.image"], &["run"], &["info"], &["--max-heap", "12 parsecs", "x.image"]] {
        let output = run(Path::new(HERE), args, LIMIT);
        assert_eq!(output.status, Some(2), "{args:?}: {output:?}");
        assert!(output.stdout.is_empty() && !output.stderr.is_empty());
    }
}
