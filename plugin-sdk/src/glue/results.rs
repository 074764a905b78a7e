//! Results into their slots.

use crate::abi::RESULT_SLOTS;
use crate::{Context, New, Object, Resource, ResourceId};

/// Data of a result, which stays where it is until the next call.
pub enum Data {
    /// `bytes`.
    Bytes(Vec<u8>),
    /// `words`.
    Words(Vec<u32>),
    /// `floats`.
    Floats(Vec<f32>),
    /// `text`.
    Text(String),
}

/// Where the results of a call go.
pub struct Out<'c> {
    slots: &'c mut [u64; RESULT_SLOTS],
    at: usize,
    kept: &'c mut Vec<Data>,
}

impl<'c> Out<'c> {
    #[inline]
    pub(super) fn new(slots: &'c mut [u64; RESULT_SLOTS], kept: &'c mut Vec<Data>) -> Out<'c> {
        Out { slots, at: 0, kept }
    }

    #[inline]
    fn slot(&mut self, value: u64) {
        self.slots[self.at] = value;
        self.at += 1;
    }

    fn data<T>(&mut self, data: &[T]) {
        self.slot(data.as_ptr() as usize as u64);
        self.slot(data.len() as u64);
    }
}

/// A value that can be a result, or an element of a tuple that is one.
#[diagnostic::on_unimplemented(message = "`{Self}` cannot be a result of a primitive")]
pub trait Value {
    /// Puts it into the next slots.
    fn put(self, out: &mut Out<'_>, cx: &mut Context);
}

macro_rules! values {
    ($($type:ty: |$value:ident, $out:ident| $put:expr;)*) => {
        $(
            impl Value for $type {
                #[inline]
                fn put(self, $out: &mut Out<'_>, _cx: &mut Context) {
                    let $value = self;
                    $put
                }
            }
        )*
    };
}

values! {
    i64: |value, out| out.slot(value as u64);
    f64: |value, out| out.slot(value.to_bits());
    bool: |value, out| out.slot(u64::from(value));
    char: |value, out| out.slot(u64::from(value));
    Object: |value, out| out.slot(u64::from(value.0));
    &'static [u8]: |value, out| out.data(value);
    &'static [u32]: |value, out| out.data(value);
    &'static [f32]: |value, out| out.data(value);
    &'static str: |value, out| out.data(value.as_bytes());
    // Moving a vector into the list of what is kept does not move its data.
    Vec<u8>: |value, out| { out.data(&value); out.kept.push(Data::Bytes(value)); };
    Vec<u32>: |value, out| { out.data(&value); out.kept.push(Data::Words(value)); };
    Vec<f32>: |value, out| { out.data(&value); out.kept.push(Data::Floats(value)); };
    String: |value, out| { out.data(value.as_bytes()); out.kept.push(Data::Text(value)); };
}

impl<T: Resource> Value for New<T> {
    fn put(self, out: &mut Out<'_>, cx: &mut Context) {
        out.slot(u64::from(cx.resources.insert(self.0)));
    }
}

impl<T: Resource> Value for ResourceId<T> {
    fn put(self, out: &mut Out<'_>, _cx: &mut Context) {
        out.slot(u64::from(self.number));
    }
}

impl<T: OptionalValue> Value for Option<T> {
    #[inline]
    fn put(self, out: &mut Out<'_>, cx: &mut Context) {
        out.slot(u64::from(self.is_some()));
        match self {
            Some(value) => value.put(out, cx),
            None => (0..T::SLOTS).for_each(|_| out.slot(0)),
        }
    }
}

/// A value that may be missing in a tuple.
pub trait OptionalValue: Value {
    /// How many slots it takes.
    const SLOTS: usize = 1;
}

macro_rules! optional_values {
    ($($type:ty: $slots:literal),*) => {
        $(impl OptionalValue for $type { const SLOTS: usize = $slots; })*
    };
}

optional_values!(
    i64: 1, f64: 1, bool: 1, char: 1, Object: 1, &'static [u8]: 2, &'static [u32]: 2, &'static [f32]: 2, &'static str: 2,
    Vec<u8>: 2, Vec<u32>: 2, Vec<f32>: 2, String: 2
);
impl<T: Resource> OptionalValue for New<T> {}
impl<T: Resource> OptionalValue for ResourceId<T> {}
