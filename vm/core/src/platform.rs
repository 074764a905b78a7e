//! What a VM needs of its surroundings. The command line, a browser page and the tests each implement it.

/// Clock, entropy, events, attributes and the file of the image. Everything that the image does not determine comes in here.
pub trait Platform {
    /// Microseconds since the start of 1901 in UTC, the epoch of Smalltalk's clocks.
    fn utc_microseconds(&mut self) -> u64;
    /// Microseconds of a clock that never goes back, from any origin.
    fn monotonic_microseconds(&mut self) -> u64;
    /// Seconds that local time is ahead of UTC.
    fn local_offset_seconds(&mut self) -> i64;
    /// An unpredictable number: the seed of identity hashes.
    fn entropy(&mut self) -> u64;
    /// System attribute `number` (0 VM path, 1 image path, 2... arguments, 1001 operating system, ..., negative: VM options).
    fn attribute(&mut self, number: i64) -> Option<String>;
    /// The next thing that happened outside, if any; asked at safe points at least every millisecond of a run.
    fn next_event(&mut self) -> Option<Event>;
    /// The path of the image file.
    fn image_name(&mut self) -> String;
    /// Says that the image's file is from now on at `name`.
    fn set_image_name(&mut self, name: String);
    /// Replaces the image file by `snapshot` atomically. An error is told to the image as a failed primitive.
    fn write_snapshot(&mut self, snapshot: &mut dyn FnMut(&mut dyn std::io::Write) -> std::io::Result<()>) -> std::io::Result<()>;
    /// Text of the VM itself for the person who runs it: a warning, a stack.
    fn report(&mut self, text: &str);
}

/// Something that happened outside the VM.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Event {
    /// The external semaphore of this index (from 1) was signalled this many times.
    Semaphore(usize, u32),
    /// The user asked for an interrupt (Ctrl-C).
    UserInterrupt,
    /// Someone wants to see all stacks (SIGUSR1).
    PrintStacks,
}
