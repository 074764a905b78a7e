//! `osvm run`: runs an image headless.

use crate::args::{RunArgs, StatsFormat, Trace};
use crate::failure::Failure;
use crate::image::Image;
use crate::services::plugin_options;
use osvm_core::heap::GcStats;
use osvm_core::vm::{Counters, Options, Vm};
use osvm_host::{Machine, MachineOptions, PluginOptions};
use std::path::PathBuf;

/// Stacks of programs that mean it are less deep.
const DEEP: usize = 100_000;

/// Runs the image, and ends with its exit status.
pub fn run(args: &RunArgs) -> Result<i32, Failure> {
    let named = args.image.first().map(PathBuf::from);
    let config = args.config.search(named.clone()).read().map_err(Failure::config)?;
    let image = Image::choose(named, &config);
    let max_heap = image.max_heap(args.max_heap);
    let mut machine = Machine::start(MachineOptions {
        image: image.path,
        bytes: image.bytes,
        arguments: args.image.iter().skip(1).map(|a| a.to_string_lossy().into_owned()).collect(),
        max_heap,
        signals: true,
        config,
        plugins: PluginOptions { fuel: args.wasm_fuel, watch: args.watch_plugins, ..plugin_options() },
        vm: Options {
            jit_after: args.jit_after,
            gc_stress: args.gc_stress,
            count: args.stats.is_some(),
            trace_sends: args.trace.contains(&Trace::Sends),
            trace_primitives: args.trace.contains(&Trace::Primitives),
            trace_bytecodes: args.trace.contains(&Trace::Bytecodes),
            trace_gc: args.trace.contains(&Trace::Gc),
            trace_filter: args.trace_filter.clone(),
        },
    })
    .map_err(Failure::start)?;
    let result = machine.run();
    if let Some(format) = args.stats {
        print_stats(&machine.vm.counters, &machine.vm.heap.stats, format);
    }
    let status = result.map_err(|error| {
        let stacks = machine.vm.all_stacks();
        machine.vm.platform.report(&stacks);
        let circumstances = circumstances(&mut machine.vm);
        Failure::stopped(machine.image().display(), &error, &circumstances)
    })?;
    // Here and not in `main`, with the VM as it is: the system takes its memory and threads back at once, and to free them one by one takes a
    // tenth of the time of a short run. An image may quit with any number; the system keeps its low byte.
    std::process::exit(status & 0xFF)
}

/// What may explain why a VM had to stop.
fn circumstances(vm: &mut Vm) -> Vec<String> {
    let mut found = Vec::new();
    let (process, depth) = vm.deepest_stack();
    if depth > DEEP {
        found.push(format!("{process}, is {depth} calls deep, which looks like a recursion without end"));
    }
    if !vm.missing_modules().is_empty() {
        let names: Vec<&str> = vm.missing_modules().iter().map(String::as_str).collect();
        found.push(format!("the image asked for modules that are not here: {}", names.join(", ")));
    }
    found
}

fn print_stats(counters: &Counters, collections: &GcStats, format: StatsFormat) {
    let rows = [
        ("sends", counters.sends),
        ("inline_cache_hits", counters.inline_cache_hits),
        ("method_cache_hits", counters.method_cache_hits),
        ("lookups", counters.lookups),
        ("primitives", counters.primitives),
        ("primitive_failures", counters.primitive_failures),
        ("translations", counters.translations),
        ("process_switches", counters.process_switches),
        ("event_checks", counters.event_checks),
        ("stack_pages_flushed", counters.stack_pages_flushed),
        ("scavenges", collections.scavenges),
        ("scavenge_microseconds", collections.scavenge_microseconds),
        ("longest_scavenge_microseconds", counters.longest_scavenge),
        ("full_collections", collections.full_collections),
        ("full_microseconds", collections.full_microseconds),
        ("longest_full_microseconds", counters.longest_full),
    ];
    match format {
        StatsFormat::Json => {
            let object: serde_json::Map<_, _> = rows.iter().map(|&(name, value)| (name.to_string(), value.into())).collect();
            eprintln!("{}", serde_json::Value::Object(object));
        }
        StatsFormat::Text => {
            for (name, value) in rows {
                eprintln!("{value:>14} {}", name.replace('_', " "));
            }
        }
    }
}
