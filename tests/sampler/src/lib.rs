//! SamplerPlugin: every type that can cross, every way to fail, every hook. Tests of hosts and of the SDK call it.

#![forbid(unsafe_code)]

use osvm_plugin_sdk::prelude::*;

/// Something to keep open: a sum.
#[derive(Debug)]
pub struct Sum(i64);

impl Resource for Sum {}

/// Something else to keep open.
#[derive(Debug)]
pub struct Other;

impl Resource for Other {}

/// What the plugin keeps between calls.
#[derive(Default)]
pub struct Counts {
    calls: i64,
    started: i64,
    tokens: Vec<i64>,
}

#[plugin(name = "SamplerPlugin", imports(log, timers))]
mod sampler_plugin {
    use super::*;
    use std::time::Duration;

    pub type State = Counts;

    #[primitive]
    fn primitive_add(a: i64, b: i64) -> i64 {
        a.wrapping_add(b)
    }

    #[primitive]
    fn primitive_half(number: f64) -> f64 {
        number / 2.0
    }

    #[primitive]
    fn primitive_not(value: bool) -> bool {
        !value
    }

    #[primitive]
    fn primitive_next_char(character: char) -> Result<char, PrimitiveError> {
        char::from_u32(u32::from(character) + 1).ok_or(PrimitiveError::BadArgument)
    }

    #[primitive]
    fn primitive_reverse(bytes: &[u8]) -> Vec<u8> {
        bytes.iter().rev().copied().collect()
    }

    #[primitive]
    fn primitive_byte_count(bytes: &[u8]) -> i64 {
        bytes.len() as i64
    }

    #[primitive]
    fn primitive_sum_words(words: &[u32]) -> i64 {
        words.iter().copied().map(i64::from).sum()
    }

    #[primitive]
    fn primitive_iota(count: i64) -> Result<Vec<u32>, PrimitiveError> {
        let count = u32::try_from(count).ok().filter(|&count| count <= 1 << 20).ok_or(PrimitiveError::BadArgument)?;
        Ok((0..count).collect())
    }

    #[primitive]
    fn primitive_double_floats(floats: &[f32]) -> Vec<f32> {
        floats.iter().map(|float| float * 2.0).collect()
    }

    #[primitive]
    fn primitive_shout(text: &str) -> String {
        text.to_uppercase()
    }

    #[primitive]
    fn primitive_symbol_size(symbol: Symbol<'_>) -> i64 {
        symbol.chars().count() as i64
    }

    #[primitive]
    fn primitive_same(receiver: Object, other: Object) -> Object {
        if receiver == other { receiver } else { other }
    }

    #[primitive]
    fn primitive_greeting() -> &'static str {
        "¡hola!"
    }

    #[primitive]
    fn primitive_nothing() {}

    #[primitive]
    fn primitive_nil() -> Nil {
        Nil
    }

    #[primitive]
    fn primitive_positive(number: i64) -> Option<i64> {
        (number > 0).then_some(number)
    }

    #[primitive]
    fn primitive_or(number: Option<i64>, text: Option<&str>) -> (Option<i64>, Option<String>) {
        (number.map(|number| number + 1), text.map(str::to_uppercase))
    }

    #[primitive]
    fn primitive_divide(a: i64, b: i64) -> Option<(i64, i64)> {
        Some((a.checked_div_euclid(b)?, a.checked_rem_euclid(b)?))
    }

    #[primitive]
    fn primitive_count(#[omittable] first: Option<i64>, #[omittable] second: Option<&[u8]>) -> i64 {
        i64::from(first.is_some()) + i64::from(second.is_some())
    }

    #[primitive(name = "primitiveFill:with:")]
    fn fill(cx: &Context, object: Object, byte: i64) -> Result<(), PrimitiveError> {
        let byte = u8::try_from(byte).map_err(|_| PrimitiveError::BadArgument)?;
        cx.write(object, 0, &vec![byte; cx.byte_size(object)?])
    }

    #[primitive]
    fn primitive_array(cx: &Context, count: i64) -> Result<Object, PrimitiveError> {
        let elements = (0..count.clamp(0, 1000)).map(|number| cx.new_int(number)).collect::<Result<Vec<_>, _>>()?;
        cx.new_array(&elements)
    }

    #[primitive]
    fn primitive_sum_new(start: i64) -> New<Sum> {
        New(Sum(start))
    }

    #[primitive]
    fn primitive_sum_add(sum: &mut Sum, number: i64) -> i64 {
        sum.0 += number;
        sum.0
    }

    #[primitive]
    fn primitive_sum_both(first: &Sum, second: &Sum) -> i64 {
        first.0 + second.0
    }

    #[primitive]
    fn primitive_sum_move(from: &mut Sum, to: &mut Sum) {
        to.0 += std::mem::take(&mut from.0);
    }

    #[primitive]
    fn primitive_sum_value(sum: Option<&Sum>) -> Option<i64> {
        sum.map(|sum| sum.0)
    }

    #[primitive]
    fn primitive_sum_same(sum: ResourceId<Sum>) -> ResourceId<Sum> {
        sum
    }

    #[primitive]
    fn primitive_sum_close(sum: Closing<Sum>) -> i64 {
        sum.0.0
    }

    #[primitive]
    fn primitive_other_new() -> (New<Other>, i64) {
        (New(Other), 7)
    }

    #[primitive]
    fn primitive_fail(number: i64) -> Result<(), PrimitiveError> {
        Err(u8::try_from(number).ok().and_then(|code| PrimitiveError::from_code(code, 2)).unwrap_or(PrimitiveError::Failed))
    }

    /// What a primitive can do that has only Integers to take and to answer.
    #[primitive]
    fn primitive_act(cx: &Context, what: i64, number: i64) -> Result<i64, PrimitiveError> {
        match what {
            0 => return Ok(number),
            1 => cx.log().info("an Integer is on its way"),
            2 => return Err(PrimitiveError::OperatingSystem(number as i32)),
            3 => panic!("{number}"),
            4 => return Ok(std::hint::black_box(vec![1_u8; number as usize]).len() as i64),
            5 => {
                let (object, _another) = (cx.new_int(number)?, cx.new_int(1)?);
                return cx.int(object);
            }
            7 => return Ok(number << 32),
            _ => return Err(PrimitiveError::BadArgument),
        }
        Ok(number)
    }

    #[primitive]
    fn primitive_panic(message: &str) {
        panic!("{message}");
    }

    #[primitive]
    fn primitive_counts(state: &mut State) -> (i64, i64, i64) {
        state.calls += 1;
        (state.calls, state.started, state.tokens.iter().sum())
    }

    #[primitive]
    fn primitive_start_timer(cx: &Context, micros: i64, token: i64) -> Result<(), PrimitiveError> {
        let micros = u64::try_from(micros).map_err(|_| PrimitiveError::BadArgument)?;
        cx.timers().after(Duration::from_micros(micros), token).map(|_| ())
    }

    #[hook]
    fn start(state: &mut State) {
        state.started += 1;
    }

    #[hook]
    fn snapshot(cx: &Context) {
        cx.log().info("the image is saved");
    }

    #[hook]
    fn quit(cx: &mut Context) -> Result<(), PrimitiveError> {
        for id in cx.resource_ids::<Sum>() {
            cx.with_resource(id, |sum, cx| cx.log().info(&format!("a sum of {} is left", sum.0)))?;
        }
        Ok(())
    }

    #[hook]
    fn timer(state: &mut State, token: i64) {
        state.tokens.push(token);
    }
}
