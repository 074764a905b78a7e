//! Which of all that `--trace` could report a person wants to see.

use std::convert::Infallible;
use std::str::FromStr;

/// A choice by class and selector, written `Class>>selector`, `Class>>`, `>>selector`, or as one name that either may have. In each
/// name `*` stands for any text.
///
/// ```
/// use osvm_core::TraceFilter;
/// let filter: TraceFilter = "*Stream>>next*".parse().unwrap();
/// assert!(filter.accepts("WriteStream", "nextPut:", &[]));
/// assert!(!filter.accepts("WriteStream", "contents", &[]));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TraceFilter {
    /// Both the class and the selector must match.
    Method {
        /// Pattern of the class's name; empty for any.
        class: String,
        /// Pattern of the selector; empty for any.
        selector: String,
    },
    /// One of all names must match.
    Any(String),
}

impl FromStr for TraceFilter {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<TraceFilter, Infallible> {
        Ok(match text.split_once(">>") {
            Some((class, selector)) => TraceFilter::Method { class: class.into(), selector: selector.into() },
            None => TraceFilter::Any(text.into()),
        })
    }
}

impl TraceFilter {
    /// What concerns a method of this class under this selector is reported. `names` are others that it is known by, such as
    /// module and function of a named primitive.
    pub fn accepts(&self, class: &str, selector: &str, names: &[&str]) -> bool {
        match self {
            TraceFilter::Method { class: c, selector: s } => {
                (c.is_empty() || matches(c, class)) && (s.is_empty() || matches(s, selector))
            }
            TraceFilter::Any(name) => [class, selector].iter().chain(names).any(|n| matches(name, n)),
        }
    }
}

/// `text` is `pattern`, in which `*` stands for any text.
fn matches(pattern: &str, text: &str) -> bool {
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else { return false };
    let mut parts: Vec<&str> = parts.collect();
    let Some(last) = parts.pop() else { return rest.is_empty() };
    for part in parts {
        let Some(at) = rest.find(part) else { return false };
        rest = &rest[at + part.len()..];
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepts(filter: &str, class: &str, selector: &str) -> bool {
        filter.parse::<TraceFilter>().unwrap().accepts(class, selector, &["FilePlugin", "primitiveFileWrite"])
    }

    #[test]
    fn class_and_selector() {
        assert!(accepts("Array>>at:", "Array", "at:"));
        assert!(!accepts("Array>>at:", "ByteArray", "at:"));
        assert!(!accepts("Array>>at:", "Array", "at:put:"));
        assert!(accepts("Array>>", "Array", "do:") && !accepts("Array>>", "Array class", "do:"));
        assert!(accepts(">>do:", "Set", "do:") && !accepts(">>do:", "Set", "collect:"));
        assert!(accepts("Integer>>>>", "Integer", ">>") && !accepts("Integer>>>>", "Integer", "<<"));
    }

    #[test]
    fn one_name() {
        for name in ["Array", "at:", "FilePlugin", "primitiveFileWrite"] {
            assert!(accepts(name, "Array", "at:"), "{name}");
        }
        assert!(!accepts("Arr", "Array", "at:"));
        assert!(!accepts("", "Array", "at:"));
    }

    #[test]
    fn any_text() {
        for pattern in ["*Array", "Byte*", "*te*", "*", "B*t*rr*y", "ByteArray*"] {
            assert!(matches(pattern, "ByteArray"), "{pattern}");
        }
        for pattern in ["*Arra", "yte*", "B*x*y", "*ByteArrays", "ByteArray*y"] {
            assert!(!matches(pattern, "ByteArray"), "{pattern}");
        }
    }
}
