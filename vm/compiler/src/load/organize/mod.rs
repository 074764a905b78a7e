//! What people sort code by and say of it: protocols of methods, categories of classes, comments. They are put where the image keeps
//! such things, and counted.
//!
//! | image | protocols | categories | comments |
//! |---|---|---|---|
//! | Pharo 7 and 8 | `ClassOrganization` with a `ProtocolOrganizer` | the class, `SystemOrganization` | `ClassOrganization` |
//! | Pharo 9 to 11 | the same | the same | - |
//! | Pharo 12 and later | the class, in an Array | - | - |
//! | Squeak, Cuis | a categorizer, `ClassOrganizer` | the class, `SystemOrganization` | - |
//! | the built-in image | a categorizer, `ClassOrganizer` | the class | the class |
//!
//! The others keep comments in files of sources, and Pharo 12 categories in its packages.

mod categorizer;
mod protocols;
mod sorting;
#[cfg(test)]
mod tests;

use super::LoadError;
use super::plan::Plan;
use super::report::Report;
use super::shape::{METHODS, Shape, fields};
use super::symbols::Symbols;
use crate::world::World;
use categorizer::Categorizer;
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;
use protocols::Protocols;
use sorting::Sorting;
use std::collections::BTreeMap;

/// Where methods are that nobody has sorted.
const UNCLASSIFIED: &str = "as yet unclassified";

/// The methods that were loaded into each class: selectors, and the names of their protocols.
pub(super) type Loaded<'m> = BTreeMap<Oop, Vec<(Oop, &'m str)>>;

/// Puts the protocols of methods, and the categories and comments of classes, where the image has them. Comments have the line ends that
/// they are to have in the image.
#[expect(clippy::too_many_arguments, reason = "what was loaded, and all that it goes into")]
pub(super) fn organize(
    heap: &mut Heap,
    world: &World,
    shape: &Shape,
    symbols: &mut Symbols,
    plan: &Plan<'_>,
    loaded: &Loaded<'_>,
    ends_lines_with_returns: bool,
    report: &mut Report<'_>,
) -> Result<(), LoadError> {
    let place = Place::read(heap, world)?;
    report.protocols.given = loaded.values().flatten().filter(|(_, protocol)| !protocol.is_empty()).count();
    if let Some(place) = &place {
        for (&class, methods) in loaded {
            place.classify(heap, symbols, class, methods)?;
        }
        report.protocols.kept = report.protocols.given;
    }
    categories(heap, world, shape, symbols, plan, report)?;
    for (name, comment) in &plan.comments {
        report.comments.given += 1;
        let Some(class) = world.class(name) else { continue };
        let text = if ends_lines_with_returns { comment.replace('\n', "\r") } else { comment.clone() };
        let kept = set_comment(heap, shape, symbols, place.as_ref(), class, &text)?;
        report.comments.kept += usize::from(kept);
    }
    Ok(())
}

/// How the classes of an image keep their protocols.
enum Place {
    /// In objects of a class Protocol.
    Protocols(Protocols),
    /// In a categorizer, in this field of a class.
    Categorizer(Categorizer, usize),
}

impl Place {
    fn read(heap: &mut Heap, world: &World) -> Result<Option<Place>, LoadError> {
        let Some(description) = world.class("ClassDescription") else { return Ok(None) };
        let description = fields(heap, world, description);
        if let Some(protocols) = Protocols::read(heap, world, &description)? {
            return Ok(Some(Place::Protocols(protocols)));
        }
        let categorizer = world.class("ClassOrganizer").and_then(|class| Categorizer::of_class(heap, world, class));
        Ok(categorizer.zip(description.get("organization").copied()).map(|(lists, field)| Place::Categorizer(lists, field)))
    }

    /// Puts methods of a class into their protocols; one that says none stays where it is.
    fn classify(&self, heap: &mut Heap, symbols: &mut Symbols, class: Oop, methods: &[(Oop, &str)]) -> Result<(), LoadError> {
        let mut sorting = self.sorting(heap, class)?;
        for &(selector, protocol) in methods {
            sorting.classify(selector, protocol);
        }
        match self {
            Place::Protocols(protocols) => protocols.write(heap, symbols, class, &sorting),
            Place::Categorizer(lists, field) => {
                let organizer = heap.follow(heap.fetch(class, *field));
                lists.write(heap, symbols, organizer, &sorting)
            }
        }
    }

    /// The protocols of a class, which has all its methods in some when this is done.
    fn sorting(&self, heap: &mut Heap, class: Oop) -> Result<Sorting, LoadError> {
        let mut sorting = match self {
            Place::Protocols(protocols) => protocols.sorting(heap, class)?,
            Place::Categorizer(lists, field) => {
                if !lists.is_one(heap, heap.fetch(class, *field)) {
                    let new = lists.make(heap, class)?;
                    heap.store(class, *field, new);
                }
                lists.sorting(heap, heap.fetch(class, *field))
            }
        };
        let dictionary = heap.follow(heap.fetch(class, METHODS));
        for (selector, _) in super::hashed::methods(heap, dictionary) {
            sorting.classify(selector, "");
        }
        Ok(sorting)
    }
}

/// Enters the classes under their categories in the image's list of them.
fn categories(
    heap: &mut Heap,
    world: &World,
    shape: &Shape,
    symbols: &mut Symbols,
    plan: &Plan<'_>,
    report: &mut Report<'_>,
) -> Result<(), LoadError> {
    let named: Vec<_> = plan.classes.iter().filter(|class| !class.category.is_empty()).collect();
    report.categories.given = named.len();
    if shape.field("category").is_none() {
        return Ok(());
    }
    report.categories.kept = named.len();
    let organization = world.global("SystemOrganization").map(|association| heap.follow(heap.fetch(association, 1)));
    let found = organization.and_then(|oop| Some((oop, Categorizer::of_object(heap, world, oop)?)));
    let Some((organization, lists)) = found.filter(|(oop, lists)| lists.is_one(heap, *oop)) else { return Ok(()) };
    let mut sorting = lists.sorting(heap, organization);
    for class in named {
        let name = symbols.get(heap, &class.name)?;
        sorting.classify(name, &class.category);
    }
    lists.write(heap, symbols, organization, &sorting)
}

/// Gives a class a comment; answers whether the image has a place for it.
fn set_comment(
    heap: &mut Heap,
    shape: &Shape,
    symbols: &mut Symbols,
    place: Option<&Place>,
    class: Oop,
    text: &str,
) -> Result<bool, LoadError> {
    if shape.field("comment").is_some() {
        let comment = symbols.string(heap, text)?;
        shape.set(heap, class, "comment", comment);
        return Ok(true);
    }
    match place {
        Some(place @ Place::Protocols(protocols)) if protocols.has_comments() => {
            place.classify(heap, symbols, class, &[])?;
            let comment = symbols.string(heap, text)?;
            protocols.set_comment(heap, class, comment)?;
            Ok(true)
        }
        _ => Ok(false),
    }
}
