//! Reader of Tonel, the text format in which Pharo's packages are kept: one file a class, trait or set of extensions, with a
//! header and the methods.
//!
//! Source of the format: <https://github.com/pharo-vcs/tonel>. Both styles of headers are read, with names as symbols and as
//! strings.

mod reader;
mod ston;
#[cfg(test)]
mod tests;

pub use reader::read;
pub use ston::Value;

use crate::source::Span;

/// What a file defines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A class.
    Class,
    /// A trait.
    Trait,
    /// Methods of a class that is defined elsewhere.
    Extension,
    /// The package.
    Package,
}

/// A file.
#[derive(Clone, PartialEq, Debug)]
pub struct Definition {
    /// What it defines.
    pub kind: Kind,
    /// The comment before the header.
    pub comment: String,
    /// The header, by key, in order.
    pub properties: Vec<(String, Value)>,
    /// The methods, in order.
    pub methods: Vec<Method>,
}

impl Definition {
    /// A property of the header.
    pub fn property(&self, key: &str) -> Option<&Value> {
        self.properties.iter().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// A property that is a name; empty if there is none.
    pub fn name(&self, key: &str) -> &str {
        self.property(key).and_then(Value::as_text).unwrap_or("")
    }

    /// A property that is a list of names; empty if there is none.
    ///
    /// # Errors
    /// It is something else, as a message.
    pub fn names(&self, key: &str) -> Result<Vec<&str>, String> {
        let wrong = || format!("#{key} is no list of names, such as [ 'a', 'b' ]");
        match self.property(key) {
            None => Ok(Vec::new()),
            Some(Value::List(values)) => values.iter().map(|value| value.as_text().ok_or_else(wrong)).collect(),
            Some(_) => Err(wrong()),
        }
    }
}

/// A method.
#[derive(Clone, PartialEq, Debug)]
pub struct Method {
    /// The class that it is of.
    pub class_name: String,
    /// It is of the class side.
    pub class_side: bool,
    /// Its protocol.
    pub category: String,
    /// Its source: message pattern and body.
    pub source: String,
    /// The place of its message pattern and body in the file.
    pub span: Span,
    /// The place of the opening bracket, which the source does not have.
    pub bracket: u32,
}

impl Method {
    /// The place in the file of a byte of the source.
    pub fn file_offset(&self, offset: usize) -> usize {
        let at = self.span.start as usize + offset;
        if at < self.bracket as usize { at } else { at + 1 }
    }
}
