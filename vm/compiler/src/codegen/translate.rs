//! Trees to sequences of instructions: methods, statements and all expressions that are not inlined.

use super::builder::{Builder, Operation, Place};
use super::frame::Key;
use super::{CompiledCode, Limit, Options, assemble};
use crate::literal::{Literal, MethodState};
use crate::semantics::{Analysis, Binding, Environment, Escape, Inlined, LocalId, Reference, ScopeId};
use crate::syntax::{Cascade, Expression, ExpressionKind, Message, Method, Pragma, Send, Sequence, Statement};

/// Elements of a brace array that are collected on the stack; longer ones go through a stream.
const MAX_STACKED_ELEMENTS: usize = 32;
/// Arguments of methods and blocks, at most.
const MAX_ARGUMENTS: usize = 15;

/// The primitive of methods whose first literal names module and function.
const NAMED_PRIMITIVE: u16 = 117;

/// What a method is translated with.
#[derive(Clone, Copy)]
pub(super) struct Unit<'u> {
    pub analysis: &'u Analysis,
    pub environment: &'u dyn Environment,
    pub options: &'u Options,
}

/// What becomes of the value of an expression.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Want {
    /// It is left on the stack.
    Value,
    /// It is not wanted.
    Effect,
}

pub(super) struct Translator<'u> {
    pub unit: Unit<'u>,
    pub builder: Builder,
}

/// Translates a method.
pub(super) fn method(method: &Method<'_>, unit: &Unit<'_>) -> Result<CompiledCode, Limit> {
    if method.arguments.len() > MAX_ARGUMENTS {
        return Err(Limit::Arguments);
    }
    let mut translator = Translator { unit: *unit, builder: Builder::new() };
    translator.add_locals(0);
    translator.builder.offset = method.pattern.start;
    if let Some(error_code) = unit.analysis.error_code.filter(|&local| unit.analysis.locals[local].escape != Escape::Write) {
        translator.store(Place::Slot(Key::local(unit.analysis, error_code)));
    }
    translator.make_vector(0);
    if let Some(error_code) = unit.analysis.error_code.filter(|&local| unit.analysis.locals[local].escape == Escape::Write) {
        translator.store_local(error_code);
    }
    translator.sequence(&method.body, Want::Effect)?;
    if !translator.ends_with_return(&method.body) {
        translator.builder.add(Operation::PushReceiver);
        translator.builder.return_top();
    }
    let (primitive, first_literal) = primitive(&method.pragmas);
    let mut code = assemble::Assembler::new(&translator.builder, unit.options, primitive, first_literal, false)
        .finish(method.arguments.len())?;
    code.literals.push(Literal::State(Box::new(state(method))));
    code.literals.push(Literal::MethodClass);
    Ok(code)
}

/// The selector and the pragmas. What its primitive is stands in the method already.
fn state(method: &Method<'_>) -> MethodState {
    let arguments = |pragma: &Pragma<'_>| pragma.arguments.iter().map(|(literal, _)| literal.clone()).collect();
    let pragmas = method.pragmas.iter().filter(|pragma| !pragma.selector.starts_with("primitive:"));
    let pragmas = pragmas.map(|pragma| (pragma.selector.to_string(), arguments(pragma)));
    MethodState { selector: method.selector.to_string(), pragmas: pragmas.collect() }
}

/// The number of a method's primitive, and the literal that says what it calls if it is 117 or 120.
fn primitive(pragmas: &[Pragma<'_>]) -> (Option<u16>, Option<Literal>) {
    let Some(pragma) = pragmas.iter().find(|pragma| pragma.selector.starts_with("primitive:")) else { return (None, None) };
    let foreign = pragma.foreign.as_ref().map(|function| Literal::Foreign(function.clone()));
    let name = match &pragma.arguments[0].0 {
        Literal::Integer(number) => return (u16::try_from(*number).ok().filter(|&number| number > 0), foreign),
        Literal::String(name) | Literal::Symbol(name) => name.clone(),
        _ => return (None, None),
    };
    let module = pragma.selector.split_inclusive(':').position(|part| part == "module:");
    let module = module.and_then(|at| match &pragma.arguments.get(at)?.0 {
        Literal::String(name) | Literal::Symbol(name) => Some(Literal::Symbol(name.clone())),
        _ => None,
    });
    let spec = vec![module.unwrap_or(Literal::Nil), Literal::Symbol(name), Literal::Integer(0), Literal::Integer(0)];
    (Some(NAMED_PRIMITIVE), Some(Literal::Array(spec)))
}

impl Translator<'_> {
    /// Gives slots to the variables of a scope.
    pub fn add_locals(&mut self, scope: ScopeId) {
        let analysis = self.unit.analysis;
        for &local in &analysis.scopes[scope].locals {
            self.builder.frame().add(Key::local(analysis, local));
        }
    }

    /// Makes the temp vector of a scope, if it has one.
    pub fn make_vector(&mut self, scope: ScopeId) {
        let size = self.unit.analysis.scopes[scope].vector.len();
        if size > 0 {
            self.builder.frame().add(Key::Vector(scope));
            self.builder.add(Operation::NewVector(Key::Vector(scope), size));
        }
    }

    pub fn sequence(&mut self, sequence: &Sequence<'_>, want: Want) -> Result<(), Limit> {
        let Some((last, before)) = sequence.statements.split_last() else {
            if want == Want::Value {
                self.builder.push(Literal::Nil);
            }
            return Ok(());
        };
        before.iter().try_for_each(|statement| self.statement(statement, Want::Effect))?;
        self.statement(last, want)
    }

    fn statement(&mut self, statement: &Statement<'_>, want: Want) -> Result<(), Limit> {
        match statement {
            Statement::Expression(value) => self.expression(value, want),
            Statement::Return(value, span) => {
                self.expression(value, Want::Value)?;
                self.builder.offset = span.start;
                self.builder.return_top();
                Ok(())
            }
        }
    }

    pub fn value(&mut self, expression: &Expression<'_>) -> Result<(), Limit> {
        self.expression(expression, Want::Value)
    }

    pub fn expression(&mut self, expression: &Expression<'_>, want: Want) -> Result<(), Limit> {
        self.builder.offset = expression.span.start;
        match &expression.kind {
            ExpressionKind::Variable(_, id) => {
                let reference = self.unit.analysis.references[*id as usize];
                match (want, reference) {
                    (Want::Value, _) => self.push(reference),
                    (Want::Effect, Reference::Variable(id)) => self.note(Literal::Variable(id)),
                    (Want::Effect, _) => {}
                }
            }
            ExpressionKind::Literal(literal) if want == Want::Value => self.builder.push(literal.clone()),
            ExpressionKind::Literal(literal) => self.note(literal.clone()),
            ExpressionKind::Array(elements) => {
                self.array(elements)?;
                self.drop_unless(want);
            }
            ExpressionKind::Block(block) if want == Want::Value => self.closure(block, expression.span)?,
            ExpressionKind::Block(_) => {}
            ExpressionKind::Send(send) => self.send(send, want)?,
            ExpressionKind::Cascade(cascade) => self.cascade(cascade, want)?,
            ExpressionKind::Assign(assignment) => {
                self.value(&assignment.value)?;
                self.builder.offset = assignment.variable.span.start;
                self.assign(self.unit.analysis.references[assignment.id as usize]);
                self.drop_unless(want);
            }
            ExpressionKind::Error => unreachable!("a tree with errors is not translated"),
        }
        Ok(())
    }

    /// Keeps a literal that no instruction refers to.
    pub fn note(&mut self, literal: Literal) {
        if literal != Literal::Nil {
            self.builder.additional.push(literal);
        }
    }

    pub fn drop_unless(&mut self, want: Want) {
        if want == Want::Effect {
            self.builder.add(Operation::Pop);
        }
    }

    fn array(&mut self, elements: &[Expression<'_>]) -> Result<(), Limit> {
        let array = self.unit.environment.lookup("Array");
        let (Some(Binding::Variable(array) | Binding::Constant(array)), true) = (array, elements.len() > MAX_STACKED_ELEMENTS)
        else {
            elements.iter().try_for_each(|element| self.value(element))?;
            self.builder.add(Operation::PushArray(elements.len()));
            return Ok(());
        };
        self.builder.add(Operation::Push(Place::Variable(array)));
        self.builder.push(Literal::Integer(elements.len() as i64));
        self.builder.send("braceStream:");
        for element in elements {
            self.builder.add(Operation::Duplicate);
            self.value(element)?;
            self.builder.send("nextPut:");
            self.builder.add(Operation::Pop);
        }
        self.builder.send("braceArray");
        Ok(())
    }

    fn send(&mut self, send: &Send<'_>, want: Want) -> Result<(), Limit> {
        if let Some(kind) = self.unit.analysis.inlined[send.message.id as usize] {
            self.note(Literal::Symbol(send.message.selector.to_string()));
            return self.inlined(kind, send, want);
        }
        self.value(&send.receiver)?;
        self.message(&send.message, self.is_super(&send.receiver), want)
    }

    fn is_super(&self, receiver: &Expression<'_>) -> bool {
        matches!(receiver.kind, ExpressionKind::Variable(_, id) if self.unit.analysis.references[id as usize] == Reference::Super)
    }

    /// A message whose receiver is on the stack.
    fn message(&mut self, message: &Message<'_>, to_super: bool, want: Want) -> Result<(), Limit> {
        message.arguments.iter().try_for_each(|argument| self.value(argument))?;
        self.builder.offset = message.selector_span.start;
        let selector = message.selector.to_string();
        self.builder.add(if to_super { Operation::SuperSend(selector) } else { Operation::Send(selector) });
        self.drop_unless(want);
        Ok(())
    }

    fn cascade(&mut self, cascade: &Cascade<'_>, want: Want) -> Result<(), Limit> {
        self.value(&cascade.receiver)?;
        let to_super = self.is_super(&cascade.receiver);
        let (last, before) = cascade.messages.split_last().expect("a cascade has messages");
        for message in before {
            self.builder.add(Operation::Duplicate);
            self.message(message, to_super, Want::Effect)?;
        }
        self.message(last, to_super, want)
    }

    /// Where a local variable is, seen from any frame that has it.
    fn place(&self, local: LocalId) -> Place {
        let analysis = self.unit.analysis;
        let home = analysis.locals[local].scope;
        match analysis.scopes[home].vector.iter().position(|&other| other == local) {
            Some(index) => Place::Remote(index, Key::Vector(home)),
            None => Place::Slot(Key::local(analysis, local)),
        }
    }

    pub fn push_local(&mut self, local: LocalId) {
        let place = self.place(local);
        self.builder.add(Operation::Push(place));
    }

    pub fn store_local(&mut self, local: LocalId) {
        let place = self.place(local);
        self.store(place);
    }

    pub fn store(&mut self, place: Place) {
        self.builder.add(Operation::Store(place));
    }

    fn push(&mut self, reference: Reference) {
        let operation = match reference {
            Reference::Receiver | Reference::Super => Operation::PushReceiver,
            Reference::ThisContext => Operation::PushThisContext,
            Reference::ThisProcess => Operation::PushThisProcess,
            Reference::Field(index) => Operation::Push(Place::Field(index)),
            Reference::Variable(id) => Operation::Push(Place::Variable(id)),
            Reference::Local(local) => return self.push_local(local),
            Reference::Unknown => unreachable!("a method with unknown names is not translated"),
        };
        self.builder.add(operation);
    }

    fn assign(&mut self, reference: Reference) {
        match reference {
            Reference::Field(index) => self.store(Place::Field(index)),
            Reference::Variable(id) => self.store(Place::Variable(id)),
            Reference::Local(local) => self.store_local(local),
            _ => unreachable!("what cannot be assigned is an error before"),
        }
    }

    /// Whether statements end with a return on every way.
    pub fn ends_with_return(&self, sequence: &Sequence<'_>) -> bool {
        match sequence.statements.last() {
            Some(Statement::Return(..)) => true,
            Some(Statement::Expression(Expression { kind: ExpressionKind::Send(send), .. })) => self.branches_return(send),
            _ => false,
        }
    }

    fn branches_return(&self, send: &Send<'_>) -> bool {
        let branches = self.unit.analysis.inlined[send.message.id as usize];
        let returns = |argument: &Expression<'_>| argument.as_block().is_some_and(|block| self.ends_with_return(&block.body));
        matches!(branches, Some(Inlined::IfElse(_) | Inlined::IfNilElse(_))) && send.message.arguments.iter().all(returns)
    }
}
