//! Which messages become jumps instead of sends.

use crate::literal::Literal;
use crate::syntax::{Block, Expression, ExpressionKind, Message, Sequence, Statement};

/// Which families of messages are inlined where their arguments allow it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Inlining {
    /// Any of them, and those that are not named here.
    pub enabled: bool,
    /// `timesRepeat:`
    pub times_repeat: bool,
    /// `repeat`
    pub repeat: bool,
    /// `caseOf:` and `caseOf:otherwise:`
    pub case: bool,
}

impl Inlining {
    /// As Pharo 8 does by default.
    pub const PHARO_8: Inlining = Inlining { enabled: true, times_repeat: false, repeat: false, case: true };
    /// As Squeak and Cuis do.
    pub const SQUEAK: Inlining = Inlining { enabled: true, times_repeat: true, repeat: true, case: true };
}

/// An inlined message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Inlined {
    /// `and:`
    And,
    /// `or:`
    Or,
    /// `ifTrue:` or `ifFalse:`, with the boolean that runs the block.
    If(bool),
    /// `ifTrue:ifFalse:` or `ifFalse:ifTrue:`, with the boolean that runs the first block.
    IfElse(bool),
    /// `ifNil:`
    IfNil,
    /// `ifNotNil:`
    IfNotNil,
    /// `ifNil:ifNotNil:` (true) or `ifNotNil:ifNil:` (false).
    IfNilElse(bool),
    /// `whileTrue:`, `whileTrue`, `whileFalse:` or `whileFalse`, with the boolean that goes on.
    While(bool),
    /// `repeat`
    Repeat,
    /// `timesRepeat:`
    TimesRepeat,
    /// `to:do:`
    ToDo,
    /// `to:by:do:`
    ToByDo,
    /// `caseOf:` (false) or `caseOf:otherwise:` (true).
    Case(bool),
}

impl Inlined {
    /// Whether the blocks may run more than once, or, for `caseOf:`, are treated as if.
    pub fn is_loop(self) -> bool {
        matches!(
            self,
            Inlined::While(_) | Inlined::Repeat | Inlined::TimesRepeat | Inlined::ToDo | Inlined::ToByDo | Inlined::Case(_)
        )
    }
}

/// Whether and how a message, that is not in a cascade, is inlined.
pub(super) fn inlined(receiver: &Expression<'_>, message: &Message<'_>, options: Inlining) -> Option<Inlined> {
    let kind = by_selector(&message.selector, options)?;
    let arguments = &message.arguments;
    let fits = match kind {
        Inlined::While(_) => takes(receiver, 0) && arguments.iter().all(|argument| takes(argument, 0)),
        Inlined::Repeat => takes(receiver, 0),
        _ if receiver.as_block().is_some() => false,
        Inlined::And | Inlined::Or | Inlined::If(_) | Inlined::IfElse(_) | Inlined::IfNil | Inlined::TimesRepeat => {
            arguments.iter().all(|argument| takes(argument, 0))
        }
        Inlined::IfNotNil => takes_at_most_one(&arguments[0]),
        Inlined::IfNilElse(true) => takes(&arguments[0], 0) && takes_at_most_one(&arguments[1]),
        Inlined::IfNilElse(false) => takes_at_most_one(&arguments[0]) && takes(&arguments[1], 0),
        Inlined::ToDo => is_counting(&arguments[0], &arguments[1]),
        Inlined::ToByDo => is_counting(&arguments[0], &arguments[2]) && step(&arguments[1]).is_some(),
        Inlined::Case(otherwise) => cases(&arguments[0]).is_some() && (!otherwise || takes(&arguments[1], 0)),
    };
    fits.then_some(kind)
}

fn by_selector(selector: &str, options: Inlining) -> Option<Inlined> {
    if !options.enabled {
        return None;
    }
    Some(match selector {
        "and:" => Inlined::And,
        "or:" => Inlined::Or,
        "ifTrue:" => Inlined::If(true),
        "ifFalse:" => Inlined::If(false),
        "ifTrue:ifFalse:" => Inlined::IfElse(true),
        "ifFalse:ifTrue:" => Inlined::IfElse(false),
        "ifNil:" => Inlined::IfNil,
        "ifNotNil:" => Inlined::IfNotNil,
        "ifNil:ifNotNil:" => Inlined::IfNilElse(true),
        "ifNotNil:ifNil:" => Inlined::IfNilElse(false),
        "whileTrue:" | "whileTrue" => Inlined::While(true),
        "whileFalse:" | "whileFalse" => Inlined::While(false),
        "repeat" if options.repeat => Inlined::Repeat,
        "timesRepeat:" if options.times_repeat => Inlined::TimesRepeat,
        "to:do:" => Inlined::ToDo,
        "to:by:do:" => Inlined::ToByDo,
        "caseOf:" if options.case => Inlined::Case(false),
        "caseOf:otherwise:" if options.case => Inlined::Case(true),
        _ => return None,
    })
}

fn takes(expression: &Expression<'_>, count: usize) -> bool {
    expression.as_block().is_some_and(|block| block.arguments.len() == count)
}

fn takes_at_most_one(expression: &Expression<'_>) -> bool {
    expression.as_block().is_some_and(|block| block.arguments.len() <= 1)
}

/// Whether `to: limit do: block` can be a loop that reads the limit once or each time, with the same result.
fn is_counting(limit: &Expression<'_>, block: &Expression<'_>) -> bool {
    let assigned = |block: &Block<'_>| limit.as_variable().is_some_and(|name| assigns(&block.body, name));
    block.as_block().is_some_and(|block| block.arguments.len() == 1 && !assigned(block))
}

/// The step of a loop, if it is a number and not 0: whether it counts up.
pub(crate) fn step(expression: &Expression<'_>) -> Option<bool> {
    match expression.as_literal()? {
        Literal::Integer(step) => (*step != 0).then_some(*step > 0),
        Literal::LargeInteger(step) => Some(!step.negative),
        Literal::Float(step) => (*step != 0.0).then_some(*step > 0.0),
        Literal::ScaledDecimal(step) => (!step.numerator.magnitude.is_zero()).then_some(!step.numerator.negative),
        _ => None,
    }
}

/// The cases of a brace array of associations from block to block.
pub(crate) fn cases<'t, 's>(expression: &'t Expression<'s>) -> Option<Vec<(&'t Block<'s>, &'t Block<'s>)>> {
    let ExpressionKind::Array(elements) = &expression.kind else { return None };
    let case = |element: &'t Expression<'s>| match &element.kind {
        ExpressionKind::Send(send) if send.message.selector == "->" => {
            let (key, value) = (send.receiver.as_block()?, send.message.arguments[0].as_block()?);
            (key.arguments.is_empty() && value.arguments.is_empty()).then_some((key, value))
        }
        _ => None,
    };
    let cases: Option<Vec<_>> = elements.iter().map(case).collect();
    cases.filter(|cases| !cases.is_empty())
}

/// Whether statements, or blocks in them, assign to a name.
fn assigns(sequence: &Sequence<'_>, name: &str) -> bool {
    sequence.statements.iter().any(|statement| match statement {
        Statement::Expression(value) | Statement::Return(value, _) => assigns_in(value, name),
    })
}

fn assigns_in(expression: &Expression<'_>, name: &str) -> bool {
    let any = |expressions: &[Expression<'_>]| expressions.iter().any(|expression| assigns_in(expression, name));
    match &expression.kind {
        ExpressionKind::Variable(..) | ExpressionKind::Literal(_) | ExpressionKind::Error => false,
        ExpressionKind::Array(elements) => any(elements),
        ExpressionKind::Block(block) => assigns(&block.body, name),
        ExpressionKind::Send(send) => assigns_in(&send.receiver, name) || any(&send.message.arguments),
        ExpressionKind::Cascade(cascade) => {
            assigns_in(&cascade.receiver, name) || cascade.messages.iter().any(|message| any(&message.arguments))
        }
        ExpressionKind::Assign(assignment) => assignment.variable.text == name || assigns_in(&assignment.value, name),
    }
}
