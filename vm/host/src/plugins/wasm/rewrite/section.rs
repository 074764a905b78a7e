//! Sections of a module, entry by entry.

use super::Unfit;
use wasm_encoder::Encode;

/// A section's entries: their number, then each of them.
#[derive(Default)]
pub(super) struct Entries {
    count: u32,
    bytes: Vec<u8>,
}

impl Entries {
    /// Entries that follow those of another module's section.
    pub(super) fn continuing(count: u32, entries: &[u8]) -> Entries {
        Entries { count, bytes: entries.to_vec() }
    }

    /// Adds an entry that is encoded already.
    pub(super) fn raw(&mut self, entry: &[u8]) {
        self.count += 1;
        self.bytes.extend_from_slice(entry);
    }

    /// Adds an entry.
    pub(super) fn add(&mut self, entry: &impl Encode) {
        self.count += 1;
        entry.encode(&mut self.bytes);
    }

    /// Adds an entry that has its size before it.
    pub(super) fn sized(&mut self, entry: &[u8]) {
        self.count += 1;
        entry.encode(&mut self.bytes);
    }

    /// What is in the section.
    pub(super) fn finish(self) -> Vec<u8> {
        let mut content = Vec::new();
        self.count.encode(&mut content);
        content.extend(self.bytes);
        content
    }
}

/// What is in a section that was encoded with its size.
pub(super) fn content(section: &[u8]) -> Vec<u8> {
    let size = section.iter().position(|byte| byte & 0x80 == 0).map_or(section.len(), |last| last + 1);
    section[size..].to_vec()
}

/// The type of a reference: to functions, to functions of a type of the module, or to something of the host's.
pub(super) fn ref_type(ty: wasmparser::RefType) -> Result<wasm_encoder::RefType, Unfit> {
    let heap_type = match ty.heap_type() {
        wasmparser::HeapType::FUNC => wasm_encoder::HeapType::FUNC,
        wasmparser::HeapType::EXTERN => wasm_encoder::HeapType::EXTERN,
        wasmparser::HeapType::Concrete(wasmparser::UnpackedIndex::Module(index)) => wasm_encoder::HeapType::Concrete(index),
        _ => return Err(Unfit(format!("references of the type {ty} are not supported"))),
    };
    Ok(wasm_encoder::RefType { nullable: ty.is_nullable(), heap_type })
}

/// The type of a value.
pub(super) fn val_type(ty: wasmparser::ValType) -> Result<wasm_encoder::ValType, Unfit> {
    Ok(match ty {
        wasmparser::ValType::I32 => wasm_encoder::ValType::I32,
        wasmparser::ValType::I64 => wasm_encoder::ValType::I64,
        wasmparser::ValType::F32 => wasm_encoder::ValType::F32,
        wasmparser::ValType::F64 => wasm_encoder::ValType::F64,
        wasmparser::ValType::V128 => wasm_encoder::ValType::V128,
        wasmparser::ValType::Ref(ty) => wasm_encoder::ValType::Ref(ref_type(ty)?),
    })
}
