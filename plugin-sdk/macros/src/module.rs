//! `#[plugin]`: a module with its primitives and hooks.

use crate::attributes::{self, PluginAttribute};
use crate::emit;
use crate::function::{Function, Role, combine};
use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, Error, Ident, Item, ItemFn, ItemMod, Meta, Result, UseTree};

/// A plugin, read and checked.
pub(crate) struct Plugin {
    pub(crate) attribute: PluginAttribute,
    /// The primitives in the order of the source.
    pub(crate) primitives: Vec<Function>,
    /// The hooks in the order of the source.
    pub(crate) hooks: Vec<Function>,
    /// The name `State` where the module has it, if it does.
    pub(crate) state: Option<Ident>,
}

/// The module with what makes a plugin of it; with the errors instead, if there are some.
pub(crate) fn expand(attribute: TokenStream, item: TokenStream) -> TokenStream {
    let mut module: ItemMod = match syn::parse2(item.clone()) {
        Ok(module) => module,
        Err(error) => {
            let error = Error::new(error.span(), "`#[plugin]` belongs to a module: `mod file_plugin { ... }`").to_compile_error();
            return quote!(#error #item);
        }
    };
    match read(attribute, &mut module) {
        Ok(plugin) => {
            let generated = emit::plugin(&plugin);
            if let Some((_, items)) = &mut module.content {
                items.push(Item::Verbatim(generated));
            }
            let name = &module.ident;
            // Tuples must be written out where a signature follows from them.
            quote!(#[allow(clippy::type_complexity)] #module pub use #name::PLUGIN;)
        }
        Err(errors) => {
            let errors = errors.to_compile_error();
            quote!(#errors #[allow(unused)] #module)
        }
    }
}

fn read(attribute: TokenStream, module: &mut ItemMod) -> Result<Plugin> {
    let mut errors = None;
    let attribute = PluginAttribute::parse(attribute).map_err(|error| combine(&mut errors, error));
    let Some((_, items)) = &mut module.content else {
        return Err(Error::new_spanned(module, "the plugin's functions must be in the same file: `mod file_plugin { ... }`"));
    };
    let mut functions = Vec::new();
    for item in items.iter_mut() {
        let Item::Fn(function) = item else { continue };
        match read_function(function) {
            Ok(read) => functions.extend(read),
            Err(error) => combine(&mut errors, error),
        }
    }
    check_names(&functions, &mut errors);
    let state = items.iter().find_map(state_of).or_else(|| functions.iter().find_map(Function::state));
    let (Ok(attribute), None) = (attribute, &errors) else {
        return Err(errors.unwrap_or_else(|| Error::new_spanned(&module.ident, "the plugin cannot be read")));
    };
    let (primitives, hooks) = functions.into_iter().partition(|function| matches!(function.role, Role::Primitive(_)));
    Ok(Plugin { attribute, primitives, hooks, state })
}

/// A function that has one of the attributes, which is taken away.
fn read_function(function: &mut ItemFn) -> Result<Option<Function>> {
    let mut found = Vec::new();
    function.attrs.retain(|attribute| {
        let ours = is_named(attribute, "primitive") || is_named(attribute, "hook");
        if ours {
            found.push(attribute.clone());
        }
        !ours
    });
    let attribute = match found.as_slice() {
        [] => return Ok(None),
        [attribute] => attribute,
        [_, second, ..] => return Err(Error::new_spanned(second, "a function is one primitive, or one hook")),
    };
    let tokens = match &attribute.meta {
        Meta::Path(_) => TokenStream::new(),
        Meta::List(list) => list.tokens.clone(),
        Meta::NameValue(_) => {
            return Err(Error::new_spanned(attribute, "expected `#[primitive]` or `#[primitive(name = \"...\")]`"));
        }
    };
    if is_named(attribute, "primitive") {
        return Function::primitive(function, attributes::primitive(tokens)?).map(Some);
    }
    if !tokens.is_empty() {
        return Err(Error::new_spanned(tokens, "`#[hook]` has nothing in parentheses: the function's name says which hook it is"));
    }
    Function::hook(function).map(Some)
}

fn is_named(attribute: &Attribute, name: &str) -> bool {
    attribute.path().segments.last().is_some_and(|segment| segment.ident == name)
}

/// Two functions cannot have one name.
fn check_names(functions: &[Function], errors: &mut Option<Error>) {
    let name = |function: &Function| match &function.role {
        Role::Primitive(name) => name.clone(),
        Role::Hook(hook) => hook.export().to_string(),
    };
    for (index, function) in functions.iter().enumerate() {
        let name_here = name(function);
        if let Some(first) = functions[..index].iter().find(|other| name(other) == name_here) {
            let message = format!("there are two primitives `{name_here}`: this one and `{}`", first.ident);
            combine(errors, Error::new(function.ident.span(), message));
        }
        if ["memory", "osvm_results", "osvm_arena", "_initialize"].contains(&name_here.as_str())
            || (name_here.starts_with("osvm_on_") && matches!(function.role, Role::Primitive(_)))
        {
            let message = format!("`{name_here}` is the name of something that every plugin exports");
            combine(errors, Error::new(function.ident.span(), message));
        }
    }
}

/// The name `State`, if an item brings a type of that name into the module.
fn state_of(item: &Item) -> Option<Ident> {
    let ident = match item {
        Item::Type(item) => &item.ident,
        Item::Struct(item) => &item.ident,
        Item::Enum(item) => &item.ident,
        Item::Use(item) => return used_state(&item.tree),
        _ => return None,
    };
    (ident == "State").then(|| ident.clone())
}

fn used_state(tree: &UseTree) -> Option<Ident> {
    let ident = match tree {
        UseTree::Path(path) => return used_state(&path.tree),
        UseTree::Group(group) => return group.items.iter().find_map(used_state),
        UseTree::Name(name) => &name.ident,
        UseTree::Rename(rename) => &rename.rename,
        UseTree::Glob(_) => return None,
    };
    (ident == "State").then(|| ident.clone())
}
