//! A page, a worker or Node as a VM's platform.

use crate::world::{self, SnapshotWriter};
use osvm_core::platform::{Event, Platform};
use std::cell::RefCell;
use std::collections::VecDeque;
use std::io::{self, Write};
use std::rc::Rc;

/// Microseconds from the start of 1901 to the start of 1970.
const MICROSECONDS_1901_TO_1970: u64 = 2_177_452_800_000_000;

/// What happened outside and the VM has not looked at yet.
#[derive(Debug, Default)]
pub struct Events {
    queue: VecDeque<Event>,
    /// Interrupts are for the evaluation that runs, and not for the image.
    keeps_interrupts: bool,
    interrupted: bool,
}

impl Events {
    /// Takes an event for the VM.
    pub fn push(&mut self, event: Event) {
        match event {
            Event::UserInterrupt if self.keeps_interrupts => self.interrupted = true,
            event => self.queue.push_back(event),
        }
    }

    /// From now on, or no longer, interrupts are not for the image.
    pub fn keep_interrupts(&mut self, keep: bool) {
        self.keeps_interrupts = keep;
        self.interrupted = false;
    }

    /// Whether there was an interrupt that is not for the image, since this was asked last.
    pub fn take_interrupt(&mut self) -> bool {
        std::mem::take(&mut self.interrupted)
    }
}

/// What a VM is told about itself.
#[derive(Debug)]
pub struct PagePlatform {
    /// The path of the image.
    pub image: String,
    /// The arguments that belong to the image.
    pub arguments: Vec<String>,
    /// What has happened.
    pub events: Rc<RefCell<Events>>,
}

/// Microseconds since the start of 1901 in UTC.
pub fn now() -> u64 {
    MICROSECONDS_1901_TO_1970 + world::microseconds()
}

impl Platform for PagePlatform {
    fn utc_microseconds(&mut self) -> u64 {
        now()
    }

    fn monotonic_microseconds(&mut self) -> u64 {
        world::monotonic_microseconds()
    }

    fn local_offset_seconds(&mut self) -> i64 {
        world::local_offset_seconds()
    }

    fn entropy(&mut self) -> u64 {
        world::random_number()
    }

    fn attribute(&mut self, number: i64) -> Option<String> {
        match number {
            1 => Some(self.image.clone()),
            2..=1000 => self.arguments.get(usize::try_from(number - 2).ok()?).cloned(),
            1001 => Some("unix".into()),
            -1 => Some("--headless".into()),
            _ => None,
        }
    }

    fn next_event(&mut self) -> Option<Event> {
        self.events.borrow_mut().queue.pop_front()
    }

    fn image_name(&mut self) -> String {
        self.image.clone()
    }

    fn set_image_name(&mut self, name: String) {
        self.image = name;
    }

    fn write_snapshot(&mut self, snapshot: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        let mut writer = SnapshotWriter::begin();
        let mut buffered = io::BufWriter::with_capacity(1 << 16, &mut writer);
        let written = snapshot(&mut buffered).and_then(|()| buffered.flush());
        drop(buffered);
        let kept = writer.end(written.is_ok(), &self.image);
        written.and(kept)
    }

    fn report(&mut self, text: &str) {
        world::show(text);
    }
}
