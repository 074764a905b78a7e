//! Blocks: as closures, whose code is in the method's or has bytecodes of its own, and inlined.

use super::builder::{Builder, Operation, Place};
use super::frame::Key;
use super::translate::{Translator, Want};
use super::{Limit, assemble};
use crate::literal::{ConstantBlock, Literal};
use crate::semantics::{ScopeId, ScopeKind};
use crate::source::Span;
use crate::syntax::{Block, ExpressionKind, Statement, constant};
use osvm_core::bytecode::BytecodeSet;

/// Arguments of a constant block; there are classes for so many.
const MAX_CONSTANT_ARGUMENTS: usize = 3;

impl Translator<'_> {
    /// The slots of a closure that is made: its arguments, and the copied values.
    fn closure_slots(&self, scope: ScopeId) -> (Vec<Key>, Vec<Key>) {
        let analysis = self.unit.analysis;
        let scope = &analysis.scopes[scope];
        let arguments =
            scope.locals.iter().filter(|&&local| analysis.locals[local].argument).map(|&local| Key::local(analysis, local));
        (arguments.collect(), scope.incoming.iter().map(|&slot| Key::slot(analysis, slot)).collect())
    }

    pub fn closure(&mut self, block: &Block<'_>, span: Span) -> Result<(), Limit> {
        if block.arguments.len() > 15 {
            return Err(Limit::Arguments);
        }
        let scope = self.unit.analysis.block_scopes[block.id as usize];
        let (arguments, copied) = self.closure_slots(scope);
        if self.unit.options.set == BytecodeSet::SistaV1 {
            if let Some(value) = constant_value(block).filter(|_| self.unit.options.constant_blocks) {
                return self.constant_block(value, arguments, span);
            }
            return self.full_block(block, scope, arguments, copied);
        }
        let end = self.builder.open_closure(arguments, copied);
        self.make_vector(scope);
        self.add_locals(scope);
        self.sequence(&block.body, Want::Value)?;
        self.builder.offset = span.end.saturating_sub(1);
        self.builder.close_body();
        self.builder.land(end);
        Ok(())
    }

    fn full_block(&mut self, block: &Block<'_>, scope: ScopeId, arguments: Vec<Key>, copied: Vec<Key>) -> Result<(), Limit> {
        let mut inner = Translator { unit: self.unit, builder: Builder::new() };
        let count = arguments.len();
        arguments.into_iter().chain(copied.iter().cloned()).for_each(|key| inner.builder.frame().add(key));
        inner.add_locals(scope);
        inner.make_vector(scope);
        inner.sequence(&block.body, Want::Value)?;
        inner.builder.close_body();
        let mut code = assemble::Assembler::new(&inner.builder, self.unit.options, None, None, true).finish(count)?;
        code.literals.push(Literal::OuterCode);
        self.builder.add(Operation::PushFullClosure { code: Box::new(code), copied });
        Ok(())
    }

    /// A block that is a literal. It has code too, which nobody runs, for those who ask it.
    fn constant_block(&mut self, value: Literal, arguments: Vec<Key>, span: Span) -> Result<(), Limit> {
        let mut inner = Builder::new();
        let count = arguments.len();
        inner.offset = span.start;
        arguments.into_iter().for_each(|key| inner.frame().add(key));
        inner.push(value.clone());
        inner.close_body();
        let mut code = assemble::Assembler::new(&inner, self.unit.options, None, None, true).finish(count)?;
        code.literals.push(Literal::OuterCode);
        self.builder.push(Literal::ConstantBlock(Box::new(ConstantBlock { value, code })));
        Ok(())
    }

    /// The statements of an inlined block, in the frame around. In a loop its variables are nil at the start of each turn.
    pub fn inlined_block(&mut self, block: &Block<'_>, want: Want) -> Result<(), Limit> {
        let analysis = self.unit.analysis;
        let scope = analysis.block_scopes[block.id as usize];
        self.make_vector(scope);
        let is_argument = |&local: &usize| analysis.locals[local].argument;
        let (arguments, temporaries): (Vec<usize>, Vec<usize>) =
            analysis.scopes[scope].locals.iter().partition(|local| is_argument(local));
        temporaries.iter().for_each(|&local| self.builder.frame().add(Key::local(analysis, local)));
        for &slot in &analysis.scopes[scope].incoming {
            self.builder.frame().add(Key::slot(analysis, slot));
        }
        arguments.iter().for_each(|&local| self.builder.frame().add(Key::local(analysis, local)));
        if analysis.scopes[scope].kind == (ScopeKind::Inlined { in_loop: true }) {
            for &local in &temporaries {
                self.builder.push(Literal::Nil);
                self.store(Place::Slot(Key::local(analysis, local)));
                self.builder.add(Operation::Pop);
            }
        }
        self.sequence(&block.body, want)
    }
}

/// What a block always answers, if all that it has is a literal. Source: `isConstant` and `constantValue` of `RBBlockNode` in Pharo 12.
fn constant_value(block: &Block<'_>) -> Option<Literal> {
    if block.arguments.len() > MAX_CONSTANT_ARGUMENTS {
        return None;
    }
    match block.body.statements.as_slice() {
        [] => Some(Literal::Nil),
        [Statement::Expression(expression)] => match &expression.kind {
            ExpressionKind::Literal(literal) => Some(literal.clone()),
            ExpressionKind::Variable(name, _) => constant(name),
            _ => None,
        },
        _ => None,
    }
}
