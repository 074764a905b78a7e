//! What images ask the command for, besides plugins.

use osvm_compiler::service;
use osvm_host::{PluginOptions, Service};

const SERVICES: &[Service] = &[
    Service { module: service::MODULE, function: service::FUNCTION, call: service::compile },
    Service { module: service::MODULE, function: service::FOLLOW_FUNCTION, call: service::follow_fields },
];

/// How an image's plugins are loaded, with the compiler for images that ask for one.
pub fn plugin_options() -> PluginOptions {
    PluginOptions { services: SERVICES, ..PluginOptions::of_user() }
}
