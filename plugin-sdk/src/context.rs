//! The context of a call: what a primitive's function gets as `cx: &mut Context`.

use crate::host::{self, Host};
use crate::resource::{self, Resource, ResourceId, Table};
use crate::{Object, PrimitiveError};

/// The running call: the objects of the image, the interfaces that the plugin was granted, and the plugin's resources.
///
/// A function asks for it with a parameter `cx: &mut Context` (or `&Context`, which is enough for all but resources); the parameter is no
/// argument of the primitive. What fails here is a [`PrimitiveError`], to be handed on with `?`.
///
/// | methods | what |
/// |---|---|
/// | [`shape`](Context::shape), [`bytes`](Context::bytes), [`write`](Context::write), [`new_string`](Context::new_string), ... | objects |
/// | [`files`](Context::files), [`clock`](Context::clock), [`random`](Context::random), [`log`](Context::log), [`console`](Context::console), [`semaphores`](Context::semaphores), [`timers`](Context::timers), [`environment`](Context::environment), [`security`](Context::security), [`settings`](Context::settings), [`net`](Context::net) | interfaces: a plugin says in `#[plugin(imports(...))]` which it uses, and without a grant each of their functions fails with [`PrimitiveError::Unsupported`] |
/// | [`keep`](Context::keep), [`with_resource`](Context::with_resource), [`resource_ids`](Context::resource_ids), [`close`](Context::close) | resources that are no parameters |
pub struct Context {
    host: Host<'static>,
    pub(crate) resources: Table,
}

impl Context {
    pub(crate) fn new() -> Context {
        Context { host: Host::NONE, resources: Table::default() }
    }

    /// The host, for as long as this is borrowed, which is at most for the call.
    pub(crate) fn host(&self) -> Host<'_> {
        self.host
    }

    #[cfg(any(not(target_family = "wasm"), feature = "linked"))]
    pub(crate) fn set_host(&mut self, host: Host<'static>) {
        self.host = host;
    }

    /// The receiver of the message, for functions that have no parameter of that name.
    pub fn receiver(&self) -> Object {
        Object(0)
    }

    /// Keeps a value; as the result of a primitive, what this answers gives the image a handle for it. [`New`](crate::New) does both.
    pub fn keep<T: Resource>(&mut self, value: T) -> ResourceId<T> {
        ResourceId::new(self.resources.insert(value))
    }

    /// Runs a function with a resource. [`PrimitiveError::BadArgument`] if there is none of this number and type, or if it is already in
    /// use in this call.
    pub fn with_resource<T: Resource, R>(
        &mut self,
        id: ResourceId<T>,
        function: impl FnOnce(&mut T, &mut Context) -> R,
    ) -> Result<R, PrimitiveError> {
        let shared = self.resources.get::<T>(id.number)?;
        let mut value = resource::borrow_mut(&shared)?;
        Ok(function(&mut value, self))
    }

    /// All resources of a type.
    pub fn resource_ids<T: Resource>(&self) -> Vec<ResourceId<T>> {
        self.resources.ids()
    }

    /// Takes a resource out; its handles are dead from now on. [`PrimitiveError::BadArgument`] as for
    /// [`with_resource`](Context::with_resource).
    pub fn close<T: Resource>(&mut self, id: ResourceId<T>) -> Result<T, PrimitiveError> {
        let value = self.resources.remove(id.number)?;
        // A number for which no handle was ever made has none that could be dead.
        let _ = host::objects::close_resource(self.host(), id.number);
        Ok(value)
    }
}
