//! The first walk over a method: scopes, declarations, what names mean, and which variables closures share.

use super::inline::inlined;
use super::{Analysis, Environment, Escape, Local, LocalId, Reference, Scope, ScopeId, ScopeKind, Usage};
use crate::codegen::Options;
use crate::diagnostic::Diagnostic;
use crate::literal::Literal;
use crate::syntax::{
    Block, Cascade, Expression, ExpressionKind, Message, Method, Name, Pragma, RESERVED, Send, Sequence, Statement,
};

pub(super) struct Analyzer<'e> {
    pub environment: &'e dyn Environment,
    pub analysis: Analysis,
    pub scope: ScopeId,
    pub options: &'e Options,
    /// Blocks seen so far.
    blocks: u32,
}

/// Finds out about a method all that code generation must know.
pub fn analyze(method: &Method<'_>, environment: &dyn Environment, options: &Options) -> Analysis {
    let counts = method.counts;
    let analysis = Analysis {
        scopes: Vec::new(),
        locals: Vec::new(),
        references: vec![Reference::Unknown; counts.variables as usize],
        inlined: vec![None; counts.sends as usize],
        block_scopes: vec![0; counts.blocks as usize],
        error_code: None,
        diagnostics: Vec::new(),
    };
    let mut analyzer = Analyzer { environment, analysis, scope: 0, options, blocks: 0 };
    analyzer.method(method);
    let mut analysis = analyzer.analysis;
    super::capture::place(method, &mut analysis, options.initial_hash);
    analysis
}

/// The variable that a primitive's pragma names for its error code.
fn error_variable<'p>(pragma: &'p Pragma<'_>) -> Option<&'p str> {
    let selector = pragma.selector.as_ref();
    let at = selector.split_inclusive(':').position(|part| part == "error:")?;
    match &pragma.arguments.get(at)?.0 {
        Literal::Symbol(name) | Literal::String(name) if selector.starts_with("primitive:") => Some(name),
        _ => None,
    }
}

impl Analyzer<'_> {
    fn method(&mut self, method: &Method<'_>) {
        self.open(ScopeKind::Method, None);
        method.arguments.iter().for_each(|name| self.declare(name.text, Some(name), true));
        self.analysis.scopes[0].arguments = method.arguments.len();
        method.body.temporaries.iter().for_each(|name| self.declare(name.text, Some(name), false));
        for pragma in method.pragmas.iter().filter(|pragma| pragma.foreign.is_some()) {
            if !self.environment.has_foreign_calls() {
                let message = "this image cannot call functions of libraries: it has no class ExternalLibraryFunction with types that are set up";
                let help = "load and initialise the package FFI (in Squeak and Pharo, FFI-Kernel) before this one";
                self.analysis.diagnostics.push(Diagnostic::error(pragma.span, message).help(help));
            }
        }
        if let Some(name) = method.pragmas.iter().find_map(error_variable) {
            if self.local(0, name).is_none() {
                self.declare(name, None, false);
            }
            self.analysis.error_code = self.local(0, name);
        }
        self.statements(&method.body);
    }

    fn open(&mut self, kind: ScopeKind, outer: Option<ScopeId>) {
        let number = self.blocks;
        let (locals, vector, incoming) = (Vec::new(), Vec::new(), Vec::new());
        self.analysis.scopes.push(Scope { kind, outer, locals, vector, incoming, arguments: 0, number });
        self.scope = self.analysis.scopes.len() - 1;
    }

    fn declare(&mut self, name: &str, at: Option<&Name<'_>>, argument: bool) {
        let mut shadows = 0;
        if let Some(hidden) = self.local(self.scope, name) {
            if self.analysis.locals[hidden].scope == self.scope {
                if let Some(at) = at {
                    self.analysis.diagnostics.push(Diagnostic::error(at.span, format!("{name} is declared twice")));
                }
                return;
            }
            shadows = self.analysis.locals[hidden].shadows + 1;
            self.warn_shadow(name, at);
        } else if matches!(self.environment.lookup(name), Some(super::Binding::Field(_))) {
            self.warn_shadow(name, at);
        }
        if let Some(at) = at.filter(|_| RESERVED.contains(&name)) {
            self.analysis.diagnostics.push(Diagnostic::error(at.span, format!("{name} cannot be declared")));
        }
        let scope = self.scope;
        self.analysis.locals.push(Local { name: name.into(), scope, argument, shadows, escape: Escape::No, usage: None });
        let id = self.analysis.locals.len() - 1;
        self.analysis.scopes[scope].locals.push(id);
    }

    fn warn_shadow(&mut self, name: &str, at: Option<&Name<'_>>) {
        if let Some(at) = at {
            self.analysis.diagnostics.push(Diagnostic::warning(at.span, format!("{name} hides a variable of the same name")));
        }
    }

    fn sequence(&mut self, sequence: &Sequence<'_>) {
        sequence.temporaries.iter().for_each(|name| self.declare(name.text, Some(name), false));
        self.statements(sequence);
    }

    fn statements(&mut self, sequence: &Sequence<'_>) {
        for statement in &sequence.statements {
            match statement {
                Statement::Expression(value) | Statement::Return(value, _) => self.expression(value),
            }
        }
    }

    fn expression(&mut self, expression: &Expression<'_>) {
        match &expression.kind {
            ExpressionKind::Variable(name, id) => {
                let reference = self.find(name, expression.span);
                self.analysis.references[*id as usize] = reference;
                if let Reference::Local(local) = reference {
                    self.read(local);
                }
            }
            ExpressionKind::Literal(_) | ExpressionKind::Error => {}
            ExpressionKind::Array(elements) => elements.iter().for_each(|element| self.expression(element)),
            ExpressionKind::Block(block) => self.block(block, ScopeKind::Closure),
            ExpressionKind::Send(send) => self.send(send),
            ExpressionKind::Cascade(cascade) => self.cascade(cascade),
            ExpressionKind::Assign(assignment) => {
                self.expression(&assignment.value);
                let name = assignment.variable.text;
                let reference = self.find_assigned(name, assignment.variable.span);
                self.check_assignable(reference, name, assignment.variable.span);
                self.analysis.references[assignment.id as usize] = reference;
                if let Reference::Local(local) = reference {
                    self.write(local);
                }
            }
        }
    }

    fn cascade(&mut self, cascade: &Cascade<'_>) {
        self.expression(&cascade.receiver);
        cascade.messages.iter().flat_map(|message| &message.arguments).for_each(|argument| self.expression(argument));
    }

    fn send(&mut self, send: &Send<'_>) {
        let Message { id, arguments, .. } = &send.message;
        let Some(kind) = inlined(&send.receiver, &send.message, self.options.inlining) else {
            self.expression(&send.receiver);
            arguments.iter().for_each(|argument| self.expression(argument));
            return;
        };
        self.analysis.inlined[*id as usize] = Some(kind);
        let scope = ScopeKind::Inlined { in_loop: kind.is_loop() };
        if let (super::Inlined::Case(_), Some(cases)) = (kind, arguments.first().and_then(super::inline::cases)) {
            self.expression(&send.receiver);
            for (key, value) in cases {
                self.block(key, scope);
                self.block(value, scope);
            }
            arguments[1..].iter().for_each(|argument| self.inlined(argument, scope));
            return;
        }
        [&send.receiver].into_iter().chain(arguments).for_each(|part| self.inlined(part, scope));
    }

    /// A part of an inlined message: a block is inlined, anything else is an expression.
    fn inlined(&mut self, part: &Expression<'_>, scope: ScopeKind) {
        match part.as_block() {
            Some(block) => self.block(block, scope),
            None => self.expression(part),
        }
    }

    fn block(&mut self, block: &Block<'_>, kind: ScopeKind) {
        self.blocks += 1;
        let outer = self.scope;
        self.open(kind, Some(outer));
        let scope = self.scope;
        self.analysis.block_scopes[block.id as usize] = scope;
        block.arguments.iter().for_each(|name| self.declare(name.text, Some(name), true));
        self.analysis.scopes[scope].arguments = block.arguments.len();
        self.sequence(&block.body);
        self.scope = outer;
    }

    /// Whether a use here is in another closure than the variable.
    fn is_outside(&self, local: LocalId) -> bool {
        self.analysis.frame(self.analysis.locals[local].scope) != self.analysis.frame(self.scope)
    }

    fn read(&mut self, local: LocalId) {
        let outside = self.is_outside(local);
        let in_loop = self.analysis.in_loop(self.analysis.scopes[self.scope].outer);
        let local = &mut self.analysis.locals[local];
        if outside && local.escape == Escape::No {
            local.escape = Escape::Read;
        }
        // Written in a loop, and captured in it: the closure made in one turn sees what the next one writes.
        if local.escape != Escape::No && in_loop && local.usage == Some(Usage::RepeatedWrite) {
            local.escape = Escape::Write;
        }
        if !local.argument && local.usage.is_none() {
            local.usage = Some(Usage::Read);
        }
    }

    fn write(&mut self, local: LocalId) {
        let outside = self.is_outside(local);
        let in_loop = self.analysis.in_loop(Some(self.scope));
        let local = &mut self.analysis.locals[local];
        if outside || local.escape != Escape::No {
            local.escape = Escape::Write;
        }
        local.usage = Some(if in_loop { Usage::RepeatedWrite } else { Usage::Write });
    }
}
