//! Stacks of evaluations, with the places of expressions in their sources.

use super::unit::{Place, Units};
use osvm_core::oop::Oop;
use osvm_core::vm::{Frame, Vm};
use std::fmt;

/// Of a longer stack, this many of the newest activations are printed, and this many of the oldest.
const NEWEST: usize = 40;
const OLDEST: usize = 10;

/// An activation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StackLine {
    /// What it runs: `Class>>selector`, or `[] in Class>>selector`.
    pub name: String,
    /// Its receiver, in a few words.
    pub receiver: String,
    /// Where it is, if it is in an expression.
    pub place: Option<Place>,
}

/// The activations of a process, newest first, without those that evaluate.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Stack {
    /// The activations.
    pub lines: Vec<StackLine>,
    /// How many more lay between the newest and the oldest of these.
    pub left_out: usize,
}

impl Stack {
    /// The stack of a process that runs an evaluation, from where `cause` was signalled.
    pub(super) fn of(vm: &mut Vm, process: Oop, evaluation: Oop, cause: Option<Oop>, units: &Units) -> Stack {
        let frames = vm.stack_of(process);
        let class = cause.map(|cause| vm.heap.class_of(cause));
        let mut first = cause.and_then(|cause| frames.iter().rposition(|frame| frame.receiver == cause)).map_or(0, |last| last + 1);
        while frames.get(first).is_some_and(|frame| Some(frame.receiver) == class) {
            first += 1;
        }
        if first == 0 {
            // The frames that wait for the machine.
            first = frames.iter().take_while(|frame| frame.receiver == evaluation).count();
        }
        let rest = &frames[first..];
        let end = rest.iter().position(|frame| frame.receiver == evaluation).unwrap_or(rest.len());
        let rest = &rest[..end];
        let left_out = rest.len().saturating_sub(NEWEST + OLDEST);
        let kept = rest.iter().enumerate().filter(|&(index, _)| index < NEWEST || index >= NEWEST + left_out);
        Stack { lines: kept.map(|(_, frame)| line(vm, frame, units)).collect(), left_out }
    }
}

fn line(vm: &Vm, frame: &Frame, units: &Units) -> StackLine {
    StackLine { name: vm.frame_name(frame), receiver: vm.describe(frame.receiver), place: units.place(vm, frame) }
}

/// A line for each activation; below those of expressions the line of source with a caret.
impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, StackLine { name, place, .. }) in self.lines.iter().enumerate() {
            if index == NEWEST && self.left_out > 0 {
                writeln!(f, "  ... {} more", self.left_out)?;
            }
            match place {
                None => writeln!(f, "  {name}")?,
                Some(place) => writeln!(f, "  {name}  {place}\n{}", place.marked_line())?,
            }
        }
        Ok(())
    }
}
