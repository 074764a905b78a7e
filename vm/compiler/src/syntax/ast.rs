//! The syntax tree. Names are parts of the source; each node knows its place there.

use crate::literal::{ForeignFunction, Literal};
use crate::source::Span;
use std::borrow::Cow;

/// A name where it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Name<'s> {
    /// The name.
    pub text: &'s str,
    /// Its place.
    pub span: Span,
}

/// A method.
#[derive(Clone, Debug)]
pub struct Method<'s> {
    /// Its selector.
    pub selector: Cow<'s, str>,
    /// The place of the message pattern.
    pub pattern: Span,
    /// Its arguments.
    pub arguments: Vec<Name<'s>>,
    /// Its pragmas, primitives included.
    pub pragmas: Vec<Pragma<'s>>,
    /// What it does.
    pub body: Sequence<'s>,
    /// How many blocks, and how many variables and messages, it has: their numbers are less than these.
    pub counts: Counts,
}

/// Numbers of nodes of a tree.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Counts {
    /// Blocks.
    pub blocks: u32,
    /// Uses of variables.
    pub variables: u32,
    /// Messages.
    pub sends: u32,
}

/// `<selector: argument>`
#[derive(Clone, Debug)]
pub struct Pragma<'s> {
    /// Its selector.
    pub selector: Cow<'s, str>,
    /// Its arguments.
    pub arguments: Vec<(Literal, Span)>,
    /// The function of a library that a primitive calls, if the pragma describes one.
    pub foreign: Option<Box<ForeignFunction>>,
    /// Its place.
    pub span: Span,
}

/// Temporaries and statements.
#[derive(Clone, Debug, Default)]
pub struct Sequence<'s> {
    /// Declared between bars.
    pub temporaries: Vec<Name<'s>>,
    /// In order.
    pub statements: Vec<Statement<'s>>,
    /// Its place.
    pub span: Span,
}

/// A statement.
#[derive(Clone, Debug)]
pub enum Statement<'s> {
    /// An expression.
    Expression(Expression<'s>),
    /// `^ value`, with the place of all of it.
    Return(Expression<'s>, Span),
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expression<'s> {
    /// What it is.
    pub kind: ExpressionKind<'s>,
    /// Its place, without parentheses around it.
    pub span: Span,
    /// How deep the tree below it is: the parser keeps it small.
    pub depth: u16,
    /// It stands in parentheses.
    pub parenthesized: bool,
}

/// What an expression is.
#[derive(Clone, Debug)]
pub enum ExpressionKind<'s> {
    /// A variable, `self`, `super`, `thisContext` or `thisProcess`, with the number of this use.
    Variable(&'s str, u32),
    /// A literal.
    Literal(Literal),
    /// `{ a. b }`
    Array(Vec<Expression<'s>>),
    /// A block.
    Block(Box<Block<'s>>),
    /// A message.
    Send(Box<Send<'s>>),
    /// `receiver foo; bar`
    Cascade(Box<Cascade<'s>>),
    /// An assignment.
    Assign(Box<Assignment<'s>>),
    /// What could not be read.
    Error,
}

/// A block.
#[derive(Clone, Debug)]
pub struct Block<'s> {
    /// Its number in the method.
    pub id: u32,
    /// Its arguments.
    pub arguments: Vec<Name<'s>>,
    /// What it does.
    pub body: Sequence<'s>,
}

/// A message with its receiver.
#[derive(Clone, Debug)]
pub struct Send<'s> {
    /// The receiver.
    pub receiver: Expression<'s>,
    /// The message.
    pub message: Message<'s>,
}

/// A message.
#[derive(Clone, Debug)]
pub struct Message<'s> {
    /// Its number in the method.
    pub id: u32,
    /// Its selector.
    pub selector: Cow<'s, str>,
    /// The place of the selector's first part.
    pub selector_span: Span,
    /// The arguments.
    pub arguments: Vec<Expression<'s>>,
    /// From the selector to the last argument.
    pub span: Span,
}

/// Messages to one receiver.
#[derive(Clone, Debug)]
pub struct Cascade<'s> {
    /// The receiver of all of them.
    pub receiver: Expression<'s>,
    /// The messages, two at least.
    pub messages: Vec<Message<'s>>,
}

/// `variable := value`
#[derive(Clone, Debug)]
pub struct Assignment<'s> {
    /// The variable.
    pub variable: Name<'s>,
    /// The number of this use of it.
    pub id: u32,
    /// The value.
    pub value: Expression<'s>,
}

impl<'s> Expression<'s> {
    /// The block, if it is one.
    pub fn as_block(&self) -> Option<&Block<'s>> {
        match &self.kind {
            ExpressionKind::Block(block) => Some(block),
            _ => None,
        }
    }

    /// The name, if it is a variable.
    pub fn as_variable(&self) -> Option<&'s str> {
        match self.kind {
            ExpressionKind::Variable(name, _) => Some(name),
            _ => None,
        }
    }

    /// The literal, if it is one.
    pub fn as_literal(&self) -> Option<&Literal> {
        match &self.kind {
            ExpressionKind::Literal(literal) => Some(literal),
            _ => None,
        }
    }
}

/// How many arguments a selector takes.
pub fn argument_count(selector: &str) -> usize {
    match selector.chars().next() {
        Some(first) if super::lexer::is_letter(first) => selector.bytes().filter(|&byte| byte == b':').count(),
        _ => 1,
    }
}
