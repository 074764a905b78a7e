//! What the names of a method mean: scopes, variables, which messages are inlined, and how variables reach closures.
//!
//! The decisions are those of Pharo 8's semantic and closure analysis: a variable that a closure only reads, and that is not
//! written after the closure is made, is copied into it; one that is written is kept in an array, the temp vector, that is
//! copied instead.

mod analyze;
mod capture;
mod inline;
mod names;
mod order;
#[cfg(test)]
mod tests;

pub use analyze::analyze;
pub use inline::{Inlined, Inlining};
pub(crate) use inline::{cases, step};
pub use order::{HashOrder, string_hash};

use crate::diagnostic::Diagnostic;

/// A variable outside of the method, as its environment numbers them.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub struct VariableId(pub u32);

/// What a name means outside of the method.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Binding {
    /// A named field of the receiver, from 0.
    Field(u16),
    /// A global, class or pool variable.
    Variable(VariableId),
    /// A global, class or pool variable that cannot be assigned, as the name of a class.
    Constant(VariableId),
}

/// What a method is compiled for: the class, its variables, and the globals.
pub trait Environment {
    /// What a name means; `None` if it is not declared.
    fn lookup(&self, name: &str) -> Option<Binding>;

    /// The variable that stands for an undeclared name until it is declared; `None` if such names are errors.
    fn undeclared(&self, _name: &str) -> Option<VariableId> {
        None
    }

    /// The variable that an assignment to an undeclared name declares; `None` if that is an error. From then on `lookup` knows the name.
    fn declare(&self, _name: &str) -> Option<VariableId> {
        None
    }

    /// The receivers are contexts or read as such: a VM keeps their fields in frames, and must see where they are used. Their
    /// fields get instructions of their own.
    fn has_context_fields(&self) -> bool {
        false
    }

    /// Methods can call functions of libraries: there is a class of which the functions are instances, with types.
    fn has_foreign_calls(&self) -> bool {
        false
    }

    /// Names that somebody may have meant instead of an undeclared one.
    fn names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A scope, by its index.
pub type ScopeId = usize;
/// A local variable, by its index.
pub type LocalId = usize;

/// Which variables a closure can reach, and how.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ScopeKind {
    /// The method.
    Method,
    /// A block that becomes a closure.
    Closure,
    /// A block that is inlined.
    Inlined {
        /// It may run more than once.
        in_loop: bool,
    },
}

/// A scope.
#[derive(Clone, Debug)]
pub struct Scope {
    /// What it is.
    pub kind: ScopeKind,
    /// The scope around it.
    pub outer: Option<ScopeId>,
    /// Variables that live in the frame, in order of declaration, arguments first.
    pub locals: Vec<LocalId>,
    /// Variables that live in this scope's temp vector, in its order.
    pub vector: Vec<LocalId>,
    /// Variables, vectors among them, that are copied here from the scope around, in order.
    pub incoming: Vec<Slot>,
    /// Number of arguments.
    pub arguments: usize,
    /// Number of the block in the order of the source, 0 for the method.
    pub number: u32,
}

/// What a slot of a frame holds.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
pub enum Slot {
    /// A variable.
    Local(LocalId),
    /// The temp vector of a scope.
    Vector(ScopeId),
}

/// How a variable is used by closures.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Escape {
    /// By no other closure than its own.
    #[default]
    No,
    /// It is read by other closures.
    Read,
    /// Its changes must be seen by other closures.
    Write,
}

/// How a variable was used so far.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Usage {
    Read,
    Write,
    RepeatedWrite,
}

/// A local variable.
#[derive(Clone, Debug)]
pub struct Local {
    /// Its name.
    pub name: String,
    /// Where it is declared.
    pub scope: ScopeId,
    /// It is an argument of the method or of a block.
    pub argument: bool,
    /// Number of variables of this name that it hides.
    pub shadows: u32,
    /// How it reaches closures.
    pub escape: Escape,
    usage: Option<Usage>,
}

/// What a use of a variable refers to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reference {
    /// `self`, and `super` where it is not the receiver of a message.
    Receiver,
    /// `super`.
    Super,
    /// `thisContext`.
    ThisContext,
    /// `thisProcess`.
    ThisProcess,
    /// A field of the receiver.
    Field(u16),
    /// A variable outside.
    Variable(VariableId),
    /// A local variable.
    Local(LocalId),
    /// Not known; there is a diagnostic.
    Unknown,
}

/// What is known of a method behind its syntax.
#[derive(Clone, Debug)]
pub struct Analysis {
    /// Scopes; 0 is the method's.
    pub scopes: Vec<Scope>,
    /// Local variables.
    pub locals: Vec<Local>,
    /// What each use of a variable refers to, by the number of the use.
    pub references: Vec<Reference>,
    /// Which messages are inlined, by the number of the message.
    pub inlined: Vec<Option<Inlined>>,
    /// The scope of each block, by the number of the block.
    pub block_scopes: Vec<ScopeId>,
    /// The variable that a primitive's error code goes to.
    pub error_code: Option<LocalId>,
    /// What is wrong.
    pub diagnostics: Vec<Diagnostic>,
}

impl Analysis {
    /// The scope of the frame that a scope runs in: the closure or the method around it, or itself.
    pub fn frame(&self, mut scope: ScopeId) -> ScopeId {
        while let (ScopeKind::Inlined { .. }, Some(outer)) = (self.scopes[scope].kind, self.scopes[scope].outer) {
            scope = outer;
        }
        scope
    }

    /// Whether code of this scope may run more than once in its method.
    pub fn in_loop(&self, scope: Option<ScopeId>) -> bool {
        let mut next = scope;
        while let Some(scope) = next {
            if self.scopes[scope].kind == (ScopeKind::Inlined { in_loop: true }) {
                return true;
            }
            next = self.scopes[scope].outer;
        }
        false
    }

    /// The name by which a slot is ordered.
    pub fn slot_name(&self, slot: Slot) -> String {
        match slot {
            Slot::Local(local) => self.locals[local].name.clone(),
            Slot::Vector(scope) => format!("0vector{}", self.scopes[scope].number),
        }
    }
}
