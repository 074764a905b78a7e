//! What the macros' output is made of. Nothing here is for people: it changes with the macros.

mod arguments;
mod native;
mod results;
#[cfg(target_family = "wasm")]
mod wasm;

pub use crate::abi::PrimitiveError;
pub use crate::abi::native::{Frame, Function, PluginTable};
use crate::{Context, Resource};
pub use arguments::Arguments;
pub use native::{create, destroy, native, table};
pub use results::{Data, Out, Value};
use std::cell::{Ref, RefCell, RefMut};
use std::rc::Rc;
#[cfg(target_family = "wasm")]
pub use wasm::{ResultSlots, WasmInstance, arena, log_panics, wasm};

/// What lives from a plugin's first call to its last.
pub struct Instance<S> {
    state: S,
    context: Context,
    kept: Vec<Data>,
}

impl<S: Default> Instance<S> {
    fn new() -> Instance<S> {
        Instance { state: S::default(), context: Context::new(), kept: Vec::new() }
    }
}

impl<S> Instance<S> {
    /// One call. `slots` are its arguments as the signature of `function` says.
    #[inline]
    fn run(
        &mut self,
        slots: &[u64],
        results: &mut [u64; crate::abi::RESULT_SLOTS],
        function: impl FnOnce(Call<'_, S>) -> Result<i32, PrimitiveError>,
    ) -> i32 {
        // Data of the last call's results is no longer read.
        if !self.kept.is_empty() {
            self.forget_kept();
        }
        let call = Call {
            arguments: Arguments::new(slots),
            cx: &mut self.context,
            state: &mut self.state,
            out: Out::new(results, &mut self.kept),
        };
        match function(call) {
            Ok(status) => status,
            Err(error) => failed(error, results),
        }
    }
}

impl<S> Instance<S> {
    /// Out of line: most calls have no data, and shall not save registers for it.
    #[cold]
    #[inline(never)]
    fn forget_kept(&mut self) {
        self.kept.clear();
    }
}

/// The status of a failure.
#[cold]
fn failed(error: PrimitiveError, results: &mut [u64; crate::abi::RESULT_SLOTS]) -> i32 {
    if let PrimitiveError::OperatingSystem(number) = error {
        results[0] = i64::from(number) as u64;
    }
    error.status()
}

/// A call, as the code that the macros write gets it.
pub struct Call<'c, S> {
    /// The arguments.
    pub arguments: Arguments<'c>,
    /// The context.
    pub cx: &'c mut Context,
    /// The plugin's state.
    pub state: &'c mut S,
    /// Where results go.
    pub out: Out<'c>,
}

/// Says that a type of a parameter is that of a resource. The functions below do not ask again, so that the compiler says it once.
pub fn is_resource<T: Resource>() {}

/// A function's result, with the failure that its error is.
#[inline]
pub fn fallible<T, E: Into<PrimitiveError>>(result: Result<T, E>) -> Result<T, PrimitiveError> {
    result.map_err(Into::into)
}

/// The resource of a number.
#[inline]
pub fn shared<T: 'static>(cx: &Context, number: u32) -> Result<Rc<RefCell<T>>, PrimitiveError> {
    cx.resources.get(number)
}

/// A resource to be read; one that is being changed in the same call is a bad argument.
#[inline]
pub fn borrow<T>(shared: &Rc<RefCell<T>>) -> Result<Ref<'_, T>, PrimitiveError> {
    crate::resource::borrow(shared)
}

/// A resource to be changed; one that is in use in the same call is a bad argument.
#[inline]
pub fn borrow_mut<T>(shared: &Rc<RefCell<T>>) -> Result<RefMut<'_, T>, PrimitiveError> {
    crate::resource::borrow_mut(shared)
}

/// The resource of a number, as `ResourceId`.
#[inline]
pub fn id<T: 'static>(cx: &Context, number: u32) -> Result<crate::ResourceId<T>, PrimitiveError> {
    cx.resources.get::<T>(number)?;
    Ok(crate::ResourceId::new(number))
}

/// Takes the resource of a number out.
pub fn closing<T: Resource>(cx: &mut Context, number: u32) -> Result<crate::Closing<T>, PrimitiveError> {
    cx.close(crate::ResourceId::new(number)).map(crate::Closing)
}
