//! A function with `#[primitive]` or `#[hook]`, read and checked.

use crate::result::{Answer, answer};
use crate::types::{Argument, Parameter, parameter};
use osvm_plugin_abi::{Hook, Param, ResultType, Signature, Type, TypeRef};
use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Error, FnArg, Ident, ItemFn, Pat, PatType, Result, ReturnType};

/// A primitive or a hook.
pub(crate) struct Function {
    /// The function's name in Rust.
    pub(crate) ident: Ident,
    /// What the image or the host calls it by.
    pub(crate) role: Role,
    /// Its parameters, in their order.
    pub(crate) parameters: Vec<Parameter>,
    /// What it answers.
    pub(crate) answer: Answer,
    /// Where what it answers is written.
    pub(crate) output: Span,
    /// The parameters that are arguments, and the result, as they cross.
    pub(crate) signature: Signature,
}

/// What a function is for.
pub(crate) enum Role {
    /// A primitive of this name.
    Primitive(String),
    /// A hook.
    Hook(Hook),
}

impl Function {
    /// The name `State`, if it wants the plugin's state.
    pub(crate) fn state(&self) -> Option<Ident> {
        self.parameters.iter().find_map(|parameter| match parameter {
            Parameter::State(name) => Some(name.clone()),
            Parameter::Context | Parameter::Argument(_) => None,
        })
    }

    /// Reads a primitive. Takes the attributes of parameters away.
    pub(crate) fn primitive(item: &mut ItemFn, name: Option<syn::LitStr>) -> Result<Function> {
        let name = name.map_or_else(|| camel_case(&item.sig.ident.unraw().to_string()), |name| name.value());
        Function::read(item, Role::Primitive(name))
    }

    /// Reads a hook.
    pub(crate) fn hook(item: &mut ItemFn) -> Result<Function> {
        let ident = &item.sig.ident;
        let found = Hook::ALL.iter().find(|(_, name, _)| ident == name);
        let &(hook, ..) = found.ok_or_else(|| {
            let names = Hook::ALL.map(|(_, name, _)| name).join(", ");
            Error::new(ident.span(), format!("there is no hook `{ident}`; a hook's function is named {names}"))
        })?;
        let function = Function::read(item, Role::Hook(hook))?;
        let wanted = if hook == Hook::Timer { "(token: i64)" } else { "()" };
        let types: Vec<TypeRef> = function.signature.params.iter().map(|param| param.ty).collect();
        let token = [TypeRef { base: Type::Int, optional: false }];
        let expected: &[TypeRef] = if hook == Hook::Timer { &token } else { &[] };
        if types != expected || function.signature.takes_receiver() {
            let message =
                format!("the hook `{hook}` has the parameters {wanted}, and cx and state if it wants them", hook = hook.name());
            return Err(Error::new(item.sig.ident.span(), message));
        }
        if function.signature.result != ResultType::Receiver {
            return Err(Error::new_spanned(&item.sig.output, "a hook answers nothing, or Result<(), PrimitiveError>"));
        }
        Ok(function)
    }

    fn read(item: &mut ItemFn, role: Role) -> Result<Function> {
        plain(item)?;
        let mut errors = None;
        let mut parameters = Vec::new();
        let mut params: Vec<Param> = Vec::new();
        for input in &mut item.sig.inputs {
            match input_of(input, &params) {
                Ok((parameter, param)) => {
                    parameters.push(parameter);
                    params.extend(param);
                }
                Err(error) => combine(&mut errors, error),
            }
        }
        let answer = answer(&item.sig.output).map_err(|error| combine(&mut errors, error));
        if let Some(error) = errors {
            return Err(error);
        }
        let Ok(answer) = answer else { return Err(Error::new(item.sig.ident.span(), "the result cannot be read")) };
        let signature = Signature { params, result: answer.ty.clone() };
        // What is left to be found are limits that hold for the whole.
        if let Err(error) = signature.to_string().parse::<Signature>() {
            return Err(Error::new(item.sig.ident.span(), error.message));
        }
        let output = match &item.sig.output {
            ReturnType::Default => Span::call_site(),
            ReturnType::Type(_, ty) => ty.span(),
        };
        Ok(Function { ident: item.sig.ident.clone(), role, parameters, answer, output, signature })
    }
}

/// Adds an error to those that were found already.
pub(crate) fn combine(errors: &mut Option<Error>, error: Error) {
    match errors {
        Some(errors) => errors.combine(error),
        None => *errors = Some(error),
    }
}

/// Refuses functions that a host cannot call.
fn plain(item: &ItemFn) -> Result<()> {
    let sig = &item.sig;
    let refused = |tokens: &dyn quote::ToTokens, what: &str| Err(Error::new_spanned(tokens, what));
    if !sig.generics.params.is_empty() || sig.generics.where_clause.is_some() {
        let what =
            "a primitive or hook cannot be generic, in lifetimes neither: its signature is one text, known before it is called";
        return match sig.generics.params.is_empty() {
            true => refused(&sig.generics.where_clause, what),
            false => refused(&sig.generics.params, what),
        };
    }
    if let Some(asyncness) = &sig.asyncness {
        return refused(asyncness, "a primitive or hook cannot be `async`: it answers when it returns");
    }
    if let Some(unsafety) = &sig.unsafety {
        return refused(unsafety, "a primitive or hook cannot be `unsafe`: its caller has nothing to promise");
    }
    if let Some(abi) = &sig.abi {
        return refused(abi, "a primitive or hook is an ordinary function: the attribute makes the exported one");
    }
    if let Some(variadic) = &sig.variadic {
        return refused(variadic, "a primitive or hook has a fixed number of parameters");
    }
    if let Some(cfg) = item.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")) {
        return refused(cfg, "a primitive or hook cannot depend on `cfg`: all forms of a plugin have the same description");
    }
    Ok(())
}

/// A parameter of the function, and what it is in the signature if it is an argument.
fn input_of(input: &mut FnArg, before: &[Param]) -> Result<(Parameter, Option<Param>)> {
    let FnArg::Typed(typed) = input else {
        return Err(Error::new_spanned(
            input,
            "a primitive or hook is no method; for the receiver, write `receiver: Object` (or another type)",
        ));
    };
    let omittable = take_omittable(&mut typed.attrs);
    let parameter = parameter(&typed.ty)?;
    let argument = match &parameter {
        Parameter::Argument(argument) => argument,
        Parameter::Context | Parameter::State(_) => {
            return match omittable {
                Some(attribute) => Err(Error::new_spanned(attribute, "this parameter is no argument")),
                None => Ok((parameter, None)),
            };
        }
    };
    let ident = ident(typed)?;
    let name = name_of(&ident, before)?;
    let omittable = omitted(omittable, argument, &name, before, &ident)?;
    // What may be missing is an Option in any case; `x?: T` says so, and `x?: T?` would say nothing more.
    let ty = TypeRef { base: argument.kind.crossing(), optional: argument.optional && !omittable };
    let param = Param { name, ty, omittable };
    Ok((parameter, Some(param)))
}

/// The attribute `#[omittable]` of a parameter, taken away.
fn take_omittable(attrs: &mut Vec<Attribute>) -> Option<Attribute> {
    let index = attrs.iter().position(|attribute| attribute.path().is_ident("omittable"))?;
    Some(attrs.remove(index))
}

fn omitted(attribute: Option<Attribute>, argument: &Argument, name: &str, before: &[Param], ident: &Ident) -> Result<bool> {
    let Some(attribute) = attribute else {
        return match before.last().filter(|param| param.omittable) {
            Some(_) => {
                Err(Error::new(ident.span(), "this follows a parameter that may be missing: write `#[omittable]` before it"))
            }
            None => Ok(false),
        };
    };
    if !argument.optional {
        return Err(Error::new_spanned(attribute, format!("what may be missing is an Option: `#[omittable] {name}: Option<...>`")));
    }
    if name == "self" {
        return Err(Error::new_spanned(attribute, "the receiver is never missing"));
    }
    Ok(true)
}

fn ident(typed: &PatType) -> Result<Ident> {
    match &*typed.pat {
        Pat::Ident(pat) if pat.by_ref.is_none() && pat.subpat.is_none() => Ok(pat.ident.clone()),
        other => Err(Error::new(other.span(), "an argument needs a name: the signature has it")),
    }
}

/// The name in the signature.
fn name_of(ident: &Ident, before: &[Param]) -> Result<String> {
    let written = ident.unraw().to_string();
    if written == "receiver" {
        return match before.is_empty() {
            true => Ok("self".into()),
            false => Err(Error::new(ident.span(), "`receiver` is the receiver of the message, and can only be the first argument")),
        };
    }
    let name = written.trim_start_matches('_');
    if name.is_empty() || !name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
        return Err(Error::new(
            ident.span(),
            "the name of an argument has lower-case letters, digits and `_` only: the signature has it",
        ));
    }
    if name.starts_with(|c: char| c.is_ascii_digit()) || name == "self" {
        return Err(Error::new(ident.span(), "this cannot be the name of an argument"));
    }
    if before.iter().any(|param| param.name == name) {
        return Err(Error::new(ident.span(), format!("there is already an argument `{name}`")));
    }
    Ok(name.into())
}

/// `primitive_file_open` as `primitiveFileOpen`.
fn camel_case(name: &str) -> String {
    let mut words = name.split('_').filter(|word| !word.is_empty());
    let mut text = words.next().unwrap_or_default().to_string();
    for word in words {
        let (first, rest) = word.split_at(1);
        text.push_str(&first.to_ascii_uppercase());
        text.push_str(rest);
    }
    text
}
