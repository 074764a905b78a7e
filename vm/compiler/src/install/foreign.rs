//! Functions of libraries as objects: an ExternalLibraryFunction with the ExternalTypes of what goes in and out.
//!
//! Source: `ExternalLibraryFunction class>>name:module:callType:returnType:argumentTypes:`, and `atomicTypeNamed:` and
//! `newTypeNamed:force:` of ExternalType, in FFI-Kernel of Pharo 8 and in FFI of Cuis.

use super::{InstallError, Linker, class, set_fields};
use crate::literal::{ForeignFunction, ForeignName, ForeignType};
use crate::load::{Table, rule_of};
use crate::world::{all_field_names, class_variables};
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;

/// The class of the first literal of a method that calls a function of a library.
pub(crate) const FUNCTION_CLASS: &str = "ExternalLibraryFunction";
/// The class of types, and its variables: dictionaries of types by their names.
const TYPE_CLASS: &str = "ExternalType";
const ATOMIC_TYPES: &str = "AtomicTypes";
const STRUCTURE_TYPES: &str = "StructTypes";
/// The class above those of structures.
const STRUCTURE_CLASS: &str = "ExternalStructure";
/// What the compiled specifications of types have that are structures, or pointers of eight bytes (`FFIConstants`).
const STRUCTURE: u32 = 0x1_0000;
const POINTER: u32 = 0x2_0000 | 8;

/// Names of atomic types that images have under one of the two, and words for numbers of the machine's size.
const SAME: [(&str, &str); 11] = [
    ("byte", "uint8"),
    ("sbyte", "int8"),
    ("ushort", "uint16"),
    ("short", "int16"),
    ("ulong", "uint32"),
    ("long", "int32"),
    ("ulonglong", "uint64"),
    ("longlong", "int64"),
    ("size_t", "uint64"),
    ("uint3264", "uint64"),
    ("int3264", "int64"),
];

/// Whether an image can have functions of libraries as literals: the class is there, and so are the types, which its `initialize` makes.
pub(crate) fn has_foreign_calls(heap: &Heap, class: impl Fn(&str) -> Option<Oop>) -> bool {
    let types = class(TYPE_CLASS).filter(|_| class(FUNCTION_CLASS).is_some());
    types.and_then(|types| table(heap, types, ATOMIC_TYPES)).is_some_and(|types| !types.elements(heap).is_empty())
}

/// A dictionary that a class has in a variable.
fn table(heap: &Heap, class: Oop, variable: &str) -> Option<Table> {
    let association = *class_variables(heap, class).get(variable)?;
    let dictionary = heap.follow(heap.fetch(association, 1));
    Table::is_table(heap, dictionary).then(|| Table::dictionary(dictionary))
}

/// The object that a function of a library is.
pub(super) fn function(heap: &mut Heap, function: &ForeignFunction, linker: &mut dyn Linker) -> Result<Oop, InstallError> {
    let class = class(heap, FUNCTION_CLASS, linker)?;
    let mut types = vec![foreign_type(heap, &function.result, linker)?];
    for argument in &function.arguments {
        types.push(foreign_type(heap, argument, linker)?);
    }
    let types = heap.array(&types)?;
    let name = match &function.function {
        ForeignName::Name(name) => linker.symbol(heap, name)?,
        ForeignName::Index(index) => heap.integer(*index)?,
    };
    let module = function.module.as_ref().map(|module| linker.symbol(heap, module)).transpose()?;
    let error = function.error.as_ref().map(|error| super::string(heap, error, linker)).transpose()?;
    let oop = heap.instantiate(class, 0)?;
    let nil = heap.nil();
    let fields = [
        ("flags", Oop::from_small_int(function.flags)),
        ("argTypes", types),
        ("name", name),
        ("module", module.unwrap_or(nil)),
        ("errorCodeName", error.unwrap_or(nil)),
    ];
    set_fields(heap, oop, &fields);
    Ok(oop)
}

/// A type of the image; one that nobody knows is a structure that is defined later.
fn foreign_type(heap: &mut Heap, part: &ForeignType, linker: &mut dyn Linker) -> Result<Oop, InstallError> {
    let ForeignType::Type { name, pointer } = part else {
        let punctuator = class(heap, "ExternalTypePunctuator", linker)?;
        let token = linker.symbol(heap, &part.to_string())?;
        let oop = heap.instantiate(punctuator, 0)?;
        set_fields(heap, oop, &[("token", token)]);
        return Ok(oop);
    };
    let types = class(heap, TYPE_CLASS, linker)?;
    let known = atomic_type(heap, types, name).or_else(|| entry(heap, table(heap, types, STRUCTURE_TYPES)?, name));
    let found = match known {
        Some(found) => found,
        None => structure_type(heap, types, name, linker)?,
    };
    if !pointer {
        return Ok(found);
    }
    let referenced = all_field_names(heap, types).iter().position(|field| field == "referencedType");
    Ok(referenced.map_or(found, |index| heap.follow(heap.fetch(found, index))))
}

fn atomic_type(heap: &Heap, types: Oop, name: &str) -> Option<Oop> {
    let table = table(heap, types, ATOMIC_TYPES)?;
    let others = SAME.iter().filter_map(|&(a, b)| match name {
        _ if name == a => Some(b),
        _ if name == b => Some(a),
        _ => None,
    });
    std::iter::once(name).chain(others).find_map(|name| entry(heap, table, name))
}

/// The value of a key that is a string or symbol.
fn entry(heap: &Heap, table: Table, name: &str) -> Option<Oop> {
    let has_name = |&element: &Oop| heap.text(heap.follow(heap.fetch(element, 0))).as_deref() == Some(name);
    let value = heap.follow(heap.fetch(table.elements(heap).into_iter().find(has_name)?, 1));
    (value != heap.nil()).then_some(value)
}

/// Makes the type of a structure, and that of pointers to it, and enters it in the image's dictionary.
fn structure_type(heap: &mut Heap, types: Oop, name: &str, linker: &mut dyn Linker) -> Result<Oop, InstallError> {
    let referent = linker.class(heap, name).filter(|&class| is_structure(heap, class, linker));
    let words = class(heap, "WordArray", linker)?;
    let spec = |heap: &mut Heap, word: u32| -> Result<Oop, InstallError> {
        let spec = heap.instantiate(words, 1)?;
        heap.bytes_mut(spec)[..4].copy_from_slice(&word.to_le_bytes());
        Ok(spec)
    };
    let own = referent.and_then(|class| compiled_spec(heap, class));
    let own = own.map_or_else(|| spec(heap, STRUCTURE), Ok)?;
    let (structure, pointer) = (heap.instantiate(types, 0)?, heap.instantiate(types, 0)?);
    let referent = referent.unwrap_or(heap.nil());
    let of_pointer = spec(heap, POINTER)?;
    for (oop, spec, other) in [(structure, own, pointer), (pointer, of_pointer, structure)] {
        set_fields(heap, oop, &[("compiledSpec", spec), ("referentClass", referent), ("referencedType", other)]);
    }
    if let Some(structures) = table(heap, types, STRUCTURE_TYPES) {
        let model = structures.elements(heap).first().map(|&element| heap.class_of(element));
        let model = model.map_or_else(|| class(heap, "WeakValueAssociation", linker), Ok)?;
        let key = linker.symbol(heap, name)?;
        // One that is weak has its value behind its fields.
        let fields = heap.instance_spec(model).map_or(2, |(fields, _)| fields);
        let association = heap.instantiate(model, 2usize.saturating_sub(fields))?;
        heap.store(association, 0, key);
        heap.store(association, 1, structure);
        let tables = [Some(structures), table(heap, types, ATOMIC_TYPES)].map(|table| table.unwrap_or(structures));
        let rule = rule_of(heap, &tables);
        structures.add_all(heap, rule, &[association]).map_err(|_| InstallError::Object(osvm_core::error::PrimError::NO_MEMORY))?;
    }
    Ok(structure)
}

fn is_structure(heap: &Heap, class: Oop, linker: &mut dyn Linker) -> bool {
    let Some(above) = linker.class(heap, STRUCTURE_CLASS) else { return false };
    let up = |&class: &Oop| Some(heap.follow(heap.fetch(class, 0))).filter(|&class| class != heap.nil());
    std::iter::successors(Some(class), up).take(1000).any(|class| class == above)
}

/// What a class of structures knows of its fields, a variable of its class side.
fn compiled_spec(heap: &Heap, class: Oop) -> Option<Oop> {
    let index = all_field_names(heap, heap.class_of(class)).iter().position(|field| field == "compiledSpec")?;
    Some(heap.follow(*heap.slots(class).get(index)?)).filter(|&spec| spec != heap.nil())
}
