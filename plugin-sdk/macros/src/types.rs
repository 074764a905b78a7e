//! The types that a parameter can have, by how they are written.

use osvm_plugin_abi::Type as Crossing;
use quote::ToTokens;
use syn::{Error, GenericArgument, Ident, PathArguments, PathSegment, Result, Type};

/// What can be a parameter, for messages.
const PARAMETERS: &str = "a parameter can be i64, f64, bool, char, &[u8], &[u32], &[f32], &str, Symbol<'_>, Object, \
    &T or &mut T or Closing<T> or ResourceId<T> of a Resource, an Option of these, &mut Context, or &mut State";

/// What a parameter is.
pub(crate) enum Parameter {
    /// `&mut Context`.
    Context,
    /// `&mut State`, and where that name is written.
    State(Ident),
    /// An argument of the primitive.
    Argument(Argument),
}

/// What an argument is.
pub(crate) struct Argument {
    pub(crate) kind: Kind,
    /// It is an `Option`.
    pub(crate) optional: bool,
}

/// How an argument is got from its slots.
pub(crate) enum Kind {
    /// By the method of `Arguments` of the type's name.
    Plain(Crossing),
    /// `&T`.
    Shared(Box<Type>),
    /// `&mut T`.
    Mutable(Box<Type>),
    /// `Closing<T>`.
    Closing(Box<Type>),
    /// `ResourceId<T>`.
    Id(Box<Type>),
}

impl Kind {
    /// The type of a resource.
    pub(crate) fn resource(&self) -> Option<&Type> {
        match self {
            Kind::Shared(ty) | Kind::Mutable(ty) | Kind::Closing(ty) | Kind::Id(ty) => Some(ty),
            Kind::Plain(_) => None,
        }
    }

    /// The type as it crosses.
    pub(crate) fn crossing(&self) -> Crossing {
        match self {
            Kind::Plain(ty) => *ty,
            Kind::Shared(_) | Kind::Mutable(_) | Kind::Closing(_) | Kind::Id(_) => Crossing::Resource,
        }
    }
}

/// The parameter that a type says.
pub(crate) fn parameter(ty: &Type) -> Result<Parameter> {
    if let Type::Reference(reference) = ty {
        match last(&reference.elem) {
            Some(name) if name.ident == "Context" => return Ok(Parameter::Context),
            Some(name) if name.ident == "State" => return Ok(Parameter::State(name.ident.clone())),
            _ => {}
        }
    }
    let (inner, optional) = match last(ty).filter(|name| name.ident == "Option") {
        Some(option) => (one_type(option)?, true),
        None => (ty, false),
    };
    Ok(Parameter::Argument(Argument { kind: kind(inner)?, optional }))
}

fn kind(ty: &Type) -> Result<Kind> {
    match ty {
        Type::Reference(reference) => referred(ty, &reference.elem, reference.mutability.is_some()),
        Type::Paren(inner) => kind(&inner.elem),
        Type::Group(inner) => kind(&inner.elem),
        _ => owned(ty),
    }
}

/// `&T` and `&mut T`.
fn referred(whole: &Type, ty: &Type, mutable: bool) -> Result<Kind> {
    let data = match ty {
        Type::Slice(slice) => match last(&slice.elem).map(|name| name.ident.to_string()).as_deref() {
            Some("u8") => Crossing::Bytes,
            Some("u32") => Crossing::Words,
            Some("f32") => Crossing::Floats,
            _ => return Err(unknown(whole)),
        },
        Type::Path(_) => match last(ty).map(|name| name.ident.to_string()).as_deref() {
            Some("str") => Crossing::Text,
            Some("String") => return Err(instead(whole, "&str")),
            Some("Vec") => return Err(instead(whole, "a slice such as &[u8]")),
            Some("Object" | "Symbol" | "i64" | "f64" | "bool" | "char") => return Err(instead(whole, "it without `&`")),
            Some("Option") => return Err(instead(whole, "an Option of a reference")),
            Some(name) if is_number(name) => return Err(unknown(whole)),
            _ if mutable => return Ok(Kind::Mutable(Box::new(ty.clone()))),
            _ => return Ok(Kind::Shared(Box::new(ty.clone()))),
        },
        _ => return Err(unknown(whole)),
    };
    if mutable {
        let message =
            "the data of arguments is lent to be read; to change an object, take it as an `Object` and use `Context::write`";
        return Err(Error::new_spanned(whole, message));
    }
    Ok(Kind::Plain(data))
}

/// Types that are no references.
fn owned(ty: &Type) -> Result<Kind> {
    let name = last(ty).ok_or_else(|| unknown(ty))?;
    let plain = match name.ident.to_string().as_str() {
        "i64" => Crossing::Int,
        "f64" => Crossing::Float,
        "bool" => Crossing::Bool,
        "char" => Crossing::Char,
        "Object" => Crossing::Oop,
        "Symbol" => Crossing::Symbol,
        "Closing" => return Ok(Kind::Closing(Box::new(one_type(name)?.clone()))),
        "ResourceId" => return Ok(Kind::Id(Box::new(one_type(name)?.clone()))),
        "f32" => return Err(instead(ty, "f64")),
        number if is_number(number) => return Err(instead(ty, "i64")),
        "String" => return Err(instead(ty, "&str")),
        "Vec" => return Err(instead(ty, "a slice such as &[u8]")),
        "New" => return Err(Error::new_spanned(ty, "`New` is for results; a parameter is `&T`, `&mut T` or `Closing<T>`")),
        "Context" | "State" => return Err(Error::new_spanned(ty, format!("write `&mut {}`", name.ident))),
        _ => return Err(unknown(ty)),
    };
    Ok(Kind::Plain(plain))
}

fn is_number(name: &str) -> bool {
    matches!(name, "i8" | "i16" | "i32" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "f32")
}

fn unknown(ty: &Type) -> Error {
    Error::new_spanned(ty, format!("`{}` cannot be a parameter of a primitive; {PARAMETERS}", text(ty)))
}

fn instead(ty: &Type, what: &str) -> Error {
    Error::new_spanned(ty, format!("`{}` cannot be a parameter of a primitive: use {what}", text(ty)))
}

/// A type as people write it.
pub(crate) fn text(ty: &Type) -> String {
    let spaced = ty.to_token_stream().to_string();
    let mut text = String::new();
    for word in spaced.split(' ') {
        let tight = text.is_empty()
            || text.ends_with(['<', '&', '(', '[', ':', '\''])
            || word.starts_with(['<', '>', ',', ')', ']', ':', ';']);
        text.push_str(if tight { "" } else { " " });
        text.push_str(word);
    }
    text
}

/// The last part of a path.
pub(crate) fn last(ty: &Type) -> Option<&PathSegment> {
    match ty {
        Type::Path(path) if path.qself.is_none() => path.path.segments.last(),
        Type::Paren(inner) => last(&inner.elem),
        Type::Group(inner) => last(&inner.elem),
        _ => None,
    }
}

/// The type in `Name<T>`.
pub(crate) fn one_type(name: &PathSegment) -> Result<&Type> {
    let types = types(name);
    match types.as_slice() {
        [one] => Ok(one),
        _ => Err(Error::new_spanned(name, format!("expected one type: `{}<T>`", name.ident))),
    }
}

/// The types in `Name<A, B>`.
pub(crate) fn types(name: &PathSegment) -> Vec<&Type> {
    let PathArguments::AngleBracketed(arguments) = &name.arguments else { return Vec::new() };
    let types = arguments.args.iter().filter_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    });
    types.collect()
}
