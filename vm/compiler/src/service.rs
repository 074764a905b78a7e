//! The compiler for an image that asks for it while it runs: named primitives that the program around the VM serves.

use crate::codegen::{compile_expression, compile_method};
use crate::diagnostic::Diagnostic;
use crate::evaluate::options_for;
use crate::install::{InstallError, install_method, string};
use crate::load::{Failure, LoadError, binding_of, followed};
use crate::text::text;
use crate::world::{World, WorldLinker};
use osvm_core::error::PrimError;
use osvm_core::oop::Oop;
use osvm_core::plugin::Call;
use std::collections::HashMap;

/// The module by which images name it.
pub const MODULE: &str = "CompilerPlugin";
/// The function: `(source: text, class: oop, isExpression: bool) -> oop`.
pub const FUNCTION: &str = "primitiveCompile";
/// The function for methods of classes that change: `(method: oop, places: oop) -> oop`.
pub const FOLLOW_FUNCTION: &str = "primitiveFollowFields";
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

/// Makes a copy of a method for instances whose fields have moved. `places` is an Array that has for each field its new number, or 0 if
/// it is gone; fields are counted from 1. Answers the copy, or the number of a field that the method uses and that is gone.
pub fn follow_fields(call: &mut Call<'_>) -> Result<Oop, PrimError> {
    let arg = |index| call.operands.arg(index).ok_or(PrimError::BAD_NUM_ARGS);
    let (method, places) = (arg(0)?, arg(1)?);
    let heap = &mut *call.heap;
    if !method.is_pointer()
        || !heap.format(method).is_compiled_method()
        || !places.is_pointer()
        || !heap.format(places).is_pointers()
    {
        return Err(PrimError::BAD_ARGUMENT);
    }
    let place = |&place: &Oop| place.as_small_int().and_then(|place| u16::try_from(place).ok());
    let places: Option<Vec<u16>> = heap.slots(places).iter().map(place).collect();
    let places = places.ok_or(PrimError::BAD_ARGUMENT)?;
    // What is behind the fields that are known is as it was.
    let map = |index: u16| places.get(usize::from(index)).map_or(Some(index), |place| place.checked_sub(1));
    match followed(heap, method, &map) {
        Ok(copy) => Ok(copy),
        Err(Failure::Gone(index)) => Ok(Oop::from_small_int(i64::from(index) + 1)),
        Err(Failure::Unreadable) => Err(PrimError::UNSUPPORTED),
        Err(Failure::NoMemory) => Err(PrimError::NO_MEMORY),
    }
}

fn failure(error: InstallError) -> PrimError {
    match error {
        InstallError::Object(error) => error,
        InstallError::NoClass(_) => PrimError::UNSUPPORTED,
    }
}
