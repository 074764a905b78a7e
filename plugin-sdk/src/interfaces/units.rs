//! Elements of objects whose data is numbers.

mod private {
    /// Says that a type is plain data: all bits are a value, and there is no padding.
    pub trait Plain: Copy + Default + 'static {}
}

pub(crate) use private::Plain;

/// A type of the elements of an object of bytes or units: integers of 8 to 64 bits, and floats.
pub trait Unit: Plain {}

macro_rules! units {
    ($($type:ty),*) => { $(impl Plain for $type {} impl Unit for $type {})* };
}

units!(u8, i8, u16, i16, u32, i32, u64, i64, f32, f64);

/// The bytes of units.
pub(crate) fn bytes_of<T: Unit>(units: &[T]) -> &[u8] {
    // SAFETY: `Plain` types have no padding, and bytes need no alignment.
    unsafe { std::slice::from_raw_parts(units.as_ptr().cast(), size_of_val(units)) }
}

/// The bytes of units, to be changed.
pub(crate) fn bytes_of_mut<T: Unit>(units: &mut [T]) -> &mut [u8] {
    // SAFETY: `Plain` types have no padding, and all bits are a value of them.
    unsafe { std::slice::from_raw_parts_mut(units.as_mut_ptr().cast(), size_of_val(units)) }
}
