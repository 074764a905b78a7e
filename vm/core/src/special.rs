//! The special objects array: objects that image and VM agree on by index (from 0). Source: `StackInterpreter` class
//! variables of the OpenSmalltalk VM.

macro_rules! special_objects {
    ($($index:literal $name:ident $doc:literal;)*) => {
        /// Index of an entry of the special objects array.
        #[derive(Clone, Copy, PartialEq, Eq, Debug)]
        #[repr(usize)]
        pub enum Special { $(#[doc = $doc] $name = $index,)* }

        /// Index, name and meaning of each entry.
        pub const SPECIAL_OBJECTS: &[(usize, &str, &str)] = &[$(($index, stringify!($name), $doc),)*];
    };
}

special_objects! {
    0 Nil "nil";
    1 False "false";
    2 True "true";
    3 SchedulerAssociation "the association of Processor";
    4 ClassBitmap "Bitmap";
    5 ClassSmallInteger "SmallInteger";
    6 ClassString "ByteString";
    7 ClassArray "Array";
    8 SmalltalkDictionary "the system dictionary's association";
    9 ClassFloat "BoxedFloat64";
    10 ClassContext "Context";
    12 ClassPoint "Point";
    13 ClassLargePositiveInteger "LargePositiveInteger";
    14 TheDisplay "the display's form";
    15 ClassMessage "Message";
    16 ClassCompiledMethod "CompiledMethod";
    17 TheLowSpaceSemaphore "signalled when memory runs short";
    18 ClassSemaphore "Semaphore";
    19 ClassCharacter "Character";
    20 SelectorDoesNotUnderstand "doesNotUnderstand:";
    21 SelectorCannotReturn "cannotReturn:";
    22 ProcessSignalingLowSpace "the process that ran while memory ran short";
    23 SpecialSelectors "the 32 special selectors, each followed by its argument count";
    24 CharacterTable "characters of one byte";
    25 SelectorMustBeBoolean "mustBeBoolean";
    26 ClassByteArray "ByteArray";
    27 ClassProcess "Process";
    28 CompactClasses "unused in Spur";
    29 TheTimerSemaphore "signalled when a delay ends";
    30 TheInterruptSemaphore "signalled by the user's interrupt key";
    34 SelectorCannotInterpret "cannotInterpret:";
    36 ClassBlockClosure "BlockClosure";
    37 ClassFullBlockClosure "FullBlockClosure";
    38 ExternalObjectsArray "semaphores signalled from outside, by index from 1";
    39 ClassMutex "Mutex";
    41 TheFinalizationSemaphore "signalled when something became unreachable";
    42 ClassLargeNegativeInteger "LargeNegativeInteger";
    48 SelectorAboutToReturn "aboutToReturn:through:";
    49 SelectorRunWithIn "run:with:in:";
    50 SelectorAttemptToAssign "attemptToAssign:withIndex:";
    51 PrimErrTable "symbols of primitive failure codes";
    52 ClassAlien "Alien";
    53 InvokeCallbackSelector "invokeCallbackContext:";
    54 ClassUnsafeAlien "UnsafeAlien";
    55 ClassWeakFinalizer "WeakFinalizationList";
    56 ForeignCallbackProcess "process of the innermost callback";
    57 SelectorUnusedBytecode "unusedBytecode";
}

/// The entries that are selectors which the VM sends.
pub const SPECIAL_SYMBOLS: [(Special, &str); 8] = [
    (Special::SelectorDoesNotUnderstand, "doesNotUnderstand:"),
    (Special::SelectorCannotReturn, "cannotReturn:"),
    (Special::SelectorMustBeBoolean, "mustBeBoolean"),
    (Special::SelectorCannotInterpret, "cannotInterpret:"),
    (Special::SelectorAboutToReturn, "aboutToReturn:through:"),
    (Special::SelectorRunWithIn, "run:with:in:"),
    (Special::SelectorAttemptToAssign, "attemptToAssign:withIndex:"),
    (Special::SelectorUnusedBytecode, "unusedBytecode"),
];
