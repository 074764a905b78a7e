//! What the interpreter does itself: primitives that change frames, processes or what is cached, and quick methods. Names, numbers of
//! arguments and meanings; what each does is in [`crate::interp`].

use super::{Primitive, Run, fails};
use crate::interp::CONTROL_PRIMITIVES;

/// Control primitives: number, name in the reference, lowest and highest number of arguments, meaning.
pub const CONTROL: &[(u16, &str, (u8, u8), &str)] = &[
    (
        72,
        "primitiveArrayBecomeOneWay",
        (1, 1),
        "References to the receiver's elements become references to the argument's, which get their hashes.",
    ),
    (76, "primitiveStoreStackp", (1, 1), "Sets a context's stack pointer, with nil in new places."),
    (83, "primitivePerform", (1, 15), "perform: and its kin: sends a selector with the arguments that follow."),
    (84, "primitivePerformWithArgs", (2, 3), "perform:withArguments:."),
    (85, "primitiveSignal", (0, 0), "Signals a Semaphore; a waiting process of higher priority runs at once."),
    (86, "primitiveWait", (0, 0), "Waits for a signal of a Semaphore."),
    (87, "primitiveResume", (0, 0), "Makes a suspended process runnable."),
    (88, "primitiveSuspend", (0, 0), "Stops a process and answers the list that it was in."),
    (89, "primitiveFlushCache", (0, 0), "Forgets everything that sends found."),
    (97, "primitiveSnapshot", (0, 0), "Saves the image; answers false here and true where the saved image goes on."),
    (100, "primitivePerformInSuperclass", (3, 4), "perform:withArguments:inSuperclass:."),
    (113, "primitiveQuit", (0, 1), "Ends the VM, with an exit status."),
    (116, "primitiveFlushCacheByMethod", (0, 0), "Forgets what sends found of a method."),
    (118, "primitiveDoPrimitiveWithArgs", (2, 3), "tryPrimitive:withArgs:."),
    (119, "primitiveFlushCacheBySelector", (0, 1), "Forgets what sends of a selector found."),
    (128, "primitiveArrayBecome", (1, 1), "Exchanges the identities of the elements of two arrays."),
    (130, "primitiveFullGC", (0, 0), "Collects all memory; answers the bytes that are left."),
    (131, "primitiveIncrementalGC", (0, 0), "Collects young objects; answers the bytes that are left."),
    (136, "primitiveSignalAtMilliseconds", (2, 2), "Signals a Semaphore when the millisecond clock reaches a value."),
    (167, "primitiveYield", (0, 0), "Lets other processes of the same priority run."),
    (185, "primitiveExitCriticalSection", (0, 0), "Leaves a Mutex and resumes the next one that waits."),
    (186, "primitiveEnterCriticalSection", (0, 1), "Enters a Mutex or waits for it."),
    (187, "primitiveTestAndSetOwnershipOfCriticalSection", (0, 1), "Enters a Mutex unless another process owns it."),
    (188, "primitiveExecuteMethodArgsArray", (2, 4), "Runs a method with a receiver and an Array of arguments."),
    (189, "primitiveExecuteMethod", (1, 15), "Runs the method that is the last argument."),
    (195, "primitiveFindNextUnwindContext", (1, 1), "The next context that is marked for unwinding, before another."),
    (196, "primitiveTerminateTo", (1, 1), "Ends the contexts between two."),
    (197, "primitiveFindHandlerContext", (0, 0), "The next context that is marked for handling exceptions."),
    (201, "primitiveClosureValue", (0, 0), "Runs a BlockClosure."),
    (202, "primitiveClosureValue", (1, 1), "Runs a BlockClosure with one argument."),
    (203, "primitiveClosureValue", (2, 2), "Runs a BlockClosure with two arguments."),
    (204, "primitiveClosureValue", (3, 3), "Runs a BlockClosure with three arguments."),
    (205, "primitiveClosureValue", (4, 15), "Runs a BlockClosure with four arguments or more."),
    (206, "primitiveClosureValueWithArgs", (1, 1), "Runs a BlockClosure with an Array of arguments."),
    (207, "primitiveFullClosureValue", (0, 15), "Runs a FullBlockClosure."),
    (208, "primitiveFullClosureValueWithArgs", (1, 1), "Runs a FullBlockClosure with an Array of arguments."),
    (209, "primitiveFullClosureValueNoContextSwitch", (0, 15), "Runs a FullBlockClosure without looking for other processes."),
    (210, "primitiveContextAt", (1, 2), "A temporary of a context."),
    (211, "primitiveContextAtPut", (2, 3), "Replaces a temporary of a context."),
    (212, "primitiveContextSize", (0, 1), "The number of temporaries that a context has."),
    (214, "primitiveVoidVMState", (0, 0), "Forgets everything that sends found."),
    (215, "primitiveFlushCacheByMethod", (0, 0), "Forgets what was made of a method."),
    (216, "primitiveMethodXray", (0, 0), "Forgets what was made of a method."),
    (218, "primitiveDoNamedPrimitiveWithArgs", (3, 4), "tryNamedPrimitiveIn:for:withArgs:."),
    (221, "primitiveClosureValueNoContextSwitch", (0, 0), "Runs a BlockClosure without looking for other processes."),
    (222, "primitiveClosureValueNoContextSwitch", (1, 1), "The same with one argument."),
    (230, "primitiveRelinquishProcessor", (0, 1), "Gives the processor away for up to so many microseconds."),
    (242, "primitiveSignalAtUTCMicroseconds", (2, 2), "Signals a Semaphore at a time in microseconds since 1901 in UTC."),
    (248, "primitiveArrayBecomeOneWayNoCopyHash", (1, 1), "As 72, and every object keeps its own hash."),
    (249, "primitiveArrayBecomeOneWayCopyHash", (2, 2), "As 72, with the choice whose hash it is."),
    (
        568,
        "primitiveSuspendBackingUpV1",
        (0, 0),
        "As 88, and a process that waits on a Semaphore or Mutex waits again when it is resumed.",
    ),
    (570, "primitiveFlushExternalPrimitives", (0, 0), "Forgets which named primitives were found."),
    (571, "primitiveUnloadModule", (1, 1), "Unloads a module; fails if it was not loaded."),
    (578, "primitiveSuspendBackingUpV2", (0, 0), "As 568, and answers nil where the process waited."),
];

/// The rows of the table: [`CONTROL`] with what each does.
pub(super) const PRIMITIVES: &[Primitive] = &rows();

const fn rows() -> [Primitive; CONTROL.len()] {
    assert!(CONTROL.len() == CONTROL_PRIMITIVES.len(), "a control primitive without a meaning");
    let mut rows = [fails(0, "", ""); CONTROL.len()];
    let mut row = 0;
    while row < CONTROL.len() {
        let (number, name, args, doc) = CONTROL[row];
        let (implemented, run) = CONTROL_PRIMITIVES[row];
        assert!(implemented == number, "the control primitives are not in the same order");
        rows[row] = Primitive { number, name, args, doc, run: Run::Control(run) };
        row += 1;
    }
    rows
}

/// Quick methods and the call of named primitives, which the interpreter knows by their numbers: first and last number, meaning.
pub const QUICK: &[(u16, u16, &str)] = &[
    (117, 117, "Calls the named primitive that the method's first literal describes."),
    (256, 256, "Answers the receiver."),
    (257, 257, "Answers true."),
    (258, 258, "Answers false."),
    (259, 259, "Answers nil."),
    (260, 260, "Answers -1."),
    (261, 261, "Answers 0."),
    (262, 262, "Answers 1."),
    (263, 263, "Answers 2."),
    (264, 519, "Answers the named field of the number less 264."),
];
