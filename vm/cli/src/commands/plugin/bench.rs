//! `osvm plugin bench`: how long a plugin takes.

use super::call::{Prepared, failed};
use super::target::{Target, options};
use crate::args::BenchPluginArgs;
use crate::failure::Failure;
use osvm_host::PluginOptions;
use osvm_host::check::check;
use osvm_host::testing::PluginTest;
use osvm_plugin_sdk::testing::Fake;
use std::time::{Duration, Instant};

/// A measurement takes about so long.
const TIME: Duration = Duration::from_millis(200);
/// The best of so many counts.
const ROUNDS: usize = 5;

/// The plugin to compare with: nothing but the call.
mod empty {
    use osvm_plugin_sdk::prelude::*;

    #[plugin(name = "EmptyPlugin")]
    mod empty_plugin {

        #[primitive]
        fn primitive_empty() {}
    }
}

/// Prints the times.
pub fn run(args: &BenchPluginArgs) -> Result<i32, Failure> {
    let target = Target::to_run(&args.target)?;
    let (module, version) = (target.description.module.clone(), target.description.version.clone());
    println!("{}: {module} {version}", args.target.file.display());
    println!("  load, nothing kept    {:9.2} ms", milliseconds(&target, &PluginOptions::default())?);
    // The first one fills the cache, if there is one.
    milliseconds(&target, &options())?;
    println!("  load, kept as code    {:9.2} ms", milliseconds(&target, &options())?);
    let Some(function) = &args.function else { return Ok(0) };
    let mut call = Prepared::new(target, function, args.receiver.as_deref(), &args.arguments)?;
    let measured = match nanoseconds(&mut call.plugin, &call.receiver, function, &call.arguments) {
        Ok(measured) => measured,
        Err(error) => {
            eprintln!("{}", failed(error));
            return Ok(1);
        }
    };
    let host = |error: &dyn std::fmt::Display| Failure::bad_input("the host", error);
    let mut empty = PluginTest::linked(&empty::PLUGIN).map_err(|error| host(&error))?;
    let scale = nanoseconds(&mut empty, &Fake::Nil, "primitiveEmpty", &[]).map_err(|error| host(&error))?;
    println!("  {function:21} {measured:9.1} ns a call");
    println!("  a builtin that is empty {scale:7.1} ns a call");
    Ok(0)
}

/// How long loading takes.
fn milliseconds(target: &Target, options: &PluginOptions) -> Result<f64, Failure> {
    let start = Instant::now();
    check(&target.description.module, &target.config, options).map_err(Failure::refused)?;
    Ok(start.elapsed().as_secs_f64() * 1e3)
}

/// How long a call takes, once it has run for a while.
fn nanoseconds(
    plugin: &mut PluginTest,
    receiver: &Fake,
    name: &str,
    arguments: &[Fake],
) -> Result<f64, osvm_plugin_sdk::PrimitiveError> {
    let mut times = 1;
    let mut time = |times: u64| {
        let start = Instant::now();
        plugin.repeat(receiver, name, arguments, times).map(|()| start.elapsed())
    };
    while time(times)? < TIME / 10 {
        times *= 2;
    }
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        best = best.min(time(times)?);
    }
    Ok(best.as_nanos() as f64 / times as f64)
}
