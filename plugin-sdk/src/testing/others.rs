//! Timers and connections in memory.

use std::collections::VecDeque;

/// A timer that a plugin started.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FakeTimer {
    /// Its number.
    pub number: u32,
    /// When it runs out, in microseconds of the monotonic clock.
    pub due: u64,
    /// How often, in microseconds, if it does so again and again.
    pub period: Option<u64>,
    /// What the hook gets.
    pub token: i64,
}

/// A WebSocket that a plugin opened. The test plays the other side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FakeSocket {
    /// Its number.
    pub number: u32,
    /// Where it leads.
    pub url: String,
    /// The external semaphore that is signalled; 0 for none.
    pub semaphore: u32,
    /// 0 connecting, 1 open, 2 closing, 3 closed, 4 failed.
    pub state: u32,
    /// What the plugin sent: whether it is text, and its bytes.
    pub sent: Vec<(bool, Vec<u8>)>,
    /// What the plugin has not received yet.
    pub incoming: VecDeque<Vec<u8>>,
}
