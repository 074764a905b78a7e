//! Slots of frames: which variable has which number.

use super::Limit;
use crate::semantics::{Analysis, LocalId, ScopeId, Slot};

/// Temporaries of a frame, at most.
const MAX_SLOTS: usize = 63;

/// What has a slot in a frame. Variables of one name that are never visible together share theirs, as in Pharo.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum Key {
    /// A variable: its name, and how many of that name it hides.
    Variable(String, u32),
    /// The limit of the counting loop that has this variable.
    Limit(String, u32),
    /// The temp vector of a scope.
    Vector(ScopeId),
    /// The limit or the counter of the `timesRepeat:` with this number.
    Times(u32, bool),
}

impl Key {
    pub fn local(analysis: &Analysis, local: LocalId) -> Key {
        let local = &analysis.locals[local];
        Key::Variable(local.name.clone(), local.shadows)
    }

    pub fn limit(analysis: &Analysis, local: LocalId) -> Key {
        let local = &analysis.locals[local];
        Key::Limit(local.name.clone(), local.shadows)
    }

    pub fn slot(analysis: &Analysis, slot: Slot) -> Key {
        match slot {
            Slot::Local(local) => Key::local(analysis, local),
            Slot::Vector(scope) => Key::Vector(scope),
        }
    }
}

/// The slots of a method or a closure, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Frame {
    keys: Vec<Key>,
}

impl Frame {
    pub fn add(&mut self, key: Key) {
        if !self.keys.contains(&key) {
            self.keys.push(key);
        }
    }

    pub fn index(&self, key: &Key) -> Result<u16, Limit> {
        let index = self.keys.iter().position(|other| other == key).expect("a variable has a slot where it is used");
        if index < MAX_SLOTS { Ok(index as u16) } else { Err(Limit::Temporaries) }
    }

    pub fn len(&self) -> usize {
        self.keys.len()
    }
}
