//! Things under names: the selectors of a class under its protocols, or the names of classes under categories.

use super::UNCLASSIFIED;
use osvm_core::oop::Oop;

/// Groups with their names, in the order in which the image shows them.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(super) struct Sorting {
    /// The groups. None is empty, and nothing is in two.
    pub groups: Vec<(String, Vec<Oop>)>,
}

impl Sorting {
    /// Puts something under a name, and takes it from the one that it was under. Without a name it stays where it is, or is not classified.
    pub fn classify(&mut self, element: Oop, name: &str) {
        let is_unsorted = name.is_empty() || name == UNCLASSIFIED;
        let now = self.groups.iter().position(|(_, elements)| elements.contains(&element));
        if now.is_some_and(|now| is_unsorted || self.groups[now].0 == name) {
            return;
        }
        if let Some(now) = now {
            self.groups[now].1.retain(|&other| other != element);
        }
        let name = if is_unsorted { UNCLASSIFIED } else { name };
        match self.groups.iter_mut().find(|(other, _)| other == name) {
            Some((_, elements)) => elements.push(element),
            None => self.groups.push((name.into(), vec![element])),
        }
        self.groups.retain(|(_, elements)| !elements.is_empty());
    }
}
