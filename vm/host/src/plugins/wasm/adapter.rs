//! Two small modules by which the VM and a plugin reach each other in a page, so that no JavaScript, and no BigInt, stands between them: each import
//! of a plugin is a function that stores its parameters in the VM's memory and calls the VM, and each export has a function that
//! takes its parameters from the VM's memory and leaves its results there.

use super::Export;
use super::rewrite::{DENIED, PEEK, QUANTUM, STACK, STEPS};
use osvm_plugin_sdk::abi::interfaces::INTERFACES;
use osvm_plugin_sdk::abi::{WasmType, exports};
use wasm_encoder::{
    CodeSection, EntityType, ExportKind, ExportSection, Function, FunctionSection, GlobalType, ImportSection, InstructionSink,
    MemArg, MemoryType, Module, TypeSection, ValType,
};

/// The module of imports that are the VM's own.
const VM: &str = "vm";
/// The module of imports that are the plugin's exports.
const PLUGIN: &str = "plugin";
/// The VM's function that every import of a plugin ends in: `(op: i32) -> i64`, with the parameters in slots at an address of its own.
pub(super) const IMPORT: &str = "osvm_plugin_import";
/// The function that calls the arena of a plugin, beside those with the numbers of exports.
pub(super) const ARENA: &str = "arena";

/// A module in the making.
#[derive(Default)]
struct Parts {
    types: TypeSection,
    imports: ImportSection,
    functions: FunctionSection,
    exports: ExportSection,
    code: CodeSection,
    /// How many functions are imported, and how many there are.
    imported: u32,
    defined: u32,
}

impl Parts {
    fn new() -> Parts {
        let mut parts = Parts::default();
        let any = MemoryType { minimum: 0, maximum: None, memory64: false, shared: false, page_size_log2: None };
        parts.imports.import(VM, "memory", EntityType::Memory(any));
        parts
    }

    fn ty(&mut self, params: impl IntoIterator<Item = ValType, IntoIter: ExactSizeIterator>, result: ValType) -> u32 {
        self.types.ty().function(params, [result]);
        self.types.len() - 1
    }

    fn import(&mut self, module: &str, name: &str, ty: u32) -> u32 {
        self.imports.import(module, name, EntityType::Function(ty));
        self.imported += 1;
        self.imported - 1
    }

    /// Adds a function, after all imports.
    fn define(&mut self, name: &str, ty: u32, write: impl FnOnce(&mut InstructionSink<'_>)) {
        self.functions.function(ty);
        self.exports.export(name, ExportKind::Func, self.imported + self.defined);
        self.defined += 1;
        let mut function = Function::new([]);
        let mut code = function.instructions();
        write(&mut code);
        code.end();
        self.code.function(&function);
    }

    fn finish(&self) -> Vec<u8> {
        let mut module = Module::new();
        module.section(&self.types).section(&self.imports).section(&self.functions).section(&self.exports).section(&self.code);
        module.finish()
    }
}

fn val_type(ty: WasmType) -> ValType {
    match ty {
        WasmType::I32 => ValType::I32,
        WasmType::I64 => ValType::I64,
        WasmType::F64 => ValType::F64,
    }
}

/// The place of a slot.
fn slot(index: usize) -> MemArg {
    MemArg { offset: index as u64 * 8, align: 2, memory_index: 0 }
}

/// The functions of all interfaces, as plugins import them: each is exported as `MODULE.NAME`. They leave their parameters at
/// this address.
pub(super) fn imports(arguments: u32) -> Vec<u8> {
    let mut parts = Parts::new();
    let ty = parts.ty([ValType::I32], ValType::I64);
    let vm = parts.import(VM, IMPORT, ty);
    for interface in INTERFACES {
        for function in interface.functions {
            let params: Vec<WasmType> = function.parameters.iter().map(|(_, kind)| kind.wasm_type()).collect();
            let ty = parts.ty(params.iter().map(|ty| val_type(*ty)), ValType::I64);
            parts.define(&format!("{}.{}", interface.wasm_module, function.name), ty, |code| {
                for (index, ty) in params.iter().enumerate() {
                    code.i32_const(arguments.cast_signed()).local_get(index as u32);
                    match ty {
                        WasmType::I32 => code.i64_extend_i32_u().i64_store(slot(index)),
                        WasmType::I64 => code.i64_store(slot(index)),
                        WasmType::F64 => code.f64_store(slot(index)),
                    };
                }
                code.i32_const(function.op.cast_signed()).call(vm);
            });
        }
    }
    parts.finish()
}

/// The calls of a plugin: for each export a function `(slots: i32, results: i32) -> i32` of its number as name, which answers the
/// status. Each call has its own accounts of steps and of stack.
pub(super) fn calls(plugin: &[Export], steps: i32, stack: i32) -> Vec<u8> {
    let mut parts = Parts::new();
    let global = |mutable| EntityType::Global(GlobalType { val_type: ValType::I32, mutable, shared: false });
    for (name, mutable) in [(exports::RESULTS, false), (STEPS, true), (STACK, true), (DENIED, true)] {
        parts.imports.import(PLUGIN, name, global(mutable));
    }
    let (results_at, accounts) = (0, [(1, steps.min(QUANTUM)), (2, stack), (3, 0)]);
    let peek_type = parts.ty([ValType::I32], ValType::I64);
    let peek = parts.import(PLUGIN, PEEK, peek_type);
    let arena_type = parts.ty([ValType::I32], ValType::I32);
    let arena = parts.import(PLUGIN, exports::ARENA, arena_type);
    let targets: Vec<u32> = plugin
        .iter()
        .map(|export| {
            let ty = parts.ty(export.params.iter().map(|ty| val_type(*ty)), ValType::I32);
            parts.import(PLUGIN, &export.name, ty)
        })
        .collect();
    let call = parts.ty([ValType::I32; 2], ValType::I32);
    let begin = |code: &mut InstructionSink<'_>| {
        for (global, value) in accounts {
            code.i32_const(value).global_set(global);
        }
    };
    for (number, (export, target)) in plugin.iter().zip(targets).enumerate() {
        parts.define(&number.to_string(), call, |code| {
            begin(code);
            for (index, ty) in export.params.iter().enumerate() {
                code.local_get(0);
                match ty {
                    WasmType::I32 => code.i32_load(slot(index)),
                    WasmType::I64 => code.i64_load(slot(index)),
                    WasmType::F64 => code.f64_load(slot(index)),
                };
            }
            code.call(target);
            for result in 0..export.results {
                code.local_get(1).global_get(results_at).i32_const(result as i32 * 8).i32_add().call(peek).i64_store(slot(result));
            }
        });
    }
    parts.define(ARENA, call, |code| {
        begin(code);
        code.local_get(0).i32_load(slot(0)).call(arena);
    });
    parts.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_are_modules() {
        let engine = wasmtime::Engine::default();
        let module = wasmtime::Module::new(&engine, imports(1024)).unwrap();
        assert!(module.exports().any(|export| export.name() == "osvm:files/1.open"));
        let plugin = [
            Export { name: "f".into(), params: [WasmType::I64, WasmType::F64, WasmType::I32].into(), results: 3 },
            Export { name: "g".into(), params: [].into(), results: 1 },
        ];
        let module = wasmtime::Module::new(&engine, calls(&plugin, 5, 1 << 16)).unwrap();
        assert_eq!(module.exports().map(|export| export.name().to_string()).collect::<Vec<_>>(), ["0", "1", "arena"]);
    }
}
