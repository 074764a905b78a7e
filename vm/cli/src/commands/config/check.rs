//! `osvm config check`: what is wrong with a configuration file.

use crate::args::CheckConfigArgs;
use crate::failure::Failure;
use osvm_host::config::Search;

/// Reads the file, or the one that would be found.
pub fn run(args: &CheckConfigArgs) -> Result<i32, Failure> {
    let search = Search { config: args.file.clone(), image: args.image.clone(), plugins: None };
    let config = search.read().map_err(Failure::config)?;
    match search.file() {
        Some(file) => println!("{}: nothing is wrong", file.display()),
        None => println!("there is no configuration file; the built-in default holds"),
    }
    let disabled = config.plugins.values().filter(|plugin| !plugin.enabled).count();
    println!("{} plugins, {disabled} of them disabled", config.plugins.len());
    Ok(0)
}
