//! `cargo xtask docs`: writes the pages that are made from tables in the source; with `--check` it fails if one of them is out of date.

#![forbid(unsafe_code)]

mod plugins_page;

use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let result = match args.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => write_pages(),
        ["--check"] => check_pages(),
        _ => Err("usage: cargo xtask docs [--check]".into()),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("docs: {message}");
            ExitCode::FAILURE
        }
    }
}

/// The pages, by their path in the workspace.
fn pages() -> [(&'static str, String); 2] {
    [("docs/plugins.md", plugins_page::text()), ("docs/primitives.md", osvm_core::primitives::markdown())]
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this package is two folders down in the workspace")
}

fn write_pages() -> Result<(), String> {
    for (path, text) in pages() {
        std::fs::write(root().join(path), text).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(())
}

fn check_pages() -> Result<(), String> {
    for (path, text) in pages() {
        if std::fs::read_to_string(root().join(path)).ok() != Some(text) {
            return Err(format!("{path} is out of date: run `cargo xtask docs`"));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_pages_are_up_to_date() {
        super::check_pages().unwrap();
    }
}
