//! Reader of FileTree, the format in which packages are kept as folders: `Name.class/properties.json`, and a file a method under
//! `instance` and `class`, with the protocol in its first line.
//!
//! Source of the format: <https://github.com/dalehenrich/filetree>. What `methodProperties.json` adds, who wrote a method and
//! when, is not read.

use super::directory::{ReadError, entries, read_text};
use super::tonel::{kind, plain_slot};
use super::{ClassDefinition, Excerpt, FileId, MethodDefinition, Packages, Place, TraitUse, composition};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use serde_json::Value;
use std::path::Path;

/// What a folder defines.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entity {
    /// A class.
    Class,
    /// A trait.
    Trait,
    /// Methods of a class that is defined elsewhere.
    Extension,
}

/// Reads the folder of a class, trait or extension.
pub(super) fn read_entity(packages: &mut Packages, folder: &Path) -> Result<(), ReadError> {
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let (stem, end) = name.rsplit_once('.').unwrap_or((&name, ""));
    let entity = match end {
        "class" => Entity::Class,
        "trait" => Entity::Trait,
        _ => Entity::Extension,
    };
    let path = folder.join("properties.json");
    let mut class_name = stem.to_string();
    if path.is_file() {
        let file = packages.add_file(path.clone(), read_text(&path)?);
        if let Some(name) = read_properties(packages, file, entity) {
            class_name = name;
        }
        let readme = folder.join("README.md");
        if let Some(class) = packages.classes.last_mut().filter(|class| class.place.file == file && readme.is_file()) {
            class.comment = read_text(&readme)?;
        }
    }
    for (side, class_side) in [("instance", false), ("class", true)] {
        let side = folder.join(side);
        if !side.is_dir() {
            continue;
        }
        for path in entries(&side)? {
            if path.extension().is_some_and(|extension| extension == "st") {
                let file = packages.add_file(path.clone(), read_text(&path)?);
                read_method(packages, file, &class_name, class_side);
            }
        }
    }
    Ok(())
}

/// Reads a file `properties.json`, adds the class that it defines, and answers its name.
pub fn read_properties(packages: &mut Packages, file: FileId, entity: Entity) -> Option<String> {
    let text = &packages.files[file].text;
    let place = Place { file, span: Span::new(0, text.lines().next().unwrap_or("").len()) };
    let result = serde_json::from_str::<Value>(text).map_err(|error| {
        let start = line_start(text, error.line()) + error.column().saturating_sub(1);
        Diagnostic::error(Span::new(start.min(text.len()), start.min(text.len())), format!("this is no JSON: {error}"))
    });
    let class = result.and_then(|properties| class(&properties, entity, place));
    match class {
        Ok((name, class)) => {
            packages.classes.extend(class);
            Some(name)
        }
        Err(diagnostic) => {
            packages.problems.push((file, diagnostic));
            None
        }
    }
}

/// Reads the file of a method.
pub fn read_method(packages: &mut Packages, file: FileId, class_name: &str, class_side: bool) {
    let text = &packages.files[file].text;
    let end = text.find(['\n', '\r']).unwrap_or(text.len());
    let start = end + text[end..].chars().take_while(|&c| matches!(c, '\n' | '\r')).count();
    if text[start..].trim().is_empty() {
        let diagnostic = Diagnostic::error(Span::new(0, end), "expected the protocol in the first line and a method behind it");
        return packages.problems.push((file, diagnostic));
    }
    let method = MethodDefinition {
        class_name: class_name.into(),
        class_side,
        category: text[..end].trim().into(),
        source: Excerpt::plain(text[start..].trim_end(), file, start),
    };
    packages.methods.push(method);
}

fn line_start(text: &str, line: usize) -> usize {
    text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum()
}

fn class(properties: &Value, entity: Entity, place: Place) -> Result<(String, Option<ClassDefinition>), Diagnostic> {
    let wrong = |message: String| Diagnostic::error(place.span, message);
    let text = |key: &str| properties.get(key).and_then(Value::as_str).unwrap_or("");
    let name = text("name").to_string();
    if name.is_empty() {
        return Err(wrong("there is no \"name\"".into()));
    }
    if entity == Entity::Extension {
        return Ok((name, None));
    }
    let names = |key: &str| -> Result<Vec<String>, Diagnostic> {
        let Some(value) = properties.get(key) else { return Ok(Vec::new()) };
        let names: Option<Vec<&str>> = value.as_array().and_then(|list| list.iter().map(Value::as_str).collect());
        let names = names.ok_or_else(|| wrong(format!("\"{key}\" is no list of names, such as [\"a\", \"b\"]")))?;
        Ok(names.into_iter().map(String::from).collect())
    };
    let slots =
        |key: &str| -> Result<Vec<String>, Diagnostic> { names(key)?.iter().map(|slot| plain_slot(slot).map_err(wrong)).collect() };
    let traits = |key: &str| -> Result<Vec<TraitUse>, Diagnostic> {
        composition(text(key)).map_err(|error| wrong(format!("\"{key}\": {}", error.message)))
    };
    let is_trait = entity == Entity::Trait;
    if !is_trait && text("super").is_empty() {
        return Err(wrong("there is no \"super\"".into()).help("write \"nil\" for a class that has none"));
    }
    let superclass = Some(text("super")).filter(|name| !is_trait && *name != "nil");
    let class = ClassDefinition {
        is_trait,
        kind: kind(text("type")).map_err(wrong)?,
        instance_variables: slots("instvars")?,
        class_instance_variables: Some(slots("classinstvars")?),
        class_variables: names("classvars")?,
        pools: names("pools")?,
        traits: traits("traitcomposition")?,
        class_traits: traits("classtraitcomposition")?,
        category: text("category").into(),
        ..ClassDefinition::new(name.clone(), superclass.map(String::from), place)
    };
    Ok((name, Some(class)))
}
