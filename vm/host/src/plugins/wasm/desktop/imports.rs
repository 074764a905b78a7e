//! The functions of the host that a module imports: made from the table of interfaces, all ending in the one dispatch.

use super::instance::Guest;
use crate::plugins::checks::REBUILD;
use crate::plugins::refusal::Fault;
use osvm_plugin_sdk::abi::interfaces::{HostFunction, INTERFACES};
use osvm_plugin_sdk::abi::{PrimitiveError, WasmType, encode};
use std::mem::MaybeUninit;
use wasmtime::{Caller, Engine, FuncType, InstancePre, Linker, Module, ValRaw, ValType};

/// The most parameters of a function of an interface, as slots.
const MAX_PARAMETERS: usize = 6;

/// Links a module with the functions that it imports, whose types were checked.
pub(super) fn link(engine: &Engine, module: &Module) -> Result<InstancePre<Guest>, Fault> {
    let mut linker = Linker::new(engine);
    for import in module.imports() {
        let interface = INTERFACES.iter().find(|i| i.wasm_module == import.module());
        if let Some(function) = interface.and_then(|i| i.function(import.name())) {
            define(&mut linker, engine, import.module(), function).map_err(|error| not_linked(&error))?;
        }
    }
    linker.instantiate_pre(module).map_err(|error| not_linked(&error))
}

fn not_linked(error: &wasmtime::Error) -> Fault {
    Fault::new("it cannot be linked with the interfaces that it imports", REBUILD)
        .found(super::reason(error))
        .expected("a module whose imports are functions of its interfaces")
}

fn define(linker: &mut Linker<Guest>, engine: &Engine, module: &str, function: &'static HostFunction) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    let params = function.parameters.iter().map(|(_, kind)| match kind.wasm_type() {
        WasmType::I32 => ValType::I32,
        WasmType::I64 => ValType::I64,
        WasmType::F64 => ValType::F64,
    });
    let ty = FuncType::new(engine, params, [ValType::I64]);
    #[allow(unsafe_code)]
    // SAFETY: the closure reads the parameters with the types of `ty`, and writes its one result.
    unsafe {
        linker.func_new_unchecked(module, function.name, ty, move |caller, values| {
            let answer = call(caller, function, values);
            values[0] = MaybeUninit::new(ValRaw::i64(answer));
            Ok(())
        })?;
    }
    Ok(())
}

#[allow(unsafe_code)]
fn call(mut caller: Caller<'_, Guest>, function: &HostFunction, values: &[MaybeUninit<ValRaw>]) -> i64 {
    let mut slots = [0; MAX_PARAMETERS];
    for ((slot, value), (_, kind)) in slots.iter_mut().zip(values).zip(function.parameters) {
        // SAFETY: the engine gives a value for each parameter, of its type.
        let value = unsafe { value.assume_init_ref() };
        *slot = match kind.wasm_type() {
            WasmType::I32 => u64::from(value.get_u32()),
            WasmType::I64 => value.get_u64(),
            WasmType::F64 => value.get_f64(),
        };
    }
    let Some((mut memory, running)) = Guest::running(&mut caller) else {
        // Code that runs while an instance is made has no call to speak for.
        return encode(Err(PrimitiveError::Inappropriate));
    };
    running.call(function.op, &slots[..function.parameters.len()], &mut memory)
}
