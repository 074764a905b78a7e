//! What a module really exports and imports, beside what its description says.

use super::type_text;
use crate::plugins::checks::REBUILD;
use crate::plugins::refusal::Fault;
use osvm_plugin_sdk::abi::interfaces::{HostFunction, Interface};
use osvm_plugin_sdk::abi::{Description, Hook, WasmType, exports};
use wasmtime::{ExternType, FuncType, ImportType, Module, Mutability, ValType};

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
    module.imports().try_for_each(|import| imported(&import, description))
}

fn function(module: &Module, name: &str, params: &[WasmType], results: &[WasmType]) -> Result<(), Fault> {
    let expected = || type_text(params.iter().map(|ty| ty.name().into()), results.iter().map(|ty| ty.name().into()));
    let fault = |problem, found: String| Err(Fault::new(problem, REBUILD).found(found).expected(expected()));
    match module.get_export(name) {
        None => fault("a function that its description promises is not exported", "no such export".into()),
        Some(ExternType::Func(ty)) if same(&ty, params, results) => Ok(()),
        Some(ExternType::Func(ty)) => fault("a function is exported with another type than its description says", text(&ty)),
        Some(other) => fault("what its description calls a function is exported as something else", kind(&other).into()),
    }
}

fn same(ty: &FuncType, params: &[WasmType], results: &[WasmType]) -> bool {
    let matches = |found: &ValType, wanted: &WasmType| {
        matches!((found, wanted), (ValType::I32, WasmType::I32) | (ValType::I64, WasmType::I64) | (ValType::F64, WasmType::F64))
    };
    let all = |found: &[ValType], wanted: &[WasmType]| {
        found.len() == wanted.len() && found.iter().zip(wanted).all(|(found, wanted)| matches(found, wanted))
    };
    all(&ty.params().collect::<Vec<_>>(), params) && all(&ty.results().collect::<Vec<_>>(), results)
}

fn text(ty: &FuncType) -> String {
    type_text(ty.params().map(|ty| ty.to_string()), ty.results().map(|ty| ty.to_string()))
}

fn kind(ty: &ExternType) -> &'static str {
    match ty {
        ExternType::Func(_) => "a function",
        ExternType::Global(_) => "a global",
        ExternType::Table(_) => "a table",
        ExternType::Memory(_) => "a memory",
        ExternType::Tag(_) => "a tag",
    }
}

fn memory(module: &Module) -> Result<(), Fault> {
    let found = match module.get_export(exports::MEMORY) {
        Some(ExternType::Memory(ty)) if !ty.is_64() && !ty.is_shared() => return Ok(()),
        Some(ExternType::Memory(_)) => "a memory that is shared, or of 64-bit addresses",
        Some(other) => kind(&other),
        None => "no such export",
    };
    let fault = Fault::new("it does not export the memory in which it takes its arguments", REBUILD);
    Err(fault.function(exports::MEMORY).found(found).expected("a memory of 32-bit addresses, not shared"))
}

fn results(module: &Module) -> Result<(), Fault> {
    let found = match module.get_export(exports::RESULTS) {
        Some(ExternType::Global(ty)) if ty.mutability() == Mutability::Const && ty.content().is_i32() => return Ok(()),
        Some(ExternType::Global(ty)) => {
            let mutable = if ty.mutability() == Mutability::Var { "mutable " } else { "" };
            format!("a {mutable}global of type {}", ty.content())
        }
        Some(other) => kind(&other).into(),
        None => "no such export".into(),
    };
    let fault = Fault::new("it does not export where its results are", REBUILD);
    Err(fault.function(exports::RESULTS).found(found).expected("an immutable global of type i32"))
}

/// That there is no function that the description does not have. Globals and tables, which linkers add, cannot be reached.
fn no_more(module: &Module, description: &Description) -> Result<(), Fault> {
    for export in module.exports() {
        let ExternType::Func(ty) = export.ty() else { continue };
        let name = export.name();
        let known = name == exports::ARENA
            || (name == INITIALIZE && same(&ty, &[], &[]))
            || description.hooks.iter().any(|hook| hook.export() == name)
            || description.find(name).is_some();
        if !known {
            return Err(Fault::new("it exports a function that its description does not have", REBUILD)
                .function(name)
                .found(text(&ty))
                .expected("no such export"));
        }
    }
    Ok(())
}

fn imported(import: &ImportType<'_>, description: &Description) -> Result<(), Fault> {
    let (module, name) = (import.module(), import.name());
    let whole = format!("{name} of {module}");
    let no_interface = |problem: String| {
        let help = "use only what osvm-plugin-sdk offers: a plugin has no WASI, and nothing of the system's own";
        Fault::new(problem, help).function(&whole).found(match import.ty() {
            ExternType::Func(ty) => text(&ty),
            other => kind(&other).into(),
        })
    };
    let interface = osvm_plugin_sdk::abi::interfaces::INTERFACES.iter().find(|i| i.wasm_module == module);
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

fn right_type(import: &ImportType<'_>, interface: &Interface, function: &HostFunction) -> Result<(), Fault> {
    let params: Vec<WasmType> = function.parameters.iter().map(|(_, kind)| kind.wasm_type()).collect();
    let found = match import.ty() {
        ExternType::Func(ty) if same(&ty, &params, &[WasmType::I64]) => return Ok(()),
        ExternType::Func(ty) => text(&ty),
        other => kind(&other).into(),
    };
    let expected = type_text(params.iter().map(|ty| ty.name().into()), ["i64".into()]);
    let problem = format!("it imports a function of the interface `{}` with another type than it has", interface.name);
    Err(Fault::new(problem, REBUILD).found(found).expected(expected))
}
