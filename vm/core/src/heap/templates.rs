//! What new objects of classes look like of which some were made lately, so that most are made without a second look at their class.

use super::Heap;
use crate::error::PrimError;
use crate::object::{Format, header};
use crate::oop::Oop;

/// How many classes are remembered.
pub(crate) const TEMPLATES: usize = 64;
/// An entry's number begins at this bit of a class's address.
pub(crate) const TEMPLATE_SHIFT: u32 = 4;

/// What a new object of a class looks like.
#[derive(Clone, Copy)]
pub(crate) struct Template {
    /// The class, or null.
    pub(crate) class: Oop,
    /// Its third slot, from which the rest follows.
    pub(crate) spec: Oop,
    /// The header of an instance without its number of slots.
    pub(crate) header: u64,
    /// Named fields.
    pub(crate) fixed: u32,
    /// One of the following.
    pub(crate) kind: u32,
}

/// Instances have named fields alone.
pub(crate) const NAMED: u32 = 1;
/// Instances have indexed fields with objects.
pub(crate) const INDEXED: u32 = 2;
/// Instances have no objects.
const OTHER: u32 = 3;

const NONE: Template = Template { class: Oop::NULL, spec: Oop::NULL, header: 0, fixed: 0, kind: OTHER };

/// The templates, by the address of the class.
pub(crate) struct Templates(pub(crate) [Template; TEMPLATES]);

impl Templates {
    pub(super) const EMPTY: Templates = Templates([NONE; TEMPLATES]);

    fn place(&mut self, class: Oop) -> &mut Template {
        &mut self.0[(class.bits() >> TEMPLATE_SHIFT) as usize % TEMPLATES]
    }
}

impl Heap {
    /// Objects move or become others: what is known of classes by their addresses no longer holds.
    pub(crate) fn forget_templates(&mut self) {
        self.templates = Templates::EMPTY;
    }

    /// What a new object of a class looks like.
    #[inline(always)]
    pub(super) fn template(&mut self, class: Oop) -> Result<Template, PrimError> {
        let known = *self.templates.place(class);
        if known.class == class && self.fetch(class, 2) == known.spec { Ok(known) } else { self.new_template(class) }
    }

    #[cold]
    fn new_template(&mut self, class: Oop) -> Result<Template, PrimError> {
        let (fixed, format) = self.instance_spec(class).ok_or(PrimError::BAD_RECEIVER)?;
        let index = self.class_table_index(class)?;
        let kind = match format {
            Format::EMPTY | Format::FIXED | Format::EPHEMERON => NAMED,
            Format::INDEXABLE | Format::INDEXABLE_FIXED | Format::WEAK => INDEXED,
            _ => OTHER,
        };
        let spec = self.fetch(class, 2);
        let template = Template { class, spec, header: header(0, format, index), fixed: fixed as u32, kind };
        *self.templates.place(class) = template;
        Ok(template)
    }
}
