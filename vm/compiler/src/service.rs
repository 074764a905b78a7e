//! The compiler for an image that asks for it while it runs: a named primitive that the program around the VM serves.

use crate::codegen::{compile_expression, compile_method};
use crate::diagnostic::Diagnostic;
use crate::evaluate::{options_for, text};
use crate::install::{InstallError, install_method, string};
use crate::load::{LoadError, binding_of};
use crate::world::{World, WorldLinker};
use osvm_core::error::PrimError;
use osvm_core::oop::Oop;
use osvm_core::plugin::Call;
use std::collections::HashMap;

/// The module by which images name it.
pub const MODULE: &str = "CompilerPlugin";
/// The function: `(source: text, class: oop, isExpression: bool) -> oop`.
pub const FUNCTION: &str = "primitiveCompile";
/// What the source is called in messages.
const NAME: &str = "source";

/// Compiles the source of a method of a class, or expressions whose receiver is an instance of it. Answers a CompiledMethod that is
/// installed nowhere, with symbols that the image's table need not know yet; or a String that tells what is wrong.
pub fn compile(call: &mut Call<'_>) -> Result<Oop, PrimError> {
    let arg = |index| call.operands.arg(index).ok_or(PrimError::BAD_NUM_ARGS);
    let (source, class, is_expression) = (arg(0)?, arg(1)?, arg(2)?);
    let heap = &mut *call.heap;
    let source = text(heap, source).ok_or(PrimError::BAD_ARGUMENT)?;
    if !class.is_pointer() || heap.instance_spec(class).is_none() {
        return Err(PrimError::BAD_ARGUMENT);
    }
    let world = World::read(heap);
    let options = options_for(heap, &world);
    let environment = world.environment(heap, class);
    let compile = if is_expression == heap.true_() { compile_expression } else { compile_method };
    let compilation = compile(&source, &environment, &options);
    let class_binding = binding_of(heap, &world, class).map_err(|error| match error {
        LoadError::NoMemory => PrimError::NO_MEMORY,
        LoadError::Lacks(_) | LoadError::Become(_) => PrimError::UNSUPPORTED,
    })?;
    let mut linker = WorldLinker { environment: &environment, class_binding, symbols: HashMap::new() };
    let made = match compilation.code {
        Some(code) => install_method(heap, &code, &mut linker),
        None => {
            let rendered = |problem: &Diagnostic| problem.render(NAME, &source).to_string();
            let problems: String = compilation.diagnostics.iter().map(rendered).collect();
            string(heap, problems.trim_end(), &mut linker)
        }
    };
    made.map_err(failure)
}

fn failure(error: InstallError) -> PrimError {
    match error {
        InstallError::Object(error) => error,
        InstallError::NoClass(_) => PrimError::UNSUPPORTED,
    }
}
