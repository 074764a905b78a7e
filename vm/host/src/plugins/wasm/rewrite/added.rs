//! What is added to a module: types, functions, a table and globals, numbered after its own.

use super::body::{call_cost, steps};
use super::input::Input;
use super::{Budget, QUANTUM, Unfit, section};
use wasm_encoder::{BlockType, Encode, InstructionSink, MemArg};
use wasmparser::ValType;

/// Stack that may be used before calls of the host look whether enough is left. Nothing uses more than some times its account.
const SHALLOW: i32 = 48 << 10;
/// As many parameters as a function can have: all but a few of them lie on the stack, 16 bytes each.
const PARAMETERS: usize = 1000;
/// So many calls with that many parameters make sure of 128 KiB, in a few microseconds.
const CALLS: i32 = 8;

/// The numbers of what is added.
pub(super) struct Added {
    /// The types, encoded.
    pub(super) types: Vec<Vec<u8>>,
    /// The types of the functions.
    pub(super) functions: Vec<u32>,
    /// The global with the steps that are left. The next two are those of the stack and of what was denied.
    pub(super) steps: u32,
    /// The table with what asks the host.
    pub(super) host: u32,
    first_type: u32,
    imports: u32,
    /// What stands for the first imported function; those for the others follow, then the functions below.
    first: u32,
    /// The types of blocks with several results.
    blocks: Vec<(Vec<ValType>, u32)>,
}

/// The places of types.
const ASKS: u32 = 0;
const NOTHING: u32 = 1;
const PEEKS: u32 = 2;
const DEEP: u32 = 3;

impl Added {
    pub(super) fn new(input: &Input<'_>) -> Added {
        let first_type = input.types.len() as u32;
        let mut deep = vec![0x7F];
        deep.extend([0x7B; PARAMETERS - 1]);
        let types =
            vec![function_type(&[], &[0x7F]), function_type(&[], &[]), function_type(&[0x7F], &[0x7E]), function_type(&deep, &[])];
        let functions = input.imported.iter().copied().chain([NOTHING, PEEKS, NOTHING, DEEP].map(|ty| first_type + ty));
        Added {
            types,
            functions: functions.collect(),
            steps: input.globals.len() as u32,
            host: input.tables.len() as u32,
            first_type,
            imports: input.imported.len() as u32,
            first: (input.imported.len() + input.functions.len()) as u32,
            blocks: Vec::new(),
        }
    }

    /// The function that is called instead of this one: an imported one is called by way of an added one.
    pub(super) fn function(&self, index: u32) -> u32 {
        if index < self.imports { self.first + index } else { index }
    }

    /// `() -> ()`: asks the host whether to go on.
    pub(super) fn ask(&self) -> u32 {
        self.first + self.imports
    }

    /// `(i32) -> i64`: what is in the memory at an address.
    pub(super) fn peek(&self) -> u32 {
        self.first + self.imports + 1
    }

    /// `() -> ()`: makes sure that there is stack for the host.
    fn probe(&self) -> u32 {
        self.first + self.imports + 2
    }

    pub(super) fn stack(&self) -> u32 {
        self.steps + 1
    }

    pub(super) fn denied(&self) -> u32 {
        self.steps + 2
    }

    /// The type of a block with these results.
    pub(super) fn block(&mut self, results: &[ValType]) -> Result<BlockType, Unfit> {
        match results {
            [] => Ok(BlockType::Empty),
            [ty] => Ok(BlockType::Result(section::val_type(*ty)?)),
            _ => {
                if let Some((_, index)) = self.blocks.iter().find(|(known, _)| known == results) {
                    return Ok(BlockType::FunctionType(*index));
                }
                let index = self.first_type + self.types.len() as u32;
                let mut bytes = vec![0x60, 0];
                (results.len() as u32).encode(&mut bytes);
                for ty in results {
                    section::val_type(*ty)?.encode(&mut bytes);
                }
                self.types.push(bytes);
                self.blocks.push((results.to_vec(), index));
                Ok(BlockType::FunctionType(index))
            }
        }
    }

    /// The bodies of the functions.
    pub(super) fn bodies(&self, input: &Input<'_>, budget: Budget) -> Vec<Vec<u8>> {
        let imported = input.imported.iter().enumerate().map(|(index, ty)| {
            let params = input.types.get(*ty as usize).map_or(0, |ty| ty.params().len());
            body(|code| self.import(code, index as u32, params as u32, budget))
        });
        let others = [
            body(|code| self.asking(code)),
            body(|code| peeking(code, input.memory)),
            body_of(&[1, 1, 0x7B], |code| self.probing(code)),
            body(|code| self.deep(code)),
        ];
        imported.chain(others).collect()
    }

    /// Calls an imported function.
    fn import(&self, code: &mut InstructionSink<'_>, index: u32, params: u32, budget: Budget) {
        steps(code, self, call_cost());
        if budget.stack > SHALLOW {
            code.global_get(self.stack()).i32_const(budget.stack - SHALLOW).i32_lt_s();
            code.if_(BlockType::Empty).call(self.probe()).end();
        }
        (0..params).for_each(|param| {
            code.local_get(param);
        });
        code.call(index);
    }

    fn asking(&self, code: &mut InstructionSink<'_>) {
        code.i32_const(QUANTUM).global_set(self.steps);
        code.i32_const(0).call_indirect(self.host, self.first_type + ASKS);
        code.if_(BlockType::Empty).unreachable().end();
    }

    fn probing(&self, code: &mut InstructionSink<'_>) {
        code.i32_const(CALLS);
        (1..PARAMETERS).for_each(|_| {
            code.local_get(0);
        });
        code.call(self.probe() + 1);
    }

    fn deep(&self, code: &mut InstructionSink<'_>) {
        code.local_get(0).if_(BlockType::Empty).local_get(0).i32_const(1).i32_sub();
        (1..PARAMETERS as u32).for_each(|param| {
            code.local_get(param);
        });
        code.call(self.probe() + 1).end();
    }
}

fn peeking(code: &mut InstructionSink<'_>, memory: u32) {
    code.local_get(0).i64_load(MemArg { offset: 0, align: 0, memory_index: memory });
}

/// A function's body without locals.
fn body(write: impl FnOnce(&mut InstructionSink<'_>)) -> Vec<u8> {
    body_of(&[0], write)
}

/// A function's body with these locals.
fn body_of(locals: &[u8], write: impl FnOnce(&mut InstructionSink<'_>)) -> Vec<u8> {
    let mut bytes = locals.to_vec();
    let mut code = InstructionSink::new(&mut bytes);
    write(&mut code);
    code.end();
    bytes
}

/// A type of functions, of types that are one byte each.
fn function_type(params: &[u8], results: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x60];
    params.encode(&mut bytes);
    results.encode(&mut bytes);
    bytes
}
