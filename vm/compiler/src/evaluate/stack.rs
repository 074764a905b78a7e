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

/// A line for each activation, the same ones together; below those of expressions the line of source with a caret.
impl fmt::Display for Stack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut index = 0;
        for run in self.lines.chunk_by(|a, b| (&a.name, &a.place) == (&b.name, &b.place)) {
            let StackLine { name, place, .. } = &run[0];
            let hides = index < NEWEST && NEWEST <= index + run.len();
            let place_text = place.as_ref().map(|place| format!("  {place}")).unwrap_or_default();
            let times = if run.len() > 1 { format!("  ({} times)", run.len()) } else { String::new() };
            writeln!(f, "  {name}{place_text}{times}")?;
            if let Some(place) = place {
                writeln!(f, "{}", place.marked_line())?;
            }
            if hides && self.left_out > 0 {
                writeln!(f, "  ... {} more", self.left_out)?;
            }
            index += run.len();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Position;

    fn line(name: &str, column: Option<usize>) -> StackLine {
        let place = column.map(|column| Place { source: "x".into(), position: Position { line: 1, column }, line: "\ta b".into() });
        StackLine { name: name.into(), receiver: "nil".into(), place }
    }

    #[test]
    fn places_have_carets_and_what_is_the_same_stands_together() {
        let lines = vec![line("A>>a", None), line("DoIt", Some(3)), line("DoIt", Some(3)), line("DoIt", Some(2))];
        let expected = "  A>>a\n  DoIt  x:1:3  (2 times)\n       a b\n        ^\n  DoIt  x:1:2\n       a b\n       ^\n";
        assert_eq!(Stack { lines, left_out: 0 }.to_string(), expected);
    }

    #[test]
    fn what_is_left_out_is_counted_where_it_was() {
        let lines: Vec<StackLine> = (0..NEWEST + OLDEST).map(|index| line(&index.to_string(), None)).collect();
        let text = Stack { lines, left_out: 7 }.to_string();
        assert!(text.contains("  39\n  ... 7 more\n  40\n"), "{text}");
        let lines = vec![line("a", None); NEWEST + OLDEST];
        assert_eq!(Stack { lines, left_out: 7 }.to_string(), "  a  (50 times)\n  ... 7 more\n");
    }
}
