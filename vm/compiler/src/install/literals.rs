//! Literals as objects.

use super::{InstallError, Linker, class};
use crate::literal::{Literal, MethodState, ScaledDecimal, WholeNumber};
use crate::load;
use crate::text::from_text;
use osvm_core::heap::Heap;
use osvm_core::object::{self, Format};
use osvm_core::oop::Oop;

/// Fields of an AdditionalMethodState: the method, its selector; pragmas behind them.
const STATE_FIELDS: usize = 2;

/// The object that a literal of a method stands for.
pub(super) fn object(heap: &mut Heap, literal: &Literal, method: Oop, linker: &mut dyn Linker) -> Result<Oop, InstallError> {
    Ok(match literal {
        Literal::Nil => heap.nil(),
        Literal::True => heap.true_(),
        Literal::False => heap.false_(),
        Literal::Integer(value) => heap.integer(*value)?,
        Literal::LargeInteger(number) => whole(heap, number)?,
        Literal::Float(value) => heap.float(*value)?,
        Literal::ScaledDecimal(decimal) => scaled(heap, decimal, linker)?,
        Literal::Character(code) => Oop::from_character(*code),
        Literal::String(text) => string(heap, text, linker)?,
        Literal::Symbol(text) => linker.symbol(heap, text)?,
        Literal::Array(elements) => array(heap, elements, method, linker)?,
        Literal::Bytes(bytes) => heap.byte_object(object::CLASS_INDEX_BYTE_ARRAY, bytes)?,
        Literal::Floats(floats) => float_array(heap, floats, linker)?,
        Literal::Foreign(function) => super::foreign::function(heap, function, linker)?,
        Literal::Variable(id) => linker.variable(*id),
        Literal::State(state) => method_state(heap, state, method, linker)?,
        Literal::MethodClass => linker.class_binding(),
        Literal::Block(_) | Literal::ConstantBlock(_) | Literal::OuterCode => unreachable!("blocks are made with their code"),
    })
}

fn whole(heap: &mut Heap, number: &WholeNumber) -> Result<Oop, InstallError> {
    let small = Literal::whole(number.negative, number.magnitude.clone());
    Ok(match small {
        Literal::Integer(value) => heap.integer(value)?,
        _ => heap.large_integer(number.negative, &number.magnitude.to_bytes())?,
    })
}

fn scaled(heap: &mut Heap, decimal: &ScaledDecimal, linker: &mut dyn Linker) -> Result<Oop, InstallError> {
    let class = class(heap, "ScaledDecimal", linker)?;
    let fields = [
        whole(heap, &decimal.numerator)?,
        whole(heap, &WholeNumber { negative: false, magnitude: decimal.denominator.clone() })?,
        Oop::from_small_int(decimal.scale.into()),
    ];
    let number = heap.instantiate(class, 0)?;
    fields.into_iter().enumerate().for_each(|(index, field)| heap.store(number, index, field));
    Ok(number)
}

/// A ByteString where Latin-1 has all characters, else a WideString.
pub fn string(heap: &mut Heap, text: &str, linker: &mut dyn Linker) -> Result<Oop, InstallError> {
    from_text(heap, text, object::CLASS_INDEX_STRING, |heap| {
        let class = class(heap, "WideString", linker)?;
        Ok(heap.class_table_index(class)?)
    })
}

/// An array of floats, of the class of which Cuis makes them: the one that prints itself as a literal. Until update 8025 that was
/// Float64Array, then Float32Array.
fn float_array(heap: &mut Heap, floats: &[f64], linker: &mut dyn Linker) -> Result<Oop, InstallError> {
    let names = ["Float32Array", "Float64Array", "FloatArray"];
    let found = names.map(|name| linker.class(heap, name));
    let is_literal = |class: &Oop| {
        let methods = load::methods(heap, heap.follow(heap.fetch(*class, 1)));
        methods.iter().any(|&(selector, _)| heap.text(selector).as_deref() == Some("isLiteral"))
    };
    let class = found.iter().flatten().copied().find(is_literal).or(found.into_iter().flatten().next());
    let class = class.ok_or_else(|| InstallError::NoClass(names[0].into()))?;
    let is_double = Some(class) == found[1];
    let has_words = heap.instance_spec(class).is_some_and(|(_, format)| format == Format::WORDS_64);
    let array = heap.instantiate(class, if is_double && !has_words { 2 * floats.len() } else { floats.len() })?;
    let bytes = heap.bytes_mut(array);
    match is_double {
        true => bytes.chunks_exact_mut(8).zip(floats).for_each(|(bytes, float)| bytes.copy_from_slice(&float.to_le_bytes())),
        false => {
            let narrow = floats.iter().map(|&float| float as f32);
            bytes.chunks_exact_mut(4).zip(narrow).for_each(|(bytes, float)| bytes.copy_from_slice(&float.to_le_bytes()));
        }
    }
    Ok(array)
}

fn array(heap: &mut Heap, elements: &[Literal], method: Oop, linker: &mut dyn Linker) -> Result<Oop, InstallError> {
    let elements: Result<Vec<Oop>, InstallError> = elements.iter().map(|element| object(heap, element, method, linker)).collect();
    Ok(heap.array(&elements?)?)
}

/// The selector, or an object that has it with the method's pragmas.
fn method_state(heap: &mut Heap, state: &MethodState, method: Oop, linker: &mut dyn Linker) -> Result<Oop, InstallError> {
    let selector = linker.symbol(heap, &state.selector)?;
    let classes = linker.class(heap, "AdditionalMethodState").zip(linker.class(heap, "Pragma"));
    let Some((state_class, pragma_class)) = classes.filter(|_| !state.pragmas.is_empty()) else { return Ok(selector) };
    let result = heap.instantiate(state_class, state.pragmas.len())?;
    heap.store(result, 0, method);
    heap.store(result, 1, selector);
    for (index, (selector, arguments)) in state.pragmas.iter().enumerate() {
        let pragma = heap.instantiate(pragma_class, 0)?;
        let arguments = array(heap, arguments, method, linker)?;
        let selector = linker.symbol(heap, selector)?;
        [method, arguments, selector].into_iter().enumerate().for_each(|(field, value)| heap.store(pragma, field, value));
        heap.store(result, STATE_FIELDS + index, pragma);
    }
    Ok(result)
}
