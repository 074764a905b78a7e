//! Evaluating in an image on the desktop: what `eval` and its neighbours share.

use crate::args::{Bytecodes, SessionArgs};
use crate::failure::Failure;
use crate::image::Image;
use crate::services::plugin_options;
use osvm_compiler::Options;
use osvm_compiler::evaluate::{Driver, Session};
use osvm_core::bytecode::BytecodeSet;
use osvm_core::error::VmError;
use osvm_core::vm::{Options as VmOptions, Outcome, Vm};
use osvm_host::{Diverted, Machine, MachineOptions};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What lets an image of Pharo start up without doing anything and without quitting.
const STAY: &str = "--no-quit";

/// Looks for events between two looks at limits and interrupts: few, since primitives that walk a deep stack take long.
const BUDGET: u64 = 2;

/// The desktop's machine as sessions drive it. Ctrl-C ends what is evaluated.
pub struct Desktop {
    machine: Machine,
    /// The image has quit, if only in its start.
    has_quit: bool,
}

impl Desktop {
    /// Loads the image, or another in its place, with Ctrl-C for sessions.
    fn new(args: &SessionArgs, other: Option<&Path>) -> Result<Desktop, Failure> {
        let config = args.config.search(args.image.clone()).read().map_err(Failure::config)?;
        let image = Image::choose(other.map(PathBuf::from).or_else(|| args.image.clone()), &config);
        let max_heap = image.max_heap(args.max_heap);
        let machine = Machine::start(MachineOptions {
            arguments: vec![STAY.into()],
            max_heap,
            signals: true,
            config,
            plugins: plugin_options(),
            bytes: image.bytes,
            vm: VmOptions { gc_stress: args.gc_stress, ..VmOptions::default() },
            ..MachineOptions::new(image.path)
        })
        .map_err(Failure::start)?;
        machine.events().borrow_mut().keep_interrupts();
        Ok(Desktop { machine, has_quit: false })
    }

    /// Whether the image has quit so far.
    pub fn has_quit(&self) -> bool {
        self.has_quit
    }

    /// Writes out what the image has printed.
    pub fn flush(&mut self) {
        self.machine.vm.plugins.flush();
    }

    /// Lets plugins end; nothing runs afterwards.
    pub fn shutdown(&mut self) {
        self.machine.vm.plugins.shutdown();
    }

    /// The status with which the system has asked osvm to end.
    pub fn exit_status(&self) -> Option<i32> {
        self.machine.events().borrow().exit_status()
    }
}

impl Driver for Desktop {
    fn vm(&mut self) -> &mut Vm {
        &mut self.machine.vm
    }

    fn run(&mut self) -> Result<Outcome, VmError> {
        let outcome = self.machine.turn(BUDGET)?;
        self.has_quit |= matches!(outcome, Outcome::Quit(_));
        Ok(outcome)
    }

    fn wait(&mut self, until: Option<u64>, limit: Option<Duration>) {
        self.machine.wait(until, limit);
    }

    fn interrupted(&mut self) -> bool {
        self.machine.events().borrow_mut().take_interrupt() || self.exit_status().is_some()
    }
}

/// Starts an image to evaluate in. What it prints by itself while it starts goes to standard error.
pub fn start(args: &SessionArgs) -> Result<Session<Desktop>, Failure> {
    start_desktop(args, Desktop::new(args, None)?)
}

/// The same with another image in the place of the one that is named, with its configuration.
pub fn start_image(args: &SessionArgs, image: &Path) -> Result<Session<Desktop>, Failure> {
    start_desktop(args, Desktop::new(args, Some(image))?)
}

/// The image that is named, or the configuration's, or the built-in one.
pub fn image(args: &SessionArgs) -> Result<Image, Failure> {
    let config = args.config.search(args.image.clone()).read().map_err(Failure::config)?;
    Ok(Image::choose(args.image.clone(), &config))
}

fn start_desktop(args: &SessionArgs, desktop: Desktop) -> Result<Session<Desktop>, Failure> {
    let image = desktop.machine.image().display().to_string();
    let diverted = Diverted::to_stderr().map_err(|error| Failure::bad_input("standard output", error))?;
    let change = |options: Options| match args.bytecodes {
        None => options,
        Some(Bytecodes::V3) => Options { set: BytecodeSet::V3PlusClosures, ..options },
        Some(Bytecodes::Sista) => Options { set: BytecodeSet::SistaV1, ..options },
    };
    let mut session = Session::start_with(desktop, args.timeout, change).map_err(|error| Failure::no_session(&image, &error))?;
    session.driver().flush();
    drop(diverted);
    Ok(session)
}
