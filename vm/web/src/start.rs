//! What a VM is started with.

use crate::machine::Machine;
use crate::memory::LinearRegion;
use crate::platform::{Interrupts, PagePlatform};
use osvm_compiler::service;
use osvm_core::heap::HeapConfig;
use osvm_core::image::{self, ImageSource, LoadedImage};
use osvm_core::vm::{Options, Vm};
use osvm_host::config::{Config, Places};
use osvm_host::{Events, PluginOptions, Plugins, Rights, Service};
use serde_json::Value;
use std::path::Path;
use std::rc::Rc;

/// The most that the heap may take where nothing is said: what a tab of a small machine can still give.
const MAX_HEAP: u64 = 1 << 30;

/// What images ask for besides plugins.
const SERVICES: &[Service] = &[Service { module: service::MODULE, function: service::FUNCTION, call: service::compile }];

/// The options of a VM.
pub struct Start {
    image: String,
    arguments: Vec<String>,
    max_heap: u64,
    /// Which plugins it has, and what each may touch.
    pub config: Config,
}

impl Start {
    /// Reads options: an object with `imageName`, `arguments` (texts), `maxHeap` (bytes), `config` (the text of a vm.toml) and `configName` (its
    /// path, for messages), all of them optional.
    pub fn read(options: &str) -> Result<Start, String> {
        let options: Value = serde_json::from_str(options).map_err(|error| format!("the VM's options are no JSON: {error}"))?;
        let text = |key: &str| options[key].as_str().map(String::from);
        let image = text("imageName").unwrap_or_else(|| format!("/{}", osvm_kernel::NAME));
        let mut places = Places::of_process();
        places.set_image(Path::new(&image));
        let config = match text("config") {
            Some(config) => {
                let path = text("configName").unwrap_or_else(|| "vm.toml".into());
                Config::parse(&config, Path::new(&path), Some(Path::new(&image)), &places).map_err(|error| error.to_string())?
            }
            None => Config::builtin(&places),
        };
        let arguments = options["arguments"].as_array().into_iter().flatten();
        let max_heap = options["maxHeap"].as_u64().or(config.max_heap).unwrap_or(MAX_HEAP);
        Ok(Start { image, arguments: arguments.filter_map(Value::as_str).map(String::from).collect(), max_heap, config })
    }

    /// Starts a VM; without an `image` the built-in one runs.
    pub fn start(self, image: Option<&[u8]>) -> Result<Machine, String> {
        let Start { image: name, arguments, max_heap, config } = self;
        let loaded = load(image.unwrap_or(osvm_kernel::IMAGE), max_heap).map_err(|error| format!("{name}: {error}"))?;
        let events = Events::new().map_err(|error| error.to_string())?;
        let (sender, interrupts, rights) = (events.sender(), Rc::new(Interrupts::default()), Rights::default());
        let options = PluginOptions { services: SERVICES, ..PluginOptions::default() };
        let plugins = Plugins::of_image(&config, options, Path::new(&name), events.sender(), rights.clone());
        let platform = PagePlatform::new(name.clone(), arguments, events, Rc::clone(&interrupts), rights);
        let vm = Vm::new(loaded, Box::new(platform), Box::new(plugins), Options::default())
            .map_err(|error| format!("{name}: {error}"))?;
        Ok(Machine::new(vm, sender, interrupts, config))
    }
}

fn load(mut image: &[u8], max_heap: u64) -> Result<LoadedImage, String> {
    let source: &mut dyn ImageSource = &mut image;
    let header = image::read_header(source).map_err(|error| error.to_string())?;
    let config = HeapConfig::default();
    let first = image::minimum_region_bytes(&header, config);
    let region = LinearRegion::new(max_heap.saturating_add(config.new_space_bytes()).max(first), first)
        .ok_or_else(|| format!("it needs {} MiB of memory, which this browser does not give", first >> 20))?;
    image::load(source, Box::new(region), config).map_err(|error| error.to_string())
}
