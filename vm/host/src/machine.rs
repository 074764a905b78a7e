//! A VM with everything that the desktop gives it, from an image file to its exit status.

use crate::config::{Config, Search};
use crate::interfaces::Rights;
use crate::load::{LoadError, load_image, load_image_bytes};
use crate::platform::{DesktopPlatform, PlatformOptions};
use crate::plugins::{PluginOptions, Plugins};
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
    /// The image itself, if it is in no file; `image` is then its name, and the file that it saves itself to.
    pub bytes: Option<&'static [u8]>,
    /// The arguments that belong to the image.
    pub arguments: Vec<String>,
    /// The most bytes that the image's objects may take.
    pub max_heap: u64,
    /// SIGINT and SIGUSR1 of the process are for this VM.
    pub signals: bool,
    /// Which plugins it has, and what each may touch.
    pub config: Config,
    /// How plugins are loaded.
    pub plugins: PluginOptions,
    /// What the interpreter was asked for.
    pub vm: Options,
}

impl MachineOptions {
    /// An image without arguments, with room for 4 GiB and the built-in configuration, that leaves the process's signals alone.
    pub fn new(image: impl Into<PathBuf>) -> MachineOptions {
        let image = image.into();
        let search = Search { image: Some(image.clone()), ..Search::default() };
        MachineOptions {
            config: Config::builtin(&search.places()),
            image,
            bytes: None,
            arguments: Vec::new(),
            max_heap: 4 << 30,
            signals: false,
            plugins: PluginOptions::of_user(),
            vm: Options::default(),
        }
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
    /// In how many microseconds plugins want to be called again.
    wanted: Option<u64>,
}

impl Machine {
    /// Loads an image, headless and with the plugins of its configuration, up to where it goes on running.
    pub fn start(options: MachineOptions) -> Result<Machine, StartError> {
        let image = match options.bytes {
            Some(bytes) => load_image_bytes(bytes, &options.image, options.max_heap),
            None => load_image(&options.image, options.max_heap),
        };
        let image = image.map_err(StartError::Load)?;
        let events = if options.signals { Events::with_signals() } else { Events::new() };
        let events = events.map_err(StartError::Events)?;
        let rights = Rights::default();
        let plugins = Plugins::of_image(&options.config, options.plugins, &options.image, events.sender(), rights.clone());
        let events = Rc::new(RefCell::new(events));
        let platform =
            PlatformOptions { image: options.image.clone(), arguments: options.arguments, vm_options: vec!["--headless".into()] };
        let platform = DesktopPlatform::new(platform, Rc::clone(&events), rights);
        let vm = Vm::new(image, Box::new(platform), Box::new(plugins), options.vm)
            .map_err(|error| StartError::Vm(options.image.clone(), error))?;
        Ok(Machine { vm, events, image: options.image, wanted: None })
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

    /// Lets plugins do what is due, and the VM run for `budget` looks for events ([`Vm::run`]), or until it has nothing to do: for who does
    /// more than to run it.
    pub fn turn(&mut self, budget: u64) -> Result<Outcome, VmError> {
        self.wanted = self.vm.plugins.between_primitives();
        self.vm.run(budget)
    }

    /// Sleeps until an event comes, a plugin wants to be called, `until` (UTC microseconds since 1901), or for at most `limit`.
    pub fn wait(&mut self, until: Option<u64>, limit: Option<Duration>) {
        let image = until.map(|time| time.saturating_sub(DesktopPlatform::now()));
        let own = [image, self.wanted].into_iter().flatten().min().map(Duration::from_micros);
        self.events.borrow_mut().wait([own, limit].into_iter().flatten().min());
    }

    fn run_unflushed(&mut self) -> Result<i32, VmError> {
        loop {
            match self.turn(BUDGET)? {
                Outcome::Quit(status) => return Ok(status),
                Outcome::BudgetUsed => {}
                Outcome::Idle { until } => self.wait(until, None),
            }
            if let Some(status) = self.events.borrow().exit_status() {
                return Ok(status);
            }
        }
    }
}
