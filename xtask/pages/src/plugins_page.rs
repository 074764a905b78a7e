//! docs/plugins.md: what is built in, from the plugins' own tables.

/// The page.
pub fn text() -> String {
    let mut page = String::from(
        "# Plugins that are built in\n\n\
         Written by `cargo xtask docs` from the plugins' own tables. The grammar of signatures is in `plugin-sdk/abi/src/parse.rs`; a\n\
         parameter `self` is the receiver of the message.\n",
    );
    let host = osvm_host::plugins();
    let mut current = None;
    for (module, function, signature) in host.signatures() {
        if current != Some(module) {
            current = Some(module);
            let title = if module.is_empty() { "Without a module: the VM's own that need the world" } else { module };
            page.push_str(&format!("\n## {title}\n\n| function | signature |\n|---|---|\n"));
        }
        page.push_str(&format!("| {function} | `{signature}` |\n"));
    }
    page
}
