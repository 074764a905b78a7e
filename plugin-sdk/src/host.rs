//! The way to the host: every function of every interface as a Rust function, made from the table
//! [`for_each_interface`](osvm_plugin_abi::for_each_interface). In a wasm module they are imports, elsewhere (with the feature `linked` in
//! wasm too) they go through the one function that a call brings along. The wrappers in [`crate::interfaces`] give them their types.

use osvm_plugin_abi::for_each_interface;
use std::marker::PhantomData;

#[cfg(any(not(target_family = "wasm"), feature = "linked"))]
use osvm_plugin_abi::native::{Frame, HostCall};
#[cfg(any(not(target_family = "wasm"), feature = "linked"))]
use std::ffi::c_void;

/// The host of the running call. Only a [`Context`](crate::Context) has one, and lends it for as long as the call runs.
#[derive(Clone, Copy)]
pub(crate) struct Host<'a> {
    #[cfg(any(not(target_family = "wasm"), feature = "linked"))]
    context: *mut c_void,
    #[cfg(any(not(target_family = "wasm"), feature = "linked"))]
    call: HostCall,
    call_runs: PhantomData<(&'a (), *mut ())>,
}

#[cfg(all(target_family = "wasm", not(feature = "linked")))]
impl Host<'static> {
    /// In wasm the host is always there.
    pub(crate) const NONE: Host<'static> = Host { call_runs: PhantomData };
}

#[cfg(any(not(target_family = "wasm"), feature = "linked"))]
impl Host<'static> {
    /// Between calls there is no host, and nobody who could ask for one.
    pub(crate) const NONE: Host<'static> = Host { context: std::ptr::null_mut(), call: no_host, call_runs: PhantomData };

    /// The host of a call. It must not be used after the call.
    pub(crate) fn of(frame: &Frame) -> Host<'static> {
        Host { context: frame.context, call: frame.host, call_runs: PhantomData }
    }
}

#[cfg(any(not(target_family = "wasm"), feature = "linked"))]
unsafe extern "C" fn no_host(_context: *mut c_void, _op: u32, _arguments: *const u64) -> i64 {
    osvm_plugin_abi::encode(Err(osvm_plugin_abi::PrimitiveError::Internal))
}

/// A function of an interface. Its parameters are taken apart one by one: data is one parameter here and two at the boundary.
/// The lists are: parameters here, slots of a native call, arguments of the wasm import.
macro_rules! function {
    (@ $i:ident $f:ident $what:literal [$($sig:tt)*] [$($slot:expr),*] [$($arg:expr),*]) => {
        #[doc = $what]
        #[inline]
        pub(crate) fn $f(host: Host<'_>, $($sig)*) -> Result<u64, PrimitiveError> {
            #[cfg(any(not(target_family = "wasm"), feature = "linked"))]
            let answer = {
                let slots: &[u64] = &[$($slot),*];
                // SAFETY: the host belongs to the running call, and the slots are those of this function. What they
                // lead to is borrowed for the call of it, mutably where the host writes.
                unsafe { (host.call)(host.context, osvm_plugin_abi::interfaces::op::$i::$f, slots.as_ptr()) }
            };
            #[cfg(all(target_family = "wasm", not(feature = "linked")))]
            let answer = {
                let _ = host;
                // SAFETY: the types are those of the import, and addresses and lengths those of data that is borrowed for the call.
                unsafe { super::imports::$i::$f($($arg),*) }
            };
            osvm_plugin_abi::decode(answer)
        }
    };
    (@ $i:ident $f:ident $what:literal [$($sig:tt)*] [$($slot:expr),*] [$($arg:expr),*] $p:ident: I32 $(, $($rest:tt)*)?) => {
        function!(@ $i $f $what [$($sig)* $p: u32,] [$($slot,)* u64::from($p)] [$($arg,)* $p] $($($rest)*)?);
    };
    (@ $i:ident $f:ident $what:literal [$($sig:tt)*] [$($slot:expr),*] [$($arg:expr),*] $p:ident: I64 $(, $($rest:tt)*)?) => {
        function!(@ $i $f $what [$($sig)* $p: i64,] [$($slot,)* $p as u64] [$($arg,)* $p] $($($rest)*)?);
    };
    (@ $i:ident $f:ident $what:literal [$($sig:tt)*] [$($slot:expr),*] [$($arg:expr),*] $p:ident: F64 $(, $($rest:tt)*)?) => {
        function!(@ $i $f $what [$($sig)* $p: f64,] [$($slot,)* $p.to_bits()] [$($arg,)* $p] $($($rest)*)?);
    };
    (@ $i:ident $f:ident $what:literal [$($sig:tt)*] [$($slot:expr),*] [$($arg:expr),*] $p:ident: Read, $l:ident: Len $(, $($rest:tt)*)?) => {
        function!(@ $i $f $what [$($sig)* $p: &[u8],] [$($slot,)* $p.as_ptr() as usize as u64, $p.len() as u64]
            [$($arg,)* $p.as_ptr(), $p.len()] $($($rest)*)?);
    };
    (@ $i:ident $f:ident $what:literal [$($sig:tt)*] [$($slot:expr),*] [$($arg:expr),*] $p:ident: Write, $l:ident: Len $(, $($rest:tt)*)?) => {
        function!(@ $i $f $what [$($sig)* $p: &mut [u8],] [$($slot,)* $p.as_mut_ptr() as usize as u64, $p.len() as u64]
            [$($arg,)* $p.as_mut_ptr(), $p.len()] $($($rest)*)?);
    };
}

/// The type of a parameter of a wasm import.
#[cfg(all(target_family = "wasm", not(feature = "linked")))]
macro_rules! wasm_type {
    (I32) => { u32 };
    (I64) => { i64 };
    (F64) => { f64 };
    (Read) => { *const u8 };
    (Write) => { *mut u8 };
    (Len) => { usize };
}

macro_rules! modules {
    ($($interface:ident $major:literal $minor:literal $module:literal $doc:literal {
        $($function:ident($($parameter:ident: $kind:ident),*) $what:literal;)*
    })*) => {
        $(
            #[doc = $doc]
            pub(crate) mod $interface {
                use super::Host;
                use crate::PrimitiveError;
                $(function!(@ $interface $function $what [] [] [] $($parameter: $kind),*);)*
            }
        )*

        #[cfg(all(target_family = "wasm", not(feature = "linked")))]
        mod imports {
            $(
                pub(super) mod $interface {
                    #[link(wasm_import_module = $module)]
                    unsafe extern "C" {
                        $(pub(in super::super) fn $function($($parameter: wasm_type!($kind)),*) -> i64;)*
                    }
                }
            )*
        }
    };
}

for_each_interface!(modules);
