//! The reader of vm.toml: any text is read or refused with places that are in it, and what was read prints as a file that says the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use osvm_host::config::{Config, ConfigError, Places};
use std::path::Path;

fuzz_target!(|text: &str| {
    let places = Places {
        cwd: "/work".into(),
        image_dir: "/images".into(),
        home: Some("/home/me".into()),
        temp: "/tmp".into(),
        plugins: "/plugins".into(),
        environment: |name| (name == "A").then(|| "b".into()),
    };
    match Config::parse(text, Path::new("/etc/vm.toml"), None, &places) {
        Ok(config) => {
            let printed = config.to_string();
            let again = Config::parse(&printed, Path::new("/etc/vm.toml"), None, &places);
            assert_eq!(again.expect("what is printed can be read"), config);
        }
        Err(ConfigError::Wrong(_, problems)) => {
            assert!(!problems.is_empty());
            for problem in &problems {
                let line = text.split('\n').nth(problem.line - 1).expect("the line is there");
                assert!(problem.column <= line.chars().count() + 1, "{problem}");
                assert!(problem.to_string().lines().count() >= 3);
            }
        }
        Err(ConfigError::Unreadable(path, error)) => panic!("nothing was to be read: {}: {error}", path.display()),
    }
});
