//! The module that is to be changed, taken apart.

use super::Unfit;
use wasmparser::{
    CompositeInnerType, ConstExpr, Element, Export, FuncType, FunctionBody, KnownCustom, MemoryType, Parser, Payload, Table,
    TypeRef,
};

/// A module's sections. Those that are copied are bytes.
#[derive(Default)]
pub(super) struct Input<'a> {
    pub(super) bytes: &'a [u8],
    pub(super) types: Vec<FuncType>,
    /// The entries of the section of types as they are, and their number: those of a group are one.
    pub(super) types_raw: &'a [u8],
    pub(super) types_count: u32,
    pub(super) imports: Option<&'a [u8]>,
    /// The types of imported functions.
    pub(super) imported: Vec<u32>,
    /// The types of the other functions.
    pub(super) functions: Vec<u32>,
    pub(super) tables: Vec<Table<'a>>,
    pub(super) memories: Vec<MemoryType>,
    /// The memory that is exported as such.
    pub(super) memory: u32,
    /// Each global's type as it is, and its value.
    pub(super) globals: Vec<(&'a [u8], ConstExpr<'a>)>,
    pub(super) exports: Vec<Export<'a>>,
    pub(super) start: Option<u32>,
    pub(super) elements: Vec<Element<'a>>,
    pub(super) data_count: Option<&'a [u8]>,
    pub(super) data: Option<&'a [u8]>,
    pub(super) bodies: Vec<FunctionBody<'a>>,
    /// The custom section with names of functions.
    pub(super) names: Option<&'a [u8]>,
}

impl<'a> Input<'a> {
    pub(super) fn read(bytes: &'a [u8]) -> Result<Input<'a>, Unfit> {
        let mut input = Input { bytes, ..Input::default() };
        for payload in Parser::new(0).parse_all(bytes) {
            input.section(payload?)?;
        }
        Ok(input)
    }

    fn section(&mut self, payload: Payload<'a>) -> Result<(), Unfit> {
        let bytes = self.bytes;
        match payload {
            Payload::TypeSection(types) => {
                self.types_count = types.count();
                self.types_raw = &bytes[types.original_position()..types.range().end];
                for group in types {
                    for ty in group?.into_types() {
                        match ty.composite_type.inner {
                            CompositeInnerType::Func(ty) => self.types.push(ty),
                            _ => return Err(Unfit("types of garbage-collected objects are not supported".into())),
                        }
                    }
                }
            }
            Payload::ImportSection(imports) => {
                self.imports = Some(&bytes[imports.range()]);
                for import in imports.into_imports() {
                    match import?.ty {
                        TypeRef::Func(ty) => self.imported.push(ty),
                        _ => return Err(Unfit("only functions can be imported".into())),
                    }
                }
            }
            Payload::FunctionSection(functions) => self.functions = functions.into_iter().collect::<Result<_, _>>()?,
            Payload::TableSection(tables) => {
                for table in tables {
                    self.tables.push(table?);
                }
            }
            Payload::MemorySection(memories) => self.memories = memories.into_iter().collect::<Result<_, _>>()?,
            Payload::GlobalSection(globals) => {
                for global in globals.into_iter_with_offsets() {
                    let (start, global) = global?;
                    let init = global.init_expr;
                    self.globals.push((&bytes[start..init.get_binary_reader().original_position()], init));
                }
            }
            Payload::ExportSection(exports) => {
                self.exports = exports.into_iter().collect::<Result<_, _>>()?;
                let memory = self.exports.iter().find(|export| export.name == osvm_plugin_sdk::abi::exports::MEMORY);
                self.memory = memory.map_or(0, |export| export.index);
            }
            Payload::StartSection { func, .. } => self.start = Some(func),
            Payload::ElementSection(elements) => self.elements = elements.into_iter().collect::<Result<_, _>>()?,
            Payload::DataCountSection { range, .. } => self.data_count = Some(&bytes[range]),
            Payload::DataSection(data) => self.data = Some(&bytes[data.range()]),
            Payload::CodeSectionEntry(body) => self.bodies.push(body),
            Payload::TagSection(_) => return Err(Unfit("exceptions are not supported".into())),
            Payload::CustomSection(custom) if matches!(custom.as_known(), KnownCustom::Name(_)) => {
                self.names = Some(&bytes[custom.range()]);
            }
            _ => {}
        }
        Ok(())
    }
}
