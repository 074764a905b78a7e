//! Expressions that define classes, as `Object subclass: #Foo instanceVariableNames: 'a b' ...` in the spellings of Pharo, Squeak and
//! Cuis, and the headers of chunks.

use super::tonel::{kind, plain_slot};
use super::traits::{name, names, of_expression};
use super::{ClassDefinition, Excerpt, Kind, Place, TraitUse};
use crate::diagnostic::Diagnostic;
use crate::literal::Literal;
use crate::source::Span;
use crate::syntax::{Dialect, Expression, ExpressionKind, Message, Statement, parse_expression};

/// What an expression does.
pub(super) enum Defined {
    /// It defines a class or trait.
    Class(Box<ClassDefinition>),
    /// It defines the class side of a class.
    ClassSide {
        /// The class.
        name: String,
        /// Instance variables of the metaclass.
        variables: Vec<String>,
        /// Its traits.
        traits: Vec<TraitUse>,
        /// The expression's place.
        span: Span,
    },
    /// It gives a class a comment.
    Comment {
        /// The class.
        class_name: String,
        /// The comment.
        comment: String,
    },
    /// It is to be evaluated.
    Expression(Span),
}

/// What a chunk that begins with `!` says of the next ones.
pub(super) enum Announcement {
    /// They are methods, up to an empty one.
    Methods {
        /// Of this class.
        class_name: String,
        /// Of its class side.
        class_side: bool,
        /// In this protocol.
        category: String,
    },
    /// The next one is a comment.
    Comment {
        /// Of this class.
        class_name: String,
    },
    /// The next one lists protocols.
    Organization,
}

/// Reads the header of chunks.
pub(super) fn announcement(text: &str) -> Result<Announcement, Diagnostic> {
    let wrong = || {
        Diagnostic::error(Span::new(0, text.len()), "expected a header of chunks")
            .help("such as: Foo methodsFor: 'accessing', Foo class methodsFor: 'x' stamp: 'me', Foo commentStamp: 'me' prior: 0")
    };
    let parsed = parse_expression(text, Dialect::CUIS);
    if let Some(diagnostic) = parsed.diagnostics.into_iter().next() {
        return Err(diagnostic);
    }
    let [Statement::Expression(expression) | Statement::Return(expression, _)] = parsed.method.body.statements.as_slice() else {
        return Err(wrong());
    };
    let ExpressionKind::Send(send) = &expression.kind else { return Err(wrong()) };
    let (class_name, class_side) = class_reference(&send.receiver).ok_or_else(wrong)?;
    let first = send.message.arguments.first().and_then(text_of);
    match first_keyword(&send.message) {
        "methodsFor:" | "publicMethodsFor:" | "privateMethodsFor:" => {
            Ok(Announcement::Methods { class_name, class_side, category: first.unwrap_or_default() })
        }
        "methods" => Ok(Announcement::Methods { class_name, class_side, category: String::new() }),
        "commentStamp:" => Ok(Announcement::Comment { class_name }),
        "reorganize" => Ok(Announcement::Organization),
        _ => Err(wrong()),
    }
}

/// What the statements of a chunk do; texts alone do nothing.
pub(super) fn read(chunk: &Excerpt) -> Vec<Result<Defined, Diagnostic>> {
    let parsed = parse_expression(&chunk.text, Dialect::CUIS);
    if !parsed.diagnostics.is_empty() {
        return parsed.diagnostics.into_iter().map(Err).collect();
    }
    let whole = Span::new(0, chunk.text.len());
    let place = Place { file: chunk.file, span: chunk.place(whole).span };
    let mut result = Vec::new();
    let mut defines = false;
    for statement in &parsed.method.body.statements {
        let (expression, span) = match statement {
            Statement::Expression(expression) => (expression, expression.span),
            Statement::Return(expression, span) => (expression, *span),
        };
        if matches!(expression.kind, ExpressionKind::Literal(_)) {
            continue;
        }
        let defined = of_statement(expression, place).transpose();
        defines |= defined.is_some();
        result.push(defined.unwrap_or(Ok(Defined::Expression(span))));
    }
    // Statements that share variables, or nothing, stay together.
    if !defines && !result.is_empty() {
        return vec![Ok(Defined::Expression(whole))];
    }
    result
}

/// What defines something; `None` for what is to be evaluated.
fn of_statement(expression: &Expression<'_>, place: Place) -> Result<Option<Defined>, Diagnostic> {
    let (receiver, messages) = match &expression.kind {
        ExpressionKind::Send(send) => (&send.receiver, std::slice::from_ref(&send.message)),
        ExpressionKind::Cascade(cascade) => (&cascade.receiver, cascade.messages.as_slice()),
        _ => return Ok(None),
    };
    let first = &messages[0];
    if let Some(defined) = fluid(expression, receiver, messages, place)? {
        return Ok(Some(defined));
    }
    if messages.len() > 1 {
        return Ok(None);
    }
    if first.selector == "comment:"
        && let (Some((class_name, false)), Some(comment)) = (class_reference(receiver), text_of(&first.arguments[0]))
    {
        return Ok(Some(Defined::Comment { class_name, comment }));
    }
    if let Some((name, true)) = class_reference(receiver)
        && ["instanceVariableNames:", "slots:", "uses:", "traits:"].contains(&first_keyword(first))
    {
        return class_side(name, messages, expression.span).map(Some);
    }
    let Some((kind, is_trait)) = defining(receiver, first) else { return Ok(None) };
    let name =
        name(&first.arguments[0]).ok_or_else(|| Diagnostic::error(first.arguments[0].span, "expected the name of a class"))?;
    let superclass = if is_trait { None } else { superclass(receiver)? };
    let mut class = ClassDefinition { kind, is_trait, ..ClassDefinition::new(name, superclass, place) };
    parts(&mut class, first)?;
    Ok(Some(Defined::Class(Box::new(class))))
}

/// `Object << #Foo slots: { #a }; package: 'Bar'`, the definitions of Pharo from 9 on.
fn fluid(
    expression: &Expression<'_>,
    receiver: &Expression<'_>,
    messages: &[Message<'_>],
    place: Place,
) -> Result<Option<Defined>, Diagnostic> {
    let (definition, messages) = match (&receiver.kind, &messages[0]) {
        (ExpressionKind::Send(send), _) if send.message.selector == "<<" => (&**send, messages),
        // Nothing but the name is given.
        (_, message) if message.selector == "<<" && messages.len() == 1 => match &expression.kind {
            ExpressionKind::Send(send) => (&**send, &[][..]),
            _ => return Ok(None),
        },
        _ => return Ok(None),
    };
    let target = &definition.message.arguments[0];
    if let Some((name, true)) = class_reference(target) {
        return class_side(name, messages, expression.span).map(Some);
    }
    // A variable here is a number that is shifted.
    let ExpressionKind::Literal(Literal::Symbol(name)) = &target.kind else { return Ok(None) };
    let is_trait = definition.receiver.as_variable() == Some("Trait");
    let superclass = if is_trait { None } else { superclass(&definition.receiver)? };
    let mut class = ClassDefinition { is_trait, ..ClassDefinition::new(name.clone(), superclass, place) };
    for message in messages {
        parts(&mut class, message)?;
    }
    Ok(Some(Defined::Class(Box::new(class))))
}

fn class_side(name: String, messages: &[Message<'_>], span: Span) -> Result<Defined, Diagnostic> {
    let mut class = ClassDefinition::new(name, None, Place { file: 0, span });
    for message in messages {
        parts(&mut class, message)?;
    }
    Ok(Defined::ClassSide { name: class.name, variables: class.instance_variables, traits: class.traits, span })
}

/// What a message defines that is sent to a superclass, or to Trait.
fn defining(receiver: &Expression<'_>, message: &Message<'_>) -> Option<(Kind, bool)> {
    Some(match first_keyword(message) {
        "subclass:" => (Kind::Normal, false),
        "variableSubclass:" => (Kind::Variable, false),
        "weakSubclass:" => (Kind::Weak, false),
        "ephemeronSubclass:" => (Kind::Ephemeron, false),
        "variableByteSubclass:" => (Kind::Bytes, false),
        "variableDoubleByteSubclass:" => (Kind::DoubleBytes, false),
        "variableWordSubclass:" => (Kind::Words, false),
        "variableDoubleWordSubclass:" => (Kind::DoubleWords, false),
        "immediateSubclass:" => (Kind::Immediate, false),
        "variableSubclassOfCompiledMethod:" => (Kind::CompiledMethod, false),
        "named:" if receiver.as_variable() == Some("Trait") => (Kind::Normal, true),
        _ => return None,
    })
}

/// Takes the parts of a definition from the arguments of a message.
fn parts(class: &mut ClassDefinition, message: &Message<'_>) -> Result<(), Diagnostic> {
    for (keyword, argument) in message.selector.split_inclusive(':').zip(&message.arguments) {
        let wrong = |what: String| Diagnostic::error(argument.span, what);
        let words = || text_of(argument).map(|text| text.split_whitespace().map(String::from).collect::<Vec<_>>());
        let list = || match &argument.kind {
            ExpressionKind::Literal(Literal::String(_)) => words(),
            _ => names(argument),
        };
        let expected = || wrong(format!("expected names behind {keyword}"));
        match keyword {
            "instanceVariableNames:" | "instanceVariables:" => class.instance_variables = list().ok_or_else(expected)?,
            "slots:" => class.instance_variables = slots(argument)?,
            "classVariableNames:" | "classVariables:" | "sharedVariables:" => {
                class.class_variables = list().ok_or_else(expected)?;
            }
            "poolDictionaries:" | "sharedPools:" => class.pools = list().ok_or_else(expected)?,
            "category:" | "package:" => class.category = text_of(argument).unwrap_or_default(),
            "tag:" => class.category = format!("{}-{}", class.category, text_of(argument).unwrap_or_default()),
            "uses:" | "traits:" => class.traits = of_expression(argument)?,
            "layout:" => class.kind = name(argument).ok_or_else(expected).and_then(|name| kind(&name).map_err(wrong))?,
            _ => {}
        }
    }
    Ok(())
}

/// The names in `{ #a. #b => InstanceVariableSlot }`.
fn slots(argument: &Expression<'_>) -> Result<Vec<String>, Diagnostic> {
    let ExpressionKind::Array(elements) = &argument.kind else {
        return names(argument).ok_or_else(|| Diagnostic::error(argument.span, "expected slots, as in { #a. #b }"));
    };
    let slot = |element: &Expression<'_>| {
        let text = match &element.kind {
            ExpressionKind::Send(send) if send.message.selector.starts_with("=>") => {
                let class = send.message.arguments.first().and_then(Expression::as_variable).unwrap_or("slot of another kind");
                name(&send.receiver).map(|name| format!("{name} => {class}"))
            }
            _ => name(element),
        };
        let text = text.ok_or_else(|| Diagnostic::error(element.span, "expected the name of a slot"))?;
        plain_slot(&text).map_err(|message| Diagnostic::error(element.span, message))
    };
    elements.iter().map(slot).collect()
}

fn superclass(receiver: &Expression<'_>) -> Result<Option<String>, Diagnostic> {
    match &receiver.kind {
        ExpressionKind::Literal(Literal::Nil) => Ok(None),
        ExpressionKind::Variable("nil", _) => Ok(None),
        ExpressionKind::Variable(name, _) => Ok(Some(name.to_string())),
        _ => Err(Diagnostic::error(receiver.span, "expected the name of the superclass")),
    }
}

/// The class in `Foo`, `Foo class` and `Foo classTrait`, and whether its class side is meant.
fn class_reference(expression: &Expression<'_>) -> Option<(String, bool)> {
    match &expression.kind {
        ExpressionKind::Variable(name, _) => Some((name.to_string(), false)),
        ExpressionKind::Send(send) if matches!(&*send.message.selector, "class" | "classTrait") => {
            Some((send.receiver.as_variable()?.to_string(), true))
        }
        _ => None,
    }
}

fn first_keyword<'m>(message: &'m Message<'_>) -> &'m str {
    message.selector.split_inclusive(':').next().unwrap_or("")
}

fn text_of(expression: &Expression<'_>) -> Option<String> {
    match expression.as_literal() {
        Some(Literal::String(text) | Literal::Symbol(text)) => Some(text.clone()),
        _ => None,
    }
}
