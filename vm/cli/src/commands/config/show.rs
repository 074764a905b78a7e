//! `osvm config show`: the configuration that holds, as a file that says it all by itself.

use crate::args::ShowConfigArgs;
use crate::failure::Failure;

/// Prints it.
pub fn run(args: &ShowConfigArgs) -> Result<i32, Failure> {
    let config = args.config.search(args.image.clone()).read().map_err(Failure::config)?;
    match &config.path {
        Some(path) => println!("# {}, with what it takes from the built-in default", path.display()),
        None => println!("# the built-in default"),
    }
    print!("{config}");
    Ok(0)
}
