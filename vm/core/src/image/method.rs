//! The header of a compiled method and the primitive that it calls, as far as an image's checks and statistics need them.
//!
//! Source: `CompiledMethod` in the images, `StackInterpreter>>argumentCountOfMethodHeader:` and its neighbours. A header is a
//! SmallInteger: bits 0 to 14 number of literals, 16 calls a primitive, 17 needs a large frame, 18 to 23 number of temporaries
//! with arguments, 24 to 27 number of arguments; negative if the bytecodes are Sista V1.

use crate::heap::Heap;
use crate::oop::Oop;

/// First bytecode of a method with a primitive, V3PlusClosures.
const CALL_PRIMITIVE_V3: u8 = 139;
/// First bytecode of a method with a primitive, Sista V1.
const CALL_PRIMITIVE_SISTA: u8 = 248;
/// The primitive of methods whose first literal names module and function.
pub const NAMED_PRIMITIVE: u16 = 117;

/// A decoded method header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MethodHeader(pub i64);

impl MethodHeader {
    /// The header of compiled code; `None` if its first slot is no SmallInteger.
    pub fn of(heap: &Heap, method: Oop) -> Option<MethodHeader> {
        heap.slots(method).first()?.as_small_int().map(MethodHeader)
    }

    /// Number of literals.
    pub fn literals(self) -> usize {
        (self.0 & 0x7FFF) as usize
    }

    /// Its first bytecode says which primitive it calls.
    pub fn has_primitive(self) -> bool {
        self.0 >> 16 & 1 != 0
    }

    /// Number of temporaries, arguments included.
    pub fn temporaries(self) -> usize {
        (self.0 >> 18 & 63) as usize
    }

    /// Number of arguments.
    pub fn arguments(self) -> usize {
        (self.0 >> 24 & 15) as usize
    }

    /// Its bytecodes are Sista V1, not V3PlusClosures.
    pub fn is_sista(self) -> bool {
        self.0 < 0
    }

    /// First byte of the bytecodes, counted from the start of the body.
    pub fn first_byte(self) -> usize {
        8 * (1 + self.literals())
    }
}

/// The number of the primitive that compiled code calls; `None` if it calls none, an error if it should and does not.
pub fn primitive(heap: &Heap, method: Oop) -> Result<Option<u16>, String> {
    let Some(header) = MethodHeader::of(heap, method).filter(|header| header.has_primitive()) else { return Ok(None) };
    let call = if header.is_sista() { CALL_PRIMITIVE_SISTA } else { CALL_PRIMITIVE_V3 };
    match heap.bytes(method).get(header.first_byte()..).unwrap_or(&[]) {
        [first, low, high, ..] if *first == call => Ok(Some(u16::from_le_bytes([*low, *high]))),
        code => Err(format!("starts with {:?}, not with the bytecode {call} that calls its primitive", &code[..3.min(code.len())])),
    }
}

/// Module and function of a named primitive's method; an empty module where the VM itself is meant.
pub fn named_primitive(heap: &Heap, method: Oop) -> Option<(String, String)> {
    let &name = heap.slots(method).get(1)?;
    if !name.is_pointer() || !heap.format(name).is_pointers() {
        return None;
    }
    let [module, function] = [0, 1].map(|index| {
        let part = heap.slots(name).get(index).copied().unwrap_or(heap.nil());
        heap.text(part).unwrap_or_default()
    });
    (!function.is_empty()).then_some((module, function))
}
