//! `osvm plugin check`: what a VM checks before it uses a plugin.

use super::target::{Target, options};
use crate::args::CheckPluginArgs;
use crate::failure::Failure;
use osvm_host::Refusal;
use osvm_host::check::check;
use osvm_host::config::{Config, Grants};
use std::path::Path;

/// Checks each file, and says what was found; the exit status is 1 if one is refused.
pub fn run(args: &CheckPluginArgs) -> Result<i32, Failure> {
    let config = args.config.search(None).read().map_err(Failure::config)?;
    let mut status = 0;
    for file in &args.files {
        match check_file(file, &config) {
            Ok(found) => println!("{}: {found}", file.display()),
            Err(refusal) => {
                eprintln!("osvm: {refusal}");
                status = 1;
            }
        }
    }
    Ok(status)
}

/// What is to be said of a plugin that would be loaded.
fn check_file(file: &Path, config: &Config) -> Result<String, Box<Refusal>> {
    let mut target = Target::read(file, config)?;
    if !target.configured {
        target.config.grants = Grants::all();
    }
    let description = &target.description;
    check(&description.module, &target.config, &options())?;
    let imports: Vec<&str> = description.imports.iter().map(|import| import.interface.as_str()).collect();
    let uses = match (imports.is_empty(), target.configured) {
        (true, _) => "it needs no grants".into(),
        (false, true) => format!("it uses {}, which the configuration grants", imports.join(", ")),
        (false, false) => format!("it needs grants for {}, and no configuration has a block for it", imports.join(", ")),
    };
    let count = match description.primitives.len() {
        1 => "1 primitive".to_string(),
        count => format!("{count} primitives"),
    };
    Ok(format!("{} {} can be loaded, with {count}; {uses}", description.module, description.version))
}
