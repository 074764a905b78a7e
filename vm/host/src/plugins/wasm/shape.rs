//! What a module really exports and imports, beside what its description says.

use super::module::{Extern, Import, Module};
use super::type_text;
use crate::config::{Limits, format_size};
use crate::plugins::checks::REBUILD;
use crate::plugins::refusal::Fault;
use osvm_plugin_sdk::abi::interfaces::{HostFunction, Interface};
use osvm_plugin_sdk::abi::{Description, Hook, WasmType, exports};
use wasmparser::{FuncType, ValType};

/// The function that toolchains add to start a library.
pub(super) const INITIALIZE: &str = "_initialize";

/// Compares a module with its description. Nothing of it runs.
pub(super) fn check(module: &Module, description: &Description) -> Result<(), Fault> {
    for primitive in &description.primitives {
        let params: Vec<WasmType> = primitive.signature.wasm_params().collect();
        let fault = function(module, &primitive.name, &params, &[WasmType::I32]);
        fault.map_err(|fault| fault.function(format!("{} {}", primitive.name, primitive.signature)))?;
    }
    for hook in &description.hooks {
        let params: &[WasmType] = if *hook == Hook::Timer { &[WasmType::I64] } else { &[] };
        function(module, hook.export(), params, &[WasmType::I32])
            .map_err(|fault| fault.function(format!("{}, the hook `{}`", hook.export(), hook.name())))?;
    }
    function(module, exports::ARENA, &[WasmType::I32], &[WasmType::I32]).map_err(|fault| fault.function(exports::ARENA))?;
    memory(module)?;
    results(module)?;
    no_more(module, description)?;
    module.imports.iter().try_for_each(|import| imported(import, description))
}

fn function(module: &Module, name: &str, params: &[WasmType], results: &[WasmType]) -> Result<(), Fault> {
    let expected = || type_text(params.iter().map(|ty| ty.name().into()), results.iter().map(|ty| ty.name().into()));
    let fault = |problem, found: String| Err(Fault::new(problem, REBUILD).found(found).expected(expected()));
    match module.export(name) {
        None => fault("a function that its description promises is not exported", "no such export".into()),
        Some(Extern::Func(ty)) if same(ty, params, results) => Ok(()),
        Some(Extern::Func(ty)) => fault("a function is exported with another type than its description says", text(ty)),
        Some(other) => fault("what its description calls a function is exported as something else", kind(other).into()),
    }
}

fn same(ty: &FuncType, params: &[WasmType], results: &[WasmType]) -> bool {
    let matches = |found: &ValType, wanted: &WasmType| {
        matches!((found, wanted), (ValType::I32, WasmType::I32) | (ValType::I64, WasmType::I64) | (ValType::F64, WasmType::F64))
    };
    let all = |found: &[ValType], wanted: &[WasmType]| {
        found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| matches(found, wanted))
    };
    all(ty.params(), params) && all(ty.results(), results)
}

fn text(ty: &FuncType) -> String {
    type_text(ty.params().iter().map(ValType::to_string), ty.results().iter().map(ValType::to_string))
}

fn kind(ty: &Extern) -> &'static str {
    match ty {
        Extern::Func(_) => "a function",
        Extern::Global(_) => "a global",
        Extern::Table => "a table",
        Extern::Memory(_) => "a memory",
        Extern::Tag => "a tag",
    }
}

fn memory(module: &Module) -> Result<(), Fault> {
    let found = match module.export(exports::MEMORY) {
        Some(Extern::Memory(ty)) if !ty.memory64 && !ty.shared => return Ok(()),
        Some(Extern::Memory(_)) => "a memory that is shared, or of 64-bit addresses",
        Some(other) => kind(other),
        None => "no such export",
    };
    let fault = Fault::new("it does not export the memory in which it takes its arguments", REBUILD);
    Err(fault.function(exports::MEMORY).found(found).expected("a memory of 32-bit addresses, not shared"))
}

/// That what a module has from the start is within its limits: else no call of it could ever succeed.
pub(super) fn within(module: &Module, limits: &Limits, name: &str) -> Result<(), Fault> {
    let memory = module.initial_memory();
    let help = |limit: &str| format!("if it may have it, write `limits.{limit}` under [plugins.{name}]");
    if memory > limits.memory {
        return Err(Fault::new("it needs more memory from the start than its limit allows", {
            help(&format!("memory = \"{}\"", format_size(memory)))
        })
        .found(format!("a memory of {}", format_size(memory)))
        .expected(format!("at most {}, its `limits.memory`", format_size(limits.memory))));
    }
    let table = module.initial_table();
    if table > u64::from(limits.table) {
        return Err(Fault::new("it needs larger tables from the start than its limit allows", help(&format!("table = {table}")))
            .found(format!("a table of {table} elements"))
            .expected(format!("at most {}, its `limits.table`", limits.table)));
    }
    Ok(())
}

fn results(module: &Module) -> Result<(), Fault> {
    let found = match module.export(exports::RESULTS) {
        Some(Extern::Global(ty)) if !ty.mutable && ty.content_type == ValType::I32 => return Ok(()),
        Some(Extern::Global(ty)) => format!("a {}global of type {}", if ty.mutable { "mutable " } else { "" }, ty.content_type),
        Some(other) => kind(other).into(),
        None => "no such export".into(),
    };
    let fault = Fault::new("it does not export where its results are", REBUILD);
    Err(fault.function(exports::RESULTS).found(found).expected("an immutable global of type i32"))
}

/// That there is no function that the description does not have. Globals and tables, which linkers add, cannot be reached.
fn no_more(module: &Module, description: &Description) -> Result<(), Fault> {
    for (name, ty) in &module.exports {
        let Extern::Func(ty) = ty else { continue };
        let known = name == exports::ARENA
            || (name == INITIALIZE && same(ty, &[], &[]))
            || description.hooks.iter().any(|hook| hook.export() == name)
            || description.find(name).is_some();
        if !known {
            return Err(Fault::new("it exports a function that its description does not have", REBUILD)
                .function(name)
                .found(text(ty))
                .expected("no such export"));
        }
    }
    Ok(())
}

fn imported(import: &Import, description: &Description) -> Result<(), Fault> {
    let (module, name) = (&import.module, &import.name);
    let whole = format!("{name} of {module}");
    let no_interface = |problem: String| {
        let help = "use only what osvm-plugin-sdk offers: a plugin has no WASI, and nothing of the system's own";
        Fault::new(problem, help).function(&whole).found(match &import.ty {
            Extern::Func(ty) => text(ty),
            other => kind(other).into(),
        })
    };
    let interface = osvm_plugin_sdk::abi::interfaces::INTERFACES.iter().find(|i| i.wasm_module == *module);
    let Some(interface) = interface else {
        return Err(no_interface("it imports from a module that is no interface of osvm".into())
            .expected("a module such as `osvm:files/1`: see docs/plugin-abi.md"));
    };
    let described = interface.name == "objects" || description.imports.iter().any(|i| i.interface == interface.name);
    if !described {
        return Err(no_interface(format!(
            "it imports from the interface `{}`, which its description does not have",
            interface.name
        ))
        .expected(format!("a line `import {} {}` in its description", interface.name, interface.version)));
    }
    let Some(function) = interface.function(name) else {
        return Err(no_interface(format!("the interface `{}` has no such function", interface.name))
            .expected(format!("a function of {} {}: see docs/plugin-abi.md", interface.name, interface.version)));
    };
    right_type(import, interface, function).map_err(|fault| fault.function(whole.clone()))
}

fn right_type(import: &Import, interface: &Interface, function: &HostFunction) -> Result<(), Fault> {
    let params: Vec<WasmType> = function.parameters.iter().map(|(_, kind)| kind.wasm_type()).collect();
    let found = match &import.ty {
        Extern::Func(ty) if same(ty, &params, &[WasmType::I64]) => return Ok(()),
        Extern::Func(ty) => text(ty),
        other => kind(other).into(),
    };
    let expected = type_text(params.iter().map(|ty| ty.name().into()), ["i64".into()]);
    let problem = format!("it imports a function of the interface `{}` with another type than it has", interface.name);
    Err(Fault::new(problem, REBUILD).found(found).expected(expected))
}
