//! The code that makes a plugin of a module.
//!
//! For each function there is one that takes its arguments out of slots and puts its results into them. The native table and the wasm exports
//! both go through it. All tokens here have the span of the attribute, so that a crate that forbids unsafe code is content with them:
//! the compiler takes such code for the macro's.

use crate::function::{Function, Role};
use crate::module::Plugin;
use crate::types::{Argument, Kind, Parameter};
use osvm_plugin_abi::{ABI, Description, Import, PrimitiveDescription, ResultType, SECTION, WasmType};
use proc_macro2::{Literal, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::{Ident, LitByteStr};

/// What is added to the module.
pub(crate) fn plugin(plugin: &Plugin) -> TokenStream {
    let description = description(plugin).to_string();
    let state = plugin.state.as_ref().map_or_else(|| quote!(()), |state| quote!(#state));
    let functions: Vec<&Function> = plugin.primitives.iter().chain(&plugin.hooks).collect();
    let called: Vec<TokenStream> = functions.iter().map(|function| called(function, &state)).collect();
    let names: Vec<Ident> = functions.iter().map(|function| called_name(function)).collect();
    let slots: Vec<usize> = functions.iter().map(|function| function.signature.argument_slots().count()).collect();
    let count = functions.len();
    let doc = format!("The plugin, for hosts that link it in and for tests.\n\n```text\n{description}```");
    let wasm = wasm(plugin, &functions, &state, &description);
    quote! {
        #(#called)*

        #[doc(hidden)]
        static __OSVM_FUNCTIONS: [::osvm_plugin_sdk::glue::Function; #count] = [#({
            unsafe extern "C" fn function(
                instance: *mut ::core::ffi::c_void,
                call: *mut ::osvm_plugin_sdk::glue::Frame,
            ) -> i32 {
                // SAFETY: only a host calls this, by the table whose `create` makes instances of this state, and with
                // the arguments that the description says.
                unsafe { ::osvm_plugin_sdk::glue::native::<#state>(instance, call, #slots, #names) }
            }
            function
        }),*];

        #[doc = #doc]
        pub static PLUGIN: ::osvm_plugin_sdk::PluginTable =
            ::osvm_plugin_sdk::glue::table::<#state>(#description, &__OSVM_FUNCTIONS);

        // A crate without the feature is one that is only linked in or tested; the compiler need not warn of it.
        #[allow(unexpected_cfgs, non_upper_case_globals)]
        const _: () = {
            #[cfg(all(feature = "export", not(target_family = "wasm")))]
            #[unsafe(no_mangle)]
            pub static osvm_plugin: ::osvm_plugin_sdk::PluginTable =
                ::osvm_plugin_sdk::glue::table::<#state>(#description, &__OSVM_FUNCTIONS);

            #wasm
        };
    }
}

/// What the plugin says of itself.
fn description(plugin: &Plugin) -> Description {
    let import = |interface: &&osvm_plugin_abi::interfaces::Interface| Import {
        interface: interface.name.into(),
        version: interface.version,
    };
    let hook = |function: &Function| match function.role {
        Role::Hook(hook) => Some(hook),
        Role::Primitive(_) => None,
    };
    let primitive = |function: &Function| match &function.role {
        Role::Primitive(name) => Some(PrimitiveDescription { name: name.clone(), signature: function.signature.clone() }),
        Role::Hook(_) => None,
    };
    Description {
        abi: ABI,
        module: plugin.attribute.name.value(),
        // Cargo says which version the crate has that is being compiled.
        version: std::env::var("CARGO_PKG_VERSION").ok().filter(|version| !version.is_empty()).unwrap_or_else(|| "0.0.0".into()),
        imports: plugin.attribute.imports.iter().map(import).collect(),
        hooks: plugin.hooks.iter().filter_map(hook).collect(),
        primitives: plugin.primitives.iter().filter_map(primitive).collect(),
    }
}

fn called_name(function: &Function) -> Ident {
    format_ident!("__osvm_{}", function.ident)
}

/// The function that takes arguments out of slots, calls the author's function and puts results into slots.
fn called(function: &Function, state: &TokenStream) -> TokenStream {
    let (name, ident) = (called_name(function), &function.ident);
    let (mut decoded, mut closings, mut arguments) = (TokenStream::new(), TokenStream::new(), Vec::new());
    let mut params = function.signature.params.iter();
    let mut slot = 0;
    for (index, parameter) in function.parameters.iter().enumerate() {
        match parameter {
            Parameter::Context => arguments.push(quote!(cx)),
            Parameter::State(_) => arguments.push(quote!(state)),
            Parameter::Argument(argument) => {
                let value = format_ident!("argument_{index}");
                // What is closed comes last: then nothing is closed by a call that fails before it began.
                let closes = matches!(argument.kind, Kind::Closing(_));
                let into = if closes { &mut closings } else { &mut decoded };
                let (statements, expression) = decode(argument, &value, slot);
                into.extend(statements);
                arguments.push(expression);
                let param = params.next().expect("each argument is in the signature");
                slot += param.crossing().slots().count();
            }
        }
    }
    // Where types do not fit, the compiler points at these spans.
    let unwrapped = function.answer.fails.then(|| {
        let fallible = quote_spanned!(function.output=> ::osvm_plugin_sdk::glue::fallible(result));
        quote!(let result = #fallible?;)
    });
    let resources = function.parameters.iter().filter_map(|parameter| match parameter {
        Parameter::Argument(argument) => argument.kind.resource(),
        Parameter::Context | Parameter::State(_) => None,
    });
    let resources = resources.map(|ty| quote!(let _ = ::osvm_plugin_sdk::glue::is_resource::<#ty>;));
    let encoded = encode(&function.answer.ty);
    quote! {
        #[doc(hidden)]
        #[allow(unused_variables, unused_mut, clippy::let_unit_value)]
        fn #name(
            call: ::osvm_plugin_sdk::glue::Call<'_, #state>,
        ) -> ::core::result::Result<i32, ::osvm_plugin_sdk::PrimitiveError> {
            let ::osvm_plugin_sdk::glue::Call { arguments, cx, state, mut out } = call;
            #(#resources)*
            #decoded
            #closings
            let result = #ident(#(#arguments),*);
            #unwrapped
            #encoded
        }
    }
}

/// Statements that get an argument from its slots, and the expression that hands it over.
fn decode(argument: &Argument, value: &Ident, slot: usize) -> (TokenStream, TokenStream) {
    let first = slot + usize::from(argument.optional);
    let optional = |got: TokenStream| match argument.optional {
        true => quote!(if arguments.bool(#slot) { ::core::option::Option::Some(#got) } else { ::core::option::Option::None }),
        false => got,
    };
    let (shared, guard) = (format_ident!("{value}_shared"), format_ident!("{value}_guard"));
    let glue = quote!(::osvm_plugin_sdk::glue);
    match &argument.kind {
        Kind::Plain(ty) => {
            let method = format_ident!("{}", plain_method(*ty));
            let got = match ty {
                osvm_plugin_abi::Type::Char => quote!(arguments.char(#first)?),
                // SAFETY: the slots are those that the signature has for this argument.
                ty if ty.is_data() => quote!(unsafe { arguments.#method(#first) }),
                _ => quote!(arguments.#method(#first)),
            };
            let got = optional(got);
            (quote!(let #value = #got;), quote!(#value))
        }
        Kind::Closing(ty) => {
            let got = optional(quote!(#glue::closing::<#ty>(cx, arguments.resource(#first))?));
            (quote!(let #value = #got;), quote!(#value))
        }
        Kind::Id(ty) => {
            let got = optional(quote!(#glue::id::<#ty>(cx, arguments.resource(#first))?));
            (quote!(let #value = #got;), quote!(#value))
        }
        Kind::Shared(ty) => {
            let got = optional(quote!(#glue::shared::<#ty>(cx, arguments.resource(#first))?));
            let (borrowed, passed) = match argument.optional {
                true => (quote!(#shared.as_ref().map(|shared| #glue::borrow(shared)).transpose()?), quote!(#guard.as_deref())),
                false => (quote!(#glue::borrow(&#shared)?), quote!(&*#guard)),
            };
            (quote!(let #shared = #got; let #guard = #borrowed;), passed)
        }
        Kind::Mutable(ty) => {
            let got = optional(quote!(#glue::shared::<#ty>(cx, arguments.resource(#first))?));
            let (borrowed, passed) = match argument.optional {
                true => {
                    (quote!(#shared.as_ref().map(|shared| #glue::borrow_mut(shared)).transpose()?), quote!(#guard.as_deref_mut()))
                }
                false => (quote!(#glue::borrow_mut(&#shared)?), quote!(&mut *#guard)),
            };
            (quote!(let #shared = #got; let mut #guard = #borrowed;), passed)
        }
    }
}

/// The method of `Arguments` for a type.
fn plain_method(ty: osvm_plugin_abi::Type) -> &'static str {
    match ty {
        osvm_plugin_abi::Type::Oop => "object",
        ty => ty.name(),
    }
}

/// Puts `result` into slots and answers the status.
fn encode(ty: &ResultType) -> TokenStream {
    let values = quote!(::core::result::Result::Ok(::osvm_plugin_sdk::abi::STATUS_VALUES));
    let nil = quote!(::core::result::Result::Ok(::osvm_plugin_sdk::abi::STATUS_NIL));
    let put = |value: TokenStream| quote!(::osvm_plugin_sdk::glue::Value::put(#value, &mut out, cx););
    let tuple = |len: usize| {
        let elements: Vec<Ident> = (0..len).map(|index| format_ident!("element_{index}")).collect();
        let puts = elements.iter().map(|element| put(quote!(#element)));
        quote! {
            let (#(#elements),*) = result;
            #(#puts)*
            #values
        }
    };
    let optional = |inner: TokenStream| {
        quote! {
            let ::core::option::Option::Some(result) = result else { return #nil };
            #inner
        }
    };
    match ty {
        ResultType::Receiver => quote!(let () = result; #values),
        ResultType::Nil => quote!(let ::osvm_plugin_sdk::Nil = result; #values),
        ResultType::Value(ty) => {
            let put = put(quote!(result));
            let inner = quote!(#put #values);
            if ty.optional { optional(inner) } else { inner }
        }
        ResultType::Tuple(types, false) => tuple(types.len()),
        ResultType::Tuple(types, true) => optional(tuple(types.len())),
    }
}

/// The exports of the wasm module.
fn wasm(plugin: &Plugin, functions: &[&Function], state: &TokenStream, description: &str) -> TokenStream {
    let exports = functions.iter().map(|function| {
        let name = match &function.role {
            Role::Primitive(name) => name.as_str(),
            Role::Hook(hook) => hook.export(),
        };
        let called = called_name(function);
        let types: Vec<WasmType> = function.signature.wasm_params().collect();
        let parameters: Vec<Ident> = (0..types.len()).map(|index| format_ident!("p{index}")).collect();
        let rust_types = types.iter().map(|ty| match ty {
            WasmType::I32 => quote!(u32),
            WasmType::I64 => quote!(u64),
            WasmType::F64 => quote!(f64),
        });
        let slots = types.iter().zip(&parameters).map(|(ty, parameter)| match ty {
            WasmType::I32 => quote!(#parameter as u64),
            WasmType::I64 => quote!(#parameter),
            WasmType::F64 => quote!(#parameter.to_bits()),
        });
        quote! {
            const _: () = {
                #[unsafe(export_name = #name)]
                extern "C" fn export(#(#parameters: #rust_types),*) -> i32 {
                    // SAFETY: only the host calls this, when no other call runs, and with the arguments that the description says.
                    unsafe { ::osvm_plugin_sdk::glue::wasm::<#state>(&INSTANCE, &osvm_results, START, &[#(#slots),*], #called) }
                }
            };
        }
    });
    let log = plugin.attribute.imports.iter().any(|interface| interface.name == "log");
    let start = if log { quote!(::osvm_plugin_sdk::glue::log_panics) } else { quote!(|| {}) };
    let bytes = LitByteStr::new(description.as_bytes(), proc_macro2::Span::call_site());
    let len = Literal::usize_suffixed(description.len());
    quote! {
        #[cfg(all(feature = "export", target_family = "wasm"))]
        const _: () = {
            static INSTANCE: ::osvm_plugin_sdk::glue::WasmInstance<#state> = ::osvm_plugin_sdk::glue::WasmInstance::new();
            const START: fn() = #start;

            #[unsafe(no_mangle)]
            static osvm_results: ::osvm_plugin_sdk::glue::ResultSlots = ::osvm_plugin_sdk::glue::ResultSlots::new();

            #[unsafe(no_mangle)]
            extern "C" fn osvm_arena(len: u32) -> u32 {
                ::osvm_plugin_sdk::glue::arena(len)
            }

            #[used]
            #[unsafe(link_section = #SECTION)]
            static DESCRIPTION: [u8; #len] = *#bytes;

            #(#exports)*
        };
    }
}
