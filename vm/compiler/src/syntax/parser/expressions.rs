//! Expressions: assignments, cascades, messages, blocks.

use super::super::ast::{Assignment, Block, Cascade, Expression, ExpressionKind, Message, Send};
use super::super::lexer::TokenKind;
use super::{MAX_DEPTH, Parser};
use crate::literal::Literal;
use crate::source::Span;
use std::borrow::Cow;

fn deepest<'a, 's: 'a>(expressions: impl IntoIterator<Item = &'a Expression<'s>>) -> u16 {
    expressions.into_iter().map(|expression| expression.depth).max().unwrap_or(0)
}

impl<'s> Parser<'s> {
    /// A node above nodes of this depth. One that is too deep is an error instead.
    fn node(&mut self, kind: ExpressionKind<'s>, span: Span, below: u16) -> Expression<'s> {
        if below >= MAX_DEPTH {
            self.error(span, "this expression is too long: split it");
            self.skip_all();
            return Expression { kind: ExpressionKind::Error, span, depth: 0, parenthesized: false };
        }
        Expression { kind, span, depth: below + 1, parenthesized: false }
    }

    fn error_node(&mut self, span: Span) -> Expression<'s> {
        self.node(ExpressionKind::Error, span, 0)
    }

    pub(super) fn expression(&mut self) -> Expression<'s> {
        if self.is(&TokenKind::Identifier) && self.peek().kind == TokenKind::Assign {
            if !self.enter() {
                return self.error_node(self.token.span);
            }
            let variable = self.name("a variable").expect("the token is a name");
            let id = self.new_variable();
            self.step();
            let value = self.expression();
            self.leave();
            let (span, depth) = (variable.span.to(value.span), value.depth);
            return self.node(ExpressionKind::Assign(Box::new(Assignment { variable, id, value })), span, depth);
        }
        let mut receiver = self.keyword_expression();
        if self.is_special(b';') {
            receiver = self.cascade(receiver);
        }
        while self.take_chain() {
            receiver = self.chained(receiver);
        }
        receiver
    }

    /// Steps over `::`.
    fn take_chain(&mut self) -> bool {
        let is_chain = self.dialect.cuis_expressions
            && self.is_special(b':')
            && self.source[self.token.span.start as usize..].starts_with("::");
        if is_chain {
            self.step();
            self.step();
        }
        is_chain
    }

    /// The messages behind `::`, whose receiver is all that stands before it.
    fn chained(&mut self, receiver: Expression<'s>) -> Expression<'s> {
        let unary = self.unary_messages(receiver);
        let binary = self.binary_messages(unary);
        let result = self.keyword_message_to(binary);
        if self.is_special(b';') { self.cascade(result) } else { result }
    }

    fn cascade(&mut self, first: Expression<'s>) -> Expression<'s> {
        let span = first.span;
        let (receiver, message) = match first.kind {
            ExpressionKind::Send(send) if !first.parenthesized => (send.receiver, send.message),
            _ => {
                let semicolon = self.token.span;
                self.error(semicolon, "a cascade continues a message, and there is none before this");
                self.skip_statement();
                return self.error_node(span);
            }
        };
        let mut messages = vec![message];
        while self.take_special(b';') {
            let start = self.token.span;
            let is_binary = self.is_binary();
            let message = match self.token.kind {
                TokenKind::Identifier => Some(self.unary_message()),
                TokenKind::Keyword => Some(self.keyword_message()),
                _ if is_binary => Some(self.binary_message()),
                _ => None,
            };
            match message {
                Some(message) => messages.push(message),
                None => {
                    self.expected("a message");
                    self.skip_statement();
                    return self.error_node(start);
                }
            }
        }
        let arguments = messages.iter().flat_map(|message| &message.arguments);
        let depth = deepest(arguments.chain([&receiver]));
        let span = self.since(span);
        self.node(ExpressionKind::Cascade(Box::new(Cascade { receiver, messages })), span, depth)
    }

    fn keyword_expression(&mut self) -> Expression<'s> {
        let receiver = self.binary_expression();
        self.keyword_message_to(receiver)
    }

    fn keyword_message_to(&mut self, receiver: Expression<'s>) -> Expression<'s> {
        if !self.is(&TokenKind::Keyword) {
            return receiver;
        }
        let message = self.keyword_message();
        self.send(receiver, message)
    }

    fn send(&mut self, receiver: Expression<'s>, message: Message<'s>) -> Expression<'s> {
        let depth = deepest(message.arguments.iter().chain([&receiver]));
        let start = if receiver.parenthesized { self.opening(receiver.span) } else { receiver.span };
        let span = start.to(message.span);
        self.node(ExpressionKind::Send(Box::new(Send { receiver, message })), span, depth)
    }

    /// The place of the parenthesis before an expression.
    fn opening(&self, span: Span) -> Span {
        let at = self.source[..span.start as usize].rfind('(').unwrap_or(span.start as usize);
        Span::new(at, at)
    }

    fn new_message(&mut self) -> u32 {
        self.counts.sends += 1;
        self.counts.sends - 1
    }

    fn new_variable(&mut self) -> u32 {
        self.counts.variables += 1;
        self.counts.variables - 1
    }

    fn keyword_message(&mut self) -> Message<'s> {
        let id = self.new_message();
        let start = self.token.span;
        let mut selector = Cow::Borrowed("");
        let mut arguments = Vec::new();
        while self.is(&TokenKind::Keyword) {
            let span = self.step().span;
            selector += self.text(span);
            arguments.push(self.binary_expression());
        }
        Message { id, selector, selector_span: start, arguments, span: self.since(start) }
    }

    /// Whether the token is an operator; a negative number behind an operand is one, and is taken apart.
    fn is_binary(&mut self) -> bool {
        if matches!(self.token.kind, TokenKind::Number(_)) && self.source.as_bytes()[self.token.span.start as usize] == b'-' {
            self.token.kind = TokenKind::Binary;
            self.split_operator();
        }
        self.is(&TokenKind::Binary)
    }

    fn binary_message(&mut self) -> Message<'s> {
        let id = self.new_message();
        let start = self.step().span;
        let arguments = vec![self.unary_expression()];
        Message { id, selector: Cow::Borrowed(self.text(start)), selector_span: start, arguments, span: self.since(start) }
    }

    fn binary_expression(&mut self) -> Expression<'s> {
        let receiver = self.unary_expression();
        self.binary_messages(receiver)
    }

    fn binary_messages(&mut self, mut receiver: Expression<'s>) -> Expression<'s> {
        while self.is_binary() {
            let message = self.binary_message();
            receiver = self.send(receiver, message);
        }
        receiver
    }

    fn unary_message(&mut self) -> Message<'s> {
        let id = self.new_message();
        let span = self.step().span;
        Message { id, selector: Cow::Borrowed(self.text(span)), selector_span: span, arguments: Vec::new(), span }
    }

    fn unary_expression(&mut self) -> Expression<'s> {
        let receiver = self.primary();
        self.unary_messages(receiver)
    }

    fn unary_messages(&mut self, mut receiver: Expression<'s>) -> Expression<'s> {
        while self.is(&TokenKind::Identifier) {
            let message = self.unary_message();
            receiver = self.send(receiver, message);
        }
        receiver
    }

    fn primary(&mut self) -> Expression<'s> {
        let start = self.token.span;
        if self.is(&TokenKind::Identifier) {
            let name = self.text(start);
            let kind = match name {
                "true" => ExpressionKind::Literal(Literal::True),
                "false" => ExpressionKind::Literal(Literal::False),
                "nil" => ExpressionKind::Literal(Literal::Nil),
                _ => ExpressionKind::Variable(name, self.new_variable()),
            };
            self.step();
            return self.node(kind, start, 0);
        }
        if let Some(literal) = self.literal() {
            let span = self.since(start);
            return self.node(ExpressionKind::Literal(literal), span, 0);
        }
        if !matches!(self.token.kind, TokenKind::Special(b'(' | b'[' | b'{' | b'`')) {
            self.expected("an expression");
            return self.error_node(start);
        }
        if !self.enter() {
            return self.error_node(start);
        }
        let bracket = self.step();
        let result = match bracket.kind {
            TokenKind::Special(b'[') => self.block(start),
            TokenKind::Special(b'{') => {
                let elements = self.elements();
                self.closing(b'}', start);
                let depth = deepest(&elements);
                let span = self.since(start);
                self.node(ExpressionKind::Array(elements), span, depth)
            }
            _ => {
                let mut inner = self.expression();
                let closing = if bracket.kind == TokenKind::Special(b'`') { b'`' } else { b')' };
                self.closing(closing, start);
                inner.parenthesized = true;
                inner
            }
        };
        self.leave();
        result
    }

    fn closing(&mut self, bracket: u8, opened: Span) {
        if self.take_special(bracket) {
            return;
        }
        let opener = self.text(opened);
        self.expected(&format!("{} for the {opener} before", char::from(bracket)));
        self.skip_statement();
        self.take_special(bracket);
    }

    fn block(&mut self, start: Span) -> Expression<'s> {
        let id = self.counts.blocks;
        self.counts.blocks += 1;
        let mut arguments = Vec::new();
        while self.take_special(b':') {
            arguments.extend(self.name("the name of the block's argument"));
        }
        if !arguments.is_empty() && !self.is_special(b']') {
            // `||` ends the arguments and begins the temporaries.
            if self.is(&TokenKind::Binary) && self.text(self.token.span).starts_with('|') {
                self.split_operator();
                self.step();
            } else {
                self.expected("| behind the block's arguments");
            }
        }
        let body_start = self.token.span;
        let temporaries = self.temporaries();
        let body = self.statements(body_start, temporaries);
        self.closing(b']', start);
        let values = body.statements.iter().map(|statement| match statement {
            super::super::ast::Statement::Expression(value) | super::super::ast::Statement::Return(value, _) => value,
        });
        let depth = deepest(values);
        let span = self.since(start);
        self.node(ExpressionKind::Block(Box::new(Block { id, arguments, body })), span, depth)
    }
}
