//! Variables: those that the image sets, and before that those of settings and environment.

use osvm_plugin_sdk::{Context, PrimitiveError};
use std::collections::{BTreeMap, BTreeSet};

/// The most variables that an image may set.
const MOST: usize = 10_000;

/// Variables that the image set, or removed.
#[derive(Default)]
pub(crate) struct Variables(BTreeMap<String, Option<String>>);

impl Variables {
    /// The value, nothing if it was removed; or nothing at all if the image never set it.
    pub(crate) fn get(&self, name: &str) -> Option<Option<String>> {
        self.0.get(name).cloned()
    }

    pub(crate) fn set(&mut self, name: &str, value: Option<&str>) {
        if self.0.len() < MOST || self.0.contains_key(name) {
            self.0.insert(name.into(), value.map(Into::into));
        }
    }

    /// The names of all that are set, these and others.
    pub(crate) fn names(&self, mut names: BTreeSet<String>) -> BTreeSet<String> {
        for (name, value) in &self.0 {
            if value.is_some() {
                names.insert(name.clone());
            } else {
                names.remove(name);
            }
        }
        names
    }
}

/// What the plugin's settings, or else the environment, say of a variable.
pub(crate) fn outside(cx: &Context, name: &str) -> Result<Option<String>, PrimitiveError> {
    if let Some(value) = cx.settings().get(name)? {
        return Ok(Some(value));
    }
    // Without a grant there are no variables.
    let value = cx.environment().get(name.as_bytes()).unwrap_or_default();
    Ok(value.map(|value| String::from_utf8_lossy(&value).into_owned()))
}

/// The names of the environment's variables.
pub(crate) fn names_outside(cx: &Context) -> Result<BTreeSet<String>, PrimitiveError> {
    let names = cx.environment().names().unwrap_or_default();
    Ok(names.iter().map(|name| String::from_utf8_lossy(name).into_owned()).collect())
}
