use osvm_plugin_sdk::prelude::*;

#[plugin]
mod no_name {}

#[plugin(imports(log))]
mod no_name_either {}

#[plugin(name = "")]
mod empty_name {}

#[plugin(name = "Two Words")]
mod white_space {}

#[plugin(name = "A", name = "B")]
mod two_names {}

#[plugin(name = "A", version = "1")]
mod unknown_key {}

#[plugin(name = "A", imports(files, clok))]
mod unknown_import {}

#[plugin(name = "A", imports(files, files))]
mod imported_twice {}

#[plugin(name = "A", hooks(quit))]
mod listed_hooks {}

#[plugin(name = "A")]
fn no_module() {}

#[plugin(name = "A")]
mod elsewhere;

fn main() {}
