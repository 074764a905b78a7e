//! The types that a result can have, by how they are written.

use crate::types::{last, one_type, text, types};
use osvm_plugin_abi::{ResultType, Type as Crossing, TypeRef};
use syn::{Error, Result, ReturnType, Type};

/// What can be a result, for messages.
const RESULTS: &str = "a result can be () for the receiver, Nil, i64, f64, bool, char, Vec<u8>, Vec<u32>, Vec<f32>, String, \
    &'static data of these, Object, New<T> or ResourceId<T> of a Resource, an Option of these, a tuple of 2 or more, an Option of a tuple, \
    and Result<_, PrimitiveError> of all of it";

/// What a function answers.
pub(crate) struct Answer {
    /// It is a `Result`.
    pub(crate) fails: bool,
    /// What it answers if it does not fail.
    pub(crate) ty: ResultType,
}

/// The answer that a return type says.
pub(crate) fn answer(output: &ReturnType) -> Result<Answer> {
    let ReturnType::Type(_, ty) = output else { return Ok(Answer { fails: false, ty: ResultType::Receiver }) };
    match last(ty).filter(|name| name.ident == "Result") {
        None => Ok(Answer { fails: false, ty: whole(ty)? }),
        Some(result) => match types(result).as_slice() {
            [ok] | [ok, _] => Ok(Answer { fails: true, ty: whole(ok)? }),
            _ => Err(Error::new_spanned(ty, "expected `Result<T, PrimitiveError>`")),
        },
    }
}

fn whole(ty: &Type) -> Result<ResultType> {
    match ty {
        Type::Paren(inner) => return whole(&inner.elem),
        Type::Group(inner) => return whole(&inner.elem),
        Type::Tuple(tuple) if tuple.elems.is_empty() => return Ok(ResultType::Receiver),
        Type::Tuple(_) => return Ok(ResultType::Tuple(elements(ty)?, false)),
        _ => {}
    }
    match last(ty) {
        Some(name) if name.ident == "Nil" => Ok(ResultType::Nil),
        Some(name) if name.ident == "Option" => match one_type(name)? {
            Type::Tuple(tuple) if tuple.elems.is_empty() => {
                Err(Error::new_spanned(ty, "an Option of nothing is no result: use () for the receiver or `Nil`"))
            }
            inner @ Type::Tuple(_) => Ok(ResultType::Tuple(elements(inner)?, true)),
            inner => Ok(ResultType::Value(TypeRef { base: base(inner)?, optional: true })),
        },
        _ => Ok(ResultType::Value(TypeRef { base: base(ty)?, optional: false })),
    }
}

fn elements(ty: &Type) -> Result<Vec<TypeRef>> {
    let Type::Tuple(tuple) = ty else { return Err(unknown(ty)) };
    if tuple.elems.len() < 2 {
        return Err(Error::new_spanned(ty, "a tuple of one is no result: use the type itself"));
    }
    let element = |ty: &Type| match last(ty).filter(|name| name.ident == "Option") {
        Some(option) => Ok(TypeRef { base: base(one_type(option)?)?, optional: true }),
        None => Ok(TypeRef { base: base(ty)?, optional: false }),
    };
    tuple.elems.iter().map(element).collect()
}

/// A value alone.
fn base(ty: &Type) -> Result<Crossing> {
    if let Type::Reference(reference) = ty {
        return lasting(ty, reference);
    }
    let name = last(ty).ok_or_else(|| unknown(ty))?;
    Ok(match name.ident.to_string().as_str() {
        "i64" => Crossing::Int,
        "f64" => Crossing::Float,
        "bool" => Crossing::Bool,
        "char" => Crossing::Char,
        "Object" => Crossing::Oop,
        "String" => Crossing::Text,
        "Vec" => data(ty, one_type(name)?)?,
        "New" | "ResourceId" => {
            one_type(name)?;
            Crossing::Resource
        }
        "i8" | "i16" | "i32" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => {
            return Err(instead(ty, "i64"));
        }
        "f32" => return Err(instead(ty, "f64")),
        _ => return Err(unknown(ty)),
    })
}

/// `&'static [u8]` and the like.
fn lasting(ty: &Type, reference: &syn::TypeReference) -> Result<Crossing> {
    let is_static = reference.lifetime.as_ref().is_some_and(|lifetime| lifetime.ident == "static");
    let found = match &*reference.elem {
        Type::Slice(slice) => data(ty, &slice.elem)?,
        elem if last(elem).is_some_and(|name| name.ident == "str") => Crossing::Text,
        _ => return Err(unknown(ty)),
    };
    if !is_static || reference.mutability.is_some() {
        return Err(Error::new_spanned(
            ty,
            "data that a primitive answers must outlive the call: use a Vec or String, or `&'static`",
        ));
    }
    Ok(found)
}

/// Data of these elements.
fn data(whole: &Type, element: &Type) -> Result<Crossing> {
    match last(element).map(|name| name.ident.to_string()).as_deref() {
        Some("u8") => Ok(Crossing::Bytes),
        Some("u32") => Ok(Crossing::Words),
        Some("f32") => Ok(Crossing::Floats),
        _ => Err(unknown(whole)),
    }
}

fn unknown(ty: &Type) -> Error {
    Error::new_spanned(ty, format!("`{}` cannot be a result of a primitive; {RESULTS}", text(ty)))
}

fn instead(ty: &Type, what: &str) -> Error {
    Error::new_spanned(ty, format!("`{}` cannot be a result of a primitive: use {what}", text(ty)))
}
