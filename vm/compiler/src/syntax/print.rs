//! A tree as source, such that reading it again gives the same tree.

use super::ast::{Cascade, Expression, ExpressionKind, Message, Method, Pragma, Sequence, Statement};
use super::{argument_count, is_binary_char, is_letter};
use crate::literal::{ForeignFunction, ForeignName, ForeignType, Literal, ScaledDecimal};
use crate::magnitude::Magnitude;

/// A method as source.
pub fn print_method(method: &Method<'_>) -> String {
    let mut out = String::new();
    pattern(&method.selector, method.arguments.iter().map(|argument| argument.text), &mut out);
    out.push('\n');
    for pragma in &method.pragmas {
        out.push('\t');
        print_pragma(pragma, &mut out);
        out.push('\n');
    }
    sequence(&method.body, &mut out);
    out
}

fn pattern<'a>(selector: &str, arguments: impl Iterator<Item = &'a str>, out: &mut String) {
    if argument_count(selector) == 0 {
        out.push_str(selector);
        return;
    }
    for (part, argument) in selector.split_inclusive(':').zip(arguments) {
        out.push_str(&format!("{part} {argument} "));
    }
    out.pop();
}

fn print_pragma(pragma: &Pragma<'_>, out: &mut String) {
    if let Some(function) = &pragma.foreign {
        out.push_str(&print_foreign(function));
        return;
    }
    let texts: Vec<String> = pragma.arguments.iter().map(|(literal, _)| print_literal(literal)).collect();
    // An operator would be read together with the bracket.
    out.push_str(if pragma.selector.starts_with(is_letter) { "<" } else { "< " });
    // The name behind `error:` is a variable.
    let parts: Vec<&str> = pragma.selector.split_inclusive(':').collect();
    let texts = texts.iter().zip(&parts).map(|(text, part)| match *part {
        "error:" if pragma.selector.starts_with("primitive:") => text.trim_start_matches('#'),
        _ => text.as_str(),
    });
    pattern(&pragma.selector, texts, out);
    out.push_str(" >");
}

/// The pragma of a function of a library.
fn print_foreign(function: &ForeignFunction) -> String {
    let types = |types: &[ForeignType]| types.iter().map(ForeignType::to_string).collect::<Vec<_>>().join(" ");
    let name = match &function.function {
        ForeignName::Name(name) => print_literal(&Literal::String(name.clone())),
        ForeignName::Index(index) => index.to_string(),
    };
    let module = function.module.as_ref().map(|module| format!(" module: {}", print_literal(&Literal::String(module.clone()))));
    let error = function.error.as_ref().map(|name| format!(" error: {name}"));
    let (module, error) = (module.unwrap_or_default(), error.unwrap_or_default());
    let convention = if function.flags & 1 == 0 { "cdecl:" } else { "apicall:" };
    let threaded = if function.flags & 256 == 0 { "" } else { " threaded" };
    format!("<{convention}{threaded} {} {name} ({}){module}{error} >", function.result, types(&function.arguments))
}

fn sequence(sequence: &Sequence<'_>, out: &mut String) {
    if !sequence.temporaries.is_empty() {
        out.push_str("| ");
        sequence.temporaries.iter().for_each(|name| out.push_str(&format!("{} ", name.text)));
        out.push_str("| ");
    }
    for (i, statement) in sequence.statements.iter().enumerate() {
        if i > 0 {
            out.push_str(".\n\t");
        }
        match statement {
            Statement::Expression(value) => expression(value, out),
            Statement::Return(value, _) => {
                out.push_str("^ ");
                expression(value, out);
            }
        }
    }
}

fn expression(node: &Expression<'_>, out: &mut String) {
    match &node.kind {
        ExpressionKind::Variable(name, _) => out.push_str(name),
        ExpressionKind::Literal(literal) => out.push_str(&print_literal(literal)),
        ExpressionKind::Array(elements) => {
            out.push_str("{ ");
            for element in elements {
                expression(element, out);
                out.push_str(". ");
            }
            out.push('}');
        }
        ExpressionKind::Block(block) => {
            out.push('[');
            block.arguments.iter().for_each(|argument| out.push_str(&format!(" :{}", argument.text)));
            out.push_str(if block.arguments.is_empty() { " " } else { " | " });
            sequence(&block.body, out);
            out.push_str(" ]");
        }
        ExpressionKind::Send(send) => {
            receiver(&send.receiver, rank(&send.message.selector), out);
            message(&send.message, out);
        }
        ExpressionKind::Cascade(cascade) => print_cascade(cascade, out),
        ExpressionKind::Assign(assignment) => {
            out.push_str(&format!("{} := ", assignment.variable.text));
            expression(&assignment.value, out);
        }
        ExpressionKind::Error => out.push_str("<error>"),
    }
}

fn print_cascade(cascade: &Cascade<'_>, out: &mut String) {
    operand(&cascade.receiver, out);
    for (i, part) in cascade.messages.iter().enumerate() {
        if i > 0 {
            out.push(';');
        }
        message(part, out);
    }
}

/// A receiver or an argument: in parentheses unless it is one word.
fn operand(node: &Expression<'_>, out: &mut String) {
    let closed = !matches!(node.kind, ExpressionKind::Send(_) | ExpressionKind::Cascade(_) | ExpressionKind::Assign(_));
    if closed {
        return expression(node, out);
    }
    out.push('(');
    expression(node, out);
    out.push(')');
}

/// The receiver of a message of a rank: in parentheses only where they are needed. A long chain of messages would else be nested deeper than
/// the parser allows.
fn receiver(node: &Expression<'_>, of: u8, out: &mut String) {
    match &node.kind {
        ExpressionKind::Send(send) if rank(&send.message.selector) <= of.min(BINARY) => expression(node, out),
        _ => operand(node, out),
    }
}

const UNARY: u8 = 0;
const BINARY: u8 = 1;
const KEYWORD: u8 = 2;

/// Messages of a lower rank are sent first.
fn rank(selector: &str) -> u8 {
    match selector {
        _ if selector.ends_with(':') => KEYWORD,
        _ if selector.starts_with(is_letter) => UNARY,
        _ => BINARY,
    }
}

fn message(message: &Message<'_>, out: &mut String) {
    if message.arguments.is_empty() {
        out.push_str(&format!(" {}", message.selector));
    }
    for (part, argument) in message.selector.split_inclusive(':').zip(&message.arguments) {
        out.push_str(&format!(" {part} "));
        operand(argument, out);
    }
}

/// A literal as source.
pub fn print_literal(literal: &Literal) -> String {
    match literal {
        Literal::Nil => "nil".into(),
        Literal::True => "true".into(),
        Literal::False => "false".into(),
        Literal::Integer(value) => value.to_string(),
        Literal::LargeInteger(whole) => format!("{}{}", if whole.negative { "-" } else { "" }, whole.magnitude),
        Literal::Float(value) => print_float(*value),
        Literal::ScaledDecimal(decimal) => print_scaled(decimal),
        Literal::Character(code) => format!("${}", char::from_u32(*code).unwrap_or(char::REPLACEMENT_CHARACTER)),
        Literal::String(text) => format!("'{}'", text.replace('\'', "''")),
        Literal::Symbol(text) if is_plain_symbol(text) => format!("#{text}"),
        Literal::Symbol(text) => format!("#'{}'", text.replace('\'', "''")),
        Literal::Array(elements) => format!("#({})", elements.iter().map(print_literal).collect::<Vec<_>>().join(" ")),
        Literal::Bytes(bytes) => format!("#[{}]", bytes.iter().map(u8::to_string).collect::<Vec<_>>().join(" ")),
        Literal::Variable(id) => format!("a variable {}", id.0),
        Literal::Block(_) => "a block".into(),
        Literal::State(state) if state.pragmas.is_empty() => format!("#{}", state.selector),
        Literal::State(state) => {
            let pragmas = state.pragmas.iter().map(|(selector, arguments)| {
                let arguments: Vec<String> = arguments.iter().map(print_literal).collect();
                format!("<{selector} {}>", arguments.join(" "))
            });
            format!("#{} {}", state.selector, pragmas.collect::<Vec<_>>().join(" "))
        }
        Literal::Foreign(function) => print_foreign(function),
        Literal::Floats(floats) => {
            format!("#[{}]", floats.iter().map(|&float| print_literal(&Literal::Float(float))).collect::<Vec<_>>().join(" "))
        }
        Literal::ConstantBlock(block) => format!("[{}]", print_literal(&block.value)),
        Literal::MethodClass => "the method's class".into(),
        Literal::OuterCode => "the outer code".into(),
    }
}

/// Whether a symbol needs no quotes, wherever it stands.
fn is_plain_symbol(text: &str) -> bool {
    let words = || {
        text.split_inclusive(':').all(|part| {
            part.starts_with(is_letter) && part.trim_end_matches(':').chars().all(|c| is_letter(c) || c.is_ascii_digit())
        })
    };
    !text.is_empty() && (text.chars().all(is_binary_char) || words())
}

fn print_float(value: f64) -> String {
    if value.is_infinite() {
        // No number stands for it, but one that is too large for a Float reads as it.
        return if value > 0.0 { "1.0e999".into() } else { "-1.0e999".into() };
    }
    let text = format!("{value:?}");
    // Rust leaves the point out before an exponent; without it this would be a whole number.
    match text.split_once('e') {
        Some((mantissa, exponent)) if !mantissa.contains('.') => format!("{mantissa}.0e{exponent}"),
        _ => text,
    }
}

/// All the digits that the fraction has, and its scale.
fn print_scaled(decimal: &ScaledDecimal) -> String {
    let mut numerator = decimal.numerator.magnitude.clone();
    let mut denominator = decimal.denominator.clone();
    let mut places = 0;
    // A denominator of other primes than 2 and 5 comes from a radix; it is written as the quotient would be read.
    while denominator != Magnitude::from(1) {
        let prime = if denominator.remainder(10) == 0 {
            10
        } else if denominator.remainder(2) == 0 {
            numerator.multiply_add(5, 0);
            2
        } else if denominator.remainder(5) == 0 {
            numerator.multiply_add(2, 0);
            5
        } else {
            break;
        };
        denominator.divide(prime);
        places += 1;
    }
    let digits = format!("{:0>width$}", numerator.to_string(), width = places + 1);
    let (whole, fraction) = digits.split_at(digits.len() - places);
    let sign = if decimal.numerator.negative { "-" } else { "" };
    let point = if places > 0 { "." } else { "" };
    format!("{sign}{whole}{point}{fraction}s{}", decimal.scale)
}
