//! Inlined messages that branch.

use super::Limit;
use super::builder::Operation;
use super::translate::{Translator, Want};
use crate::literal::Literal;
use crate::semantics::Inlined;
use crate::syntax::{Block, Expression, Send};

/// The block that an argument of an inlined message is.
pub(super) fn block<'t, 's>(argument: &'t Expression<'s>) -> &'t Block<'s> {
    argument.as_block().expect("only messages with blocks are inlined")
}

impl Translator<'_> {
    pub fn inlined(&mut self, kind: Inlined, send: &Send<'_>, want: Want) -> Result<(), Limit> {
        match kind {
            Inlined::And => self.logical(send, false, want),
            Inlined::Or => self.logical(send, true, want),
            Inlined::If(condition) => self.if_only(send, condition, want),
            Inlined::IfElse(condition) => {
                self.value(&send.receiver)?;
                self.either(&send.message.arguments, !condition, want)
            }
            Inlined::IfNil => self.if_nil(send, want),
            Inlined::IfNotNil => self.if_not_nil(send, want),
            Inlined::IfNilElse(nil_first) => {
                self.value(&send.receiver)?;
                let arguments = &send.message.arguments;
                self.keep_in_argument(&arguments[usize::from(nil_first)]);
                self.compare_with_nil();
                self.either(arguments, !nil_first, want)
            }
            Inlined::While(condition) => self.while_loop(send, condition, want),
            Inlined::Repeat => self.repeat_loop(send, want),
            Inlined::TimesRepeat => self.times_repeat(send, want),
            Inlined::ToDo | Inlined::ToByDo => self.counting_loop(send, want),
            Inlined::Case(otherwise) => self.cases(send, otherwise, want),
        }
    }

    fn compare_with_nil(&mut self) {
        self.builder.push(Literal::Nil);
        self.builder.send("==");
    }

    /// Stores the top of the stack in the argument of a block, if it has one.
    fn keep_in_argument(&mut self, argument: &Expression<'_>) {
        let analysis = self.unit.analysis;
        let scope = &analysis.scopes[analysis.block_scopes[block(argument).id as usize]];
        if let Some(&local) = scope.locals.first().filter(|_| scope.arguments > 0) {
            self.store_local(local);
        }
    }

    /// `and:`, or `or:` if the receiver alone can decide for true.
    fn logical(&mut self, send: &Send<'_>, or: bool, want: Want) -> Result<(), Limit> {
        self.value(&send.receiver)?;
        let otherwise = self.builder.jump_ahead_if(false);
        if or {
            self.builder.push(Literal::True);
        } else {
            self.inlined_block(block(&send.message.arguments[0]), Want::Value)?;
        }
        let end = self.builder.jump_ahead();
        self.builder.land(otherwise);
        if or {
            self.inlined_block(block(&send.message.arguments[0]), Want::Value)?;
        } else {
            self.builder.push(Literal::False);
        }
        self.builder.land(end);
        self.drop_unless(want);
        Ok(())
    }

    /// One block, or nothing; its value is nil if the block does not run.
    fn if_only(&mut self, send: &Send<'_>, condition: bool, want: Want) -> Result<(), Limit> {
        self.value(&send.receiver)?;
        let body = block(&send.message.arguments[0]);
        match (want, condition) {
            (Want::Effect, _) => {
                let end = self.builder.jump_ahead_if(!condition);
                self.inlined_block(body, want)?;
                self.builder.land(end);
            }
            (Want::Value, true) => {
                let otherwise = self.builder.jump_ahead_if(false);
                self.inlined_block(body, want)?;
                let end = self.builder.jump_ahead();
                self.builder.land(otherwise);
                self.builder.push(Literal::Nil);
                self.builder.land(end);
            }
            (Want::Value, false) => {
                let otherwise = self.builder.jump_ahead_if(false);
                self.builder.push(Literal::Nil);
                let end = self.builder.jump_ahead();
                self.builder.land(otherwise);
                self.inlined_block(body, want)?;
                self.builder.land(end);
            }
        }
        Ok(())
    }

    /// Two blocks; the second runs if the boolean on the stack is `condition`.
    fn either(&mut self, blocks: &[Expression<'_>], condition: bool, want: Want) -> Result<(), Limit> {
        let otherwise = self.builder.jump_ahead_if(condition);
        self.inlined_block(block(&blocks[0]), want)?;
        let end = self.builder.jump_ahead();
        self.builder.land(otherwise);
        self.inlined_block(block(&blocks[1]), want)?;
        self.builder.land(end);
        Ok(())
    }

    fn if_nil(&mut self, send: &Send<'_>, want: Want) -> Result<(), Limit> {
        self.value(&send.receiver)?;
        if want == Want::Value {
            self.builder.add(Operation::Duplicate);
        }
        self.compare_with_nil();
        let end = self.builder.jump_ahead_if(false);
        if want == Want::Value {
            self.builder.add(Operation::Pop);
        }
        self.inlined_block(block(&send.message.arguments[0]), want)?;
        self.builder.land(end);
        Ok(())
    }

    fn if_not_nil(&mut self, send: &Send<'_>, want: Want) -> Result<(), Limit> {
        self.value(&send.receiver)?;
        let argument = &send.message.arguments[0];
        self.keep_in_argument(argument);
        if want == Want::Value {
            self.builder.add(Operation::Duplicate);
        }
        self.compare_with_nil();
        let end = self.builder.jump_ahead_if(true);
        if want == Want::Value {
            self.builder.add(Operation::Pop);
        }
        self.inlined_block(block(argument), want)?;
        self.builder.land(end);
        Ok(())
    }

    /// `caseOf:`: the value is compared with that of each key in turn; the last comparison takes it from the stack.
    fn cases(&mut self, send: &Send<'_>, otherwise: bool, want: Want) -> Result<(), Limit> {
        let cases = crate::semantics::cases(&send.message.arguments[0]).expect("only cases are inlined");
        self.value(&send.receiver)?;
        let mut ends = Vec::new();
        for (index, (key, body)) in cases.iter().enumerate() {
            let is_last = index + 1 == cases.len();
            if !is_last {
                self.builder.add(Operation::Duplicate);
            }
            self.inlined_block(key, Want::Value)?;
            self.builder.send("=");
            let next = self.builder.jump_ahead_if(false);
            if !is_last {
                self.builder.add(Operation::Pop);
            }
            self.inlined_block(body, Want::Value)?;
            ends.push(self.builder.jump_ahead());
            self.builder.land(next);
        }
        if otherwise {
            self.inlined_block(block(&send.message.arguments[1]), Want::Value)?;
        } else {
            self.builder.add(Operation::PushReceiver);
            self.builder.send("caseError");
        }
        ends.into_iter().rev().for_each(|end| self.builder.land(end));
        self.drop_unless(want);
        Ok(())
    }
}
