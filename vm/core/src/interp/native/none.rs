//! Where there is no compiler for the processor or the system: everything is interpreted. The same types as where there is one.

use super::code::Code;
use crate::error::VmError;
use crate::oop::Oop;
use crate::plugin::{Call, Direct, NamedPrimitive, Wanted};
use crate::vm::Vm;
use std::convert::Infallible;
use std::marker::PhantomData;

/// A method has nothing.
#[derive(Default)]
pub(crate) struct MethodCode {}

impl MethodCode {
    pub(crate) fn is_compiled(&self) -> bool {
        false
    }

    pub(crate) fn set_direct(&mut self, _direct: Option<Direct>, _primitive: NamedPrimitive, _generation: u32) {}
}

/// A VM has nothing.
#[derive(Default)]
pub(crate) struct Native {}

impl Native {
    pub(crate) fn adopt(&self, _code: &mut Code, _jit_after: u32) {}
}

impl Vm {
    #[inline(always)]
    pub(crate) fn warms_up(&mut self, _code: *const Code) -> bool {
        false
    }

    pub(crate) fn forget_native(&mut self, _code: *const Code) {}

    pub(crate) fn resume_natively(&mut self, _code: *const Code) -> Result<(), VmError> {
        Ok(())
    }

    pub(crate) fn call_natively(&mut self, _code: *const Code) -> Result<(), VmError> {
        Ok(())
    }
}

/// Nothing resides anywhere.
pub struct Resident<'a>(Infallible, PhantomData<&'a mut Vm>);

impl Resident<'_> {
    /// Is never called.
    pub fn start(&mut self) -> Option<Wanted> {
        match self.0 {}
    }

    /// Is never called.
    pub fn go_on(&mut self, _answer: Oop) -> Option<Wanted> {
        match self.0 {}
    }

    /// Is never called.
    pub fn call(&mut self) -> (NamedPrimitive, Call<'_>) {
        match self.0 {}
    }
}
