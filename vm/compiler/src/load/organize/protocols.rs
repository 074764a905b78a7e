//! Protocols as objects, as Pharo has them: each with its name and the selectors of its methods.
//!
//! Source: `ClassOrganization`, `ProtocolOrganizer`, `AllProtocol` and `Protocol` of Pharo 8 to 11, where they are in sets, and
//! `ClassDescription` and `Protocol` of Pharo 12 and 13, where they are in arrays.

use super::sorting::Sorting;
use crate::load::LoadError;
use crate::load::hashed::{Rule, Table, identity_rule, new_collection};
use crate::load::shape::{Fields, fields};
use crate::load::symbols::Symbols;
use crate::text::text;
use crate::world::World;
use osvm_core::heap::Heap;
use osvm_core::oop::Oop;

/// The name of the protocol that stands for all others, which it does not list.
const ALL: &str = "-- all --";

/// How the classes of an image have their protocols.
pub(super) struct Protocols {
    protocol: (Oop, Fields),
    keeper: Keeper,
}

/// What has the protocols of a class.
enum Keeper {
    /// The class itself, an Array in this field.
    Class(usize),
    /// An organisation in a field of the class.
    Organization(Box<Organization>),
}

/// The classes that organisations are made of.
struct Organization {
    /// The field of a class.
    field: usize,
    class: (Oop, Fields),
    organizer: (Oop, Fields),
    all: (Oop, Fields),
    set: Oop,
    rule: Rule,
}

impl Protocols {
    /// How an image has them; `None` if it has none. `description` has the fields of its class ClassDescription.
    pub fn read(heap: &mut Heap, world: &World, description: &Fields) -> Result<Option<Protocols>, LoadError> {
        let with_fields = |heap: &Heap, name: &str, needed: &[&str]| {
            let class = world.class(name)?;
            let fields = fields(heap, world, class);
            needed.iter().all(|&name| fields.contains_key(name)).then_some((class, fields))
        };
        let Some(protocol) = with_fields(heap, "Protocol", &["name", "methodSelectors"]) else { return Ok(None) };
        if let Some(&field) = description.get("protocols") {
            return Ok(Some(Protocols { protocol, keeper: Keeper::Class(field) }));
        }
        let parts = (|| {
            Some(Organization {
                field: *description.get("organization")?,
                class: with_fields(heap, "ClassOrganization", &["protocolOrganizer", "organizedClass"])?,
                organizer: with_fields(heap, "ProtocolOrganizer", &["allProtocol", "protocols"])?,
                all: with_fields(heap, "AllProtocol", &["name", "methodSelectors", "protocolOrganizer"])?,
                set: world.class("IdentitySet")?,
                rule: Rule::Identity(0),
            })
        })();
        let Some(mut organization) = parts else { return Ok(None) };
        organization.rule = identity_rule(heap, organization.set)?;
        Ok(Some(Protocols { protocol, keeper: Keeper::Organization(Box::new(organization)) }))
    }

    /// Whether an organisation has the class's comment, and not where it is in a file.
    pub fn has_comments(&self) -> bool {
        matches!(&self.keeper, Keeper::Organization(organization) if organization.class.1.contains_key(COMMENT))
    }

    /// Gives a class, which has comments, one.
    pub fn set_comment(&self, heap: &mut Heap, class: Oop, comment: Oop) -> Result<(), LoadError> {
        if let Keeper::Organization(parts) = &self.keeper {
            let organization = parts.of_class(heap, class)?;
            heap.store(organization, parts.class.1[COMMENT], comment);
        }
        Ok(())
    }

    /// The protocols of a class as they are.
    pub fn sorting(&self, heap: &mut Heap, class: Oop) -> Result<Sorting, LoadError> {
        let protocols = self.protocols(heap, class)?;
        let group = |&protocol: &Oop| {
            let part = |name| heap.follow(heap.fetch(protocol, self.protocol.1[name]));
            (text(heap, part("name")).unwrap_or_default(), elements(heap, part("methodSelectors")))
        };
        Ok(Sorting { groups: protocols.iter().map(group).filter(|(_, selectors)| !selectors.is_empty()).collect() })
    }

    /// The objects that are the protocols of a class.
    fn protocols(&self, heap: &mut Heap, class: Oop) -> Result<Vec<Oop>, LoadError> {
        let keeper = match &self.keeper {
            Keeper::Class(field) => heap.fetch(class, *field),
            Keeper::Organization(parts) => {
                let organizer = parts.organizer_of(heap, class)?;
                heap.fetch(organizer, parts.organizer.1["protocols"])
            }
        };
        let all = elements(heap, heap.follow(keeper));
        Ok(all.into_iter().filter(|&oop| oop.is_pointer() && heap.class_of(oop) == self.protocol.0).collect())
    }

    /// Gives a class these protocols. Those that it has under the same names keep their identity.
    pub fn write(&self, heap: &mut Heap, symbols: &mut Symbols, class: Oop, sorting: &Sorting) -> Result<(), LoadError> {
        let old = self.protocols(heap, class)?;
        let fields = &self.protocol.1;
        let mut protocols = Vec::with_capacity(sorting.groups.len());
        for (name, selectors) in &sorting.groups {
            let is_it = |&protocol: &Oop| text(heap, heap.follow(heap.fetch(protocol, fields["name"]))).as_ref() == Some(name);
            let protocol = match old.iter().copied().find(is_it) {
                Some(protocol) => protocol,
                None => heap.instantiate(self.protocol.0, 0)?,
            };
            let name = symbols.get(heap, name)?;
            heap.store(protocol, fields["name"], name);
            let selectors = self.collection(heap, selectors)?;
            heap.store(protocol, fields["methodSelectors"], selectors);
            if let Some(&owner) = fields.get("owningClass") {
                heap.store(protocol, owner, class);
            }
            protocols.push(protocol);
        }
        let protocols = self.collection(heap, &protocols)?;
        match &self.keeper {
            Keeper::Class(field) => heap.store(class, *field, protocols),
            Keeper::Organization(parts) => {
                let organizer = parts.organizer_of(heap, class)?;
                heap.store(organizer, parts.organizer.1["protocols"], protocols);
                parts.name_all(heap, symbols, organizer)?;
            }
        }
        Ok(())
    }

    /// A collection as protocols have them and are in.
    fn collection(&self, heap: &mut Heap, elements: &[Oop]) -> Result<Oop, LoadError> {
        match &self.keeper {
            Keeper::Class(_) => Ok(heap.array(elements)?),
            Keeper::Organization(parts) => parts.set_of(heap, elements),
        }
    }
}

/// The field of an organisation with the class's comment: an object that answers `string`.
const COMMENT: &str = "commentRemoteString";

impl Organization {
    /// The organisation of a class, made if it has none.
    fn of_class(&self, heap: &mut Heap, class: Oop) -> Result<Oop, LoadError> {
        let found = heap.follow(heap.fetch(class, self.field));
        if found.is_pointer() && heap.class_of(found) == self.class.0 {
            return Ok(found);
        }
        let organization = heap.instantiate(self.class.0, 0)?;
        heap.store(organization, self.class.1["organizedClass"], class);
        heap.store(class, self.field, organization);
        Ok(organization)
    }

    /// What has the protocols in the organisation of a class, made if it has none.
    fn organizer_of(&self, heap: &mut Heap, class: Oop) -> Result<Oop, LoadError> {
        let organization = self.of_class(heap, class)?;
        let field = self.class.1["protocolOrganizer"];
        let found = heap.follow(heap.fetch(organization, field));
        if found.is_pointer() && heap.class_of(found) == self.organizer.0 {
            return Ok(found);
        }
        let organizer = heap.instantiate(self.organizer.0, 0)?;
        let all = heap.instantiate(self.all.0, 0)?;
        for (name, value) in [("methodSelectors", self.set_of(heap, &[])?), ("protocolOrganizer", organizer)] {
            heap.store(all, self.all.1[name], value);
        }
        for (name, value) in [("allProtocol", all), ("protocols", self.set_of(heap, &[])?)] {
            heap.store(organizer, self.organizer.1[name], value);
        }
        heap.store(organization, field, organizer);
        Ok(organizer)
    }

    /// Gives the protocol that stands for all its name, if it has none.
    fn name_all(&self, heap: &mut Heap, symbols: &mut Symbols, organizer: Oop) -> Result<(), LoadError> {
        let all = heap.follow(heap.fetch(organizer, self.organizer.1["allProtocol"]));
        if all.is_pointer() && heap.class_of(all) == self.all.0 && heap.fetch(all, self.all.1["name"]) == heap.nil() {
            let name = symbols.get(heap, ALL)?;
            heap.store(all, self.all.1["name"], name);
        }
        Ok(())
    }

    fn set_of(&self, heap: &mut Heap, elements: &[Oop]) -> Result<Oop, LoadError> {
        let set = new_collection(heap, self.set)?;
        Table::set(set).add_all(heap, self.rule, elements)?;
        Ok(set)
    }
}

/// What is in an Array, or in a set.
fn elements(heap: &Heap, oop: Oop) -> Vec<Oop> {
    if Table::is_table(heap, oop) {
        return Table::set(oop).elements(heap);
    }
    let is_array = oop.is_pointer() && oop != heap.nil() && heap.format(oop).is_pointers() && heap.fixed_fields(oop) == 0;
    if is_array { heap.slots(oop).iter().map(|&element| heap.follow(element)).collect() } else { Vec::new() }
}
