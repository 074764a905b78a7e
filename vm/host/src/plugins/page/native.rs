//! Native libraries, which no page can load.

use super::refusal::Fault;
use super::table::Table;
use osvm_plugin_sdk::abi::Description;
use std::path::Path;

/// Refuses a library.
pub(super) fn load(_path: &Path) -> Result<(Table, Description), Fault> {
    Err(Fault::new("a native library cannot be loaded in a browser", "configure the plugin by `module = \"FILE.wasm\"`")
        .found("a native library")
        .expected("a wasm module"))
}
