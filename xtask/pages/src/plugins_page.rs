//! docs/plugins.md: what comes with osvm, from the plugins' own descriptions.

use osvm_host::{builtin_plugins, own_primitives};
use std::fmt::Write;

/// The page.
pub fn text() -> String {
    let mut page = String::from(
        "# Plugins that come with osvm\n\n\
         Written by `cargo xtask docs` from the plugins' own descriptions. [plugin-abi.md](plugin-abi.md) has the grammar of signatures; a\n\
         parameter `self` is the receiver of the message. Which plugins an image gets, and what each may touch, is said in `vm.toml`:\n\
         [configuration.md](configuration.md).\n",
    );
    section(&mut page, "Without a module: the VM's own that need the world", own_primitives().map(|(n, s)| (n.into(), s.into())));
    for plugin in builtin_plugins() {
        section(&mut page, &plugin.module, plugin.primitives.iter().map(|p| (p.name.clone(), p.signature.to_string())));
        if !plugin.imports.is_empty() {
            let names: Vec<&str> = plugin.imports.iter().map(|import| import.interface.as_str()).collect();
            writeln!(page, "\nUses {}.", names.join(", ")).expect("a string can be written to");
        }
    }
    page
}

fn section(page: &mut String, title: &str, primitives: impl Iterator<Item = (String, String)>) {
    write!(page, "\n## {title}\n\n| function | signature |\n|---|---|\n").expect("a string can be written to");
    for (name, signature) in primitives {
        writeln!(page, "| {name} | `{signature}` |").expect("a string can be written to");
    }
}
