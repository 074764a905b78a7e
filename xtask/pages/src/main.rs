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
fn pages() -> Result<[(&'static str, String); 4], String> {
    Ok([
        ("docs/plugins.md", plugins_page::text()),
        ("docs/primitives.md", osvm_core::primitives::markdown()),
        ("docs/configuration.md", with_section("docs/configuration.md", "keys", &osvm_host::config::markdown())?),
        ("docs/vm.schema.json", format!("{:#}\n", osvm_host::config::schema())),
    ])
}

/// The page as it is, with what is between `<!-- name -->` and `<!-- /name -->` replaced.
fn with_section(path: &str, name: &str, section: &str) -> Result<String, String> {
    let page = std::fs::read_to_string(root().join(path)).map_err(|error| format!("{path}: {error}"))?;
    let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->\n"));
    let parts = page.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) = parts.ok_or_else(|| format!("{path} has no section between the comments `{name}` and `/{name}`"))?;
    Ok(format!("{before}{begin}{section}{end}{after}"))
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).expect("this package is two folders down in the workspace")
}

fn write_pages() -> Result<(), String> {
    for (path, text) in pages()? {
        std::fs::write(root().join(path), text).map_err(|error| format!("{path}: {error}"))?;
    }
    Ok(())
}

fn check_pages() -> Result<(), String> {
    for (path, text) in pages()? {
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
