//! The attributes `#[plugin]`, `#[primitive]` and `#[hook]` of `osvm-plugin-sdk`, which exports and documents them.
//!
//! `#[plugin]` does the work, since it sees the whole module: it reads the functions (`function.rs`, `types.rs`, `result.rs`), makes the plugin's
//! description of them, and writes for each the function of the native table and the wasm export (`emit.rs`). What can be a parameter or a
//! result is decided by how its type is written.

#![forbid(unsafe_code)]

mod attributes;
mod emit;
mod function;
mod module;
mod result;
mod types;

use proc_macro::TokenStream;
use quote::quote;

/// Makes a plugin of a module: see the SDK's page.
#[proc_macro_attribute]
pub fn plugin(attribute: TokenStream, item: TokenStream) -> TokenStream {
    module::expand(attribute.into(), item.into()).into()
}

/// Makes a primitive of a function in a module that is a plugin: see the SDK's page.
#[proc_macro_attribute]
pub fn primitive(_attribute: TokenStream, item: TokenStream) -> TokenStream {
    outside("primitive", item)
}

/// Makes a hook of a function in a module that is a plugin: see the SDK's page.
#[proc_macro_attribute]
pub fn hook(_attribute: TokenStream, item: TokenStream) -> TokenStream {
    outside("hook", item)
}

/// `#[plugin]` takes these attributes away: one that is left is in no plugin.
fn outside(attribute: &str, item: TokenStream) -> TokenStream {
    let message = format!("`#[{attribute}]` belongs to a function directly in a module with `#[plugin(name = \"...\")]`");
    let error = syn::Error::new(proc_macro2::Span::call_site(), message).to_compile_error();
    let item = proc_macro2::TokenStream::from(item);
    quote!(#error #item).into()
}
