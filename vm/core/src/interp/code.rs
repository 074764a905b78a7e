//! Translated methods: what the interpreter's loop runs.
//!
//! A method's bytecodes are translated when it is first activated, one instruction at a time and in order, to words that both
//! bytecode sets share. A word is `opcode: u8 | a: u8 | c: u16 | b: i32` from the low end. A send is followed by two words of
//! inline cache: the class index that was seen last and the address of the [`Code`] found for it.

use super::native::MethodCode;
use crate::oop::Oop;
use crate::plugin::{NamedPrimitive, NotFound};
use crate::primitives::{ControlPrimitive, ValuePrimitive};

macro_rules! ops {
    ($($name:ident $($doc:literal)?;)*) => {
        /// Opcodes of translated code.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(u8)]
        pub(crate) enum Op { $($(#[doc = $doc])? $name,)* }

        impl Op {
            /// Every opcode, by its number.
            pub(crate) const ALL: &[Op] = &[$(Op::$name,)*];
        }
    };
}

ops! {
    PushTemp "b: offset from the frame pointer";
    PushField "b: field of the receiver";
    PushFieldOfContext "b: field of the receiver, which is a context";
    PushLiteral "b: literal";
    PushLiteralVariable "b: literal, an association";
    PushRemote "a: index, b: offset of the vector";
    PushConstant "b: SmallInteger";
    PushCharacter "b: code point";
    PushTrue;
    PushFalse;
    PushNil;
    PushThisContext;
    PushThisProcess;
    Duplicate;
    Pop;
    Nop;
    StoreTemp "b: offset";
    StoreField "b: field";
    StoreFieldOfContext "b: field of a context";
    StoreLiteralVariable "b: literal";
    StoreRemote "a: index, b: offset of the vector";
    PopTemp "b: offset";
    PopField "b: field";
    PopFieldOfContext "b: field of a context";
    PopLiteralVariable "b: literal";
    PopRemote "a: index, b: offset of the vector";
    NewArray "a: size; the elements are nil";
    NewArrayPop "a: size; the elements are popped";
    PushClosure "a: arguments, c: copied values, b: words to skip; the next word is the start pc";
    PushFullClosure "a: copied values, c: bit 0 receiver on the stack, bit 1 no outer context, b: literal";
    Jump "b: words, forwards";
    JumpBack "b: words; polls";
    JumpTrue "b: words, c: where to go on after mustBeBoolean, behind the code";
    JumpFalse "b: words, c: as for JumpTrue";
    TestAgain "behind the code: the answer of mustBeBoolean is on the stack; b: words back to the jump";
    Send "a: arguments, b: literal of the selector";
    SendSuper "a: arguments, b: literal of the selector";
    SendDirectedSuper "a: arguments, b: literal of the selector";
    SendSpecial "a: arguments, b: index of the special selector";
    Add;
    Subtract;
    Less;
    Greater;
    LessEqual;
    GreaterEqual;
    Equal;
    NotEqual;
    Multiply;
    Divide;
    Modulo;
    MakePoint;
    BitShift;
    IntegerDivide;
    BitAnd;
    BitOr;
    At;
    AtPut;
    Size;
    Identical;
    Class;
    NotIdentical;
    Value;
    Value1;
    ReturnTop;
    ReturnReceiver;
    ReturnTrue;
    ReturnFalse;
    ReturnNil;
    HomeReturnTop "from a block: returns from its home";
    HomeReturnReceiver;
    HomeReturnTrue;
    HomeReturnFalse;
    HomeReturnNil;
    BlockReturnTop;
    BlockReturnNil;
    StoreErrorCode "first store of a method whose primitive failed: b: offset";
    Unused "sends unusedBytecode; a: the bytecode";
    End "behind the last instruction";
    LessJumpFalse "fused: Less, then JumpFalse";
    GreaterJumpFalse "fused";
    LessEqualJumpFalse "fused";
    GreaterEqualJumpFalse "fused";
    EqualJumpFalse "fused";
    AddPopTemp "fused: Add, then PopTemp";
    SubtractPopTemp "fused";
    IdenticalJumpFalse "fused";
    IdenticalJumpTrue "fused";
    ConstantAdd "fused: PushConstant, then Add";
    ConstantSubtract "fused";
    ConstantBitAnd "fused";
    ConstantReturn "fused: PushConstant, then ReturnTop";
    TempReturn "fused";
    TempAdd "fused: PushTemp, then Add";
    TempTemp "fused: two PushTemp";
    TempConstant "fused: PushTemp, PushConstant";
    TempSend "fused: PushTemp, then Send";
    FieldSend "fused: PushField, then Send";
    PopPushTemp "fused: Pop, PushTemp";
    TempConstantAdd "fused: PushTemp, PushConstant, Add";
    TempConstantSubtract "fused";
    TempConstantAddPopTemp "fused: PushTemp, PushConstant, Add, PopTemp";
    TempConstantLessJumpFalse "fused: PushTemp, PushConstant, Less, JumpFalse";
    TempConstantLessEqualJumpFalse "fused";
    TempConstantGreaterJumpFalse "fused";
    TempConstantGreaterEqualJumpFalse "fused";
    TempConstantEqualJumpFalse "fused";
    TempTempLessJumpFalse "fused: PushTemp, PushTemp, Less, JumpFalse";
    TempTempLessEqualJumpFalse "fused";
    TempTempGreaterJumpFalse "fused";
    TempTempGreaterEqualJumpFalse "fused";
    TempTempAdd "fused";
    TempAt "fused: PushTemp, At";
    TempAtPut "fused: PushTemp, AtPut";
    TempPopTemp "fused: PushTemp, PopTemp";
    TempField "fused: PushTemp, PushField";
    FieldTemp "fused: PushField, PushTemp";
    PopJumpBack "fused: Pop, JumpBack";
    TempTempLess "fused: PushTemp, PushTemp, Less";
    TempTempLessEqual "fused";
    TempTempGreater "fused";
    TempTempGreaterEqual "fused";
    TempConstantAddPopTempJumpBack "fused: PushTemp, PushConstant, Add, PopTemp, JumpBack";
    PopTempConstantAddPopTemp "fused: Pop, PushTemp, PushConstant, Add, PopTemp";
    PopTempConstantAddPopTempJumpBack "fused: Pop, PushTemp, PushConstant, Add, PopTemp, JumpBack";
}

/// Words of a send: itself and its inline cache.
pub(crate) const SEND_WORDS: usize = 3;

/// Makes a word.
pub(crate) const fn word(op: Op, a: u8, c: u16, b: i32) -> u64 {
    op as u64 | (a as u64) << 8 | (c as u64) << 16 | (b as u32 as u64) << 32
}

/// The operand `a` of a word.
#[inline(always)]
pub(crate) const fn operand_a(word: u64) -> usize {
    (word >> 8 & 0xFF) as usize
}

/// The operand `c` of a word.
#[inline(always)]
pub(crate) const fn operand_c(word: u64) -> usize {
    (word >> 16 & 0xFFFF) as usize
}

/// The operand `b` of a word.
#[inline(always)]
pub(crate) const fn operand_b(word: u64) -> isize {
    (word as i64 >> 32) as isize
}

/// What happens when a method is sent to an object.
#[derive(Clone, Copy)]
pub(crate) enum Entry {
    /// Its bytecodes run.
    Frame,
    /// It answers its receiver.
    Receiver,
    /// It answers a constant of the VM's: true, false, nil (as 0, 1, 2).
    Constant(u8),
    /// It answers a SmallInteger.
    Integer(i8),
    /// It answers a field of its receiver.
    Field(u8),
    /// It answers a field of its receiver, which is a context.
    FieldOfContext(u8),
    /// A numbered primitive that computes a value.
    Value(ValuePrimitive),
    /// A numbered primitive that changes control.
    Control(ControlPrimitive),
    /// Evaluates the receiver, a closure.
    Closure,
    /// A named primitive; the call looks it up.
    Named,
    /// A primitive that fails at once, with the reason of a missing number.
    Missing,
}

/// A block inside a method with V3PlusClosures bytecodes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Block {
    /// Its start as closures have it, from 1.
    pub start_pc: u32,
    /// The word where it starts.
    pub word: u32,
    /// Its arguments.
    pub args: u8,
    /// Its copied values.
    pub copied: u8,
}

/// What a frame looks like before an instruction.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shape {
    /// Values on its stack: arguments, temporaries and operands.
    pub depth: u16,
    /// Arguments.
    pub args: u8,
    /// It is a block's.
    pub is_block: bool,
}

/// A translated method or CompiledBlock. Its address stays the same until it is dropped, which is only at a full collection
/// when no frame uses it.
pub(crate) struct Code {
    /// The method; the collector keeps it current.
    pub method: Oop,
    /// What a send does.
    pub entry: Entry,
    /// Arguments.
    pub args: u8,
    /// Arguments and temporaries.
    pub temps: u8,
    /// Slots of a context for it, beside the named fields.
    pub context_slots: u8,
    /// The number of its primitive, 0 for none.
    pub primitive: u16,
    /// The word of `words` where a frame begins.
    pub start: *const u64,
    /// The words: the instructions in order up to `End`, and behind it one word for each conditional jump.
    pub words: Box<[u64]>,
    /// Number of words up to `End`, itself included.
    pub main: usize,
    /// For each word the pc (from 1, as contexts have it) of its instruction.
    pub pcs: Box<[u32]>,
    /// For each word up to `End` what the frame looks like.
    pub shapes: Box<[Shape]>,
    /// Blocks inside, by ascending start.
    pub blocks: Box<[Block]>,
    /// What it has for native code.
    pub native: MethodCode,
    /// For a named primitive: what it resolved to, and in which generation of the host.
    pub named: Option<(Result<NamedPrimitive, NotFound>, u32)>,
}

impl Code {
    /// Where a frame begins: behind callPrimitive.
    #[inline(always)]
    pub(crate) fn start(&self) -> *const u64 {
        self.start
    }

    /// The pc of the instruction at `ip`, which must point into this code.
    pub(crate) fn pc_of(&self, ip: *const u64) -> u32 {
        let index = (ip as usize - self.words.as_ptr() as usize) / 8;
        self.pcs[index.min(self.pcs.len() - 1)]
    }

    /// `ip` is behind the instructions.
    pub(crate) fn is_behind(&self, ip: *const u64) -> bool {
        ip as usize >= self.words[self.main..].as_ptr() as usize
    }

    /// The word of the instruction at `pc`; `None` if no instruction starts there.
    pub(crate) fn word_at(&self, pc: u32) -> Option<usize> {
        let pcs = &self.pcs[..self.main];
        let index = pcs.partition_point(|&p| p < pc);
        (pcs.get(index) == Some(&pc)).then_some(index)
    }

    /// The instruction before the one at word `index`; `None` at the start.
    pub(crate) fn word_before(&self, index: usize) -> Option<usize> {
        self.word_at(*self.pcs[..index].last()?)
    }

    /// The number of arguments of the send at word `index`; `None` if none is there.
    pub(crate) fn sends_at(&self, index: usize) -> Option<usize> {
        let word = self.words[index];
        Op::ALL[(word & 0xFF) as usize].is_send().then(|| operand_a(word))
    }

    /// Where a frame goes on when `mustBeBoolean` answered to its jump, whose operand `c` is given.
    pub(crate) fn after_must_be_boolean(&self, c: usize) -> *const u64 {
        self.ip_at(self.main + c)
    }

    /// Where `word` is.
    #[inline(always)]
    pub(crate) fn ip_at(&self, word: usize) -> *const u64 {
        debug_assert!(word < self.words.len());
        self.words[word..].as_ptr()
    }

    /// The block whose closure has this start pc.
    #[inline]
    pub(crate) fn block_at(&self, start_pc: u32) -> Option<&Block> {
        self.blocks.binary_search_by_key(&start_pc, |b| b.start_pc).ok().map(|i| &self.blocks[i])
    }

    /// Forgets what every send saw.
    pub(crate) fn reset_caches(&mut self) {
        let mut i = 0;
        while i < self.main {
            let op = Op::ALL[(self.words[i] & 0xFF) as usize];
            if op.is_send() {
                self.words[i + 1] = 0;
                self.words[i + 2] = 0;
            }
            i += op.words();
        }
    }
}

impl Op {
    /// The opcode is followed by an inline cache.
    pub(crate) const fn is_send(self) -> bool {
        (self as u8 >= Op::Send as u8 && self as u8 <= Op::Value1 as u8)
            || (self as u8 >= Op::LessJumpFalse as u8 && self as u8 <= Op::IdenticalJumpTrue as u8)
    }

    /// The first instruction of a fused sequence, which may always run alone; other opcodes themselves.
    pub(crate) const fn unfused(self) -> Op {
        match self {
            Op::LessJumpFalse => Op::Less,
            Op::GreaterJumpFalse => Op::Greater,
            Op::LessEqualJumpFalse => Op::LessEqual,
            Op::GreaterEqualJumpFalse => Op::GreaterEqual,
            Op::EqualJumpFalse => Op::Equal,
            Op::AddPopTemp => Op::Add,
            Op::SubtractPopTemp => Op::Subtract,
            Op::IdenticalJumpFalse | Op::IdenticalJumpTrue => Op::Identical,
            Op::ConstantAdd | Op::ConstantSubtract | Op::ConstantBitAnd | Op::ConstantReturn => Op::PushConstant,
            Op::TempReturn | Op::TempAdd | Op::TempTemp | Op::TempConstant | Op::TempSend => Op::PushTemp,
            Op::TempConstantAdd | Op::TempConstantSubtract | Op::TempConstantAddPopTemp | Op::TempTempAdd => Op::PushTemp,
            Op::TempConstantLessJumpFalse | Op::TempConstantLessEqualJumpFalse => Op::PushTemp,
            Op::TempConstantGreaterJumpFalse | Op::TempConstantGreaterEqualJumpFalse => Op::PushTemp,
            Op::TempConstantEqualJumpFalse | Op::TempTempLessJumpFalse | Op::TempTempLessEqualJumpFalse => Op::PushTemp,
            Op::TempTempGreaterJumpFalse | Op::TempTempGreaterEqualJumpFalse => Op::PushTemp,
            Op::TempAt | Op::TempAtPut | Op::TempPopTemp | Op::TempConstantAddPopTempJumpBack => Op::PushTemp,
            Op::TempField | Op::TempTempLess | Op::TempTempLessEqual => Op::PushTemp,
            Op::TempTempGreater | Op::TempTempGreaterEqual => Op::PushTemp,
            Op::FieldTemp => Op::PushField,
            Op::PopTempConstantAddPopTemp | Op::PopTempConstantAddPopTempJumpBack | Op::PopJumpBack => Op::Pop,
            Op::FieldSend => Op::PushField,
            Op::PopPushTemp => Op::Pop,
            alone => alone,
        }
    }

    /// Words of an instruction, its cache included.
    pub(crate) const fn words(self) -> usize {
        if self.is_send() {
            SEND_WORDS
        } else if matches!(self, Op::PushClosure) {
            2
        } else {
            1
        }
    }
}
