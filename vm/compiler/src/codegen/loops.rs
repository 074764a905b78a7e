//! Inlined messages that loop.

use super::Limit;
use super::builder::{Operation, Place};
use super::frame::Key;
use super::inlined::block;
use super::translate::{Translator, Want};
use crate::literal::Literal;
use crate::semantics::Reference;
use crate::syntax::{Expression, ExpressionKind, Send};

impl Translator<'_> {
    pub(super) fn while_loop(&mut self, send: &Send<'_>, condition: bool, want: Want) -> Result<(), Limit> {
        let start = self.builder.start_sequence();
        self.inlined_block(block(&send.receiver), Want::Value)?;
        let end = self.builder.jump_ahead_if(!condition);
        if let Some(body) = send.message.arguments.first() {
            self.inlined_block(block(body), Want::Effect)?;
        }
        self.builder.jump_back(start);
        self.builder.land(end);
        if want == Want::Value {
            self.builder.push(Literal::Nil);
        }
        Ok(())
    }

    pub(super) fn repeat_loop(&mut self, send: &Send<'_>, want: Want) -> Result<(), Limit> {
        let start = self.builder.start_sequence();
        self.inlined_block(block(&send.receiver), Want::Effect)?;
        self.builder.jump_back(start);
        if want == Want::Value {
            self.builder.push(Literal::Nil);
        }
        Ok(())
    }

    /// Whether an expression has the same value each time, at no cost: it need not be kept. Arguments count only for `to:do:`, as
    /// in Pharo.
    fn is_constant(&self, expression: &Expression<'_>, kept: &Key) -> bool {
        let analysis = self.unit.analysis;
        match &expression.kind {
            ExpressionKind::Literal(_) => true,
            ExpressionKind::Variable(_, id) => match analysis.references[*id as usize] {
                Reference::Receiver | Reference::Super => true,
                Reference::Local(local) => analysis.locals[local].argument && matches!(kept, Key::Limit(..)),
                _ => false,
            },
            _ => false,
        }
    }

    /// Evaluates an expression that is read in each turn of a loop, and keeps its value in a slot unless it is constant.
    fn keep(&mut self, expression: &Expression<'_>, key: Key) -> Result<Option<Key>, Limit> {
        if self.is_constant(expression, &key) {
            return Ok(None);
        }
        self.value(expression)?;
        self.builder.frame().add(key.clone());
        self.store(Place::Slot(key.clone()));
        self.builder.add(Operation::Pop);
        Ok(Some(key))
    }

    fn push_kept(&mut self, expression: &Expression<'_>, kept: Option<&Key>) -> Result<(), Limit> {
        match kept {
            Some(key) => {
                self.builder.add(Operation::Push(Place::Slot(key.clone())));
                Ok(())
            }
            None => self.value(expression),
        }
    }

    /// `to:do:` and `to:by:do:`. The value is the start.
    pub(super) fn counting_loop(&mut self, send: &Send<'_>, want: Want) -> Result<(), Limit> {
        let analysis = self.unit.analysis;
        let arguments = &send.message.arguments;
        let (limit, body) = (&arguments[0], block(arguments.last().expect("a loop has a block")));
        let (step, up) = match &arguments[1].kind {
            ExpressionKind::Literal(step) if arguments.len() == 3 => {
                (step.clone(), crate::semantics::step(&arguments[1]) == Some(true))
            }
            _ => (Literal::Integer(1), true),
        };
        let counter = analysis.scopes[analysis.block_scopes[body.id as usize]].locals[0];
        let kept = self.keep(limit, Key::limit(analysis, counter))?;
        self.value(&send.receiver)?;
        self.store_local(counter);
        self.drop_unless(want);
        let start = self.builder.start_sequence();
        self.push_local(counter);
        self.push_kept(limit, kept.as_ref())?;
        self.builder.send(if up { "<=" } else { ">=" });
        let end = self.builder.jump_ahead_if(false);
        self.inlined_block(body, Want::Effect)?;
        self.push_local(counter);
        self.builder.push(step);
        self.builder.send("+");
        self.store_local(counter);
        self.builder.add(Operation::Pop);
        self.builder.jump_back(start);
        self.builder.land(end);
        Ok(())
    }

    /// `timesRepeat:`. The value is the receiver.
    pub(super) fn times_repeat(&mut self, send: &Send<'_>, want: Want) -> Result<(), Limit> {
        let id = send.message.id;
        let counter = Key::Times(id, true);
        let kept = self.keep(&send.receiver, Key::Times(id, false))?;
        if want == Want::Value {
            self.push_kept(&send.receiver, kept.as_ref())?;
        }
        self.builder.push(Literal::Integer(1));
        self.builder.frame().add(counter.clone());
        self.store(Place::Slot(counter.clone()));
        self.builder.add(Operation::Pop);
        let start = self.builder.start_sequence();
        self.builder.add(Operation::Push(Place::Slot(counter.clone())));
        self.push_kept(&send.receiver, kept.as_ref())?;
        self.builder.send("<=");
        let end = self.builder.jump_ahead_if(false);
        self.inlined_block(block(&send.message.arguments[0]), Want::Effect)?;
        self.builder.add(Operation::Push(Place::Slot(counter.clone())));
        self.builder.push(Literal::Integer(1));
        self.builder.send("+");
        self.store(Place::Slot(counter));
        self.builder.add(Operation::Pop);
        self.builder.jump_back(start);
        self.builder.land(end);
        Ok(())
    }
}
