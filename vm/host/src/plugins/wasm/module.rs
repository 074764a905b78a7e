//! What a wasm module exports and imports, read from its sections: the same for every engine.

use crate::plugins::checks::REBUILD;
use crate::plugins::refusal::Fault;
use wasmparser::{ExternalKind, FuncType, GlobalType, MemoryType, Parser, Payload, Result, TableType, TypeRef};

/// The type of something that is exported or imported.
#[derive(Clone, Debug)]
pub(super) enum Extern {
    Func(FuncType),
    Global(GlobalType),
    Table,
    Memory(MemoryType),
    Tag,
}

/// An import.
pub(super) struct Import {
    pub(super) module: String,
    pub(super) name: String,
    pub(super) ty: Extern,
}

/// The outside of a module.
#[derive(Default)]
pub(super) struct Module {
    pub(super) imports: Vec<Import>,
    pub(super) exports: Vec<(String, Extern)>,
    memories: Vec<MemoryType>,
    tables: Vec<TableType>,
    types: Vec<FuncType>,
    functions: Vec<u32>,
    globals: Vec<GlobalType>,
}

impl Module {
    /// Reads a module. What is in its functions is not looked at.
    pub(super) fn read(bytes: &[u8]) -> std::result::Result<Module, Fault> {
        let mut module = Module::default();
        module.parse(bytes).map_err(|error| invalid(&error.to_string()))?;
        Ok(module)
    }

    /// What is exported by this name.
    pub(super) fn export(&self, name: &str) -> Option<&Extern> {
        self.exports.iter().find(|(other, _)| other == name).map(|(_, ty)| ty)
    }

    /// Bytes of the largest memory that it has from the start.
    pub(super) fn initial_memory(&self) -> u64 {
        self.memories.iter().map(|ty| ty.initial.saturating_mul(u64::from(ty.page_size()))).max().unwrap_or(0)
    }

    /// Elements of the largest table that it has from the start.
    pub(super) fn initial_table(&self) -> u64 {
        self.tables.iter().map(|ty| ty.initial).max().unwrap_or(0)
    }

    fn parse(&mut self, bytes: &[u8]) -> Result<()> {
        for payload in Parser::new(0).parse_all(bytes) {
            match payload? {
                Payload::TypeSection(types) => {
                    self.types = types.into_iter_err_on_gc_types().collect::<Result<_>>()?;
                }
                Payload::ImportSection(imports) => {
                    for import in imports.into_imports() {
                        let import = import?;
                        self.import(import.module, import.name, import.ty);
                    }
                }
                Payload::FunctionSection(functions) => {
                    for ty in functions {
                        self.functions.push(ty?);
                    }
                }
                Payload::TableSection(tables) => {
                    for table in tables {
                        self.tables.push(table?.ty);
                    }
                }
                Payload::MemorySection(memories) => {
                    for memory in memories {
                        self.memories.push(memory?);
                    }
                }
                Payload::GlobalSection(globals) => {
                    for global in globals {
                        self.globals.push(global?.ty);
                    }
                }
                Payload::ExportSection(exports) => {
                    for export in exports {
                        let export = export?;
                        let ty = self.exported(export.kind, export.index as usize);
                        self.exports.push((export.name.into(), ty));
                    }
                }
                _ => {}
            }
        }
        Ok(())
    }

    fn import(&mut self, module: &str, name: &str, ty: TypeRef) {
        let ty = match ty {
            TypeRef::Func(index) | TypeRef::FuncExact(index) => {
                self.functions.push(index);
                Extern::Func(self.function_type(index))
            }
            TypeRef::Table(ty) => {
                self.tables.push(ty);
                Extern::Table
            }
            TypeRef::Memory(ty) => {
                self.memories.push(ty);
                Extern::Memory(ty)
            }
            TypeRef::Global(ty) => {
                self.globals.push(ty);
                Extern::Global(ty)
            }
            TypeRef::Tag(_) => Extern::Tag,
        };
        self.imports.push(Import { module: module.into(), name: name.into(), ty });
    }

    fn exported(&self, kind: ExternalKind, index: usize) -> Extern {
        match kind {
            ExternalKind::Func | ExternalKind::FuncExact => {
                Extern::Func(self.function_type(self.functions.get(index).copied().unwrap_or(u32::MAX)))
            }
            // The engine has checked that there is one.
            ExternalKind::Global => self.globals.get(index).copied().map_or(Extern::Tag, Extern::Global),
            ExternalKind::Memory => self.memories.get(index).copied().map_or(Extern::Tag, Extern::Memory),
            ExternalKind::Table => Extern::Table,
            ExternalKind::Tag => Extern::Tag,
        }
    }

    fn function_type(&self, index: u32) -> FuncType {
        self.types.get(index as usize).cloned().unwrap_or_else(|| FuncType::new([], []))
    }
}

/// A module that no engine takes.
pub(super) fn invalid(reason: &str) -> Fault {
    Fault::new("the wasm module is not valid, or uses what osvm does not allow", REBUILD)
        .found(reason)
        .expected("a core module for wasm32 that the engine takes")
}
