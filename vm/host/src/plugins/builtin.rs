//! The plugins that are linked in, each by a feature of this crate.

use osvm_plugin_sdk::PluginTable;

/// All of them.
pub(super) const TABLES: &[&PluginTable] = &[&osvm_plugin_console::PLUGIN];
