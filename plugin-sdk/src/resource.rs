//! What a plugin keeps open for the image: values of its own types, each by a number, for which the host makes handles.

use crate::PrimitiveError;
use std::any::Any;
use std::cell::{Ref, RefCell, RefMut};
use std::fmt;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::rc::Rc;

/// A type whose values a plugin keeps open for the image: files, connections, generators.
///
/// A primitive makes one with [`New`], gets it by `&T` or `&mut T` as a parameter, and ends it with [`Closing`]. In between the image
/// has a handle that cannot be forged; the host checks it before the plugin runs.
///
/// ```
/// use osvm_plugin_sdk::prelude::*;
///
/// struct Counter(i64);
/// impl Resource for Counter {}
///
/// #[plugin(name = "CounterPlugin")]
/// mod counter_plugin {
///     use super::*;
///
///     #[primitive]
///     fn primitive_counter_new() -> New<Counter> {
///         New(Counter(0))
///     }
///
///     #[primitive]
///     fn primitive_counter_next(counter: &mut Counter) -> i64 {
///         counter.0 += 1;
///         counter.0
///     }
///
///     #[primitive]
///     fn primitive_counter_close(counter: Closing<Counter>) -> i64 {
///         counter.0.0
///     }
/// }
/// # fn main() {}
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no resource",
    label = "this type does not implement `Resource`",
    note = "write `impl Resource for {Self} {{}}` if values of it are to be kept open for the image"
)]
pub trait Resource: 'static {}

/// A result: a value that is kept from now on. The image gets a handle for it.
#[derive(Debug)]
pub struct New<T: Resource>(pub T);

/// A parameter: the value of a resource, which is taken out and whose handles are dead from now on.
#[derive(Debug)]
pub struct Closing<T: Resource>(pub T);

impl<T: Resource> Deref for Closing<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<T: Resource> DerefMut for Closing<T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.0
    }
}

/// The number of a resource that is kept. As a result it stands for the handle that the image has, or gets, for it.
pub struct ResourceId<T> {
    pub(crate) number: u32,
    of: PhantomData<fn() -> T>,
}

impl<T> ResourceId<T> {
    pub(crate) fn new(number: u32) -> ResourceId<T> {
        ResourceId { number, of: PhantomData }
    }
}

impl<T> Clone for ResourceId<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for ResourceId<T> {}

impl<T> PartialEq for ResourceId<T> {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl<T> Eq for ResourceId<T> {}

impl<T> fmt::Debug for ResourceId<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ResourceId({})", self.number)
    }
}

/// A resource as calls share it.
pub(crate) type Shared<T> = Rc<RefCell<T>>;

/// The resources of an instance by number; numbers are used again.
#[derive(Default)]
pub(crate) struct Table {
    entries: Vec<Option<Rc<dyn Any>>>,
    free: Vec<u32>,
}

impl Table {
    pub(crate) fn insert<T: Resource>(&mut self, value: T) -> u32 {
        let entry: Option<Rc<dyn Any>> = Some(Rc::new(RefCell::new(value)));
        if let Some(number) = self.free.pop() {
            self.entries[number as usize] = entry;
            return number;
        }
        self.entries.push(entry);
        (self.entries.len() - 1) as u32
    }

    /// The resource of this number. One of another type, or none, is a bad argument.
    pub(crate) fn get<T: 'static>(&self, number: u32) -> Result<Shared<T>, PrimitiveError> {
        let entry = self.entries.get(number as usize).and_then(Option::as_ref).ok_or(PrimitiveError::BadArgument)?;
        Rc::clone(entry).downcast().map_err(|_| PrimitiveError::BadArgument)
    }

    /// Takes a resource out; one that the running call uses already is a bad argument, and stays.
    pub(crate) fn remove<T: Resource>(&mut self, number: u32) -> Result<T, PrimitiveError> {
        let shared = self.get::<T>(number)?;
        // One is the table's and one is this function's.
        if Rc::strong_count(&shared) != 2 {
            return Err(PrimitiveError::BadArgument);
        }
        self.entries[number as usize] = None;
        self.free.push(number);
        let value = Rc::try_unwrap(shared).map_err(|_| PrimitiveError::Internal)?;
        Ok(value.into_inner())
    }

    /// The numbers of all resources of a type.
    pub(crate) fn ids<T: Resource>(&self) -> Vec<ResourceId<T>> {
        let numbered = (0..).zip(&self.entries);
        let of_type = numbered.filter(|(_, entry)| entry.as_ref().is_some_and(|entry| entry.is::<RefCell<T>>()));
        of_type.map(|(number, _)| ResourceId::new(number)).collect()
    }
}

/// A resource to be read; one that is being changed in the same call is a bad argument.
pub(crate) fn borrow<T>(shared: &Shared<T>) -> Result<Ref<'_, T>, PrimitiveError> {
    shared.try_borrow().map_err(|_| PrimitiveError::BadArgument)
}

/// A resource to be changed; one that is in use in the same call is a bad argument.
pub(crate) fn borrow_mut<T>(shared: &Shared<T>) -> Result<RefMut<'_, T>, PrimitiveError> {
    shared.try_borrow_mut().map_err(|_| PrimitiveError::BadArgument)
}
