//! What the environment says of the user's locale.

use osvm_plugin_sdk::{Context, PrimitiveError};
use pure_rust_locales::Locale;

/// What a locale can be set for, with its variable.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Category {
    Messages,
    Monetary,
    Numeric,
    Time,
}

impl Category {
    fn variable(self) -> &'static str {
        match self {
            Category::Messages => "LC_MESSAGES",
            Category::Monetary => "LC_MONETARY",
            Category::Numeric => "LC_NUMERIC",
            Category::Time => "LC_TIME",
        }
    }
}

/// The name of the locale, such as `de_DE`, without encoding; `en_US` where there is none.
fn name(cx: &Context, category: Category) -> Result<String, PrimitiveError> {
    for variable in ["LC_ALL", category.variable(), "LANG"] {
        let Some(value) = cx.environment().get(variable.as_bytes())? else { continue };
        let value = String::from_utf8_lossy(&value);
        let (name, modifier) = value.split_once('@').map_or((&*value, None), |(name, modifier)| (name, Some(modifier)));
        let name = name.split('.').next().unwrap_or_default();
        match (name, modifier) {
            ("", _) => {}
            ("C" | "POSIX", _) => break,
            (name, Some(modifier)) => return Ok(format!("{name}@{modifier}")),
            (name, None) => return Ok(name.into()),
        }
    }
    Ok("en_US".into())
}

/// The facts of the locale; one that is not known is American English.
pub(crate) fn locale(cx: &Context, category: Category) -> Result<Locale, PrimitiveError> {
    let name = name(cx, category)?;
    let plain = name.split('@').next().unwrap_or_default();
    Ok(name.parse().or_else(|_| plain.parse()).unwrap_or(Locale::en_US))
}

/// The part before the underscore.
pub(crate) fn language(cx: &Context) -> Result<String, PrimitiveError> {
    let name = name(cx, Category::Messages)?;
    let language = name.split(['_', '@']).next().unwrap_or_default();
    let is_one = matches!(language.len(), 2 | 3) && language.bytes().all(|byte| byte.is_ascii_lowercase());
    Ok(if is_one { language } else { "en" }.into())
}

/// The part behind the underscore.
pub(crate) fn country(cx: &Context) -> Result<String, PrimitiveError> {
    let name = name(cx, Category::Messages)?;
    let country = name.split('@').next().and_then(|name| name.split_once('_')).map_or("", |(_, country)| country);
    let is_one = country.len() == 2 && country.bytes().all(|byte| byte.is_ascii_uppercase());
    Ok(if is_one { country } else { "US" }.into())
}
