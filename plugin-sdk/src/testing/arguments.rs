//! What can be given to a call as its arguments.

use super::Fake;

/// The arguments of a call: a tuple of what becomes a [`Fake`], or an array, slice or vector of `Fake`s.
pub trait Arguments {
    /// The arguments.
    fn into_fakes(self) -> Vec<Fake>;
}

impl Arguments for Vec<Fake> {
    fn into_fakes(self) -> Vec<Fake> {
        self
    }
}

impl Arguments for &[Fake] {
    fn into_fakes(self) -> Vec<Fake> {
        self.to_vec()
    }
}

impl<const N: usize> Arguments for [Fake; N] {
    fn into_fakes(self) -> Vec<Fake> {
        self.into()
    }
}

impl<const N: usize> Arguments for &[Fake; N] {
    fn into_fakes(self) -> Vec<Fake> {
        self.to_vec()
    }
}

impl Arguments for () {
    fn into_fakes(self) -> Vec<Fake> {
        Vec::new()
    }
}

macro_rules! tuples {
    ($(($($name:ident),*);)*) => {
        $(
            impl<$($name: Into<Fake>),*> Arguments for ($($name,)*) {
                fn into_fakes(self) -> Vec<Fake> {
                    #[expect(non_snake_case, reason = "named as their types")]
                    let ($($name,)*) = self;
                    vec![$($name.into()),*]
                }
            }
        )*
    };
}

tuples! {
    (A);
    (A, B);
    (A, B, C);
    (A, B, C, D);
    (A, B, C, D, E);
    (A, B, C, D, E, F);
    (A, B, C, D, E, F, G);
    (A, B, C, D, E, F, G, H);
}

macro_rules! values {
    ($($type:ty: |$value:ident| $fake:expr;)*) => {
        $(
            impl From<$type> for Fake {
                fn from($value: $type) -> Fake {
                    $fake
                }
            }
        )*
    };
}

values! {
    i64: |value| Fake::Int(value);
    i32: |value| Fake::Int(value.into());
    u8: |value| Fake::Int(value.into());
    u32: |value| Fake::Int(value.into());
    f64: |value| Fake::Float(value);
    bool: |value| Fake::Bool(value);
    char: |value| Fake::Char(value.into());
    &str: |value| Fake::string(value);
    &[u8]: |value| Fake::bytes(value);
    Vec<u8>: |value| Fake::bytes(value);
    &Fake: |value| value.clone();
}

impl<const N: usize> From<&[u8; N]> for Fake {
    fn from(value: &[u8; N]) -> Fake {
        Fake::bytes(value)
    }
}

impl<T: Into<Fake>> From<Option<T>> for Fake {
    fn from(value: Option<T>) -> Fake {
        value.map_or(Fake::Nil, Into::into)
    }
}
