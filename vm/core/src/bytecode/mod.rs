//! One vocabulary of instructions for both bytecode sets. Translator, disassembler, tracer and debugger read this.

mod disasm;
mod sista;
mod v3;

pub(crate) use disasm::describe_at;
pub use disasm::disassemble;

use crate::heap::Heap;
use crate::oop::Oop;

/// The bytecode set of a method, given by the sign of its header word.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum BytecodeSet {
    /// V3PlusClosures: header not negative.
    V3PlusClosures,
    /// Sista V1: header negative.
    SistaV1,
}

impl BytecodeSet {
    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            BytecodeSet::V3PlusClosures => "V3PlusClosures",
            BytecodeSet::SistaV1 => "Sista V1",
        }
    }
}

/// What a return answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// The receiver.
    Receiver,
    /// true.
    True,
    /// false.
    False,
    /// nil.
    Nil,
    /// The top of the stack.
    Top,
}

/// Where a variable is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Variable {
    /// Named field of the receiver.
    Receiver(u16),
    /// Argument or temporary.
    Temporary(u16),
    /// Value of the association at a literal.
    Literal(u16),
    /// Element of the array in a temporary.
    Remote {
        /// Index in the array.
        index: u8,
        /// The temporary.
        vector: u8,
    },
}

/// A decoded bytecode, its extensions included.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Instruction {
    /// Pushes a variable.
    Push(Variable),
    /// Stores the top of the stack in a variable.
    Store {
        /// The variable.
        to: Variable,
        /// The top is removed.
        pop: bool,
    },
    /// Pushes a literal.
    PushLiteral(u16),
    /// Pushes the receiver.
    PushReceiver,
    /// Pushes true.
    PushTrue,
    /// Pushes false.
    PushFalse,
    /// Pushes nil.
    PushNil,
    /// Pushes a SmallInteger.
    PushInteger(i32),
    /// Pushes a Character.
    PushCharacter(u32),
    /// Pushes the active context.
    PushThisContext,
    /// Pushes the active process.
    PushThisProcess,
    /// Pushes the top once more.
    Duplicate,
    /// Removes the top.
    Pop,
    /// Nothing.
    Nop,
    /// Pushes a new Array.
    PushNewArray {
        /// Its size.
        size: u8,
        /// Its elements are taken from the stack, else they are nil.
        pop: bool,
    },
    /// Pushes a closure whose code follows in this method.
    PushClosure {
        /// Its arguments.
        args: u8,
        /// Its copied values, taken from the stack.
        copied: u8,
        /// Bytes of its code.
        size: u32,
    },
    /// Pushes a closure whose code is a CompiledBlock among the literals.
    PushFullClosure {
        /// The literal.
        literal: u16,
        /// Its copied values, taken from the stack.
        copied: u8,
        /// The receiver is taken from the stack, below the copied values.
        receiver_on_stack: bool,
        /// It has no outer context.
        no_outer: bool,
    },
    /// Jumps by this many bytes from the next instruction.
    Jump(i32),
    /// Removes the top and jumps if it is this boolean.
    JumpIf(bool, i32),
    /// Sends a message.
    Send {
        /// Literal index of the selector.
        selector: u16,
        /// Number of arguments.
        args: u8,
    },
    /// Sends to super: the lookup starts above the method's class.
    SuperSend {
        /// Literal index of the selector.
        selector: u16,
        /// Number of arguments.
        args: u8,
    },
    /// Sends to super of the class on top of the stack.
    DirectedSuperSend {
        /// Literal index of the selector.
        selector: u16,
        /// Number of arguments.
        args: u8,
    },
    /// Sends the special selector of this index (0 to 31).
    SpecialSend(u8),
    /// Returns from the method; in a block from its home method.
    Return(Answer),
    /// Returns from the block to its caller.
    BlockReturn(Answer),
    /// The primitive of the method; the first bytecode where there is one, and undefined anywhere else.
    CallPrimitive(u16),
    /// Not defined in this set.
    Unused(u8),
}

/// The selectors that have bytecodes of their own, and their argument counts, in the order of the special selectors array.
pub const SPECIAL_SELECTORS: [(&str, u8); 32] = [
    ("+", 1),
    ("-", 1),
    ("<", 1),
    (">", 1),
    ("<=", 1),
    (">=", 1),
    ("=", 1),
    ("~=", 1),
    ("*", 1),
    ("/", 1),
    ("\\\\", 1),
    ("@", 1),
    ("bitShift:", 1),
    ("//", 1),
    ("bitAnd:", 1),
    ("bitOr:", 1),
    ("at:", 1),
    ("at:put:", 2),
    ("size", 0),
    ("next", 0),
    ("nextPut:", 1),
    ("atEnd", 0),
    ("==", 1),
    ("class", 0),
    ("~~", 1),
    ("value", 0),
    ("value:", 1),
    ("do:", 1),
    ("new", 0),
    ("new:", 1),
    ("x", 0),
    ("y", 0),
];

/// Decodes the instruction at `pc` (from 0) of `code`. Answers it with the index of the next one; `None` where the code ends in
/// the middle of it.
pub fn decode(set: BytecodeSet, code: &[u8], pc: usize) -> Option<(Instruction, usize)> {
    match set {
        BytecodeSet::V3PlusClosures => v3::decode(code, pc),
        BytecodeSet::SistaV1 => sista::decode(code, pc),
    }
}

/// What the first word of a compiled method says. Source: `CompiledMethod` and `StackInterpreter` of the OpenSmalltalk VM.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MethodHeader(pub i64);

impl MethodHeader {
    /// The header of a compiled method; `None` if its first slot is no SmallInteger.
    pub fn of(heap: &Heap, method: Oop) -> Option<MethodHeader> {
        if method.is_immediate() || !heap.format(method).is_compiled_method() || heap.num_slots(method) == 0 {
            return None;
        }
        heap.fetch(method, 0).as_small_int().map(MethodHeader)
    }

    /// Number of literals.
    pub fn literals(self) -> usize {
        (self.0 & 0x7FFF) as usize
    }

    /// The method begins with a callPrimitive bytecode.
    pub fn has_primitive(self) -> bool {
        self.0 & 0x10000 != 0
    }

    /// Its frame has 56 slots, not 16.
    pub fn large_frame(self) -> bool {
        self.0 & 0x20000 != 0
    }

    /// Number of arguments and temporaries.
    pub fn temps(self) -> usize {
        ((self.0 >> 18) & 0x3F) as usize
    }

    /// Number of arguments.
    pub fn args(self) -> usize {
        ((self.0 >> 24) & 0xF) as usize
    }

    /// The bytecode set.
    pub fn set(self) -> BytecodeSet {
        if self.0 < 0 { BytecodeSet::SistaV1 } else { BytecodeSet::V3PlusClosures }
    }

    /// Index of the first bytecode among the bytes of the method's body.
    pub fn initial_pc(self) -> usize {
        8 * (1 + self.literals())
    }
}
