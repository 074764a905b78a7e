//! The classes that a VM knows by their places: what an image must have to run.
//!
//! Source: `SpurBootstrap` and `StackInterpreter` of the OpenSmalltalk VM; the fields of contexts, processes and the scheduler are
//! those of `osvm_core`'s interpreter.

use super::shape::Kind;
use osvm_core::object;
use osvm_core::special::Special;

/// A class that the VM or the bootstrap itself knows.
pub(super) struct Known {
    pub name: &'static str,
    /// How its instances are laid out, and the fields that they begin with.
    pub kind: Kind,
    pub fields: &'static [&'static str],
    /// Its index in the class table; 0 for any.
    pub index: u32,
    pub special: Option<Special>,
}

const fn known(name: &'static str, kind: Kind, fields: &'static [&'static str], index: u32, special: Option<Special>) -> Known {
    Known { name, kind, fields, index, special }
}

/// Second entries of the class table that other VMs expect: the other tag of SmallIntegers, and arrays of the VM's own.
pub(super) const ALIASES: [(&str, u32); 2] = [("SmallInteger", 3), ("Array", object::CLASS_INDEX_ARRAY_PUN)];

/// Class indices of the classes of nil, false and true.
pub(super) const NIL_CLASS: u32 = 1024;

/// What must be there.
pub(super) const KNOWN: &[Known] = &[
    known("Object", Kind::Fixed, &[], 0, None),
    known("UndefinedObject", Kind::Fixed, &[], NIL_CLASS, None),
    known("False", Kind::Fixed, &[], NIL_CLASS + 1, None),
    known("True", Kind::Fixed, &[], NIL_CLASS + 2, None),
    known("SmallInteger", Kind::Immediate, &[], object::CLASS_INDEX_SMALL_INTEGER, Some(Special::ClassSmallInteger)),
    known("Character", Kind::Immediate, &[], object::CLASS_INDEX_CHARACTER, Some(Special::ClassCharacter)),
    known("SmallFloat64", Kind::Immediate, &[], object::CLASS_INDEX_SMALL_FLOAT, None),
    known("LargeNegativeInteger", Kind::BYTES, &[], object::CLASS_INDEX_LARGE_NEGATIVE, Some(Special::ClassLargeNegativeInteger)),
    known("LargePositiveInteger", Kind::BYTES, &[], object::CLASS_INDEX_LARGE_POSITIVE, Some(Special::ClassLargePositiveInteger)),
    known("BoxedFloat64", Kind::WORDS, &[], object::CLASS_INDEX_FLOAT, Some(Special::ClassFloat)),
    known("Message", Kind::Fixed, &["selector", "args", "lookupClass"], object::CLASS_INDEX_MESSAGE, Some(Special::ClassMessage)),
    known("Context", Kind::Variable, &CONTEXT, object::CLASS_INDEX_CONTEXT, Some(Special::ClassContext)),
    known("BlockClosure", Kind::Variable, &CLOSURE, object::CLASS_INDEX_BLOCK_CLOSURE, Some(Special::ClassBlockClosure)),
    known("FullBlockClosure", Kind::Variable, &FULL, object::CLASS_INDEX_FULL_BLOCK_CLOSURE, Some(Special::ClassFullBlockClosure)),
    known("ByteArray", Kind::BYTES, &[], object::CLASS_INDEX_BYTE_ARRAY, Some(Special::ClassByteArray)),
    known("Array", Kind::Variable, &[], object::CLASS_INDEX_ARRAY, Some(Special::ClassArray)),
    known("ByteString", Kind::BYTES, &[], object::CLASS_INDEX_STRING, Some(Special::ClassString)),
    known("Bitmap", Kind::WORDS, &[], object::CLASS_INDEX_BITMAP, Some(Special::ClassBitmap)),
    known("Point", Kind::Fixed, &["x", "y"], object::CLASS_INDEX_POINT, Some(Special::ClassPoint)),
    known("CompiledMethod", Kind::CompiledMethod, &[], 0, Some(Special::ClassCompiledMethod)),
    known("CompiledBlock", Kind::CompiledMethod, &[], 0, None),
    known("Semaphore", Kind::Fixed, &["firstLink", "lastLink", "excessSignals"], 0, Some(Special::ClassSemaphore)),
    known("Mutex", Kind::Fixed, &["firstLink", "lastLink", "owner"], 0, Some(Special::ClassMutex)),
    known("Process", Kind::Fixed, &["nextLink", "suspendedContext", "priority", "myList"], 0, Some(Special::ClassProcess)),
    known("LinkedList", Kind::Fixed, &["firstLink", "lastLink"], 0, None),
    known("ProcessorScheduler", Kind::Fixed, &["quiescentProcessLists", "activeProcess"], 0, None),
    known("Class", Kind::Fixed, &["superclass", "methodDict", "format"], 0, None),
    known("Metaclass", Kind::Fixed, &["superclass", "methodDict", "format"], 0, None),
    known("MethodDictionary", Kind::Variable, &["tally", "array"], 0, None),
    known("ByteSymbol", Kind::BYTES, &[], 0, None),
    known("Association", Kind::Fixed, &["key", "value"], 0, None),
    known("IdentityDictionary", Kind::Fixed, &["tally", "array"], 0, None),
    known("SystemDictionary", Kind::Fixed, &["tally", "array"], 0, None),
    known("PrimitiveError", Kind::Fixed, &["errorName", "errorCode"], 0, None),
];

const CONTEXT: [&str; 6] = ["sender", "pc", "stackp", "method", "closureOrNil", "receiver"];
const CLOSURE: [&str; 3] = ["outerContext", "startpc", "numArgs"];
const FULL: [&str; 4] = ["outerContext", "startpc", "numArgs", "receiver"];
