//! The plugins that are linked in, each by a feature of this crate.

use osvm_plugin_sdk::PluginTable;

/// All of them.
pub(super) const TABLES: &[&PluginTable] = &[
    #[cfg(feature = "console")]
    &osvm_plugin_console::PLUGIN,
    #[cfg(feature = "file")]
    &osvm_plugin_file::PLUGIN,
    #[cfg(feature = "large-integers")]
    &osvm_plugin_large_integers::PLUGIN,
    #[cfg(feature = "misc")]
    &osvm_plugin_misc::PLUGIN,
];
