//! CpSystemPlugin: what images of CodeParadise ask of the browser or of Node that they usually run in: strings, numbers and symbols,
//! lines on the console, variables, and a WebSocket to their server.
//!
//! The primitives and what they answer are those of the plugin of that name in CP-Node. What needs a browser fails with `#'unsupported
//! operation'`. Variables are those of the plugin's settings and of the environment, as far as they are granted; what the image sets is
//! forgotten at the end.

#![forbid(unsafe_code)]

mod numbers;
mod strings;
mod symbols;
mod time;
mod variables;
mod web_socket;

use numbers::Number;
use osvm_plugin_sdk::prelude::*;
use symbols::Symbols;
use variables::Variables;
use web_socket::Channels;

/// The plugin.
#[plugin(name = "CpSystemPlugin", imports(console, clock, random, environment, settings, net))]
mod cp_system_plugin {
    use super::*;

    /// What the plugin keeps between calls.
    #[derive(Default)]
    pub struct State {
        symbols: Symbols,
        variables: Variables,
        persistent: Variables,
        channels: Channels,
    }

    // Lines on the console.

    #[primitive(name = "primitiveObjectTraceCr:")]
    fn trace(cx: &Context, message: &str) -> Result<(), PrimitiveError> {
        cx.console().print(time::line(cx, message)?.as_bytes())
    }

    #[primitive(name = "primitiveObjectWarnCr:")]
    fn warn(cx: &Context, message: &str) -> Result<(), PrimitiveError> {
        cx.console().print_error(time::line(cx, message)?.as_bytes())
    }

    #[primitive(name = "primitiveObjectErrorCr:")]
    fn error(cx: &Context, message: &str) -> Result<(), PrimitiveError> {
        cx.console().print_error(time::line(cx, message)?.as_bytes())
    }

    /// Without a browser, a line on standard error.
    #[primitive(name = "primitiveEnvironmentAlert:")]
    fn alert(cx: &Context, message: &str) -> Result<(), PrimitiveError> {
        cx.console().print_error(message.as_bytes())
    }

    // Processes. Here every process can wait, and none is driven by a call from outside.

    #[primitive]
    fn primitive_process_be_idle_process() {}

    #[primitive]
    fn primitive_process_is_sync_process() -> bool {
        false
    }

    #[primitive]
    fn primitive_process_allow_await_promise() -> bool {
        true
    }

    // Symbols.

    /// Takes a symbol that the image has into the table.
    #[primitive(name = "primitiveSymbolRegister:")]
    fn register(cx: &Context, state: &mut State, symbol: Object) -> Result<(), PrimitiveError> {
        state.symbols.register(cx, symbol)
    }

    /// The symbol of a text: a new instance of the receiver if there is none yet.
    #[primitive(name = "primitiveSymbolFromString:")]
    fn symbol_from_string(cx: &Context, state: &mut State, receiver: Object, text: &str) -> Result<Object, PrimitiveError> {
        state.symbols.of(cx, receiver, text)
    }

    /// True if the other object is a string of the same characters.
    #[primitive(name = "primitiveSymbolEquals:")]
    fn symbol_equals(cx: &Context, receiver: Object, other: Object) -> Result<bool, PrimitiveError> {
        if cx.same(receiver, other)? {
            return Ok(true);
        }
        Ok(cx.text(other).is_ok_and(|other| cx.text(receiver).is_ok_and(|text| text == other)))
    }

    #[primitive]
    fn primitive_symbol_is_literal_symbol(receiver: &str) -> bool {
        symbols::is_literal(receiver)
    }

    // Numbers.

    /// Integers that no float can tell apart fail: the image then multiplies them.
    #[primitive(name = "primitiveNumberRaisedTo:")]
    fn raised_to(cx: &Context, receiver: Object, exponent: f64) -> Result<Object, PrimitiveError> {
        let base = Number::of(cx, receiver)?.exact().ok_or(PrimitiveError::BadReceiver)?;
        numbers::object(cx, base.powf(exponent))
    }

    #[primitive]
    fn primitive_number_print_string(cx: &Context, receiver: Object) -> Result<String, PrimitiveError> {
        Ok(match Number::of(cx, receiver)? {
            Number::Integer(value) => value.to_string(),
            Number::Float(value) => numbers::print(value),
        })
    }

    /// Integers in each base, and floats in base 10.
    #[primitive(name = "primitiveNumberPrintStringBase:")]
    fn print_string_base(cx: &Context, receiver: Object, base: i64) -> Result<String, PrimitiveError> {
        numbers::print_in_base(Number::of(cx, receiver)?, base)
    }

    /// A number from 1 to the receiver.
    #[primitive]
    fn primitive_integer_at_random(cx: &Context, receiver: i64) -> Result<i64, PrimitiveError> {
        if receiver < 1 {
            return Err(PrimitiveError::BadReceiver);
        }
        let number = u128::from(u64::from_le_bytes(cx.random().bytes()?));
        Ok(((number * receiver as u128) >> 64) as i64 + 1)
    }

    // Strings.

    #[primitive(name = "primitiveStringConcatenate:")]
    fn concatenate(receiver: &str, other: &str) -> String {
        [receiver, other].concat()
    }

    /// 1, 2 or 3: the receiver is before, equal to or behind the other. It is behind what is no string, which the image compares with too.
    #[primitive(name = "primitiveStringAsciiCompare:")]
    fn compare(cx: &Context, receiver: &str, other: Object) -> i64 {
        // The order of UTF-8 is that of the characters.
        cx.text(other).map_or(3, |other| receiver.cmp(&other) as i64 + 2)
    }

    #[primitive]
    fn primitive_string_as_uppercase(cx: &Context, receiver: Object) -> Result<Object, PrimitiveError> {
        strings::map(cx, receiver, |c| c.to_uppercase().next())
    }

    #[primitive]
    fn primitive_string_as_lowercase(cx: &Context, receiver: Object) -> Result<Object, PrimitiveError> {
        strings::map(cx, receiver, |c| c.to_lowercase().next())
    }

    /// A number, also with a radix; what is none fails.
    #[primitive]
    fn primitive_string_as_number(cx: &Context, receiver: &str) -> Result<Object, PrimitiveError> {
        numbers::object(cx, numbers::parse(receiver, true).ok_or(PrimitiveError::Failed)?)
    }

    /// A number without a radix; what is none fails.
    #[primitive]
    fn primitive_string_as_number_or_nil(cx: &Context, receiver: &str) -> Result<Object, PrimitiveError> {
        numbers::object(cx, numbers::parse(receiver, false).ok_or(PrimitiveError::Failed)?)
    }

    /// An Array of the parts between the delimiters, without empty ones.
    #[primitive(name = "primitiveStringFindTokens:")]
    fn find_tokens(cx: &Context, receiver: &str, delimiters: &str) -> Result<Object, PrimitiveError> {
        let parts = receiver.split(|c| delimiters.contains(c)).filter(|part| !part.is_empty());
        let parts = parts.map(|part| cx.new_text(part)).collect::<Result<Vec<_>, _>>()?;
        cx.new_array(&parts)
    }

    /// The index of a character, or 0.
    #[primitive(name = "primitiveStringIndexOf:")]
    fn index_of(cx: &Context, receiver: &str, character: Object) -> Result<i64, PrimitiveError> {
        let Shape::Character(code) = cx.shape(character)? else { return Ok(0) };
        let place = receiver.chars().position(|c| u32::from(c) == code);
        Ok(place.map_or(0, |place| place as i64 + 1))
    }

    #[primitive(name = "primitiveStringIncludesSubstring:")]
    fn includes_substring(receiver: &str, other: &str) -> bool {
        receiver.contains(other)
    }

    #[primitive]
    fn primitive_string_hash(receiver: &str) -> i64 {
        strings::hash(receiver)
    }

    #[primitive]
    fn primitive_string_trim(receiver: &str) -> String {
        receiver.trim().into()
    }

    #[primitive]
    fn primitive_string_trim_left(receiver: &str) -> String {
        receiver.trim_start().into()
    }

    #[primitive]
    fn primitive_string_trim_right(receiver: &str) -> String {
        receiver.trim_end().into()
    }

    /// An instance of the receiver, a class of strings, with the words as characters.
    #[primitive(name = "primitiveStringFromWordArray:")]
    fn from_word_array(cx: &Context, receiver: Object, words: &[u32]) -> Result<Object, PrimitiveError> {
        strings::instance(cx, receiver, words)
    }

    /// An instance of the receiver, a class of wide strings, with the same characters.
    #[primitive(name = "primitiveWideStringFrom:")]
    fn wide_string_from(cx: &Context, receiver: Object, string: &str) -> Result<Object, PrimitiveError> {
        strings::instance(cx, receiver, &string.chars().map(u32::from).collect::<Vec<_>>())
    }

    // Variables.

    #[primitive(name = "primitiveEnvironmentVariableAt:")]
    fn variable_at(cx: &Context, state: &mut State, name: &str) -> Result<Option<String>, PrimitiveError> {
        match state.variables.get(name) {
            Some(value) => Ok(value),
            None => variables::outside(cx, name),
        }
    }

    #[primitive(name = "primitiveEnvironmentVariableAt:put:")]
    fn variable_at_put(state: &mut State, name: &str, value: &str) {
        state.variables.set(name, Some(value));
    }

    #[primitive(name = "primitiveEnvironmentRemoveVariableAt:")]
    fn remove_variable_at(state: &mut State, name: &str) {
        state.variables.set(name, None);
    }

    #[primitive]
    fn primitive_environment_variable_names(cx: &Context, state: &mut State) -> Result<Object, PrimitiveError> {
        let names = state.variables.names(variables::names_outside(cx)?);
        let names = names.iter().map(|name| cx.new_text(name)).collect::<Result<Vec<_>, _>>()?;
        cx.new_array(&names)
    }

    #[primitive(name = "primitiveEnvironmentPersistentVariableAt:")]
    fn persistent_variable_at(state: &mut State, name: &str) -> Option<String> {
        state.persistent.get(name).flatten()
    }

    #[primitive(name = "primitiveEnvironmentPersistentVariableAt:put:")]
    fn persistent_variable_at_put(state: &mut State, name: &str, value: &str) {
        state.persistent.set(name, Some(value));
    }

    #[primitive(name = "primitiveEnvironmentRemovePersistentVariableAt:")]
    fn remove_persistent_variable_at(state: &mut State, name: &str) {
        state.persistent.set(name, None);
    }

    // What only a browser has.

    #[primitive(name = "primitiveEnvironmentConfirm:")]
    fn confirm(message: &str) -> Result<bool, PrimitiveError> {
        let _ = message;
        Err(PrimitiveError::Unsupported)
    }

    #[primitive(name = "primitiveEnvironmentGlobalApply:withArguments:")]
    fn global_apply(function: &str, arguments: Object) -> Result<Object, PrimitiveError> {
        let _ = (function, arguments);
        Err(PrimitiveError::Unsupported)
    }

    #[primitive]
    fn primitive_environment_reload() -> Result<(), PrimitiveError> {
        Err(PrimitiveError::Unsupported)
    }

    // The WebSocket of a channel, which is the receiver.

    /// Connects in the background. The external semaphore is signalled when the state changes and when a message came.
    #[primitive(name = "primitiveWebSocketConnectToUrl:withEventSemaphore:")]
    fn connect(cx: &Context, state: &mut State, receiver: Object, url: &str, semaphore: i64) -> Result<(), PrimitiveError> {
        let semaphore = u32::try_from(semaphore).map_err(|_| PrimitiveError::BadArgument)?;
        state.channels.connect(cx, receiver, url, semaphore)
    }

    /// 0 connecting, 1 open, 2 closing, 3 closed.
    #[primitive]
    fn primitive_web_socket_ready_state(cx: &Context, state: &mut State, receiver: Object) -> Result<i64, PrimitiveError> {
        state.channels.ready_state(cx, receiver)
    }

    /// The oldest message that was not received yet; nil if there is none.
    #[primitive]
    fn primitive_web_socket_received_message(
        cx: &Context,
        state: &mut State,
        receiver: Object,
    ) -> Result<Option<Vec<u8>>, PrimitiveError> {
        state.channels.receive(cx, receiver)
    }

    /// True if the connection is open.
    #[primitive(name = "primitiveWebSocketSend:")]
    fn send(cx: &Context, state: &mut State, receiver: Object, bytes: &[u8]) -> Result<bool, PrimitiveError> {
        state.channels.send(cx, receiver, bytes)
    }

    #[primitive]
    fn primitive_web_socket_close(cx: &Context, state: &mut State, receiver: Object) -> Result<bool, PrimitiveError> {
        state.channels.close(cx, receiver)
    }
}
