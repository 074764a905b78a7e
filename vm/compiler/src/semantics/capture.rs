//! The second walk: where each variable lives, and what each closure copies.

use super::order::{HashOrder, string_hash};
use super::{Analysis, Escape, LocalId, Reference, ScopeId, Slot};
use crate::syntax::{Block, Expression, ExpressionKind, Method, Sequence, Statement};

struct Capture<'a> {
    analysis: &'a mut Analysis,
    scope: ScopeId,
    copied: Vec<HashOrder<Slot>>,
    initial_hash: u32,
}

/// Fills in the vectors and the copied variables of all scopes.
pub(super) fn place(method: &Method<'_>, analysis: &mut Analysis, initial_hash: u32) {
    let copied = vec![HashOrder::default(); analysis.scopes.len()];
    let mut capture = Capture { analysis, scope: 0, copied, initial_hash };
    capture.enter(0);
    capture.sequence(&method.body);
    capture.finish();
}

impl Capture<'_> {
    fn hash(&self, slot: Slot) -> u32 {
        string_hash(&self.analysis.slot_name(slot), self.initial_hash)
    }

    /// Moves the variables of a scope that closures change to its vector, and notes those that they read.
    fn enter(&mut self, scope: ScopeId) {
        self.scope = scope;
        let locals = self.analysis.scopes[scope].locals.clone();
        let mut vector = HashOrder::default();
        for &local in &locals {
            let hash = self.hash(Slot::Local(local));
            match self.analysis.locals[local].escape {
                Escape::No => {}
                Escape::Read => self.copied[scope].add(hash, Slot::Local(local)),
                Escape::Write => vector.add(hash, local),
            }
        }
        // The compiler that is followed copies the vector's dictionary before it reads it.
        let vector: Vec<LocalId> = vector.select(|_| true).iter().copied().collect();
        let scope = &mut self.analysis.scopes[scope];
        scope.locals.retain(|local| !vector.contains(local));
        scope.vector = vector;
    }

    fn sequence(&mut self, sequence: &Sequence<'_>) {
        for statement in &sequence.statements {
            match statement {
                Statement::Expression(value) | Statement::Return(value, _) => self.expression(value),
            }
        }
    }

    fn expression(&mut self, expression: &Expression<'_>) {
        match &expression.kind {
            ExpressionKind::Variable(_, id) => self.variable(*id),
            ExpressionKind::Literal(_) | ExpressionKind::Error => {}
            ExpressionKind::Array(elements) => elements.iter().for_each(|element| self.expression(element)),
            ExpressionKind::Block(block) => self.block(block),
            ExpressionKind::Send(send) => {
                self.expression(&send.receiver);
                send.message.arguments.iter().for_each(|argument| self.expression(argument));
            }
            ExpressionKind::Cascade(cascade) => {
                self.expression(&cascade.receiver);
                cascade.messages.iter().flat_map(|message| &message.arguments).for_each(|argument| self.expression(argument));
            }
            ExpressionKind::Assign(assignment) => {
                self.variable(assignment.id);
                self.expression(&assignment.value);
            }
        }
    }

    fn block(&mut self, block: &Block<'_>) {
        let outer = self.scope;
        self.enter(self.analysis.block_scopes[block.id as usize]);
        self.sequence(&block.body);
        self.scope = outer;
    }

    fn variable(&mut self, id: u32) {
        let Reference::Local(local) = self.analysis.references[id as usize] else { return };
        let home = self.analysis.locals[local].scope;
        match self.analysis.locals[local].escape {
            Escape::No => {}
            Escape::Read => self.copy_from(home, Slot::Local(local)),
            Escape::Write => self.copy_from(home, Slot::Vector(home)),
        }
    }

    /// Adds a slot to all scopes from the current one to the one that it belongs to.
    fn copy_from(&mut self, home: ScopeId, slot: Slot) {
        let hash = self.hash(slot);
        let mut scope = self.scope;
        loop {
            self.copied[scope].add(hash, slot);
            match self.analysis.scopes[scope].outer {
                Some(outer) if scope != home => scope = outer,
                _ => return,
            }
        }
    }

    fn finish(self) {
        for (scope, copied) in self.copied.iter().enumerate() {
            let outer = self.analysis.scopes[scope].outer;
            let incoming = copied.select(|slot| outer.is_some_and(|outer| self.copied[outer].contains(slot)));
            self.analysis.scopes[scope].incoming = incoming.iter().copied().collect();
        }
    }
}
