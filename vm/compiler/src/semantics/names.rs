//! Finding what a name means, and saying so where it means nothing.

use super::analyze::Analyzer;
use super::{Binding, LocalId, Reference, ScopeId};
use crate::diagnostic::{Diagnostic, near_names};
use crate::source::Span;
use crate::syntax::RESERVED;
use osvm_core::bytecode::BytecodeSet;

impl Analyzer<'_> {
    /// The local variable of a name that a scope sees.
    pub(super) fn local(&self, scope: ScopeId, name: &str) -> Option<LocalId> {
        let mut next = Some(scope);
        while let Some(scope) = next {
            let found = self.analysis.scopes[scope].locals.iter().rev().find(|&&local| self.analysis.locals[local].name == name);
            if found.is_some() {
                return found.copied();
            }
            next = self.analysis.scopes[scope].outer;
        }
        None
    }

    /// What a name means where it is read.
    pub(super) fn find(&mut self, name: &str, span: Span) -> Reference {
        match name {
            "self" => return Reference::Receiver,
            "super" => return Reference::Super,
            "thisContext" => return Reference::ThisContext,
            _ => {}
        }
        if let Some(local) = self.local(self.scope, name) {
            return Reference::Local(local);
        }
        match self.environment.lookup(name) {
            Some(Binding::Field(index)) => Reference::Field(index),
            Some(Binding::Variable(id) | Binding::Constant(id)) => Reference::Variable(id),
            None if name == "thisProcess" && self.options.set == BytecodeSet::SistaV1 => Reference::ThisProcess,
            None => self.not_declared(name, span),
        }
    }

    /// What a name means where it is assigned, which may declare it.
    pub(super) fn find_assigned(&mut self, name: &str, span: Span) -> Reference {
        if matches!(name, "true" | "false" | "nil") {
            // As little a variable as the receiver is one.
            return Reference::Receiver;
        }
        let reserved = RESERVED.contains(&name) || name == "thisProcess";
        let is_new = !reserved && self.local(self.scope, name).is_none() && self.environment.lookup(name).is_none();
        match is_new.then(|| self.environment.declare(name)).flatten() {
            Some(id) => Reference::Variable(id),
            None => self.find(name, span),
        }
    }

    fn not_declared(&mut self, name: &str, span: Span) -> Reference {
        if let Some(id) = self.environment.undeclared(name) {
            self.analysis.diagnostics.push(Diagnostic::warning(span, format!("{name} is not declared")));
            return Reference::Variable(id);
        }
        let outside = self.environment.names();
        let locals = self.visible_names();
        let near = near_names(name, outside.iter().chain(&locals).map(String::as_str));
        let mut diagnostic = Diagnostic::error(span, format!("{name} is not declared"));
        if !near.is_empty() {
            diagnostic = diagnostic.help(format!("did you mean {}?", near.join(" or ")));
        }
        self.analysis.diagnostics.push(diagnostic);
        Reference::Unknown
    }

    /// Names of the local variables that the current scope sees.
    fn visible_names(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut next = Some(self.scope);
        while let Some(scope) = next {
            let scope = &self.analysis.scopes[scope];
            names.extend(scope.locals.iter().map(|&local| self.analysis.locals[local].name.clone()));
            next = scope.outer;
        }
        names
    }

    /// Notes an assignment to something that cannot be assigned.
    pub(super) fn check_assignable(&mut self, reference: Reference, name: &str, span: Span) {
        let what = match reference {
            Reference::Receiver | Reference::Super | Reference::ThisContext | Reference::ThisProcess => {
                "is no variable that can be assigned"
            }
            Reference::Local(local) if self.analysis.locals[local].argument => "is an argument: it cannot be assigned",
            Reference::Variable(_) if matches!(self.environment.lookup(name), Some(Binding::Constant(_))) => {
                "is the name of a class: it cannot be assigned"
            }
            _ => return,
        };
        self.analysis.diagnostics.push(Diagnostic::error(span, format!("{name} {what}")));
    }
}
