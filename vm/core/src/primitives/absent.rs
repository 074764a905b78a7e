//! Numbers that always fail, and why. The image's own code behind the call is the implementation.

use super::{Primitive, fails};

const NO_STREAMS: &str = "Stream access is the image's own code, in the reference too.";
const NO_BLUE_BOOK_BLOCKS: &str = "Blocks that are no closures are gone from the reference too.";
const NO_DISPLAY: &str = "Windows, display, mouse and keyboard belong to a plugin.";
const NO_SEGMENTS: &str = "Image segments are written and read by the image's own code.";
const NO_PERM_SPACE: &str = "There is no permanent space (Pharo) and no mouse or display (Squeak).";
const NO_PROFILER: &str = "The VM is profiled from outside.";
const NO_ADDRESSES: &str = "An image reads and writes its own objects and never memory by address.";
const MARKER: &str = "Marks a method for the search for handlers and unwind blocks; its code is to run.";

/// The family's rows.
pub(super) const PRIMITIVES: &[Primitive] = &[
    fails(19, "primitiveFail", "Marks where a debugger's simulation starts; must fail."),
    fails(65, "primitiveNext", NO_STREAMS),
    fails(66, "primitiveNextPut", NO_STREAMS),
    fails(67, "primitiveAtEnd", NO_STREAMS),
    fails(80, "primitiveBlockCopy", NO_BLUE_BOOK_BLOCKS),
    fails(81, "primitiveValue", NO_BLUE_BOOK_BLOCKS),
    fails(82, "primitiveValueWithArgs", NO_BLUE_BOOK_BLOCKS),
    fails(90, "primitiveMousePoint", NO_PERM_SPACE),
    fails(91, "primitiveTestDisplayDepth", NO_PERM_SPACE),
    fails(92, "primitiveSetDisplayMode", NO_PERM_SPACE),
    fails(93, "primitiveInputSemaphore", NO_PERM_SPACE),
    fails(95, "primitiveInputWord", NO_DISPLAY),
    fails(96, "primitiveCopyBits", "A named primitive of BitBltPlugin since long."),
    fails(98, "primitiveStoreImageSegment", NO_SEGMENTS),
    fails(99, "primitiveLoadImageSegment", NO_SEGMENTS),
    fails(103, "primitiveScanCharacters", "Text is measured by the image's own code."),
    fails(114, "primitiveExitToDebugger", "No debugger is attached to the VM from the inside."),
    fails(120, "primitiveCalloutToFFI", "Foreign functions are called through plugins."),
    fails(198, "primitiveMarkUnwindMethod", MARKER),
    fails(199, "primitiveMarkHandlerMethod", MARKER),
    fails(
        200,
        "primitiveClosureCopyWithCopiedValues",
        "Closures are made by bytecodes; a debugger makes them by the image's own code.",
    ),
    fails(213, "primitiveContextXray", "How a context is stored is no concern of the image's."),
    fails(232, "primitiveFormPrint", NO_DISPLAY),
    fails(247, "primitiveSnapshotEmbedded", "An image is saved in a file of its own."),
    fails(250, "primitiveClearVMProfile", NO_PROFILER),
    fails(251, "primitiveControlVMProfiling", NO_PROFILER),
    fails(252, "primitiveVMProfileSamplesInto", NO_PROFILER),
    fails(253, "primitiveCollectCogCodeConstituents", "There is no machine code."),
    fails(630, "primitiveLoadBoolean8FromExternalAddress", NO_ADDRESSES),
    fails(631, "primitiveLoadUInt8FromExternalAddress", NO_ADDRESSES),
    fails(632, "primitiveLoadInt8FromExternalAddress", NO_ADDRESSES),
    fails(633, "primitiveLoadUInt16FromExternalAddress", NO_ADDRESSES),
    fails(634, "primitiveLoadInt16FromExternalAddress", NO_ADDRESSES),
    fails(635, "primitiveLoadUInt32FromExternalAddress", NO_ADDRESSES),
    fails(636, "primitiveLoadInt32FromExternalAddress", NO_ADDRESSES),
    fails(637, "primitiveLoadUInt64FromExternalAddress", NO_ADDRESSES),
    fails(638, "primitiveLoadInt64FromExternalAddress", NO_ADDRESSES),
    fails(639, "primitiveLoadPointerFromExternalAddress", NO_ADDRESSES),
    fails(640, "primitiveLoadChar8FromExternalAddress", NO_ADDRESSES),
    fails(641, "primitiveLoadChar16FromExternalAddress", NO_ADDRESSES),
    fails(642, "primitiveLoadChar32FromExternalAddress", NO_ADDRESSES),
    fails(643, "primitiveLoadFloat32FromExternalAddress", NO_ADDRESSES),
    fails(644, "primitiveLoadFloat64FromExternalAddress", NO_ADDRESSES),
    fails(645, "primitiveStoreBoolean8IntoExternalAddress", NO_ADDRESSES),
    fails(646, "primitiveStoreUInt8IntoExternalAddress", NO_ADDRESSES),
    fails(647, "primitiveStoreInt8IntoExternalAddress", NO_ADDRESSES),
    fails(648, "primitiveStoreUInt16IntoExternalAddress", NO_ADDRESSES),
    fails(649, "primitiveStoreInt16IntoExternalAddress", NO_ADDRESSES),
    fails(650, "primitiveStoreUInt32IntoExternalAddress", NO_ADDRESSES),
    fails(651, "primitiveStoreInt32IntoExternalAddress", NO_ADDRESSES),
    fails(652, "primitiveStoreUInt64IntoExternalAddress", NO_ADDRESSES),
    fails(653, "primitiveStoreInt64IntoExternalAddress", NO_ADDRESSES),
    fails(654, "primitiveStorePointerIntoExternalAddress", NO_ADDRESSES),
    fails(655, "primitiveStoreChar8IntoExternalAddress", NO_ADDRESSES),
    fails(656, "primitiveStoreChar16IntoExternalAddress", NO_ADDRESSES),
    fails(657, "primitiveStoreChar32IntoExternalAddress", NO_ADDRESSES),
    fails(658, "primitiveStoreFloat32IntoExternalAddress", NO_ADDRESSES),
    fails(659, "primitiveStoreFloat64IntoExternalAddress", NO_ADDRESSES),
];
