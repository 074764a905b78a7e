//! Sequences of instructions between which control jumps. A sequence that nothing leads to is left out later.

use super::CompiledCode;
use super::frame::{Frame, Key};
use crate::literal::Literal;
use crate::semantics::VariableId;

/// The number of a sequence, in the order of the code.
pub(crate) type SequenceId = usize;
/// A sequence that is not known yet.
const UNKNOWN: SequenceId = usize::MAX;

/// A variable that can be stored to.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Place {
    /// A field of the receiver.
    Field(u16),
    /// A slot of the frame.
    Slot(Key),
    /// An element of a temp vector.
    Remote(usize, Key),
    /// A variable outside.
    Variable(VariableId),
}

/// An operation.
#[derive(Clone, PartialEq, Debug)]
pub(crate) enum Operation {
    PushReceiver,
    PushThisContext,
    PushThisProcess,
    PushLiteral(Literal),
    Push(Place),
    Store(Place),
    /// Makes a temp vector of so many elements in its slot.
    NewVector(Key, usize),
    /// Takes elements from the stack into a new array.
    PushArray(usize),
    Duplicate,
    Pop,
    Send(String),
    SuperSend(String),
    /// The code of the closure begins at `body` and ends before `end`; its slots are those of a frame of its own.
    PushClosure {
        arguments: usize,
        copied: Vec<Key>,
        frame: usize,
        body: SequenceId,
        end: SequenceId,
    },
    PushFullClosure {
        code: Box<CompiledCode>,
        copied: Vec<Key>,
    },
    /// `behind` follows in the code, though control does not get there.
    Jump {
        to: SequenceId,
        behind: Option<SequenceId>,
    },
    JumpIf {
        condition: bool,
        to: SequenceId,
        otherwise: SequenceId,
    },
    Return,
    BlockReturn {
        behind: SequenceId,
    },
}

impl Operation {
    fn ends_sequence(&self) -> bool {
        use Operation::{BlockReturn, Jump, JumpIf, PushClosure, Return};
        matches!(self, Jump { .. } | JumpIf { .. } | Return | BlockReturn { .. } | PushClosure { .. })
    }

    fn successors(&self) -> [Option<SequenceId>; 2] {
        let known = |id: SequenceId| (id != UNKNOWN).then_some(id);
        match *self {
            Operation::Jump { to, behind } => [known(to), behind],
            Operation::JumpIf { to, otherwise, .. } => [known(to), known(otherwise)],
            Operation::PushClosure { body, end, .. } => [known(end), known(body)],
            Operation::BlockReturn { behind } => [known(behind), None],
            _ => [None, None],
        }
    }
}

/// An operation with its frame and the place in the source that it is from.
#[derive(Clone, Debug)]
pub(crate) struct Step {
    pub operation: Operation,
    pub frame: usize,
    pub offset: u32,
}

/// A jump whose target comes later.
pub(crate) struct Ahead {
    sequence: SequenceId,
    step: usize,
}

/// Sequences while they are made.
#[derive(Default)]
pub(crate) struct Builder {
    pub sequences: Vec<Vec<Step>>,
    pub frames: Vec<Frame>,
    /// The frames of the closures around what is translated, and of the method.
    open: Vec<usize>,
    /// Literals that no instruction refers to, in order.
    pub additional: Vec<Literal>,
    /// The place in the source of what is translated.
    pub offset: u32,
}

impl Builder {
    pub fn new() -> Builder {
        Builder { sequences: vec![Vec::new()], frames: vec![Frame::default()], open: vec![0], ..Builder::default() }
    }

    pub fn frame(&mut self) -> &mut Frame {
        let frame = self.open.last().expect("the method's frame is open");
        &mut self.frames[*frame]
    }

    fn current(&self) -> SequenceId {
        self.sequences.len() - 1
    }

    pub fn add(&mut self, operation: Operation) {
        let frame = *self.open.last().expect("the method's frame is open");
        let step = Step { operation, frame, offset: self.offset };
        self.sequences.last_mut().expect("there is a sequence").push(step);
    }

    pub fn push(&mut self, literal: Literal) {
        self.add(Operation::PushLiteral(literal));
    }

    pub fn send(&mut self, selector: &str) {
        self.add(Operation::Send(selector.into()));
    }

    /// Ends the current sequence, if it has anything.
    pub fn start_sequence(&mut self) -> SequenceId {
        let Some(last) = self.sequences[self.current()].last() else { return self.current() };
        if !last.operation.ends_sequence() {
            let to = self.sequences.len();
            self.add(Operation::Jump { to, behind: None });
        }
        self.sequences.push(Vec::new());
        self.current()
    }

    fn add_ahead(&mut self, operation: Operation) -> Ahead {
        self.add(operation);
        let sequence = self.current();
        let step = self.sequences[sequence].len() - 1;
        self.start_sequence();
        Ahead { sequence, step }
    }

    pub fn jump_ahead(&mut self) -> Ahead {
        self.add_ahead(Operation::Jump { to: UNKNOWN, behind: None })
    }

    /// Takes a boolean from the stack, and jumps if it is `condition`.
    pub fn jump_ahead_if(&mut self, condition: bool) -> Ahead {
        let otherwise = self.sequences.len();
        self.add_ahead(Operation::JumpIf { condition, to: UNKNOWN, otherwise })
    }

    /// What is added next is the target of a jump.
    pub fn land(&mut self, ahead: Ahead) {
        let target = self.start_sequence();
        match &mut self.sequences[ahead.sequence][ahead.step].operation {
            Operation::Jump { to, .. } | Operation::JumpIf { to, .. } | Operation::PushClosure { end: to, .. } => *to = target,
            _ => unreachable!("only jumps are ahead"),
        }
    }

    pub fn jump_back(&mut self, to: SequenceId) {
        let behind = Some(self.sequences.len());
        self.add(Operation::Jump { to, behind });
        self.start_sequence();
    }

    pub fn return_top(&mut self) {
        self.add(Operation::Return);
        self.start_sequence();
    }

    /// Begins a closure. Its copied values are slots of the frame around and, behind the arguments, of its own.
    pub fn open_closure(&mut self, arguments: Vec<Key>, copied: Vec<Key>) -> Ahead {
        let mut slots = Frame::default();
        arguments.iter().chain(&copied).cloned().for_each(|key| slots.add(key));
        self.frames.push(slots);
        let (frame, body) = (self.frames.len() - 1, self.sequences.len());
        let closure = Operation::PushClosure { arguments: arguments.len(), copied, frame, body, end: UNKNOWN };
        let ahead = self.add_ahead(closure);
        self.open.push(frame);
        ahead
    }

    /// Ends a closure's body, with a return unless control cannot get there.
    pub fn close_body(&mut self) {
        let current = self.current();
        let reached = !self.sequences[current].is_empty() || current == 0 || self.is_reached(current);
        if reached {
            let behind = self.sequences.len();
            self.add(Operation::BlockReturn { behind });
            self.start_sequence();
        }
        self.open.pop();
    }

    fn is_reached(&self, sequence: SequenceId) -> bool {
        self.reachable().into_iter().any(|from| self.successors(from).contains(&Some(sequence)))
    }

    fn successors(&self, sequence: SequenceId) -> [Option<SequenceId>; 2] {
        self.sequences[sequence].last().map_or([None, None], |step| step.operation.successors())
    }

    /// The sequences that belong to the code, in order.
    pub fn reachable(&self) -> Vec<SequenceId> {
        let mut seen = vec![false; self.sequences.len()];
        let mut stack = vec![0];
        while let Some(id) = stack.pop() {
            if !std::mem::replace(&mut seen[id], true) {
                stack.extend(self.successors(id).into_iter().flatten());
            }
        }
        (0..seen.len()).filter(|&id| seen[id]).collect()
    }
}
