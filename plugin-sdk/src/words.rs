//! Types that stand for Smalltalk's where Rust has none.

use std::ops::Deref;

/// A result: nil. A function without a result answers the receiver instead.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Nil;

/// A parameter that must be a Symbol: its text.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Symbol<'c>(pub &'c str);

impl Deref for Symbol<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.0
    }
}
