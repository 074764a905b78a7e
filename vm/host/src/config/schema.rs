//! The keys as a JSON schema, for editors, and as a table for docs/configuration.md.

use super::keys::{FILE, Key, Kind};
use super::{places, units};
use serde_json::{Map, Value, json};

/// The JSON schema of `vm.toml` (draft 2020-12): docs/vm.schema.json.
///
/// What it refuses is refused by the reader too. The reader also checks ranges of amounts, signatures, and what variables stand for.
pub fn schema() -> Value {
    let mut schema = table(FILE);
    schema["$schema"] = json!("https://json-schema.org/draft/2020-12/schema");
    schema["title"] = json!("vm.toml");
    schema["description"] = json!("The configuration of osvm: which plugins an image has, and what each may touch.");
    schema
}

fn table<T>(keys: &[Key<T>]) -> Value {
    let property = |key: &Key<T>| {
        let mut property = kind(&key.kind);
        property["description"] = json!(key.doc);
        (key.name.to_string(), property)
    };
    json!({ "type": "object", "additionalProperties": false, "properties": keys.iter().map(property).collect::<Map<_, _>>() })
}

fn kind<T>(kind: &Kind<T>) -> Value {
    match kind {
        Kind::Table(keys) => table(keys),
        Kind::Plugins(_, keys) => {
            let mut plugin = table(keys);
            // The default may have said where the code is, so none of the three is required here.
            let both = |a: &str, b: &str| json!({ "required": [a, b] });
            plugin["not"] = json!({ "anyOf": [both("module", "native"), both("module", "builtin"), both("native", "builtin")] });
            json!({ "type": "object", "propertyNames": { "minLength": 1 }, "additionalProperties": plugin })
        }
        Kind::Bool(_) => json!({ "type": "boolean" }),
        Kind::True(_) => json!({ "const": true }),
        Kind::Size(..) => amount(&units::SIZES),
        Kind::Time(..) => amount(&units::TIMES),
        Kind::Count(_, range) => json!({ "type": "integer", "minimum": range.start(), "maximum": range.end() }),
        Kind::Path(_) | Kind::Guest(_) => json!({ "type": "string", "minLength": 1 }),
        Kind::Names(..) => {
            json!({ "anyOf": [{ "type": "boolean" }, { "type": "array", "items": { "type": "string", "minLength": 1 } }] })
        }
        Kind::Files(_, keys) => {
            let mut item = table(keys);
            item["required"] = json!(["host"]);
            json!({ "type": "array", "items": item })
        }
        Kind::Texts(_) => json!({ "type": "object", "additionalProperties": { "type": ["string", "number", "boolean"] } }),
        Kind::Signatures(_) => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
    }
}

fn amount(units: &[(&str, u64)]) -> Value {
    let names: Vec<&str> = units.iter().map(|(name, _)| *name).collect();
    json!({ "type": "string", "pattern": format!("^[0-9]+ ?({})$", names.join("|")) })
}

/// The keys, and the names that `${NAME}` can have, as tables of Markdown.
pub fn markdown() -> String {
    let mut page = String::from("| key | value | what |\n|---|---|---|\n");
    rows(FILE, "", &mut page);
    page.push_str("\n| name | stands for |\n|---|---|\n");
    for (name, what) in places::NAMES {
        page.push_str(&format!("| `${{{name}}}` | {what} |\n"));
    }
    page.push_str("| any other | the environment variable of this name |\n");
    page
}

fn rows<T>(keys: &[Key<T>], prefix: &str, page: &mut String) {
    for key in keys {
        let name = format!("{prefix}{}", key.name);
        let value = match &key.kind {
            Kind::Table(_) | Kind::Plugins(..) => "table".into(),
            Kind::Bool(_) => "`true` or `false`".into(),
            Kind::True(_) => "`true`".into(),
            Kind::Size(_, range) => between(units::format_size(*range.start()), units::format_size(*range.end())),
            Kind::Time(_, range) => between(units::format_duration(*range.start()), units::format_duration(*range.end())),
            Kind::Count(_, range) => between(range.start().to_string(), range.end().to_string()),
            Kind::Path(_) => "path, `${...}`".into(),
            Kind::Guest(_) => "absolute path, `${...}`".into(),
            Kind::Names(..) => "list of names, or `true`".into(),
            Kind::Files(..) => "list of tables".into(),
            Kind::Texts(_) => "table of texts, `${...}`".into(),
            Kind::Signatures(_) => "table of signatures".to_string(),
        };
        page.push_str(&format!("| `{name}` | {value} | {} |\n", key.doc));
        match &key.kind {
            Kind::Table(keys) => rows(keys, &format!("{name}."), page),
            Kind::Plugins(_, keys) => rows(keys, &format!("{name}.NAME."), page),
            Kind::Files(_, keys) => rows(keys, &format!("{name}[]."), page),
            _ => {}
        }
    }
}

fn between(least: String, most: String) -> String {
    format!("`{least}` to `{most}`")
}
