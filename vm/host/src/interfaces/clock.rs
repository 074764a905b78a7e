//! The interface `clock`.

use super::arguments::Arguments;
use super::{Answer, Memory, Shared};
use osvm_plugin_sdk::abi::PrimitiveError;
use osvm_plugin_sdk::abi::interfaces::op::clock as op;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Added to an offset, so that no answer is negative: the seconds of a day.
const DAY: i64 = 86_400;

pub(super) fn answer(function: u32, a: Arguments<'_>, memory: &mut dyn Memory, shared: &mut Shared) -> Answer {
    match function {
        op::utc_micros => Ok(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_micros() as u64),
        op::local_offset => Ok((shared.local_time.offset_at(a.i64(0)) + DAY) as u64),
        op::monotonic_micros => Ok(shared.monotonic_micros()),
        op::zone_name => a.store(0, zone_name().as_bytes(), memory),
        _ => Err(PrimitiveError::Unsupported),
    }
}

/// The name of the zone in the database of time zones, as the variable `TZ` or the system's setting has it; else `UTC`.
fn zone_name() -> String {
    let after_zoneinfo = |path: &str| path.split_once("zoneinfo/").map_or(path, |(_, name)| name).to_string();
    let variable = std::env::var("TZ").ok().map(|name| after_zoneinfo(name.trim_start_matches(':')));
    let system = || Some(after_zoneinfo(Path::new("/etc/localtime").canonicalize().ok()?.to_str()?));
    let name = variable.filter(|name| !name.is_empty()).or_else(system).filter(|name| !name.starts_with('/'));
    name.unwrap_or_else(|| "UTC".into())
}
