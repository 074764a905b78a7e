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
    #[cfg(feature = "file-attributes")]
    &osvm_plugin_file_attributes::PLUGIN,
    #[cfg(feature = "security")]
    &osvm_plugin_security::PLUGIN,
    #[cfg(feature = "asynch-file")]
    &osvm_plugin_asynch_file::PLUGIN,
    #[cfg(feature = "float-array")]
    &osvm_plugin_float_array::PLUGIN,
    #[cfg(feature = "kedama")]
    &osvm_plugin_kedama::PLUGIN,
    #[cfg(feature = "dsa")]
    &osvm_plugin_dsa::PLUGIN,
    #[cfg(feature = "md5")]
    &osvm_plugin_md5::PLUGIN,
    #[cfg(feature = "sha2")]
    &osvm_plugin_sha2::PLUGIN,
    #[cfg(feature = "uuid")]
    &osvm_plugin_uuid::PLUGIN,
    #[cfg(feature = "locale")]
    &osvm_plugin_locale::PLUGIN,
    #[cfg(feature = "zip")]
    &osvm_plugin_zip::PLUGIN,
    #[cfg(feature = "cp-system")]
    &osvm_plugin_cp_system::PLUGIN,
];
