//! Changes a module so that a browser's engine, which interrupts nothing, runs it within limits.
//!
//! The changed module computes what the original does, and besides
//! - counts steps, about one an instruction, at the beginnings of functions and of loops' turns, and asks the host at every [`QUANTUM`] of them whether
//!   it may go on;
//! - keeps account of the stack, and traps when its share is used up;
//! - makes sure that there is stack left for the host before it calls the host from far down;
//! - cannot grow memories and tables over their limits, and notes that it tried.
//!
//! Nothing of the module is renumbered: what is added comes after what is there. Code is copied byte by byte between the places that change,
//! so that all instructions are kept that the reader can tell apart.

mod added;
mod body;
mod input;
mod section;

use added::Added;
use input::Input;
use section::Entries;
use std::borrow::Cow;
use wasm_encoder::{ConstExpr, ElementMode, ElementSection, ElementSegment, Elements, Encode, ExportKind, Module, RawSection};
use wasmparser::{ElementItems, ElementKind, ExternalKind, Operator, Table, TableInit};

/// Steps from one look at the clock to the next: about a millisecond.
pub(super) const QUANTUM: i32 = 1 << 20;
/// The start function, which is not called by itself.
pub(super) const START: &str = "osvm:start";
/// A table of one function, `() -> i32`: what is asked whether to go on; not 0 says no.
pub(super) const HOST: &str = "osvm:host";
/// The steps that are left of the quantum.
pub(super) const STEPS: &str = "osvm:steps";
/// The bytes of stack that are left; below 0 after a trap that the lack of stack has caused.
pub(super) const STACK: &str = "osvm:stack";
/// Not 0 once more memory or table was asked for than is allowed.
pub(super) const DENIED: &str = "osvm:denied";
/// A function `(i32) -> i64` that reads the memory.
pub(super) const PEEK: &str = "osvm:peek";

/// How much a module may use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Budget {
    /// Bytes of stack.
    pub(super) stack: i32,
    /// Bytes of each memory.
    pub(super) memory: u64,
    /// Elements of each table.
    pub(super) table: u64,
}

/// Bytes that 32-bit addresses reach.
const LARGEST: u64 = 1 << 32;

/// Why a module is not changed.
#[derive(Debug)]
pub(super) struct Unfit(pub(super) String);

impl From<wasmparser::Error> for Unfit {
    fn from(error: wasmparser::Error) -> Unfit {
        Unfit(error.to_string())
    }
}

/// The changed module. Of the exports, those that `keep` is true for stay. The module is valid, and imports functions alone.
pub(super) fn rewrite(bytes: &[u8], budget: Budget, keep: impl Fn(&str) -> bool) -> Result<Vec<u8>, Unfit> {
    let input = Input::read(bytes)?;
    let mut added = Added::new(&input);
    let code = code(&input, &mut added, budget)?;
    let mut module = Module::new();
    let mut section = |id: u8, data: Option<&[u8]>| {
        if let Some(data) = data {
            module.section(&RawSection { id, data });
        }
    };
    section(1, Some(&types(&input, &added)));
    section(2, input.imports);
    section(3, Some(&functions(&input, &added)));
    section(4, Some(&tables(&input, &added, budget)?));
    section(5, Some(&memories(&input, budget)));
    section(6, Some(&globals(&input, &added, budget)?));
    section(7, Some(&exports(&input, &added, keep)));
    section(9, elements(&input, &added)?.as_deref());
    section(12, input.data_count);
    section(10, Some(&code));
    section(11, input.data);
    // The names of functions, for backtraces.
    section(0, input.names);
    Ok(module.finish())
}

fn types(input: &Input<'_>, added: &Added) -> Vec<u8> {
    let mut types = Entries::continuing(input.types_count, input.types_raw);
    added.types.iter().for_each(|ty| types.raw(ty));
    types.finish()
}

fn functions(input: &Input<'_>, added: &Added) -> Vec<u8> {
    let mut functions = Entries::default();
    input.functions.iter().chain(&added.functions).for_each(|ty| functions.add(ty));
    functions.finish()
}

fn code(input: &Input<'_>, added: &mut Added, budget: Budget) -> Result<Vec<u8>, Unfit> {
    let mut code = Entries::default();
    for (body, ty) in input.bodies.iter().zip(&input.functions) {
        let ty = input.types.get(*ty as usize).ok_or_else(|| Unfit("a function has no type".into()))?;
        code.sized(&body::rewrite(body, ty, input, added, budget)?);
    }
    added.bodies(input, budget).iter().for_each(|body| code.sized(body));
    Ok(code.finish())
}

fn tables(input: &Input<'_>, added: &Added, budget: Budget) -> Result<Vec<u8>, Unfit> {
    let mut tables = Entries::default();
    for Table { ty, init } in &input.tables {
        let limited = wasm_encoder::TableType {
            element_type: section::ref_type(ty.element_type)?,
            table64: ty.table64,
            minimum: ty.initial,
            maximum: Some(most(ty.maximum, budget.table).max(ty.initial)),
            shared: ty.shared,
        };
        match init {
            TableInit::RefNull => tables.add(&limited),
            TableInit::Expr(value) => {
                let mut bytes = vec![0x40, 0];
                limited.encode(&mut bytes);
                bytes.extend(const_expr(value, input, added)?);
                bytes.push(END);
                tables.raw(&bytes);
            }
        }
    }
    let element_type = wasm_encoder::RefType::FUNCREF;
    tables.add(&wasm_encoder::TableType { element_type, table64: false, minimum: 1, maximum: Some(1), shared: false });
    Ok(tables.finish())
}

fn memories(input: &Input<'_>, budget: Budget) -> Vec<u8> {
    let mut memories = Entries::default();
    for ty in &input.memories {
        memories.add(&wasm_encoder::MemoryType {
            minimum: ty.initial,
            maximum: Some(most(ty.maximum, budget.memory.min(LARGEST) / u64::from(ty.page_size())).max(ty.initial)),
            memory64: ty.memory64,
            shared: ty.shared,
            page_size_log2: ty.page_size_log2,
        });
    }
    memories.finish()
}

/// The smaller one of what is declared and what is allowed.
fn most(declared: Option<u64>, allowed: u64) -> u64 {
    declared.map_or(allowed, |declared| declared.min(allowed))
}

fn globals(input: &Input<'_>, added: &Added, budget: Budget) -> Result<Vec<u8>, Unfit> {
    let mut globals = Entries::default();
    for (ty, init) in &input.globals {
        globals.raw(&[ty, &const_expr(init, input, added)?[..], &[END]].concat());
    }
    for value in [QUANTUM, budget.stack, 0] {
        let ty = wasm_encoder::GlobalType { val_type: wasm_encoder::ValType::I32, mutable: true, shared: false };
        let mut bytes = Vec::new();
        ty.encode(&mut bytes);
        ConstExpr::i32_const(value).encode(&mut bytes);
        globals.raw(&bytes);
    }
    Ok(globals.finish())
}

fn exports(input: &Input<'_>, added: &Added, keep: impl Fn(&str) -> bool) -> Vec<u8> {
    let mut exports = Entries::default();
    let mut export = |name: &str, kind: ExportKind, index: u32| {
        let mut bytes = Vec::new();
        name.encode(&mut bytes);
        kind.encode(&mut bytes);
        index.encode(&mut bytes);
        exports.raw(&bytes);
    };
    for known in input.exports.iter().filter(|export| keep(export.name)) {
        match known.kind {
            ExternalKind::Func | ExternalKind::FuncExact => export(known.name, ExportKind::Func, added.function(known.index)),
            ExternalKind::Memory => export(known.name, ExportKind::Memory, known.index),
            ExternalKind::Global => export(known.name, ExportKind::Global, known.index),
            ExternalKind::Table | ExternalKind::Tag => {}
        }
    }
    if let Some(start) = input.start {
        export(START, ExportKind::Func, added.function(start));
    }
    export(PEEK, ExportKind::Func, added.peek());
    export(HOST, ExportKind::Table, added.host);
    export(STEPS, ExportKind::Global, added.steps);
    export(STACK, ExportKind::Global, added.stack());
    export(DENIED, ExportKind::Global, added.denied());
    exports.finish()
}

fn elements(input: &Input<'_>, added: &Added) -> Result<Option<Vec<u8>>, Unfit> {
    if input.elements.is_empty() {
        return Ok(None);
    }
    let mut section = ElementSection::new();
    for element in &input.elements {
        let elements = match &element.items {
            ElementItems::Functions(functions) => {
                let functions = functions.clone().into_iter().map(|index| Ok(added.function(index?)));
                Elements::Functions(Cow::Owned(functions.collect::<Result<_, Unfit>>()?))
            }
            ElementItems::Expressions(ty, items) => {
                let items = items.clone().into_iter().map(|item| Ok(ConstExpr::raw(const_expr(&item?, input, added)?)));
                Elements::Expressions(section::ref_type(*ty)?, Cow::Owned(items.collect::<Result<_, Unfit>>()?))
            }
        };
        let offset;
        let mode = match &element.kind {
            ElementKind::Passive => ElementMode::Passive,
            ElementKind::Declared => ElementMode::Declared,
            ElementKind::Active { table_index, offset_expr } => {
                offset = ConstExpr::raw(const_expr(offset_expr, input, added)?);
                ElementMode::Active { table: *table_index, offset: &offset }
            }
        };
        section.segment(ElementSegment { mode, elements });
    }
    let mut bytes = Vec::new();
    section.encode(&mut bytes);
    Ok(Some(section::content(&bytes)))
}

/// The instruction that ends an expression.
const END: u8 = 0x0B;

/// A constant expression without its end, with references to imported functions led to what stands for them.
fn const_expr(expr: &wasmparser::ConstExpr<'_>, input: &Input<'_>, added: &Added) -> Result<Vec<u8>, Unfit> {
    let mut bytes = Vec::new();
    let mut reader = expr.get_operators_reader();
    loop {
        let start = reader.original_position();
        let operator = reader.read()?;
        match operator {
            Operator::End if reader.eof() => return Ok(bytes),
            Operator::RefFunc { function_index } => {
                wasm_encoder::InstructionSink::new(&mut bytes).ref_func(added.function(function_index));
            }
            _ => bytes.extend_from_slice(&input.bytes[start..reader.original_position()]),
        }
    }
}

#[cfg(test)]
mod tests;
