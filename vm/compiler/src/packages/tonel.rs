//! Files of Tonel in the model of packages.

use super::{ClassDefinition, Excerpt, FileId, Kind, MethodDefinition, Packages, Place, TraitUse, composition};
use crate::diagnostic::Diagnostic;
use crate::source::Span;
use crate::tonel::{self, Definition, Value};

/// Whether a text begins as Tonel does: a comment, then what it defines and a brace.
pub(super) fn looks_like(text: &str) -> bool {
    let mut rest = text.trim_start();
    if let Some(comment) = rest.strip_prefix('"') {
        let mut comment = comment;
        rest = loop {
            let Some((_, behind)) = comment.split_once('"') else { return false };
            match behind.strip_prefix('"') {
                Some(more) => comment = more,
                None => break behind.trim_start(),
            }
        };
    }
    begins_definition(rest)
}

/// Whether a text begins with what it defines and a brace.
fn begins_definition(text: &str) -> bool {
    let words = ["Class", "Trait", "Extension", "Package"];
    words.iter().any(|word| text.strip_prefix(word).is_some_and(|rest| rest.trim_start().starts_with('{')))
}

/// Reads a file.
pub(super) fn read(packages: &mut Packages, file: FileId) {
    let text = &packages.files[file].text;
    let definition = match tonel::read(text) {
        Ok(definition) => definition,
        Err(diagnostic) => return packages.problems.push((file, diagnostic)),
    };
    let header = header_span(text);
    if matches!(definition.kind, tonel::Kind::Class | tonel::Kind::Trait) {
        match class(&definition, Place { file, span: header }) {
            Ok(class) => packages.classes.push(class),
            Err(diagnostic) => packages.problems.push((file, diagnostic)),
        }
    }
    packages.methods.extend(definition.methods.into_iter().map(|method| method_definition(method, file)));
}

/// The line in which the definition begins.
fn header_span(text: &str) -> Span {
    let mut at = 0;
    for line in text.split_inclusive('\n') {
        if begins_definition(line) {
            return Span::new(at, at + line.trim_end().len());
        }
        at += line.len();
    }
    Span::new(0, 0)
}

fn method_definition(method: tonel::Method, file: FileId) -> MethodDefinition {
    let start = method.span.start;
    // The opening bracket is in the file and not in the source.
    let pieces = vec![(0, start), (method.bracket - start, method.bracket + 1)];
    MethodDefinition {
        class_name: method.class_name,
        class_side: method.class_side,
        category: method.category,
        source: Excerpt { text: method.source, file, pieces },
    }
}

fn class(definition: &Definition, place: Place) -> Result<ClassDefinition, Diagnostic> {
    let wrong = |message: String| Diagnostic::error(place.span, message);
    let name = definition.name("name");
    if name.is_empty() {
        return Err(wrong("there is no #name in the header".into()));
    }
    let is_trait = definition.kind == tonel::Kind::Trait;
    let superclass = match definition.property("superclass") {
        Some(Value::Nil) => None,
        _ if is_trait => None,
        value => match value.and_then(Value::as_text).filter(|name| !name.is_empty()) {
            Some(name) => Some(name).filter(|&name| name != "nil"),
            None => return Err(wrong("there is no #superclass in the header".into()).help("write #nil for a class that has none")),
        },
    };
    let names = |key: &str| definition.names(key).map_err(wrong);
    let variables = |key: &str| -> Result<Vec<String>, Diagnostic> {
        names(key)?.into_iter().map(|slot| plain_slot(slot).map_err(wrong)).collect()
    };
    let traits = |key: &str| -> Result<Vec<TraitUse>, Diagnostic> {
        composition(definition.name(key)).map_err(|error| wrong(format!("#{key}: {}", error.message)))
    };
    let owned = |key: &str| names(key).map(|names| names.into_iter().map(String::from).collect::<Vec<_>>());
    let category = ["category", "package"].map(|key| definition.name(key)).into_iter().find(|name| !name.is_empty());
    let tag = Some(definition.name("tag")).filter(|tag| !tag.is_empty()).map(|tag| format!("-{tag}")).unwrap_or_default();
    Ok(ClassDefinition {
        superclass: superclass.map(String::from),
        is_trait,
        kind: kind(definition.name("type")).map_err(wrong)?,
        instance_variables: variables("instVars")?,
        class_instance_variables: Some(variables("classInstVars")?),
        class_variables: owned("classVars")?,
        pools: [owned("pools")?, owned("sharedPools")?].concat(),
        traits: traits("traits")?,
        class_traits: traits("classTraits")?,
        category: format!("{}{tag}", category.unwrap_or("")),
        comment: definition.comment.clone(),
        ..ClassDefinition::new(name, None, place)
    })
}

/// The name of a slot that is an instance variable and nothing else.
pub(super) fn plain_slot(slot: &str) -> Result<String, String> {
    let (name, class) = slot.split_once("=>").map_or((slot, "InstanceVariableSlot"), |(name, class)| (name, class.trim()));
    if class != "InstanceVariableSlot" {
        let name = name.trim().trim_start_matches('#');
        return Err(format!("the slot {name} is a {class}; only plain instance variables are supported"));
    }
    Ok(name.trim().trim_start_matches('#').to_string())
}

/// What the type of a class says of its instances, in Tonel and in FileTree, or the name of its layout.
pub(super) fn kind(name: &str) -> Result<Kind, String> {
    Ok(match name {
        "" | "normal" | "FixedLayout" => Kind::Normal,
        "variable" | "VariableLayout" => Kind::Variable,
        "weak" | "WeakLayout" => Kind::Weak,
        "ephemeron" | "EphemeronLayout" => Kind::Ephemeron,
        "bytes" | "ByteLayout" => Kind::Bytes,
        "doubleBytes" | "DoubleByteLayout" => Kind::DoubleBytes,
        "words" | "WordLayout" => Kind::Words,
        "doubleWords" | "DoubleWordLayout" => Kind::DoubleWords,
        "immediate" | "ImmediateLayout" => Kind::Immediate,
        "compiledMethod" | "CompiledMethodLayout" => Kind::CompiledMethod,
        _ => return Err(format!("{name} is no type of class that is known; normal, variable, bytes, words and weak are some")),
    })
}
