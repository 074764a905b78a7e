//! The layout of code with jumps.
//!
//! Each sequence, and the start of each closure, is a chunk: bytes, and at most one jump behind them. Jumps begin as short as
//! they can be and grow until all reach their targets.

use super::builder::SequenceId;
use super::{Limit, sista, v3};
use osvm_core::bytecode::{BytecodeSet, Instruction};

/// Index of a bytecode, and the byte of the source that it stands for.
pub(super) type SourcePosition = (u32, u32);

/// What ends a chunk.
#[derive(Clone, Copy)]
pub(super) enum Exit {
    None,
    Jump(SequenceId),
    JumpIf(bool, SequenceId),
    Closure { arguments: u8, copied: u8, end: SequenceId },
}

/// Code up to a jump.
pub(super) struct Chunk {
    pub bytes: Vec<u8>,
    positions: Vec<SourcePosition>,
    pub exit: Exit,
    pub exit_offset: u32,
    exit_bytes: Vec<u8>,
}

impl Chunk {
    /// What is added next is from this place in the source.
    pub fn note_position(&mut self, offset: u32) {
        self.positions.push((self.bytes.len() as u32, offset));
    }
}

/// Chunks in the order of the code.
pub(super) struct Layout {
    set: BytecodeSet,
    chunks: Vec<Chunk>,
    /// The chunk of each sequence.
    starts: Vec<Option<usize>>,
}

impl Layout {
    pub fn new(set: BytecodeSet, sequences: usize) -> Layout {
        Layout { set, chunks: Vec::new(), starts: vec![None; sequences] }
    }

    pub fn start_sequence(&mut self, sequence: SequenceId) {
        self.starts[sequence] = Some(self.chunks.len());
        self.start_chunk();
    }

    pub fn start_chunk(&mut self) {
        let (bytes, positions, exit_bytes) = (Vec::new(), Vec::new(), Vec::new());
        self.chunks.push(Chunk { bytes, positions, exit: Exit::None, exit_offset: 0, exit_bytes });
    }

    /// The chunk that is added to.
    pub fn chunk(&mut self) -> &mut Chunk {
        self.chunks.last_mut().expect("a sequence has a chunk")
    }

    /// Whether no jump is in the code.
    pub fn is_single(&self) -> bool {
        self.chunks.len() == 1
    }

    fn start(&self, sequence: SequenceId) -> usize {
        self.starts[sequence].expect("a jump leads to code")
    }

    fn size(&self, chunks: std::ops::Range<usize>) -> i32 {
        chunks.map(|chunk| self.chunks[chunk].bytes.len() + self.chunks[chunk].exit_bytes.len()).sum::<usize>() as i32
    }

    /// Gives all jumps the size that their distances need.
    pub fn settle(&mut self) -> Result<(), Limit> {
        loop {
            let mut changed = false;
            for chunk in 0..self.chunks.len() {
                let mut bytes = Vec::new();
                if let Some(instruction) = self.exit_instruction(chunk) {
                    encode(self.set, instruction, &mut bytes)?;
                }
                changed |= bytes != self.chunks[chunk].exit_bytes;
                self.chunks[chunk].exit_bytes = bytes;
            }
            if !changed {
                return Ok(());
            }
        }
    }

    fn exit_instruction(&self, chunk: usize) -> Option<Instruction> {
        match self.chunks[chunk].exit {
            Exit::None => None,
            Exit::Jump(to) => match self.start(to) {
                to if to == chunk + 1 => None,
                to if to > chunk => Some(self.size(chunk + 1..to)).filter(|&distance| distance > 0).map(Instruction::Jump),
                to => {
                    let body = self.size(to..chunk) + self.chunks[chunk].bytes.len() as i32;
                    Some(Instruction::Jump(-body - back_jump_bytes(self.set)))
                }
            },
            Exit::JumpIf(condition, to) => Some(match self.size(chunk + 1..self.start(to)) {
                0 => Instruction::Pop,
                distance => Instruction::JumpIf(condition, distance),
            }),
            Exit::Closure { arguments, copied, end } => {
                let size = self.size(chunk + 1..self.start(end)) as u32;
                Some(Instruction::PushClosure { args: arguments, copied, size })
            }
        }
    }

    /// The bytecodes, with the call of a primitive before them if there is one.
    pub fn bytes(&self, primitive: Option<u16>) -> Result<(Vec<u8>, Vec<SourcePosition>), Limit> {
        let (mut bytes, mut positions) = (Vec::new(), Vec::new());
        if let Some(primitive) = primitive {
            encode(self.set, Instruction::CallPrimitive(primitive), &mut bytes)?;
        }
        for chunk in &self.chunks {
            let start = bytes.len() as u32;
            positions.extend(chunk.positions.iter().map(|&(pc, offset)| (start + pc, offset)));
            bytes.extend(&chunk.bytes);
            if !chunk.exit_bytes.is_empty() {
                positions.push((bytes.len() as u32, chunk.exit_offset));
            }
            bytes.extend(&chunk.exit_bytes);
        }
        positions.dedup_by(|later, earlier| {
            later.0 == earlier.0 && {
                earlier.1 = later.1;
                true
            }
        });
        Ok((bytes, positions))
    }
}

/// Appends an instruction.
pub(crate) fn encode(set: BytecodeSet, instruction: Instruction, out: &mut Vec<u8>) -> Result<(), Limit> {
    match set {
        BytecodeSet::V3PlusClosures => v3::encode(instruction, out),
        BytecodeSet::SistaV1 => sista::encode(instruction, out),
    }
}

/// Bytes of a jump back: the encoders use one size, so that the distance does not change it.
fn back_jump_bytes(set: BytecodeSet) -> i32 {
    match set {
        BytecodeSet::V3PlusClosures => 2,
        BytecodeSet::SistaV1 => 4,
    }
}
