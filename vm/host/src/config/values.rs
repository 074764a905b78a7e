//! Reads single values: each kind of `keys` that is not a table.

use super::keys::NameKind;
use super::places::clean;
use super::read::{Reader, Value};
use super::{Names, units};
use osvm_plugin_sdk::abi::{Signature, SignatureError};
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::time::Duration;
use toml::de::DeValue;

/// Tells that a value of another type was expected.
pub(super) fn expected(reader: &mut Reader<'_>, value: Value<'_, '_>, what: &str) {
    let found = match value.get_ref() {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a float",
        DeValue::Boolean(_) => "a boolean",
        DeValue::Datetime(_) => "a date or time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    reader.problem(value.span(), format!("expected {what}, found {found}"), None);
}

fn text<'a>(reader: &mut Reader<'_>, value: Value<'a, '_>, what: &str) -> Option<&'a str> {
    let text = value.get_ref().as_str();
    if text.is_none() {
        expected(reader, value, what);
    }
    text
}

/// `true` or `false`.
pub(super) fn boolean(reader: &mut Reader<'_>, value: Value<'_, '_>) -> Option<bool> {
    let found = value.get_ref().as_bool();
    if found.is_none() {
        expected(reader, value, "`true` or `false`");
    }
    found
}

/// `true`, and nothing else.
pub(super) fn only_true(reader: &mut Reader<'_>, value: Value<'_, '_>) -> bool {
    let found = value.get_ref().as_bool() == Some(true);
    if !found {
        let help = "leave the key out, or leave the plugin out by `enabled = false`";
        reader.problem(value.span(), "this can only be `true`".into(), Some(help.into()));
    }
    found
}

/// Bytes, from a string with a unit.
pub(super) fn size(reader: &mut Reader<'_>, value: Value<'_, '_>, range: &RangeInclusive<u64>) -> Option<u64> {
    let text = text(reader, value, "a string with a number and a unit, such as `\"64 MiB\"`")?;
    within(reader, value, units::size(text), range, units::format_size)
}

/// A duration, from a string with a unit.
pub(super) fn time(reader: &mut Reader<'_>, value: Value<'_, '_>, range: &RangeInclusive<Duration>) -> Option<Duration> {
    let text = text(reader, value, "a string with a number and a unit, such as `\"5 s\"`")?;
    within(reader, value, units::duration(text), range, units::format_duration)
}

/// A number of something.
pub(super) fn count(reader: &mut Reader<'_>, value: Value<'_, '_>, range: &RangeInclusive<u32>) -> Option<u32> {
    let DeValue::Integer(number) = value.get_ref() else {
        expected(reader, value, "a number");
        return None;
    };
    // What does not fit is outside of every range.
    let number =
        u32::from_str_radix(number.as_str(), number.radix()).unwrap_or(if number.as_str().starts_with('-') { 0 } else { u32::MAX });
    within(reader, value, Ok(number), range, |number| number.to_string())
}

fn within<A: PartialOrd + Copy>(
    reader: &mut Reader<'_>,
    value: Value<'_, '_>,
    amount: Result<A, String>,
    range: &RangeInclusive<A>,
    format: impl Fn(A) -> String,
) -> Option<A> {
    let message = match amount {
        Ok(amount) if range.contains(&amount) => return Some(amount),
        Ok(_) => format!("this can be from {} to {}", format(*range.start()), format(*range.end())),
        Err(message) => message,
    };
    reader.problem(value.span(), message, None);
    None
}

/// A path of the host, absolute: relative ones start from the file's folder.
pub(super) fn host_path(reader: &mut Reader<'_>, value: Value<'_, '_>) -> Option<PathBuf> {
    let path = path(reader, value)?;
    // Without `.`, but `..` stays, since only the system knows where it leads.
    Some(reader.folder.join(path).components().collect())
}

/// An absolute path as images write it.
pub(super) fn guest_path(reader: &mut Reader<'_>, value: Value<'_, '_>) -> Option<PathBuf> {
    let path = path(reader, value)?;
    if !path.has_root() {
        reader.problem(value.span(), "a path as images write it is absolute".into(), Some("begin it with `/`".into()));
        return None;
    }
    Some(clean(&path))
}

/// A path, with what `${NAME}` stands for put in.
fn path(reader: &mut Reader<'_>, value: Value<'_, '_>) -> Option<PathBuf> {
    let text = text(reader, value, "a string with a path")?;
    if text.is_empty() {
        reader.problem(value.span(), "an empty path leads nowhere".into(), Some("the file's own folder is `.`".into()));
        return None;
    }
    expand(reader, value, text).map(PathBuf::from)
}

fn expand(reader: &mut Reader<'_>, value: Value<'_, '_>, text: &str) -> Option<std::ffi::OsString> {
    match reader.places.expand(text) {
        Ok(expanded) => Some(expanded),
        Err((part, message)) => {
            reader.problem_within(value, text, part, message);
            None
        }
    }
}

/// The value of a setting, as text.
pub(super) fn setting(reader: &mut Reader<'_>, value: Value<'_, '_>) -> Option<String> {
    match value.get_ref() {
        DeValue::String(text) => expand(reader, value, text).map(|text| text.to_string_lossy().into_owned()),
        DeValue::Integer(number) => Some(
            i64::from_str_radix(number.as_str(), number.radix()).map_or_else(|_| number.to_string(), |number| number.to_string()),
        ),
        DeValue::Float(number) => Some(number.to_string()),
        DeValue::Boolean(value) => Some(value.to_string()),
        _ => {
            expected(reader, value, "a text, a number or a boolean");
            None
        }
    }
}

/// A signature. What is wrong is marked within the string.
pub(super) fn signature(reader: &mut Reader<'_>, value: Value<'_, '_>) -> Option<Signature> {
    let text = text(reader, value, "a string with a signature, such as `\"(path: bytes) -> int\"`")?;
    match text.parse::<Signature>() {
        Ok(signature) => Some(signature),
        Err(SignatureError { column, message }) => {
            let start = text.char_indices().nth(column - 1).map_or(text.len(), |(at, _)| at);
            let word = text[start..].find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(text.len() - start);
            let end = start + word.max(text[start..].chars().next().map_or(0, char::len_utf8));
            reader.problem_within(value, text, start..end, format!("in the signature: {message}"));
            None
        }
    }
}

/// Names, all or none.
pub(super) fn names(reader: &mut Reader<'_>, value: Value<'_, '_>, kind: NameKind) -> Option<Names> {
    let what = match kind {
        NameKind::Variable => "a list of names of variables, or `true` for all",
        NameKind::Host => "a list of hosts, such as `[\"localhost:8080\"]`, or `true` for all",
    };
    match value.get_ref() {
        DeValue::Boolean(true) => Some(Names::All),
        DeValue::Boolean(false) => Some(Names::default()),
        DeValue::Array(list) => {
            let mut names = Vec::new();
            for element in list.iter() {
                let Some(name) = text(reader, element, "a string") else { continue };
                match kind.check(name) {
                    Ok(()) => names.push(name.to_string()),
                    Err(message) => reader.problem(element.span(), message, None),
                }
            }
            Some(Names::Only(names))
        }
        _ => {
            expected(reader, value, what);
            None
        }
    }
}

impl NameKind {
    /// What is wrong with a name, if anything is.
    fn check(self, name: &str) -> Result<(), String> {
        match self {
            NameKind::Variable if name.is_empty() || name.contains(['=', '\0']) => {
                Err(format!("`{}` is no name of an environment variable", name.escape_debug()))
            }
            NameKind::Variable => Ok(()),
            NameKind::Host => check_host(name).ok_or_else(|| {
                format!(
                    "`{}` is no host: write a name or an address, and a port if only one is meant, such as `localhost:8080`",
                    name.escape_debug()
                )
            }),
        }
    }
}

/// `name`, `name:port`, or the same with an address of IPv6 in brackets as the name.
fn check_host(text: &str) -> Option<()> {
    let (name, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (address, rest) = rest.split_once(']')?;
            address.parse::<std::net::Ipv6Addr>().ok()?;
            ("", if rest.is_empty() { None } else { Some(rest.strip_prefix(':')?) })
        }
        None => match text.split_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, None),
        },
    };
    let port_is_one =
        port.is_none_or(|port| port.bytes().all(|b| b.is_ascii_digit()) && port.parse::<u16>().is_ok_and(|port| port != 0));
    let named = text.starts_with('[') || !name.is_empty();
    (named && port_is_one && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '-' | '.' | '_'))).then_some(())
}
