//! What came of a load.

use crate::diagnostic::{Diagnostic, Severity};
use crate::packages::{FileId, Packages};
use crate::source::Span;

/// What is being done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// Classes are made.
    Classes,
    /// Methods are compiled.
    Compiling,
    /// Methods are installed.
    Installing,
}

/// How far it is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// What is being done.
    pub step: Step,
    /// So many are done.
    pub done: usize,
    /// Of so many.
    pub of: usize,
}

/// A class of the image that has changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ClassChange {
    /// The class.
    pub name: String,
    /// What is different, for people.
    pub what: Vec<&'static str>,
    /// Instances that were given the new shape.
    pub migrated: usize,
}

/// How many there are of something that an image may have no place for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// So many are in the packages.
    pub given: usize,
    /// So many are in the image.
    pub kept: usize,
}

/// What was loaded, what changed, and what is wrong.
#[derive(Clone, Debug)]
pub struct Report<'p> {
    packages: &'p Packages,
    keep_going: bool,
    /// Names of the classes that are new.
    pub new_classes: Vec<String>,
    /// Classes that changed.
    pub changed_classes: Vec<ClassChange>,
    /// Methods that are new.
    pub new_methods: usize,
    /// Methods that took the places of others.
    pub replaced_methods: usize,
    /// Methods of classes that the packages do not define.
    pub extensions: usize,
    /// Classes whose class-side `initialize` is to be run, in this order.
    pub initializers: Vec<String>,
    /// Methods with protocols.
    pub protocols: Tally,
    /// Classes with comments.
    pub comments: Tally,
    /// Classes with categories.
    pub categories: Tally,
    /// Names that nothing declares and that methods refer to.
    pub undeclared: Vec<String>,
    /// What is wrong, with the file that it is in.
    pub problems: Vec<(FileId, Diagnostic)>,
}

impl<'p> Report<'p> {
    pub(super) fn new(packages: &'p Packages, keep_going: bool) -> Report<'p> {
        Report {
            packages,
            keep_going,
            new_classes: Vec::new(),
            changed_classes: Vec::new(),
            new_methods: 0,
            replaced_methods: 0,
            extensions: 0,
            initializers: Vec::new(),
            protocols: Tally::default(),
            comments: Tally::default(),
            categories: Tally::default(),
            undeclared: Vec::new(),
            problems: packages.problems.clone(),
        }
    }

    /// Nothing had to be left out.
    pub fn is_complete(&self) -> bool {
        self.errors() == 0
    }

    /// How many errors there are.
    pub fn errors(&self) -> usize {
        self.problems.iter().filter(|(_, problem)| problem.severity == Severity::Error).count()
    }

    /// Whether the load is to stop here.
    pub(super) fn stops(&self) -> bool {
        !self.keep_going && !self.is_complete()
    }

    /// The problems as text, with file, line, column and a caret.
    pub fn rendered(&self) -> impl Iterator<Item = String> + '_ {
        self.problems.iter().map(|(file, problem)| self.packages.render(*file, problem))
    }

    /// Adds an error about a class that is there already, at its definition if the packages have one.
    pub(super) fn wrong_class(&mut self, class_name: &str, message: String) {
        let place = self.packages.classes.iter().rev().find(|class| class.name == class_name).map(|class| class.place);
        let (file, span) = place.map_or((0, Span::default()), |place| (place.file, place.span));
        self.problems.push((file, Diagnostic::error(span, message)));
    }

    /// The change of a class, begun if there was none.
    pub(super) fn change(&mut self, name: &str) -> &mut ClassChange {
        let index = self.changed_classes.iter().position(|change| change.name == name).unwrap_or_else(|| {
            self.changed_classes.push(ClassChange { name: name.into(), what: Vec::new(), migrated: 0 });
            self.changed_classes.len() - 1
        });
        &mut self.changed_classes[index]
    }
}
