//! A page, a worker or Node as a VM's platform.

use crate::world::{self, SnapshotWriter};
use osvm_core::platform::{Event, Platform};
use osvm_host::{Events, Instant, LocalTime, Right, Rights, attribute, random, unix_micros};
use std::cell::Cell;
use std::io::{self, Write};
use std::rc::Rc;

/// Microseconds from the start of 1901 to the start of 1970.
const MICROSECONDS_1901_TO_1970: u64 = 2_177_452_800_000_000;

/// Microseconds since the start of 1901 in UTC.
pub fn now() -> u64 {
    MICROSECONDS_1901_TO_1970 + unix_micros()
}

/// Whether interrupts are for the expression that is evaluated, and not for the image, and whether there was one.
#[derive(Debug, Default)]
pub struct Interrupts {
    /// They are for the expression.
    pub kept: Cell<bool>,
    /// There was one for the expression.
    pub pending: Cell<bool>,
}

/// What a VM is told about itself, and its events.
pub struct PagePlatform {
    image: String,
    arguments: Vec<String>,
    events: Events,
    interrupts: Rc<Interrupts>,
    rights: Rights,
    started: Instant,
    local_time: LocalTime,
}

impl PagePlatform {
    /// The platform of a VM whose image has this path and whose arguments are these.
    pub fn new(image: String, arguments: Vec<String>, events: Events, interrupts: Rc<Interrupts>, rights: Rights) -> PagePlatform {
        let (started, local_time) = (Instant::now(), LocalTime::default());
        PagePlatform { image, arguments, events, interrupts, rights, started, local_time }
    }
}

impl Platform for PagePlatform {
    fn utc_microseconds(&mut self) -> u64 {
        now()
    }

    fn monotonic_microseconds(&mut self) -> u64 {
        self.started.elapsed().as_micros() as u64
    }

    fn local_offset_seconds(&mut self) -> i64 {
        self.local_time.offset_at((unix_micros() / 1_000_000).cast_signed())
    }

    fn entropy(&mut self) -> u64 {
        // Without a source of entropy the clock is the best there is: the number seeds hashes, not secrets.
        random().unwrap_or_else(|_| unix_micros())
    }

    fn attribute(&mut self, number: i64) -> Option<String> {
        attribute(number, &self.image, &self.arguments, &["--headless".into()])
    }

    fn next_event(&mut self) -> Option<Event> {
        match self.events.poll() {
            Some(Event::UserInterrupt) if self.interrupts.kept.get() => {
                self.interrupts.pending.set(true);
                None
            }
            event => event,
        }
    }

    fn image_name(&mut self) -> String {
        self.image.clone()
    }

    fn set_image_name(&mut self, name: String) {
        self.image = name;
    }

    fn write_snapshot(&mut self, snapshot: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        if !self.rights.has(Right::ImageWrite) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the image gave up its right to be written"));
        }
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
