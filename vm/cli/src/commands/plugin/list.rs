//! `osvm plugin list`: the plugins of the configuration, and whether they can be loaded.

use super::target::options;
use crate::args::ListPluginArgs;
use crate::failure::Failure;
use osvm_host::Refusal;
use osvm_host::check::check;
use osvm_host::config::{Limits, PluginConfig, Source, format_duration, format_size};
use osvm_plugin_sdk::abi::Description;
use serde_json::{Value, json};

/// How it stands with a plugin.
enum State {
    Ok(Description),
    Disabled,
    /// A native library: looking at it means running it.
    Unseen,
    Refused(Box<Refusal>),
}

/// Prints a block for each plugin, or JSON.
pub fn run(args: &ListPluginArgs) -> Result<i32, Failure> {
    let config = args.config.search(args.image.clone()).read().map_err(Failure::config)?;
    let path = config.path.as_ref().map(|path| path.display().to_string());
    let states = config.plugins.iter().map(|(name, plugin)| (name.as_str(), plugin, state(name, plugin, args.native)));
    if args.json {
        let plugins: Vec<Value> = states.map(|(name, plugin, state)| object(name, plugin, &state)).collect();
        println!("{:#}", json!({ "configuration": path, "plugins": plugins }));
        return Ok(0);
    }
    println!("configuration: {}", path.as_deref().unwrap_or("the built-in default"));
    for (name, plugin, state) in states {
        println!("{}", block(name, plugin, &state));
    }
    Ok(0)
}

fn state(name: &str, plugin: &PluginConfig, native: bool) -> State {
    match &plugin.source {
        _ if !plugin.enabled => State::Disabled,
        Source::Native(_) if !native => State::Unseen,
        _ => check(name, plugin, &options()).map_or_else(State::Refused, State::Ok),
    }
}

/// The form, and the file if there is one.
fn source(plugin: &PluginConfig) -> (&'static str, Option<String>) {
    match &plugin.source {
        Source::Wasm(path) => ("wasm", Some(path.display().to_string())),
        Source::Native(path) => ("native", Some(path.display().to_string())),
        Source::Builtin => ("builtin", None),
    }
}

fn block(name: &str, plugin: &PluginConfig, state: &State) -> String {
    let (form, file) = source(plugin);
    let state = match state {
        State::Ok(description) => format!("{}, ok", description.version),
        State::Disabled => "disabled".into(),
        State::Unseen => "a library that was not loaded to look at it (--native does)".into(),
        State::Refused(refusal) => {
            let because = [("function", &refusal.function), ("found", &refusal.found), ("expected", &refusal.expected)];
            let lines = because.iter().filter_map(|(what, text)| Some(format!("\n    {what}: {}", text.as_ref()?)));
            format!("refused: {}{}\n    help: {}", refusal.problem, lines.collect::<String>(), refusal.help)
        }
    };
    let mut text = format!("{name}: {state}\n  from    {}", file.map_or(form.to_string(), |file| format!("{form} {file}")));
    let grants = plugin.grants.lines();
    if !grants.is_empty() {
        text += &format!("\n  grants  {}", grants.join(", "));
    }
    // They bind wasm alone.
    if matches!(plugin.source, Source::Wasm(_)) {
        let Limits { memory, table, stack, deadline } = &plugin.limits;
        let (memory, stack, deadline) = (format_size(*memory), format_size(*stack), format_duration(*deadline));
        text += &format!("\n  limits  memory {memory}, table {table}, stack {stack}, deadline {deadline}");
    }
    text
}

fn object(name: &str, plugin: &PluginConfig, state: &State) -> Value {
    let (form, file) = source(plugin);
    let Limits { memory, table, stack, deadline } = &plugin.limits;
    let (word, version, why) = match state {
        State::Ok(description) => ("ok", Some(&description.version), None),
        State::Disabled => ("disabled", None, None),
        State::Unseen => ("not looked at", None, None),
        State::Refused(refusal) => ("refused", None, Some(refusal.to_string())),
    };
    json!({
        "module": name,
        "state": word,
        "version": version,
        "why": why,
        "form": form,
        "file": file,
        "grants": plugin.grants.lines(),
        "limits": {
            "memory_bytes": memory,
            "table_elements": table,
            "stack_bytes": stack,
            "deadline_milliseconds": deadline.as_millis() as u64,
        },
    })
}
