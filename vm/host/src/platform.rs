//! The desktop as a VM's platform.

use crate::attributes;
use crate::interfaces::{Right, Rights};
use crate::signals::Events;
use crate::snapshot::replace_file;
use crate::world::{self, Instant, LocalTime};
use osvm_core::platform::{Event, Platform};
use std::cell::RefCell;
use std::io::{self, Write};
use std::path::PathBuf;
use std::rc::Rc;

/// Microseconds from the start of 1901 to the start of 1970.
const MICROSECONDS_1901_TO_1970: u64 = 2_177_452_800_000_000;

/// What a VM on the desktop is told about itself.
#[derive(Clone, Debug, Default)]
pub struct PlatformOptions {
    /// The image file.
    pub image: PathBuf,
    /// The arguments that belong to the image.
    pub arguments: Vec<String>,
    /// The VM's options as the image sees them, from attribute -1 on.
    pub vm_options: Vec<String>,
}

/// Clocks, signals and files of the machine.
#[derive(Debug)]
pub struct DesktopPlatform {
    options: PlatformOptions,
    events: Rc<RefCell<Events>>,
    rights: Rights,
    started: Instant,
    local_time: LocalTime,
}

impl DesktopPlatform {
    /// A platform for one VM. Who drives the VM keeps the other reference to `events` and waits there when the VM is idle.
    pub(crate) fn new(mut options: PlatformOptions, events: Rc<RefCell<Events>>, rights: Rights) -> DesktopPlatform {
        // The image may change the working directory; its own file stays where it is.
        if let Ok(absolute) = std::path::absolute(&options.image) {
            options.image = absolute;
        }
        DesktopPlatform { options, events, rights, started: Instant::now(), local_time: LocalTime::default() }
    }

    /// Microseconds since the start of 1901 in UTC.
    pub fn now() -> u64 {
        MICROSECONDS_1901_TO_1970 + world::unix_micros()
    }
}

impl Platform for DesktopPlatform {
    fn utc_microseconds(&mut self) -> u64 {
        DesktopPlatform::now()
    }

    fn monotonic_microseconds(&mut self) -> u64 {
        self.started.elapsed().as_micros() as u64
    }

    fn local_offset_seconds(&mut self) -> i64 {
        self.local_time.offset_at((world::unix_micros() / 1_000_000) as i64)
    }

    fn entropy(&mut self) -> u64 {
        // Without a source of entropy the clock is the best there is: the number seeds hashes, not secrets.
        world::random().unwrap_or_else(|_| DesktopPlatform::now())
    }

    fn attribute(&mut self, number: i64) -> Option<String> {
        let image = self.options.image.to_string_lossy();
        attributes::attribute(number, &image, &self.options.arguments, &self.options.vm_options)
    }

    fn next_event(&mut self) -> Option<Event> {
        self.events.borrow_mut().poll()
    }

    fn image_name(&mut self) -> String {
        self.options.image.to_string_lossy().into_owned()
    }

    fn set_image_name(&mut self, name: String) {
        self.options.image = PathBuf::from(name);
    }

    fn write_snapshot(&mut self, snapshot: &mut dyn FnMut(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
        if !self.rights.has(Right::ImageWrite) {
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, "the image gave up its right to be written"));
        }
        tracing::debug!(image = %self.options.image.display(), "writing a snapshot");
        replace_file(&self.options.image, snapshot)
    }

    fn report(&mut self, text: &str) {
        // Nobody is left to be told if standard error is closed.
        let _ = io::stderr().write_all(text.as_bytes());
    }
}
