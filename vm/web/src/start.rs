//! What a VM is started with.

use crate::machine::Machine;
use crate::memory::LinearRegion;
use crate::platform::{Events, PagePlatform};
use osvm_core::heap::HeapConfig;
use osvm_core::image::{self, ImageSource};
use osvm_core::plugin::NoPlugins;
use osvm_core::vm::{Options, Vm};
use serde_json::Value;
use std::cell::RefCell;
use std::rc::Rc;

/// The most that the heap may take where nothing is said: what a tab of a small machine can still give.
const MAX_HEAP: u64 = 1 << 30;

/// Starts a VM. `options` is an object with `imageName`, `arguments` (texts) and `maxHeap` (bytes), all of them optional; without an
/// `image` the built-in one runs.
pub fn start(options: &str, image: Option<&[u8]>) -> Result<Machine, String> {
    let options: Value = serde_json::from_str(options).map_err(|error| format!("the VM's options are no JSON: {error}"))?;
    let name = options["imageName"].as_str().unwrap_or(osvm_kernel::NAME).to_string();
    let texts = |key: &str| options[key].as_array().into_iter().flatten().filter_map(Value::as_str).map(String::from).collect();
    let max_heap = options["maxHeap"].as_u64().unwrap_or(MAX_HEAP);
    let loaded = load(image.unwrap_or(osvm_kernel::IMAGE), max_heap).map_err(|error| format!("{name}: {error}"))?;
    let events = Rc::new(RefCell::new(Events::default()));
    let platform = PagePlatform { image: name.clone(), arguments: texts("arguments"), events: Rc::clone(&events) };
    let vm = Vm::new(loaded, Box::new(platform), Box::new(NoPlugins), Options::default())
        .map_err(|error| format!("{name}: {error}"))?;
    Ok(Machine::new(vm, events))
}

fn load(mut image: &[u8], max_heap: u64) -> Result<image::LoadedImage, String> {
    let source: &mut dyn ImageSource = &mut image;
    let header = image::read_header(source).map_err(|error| error.to_string())?;
    let config = HeapConfig::default();
    let first = image::minimum_region_bytes(&header, config);
    let region = LinearRegion::new(max_heap.saturating_add(config.new_space_bytes()).max(first), first)
        .ok_or_else(|| format!("it needs {} MiB of memory, which this browser does not give", first >> 20))?;
    image::load(source, Box::new(region), config).map_err(|error| error.to_string())
}
