//! The hooks of a plugin, in each form: at the start, before the image is saved, when a timer runs out, at the end.

use crate::form::{Form, host, logged};
use crate::{TestsOfForms, same};
use libtest_mimic::Failed;
use osvm_core::oop::Oop;
use osvm_core::plugin::PluginHost;
use osvm_host::PluginOptions;
use osvm_host::testing::PluginTest;
use osvm_plugin_sdk::PrimitiveError::BadArgument;
use osvm_plugin_sdk::testing::Fake;
use std::time::{Duration, Instant};

pub const TESTS: TestsOfForms =
    &[("start", start), ("snapshot", snapshot), ("quit", quit), ("timer", timer), ("timers end with their instance", timers_end)];

/// Tests with a VM's end, of the forms that a configuration can name.
pub const OF_FILES: TestsOfForms = &[("a VM that saves its image, and ends", save_and_end)];

/// How long a timer is waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// How many calls the plugin counted, how many starts, and the sum of its timers' tokens.
fn counts(plugin: &mut PluginTest) -> Result<(i64, i64, i64), Failed> {
    let counts: Vec<Option<i64>> = plugin.call("primitiveCounts", ())?.elements().iter().map(Fake::int).collect();
    match counts[..] {
        [Some(calls), Some(starts), Some(tokens)] => Ok((calls, starts, tokens)),
        _ => Err(format!("it counts {counts:?}").into()),
    }
}

/// It runs once, before the first primitive of an instance.
fn start(form: &Form) -> Result<(), Failed> {
    let mut plugin = form.sampler()?;
    same(counts(&mut plugin)?, (1, 1, 0), "the first call")?;
    same(counts(&mut plugin)?, (2, 1, 0), "the second call")?;
    plugin.quit();
    same(counts(&mut plugin)?, (1, 1, 0), "the first call of the next instance")
}

fn snapshot(form: &Form) -> Result<(), Failed> {
    let mut plugin = form.sampler()?;
    let ((), log) = logged(|| plugin.snapshot());
    same(log.matches("the image is saved").count(), 0, "nothing runs that could be told")?;
    counts(&mut plugin)?;
    let ((), log) = logged(|| plugin.snapshot());
    same(log.matches("the image is saved").count(), 1, &log)?;
    same(log.contains("SamplerPlugin"), true, &log)?;
    same(counts(&mut plugin)?, (2, 1, 0), "the instance goes on")
}

/// It runs while resources are still there, and they die after it.
fn quit(form: &Form) -> Result<(), Failed> {
    let mut plugin = form.sampler()?;
    let sum = plugin.call("primitiveSumNew", (4,))?;
    plugin.call("primitiveSumNew", (5,))?;
    let ((), log) = logged(|| plugin.quit());
    same(log.matches("a sum of 4 is left").count(), 1, &log)?;
    same(log.matches("a sum of 5 is left").count(), 1, &log)?;
    same(plugin.call("primitiveSumAdd", (&sum, 1)), Err(BadArgument), "a handle of the instance that is gone")?;
    same(plugin.call("primitiveSumNew", (4,))? == sum, false, "the number is used again, the handle is another")
}

/// Every plugin that runs is told.
fn save_and_end(form: &Form) -> Result<(), Failed> {
    let text = format!("plugins.SamplerPlugin = {{ {}, grants = {{ log = true, timers = true }} }}", form.key("sampler"));
    let mut host = host(&text, "test.toml".as_ref(), PluginOptions::default())?;
    let sum = host.call("SamplerPlugin", "primitiveSumNew", Oop::ZERO, &[Oop::from_small_int(4)]);
    let sum = sum.map_err(|error| format!("{error:?}"))?;
    let ((), log) = logged(|| host.plugins.snapshot());
    same(log.matches("the image is saved").count(), 1, &log)?;
    let value = host.call("SamplerPlugin", "primitiveSumValue", Oop::ZERO, &[sum]);
    same(value, Ok(Oop::from_small_int(4)), "after the image was saved")?;
    let ((), log) = logged(|| host.plugins.shutdown());
    same(log.matches("a sum of 4 is left").count(), 1, &log)?;
    let ((), log) = logged(|| host.plugins.shutdown());
    same(log.matches("a sum of 4 is left").count(), 0, &log)
}

fn timer(form: &Form) -> Result<(), Failed> {
    let mut plugin = form.sampler()?;
    same(plugin.between_primitives(), None, "no timer runs")?;
    plugin.call("primitiveStartTimer", (20_000, 7))?;
    plugin.call("primitiveStartTimer", (40_000, 50))?;
    plugin.call("primitiveStartTimer", (3_600_000_000_i64, 900))?;
    let next = plugin.between_primitives().ok_or("timers run")?;
    same(next <= 40_000, true, &format!("the next one runs out in {next} microseconds"))?;
    let start = Instant::now();
    while counts(&mut plugin)?.2 != 57 {
        plugin.between_primitives();
        if start.elapsed() > PATIENCE {
            return Err(format!("after {PATIENCE:?} the plugin counts {:?}", counts(&mut plugin)?).into());
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    same(start.elapsed() >= Duration::from_millis(15), true, "not before their time")?;
    let next = plugin.between_primitives().ok_or("the last timer runs")?;
    same(next > 3_000_000_000, true, &format!("the last one runs out in {next} microseconds"))
}

fn timers_end(form: &Form) -> Result<(), Failed> {
    let mut plugin = form.sampler()?;
    plugin.call("primitiveStartTimer", (0, 7))?;
    plugin.quit();
    counts(&mut plugin)?;
    same(plugin.between_primitives(), None, "no timer runs")?;
    same(counts(&mut plugin)?, (2, 1, 0), "and none ran out")
}
