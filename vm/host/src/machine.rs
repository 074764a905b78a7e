//! A VM with everything that the desktop gives it, from an image file to its exit status.

use crate::load::{LoadError, load_image};
use crate::platform::{DesktopPlatform, PlatformOptions};
use crate::plugins::plugins;
use crate::signals::Events;
use osvm_core::error::VmError;
use osvm_core::vm::{Options, Outcome, Vm};
use std::cell::RefCell;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

/// How often the VM looks for events before it comes back to see whether the user wants it to end.
const BUDGET: u64 = 100;

/// What to run, and how.
#[derive(Clone, Debug)]
pub struct MachineOptions {
    /// The image file.
    pub image: PathBuf,
    /// The arguments that belong to the image.
    pub arguments: Vec<String>,
    /// The most bytes that the image's objects may take.
    pub max_heap: u64,
    /// SIGINT and SIGUSR1 of the process are for this VM.
    pub signals: bool,
    /// What the interpreter was asked for.
    pub vm: Options,
}

impl MachineOptions {
    /// An image without arguments, with room for 4 GiB, that leaves the process's signals alone.
    pub fn new(image: impl Into<PathBuf>) -> MachineOptions {
        MachineOptions { image: image.into(), arguments: Vec::new(), max_heap: 4 << 30, signals: false, vm: Options::default() }
    }
}

/// Why an image did not start.
#[derive(Debug)]
pub enum StartError {
    /// Its file could not be loaded.
    Load(LoadError),
    /// Its active process cannot go on.
    Vm(PathBuf, VmError),
    /// The system refused what events need.
    Events(io::Error),
}

impl fmt::Display for StartError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StartError::Load(error) => error.fmt(f),
            StartError::Vm(path, error) => write!(f, "{}: {error}", path.display()),
            StartError::Events(error) => write!(f, "no signals or events: {error}"),
        }
    }
}

impl std::error::Error for StartError {}

/// A VM and its events.
pub struct Machine {
    /// The VM.
    pub vm: Vm,
    events: Rc<RefCell<Events>>,
    image: PathBuf,
}

impl Machine {
    /// Loads an image, headless and with all plugins that are built in, up to where it goes on running.
    pub fn start(options: MachineOptions) -> Result<Machine, StartError> {
        let image = load_image(&options.image, options.max_heap).map_err(StartError::Load)?;
        let events = if options.signals { Events::with_signals() } else { Events::new() };
        let events = Rc::new(RefCell::new(events.map_err(StartError::Events)?));
        let platform =
            PlatformOptions { image: options.image.clone(), arguments: options.arguments, vm_options: vec!["--headless".into()] };
        let platform = DesktopPlatform::new(platform, Rc::clone(&events));
        let vm = Vm::new(image, Box::new(platform), Box::new(plugins()), options.vm)
            .map_err(|error| StartError::Vm(options.image.clone(), error))?;
        Ok(Machine { vm, events, image: options.image })
    }

    /// The image file that it was started from.
    pub fn image(&self) -> &Path {
        &self.image
    }

    /// The queue of events, to take a sender from.
    pub fn events(&self) -> &RefCell<Events> {
        &self.events
    }

    /// Runs until the image quits, and answers its exit status, with everything that was buffered written out. While the image
    /// has nothing to do this sleeps.
    pub fn run(&mut self) -> Result<i32, VmError> {
        let result = self.run_unflushed();
        self.vm.plugins.shutdown();
        result
    }

    fn run_unflushed(&mut self) -> Result<i32, VmError> {
        loop {
            match self.vm.run(BUDGET)? {
                Outcome::Quit(status) => return Ok(status),
                Outcome::BudgetUsed => {}
                Outcome::Idle { until } => {
                    let limit = until.map(|time| Duration::from_micros(time.saturating_sub(DesktopPlatform::now())));
                    self.events.borrow_mut().wait(limit);
                }
            }
            if let Some(status) = self.events.borrow().exit_status() {
                return Ok(status);
            }
        }
    }
}
