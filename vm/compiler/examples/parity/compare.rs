//! Whether what was compiled is what the image has.

use super::image::{Image, Method};
use osvm_compiler::codegen::CompiledCode;
use osvm_compiler::literal::Literal;
use osvm_compiler::magnitude::Magnitude;
use osvm_compiler::syntax::print_literal;
use osvm_compiler::world::ClassEnvironment;
use osvm_core::bytecode::{BytecodeSet, decode};
use osvm_core::oop::Oop;

/// How a compiled method differs; the first that applies, the least first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Verdict {
    Same,
    Order,
    Pragmas,
    Header,
    Literals,
    Slots,
    Bytecodes,
    NotCompiled,
    NoSource,
}

impl Verdict {
    pub fn name(self) -> &'static str {
        match self {
            Verdict::Same => "identical",
            Verdict::Order => "the same literals in another order",
            Verdict::Pragmas => "identical, but the image left out the pragmas",
            Verdict::Header => "same but for the header",
            Verdict::Literals => "other literals",
            Verdict::Slots => "the same instructions with other numbers of variables or literals",
            Verdict::Bytecodes => "other instructions",
            Verdict::NotCompiled => "not compiled",
            Verdict::NoSource => "no source",
        }
    }
}

/// Compares a method of the image with what was compiled, and says how they differ.
pub fn compare(image: &Image, method: &Method, code: &CompiledCode, environment: &ClassEnvironment<'_>) -> (Verdict, String) {
    let context = Context { image, environment };
    let (theirs, ours) = (bytecodes(image, method), &code.bytecodes[..]);
    let literals: Vec<Oop> = (1..=method.header.literals()).map(|index| image.heap.fetch(method.oop, index)).collect();
    let same_literals = literals.len() == code.literals.len()
        && literals.iter().zip(&code.literals).all(|(&oop, literal)| context.matches(oop, literal));
    let without_pragmas = |literal: &Literal| matches!(literal, Literal::State(state) if !state.pragmas.is_empty());
    let selector_at = literals.len().wrapping_sub(2);
    let lost_pragmas = code.literals.get(selector_at).is_some_and(without_pragmas)
        && literals.len() == code.literals.len()
        && (0..literals.len()).all(|index| match index == selector_at {
            true => image.heap.text(literals[index]).as_ref() == Some(&method.selector),
            false => context.matches(literals[index], &code.literals[index]),
        });
    let verdict = if theirs != ours {
        let kinds = |code| {
            listing(code).into_iter().map(|text| text.chars().filter(|c| c.is_alphabetic()).collect::<String>()).collect::<Vec<_>>()
        };
        if kinds(theirs) == kinds(ours) { Verdict::Slots } else { Verdict::Bytecodes }
    } else if lost_pragmas {
        Verdict::Pragmas
    } else if !same_literals {
        let found = |literal: &Literal| literals.iter().any(|&oop| context.matches(oop, literal));
        if literals.len() == code.literals.len() && code.literals.iter().all(found) { Verdict::Order } else { Verdict::Literals }
    } else if method.header.0 != code.header() {
        Verdict::Header
    } else {
        Verdict::Same
    };
    if verdict == Verdict::Same {
        return (verdict, String::new());
    }
    let mut detail = format!("header {:x} in the image, {:x} compiled\n", method.header.0, code.header());
    let texts = |oops: &[Oop]| oops.iter().map(|&oop| context.text(oop)).collect::<Vec<_>>().join(" | ");
    let ours_text = code.literals.iter().map(|literal| context.literal_text(literal)).collect::<Vec<_>>().join(" | ");
    detail += &format!("image    {}\ncompiled {ours_text}\n", texts(&literals));
    let (theirs, ours) = (listing(theirs), listing(ours));
    for line in 0..theirs.len().max(ours.len()) {
        let at = |lines: &[String]| lines.get(line).cloned().unwrap_or_default();
        let mark = if at(&theirs) == at(&ours) { ' ' } else { '!' };
        detail += &format!("{mark} {:<60} {}\n", at(&theirs), at(&ours));
    }
    (verdict, detail)
}

/// Bytecodes, without the trailer of four bytes.
fn bytecodes<'i>(image: &'i Image, method: &Method) -> &'i [u8] {
    let bytes = image.heap.bytes(method.oop);
    let start = method.header.initial_pc();
    &bytes[start..bytes.len().saturating_sub(4).max(start)]
}

fn listing(code: &[u8]) -> Vec<String> {
    let mut lines = Vec::new();
    let mut pc = 0;
    while let Some((instruction, next)) = decode(BytecodeSet::V3PlusClosures, code, pc).filter(|_| pc < code.len()) {
        lines.push(format!("{instruction:?}"));
        pc = next;
    }
    lines
}

struct Context<'c> {
    image: &'c Image,
    environment: &'c ClassEnvironment<'c>,
}

impl Context<'_> {
    fn literal_text(&self, literal: &Literal) -> String {
        match literal {
            Literal::Variable(id) => self.text(self.environment.association(*id)),
            _ => print_literal(literal),
        }
    }

    fn text(&self, oop: Oop) -> String {
        let heap = &self.image.heap;
        if let Some(value) = oop.as_small_int() {
            return value.to_string();
        }
        let class = self.image.class_of(oop);
        match heap.text(oop) {
            Some(text) => format!("{class} {text:?}"),
            None if oop == heap.nil() => "nil".into(),
            None => match self.image.field(oop, 0).and_then(|key| heap.text(key)) {
                Some(key) => format!("{key}-> ({class})"),
                None => class,
            },
        }
    }

    /// The characters of a string or symbol, one byte or four each.
    fn characters(&self, oop: Oop) -> Option<String> {
        let class = self.image.class_of(oop);
        let bytes = oop.is_pointer().then(|| self.image.heap.bytes(oop))?;
        match class.as_str() {
            "ByteString" | "ByteSymbol" => Some(bytes.iter().map(|&byte| char::from(byte)).collect()),
            "WideString" | "WideSymbol" => {
                bytes.chunks_exact(4).map(|c| char::from_u32(u32::from_le_bytes([c[0], c[1], c[2], c[3]]))).collect()
            }
            _ => None,
        }
    }

    fn whole(&self, oop: Oop) -> Option<Literal> {
        if let Some(value) = oop.as_small_int() {
            return Some(Literal::Integer(value));
        }
        let negative = match self.image.class_of(oop).as_str() {
            "LargePositiveInteger" => false,
            "LargeNegativeInteger" => true,
            _ => return None,
        };
        Some(Literal::whole(negative, Magnitude::from_bytes(self.image.heap.bytes(oop))))
    }

    fn array(&self, oop: Oop, elements: &[Literal]) -> bool {
        let slots = if self.image.class_of(oop) == "Array" { self.image.heap.slots(oop) } else { return false };
        slots.len() == elements.len() && slots.iter().zip(elements).all(|(&oop, literal)| self.matches(oop, literal))
    }

    /// Whether an object of the image is what a literal says.
    fn matches(&self, oop: Oop, literal: &Literal) -> bool {
        let heap = &self.image.heap;
        let class = || self.image.class_of(oop);
        match literal {
            Literal::Nil => oop == heap.nil(),
            Literal::True => oop == heap.true_(),
            Literal::False => oop == heap.false_(),
            Literal::Integer(_) | Literal::LargeInteger(_) => self.whole(oop).as_ref() == Some(literal),
            Literal::Float(value) => heap.float_value(oop).is_some_and(|other| other.to_bits() == value.to_bits()),
            Literal::ScaledDecimal(decimal) => {
                let part = |index| self.image.field(oop, index).and_then(|part| self.whole(part));
                let expected = [
                    Literal::whole(decimal.numerator.negative, decimal.numerator.magnitude.clone()),
                    Literal::whole(false, decimal.denominator.clone()),
                    Literal::Integer(decimal.scale.into()),
                ];
                class() == "ScaledDecimal" && (0..3).all(|index| part(index).as_ref() == Some(&expected[index]))
            }
            Literal::Character(code) => oop.as_character() == Some(*code),
            Literal::String(text) => class().ends_with("String") && self.characters(oop).as_ref() == Some(text),
            Literal::Symbol(text) => class().ends_with("Symbol") && self.characters(oop).as_ref() == Some(text),
            Literal::Array(elements) => oop.is_pointer() && self.array(oop, elements),
            Literal::Bytes(bytes) => class() == "ByteArray" && heap.bytes(oop) == &bytes[..],
            Literal::Variable(id) => self.environment.association(*id) == oop,
            Literal::State(state) => {
                let pragmas = self.image.class_of(oop) == "AdditionalMethodState";
                self.image.selector(oop).as_ref() == Some(&state.selector) && pragmas != state.pragmas.is_empty()
            }
            Literal::MethodClass => self.image.field(oop, 1).is_some(),
            // Methods of Pharo 8 have none of these.
            Literal::Block(_) | Literal::ConstantBlock(_) | Literal::OuterCode | Literal::Floats(_) | Literal::Foreign(_) => false,
        }
    }
}
