//! The forms of a plugin.

use libtest_mimic::Failed;
use osvm_host::config::{Config, Places};
use osvm_host::testing::{PluginTest, RealHost};
use osvm_host::{PluginOptions, config};
use osvm_tests::library;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// A form, with the folder of the files.
#[derive(Clone)]
pub enum Form {
    Wasm(PathBuf),
    Native(PathBuf),
    Builtin,
}

pub fn all(plugins: &Path) -> [Form; 3] {
    [Form::Wasm(plugins.into()), Form::Native(plugins.into()), Form::Builtin]
}

impl Form {
    pub fn name(&self) -> &'static str {
        match self {
            Form::Wasm(_) => "wasm",
            Form::Native(_) => "native",
            Form::Builtin => "builtin",
        }
    }

    /// The plugin of `tests/sampler`, with all that it imports granted.
    pub fn sampler(&self) -> Result<PluginTest, Failed> {
        Ok(match self {
            Form::Wasm(folder) => PluginTest::file(&folder.join("sampler.wasm"))?,
            Form::Native(folder) => PluginTest::file(&library(folder, "sampler"))?,
            Form::Builtin => PluginTest::linked(&osvm_plugin_sampler::PLUGIN)?,
        })
    }

    /// The key of a configuration that names the plugin's code.
    pub fn key(&self, plugin: &str) -> String {
        match self {
            Form::Wasm(folder) => format!("module = '{}'", folder.join(format!("{plugin}.wasm")).display()),
            Form::Native(folder) => format!("native = '{}'", library(folder, plugin).display()),
            Form::Builtin => "builtin = true".into(),
        }
    }
}

/// A configuration that has just these plugins.
pub fn config(text: &str, file: &Path) -> Result<Config, Failed> {
    let text = format!("vm.defaults = false\n{text}");
    config::Config::parse(&text, file, None, &Places::of_process()).map_err(|error| error.to_string().into())
}

/// A host with just these plugins.
pub fn host(text: &str, file: &Path, options: PluginOptions) -> Result<RealHost, Failed> {
    Ok(RealHost::new(&config(text, file)?, options)?)
}

/// What is logged meanwhile, with all its details.
pub fn logged<T>(work: impl FnOnce() -> T) -> (T, String) {
    let text = Text::default();
    let lines = text.clone();
    let log = tracing_subscriber::fmt().with_max_level(tracing::Level::TRACE).with_ansi(false).without_time();
    let log = log.with_writer(move || lines.clone()).finish();
    let result = tracing::subscriber::with_default(log, work);
    let text = text.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    (result, String::from_utf8_lossy(&text).into_owned())
}

#[derive(Clone, Default)]
struct Text(Arc<Mutex<Vec<u8>>>);

impl Write for Text {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
